package timeline

import (
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/kittest"
	"github.com/snugchat/snug/ui/theme"
	"github.com/snugchat/snug/ui/timeline/bubble"
)

// rows is a source in memory.
type rows struct{ all []bubble.Row }

func (s *rows) Len() int             { return len(s.all) }
func (s *rows) Row(i int) bubble.Row { return s.all[i] }

func monday() time.Time { return time.Date(2026, 11, 23, 9, 30, 0, 0, time.Local) }

// many makes n messages of several people with texts of many lengths.
func many(n int) *rows {
	rng := rand.New(rand.NewSource(1))
	words := strings.Fields("the a we ship build room frame scroll smooth tiny window cache render again maybe tomorrow people message secure quick 👍 🚀 😅 ok https://snug.example/x")
	who := []string{"Maya Chen", "Jonas Weber", "Me", "Aisha Khan", "Tom"}
	s := &rows{}
	at := monday().Add(-time.Duration(n) * time.Minute)
	for i := range n {
		k := 1 + rng.Intn(12)
		if rng.Intn(6) == 0 {
			k = 30 + rng.Intn(60)
		}
		var b strings.Builder
		for range k {
			b.WriteString(words[rng.Intn(len(words))] + " ")
		}
		p := rng.Intn(5)
		r := bubble.Row{ID: fmt.Sprint(i), From: who[p], FromID: who[p], Own: p == 2, At: at, Text: strings.TrimSpace(b.String())}
		if r.Own {
			r.State = bubble.OnHost
		}
		s.all = append(s.all, r)
		at = at.Add(time.Minute)
	}
	return s
}

func open(t testing.TB, s Source, w, h float32) (*View, fyne.Window) {
	t.Helper()
	v := New(s)
	v.SetClock(monday)
	win := fyne.CurrentApp().NewWindow("")
	t.Cleanup(win.Close)
	win.SetPadded(false)
	win.SetContent(v)
	win.Resize(fyne.NewSize(w, h))
	return v, win
}

// story is a conversation with everything that a row can be.
func story() *rows {
	at := func(h, m int) time.Time { return time.Date(2026, 11, 23, h, m, 0, 0, time.Local) }
	s := &rows{}
	add := func(id, from, words string, t time.Time, more func(*bubble.Row)) {
		r := bubble.Row{ID: id, From: from, FromID: from, Text: words, At: t, Own: from == "Me"}
		if r.Own {
			r.State = bubble.OnHost
		}
		if more != nil {
			more(&r)
		}
		s.all = append(s.all, r)
	}
	add("s0", "", "Aisha Khan came in", at(8, 58).Add(-24*time.Hour), func(r *bubble.Row) { r.Kind = bubble.System })
	add("1", "Maya Chen", "Morning! The new build is up: https://snug.example/builds/214, can everyone try the file upload with something big?", at(9, 4), nil)
	add("2", "Maya Chen", "I sent a 2 GB video over hotel Wi-Fi and it resumed twice 😅", at(9, 5), nil)
	add("3", "Me", "On it. Cold start feels much quicker here, about half a second on the old ThinkPad 🚀", at(9, 8), nil)
	add("4", "Me", "👩‍💻🎉", at(9, 9), nil)
	add("5", "Jonas Weber", "שלום! יש 12 ימים (ב Snug)", at(9, 13), nil)
	add("6", "Aisha Khan", "", at(9, 14), func(r *bubble.Row) {
		r.File = &bubble.File{Name: "view-from-the-office-today-in-the-morning-light.mp4", Line: "1.4 GB", Part: -1, Actions: []bubble.Action{bubble.Download}}
	})
	add("7", "Aisha Khan", "That is the part I want in the notes.", at(9, 15), func(r *bubble.Row) {
		r.File = &bubble.File{Name: "notes.pdf", Line: "Saved in Downloads, 418 KB", Part: -1, Actions: []bubble.Action{bubble.Open, bubble.ShowFolder}}
	})
	add("8", "Me", "", at(9, 20), func(r *bubble.Row) {
		r.State = bubble.Waiting
		r.File = &bubble.File{Name: "release-notes-0.9.pdf", Line: "12 MB/s, 40 s left", Part: 0.62, Actions: []bubble.Action{bubble.Pause, bubble.Cancel}}
	})
	add("9", "Me", "First draft, comments welcome until Friday.", at(9, 21), func(r *bubble.Row) { r.State = bubble.Waiting })
	add("10", "Me", "This one did not make it.", at(9, 22), func(r *bubble.Row) { r.State = bubble.Failed })
	return s
}

