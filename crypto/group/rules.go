package group

import (
	"fmt"
	"iter"

	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/crypto/mls"
)

// names are whom a leaf stands for. Its certificate was checked when the leaf
// came in.
type names struct {
	identity [32]byte
	device   identity.DeviceID
}

func namesOf(l *mls.LeafNode) names {
	who, device, _ := identity.CertificateNames(l.Credential.Identity)
	return names{who, device}
}

// headerSize is the length of the header in the authenticated data.
const headerSize = 32

// MaxRevocations is how many revocations a commit may carry: more devices than
// anybody signs out at once, and 4 ms of verifying.
const MaxRevocations = 64

// authenticatedData is the header, followed by revocations in commits.
func authenticatedData(header [32]byte, revocations [][]byte) ([]byte, error) {
	if len(revocations) > MaxRevocations {
		return nil, fmt.Errorf("%w: %d revocations", ErrNotAllowed, len(revocations))
	}
	b := header[:]
	for _, r := range revocations {
		if _, err := identity.ParseRevocation(r); err != nil {
			return nil, err
		}
		b = append(b, r...)
	}
	return b, nil
}

// rules is the mls.Policy of all groups of a place. It answers from the message
// and the state of the group alone, so that all members answer alike.
type rules struct{ device *Device }

// CheckCredential accepts devices that an identity of this place certified, with
// the key that signs for them in groups.
func (r rules) CheckCredential(l *mls.LeafNode) error {
	_, err := r.device.certificateOf(l)
	return err
}

// CheckChange is the policy; SECURITY.md lists its rules.
func (r rules) CheckChange(c *mls.Change) error {
	if len(c.PSKs) > 0 || c.ReInit != nil {
		return fmt.Errorf("%w: pre-shared keys and reinit", ErrNotAllowed)
	}
	before, err := policyOf(c.Before)
	if err != nil {
		return err
	}
	revoked, err := r.revocations(c.AuthenticatedData)
	if err != nil {
		return err
	}
	switch {
	case c.External:
		return checkRejoin(c, revoked)
	case !c.Commit:
		return checkLeave(c, before)
	}
	return checkCommit(c, before, revoked)
}

// revocations reads which devices the authenticated data of a change revokes.
func (r rules) revocations(aad []byte) (map[names]bool, error) {
	n := len(aad) - headerSize
	if n < 0 || n%identity.RevocationSize != 0 || n/identity.RevocationSize > MaxRevocations {
		return nil, fmt.Errorf("%w: authenticated data of %d bytes", ErrNotAllowed, len(aad))
	}
	if n == 0 {
		return nil, nil
	}
	all := make(map[names]bool)
	for b := aad[headerSize:]; len(b) > 0; b = b[identity.RevocationSize:] {
		x, err := identity.ParseRevocation(b[:identity.RevocationSize])
		if err != nil {
			return nil, err
		}
		if x.Place != r.device.place {
			return nil, fmt.Errorf("%w: revocation for another place", ErrNotAllowed)
		}
		all[names{x.Identity.Array(), x.Device}] = true
	}
	return all, nil
}

// checkRejoin: an external commit replaces one leaf of the same identity. Either
// it is of the same device, which lost its state, or of a device that the commit
// proves to be revoked: only the holder of the identity key can say that, and
// does so when it recovers.
func checkRejoin(c *mls.Change, revoked map[names]bool) error {
	var went, came *mls.LeafNode
	for _, m := range c.Members {
		switch {
		case m.Old != nil && m.New == nil && went == nil:
			went = m.Old
		case m.Old == nil && m.New != nil && came == nil && m.Index == c.By:
			came = m.New
		default:
			return fmt.Errorf("%w: external commit that changes other members", ErrNotAllowed)
		}
	}
	if went == nil || came == nil {
		return fmt.Errorf("%w: external commit that replaces nobody", ErrNotAllowed)
	}
	if !c.After.Equal(c.Before) {
		return fmt.Errorf("%w: external commit that changes the policy", ErrNotAllowed)
	}
	old, now := namesOf(went), namesOf(came)
	if old.identity != now.identity || old.device != now.device && !revoked[old] {
		return fmt.Errorf("%w: external commit that replaces somebody else", ErrNotAllowed)
	}
	if revoked[now] {
		return fmt.Errorf("%w: external commit by a revoked device", ErrNotAllowed)
	}
	if old.device != now.device {
		for i, l := range c.Roster() {
			if l != went && namesOf(l).device == now.device {
				return fmt.Errorf("%w: device of leaf %d twice", ErrNotAllowed, i)
			}
		}
	}
	return nil
}

// checkLeave: the only proposals that stand alone are those of a device that
// takes itself, or another of its identity, out; and not if it is the only admin
// and others stay.
func checkLeave(c *mls.Change, before *rawPolicy) error {
	if len(c.Members) != 1 || c.Members[0].New != nil {
		return fmt.Errorf("%w: a proposal other than to leave", ErrNotAllowed)
	}
	by := c.Member(c.By)
	if by == nil {
		return fmt.Errorf("%w: proposal of nobody", ErrNotAllowed)
	}
	who := namesOf(by).identity
	if namesOf(c.Members[0].Old).identity != who {
		return fmt.Errorf("%w: proposal that somebody else leave", ErrNotAllowed)
	}
	return mayLeave(c.Roster(), before, who)
}

