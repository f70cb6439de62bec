package client_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// FEATURES P2: who comes back has the room that they look at first, whatever else they
// missed: nothing of another room is asked for until all of that one is here. That
// holds for an open and for a sealed room, and all others come after it.
func TestRoomThatIsLookedAtComesFirst(t *testing.T) {
	e := newEvilHost(t)
	ana := e.place.join("Ana")
	ben := e.person("Ben")
	open := must(ana.CreateRoom(t.Context(), chat.RoomOpen, "Kitchen", ""))
	den := must(ana.CreateRoom(t.Context(), chat.RoomSealed, "Den", ""))
	ok(t, ana.InviteToRoom(t.Context(), den, ben.Me().Account))
	ben.is(den, client.RoomJoined)
	ben.is(open, client.RoomJoined)
	all := []chat.RoomID{chat.Lobby, open, den}
	const missed = 10
	for round, looked := range []chat.RoomID{open, den} {
		ben.stop()
		for _, room := range all {
			for i := range missed {
				ana.sayIn(room, fmt.Sprint("round ", round, " message ", i))
			}
		}
		for _, room := range all {
			ana.until("all are on the host", func() bool {
				out, err := ana.db.Outbox(context.Background(), room)
				return err == nil && len(out) == 0
			})
		}
		seen := e.records()
		ben.load()
		ben.LookAt(looked)
		ben.run()
		for _, room := range all {
			ben.until("all have come", func() bool { return ben.textsIn(room) == ana.textsIn(room) })
		}
		whole := false
		for _, o := range seen() {
			switch m := o.m.(type) {
			case *wire.Fetch:
				if o.who == ben && !whole && m.Room != looked && m.Room != chat.Directory {
					t.Errorf("room %v was asked for before all of %v was here", m.Room, looked)
				}
			case *wire.Rows:
				whole = whole || o.who == ben && m.Room == looked && m.Live
			}
		}
		if !whole {
			t.Errorf("room %v never came whole", looked)
		}
	}
}
