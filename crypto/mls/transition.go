package mls

import (
	"bytes"
	"fmt"
	"slices"
)

// proposed is a proposal with its sender, ready to be applied.
type proposed struct {
	proposal Proposal
	by       LeafIndex
	ref      []byte // of a proposal that was sent on its own
	leafKey  secret // of an own Update
	checked  bool   // checkOne has accepted it in this epoch
}

// transition is what a list of proposals makes of an epoch (RFC 9420, section
// 12.3). It belongs to nobody until a commit takes it.
type transition struct {
	tree       *ratchetTree
	extensions Extensions
	changed    []LeafIndex        // new leaves in the tree: added, updated
	added      map[LeafIndex]bool // who gets a Welcome and no path secret
	welcomes   []newMember        // in the order of their proposals
	removed    map[LeafIndex]bool
	psks       []PSKID
	kemOutput  []byte // of an ExternalInit
	reInit     *ReInit
	needsPath  bool
	ownLeafKey secret // of an own Update that is now in the tree
	members    []MemberChange
}

// newMember is somebody whom a commit adds.
type newMember struct {
	leaf       LeafIndex
	keyPackage *KeyPackage
}

// checkOne verifies what can be said of a proposal alone (RFC 9420, section
// 12.1).
func (g *Group) checkOne(p proposed) error {
	e := g.epoch
	s := g.client.suite
	switch p := p.proposal.(type) {
	case *Add:
		if err := p.KeyPackage.check(s); err != nil {
			return err
		}
		if err := g.client.checkLifetime(p.KeyPackage.Leaf); err != nil {
			return err
		}
	case *Remove:
		if e.tree.leaf(p.Removed) == nil {
			return fmt.Errorf("%w: remove of leaf %d, which is blank", ErrInvalid, p.Removed)
		}
	case *PreSharedKey:
		if p.ID.Usage > PSKForApplication {
			return fmt.Errorf("%w: resumption secret for another use", ErrInvalid)
		}
		if len(p.ID.Nonce) != s.nh {
			return fmt.Errorf("%w: nonce of a pre-shared key with %d bytes", ErrInvalid, len(p.ID.Nonce))
		}
	case *ReInit:
		if p.Version < mls10 {
			return fmt.Errorf("%w: reinit to an older version", ErrInvalid)
		}
	case *GroupContextExtensions:
		return p.Extensions.check()
	}
	if u, ok := p.proposal.(*Update); ok {
		return g.checkUpdate(u, p.by)
	}
	return nil
}

// checkUpdate verifies the leaf of an Update (RFC 9420, section 7.3).
func (g *Group) checkUpdate(u *Update, by LeafIndex) error {
	old := g.epoch.tree.leaf(by)
	switch {
	case old == nil:
		return fmt.Errorf("%w: update of leaf %d, which is blank", ErrInvalid, by)
	case u.Leaf.Source != LeafFromUpdate:
		return fmt.Errorf("%w: leaf of an update has another source", ErrInvalid)
	case bytes.Equal(u.Leaf.EncryptionKey, old.EncryptionKey):
		return fmt.Errorf("%w: update without a new key", ErrInvalid)
	}
	s := g.client.suite
	if err := u.Leaf.checkAlone(s); err != nil {
		return err
	}
	if err := s.checkEncryptionKey(u.Leaf.EncryptionKey); err != nil {
		return err
	}
	return u.Leaf.verify(s, g.id, by)
}

// checkEach is checkOne for those of a list that were not checked before.
func (g *Group) checkEach(list []proposed) error {
	return parallel(len(list), func(i int) error {
		if list[i].checked {
			return nil
		}
		return g.checkOne(list[i])
	})
}

// checkList verifies the list of a commit by a member (RFC 9420, section 12.2).
func (g *Group) checkList(committer LeafIndex, list []proposed) error {
	if err := g.checkEach(list); err != nil {
		return err
	}
	touched := make(map[LeafIndex]bool)
	var psks []PSKID
	extensions := 0
	for _, p := range list {
		leaf, touches := LeafIndex(0), false
		switch x := p.proposal.(type) {
		case *Update:
			if p.by == committer {
				return fmt.Errorf("%w: commit with an update of its own sender", ErrInvalid)
			}
			leaf, touches = p.by, true
		case *Remove:
			if x.Removed == committer {
				return fmt.Errorf("%w: commit that removes its own sender", ErrInvalid)
			}
			leaf, touches = x.Removed, true
		case *PreSharedKey:
			if slices.ContainsFunc(psks, x.ID.equal) {
				return fmt.Errorf("%w: a pre-shared key twice", ErrInvalid)
			}
			if psks = append(psks, x.ID); len(psks) > maxPSKs {
				return fmt.Errorf("%w: more than %d pre-shared keys", ErrInvalid, maxPSKs)
			}
		case *GroupContextExtensions:
			if extensions++; extensions > 1 {
				return fmt.Errorf("%w: group extensions twice", ErrInvalid)
			}
		case *ReInit:
			if len(list) > 1 {
				return fmt.Errorf("%w: reinit together with other proposals", ErrInvalid)
			}
		case *ExternalInit:
			return fmt.Errorf("%w: external init in the commit of a member", ErrInvalid)
		}
		if touches && touched[leaf] {
			return fmt.Errorf("%w: two proposals for leaf %d", ErrInvalid, leaf)
		}
		if touches {
			touched[leaf] = true
		}
	}
	return nil
}

