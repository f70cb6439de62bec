package mls

import "math/bits"

// LeafIndex counts the leaves of the tree from the left. It names a member, but
// only within one epoch (RFC 9420, section 5.3.3).
type LeafIndex uint32

// nodeIndex is an index into the array form of the tree (RFC 9420, appendix C):
// leaf i is node 2i, parents have odd indices.
type nodeIndex uint32

func (i LeafIndex) node() nodeIndex { return nodeIndex(i) * 2 }

// leaf is the inverse of node. n must be a leaf.
func (n nodeIndex) leaf() LeafIndex { return LeafIndex(n / 2) }

// isLeaf says whether the node is a leaf.
func (n nodeIndex) isLeaf() bool { return n&1 == 0 }

// level is 0 for leaves, 1 for their parents and so on.
func (n nodeIndex) level() int { return bits.TrailingZeros32(^uint32(n)) }

// left is the left child of a parent.
func (n nodeIndex) left() nodeIndex { return n ^ 1<<(n.level()-1) }

// right is the right child of a parent.
func (n nodeIndex) right() nodeIndex { return n ^ 3<<(n.level()-1) }

// parent is the parent of a node that is not the root.
func (n nodeIndex) parent() nodeIndex {
	k := n.level()
	b := n >> (k + 1) & 1
	return (n | 1<<k) ^ b<<(k+1)
}

// sibling is the other child of the parent of a node that is not the root.
func (n nodeIndex) sibling() nodeIndex {
	p := n.parent()
	if n < p {
		return p.right()
	}
	return p.left()
}

// covers says whether d is n itself or below it.
func (n nodeIndex) covers(d nodeIndex) bool {
	first, last := n.span()
	return first <= d && d <= last
}

// span is the range of nodes that n covers, both ends included.
func (n nodeIndex) span() (first, last nodeIndex) {
	half := nodeIndex(1)<<n.level() - 1
	return n - half, n + half
}

// rootOf is the root of a full tree with the given number of leaves, which is a
// power of two.
func rootOf(leaves uint32) nodeIndex { return nodeIndex(leaves - 1) }

// nodesOf is the number of nodes of a tree with that many leaves.
func nodesOf(leaves uint32) uint32 {
	if leaves == 0 {
		return 0
	}
	return 2*leaves - 1
}

// commonAncestor is the lowest node that covers both leaves.
func commonAncestor(a, b LeafIndex) nodeIndex {
	x, y := a.node(), b.node()
	if x == y {
		return x
	}
	// The bits above the highest difference stay, everything below becomes ones
	// but the bit of the difference itself, which becomes zero (appendix C).
	k := bits.Len32(uint32(x ^ y))
	return x>>k<<k | nodeIndex(1)<<(k-1) - 1
}
