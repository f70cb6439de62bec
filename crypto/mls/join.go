package mls

import (
	"bytes"
	"fmt"
)

// Join enters a group by a Welcome (RFC 9420, section 12.4.3.1). tree is the
// tree of the group if the Welcome does not hold it, else nil. The key package
// that the Welcome was made for is used up and deleted, unless it is one of
// last resort. ErrNoKeyPackage says that the Welcome is for somebody else.
func (c *Client) Join(tx Tx, welcomeMessage, tree []byte) (*Group, error) {
	m, err := ParseMessage(welcomeMessage)
	if err != nil {
		return nil, err
	}
	if m.welcome == nil {
		return nil, fmt.Errorf("%w: not a welcome", ErrMalformed)
	}
	if m.welcome.suite != c.suite.id {
		return nil, fmt.Errorf("%w: welcome for cipher suite %#04x", ErrUnsupported, uint16(m.welcome.suite))
	}
	stored, ref, err := c.findKeyPackage(tx, m.welcome)
	if err != nil {
		return nil, err
	}
	g, next, err := c.join(tx, m.welcome, stored, ref, tree)
	if err != nil {
		return nil, err
	}
	if !stored.keyPackage.LastResort() {
		if err := tx.Delete(nil, keyPackageRow(ref)); err != nil {
			return nil, fmt.Errorf("delete key package: %w", err)
		}
	}
	return g, g.enter(tx, next)
}

// findKeyPackage finds which of the stored key packages a Welcome is for.
func (c *Client) findKeyPackage(tx Tx, w *welcome) (*storedKeyPackage, []byte, error) {
	for _, s := range w.secrets {
		if len(s.newMember) != c.suite.nh {
			continue
		}
		row, err := tx.Get(nil, keyPackageRow(s.newMember))
		if err != nil {
			return nil, nil, fmt.Errorf("read key package: %w", err)
		}
		if row == nil {
			continue
		}
		stored, err := decode(bytes.Clone(row), readStoredKeyPackage)
		if err != nil {
			return nil, nil, fmt.Errorf("stored key package: %w", err)
		}
		return &stored, s.newMember, nil
	}
	return nil, nil, ErrNoKeyPackage
}

// join verifies a Welcome and builds the epoch that it leads to. It writes
// nothing.
func (c *Client) join(tx Tx, w *welcome, stored *storedKeyPackage, ref, tree []byte) (*Group, *epoch, error) {
	s := c.suite
	if stored.keyPackage.Suite != s.id {
		return nil, nil, fmt.Errorf("%w: key package for another cipher suite", ErrInvalid)
	}
	secrets, err := w.openSecrets(s, ref, stored.init)
	if err != nil {
		return nil, nil, err
	}
	defer secrets.joinerSecret.wipe()
	defer secrets.pathSecret.wipe()
	for i, id := range secrets.psks {
		if id.Usage > PSKForApplication {
			return nil, nil, fmt.Errorf("%w: group that continues another", ErrUnsupported)
		}
		if len(id.Nonce) != s.nh {
			return nil, nil, fmt.Errorf("%w: nonce of a pre-shared key with %d bytes", ErrInvalid, len(id.Nonce))
		}
		for _, other := range secrets.psks[:i] {
			if id.equal(other) {
				return nil, nil, fmt.Errorf("%w: a pre-shared key twice", ErrInvalid)
			}
		}
	}
	psk, err := c.psks(tx, secrets.psks, nil)
	if err != nil {
		return nil, nil, err
	}
	member := s.memberSecret(secrets.joinerSecret, psk)
	defer member.wipe()
	welcomeSecret := s.welcomeSecret(member)
	defer welcomeSecret.wipe()
	info, err := s.openGroupInfo(welcomeSecret, w.groupInfo)
	if err != nil {
		return nil, nil, err
	}
	t, err := c.verifyGroupInfo(info, tree)
	if err != nil {
		return nil, nil, err
	}
	id := info.context.GroupID
	if row, err := tx.Get(id, string(rowRevision)); err != nil {
		return nil, nil, fmt.Errorf("read group: %w", err)
	} else if row != nil {
		return nil, nil, fmt.Errorf("%w: welcome to a group that is joined already", ErrInvalid)
	}
	next := &epoch{tree: t, context: info.context, tag: info.confirmationTag, private: make(privateKeys)}
	found := false
	for i, l := range t.members {
		if l.equal(stored.keyPackage.Leaf) {
			next.self, found = i, true
			break
		}
	}
	if !found || next.self == info.signer {
		return nil, nil, fmt.Errorf("%w: welcome without the leaf of its receiver", ErrInvalid)
	}
	err = c.checkJoin(&Joining{
		GroupID: id, Epoch: info.context.Epoch, Signer: info.signer, Self: next.self, Welcome: true,
		Extensions: info.context.Extensions, tree: t,
	})
	if err != nil {
		return nil, nil, err
	}
	if secrets.pathSecret != nil {
		if err := next.joinPath(info.signer, secrets.pathSecret); err != nil {
			return nil, nil, err
		}
	}
	next.private[next.self.node()] = stored.leaf
	next.encoded = next.context.append(nil)
	d := s.deriveEpoch(s.epochSecret(member, next.encoded))
	defer d.confirmation.wipe()
	if !s.verifyMAC(d.confirmation, info.context.ConfirmedTranscriptHash, info.confirmationTag) {
		return nil, nil, fmt.Errorf("%w: confirmation tag", ErrInvalid)
	}
	next.begin(s, d)
	next.interim = s.interimTranscript(info.context.ConfirmedTranscriptHash, info.confirmationTag)
	return &Group{client: c, id: bytes.Clone(id), inviter: info.signer, invited: true}, next, nil
}

