package client_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"go/parser"
	"go/token"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/snugchat/snug/crypto/channel"
	"github.com/snugchat/snug/crypto/group"
	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/crypto/mls"
	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// The tests of this file are named after the numbered properties that
// crypto/SECURITY.md lists, as far as a hostile host can be shown to fail on real
// clients. crypto/group, crypto/mls and others have the rest of the numbers.

// forged is a row that the host makes up behind the last one that a member has.
func forged(m *member, room chat.RoomID, env wire.Envelope) wire.Message {
	env.Room, env.ID, env.Counter = room, chat.NewMessageID(), 99
	raw := must(env.Seal())
	return &wire.Deliver{Room: room, Row: wire.Row{Seq: m.free(), Received: 1, Envelope: raw}}
}

// again is a row once more, in another place.
func again(m *member, room chat.RoomID, row wire.Row) wire.Message {
	row.Seq = m.free()
	return &wire.Deliver{Room: room, Row: row}
}

// free is the number behind the last row that a member has of any room. After
// evilHost.gap by somebody else no true row has it that this member gets.
func (m *member) free() (last uint64) {
	m.t.Helper()
	for seq := range uint64(200) {
		if _, err := m.db.Message(context.Background(), seq); err == nil {
			last = seq
		}
	}
	return last + 1
}

// takes waits until a member has processed what the host sent last.
func (m *member) takes(room chat.RoomID, before uint64) {
	m.t.Helper()
	m.until("the row was taken", func() bool { return m.lastRow(room) > before })
}

// FEATURES C2. Property 1: the host adds nobody to a sealed room: not by commits
// that it makes up, repeats or takes from other rooms, and not by welcomes.
func TestProperty01HostAddsNobodyToARoom(t *testing.T) {
	e := newEvilHost(t)
	all := e.records()
	ana, ben := e.person("Ana"), e.person("Ben")
	den := e.den(ana, ben)
	other := must(ana.CreateRoom(t.Context(), chat.RoomSealed, "Other", ""))
	if err := ana.InviteToRoom(t.Context(), other, ben.Me().Account); err != nil {
		t.Fatal(err)
	}
	ben.is(other, client.RoomJoined)
	junk := make([]byte, 600)
	rand.Read(junk)
	commits := rowsIn(all(), den, wire.KindCommit)
	elsewhere := rowsIn(all(), other, wire.KindCommit)
	if len(commits) == 0 || len(elsewhere) == 0 {
		t.Fatal("no commit came by")
	}
	moved := *must(wire.ParseEnvelope(elsewhere[0].Envelope))
	for m, by := range map[*member]*member{ana: ben, ben: ana} {
		for name, row := range map[string]func() wire.Message{
			"bytes": func() wire.Message {
				return forged(m, den, wire.Envelope{Device: ana.Me().Device, Body: wire.KindCommit, Data: wire.EncodeBody(&wire.Sealed{Message: junk})})
			},
			"a commit of before":       func() wire.Message { return again(m, den, commits[len(commits)-1]) },
			"a commit of another room": func() wire.Message { moved.Room = den; return forged(m, den, moved) },
		} {
			e.gap(by)
			at := m.lastRow(den)
			e.sends(m, row())
			m.takes(den, at)
			if r := must(m.Room(t.Context(), den)); r.State != client.RoomJoined || r.People != 2 {
				t.Fatalf("after %s: %+v", name, r)
			}
		}
	}
	// Welcomes that came by, once more.
	for _, p := range all() {
		if mail, ok := p.m.(*wire.Mail); ok && !p.up {
			mail.ID, mail.To, mail.Room = chat.NewMessageID(), ana.Me().Device, den
			e.sends(ana, mail)
		}
	}
	ana.sayIn(den, "three")
	ben.until("Ben reads on", func() bool { return strings.Contains(ben.textsIn(den), "Ana: three") })
	if got := ana.peopleIn(den) + "/" + ben.peopleIn(den); got != "Ana* Ben/Ana* Ben" {
		t.Errorf("people are %s", got)
	}
	if ana.warnings(den) == 0 || ben.warnings(den) == 0 {
		t.Error("nobody was warned")
	}
}

