package stream

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/minio/sio"
)

// content returns n bytes that are the same in every run, and none of them 0.
func content(n int64) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{byte(n)}).Read(b)
	for i, v := range b {
		b[i] = max(v, 1)
	}
	return b
}

func sealed(t testing.TB, plain []byte) ([]byte, Sealed) {
	t.Helper()
	var out bytes.Buffer
	s, err := Seal(t.Context(), &out, bytes.NewReader(plain), int64(len(plain)))
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), s
}

func opened(t testing.TB, b []byte, key Key, size int64) ([]byte, error) {
	t.Helper()
	var out bytes.Buffer
	err := Open(t.Context(), &out, bytes.NewReader(b), key, size)
	return out.Bytes(), err
}

// borderSizes are sizes at which something changes: empty, classes, packages
// of 64 KiB, and sealed lengths around one and two blocks of 1 MiB.
func borderSizes() []int64 {
	sizes := []int64{0, 1, 2, 255, 256, 257, 271, 272, 273}
	for _, border := range []int64{
		packageSize, 2 * packageSize, 15 * packageSize, 16 * packageSize, // and 1 MiB of plaintext
		BlockSize - 16*packageOverhead, // seals to exactly one block, were it not padded
		2 * BlockSize, 2*BlockSize - 32*packageOverhead,
	} {
		for d := int64(-1); d <= 1; d++ {
			sizes = append(sizes, border+d)
		}
	}
	// The classes on both sides of the border between one block and two.
	for size := int64(BlockSize) - 64<<10; size < BlockSize+64<<10; size += 16 << 10 {
		sizes = append(sizes, size)
	}
	return sizes
}

func TestSealAndOpen(t *testing.T) {
	for _, size := range borderSizes() {
		plain := content(size)
		b, s := sealed(t, plain)
		if int64(len(b)) != SealedSize(size) || s.Length != SealedSize(size) || s.Size != size {
			t.Errorf("size %d: sealed to %d bytes, says %d, want %d", size, len(b), s.Length, SealedSize(size))
		}
		got, err := opened(t, b, s.Key, size)
		if err != nil || !bytes.Equal(got, plain) {
			t.Errorf("size %d: opened to %d bytes, %v", size, len(got), err)
		}
		if err := CheckLength(s.Length); err != nil {
			t.Errorf("size %d: %v", size, err)
		}
		hash := sha256.New()
		hash.Write([]byte("snug/1 file"))
		hash.Write(binary.BigEndian.AppendUint64(nil, uint64(len(b))))
		i := 0
		for block := range slices.Chunk(b, BlockSize) {
			h := sha256.Sum256(block)
			hash.Write(h[:])
			if err := s.Hashes.Check(i, block); err != nil {
				t.Errorf("size %d: %v", size, err)
			}
			i++
		}
		if want := Root(hash.Sum(nil)); s.Root != want || s.Hashes.Root() != want || s.Hashes.Len() != i {
			t.Errorf("size %d: root %v of %d blocks, want %v of %d", size, s.Root, s.Hashes.Len(), want, i)
		}
	}
}

