package compose

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/kittest"
	"github.com/snugchat/snug/ui/theme"
)

func show(t *testing.T, mode theme.Mode) (*Composer, fyne.Window) {
	t.Helper()
	test.NewTempApp(t).Settings().SetTheme(theme.New(mode, 100))
	c := New()
	w := test.NewTempWindow(t, nil)
	w.SetPadded(false)
	w.SetContent(container.NewBorder(nil, c, nil, nil))
	w.Resize(fyne.NewSize(600, 400))
	c.Focus()
	return c, w
}

func (f *field) press(k fyne.KeyName) { f.TypedKey(&fyne.KeyEvent{Name: k}) }

// FEATURES C3: Enter sends, Shift+Enter breaks the line.
func TestEnter(t *testing.T) {
	c, _ := show(t, theme.Light)
	var sent []string
	c.OnSend = func(s string) { sent = append(sent, s) }
	test.Type(c.field, "hello")
	c.field.KeyDown(&fyne.KeyEvent{Name: desktop.KeyShiftLeft})
	c.field.press(fyne.KeyReturn)
	c.field.KeyUp(&fyne.KeyEvent{Name: desktop.KeyShiftLeft})
	test.Type(c.field, "two")
	if got, want := c.Draft(), "hello\ntwo"; got != want {
		t.Fatalf("got %q, want %q", got, want)
	}
	c.field.press(fyne.KeyReturn)
	c.field.press(fyne.KeyReturn) // nothing is left to send
	test.Type(c.field, "  \t ")
	c.field.press(fyne.KeyEnter)
	if len(sent) != 1 || sent[0] != "hello\ntwo" {
		t.Errorf("sent %q, want one message", sent)
	}
	test.Type(c.field, "x ")
	test.Tap(c.send)
	if len(sent) != 2 || sent[1] != "x" {
		t.Errorf("sent %q, want x by the button", sent)
	}
	if !c.Focused() {
		t.Error("the button kept the keyboard")
	}
}

// The text limit is refused in words before sending, and loses nothing.
func TestTooLong(t *testing.T) {
	c, _ := show(t, theme.Light)
	sent := 0
	c.OnSend = func(string) { sent++ }
	fits := strings.Repeat("é", MaxText/2)
	c.SetDraft(fits + "x")
	c.field.press(fyne.KeyReturn)
	if sent != 0 || c.Draft() != fits+"x" {
		t.Error("a text that is too long was sent or lost")
	}
	if want := "This is 1 B too long. Make it shorter, or send it as a file."; c.count.Text() != want {
		t.Errorf("says %q, want %q", c.count.Text(), want)
	}
	if !c.send.Disabled() {
		t.Error("the button is not off")
	}
	c.field.press(fyne.KeyPageDown)
	c.field.press(fyne.KeyEnd)
	c.field.press(fyne.KeyBackspace)
	if want := "0 B left"; c.count.Text() != want {
		t.Errorf("at the limit: says %q, want %q", c.count.Text(), want)
	}
	c.field.press(fyne.KeyReturn)
	if sent != 1 || c.Draft() != "" {
		t.Error("a text of exactly the limit was not sent")
	}
}

// FEATURES C3: who can read the room is in sight beside every refusal, at every
// width.
func TestReadersStayInSight(t *testing.T) {
	c, w := show(t, theme.Light)
	c.SetReaders(icon.Eye, "The host can read this room", theme.Warn)
	c.SetDraft(strings.Repeat("x", MaxText+1))
	for _, wide := range []float32{1000, 600, 430, 360} {
		w.Resize(fyne.NewSize(wide, 400))
		l, n := c.label, c.count
		below := n.Position().Y >= l.Position().Y+l.Size().Height
		beside := n.Position().X >= l.Position().X+l.Wide()
		if !l.Visible() || l.Size().Width < l.Wide() || !below && !beside {
			t.Errorf("%v wide: the label is at %v, %v large, the refusal at %v", wide, l.Position(), l.Size(), n.Position())
		}
	}
}

func TestPaste(t *testing.T) {
	c, _ := show(t, theme.Light)
	clip := fyne.CurrentApp().Clipboard()
	paste := func() { c.field.TypedShortcut(&fyne.ShortcutPaste{Clipboard: clip}) }
	clip.SetContent("a\r\nb")
	paste()
	if want := "a\nb"; c.Draft() != want {
		t.Errorf("got %q, want %q", c.Draft(), want)
	}
	clip.SetContent(strings.Repeat("x", maxDraft))
	paste()
	if c.Draft() != "a\nb" || !strings.Contains(c.count.Text(), "too long") {
		t.Errorf("a book: %d bytes in the field, says %q", len(c.Draft()), c.count.Text())
	}
	taken := 0
	c.OnPaste = func() bool { taken++; return true }
	clip.SetContent("no")
	paste()
	if taken != 1 || c.Draft() != "a\nb" {
		t.Errorf("the hook was called %d times, the field has %q", taken, c.Draft())
	}
}

