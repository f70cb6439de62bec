package client

import (
	"context"
	"errors"
	"time"

	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// MaxReceipts is the largest number of people in a sealed room in which devices
// say what they have got and what was seen: in larger ones every message would
// bring as many rows as there are people.
const MaxReceipts = 32

// receiptWait is how long a device gathers what it got before it says so.
const receiptWait = time.Second

// Receipts say what this person lets others know. What they do not, they are not
// shown of others either (FEATURES D10).
type Receipts struct {
	Delivered bool // that messages are on this device
	Read      bool // that they were seen
}

// shown is how far others are, as far as this person may see it.
func (r Receipts) shown(far reach) reach {
	if !r.Read {
		far.read = 0
	}
	if !r.Delivered {
		far.delivered = far.read // who has read it has it
	}
	return far
}

// ReceiptsChanged says that Config.Receipts answers otherwise from now on. What
// waits to be told is not told any more then, but for what was sealed already; what is
// to be told again goes out. It does not block.
func (c *Client) ReceiptsChanged() {
	c.mu.Lock()
	rooms := make(map[chat.RoomID]bool)
	for id, kind := range c.kinds {
		if sealedKind(kind) {
			rooms[id] = true
		}
	}
	c.mu.Unlock()
	c.feed.publish(func(ch *Changes) { ch.Rooms = rooms })
	signal(c.wake)
}

// untold lists the receipts among messages that wait and are not sealed which this
// person does not let others have any more.
func (r Receipts) untold(out []clientdb.Outgoing) (ids []chat.MessageID) {
	for i := range out {
		o := &out[i]
		kind := wire.BodyKind(o.Kind)
		if o.Post == nil && (kind == wire.KindDelivered && !r.Delivered || kind == wire.KindRead && !r.Read) {
			ids = append(ids, o.ID)
		}
	}
	return ids
}

// receipts says what has come, once enough was gathered, and returns when it
// wants to be called again.
func (s *session) receipts(ctx context.Context, l *ledger, o *outbox) (next time.Time, err error) {
	sr := l.sealed
	if sr.news <= sr.told || sr.state != clientdb.RoomJoined || sr.people > MaxReceipts || !s.c.cfg.Receipts().Delivered {
		return time.Time{}, nil
	}
	if now := s.c.now(); now.Before(sr.newsAt) {
		return sr.newsAt, nil
	}
	if err := s.c.say(ctx, l.id, wire.KindDelivered, sr.news); err != nil {
		return time.Time{}, err
	}
	sr.told = sr.news
	o.empty = false
	return time.Time{}, nil
}

// say puts a receipt into the outbox. One that waits there says the new place.
func (c *Client) say(ctx context.Context, room chat.RoomID, kind wire.BodyKind, seq uint64) error {
	out := clientdb.Outgoing{
		Room: room, ID: chat.NewMessageID(), Kind: uint16(kind), Body: wire.EncodeBody(&wire.Upto{Seq: seq}), Created: c.nowMS(),
	}
	replaced, err := c.db.Replace(ctx, out)
	if err != nil || replaced {
		return err
	}
	_, err = c.db.Enqueue(ctx, out)
	if errors.Is(err, clientdb.ErrOutboxFull) {
		return nil // words come first
	}
	return err
}

// sayRead tells the others of a sealed room that this person saw it up to a row.
func (c *Client) sayRead(ctx context.Context, r *clientdb.Room, seq uint64) error {
	if !sealedKind(r.Kind) || r.State != clientdb.RoomJoined || !c.cfg.Receipts().Read {
		return nil
	}
	members, err := c.db.Members(ctx, r.ID)
	if err != nil {
		return err
	}
	present := 0
	for _, m := range members {
		if m.Present {
			present++
		}
	}
	if present < 2 || present > MaxReceipts {
		return nil
	}
	if err := c.say(ctx, r.ID, wire.KindRead, seq); err != nil {
		return err
	}
	signal(c.wake)
	return nil
}

// reach is how far the others of a room are.
type reach struct {
	sealed          bool
	delivered, read uint64 // all of them have or saw the rows up to these
}

// reachOf returns how far the others of a sealed room are.
func (c *Client) reachOf(ctx context.Context, room chat.RoomID) (reach, error) {
	c.mu.Lock()
	sealed := sealedKind(c.kinds[room])
	me := c.place.Account
	c.mu.Unlock()
	if !sealed {
		return reach{}, nil
	}
	members, err := c.db.Members(ctx, room)
	if err != nil {
		return reach{}, err
	}
	out := reach{sealed: true}
	first := true
	for _, m := range members {
		if !m.Present || m.Account == me {
			continue
		}
		if first {
			out.delivered, out.read, first = m.Delivered, m.Read, false
		}
		out.delivered, out.read = min(out.delivered, m.Delivered), min(out.read, m.Read)
	}
	return c.cfg.Receipts().shown(out), nil
}

// Deliver brings up to date how far own messages of a room are. A screen that keeps
// rows calls it when Changes.Rooms says that something came.
func (c *Client) Deliver(ctx context.Context, room chat.RoomID, messages []Message) error {
	far, err := c.reachOf(ctx, room)
	if err != nil || !far.sealed {
		return err
	}
	for i := range messages {
		if m := &messages[i]; m.Own && m.Seq > 0 {
			m.State = far.deliveryOf(m.Seq)
		}
	}
	return nil
}

// deliveryOf says how far an own message is.
func (r *reach) deliveryOf(seq uint64) Delivery {
	switch {
	case !r.sealed || seq == 0 || seq > r.delivered:
		return OnHost
	case seq > r.read:
		return OnDevice
	}
	return Read
}
