package host_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/hostdb"
)

// rolledBack is a place that went back to a backup: rows that it lost since.
type rolledBack struct {
	*place
	olga *inRoom // made the room
	ana  *client
	lost []wire.Row // of the Lobby, by Ana, oldest first
	room []wire.Row // of the room, by Olga
}

// goBack lets Ana write into the Lobby and Olga into a sealed room that Ana is not in,
// and takes that away from the host.
func goBack(t *testing.T, wait time.Duration, edit ...func(*host.Limits)) *rolledBack {
	t.Helper()
	p := newPlace(t, chat.JoinOpen, fast, func(p *place) {
		p.cfg.Limits.ReturnTime = wait
		for _, f := range edit {
			f(&p.cfg.Limits)
		}
	})
	olga, ana := p.owner(), p.newcomer("Ana", host.Command{Role: chat.Member, Uses: 1})
	r := &rolledBack{place: p, olga: olga.create(chat.RoomSealed, chat.RoomID{1, 2, 3}), ana: ana}
	ana.post(ana.text("kept"))
	r.olga.say()
	backup := filepath.Join(p.dir, "backup.db")
	must(p.db.Backup(t.Context(), backup))
	for _, s := range []string{"one", "two", "three"} {
		ana.post(ana.text(s))
		r.olga.say()
	}
	rows := ana.live(chat.Lobby)
	r.lost = rows[len(rows)-3:]
	rows = olga.live(r.olga.room)
	r.room = rows[len(rows)-3:]
	p.stop()
	path := filepath.Join(p.dir, "host.db")
	for _, end := range []string{"-wal", "-shm"} {
		_ = os.Remove(path + end)
	}
	if err := os.Rename(backup, path); err != nil {
		t.Fatal(err)
	}
	db := must(hostdb.Open(t.Context(), path, [32]byte{1}, p.log))
	if err := errors.Join(db.NewLineage(t.Context()), db.Close()); err != nil {
		t.Fatal(err)
	}
	p.start()
	return r
}

// giveBack gives rows of a room back, and returns the answer.
func (c *client) giveBack(room chat.RoomID, rows ...wire.Row) *wire.Reoffered {
	c.t.Helper()
	c.send(&wire.Reoffer{Room: room, Cursor: 1 << 40, Rows: rows})
	return expect[*wire.Reoffered](c)
}

// P-rows: what a host takes back is what it had, at its place; everything else it
// leaves, and what comes behind it.
func TestGivenBackRowsAreChecked(t *testing.T) {
	r := goBack(t, time.Minute)
	olga, ana := r.back(r.olga.who), r.back(r.ana.who)
	forged := func(change func(env *wire.Envelope), row wire.Row, by identity.PrivateKey, sign bool) wire.Row {
		env := must(wire.ParseEnvelope(row.Envelope))
		change(env)
		row.Envelope = must(env.Seal())
		if sign {
			row.Signature = by.Sign(wire.LabelOpenEnvelope, ana.key[:], row.Envelope)
		}
		return row
	}
	nothing := func(*wire.Envelope) {}
	head := olga.giveBack(chat.Lobby).After
	for what, row := range map[string]wire.Row{
		"another's name under own words": forged(nothing, r.lost[0], olga.who.envelope, true),
		"a changed text": forged(func(env *wire.Envelope) {
			env.Data = wire.EncodeBody(&wire.Text{Text: "never said"})
		}, r.lost[0], olga.who.envelope, false),
		"a counter that is not the next":    forged(func(env *wire.Envelope) { env.Counter += 3 }, r.lost[0], ana.who.envelope, true),
		"a row of another room":             forged(func(env *wire.Envelope) { env.Room = chat.RoomID{9} }, r.lost[0], ana.who.envelope, true),
		"a row that was seen before it was": forged(func(env *wire.Envelope) { env.Seen.Seq = 1 << 30 }, r.lost[0], ana.who.envelope, true),
		"of a device that nobody knows":     forged(func(env *wire.Envelope) { env.Device[0] ^= 1 }, r.lost[0], ana.who.envelope, true),
		"before what was lost":              {Seq: head, Received: 1, Envelope: r.lost[0].Envelope, Signature: r.lost[0].Signature},
		"after what was lost":               {Seq: 1 << 40, Received: 1, Envelope: r.lost[0].Envelope, Signature: r.lost[0].Signature},
		"one that leaves others out":        r.lost[1],
		"a tombstone":                       {Seq: r.lost[0].Seq, Received: 1, Hash: make([]byte, 32)},
	} {
		if got := olga.giveBack(chat.Lobby, row); got.After != head || !got.Open {
			t.Errorf("%s: it was taken: %+v", what, got)
		}
	}
	// A sealed room: who is not in it gives nothing, and cannot ask.
	ana.send(&wire.Reoffer{Room: r.olga.room, Cursor: 1 << 40, Rows: r.room})
	expectCode(ana, wire.CodeNoRoom)
	junk := forged(func(env *wire.Envelope) { env.Device, env.Counter = ana.who.device(), 1 }, r.room[0], ana.who.envelope, false)
	if before, got := olga.giveBack(r.olga.room), olga.giveBack(r.olga.room, junk); got.After != before.After {
		t.Errorf("a row of somebody who was never in the room was taken: %+v", got)
	}
	// What was said comes back from anybody, also twice and in parts, and once.
	if got := olga.giveBack(chat.Lobby, r.lost[:2]...); got.After != r.lost[1].Seq || !got.Open {
		t.Errorf("two rows given back: %+v, want %d", got, r.lost[1].Seq)
	}
	ana = r.back(r.ana.who)
	if got := ana.giveBack(chat.Lobby, r.lost...); got.After != r.lost[2].Seq || !got.Open {
		t.Errorf("all rows given back: %+v, want %d", got, r.lost[2].Seq)
	}
	rows := ana.live(chat.Lobby)
	if len(rows) != 4 {
		t.Fatalf("the Lobby has %d rows, want 4", len(rows))
	}
	for i, want := range r.lost {
		if got := rows[i+1]; got.Seq != want.Seq || string(got.Envelope) != string(want.Envelope) || got.Received != want.Received {
			t.Errorf("row %d is %d, %q; want %d", i, got.Seq, textOf(got), want.Seq)
		}
	}
	if got := olga.giveBack(r.olga.room, r.room...); got.After != r.room[2].Seq {
		t.Errorf("the room's rows given back: %+v, want %d", got, r.room[2].Seq)
	}
}

