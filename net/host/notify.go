package host

import (
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// admitSession logs a session in: it becomes its device's one connection, hears
// who and where it is, and everything that changes from then on. If the account
// or device is kept out, or comes too often, it returns the farewell instead.
func (h *Host) admitSession(s *session, account chat.AccountID) *wire.Goodbye {
	now := h.now().UnixMilli()
	h.mu.Lock()
	defer h.mu.Unlock()
	var bye *wire.Goodbye
	var a *chat.Account
	h.roster.read(func(st *state) {
		a = st.accounts[account]
		d := st.devices[s.device]
		switch {
		case a == nil || d == nil || d.Account != account:
			bye = &wire.Goodbye{Code: wire.CodeSignedOut}
		case mayEnter(a, now) != 0:
			bye = farewell(st, a, mayEnter(a, now))
		case d.Revoked != 0:
			bye = &wire.Goodbye{Code: wire.CodeSignedOut}
		}
	})
	if bye != nil {
		return bye
	}
	rates := h.ratesLocked(s.device)
	if !rates.enter(h.now()) {
		return &wire.Goodbye{Code: wire.CodeSlowDown}
	}
	s.rates = rates
	// The account is set before others can find the session.
	s.account, s.known, s.door = account, true, nil
	old := h.sessions[s.device]
	h.sessions[s.device] = s
	first := a.State == chat.Active && h.online.Enter(account)
	s.present = a.State == chat.Active
	h.welcomeLocked(s)
	if first {
		h.presenceLocked(account, true)
	}
	if old != nil {
		// The device connected again, often since its old connection is dead.
		old.goodbye(&wire.Goodbye{Code: wire.CodeElsewhere}, byeTime)
	}
	return nil
}

// left undoes admitSession.
func (h *Host) left(s *session) {
	now := h.now().UnixMilli()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.sessions[s.device] == s {
		delete(h.sessions, s.device)
	}
	h.seen[s.device] = now
	if s.present && h.online.Leave(s.account, now) {
		h.typingMu.Lock()
		h.typing.Leave(s.account)
		h.typingMu.Unlock()
		h.presenceLocked(s.account, false)
	}
	s.present = false
}

// farewell says why an account is kept out.
func (h *Host) farewell(a *chat.Account, code wire.Code) (bye *wire.Goodbye) {
	h.roster.read(func(st *state) { bye = farewell(st, a, code) })
	return bye
}

func farewell(st *state, a *chat.Account, code wire.Code) *wire.Goodbye {
	return &wire.Goodbye{Code: code, By: st.nameOf(a.By), Reason: a.Reason, Until: a.BannedUntil}
}

func (h *Host) nameOf(id chat.AccountID) (name string) {
	h.roster.read(func(st *state) { name = st.nameOf(id) })
	return name
}

// welcomeLocked tells a session who it is and, if nobody has to let it in first,
// where it is and who else.
func (h *Host) welcomeLocked(s *session) {
	h.roster.read(func(st *state) {
		a := st.accounts[s.account]
		s.send(sessionOf(st, a, s.device))
		if a.State != chat.Active {
			return
		}
		s.send(placeOf(st))
		if st.place.Files != (chat.FileRules{}) {
			s.send(fileRulesOf(st))
		}
		h.peopleLocked(st, s, a.Role)
		h.sendRooms(st, s)
	})
	h.postman.bring(s.device, wantMail|wantCount)
}

// sendRooms sends a session the whole list of its account's rooms.
func (h *Host) sendRooms(st *state, s *session) {
	m, size := wire.Rooms{First: true}, 0
	for _, info := range h.rooms.list(st, s.account) {
		if size += roomInfoBytes + len(info.Name) + len(info.Topic); size > rowsBytes {
			s.send(&m)
			m, size = wire.Rooms{}, 0
		}
		m.Rooms = append(m.Rooms, info)
	}
	m.Last = true
	s.send(&m)
}

// roomInfoBytes is what a RoomInfo takes in a message besides its texts.
const roomInfoBytes = 100

func sessionOf(st *state, a *chat.Account, device chat.DeviceID) *wire.Session {
	m := &wire.Session{
		Account: a.ID, Device: device, Name: a.Name, Role: a.Role, State: a.State, HasPass: len(a.Record) > 0,
	}
	if policy(a.Role, actUpload, 0) {
		m.MaxFile = st.place.MaxFile
	}
	return m
}

func placeOf(st *state) *wire.Place {
	return &wire.Place{Name: st.place.Name, Mode: st.place.Mode, MaxFile: st.place.MaxFile, Owner: st.owner()}
}

func fileRulesOf(st *state) *wire.FileRules {
	return &wire.FileRules{Total: st.place.Files.Total, Keep: st.place.Files.Keep}
}

// peoplePerMessage keeps a list of people within one message (100 bytes each at
// most, but for the names, which have 40 characters).
const peoplePerMessage = 150

// peopleLocked sends the whole list of people, as somebody of that role sees it.
func (h *Host) peopleLocked(st *state, s *session, role chat.Role) {
	s.moderator = policy(role, actSeeWaiting, 0)
	list := make([]wire.Person, 0, min(len(st.accounts), peoplePerMessage))
	m := wire.People{First: true}
	for _, a := range st.accounts {
		p, show := h.personLocked(st, a, s.moderator)
		if !show {
			continue
		}
		if len(list) == peoplePerMessage {
			m.People = list
			s.send(&m)
			m, list = wire.People{}, list[:0]
		}
		list = append(list, p)
	}
	m.People, m.Last = list, true
	s.send(&m)
}

// personLocked returns an account as others see it, and whether they see it at
// all: who waits or is kept out is for moderators.
func (h *Host) personLocked(st *state, a *chat.Account, moderator bool) (p wire.Person, show bool) {
	p = wire.Person{Account: a.ID, Name: a.Name, Role: a.Role, State: a.State}
	switch a.State {
	case chat.Active:
		p.Online, p.Seen = h.online.Is(a.ID)
		if p.Seen == 0 {
			for _, id := range st.owned[a.ID] {
				p.Seen = max(p.Seen, st.devices[id].Seen)
			}
		}
		return p, true
	case chat.Waiting:
		p.By = st.nameOf(a.InvitedBy)
		return p, moderator
	case chat.Banned:
		p.Until = a.BannedUntil
		return p, moderator
	}
	return p, false
}

// presenceLocked tells everyone that an account came online or left.
func (h *Host) presenceLocked(account chat.AccountID, online bool) {
	_, seen := h.online.Is(account)
	msg := wire.Append(nil, &wire.Presence{Account: account, Online: online, Seen: seen})
	for _, s := range h.sessions {
		if s.present && s.account != account {
			s.l.SendVolatile(msg)
		}
	}
}

// announce returns what is to be done after a decision is stored: to tell those
// whom it concerns, and to end the connections of those who are out. by is whose
// decision it was.
func (h *Host) announce(by actor) func(*decision) {
	return func(d *decision) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.roster.read(func(st *state) {
			for _, id := range d.Forget {
				h.forgottenLocked(id, by)
			}
			for i := range d.Accounts {
				h.accountLocked(st, d.before[d.Accounts[i].ID], st.accounts[d.Accounts[i].ID])
			}
			for i := range d.Devices {
				if s := h.sessions[d.Devices[i].ID]; s != nil && d.Devices[i].Revoked != 0 {
					s.goodbye(&wire.Goodbye{Code: wire.CodeSignedOut, By: by.name}, byeTime)
				}
			}
			if d.Place != nil {
				msgs := [][]byte{wire.Append(nil, placeOf(st))}
				if st.place.Files != (chat.FileRules{}) {
					msgs = append(msgs, wire.Append(nil, fileRulesOf(st)))
				}
				for _, s := range h.sessions {
					for _, msg := range msgs {
						if s.present {
							_ = s.l.Send(msg) // its Run returns the error
						}
					}
				}
			}
		})
	}
}

