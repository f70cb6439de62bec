package client

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
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
	c         *Client
	line      *line
	device    chat.DeviceID
	envelope  identity.PrivateKey
	keeper    *keeper
	active    bool
	restored  bool               // the host's store is another one than at the last time
	lineage   [16]byte           // that of now; it is saved once every room is through
	reoffers  bool               // restored, and the host takes lost rows back
	listing   []clientdb.Account // a list of people that is still coming
	listed    []clientdb.Account // changes of people that are not written yet
	outbox    map[chat.RoomID]*outbox
	flying    int // bytes of messages that were posted and not answered
	acks      []clientdb.Ack
	rows      map[chat.RoomID][]wire.Row       // delivered, not processed yet
	waiting   int                              // rows in it
	infos     map[chat.RoomID]wire.RoomInfo    // the host's list of rooms
	listedAll bool                             // that is complete
	mails     []*letter                        // not taken yet
	stock     *wire.KeyPackageCount            // how many key packages the host has, if it told
	stocking  bool                             // new ones are on their way
	jobs      chan func(context.Context) error // of others, for the goroutine of run
	tend      chan struct{}                    // wakes the steward
	tried     map[chat.DeviceID]attempt        // how often a device was to be brought in
	telling   map[chat.DeviceID][]byte         // devices of this account that are being told of the past, and for which key
	answered  map[asker]time.Time              // when a device that lost a room was answered last
	strangers map[chat.DeviceID]time.Time      // devices of others that are in no room, and since when that is known
	ctx       context.Context                  // of run: for goroutines that jobs start
	ended     chan struct{}                    // closed when run ends
	wg        sync.WaitGroup                   // goroutines of the session
	mates     *mates                           // what the other devices of the account were told; nil until it is read
	dirAsked  bool                             // held rows wait for a Fetch of the directory
	tidied    time.Time                        // when the own devices were looked at
	mailDue   bool                             // mails that had to wait may go on
	peek      peek                             // the last question for rows out of their turn
	coming    map[chat.RoomID]time.Time        // rooms whose welcome has not come, and since when that is known
}

