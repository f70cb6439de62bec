package client

import (
	"context"
	"fmt"
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
	if s.restored { // the host may have key packages whose keys this device has used or lost since
		err := c.db.Step(ctx, clientdb.Step{Room: chat.Directory, Change: func(r *clientdb.Room) { r.Healed = 0 }})
		if err != nil {
			return err
		}
	}
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
