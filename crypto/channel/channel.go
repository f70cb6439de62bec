// Package channel is the encrypted and mutually authenticated connection
// between a client and a host: the Noise handshake and the records after it.
//
// It knows static keys and bytes. It must not know accounts, messages, queues
// or what a record holds; whom a key belongs to is decided by its callers.
//
// It is specified by DESIGN section 4 and by "The Noise Protocol Framework",
// revision 34 (https://noiseprotocol.org/noise.html): the protocol is
// Noise_XXpsk3_25519_AESGCM_SHA256. The payload of message 1 is an ML-KEM-768
// encapsulation key and that of message 2 its ciphertext (FIPS 203); the shared
// secret is the psk that message 3 mixes in. Every handshake message and every
// record travels as a frame: uint32 big-endian length, then that many bytes.
package channel

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// Prologue names the protocol and its version. Both sides mix it into the
// handshake (Noise section 6), so that a peer of another protocol or version
// fails at the first message.
const Prologue = "snug/1"

// HandshakeTimeout is how long a whole handshake may take, from the call of
// [Client] or [Server] to its return. It takes one and a half round trips and
// about a millisecond of work; who needs longer holds a half-open place that
// others need.
const HandshakeTimeout = 5 * time.Second

// Errors of handshakes and records. All are wrapped with where they happened.
var (
	// ErrHandshake comes from [Client] and [Server] when a handshake message has
	// the wrong size, is not authentic, holds a low-order point or belongs to
	// another protocol or version.
	ErrHandshake = errors.New("channel: handshake refused")
	// ErrWrongHost comes from [Client] by way of [Pin] when the host has another
	// static key than the expected one. The host has not learnt who called.
	ErrWrongHost = errors.New("channel: the host has another key than expected")
	// ErrRecord comes from [Conn.ReadRecord] when a record is shorter or longer
	// than one can be, or not authentic: changed, repeated, missing, out of
	// order or from another connection.
	ErrRecord = errors.New("channel: bad record")
	// ErrTooLarge comes from [Conn.WriteRecord] when the plaintext is longer than
	// [MaxRecord]. Nothing was sent and the connection stays usable.
	ErrTooLarge = errors.New("channel: record too large")
	// ErrExhausted comes after 2^64-1 records, when Noise forbids to go on.
	ErrExhausted = errors.New("channel: no nonces left")
)

// Conn is a channel after its handshake. One goroutine may read while another
// writes; Close, the deadlines and the getters may be called by anyone.
// Any error of reading is final for reading, any of writing for writing.
type Conn struct {
	nc      net.Conn
	peer    PublicKey
	binding [32]byte
	rx      receiver // owned by the reading goroutine
	tx      sender   // owned by the writing goroutine
}

// Client runs the handshake over nc as the initiator and owns nc from the call
// on: it is closed when an error is returned. verify (never nil) sees the
// host's static key before this side's own is sent; its error ends the
// handshake and is returned wrapped. Client blocks until the handshake is done,
// for at most [HandshakeTimeout] or until ctx ends.
func Client(ctx context.Context, nc net.Conn, key PrivateKey, verify func(PublicKey) error) (*Conn, error) {
	return start(ctx, nc, func() (*Conn, error) { return dial(nc, key, verify) })
}

// Server runs the handshake over nc as the responder and owns nc from the call
// on: it is closed when an error is returned. It accepts any client; who that
// is, [Conn.Peer] tells. It blocks until the handshake is done, for at most
// [HandshakeTimeout] or until ctx ends.
func Server(ctx context.Context, nc net.Conn, key PrivateKey) (*Conn, error) {
	return start(ctx, nc, func() (*Conn, error) { return accept(nc, key) })
}

// start runs one side of the handshake under the deadline. It does so on a
// goroutine of its own, which it waits for: the handshake grows a stack to
// 8 KiB (measured: 7.7 KiB a connection instead of 3.3), and the caller often
// lives as long as the connection.
func start(ctx context.Context, nc net.Conn, handshake func() (*Conn, error)) (*Conn, error) {
	if err := nc.SetDeadline(time.Now().Add(HandshakeTimeout)); err != nil {
		nc.Close()
		return nil, fmt.Errorf("channel: set handshake deadline: %w", err)
	}
	interrupted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(interrupted)
		nc.Close()
	})

	var c *Conn
	var err error
	var wg sync.WaitGroup
	wg.Go(func() { c, err = handshake() })
	wg.Wait()

	if !stop() {
		<-interrupted
		return nil, fmt.Errorf("channel: handshake: %w", context.Cause(ctx))
	}
	if err == nil {
		err = nc.SetDeadline(time.Time{})
	}
	if err != nil {
		nc.Close()
		return nil, err
	}
	return c, nil
}

