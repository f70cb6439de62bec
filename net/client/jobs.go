package client

import (
	"context"
	"errors"
	"sync/atomic"
)

// maxJobs is how many calls of others may wait for the goroutine of a session.
const maxJobs = 64

// inSession runs f on the goroutine of the logged-in connection, which owns the
// groups of sealed rooms, and waits for it. f must not wait for the host.
// ErrOffline says that there is no connection, or that it ended meanwhile.
func (c *Client) inSession(ctx context.Context, f func(ctx context.Context, s *session) error) error {
	c.mu.Lock()
	s := c.session
	joined := c.place.Joined
	c.mu.Unlock()
	switch {
	case !joined:
		return ErrNotJoined
	case s == nil:
		return ErrOffline
	}
	result := make(chan error, 1)
	var taken atomic.Bool // by the session, which runs f, or by this call, which gives up
	select {
	case s.jobs <- func(ctx context.Context) error {
		if taken.Swap(true) {
			return nil
		}
		err := f(ctx, s)
		result <- err
		if errors.Is(err, errStore) {
			return err
		}
		return nil
	}:
	case <-s.ended:
		return ErrOffline
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	var why error
	select {
	case err := <-result:
		return err
	case <-s.ended:
		why = ErrOffline
	case <-ctx.Done():
		why = context.Cause(ctx)
	}
	if taken.Swap(true) {
		return <-result // f runs now, and may write where the caller reads
	}
	return why
}

// errStore marks an error of a job that ends the session.
var errStore = errors.New("store failed")

// tell runs f on the goroutine of the session. It is for goroutines that the
// session has started; f is dropped if the session ends first.
func (s *session) tell(ctx context.Context, f func(context.Context) error) {
	select {
	case s.jobs <- f:
	case <-s.ended:
	case <-ctx.Done():
	}
}

// poke is tell for what may be lost: it does not wait.
func (c *Client) poke(f func(ctx context.Context, s *session)) {
	c.mu.Lock()
	s := c.session
	c.mu.Unlock()
	if s == nil {
		return
	}
	select {
	case s.jobs <- func(ctx context.Context) error { f(ctx, s); return nil }:
	default:
	}
}

// background runs f on a goroutine of its own, which ends with the session. It
// must use tell to change anything.
func (s *session) background(f func(ctx context.Context)) {
	s.wg.Go(func() { f(s.ctx) })
}
