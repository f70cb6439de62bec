package mls

import (
	"fmt"
	"slices"
)

// ratchetID names one of the two ratchets of a member: handshake messages
// (proposals and commits) or application messages (RFC 9420, section 9).
type ratchetID struct {
	leaf LeafIndex
	kind contentType // contentApplication or contentProposal for both others
}

// ratchetFor is the ratchet that protects a kind of content.
func ratchetFor(i LeafIndex, kind contentType) ratchetID {
	if kind == contentCommit {
		kind = contentProposal
	}
	return ratchetID{i, kind}
}

// label is the label that starts the ratchet (RFC 9420, section 9).
func (id ratchetID) label() string {
	if id.kind == contentApplication {
		return "application"
	}
	return "handshake"
}

// messageKey is the key and the nonce of one generation, nonce last.
type messageKey secret

// ratchet is a sender ratchet (RFC 9420, section 9.1). It has forgotten
// everything before next but for the keys of messages that did not come yet.
type ratchet struct {
	next    uint32
	secret  secret
	skipped map[uint32]messageKey
}

// secretTree gives each message its key and keeps the deletion schedule of RFC
// 9420, section 9.2: nodes holds only secrets from which nothing was consumed,
// and a ratchet only what is ahead of it.
type secretTree struct {
	suite    *suite
	leaves   uint32
	nodes    map[nodeIndex]secret
	ratchets map[ratchetID]*ratchet
}

// newSecretTree starts the tree of an epoch and takes the encryption secret
// over.
func newSecretTree(s *suite, leaves uint32, encryption secret) *secretTree {
	return &secretTree{
		suite: s, leaves: leaves,
		nodes:    map[nodeIndex]secret{rootOf(leaves): encryption},
		ratchets: make(map[ratchetID]*ratchet),
	}
}

// wipe forgets everything.
func (t *secretTree) wipe() {
	for _, s := range t.nodes {
		s.wipe()
	}
	for _, r := range t.ratchets {
		r.secret.wipe()
		for _, k := range r.skipped {
			clear(k)
		}
	}
	clear(t.nodes)
	clear(t.ratchets)
}

// keyUse is a message key on trial: nothing of the tree has changed until the
// message has proved authentic and consume is called.
type keyUse struct {
	id         ratchetID
	generation uint32
	key        messageKey
	after      secret     // the ratchet secret of generation+1; nil for a skipped key
	expansion  *expansion // set if the member's ratchets do not exist yet
}

// expansion is the way from a secret of the tree down to a leaf (RFC 9420,
// section 9).
type expansion struct {
	consumed nodeIndex
	fresh    map[nodeIndex]secret // the copath, not consumed
	ratchets [2]*ratchet          // application, handshake
}

// expand derives the ratchets of a leaf. It changes nothing.
func (t *secretTree) expand(leaf LeafIndex) (*expansion, error) {
	if uint32(leaf) >= t.leaves {
		return nil, fmt.Errorf("%w: leaf %d is not in the tree", ErrInvalid, leaf)
	}
	from := leaf.node()
	for root := rootOf(t.leaves); t.nodes[from] == nil; from = from.parent() {
		if from == root {
			return nil, fmt.Errorf("%w: secrets of leaf %d are gone", ErrConsumed, leaf)
		}
	}
	e := &expansion{consumed: from, fresh: make(map[nodeIndex]secret)}
	at := t.nodes[from]
	for n := from; n != leaf.node(); {
		x := t.suite.expander(at)
		left, right := x.expand("tree", []byte("left"), t.suite.nh), x.expand("tree", []byte("right"), t.suite.nh)
		if n != from {
			at.wipe()
		}
		if n.left().covers(leaf.node()) {
			e.fresh[n.right()] = right
			n, at = n.left(), left
		} else {
			e.fresh[n.left()] = left
			n, at = n.right(), right
		}
	}
	for k, kind := range [2]contentType{contentApplication, contentProposal} {
		start := t.suite.expandWithLabel(at, ratchetID{leaf, kind}.label(), nil, t.suite.nh)
		e.ratchets[k] = &ratchet{secret: start}
	}
	if from != leaf.node() {
		at.wipe()
	}
	return e, nil
}

