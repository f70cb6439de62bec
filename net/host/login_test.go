package host_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/snugchat/snug/crypto/channel"
	"github.com/snugchat/snug/crypto/opaque"
	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

const secret = "otter marble cloud seven"

// withPassword puts Ana with a password into a place.
func withPassword(t *testing.T, p *place) *client {
	t.Helper()
	token := p.token(host.Command{})
	ana := p.connect(newPerson("Ana"), token)
	expect[*wire.Welcome](ana)
	ana.registerWithPassword(token, secret)
	ana.settle()
	return ana
}

// TestPassword covers B1: a password enrols a device, and a wrong one does not.
func TestPassword(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite)
	p.owner()
	ana := withPassword(t, p)
	second := p.connect(ana.who.newDevice(true), nil)
	expect[*wire.Welcome](second)
	if _, f := second.login("otter marble cloud six"); f == nil || f.Code != wire.CodeRefused {
		t.Fatalf("a wrong password: %+v", f)
	}
	proved, f := second.login(secret)
	if f != nil || proved.Account != ana.who.account || proved.Name != "Ana" || proved.Identity != ana.who.identity.Public().Array() {
		t.Fatalf("the right password: %+v, %+v", proved, f)
	}
	second.finish(wire.KindDevice, nil)
	if s := expect[*wire.Session](second); s.Account != ana.who.account || !s.HasPass {
		t.Errorf("session %+v", s)
	}
	second.settle()
	// Both devices are in, and the second one comes back without a password.
	second.close()
	p.back(second.who)
	ana.live(chat.Lobby)

	// A new identity signs the others out.
	third := p.connect(ana.who.newDevice(false), nil)
	expect[*wire.Welcome](third)
	if _, f := third.login(secret); f != nil {
		t.Fatalf("the right password: %+v", f)
	}
	third.finish(wire.KindIdentity, nil)
	expect[*wire.Session](third)
	if bye := ana.ended(patience); bye.Code != wire.CodeSignedOut {
		t.Errorf("goodbye with code %d, want signed out", bye.Code)
	}
	back := p.connect(ana.who, nil)
	if bye := back.ended(patience); bye.Code != wire.CodeSignedOut {
		t.Errorf("a device that was signed out: code %d", bye.Code)
	}
}

// TestPasswordChange changes a password by a device that is logged in.
func TestPasswordChange(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite)
	p.owner()
	ana := withPassword(t, p)
	change := func(old, fresh string, keep bool) wire.Message {
		l, ke1, err := opaque.StartLogin(ana.l.Binding(), old)
		if err != nil {
			t.Fatal(err)
		}
		r, request, err := opaque.StartRegistration(fresh)
		if err != nil {
			t.Fatal(err)
		}
		ana.send(&wire.Password{Ref: 5, KE1: ke1, Request: request})
		reply := expect[*wire.PasswordReply](ana)
		ke3, err := l.Finish(reply.KE2)
		if err != nil {
			ke3 = make([]byte, opaque.KE3Size)
		}
		ana.send(&wire.PasswordFinish{Ref: 5, KE3: ke3, Record: must(r.Finish(reply.Response)), Keep: keep})
		if d, err := next[*wire.Done](ana, 500*time.Millisecond); err == nil {
			return d
		}
		return expect[*wire.Failure](ana)
	}
	if f, ok := change("something else here", "brown paper seven frogs", false).(*wire.Failure); !ok || f.Code != wire.CodeRefused || f.Ref != 5 {
		t.Errorf("with a wrong old password: %+v", f)
	}
	if d, ok := change(secret, "brown paper seven frogs", false).(*wire.Done); !ok || d.Ref != 5 {
		t.Errorf("with the right one: %+v", d)
	}
	other := p.connect(ana.who.newDevice(true), nil)
	expect[*wire.Welcome](other)
	if _, f := other.login(secret); f == nil {
		t.Error("the old password is still good")
	}
	if _, f := other.login("brown paper seven frogs"); f != nil {
		t.Errorf("the new password: %+v", f)
	}
}

// answers returns all that a log-in with a wrong password shows, byte for byte,
// with what must be random as zeros of its length.
func (c *client) answers(name string) [][]byte {
	c.t.Helper()
	_, ke1, err := opaque.StartLogin(c.l.Binding(), "wrong password here")
	if err != nil {
		c.t.Fatal(err)
	}
	c.send(&wire.Login{Name: name, KE1: ke1})
	var out [][]byte
	for {
		switch m := expect[wire.Message](c).(type) {
		case *wire.Welcome:
		case *wire.LoginReply:
			out = append(out, make([]byte, len(wire.Append(nil, m))))
			c.send(&wire.LoginFinish{KE3: make([]byte, opaque.KE3Size)})
		case *wire.Failure:
			return append(out, wire.Append(nil, m))
		default:
			out = append(out, wire.Append(nil, m))
		}
	}
}

