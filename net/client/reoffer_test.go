package client_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/storage/chat"
)

// roomOf returns a place with three people, who share a private room.
func roomOf(t *testing.T, edit ...func(*place)) (p *place, den chat.RoomID, ana, ben, cat *member) {
	t.Helper()
	p = newPlace(t, edit...)
	ana, ben, cat = p.join("Ana"), p.join("Ben"), p.join("Cat")
	den = must(ana.CreateRoom(t.Context(), chat.RoomSealed, "Den", ""))
	for _, m := range []*member{ben, cat} {
		m.until("key packages are there", m.Stocked)
		ok(t, ana.InviteToRoom(t.Context(), den, m.Me().Account))
		m.is(den, client.RoomJoined)
		ok(t, m.AcceptRoom(t.Context(), den))
	}
	for _, m := range []*member{ben, cat} { // else they do so in the middle of a test
		m.until("it gave the room fresh keys", func() bool { return must(m.db.Room(t.Context(), den)).Healed > 0 })
	}
	return p, den, ana, ben, cat
}

// talk lets members say things in turn in the Lobby and in a room, until all have all
// of it, and returns how that reads.
func talk(den chat.RoomID, said string, topic string, all ...*member) string {
	for i, m := range all {
		for _, room := range []chat.RoomID{chat.Lobby, den} {
			m.sayIn(room, fmt.Sprint(topic, " ", i))
		}
		if said != "" {
			said += " | "
		}
		said += m.Me().Name + ": " + fmt.Sprint(topic, " ", i)
		for _, each := range all {
			each.hearsIn(chat.Lobby, said)
			each.hearsIn(den, said)
		}
	}
	return said
}

// P-rows, FEATURES Z2: the host is restored from a backup that was made in the middle
// of a conversation, and its own person's client is off. Once one member is back all
// lines are there again, for everybody, in the same order, once.
func TestZ2MembersGiveBackWhatTheHostLost(t *testing.T) {
	p, den, ana, ben, cat := roomOf(t)
	said := talk(den, "", "before", ana, ben, cat)
	backup := p.backUp()
	said = talk(den, said, "lost", cat, ben, ana)
	ana.stop() // the host's own person
	cat.stop()
	p.stop()
	p.restore(backup)
	p.start()
	ben.Reconnect()
	ben.until("Ben is back", func() bool { return ben.State().Phase == client.Online })
	newcomer := p.join("Dan")
	newcomer.hearsIn(chat.Lobby, said)
	ana.open()
	cat.open()
	for _, m := range []*member{ana, ben, cat} {
		m.hearsIn(chat.Lobby, said)
		m.hearsIn(den, said)
	}
	said = talk(den, said, "after", cat, ana, ben)
	newcomer.hearsIn(chat.Lobby, said)
	ben.reopen()
	ben.hearsIn(den, said)
	if strings.Contains(said, "!") {
		t.Errorf("something is wrong: %s", said)
	}
}

// Who comes when the room has gone on has lost rows at the wrong places: they come
// again behind the others, once, and all have one order.
func TestZ2LateMemberBringsRowsAgain(t *testing.T) {
	p, den, ana, ben, cat := roomOf(t)
	said := talk(den, "", "before", ana, ben, cat)
	backup := p.backUp()
	cat.stop() // hears nothing of it
	for i := range 3 {
		for _, m := range []*member{ana, ben} {
			for _, room := range []chat.RoomID{chat.Lobby, den} {
				m.sayIn(room, fmt.Sprint("lost ", i))
			}
			m.until("all is there", func() bool {
				return strings.HasSuffix(m.textsIn(chat.Lobby), fmt.Sprint("lost ", i)) && strings.HasSuffix(m.textsIn(den), fmt.Sprint("lost ", i))
			})
		}
	}
	lost := strings.TrimPrefix(ana.textsIn(den), said)
	ben.hearsIn(den, said+lost)
	ben.hearsIn(chat.Lobby, said+lost)
	ana.stop()
	ben.stop()
	p.stop()
	p.restore(backup)
	p.start()
	cat.open()
	cat.sayIn(chat.Lobby, "new")
	cat.sayIn(den, "new")
	cat.hearsIn(chat.Lobby, said+" | Cat: new")
	cat.hearsIn(den, said+" | Cat: new")
	ben.open()
	want := said + " | Cat: new | Ben: lost 0 | Ben: lost 1 | Ben: lost 2"
	cat.hearsIn(den, want)
	cat.hearsIn(chat.Lobby, want)
	ana.open()
	want += " | Ana: lost 0 | Ana: lost 1 | Ana: lost 2"
	for _, m := range []*member{cat, ana, ben} {
		m.hearsIn(chat.Lobby, want)
		m.hearsIn(den, want)
	}
	talk(den, want, "after", ben, cat, ana)
}
