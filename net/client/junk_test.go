package client_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/hostdb"
)

// FEATURES C11: a row that looks like a commit and is none stops nobody, be it of a
// member or of the host: all go on with the epoch that they are in, also who was
// away, and see that there was something that cannot be believed.
func TestJunkCommitStopsNobody(t *testing.T) {
	p := newPlace(t)
	rec := &record{}
	rec.quiet.Store(true)
	p.stop()
	p.store = chronicled(rec)
	p.start()
	ana, ben, cat, zed := p.join("Ana"), p.join("Ben"), p.join("Cat"), p.join("Zed")
	for _, m := range []*member{ben, cat, zed} {
		m.until("key packages are there", m.Stocked)
	}
	den := must(ana.CreateRoom(t.Context(), chat.RoomSealed, "Den", ""))
	ok(t, ana.InviteToRoom(t.Context(), den, ben.Me().Account, cat.Me().Account, zed.Me().Account))
	for _, m := range []*member{ben, cat, zed} {
		m.is(den, client.RoomJoined)
	}
	zed.stop()
	z := newHeckler(p, zed)
	t.Cleanup(z.close)
	cat.stop() // catches up through all of it
	want := ""
	say := func(m *member, text string) {
		t.Helper()
		m.sayIn(den, text)
		if want != "" {
			want += " | "
		}
		want += m.Me().Name + ": " + text
		for _, o := range []*member{ana, ben} {
			o.untilOr("texts "+want, func() bool { return believedTexts(o, den) == want }, func() string { return o.textsIn(den) })
		}
	}
	say(ana, "one")
	for i, data := range [][]byte{
		wire.EncodeBody(&wire.Sealed{Message: []byte("noise")}),
		rec.lastCommit(), // somebody's, once more
	} {
		if !z.post(den, data) {
			t.Fatalf("junk %d was not taken by the host", i)
		}
		say(ben, fmt.Sprint("after junk ", i))
		ok(t, ana.RenameRoom(t.Context(), den, fmt.Sprint("Den ", i), ""))
		ben.until("the name", func() bool { return must(ben.Room(t.Context(), den)).Name == fmt.Sprint("Den ", i) })
	}
	// The host puts one into its store, where every member finds it, in the name of
	// somebody who is not in the room.
	eve := p.join("Eve")
	p.stop()
	db := must(hostdb.Open(t.Context(), filepath.Join(p.dir, "host.db"), [32]byte{1}, p.log))
	env := wire.Envelope{Room: den, ID: chat.NewMessageID(), Device: eve.Me().Device, Counter: 1, Body: wire.KindCommit, Data: rec.lastCommit()}
	done := make(chan error, 1)
	row := &chat.Row{Room: den, Received: 1, Device: env.Device, Counter: 1, ID: env.ID, Envelope: must(env.Seal())}
	ok(t, db.Append(&chat.Post{Row: row, Sealed: true, Seen: 1 << 40, Commit: true}, func(outcome chat.Outcome, _ uint64, err error) {
		if err == nil && outcome != chat.Appended {
			err = fmt.Errorf("outcome %d", outcome)
		}
		done <- err
	}))
	ok(t, <-done)
	ok(t, db.Close())
	p.start()
	ana.Reconnect()
	ben.Reconnect()
	say(ana, "after the host's junk")
	ok(t, ana.RenameRoom(t.Context(), den, "Den of all", ""))
	cat.open()
	cat.untilOr("texts "+want, func() bool { return believedTexts(cat, den) == want }, func() string { return cat.textsIn(den) })
	for _, m := range []*member{ana, ben, cat} {
		m.until("the name", func() bool { return must(m.Room(context.Background(), den)).Name == "Den of all" })
		_, wrong, _ := believed(m, den, 0)
		if len(wrong) != 3 {
			t.Errorf("%s sees %d rows that cannot be believed, want 3: %v", m.Me().Name, len(wrong), wrong)
		}
		if got := m.peopleIn(den); got != "Ana* Ben Cat Zed" {
			t.Errorf("%s sees the people %s", m.Me().Name, got)
		}
	}
}

// believedTexts are the texts of a room without the rows that cannot be believed.
func believedTexts(m *member, room chat.RoomID) string {
	var s []string
	for text := range strings.SplitSeq(m.textsIn(room), " | ") {
		if !strings.HasPrefix(text, "broken!") {
			s = append(s, text)
		}
	}
	return strings.Join(s, " | ")
}