func TestGrows(t *testing.T) {
	c, w := show(t, theme.Light)
	high := func() float32 { return c.MinSize().Height }
	one := high()
	for rows := 2; rows <= 12; rows++ {
		c.field.Insert("\nx")
		w.Canvas().Capture()
		if got := min(rows, MaxRows); c.rows != got {
			t.Errorf("%d lines: grown to %d, want %d", rows, c.rows, got)
		}
	}
	if high() < one+100 {
		t.Errorf("grew from %v to %v only", one, high())
	}
	c.SetDraft(strings.Repeat("wrapped words ", 12))
	if c.rows < 3 || c.rows > 5 {
		t.Errorf("168 letters in 600 units: %d lines", c.rows)
	}
	narrow := c.rows
	w.Resize(fyne.NewSize(340, 400))
	w.Canvas().Capture()
	if c.rows <= narrow {
		t.Errorf("narrower: %d lines, want more than %d", c.rows, narrow)
	}
	c.SetDraft("")
	w.Canvas().Capture()
	if c.rows != 1 || high() != one {
		t.Errorf("empty again: %d lines and %v high, want 1 and %v", c.rows, high(), one)
	}
}

func TestThemeSwitchKeepsTheDraft(t *testing.T) {
	c, w := show(t, theme.Light)
	test.Type(c.field, "half a sen")
	fyne.CurrentApp().Settings().SetTheme(theme.New(theme.Dark, 150))
	if c.Draft() != "half a sen" || w.Canvas().Focused() != fyne.Focusable(c.field) {
		t.Errorf("has %q, the keyboard is at %T", c.Draft(), w.Canvas().Focused())
	}
	test.Type(c.field, "tence")
	if c.Draft() != "half a sentence" {
		t.Errorf("goes on as %q", c.Draft())
	}
}

func TestClosed(t *testing.T) {
	c, _ := show(t, theme.Light)
	sent := 0
	c.OnSend = func(string) { sent++ }
	c.SetDraft("kept")
	c.SetClosed("You cannot write here.")
	c.field.press(fyne.KeyReturn)
	c.Insert("x")
	test.Tap(c.send)
	if sent != 0 || c.Draft() != "kept" {
		t.Errorf("closed: sent %d, has %q", sent, c.Draft())
	}
	c.SetClosed("")
	c.field.press(fyne.KeyReturn)
	if sent != 1 {
		t.Error("open again: not sent")
	}
}

func TestComposerSettles(t *testing.T) {
	c, w := show(t, theme.Light)
	c.SetReaders(icon.Eye, "The host can read this room", theme.Warn)
	for _, draft := range []string{"", "a\nb\nc", strings.Repeat("long ", 400), strings.Repeat("x", MaxText+1)} {
		for _, wide := range []float32{700, 340} {
			c.SetDraft(draft)
			w.Resize(fyne.NewSize(wide, 400))
			kittest.Settled(t, c)
		}
	}
	c.SetClosed("You cannot write here.")
	kittest.Settled(t, c)
}

func TestHooks(t *testing.T) {
	c, w := show(t, theme.Light)
	var got []string
	c.OnAttach = func() { got = append(got, "attach") }
	c.OnEmoji = func(o fyne.CanvasObject) {
		if o != fyne.CanvasObject(c.smile) {
			t.Errorf("the anchor is %T", o)
		}
		got = append(got, "emoji")
	}
	c.OnChanged = func(s string) { got = append(got, "="+s) }
	for _, b := range []fyne.Tappable{c.attach, c.smile} {
		w.Canvas().Unfocus()
		test.Tap(b)
		if !c.Focused() {
			t.Error("a button kept the keyboard")
		}
	}
	c.Type('h')
	c.Insert("👍🏽")
	c.SetDraft("quiet")
	if want := "attach emoji =h =h👍🏽"; strings.Join(got, " ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
	copied := false
	c.OnCopy = func() bool { copied = true; return true }
	c.field.TypedShortcut(&fyne.ShortcutCopy{Clipboard: fyne.CurrentApp().Clipboard()})
	if !copied {
		t.Error("Ctrl+C with nothing selected did not go on")
	}
}

func TestGallery(t *testing.T) {
	for name, mode := range map[string]theme.Mode{"light": theme.Light, "dark": theme.Dark} {
		c, w := show(t, mode)
		c.SetReaders(icon.Eye, "The host can read this room", theme.Warn)
		d := New()
		d.SetReaders(icon.Lock, "Only members can read this", theme.Good)
		d.SetDraft("Three lines\nare here, and the second one is rather long so that it has to be wrapped somewhere\nthird")
		e := New()
		e.SetReaders(icon.Eye, "The host can read this room", theme.Warn)
		e.SetDraft(strings.Repeat("too long ", 2000))
		f := New()
		f.SetReaders(icon.Eye, "The host can read this room", theme.Warn)
		f.SetClosed("You cannot write here.")
		w.SetContent(container.NewVBox(c, d, e, f))
		w.Resize(fyne.NewSize(600, 560))
		c.Focus()
		kittest.Picture(t, w, "compose-"+name)
	}
}
