package identity

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// Sizes in bytes of the encoded forms, signatures included.
const (
	CertificateSize = certificateBody + 2*SignatureSize
	RequestSize     = certificateBody + SignatureSize
	RevocationSize  = revocationBody + SignatureSize

	certificateBody = 2 + 5*32 + 8
	revocationBody  = 2 + 2*32 + 8 + 16 + 8
)

// First two bytes of the encoded forms: what it is and its version.
const (
	certificateMark = "C\x01"
	revocationMark  = "R\x01"
)

// Certificate is the statement of an identity in one place that a device is
// its own: one key for each use. Encoded it has CertificateSize bytes:
//
//	'C' 0x01 ‖ Place ‖ Identity ‖ Transport ‖ Envelope ‖ MLS   (32 bytes each)
//	‖ Created (uint64 big-endian)
//	‖ proof (64): the envelope key's signature of all before, LabelProof
//	‖ signature (64): the identity key's signature of all before, LabelCertificate
//
// The proof shows that whoever asked for the certificate holds the envelope
// key. Without it a dishonest member could have somebody else's device
// certified as its own, and a dishonest host show that device's messages under
// the member's name. The MLS key proves itself in each leaf node, the transport
// key in each handshake.
type Certificate struct {
	Place     [32]byte  // the host's static key
	Identity  PublicKey // of the account in that place
	Transport [32]byte  // the device's X25519 static key; gives its DeviceID
	Envelope  PublicKey // signs open envelopes
	MLS       PublicKey // signs in sealed rooms
	Created   int64     // unix milliseconds, by the signer's clock
}

// Device returns the id of the certified device.
func (c Certificate) Device() DeviceID { return NewDeviceID(c.Transport) }

// check says why c may not be signed or accepted.
func (c Certificate) check() error {
	switch {
	case c.Place == [32]byte{}:
		return fmt.Errorf("%w: no place", ErrCertificate)
	case c.Identity.IsZero() || c.Envelope.IsZero() || c.MLS.IsZero():
		return fmt.Errorf("%w: a key is missing", ErrCertificate)
	case c.Identity.Equal(c.Envelope) || c.Identity.Equal(c.MLS) || c.Envelope.Equal(c.MLS):
		return fmt.Errorf("%w: one key has two uses", ErrCertificate)
	case !acceptableX25519(c.Transport):
		return fmt.Errorf("%w: the transport key is no X25519 public key", ErrCertificate)
	case c.Created <= 0 || c.Created > maxTime:
		return fmt.Errorf("%w: created at %d", ErrCertificate, c.Created)
	}
	return nil
}

// body returns the encoding without proof and signature.
func (c Certificate) body() []byte {
	b := make([]byte, 0, CertificateSize)
	b = append(b, certificateMark...)
	b = append(b, c.Place[:]...)
	b = append(b, c.Identity.b[:]...)
	b = append(b, c.Transport[:]...)
	b = append(b, c.Envelope.b[:]...)
	b = append(b, c.MLS.b[:]...)
	return binary.BigEndian.AppendUint64(b, uint64(c.Created))
}

// Prove returns the proof (64 bytes) that the device holds its envelope key.
// The device makes it and sends it with c to the one that holds the identity
// key, which calls Issue.
func (c Certificate) Prove(envelope PrivateKey) ([]byte, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if !envelope.Public().Equal(c.Envelope) {
		return nil, fmt.Errorf("%w: proof by another key than the envelope key", ErrCertificate)
	}
	return envelope.Sign(LabelProof, c.body()), nil
}

// Request returns what a new device sends to the one that holds the identity key
// (RequestSize bytes): c without signatures, and the proof. It is also what the
// two compare by pictures before the other calls Issue: it names all keys.
func (c Certificate) Request(envelope PrivateKey) ([]byte, error) {
	proof, err := c.Prove(envelope)
	if err != nil {
		return nil, err
	}
	return append(c.body(), proof...), nil
}

