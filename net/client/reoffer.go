package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

const (
	// reofferBytes is how many bytes of envelopes one Reoffer has, so that it is one
	// message of 60 KiB with what comes around each row.
	reofferBytes = 48 << 10
	// maxOffers is how often on a connection what the host lost of a room is looked
	// for. Once is enough, unless others give rows back at the same time.
	maxOffers = 4
)

// offer is what this device does about rows of a room that the host has lost.
type offer struct {
	asked uint64 // the row up to which was asked
	sent  uint64 // last row that was given back
	base  bool   // the history differs behind what the host has, and is compared where it was restored
}

// mayReoffer reports whether the host can be given rows of a room back. The directory
// it makes itself, from what people prove.
func (s *session) mayReoffer(l *ledger) bool {
	return s.reoffers && l.id != chat.Directory && l.offers < maxOffers
}

// reoffer begins to give a host rows of a room back that it lost, or to find out from
// where on its history is another one. Nothing is fetched meanwhile.
func (s *session) reoffer(l *ledger) error {
	l.offers++
	l.offer, l.asked = &offer{asked: l.cursor}, true
	return s.line.send(&wire.Reoffer{Room: l.id, Cursor: l.cursor})
}

// nothingToOffer tells the host, the first time that a room is complete after it was
// restored, that this device has nothing more of it. Whatever it acknowledged and
// does not have by now is lost.
func (s *session) nothingToOffer(ctx context.Context, l *ledger) error {
	if !s.restored || l.told || l.id == chat.Directory {
		return nil
	}
	l.told = true
	if err := s.c.db.HostRestored(ctx, l.id); err != nil || !s.reoffers {
		return err
	}
	return s.line.send(&wire.Reoffer{Room: l.id})
}

// reoffered takes the host's answer.
func (s *session) reoffered(ctx context.Context, m *wire.Reoffered) error {
	if !s.restored {
		return nil
	}
	s.reoffers = true
	l := s.keeper.ledgers[m.Room]
	if l == nil || l.offer == nil {
		return nil
	}
	o := l.offer
	if m.After > o.asked || len(m.Chain) != 32 {
		return fmt.Errorf("%w: rows given back", ErrProtocol)
	}
	have, chain, err := s.c.db.LastRow(ctx, l.id, m.After)
	if err != nil {
		return err
	}
	if m.After == 0 {
		chain = wire.FirstChain(s.keeper.host, l.id)
	}
	switch same := have == m.After && chain == [32]byte(m.Chain); {
	case m.After <= l.since && l.since > 0:
		return s.setAside(ctx, l, l.since, [32]byte{}, false) // all that was this person's is lost
	case !same && !o.base && m.From < o.asked:
		// Somebody gave the host other rows than this device has: what is the same
		// ends before them.
		o.base, o.asked = true, m.From
		return s.line.send(&wire.Reoffer{Room: l.id, Cursor: m.From})
	case !same:
		// It is another history from before the backup on, which no backup can be.
		return fmt.Errorf("%w: row %d is another one", ErrHostRestored, m.After)
	case m.After == l.cursor:
		return s.offered(l)
	case m.Open && !o.base && (o.sent == 0 || m.After == o.sent):
		rows, err := s.c.db.Kept(ctx, l.id, m.After, l.cursor, wire.MaxReoffer, reofferBytes)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			break
		}
		out := wire.Reoffer{Room: l.id, Cursor: o.asked}
		for i := range rows {
			out.Rows = append(out.Rows, wire.Row{Seq: rows[i].Seq, Received: rows[i].Received, Envelope: rows[i].Envelope, Signature: rows[i].Signature})
		}
		o.sent = rows[len(rows)-1].Seq
		return s.line.send(&out)
	}
	return s.setAside(ctx, l, m.After, chain, true)
}

// offered goes on with a room, as far as the host has it now.
func (s *session) offered(l *ledger) error {
	l.offer, l.asked = nil, false
	return s.fetch(l)
}

// setAside goes on behind a row up to which host and device have the same. What this
// device has behind it the host has lost for good: it stays in the timeline, own
// messages are sent again, and those of others come again when these do so. If a
// change of the group is among it, then the group went on without this device.
func (s *session) setAside(ctx context.Context, l *ledger, after uint64, chain [32]byte, chained bool) error {
	s.c.log.Warn("the host lost rows when it was restored", "after", after, "last_row", l.cursor)
	if l.sealed != nil {
		if err := s.setGroupAside(ctx, l, after); err != nil {
			return err
		}
	}
	if err := s.c.db.SetAside(ctx, l.id, s.device, after, chain, chained); err != nil {
		return err
	}
	l.cursor, l.chain, l.chained, l.held = after, chain, chained, nil
	l.aside = l.sealed != nil
	clear(l.heads)
	s.c.publishRoom(l.id)
	return s.offered(l)
}

// setGroupAside takes back a commit or proposal that is on its way, and gives the group
// up if it is ahead of what the host has.
func (s *session) setGroupAside(ctx context.Context, l *ledger, after uint64) error {
	sr := l.sealed
	kinds := [2]uint16{uint16(wire.KindCommit), uint16(wire.KindProposal)}
	waiting, err := s.c.db.OutboxOf(ctx, l.id, kinds[0], kinds[1])
	if err != nil {
		return err
	}
	for i := range waiting {
		if err := s.lost(ctx, l, waiting[i].ID, true, nil); err != nil {
			return err
		}
	}
	sr.lastCommit = min(sr.lastCommit, after)
	changed, err := s.c.db.ChangedAfter(ctx, l.id, after, kinds)
	if err != nil || !changed || lostState(sr.state) {
		return err
	}
	s.c.log.Warn("a sealed room goes on from before a change of its members that the host lost")
	tx := s.c.db.GroupTx(ctx)
	if err := markLost(tx, l.id); err != nil {
		return err
	}
	err = s.c.db.Step(ctx, clientdb.Step{Room: l.id, Groups: tx, Change: func(r *clientdb.Room) { r.State = clientdb.RoomBroken }})
	if err != nil {
		return err
	}
	sr.group, sr.state = nil, clientdb.RoomBroken
	signal(s.tend)
	return nil
}

// fromAside takes what a row says from the one that was set aside when the host lost
// it: if it is the same row, or (unread) one that this device cannot read in its new
// form. It reports whether it did.
func (k *keeper) fromAside(ctx context.Context, l *ledger, b *sealedBatch, row *wire.Row, env *wire.Envelope, unread bool, m *clientdb.Message) (bool, error) {
	old, envelope, err := k.c.db.FromAside(ctx, l.id, env.Device, env.ID)
	if errors.Is(err, clientdb.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if !bytes.Equal(envelope, row.Envelope) && (!unread || env.Body != wire.KindSealed) {
		return false, nil
	}
	m.Account, m.Device, m.Sent = old.Account, old.Device, old.Sent
	m.Kind, m.Body, m.Text = old.Kind, old.Body, old.Text
	m.Flags = old.Flags & (clientdb.Deleted | clientdb.RevokedDevice)
	switch wire.BodyKind(m.Kind) {
	case wire.KindCommit, wire.KindProposal:
		if change, err := parseRoomChange(m.Body); err != nil || change.empty() {
			m.Line = chat.RoomID{}
		}
		return true, nil
	}
	b.mark(m)
	if body, err := wire.ParseBody(wire.BodyKind(m.Kind), m.Body); err == nil && m.Flags == 0 {
		about(m, body, true, b.Own)
	}
	return true, nil
}
