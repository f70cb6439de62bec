package clientdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/sqlite"
)

// Past says how much of a sealed room's history from before this device came is
// here: lines before Before are not, 0 for none that are missing. Rows from Until on
// this device has by itself.
type Past struct {
	Room          chat.RoomID
	Before, Until uint64
}

// PastPart is history of a room that another device of the account had.
type PastPart struct {
	Room   chat.RoomID
	Rows   []Message // in the order of the host, all of them before Past.Until
	Before uint64    // lines before this one are still missing, 0: none are
	Keep   bool      // what is missing stays what it was: the part does not come from who was asked for it
	// About fills in Erase and Words of a row that came by itself and is about a
	// message from before, or takes its Target away if it counts for nothing.
	About func(*Message)
}

// Pasts returns the rooms of whose history something is missing.
func (d *DB) Pasts(ctx context.Context) ([]Past, error) {
	var out []Past
	err := each(ctx, d.db.Read(), `SELECT room.id, before, until FROM past JOIN room ON room.number = past.room WHERE before > 0 ORDER BY before DESC`, func(scan func(...any) error) error {
		var p Past
		var id []byte
		err := scan(&id, &p.Before, &p.Until)
		copy(p.Room[:], id)
		out = append(out, p)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read history: %w", sqlite.Explain(err))
	}
	return out, nil
}

// setPast notes that the history of a room before a row may be with another device.
// All of that is no news to the person.
func setPast(ctx context.Context, tx *sql.Tx, room int64, until uint64) error {
	_, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO past (room, before, until) VALUES (?, ?, ?)`, room, until, until)
	if err != nil {
		return fmt.Errorf("note history: %w", err)
	}
	if _, err = tx.ExecContext(ctx, `UPDATE room SET read = max(read, ?) WHERE number = ?`, until-1, room); err != nil {
		return fmt.Errorf("save read mark: %w", err)
	}
	return nil
}

// OpenPast lets a sealed room take history that the person brings, and returns from
// which row on this device has the room by itself: none before it may be taken. If
// Until is 0, that is not known yet, since the device has not come into the room, or it
// has all of the room by itself.
func (d *DB) OpenPast(ctx context.Context, room chat.RoomID) (p Past, err error) {
	err = d.db.Write(ctx, func(tx *sql.Tx) error {
		p = Past{Room: room}
		number, err := d.roomNumber(ctx, tx, room)
		if err != nil {
			return err
		}
		err = tx.QueryRowContext(ctx, `SELECT before, until FROM past WHERE room = ?`, number).Scan(&p.Before, &p.Until)
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		var since uint64
		if err := tx.QueryRowContext(ctx, `SELECT since FROM room WHERE number = ? AND kind IN (?, ?)`, number, chat.RoomSealed, chat.RoomDirect).Scan(&since); err != nil {
			return err
		}
		if since == 0 {
			return nil
		}
		p.Until = since + 1
		if err := setPast(ctx, tx, number, p.Until); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE past SET before = 0 WHERE room = ?`, number)
		return err
	})
	if err != nil {
		return p, fmt.Errorf("open history: %w", err)
	}
	return p, nil
}

const (
	addPast = `INSERT OR IGNORE INTO message
		(seq, room, line, id, device, counter, sent, received, kind, body, text, flags, chain)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, zeroblob(32))`
	// Rows that came by themselves and are about messages between two rows.
	laterRelations = `SELECT ` + messageColumns + `, r.target, m.device FROM message t
		JOIN relation r ON r.room = t.room AND r.target = t.id AND r.seq >= ?4
		JOIN message m ON m.seq = r.seq
		JOIN room ON room.number = m.room LEFT JOIN device ON device.number = m.device LEFT JOIN account ON account.number = device.account
		WHERE t.line = ?1 AND t.line > 0 AND t.seq BETWEEN ?2 AND ?3 AND t.device > 0 ORDER BY m.seq`
)

