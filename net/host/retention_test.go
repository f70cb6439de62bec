package host_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/snugchat/snug/crypto/stream"
	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// keeping sets rules for files.
func (p *place) keeping(rules chat.FileRules) {
	p.t.Helper()
	place := p.host.Place()
	place.Files = rules
	p.do(host.Command{Verb: host.VerbPlace, Place: &place})
}

// share sends a file and waits until the host has done with it all that it does.
func (c *client) share(p *place, f *sealedFile, name string) (id chat.MessageID, seq uint64) {
	c.t.Helper()
	if st := c.upload(f, nil); st.Code != 0 {
		c.t.Fatalf("%s: upload of %s: %+v", c.who.name, name, st)
	}
	post := c.sealed(wire.KindFile, f.message(name), func(e *wire.Envelope) { id = e.ID })
	got := c.post(post)
	if got.Code != 0 {
		c.t.Fatalf("%s: %s: %+v", c.who.name, name, got)
	}
	p.until("the file is saved", func() bool {
		b, found, err := p.db.Blob(c.t.Context(), f.root)
		return err == nil && found && b.Saved > 0
	})
	return id, got.Seq
}

func (p *place) until(what string, is func() bool) {
	p.t.Helper()
	for end := time.Now().Add(patience); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			p.t.Fatalf("it never came that %s", what)
		}
	}
}

// has reports whether the host hands a file over.
func (c *client) has(f *sealedFile) bool {
	c.t.Helper()
	c.send(&wire.Get{Room: f.room, Root: f.root})
	st := expect[*wire.BlobState](c)
	if st.Code != 0 && st.Code != wire.CodeNoBlob {
		c.t.Fatalf("%+v", st)
	}
	if st.Code == 0 {
		c.send(&wire.Cancel{Root: f.root})
	}
	return st.Code == 0
}

// check says which of some files the host is to have.
func (c *client) check(when string, files map[string]*sealedFile, want string) {
	c.t.Helper()
	for name, f := range files {
		if got := c.has(f); got != strings.Contains(want, name) {
			c.t.Errorf("F8, %s: file %s is on the host: %v", when, name, got)
		}
	}
}

// pin posts that a message is pinned, or not any more.
func (c *client) pin(id chat.MessageID, on bool) {
	c.t.Helper()
	if got := c.post(c.sealed(wire.KindPin, &wire.Pin{Target: id, Off: !on})); got.Code != 0 {
		c.t.Fatalf("pin: %+v", got)
	}
}

// F8: beyond the largest total the oldest files go first, whoever sent them; what
// was written stays, and a file that went can be sent again.
func TestF8TotalRemovesTheOldest(t *testing.T) {
	logged := new(lines)
	p := newPlace(t, chat.JoinByInvite, func(p *place) {
		p.log = logged.logger()
		p.cfg.First.MaxFile, p.cfg.First.Files.Total = 90_000, 400_000
	})
	olga := p.owner()
	people := []*client{olga, p.newcomer("Mia", host.Command{}), p.newcomer("Nora", host.Command{})}
	mia := people[1]
	files := make(map[string]*sealedFile)
	for i, name := range []string{"a", "b", "c", "d", "e", "f", "g"} {
		files[name] = seal(t, 60_000+i)
		people[i%3].share(p, files[name], name)
	}
	if got := p.kept.Total(); got > 400_000 {
		t.Errorf("%d bytes are kept", got)
	}
	olga.check("full", files, "bcdefg")
	if rows := mia.live(chat.Lobby); len(rows) != 7 {
		t.Errorf("%d messages are there, want 7: words never go", len(rows))
	}
	if text := logged.String(); strings.Count(text, "nearly as many") != 1 || strings.Count(text, "old files removed") != 1 {
		t.Errorf("the log says:\n%s", text)
	}
	// The same bytes come again, as from somebody who still has them.
	mia.share(p, files["a"], "a")
	olga.check("sent again", files, "acdefg")
	// Lower, at once.
	p.keeping(chat.FileRules{Total: 250_000})
	p.until("the rest is small", func() bool { return p.kept.Total() <= 250_000 })
	olga.check("less", files, "aefg")
	if got := len(must(os.ReadDir(p.dir + "/received"))); got != 8 {
		t.Errorf("%d copies in the owner's folder, want all 8: they are the owner's", got)
	}
}

