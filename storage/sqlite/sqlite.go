// Package sqlite opens encrypted SQLite databases and owns how they are
// written: one goroutine, many calls in one durable transaction, everything
// that was acknowledged on disk. It migrates schemas and says in its errors
// what is wrong with a file that does not open.
//
// It must not know a table: hostdb and clientdb bring their schema as numbered
// SQL files and their statements as functions.
//
// storage/SCHEMA.md says how databases are encrypted and migrated. The
// properties come from SQLite's documents (sqlite.org/wal.html, pragma.html,
// cksumvfs.html) and from Adiantum (Crowley and Biggers, ToSC 2018) as package
// vfs/adiantum of github.com/ncruces/go-sqlite3 applies it.
package sqlite

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/driver"
	"github.com/ncruces/go-sqlite3/ext/fts5"
	"github.com/ncruces/go-sqlite3/vfs"
	_ "github.com/ncruces/go-sqlite3/vfs/adiantum" // the encrypting file layer

	"github.com/snugchat/snug/storage/paths"
)

const (
	// Readers is how many goroutines can read at the same time. A reader has
	// its own SQLite, a few MiB of memory.
	Readers = 4

	// busyTimeout is how long a connection waits for another's lock. Within one
	// process only a checkpoint holds one, for milliseconds.
	busyTimeout = 5 * time.Second

	// readerIdle is how long an unused reader keeps its memory.
	readerIdle = 5 * time.Minute
)

// minVersion is the first SQLite without the WAL-reset bug that can damage a
// database (3.7.0 to 3.51.2, sqlite.org/wal.html).
var minVersion = [3]int{3, 51, 3}

// tuning is what tests make smaller.
type tuning struct {
	vfs       string        // SQLite's name of the file layer
	reserve   int64         // bytes that stay free on the disk
	idle      time.Duration // without a write until the WAL is truncated
	longest   time.Duration // between two truncations under load
	recheck   time.Duration // between two looks at the free space
	batchTime time.Duration // that a transaction takes calls in
	space     func(path string) (free, total int64, err error)
	scratch   bool // no journal and no syncs: for a file that has no name yet
}

func defaults() tuning {
	return tuning{
		vfs:       "adiantum",
		reserve:   Reserve,
		idle:      2 * time.Second,
		longest:   time.Minute,
		recheck:   time.Second,
		batchTime: 20 * time.Millisecond,
		space:     paths.FreeSpace,
	}
}

// DB is one open database. All its methods may be called from any goroutine.
type DB struct {
	path  string
	key   [32]byte
	steps []step
	log   *slog.Logger
	tune  tuning

	writer *sql.DB       // one connection
	raw    *sqlite3.Conn // that connection; the writer goroutine's while it has a transaction
	reader *sql.DB

	slots   chan struct{} // one per accepted call, MaxPending of them
	wake    chan struct{} // tells the writer goroutine that pending has grown
	closing chan struct{} // closed when Close begins
	done    chan struct{} // closed when the writer goroutine has ended

	mu      sync.Mutex // guards what follows
	pending []*call
	closed  bool

	suspect atomic.Bool
	unclean bool // the last end was; never changes

	commits int64 // by the writer goroutine, read by tests after Close
	end     sync.Once
	endErr  error
}

// Open opens the database at path with its key, creates it if it is not there,
// and brings its schema up to the last of migrations: files NNN_name.sql,
// numbered from 001 without a gap, at the root of the file system. The folder
// of path must exist, and the caller holds the profile's lock: a second program
// that has the file open is a bug.
//
// Open blocks until everything is done; a big migration or the check after an
// unclean end takes seconds. Its errors are ErrNewer, ErrWrongKey, ErrDamaged,
// ErrDiskFull, ErrOldSystem, ctx's, or the system's; on each the file is as it was, except
// that the migrations before one that failed stay (a copy from before them lies
// beside the file, see storage/SCHEMA.md).
func Open(ctx context.Context, path string, key [32]byte, migrations fs.FS, log *slog.Logger) (*DB, error) {
	return open(ctx, path, key, migrations, log, defaults())
}

func open(ctx context.Context, path string, key [32]byte, migrations fs.FS, log *slog.Logger, tune tuning) (_ *DB, err error) {
	steps, err := readSteps(migrations)
	if err != nil {
		return nil, err
	}
	return openSteps(ctx, path, key, steps, log, tune)
}

