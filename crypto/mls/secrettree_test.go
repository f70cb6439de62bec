package mls

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// used takes the key of a generation for good.
func used(t *testing.T, tree *secretTree, store *memory, id ratchetID, g uint32) messageKey {
	t.Helper()
	use, err := tree.peek(id, g)
	if err != nil {
		t.Fatalf("generation %d: %v", g, err)
	}
	w := &rowWriter{tx: store}
	tree.consume(use, w)
	if w.err != nil {
		t.Fatal(w.err)
	}
	return use.key
}

func smallTree(t *testing.T, leaves uint32) (*secretTree, *memory) {
	t.Helper()
	s, err := newSuite(X25519AES128SHA256Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	store := newMemory()
	tree := newSecretTree(s, leaves, bytes.Repeat([]byte{9}, s.nh))
	if err := store.Put(nil, secretNodeRow(rootOf(leaves)), tree.nodes[rootOf(leaves)]); err != nil {
		t.Fatal(err)
	}
	return tree, store
}

func rowsOf(m *memory, kind byte) (n int) {
	for k := range m.rows[""] {
		if strings.HasPrefix(k, string(kind)) {
			n++
		}
	}
	return n
}

// The example of RFC 9420, section 9.2: after D's message of generation 1 these
// values are gone and those remain, in memory and in the store.
func TestDeletionSchedule(t *testing.T) {
	tree, store := smallTree(t, 4)
	all := tree.nodes[rootOf(4)]
	root := bytes.Clone(all)
	d := ratchetFor(3, contentApplication)
	used(t, tree, store, d, 1)

	if len(tree.nodes) != 2 || tree.nodes[1] == nil || tree.nodes[4] == nil {
		t.Errorf("got %d secrets of the tree, want those of nodes 1 and 4", len(tree.nodes))
	}
	if !bytes.Equal(all, make([]byte, len(all))) {
		t.Error("the encryption secret is still in memory")
	}
	for k, v := range store.rows[""] {
		if bytes.Contains(v, root) {
			t.Errorf("the encryption secret is still in row %x", k)
		}
	}
	if got := rowsOf(store, rowSecretNode); got != 2 {
		t.Errorf("got %d rows of secrets, want 2", got)
	}
	if got := tree.ratchets[d]; got.next != 2 || len(got.skipped) != 1 {
		t.Errorf("got next %d with %d skipped keys, want 2 with 1", got.next, len(got.skipped))
	}
	if got := tree.ratchets[ratchetFor(3, contentCommit)]; got == nil || got.next != 0 {
		t.Error("the handshake ratchet of D should be there, unused")
	}
	used(t, tree, store, d, 0)
	if got := rowsOf(store, rowSkipped); got != 0 {
		t.Errorf("got %d rows of skipped keys, want 0", got)
	}
}

func TestGenerationsAreBounded(t *testing.T) {
	tree, store := smallTree(t, 2)
	id := ratchetFor(1, contentApplication)
	used(t, tree, store, id, 0)
	before := store.copy()
	for _, g := range []uint32{MaxSkipped + 2, 1 << 20, 1<<32 - 1} {
		if _, err := tree.peek(id, g); !errors.Is(err, ErrTooFarAhead) {
			t.Errorf("generation %d: got %v, want ErrTooFarAhead", g, err)
		}
	}
	if len(before.rows[""]) != len(store.rows[""]) || tree.ratchets[id].next != 1 {
		t.Error("a refused generation changed the tree")
	}
	used(t, tree, store, id, MaxSkipped+1)
	if got := rowsOf(store, rowSkipped); got != MaxSkipped {
		t.Errorf("got %d skipped keys, want %d", got, MaxSkipped)
	}
	// Further gaps push the oldest keys out and nothing else.
	used(t, tree, store, id, MaxSkipped+4)
	if got := rowsOf(store, rowSkipped); got != MaxSkipped || len(tree.ratchets[id].skipped) != MaxSkipped {
		t.Errorf("got %d skipped keys, want %d", got, MaxSkipped)
	}
	for _, g := range []uint32{1, 2} {
		if _, err := tree.peek(id, g); !errors.Is(err, ErrConsumed) {
			t.Errorf("generation %d: got %v, want ErrConsumed", g, err)
		}
	}
	used(t, tree, store, id, 3)
	used(t, tree, store, id, MaxSkipped+2)
}

// The last generation would leave the ratchet without a next one.
func TestLastGenerationIsNotUsed(t *testing.T) {
	tree, store := smallTree(t, 2)
	id := ratchetFor(0, contentApplication)
	used(t, tree, store, id, 0)
	tree.ratchets[id].next = 1<<32 - 2
	if _, err := tree.peek(id, 1<<32-1); !errors.Is(err, ErrTooFarAhead) {
		t.Errorf("got %v, want ErrTooFarAhead", err)
	}
	used(t, tree, store, id, 1<<32-2)
	if _, err := tree.nextOwn(id); !errors.Is(err, ErrTooFarAhead) {
		t.Errorf("after the last: got %v, want ErrTooFarAhead", err)
	}
}
