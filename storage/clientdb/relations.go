package clientdb

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/sqlite"
)

// eraseRelated empties what was said of a message, but for a row that deletes.
const eraseRelated = `UPDATE message SET body = x'', text = '', flags = flags | ?3
	WHERE seq IN (SELECT seq FROM relation WHERE room = ?1 AND target = ?2) AND seq <> ?4 AND flags & 98304 = 0`

// findEarly says whether a message of a device was deleted before it came: 32768 is
// EraseLater, 65536 EraseAnyLater.
const findEarly = `SELECT EXISTS (SELECT 1 FROM relation r JOIN message m ON m.seq = r.seq WHERE r.room = ?1 AND r.target = ?2
	AND (m.flags & 65536 OR m.flags & 32768 AND m.device IN (SELECT number FROM device WHERE account = (SELECT account FROM device WHERE number = ?3))))`

// relate notes what a row is about, and erases what it deletes.
func (d *DB) relate(ctx context.Context, tx *sql.Tx, room, device int64, m *Message) error {
	if _, err := d.in(ctx, tx, addRelation).ExecContext(ctx, room, m.Target[:], m.Seq); err != nil {
		return fmt.Errorf("store relation: %w", err)
	}
	if m.Erase == EraseNothing || device == 0 {
		return nil
	}
	whose := ` AND device IN (SELECT number FROM device WHERE account = (SELECT account FROM device WHERE number = ?3))`
	if m.Erase == EraseAny {
		whose = ` AND ?3 > 0`
	}
	res, err := tx.ExecContext(ctx, `UPDATE message SET body = x'', text = '', flags = flags | ?4
		WHERE room = ?1 AND id = ?2 AND device > 0 AND flags & ?5 = 0`+whose, room, m.Target[:], device, uint32(Deleted), uint32(IDTaken))
	if err != nil {
		return fmt.Errorf("erase message: %w", err)
	}
	switch n, err := res.RowsAffected(); {
	case err != nil:
		return err
	case n == 0: // it is another person's, or comes later
		flag := EraseLater
		if m.Erase == EraseAny {
			flag = EraseAnyLater
		}
		_, err := tx.ExecContext(ctx, `UPDATE message SET flags = flags | ?3 WHERE seq = ?4
			AND NOT EXISTS (SELECT 1 FROM message WHERE room = ?1 AND id = ?2 AND device > 0 AND flags & ?5 = 0)`, room, m.Target[:], uint32(flag), m.Seq, uint32(IDTaken))
		if err != nil {
			return fmt.Errorf("note deletion: %w", err)
		}
		return nil
	}
	// Its earlier and later texts go too. What others put to it has no words.
	_, err = tx.ExecContext(ctx, eraseRelated, room, m.Target[:], uint32(Deleted), m.Seq)
	if err != nil {
		return fmt.Errorf("erase texts of message: %w", err)
	}
	return forgetErased(ctx, tx, room, m.Target)
}

// Relations returns the rows about messages of a room's timeline that lie
// between two rows, both included, in the order of the host. Target is set.
func (d *DB) Relations(ctx context.Context, room chat.RoomID, from, to uint64) ([]Message, error) {
	return d.related(ctx, `SELECT `+messageColumns+`, r.target FROM message t
		JOIN relation r ON r.room = t.room AND r.target = t.id
		JOIN message m ON m.seq = r.seq
		JOIN room ON room.number = m.room LEFT JOIN device ON device.number = m.device LEFT JOIN account ON account.number = device.account
		WHERE t.line = (SELECT number FROM room WHERE id = ?) AND t.line > 0 AND t.seq BETWEEN ? AND ? AND t.device > 0`, room[:], min(from, 1<<62), min(to, 1<<62))
}

// OutboxOf returns what waits in the outbox of a room and is of the kinds from
// one number to another, in the order of writing.
func (d *DB) OutboxOf(ctx context.Context, room chat.RoomID, from, to uint16) ([]Outgoing, error) {
	var out []Outgoing
	err := each(ctx, d.db.Read(), `SELECT id, kind, body, created, state FROM outbox
		WHERE room = (SELECT number FROM room WHERE id = ?) AND kind BETWEEN ? AND ? AND state <> ? ORDER BY number`, func(scan func(...any) error) error {
		o := Outgoing{Room: room}
		var id []byte
		err := scan(&id, &o.Kind, &o.Body, &o.Created, &o.State)
		copy(o.ID[:], id)
		out = append(out, o)
		return err
	}, room[:], from, to, Refused)
	if err != nil {
		return nil, fmt.Errorf("read outbox: %w", sqlite.Explain(err))
	}
	return out, nil
}