// TestSealIsDARE20 opens what Seal made with sio alone, told to accept nothing
// but DARE 2.0 with AES-256-GCM, and looks at the headers.
func TestSealIsDARE20(t *testing.T) {
	plain := content(100_000)
	b, s := sealed(t, plain)
	got, err := sio.DecryptBuffer(nil, b, sio.Config{
		Key: s.Key[:], MinVersion: sio.Version20, CipherSuites: []byte{sio.AES_256_GCM},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := append(slices.Clone(plain), make([]byte, PaddedSize(100_000)-100_000)...)
	if !bytes.Equal(got, want) {
		t.Error("the plaintext is not the file and zeros")
	}
	for at := 0; at < len(b); at += packageSize + packageOverhead {
		if b[at] != 0x20 || b[at+1] != 0 {
			t.Errorf("package at %d begins with % x, want 20 00", at, b[at:at+2])
		}
	}
}

func TestPaddedSize(t *testing.T) {
	for _, c := range []struct{ size, want int64 }{
		{0, 256},
		{1, 256},
		{256, 256},
		{257, 272}, // E = 8, S = 4: the last 4 bits are 0
		{272, 272},
		{273, 288},
		{511, 512},
		{512, 512},
		{513, 544}, // E = 9: 5 bits
		{1000, 1024},
		{65536, 65536},
		{65537, 67584}, // E = 16, S = 5: 11 bits
		{1 << 20, 1 << 20},
		{1<<20 + 1, 1<<20 + 1<<15}, // E = 20, S = 5: 15 bits
		{5_000_000, 5_111_808},     // E = 22: 17 bits
		{5 << 30, 5 << 30},
		{MaxSize, MaxSize},
		{MaxSize - 1, MaxSize},
	} {
		if got := PaddedSize(c.size); got != c.want {
			t.Errorf("%d: got %d, want %d", c.size, got, c.want)
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 100_000 {
		size := r.Int64N(int64(1) << (1 + r.IntN(38)))
		p := PaddedSize(size)
		if p < size || size >= 256 && float64(p) > 1.0625*float64(size) {
			t.Fatalf("%d: padded to %d, beyond 6.25 %%", size, p)
		}
		if PaddedSize(p) != p {
			t.Fatalf("%d: class %d is in class %d", size, p, PaddedSize(p))
		}
		// By the paper's formula in floating point.
		if size > 256 {
			e := math.Floor(math.Log2(float64(size)))
			last := e - (math.Floor(math.Log2(e)) + 1)
			unit := math.Exp2(last)
			if want := int64(math.Ceil(float64(size)/unit) * unit); p != want {
				t.Fatalf("%d: got %d, want %d", size, p, want)
			}
		}
	}
}

func TestSealedSizeIsSios(t *testing.T) {
	for _, size := range append(borderSizes(), 5<<30, MaxSize) {
		want, err := sio.EncryptedSize(uint64(PaddedSize(size)))
		if err != nil || SealedSize(size) != int64(want) {
			t.Errorf("%d: got %d, want %d (%v)", size, SealedSize(size), want, err)
		}
	}
}

func TestCheckLength(t *testing.T) {
	for _, length := range []int64{math.MinInt64, -1, 0, 32, 287, 289, 256 + 17 + 32, SealedSize(MaxSize) + 1, math.MaxInt64} {
		if err := CheckLength(length); !errors.Is(err, ErrHashList) {
			t.Errorf("%d: got %v, want %v", length, err, ErrHashList)
		}
	}
	for _, length := range []int64{288, SealedSize(1 << 20), SealedSize(MaxSize)} {
		if err := CheckLength(length); err != nil {
			t.Errorf("%d: %v", length, err)
		}
	}
}

func TestSealRefusesSizesAndSources(t *testing.T) {
	plain := content(200_000)
	broken := errors.New("disk is broken")
	after := func(n int64) io.Reader { return io.MultiReader(bytes.NewReader(plain[:n]), iotest.ErrReader(broken)) }
	for _, c := range []struct {
		name string
		r    io.Reader
		size int64
		want error
	}{
		{"a negative size", bytes.NewReader(plain), -1, ErrSize},
		{"too large a size", bytes.NewReader(plain), MaxSize + 1, ErrSize},
		{"a byte is missing", bytes.NewReader(plain[:199_999]), 200_000, ErrChanged},
		{"everything is missing", bytes.NewReader(nil), 200_000, ErrChanged},
		{"a byte more", bytes.NewReader(plain), 199_999, ErrChanged},
		{"a byte more than none", bytes.NewReader(plain[:1]), 0, ErrChanged},
		{"a source that breaks at once", after(0), 200_000, broken},
		{"a source that breaks in the middle", after(100_000), 200_000, broken},
		{"a source that breaks at its end", after(200_000), 200_000, broken},
	} {
		var out bytes.Buffer
		s, err := Seal(t.Context(), &out, c.r, c.size)
		if !errors.Is(err, c.want) || s.Length != 0 || s.Key != (Key{}) {
			t.Errorf("%s: got %v and %d bytes, want %v", c.name, err, s.Length, c.want)
		}
	}
	// Sources that give little or their end early do no harm.
	for name, r := range map[string]io.Reader{
		"a byte at a time": iotest.OneByteReader(bytes.NewReader(plain)),
		"halves":           iotest.HalfReader(bytes.NewReader(plain)),
		"data and the end": iotest.DataErrReader(bytes.NewReader(plain)),
	} {
		var out bytes.Buffer
		s, err := Seal(t.Context(), &out, r, 200_000)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var back bytes.Buffer
		if err := Open(t.Context(), &back, iotest.OneByteReader(&out), s.Key, s.Size); err != nil || !bytes.Equal(back.Bytes(), plain) {
			t.Errorf("%s: opened a byte at a time: %v", name, err)
		}
	}
}

// failingWriter takes n bytes.
type failingWriter struct {
	left int
	err  error
}

func (w *failingWriter) Write(b []byte) (int, error) {
	if len(b) > w.left {
		return 0, w.err
	}
	w.left -= len(b)
	return len(b), nil
}

func TestDiskFull(t *testing.T) {
	full := errors.New("no space left")
	plain := content(5 << 20)
	for _, room := range []int{0, BlockSize, 3 * BlockSize, 5 * BlockSize} {
		if _, err := Seal(t.Context(), &failingWriter{room, full}, bytes.NewReader(plain), int64(len(plain))); !errors.Is(err, full) {
			t.Errorf("seal into %d bytes: got %v, want %v", room, err, full)
		}
	}
	b, s := sealed(t, plain)
	if err := Open(t.Context(), &failingWriter{BlockSize, full}, bytes.NewReader(b), s.Key, s.Size); !errors.Is(err, full) {
		t.Errorf("open: got %v, want %v", err, full)
	}
	broken := errors.New("disk is broken")
	r := io.MultiReader(bytes.NewReader(b[:2<<20]), iotest.ErrReader(broken))
	if err := Open(t.Context(), io.Discard, r, s.Key, s.Size); !errors.Is(err, broken) || errors.Is(err, ErrDamaged) {
		t.Errorf("open from a broken disk: got %v, want %v", err, broken)
	}
}

func TestCancel(t *testing.T) {
	stop := errors.New("the person pressed cancel")
	ctx, cancel := context.WithCancelCause(t.Context())
	n := 0
	w := writerFunc(func(b []byte) (int, error) {
		if n++; n == 2 {
			cancel(stop)
		}
		return len(b), nil
	})
	if _, err := Seal(ctx, w, io.LimitReader(zeros{}, 1<<30), 1<<30); !errors.Is(err, stop) {
		t.Errorf("seal: got %v, want %v", err, stop)
	}
	if n > 2+sealBuffers {
		t.Errorf("%d blocks written after the cancel", n-2)
	}
	b, s := sealed(t, content(3<<20))
	if err := Open(ctx, io.Discard, bytes.NewReader(b), s.Key, s.Size); !errors.Is(err, stop) {
		t.Errorf("open: got %v, want %v", err, stop)
	}
}

type writerFunc func(b []byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// TestProperty20DamageIsRefused changes sealed files in every way that a host can.
func TestProperty20DamageIsRefused(t *testing.T) {
	const size = 5*packageSize - 100 // five packages, the last one padded
	plain := content(size)
	b, s := sealed(t, plain)
	other, _ := sealed(t, plain)
	const whole = packageSize + packageOverhead
	pack := func(b []byte, i int) []byte { return b[i*whole : min(len(b), (i+1)*whole)] }
	join := func(parts ...[]byte) []byte { return slices.Concat(parts...) }
	for _, c := range []struct {
		name string
		b    []byte
		key  Key
		size int64
	}{
		{"another key", b, Key{1}, size},
		{"nothing at all", nil, s.Key, size},
		{"only a header", b[:16], s.Key, size},
		{"cut by a byte", b[:len(b)-1], s.Key, size},
		{"cut within the padding", b[:len(b)-50], s.Key, size},
		{"cut after a package", b[:4*whole], s.Key, size},
		{"cut to one package", pack(b, 0), s.Key, size},
		{"a byte more", join(b, []byte{0}), s.Key, size},
		{"the file twice", join(b, b), s.Key, size},
		{"the last package twice", join(b, pack(b, 4)), s.Key, size},
		{"two packages swapped", join(pack(b, 0), pack(b, 2), pack(b, 1), pack(b, 3), pack(b, 4)), s.Key, size},
		{"a package left out", join(pack(b, 0), pack(b, 2), pack(b, 3), pack(b, 4)), s.Key, size},
		{"the first package left out", b[whole:], s.Key, size},
		{"a package twice", join(pack(b, 0), pack(b, 0), pack(b, 2), pack(b, 3), pack(b, 4)), s.Key, size},
		{"a package of another file", join(pack(b, 0), pack(other, 1), b[2*whole:]), s.Key, size},
		{"the last of another file", join(b[:4*whole], pack(other, 4)), s.Key, size},
		{"the last comes first", join(pack(b, 4), b), s.Key, size},
		{"said to be shorter, within the class", b, s.Key, size - 1},
		{"said to be shorter, another class", b, s.Key, size - packageSize},
		{"said to be empty", b, s.Key, 0},
		{"said to be longer", b, s.Key, size + packageSize},
	} {
		got, err := opened(t, c.b, c.key, c.size)
		if !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: got %v, want %v", c.name, err, ErrDamaged)
		}
		if !bytes.HasPrefix(append(slices.Clone(plain), make([]byte, packageSize)...), got) {
			t.Errorf("%s: wrote what is neither file nor padding", c.name)
		}
	}
	// A size within the padding cannot be told from a file that ends in zeros:
	// the size stands in the same signed message as the key.
	if _, err := opened(t, b, s.Key, size+1); err != nil {
		t.Errorf("a size within the padding: %v", err)
	}
	if _, err := opened(t, b, s.Key, -1); !errors.Is(err, ErrSize) {
		t.Errorf("a negative size: got %v, want %v", err, ErrSize)
	}
}

func TestEveryChangedByteIsRefused(t *testing.T) {
	plain := content(300)
	b, s := sealed(t, plain)
	for i := range b {
		bad := slices.Clone(b)
		bad[i] ^= 0x01
		if _, err := opened(t, bad, s.Key, 300); !errors.Is(err, ErrDamaged) {
			t.Errorf("byte %d: got %v, want %v", i, err, ErrDamaged)
		}
		if err := s.Hashes.Check(0, bad); !errors.Is(err, ErrBlock) {
			t.Errorf("byte %d: got %v, want %v", i, err, ErrBlock)
		}
		if i > 0 {
			if _, err := opened(t, b[:i], s.Key, 300); !errors.Is(err, ErrDamaged) {
				t.Errorf("cut to %d: got %v, want %v", i, err, ErrDamaged)
			}
		}
	}
	// In a longer file: one byte in every part of every package.
	plain = content(3 * packageSize)
	b, s = sealed(t, plain)
	for i := 0; i < len(b); i += 1021 {
		bad := slices.Clone(b)
		bad[i] ^= 0x80
		if _, err := opened(t, bad, s.Key, s.Size); !errors.Is(err, ErrDamaged) {
			t.Errorf("byte %d: got %v, want %v", i, err, ErrDamaged)
		}
	}
}

// TestPaddingThatIsNotZero has a dishonest sender hide bytes in the padding.
func TestPaddingThatIsNotZero(t *testing.T) {
	for _, at := range []int{300, 303} { // 300 bytes are in the class of 304
		plain := content(304)
		clear(plain[300:])
		if at < 304 {
			plain[at] = 1
		}
		key := Key{7}
		var out bytes.Buffer
		if _, err := sio.Encrypt(&out, bytes.NewReader(plain), config(&key)); err != nil {
			t.Fatal(err)
		}
		if _, err := opened(t, out.Bytes(), key, 300); !errors.Is(err, ErrDamaged) {
			t.Errorf("padding byte %d: got %v, want %v", at, err, ErrDamaged)
		}
		if got, err := opened(t, out.Bytes(), key, 304); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("as a file of 304 bytes: %v", err)
		}
	}
}

// TestLargerClassThanItsSize has a dishonest sender pad more than the size
// class says: the zeros beyond it are no part of the file.
func TestLargerClassThanItsSize(t *testing.T) {
	for _, size := range []int64{305, 1000, 2 * packageSize} {
		b, s := sealed(t, make([]byte, size))
		if _, err := opened(t, b, s.Key, 300); !errors.Is(err, ErrDamaged) {
			t.Errorf("%d zeros said to be 300: got %v, want %v", size, err, ErrDamaged)
		}
	}
}

// TestOtherSuitesAreRefused seals with what DARE offers besides AES-256-GCM in
// version 2.0.
func TestOtherSuitesAreRefused(t *testing.T) {
	key := Key{7}
	for name, c := range map[string]sio.Config{
		"ChaCha20-Poly1305": {Key: key[:], MinVersion: sio.Version20, CipherSuites: []byte{sio.CHACHA20_POLY1305}},
		"DARE 1.0":          {Key: key[:], MaxVersion: sio.Version10, CipherSuites: []byte{sio.AES_256_GCM}},
	} {
		var out bytes.Buffer
		if _, err := sio.Encrypt(&out, bytes.NewReader(make([]byte, 256)), c); err != nil {
			t.Fatal(err)
		}
		if _, err := opened(t, out.Bytes(), key, 256); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: got %v, want %v", name, err, ErrDamaged)
		}
	}
}

// TestReader checks that io.EOF comes only after everything was checked.
func TestReader(t *testing.T) {
	plain := content(70_000)
	b, s := sealed(t, plain)
	r, err := NewReader(bytes.NewReader(b), s.Key, s.Size)
	if err != nil {
		t.Fatal(err)
	}
	if err := iotest.TestReader(r, plain); err != nil {
		t.Error(err)
	}
	cut := b[:len(b)-1]
	if r, err = NewReader(bytes.NewReader(cut), s.Key, s.Size); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the error stays
		if _, err := io.ReadAll(r); !errors.Is(err, ErrDamaged) {
			t.Errorf("cut: got %v, want %v", err, ErrDamaged)
		}
	}
}

func TestReaderAt(t *testing.T) {
	const size = 3*packageSize + 1000
	plain := content(size)
	b, s := sealed(t, plain)
	at, err := NewReaderAt(bytes.NewReader(b), s.Key, s.Size)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(io.NewSectionReader(at, 0, at.Size())); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("the whole: %d bytes, %v", len(got), err)
	}
	small, sSmall := sealed(t, plain[:500])
	atSmall, err := NewReaderAt(bytes.NewReader(small), sSmall.Key, 500)
	if err != nil {
		t.Fatal(err)
	}
	if err := iotest.TestReader(io.NewSectionReader(atSmall, 0, 500), plain[:500]); err != nil {
		t.Error(err)
	}
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(worker), 1))
			for range 50 {
				off := r.Int64N(size)
				got := make([]byte, r.IntN(70_000))
				n, err := at.ReadAt(got, off)
				want := plain[off:min(size, off+int64(len(got)))]
				if !bytes.Equal(got[:n], want) || (n < len(got)) != errors.Is(err, io.EOF) {
					t.Errorf("offset %d: %d bytes, %v", off, n, err)
				}
			}
		})
	}
	wg.Wait()
	for _, off := range []int64{size, size + 10, PaddedSize(size) - 1, math.MaxInt64} {
		if n, err := at.ReadAt(make([]byte, 1), off); n != 0 || !errors.Is(err, io.EOF) {
			t.Errorf("offset %d: %d bytes, %v, want none and the end", off, n, err)
		}
	}
	if _, err := at.ReadAt(make([]byte, 1), -1); !errors.Is(err, ErrSize) {
		t.Errorf("offset -1: got %v, want %v", err, ErrSize)
	}
	// A changed, moved or missing package is found by whoever reads it.
	const whole = packageSize + packageOverhead
	changed := slices.Clone(b)
	changed[whole+100] ^= 1
	swapped := slices.Concat(b[:whole], b[2*whole:3*whole], b[whole:2*whole], b[3*whole:])
	for name, bad := range map[string][]byte{"changed": changed, "swapped": swapped, "cut": b[:whole+5]} {
		r, err := NewReaderAt(bytes.NewReader(bad), s.Key, s.Size)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := r.ReadAt(make([]byte, 100), packageSize+10); !errors.Is(err, ErrDamaged) || n != 0 {
			t.Errorf("%s: %d bytes, %v, want %v", name, n, err, ErrDamaged)
		}
		if _, err := r.ReadAt(make([]byte, 100), 10); err != nil {
			t.Errorf("%s: the first package: %v", name, err)
		}
	}
	broken := errors.New("disk is broken")
	r, err := NewReaderAt(readerAtFunc(func([]byte, int64) (int, error) { return 0, broken }), s.Key, s.Size)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.ReadAt(make([]byte, 1), 0); !errors.Is(err, broken) {
		t.Errorf("a broken disk: got %v, want %v", err, broken)
	}
}

