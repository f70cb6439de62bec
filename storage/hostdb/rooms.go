package hostdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/sqlite"
)

// Rooms returns all rooms that ever were, those that were deleted included, and
// who is or lately was in the sealed ones.
func (db *DB) Rooms(ctx context.Context) (rooms []chat.Room, members []chat.RoomMember, err error) {
	tx, err := db.db.Read().BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, nil, fmt.Errorf("load rooms: %w", sqlite.Explain(err))
	}
	defer func() { _ = tx.Rollback() }() // it only read
	err = each(tx, `SELECT id, kind, name, topic, by, peer, created, deleted,
		coalesce((SELECT max(seq) FROM envelope WHERE room = room.n), 0) FROM room ORDER BY n`, func(rows *sql.Rows) error {
		var r chat.Room
		var id, by, peer []byte
		if err := rows.Scan(&id, &r.Kind, &r.Name, &r.Topic, &by, &peer, &r.Created, &r.Deleted, &r.Head); err != nil {
			return err
		}
		copy(r.ID[:], id)
		copy(r.By[:], by)
		copy(r.Peer[:], peer)
		rooms = append(rooms, r)
		return nil
	})
	if err == nil {
		err = each(tx, `SELECT r.id, m.account, m.admin, m.since, m.until, m.gone FROM member m JOIN room r ON r.n = m.room
			WHERE r.deleted = 0`, func(rows *sql.Rows) error {
			var m chat.RoomMember
			var room, account []byte
			if err := rows.Scan(&room, &account, &m.Admin, &m.Since, &m.Until, &m.Gone); err != nil {
				return err
			}
			copy(m.Room[:], room)
			copy(m.Account[:], account)
			members = append(members, m)
			return nil
		})
	}
	if err == nil {
		err = loadSpans(tx, members)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("load rooms: %w", sqlite.Explain(err))
	}
	return rooms, members, nil
}

// loadSpans gives members the times that they were in their rooms before.
func loadSpans(tx *sql.Tx, members []chat.RoomMember) error {
	type key struct {
		room    chat.RoomID
		account chat.AccountID
	}
	of := make(map[key]*chat.RoomMember, len(members))
	for i := range members {
		of[key{members[i].Room, members[i].Account}] = &members[i]
	}
	return each(tx, `SELECT r.id, s.account, s.since, s.until FROM span s JOIN room r ON r.n = s.room
		WHERE r.deleted = 0 ORDER BY s.room, s.account, s.since`, func(rows *sql.Rows) error {
		var k key
		var span chat.Span
		var room, account []byte
		if err := rows.Scan(&room, &account, &span.Since, &span.Until); err != nil {
			return err
		}
		copy(k.room[:], room)
		copy(k.account[:], account)
		if m := of[k]; m != nil {
			m.Earlier = append(m.Earlier, span)
		}
		return nil
	})
}

func putRoom(tx *sql.Tx, r *chat.Room) error {
	_, err := tx.Exec(`INSERT INTO room (id, kind, name, topic, by, peer, created, deleted) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, topic = excluded.topic, deleted = excluded.deleted`,
		r.ID[:], r.Kind, r.Name, r.Topic, r.By[:], r.Peer[:], r.Created, r.Deleted)
	return err
}

func putMember(tx *sql.Tx, m *chat.RoomMember) error {
	_, err := tx.Exec(`INSERT INTO member (room, account, admin, since, until, gone)
		SELECT n, ?, ?, ?, ?, ? FROM room WHERE id = ?
		ON CONFLICT (room, account) DO UPDATE SET admin = excluded.admin, since = excluded.since, until = excluded.until, gone = excluded.gone`,
		m.Account[:], m.Admin, m.Since, m.Until, m.Gone, m.Room[:])
	return err
}