// ParseRequest reads what Request made, and checks the proof; every error is an
// ErrCertificate. The caller has the person compare, fills in nothing, and calls
// Issue with what it got. The result keeps no part of b.
func ParseRequest(b []byte) (c Certificate, proof []byte, err error) {
	if len(b) != RequestSize || !bytes.HasPrefix(b, []byte(certificateMark)) {
		return Certificate{}, nil, fmt.Errorf("%w: request of %d bytes or version", ErrCertificate, len(b))
	}
	if c, err = parseBody(b); err != nil {
		return Certificate{}, nil, err
	}
	proof = bytes.Clone(b[certificateBody:])
	if !c.Envelope.Verify(LabelProof, proof, b[:certificateBody]) {
		return Certificate{}, nil, fmt.Errorf("%w: wrong proof of the envelope key", ErrCertificate)
	}
	return c, proof, nil
}

// Issue returns the encoded certificate, signed by the identity key, for a
// device that sent this proof. The caller has asked the person first.
func (c Certificate) Issue(identity PrivateKey, proof []byte) ([]byte, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if !identity.Public().Equal(c.Identity) {
		return nil, fmt.Errorf("%w: signed by another key than the identity key", ErrCertificate)
	}
	b := c.body()
	if !c.Envelope.Verify(LabelProof, proof, b) {
		return nil, fmt.Errorf("%w: wrong proof of the envelope key", ErrCertificate)
	}
	b = append(b, proof...)
	return append(b, identity.Sign(LabelCertificate, b)...), nil
}

// Sign is Prove and Issue in one, for a device that holds both keys: the first
// device of an account. It returns the encoded certificate.
func (c Certificate) Sign(identity, envelope PrivateKey) ([]byte, error) {
	proof, err := c.Prove(envelope)
	if err != nil {
		return nil, err
	}
	return c.Issue(identity, proof)
}

// ParseCertificate decodes b and checks both signatures; every error is an
// ErrCertificate. It does not know whether the identity is the one that is
// pinned, the place this one, or the device revoked: the caller asks that. The
// result keeps no part of b, and its encoding is exactly b.
func ParseCertificate(b []byte) (Certificate, error) {
	if len(b) != CertificateSize || !bytes.HasPrefix(b, []byte(certificateMark)) {
		return Certificate{}, fmt.Errorf("%w: %d bytes or version", ErrCertificate, len(b))
	}
	c, err := parseBody(b)
	if err != nil {
		return Certificate{}, err
	}
	proved := certificateBody + SignatureSize
	if !c.Identity.Verify(LabelCertificate, b[proved:], b[:proved]) {
		return Certificate{}, fmt.Errorf("%w: wrong signature", ErrCertificate)
	}
	if !c.Envelope.Verify(LabelProof, b[certificateBody:proved], b[:certificateBody]) {
		return Certificate{}, fmt.Errorf("%w: wrong proof of the envelope key", ErrCertificate)
	}
	return c, nil
}

// parseBody reads the fields of a certificate, which b holds in full.
func parseBody(b []byte) (Certificate, error) {
	var c Certificate
	var err error
	f := b[len(certificateMark):]
	c.Place = [32]byte(f[:32])
	if c.Identity, err = NewPublicKey(f[32:64]); err != nil {
		return Certificate{}, fmt.Errorf("%w: identity key: %w", ErrCertificate, err)
	}
	c.Transport = [32]byte(f[64:96])
	if c.Envelope, err = NewPublicKey(f[96:128]); err != nil {
		return Certificate{}, fmt.Errorf("%w: envelope key: %w", ErrCertificate, err)
	}
	if c.MLS, err = NewPublicKey(f[128:160]); err != nil {
		return Certificate{}, fmt.Errorf("%w: mls key: %w", ErrCertificate, err)
	}
	c.Created = int64(binary.BigEndian.Uint64(f[160:168]))
	return c, c.check()
}