// What a device wrote that is signed out by now is not taken, even if it wrote that
// before: who has its keys could have written it today.
func TestSignedOutDevicesRowsAreNotTaken(t *testing.T) {
	r := goBack(t, time.Minute)
	olga, ana := r.back(r.olga.who), r.back(r.ana.who)
	if got := olga.giveBack(chat.Lobby, r.lost[0]); got.After != r.lost[0].Seq {
		t.Fatalf("before the device was signed out: %+v, want %d", got, r.lost[0].Seq)
	}
	ana.send(&wire.SignOut{Ref: 1})
	expect[*wire.Done](ana)
	if got := olga.giveBack(chat.Lobby, r.lost[1:]...); got.After != r.lost[0].Seq || !got.Open {
		t.Errorf("after it was: %+v, want %d as the last row", got, r.lost[0].Seq)
	}
}

// The directory is what people prove to the host, and no room for others to write in:
// nothing of it is taken back, whoever signed it.
func TestDirectoryIsNotGivenBack(t *testing.T) {
	r := goBack(t, time.Minute)
	olga := r.back(r.olga.who)
	rows := olga.live(chat.Directory)
	head := rows[len(rows)-1].Seq
	for counter := range uint64(4) { // whichever is the next one of her device
		env := must(wire.ParseEnvelope(r.lost[0].Envelope))
		env.Room, env.Counter, env.Seen = chat.Directory, counter+1, wire.Head{}
		row := wire.Row{Seq: r.lost[0].Seq, Received: 1, Envelope: must(env.Seal())}
		row.Signature = r.ana.who.envelope.Sign(wire.LabelOpenEnvelope, olga.key[:], row.Envelope)
		if got := olga.giveBack(chat.Directory, row); got.After != head || got.Open {
			t.Errorf("a text was taken into the directory: %+v, want %d as the last row", got, head)
		}
	}
	if got := olga.live(chat.Directory); len(got) != len(rows) {
		t.Errorf("the directory has %d rows, want %d", len(got), len(rows))
	}
}

// A room that was restored waits for what members can give back, until they have all
// said that they have no more, and a new row ends the time for that.
func TestNewRowsWaitForLostOnes(t *testing.T) {
	r := goBack(t, time.Minute)
	ana := r.back(r.ana.who)
	ana.who.counter = 1
	if got := ana.post(ana.text("new")); got.Code != wire.CodeBusy || got.After == 0 {
		t.Fatalf("before anybody said what they have: %+v, want code busy", got)
	}
	olga := r.back(r.olga.who)
	for _, c := range []*client{ana, ana, olga} { // who says it twice is one
		ana.who.counter = 1
		if got := ana.post(ana.text("new")); got.Code != wire.CodeBusy {
			t.Errorf("before all have said what they have: %+v, want code busy", got)
		}
		c.send(&wire.Reoffer{Room: chat.Lobby})
		expect[*wire.Reoffered](c)
	}
	ana.who.counter = 1
	if got := ana.post(ana.text("new")); got.Code != wire.CodeOK || got.Seq <= r.lost[2].Seq {
		t.Fatalf("when all have said that they have nothing: %+v", got)
	}
	if got := olga.giveBack(chat.Lobby, r.lost...); got.Open || got.After <= r.lost[2].Seq {
		t.Errorf("behind a new row lost ones are taken: %+v", got)
	}
	if rows := olga.live(chat.Lobby); len(rows) != 2 {
		t.Errorf("the Lobby has %d rows, want 2", len(rows))
	}
}

