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

const (
	// MaxRecent and MaxRecentBytes bound the rows that a client keeps as they are on
	// the host, to give them back if that loses them: those of more than one night of
	// a busy place, after which there is a backup.
	MaxRecent      = 20_000
	MaxRecentBytes = 16 << 20

	// trimEvery is after how many rows those that are too old are forgotten.
	trimEvery = 1000
)

// keepRecent keeps a row, and forgets the ones that are too old.
func keepRecent(ctx context.Context, tx *sql.Tx, m *Message) error {
	if len(m.Raw) == 0 {
		return nil
	}
	_, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO recent (seq, room, received, envelope, length, signature) VALUES (?, ?, ?, ?, ?, ?)`,
		m.Seq, m.Room[:], m.Received, bytes.TrimRight(m.Raw, "\x00"), len(m.Raw), notNil(m.Signature))
	if err != nil {
		return fmt.Errorf("keep row: %w", err)
	}
	return nil
}

// forgetErased forgets the rows of a message that was deleted, and of what was said of
// it, as they are on the host: they have its texts. Those of sealed rooms, which nobody
// can read, stay.
func forgetErased(ctx context.Context, tx *sql.Tx, room int64, id chat.MessageID) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM recent WHERE length(signature) > 0 AND seq IN (
		SELECT seq FROM message WHERE room = ?1 AND id = ?2 AND flags & 1024
		UNION SELECT m.seq FROM relation r JOIN message m ON m.seq = r.seq WHERE r.room = ?1 AND r.target = ?2 AND m.flags & 1024)`, room, id[:])
	if err != nil {
		return fmt.Errorf("forget deleted row: %w", err)
	}
	return nil
}

// trimRecent forgets what is beyond MaxRecent and MaxRecentBytes, now and then.
func (d *DB) trimRecent(ctx context.Context, tx *sql.Tx, more int) error {
	if d.untrimmed.Add(int64(more)) < trimEvery {
		return nil
	}
	d.untrimmed.Store(0)
	_, err := tx.ExecContext(ctx, `DELETE FROM recent WHERE seq <= (SELECT seq FROM (
			SELECT seq, row_number() OVER newest AS n, sum(length(envelope) + length(signature)) OVER newest AS bytes FROM recent WINDOW newest AS (ORDER BY seq DESC))
		WHERE n > ? OR bytes > ? LIMIT 1)`, MaxRecent, MaxRecentBytes)
	if err != nil {
		return fmt.Errorf("forget rows: %w", err)
	}
	return nil
}

// Kept returns rows of a room after one, up to another, as they are on the host, oldest
// first and without a gap: at most n, of which the envelopes have at most maxBytes, but
// for the first one.
func (d *DB) Kept(ctx context.Context, room chat.RoomID, after, upto uint64, n, maxBytes int) ([]chat.Row, error) {
	var out []chat.Row
	bytes, gap := 0, false
	err := each(ctx, d.db.Read(), `SELECT m.seq, coalesce(r.received, 0), r.envelope, coalesce(r.length, 0), coalesce(r.signature, x'') FROM message m LEFT JOIN recent r ON r.seq = m.seq
		WHERE m.seq > ? AND m.seq <= ? AND m.room = (SELECT number FROM room WHERE id = ?) AND m.flags & 131072 = 0 ORDER BY m.seq LIMIT ?`, func(scan func(...any) error) error {
		r := chat.Row{Room: room}
		var envelope []byte
		var length int
		if err := scan(&r.Seq, &r.Received, &envelope, &length, &r.Signature); err != nil {
			return err
		}
		bytes += length + len(r.Signature)
		if gap = gap || envelope == nil || len(out) > 0 && bytes > maxBytes; gap {
			return nil
		}
		r.Envelope = make([]byte, max(length, len(envelope)))
		copy(r.Envelope, envelope)
		out = append(out, r)
		return nil
	}, min(after, 1<<62), min(upto, 1<<62), room[:], n)
	if err != nil {
		return nil, fmt.Errorf("read rows: %w", sqlite.Explain(err))
	}
	return out, nil
}