func TestGallery(t *testing.T) {
	for name, mode := range map[string]theme.Mode{"light": theme.Light, "dark": theme.Dark} {
		for _, w := range []float32{860, 400} {
			kittest.App(t, mode, 100)
			v := New(story())
			v.SetClock(monday)
			strip := NewTyping()
			strip.SetCalm(true)
			strip.Set([]string{"Maya Chen"})
			win := fyne.CurrentApp().NewWindow("")
			win.SetPadded(false)
			win.SetContent(kit.NewSurface(theme.Chat, "", container.NewBorder(nil, strip, nil, nil, v)))
			win.Resize(fyne.NewSize(w, 860))
			v.SetUnread("6", "New")
			v.sel.from, v.sel.to = spot{2, 7}, spot{4, 20}
			v.relayout()
			kittest.Picture(t, win, fmt.Sprintf("timeline-%s-%d", name, int(w)))
			v.ScrollBy(-160)
			v.SetNewer(12)
			kittest.Picture(t, win, fmt.Sprintf("timeline-up-%s-%d", name, int(w)))
			win.Close()
		}
	}
}

func TestGalleryLarge(t *testing.T) {
	kittest.App(t, theme.Light, 200)
	_, win := open(t, story(), 700, 900)
	kittest.Picture(t, win, "timeline-200")
}

// FEATURES D1: own messages right, others left, grouped, with day lines and
// times; the markup shows where everything stands.
func TestMarkup(t *testing.T) {
	kittest.App(t, theme.Light, 100)
	s := story()
	s.all = slices.Delete(s.all, 5, 6) // its letters come from a font of the system
	v, win := open(t, s, 600, 1100)
	v.SetUnread("6", "New")
	test.AssertRendersToMarkup(t, "story.xml", win.Canvas())
}

func TestViewSettles(t *testing.T) {
	kittest.App(t, theme.Light, 100)
	v, w := open(t, story(), 700, 500)
	kittest.Settled(t, v)
	v.SelectAll()
	v.ScrollBy(-150)
	v.SetNewer(4)
	w.Canvas().Focus(v)
	v.TypedKey(&fyne.KeyEvent{Name: fyne.KeyUp})
	kittest.Settled(t, v)
	s := NewTyping()
	s.SetCalm(true)
	s.Set([]string{"Ana"})
	kittest.Settled(t, kittest.Show(t, s, fyne.NewSize(300, 30)).Content())
}

func TestPlaceIsKept(t *testing.T) {
	kittest.App(t, theme.Light, 100)
	s := many(400)
	v, _ := open(t, s, 700, 500)
	if !v.AtEnd() || v.seen[1] != 399 {
		t.Fatalf("begins with rows %v in sight, want the last one", v.seen)
	}
	v.ScrollBy(-3000)
	if v.AtEnd() {
		t.Fatal("still at the end after scrolling up")
	}
	id, into := s.all[v.top].ID, v.into
	same := func(what string) {
		t.Helper()
		if got := s.all[v.top].ID; got != id || v.into != into {
			t.Errorf("%s: the upper edge is %v into row %s, want %v into row %s", what, v.into, got, into, id)
		}
	}
	older := many(100).all
	for i := range older {
		older[i].ID = fmt.Sprint("old", i)
	}
	s.all = append(append([]bubble.Row{}, older...), s.all...)
	v.Inserted(0, 100)
	same("older rows came")
	s.all = append(s.all, bubble.Row{ID: "new", From: "Tom", FromID: "Tom", Text: "hello", At: monday()})
	v.Inserted(len(s.all)-1, 1)
	same("a new row came")
	s.all[3].Text = strings.Repeat("much longer ", 50)
	v.Changed(3)
	same("a row far above changed")
	s.all[v.top-1].Text = strings.Repeat("much longer ", 50)
	v.Changed(v.top - 1)
	same("the row just above changed")
	s.all = append(s.all[:10], s.all[20:]...)
	v.Removed(10, 10)
	same("rows above went")
	v.Refresh()
	same("the theme changed")
}

