package client

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/crypto/mail"
	"github.com/snugchat/snug/crypto/verify"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// verifyPurpose names letters by which two people verify each other.
const verifyPurpose = "verify"

// The first byte of what such a letter says.
const (
	noteStep   = 1 // a message of crypto/verify
	noteDiffer = 2 // transaction (16): the pictures differ
	noteInvite = 3 // id of the invite (32), role (1), proof (32)
)

// note is what a letter says.
type note struct {
	kind        byte
	step        []byte   // noteStep
	transaction [16]byte // noteStep, noteDiffer
	start       bool     // noteStep: the first one
	invite      [32]byte // noteInvite
	role        byte
	proof       [32]byte
}

// errNote says that a letter says nothing that this version knows.
var errNote = errors.New("not a letter about verifying")

// parseNote reads what a letter says; it keeps parts of b.
func parseNote(b []byte) (*note, error) {
	if len(b) == 0 {
		return nil, errNote
	}
	n := &note{kind: b[0]}
	b = b[1:]
	switch n.kind {
	case noteStep:
		var ok bool
		if n.transaction, n.start, ok = verify.Transaction(b); !ok {
			return nil, errNote
		}
		n.step = b
	case noteDiffer:
		if len(b) != len(n.transaction) {
			return nil, errNote
		}
		n.transaction = [16]byte(b)
	case noteInvite:
		if len(b) != 65 || b[32] != identity.RoleInviter && b[32] != identity.RoleInvitee {
			return nil, errNote
		}
		n.invite, n.role, n.proof = [32]byte(b), b[32], [32]byte(b[33:])
	default:
		return nil, errNote
	}
	return n, nil
}

// encode returns what parseNote reads.
func (n *note) encode() []byte {
	b := []byte{n.kind}
	switch n.kind {
	case noteStep:
		b = append(b, n.step...)
	case noteDiffer:
		b = append(b, n.transaction[:]...)
	case noteInvite:
		b = append(append(append(b, n.invite[:]...), n.role), n.proof[:]...)
	}
	return b
}

// verifyMail takes a letter by which somebody verifies this person, or the other
// way round, and reports whether it is through.
func (s *session) verifyMail(ctx context.Context, m *wire.Mail) (bool, error) {
	c, dir := s.c, s.keeper.directory
	d := dir.devices[m.From]
	if d == nil {
		return false, nil // the directory brings it
	}
	if d.parse() != nil || d.Revoked != 0 || d.Account == s.account() || dir.accounts[d.Account].Identity != d.identity {
		return true, nil
	}
	body, err := mail.Verify(d.envelope, s.address(m.From, s.device, verifyPurpose), m.Data)
	if err != nil {
		c.log.Warn("letter about verifying refused", "err", err)
		return true, nil
	}
	n, err := parseNote(body)
	if err != nil {
		return true, nil // of a later version
	}
	if p, known := c.Person(d.Account); known && p.Blocked {
		return true, nil
	}
	if n.kind == noteInvite {
		return true, s.inviteProved(ctx, d, n)
	}
	return true, c.perform(ctx, c.comparing.came(c.now(), s.party(), d, n))
}

// party is who this device is in a comparison. The identity is zero until the
// directory has it.
func (s *session) party() party {
	me := s.account()
	return party{place: s.keeper.host, account: me, device: s.device, identity: s.keeper.directory.accounts[me].Identity}
}

// maxLetters is how many letters may wait for a connection: all that the
// comparisons that there may be can send.
const maxLetters = MaxComparisons * (maxAskedDevices + 4)

// outLetter is a letter that waits to be brought to the host.
type outLetter struct {
	id      chat.MessageID
	account chat.AccountID // whom it is for
	to      chat.DeviceID
	body    []byte
}

// carryLetters brings letters to the host, one after another, as long as the
// session lasts. Those that did not get there wait for the next one.
func (s *session) carryLetters(ctx context.Context) {
	q := s.c.comparing
	for {
		l, ok := q.firstLetter()
		if !ok {
			select {
			case <-q.wake:
			case <-ctx.Done():
				return
			}
			continue
		}
		err := s.carry(ctx, &l)
		code := CodeOf(err)
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			q.dropLetter(l.id)
		case code != wire.CodeOK && code != wire.CodeSlowDown && code != wire.CodeBusy && code != wire.CodeFailed:
			s.c.log.Info("letter about verifying not taken", "code", code)
			q.dropLetter(l.id)
			if err := s.c.perform(ctx, q.refused(l.account)); err != nil {
				s.c.log.Warn("comparison not ended", "err", err)
			}
		default:
			wait := 500 * time.Millisecond
			if e, ok := errors.AsType[*CodeError](err); ok {
				wait = max(wait, min(e.After, time.Minute))
			}
			select {
			case <-time.After(wait):
			case <-ctx.Done():
				return
			}
		}
	}
}

// carry signs a letter and gives it to the host.
func (s *session) carry(ctx context.Context, l *outLetter) error {
	data, err := mail.Sign(s.envelope, s.address(s.device, l.to, verifyPurpose), l.body)
	if err != nil {
		return err
	}
	m := wire.Mail{ID: l.id, To: l.to, MailKind: wire.MailVerify, Data: data}
	_, err = s.c.do(ctx, func(ref uint32) wire.Message { return &wire.SendMail{Ref: ref, Mails: []wire.Mail{m}} })
	return err
}