// joinPath derives the private keys that the committer's path has for a new
// member (RFC 9420, section 12.4.3.1).
func (e *epoch) joinPath(signer LeafIndex, pathSecret secret) error {
	ancestor := commonAncestor(e.self, signer)
	path := e.tree.filteredDirectPath(signer)
	for k, st := range path {
		if st.node != ancestor {
			continue
		}
		keys, err := e.tree.derivedPath(path[k:], bytes.Clone(pathSecret))
		if err != nil {
			return err
		}
		for n, key := range keys.private {
			e.private[n] = key
		}
		keys.wipe()
		return nil
	}
	return fmt.Errorf("%w: path secret for a node that is not there", ErrInvalid)
}

// verifyGroupInfo verifies a GroupInfo and its tree (RFC 9420, sections 12.4.3
// and 12.4.3.1) and asks the policy about every member.
func (c *Client) verifyGroupInfo(info *groupInfo, tree []byte) (*ratchetTree, error) {
	if info.context.Suite != c.suite.id {
		return nil, fmt.Errorf("%w: group with cipher suite %#04x", ErrUnsupported, uint16(info.context.Suite))
	}
	if n := len(info.context.GroupID); n == 0 || n > maxGroupID {
		return nil, fmt.Errorf("%w: group id of %d bytes", ErrInvalid, n)
	}
	if inside, found := info.extensions.Find(ExtRatchetTree); found {
		tree = inside
	}
	if tree == nil {
		return nil, fmt.Errorf("%w: no tree with the group info", ErrInvalid)
	}
	if len(tree) > MaxMessage {
		return nil, fmt.Errorf("%w: tree of %d bytes", ErrMalformed, len(tree))
	}
	t, err := decode(bytes.Clone(tree), readTree(c.suite))
	if err != nil {
		return nil, fmt.Errorf("tree: %w", err)
	}
	if !bytes.Equal(t.rootHash(), info.context.TreeHash) {
		return nil, fmt.Errorf("%w: tree hash", ErrInvalid)
	}
	signer := t.leaf(info.signer)
	if signer == nil {
		return nil, fmt.Errorf("%w: signer of the group info is blank", ErrInvalid)
	}
	if err := info.verify(c.suite, signer.SignatureKey); err != nil {
		return nil, err
	}
	if err := t.verify(info.context.GroupID, info.context.Extensions); err != nil {
		return nil, err
	}
	for i, l := range t.members {
		if err := c.checkLifetime(l); err != nil {
			return nil, fmt.Errorf("member %d: %w", i, err)
		}
		if err := c.checkCredential(l); err != nil {
			return nil, fmt.Errorf("member %d: %w", i, err)
		}
	}
	return t, nil
}

