package blobs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/snugchat/snug/crypto/stream"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// none keeps tests independent of the disk that they run on.
var none = Limits{Free: -1}

func mustOpen(t testing.TB, dir string, l Limits) *Store {
	t.Helper()
	s, err := Open(dir, l, quiet())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// file is test content: the same for a length in each process.
type file struct {
	body   []byte
	hashes []byte
	root   [32]byte
}

func content(length int) file {
	f := file{body: make([]byte, length)}
	rand.NewChaCha8([32]byte{byte(length), byte(length >> 8), byte(length >> 16)}).Read(f.body)
	for b := range slices.Chunk(f.body, BlockSize) {
		sum := sha256.Sum256(b)
		f.hashes = append(f.hashes, sum[:]...)
	}
	f.root = rootOf(int64(length), f.hashes)
	return f
}

func (f file) length() int64 { return int64(len(f.body)) }

func (f file) block(i int) []byte {
	return f.body[i*BlockSize : min((i+1)*BlockSize, len(f.body))]
}

func (f file) begin(t testing.TB, s *Store) *Writer {
	t.Helper()
	w, err := s.Begin(context.Background(), f.root, f.length(), f.hashes)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

func (f file) write(t testing.TB, w *Writer, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		if err := w.WriteBlock(i, f.block(i)); err != nil {
			t.Fatal(err)
		}
	}
}

func (f file) put(t testing.TB, s *Store) {
	t.Helper()
	w := f.begin(t, s)
	f.write(t, w, 0, blocks(f.length()))
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
}

func (f file) check(t testing.TB, s *Store) {
	t.Helper()
	b, err := s.Open(f.root)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	got, err := io.ReadAll(io.NewSectionReader(b, 0, b.Length()))
	if err != nil || !bytes.Equal(got, f.body) {
		t.Errorf("got %d other bytes (%v), want %d", len(got), err, len(f.body))
	}
	list, err := io.ReadAll(io.NewSectionReader(b.Hashes(), 0, 1<<30))
	if err != nil || !bytes.Equal(list, f.hashes) {
		t.Errorf("got %d other bytes of hashes (%v)", len(list), err)
	}
	if n, err := b.ReadAt(make([]byte, 1), b.Length()); n != 0 || !errors.Is(err, io.EOF) {
		t.Errorf("behind the end: got %d bytes, %v", n, err)
	}
}

func missing(w *Writer) (got []string) {
	for from, to := range w.Missing() {
		got = append(got, fmt.Sprintf("%d-%d", from, to))
	}
	return got
}

func sizes(t testing.TB, dir string) (files int, size int64) {
	t.Helper()
	err := filepath.WalkDir(dir, func(p string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		files, size = files+1, size+info.Size()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files, size
}

func TestEveryLength(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir, none)
	var total int64
	for _, n := range []int{0, 1, 31, BlockSize - 1, BlockSize, BlockSize + 1, 3*BlockSize - HashSize, 3 * BlockSize, 3*BlockSize + 77} {
		f := content(n)
		if s.Has(f.root) {
			t.Errorf("%d: here before it came", n)
		}
		f.put(t, s)
		f.check(t, s)
		total += int64(n)
		if got := s.Total(); got != total {
			t.Errorf("%d: got %d bytes in all, want %d", n, got, total)
		}
	}
	// Another start finds all of them.
	s = mustOpen(t, dir, none)
	if got := s.Total(); got != total {
		t.Errorf("after a start: got %d bytes in all, want %d", got, total)
	}
	found := 0
	for root, n := range s.Roots() {
		f := content(int(n))
		if root != f.root {
			t.Errorf("%x is no root of %d bytes", root, n)
		}
		f.check(t, s)
		found++
		if err := s.Remove(root); err != nil {
			t.Error(err)
		}
		if _, err := s.Open(root); !errors.Is(err, ErrNotFound) {
			t.Errorf("removed: got %v, want %v", err, ErrNotFound)
		}
		if err := s.Remove(root); !errors.Is(err, ErrNotFound) {
			t.Errorf("removed twice: got %v, want %v", err, ErrNotFound)
		}
	}
	if files, _ := sizes(t, dir); found != 9 || files != 0 || s.Total() != 0 {
		t.Errorf("found %d; left %d files, %d bytes", found, files, s.Total())
	}
}

func TestRootIsThatOfStream(t *testing.T) {
	for _, plain := range []int64{0, 1, 3 << 20} {
		length := stream.SealedSize(plain)
		f := content(int(length))
		l, err := stream.OpenHashList(stream.Root(f.root), length, f.hashes)
		if err != nil || l.Len() != blocks(length) || [32]byte(l.Root()) != f.root {
			t.Errorf("%d bytes: %v", length, err)
		}
	}
	if got := blocks(MaxLength); got > 1<<20 {
		t.Errorf("the longest file has %d blocks", got)
	}
	if stream.SealedSize(stream.MaxSize) > MaxLength {
		t.Error("the longest sealed file is too long for the store")
	}
}

func TestLengthOfSize(t *testing.T) {
	for _, n := range []int64{0, 1, BlockSize - 1, BlockSize, BlockSize + 1, 5*BlockSize - 1, 1000 * BlockSize, MaxLength} {
		if got, ok := lengthOf(sizeOf(n)); got != n || !ok {
			t.Errorf("%d: got %d, %v", n, got, ok)
		}
	}
	for _, size := range []int64{-1, 1, HashSize, BlockSize + HashSize + 1, BlockSize + 2*HashSize, sizeOf(MaxLength) + 1} {
		if got, ok := lengthOf(size); ok {
			t.Errorf("no file has %d bytes on disk, got length %d", size, got)
		}
	}
}

func TestWrongBlockIsAskedAgain(t *testing.T) {
	s := mustOpen(t, t.TempDir(), none)
	f := content(3*BlockSize + 5)
	w := f.begin(t, s)
	flipped := bytes.Clone(f.block(1))
	flipped[77] ^= 1
	for what, c := range map[string]struct {
		i int
		b []byte
	}{
		"a bit flipped":          {1, flipped},
		"another block":          {1, f.block(0)},
		"cut":                    {1, f.block(1)[:BlockSize-1]},
		"too long":               {3, append(bytes.Clone(f.block(3)), 0)},
		"nothing":                {3, nil},
		"a block behind the end": {4, f.block(3)},
		"a block before 0":       {-1, f.block(0)},
	} {
		if err := w.WriteBlock(c.i, c.b); !errors.Is(err, ErrWrongHash) {
			t.Errorf("%s: got %v, want %v", what, err, ErrWrongHash)
		}
	}
	if err := w.WriteChecked(1, f.block(3)); !errors.Is(err, ErrWrongHash) {
		t.Errorf("unchecked and of another length: got %v, want %v", err, ErrWrongHash)
	}
	if got := missing(w); !slices.Equal(got, []string{"0-4"}) || w.Done() != 0 {
		t.Errorf("got missing %q, %d bytes done", got, w.Done())
	}
	f.write(t, w, 1, 2)
	f.write(t, w, 3, 4)
	f.write(t, w, 1, 2) // twice is once
	if got, want := missing(w), []string{"0-1", "2-3"}; !slices.Equal(got, want) || w.Done() != BlockSize+5 {
		t.Errorf("got missing %q, %d bytes done; want %q", got, w.Done(), want)
	}
	if w.Have(0) || !w.Have(1) || w.Have(-1) || w.Have(4) {
		t.Error("Have does not say what is here")
	}
	if err := w.Commit(); !errors.Is(err, ErrIncomplete) {
		t.Errorf("commit: got %v, want %v", err, ErrIncomplete)
	}
	f.write(t, w, 0, 4)
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	f.check(t, s)
}

func TestListMustFitRoot(t *testing.T) {
	s := mustOpen(t, t.TempDir(), none)
	f := content(2 * BlockSize)
	other := bytes.Clone(f.hashes)
	other[0] ^= 1
	for what, c := range map[string]struct {
		length int64
		hashes []byte
		want   error
	}{
		"a hash changed":  {f.length(), other, ErrWrongHash},
		"a hash less":     {f.length(), f.hashes[:HashSize], ErrWrongHash},
		"half a hash":     {f.length(), f.hashes[:HashSize/2], ErrWrongHash},
		"another length":  {f.length() - 1, f.hashes, ErrWrongHash},
		"below zero":      {-1, nil, ErrTooBig},
		"beyond all":      {1 << 62, nil, ErrTooBig},
		"a block too few": {BlockSize, f.hashes, ErrWrongHash},
	} {
		if _, err := s.Begin(t.Context(), f.root, c.length, c.hashes); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", what, err, c.want)
		}
	}
	if files, _ := sizes(t, s.root.Name()); files != 0 || s.Total() != 0 {
		t.Errorf("refused files left %d files and %d bytes", files, s.Total())
	}
}

func TestReadOfAPartIsRefused(t *testing.T) {
	s := mustOpen(t, t.TempDir(), none)
	f := content(2 * BlockSize)
	w := f.begin(t, s)
	f.write(t, w, 0, 2) // all there, but not committed
	if _, err := s.Open(f.root); !errors.Is(err, ErrIncomplete) {
		t.Errorf("while it comes: got %v, want %v", err, ErrIncomplete)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Open(f.root); !errors.Is(err, ErrIncomplete) || s.Has(f.root) {
		t.Errorf("between: got %v, want %v", err, ErrIncomplete)
	}
	if _, err := s.Open([32]byte{1}); !errors.Is(err, ErrNotFound) {
		t.Errorf("another root: got %v, want %v", err, ErrNotFound)
	}
}

func TestTwoUploadsOfOneRoot(t *testing.T) {
	s := mustOpen(t, t.TempDir(), none)
	f := content(2 * BlockSize)
	w := f.begin(t, s)
	f.write(t, w, 0, 1)
	if _, err := s.Begin(t.Context(), f.root, f.length(), f.hashes); !errors.Is(err, ErrBusy) {
		t.Errorf("meanwhile: got %v, want %v", err, ErrBusy)
	}
	if err := s.Remove(f.root); !errors.Is(err, ErrBusy) {
		t.Errorf("remove meanwhile: got %v, want %v", err, ErrBusy)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	// The second goes on where the first left.
	w = f.begin(t, s)
	if got := missing(w); !slices.Equal(got, []string{"1-2"}) || s.Total() != f.length() {
		t.Errorf("got missing %q and %d bytes in all", got, s.Total())
	}
	f.write(t, w, 1, 2)
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Errorf("close after commit: %v", err)
	}
	if _, err := s.Begin(t.Context(), f.root, f.length(), f.hashes); !errors.Is(err, ErrExists) {
		t.Errorf("afterwards: got %v, want %v", err, ErrExists)
	}
	f.check(t, s)
}

func TestCancelFreesSpace(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir, none)
	f := content(2 * BlockSize)
	w := f.begin(t, s)
	f.write(t, w, 0, 1)
	if err := w.Cancel(); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Errorf("close after cancel: %v", err)
	}
	if files, size := sizes(t, dir); files != 0 || size != 0 || s.Total() != 0 {
		t.Errorf("got %d files of %d bytes, total %d; want none", files, size, s.Total())
	}
	if got := missing(f.begin(t, s)); !slices.Equal(got, []string{"0-2"}) {
		t.Errorf("begun again: got missing %q", got)
	}
}

