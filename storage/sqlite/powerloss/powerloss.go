// Package powerloss is for tests: a file layer below the encrypting one that
// logs what SQLite writes and syncs, and from that log makes every state in
// which a power loss can leave the files of a database.
//
// It must not know a table, and no product code imports it: a test opens its
// store through it, notes what was acknowledged, and opens each state with the
// same code as the program.
//
// What may happen to writes that were not synced is what sqlite.org/atomiccommit.html
// assumes of a disk: each is there, is not, or is torn between sectors, in any
// order. storage/SCHEMA.md, section "Databases", has what must hold all the same.
package powerloss

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/ncruces/go-sqlite3/util/vfsutil"
	"github.com/ncruces/go-sqlite3/vfs"
	"github.com/ncruces/go-sqlite3/vfs/adiantum"
)

// sector is what a disk writes whole, in bytes. A torn page is one of which some
// sectors are new.
const sector = 512

// Log is everything that was done to the files of a database, in order, below
// the encryption, and what was acknowledged in between.
type Log struct {
	name string // of the file layer that it replaced
	was  vfs.VFS

	mu    sync.Mutex // guards what follows
	ops   []op
	notes []note
	lying bool
	ended bool
}

type op struct {
	kind opKind
	file string // base name
	at   int64  // offset, or new size
	data []byte
}

type opKind byte

const (
	opWrite opKind = iota
	opTruncate
	opSync
)

type note struct {
	after int // operations
	what  any
}

// Record puts a logging file layer below the one that encrypts, under SQLite's
// name for it, and returns its log. Databases that are opened from now until
// Stop are logged. Tests that do so must not run in parallel with others.
func Record(name string) *Log {
	l := &Log{name: name, was: vfs.Find(name)}
	vfs.Register(name, adiantum.Wrap(layer{vfs.Find(""), l}, nil))
	return l
}

// Lie makes syncs promise nothing from now on, as with synchronous=OFF or a disk
// that does not keep its word: a test that still passes then proves nothing.
func (l *Log) Lie() {
	l.mu.Lock()
	l.lying = true
	l.mu.Unlock()
}

// Note remembers that something was acknowledged, after what was written and
// synced so far. Once Stop was called it does nothing.
func (l *Log) Note(what any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.ended {
		l.notes = append(l.notes, note{len(l.ops), what})
	}
}

// Stop ends the log and puts the old file layer back, if there was one of that
// name. Databases that are open stay so, and what is done to them has no log.
func (l *Log) Stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.was != nil {
		vfs.Register(l.name, l.was)
	}
	l.ended = true
}

// Len returns how many writes, truncations and syncs were logged.
func (l *Log) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.ops)
}

// Contains reports whether anything that was written has these bytes in it.
func (l *Log) Contains(text string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.ContainsFunc(l.ops, func(o op) bool { return strings.Contains(string(o.data), text) })
}

// add logs an operation, unless the log has ended.
func (l *Log) add(o op) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended || o.kind == opSync && l.lying {
		return
	}
	l.ops = append(l.ops, o)
}

// State is what a power loss left.
type State struct {
	After int               // operations
	Files map[string][]byte // by their base names
	Acked []any             // what was noted before
}

