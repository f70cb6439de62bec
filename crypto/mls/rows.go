package mls

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"slices"
)

// storedVersion is the version of the rows, the first byte of the epoch row.
const storedVersion = 1

// appendEpoch writes the part of an epoch that is one row.
func appendEpoch(b []byte, e *epoch) []byte {
	b = append(b, storedVersion)
	b = binary.BigEndian.AppendUint32(b, uint32(e.self))
	b = binary.BigEndian.AppendUint32(b, e.tree.leaves())
	b = appendOptional(b, e.closed)
	b = appendOpaque(b, e.encoded)
	b = appendOpaque(b, e.interim)
	b = appendOpaque(b, e.tag)
	for _, s := range []secret{
		e.secrets.senderData, e.secrets.exporter, e.secrets.external, e.secrets.membership,
		e.secrets.resumption, e.secrets.authenticator, e.secrets.init,
	} {
		b = appendOpaque(b, s)
	}
	return b
}

// readEpoch is the inverse of appendEpoch. The tree is blank.
func readEpoch(s *suite) func(*reader) *epoch {
	return func(r *reader) *epoch {
		if v := r.uint8(); r.err == nil && v != storedVersion {
			r.unsupported("version of stored groups", uint16(v))
		}
		e := &epoch{self: LeafIndex(r.uint32()), private: make(privateKeys)}
		leaves := r.uint32()
		if r.err == nil && (leaves == 0 || leaves > MaxMembers || leaves&(leaves-1) != 0 || uint32(e.self) >= leaves) {
			r.fail("size of a stored tree")
		}
		if r.err != nil {
			return e
		}
		n := nodesOf(leaves)
		e.tree = &ratchetTree{suite: s, nodes: make([]treeNode, n), hashes: make([][]byte, n)}
		e.closed = r.optional()
		e.encoded = r.opaque()
		in := reader{b: e.encoded}
		e.context = readGroupContext(&in)
		if err := in.done(); err != nil {
			r.fail("stored group context")
		}
		e.interim, e.tag = r.opaque(), r.opaque()
		e.secrets = epochSecrets{
			senderData: r.opaque(), exporter: r.opaque(), external: r.opaque(), membership: r.opaque(),
			resumption: r.opaque(), authenticator: r.opaque(), init: r.opaque(),
		}
		return e
	}
}

// Load opens a group that this client created or joined. It returns ErrNoGroup
// if the store does not have it.
func (c *Client) Load(tx Tx, id []byte) (*Group, error) {
	g := &Group{client: c, id: bytes.Clone(id)}
	if err := g.Reload(tx); err != nil {
		return nil, err
	}
	return g, nil
}

// Reload reads the group again from the store, after a transaction was rolled
// back. It returns ErrNoGroup if the group is not there any more.
func (g *Group) Reload(tx Tx) error {
	fresh := &Group{client: g.client, id: g.id}
	if err := fresh.load(tx); err != nil {
		return err
	}
	*g = *fresh
	return nil
}

// load fills an empty Group from its rows.
func (g *Group) load(tx Tx) error {
	s := g.client.suite
	revision, err := tx.Get(g.id, string(rowRevision))
	if err != nil {
		return fmt.Errorf("read group: %w", err)
	}
	if len(g.id) == 0 || revision == nil {
		return ErrNoGroup
	}
	g.revision = bytes.Clone(revision)
	row, err := tx.Get(g.id, string(rowEpoch))
	if err != nil {
		return fmt.Errorf("read group: %w", err)
	}
	var pending []byte
	if row != nil {
		if g.epoch, err = decode(bytes.Clone(row), readEpoch(s)); err != nil {
			return fmt.Errorf("stored epoch: %w", err)
		}
		if g.epoch.context.Suite != s.id {
			return fmt.Errorf("%w: group of another cipher suite", ErrUnsupported)
		}
		g.epoch.messages = &secretTree{
			suite: s, leaves: g.epoch.tree.leaves(),
			nodes: make(map[nodeIndex]secret), ratchets: make(map[ratchetID]*ratchet),
		}
	}
	for row, err := range tx.Scan(g.id, "") {
		if err != nil {
			return fmt.Errorf("read group: %w", err)
		}
		if row.Key == string(rowPending) {
			pending = bytes.Clone(row.Value)
			continue
		}
		if err := g.loadRow(row.Key, bytes.Clone(row.Value)); err != nil {
			return fmt.Errorf("stored row %q: %w", row.Key, err)
		}
	}
	if g.epoch != nil {
		leaf := g.epoch.tree.leaf(g.epoch.self)
		if leaf == nil || !bytes.Equal(leaf.SignatureKey, g.client.cfg.Signer.Public()) {
			return fmt.Errorf("%w: the group belongs to another signature key", ErrInvalid)
		}
	}
	if pending != nil {
		if g.pending, err = g.loadPending(pending); err != nil {
			return fmt.Errorf("stored commit: %w", err)
		}
	}
	return nil
}

