package mls

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
)

// ProtocolVersion is mls10 for RFC 9420.
type ProtocolVersion uint16

// mls10 is the only version there is (RFC 9420, section 6).
const mls10 ProtocolVersion = 1

// readVersion reads a version and refuses others than mls10.
func readVersion(r *reader) ProtocolVersion {
	v := ProtocolVersion(r.uint16())
	if r.err == nil && v != mls10 {
		r.unsupported("protocol version", uint16(v))
	}
	return v
}

// CredentialType says what a [Credential] holds (RFC 9420, section 5.3).
type CredentialType uint16

// The credential types of RFC 9420, section 17.5.
const (
	BasicCredential CredentialType = 1
	X509Credential  CredentialType = 2
)

// Credential ties a signature key to identities. This package carries it and
// compares it; what it means is for the Policy of the application to say.
type Credential struct {
	Type         CredentialType
	Identity     []byte   // of BasicCredential
	Certificates [][]byte // DER chain of X509Credential, end entity first
}

// Equal says whether both are the same bytes.
func (c Credential) Equal(o Credential) bool {
	return c.Type == o.Type && bytes.Equal(c.Identity, o.Identity) &&
		slices.EqualFunc(c.Certificates, o.Certificates, bytes.Equal)
}

func readCredential(r *reader) Credential {
	c := Credential{Type: CredentialType(r.uint16())}
	switch {
	case r.err != nil:
	case c.Type == BasicCredential:
		c.Identity = r.opaque()
	case c.Type == X509Credential:
		c.Certificates = readVector(r, maxCertificates, (*reader).opaque)
	default:
		r.unsupported("credential type", uint16(c.Type))
	}
	return c
}

func (c Credential) append(b []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, uint16(c.Type))
	if c.Type == BasicCredential {
		return appendOpaque(b, c.Identity)
	}
	return appendVector(b, func(b []byte) []byte {
		for _, cert := range c.Certificates {
			b = appendOpaque(b, cert)
		}
		return b
	})
}

// ExtensionType names an extension (RFC 9420, section 17.3).
type ExtensionType uint16

// The extension types of RFC 9420, section 17.3, and of
// draft-ietf-mls-extensions for the last one.
const (
	ExtApplicationID        ExtensionType = 1
	ExtRatchetTree          ExtensionType = 2
	ExtRequiredCapabilities ExtensionType = 3
	ExtExternalPub          ExtensionType = 4
	ExtExternalSenders      ExtensionType = 5
	ExtLastResort           ExtensionType = 10
)

// isDefault says whether every client has the extension, so that it must not be
// listed in capabilities (RFC 9420, section 7.2).
func (t ExtensionType) isDefault() bool { return t >= ExtApplicationID && t <= ExtExternalSenders }

// Extension is one typed parameter (RFC 9420, section 7.2).
type Extension struct {
	Type ExtensionType
	Data []byte
}

// Extensions is a list of extensions, no type twice (RFC 9420, section 13.4).
type Extensions []Extension

// Find returns the data of the extension of a type and whether it is there.
func (e Extensions) Find(t ExtensionType) ([]byte, bool) {
	for _, x := range e {
		if x.Type == t {
			return x.Data, true
		}
	}
	return nil, false
}

// Equal says whether both lists are the same, order included.
func (e Extensions) Equal(o Extensions) bool {
	return slices.EqualFunc(e, o, func(a, b Extension) bool { return a.Type == b.Type && bytes.Equal(a.Data, b.Data) })
}

func readExtensions(r *reader) Extensions {
	all := Extensions(readVector(r, maxExtensions, func(r *reader) Extension {
		return Extension{Type: ExtensionType(r.uint16()), Data: r.opaque()}
	}))
	if err := all.check(); err != nil && r.err == nil {
		r.fail("an extension type twice")
	}
	return all
}

// check refuses a list with one type twice (RFC 9420, section 13.4).
func (e Extensions) check() error {
	for i, x := range e {
		if _, found := e[:i].Find(x.Type); found {
			return fmt.Errorf("%w: extension %#04x twice", ErrMalformed, uint16(x.Type))
		}
	}
	return nil
}

