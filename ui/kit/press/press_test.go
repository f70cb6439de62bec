package press_test

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/press"
	"github.com/snugchat/snug/ui/theme"
)

func TestPressing(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(theme.New(theme.Light, 100))
	n := 0
	b := kit.NewButton(kit.Primary, "Go", func() { n++ })
	w := test.NewTempWindow(t, container.NewVBox(b, kit.NewButton(kit.Plain, "Other", nil)))
	w.Resize(fyne.NewSize(200, 200))
	key := func(k fyne.KeyName) { b.TypedKey(&fyne.KeyEvent{Name: k}) }

	w.Canvas().FocusNext()
	if w.Canvas().Focused() != fyne.Focusable(b) || !b.Ring {
		t.Fatal("Tab does not reach the button, or it does not show it")
	}
	for i, c := range []struct {
		what string
		do   func()
		want int
	}{
		{"a click", func() { test.Tap(b) }, 1},
		{"Space", func() { key(fyne.KeySpace) }, 2},
		{"Enter", func() { key(fyne.KeyReturn) }, 3},
		{"another key", func() { key(fyne.KeyA) }, 3},
		{"a click while it is off", func() { b.SetEnabled(false); test.Tap(b) }, 3},
		{"Space while it is off", func() { key(fyne.KeySpace) }, 3},
		{"a click when it is on again", func() { b.SetEnabled(true); test.Tap(b) }, 4},
	} {
		c.do()
		if n != c.want {
			t.Errorf("step %d, %s: pressed %d times, want %d", i, c.what, n, c.want)
		}
	}
	w.Canvas().Focus(b)
	w.Canvas().FocusNext()
	if b.Ring {
		t.Error("the ring stays when the keyboard has gone on")
	}
}

func TestEscapeWithoutLayers(t *testing.T) {
	test.NewTempApp(t)
	w := test.NewTempWindow(t, container.NewVBox())
	if press.Escape(w.Canvas()) || press.Escape(nil) {
		t.Error("something was closed, but nothing was open")
	}
}
