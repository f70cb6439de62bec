package client_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/snugchat/snug/crypto/channel"
	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// FEATURES C1, E1: two people who have a link talk, and both see the same order.
func TestTwoPeopleTalk(t *testing.T) {
	p := newPlace(t)
	ana, ben := p.join("Ana"), p.join("Ben")
	ana.say("Hi Ben 👋🏽")
	ben.hears("Ana: Hi Ben 👋🏽")
	ben.say("hi!\nhow are you?")
	want := "Ana: Hi Ben 👋🏽 | Ben: hi!\nhow are you?"
	ana.hears(want)
	ben.hears(want)
	for _, m := range ana.page() {
		if m.Warnings != 0 {
			t.Errorf("%+v has warnings", m)
		}
		if m.Kind == client.LineText && m.Own != (m.Name == "Ana") {
			t.Errorf("%q: own is %v", m.Text, m.Own)
		}
	}
	if people := ben.People(); len(people) != 2 || people[0].Name != "Ana" || !people[0].Online || !people[0].Pinned || !people[1].Me {
		t.Errorf("Ben sees %+v", people)
	}
	if pl := ben.Place(); pl.Name != "Our class" || pl.Fingerprint == "" {
		t.Errorf("Ben is in %+v", pl)
	}
	rooms, err := ben.Rooms(t.Context())
	if err != nil || len(rooms) != 1 || rooms[0].Unread != 1 {
		t.Errorf("Ben's rooms: %+v, %v, want the Lobby with 1 unread", rooms, err)
	}
	if err := ben.MarkRead(t.Context(), chat.Lobby, rooms[0].Head); err != nil {
		t.Fatal(err)
	}
	if rooms, err = ben.Rooms(t.Context()); err != nil || rooms[0].Unread != 0 {
		t.Errorf("after reading: %+v, %v", rooms, err)
	}
}

// FEATURES P1, D10: what is written while the host is away waits on disk,
// survives a restart of both sides and arrives once, in order.
func TestWrittenOfflineArrivesOnce(t *testing.T) {
	p := newPlace(t)
	ana, ben := p.join("Ana"), p.join("Ben")
	ana.say("one")
	ben.hears("Ana: one")
	p.stop()
	ana.until("Ana is offline", func() bool { return ana.State().Phase == client.Offline })
	if s := ana.State(); s.NextTry.IsZero() || s.Err == nil {
		t.Errorf("offline state %+v, want a next try and a reason", s)
	}
	want := "Ana: one"
	for i := range 100 {
		text := fmt.Sprintf("offline %d", i)
		ana.say(text)
		want += " | Ana: " + text
	}
	if got := ana.texts(); !strings.HasSuffix(got, "(Ana: offline 99)") {
		t.Errorf("while offline the last line is not shown as waiting: %q", got[max(0, len(got)-60):])
	}
	ana.reopen()
	p.start()
	ana.Reconnect()
	ben.Reconnect()
	ana.hears(want)
	ben.hears(want)
}

// A message that was sent, and whose answer was lost, is not doubled: the
// connection is cut again and again while both talk.
func TestCutConnectionsLoseAndDoubleNothing(t *testing.T) {
	p := newPlace(t)
	var cutter cutter
	ana, ben := p.join("Ana", cutter.wrap), p.join("Ben")
	want := ""
	for i := range 60 {
		text := fmt.Sprint("number ", i)
		ana.say(text)
		want += " | Ana: " + text
		if i%6 == 5 {
			time.Sleep(time.Duration(rand.IntN(4000)) * time.Microsecond)
			cutter.cut()
			ana.until("the cut is noticed", func() bool { return ana.State().Phase != client.Online || i%12 == 5 })
			ana.Reconnect()
		}
	}
	ana.hears(want[3:])
	ben.hears(want[3:])
	for _, m := range append(ana.page(), ben.page()...) {
		if m.Warnings != 0 {
			t.Errorf("row %d has warnings %b", m.Seq, m.Warnings)
		}
	}
}