func TestRemoveOfAPart(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir, none)
	f := content(BlockSize + 1)
	w := f.begin(t, s)
	f.write(t, w, 0, 1)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Remove(f.root); err != nil {
		t.Fatal(err)
	}
	if files, _ := sizes(t, dir); files != 0 || s.Total() != 0 {
		t.Errorf("got %d files, total %d", files, s.Total())
	}
}

func TestLimits(t *testing.T) {
	s := mustOpen(t, t.TempDir(), Limits{Blob: 2 * BlockSize, Total: 3 * BlockSize, Free: -1})
	big, two, one, more := content(2*BlockSize+1), content(2*BlockSize), content(BlockSize), content(1)
	begin := func(f file) error {
		w, err := s.Begin(t.Context(), f.root, f.length(), f.hashes)
		if err == nil {
			err = w.Close()
		}
		return err
	}
	for _, c := range []struct {
		what string
		f    file
		want error
	}{
		{"a byte too big", big, ErrTooBig},
		{"the biggest", two, nil},
		{"the same again", two, nil},
		{"up to the total", one, nil},
		{"a byte more than the total", more, ErrQuota},
	} {
		if err := s.Admit(c.f.length()); c.what != "the same again" && !errors.Is(err, c.want) {
			t.Errorf("admit %s: got %v, want %v", c.what, err, c.want)
		}
		if err := begin(c.f); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.what, err, c.want)
		}
	}
	if err := s.Remove(one.root); err != nil {
		t.Fatal(err)
	}
	if err := begin(more); err != nil {
		t.Errorf("with room again: %v", err)
	}
	s.SetLimits(Limits{Blob: 3 * BlockSize, Total: 10 * BlockSize, Free: -1})
	if err := begin(big); err != nil {
		t.Errorf("with higher limits: %v", err)
	}
}

