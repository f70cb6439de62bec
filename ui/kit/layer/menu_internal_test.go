package layer

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"

	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/kittest"
	"github.com/snugchat/snug/ui/theme"
)

// A menu that is higher than the window scrolls, and the keyboard brings its last
// line into sight (text at 200 %).
func TestLongMenuScrolls(t *testing.T) {
	kittest.App(t, theme.Light, 200)
	w := kittest.Show(t, kit.Gap(10, 10), fyne.NewSize(640, 480))
	var items []Item
	last := ""
	for i := range 14 {
		items = append(items, Item{Label: fmt.Sprint("line ", i), Do: func() { last = fmt.Sprint("line ", i) }})
	}
	l := Menu(w.Canvas(), fyne.NewPos(300, 200), items...)
	at, size := l.arrange(w.Canvas().Size())
	if at.Y < 0 || at.Y+size.Height > 480 || size.Height < 300 {
		t.Fatalf("the menu is at %v and %v high", at, size)
	}
	press := func(name fyne.KeyName) { w.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: name}) }
	press(fyne.KeyDown) // the first
	press(fyne.KeyUp)   // around to the last
	item := w.Canvas().Focused().(*menuItem)
	pos := fyne.CurrentApp().Driver().AbsolutePositionForObject(item)
	if item.item.Label != "line 13" || pos.Y+item.Size().Height > at.Y+size.Height+1 || pos.Y < at.Y {
		t.Errorf("%q is at %v, the menu ends at %v", item.item.Label, pos.Y, at.Y+size.Height)
	}
	press(fyne.KeyReturn)
	if last != "line 13" {
		t.Errorf("chosen was %q", last)
	}
}
