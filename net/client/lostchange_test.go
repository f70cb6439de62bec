package client_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// FEATURES Z2: the host goes back to before a change of a room, and goes on with a
// member who never heard of it. Those who had it come back, though no epoch of theirs
// is behind that of the member who lets them in.
func TestZ2LostChangeOfARoomKeepsNobodyOut(t *testing.T) {
	p, den, ana, ben, cat := roomOf(t)
	gap := fmt.Sprintf("!%b", clientdb.CounterGap)
	said := talk(den, "", "before", ana, ben, cat)
	backup := p.backUp()
	cat.stop()
	ok(t, ana.RenameRoom(t.Context(), den, "Lair", ""))
	ben.until("the room has another name", func() bool { return must(ben.Room(t.Context(), den)).Name == "Lair" })
	ana.stop()
	ben.stop()
	p.stop()
	p.restore(backup)
	p.start()
	cat.open()
	cat.sayIn(den, "new")
	cat.sayIn(chat.Lobby, "new")
	said += " | Cat: new"
	cat.hearsIn(den, said)
	for _, m := range []*member{ana, ben} {
		m.open()
		m.until("the host goes on", func() bool { return strings.HasSuffix(m.textsIn(chat.Lobby), "Cat: new") })
		m.untilOr("it is back", func() bool {
			return strings.Contains(m.textsIn(den), "Cat: new") || strings.Contains(m.textsIn(den), "broken!")
		}, func() string { return m.textsIn(den) })
		m.is(den, client.RoomJoined)
	}
	for _, m := range []*member{ben, ana, cat} {
		m.sayIn(den, "after")
		for _, each := range []*member{ana, ben, cat} {
			// That it could not read what others wrote before it was back is said.
			each.untilOr("what came after", func() bool {
				return strings.HasSuffix(strings.TrimSuffix(each.textsIn(den), gap), m.Me().Name+": after")
			}, func() string { return each.textsIn(den) })
		}
	}
	ok(t, ana.RenameRoom(t.Context(), den, "Lair", ""))
	for _, m := range []*member{ana, ben, cat} {
		m.until("the room has another name", func() bool { return must(m.Room(t.Context(), den)).Name == "Lair" })
	}
}

// FEATURES Z2: the host goes back to before somebody was invited, and gets the rows of
// that back. It does not list them: they are shown as out, and can be invited again.
func TestZ2InvitedAgainAfterTheHostLostThat(t *testing.T) {
	p, den, ana, ben, cat := roomOf(t)
	talk(den, "", "before", ana, ben, cat)
	dan := p.join("Dan")
	dan.until("key packages are there", dan.Stocked)
	backup := p.backUp()
	ok(t, ana.InviteToRoom(t.Context(), den, dan.Me().Account))
	dan.is(den, client.RoomJoined)
	all := []*member{ana, ben, cat, dan}
	for _, m := range all {
		m.until("Dan is in", func() bool { return m.peopleIn(den) == "Ana* Ben Cat Dan" })
	}
	for _, m := range all {
		m.stop()
	}
	p.stop()
	p.restore(backup)
	p.start()
	for _, m := range all {
		m.open()
	}
	dan.is(den, client.RoomLeft)
	ana.until("Ana is back", func() bool { return ana.State().Phase == client.Online })
	dan.until("new key packages are there", dan.Stocked)
	if err := ana.SetRoomAdmin(t.Context(), den, dan.Me().Account, true); !errors.Is(err, client.ErrNotAllowed) {
		t.Errorf("an admin whom the host does not list: %v", err)
	}
	ok(t, ana.InviteToRoom(t.Context(), den, dan.Me().Account))
	dan.is(den, client.RoomJoined)
	for _, m := range all {
		m.sayIn(den, "after")
		for _, each := range all {
			each.untilOr("what came after", func() bool { return strings.HasSuffix(each.textsIn(den), m.Me().Name+": after") }, func() string { return each.textsIn(den) })
		}
	}
}
