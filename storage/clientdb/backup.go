package clientdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"

	"github.com/snugchat/snug/storage/sqlite"
)

// backedUp returns the tables of a backup: the history and what was begun. Private
// keys are not in it, and nothing of a sealed room's group: the secrets of a group
// must not be used twice, as they would after going back to an older state.
func backedUp() []sqlite.Table {
	return []sqlite.Table{
		{Name: "place", Set: map[string]string{
			"transport": "zeroblob(32)", "envelope": "zeroblob(32)", "mls": "zeroblob(32)", "identity": "NULL",
		}},
		{Name: "account"},
		{Name: "device"},
		{Name: "revocation"},
		{Name: "room"},
		{Name: "member"},
		{Name: "message"},
		{Name: "relation"},
		{Name: "bookmark"},
		{Name: "past"},
		{Name: "recent"},
		{Name: "outbox", Set: map[string]string{"post": "NULL"}},
		{Name: "transfer"},
		{Name: "invite"},
		{Name: "draft"},
	}
}

// notBackedUp are the tables that no backup has: secrets of groups, and what was
// sealed with them; how far the search index is, which is made anew; and the link by
// which this person came, which is of use for minutes.
func notBackedUp() []string { return []string{"grouprow", "mail", "parcel", "search", "introduction"} }

// Backup writes what a backup has of the store into a new file at path, and says
// what is in it. See sqlite.DB.Backup for how long that takes and how it fails.
func (d *DB) Backup(ctx context.Context, path string) (sqlite.Digest, error) {
	return d.db.Backup(ctx, path, backedUp())
}

// Digest says what is in the store, as Backup does.
func (d *DB) Digest(ctx context.Context) (sqlite.Digest, error) {
	return d.db.Digest(ctx, backedUp())
}

// A number must mean the same in both stores, or a message would be sent to people
// it is not for, or shown as somebody else's.
const (
	sameRoom   = "EXISTS (SELECT 1 FROM main.room AS a JOIN other.room AS b ON a.number = b.number AND a.id = b.id WHERE a.number = old.room)"
	sealedRoom = "EXISTS (SELECT 1 FROM main.room AS a JOIN other.room AS b ON a.number = b.number AND a.id = b.id WHERE a.number = old.room AND a.kind IN (3, 4))"
	sameDevice = "(old.device = 0 OR EXISTS (SELECT 1 FROM main.device AS a JOIN other.device AS b ON a.number = b.number AND a.id = b.id WHERE a.number = old.device))"
)

// Repaired makes a store that was just restored from a backup go on as this
// device: its keys are put in (nil: they have to be read of the damaged
// store, ErrNoKeys if they cannot), and what was not sent yet and can be read of the damaged store (at
// path damaged, "": there is none) is taken into it. What came since the backup
// the host has. It returns how many rows were taken and how many parts of the
// damaged store could not be read.
func Repaired(ctx context.Context, path string, key [32]byte, damaged string, keys *Keys, log *slog.Logger) (taken, lost int64, err error) {
	d, err := Open(ctx, path, key, log)
	if err != nil {
		return 0, 0, err
	}
	defer func() {
		if cerr := d.Close(); err == nil {
			err = cerr
		}
	}()
	if damaged != "" {
		var tables []sqlite.Salvage
		if keys == nil {
			tables = append(tables, sqlite.Salvage{Table: "place", Replace: true})
		}
		var rooms int
		if err := d.db.Read().QueryRowContext(ctx, "SELECT count(*) FROM room").Scan(&rooms); err != nil {
			return 0, 0, fmt.Errorf("repair store: %w", sqlite.Explain(err))
		}
		backed, err := d.progress(ctx)
		if err != nil {
			return 0, 0, err
		}
		if rooms == 0 {
			tables = append(tables, sqlite.Salvage{Table: "room"})
		}
		// Groups go on as they were if all can be read that goes with them; else they are joined anew.
		_, unread, err := d.db.Salvage(ctx, damaged, []sqlite.Salvage{{Table: "grouprow"}, {Table: "parcel", Where: sameRoom}})
		if err != nil {
			return 0, 0, err
		}
		taken, lost, err = d.db.Salvage(ctx, damaged, append(tables,
			// The rows of sealed rooms cannot be opened a second time.
			sqlite.Salvage{Table: "account"},
			sqlite.Salvage{Table: "device"},
			sqlite.Salvage{Table: "room", Replace: true, Where: "old.kind IN (3, 4) AND NOT EXISTS (SELECT 1 FROM main.room AS a WHERE (a.number = old.number) <> (a.id = old.id))"},
			sqlite.Salvage{Table: "message", Where: sealedRoom + " AND " + sameDevice},
			sqlite.Salvage{Table: "relation", Where: sealedRoom},
			sqlite.Salvage{Table: "member", Where: sealedRoom, Replace: true},
			sqlite.Salvage{Table: "outbox", Where: sameRoom},
			sqlite.Salvage{Table: "draft", Where: sameRoom, Replace: true},
			sqlite.Salvage{Table: "transfer", Where: sameRoom, Replace: true},
			sqlite.Salvage{Table: "bookmark", Where: sameRoom},
			sqlite.Salvage{Table: "past", Where: sameRoom, Replace: true},
			sqlite.Salvage{Table: "invite"},
		))
		lost += unread
		if err != nil {
			return taken, lost, err
		}
		hole, err := d.hasHole(ctx)
		if err != nil {
			return taken, lost, err
		}
		if lost > 0 || hole {
			// Where the rows end, what the groups expect next and how far the rooms
			// have come may be three things.
			if err := errors.Join(d.RolledBack(ctx), d.goBackTo(ctx, backed)); err != nil {
				return taken, lost, err
			}
		}
		mails, unread, err := d.db.Salvage(ctx, damaged, []sqlite.Salvage{{Table: "mail"}})
		taken, lost = taken+mails, lost+unread
		if err != nil {
			return taken, lost, err
		}
		if rooms == 0 {
			err = d.db.Write(ctx, func(tx *sql.Tx) error {
				_, err := tx.Exec("UPDATE room SET cursor = 0, chain = zeroblob(32) WHERE kind NOT IN (3, 4)")
				return err
			})
			if err != nil {
				return taken, lost, fmt.Errorf("repair store: %w", err)
			}
		}
	}
	err = d.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec("UPDATE room SET behind = max(behind, iif(EXISTS (SELECT 1 FROM grouprow), 1, 2)), healed = 0, counter = max(counter, coalesce((SELECT max(counter) FROM outbox WHERE outbox.room = room.number), 0))")
		if err != nil {
			return err
		}
		if keys != nil {
			_, err := tx.Exec("UPDATE place SET transport = ?, envelope = ?, mls = ?, identity = ?", keys.Transport[:], keys.Envelope[:], keys.MLS[:], keys.Identity)
			return err
		}
		var known bool
		if err := tx.QueryRow("SELECT EXISTS (SELECT 1 FROM place WHERE transport <> zeroblob(32))").Scan(&known); err != nil || known {
			return err
		}
		return ErrNoKeys
	})
	if err != nil {
		return taken, lost, fmt.Errorf("repair store: %w", err)
	}
	return taken, lost, nil
}

