package client

import (
	"context"
	"errors"
	"fmt"

	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// Proof says how a person was verified.
type Proof = clientdb.Proof

// The proofs.
const (
	ByPictures = clientdb.ByPictures // both compared seven pictures
	ByNumber   = clientdb.ByNumber   // this person compared the safety number
	ByInvite   = clientdb.ByInvite   // a personal link brought them together
)

// Doubt says why nothing private is sent to a person until this one has answered:
// by verifying them, or by WriteAnyway.
type Doubt = clientdb.Doubt

// The doubts.
const (
	KeysChanged = clientdb.KeysChanged // a verified identity became another one
	NoMatch     = clientdb.NoMatch     // the pictures differed
)

// ErrDoubted says that nothing private is shared with a person until this one has
// answered what is doubtful about them: see Person.Doubt.
var ErrDoubted = errors.New("the keys of this person are doubtful")

// refreshTrust shows how people are verified as the store has it. Whoever changes
// that in the store calls it afterwards; the last call sees every change.
func (c *Client) refreshTrust(ctx context.Context, accounts ...chat.AccountID) error {
	c.trusting.Lock()
	defer c.trusting.Unlock()
	for _, id := range accounts {
		a, err := c.db.Account(ctx, id)
		if errors.Is(err, clientdb.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		c.mu.Lock()
		if p := c.people[id]; p != nil {
			p.identity, p.Verified, p.Proof, p.Doubt = a.Identity, a.Verified != 0, a.Proof, a.Doubt
		}
		c.doubtLocked(id, a.Doubt)
		c.mu.Unlock()
	}
	return nil
}

// doubtLocked notes whether a person is doubtful.
func (c *Client) doubtLocked(account chat.AccountID, d Doubt) {
	if d != 0 {
		c.doubted[account] = true
	} else {
		delete(c.doubted, account)
	}
}

// trustChanged tells screens, and lets the outboxes look again.
func (c *Client) trustChanged() {
	c.feed.publish(func(ch *Changes) { ch.People, ch.RoomList = true, true })
	signal(c.wake)
	c.newsChanged()
}

// pinned returns the identity that the directory proved of a person.
func (c *Client) pinned(account chat.AccountID) (key [32]byte, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.people[account]
	if p == nil || p.identity == [32]byte{} {
		return key, clientdb.ErrNotFound
	}
	return p.identity, nil
}

// WriteAnyway answers what is doubtful about a person: private messages go on,
// and what waited is sent. The person stays unverified. clientdb.ErrNotFound says
// that there is no such person.
func (c *Client) WriteAnyway(ctx context.Context, account chat.AccountID) error {
	key, err := c.pinned(account)
	if err != nil {
		return err
	}
	if err := c.db.EndDoubt(ctx, account, key, c.nowMS()); err != nil {
		return err
	}
	return c.trusted(ctx, account)
}

// trusted shows what the store has of a person now.
func (c *Client) trusted(ctx context.Context, account chat.AccountID) error {
	err := c.refreshTrust(ctx, account)
	c.trustChanged()
	return err
}

// SafetyNumber returns the 60 digits that this person and another one compare to
// know that each has the other's true identity, in twelve groups of five. It
// computes for about 5 ms. clientdb.ErrNotFound says that the directory has not
// proved both identities.
func (c *Client) SafetyNumber(account chat.AccountID) (string, error) {
	c.mu.Lock()
	host, me := c.place.Host, c.place.Account
	c.mu.Unlock()
	var keys [2]identity.PublicKey
	for i, id := range []chat.AccountID{me, account} {
		b, err := c.pinned(id)
		if err != nil {
			return "", err
		}
		if keys[i], err = identity.NewPublicKey(b[:]); err != nil {
			return "", err
		}
	}
	return identity.SafetyNumber(host, keys[0], keys[1]), nil
}

// ConfirmNumber says that this person has compared a safety number with another
// one, and that it is the same. clientdb.ErrNotFound says that it is not the number
// of the identities of now.
func (c *Client) ConfirmNumber(ctx context.Context, account chat.AccountID, number string) error {
	key, err := c.pinned(account)
	if err != nil {
		return err
	}
	now, err := c.SafetyNumber(account)
	if err != nil {
		return err
	}
	if now != number {
		return fmt.Errorf("%w: the number is another one now", clientdb.ErrNotFound)
	}
	if err := c.db.SetVerified(ctx, account, key, ByNumber, c.nowMS()); err != nil {
		return err
	}
	return c.trusted(ctx, account)
}

// heldBy returns who of a room is doubtful: nothing is sealed for it until this
// person has answered about all of them.
func (c *Client) heldBy(ctx context.Context, r *clientdb.Room) ([]chat.AccountID, error) {
	if !sealedKind(r.Kind) || !c.anyDoubted() {
		return nil, nil
	}
	var out []chat.AccountID
	if r.Kind == chat.RoomDirect {
		if c.isDoubted(r.Peer) {
			out = append(out, r.Peer)
		}
		return out, nil
	}
	if r.State == clientdb.RoomLeft || r.State == clientdb.RoomHidden {
		return nil, nil
	}
	members, err := c.db.Members(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		if m.Present && c.isDoubted(m.Account) {
			out = append(out, m.Account)
		}
	}
	return out, nil
}

func (c *Client) anyDoubted() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.doubted) > 0
}

func (c *Client) isDoubted(account chat.AccountID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.doubted[account]
}

// held reports whether a room waits for an answer about somebody in it.
func (s *session) held(ctx context.Context, room chat.RoomID) (bool, error) {
	if !s.c.anyDoubted() {
		return false, nil
	}
	r, err := s.c.db.Room(ctx, room)
	if err != nil {
		return false, err
	}
	who, err := s.c.heldBy(ctx, &r)
	return len(who) > 0, err
}