// FEATURES E5. Property 2: who is admin says the room's group, signed by its admins:
// the host's word makes nobody one, and takes it from nobody.
func TestProperty02HostsWordMakesNoAdmin(t *testing.T) {
	e := newEvilHost(t)
	ana, ben := e.person("Ana"), e.person("Ben")
	den := e.den(ana, ben)
	info := wire.RoomInfo{ID: den, Kind: chat.RoomSealed, Since: must(ben.db.Room(t.Context(), den)).Since, Head: ben.lastRow(den), By: ben.Me().Account, Created: 1}
	e.does(func(_ *member, m wire.Message) []wire.Message { // and it refuses nothing that its new admin asks for
		if posted, is := m.(*wire.Posted); is && posted.Code == wire.CodeNotAllowed {
			posted.Code, posted.Seq, posted.Time = wire.CodeOK, 1<<40, 1
		}
		return []wire.Message{m}
	})
	for m, admin := range map[*member]bool{ben: true, ana: false} {
		info.Admin = admin
		e.sends(m, &wire.Rooms{Rooms: []wire.RoomInfo{info}})
	}
	ana.sayIn(den, "three") // behind what the host says
	ben.hearsIn(den, "Ana: one | Ben: two | Ana: three")
	if a, b := must(ana.Room(t.Context(), den)).Admin, must(ben.Room(t.Context(), den)).Admin; !a || b {
		t.Errorf("Ana is admin: %v, Ben: %v", a, b)
	}
	if err := ben.RenameRoom(t.Context(), den, "Ben's", ""); !errors.Is(err, client.ErrNotAllowed) {
		t.Errorf("Ben renames the room: %v", err)
	}
	if err := ana.RenameRoom(t.Context(), den, "Ana's", ""); err != nil {
		t.Errorf("Ana may nothing any more: %v", err)
	}
	ben.until("Ben sees it", func() bool { return must(ben.Room(t.Context(), den)).Name == "Ana's" })
	if a, b := ana.peopleIn(den), ben.peopleIn(den); a != "Ana* Ben" || b != a {
		t.Errorf("people are %s, as Ben sees it %s", a, b)
	}
}