// RelationsOf returns the rows about one message, in the order of the host.
func (d *DB) RelationsOf(ctx context.Context, room chat.RoomID, id chat.MessageID) ([]Message, error) {
	return d.related(ctx, `SELECT `+messageColumns+`, r.target FROM relation r JOIN message m ON m.seq = r.seq
		JOIN room ON room.number = m.room LEFT JOIN device ON device.number = m.device LEFT JOIN account ON account.number = device.account
		WHERE r.room = (SELECT number FROM room WHERE id = ?) AND r.target = ?`, room[:], id[:])
}

func (d *DB) related(ctx context.Context, query string, args ...any) ([]Message, error) {
	var out []Message
	err := each(ctx, d.db.Read(), query, func(scan func(...any) error) error {
		var target []byte
		m, err := scanMessage(func(into ...any) error { return scan(append(into, &target)...) })
		copy(m.Target[:], target)
		out = append(out, m)
		return err
	}, args...)
	if err != nil {
		return nil, fmt.Errorf("read relations: %w", sqlite.Explain(err))
	}
	slices.SortFunc(out, func(a, b Message) int {
		if a.Seq < b.Seq {
			return -1
		}
		return 1
	})
	return out, nil
}

// ByID returns the message of a room that has an id: the first one, if a
// sender used it twice. ErrNotFound says that it is not here.
func (d *DB) ByID(ctx context.Context, room chat.RoomID, id chat.MessageID) (Message, error) {
	m, err := scanMessage(d.db.Read().QueryRowContext(ctx, `SELECT `+messageColumns+messageTables+`
		WHERE m.id = ? AND m.device > 0 AND m.line = (SELECT number FROM room WHERE id = ?) AND m.line > 0 ORDER BY m.seq LIMIT 1`, id[:], room[:]).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return m, ErrNotFound
	}
	if err != nil {
		return m, fmt.Errorf("read message: %w", sqlite.Explain(err))
	}
	m.Line = room
	return m, nil
}

