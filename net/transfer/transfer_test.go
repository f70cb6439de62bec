package transfer

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/snugchat/snug/net/wire"
)

// start is when every test begins: a Puller only compares times.
var start = time.Unix(1_800_000_000, 0)

// sealed returns n bytes that look random, their hash list and their root.
func sealed(n int) (data, hashes []byte, root [32]byte) {
	data = make([]byte, n)
	r := rand.NewChaCha8([32]byte{byte(n), byte(n >> 8), byte(n >> 16)})
	_, _ = r.Read(data)
	for i := range Blocks(int64(n)) {
		sum := sha256.Sum256(data[i*BlockSize:][:BlockLen(int64(n), i)])
		hashes = append(hashes, sum[:]...)
	}
	return data, hashes, Root(int64(n), hashes)
}

// memorySink is a Sink that keeps everything, and says if it was misused.
type memorySink struct {
	data   []byte
	got    map[int]int
	had    map[int]bool
	begins int
	fail   error
}

func newSink(n int) *memorySink { return &memorySink{data: make([]byte, n), got: map[int]int{}} }

func (s *memorySink) Begin(length int64, hashes []byte) (func(int) bool, error) {
	s.begins++
	if int64(len(s.data)) != length {
		return nil, fmt.Errorf("length %d, want %d", length, len(s.data))
	}
	return func(i int) bool { return s.had[i] }, nil
}

func (s *memorySink) WriteBlock(i int, b []byte) error {
	if s.fail != nil {
		return s.fail
	}
	s.got[i]++
	copy(s.data[i*BlockSize:], b)
	return nil
}

// wireTo is a link in memory: what a Puller asked for and was not answered yet.
type wireTo struct {
	pulls []*wire.Pull
	most  int // most bytes that were under way
}

func (w *wireTo) send(m wire.Message) error {
	p, ok := m.(*wire.Pull)
	if !ok {
		return fmt.Errorf("puller sent a %T", m)
	}
	w.pulls = append(w.pulls, p)
	sum := 0
	for _, p := range w.pulls {
		sum += int(p.Length)
	}
	w.most = max(w.most, sum)
	return nil
}

func (w *wireTo) take(i int) *wire.Pull {
	p := w.pulls[i]
	w.pulls = append(w.pulls[:i], w.pulls[i+1:]...)
	return p
}

// answer is what an honest Feeder answers to p.
func answer(t testing.TB, data, hashes []byte, root [32]byte, p *wire.Pull) *wire.Piece {
	t.Helper()
	var out *wire.Piece
	f := NewFeeder(root, int64(len(data)), bytes.NewReader(hashes), bytes.NewReader(data), func(m wire.Message) error {
		c := *m.(*wire.Piece)
		c.Data = bytes.Clone(c.Data)
		out = &c
		return nil
	})
	if err := f.Handle(p); err != nil {
		t.Fatalf("feeder: %v", err)
	}
	return out
}

func newPuller(t testing.TB, n int, root [32]byte, sink Sink) (*Puller, *wireTo) {
	t.Helper()
	w := new(wireTo)
	p, err := NewPuller(root, int64(n), sink, w.send)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(start); err != nil {
		t.Fatal(err)
	}
	return p, w
}

// sizes are the lengths at which something changes.
var sizes = []int{0, 1, wire.MaxPiece - 1, wire.MaxPiece, wire.MaxPiece + 1, BlockSize - 1, BlockSize, BlockSize + 1, 2 * BlockSize, 3*BlockSize + 777, 7 * BlockSize}

// FEATURES F1, F3: whatever the size, what arrives is what was sent, and never
// more than a window is under way.
func TestEverySizeArrives(t *testing.T) {
	for _, n := range sizes {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			data, hashes, root := sealed(n)
			sink := newSink(n)
			p, w := newPuller(t, n, root, sink)
			for len(w.pulls) > 0 {
				if err := p.Handle(start, answer(t, data, hashes, root, w.take(0))); err != nil {
					t.Fatal(err)
				}
				if len(p.open) > maxOpen {
					t.Fatalf("%d blocks open, want at most %d", len(p.open), maxOpen)
				}
			}
			if !p.Done() || p.Have() != int64(n) {
				t.Fatalf("done %v with %d bytes, want %d", p.Done(), p.Have(), n)
			}
			if !bytes.Equal(sink.data, data) {
				t.Fatal("other bytes arrived than were sent")
			}
			if sink.begins != 1 {
				t.Errorf("sink was begun %d times, want 1", sink.begins)
			}
			if w.most > wire.Window {
				t.Errorf("%d bytes under way, want at most %d", w.most, wire.Window)
			}
		})
	}
}

