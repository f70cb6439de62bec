package hostdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/sqlite"
)

const (
	// MaxWaiting is how many bytes of envelopes may wait for the disk: half a
	// second of what a disk takes (30,000 rows a second, 1 KiB each).
	MaxWaiting = 16 << 20

	// maxBatch is how many rows are written in one go.
	maxBatch = 1024
)

// ErrBusy comes from Append when MaxWaiting bytes wait for the disk.
var ErrBusy = errors.New("too many messages wait for the disk")

const (
	insertRow = `INSERT INTO envelope (room, device, counter, id, received, envelope, signature)
		VALUES ((SELECT n FROM room WHERE id = ?), (SELECT n FROM device WHERE id = ?), ?, ?, ?, ?, ?)`
	lastCounter = `SELECT coalesce(max(counter), 0) FROM envelope
		WHERE room = (SELECT n FROM room WHERE id = ?) AND device = (SELECT n FROM device WHERE id = ?)`
	findRow = `SELECT seq, id, received FROM envelope
		WHERE room = (SELECT n FROM room WHERE id = ?) AND device = (SELECT n FROM device WHERE id = ?) AND counter = ?`
	markBlob = `UPDATE blob SET seq = ? WHERE root = ? AND seq = 0`
)

// appending is a row on its way to the disk.
type appending struct {
	row     *chat.Row
	file    *[32]byte
	outcome chat.Outcome
	last    uint64
	done    func(chat.Outcome, uint64, error)
}

// Append hands over a row to be stored and returns at once. done is called
// exactly once, unless Append returns an error, on the store's goroutine, in the order in which rows
// of all rooms were committed, with the outcome and the last counter that is
// stored of the row's device in its room. Before, Seq is set, and Received if
// the row is Repeated. done must be quick. If file is not nil it is the root of
// the blob that the row's message names, and the blob is marked as named.
//
// The row is the store's until done is called. Its device must be one of the
// stored devices. Errors of Append are ErrBusy and sqlite.ErrClosed; done gets
// those of the disk, chat.ErrDiskFull among them, and then nothing was stored.
func (db *DB) Append(row *chat.Row, file *[32]byte, done func(outcome chat.Outcome, last uint64, err error)) error {
	db.mu.Lock()
	switch {
	case db.closed:
		db.mu.Unlock()
		return sqlite.ErrClosed
	case db.bytes+len(row.Envelope) > MaxWaiting:
		db.mu.Unlock()
		return ErrBusy
	}
	db.bytes += len(row.Envelope)
	db.waiting = append(db.waiting, &appending{row: row, file: file, done: done})
	first := len(db.waiting) == 1
	db.mu.Unlock()
	if first {
		db.signal()
	}
	return nil
}

func (db *DB) signal() {
	select {
	case db.wake <- struct{}{}:
	default:
	}
}

// run stores what waits, as much as there is in one go: while a transaction is
// on its way to the disk the next one collects.
func (db *DB) run() {
	defer close(db.done)
	for range db.wake {
		for {
			batch, end := db.take()
			if len(batch) > 0 {
				db.store(batch)
				continue
			}
			if end {
				return
			}
			break
		}
	}
}

func (db *DB) take() (batch []*appending, end bool) {
	db.mu.Lock()
	defer db.mu.Unlock()
	n := min(len(db.waiting), maxBatch)
	batch = db.waiting[:n:n]
	db.waiting = db.waiting[n:]
	if len(db.waiting) == 0 {
		db.waiting = nil
	}
	for _, a := range batch {
		db.bytes -= len(a.row.Envelope)
	}
	return batch, db.closed
}

// store writes a batch in one transaction and answers all of it. A row that is
// refused is an outcome, not an error, so it spoils nothing for the others.
func (db *DB) store(batch []*appending) {
	err := db.db.WriteThen(context.Background(), func(tx *sql.Tx) error {
		w := db.writerOf(tx)
		for _, a := range batch {
			if err := w.append(a); err != nil {
				return err
			}
		}
		return nil
	}, func() {
		for _, a := range batch {
			a.done(a.outcome, a.last, nil)
		}
	})
	if err != nil {
		for _, a := range batch {
			a.done(0, 0, fmt.Errorf("store message: %w", explain(err)))
		}
	}
}