// cutter cuts the connections of a member.
type cutter struct {
	mu    sync.Mutex // guards conns
	conns []net.Conn
}

func (c *cutter) wrap(cfg *client.Config) {
	cfg.Dial = func(ctx context.Context, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err == nil {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.conns = append(c.conns, conn)
		}
		return conn, err
	}
}

func (c *cutter) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.conns {
		_ = conn.Close()
	}
	c.conns = nil
}

// FEATURES C1: another computer at the address of a place is a hard stop, and
// learns nothing of who called.
func TestWrongHostStops(t *testing.T) {
	p := newPlace(t)
	ana := p.join("Ana")
	p.stop()
	p.cfg.Key = must(channel.GenerateKey())
	p.dir = t.TempDir()
	p.start()
	ana.Reconnect()
	ana.until("Ana stopped", func() bool { return ana.State().Phase == client.Stopped })
	if err := ana.State().Err; !errors.Is(err, client.ErrWrongHost) {
		t.Errorf("got %v, want %v", err, client.ErrWrongHost)
	}
	l := p.ownerLink()
	l.Host[0] ^= 1
	if _, err := newMember(t, t.TempDir()).Look(t.Context(), l); !errors.Is(err, client.ErrWrongHost) {
		t.Errorf("a tampered link: got %v, want %v", err, client.ErrWrongHost)
	}
	if s := p.host.Stats(); s.Online != 0 {
		t.Errorf("the wrong host sees %d people", s.Online)
	}
}

// FEATURES A5, A7: a look at the door tells what a newcomer may know; a bare
// address shows the fingerprint that a person has to compare.
func TestLook(t *testing.T) {
	p := newPlace(t)
	ana := p.join("Ana")
	ben := newMember(t, t.TempDir())
	v, err := ben.Look(t.Context(), p.link(host.Command{Uses: 1, AskFirst: true}))
	if err != nil || v.Card == nil || v.Card.Place != "Our class" || v.Card.Host != "Ana" || v.Card.People != 1 || !v.Card.Ask || v.Problem != wire.CodeOK {
		t.Errorf("with an invite: %+v %+v, %v", v, v.Card, err)
	}
	v, err = ben.Look(t.Context(), wire.Link{Addresses: []string{p.addr}})
	if err != nil || v.Card != nil || v.Link.Host != p.cfg.Key.Public().Array() || v.Fingerprint != ana.Place().Fingerprint {
		t.Errorf("a bare address: %+v, %v, want the host's key and fingerprint only", v, err)
	}
	wrong := wire.Link{Addresses: []string{p.addr}, Host: p.cfg.Key.Public().Array(), Secret: make([]byte, wire.SecretSize)}
	if v, err = ben.Look(t.Context(), wrong); err != nil || v.Problem != wire.CodeLinkUnknown {
		t.Errorf("an unknown invite: %+v, %v", v, err)
	}
	if err := ben.Register(t.Context(), wrong, "Ben", "correct horse battery"); client.CodeOf(err) != wire.CodeLinkUnknown {
		t.Errorf("registering with it: %v", err)
	}
	if _, err := ben.Look(t.Context(), wire.Link{Addresses: []string{"127.0.0.1:1"}, Host: wrong.Host}); !errors.Is(err, client.ErrUnreachable) {
		t.Errorf("nobody there: %v, want %v", err, client.ErrUnreachable)
	}
	// The first address is dead, the second one right: the race finds it.
	l := p.ownerLink()
	l.Addresses = []string{"127.0.0.1:1", p.addr}
	if err := ben.Register(t.Context(), l, "Ben", ""); err != nil {
		t.Errorf("second address: %v", err)
	}
}

