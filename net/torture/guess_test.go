//go:build unix

package torture

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	mathrand "math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/snugchat/snug/crypto/opaque"
	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/wire"
)

// freeGuesses is how many passwords may be tried for a name before one has to wait, a
// second and then twice as long each time (host.attempts).
const freeGuesses = 5

// Fault 7: a flood of wrong passwords, for one name and for many, from many
// addresses of this computer's net, where nobody is slowed for his address. The
// passwords that are tried for the one name are as few as if it were alone; of the rest no
// more are computed at once than the host has room for; and those who are in do not
// notice, and a known device comes in. Seen to fail without the back-off of names
// and without the bound on what is computed at once.
func TestLoginFlood(t *testing.T) {
	deadline(t, floodTime+10*time.Minute)
	p := newPlace(t)
	ana, ben, cleo := p.join("ana", nil), p.join("ben", nil), p.join("cleo", nil)
	g := &guessers{addr: p.addr, host: [32]byte(ana.hostKey()), target: "ana"}
	login, ke1, err := opaque.StartLogin([32]byte{}, "a wrong password")
	if err != nil {
		t.Fatal(err)
	}
	login.Discard()
	g.ke1 = ke1 // one for all: the host computes as much for it
	before := p.measure()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	began := time.Now()
	var wg sync.WaitGroup
	for i := range guessing {
		wg.Go(func() { g.run(ctx, fmt.Sprintf("127.0.%d.%d", 1+i/100, 1+i%100)) })
	}
	ana.until("the host has no room for more log-ins", func() bool { return g.turnedAway.Load() > 0 })
	var heard, entered delays
	var grown int64
	for full := time.Now(); time.Since(full) < floodTime || len(entered) < 3; {
		heard = append(heard, ana.deliver(ben))
		cleo.stop()
		cleo.open()
		began := time.Now()
		cleo.until("online", func() bool { return cleo.State().Phase == client.Online })
		entered = append(entered, time.Since(began))
		grown = max(grown, p.measure().memory-before.memory)
	}
	cancel()
	wg.Wait()
	took := time.Since(began)
	acked, lost, twice := p.rec.check(ana, ben, cleo)
	all := g.tried.Load() + g.turnedAway.Load() + g.toldToWait.Load()
	report(t, result{fmt.Sprintf("7 %d guess passwords at once", guessing), int(all), acked, lost, twice, fmt.Sprintf(
		"%.0f a second, %d of one name tried, %d of %d turned away, %v, known device in p99 %v, host grew by %d MiB",
		float64(all)/took.Seconds(), g.targeted.Load(), g.turnedAway.Load(), all, heard, entered.p99().Round(time.Millisecond), grown>>20)})
	if n, most := g.targeted.Load(), int64(freeGuesses+bits.Len(uint(took.Seconds()))); n == 0 || n > most {
		t.Errorf("%d passwords were tried for one name in %v, of at most %d", n, took, most)
	}
	if g.right.Load() > 0 {
		t.Errorf("%d guesses were right", g.right.Load())
	}
	if grown > 256<<20 {
		t.Errorf("the host grew by %d MiB", grown>>20)
	}
	if p99 := heard.p99(); p99 > time.Second*slower {
		t.Errorf("for those who were in a message took %v", p99)
	}
	if p99 := entered.p99(); p99 > time.Second*slower {
		t.Errorf("a known device took %v", p99)
	}
}

// guessers try passwords, with devices that nobody knows. They save themselves the work of
// the password's hash.
type guessers struct {
	addr   string
	host   [32]byte
	target string // one of them in twenty guesses for this name
	ke1    []byte

	tried      atomic.Int64 // guesses that the host computed something for
	targeted   atomic.Int64 // of them for the target
	turnedAway atomic.Int64 // that it had no room for
	toldToWait atomic.Int64 // that came too soon for their name
	right      atomic.Int64
}

// run guesses from an address, on as many connections as that takes.
func (g *guessers) run(ctx context.Context, from string) {
	for ctx.Err() == nil {
		c, err := call(ctx, g.addr, from, deviceKey(mathrand.IntN(1<<40)), g.host)
		if err != nil {
			pause(ctx, 100*time.Millisecond)
			continue
		}
		if c.say(&wire.Hello{Min: wire.MinVersion, Max: wire.Version, Program: "Snug torture"}) == nil {
			if _, err := until[*wire.Welcome](ctx, c); err == nil {
				for g.guess(ctx, c) == nil {
				}
			}
		}
		c.end()
	}
}

// guess tries one password. A connection is good for some thirty.
func (g *guessers) guess(ctx context.Context, c *caller) error {
	name := fmt.Sprintf("somebody %d", mathrand.Int64())
	if mathrand.IntN(20) == 0 {
		name = g.target
	}
	if err := c.say(&wire.Login{Name: name, KE1: g.ke1}); err != nil {
		return err
	}
	var no *refusal
	if _, err := until[*wire.LoginReply](ctx, c); errors.As(err, &no) {
		switch no.code {
		case wire.CodeBusy:
			g.turnedAway.Add(1)
		case wire.CodeSlowDown:
			g.toldToWait.Add(1)
		default:
			return err
		}
		pause(ctx, 50*time.Millisecond)
		return nil
	} else if err != nil {
		return err
	}
	g.tried.Add(1)
	if name == g.target {
		g.targeted.Add(1)
	}
	if err := c.say(&wire.LoginFinish{KE3: make([]byte, opaque.KE3Size)}); err != nil {
		return err
	}
	if _, err := until[*wire.LoginProved](ctx, c); !errors.As(err, &no) {
		if err == nil {
			g.right.Add(1)
		}
		return err
	}
	return nil
}

// pause waits, or for the end of ctx.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
