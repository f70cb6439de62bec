package chat

import (
	"testing"

	"github.com/snugchat/snug/ui/kit/kittest"
	"github.com/snugchat/snug/ui/theme"
)

// FEATURES P2: who scrolls up to messages that are still on their way sees where they
// will be, in a wide window and in the narrowest one.
func TestGapLooks(t *testing.T) {
	for name, size := range map[string][2]float32{"gap": {1180, 900}, "gap-narrow": {360, 560}} {
		t.Run(name, func(t *testing.T) {
			s := crew(t)
			s.open(theme.Light, size[0], size[1])
			s.view.panes.showTalk(true)
			s.view.lines.ScrollBy(-5000) // to what is held
			s.run()
			s.view.lines.OnNear = nil // nothing comes here
			s.view.lines.SetGap(true)
			s.view.lines.SetUnread(s.view.source.Row(0).ID, "New since Tuesday 14:02")
			s.view.lines.ScrollBy(-5000)
			s.looksInBoth(name)
			kittest.Settled(t, s.window.Content())
		})
	}
}