// loadRow puts one row where it belongs.
func (g *Group) loadRow(key string, value []byte) error {
	r := reader{b: []byte(key[1:])}
	switch key[0] {
	case rowEpoch, rowRevision, rowResumption:
		return nil
	case rowProposal:
		seq := r.uint32()
		if err := r.done(); err != nil {
			return err
		}
		p, err := decode(value, readCached)
		if err != nil {
			return err
		}
		p.seq, p.ref = seq, p.content.proposalRef(g.client.suite)
		g.cached = append(g.cached, p)
		g.nextSeq = seq + 1
		return nil
	}
	if g.epoch == nil {
		return fmt.Errorf("%w: row of a group without an epoch", ErrMalformed)
	}
	e := g.epoch
	switch key[0] {
	case rowNode, rowPrivate, rowSecretNode:
		n := nodeIndex(r.uint32())
		if r.err == nil && int(n) >= len(e.tree.nodes) {
			r.fail("node outside of the tree")
		}
		if r.err != nil {
			break
		}
		switch key[0] {
		case rowPrivate:
			e.private[n] = value
		case rowSecretNode:
			e.messages.nodes[n] = value
		default:
			node, err := decode(value, readTreeNode)
			if err != nil {
				return err
			}
			if node.blank() || (node.leaf != nil) != n.isLeaf() {
				r.fail("wrong kind of node")
			}
			e.tree.nodes[n] = node
		}
	case rowRatchet:
		id := readRatchetID(&r)
		in := reader{b: value}
		stored := ratchet{next: in.uint32(), secret: in.b}
		if in.err != nil {
			return in.err
		}
		if old := e.messages.ratchets[id]; old != nil {
			stored.skipped = old.skipped
		}
		e.messages.ratchets[id] = &stored
	case rowSkipped:
		id := readRatchetID(&r)
		generation := r.uint32()
		if e.messages.ratchets[id] == nil {
			e.messages.ratchets[id] = &ratchet{}
		}
		to := e.messages.ratchets[id]
		if to.skipped == nil {
			to.skipped = make(map[uint32]messageKey)
		}
		if len(value) != g.client.suite.nk+nonceSize {
			r.fail("length of a message key")
		}
		to.skipped[generation] = value
	default:
		r.fail("unknown kind")
	}
	return r.done()
}

func readRatchetID(r *reader) ratchetID {
	return ratchetID{LeafIndex(r.uint32()), contentType(r.uint8())}
}

// sync makes sure that memory is what the store says. Every method that changes
// something begins with it.
func (g *Group) sync(tx Tx) error {
	revision, err := tx.Get(g.id, string(rowRevision))
	switch {
	case err != nil:
		return fmt.Errorf("read group: %w", err)
	case revision == nil:
		return ErrNoGroup
	case bytes.Equal(revision, g.revision):
		return nil
	}
	return g.Reload(tx)
}

// writer starts the writes of one method.
func (g *Group) writer(tx Tx) *rowWriter { return &rowWriter{tx: tx, group: g.id} }

// finish ends the writes of one method: a new revision, or after an error none
// in memory, so that the next method reads everything again.
func (g *Group) finish(w *rowWriter) error {
	revision := make([]byte, 16)
	rand.Read(revision)
	w.put(string(rowRevision), revision)
	g.revision = revision
	if w.err != nil {
		g.revision = nil
	}
	return w.err
}

