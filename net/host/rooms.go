package host

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
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

// listener is a session to which new rows are delivered.
type listener struct {
	s    *session
	from uint64 // it has all rows up to this one by Fetch
}

// join makes s a listener who has all rows up to from, and sends it msg, the last
// of them. It does neither and reports false if a row after from was delivered to
// others already: then there would be a gap. may is asked under the room's lock
// whether the session's account is still in the room.
func (r *room) join(s *session, from uint64, msg []byte, may func() bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if from < r.head.Load() {
		return false
	}
	if !may() {
		return false
	}
	// Sent under the lock, so that nothing is delivered before it.
	_ = s.l.Send(msg) // its Run returns the error
	if !s.listens(r) {
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
func (r *room) leave(s *session) { r.drop(func(l listener) bool { return l.s == s }) }

// drop ends listening for those that out names.
func (r *room) drop(out func(listener) bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.live = slices.DeleteFunc(r.live, func(l listener) bool {
		if !out(l) {
			return false
		}
		l.s.deaf(r)
		return true
	})
}

// deliver hands messages about rows, in their order, to all who listen and do not
// have them. Each listener gets all of them in a row, so that its writer finds
// them together and seals them as one record. A link that cannot take them ends
// by itself.
func (r *room) deliver(rows []delivery, buf []byte) (listeners int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.head.Store(rows[len(rows)-1].seq)
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

// signal hands a message that may be lost to all who listen and that to names.
func (r *room) signal(msg []byte, to func(*session) bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.live {
		if s := r.live[i].s; to(s) {
			s.l.SendVolatile(msg)
		}
	}
}

// order passes on what the store has committed: one goroutine, in the order of
// the commits, so that everybody sees one order.
type order struct {
	rooms *rooms
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
	post    *chat.Post // what belongs to it; nil: nothing
	from    *session   // who posted it; nil: the host itself, for the directory
	outcome chat.Outcome
	last    uint64
	err     error
}

// changes reports whether the row changed who is in its room.
func (s *stored) changes() bool {
	return s.post != nil && len(s.post.Members) > 0 && s.err == nil && s.outcome == chat.Appended
}

func newOrder(rooms *rooms, log *slog.Logger) *order {
	return &order{rooms: rooms, log: log, wake: make(chan struct{}, 1)}
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
		// Who is out by a row gets that one and none after it: it ends its part.
		n := 1
		for n < len(batch) && batch[n].row.Room == batch[0].row.Room && !batch[n-1].changes() {
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
		if r := o.rooms.get(batch[0].row.Room); r != nil { // else it was deleted
			listeners = r.deliver(rows, buf)
		}
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
	case s.outcome == chat.Stale:
		posted.Code = wire.CodeStale
	case s.outcome == chat.Full:
		posted.Code = wire.CodeTooMany
	default:
		posted.Seq, posted.Time = s.row.Seq, s.row.Received
		if s.last > s.row.Counter { // it was there before, with others behind it
			posted.Counter = s.last
		}
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
	r := h.rooms.get(m.Room)
	if r == nil {
		return s.fail(0, refuse(wire.CodeNoRoom))
	}
	if _, err := s.member(); err != nil {
		return s.fail(0, err)
	}
	// Whoever was taken out and brought in again reads the earlier time to its end.
	scope, ok := h.rooms.scopeAfter(r, s.account, m.After)
	if !ok {
		return s.fail(0, refuse(wire.CodeNoRoom))
	}
	answer := wire.Rows{Room: m.Room, Since: scope.since}
	from, bytes := max(m.After, scope.since), 0
	if m.Chain {
		chain, err := h.chainAt(s, r, from)
		if err != nil {
			return s.fail(0, err)
		}
		answer.Chain = chain[:]
	}
	// A row may be delivered between the look at the disk and joining: then one
	// looks again, as long as the answer has room. The client asks for the rest.
	for try := 0; try < 4 && bytes < rowsBytes && len(answer.Rows) < rowsCount; try++ {
		rows, more, err := h.store.After(s.ctx, m.Room, from, rowsCount-len(answer.Rows), rowsBytes-bytes)
		if err != nil {
			return s.fail(0, err)
		}
		if r.kind.Sealed() {
			// A row that is on disk may be one that takes the account out, or come
			// after it: only of those up to known it is sure what they changed.
			known := r.known.Load()
			if scope, ok = h.rooms.scopeAfter(r, s.account, m.After); !ok {
				return s.fail(0, refuse(wire.CodeNoRoom))
			}
			if scope.out {
				known, answer.Until = scope.until, scope.until
			}
			n, _ := slices.BinarySearchFunc(rows, known+1, func(row chat.Row, seq uint64) int { return cmp.Compare(row.Seq, seq) })
			if n < len(rows) {
				rows, more = rows[:n], false
			}
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
		if scope.out { // that was all there will ever be
			answer.Live, answer.Head = true, scope.until
			s.send(&answer)
			return nil
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
		still := func() bool {
			scope, ok := h.rooms.scopeAfter(r, s.account, m.After)
			return ok && !scope.out
		}
		if r.join(s, from, wire.Append(nil, &answer), still) {
			return nil
		}
	}
	answer.Live = false
	answer.Head = max(r.head.Load(), from)
	s.send(&answer)
	return nil
}

// checkpointRows is after how many rows the chain of a room is noted, so that it
// takes a few milliseconds to compute it for any of them.
const checkpointRows = 1000

// chainAt returns the chain of a room after its last row up to seq. It computes it
// from the last one that is noted, and notes others on the way.
func (h *Host) chainAt(s *session, r *room, seq uint64) (chain [32]byte, err error) {
	if wait := s.rates.lookup(h.now()); wait > 0 {
		return chain, &refusal{code: wire.CodeSlowDown, after: seconds(wait)}
	}
	select { // one at a time: the first one of a long room may read for seconds
	case <-h.chains:
	case <-s.ctx.Done():
		return chain, context.Cause(s.ctx)
	}
	defer func() { h.chains <- struct{}{} }()
	at, chain, err := h.store.Checkpoint(s.ctx, r.id, seq)
	if err != nil {
		return chain, err
	}
	if at == 0 {
		chain = wire.FirstChain(h.key, r.id)
	}
	for n := 1; ; {
		rows, more, err := h.store.After(s.ctx, r.id, at, checkpointRows, 1<<20)
		if err != nil {
			return chain, err
		}
		for i := range rows {
			row := &rows[i]
			if row.Seq > seq {
				return chain, nil
			}
			hash := row.Hash
			if !row.Tombstone() {
				hash = wire.RowHash(row.Envelope, row.Signature)
			}
			at, chain = row.Seq, wire.NextChain(chain, row.Seq, hash)
			if n++; n > checkpointRows {
				n = 1
				if err := h.store.PutCheckpoint(s.ctx, r.id, at, chain); err != nil {
					return chain, err
				}
			}
		}
		if !more {
			return chain, nil
		}
	}
}
