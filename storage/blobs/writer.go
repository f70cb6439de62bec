package blobs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"math/bits"
	"os"
	"path"
	"path/filepath"
	"time"

	"github.com/snugchat/snug/storage/paths"
)

// bitmap has a bit per block.
type bitmap []uint64

func newBitmap(n int) bitmap    { return make(bitmap, (n+63)/64) }
func (b bitmap) has(i int) bool { return b[i/64]>>(i%64)&1 == 1 }
func (b bitmap) set(i int)      { b[i/64] |= 1 << (i % 64) }
func (b bitmap) count() (n int) {
	for _, w := range b {
		n += bits.OnesCount64(w)
	}
	return n
}

// Writer receives one file, block by block in any order. One goroutine uses it
// and ends it by Commit, Close or Cancel.
type Writer struct {
	s      *Store
	root   [32]byte
	p      *part // taken by this Writer; have and got are its own until the end
	hashes []byte
	f      *os.File
	ended  bool
}

// Begin begins or goes on with the file of this root. Length and list of hashes
// (HashSize bytes per block) come from a stranger: they are checked against the
// root, against the limits and against the free space, which is reserved until
// the Writer ends. What an earlier Writer left is used; after a restart it is
// read and checked first, about a second per GiB, unless ctx ends.
//
// Its errors are ErrWrongHash, ErrExists, ErrBusy, ErrTooBig, ErrQuota,
// ErrDiskFull, ctx's and the system's. hashes is kept and must not be changed.
func (s *Store) Begin(ctx context.Context, root [32]byte, length int64, hashes []byte) (*Writer, error) {
	if length < 0 || length > MaxLength {
		return nil, fmt.Errorf("%w: %d bytes", ErrTooBig, length)
	}
	if len(hashes) != blocks(length)*HashSize || rootOf(length, hashes) != root {
		return nil, fmt.Errorf("begin file: %w: the list of hashes", ErrWrongHash)
	}
	if s.Has(root) {
		return nil, ErrExists
	}
	p, err := s.takePart(root, length)
	if err != nil {
		return nil, err
	}
	w := &Writer{s: s, root: root, p: p, hashes: hashes}
	err = w.open(ctx)
	if err == nil {
		err = s.reserve(p)
	}
	if err != nil {
		_ = w.Close() // the first error says more
		return nil, fmt.Errorf("begin file: %w", explain(err))
	}
	return w, nil
}

