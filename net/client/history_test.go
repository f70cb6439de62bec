package client_test

import (
	"context"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
	"github.com/snugchat/snug/storage/hostdb"
)

// shows is what a person reads in a room: every line as it is now, without what only
// the device knows.
func (m *member) shows(room chat.RoomID) []client.Message {
	m.t.Helper()
	var all []client.Message
	before := uint64(0)
	for {
		p, err := m.Before(context.Background(), room, before, 500)
		if err != nil {
			return nil
		}
		all = append(p.Messages, all...)
		if !p.Older {
			break
		}
		before = p.Messages[0].Seq
	}
	return all
}

// same reports where two devices show a room differently, "" if they do not.
func same(a, b *member, room chat.RoomID) string {
	x, y := a.shows(room), b.shows(room)
	if len(x) != len(y) {
		return fmt.Sprintf("%d and %d lines", len(x), len(y))
	}
	for i := range x {
		p, q := x[i], y[i]
		p.State, q.State = 0, 0 // the new device does not know how far others were
		if p.Kind == client.LineRoom && q.Kind == client.LineRoom && reflect.DeepEqual(q.Change.Devices, []chat.AccountID{p.Account}) {
			continue // each device reads its own coming in its own way
		}
		if fmt.Sprintf("%+v", plain(p)) != fmt.Sprintf("%+v", plain(q)) {
			return fmt.Sprintf("line %d:\n%+v\n%+v", i, plain(p), plain(q))
		}
	}
	return ""
}

// plain is a line with its pointers followed.
func plain(m client.Message) any {
	var file client.File
	var quote client.Quote
	var change client.RoomChange
	if m.File != nil {
		file = *m.File
	}
	if m.Reply != nil {
		quote = *m.Reply
	}
	if m.Change != nil {
		change = *m.Change
	}
	return []any{
		m.Seq, m.ID, m.Kind, m.Account, m.Name, m.Device, m.Own, m.Sent, m.Received, m.Text, file, m.Warnings, quote,
		m.Reactions, m.Edited, m.Pinned, m.By, m.Mentions, m.Everyone, m.ForMe, change,
	}
}

// caughtUp waits until a new device shows rooms as the other one does.
func (m *member) caughtUp(old *member, rooms ...chat.RoomID) {
	m.t.Helper()
	for _, room := range rooms {
		why := ""
		m.untilOr("the new device has the history", func() bool { why = same(old, m, room); return why == "" }, func() string { return why })
	}
}