// FEATURES B1, B2: a password logs another device in; the account gets a new
// identity, which everyone sees, and the first device is out.
func TestPasswordAndSecondDevice(t *testing.T) {
	p := newPlace(t)
	ana := p.join("Ana")
	const pass = "correct horse battery"
	link := p.link(host.Command{Uses: 1})
	ben := newMember(t, t.TempDir())
	if err := ben.Register(t.Context(), link, "Ben", "password123"); err == nil {
		t.Error("a password that many people use was taken")
	}
	if err := ben.Register(t.Context(), link, "Ben", pass); err != nil {
		t.Fatal(err)
	}
	ben.until("Ben is online", func() bool { return ben.State().Phase == client.Online })
	if err := ben.Register(t.Context(), link, "Ben", pass); !errors.Is(err, client.ErrJoined) {
		t.Errorf("registering twice: got %v, want %v", err, client.ErrJoined)
	}
	ben.say("from the first")
	ana.hears("Ben: from the first")

	where := wire.Link{Addresses: link.Addresses, Host: link.Host}
	second := newMember(t, t.TempDir())
	for name, pw := range map[string]string{"Ben": "wrong password here", "Nobody": pass} {
		if err := second.Login(t.Context(), where, name, pw); client.CodeOf(err) != wire.CodeRefused {
			t.Errorf("%s: got %v, want CodeRefused", name, err)
		}
	}
	if err := second.Login(t.Context(), where, "ben", pass); err != nil {
		t.Fatal(err)
	}
	second.hears("Ben: from the first")
	second.say("from the second")
	ana.hears("Ben: from the first | Ben: from the second")
	ana.until("Ana sees the change", func() bool {
		b, _ := ana.Person(second.Me().Account)
		return !b.Changed.IsZero()
	})
	if lines := ana.page(); !slices.ContainsFunc(lines, func(m client.Message) bool { return m.Kind == client.LineIdentity && m.Name == "Ben" }) {
		t.Error("no line says that Ben's identity changed")
	}
	ben.until("the first device is signed out", func() bool {
		return ben.State().Phase == client.Stopped && client.CodeOf(ben.State().Err) == wire.CodeSignedOut
	})
	// Logging in again makes it a device of the account once more.
	if err := ben.Login(t.Context(), where, "Ben", pass); err != nil {
		t.Fatal(err)
	}
	ben.until("Ben is back", func() bool { return ben.State().Phase == client.Online })
	ben.say("and back")
	ana.hears("Ben: from the first | Ben: from the second | Ben: and back")
	for _, m := range ana.page() {
		if m.Warnings != 0 {
			t.Errorf("row %d: warnings %b", m.Seq, m.Warnings)
		}
	}

	if err := ben.ChangePassword(t.Context(), "not the old one", "another long one", false); client.CodeOf(err) != wire.CodeRefused {
		t.Errorf("change with a wrong password: %v", err)
	}
	if err := ben.ChangePassword(t.Context(), pass, "another fine horse", true); err != nil {
		t.Fatal(err)
	}
	code, until, err := ana.ResetPassword(t.Context(), ben.Me().Account)
	if err != nil || code == "" || until.Before(time.Now()) {
		t.Fatalf("reset: %q until %v, %v", code, until, err)
	}
	third := newMember(t, t.TempDir())
	if err := third.Reset(t.Context(), where, "Ben", "0000-0000", "a third long one!"); client.CodeOf(err) != wire.CodeCodeWrong {
		t.Errorf("wrong code: %v", err)
	}
	if err := third.Reset(t.Context(), where, "Ben", code, "a third long one!"); err != nil {
		t.Fatal(err)
	}
	third.until("Ben is back by the code", func() bool { return third.State().Phase == client.Online })
}