// TestUnknownName covers B1: a wrong password and an unknown name are the same in
// bytes, at the first try and at each later one, slow-down and all.
func TestUnknownName(t *testing.T) {
	now := time.Now() // stands still, so that nobody has waited long enough
	p := newPlace(t, chat.JoinByInvite, func(p *place) { p.cfg.Now = func() time.Time { return now } })
	p.owner()
	withPassword(t, p)
	nobody, nobodyToo, known := p.connect(newPerson("X"), nil), p.connect(newPerson("Y"), nil), p.connect(newPerson("Z"), nil)
	for try := range 8 {
		a, b, c := known.answers("Ana"), nobody.answers("Nobody"), nobodyToo.answers("\u202e<no name>")
		if !slices.EqualFunc(a, b, bytes.Equal) || !slices.EqualFunc(a, c, bytes.Equal) {
			t.Errorf("try %d: a wrong password shows\n%x, an unknown name\n%x, what is no name\n%x", try+1, a, b, c)
		}
		if slow := len(a) == 1; slow != (try >= 5) {
			t.Errorf("try %d: slowed down: %v", try+1, slow)
		}
	}
	// Another spelling of a name is the same name.
	if a := p.connect(newPerson("V"), nil).answers("  ANA "); len(a) != 1 {
		t.Error("a name in other letters is not slowed down")
	}
	// What a name without an account answers must be the same each time, or else
	// asking twice would tell it from one that has.
	c := p.connect(newPerson("W"), nil)
	_, ke1, err := opaque.StartLogin(c.l.Binding(), "x")
	if err != nil {
		t.Fatal(err)
	}
	var replies [][]byte
	for range 2 {
		c.send(&wire.Login{Name: "Somebody", KE1: ke1})
		replies = append(replies, expect[*wire.LoginReply](c).KE2[:32]) // the evaluated element
	}
	if !bytes.Equal(replies[0], replies[1]) {
		t.Error("an unknown name evaluates differently each time")
	}
}

// TestRelayedLogin covers B1: somebody in the middle of two channels cannot use
// the proof of one for the other.
func TestRelayedLogin(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite)
	p.owner()
	ana := withPassword(t, p)
	// Ana believes to talk to the host over her channel, and talks to Eve, who
	// passes on every message over her own.
	eve := p.connect(ana.who.newDevice(false), nil)
	expect[*wire.Welcome](eve)
	var anasChannel [32]byte
	_, _ = rand.Read(anasChannel[:])
	l, ke1, err := opaque.StartLogin(anasChannel, secret)
	if err != nil {
		t.Fatal(err)
	}
	eve.send(&wire.Login{Name: "Ana", KE1: ke1})
	if _, err := l.Finish(expect[*wire.LoginReply](eve).KE2); err == nil {
		t.Error("the client took a log-in that came through another channel")
	}
	// The same with a client that does not look.
	eve.send(&wire.LoginFinish{KE3: make([]byte, opaque.KE3Size)})
	expectCode(eve, wire.CodeRefused)
	// And the right password over the right channel works, so this test can fail.
	if _, f := eve.login(secret); f != nil {
		t.Errorf("the log-in that is not relayed: %+v", f)
	}
}

// TestReset is the story of a forgotten password.
func TestReset(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite)
	olga := p.owner()
	ana := withPassword(t, p)
	olga.send(&wire.Admin{Ref: 1, Action: wire.ActionReset, Account: ana.who.account})
	done := expect[*wire.Done](olga)
	if len(done.Text) != 9 || done.Text[4] != '-' || done.Time < time.Now().Add(50*time.Minute).UnixMilli() {
		t.Fatalf("the code is %q until %d", done.Text, done.Time)
	}
	comeBack := func(code string) (*client, *wire.RegisterReply, *opaque.Registration) {
		c := p.connect(ana.who.newDevice(false), nil)
		expect[*wire.Welcome](c)
		r, request, err := opaque.StartRegistration("brown paper seven frogs")
		if err != nil {
			t.Fatal(err)
		}
		c.send(&wire.Register{Name: "Ana", Code: code, Request: request})
		reply, err := next[*wire.RegisterReply](c, 500*time.Millisecond)
		if err != nil {
			expectCode(c, wire.CodeCodeWrong)
			return c, nil, nil
		}
		return c, reply, r
	}
	if _, reply, _ := comeBack("0000-0000"); reply != nil {
		t.Fatal("a wrong code was taken")
	}
	// A restart does not forget the code: its hash is stored with the account.
	p.restart()
	c, reply, r := comeBack(done.Text)
	if reply == nil || reply.Account != ana.who.account {
		t.Fatalf("the right code: %+v", reply)
	}
	ana = p.back(ana.who)
	c.finish(wire.KindIdentity, must(r.Finish(reply.Response)))
	if s := expect[*wire.Session](c); s.Account != ana.who.account {
		t.Errorf("came back as %v", s.Account)
	}
	if bye := ana.ended(patience); bye.Code != wire.CodeSignedOut {
		t.Errorf("the old device: code %d, want signed out", bye.Code)
	}
	if _, reply, _ := comeBack(done.Text); reply != nil {
		t.Error("the code was taken twice")
	}
	other := p.connect(c.who.newDevice(true), nil)
	expect[*wire.Welcome](other)
	if _, f := other.login("brown paper seven frogs"); f != nil {
		t.Errorf("the new password: %+v", f)
	}
}

