package client

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/snugchat/snug/crypto/group"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// leaveTime is how long ending an account waits for private rooms to be left.
const leaveTime = 20 * time.Second

// EndAccount ends this person's account in the place, for good, on all their devices:
// this one leaves the private rooms, and the host lets none of them in any more. What
// was written stays where it is, and the name stays taken. Only somebody who may let
// people in can bring it back. State becomes Stopped. Errors besides those of requests:
// ErrLastAdmin of a room in which nobody else is an admin, and *CodeError with
// wire.CodeLastOwner, or with wire.CodeBadMessage from a host that is too old for it. No
// room was left then, unless that became so in the meantime.
func (c *Client) EndAccount(ctx context.Context) error {
	if err := c.mayEnd(ctx); err != nil {
		return err
	}
	rooms, err := c.Rooms(ctx)
	if err != nil {
		return err
	}
	rooms = slices.DeleteFunc(rooms, func(r Room) bool { return r.Kind != chat.RoomSealed || r.State != RoomJoined })
	if err := c.mayLeave(ctx, rooms); err != nil {
		return err
	}
	leaving, stop := context.WithTimeout(ctx, leaveTime)
	defer stop()
	for _, r := range rooms {
		err := c.LeaveRoom(leaving, r.ID)
		if errors.Is(err, ErrLastAdmin) || ctx.Err() != nil {
			return err
		}
		if err != nil { // the members take out who was removed
			c.log.Info("room not left before the account ends", "err", err)
		}
	}
	_, err = c.admin(ctx, wire.Admin{Action: wire.ActionEnd, Account: c.Me().Account})
	return err
}

// mayEnd asks whether the host would end this account, as far as that can be known before
// it does.
func (c *Client) mayEnd(ctx context.Context) error {
	// Nobody ends the account of somebody else: a host that knows the request says so.
	people := c.People()
	if i := slices.IndexFunc(people, func(p Person) bool { return !p.Me && p.State != 0 }); i >= 0 {
		_, err := c.admin(ctx, wire.Admin{Action: wire.ActionEnd, Account: people[i].Account})
		if code := CodeOf(err); err != nil && code != wire.CodeNotAllowed && code != wire.CodeNoAccount {
			return err
		}
	}
	// What others decided before that answer came before it.
	owner := func(p Person) bool { return !p.Me && p.Role == chat.Owner && p.State == chat.Active }
	if c.Me().Role == chat.Owner && !slices.ContainsFunc(c.People(), owner) {
		return &CodeError{Code: wire.CodeLastOwner}
	}
	return nil
}

// mayLeave returns ErrLastAdmin if this person is the only admin of one of these rooms and
// others are there.
func (c *Client) mayLeave(ctx context.Context, rooms []Room) error {
	return c.inSession(ctx, func(ctx context.Context, s *session) error {
		for _, r := range rooms {
			l := s.keeper.ledgers[r.ID]
			if l == nil || l.sealed == nil {
				continue
			}
			if err := s.keeper.open(ctx, l); err != nil || l.sealed.group == nil {
				continue // the host is told, and the members take out who was removed
			}
			if errors.Is(l.sealed.group.MayLeave(), group.ErrLastAdmin) {
				return ErrLastAdmin
			}
		}
		return nil
	})
}
