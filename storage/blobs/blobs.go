// Package blobs keeps sealed files on disk under their root, the hash that names
// a file by its content. What arrives is checked block by block against the
// root before it is kept, an interrupted arrival goes on where it was, and
// nothing is accepted for which there is no room.
//
// It must not know what is in a file, whose it is, or which message names it:
// bytes are ciphertext already, and quotas of people are their host's.
//
// storage/SCHEMA.md draws the folder. Roots and blocks are those of DESIGN,
// section 7, and of crypto/stream.
package blobs

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"log/slog"
	"os"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/snugchat/snug/crypto/stream"
	"github.com/snugchat/snug/storage/paths"
)

var (
	// ErrTooBig comes for a length above Limits.Blob.
	ErrTooBig = errors.New("file is too big")

	// ErrQuota comes when the store would hold more than Limits.Total.
	ErrQuota = errors.New("store of files is full")

	// ErrDiskFull comes when less than Limits.Free would stay free, or when the
	// system says so in the middle. What has arrived is kept.
	ErrDiskFull = errors.New("disk is full")

	// ErrWrongHash comes when bytes are not those that root or list promise.
	ErrWrongHash = errors.New("bytes do not fit their hash")

	// ErrIncomplete comes when a file is read or committed of which a part is
	// missing.
	ErrIncomplete = errors.New("file is not complete")

	// ErrNotFound comes when nothing is kept under a root.
	ErrNotFound = errors.New("no file under this root")

	// ErrExists comes from Begin for a file that is complete.
	ErrExists = errors.New("file is here already")

	// ErrBusy comes while another Writer has the file, and when MaxParts files
	// have begun to arrive.
	ErrBusy = errors.New("file is being received")
)

const (
	// BlockSize is how many bytes one hash covers.
	BlockSize = stream.BlockSize

	// HashSize is the size of a block's hash.
	HashSize = stream.HashSize

	// MaxLength is the longest file whatever the limits, as in crypto/stream,
	// with what sealing adds.
	MaxLength = stream.MaxSize + stream.MaxSize>>4

	// MaxParts is how many files may have begun and not ended. Each costs 4 KiB
	// of memory per 32 GiB, and an open file while somebody sends it.
	MaxParts = 1024

	// PartAge is how long a part waits for the rest.
	PartAge = 7 * 24 * time.Hour

	// partSuffix marks a file that has not arrived completely, newPrefix one
	// that is being sealed here and has no root yet.
	partSuffix = ".part"
	newPrefix  = "new-"
)

// defaultFree and defaultFreePart are what Limits.Free 0 keeps free: a home
// computer with a full disk loses more than our files.
const (
	defaultFree     = 1 << 30
	defaultFreePart = 20 // a twentieth of the volume
)

// Limits bound a store. All are in bytes.
type Limits struct {
	Blob  int64 // the longest file; 0 is MaxLength
	Total int64 // all files together, begun ones in full; 0 is no bound
	Free  int64 // what must stay free; 0 is the larger of 1 GiB and 5 % of the volume, -1 nothing
}

// Store is a folder of sealed files. One program has it open at a time; its
// methods may be called from any goroutine.
type Store struct {
	root  *os.Root
	log   *slog.Logger
	space func(path string) (free, total int64, err error)

	mu     sync.Mutex // guards what follows; no disk is touched under it
	limits Limits
	total  int64 // bytes of complete files, of parts in full, and of new ones
	parts  map[[32]byte]*part
	spools map[*Spool]struct{}
}

// part is a file of which not everything is here.
type part struct {
	length int64
	have   bitmap // nil: not known, the file has to be read
	got    int64  // bytes of the blocks in have
	taken  bool   // by a Writer
}

// Open opens the store in dir, makes the folder if there is none, and removes
// parts older than PartAge.
func Open(dir string, limits Limits, log *slog.Logger) (*Store, error) {
	if err := paths.MakeDir(dir); err != nil {
		return nil, fmt.Errorf("open file store: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open file store: %w", err)
	}
	s := &Store{
		root:   root,
		log:    log,
		space:  paths.FreeSpace,
		limits: limits,
		parts:  map[[32]byte]*part{},
		spools: map[*Spool]struct{}{},
	}
	if err := s.scan(); err != nil {
		_ = root.Close() // the first error says more
		return nil, fmt.Errorf("open file store: %w", err)
	}
	s.Collect(time.Now())
	return s, nil
}

