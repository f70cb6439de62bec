package channel

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/flynn/noise"
)

// stream seals each text as one record and returns the frames.
func stream(t testing.TB, s *sender, texts ...string) [][]byte {
	t.Helper()
	var frames [][]byte
	for _, text := range texts {
		var out bytes.Buffer
		if err := s.write(&out, []byte(text)); err != nil {
			t.Fatal(err)
		}
		frames = append(frames, out.Bytes())
	}
	return frames
}

// pair returns a sender and a receiver with the same key.
func pair(key byte) (*sender, *receiver) {
	k := [32]byte(bytes.Repeat([]byte{key}, 32))
	return &sender{cipher: newCipherState(k)}, &receiver{cipher: newCipherState(k)}
}

func join(frames ...[]byte) io.Reader { return bytes.NewReader(bytes.Join(frames, nil)) }

func TestRecordSizes(t *testing.T) {
	sizes := []int{
		0, 1, 200, waitSize - headerSize - tagSize, waitSize - headerSize - tagSize + 1, 2 << 10,
		trustSize - tagSize, trustSize - tagSize + 1, 60 << 10, MaxRecord,
	}
	for name, wrap := range map[string]func(io.Reader) io.Reader{
		"as it comes":  func(r io.Reader) io.Reader { return r },
		"byte by byte": iotest.OneByteReader,
		"in halves":    iotest.HalfReader,
	} {
		s, r := pair(1)
		var out bytes.Buffer
		for round := range 2 {
			for _, size := range sizes {
				if err := s.write(&out, bytes.Repeat([]byte{byte(size + round)}, size)); err != nil {
					t.Fatal(err)
				}
			}
		}
		in := wrap(&out)
		for round := range 2 {
			for _, size := range sizes {
				got, err := r.read(in)
				if err != nil {
					t.Fatalf("%s, %d bytes: %v", name, size, err)
				}
				if want := bytes.Repeat([]byte{byte(size + round)}, size); !bytes.Equal(got, want) {
					t.Fatalf("%s, %d bytes: read %d others", name, size, len(got))
				}
			}
		}
		if _, err := r.read(in); !errors.Is(err, io.EOF) {
			t.Errorf("%s: at the end got %v, want %v", name, err, io.EOF)
		}
	}
}

func TestTooLargeRecordSendsNothing(t *testing.T) {
	s, r := pair(1)
	var out bytes.Buffer
	if err := s.write(&out, make([]byte, MaxRecord+1)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("got %v, want %v", err, ErrTooLarge)
	}
	if out.Len() != 0 {
		t.Errorf("%d bytes were sent", out.Len())
	}
	if err := s.write(&out, []byte("next")); err != nil {
		t.Error(err)
	}
	if got, err := r.read(&out); err != nil || string(got) != "next" {
		t.Errorf("read %q, %v", got, err)
	}
}

// TestRefusedRecords has one case for each thing that somebody on the line can
// do to records. good is how many come through before it is noticed.
func TestRefusedRecords(t *testing.T) {
	s, _ := pair(1)
	f := stream(t, s, "one", "two", "three")
	other, _ := pair(2)
	foreign := stream(t, other, "one", "two")
	for name, c := range map[string]struct {
		in   io.Reader
		good int
		want error
	}{
		"replayed at once":        {join(f[0], f[0]), 1, ErrRecord},
		"replayed later":          {join(f[0], f[1], f[0]), 2, ErrRecord},
		"reordered":               {join(f[1], f[0]), 0, ErrRecord},
		"one left out":            {join(f[0], f[2]), 1, ErrRecord},
		"cut in the length":       {join(f[0], f[1][:3]), 1, ErrRecord},
		"cut after the length":    {join(f[0], f[1][:4]), 1, ErrRecord},
		"cut in the middle":       {join(f[0], f[1][:9]), 1, ErrRecord},
		"cut by one byte":         {join(f[0], f[1][:len(f[1])-1]), 1, ErrRecord},
		"cut between two":         {join(f[0]), 1, io.EOF},
		"of another connection":   {join(f[0], foreign[1]), 1, ErrRecord},
		"shorter than a tag":      {join(f[0], framed(make([]byte, tagSize-1))), 1, ErrRecord},
		"of no bytes":             {join(f[0], framed(nil)), 1, ErrRecord},
		"longer than Noise has":   {join(f[0], framed(make([]byte, maxSealed+1))), 1, ErrRecord},
		"of the longest length":   {join(f[0], []byte{0xff, 0xff, 0xff, 0xff}, f[1]), 1, ErrRecord},
		"zeros of the right size": {join(f[0], framed(make([]byte, len(f[1])-headerSize))), 1, ErrRecord},
	} {
		_, r := pair(1)
		for n := range c.good {
			if _, err := r.read(c.in); err != nil {
				t.Fatalf("%s: record %d: %v", name, n, err)
			}
		}
		if got, err := r.read(c.in); !errors.Is(err, c.want) {
			t.Errorf("%s: got %q, %v, want %v", name, got, err, c.want)
		}
		// What was refused stays refused, also when the right record follows.
		if _, err := r.read(join(f[c.good])); !errors.Is(err, c.want) {
			t.Errorf("%s: reading went on: %v", name, err)
		}
	}
}

