package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

var testKey = [32]byte{1, 2, 3}

func migrations(steps ...string) fs.FS {
	m := fstest.MapFS{}
	for i, s := range steps {
		m[fmt.Sprintf("%03d_step.sql", i+1)] = &fstest.MapFile{Data: []byte(s)}
	}
	return m
}

const (
	firstStep  = `CREATE TABLE row(id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;`
	secondStep = `ALTER TABLE row ADD COLUMN mark INTEGER NOT NULL DEFAULT 0; UPDATE row SET mark = 7;`
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// fast is the tuning of tests: everything happens soon.
func fast() tuning {
	tune := defaults()
	tune.idle = 20 * time.Millisecond
	tune.recheck = 0
	return tune
}

func mustOpen(t testing.TB, path string, steps ...string) *DB {
	t.Helper()
	if steps == nil {
		steps = []string{firstStep}
	}
	d, err := open(context.Background(), path, testKey, migrations(steps...), quiet(), fast())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return d
}

func insert(body string) func(*sql.Tx) error {
	return func(tx *sql.Tx) error {
		_, err := tx.Exec("INSERT INTO row(body) VALUES(?)", body)
		return err
	}
}

func bodies(t testing.TB, d *DB) (got []string) {
	t.Helper()
	rows, err := d.Read().Query("SELECT body FROM row ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		got = append(got, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return got
}

func TestOpenKeepsRows(t *testing.T) {
	name := "100% my?place#1 +é.db"
	if runtime.GOOS == "windows" {
		name = "100% my place#1 +é.db" // no file there has a ? in its name
	}
	path := filepath.Join(t.TempDir(), name)
	for i := range 3 {
		d := mustOpen(t, path)
		if err := d.Write(t.Context(), insert(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
		if got := len(bodies(t, d)); got != i+1 {
			t.Errorf("opening %d: got %d rows, want %d", i, got, i+1)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Size() == 0 {
		t.Errorf("the file has another name: %v", err)
	}
	if got := names(t, path); len(got) != 1 {
		t.Errorf("got files %q, want one", got)
	}
}

func TestSettings(t *testing.T) {
	d := mustOpen(t, filepath.Join(t.TempDir(), "a.db"))
	for pragma, want := range map[string]string{
		"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "secure_delete": "1",
		"checksum_verification": "1", "page_size": "4096", "busy_timeout": "5000",
	} {
		var got string
		if err := d.writer.QueryRow("PRAGMA " + pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s: got %q, %v; want %q", pragma, got, err, want)
		}
	}
	var got string
	if err := d.reader.QueryRow("PRAGMA checksum_verification").Scan(&got); err != nil || got != "1" {
		t.Errorf("readers check no page: got %q, %v", got, err)
	}
	if _, err := d.Read().Exec("DELETE FROM row"); err == nil {
		t.Error("a reader wrote")
	}
}

func TestFullTextSearch(t *testing.T) {
	d := mustOpen(t, filepath.Join(t.TempDir(), "a.db"), `CREATE VIRTUAL TABLE words USING fts5(body)`)
	err := d.Write(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec("INSERT INTO words(body) VALUES('the red house'), ('a blue car')")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var got string
	if err := d.Read().QueryRow("SELECT body FROM words WHERE words MATCH 'blue'").Scan(&got); err != nil || got != "a blue car" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestFilesAreForThisUserOnly(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("file modes mean nothing here")
	}
	path := filepath.Join(t.TempDir(), "a.db")
	d := mustOpen(t, path)
	if err := d.Write(t.Context(), insert("x")); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", "-wal", "-open"} {
		info, err := os.Stat(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != 0o600 {
			t.Errorf("%q: got mode %v, want 0600", suffix, got)
		}
	}
}

// TestNothingReadable holds the at-rest part of FEATURES row C8: no byte of a
// text is found in any file of a database, open or closed.
func TestNothingReadable(t *testing.T) {
	dir := t.TempDir()
	d := mustOpen(t, filepath.Join(dir, "a.db"), firstStep, `CREATE VIRTUAL TABLE words USING fts5(body)`)
	const canary = "canary-7f3a91c2"
	for i := range 200 {
		err := d.Write(t.Context(), func(tx *sql.Tx) error {
			if err := insert(canary + strings.Repeat(" filler", i))(tx); err != nil {
				return err
			}
			_, err := tx.Exec("INSERT INTO words(body) VALUES(?)", canary)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := bodies(t, d); len(got) != 200 || !strings.HasPrefix(got[0], canary) {
		t.Fatalf("got %d rows", len(got))
	}
	scan := func(when string) {
		seen := 0
		err := filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			b, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			seen += len(b)
			for _, word := range []string{canary, "SQLite format", "CREATE TABLE", "filler"} {
				if bytes.Contains(b, []byte(word)) {
					t.Errorf("%s: %s holds %q", when, e.Name(), word)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if seen < 50_000 {
			t.Errorf("%s: only %d bytes were scanned", when, seen)
		}
	}
	scan("open")
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	scan("closed")
}

// crash copies the files of an open database, as if its process had ended now.
func crash(t *testing.T, path string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), filepath.Base(path))
	for _, suffix := range []string{"", "-wal", "-open"} {
		b, err := os.ReadFile(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to+suffix, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return to
}

func TestWrongKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	tune := fast()
	tune.idle = time.Hour // rows stay in the WAL
	d, err := open(t.Context(), path, testKey, migrations(firstStep), quiet(), tune)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Write(t.Context(), insert("kept")); err != nil {
		t.Fatal(err)
	}
	copied := crash(t, path)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		for _, p := range []string{path, copied} {
			if _, err := Open(t.Context(), p, [32]byte{9}, migrations(firstStep), quiet()); !errors.Is(err, ErrWrongKey) {
				t.Errorf("got %v, want %v", err, ErrWrongKey)
			}
		}
	}
	if got := bodies(t, mustOpen(t, copied)); len(got) != 1 {
		t.Errorf("after a wrong key: got %q, want the row of the WAL", got)
	}
}

func TestNewer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	if err := mustOpen(t, path, firstStep, secondStep).Close(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), path, testKey, migrations(firstStep), quiet()); !errors.Is(err, ErrNewer) {
		t.Errorf("got %v, want %v", err, ErrNewer)
	}
	after, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("a refused database was changed (%v)", err)
	}
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 {
		t.Errorf("got %d files, want the database alone", len(entries))
	}
}

// fill makes a closed database of a few hundred pages.
func fill(t *testing.T, path string) {
	t.Helper()
	d := mustOpen(t, path)
	err := d.Write(t.Context(), func(tx *sql.Tx) error {
		for i := range 500 {
			if err := insert(strings.Repeat(fmt.Sprint(i), 500))(tx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
}

func flip(t *testing.T, path string, at int64) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[at] ^= 1
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestDamage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	fill(t, path)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for what, at := range map[string]int{
		"the first bit of the first page": 0,
		"the middle of the first page":    2000,
		"a page in the middle":            len(whole)/2 + 100,
		"the last byte":                   len(whole) - 1,
	} {
		t.Run(what, func(t *testing.T) {
			if err := os.WriteFile(path, whole, 0o600); err != nil {
				t.Fatal(err)
			}
			flip(t, path, int64(at))
			// What an unclean end leaves: then everything is read.
			if err := os.WriteFile(markOf(path), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := Open(t.Context(), path, testKey, migrations(firstStep), quiet()); !errors.Is(err, ErrDamaged) {
				t.Errorf("with a check: got %v, want %v", err, ErrDamaged)
			}
			// Without one, reading the rows finds it.
			if err := os.Remove(markOf(path)); err != nil {
				t.Fatal(err)
			}
			d, err := Open(t.Context(), path, testKey, migrations(firstStep), quiet())
			if err == nil {
				err = Explain(readAll(d))
				if cerr := d.Close(); cerr != nil && !errors.Is(cerr, ErrDamaged) {
					t.Error(cerr)
				}
			}
			if !errors.Is(err, ErrDamaged) {
				t.Errorf("without a check: got %v, want %v", err, ErrDamaged)
			}
		})
	}
	t.Run("an empty file with a WAL", func(t *testing.T) {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path+"-wal", whole, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), path, testKey, migrations(firstStep), quiet()); !errors.Is(err, ErrDamaged) {
			t.Errorf("got %v, want %v", err, ErrDamaged)
		}
		if _, err := os.Stat(path + "-wal"); err != nil {
			t.Errorf("the WAL is gone: %v", err)
		}
	})
}

func readAll(d *DB) error {
	rows, err := d.Read().Query("SELECT body FROM row")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
	}
	return rows.Err()
}

// TestFirstPageTorn is a power loss in the middle of a checkpoint: the first
// page is noise, and the WAL still has it.
func TestFirstPageTorn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	tune := fast()
	tune.idle = time.Hour
	d, err := open(t.Context(), path, testKey, migrations(firstStep), quiet(), tune)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Write(t.Context(), insert("kept")); err != nil {
		t.Fatal(err)
	}
	copied := crash(t, path)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	flip(t, copied, 100)
	if got := bodies(t, mustOpen(t, copied)); len(got) != 1 {
		t.Errorf("got %q, want the row", got)
	}
}

func TestWALIsEmptiedWhenIdle(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	d := mustOpen(t, path)
	if err := d.Write(t.Context(), insert("x")); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(60 * time.Second)
	for walSize(t, path) != 0 {
		if time.Now().After(deadline) {
			t.Fatalf("the WAL still has %d bytes", walSize(t, path))
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// TestWALIsEmptiedUnderLoad: writes that never pause, and a reader that is in
// the way for a while.
func TestWALIsEmptiedUnderLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	tune := fast()
	tune.idle, tune.longest = time.Hour, 50*time.Millisecond
	d, err := open(t.Context(), path, testKey, migrations(firstStep), quiet(), tune)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Write(t.Context(), insert("x")); err != nil {
		t.Fatal(err)
	}
	old, err := d.Read().BeginTx(t.Context(), &sql.TxOptions{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := old.QueryRow("SELECT count(*) FROM row").Scan(&n); err != nil {
		t.Fatal(err)
	}
	sizes := func(until func(int64) bool, what string) {
		t.Helper()
		deadline := time.Now().Add(60 * time.Second)
		for {
			if err := d.Write(t.Context(), insert("x")); err != nil {
				t.Fatal(err)
			}
			if until(walSize(t, path)) {
				return
			}
			if time.Now().After(deadline) {
				t.Fatal(what)
			}
		}
	}
	sizes(func(n int64) bool { return n > 100_000 }, "the WAL did not grow")
	if err := old.Rollback(); err != nil {
		t.Fatal(err)
	}
	sizes(func(n int64) bool { return n < 50_000 }, "the WAL was not emptied")
}

func walSize(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

func TestDeletedRowLeavesNoFrame(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	d := mustOpen(t, path)
	if err := d.Write(t.Context(), insert(strings.Repeat("secret", 1000))); err != nil {
		t.Fatal(err)
	}
	err := d.Write(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec("DELETE FROM row")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	// Opened by its owner, the file has no page with the text.
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if plain := decryptAll(b); bytes.Contains(plain, []byte("secret")) || !bytes.Contains(plain, []byte("CREATE TABLE")) {
		t.Error("the deleted text is in the file, or the file was not opened")
	}
}

func TestVersions(t *testing.T) {
	for version, want := range map[string]bool{
		"3.51.3": true, "3.54.1": true, "4.0.0": true, "3.51.2": false, "3.50.9": false, "2.99.99": false, "3.51": false, "x": false,
	} {
		if got := newEnough(version); got != want {
			t.Errorf("%s: got %v, want %v", version, got, want)
		}
	}
}

func TestChecksum(t *testing.T) {
	page := make([]byte, blockSize)
	for i := range page {
		page[i] = byte(i * 7)
	}
	var s1, s2 uint32
	for i := 0; i < blockSize-8; i += 8 {
		s1 += binary.LittleEndian.Uint32(page[i:]) + s2
		s2 += binary.LittleEndian.Uint32(page[i+4:]) + s1
	}
	if checksumFits(page) {
		t.Error("a page without its checksum fits")
	}
	binary.LittleEndian.PutUint32(page[blockSize-8:], s1)
	binary.LittleEndian.PutUint32(page[blockSize-4:], s2)
	if !checksumFits(page) {
		t.Error("a page with its checksum does not fit")
	}
}
