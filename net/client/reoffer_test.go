package client_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
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
			for _, each := range []*member{ana, ben} {
				each.until("all is there", func() bool {
					end := fmt.Sprint(m.Me().Name, ": lost ", i)
					return strings.HasSuffix(each.textsIn(chat.Lobby), end) && strings.HasSuffix(each.textsIn(den), end)
				})
			}
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

// A member gives a restored host junk instead of what it lost, in the name of others:
// the host cannot tell in a private room. Their counters are taken then, and still
// what they wrote comes to everybody, once.
func TestZ2JunkInTheNameOfOthersStopsNobody(t *testing.T) {
	p, den, ana, ben, cat := roomOf(t)
	said := talk(den, "", "before", ana, ben, cat)
	before := ana.lastRow(den) // and a receipt that comes now is skipped, if the backup has it
	backup := p.backUp()
	said = talk(den, said, "lost", ben, ana, cat)
	for _, m := range []*member{ana, ben, cat} {
		m.stop()
	}
	p.stop()
	p.restore(backup)
	p.start()
	var junk []wire.Row
	db := must(clientdb.Open(t.Context(), filepath.Join(cat.dir, "place.db"), [32]byte{2}, cat.log))
	for i, row := range must(db.Kept(t.Context(), den, before, 1<<40, 100, 1<<20)) {
		env := must(wire.ParseEnvelope(row.Envelope))
		env.ID, env.Data = chat.NewMessageID(), wire.EncodeBody(&wire.Sealed{Message: fmt.Append(nil, "noise ", i)})
		junk = append(junk, wire.Row{Seq: row.Seq, Received: row.Received, Envelope: must(env.Seal())})
	}
	ok(t, db.Close())
	z := newHeckler(p, cat)
	t.Cleanup(z.close)
	if last := must(z.giveBack(den, junk...)); len(junk) < 3 || last != junk[len(junk)-1].Seq {
		t.Fatalf("%d rows of junk: the host has taken those up to %d", len(junk), last)
	}
	z.close()
	saidBefore := said[:strings.Index(said, " | Ben: lost")]
	for _, m := range []*member{ben, ana, cat} {
		m.open()
	}
	// In which order they come again is chance. That there were rows of them before these
	// which did not come is true, and is said.
	truth := func(m *member) string {
		return strings.ReplaceAll(believedTexts(m, den), fmt.Sprintf("!%b", clientdb.CounterGap), "")
	}
	all := []*member{ana, ben, cat}
	for _, m := range all { // written before anything of this is known to be lost
		m.sayIn(den, "next")
	}
	want := ""
	ana.untilOr("all of it, once, and of each in its order", func() bool {
		want = truth(ana)
		rest, is := strings.CutPrefix(want, saidBefore+" | ")
		again := strings.Split(rest, " | ")
		for i, m := range all {
			lost := slices.Index(again, fmt.Sprint(m.Me().Name, ": lost ", []int{1, 0, 2}[i]))
			is = is && lost >= 0 && lost < slices.Index(again, m.Me().Name+": next")
		}
		return is && len(again) == 6 && !slices.ContainsFunc(all, func(m *member) bool { return truth(m) != want })
	}, func() string { return ana.textsIn(den) + "\n" + ben.textsIn(den) + "\n" + cat.textsIn(den) })
	hears := func(m *member) {
		t.Helper()
		m.untilOr("texts "+want, func() bool { return truth(m) == want }, func() string { return m.textsIn(den) })
	}
	for _, m := range all {
		m.sayIn(den, "after")
		want += " | " + m.Me().Name + ": after"
		for _, each := range all {
			hears(each)
		}
	}
	ben.reopen()
	hears(ben)
}