// TestLengthIsCheckedFirst shows that nothing is read, and so no buffer filled,
// for a record that cannot be.
func TestLengthIsCheckedFirst(t *testing.T) {
	for _, length := range []uint32{0, tagSize - 1, maxSealed + 1, 1 << 31, math.MaxUint32} {
		_, r := pair(1)
		calls := 0
		_, err := r.read(readerFunc(func(p []byte) (int, error) {
			if calls++; calls > 1 {
				t.Errorf("length %d: the receiver reads on", length)
				return 0, io.EOF
			}
			return copy(p, binary.BigEndian.AppendUint32(nil, length)), nil
		}))
		if !errors.Is(err, ErrRecord) {
			t.Errorf("length %d: got %v, want %v", length, err, ErrRecord)
		}
	}
}

// TestFlippedRecordByte inverts every byte of the first record after a real
// handshake, in both directions. The reader must refuse it; the writer is not
// told, as nothing is sent back.
func TestFlippedRecordByte(t *testing.T) {
	text := []byte("the first record")
	frame := headerSize + len(text) + tagSize
	clientKey, hostKey := newKey(t), newKey(t)
	for _, fromClient := range []bool{true, false} {
		for at := 0; at < frame; at += stride(at) {
			up, down := flip(2, at), edit(untouched)
			if !fromClient {
				up, down = untouched, flip(1, at)
			}
			a, b, _ := relay(t, up, down)
			o := meet(t, a, b, clientKey, hostKey, Pin(hostKey.Public()))
			if err := errors.Join(o.clientErr, o.serverErr); err != nil {
				t.Fatal(err)
			}
			from, to := o.client, o.server
			if !fromClient {
				from, to = to, from
			}
			var wg sync.WaitGroup
			wg.Go(func() {
				from.WriteRecord(text)
				from.WriteRecord(text)
				// A length that became too large only shows when the stream ends.
				from.Close()
			})
			got, err := to.ReadRecord()
			if !errors.Is(err, ErrRecord) {
				t.Fatalf("from client %v, byte %d: read %q, %v", fromClient, at, got, err)
			}
			to.Close()
			wg.Wait()
		}
	}
}

// TestRecordOfAnotherConnection moves a record between two connections of the
// same two people.
func TestRecordOfAnotherConnection(t *testing.T) {
	clientKey, hostKey := newKey(t), newKey(t)
	var stolen []byte
	steal := func(n int, b []byte) []byte {
		if n == 2 {
			stolen = bytes.Clone(b)
		}
		return b
	}
	inject := func(n int, b []byte) []byte {
		if n == 2 {
			return stolen
		}
		return b
	}
	for _, c := range []struct {
		up   edit
		want error
	}{{steal, nil}, {inject, ErrRecord}} {
		a, b, _ := relay(t, c.up, untouched)
		o := meet(t, a, b, clientKey, hostKey, Pin(hostKey.Public()))
		if err := errors.Join(o.clientErr, o.serverErr); err != nil {
			t.Fatal(err)
		}
		go o.client.WriteRecord([]byte("same text"))
		if _, err := o.server.ReadRecord(); !errors.Is(err, c.want) {
			t.Errorf("got %v, want %v", err, c.want)
		}
	}
}

// TestReflectedRecord sends a record back to the side that wrote it.
func TestReflectedRecord(t *testing.T) {
	s := newScript(t)
	client := &Conn{tx: sender{cipher: s.clientToHost}, rx: receiver{cipher: s.hostToClient}}
	var wire bytes.Buffer
	if err := client.tx.write(&wire, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if _, err := client.rx.read(&wire); !errors.Is(err, ErrRecord) {
		t.Errorf("got %v, want %v", err, ErrRecord)
	}
}

// TestRekeyAsTheLibrary compares two key periods and a bit with the Noise library, whose
// Rekey we do not use because its ciphers allocate.
func TestRekeyAsTheLibrary(t *testing.T) {
	key := [32]byte(bytes.Repeat([]byte{7}, 32))
	suite := noise.NewCipherSuite(noise.DH25519, noise.CipherAESGCM, noise.HashSHA256)
	library := noise.UnsafeNewCipherState(suite, key, 0)
	ours, theirs := newCipherState(key), newCipherState(key)
	plain := []byte("x")
	for n := range rekeyEvery*2 + 10 {
		want, err := library.Encrypt(nil, nil, plain)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ours.seal(nil, plain)
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("record %d is %x, %v; want %x", n, got, err, want)
		}
		if _, err := theirs.open(got); err != nil {
			t.Fatalf("record %d: %v", n, err)
		}
		if (n+1)%rekeyEvery == 0 {
			library.Rekey()
		}
	}
}

