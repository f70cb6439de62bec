package client_test

import (
	"testing"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// FEATURES D5, D6: what was written offline can be changed and taken back; others get
// only what is left of it, and the host gets no more, in open rooms and in private ones.
func TestWaitingTextsAreRewritten(t *testing.T) {
	e := newEvilHost(t)
	ana, ben := e.person("Ana"), e.place.join("Ben")
	den := e.den(ana, ben)
	passed := e.records()
	for name, room := range map[string]chat.RoomID{"open": chat.Lobby, "sealed": den} {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			before := ben.textsIn(room)
			if before != "" {
				before += " | "
			}
			ana.stop()
			ana.load()
			first, second, third := ana.sayIn(room, "first"), ana.sayIn(room, "secnod"), ana.sayIn(room, "third")
			ok(t, ana.EditMessage(ctx, room, second, client.Words{Text: "second"}))
			ok(t, ana.DeleteForAll(ctx, room, first, false))
			ok(t, ana.EditMessage(ctx, room, third, client.Words{Text: "3rd"}))
			ok(t, ana.DeleteForAll(ctx, room, third, false))
			ana.sayIn(room, "fourth")
			n := len(passed())
			ana.run()
			ben.hearsIn(room, before+"Ana: second | Ana: fourth")
			posts := 0
			for _, x := range passed()[n:] {
				if post, is := x.m.(*wire.Post); is && x.up {
					if env, err := wire.ParseEnvelope(post.Envelope); err == nil && env.Room == room && env.Body != wire.KindCommit {
						posts++
					}
				}
			}
			if posts < 2 || room == chat.Lobby && posts != 2 {
				t.Errorf("the host got %d messages", posts)
			}
			for _, m := range must(ben.Before(ctx, room, 0, 20)).Messages {
				if m.Edited || m.Kind == client.LineDeleted {
					t.Errorf("Ben sees what became of %+v", m)
				}
			}
		})
	}
}

// What is on its way may be on the host: an edit and a deletion go behind it.
func TestTextsOnTheirWayAreFollowed(t *testing.T) {
	e := newEvilHost(t)
	ana, ben := e.person("Ana"), e.place.join("Ben")
	den := e.den(ana, ben)
	for name, room := range map[string]chat.RoomID{"open": chat.Lobby, "sealed": den} {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			e.mu.Lock()
			posts := 0
			e.up = func(_ *member, m wire.Message) []wire.Message { // lost on the way
				if _, is := m.(*wire.Post); is {
					posts++
					return nil
				}
				return []wire.Message{m}
			}
			e.mu.Unlock()
			first, second := ana.sayIn(room, "first"), ana.sayIn(room, "secnod")
			ana.until("both have left", func() bool { e.mu.Lock(); defer e.mu.Unlock(); return posts >= 2 })
			ok(t, ana.EditMessage(ctx, room, second, client.Words{Text: "second"}))
			ok(t, ana.DeleteForAll(ctx, room, first, false))
			e.mu.Lock()
			e.up = nil
			e.mu.Unlock()
			e.again(ana)
			ben.until("Ben sees the result", func() bool {
				texts, gone := "", false
				for _, m := range must(ben.Before(ctx, room, 0, 20)).Messages {
					if m.ID == first {
						gone = m.Kind == client.LineDeleted
					}
					if m.ID == second {
						texts = m.Text
					}
				}
				return gone && texts == "second"
			})
		})
	}
}