// FEATURES C6. Property 3: the host adds no device to a person: neither the
// directory nor a key package makes somebody else's device theirs.
func TestProperty03HostAddsNoDevice(t *testing.T) {
	e := newEvilHost(t)
	ana, ben, eve := e.person("Ana"), e.person("Ben"), e.person("Eve")
	all := e.records()
	den0 := must(eve.CreateRoom(t.Context(), chat.RoomSealed, "Trap", ""))
	if err := ben.InviteToRoom(t.Context(), den0, eve.Me().Account); err == nil {
		t.Error("Ben invites into a room that he is not in")
	}
	if _, err := ben.Direct(t.Context(), eve.Me().Account); err != nil {
		t.Fatal(err)
	}
	var swapped []byte
	for _, p := range all() {
		if k, ok := p.m.(*wire.KeyPackages); ok && p.who == ben && len(k.Packages) > 0 && k.Packages[0].Device == eve.Me().Device {
			swapped = k.Packages[0].Package
		}
	}
	if swapped == nil {
		t.Fatal("no key package of Eve came by")
	}
	den := must(ana.CreateRoom(t.Context(), chat.RoomSealed, "Den", ""))
	given := 0
	e.does(func(to *member, m wire.Message) []wire.Message {
		if k, ok := m.(*wire.KeyPackages); ok && to == ana {
			for i := range k.Packages {
				given++
				k.Packages[i].Package = swapped
			}
		}
		return []wire.Message{m}
	})
	posted := 0
	e.mu.Lock()
	e.up = func(from *member, m wire.Message) []wire.Message {
		if post, ok := m.(*wire.Post); ok && from == ana && must(wire.ParseEnvelope(post.Envelope)).Body == wire.KindCommit {
			posted++ // the honest host behind would refuse it; an evil one would not
		}
		return []wire.Message{m}
	}
	e.mu.Unlock()
	if err := ana.InviteToRoom(t.Context(), den, ben.Me().Account); err == nil || posted > 0 {
		t.Error("Eve's device was taken for Ben's")
	}
	if given == 0 {
		t.Fatal("no key package was asked for")
	}
	if got := ana.peopleIn(den); got != "Ana*" {
		t.Errorf("people are %s", got)
	}
	// A device of Ben that another identity vouches for.
	e.does(nil)
	if err := ana.InviteToRoom(t.Context(), den, ben.Me().Account); err != nil {
		t.Fatal(err)
	}
	e.gap(ben)
	at := ana.lastRow(chat.Directory)
	eveKeys := must(eve.db.Place(t.Context())).Keys
	id, envelope := must(identity.NewPrivateKey(eveKeys.Identity)), must(identity.NewPrivateKey(eveKeys.Envelope[:]))
	transport, signer := must(channel.GenerateKey()), must(identity.GenerateKey())
	cert := must(identity.Certificate{
		Place: e.cfg.Key.Public().Array(), Identity: id.Public(), Transport: transport.Public().Array(), Envelope: envelope.Public(), MLS: signer.Public(), Created: 1,
	}.Sign(id, envelope))
	env := wire.Envelope{Room: chat.Directory, ID: chat.NewMessageID(), Device: eve.Me().Device, Counter: 9, Time: 1, Body: wire.KindDevice, Data: wire.EncodeBody(&wire.AccountEntry{Account: ben.Me().Account, Name: "Ben", Certificate: cert})}
	raw := must(env.Seal())
	host := e.cfg.Key.Public().Array()
	e.sends(ana, &wire.Deliver{Room: chat.Directory, Row: wire.Row{Seq: ana.free(), Received: 1, Envelope: raw, Signature: envelope.Sign(wire.LabelOpenEnvelope, host[:], raw)}})
	ana.takes(chat.Directory, at)
	if ana.warnings(chat.Directory) == 0 {
		t.Error("Ana was not warned")
	}
	members := must(ana.RoomMembers(t.Context(), den))
	for _, m := range members {
		if m.Devices != 1 {
			t.Errorf("%s has %d devices", m.Name, m.Devices)
		}
	}
}

// Property 4: a member, with a program of its own and the host's help, speaks as
// its own device only.
func TestProperty04MemberSpeaksAsItself(t *testing.T) {
	e := newEvilHost(t)
	ana, ben, cat := e.person("Ana"), e.person("Ben"), e.person("Cat")
	den := e.den(ana, ben)
	place, cert := e.cfg.Key.Public().Array(), ben.certificate()
	keys := must(ben.db.Place(t.Context())).Keys
	ben.stop()
	db := must(clientdb.Open(t.Context(), filepath.Join(ben.dir, "place.db"), [32]byte{2}, ben.log))
	defer db.Close()
	device := must(group.NewDevice(place, cert, must(mls.NewSigningKey(group.Suite, keys.MLS[:])), time.Now))
	tx := db.GroupTx(t.Context())
	own := must(device.Load(tx, wire.GroupID(place, den)))
	says := func(as chat.DeviceID, text string) {
		env := wire.Envelope{Room: den, ID: chat.NewMessageID(), Device: as, Counter: 70, Body: wire.KindSealed}
		inner := wire.Inner{Time: 1, Body: wire.KindText, Data: wire.EncodeBody(&wire.Text{Text: text})}
		env.Data = wire.EncodeBody(&wire.Sealed{Message: must(own.Seal(tx, env.Header(), must(inner.Seal())))})
		e.gap(cat)
		at := ana.lastRow(den)
		e.sends(ana, &wire.Deliver{Room: den, Row: wire.Row{Seq: ana.free(), Received: 1, Envelope: must(env.Seal())}})
		ana.takes(den, at)
	}
	says(cat.Me().Device, "I owe Ben money")
	says(ana.Me().Device, "I owe Ben money")
	if got := ana.textsIn(den); strings.Contains(got, "Ben money") {
		t.Errorf("Ana sees %s", got)
	}
	says(chat.DeviceID(device.ID()), "I owe Ana money") // the test seals rightly
	if got := ana.textsIn(den); !strings.Contains(got, "Ben: I owe Ana money") {
		t.Errorf("Ana sees %s", got)
	}
}

