package mls

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"slices"
)

// ready says whether the group can send.
func (g *Group) ready(tx Tx) error {
	if err := g.sync(tx); err != nil {
		return err
	}
	switch {
	case g.epoch == nil:
		return ErrNotJoined
	case g.epoch.closed:
		return ErrClosed
	}
	return nil
}

// content starts a message of this member.
func (g *Group) content(kind contentType, authenticatedData []byte) *authenticatedContent {
	return &authenticatedContent{format: wirePrivateMessage, content: framedContent{
		groupID: g.id, epoch: g.epoch.context.Epoch, kind: kind, authenticatedData: authenticatedData,
		sender: sender{kind: senderMember, index: uint32(g.epoch.self)},
	}}
}

// protect encodes a signed content. A private message takes the next key of the
// own ratchet, which is written as used before the ciphertext exists.
func (g *Group) protect(w *rowWriter, a *authenticatedContent) ([]byte, error) {
	s, e := g.client.suite, g.epoch
	if a.format == wirePublicMessage {
		p, err := a.protectPublic(s, e.secrets.membership, e.encoded)
		if err != nil {
			return nil, err
		}
		return (&Message{format: a.format, public: p}).Bytes(), nil
	}
	use, err := e.messages.nextOwn(ratchetFor(e.self, a.content.kind))
	if err != nil {
		return nil, err
	}
	defer clear(use.key)
	e.messages.consume(use, w)
	if w.err != nil {
		return nil, w.err
	}
	p, err := a.protectPrivate(s, e.secrets.senderData, use, g.client.cfg.Padding)
	if err != nil {
		return nil, err
	}
	return (&Message{format: a.format, private: p}).Bytes(), nil
}

// Encrypt makes a message for the members of this epoch. authenticatedData is
// signed and authenticated but readable by everybody who carries the message.
// The ciphertext may leave only after tx was committed: until then a crash would
// use its key again. ErrCommitFirst says that proposals wait (RFC 9420, section
// 12.4).
func (g *Group) Encrypt(tx Tx, authenticatedData, data []byte) ([]byte, error) {
	if err := g.ready(tx); err != nil {
		return nil, err
	}
	if len(data)+len(authenticatedData) > MaxMessage/2 {
		return nil, fmt.Errorf("%w: message of %d bytes", ErrInvalid, len(data)+len(authenticatedData))
	}
	if g.MustCommit() {
		return nil, ErrCommitFirst
	}
	a := g.content(contentApplication, authenticatedData)
	a.content.application = data
	if err := a.sign(g.client.cfg.Signer, g.epoch.encoded); err != nil {
		return nil, err
	}
	w := g.writer(tx)
	b, err := g.protect(w, a)
	if err := errors.Join(err, g.finish(w)); err != nil {
		return nil, err
	}
	return b, nil
}

// MustCommit says whether proposals wait that have their place in the order, so
// that [Group.Encrypt] refuses until somebody has committed (RFC 9420, section
// 12.4).
func (g *Group) MustCommit() bool {
	return slices.ContainsFunc(g.cached, func(p *cachedProposal) bool { return p.confirmed })
}

// Proposals yields the proposals that wait and have their place in the order,
// with who sent them.
func (g *Group) Proposals() iter.Seq2[LeafIndex, Proposal] {
	return func(yield func(LeafIndex, Proposal) bool) {
		for _, p := range g.cached {
			c := &p.content.content
			if p.confirmed && !yield(LeafIndex(c.sender.index), c.proposal) {
				return
			}
		}
	}
}

// Propose asks the group for a change, to be committed by anybody. It returns
// the message; the own commits name the proposal only after Process has seen
// the message in the order of the group. authenticatedData is signed and
// readable on its way. An *Update is made by ProposeUpdate.
func (g *Group) Propose(tx Tx, p Proposal, authenticatedData []byte, public bool) ([]byte, error) {
	switch p.(type) {
	case *Update, *ExternalInit, nil:
		return nil, fmt.Errorf("%w: proposal %T", ErrUnsupported, p)
	}
	return g.propose(tx, p, nil, authenticatedData, public)
}

// ProposeUpdate asks for fresh keys of the own leaf (RFC 9420, section 12.1.2).
func (g *Group) ProposeUpdate(tx Tx, authenticatedData []byte, public bool) ([]byte, error) {
	if err := g.ready(tx); err != nil {
		return nil, err
	}
	leaf := g.client.newLeaf()
	private, key, err := g.client.suite.generateKeyPair()
	if err != nil {
		return nil, err
	}
	leaf.EncryptionKey, leaf.Source = key, LeafFromUpdate
	if err := leaf.sign(g.client.cfg.Signer, g.id, g.epoch.self); err != nil {
		return nil, err
	}
	return g.propose(tx, &Update{&leaf}, private, authenticatedData, public)
}

