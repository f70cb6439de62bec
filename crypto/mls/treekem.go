package mls

import (
	"bytes"
	"crypto/rand"
	"fmt"
)

// privateKeys are the HPKE private keys that a member has for nodes of its
// direct path, its own leaf included.
type privateKeys map[nodeIndex]secret

// pathKeys are the fresh keys of a committer for its filtered direct path.
type pathKeys struct {
	path    []step
	secrets []secret // path_secret of each step
	private privateKeys
	commit  secret // commit_secret
}

// wipe forgets the path secrets but not the private keys, which the member goes
// on to use (RFC 9420, section 7.5).
func (k *pathKeys) wipe() {
	for _, s := range k.secrets {
		s.wipe()
	}
	k.commit.wipe()
}

// derivePath derives the key pairs of the steps of a path, beginning with
// first, the path secret of the first of them (RFC 9420, section 7.4).
func (s *suite) derivePath(path []step, first secret) (k pathKeys, public [][]byte, err error) {
	k = pathKeys{path: path, private: make(privateKeys, len(path)+1)}
	next := first
	for _, st := range path {
		node := s.deriveSecret(next, "node")
		private, pub, err := s.deriveKeyPair(node)
		node.wipe()
		if err != nil {
			return pathKeys{}, nil, err
		}
		k.private[st.node] = private
		public = append(public, pub)
		k.secrets = append(k.secrets, next)
		next = s.deriveSecret(next, "path")
	}
	k.commit = next
	return k, public, nil
}

// setPath puts new public keys on the filtered direct path of a leaf and
// returns the parent hash that the leaf must have (RFC 9420, section 7.5). The
// leaf itself is left as it is.
func (t *ratchetTree) setPath(i LeafIndex, path []step, public [][]byte) []byte {
	t.blankPath(i)
	parentHash := []byte{}
	for k := len(path) - 1; k >= 0; k-- {
		p := &parentNode{encryptionKey: public[k], parentHash: parentHash}
		t.set(path[k].node, treeNode{parent: p})
		parentHash = t.parentHash(p, t.hash(path[k].copath))
	}
	return parentHash
}

// newPath gives a leaf and its filtered direct path fresh keys and signs the
// leaf (RFC 9420, section 7.5). leaf is what the member wants to say in it; its
// key, source, parent hash and signature are filled in here.
func (t *ratchetTree) newPath(i LeafIndex, leaf LeafNode, key SigningKey, groupID []byte) (pathKeys, error) {
	s := t.suite
	path := t.filteredDirectPath(i)
	first := make(secret, s.nh)
	rand.Read(first)
	keys, public, err := s.derivePath(path, first)
	if err != nil {
		return pathKeys{}, err
	}
	var private secret
	private, leaf.EncryptionKey, err = s.generateKeyPair()
	if err != nil {
		return pathKeys{}, err
	}
	keys.private[i.node()] = private
	leaf.Source, leaf.NotBefore, leaf.NotAfter = LeafFromCommit, 0, 0
	leaf.ParentHash = t.setPath(i, path, public)
	if err := leaf.sign(key, groupID, i); err != nil {
		return pathKeys{}, err
	}
	t.set(i.node(), treeNode{leaf: &leaf})
	return keys, nil
}

// sealPath encrypts path secrets to everybody but new members (RFC 9420,
// section 7.6). context is the encoded provisional GroupContext.
func (t *ratchetTree) sealPath(i LeafIndex, keys pathKeys, context []byte, added map[LeafIndex]bool) (*updatePath, error) {
	up := &updatePath{leaf: t.leaf(i)}
	type job struct {
		to     nodeIndex
		secret secret
		out    *hpkeCiphertext
	}
	var jobs []job
	for k, st := range keys.path {
		to := t.resolution(nil, st.copath, added)
		n := updatePathNode{encryptionKey: t.nodes[st.node].key(), secrets: make([]hpkeCiphertext, len(to))}
		for j := range to {
			jobs = append(jobs, job{to[j], keys.secrets[k], &n.secrets[j]})
		}
		up.nodes = append(up.nodes, n)
	}
	err := parallel(len(jobs), func(j int) (err error) {
		*jobs[j].out, err = t.suite.seal(t.nodes[jobs[j].to].key(), "UpdatePathNode", context, jobs[j].secret)
		return err
	})
	if err != nil {
		return nil, err
	}
	return up, nil
}

// mergePath applies an UpdatePath of the member at leaf i (RFC 9420, sections
// 7.5 and 7.9.2). The leaf node itself is checked by the caller.
func (t *ratchetTree) mergePath(i LeafIndex, up *updatePath, added map[LeafIndex]bool) ([]step, error) {
	path := t.filteredDirectPath(i)
	if len(up.nodes) != len(path) {
		return nil, fmt.Errorf("%w: update path with %d nodes, not %d", ErrInvalid, len(up.nodes), len(path))
	}
	public := make([][]byte, len(path))
	var resolution []nodeIndex
	for k, st := range path {
		resolution = t.resolution(resolution[:0], st.copath, added)
		if len(up.nodes[k].secrets) != len(resolution) {
			return nil, fmt.Errorf("%w: %d path secrets for %d nodes", ErrInvalid, len(up.nodes[k].secrets), len(resolution))
		}
		public[k] = up.nodes[k].encryptionKey
	}
	if want := t.setPath(i, path, public); !bytes.Equal(up.leaf.ParentHash, want) {
		return nil, fmt.Errorf("%w: parent hash of the committer", ErrInvalid)
	}
	t.set(i.node(), treeNode{leaf: up.leaf})
	return path, nil
}

// openPath finds the path secret that an UpdatePath has for the member self and
// derives the keys above (RFC 9420, section 7.5). The path was merged already;
// private are the keys that self had before.
func (t *ratchetTree) openPath(self LeafIndex, private privateKeys, path []step, up *updatePath, context []byte, added map[LeafIndex]bool) (pathKeys, error) {
	for k, st := range path {
		if !st.copath.covers(self.node()) {
			continue
		}
		for j, n := range t.resolution(nil, st.copath, added) {
			key := private[n]
			if key == nil {
				continue
			}
			first, err := t.suite.open(key, "UpdatePathNode", context, up.nodes[k].secrets[j])
			if err != nil {
				return pathKeys{}, fmt.Errorf("path secret: %w", err)
			}
			return t.derivedPath(path[k:], first)
		}
		break
	}
	return pathKeys{}, fmt.Errorf("%w: no path secret for this member", ErrInvalid)
}

// derivedPath derives the keys of the upper part of a path from a path secret
// that came from somebody else, and checks that they are the ones in the tree.
func (t *ratchetTree) derivedPath(path []step, first secret) (pathKeys, error) {
	if len(first) != t.suite.nh {
		return pathKeys{}, fmt.Errorf("%w: path secret of %d bytes", ErrInvalid, len(first))
	}
	keys, public, err := t.suite.derivePath(path, first)
	if err != nil {
		return pathKeys{}, err
	}
	for k, st := range path {
		if n := t.nodes[st.node]; n.blank() || !bytes.Equal(public[k], n.key()) {
			return pathKeys{}, fmt.Errorf("%w: path secret does not belong to its public key", ErrInvalid)
		}
	}
	return keys, nil
}