// mayLeave returns ErrLastAdmin if an identity is the only admin and others stay.
func mayLeave(members iter.Seq2[mls.LeafIndex, *mls.LeafNode], p *rawPolicy, who [32]byte) error {
	if !p.has(who) {
		return nil
	}
	others := false
	for _, l := range members {
		if n := namesOf(l); n.identity != who {
			if p.has(n.identity) {
				return nil
			}
			others = true
		}
	}
	if others {
		return ErrLastAdmin
	}
	return nil
}

// checkCommit judges a commit of a member.
func checkCommit(c *mls.Change, before *rawPolicy, revoked map[names]bool) error {
	by := c.Member(c.By)
	if by == nil {
		return fmt.Errorf("%w: commit of nobody", ErrNotAllowed)
	}
	committer := namesOf(by)
	after, changed := before, !c.After.Equal(c.Before)
	if changed {
		if !before.has(committer.identity) || before.direct {
			return fmt.Errorf("%w: change of the policy", ErrNotAllowed)
		}
		// The new one is checked with its keys, once: afterwards it counts.
		p, err := newPolicyOf(c.After)
		if err != nil {
			return err
		}
		if after = p; after.direct {
			return fmt.Errorf("%w: a group becomes direct", ErrNotAllowed)
		}
	}
	moved := changed
	for _, m := range c.Members {
		var err error
		switch {
		case m.Old != nil && m.New != nil:
			if !m.Old.Credential.Equal(m.New.Credential) {
				err = fmt.Errorf("%w: member %d changes its certificate", ErrNotAllowed, m.Index)
			}
		case m.New != nil:
			moved, err = true, checkAdd(c, m, before)
		default:
			moved, err = true, checkRemove(c, m, before, revoked)
		}
		if err != nil {
			return err
		}
	}
	if !moved {
		return nil
	}
	return checkRoster(c, before, after, revoked)
}

// newPolicyOf reads a policy that is to count, keys included.
func newPolicyOf(x mls.Extensions) (*rawPolicy, error) {
	r, err := policyOf(x)
	if err != nil {
		return nil, err
	}
	if _, err := ParsePolicy(x[0].Data); err != nil {
		return nil, err
	}
	return r, nil
}

// checkAdd: an admin adds anybody, everybody devices of the own identity; and a
// direct group has the people it was made for.
func checkAdd(c *mls.Change, m mls.MemberChange, before *rawPolicy) error {
	by := c.Member(m.Proposer)
	if by == nil {
		return fmt.Errorf("%w: add by nobody", ErrNotAllowed)
	}
	adder, added := namesOf(by).identity, namesOf(m.New).identity
	if !before.has(adder) && adder != added {
		return fmt.Errorf("%w: add by a member who is no admin", ErrNotAllowed)
	}
	if before.direct && !before.has(added) {
		return fmt.Errorf("%w: add of a third person", ErrNotAllowed)
	}
	return nil
}

// checkRemove: an admin removes anybody, everybody devices of the own identity
// and devices that the commit proves to be revoked; and whoever asked to leave.
func checkRemove(c *mls.Change, m mls.MemberChange, before *rawPolicy, revoked map[names]bool) error {
	by, gone := c.Member(m.Proposer), namesOf(m.Old)
	if by == nil {
		return fmt.Errorf("%w: remove by nobody", ErrNotAllowed)
	}
	remover := namesOf(by).identity
	switch {
	case remover == gone.identity:
		return nil
	case before.has(remover) || revoked[gone]:
		return nil
	}
	return fmt.Errorf("%w: remove by a member who is no admin", ErrNotAllowed)
}

// checkRoster judges who is in the group after a commit: no device twice, and an
// admin among them if there was one.
func checkRoster(c *mls.Change, before, after *rawPolicy, revoked map[names]bool) error {
	was, is, kept := false, false, false
	devices := make(map[identity.DeviceID]bool)
	goes := make(map[mls.LeafIndex]bool)
	for _, m := range c.Members {
		switch {
		case m.New == nil:
			goes[m.Index] = true
		case m.Old == nil:
			n := namesOf(m.New)
			if devices[n.device] {
				return fmt.Errorf("%w: device %v twice", ErrNotAllowed, n.device)
			}
			devices[n.device] = true
			is = is || after.has(n.identity)
		}
	}
	for i, l := range c.Roster() {
		n := namesOf(l)
		was = was || before.has(n.identity)
		if goes[i] {
			// Whoever lost the last admin's device may have it taken out all the same.
			kept = kept || revoked[n] && after.has(n.identity)
			continue
		}
		if devices[n.device] {
			return fmt.Errorf("%w: device %v twice", ErrNotAllowed, n.device)
		}
		devices[n.device] = true
		is = is || after.has(n.identity)
	}
	if was && !is && !kept {
		return ErrLastAdmin
	}
	return nil
}

// checkMembers judges a group that is to be joined: what the rules keep true of
// every group that follows them.
func checkMembers(p *rawPolicy, members iter.Seq2[mls.LeafIndex, *mls.LeafNode]) error {
	devices := make(map[identity.DeviceID]bool)
	for _, l := range members {
		n := namesOf(l)
		if devices[n.device] {
			return fmt.Errorf("%w: device %v twice", ErrNotAllowed, n.device)
		}
		if devices[n.device] = true; p.direct && !p.has(n.identity) {
			return fmt.Errorf("%w: a third person in a direct group", ErrNotAllowed)
		}
	}
	return nil
}
