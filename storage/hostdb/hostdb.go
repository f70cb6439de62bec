// Package hostdb is what a host keeps on disk: the place, its people, devices
// and invites, its rooms and who is in them, the one order of all envelopes, mail
// and key packages for devices that are away, who owns which blob, and the record
// of who changed what.
//
// It must not know connections, messages of the wire, passwords or policy: it
// stores what net/host decided, and stores a decision whole or not at all. It
// has no interface: net/host declares those that it needs.
//
// storage/SCHEMA.md, section "hostdb", specifies the tables.
package hostdb

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/sqlite"
)

//go:embed migrations/*.sql
var files embed.FS

// DB is a host's store. Its methods may be called from any goroutine.
type DB struct {
	db  *sqlite.DB
	log *slog.Logger

	insert, last, find, mark, commit *sql.Stmt // for the writer

	mu      sync.Mutex // guards what follows
	waiting []*appending
	bytes   int // in waiting
	closed  bool
	wake    chan struct{} // has room for one
	done    chan struct{} // closed when the appending goroutine has ended
}

// Open opens the store at path, and makes it if it is not there. The errors are
// those of sqlite.Open. The caller closes it.
func Open(ctx context.Context, path string, key [32]byte, log *slog.Logger) (*DB, error) {
	migrations, err := fs.Sub(files, "migrations")
	if err != nil {
		return nil, fmt.Errorf("open host store: %w", err)
	}
	base, err := sqlite.Open(ctx, path, key, migrations, log)
	if err != nil {
		return nil, fmt.Errorf("open host store: %w", err)
	}
	db := &DB{db: base, log: log, wake: make(chan struct{}, 1), done: make(chan struct{})}
	if err := db.prepare(ctx); err != nil {
		return nil, errors.Join(err, base.Close())
	}
	go db.run()
	return db, nil
}

func (db *DB) prepare(ctx context.Context) error {
	if err := db.firstRooms(ctx); err != nil {
		return fmt.Errorf("prepare host store: %w", err)
	}
	var err error
	for _, p := range []struct {
		to    **sql.Stmt
		query string
	}{
		{&db.insert, insertRow}, {&db.last, lastCounter}, {&db.find, findRow}, {&db.mark, markBlob}, {&db.commit, lastCommit},
	} {
		if *p.to, err = db.db.Prepare(ctx, p.query); err != nil {
			return fmt.Errorf("prepare host store: %w", err)
		}
	}
	return nil
}

// firstRooms makes the rooms that every place has. Where they are it writes
// nothing: a store opens on a full disk.
func (db *DB) firstRooms(ctx context.Context) error {
	var have int
	err := db.db.Read().QueryRowContext(ctx, "SELECT count(*) FROM room WHERE id IN (?, ?)", chat.Directory[:], chat.Lobby[:]).Scan(&have)
	if err != nil {
		return sqlite.Explain(err)
	}
	if have == 2 {
		return nil
	}
	return db.db.Write(ctx, func(tx *sql.Tx) error {
		for _, r := range []chat.Room{{ID: chat.Directory, Kind: chat.RoomDirectory}, {ID: chat.Lobby, Kind: chat.RoomOpen}} {
			if err := putRoom(tx, &r); err != nil {
				return err
			}
		}
		return nil
	})
}

// Close stores what was handed to Append, and closes the store. It waits for it.
func (db *DB) Close() error {
	db.mu.Lock()
	if db.closed {
		db.mu.Unlock()
		<-db.done
		return nil
	}
	db.closed = true
	db.mu.Unlock()
	db.signal()
	<-db.done
	var errs []error
	for _, s := range []*sql.Stmt{db.insert, db.last, db.find, db.mark, db.commit} {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, db.db.Close())...)
}

// explain adds chat.ErrDiskFull to an error of the store that means it.
func explain(err error) error {
	if errors.Is(err, sqlite.ErrDiskFull) && !errors.Is(err, chat.ErrDiskFull) {
		return fmt.Errorf("%w: %w", chat.ErrDiskFull, err)
	}
	return err
}

// Size returns the bytes that the store takes on disk.
func (db *DB) Size() (int64, error) { return db.db.Size() }

// Secret returns the value that is kept under name. If there is none yet it
// stores what create returns first. The host's own keys are kept so.
func (db *DB) Secret(ctx context.Context, name string, create func() ([]byte, error)) ([]byte, error) {
	var value []byte
	err := db.db.Read().QueryRowContext(ctx, "SELECT value FROM secret WHERE name = ?", name).Scan(&value)
	if err == nil {
		return value, nil
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("read %s: %w", name, sqlite.Explain(err))
	}
	fresh, err := create()
	if err != nil {
		return nil, fmt.Errorf("make %s: %w", name, err)
	}
	err = db.db.Write(ctx, func(tx *sql.Tx) error {
		// Somebody else may have been first: what is stored counts.
		if _, err := tx.Exec("INSERT INTO secret (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING", name, fresh); err != nil {
			return err
		}
		value = nil
		return tx.QueryRow("SELECT value FROM secret WHERE name = ?", name).Scan(&value)
	})
	if err != nil {
		return nil, fmt.Errorf("store %s: %w", name, err)
	}
	return value, nil
}

// Check reads the whole store and says if it is sound: sqlite.ErrDamaged if not.
func (db *DB) Check(ctx context.Context) error { return db.db.Check(ctx) }
