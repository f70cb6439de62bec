package mls

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// parentNode is ParentNode (RFC 9420, section 7.1). Parent nodes are shared
// between trees and never changed in place.
type parentNode struct {
	encryptionKey  []byte
	parentHash     []byte
	unmergedLeaves []LeafIndex // ascending
}

func readParentNode(r *reader) *parentNode {
	p := &parentNode{
		encryptionKey: r.opaque(),
		parentHash:    r.opaque(),
		unmergedLeaves: readVector(r, MaxMembers, func(r *reader) LeafIndex {
			return LeafIndex(r.uint32())
		}),
	}
	for i := 1; i < len(p.unmergedLeaves); i++ {
		if p.unmergedLeaves[i-1] >= p.unmergedLeaves[i] {
			r.fail("unmerged leaves not ascending")
		}
	}
	return p
}

func (p *parentNode) append(b []byte) []byte {
	b = appendOpaque(b, p.encryptionKey)
	b = appendOpaque(b, p.parentHash)
	return appendVector(b, func(b []byte) []byte {
		for _, l := range p.unmergedLeaves {
			b = binary.BigEndian.AppendUint32(b, uint32(l))
		}
		return b
	})
}

// treeNode is optional<Node> (RFC 9420, section 12.4.3.3): at most one of both
// is set, none for a blank node.
type treeNode struct {
	leaf   *LeafNode
	parent *parentNode
}

func (n treeNode) blank() bool { return n.leaf == nil && n.parent == nil }

// key is the encryption key of a node that is not blank.
func (n treeNode) key() []byte {
	if n.leaf != nil {
		return n.leaf.EncryptionKey
	}
	return n.parent.encryptionKey
}

func readTreeNode(r *reader) treeNode {
	if !r.optional() {
		return treeNode{}
	}
	switch r.uint8() {
	case 1:
		return treeNode{leaf: readLeafNode(r)}
	case 2:
		return treeNode{parent: readParentNode(r)}
	}
	r.fail("node type")
	return treeNode{}
}

func (n treeNode) append(b []byte) []byte {
	switch {
	case n.leaf != nil:
		return n.leaf.append(append(b, 1, 1))
	case n.parent != nil:
		return n.parent.append(append(b, 1, 2))
	}
	return append(b, 0)
}

// ratchetTree is the public state of a tree (RFC 9420, sections 4 and 7). It is
// always full: the number of leaves is a power of two. A copy made with clone
// shares its nodes, so that preparing the next epoch costs little.
type ratchetTree struct {
	suite  *suite
	nodes  []treeNode
	hashes [][]byte // tree hash of each node, nil where it must be computed again
}

// newTree makes a tree with one leaf.
func newTree(s *suite, leaf *LeafNode) *ratchetTree {
	return &ratchetTree{suite: s, nodes: []treeNode{{leaf: leaf}}, hashes: make([][]byte, 1)}
}

// readTree reads ratchet_tree and fills it up with blank nodes (RFC 9420,
// section 12.4.3.3).
func readTree(s *suite) func(*reader) *ratchetTree {
	return func(r *reader) *ratchetTree {
		nodes := readVector(r, int(nodesOf(MaxMembers)), readTreeNode)
		if r.err != nil {
			return nil
		}
		if len(nodes) == 0 || nodes[len(nodes)-1].blank() {
			r.fail("tree without a last node")
			return nil
		}
		for i, n := range nodes {
			if isLeaf := nodeIndex(i).isLeaf(); isLeaf && n.parent != nil || !isLeaf && n.leaf != nil {
				r.fail("leaf and parent nodes mixed up")
				return nil
			}
		}
		leaves := uint32(1)
		for nodesOf(leaves) < uint32(len(nodes)) {
			leaves *= 2
		}
		t := &ratchetTree{suite: s, nodes: make([]treeNode, nodesOf(leaves))}
		copy(t.nodes, nodes)
		t.hashes = make([][]byte, len(t.nodes))
		return t
	}
}

// append writes ratchet_tree without the blank nodes at its end.
func (t *ratchetTree) append(b []byte) []byte {
	last := len(t.nodes)
	for last > 0 && t.nodes[last-1].blank() {
		last--
	}
	return appendVector(b, func(b []byte) []byte {
		for _, n := range t.nodes[:last] {
			b = n.append(b)
		}
		return b
	})
}

func (t *ratchetTree) clone() *ratchetTree {
	return &ratchetTree{suite: t.suite, nodes: slices.Clone(t.nodes), hashes: slices.Clone(t.hashes)}
}

func (t *ratchetTree) leaves() uint32  { return uint32(len(t.nodes)+1) / 2 }
func (t *ratchetTree) root() nodeIndex { return rootOf(t.leaves()) }

// leaf returns a member, nil if the leaf is blank or outside of the tree.
func (t *ratchetTree) leaf(i LeafIndex) *LeafNode {
	if uint32(i) >= t.leaves() {
		return nil
	}
	return t.nodes[i.node()].leaf
}