func TestEndIsKept(t *testing.T) {
	kittest.App(t, theme.Light, 100)
	s := many(60)
	v, win := open(t, s, 700, 500)
	gap := func() float64 {
		y := -v.into
		for i := v.top; i < s.Len(); i++ {
			y += float64(v.row(i).High)
		}
		return float64(v.Size().Height) - foot() - y
	}
	check := func(what string) {
		t.Helper()
		if g := gap(); !v.AtEnd() || g > 1 || g < -1 {
			t.Errorf("%s: the last row ends %v above its place, at the end: %v", what, g, v.AtEnd())
		}
	}
	check("at first")
	s.all = append(s.all, bubble.Row{ID: "n", From: "Tom", FromID: "Tom", Text: strings.Repeat("long ", 100), At: monday()})
	v.Inserted(60, 1)
	check("a long message came")
	win.Resize(fyne.NewSize(400, 300))
	check("the window got smaller")
	s.all[60].Text = "short"
	v.Changed(60)
	check("the last message changed")
	v.ScrollBy(-700)
	v.ScrollBy(5000)
	check("scrolled up and down again")
	s.all = s.all[:1]
	v.Reset()
	check("one message")
	v.ScrollBy(-100)
	check("one message, scrolled")
	s.all = nil
	v.Reset()
	if !slices.Equal(v.objects, []fyne.CanvasObject{v.still}) {
		t.Error("an empty room shows something")
	}
	s.all = many(2).all
	v.Inserted(0, 2)
	check("the first two")
}

// When the composer grows, the messages above it stay where they are to it.
func TestLowerEdgeIsKept(t *testing.T) {
	kittest.App(t, theme.Light, 100)
	v, win := open(t, many(200), 700, 500)
	v.ScrollBy(-2000)
	bottom := v.h.Above(v.top) + v.into + float64(v.Size().Height)
	win.Resize(fyne.NewSize(700, 420))
	if got := v.h.Above(v.top) + v.into + float64(v.Size().Height); got-bottom > 1 || bottom-got > 1 {
		t.Errorf("the lower edge moved from %v to %v", bottom, got)
	}
}

func TestGroups(t *testing.T) {
	kittest.App(t, theme.Light, 100)
	at := monday()
	s := &rows{all: []bubble.Row{
		{ID: "0", FromID: "a", At: at},
		{ID: "1", FromID: "a", At: at.Add(time.Minute)},
		{ID: "2", FromID: "b", At: at.Add(2 * time.Minute)},
		{ID: "3", FromID: "b", At: at.Add(8 * time.Minute)},
		{ID: "4", Kind: bubble.System, At: at.Add(8 * time.Minute)},
		{ID: "5", FromID: "b", At: at.Add(9 * time.Minute)},
		{ID: "6", FromID: "b", At: at.Add(10 * time.Minute)},
		{ID: "7", FromID: "b", At: at.Add(24 * time.Hour)},
	}}
	v, _ := open(t, s, 500, 500)
	v.SetUnread("6", "New")
	for i, want := range [][2]bool{{true, false}, {false, true}, {true, true}, {true, true}, {true, true}, {true, true}, {true, true}, {true, true}} {
		first, last := v.group(i, s.all[i])
		if [2]bool{first, last} != want {
			t.Errorf("row %d: first and last of its group are %v and %v, want %v", i, first, last, want)
		}
	}
	for i, want := range []bool{true, false, false, false, false, false, false, true} {
		if got := v.newDay(i, s.all[i]); got != want {
			t.Errorf("row %d: a new day is %v, want %v", i, got, want)
		}
	}
}

func TestRowsThatAreMissingAreAskedForOnce(t *testing.T) {
	kittest.App(t, theme.Light, 100)
	s := many(300)
	v := New(s)
	var asked []bool
	v.OnNear = func(older bool, rows int) { asked = append(asked, older) }
	win := test.NewTempWindow(t, v)
	win.Resize(fyne.NewSize(600, 400))
	if len(asked) != 1 || asked[0] {
		t.Fatalf("at the end: asked %v, want once for newer ones", asked)
	}
	for range 200 {
		v.ScrollBy(-200)
	}
	if len(asked) != 2 || !asked[1] {
		t.Fatalf("at the start: asked %v, want once for older ones", asked)
	}
	s.all = append(many(50).all, s.all...)
	v.Inserted(0, 50)
	for range 50 {
		v.ScrollBy(-200)
	}
	if len(asked) != 3 {
		t.Errorf("after older ones came: asked %v, want again", asked)
	}
}

