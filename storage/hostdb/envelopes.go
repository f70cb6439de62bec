package hostdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

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
	markBlob   = `UPDATE blob SET last = ?1, saved = iif(seq = 0, ?2, saved), seq = iif(seq = 0, ?1, seq) WHERE root = ?3`
	lastCommit = `SELECT commit_seq FROM room WHERE id = ?`
	noteCommit = `UPDATE room SET commit_seq = ? WHERE id = ?`
)

// appending is a row on its way to the disk.
type appending struct {
	*chat.Post
	size    int
	outcome chat.Outcome
	last    uint64
	done    func(chat.Outcome, uint64, error)
}

// Append hands over a row, with what belongs to it, to be stored and returns at
// once. done is called exactly once, unless Append returns an error, on the
// store's goroutine, in the order in which rows of all rooms were committed, with
// the outcome and the last counter that is stored of the row's device in its room.
// Before, Seq is set, and Received if the row is Repeated. done must be quick.
//
// All of p is the store's until done is called. The row's device must be one of
// the stored devices, and its room one of the rooms. Errors of Append are ErrBusy
// and sqlite.ErrClosed; done gets those of the disk, chat.ErrDiskFull among them,
// and then nothing was stored.
func (db *DB) Append(p *chat.Post, done func(outcome chat.Outcome, last uint64, err error)) error {
	size := len(p.Row.Envelope)
	for i := range p.Mails {
		size += len(p.Mails[i].Data)
	}
	db.mu.Lock()
	switch {
	case db.closed:
		db.mu.Unlock()
		return sqlite.ErrClosed
	case db.bytes+size > MaxWaiting:
		db.mu.Unlock()
		return ErrBusy
	}
	db.bytes += size
	db.waiting = append(db.waiting, &appending{Post: p, size: size, done: done})
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
		db.bytes -= a.size
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

// writer appends rows within one transaction. Counters and commits that it has
// seen it knows: nobody else appends to a room of messages at the same time.
type writer struct {
	tx                               *sql.Tx
	insert, last, find, mark, commit *sql.Stmt
	counters                         map[author]uint64
	commits                          map[chat.RoomID]uint64 // seq of the last commit
}

type author struct {
	room   chat.RoomID
	device chat.DeviceID
}

func (db *DB) writerOf(tx *sql.Tx) *writer {
	ctx := context.Background()
	return &writer{
		tx:     tx,
		insert: tx.StmtContext(ctx, db.insert), last: tx.StmtContext(ctx, db.last),
		find: tx.StmtContext(ctx, db.find), mark: tx.StmtContext(ctx, db.mark), commit: tx.StmtContext(ctx, db.commit),
		counters: make(map[author]uint64),
	}
}

// append stores a row, or says in its outcome why not.
func (w *writer) append(a *appending) error {
	row, who := a.Row, author{a.Row.Room, a.Row.Device}
	last, known := w.counters[who]
	if !known {
		if err := w.last.QueryRow(row.Room[:], row.Device[:]).Scan(&last); err != nil {
			return err
		}
	}
	a.outcome, a.last = chat.Conflict, last
	w.counters[who] = last
	if row.Counter > 0 && row.Counter <= last {
		return w.repeat(a)
	}
	if a.Sealed {
		// Before the counter is looked at: those behind one that is stale are
		// stale too, and no gap.
		commit, err := w.lastCommit(row.Room)
		if err != nil {
			return err
		}
		if a.Seen < commit {
			a.outcome = chat.Stale
			return nil
		}
	}
	if row.Counter != last+1 {
		return nil
	}
	if err := mailFit(w.tx, a.Mails); errors.Is(err, errFull) {
		a.outcome = chat.Full
		return nil
	} else if err != nil {
		return err
	}
	res, err := w.insert.Exec(row.Room[:], row.Device[:], row.Counter, row.ID[:], row.Received, row.Envelope, row.Signature)
	if err != nil {
		return err
	}
	seq, err := res.LastInsertId()
	if err != nil {
		return err
	}
	row.Seq = uint64(seq)
	if err := w.belongings(a.Post); err != nil {
		return err
	}
	w.counters[who] = row.Counter
	a.outcome, a.last = chat.Appended, row.Counter
	return nil
}

// repeat finds the row that a retry repeats.
func (w *writer) repeat(a *appending) error {
	row := a.Row
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
	return nil
}

// belongings stores what belongs to a row that was just appended.
func (w *writer) belongings(p *chat.Post) error {
	saved := -1
	if p.Files {
		saved = 0
	}
	for i := range p.Blobs {
		if _, err := w.mark.Exec(p.Row.Seq, saved, p.Blobs[i][:]); err != nil {
			return err
		}
	}
	if p.Commit {
		if _, err := w.tx.Exec(noteCommit, p.Row.Seq, p.Row.Room[:]); err != nil {
			return err
		}
		w.commits[p.Row.Room] = p.Row.Seq // lastCommit has made the map
	}
	if err := changeMembers(w.tx, p.Row, p.Members); err != nil {
		return err
	}
	return putMails(w.tx, p.Mails, p.Row.Seq, p.Row.Received)
}

// lastCommit returns the seq of a room's last commit, 0 if it has none.
func (w *writer) lastCommit(room chat.RoomID) (uint64, error) {
	seq, known := w.commits[room]
	if known {
		return seq, nil
	}
	if err := w.commit.QueryRow(room[:]).Scan(&seq); err != nil {
		return 0, err
	}
	if w.commits == nil {
		w.commits = make(map[chat.RoomID]uint64)
	}
	w.commits[room] = seq
	return seq, nil
}

// After returns rows of a room after seq, the oldest first: at least one if
// there is one, and no more than fit maxBytes of envelopes or maxRows. more
// says whether others follow.
func (db *DB) After(ctx context.Context, room chat.RoomID, seq uint64, maxRows, maxBytes int) (rows []chat.Row, more bool, err error) {
	return db.rows(ctx, `e.seq > ? ORDER BY e.seq`, room, min(seq, 1<<63-1), maxRows, maxBytes)
}

// Before returns the last rows of a room before seq, the oldest first: at least one
// if there is one, and no more than fit maxBytes of envelopes or maxRows.
func (db *DB) Before(ctx context.Context, room chat.RoomID, seq uint64, maxRows, maxBytes int) ([]chat.Row, error) {
	rows, _, err := db.rows(ctx, `e.seq < ? ORDER BY e.seq DESC`, room, min(seq, 1<<63-1), maxRows, maxBytes)
	slices.Reverse(rows)
	return rows, err
}

// rows returns those rows of a room that where names, in its order, as many as fit.
func (db *DB) rows(ctx context.Context, where string, room chat.RoomID, seq uint64, maxRows, maxBytes int) (rows []chat.Row, more bool, err error) {
	r, err := db.db.Read().QueryContext(ctx, `SELECT e.seq, e.received, d.id, e.counter, e.id, e.envelope, e.signature, e.hash
		FROM envelope e JOIN device d ON d.n = e.device
		WHERE e.room = (SELECT n FROM room WHERE id = ?) AND `+where+` LIMIT ?`, room[:], int64(seq), maxRows+1)
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
