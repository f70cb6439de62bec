package client

import (
	"cmp"
	"context"
	"time"

	"github.com/snugchat/snug/crypto/group"
	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// Direct returns the room of the direct messages with a person, which it makes if
// there is none; with this person's own account it is for notes. Making one needs
// a connection. Errors are those of CreateRoom, ErrNoDevice and ErrNoDirect.
func (c *Client) Direct(ctx context.Context, account chat.AccountID) (chat.RoomID, error) {
	return c.direct(ctx, account, chat.RoomID{})
}

// direct is Direct that takes any room but one.
func (c *Client) direct(ctx context.Context, account chat.AccountID, but chat.RoomID) (chat.RoomID, error) {
	rooms, err := c.db.Rooms(ctx)
	if err != nil {
		return chat.RoomID{}, err
	}
	me := c.Me().Account
	used := make(map[chat.RoomID]clientdb.RoomState)
	for i := range rooms {
		r := &rooms[i]
		used[r.ID] = r.State
		if r.Kind != chat.RoomDirect || r.Peer != account || r.ID == but {
			continue
		}
		switch r.State {
		case clientdb.RoomRequest:
			return r.ID, c.AcceptRoom(ctx, r.ID)
		case clientdb.RoomJoined, clientdb.RoomBroken:
			if old, err := c.isOutdated(ctx, r.ID); err != nil || !old || c.isDoubted(account) {
				return r.ID, err
			}
		case clientdb.RoomReturning:
			if account != me { // alone nobody can bring notes back
				return r.ID, nil
			}
		}
	}
	if err := c.ready(ctx); err != nil {
		return chat.RoomID{}, err
	}
	c.mu.Lock()
	host := c.place.Host
	c.mu.Unlock()
	var packages []*group.KeyPackage
	if account != me {
		if packages, err = c.packagesOf(ctx, account); err != nil {
			return chat.RoomID{}, err
		}
	}
	limited, cancel := context.WithTimeoutCause(ctx, cmp.Or(c.cfg.directTime, directTime), ErrNoDirect)
	id, made, err := c.nextDirect(limited, host, account, used)
	cancel()
	switch {
	case err != nil:
		return chat.RoomID{}, err
	case made:
		return id, c.beginDirect(ctx, id, account, packages)
	}
	return id, c.takeUp(ctx, id)
}

// firstCame and nextCame are how long the list of rooms may take to bring direct messages
// that the host says are there: those that the other one has just begun come, and those
// that are over do not. What was there before the first wait has come when that ends.
const (
	firstCame = 3 * time.Second
	nextCame  = 500 * time.Millisecond
)

// directTime is how long somebody waits at most until the host names direct messages that
// may be begun: about fifty that are over and that this device does not know.
const directTime = 30 * time.Second

// nextDirect makes the first direct messages with a person that are not there yet, or
// finds those that the other one has just made. used are those that this device knows.
func (c *Client) nextDirect(ctx context.Context, host [32]byte, account chat.AccountID, used map[chat.RoomID]clientdb.RoomState) (id chat.RoomID, made bool, err error) {
	me, patience := c.Me().Account, firstCame
	for generation := range uint32(maxGenerations) {
		id := wire.DirectRoom(host, me, account, generation)
		switch state, known := used[id]; {
		case known && state == clientdb.RoomComing:
			return id, false, nil // the other one has made it
		case known:
			continue
		}
		_, err := c.do(ctx, func(ref uint32) wire.Message {
			return &wire.CreateRoom{Ref: ref, Room: id, RoomKind: chat.RoomDirect, Peer: account}
		})
		if CodeOf(err) != wire.CodeConflict {
			return id, true, err
		}
		wait, cancel := context.WithTimeout(ctx, patience)
		err = c.roomCame(wait, id)
		cancel()
		if err == nil {
			return id, false, nil // both had the same idea
		}
		if ctx.Err() != nil {
			return chat.RoomID{}, false, context.Cause(ctx)
		}
		patience = nextCame
	}
	return chat.RoomID{}, false, ErrNoDirect
}

// takeUp waits for the keys of direct messages that the other one has begun, and
// accepts them.
func (c *Client) takeUp(ctx context.Context, id chat.RoomID) error {
	ctx, cancel := context.WithTimeoutCause(ctx, RequestTimeout, ErrNoAnswer)
	defer cancel()
	sub := c.Subscribe()
	defer sub.Close()
	for {
		r, err := c.db.Room(ctx, id)
		switch {
		case err != nil:
			return err
		case r.State == clientdb.RoomRequest:
			return c.AcceptRoom(ctx, id)
		case r.State != clientdb.RoomComing:
			return nil
		}
		if _, err := sub.Next(ctx); err != nil {
			return err
		}
	}
}

// beginDirect makes the group of direct messages and brings the other one in.
func (c *Client) beginDirect(ctx context.Context, id chat.RoomID, account chat.AccountID, packages []*group.KeyPackage) error {
	err := c.inSession(ctx, func(ctx context.Context, s *session) error {
		policy := group.Policy{Direct: true}
		if len(packages) > 0 {
			policy.Admins = []identity.PublicKey{packages[0].Identity}
		}
		return s.found(ctx, clientdb.Room{ID: id, Kind: chat.RoomDirect, Peer: account, Maker: s.account(), Created: c.nowMS()}, policy)
	})
	if err != nil || len(packages) == 0 {
		return err
	}
	return c.addDevices(ctx, id, packages, &wire.MemberChange{Set: []wire.MemberEntry{{Account: account, Admin: true}}}, time.Time{})
}
