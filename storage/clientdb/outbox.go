package clientdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/sqlite"
)

// MaxOutbox is how many messages may wait in one room: a person who writes one
// a second fills it in over an hour.
const MaxOutbox = 5000

// OutState says what became of a message of one's own. Stored: append only.
type OutState uint8

// The states.
const (
	Waiting OutState = 1 // not acknowledged by the host
	OnHost  OutState = 2 // on the host's disk; its row has not come back yet
	Refused OutState = 3 // the host does not take it, Code says why
)

// Outgoing is a message of one's own that is not in the history yet.
type Outgoing struct {
	Room    chat.RoomID
	ID      chat.MessageID
	Counter uint64 // of this device in the room; 0 when it was refused
	Kind    uint16
	Body    []byte
	Created int64
	State   OutState
	Code    uint16 // why it was refused
	Seq     uint64 // of its row on the host
	Post    []byte // the exact message for the host, nil until it is sealed
}

// Enqueue writes a message into the outbox, as the last of its room, and returns
// its counter. A message whose id is there already is left as it is.
func (d *DB) Enqueue(ctx context.Context, o Outgoing) (counter uint64, err error) {
	err = d.db.Write(ctx, func(tx *sql.Tx) error {
		counter, err = d.enqueue(ctx, tx, o)
		return err
	})
	return counter, err
}

// waiting counts what waits in the outbox of a room.
func (d *DB) waiting(ctx context.Context, tx *sql.Tx, room int64) (n int, err error) {
	if err := d.in(ctx, tx, countOutbox).QueryRowContext(ctx, room).Scan(&n); err != nil {
		return 0, fmt.Errorf("count outbox: %w", err)
	}
	return n, nil
}

func (d *DB) enqueue(ctx context.Context, tx *sql.Tx, o Outgoing) (counter uint64, err error) {
	room, err := d.roomNumber(ctx, tx, o.Room)
	if err != nil {
		return 0, err
	}
	err = d.in(ctx, tx, findOutgoing).QueryRowContext(ctx, o.ID[:]).Scan(&counter)
	if err == nil {
		return counter, nil
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("look into outbox: %w", err)
	}
	if waiting, err := d.waiting(ctx, tx, room); err != nil {
		return 0, err
	} else if waiting >= MaxOutbox {
		return 0, ErrOutboxFull
	}
	if err := d.in(ctx, tx, nextCounter).QueryRowContext(ctx, room).Scan(&counter); err != nil {
		return 0, fmt.Errorf("number message: %w", err)
	}
	if _, err := d.in(ctx, tx, addOutgoing).ExecContext(ctx, room, counter, o.ID[:], o.Kind, o.Body, o.Created, Waiting); err != nil {
		return 0, fmt.Errorf("write outbox: %w", err)
	}
	return counter, nil
}

// Outbox returns what is in the outbox of a room: first what was refused, then
// what waits, in the order of the counters.
func (d *DB) Outbox(ctx context.Context, room chat.RoomID) ([]Outgoing, error) {
	var out []Outgoing
	err := each(ctx, d.db.Read(), `SELECT id, counter, kind, body, created, state, code, seq, post FROM outbox
		WHERE room = (SELECT number FROM room WHERE id = ?) ORDER BY counter, number`, func(scan func(...any) error) error {
		o := Outgoing{Room: room}
		var id []byte
		if err := scan(&id, &o.Counter, &o.Kind, &o.Body, &o.Created, &o.State, &o.Code, &o.Seq, &o.Post); err != nil {
			return err
		}
		copy(o.ID[:], id)
		out = append(out, o)
		return nil
	}, room[:])
	if err != nil {
		return nil, fmt.Errorf("read outbox: %w", sqlite.Explain(err))
	}
	return out, nil
}