func newSession(ctx context.Context, c *Client, l *line) (*session, error) {
	c.mu.Lock()
	keys := c.place.Keys
	c.mu.Unlock()
	s := &session{
		c: c, line: l, outbox: make(map[chat.RoomID]*outbox), rows: make(map[chat.RoomID][]wire.Row),
		infos: make(map[chat.RoomID]wire.RoomInfo), jobs: make(chan func(context.Context) error, maxJobs), tend: make(chan struct{}, 1),
		tried: make(map[chat.DeviceID]attempt), strangers: make(map[chat.DeviceID]time.Time), answered: make(map[asker]time.Time), telling: make(map[chat.DeviceID][]byte), ended: make(chan struct{}),
		coming: make(map[chat.RoomID]time.Time),
	}
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
	ctx, stop := context.WithCancel(ctx)
	defer s.wg.Wait()
	defer stop()
	defer s.giveUp()
	defer close(s.ended)
	defer s.c.setLine(nil, nil)
	defer s.c.files.disconnected()
	s.ctx = ctx
	s.background(s.steward)
	s.background(s.carryLetters)
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
		case job := <-s.jobs:
			if err := job(ctx); err != nil {
				return err
			}
		case <-due:
			due = nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if s.mailDue {
			s.mailDue = false
			if err := s.tryMails(ctx); err != nil {
				return err
			}
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
			l := s.keeper.ledgers[room]
			if l == nil {
				delete(s.rows, room)
				continue
			}
			if err := s.take(ctx, l, rows); err != nil {
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
		if err := s.fetched(ctx, m); err != nil {
			return err
		}
		return s.fetchMore() // whatever became of that room
	case *wire.Peeked:
		return s.peeked(ctx, m)
	case *wire.Reoffered:
		return s.reoffered(ctx, m)
	case *wire.Rooms:
		return s.roomsListed(ctx, m)
	case *wire.Mail:
		return s.mailCame(ctx, m)
	case *wire.KeyPackageCount:
		s.stock = m
		return s.stockPackages(ctx)
	case *wire.Signal:
		s.signalled(ctx, m)
		return nil
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
		p := c.people[m.Account]
		changed := (p == nil || !p.Blocked) && c.typing.Show(m.Room, m.Account, c.now())
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
		c.keepRules(chat.FileRules{})
		err := c.savePlace(ctx, func(p *clientdb.Place) { p.Name, p.Mode, p.MaxFile, p.Owner = m.Name, m.Mode, m.MaxFile, m.Owner })
		c.feed.publish(func(ch *Changes) { ch.Place = true })
		return err
	case *wire.FileRules:
		c.keepRules(chat.FileRules{Total: max(0, m.Total), Keep: max(0, m.Keep)})
		c.feed.publish(func(ch *Changes) { ch.Place = true })
		return nil
	case *wire.DeviceCame, *wire.DeviceRelay, *wire.DeviceEnd:
		c.toPairing(m)
		return nil
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
	c.setLine(s.line, s)
	c.files.connected(s.line)
	c.setState(State{Phase: Online})
	if s.restored { // a host that knows nothing of this does not answer
		if err := s.line.send(&wire.Reoffer{Room: chat.Directory}); err != nil {
			return err
		}
	}
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
	if !l.chained {
		l.same = true // its history begins here
		return s.line.send(&wire.Fetch{Room: l.id, After: l.cursor, Chain: true})
	}
	after := l.cursor
	if !l.same && after > l.since {
		after--
	}
	return s.line.send(&wire.Fetch{Room: l.id, After: after})
}

// stillThere compares the first row of a Fetch with the last one that is here,
// and returns those behind it. ErrHostRestored says that it is another one.
func (s *session) stillThere(ctx context.Context, l *ledger, m *wire.Rows) ([]wire.Row, error) {
	if len(m.Rows) == 0 || m.Rows[0].Seq != l.cursor {
		// The cursor may be where a lost row was passed already.
		_, err := s.c.db.Message(ctx, l.cursor)
		if errors.Is(err, clientdb.ErrNotFound) {
			return m.Rows, nil
		}
		if err != nil || !s.restored {
			return nil, errors.Join(err, fmt.Errorf("%w: row %d is missing", ErrHostRestored, l.cursor))
		}
		if s.mayReoffer(l) {
			return nil, s.reoffer(l)
		}
		// The host says that it was restored: it goes on with what it has, and the
		// history here stays what it is.
		s.c.log.Warn("the host lost rows when it was restored", "last_row", l.cursor)
		// The chain goes on from what the host has, which is asked for: else all that
		// others say they have seen would be of another history for ever. What was
		// sealed and not sent says that this device saw the lost rows.
		l.chained = false
		err = s.c.db.Step(ctx, clientdb.Step{Room: l.id, Change: func(r *clientdb.Room) { r.Chained = false }})
		if err == nil && l.sealed != nil {
			err = s.c.db.Unseal(ctx, l.id, [2]uint16{uint16(wire.KindCommit), uint16(wire.KindProposal)})
		}
		if err == nil {
			err = s.c.db.PassLost(ctx, l.id, l.cursor)
		}
		l.cursor++
		return nil, err
	}
	if row := &m.Rows[0]; len(row.Envelope) > 0 { // its content may have been deleted since
		have, err := s.c.db.Message(ctx, l.cursor)
		if err != nil {
			return nil, err
		}
		env, err := wire.ParseEnvelope(row.Envelope)
		if known := have.Flags&(clientdb.Malformed|clientdb.Deleted) == 0; known && (err != nil || env.ID != have.ID) {
			if s.restored && s.mayReoffer(l) {
				return nil, s.reoffer(l)
			}
			return nil, fmt.Errorf("%w: row %d is another one", ErrHostRestored, l.cursor)
		}
	}
	return m.Rows[1:], nil
}

// noteLineage saves that the host's store is another one, once every room has
// gone on with it.
func (s *session) noteLineage(ctx context.Context) error {
	c := s.c
	c.mu.Lock()
	known := c.place.Lineage
	c.mu.Unlock()
	if known == s.lineage {
		return nil
	}
	for _, l := range s.keeper.ledgers {
		if !l.live && s.restored {
			return nil
		}
	}
	return c.savePlace(ctx, func(p *clientdb.Place) { p.Lineage = s.lineage })
}

// fetched takes an answer to Fetch.
func (s *session) fetched(ctx context.Context, m *wire.Rows) error {
	l := s.keeper.ledgers[m.Room]
	if l == nil && m.Room != chat.Directory {
		return nil // this person left in the meantime
	}
	if l == nil || !l.asked {
		return fmt.Errorf("%w: rows that nobody asked for", ErrProtocol)
	}
	l.asked = false
	if l.sealed != nil {
		if m.Since > l.cursor {
			return s.over(ctx, l, m.Since) // the host has nothing more of the time that was being read
		}
		l.span = m.Since
	}
	rows := m.Rows
	if !l.chained {
		if len(m.Chain) != 32 {
			return fmt.Errorf("%w: no chain", ErrProtocol)
		}
		chain := [32]byte(m.Chain)
		err := s.c.db.Step(ctx, clientdb.Step{Room: l.id, Change: func(r *clientdb.Room) { r.Chain, r.Chained = chain, true }})
		if err != nil {
			return err
		}
		l.chain, l.chained = chain, true
	}
	if !l.same && l.cursor > l.since {
		var err error
		if rows, err = s.stillThere(ctx, l, m); err != nil || l.offer != nil {
			return err
		}
		if !l.chained {
			return s.fetch(l)
		}
	}
	first := !l.same
	l.same = true
	if err := errors.Join(s.peekAhead(l, m), s.fetchAhead(l, m, rows)); err != nil {
		return err
	}
	before := l.cursor + uint64(len(l.held))
	if err := s.take(ctx, l, rows); err != nil {
		return err
	}
	if s.keeper.ledgers[m.Room] != l {
		return nil // a row took this person out
	}
	if l.sealed != nil && m.Live && m.Until != 0 {
		if len(l.held) > 0 {
			return nil // asks again when these are through
		}
		return s.over(ctx, l, 0)
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
	if err := s.endEarly(l); err != nil {
		return err
	}
	if err := s.nothingToOffer(ctx, l); err != nil {
		return err
	}
	l.counted = false
	if err := s.noteLineage(ctx); err != nil {
		return err
	}
	if l.id != chat.Directory {
		signal(s.c.wake) // what waits may be sent
		signal(s.tend)
		if l.sealed != nil && len(s.mails) > 0 { // somebody may have asked about the room
			if err := s.tryMails(ctx); err != nil {
				return err
			}
		}
		return s.fetchMore()
	}
	// The directory is complete. Whatever waited for it, or came before, goes on.
	s.dirAsked = false
	for _, id := range slices.Clone(s.keeper.order) {
		r := s.keeper.ledgers[id]
		if r == nil || r == l {
			continue
		}
		if len(r.held) > 0 {
			r.force = true
			if err := s.take(ctx, r, nil); err != nil {
				return err
			}
		}
	}
	if err := s.fetchMore(); err != nil {
		return err
	}
	if err := s.stockPackages(ctx); err != nil {
		return err
	}
	if err := s.introduce(ctx); err != nil {
		return err
	}
	return s.tryMails(ctx)
}

// fetchAhead asks for the rows behind those that came before these are written, so
// that the host and the line work meanwhile. In a sealed room a row may end what is being
// read, and rows that wait for the directory are enough of them.
func (s *session) fetchAhead(l *ledger, m *wire.Rows, rows []wire.Row) error {
	n := len(rows)
	if m.Live || n == 0 || l.sealed != nil || len(l.held) > 0 || rows[n-1].Seq <= l.cursor {
		return nil
	}
	l.asked = true
	return s.line.send(&wire.Fetch{Room: l.id, After: rows[n-1].Seq})
}

// take processes rows of a room and does what they call for.
func (s *session) take(ctx context.Context, l *ledger, rows []wire.Row) error {
	t, err := s.keeper.take(ctx, l, rows)
	if err != nil {
		return err
	}
	if err := s.endEarly(l); err != nil {
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
	if l.sealed != nil {
		if err := s.tookSealed(ctx, l, &t); err != nil {
			return err
		}
	}
	if l.id == chat.Directory && t.people {
		signal(s.tend)
		if err := s.stockPackages(ctx); err != nil {
			return err
		}
		if len(s.mails) > 0 { // one of a new device
			if err := s.tryMails(ctx); err != nil {
				return err
			}
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

// giveUp answers those who wait for something that the connection does not bring
// any more.
func (s *session) giveUp() {
	for _, l := range s.keeper.ledgers {
		if l.sealed == nil {
			continue
		}
		for _, ch := range l.sealed.changes {
			ch.finish(ErrOffline)
		}
	}
}

// tookSealed does what rows of a sealed room call for.
func (s *session) tookSealed(ctx context.Context, l *ledger, t *taken) error {
	c, sr := s.c, l.sealed
	if ref := t.parcel; ref != (wire.BlobRef{}) && !l.fetching {
		s.fetchParcel(l, ref)
	}
	for _, id := range t.mine {
		s.settled(l, id)
	}
	me := s.account()
	for i := range t.messages {
		m := &t.messages[i]
		if shownKind(wire.BodyKind(m.Kind)) && m.Account != me && m.Flags&unbelievable == 0 && !m.Account.IsZero() && m.Seq > sr.told {
			if sr.news <= sr.told {
				sr.newsAt = c.now().Add(receiptWait)
			}
			sr.news = m.Seq
		}
	}
	if len(t.messages) > 0 && sr.blocked {
		s.unblock(l)
	}
	if len(t.messages) > 0 && len(s.mails) > 0 {
		s.mailDue = true // a welcome may have waited for these rows
	}
	if t.left {
		if err := s.over(ctx, l, 0); err != nil {
			return err
		}
	}
	if len(t.mine) > 0 || t.changed || t.broken || !sr.leaving.IsZero() {
		signal(s.tend)
	}
	return nil
}

// fetchParcel fetches the blob that the first held row of a room names.
func (s *session) fetchParcel(l *ledger, ref wire.BlobRef) {
	l.fetching = true
	line := s.line
	s.background(func(ctx context.Context) {
		data, err := s.c.files.getParcel(ctx, line, l.id, ref)
		gone := CodeOf(err) == wire.CodeNoBlob || CodeOf(err) == wire.CodeFileGone
		if err != nil && !gone {
			s.c.log.Warn("part of a commit not fetched", "err", err)
			select { // not at once again
			case <-time.After(time.Second):
			case <-ctx.Done():
			}
		}
		s.tell(ctx, func(ctx context.Context) error {
			l.fetching = false
			switch {
			case gone:
				s.keeper.parcels[ref.Root] = []byte{} // no message: nobody can open that
			case err == nil:
				s.keeper.parcels[ref.Root] = data
			}
			if s.keeper.ledgers[l.id] != l {
				return nil
			}
			if err := s.take(ctx, l, nil); err != nil {
				return err
			}
			if len(l.held) == 0 && !l.live {
				return s.fetch(l)
			}
			return nil
		})
	})
}