// FEATURES F4: a link that loses, doubles, reorders and damages pieces still
// brings the file, each block once.
func TestBadLinkStillBringsTheFile(t *testing.T) {
	const n = 5*BlockSize + 4321
	data, hashes, root := sealed(n)
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 1))
		sink := newSink(n)
		p, w := newPuller(t, n, root, sink)
		now := start
		damaged := 0
		for !p.Done() {
			if len(w.pulls) == 0 {
				now = now.Add(PullTimeout)
				if err := p.Expire(now); err != nil {
					t.Fatalf("seed %d: %v", seed, err)
				}
				continue
			}
			piece := answer(t, data, hashes, root, w.take(r.IntN(len(w.pulls)))) // reordered
			switch r.IntN(40) {
			case 0: // lost
				continue
			case 1: // doubled
				if err := p.Handle(now, piece); err != nil {
					t.Fatalf("seed %d: %v", seed, err)
				}
			case 2: // damaged, at most once in a while
				if damaged < 3 {
					damaged++
					piece.Data[r.IntN(len(piece.Data))] ^= 1
				}
			case 3: // cut
				piece.Data = piece.Data[:len(piece.Data)-1]
			}
			if err := p.Handle(now, piece); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
		}
		if !bytes.Equal(sink.data, data) {
			t.Fatalf("seed %d: other bytes arrived than were sent", seed)
		}
		for i, c := range sink.got {
			if c != 1 {
				t.Errorf("seed %d: block %d written %d times, want 1", seed, i, c)
			}
		}
		if damaged > 0 && p.Refetched() == 0 {
			t.Errorf("seed %d: %d damaged pieces and nothing fetched again", seed, damaged)
		}
	}
}

// FEATURES F4: after a cut only the missing blocks are asked for.
func TestResumeAsksOnlyForWhatIsMissing(t *testing.T) {
	const n = 6*BlockSize + 5
	data, hashes, root := sealed(n)
	sink := newSink(n)
	sink.had = map[int]bool{0: true, 2: true, 3: true, 6: true}
	for i := range sink.had {
		copy(sink.data[i*BlockSize:], data[i*BlockSize:][:BlockLen(n, i)])
	}
	p, w := newPuller(t, n, root, sink)
	asked := map[int]int{}
	for len(w.pulls) > 0 {
		pull := w.take(0)
		if pull.Part == wire.PartData {
			asked[int(pull.Offset/BlockSize)] += int(pull.Length)
		}
		if err := p.Handle(start, answer(t, data, hashes, root, pull)); err != nil {
			t.Fatal(err)
		}
	}
	if !p.Done() || !bytes.Equal(sink.data, data) {
		t.Fatal("the file did not arrive whole")
	}
	for i := range Blocks(n) {
		want := BlockLen(n, i)
		if sink.had[i] {
			want = 0
		}
		if asked[i] != want {
			t.Errorf("block %d: %d bytes asked for, want %d", i, asked[i], want)
		}
	}
	again := newSink(n)
	again.had = map[int]bool{0: true, 1: true, 2: true, 3: true, 4: true, 5: true, 6: true}
	p, w = newPuller(t, n, root, again)
	if err := p.Handle(start, answer(t, data, hashes, root, w.take(0))); err != nil || !p.Done() || len(w.pulls) != 0 {
		t.Errorf("a sink that has everything: err %v, done %v, %d pulls, want nil, true, 0", err, p.Done(), len(w.pulls))
	}
}

