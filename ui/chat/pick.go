package chat

import (
	"github.com/snugchat/snug/ui/chat/bars"
	"github.com/snugchat/snug/ui/state"
)

// newPickBar makes the bar that stands where the composer is while messages are picked.
func (v *View) newPickBar() *bars.Picks {
	return bars.NewPicks(bars.PickDeeds{
		Stop:    func() { v.place.Conversation().StopPicking() },
		Copy:    func() { v.place.Conversation().CopyPicked() },
		Forward: func() { v.sheets.Forward(v.place.Conversation().Picked()) },
		Delete:  v.sheets.DeletePicked,
	})
}

// showPicked shows what is picked.
func (v *View) showPicked(t *state.Conversation) {
	was := v.lines.Picking()
	v.picks.Set(t.Picking(), len(t.Picked()))
	v.lines.SetPicking(t.Picking())
	v.lines.Repick()
	if was != t.Picking() {
		v.showBarrier()
		v.talk.Refresh()
		if was {
			v.Focus()
		} else if c := v.canvas(); c != nil {
			c.Focus(v.lines) // Space picks, Escape ends
		}
	}
}
