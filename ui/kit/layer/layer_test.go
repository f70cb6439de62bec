package layer_test

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/input"
	"github.com/snugchat/snug/ui/kit/layer"
	"github.com/snugchat/snug/ui/kit/press"
	"github.com/snugchat/snug/ui/theme"
)

func window(t *testing.T) (fyne.Window, *kit.IconButton) {
	t.Helper()
	test.NewTempApp(t).Settings().SetTheme(theme.New(theme.Light, 100))
	anchor := kit.NewIconButton(icon.More, "More", nil)
	w := test.NewTempWindow(t, nil)
	w.SetPadded(false)
	w.SetContent(container.NewHBox(container.NewVBox(anchor)))
	w.Resize(fyne.NewSize(500, 400))
	return w, anchor
}

func key(w fyne.Window, k fyne.KeyName) {
	w.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: k})
}

func TestEscapeClosesOneLayerAtATime(t *testing.T) {
	w, anchor := window(t)
	w.Canvas().Focus(anchor)
	closed := 0
	field := kit.NewField("Name", "")
	sheet := layer.Sheet(w.Canvas(), "A sheet", field, kit.NewButton(kit.Primary, "Go", nil))
	sheet.OnClose = func() { closed++ }
	menu := layer.MenuBeside(field, layer.Item{Label: "One"})
	if len(w.Canvas().Overlays().List()) != 2 {
		t.Fatalf("%d layers, want 2", len(w.Canvas().Overlays().List()))
	}
	key(w, fyne.KeyEscape)
	if menu.Open() || !sheet.Open() || closed != 0 {
		t.Error("Escape did not close the menu alone")
	}
	field.Focus()
	key(w, fyne.KeyEscape) // in the field, which does not keep it
	if sheet.Open() || closed != 1 {
		t.Error("Escape in a field did not close the sheet")
	}
	if w.Canvas().Focused() != fyne.Focusable(anchor) {
		t.Errorf("the keyboard went to %T, want where it was", w.Canvas().Focused())
	}
	sheet.Dismiss()
	if closed != 1 {
		t.Errorf("closed %d times, want once", closed)
	}
}

func TestClickBesideCloses(t *testing.T) {
	w, anchor := window(t)
	pop := layer.Popover(anchor, kit.NewLabel("hello"), false)
	test.TapCanvas(w.Canvas(), fyne.NewPos(400, 300))
	if pop.Open() {
		t.Error("a click beside the popover left it open")
	}
	sheet := layer.Sheet(w.Canvas(), "A sheet", kit.NewLabel("x")).Stay()
	test.TapCanvas(w.Canvas(), fyne.NewPos(3, 3))
	if !sheet.Open() {
		t.Error("a sheet that stays was closed by a click beside it")
	}
	test.TapCanvas(w.Canvas(), fyne.NewPos(250, 200))
	if !sheet.Open() {
		t.Error("a click inside closed the sheet")
	}
	press.Escape(w.Canvas())
}

func TestMenuByKeyboard(t *testing.T) {
	w, anchor := window(t)
	var did string
	item := func(s string, off bool) layer.Item {
		return layer.Item{Label: s, Off: off, Do: func() { did = s }}
	}
	layer.MenuBeside(anchor, item("one", false), layer.Item{}, item("two", true), item("three", false))
	key(w, fyne.KeyDown)
	key(w, fyne.KeyDown) // over the one that is off
	key(w, fyne.KeyReturn)
	if did != "three" {
		t.Errorf("got %q, want three", did)
	}
	if len(w.Canvas().Overlays().List()) != 0 {
		t.Error("the menu stayed open")
	}
	layer.MenuBeside(anchor, item("one", false), item("three", false))
	key(w, fyne.KeyUp)
	key(w, fyne.KeyDown) // round
	key(w, fyne.KeySpace)
	if did != "one" {
		t.Errorf("got %q, want one", did)
	}
}

// A layer is inside of the window wherever its anchor is, and goes along when
// the window gets smaller.
func TestLayersStayInside(t *testing.T) {
	w, _ := window(t)
	for _, at := range []fyne.Position{{X: 0, Y: 0}, {X: 499, Y: 399}, {X: 250, Y: 399}, {X: -50, Y: 900}} {
		m := layer.Menu(w.Canvas(), at, layer.Item{Label: "A rather long entry of a menu"}, layer.Item{Label: "b"})
		for _, size := range []fyne.Size{{Width: 500, Height: 400}, {Width: 300, Height: 200}} {
			w.Resize(size)
			panel := test.WidgetRenderer(m).Objects()[2]
			p, s := panel.Position(), panel.Size()
			if p.X < 0 || p.Y < 0 || p.X+s.Width > size.Width || p.Y+s.Height > size.Height {
				t.Errorf("at %v in %v: the menu stands at %v, %v large", at, size, p, s)
			}
		}
		m.Dismiss()
		w.Resize(fyne.NewSize(500, 400))
	}
}

func TestNotes(t *testing.T) {
	w, _ := window(t)
	n := layer.NewNotes(10)
	did := false
	w.SetContent(container.NewStack(kit.NewLabel("x"), n))
	if n.Text() != "" {
		t.Error("a note is shown before one was said")
	}
	n.Say("Saved", "Undo", func() { did = true })
	if n.Text() != "Saved" {
		t.Errorf("got %q, want Saved", n.Text())
	}
	for _, o := range test.WidgetRenderer(n).Objects() {
		if b, ok := o.(*kit.Button); ok {
			test.Tap(b)
		}
	}
	if !did || n.Text() != "" {
		t.Errorf("the button did %v and left the note %q", did, n.Text())
	}
}

// What lies behind a layer does not look as if it had the keyboard, and has it
// again afterwards.
func TestOneCaretAtATime(t *testing.T) {
	w, _ := window(t)
	behind := &input.Entry{}
	behind.Init()
	w.SetContent(container.NewVBox(behind))
	w.Canvas().Focus(behind)
	sheet := layer.Sheet(w.Canvas(), "A sheet", kit.NewField("Name", ""))
	if behind.Focused() {
		t.Error("a field behind a sheet shows a caret")
	}
	sheet.Dismiss()
	if !behind.Focused() || w.Canvas().Focused() != fyne.Focusable(behind) {
		t.Errorf("the keyboard went to %T, want the field that had it", w.Canvas().Focused())
	}
}

// Enter presses the button that is meant, and none that destroys, none that is
// switched off, and none of a sheet to weigh.
func TestEnterConfirms(t *testing.T) {
	for name, c := range map[string]struct {
		kind      kit.Kind
		off, stay bool
		want      int
	}{
		"the button that is meant": {kind: kit.Primary, want: 1},
		"one that destroys":        {kind: kit.Danger},
		"one that is switched off": {kind: kit.Primary, off: true},
		"a sheet to weigh":         {kind: kit.Primary, stay: true},
	} {
		w, _ := window(t)
		pressed := 0
		act := kit.NewButton(c.kind, "Go", func() { pressed++ })
		act.SetEnabled(!c.off)
		sheet := layer.Sheet(w.Canvas(), "A question", kit.NewParagraph("Words."), kit.NewButton(kit.Secondary, "Cancel", nil), act)
		if c.stay {
			sheet.Stay()
		}
		key(w, fyne.KeyReturn)
		if pressed != c.want {
			t.Errorf("%s: pressed %d times, want %d", name, pressed, c.want)
		}
	}
}