// Hide takes a message out of its timeline, with its content, on this device
// only. The row stays, because the chain needs it. What is not here is left alone.
func (d *DB) Hide(ctx context.Context, room chat.RoomID, id chat.MessageID) error {
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE message SET line = 0, body = x'', text = '', flags = flags | ?3
			WHERE id = ?2 AND device > 0 AND line = (SELECT number FROM room WHERE id = ?1)`, room[:], id[:], uint32(Deleted))
		if err != nil {
			return fmt.Errorf("hide message: %w", err)
		}
		_, err = tx.ExecContext(ctx, `UPDATE message SET body = x'', text = '', flags = flags | ?3
			WHERE seq IN (SELECT seq FROM relation WHERE room = (SELECT number FROM room WHERE id = ?1) AND target = ?2)`, room[:], id[:], uint32(Deleted))
		if err != nil {
			return fmt.Errorf("hide texts of message: %w", err)
		}
		n, err := d.roomNumber(ctx, tx, room)
		if err != nil {
			return err
		}
		return forgetErased(ctx, tx, n, id)
	})
}

// Files returns up to n messages of a kind that a room's timeline has before a
// row (0: the newest), newest first. kind must be that of files: only those are
// indexed.
func (d *DB) Files(ctx context.Context, room chat.RoomID, before uint64, n int) ([]Message, error) {
	if before == 0 || before > 1<<62 {
		before = 1 << 62
	}
	return d.page(ctx, room, `AND m.kind = 2 AND m.seq < ? ORDER BY m.seq DESC LIMIT ?`, before, n)
}

// MaxPins is how many rows about pins of a room are looked at: the newest.
const MaxPins = 1000

// Pins returns the rows of a room that pin messages or let them go, in the order
// of the host, with their bodies.
func (d *DB) Pins(ctx context.Context, room chat.RoomID) ([]Message, error) {
	return d.related(ctx, `SELECT `+messageColumns+`, r.target FROM message m INDEXED BY message_pin
		JOIN relation r ON r.seq = m.seq AND r.room = m.room
		JOIN room ON room.number = m.room LEFT JOIN device ON device.number = m.device LEFT JOIN account ON account.number = device.account
		WHERE m.kind = 6 AND m.room = (SELECT number FROM room WHERE id = ?) ORDER BY m.seq DESC LIMIT ?`, room[:], MaxPins)
}

// Since returns the first row of a room's timeline that the host received at or
// after a time, ErrNotFound if there is none. The host's clock stands behind it,
// so rows out of the order of time are found only nearly.
func (d *DB) Since(ctx context.Context, room chat.RoomID, ms int64) (uint64, error) {
	var line int64
	var first, last sql.NullInt64
	err := d.db.Read().QueryRowContext(ctx, `SELECT room.number, (SELECT min(seq) FROM message WHERE line = room.number AND line > 0), (SELECT max(seq) FROM message WHERE line = room.number AND line > 0)
		FROM room WHERE id = ?`, room[:]).Scan(&line, &first, &last)
	switch {
	case errors.Is(err, sql.ErrNoRows), err == nil && !first.Valid:
		return 0, ErrNotFound
	case err != nil:
		return 0, fmt.Errorf("find time: %w", sqlite.Explain(err))
	}
	// A search by halves over the places in the order: each step reads one row.
	lo, hi := first.Int64, last.Int64+1 // the row looked for is in [lo, hi]
	for lo < hi {
		mid := lo + (hi-lo)/2
		var seq, received int64
		err := d.db.Read().QueryRowContext(ctx, `SELECT seq, received FROM message WHERE line = ? AND line > 0 AND seq >= ? ORDER BY seq LIMIT 1`, line, mid).Scan(&seq, &received)
		if err != nil {
			return 0, fmt.Errorf("find time: %w", sqlite.Explain(err))
		}
		if received >= ms {
			hi = mid
		} else {
			lo = seq + 1
		}
	}
	if lo > last.Int64 {
		return 0, ErrNotFound
	}
	var seq uint64 // there is a gap before it, perhaps
	err = d.db.Read().QueryRowContext(ctx, `SELECT min(seq) FROM message WHERE line = ? AND line > 0 AND seq >= ?`, line, lo).Scan(&seq)
	if err != nil {
		return 0, fmt.Errorf("find time: %w", sqlite.Explain(err))
	}
	return seq, nil
}

// Bookmark is a message that this person has marked, or has marked no more.
type Bookmark struct {
	Room    chat.RoomID
	Target  chat.MessageID
	At      int64 // when, 0: it is not marked
	Changed int64 // when the person did that, on any device
}

const (
	// MaxBookmarks is how many messages can be marked.
	MaxBookmarks = 10_000
	// maxUnmarked is of how many messages it is remembered that they are not marked
	// any more, the latest ones: for devices that have not heard of it.
	maxUnmarked = 1_000
)

// ErrTooManyMarks comes when MaxBookmarks messages are marked.
var ErrTooManyMarks = errors.New("too many messages are marked")

// SetBookmark marks a message for this person, or takes the mark away when At is 0.
func (d *DB) SetBookmark(ctx context.Context, m Bookmark) error {
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		room, err := d.roomNumber(ctx, tx, m.Room)
		if err != nil {
			return err
		}
		if m.At > 0 {
			n, err := countMarked(ctx, tx)
			if err != nil {
				return err
			}
			if n >= MaxBookmarks {
				return ErrTooManyMarks
			}
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO bookmark (room, target, at, changed) VALUES (?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET at = excluded.at, changed = max(excluded.changed, changed + 1)`, room, m.Target[:], m.At, m.Changed)
		if err != nil {
			return fmt.Errorf("save mark: %w", err)
		}
		return forgetUnmarked(ctx, tx)
	})
}

