package client

import (
	"context"
	"errors"
	"maps"
	"sync"

	"github.com/snugchat/snug/storage/chat"
)

// Changes says what is no longer as it was. Whoever shows it asks for the new
// state; many changes become one Changes as long as nobody takes them.
type Changes struct {
	State     bool                    // Client.State
	Me        bool                    // Client.Me
	Place     bool                    // Client.Place
	People    bool                    // Client.People, presence included
	Compare   bool                    // Client.Comparisons
	Invites   bool                    // the place's invites
	RoomList  bool                    // Client.Rooms: which rooms there are, their names, members and states
	Rooms     map[chat.RoomID]bool    // rooms whose messages, outbox or unread count changed
	Related   map[chat.RoomID]bool    // rooms in which something was said of earlier messages: see Relate
	Hidden    map[chat.MessageID]bool // messages that are gone from this device
	Typing    map[chat.RoomID]bool    // rooms whose list of who writes changed
	History   bool                    // Client.History: older messages come from another device
	Past      map[chat.RoomID]bool    // rooms that got messages from before those that were here
	Early     map[chat.RoomID]bool    // rooms of which other messages than before are shown before their turn
	Transfers map[chat.MessageID]bool // transfers that moved on, at most ten times a second each
}

// empty reports whether nothing changed.
func (ch *Changes) empty() bool {
	return !ch.State && !ch.Me && !ch.Place && !ch.People && !ch.Compare && !ch.Invites && !ch.RoomList && !ch.History && len(ch.Early) == 0 && len(ch.Rooms) == 0 && len(ch.Typing) == 0 && len(ch.Transfers) == 0
}

// add puts the changes of other on top.
func (ch *Changes) add(other *Changes) {
	ch.State = ch.State || other.State
	ch.Me = ch.Me || other.Me
	ch.Place = ch.Place || other.Place
	ch.People = ch.People || other.People
	ch.Compare = ch.Compare || other.Compare
	ch.Invites = ch.Invites || other.Invites
	ch.RoomList = ch.RoomList || other.RoomList
	ch.History = ch.History || other.History
	ch.Past = union(ch.Past, other.Past)
	ch.Early = union(ch.Early, other.Early)
	ch.Rooms = union(ch.Rooms, other.Rooms)
	ch.Related = union(ch.Related, other.Related)
	ch.Hidden = union(ch.Hidden, other.Hidden)
	ch.Typing = union(ch.Typing, other.Typing)
	ch.Transfers = union(ch.Transfers, other.Transfers)
}

func union[K comparable](to, from map[K]bool) map[K]bool {
	if to == nil && len(from) > 0 {
		to = make(map[K]bool, len(from))
	}
	maps.Copy(to, from)
	return to
}

// ErrUnsubscribed comes from Subscription.Next after Close.
var ErrUnsubscribed = errors.New("subscription was closed")

// Subscription is one screen's view of the changes. A slow one is never waited
// for: what it misses is merged into the next Changes, which is bounded by the
// rooms and transfers that there are.
type Subscription struct {
	feed *feed
	wake chan struct{}

	mu     sync.Mutex // guards what follows
	next   Changes
	closed bool
}

// feed is who wants to know of changes.
type feed struct {
	mu   sync.Mutex // guards subs
	subs map[*Subscription]bool
}

// Subscribe returns a subscription whose first Changes is what changes from now
// on. The caller closes it.
func (c *Client) Subscribe() *Subscription {
	s := &Subscription{feed: &c.feed, wake: make(chan struct{}, 1)}
	c.feed.mu.Lock()
	defer c.feed.mu.Unlock()
	if c.feed.subs == nil {
		c.feed.subs = make(map[*Subscription]bool)
	}
	c.feed.subs[s] = true
	return s
}

// Next waits until something changed and returns all of it. Its errors are
// ctx's and ErrUnsubscribed.
func (s *Subscription) Next(ctx context.Context) (Changes, error) {
	for {
		s.mu.Lock()
		out, closed := s.next, s.closed
		s.next = Changes{}
		s.mu.Unlock()
		switch {
		case closed:
			return Changes{}, ErrUnsubscribed
		case !out.empty():
			return out, nil
		}
		select {
		case <-s.wake:
		case <-ctx.Done():
			return Changes{}, context.Cause(ctx)
		}
	}
}

// Close ends the subscription; a waiting Next returns.
func (s *Subscription) Close() {
	s.feed.mu.Lock()
	delete(s.feed.subs, s)
	s.feed.mu.Unlock()
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	signal(s.wake)
}

// publish tells all subscribers. It never blocks.
func (f *feed) publish(set func(*Changes)) {
	var ch Changes
	set(&ch)
	f.mu.Lock()
	defer f.mu.Unlock()
	for s := range f.subs {
		s.mu.Lock() // nests inside feed.mu only here; nothing is locked under it
		s.next.add(&ch)
		s.mu.Unlock()
		signal(s.wake)
	}
}
