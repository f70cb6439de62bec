// Package group is the end-to-end encrypted group behind a sealed room: MLS
// (crypto/mls, suite 0xF001) whose members are devices with certificates of
// their identities (crypto/identity), and whose members, not the host, decide
// who belongs to it. The rules are one extension of the group context,
// snug_policy ([Policy]), and the function that every member applies to every
// commit before it counts.
//
// It must not know rooms, accounts, hosts or databases: it knows keys and bytes,
// a 32-byte id that its caller chose, and the 32-byte header that its caller
// binds to each message.
//
// RFC 9420 specifies the messages, crypto/SECURITY.md the rules, net/PROTOCOL.md
// what is carried where.
package group

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"

	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/crypto/mls"
)

// Suite is the cipher suite of all groups: X-Wing (ML-KEM-768 and X25519),
// HKDF-SHA-384, AES-256-GCM and Ed25519 (draft-ietf-mls-pq-ciphersuites). Groups
// and key packages of another one are refused: there is nothing to talk down.
const Suite = mls.XWingAES256SHA384Ed25519

// Overhead is how many bytes a sealed message is longer than its content, at
// most, for contents up to 1 GiB. Nothing is padded here: the caller does that.
const Overhead = 208

var (
	// ErrHeader says that a message does not belong to the header that it came
	// with: the carrier changed the header, or put the message behind another.
	ErrHeader = errors.New("message does not belong to its header")
	// ErrKind says that a message is not of the kind that its header says, such as
	// a commit in the place of a text.
	ErrKind = errors.New("message of another kind than its header says")
	// ErrWrongGroup says that a Welcome or a GroupInfo is for another group.
	ErrWrongGroup = errors.New("for another group")
	// ErrPolicy says that bytes are no policy, or one that may not be.
	ErrPolicy = errors.New("not a valid group policy")
	// ErrNotAllowed says that the policy does not let somebody do something.
	ErrNotAllowed = errors.New("not allowed by the group's policy")
	// ErrLastAdmin is the ErrNotAllowed for a change that would leave members
	// without an admin: somebody else has to become one first.
	ErrLastAdmin = fmt.Errorf("%w: nobody would be admin", ErrNotAllowed)
	// ErrCredential says that a leaf is not a device of this place, or its
	// certificate not one for its keys.
	ErrCredential = errors.New("not a certified device of this place")
	// ErrKeyPackage says that bytes are no key package that can be added now.
	ErrKeyPackage = errors.New("not a usable key package")
	// ErrNotMember says that a device is not in the group.
	ErrNotMember = errors.New("device is not in the group")
	// ErrLeaving says that a proposal waits that takes this device out: somebody
	// else commits it, and this device does nothing more in the group.
	ErrLeaving = errors.New("this device is leaving the group")
	// ErrSignal comes for every signal that is not one of a member of this epoch,
	// not new, or damaged.
	ErrSignal = errors.New("not a valid signal")
)

// Skip says whether an error of [Group.Process] or [Device.Join] means that the
// message counts for nobody, so that the caller goes on with the next one. All
// members come to the same answer.
func Skip(err error) bool {
	return errors.Is(err, ErrHeader) || errors.Is(err, ErrKind) || errors.Is(err, ErrWrongGroup) || mls.Refused(err)
}

// MustRejoin says whether an error of [Group.Process] means that the group may
// have gone on without this device. The caller asks a member for a GroupInfo and
// calls [Device.Rejoin] if [InfoEpoch] says that it is ahead of the own epoch:
// nobody signs the number of an epoch before it is reached.
func MustRejoin(err error) bool { return !Skip(err) && mls.MustRejoin(err) }

// Group is the state of one device in one group. It is used by one goroutine at
// a time. About transactions it says what [mls.Group] says: a message that is
// refused changes nothing, and after a rollback the next method with a Tx reads
// the group again.
type Group struct {
	device *Device
	mls    *mls.Group

	policyData []byte // what policy was read from
	policy     Policy
	signals    signals
}

// ID is the id that the group was made with.
func (g *Group) ID() [32]byte { return [32]byte(g.mls.ID()) }

// Joined is false after [Device.Rejoin] until the commit was processed.
func (g *Group) Joined() bool { return g.mls.Joined() }

// Epoch is the number of the epoch: each commit leads to the next one.
func (g *Group) Epoch() uint64 { return g.mls.Epoch() }

