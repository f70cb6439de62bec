package client_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/snugchat/snug/crypto/group"
	"github.com/snugchat/snug/crypto/mls"
	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// FEATURES C6: when somebody comes back with new keys, direct messages go on with
// those: what waited for the answer about a verified person, and what is written to
// anybody, can be read by who has the new keys, and by nobody who has the old ones.
func TestDirectMessagesGoOnWithNewKeys(t *testing.T) {
	for name, verified := range map[string]bool{"of a verified person, once this one writes anyway": true, "of another one, at once": false} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			ana, ben, link, old := p.alone()
			b := ben.Me().Account
			if verified {
				ok(t, ana.ConfirmNumber(t.Context(), b, must(ana.SafetyNumber(b))))
			}

			// Somebody has Ben's old computer, and Ben comes with a new one.
			certificate := ben.certificate()
			ben.stop()
			stolen := filepath.Join(fast(t), "stolen")
			ok(t, os.CopyFS(stolen, os.DirFS(ben.dir)))
			fresh := p.comesBack(link, "Ben")
			last := must(p.db.Mark(t.Context()))
			want := "Ana: three"
			if verified {
				ana.trusts(ben, 0, client.KeysChanged)
				ana.sayIn(old, "three")
				if got := ana.textsIn(old); got != "Ana: one | Ben: two | (Ana: three)" {
					t.Errorf("before the answer: %s", got)
				}
				ok(t, ana.WriteAnyway(t.Context(), b))
				ana.is(old, client.RoomLeft)
			} else {
				ana.is(old, client.RoomLeft)
				ana.sayIn(must(ana.Direct(t.Context(), b)), "three")
			}

			// They go on in another room, whoever begins.
			next := must(fresh.Direct(t.Context(), ana.Me().Account))
			if got := must(ana.Direct(t.Context(), b)); got != next || next == old {
				t.Fatalf("Ana writes in %v, Ben in %v, before in %v", got, next, old)
			}
			fresh.hearsIn(next, want)
			fresh.sayIn(next, "four")
			for _, m := range []*member{ana, fresh} {
				m.hearsIn(next, want+" | Ben: four")
			}
			if got := ana.textsIn(old); got != "Ana: one | Ben: two" {
				t.Errorf("in the old room: %s", got)
			}

			// The old computer, with all rows, reads nothing of it.
			for room, read := range p.opens(t, stolen, certificate, []chat.RoomID{old, next}, last) {
				t.Errorf("with the old keys %d rows can be read in room %v", read, room)
			}
		})
	}
}

// An answer and a forwarded text that waited go on as their words; of what was refused in
// direct messages that are over, a text that is tried again goes where they go on, and
// what means nothing there stays as it is.
func TestWordsFollowNewDirectMessages(t *testing.T) {
	p := newPlace(t)
	ana, ben, link, old := p.alone()
	b := ben.Me().Account
	ana.delivered(old, "one")
	ok(t, ana.ConfirmNumber(t.Context(), b, must(ana.SafetyNumber(b))))
	ben.stop()
	fresh := p.comesBack(link, "Ben")
	ana.trusts(ben, 0, client.KeysChanged)
	two := ana.idOf(old, "two")
	must(ana.Post(t.Context(), old, client.Words{Text: "an answer", Reply: two}))
	ok(t, ana.Forward(t.Context(), old, two, old))
	path := filepath.Join(t.TempDir(), "plan.txt")
	writeFile(t, path, 300)
	file := must(ana.SendFile(t.Context(), old, path))
	ana.until("the file waits", func() bool { return ana.transferOf(file).State == client.Finished })
	ok(t, ana.WriteAnyway(t.Context(), b))
	ana.is(old, client.RoomLeft)
	next := must(fresh.Direct(t.Context(), ana.Me().Account))
	fresh.hearsIn(next, "Ana: an answer | Ana: two")
	lines := must(fresh.Before(t.Context(), next, 0, 10)).Messages
	ok(t, fresh.Relate(t.Context(), next, lines))
	for _, m := range lines {
		if m.Reply != nil || m.Forwarded != nil && *m.Forwarded != (client.Forwarded{}) {
			t.Errorf("%q points to what nobody here can read: %+v, %+v", m.Text, m.Reply, m.Forwarded)
		}
	}

	// What was refused: the file, and a text that comes too late.
	if err := ana.RetryMessage(t.Context(), old, file); client.CodeOf(err) != wire.CodeNoRoom {
		t.Errorf("the file in a room that is over: %v", err)
	}
	late := clientdb.Outgoing{Room: old, ID: chat.NewMessageID(), Kind: uint16(wire.KindText), Body: wire.EncodeBody(&wire.Text{Text: "late", Reply: &two}), Created: 1}
	must(ana.db.Enqueue(t.Context(), late))
	ok(t, ana.db.Refuse(t.Context(), late.ID, uint16(wire.CodeNoRoom)))
	ok(t, ana.RetryMessage(t.Context(), old, late.ID))
	fresh.hearsIn(next, "Ana: an answer | Ana: two | Ana: late")
	if got := ana.textsIn(old); got != "Ana: one | Ben: two" {
		t.Errorf("in the old room: %s", got)
	}
}