func TestExhausted(t *testing.T) {
	s, r := pair(1)
	s.cipher.n, r.cipher.n = math.MaxUint64-1, math.MaxUint64-1
	var out bytes.Buffer
	if err := s.write(&out, []byte("last")); err != nil {
		t.Fatal(err)
	}
	if got, err := r.read(&out); err != nil || string(got) != "last" {
		t.Fatalf("read %q, %v", got, err)
	}
	if err := s.write(&out, []byte("too many")); !errors.Is(err, ErrExhausted) {
		t.Errorf("write: %v", err)
	}
	if _, err := r.read(join(framed(make([]byte, tagSize)))); !errors.Is(err, ErrExhausted) {
		t.Errorf("read: %v", err)
	}
}

// TestReadWhileWriting lets all four directions run at once, for -race.
func TestReadWhileWriting(t *testing.T) {
	client, server := connected(t)
	const records = 500
	var wg sync.WaitGroup
	for _, c := range []*Conn{client, server} {
		wg.Go(func() {
			for n := range records {
				if err := c.WriteRecord(fmt.Appendf(nil, "%d%s", n, strings.Repeat(".", n*7))); err != nil {
					t.Error(err)
					return
				}
			}
		})
		wg.Go(func() {
			for n := range records {
				got, err := c.ReadRecord()
				if want := fmt.Sprintf("%d%s", n, strings.Repeat(".", n*7)); err != nil || string(got) != want {
					t.Errorf("record %d: %q, %v", n, got, err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// TestRecordsAllocateNothing is the budget of the steady state.
func TestRecordsAllocateNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes sync.Pool forget at random")
	}
	for _, size := range []int{200, 1 << 10, 60 << 10} {
		s, r := pair(1)
		plain := make([]byte, size)
		wire := bytes.NewBuffer(make([]byte, 0, 128<<10))
		got := testing.AllocsPerRun(1000, func() {
			if err := s.write(wire, plain); err != nil {
				t.Fatal(err)
			}
			if _, err := r.read(wire); err != nil {
				t.Fatal(err)
			}
		})
		if got != 0 {
			t.Errorf("%d bytes: %v allocations", size, got)
		}
	}
}

// TestWaitingHoldsNoLargeBuffer reads a large record and then waits: what it
// lay in must be back in the pool. An announced length alone takes 16 KiB.
func TestWaitingHoldsNoLargeBuffer(t *testing.T) {
	s, r := pair(1)
	f := stream(t, s, strings.Repeat("x", MaxRecord), strings.Repeat("y", MaxRecord))
	if _, err := r.read(join(f[0])); err != nil {
		t.Fatal(err)
	}
	held := -1
	wait := readerFunc(func(p []byte) (int, error) {
		if r.large == nil {
			held = 0
			return copy(p, f[1][:headerSize]), nil
		}
		held = len(r.large.b)
		return 0, io.ErrClosedPipe
	})
	if _, err := r.read(wait); !errors.Is(err, io.ErrClosedPipe) {
		t.Fatal(err)
	}
	if got, want := held, trustSize; got != want {
		t.Errorf("after a length the receiver holds %d bytes, want %d", got, want)
	}
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// idleHeap returns the heap bytes that one end keeps for each of n channels.
func idleHeap(t testing.TB, n int) float64 {
	host, key := newKey(t), newKey(t)
	kept := make([]*Conn, n)
	pipes := make([]net.Conn, 0, 2*n)
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	for range n {
		a, b := net.Pipe()
		pipes = append(pipes, a, b)
	}
	before := heap()
	for i := range n {
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := Client(t.Context(), pipes[2*i], key, Pin(host.Public())); err != nil {
				t.Error(err)
			}
		})
		c, err := Server(t.Context(), pipes[2*i+1], host)
		wg.Wait()
		if err != nil {
			t.Fatal(err)
		}
		kept[i] = c
	}
	after := heap()
	runtime.KeepAlive(kept)
	for _, p := range pipes {
		p.Close()
	}
	return (float64(after) - float64(before)) / float64(n)
}

// TestIdleConnIsSmall is the channel's part of the 12 KiB that an idle
// connection of the host may take.
func TestIdleConnIsSmall(t *testing.T) {
	if got, most := idleHeap(t, 100), 5000.0; got > most {
		t.Errorf("an idle channel holds %.0f bytes of heap, at most %.0f are allowed", got, most)
	}
}
