package blobs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Blob is a complete file, open for reading. ReadAt and Hashes may be used from
// any goroutine.
type Blob struct {
	f      *os.File
	length int64
	data   *io.SectionReader
	hashes *io.SectionReader
}

// Open opens the complete file of this root and checks its list of hashes
// against it. Its errors are ErrNotFound, ErrIncomplete while only a part has
// arrived, and ErrWrongHash for a file that was damaged on disk. The caller
// closes it.
func (s *Store) Open(root [32]byte) (*Blob, error) {
	f, err := s.root.Open(fileOf(root))
	if errors.Is(err, fs.ErrNotExist) {
		s.mu.Lock()
		_, begun := s.parts[root]
		s.mu.Unlock()
		if begun {
			return nil, ErrIncomplete
		}
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("open file: %w", err)
	}
	b, err := newBlob(f, root)
	if err != nil {
		_ = f.Close() // nothing was written
		return nil, fmt.Errorf("open file: %w", err)
	}
	return b, nil
}

func newBlob(f *os.File, root [32]byte) (*Blob, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	length, ok := lengthOf(info.Size())
	if !ok {
		return nil, fmt.Errorf("%w: it was cut", ErrWrongHash)
	}
	list := make([]byte, blocks(length)*HashSize)
	if _, err := f.ReadAt(list, length); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if rootOf(length, list) != root {
		return nil, fmt.Errorf("%w: the list of hashes", ErrWrongHash)
	}
	return &Blob{
		f:      f,
		length: length,
		data:   io.NewSectionReader(f, 0, length),
		hashes: io.NewSectionReader(f, length, int64(len(list))),
	}, nil
}

// Length returns the length of the file in bytes.
func (b *Blob) Length() int64 { return b.length }

// ReadAt reads the file's bytes as io.ReaderAt. They were checked when they
// came; whoever opens or receives them finds damage since.
func (b *Blob) ReadAt(p []byte, off int64) (int, error) { return b.data.ReadAt(p, off) }

// Hashes returns the list of hashes, HashSize bytes per block.
func (b *Blob) Hashes() io.ReaderAt { return b.hashes }

// Close closes the file.
func (b *Blob) Close() error {
	if err := b.f.Close(); err != nil {
		return fmt.Errorf("close file: %w", err)
	}
	return nil
}
