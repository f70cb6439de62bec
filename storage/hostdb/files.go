package hostdb

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/sqlite"
)

// removable is what holds of every blob that may be removed: a message hands it
// over and is not it, it is in the received folder if it is to go there, no mail
// names it, and it is not pinned in an open room.
const removable = `b.seq > 0 AND b.kept = 0 AND b.gone = 0 AND b.saved <> 0
	AND NOT EXISTS (SELECT 1 FROM mail WHERE root = b.root)
	AND NOT EXISTS (SELECT 1 FROM named x JOIN pin p ON p.room = x.room AND p.target = x.id WHERE x.root = b.root)`

const oldBlobs = `SELECT b.root, b.length, b.account, b.room, b.created, b.seq, b.saved, b.gone, b.last,
		coalesce((SELECT received FROM envelope WHERE seq = b.last), e.received), r.kind > 2, iif(r.kind > 2, e.envelope, NULL)
	FROM blob b JOIN envelope e ON e.seq = b.seq JOIN room r ON r.n = e.room WHERE ` + removable + ` AND (b.last, b.root) > (?, ?) AND (? IS NULL OR b.account = ?) ORDER BY b.last, b.root LIMIT ?`

const openRows = `SELECT e.seq, r.id, d.id, e.id, e.envelope FROM envelope e JOIN room r ON r.n = e.room JOIN device d ON d.n = e.device
	WHERE e.seq > ? AND e.seq <= ? AND +e.room IN (SELECT n FROM room WHERE kind = 2) AND e.envelope IS NOT NULL ORDER BY e.seq LIMIT ?`

// OldBlobs returns blobs that may be removed, of one account or of all (zero),
// those first whose last message is the oldest: the ones after the blob after (its
// Last and Root; zero: from the start), at most limit. What MarkRows has not read
// yet is not looked at.
func (db *DB) OldBlobs(ctx context.Context, account chat.AccountID, after chat.OldBlob, limit int) ([]chat.OldBlob, error) {
	var of any
	if !account.IsZero() {
		of = account[:]
	}
	rows, err := db.db.Read().QueryContext(ctx, oldBlobs, after.Last, after.Root[:], of, of, limit)
	if err != nil {
		return nil, fmt.Errorf("read old blobs: %w", sqlite.Explain(err))
	}
	defer rows.Close()
	var out []chat.OldBlob
	for rows.Next() {
		var o chat.OldBlob
		o.Blob, err = scanBlob(func(to ...any) error { return rows.Scan(append(to, &o.Last, &o.At, &o.Sealed, &o.Envelope)...) })
		if err != nil {
			return nil, fmt.Errorf("read old blobs: %w", sqlite.Explain(err))
		}
		out = append(out, o)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read old blobs: %w", sqlite.Explain(err))
	}
	return out, nil
}

// KeepBlob notes that a blob is a message or a commit itself, and no file: it is
// never removed while its row is there.
func (db *DB) KeepBlob(ctx context.Context, root [32]byte) error {
	err := db.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec("UPDATE blob SET kept = 1 WHERE root = ?", root[:])
		return err
	})
	if err != nil {
		return fmt.Errorf("keep blob: %w", explain(err))
	}
	return nil
}