// Policy is what the members agree on. The caller must not change it.
func (g *Group) Policy() Policy {
	data, _ := g.mls.Extensions().Find(extPolicy)
	if data == nil {
		return Policy{}
	}
	if !bytes.Equal(data, g.policyData) {
		p, err := ParsePolicy(data)
		if err != nil { // every policy of a group was parsed before it counted
			return Policy{}
		}
		g.policy, g.policyData = p, data
	}
	return g.policy
}

// Authenticator is the same for all members of an epoch and for nobody else
// (RFC 9420, section 8.7): who compares it knows that nobody was shown another
// group.
func (g *Group) Authenticator() []byte { return g.mls.Authenticator() }

// Member is one device of a group.
type Member struct {
	Leaf        mls.LeafIndex
	Device      identity.DeviceID
	Identity    identity.PublicKey
	Certificate identity.Certificate
}

// Members lists the devices of the group in a fixed order.
func (g *Group) Members() []Member {
	var all []Member
	for i, l := range g.mls.Members() {
		all = append(all, g.device.member(i, l))
	}
	return all
}

// Self is this device as a member, the zero Member before it has joined.
func (g *Group) Self() Member {
	if l := g.mls.Member(g.mls.Self()); l != nil {
		return g.device.member(g.mls.Self(), l)
	}
	return Member{}
}

// Member finds a device.
func (g *Group) Member(d identity.DeviceID) (Member, bool) {
	for i, l := range g.mls.Members() {
		if n := namesOf(l); n.device == d {
			return g.device.member(i, l), true
		}
	}
	return Member{}, false
}

// Has says whether a device of an identity is in the group.
func (g *Group) Has(k identity.PublicKey) bool {
	for range g.devicesOf(k.Array()) {
		return true
	}
	return false
}

// Devices lists the devices of an identity in the group, this one last if it is
// among them.
func (g *Group) Devices(k identity.PublicKey) []identity.DeviceID {
	var all []identity.DeviceID
	self := false
	for i, d := range g.devicesOf(k.Array()) {
		if i == g.mls.Self() {
			self = true
		} else {
			all = append(all, d)
		}
	}
	if self {
		all = append(all, g.device.id)
	}
	return all
}

func (g *Group) devicesOf(who [32]byte) iter.Seq2[mls.LeafIndex, identity.DeviceID] {
	return func(yield func(mls.LeafIndex, identity.DeviceID) bool) {
		for i, l := range g.mls.Members() {
			if n := namesOf(l); n.identity == who && !yield(i, n.device) {
				return
			}
		}
	}
}

// IsAdmin says whether an identity is an admin by the policy, a member or not.
func (g *Group) IsAdmin(k identity.PublicKey) bool { return g.Policy().IsAdmin(k) }

// Inviter is the member who made the Welcome, right after [Device.Join]; the
// store does not keep it.
func (g *Group) Inviter() (Member, bool) {
	i, ok := g.mls.Inviter()
	if l := g.mls.Member(i); ok && l != nil {
		return g.device.member(i, l), true
	}
	return Member{}, false
}

// Pending says whether an own commit waits for its place in the order.
func (g *Group) Pending() bool { return g.mls.Pending() }

// IsPending says whether message is that commit.
func (g *Group) IsPending(message []byte) bool { return g.mls.IsPending(message) }

// DropPending forgets the own commit that waits: another one came first, or it
// was refused. A group that was only to be rejoined is gone with it.
func (g *Group) DropPending(tx mls.Tx) error { return g.mls.DropPending(tx) }

// Reload reads the group again, after a transaction was rolled back.
func (g *Group) Reload(tx mls.Tx) error { return g.mls.Reload(tx) }

// NeedsCommit says whether somebody asked to leave and waits for a commit of
// somebody else. Until then [Group.Seal] refuses with mls.ErrCommitFirst.
func (g *Group) NeedsCommit() bool { return g.mls.MustCommit() }

// Leaving lists the devices that asked to leave and wait for a commit.
func (g *Group) Leaving() []Member {
	var all []Member
	for _, p := range g.mls.Proposals() {
		if r, ok := p.(*mls.Remove); ok {
			if l := g.mls.Member(r.Removed); l != nil {
				all = append(all, g.device.member(r.Removed, l))
			}
		}
	}
	return all
}

