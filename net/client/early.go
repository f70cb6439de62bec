package client

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// maxEarlyPages is how many answers to Peek are held at most: 500 rows and half a
// MiB, more than anybody scrolls through in the seconds until the rest is here.
const maxEarlyPages = 10

// peekEvery is the shortest time between two looks at the newest rows of a room whose
// rows are still coming in their order: on a slow line that may take minutes.
const peekEvery = time.Second

// earlyRow is a row that came out of its turn.
type earlyRow struct {
	m    clientdb.Message
	hash [32]byte
}

// early are the last rows of an open room that came out of their turn, before the
// many that this device missed. They are shown, and nothing else: what counts is
// written when they come in their order, and each has to be then what it was here.
// A value is not changed any more once screens can see it.
type early struct {
	room   chat.RoomID
	cursor uint64     // rows up to this one came in their order
	rows   []earlyRow // all of the room's after the first of them, oldest first
	hole   bool       // between cursor and rows some may be missing
	full   bool       // there is nothing more to ask for
	pages  int        // so many answers are in it
}

// low is the seq of the first early row.
func (e *early) low() uint64 { return e.rows[0].m.Seq }

// last is the seq of the last early row.
func (e *early) last() uint64 { return e.rows[len(e.rows)-1].m.Seq }

// at returns the place of a row, and whether it is there.
func (e *early) at(seq uint64) (int, bool) {
	if e == nil {
		return 0, false
	}
	return slices.BinarySearchFunc(e.rows, seq, func(r earlyRow, seq uint64) int { return cmp.Compare(r.m.Seq, seq) })
}

// byID returns the row of a message, nil if it is not among the early ones.
func (e *early) byID(id chat.MessageID) *clientdb.Message {
	if e == nil {
		return nil
	}
	i := slices.IndexFunc(e.rows, func(r earlyRow) bool { return r.m.ID == id })
	if i < 0 {
		return nil
	}
	return &e.rows[i].m
}

// has reports whether a message is among the early rows.
func (e *early) has(id chat.MessageID) bool { return e.byID(id) != nil }

// next takes note of the next row that came in its order. It must be the first early
// one, or lie in the hole before it.
func (e *early) next(seq uint64, hash [32]byte) error {
	switch {
	case len(e.rows) == 0 || e.hole && seq < e.low():
		return nil
	case seq != e.low() || hash != e.rows[0].hash:
		return fmt.Errorf("%w: row %d is not what was shown before its turn", ErrProtocol, min(seq, e.low()))
	}
	e.rows, e.hole = e.rows[1:], false
	return nil
}

// join puts a page of rows to those that are here: the newest of the room, or the ones
// before the first that is here. It returns nil if they do not belong together.
func (e *early) join(page *early, before uint64) (*early, error) {
	switch {
	case before != 0:
		if e == nil || !e.hole || e.low() != before {
			return nil, nil // the rows in their order were faster
		}
		out := *e
		out.rows, out.hole, out.pages = slices.Concat(page.rows, e.rows), page.hole, e.pages+1
		out.full = len(page.rows) == 0
		return &out, nil
	case e == nil || len(e.rows) == 0 || len(page.rows) > 0 && page.low() > e.last():
		return page, nil
	case len(page.rows) == 0:
		return nil, nil
	}
	i, there := page.at(e.last())
	if !there || page.rows[i].hash != e.rows[len(e.rows)-1].hash {
		return nil, fmt.Errorf("%w: row %d is not what was shown a moment ago", ErrProtocol, e.last())
	}
	if i == len(page.rows)-1 {
		return nil, nil // nothing new
	}
	if e.pages >= maxEarlyPages {
		return page, nil
	}
	out := *e
	out.rows, out.pages = slices.Concat(e.rows, page.rows[i+1:]), e.pages+1
	return &out, nil
}

// before puts the early rows into what the store has of a room's timeline before seq
// (0: its end), the last n of both. gap says that between these rows and the earlier
// ones some are missing. show says which ones belong to the timeline.
func (e *early) before(stored []clientdb.Message, seq uint64, n int, show func(*clientdb.Message) bool) (rows []clientdb.Message, gap bool) {
	if seq == 0 {
		seq = math.MaxUint64
	}
	switch {
	case e == nil || len(e.rows) == 0 || e.hole && seq <= e.cursor+1:
		return stored, false
	case e.hole: // what the store has after the first early row is of the directory
		low := e.low()
		stored = slices.DeleteFunc(stored, func(m clientdb.Message) bool { return m.Seq < low })
	}
	rows = e.merge(stored, 0, seq, show)
	return rows[max(0, len(rows)-n):], e.hole && len(rows) < n
}

