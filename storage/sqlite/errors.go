package sqlite

import (
	"errors"
	"fmt"
	"os"

	"github.com/ncruces/go-sqlite3"

	"github.com/snugchat/snug/storage/paths"
)

var (
	// ErrNewer comes from Open when a later version of Snug wrote the database.
	// Nothing was changed.
	ErrNewer = errors.New("database was written by a newer version")

	// ErrWrongKey comes from Open when no page of the file opens with the key.
	// Nothing was changed.
	ErrWrongKey = errors.New("wrong key for database")

	// ErrDamaged comes whenever bytes of the file are not what was written.
	ErrDamaged = errors.New("database is damaged")

	// ErrDiskFull comes from a write when less than Reserve is free, or when
	// the system says so. Reading goes on, and writing does as soon as there is
	// room.
	ErrDiskFull = errors.New("disk is full")

	// ErrReadOnly comes from a write, and from Open, when the disk takes no writes.
	// Reading goes on, and writing does as soon as the disk takes them again.
	ErrReadOnly = errors.New("disk is read-only")

	// ErrOldSystem comes from Open where the system cannot place a file into
	// SQLite's memory, in which readers and the writer share the index of the WAL:
	// Windows before 10 version 1803, and wine before 8.3.
	ErrOldSystem = errors.New("system cannot share memory between connections")

	// ErrClosed comes from a write during or after Close.
	ErrClosed = errors.New("database is closed")

	// errReference is what SQLite would say at COMMIT.
	errReference = errors.New("write leaves a reference to a row that is not there")

	// errEnded is a bug of the function that was written with.
	errEnded = errors.New("write function ended its transaction")
)

// explained reports whether Explain has added its error to err.
func explained(err error) bool {
	return errors.Is(err, ErrDamaged) || errors.Is(err, ErrDiskFull) || errors.Is(err, ErrReadOnly) || errors.Is(err, ErrOldSystem)
}

// Explain adds ErrDamaged, ErrDiskFull, ErrReadOnly or ErrOldSystem to an error of
// SQLite or of the system that means one of them, and returns any other error as it
// is. Write's errors are explained.
func Explain(err error) error {
	switch {
	case err == nil, explained(err):
		return err
	case errors.Is(err, sqlite3.IOERR_SHMMAP):
		return fmt.Errorf("%w: %w", ErrOldSystem, err)
	case errors.Is(err, sqlite3.CORRUPT), errors.Is(err, sqlite3.NOTADB),
		errors.Is(err, sqlite3.IOERR_DATA), errors.Is(err, sqlite3.IOERR_CORRUPTFS):
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	case errors.Is(err, sqlite3.FULL), paths.IsNoSpace(err):
		return fmt.Errorf("%w: %w", ErrDiskFull, err)
	case errors.Is(err, sqlite3.READONLY), paths.IsReadOnly(err):
		return fmt.Errorf("%w: %w", ErrReadOnly, err)
	}
	return err
}

// almostFull is how many free bytes explain an I/O error of a write: more than a
// transaction commonly needs.
const almostFull = 1 << 20

// explain is Explain for an error of a write. SQLite often reports a full or read-only
// disk as an I/O error like any other, without the system's reason: the free space, and
// whether a file beside it can be opened for writing, tell them apart.
func (d *DB) explain(err error) error {
	err = Explain(err)
	if errors.Is(err, ErrDamaged) {
		d.Suspect()
	}
	if err == nil || explained(err) || !errors.Is(err, sqlite3.IOERR) {
		return err
	}
	if free, _, serr := d.tune.space(d.path); serr == nil && free < max(d.tune.reserve, almostFull) {
		return fmt.Errorf("%w: %w", ErrDiskFull, err)
	}
	f, ferr := os.OpenFile(markOf(d.path), os.O_WRONLY, 0)
	if paths.IsReadOnly(ferr) {
		return fmt.Errorf("%w: %w", ErrReadOnly, err)
	}
	if ferr == nil {
		_ = f.Close() // nothing was written
	}
	return err
}

// IsConflict says whether err means that a row with this unique or primary key
// is there already.
func IsConflict(err error) bool {
	return errors.Is(err, sqlite3.CONSTRAINT_UNIQUE) || errors.Is(err, sqlite3.CONSTRAINT_PRIMARYKEY) ||
		errors.Is(err, sqlite3.CONSTRAINT_ROWID)
}
