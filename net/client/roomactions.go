package client

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/snugchat/snug/crypto/group"
	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

var (
	// ErrNoRoom says that this person is in no such room, or not any more, or that
	// it is not ready yet.
	ErrNoRoom = clientdb.ErrNoRoom
	// ErrNotAllowed says that the members' rules do not let this person do that.
	ErrNotAllowed = errors.New("not allowed in this room")
	// ErrLastAdmin says that somebody else has to become an admin of the room first.
	ErrLastAdmin = errors.New("the only admin of this room")
	// ErrRoomName says that a room's name is empty or too long, or its topic is.
	ErrRoomName = errors.New("not a name for a room")
)

// checkRoomName refuses names and topics that are too long, and empty names.
func checkRoomName(name, topic string) error {
	if name == "" || len(name) > wire.MaxRoomName || len(topic) > wire.MaxTopic {
		return ErrRoomName
	}
	return nil
}

// CreateRoom makes a room: chat.RoomSealed, whose only member is this person at
// first, or chat.RoomOpen, which all members of the place are in and which only
// moderators can make. It needs a connection. Errors are ErrRoomName, ErrOffline,
// *CodeError and the store's.
func (c *Client) CreateRoom(ctx context.Context, kind chat.RoomKind, name, topic string) (chat.RoomID, error) {
	if err := checkRoomName(name, topic); err != nil {
		return chat.RoomID{}, err
	}
	id := chat.NewRoomID()
	m := &wire.CreateRoom{Room: id, RoomKind: kind}
	switch kind {
	case chat.RoomOpen:
		m.Name, m.Topic = name, topic
	case chat.RoomSealed:
	default:
		return chat.RoomID{}, fmt.Errorf("create room: kind %d", kind)
	}
	if err := c.ready(ctx); err != nil {
		return chat.RoomID{}, err
	}
	if _, err := c.do(ctx, func(ref uint32) wire.Message { m.Ref = ref; return m }); err != nil {
		return chat.RoomID{}, err
	}
	if kind == chat.RoomOpen {
		return id, c.roomCame(ctx, id)
	}
	return id, c.inSession(ctx, func(ctx context.Context, s *session) error {
		r := clientdb.Room{ID: id, Kind: kind, Maker: s.account(), Created: c.nowMS()}
		return s.found(ctx, r, group.Policy{Name: name, Topic: topic})
	})
}

func (s *session) account() chat.AccountID {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	return s.c.place.Account
}

// ready reports (ErrOffline, ErrNoRoom) whether this device can work with sealed
// rooms now: the directory has to have its certificate.
func (c *Client) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, RequestTimeout, ErrNoAnswer)
	defer cancel()
	sub := c.Subscribe()
	defer sub.Close()
	for {
		err := c.inSession(ctx, func(_ context.Context, s *session) error {
			_, err := s.keeper.groupDevice()
			return err
		})
		if !errors.Is(err, errNoCertificate) {
			return err
		}
		if _, err := sub.Next(ctx); err != nil {
			return err
		}
	}
}

// newcomerTries is how often a person is asked for whose device has just come in:
// its key packages are a moment behind it.
const newcomerTries = 5