// after is before, for the first n rows after seq. gap says that those which follow
// are missing.
func (e *early) after(stored []clientdb.Message, seq uint64, n int, show func(*clientdb.Message) bool) (rows []clientdb.Message, gap bool) {
	switch {
	case e == nil || len(e.rows) == 0:
		return stored, false
	case e.hole && seq < e.low():
		stored = slices.DeleteFunc(stored, func(m clientdb.Message) bool { return m.Seq > e.cursor })
		return stored, len(stored) < n
	}
	rows = e.merge(stored, seq, math.MaxUint64, show)
	return rows[:min(n, len(rows))], false
}

// merge puts the early rows between two places into stored ones.
func (e *early) merge(stored []clientdb.Message, after, before uint64, show func(*clientdb.Message) bool) []clientdb.Message {
	here := make(map[uint64]bool, len(stored))
	for i := range stored {
		here[stored[i].Seq] = true
	}
	for i := range e.rows {
		if m := &e.rows[i].m; m.Seq > after && m.Seq < before && !here[m.Seq] && show(m) {
			stored = append(stored, *m)
		}
	}
	slices.SortFunc(stored, func(a, b clientdb.Message) int { return cmp.Compare(a.Seq, b.Seq) })
	return stored
}

// earlyIn returns the early rows of a room, nil for none.
func (c *Client) earlyIn(room chat.RoomID) *early {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.early == nil || c.early.room != room {
		return nil
	}
	return c.early
}

// Gap reports whether messages of a room are still coming that have their places before
// the newest ones which are shown: then nobody can say how many there are.
func (c *Client) Gap(room chat.RoomID) bool {
	e := c.earlyIn(room)
	return e != nil && e.hole
}

// earlyTurn returns a copy of the early rows of a room, to be compared with rows that
// come in their order: see next and passEarly.
func (c *Client) earlyTurn(room chat.RoomID) early {
	if e := c.earlyIn(room); e != nil {
		return *e
	}
	return early{room: room}
}

// showEarly makes e the early rows that screens see, nil for none.
func (c *Client) showEarly(room chat.RoomID, e *early) {
	c.mu.Lock()
	same := c.early == nil && e == nil
	c.early = e
	c.mu.Unlock()
	if !same {
		c.feed.publish(func(ch *Changes) { ch.Early = map[chat.RoomID]bool{room: true} })
	}
}

// dropEarly forgets the early rows of a room.
func (c *Client) dropEarly(room chat.RoomID) {
	if c.earlyIn(room) != nil {
		c.showEarly(room, nil)
	}
}

// forgetEarly forgets all early rows: the host's store is another one now.
func (s *session) forgetEarly() {
	s.c.mu.Lock()
	e := s.c.early
	s.c.mu.Unlock()
	if e != nil {
		s.c.dropEarly(e.room)
	}
}

// refuseEarly forgets the early rows of a room, in which the host has shown something
// else than in their order. It is not asked for any again until the program starts anew.
func (c *Client) refuseEarly(room chat.RoomID, err error) error {
	c.mu.Lock()
	c.inOrder = true
	c.mu.Unlock()
	c.log.Warn("rows shown before their turn are not those of the room", "err", err)
	c.dropEarly(room)
	return err
}

// passEarly notes that rows of a room up to cursor came in their order and were
// written; left is what remains of the early ones.
func (c *Client) passEarly(left early, cursor uint64) {
	was := c.earlyIn(left.room)
	if was == nil {
		return
	}
	if len(left.rows) == 0 {
		c.dropEarly(left.room)
		return
	}
	left.cursor = cursor
	if left.hole == was.hole && len(left.rows) == len(was.rows) {
		c.mu.Lock()
		c.early = &left // nothing that a screen shows
		c.mu.Unlock()
		return
	}
	c.showEarly(left.room, &left)
}

// endEarly looks, once all of a room has come in its order, whether an early row did
// not.
func (s *session) endEarly(l *ledger) error {
	if !l.live || len(l.held) > 0 {
		return nil
	}
	e := s.c.earlyIn(l.id)
	if e == nil {
		return nil
	}
	return s.c.refuseEarly(l.id, fmt.Errorf("%w: row %d was shown before its turn and did not come", ErrProtocol, e.low()))
}

// peek is a question for rows out of their turn.
type peek struct {
	ref    uint32 // 0: none is under way
	room   chat.RoomID
	before uint64
	head   uint64    // the room's last row was at least this one
	at     time.Time // when it was asked
}

