package clientdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/sqlite"
)

// Room is a room as far as this device has it.
type Room struct {
	ID      chat.RoomID
	Kind    chat.RoomKind
	Name    string
	Cursor  uint64   // last row that was processed
	Chain   [32]byte // hash chain up to that row
	Counter uint64   // last one given to a message of this device
	Read    uint64   // last row that the person saw
}

// EnsureRoom adds a room that the store does not have; it changes none.
func (d *DB) EnsureRoom(ctx context.Context, r Room) error {
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO room (id, kind, name, cursor, chain, counter, read) VALUES (?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (id) DO NOTHING`, r.ID[:], r.Kind, r.Name, r.Cursor, r.Chain[:], r.Counter, r.Read)
		if err != nil {
			return fmt.Errorf("add room: %w", err)
		}
		return nil
	})
}

// Rooms returns all rooms in the order in which they were added.
func (d *DB) Rooms(ctx context.Context) ([]Room, error) {
	var out []Room
	err := each(ctx, d.db.Read(), `SELECT id, kind, name, cursor, chain, counter, read FROM room ORDER BY number`, func(scan func(...any) error) error {
		var r Room
		var id, chain []byte
		if err := scan(&id, &r.Kind, &r.Name, &r.Cursor, &chain, &r.Counter, &r.Read); err != nil {
			return err
		}
		copy(r.ID[:], id)
		copy(r.Chain[:], chain)
		out = append(out, r)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read rooms: %w", sqlite.Explain(err))
	}
	return out, nil
}

func (d *DB) roomNumber(ctx context.Context, tx *sql.Tx, room chat.RoomID) (n int64, err error) {
	err = d.in(ctx, tx, findRoom).QueryRowContext(ctx, room[:]).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, ErrNoRoom
	}
	if err != nil {
		return 0, fmt.Errorf("find room: %w", err)
	}
	return n, nil
}

// SetRead says that the person saw a room up to this row. It never goes back.
func (d *DB) SetRead(ctx context.Context, room chat.RoomID, seq uint64) error {
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `UPDATE room SET read = max(read, ?) WHERE id = ?`, seq, room[:]); err != nil {
			return fmt.Errorf("save read mark: %w", err)
		}
		return nil
	})
}

// MaxUnread is where Unread stops to count.
const MaxUnread = 1000

// Unread counts the messages of a room after its read mark, those of own left
// out, up to MaxUnread. kinds are the kinds that count.
func (d *DB) Unread(ctx context.Context, room chat.RoomID, own chat.AccountID, kinds [2]uint16) (int, error) {
	var n int
	err := d.db.Read().QueryRowContext(ctx, `SELECT count(*) FROM (
		SELECT 1 FROM message WHERE line = (SELECT number FROM room WHERE id = ?1) AND line > 0 AND seq > (SELECT read FROM room WHERE id = ?1)
		AND kind IN (?3, ?4) AND device NOT IN (SELECT number FROM device WHERE account = (SELECT number FROM account WHERE id = ?2))
		LIMIT ?5)`, room[:], own[:], kinds[0], kinds[1], MaxUnread).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count unread: %w", sqlite.Explain(err))
	}
	return n, nil
}