// In a private room what waited for the answer goes to the room without the old keys.
func TestPrivateRoomGoesOnWithoutOldKeys(t *testing.T) {
	p := newPlace(t)
	ana, ben, link := p.joinsWithPassword("Ana", "Ben")
	cat := p.join("Cat")
	cat.until("key packages are there", cat.Stocked)
	b := ben.Me().Account
	den := must(ana.CreateRoom(t.Context(), chat.RoomSealed, "Den", ""))
	ok(t, ana.InviteToRoom(t.Context(), den, b, cat.Me().Account))
	ben.is(den, client.RoomJoined)
	cat.is(den, client.RoomJoined)
	ana.sayIn(den, "one")
	ben.hearsIn(den, "Ana: one")
	ana.delivered(den, "one")
	ok(t, ana.ConfirmNumber(t.Context(), b, must(ana.SafetyNumber(b))))
	certificate := ben.certificate()
	ben.stop()
	stolen := filepath.Join(fast(t), "stolen")
	ok(t, os.CopyFS(stolen, os.DirFS(ben.dir)))
	fresh := newMember(t, t.TempDir())
	ok(t, fresh.Login(t.Context(), link, "Ben", longPassword))
	ana.trusts(ben, 0, client.KeysChanged)
	last := must(p.db.Mark(t.Context()))
	ana.sayIn(den, "two")
	ana.sayIn(den, "three")
	ok(t, ana.WriteAnyway(t.Context(), b))
	cat.hearsIn(den, "Ana: one | Ana: two | Ana: three")
	for range p.opens(t, stolen, certificate, []chat.RoomID{den}, last) {
		t.Error("with the old keys something can be read that was written while they were doubtful")
	}
}

// FEATURES B6: who lost every device and the kit comes back by a code with new keys.
// Nothing waits for ever then: the rooms of the keys before are not there, or are left on
// a computer that had them; a member invites again, and direct messages begin anew also
// while the other one is away.
func TestNoDeadEndWithoutDeviceAndKit(t *testing.T) {
	p := newPlace(t)
	ana, ben, link := p.joinsWithPassword("Ana", "Ben")
	ctx, a := t.Context(), ana.Me().Account
	den := must(ana.CreateRoom(ctx, chat.RoomSealed, "Den", ""))
	ok(t, ana.InviteToRoom(ctx, den, ben.Me().Account))
	ben.is(den, client.RoomJoined)
	old := must(ana.Direct(ctx, ben.Me().Account))
	ana.sayIn(old, "one")
	ben.hearsIn(old, "Ana: one")
	ana.stop()
	fresh := newMember(t, t.TempDir())
	ok(t, fresh.Login(ctx, link, "Ben", longPassword))
	fresh.until("Ben is online", func() bool { return fresh.State().Phase == client.Online })
	next := must(fresh.Direct(ctx, a))
	if next == old {
		t.Fatal("Ben would write where nobody reads")
	}
	fresh.sayIn(next, "two")
	for _, r := range must(fresh.Rooms(ctx)) {
		if r.ID == den || r.ID == old {
			t.Errorf("a room that nobody lets Ben into: %+v", r)
		}
	}
	ana.open()
	ana.is(old, client.RoomLeft)
	if got := must(ana.Direct(ctx, fresh.Me().Account)); got != next {
		t.Errorf("Ana writes in %v, Ben in %v", got, next)
	}
	ana.hearsIn(next, "Ben: two")
	ana.sayIn(next, "three")
	fresh.hearsIn(next, "Ben: two | Ana: three")
	ok(t, ana.InviteToRoom(ctx, den, fresh.Me().Account))
	fresh.is(den, client.RoomJoined)

	// The old computer, signed out meanwhile, comes back by the code as well.
	ok(t, ben.Login(ctx, link, "Ben", longPassword))
	for _, room := range []chat.RoomID{den, old} {
		ben.is(room, client.RoomLeft)
	}
}

const longPassword = "zebra-candle-orbit-mint"

// alone has Ana and Ben, who has a password, write to each other alone: "one" and "two".
func (p *place) alone() (ana, ben *member, link wire.Link, room chat.RoomID) {
	p.t.Helper()
	ana, ben, link = p.joinsWithPassword("Ana", "Ben")
	room = must(ana.Direct(p.t.Context(), ben.Me().Account))
	ana.sayIn(room, "one")
	must(ben.Direct(p.t.Context(), ana.Me().Account))
	ben.hearsIn(room, "Ana: one")
	ben.sayIn(room, "two")
	ana.hearsIn(room, "Ana: one | Ben: two")
	ben.delivered(room, "two")
	return ana, ben, link, room
}

