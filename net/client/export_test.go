package client

import (
	"context"
	"time"

	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// PutBody puts any body into the outbox, as a client may that follows no rule.
func (c *Client) PutBody(ctx context.Context, room chat.RoomID, kind wire.BodyKind, body any) error {
	_, err := c.put(ctx, room, kind, body)
	return err
}

// Stocked reports whether the host has the key packages of this device.
func (c *Client) Stocked() bool {
	stocked := false
	err := c.inSession(context.Background(), func(ctx context.Context, s *session) error {
		dir, err := s.c.db.Room(ctx, chat.Directory)
		stocked = err == nil && dir.Healed > 0
		return nil
	})
	return err == nil && stocked
}

// LeaveHost has the host sign this device out, without a word of its identity.
func (c *Client) LeaveHost(ctx context.Context) error {
	_, err := c.do(ctx, func(ref uint32) wire.Message { return &wire.SignOut{Ref: ref} })
	return err
}

// Tend lets the steward look at the rooms now.
func (c *Client) Tend() {
	c.poke(func(_ context.Context, s *session) { signal(s.tend) })
}

// PastRows returns what this device takes of a part of history.
func PastRows(part *wire.PastPart, p clientdb.Past, me chat.AccountID, devices map[chat.DeviceID]clientdb.Device) []clientdb.Message {
	authors := make(map[chat.DeviceID]device)
	for id, d := range devices {
		authors[id] = device{Device: d}
	}
	return pastRows(part, p, me, authors)
}

// Stale notes that the group of a room went on without this device.
func Stale(tx *clientdb.GroupTx, room chat.RoomID) *clientdb.GroupTx {
	if err := markStale(tx, room); err != nil {
		panic(err)
	}
	return tx
}

// PutInBlobs makes the device put commits, welcomes and answers into blobs that are
// longer than this.
func PutInBlobs(cfg *Config, over int) { cfg.inline = over }

// HurryDirect sets how long a device looks for direct messages that may be begun.
func HurryDirect(cfg *Config, most time.Duration) { cfg.directTime = most }

// Leaving makes tx say that this person wants to leave a room.
func Leaving(tx *clientdb.GroupTx, room chat.RoomID) *clientdb.GroupTx {
	if err := tx.Put(leavingKey(room), "state", []byte{byte(clientdb.RoomLeft)}); err != nil {
		panic(err)
	}
	return tx
}

// ToldAll reports whether all other devices of the account, n of them, know what the
// person has said, as far as the host took the letters.
func (c *Client) ToldAll(ctx context.Context, n int) (all bool) {
	err := c.inSession(ctx, func(ctx context.Context, s *session) error {
		news, err := c.ownNews(ctx)
		if err != nil || s.mates == nil {
			return err
		}
		news.Name = c.ownName()
		for _, m := range s.mates.all {
			if m.given == s.mates.made && (len(news.Marks)+len(news.Bookmarks) == 0 || m.told == digestOf(news)) {
				n--
			}
		}
		all = n == 0
		return nil
	})
	return err == nil && all
}

// Wanted returns how many changes of a room wait or are on their way.
func (c *Client) Wanted(ctx context.Context, room chat.RoomID) (n int) {
	_ = c.inSession(ctx, func(_ context.Context, s *session) error { // without a connection nothing is wanted
		if l := s.keeper.ledgers[room]; l != nil && l.sealed != nil {
			n = len(l.sealed.changes)
		}
		return nil
	})
	return n
}

// GoneWait is how long messages wait for a signed-out device to be taken out.
const GoneWait = goneWait