// introduceEvery is how long the maker of a personal link has before it is told
// once more who came by it: the host keeps mail for a month.
const introduceEvery = 24 * time.Hour

// keepIntroduction notes the personal link by which this person comes into the
// place; a link for several people is none.
func (c *Client) keepIntroduction(ctx context.Context, l wire.Link) error {
	if len(l.Inviter) != wire.InviterSize || len(l.Secret) != wire.SecretSize {
		return c.db.DropIntroduction(ctx)
	}
	return c.db.SetIntroduction(ctx, clientdb.Introduction{Secret: [16]byte(l.Secret), Inviter: [16]byte(l.Inviter)})
}

// inviterHash is what a personal link has of its maker's identity.
func inviterHash(identity [32]byte) [wire.InviterSize]byte {
	sum := sha256.Sum256(identity[:])
	return [wire.InviterSize]byte(sum[:])
}

// inviteNote is the proof of one of the two that both hold the secret of a link.
func inviteNote(secret [16]byte, role byte, inviter, invitee, place [32]byte) (*note, error) {
	a, err1 := identity.NewPublicKey(inviter[:])
	b, err2 := identity.NewPublicKey(invitee[:])
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	token := identity.InviteToken(identity.InviteSecret(secret))
	return &note{kind: noteInvite, invite: sha256.Sum256(token[:]), role: role, proof: identity.InviteProof(identity.InviteSecret(secret), role, a, b, place)}, nil
}

// introduce tells the maker of the personal link by which this person came that
// it was this person, with a proof that no host can make. The directory is here.
func (s *session) introduce(ctx context.Context) error {
	c, dir := s.c, s.keeper.directory
	i, err := c.db.Introduction(ctx)
	if errors.Is(err, clientdb.ErrNotFound) {
		return nil
	}
	if err != nil || c.nowMS()-i.Asked < introduceEvery.Milliseconds() {
		return err
	}
	me := s.account()
	var inviter clientdb.Account
	for _, a := range dir.accounts {
		if a.ID != me && inviterHash(a.Identity) == i.Inviter {
			inviter = a
		}
	}
	own := dir.accounts[me].Identity
	if inviter.ID.IsZero() || own == [32]byte{} {
		return nil // the identity in the link is none that the directory has now
	}
	n, err := inviteNote(i.Secret, identity.RoleInvitee, inviter.Identity, own, s.keeper.host)
	if err != nil {
		return fmt.Errorf("prove invite: %w", err)
	}
	devices := s.devicesOf(inviter.ID)
	s.background(func(ctx context.Context) {
		for _, to := range devices {
			l := outLetter{id: chat.NewMessageID(), account: inviter.ID, to: to, body: n.encode()}
			if err := s.carry(ctx, &l); err != nil {
				if ctx.Err() == nil {
					c.log.Warn("inviter not told", "err", err)
				}
				return
			}
		}
		s.tell(ctx, func(ctx context.Context) error {
			now, err := c.db.Introduction(ctx) // it may have been answered
			if err != nil || now.Secret != i.Secret {
				return nil
			}
			now.Asked = c.nowMS()
			return c.db.SetIntroduction(ctx, now)
		})
	})
	return nil
}

// inviteProved takes a proof that its sender holds the secret of a personal link:
// of who came by one that was made here, or of the maker of the one by which this
// person came.
func (s *session) inviteProved(ctx context.Context, d *device, n *note) error {
	c := s.c
	own := s.keeper.directory.accounts[s.account()].Identity
	var secret [16]byte
	inviter, invitee := own, d.identity
	if n.role == identity.RoleInviter {
		inviter, invitee = d.identity, own
		i, err := c.db.Introduction(ctx)
		if errors.Is(err, clientdb.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		secret = i.Secret
		if i.Inviter != inviterHash(inviter) {
			return nil
		}
	} else {
		made, err := c.db.Invites(ctx)
		if err != nil {
			return err
		}
		v, ok := made[n.invite]
		if hash := inviterHash(inviter); !ok || string(v.Inviter) != string(hash[:]) {
			return nil
		}
		secret = v.Secret
	}
	a, err1 := identity.NewPublicKey(inviter[:])
	b, err2 := identity.NewPublicKey(invitee[:])
	token := identity.InviteToken(identity.InviteSecret(secret))
	if err1 != nil || err2 != nil || n.invite != sha256.Sum256(token[:]) ||
		!identity.CheckInviteProof(n.proof[:], identity.InviteSecret(secret), n.role, a, b, s.keeper.host) {
		c.log.Warn("proof of an invite refused")
		return nil
	}
	var err error
	if n.role == identity.RoleInviter {
		err = c.db.Introduced(ctx, d.Account, d.identity, c.nowMS())
	} else {
		err = c.db.UseInvite(ctx, n.invite, d.Account, d.identity, c.nowMS())
	}
	switch {
	case errors.Is(err, clientdb.ErrNotFound):
		c.log.Warn("a second person proves to have a personal invite")
		return nil
	case err != nil:
		return err
	}
	if err := c.trusted(ctx, d.Account); err != nil {
		return err
	}
	if n.role == identity.RoleInviter {
		return nil
	}
	answer, err := inviteNote(secret, identity.RoleInviter, inviter, invitee, s.keeper.host)
	if err != nil {
		return err
	}
	c.comparing.post(outLetter{id: chat.NewMessageID(), account: d.Account, to: d.ID, body: answer.encode()})
	return nil
}
