package ui

import (
	"testing"

	"fyne.io/fyne/v2"

	"github.com/snugchat/snug/ui/kit/banner"
	"github.com/snugchat/snug/ui/kit/kittest"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// TestWhoAsksIsSeenOverThePane: in a small window the host's pane covers the
// conversation, but not the question of somebody who wants to compare pictures;
// notes stand over the composer, and at the foot while none is in sight.
func TestWhoAsksIsSeenOverThePane(t *testing.T) {
	app := kittest.App(t, theme.Light, 100)
	folder := ""
	d := hostIn(t, app, t.TempDir(), &folder)
	d.app.Hosting().Show(true)
	d.program.Run()
	v := d.place
	bar, ok := v.asks.(*banner.Banner)
	if !ok || v.pane == nil {
		t.Fatalf("the place has no banner, or no pane: %T, %v", v.asks, v.pane)
	}
	bar.SetText(text.VerifyAsks("Benjamin Bartholomew Featherstonehaugh J"))
	for _, size := range sizes {
		d.win.Resize(size)
		bar.Hide()
		v.object.Refresh()
		if got := v.pane.Object().Position().Y; got != 0 {
			t.Errorf("%v: nobody asks, and the pane stands at %v", size, got)
		}
		bar.Show()
		v.object.Refresh()
		kittest.Settled(t, d.win.Content())
		high := bar.Size().Height
		if high < bar.MinSize().Height || bar.Position().Y != 0 {
			t.Errorf("%v: the banner stands at %v and is %v high, it needs %v", size, bar.Position(), high, bar.MinSize().Height)
		}
		if got := v.pane.Object().Position().Y; got != high {
			t.Errorf("%v: the pane stands at %v, below a banner of %v", size, got, high)
		}
		bottom := v.pane.Object().Position().Y + v.pane.Object().Size().Height
		if lying := size.Width < railStands; !lying && bottom != size.Height {
			t.Errorf("%v: the pane ends at %v", size, bottom)
		}
		if covered := size.Width < paneBeside; covered == v.main.Visible() {
			t.Errorf("%v: the conversation is in sight: %v", size, v.main.Visible())
		}
	}
	for _, x := range []struct {
		size fyne.Size
		want float32
	}{{sizes[1], atFoot}, {sizes[2], overComposer}} {
		d.win.Resize(x.size)
		if got := d.notes.Lifted(); got != x.want {
			t.Errorf("%v: notes stand %v above the edge, want %v", x.size, got, x.want)
		}
	}
}