// FEATURES B3, L1: approval, roles, removal and bans from a member's side.
func TestAdministration(t *testing.T) {
	p := newPlace(t)
	ana := p.join("Ana")
	invite, err := ana.CreateInvite(t.Context(), client.InviteOptions{Uses: 3, Valid: time.Hour, AskFirst: true})
	if err != nil {
		t.Fatal(err)
	}
	link := must(wire.ParseLink(invite.Link))
	ben := newMember(t, t.TempDir())
	if err := ben.Register(t.Context(), *link, "Ben", "correct horse battery"); err != nil {
		t.Fatal(err)
	}
	ben.until("Ben waits", func() bool { return ben.State().Phase == client.WaitingApproval })
	benID := ben.Me().Account
	ana.until("Ana sees him wait", func() bool { b, ok := ana.Person(benID); return ok && b.State == chat.Waiting })
	if err := ana.Approve(t.Context(), benID); err != nil {
		t.Fatal(err)
	}
	ben.until("Ben is in", func() bool { return ben.State().Phase == client.Online })
	ben.say("thank you")
	ana.hears("Ben: thank you")
	list, err := ana.Invites(t.Context(), nil)
	if err != nil || !slices.ContainsFunc(list, func(i client.Invite) bool { return i.Link == invite.Link && i.Used == 1 && i.Uses == 3 }) {
		t.Errorf("invites %+v, %v", list, err)
	}
	if err := ana.RevokeInvite(t.Context(), invite.ID); err != nil {
		t.Fatal(err)
	}
	if v, err := newMember(t, t.TempDir()).Look(t.Context(), *link); err != nil || v.Problem != wire.CodeLinkRevoked {
		t.Errorf("a stopped link: %+v, %v", v, err)
	}
	if err := ben.Remove(t.Context(), ana.Me().Account, ""); client.CodeOf(err) != wire.CodeNotAllowed {
		t.Errorf("a member removes the owner: %v", err)
	}
	if err := ana.SetRole(t.Context(), benID, chat.Moderator); err != nil {
		t.Fatal(err)
	}
	ben.until("Ben is a moderator", func() bool { return ben.Me().Role == chat.Moderator })
	if err := ana.ChangePlace(t.Context(), "Our choir", chat.JoinClosed, 1<<20); err != nil {
		t.Fatal(err)
	}
	ben.until("the name is new", func() bool { return ben.Place().Name == "Our choir" && ben.Place().MaxFile == 1<<20 })
	if err := ana.Ban(t.Context(), benID, time.Now().Add(2*soon), "too loud"); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	ben.until("Ben is out", func() bool { return ben.State().Phase == client.Stopped })
	if took := time.Since(began); took > soon {
		t.Errorf("a banned person was out after %v", took)
	}
	e, ok := errors.AsType[*client.CodeError](ben.State().Err)
	if !ok || e.Code != wire.CodeBanned || e.By != "Ana" || e.Reason != "too loud" || e.Until.IsZero() {
		t.Errorf("Ben is told %+v", ben.State())
	}
	ben.until("the ban is over", func() bool { return ben.State().Phase == client.Online })
}

// FEATURES D9: typing is seen at once and gone 6 s after the last sign; a
// message ends it.
func TestTyping(t *testing.T) {
	p := newPlace(t)
	ana, ben := p.join("Ana"), p.join("Ben")
	ana.until("Ana has the Lobby", func() bool { return len(ana.page()) >= 2 })
	ana.say("ready")
	ben.hears("Ana: ready") // both are live now
	ana.Typing(chat.Lobby)
	ben.until("Ben sees Ana write", func() bool { return slices.Equal(ben.TypingIn(chat.Lobby), []chat.AccountID{ana.Me().Account}) })
	if len(ana.TypingIn(chat.Lobby)) != 0 {
		t.Error("Ana sees herself write")
	}
	ana.say("done")
	ben.hears("Ana: ready | Ana: done")
	if len(ben.TypingIn(chat.Lobby)) != 0 {
		t.Error("still writing after the message came")
	}
}