// leaving says whether this device is among them.
func (g *Group) leaving() bool {
	for _, p := range g.mls.Proposals() {
		if r, ok := p.(*mls.Remove); ok && r.Removed == g.mls.Self() {
			return true
		}
	}
	return false
}

// Seal makes a message that every member can read and nobody else, bound to the
// header. It may leave only after tx was committed: until then a crash would use
// its key again. mls.ErrCommitFirst says that somebody is leaving and a commit
// has to come first.
func (g *Group) Seal(tx mls.Tx, header [32]byte, content []byte) ([]byte, error) {
	return g.mls.Encrypt(tx, header[:], content)
}

// Plan says what a commit is to do. An empty one gives the group fresh keys:
// after it, whoever stole keys of this device before reads nothing more.
type Plan struct {
	Add    []*KeyPackage
	Remove []identity.DeviceID
	Policy *Policy // nil keeps it
	// Revocations (encoded, at most MaxRevocations) let members who are no admins
	// remove the devices that they name.
	Revocations [][]byte
}

// Outgoing is a commit that waits for its place in the order, and the Welcome,
// with the tree in it, for all whom it adds; nil if there are none.
type Outgoing struct {
	Message []byte
	Welcome []byte
}

// Commit prepares the next epoch, with what the plan says and with those who
// asked to leave. The group stays in its epoch until Process meets the message.
// It returns ErrNotAllowed for what the policy does not allow, ErrNotMember,
// ErrLeaving, and mls.ErrPending while another own commit waits. The message may
// leave only after tx was committed.
func (g *Group) Commit(tx mls.Tx, header [32]byte, plan Plan) (*Outgoing, error) {
	if g.leaving() {
		return nil, ErrLeaving
	}
	aad, err := authenticatedData(header, plan.Revocations)
	if err != nil {
		return nil, err
	}
	p := mls.Plan{AuthenticatedData: aad, TreeInWelcome: true}
	for _, k := range plan.Add {
		p.Add = append(p.Add, k.mls)
	}
	for _, d := range plan.Remove {
		m, ok := g.Member(d)
		if !ok {
			return nil, fmt.Errorf("remove %v: %w", d, ErrNotMember)
		}
		p.Remove = append(p.Remove, m.Leaf)
	}
	if plan.Policy != nil {
		data, err := plan.Policy.Encode()
		if err != nil {
			return nil, err
		}
		p.Extensions, p.Replace = mls.Extensions{{Type: extPolicy, Data: data}}, true
	}
	out, err := g.mls.Commit(tx, p)
	if err != nil {
		return nil, err
	}
	return &Outgoing{out.Message, out.Welcome}, nil
}

// Leave makes the message by which this device asks that a device of its own
// identity, itself for example, be taken out; others commit that. Who leaves
// with several devices asks once for each, itself last (see [Group.Devices]).
// It returns ErrLastAdmin if others would be left without an admin.
func (g *Group) Leave(tx mls.Tx, header [32]byte, d identity.DeviceID) ([]byte, error) {
	m, ok := g.Member(d)
	if !ok {
		return nil, fmt.Errorf("leave with %v: %w", d, ErrNotMember)
	}
	return g.mls.Propose(tx, &mls.Remove{Removed: m.Leaf}, header[:], false)
}

// MayLeave returns ErrLastAdmin if others would be left without an admin when this
// device's identity leaves: what Leave says, asked before anything is done. It is
// ErrNotMember of a device that has not joined.
func (g *Group) MayLeave() error {
	self := g.mls.Member(g.mls.Self())
	if self == nil {
		return fmt.Errorf("ask to leave: %w", ErrNotMember)
	}
	p, err := policyOf(g.mls.Extensions())
	if err != nil {
		return err
	}
	return mayLeave(g.mls.Members(), p, namesOf(self).identity)
}

// GroupInfo is what a device of a member needs to rejoin. It names all members
// and what they agreed on: seal it to that device.
func (g *Group) GroupInfo() ([]byte, error) { return g.mls.GroupInfo(true) }

// Delete removes all that the store has of the group.
func (g *Group) Delete(tx mls.Tx) error { return g.mls.Delete(tx) }

// Tag is a short name of the epoch's tree for logs: equal for members who agree.
func (g *Group) Tag() string {
	h := sha256.Sum256(g.mls.Transcript())
	return fmt.Sprintf("%x", h[:4])
}
