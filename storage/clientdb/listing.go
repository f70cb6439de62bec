package clientdb

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/sqlite"
)

// Listing is how a room stands in the list of this person. Nobody else learns it.
type Listing struct {
	Muted    bool  // new messages are not announced
	Pinned   int64 // when it was put to the top, 0: it was not
	Archived bool  // out of the list until somebody writes there
}

// Listings returns how the rooms stand in the list, those left out that stand there
// like any other.
func (d *DB) Listings(ctx context.Context) (map[chat.RoomID]Listing, error) {
	out := make(map[chat.RoomID]Listing)
	err := each(ctx, d.db.Read(), `SELECT id, muted, pinned, archived FROM room WHERE muted OR pinned OR archived`, func(scan func(...any) error) error {
		var id []byte
		var l Listing
		if err := scan(&id, &l.Muted, &l.Pinned, &l.Archived); err != nil {
			return err
		}
		out[chat.RoomID(id)] = l
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read list of rooms: %w", sqlite.Explain(err))
	}
	return out, nil
}

// ListRoom changes how a room stands in the list. ErrNoRoom says that the store has
// no such room; change may run more than once.
func (d *DB) ListRoom(ctx context.Context, room chat.RoomID, change func(*Listing)) error {
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		n, err := d.roomNumber(ctx, tx, room)
		if err != nil {
			return err
		}
		var l Listing
		if err := tx.QueryRowContext(ctx, `SELECT muted, pinned, archived FROM room WHERE number = ?`, n).Scan(&l.Muted, &l.Pinned, &l.Archived); err != nil {
			return fmt.Errorf("read list of rooms: %w", err)
		}
		change(&l)
		if _, err := tx.ExecContext(ctx, `UPDATE room SET muted = ?, pinned = ?, archived = ? WHERE number = ?`, l.Muted, l.Pinned, l.Archived, n); err != nil {
			return fmt.Errorf("write list of rooms: %w", err)
		}
		return nil
	})
}