// scan learns what is there.
func (s *Store) scan() error {
	top, err := fs.ReadDir(s.root.FS(), ".")
	if err != nil {
		return err
	}
	for _, e := range top {
		if strings.HasPrefix(e.Name(), newPrefix) {
			// The program ended before it knew the root: nobody knows it.
			if err := s.root.Remove(e.Name()); err != nil {
				return err
			}
			continue
		}
		if !e.IsDir() || len(e.Name()) != 2 {
			continue
		}
		files, err := fs.ReadDir(s.root.FS(), e.Name())
		if err != nil {
			return err
		}
		for _, f := range files {
			info, err := f.Info()
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return err
			}
			s.scanFile(e.Name(), f.Name(), info.Size())
		}
	}
	return nil
}

// scanFile counts one file. One that is not ours is left alone; one of ours
// with an impossible size is removed.
func (s *Store) scanFile(folder, name string, size int64) {
	digits, isPart := strings.CutSuffix(name, partSuffix)
	b, err := hex.DecodeString(digits)
	if err != nil || len(b) != sha256.Size || digits[:2] != folder {
		return
	}
	length, ok := lengthOf(size)
	switch {
	case !ok:
		s.log.Warn("file of impossible size removed", "size", size)
		_ = s.root.Remove(path.Join(folder, name)) // else it is in the way of nothing
	case isPart && len(s.parts) == MaxParts:
		_ = s.root.Remove(path.Join(folder, name)) // as above
	case isPart:
		s.parts[[32]byte(b)] = &part{length: length}
		s.total += length
	default:
		s.total += length
	}
}

// Close closes the store. Writers, Spools and Blobs that are open stay usable
// for nothing but their own Close.
func (s *Store) Close() error {
	if err := s.root.Close(); err != nil {
		return fmt.Errorf("close file store: %w", err)
	}
	return nil
}

// SetLimits changes the limits for what begins from now on.
func (s *Store) SetLimits(l Limits) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limits = l
}

// Total returns how many bytes are kept or promised to files that have begun.
func (s *Store) Total() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.total
}

// fileOf names the file of a root: a folder of its first byte, since big
// folders are slow on some systems.
func fileOf(root [32]byte) string {
	name := hex.EncodeToString(root[:])
	return path.Join(name[:2], name)
}

// blocks is how many blocks a file has.
func blocks(length int64) int { return int((length + BlockSize - 1) / BlockSize) }

// blockLen is the length of block i.
func blockLen(length int64, i int) int { return int(min(BlockSize, length-int64(i)*BlockSize)) }

// sizeOf is the size on disk of a file of this length: its bytes, then its
// hashes.
func sizeOf(length int64) int64 { return length + int64(blocks(length))*HashSize }

// lengthOf turns sizeOf round.
func lengthOf(size int64) (length int64, ok bool) {
	n := (size + BlockSize + HashSize - 1) / (BlockSize + HashSize)
	length = size - n*HashSize
	return length, size >= 0 && length >= 0 && length <= MaxLength && sizeOf(length) == size
}

// rootOf is SHA-256("snug/1 file" ‖ length (uint64 big-endian) ‖ hashes), as in
// crypto/stream, but for any length.
func rootOf(length int64, hashes []byte) [32]byte {
	h := sha256.New()
	h.Write([]byte("snug/1 file"))
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(length)))
	h.Write(hashes)
	return [32]byte(h.Sum(nil))
}

