package client_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/snugchat/snug/net/client"
)

// FEATURES P1, P2: when the network comes back a client connects at once, not at its
// next try, and a connection on an address that is gone ends at once.
func TestNetworkChange(t *testing.T) {
	p := newPlace(t)
	var mu sync.Mutex
	now := []string{"10.0.0.5"}
	set := func(to ...string) {
		mu.Lock()
		defer mu.Unlock()
		now = to
	}
	var down atomic.Bool
	var dials atomic.Int64
	ana := p.join("Ana", func(cfg *client.Config) {
		cfg.Addresses = func() []string {
			mu.Lock()
			defer mu.Unlock()
			return now
		}
		cfg.Dial = func(ctx context.Context, address string) (net.Conn, error) {
			if dials.Add(1); down.Load() {
				return nil, errors.New("no network")
			}
			var d net.Dialer
			return d.DialContext(ctx, "tcp", address)
		}
	})
	before := dials.Load()
	set("192.168.1.7")
	ana.until("connected again from the new address", func() bool {
		return dials.Load() > before && ana.State().Phase == client.Online
	})
	down.Store(true)
	set() // no network at all
	p.stop()
	ana.until("waits long for the next try", func() bool {
		s := ana.State()
		return s.Phase == client.Offline && time.Until(s.NextTry) > 5*time.Second
	})
	next := ana.State().NextTry
	p.start()
	down.Store(false)
	set("192.168.1.7")
	ana.until("online before the next try was due", func() bool { return ana.State().Phase == client.Online })
	if time.Now().After(next) {
		t.Error("it waited for its next try")
	}
}
