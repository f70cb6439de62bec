package clientdb

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/sqlite"
)

// Extent says how much an export of the store has at most: lines of timelines, and
// bytes of files that are on this computer.
func (d *DB) Extent(ctx context.Context) (lines, files int64, err error) {
	err = d.db.Read().QueryRowContext(ctx, `SELECT (SELECT count(*) FROM message WHERE line > 0),
		(SELECT coalesce(sum(size), 0) FROM transfer WHERE state = ? AND path <> '')`, Finished).Scan(&lines, &files)
	if err != nil {
		return 0, 0, fmt.Errorf("count messages: %w", sqlite.Explain(err))
	}
	return lines, files, nil
}

// Archive is history that did not come from a host: that of an export. Nothing of
// it was checked.
type Archive struct {
	Place    Place
	Accounts []Account
	Devices  []Device // without certificates
	Rooms    []ArchivedRoom
}

// ArchivedRoom is a room of an Archive.
type ArchivedRoom struct {
	Room
	Members []Member
}

// Begin makes of an empty store that of an archive, in one transaction. Its
// rows are added by AddArchived.
func (d *DB) Begin(ctx context.Context, a *Archive) error {
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		if err := savePlace(ctx, tx, a.Place); err != nil {
			return err
		}
		for _, p := range a.Accounts {
			var identity []byte
			if p.Identity != [32]byte{} {
				identity = p.Identity[:]
			}
			_, err := tx.ExecContext(ctx, `INSERT OR IGNORE INTO account (id, name, identity, first_seen, changed, verified, role, state, seen, blocked)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, p.ID[:], p.Name, identity, p.FirstSeen, p.Changed, p.Verified, p.Role, p.State, p.Seen, p.Blocked)
			if err != nil {
				return fmt.Errorf("add account: %w", err)
			}
		}
		for _, v := range a.Devices {
			// One whose account is not there belongs to nobody.
			_, err := tx.ExecContext(ctx, `INSERT OR IGNORE INTO device (id, account, certificate, seq, revoked)
				SELECT ?, number, x'', 0, 0 FROM account WHERE id = ?`, v.ID[:], v.Account[:])
			if err != nil {
				return fmt.Errorf("add device: %w", err)
			}
		}
		for i := range a.Rooms {
			r := &a.Rooms[i]
			if err := ensureRoom(ctx, tx, r.Room); err != nil {
				return err
			}
			n, err := d.roomNumber(ctx, tx, r.ID)
			if err != nil {
				return err
			}
			for _, m := range r.Members {
				_, err := tx.ExecContext(ctx, `INSERT OR IGNORE INTO member (room, account, present, admin, devices, delivered, read) VALUES (?, ?, ?, ?, ?, ?, ?)`,
					n, m.Account[:], m.Present, m.Admin, m.Devices, m.Delivered, m.Read)
				if err != nil {
					return fmt.Errorf("add member: %w", err)
				}
			}
		}
		return nil
	})
}

// AddArchived adds rows to the store of an archive, in one transaction: those
// with a Line to the end of a timeline, the others as being about an earlier row
// (Target). Flags, bodies and accounts are taken as they are. A row whose Seq is
// there already is only noted as being about another one.
func (d *DB) AddArchived(ctx context.Context, rows []Message) error {
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		devices := make(map[chat.DeviceID]int64)
		rooms := map[chat.RoomID]int64{{}: 0}
		for i := range rows {
			m := &rows[i]
			for _, id := range []chat.RoomID{m.Room, m.Line} {
				if _, known := rooms[id]; known {
					continue
				}
				n, err := d.roomNumber(ctx, tx, id)
				if err != nil {
					return err
				}
				rooms[id] = n
			}
			device, known := devices[m.Device]
			if !known && !m.Device.IsZero() {
				if err := tx.QueryRowContext(ctx, `SELECT coalesce((SELECT number FROM device WHERE id = ?), 0)`, m.Device[:]).Scan(&device); err != nil {
					return fmt.Errorf("find device: %w", err)
				}
				devices[m.Device] = device
			}
			if err := d.addArchived(ctx, tx, m, rooms[m.Room], rooms[m.Line], device); err != nil {
				return err
			}
		}
		return nil
	})
}

func (d *DB) addArchived(ctx context.Context, tx *sql.Tx, m *Message, room, line, device int64) error {
	body := m.Body
	if body == nil {
		body = []byte{}
	}
	res, err := tx.ExecContext(ctx, `INSERT OR IGNORE INTO message (seq, room, line, id, device, counter, sent, received, kind, body, text, flags, chain)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, zeroblob(32))`,
		m.Seq, room, line, m.ID[:], device, m.Counter, m.Sent, m.Received, m.Kind, body, m.Text, uint32(m.Flags))
	if err != nil {
		return fmt.Errorf("add row: %w", err)
	}
	if m.Target != (chat.MessageID{}) {
		if _, err := d.in(ctx, tx, addRelation).ExecContext(ctx, room, m.Target[:], m.Seq); err != nil {
			return fmt.Errorf("add relation: %w", err)
		}
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err
	}
	return d.list(ctx, tx, room, line, device, m)
}
