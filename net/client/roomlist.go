package client

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/snugchat/snug/crypto/group"
	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/crypto/mls"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// maxRooms bounds the list of rooms that a host may send: all that a place can have.
const maxRooms = 10_000

// fetchesAtOnce is how many rooms are fetched at a time after a log-in.
const fetchesAtOnce = 16

// roomsListed takes what the host says of rooms.
func (s *session) roomsListed(ctx context.Context, m *wire.Rooms) error {
	if m.First {
		s.infos, s.listedAll = make(map[chat.RoomID]wire.RoomInfo), false
	}
	for _, info := range m.Rooms {
		s.infos[info.ID] = info
		if len(s.infos) > maxRooms {
			return fmt.Errorf("%w: more than %d rooms", ErrProtocol, maxRooms)
		}
		if err := s.roomListed(ctx, info); err != nil {
			return err
		}
	}
	if m.Last && !s.listedAll {
		s.listedAll = true
		if err := s.missing(ctx); err != nil {
			return err
		}
	}
	if err := s.tryMails(ctx); err != nil {
		return err
	}
	if err := s.fetchMore(); err != nil {
		return err
	}
	signal(s.tend)
	s.c.feed.publish(func(ch *Changes) { ch.RoomList = true })
	return nil
}

// missing takes rooms that the host does not list any more as gone.
func (s *session) missing(ctx context.Context) error {
	rooms, err := s.c.db.Rooms(ctx)
	if err != nil {
		return err
	}
	for i := range rooms {
		r := &rooms[i]
		if _, listed := s.infos[r.ID]; listed || r.ID == chat.Directory || r.ID == chat.Lobby {
			continue
		}
		if err := s.gone(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// roomListed takes one room of the host's list.
func (s *session) roomListed(ctx context.Context, info wire.RoomInfo) error {
	switch info.ID {
	case chat.Directory:
		return nil
	case chat.Lobby: // listed for its head alone
		s.keeper.ledgers[chat.Lobby].listed(info.Head)
		return nil
	}
	c := s.c
	r, err := c.db.Room(ctx, info.ID)
	known := err == nil
	if err != nil && !errors.Is(err, clientdb.ErrNoRoom) {
		return err
	}
	switch {
	case info.Gone && known:
		return s.ending(ctx, &r, info)
	case info.Gone:
		return nil
	case known && r.Kind != info.Kind:
		c.log.Warn("the host shows a room as one of another kind", "kind", info.Kind)
		return nil // what was sealed stays sealed
	case !known:
		r = s.newRoom(info)
		switch {
		case info.Kind == chat.RoomOpen:
			r.State, r.Name, r.Topic = clientdb.RoomJoined, info.Name, info.Topic
		case !sealedKind(info.Kind):
			return nil // of a later version
		case s.recovering(): // another device of this person is in it
			r.State, r.Since, r.Cursor = clientdb.RoomReturning, info.Head, info.Head
		}
		if err := c.db.EnsureRoom(ctx, r); err != nil {
			return err
		}
	case r.Kind == chat.RoomOpen && (r.Name != info.Name || r.Topic != info.Topic || r.State != clientdb.RoomJoined):
		r.Name, r.Topic, r.State = info.Name, info.Topic, clientdb.RoomJoined
		err := c.db.Step(ctx, clientdb.Step{Room: r.ID, Change: func(to *clientdb.Room) { to.Name, to.Topic, to.State = r.Name, r.Topic, r.State }})
		if err != nil {
			return err
		}
	case following(&r):
		// Another time in the room than the one that is being read: this person was
		// taken out and brought in again. What is left of the earlier time comes first.
		if l := s.keeper.ledgers[r.ID]; l != nil && l.live && l.span != info.Since {
			l.live = false
		}
	case r.State == clientdb.RoomLeft, r.State == clientdb.RoomComing:
		// In it again: a welcome brings the rest, or it was the host's mistake and
		// the group is still here.
		state := clientdb.RoomComing
		if has, err := s.hasGroup(ctx, r.ID); err != nil {
			return err
		} else if has && info.Since <= r.Cursor {
			state = clientdb.RoomJoined
			if stale, err := isStale(c.db.GroupTx(ctx), r.ID); err != nil {
				return err
			} else if stale {
				state = clientdb.RoomBroken
			}
		} else if sealedKind(r.Kind) && info.Since < r.Cursor && r.State == clientdb.RoomLeft {
			// The members took this device out, as it had asked for, and the host
			// was not told: the program ended in between.
			s.tellLeft(r.ID)
			return nil
		}
		if state == r.State {
			break
		}
		if err := s.setRoomState(ctx, r.ID, state); err != nil {
			return err
		}
		r.State = state
	}
	c.mu.Lock()
	c.kinds[r.ID] = r.Kind
	c.mu.Unlock()
	return s.listen(ctx, r)
}

// tellLeft tells the host that this person is in a room no more, beside everything else.
func (s *session) tellLeft(room chat.RoomID) {
	s.background(func(ctx context.Context) {
		if _, err := s.c.do(ctx, func(ref uint32) wire.Message { return &wire.LeaveRoom{Ref: ref, Room: room} }); err != nil {
			s.c.log.Debug("host not told of a room that was left", "err", err)
		}
	})
}

// newRoom is a room of the host's list that is not here yet.
func (s *session) newRoom(info wire.RoomInfo) clientdb.Room {
	return clientdb.Room{
		ID: info.ID, Kind: info.Kind, Maker: info.By, Created: info.Created, State: clientdb.RoomComing,
		Chain: wire.FirstChain(s.keeper.host, info.ID),
	}
}

// following reports whether the rows of a sealed room are being read.
func following(r *clientdb.Room) bool {
	return sealedKind(r.Kind) && (r.State == clientdb.RoomJoined || r.State == clientdb.RoomRequest || lostState(r.State))
}

// hasGroup reports whether the store has the MLS group of a room.
func (s *session) hasGroup(ctx context.Context, room chat.RoomID) (bool, error) {
	d, err := s.keeper.groupDevice()
	if err != nil {
		return false, nil
	}
	_, err = d.Load(s.c.db.GroupTx(ctx), wire.GroupID(s.keeper.host, room))
	if errors.Is(err, mls.ErrNoGroup) {
		return false, nil
	}
	return err == nil, err
}

// staleKey is where the store keeps that the group of a room went on without this
// device, whatever the host says of the room meanwhile.
func staleKey(room chat.RoomID) []byte { return append([]byte("stale "), room[:]...) }

func markStale(tx *clientdb.GroupTx, room chat.RoomID) error {
	return tx.Put(staleKey(room), "group", []byte{wentOn})
}

// Why the group of a room is of no use any more.
const (
	wentOn   = 1 // it has gone on without this device
	wentBack = 2 // the host lost a change that this device has processed
)

// markLost is markStale for a group that is ahead of what the host has.
func markLost(tx *clientdb.GroupTx, room chat.RoomID) error {
	return tx.Put(staleKey(room), "group", []byte{wentBack})
}

// isLost reports whether the group of a room is one for which markLost was called.
func isLost(tx *clientdb.GroupTx, room chat.RoomID) (bool, error) {
	v, err := tx.Get(staleKey(room), "group")
	return len(v) == 1 && v[0] == wentBack, err
}

func isStale(tx *clientdb.GroupTx, room chat.RoomID) (bool, error) {
	v, err := tx.Get(staleKey(room), "group")
	return v != nil, err
}

func unmarkStale(tx *clientdb.GroupTx, room chat.RoomID) error {
	return tx.DeletePrefix(staleKey(room), "")
}

// setRoomState writes how this person stands to a room.
func (s *session) setRoomState(ctx context.Context, room chat.RoomID, state clientdb.RoomState) error {
	if l := s.keeper.ledgers[room]; l != nil && l.sealed != nil {
		l.sealed.state = state
	}
	return s.c.db.Step(ctx, clientdb.Step{Room: room, Change: func(r *clientdb.Room) { r.State = state }})
}

// listen begins to process a room, if there is something to process.
func (s *session) listen(ctx context.Context, r clientdb.Room) error {
	if s.keeper.ledgers[r.ID] != nil {
		return nil
	}
	if sealedKind(r.Kind) && !following(&r) {
		return nil
	}
	l := newLedger(r)
	if info, ok := s.infos[r.ID]; ok {
		l.listed(info.Head)
	}
	if l.sealed != nil {
		var err error
		if l.aside, err = s.c.db.HasAside(ctx, r.ID); err != nil {
			return err
		}
		members, err := s.c.db.Members(ctx, r.ID)
		if err != nil {
			return err
		}
		s.c.mu.Lock()
		me := s.c.place.Account
		s.c.mu.Unlock()
		for _, m := range members {
			if m.Present {
				l.sealed.people++
			}
			if m.Account == me {
				l.sealed.told = m.Delivered
			}
		}
	}
	s.keeper.add(l)
	return nil
}

// LookAt says which room this person looks at. After a log-in that one is caught up
// before any other, so that it is there after its own messages and not after those of
// the whole place. It does not block.
func (c *Client) LookAt(room chat.RoomID) {
	c.mu.Lock()
	same := c.looked == room
	c.looked = room
	c.mu.Unlock()
	if !same {
		c.poke(func(_ context.Context, s *session) {
			if err := s.fetchMore(); err != nil {
				c.log.Debug("room not asked for", "err", err) // the connection has ended
			}
		})
	}
}

// fetchMore asks for the rows of rooms that are not live yet, some at a time: first
// for those of the room that the person looks at, and for others when all of it is
// here, or it waits for something else.
func (s *session) fetchMore() error {
	if !s.active || !s.keeper.ledgers[chat.Directory].live {
		return nil
	}
	s.c.mu.Lock()
	looked := s.c.looked
	s.c.mu.Unlock()
	if l := s.keeper.ledgers[looked]; l != nil && !l.live && len(l.held) == 0 {
		return s.fetch(l) // does nothing while it is under way
	}
	asked := 0
	for _, id := range s.keeper.order {
		if l := s.keeper.ledgers[id]; l.asked {
			asked++
		}
	}
	for _, id := range s.keeper.order {
		if asked >= fetchesAtOnce {
			return nil
		}
		l := s.keeper.ledgers[id]
		if l.live || l.asked || len(l.held) > 0 {
			continue
		}
		if err := s.fetch(l); err != nil {
			return err
		}
		asked++
	}
	return nil
}

// ending fetches what a person may still have of a room that they are not in any
// more: all up to the row that took them out. Then the room is gone.
func (s *session) ending(ctx context.Context, r *clientdb.Room, info wire.RoomInfo) error {
	if following(r) && info.Head > r.Cursor {
		if err := s.listen(ctx, *r); err != nil {
			return err
		}
		if l := s.keeper.ledgers[r.ID]; l != nil {
			l.live = false
			return nil // fetchMore asks
		}
	}
	return s.gone(ctx, r)
}

// over ends the work on a time in a sealed room, all of which is here. If this
// person is in the room again (the new time begins at since, if the host said so
// just now) a welcome goes on with it, and what was written waits for that. So it is
// also if the room is broken: its welcome may be behind the rows, and would be of no
// use once they were passed. Whether it does not come, overdue says.
func (s *session) over(ctx context.Context, l *ledger, since uint64) error {
	s.mailDue = true
	r, err := s.c.db.Room(ctx, l.id)
	if err != nil {
		return err
	}
	info, listed := s.infos[l.id]
	if since == 0 && (!listed || info.Gone || info.Since < l.cursor) {
		r.State = clientdb.RoomJoined // so that the outbox is emptied too
		return s.gone(ctx, &r)
	}
	s.stopWork(l.id)
	if err := s.setRoomState(ctx, l.id, clientdb.RoomComing); err != nil {
		return err
	}
	s.c.feed.publish(func(ch *Changes) { ch.RoomList = true })
	return s.fetchMore()
}

// stopWork ends the work on a room.
func (s *session) stopWork(room chat.RoomID) {
	if l := s.keeper.ledgers[room]; l != nil && l.sealed != nil {
		for _, ch := range l.sealed.changes {
			ch.finish(ErrNoRoom)
		}
	}
	s.keeper.drop(room)
	s.c.dropEarly(room)
	delete(s.outbox, room)
	delete(s.rows, room)
}

// gone takes it that this person is not in a room any more, by the host's word
// or by a commit. What is here stays to be read.
func (s *session) gone(ctx context.Context, r *clientdb.Room) error {
	c := s.c
	s.stopWork(r.ID)
	if r.State == clientdb.RoomLeft || r.State == clientdb.RoomHidden {
		return nil
	}
	if r.State == clientdb.RoomComing && r.Cursor == r.Since {
		if err := c.db.RemoveRoom(ctx, r.ID); err == nil || !errors.Is(err, clientdb.ErrOrder) {
			return err // nothing of it ever came
		}
	}
	if err := s.setRoomState(ctx, r.ID, clientdb.RoomLeft); err != nil {
		return err
	}
	// What was written and not sent is shown as refused, not lost.
	_, err := c.db.DropOutbox(ctx, r.ID, uint16(wire.CodeNoRoom), func(kind uint16) bool { return shownKind(wire.BodyKind(kind)) })
	c.publishRoom(r.ID)
	return err
}

// shownKind reports whether people see an entry of the outbox.
func shownKind(k wire.BodyKind) bool {
	return k != wire.KindDelivered && k != wire.KindRead && !k.Sealed()
}

// found makes the group of a new room, of which this device is the first member.
func (s *session) found(ctx context.Context, r clientdb.Room, policy group.Policy) error {
	k := s.keeper
	d, err := k.groupDevice()
	if err != nil {
		return err
	}
	tx := s.c.db.GroupTx(ctx)
	if err := tx.DeletePrefix(groupKey(k.host, r.ID), ""); err != nil { // of an attempt that did not get through
		return err
	}
	policy.Admins = append([]identity.PublicKey{d.Identity()}, policy.Admins...)
	policy.Admins = slices.CompactFunc(policy.Admins, func(a, b identity.PublicKey) bool { return a.Equal(b) })
	g, err := d.Create(tx, wire.GroupID(k.host, r.ID), policy)
	if err != nil {
		return err
	}
	now := s.c.now()
	r.State, r.Name, r.Topic, r.Admin = clientdb.RoomJoined, policy.Name, policy.Topic, true
	r.Chain, r.Chained, r.Healed = wire.FirstChain(k.host, r.ID), true, now.UnixMilli()
	err = s.c.db.Step(ctx, clientdb.Step{Room: r.ID, Add: &r, Groups: tx, Members: k.membersOf(g, 0), Change: func(to *clientdb.Room) {
		to.State, to.Name, to.Topic, to.Admin, to.Peer, to.Healed, to.Since, to.Cursor, to.Chain, to.Chained = r.State, r.Name, r.Topic, true, r.Peer, r.Healed, 0, 0, r.Chain, true
	}})
	if err != nil {
		return err
	}
	s.keeper.drop(r.ID)
	s.c.mu.Lock()
	s.c.kinds[r.ID] = r.Kind
	s.c.mu.Unlock()
	l := newLedger(r)
	l.sealed.group, l.sealed.opened, l.sealed.people = g, true, 1
	k.add(l)
	s.c.feed.publish(func(ch *Changes) { ch.RoomList = true })
	return s.fetchMore()
}

// groupKey returns the name of a room's rows in the store.
func groupKey(host [32]byte, room chat.RoomID) []byte {
	id := wire.GroupID(host, room)
	return id[:]
}

// jitter is how long a member waits before it commits what any member could.
func jitter(random float64, people int) time.Duration {
	return time.Duration(random * float64(400*time.Millisecond) * (1 + float64(people)/25))
}