// checkReplaced verifies that an external commit comes from the device whose
// leaf it removes, unless joins are open; then the policy says who may replace
// whom (RFC 9420, section 12.2).
func (g *Group) checkReplaced(tr *transition, signatureKey []byte) error {
	if g.client.cfg.OpenExternal {
		return nil
	}
	for i := range tr.removed {
		if !bytes.Equal(g.epoch.tree.leaf(i).SignatureKey, signatureKey) {
			return fmt.Errorf("%w: external commit that replaces somebody else", ErrInvalid)
		}
	}
	return nil
}

// checkExternalList verifies the list of an external commit (RFC 9420, section
// 12.2), and that it replaces a leaf unless joins are open.
func (g *Group) checkExternalList(list []proposed) error {
	inits, removes := 0, 0
	var psks []PSKID
	for _, p := range list {
		switch x := p.proposal.(type) {
		case *ExternalInit:
			inits++
		case *Remove:
			removes++
		case *PreSharedKey:
			if slices.ContainsFunc(psks, x.ID.equal) {
				return fmt.Errorf("%w: a pre-shared key twice", ErrInvalid)
			}
			if psks = append(psks, x.ID); len(psks) > maxPSKs {
				return fmt.Errorf("%w: more than %d pre-shared keys", ErrInvalid, maxPSKs)
			}
		default:
			return fmt.Errorf("%w: external commit with %v", ErrInvalid, p.proposal.Type())
		}
	}
	switch {
	case inits != 1 || removes > 1:
		return fmt.Errorf("%w: external commit with %d inits and %d removes", ErrInvalid, inits, removes)
	case removes == 0 && !g.client.cfg.OpenExternal:
		return fmt.Errorf("%w: external commit that replaces nobody", ErrInvalid)
	}
	// Last, since strangers make such lists: it is short by now.
	return g.checkEach(list)
}

// apply applies a list that was checked (RFC 9420, section 12.3).
func (g *Group) apply(list []proposed) (*transition, error) {
	e := g.epoch
	tr := &transition{
		tree: e.tree.clone(), extensions: e.context.Extensions,
		added: make(map[LeafIndex]bool), removed: make(map[LeafIndex]bool),
		needsPath: len(list) == 0,
	}
	for _, p := range list {
		tr.needsPath = tr.needsPath || p.proposal.Type().needsPath()
		switch x := p.proposal.(type) {
		case *GroupContextExtensions:
			tr.extensions = x.Extensions
		case *Update:
			if e.tree.leaf(p.by) == nil {
				return nil, fmt.Errorf("%w: update of leaf %d, which is blank", ErrInvalid, p.by)
			}
			tr.members = append(tr.members, MemberChange{p.by, e.tree.leaf(p.by), x.Leaf, p.by})
			tr.tree.update(p.by, x.Leaf)
			tr.changed = append(tr.changed, p.by)
			if p.by == e.self {
				tr.ownLeafKey = p.leafKey
			}
		case *PreSharedKey:
			tr.psks = append(tr.psks, x.ID)
		case *ExternalInit:
			tr.kemOutput = x.KEMOutput
		case *ReInit:
			tr.reInit = x
		}
	}
	for _, p := range list {
		if x, ok := p.proposal.(*Remove); ok {
			if e.tree.leaf(x.Removed) == nil {
				return nil, fmt.Errorf("%w: remove of leaf %d, which is blank", ErrInvalid, x.Removed)
			}
			tr.members = append(tr.members, MemberChange{x.Removed, e.tree.leaf(x.Removed), nil, p.by})
			tr.tree.remove(x.Removed)
			tr.removed[x.Removed] = true
		}
	}
	if len(tr.removed) > 0 {
		tr.tree.truncate()
	}
	from := LeafIndex(0)
	for _, p := range list {
		if x, ok := p.proposal.(*Add); ok {
			i, err := tr.tree.add(x.KeyPackage.Leaf, from)
			if err != nil {
				return nil, err
			}
			from = i + 1
			tr.members = append(tr.members, MemberChange{i, nil, x.KeyPackage.Leaf, p.by})
			tr.added[i] = true
			tr.changed = append(tr.changed, i)
			tr.welcomes = append(tr.welcomes, newMember{i, x.KeyPackage})
		}
	}
	return tr, tr.check(!tr.extensions.Equal(e.context.Extensions))
}

