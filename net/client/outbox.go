package client

import (
	"context"
	"fmt"
	"time"

	"github.com/snugchat/snug/net/link"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// MaxUnacknowledged is how many messages may be on their way to the host
// (DESIGN section 6).
const MaxUnacknowledged = 64

// maxUnacknowledgedBytes is how many bytes of them may be: a quarter of what
// may wait for a slow link (link.MaxQueue), of which moving files take half.
// 64 long messages alone would end the link, and again after each connect.
const maxUnacknowledgedBytes = link.MaxQueue / 4

// postsAtOnce is how many messages are read from the outbox at a time.
const postsAtOnce = 8

// maxRewinds is how often in a row the host may say that a counter does not
// follow before this device believes that another one uses its keys.
const maxRewinds = 3

// outbox is the sending side of one room on one connection.
type outbox struct {
	flying  map[chat.MessageID]posting // posted, not answered
	sent    uint64                     // counter of the last one that was posted
	rewind  bool                       // once nothing flies, begin again with the first that waits
	gap     uint64                     // with rewind: the host's last counter, when it says that ours do not follow
	gapped  bool
	rewinds int       // gaps without a message that went through
	after   time.Time // not before
	stale   bool      // a commit came first: what was sealed is void
	needs   uint64    // with stale: the rows up to this one did not have that commit
	empty   bool      // nothing waits that was not posted, until somebody wakes the session
}

// window returns how many messages of a room may be on their way at a time: only one while it is not
// sure which counter is next, since the host could take the second and refuse the first.
func window(l *ledger) int {
	if l.unsure {
		return 1
	}
	return MaxUnacknowledged
}

// posting is a message on its way to the host.
type posting struct {
	counter uint64
	size    int    // bytes of the envelope
	seen    uint64 // what it said that this device has seen, in sealed rooms
	cursor  uint64 // which row this device had come to: a new one comes after it
}

// came notes that the row of a message came back: it is on the host.
func (o *outbox) came(id chat.MessageID) {
	if _, ours := o.flying[id]; ours {
		o.rewinds = 0
	}
}

// pump posts what waits, as far as it may, and returns when it wants to be
// called again; the zero time: when something happens.
func (s *session) pump(ctx context.Context) (next time.Time, err error) {
	if !s.active {
		return time.Time{}, nil
	}
	for _, id := range s.keeper.order {
		l := s.keeper.ledgers[id]
		if id == chat.Directory || !l.live || len(l.held) > 0 {
			continue
		}
		o := s.outbox[id]
		if o == nil {
			o = &outbox{flying: make(map[chat.MessageID]posting)}
			s.outbox[id] = o
		}
		if !l.counted { // and no row is held that may be one of this device
			if len(o.flying) > 0 {
				continue
			}
			if l.unsure, err = s.c.db.CatchUp(ctx, id, s.device); err != nil {
				return time.Time{}, err
			}
			l.counted = true
			o.sent, o.empty = 0, false // what waits may have other counters now
		}
		if l.sealed != nil {
			if at, err := s.receipts(ctx, l, o); err != nil {
				return time.Time{}, err
			} else if !at.IsZero() && (next.IsZero() || at.Before(next)) {
				next = at
			}
		}
		if o.rewind {
			if len(o.flying) > 0 {
				continue
			}
			o.empty = false
			if err := s.rewind(ctx, id, o); err != nil {
				return time.Time{}, err
			}
		}
		if now := s.c.now(); now.Before(o.after) {
			if next.IsZero() || o.after.Before(next) {
				next = o.after
			}
			continue
		}
		if o.empty {
			continue // a look at the store for every piece of a file would cost more than the piece
		}
		post := s.postAll
		if l.sealed != nil {
			post = s.postSealed
		}
		s.c.sending.Lock()
		err = post(ctx, l, o)
		s.c.sending.Unlock()
		if err != nil {
			return time.Time{}, err
		}
	}
	return next, nil
}

// postAll posts what waits in a room until enough is on its way. The host's
// answers let it go on.
func (s *session) postAll(ctx context.Context, l *ledger, o *outbox) error {
	for len(o.flying) < window(l) && s.flying < maxUnacknowledgedBytes {
		most := min(postsAtOnce, window(l)-len(o.flying))
		out, err := s.c.db.NextOutgoing(ctx, l.id, o.sent, most)
		if err != nil {
			return err
		}
		for i := range out {
			if s.flying >= maxUnacknowledgedBytes {
				return nil
			}
			if err := s.post(l, o, &out[i]); err != nil {
				return err
			}
		}
		if len(out) < most {
			o.empty = true
			return nil
		}
	}
	return nil
}

// rewind begins again with the first message that waits.
func (s *session) rewind(ctx context.Context, room chat.RoomID, o *outbox) error {
	o.rewind, o.sent = false, 0
	if o.stale {
		if err := s.c.db.Unseal(ctx, room, [2]uint16{uint16(wire.KindCommit), uint16(wire.KindProposal)}); err != nil {
			return err
		}
	}
	if !o.gapped {
		return nil
	}
	o.gapped = false
	out, err := s.c.db.NextOutgoing(ctx, room, 0, 1)
	if err != nil || len(out) > 0 && out[0].Counter == o.gap+1 {
		return err
	}
	// The first that waits does not follow what the host has: it lost some of
	// ours, when it was restored from a backup, or this device forgot some. If
	// nothing waits, it was a change of the room, which is made anew.
	if o.rewinds++; o.rewinds > maxRewinds {
		return ErrCopied
	}
	s.c.log.Warn("messages renumbered after what the host has")
	return s.c.db.Renumber(ctx, room, o.gap)
}

// post signs a message as of now and sends it.
func (s *session) post(l *ledger, o *outbox, out *clientdb.Outgoing) error {
	env := wire.Envelope{
		Room: l.id, Seen: l.head(), Known: s.keeper.ledgers[chat.Directory].head(),
		ID: out.ID, Device: s.device, Counter: out.Counter, Time: out.Created, Body: wire.BodyKind(out.Kind), Data: out.Body,
	}
	if body, err := wire.ParseBody(env.Body, env.Data); err == nil {
		env.Text = wire.Fallback(body)
	}
	sealed, err := env.Seal()
	if err != nil {
		return fmt.Errorf("seal message: %w", err) // bodies are checked before they are written
	}
	delete(s.c.unsent, out.ID)
	o.flying[out.ID] = posting{counter: out.Counter, size: len(sealed), cursor: l.cursor}
	s.flying += len(sealed)
	o.sent = out.Counter
	return s.line.send(&wire.Post{
		Envelope: sealed, Signature: s.envelope.Sign(wire.LabelOpenEnvelope, s.keeper.host[:], sealed),
	})
}

// maxCounter bounds what the host may say of counters: no device writes as much, and
// beyond twice that numbers are negative in the store.
const maxCounter = 1 << 62

// posted takes the host's answer.
func (s *session) posted(ctx context.Context, m *wire.Posted) error {
	o := s.outbox[m.Room]
	if o == nil {
		return nil
	}
	p, ours := o.flying[m.ID]
	if !ours {
		return nil
	}
	delete(o.flying, m.ID)
	s.flying -= p.size
	if m.Counter > maxCounter {
		return fmt.Errorf("%w: counter %d", ErrProtocol, m.Counter)
	}
	l := s.keeper.ledgers[m.Room]
	if l != nil && l.sealed != nil && l.sealed.commit == m.ID && m.Code != wire.CodeOK {
		return s.refusedChange(ctx, l, o, p, m)
	}
	switch m.Code {
	case wire.CodeOK:
		o.rewinds = 0
		// It was there already, and need not be the last one of this device: hosts of
		// before Counter was told do not say so.
		behind := m.Counter > p.counter || m.Seq <= p.cursor
		if l != nil && !behind {
			l.unsure = false // from here on a later counter is one of a copy
		}
		s.acks = append(s.acks, clientdb.Ack{ID: m.ID, Seq: m.Seq, Room: m.Room, Behind: behind})
		s.c.hostTrouble(wire.CodeOK)
		return nil
	case wire.CodeSlowDown, wire.CodeBusy, wire.CodeFailed, wire.CodeDiskFull:
		s.c.hostTrouble(m.Code)
		o.rewind = true
		wait := max(time.Duration(m.After)*time.Second, 200*time.Millisecond)
		if at := s.c.now().Add(min(wait, time.Minute)); at.After(o.after) {
			o.after = at
		}
		return nil
	case wire.CodeConflict:
		if m.Counter >= p.counter && (l == nil || !l.unsure) {
			return ErrCopied // another message of this device has this counter
		}
		// One before it was refused or has to wait; or the host lost some.
		o.rewind = true
		o.gapped, o.gap = true, m.Counter
		return nil
	case wire.CodeStale:
		o.rewind = true
		o.stale, o.needs = true, max(o.needs, p.seen)
		return nil
	case wire.CodeNoBlob:
		// The host lost the file since it took it.
		s.c.files.lost(ctx, m.ID)
	}
	o.rewind = true // those behind it have other counters now
	s.c.log.Info("message refused", "code", m.Code)
	if err := s.c.db.Refuse(ctx, m.ID, uint16(m.Code)); err != nil {
		return err
	}
	s.c.publishRoom(m.Room)
	return nil
}

// hostTrouble notes that the host cannot write down what is sent to it, since its disk is
// full or does not work, and that what is written waits for it; wire.CodeOK: that it can
// again. Other codes say nothing of it.
func (c *Client) hostTrouble(code wire.Code) {
	c.mu.Lock()
	online, was := c.state.Phase == Online, CodeOf(c.state.Err)
	c.mu.Unlock()
	if !online || was == code {
		return
	}
	switch code {
	case wire.CodeDiskFull, wire.CodeFailed:
		c.log.Info("the host cannot write", "code", code)
		c.setState(State{Phase: Online, Err: &CodeError{Code: code}})
	case wire.CodeOK:
		c.log.Info("the host can write again")
		c.setState(State{Phase: Online})
		c.files.tryNow()
	}
}

// acknowledge writes down which messages are on the host's disk.
func (s *session) acknowledge(ctx context.Context) error {
	if len(s.acks) == 0 {
		return nil
	}
	acks := s.acks
	s.acks = nil
	if err := s.c.db.Acknowledge(ctx, acks); err != nil {
		return err
	}
	for _, a := range acks {
		s.c.publishRoom(a.Room)
	}
	return nil
}

// refusedChange takes the host's refusal of a commit or proposal.
func (s *session) refusedChange(ctx context.Context, l *ledger, o *outbox, p posting, m *wire.Posted) error {
	o.rewind = true
	switch m.Code {
	case wire.CodeStale:
		o.stale, o.needs = true, max(o.needs, p.seen)
		return s.lost(ctx, l, m.ID, true, nil)
	case wire.CodeSlowDown, wire.CodeBusy, wire.CodeFailed, wire.CodeDiskFull:
		s.c.hostTrouble(m.Code)
		l.sealed.commit = chat.MessageID{} // it is sent again as it is
		wait := max(time.Duration(m.After)*time.Second, 200*time.Millisecond)
		o.after = s.c.now().Add(min(wait, time.Minute))
		return nil
	case wire.CodeConflict:
		if m.Counter >= p.counter && !l.unsure {
			return ErrCopied
		}
		o.gapped, o.gap = true, m.Counter
		return s.lost(ctx, l, m.ID, true, nil)
	case wire.CodeNoBlob:
		l.sealed.commit, l.sealed.shipped = chat.MessageID{}, false
		if l.sealed.reshipped++; l.sealed.reshipped <= maxRewinds {
			return nil
		}
	}
	s.c.log.Info("change of a sealed room refused", "code", m.Code)
	return s.lost(ctx, l, m.ID, false, &CodeError{Code: m.Code})
}