// changeMembers stores what a row changes about who is in its room. An account
// that is not there any more is left out: it may have gone since it was decided.
func changeMembers(tx *sql.Tx, row *chat.Row, changes []chat.Membership) error {
	for i := range changes {
		m := &changes[i]
		var err error
		if m.Out {
			_, err = tx.Exec("UPDATE member SET until = ?, gone = ?, admin = 0 WHERE room = (SELECT n FROM room WHERE id = ?) AND account = ? AND gone = 0",
				row.Seq, row.Received, row.Room[:], m.Account[:])
		} else if err = keepSpan(tx, row, m.Account); err == nil {
			_, err = tx.Exec(`INSERT INTO member (room, account, admin, since)
				SELECT r.n, a.id, ?, ? FROM room r, account a WHERE r.id = ? AND a.id = ?
				ON CONFLICT (room, account) DO UPDATE SET admin = excluded.admin,
				since = CASE WHEN gone > 0 THEN excluded.since ELSE since END, until = 0, gone = 0`,
				m.Admin, row.Seq-1, row.Room[:], m.Account[:])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// keepSpan keeps the time that an account was in the room of a row, if it is not a
// member any more, and forgets what is beyond chat.MaxSpans of them.
func keepSpan(tx *sql.Tx, row *chat.Row, account chat.AccountID) error {
	res, err := tx.Exec(`INSERT INTO span (room, account, since, until) SELECT room, account, since, until FROM member
		WHERE room = (SELECT n FROM room WHERE id = ?) AND account = ? AND gone > 0 ON CONFLICT DO NOTHING`, row.Room[:], account[:])
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err
	}
	_, err = tx.Exec(`DELETE FROM span WHERE room = (SELECT n FROM room WHERE id = ?1) AND account = ?2 AND since <=
		(SELECT since FROM span WHERE room = (SELECT n FROM room WHERE id = ?1) AND account = ?2 ORDER BY since DESC LIMIT 1 OFFSET ?3)`,
		row.Room[:], account[:], chat.MaxSpans)
	return err
}

// Checkpoint returns the last noted chain of a room at or before a row, with that
// row's seq; 0 and zeros if none is noted.
func (db *DB) Checkpoint(ctx context.Context, room chat.RoomID, seq uint64) (at uint64, chain [32]byte, err error) {
	var b []byte
	err = db.db.Read().QueryRowContext(ctx, `SELECT seq, chain FROM checkpoint WHERE room = (SELECT n FROM room WHERE id = ?) AND seq <= ?
		ORDER BY seq DESC LIMIT 1`, room[:], int64(min(seq, 1<<63-1))).Scan(&at, &b)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, chain, nil
	}
	if err != nil {
		return 0, chain, fmt.Errorf("read chain: %w", sqlite.Explain(err))
	}
	copy(chain[:], b)
	return at, chain, nil
}

// PutCheckpoint notes the chain of a room after a row.
func (db *DB) PutCheckpoint(ctx context.Context, room chat.RoomID, seq uint64, chain [32]byte) error {
	err := db.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec("INSERT INTO checkpoint (room, seq, chain) SELECT n, ?, ? FROM room WHERE id = ? ON CONFLICT DO NOTHING", seq, chain[:], room[:])
		return err
	})
	if err != nil {
		return fmt.Errorf("store chain: %w", explain(err))
	}
	return nil
}

// sweepRows is how many rows of a deleted room go in one transaction, so that
// messages wait for a moment only.
const sweepRows = 500

// SweepRooms takes away some of what is left of deleted rooms and of members who
// went before a time (unix milliseconds), and reports whether there may be more.
// Blobs of the rooms are then abandoned.
func (db *DB) SweepRooms(ctx context.Context, before int64) (more bool, err error) {
	err = db.db.Write(ctx, func(tx *sql.Tx) error {
		more = false
		for _, q := range []string{
			`DELETE FROM span WHERE EXISTS (SELECT 1 FROM member m WHERE m.room = span.room AND m.account = span.account AND m.gone > 0 AND m.gone < ?)`,
			`DELETE FROM member WHERE gone > 0 AND gone < ?`,
		} {
			if _, err := tx.Exec(q, before); err != nil {
				return err
			}
		}
		var n int64
		var id []byte
		err := tx.QueryRow(`SELECT n, id FROM room WHERE deleted > 0 AND (EXISTS (SELECT 1 FROM envelope WHERE room = room.n)
			OR EXISTS (SELECT 1 FROM member WHERE room = room.n)) LIMIT 1`).Scan(&n, &id)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		more = true
		for _, q := range []string{
			"DELETE FROM span WHERE room = ?", "DELETE FROM member WHERE room = ?", "DELETE FROM checkpoint WHERE room = ?",
			"DELETE FROM named WHERE room = ?", "DELETE FROM pin WHERE room = ?",
		} {
			if _, err := tx.Exec(q, n); err != nil {
				return err
			}
		}
		for _, q := range []string{
			"DELETE FROM mail WHERE room = ?",
			"UPDATE blob SET seq = 0, last = 0, kept = 0, created = 0, saved = -1 WHERE room = ?",
		} {
			if _, err := tx.Exec(q, id); err != nil {
				return err
			}
		}
		_, err = tx.Exec("DELETE FROM envelope WHERE seq IN (SELECT seq FROM envelope WHERE room = ? ORDER BY seq LIMIT ?)", n, sweepRows)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("sweep rooms: %w", explain(err))
	}
	return more, nil
}