func TestFreeSpaceIsKept(t *testing.T) {
	const gib = 1 << 30
	for what, c := range map[string]struct {
		free, volume, keep int64
		length             int64
		ok                 bool
	}{
		"small disk keeps 1 GiB":                {gib + 100, 4 * gib, 0, 100, true},
		"small disk, a byte more":               {gib + 100, 4 * gib, 0, 101, false},
		"big disk keeps 5 %":                    {50*gib + 100, 1000 * gib, 0, 100, true},
		"big disk, a byte more":                 {50*gib + 100, 1000 * gib, 0, 101, false},
		"as configured":                         {1100, 4 * gib, 1000, 100, true},
		"as configured, a byte more":            {1100, 4 * gib, 1000, 101, false},
		"nothing kept":                          {100, 4 * gib, -1, 100, true},
		"nothing kept, and more than the space": {100, 4 * gib, -1, 101, false},
	} {
		s := mustOpen(t, t.TempDir(), Limits{Free: c.keep})
		s.space = func(string) (int64, int64, error) { return c.free, c.volume, nil }
		f := content(int(c.length))
		w, err := s.Begin(t.Context(), f.root, c.length, f.hashes)
		if ok := err == nil; ok != c.ok || !ok && !errors.Is(err, ErrDiskFull) {
			t.Errorf("%s: got %v", what, err)
		}
		if err == nil {
			w.Close()
		}
		if err := s.Admit(c.length); (err == nil) != c.ok {
			t.Errorf("%s: admit: got %v", what, err)
		}
	}
}