// peekAt asks for the last rows of a room before one, or the newest for 0. A host that
// does not know the question never answers, and is not asked again.
func (s *session) peekAt(l *ledger, before, head uint64) error {
	c := s.c
	c.mu.Lock()
	c.lastRef++
	if c.lastRef == 0 {
		c.lastRef++
	}
	s.peek = peek{ref: c.lastRef, room: l.id, before: before, head: head, at: c.now()}
	c.mu.Unlock()
	return s.line.send(&wire.Peek{Ref: s.peek.ref, Room: l.id, Before: before})
}

// peekAhead asks for the newest rows of the room that the person looks at, when an
// answer to Fetch was not the last: more is missing than one answer holds.
func (s *session) peekAhead(l *ledger, m *wire.Rows) error {
	c := s.c
	c.mu.Lock()
	wanted := c.looked == l.id && !c.inOrder
	c.mu.Unlock()
	if m.Live || !wanted || l.kind != chat.RoomOpen || s.peek.ref != 0 {
		return nil
	}
	if e := c.earlyIn(l.id); e != nil && (m.Head <= e.last() || c.now().Sub(s.peek.at) < peekEvery) {
		return nil
	}
	return s.peekAt(l, 0, m.Head)
}

// wantEarly asks for the rows before the early ones of a room, since the person has
// come to the first of them.
func (c *Client) wantEarly(room chat.RoomID) {
	c.poke(func(_ context.Context, s *session) {
		l, e := s.keeper.ledgers[room], c.earlyIn(room)
		if l == nil || l.live || e == nil || !e.hole || e.full || e.pages >= maxEarlyPages || s.peek.ref != 0 {
			return
		}
		if err := s.peekAt(l, e.low(), 0); err != nil {
			c.log.Debug("earlier rows not asked for", "err", err) // the connection has ended
		}
	})
}

// peeked takes rows that came out of their turn. They are checked as any others are,
// but for what their senders had seen: that is not here yet.
func (s *session) peeked(ctx context.Context, m *wire.Peeked) error {
	p := s.peek
	if p.ref == 0 || m.Ref != p.ref {
		return nil // of no use any more
	}
	s.peek.ref = 0
	l := s.keeper.ledgers[p.room]
	if l == nil || l.live {
		return nil // all came in its order meanwhile
	}
	e, err := s.early(ctx, l, &p, m.Rows)
	if err != nil || e == nil {
		return err
	}
	now, err := s.c.earlyIn(l.id).join(e, p.before)
	if err != nil {
		return s.c.refuseEarly(l.id, err)
	}
	if now != nil && len(now.rows) > 0 {
		s.c.showEarly(l.id, now)
	}
	return nil
}

// early checks the rows that answer a peek. It returns nil if they are of no use.
func (s *session) early(ctx context.Context, l *ledger, p *peek, rows []wire.Row) (*early, error) {
	if n := len(rows); p.before == 0 && (n == 0 || rows[n-1].Seq < p.head) {
		return nil, s.c.refuseEarly(l.id, fmt.Errorf("%w: rows are not the newest", ErrProtocol))
	}
	e := &early{room: l.id, cursor: l.cursor, hole: len(rows) > 0, pages: 1}
	last := uint64(0)
	apart := &ledger{id: l.id, since: math.MaxUint64} // there is nothing to compare what was seen with
	for i := range rows {
		row := &rows[i]
		if row.Seq <= last || p.before != 0 && row.Seq >= p.before {
			return nil, s.c.refuseEarly(l.id, fmt.Errorf("%w: rows out of order", ErrProtocol))
		}
		last = row.Seq
		if row.Seq <= l.cursor { // here already
			e.hole = false
			continue
		}
		m, _, ahead, err := s.keeper.check(ctx, apart, row)
		if err != nil {
			return nil, err
		}
		if ahead { // of somebody who is not known yet: it waits for its turn
			if p.before != 0 {
				return nil, nil
			}
			break
		}
		e.rows = append(e.rows, earlyRow{m, rowHash(row)})
	}
	return e, nil
}

// belongs says which early rows are shown in a room: lines of people who are not
// blocked. A second row with the same id is not.
func (c *Client) belongs(room chat.RoomID) func(*clientdb.Message) bool {
	ids := make(map[chat.MessageID]bool)
	return func(m *clientdb.Message) bool {
		c.mu.Lock()
		p := c.people[m.Account]
		blocked := p != nil && p.Blocked
		c.mu.Unlock()
		again := ids[m.ID] && m.ID != (chat.MessageID{})
		ids[m.ID] = true
		return m.Line == room && !blocked && !again
	}
}

// relate sorts what early rows say of others by what they are about.
func (e *early) relate(into map[chat.MessageID][]related) {
	if e == nil {
		return
	}
	for i := range e.rows {
		if m := &e.rows[i].m; m.Target != (chat.MessageID{}) {
			collect(into, []clientdb.Message{*m})
		}
	}
}