// FEATURES C8: nothing that was said, and no name, can be read in the files of
// a member's place, while it is open or after.
func TestProfileHoldsNoCanary(t *testing.T) {
	p := newPlace(t)
	ana := p.join("Anacanary")
	path := filepath.Join(t.TempDir(), "filecanary.txt")
	if err := os.WriteFile(path, bytes.Repeat([]byte("contentcanary "), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	ana.say("textcanary")
	id := must(ana.SendFile(t.Context(), chat.Lobby, path))
	ana.untilState(id, client.Finished)
	ana.hears("Anacanary: textcanary")
	if _, err := ana.CreateInvite(t.Context(), client.InviteOptions{Uses: 1}); err != nil {
		t.Fatal(err)
	}
	for _, when := range []string{"open", "closed"} {
		if when == "closed" {
			ana.stop()
		}
		files := 0
		err := filepath.WalkDir(ana.dir, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			files++
			if b := must(os.ReadFile(path)); bytes.Contains(b, []byte("canary")) {
				t.Errorf("%s: %s holds a canary", when, filepath.Base(path))
			}
			return nil
		})
		if err != nil || files == 0 {
			t.Errorf("%s: %d files, %v", when, files, err)
		}
	}
}

// throttled is a line with a slow uplink.
type throttled struct {
	net.Conn
	rate int // bytes a second
}

func (c throttled) Write(b []byte) (n int, err error) {
	for chunk := range slices.Chunk(b, 8<<10) {
		m, err := c.Conn.Write(chunk)
		n += m
		if err != nil {
			return n, err
		}
		time.Sleep(time.Duration(m) * time.Second / time.Duration(c.rate))
	}
	return n, nil
}

// Many long messages that waited go out over a slow line on one connection:
// what waits in the outbox never fills the line's queue, which would end it.
func TestLongMessagesGoOutOverASlowLine(t *testing.T) {
	p := newPlace(t)
	var dials atomic.Int32
	ana := p.join("Ana", func(cfg *client.Config) {
		cfg.Dial = func(ctx context.Context, address string) (net.Conn, error) {
			dials.Add(1)
			c, err := new(net.Dialer).DialContext(ctx, "tcp", address)
			return throttled{c, 1 << 20}, err
		}
	})
	p.stop()
	ana.until("Ana is offline", func() bool { return ana.State().Phase == client.Offline })
	const n = 2 * client.MaxUnacknowledged
	for range n {
		ana.say(strings.Repeat("x", wire.MaxText))
	}
	p.start()
	before := dials.Load()
	ana.Reconnect()
	ana.until("all are on the host", func() bool { return p.host.Stats().Posted == n })
	if got := dials.Load() - before; got > 1 {
		t.Errorf("it took %d connections, want one", got)
	}
}

// deaf is a member's way to the host on which, after some writes, no answer
// arrives any more.
type deaf struct {
	net.Conn
	writes *atomic.Int64
	after  int64
}

func (d *deaf) Write(b []byte) (int, error) {
	d.writes.Add(1)
	return d.Conn.Write(b)
}

func (d *deaf) Read(b []byte) (int, error) {
	n, err := d.Conn.Read(b)
	if d.writes.Load() >= d.after {
		return 0, io.EOF // what came is lost
	}
	return n, err
}

// Registering whose last answer is lost is not lost: the same call again finds
// out, although the link is used up.
func TestLostAnswerOfRegistration(t *testing.T) {
	p := newPlace(t)
	link := p.ownerLink()
	var writes atomic.Int64
	m := newMember(t, t.TempDir(), func(c *client.Config) {
		c.Dial = func(ctx context.Context, address string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
			if writes.Load() > 0 {
				return conn, err // the second try
			}
			// Two of the handshake, then Hello, Register, RegisterFinish.
			return &deaf{conn, &writes, 5}, err
		}
	})
	if err := m.Register(t.Context(), link, "Ana", ""); err == nil {
		t.Fatal("registered without an answer")
	}
	if m.Joined() {
		t.Error("joined without an answer")
	}
	m.until("the host has the account", func() bool { return p.host.Stats().People == 1 })
	if err := m.Register(t.Context(), link, "Ana", ""); err != nil {
		t.Fatalf("second try: %v", err)
	}
	m.until("Ana is online", func() bool { return m.State().Phase == client.Online })
	if me := m.Me(); me.Name != "Ana" || me.Role != chat.Owner {
		t.Errorf("got %+v", me)
	}
}

// BenchmarkCatchUp measures a newcomer who fetches a history: rows a second,
// certificates, signatures, chain and store included.
func BenchmarkCatchUp(b *testing.B) {
	const n = 2000
	p := newPlace(b, func(p *place) {
		p.cfg.Limits = host.Limits{Posts: 1e6, PostBurst: 1e6, Messages: 1e6, MessageBurst: 1e6}
	})
	ana := p.join("Ana")
	for i := range n {
		ana.say(fmt.Sprint("message ", i))
	}
	ana.until("all are on the host", func() bool {
		page := ana.page()
		return page[len(page)-1].Seq > n
	})
	newcomers := 0
	for b.Loop() {
		began := time.Now()
		newcomers++
		m := p.join(fmt.Sprint("Newcomer ", newcomers))
		m.until("all are here", func() bool { rooms, err := m.Rooms(context.Background()); return err == nil && rooms[0].Head > n })
		b.ReportMetric(n/time.Since(began).Seconds(), "rows/s")
		m.stop()
	}
}

// A computer whose clock is wrong waits for the end of a ban all the same,
// instead of calling again and again.
func TestBanWithAWrongClock(t *testing.T) {
	p := newPlace(t)
	ana := p.join("Ana")
	for name, ahead := range map[string]time.Duration{"ahead": time.Hour, "behind": -time.Hour} {
		clock := func() time.Time { return time.Now().Add(ahead) }
		ben := p.join("Ben "+name, func(cfg *client.Config) { cfg.Now = clock })
		until := time.Now().Add(10 * time.Minute)
		if err := ana.Ban(t.Context(), ben.Me().Account, until, ""); err != nil {
			t.Fatal(err)
		}
		ben.until("Ben is banned", func() bool { return ben.State().Phase == client.Stopped })
		if left, want := ben.State().NextTry.Sub(clock()), time.Until(until); (left - want).Abs() > 30*time.Second {
			t.Errorf("clock %s: the next try is in %v, want %v", name, left, want)
		}
	}
}

// A reset code works on a computer that has an identity from before the account
// got another one elsewhere.
func TestResetOnAnOldComputer(t *testing.T) {
	p := newPlace(t)
	p.join("Olga")
	l := p.link(host.Command{Role: chat.Member, Uses: 1})
	const pass = "zebra-candle-orbit-mint"
	old := newMember(t, t.TempDir())
	if err := old.Register(t.Context(), l, "Mia", pass); err != nil {
		t.Fatal(err)
	}
	old.until("Mia is online", func() bool { return old.State().Phase == client.Online })
	fresh := newMember(t, t.TempDir())
	if err := fresh.Login(t.Context(), l, "Mia", pass); err != nil {
		t.Fatal(err)
	}
	old.until("the old computer is signed out", func() bool { return old.State().Phase == client.Stopped })
	code := must(p.host.Do(t.Context(), host.Command{Verb: host.VerbReset, Name: "Mia"})).Code
	if err := old.Reset(t.Context(), l, "Mia", code, pass+"-two"); err != nil {
		t.Fatalf("reset: %v", err)
	}
	old.until("the old computer is online", func() bool { return old.State().Phase == client.Online })
	old.say("back")
	old.hears("Mia: back")
}

// Nobody signs up at a host whose key they have not seen.
func TestSignUpNeedsTheHostsKey(t *testing.T) {
	p := newPlace(t)
	l := p.ownerLink()
	l.Host = [32]byte{}
	m := newMember(t, t.TempDir())
	for name, err := range map[string]error{
		"register": m.Register(t.Context(), l, "Mia", ""),
		"log in":   m.Login(t.Context(), l, "Mia", "zebra-candle-orbit-mint"),
		"reset":    m.Reset(t.Context(), l, "Mia", "code", "zebra-candle-orbit-mint"),
	} {
		if !errors.Is(err, wire.ErrBadLink) {
			t.Errorf("%s: got %v, want %v", name, err, wire.ErrBadLink)
		}
	}
	if m.Joined() || p.host.Stats().People != 0 {
		t.Error("somebody joined")
	}
}