func TestHostilePeerIsGivenUp(t *testing.T) {
	const n = 3*BlockSize + 1
	data, hashes, root := sealed(n)
	other, otherHashes, _ := sealed(n + 1)
	tests := map[string]struct {
		play func(p *Puller, w *wireTo) error
		want error
	}{
		"every block damaged": {func(p *Puller, w *wireTo) error {
			for {
				a := answer(t, data, hashes, root, w.take(0))
				if a.Part == wire.PartData {
					a.Data[0] ^= 0x80
				}
				if err := p.Handle(start, a); err != nil {
					return err
				}
			}
		}, ErrDamaged},
		"another file's hash list": {func(p *Puller, w *wireTo) error {
			for {
				a := answer(t, data, hashes, root, w.take(0))
				copy(a.Data, otherHashes)
				if err := p.Handle(start, a); err != nil {
					return err
				}
			}
		}, ErrDamaged},
		"pieces nobody asked for": {func(p *Puller, w *wireTo) error {
			for i := range 100_000 {
				err := p.Handle(start, &wire.Piece{Root: root, Part: wire.PartData, Offset: int64(i) << 30, Data: make([]byte, 64)})
				if err != nil {
					return err
				}
			}
			return nil
		}, ErrStray},
		"wrong lengths": {func(p *Puller, w *wireTo) error {
			for range 100_000 {
				err := p.Handle(start, &wire.Piece{Root: root, Part: wire.PartHashes, Data: make([]byte, wire.MaxPiece)})
				if err != nil {
					return err
				}
			}
			return nil
		}, ErrStray},
		"no answer at all": {func(p *Puller, w *wireTo) error {
			for i := range 100 {
				if err := p.Expire(start.Add(time.Duration(i) * PullTimeout)); err != nil {
					return err
				}
			}
			return nil
		}, ErrSilent},
		"a cancel": {func(p *Puller, w *wireTo) error {
			return p.Handle(start, &wire.Cancel{Root: root})
		}, ErrCancelled},
		"a pause": {func(p *Puller, w *wireTo) error {
			return p.Handle(start, &wire.Cancel{Root: root, Keep: true})
		}, ErrPaused},
		"a code": {func(p *Puller, w *wireTo) error {
			return p.Handle(start, &wire.BlobState{Root: root, Code: wire.CodeQuota, Limit: 7})
		}, ErrCancelled},
		"messages of another file": {func(p *Puller, w *wireTo) error {
			for _, m := range []wire.Message{&wire.Cancel{}, &wire.BlobState{Code: wire.CodeFailed}, &wire.Piece{Data: other[:9]}} {
				if err := p.Handle(start, m); err != nil {
					return err
				}
			}
			return nil
		}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			sink := newSink(n)
			p, w := newPuller(t, n, root, sink)
			if err := tt.play(p, w); !errors.Is(err, tt.want) {
				t.Errorf("got error %v, want %v", err, tt.want)
			}
			if len(sink.got) != 0 {
				t.Errorf("%d blocks reached the sink, want none", len(sink.got))
			}
			if len(p.open) > maxOpen || len(p.asked) > wire.Window/1024 {
				t.Errorf("%d blocks and %d pulls are kept", len(p.open), len(p.asked))
			}
		})
	}
	if _, err := NewPuller(root, MaxLength+1, nil, nil); !errors.Is(err, ErrTooLong) {
		t.Errorf("over MaxLength: got %v, want %v", err, ErrTooLong)
	}
	if _, err := NewPuller(root, -1, nil, nil); !errors.Is(err, ErrTooLong) {
		t.Errorf("negative: got %v, want %v", err, ErrTooLong)
	}
	if _, err := NewPuller([32]byte{1}, 0, newSink(0), new(wireTo).send); err != nil {
		t.Fatal(err)
	}
	p, _ := NewPuller([32]byte{1}, 0, newSink(0), new(wireTo).send)
	if err := p.Start(start); !errors.Is(err, ErrDamaged) {
		t.Errorf("an empty file of a wrong root: got %v, want %v", err, ErrDamaged)
	}
}

// A length of 64 GiB that is a lie costs one pull and no memory.
func TestGiantLengthCostsNothing(t *testing.T) {
	w := new(wireTo)
	allocs := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			w.pulls = nil
			p, err := NewPuller([32]byte{9}, MaxLength, newSink(0), w.send)
			if err != nil {
				b.Fatal(err)
			}
			if err := p.Start(start); err != nil {
				b.Fatal(err)
			}
		}
	}).AllocedBytesPerOp()
	if allocs > 128<<10 {
		t.Errorf("%d bytes for a file that never came, want at most 128 KiB", allocs)
	}
	if len(w.pulls) != 1 {
		t.Errorf("%d pulls, want 1", len(w.pulls))
	}
}