// LeaveBlobs decides that blobs are to be removed, and returns those of which it
// did: those that still may be, all in one transaction. If there are rows in open
// rooms that were not marked yet, which may pin one of them, it decides nothing
// and behind is true. The caller then removes the bytes, and last the rows by
// ForgetBlobs; GoneBlobs are those of which that was interrupted.
func (db *DB) LeaveBlobs(ctx context.Context, roots [][32]byte, at int64) (left [][32]byte, behind bool, err error) {
	err = db.db.Write(ctx, func(tx *sql.Tx) error {
		left, behind = nil, false
		err := tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM envelope WHERE seq > (SELECT marked FROM place) AND +room IN (SELECT n FROM room WHERE kind = 2))`).Scan(&behind)
		if err != nil || behind {
			return err
		}
		for _, root := range roots {
			res, err := tx.Exec("UPDATE blob AS b SET gone = ? WHERE b.root = ? AND "+removable, at, root[:])
			if err != nil {
				return err
			}
			if n, err := res.RowsAffected(); err != nil {
				return err
			} else if n > 0 {
				left = append(left, root)
			}
		}
		return nil
	})
	if err != nil {
		return nil, false, fmt.Errorf("decide on old blobs: %w", explain(err))
	}
	return left, behind, nil
}

// GoneBlobs returns blobs that were to be removed and still have a row, at most
// limit.
func (db *DB) GoneBlobs(ctx context.Context, limit int) (roots [][32]byte, err error) {
	rows, err := db.db.Read().QueryContext(ctx, "SELECT root FROM blob WHERE gone > 0 LIMIT ?", limit)
	if err != nil {
		return nil, fmt.Errorf("read blobs: %w", sqlite.Explain(err))
	}
	defer rows.Close()
	for rows.Next() {
		var root []byte
		if err := rows.Scan(&root); err != nil {
			return nil, fmt.Errorf("read blobs: %w", sqlite.Explain(err))
		}
		roots = append(roots, [32]byte(root))
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read blobs: %w", sqlite.Explain(err))
	}
	return roots, nil
}

// ForgetBlobs takes the rows of blobs whose bytes are gone, as LeaveBlobs decided.
func (db *DB) ForgetBlobs(ctx context.Context, roots [][32]byte) error {
	err := db.db.Write(ctx, func(tx *sql.Tx) error {
		for _, root := range roots {
			if _, err := tx.Exec("DELETE FROM blob WHERE root = ? AND gone > 0", root[:]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("forget blobs: %w", explain(err))
	}
	return nil
}

// markRows and markSpan are how many rows of open rooms, and of all rooms, are
// looked at in one go.
const (
	markRows = 500
	markSpan = 20_000
)

// MarkRows reads the next rows of open rooms that were not marked yet, has read say
// what each is, and keeps that. more says that others follow.
func (db *DB) MarkRows(ctx context.Context, read func(*chat.Row) (chat.Mark, bool)) (more bool, err error) {
	var from, head uint64
	err = db.db.Read().QueryRowContext(ctx, "SELECT marked, (SELECT coalesce(max(seq), 0) FROM envelope) FROM place").Scan(&from, &head)
	if err != nil {
		return false, fmt.Errorf("read marks: %w", sqlite.Explain(err))
	}
	if from >= head {
		return false, nil
	}
	// The numbers of rows have a gap of 2^32 where the store was restored.
	upto := head
	if head-from > markSpan {
		err := db.db.Read().QueryRowContext(ctx, "SELECT max(seq) FROM (SELECT seq FROM envelope WHERE seq > ? ORDER BY seq LIMIT ?)", from, markSpan).Scan(&upto)
		if err != nil {
			return false, fmt.Errorf("read marks: %w", sqlite.Explain(err))
		}
	}
	marks, last, err := db.marks(ctx, from, upto, read)
	if err != nil {
		return false, err
	}
	if last != 0 {
		upto = last
	}
	err = db.db.Write(ctx, func(tx *sql.Tx) error {
		for i := range marks {
			if err := putMark(tx, &marks[i]); err != nil {
				return err
			}
		}
		_, err := tx.Exec("UPDATE place SET marked = ? WHERE marked = ?", upto, from)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("store marks: %w", explain(err))
	}
	return upto < head, nil
}

// marks reads what rows say. last is the row up to which it read, 0: up to upto.
func (db *DB) marks(ctx context.Context, from, upto uint64, read func(*chat.Row) (chat.Mark, bool)) (marks []chat.Mark, last uint64, err error) {
	rows, err := db.db.Read().QueryContext(ctx, openRows, from, upto, markRows)
	if err != nil {
		return nil, 0, fmt.Errorf("read marks: %w", sqlite.Explain(err))
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		var row chat.Row
		var room, device, id []byte
		if err := rows.Scan(&row.Seq, &room, &device, &id, &row.Envelope); err != nil {
			return nil, 0, fmt.Errorf("read marks: %w", sqlite.Explain(err))
		}
		copy(row.Room[:], room)
		copy(row.Device[:], device)
		copy(row.ID[:], id)
		if m, ok := read(&row); ok {
			marks = append(marks, m)
		}
		if n++; n == markRows {
			last = row.Seq
		}
	}
	if err := rows.Err(); err != nil {
		return nil, 0, fmt.Errorf("read marks: %w", sqlite.Explain(err))
	}
	return marks, last, nil
}

// putMark keeps what a row says. Of two messages with one id the first counts, as
// for clients.
func putMark(tx *sql.Tx, m *chat.Mark) (err error) {
	const target = " room = (SELECT n FROM room WHERE id = ?) AND id = ?"
	switch m.What {
	case chat.MarkFile:
		_, err = tx.Exec(`INSERT INTO named (room, id, root, device) SELECT r.n, ?, ?, d.n FROM room r, device d
			WHERE r.id = ? AND d.id = ? ON CONFLICT DO NOTHING`, m.Target[:], m.Root[:], m.Room[:], m.Device[:])
	case chat.MarkPinned:
		_, err = tx.Exec("INSERT INTO pin (room, target) SELECT n, ? FROM room WHERE id = ? ON CONFLICT DO NOTHING", m.Target[:], m.Room[:])
	case chat.MarkLetGo:
		_, err = tx.Exec("DELETE FROM pin WHERE room = (SELECT n FROM room WHERE id = ?) AND target = ?", m.Room[:], m.Target[:])
	case chat.MarkDeleted:
		_, err = tx.Exec("DELETE FROM named WHERE"+target+` AND (SELECT account FROM device WHERE n = named.device)
			= (SELECT account FROM device WHERE id = ?)`, m.Room[:], m.Target[:], m.Device[:])
	case chat.MarkRemoved:
		_, err = tx.Exec("DELETE FROM named WHERE"+target, m.Room[:], m.Target[:])
	}
	return err
}