// F8: files go when they are older than the rules say, by the last message that
// hands them over.
func TestF8AgeRemovesTheOld(t *testing.T) {
	var days atomic.Int64
	p := newPlace(t, chat.JoinByInvite, func(p *place) {
		p.cfg.Now = func() time.Time { return time.Now().Add(time.Duration(days.Load()) * 24 * time.Hour) }
	})
	olga := p.owner()
	files := map[string]*sealedFile{"a": seal(t, 1000), "b": seal(t, 1001), "c": seal(t, 1002)}
	olga.share(p, files["a"], "a")
	olga.share(p, files["b"], "b")
	days.Store(20)
	olga.share(p, files["c"], "c")
	if got := olga.post(olga.sealed(wire.KindFile, files["b"].message("b again"))); got.Code != 0 { // passed on
		t.Fatalf("%+v", got)
	}
	days.Store(40)
	p.host.Trim(t.Context())
	olga.check("no rules", files, "abc")
	rules := chat.FileRules{Keep: (30 * 24 * time.Hour).Milliseconds()}
	place := p.host.Place()
	place.Files = rules
	if got := p.do(host.Command{Verb: host.VerbFiles, Place: &place}).Files; got.Old != 1 || got.Freed != files["a"].sealed.Length || got.Bytes != p.kept.Total() {
		t.Errorf("what would go: %+v", got)
	}
	p.keeping(rules)
	p.until("the old file is gone", func() bool { return !olga.has(files["a"]) })
	olga.check("30 days", files, "bc")
	days.Store(60)
	p.host.Trim(t.Context())
	olga.check("30 days later", files, "")
	if _, found, err := p.db.Blob(t.Context(), files["a"].root); found || err != nil {
		t.Errorf("its row: %v, %v", found, err)
	}
}

// F8: pinned files of open rooms never go, until they are let go or deleted; when
// nothing else is left, the host takes no more.
func TestF8PinnedFilesStay(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite, func(p *place) { p.cfg.First.MaxFile, p.cfg.First.Files.Total = 50_000, 200_000 })
	olga := p.owner()
	mia := p.newcomer("Mia", host.Command{})
	files := make(map[string]*sealedFile)
	ids := make(map[string]chat.MessageID)
	nora := p.newcomer("Nora", host.Command{})
	for i, who := range []*client{olga, mia, nora, olga} {
		name := string(rune('a' + i))
		files[name] = seal(t, 40_000+i)
		ids[name], _ = who.share(p, files[name], name)
		olga.pin(ids[name], true)
	}
	if st := nora.upload(seal(t, 45_000), nil); st.Code != wire.CodeQuota {
		t.Errorf("F8: with nothing that may go, a file more: %+v", st)
	}
	olga.check("all pinned", files, "abcd")
	mia.pin(ids["c"], false)
	files["e"] = seal(t, 45_001)
	nora.share(p, files["e"], "e")
	olga.check("c let go", files, "abde")
	// A message that is deleted pins nothing; one of somebody else's is not deleted.
	for _, d := range []struct {
		who  *client
		name string
	}{{mia, "a"}, {olga, "b"}, {olga, "d"}} {
		if got := d.who.post(d.who.sealed(wire.KindDelete, &wire.Delete{Target: ids[d.name]})); got.Code != 0 {
			t.Fatalf("%+v", got)
		}
	}
	files["f"] = seal(t, 46_000)
	nora.share(p, files["f"], "f")
	olga.check("d deleted", files, "abef")
	// After a restart the host still knows.
	p.restart()
	olga = p.back(olga.who)
	p.keeping(chat.FileRules{Total: 110_000})
	p.until("the rest is gone", func() bool { return !olga.has(files["f"]) })
	olga.check("only pins", files, "ab")
}

