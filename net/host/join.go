package host

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"

	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// admission is what the place says to somebody who wants to register.
type admission struct {
	name, skeleton string
	role           chat.Role
	wait           bool         // a moderator must agree
	noPass         bool         // may come without a password
	invite         *chat.Invite // that is used by it, may be nil
}

// tokenHash returns by what the host knows a token of 32 bytes.
func tokenHash(token []byte) [32]byte { return sha256.Sum256(token) }

// inviteByToken returns the invite that a token opens, and what is wrong with it.
func (s *state) inviteByToken(now int64, token []byte) (*chat.Invite, wire.Code) {
	if len(token) != 32 {
		return nil, wire.CodeLinkUnknown
	}
	v := s.invites[tokenHash(token)]
	switch {
	case v == nil:
		return nil, wire.CodeLinkUnknown
	case v.Revoked != 0:
		return nil, wire.CodeLinkRevoked
	case v.Expires != 0 && now >= v.Expires:
		return nil, wire.CodeLinkEnded
	case v.Used >= v.Uses:
		return nil, wire.CodeLinkUsed
	}
	return v, wire.CodeOK
}

// door says whether somebody with this token (nil for none) may register, and as
// what. It says nothing about names.
func (s *state) door(now int64, token []byte) (admission, error) {
	adm := admission{role: chat.Member}
	var link wire.Code
	if len(token) > 0 {
		if adm.invite, link = s.inviteByToken(now, token); adm.invite != nil {
			adm.role, adm.wait = adm.invite.Role, adm.invite.AskFirst
		}
	}
	// A link that makes an owner comes from the host's computer itself: it works
	// in every mode, and it is the only way into a place that has nobody.
	if adm.role == chat.Owner {
		adm.noPass, adm.wait = true, false
		return adm, nil
	}
	if s.active == 0 {
		if link != 0 {
			return adm, refuse(link)
		}
		return adm, refuse(wire.CodeClosed)
	}
	switch s.place.Mode {
	case chat.JoinByInvite:
		if len(token) == 0 {
			return adm, refuse(wire.CodeNeedLink)
		}
		if link != 0 {
			return adm, refuse(link)
		}
	case chat.JoinOpen: // with a link or without
	case chat.JoinByApproval:
		adm.wait = true
	default:
		return adm, refuse(wire.CodeClosed)
	}
	return adm, nil
}

// admit says whether somebody may register under a name, and as what.
func (s *state) admit(now int64, name string, token []byte) (admission, error) {
	adm, err := s.door(now, token)
	if err != nil {
		return adm, err
	}
	if adm.name, adm.skeleton, err = chat.NormalName(name); err != nil {
		return adm, refuse(wire.CodeNameBad)
	}
	if _, taken := s.names[adm.skeleton]; taken {
		return adm, refuse(wire.CodeNameTaken)
	}
	if len(s.accounts) >= MaxAccounts || (adm.wait && s.waiting >= MaxWaiting) {
		return adm, refuse(wire.CodeTooMany)
	}
	return adm, nil
}

// enrolment is a checked RegisterFinish: the device is this connection's own and
// the entry for the directory is signed by it.
type enrolment struct {
	device   chat.Device // with its Account
	identity [32]byte
	entry    chat.Row
	kind     wire.BodyKind
	name     string // as the entry has it
	record   []byte
}

// enter puts an entry into the directory, or keeps it until a moderator agrees:
// who is not let in never appears there.
func enter(c *chat.Change, state chat.AccountState, entry chat.Row) {
	if state == chat.Waiting {
		c.Hold = append(c.Hold, entry)
		return
	}
	c.Rows = append(c.Rows, entry)
}

// register makes an account.
func (s *state) register(now int64, name string, token []byte, e enrolment) (chat.Change, error) {
	var c chat.Change
	adm, err := s.admit(now, name, token)
	if err != nil {
		return c, err
	}
	switch {
	case e.kind != wire.KindAccount || e.name != adm.name:
		return c, refuse(wire.CodeBadMessage)
	case len(e.record) == 0 && !adm.noPass:
		return c, refuse(wire.CodeBadMessage)
	case s.accounts[e.device.Account] != nil:
		return c, refuse(wire.CodeConflict)
	case s.devices[e.device.ID] != nil:
		return c, refuse(wire.CodeWrongKey)
	}
	a := chat.Account{
		ID: e.device.Account, Name: adm.name, Skeleton: adm.skeleton, Role: adm.role, State: chat.Active,
		Identity: e.identity, Record: e.record, Created: now,
	}
	if adm.invite != nil {
		used := *adm.invite
		used.Used++
		c.Invites = append(c.Invites, used)
		a.Invite, a.InvitedBy = used.ID[:], used.By
	}
	if adm.wait {
		a.State = chat.Waiting
	}
	c.Accounts = append(c.Accounts, a)
	c.Devices = append(c.Devices, e.device)
	enter(&c, a.State, e.entry)
	c.Audit = append(c.Audit, chat.Audit{Time: now, Actor: a.ID, Action: "register", Object: a.Name + " as " + a.Role.String()})
	return c, nil
}

// mustOwn checks that a device may become one of the account's.
func (s *state) mustOwn(a *chat.Account, e enrolment) error {
	d := s.devices[e.device.ID]
	switch {
	case e.name != a.Name:
		return refuse(wire.CodeBadMessage)
	case d != nil && d.Account != a.ID:
		return refuse(wire.CodeWrongKey)
	case d != nil && d.Revoked != 0:
		return refuse(wire.CodeSignedOut)
	case d != nil:
		return refuse(wire.CodeConflict)
	case len(s.owned[a.ID]) >= MaxDevicesEver:
		return refuse(wire.CodeTooMany)
	}
	return nil
}