// Admit says whether a file of this length would be accepted now: nil,
// ErrTooBig, ErrQuota or ErrDiskFull. Begin asks again and reserves.
func (s *Store) Admit(length int64) error {
	free, total, err := s.space(s.root.Name())
	if err != nil {
		return fmt.Errorf("admit file: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.admitLocked(length, length, length, free, total)
}

// admitLocked decides on a file of a length, of which counted bytes are new to
// the total and missing bytes are still to be written.
func (s *Store) admitLocked(length, counted, missing, free, volume int64) error {
	l := s.limits
	if l.Blob == 0 {
		l.Blob = MaxLength
	}
	if length > min(l.Blob, MaxLength) {
		return fmt.Errorf("%w: %d bytes, %d are allowed", ErrTooBig, length, l.Blob)
	}
	if l.Total > 0 && s.total+counted > l.Total {
		return fmt.Errorf("%w: %d of %d bytes are taken, %d are asked for", ErrQuota, s.total, l.Total, counted)
	}
	switch l.Free {
	case 0:
		l.Free = max(defaultFree, volume/defaultFreePart)
	case -1:
		l.Free = 0
	}
	promised := int64(0) // to those that are being written now
	for _, p := range s.parts {
		if p.taken {
			promised += p.length - p.got
		}
	}
	for sp := range s.spools {
		promised += sp.length - sp.promised
	}
	if free-promised-missing < l.Free {
		return fmt.Errorf("%w: %d bytes are free, %d promised, %d must stay so", ErrDiskFull, free, promised, l.Free)
	}
	return nil
}

// Has says whether the file of this root is complete.
func (s *Store) Has(root [32]byte) bool {
	_, err := s.root.Lstat(fileOf(root))
	return err == nil
}

// Remove removes the file of this root, or the part of it that has arrived, and
// frees its space. Its errors are ErrNotFound and, while a Writer has it,
// ErrBusy.
func (s *Store) Remove(root [32]byte) error {
	s.mu.Lock()
	if p := s.parts[root]; p != nil && p.taken {
		s.mu.Unlock()
		return ErrBusy
	} else if p != nil {
		p.taken = true // nobody else gets it meanwhile
		s.mu.Unlock()
		return s.dropPart(root, p)
	}
	s.mu.Unlock()
	name := fileOf(root)
	info, err := s.root.Lstat(name)
	if err == nil {
		err = s.root.Remove(name)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("remove file: %w", err)
	}
	length, _ := lengthOf(info.Size())
	s.mu.Lock()
	s.total -= length
	s.mu.Unlock()
	return nil
}

// dropPart removes a part that the caller has taken.
func (s *Store) dropPart(root [32]byte, p *part) error {
	err := s.root.Remove(fileOf(root) + partSuffix)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil // it was never written
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		p.taken = false
		return fmt.Errorf("remove part: %w", err)
	}
	delete(s.parts, root)
	s.total -= p.length
	return nil
}

// Collect removes parts to which nothing was added for PartAge. A host calls it
// now and then.
func (s *Store) Collect(now time.Time) {
	var removed int
	for _, root := range s.idleParts() {
		info, err := s.root.Lstat(fileOf(root) + partSuffix)
		if err == nil && now.Sub(info.ModTime()) < PartAge {
			continue
		}
		// Busy is somebody who came meanwhile; the rest is tried again next time.
		if err := s.Remove(root); err == nil {
			removed++
		}
	}
	if removed > 0 {
		s.log.Info("old parts of files removed", "count", removed)
	}
}

func (s *Store) idleParts() (roots [][32]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for root, p := range s.parts {
		if !p.taken {
			roots = append(roots, root)
		}
	}
	return roots
}

// Roots yields the root and length of every complete file, in no order. A host
// compares them with its database to find what nobody names any more.
func (s *Store) Roots() iter.Seq2[[32]byte, int64] {
	return func(yield func([32]byte, int64) bool) {
		_ = fs.WalkDir(s.root.FS(), ".", func(p string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return nil // what went away is not listed
			}
			b, err := hex.DecodeString(path.Base(p))
			if err != nil || len(b) != sha256.Size {
				return nil
			}
			info, err := e.Info()
			if err != nil {
				return nil
			}
			length, ok := lengthOf(info.Size())
			if ok && !yield([32]byte(b), length) {
				return fs.SkipAll
			}
			return nil
		})
	}
}

// explain adds ErrDiskFull to an error of the system that means it.
func explain(err error) error {
	if paths.IsNoSpace(err) {
		return fmt.Errorf("%w: %w", ErrDiskFull, err)
	}
	return err
}
