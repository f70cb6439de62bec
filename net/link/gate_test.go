package link

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/snugchat/snug/crypto/channel"
)

func from(text string) net.Addr {
	return net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(text), 50000))
}

// nothing ends a connection that a test does not have.
func nothing() {}

// other returns the n-th of many public IPv4 addresses.
func other(n int) net.Addr { return from(fmt.Sprintf("81.%d.%d.%d", n>>16&255, n>>8&255, n&255)) }

// at is a connection that seems to come from an address.
type at struct {
	net.Conn
	addr net.Addr
}

func (c at) RemoteAddr() net.Addr { return c.addr }

// now is Wait for a connection that does not want to wait.
func (g *Gate) now(addr net.Addr) (*Pass, error) {
	p, err := g.enter(addr)
	if err == nil && p.turn != nil && p.giveUp() {
		return nil, ErrBusy
	}
	return p, err
}

// TestHalfOpen is the story of a flood: 256 connections that say nothing, the
// 257th is refused, and all is well 5 s later.
func TestHalfOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Gate
		host := newKey(t)
		var wg sync.WaitGroup
		for n := range MaxHalfOpen {
			near, _ := net.Pipe() // the far end stays open
			c := at{near, other(n)}
			wg.Go(func() {
				pass, err := g.now(c.RemoteAddr())
				if err != nil {
					t.Error(err)
					return
				}
				defer pass.Leave()
				if _, err := channel.Server(t.Context(), c, host); !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("got %v, want %v", err, os.ErrDeadlineExceeded)
				}
			})
		}
		synctest.Wait()
		if _, err := g.now(other(MaxHalfOpen)); !errors.Is(err, ErrBusy) {
			t.Errorf("the 257th: %v, want %v", err, ErrBusy)
		}
		start := time.Now()
		wg.Wait()
		if got, want := time.Since(start), channel.HandshakeTimeout; got != want {
			t.Errorf("over after %v, want %v", got, want)
		}
		if _, err := g.now(other(MaxHalfOpen)); err != nil {
			t.Errorf("after the flood: %v", err)
		}
	})
}

func TestOnePrefixCannotTakeAll(t *testing.T) {
	for name, c := range map[string]struct {
		same  func(n int) net.Addr
		other net.Addr
	}{
		"an IPv4 address":       {func(int) net.Addr { return from("81.2.3.4") }, from("81.2.3.5")},
		"an IPv4 address as v6": {func(int) net.Addr { return from("::ffff:81.2.3.4") }, from("::ffff:81.2.3.5")},
		"both forms of one":     {func(n int) net.Addr { return from([]string{"::ffff:81.2.3.4", "81.2.3.4"}[n%2]) }, from("81.2.3.5")},
		"an IPv6 /64":           {func(n int) net.Addr { return from(fmt.Sprintf("2a01:4f8:1:2::%x", n)) }, from("2a01:4f8:1:3::1")},
		"loopback":              {func(int) net.Addr { return from("127.0.0.1") }, from("127.0.0.2")},
		"a local network":       {func(int) net.Addr { return from("192.168.1.7") }, from("192.168.1.8")},
		"no IP address":         {func(int) net.Addr { return &net.UnixAddr{Name: "@x", Net: "unix"} }, from("81.2.3.5")},
	} {
		var g Gate
		var passes []*Pass
		for n := range MaxHalfOpenPerPrefix {
			p, err := g.now(c.same(n))
			if err != nil {
				t.Fatalf("%s: connection %d: %v", name, n, err)
			}
			passes = append(passes, p)
		}
		if _, err := g.now(c.same(99)); !errors.Is(err, ErrBusy) {
			t.Errorf("%s: one more: %v, want %v", name, err, ErrBusy)
		}
		if _, err := g.now(c.other); err != nil {
			t.Errorf("%s: another prefix: %v", name, err)
		}
		passes[0].Open(nothing)
		if _, err := g.now(c.same(99)); err != nil {
			t.Errorf("%s: after a handshake: %v", name, err)
		}
		passes[1].Leave()
		passes[1].Leave()       // once is enough
		passes[1].Open(nothing) // and for ever
		if _, err := g.now(c.same(99)); err != nil {
			t.Errorf("%s: after one left: %v", name, err)
		}
		if _, err := g.now(c.same(99)); !errors.Is(err, ErrBusy) {
			t.Errorf("%s: full again: %v, want %v", name, err, ErrBusy)
		}
	}
}

