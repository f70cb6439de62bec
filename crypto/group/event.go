package group

import (
	"bytes"
	"errors"

	"github.com/snugchat/snug/crypto/mls"
)

// Kind says what a message was, and what its header says that it is.
type Kind int

// The kinds of messages of a group.
const (
	Message  Kind = iota + 1 // content of a member
	Changed                  // a commit; the group is in its next epoch
	Proposed                 // somebody asks to leave
	Own                      // a message of this device that came back: its content is in no key any more
)

// Event is what a message said.
type Event struct {
	Kind Kind
	// From is the member who made it, proved by its signature. For Own it is this
	// device, by the message's own word only: the caller compares it with what it
	// sent.
	From Member
	// Content is set for Message.
	Content []byte
	// Change is set for Changed.
	Change *Change
	// Leaving is the device that is to go, set for Proposed.
	Leaving Member
	// Left says that a commit took this device out. The group is deleted from the
	// store and the Group must not be used any more.
	Left bool
}

// Change is what a commit did.
type Change struct {
	By       Member // after the change
	Rejoined bool   // By came back by an external commit, with the leaf of Replaced
	Replaced Member // of Rejoined: the same device, or the lost one that it recovered from
	Added    []Member
	Removed  []Member
	Left     []Member // those of Removed who had asked to leave
	Renewed  []Member // who got fresh keys, By included
	Before   Policy
	After    Policy
}

// Process reads the next message of the group, in the group's order. kind says
// what the header says it is (Message, Changed or Proposed), header is the
// header's hash; a message that was not made for both is refused, so that a
// carrier can put no message behind another header and no member hide a commit
// where others do not look for one. It recognises the own pending commit and own
// proposals.
//
// The caller stores what it got in the same transaction: a message is decrypted
// once. For errors see Skip and MustRejoin; all others are of the store, and the
// caller rolls back.
func (g *Group) Process(tx mls.Tx, kind Kind, header [32]byte, message []byte) (*Event, error) {
	m, err := mls.ParseMessage(message)
	if err != nil {
		return nil, err
	}
	want := map[Kind]mls.Kind{Message: mls.Application, Changed: mls.Committed, Proposed: mls.Proposed}[kind]
	if want == 0 || m.ContentKind() != want {
		return nil, ErrKind
	}
	aad := m.AuthenticatedData()
	if len(aad) < headerSize || !bytes.Equal(aad[:headerSize], header[:]) || kind != Changed && len(aad) != headerSize {
		return nil, ErrHeader
	}
	r, err := g.mls.Process(tx, message)
	if kind == Message && errors.Is(err, mls.ErrOwnMessage) {
		return &Event{Kind: Own, From: g.Self()}, nil
	}
	if err != nil {
		return nil, err
	}
	e := &Event{Kind: kind, Left: r.Removed}
	switch kind {
	case Message:
		e.From, e.Content = g.device.member(r.Sender, g.mls.Member(r.Sender)), r.Data
	case Proposed:
		e.From = g.device.member(r.Sender, g.mls.Member(r.Sender))
		if p, ok := r.Proposal.(*mls.Remove); ok {
			e.Leaving = g.device.member(p.Removed, g.mls.Member(p.Removed))
		}
	case Changed:
		e.Change = g.device.describe(r.Change)
		e.From = e.Change.By
	}
	return e, nil
}

// describe says what a commit that counts did.
func (d *Device) describe(c *mls.Change) *Change {
	x := &Change{Rejoined: c.External, Before: parsed(c.Before), After: parsed(c.After)}
	if l := c.Member(c.By); l != nil && !c.External {
		x.By = d.member(c.By, l)
	}
	for _, m := range c.Members {
		switch {
		case m.Index == c.By && m.New != nil:
			x.By = d.member(m.Index, m.New)
			x.Renewed = append(x.Renewed, x.By)
		case m.New == nil && m.Old == nil: // the own rejoin knows no leaves before it
		case m.New == nil && c.External:
			x.Replaced = d.member(m.Index, m.Old)
		case m.New == nil:
			gone := d.member(m.Index, m.Old)
			x.Removed = append(x.Removed, gone)
			if m.Proposer != c.By {
				x.Left = append(x.Left, gone)
			}
		case m.Old == nil:
			x.Added = append(x.Added, d.member(m.Index, m.New))
		default:
			x.Renewed = append(x.Renewed, d.member(m.Index, m.New))
		}
	}
	return x
}

// parsed reads a policy that counts; the zero Policy if there is none, as before
// an own rejoin.
func parsed(x mls.Extensions) Policy {
	data, _ := x.Find(extPolicy)
	p, err := ParsePolicy(data)
	if err != nil {
		return Policy{}
	}
	return p
}
