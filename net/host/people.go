package host

import (
	"fmt"
	"math"

	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// actor is who asks for a change: an account, or the host itself.
type actor struct {
	id   chat.AccountID // zero: the host itself
	name string         // for those whom it concerns; "" for the host itself
	role chat.Role
}

// request is a wish to change something about an account.
type request struct {
	action  wire.Action
	account chat.AccountID
	until   int64
	role    chat.Role
	reason  string
	code    string // for ActionReset: the new one-time code
}

// act decides a request. A change that is empty means that all is so already.
func (s *state) act(now int64, who actor, r request) (chat.Change, error) {
	var c chat.Change
	a := s.accounts[r.account]
	if a == nil {
		return c, refuse(wire.CodeNoAccount)
	}
	if len(r.reason) > wire.MaxReason {
		return c, refuse(wire.CodeTooLong)
	}
	if r.action == wire.ActionEnd {
		return s.endAccount(now, who, r.account)
	}
	kind, known := actionOf(r.action)
	if !known {
		return c, refuse(wire.CodeBadMessage)
	}
	self := who.id == a.ID && !who.id.IsZero()
	if !policy(who.role, kind, a.Role) || (self && r.action != wire.ActionSetRole) {
		return c, refuse(wire.CodeNotAllowed)
	}
	next := *a
	line := chat.Audit{Time: now, Actor: who.id, Object: a.ID.String()}
	switch r.action {
	case wire.ActionApprove:
		if a.State != chat.Waiting {
			return c, refuse(wire.CodeNoAccount)
		}
		line.Action, next.State = "approve", chat.Active
		for _, row := range s.held[a.ID] {
			c.Release = append(c.Release, row.Device)
			row.Received = now
			c.Rows = append(c.Rows, row)
		}
	case wire.ActionReject:
		if a.State != chat.Waiting {
			return c, refuse(wire.CodeNoAccount)
		}
		line.Action, line.Object = "reject", a.Name
		return chat.Change{Forget: []chat.AccountID{a.ID}, Audit: []chat.Audit{line}}, nil
	case wire.ActionRemove:
		if a.State == chat.Removed {
			return c, nil
		}
		if s.lastOwner(a) {
			return c, refuse(wire.CodeLastOwner)
		}
		line.Action = "remove"
		next.State, next.BannedUntil, next.Reason, next.By = chat.Removed, 0, r.reason, who.id
		next.ResetHash, next.ResetUntil = nil, 0
		s.endInvites(&c, now, a.ID, 0)
	case wire.ActionBan:
		if s.lastOwner(a) {
			return c, refuse(wire.CodeLastOwner)
		}
		if r.until < 0 || (r.until != 0 && r.until <= now) {
			return c, refuse(wire.CodeBadMessage)
		}
		line.Action, line.Object = "ban", fmt.Sprintf("%s until %d", a.ID, r.until)
		next.State, next.BannedUntil, next.Reason, next.By = chat.Banned, r.until, r.reason, who.id
		next.ResetHash, next.ResetUntil = nil, 0
		s.endInvites(&c, now, a.ID, 0)
	case wire.ActionUnban:
		if a.State != chat.Banned && a.State != chat.Removed {
			return c, nil
		}
		line.Action = "unban"
		s.let(&next)
	case wire.ActionSetRole:
		if !r.role.Valid() {
			return c, refuse(wire.CodeBadMessage)
		}
		if !policy(who.role, actSetRole, r.role) {
			return c, refuse(wire.CodeNotAllowed)
		}
		if a.Role == r.role {
			return c, nil
		}
		if s.lastOwner(a) {
			return c, refuse(wire.CodeLastOwner)
		}
		line.Action, line.Object = "role", fmt.Sprintf("%s from %s to %s", a.ID, a.Role, r.role)
		next.Role = r.role
		s.endInvites(&c, now, a.ID, r.role)
	case wire.ActionReset:
		if code := mayEnter(a, now); code != 0 {
			return c, refuse(code)
		}
		line.Action = "reset"
		next.ResetHash, next.ResetUntil = resetHash(a.ID, r.code), now+resetTime.Milliseconds()
	}
	c.Accounts = append(c.Accounts, next)
	c.Audit = append(c.Audit, line)
	return c, nil
}

// endAccount ends the account that asks for it: it is removed by itself, and nothing is
// left with which it could come in.
func (s *state) endAccount(now int64, who actor, account chat.AccountID) (chat.Change, error) {
	var c chat.Change
	a := s.accounts[account]
	switch {
	case a == nil:
		return c, refuse(wire.CodeNoAccount)
	case who.id.IsZero() || who.id != account:
		return c, refuse(wire.CodeNotAllowed) // others remove
	case a.State != chat.Active:
		return c, refuse(wire.CodeNotAllowed) // somebody has just removed or banned them: that stays
	case s.lastOwner(a):
		return c, refuse(wire.CodeLastOwner)
	}
	next := *a
	next.State, next.BannedUntil, next.Reason, next.By = chat.Removed, 0, "", account
	next.Record, next.ResetHash, next.ResetUntil = nil, nil, 0
	next.KitID, next.Kit, next.KitAt = nil, nil, 0
	c.Accounts = append(c.Accounts, next)
	s.revokeDevices(&c, now, account, chat.DeviceID{})
	s.endInvites(&c, now, account, 0)
	c.Audit = append(c.Audit, chat.Audit{Time: now, Actor: account, Action: "end account", Object: account.String()})
	return c, nil
}

// actionOf returns what policy calls an action of the wire.
func actionOf(a wire.Action) (action, bool) {
	switch a {
	case wire.ActionApprove, wire.ActionReject:
		return actApprove, true
	case wire.ActionRemove:
		return actRemove, true
	case wire.ActionBan, wire.ActionUnban:
		return actBan, true
	case wire.ActionSetRole:
		return actSetRole, true
	case wire.ActionReset:
		return actReset, true
	}
	return 0, false
}

// lastOwner reports whether the place would have no owner without this one.
func (s *state) lastOwner(a *chat.Account) bool {
	return a.Role == chat.Owner && a.State == chat.Active && s.owners == 1
}

// endInvites ends the invites of somebody that their role does not let them make
// any more, all of them for one who is kept out and has none: they would bring
// friends, or themselves.
func (s *state) endInvites(c *chat.Change, now int64, by chat.AccountID, role chat.Role) {
	for _, v := range s.invites {
		if v.By == by && live(v, now) && !policy(role, actInvite, v.Role) {
			next := *v
			next.Revoked = now
			c.Invites = append(c.Invites, next)
		}
	}
}

// live reports whether somebody may still come in by an invite.
func live(v *chat.Invite, now int64) bool {
	return v.Revoked == 0 && v.Used < v.Uses && (v.Expires == 0 || now < v.Expires)
}

// invite makes an invite.
func (s *state) invite(now int64, who actor, v chat.Invite) (chat.Change, error) {
	var c chat.Change
	if !v.Role.Valid() || v.Uses == 0 || v.Uses > chat.MaxUses || (v.Personal && v.Uses != 1) ||
		v.Expires < 0 || (v.Expires != 0 && v.Expires <= now) || s.invites[v.ID] != nil {
		return c, refuse(wire.CodeBadMessage)
	}
	if !policy(who.role, actInvite, v.Role) {
		return c, refuse(wire.CodeNotAllowed)
	}
	// An owner link needs no password and no approval: only the host itself
	// makes one, and only for one person.
	if v.Role == chat.Owner && (who.role != console || v.Uses != 1) {
		return c, refuse(wire.CodeNotAllowed)
	}
	out, made := 0, 0
	for _, other := range s.invites {
		if other.By != who.id {
			continue
		}
		made++
		if live(other, now) {
			out++
		}
	}
	most := MaxInvitesEver
	if who.role == console || who.role == chat.Owner {
		made, most = 0, MaxInvitesEver+ownersInvites
	}
	if out >= MaxInvites || made >= MaxInvitesMade || len(s.invites) >= most {
		return c, refuse(wire.CodeTooMany)
	}
	v.By, v.Created, v.Used, v.Revoked = who.id, now, 0, 0
	c.Invites = append(c.Invites, v)
	c.Audit = append(c.Audit, chat.Audit{Time: now, Actor: who.id, Action: "invite", Object: fmt.Sprintf("%s as %s, %d uses", inviteName(v.ID), v.Role, v.Uses)})
	return c, nil
}

// expireInvites forgets invites that ended more than inviteTime ago, at most limit
// of them.
func (s *state) expireInvites(now int64, limit int) (c chat.Change) {
	used := make(map[[32]byte]int64) // when somebody last came by an invite
	for _, a := range s.accounts {
		if len(a.Invite) == 32 {
			used[[32]byte(a.Invite)] = max(used[[32]byte(a.Invite)], a.Created)
		}
	}
	before := now - inviteTime.Milliseconds()
	for _, v := range s.invites {
		if len(c.Expire) == limit {
			break
		}
		if !live(v, now) && inviteEnd(v, used[v.ID]) < before {
			c.Expire = append(c.Expire, v.ID)
		}
	}
	return c
}

// inviteEnd returns when an invite that is over ended: the first of its reasons.
// used is when somebody last came by it, 0 if nobody did.
func inviteEnd(v *chat.Invite, used int64) int64 {
	end := int64(math.MaxInt64)
	if v.Revoked != 0 {
		end = v.Revoked
	}
	if v.Expires != 0 {
		end = min(end, v.Expires)
	}
	if v.Used >= v.Uses {
		end = min(end, max(v.Created, used))
	}
	return end
}

// revokeInvite ends an invite: one's own, or anybody's for moderators.
func (s *state) revokeInvite(now int64, who actor, id [32]byte) (chat.Change, error) {
	var c chat.Change
	v := s.invites[id]
	if v == nil || (v.By != who.id && !policy(who.role, actSeeInvites, 0)) {
		return c, refuse(wire.CodeLinkUnknown)
	}
	if v.Revoked != 0 {
		return c, nil
	}
	next := *v
	next.Revoked = now
	c.Invites = append(c.Invites, next)
	c.Audit = append(c.Audit, chat.Audit{Time: now, Actor: who.id, Action: "revoke invite", Object: inviteName(id)})
	return c, nil
}

// changePlace changes what the owner decides about the place.
func (s *state) changePlace(now int64, who actor, p chat.Place) (chat.Change, error) {
	var c chat.Change
	if !policy(who.role, actChangePlace, 0) {
		return c, refuse(wire.CodeNotAllowed)
	}
	name, _, err := chat.NormalName(p.Name)
	if err != nil {
		return c, refuse(wire.CodeNameBad)
	}
	if !p.Mode.Valid() || p.MaxFile < 0 {
		return c, refuse(wire.CodeBadMessage)
	}
	if p.MaxFile > MaxFileLimit {
		return c, &refusal{code: wire.CodeTooBig, limit: MaxFileLimit}
	}
	if who.role != console {
		p.Files = s.place.Files // the computer that hosts decides what it keeps
	}
	if err := checkFiles(p.Files, p.MaxFile); err != nil {
		return c, err
	}
	p.Name = name
	if p == s.place {
		return c, nil
	}
	c.Place = &p
	c.Audit = append(c.Audit, chat.Audit{Time: now, Actor: who.id, Action: "place", Object: fmt.Sprintf("%s, joining: %s, files up to %d bytes%s", p.Name, p.Mode, p.MaxFile, filesForAudit(p.Files))})
	return c, nil
}