// takePart gives the file to one Writer.
func (s *Store) takePart(root [32]byte, length int64) (*part, error) {
	free, volume, err := s.space(s.root.Name())
	if err != nil {
		return nil, fmt.Errorf("begin file: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.parts[root]
	if p != nil && p.taken {
		return nil, ErrBusy
	}
	if p != nil && p.length == length {
		p.taken = true
		return p, nil
	}
	if p == nil && len(s.parts) == MaxParts {
		return nil, fmt.Errorf("%w: %d others are", ErrBusy, MaxParts)
	}
	if err := s.admitLocked(length, length, length, free, volume); err != nil {
		return nil, err
	}
	if p != nil { // its size on disk was damaged
		s.total -= p.length
	}
	p = &part{length: length, taken: true}
	s.parts[root] = p
	s.total += length
	return p, nil
}

// reserve says whether there is room for what p still lacks, now that this is
// known. That it is taken is the reservation.
func (s *Store) reserve(p *part) error {
	free, volume, err := s.space(s.root.Name())
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.admitLocked(p.length, 0, 0, free, volume)
}

func (w *Writer) partName() string { return fileOf(w.root) + partSuffix }

// open opens or makes the part file and finds out what it has.
func (w *Writer) open(ctx context.Context) (err error) {
	name := w.partName()
	if err := w.s.root.Mkdir(path.Dir(name), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	w.f, err = w.s.root.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	info, err := w.f.Stat()
	if err != nil {
		return err
	}
	length := w.p.length
	if info.Size() != sizeOf(length) || !w.listFits() {
		// New, or cut, or another's: begin anew. The list lies behind the bytes
		// from the start, so that the file has its final form once all blocks
		// are there; the bytes between are a hole until then.
		if err := w.f.Truncate(0); err != nil {
			return err
		}
		if err := w.f.Truncate(sizeOf(length)); err != nil {
			return err
		}
		if _, err := w.f.WriteAt(w.hashes, length); err != nil {
			return err
		}
		w.forget()
		w.setHave(newBitmap(blocks(length)), 0)
		return nil
	}
	if w.p.have != nil {
		return nil
	}
	return w.rehash(ctx)
}

// listFits says whether the file ends with the right hashes.
func (w *Writer) listFits() bool {
	b := make([]byte, len(w.hashes))
	_, err := w.f.ReadAt(b, w.p.length)
	return (err == nil || errors.Is(err, io.EOF)) && bytes.Equal(b, w.hashes)
}

// rehash reads what a Writer before the restart left.
func (w *Writer) rehash(ctx context.Context) error {
	n := blocks(w.p.length)
	have, got := newBitmap(n), int64(0)
	buf := make([]byte, min(BlockSize, w.p.length))
	for i := range n {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		b := buf[:blockLen(w.p.length, i)]
		if _, err := w.f.ReadAt(b, int64(i)*BlockSize); err != nil {
			return err
		}
		if w.check(i, b) {
			have.set(i)
			got += int64(len(b))
		}
	}
	w.setHave(have, got)
	return nil
}

func (w *Writer) check(i int, b []byte) bool {
	return sha256.Sum256(b) == [HashSize]byte(w.hashes[i*HashSize:])
}

func (w *Writer) setHave(have bitmap, got int64) {
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	w.p.have, w.p.got = have, got
}

func (w *Writer) forget() { w.setHave(nil, 0) }

// Length returns the length of the file in bytes.
func (w *Writer) Length() int64 { return w.p.length }

// Done returns how many of its bytes are here and checked.
func (w *Writer) Done() int64 { return w.p.got }

// Have says whether block i is here and checked. It can be handed to
// net/transfer.
func (w *Writer) Have(i int) bool { return i >= 0 && i < blocks(w.p.length) && w.p.have.has(i) }

// Missing yields the ranges of blocks that are not here: the first, and the one
// after the last.
func (w *Writer) Missing() iter.Seq2[int, int] {
	return func(yield func(from, to int) bool) {
		n := blocks(w.p.length)
		for from := 0; from < n; from++ {
			if w.p.have.has(from) {
				continue
			}
			to := from + 1
			for to < n && !w.p.have.has(to) {
				to++
			}
			if !yield(from, to) {
				return
			}
			from = to
		}
	}
}

// WriteBlock keeps block i if b fits its hash; else it returns ErrWrongHash, the
// block stays missing and can come again. A block that is here already is
// checked and not written. b is not kept.
func (w *Writer) WriteBlock(i int, b []byte) error {
	if i < 0 || i >= blocks(w.p.length) || len(b) != blockLen(w.p.length, i) || !w.check(i, b) {
		return fmt.Errorf("write block %d: %w", i, ErrWrongHash)
	}
	return w.WriteChecked(i, b)
}

// WriteChecked is WriteBlock for a caller who has just compared the hash of b
// with the one in the list that Begin got, as net/transfer does. It saves half
// a second per GiB.
func (w *Writer) WriteChecked(i int, b []byte) error {
	if i < 0 || i >= blocks(w.p.length) || len(b) != blockLen(w.p.length, i) {
		return fmt.Errorf("write block %d: %w", i, ErrWrongHash)
	}
	if w.p.have.has(i) {
		return nil
	}
	if _, err := w.f.WriteAt(b, int64(i)*BlockSize); err != nil {
		return fmt.Errorf("write block %d: %w", i, explain(err))
	}
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	w.p.have.set(i)
	w.p.got += int64(len(b))
	return nil
}

// Commit makes the file one of the store's: synced, under its root, readable by
// Store.Open. While blocks are missing it returns ErrIncomplete and the Writer
// goes on. On another error the part stays for a new Begin.
func (w *Writer) Commit() error {
	if n := blocks(w.p.length); w.p.have.count() != n {
		return fmt.Errorf("commit file: %w: %d of %d blocks", ErrIncomplete, w.p.have.count(), n)
	}
	err := w.f.Sync()
	if cerr := w.f.Close(); err == nil {
		err = cerr
	}
	w.f = nil
	if err == nil && w.s.Has(w.root) {
		return w.Cancel() // it was sealed here meanwhile: the same bytes
	}
	if err == nil {
		err = paths.Rename(w.s.root, w.partName(), fileOf(w.root))
	}
	if err == nil {
		err = w.s.syncNames(w.root)
	}
	w.s.mu.Lock()
	if err == nil {
		delete(w.s.parts, w.root) // its bytes stay in the total
	} else {
		w.p.have, w.p.got = nil, 0 // a disk that failed once is read again
	}
	w.s.mu.Unlock()
	if err != nil {
		_ = w.Close() // the first error says more
		return fmt.Errorf("commit file: %w", explain(err))
	}
	w.ended = true
	return nil
}

// syncNames makes the name of a root last.
func (s *Store) syncNames(root [32]byte) error {
	top := s.root.Name()
	if err := paths.SyncDir(filepath.Join(top, path.Dir(fileOf(root)))); err != nil {
		return err
	}
	return paths.SyncDir(top)
}

// Close ends the Writer and keeps what has arrived for the next Begin. After
// Commit or Cancel it does nothing.
func (w *Writer) Close() error {
	if w.ended {
		return nil
	}
	w.ended = true
	var err error
	if w.f != nil {
		err = w.f.Close()
	}
	w.s.mu.Lock()
	w.p.taken = false
	w.s.mu.Unlock()
	if err != nil {
		return fmt.Errorf("close part: %w", err)
	}
	return nil
}

// Cancel ends the Writer and frees what has arrived.
func (w *Writer) Cancel() error {
	if w.ended {
		return nil
	}
	w.ended = true
	if w.f != nil {
		_ = w.f.Close() // its content does not matter any more
	}
	return w.s.dropPart(w.root, w.p)
}

// Touched says when the part of this root last grew; false if there is none.
func (s *Store) Touched(root [32]byte) (time.Time, bool) {
	info, err := s.root.Lstat(fileOf(root) + partSuffix)
	if err != nil {
		return time.Time{}, false
	}
	return info.ModTime(), true
}
