package mls

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// ProposalType names a kind of proposal (RFC 9420, section 17.4).
type ProposalType uint16

// The proposal types of RFC 9420, section 17.4.
const (
	ProposalAdd                    ProposalType = 1
	ProposalUpdate                 ProposalType = 2
	ProposalRemove                 ProposalType = 3
	ProposalPSK                    ProposalType = 4
	ProposalReInit                 ProposalType = 5
	ProposalExternalInit           ProposalType = 6
	ProposalGroupContextExtensions ProposalType = 7
)

// isDefault says whether every client has the proposal (RFC 9420, section 7.2).
func (t ProposalType) isDefault() bool {
	return t >= ProposalAdd && t <= ProposalGroupContextExtensions
}

// needsPath says whether a commit with such a proposal must carry new keys of
// its sender (RFC 9420, section 12.4).
func (t ProposalType) needsPath() bool {
	return t != ProposalAdd && t != ProposalPSK && t != ProposalReInit
}

// Proposal is one change that somebody asks for (RFC 9420, section 12.1): one of
// *Add, *Update, *Remove, *PreSharedKey, *ReInit, *ExternalInit and
// *GroupContextExtensions.
type Proposal interface {
	Type() ProposalType
	appendBody(b []byte) []byte
}

// Add asks to let a client in (RFC 9420, section 12.1.1).
type Add struct{ KeyPackage *KeyPackage }

// Update asks to replace the leaf of its sender (RFC 9420, section 12.1.2).
type Update struct{ Leaf *LeafNode }

// Remove asks to take a member out (RFC 9420, section 12.1.3).
type Remove struct{ Removed LeafIndex }

// PreSharedKey asks to mix a pre-shared key into the next epoch (RFC 9420,
// section 12.1.4).
type PreSharedKey struct{ ID PSKID }

// ReInit asks to end the group in favour of a new one (RFC 9420, section
// 12.1.5). It is read and, once committed, closes the group; this package does
// not create the new one.
type ReInit struct {
	GroupID    []byte
	Version    ProtocolVersion
	Suite      CipherSuite
	Extensions Extensions
}

// ExternalInit carries the init secret of an external commit (RFC 9420, section
// 12.1.6).
type ExternalInit struct{ KEMOutput []byte }

// GroupContextExtensions asks to replace all extensions of the group (RFC 9420,
// section 12.1.7).
type GroupContextExtensions struct{ Extensions Extensions }

// Type returns ProposalAdd.
func (*Add) Type() ProposalType { return ProposalAdd }

// Type returns ProposalUpdate.
func (*Update) Type() ProposalType { return ProposalUpdate }

// Type returns ProposalRemove.
func (*Remove) Type() ProposalType { return ProposalRemove }

// Type returns ProposalPSK.
func (*PreSharedKey) Type() ProposalType { return ProposalPSK }

// Type returns ProposalReInit.
func (*ReInit) Type() ProposalType { return ProposalReInit }

// Type returns ProposalExternalInit.
func (*ExternalInit) Type() ProposalType { return ProposalExternalInit }

// Type returns ProposalGroupContextExtensions.
func (*GroupContextExtensions) Type() ProposalType { return ProposalGroupContextExtensions }

func (p *Add) appendBody(b []byte) []byte    { return p.KeyPackage.append(b) }
func (p *Update) appendBody(b []byte) []byte { return p.Leaf.append(b) }

func (p *Remove) appendBody(b []byte) []byte {
	return binary.BigEndian.AppendUint32(b, uint32(p.Removed))
}

func (p *PreSharedKey) appendBody(b []byte) []byte { return p.ID.append(b) }

func (p *ReInit) appendBody(b []byte) []byte {
	b = appendOpaque(b, p.GroupID)
	b = binary.BigEndian.AppendUint16(b, uint16(p.Version))
	b = binary.BigEndian.AppendUint16(b, uint16(p.Suite))
	return p.Extensions.append(b)
}

func (p *ExternalInit) appendBody(b []byte) []byte { return appendOpaque(b, p.KEMOutput) }

func (p *GroupContextExtensions) appendBody(b []byte) []byte { return p.Extensions.append(b) }

func readAdd(r *reader) *Add       { return &Add{readKeyPackage(r)} }
func readUpdate(r *reader) *Update { return &Update{readLeafNode(r)} }
func readRemove(r *reader) *Remove { return &Remove{LeafIndex(r.uint32())} }

func readPreSharedKey(r *reader) *PreSharedKey { return &PreSharedKey{readPSKID(r)} }

func readReInit(r *reader) *ReInit {
	return &ReInit{
		GroupID: r.opaque(), Version: ProtocolVersion(r.uint16()),
		Suite: CipherSuite(r.uint16()), Extensions: readExtensions(r),
	}
}

func readExternalInit(r *reader) *ExternalInit { return &ExternalInit{r.opaque()} }

func readGroupContextExtensions(r *reader) *GroupContextExtensions {
	return &GroupContextExtensions{readExtensions(r)}
}