// Fyne clips what its renderers call a clip; rows must not cover the header.
func TestRowsAreClipped(t *testing.T) {
	kittest.App(t, theme.Light, 100)
	v := New(many(50))
	win := fyne.CurrentApp().NewWindow("")
	defer win.Close()
	win.SetPadded(false)
	win.SetContent(container.NewWithoutLayout(v))
	win.Resize(fyne.NewSize(400, 400))
	v.Resize(fyne.NewSize(400, 200))
	v.Move(fyne.NewPos(0, 100))
	v.ScrollBy(-33)
	img := win.Canvas().Capture()
	want := img.At(1, 1)
	for y := range 100 {
		for x := range 400 {
			if img.At(x, y) != want {
				t.Fatalf("something is drawn at %d, %d, above the list", x, y)
			}
		}
	}
}

func click(v *View, x, y float32, button desktop.MouseButton, mod fyne.KeyModifier) {
	e := &desktop.MouseEvent{Button: button, Modifier: mod}
	e.Position = fyne.NewPos(x, y)
	v.MouseDown(e)
	v.MouseUp(e)
}

// in finds the middle of a stretch of text on the screen.
func in(t *testing.T, v *View, row, at int) (x, y float32) {
	t.Helper()
	b := v.row(row)
	r := b.Block.Rects(at, at+1)
	if len(r) == 0 {
		t.Fatalf("row %d has nothing at %d", row, at)
	}
	top := float32(v.h.Above(row) - v.h.Above(v.top) - v.into)
	return b.At.X + r[0].X + r[0].W/2 - 1, top + b.At.Y + r[0].Y + r[0].H/2
}

func TestSelecting(t *testing.T) {
	app := kittest.App(t, theme.Light, 100)
	at := monday()
	s := &rows{all: []bubble.Row{
		{ID: "0", From: "Ana", FromID: "a", At: at, Text: "one two three\nfour"},
		{ID: "1", From: "Ben", FromID: "b", At: at, Text: "five six"},
		{ID: "2", From: "Me", FromID: "m", Own: true, At: at, Text: "seven", State: bubble.OnHost},
	}}
	v, win := open(t, s, 600, 400)
	now := at
	v.SetClock(func() time.Time { now = now.Add(time.Second); return now })
	drag := func(x, y float32) {
		v.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(x, y)}})
	}
	down := func(x, y float32) {
		e := &desktop.MouseEvent{Button: desktop.MouseButtonPrimary}
		e.Position = fyne.NewPos(x, y)
		v.MouseDown(e)
	}
	x, y := in(t, v, 0, 4)
	down(x-3, y)
	x, y = in(t, v, 1, 4)
	drag(x+3, y)
	v.DragEnd()
	if got, want := v.Selected(), "two three\nfour\nfive "; got != want {
		t.Errorf("dragged: got %q, want %q", got, want)
	}
	x, y = in(t, v, 0, 0)
	down(x+20, y)
	drag(x-30, y-30)
	v.DragEnd()
	if got := v.Selected(); got == "" || strings.Contains(got, "four") {
		t.Errorf("dragged backwards: got %q", got)
	}

	v.SetClock(func() time.Time { return now })
	x, y = in(t, v, 0, 5)
	for i, want := range []string{"", "two", "one two three", ""} {
		click(v, x, y, desktop.MouseButtonPrimary, 0)
		if got := v.Selected(); got != want {
			t.Errorf("click %d: got %q, want %q", i+1, got, want)
		}
	}
	x, y = in(t, v, 2, 2)
	click(v, x, y, desktop.MouseButtonPrimary, fyne.KeyModifierShift)
	if got := v.Selected(); !strings.HasSuffix(got, "four\nfive six\nse") {
		t.Errorf("click with Shift: got %q", got)
	}
	win.Canvas().Focus(v)
	v.TypedShortcut(&fyne.ShortcutSelectAll{})
	v.TypedShortcut(&fyne.ShortcutCopy{Clipboard: app.Clipboard()})
	if got, want := app.Clipboard().Content(), "one two three\nfour\nfive six\nseven"; got != want {
		t.Errorf("all of it: got %q, want %q", got, want)
	}
	app.Settings().SetTheme(theme.New(theme.Dark, 150))
	if got := v.Selected(); !strings.HasPrefix(got, "one two") {
		t.Errorf("after a theme switch: got %q", got)
	}
	s.all = append([]bubble.Row{{ID: "x", From: "Z", FromID: "z", At: at, Text: "zero"}}, s.all...)
	v.Inserted(0, 1)
	if got := v.Selected(); !strings.HasPrefix(got, "one two") {
		t.Errorf("after a row came above: got %q", got)
	}
	v.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if v.Selected() != "" || v.Copy() {
		t.Error("Escape left something selected")
	}
}