// AddPast writes a part of a room's history that came from another device, in one
// transaction: below what this device has by itself, whose cursor stays. Rows that
// are here are left as they are. What came by itself about these messages counts for
// them. It returns how many lines are new.
func (d *DB) AddPast(ctx context.Context, p PastPart) (lines int, err error) {
	err = d.db.Write(ctx, func(tx *sql.Tx) error {
		lines = 0
		room, err := d.roomNumber(ctx, tx, p.Room)
		if err != nil {
			return err
		}
		var until uint64
		err = tx.QueryRowContext(ctx, `SELECT until FROM past WHERE room = ?`, room).Scan(&until)
		if errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("%w: history that nobody asked for", ErrOrder)
		}
		if err != nil {
			return fmt.Errorf("read history: %w", err)
		}
		devices := make(map[chat.DeviceID]int64)
		var before uint64
		for i := range p.Rows {
			m := &p.Rows[i]
			if m.Seq <= before || m.Seq >= until || m.Room != p.Room {
				return fmt.Errorf("%w: row %d of the history", ErrOrder, m.Seq)
			}
			before = m.Seq
			added, err := d.addPastRow(ctx, tx, room, m, devices)
			if err != nil {
				return err
			}
			if added && m.Line == p.Room {
				lines++
			}
		}
		if len(p.Rows) > 0 {
			if err := d.relateLater(ctx, tx, room, p.Rows[0].Seq, before, until, p.About); err != nil {
				return err
			}
		}
		if p.Keep {
			return nil
		}
		if _, err := tx.ExecContext(ctx, `UPDATE past SET before = ? WHERE room = ?`, p.Before, room); err != nil {
			return fmt.Errorf("note history: %w", err)
		}
		return nil
	})
	return lines, err
}

// addPastRow writes one row, with what it is about and the words of it.
func (d *DB) addPastRow(ctx context.Context, tx *sql.Tx, room int64, m *Message, devices map[chat.DeviceID]int64) (added bool, err error) {
	device, known := devices[m.Device]
	if !known && !m.Device.IsZero() {
		err := d.in(ctx, tx, findDevice).QueryRowContext(ctx, m.Device[:]).Scan(&device)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return false, fmt.Errorf("find device: %w", err)
		}
		devices[m.Device] = device
	}
	line, body := int64(0), m.Body
	if m.Line == m.Room {
		line = room
	}
	if body == nil {
		body = []byte{}
	}
	res, err := d.in(ctx, tx, addPast).ExecContext(ctx, m.Seq, room, line, m.ID[:], device, m.Counter, m.Sent, m.Received, m.Kind, body, m.Text, uint32(m.Flags))
	if err != nil {
		return false, fmt.Errorf("store row: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return false, err
	}
	if m.Target != (chat.MessageID{}) && m.Flags&(Repeated|IDTaken) == 0 {
		if err := d.relate(ctx, tx, room, device, m); err != nil {
			return false, err
		}
	}
	return true, d.list(ctx, tx, room, line, device, m)
}

// relateLater lets rows from until on count for the messages between two rows, which
// came after them.
func (d *DB) relateLater(ctx context.Context, tx *sql.Tx, room int64, from, to, until uint64, about func(*Message)) error {
	type later struct {
		Message
		device int64
	}
	var rows []later
	err := each(ctx, tx, laterRelations, func(scan func(...any) error) error {
		var l later
		var target []byte
		var err error
		l.Message, err = scanMessage(func(into ...any) error { return scan(append(into, &target, &l.device)...) })
		copy(l.Target[:], target)
		rows = append(rows, l)
		return err
	}, room, from, to, until)
	if err != nil {
		return fmt.Errorf("read relations: %w", err)
	}
	for i := range rows {
		l := &rows[i]
		if about(&l.Message); l.Target == (chat.MessageID{}) {
			continue
		}
		if err := d.relate(ctx, tx, room, l.device, &l.Message); err != nil {
			return err
		}
		if err := d.list(ctx, tx, room, 0, l.device, &l.Message); err != nil {
			return err
		}
	}
	return nil
}

// PastLines returns up to n rows of a room's timeline before a row, the newest
// first, also of those who are blocked: for another device of the account.
func (d *DB) PastLines(ctx context.Context, room chat.RoomID, before uint64, n int) ([]Message, error) {
	var out []Message
	err := each(ctx, d.db.Read(), `SELECT `+messageColumns+messageTables+`WHERE m.line = (SELECT number FROM room WHERE id = ?1) AND m.line > 0 AND m.room = m.line AND m.seq < ?2 ORDER BY m.seq DESC LIMIT ?3`, func(scan func(...any) error) error {
		m, err := scanMessage(scan)
		m.Line = room
		out = append(out, m)
		return err
	}, room[:], min(before, 1<<62), min(max(n, 0), MaxPage))
	if err != nil {
		return nil, fmt.Errorf("read history: %w", sqlite.Explain(err))
	}
	return out, nil
}

// CountLines counts the rows of a room's timeline before a row.
func (d *DB) CountLines(ctx context.Context, room chat.RoomID, before uint64) (n int64, err error) {
	err = d.db.Read().QueryRowContext(ctx, `SELECT count(*) FROM message WHERE line = (SELECT number FROM room WHERE id = ?) AND line > 0 AND seq < ?`, room[:], min(before, 1<<62)).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count history: %w", sqlite.Explain(err))
	}
	return n, nil
}