// TestResetGuessed ends a one-time code after a few wrong ones.
func TestResetGuessed(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite)
	olga := p.owner()
	mia := p.newcomer("Mia", host.Command{})
	olga.send(&wire.Admin{Ref: 1, Action: wire.ActionReset, Account: mia.who.account})
	code := expect[*wire.Done](olga).Text
	wrong := "0000-0000"
	if code == wrong {
		wrong = "0000-0001"
	}
	c := p.connect(newPerson("Mia"), nil)
	expect[*wire.Welcome](c)
	for range 5 {
		c.send(&wire.Register{Name: "Mia", Code: wrong, Request: anyRequest()})
		expectCode(c, wire.CodeCodeWrong)
	}
	c.send(&wire.Register{Name: "Mia", Code: code, Request: anyRequest()})
	f := expectCode(c, wire.CodeSlowDown)
	time.Sleep(time.Duration(f.After) * time.Second)
	c.send(&wire.Register{Name: "Mia", Code: code, Request: anyRequest()})
	expectCode(c, wire.CodeCodeWrong)
}

// TestGuessers covers B1: 1,000 wrong passwords a second leave the connect of a
// known device under a second, and memory bounded.
func TestGuessers(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite)
	olga := p.owner()
	olga.close()
	_, ke1, err := opaque.StartLogin([32]byte{}, "guess")
	if err != nil {
		t.Fatal(err)
	}
	var guesses atomic.Int64
	stop := make(chan struct{})
	var wg sync.WaitGroup
	defer func() { close(stop); wg.Wait() }()
	for g := range 10 {
		wg.Go(func() {
			tick := time.NewTicker(10 * time.Millisecond) // 10 guessers x 100 a second
			defer tick.Stop()
			c := p.connect(newPerson("guesser"), nil)
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				case <-tick.C:
				}
				if n%50 == 49 { // the door takes so many messages only
					c.close()
					c = p.connect(newPerson("guesser"), nil)
				}
				c.send(&wire.Login{Name: "name " + string(rune('a'+g)) + string(rune('a'+n%26)), KE1: ke1})
				guesses.Add(1)
			}
		})
	}
	var before, after runtime.MemStats
	time.Sleep(500 * time.Millisecond)
	runtime.GC()
	runtime.ReadMemStats(&before)
	began, start := time.Now(), guesses.Load()
	slowest := time.Duration(0)
	for time.Since(began) < 3*time.Second {
		t0 := time.Now()
		p.back(olga.who).close()
		slowest = max(slowest, time.Since(t0))
		time.Sleep(100 * time.Millisecond)
	}
	rate := float64(guesses.Load()-start) / time.Since(began).Seconds()
	runtime.GC()
	runtime.ReadMemStats(&after)
	t.Logf("%.0f wrong passwords a second, the slowest connect took %v, heap %d -> %d KiB", rate, slowest, before.HeapAlloc>>10, after.HeapAlloc>>10)
	if slowest > soon {
		t.Errorf("a known device waited %v", slowest)
	}
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 32<<20 {
		t.Errorf("memory grew by %d MiB", grown>>20)
	}
}

// TestWrongHost covers C1: a client that pins another key goes away before it has
// said who it is.
func TestWrongHost(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite)
	conn := must(dialer(p.addr))
	other := must(channel.GenerateKey())
	if _, err := channel.Client(context.Background(), conn, newPerson("Ana").transport, channel.Pin(other.Public())); err == nil {
		t.Fatal("a wrong key was taken")
	}
}

// BenchmarkUnknownName compares the time of a log-in for a name that exists with
// one for a name that does not: the ratio should be 1.
func BenchmarkUnknownName(b *testing.B) {
	var hours atomic.Int64 // an hour passes between two tries, so that none is slowed down
	p := newPlace(b, chat.JoinByInvite, func(p *place) {
		p.cfg.Now = func() time.Time { return time.Unix(0, 0).Add(time.Duration(hours.Load()) * time.Hour) }
	})
	p.owner()
	_, ke1, err := opaque.StartLogin([32]byte{}, "guess")
	if err != nil {
		b.Fatal(err)
	}
	var known, unknown time.Duration
	one := func(name string) time.Duration {
		hours.Add(1)
		c := p.connect(newPerson("x"), nil)
		defer c.close()
		expect[*wire.Welcome](c)
		t0 := time.Now()
		c.send(&wire.Login{Name: name, KE1: ke1})
		expect[*wire.LoginReply](c)
		return time.Since(t0)
	}
	var names []string
	for i := range 40 { // each may be tried a hundred times
		c := p.newcomer("Person "+string("abcdefgh"[i/5])+string("aeouy"[i%5]), host.Command{})
		names = append(names, c.who.name)
		c.close()
	}
	n := 0
	for b.Loop() {
		known += one(names[n%len(names)])
		unknown += one("Nobody " + names[n%len(names)])
		n++
	}
	b.ReportMetric(float64(known.Microseconds())/float64(n), "us/known")
	b.ReportMetric(float64(unknown.Microseconds())/float64(n), "us/unknown")
	b.ReportMetric(float64(unknown)/float64(known), "ratio")
}
