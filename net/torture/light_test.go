//go:build unix

package torture

import (
	"context"
	"fmt"
	"net"

	"github.com/snugchat/snug/crypto/channel"
	"github.com/snugchat/snug/net/link"
	"github.com/snugchat/snug/net/wire"
)

// caller is one connection to a host that keeps nothing and follows no rule but
// those of its test.
type caller struct {
	l    *link.Link
	in   chan wire.Message
	stop context.CancelFunc
	done chan struct{} // closed when the connection has ended, err says why
	err  error
}

// call connects to the host with a key. from, if not empty, is the own address.
func call(ctx context.Context, addr, from string, key channel.PrivateKey, host [32]byte) (*caller, error) {
	var d net.Dialer
	if from != "" {
		d.LocalAddr = &net.TCPAddr{IP: net.ParseIP(from)}
	}
	nc, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	pin, err := channel.NewPublicKey(host[:])
	if err != nil {
		return nil, err
	}
	conn, err := channel.Client(ctx, nc, key, channel.Pin(pin))
	if err != nil {
		return nil, err
	}
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	c := &caller{l: link.New(conn, quiet()), in: make(chan wire.Message, 8), stop: stop, done: make(chan struct{})}
	go func() {
		defer close(c.done)
		c.err = c.l.Run(run, func(b []byte) error {
			m, err := wire.Parse(b)
			if err != nil {
				return nil // nobody asked for it
			}
			select {
			case c.in <- m:
			default: // nor for this
			}
			return nil
		})
	}()
	return c, nil
}

// end ends the connection and waits for it.
func (c *caller) end() {
	c.stop()
	<-c.done
}

// say sends a message.
func (c *caller) say(m wire.Message) error { return c.l.Send(wire.Append(nil, m)) }

// refusal is the error of a request to which the host says no.
type refusal struct{ code wire.Code }

func (r *refusal) Error() string { return fmt.Sprintf("failure: code %d", r.code) }

// until waits for a message of the type M, or for one that says no.
func until[M wire.Message](ctx context.Context, c *caller) (none M, _ error) {
	for {
		select {
		case m := <-c.in:
			switch m := m.(type) {
			case M:
				return m, nil
			case *wire.Goodbye:
				return none, fmt.Errorf("goodbye: code %d", m.Code)
			case *wire.Failure:
				return none, &refusal{m.Code}
			}
		case <-c.done:
			return none, c.err
		case <-ctx.Done():
			return none, context.Cause(ctx)
		}
	}
}

// enter says hello with a device that the host knows, and waits until it is in.
func (c *caller) enter(ctx context.Context) error {
	if err := c.say(&wire.Hello{Min: wire.MinVersion, Max: wire.Version, Program: "Snug torture"}); err != nil {
		return err
	}
	_, err := until[*wire.Session](ctx, c)
	return err
}