// F8: a pin that comes in the moment in which a file is chosen to go keeps it.
func TestF8PinAtTheLastMoment(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite)
	olga := p.owner()
	f := seal(t, 1000)
	id, _ := olga.share(p, f, "a")
	none := func(*chat.Row) (chat.Mark, bool) { return chat.Mark{}, false }
	if _, err := p.db.MarkRows(t.Context(), none); err != nil {
		t.Fatal(err)
	}
	olga.pin(id, true)
	left, behind, err := p.db.LeaveBlobs(t.Context(), [][32]byte{f.root}, 1)
	if len(left) != 0 || !behind || err != nil {
		t.Errorf("with a pin that nobody has looked at: %d removed, behind %v, %v", len(left), behind, err)
	}
}

// F8: who sends more than a share pushes out what they sent themselves.
func TestF8NobodyPushesOutTheOthers(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite, func(p *place) { p.cfg.First.MaxFile, p.cfg.First.Files.Total = 90_000, 400_000 })
	olga := p.owner()
	mia := p.newcomer("Mia", host.Command{})
	files := map[string]*sealedFile{"o": seal(t, 80_000), "p": seal(t, 80_001)}
	olga.share(p, files["o"], "o")
	olga.share(p, files["p"], "p")
	for i, name := range []string{"1", "2", "3", "4", "5", "6"} {
		files[name] = seal(t, 81_000+i)
		mia.share(p, files[name], name)
	}
	olga.check("one sends six", files, "op56")
	// What waits for its message is nobody's to remove, and counts.
	for i := range 2 {
		if st := mia.upload(seal(t, 82_000+i), nil); st.Code != 0 {
			t.Fatalf("%+v", st)
		}
	}
	if st := mia.upload(seal(t, 83_000), nil); st.Code != wire.CodeQuota || st.Limit != 200_000 {
		t.Errorf("F8: beyond the share with nothing that may go: %+v", st)
	}
}

// F8: in private rooms the host cannot tell a file from a long message or commit
// until it looks at how the row names it: those never go.
func TestF8LongMessagesStay(t *testing.T) {
	var days atomic.Int64
	p := newPlace(t, chat.JoinByInvite, func(p *place) {
		p.cfg.Now = func() time.Time { return time.Now().Add(time.Duration(days.Load()) * 24 * time.Hour) }
		p.cfg.First.Files.Keep = (30 * 24 * time.Hour).Milliseconds()
	})
	olga := p.owner()
	den := olga.create(chat.RoomSealed, chat.RoomID{3})
	blob := func(size int) *sealedFile {
		f := seal(t, size)
		f.room = den.room
		if st := olga.upload(f, nil); st.Code != 0 {
			t.Fatalf("%+v", st)
		}
		return f
	}
	file, long, commit := blob(1000), blob(50_000), blob(60_000)
	den.must(den.put(wire.KindSealed, func(_ *wire.Envelope, m *wire.Post) { m.Blobs = [][32]byte{file.root} }))
	for kind, f := range map[wire.BodyKind]*sealedFile{wire.KindSealed: long, wire.KindCommit: commit} {
		den.must(den.put(kind, func(e *wire.Envelope, m *wire.Post) {
			e.Data = wire.EncodeBody(&wire.Sealed{Blob: &wire.BlobRef{Root: f.root, Length: int64(len(f.bytes))}})
			m.Blobs = [][32]byte{f.root}
		}))
	}
	days.Store(31)
	p.host.Trim(t.Context())
	files := map[string]*sealedFile{"file": file, "long": long, "commit": commit}
	olga.check("a month later", files, "long commit")
	// And not later either, when the host has it in its store that they are none.
	days.Store(62)
	p.host.Trim(t.Context())
	olga.check("two months later", files, "long commit")
}