// The time to wait is short, whoever does not come back.
func TestNewRowsDoNotWaitForEver(t *testing.T) {
	r := goBack(t, 100*time.Millisecond)
	ana := r.back(r.ana.who)
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		ana.who.counter = 1
		got := ana.post(ana.text("new"))
		if got.Code == wire.CodeOK {
			break
		}
		if got.Code != wire.CodeBusy || time.Now().After(end) {
			t.Fatalf("got %+v", got)
		}
	}
}

// slow is a store that is on disk before it says so.
type slow struct {
	host.Store
	onDisk, goOn chan struct{}
}

func (s *slow) GiveBack(ctx context.Context, room chat.RoomID, rows []*chat.Post, until uint64, committed func([]*chat.Post)) error {
	return s.Store.GiveBack(ctx, room, rows, until, func(taken []*chat.Post) {
		close(s.onDisk)
		<-s.goOn
		committed(taken)
	})
}

// Whoever is told that the host has a row again finds it there at once.
func TestRowsAreFoundOnceTheyAreToldOf(t *testing.T) {
	r := goBack(t, time.Minute)
	s := &slow{onDisk: make(chan struct{}), goOn: make(chan struct{})}
	r.wrap = func(store host.Store) host.Store { s.Store = store; return s }
	r.restart()
	olga, laptop := r.back(r.olga.who), r.second(r.olga.who)
	last := r.room[2].Seq
	olga.send(&wire.Reoffer{Room: r.olga.room, Cursor: last, Rows: r.room})
	<-s.onDisk
	goOn := sync.OnceFunc(func() { close(s.goOn) })
	time.AfterFunc(300*time.Millisecond, goOn)
	defer goOn() // or a test that fails before that would hang
	laptop.send(&wire.Reoffer{Room: r.olga.room, Cursor: last})
	if got := expect[*wire.Reoffered](laptop); got.After != last {
		t.Fatalf("while rows are given back: %+v, want %d", got, last)
	}
	laptop.send(&wire.Fetch{Room: r.olga.room, After: last - 1})
	if got := expect[*wire.Rows](laptop); len(got.Rows) != 1 || got.Rows[0].Seq != last {
		t.Errorf("it got %d rows after %d, want the one", len(got.Rows), last-1)
	}
	if got := expect[*wire.Reoffered](olga); got.After != last {
		t.Errorf("who gave them back: %+v, want %d", got, last)
	}
}

// One device can put back so many rows and no more, however often it comes; another
// one goes on.
func TestOneDeviceGivesBackABoundedNumberOfRows(t *testing.T) {
	r := goBack(t, time.Minute, func(l *host.Limits) { l.GivenBack = 2 })
	ana := r.back(r.ana.who)
	if got := ana.giveBack(chat.Lobby, r.lost...); got.After != r.lost[1].Seq {
		t.Errorf("three rows of two that it may: up to %d, want %d", got.After, r.lost[1].Seq)
	}
	ana = r.back(r.ana.who)
	if got := ana.giveBack(chat.Lobby, r.lost...); got.After != r.lost[1].Seq {
		t.Errorf("after it came again: up to %d, want %d", got.After, r.lost[1].Seq)
	}
	if got := r.back(r.olga.who).giveBack(chat.Lobby, r.lost...); got.After != r.lost[2].Seq {
		t.Errorf("by another one: up to %d, want %d", got.After, r.lost[2].Seq)
	}
}

// Where nothing was lost nothing is taken, and nobody waits.
func TestNothingIsTakenWithoutALoss(t *testing.T) {
	p := newPlace(t, chat.JoinOpen, fast)
	ana := p.owner()
	first := ana.post(ana.text("one"))
	if first.Code != wire.CodeOK {
		t.Fatalf("%+v", first)
	}
	rows := ana.live(chat.Lobby)
	env := must(wire.ParseEnvelope(rows[0].Envelope))
	env.Counter, env.ID = 2, chat.NewMessageID()
	row := wire.Row{Seq: first.Seq + 1, Received: 1, Envelope: must(env.Seal())}
	row.Signature = ana.who.envelope.Sign(wire.LabelOpenEnvelope, ana.key[:], row.Envelope)
	ana.send(&wire.Reoffer{Room: chat.Lobby, Cursor: 1 << 40, Rows: []wire.Row{row}})
	if got := expect[*wire.Reoffered](ana); got.Open || got.From != 0 || got.After != 0 {
		t.Errorf("got %+v, want nothing", got)
	}
	if rows := ana.live(chat.Lobby); len(rows) != 1 {
		t.Errorf("the Lobby has %d rows, want 1", len(rows))
	}
}
