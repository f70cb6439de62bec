package channel

import (
	"bytes"
	"crypto/mlkem"
	"crypto/mlkem/mlkemtest"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
)

// newKey makes a static key or ends the test.
func newKey(t testing.TB) PrivateKey {
	t.Helper()
	k, err := GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// outcome is what both sides got from one handshake.
type outcome struct {
	client, server       *Conn
	clientErr, serverErr error
}

// meet runs Client over a and Server over b.
func meet(t testing.TB, a, b net.Conn, clientKey, hostKey PrivateKey, verify func(PublicKey) error) outcome {
	t.Helper()
	var o outcome
	var wg sync.WaitGroup
	wg.Go(func() { o.server, o.serverErr = Server(t.Context(), b, hostKey) })
	wg.Go(func() { o.client, o.clientErr = Client(t.Context(), a, clientKey, verify) })
	wg.Wait()
	t.Cleanup(func() {
		a.Close()
		b.Close()
	})
	return o
}

// connected returns both ends of a fresh channel over an in-memory pipe.
func connected(t testing.TB) (client, server *Conn) {
	t.Helper()
	a, b := net.Pipe()
	host := newKey(t)
	o := meet(t, a, b, newKey(t), host, Pin(host.Public()))
	if err := errors.Join(o.clientErr, o.serverErr); err != nil {
		t.Fatal(err)
	}
	return o.client, o.server
}

// edit changes the n-th frame (from 0) of one direction on its way. What it
// returns goes on instead; it may keep the frame.
type edit func(n int, frame []byte) []byte

func untouched(_ int, frame []byte) []byte { return frame }

// relay stands between two ends and passes frames on, through an edit for each
// direction. When one side closes, it closes the other. seen counts the frames
// that came from the client.
func relay(t testing.TB, up, down edit) (client, server net.Conn, seen func() int) {
	t.Helper()
	client, near := net.Pipe()
	far, server := net.Pipe()
	var wg sync.WaitGroup
	var mu sync.Mutex
	frames := 0
	pass := func(from, to net.Conn, change edit, count bool) {
		defer from.Close()
		defer to.Close()
		for n := 0; ; n++ {
			frame, err := rawFrame(from)
			if err != nil {
				return
			}
			if count {
				mu.Lock()
				frames++
				mu.Unlock()
			}
			if _, err := to.Write(change(n, frame)); err != nil {
				return
			}
		}
	}
	wg.Go(func() { pass(near, far, up, true) })
	wg.Go(func() { pass(far, near, down, false) })
	t.Cleanup(func() {
		client.Close()
		server.Close()
		wg.Wait()
	})
	return client, server, func() int {
		mu.Lock()
		defer mu.Unlock()
		return frames
	}
}

// rawFrame reads one frame with its length, without any check.
func rawFrame(r io.Reader) ([]byte, error) {
	head := make([]byte, headerSize)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	frame := make([]byte, headerSize+int(binary.BigEndian.Uint32(head)))
	copy(frame, head)
	_, err := io.ReadFull(r, frame[headerSize:])
	return frame, err
}

// flip returns an edit that inverts one byte of one frame.
func flip(frame, at int) edit {
	return func(n int, b []byte) []byte {
		if n == frame {
			b[at] ^= 0xff
		}
		return b
	}
}

// script is a whole handshake with fixed keys, so that single messages can be
// given to a fresh side again and again.
type script struct {
	client, host config
	clientRandom []byte
	hostRandom   []byte
	psk          []byte
	messages     [3][]byte // without frame
	payloads     [3][]byte
	clientToHost cipherState
	hostToClient cipherState
}

func ownConfig(t testing.TB, initiator bool, key PrivateKey) config {
	t.Helper()
	c, err := newConfig(initiator, key)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func newScript(t testing.TB) *script {
	t.Helper()
	s := &script{
		clientRandom: bytes.Repeat([]byte{3}, 32),
		hostRandom:   bytes.Repeat([]byte{4}, 32),
	}
	clientKey, err := NewPrivateKey(bytes.Repeat([]byte{1}, 32))
	if err != nil {
		t.Fatal(err)
	}
	hostKey, err := NewPrivateKey(bytes.Repeat([]byte{2}, 32))
	if err != nil {
		t.Fatal(err)
	}
	offer, err := mlkem.NewDecapsulationKey768(bytes.Repeat([]byte{5}, mlkem.SeedSize))
	if err != nil {
		t.Fatal(err)
	}
	s.client, s.host = ownConfig(t, true, clientKey), ownConfig(t, false, hostKey)
	s.payloads[0] = offer.EncapsulationKey().Bytes()
	// With fixed randomness: the processes of a fuzz run must agree on the script.
	s.psk, s.payloads[1], err = mlkemtest.Encapsulate768(offer.EncapsulationKey(), bytes.Repeat([]byte{6}, 32))
	if err != nil {
		t.Fatal(err)
	}

	client, host := s.newClient(t), s.newHost(t)
	for n := range s.messages {
		writer, reader := client, host
		if n == 1 {
			writer, reader = host, client
		}
		if s.messages[n], err = writer.write(nil, s.payloads[n]); err != nil {
			t.Fatal(err)
		}
		if _, err := reader.read(s.messages[n]); err != nil {
			t.Fatal(err)
		}
	}
	s.clientToHost, s.hostToClient = client.ciphers()
	return s
}

// newClient returns a client before message 1, the same one every time.
func (s *script) newClient(t testing.TB) *handshake { return s.side(t, s.client, s.clientRandom) }

// newHost returns a host before message 1, the same one every time.
func (s *script) newHost(t testing.TB) *handshake { return s.side(t, s.host, s.hostRandom) }

func (s *script) side(t testing.TB, c config, random []byte) *handshake {
	t.Helper()
	c.random = bytes.NewReader(random)
	h, err := newHandshake(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.setPSK(s.psk); err != nil {
		t.Fatal(err)
	}
	return h
}

// framed returns b as one frame.
func framed(b []byte) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...)
}

// oneByte is a connection on which bytes come and go one by one.
type oneByte struct{ net.Conn }

func (c oneByte) Read(p []byte) (int, error) { return c.Conn.Read(p[:min(1, len(p))]) }

func (c oneByte) Write(p []byte) (int, error) {
	for n := range p {
		if _, err := c.Conn.Write(p[n : n+1]); err != nil {
			return n, err
		}
	}
	return len(p), nil
}
