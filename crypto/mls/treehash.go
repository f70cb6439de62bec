package mls

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
)

// hash is the tree hash of a node (RFC 9420, section 7.8). It is remembered
// until a node below changes.
func (t *ratchetTree) hash(i nodeIndex) []byte {
	if t.hashes[i] == nil {
		var left, right []byte
		if !i.isLeaf() {
			left, right = t.hash(i.left()), t.hash(i.right())
		}
		t.hashes[i] = t.hashNode(i, t.nodes[i], left, right)
	}
	return t.hashes[i]
}

// rootHash is the tree hash of the whole tree.
func (t *ratchetTree) rootHash() []byte { return t.hash(t.root()) }

// hashNode hashes TreeHashInput (RFC 9420, section 7.8) for the content n at
// the place i.
func (t *ratchetTree) hashNode(i nodeIndex, n treeNode, left, right []byte) []byte {
	var b []byte
	if i.isLeaf() {
		b = binary.BigEndian.AppendUint32(append(b, 1), uint32(i.leaf()))
		b = appendOptional(b, n.leaf != nil)
		if n.leaf != nil {
			b = n.leaf.append(b)
		}
		return t.suite.hashOf(b)
	}
	b = appendOptional(append(b, 2), n.parent != nil)
	if n.parent != nil {
		b = n.parent.append(b)
	}
	return t.suite.hashOf(appendOpaque(appendOpaque(b, left), right))
}

// originalHash is the tree hash of a node as if the leaves in without were
// blank and unknown to all parents (RFC 9420, section 7.9). without ascends.
func (t *ratchetTree) originalHash(i nodeIndex, without []LeafIndex) []byte {
	without = within(without, i)
	switch {
	case len(without) == 0:
		return t.hash(i)
	case i.isLeaf():
		return t.hashNode(i, treeNode{}, nil, nil)
	}
	n := t.nodes[i]
	if n.parent != nil {
		p := *n.parent
		p.unmergedLeaves = slices.DeleteFunc(slices.Clone(p.unmergedLeaves), func(l LeafIndex) bool {
			_, found := slices.BinarySearch(without, l)
			return found
		})
		n.parent = &p
	}
	return t.hashNode(i, n, t.originalHash(i.left(), without), t.originalHash(i.right(), without))
}

// within is the part of an ascending list of leaves that a node covers.
func within(leaves []LeafIndex, i nodeIndex) []LeafIndex {
	first, last := i.span()
	from, _ := slices.BinarySearchFunc(leaves, first, func(l LeafIndex, n nodeIndex) int { return int(l.node()) - int(n) })
	to, _ := slices.BinarySearchFunc(leaves, last+1, func(l LeafIndex, n nodeIndex) int { return int(l.node()) - int(n) })
	return leaves[from:to]
}

// parentHash is the parent hash of p with the given original tree hash of the
// sibling (RFC 9420, section 7.9).
func (t *ratchetTree) parentHash(p *parentNode, sibling []byte) []byte {
	return t.suite.hashOf(appendOpaque(appendOpaque(appendOpaque(nil, p.encryptionKey), p.parentHash), sibling))
}