func countMarked(ctx context.Context, tx *sql.Tx) (n int, err error) {
	if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM bookmark WHERE at > 0`).Scan(&n); err != nil {
		return 0, fmt.Errorf("count marks: %w", err)
	}
	return n, nil
}

func forgetUnmarked(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM bookmark WHERE at = 0 AND (room, target) IN (SELECT room, target FROM bookmark WHERE at = 0
		ORDER BY changed DESC, room, target LIMIT -1 OFFSET ?)`, maxUnmarked)
	if err != nil {
		return fmt.Errorf("forget marks: %w", err)
	}
	return nil
}

// Bookmarks returns what this person has marked, the latest first.
func (d *DB) Bookmarks(ctx context.Context) ([]Bookmark, error) {
	return d.bookmarks(ctx, `at > 0 ORDER BY at DESC, target`)
}

// BookmarkChanges returns the n messages that this person marked last, or marked no
// more, in the order of their rooms and ids: what their other devices have to know.
func (d *DB) BookmarkChanges(ctx context.Context, n int) ([]Bookmark, error) {
	out, err := d.bookmarks(ctx, `true ORDER BY changed DESC, room.id, target LIMIT ?`, n)
	slices.SortFunc(out, func(a, b Bookmark) int {
		return cmp.Or(bytes.Compare(a.Room[:], b.Room[:]), bytes.Compare(a.Target[:], b.Target[:]))
	})
	return out, err
}

func (d *DB) bookmarks(ctx context.Context, which string, args ...any) ([]Bookmark, error) {
	var out []Bookmark
	err := each(ctx, d.db.Read(), `SELECT room.id, target, at, changed FROM bookmark JOIN room ON room.number = bookmark.room WHERE `+which, func(scan func(...any) error) error {
		var m Bookmark
		var room, target []byte
		if err := scan(&room, &target, &m.At, &m.Changed); err != nil {
			return err
		}
		copy(m.Room[:], room)
		copy(m.Target[:], target)
		out = append(out, m)
		return nil
	}, args...)
	if err != nil {
		return nil, fmt.Errorf("read marks: %w", sqlite.Explain(err))
	}
	return out, nil
}

// AdoptBookmarks takes what this person did on another device, where that is later
// than what they did here; of the same time the mark counts. It returns what it took,
// and whether all rooms are here: what is of others is left out, and what would be
// more than MaxBookmarks.
func (d *DB) AdoptBookmarks(ctx context.Context, told []Bookmark) (taken []Bookmark, all bool, err error) {
	err = d.db.Write(ctx, func(tx *sql.Tx) error {
		taken, all = nil, true
		marked, err := countMarked(ctx, tx)
		if err != nil {
			return err
		}
		for _, m := range told {
			if m.At < 0 || m.Changed <= 0 || m.Changed > maxJudged || m.At > 0 && marked+len(taken) >= MaxBookmarks {
				continue
			}
			room, err := d.roomNumber(ctx, tx, m.Room)
			if errors.Is(err, ErrNoRoom) {
				all = false
				continue
			}
			if err != nil {
				return err
			}
			res, err := tx.ExecContext(ctx, `INSERT INTO bookmark (room, target, at, changed) VALUES (?, ?, ?, ?)
				ON CONFLICT DO UPDATE SET at = excluded.at, changed = excluded.changed WHERE excluded.changed > changed OR excluded.changed = changed AND excluded.at > at`,
				room, m.Target[:], m.At, m.Changed)
			if err != nil {
				return fmt.Errorf("adopt mark: %w", err)
			}
			switch n, err := res.RowsAffected(); {
			case err != nil:
				return fmt.Errorf("adopt mark: %w", err)
			case n > 0:
				taken = append(taken, m)
			}
		}
		return forgetUnmarked(ctx, tx)
	})
	return taken, all, err
}

// UnreadMentions counts the unread messages of a room that name this person, up
// to MaxUnread, but those of who is blocked.
func (d *DB) UnreadMentions(ctx context.Context, room chat.RoomID) (int, error) {
	var n int
	err := d.db.Read().QueryRowContext(ctx, `SELECT count(*) FROM (SELECT 1 FROM message m
		WHERE line = (SELECT number FROM room WHERE id = ?1) AND flags & 8192 AND flags & ?2 = 0 AND `+notBlocked+`
		AND seq > (SELECT read FROM room WHERE id = ?1) LIMIT ?3)`, room[:], uint32(Deleted), MaxUnread).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count mentions: %w", sqlite.Explain(err))
	}
	return n, nil
}