func (e Extensions) append(b []byte) []byte {
	return appendVector(b, func(b []byte) []byte {
		for _, x := range e {
			b = appendOpaque(binary.BigEndian.AppendUint16(b, uint16(x.Type)), x.Data)
		}
		return b
	})
}

// Capabilities lists what a client can do beyond the defaults of RFC 9420,
// section 7.2. Unknown values are kept and ignored.
type Capabilities struct {
	Versions    []ProtocolVersion
	Suites      []CipherSuite
	Extensions  []ExtensionType
	Proposals   []ProposalType
	Credentials []CredentialType
}

func readCapabilities(r *reader) Capabilities {
	return Capabilities{
		Versions:    readUint16s[ProtocolVersion](r),
		Suites:      readUint16s[CipherSuite](r),
		Extensions:  readUint16s[ExtensionType](r),
		Proposals:   readUint16s[ProposalType](r),
		Credentials: readUint16s[CredentialType](r),
	}
}

func (c Capabilities) append(b []byte) []byte {
	b = appendUint16s(b, c.Versions)
	b = appendUint16s(b, c.Suites)
	b = appendUint16s(b, c.Extensions)
	b = appendUint16s(b, c.Proposals)
	return appendUint16s(b, c.Credentials)
}

// hasExtension says whether the client has an extension, defaults included.
func (c Capabilities) hasExtension(t ExtensionType) bool {
	return t.isDefault() || slices.Contains(c.Extensions, t)
}

// hasProposal says whether the client has a proposal, defaults included.
func (c Capabilities) hasProposal(t ProposalType) bool {
	return t.isDefault() || slices.Contains(c.Proposals, t)
}

// requiredCapabilities is RequiredCapabilities (RFC 9420, section 11.1).
type requiredCapabilities struct {
	extensions  []ExtensionType
	proposals   []ProposalType
	credentials []CredentialType
}

func readRequiredCapabilities(r *reader) requiredCapabilities {
	return requiredCapabilities{
		extensions:  readUint16s[ExtensionType](r),
		proposals:   readUint16s[ProposalType](r),
		credentials: readUint16s[CredentialType](r),
	}
}

// RequireCapabilities makes the extension that lets only clients with these
// features into a group (RFC 9420, section 11.1).
func RequireCapabilities(e []ExtensionType, p []ProposalType, c []CredentialType) Extension {
	return Extension{ExtRequiredCapabilities, appendUint16s(appendUint16s(appendUint16s(nil, e), p), c)}
}

// LeafSource says how a leaf node came into the tree (RFC 9420, section 7.2).
type LeafSource uint8

// The sources of RFC 9420, section 7.2.
const (
	LeafFromKeyPackage LeafSource = 1
	LeafFromUpdate     LeafSource = 2
	LeafFromCommit     LeafSource = 3
)

// LeafNode is what the tree says about one member (RFC 9420, section 7.2). Leaf
// nodes are shared between epochs and must not be changed.
type LeafNode struct {
	EncryptionKey []byte
	SignatureKey  []byte
	Credential    Credential
	Capabilities  Capabilities
	Source        LeafSource
	NotBefore     uint64 // Unix seconds; only LeafFromKeyPackage
	NotAfter      uint64 // Unix seconds; only LeafFromKeyPackage
	ParentHash    []byte // only LeafFromCommit
	Extensions    Extensions
	Signature     []byte
}

func readLeafNode(r *reader) *LeafNode {
	l := &LeafNode{
		EncryptionKey: r.opaque(),
		SignatureKey:  r.opaque(),
		Credential:    readCredential(r),
		Capabilities:  readCapabilities(r),
		Source:        LeafSource(r.uint8()),
	}
	switch {
	case r.err != nil:
	case l.Source == LeafFromKeyPackage:
		l.NotBefore, l.NotAfter = r.uint64(), r.uint64()
	case l.Source == LeafFromUpdate:
	case l.Source == LeafFromCommit:
		l.ParentHash = r.opaque()
	default:
		r.fail("leaf node source")
	}
	l.Extensions = readExtensions(r)
	l.Signature = r.opaque()
	return l
}