// messageKeyAt derives the key and nonce of a generation and the ratchet secret
// of the following one (RFC 9420, section 9.1).
func (t *secretTree) messageKeyAt(ratchetSecret secret, generation uint32) (messageKey, secret) {
	x := t.suite.expander(ratchetSecret)
	key := make(messageKey, 0, t.suite.nk+nonceSize)
	key = append(key, x.deriveTree("key", generation, t.suite.nk)...)
	key = append(key, x.deriveTree("nonce", generation, nonceSize)...)
	return key, x.deriveTree("secret", generation, t.suite.nh)
}

// lookup finds the ratchet of a member, or what it would be.
func (t *secretTree) lookup(id ratchetID) (*ratchet, *expansion, error) {
	if r := t.ratchets[id]; r != nil {
		return r, nil, nil
	}
	e, err := t.expand(id.leaf)
	if err != nil {
		return nil, nil, err
	}
	if id.kind == contentApplication {
		return e.ratchets[0], e, nil
	}
	return e.ratchets[1], e, nil
}

// peek returns the key of a generation without changing anything. It does at
// most MaxSkipped derivations, whatever the message claims.
func (t *secretTree) peek(id ratchetID, generation uint32) (*keyUse, error) {
	r, e, err := t.lookup(id)
	if err != nil {
		return nil, err
	}
	use := &keyUse{id: id, generation: generation, expansion: e}
	if generation < r.next {
		if use.key = slices.Clone(r.skipped[generation]); use.key == nil {
			return nil, fmt.Errorf("%w: generation %d of leaf %d", ErrConsumed, generation, id.leaf)
		}
		return use, nil
	}
	// The last generation is never used, so that next always has a value.
	if generation-r.next > MaxSkipped || generation == 1<<32-1 {
		return nil, fmt.Errorf("%w: generation %d of leaf %d, expected %d", ErrTooFarAhead, generation, id.leaf, r.next)
	}
	at := slices.Clone(r.secret)
	for g := r.next; g < generation; g++ {
		following := t.suite.deriveTreeSecret(at, "secret", g, t.suite.nh)
		at.wipe()
		at = following
	}
	use.key, use.after = t.messageKeyAt(at, generation)
	at.wipe()
	return use, nil
}

// nextOwn returns the key for the next message of a member.
func (t *secretTree) nextOwn(id ratchetID) (*keyUse, error) {
	r, _, err := t.lookup(id)
	if err != nil {
		return nil, err
	}
	return t.peek(id, r.next)
}

// consume moves the tree past a key that was used, deletes what RFC 9420,
// section 9.2, says must go, and writes all of it to w.
func (t *secretTree) consume(use *keyUse, w *rowWriter) {
	if e := use.expansion; e != nil {
		t.nodes[e.consumed].wipe()
		delete(t.nodes, e.consumed)
		w.delete(secretNodeRow(e.consumed))
		for n, s := range e.fresh {
			t.nodes[n] = s
			w.put(secretNodeRow(n), s)
		}
		for k, kind := range [2]contentType{contentApplication, contentProposal} {
			id := ratchetID{use.id.leaf, kind}
			t.ratchets[id] = e.ratchets[k]
			if id != use.id {
				w.put(ratchetRow(id), e.ratchets[k].append(nil))
			}
		}
	}
	r := t.ratchets[use.id]
	if use.after == nil {
		clear(r.skipped[use.generation])
		delete(r.skipped, use.generation)
		w.delete(skippedRow(use.id, use.generation))
		return
	}
	for g := r.next; g < use.generation; g++ {
		key, following := t.messageKeyAt(r.secret, g)
		t.skip(r, use.id, g, key, w)
		r.secret.wipe()
		r.secret = following
	}
	r.secret.wipe()
	r.secret, r.next = use.after, use.generation+1
	w.put(ratchetRow(use.id), r.append(nil))
}

// skip keeps the key of a message that did not come yet, and drops the oldest
// if there are more than MaxSkipped.
func (t *secretTree) skip(r *ratchet, id ratchetID, g uint32, key messageKey, w *rowWriter) {
	if len(r.skipped) >= MaxSkipped {
		oldest := g
		for k := range r.skipped {
			oldest = min(oldest, k)
		}
		clear(r.skipped[oldest])
		delete(r.skipped, oldest)
		w.delete(skippedRow(id, oldest))
	}
	if r.skipped == nil {
		r.skipped = make(map[uint32]messageKey)
	}
	r.skipped[g] = key
	w.put(skippedRow(id, g), key)
}
