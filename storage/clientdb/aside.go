package clientdb

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/sqlite"
)

// asideStep is how far the place of a row that the host lost is moved: behind all
// that were given out before the host was restored, and before all that come after
// (their numbers begin 2^32 later, storage/SCHEMA.md). Every device moves a row to
// the same place.
const asideStep = 1 << 31

const (
	// findAside finds a row that was set aside by its id.
	findAside = `SELECT seq FROM message WHERE room = ?1 AND id = ?2 AND device = ?3 AND flags & 131072`
	hasAside  = `SELECT EXISTS (SELECT 1 FROM message WHERE room = ? AND flags & 131072)`
)

// SetAside takes the rows of a room after one out of its order, and makes that one
// the room's cursor: the host has lost them, and others may get their places. They
// stay in the timeline, behind the others, until they come again. Messages of device,
// this one, go back into the outbox, to be sent again; so do those that the host had
// acknowledged and lost. chain is the room's up to after; chained false: it is
// not known.
func (d *DB) SetAside(ctx context.Context, room chat.RoomID, device chat.DeviceID, after uint64, chain [32]byte, chained bool) error {
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		n, err := d.roomNumber(ctx, tx, room)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE outbox SET state = ?, seq = 0 WHERE room = ? AND state = ? AND seq > ?`, Waiting, n, OnHost, after); err != nil {
			return fmt.Errorf("send messages again: %w", err)
		}
		const ofRoom = ` WHERE seq IN (SELECT seq FROM message WHERE room = ?1 AND seq > ?2 AND flags & 131072 = 0)`
		const own = `SELECT %s FROM message WHERE room = ?1 AND seq > ?2 AND kind BETWEEN 1 AND 6 AND flags & ?3 = 0
			AND device > 0 AND device = (SELECT number FROM device WHERE id = ?4)`
		no := uint32(Malformed | BadSignature | UnknownDevice | Repeated | BadEntry | Deleted | IDTaken | Unreadable | Aside)
		for _, q := range []string{
			`INSERT OR IGNORE INTO outbox (room, counter, id, kind, body, created, state, code, seq) ` + fmt.Sprintf(own, `room, counter, id, kind, body, sent, 1, 0, 0`) + ` ORDER BY seq`,
			`DELETE FROM words WHERE rowid IN (` + fmt.Sprintf(own, `seq`) + `)`,
			`DELETE FROM relation WHERE seq IN (` + fmt.Sprintf(own, `seq`) + `)`,
			`DELETE FROM recent WHERE seq IN (` + fmt.Sprintf(own, `seq`) + `)`,
			`DELETE FROM message WHERE seq IN (` + fmt.Sprintf(own, `seq`) + `)`,
		} {
			if _, err := tx.ExecContext(ctx, q, n, after, no, device[:]); err != nil {
				return fmt.Errorf("send messages again: %w", err)
			}
		}
		// What nobody was believed to have said comes again, or is no loss.
		for _, q := range []string{
			`DELETE FROM recent WHERE seq IN (SELECT seq FROM message WHERE room = ?1 AND seq > ?2 AND device = 0 AND flags & 131072 = 0)`,
			`DELETE FROM message WHERE room = ?1 AND seq > ?2 AND device = 0 AND flags & 131072 = 0`,
		} {
			if _, err := tx.ExecContext(ctx, q, n, after); err != nil {
				return fmt.Errorf("set rows aside: %w", err)
			}
		}
		// A place that is taken is one of a row that was set aside before, when another
		// one had its number: that one counted for nobody for long.
		for _, q := range []string{
			`UPDATE OR REPLACE words SET rowid = rowid + ?3 WHERE rowid IN (SELECT seq FROM message WHERE room = ?1 AND seq > ?2 AND flags & 131072 = 0)`,
			`UPDATE OR REPLACE relation SET seq = seq + ?3` + ofRoom,
			`UPDATE OR REPLACE recent SET seq = seq + ?3` + ofRoom,
			`UPDATE OR REPLACE message SET seq = seq + ?3, flags = flags | 131072 WHERE room = ?1 AND seq > ?2 AND flags & 131072 = 0`,
			`UPDATE room SET read = iif(read > ?2, read + ?3, read) WHERE number = ?1`,
		} {
			if _, err := tx.ExecContext(ctx, q, n, after, int64(asideStep)); err != nil {
				return fmt.Errorf("set rows aside: %w", err)
			}
		}
		if _, err := tx.ExecContext(ctx, `UPDATE room SET cursor = ?, chain = ?, chained = ?, behind = 2 WHERE number = ?`, after, chain[:], chained, n); err != nil {
			return fmt.Errorf("set rows aside: %w", err)
		}
		last, err := lastCounterOf(ctx, tx, n, device)
		if err != nil {
			return err
		}
		if err := renumber(ctx, tx, n, 0, last); err != nil {
			return err
		}
		// What was sealed says that its sender has seen what is lost.
		_, err = tx.ExecContext(ctx, `UPDATE outbox SET post = NULL WHERE room = ? AND state = ?`, n, Waiting)
		if err != nil {
			return fmt.Errorf("unseal messages: %w", err)
		}
		return nil
	})
}

// lastCounterOf returns the last counter of a device in a room, by its rows.
func lastCounterOf(ctx context.Context, tx *sql.Tx, room int64, device chat.DeviceID) (last int64, err error) {
	err = tx.QueryRowContext(ctx, `SELECT coalesce(max(counter), 0) FROM message
		WHERE device > 0 AND device = (SELECT number FROM device WHERE id = ?) AND room = ? AND flags & 131072 = 0`, device[:], room).Scan(&last)
	if err != nil {
		return 0, fmt.Errorf("find last counter: %w", err)
	}
	return last, nil
}

// ChangedAfter reports whether rows of a room after one changed its MLS group, or
// proposed to: kinds are those of such rows.
func (d *DB) ChangedAfter(ctx context.Context, room chat.RoomID, after uint64, kinds [2]uint16) (changed bool, err error) {
	err = d.db.Read().QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM message WHERE room = (SELECT number FROM room WHERE id = ?) AND seq > ?
		AND kind IN (?, ?) AND device > 0 AND flags & 131072 = 0)`, room[:], min(after, 1<<62), kinds[0], kinds[1]).Scan(&changed)
	if err != nil {
		return false, fmt.Errorf("look for changes of room: %w", sqlite.Explain(err))
	}
	return changed, nil
}

