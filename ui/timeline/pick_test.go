package timeline

import (
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"github.com/snugchat/snug/ui/kit/kittest"
	"github.com/snugchat/snug/ui/theme"
)

// While messages are picked a press picks, whatever it hits, and Escape ends it;
// a press on where a message was forwarded from leads there.
func TestPickAndOrigin(t *testing.T) {
	kittest.App(t, theme.Light, 100)
	s := talked()
	s.all[0].Origin, s.all[0].Original = "Forwarded from Ana", true
	v, w := open(t, s, 700, 600)
	var picked []int
	var origin string
	escaped := false
	v.OnPick = func(row int) { picked = append(picked, row); s.all[row].Picked = true; v.Repick() }
	v.OnOrigin = func(id string) { origin = id }
	v.OnEscape = func() bool { escaped = true; return true }
	b := v.row(0)
	if !slices.Contains(texts(b), "Forwarded from Ana") {
		t.Fatalf("row 0 shows %q", texts(b))
	}
	at := b.Hot[0].Area
	tap(v, v.place(0, at.X+3, at.Y+3))
	if origin != s.all[0].ID {
		t.Errorf("a press on the origin led to %q", origin)
	}
	high := b.High
	v.SetPicking(true)
	if got := v.row(0).High; got != high {
		t.Errorf("the row is %v high while picking, %v before", got, high)
	}
	tap(v, v.place(0, at.X+3, at.Y+3))
	last := v.Size()
	v.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(last.Width/2, last.Height-30)}, Button: desktop.MouseButtonPrimary})
	if len(picked) != 2 || picked[0] != 0 || v.Selected() != "" {
		t.Errorf("picked are %v, selected is %q", picked, v.Selected())
	}
	v.FocusGained()
	v.TypedKey(&fyne.KeyEvent{Name: fyne.KeyUp})
	v.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	if len(picked) != 3 {
		t.Errorf("Space picked %v", picked)
	}
	v.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if !escaped {
		t.Error("Escape does not end it")
	}
	kittest.Settled(t, v)
	kittest.Picture(t, w, "picked")
}
