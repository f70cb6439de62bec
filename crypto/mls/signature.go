package mls

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
)

// SigningKey is the private signature key of a client. It belongs to one cipher
// suite, prints as "[secret]" and is compared with Equal only.
type SigningKey struct {
	_      [0]func() // no ==
	suite  CipherSuite
	ed     ed25519.PrivateKey
	ec     *ecdsa.PrivateKey
	public []byte
}

// GenerateSigningKey makes a fresh key for a suite. It returns ErrUnsupported
// for a suite that this package does not have.
func GenerateSigningKey(id CipherSuite) (SigningKey, error) {
	s, err := newSuite(id)
	if err != nil {
		return SigningKey{}, err
	}
	if s.curve == nil {
		seed := make([]byte, ed25519.SeedSize)
		rand.Read(seed)
		return NewSigningKey(id, seed)
	}
	ec, err := ecdsa.GenerateKey(s.curve, rand.Reader)
	if err != nil {
		return SigningKey{}, fmt.Errorf("generate signing key: %w", err)
	}
	b, err := ec.Bytes()
	if err != nil {
		return SigningKey{}, fmt.Errorf("generate signing key: %w", err)
	}
	return NewSigningKey(id, b)
}

// NewSigningKey reads what [SigningKey.Bytes] returned: the 32-byte seed of
// Ed25519 (RFC 8032) or the scalar of ECDSA, big-endian and of full length. It
// keeps no reference to b.
func NewSigningKey(id CipherSuite, b []byte) (SigningKey, error) {
	s, err := newSuite(id)
	if err != nil {
		return SigningKey{}, err
	}
	if s.curve == nil {
		if len(b) != ed25519.SeedSize {
			return SigningKey{}, fmt.Errorf("signing key: %d bytes, not %d", len(b), ed25519.SeedSize)
		}
		ed := ed25519.NewKeyFromSeed(b)
		return SigningKey{suite: id, ed: ed, public: ed[ed25519.SeedSize:]}, nil
	}
	ec, err := ecdsa.ParseRawPrivateKey(s.curve, b)
	if err != nil {
		return SigningKey{}, errors.New("signing key: not a scalar of the curve")
	}
	public, err := ec.PublicKey.Bytes()
	if err != nil {
		return SigningKey{}, fmt.Errorf("signing key: %w", err)
	}
	return SigningKey{suite: id, ec: ec, public: public}, nil
}

// Suite returns the suite that the key was made for.
func (k SigningKey) Suite() CipherSuite { return k.suite }

// Public returns the public key as it stands in leaf nodes (RFC 9420, section
// 5.1.1). The caller must not change it.
func (k SigningKey) Public() []byte { return k.public }

// Bytes returns the private key for storing. It is the secret itself.
func (k SigningKey) Bytes() []byte {
	if k.ed != nil {
		return k.ed.Seed()
	}
	if k.ec == nil {
		return nil
	}
	b, err := k.ec.Bytes()
	if err != nil {
		return nil // not reached: the key came from ParseRawPrivateKey
	}
	return b
}

// Equal compares two keys in constant time.
func (k SigningKey) Equal(other SigningKey) bool {
	return k.suite == other.suite && subtle.ConstantTimeCompare(k.Bytes(), other.Bytes()) == 1
}

// String, GoString and LogValue keep the key out of texts and logs.
func (SigningKey) String() string       { return "[secret]" }
func (SigningKey) GoString() string     { return "[secret]" }
func (SigningKey) LogValue() slog.Value { return slog.StringValue("[secret]") }

// signContent is SignContent (RFC 9420, section 5.1.2).
func signContent(label string, content []byte) []byte {
	b := make([]byte, 0, len(labelPrefix)+len(label)+len(content)+8)
	return appendOpaque(appendOpaque(b, labelPrefix+label), content)
}

// sign is SignWithLabel (RFC 9420, section 5.1.2).
func (k SigningKey) sign(label string, content []byte) ([]byte, error) {
	msg := signContent(label, content)
	if k.ed != nil {
		return ed25519.Sign(k.ed, msg), nil
	}
	if k.ec == nil {
		return nil, errors.New("signing key is empty")
	}
	sig, err := ecdsa.SignASN1(rand.Reader, k.ec, ecdsaDigest(k.ec.Curve, msg))
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	return sig, nil
}

// verify is VerifyWithLabel (RFC 9420, section 5.1.2).
func (s *suite) verify(public []byte, label string, content, signature []byte) error {
	msg := signContent(label, content)
	if s.curve == nil {
		if len(public) != ed25519.PublicKeySize || !ed25519.Verify(public, msg, signature) {
			return fmt.Errorf("%w: signature %s", ErrInvalid, label)
		}
		return nil
	}
	pk, err := ecdsa.ParseUncompressedPublicKey(s.curve, public)
	if err != nil {
		return fmt.Errorf("%w: signature key: %v", ErrInvalid, err)
	}
	if !ecdsa.VerifyASN1(pk, ecdsaDigest(s.curve, msg), signature) {
		return fmt.Errorf("%w: signature %s", ErrInvalid, label)
	}
	return nil
}

// checkSignatureKey refuses a key that no signature could be checked with.
func (s *suite) checkSignatureKey(public []byte) error {
	if s.curve == nil {
		if len(public) != ed25519.PublicKeySize {
			return fmt.Errorf("%w: signature key has %d bytes", ErrInvalid, len(public))
		}
		return nil
	}
	if _, err := ecdsa.ParseUncompressedPublicKey(s.curve, public); err != nil {
		return fmt.Errorf("%w: signature key: %v", ErrInvalid, err)
	}
	return nil
}

// ecdsaDigest hashes with the hash that belongs to the curve in the suites of
// RFC 9420, section 17.1.
func ecdsaDigest(c elliptic.Curve, msg []byte) []byte {
	switch c {
	case elliptic.P256():
		d := sha256.Sum256(msg)
		return d[:]
	case elliptic.P384():
		d := sha512.Sum384(msg)
		return d[:]
	default:
		d := sha512.Sum512(msg)
		return d[:]
	}
}