func (g *Group) propose(tx Tx, p Proposal, leafKey secret, authenticatedData []byte, public bool) ([]byte, error) {
	if err := g.ready(tx); err != nil {
		return nil, err
	}
	if len(g.cached) >= MaxCachedProposals {
		return nil, fmt.Errorf("%w: more than %d proposals", ErrInvalid, MaxCachedProposals)
	}
	a := g.content(contentProposal, authenticatedData)
	a.content.proposal = p
	if public {
		a.format = wirePublicMessage
	}
	one := proposed{proposal: p, by: g.epoch.self}
	if err := g.judge(one, a.content.authenticatedData); err != nil {
		return nil, err
	}
	if add, ok := p.(*Add); ok {
		if err := g.client.checkNow(add.KeyPackage.Leaf); err != nil {
			return nil, err
		}
	}
	if err := a.sign(g.client.cfg.Signer, g.epoch.encoded); err != nil {
		return nil, err
	}
	ref := a.proposalRef(g.client.suite)
	if g.cachedByRef(ref) != nil {
		return nil, fmt.Errorf("%w: the same proposal in a public message", ErrConsumed)
	}
	w := g.writer(tx)
	b, err := g.protect(w, a)
	if err == nil {
		g.keep(w, &cachedProposal{
			ref: ref, content: a, leafKey: leafKey,
			message: g.client.suite.hashOf(b),
		})
	}
	if err := errors.Join(err, g.finish(w)); err != nil {
		return nil, err
	}
	return b, nil
}

// judge checks one proposal and asks the policy about it.
func (g *Group) judge(p proposed, authenticatedData []byte) error {
	if p.proposal.Type() == ProposalExternalInit {
		return fmt.Errorf("%w: external init outside of an external commit", ErrInvalid)
	}
	if err := g.checkOne(p); err != nil {
		return err
	}
	tr, err := g.apply([]proposed{p})
	if err != nil {
		return err
	}
	change := g.change(tr, p.by, authenticatedData)
	change.Commit = false
	return g.client.checkChange(change)
}

// checkNow verifies that a key package that is to be sent is valid at this
// moment (RFC 9420, section 7.3).
func (c *Client) checkNow(l *LeafNode) error {
	if now := uint64(c.cfg.Now().Unix()); now < l.NotBefore || now > l.NotAfter {
		return fmt.Errorf("%w: key package is out of its lifetime", ErrInvalid)
	}
	return nil
}

// Plan says what a commit is to do besides giving its sender fresh keys.
type Plan struct {
	Add    []*KeyPackage
	Remove []LeafIndex
	// Extensions replaces those of the group if Replace is set.
	Extensions Extensions
	Replace    bool
	// PSKs are ids of external pre-shared keys to mix in.
	PSKs [][]byte

	// AuthenticatedData is signed with the commit and readable on its way.
	AuthenticatedData []byte
	// Public sends the commit signed but not encrypted.
	Public bool
	// TreeInWelcome puts the tree into the Welcome; without it the new members
	// need [Group.Tree] of the new epoch from somewhere.
	TreeInWelcome bool
	// NoPath saves the fresh keys where RFC 9420, section 12.4, allows it.
	NoPath bool
	// SkipProposals leaves the proposals of others out.
	SkipProposals bool
}

// Outgoing is a commit that is pending: send Message, and Welcome to whom it
// adds once the commit has its place in the order.
type Outgoing struct {
	Message []byte
	Welcome []byte // nil if nobody is added
}

