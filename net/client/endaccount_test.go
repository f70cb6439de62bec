package client_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// FEATURES P7: who ends their account leaves their private rooms, comes in no more,
// neither with this device nor by joining under the same name, and what they wrote
// stays. The last owner and the only admin of a room are told what is to be done first.
func TestEndAccount(t *testing.T) {
	p := newPlace(t)
	ana, ben := p.join("Ana"), p.join("Ben")
	den := must(ana.CreateRoom(t.Context(), chat.RoomSealed, "Den", ""))
	ok(t, ana.InviteToRoom(t.Context(), den, ben.Me().Account))
	ben.is(den, client.RoomJoined)
	ben.say("I was here")
	ben.sayIn(den, "and here")
	ana.hears("Ben: I was here")
	ana.hearsIn(den, "Ben: and here")
	own := must(ben.CreateRoom(t.Context(), chat.RoomSealed, "Nook", ""))
	ok(t, ben.InviteToRoom(t.Context(), own, ana.Me().Account))
	ana.is(own, client.RoomJoined)
	ok(t, ana.SetRoomAdmin(t.Context(), den, ben.Me().Account, true))
	ben.until("Ben is an admin", func() bool { return must(ben.Room(t.Context(), den)).Admin })
	ana.sayIn(den, "the Den is the first of his rooms")
	ben.hearsIn(den, "Ben: and here | Ana: the Den is the first of his rooms")
	link := must(ben.CreateInvite(t.Context(), client.InviteOptions{Uses: 1}))

	if err := ben.EndAccount(t.Context()); !errors.Is(err, client.ErrLastAdmin) {
		t.Fatalf("the only admin of a room: %v", err)
	}
	if s := ben.State(); s.Phase != client.Online {
		t.Fatalf("after a refusal: %+v", s)
	}
	ben.stays(den, own)
	ok(t, ben.SetRoomAdmin(t.Context(), own, ana.Me().Account, true))
	ok(t, ben.EndAccount(t.Context()))
	ben.until("Ben is out", func() bool {
		return ben.State().Phase == client.Stopped && client.CodeOf(ben.State().Err) == wire.CodeRemoved
	})
	gone := func(m *member) bool {
		return !slices.ContainsFunc(m.People(), func(x client.Person) bool { return x.Name == "Ben" && x.State == chat.Active })
	}
	ana.until("Ana sees nobody called Ben", func() bool { return gone(ana) })
	for _, room := range []chat.RoomID{den, own} {
		ana.until("he is in no room", func() bool { return !strings.Contains(ana.peopleIn(room), "Ben") })
	}
	if got := ana.texts(); got != "Ben: I was here" {
		t.Errorf("what he wrote became %q", got)
	}
	again := newMember(t, t.TempDir())
	if err := again.Register(t.Context(), p.ownerLink(), "Ben", ""); client.CodeOf(err) != wire.CodeNameTaken {
		t.Errorf("somebody takes his name: %v", err)
	}
	if err := again.Register(t.Context(), *must(wire.ParseLink(link.Link)), "Eve", longPassword); client.CodeOf(err) != wire.CodeLinkRevoked {
		t.Errorf("somebody comes by his link: %v", err)
	}
	// Let in again he has nothing left to come in with.
	ok(t, ana.Unban(t.Context(), ben.Me().Account))
	ben.Reconnect()
	ben.until("his device is signed out", func() bool {
		return ben.State().Phase == client.Stopped && client.CodeOf(ben.State().Err) != wire.CodeRemoved
	})
	// Nobody else can be ended, and not the last owner.
	ok(t, ana.Remove(t.Context(), ben.Me().Account, ""))
	ana.until("Ben is gone again", func() bool { return gone(ana) })
	if err := ana.EndAccount(t.Context()); client.CodeOf(err) != wire.CodeLastOwner {
		t.Errorf("the last owner: %v", err)
	}
	if got := ana.State().Phase; got != client.Online {
		t.Errorf("after that refusal: %v", got)
	}
	ana.stays(den, own)
}

// stays says whether a member is still in rooms.
func (m *member) stays(rooms ...chat.RoomID) {
	m.t.Helper()
	for _, room := range rooms {
		if r := must(m.Room(m.t.Context(), room)); r.State != client.RoomJoined {
			m.t.Errorf("the room %s has state %v", r.Name, r.State)
		}
	}
}

// A host of before this request refuses it before anything was left.
func TestEndAccountAtAnOldHost(t *testing.T) {
	e := newEvilHost(t)
	ana, ben := e.person("Ana"), e.person("Ben")
	den := e.den(ana, ben)
	e.mu.Lock()
	e.up = func(from *member, m wire.Message) []wire.Message {
		ask, is := m.(*wire.Admin)
		if !is || ask.Action != wire.ActionEnd {
			return []wire.Message{m}
		}
		_ = e.links[from].Send(wire.Append(nil, &wire.Failure{Ref: ask.Ref, Code: wire.CodeBadMessage})) // one that has gone hears nothing
		return nil
	}
	e.mu.Unlock()
	if err := ben.EndAccount(t.Context()); client.CodeOf(err) != wire.CodeBadMessage {
		t.Errorf("got %v, want the host's refusal", err)
	}
	ben.stays(den)
}