// readProposal reads Proposal (RFC 9420, section 12.1). An unknown type has no
// length and so cannot be skipped: it is ErrUnsupported. It returns nil only
// together with an error.
func readProposal(r *reader) Proposal {
	t := ProposalType(r.uint16())
	if r.err != nil {
		return nil
	}
	switch t {
	case ProposalAdd:
		return readAdd(r)
	case ProposalUpdate:
		return readUpdate(r)
	case ProposalRemove:
		return readRemove(r)
	case ProposalPSK:
		return readPreSharedKey(r)
	case ProposalReInit:
		return readReInit(r)
	case ProposalExternalInit:
		return readExternalInit(r)
	case ProposalGroupContextExtensions:
		return readGroupContextExtensions(r)
	}
	r.unsupported("proposal type", uint16(t))
	return nil
}

func appendProposal(b []byte, p Proposal) []byte {
	return p.appendBody(binary.BigEndian.AppendUint16(b, uint16(p.Type())))
}

// PSKUsage says what a resumption secret is used for (RFC 9420, section 8.4).
type PSKUsage uint8

// The usages of RFC 9420, section 8.4.
const (
	PSKForApplication PSKUsage = 1
	PSKForReInit      PSKUsage = 2
	PSKForBranch      PSKUsage = 3
)

// PSKID is PreSharedKeyID (RFC 9420, section 8.4): an external key if Usage is
// zero, else the resumption secret of an epoch of a group.
type PSKID struct {
	External []byte
	Usage    PSKUsage
	GroupID  []byte
	Epoch    uint64
	Nonce    []byte
}

// The PSK types of RFC 9420, section 8.4.
const (
	pskExternal   = 1
	pskResumption = 2
)

func readPSKID(r *reader) PSKID {
	var id PSKID
	switch r.uint8() {
	case pskExternal:
		id.External = r.opaque()
	case pskResumption:
		id.Usage = PSKUsage(r.uint8())
		if r.err == nil && (id.Usage < PSKForApplication || id.Usage > PSKForBranch) {
			r.fail("usage of a resumption secret")
		}
		id.GroupID = r.opaque()
		id.Epoch = r.uint64()
	default:
		r.fail("type of a pre-shared key")
	}
	id.Nonce = r.opaque()
	return id
}

func (id PSKID) append(b []byte) []byte {
	if id.Usage == 0 {
		b = appendOpaque(append(b, pskExternal), id.External)
	} else {
		b = appendOpaque(append(b, pskResumption, byte(id.Usage)), id.GroupID)
		b = binary.BigEndian.AppendUint64(b, id.Epoch)
	}
	return appendOpaque(b, id.Nonce)
}

func (id PSKID) equal(o PSKID) bool { return bytes.Equal(id.append(nil), o.append(nil)) }

// proposalOrRef is ProposalOrRef (RFC 9420, section 12.4): by value if proposal
// is set, else by reference.
type proposalOrRef struct {
	proposal Proposal
	ref      []byte
}

func readProposalOrRef(r *reader) proposalOrRef {
	switch r.uint8() {
	case 1:
		return proposalOrRef{proposal: readProposal(r)}
	case 2:
		return proposalOrRef{ref: r.opaque()}
	}
	r.fail("neither a proposal nor a reference")
	return proposalOrRef{}
}

func (p proposalOrRef) append(b []byte) []byte {
	if p.proposal != nil {
		return appendProposal(append(b, 1), p.proposal)
	}
	return appendOpaque(append(b, 2), p.ref)
}

// updatePathNode is UpdatePathNode (RFC 9420, section 7.6).
type updatePathNode struct {
	encryptionKey []byte
	secrets       []hpkeCiphertext
}

// updatePath is UpdatePath (RFC 9420, section 7.6).
type updatePath struct {
	leaf  *LeafNode
	nodes []updatePathNode
}

func readUpdatePath(r *reader) *updatePath {
	return &updatePath{
		leaf: readLeafNode(r),
		nodes: readVector(r, maxPathNodes, func(r *reader) updatePathNode {
			return updatePathNode{r.opaque(), readVector(r, MaxMembers, readHPKECiphertext)}
		}),
	}
}

func (p *updatePath) append(b []byte) []byte {
	b = p.leaf.append(b)
	return appendVector(b, func(b []byte) []byte {
		for _, n := range p.nodes {
			b = appendOpaque(b, n.encryptionKey)
			b = appendVector(b, func(b []byte) []byte {
				for _, c := range n.secrets {
					b = c.append(b)
				}
				return b
			})
		}
		return b
	})
}

// commit is Commit (RFC 9420, section 12.4).
type commit struct {
	proposals []proposalOrRef
	path      *updatePath
}

func readCommit(r *reader) *commit {
	c := &commit{proposals: readVector(r, MaxProposals, readProposalOrRef)}
	if r.optional() {
		c.path = readUpdatePath(r)
	}
	return c
}

func (c *commit) append(b []byte) []byte {
	b = appendVector(b, func(b []byte) []byte {
		for _, p := range c.proposals {
			b = p.append(b)
		}
		return b
	})
	b = appendOptional(b, c.path != nil)
	if c.path != nil {
		b = c.path.append(b)
	}
	return b
}

// String names the type for errors.
func (t ProposalType) String() string {
	names := [...]string{"", "add", "update", "remove", "psk", "reinit", "external_init", "group_context_extensions"}
	if t.isDefault() {
		return names[t]
	}
	return fmt.Sprintf("proposal %#04x", uint16(t))
}
