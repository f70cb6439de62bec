package kit_test

import (
	"runtime"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/input"
	"github.com/snugchat/snug/ui/kit/kittest"
	"github.com/snugchat/snug/ui/theme"
)

// A line that is longer than its field shows the part with the caret, and no bar over
// its letters.
func TestFieldGlides(t *testing.T) {
	kittest.App(t, theme.Light, 100)
	f := kit.NewField("", "")
	kittest.Show(t, f, fyne.NewSize(200, 60))
	caret := func() float32 {
		d := fyne.CurrentApp().Driver()
		e := f.Entry().(*input.Entry)
		return d.AbsolutePositionForObject(e).X + e.CursorPosition().X - d.AbsolutePositionForObject(f).X
	}
	f.Focus()
	for what, c := range map[string]struct {
		text string
		key  fyne.KeyName
		at   func(x float32) bool
	}{
		"at the end of a long line":       {strings.Repeat("a long line ", 20), fyne.KeyEnd, func(x float32) bool { return x > 150 && x < 200 }},
		"at the beginning of a long line": {strings.Repeat("a long line ", 20), fyne.KeyHome, func(x float32) bool { return x > 0 && x < 30 }},
		"at the end of a short line":      {"short", fyne.KeyEnd, func(x float32) bool { return x > 30 && x < 80 }},
	} {
		f.SetText(c.text)
		f.Entry().TypedKey(&fyne.KeyEvent{Name: c.key})
		if x := caret(); !c.at(x) {
			t.Errorf("%s: the caret is at %v of 200", what, x)
		}
	}
}

// Fields share the fonts of the window: with a theme of its own each had Fyne keep
// another copy of all of them, of which the emoji alone take 9 MiB.
func TestFieldsShareFonts(t *testing.T) {
	kittest.App(t, theme.Light, 100)
	show := func() uint64 {
		kittest.Show(t, kit.NewField("Name", "Maria"), fyne.NewSize(200, 60)).Canvas().Capture()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := show()
	var after uint64
	for range 5 {
		after = show()
	}
	if after > before+8<<20 {
		t.Errorf("5 more fields take %d MiB", (after-before)>>20)
	}
}
