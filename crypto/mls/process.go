package mls

import (
	"bytes"
	"errors"
	"fmt"
)

// Kind says what a message was.
type Kind int

// The kinds of messages that [Group.Process] reads.
const (
	Application Kind = iota + 1 // data of a member
	Proposed                    // a proposal, kept until a commit decides
	Committed                   // a commit; the group is in its next epoch
)

// Received is what a message said.
type Received struct {
	Kind Kind
	// Sender is the member who sent it; for an external commit its new leaf.
	Sender LeafIndex
	// AuthenticatedData was readable on its way but signed by the sender.
	AuthenticatedData []byte
	// Data is the content of an application message.
	Data []byte
	// Proposal is set for Proposed.
	Proposal Proposal
	// Change is what a commit did.
	Change *Change
	// Own is true for the own commit or proposal that came back.
	Own bool
	// Removed is true for a commit that took this member out. The group is
	// deleted from the store and the Group must not be used any more.
	Removed bool
}

// Process reads the next message of the group, in the order of the group. A
// message that is refused changes nothing, in memory and in tx; errors.Is says
// why. It recognises the own commit and own proposals; for other own messages
// it returns ErrOwnMessage. A commit of somebody else drops the own one that is
// pending.
//
// The caller stores what it received in the same transaction: after that the
// message cannot be decrypted a second time.
func (g *Group) Process(tx Tx, message []byte) (*Received, error) {
	if err := g.sync(tx); err != nil {
		return nil, err
	}
	if g.IsPending(message) {
		return g.processOwnCommit(tx)
	}
	if g.epoch == nil {
		return nil, ErrNotJoined
	}
	m, err := ParseMessage(message)
	if err != nil {
		return nil, err
	}
	id, epoch, ok := m.Group()
	switch {
	case !ok || m.groupInfo != nil:
		return nil, fmt.Errorf("%w: not a message of a group", ErrMalformed)
	case !bytes.Equal(id, g.id):
		return nil, ErrWrongGroup
	case epoch < g.epoch.context.Epoch:
		return nil, ErrOldEpoch
	case epoch > g.epoch.context.Epoch:
		return nil, ErrFutureEpoch
	}
	if len(g.cached) > 0 {
		hash := g.client.suite.hashOf(message)
		for _, p := range g.cached {
			if bytes.Equal(p.message, hash) {
				return g.processOwnProposal(tx, p)
			}
		}
	}
	a, use, err := g.unprotect(m)
	if err != nil {
		return nil, err
	}
	if use != nil {
		defer clear(use.key)
	}
	switch a.content.kind {
	case contentApplication:
		w := g.writer(tx)
		g.epoch.messages.consume(use, w)
		if err := g.finish(w); err != nil {
			return nil, err
		}
		return &Received{
			Kind: Application, Sender: LeafIndex(a.content.sender.index),
			AuthenticatedData: a.content.authenticatedData, Data: a.content.application,
		}, nil
	case contentProposal:
		return g.processProposal(tx, a, use)
	default:
		return g.processCommit(tx, a)
	}
}

// processOwnCommit enters the epoch of the own commit that came back.
func (g *Group) processOwnCommit(tx Tx) (*Received, error) {
	self := g.pending.next.self
	change, err := g.ApplyPending(tx)
	if err != nil {
		return nil, err
	}
	return &Received{Kind: Committed, Sender: self, Change: change, Own: true}, nil
}

// processOwnProposal notes that an own proposal has its place in the order.
func (g *Group) processOwnProposal(tx Tx, p *cachedProposal) (*Received, error) {
	r := &Received{
		Kind: Proposed, Sender: g.epoch.self, Own: true,
		Proposal: p.content.content.proposal, AuthenticatedData: p.content.content.authenticatedData,
	}
	if p.confirmed {
		return nil, fmt.Errorf("%w: own proposal", ErrConsumed)
	}
	w := g.writer(tx)
	p.confirmed = true
	w.put(proposalRow(p.seq), p.append(nil))
	return r, g.finish(w)
}

