package host

import (
	"crypto/sha256"

	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// putKit keeps the sealed backup of the account's identity.
func (s *session) putKit(m *wire.PutKit) error {
	who, err := s.asking()
	if err == nil {
		err = s.h.roster.decide(s.ctx, func(st *state) (chat.Change, error) { return st.putKit(s.h.now().UnixMilli(), who.id, m) }, nil)
	}
	return s.answer(m.Ref, wire.Done{}, err)
}

func (s *state) putKit(now int64, account chat.AccountID, m *wire.PutKit) (chat.Change, error) {
	var c chat.Change
	a := s.accounts[account]
	if a == nil {
		return c, refuse(wire.CodeNoAccount)
	}
	if other, taken := s.kits[m.ID]; taken && other != account {
		return c, refuse(wire.CodeConflict)
	}
	next := *a
	next.KitID, next.Kit, next.KitAt = nil, nil, 0
	what := "recovery kit taken away"
	if len(m.Backup) > 0 {
		next.KitID, next.Kit, next.KitAt = m.ID[:], m.Backup, now
		what = "recovery kit made"
	}
	c.Accounts = append(c.Accounts, next)
	c.Audit = append(c.Audit, chat.Audit{Time: now, Actor: account, Action: what, Object: account.String()})
	return c, nil
}

// noIdentity is what an account forgets that gets a new identity: revocations are
// numbered for each, and the backup is of the old one.
func noIdentity(a *chat.Account) { a.Revocations, a.KitID, a.Kit, a.KitAt = 0, nil, nil, 0 }

// backup answers a Recover that asks for a backup. Only who has the code can name
// it, and 160 bits cannot be guessed.
func (s *session) backup(m *wire.Recover) error {
	var kit []byte
	s.h.roster.read(func(st *state) {
		if a := st.accounts[st.kits[sha256.Sum256(m.Token)]]; a != nil {
			kit = a.Kit
		}
	})
	if len(kit) == 0 {
		return s.fail(m.Ref, refuse(wire.CodeNoKit))
	}
	s.send(&wire.Recovery{Ref: m.Ref, Backup: kit})
	return nil
}

// recover answers Recover at the door: the backup, or whose identity was proved,
// which is then as good as a password.
func (s *session) recover(m *wire.Recover) error {
	d := s.door
	d.registering, d.login, d.proved, d.recovers = nil, nil, chat.AccountID{}, false
	s.slowDown()
	if len(m.Token) > 0 {
		return s.backup(m)
	}
	binding := s.l.Binding()
	key, err := identity.NewPublicKey(m.Identity)
	if err != nil || !key.Verify(wire.LabelRecover, m.Proof, s.h.key[:], binding[:]) {
		return s.fail(m.Ref, refuse(wire.CodeBadSignature))
	}
	var a *chat.Account
	want := key.Array()
	s.h.roster.read(func(st *state) {
		for _, v := range st.accounts {
			if v.Identity == want {
				a = v
				return
			}
		}
	})
	if a == nil {
		return s.fail(m.Ref, refuse(wire.CodeNoKit))
	}
	if code := mayEnter(a, s.h.now().UnixMilli()); code != 0 {
		s.goodbye(s.h.farewell(a, code), byeTime)
		return nil
	}
	d.proved, d.recovers = a.ID, true
	s.send(&wire.Recovery{Ref: m.Ref, Account: a.ID, Name: a.Name, Devices: s.h.devicesOf(a.ID, true)})
	return nil
}

// recoverInside answers a device that is logged in and asks for a backup.
func (s *session) recoverInside(m *wire.Recover) error {
	if _, err := s.asking(); err != nil {
		return s.fail(m.Ref, err)
	}
	if len(m.Token) == 0 {
		return s.fail(m.Ref, refuse(wire.CodeBadMessage))
	}
	return s.backup(m)
}