// NextOutgoing returns up to n waiting messages of a room whose counters are above
// after, in order.
func (d *DB) NextOutgoing(ctx context.Context, room chat.RoomID, after uint64, n int) ([]Outgoing, error) {
	var out []Outgoing
	err := each(ctx, d.db.Read(), `SELECT id, counter, kind, body, created, post FROM outbox
		WHERE room = (SELECT number FROM room WHERE id = ?) AND counter > ? AND state = ? ORDER BY counter LIMIT ?`, func(scan func(...any) error) error {
		o := Outgoing{Room: room, State: Waiting}
		var id []byte
		if err := scan(&id, &o.Counter, &o.Kind, &o.Body, &o.Created, &o.Post); err != nil {
			return err
		}
		copy(o.ID[:], id)
		out = append(out, o)
		return nil
	}, room[:], after, Waiting, n)
	if err != nil {
		return nil, fmt.Errorf("read outbox: %w", sqlite.Explain(err))
	}
	return out, nil
}

// Outgoing returns one message of the outbox, ErrNotFound if it is not there.
func (d *DB) Outgoing(ctx context.Context, id chat.MessageID) (Outgoing, error) {
	o := Outgoing{ID: id}
	var room []byte
	err := d.db.Read().QueryRowContext(ctx, `SELECT room.id, outbox.counter, outbox.kind, body, outbox.created, outbox.state, code, seq, post
		FROM outbox JOIN room ON room.number = outbox.room WHERE outbox.id = ?`, id[:]).
		Scan(&room, &o.Counter, &o.Kind, &o.Body, &o.Created, &o.State, &o.Code, &o.Seq, &o.Post)
	if errors.Is(err, sql.ErrNoRows) {
		return o, ErrNotFound
	}
	if err != nil {
		return o, fmt.Errorf("read outbox: %w", sqlite.Explain(err))
	}
	copy(o.Room[:], room)
	return o, nil
}