func TestDoubleClickDragsByWords(t *testing.T) {
	kittest.App(t, theme.Light, 100)
	v, _ := open(t, &rows{all: []bubble.Row{{ID: "0", From: "Ana", FromID: "a", At: monday(), Text: "one two three four"}}}, 600, 300)
	v.SetClock(monday)
	x, y := in(t, v, 0, 9)
	click(v, x, y, desktop.MouseButtonPrimary, 0)
	e := &desktop.MouseEvent{Button: desktop.MouseButtonPrimary}
	e.Position = fyne.NewPos(x, y)
	v.MouseDown(e)
	x, y = in(t, v, 0, 5)
	v.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(x, y)}})
	if got, want := v.Selected(), "two three"; got != want {
		t.Errorf("to the left: got %q, want %q", got, want)
	}
	x, y = in(t, v, 0, 15)
	v.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(x, y)}})
	if got, want := v.Selected(), "three four"; got != want {
		t.Errorf("to the right: got %q, want %q", got, want)
	}
}

func TestLinksAndButtons(t *testing.T) {
	kittest.App(t, theme.Light, 100)
	s := story()
	v, _ := open(t, s, 800, 900)
	var link string
	var did []string
	v.OnLink = func(url string) { link = url }
	v.OnFile = func(id string, a bubble.Action) { did = append(did, fmt.Sprint(id, (&bubble.File{}).Label(a))) }
	v.OnRetry = func(id string) { did = append(did, "retry "+id) }
	x, y := in(t, v, 1, strings.Index(s.all[1].Text, "snug.ex"))
	v.hover(fyne.NewPos(x, y))
	if v.Cursor() != desktop.PointerCursor {
		t.Error("a link has no hand")
	}
	click(v, x, y, desktop.MouseButtonPrimary, 0)
	if want := "https://snug.example/builds/214"; link != want {
		t.Errorf("got %q, want %q", link, want)
	}
	x, y = in(t, v, 1, 3)
	v.hover(fyne.NewPos(x, y))
	if v.Cursor() != desktop.TextCursor {
		t.Error("a text has no text cursor")
	}
	for _, row := range []int{6, 8, 10} {
		b := v.row(row)
		top := float32(v.h.Above(row) - v.h.Above(v.top) - v.into)
		for _, h := range b.Hot {
			v.hover(fyne.NewPos(h.Area.X+2, top+h.Area.Y+2))
			if v.Cursor() != desktop.PointerCursor {
				t.Errorf("a button of row %d has no hand", row)
			}
			click(v, h.Area.X+2, top+h.Area.Y+2, desktop.MouseButtonPrimary, 0)
		}
	}
	want := []string{"6Download", "6Download", "8Pause", "8Pause", "8Cancel", "retry 10"}
	if strings.Join(did, " ") != strings.Join(want, " ") {
		t.Errorf("got %v, want %v", did, want)
	}
}

func TestKeyboard(t *testing.T) {
	kittest.App(t, theme.Light, 100)
	s := many(100)
	v, win := open(t, s, 600, 400)
	win.Canvas().Focus(v)
	key := func(k fyne.KeyName) { v.TypedKey(&fyne.KeyEvent{Name: k}) }
	key(fyne.KeyHome)
	if v.seen[0] != 0 || v.AtEnd() {
		t.Errorf("Home: rows %v in sight", v.seen)
	}
	first := v.seen[1]
	key(fyne.KeyPageDown)
	if v.seen[0] == 0 || v.seen[0] > first+1 {
		t.Errorf("Page down: rows %v in sight, want them to follow %d", v.seen, first)
	}
	key(fyne.KeyEnd)
	if !v.AtEnd() || v.seen[1] != 99 {
		t.Errorf("End: rows %v in sight", v.seen)
	}
	var menu []int
	v.OnMenu = func(row int, at Place) { menu = append(menu, row) }
	key(fyne.KeyReturn) // no message is chosen yet
	key(fyne.KeyUp)
	key(fyne.KeyReturn)
	for range 40 {
		key(fyne.KeyUp)
	}
	key(desktop.KeyMenu)
	if len(menu) != 2 || menu[0] != 99 || menu[1] != 59 {
		t.Errorf("menus of rows %v, want 99 and 59", menu)
	}
	if v.seen[0] > 59 || v.seen[1] < 59 {
		t.Errorf("row 59 is not in sight: %v are", v.seen)
	}
	v.FocusLost() // to the menu, and back to the row
	v.FocusGained()
	key(fyne.KeyUp)
	key(fyne.KeyReturn)
	if last := menu[len(menu)-1]; last != 58 {
		t.Errorf("after a menu Up leads to row %d, want 58", last)
	}
	var typed []rune
	v.OnTyped = func(r rune) { typed = append(typed, r) }
	v.TypedRune('x')
	if string(typed) != "x" {
		t.Errorf("typed %q, want x", string(typed))
	}
}

