package mls

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// pendingCommit is an own commit that waits for the order of the group: the
// message by its hash and the epoch that it leads to.
type pendingCommit struct {
	hash     []byte
	next     *epoch
	external bool // a rejoin: there is no epoch before it
	members  []storedChange
}

// storedChange is a MemberChange without its leaves, which stand in the trees.
type storedChange struct {
	index, proposer LeafIndex
	was, is         bool
}

// storeMembers keeps what is needed to describe a change later.
func storeMembers(members []MemberChange) []storedChange {
	var all []storedChange
	for _, m := range members {
		all = append(all, storedChange{m.Index, m.Proposer, m.Old != nil, m.New != nil})
	}
	return all
}

// describe rebuilds the change that a pending commit makes.
func (p *pendingCommit) describe(g *Group) *Change {
	c := &Change{
		GroupID: g.id, Epoch: p.next.context.Epoch - 1, By: p.next.self, Commit: true,
		External: p.external, After: p.next.context.Extensions,
	}
	var old *ratchetTree
	if g.epoch != nil {
		old, c.Before = g.epoch.tree, g.epoch.context.Extensions
		c.before = old
	}
	for _, m := range p.members {
		mc := MemberChange{Index: m.index, Proposer: m.proposer}
		if m.was && old != nil {
			mc.Old = old.leaf(m.index)
		}
		if m.is {
			mc.New = p.next.tree.leaf(m.index)
		}
		c.Members = append(c.Members, mc)
	}
	return c
}

// append writes the pending commit as one row: the next epoch as far as it
// differs from the present one.
func (p *pendingCommit) append(b []byte, old *epoch) []byte {
	e := p.next
	b = appendOpaque(b, p.hash)
	b = appendOptional(b, p.external)
	b = appendVector(b, func(b []byte) []byte {
		for _, m := range p.members {
			b = binary.BigEndian.AppendUint32(b, uint32(m.index))
			b = binary.BigEndian.AppendUint32(b, uint32(m.proposer))
			b = appendOptional(appendOptional(b, m.was), m.is)
		}
		return b
	})
	b = appendEpoch(b, e)
	b = appendOpaque(b, e.encryption)
	b = appendVector(b, func(b []byte) []byte {
		for n, is := range e.tree.nodes {
			var was treeNode
			if old != nil && n < len(old.tree.nodes) {
				was = old.tree.nodes[n]
			}
			if is != was {
				b = is.append(binary.BigEndian.AppendUint32(b, uint32(n)))
			}
		}
		return b
	})
	return appendVector(b, func(b []byte) []byte {
		for n, k := range e.private {
			b = appendOpaque(binary.BigEndian.AppendUint32(b, uint32(n)), k)
		}
		return b
	})
}

// loadPending is the inverse of pendingCommit.append.
func (g *Group) loadPending(b []byte) (*pendingCommit, error) {
	return decode(b, func(r *reader) *pendingCommit {
		p := &pendingCommit{hash: r.opaque(), external: r.optional()}
		p.members = readVector(r, MaxProposals+1, func(r *reader) storedChange {
			return storedChange{LeafIndex(r.uint32()), LeafIndex(r.uint32()), r.optional(), r.optional()}
		})
		p.next = readEpoch(g.client.suite)(r)
		if r.err != nil {
			return p
		}
		p.next.encryption = r.opaque()
		nodes := p.next.tree.nodes
		if g.epoch != nil && !p.external {
			copy(nodes, g.epoch.tree.nodes)
		}
		readVector(r, len(nodes), func(r *reader) struct{} {
			n := r.uint32()
			node := readTreeNode(r)
			if r.err == nil && int(n) >= len(nodes) {
				r.fail("node outside of the tree")
			}
			if r.err == nil {
				nodes[n] = node
			}
			return struct{}{}
		})
		readVector(r, maxPathNodes+1, func(r *reader) struct{} {
			p.next.private[nodeIndex(r.uint32())] = r.opaque()
			return struct{}{}
		})
		return p
	})
}

// Pending says whether an own commit waits to be accepted.
func (g *Group) Pending() bool { return g.pending != nil }

// IsPending says whether message is the own commit that waits.
func (g *Group) IsPending(message []byte) bool {
	return g.pending != nil && bytes.Equal(g.pending.hash, g.client.suite.hashOf(message))
}

// ApplyPending moves the group into the epoch of the own commit. Call it when
// the commit has its place in the order of the group; [Group.Process] does it
// when it meets the message itself. ErrNoPending says that there is none.
func (g *Group) ApplyPending(tx Tx) (*Change, error) {
	if err := g.sync(tx); err != nil {
		return nil, err
	}
	if g.pending == nil {
		return nil, ErrNoPending
	}
	change := g.pending.describe(g)
	if err := g.enter(tx, g.pending.next); err != nil {
		return nil, err
	}
	return change, nil
}

// DropPending forgets the own commit, when another one came first or it was
// refused. A group that was only to be rejoined is gone with it. It is no error
// if there is none.
func (g *Group) DropPending(tx Tx) error {
	if err := g.sync(tx); err != nil {
		return err
	}
	if g.pending == nil {
		return nil
	}
	if g.epoch == nil {
		return g.Delete(tx)
	}
	w := g.writer(tx)
	w.delete(string(rowPending))
	g.pending.next.wipe(g.epoch)
	g.pending = nil
	return g.finish(w)
}

// stage writes an own commit down as pending.
func (g *Group) stage(w *rowWriter, p *pendingCommit) error {
	row := p.append(nil, g.epoch)
	if len(row) > 2*MaxMessage {
		return fmt.Errorf("%w: commit of %d bytes", ErrInvalid, len(row))
	}
	w.put(string(rowPending), row)
	clear(row)
	g.pending = p
	return nil
}