// Commits, welcomes and answers to devices that lost a room, which are too long for
// a message, travel as blobs: people come in, catch up, are taken out while away,
// and come back as with short ones. (Rooms of hundreds of devices have such; here
// all of them are called long.)
func TestLongCommitsAndWelcomes(t *testing.T) {
	p := newPlace(t)
	rec := &record{}
	rec.quiet.Store(true)
	p.stop()
	p.store = chronicled(rec)
	p.start()
	long := func(cfg *client.Config) { client.PutInBlobs(cfg, 64) }
	ana, ben, cat := p.join("Ana", long), p.join("Ben", long), p.join("Cat", long)
	for _, m := range []*member{ben, cat} {
		m.until("key packages are there", m.Stocked)
	}
	den := must(ana.CreateRoom(t.Context(), chat.RoomSealed, "Den", ""))
	ok(t, ana.InviteToRoom(t.Context(), den, ben.Me().Account))
	ben.is(den, client.RoomJoined)
	ana.sayIn(den, "one")
	ben.hearsIn(den, "Ana: one")
	ben.stop()
	ok(t, ana.InviteToRoom(t.Context(), den, cat.Me().Account))
	cat.is(den, client.RoomJoined)
	for i := range 3 {
		ok(t, ana.RenameRoom(t.Context(), den, fmt.Sprint("Den ", i), ""))
	}
	cat.sayIn(den, "two")
	ana.hearsIn(den, "Ana: one | Cat: two")
	ok(t, ana.RemoveFromRoom(t.Context(), den, ben.Me().Account))
	ana.sayIn(den, "three")
	cat.hearsIn(den, "Cat: two | Ana: three")
	ben.open() // the blobs of the time that is over are there for him
	ben.hearsIn(den, "Ana: one | Cat: two")
	ben.is(den, client.RoomLeft)
	ok(t, ana.InviteToRoom(t.Context(), den, ben.Me().Account))
	ben.is(den, client.RoomJoined)

	// Cat loses the room, and comes back.
	cat.stop()
	cat.load()
	tx := cat.db.GroupTx(t.Context())
	id := wire.GroupID(p.cfg.Key.Public().Array(), den)
	ok(t, tx.DeletePrefix(id[:], ""))
	ok(t, cat.db.WriteGroups(t.Context(), tx))
	cat.sayIn(den, "four")
	cat.run()
	for m, want := range map[*member]string{
		ana: "Ana: one | Cat: two | Ana: three | Cat: four", ben: "Ana: one | Cat: two | Cat: four", cat: "Cat: two | Ana: three | Cat: four",
	} {
		m.untilOr(want, func() bool { return believedTexts(m, den) == want }, func() string { return m.textsIn(den) })
	}
	rec.mu.Lock()
	defer rec.mu.Unlock()
	if rec.commits < 8 || rec.long != rec.commits {
		t.Errorf("%d of %d commits were blobs", rec.long, rec.commits)
	}
}

// A signal of somebody who writes is shown once: a host that kept it cannot show it
// again to one who has started the program anew, while new ones are shown.
func TestSignalIsNotShownAgainAfterARestart(t *testing.T) {
	e := newEvilHost(t)
	var ahead atomic.Int64 // Ana's clock
	ana := e.person("Ana", func(cfg *client.Config) {
		cfg.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	})
	ben := e.person("Ben")
	den := e.den(ana, ben)
	all := e.records()
	writes := func() bool { return len(ben.TypingIn(den)) > 0 }
	ana.Typing(den)
	ben.until("Ana writes", writes)
	var kept []*wire.Signal
	for _, v := range all() {
		if s, is := v.m.(*wire.Signal); is && v.who == ben && !v.up {
			kept = append(kept, s)
		}
	}
	if len(kept) == 0 {
		t.Fatal("no signal came by")
	}
	e.does(nil)
	for round := range 2 {
		ben.stop()
		ben.open()
		e.again(ben)
		for _, s := range kept {
			e.sends(ben, s)
		}
		ben.sayIn(den, fmt.Sprint("round ", round)) // comes behind them; what Ana says would end that she writes
		ben.until("what comes behind them", func() bool { return strings.HasSuffix(ben.textsIn(den), fmt.Sprint("round ", round)) })
		if writes() {
			t.Fatalf("round %d: an old signal is shown", round)
		}
	}
	// Once Ana's clock has passed what the mark on disk covers, new ones are shown.
	ahead.Store(int64(time.Minute))
	var last time.Time
	ben.until("Ana writes again", func() bool {
		if time.Since(last) > 4*time.Second { // not more often than the host passes on
			last = time.Now()
			ana.StopTyping(den)
			ana.Typing(den)
		}
		return writes()
	})
}