// LastRow returns the last row of a room up to seq that this device has in its place,
// and the chain up to it; seq 0: there is none.
func (d *DB) LastRow(ctx context.Context, room chat.RoomID, upto uint64) (seq uint64, chain [32]byte, err error) {
	var b []byte
	err = d.db.Read().QueryRowContext(ctx, `SELECT seq, chain FROM message WHERE room = (SELECT number FROM room WHERE id = ?) AND seq <= ? AND flags & 131072 = 0
		ORDER BY seq DESC LIMIT 1`, room[:], min(upto, 1<<62)).Scan(&seq, &b)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, chain, nil
	}
	if err != nil {
		return 0, chain, fmt.Errorf("read last row: %w", sqlite.Explain(err))
	}
	return seq, [32]byte(b), nil
}

// HasAside reports whether rows of a room are set aside.
func (d *DB) HasAside(ctx context.Context, room chat.RoomID) (has bool, err error) {
	err = d.db.Read().QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM message WHERE room = (SELECT number FROM room WHERE id = ?) AND flags & 131072)`, room[:]).Scan(&has)
	if err != nil {
		return false, fmt.Errorf("look for rows: %w", sqlite.Explain(err))
	}
	return has, nil
}

// FromAside returns a message of a device that is set aside, and its envelope as it
// was on the host, empty if that is not kept any more. ErrNotFound: there is none.
func (d *DB) FromAside(ctx context.Context, room chat.RoomID, device chat.DeviceID, id chat.MessageID) (m Message, envelope []byte, err error) {
	var seq uint64
	err = d.db.Read().QueryRowContext(ctx, `SELECT seq FROM message WHERE room = (SELECT number FROM room WHERE id = ?) AND id = ? AND flags & 131072
		AND device > 0 AND device = (SELECT number FROM device WHERE id = ?)`, room[:], id[:], device[:]).Scan(&seq)
	if errors.Is(err, sql.ErrNoRows) {
		return m, nil, ErrNotFound
	}
	if err != nil {
		return m, nil, fmt.Errorf("find row: %w", sqlite.Explain(err))
	}
	if m, err = d.Message(ctx, seq); err != nil {
		return m, nil, err
	}
	var length int
	err = d.db.Read().QueryRowContext(ctx, `SELECT envelope, length FROM recent WHERE seq = ?`, seq).Scan(&envelope, &length)
	if errors.Is(err, sql.ErrNoRows) {
		return m, nil, nil
	}
	if err != nil {
		return m, nil, fmt.Errorf("read row: %w", sqlite.Explain(err))
	}
	return m, append(envelope, bytes.Repeat([]byte{0}, max(length-len(envelope), 0))...), nil
}

// backFromAside forgets a row that was set aside: it comes again.
func backFromAside(ctx context.Context, tx *sql.Tx, room, device int64, id chat.MessageID) error {
	var seq int64
	err := tx.QueryRowContext(ctx, findAside, room, id[:], device).Scan(&seq)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find row set aside: %w", err)
	}
	for _, q := range []string{
		`DELETE FROM words WHERE rowid = ?`, `DELETE FROM relation WHERE seq = ?`, `DELETE FROM recent WHERE seq = ?`, `DELETE FROM message WHERE seq = ?`,
	} {
		if _, err := tx.ExecContext(ctx, q, seq); err != nil {
			return fmt.Errorf("forget row set aside: %w", err)
		}
	}
	return nil
}

// HostRestored makes a room go on with a host that lost rows, once all that it has
// are here: what it had acknowledged and does not have is sent again, and that it
// may know later counters of this device than this device does is no sign of a copy
// of it (CatchUp).
func (d *DB) HostRestored(ctx context.Context, room chat.RoomID) error {
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `UPDATE outbox SET state = ?, seq = 0 WHERE room = (SELECT number FROM room WHERE id = ?) AND state = ?`, Waiting, room[:], OnHost); err != nil {
			return fmt.Errorf("send messages again: %w", err)
		}
		if _, err := tx.ExecContext(ctx, `UPDATE room SET behind = 2 WHERE id = ?`, room[:]); err != nil {
			return fmt.Errorf("save room: %w", err)
		}
		return nil
	})
}