// packagesOf is keyPackagesOf, with some patience.
func (c *Client) packagesOf(ctx context.Context, account chat.AccountID) (ks []*group.KeyPackage, err error) {
	if c.isDoubted(account) {
		return nil, ErrDoubted
	}
	for try := range newcomerTries {
		if ks, err = c.keyPackagesOf(ctx, account); !errors.Is(err, ErrNoDevice) {
			break
		}
		select {
		case <-time.After(time.Duration(try+1) * 200 * time.Millisecond):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	return ks, err
}

// roomCame waits until the host's list has brought a room.
func (c *Client) roomCame(ctx context.Context, id chat.RoomID) error {
	ctx, cancel := context.WithTimeoutCause(ctx, RequestTimeout, ErrNoAnswer)
	defer cancel()
	sub := c.Subscribe()
	defer sub.Close()
	for {
		_, err := c.db.Room(ctx, id)
		if err == nil || !errors.Is(err, clientdb.ErrNoRoom) {
			return err
		}
		if _, err := sub.Next(ctx); err != nil {
			return err
		}
	}
}

// addDevices adds devices that are not in a room, and changes the host's list
// with them. What was written in the room until wanted goes before that.
func (c *Client) addDevices(ctx context.Context, room chat.RoomID, packages []*group.KeyPackage, members *wire.MemberChange, wanted time.Time) error {
	lost, err := c.unlisted(ctx, room, members)
	if err != nil {
		return err
	}
	for len(packages) > 0 {
		n := min(len(packages), maxAdded)
		part := packages[:n]
		packages = packages[n:]
		set := members
		if len(packages) > 0 {
			set = nil // the list changes when all are in
		}
		err := c.carryOut(ctx, room, &change{wanted: wanted, build: func(_ context.Context, s *session, l *ledger) (*deed, error) {
			g := l.sealed.group
			if g == nil {
				return nil, ErrNoRoom
			}
			d := &deed{members: set}
			for _, k := range part {
				if account, known := s.keeper.accountOf(group.Member{Device: k.Device, Identity: k.Identity}); known && lost[account] {
					// Anew: what they have of the group is of a time that the host lost.
					if _, in := g.Member(k.Device); in {
						d.plan.Remove = append(d.plan.Remove, k.Device)
					}
					d.plan.Add = append(d.plan.Add, k)
				} else if _, in := g.Member(k.Device); !in {
					d.plan.Add = append(d.plan.Add, k)
				}
			}
			if len(d.plan.Add) == 0 {
				return nil, nil
			}
			return d, nil
		}})
		if err != nil {
			return err
		}
	}
	return nil
}

// unlisted returns who of those that are to be added is in the group of a room, but
// not in it by the host's list: it went back to a backup of the time before they came,
// or they left and nobody has taken their keys out.
func (c *Client) unlisted(ctx context.Context, room chat.RoomID, members *wire.MemberChange) (lost map[chat.AccountID]bool, err error) {
	var in []chat.AccountID
	err = c.inSession(ctx, func(ctx context.Context, s *session) error {
		l := s.keeper.ledgers[room]
		if l == nil || l.sealed == nil {
			return ErrNoRoom
		}
		if err := s.keeper.open(ctx, l); err != nil || l.sealed.group == nil {
			return err
		}
		for _, m := range l.sealed.group.Members() {
			if a, known := s.keeper.accountOf(m); known && slices.ContainsFunc(members.Set, func(e wire.MemberEntry) bool { return e.Account == a }) {
				in = append(in, a)
			}
		}
		return nil
	})
	if err != nil || len(in) == 0 {
		return nil, err
	}
	got, err := request1[*wire.Members](ctx, c, func(ref uint32) wire.Message { return &wire.ListMembers{Ref: ref, Room: room} })
	if err != nil || len(got.Accounts) >= wire.MaxItems { // that may not be all
		return nil, err
	}
	lost = make(map[chat.AccountID]bool)
	for _, a := range in {
		if !slices.Contains(got.Accounts, a) {
			lost[a] = true
		}
	}
	return lost, nil
}

// InviteToRoom adds people to a sealed room, of which this person is an admin.
// Each gets in with all devices, sees who is there, and reads what is written
// from then on. What this device wrote before and has not sent yet goes first;
// what waits for an answer about somebody (Room.Held) does not, and is for the
// newcomers too. Errors are
// ErrNoRoom, ErrNotAllowed, ErrNoDevice (with nobody added), ErrDoubted,
// ErrOffline, *CodeError and the store's.
func (c *Client) InviteToRoom(ctx context.Context, room chat.RoomID, accounts ...chat.AccountID) error {
	wanted := c.now()
	for begin := 0; begin < len(accounts); begin += maxAdded / 2 {
		var packages []*group.KeyPackage
		members := new(wire.MemberChange)
		for _, a := range accounts[begin:min(begin+maxAdded/2, len(accounts))] {
			ks, err := c.packagesOf(ctx, a)
			if err != nil {
				return err
			}
			packages = append(packages, ks...)
			members.Set = append(members.Set, wire.MemberEntry{Account: a})
		}
		if err := c.addDevices(ctx, room, packages, members, wanted); err != nil {
			return err
		}
	}
	return nil
}

// RemoveFromRoom takes a person with all devices out of a sealed room, of which
// this person is an admin. They read nothing that is written from then on, nor what
// still waited to be sent.
func (c *Client) RemoveFromRoom(ctx context.Context, room chat.RoomID, account chat.AccountID) error {
	return c.changeRoom(ctx, room, func(_ context.Context, s *session, l *ledger) (*deed, error) {
		g := l.sealed.group
		if g == nil {
			return nil, ErrNoRoom
		}
		d := &deed{members: &wire.MemberChange{Remove: []chat.AccountID{account}}}
		policy := g.Policy()
		admins := len(policy.Admins)
		for _, m := range g.Members() {
			if a, known := s.keeper.accountOf(m); known && a == account {
				d.plan.Remove = append(d.plan.Remove, m.Device)
				policy.Admins = without(policy.Admins, m.Identity)
			}
		}
		if len(d.plan.Remove) == 0 {
			return nil, nil
		}
		if !policy.Direct && len(policy.Admins) < admins {
			d.plan.Policy = &policy
		}
		return d, nil
	})
}

func without(keys []identity.PublicKey, gone identity.PublicKey) []identity.PublicKey {
	return slices.DeleteFunc(slices.Clone(keys), func(k identity.PublicKey) bool { return k.Equal(gone) })
}

// RenameRoom gives a room another name and topic. A sealed one's are known to its
// members only.
func (c *Client) RenameRoom(ctx context.Context, room chat.RoomID, name, topic string) error {
	if err := checkRoomName(name, topic); err != nil {
		return err
	}
	r, err := c.db.Room(ctx, room)
	if err != nil {
		return err
	}
	if r.Kind == chat.RoomOpen {
		_, err := c.do(ctx, func(ref uint32) wire.Message { return &wire.ChangeRoom{Ref: ref, Room: room, Name: name, Topic: topic} })
		return err
	}
	return c.changeRoom(ctx, room, func(_ context.Context, _ *session, l *ledger) (*deed, error) {
		if l.sealed.group == nil {
			return nil, ErrNoRoom
		}
		policy := l.sealed.group.Policy()
		if policy.Name == name && policy.Topic == topic {
			return nil, nil
		}
		policy.Name, policy.Topic = name, topic
		return &deed{plan: group.Plan{Policy: &policy}}, nil
	})
}

// SetRoomAdmin makes a member of a sealed room an admin, or takes that back. The
// last admin stays one (ErrLastAdmin). For a member whom the host does not list it is
// ErrNotAllowed: they have to be invited again first.
func (c *Client) SetRoomAdmin(ctx context.Context, room chat.RoomID, account chat.AccountID, admin bool) error {
	change := wire.MemberChange{Set: []wire.MemberEntry{{Account: account, Admin: admin}}}
	// Whom the host does not list it would take for a member again, without a welcome.
	if lost, err := c.unlisted(ctx, room, &change); err != nil {
		return err
	} else if lost[account] {
		return ErrNotAllowed
	}
	return c.changeRoom(ctx, room, func(_ context.Context, s *session, l *ledger) (*deed, error) {
		g := l.sealed.group
		if g == nil {
			return nil, ErrNoRoom
		}
		policy := g.Policy()
		var key identity.PublicKey
		for _, m := range g.Members() {
			if a, known := s.keeper.accountOf(m); known && a == account {
				key = m.Identity
			}
		}
		if key.IsZero() || policy.IsAdmin(key) == admin {
			return nil, nil
		}
		if admin {
			policy.Admins = append(slices.Clone(policy.Admins), key)
		} else {
			policy.Admins = without(policy.Admins, key)
		}
		if len(policy.Admins) == 0 {
			return nil, ErrLastAdmin
		}
		return &deed{plan: group.Plan{Policy: &policy}, members: &change}, nil
	})
}

// LeaveRoom takes this person out of a sealed room. What is here stays. The only
// admin makes somebody else one first (ErrLastAdmin).
func (c *Client) LeaveRoom(ctx context.Context, room chat.RoomID) error {
	r, err := c.db.Room(ctx, room)
	if err != nil {
		return err
	}
	if !sealedKind(r.Kind) {
		return ErrNotAllowed // open rooms are everybody's
	}
	return c.leave(ctx, room, clientdb.RoomLeft)
}

func (c *Client) leave(ctx context.Context, room chat.RoomID, state clientdb.RoomState) error {
	r, err := c.db.Room(ctx, room)
	if err != nil {
		return err
	}
	c.mu.Lock()
	if c.leaving[room] {
		c.mu.Unlock()
		return &CodeError{Code: wire.CodeBusy}
	}
	c.leaving[room] = true
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.leaving, room)
	}()
	// Ask to be taken out with all devices, this one last. If that is interrupted it
	// goes on later: else a device that is out already would be brought in again, and
	// lack what was written meanwhile.
	if r.State == clientdb.RoomJoined || r.State == clientdb.RoomRequest {
		if err := c.wish(ctx, room, state); err != nil {
			return err
		}
	}
	for r.State == clientdb.RoomJoined || r.State == clientdb.RoomRequest {
		more := false
		err := c.changeRoom(ctx, room, func(_ context.Context, s *session, l *ledger) (*deed, error) {
			more = false
			g := l.sealed.group
			if g == nil {
				return nil, nil
			}
			me := s.keeper.identity()
			waits := make(map[identity.DeviceID]bool)
			for _, m := range g.Leaving() {
				waits[m.Device] = true
			}
			others := false
			for _, m := range g.Members() {
				others = others || !m.Identity.Equal(me)
			}
			if !others {
				return nil, nil // nobody is there to commit it
			}
			for _, d := range g.Devices(me) {
				if !waits[d] {
					more = true
					return &deed{leave: &d}, nil
				}
			}
			return nil, nil
		})
		if errors.Is(err, ErrLastAdmin) || errors.Is(err, ErrNotAllowed) || errors.Is(err, ErrNoRoom) {
			return errors.Join(err, c.wish(context.WithoutCancel(ctx), room, 0))
		}
		if err != nil {
			return err
		}
		if !more {
			break
		}
	}
	if _, err := c.do(ctx, func(ref uint32) wire.Message { return &wire.LeaveRoom{Ref: ref, Room: room} }); err != nil && CodeOf(err) != wire.CodeNoRoom {
		return err
	}
	return c.inSession(ctx, func(ctx context.Context, s *session) error {
		r, err := c.db.Room(ctx, room)
		if errors.Is(err, clientdb.ErrNoRoom) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.gone(ctx, &r); err != nil {
			return err
		}
		tx := c.db.GroupTx(ctx)
		if err := tx.DeletePrefix(groupKey(s.keeper.host, room), ""); err != nil {
			return err
		}
		if err := tx.DeletePrefix(leavingKey(room), ""); err != nil {
			return err
		}
		err = c.db.Step(ctx, clientdb.Step{Room: room, Groups: tx, Change: func(r *clientdb.Room) { r.State = state }})
		if errors.Is(err, clientdb.ErrNoRoom) {
			return nil // nothing of it ever came
		}
		c.feed.publish(func(ch *Changes) { ch.RoomList = true })
		return err
	})
}

