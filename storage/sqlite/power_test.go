package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3/util/vfsutil"
	"github.com/ncruces/go-sqlite3/vfs"
	"github.com/ncruces/go-sqlite3/vfs/adiantum"
)

// A powerLog is everything that was done to the files of a database, in order,
// below the encryption, and which rows were acknowledged in between. From it
// follows every state that a power loss can leave.
type powerLog struct {
	mu  sync.Mutex
	ops []powerOp
}

type powerOp struct {
	kind powerKind
	file string // suffix: "" or "-wal"
	at   int64  // offset, new size, or row
	data []byte
}

type powerKind byte

const (
	opWrite powerKind = iota
	opTruncate
	opSync
	opAck
)

func (l *powerLog) add(op powerOp) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ops = append(l.ops, op)
}

// powerVFS is the system's file layer with a log.
type powerVFS struct {
	vfs.VFS
	log *powerLog
}

func (v powerVFS) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	f, flags, err := vfsutil.WrapOpenFilename(v.VFS, name, flags)
	if err != nil || flags&(vfs.OPEN_MAIN_DB|vfs.OPEN_WAL) == 0 {
		return f, flags, err
	}
	suffix := ""
	if flags&vfs.OPEN_WAL != 0 {
		suffix = "-wal"
	}
	return &powerFile{File: f, name: suffix, log: v.log}, flags, nil
}

type powerFile struct {
	vfs.File
	name string
	log  *powerLog
}

func (f *powerFile) WriteAt(p []byte, off int64) (int, error) {
	n, err := f.File.WriteAt(p, off)
	f.log.add(powerOp{opWrite, f.name, off, append([]byte(nil), p[:n]...)})
	return n, err
}

func (f *powerFile) Truncate(size int64) error {
	err := f.File.Truncate(size)
	f.log.add(powerOp{kind: opTruncate, file: f.name, at: size})
	return err
}

// Sync counts as done when it was called: what it promises is all that a power
// loss leaves for certain.
func (f *powerFile) Sync(flags vfs.SyncFlag) error {
	f.log.add(powerOp{kind: opSync, file: f.name})
	return nil // the real one would only make the test slow
}

func (f *powerFile) Unwrap() vfs.File               { return f.File }
func (f *powerFile) SharedMemory() vfs.SharedMemory { return vfsutil.WrapSharedMemory(f.File) }
func (f *powerFile) LockState() vfs.LockLevel       { return vfsutil.WrapLockState(f.File) }

// apply does one operation to a file's content. A torn write leaves some of its
// sectors as they were.
func (op powerOp) apply(b []byte, torn *rand.Rand) []byte {
	const sector = 512
	grow := func(n int64) {
		for int64(len(b)) < n {
			b = append(b, make([]byte, n-int64(len(b)))...)
		}
	}
	switch op.kind {
	case opTruncate:
		grow(op.at)
		b = b[:op.at]
	case opWrite:
		grow(op.at + int64(len(op.data)))
		for i := 0; i < len(op.data); i += sector {
			if torn == nil || torn.IntN(2) == 0 {
				copy(b[op.at+int64(i):], op.data[i:min(i+sector, len(op.data))])
			}
		}
	}
	return b
}

// after is a state that the files can have when the power goes after the first
// n operations: what was synced is there; of the rest, each operation is there,
// is not, or is torn.
func (l *powerLog) after(n int, rnd *rand.Rand) map[string][]byte {
	synced := map[string]int{}
	for i, op := range l.ops[:n] {
		if op.kind == opSync {
			synced[op.file] = i
		}
	}
	files := map[string][]byte{}
	for i, op := range l.ops[:n] {
		if op.kind == opAck || op.kind == opSync {
			continue
		}
		var torn *rand.Rand
		if last, ok := synced[op.file]; !ok || i > last {
			switch rnd.IntN(4) {
			case 0, 1:
				continue
			case 2:
				torn = rnd
			}
		}
		files[op.file] = op.apply(files[op.file], torn)
	}
	return files
}

// TestPowerLossLosesNothing: whenever the power goes, and whatever the disk made
// of what was not synced, the database opens, is sound, and has every
// acknowledged row as it was written.
func TestPowerLossLosesNothing(t *testing.T) {
	log := &powerLog{}
	vfs.Register("power", adiantum.Wrap(powerVFS{vfs.Find(""), log}, nil))
	defer vfs.Unregister("power")
	tune := fast()
	tune.vfs = "power"
	tune.longest = 5 * time.Millisecond // many checkpoints
	d, err := open(t.Context(), filepath.Join(t.TempDir(), "a.db"), testKey, migrations(firstStep), quiet(), tune)
	if err != nil {
		t.Fatal(err)
	}
	log.mu.Lock()
	begin := len(log.ops)
	log.mu.Unlock()
	body := func(id int64) string { return strings.Repeat(fmt.Sprint(id, " "), int(id*37%1500)) }
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for range 60 {
				var id int64
				err := d.WriteThen(t.Context(), func(tx *sql.Tx) error {
					if err := tx.QueryRow("INSERT INTO row(body) VALUES('') RETURNING id").Scan(&id); err != nil {
						return err
					}
					_, err := tx.Exec("UPDATE row SET body = ? WHERE id = ?", body(id), id)
					return err
				}, func() { log.add(powerOp{kind: opAck, at: id}) })
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	log.mu.Lock()
	log.ops = log.ops[:len(log.ops):len(log.ops)] // the end of the run, not of Close
	ops := len(log.ops)
	log.mu.Unlock()
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	log.ops = log.ops[:ops]

	const trials = 120
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 0))
	for trial := range trials {
		n := begin + rnd.IntN(ops-begin+1)
		files := log.after(n, rnd)
		acked := 0
		for _, op := range log.ops[:n] {
			if op.kind == opAck {
				acked++
			}
		}
		if err := reopen(t, files, acked, log.ops[:n], body); err != nil {
			t.Fatalf("seed %d, trial %d, power lost after %d of %d operations: %v", seed, trial, n, ops, err)
		}
	}
	t.Logf("%d operations, %d states", ops, trials)
}

func reopen(t *testing.T, files map[string][]byte, acked int, ops []powerOp, body func(int64) string) error {
	path := filepath.Join(t.TempDir(), "a.db")
	for suffix, b := range files {
		if err := os.WriteFile(path+suffix, b, 0o600); err != nil {
			return err
		}
	}
	if err := os.WriteFile(markOf(path), nil, 0o600); err != nil {
		return err
	}
	d, err := open(context.Background(), path, testKey, migrations(firstStep), quiet(), fast())
	if err != nil {
		return err
	}
	defer d.Close()
	have := map[int64]string{}
	rows, err := d.Read().Query("SELECT id, body FROM row")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var b string
		if err := rows.Scan(&id, &b); err != nil {
			return err
		}
		have[id] = b
		if b != body(id) {
			return fmt.Errorf("row %d has another body", id)
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, op := range ops {
		if _, ok := have[op.at]; op.kind == opAck && !ok {
			return fmt.Errorf("row %d of %d acknowledged is lost", op.at, acked)
		}
	}
	var result string
	if err := d.Read().QueryRow("PRAGMA integrity_check").Scan(&result); err != nil || result != "ok" {
		return fmt.Errorf("integrity: %s, %w", result, err)
	}
	return nil
}
