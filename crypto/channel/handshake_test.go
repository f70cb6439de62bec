package channel

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flynn/noise"
)

func TestHandshake(t *testing.T) {
	a, b := net.Pipe()
	clientKey, hostKey := newKey(t), newKey(t)
	o := meet(t, a, b, clientKey, hostKey, Pin(hostKey.Public()))
	if o.clientErr != nil || o.serverErr != nil {
		t.Fatalf("client: %v, server: %v", o.clientErr, o.serverErr)
	}
	if got, want := o.client.Peer(), hostKey.Public(); !got.Equal(want) {
		t.Errorf("the client sees %v, want %v", got, want)
	}
	if got, want := o.server.Peer(), clientKey.Public(); !got.Equal(want) {
		t.Errorf("the server sees %v, want %v", got, want)
	}
	if got, want := o.client.Binding(), o.server.Binding(); got != want || got == [32]byte{} {
		t.Errorf("bindings %x and %x", got, want)
	}
	other, _ := connected(t)
	if other.Binding() == o.client.Binding() {
		t.Error("two connections have the same binding")
	}
	for _, d := range []struct{ from, to *Conn }{{o.client, o.server}, {o.server, o.client}} {
		sent := make(chan error, 1)
		go func() { sent <- d.from.WriteRecord([]byte("hello")) }()
		got, err := d.to.ReadRecord()
		if err != nil || string(got) != "hello" {
			t.Errorf("read %q, %v", got, err)
		}
		if err := <-sent; err != nil {
			t.Error(err)
		}
	}
}

// TestVectors runs published handshakes of our pattern through our own
// handshake and cipher states: those of the Noise library (vectors.txt of
// github.com/flynn/noise v1.1.0, written by itself) and the one that another
// implementation made (cacophony.txt of the Haskell library cacophony), which
// also has the handshake hash.
func TestVectors(t *testing.T) {
	for name, file := range map[string]struct {
		vectors   int
		hostFirst bool // the host sends the first record, not the client
	}{
		"vectors.txt":   {4, false},
		"cacophony.txt": {1, true},
	} {
		vectors := readVectors(t, filepath.Join("testdata", name))
		if got, want := len(vectors), file.vectors; got != want {
			t.Fatalf("%s has %d vectors, want %d", name, got, want)
		}
		for i, v := range vectors {
			t.Run(fmt.Sprintf("%s/%d", name, i), func(t *testing.T) {
				if got, want := v["handshake"], "Noise_XXpsk3_25519_AESGCM_SHA256"; got != want {
					t.Fatalf("a vector of %s, want %s", got, want)
				}
				checkVector(t, v, file.hostFirst)
			})
		}
	}
}

// readVectors reads blocks of lines "name=value", each of which starts with the
// name handshake.
func readVectors(t *testing.T, path string) []map[string]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var vectors []map[string]string
	in := bufio.NewScanner(f)
	for in.Scan() {
		name, value, ok := strings.Cut(in.Text(), "=")
		if !ok {
			continue
		}
		if name == "handshake" {
			vectors = append(vectors, map[string]string{})
		}
		vectors[len(vectors)-1][name] = value
	}
	if err := in.Err(); err != nil {
		t.Fatal(err)
	}
	return vectors
}

func checkVector(t *testing.T, v map[string]string, hostFirst bool) {
	field := func(name string) []byte {
		b, err := hex.DecodeString(v[name])
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	side := func(initiator bool, static, random string) *handshake {
		key, err := NewPrivateKey(field(static))
		if err != nil {
			t.Fatal(err)
		}
		c := ownConfig(t, initiator, key)
		c.prologue, c.random = field("prologue"), bytes.NewReader(field(random))
		h, err := newHandshake(c)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.setPSK(field("preshared_key")); err != nil {
			t.Fatal(err)
		}
		return h
	}
	client := side(true, "init_static", "gen_init_ephemeral")
	host := side(false, "resp_static", "gen_resp_ephemeral")

	for n := range 3 {
		writer, reader := client, host
		if n == 1 {
			writer, reader = host, client
		}
		want := field(fmt.Sprintf("msg_%d_ciphertext", n))
		payload := field(fmt.Sprintf("msg_%d_payload", n))
		got, err := writer.write(nil, payload)
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("message %d is %x, %v; want %x", n, got, err, want)
		}
		read, err := reader.read(want)
		if err != nil || !bytes.Equal(read, payload) {
			t.Fatalf("payload %d is %x, %v; want %x", n, read, err, payload)
		}
	}
	clientTx, clientRx := client.ciphers()
	hostTx, hostRx := host.ciphers()
	if want, known := v["handshake_hash"]; known {
		for _, h := range []*handshake{client, host} {
			if got := hex.EncodeToString(h.state.ChannelBinding()); got != want {
				t.Errorf("the binding is %s, want %s", got, want)
			}
		}
	}
	directions := []struct{ tx, rx *cipherState }{{&clientTx, &hostRx}, {&hostTx, &clientRx}}
	if hostFirst {
		slices.Reverse(directions)
	}
	for n := 3; v[fmt.Sprintf("msg_%d_ciphertext", n)] != ""; n++ {
		d := directions[(n-3)%2]
		want := field(fmt.Sprintf("msg_%d_ciphertext", n))
		payload := field(fmt.Sprintf("msg_%d_payload", n))
		got, err := d.tx.seal(nil, payload)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("record %d is %x, %v; want %x", n, got, err, want)
		}
		read, err := d.rx.open(got)
		if err != nil || !bytes.Equal(read, payload) {
			t.Errorf("record %d holds %x, %v; want %x", n, read, err, payload)
		}
	}
}

