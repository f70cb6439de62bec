package link

import (
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"net"
	"sync"
	"testing"

	"github.com/snugchat/snug/crypto/channel"
)

func newKey(t testing.TB) channel.PrivateKey {
	t.Helper()
	k, err := channel.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// handshake makes a channel over both ends of a connection.
func handshake(t testing.TB, a, b net.Conn) (client, host *channel.Conn) {
	t.Helper()
	key, hostKey := newKey(t), newKey(t)
	var clientErr, hostErr error
	var wg sync.WaitGroup
	wg.Go(func() { client, clientErr = channel.Client(t.Context(), a, key, channel.Pin(hostKey.Public())) })
	wg.Go(func() { host, hostErr = channel.Server(t.Context(), b, hostKey) })
	wg.Wait()
	if err := errors.Join(clientErr, hostErr); err != nil {
		t.Fatal(err)
	}
	return client, host
}

// piped returns a channel over a pipe in memory, which synctest understands.
// Nothing closes it when the test ends.
func piped(t testing.TB) (client, host *channel.Conn) {
	t.Helper()
	a, b := net.Pipe()
	return handshake(t, a, b)
}

// dialed returns both ends of a TCP connection over loopback.
func dialed(t testing.TB) (near, far net.Conn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	if near, err = net.Dial("tcp", ln.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if far, err = ln.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		near.Close()
		far.Close()
	})
	return near, far
}

var quiet = slog.New(slog.DiscardHandler)

// running is a link whose Run has been started.
type running struct {
	*Link
	ended chan error // gets what Run returned
}

// run starts l with handle, or with one that ignores everything.
func run(ctx context.Context, l *Link, handle func([]byte) error) *running {
	if handle == nil {
		handle = func([]byte) error { return nil }
	}
	r := &running{Link: l, ended: make(chan error, 1)}
	go func() { r.ended <- l.Run(ctx, handle) }()
	return r
}

// numbered returns a message of size bytes that starts with n.
func numbered(n, size int) []byte {
	return binary.BigEndian.AppendUint32(make([]byte, 0, size), uint32(n))[:size]
}