func TestSinkErrorEndsTheTransfer(t *testing.T) {
	data, hashes, root := sealed(BlockSize)
	sink := newSink(BlockSize)
	sink.fail = errors.New("disk full")
	p, w := newPuller(t, BlockSize, root, sink)
	var err error
	for err == nil && len(w.pulls) > 0 {
		err = p.Handle(start, answer(t, data, hashes, root, w.take(0)))
	}
	if !errors.Is(err, sink.fail) || p.Done() {
		t.Errorf("got error %v and done %v, want %v and false", err, p.Done(), sink.fail)
	}
}

func TestWindowIsShared(t *testing.T) {
	data, hashes, root := sealed(2 * BlockSize)
	p, w := newPuller(t, 2*BlockSize, root, newSink(2*BlockSize))
	p.SetWindow(2 * wire.MaxPiece)
	for len(w.pulls) > 0 {
		if err := p.Handle(start, answer(t, data, hashes, root, w.take(0))); err != nil {
			t.Fatal(err)
		}
	}
	if !p.Done() || w.most > 2*wire.MaxPiece {
		t.Errorf("done %v with %d bytes under way, want at most %d", p.Done(), w.most, 2*wire.MaxPiece)
	}
}

func TestFeederRefusesWhatDoesNotExist(t *testing.T) {
	const n = BlockSize + 10
	data, hashes, root := sealed(n)
	tests := map[string]struct {
		pull wire.Pull
		want error
	}{
		"first piece":         {wire.Pull{Part: wire.PartData, Length: wire.MaxPiece}, nil},
		"last byte":           {wire.Pull{Part: wire.PartData, Offset: n - 1, Length: 1}, nil},
		"whole list":          {wire.Pull{Part: wire.PartHashes, Length: 64}, nil},
		"nothing":             {wire.Pull{Part: wire.PartData}, ErrBadPull},
		"too much":            {wire.Pull{Part: wire.PartData, Length: wire.MaxPiece + 1}, ErrBadPull},
		"before the start":    {wire.Pull{Part: wire.PartData, Offset: -1, Length: 1}, ErrBadPull},
		"over the end":        {wire.Pull{Part: wire.PartData, Offset: n - 1, Length: 2}, ErrBadPull},
		"an offset that laps": {wire.Pull{Part: wire.PartData, Offset: 1<<63 - 1, Length: wire.MaxPiece}, ErrBadPull},
		"over the list's end": {wire.Pull{Part: wire.PartHashes, Offset: 33, Length: 32}, ErrBadPull},
		"no part":             {wire.Pull{Length: 1}, ErrBadPull},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			sent := 0
			f := NewFeeder(root, n, bytes.NewReader(hashes), bytes.NewReader(data), func(wire.Message) error { sent++; return nil })
			tt.pull.Root = root
			if err := f.Handle(&tt.pull); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if want := map[bool]int{true: 1, false: 0}[tt.want == nil]; sent != want {
				t.Errorf("%d pieces sent, want %d", sent, want)
			}
		})
	}
	short := NewFeeder(root, n, bytes.NewReader(hashes), bytes.NewReader(data[:5]), func(wire.Message) error { return nil })
	if err := short.Handle(&wire.Pull{Root: root, Part: wire.PartData, Length: 6}); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a file that became shorter: got %v, want %v", err, io.ErrUnexpectedEOF)
	}
}

