package client

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/snugchat/snug/crypto/channel"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// The waits between two tries to connect: doubled each time, and varied by a
// quarter so that a place that comes back is not met by all at once.
const (
	firstWait = 500 * time.Millisecond
	lastWait  = 30 * time.Second
)

// steady is how long a connection must have held for the waits to begin anew.
const steady = 10 * time.Second

// nextWait returns the wait after one of last; random is in [0, 1).
func nextWait(last time.Duration, random float64) time.Duration {
	wait := min(max(2*last, firstWait), lastWait)
	return min(wait*3/4+time.Duration(random*float64(wait)/2), lastWait)
}

// Run keeps the membership alive until ctx ends: it waits until the device has
// joined, connects, brings everything up to date, sends what waits, and connects
// again when the connection is lost. State says how it goes. When it returns,
// every goroutine that it started has ended; its error is ctx's or the store's.
func (c *Client) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	ctx, stop := context.WithCancelCause(ctx)
	wg.Go(func() { c.files.run(ctx) })
	wg.Go(func() { c.expireTyping(ctx) })
	wg.Go(func() { c.indexOld(ctx) })
	wg.Go(func() { c.watchNetwork(ctx) })
	err := c.run(ctx)
	stop(err)
	wg.Wait()
	c.setState(State{Phase: Idle})
	return err
}

func (c *Client) run(ctx context.Context) error {
	for !c.Joined() {
		select {
		case <-c.retry:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	var wait time.Duration
	unknown := 0 // connections in a row on which the host did not know this device
	banned := 0  // connections in a row that ended with a ban
	for {
		c.setState(State{Phase: Connecting})
		began := c.now()
		err := c.serve(ctx)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if c.now().Sub(began) > steady {
			wait = 0
		}
		if errors.Is(err, ErrUnknownDevice) {
			unknown++
		} else {
			unknown = 0
		}
		if CodeOf(err) == wire.CodeBanned {
			banned++
		} else {
			banned = 0
		}
		final, until := c.final(err, unknown)
		c.log.Debug("connection ended", "err", err, "final", final)
		if final {
			if err := c.stopped(ctx, err, until, banned > 1); err != nil {
				return err
			}
			wait, unknown = 0, 0
			continue
		}
		wait = nextWait(wait, rand.Float64()) //nolint:gosec // spreads clients in time, hides nothing
		if e, ok := errors.AsType[*CodeError](err); ok && e.After > wait {
			wait = e.After
		}
		c.setState(State{Phase: Offline, NextTry: c.now().Add(wait), Err: err})
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-c.retry:
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		}
		timer.Stop()
	}
}

// banWait is how long a device waits at least that was banned at the try after a
// ban: its clock or the host's is wrong.
const banWait = time.Minute

// stopped waits until somebody wants another try, or a timed ban is over. again
// says that the try after a ban ended with one too.
func (c *Client) stopped(ctx context.Context, err error, until time.Time, again bool) error {
	select { // a wish from before does not count
	case <-c.retry:
	default:
	}
	c.setState(State{Phase: Stopped, NextTry: until, Err: err})
	c.log.Info("stopped connecting", "err", err)
	var over <-chan time.Time
	if !until.IsZero() {
		wait := max(until.Sub(c.now()), 0) + time.Second
		if again {
			wait = max(wait, banWait)
		}
		timer := time.NewTimer(wait)
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-over:
	case <-c.retry:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return nil
}

// ErrUnknownDevice says that the host did not recognise this device: it was signed
// out or rejected long ago, or the host was set up anew. Log in again to go on.
var ErrUnknownDevice = errors.New("the host does not know this device")

// maxUnknown is how often the host may not recognise the device before that is
// believed: a host that is slow to answer looks the same.
const maxUnknown = 3

// final says whether an error is one that trying again does not heal.
func (c *Client) final(err error, unknown int) (final bool, until time.Time) {
	if errors.Is(err, ErrWrongHost) || errors.Is(err, ErrCopied) || errors.Is(err, ErrHostRestored) || unknown >= maxUnknown {
		return true, time.Time{}
	}
	e, ok := errors.AsType[*CodeError](err)
	if !ok {
		return false, time.Time{}
	}
	switch e.Code {
	case wire.CodeBanned:
		return true, e.Until
	case wire.CodeRemoved, wire.CodeRejected, wire.CodeSignedOut, wire.CodeElsewhere, wire.CodeTooOld, wire.CodeTooNew, wire.CodeWrongKey, wire.CodeNoAccount:
		return true, time.Time{}
	}
	return false, time.Time{}
}

// greetTimeout is how long the host may take to say who this device is.
const greetTimeout = 15 * time.Second

// serve runs one connection from the first address to its end. The end of a ban
// in its error is by this computer's clock, which may differ from the host's.
func (c *Client) serve(ctx context.Context) (err error) {
	c.mu.Lock()
	place := c.place
	c.mu.Unlock()
	key, err := channel.NewPrivateKey(place.Keys.Transport[:])
	if err != nil {
		return err
	}
	pin, err := channel.NewPublicKey(place.Host[:])
	if err != nil {
		return err
	}
	conn, err := c.reach(ctx, place.Addresses, key, channel.Pin(pin))
	if err != nil {
		return err
	}
	// The link outlives ctx a little: what is queued goes out when ctx ends.
	l := newLine(context.WithoutCancel(ctx), c, conn)
	defer l.hangUp()
	greeting, cancel := context.WithTimeoutCause(ctx, greetTimeout, ErrUnknownDevice)
	defer cancel()
	welcome, err := l.greet(greeting, c.cfg.Program, nil)
	if err != nil {
		return err
	}
	ahead := c.now().Sub(timeOf(welcome.Now)) // of the host's clock
	defer func() {
		if e, ok := errors.AsType[*CodeError](err); ok && !e.Until.IsZero() {
			e.Until = e.Until.Add(ahead)
		}
	}()
	s, err := newSession(ctx, c, l)
	if err != nil {
		return err
	}
	if s.restored = welcome.Lineage != place.Lineage && place.Lineage != [16]byte{}; s.restored {
		c.log.Warn("the place was restored from a backup")
		s.forgetEarly()
	}
	s.lineage = welcome.Lineage
	for {
		m, err := l.receive(greeting)
		if err != nil {
			return err
		}
		switch m := m.(type) {
		case *wire.Session:
			return s.run(ctx, m)
		case *wire.Failure, *wire.Goodbye:
			return reasonOf(m)
		}
	}
}

// expireTyping tells screens when somebody stopped writing, and when a comparison
// took too long.
func (c *Client) expireTyping(ctx context.Context) {
	ticker := time.NewTicker(500 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		c.mu.Lock()
		changed, _ := c.typing.Expire(c.now())
		c.mu.Unlock()
		c.comparing.expire(c.now())
		if len(changed) > 0 {
			c.feed.publish(func(ch *Changes) {
				ch.Typing = make(map[chat.RoomID]bool)
				for _, r := range changed {
					ch.Typing[r] = true
				}
			})
		}
	}
}

func (c *Client) sessionChanged(ctx context.Context, m *wire.Session) error {
	err := c.savePlace(ctx, func(p *clientdb.Place) {
		p.Person, p.Role, p.State, p.HasPass, p.MaxFile = m.Name, m.Role, m.State, m.HasPass, m.MaxFile
	})
	if err != nil {
		return err
	}
	c.mu.Lock()
	account := c.place.Account
	c.mu.Unlock()
	if account != m.Account {
		return fmt.Errorf("%w: session of another account", ErrProtocol)
	}
	c.feed.publish(func(ch *Changes) { ch.Me = true })
	return nil
}
