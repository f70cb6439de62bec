package client

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/snugchat/snug/crypto/channel"
	"github.com/snugchat/snug/net/link"
	"github.com/snugchat/snug/net/wire"
)

// raceAfter is how long the next address of a place waits for the one before it
// (Happy Eyeballs, RFC 8305, section 8, recommends 250 ms).
const raceAfter = 250 * time.Millisecond

// dialTimeout is how long one address may take to answer.
const dialTimeout = 10 * time.Second

// maxInbox is how many messages may wait for the goroutine that handles them;
// then the connection is not read any further. At most 60 KiB each.
const maxInbox = 64

// farewell is how long the last messages of a connection may take.
const farewell = 2 * time.Second

// reach opens a channel to the first of the addresses that proves to be the
// right host. When none does, the error is ErrWrongHost if any of them showed
// another key, else ErrUnreachable.
func (c *Client) reach(ctx context.Context, addresses []string, key channel.PrivateKey, verify func(channel.PublicKey) error) (*channel.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type result struct {
		conn *channel.Conn
		err  error
	}
	results := make(chan result, len(addresses))
	var wg sync.WaitGroup
	next := make([]chan struct{}, len(addresses)+1) // closed: this address may begin
	for i := range next {
		next[i] = make(chan struct{})
	}
	for i, address := range addresses {
		wg.Go(func() {
			if i > 0 {
				select {
				case <-next[i]:
				case <-time.After(time.Duration(i) * raceAfter):
				case <-ctx.Done():
				}
			}
			conn, err := c.open(ctx, address, key, verify)
			close(next[i+1]) // one that failed lets the next begin at once
			results <- result{conn, err}
		})
	}
	var won *channel.Conn
	var wrong, last error
	for range addresses {
		r := <-results
		switch {
		case r.err == nil && won == nil:
			won = r.conn
			cancel()
		case r.err == nil:
			_ = r.conn.Close() // the second one to arrive
		case errors.Is(r.err, channel.ErrWrongHost):
			wrong = r.err
		default:
			last = r.err
		}
	}
	wg.Wait()
	switch {
	case won != nil:
		return won, nil
	case wrong != nil:
		return nil, wrong
	case len(addresses) == 0:
		return nil, fmt.Errorf("%w: no address", ErrUnreachable)
	}
	return nil, fmt.Errorf("%w: %v", ErrUnreachable, last)
}

// open connects to one address.
func (c *Client) open(ctx context.Context, address string, key channel.PrivateKey, verify func(channel.PublicKey) error) (*channel.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	dialing, cancel := context.WithTimeout(ctx, dialTimeout)
	nc, err := c.cfg.Dial(dialing, address)
	cancel()
	if err != nil {
		return nil, err
	}
	return channel.Client(ctx, nc, key, verify)
}

// line is one connection with its reading goroutine.
type line struct {
	link    *link.Link
	binding [32]byte
	peer    [32]byte
	in      chan wire.Message
	done    chan struct{} // closed when the link has ended, err says why
	err     error
	stop    context.CancelFunc
	wg      sync.WaitGroup
}

// newLine starts to move messages over conn.
func newLine(ctx context.Context, c *Client, conn *channel.Conn) *line {
	ctx, stop := context.WithCancel(ctx)
	l := &line{
		link: link.New(conn, c.log), binding: conn.Binding(), peer: conn.Peer().Array(),
		in: make(chan wire.Message, maxInbox), done: make(chan struct{}), stop: stop,
	}
	l.wg.Go(func() {
		defer close(l.done)
		l.err = l.link.Run(ctx, func(b []byte) error {
			m, err := wire.Parse(b)
			if errors.Is(err, wire.ErrUnknownKind) {
				return nil // of a later version
			}
			if err != nil {
				return fmt.Errorf("%w: %v", ErrProtocol, err)
			}
			if c.answered(m) {
				return nil
			}
			select {
			case l.in <- m:
				return nil
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		})
	})
	return l
}

// close ends the line and waits for its goroutine.
func (l *line) close() {
	l.stop()
	l.wg.Wait()
}

// hangUp lets what is queued go out, then ends the line and waits.
func (l *line) hangUp() {
	l.link.CloseAfterFlush(farewell)
	for {
		select {
		case <-l.in: // nobody wants it any more
		case <-l.done:
			l.close()
			return
		}
	}
}

// receive waits for the next message.
func (l *line) receive(ctx context.Context) (wire.Message, error) {
	select {
	case m := <-l.in:
		return m, nil
	default:
	}
	select {
	case m := <-l.in:
		return m, nil
	case <-l.done:
		select {
		case m := <-l.in: // came before the end
			return m, nil
		default:
		}
		return nil, l.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// send queues a message.
func (l *line) send(m wire.Message) error { return send(l.link, m) }

// greet says hello and returns the host's answer. token may be nil.
func (l *line) greet(ctx context.Context, program string, token []byte) (*wire.Welcome, error) {
	if len(program) > wire.MaxProgram {
		program = program[:wire.MaxProgram]
	}
	if err := l.send(&wire.Hello{Min: wire.MinVersion, Max: wire.Version, Program: program, Token: token}); err != nil {
		return nil, err
	}
	m, err := l.receive(ctx)
	if err != nil {
		return nil, err
	}
	switch m := m.(type) {
	case *wire.Welcome:
		if m.Version < wire.MinVersion || m.Version > wire.Version {
			return nil, fmt.Errorf("%w: version %d", ErrProtocol, m.Version)
		}
		return m, nil
	default:
		return nil, reasonOf(m)
	}
}

// reasonOf returns the error that a message of the host stands for.
func reasonOf(m wire.Message) error {
	switch m := m.(type) {
	case *wire.Failure:
		return &CodeError{Code: m.Code, After: time.Duration(m.After) * time.Second, Limit: m.Limit}
	case *wire.Goodbye:
		return &CodeError{Code: m.Code, By: m.By, Reason: m.Reason, Until: timeOf(m.Until)}
	}
	return fmt.Errorf("%w: message of kind %d", ErrProtocol, m.Kind())
}
