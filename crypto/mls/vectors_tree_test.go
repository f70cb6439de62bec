package mls

import (
	"bytes"
	"fmt"
	"os"
	"testing"
)

func testTreeOperations(t *testing.T, v struct {
	Suite          CipherSuite `json:"cipher_suite"`
	TreeBefore     hexBytes    `json:"tree_before"`
	Proposal       hexBytes
	ProposalSender LeafIndex `json:"proposal_sender"`
	HashBefore     hexBytes  `json:"tree_hash_before"`
	TreeAfter      hexBytes  `json:"tree_after"`
	HashAfter      hexBytes  `json:"tree_hash_after"`
},
) {
	s := suiteFor(t, v.Suite)
	tree := must(t, v.TreeBefore, readTree(s))
	same(t, "tree hash before", tree.rootHash(), v.HashBefore)
	switch p := must(t, v.Proposal, readProposal).(type) {
	case *Add:
		if _, err := tree.add(p.KeyPackage.Leaf, 0); err != nil {
			t.Fatal(err)
		}
	case *Update:
		tree.update(v.ProposalSender, p.Leaf)
	case *Remove:
		tree.remove(p.Removed)
		tree.truncate()
	default:
		t.Fatalf("proposal %v in a tree operation", p.Type())
	}
	same(t, "tree after", tree.append(nil), v.TreeAfter)
	same(t, "tree hash after", tree.rootHash(), v.HashAfter)
}

func testTreeValidation(t *testing.T, v struct {
	Suite       CipherSuite `json:"cipher_suite"`
	Tree        hexBytes
	GroupID     hexBytes      `json:"group_id"`
	Resolutions [][]nodeIndex `json:"resolutions"`
	Hashes      []hexBytes    `json:"tree_hashes"`
},
) {
	s := suiteFor(t, v.Suite)
	tree := must(t, v.Tree, readTree(s))
	if len(tree.nodes) != len(v.Resolutions) {
		t.Fatalf("got %d nodes, want %d", len(tree.nodes), len(v.Resolutions))
	}
	for i := range tree.nodes {
		if got := tree.resolution(nil, nodeIndex(i), nil); fmt.Sprint(got) != fmt.Sprint(v.Resolutions[i]) {
			t.Errorf("resolution of node %d: got %v, want %v", i, got, v.Resolutions[i])
		}
		same(t, fmt.Sprintf("tree hash of node %d", i), tree.hash(nodeIndex(i)), v.Hashes[i])
	}
	if err := tree.verify(v.GroupID, nil); err != nil {
		t.Error(err)
	}
	// A bit of any leaf or parent changed must be seen.
	for i, n := range tree.nodes {
		if n.blank() {
			continue
		}
		bad := tree.clone()
		if n.leaf != nil {
			l := *n.leaf
			l.Signature = bytes.Clone(l.Signature)
			l.Signature[len(l.Signature)-1] ^= 1
			bad.set(nodeIndex(i), treeNode{leaf: &l})
		} else {
			p := *n.parent
			p.encryptionKey = bytes.Clone(p.encryptionKey)
			p.encryptionKey[0] ^= 1
			bad.set(nodeIndex(i), treeNode{parent: &p})
		}
		if bad.verify(v.GroupID, nil) == nil {
			t.Errorf("a changed node %d was accepted", i)
		}
		if i > 6 {
			break // some of each kind are enough
		}
	}
}