// comesBack returns a new computer of somebody who has nothing but the password.
func (p *place) comesBack(link wire.Link, name string) *member {
	p.t.Helper()
	m := newMember(p.t, p.t.TempDir())
	ok(p.t, m.Login(p.t.Context(), link, name, longPassword))
	m.until(name+" is online", func() bool { return m.State().Phase == client.Online })
	m.until("key packages are there", m.Stocked)
	return m
}

// joinsWithPassword registers two people, the second one with longPassword, and
// returns a link to log in with.
func (p *place) joinsWithPassword(a, b string) (*member, *member, wire.Link) {
	p.t.Helper()
	first := p.join(a)
	link := p.link(host.Command{Role: chat.Member, Uses: 1})
	second := newMember(p.t, p.t.TempDir())
	ok(p.t, second.Register(p.t.Context(), link, b, longPassword))
	second.until(b+" is online", func() bool { return second.State().Phase == client.Online })
	second.until("key packages are there", second.Stocked)
	return first, second, link
}

// delivered waits until all others in a room have said that a text of this member is
// on their devices. They say so a second after it came, sealed like a text, and whoever
// may not take an old device out says so to that one too; nothing else is said unasked.
func (m *member) delivered(room chat.RoomID, text string) {
	m.t.Helper()
	m.until("all have "+text, func() bool {
		messages := must(m.Before(context.Background(), room, 0, 100)).Messages
		return slices.ContainsFunc(messages, func(x client.Message) bool { return x.Text == text && x.State == client.OnDevice })
	})
}

// opens reads the rows of rooms behind a row with the keys in a copy of a device's
// store, and returns how many of each could be read.
func (p *place) opens(t *testing.T, dir string, certificate []byte, rooms []chat.RoomID, after uint64) map[chat.RoomID]int {
	t.Helper()
	db := must(clientdb.Open(t.Context(), filepath.Join(dir, "place.db"), [32]byte{2}, p.log))
	defer func() { ok(t, db.Close()) }()
	place := p.cfg.Key.Public().Array()
	keys := must(db.Place(t.Context())).Keys
	device := must(group.NewDevice(place, certificate, must(mls.NewSigningKey(group.Suite, keys.MLS[:])), time.Now))
	read, looked := make(map[chat.RoomID]int), 0
	for _, room := range rooms {
		tx := db.GroupTx(t.Context())
		g, err := device.Load(tx, wire.GroupID(place, room))
		var from uint64 // what it has processed
		if r, err := db.Room(t.Context(), room); err == nil {
			from = r.Cursor
		}
		rows, _, aerr := p.db.After(t.Context(), room, from, 1000, 1<<20)
		ok(t, aerr)
		kinds := map[wire.BodyKind]group.Kind{wire.KindSealed: group.Message, wire.KindCommit: group.Changed, wire.KindProposal: group.Proposed}
		for i := range rows {
			env := must(wire.ParseEnvelope(rows[i].Envelope))
			counts := env.Body == wire.KindSealed && rows[i].Seq > after
			if counts {
				looked++
			}
			if err != nil {
				continue // it has no keys of this room at all
			}
			message := must(wire.ParseBody(env.Body, env.Data)).(*wire.Sealed).Message
			if _, err := g.Process(tx, kinds[env.Body], env.Header(), message); err == nil && counts {
				read[room]++
				t.Logf("row %d by the device %v can be read", rows[i].Seq, env.Device)
			}
		}
	}
	if looked < 2 {
		t.Errorf("%d sealed rows were looked at, want those of both people", looked)
	}
	return read
}

// Whoever has new keys is in no sealed room any more, by the host's list too: none of
// them waits for keys that nobody can send.
func TestNewKeysAreInNoRoom(t *testing.T) {
	p := newPlace(t)
	ana, ben, link := p.joinsWithPassword("Ana", "Ben")
	den := must(ana.CreateRoom(t.Context(), chat.RoomSealed, "Den", ""))
	ok(t, ana.InviteToRoom(t.Context(), den, ben.Me().Account))
	ben.is(den, client.RoomJoined)
	ben.stop()
	ana.stop() // her device would take the old one out by itself
	fresh := p.comesBack(link, "Ben")
	if slices.ContainsFunc(must(fresh.Rooms(context.Background())), func(r client.Room) bool { return r.ID == den }) {
		t.Error("a room is listed to keys that are not in it")
	}
	ana.open()
	ana.until("Ana's room is without the old computer", func() bool { return ana.peopleIn(den) == "Ana*" })
	ok(t, ana.InviteToRoom(t.Context(), den, ben.Me().Account))
	fresh.is(den, client.RoomJoined)
	ana.sayIn(den, "welcome back")
	fresh.hearsIn(den, "Ana: welcome back")
}
