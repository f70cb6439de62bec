package client

import (
	"context"
	"errors"
	"time"

	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// Direct messages are between two identities, for good. When the other one comes
// back with new keys, what is written next goes into new direct messages: nothing
// is sealed any more for who has the old ones.

// longestRenewal is the longest wait between two attempts to begin direct messages
// anew: doubled each time, from a second on.
const longestRenewal = 10 * time.Minute

// errUnanswered says that messages of a room are on their way.
var errUnanswered = errors.New("the host has to answer first")

// outdated reports whether direct messages are with keys that the other one does
// not have any more. The group of the room must have been opened.
func (s *session) outdated(l *ledger) bool {
	sr := l.sealed
	if sr == nil || sr.kind != chat.RoomDirect || sr.group == nil {
		return false
	}
	now := s.keeper.directory.accounts[sr.peer].Identity
	if now == ([32]byte{}) {
		return false // nobody that the directory knows
	}
	me := s.keeper.identity()
	for _, key := range sr.group.Policy().Admins {
		if !key.Equal(me) && key.Array() != now {
			return true
		}
	}
	return false
}

// renewal decides what is to be done about outdated direct messages now, else in
// what time to look again; zero: when something happens.
func (s *session) renewal(l *ledger) (*chore, time.Duration) {
	sr := l.sealed
	s.c.mu.Lock()
	p := s.c.people[sr.peer]
	waits := s.c.doubted[sr.peer] || p != nil && p.Blocked
	s.c.mu.Unlock()
	if waits || sr.state != clientdb.RoomJoined {
		return nil, 0 // until this person has answered
	}
	now := s.c.now()
	if wait := sr.renewAt.Sub(now); wait > 0 {
		return nil, wait
	}
	sr.renewAt = now.Add(min(time.Second<<min(sr.renewals, 20), longestRenewal))
	sr.renewals++
	return &chore{room: l.id, renew: true}, 0
}

// renewDirect begins direct messages anew with somebody who has other keys now,
// unless one of both has done so already. What waits to be sent goes there; what was
// said before stays where it is.
func (c *Client) renewDirect(ctx context.Context, old chat.RoomID) error {
	r, err := c.db.Room(ctx, old)
	if err != nil {
		return err
	}
	next, err := c.direct(ctx, r.Peer, old)
	if err != nil {
		return err
	}
	return c.inSession(ctx, func(ctx context.Context, s *session) error {
		l := s.keeper.ledgers[old]
		if l == nil || !s.outdated(l) || s.c.isDoubted(r.Peer) {
			return nil
		}
		waiting, err := c.db.Outbox(ctx, old)
		if err != nil {
			return err
		}
		for i := range waiting {
			if w := &waiting[i]; w.State == clientdb.OnHost || w.State == clientdb.Waiting && w.Post != nil {
				return errUnanswered // it may be on the host
			}
		}
		if err := c.db.MoveOutbox(ctx, old, next, portable); err != nil {
			return err
		}
		c.log.Info("direct messages go on with new keys")
		if err := s.gone(ctx, &r); err != nil { // what could not be moved is shown as not sent
			return err
		}
		tx := c.db.GroupTx(ctx)
		if err := tx.DeletePrefix(groupKey(s.keeper.host, old), ""); err != nil {
			return err
		}
		if err := c.db.WriteGroups(ctx, tx); err != nil {
			return err
		}
		c.feed.publish(func(ch *Changes) { ch.RoomList, ch.Rooms = true, map[chat.RoomID]bool{old: true, next: true} })
		signal(c.wake)
		return nil
	})
}

// portable returns what a message says in another room than the one that it was written
// in: its words. What it answers and where it is from is not there to be read; a file
// lies in its room, and what is said of other messages means nothing in another one.
func portable(kind uint16, body []byte) ([]byte, bool) {
	if wire.BodyKind(kind) != wire.KindText {
		return nil, false
	}
	v, err := wire.ParseBody(wire.KindText, body)
	if err != nil {
		return nil, false
	}
	t, is := v.(*wire.Text)
	if !is {
		return nil, false
	}
	t.Reply = nil
	if t.Origin != nil {
		t.Origin = &wire.Origin{}
	}
	return wire.EncodeBody(t), true
}

// passOn sends a refused message of direct messages that are over in those that go on
// with the same person, or begins them.
func (c *Client) passOn(ctx context.Context, from *clientdb.Room, id chat.MessageID) error {
	o, err := c.db.Outgoing(ctx, id)
	if err != nil {
		return err
	}
	body, may := portable(o.Kind, o.Body)
	if o.Room != from.ID || o.State != clientdb.Refused || !may {
		return &CodeError{Code: wire.CodeNoRoom}
	}
	next, err := c.direct(ctx, from.Peer, from.ID)
	if err != nil {
		return err
	}
	err = c.db.MoveRefused(ctx, id, next, body)
	if errors.Is(err, clientdb.ErrNotFound) {
		return nil // it was asked for twice, and is on its way
	}
	if err != nil {
		return err
	}
	c.publishRoom(from.ID)
	c.publishRoom(next)
	signal(c.wake)
	return nil
}

// isOutdated is outdated for any goroutine. Without a connection nobody knows.
func (c *Client) isOutdated(ctx context.Context, room chat.RoomID) (old bool, err error) {
	err = c.inSession(ctx, func(ctx context.Context, s *session) error {
		l := s.keeper.ledgers[room]
		if l == nil || l.sealed == nil {
			return nil
		}
		err := s.keeper.open(ctx, l)
		old = s.outdated(l)
		return err
	})
	if errors.Is(err, ErrOffline) || errors.Is(err, errNoCertificate) {
		return false, nil
	}
	return old, err
}
