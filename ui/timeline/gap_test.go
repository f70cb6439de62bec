package timeline

import (
	"fmt"
	"testing"

	"github.com/snugchat/snug/ui/kit/kittest"
	"github.com/snugchat/snug/ui/theme"
	"github.com/snugchat/snug/ui/timeline/bubble"
)

// TestGapLooks: outlines stand above the first row while those before it are on their
// way, below the line that says what is new (FEATURES P2).
func TestGapLooks(t *testing.T) {
	for name, mode := range map[string]theme.Mode{"light": theme.Light, "dark": theme.Dark} {
		for _, w := range []float32{700, 400} {
			kittest.App(t, mode, 100)
			s := story()
			s.all = s.all[3:]
			v, win := open(t, s, w, 900)
			v.SetUnread(s.all[0].ID, "New since Tuesday 14:02")
			v.SetGap(true)
			v.ScrollToRow(0)
			kittest.Picture(t, win, fmt.Sprintf("gap-%s-%d", name, int(w)))
			kittest.Settled(t, v)
		}
	}
}

// TestGapKeepsThePlace: what is in sight stays where it is when the gap is filled, and
// when it is gone more is asked for.
func TestGapKeepsThePlace(t *testing.T) {
	kittest.App(t, theme.Light, 100)
	s := many(120)
	v, _ := open(t, &rows{s.all[60:]}, 700, 600)
	src := &rows{s.all[60:]}
	v.source = src
	asked := 0
	v.OnNear = func(older bool, _ int) {
		if older {
			asked++
		}
	}
	v.SetGap(true)
	v.ScrollToEnd()
	for v.top > 0 {
		v.ScrollBy(-200)
	}
	v.ScrollBy(-v.into) // all of the gap is in sight
	place := func(id string) float32 {
		for i, b := range v.rows {
			if src.all[i].ID == id {
				return b.Box.Position().Y
			}
		}
		t.Fatalf("row %s is not drawn", id)
		return 0
	}
	id := src.all[2].ID
	was := place(id)
	src.all = s.all[40:]
	v.Inserted(0, 20)
	if now := place(id); now-was > 1 || was-now > 1 {
		t.Errorf("the row was at %v, and is at %v when others came into the gap", was, now)
	}
	if asked == 0 {
		t.Error("nothing was asked for at the gap")
	}
	was = place(id)
	before := asked
	v.SetGap(false)
	if now := place(id); now-was > 1 || was-now > 1 {
		t.Errorf("the row was at %v, and is at %v when the gap was closed", was, now)
	}
	if asked != before+1 {
		t.Errorf("asked %d times for more when the gap was closed, want once", asked-before)
	}
}

// TestGapIsThere: the outlines take the height that the view counts for them.
func TestGapIsThere(t *testing.T) {
	kittest.App(t, theme.Light, 100)
	v, _ := open(t, story(), 700, 600)
	without := v.build(0, 700).High
	v.SetGap(true)
	if with := v.build(0, 700).High; with != without+bubble.GapHigh() {
		t.Errorf("the first row is %v high, and %v with the gap, want %v more", without, with, bubble.GapHigh())
	}
}