// TestReservation: two files that each fit do not both begin when they do not
// fit together, and what has arrived is not counted twice.
func TestReservation(t *testing.T) {
	s := mustOpen(t, t.TempDir(), Limits{Free: 1000})
	free := int64(5*BlockSize + 1000)
	s.space = func(string) (int64, int64, error) { return free, 1 << 40, nil }
	a, b := content(3*BlockSize), content(3*BlockSize+1)
	w := a.begin(t, s)
	if _, err := s.Begin(t.Context(), b.root, b.length(), b.hashes); !errors.Is(err, ErrDiskFull) {
		t.Errorf("the second: got %v, want %v", err, ErrDiskFull)
	}
	a.write(t, w, 0, 2)
	free -= 2 * BlockSize // they are on the disk now
	if err := s.Admit(2 * BlockSize); err != nil {
		t.Errorf("what is left: %v", err)
	}
	if err := s.Admit(2*BlockSize + 1); !errors.Is(err, ErrDiskFull) {
		t.Errorf("a byte more than is left: got %v, want %v", err, ErrDiskFull)
	}
	// Who pauses gives the reservation back, and asks for the rest only.
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Admit(3 * BlockSize); err != nil {
		t.Errorf("while the first pauses: %v", err)
	}
	free = BlockSize + 1000
	if err := a.begin(t, s).Close(); err != nil {
		t.Error(err)
	}
	free--
	if _, err := s.Begin(t.Context(), a.root, a.length(), a.hashes); !errors.Is(err, ErrDiskFull) {
		t.Errorf("no room for the rest: got %v, want %v", err, ErrDiskFull)
	}
	if got := missing(func() *Writer { free++; return a.begin(t, s) }()); !slices.Equal(got, []string{"2-3"}) {
		t.Errorf("after the refusal: got missing %q", got)
	}
}

