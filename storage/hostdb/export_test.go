package hostdb

import (
	"context"
	"database/sql"
	"io/fs"
	"strings"
)

// Migrations returns the numbered steps of the schema.
func Migrations() fs.FS {
	steps, err := fs.Sub(files, "migrations")
	if err != nil {
		panic(err)
	}
	return steps
}

// Exec runs statements on the store, as somebody who has its key could.
func (db *DB) Exec(ctx context.Context, query string) error {
	return db.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(query)
		return err
	})
}

// Hold keeps the store's writer busy until wait is closed.
func (db *DB) Hold(wait <-chan struct{}) error {
	return db.db.Write(context.Background(), func(*sql.Tx) error { <-wait; return nil })
}

// Plans returns how SQLite answers what a host asks for at each file, and when it
// tidies up.
func (db *DB) Plans(ctx context.Context) (map[string]string, error) {
	plans := make(map[string]string)
	for name, query := range map[string]string{"use": blobUse, "abandoned": abandonedBlobs, "fits": mailFits, "old": oldBlobs, "open": openRows} {
		rows, err := db.db.Read().QueryContext(ctx, "EXPLAIN QUERY PLAN "+query, make([]any, strings.Count(query, "?"))...)
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		for rows.Next() {
			var id, parent, unused int
			var line string
			if err := rows.Scan(&id, &parent, &unused, &line); err != nil {
				return nil, err
			}
			plans[name] += line + "\n"
		}
		if err := rows.Err(); err != nil {
			return nil, err
		}
	}
	return plans, nil
}
