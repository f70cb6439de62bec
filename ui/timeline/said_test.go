package timeline

import (
	"image"
	"image/color"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"

	"github.com/snugchat/snug/ui/kit/kittest"
	"github.com/snugchat/snug/ui/theme"
	"github.com/snugchat/snug/ui/timeline/bubble"
)

// talked is a conversation in which people react, answer, format and hide.
func talked() *rows {
	return &rows{all: []bubble.Row{
		{ID: "a", From: "Ana", FromID: "Ana", At: monday().AddDate(0, 0, -1), Text: "first"},
		{ID: "b", From: "Ben", FromID: "Ben", At: monday(), Text: "**yes** and ||boo||\n```\nrun it\n```", Reactions: []bubble.Reaction{{Emoji: "👍", Count: 3, Own: true, Who: "Ana, Ben, Me"}, {Emoji: "🔥", Count: 1, Who: "Ana"}}},
		{ID: "c", From: "Me", FromID: "Me", Own: true, State: bubble.OnHost, At: monday(), Text: "an answer", Edited: true, Pinned: true, Marked: true, Quote: &bubble.Quote{ID: "a", From: "Ana", FromID: "Ana", Text: "first"}},
		{ID: "d", From: "Ben", FromID: "Ben", At: monday(), Text: "@Me look", Names: []string{"Me"}, ForMe: true, Quote: &bubble.Quote{ID: "x", Text: "gone", Gone: true}},
	}}
}

// spots are the texts that a row draws, in its order.
func texts(b *bubble.Drawn) []string {
	var out []string
	for _, o := range b.Box.Objects {
		if t, ok := o.(*canvas.Text); ok {
			out = append(out, t.Text)
		}
	}
	return out
}

func tap(v *View, p fyne.Position) {
	e := &desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: p, AbsolutePosition: p}, Button: desktop.MouseButtonPrimary}
	v.MouseDown(e)
	v.MouseUp(e)
}

// place is the middle of an area of a row, in the view.
func (v *View) place(row int, x, y float32) fyne.Position {
	top := float32(v.h.Above(row) - v.h.Above(v.top) - v.into)
	return fyne.NewPos(x, top+y)
}

// D3, D4, D7: what stands at a message can be pressed: reactions, the message
// that is answered, covers, the button of code.
func TestD3PressWhatStandsAtAMessage(t *testing.T) {
	kittest.App(t, theme.Light, 100)
	v, _ := open(t, talked(), 700, 700)
	var got []string
	v.OnReact = func(id, emoji string) { got = append(got, id+" "+emoji) }
	v.OnQuote = func(id string) { got = append(got, "to "+id) }
	v.OnCopy = func(code string) { got = append(got, "copy "+code) }
	for row := range 4 {
		for _, h := range v.row(row).Hot {
			tap(v, v.place(row, h.Area.X+h.Area.W/2, h.Area.Y+h.Area.H/2))
		}
	}
	if want := []string{"copy run it", "b 👍", "b 🔥", "to a"}; !slices.Equal(got, want) {
		t.Errorf("pressed: got %q, want %q", got, want)
	}
	b := v.row(1)
	if s := strings.Join(texts(b), "|"); strings.Contains(s, "boo") || strings.Contains(s, "*") {
		t.Errorf("the row shows %q: the spoiler must be covered and no mark seen", s)
	}
	r := b.Block.Rects(8, 11)[0] // "boo"
	tap(v, v.place(1, b.At.X+r.X+r.W/2, b.At.Y+r.Y+r.H/2))
	if s := strings.Join(texts(v.row(1)), "|"); !strings.Contains(s, "boo") {
		t.Errorf("the row shows %q after a press on the spoiler", s)
	}
	var who string
	v.OnMenu = func(_ int, at Place) { who = at.Who }
	chip := v.row(1).Hot[1].Area
	p := v.place(1, chip.X+2, chip.Y+2)
	v.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: p}, Button: desktop.MouseButtonSecondary})
	if !strings.Contains(who, "Ana, Ben, Me") {
		t.Errorf("the menu of a reaction says %q", who)
	}
	kittest.Settled(t, v)
}

// D5: that a message was changed is seen.
func TestD5EditedIsSeen(t *testing.T) {
	kittest.App(t, theme.Dark, 100)
	v, _ := open(t, talked(), 700, 700)
	if s := strings.Join(texts(v.row(2)), "|"); !strings.Contains(s, "edited") {
		t.Errorf("the row shows %q", s)
	}
	v.SelectAll()
	if got, want := v.Selected(), "first\nyes and boo\nrun it\nan answer\n@Me look"; got != want {
		t.Errorf("copied as text: got %q, want %q", got, want)
	}
}

