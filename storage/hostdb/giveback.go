package hostdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/snugchat/snug/storage/chat"
)

// putBack is insertRow for a row that knows its place.
const putBack = `INSERT OR IGNORE INTO envelope (seq, room, device, counter, id, received, envelope, signature)
	VALUES (?, (SELECT n FROM room WHERE id = ?), (SELECT n FROM device WHERE id = ?), ?, ?, ?, ?, ?)`

// GiveBack puts rows of a room back that the store lost when it was restored from a
// backup, at the places that they had (Row.Seq), with what belongs to them. They are
// in order and contiguous: all that the room had from the first of them to the last.
// It takes them while the room has no row after until, skips those up to its last
// row, and stops at one that does not follow: whose place another row has, or whose
// counter is not the next one of its device. It calls committed with those that it
// took once they are on disk, before it returns, and in one order with what Append
// calls. The devices of the rows must be stored.
func (db *DB) GiveBack(ctx context.Context, room chat.RoomID, posts []*chat.Post, until uint64, committed func(taken []*chat.Post)) error {
	var taken []*chat.Post
	err := db.db.WriteThen(ctx, func(tx *sql.Tx) error {
		taken = nil
		w := db.writerOf(tx)
		var head uint64
		if err := tx.QueryRowContext(ctx, "SELECT coalesce(max(seq), 0) FROM envelope WHERE room = (SELECT n FROM room WHERE id = ?)", room[:]).Scan(&head); err != nil {
			return err
		}
		if head > until {
			return nil
		}
		for _, p := range posts {
			if p.Row.Room != room || p.Row.Seq > until {
				return errors.New("a row of another room or time") // who calls has checked
			}
			if p.Row.Seq <= head {
				continue
			}
			did, err := w.putBack(ctx, p)
			if err != nil {
				return err
			}
			if !did {
				break
			}
			taken = append(taken, p)
		}
		if len(taken) == 0 {
			return nil
		}
		// What they say of files is read, and what came after them anew (MarkRows).
		_, err := tx.ExecContext(ctx, "UPDATE place SET marked = min(marked, ?)", taken[0].Row.Seq-1)
		return err
	}, func() { committed(taken) })
	if err != nil {
		return fmt.Errorf("put rows back: %w", explain(err))
	}
	return nil
}

// putBack stores a row at its place, and reports false if it does not follow.
func (w *writer) putBack(ctx context.Context, p *chat.Post) (bool, error) {
	row := p.Row
	var last uint64
	if err := w.last.QueryRowContext(ctx, row.Room[:], row.Device[:]).Scan(&last); err != nil {
		return false, err
	}
	if row.Counter != last+1 {
		return false, nil
	}
	if p.Commit {
		if _, err := w.lastCommit(row.Room); err != nil { // belongings counts on it
			return false, err
		}
	}
	res, err := w.tx.ExecContext(ctx, putBack, row.Seq, row.Room[:], row.Device[:], row.Counter, row.ID[:], row.Received, row.Envelope, row.Signature)
	if err != nil {
		return false, err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return false, err
	}
	return true, w.belongings(p)
}

// HeadUpTo returns the seq of the last row of a room up to seq, 0 if it has none.
func (db *DB) HeadUpTo(ctx context.Context, room chat.RoomID, seq uint64) (head uint64, err error) {
	err = db.db.Read().QueryRowContext(ctx, "SELECT coalesce(max(seq), 0) FROM envelope WHERE room = (SELECT n FROM room WHERE id = ?) AND seq <= ?", room[:], int64(min(seq, 1<<62))).Scan(&head)
	if err != nil {
		return 0, fmt.Errorf("read last message: %w", explain(err))
	}
	return head, nil
}