// Write puts the files of the state into dir.
func (s *State) Write(dir string) error {
	for name, b := range s.Files {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// Whole yields, for every moment from the operation begin on, the state in which
// what was synced is there and nothing else is. States that were yielded before,
// with the same acknowledgements, are left out.
func (l *Log) Whole(begin int) iter.Seq[*State] {
	return func(yield func(*State) bool) {
		seen := make(map[[32]byte]bool)
		for n := begin; n <= l.Len(); n++ {
			s := l.state(n, func(op) fate { return lost })
			if id := s.id(); !seen[id] {
				seen[id] = true
				if !yield(s) {
					return
				}
			}
		}
	}
}

// Torn yields n states at random moments from the operation begin on, in which of
// what was not synced each operation is there, is not, or is torn.
func (l *Log) Torn(begin, n int, rnd *rand.Rand) iter.Seq[*State] {
	return func(yield func(*State) bool) {
		for range n {
			if !yield(l.torn(begin+rnd.IntN(l.Len()-begin+1), rnd)) {
				return
			}
		}
	}
}

// Try asks survives about every step-th moment at which the power may go, with
// whole pages, and about torn ones of the same run. It returns how many states it
// tried, and the first error with what repeats it.
func (l *Log) Try(begin, step, torn int, survives func(*State) error) (tried int, err error) {
	seed := rand.Uint64() //nolint:gosec // of a test, and printed when it fails
	moment := 0
	for s := range l.Whole(begin) {
		if moment++; moment%step != 0 {
			continue
		}
		if err := survives(s); err != nil {
			return tried, fmt.Errorf("whole pages, power lost after %d of %d operations: %w", s.After, l.Len(), err)
		}
		tried++
	}
	for s := range l.Torn(begin, torn, rand.New(rand.NewPCG(seed, 0))) { //nolint:gosec // repeatable on purpose
		if err := survives(s); err != nil {
			return tried, fmt.Errorf("seed %d, torn pages, power lost after %d of %d operations: %w", seed, s.After, l.Len(), err)
		}
		tried++
	}
	return tried, nil
}

// EveryTorn yields such a state for every moment from the operation begin on.
func (l *Log) EveryTorn(begin int, rnd *rand.Rand) iter.Seq[*State] {
	return func(yield func(*State) bool) {
		for n := begin; n <= l.Len(); n++ {
			if !yield(l.torn(n, rnd)) {
				return
			}
		}
	}
}

func (l *Log) torn(n int, rnd *rand.Rand) *State {
	return l.state(n, func(op) fate {
		switch rnd.IntN(4) {
		case 0, 1:
			return lost
		case 2:
			return func(int) bool { return rnd.IntN(2) == 0 }
		}
		return kept
	})
}

// fate says of each sector of an operation that was not synced if it came through.
type fate func(sector int) bool

func lost(int) bool { return false }
func kept(int) bool { return true }

// state makes what is left after n operations.
func (l *Log) state(n int, decide func(op) fate) *State {
	l.mu.Lock()
	defer l.mu.Unlock()
	synced := make(map[string]int)
	for i, o := range l.ops[:n] {
		if o.kind == opSync {
			synced[o.file] = i + 1
		}
	}
	s := &State{After: n, Files: make(map[string][]byte)}
	for i, o := range l.ops[:n] {
		if o.kind == opSync {
			continue
		}
		f := fate(kept)
		if i >= synced[o.file] {
			f = decide(o)
		}
		s.Files[o.file] = o.apply(s.Files[o.file], f)
	}
	for _, k := range l.notes {
		if k.after <= n {
			s.Acked = append(s.Acked, k.what)
		}
	}
	return s
}

// apply does what came through of one operation to the content of a file.
func (o op) apply(b []byte, f fate) []byte {
	grow := func(n int64) {
		if int64(len(b)) < n {
			b = append(b, make([]byte, n-int64(len(b)))...)
		}
	}
	switch o.kind {
	case opTruncate:
		if f(0) {
			grow(o.at)
			b = b[:o.at]
		}
	case opWrite:
		for i := 0; i < len(o.data); i += sector {
			if f(i / sector) {
				part := o.data[i:min(i+sector, len(o.data))]
				grow(o.at + int64(i+len(part)))
				copy(b[o.at+int64(i):], part)
			}
		}
	case opSync:
	}
	return b
}

// id tells states apart.
func (s *State) id() (id [32]byte) {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(s.Files)) {
		sum := sha256.Sum256(s.Files[name])
		h.Write([]byte(name))
		h.Write(sum[:])
	}
	_ = binary.Write(h, binary.BigEndian, int64(len(s.Acked))) // a hash takes everything
	return [32]byte(h.Sum(nil))
}

// layer is the system's file layer with a log.
type layer struct {
	vfs.VFS
	log *Log
}

func (v layer) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	f, flags, err := vfsutil.WrapOpenFilename(v.VFS, name, flags)
	if err != nil || flags&(vfs.OPEN_MAIN_DB|vfs.OPEN_WAL) == 0 {
		return f, flags, err
	}
	return &file{File: f, name: filepath.Base(name.String()), log: v.log}, flags, nil
}

type file struct {
	vfs.File
	name string
	log  *Log
}

func (f *file) WriteAt(p []byte, off int64) (int, error) {
	n, err := f.File.WriteAt(p, off)
	f.log.add(op{opWrite, f.name, off, append([]byte(nil), p[:n]...)})
	return n, err
}

func (f *file) Truncate(size int64) error {
	err := f.File.Truncate(size)
	f.log.add(op{kind: opTruncate, file: f.name, at: size})
	return err
}

// Sync is logged and not done: what it promises is all that a power loss leaves
// for certain, and the real one would only make a test slow.
func (f *file) Sync(vfs.SyncFlag) error {
	f.log.add(op{kind: opSync, file: f.name})
	return nil
}

func (f *file) Unwrap() vfs.File               { return f.File }
func (f *file) SharedMemory() vfs.SharedMemory { return vfsutil.WrapSharedMemory(f.File) }
func (f *file) LockState() vfs.LockLevel       { return vfsutil.WrapLockState(f.File) }
