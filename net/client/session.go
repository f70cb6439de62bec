package client

import (
	"context"
	"fmt"
	"time"

	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// maxBatch is how many delivered rows are written in one transaction.
const maxBatch = 512

// session is one logged-in connection. The goroutine of run owns it.
type session struct {
	c        *Client
	line     *line
	device   chat.DeviceID
	envelope identity.PrivateKey
	keeper   *keeper
	active   bool
	listing  []clientdb.Account // a list of people that is still coming
	listed   []clientdb.Account // changes of people that are not written yet
	outbox   map[chat.RoomID]*outbox
	flying   int // bytes of messages that were posted and not answered
	acks     []clientdb.Ack
	rows     map[chat.RoomID][]wire.Row // delivered, not processed yet
	waiting  int                        // rows in it
	dirAsked bool                       // held rows wait for a Fetch of the directory
}

func newSession(ctx context.Context, c *Client, l *line) (*session, error) {
	c.mu.Lock()
	keys := c.place.Keys
	c.mu.Unlock()
	s := &session{c: c, line: l, outbox: make(map[chat.RoomID]*outbox), rows: make(map[chat.RoomID][]wire.Row)}
	var err error
	if s.device, err = transportID(keys); err != nil {
		return nil, err
	}
	if s.envelope, err = identity.NewPrivateKey(keys.Envelope[:]); err != nil {
		return nil, err
	}
	s.keeper, err = newKeeper(ctx, c)
	return s, err
}

// run handles messages until the connection or ctx ends.
func (s *session) run(ctx context.Context, first *wire.Session) error {
	defer s.c.setLine(nil)
	defer s.c.files.disconnected()
	if err := s.handle(ctx, first); err != nil {
		return err
	}
	var timer *time.Timer
	var due <-chan time.Time
	for {
		select {
		case m := <-s.line.in:
			if err := s.drain(ctx, m); err != nil {
				return err
			}
		case <-s.line.done:
			for { // what came before the end
				select {
				case m := <-s.line.in:
					if err := s.drain(ctx, m); err != nil {
						return err
					}
					continue
				default:
				}
				return s.line.err
			}
		case <-s.c.wake:
			for _, o := range s.outbox {
				o.empty = false
			}
		case <-due:
			due = nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		next, err := s.pump(ctx)
		if err != nil {
			return err
		}
		if timer != nil {
			timer.Stop()
			due = nil
		}
		if !next.IsZero() {
			timer = time.NewTimer(next.Sub(s.c.now()))
			due = timer.C
		}
	}
}

// drain handles a message and those that wait behind it, so that many rows
// share one transaction.
func (s *session) drain(ctx context.Context, m wire.Message) error {
	for {
		if err := s.handle(ctx, m); err != nil {
			return err
		}
		if s.waiting >= maxBatch || len(s.listed) >= maxBatch {
			break
		}
		select {
		case m = <-s.line.in:
			continue
		default:
		}
		break
	}
	for room, rows := range s.rows {
		if len(rows) > 0 {
			s.rows[room] = rows[:0]
			if err := s.take(ctx, s.keeper.ledgers[room], rows); err != nil {
				return err
			}
		}
	}
	s.waiting = 0
	if len(s.listed) > 0 {
		if err := s.c.db.SetListed(ctx, s.listed, false); err != nil {
			return err
		}
		s.listed = nil
	}
	return s.acknowledge(ctx)
}

// handle takes one message. An error ends the connection.
func (s *session) handle(ctx context.Context, m wire.Message) error {
	c := s.c
	switch m := m.(type) {
	case *wire.Session:
		return s.state(ctx, m)
	case *wire.Goodbye:
		return reasonOf(m)
	case *wire.Failure:
		return reasonOf(m) // of a Fetch: without it nothing comes any more
	case *wire.Rows:
		return s.fetched(ctx, m)
	case *wire.Deliver:
		if l := s.keeper.ledgers[m.Room]; l != nil && l.live {
			s.rows[m.Room] = append(s.rows[m.Room], m.Row)
			s.waiting++
		}
		return nil
	case *wire.Posted:
		return s.posted(ctx, m)
	case *wire.Typing:
		c.mu.Lock()
		changed := c.typing.Show(m.Room, m.Account, c.now())
		c.mu.Unlock()
		if changed {
			c.feed.publish(func(ch *Changes) { ch.Typing = map[chat.RoomID]bool{m.Room: true} })
		}
		return nil
	case *wire.People:
		return s.people(ctx, m)
	case *wire.Presence:
		c.mu.Lock()
		if p := c.people[m.Account]; p != nil {
			p.Online = m.Online
			if m.Seen != 0 {
				p.Seen = timeOf(m.Seen)
			}
		}
		c.mu.Unlock()
		c.feed.publish(func(ch *Changes) { ch.People = true })
		return nil
	case *wire.Place:
		err := c.savePlace(ctx, func(p *clientdb.Place) { p.Name, p.Mode, p.MaxFile, p.Owner = m.Name, m.Mode, m.MaxFile, m.Owner })
		c.feed.publish(func(ch *Changes) { ch.Place = true })
		return err
	case *wire.BlobState, *wire.Pull, *wire.Piece, *wire.Cancel:
		return c.files.incoming(m)
	}
	return nil // nothing for a member, or of no use here
}

// state takes what the host says of this device's account.
func (s *session) state(ctx context.Context, m *wire.Session) error {
	c := s.c
	if m.Device != s.device {
		return fmt.Errorf("%w: session of another device", ErrProtocol)
	}
	if err := c.sessionChanged(ctx, m); err != nil {
		return err
	}
	if m.State != chat.Active {
		c.setState(State{Phase: WaitingApproval})
		return nil
	}
	if s.active {
		return nil
	}
	s.active = true
	c.setLine(s.line)
	c.files.connected(s.line)
	c.setState(State{Phase: Online})
	return s.fetch(s.keeper.ledgers[chat.Directory])
}

// fetch asks for the next rows of a room. The first time on a connection it asks
// for the last row that is here as well: a host that was restored from a backup
// has none or another one in its place.
func (s *session) fetch(l *ledger) error {
	if l.asked {
		return nil
	}
	l.asked = true
	after := l.cursor
	if !l.same && after > 0 {
		after--
	}
	return s.line.send(&wire.Fetch{Room: l.id, After: after})
}

// stillThere compares the first row of a Fetch with the last one that is here,
// and returns those behind it. ErrHostRestored says that it is another one.
func (s *session) stillThere(ctx context.Context, l *ledger, m *wire.Rows) ([]wire.Row, error) {
	if len(m.Rows) == 0 || m.Rows[0].Seq != l.cursor {
		return nil, fmt.Errorf("%w: row %d is missing", ErrHostRestored, l.cursor)
	}
	if row := &m.Rows[0]; len(row.Envelope) > 0 { // its content may have been deleted since
		have, err := s.c.db.Message(ctx, l.cursor)
		if err != nil {
			return nil, err
		}
		env, err := wire.ParseEnvelope(row.Envelope)
		if known := have.Flags&(clientdb.Malformed|clientdb.Deleted) == 0; known && (err != nil || env.ID != have.ID) {
			return nil, fmt.Errorf("%w: row %d is another one", ErrHostRestored, l.cursor)
		}
	}
	return m.Rows[1:], nil
}

// fetched takes an answer to Fetch.
func (s *session) fetched(ctx context.Context, m *wire.Rows) error {
	l := s.keeper.ledgers[m.Room]
	if l == nil || !l.asked {
		return fmt.Errorf("%w: rows that nobody asked for", ErrProtocol)
	}
	l.asked = false
	rows := m.Rows
	if !l.same && l.cursor > 0 {
		var err error
		if rows, err = s.stillThere(ctx, l, m); err != nil {
			return err
		}
	}
	first := !l.same
	l.same = true
	before := l.cursor + uint64(len(l.held))
	if err := s.take(ctx, l, rows); err != nil {
		return err
	}
	if !m.Live && first && len(rows) == 0 && len(m.Rows) > 0 {
		return s.fetch(l) // the answer had room for the one row only
	}
	if !m.Live {
		if l.cursor+uint64(len(l.held)) == before {
			return fmt.Errorf("%w: no rows and no end", ErrProtocol)
		}
		if len(l.held) > 0 {
			return nil // goes on when these are through
		}
		return s.fetch(l)
	}
	l.live, l.first = true, false
	if l.id != chat.Directory {
		signal(s.c.wake) // what waits may be sent
		return nil
	}
	// The directory is complete. Whatever waited for it, or came before, goes on.
	s.dirAsked = false
	for _, id := range s.keeper.order {
		r := s.keeper.ledgers[id]
		if r == l {
			continue
		}
		if len(r.held) > 0 {
			r.force = true
			if err := s.take(ctx, r, nil); err != nil {
				return err
			}
		}
		if !r.live {
			if err := s.fetch(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// take processes rows of a room and does what they call for.
func (s *session) take(ctx context.Context, l *ledger, rows []wire.Row) error {
	t, err := s.keeper.take(ctx, l, rows)
	if err != nil {
		return err
	}
	if t.held && !s.dirAsked {
		s.dirAsked = true
		dir := s.keeper.ledgers[chat.Directory]
		if err := s.fetch(dir); err != nil {
			return err
		}
	}
	if o := s.outbox[l.id]; o != nil {
		for i := range t.messages {
			o.came(t.messages[i].ID)
		}
	}
	s.c.files.arrived(ctx, t.messages, l.first)
	return nil
}

// people takes what the host says of accounts.
func (s *session) people(ctx context.Context, m *wire.People) error {
	c := s.c
	now := c.nowMS()
	var changed []clientdb.Account
	for _, p := range m.People {
		name, _, err := chat.NormalName(p.Name)
		if err != nil || name != p.Name {
			continue // no client could have registered it
		}
		changed = append(changed, clientdb.Account{ID: p.Account, Name: p.Name, Role: p.Role, State: p.State, Seen: p.Seen, FirstSeen: now})
	}
	if m.First {
		s.listing = []clientdb.Account{}
	}
	if s.listing != nil {
		s.listing = append(s.listing, changed...)
		if len(s.listing) > maxPeople {
			return fmt.Errorf("%w: more than %d people", ErrProtocol, maxPeople)
		}
		if !m.Last {
			c.notePeople(m.People, nil)
			return nil
		}
		all := s.listing
		s.listing, s.listed = nil, nil // the whole list has everything
		if err := c.db.SetListed(ctx, all, true); err != nil {
			return err
		}
		c.notePeople(m.People, all)
		return nil
	}
	s.listed = append(s.listed, changed...)
	c.notePeople(m.People, nil)
	return nil
}

// maxPeople bounds the list of people that a host may send.
const maxPeople = 100_000

// notePeople shows what the host says of people, but for those whose names the
// directory gives to others (see claimLocked). whole, if not nil, is the whole
// list: who is not in it has left.
func (c *Client) notePeople(people []wire.Person, whole []clientdb.Account) {
	hidden := 0
	c.mu.Lock()
	for _, w := range people {
		p := c.people[w.Account]
		if p == nil || !p.Pinned {
			if p != nil && p.Name != w.Name {
				c.hideLocked(p)
				p = nil
			}
			if !c.claimLocked(w.Name, w.Account, false) {
				hidden++
				continue
			}
			if p == nil {
				p = &Person{Account: w.Account}
				c.people[w.Account] = p
			}
			p.Name = w.Name
		}
		p.Role, p.State, p.Online, p.Until, p.By = w.Role, w.State, w.Online, timeOf(w.Until), w.By
		if w.Seen != 0 {
			p.Seen = timeOf(w.Seen)
		}
	}
	if whole != nil {
		listed := make(map[chat.AccountID]bool, len(whole))
		for _, a := range whole {
			listed[a.ID] = true
		}
		for id, p := range c.people {
			if !listed[id] {
				p.State, p.Online = 0, false
				if !p.Pinned {
					c.hideLocked(p)
				}
			}
		}
	}
	c.mu.Unlock()
	if hidden > 0 {
		c.log.Warn("people not shown, whose names are those of others or no names", "people", hidden)
	}
	c.feed.publish(func(ch *Changes) { ch.People = true })
}