// enter puts the group into a new epoch, deletes what belonged to the old one
// and writes only the rows that differ.
func (g *Group) enter(tx Tx, next *epoch) error {
	w := g.writer(tx)
	old := g.epoch
	if old == nil {
		old = &epoch{tree: &ratchetTree{}}
	} else {
		w.put(resumptionRow(old.context.Epoch), old.secrets.resumption)
		if e := old.context.Epoch; e >= MaxResumption {
			w.delete(resumptionRow(e - MaxResumption))
		}
	}
	for n := range max(len(old.tree.nodes), len(next.tree.nodes)) {
		var was, is treeNode
		if n < len(old.tree.nodes) {
			was = old.tree.nodes[n]
		}
		if n < len(next.tree.nodes) {
			is = next.tree.nodes[n]
		}
		switch {
		case was == is:
		case is.blank():
			w.delete(nodeRow(rowNode, nodeIndex(n)))
		default:
			w.put(nodeRow(rowNode, nodeIndex(n)), is.append(nil))
		}
	}
	for n := range old.private {
		if next.private[n] == nil {
			w.delete(nodeRow(rowPrivate, n))
		}
	}
	for n, k := range next.private {
		if !bytes.Equal(old.private[n], k) {
			w.put(nodeRow(rowPrivate, n), k)
		}
	}
	for _, kind := range []byte{rowSecretNode, rowRatchet, rowSkipped, rowProposal, rowPending} {
		w.deletePrefix(string(kind))
	}
	next.start(g.client.suite)
	root := rootOf(next.tree.leaves())
	w.put(secretNodeRow(root), next.messages.nodes[root])
	w.put(string(rowEpoch), appendEpoch(nil, next))
	if g.epoch != nil {
		g.epoch.wipe(next)
	}
	for _, p := range g.cached {
		p.leafKey.wipe()
	}
	if g.pending != nil && g.pending.next != next {
		g.pending.next.wipe(next)
	}
	g.epoch, g.cached, g.nextSeq, g.pending = next, nil, 0, nil
	return g.finish(w)
}

// Delete removes the group with everything that belongs to it from the store.
// The Group must not be used any more.
func (g *Group) Delete(tx Tx) error {
	w := g.writer(tx)
	w.deletePrefix("")
	if g.epoch != nil {
		g.epoch.wipe(nil)
	}
	if g.pending != nil {
		g.pending.next.wipe(nil)
	}
	for _, p := range g.cached {
		p.leafKey.wipe()
	}
	*g = Group{client: g.client, id: g.id}
	return w.err
}

// cachedProposal is a proposal of this epoch that waits for a commit.
type cachedProposal struct {
	seq       uint32
	ref       []byte
	content   *authenticatedContent
	leafKey   secret // of an own Update
	message   []byte // hash of the own message, nil for others
	confirmed bool   // false for an own proposal that did not come back yet
}

func readCached(r *reader) *cachedProposal {
	p := &cachedProposal{content: readAuthenticatedContent(r)}
	if r.err == nil && p.content.content.proposal == nil {
		r.fail("not a proposal")
	}
	p.leafKey, p.message, p.confirmed = r.opaque(), r.opaque(), r.optional()
	if len(p.leafKey) == 0 {
		p.leafKey = nil
	}
	if len(p.message) == 0 {
		p.message = nil
	}
	return p
}

func (p *cachedProposal) append(b []byte) []byte {
	b = p.content.append(b)
	b = appendOpaque(appendOpaque(b, p.leafKey), p.message)
	return appendOptional(b, p.confirmed)
}

// proposed is the form in which a proposal is applied.
func (p *cachedProposal) proposed() proposed {
	return proposed{
		proposal: p.content.content.proposal, by: LeafIndex(p.content.content.sender.index),
		ref: p.ref, leafKey: slices.Clone(p.leafKey), checked: true,
	}
}

// keep adds a proposal to the cache and writes it.
func (g *Group) keep(w *rowWriter, p *cachedProposal) {
	p.seq = g.nextSeq
	g.nextSeq++
	g.cached = append(g.cached, p)
	w.put(proposalRow(p.seq), p.append(nil))
}

// cachedByRef finds a proposal by its reference.
func (g *Group) cachedByRef(ref []byte) *cachedProposal {
	for _, p := range g.cached {
		if bytes.Equal(p.ref, ref) {
			return p
		}
	}
	return nil
}