// verifyParentHashes checks that each parent that is not blank was set by a
// member below it (RFC 9420, section 7.9.2, top down).
func (t *ratchetTree) verifyParentHashes() error {
	var resolution []nodeIndex
	for i := nodeIndex(1); int(i) < len(t.nodes); i += 2 {
		p := t.nodes[i].parent
		if p == nil {
			continue
		}
		links := 0
		for _, side := range [2]step{{i.left(), i.right()}, {i.right(), i.left()}} {
			// The node that was set together with p is the one in the resolution
			// of this child that is not among the unmerged leaves of p.
			unmerged := within(p.unmergedLeaves, side.node)
			resolution = t.resolution(resolution[:0], side.node, nil)
			if len(resolution) != len(unmerged)+1 {
				continue
			}
			var set nodeIndex
			others := 0
			for _, d := range resolution {
				if _, found := slices.BinarySearch(unmerged, d.leaf()); !d.isLeaf() || !found {
					set = d
					others++
				}
			}
			if others != 1 {
				continue
			}
			var claimed []byte
			if n := t.nodes[set]; n.leaf != nil {
				claimed = n.leaf.ParentHash
			} else {
				claimed = n.parent.parentHash
			}
			if len(claimed) > 0 && bytes.Equal(claimed, t.parentHash(p, t.originalHash(side.copath, p.unmergedLeaves))) {
				links++
			}
		}
		if links != 1 {
			return fmt.Errorf("%w: parent hash of node %d", ErrInvalid, i)
		}
	}
	return nil
}

// verifyParents checks the lists of unmerged leaves and that no encryption key
// stands twice in the tree, nor a signature key (RFC 9420, sections 7.3 and
// 12.4.3.1).
func (t *ratchetTree) verifyParents() error {
	encryption := make(map[string]bool, len(t.nodes))
	signature := make(map[string]bool, len(t.nodes)/2)
	for i, n := range t.nodes {
		if n.blank() {
			continue
		}
		if k := string(n.key()); encryption[k] {
			return fmt.Errorf("%w: encryption key of node %d twice in the tree", ErrInvalid, i)
		} else {
			encryption[k] = true
		}
		if n.leaf != nil {
			if k := string(n.leaf.SignatureKey); signature[k] {
				return fmt.Errorf("%w: signature key of node %d twice in the tree", ErrInvalid, i)
			} else {
				signature[k] = true
			}
			continue
		}
		for _, l := range n.parent.unmergedLeaves {
			if !nodeIndex(i).covers(l.node()) || t.leaf(l) == nil {
				return fmt.Errorf("%w: unmerged leaf %d of node %d", ErrInvalid, l, i)
			}
			for x := l.node().parent(); x != nodeIndex(i); x = x.parent() {
				if p := t.nodes[x].parent; p != nil {
					if _, found := slices.BinarySearch(p.unmergedLeaves, l); !found {
						return fmt.Errorf("%w: leaf %d is unmerged at node %d but not at %d", ErrInvalid, l, i, x)
					}
				}
			}
		}
	}
	return nil
}

// credentialTypes collects which credential types are in use, and fails when a
// member does not list one of them (RFC 9420, section 7.3).
func (t *ratchetTree) verifyCredentialTypes() error {
	used := make(map[CredentialType]bool)
	for _, l := range t.members {
		used[l.Credential.Type] = true
	}
	for i, l := range t.members {
		for c := range used {
			if !slices.Contains(l.Capabilities.Credentials, c) {
				return fmt.Errorf("%w: member %d without credential type %#04x", ErrInvalid, i, uint16(c))
			}
		}
	}
	return nil
}

// verify checks a tree that came from somebody else (RFC 9420, section
// 12.4.3.1) but for its tree hash and for what the application says about the
// credentials.
func (t *ratchetTree) verify(groupID []byte, extensions Extensions) error {
	if err := t.verifyParents(); err != nil {
		return err
	}
	if err := t.verifyParentHashes(); err != nil {
		return err
	}
	if err := t.verifyCredentialTypes(); err != nil {
		return err
	}
	var members []LeafIndex
	for i := range t.members {
		members = append(members, i)
	}
	return parallel(len(members), func(n int) error {
		i := members[n]
		l := t.leaf(i)
		if err := l.checkAlone(t.suite); err != nil {
			return fmt.Errorf("member %d: %w", i, err)
		}
		if err := l.checkGroup(extensions); err != nil {
			return fmt.Errorf("member %d: %w", i, err)
		}
		if err := l.verify(t.suite, groupID, i); err != nil {
			return fmt.Errorf("member %d: %w", i, err)
		}
		return nil
	})
}