// TestH3History is row H3 of the features: a new device shows everything that the
// person could read on the other, in its order, under its authors, and as read.
func TestH3History(t *testing.T) {
	p := newPlace(t)
	ana, ben, cat := p.join("Ana"), p.join("Ben"), p.join("Cat")
	ben.until("others can add Ben", ben.Stocked)
	cat.until("others can add Cat", cat.Stocked)
	den := must(ana.CreateRoom(t.Context(), chat.RoomSealed, "Den", "About bears"))
	ok(t, ana.InviteToRoom(t.Context(), den, ben.Me().Account, cat.Me().Account))
	ben.is(den, client.RoomJoined)
	cat.is(den, client.RoomJoined)
	ana.sayIn(den, "the first otter")
	ben.hearsIn(den, "Ana: the first otter")
	ben.sayIn(den, "a badger")
	cat.hearsIn(den, "Ana: the first otter | Ben: a badger")
	first, badger := ana.idOf(den, "the first otter"), ana.idOf(den, "a badger")
	_, err := cat.Post(t.Context(), den, client.Words{Text: "which badger, Ana?", Reply: badger, Mentions: []chat.AccountID{ana.Me().Account}})
	ok(t, err)
	ok(t, ben.React(t.Context(), den, first, "\U0001f9a6", true))
	ok(t, ana.EditMessage(t.Context(), den, first, client.Words{Text: "the first marmot"}))
	ana.until("Cat's question is before what follows", func() bool { return strings.Contains(ana.textsIn(den), "which badger") })
	ana.sayIn(den, "to be deleted")
	ok(t, ana.PinMessage(t.Context(), den, first, true))
	ok(t, ana.DeleteForAll(t.Context(), den, ana.idOf(den, "to be deleted"), false))
	ana.until("all is settled", func() bool {
		got := ana.shows(den)
		return len(got) > 4 && got[len(got)-1].Kind == client.LineDeleted && strings.Contains(ana.textsIn(den), "which badger") && !strings.Contains(ana.textsIn(den), "(")
	})
	direct := must(ben.Direct(t.Context(), ana.Me().Account))
	ben.sayIn(direct, "between us")
	ana.hearsIn(direct, "Ben: between us")
	ok(t, ana.AcceptRoom(t.Context(), direct))
	left := must(ben.CreateRoom(t.Context(), chat.RoomSealed, "Old", ""))
	ok(t, ben.InviteToRoom(t.Context(), left, ana.Me().Account))
	ana.is(left, client.RoomJoined)
	ben.sayIn(left, "long ago")
	ana.hearsIn(left, "Ben: long ago")
	ok(t, ana.LeaveRoom(t.Context(), left))
	ana.is(left, client.RoomLeft)

	second := ana.addDevice()
	second.is(den, client.RoomJoined)
	second.is(direct, client.RoomJoined)
	second.caughtUp(ana, den, direct)
	second.is(left, client.RoomLeft)
	second.untilOr("the room that was left can be read", func() bool { return strings.Contains(second.textsIn(left), "Ben: long ago") }, func() string { return second.textsIn(left) })
	for _, r := range must(second.Rooms(t.Context())) {
		if r.Unread > 0 || r.Mentions > 0 {
			t.Errorf("%s: %d messages of the past are shown as new, %d for this person", r.Name, r.Unread, r.Mentions)
		}
	}
	for query, want := range map[string]int{"marmot": 1, "otter": 0, "badger": 2, "deleted": 0, "from:Ben between": 1} {
		if f := must(second.Search(t.Context(), query, chat.RoomID{}, 0, 10)); len(f.Messages) != want {
			t.Errorf("search for %q finds %d, want %d", query, len(f.Messages), want)
		}
	}
	if h := second.History(); h.Have == 0 || h.Have != h.All {
		t.Errorf("at the end the copying stands at %+v", h)
	}
	if got := ana.changesIn(den); !strings.HasSuffix(got, "Ana: device Ana") {
		t.Errorf("Ana reads %q", got)
	}
	// What is said of old messages from now on counts on both.
	ok(t, ben.DeleteForAll(t.Context(), den, badger, false))
	ok(t, second.React(t.Context(), den, first, "\U0001f43b", true))
	second.sayIn(den, "from the second")
	ben.until("Ben hears the second", func() bool { return strings.HasSuffix(ben.textsIn(den), "Ana: from the second") })
	ana.until("Ana hears herself", func() bool { return strings.HasSuffix(ana.textsIn(den), "Ana: from the second") })
	second.until("the second has its own", func() bool { return strings.HasSuffix(second.textsIn(den), "Ana: from the second") })
	second.caughtUp(ana, den)

	t.Run("the old device is off, and a third gets all by the first later", func(t *testing.T) {
		second.stop()
		third := ana.addDevice()
		third.is(den, client.RoomJoined)
		third.caughtUp(ana, den, direct)
		second.open()
		third.sayIn(den, "from the third")
		second.until("the second hears it", func() bool { return strings.HasSuffix(second.textsIn(den), "Ana: from the third") })
		second.caughtUp(ana, den, direct)
	})
}

// idOf returns the id of the message with a text.
func (m *member) idOf(room chat.RoomID, text string) (id chat.MessageID) {
	m.t.Helper()
	m.until("the message "+text, func() bool {
		for _, msg := range m.shows(room) {
			if msg.Text == text && msg.Seq > 0 {
				id = msg.ID
				return true
			}
		}
		return false
	})
	return id
}