// check verifies the leaves that are new in the tree against all others (RFC
// 9420, sections 7.3, 12.1.7 and 12.2). With new extensions every member is
// looked at.
func (tr *transition) check(extensionsChanged bool) error {
	if extensionsChanged {
		for i, l := range tr.tree.members {
			if err := l.checkGroup(tr.extensions); err != nil {
				return fmt.Errorf("member %d: %w", i, err)
			}
		}
	}
	if len(tr.changed) == 0 {
		return nil
	}
	encryption := make(map[string]nodeIndex, len(tr.changed))
	signature := make(map[string]nodeIndex, len(tr.changed))
	for _, i := range tr.changed {
		l := tr.tree.leaf(i)
		if err := l.checkGroup(tr.extensions); err != nil {
			return fmt.Errorf("member %d: %w", i, err)
		}
		encryption[string(l.EncryptionKey)] = i.node()
		signature[string(l.SignatureKey)] = i.node()
	}
	for i, n := range tr.tree.nodes {
		if n.blank() {
			continue
		}
		if at, found := encryption[string(n.key())]; found && at != nodeIndex(i) {
			return fmt.Errorf("%w: encryption key of node %d twice in the tree", ErrInvalid, i)
		}
		if n.leaf == nil {
			continue
		}
		if at, found := signature[string(n.leaf.SignatureKey)]; found && at != nodeIndex(i) {
			return fmt.Errorf("%w: signature key of node %d twice in the tree", ErrInvalid, i)
		}
	}
	return tr.tree.verifyCredentialTypes()
}

// checkPath verifies the leaf and the keys of an UpdatePath of the member at i,
// whose leaf was old, before it is merged (RFC 9420, sections 7.3 and 12.4.2).
func (g *Group) checkPath(tr *transition, i LeafIndex, old *LeafNode, up *updatePath) error {
	s := g.client.suite
	l := up.leaf
	if l.Source != LeafFromCommit {
		return fmt.Errorf("%w: leaf of a commit has another source", ErrInvalid)
	}
	if old != nil && bytes.Equal(l.EncryptionKey, old.EncryptionKey) {
		return fmt.Errorf("%w: commit without a new leaf key", ErrInvalid)
	}
	if err := l.checkAlone(s); err != nil {
		return err
	}
	if err := l.checkGroup(tr.extensions); err != nil {
		return err
	}
	fresh := map[string]bool{string(l.EncryptionKey): true}
	if err := s.checkEncryptionKey(l.EncryptionKey); err != nil {
		return err
	}
	for _, n := range up.nodes {
		if fresh[string(n.encryptionKey)] {
			return fmt.Errorf("%w: update path with a key twice", ErrInvalid)
		}
		if err := s.checkEncryptionKey(n.encryptionKey); err != nil {
			return err
		}
		fresh[string(n.encryptionKey)] = true
	}
	for n, node := range tr.tree.nodes {
		if node.blank() {
			continue
		}
		if fresh[string(node.key())] {
			return fmt.Errorf("%w: update path with a key of node %d", ErrInvalid, n)
		}
		if node.leaf != nil && nodeIndex(n) != i.node() && bytes.Equal(node.leaf.SignatureKey, l.SignatureKey) {
			return fmt.Errorf("%w: signature key of node %d twice in the tree", ErrInvalid, n)
		}
	}
	return l.verify(s, g.id, i)
}

// change is what the policy is asked about.
func (g *Group) change(tr *transition, by LeafIndex, authenticatedData []byte) *Change {
	return &Change{
		GroupID: g.id, Epoch: g.epoch.context.Epoch, By: by, Commit: true,
		Members: tr.members, Before: g.epoch.context.Extensions, After: tr.extensions,
		PSKs: tr.psks, ReInit: tr.reInit, AuthenticatedData: authenticatedData,
		before: g.epoch.tree,
	}
}

// carryKeys are the private keys that are still good in the new tree, together
// with the fresh ones of a path.
func (e *epoch) carryKeys(tree *ratchetTree, ownLeaf secret, fresh privateKeys) privateKeys {
	next := make(privateKeys, len(e.private))
	for n, k := range e.private {
		if int(n) < len(tree.nodes) && !tree.nodes[n].blank() && bytes.Equal(tree.nodes[n].key(), e.tree.nodes[n].key()) {
			next[n] = k
		}
	}
	if ownLeaf != nil {
		next[e.self.node()] = ownLeaf
	}
	for n, k := range fresh {
		next[n] = k
	}
	return next
}