// F8: what a mail still names stays.
func TestF8WhatAMailNamesStays(t *testing.T) {
	var days atomic.Int64
	p := newPlace(t, chat.JoinByInvite, func(p *place) {
		p.cfg.Now = func() time.Time { return time.Now().Add(time.Duration(days.Load()) * 24 * time.Hour) }
		p.cfg.First.Files.Keep = (2 * 24 * time.Hour).Milliseconds()
	})
	olga := p.owner()
	mia := p.newcomer("Mia", host.Command{})
	den := olga.create(chat.RoomSealed, chat.RoomID{3})
	welcome := seal(t, 50_000)
	welcome.room = den.room
	if st := olga.upload(welcome, nil); st.Code != 0 {
		t.Fatalf("%+v", st)
	}
	mail := wire.Mail{
		ID: chat.NewMessageID(), To: mia.who.device(), Room: den.room, MailKind: wire.MailWelcome,
		Blob: &wire.BlobRef{Root: welcome.root, Length: int64(len(welcome.bytes))},
	}
	post := den.commit([]wire.MemberEntry{{Account: mia.who.account}}, nil, mail)
	post.Blobs = [][32]byte{welcome.root}
	den.must(post)
	days.Store(3)
	p.host.Trim(t.Context())
	if !mia.has(welcome) {
		t.Error("F8: the welcome of somebody who was away is gone")
	}
	mia.send(&wire.MailDone{ID: mail.ID})
	p.until("the welcome is not kept any more", func() bool {
		p.host.Trim(t.Context())
		return !p.kept.Has(welcome.root)
	})
}

// F8: a file goes only when it is in the owner's folder.
func TestF8NotBeforeItIsSaved(t *testing.T) {
	var full atomic.Bool
	full.Store(true)
	logged := new(lines)
	p := newPlace(t, chat.JoinByInvite, func(p *place) {
		p.cfg.Limits.Posts = 100
		p.log = logged.logger()
	})
	p.stop()
	receive := p.cfg.Receive
	p.cfg.Receive = func(name string) (host.ReceivedFile, error) {
		if full.Load() {
			return nil, errors.New("no space")
		}
		return receive(name)
	}
	p.start()
	olga := p.owner()
	f := seal(t, 1000)
	if st := olga.upload(f, nil); st.Code != 0 {
		t.Fatalf("%+v", st)
	}
	if got := olga.post(olga.sealed(wire.KindFile, f.message("a"))); got.Code != 0 {
		t.Fatalf("%+v", got)
	}
	p.until("saving failed", func() bool { return strings.Contains(logged.String(), "not saved") })
	place := p.host.Place()
	place.MaxFile, place.Files.Total = 0, 2*stream.SealedSize(0)
	p.do(host.Command{Verb: host.VerbPlace, Place: &place})
	p.host.Trim(t.Context())
	if !olga.has(f) {
		t.Error("F8: a file is gone that was never saved")
	}
}

