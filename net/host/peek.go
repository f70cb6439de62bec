package host

import (
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// peek answers Peek: the last rows of an open room before a row, out of their turn.
// The session neither listens by it nor does its cursor move.
func (h *Host) peek(s *session, m *wire.Peek) error {
	if _, err := s.member(); err != nil {
		return s.fail(m.Ref, err)
	}
	r := h.rooms.get(m.Room)
	if _, ok := h.rooms.scopeAfter(r, s.account, 0); !ok {
		return s.fail(m.Ref, refuse(wire.CodeNoRoom))
	}
	if r.kind != chat.RoomOpen {
		return s.fail(m.Ref, refuse(wire.CodeNotAllowed)) // what is sealed opens in its order only
	}
	before := m.Before
	if before == 0 {
		before = 1<<63 - 1
	}
	rows, err := h.store.Before(s.ctx, m.Room, before, wire.PeekRows, rowsBytes)
	if err != nil {
		return s.fail(m.Ref, err)
	}
	answer := wire.Peeked{Ref: m.Ref}
	for i := range rows {
		answer.Rows = append(answer.Rows, wireRow(&rows[i]))
	}
	s.send(&answer)
	return nil
}
