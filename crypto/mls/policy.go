package mls

import "iter"

// Policy is what an application adds to the rules of RFC 9420: who somebody is
// (section 5.3.1) and who may do what (section 16.11). Every member must come
// to the same answer from the same input, or the group falls apart: a Policy
// must not look at clocks, networks or anything that only one member knows.
type Policy interface {
	// CheckCredential says whether a leaf's credential belongs to its signature
	// key. It is called for every leaf of a group that is joined and for every
	// leaf that a change brings, before it counts.
	CheckCredential(leaf *LeafNode) error
	// CheckChange judges a proposal or a commit before it counts. A refused
	// proposal is forgotten, a refused commit is no commit. It must not keep the
	// Change.
	CheckChange(change *Change) error
}

// Change is what a proposal or a commit does to a group.
type Change struct {
	GroupID []byte
	Epoch   uint64 // in which it was made; a commit leads to the next one
	// By is who made it: a member, or for an external commit the new leaf.
	By LeafIndex
	// Commit is false for a proposal, whose effect is still to be committed.
	Commit bool
	// External is true for a commit by somebody who is not a member with its old
	// keys: a device that resynchronises.
	External bool
	// Members lists what happens to whom, the new leaf of the committer included.
	Members []MemberChange
	// Before and After are the extensions of the group.
	Before, After Extensions
	// PSKs are mixed into the new epoch.
	PSKs []PSKID
	// ReInit closes the group.
	ReInit *ReInit
	// AuthenticatedData came with the message, signed but not encrypted.
	AuthenticatedData []byte

	before *ratchetTree // nil if there is nothing before
}

// Member returns the leaf at i before the change, nil if there was none.
func (c *Change) Member(i LeafIndex) *LeafNode {
	if c.before == nil {
		return nil
	}
	return c.before.leaf(i)
}

// Roster yields the members before the change, from the left.
func (c *Change) Roster() iter.Seq2[LeafIndex, *LeafNode] { return rosterOf(c.before) }

// Joining is a group as somebody sees it who is to come in: all that its
// GroupInfo says, verified by the rules of RFC 9420.
type Joining struct {
	GroupID    []byte
	Epoch      uint64
	Signer     LeafIndex // the member who made the Welcome or the GroupInfo
	Self       LeafIndex // the own new leaf; of a Welcome only
	Welcome    bool      // false for a GroupInfo that an external commit builds on
	Extensions Extensions

	tree *ratchetTree
}

// Roster yields the members from the left; after a Welcome the own leaf is
// among them.
func (j *Joining) Roster() iter.Seq2[LeafIndex, *LeafNode] { return rosterOf(j.tree) }

// Member returns the leaf at i, nil if there is none.
func (j *Joining) Member(i LeafIndex) *LeafNode { return j.tree.leaf(i) }

func rosterOf(t *ratchetTree) iter.Seq2[LeafIndex, *LeafNode] {
	return func(yield func(LeafIndex, *LeafNode) bool) {
		if t != nil {
			t.members(yield)
		}
	}
}

// MemberChange is one leaf that changes. Old is nil for who comes, New for who
// goes; both are set for a member with new keys. In a proposal to add, Index
// means nothing yet.
type MemberChange struct {
	Index    LeafIndex
	Old, New *LeafNode
	Proposer LeafIndex // who proposed it; the committer if the commit says so itself
}

// RefusedError says that the Policy refused a message, and why.
type RefusedError struct{ Err error }

func (e *RefusedError) Error() string { return "refused by policy: " + e.Err.Error() }

// Unwrap returns what the Policy said.
func (e *RefusedError) Unwrap() error { return e.Err }

// checkJoin asks the application about a group before anything of it counts.
func (c *Client) checkJoin(j *Joining) error {
	if c.cfg.CheckJoin == nil {
		return nil
	}
	if err := c.cfg.CheckJoin(j); err != nil {
		return &RefusedError{err}
	}
	return nil
}

// checkCredential asks the policy about one leaf.
func (c *Client) checkCredential(l *LeafNode) error {
	if err := c.cfg.Policy.CheckCredential(l); err != nil {
		return &RefusedError{err}
	}
	return nil
}

// checkChange asks the policy about a change and all leaves that it brings.
func (c *Client) checkChange(change *Change) error {
	for _, m := range change.Members {
		if m.New == nil || m.Old != nil && m.Old.Credential.Equal(m.New.Credential) &&
			string(m.Old.SignatureKey) == string(m.New.SignatureKey) {
			continue // nothing new to judge
		}
		if err := c.checkCredential(m.New); err != nil {
			return err
		}
	}
	if err := c.cfg.Policy.CheckChange(change); err != nil {
		return &RefusedError{err}
	}
	return nil
}