// F8: a host that is killed between its decision and the last byte goes on where
// it was; meanwhile nobody gets the file, and it cannot be sent.
func TestF8RemovalSurvivesAKill(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite)
	olga := p.owner()
	f, g := seal(t, 1000), seal(t, 1001)
	olga.share(p, f, "a")
	olga.share(p, g, "b")
	mark := func(*chat.Row) (chat.Mark, bool) { return chat.Mark{}, false }
	if _, err := p.db.MarkRows(t.Context(), mark); err != nil {
		t.Fatal(err)
	}
	left, behind, err := p.db.LeaveBlobs(t.Context(), [][32]byte{f.root, g.root}, 1)
	if len(left) != 2 || behind || err != nil {
		t.Fatalf("%d, %v, %v", len(left), behind, err)
	}
	if olga.has(f) {
		t.Error("F8: a file that is being removed is handed over")
	}
	if st := olga.upload(f, nil); st.Code != wire.CodeBusy {
		t.Errorf("F8: a file that is being removed is offered: %+v", st)
	}
	if got := olga.post(olga.sealed(wire.KindFile, f.message("a"))); got.Code != wire.CodeNoBlob {
		t.Errorf("F8: a file that is being removed is named: %+v", got)
	}
	if err := p.kept.Remove(g.root); err != nil { // one died with its bytes gone
		t.Fatal(err)
	}
	p.restart()
	p.until("the bytes are gone", func() bool { return !p.kept.Has(f.root) && p.kept.Total() == 0 })
	p.until("the rows are gone", func() bool {
		roots, err := p.db.GoneBlobs(t.Context(), 10)
		_, found, ferr := p.db.Blob(t.Context(), f.root)
		return len(roots) == 0 && !found && errors.Join(err, ferr) == nil
	})
	olga = p.back(olga.who)
	olga.who.counter-- // of the message that was refused
	olga.share(p, f, "a")
	if !olga.has(f) {
		t.Error("F8: a file that was removed cannot be sent again")
	}
}

// F8: what the host may be told, and who may tell it.
func TestF8Rules(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite, func(p *place) { p.cfg.First.MaxFile = 1 << 20 })
	olga := p.owner()
	day := (24 * time.Hour).Milliseconds()
	for i, c := range []struct {
		what  string
		rules chat.FileRules
		want  wire.Code
	}{
		{"a negative total", chat.FileRules{Total: -1}, wire.CodeBadMessage},
		{"a negative time", chat.FileRules{Keep: -1}, wire.CodeBadMessage},
		{"less than a day", chat.FileRules{Keep: day - 1}, wire.CodeBadMessage},
		{"more than a lifetime", chat.FileRules{Keep: 101 * 365 * day}, wire.CodeBadMessage},
		{"a total in which the largest file has no share", chat.FileRules{Total: 2 << 20}, wire.CodeTooBig},
		{"one in which it has", chat.FileRules{Total: host.Shares * stream.SealedSize(1<<20)}, wire.CodeOK},
		{"90 days", chat.FileRules{Keep: 90 * day}, wire.CodeOK},
	} {
		place := p.host.Place()
		place.Files = c.rules
		_, err := p.host.Do(t.Context(), host.Command{Verb: host.VerbPlace, Place: &place})
		refused := new(host.RefusedError)
		if errors.As(err, &refused); refused.Code != c.want {
			t.Errorf("%s: code %d, want %d", c.what, refused.Code, c.want)
		}
		if c.want != 0 {
			continue
		}
		expect[*wire.Place](olga)
		if got := expect[*wire.FileRules](olga); *got != (wire.FileRules{Total: c.rules.Total, Keep: c.rules.Keep}) {
			t.Errorf("case %d, %s: members hear %+v", i, c.what, got)
		}
	}
	// Somebody far away who may change the place changes nothing of this.
	olga.send(&wire.ChangePlace{Ref: 1, Name: "Anew", Mode: chat.JoinOpen, MaxFile: 5})
	expect[*wire.Done](olga)
	if got := p.host.Place(); got.Name != "Anew" || got.Files.Keep != 90*day {
		t.Errorf("F8: after a change by an admin: %+v", got)
	}
	p.restart()
	if got := p.host.Place().Files; got != (chat.FileRules{Keep: 90 * day}) {
		t.Errorf("F8: after a restart: %+v", got)
	}
	olga = p.connect(olga.who, nil)
	if got := expect[*wire.FileRules](olga); got.Keep != 90*day {
		t.Errorf("F8: who comes in hears %+v", got)
	}
	if got := fmt.Sprint(p.do(host.Command{Verb: host.VerbAudit}).Audit); !strings.Contains(got, "for 90 days") {
		t.Errorf("F8: the audit says %s", got)
	}
}