// writer appends rows within one transaction. Counters that it has seen it
// knows: nobody else appends to a room of messages at the same time.
type writer struct {
	insert, last, find, mark *sql.Stmt
	counters                 map[author]uint64
}

type author struct {
	room   chat.RoomID
	device chat.DeviceID
}

func (db *DB) writerOf(tx *sql.Tx) *writer {
	ctx := context.Background()
	return &writer{
		insert: tx.StmtContext(ctx, db.insert), last: tx.StmtContext(ctx, db.last),
		find: tx.StmtContext(ctx, db.find), mark: tx.StmtContext(ctx, db.mark),
		counters: make(map[author]uint64),
	}
}

func (w *writer) append(a *appending) error {
	row, who := a.row, author{a.row.Room, a.row.Device}
	last, known := w.counters[who]
	if !known {
		if err := w.last.QueryRow(row.Room[:], row.Device[:]).Scan(&last); err != nil {
			return err
		}
	}
	a.outcome, a.last = chat.Conflict, last
	switch {
	case row.Counter == last+1:
		res, err := w.insert.Exec(row.Room[:], row.Device[:], row.Counter, row.ID[:], row.Received, row.Envelope, row.Signature)
		if err != nil {
			return err
		}
		seq, err := res.LastInsertId()
		if err != nil {
			return err
		}
		row.Seq = uint64(seq)
		last = row.Counter
		a.outcome, a.last = chat.Appended, last
		if a.file != nil {
			if _, err := w.mark.Exec(seq, a.file[:]); err != nil {
				return err
			}
		}
	case row.Counter > 0 && row.Counter <= last:
		var seq uint64
		var id []byte
		var received int64
		if err := w.find.QueryRow(row.Room[:], row.Device[:], row.Counter).Scan(&seq, &id, &received); err != nil {
			return err
		}
		if string(id) == string(row.ID[:]) {
			row.Seq, row.Received = seq, received
			a.outcome = chat.Repeated
		}
	}
	w.counters[who] = last
	return nil
}

// After returns rows of a room after seq, the oldest first: at least one if
// there is one, and no more than fit maxBytes of envelopes or maxRows. more
// says whether others follow.
func (db *DB) After(ctx context.Context, room chat.RoomID, seq uint64, maxRows, maxBytes int) (rows []chat.Row, more bool, err error) {
	r, err := db.db.Read().QueryContext(ctx, `SELECT e.seq, e.received, d.id, e.counter, e.id, e.envelope, e.signature, e.hash
		FROM envelope e JOIN device d ON d.n = e.device
		WHERE e.room = (SELECT n FROM room WHERE id = ?) AND e.seq > ? ORDER BY e.seq LIMIT ?`, room[:], int64(min(seq, 1<<63-1)), maxRows+1)
	if err != nil {
		return nil, false, fmt.Errorf("read messages: %w", sqlite.Explain(err))
	}
	defer r.Close()
	bytes := 0
	for r.Next() {
		row := chat.Row{Room: room}
		var device, id, hash []byte
		if err := r.Scan(&row.Seq, &row.Received, &device, &row.Counter, &id, &row.Envelope, &row.Signature, &hash); err != nil {
			return nil, false, fmt.Errorf("read messages: %w", sqlite.Explain(err))
		}
		copy(row.Device[:], device)
		copy(row.ID[:], id)
		copy(row.Hash[:], hash)
		bytes += len(row.Envelope) + len(row.Signature)
		if len(rows) > 0 && (bytes > maxBytes || len(rows) == maxRows) {
			return rows, true, nil
		}
		rows = append(rows, row)
	}
	if err := r.Err(); err != nil {
		return nil, false, fmt.Errorf("read messages: %w", sqlite.Explain(err))
	}
	return rows, false, nil
}

// Head returns the seq of the last row of a room, 0 if it has none.
func (db *DB) Head(ctx context.Context, room chat.RoomID) (uint64, error) {
	var seq uint64
	err := db.db.Read().QueryRowContext(ctx, "SELECT coalesce(max(seq), 0) FROM envelope WHERE room = (SELECT n FROM room WHERE id = ?)", room[:]).Scan(&seq)
	if err != nil {
		return 0, fmt.Errorf("read last message: %w", sqlite.Explain(err))
	}
	return seq, nil
}