// FEATURES F3: speed and time left settle quickly and are not thrown by a hiccup.
func TestMeter(t *testing.T) {
	var m Meter
	now, done := start, int64(0)
	m.Note(now, 0)
	if p := m.Progress(0, 100<<20); p.Rate != 0 || p.Left != 0 {
		t.Errorf("before anything came: %+v, want no rate", p)
	}
	for range 10 { // 10 MiB/s
		now, done = now.Add(100*time.Millisecond), done+1<<20
		m.Note(now, done)
	}
	p := m.Progress(done, 100<<20)
	if p.Rate < 9.9*(1<<20) || p.Rate > 10.1*(1<<20) {
		t.Errorf("rate %.0f after a second of 10 MiB/s", p.Rate)
	}
	if p.Left < 8900*time.Millisecond || p.Left > 9100*time.Millisecond {
		t.Errorf("time left %v, want about 9 s", p.Left)
	}
	now = now.Add(300 * time.Millisecond) // a hiccup
	m.Note(now, done)
	if p := m.Progress(done, 100<<20); p.Rate < 6*(1<<20) {
		t.Errorf("rate %.0f after a hiccup, want more than 6 MiB/s", p.Rate)
	}
	for range 600 {
		now = now.Add(100 * time.Millisecond)
		m.Note(now, done)
	}
	if p := m.Progress(done, 100<<20); p.Rate != 0 || p.Left != 0 {
		t.Errorf("after a minute of nothing: %+v, want no rate", p)
	}
	if p := m.Progress(100<<20, 100<<20); p.Left != 0 {
		t.Errorf("at the end: %v left, want 0", p.Left)
	}
}

// FuzzPuller lets the other side send anything: no panic, no memory beyond two
// blocks, and nothing but the true file reaches the sink.
func FuzzPuller(f *testing.F) {
	const n = BlockSize + 3*wire.MaxPiece
	data, hashes, root := sealed(n)
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9})
	f.Add(bytes.Repeat([]byte{0}, 64))
	f.Fuzz(func(t *testing.T, script []byte) {
		sink := newSink(n)
		p, w := newPuller(t, n, root, sink)
		now := start
		for i, op := range script {
			var err error
			switch {
			case op < 160 && len(w.pulls) > 0:
				err = p.Handle(now, answer(t, data, hashes, root, w.take(int(op)%len(w.pulls))))
			case op < 180 && len(w.pulls) > 0:
				a := answer(t, data, hashes, root, w.take(int(op)%len(w.pulls)))
				a.Data[i%len(a.Data)] ^= op
				err = p.Handle(now, a)
			case op < 200:
				now = now.Add(PullTimeout)
				err = p.Expire(now)
			case op < 220:
				err = p.Handle(now, &wire.Piece{Root: root, Part: wire.Part(op % 4), Offset: int64(op) << (i % 56), Data: make([]byte, i)})
			case op < 240:
				p.SetWindow(int(op) << 10)
			default:
				if len(w.pulls) > 0 {
					w.take(0)
				}
			}
			if len(p.open) > maxOpen || len(p.spare) > maxOpen || len(p.hashes) > len(hashes) {
				t.Fatalf("keeps %d open, %d spare blocks, %d bytes of list", len(p.open), len(p.spare), len(p.hashes))
			}
			if err != nil {
				break
			}
		}
		for i := range sink.got {
			if !bytes.Equal(sink.data[i*BlockSize:][:BlockLen(n, i)], data[i*BlockSize:][:BlockLen(n, i)]) {
				t.Fatalf("block %d is not the file's", i)
			}
		}
		if p.Done() != (len(sink.got) == Blocks(n)) {
			t.Fatalf("done %v with %d blocks", p.Done(), len(sink.got))
		}
	})
}

// BenchmarkPull measures both ends without a network: hashing and copying.
func BenchmarkPull(b *testing.B) {
	const n = 32 * BlockSize
	data, hashes, root := sealed(n)
	b.SetBytes(n)
	b.ReportAllocs()
	for b.Loop() {
		var pulls []*wire.Pull
		p, err := NewPuller(root, n, discard{}, func(m wire.Message) error { pulls = append(pulls, m.(*wire.Pull)); return nil })
		if err != nil {
			b.Fatal(err)
		}
		f := NewFeeder(root, n, bytes.NewReader(hashes), bytes.NewReader(data), func(m wire.Message) error { return p.Handle(start, m) })
		if err := p.Start(start); err != nil {
			b.Fatal(err)
		}
		for len(pulls) > 0 {
			q := pulls[0]
			pulls = pulls[1:]
			if err := f.Handle(q); err != nil {
				b.Fatal(err)
			}
		}
		if !p.Done() {
			b.Fatal("not done")
		}
	}
}

type discard struct{}

func (discard) Begin(int64, []byte) (func(int) bool, error) { return nil, nil }
func (discard) WriteBlock(int, []byte) error                { return nil }