// Commit prepares the next epoch (RFC 9420, section 12.4.1). The group stays in
// its epoch until the commit is accepted: see [Group.ApplyPending] and
// [Group.Process]. It takes the proposals of others with it as far as they go
// together. It returns ErrPending while another own commit waits. The message
// may leave only after tx was committed.
func (g *Group) Commit(tx Tx, plan Plan) (*Outgoing, error) {
	if err := g.ready(tx); err != nil {
		return nil, err
	}
	if g.pending != nil {
		return nil, ErrPending
	}
	list, err := g.plannedProposals(plan)
	if err != nil {
		return nil, err
	}
	if err := g.checkList(g.epoch.self, list); err != nil {
		return nil, err
	}
	tr, err := g.apply(list)
	if err != nil {
		return nil, err
	}
	for _, m := range tr.welcomes {
		if err := g.client.checkNow(m.keyPackage.Leaf); err != nil {
			return nil, err
		}
	}
	a := g.content(contentCommit, plan.AuthenticatedData)
	if plan.Public {
		a.format = wirePublicMessage
	}
	a.content.commit = &commit{}
	for _, p := range list {
		if p.ref != nil {
			a.content.commit.proposals = append(a.content.commit.proposals, proposalOrRef{ref: p.ref})
		} else {
			a.content.commit.proposals = append(a.content.commit.proposals, proposalOrRef{proposal: p.proposal})
		}
	}
	psk, err := g.psks(tx, tr.psks)
	if err != nil {
		return nil, err
	}
	built, err := g.build(tr, a, g.epoch.self, tr.needsPath || !plan.NoPath, g.epoch.secrets.init, psk, plan.TreeInWelcome)
	if err != nil {
		return nil, err
	}
	w := g.writer(tx)
	message, err := g.protect(w, a)
	if err == nil && len(message) > MaxMessage {
		err = fmt.Errorf("%w: commit of %d bytes", ErrInvalid, len(message))
	}
	if err == nil {
		err = g.stage(w, &pendingCommit{
			hash: g.client.suite.hashOf(message), next: built.next,
			members: storeMembers(tr.members),
		})
	}
	if err := errors.Join(err, g.finish(w)); err != nil {
		g.pending = nil
		return nil, err
	}
	return &Outgoing{message, built.welcome}, nil
}

// plannedProposals lists what a commit is to hold: of the proposals that
// arrived those that go together, and those of the plan (RFC 9420, section
// 12.2).
func (g *Group) plannedProposals(plan Plan) ([]proposed, error) {
	self := g.epoch.self
	var list []proposed
	for _, i := range plan.Remove {
		list = append(list, proposed{proposal: &Remove{i}, by: self})
	}
	for _, k := range plan.Add {
		list = append(list, proposed{proposal: &Add{k}, by: self})
	}
	for _, id := range plan.PSKs {
		nonce := make([]byte, g.client.suite.nh)
		rand.Read(nonce)
		list = append(list, proposed{proposal: &PreSharedKey{PSKID{External: id, Nonce: nonce}}, by: self})
	}
	if plan.Replace {
		list = append(list, proposed{proposal: &GroupContextExtensions{plan.Extensions}, by: self})
	}
	if err := g.checkList(self, list); err != nil {
		return nil, err
	}
	for i := range list {
		list[i].checked = true
	}
	if plan.SkipProposals {
		return list, nil
	}
	// Removes first: they win over updates of the same leaf; then the newest.
	var waiting []proposed
	for _, removes := range []bool{true, false} {
		for _, p := range slices.Backward(g.cached) {
			one := p.proposed()
			if _, isRemove := one.proposal.(*Remove); isRemove == removes && p.confirmed {
				waiting = append(waiting, one)
			}
		}
	}
	fits := func(list []proposed) bool {
		if g.checkList(self, list) != nil {
			return false
		}
		tr, err := g.apply(list)
		// Each was accepted alone; whether they are together is for the policy too.
		return err == nil && g.client.checkChange(g.change(tr, self, plan.AuthenticatedData)) == nil
	}
	if all := slices.Concat(list, waiting); fits(all) {
		return all, nil
	}
	for _, one := range waiting {
		if with := append(slices.Clone(list), one); fits(with) {
			list = with
		}
	}
	return list, nil
}

// built is the epoch after a commit that this client makes.
type built struct {
	next    *epoch
	welcome []byte
}

