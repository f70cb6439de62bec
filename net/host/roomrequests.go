package host

import (
	"context"
	"fmt"
	"unicode/utf8"

	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

func (s *session) createRoom(m *wire.CreateRoom) error {
	who, err := s.asking()
	if err != nil {
		return s.fail(m.Ref, err)
	}
	return s.answer(m.Ref, wire.Done{}, s.h.createRoom(s.ctx, who, m))
}

func (s *session) changeRoom(m *wire.ChangeRoom) error {
	who, err := s.asking()
	if err != nil {
		return s.fail(m.Ref, err)
	}
	return s.answer(m.Ref, wire.Done{}, s.h.changeRoom(s.ctx, who, m))
}

func (s *session) leaveRoom(m *wire.LeaveRoom) error {
	who, err := s.asking()
	if err != nil {
		return s.fail(m.Ref, err)
	}
	return s.answer(m.Ref, wire.Done{}, s.h.leaveRoom(s.ctx, who, m.Room))
}

// kindWord names a kind of room in the log and the audit.
func kindWord(k chat.RoomKind) string {
	switch k {
	case chat.RoomOpen:
		return "open"
	case chat.RoomSealed:
		return "sealed"
	case chat.RoomDirect:
		return "direct"
	}
	return "directory"
}

func (h *Host) createRoom(ctx context.Context, who actor, m *wire.CreateRoom) error {
	err := h.roster.decide(ctx, func(st *state) (chat.Change, error) { return h.decideRoom(st, who, m) }, h.roomNews(m.Room))
	if err == nil {
		h.log.Info("room made", "by", who.name, "kind", kindWord(m.RoomKind))
	}
	return err
}

// decideRoom decides whether somebody may make a room.
func (h *Host) decideRoom(st *state, who actor, m *wire.CreateRoom) (c chat.Change, err error) {
	rs := h.rooms
	rs.mu.RLock()
	defer rs.mu.RUnlock()
	now := h.now().UnixMilli()
	next := chat.Room{ID: m.Room, Kind: m.RoomKind, By: who.id, Created: now}
	line := chat.Audit{Time: now, Actor: who.id, Action: "room", Object: m.Room.String() + " " + kindWord(m.RoomKind)}
	if m.RoomKind.Sealed() && (m.Name != "" || m.Topic != "") {
		return c, refuse(wire.CodeBadMessage) // the host shall not know them
	}
	if m.Room.Direct() != (m.RoomKind == chat.RoomDirect) || (m.RoomKind != chat.RoomDirect && !m.Peer.IsZero()) {
		return c, refuse(wire.CodeBadMessage)
	}
	switch m.RoomKind {
	case chat.RoomOpen:
		if !policy(who.role, actOpenRoom, 0) {
			return c, refuse(wire.CodeNotAllowed)
		}
		if next.Name, next.Topic, err = rs.nameLocked(m.Room, m.Name, m.Topic); err != nil {
			return c, err
		}
		line.Object += " " + next.Name
	case chat.RoomSealed, chat.RoomDirect:
		if !policy(who.role, actSealRoom, 0) {
			return c, refuse(wire.CodeNotAllowed)
		}
		if next.Peer = m.Peer; m.RoomKind == chat.RoomDirect {
			if a := st.accounts[m.Peer]; a == nil || a.State != chat.Active {
				return c, refuse(wire.CodeNoAccount)
			}
			if !h.isDirect(m.Room, who.id, m.Peer) {
				return c, refuse(wire.CodeBadMessage)
			}
		}
		c.Members = []chat.RoomMember{{Room: m.Room, Account: who.id, Admin: true}}
	default:
		return c, refuse(wire.CodeBadMessage)
	}
	if _, taken := rs.taken[m.Room]; taken || rs.all[m.Room] != nil || m.Room == (chat.RoomID{}) {
		return c, refuse(wire.CodeConflict)
	}
	l := &h.limits
	switch {
	case rs.open+rs.sealed >= l.Rooms || len(rs.taken)+len(rs.all) >= l.RoomsEver:
		return c, refuse(wire.CodeTooMany)
	case m.RoomKind == chat.RoomOpen && rs.open >= l.OpenRooms:
		return c, refuse(wire.CodeTooMany)
	case m.RoomKind.Sealed():
		today := 0
		for _, at := range rs.made[who.id] {
			if at > now-day {
				today++
			}
		}
		if today >= l.RoomsADay || rs.joinedLocked(who.id) >= l.RoomsOf || rs.members >= l.Memberships {
			return c, refuse(wire.CodeTooMany)
		}
	}
	c.Rooms, c.Audit = []chat.Room{next}, []chat.Audit{line}
	return c, nil
}

// isDirect reports whether an id is that of the direct room of two accounts.
func (h *Host) isDirect(id chat.RoomID, a, b chat.AccountID) bool {
	for generation := range uint32(wire.MaxGeneration + 1) {
		if wire.DirectRoom(h.key, a, b, generation) == id {
			return true
		}
	}
	return false
}

// nameLocked checks the name and topic of an open room, and returns them as they
// are shown. No two rooms have names that look alike.
func (rs *rooms) nameLocked(room chat.RoomID, name, topic string) (string, string, error) {
	shown, skeleton, err := chat.NormalName(name)
	if err != nil {
		return "", "", refuse(wire.CodeNameBad)
	}
	if other, taken := rs.names[skeleton]; taken && other != room {
		return "", "", refuse(wire.CodeNameTaken)
	}
	if !utf8.ValidString(topic) || len(topic) > wire.MaxTopic {
		return "", "", refuse(wire.CodeTooLong)
	}
	return shown, topic, nil
}

func (h *Host) changeRoom(ctx context.Context, who actor, m *wire.ChangeRoom) error {
	err := h.roster.decide(ctx, func(st *state) (chat.Change, error) { return h.decideChange(st, who, m) }, h.roomNews(m.Room))
	if err == nil {
		h.log.Info("room changed", "by", who.name, "deleted", m.Delete)
	}
	return err
}

// decideChange decides whether somebody may rename or delete a room.
func (h *Host) decideChange(st *state, who actor, m *wire.ChangeRoom) (c chat.Change, err error) {
	rs := h.rooms
	rs.mu.RLock()
	defer rs.mu.RUnlock()
	r := rs.all[m.Room]
	scope, ok := rs.scopeLocked(r, who.id)
	if !ok || scope.out {
		return c, refuse(wire.CodeNoRoom)
	}
	may := policy(who.role, actOpenRoom, 0)
	if r.kind.Sealed() {
		may = m.Delete && rs.adminLocked(st, r, who.id)
	}
	if !may || r.id == chat.Lobby || r.id == chat.Directory {
		return c, refuse(wire.CodeNotAllowed)
	}
	now := h.now().UnixMilli()
	next := chat.Room{ID: r.id, Kind: r.kind, Name: r.name, Topic: r.topic, By: r.by, Peer: r.peer, Created: r.created}
	line := chat.Audit{Time: now, Actor: who.id, Action: "room changed", Object: r.id.String()}
	if m.Delete {
		line.Action, next.Deleted = "room deleted", now
	} else {
		if next.Name, next.Topic, err = rs.nameLocked(r.id, m.Name, m.Topic); err != nil {
			return c, err
		}
		if next.Name == r.name && next.Topic == r.topic {
			return c, nil
		}
		line.Object += fmt.Sprintf(" from %s to %s", r.name, next.Name)
	}
	return chat.Change{Rooms: []chat.Room{next}, Audit: []chat.Audit{line}}, nil
}

func (h *Host) leaveRoom(ctx context.Context, who actor, id chat.RoomID) error {
	return h.roster.decide(ctx, func(*state) (chat.Change, error) {
		h.rooms.mu.RLock()
		defer h.rooms.mu.RUnlock()
		r := h.rooms.all[id]
		if r == nil || !r.kind.Sealed() {
			return chat.Change{}, refuse(wire.CodeNoRoom)
		}
		m := r.members[who.id]
		switch {
		case m == nil:
			return chat.Change{}, refuse(wire.CodeNoRoom)
		case m.Gone != 0:
			return chat.Change{}, nil
		}
		next := *m
		next.Admin, next.Until, next.Gone = false, r.known.Load(), h.now().UnixMilli()
		return chat.Change{Members: []chat.RoomMember{next}}, nil
	}, h.roomNews(id))
}

// roomNews returns what is to be done after a decision about a room is stored.
func (h *Host) roomNews(id chat.RoomID) func(*decision) {
	before := h.rooms.get(id) // it may be deleted by then
	return func(d *decision) {
		r := h.rooms.get(id)
		if r == nil {
			r = before
		}
		if r == nil {
			return
		}
		if len(d.Members) > 0 {
			var accounts []chat.AccountID
			for i := range d.Members {
				accounts = append(accounts, d.Members[i].Account)
			}
			h.tellRoom(r, accounts)
			return
		}
		h.tellRoom(r, nil)
	}
}

// tellRoom tells the accounts, or all in the room if accounts is nil, what they now
// are in it, and ends the deliveries of those who are not in it any more.
func (h *Host) tellRoom(r *room, accounts []chat.AccountID) {
	r.drop(func(l listener) bool { return !h.rooms.in(r, l.s.account) })
	if accounts == nil && r.kind.Sealed() {
		accounts = h.rooms.accounts(r)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.roster.read(func(st *state) {
		tell := func(s *session) {
			if s != nil && s.present {
				s.send(&wire.Rooms{Rooms: []wire.RoomInfo{h.rooms.info(st, r, s.account)}})
			}
		}
		if !r.kind.Sealed() {
			for _, s := range h.sessions {
				tell(s)
			}
			return
		}
		for _, account := range accounts {
			for _, device := range st.owned[account] {
				tell(h.sessions[device])
			}
		}
	})
}