func openSteps(ctx context.Context, path string, key [32]byte, steps []step, log *slog.Logger, tune tuning) (_ *DB, err error) {
	path, err = filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	if err := probe(path, key); err != nil {
		return nil, err
	}
	if err := cutWAL(path); err != nil {
		return nil, err
	}
	mark, unclean, err := setMark(path)
	if err != nil {
		return nil, Explain(err)
	}
	d := &DB{
		path:    path,
		key:     key,
		steps:   steps,
		log:     log,
		tune:    tune,
		slots:   make(chan struct{}, MaxPending),
		wake:    make(chan struct{}, 1),
		closing: make(chan struct{}),
		done:    make(chan struct{}),
		unclean: unclean,
	}
	defer func() {
		if err == nil {
			return
		}
		// The first error is the one to report; what follows only tidies up.
		if d.writer != nil {
			_ = d.writer.Close()
		}
		if d.reader != nil {
			_ = d.reader.Close()
		}
		if !unclean {
			_ = os.Remove(mark)
		}
	}()
	if err := d.connect(key); err != nil {
		return nil, err
	}
	if err := d.prepare(ctx, steps, unclean); err != nil {
		return nil, err
	}
	go d.run()
	return d, nil
}

// uri names a database file for SQLite.
func uri(path string, query url.Values) string {
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(path)}
	if !strings.HasPrefix(u.Path, "/") {
		// C:/x, as file:C:/x: this SQLite takes what follows for the path as it is,
		// and does not drop the slash of file:///C:/x as others do on Windows.
		u = url.URL{Scheme: "file", Opaque: u.EscapedPath()}
	}
	// SQLite takes + for a plus sign, where Encode means a space.
	u.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20")
	return u.String()
}

// connect makes the two pools. Nothing is opened before the first query.
func (d *DB) connect(key [32]byte) error {
	// modeof gives the -wal file the mode of the main file.
	dsn := uri(d.path, url.Values{"vfs": {d.tune.vfs}, "_txlock": {"immediate"}, "modeof": {d.path}})

	// The key must be the first PRAGMA, and it is in no name and no message.
	setKey := "PRAGMA hexkey='" + hex.EncodeToString(key[:]) + "'"
	var err error
	begin := func(c *sqlite3.Conn) error {
		if err := c.Exec(setKey); err != nil {
			return err
		}
		if err := c.BusyTimeout(busyTimeout); err != nil {
			return err
		}
		if err := verifyPages(c, "main"); err != nil {
			return err
		}
		return fts5.Register(c)
	}
	d.writer, err = driver.Open(dsn, func(c *sqlite3.Conn) error {
		if err := begin(c); err != nil {
			return err
		}
		empty, err := schemaEmpty(c)
		if err != nil {
			return err
		}
		if empty {
			// On a database with rows this would run a VACUUM, which takes more
			// memory than a connection may have.
			if err := c.EnableChecksums("main"); err != nil {
				return err
			}
		}
		d.raw = c
		if d.tune.scratch {
			return c.Exec("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF")
		}
		return c.Exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON")
	})
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	d.writer.SetMaxOpenConns(1)
	d.reader, err = driver.Open(dsn, func(c *sqlite3.Conn) error {
		if err := begin(c); err != nil {
			return err
		}
		return c.Exec("PRAGMA query_only=ON")
	})
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	d.reader.SetMaxOpenConns(Readers)
	d.reader.SetMaxIdleConns(Readers)
	d.reader.SetConnMaxIdleTime(readerIdle)
	return nil
}