// past writes so many messages of this person into the store of a device, as history
// that it had before.
func (m *member) past(room chat.RoomID, n int) {
	m.t.Helper()
	ctx := context.Background()
	r := must(m.db.Room(ctx, room))
	me := m.Me()
	ok(m.t, m.db.Step(ctx, clientdb.Step{Room: room, Past: r.Cursor + 1<<31}))
	const batch = 1000
	for from := 0; from < n; from += batch {
		part := clientdb.PastPart{Room: room, Before: 0, About: func(*clientdb.Message) {}}
		for i := from; i < min(from+batch, n); i++ {
			text := fmt.Sprintf("message %d of the past, about otter-%d and badgers", i, i%1000)
			part.Rows = append(part.Rows, clientdb.Message{
				Seq: 1<<20 + uint64(i), Room: room, Line: room, ID: chat.NewMessageID(), Account: me.Account, Device: me.Device, Counter: 1<<40 + uint64(i),
				Sent: int64(i + 1), Received: int64(i + 1), Kind: uint16(wire.KindText), Body: wire.EncodeBody(&wire.Text{Text: text}),
				Words: &clientdb.Words{Text: text},
			})
		}
		if _, err := m.db.AddPast(ctx, part); err != nil {
			m.t.Fatal(err)
		}
	}
}

// withPast returns a place, its first member, and a private room with so many messages
// of the past and one of now. Rows of now have numbers above 2^32.
func withPast(t testing.TB, n int) (*place, *member, chat.RoomID) {
	t.Helper()
	p := newPlace(t)
	ana := p.join("Ana")
	den := must(ana.CreateRoom(context.Background(), chat.RoomSealed, "Den", ""))
	ana.stop()
	p.stop()
	db := must(hostdb.Open(context.Background(), filepath.Join(p.dir, "host.db"), [32]byte{1}, p.log))
	ok(t, db.NewLineage(context.Background()))
	ok(t, db.Close())
	p.start()
	ana.open()
	ana.past(den, n)
	ana.sayIn(den, "now")
	ana.until("it is there", func() bool { return strings.HasSuffix(ana.textsIn(den), "Ana: now") })
	return p, ana, den
}

// A long history comes in many parts, goes on after the new device was killed in the
// middle, with the old one away for a while, and misses or doubles nothing.
func TestH3HistoryGoesOn(t *testing.T) {
	n := 8_000
	if raced {
		n = 2_500
	}
	_, ana, den := withPast(t, n)
	second := ana.addDevice()
	count := func() int64 { return must(second.db.CountLines(t.Context(), den, 1<<32)) }
	want := must(ana.db.CountLines(t.Context(), den, 1<<32))
	for range 3 { // killed in the middle, as far as it got
		had := count()
		second.until("some of it comes", func() bool { return count() > had || count() == want })
		second.reopen()
	}
	ana.reopen()
	second.untilOr("all is here", func() bool { return count() == want }, func() string { return fmt.Sprintf("%d of %d", count(), want) })
	second.caughtUp(ana, den)
	second.until("nothing is missing", func() bool { return len(must(second.db.Pasts(t.Context()))) == 0 })
}