// Property 5: nothing that the host sends unasked brings keys or members in.
func TestProperty05NothingUnaskedComesIn(t *testing.T) {
	e := newEvilHost(t)
	all := e.records()
	ana, ben := e.person("Ana"), e.person("Ben")
	den := e.den(ana, ben)
	before := ben.peopleIn(den)
	epoch := must(ben.db.Room(t.Context(), den))
	var welcome []byte
	for _, p := range all() {
		if mail, ok := p.m.(*wire.Mail); ok {
			welcome = mail.Data
		}
	}
	if welcome == nil {
		t.Fatal("no welcome came by")
	}
	for kind := wire.MailKind(1); kind <= 9; kind++ {
		for _, data := range [][]byte{[]byte("x"), welcome, make([]byte, 40000)} {
			e.sends(ben, &wire.Mail{ID: chat.NewMessageID(), To: ben.Me().Device, From: ana.Me().Device, Room: den, MailKind: kind, Data: data, Seq: 1, Time: 1})
		}
	}
	e.sends(ben, &wire.Rooms{Rooms: []wire.RoomInfo{{ID: den, Kind: chat.RoomOpen, Name: "open now"}}})
	ana.sayIn(den, "three")
	ben.hearsIn(den, "Ana: one | Ben: two | Ana: three")
	after := must(ben.db.Room(t.Context(), den))
	if ben.peopleIn(den) != before || after.Kind != epoch.Kind || after.Name != "Den" || after.State != epoch.State {
		t.Errorf("people %s, room %+v", ben.peopleIn(den), after)
	}
}

// Property 5, with a hostile member's help: a welcome that is good in every way,
// into a group of hers with the id of a room that Ben is in, does not replace it.
func TestProperty05WelcomeReplacesNoRoom(t *testing.T) {
	e := newEvilHost(t)
	ana, ben, eve := e.person("Ana"), e.person("Ben"), e.person("Eve")
	den := e.den(ana, ben)
	welcome := eve.fakeWelcome(t, e, den, ben)
	e.gap(ana)
	e.sends(ben, &wire.Mail{ID: chat.NewMessageID(), To: ben.Me().Device, From: eve.Me().Device, Room: den, MailKind: wire.MailWelcome, Data: welcome, Seq: ben.free(), Time: 1})
	ana.sayIn(den, "three")
	ben.hearsIn(den, "Ana: one | Ben: two | Ana: three")
	ben.sayIn(den, "four")
	ana.hearsIn(den, "Ana: one | Ben: two | Ana: three | Ben: four")
	if got := ben.peopleIn(den); got != "Ana* Ben" {
		t.Errorf("people are %s", got)
	}
}

// certificate is the one that the directory has of a member's device.
func (m *member) certificate() []byte {
	m.t.Helper()
	for seq := range uint64(200) {
		row, err := m.db.Message(context.Background(), seq)
		if err != nil || row.Room != chat.Directory {
			continue
		}
		v, err := wire.ParseBody(wire.BodyKind(row.Kind), row.Body)
		if entry, ok := v.(*wire.AccountEntry); err == nil && ok && entry.Account == m.Me().Account {
			return entry.Certificate
		}
	}
	m.t.Fatal("no certificate in the directory")
	return nil
}

