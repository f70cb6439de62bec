package blobs

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"

	"github.com/snugchat/snug/storage/paths"
)

// Spool takes a file that is being sealed on this computer, whose root is known
// only at its end. One goroutine uses it and ends it by Commit or Cancel.
type Spool struct {
	s        *Store
	f        *os.File
	name     string
	length   int64
	wrote    int64
	promised int64 // of wrote, what the store knows of; under s.mu
	ended    bool
}

// Create reserves room for a file of length sealed bytes. Its errors are
// ErrTooBig, ErrQuota, ErrDiskFull and the system's.
func (s *Store) Create(length int64) (*Spool, error) {
	free, volume, err := s.space(s.root.Name())
	if err != nil {
		return nil, fmt.Errorf("create file: %w", err)
	}
	if length < 0 {
		return nil, fmt.Errorf("%w: %d bytes", ErrTooBig, length)
	}
	sp := &Spool{s: s, name: newPrefix + rand.Text(), length: length}
	s.mu.Lock()
	err = s.admitLocked(length, length, length, free, volume)
	if err == nil {
		s.spools[sp] = struct{}{}
		s.total += length
	}
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	sp.f, err = s.root.OpenFile(sp.name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		sp.end(false)
		return nil, fmt.Errorf("create file: %w", explain(err))
	}
	return sp, nil
}

// end gives the reservation back, or turns it into a kept file.
func (sp *Spool) end(kept bool) {
	sp.ended = true
	sp.s.mu.Lock()
	defer sp.s.mu.Unlock()
	delete(sp.s.spools, sp)
	if !kept {
		sp.s.total -= sp.length
	}
}

// Write adds sealed bytes. More than Create was told are ErrTooBig.
func (sp *Spool) Write(b []byte) (int, error) {
	if int64(len(b)) > sp.length-sp.wrote {
		return 0, fmt.Errorf("write file: %w: %d bytes were announced", ErrTooBig, sp.length)
	}
	n, err := sp.f.Write(b)
	sp.wrote += int64(n)
	if err != nil {
		return n, fmt.Errorf("write file: %w", explain(err))
	}
	sp.s.mu.Lock()
	sp.promised = sp.wrote
	sp.s.mu.Unlock()
	return n, nil
}

// Commit makes the file one of the store's, under the root of its hashes, and
// returns that. The caller computed the hashes of what it wrote; that they fit
// is not checked again here, and again by everybody who receives the file. With
// fewer bytes than announced it returns ErrIncomplete. On an error nothing of
// the file is left.
func (sp *Spool) Commit(hashes []byte) (root [32]byte, err error) {
	defer func() {
		if err != nil {
			_ = sp.Cancel() // the first error says more
			err = fmt.Errorf("commit file: %w", explain(err))
		}
	}()
	if sp.wrote != sp.length {
		return root, fmt.Errorf("%w: %d of %d bytes", ErrIncomplete, sp.wrote, sp.length)
	}
	if len(hashes) != blocks(sp.length)*HashSize {
		return root, fmt.Errorf("%w: %d bytes of hashes", ErrWrongHash, len(hashes))
	}
	root = rootOf(sp.length, hashes)
	if _, err := sp.f.Write(hashes); err != nil {
		return root, err
	}
	if err := sp.f.Sync(); err != nil {
		return root, err
	}
	if err := sp.f.Close(); err != nil {
		return root, err
	}
	if sp.s.Has(root) {
		// The same bytes are kept already, as good.
		return root, sp.Cancel()
	}
	name := fileOf(root)
	if err := sp.s.root.Mkdir(path.Dir(name), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return root, err
	}
	if err := paths.Rename(sp.s.root, sp.name, name); err != nil {
		return root, err
	}
	sp.end(true)
	return root, sp.s.syncNames(root)
}

// Cancel removes what was written. After Commit it does nothing.
func (sp *Spool) Cancel() error {
	if sp.ended {
		return nil
	}
	_ = sp.f.Close() // its content does not matter any more
	err := sp.s.root.Remove(sp.name)
	sp.end(false) // a file that stays is removed by the next Open
	if err != nil {
		return fmt.Errorf("remove file: %w", err)
	}
	return nil
}
