package client_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/storage/chat"
)

// FEATURES P2, H4: somebody who was away while thousands of messages came, in an open
// or in a sealed room, has all of them soon after coming back, in their order and
// without a false alarm, counts them exactly, and can scroll through all of them.
// There are more of them than a client keeps chain values of in memory.
func TestP2ManyMissed(t *testing.T) { catchUp(t, 2300) }

// catchUp lets somebody miss so many messages.
func catchUp(t *testing.T, missed int) {
	for _, kind := range []chat.RoomKind{chat.RoomOpen, chat.RoomSealed} {
		t.Run(map[chat.RoomKind]string{chat.RoomOpen: "open", chat.RoomSealed: "sealed"}[kind], func(t *testing.T) {
			p := newPlace(t, func(p *place) {
				p.dir = fast(t)
				p.cfg.Limits = host.Limits{Posts: 100_000, PostBurst: 100_000, Messages: 100_000, MessageBurst: 100_000}
			})
			ana, ben := p.join("Ana"), p.join("Ben")
			room := chat.Lobby
			if kind == chat.RoomSealed {
				room = must(ana.CreateRoom(t.Context(), chat.RoomSealed, "Den", ""))
				ok(t, ana.InviteToRoom(t.Context(), room, ben.Me().Account))
				ben.is(room, client.RoomJoined)
			}
			ana.sayIn(room, "before")
			ben.hearsIn(room, "Ana: before")
			r := must(ben.Room(t.Context(), room))
			ok(t, ben.MarkRead(t.Context(), room, r.Head))
			ben.stop()
			for i := range missed {
				for {
					_, err := ana.Send(t.Context(), room, fmt.Sprint("message ", i))
					if err == nil {
						break
					}
					time.Sleep(5 * time.Millisecond) // the outbox has its bound
				}
			}
			ana.until("all are on the host", func() bool {
				out, err := ana.db.Outbox(context.Background(), room)
				return err == nil && len(out) == 0
			})
			began, busy := time.Now(), cpuTime()
			ben.open()
			ben.until("Ben has all", func() bool {
				m, err := ben.Missed(context.Background(), room)
				return err == nil && m.Count == missed
			})
			took := time.Since(began)
			t.Logf("%d messages in %v, of which both sides computed %v", missed, took, cpuTime()-busy)
			if took > time.Minute {
				t.Errorf("it took %v", took)
			}
			m := must(ben.Missed(t.Context(), room))
			first := must(ben.Message(t.Context(), m.Seq))
			if first.Text != "message 0" || !first.Received.Equal(m.Since) {
				t.Errorf("the first missed is %q of %v, want message 0 of %v", first.Text, first.Received, m.Since)
			}
			next := missed - 1
			for before := uint64(0); ; {
				page := must(ben.Before(t.Context(), room, before, 5000))
				for i := len(page.Messages) - 1; i >= 0; i-- {
					if x := &page.Messages[i]; x.Seq >= m.Seq && x.Kind == client.LineText {
						if want := fmt.Sprint("message ", next); x.Text != want || x.Warnings != 0 {
							t.Fatalf("got %q (%b), want %q", x.Text, x.Warnings, want)
						}
						next--
					}
				}
				if !page.Older {
					break
				}
				before = page.Messages[0].Seq
			}
			if next != -1 {
				t.Errorf("%d messages cannot be reached", next+1)
			}
		})
	}
}