// leavingKey is where the store keeps that this person wants to leave a room, and
// the state that it has then.
func leavingKey(room chat.RoomID) []byte { return append([]byte("leaving "), room[:]...) }

// wish writes down that this person wants to leave a room, or with state 0 that they
// cannot.
func (c *Client) wish(ctx context.Context, room chat.RoomID, state clientdb.RoomState) error {
	return c.inSession(ctx, func(ctx context.Context, s *session) error {
		l := s.keeper.ledgers[room]
		if l == nil || l.sealed == nil {
			return nil
		}
		if err := s.keeper.open(ctx, l); err != nil {
			return err
		}
		tx := c.db.GroupTx(ctx)
		var err error
		if state == 0 {
			err = tx.DeletePrefix(leavingKey(room), "")
		} else {
			err = tx.Put(leavingKey(room), "state", []byte{byte(state)})
		}
		if err == nil {
			err = c.db.WriteGroups(ctx, tx)
		}
		if err == nil {
			l.sealed.goes = state
		}
		return err
	})
}

// DeleteRoom takes a room away from everybody: an open one, if this person is a
// moderator, or a sealed one as its admin. What the members have they keep.
func (c *Client) DeleteRoom(ctx context.Context, room chat.RoomID) error {
	_, err := c.do(ctx, func(ref uint32) wire.Message { return &wire.ChangeRoom{Ref: ref, Room: room, Delete: true} })
	return err
}