// progress is how far a sealed room has come.
type progress struct {
	cursor, chained int64
	chain           []byte
}

// progress returns how far the sealed rooms have come, by their numbers.
func (d *DB) progress(ctx context.Context) (map[int64]progress, error) {
	out := make(map[int64]progress)
	err := each(ctx, d.db.Read(), "SELECT number, cursor, chained, chain FROM room WHERE kind IN (3, 4)", func(scan func(...any) error) error {
		var n int64
		var p progress
		err := scan(&n, &p.cursor, &p.chained, &p.chain)
		out[n] = p
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("repair store: %w", sqlite.Explain(err))
	}
	return out, nil
}

// hasHole says whether a sealed room has come further than its rows.
func (d *DB) hasHole(ctx context.Context) (hole bool, err error) {
	err = d.db.Read().QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM room WHERE kind IN (3, 4) AND cursor > since
		AND NOT EXISTS (SELECT 1 FROM message WHERE seq = room.cursor AND room = room.number))`).Scan(&hole)
	if err != nil {
		return false, fmt.Errorf("repair store: %w", sqlite.Explain(err))
	}
	return hole, nil
}

// goBackTo lets the rows of sealed rooms come once more from where the backup ended,
// those of a room that it does not have from its beginning. Those that are here
// stay as they are (insert).
func (d *DB) goBackTo(ctx context.Context, backed map[int64]progress) error {
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "UPDATE room SET cursor = since, chained = 0, chain = zeroblob(32) WHERE kind IN (3, 4)"); err != nil {
			return fmt.Errorf("repair store: %w", err)
		}
		for n, p := range backed {
			if _, err := tx.ExecContext(ctx, "UPDATE room SET cursor = ?, chained = ?, chain = ? WHERE number = ? AND kind IN (3, 4)", p.cursor, p.chained, p.chain, n); err != nil {
				return fmt.Errorf("repair store: %w", err)
			}
		}
		return nil
	})
}

// Mark says how far the store has come: the rows that were processed and the
// messages that were written. It never goes back, unless the file is replaced by
// an older one.
func (d *DB) Mark(ctx context.Context) (uint64, error) {
	var mark uint64
	err := d.db.Read().QueryRowContext(ctx, `SELECT coalesce((SELECT max(seq) FROM message), 0)
		+ coalesce((SELECT max(seq) FROM sqlite_sequence WHERE name = 'outbox'), 0)`).Scan(&mark)
	if err != nil {
		return 0, fmt.Errorf("read progress: %w", sqlite.Explain(err))
	}
	return mark, nil
}

// RolledBack makes a store go on that is an older copy of itself: what must not be
// used twice is forgotten. The rest comes from the host.
func (d *DB) RolledBack(ctx context.Context) error {
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "UPDATE room SET behind = 2, healed = 0"); err != nil {
			return fmt.Errorf("forget groups: %w", err)
		}
		for _, table := range notBackedUp() {
			if _, err := tx.ExecContext(ctx, "DELETE FROM "+table); err != nil { //nolint:gosec // the names are constants of this file
				return fmt.Errorf("forget groups: %w", err)
			}
		}
		if _, err := tx.ExecContext(ctx, "UPDATE outbox SET post = NULL"); err != nil {
			return fmt.Errorf("forget groups: %w", err)
		}
		return nil
	})
}

// ErrNoKeys says that the keys of this device are lost: its person has to log in
// again.
var ErrNoKeys = errors.New("the keys of this device are lost")

// Suspect makes the next Open check the whole store: somebody read damaged bytes.
func (d *DB) Suspect() { d.db.Suspect() }
