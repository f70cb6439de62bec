package client

import (
	"context"
	"encoding/binary"
	"time"

	"github.com/snugchat/snug/crypto/group"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// The contents of signals: one byte.
const (
	signalTyping  = 1
	signalStopped = 2
)

// signalRoom sends a signal to those who are in a sealed room now, if that can be
// done at once.
func (c *Client) signalRoom(room chat.RoomID, content byte) {
	c.poke(func(ctx context.Context, s *session) {
		l := s.keeper.ledgers[room]
		if l == nil || l.sealed == nil || l.sealed.state != clientdb.RoomJoined || s.keeper.open(ctx, l) != nil {
			return
		}
		g := l.sealed.group
		if held, err := s.held(ctx, room); g == nil || !g.Joined() || held || err != nil || s.outdated(l) {
			return
		}
		data, err := g.SealSignal([]byte{content})
		if err != nil {
			s.c.log.Debug("signal not sealed", "err", err)
			return
		}
		s.line.link.SendVolatile(wire.Append(nil, &wire.Signal{Room: room, Device: s.device, Data: data}))
	})
}

// signalled takes a signal. What is wrong with one is of no consequence.
func (s *session) signalled(ctx context.Context, m *wire.Signal) {
	c := s.c
	l := s.keeper.ledgers[m.Room]
	if l == nil || l.sealed == nil || m.Device == s.device || s.keeper.open(ctx, l) != nil {
		return
	}
	g := l.sealed.group
	if g == nil || !g.Joined() {
		return
	}
	got, err := g.OpenSignal(m.Data)
	if err != nil || len(got.Content) != 1 || chat.DeviceID(got.From.Device) != m.Device {
		return
	}
	if fresh, err := s.firstTime(ctx, l, got); err != nil || !fresh {
		return
	}
	account, known := s.keeper.accountOf(got.From)
	if !known {
		return
	}
	c.mu.Lock()
	changed := false
	if p := c.people[account]; p != nil && p.Blocked {
		c.mu.Unlock()
		return
	}
	switch got.Content[0] {
	case signalTyping:
		changed = c.typing.Show(m.Room, account, c.now())
	case signalStopped:
		changed = c.typing.Stop(m.Room, account)
	}
	c.mu.Unlock()
	if changed {
		c.feed.publish(func(ch *Changes) { ch.Typing = map[chat.RoomID]bool{m.Room: true} })
	}
}

// heardAhead is how far in front of a signal the mark lies that says on disk which
// ones of its sender were heard, so that not each of them costs a write. After a
// restart the signals that it covers are not shown, be they new or old.
const heardAhead = 10 * time.Second

// heard is what a device has heard of a sender's signals in an epoch.
type heard struct {
	epoch  uint64
	before uint64 // by an earlier run of the program: nothing up to here is shown
	mark   uint64 // on disk
}

// firstTime reports whether a signal was not heard before, also not by an earlier
// run of the program: a host that kept it could show it again.
func (s *session) firstTime(ctx context.Context, l *ledger, got *group.Signal) (bool, error) {
	sr, id := l.sealed, chat.DeviceID(got.From.Device)
	epoch, row := sr.group.Epoch(), id.String()
	key := append([]byte("signals "), l.id[:]...)
	h, known := sr.heard[id]
	if !known || h.epoch != epoch {
		h = heard{epoch: epoch}
		b, err := s.c.db.GroupTx(ctx).Get(key, row)
		if err != nil {
			return false, err
		}
		if len(b) == 16 && binary.BigEndian.Uint64(b) == epoch {
			h.before = binary.BigEndian.Uint64(b[8:])
			h.mark = h.before
		}
	}
	fresh := got.Counter > h.before
	if fresh && got.Counter > h.mark {
		h.mark = got.Counter + uint64(heardAhead.Microseconds())
		tx := s.c.db.GroupTx(ctx)
		for row, err := range tx.Scan(key, "") { // those of earlier epochs are of no use
			if err != nil {
				return false, err
			}
			if len(row.Value) == 16 && binary.BigEndian.Uint64(row.Value) != epoch {
				if err := tx.Delete(key, row.Key); err != nil {
					return false, err
				}
			}
		}
		if err := tx.Put(key, row, binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, epoch), h.mark)); err != nil {
			return false, err
		}
		if err := s.c.db.WriteGroups(ctx, tx); err != nil {
			return false, err
		}
	}
	if sr.heard == nil || sr.heardIn != epoch {
		sr.heard, sr.heardIn = make(map[chat.DeviceID]heard), epoch
	}
	sr.heard[id] = h
	return fresh, nil
}
