package client

import (
	"context"

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
		if held, err := s.held(ctx, room); g == nil || !g.Joined() || held || err != nil {
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