// A row that was jumped to is held up, and comes to rest.
func TestFlash(t *testing.T) {
	kittest.App(t, theme.Light, 100)
	v, _ := open(t, talked(), 700, 700)
	v.Flash("b")
	if !v.row(1).Lit() {
		t.Error("the row is not held up")
	}
	v.unflash()
	if v.row(1).Lit() || v.flashed.Running() {
		t.Error("it does not end")
	}
	kittest.Settled(t, v)
}

// H2: what was looked for is marked in the message, but not what a spoiler covers.
func TestH2FoundIsMarked(t *testing.T) {
	kittest.App(t, theme.Light, 100)
	v, _ := open(t, talked(), 700, 700)
	sought := ""
	var asked []string
	v.Marks = func(id, words string) [][2]int {
		if id != sought {
			return nil
		}
		asked = append(asked, words)
		return [][2]int{{0, 2}}
	}
	marks := func(row int, ground fyne.ThemeColorName) (n int) {
		for _, o := range v.row(row).Box.Objects {
			if r, ok := o.(*canvas.Rectangle); ok && r.FillColor == theme.Color(ground) {
				n++
			}
		}
		return n
	}
	for row, id := range []string{"a", "b", "c"} {
		ground := theme.Found
		if id == "c" {
			ground = theme.OwnFound
		}
		if got := marks(row, ground); got != 0 {
			t.Errorf("%s: %d marks before the jump", id, got)
		}
		sought = id
		v.Flash(id)
		if got := marks(row, ground); got != 1 {
			t.Errorf("%s: %d marks, want 1", id, got)
		}
	}
	sought = ""
	v.Flash("a")
	for row, ground := range []fyne.ThemeColorName{theme.Found, theme.Found, theme.OwnFound} {
		if got := marks(row, ground); got != 0 {
			t.Errorf("row %d: %d marks after another jump", row, got)
		}
	}
	if all := strings.Join(asked, "|"); strings.Contains(all, "boo") || !strings.Contains(all, "yes and") {
		t.Errorf("asked for marks in %q: what is covered must not be marked", all)
	}
	sought = "b"
	v.reveal(1)
	v.row(1)
	if got := asked[len(asked)-1]; !strings.Contains(got, "boo") {
		t.Errorf("asked for marks in %q after the spoiler was opened", got)
	}
	kittest.Settled(t, v)
}

// What has the window painted is there also where all rows fit and no bar is.
func TestFewRowsArePainted(t *testing.T) {
	kittest.App(t, theme.Light, 100)
	for _, n := range []int{0, 2, 2000} {
		v, _ := open(t, many(n), 600, 500)
		if !slices.Contains(v.objects, fyne.CanvasObject(v.still)) || !v.still.Visible() {
			t.Errorf("%d rows: nothing has the window painted", n)
		}
	}
}

// H4: the day stays at the upper edge while one reads earlier messages.
func TestH4DayStays(t *testing.T) {
	kittest.App(t, theme.Light, 100)
	v, _ := open(t, many(2000), 600, 500)
	if len(v.day.objects) != 0 {
		t.Error("the day covers the end of the list")
	}
	v.ScrollBy(-9000)
	if len(v.day.objects) == 0 || !slices.Contains(v.objects, v.day.objects[0]) {
		t.Fatal("no day is shown")
	}
	kittest.Settled(t, v)
}

// F7: a picture takes its place before it is here, and then the list does not jump.
func TestF7PictureKeepsItsPlace(t *testing.T) {
	kittest.App(t, theme.Light, 100)
	s := many(30)
	s.all[25].Text, s.all[25].File = "", &bubble.File{Name: "a.jpg", Line: "1 MB", Part: -1, Picture: &bubble.Picture{Width: 1200, Height: 800}}
	v, _ := open(t, s, 700, 600)
	v.ScrollToRow(25)
	before := v.row(25).Bubble
	m := image.NewNRGBA(image.Rect(0, 0, 600, 400))
	for i := range m.Pix {
		m.Pix[i] = 255
	}
	m.Set(0, 0, color.Black)
	s.all[25].File = &bubble.File{Name: "a.jpg", Line: "1 MB", Part: -1, Actions: []bubble.Action{bubble.Open}, Picture: &bubble.Picture{Width: 1200, Height: 800, Image: m, Here: true}}
	v.Changed(25)
	shown := ""
	v.OnFile = func(id string, a bubble.Action) {
		if a == bubble.Show {
			shown = id
		}
	}
	b := v.row(25)
	if b.Bubble.W != before.W && b.Bubble.H > before.H {
		t.Errorf("the bubble was %v, is %v", before, b.Bubble)
	}
	tap(v, v.place(25, b.Hot[0].Area.X+5, b.Hot[0].Area.Y+5))
	if shown != s.all[25].ID {
		t.Errorf("a press on the picture shows %q", shown)
	}
}