func TestJumpButton(t *testing.T) {
	kittest.App(t, theme.Light, 100)
	v, _ := open(t, many(100), 600, 400)
	var ends []bool
	v.OnEnd = func(at bool) { ends = append(ends, at) }
	v.ScrollBy(-500)
	v.SetNewer(3)
	a := v.jump.area
	click(v, a.X+a.W/2, a.Y+a.H/2, desktop.MouseButtonPrimary, 0)
	if !v.AtEnd() || len(ends) != 2 || ends[0] || !ends[1] {
		t.Errorf("at the end: %v, told %v", v.AtEnd(), ends)
	}
}

func TestScrollBar(t *testing.T) {
	kittest.App(t, theme.Light, 100)
	v, _ := open(t, many(2000), 600, 400)
	e := &desktop.MouseEvent{Button: desktop.MouseButtonPrimary}
	e.Position = v.bar.Position().AddXY(2, 5)
	v.MouseDown(e)
	v.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(598, 5)}})
	if v.seen[0] != 0 {
		t.Errorf("dragged to the top: rows %v in sight", v.seen)
	}
	v.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(598, 200)}})
	if v.seen[0] < 600 || v.seen[0] > 1400 {
		t.Errorf("dragged to the middle: rows %v in sight", v.seen)
	}
	v.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(598, 800)}})
	v.MouseUp(e)
	if !v.AtEnd() {
		t.Error("dragged to the bottom, but not at the end")
	}
}

// What is kept does not grow with what was seen.
func TestFewRowsAreKept(t *testing.T) {
	kittest.App(t, theme.Light, 100)
	v, _ := open(t, many(3000), 600, 400)
	for range 300 {
		v.ScrollBy(-150)
	}
	if n := len(v.rows); n > 2*keepRows+40 {
		t.Errorf("%d rows are kept drawn, want at most %d", n, 2*keepRows+40)
	}
}

func TestTyping(t *testing.T) {
	kittest.App(t, theme.Light, 100)
	s := NewTyping()
	win := test.NewTempWindow(t, s)
	win.Resize(fyne.NewSize(300, 30))
	empty := s.MinSize()
	s.SetCalm(true)
	s.Set([]string{"Ana", "Ben"})
	if s.Text() != "Ana and Ben are typing" || s.beat.Running() {
		t.Errorf("says %q and moves: %v", s.Text(), s.beat.Running())
	}
	if s.MinSize() != empty {
		t.Errorf("grew from %v to %v", empty, s.MinSize())
	}
	s.Set(nil)
	if len(test.WidgetRenderer(s).Objects()) != 0 {
		t.Error("something is drawn although nobody types")
	}
}

// BenchmarkScroll scrolls by 60 units a frame through 100,000 messages of which none
// was drawn before; at most 8 ms a frame are wanted at the 95th percentile.
func BenchmarkScroll(b *testing.B) {
	kittest.App(b, theme.Light, 100)
	v, _ := open(b, many(100_000), 860, 700)
	b.ReportAllocs()
	var took []time.Duration
	for b.Loop() {
		started := time.Now()
		v.ScrollBy(-60)
		took = append(took, time.Since(started))
		if v.top == 0 {
			v.ScrollToEnd()
		}
	}
	slices.Sort(took)
	for _, n := range []int{50, 95} {
		b.ReportMetric(took[min(len(took)*n/100, len(took)-1)].Seconds()*1000, fmt.Sprintf("p%d-ms", n))
	}
}

func BenchmarkOpen(b *testing.B) {
	kittest.App(b, theme.Light, 100)
	s := many(100_000)
	for b.Loop() {
		v := New(s)
		v.Resize(fyne.NewSize(860, 700))
	}
}

func BenchmarkAppend(b *testing.B) {
	kittest.App(b, theme.Light, 100)
	s := many(100_000)
	v, _ := open(b, s, 860, 700)
	b.ReportAllocs()
	for b.Loop() {
		s.all = append(s.all, bubble.Row{ID: "x", From: "Tom", FromID: "Tom", Text: "hello there", At: monday()})
		v.Inserted(len(s.all)-1, 1)
	}
}
