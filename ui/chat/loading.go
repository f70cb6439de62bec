package chat

import (
	"time"

	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/state"
)

// loadingRest is how long a room may take to be read before outlines stand there:
// what comes sooner would only flicker.
const loadingRest = 150 * time.Millisecond

// awaitLines shows outlines if the lines of a conversation take their time.
func (v *View) awaitLines(t *state.Conversation) {
	v.stopWaiting()
	if t.Loaded() {
		return
	}
	v.loading = time.AfterFunc(loadingRest, func() {
		v.desktop.Do(func() {
			if v.loading != nil && v.place.Conversation() == t && !t.Loaded() {
				draw.Show(v.skeleton, true)
			}
		})
	})
}

// stopWaiting takes the outlines away.
func (v *View) stopWaiting() {
	if v.loading != nil {
		v.loading.Stop()
		v.loading = nil
	}
	draw.Show(v.skeleton, false)
}
