package mls

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"iter"
	"slices"
)

// epoch is the state of one epoch. A next one is built beside it and takes its
// place as a whole.
type epoch struct {
	context GroupContext
	encoded []byte // context, which every signature covers
	tree    *ratchetTree
	self    LeafIndex
	private privateKeys
	interim []byte // interim_transcript_hash
	tag     []byte // confirmation_tag of the commit that led here
	secrets epochSecrets
	// messages is nil in a pending epoch, which has its encryption secret still.
	messages   *secretTree
	encryption secret
	closed     bool // by a ReInit
}

// wipe forgets the secrets of an epoch that is over, but for private keys that
// its successor has too.
func (e *epoch) wipe(successor *epoch) {
	e.secrets.wipe()
	e.encryption.wipe()
	if e.messages != nil {
		e.messages.wipe()
	}
	for n, k := range e.private {
		if successor == nil || !bytes.Equal(successor.private[n], k) {
			k.wipe()
		}
	}
}

// Group is one member's state of one group. Its methods that take a Tx change
// rows of that transaction and memory together:
//
//   - A message that is refused changes nothing, and the transaction may go on.
//   - When a method fails because of the transaction itself, the caller rolls
//     back.
//   - When a transaction is rolled back, the next method with a Tx notices and
//     reads the group again. Until then the methods without a Tx may describe
//     the state that was rolled back; [Group.Reload] ends that at once.
//
// A Group is used by one goroutine at a time.
type Group struct {
	client   *Client
	id       []byte
	revision []byte // random; the same in memory and in the store, or memory is stale
	epoch    *epoch // nil while an external commit waits to be accepted
	cached   []*cachedProposal
	nextSeq  uint32
	pending  *pendingCommit

	inviter LeafIndex // who made the Welcome, if invited
	invited bool
}

// Create makes a group with this client as its only member (RFC 9420, section
// 11). The id must be new and random, 32 bytes for example; extensions are
// those of the group, which every member must support.
func (c *Client) Create(tx Tx, id []byte, extensions Extensions) (*Group, error) {
	if len(id) == 0 || len(id) > maxGroupID {
		return nil, fmt.Errorf("%w: group id of %d bytes", ErrInvalid, len(id))
	}
	if row, err := tx.Get(id, string(rowRevision)); err != nil {
		return nil, fmt.Errorf("read group: %w", err)
	} else if row != nil {
		return nil, fmt.Errorf("%w: the group exists", ErrInvalid)
	}
	if err := extensions.check(); err != nil {
		return nil, err
	}
	leaf := c.newLeaf()
	private, public, err := c.suite.generateKeyPair()
	if err != nil {
		return nil, err
	}
	leaf.EncryptionKey = public
	leaf.Source = LeafFromKeyPackage // the creator starts like somebody who was added
	now := c.cfg.Now()
	leaf.NotBefore, leaf.NotAfter = uint64(now.Unix()), uint64(now.Add(c.cfg.Lifetime).Unix())
	if err := leaf.sign(c.cfg.Signer, nil, 0); err != nil {
		return nil, err
	}
	if err := leaf.checkGroup(extensions); err != nil {
		return nil, err
	}
	id = bytes.Clone(id)
	s := c.suite
	e := &epoch{tree: newTree(s, &leaf), private: privateKeys{0: private}}
	e.context = GroupContext{
		Suite: s.id, GroupID: id, TreeHash: e.tree.rootHash(),
		ConfirmedTranscriptHash: []byte{}, Extensions: slices.Clone(extensions),
	}
	e.encoded = e.context.append(nil)
	first := make(secret, s.nh)
	rand.Read(first)
	d := s.deriveEpoch(first)
	e.begin(s, d)
	e.tag = s.mac(d.confirmation, nil)
	d.confirmation.wipe()
	e.interim = s.interimTranscript(nil, e.tag)
	g := &Group{client: c, id: id}
	if err := g.enter(tx, e); err != nil {
		return nil, err
	}
	return g, nil
}

// begin takes the secrets of a new epoch over.
func (e *epoch) begin(s *suite, d derived) {
	e.secrets, e.encryption = d.epochSecrets, d.encryption
}

// start moves the encryption secret into the secret tree.
func (e *epoch) start(s *suite) {
	e.messages = newSecretTree(s, e.tree.leaves(), e.encryption)
	e.encryption = nil
}

// ID is the group id. The caller must not change it.
func (g *Group) ID() []byte { return g.id }

