//go:build unix

package torture

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// proxy carries frames between a client and the host, and spoils them. There is no
// listener: it is how a client dials.
type proxy struct {
	spoil atomic.Pointer[spoiler] // nil: nothing is spoiled
	rate  atomic.Int64            // bytes a second towards the client; 0: as fast as it goes
	small bool                    // the system keeps little between the host and this
	hole  atomic.Bool             // swallows everything and says nothing

	up, down atomic.Int64 // bytes to and from the host

	spoiled atomic.Int64 // frames
	plain   atomic.Int64 // frames that hold a text
	dials   atomic.Int64

	mu    sync.Mutex
	conns []net.Conn
}

// spoiler returns what goes on in place of the n-th frame of a connection; nil
// ends the connection.
type spoiler func(frame []byte, n int) [][]byte

// Dial is how a client with this proxy reaches a host.
func (p *proxy) dial(ctx context.Context, address string) (net.Conn, error) {
	var d net.Dialer
	out, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	p.dials.Add(1)
	if tcp, ok := out.(*net.TCPConn); ok && p.small {
		_ = tcp.SetReadBuffer(8 << 10) // what waits, waits at the host
	}
	// A real socket, so that the sides have buffers as they have in life.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		_ = out.Close()
		return nil, err
	}
	defer l.Close()
	near, err := d.DialContext(ctx, "tcp", l.Addr().String())
	if err != nil {
		_ = out.Close()
		return nil, err
	}
	far, err := l.Accept()
	if err != nil {
		_, _ = out.Close(), near.Close()
		return nil, err
	}
	p.between(far, out)
	return near, nil
}

// listen takes connections of a client in another process to the host of p, and
// returns where.
func (p *proxy) listen(t testing.TB, to *place) string {
	t.Helper()
	l, addr := must(net.Listen("tcp", "127.0.0.1:0")), to.addr // a host that starts again keeps it
	t.Cleanup(func() { _ = l.Close(); p.cut() })
	go func() {
		for {
			far, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", addr)
			if err != nil {
				_ = far.Close()
				continue
			}
			p.between(far, out)
		}
	}()
	return l.Addr().String()
}

// between carries between a client and the host until either ends.
func (p *proxy) between(far, out net.Conn) {
	p.mu.Lock()
	p.conns = append(p.conns, far, out)
	p.mu.Unlock()
	end := func() {
		if !p.hole.Load() { // else one side does not hear that the other has gone
			_, _ = far.Close(), out.Close()
		}
	}
	go func() { defer end(); p.carry(out, far, new(atomic.Int64), &p.up) }()
	go func() { defer end(); p.carry(far, out, &p.rate, &p.down) }()
}

// cut ends all connections.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.conns = nil
}

// carry carries whole frames (net/PROTOCOL.md: a length of four bytes goes ahead).
func (p *proxy) carry(to io.Writer, from io.Reader, limit, count *atomic.Int64) {
	var head [4]byte
	for n := 0; ; n++ {
		if _, err := io.ReadFull(from, head[:]); err != nil {
			return
		}
		frame := make([]byte, 4+binary.BigEndian.Uint32(head[:]))
		copy(frame, head[:])
		if _, err := io.ReadFull(from, frame[4:]); err != nil {
			return
		}
		if bytes.Contains(frame, []byte("ana 00")) || bytes.Contains(frame, []byte("ben 00")) {
			p.plain.Add(1)
		}
		count.Add(int64(len(frame)))
		if p.hole.Load() {
			continue
		}
		frames := [][]byte{frame}
		if spoil := p.spoil.Load(); spoil != nil {
			if frames = (*spoil)(frame, n); frames == nil {
				p.spoiled.Add(1)
				return
			}
		}
		for _, f := range frames {
			rate := int(limit.Load())
			if rate == 0 {
				if _, err := to.Write(f); err != nil {
					return
				}
				continue
			}
			for ; len(f) > 0; rate = int(limit.Load()) {
				part := f
				if rate > 0 {
					part = f[:min(len(f), max(rate/20, 1))]
				}
				if _, err := to.Write(part); err != nil {
					return
				}
				f = f[len(part):]
				time.Sleep(50 * time.Millisecond)
			}
		}
	}
}

// duplicates repeats some frames, as somebody would who recorded them.
func (p *proxy) duplicates(share float64) spoiler {
	return func(f []byte, n int) [][]byte {
		if n > 6 && rand.Float64() < share {
			p.spoiled.Add(1)
			return [][]byte{f, f}
		}
		return [][]byte{f}
	}
}

// reorders holds some frames back until after the next.
func (p *proxy) reorders(share float64) spoiler {
	var mu sync.Mutex
	held := make(map[int][]byte) // by the number of the next frame: one direction may take the other's, which is as bad
	return func(f []byte, n int) [][]byte {
		mu.Lock()
		defer mu.Unlock()
		if h := held[n]; h != nil {
			delete(held, n)
			return [][]byte{f, h}
		}
		if n > 6 && rand.Float64() < share {
			p.spoiled.Add(1)
			held[n+1] = f
			return [][]byte{}
		}
		return [][]byte{f}
	}
}

// loses drops some frames.
func (p *proxy) loses(share float64) spoiler {
	return func(f []byte, n int) [][]byte {
		if n > 6 && rand.Float64() < share {
			p.spoiled.Add(1)
			return [][]byte{}
		}
		return [][]byte{f}
	}
}

// flips changes a bit of some frames.
func (p *proxy) flips(share float64) spoiler {
	return func(f []byte, n int) [][]byte {
		if n > 6 && rand.Float64() < share {
			p.spoiled.Add(1)
			f[4+rand.IntN(len(f)-4)] ^= 1 << rand.IntN(8)
		}
		return [][]byte{f}
	}
}