// unprotect decrypts or authenticates a message of this epoch and verifies its
// signature (RFC 9420, sections 6.1 to 6.3). Nothing changes; use is the key of
// a private message, to be consumed.
func (g *Group) unprotect(m *Message) (*authenticatedContent, *keyUse, error) {
	e, s := g.epoch, g.client.suite
	var a *authenticatedContent
	var use *keyUse
	if m.private != nil {
		d, err := m.private.openSenderData(s, e.secrets.senderData)
		if err != nil {
			return nil, nil, err
		}
		switch {
		case d.leaf == e.self:
			return nil, nil, ErrOwnMessage
		case e.tree.leaf(d.leaf) == nil:
			return nil, nil, fmt.Errorf("%w: sender %d is blank", ErrInvalid, d.leaf)
		}
		if use, err = e.messages.peek(ratchetFor(d.leaf, m.private.kind), d.generation); err != nil {
			return nil, nil, err
		}
		if a, err = m.private.open(s, d, use); err != nil {
			return nil, nil, err
		}
	} else {
		var err error
		if a, err = m.public.unprotect(s, e.secrets.membership, e.encoded); err != nil {
			return nil, nil, err
		}
	}
	key, err := g.signatureKey(a)
	if err != nil {
		return nil, nil, err
	}
	if err := a.verify(s, key, e.encoded); err != nil {
		return nil, nil, err
	}
	if a.content.sender.kind == senderMember && LeafIndex(a.content.sender.index) == e.self {
		if a.content.kind == contentCommit {
			return nil, nil, fmt.Errorf("%w: own commit that was dropped", ErrUnreadable)
		}
		return nil, nil, ErrOwnMessage
	}
	return a, use, nil
}

// signatureKey finds the key that a message must be signed with (RFC 9420,
// section 6.1).
func (g *Group) signatureKey(a *authenticatedContent) ([]byte, error) {
	switch a.content.sender.kind {
	case senderMember:
		i := LeafIndex(a.content.sender.index)
		if l := g.epoch.tree.leaf(i); l != nil {
			return l.SignatureKey, nil
		}
		return nil, fmt.Errorf("%w: sender %d is blank", ErrInvalid, i)
	case senderNewCommit:
		if a.content.commit == nil || a.content.commit.path == nil {
			return nil, fmt.Errorf("%w: external commit without a path", ErrInvalid)
		}
		return a.content.commit.path.leaf.SignatureKey, nil
	default:
		return nil, fmt.Errorf("%w: proposals from outside of the group", ErrUnsupported)
	}
}

// processProposal judges a proposal and keeps it for a commit (RFC 9420, section
// 12.1).
func (g *Group) processProposal(tx Tx, a *authenticatedContent, use *keyUse) (*Received, error) {
	if g.epoch.closed {
		return nil, ErrClosed
	}
	ref := a.proposalRef(g.client.suite)
	by := LeafIndex(a.content.sender.index)
	switch {
	case g.cachedByRef(ref) != nil:
		return nil, fmt.Errorf("%w: proposal", ErrConsumed)
	case len(g.cached) >= MaxCachedProposals:
		return nil, fmt.Errorf("%w: more than %d proposals", ErrInvalid, MaxCachedProposals)
	}
	if err := g.judge(proposed{proposal: a.content.proposal, by: by}, a.content.authenticatedData); err != nil {
		return nil, err
	}
	w := g.writer(tx)
	if use != nil {
		g.epoch.messages.consume(use, w)
	}
	g.keep(w, &cachedProposal{ref: ref, content: a, confirmed: true})
	if err := g.finish(w); err != nil {
		return nil, err
	}
	return &Received{
		Kind: Proposed, Sender: by,
		Proposal: a.content.proposal, AuthenticatedData: a.content.authenticatedData,
	}, nil
}

// resolve finds the proposals that a commit names (RFC 9420, section 12.4).
func (g *Group) resolve(a *authenticatedContent, by LeafIndex) ([]proposed, error) {
	external := a.content.sender.kind == senderNewCommit
	list := make([]proposed, 0, len(a.content.commit.proposals))
	seen := make(map[string]bool)
	for _, p := range a.content.commit.proposals {
		if p.proposal != nil {
			list = append(list, proposed{proposal: p.proposal, by: by})
			continue
		}
		if external {
			return nil, fmt.Errorf("%w: external commit with a reference", ErrInvalid)
		}
		if seen[string(p.ref)] {
			return nil, fmt.Errorf("%w: a proposal twice", ErrInvalid)
		}
		seen[string(p.ref)] = true
		cached := g.cachedByRef(p.ref)
		if cached == nil {
			return nil, ErrMissingProposal
		}
		list = append(list, cached.proposed())
	}
	return list, nil
}