// AcceptRoom takes a message request: from now on the other one learns what was
// delivered and read.
func (c *Client) AcceptRoom(ctx context.Context, room chat.RoomID) error {
	err := c.db.Step(ctx, clientdb.Step{Room: room, Change: func(r *clientdb.Room) {
		if r.State == clientdb.RoomRequest {
			r.State = clientdb.RoomJoined
		}
	}})
	if err != nil {
		return err
	}
	c.poke(func(_ context.Context, s *session) {
		if l := s.keeper.ledgers[room]; l != nil && l.sealed != nil && l.sealed.state == clientdb.RoomRequest {
			l.sealed.state = clientdb.RoomJoined
		}
	})
	c.feed.publish(func(ch *Changes) { ch.RoomList = true })
	return nil
}

// DeclineRoom leaves a room and hides it: what "delete" does to a message request.
func (c *Client) DeclineRoom(ctx context.Context, room chat.RoomID) error {
	return c.leave(ctx, room, clientdb.RoomHidden)
}

// Block hides everything that a person writes, also direct messages with them,
// or ends that. They are not told. clientdb.ErrNotFound says that there is no such
// person.
func (c *Client) Block(ctx context.Context, account chat.AccountID, on bool) error {
	var at int64
	if on {
		at = c.nowMS()
	}
	if err := c.db.SetBlocked(ctx, account, at); err != nil {
		return err
	}
	c.mu.Lock()
	if p := c.people[account]; p != nil {
		p.Blocked = on
	}
	rooms := make(map[chat.RoomID]bool)
	for id := range c.kinds {
		rooms[id] = true
	}
	c.mu.Unlock()
	c.feed.publish(func(ch *Changes) { ch.People, ch.RoomList, ch.Rooms = true, true, rooms })
	return nil
}

// RoomMember is a person of a sealed room, as the room's group says.
type RoomMember struct {
	Account chat.AccountID
	Name    string
	Admin   bool
	Devices int
	Me      bool
}

// RoomMembers returns who is in a sealed room, by name; for an open room
// everybody of the place who is active.
func (c *Client) RoomMembers(ctx context.Context, room chat.RoomID) ([]RoomMember, error) {
	r, err := c.db.Room(ctx, room)
	if err != nil {
		return nil, err
	}
	var out []RoomMember
	if !sealedKind(r.Kind) {
		for _, p := range c.People() {
			if p.State == chat.Active {
				out = append(out, RoomMember{Account: p.Account, Name: p.Name, Admin: p.Role >= chat.Moderator, Me: p.Me})
			}
		}
		return out, nil
	}
	members, err := c.db.Members(ctx, room)
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		if m.Present {
			p, _ := c.Person(m.Account)
			out = append(out, RoomMember{Account: m.Account, Name: p.Name, Admin: m.Admin, Devices: m.Devices, Me: p.Me})
		}
	}
	slices.SortFunc(out, func(a, b RoomMember) int { return compareNames(a.Name, b.Name, a.Account, b.Account) })
	return out, nil
}