// enrol adds a device to an account whose password was proved. A new identity
// signs out the account's other devices. With recovers, the account's identity
// was proved instead: it stays, and the device takes the place of another, which
// it revokes next.
func (s *state) enrol(now int64, id chat.AccountID, e enrolment, recovers bool) (chat.Change, error) {
	var c chat.Change
	a := s.accounts[id]
	if a == nil {
		return c, refuse(wire.CodeRefused)
	}
	if code := mayEnter(a, now); code != 0 {
		return c, refuse(code)
	}
	if err := s.mustOwn(a, e); err != nil {
		return c, err
	}
	next := *a
	s.let(&next)
	next.Fails, next.FailedAt = 0, 0
	switch {
	case e.kind == wire.KindDevice && e.identity == a.Identity:
		most := MaxDevices
		if recovers {
			most++
		}
		if s.liveDevices(id) >= most {
			return c, refuse(wire.CodeTooMany)
		}
		if recovers {
			c.Audit = append(c.Audit, chat.Audit{Time: now, Actor: id, Action: "recovery kit used", Object: id.String()})
		}
	case e.kind == wire.KindIdentity && e.identity != a.Identity && !recovers:
		next.Identity = e.identity
		noIdentity(&next)
		s.revokeDevices(&c, now, id, e.device.ID)
		c.Audit = append(c.Audit, chat.Audit{Time: now, Actor: id, Action: "new identity", Object: id.String()})
	default:
		return c, refuse(wire.CodeWrongKey)
	}
	c.Accounts = append(c.Accounts, next)
	c.Devices = append(c.Devices, e.device)
	enter(&c, next.State, e.entry)
	c.Audit = append(c.Audit, chat.Audit{Time: now, Actor: id, Action: "new device", Object: e.device.ID.String()})
	return c, nil
}

// resetHash returns how a one-time code is kept: SHA-256("snug/1 reset" ||
// account || the code's digits). The code has 27 bits and lives an hour: the
// hash keeps it from being read in passing, resetTries from being guessed.
func resetHash(account chat.AccountID, code string) []byte {
	h := sha256.New()
	h.Write([]byte("snug/1 reset"))
	h.Write(account[:])
	for i := range len(code) {
		if c := code[i]; c >= '0' && c <= '9' { // typed with or without the dash
			h.Write([]byte{c})
		}
	}
	return h.Sum(nil)
}

// checkCode reports whether code is the account's one-time code now. An account
// that is not there is like a wrong code.
func checkCode(a *chat.Account, now int64, code string) bool {
	if a == nil {
		return false
	}
	right := subtle.ConstantTimeCompare(resetHash(a.ID, code), a.ResetHash) == 1
	return right && now < a.ResetUntil && mayEnter(a, now) == 0
}

// comeBack replaces the password of an account by a one-time code, and signs out
// all its devices but the one that comes.
func (s *state) comeBack(now int64, id chat.AccountID, code string, e enrolment) (chat.Change, error) {
	var c chat.Change
	a := s.accounts[id]
	if !checkCode(a, now, code) {
		return c, refuse(wire.CodeCodeWrong)
	}
	if err := s.mustOwn(a, e); err != nil {
		return c, err
	}
	if len(e.record) == 0 || (e.kind != wire.KindDevice && e.kind != wire.KindIdentity) {
		return c, refuse(wire.CodeBadMessage)
	}
	same := e.identity == a.Identity
	if same != (e.kind == wire.KindDevice) {
		return c, refuse(wire.CodeWrongKey)
	}
	next := *a
	s.let(&next)
	next.Identity, next.Record = e.identity, e.record
	if !same {
		noIdentity(&next)
	}
	next.ResetHash, next.ResetUntil, next.Fails, next.FailedAt = nil, 0, 0, 0
	s.revokeDevices(&c, now, id, e.device.ID)
	c.Accounts = append(c.Accounts, next)
	c.Devices = append(c.Devices, e.device)
	enter(&c, next.State, e.entry)
	c.Audit = append(c.Audit, chat.Audit{Time: now, Actor: id, Action: "reset used", Object: id.String()})
	if !same {
		c.Audit = append(c.Audit, chat.Audit{Time: now, Actor: id, Action: "new identity", Object: id.String()})
	}
	return c, nil
}

// voidCode ends a one-time code that was guessed at too often.
func (s *state) voidCode(now int64, id chat.AccountID) chat.Change {
	a := s.accounts[id]
	if a == nil || len(a.ResetHash) == 0 {
		return chat.Change{}
	}
	next := *a
	next.ResetHash, next.ResetUntil = nil, 0
	return chat.Change{Accounts: []chat.Account{next}, Audit: []chat.Audit{{Time: now, Action: "reset guessed", Object: id.String()}}}
}

// newPassword replaces the record of an account that proved its old password (or
// had none). Unless keep, its other devices are signed out.
func (s *state) newPassword(now int64, id chat.AccountID, record []byte, keep bool, device chat.DeviceID) (chat.Change, error) {
	var c chat.Change
	a := s.accounts[id]
	if a == nil || a.State != chat.Active {
		return c, refuse(wire.CodeNotLoggedIn)
	}
	next := *a
	next.Record, next.Fails, next.FailedAt, next.ResetHash, next.ResetUntil = record, 0, 0, nil, 0
	c.Accounts = append(c.Accounts, next)
	if !keep {
		s.revokeDevices(&c, now, id, device)
	}
	c.Audit = append(c.Audit, chat.Audit{Time: now, Actor: id, Action: "new password", Object: id.String()})
	return c, nil
}

// inviteName names an invite in the audit: enough to tell it from others.
func inviteName(id [32]byte) string { return hex.EncodeToString(id[:8]) }
