package client

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/snugchat/snug/crypto/group"
	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/crypto/mls"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// replaceWait is how long members leave the revoked device of a person in a
// private room, so that the device that takes its place can do so: without a
// leaf to replace only an admin could bring it in, and the person may be the only
// one.
const replaceWait = 72 * time.Hour

// lostState reports whether a device has no group of a room that it is in, and
// asks members to be let in.
func lostState(s clientdb.RoomState) bool {
	return s == clientdb.RoomBroken || s == clientdb.RoomReturning
}

// recovering reports whether this device takes the place of another one that is
// not revoked yet.
func (s *session) recovering() bool {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	return s.c.place.Replaces != chat.DeviceID{}
}

// askReturn asks members of a room in which this device takes the place of a lost
// one, and returns when to look again.
func (s *session) askReturn(ctx context.Context, l *ledger) (time.Duration, error) {
	sr := l.sealed
	if s.recovering() || len(s.ownProofs()) == 0 {
		return time.Second, nil // first the other one is revoked
	}
	if sr.mates == nil {
		if !sr.listing {
			sr.listing = true
			s.background(func(ctx context.Context) { s.listMates(ctx, l) })
		}
		return askEvery, nil
	}
	if l.kind == chat.RoomDirect && !sr.placed {
		sr.placed = true
		if err := s.findPeer(ctx, l); err != nil {
			return 0, err
		}
	}
	return s.askRejoin(ctx, l)
}

// listMates asks the host who is in a room: this device has never seen its group.
func (s *session) listMates(ctx context.Context, l *ledger) {
	got, err := request1[*wire.Members](ctx, s.c, func(ref uint32) wire.Message { return &wire.ListMembers{Ref: ref, Room: l.id} })
	if err != nil && ctx.Err() == nil {
		s.c.log.Debug("members of a room not listed", "err", err)
	}
	s.tell(ctx, func(context.Context) error {
		l.sealed.listing = false
		if err == nil {
			l.sealed.mates = make(map[chat.AccountID]bool)
			for _, a := range got.Accounts {
				l.sealed.mates[a] = true
			}
			signal(s.tend)
		}
		return nil
	})
}

// findPeer finds out with whom direct messages are: their room's id says so.
func (s *session) findPeer(ctx context.Context, l *ledger) error {
	me := s.account()
	for a := range l.sealed.mates {
		if a == me && len(l.sealed.mates) > 1 || !s.isDirect(l.id, me, a) {
			continue
		}
		err := s.c.db.Step(ctx, clientdb.Step{Room: l.id, Change: func(r *clientdb.Room) { r.Peer = a }})
		if err != nil {
			return err
		}
		s.c.feed.publish(func(ch *Changes) { ch.RoomList = true })
	}
	return nil
}

// stopReturning gives up what this device does to come back into a room by itself,
// because a Welcome brings it in, and returns what of it is in the outbox: a commit,
// which was made before that of the Welcome, and which nobody will take.
func (s *session) stopReturning(ctx context.Context, room chat.RoomID) ([]chat.MessageID, error) {
	out, err := s.c.db.NextOutgoing(ctx, room, 0, 1)
	if err != nil {
		return nil, err
	}
	if o := s.outbox[room]; o != nil {
		for _, p := range o.flying { // their answers come to nobody
			s.flying -= p.size
		}
		clear(o.flying)
	}
	if l := s.keeper.ledgers[room]; l != nil {
		for _, ch := range l.sealed.changes {
			ch.finish(ErrNoRoom)
		}
		l.sealed.changes = nil
	}
	if len(out) > 0 && isChange(out[0].Kind) {
		return []chat.MessageID{out[0].ID}, nil
	}
	return nil, nil
}

// ownProofs returns the revocations of own devices, the latest first.
func (s *session) ownProofs() [][]byte {
	me := s.account()
	var revoked []*device
	for _, d := range s.keeper.directory.devices {
		if d.Account == me && d.Revoked != 0 && len(s.proofOf(d)) > 0 {
			revoked = append(revoked, d)
		}
	}
	slices.SortFunc(revoked, func(a, b *device) int { return cmp.Compare(b.Revoked, a.Revoked) })
	proofs := make([][]byte, len(revoked))
	for i, d := range revoked {
		proofs[i] = s.proofOf(d)
	}
	return proofs
}

// comeIn makes the external commit by which this device comes in again: in its own
// place, or in that of a lost device of the same identity.
func (s *session) comeIn(tx mls.Tx, l *ledger, info []byte, header [32]byte) (*group.Group, []byte, error) {
	device, err := s.keeper.groupDevice()
	if err != nil {
		return nil, nil, err
	}
	id := wire.GroupID(s.keeper.host, l.id)
	if l.sealed.state != clientdb.RoomReturning {
		return device.Rejoin(tx, id, info, header)
	}
	err = ErrNoRoom
	for _, proof := range s.ownProofs() {
		var g *group.Group
		var message []byte
		if g, message, err = device.Recover(tx, id, info, header, proof); err == nil {
			return g, message, nil
		}
	}
	return nil, nil, err
}

// replaces reports whether a device that asks to be let into a group may take the
// place of one of its identity that was revoked.
func (s *session) replaces(g *group.Group, d *device) bool {
	if a := s.keeper.directory.accounts[d.Account]; a.Identity != d.identity {
		return false
	}
	for _, m := range g.Members() {
		v := s.keeper.directory.devices[chat.DeviceID(m.Device)]
		if m.Identity.Array() == d.identity && v != nil && v.Revoked != 0 && len(s.proofOf(v)) > 0 {
			return true
		}
	}
	return false
}

// successor returns the account whose device out, which was revoked, another one
// may still take the place of in a room, and until when that is waited for; zero
// if nobody does. in are the devices of the room.
func (s *session) successor(out *device, in map[chat.DeviceID]bool) (account chat.AccountID, until time.Time) {
	dir := s.keeper.directory
	if out.parse() != nil || dir.accounts[out.Account].Identity != out.identity {
		return account, until
	}
	proof, err := identity.ParseRevocation(s.proofOf(out))
	if err != nil {
		return account, until
	}
	waits := false
	for id, d := range dir.devices {
		if d.Account != out.Account || d.Revoked != 0 || d.parse() != nil || d.identity != out.identity {
			continue
		}
		if in[id] {
			return account, until // which brings the others in
		}
		waits = true
	}
	// The time is the revoking device's: one that lies ahead is taken as now.
	until = timeOf(min(proof.At, s.c.nowMS())).Add(replaceWait)
	if !waits || !until.After(s.c.now()) {
		return chat.AccountID{}, time.Time{}
	}
	return out.Account, until
}
