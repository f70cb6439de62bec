package hostdb

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/sqlite"
)

// Backup writes all of the store into a new file at path, and says what is in
// it. See sqlite.DB.Backup for how long that takes and how it fails.
func (db *DB) Backup(ctx context.Context, path string) (sqlite.Digest, error) {
	tables, err := db.tables(ctx)
	if err != nil {
		return nil, err
	}
	return db.db.Backup(ctx, path, tables)
}

// Digest says what is in the store, as Backup does.
func (db *DB) Digest(ctx context.Context) (sqlite.Digest, error) {
	tables, err := db.tables(ctx)
	if err != nil {
		return nil, err
	}
	return db.db.Digest(ctx, tables)
}

func (db *DB) tables(ctx context.Context) ([]sqlite.Table, error) {
	names, err := db.db.Tables(ctx)
	tables := make([]sqlite.Table, len(names))
	for i, name := range names {
		tables[i].Name = name
	}
	return tables, err
}

// lineageStep is how far the numbers of rows go on after a store was opened from a
// backup: more than were ever given out since, so that no number means two rows.
const lineageStep = 1 << 32

// Repaired makes a store that was just restored from a backup go on: what can be
// read of the damaged one (at path damaged, "": there is none) is taken into it,
// and it becomes a new lineage, whose rows have numbers above all that were ever
// given out. It returns how many rows were taken and how many parts of the
// damaged store could not be read.
func Repaired(ctx context.Context, path string, key [32]byte, damaged string, log *slog.Logger) (taken, lost int64, err error) {
	db, err := Open(ctx, path, key, log)
	if err != nil {
		return 0, 0, err
	}
	defer func() {
		if cerr := db.Close(); err == nil {
			err = cerr
		}
	}()
	if damaged != "" {
		names, err := db.db.Tables(ctx)
		if err != nil {
			return 0, 0, err
		}
		// Of what is only appended, the rows behind those of the backup are missing. What
		// changes in place is newer there, unless the log was cut before the backup:
		// nobody is let in again who was kept out since.
		replace := map[string]bool{"account": true, "device": true, "invite": true, "blob": true, "place": true}
		var tables []sqlite.Salvage
		for _, name := range names {
			tables = append(tables, sqlite.Salvage{Table: name})
			if replace[name] {
				tables = append(tables, sqlite.Salvage{Table: name, Where: notOlder, Replace: true})
			}
		}
		if taken, lost, err = db.db.Salvage(ctx, damaged, tables); err != nil {
			return taken, lost, err
		}
	}
	return taken, lost, db.NewLineage(ctx)
}

// notOlder says of a damaged store that it has come as far as the one which takes from
// it: by the messages and by the decisions that it has numbered.
const notOlder = `NOT EXISTS (SELECT 1 FROM main.sqlite_sequence AS here LEFT JOIN other.sqlite_sequence AS there ON there.name = here.name
	WHERE here.name IN ('envelope', 'audit') AND coalesce(there.seq, 0) < here.seq)`

// NewLineage makes the store another one in the eyes of clients, whose rows go on
// with numbers that were never given out.
func (db *DB) NewLineage(ctx context.Context) error {
	err := db.db.Write(ctx, func(tx *sql.Tx) error {
		// Rows come back at their old places: what they say of files is read anew. Key
		// packages are good for one use, and may have been given out since: who is added
		// with one of these cannot come in. Those of last resort stay for who is away.
		for _, q := range []string{
			"UPDATE place SET lineage = randomblob(16), marked = 0", "DELETE FROM named", "DELETE FROM pin", "DELETE FROM key_package WHERE last_resort = 0",
		} {
			if _, err := tx.Exec(q); err != nil {
				return err
			}
		}
		// If nothing was written since the last time, the rows that were lost then may
		// still come back. Others may have been given out: a backup does not know.
		_, err := tx.Exec(`UPDATE place SET lost_after = iif(lost_until > 0 AND given.seq = lost_until, lost_after, given.seq), lost_until = given.seq + ?
			FROM (SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'envelope'), 0) AS seq) AS given`, int64(lineageStep))
		if err != nil {
			return err
		}
		res, err := tx.Exec("UPDATE sqlite_sequence SET seq = seq + ? WHERE name = 'envelope'", int64(lineageStep))
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n > 0 {
			return err
		}
		_, err = tx.Exec("INSERT INTO sqlite_sequence (name, seq) VALUES ('envelope', ?)", int64(lineageStep))
		return err
	})
	if err != nil {
		return fmt.Errorf("begin new lineage: %w", err)
	}
	return nil
}

// Mark says how far the store has come: the last number of a row that was ever
// given out. It never goes back, unless the file is replaced by an older one.
func (db *DB) Mark(ctx context.Context) (uint64, error) {
	var mark uint64
	err := db.db.Read().QueryRowContext(ctx, "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'envelope'").Scan(&mark)
	if err != nil {
		return 0, fmt.Errorf("read last number: %w", sqlite.Explain(err))
	}
	return mark, nil
}

// Refill puts rows back at their places that the store has lost: those whose
// numbers it does not have, of rooms and devices that it has. It returns how many
// there were. Nobody may use the store meanwhile. Who refills it makes a new lineage
// (NewLineage) of it at once.
func (db *DB) Refill(ctx context.Context, rows []chat.Row) (given int64, err error) {
	err = db.db.Write(ctx, func(tx *sql.Tx) error {
		given = 0
		for i := range rows {
			r := &rows[i]
			res, err := tx.Exec(`INSERT OR IGNORE INTO envelope (seq, room, device, counter, id, received, envelope, signature)
				SELECT ?, room.n, device.n, ?, ?, ?, ?, ? FROM room, device WHERE room.id = ? AND device.id = ?`,
				r.Seq, r.Counter, r.ID[:], r.Received, r.Envelope, r.Signature, r.Room[:], r.Device[:])
			if err != nil {
				return err
			}
			n, err := res.RowsAffected()
			if err != nil {
				return err
			}
			given += n
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("put rows back: %w", err)
	}
	return given, nil
}

// Suspect makes the next Open check the whole store: somebody read damaged bytes.
func (db *DB) Suspect() { db.db.Suspect() }