// CertificateNames reads from an encoded certificate whom it names: the identity
// and the device. It checks the length only and costs next to nothing, for those
// that have ParseCertificate's answer for the same bytes already and go through
// many of them. ok is false for bytes of another length or version.
func CertificateNames(b []byte) (identity [32]byte, device DeviceID, ok bool) {
	if len(b) != CertificateSize || !bytes.HasPrefix(b, []byte(certificateMark)) {
		return identity, device, false
	}
	f := b[len(certificateMark):]
	return [32]byte(f[32:64]), NewDeviceID([32]byte(f[64:96])), true
}

// Revocation is the statement of an identity that a device is its own no
// longer. Encoded it has RevocationSize bytes:
//
//	'R' 0x01 ‖ Place (32) ‖ Identity (32) ‖ Number (uint64 big-endian)
//	‖ Device (16) ‖ At (uint64 big-endian)
//	‖ signature (64): the identity key's signature of all before, LabelRevocation
type Revocation struct {
	Place    [32]byte
	Identity PublicKey
	Number   uint64 // 1 for the first of this identity in this place, then one more each
	Device   DeviceID
	At       int64 // unix milliseconds, by the signer's clock
}

// check says why r may not be signed or accepted.
func (r Revocation) check() error {
	switch {
	case r.Place == [32]byte{}:
		return fmt.Errorf("%w: no place", ErrRevocation)
	case r.Identity.IsZero():
		return fmt.Errorf("%w: no identity", ErrRevocation)
	case r.Number == 0 || r.Number > 1<<63-1: // stored as int64
		return fmt.Errorf("%w: number %d", ErrRevocation, r.Number)
	case r.Device.IsZero():
		return fmt.Errorf("%w: no device", ErrRevocation)
	case r.At <= 0 || r.At > maxTime:
		return fmt.Errorf("%w: at %d", ErrRevocation, r.At)
	}
	return nil
}

// Sign returns the encoded revocation, signed by the identity key.
func (r Revocation) Sign(identity PrivateKey) ([]byte, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	if !identity.Public().Equal(r.Identity) {
		return nil, fmt.Errorf("%w: signed by another key than the identity key", ErrRevocation)
	}
	b := make([]byte, 0, RevocationSize)
	b = append(b, revocationMark...)
	b = append(b, r.Place[:]...)
	b = append(b, r.Identity.b[:]...)
	b = binary.BigEndian.AppendUint64(b, r.Number)
	b = append(b, r.Device[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(r.At))
	return append(b, identity.Sign(LabelRevocation, b)...), nil
}

// ParseRevocation decodes b and checks the signature; every error is an
// ErrRevocation. The caller asks Follows whether it is the next one. The
// result keeps no part of b, and its encoding is exactly b.
func ParseRevocation(b []byte) (Revocation, error) {
	if len(b) != RevocationSize || !bytes.HasPrefix(b, []byte(revocationMark)) {
		return Revocation{}, fmt.Errorf("%w: %d bytes or version", ErrRevocation, len(b))
	}
	var r Revocation
	var err error
	f := b[len(revocationMark):]
	r.Place = [32]byte(f[:32])
	if r.Identity, err = NewPublicKey(f[32:64]); err != nil {
		return Revocation{}, fmt.Errorf("%w: identity key: %w", ErrRevocation, err)
	}
	r.Number = binary.BigEndian.Uint64(f[64:72])
	r.Device = DeviceID(f[72:88])
	r.At = int64(binary.BigEndian.Uint64(f[88:96]))
	if err := r.check(); err != nil {
		return Revocation{}, err
	}
	if !r.Identity.Verify(LabelRevocation, b[revocationBody:], b[:revocationBody]) {
		return Revocation{}, fmt.Errorf("%w: wrong signature", ErrRevocation)
	}
	return r, nil
}

// Follows says whether r is the next revocation after number last of the same
// identity in the same place (0: there was none). ErrRevocationGap means that
// a host keeps one back: the device in r is revoked all the same, and the
// caller asks again for those between.
func (r Revocation) Follows(last uint64) error {
	switch {
	case r.Number <= last:
		return ErrRevocationOld
	case r.Number > last+1:
		return ErrRevocationGap
	}
	return nil
}