// TestCrowdWaits is the story of a host that is there again: many members come at once,
// all but the first wait a moment, in the order in which they came, and each gets in. What
// comes above that is refused, and so is who has waited for [MaxWait].
func TestCrowdWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Gate
		var wg sync.WaitGroup
		var mu sync.Mutex // guards what follows
		var order []int
		busy := 0
		come := func(n int, addr net.Addr, shakes time.Duration) {
			wg.Go(func() {
				p, err := g.Wait(t.Context(), addr)
				mu.Lock()
				if order = append(order, n); err != nil {
					order = order[:len(order)-1]
					busy++
				}
				mu.Unlock()
				if err == nil {
					time.Sleep(shakes)
					p.Leave()
				} else if !errors.Is(err, ErrBusy) {
					t.Errorf("got %v, want %v", err, ErrBusy)
				}
			})
			synctest.Wait() // they come one after the other
		}
		for n := range MaxHalfOpen + MaxWaiting + 3 {
			come(n, other(n), 300*time.Millisecond)
		}
		wg.Wait()
		if got, want := len(order), MaxHalfOpen+MaxWaiting; got != want {
			t.Errorf("%d came in, want %d", got, want)
		}
		for i, n := range order { // as many at once as there are places
			if got, want := n/MaxHalfOpen, i/MaxHalfOpen; got != want {
				t.Fatalf("number %d came in as one of lot %d, want lot %d", n, want, got)
			}
		}
		if busy != 3 {
			t.Errorf("%d were refused, want 3", busy)
		}

		order, busy = nil, 0
		for n := range MaxHalfOpen + 1 { // handshakes that are not done in time
			come(n, other(n), MaxWait+time.Second)
		}
		begin := time.Now()
		synctest.Wait()
		wg.Wait()
		if busy != 1 {
			t.Errorf("%d were refused, want 1, after %v", busy, time.Since(begin))
		}
		if g.halfOpen != 0 || len(g.waiting) != 0 {
			t.Errorf("%d half open and %d waiting are left", g.halfOpen, len(g.waiting))
		}
	})
}

// TestOnePrefixWaitsForItself shows that those who wait for a place of their own prefix
// hold up nobody else, and are few.
func TestOnePrefixWaitsForItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Gate
		var first *Pass
		for n := range MaxHalfOpenPerPrefix {
			p, err := g.Wait(t.Context(), from("81.2.3.4"))
			if err != nil {
				t.Fatalf("connection %d: %v", n, err)
			}
			first = p
		}
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		in := 0
		for range MaxWaitingPerPrefix {
			wg.Go(func() {
				if _, err := g.Wait(ctx, from("81.2.3.4")); err == nil {
					in++ // the only one
				} else if !errors.Is(err, context.Canceled) {
					t.Errorf("got %v, want %v", err, context.Canceled)
				}
			})
		}
		synctest.Wait()
		if _, err := g.Wait(t.Context(), from("81.2.3.4")); !errors.Is(err, ErrBusy) {
			t.Errorf("one more that waits: %v, want %v", err, ErrBusy)
		}
		if p, err := g.Wait(t.Context(), from("81.2.3.5")); err != nil {
			t.Errorf("the neighbour: %v", err)
		} else {
			p.Leave() // which lets nobody else in
		}
		synctest.Wait()
		if in != 0 {
			t.Errorf("%d came in by another's place", in)
		}
		first.Open(nothing)
		synctest.Wait()
		if in != 1 {
			t.Errorf("%d came in when a handshake was done, want 1", in)
		}
		cancel()
		wg.Wait()
		v := first.visits
		if got, want := v.attempts, MaxHalfOpenPerPrefix+1; got != want || v.waiting != 0 {
			t.Errorf("%d attempts, want %d; %d wait", got, want, v.waiting)
		}
	})
}

func TestAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Gate
		attempt := func(addr string, login bool) error {
			p, err := g.now(from(addr))
			if err != nil {
				return err
			}
			defer p.Leave()
			p.Open(nothing)
			if login {
				p.LoggedIn()
				p.LoggedIn() // counts once
			}
			return nil
		}
		for n := range 10 * MaxAttempts {
			if err := attempt("81.2.3.4", true); err != nil {
				t.Fatalf("login %d: %v", n, err)
			}
		}
		for n := range MaxAttempts {
			if err := attempt("81.2.3.4", false); err != nil {
				t.Fatalf("attempt %d: %v", n, err)
			}
		}
		if err := attempt("81.2.3.4", true); !errors.Is(err, ErrTooMany) {
			t.Errorf("one more: %v, want %v", err, ErrTooMany)
		}
		if err := attempt("81.2.3.5", false); err != nil {
			t.Errorf("the neighbour: %v", err)
		}
		time.Sleep(AttemptWindow - time.Second)
		if err := attempt("81.2.3.4", true); !errors.Is(err, ErrTooMany) {
			t.Errorf("just before the window ends: %v, want %v", err, ErrTooMany)
		}
		time.Sleep(time.Second)
		if err := attempt("81.2.3.4", true); err != nil {
			t.Errorf("after the window: %v", err)
		}
		for _, local := range []string{"127.0.0.1", "::1", "192.168.1.2", "10.0.0.1", "172.16.3.4", "fd00::1", "fe80::1", "169.254.1.1"} {
			for n := range 2 * MaxAttempts {
				if err := attempt(local, false); err != nil {
					t.Fatalf("%s, attempt %d: %v", local, n, err)
				}
			}
		}
	})
}

// TestLoginOfAnOlderWindow logs in after the window in which it was counted:
// the new window must not get an attempt back for it.
func TestLoginOfAnOlderWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Gate
		enter := func() (*Pass, error) {
			p, err := g.now(from("81.2.3.4"))
			if err == nil {
				p.Open(nothing)
			}
			return p, err
		}
		old, err := enter()
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(AttemptWindow)
		for range MaxAttempts {
			p, err := enter()
			if err != nil {
				t.Fatal(err)
			}
			p.Leave()
		}
		old.LoggedIn()
		if _, err := enter(); !errors.Is(err, ErrTooMany) {
			t.Errorf("got %v, want %v", err, ErrTooMany)
		}
	})
}

// stranger comes from an address to where one is neither half open nor logged in,
// and reports whether its connection is still open.
func stranger(t *testing.T, g *Gate, addr net.Addr) (p *Pass, open func() bool) {
	t.Helper()
	p, err := g.now(addr)
	if err != nil {
		t.Fatal(err)
	}
	ended := false
	p.Open(func() {
		if ended {
			t.Error("ended twice")
		}
		ended = true
	})
	return p, func() bool { return !ended }
}

