package hostdb

import (
	"context"
	"database/sql"
)

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