type readerAtFunc func(b []byte, off int64) (int, error)

func (f readerAtFunc) ReadAt(b []byte, off int64) (int, error) { return f(b, off) }

func TestHashList(t *testing.T) {
	b, s := sealed(t, content(3<<20-5))
	raw := s.Hashes.Bytes()
	l, err := OpenHashList(s.Root, s.Length, raw)
	if err != nil || l.Root() != s.Root || l.Len() != 4 || l.Length() != s.Length || !bytes.Equal(l.Bytes(), raw) {
		t.Fatalf("%d blocks of %d, %v", l.Len(), l.Length(), err)
	}
	raw[0] ^= 1
	if l.Root() != s.Root {
		t.Error("the list keeps its caller's bytes")
	}
	for name, err := range map[string]error{
		"a changed hash":         second(OpenHashList(s.Root, s.Length, raw)),
		"another length":         second(OpenHashList(s.Root, SealedSize(3<<20+1<<17), s.Hashes.Bytes())),
		"another root":           second(OpenHashList(Root{1}, s.Length, s.Hashes.Bytes())),
		"a hash less":            second(ParseHashList(s.Length, raw[32:])),
		"half a hash":            second(ParseHashList(s.Length, raw[:16])),
		"a hash more":            second(ParseHashList(s.Length, append(raw, make([]byte, 32)...))),
		"nothing of no file":     second(ParseHashList(0, nil)),
		"a negative length":      second(ParseHashList(-1, nil)),
		"an impossible length":   second(ParseHashList(s.Length+1, raw)),
		"the largest length":     second(ParseHashList(math.MaxInt64, raw)),
		"two blocks swapped":     second(OpenHashList(s.Root, s.Length, slices.Concat(raw[32:64], raw[:32], raw[64:]))),
		"the last block is cut":  asList(l.Check(3, b[3*BlockSize:len(b)-1])),
		"a block too long":       asList(l.Check(0, b[:BlockSize+1])),
		"a block at wrong place": asList(l.Check(1, b[:BlockSize])),
		"a block beyond":         asList(l.Check(4, b[:BlockSize])),
		"a block before":         asList(l.Check(-1, b[:BlockSize])),
		"an empty block beyond":  asList(l.Check(4, nil)),
	} {
		if !errors.Is(err, ErrHashList) {
			t.Errorf("%s: got %v, want %v", name, err, ErrHashList)
		}
	}
	for i, want := range map[int]int{-1: 0, 0: BlockSize, 2: BlockSize, 3: int(s.Length - 3*BlockSize), 4: 0} {
		if got := l.BlockLength(i); got != want {
			t.Errorf("block %d: got %d bytes, want %d", i, got, want)
		}
	}
}