// build makes the path, the next epoch and the Welcome of an own commit (RFC
// 9420, section 12.4.1), asks the policy, and completes a with signature and
// confirmation tag. init and psk are consumed by nobody.
func (g *Group) build(tr *transition, a *authenticatedContent, self LeafIndex, withPath bool, init, psk secret, treeInWelcome bool) (*built, error) {
	s, old := g.client.suite, g.epoch
	next := &epoch{tree: tr.tree, self: self, closed: tr.reInit != nil}
	next.context = old.context
	next.context.Epoch++
	next.context.Extensions = tr.extensions
	next.private = old.carryKeys(tr.tree, tr.ownLeafKey, nil)

	commitSecret := s.zero()
	keys := pathKeys{commit: commitSecret}
	if withPath {
		before := tr.tree.leaf(self)
		var err error
		if keys, err = tr.tree.newPath(self, g.client.newLeaf(), g.client.cfg.Signer, g.id); err != nil {
			return nil, err
		}
		tr.members = append(tr.members, MemberChange{self, before, tr.tree.leaf(self), self})
	}
	defer keys.wipe()
	change := g.change(tr, self, a.content.authenticatedData)
	change.External = a.content.sender.kind == senderNewCommit
	if err := g.client.checkChange(change); err != nil {
		return nil, err
	}
	next.context.TreeHash = tr.tree.rootHash()
	if withPath {
		up, err := tr.tree.sealPath(self, keys, next.context.append(nil), tr.added)
		if err != nil {
			return nil, err
		}
		a.content.commit.path = up
		next.private = old.carryKeys(tr.tree, tr.ownLeafKey, keys.private)
	}
	if err := a.sign(g.client.cfg.Signer, old.encoded); err != nil {
		return nil, err
	}
	next.context.ConfirmedTranscriptHash = s.confirmedTranscript(old.interim, a)
	next.encoded = next.context.append(nil)

	joiner := s.joinerSecret(init, keys.commit, next.encoded)
	member := s.memberSecret(joiner, psk)
	defer joiner.wipe()
	defer member.wipe()
	d := s.deriveEpoch(s.epochSecret(member, next.encoded))
	next.begin(s, d)
	next.tag = s.mac(d.confirmation, next.context.ConfirmedTranscriptHash)
	d.confirmation.wipe()
	next.interim = s.interimTranscript(next.context.ConfirmedTranscriptHash, next.tag)
	a.auth.confirmationTag = next.tag

	welcome, err := g.buildWelcome(tr, next, keys, joiner, s.welcomeSecret(member), treeInWelcome)
	if err != nil {
		return nil, err
	}
	return &built{next, welcome}, nil
}

// buildWelcome makes the Welcome for all new members (RFC 9420, section
// 12.4.3.1), nil if there are none.
func (g *Group) buildWelcome(tr *transition, next *epoch, keys pathKeys, joiner, welcomeSecret secret, withTree bool) ([]byte, error) {
	defer welcomeSecret.wipe()
	if len(tr.welcomes) == 0 {
		return nil, nil
	}
	s := g.client.suite
	info := next.groupInfo(withTree)
	if err := info.sign(g.client.cfg.Signer); err != nil {
		return nil, err
	}
	w := &welcome{suite: s.id}
	var err error
	if w.groupInfo, err = s.sealGroupInfo(welcomeSecret, info); err != nil {
		return nil, err
	}
	w.secrets = make([]encryptedGroupSecrets, len(tr.welcomes))
	err = parallel(len(tr.welcomes), func(i int) error {
		m := tr.welcomes[i]
		secrets := groupSecrets{joinerSecret: joiner, psks: tr.psks}
		ancestor := commonAncestor(next.self, m.leaf)
		for k, st := range keys.path {
			if st.node == ancestor {
				secrets.pathSecret = keys.secrets[k]
			}
		}
		plain := secrets.append(nil)
		defer clear(plain)
		c, err := s.seal(m.keyPackage.InitKey, "Welcome", w.groupInfo, plain)
		w.secrets[i] = encryptedGroupSecrets{m.keyPackage.ref(s), c}
		return err
	})
	if err != nil {
		return nil, err
	}
	b := (&Message{format: wireWelcome, welcome: w}).Bytes()
	if len(b) > MaxMessage {
		return nil, fmt.Errorf("%w: welcome of %d bytes", ErrInvalid, len(b))
	}
	return b, nil
}

// psks finds the pre-shared keys of a commit and chains them (RFC 9420, section
// 8.4).
func (g *Group) psks(tx Tx, ids []PSKID) (secret, error) {
	return g.client.psks(tx, ids, g.epoch)
}

func (c *Client) psks(tx Tx, ids []PSKID, now *epoch) (secret, error) {
	var keys []secret
	for _, id := range ids {
		key, err := c.psk(tx, id, now)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return c.suite.pskSecret(ids, keys), nil
}

// psk finds one pre-shared key: from the application, from this epoch, or from
// a past one that the store remembers.
func (c *Client) psk(tx Tx, id PSKID, now *epoch) (secret, error) {
	if id.Usage == 0 {
		if c.cfg.PSK == nil {
			return nil, ErrMissingPSK
		}
		key, err := c.cfg.PSK(id.External)
		if err != nil {
			return nil, fmt.Errorf("%w: %v", ErrMissingPSK, err)
		}
		return key, nil
	}
	if now != nil && now.context.Epoch == id.Epoch && bytes.Equal(now.context.GroupID, id.GroupID) {
		return now.secrets.resumption, nil
	}
	if len(id.GroupID) == 0 || len(id.GroupID) > maxGroupID {
		return nil, ErrMissingPSK
	}
	key, err := tx.Get(id.GroupID, resumptionRow(id.Epoch))
	if err != nil {
		return nil, fmt.Errorf("read resumption secret: %w", err)
	}
	if key == nil {
		return nil, ErrMissingPSK
	}
	return bytes.Clone(key), nil
}