// blobsChild is set in a child process that receives a file until it is killed.
const blobsChild = "SNUG_TEST_BLOBS"

const childLength = 12*BlockSize + 345

func TestMain(m *testing.M) {
	if dir := os.Getenv(blobsChild); dir != "" {
		s, err := Open(dir, none, quiet())
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		f := content(childLength)
		w, err := s.Begin(context.Background(), f.root, f.length(), f.hashes)
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		for i := 0; i < 8; i += 2 {
			if err := w.WriteBlock(i, f.block(i)); err != nil {
				fmt.Println(err)
				os.Exit(1)
			}
		}
		fmt.Println("ready")
		time.Sleep(time.Minute)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestResumeAfterKill(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), blobsChild+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 200)
	n, _ := out.Read(line)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	if got := string(line[:n]); got != "ready\n" {
		t.Fatalf("child: %q", got)
	}
	f := content(childLength)

	// Something went wrong on the disk as well: a block is not what it was.
	part := filepath.Join(dir, filepath.FromSlash(fileOf(f.root))+partSuffix)
	h, err := os.OpenFile(part, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.WriteAt([]byte("damage"), 4*BlockSize+9); err != nil {
		t.Fatal(err)
	}
	h.Close()

	s := mustOpen(t, dir, none)
	if got := s.Total(); got != f.length() {
		t.Errorf("got %d bytes in all, want the part in full: %d", got, f.length())
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Begin(ended, f.root, f.length(), f.hashes); !errors.Is(err, context.Canceled) {
		t.Errorf("given up while it reads: got %v", err)
	}
	w := f.begin(t, s)
	if got, want := missing(w), []string{"1-2", "3-6", "7-13"}; !slices.Equal(got, want) {
		t.Errorf("got missing %q, want %q", got, want)
	}
	if w.Done() != 3*BlockSize {
		t.Errorf("got %d bytes done, want %d", w.Done(), 3*BlockSize)
	}
	for from, to := range w.Missing() {
		f.write(t, w, from, to)
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	f.check(t, s)
	if files, _ := sizes(t, dir); files != 1 {
		t.Errorf("got %d files, want the one", files)
	}
}

func TestDamagedPartBeginsAnew(t *testing.T) {
	f := content(2*BlockSize + 9)
	for what, spoil := range map[string]func(path string) error{
		"cut":                func(p string) error { return os.Truncate(p, BlockSize) },
		"grown":              func(p string) error { return os.Truncate(p, sizeOf(f.length())+BlockSize+HashSize) },
		"an impossible size": func(p string) error { return os.Truncate(p, BlockSize+HashSize+1) },
		"another list":       func(p string) error { return spoilAt(p, f.length()+3) },
		"the file is gone":   os.Remove,
	} {
		t.Run(what, func(t *testing.T) {
			dir := t.TempDir()
			s := mustOpen(t, dir, none)
			w := f.begin(t, s)
			f.write(t, w, 0, 3)
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if err := spoil(filepath.Join(dir, filepath.FromSlash(fileOf(f.root))+partSuffix)); err != nil {
				t.Fatal(err)
			}
			s = mustOpen(t, dir, none)
			w = f.begin(t, s)
			if got := missing(w); !slices.Equal(got, []string{"0-3"}) {
				t.Errorf("got missing %q, want all", got)
			}
			if got := s.Total(); got != f.length() {
				t.Errorf("got %d bytes in all, want %d", got, f.length())
			}
			f.write(t, w, 0, 3)
			if err := w.Commit(); err != nil {
				t.Fatal(err)
			}
			f.check(t, s)
		})
	}
}

func spoilAt(p string, at int64) error {
	h, err := os.OpenFile(p, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer h.Close()
	_, err = h.WriteAt([]byte{0xff, 0xfe}, at)
	return err
}

func TestDamagedFileIsNotOpened(t *testing.T) {
	s := mustOpen(t, t.TempDir(), none)
	f := content(2 * BlockSize)
	f.put(t, s)
	p := filepath.Join(s.root.Name(), filepath.FromSlash(fileOf(f.root)))
	if err := spoilAt(p, f.length()+40); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Open(f.root); !errors.Is(err, ErrWrongHash) {
		t.Errorf("another list: got %v, want %v", err, ErrWrongHash)
	}
	if err := os.Truncate(p, 1000); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Open(f.root); !errors.Is(err, ErrWrongHash) {
		t.Errorf("cut: got %v, want %v", err, ErrWrongHash)
	}
}

func TestOldPartsAreCollected(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir, none)
	old, young, taken := content(BlockSize+1), content(BlockSize+2), content(BlockSize+3)
	for _, f := range []file{old, young} {
		w := f.begin(t, s)
		f.write(t, w, 0, 1)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	w := taken.begin(t, s)
	long := time.Now().Add(-PartAge - time.Hour)
	for _, f := range []file{old, taken} {
		if err := os.Chtimes(filepath.Join(dir, filepath.FromSlash(fileOf(f.root))+partSuffix), long, long); err != nil {
			t.Fatal(err)
		}
	}
	s.Collect(time.Now())
	if _, ok := s.Touched(old.root); ok {
		t.Error("the old part is still there")
	}
	if _, ok := s.Touched(young.root); !ok {
		t.Error("the young part is gone")
	}
	taken.write(t, w, 0, 2)
	if err := w.Commit(); err != nil {
		t.Errorf("the one that is being received: %v", err)
	}
	if got, want := s.Total(), young.length()+taken.length(); got != want {
		t.Errorf("got %d bytes in all, want %d", got, want)
	}
}

func TestStrangeFilesAreLeftAlone(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"README", "zz/x", "ab/" + strings.Repeat("0", 64), "ab/ab.part.old"} {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := mustOpen(t, dir, none)
	if files, _ := sizes(t, dir); files != 4 || s.Total() != 0 {
		t.Errorf("got %d files, total %d; want all four left", files, s.Total())
	}
}

func TestSpool(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir, Limits{Total: 10 * BlockSize, Free: -1})
	f := content(2*BlockSize + 7)
	sp, err := s.Create(f.length())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Admit(8 * BlockSize); !errors.Is(err, ErrQuota) {
		t.Errorf("what Create reserved is given away: %v", err)
	}
	if _, err := io.Copy(sp, iotestOneByteLess(f.body)); err != nil {
		t.Fatal(err)
	}
	if _, err := sp.Write([]byte("too much")); !errors.Is(err, ErrTooBig) {
		t.Errorf("more than announced: got %v, want %v", err, ErrTooBig)
	}
	root, err := sp.Commit(f.hashes)
	if err != nil || root != f.root {
		t.Fatalf("got root %x, %v", root, err)
	}
	f.check(t, s)
	if err := sp.Cancel(); err != nil {
		t.Errorf("cancel after commit: %v", err)
	}
	f.check(t, s)

	for what, c := range map[string]struct {
		write  []byte
		hashes []byte
		want   error
	}{
		"cut":            {f.body[:BlockSize], f.hashes, ErrIncomplete},
		"a hash missing": {f.body, f.hashes[:HashSize], ErrWrongHash},
		"the same again": {f.body, f.hashes, nil},
	} {
		sp, err := s.Create(f.length())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := sp.Write(c.write); err != nil {
			t.Fatal(err)
		}
		if _, err := sp.Commit(c.hashes); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", what, err, c.want)
		}
		if files, _ := sizes(t, dir); files != 1 || s.Total() != f.length() {
			t.Errorf("%s: left %d files, total %d", what, files, s.Total())
		}
	}
	if _, err := s.Create(9 * BlockSize); !errors.Is(err, ErrQuota) {
		t.Errorf("got %v, want %v", err, ErrQuota)
	}
	// A program that ends in the middle leaves nothing.
	if _, err := s.Create(5); err != nil {
		t.Fatal(err)
	}
	s = mustOpen(t, dir, none)
	if files, _ := sizes(t, dir); files != 1 || s.Total() != f.length() {
		t.Errorf("after a start: %d files, total %d", files, s.Total())
	}
}

func iotestOneByteLess(b []byte) io.Reader { return struct{ io.Reader }{bytes.NewReader(b)} }

// TestStreamSealsIntoSpool: the two packages fit together.
func TestStreamSealsIntoSpool(t *testing.T) {
	s := mustOpen(t, t.TempDir(), none)
	plain := content(1_500_000).body
	sp, err := s.Create(stream.SealedSize(int64(len(plain))))
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := stream.Seal(t.Context(), sp, bytes.NewReader(plain), int64(len(plain)))
	if err != nil {
		t.Fatal(err)
	}
	root, err := sp.Commit(sealed.Hashes.Bytes())
	if err != nil || root != [32]byte(sealed.Hashes.Root()) {
		t.Fatalf("got root %x, %v", root, err)
	}
	b, err := s.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	var got bytes.Buffer
	if err := stream.Open(t.Context(), &got, io.NewSectionReader(b, 0, b.Length()), sealed.Key, int64(len(plain))); err != nil || !bytes.Equal(got.Bytes(), plain) {
		t.Errorf("got %d other bytes, %v", got.Len(), err)
	}
}

// TestMemoryDoesNotGrow: a file of 64 MiB takes no more memory than its blocks
// and list.
func TestMemoryDoesNotGrow(t *testing.T) {
	s := mustOpen(t, t.TempDir(), none)
	const n = 64
	block := make([]byte, BlockSize)
	sum := sha256.Sum256(block)
	hashes := bytes.Repeat(sum[:], n)
	root := rootOf(n*BlockSize, hashes)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	w, err := s.Begin(t.Context(), root, n*BlockSize, hashes)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if err := w.WriteBlock(i, block); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	s.parts[root].have = nil // as after a restart
	if w, err = s.Begin(t.Context(), root, n*BlockSize, hashes); err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 3*BlockSize {
		t.Errorf("%d bytes were allocated for a file of %d", got, n*BlockSize)
	}
}

func BenchmarkWrite(b *testing.B) {
	const n = 64
	for _, checked := range []bool{false, true} {
		b.Run(fmt.Sprintf("size=64MiB/checked=%v", checked), func(b *testing.B) {
			s := mustOpen(b, b.TempDir(), none)
			f := content(n * BlockSize)
			b.SetBytes(n * BlockSize)
			b.ReportAllocs()
			for b.Loop() {
				w := f.begin(b, s)
				for i := range n {
					write := w.WriteBlock
					if checked {
						write = w.WriteChecked
					}
					if err := write(i, f.block(i)); err != nil {
						b.Fatal(err)
					}
				}
				if err := w.Commit(); err != nil {
					b.Fatal(err)
				}
				if err := s.Remove(f.root); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestManyAtOnce: writers of several files, one of a file that somebody removes,
// and those who only look.
func TestManyAtOnce(t *testing.T) {
	s := mustOpen(t, t.TempDir(), none)
	var wg sync.WaitGroup
	var want int64
	for i := range 6 {
		f := content(BlockSize + i)
		want += f.length()
		wg.Go(func() {
			for range 3 {
				w, err := s.Begin(t.Context(), f.root, f.length(), f.hashes)
				if err != nil {
					t.Error(err)
					return
				}
				if err := w.WriteBlock(0, f.block(0)); err != nil {
					t.Error(err)
				}
				if err := w.Close(); err != nil {
					t.Error(err)
				}
				if err := s.Remove(f.root); err != nil {
					t.Error(err)
				}
			}
			f.put(t, s)
			f.check(t, s)
		})
	}
	look, stop := context.WithCancel(t.Context())
	var lookers sync.WaitGroup
	lookers.Go(func() {
		for look.Err() == nil {
			s.Collect(time.Now())
			if err := s.Admit(BlockSize); err != nil {
				t.Error(err)
			}
			for root := range s.Roots() {
				s.Has(root)
			}
			s.Total()
		}
	})
	wg.Wait()
	stop()
	lookers.Wait()
	if got := s.Total(); got != want {
		t.Errorf("got %d bytes in all, want %d", got, want)
	}
}