// Rejoining says how [Client.Rejoin] is to come back.
type Rejoining struct {
	// Tree is the tree of the group if the GroupInfo does not hold it.
	Tree []byte
	// AuthenticatedData is signed with the commit and readable on its way.
	AuthenticatedData []byte
	// Replaces says which leaf goes; nil means that of the own signature key.
	// Others accept the leaf of another key only with Config.OpenExternal.
	Replaces func(*LeafNode) bool
}

// Rejoin replaces the old leaf of this client by an external commit (RFC 9420,
// section 12.4.3.2), when its state of the group is lost or broken. groupInfo
// comes from [Group.GroupInfo] of a member. What the store had of the group is deleted at once; the new Group waits with
// Joined false until Process sees the returned message in the order of the
// group. If another commit came first, call DropPending and try again with a
// newer GroupInfo. Without an old leaf it is a join, which others accept only
// with Config.OpenExternal.
func (c *Client) Rejoin(tx Tx, groupInfoMessage []byte, how Rejoining) (*Group, []byte, error) {
	m, err := ParseMessage(groupInfoMessage)
	if err != nil {
		return nil, nil, err
	}
	if m.groupInfo == nil {
		return nil, nil, fmt.Errorf("%w: not a group info", ErrMalformed)
	}
	info := m.groupInfo
	t, err := c.verifyGroupInfo(info, how.Tree)
	if err != nil {
		return nil, nil, err
	}
	err = c.checkJoin(&Joining{
		GroupID: info.context.GroupID, Epoch: info.context.Epoch, Signer: info.signer,
		Extensions: info.context.Extensions, tree: t,
	})
	if err != nil {
		return nil, nil, err
	}
	if how.Replaces == nil {
		how.Replaces = func(l *LeafNode) bool { return bytes.Equal(l.SignatureKey, c.cfg.Signer.Public()) }
	}
	own := c.newLeaf()
	if err := own.checkGroup(info.context.Extensions); err != nil {
		return nil, nil, err
	}
	data, found := info.extensions.Find(ExtExternalPub)
	if !found {
		return nil, nil, fmt.Errorf("%w: group info without an external key", ErrInvalid)
	}
	externalPub, err := decode(data, (*reader).opaque)
	if err != nil {
		return nil, nil, fmt.Errorf("external key: %w", err)
	}
	s := c.suite
	kemOutput, init, err := s.externalInitSend(externalPub)
	if err != nil {
		return nil, nil, err
	}
	defer init.wipe()

	// The epoch of the group as an outsider sees it, without any secret.
	g := &Group{client: c, id: bytes.Clone(info.context.GroupID)}
	outside := &epoch{
		context: info.context, encoded: info.context.append(nil), tree: t,
		self: LeafIndex(t.leaves()), // nobody's leaf
		tag:  info.confirmationTag, interim: s.interimTranscript(info.context.ConfirmedTranscriptHash, info.confirmationTag),
	}
	g.epoch = outside
	list := []proposed{{proposal: &ExternalInit{kemOutput}}}
	for i, l := range t.members {
		if how.Replaces(l) {
			list = append(list, proposed{proposal: &Remove{i}})
		}
	}
	if err := g.checkExternalList(list); err != nil {
		return nil, nil, err
	}
	tr, err := g.apply(list)
	if err != nil {
		return nil, nil, err
	}
	self, err := tr.tree.firstBlank(0)
	if err != nil {
		return nil, nil, err
	}
	for i := range tr.members {
		tr.members[i].Proposer = self
	}
	a := g.content(contentCommit, how.AuthenticatedData)
	a.format = wirePublicMessage
	a.content.sender = sender{kind: senderNewCommit}
	a.content.commit = &commit{}
	for _, p := range list {
		a.content.commit.proposals = append(a.content.commit.proposals, proposalOrRef{proposal: p.proposal})
	}
	b, err := g.build(tr, a, self, true, init, s.zero(), false)
	if err != nil {
		return nil, nil, err
	}
	p, err := a.protectPublic(s, nil, outside.encoded)
	if err != nil {
		return nil, nil, err
	}
	message := (&Message{format: wirePublicMessage, public: p}).Bytes()

	g.epoch = nil
	w := g.writer(tx)
	w.deletePrefix("")
	err = g.stage(w, &pendingCommit{
		hash: s.hashOf(message), next: b.next, external: true, members: storeMembers(tr.members),
	})
	if err != nil {
		return nil, nil, err
	}
	if err := g.finish(w); err != nil {
		return nil, nil, err
	}
	return g, message, nil
}