// Joined says whether the group has an epoch. It is false after
// [Client.Rejoin] until the external commit was accepted.
func (g *Group) Joined() bool { return g.epoch != nil }

// Epoch is the number of the epoch, 0 if there is none yet.
func (g *Group) Epoch() uint64 {
	if g.epoch == nil {
		return 0
	}
	return g.epoch.context.Epoch
}

// Inviter is the leaf of who made the Welcome. ok is false unless the group was
// just joined by one: the store does not keep it.
func (g *Group) Inviter() (i LeafIndex, ok bool) { return g.inviter, g.invited }

// Self is the own leaf.
func (g *Group) Self() LeafIndex {
	if g.epoch == nil {
		return 0
	}
	return g.epoch.self
}

// Closed says whether a ReInit ended the group (RFC 9420, section 12.4.2).
func (g *Group) Closed() bool { return g.epoch != nil && g.epoch.closed }

// Extensions are the extensions of the group. The caller must not change them.
func (g *Group) Extensions() Extensions {
	if g.epoch == nil {
		return nil
	}
	return g.epoch.context.Extensions
}

// Members yields the members from the left. The leaves must not be changed.
func (g *Group) Members() iter.Seq2[LeafIndex, *LeafNode] {
	return func(yield func(LeafIndex, *LeafNode) bool) {
		if g.epoch != nil {
			g.epoch.tree.members(yield)
		}
	}
}

// Member returns the leaf of a member, nil if there is none at i.
func (g *Group) Member(i LeafIndex) *LeafNode {
	if g.epoch == nil {
		return nil
	}
	return g.epoch.tree.leaf(i)
}

// TreeHash is the hash of the whole tree, members included (RFC 9420, section
// 7.8). Two members whose hashes differ are not in the same group any more.
func (g *Group) TreeHash() []byte {
	if g.epoch == nil {
		return nil
	}
	return bytes.Clone(g.epoch.context.TreeHash)
}

// Transcript is the hash over all commits that led to this epoch (RFC 9420,
// section 8.2).
func (g *Group) Transcript() []byte {
	if g.epoch == nil {
		return nil
	}
	return bytes.Clone(g.epoch.interim)
}

// Authenticator is the epoch_authenticator (RFC 9420, section 8.7): people who
// compare it and see the same are in the same epoch, whoever holds which
// signature keys.
func (g *Group) Authenticator() []byte {
	if g.epoch == nil {
		return nil
	}
	return bytes.Clone(g.epoch.secrets.authenticator)
}

// Export derives a secret of this epoch for the application (RFC 9420, section
// 8.5). length is at most 8,160 bytes. The label should name its purpose.
func (g *Group) Export(label string, context []byte, length int) ([]byte, error) {
	if g.epoch == nil {
		return nil, ErrNotJoined
	}
	if length < 1 || length > 255*32 {
		return nil, fmt.Errorf("export %d bytes: out of range", length)
	}
	return g.client.suite.export(g.epoch.secrets.exporter, label, context, length), nil
}

// Tree encodes the public tree (RFC 9420, section 12.4.3.3), for joiners whose
// Welcome or GroupInfo does not hold it.
func (g *Group) Tree() ([]byte, error) {
	if g.epoch == nil {
		return nil, ErrNotJoined
	}
	return g.epoch.tree.append(nil), nil
}

// GroupInfo makes a signed GroupInfo with the key for external commits (RFC
// 9420, sections 8.3 and 12.4.3), for a device that must rejoin. It reveals the
// hash of the tree and, if withTree, all members: hand it to members only.
func (g *Group) GroupInfo(withTree bool) ([]byte, error) {
	if g.epoch == nil {
		return nil, ErrNotJoined
	}
	_, public, err := g.client.suite.deriveKeyPair(g.epoch.secrets.external)
	if err != nil {
		return nil, err
	}
	info := g.epoch.groupInfo(withTree)
	info.extensions = append(info.extensions, Extension{ExtExternalPub, appendOpaque(nil, public)})
	if err := info.sign(g.client.cfg.Signer); err != nil {
		return nil, err
	}
	return (&Message{format: wireGroupInfo, groupInfo: info}).Bytes(), nil
}

// groupInfo is the GroupInfo of an epoch, not yet signed.
func (e *epoch) groupInfo(withTree bool) *groupInfo {
	info := &groupInfo{context: e.context, confirmationTag: e.tag, signer: e.self}
	if withTree {
		info.extensions = Extensions{{ExtRatchetTree, e.tree.append(nil)}}
	}
	return info
}