// Property 6: no byte of a row can be changed: nothing false is shown, and the
// room goes on.
func TestProperty06NoByteOfARowChanges(t *testing.T) {
	e := newEvilHost(t)
	ana, ben := e.person("Ana"), e.person("Ben")
	den := e.den(ana, ben)
	// In the room, what the sender had seen, what it knew of the directory, the
	// sealed part, and near the end of it.
	for i, at := range []int{10, 40, 80, -300, -30} {
		var once sync.Once
		e.does(onRows(ben, den, func(row wire.Row) []wire.Row {
			once.Do(func() {
				// The fields are as long as the first four bytes say.
				n := int(row.Envelope[2])<<8 | int(row.Envelope[3])
				row.Envelope[4+(at+n)%n] ^= 4
			})
			return []wire.Row{row}
		}))
		before := ben.lastRow(den)
		ana.sayIn(den, "changed "+strconv.Itoa(i))
		ben.takes(den, before)
	}
	e.does(nil)
	ana.sayIn(den, "whole")
	ben.until("Ben reads on", func() bool { return strings.Contains(ben.textsIn(den), "Ana: whole") })
	if got := ben.textsIn(den); strings.Contains(got, "changed") || strings.Count(got, "broken") != 5 {
		t.Errorf("Ben sees %s", got)
	}
}

// Property 10: who was removed reads nothing more, even if the host delivers all.
func TestProperty10RemovedMeansOutWithTheHostsHelp(t *testing.T) {
	e := newEvilHost(t)
	ana, ben := e.person("Ana"), e.person("Ben")
	den := e.den(ana, ben)
	all := e.records()
	if err := ana.RemoveFromRoom(t.Context(), den, ben.Me().Account); err != nil {
		t.Fatal(err)
	}
	ana.sayIn(den, "without Ben")
	ana.hearsIn(den, "Ana: one | Ben: two | Ana: without Ben")
	for _, row := range rowsIn(all(), den, 0) {
		e.sends(ben, &wire.Deliver{Room: den, Row: row})
	}
	ben.until("Ben is out", func() bool {
		r, err := ben.Room(context.Background(), den)
		return err == nil && r.State != client.RoomJoined
	})
	e.again(ben)
	if got := ben.textsIn(den); strings.Contains(got, "without") {
		t.Errorf("Ben sees %s", got)
	}
}

// Property 11: a row that the host shows again counts once, after a restart too.
func TestProperty11ReplayedRowCountsOnce(t *testing.T) {
	e := newEvilHost(t)
	all := e.records()
	ana, ben := e.person("Ana"), e.person("Ben")
	den := e.den(ana, ben)
	rows := rowsIn(all(), den, wire.KindSealed)
	if len(rows) == 0 {
		t.Fatal("no row came by")
	}
	for m, by := range map[*member]*member{ana: ben, ben: ana} {
		for range 2 {
			e.gap(by)
			at := m.lastRow(den)
			e.sends(m, again(m, den, rows[0]))
			m.takes(den, at)
			if got := m.textsIn(den); strings.Count(got, "one") != 1 || m.warnings(den) == 0 {
				t.Errorf("%s, warnings %b", got, m.warnings(den))
			}
		}
	}
	ben.reopen()
	if got := ben.textsIn(den); strings.Count(got, "one") != 1 {
		t.Errorf("after a restart %s", got)
	}
}

// Property 12: what the host holds back or puts in another order is shown.
func TestProperty12GapsAreShown(t *testing.T) {
	t.Run("a row is held back", func(t *testing.T) {
		e := newEvilHost(t)
		ana, ben := e.person("Ana"), e.person("Ben")
		den := e.den(ana, ben)
		dropped := false
		e.does(onRows(ben, den, func(row wire.Row) []wire.Row {
			if env := must(wire.ParseEnvelope(row.Envelope)); env.Device == ana.Me().Device && !dropped {
				dropped = true
				return nil
			}
			return []wire.Row{row}
		}))
		ana.sayIn(den, "lost")
		ana.hearsIn(den, "Ana: one | Ben: two | Ana: lost")
		ana.sayIn(den, "next")
		ben.until("Ben is warned", func() bool {
			return strings.Contains(ben.textsIn(den), "Ana: next") && ben.warnings(den)&client.CounterGap != 0
		})
	})
	t.Run("two rows change places", func(t *testing.T) {
		e := newEvilHost(t)
		ana, ben := e.person("Ana"), e.person("Ben")
		den := e.den(ana, ben)
		var held *wire.Row
		e.does(onRows(ben, den, func(row wire.Row) []wire.Row {
			if env := must(wire.ParseEnvelope(row.Envelope)); env.Device != ana.Me().Device || held != nil && held.Seq == 0 {
				return []wire.Row{row}
			}
			if held == nil {
				held = &wire.Row{Seq: row.Seq, Received: row.Received, Envelope: bytes.Clone(row.Envelope)}
				return nil
			}
			first, second := row, *held
			first.Seq, second.Seq = held.Seq, row.Seq
			held.Seq = 0
			return []wire.Row{first, second}
		}))
		ana.sayIn(den, "first")
		ana.hearsIn(den, "Ana: one | Ben: two | Ana: first")
		ana.sayIn(den, "second")
		ben.until("Ben is warned", func() bool { return ben.warnings(den)&(client.CounterGap|client.OtherHistory) != 0 })
		if got := ben.textsIn(den); strings.Count(got, "first") > 1 || strings.Count(got, "second") > 1 {
			t.Errorf("Ben sees %s", got)
		}
	})
}