// What a device of somebody else, or one that was asked nothing, says of the past
// counts for nothing; and rows of an answer are checked.
func TestHistoryIsChecked(t *testing.T) {
	me, other := chat.AccountID{1}, chat.AccountID{2}
	mine, theirs := chat.DeviceID{1}, chat.DeviceID{2}
	room := chat.RoomID{9}
	row := func(change func(*wire.PastRow)) wire.PastRow {
		r := wire.PastRow{Seq: 50, ID: chat.MessageID{5}, Device: theirs, Counter: 1, Body: wire.KindText, Data: wire.EncodeBody(&wire.Text{Text: "hello"})}
		change(&r)
		return r
	}
	for what, c := range map[string]struct {
		change func(*wire.PastRow)
		want   string
	}{
		"as it was":                  {func(*wire.PastRow) {}, "50 of 02 kind 1 flags 0 line"},
		"of a time of one's own":     {func(r *wire.PastRow) { r.Seq = 100 }, ""},
		"not asked for":              {func(r *wire.PastRow) { r.Seq = 90 }, ""},
		"before where it ends":       {func(r *wire.PastRow) { r.Seq = 39 }, ""},
		"of an unknown device":       {func(r *wire.PastRow) { r.Device = chat.DeviceID{3} }, "50 of 00 kind 1 flags 4 line"},
		"before its device came":     {func(r *wire.PastRow) { r.Device = mine }, "50 of 01 kind 1 flags 8 line"},
		"that cannot be read":        {func(r *wire.PastRow) { r.Data = []byte{1} }, "50 of 02 kind 0 flags 1 line"},
		"an entry of the directory":  {func(r *wire.PastRow) { r.Body = wire.KindRevoke }, "50 of 02 kind 0 flags 1 line"},
		"flags that are not its own": {func(r *wire.PastRow) { r.Flags = 1<<30 | uint32(clientdb.IdentityNew) }, "50 of 02 kind 1 flags 0 line"},
		"a reaction": {func(r *wire.PastRow) {
			r.About, r.Body, r.Seq = true, wire.KindReaction, 95
			r.Data = wire.EncodeBody(&wire.Reaction{Target: chat.MessageID{5}, Emoji: "\U0001f43b"})
		}, "95 of 02 kind 3 flags 0"},
		"said of nothing": {func(r *wire.PastRow) { r.About = true }, ""},
	} {
		got := client.PastRows(&wire.PastPart{Room: room, Next: 40, Rows: []wire.PastRow{row(c.change)}}, clientdb.Past{Room: room, Before: 80, Until: 100},
			me, map[chat.DeviceID]clientdb.Device{mine: {ID: mine, Account: me, Seq: 60}, theirs: {ID: theirs, Account: other, Seq: 3}})
		s := ""
		for _, m := range got {
			s += fmt.Sprintf("%d of %02x kind %d flags %d", m.Seq, m.Account[0], m.Kind, m.Flags)
			if m.Account.IsZero() != m.Device.IsZero() || m.Room != room {
				t.Errorf("%s: of device %v of account %v", what, m.Device, m.Account)
			}
			if m.Line == room {
				s += " line"
			}
		}
		if s != c.want {
			t.Errorf("%s: got %q, want %q", what, s, c.want)
		}
	}
}

// BenchmarkHistory copies the history of a room to a new device, all of it: FEATURES H3
// wants 100,000 messages in a minute.
func BenchmarkHistory(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprintf("messages=%d", n), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				p, ana, den := withPast(b, n)
				second := ana.addDevice()
				b.StartTimer()
				began := time.Now()
				ctx, cancel := context.WithTimeout(b.Context(), 5*time.Minute)
				for must(second.db.CountLines(ctx, den, 1<<31)) < int64(n) {
					_, _ = second.sub.Next(ctx)
				}
				cancel()
				b.ReportMetric(time.Since(began).Seconds(), "s")
				b.StopTimer()
				second.stop()
				ana.stop()
				p.stop()
				b.StartTimer()
			}
		})
	}
}

// FEATURES C6: a new device knows whom the person has verified and whom they doubt,
// also if there is no history to be copied; what it finds out itself counts more.
func TestVerifiedOnNewDevice(t *testing.T) {
	p := newPlace(t)
	ana, ben, cat := p.join("Ana"), p.join("Ben"), p.join("Cat")
	ctx := t.Context()
	for _, m := range []*member{ben, cat} {
		ana.until("Ana knows them", func() bool { x, _ := ana.Person(m.Me().Account); return x.Pinned })
	}
	ok(t, ana.ConfirmNumber(ctx, ben.Me().Account, must(ana.SafetyNumber(ben.Me().Account))))
	catKey := must(ana.db.Account(ctx, cat.Me().Account)).Identity
	ok(t, ana.db.SetDoubt(ctx, cat.Me().Account, catKey, client.NoMatch, 1))
	second := ana.addDevice()
	second.trusts(ben, client.ByNumber, 0)
	second.trusts(cat, 0, client.NoMatch)
	ok(t, second.WriteAnyway(ctx, cat.Me().Account))
	second.reopen()
	second.trusts(ben, client.ByNumber, 0)
	second.trusts(cat, 0, 0)
}
