package state

import (
	"context"
	"time"
)

// historyAgain is how long the bar waits before it asks whether messages are still
// being copied from another computer: one that has gone says nothing.
const historyAgain = 5 * time.Second

// readHistory reads how far the copying of messages from another computer is.
func (r *reader) readHistory() {
	h := r.client.History()
	if h.Copying && r.again.IsZero() {
		r.again = time.Now().Add(historyAgain)
	}
	r.show(func() {
		if p := r.place; p.history != h {
			p.history = h
			p.watch.Changed(PartConnection)
		}
	})
}

// readPast is called when messages from before those that were here have come from
// another computer: there is more to scroll to.
func (r *reader) readPast(ctx context.Context) error {
	if len(r.part.rows) == 0 {
		return r.openRoom(ctx, r.room)
	}
	r.part.older = true
	if len(r.part.rows) < pageRows {
		return r.older(ctx, r.room)
	}
	return nil
}