// Property 14: members who were shown different histories notice with the first
// message that one has from the other, in sealed rooms too; and who was kept from
// a commit does not go on without it.
func TestProperty14ForkIsShown(t *testing.T) {
	t.Run("messages", func(t *testing.T) {
		e := newEvilHost(t)
		ana, ben, cat := e.person("Ana"), e.person("Ben"), e.person("Cat")
		den := e.den(ana, ben)
		if err := ana.InviteToRoom(t.Context(), den, cat.Me().Account); err != nil {
			t.Fatal(err)
		}
		cat.is(den, client.RoomJoined)
		cat.until("healed", func() bool {
			r, err := cat.db.Room(context.Background(), den)
			return err == nil && r.Healed > 0
		})
		cat.sayIn(den, "hi")
		ben.until("Ben hears Cat", func() bool { return strings.Contains(ben.textsIn(den), "Cat: hi") })
		// Cat's message does not reach Ben; then Ana's, which came after it, does.
		e.does(onRows(ben, den, func(row wire.Row) []wire.Row {
			if env := must(wire.ParseEnvelope(row.Envelope)); env.Device == cat.Me().Device {
				return nil
			}
			return []wire.Row{row}
		}))
		cat.sayIn(den, "hidden")
		ana.until("Ana has it", func() bool { return strings.Contains(ana.textsIn(den), "Cat: hidden") })
		if ben.warnings(den) != 0 {
			t.Fatalf("warnings %b", ben.warnings(den))
		}
		ana.sayIn(den, "Cat, really?")
		ben.until("Ben is warned", func() bool { return ben.warnings(den)&client.OtherHistory != 0 })
		ben.sayIn(den, "what did she say?")
		ana.until("Ana is warned", func() bool { return ana.warnings(den)&client.OtherHistory != 0 })
	})
	t.Run("a commit", func(t *testing.T) {
		e := newEvilHost(t)
		ana, ben, cat := e.person("Ana"), e.person("Ben"), e.person("Cat")
		den := e.den(ana, ben)
		e.does(onRows(ben, den, func(row wire.Row) []wire.Row {
			if env := must(wire.ParseEnvelope(row.Envelope)); env.Body == wire.KindCommit {
				return nil
			}
			return []wire.Row{row}
		}))
		if err := ana.InviteToRoom(t.Context(), den, cat.Me().Account); err != nil {
			t.Fatal(err)
		}
		cat.is(den, client.RoomJoined)
		ana.sayIn(den, "for three")
		ben.until("Ben knows that something is missing", func() bool { return ben.warnings(den) != 0 })
		if got := ben.textsIn(den); strings.Contains(got, "for three") {
			t.Errorf("Ben sees %s", got)
		}
	})
}