// forgottenLocked ends the connections of somebody who was not let in.
func (h *Host) forgottenLocked(id chat.AccountID, by actor) {
	for _, s := range h.sessions {
		if s.account == id {
			s.goodbye(&wire.Goodbye{Code: wire.CodeRejected, By: by.name}, byeTime)
		}
	}
	h.online.Forget(id)
	msg := wire.Append(nil, &wire.People{People: []wire.Person{{Account: id, State: chat.Removed}}})
	for _, s := range h.sessions {
		if s.present && s.moderator {
			_ = s.l.Send(msg) // its Run returns the error
		}
	}
}

// accountLocked tells everyone what has changed about an account. before is nil
// if it is new.
func (h *Host) accountLocked(st *state, before, now *chat.Account) {
	if before == nil {
		before = &chat.Account{}
	}
	if before.Role == now.Role && before.State == now.State && before.Name == now.Name && before.BannedUntil == now.BannedUntil {
		return // a password, an identity: nothing that others see here
	}
	out := now.State == chat.Banned || now.State == chat.Removed
	for _, s := range h.sessions {
		if s.account != now.ID {
			continue
		}
		if out {
			code := wire.CodeBanned
			if now.State == chat.Removed {
				code = wire.CodeRemoved
			}
			s.goodbye(farewell(st, now, code), byeTime)
			continue
		}
		h.renewLocked(st, s, now)
	}
	everyone, moderators := h.newsLocked(st, before, now)
	for _, s := range h.sessions {
		msg := everyone
		if s.moderator {
			msg = moderators
		}
		if s.present && msg != nil {
			_ = s.l.Send(msg) // its Run returns the error
		}
	}
}

// renewLocked tells a session that its account's role or state has changed.
func (h *Host) renewLocked(st *state, s *session, now *chat.Account) {
	if !s.present && now.State == chat.Active { // let in
		s.present = true
		first := h.online.Enter(now.ID)
		h.welcomeLocked(s)
		if first {
			h.presenceLocked(now.ID, true)
		}
		return
	}
	s.send(sessionOf(st, now, s.device))
	if s.present && s.moderator != policy(now.Role, actSeeWaiting, 0) {
		h.peopleLocked(st, s, now.Role) // now it sees more, or less
	}
}

// newsLocked returns the messages about a changed account for everyone and for
// moderators; nil if there is nothing to say.
func (h *Host) newsLocked(st *state, before, now *chat.Account) (everyone, moderators []byte) {
	gone := wire.Person{Account: now.ID, Name: now.Name, Role: now.Role, State: chat.Removed}
	for _, moderator := range []bool{false, true} {
		p, show := h.personLocked(st, now, moderator)
		_, shown := h.personLocked(st, before, moderator)
		if !show && !shown {
			continue
		}
		if !show {
			p = gone
		}
		msg := wire.Append(nil, &wire.People{People: []wire.Person{p}})
		if moderator {
			moderators = msg
		} else {
			everyone = msg
		}
	}
	return everyone, moderators
}
