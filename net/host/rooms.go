package host

import (
	"context"
	"log/slog"
	"sync"

	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

const (
	// rowsBytes and rowsCount bound an answer to Fetch, so that it fits one
	// message of 60 KiB with what comes around each row.
	rowsBytes = 48 << 10
	rowsCount = 200

	// maxFlying is how many posts of one connection may be on their way to the
	// disk. A client has 64 at most.
	maxFlying = 256
)

// room is who listens to one room.
type room struct {
	id chat.RoomID

	mu   sync.Mutex // guards what follows; links are sent to under it
	head uint64     // seq of the last row that was delivered
	live []listener
}

// listener is a session to which new rows are delivered.
type listener struct {
	s    *session
	from uint64 // it has all rows up to this one by Fetch
}

// join makes s a listener who has all rows up to from, and sends it msg, the last
// of them. It does neither and reports false if a row after from was delivered to
// others already: then there would be a gap.
func (r *room) join(s *session, from uint64, msg []byte) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if from < r.head {
		return false
	}
	// Sent under the lock, so that nothing is delivered before it.
	_ = s.l.Send(msg) // its Run returns the error
	if s.gone.Load() {
		return true // it hears nothing any more, and must not stay in the list
	}
	for i := range r.live {
		if r.live[i].s == s {
			r.live[i].from = from
			return true
		}
	}
	r.live = append(r.live, listener{s, from})
	return true
}

// leave ends listening.
func (r *room) leave(s *session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.live {
		if r.live[i].s == s {
			last := len(r.live) - 1
			r.live[i] = r.live[last]
			r.live[last] = listener{}
			r.live = r.live[:last]
			return
		}
	}
}

// deliver hands messages about rows, in their order, to all who listen and do not
// have them. Each listener gets all of them in a row, so that its writer finds
// them together and seals them as one record. A link that cannot take them ends
// by itself.
func (r *room) deliver(rows []delivery, buf []byte) (listeners int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.head = rows[len(rows)-1].seq
	for i := range r.live {
		l := &r.live[i]
		for _, d := range rows {
			if l.from < d.seq {
				_ = l.s.l.Send(buf[d.begin:d.end]) // its Run returns the error
			}
		}
	}
	return len(r.live)
}

// delivery is an encoded message about a row, in a buffer.
type delivery struct {
	seq        uint64
	begin, end int
}

// signal hands a message that may be lost to all who listen but those of one
// account.
func (r *room) signal(msg []byte, but chat.AccountID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.live {
		if r.live[i].s.account != but {
			r.live[i].s.l.SendVolatile(msg)
		}
	}
}

// order passes on what the store has committed: one goroutine, in the order of
// the commits, so that everybody sees one order.
type order struct {
	rooms map[chat.RoomID]*room // never changes
	log   *slog.Logger

	mu      sync.Mutex // guards what follows
	waiting []stored   // bounded by what the store and maxFlying let through
	closed  bool
	wake    chan struct{} // has room for one

	buf  []byte // of the goroutine that runs
	rows []delivery
}

// keptBuffer is how large a buffer the order keeps between batches.
const keptBuffer = 1 << 20

// stored is an answer of the store.
type stored struct {
	row     *chat.Row
	from    *session // who posted it; nil: the host itself, for the directory
	outcome chat.Outcome
	last    uint64
	err     error
	file    bool // it hands over a file
}

func newOrder(log *slog.Logger) *order {
	o := &order{rooms: make(map[chat.RoomID]*room), log: log, wake: make(chan struct{}, 1)}
	for _, id := range []chat.RoomID{chat.Directory, chat.Lobby} {
		o.rooms[id] = &room{id: id}
	}
	return o
}

// load learns where the rooms end.
func (o *order) load(ctx context.Context, store Envelopes) error {
	for id, r := range o.rooms {
		head, err := store.Head(ctx, id)
		if err != nil {
			return err
		}
		r.head = head
	}
	return nil
}