// Property 15: members who were shown different directories notice with the first
// message.
func TestProperty15SplitDirectoryIsShown(t *testing.T) {
	e := newEvilHost(t)
	ana, ben := e.person("Ana"), e.person("Ben")
	den := e.den(ana, ben)
	e.does(onRows(ben, chat.Directory, func(row wire.Row) []wire.Row {
		hash := make([]byte, 32)
		rand.Read(hash)
		return []wire.Row{{Seq: row.Seq, Received: row.Received, Hash: hash}}
	}))
	at := ana.lastRow(chat.Directory)
	e.person("Cat")
	ana.takes(chat.Directory, at)
	ana.sayIn(den, "three")
	ben.until("Ben is warned", func() bool { return ben.warnings(den)&client.OtherPeople != 0 })
}

// Property 16: nothing makes a sealed room an open one: a text that is signed and
// not sealed is none, even by its true sender.
func TestProperty16NoOpenTextInASealedRoom(t *testing.T) {
	e := newEvilHost(t)
	ana, ben := e.person("Ana"), e.person("Ben")
	den := e.den(ana, ben)
	keys := must(ana.db.Place(t.Context())).Keys
	envelope := must(identity.NewPrivateKey(keys.Envelope[:]))
	pub := e.cfg.Key.Public().Array()
	text := wire.EncodeBody(&wire.Text{Text: "in the open"})
	for name, env := range map[string]wire.Envelope{
		"signed":                     {Time: 1, Body: wire.KindText, Data: text},
		"in the form of sealed rows": {Body: wire.KindText, Data: text},
		"as what is sealed":          {Body: wire.KindSealed, Data: text},
	} {
		env.Room, env.ID, env.Device, env.Counter = den, chat.NewMessageID(), ana.Me().Device, 50
		raw := must(env.Seal())
		row := wire.Row{Seq: 0, Received: 1, Envelope: raw}
		if env.Time != 0 {
			row.Signature = envelope.Sign(wire.LabelOpenEnvelope, pub[:], raw)
		}
		e.gap(ana)
		at := ben.lastRow(den)
		row.Seq = ben.free()
		e.sends(ben, &wire.Deliver{Room: den, Row: row})
		ben.takes(den, at)
		if got := ben.textsIn(den); strings.Contains(got, "open") {
			t.Errorf("%s: Ben sees %s", name, got)
		}
		if must(ben.db.Message(t.Context(), row.Seq)).Flags == 0 {
			t.Errorf("%s: Ben was not warned", name)
		}
	}
}