// set replaces a node and forgets the hashes that covered it.
func (t *ratchetTree) set(i nodeIndex, n treeNode) {
	t.nodes[i] = n
	t.hashes[i] = nil
	for root := t.root(); i != root; {
		i = i.parent()
		t.hashes[i] = nil
	}
}

// resolution is the resolution of a node (RFC 9420, section 4.1.1), appended to
// to. Leaves in without are left out.
func (t *ratchetTree) resolution(to []nodeIndex, i nodeIndex, without map[LeafIndex]bool) []nodeIndex {
	n := t.nodes[i]
	switch {
	case n.leaf != nil:
		if !without[i.leaf()] {
			to = append(to, i)
		}
	case n.parent != nil:
		to = append(to, i)
		for _, l := range n.parent.unmergedLeaves {
			if !without[l] {
				to = append(to, l.node())
			}
		}
	case !i.isLeaf():
		to = t.resolution(to, i.left(), without)
		to = t.resolution(to, i.right(), without)
	}
	return to
}

// emptyResolution says whether the resolution of a node has no nodes.
func (t *ratchetTree) emptyResolution(i nodeIndex) bool {
	if !t.nodes[i].blank() {
		return false
	}
	return i.isLeaf() || t.emptyResolution(i.left()) && t.emptyResolution(i.right())
}

// step is one node of a path upwards and its child that is not on the path.
type step struct{ node, copath nodeIndex }

// directPath are the parents of a leaf up to the root (RFC 9420, section 4.1.2).
func (t *ratchetTree) directPath(i LeafIndex) []step {
	var path []step
	for n, root := i.node(), t.root(); n != root; n = n.parent() {
		path = append(path, step{n.parent(), n.sibling()})
	}
	return path
}

// filteredDirectPath is directPath without the nodes below which there is
// nobody else (RFC 9420, section 4.1.2).
func (t *ratchetTree) filteredDirectPath(i LeafIndex) []step {
	return slices.DeleteFunc(t.directPath(i), func(s step) bool { return t.emptyResolution(s.copath) })
}

// blankPath blanks the parents of a leaf.
func (t *ratchetTree) blankPath(i LeafIndex) {
	for _, s := range t.directPath(i) {
		t.set(s.node, treeNode{})
	}
}

// firstBlank finds the leftmost empty leaf and extends the tree if there is
// none (RFC 9420, sections 7.7 and 12.1.1).
func (t *ratchetTree) firstBlank(from LeafIndex) (LeafIndex, error) {
	leaves := t.leaves()
	for i := from; uint32(i) < leaves; i++ {
		if t.nodes[i.node()].leaf == nil {
			return i, nil
		}
	}
	if leaves*2 > MaxMembers {
		return 0, fmt.Errorf("%w: more than %d members", ErrInvalid, MaxMembers)
	}
	grow := int(nodesOf(leaves*2)) - len(t.nodes)
	t.nodes = append(t.nodes, make([]treeNode, grow)...)
	t.hashes = append(t.hashes, make([][]byte, grow)...)
	return LeafIndex(leaves), nil
}

// add puts a member at the leftmost empty leaf at or after from, before which
// the caller knows that there is none (RFC 9420, section 12.1.1).
func (t *ratchetTree) add(leaf *LeafNode, from LeafIndex) (LeafIndex, error) {
	i, err := t.firstBlank(from)
	if err != nil {
		return 0, err
	}
	t.set(i.node(), treeNode{leaf: leaf})
	for _, s := range t.directPath(i) {
		if p := t.nodes[s.node].parent; p != nil {
			at, _ := slices.BinarySearch(p.unmergedLeaves, i)
			with := *p
			with.unmergedLeaves = slices.Insert(slices.Clone(p.unmergedLeaves), at, i)
			t.set(s.node, treeNode{parent: &with})
		}
	}
	return i, nil
}

// update replaces a leaf and blanks its path (RFC 9420, section 12.1.2).
func (t *ratchetTree) update(i LeafIndex, leaf *LeafNode) {
	t.set(i.node(), treeNode{leaf: leaf})
	t.blankPath(i)
}

// remove blanks a leaf and its path (RFC 9420, section 12.1.3). The caller
// truncates the tree when all removals are done.
func (t *ratchetTree) remove(i LeafIndex) {
	t.set(i.node(), treeNode{})
	t.blankPath(i)
}

// truncate drops the right half while nobody is in it (RFC 9420, section 7.7).
func (t *ratchetTree) truncate() {
	for t.leaves() > 1 {
		half := len(t.nodes) / 2
		for i := half + 1; i < len(t.nodes); i += 2 {
			if t.nodes[i].leaf != nil {
				return
			}
		}
		t.nodes = slices.Clone(t.nodes[:half])
		t.hashes = slices.Clone(t.hashes[:half])
	}
}

// members yields the leaves that are not blank, from the left.
func (t *ratchetTree) members(yield func(LeafIndex, *LeafNode) bool) {
	for i := 0; i < len(t.nodes); i += 2 {
		if l := t.nodes[i].leaf; l != nil && !yield(nodeIndex(i).leaf(), l) {
			return
		}
	}
}