// appendUnsigned writes the fields above the signature.
func (l *LeafNode) appendUnsigned(b []byte) []byte {
	b = appendOpaque(b, l.EncryptionKey)
	b = appendOpaque(b, l.SignatureKey)
	b = l.Credential.append(b)
	b = l.Capabilities.append(b)
	b = append(b, byte(l.Source))
	switch l.Source {
	case LeafFromKeyPackage:
		b = binary.BigEndian.AppendUint64(b, l.NotBefore)
		b = binary.BigEndian.AppendUint64(b, l.NotAfter)
	case LeafFromCommit:
		b = appendOpaque(b, l.ParentHash)
	}
	return l.Extensions.append(b)
}

func (l *LeafNode) append(b []byte) []byte {
	return appendOpaque(l.appendUnsigned(b), l.Signature)
}

// toBeSigned is LeafNodeTBS (RFC 9420, section 7.2).
func (l *LeafNode) toBeSigned(groupID []byte, i LeafIndex) []byte {
	b := l.appendUnsigned(nil)
	if l.Source != LeafFromKeyPackage {
		b = appendOpaque(b, groupID)
		b = binary.BigEndian.AppendUint32(b, uint32(i))
	}
	return b
}

// sign fills in the signature. Group and index count only for leaves that are
// made inside of a group.
func (l *LeafNode) sign(key SigningKey, groupID []byte, i LeafIndex) error {
	var err error
	l.Signature, err = key.sign("LeafNodeTBS", l.toBeSigned(groupID, i))
	return err
}

// verify checks the signature of a leaf.
func (l *LeafNode) verify(s *suite, groupID []byte, i LeafIndex) error {
	return s.verify(l.SignatureKey, "LeafNodeTBS", l.toBeSigned(groupID, i), l.Signature)
}

// equal says whether both leaves encode to the same bytes.
func (l *LeafNode) equal(o *LeafNode) bool {
	return l == o || bytes.Equal(l.EncryptionKey, o.EncryptionKey) && bytes.Equal(l.append(nil), o.append(nil))
}

// checkAlone verifies what can be said of a leaf without its group: keys,
// credential and extensions that its own capabilities list, the suite, and the
// version (RFC 9420, sections 7.2 and 7.3).
func (l *LeafNode) checkAlone(s *suite) error {
	switch {
	case !slices.Contains(l.Capabilities.Versions, mls10):
		return fmt.Errorf("%w: leaf does not list its protocol version", ErrInvalid)
	case !slices.Contains(l.Capabilities.Suites, s.id):
		return fmt.Errorf("%w: leaf does not list the cipher suite", ErrInvalid)
	case !slices.Contains(l.Capabilities.Credentials, l.Credential.Type):
		return fmt.Errorf("%w: leaf does not list its credential type", ErrInvalid)
	}
	for _, x := range l.Extensions {
		if !l.Capabilities.hasExtension(x.Type) {
			return fmt.Errorf("%w: leaf does not list its extension %#04x", ErrInvalid, uint16(x.Type))
		}
	}
	return s.checkSignatureKey(l.SignatureKey)
}

// checkGroup verifies that a leaf fits the extensions of its group (RFC 9420,
// sections 7.3, 11.1 and 13.4).
func (l *LeafNode) checkGroup(groupExtensions Extensions) error {
	for _, x := range groupExtensions {
		if !l.Capabilities.hasExtension(x.Type) {
			return fmt.Errorf("%w: member without group extension %#04x", ErrInvalid, uint16(x.Type))
		}
	}
	data, found := groupExtensions.Find(ExtRequiredCapabilities)
	if !found {
		return nil
	}
	required, err := decode(data, readRequiredCapabilities)
	if err != nil {
		return fmt.Errorf("required capabilities: %w", err)
	}
	for _, t := range required.extensions {
		if !l.Capabilities.hasExtension(t) {
			return fmt.Errorf("%w: member without required extension %#04x", ErrInvalid, uint16(t))
		}
	}
	for _, t := range required.proposals {
		if !l.Capabilities.hasProposal(t) {
			return fmt.Errorf("%w: member without required proposal %#04x", ErrInvalid, uint16(t))
		}
	}
	for _, t := range required.credentials {
		if !slices.Contains(l.Capabilities.Credentials, t) {
			return fmt.Errorf("%w: member without required credential %#04x", ErrInvalid, uint16(t))
		}
	}
	return nil
}