// verifyPages makes the connection check the checksum of every page that it
// reads from the main file. The file layer begins to do so once it has seen the
// header there, which a connection does not read while the WAL has a newer one.
func verifyPages(c *sqlite3.Conn, schema string) error {
	file, err := c.FileControl(schema, sqlite3.FCNTL_FILE_POINTER)
	if err != nil {
		return err
	}
	const headerSize = 100 // sqlite.org/fileformat2.html, section 1.3
	if _, err := file.(vfs.File).ReadAt(make([]byte, headerSize), 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

func schemaEmpty(c *sqlite3.Conn) (bool, error) {
	s, _, err := c.Prepare("SELECT count(*) FROM sqlite_schema")
	if err != nil {
		return false, err
	}
	defer s.Close()
	if !s.Step() {
		return false, s.Err()
	}
	return s.ColumnInt(0) == 0, s.Err()
}

// checkAlways is up to how many bytes a database is checked whole at every start:
// a fifth of a second. What a disk spoils lies there after a clean end too, and who
// meets it only in the middle of the work cannot repair it then.
const checkAlways = 64 << 20

// prepare checks and migrates before anybody else can use the database.
func (d *DB) prepare(ctx context.Context, steps []step, unclean bool) error {
	var version string
	if err := d.writer.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&version); err != nil {
		return fmt.Errorf("open database: %w", d.explain(err))
	}
	if !newEnough(version) {
		return fmt.Errorf("open database: SQLite %s is older than %d.%d.%d and can damage files", version, minVersion[0], minVersion[1], minVersion[2])
	}
	var have int
	if err := d.writer.QueryRowContext(ctx, "PRAGMA user_version").Scan(&have); err != nil {
		return fmt.Errorf("open database: read version: %w", d.explain(err))
	}
	if have > len(steps) {
		return fmt.Errorf("open database: schema %d, this program knows %d: %w", have, len(steps), ErrNewer)
	}
	if size, err := d.Size(); unclean || err != nil || size <= checkAlways {
		began := time.Now()
		if err := check(ctx, d.writer); err != nil {
			return err
		}
		d.log.Info("database checked", "unclean", unclean, "took_ms", time.Since(began).Milliseconds())
	}
	if have < len(steps) {
		if err := d.migrate(ctx, steps, have); err != nil {
			return err
		}
	}
	return d.removeCopies()
}

func newEnough(version string) bool {
	parts := strings.Split(version, ".")
	for i, least := range minVersion {
		if i >= len(parts) {
			return false
		}
		n, err := strconv.Atoi(parts[i])
		if err != nil || n < least {
			return false
		}
		if n > least {
			return true
		}
	}
	return true
}

// check reads the whole database and returns ErrDamaged if it is not sound.
func check(ctx context.Context, db *sql.DB) error {
	rows, err := db.QueryContext(ctx, "PRAGMA quick_check(1)")
	if err != nil {
		return fmt.Errorf("check database: %w", Explain(err))
	}
	defer rows.Close()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return fmt.Errorf("check database: %w", Explain(err))
		}
		if line != "ok" {
			return fmt.Errorf("check database: %w: %s", ErrDamaged, line)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("check database: %w", Explain(err))
	}
	return nil
}

// Check reads the whole database and returns ErrDamaged if a page or a table is
// not sound. It takes about three seconds per GiB and does not stop writers.
func (d *DB) Check(ctx context.Context) error { return check(ctx, d.reader) }

// Read returns the pool of Readers connections that cannot write. A transaction
// on it sees one moment of the database as long as it is open; long ones keep
// the WAL from being emptied. Errors that its rows return are made readable by
// Explain.
func (d *DB) Read() *sql.DB { return d.reader }

// Prepare compiles a statement for use inside of Write, by tx.StmtContext. It
// halves the time of a small insert (3 us instead of 6). The caller closes it
// before the database.
func (d *DB) Prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	s, err := d.writer.PrepareContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("prepare statement: %w", Explain(err))
	}
	return s, nil
}

// Close refuses new writes with ErrClosed, commits those that were accepted,
// empties the WAL and closes the file. It waits for all of it, and for readers
// to finish. A second call returns what the first did.
func (d *DB) Close() error {
	d.end.Do(func() { d.endErr = d.close() })
	return d.endErr
}

func (d *DB) close() error {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	close(d.closing)
	<-d.done
	rerr := d.reader.Close()
	// With no reader left this cannot be busy; where it fails for another
	// reason, the WAL stays and is read at the next start.
	_, terr := d.truncate()
	if err := errors.Join(rerr, terr, d.writer.Close()); err != nil {
		return fmt.Errorf("close database: %w", Explain(err))
	}
	if d.suspect.Load() {
		return nil // the next start looks at all of it
	}
	if err := os.Remove(markOf(d.path)); err != nil {
		return fmt.Errorf("close database: %w", err)
	}
	return nil
}

// Unclean reports whether the database was not closed the last time. Then the end
// of its WAL may have been damaged, which SQLite does not tell from a write that
// was cut off: the last transactions are missing without a word.
func (d *DB) Unclean() bool { return d.unclean }

// Suspect makes the next Open check the whole database, as after an unclean end.
// Whoever meets ErrDamaged while reading calls it; writes do so themselves.
func (d *DB) Suspect() { d.suspect.Store(true) }

// markOf names the file that is there while the database is open. Who finds it
// at the start knows that the last end was not a clean one.
func markOf(path string) string { return path + "-open" }

func setMark(path string) (mark string, unclean bool, err error) {
	mark = markOf(path)
	f, err := os.OpenFile(mark, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return mark, true, nil
	}
	if err != nil {
		return mark, false, fmt.Errorf("open database: mark as open: %w", err)
	}
	if err := f.Close(); err != nil {
		return mark, false, fmt.Errorf("open database: mark as open: %w", err)
	}
	return mark, false, paths.SyncDir(filepath.Dir(path))
}