// processCommit enters the epoch of somebody else's commit (RFC 9420, section
// 12.4.2).
func (g *Group) processCommit(tx Tx, a *authenticatedContent) (*Received, error) {
	if g.epoch.closed {
		return nil, ErrClosed
	}
	s, old := g.client.suite, g.epoch
	c := a.content.commit
	external := a.content.sender.kind == senderNewCommit
	by := LeafIndex(a.content.sender.index)
	list, err := g.resolve(a, by)
	if err != nil {
		return nil, err
	}
	if external {
		err = g.checkExternalList(list)
	} else {
		err = g.checkList(by, list)
	}
	if err != nil {
		return nil, err
	}
	tr, err := g.apply(list)
	if err != nil {
		return nil, err
	}
	if c.path == nil && tr.needsPath {
		return nil, fmt.Errorf("%w: commit without a path", ErrInvalid)
	}
	if external {
		if err := g.checkReplaced(tr, c.path.leaf.SignatureKey); err != nil {
			return nil, err
		}
		if by, err = tr.tree.firstBlank(0); err != nil {
			return nil, err
		}
		for i := range tr.members {
			tr.members[i].Proposer = by
		}
	}
	before := tr.tree.leaf(by)
	if c.path != nil {
		if err := g.checkPath(tr, by, before, c.path); err != nil {
			return nil, err
		}
		tr.members = append(tr.members, MemberChange{by, before, c.path.leaf, by})
	}
	change := g.change(tr, by, a.content.authenticatedData)
	change.External = external
	if err := g.client.checkChange(change); err != nil {
		return nil, err
	}
	received := &Received{
		Kind: Committed, Sender: by, AuthenticatedData: a.content.authenticatedData, Change: change,
	}
	next := &epoch{tree: tr.tree, self: old.self, closed: tr.reInit != nil, context: old.context}
	next.context.Epoch++
	next.context.Extensions = tr.extensions
	known := old.carryKeys(tr.tree, tr.ownLeafKey, nil)
	keys := pathKeys{commit: s.zero()}
	var path []step
	if c.path != nil {
		if path, err = tr.tree.mergePath(by, c.path, tr.added); err != nil {
			return nil, err
		}
		if err := tr.tree.verifyCredentialTypes(); err != nil {
			return nil, err
		}
	}
	// Who is removed can check everything up to here, and nothing that follows.
	if tr.removed[old.self] {
		received.Removed = true
		return received, g.Delete(tx)
	}
	if c.path != nil {
		next.context.TreeHash = tr.tree.rootHash()
		if keys, err = tr.tree.openPath(old.self, known, path, c.path, next.context.append(nil), tr.added); err != nil {
			return nil, fmt.Errorf("%w: by member %d: %v", ErrUnreadable, by, err)
		}
	}
	defer keys.wipe()
	next.private = old.carryKeys(tr.tree, tr.ownLeafKey, keys.private)
	next.context.TreeHash = tr.tree.rootHash()
	next.context.ConfirmedTranscriptHash = s.confirmedTranscript(old.interim, a)
	next.encoded = next.context.append(nil)

	init := old.secrets.init
	if external {
		if init, err = s.externalInitReceive(old.secrets.external, tr.kemOutput); err != nil {
			return nil, fmt.Errorf("%w: external init", ErrInvalid)
		}
	}
	psk, err := g.psks(tx, tr.psks)
	if err != nil {
		return nil, err
	}
	joiner := s.joinerSecret(init, keys.commit, next.encoded)
	member := s.memberSecret(joiner, psk)
	defer joiner.wipe()
	defer member.wipe()
	d := s.deriveEpoch(s.epochSecret(member, next.encoded))
	next.begin(s, d)
	defer d.confirmation.wipe()
	if !s.verifyMAC(d.confirmation, next.context.ConfirmedTranscriptHash, a.auth.confirmationTag) {
		return nil, fmt.Errorf("%w: confirmation tag", ErrInvalid)
	}
	next.tag = a.auth.confirmationTag
	next.interim = s.interimTranscript(next.context.ConfirmedTranscriptHash, next.tag)
	if err := g.enter(tx, next); err != nil {
		return nil, err
	}
	return received, nil
}

// Refused says whether an error of [Group.Process] or [Client.Join] means that
// the message counts for nobody or not any more, so that the group goes on
// without it and the caller takes the next one. For other errors the reason is
// this member's own: see [MustRejoin], and the errors of the store.
func Refused(err error) bool {
	var policy *RefusedError
	if errors.As(err, &policy) {
		return true
	}
	for _, e := range []error{
		ErrInvalid, ErrMalformed, ErrUnsupported, ErrDecrypt, ErrWrongGroup,
		ErrOldEpoch, ErrConsumed, ErrTooFarAhead, ErrOwnMessage,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// MustRejoin says whether an error of [Group.Process] means that the group may
// have gone on without this member: a commit that it cannot follow, or a message
// of a later epoch. Nobody signs the number of an epoch before it is reached, so
// the caller asks for a GroupInfo, and calls [Client.Rejoin] only if that is
// ahead of the own epoch.
func MustRejoin(err error) bool {
	for _, e := range []error{ErrUnreadable, ErrMissingProposal, ErrMissingPSK, ErrFutureEpoch} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