// Recent returns up to n rows after seq as they are on the host, oldest first.
// Device, Counter and ID are not filled in: they stand in the envelope.
func (d *DB) Recent(ctx context.Context, after uint64, n int) ([]chat.Row, error) {
	var out []chat.Row
	err := each(ctx, d.db.Read(), `SELECT seq, room, received, envelope, length, signature FROM recent
		WHERE seq > ? AND NOT EXISTS (SELECT 1 FROM message WHERE message.seq = recent.seq AND flags & 131072) ORDER BY seq LIMIT ?`, func(scan func(...any) error) error {
		var r chat.Row
		var room, envelope []byte
		var length int
		if err := scan(&r.Seq, &room, &r.Received, &envelope, &length, &r.Signature); err != nil {
			return err
		}
		copy(r.Room[:], room)
		r.Envelope = make([]byte, max(length, len(envelope)))
		copy(r.Envelope, envelope)
		out = append(out, r)
		return nil
	}, min(after, 1<<62), n)
	if err != nil {
		return nil, fmt.Errorf("read rows: %w", sqlite.Explain(err))
	}
	return out, nil
}

// expectRows makes CatchUp look at every room.
func (d *DB) expectRows(ctx context.Context) error {
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `UPDATE room SET behind = max(behind, 1)`); err != nil {
			return fmt.Errorf("save rooms: %w", err)
		}
		return nil
	})
}

// CatchUp is called when all rows of a room are here, before anything is sent. In a
// store that was restored from a backup or not closed the last time, and in a room that
// is new to it, it gives what waits in the outbox the counters after those that this
// device has used, as its rows say. In any other it changes nothing. unsure
// says that this device may have used counters that it will never see: the store was
// restored without the keys of its groups, and nothing was sent in the room since.
func (d *DB) CatchUp(ctx context.Context, room chat.RoomID, device chat.DeviceID) (unsure bool, err error) {
	var behind int
	err = d.db.Read().QueryRowContext(ctx, `SELECT behind FROM room WHERE id = ?`, room[:]).Scan(&behind)
	if errors.Is(err, sql.ErrNoRows) || err == nil && behind == 0 {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read room: %w", sqlite.Explain(err))
	}
	return behind > 1, d.db.Write(ctx, func(tx *sql.Tx) error {
		n, err := d.roomNumber(ctx, tx, room)
		if err != nil {
			return err
		}
		last, err := lastCounterOf(ctx, tx, n, device)
		if err != nil {
			return err
		}
		if err := renumber(ctx, tx, n, 0, last); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE room SET behind = 0 WHERE number = ? AND behind = 1`, n); err != nil {
			return fmt.Errorf("save room: %w", err)
		}
		return nil
	})
}

// PassLost moves the cursor of a room past a row that the host does not have any
// more, so that it is not looked for again. The history stays.
func (d *DB) PassLost(ctx context.Context, room chat.RoomID, cursor uint64) error {
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `UPDATE room SET cursor = cursor + 1 WHERE id = ? AND cursor = ?`, room[:], cursor)
		if err != nil {
			return fmt.Errorf("move cursor: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil || n != 1 {
			return fmt.Errorf("%w: after %d", ErrOrder, cursor)
		}
		return nil
	})
}

// LastOnHost returns the last row that the host is known to have had: one that came,
// or that it gave a message of this device when it acknowledged that.
func (d *DB) LastOnHost(ctx context.Context) (seq uint64, err error) {
	err = d.db.Read().QueryRowContext(ctx, `SELECT max(coalesce((SELECT max(seq) FROM message WHERE flags & 131072 = 0), 0),
		coalesce((SELECT max(seq) FROM outbox WHERE state = ?), 0))`, OnHost).Scan(&seq)
	if err != nil {
		return 0, fmt.Errorf("read last row: %w", sqlite.Explain(err))
	}
	return seq, nil
}
