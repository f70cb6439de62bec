package client_test

import (
	"slices"
	"sync/atomic"
	"testing"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/clientdb"
)

// FEATURES D10: receipts that were switched off are not sent, those that waited
// neither, and those of others are not shown; as soon as they are on again they are.
func TestReceiptsOff(t *testing.T) {
	p := newPlace(t)
	var off atomic.Bool
	ana := p.join("Ana")
	ben := p.join("Ben", func(c *client.Config) {
		c.Receipts = func() client.Receipts { return client.Receipts{Delivered: !off.Load(), Read: !off.Load()} }
	})
	dm := must(ana.Direct(t.Context(), ben.Me().Account))
	ok(t, func() error { _, err := ben.Direct(t.Context(), ana.Me().Account); return err }())
	ben.is(dm, client.RoomJoined)
	ana.sayIn(dm, "one")
	ben.hearsIn(dm, "Ana: one")
	ana.until("it is on Ben's device", func() bool { return ana.stateOf(dm, "one") == client.OnDevice })
	last := func(m *member) uint64 {
		t.Helper()
		return must(m.Before(t.Context(), dm, 0, 1)).Messages[0].Seq
	}

	// Ben reads it while there is no connection, and wants nobody to know then.
	ben.stop()
	ben.load()
	ok(t, ben.MarkRead(t.Context(), dm, last(ben)))
	if !slices.ContainsFunc(must(ben.db.Outbox(t.Context(), dm)), func(o clientdb.Outgoing) bool { return o.Kind == uint16(wire.KindRead) }) {
		t.Fatal("nothing waits to be told: this shows nothing")
	}
	off.Store(true)
	ben.run()
	ben.sayIn(dm, "two") // goes out behind what waited
	ana.hearsIn(dm, "Ana: one | Ben: two")
	if got := ana.stateOf(dm, "one"); got != client.OnDevice {
		t.Errorf("Ana knows of %q that it is in state %d", "one", got)
	}

	// What Ana tells comes, and is not shown to who tells nothing.
	ok(t, ana.MarkRead(t.Context(), dm, last(ana)))
	ana.sayIn(dm, "three")
	ben.hearsIn(dm, "Ana: one | Ben: two | Ana: three")
	seen := func() client.Delivery {
		t.Helper()
		lines := must(ben.Before(t.Context(), dm, 0, 100)).Messages
		for i := range lines {
			lines[i].State = client.OnHost
		}
		ok(t, ben.Deliver(t.Context(), dm, lines)) // as a screen does
		state := client.Waiting
		for _, m := range lines {
			if m.Text == "two" {
				state = m.State
				for _, far := range must(ben.Reach(t.Context(), dm, m.Seq)) {
					if far.State != state {
						t.Errorf("%q came as far as %d, and with %s as far as %d", m.Text, state, far.Name, far.State)
					}
				}
			}
		}
		return state
	}
	if got := seen(); got != client.OnHost {
		t.Errorf("Ben, who tells nothing, sees state %d", got)
	}
	off.Store(false)
	ben.until("Ben sees what Ana has read", func() bool { return seen() == client.Read })
	off.Store(true)
	if got := seen(); got != client.OnHost {
		t.Errorf("off again, Ben sees state %d", got)
	}
}
