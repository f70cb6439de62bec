package host

import (
	"slices"

	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// checkSealed checks an envelope of a sealed room, as far as somebody can who
// cannot read it, and fills in p what belongs to its row. Whether it can be
// opened, and whether a commit may do what it does, the members judge.
func (s *session) checkSealed(r *room, env *wire.Envelope, m *wire.Post, p *chat.Post) error {
	if !env.Body.Sealed() {
		return refuse(wire.CodeNotAllowed) // it would be readable
	}
	body, err := wire.ParseBody(env.Body, env.Data)
	sealed, ok := body.(*wire.Sealed)
	if err != nil || !ok || env.Time != 0 || env.Text != "" || len(m.Signature) != 0 {
		return refuse(wire.CodeBadMessage)
	}
	p.Sealed, p.Seen, p.Commit = true, env.Seen.Seq, env.Body == wire.KindCommit
	if !p.Commit && (m.Members != nil || len(m.Mails) > 0) {
		return refuse(wire.CodeBadMessage)
	}
	if p.Commit {
		if wait := s.rates.commit(s.h.now()); wait > 0 {
			return &refusal{code: wire.CodeSlowDown, after: seconds(wait)}
		}
	}
	if sealed.Blob != nil && !slices.Contains(m.Blobs, sealed.Blob.Root) {
		return refuse(wire.CodeBadMessage)
	}
	for _, root := range m.Blobs {
		if err := s.h.files.here(s.ctx, env.Room, root); err != nil {
			return err
		}
	}
	p.Blobs = m.Blobs
	if m.Members != nil {
		if p.Members, err = s.h.checkMembers(r, s.account, m.Members); err != nil {
			return err
		}
	}
	p.Mails, err = s.checkMails(r, m, p.Members)
	return err
}

// checkMembers says whether an account may change the members of a sealed room
// so, and returns the change.
func (h *Host) checkMembers(r *room, by chat.AccountID, c *wire.MemberChange) (changes []chat.Membership, err error) {
	self := len(c.Set) == 0 && len(c.Remove) == 1 && c.Remove[0] == by
	named := make(map[chat.AccountID]bool)
	h.roster.read(func(st *state) {
		h.rooms.mu.RLock()
		defer h.rooms.mu.RUnlock()
		if !self && !h.rooms.adminLocked(st, r, by) {
			err = refuse(wire.CodeNotAllowed)
			return
		}
		fresh := 0
		for _, e := range c.Set {
			a, old := st.accounts[e.Account], r.members[e.Account]
			switch {
			case named[e.Account]:
				err = refuse(wire.CodeBadMessage)
				return
			case a == nil || a.State != chat.Active:
				err = refuse(wire.CodeNoAccount)
				return
			case r.kind == chat.RoomDirect && e.Account != r.by && e.Account != r.peer:
				err = refuse(wire.CodeNotAllowed) // it is a room of two
				return
			}
			named[e.Account] = true
			if old == nil || old.Gone != 0 {
				fresh++
				if h.rooms.joinedLocked(e.Account) >= h.limits.RoomsOf {
					err = refuse(wire.CodeTooMany)
					return
				}
			}
			changes = append(changes, chat.Membership{Account: e.Account, Admin: e.Admin})
		}
		for _, id := range c.Remove {
			if named[id] {
				err = refuse(wire.CodeBadMessage)
				return
			}
			named[id] = true
			changes = append(changes, chat.Membership{Account: id, Out: true})
		}
		present := 0
		for _, m := range r.members {
			if m.Gone == 0 {
				present++
			}
		}
		if fresh > 0 && (present+fresh > h.limits.RoomMembers || h.rooms.members+fresh > h.limits.Memberships) {
			err = refuse(wire.CodeTooMany)
		}
	})
	if err != nil {
		return nil, err
	}
	return changes, nil
}

// joinedLocked counts the sealed rooms that an account is in.
func (rs *rooms) joinedLocked(account chat.AccountID) (n int) {
	for r := range rs.of[account] {
		if r.members[account].Gone == 0 {
			n++
		}
	}
	return n
}

// checkMails returns the mails that come with a commit: to devices of those who
// are members once it is stored, each about this room.
func (s *session) checkMails(r *room, m *wire.Post, changes []chat.Membership) ([]chat.Mail, error) {
	if len(m.Mails) == 0 {
		return nil, nil
	}
	mails := make([]chat.Mail, 0, len(m.Mails))
	for i := range m.Mails {
		w := &m.Mails[i]
		if w.Room != r.id || (w.Blob != nil && !slices.Contains(m.Blobs, w.Blob.Root)) {
			return nil, refuse(wire.CodeBadMessage)
		}
		owner, ok := s.h.ownerOf(w.To)
		if !ok {
			return nil, refuse(wire.CodeNoAccount)
		}
		member := s.h.rooms.in(r, owner)
		for _, c := range changes {
			if c.Account == owner {
				member = !c.Out
			}
		}
		if !member {
			return nil, refuse(wire.CodeNotAllowed)
		}
		mails = append(mails, s.mailOf(w))
	}
	return mails, nil
}

// ownerOf returns the account of a device that may come in.
func (h *Host) ownerOf(device chat.DeviceID) (owner chat.AccountID, ok bool) {
	h.roster.read(func(st *state) {
		if d := st.devices[device]; d != nil && d.Revoked == 0 {
			a := st.accounts[d.Account]
			owner, ok = d.Account, a != nil && a.State == chat.Active
		}
	})
	return owner, ok
}

// signal passes a few sealed bytes on to all others who listen to a sealed room.
func (s *session) signal(m *wire.Signal) error {
	r := s.h.rooms.get(m.Room)
	if _, err := s.member(); err != nil || r == nil || !r.kind.Sealed() || !s.h.rooms.in(r, s.account) {
		return nil // it is worth no answer
	}
	if !s.rates.signal(s.h.now()) {
		return nil
	}
	r.signal(wire.Append(nil, &wire.Signal{Room: m.Room, Device: s.device, Data: m.Data}), func(to *session) bool { return to != s })
	return nil
}
