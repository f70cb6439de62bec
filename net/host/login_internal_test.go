package host

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestBackOff(t *testing.T) {
	for _, c := range []struct {
		fails uint32
		want  time.Duration
	}{
		{0, 0},
		{4, 0},
		{5, time.Second},
		{6, 2 * time.Second},
		{7, 4 * time.Second},
		{14, 512 * time.Second},
		{15, mostWait},
		{16, mostWait},
		{99, mostWait},
		{1 << 31, mostWait},
	} {
		if got := backOff(c.fails); got != c.want {
			t.Errorf("after %d wrong passwords: %v, want %v", c.fails, got, c.want)
		}
	}
}

// TestAttempts covers B1: how often somebody may guess.
func TestAttempts(t *testing.T) {
	a := newAttempts()
	now := time.Unix(1_000_000, 0)
	guesses := 0
	for hour := range 24 * 7 { // a patient guesser, who comes back as soon as he may
		for end := now.Add(time.Hour); now.Before(end); {
			if _, wait := a.try(now, "ana"); wait > 0 {
				now = now.Add(wait)
				continue
			}
			guesses++
		}
		if hour == 0 && guesses > 20 {
			t.Errorf("%d guesses in the first hour, want at most 20", guesses)
		}
	}
	if guesses != hardStop {
		t.Errorf("%d guesses in a week, want the hard stop at %d", guesses, hardStop)
	}
	if _, wait := a.try(now, "ben"); wait != 0 {
		t.Errorf("another name has to wait %v", wait)
	}
	a.clear("ana")
	if fails, wait := a.try(now, "ana"); wait != 0 || fails != 1 {
		t.Errorf("after a reset: %d, wait %v", fails, wait)
	}
	a.set("cem", 7, now.UnixMilli()) // as it was stored
	if _, wait := a.try(now.Add(time.Second), "cem"); wait != 3*time.Second {
		t.Errorf("after a restart: wait %v, want 3s", wait)
	}
	if _, wait := a.try(now.Add(-time.Hour), "cem"); wait != 4*time.Second {
		t.Errorf("with a clock set back: wait %v, want 4s", wait)
	}
}

// TestVisitors covers B1: many guesses from one address are slowed, never
// refused; computers of the local network are not slowed.
func TestVisitors(t *testing.T) {
	var v visitors
	now := time.Unix(1_000_000, 0)
	at := func(s string) net.Addr { return net.TCPAddrFromAddrPort(netipMust(s)) }
	slowed := 0
	for range 100 { // in a minute
		now = now.Add(600 * time.Millisecond)
		wait := v.delay(now, at("198.51.100.7:1000"), 0.5, 20)
		if wait > mostDelay {
			t.Fatalf("held back for %v, want at most %v", wait, mostDelay)
		}
		if wait > 0 {
			slowed++
		}
	}
	if slowed < 60 {
		t.Errorf("%d of 100 guesses in a minute were slowed", slowed)
	}
	if wait := v.delay(now, at("198.51.100.8:1000"), 0.5, 20); wait != 0 {
		t.Errorf("a neighbour has to wait %v", wait)
	}
	for range 50 {
		for _, near := range []string{"127.0.0.1:5", "192.168.1.5:5", "10.0.0.1:5", "[::1]:5", "[fe80::1]:5", "[fd00::1]:5"} {
			if wait := v.delay(now, at(near), 0.5, 20); wait != 0 {
				t.Fatalf("%s has to wait %v", near, wait)
			}
		}
	}
	if a, b := prefixString("[2001:db8::1]:5"), prefixString("[2001:db8::ffff:1]:5"); a != b {
		t.Errorf("two addresses of one IPv6 customer are %s and %s", a, b)
	}
	for i := range 3 * maxVisitors {
		v.delay(now, at(fmt.Sprintf("203.%d.%d.%d:5", i>>16, i>>8&255, i&255)), 0.5, 20)
	}
	if n := len(v.prefixes); n > maxVisitors {
		t.Errorf("%d prefixes are remembered, want at most %d", n, maxVisitors)
	}
}

// TestEvaluator bounds what log-ins may cost at once, and for how long they wait.
func TestEvaluator(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEvaluator()
		release := make(chan struct{})
		var mu sync.Mutex
		running, most := 0, 0
		var wg sync.WaitGroup
		for range cap(e.run) {
			wg.Go(func() {
				e.do(context.Background(), func() {
					mu.Lock()
					running++
					most = max(most, running)
					mu.Unlock()
					<-release
				})
			})
		}
		synctest.Wait()
		start := time.Now()
		done := make(chan bool, 2*maxEvaluating)
		for range 2 * maxEvaluating {
			wg.Go(func() { done <- e.do(context.Background(), func() {}) })
		}
		synctest.Wait()
		if want := 2*maxEvaluating - (maxEvaluating - cap(e.run)); len(done) != want {
			t.Errorf("%d were told at once that it is too much, want %d", len(done), want)
		}
		time.Sleep(evaluationWait)
		synctest.Wait()
		if len(done) != 2*maxEvaluating || time.Since(start) != evaluationWait {
			t.Errorf("after %v %d have an answer, want all", time.Since(start), len(done))
		}
		close(release)
		wg.Wait()
		if most != cap(e.run) {
			t.Errorf("%d ran at once, want %d", most, cap(e.run))
		}
		close(done)
		for did := range done {
			if did {
				t.Error("one ran although there was no room")
			}
		}
	})
}

func netipMust(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

func prefixString(s string) string {
	p, _ := prefixOf(net.TCPAddrFromAddrPort(netipMust(s)))
	return p.String()
}