func second(_ HashList, err error) error { return err }

// asList has an ErrBlock checked in the same table.
func asList(err error) error {
	if errors.Is(err, ErrBlock) {
		return ErrHashList
	}
	return fmt.Errorf("want ErrBlock: %v", err)
}

func TestRootAndKeyText(t *testing.T) {
	_, s := sealed(t, content(10))
	text := s.Root.String()
	if r, err := ParseRoot(text); err != nil || r != s.Root || len(text) != 64 {
		t.Errorf("%q: %v, %v", text, r, err)
	}
	for _, bad := range []string{"", text[1:], text + "0", strings.ToUpper(text), "../" + text[3:], strings.Repeat("g", 64)} {
		if bad == text {
			continue // no letters in it
		}
		if _, err := ParseRoot(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("file", "key", s.Key, "root", s.Root.String())
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d", "%q"} {
		fmt.Fprintf(&log, verb+" "+verb+"\n", s.Key, s)
	}
	for _, form := range []string{string(s.Key[:]), hex.EncodeToString(s.Key[:8]), strings.Trim(fmt.Sprint(s.Key[:8]), "[]")} {
		if strings.Contains(log.String(), form) {
			t.Errorf("the log holds the key as %q", form)
		}
	}
	a, err := GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	if !a.Equal(a) || a.Equal(s.Key) {
		t.Error("Equal is wrong")
	}
}

func TestNoTwoSealsAreAlike(t *testing.T) {
	plain := content(1000)
	a, first := sealed(t, plain)
	b, again := sealed(t, plain)
	if first.Key.Equal(again.Key) || first.Root == again.Root || bytes.Equal(a[32:], b[32:]) {
		t.Error("two seals of one file share key or bytes")
	}
}

// TestMemoryDoesNotGrowWithSize asserts bytes allocated in total, which bounds
// what is held: a few MiB for 8 MiB as for 128 MiB.
func TestMemoryDoesNotGrowWithSize(t *testing.T) {
	for _, size := range []int64{8 << 20, 128 << 20} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		pr, pw := io.Pipe()
		var wg sync.WaitGroup
		wg.Go(func() {
			n, err := io.Copy(io.Discard, pr)
			if err != nil || n != SealedSize(size) {
				t.Errorf("%d bytes, %v", n, err)
			}
		})
		if _, err := Seal(t.Context(), pw, io.LimitReader(zeros{}, size), size); err != nil {
			t.Fatal(err)
		}
		pw.Close()
		wg.Wait()
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > 6<<20 {
			t.Errorf("size %d: %d bytes allocated, want at most 6 MiB", size, got)
		}
	}
}