// TestStrangersAreBounded shows that connections that do not log in make room for
// those that come after them, and never keep anybody out.
func TestStrangersAreBounded(t *testing.T) {
	var g Gate
	var passes []*Pass
	var open []func() bool
	for n := range MaxStrangers {
		p, o := stranger(t, &g, other(n))
		passes, open = append(passes, p), append(open, o)
	}
	passes[0].LoggedIn()
	for n := range 3 { // the first of them takes the place of the one who logged in
		p, o := stranger(t, &g, other(MaxStrangers+n))
		passes, open = append(passes, p), append(open, o)
	}
	for n, o := range open {
		if want := n == 0 || n > 2; o() != want {
			t.Errorf("connection %d: open %v, want %v", n, o(), want)
		}
	}
	if got := len(g.strangers); got != MaxStrangers {
		t.Errorf("%d strangers, want %d", got, MaxStrangers)
	}
	passes[1].LoggedIn() // too late
	for _, p := range passes {
		p.Leave()
	}
	if g.halfOpen != 0 || len(g.strangers) != 0 {
		t.Errorf("%d half open and %d strangers are left", g.halfOpen, len(g.strangers))
	}
}

// TestOnePrefixHoldsFewStrangers shows that a prefix that holds many connections
// open ends its own oldest ones, and nobody else's: not even this computer or a
// local network can fill all places.
func TestOnePrefixHoldsFewStrangers(t *testing.T) {
	for _, addr := range []string{"127.0.0.1", "192.168.1.7", "81.2.3.4", "2a01:4f8:1:2::1"} {
		var g Gate
		_, friend := stranger(t, &g, from("203.0.113.5"))
		var open []func() bool
		for range MaxStrangersPerPrefix + 20 {
			_, o := stranger(t, &g, from(addr))
			open = append(open, o)
		}
		for n, o := range open {
			if want := n >= 20; o() != want {
				t.Errorf("%s, connection %d: open %v, want %v", addr, n, o(), want)
			}
		}
		if !friend() {
			t.Errorf("%s: another's connection was ended", addr)
		}
		if got, want := len(g.strangers), MaxStrangersPerPrefix+1; got != want {
			t.Errorf("%s: %d strangers, want %d", addr, got, want)
		}
	}
}

// TestSchoolBehindOneAddress lets a class of 30 look at a place and join it, each
// with a few tries, within a minute.
func TestSchoolBehindOneAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Gate
		for range 30 {
			for try := range 6 {
				p, err := g.now(from("81.2.3.4"))
				if err != nil {
					t.Fatal(err)
				}
				p.Open(nothing)
				if try == 5 {
					p.LoggedIn()
				}
				p.Leave()
			}
			time.Sleep(2 * time.Second)
		}
	})
}

// TestGateForgets bounds the gate's own memory: by number while a flood lasts,
// and to nothing after it.
func TestGateForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Gate
		open, err := g.now(other(1 << 20))
		if err != nil {
			t.Fatal(err)
		}
		for n := range 3 * MaxPrefixes {
			p, err := g.now(other(n))
			if err != nil {
				t.Fatal(err)
			}
			p.Leave()
			if len(g.prefixes) > MaxPrefixes {
				t.Fatalf("%d prefixes are remembered, at most %d may be", len(g.prefixes), MaxPrefixes)
			}
		}
		prefix, _ := prefixOf(other(1 << 20))
		if g.prefixes[prefix] != open.visits {
			t.Error("a prefix with an open connection was forgotten")
		}
		open.Leave()
		time.Sleep(AttemptWindow)
		if _, err := g.now(other(0)); err != nil {
			t.Fatal(err)
		}
		if got, want := len(g.prefixes), 1; got != want {
			t.Errorf("%d prefixes are remembered after the window, want %d", got, want)
		}
	})
}

func TestGateIsConcurrent(t *testing.T) {
	var g Gate
	var wg sync.WaitGroup
	for n := range 64 {
		wg.Go(func() {
			for i := range 200 {
				p, err := g.now(other(n % 8))
				if err != nil {
					continue
				}
				p.Open(nothing)
				if i%3 == 0 {
					p.LoggedIn()
				}
				p.Leave()
			}
		})
	}
	wg.Wait()
	if g.halfOpen != 0 || len(g.strangers) != 0 {
		t.Errorf("%d half open and %d strangers are left", g.halfOpen, len(g.strangers))
	}
}