// Unseal forgets how the waiting messages of a room were sealed: a commit came
// first, and the host has none of them. Commits and proposals, whose kinds keep
// names, stay as they are.
func (d *DB) Unseal(ctx context.Context, room chat.RoomID, keep [2]uint16) error {
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE outbox SET post = NULL WHERE room = (SELECT number FROM room WHERE id = ?) AND state = ? AND kind NOT IN (?, ?)`, room[:], Waiting, keep[0], keep[1])
		if err != nil {
			return fmt.Errorf("unseal messages: %w", err)
		}
		return nil
	})
}

// Ack says that a message is on the host as row Seq.
type Ack struct {
	Room chat.RoomID
	ID   chat.MessageID
	Seq  uint64
	// Behind says that the host has later messages of this device, so that the next
	// counter is not known (CatchUp).
	Behind bool
}

// Acknowledge takes what the host acknowledged. A message whose row came back
// already has left the outbox, and nothing changes.
func (d *DB) Acknowledge(ctx context.Context, acks []Ack) error {
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		for _, a := range acks {
			if _, err := d.in(ctx, tx, acknowledge).ExecContext(ctx, OnHost, a.Seq, a.ID[:]); err != nil {
				return fmt.Errorf("acknowledge message: %w", err)
			}
			if a.Behind {
				continue
			}
			if _, err := tx.ExecContext(ctx, `UPDATE room SET behind = 0 WHERE behind > 1 AND id = ?`, a.Room[:]); err != nil {
				return fmt.Errorf("acknowledge message: %w", err)
			}
		}
		return nil
	})
}

// Refuse says that the host does not take a message. Its counter goes to the
// message after it: the host has none of those either, since it takes them in
// order only.
func (d *DB) Refuse(ctx context.Context, id chat.MessageID, code uint16) error {
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		var room, counter int64
		err := tx.QueryRowContext(ctx, `SELECT room, counter FROM outbox WHERE id = ? AND state = ?`, id[:], Waiting).Scan(&room, &counter)
		if errors.Is(err, sql.ErrNoRows) {
			return nil // refused or acknowledged before
		}
		if err != nil {
			return fmt.Errorf("find message: %w", err)
		}
		if _, err := tx.ExecContext(ctx, `UPDATE outbox SET state = ?, code = ?, counter = 0, post = NULL WHERE id = ?`, Refused, code, id[:]); err != nil {
			return fmt.Errorf("refuse message: %w", err)
		}
		return renumber(ctx, tx, room, counter, counter-1)
	})
}

// Renumber gives the waiting messages of a room the counters after last: the
// host has last as the last one of this device.
func (d *DB) Renumber(ctx context.Context, room chat.RoomID, last uint64) error {
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		n, err := d.roomNumber(ctx, tx, room)
		if err != nil {
			return err
		}
		return renumber(ctx, tx, n, 0, int64(last))
	})
}

// renumber counts the waiting messages of a room whose counter is above limit
// on from last.
func renumber(ctx context.Context, tx *sql.Tx, room, limit, last int64) error {
	// The number is part of what was sealed.
	_, err := tx.ExecContext(ctx, `UPDATE outbox SET post = iif(outbox.counter = n.counter, post, NULL), counter = n.counter FROM (
			SELECT number AS id, ?2 + row_number() OVER (ORDER BY counter, number) AS counter FROM outbox
			WHERE room = ?1 AND state = ?3 AND counter > ?4) AS n
		WHERE outbox.number = n.id`, room, last, Waiting, limit)
	if err != nil {
		return fmt.Errorf("renumber outbox: %w", err)
	}
	_, err = tx.ExecContext(ctx, `UPDATE room SET counter = max(?2, coalesce((SELECT max(counter) FROM outbox WHERE room = ?1 AND state = ?3), 0)) WHERE number = ?1`, room, last, Waiting)
	if err != nil {
		return fmt.Errorf("renumber room: %w", err)
	}
	return nil
}

// Requeue puts a refused message at the end of its room's outbox again.
func (d *DB) Requeue(ctx context.Context, id chat.MessageID) error {
	return d.db.Write(ctx, func(tx *sql.Tx) error { return d.requeue(ctx, tx, id) })
}

func (d *DB) requeue(ctx context.Context, tx *sql.Tx, id chat.MessageID) error {
	var room int64
	err := tx.QueryRowContext(ctx, `SELECT room FROM outbox WHERE id = ? AND state = ?`, id[:], Refused).Scan(&room)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("find message: %w", err)
	}
	var counter int64
	if err := d.in(ctx, tx, nextCounter).QueryRowContext(ctx, room).Scan(&counter); err != nil {
		return fmt.Errorf("number message: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `UPDATE outbox SET state = ?, code = 0, counter = ? WHERE id = ?`, Waiting, counter, id[:]); err != nil {
		return fmt.Errorf("requeue message: %w", err)
	}
	return nil
}

// MoveRefused puts a refused message, with another body, at the end of the outbox of
// another room. It keeps its id. Its errors are ErrNotFound, if it is not refused any
// more, and ErrOutboxFull.
func (d *DB) MoveRefused(ctx context.Context, id chat.MessageID, to chat.RoomID, body []byte) error {
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		target, err := d.roomNumber(ctx, tx, to)
		if err != nil {
			return err
		}
		if waiting, err := d.waiting(ctx, tx, target); err != nil {
			return err
		} else if waiting >= MaxOutbox {
			return ErrOutboxFull
		}
		if _, err := tx.ExecContext(ctx, `UPDATE outbox SET room = ?, body = ? WHERE id = ? AND state = ?`, target, notNil(body), id[:], Refused); err != nil {
			return fmt.Errorf("move message: %w", err)
		}
		return d.requeue(ctx, tx, id)
	})
}

// Discard removes a refused message from the outbox. Others stay: they may be
// on the host already.
func (d *DB) Discard(ctx context.Context, id chat.MessageID) error {
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `DELETE FROM outbox WHERE id = ? AND state = ?`, id[:], Refused)
		if err != nil {
			return fmt.Errorf("discard message: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return ErrNotFound
		}
		return nil
	})
}

// EnqueueFirst writes a message into the outbox before all others of its room
// that are not sealed yet, and returns its counter. It is for commits, which
// members wait for. Those behind it get the next counters; none of them may be
// on its way.
func (d *DB) EnqueueFirst(ctx context.Context, o Outgoing) (counter uint64, err error) {
	err = d.db.Write(ctx, func(tx *sql.Tx) error {
		room, err := d.roomNumber(ctx, tx, o.Room)
		if err != nil {
			return err
		}
		if err := d.in(ctx, tx, nextCounter).QueryRowContext(ctx, room).Scan(&counter); err != nil {
			return fmt.Errorf("number message: %w", err)
		}
		var first sql.Null[uint64]
		if err := tx.QueryRowContext(ctx, `SELECT min(counter) FROM outbox WHERE room = ?1 AND state = ?2 AND counter > 0 AND post IS NULL
			AND counter > coalesce((SELECT max(counter) FROM outbox WHERE room = ?1 AND state = ?2 AND post IS NOT NULL), 0)`, room, Waiting).Scan(&first); err != nil {
			return fmt.Errorf("look into outbox: %w", err)
		}
		if first.Valid {
			counter = first.V
			if _, err := tx.ExecContext(ctx, `UPDATE outbox SET counter = counter + 1 WHERE room = ? AND state = ? AND counter >= ?`, room, Waiting, counter); err != nil {
				return fmt.Errorf("make room in outbox: %w", err)
			}
		}
		if _, err := d.in(ctx, tx, addOutgoing).ExecContext(ctx, room, counter, o.ID[:], o.Kind, notNil(o.Body), o.Created, Waiting); err != nil {
			return fmt.Errorf("write outbox: %w", err)
		}
		return nil
	})
	return counter, err
}

// withdraw takes a waiting message out of the outbox, which the host does not
// have. Its counter goes to the message after it.
func (d *DB) withdraw(ctx context.Context, tx *sql.Tx, room int64, id chat.MessageID) error {
	var counter int64
	err := tx.QueryRowContext(ctx, `DELETE FROM outbox WHERE id = ? AND room = ? AND state = ? RETURNING counter`, id[:], room, Waiting).Scan(&counter)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("withdraw message: %w", err)
	}
	return renumber(ctx, tx, room, counter, counter-1)
}

// Rewrite gives a waiting message that is not sealed another body, and reports whether
// it is one.
func (d *DB) Rewrite(ctx context.Context, id chat.MessageID, body []byte) (done bool, err error) {
	err = d.db.Write(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `UPDATE outbox SET body = ? WHERE id = ? AND state = ? AND post IS NULL`, notNil(body), id[:], Waiting)
		if err != nil {
			return fmt.Errorf("rewrite message: %w", err)
		}
		n, err := res.RowsAffected()
		done = n > 0
		return err
	})
	return done, err
}

// Withdraw takes a waiting message that is not sealed out of the outbox, and reports
// whether it was one. The host must not have it: its counter goes to the one after it.
func (d *DB) Withdraw(ctx context.Context, id chat.MessageID) (done bool, err error) {
	err = d.db.Write(ctx, func(tx *sql.Tx) error {
		var room int64
		err := tx.QueryRowContext(ctx, `SELECT room FROM outbox WHERE id = ? AND state = ? AND post IS NULL`, id[:], Waiting).Scan(&room)
		if done = err == nil; errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("withdraw message: %w", err)
		}
		return d.withdraw(ctx, tx, room, id)
	})
	return done, err
}

// Replace gives a waiting message that is not sealed yet another body. It
// reports whether there was one of this kind in the room: cumulative messages
// need not wait twice.
func (d *DB) Replace(ctx context.Context, o Outgoing) (replaced bool, err error) {
	err = d.db.Write(ctx, func(tx *sql.Tx) error {
		room, err := d.roomNumber(ctx, tx, o.Room)
		if err != nil {
			return err
		}
		res, err := tx.ExecContext(ctx, `UPDATE outbox SET body = ?, created = ? WHERE room = ? AND kind = ? AND state = ? AND post IS NULL`, notNil(o.Body), o.Created, room, o.Kind, Waiting)
		if err != nil {
			return fmt.Errorf("replace message: %w", err)
		}
		n, err := res.RowsAffected()
		replaced = n > 0
		return err
	})
	return replaced, err
}

// DropOutbox takes everything out of the outbox of a room, and returns how many
// messages that were: this person is not in the room any more. They are marked
// as refused with code, so that none is lost.
func (d *DB) DropOutbox(ctx context.Context, id chat.RoomID, code uint16, keep func(kind uint16) bool) (n int, err error) {
	err = d.db.Write(ctx, func(tx *sql.Tx) error {
		n = 0
		room, err := d.roomNumber(ctx, tx, id)
		if err != nil {
			return err
		}
		var gone []int64
		err = each(ctx, tx, `SELECT number, kind FROM outbox WHERE room = ? AND state = ?`, func(scan func(...any) error) error {
			var number int64
			var kind uint16
			if err := scan(&number, &kind); err != nil {
				return err
			}
			if keep(kind) {
				n++
				return nil
			}
			gone = append(gone, number)
			return nil
		}, room, Waiting)
		if err != nil {
			return fmt.Errorf("empty outbox: %w", err)
		}
		for _, number := range gone {
			if _, err := tx.ExecContext(ctx, `DELETE FROM outbox WHERE number = ?`, number); err != nil {
				return fmt.Errorf("empty outbox: %w", err)
			}
		}
		if _, err := tx.ExecContext(ctx, `UPDATE outbox SET state = ?, code = ?, counter = 0, post = NULL WHERE room = ? AND state = ?`, Refused, code, room, Waiting); err != nil {
			return fmt.Errorf("empty outbox: %w", err)
		}
		return nil
	})
	return n, err
}

// MoveOutbox takes what waits in the outbox of a room and is not sealed yet to the
// end of another one's, as far as there says so of its kind and body, with the body that
// it has there, and as there is room for it. The messages keep their ids and their order.
func (d *DB) MoveOutbox(ctx context.Context, from, to chat.RoomID, there func(kind uint16, body []byte) ([]byte, bool)) error {
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		source, err := d.roomNumber(ctx, tx, from)
		if err != nil {
			return err
		}
		target, err := d.roomNumber(ctx, tx, to)
		if err != nil {
			return err
		}
		var first sql.Null[int64]
		if err := tx.QueryRowContext(ctx, `SELECT min(counter) FROM outbox WHERE room = ? AND state = ?`, source, Waiting).Scan(&first); err != nil {
			return fmt.Errorf("look into outbox: %w", err)
		}
		type row struct {
			number int64
			body   []byte
		}
		var moved []row
		err = each(ctx, tx, `SELECT number, kind, body FROM outbox WHERE room = ? AND state = ? AND post IS NULL ORDER BY counter`, func(scan func(...any) error) error {
			var number int64
			var kind uint16
			var body []byte
			if err := scan(&number, &kind, &body); err != nil {
				return err
			}
			if body, ok := there(kind, body); ok {
				moved = append(moved, row{number, body})
			}
			return nil
		}, source, Waiting)
		if err != nil {
			return fmt.Errorf("read outbox: %w", err)
		}
		waiting, err := d.waiting(ctx, tx, target)
		if err != nil {
			return err
		}
		for _, m := range moved[:max(0, min(len(moved), MaxOutbox-waiting))] {
			var counter int64
			if err := d.in(ctx, tx, nextCounter).QueryRowContext(ctx, target).Scan(&counter); err != nil {
				return fmt.Errorf("number message: %w", err)
			}
			if _, err := tx.ExecContext(ctx, `UPDATE outbox SET room = ?, counter = ?, body = ? WHERE number = ?`, target, counter, notNil(m.body), m.number); err != nil {
				return fmt.Errorf("move message: %w", err)
			}
		}
		if len(moved) == 0 {
			return nil
		}
		return renumber(ctx, tx, source, 0, first.V-1) // those that stay follow one another again
	})
}