// dial is the initiator's side, message by message.
func dial(nc net.Conn, key PrivateKey, verify func(PublicKey) error) (*Conn, error) {
	own, err := newConfig(true, key)
	if err != nil {
		return nil, err
	}
	h, err := newHandshake(own)
	if err != nil {
		return nil, err
	}
	offer, err := newKEM()
	if err != nil {
		return nil, err
	}
	if err := h.send(nc, offer.EncapsulationKey().Bytes()); err != nil {
		return nil, err
	}
	ciphertext, err := h.receive(nc)
	if err != nil {
		return nil, err
	}
	// The host's key is authentic from here on, and we have said nothing about
	// ourselves yet: the next message would.
	if err := verify(h.peer()); err != nil {
		return nil, fmt.Errorf("channel: check the host's key: %w", err)
	}
	secret, err := offer.Decapsulate(ciphertext)
	if err != nil {
		return nil, fmt.Errorf("%w: message 2: %v", ErrHandshake, err)
	}
	if err := h.setPSK(secret); err != nil {
		return nil, err
	}
	if err := h.send(nc, nil); err != nil {
		return nil, err
	}
	return h.conn(nc), nil
}

// accept is the responder's side, message by message.
func accept(nc net.Conn, key PrivateKey) (*Conn, error) {
	own, err := newConfig(false, key)
	if err != nil {
		return nil, err
	}
	h, err := newHandshake(own)
	if err != nil {
		return nil, err
	}
	offer, err := h.receive(nc)
	if err != nil {
		return nil, err
	}
	secret, ciphertext, err := encapsulate(offer)
	if err != nil {
		return nil, fmt.Errorf("%w: message 1: %v", ErrHandshake, err)
	}
	if err := h.setPSK(secret); err != nil {
		return nil, err
	}
	if err := h.send(nc, ciphertext); err != nil {
		return nil, err
	}
	if _, err := h.receive(nc); err != nil {
		return nil, err
	}
	return h.conn(nc), nil
}

// Pin returns a check for [Client] that accepts exactly the key k, as it stands
// in an invite link, and answers [ErrWrongHost] to every other one.
func Pin(k PublicKey) func(PublicKey) error {
	return func(got PublicKey) error {
		if !got.Equal(k) {
			return ErrWrongHost
		}
		return nil
	}
}

// Peer returns the other side's static key, which the handshake has proved.
func (c *Conn) Peer() PublicKey { return c.peer }

// Binding returns the handshake hash: a public value that is the same on both
// sides and different for every connection (Noise section 11.2). Proofs that
// hold it cannot be relayed into another connection.
func (c *Conn) Binding() [32]byte { return c.binding }

// NetConn returns the connection below, for its addresses and options.
// Reading or writing on it breaks the channel.
func (c *Conn) NetConn() net.Conn { return c.nc }

// RemoteAddr returns the network address of the other side.
func (c *Conn) RemoteAddr() net.Addr { return c.nc.RemoteAddr() }

// SetDeadline sets when blocked and future reads and writes fail; the zero time
// means never. An exceeded deadline is final for the direction that it hit.
func (c *Conn) SetDeadline(t time.Time) error { return c.nc.SetDeadline(t) }

// SetReadDeadline is [Conn.SetDeadline] for reading only.
func (c *Conn) SetReadDeadline(t time.Time) error { return c.nc.SetReadDeadline(t) }

// SetWriteDeadline is [Conn.SetDeadline] for writing only.
func (c *Conn) SetWriteDeadline(t time.Time) error { return c.nc.SetWriteDeadline(t) }

// WriteRecord seals plain (at most [MaxRecord] bytes, may be empty) as one
// record and writes it with one call. It keeps nothing of plain and blocks until
// the network has taken the record.
func (c *Conn) WriteRecord(plain []byte) error { return c.tx.write(c.nc, plain) }

// ReadRecord waits for the next record and returns its plaintext, which is
// valid until the next call. At a clean end of the stream it returns io.EOF;
// as whoever can cut the line can fake that end too, a peer's good-bye has to
// be a record.
func (c *Conn) ReadRecord() ([]byte, error) { return c.rx.read(c.nc) }

// CloseWrite tells the other side that no more records follow, if the network
// below can (TCP); otherwise it does nothing and returns errors.ErrUnsupported.
func (c *Conn) CloseWrite() error {
	if half, ok := c.nc.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// Close closes the connection and frees a goroutine that waits in it.
func (c *Conn) Close() error { return c.nc.Close() }

var _ io.Closer = (*Conn)(nil)