func FuzzOpen(f *testing.F) {
	plain := content(400)
	key := Key{7}
	var out bytes.Buffer
	nonce := [12]byte{1}
	c := config(&key)
	c.Nonce = &nonce
	if _, err := seal(f.Context(), &out, bytes.NewReader(plain), 400, c); err != nil {
		f.Fatal(err)
	}
	f.Add(out.Bytes(), int64(400))
	f.Add(out.Bytes()[:300], int64(0))
	f.Add([]byte{0x20, 0}, int64(1))
	f.Add(slices.Concat(out.Bytes(), out.Bytes()), int64(1<<20))
	f.Fuzz(func(t *testing.T, b []byte, size int64) {
		var got bytes.Buffer
		err := Open(t.Context(), &got, bytes.NewReader(b), key, size)
		if err != nil {
			if !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrSize) {
				t.Errorf("error %v is neither ErrDamaged nor ErrSize", err)
			}
			return
		}
		// Without the key nobody makes another file; with its nonce the same
		// plaintext seals to the same bytes.
		nonce := [12]byte(b[4:16])
		c := config(&key)
		c.Nonce = &nonce
		var again bytes.Buffer
		if _, err := seal(t.Context(), &again, &got, size, c); err != nil || !bytes.Equal(again.Bytes(), b) {
			t.Errorf("%x was opened, and is sealed as %x (%v)", b, again.Bytes(), err)
		}
	})
}

func FuzzParseHashList(f *testing.F) {
	f.Add(int64(288), make([]byte, 32))
	f.Add(SealedSize(3<<20), make([]byte, 32*4))
	f.Add(int64(-1), []byte{})
	f.Fuzz(func(t *testing.T, length int64, b []byte) {
		l, err := ParseHashList(length, b)
		if err != nil {
			if !errors.Is(err, ErrHashList) {
				t.Errorf("error %v is not ErrHashList", err)
			}
			return
		}
		if !bytes.Equal(l.Bytes(), b) || l.Length() != length {
			t.Errorf("%x of %d was read, and is written as %x of %d", b, length, l.Bytes(), l.Length())
		}
		total := int64(0)
		for i := range l.Len() {
			total += int64(l.BlockLength(i))
		}
		if total != length {
			t.Errorf("the blocks have %d bytes, want %d", total, length)
		}
	})
}