func testTreeKEM(t *testing.T, v struct {
	Suite      CipherSuite `json:"cipher_suite"`
	GroupID    hexBytes    `json:"group_id"`
	Epoch      uint64
	Confirmed  hexBytes `json:"confirmed_transcript_hash"`
	Tree       hexBytes `json:"ratchet_tree"`
	LeavesPriv []struct {
		Index       LeafIndex
		Encryption  hexBytes `json:"encryption_priv"`
		Signature   hexBytes `json:"signature_priv"`
		PathSecrets []struct {
			Node   nodeIndex
			Secret hexBytes `json:"path_secret"`
		} `json:"path_secrets"`
	} `json:"leaves_private"`
	UpdatePaths []struct {
		Sender       LeafIndex
		Path         hexBytes   `json:"update_path"`
		PathSecrets  []hexBytes `json:"path_secrets"`
		CommitSecret hexBytes   `json:"commit_secret"`
		HashAfter    hexBytes   `json:"tree_hash_after"`
	} `json:"update_paths"`
},
) {
	s := suiteFor(t, v.Suite)
	tree := must(t, v.Tree, readTree(s))
	private := make(map[LeafIndex]privateKeys)
	signers := make(map[LeafIndex]SigningKey)
	for _, l := range v.LeavesPriv {
		keys := privateKeys{l.Index.node(): secret(l.Encryption)}
		for _, p := range l.PathSecrets {
			node := s.deriveSecret(secret(p.Secret), "node")
			priv, _, err := s.deriveKeyPair(node)
			if err != nil {
				t.Fatal(err)
			}
			keys[p.Node] = priv
		}
		for n, k := range keys {
			public, err := s.publicOf(k)
			if err != nil {
				t.Fatal(err)
			}
			same(t, fmt.Sprintf("public key of node %d", n), public, tree.nodes[n].key())
		}
		private[l.Index] = keys
		signers[l.Index] = signerOf(t, s, l.Signature)
	}
	context := func(tree *ratchetTree) []byte {
		c := GroupContext{Suite: v.Suite, GroupID: v.GroupID, Epoch: v.Epoch, TreeHash: tree.rootHash(), ConfirmedTranscriptHash: v.Confirmed}
		return c.append(nil)
	}
	// Where curves are slow, two receivers of each path and one own path are
	// enough, unless somebody asks for a whole run.
	slow := s.curve != nil && os.Getenv("MLS_VECTORS") == ""
	for i, u := range v.UpdatePaths {
		up := must(t, u.Path, readUpdatePath)
		same(t, "update path again", up.append(nil), u.Path)
		after := tree.clone()
		path, err := after.mergePath(u.Sender, up, nil)
		if err != nil {
			t.Fatalf("path of %d: %v", u.Sender, err)
		}
		same(t, "tree hash after", after.rootHash(), u.HashAfter)
		if err := after.leaf(u.Sender).verify(s, v.GroupID, u.Sender); err != nil {
			t.Error(err)
		}
		opened := 0
		for j, keys := range private {
			if j == u.Sender {
				continue
			}
			if opened++; opened > 2 && slow {
				break
			}
			got, err := after.openPath(j, keys, path, up, context(after), nil)
			if err != nil {
				t.Fatalf("path of %d at %d: %v", u.Sender, j, err)
			}
			same(t, "path secret", got.secrets[0], u.PathSecrets[j])
			same(t, "commit secret", got.commit, u.CommitSecret)
		}

		if i > 0 && slow {
			continue
		}
		own := tree.clone()
		keys, err := own.newPath(u.Sender, *tree.leaf(u.Sender), signers[u.Sender], v.GroupID)
		if err != nil {
			t.Fatal(err)
		}
		ownPath, err := own.sealPath(u.Sender, keys, context(own), nil)
		if err != nil {
			t.Fatal(err)
		}
		merged := tree.clone()
		path, err = merged.mergePath(u.Sender, ownPath, nil)
		if err != nil {
			t.Fatalf("own path: %v", err)
		}
		same(t, "own tree hash", merged.rootHash(), own.rootHash())
		for j, known := range private {
			if j == u.Sender {
				continue
			}
			got, err := merged.openPath(j, known, path, ownPath, context(merged), nil)
			if err != nil {
				t.Fatalf("own path of %d at %d: %v", u.Sender, j, err)
			}
			same(t, "own commit secret", got.commit, keys.commit)
		}
	}
}
