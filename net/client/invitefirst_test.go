package client_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// invites lets a member invite another one, and returns once that waits in the room;
// the result comes on the channel.
func (m *member) invites(room chat.RoomID, other *member) <-chan error {
	m.t.Helper()
	done := make(chan error, 1)
	ctx, account := m.t.Context(), other.Me().Account
	go func() { done <- m.InviteToRoom(ctx, room, account) }()
	m.until("the invite waits", func() bool { return m.Wanted(ctx, room) > 0 })
	return done
}

// in waits for the end of an invite.
func in(t *testing.T, done <-chan error) {
	t.Helper()
	select {
	case err := <-done:
		ok(t, err)
	case <-time.After(patience):
		t.Fatal("the invite waits for ever")
	}
}

// FEATURES D9: what was written in a private room before somebody was invited, and
// waited to be sent, is not for the one who was invited.
func TestTextsGoBeforeAnInvite(t *testing.T) {
	e := newEvilHost(t)
	ana, ben, cat := e.person("Ana"), e.place.join("Ben"), e.place.join("Cat")
	cat.until("others can add Cat", cat.Stocked)
	den := e.den(ana, ben)
	var held []wire.Message // the host answers no text
	e.does(func(to *member, m wire.Message) []wire.Message {
		if _, is := m.(*wire.Posted); is && to == ana {
			held = append(held, m)
			return nil
		}
		return []wire.Message{m}
	})
	want := []string{"Ana: one", "Ben: two"}
	for i := range client.MaxUnacknowledged + 20 { // so many that some are not sealed yet
		ana.sayIn(den, fmt.Sprint("before ", i))
		want = append(want, fmt.Sprint("Ana: before ", i))
	}
	done := ana.invites(den, cat)
	e.does(nil)
	for _, m := range held {
		e.sends(ana, m)
	}
	in(t, done)
	ana.sayIn(den, "after")
	cat.hearsIn(den, "Ana: after")
	ben.hearsIn(den, strings.Join(append(want, "Ana: after"), " | "))
}

// An invite does not wait for texts that the host does not take.
func TestInviteWaitsForNoRefusedText(t *testing.T) {
	e := newEvilHost(t)
	ana, ben, cat := e.person("Ana"), e.place.join("Ben"), e.place.join("Cat")
	cat.until("others can add Cat", cat.Stocked)
	den := e.den(ana, ben)
	var held []wire.Message
	e.mu.Lock()
	e.up = func(from *member, m wire.Message) []wire.Message {
		post, is := m.(*wire.Post)
		if !is {
			return []wire.Message{m}
		}
		env, err := wire.ParseEnvelope(post.Envelope)
		if err != nil || env.Body != wire.KindSealed {
			return []wire.Message{m}
		}
		no := &wire.Posted{Room: env.Room, ID: env.ID, Code: wire.CodeNotAllowed}
		if held != nil {
			held = append(held, no)
			return nil
		}
		e.links[from].Send(wire.Append(nil, no))
		return nil
	}
	held = []wire.Message{}
	e.mu.Unlock()
	for i := range client.MaxUnacknowledged + 20 {
		ana.sayIn(den, fmt.Sprint("nobody takes it ", i))
	}
	done := ana.invites(den, cat)
	e.mu.Lock()
	refusals := held
	held = nil
	e.mu.Unlock()
	for _, m := range refusals {
		e.sends(ana, m)
	}
	in(t, done)
	cat.is(den, client.RoomJoined)
	e.mu.Lock()
	e.up = nil
	e.mu.Unlock()
	ana.sayIn(den, "again")
	cat.hearsIn(den, "Ana: again")
}
