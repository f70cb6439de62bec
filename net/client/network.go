package client

import (
	"context"
	"net"
	"slices"
	"time"
)

// networkEvery is how often the addresses of this computer are looked at: a call
// of some microseconds, the same on every system.
const networkEvery = 2 * time.Second

// sleptFor is how much longer the clock on the wall must have gone than the
// program ran, for a computer that was asleep.
const sleptFor = 10 * time.Second

// addresses returns those of this computer that others can reach, sorted.
func addresses() []string {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil // nothing is known, and nothing changes
	}
	var out []string
	for _, a := range all {
		if ip, ok := a.(*net.IPNet); ok && !ip.IP.IsLoopback() && !ip.IP.IsLinkLocalUnicast() {
			out = append(out, ip.IP.String())
		}
	}
	slices.Sort(out)
	return out
}

// watchNetwork connects at once when the network changed or the computer woke up,
// instead of at the next try, and ends a connection that hangs on an address that
// is gone or that slept: nobody would notice for DeadAfter that it is dead.
func (c *Client) watchNetwork(ctx context.Context) {
	tick := time.NewTicker(networkEvery)
	defer tick.Stop()
	before := c.cfg.Addresses()
	ran, wall := time.Now(), time.Now().Round(0)
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		now := c.cfg.Addresses()
		next := time.Now()
		slept := next.Round(0).Sub(wall)-next.Sub(ran) > sleptFor
		ran, wall = next, next.Round(0)
		again, hangUp := changed(before, now, slept)
		before = now
		if !again {
			continue
		}
		c.mu.Lock()
		l, phase := c.line, c.state.Phase
		c.mu.Unlock()
		switch {
		case l != nil && hangUp:
			c.log.Info("the network changed, connecting again", "slept", slept)
			c.Reconnect()
			l.link.Close()
		case phase == Offline:
			c.log.Info("the network changed, connecting at once", "slept", slept)
			c.Reconnect()
		}
	}
}

// changed says whether to connect at once, and whether a connection that is there
// has to end for it.
func changed(before, now []string, slept bool) (again, hangUp bool) {
	gone := slices.ContainsFunc(before, func(a string) bool { return !slices.Contains(now, a) })
	return slept || gone && len(now) > 0 || !slices.Equal(before, now) && len(now) > 0, slept || gone && len(now) > 0
}