// push takes an answer of the store. It never blocks.
func (o *order) push(s ...stored) {
	o.mu.Lock()
	o.waiting = append(o.waiting, s...)
	o.mu.Unlock()
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// close makes run return once all that waits is passed on.
func (o *order) close() {
	o.mu.Lock()
	o.closed = true
	o.mu.Unlock()
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// run passes on until close. after is called with each answer.
func (o *order) run(after func(s stored, listeners int)) {
	var batch []stored
	for {
		o.mu.Lock()
		batch, o.waiting = o.waiting, batch[:0]
		closed := o.closed
		o.mu.Unlock()
		o.pass(batch, after)
		switch {
		case len(batch) > 0:
			clear(batch) // keep no row alive
		case closed:
			return
		default:
			<-o.wake
		}
	}
}

// pass delivers what was stored and answers who posted it. A message is encoded
// once and its bytes are copied into every queue.
func (o *order) pass(batch []stored, after func(stored, int)) {
	for len(batch) > 0 {
		n := 1
		for n < len(batch) && batch[n].row.Room == batch[0].row.Room {
			n++
		}
		listeners := o.deliver(batch[:n])
		for _, s := range batch[:n] {
			o.answer(s)
			after(s, listeners)
		}
		batch = batch[n:]
	}
}

// deliver delivers those of one room that were stored.
func (o *order) deliver(batch []stored) (listeners int) {
	buf, rows := o.buf[:0], o.rows[:0]
	for i := range batch {
		if s := &batch[i]; s.err == nil && s.outcome == chat.Appended {
			begin := len(buf)
			buf = wire.Append(buf, &wire.Deliver{Room: s.row.Room, Row: wireRow(s.row)})
			rows = append(rows, delivery{s.row.Seq, begin, len(buf)})
		}
	}
	if len(rows) > 0 {
		listeners = o.rooms[batch[0].row.Room].deliver(rows, buf)
	}
	if cap(buf) <= keptBuffer {
		o.buf, o.rows = buf, rows
	}
	return listeners
}

// answer tells who posted a row what became of it.
func (o *order) answer(s stored) {
	if s.from == nil {
		return
	}
	posted := wire.Posted{Room: s.row.Room, ID: s.row.ID}
	switch {
	case s.err != nil:
		o.log.Error("message not stored", "err", s.err)
		r := codeOfError(s.err)
		posted.Code, posted.After = r.code, r.after
	case s.outcome == chat.Conflict:
		posted.Code, posted.Counter = wire.CodeConflict, s.last
	default:
		posted.Seq, posted.Time = s.row.Seq, s.row.Received
	}
	s.from.flying.Add(-1)
	s.from.send(&posted)
}

func wireRow(row *chat.Row) wire.Row {
	r := wire.Row{Seq: row.Seq, Received: row.Received, Envelope: row.Envelope, Signature: row.Signature}
	if row.Tombstone() {
		r.Hash = row.Hash[:]
	}
	return r
}

// fetch answers Fetch: the rows after a cursor, as many as fit, and whether the
// session listens from here on.
func (h *Host) fetch(s *session, m *wire.Fetch) error {
	r := h.order.rooms[m.Room]
	if r == nil {
		return s.fail(0, refuse(wire.CodeNoRoom))
	}
	if _, err := s.member(); err != nil {
		return s.fail(0, err)
	}
	answer := wire.Rows{Room: m.Room}
	from, bytes := m.After, 0
	// A row may be delivered between the look at the disk and joining: then one
	// looks again, as long as the answer has room. The client asks for the rest.
	for try := 0; try < 4 && bytes < rowsBytes && len(answer.Rows) < rowsCount; try++ {
		rows, more, err := h.store.After(s.ctx, m.Room, from, rowsCount-len(answer.Rows), rowsBytes-bytes)
		if err != nil {
			return s.fail(0, err)
		}
		for i := range rows {
			size := len(rows[i].Envelope) + len(rows[i].Signature)
			if bytes > 0 && bytes+size > rowsBytes {
				more = true // the one row that is always read does not fit behind others
				break
			}
			bytes += size
			from = rows[i].Seq
			answer.Rows = append(answer.Rows, wireRow(&rows[i]))
		}
		if more {
			break
		}
		if len(answer.Rows) == 0 {
			// A cursor of a store that was restored may lie beyond its end.
			head, err := h.store.Head(s.ctx, m.Room)
			if err != nil {
				return s.fail(0, err)
			}
			from = min(from, head)
		}
		answer.Live, answer.Head = true, from
		if r.join(s, from, wire.Append(nil, &answer)) {
			return nil
		}
	}
	answer.Live = false
	r.mu.Lock()
	answer.Head = max(r.head, from)
	r.mu.Unlock()
	s.send(&answer)
	return nil
}
