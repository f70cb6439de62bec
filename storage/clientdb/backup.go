package clientdb

import (
	"context"
	"database/sql"
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
		{Name: "outbox", Set: map[string]string{"post": "NULL"}},
		{Name: "transfer"},
		{Name: "invite"},
		{Name: "draft"},
	}
}

// notBackedUp are the tables that no backup has.
func notBackedUp() []string { return []string{"grouprow", "mail", "parcel"} }

// Backup writes what a backup has of the store into a new file at path, and says
// what is in it. See sqlite.DB.Backup for how long that takes and how it fails.
func (d *DB) Backup(ctx context.Context, path string) (sqlite.Digest, error) {
	return d.db.Backup(ctx, path, backedUp())
}

// Digest says what is in the store, as Backup does.
func (d *DB) Digest(ctx context.Context) (sqlite.Digest, error) {
	return d.db.Digest(ctx, backedUp())
}

// Repaired makes a store that was just restored from a backup go on as this
// device: its keys are put in (nil: they are lost, and the person has to log in
// again), and what was not sent yet and can be read of the damaged store (at
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
		taken, lost, err = d.db.Salvage(ctx, damaged, []sqlite.Salvage{
			// Rooms first, for what refers to them; their cursors stay those of the
			// backup, so that what is missing is fetched again.
			{Table: "outbox", Where: "old.room IN (SELECT number FROM main.room)"},
			{Table: "draft", Where: "old.room IN (SELECT number FROM main.room)", Replace: true},
			{Table: "transfer", Where: "old.room IN (SELECT number FROM main.room)", Replace: true},
			{Table: "invite"},
		})
		if err != nil {
			return taken, lost, err
		}
	}
	err = d.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec("UPDATE room SET counter = max(counter, coalesce((SELECT max(counter) FROM outbox WHERE room = room.number), 0))")
		if err != nil {
			return err
		}
		if keys != nil {
			_, err := tx.Exec("UPDATE place SET transport = ?, envelope = ?, mls = ?, identity = ?", keys.Transport[:], keys.Envelope[:], keys.MLS[:], keys.Identity)
			return err
		}
		_, err = tx.Exec("UPDATE place SET joined = 0")
		return err
	})
	if err != nil {
		return taken, lost, fmt.Errorf("repair store: %w", err)
	}
	return taken, lost, nil
}