// Property 21: nothing that is sealed or sent is compressed, so that no secret
// can be guessed by lengths.
func TestProperty21NothingIsCompressed(t *testing.T) {
	root := os.DirFS("../..")
	files := 0
	for _, dir := range []string{
		"net/wire", "net/link", "net/host", "net/client", "net/transfer", "net/presence",
		"crypto/channel", "crypto/mls", "crypto/group", "crypto/mail", "crypto/verify", "crypto/recovery", "crypto/stream", "crypto/identity",
	} {
		err := fs.WalkDir(root, dir, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return err
			}
			src, err := fs.ReadFile(root, name)
			if err != nil {
				return err
			}
			f, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ImportsOnly)
			if err != nil {
				return err
			}
			files++
			for _, spec := range f.Imports {
				if strings.Contains(spec.Path.Value, "compress") || strings.Contains(spec.Path.Value, "archive") {
					t.Errorf("%s imports %s", name, spec.Path.Value)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 50 {
		t.Errorf("only %d files were read", files)
	}
}

// Property 22: the host learns sizes in classes only, and nothing about the kind
// of what is sealed: receipts look as texts do, and who writes is a signal that looks
// as the one that they stopped, which is sent to nobody who was not told before.
func TestProperty22SizesAreClasses(t *testing.T) {
	e := newEvilHost(t)
	ana, ben := e.person("Ana"), e.person("Ben")
	den := e.den(ana, ben)
	all := e.records()
	texts := []string{"a", "ab", strings.Repeat("x", 20), strings.Repeat("y", 700), strings.Repeat("z", 701)}
	want := "Ana: one | Ben: two"
	for _, text := range texts {
		ana.sayIn(den, text)
		want += " | Ana: " + text
		ben.hearsIn(den, want)
	}
	ana.until("Ben's device says that it has them", func() bool { return ana.stateOf(den, texts[4]) == client.OnDevice })
	ana.StopTyping(den)
	ana.Typing(den)
	ben.until("Ana writes", func() bool { return slices.Contains(ben.TypingIn(den), ana.Me().Account) })
	ana.StopTyping(den)
	ben.until("Ana stopped", func() bool { return len(ben.TypingIn(den)) == 0 })
	sizes := make(map[uint64]int)
	receipts := 0
	for _, row := range rowsIn(all(), den, wire.KindSealed) {
		n := len(row.Envelope)
		if n < 256 || n&(n-1) != 0 || len(row.Signature) != 0 {
			t.Errorf("a row of %d bytes", n)
		}
		env := must(wire.ParseEnvelope(row.Envelope))
		if env.Time != 0 || env.Text != "" {
			t.Error("a row says more than it must")
		}
		if env.Device == ana.Me().Device {
			sizes[env.Counter] = n
		} else if receipts++; n != 512 {
			t.Errorf("a receipt of %d bytes", n)
		}
	}
	if receipts == 0 {
		t.Error("no receipt came by")
	}
	kinds := make(map[int]int)
	for _, n := range sizes {
		kinds[n]++
	}
	if len(kinds) != 2 {
		t.Errorf("texts of five lengths have %d sizes: %v", len(kinds), kinds)
	}
	signals := 0
	for _, p := range all() {
		switch m := p.m.(type) {
		case *wire.Signal:
			if len(m.Data) != 256 {
				t.Errorf("a signal of %d bytes", len(m.Data))
			}
			if p.up {
				signals++
			}
		case *wire.Typing:
			t.Error("the host is told in clear who writes")
		}
	}
	if signals != 2 {
		t.Errorf("%d signals went up, want the one that Ana writes and the one that she stopped", signals)
	}
}

// stateOf is how far an own text of a room has come.
func (m *member) stateOf(room chat.RoomID, text string) client.Delivery {
	m.t.Helper()
	for _, msg := range must(m.Before(context.Background(), room, 0, 100)).Messages {
		if msg.Text == text {
			return msg.State
		}
	}
	return client.Waiting
}

// buffer is a log that can be read while it is written.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) contains(s string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return bytes.Contains(b.b.Bytes(), []byte(s))
}

// FEATURES Z1. Property 23: what is said in a sealed room, its name and its topic
// are in no message to the host, and what is said anywhere is in no log.
func TestProperty23HostSeesNoContent(t *testing.T) {
	log := new(buffer)
	e := newEvilHost(t, func(p *place) {
		p.log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	all := e.records()
	ana, ben := e.person("Ana"), e.person("Ben")
	den := must(ana.CreateRoom(t.Context(), chat.RoomSealed, "CANARYname", "CANARYtopic"))
	if err := ana.InviteToRoom(t.Context(), den, ben.Me().Account); err != nil {
		t.Fatal(err)
	}
	ben.is(den, client.RoomJoined)
	ana.sayIn(den, "CANARYtext")
	ben.hearsIn(den, "Ana: CANARYtext")
	direct := must(ben.Direct(t.Context(), ana.Me().Account))
	ben.sayIn(direct, "CANARYdirect")
	ana.until("Ana hears it", func() bool { return strings.Contains(ana.textsIn(direct), "CANARYdirect") })
	ana.say("CANARYlobby")
	ben.until("Ben hears it", func() bool { return strings.Contains(ben.texts(), "CANARYlobby") })
	found := make(map[string]bool)
	for _, p := range all() {
		b := wire.Append(nil, p.m)
		for _, canary := range []string{"CANARYname", "CANARYtopic", "CANARYtext", "CANARYdirect", "CANARYlobby"} {
			if bytes.Contains(b, []byte(canary)) {
				found[canary] = true
			}
		}
	}
	if len(found) != 1 || !found["CANARYlobby"] {
		t.Errorf("the host was shown %v, want the Lobby only", found)
	}
	if log.contains("CANARY") {
		t.Error("the host's log says what was said")
	}
	if !log.contains("level=INFO") {
		t.Error("the log is empty: nothing was shown")
	}
}
