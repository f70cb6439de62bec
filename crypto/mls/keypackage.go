package mls

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// KeyPackage is what a client publishes so that others can add it to a group
// while it is away (RFC 9420, section 10).
type KeyPackage struct {
	Suite      CipherSuite
	InitKey    []byte
	Leaf       *LeafNode
	Extensions Extensions
	Signature  []byte
}

func readKeyPackage(r *reader) *KeyPackage {
	readVersion(r)
	return &KeyPackage{
		Suite:      CipherSuite(r.uint16()),
		InitKey:    r.opaque(),
		Leaf:       readLeafNode(r),
		Extensions: readExtensions(r),
		Signature:  r.opaque(),
	}
}

// appendUnsigned is KeyPackageTBS (RFC 9420, section 10).
func (k *KeyPackage) appendUnsigned(b []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, uint16(mls10))
	b = binary.BigEndian.AppendUint16(b, uint16(k.Suite))
	b = appendOpaque(b, k.InitKey)
	b = k.Leaf.append(b)
	return k.Extensions.append(b)
}

func (k *KeyPackage) append(b []byte) []byte {
	return appendOpaque(k.appendUnsigned(b), k.Signature)
}

// ParseKeyPackage reads an MLSMessage with a key package in it and verifies
// what can be verified without a group: both signatures and RFC 9420, section
// 10.1. It says nothing about whom the credential belongs to and does not look
// at the clock. It keeps no reference to b.
func ParseKeyPackage(b []byte) (*KeyPackage, error) {
	m, err := ParseMessage(b)
	if err != nil {
		return nil, err
	}
	if m.keyPackage == nil {
		return nil, fmt.Errorf("%w: not a key package", ErrMalformed)
	}
	s, err := newSuite(m.keyPackage.Suite)
	if err != nil {
		return nil, err
	}
	if err := m.keyPackage.check(s); err != nil {
		return nil, err
	}
	return m.keyPackage, nil
}

// Bytes encodes the key package as an MLSMessage.
func (k *KeyPackage) Bytes() []byte {
	return (&Message{format: wireKeyPackage, keyPackage: k}).append(nil)
}

// Ref is the KeyPackageRef that a Welcome names its receiver by (RFC 9420,
// section 5.2). It returns nil for a suite that this package does not have.
func (k *KeyPackage) Ref() []byte {
	s, err := newSuite(k.Suite)
	if err != nil {
		return nil
	}
	return k.ref(s)
}

func (k *KeyPackage) ref(s *suite) []byte {
	return s.refHash("MLS 1.0 KeyPackage Reference", k.append(nil))
}

// LastResort says whether the package may be used for several groups
// (draft-ietf-mls-extensions, extension last_resort).
func (k *KeyPackage) LastResort() bool {
	_, found := k.Extensions.Find(ExtLastResort)
	return found
}

// check is KeyPackage validation (RFC 9420, section 10.1) but for the parts of
// leaf validation that need the group.
func (k *KeyPackage) check(s *suite) error {
	switch {
	case k.Suite != s.id:
		return fmt.Errorf("%w: key package for another cipher suite", ErrInvalid)
	case k.Leaf.Source != LeafFromKeyPackage:
		return fmt.Errorf("%w: leaf of a key package has another source", ErrInvalid)
	case bytes.Equal(k.InitKey, k.Leaf.EncryptionKey):
		return fmt.Errorf("%w: init key is the encryption key", ErrInvalid)
	}
	for _, x := range k.Extensions {
		if !k.Leaf.Capabilities.hasExtension(x.Type) {
			return fmt.Errorf("%w: key package does not list its extension %#04x", ErrInvalid, uint16(x.Type))
		}
	}
	if err := k.Leaf.checkAlone(s); err != nil {
		return err
	}
	if err := s.checkEncryptionKey(k.InitKey); err != nil {
		return err
	}
	if err := s.checkEncryptionKey(k.Leaf.EncryptionKey); err != nil {
		return err
	}
	if err := k.Leaf.verify(s, nil, 0); err != nil {
		return err
	}
	return s.verify(k.Leaf.SignatureKey, "KeyPackageTBS", k.appendUnsigned(nil), k.Signature)
}