// stride is one, so that every byte has its turn. The race detector makes
// handshakes ten times slower, and what it looks for is not in the bytes: with
// it, only the lengths and every ninth byte of the rest are taken.
func stride(at int) int {
	if raceEnabled && at >= headerSize {
		return 9
	}
	return 1
}

// TestFlippedHandshakeByte inverts every byte of every handshake message, its
// length included, and says which side must refuse it.
func TestFlippedHandshakeByte(t *testing.T) {
	clientKey, hostKey := newKey(t), newKey(t)
	for at := 0; at < headerSize+message1Size; at += stride(at) {
		client, server, _ := relay(t, flip(0, at), untouched)
		o := meet(t, client, server, clientKey, hostKey, Pin(hostKey.Public()))
		if !errors.Is(o.serverErr, ErrHandshake) {
			t.Fatalf("message 1, byte %d: server says %v", at, o.serverErr)
		}
		if o.clientErr == nil || errors.Is(o.clientErr, ErrHandshake) {
			t.Fatalf("message 1, byte %d: client says %v", at, o.clientErr)
		}
	}
	for at := 0; at < headerSize+message2Size; at += stride(at) {
		client, server, seen := relay(t, untouched, flip(0, at))
		o := meet(t, client, server, clientKey, hostKey, Pin(hostKey.Public()))
		if !errors.Is(o.clientErr, ErrHandshake) {
			t.Fatalf("message 2, byte %d: client says %v", at, o.clientErr)
		}
		if o.serverErr == nil || errors.Is(o.serverErr, ErrHandshake) {
			t.Fatalf("message 2, byte %d: server says %v", at, o.serverErr)
		}
		if got := seen(); got != 1 {
			t.Fatalf("message 2, byte %d: the client sent %d messages", at, got)
		}
	}
	for at := 0; at < headerSize+message3Size; at += stride(at) {
		client, server, _ := relay(t, flip(1, at), untouched)
		o := meet(t, client, server, clientKey, hostKey, Pin(hostKey.Public()))
		if !errors.Is(o.serverErr, ErrHandshake) {
			t.Fatalf("message 3, byte %d: server says %v", at, o.serverErr)
		}
		// The client has done its part. It learns of it by the closed connection,
		// at the latest when it reads.
		err := o.clientErr
		if err == nil {
			_, err = o.client.ReadRecord()
		}
		if err == nil || errors.Is(err, ErrHandshake) {
			t.Fatalf("message 3, byte %d: client says %v", at, err)
		}
	}
}

// TestWrongHost shows that an impostor gets nothing from the client after
// message 1, which holds nothing about the caller.
func TestWrongHost(t *testing.T) {
	client, server, seen := relay(t, untouched, untouched)
	o := meet(t, client, server, newKey(t), newKey(t), Pin(newKey(t).Public()))
	if !errors.Is(o.clientErr, ErrWrongHost) {
		t.Errorf("the client says %v, want %v", o.clientErr, ErrWrongHost)
	}
	if o.serverErr == nil {
		t.Error("the impostor has a connection")
	}
	if got, want := seen(), 1; got != want {
		t.Errorf("the client sent %d handshake messages, want %d", got, want)
	}
}

func TestVerifyErrorIsReturned(t *testing.T) {
	a, b := net.Pipe()
	mine := errors.New("not today")
	host := newKey(t)
	var saw PublicKey
	o := meet(t, a, b, newKey(t), host, func(k PublicKey) error {
		saw = k
		return mine
	})
	if !errors.Is(o.clientErr, mine) {
		t.Errorf("got %v, want %v", o.clientErr, mine)
	}
	if !saw.Equal(host.Public()) {
		t.Errorf("verify saw %v", saw)
	}
}

func TestOtherPrologueIsRefused(t *testing.T) {
	host := newKey(t)
	for _, prologue := range []string{"snug/2", "snug/", "snug/1 ", "", "other"} {
		s := newScript(t)
		s.client.prologue = []byte(prologue)
		first, err := s.newClient(t).write(nil, s.payloads[0])
		if err != nil {
			t.Fatal(err)
		}
		near, far := net.Pipe()
		go func() {
			near.Write(framed(first))
			io.Copy(io.Discard, near)
		}()
		_, err = Server(t.Context(), far, host)
		if !errors.Is(err, ErrHandshake) || !strings.Contains(err.Error(), "message 1") {
			t.Errorf("%q: got %v", prologue, err)
		}
		near.Close()
	}
}

// TestOtherSecretIsRefused is row C5 of the features, the transport's part: it
// gives one side another ML-KEM secret.
func TestOtherSecretIsRefused(t *testing.T) {
	s := newScript(t)
	client, host := s.newClient(t), s.newHost(t)
	other := bytes.Clone(s.psk)
	other[31] ^= 1
	if err := client.setPSK(other); err != nil {
		t.Fatal(err)
	}
	for n, side := range []struct{ writer, reader *handshake }{{client, host}, {host, client}} {
		message, err := side.writer.write(nil, s.payloads[n])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := side.reader.read(message); err != nil {
			t.Fatalf("message %d must not depend on the secret: %v", n+1, err)
		}
	}
	third, err := client.write(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := host.read(third); !errors.Is(err, ErrHandshake) {
		t.Errorf("got %v, want %v", err, ErrHandshake)
	}
}

// TestOtherKEMCiphertextIsRefused is the same over a connection: a host that
// encapsulates to another key than the client offered.
func TestOtherKEMCiphertextIsRefused(t *testing.T) {
	near, far := net.Pipe()
	host := newKey(t)
	own := ownConfig(t, false, host)
	served := make(chan error, 1)
	go func() {
		defer far.Close()
		h, err := newHandshake(own)
		if err != nil {
			served <- err
			return
		}
		if _, err = h.receive(far); err != nil {
			served <- err
			return
		}
		foreign, err := newKEM()
		if err != nil {
			served <- err
			return
		}
		secret, ciphertext, err := encapsulate(foreign.EncapsulationKey().Bytes())
		if err == nil {
			err = h.setPSK(secret)
		}
		if err == nil {
			err = h.send(far, ciphertext)
		}
		if err == nil {
			_, err = h.receive(far)
		}
		served <- err
	}()
	c, err := Client(t.Context(), near, newKey(t), Pin(host.Public()))
	if err := <-served; !errors.Is(err, ErrHandshake) {
		t.Errorf("the host says %v, want %v", err, ErrHandshake)
	}
	if err == nil { // the client learns of it by the closed connection, now or when it reads
		_, err = c.ReadRecord()
	}
	if err == nil || errors.Is(err, ErrHandshake) {
		t.Errorf("the client says %v", err)
	}
}

func TestBadEncapsulationKeyIsRefused(t *testing.T) {
	offer := newScript(t).payloads[0]
	for name, bad := range map[string][]byte{
		"coefficients above the modulus": bytes.Repeat([]byte{0xff}, len(offer)),
		"too short":                      offer[1:],
		"empty":                          nil,
	} {
		if _, _, err := encapsulate(bad); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// lowOrderPoints are the X25519 public keys that make every shared secret zero
// (RFC 7748 section 6.1; the list is at https://cr.yp.to/ecdh.html).
var lowOrderPoints = []string{
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
	"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
}

// lyingDH is the attacker's X25519: his key pair is a low-order point, and he
// knows the result of every exchange with it, which is zero.
type lyingDH struct {
	noise.DHFunc
	point     []byte
	ephemeral bool // lie about the ephemeral key, too
}

// lie is the secret that belongs to no point.
var lie = bytes.Repeat([]byte{0xaa}, KeySize)

func (d lyingDH) GenerateKeypair(r io.Reader) (noise.DHKey, error) {
	if d.ephemeral {
		return noise.DHKey{Private: lie, Public: d.point}, nil
	}
	return d.DHFunc.GenerateKeypair(r)
}

func (d lyingDH) DH(private, public []byte) ([]byte, error) {
	if bytes.Equal(private, lie) {
		return make([]byte, KeySize), nil
	}
	return d.DHFunc.DH(private, public)
}

// laxDH is a victim without the check, to show that the attack would work.
type laxDH struct{ noise.DHFunc }

func (d laxDH) DH(private, public []byte) ([]byte, error) {
	if secret, err := d.DHFunc.DH(private, public); err == nil {
		return secret, nil
	}
	return make([]byte, KeySize), nil
}

// TestProperty07LowOrderPoints puts every low-order point into every exchange that a peer
// can choose the point of: its ephemeral key and its static key, both sides.
func TestProperty07LowOrderPoints(t *testing.T) {
	for _, text := range lowOrderPoints {
		point, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		for _, evilClient := range []bool{true, false} {
			for _, ephemeral := range []bool{true, false} {
				s := newScript(t)
				evil, victim := &s.client, &s.host
				if !evilClient {
					evil, victim = victim, evil
				}
				evil.dh = lyingDH{noise.DH25519, point, ephemeral}
				if !ephemeral {
					evil.static = noise.DHKey{Private: lie, Public: point}
				}
				name := fmt.Sprintf("%s, evil client %v, ephemeral %v", text, evilClient, ephemeral)
				if err := s.play(t); !errors.Is(err, ErrHandshake) || !strings.Contains(err.Error(), "low order") {
					t.Errorf("%s: got %v", name, err)
				}
				victim.dh = laxDH{noise.DH25519}
				if err := s.play(t); err != nil {
					t.Errorf("%s: the attack itself does not work, so this shows nothing: %v", name, err)
				}
			}
		}
	}
}

// play runs the whole script anew and returns the first error.
func (s *script) play(t *testing.T) error {
	client, host := s.newClient(t), s.newHost(t)
	for n := range s.messages {
		writer, reader := client, host
		if n == 1 {
			writer, reader = host, client
		}
		message, err := writer.write(nil, s.payloads[n])
		if err != nil {
			return err
		}
		if _, err := reader.read(message); err != nil {
			return err
		}
	}
	return nil
}

func TestHandshakeByteByByte(t *testing.T) {
	a, b := net.Pipe()
	host := newKey(t)
	o := meet(t, oneByte{a}, oneByte{b}, newKey(t), host, Pin(host.Public()))
	if err := errors.Join(o.clientErr, o.serverErr); err != nil {
		t.Fatal(err)
	}
	go o.client.WriteRecord(bytes.Repeat([]byte("x"), 3000))
	if got, err := o.server.ReadRecord(); err != nil || len(got) != 3000 {
		t.Errorf("read %d bytes, %v", len(got), err)
	}
}

// TestHandshakeEnds shows that the deadline is for the whole handshake: neither
// silence nor a trickle keeps a half-open connection.
func TestHandshakeEnds(t *testing.T) {
	hostKey, clientKey := newKey(t), newKey(t)
	server := func(ctx context.Context, c net.Conn) error {
		_, err := Server(ctx, c, hostKey)
		return err
	}
	client := func(ctx context.Context, c net.Conn) error {
		_, err := Client(ctx, c, clientKey, Pin(hostKey.Public()))
		return err
	}
	trickle := func(c net.Conn) {
		first := framed(make([]byte, message1Size))
		for _, b := range first {
			if _, err := c.Write([]byte{b}); err != nil {
				return
			}
			time.Sleep(time.Second)
		}
	}
	for name, c := range map[string]struct {
		run func(context.Context, net.Conn) error
		far func(net.Conn)
	}{
		"a server with a silent client":       {server, func(net.Conn) {}},
		"a server with a trickling client":    {server, trickle},
		"a client with a silent server":       {client, func(c net.Conn) { io.Copy(io.Discard, c) }},
		"a client whose server does not read": {client, func(net.Conn) {}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				near, far := net.Pipe() // far stays open: nothing but the deadline may end this
				done := make(chan struct{})
				go func() {
					defer close(done)
					c.far(far)
				}()
				start := time.Now()
				err := c.run(t.Context(), near)
				if !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("got %v, want %v", err, os.ErrDeadlineExceeded)
				}
				if got, want := time.Since(start), HandshakeTimeout; got != want {
					t.Errorf("ended after %v, want %v", got, want)
				}
				<-done
			})
		})
	}
}

func TestHandshakeEndsWithContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, _ := net.Pipe()
		why := errors.New("shutting down")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(why) })
		start := time.Now()
		_, err := Server(ctx, near, newKey(t))
		if !errors.Is(err, why) {
			t.Errorf("got %v, want %v", err, why)
		}
		if got, want := time.Since(start), time.Second; got != want {
			t.Errorf("ended after %v, want %v", got, want)
		}
	})
}

// TestDeadlineIsLifted shows that the handshake's deadline does not outlive it.
func TestDeadlineIsLifted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := connected(t)
		go func() {
			time.Sleep(time.Hour)
			client.WriteRecord([]byte("late"))
		}()
		if got, err := server.ReadRecord(); err != nil || string(got) != "late" {
			t.Errorf("read %q, %v", got, err)
		}
	})
}
