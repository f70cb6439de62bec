package identity

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"log/slog"
	"strings"

	"filippo.io/edwards25519"
)

// Sizes in bytes (RFC 8032, section 5.1).
const (
	PublicKeySize  = ed25519.PublicKeySize
	PrivateKeySize = ed25519.SeedSize
	SignatureSize  = ed25519.SignatureSize
)

// publicPrefix begins the text form of a public key and says what it is.
const publicPrefix = "ed25519-public:"

// PublicKey is an Ed25519 public key that passed NewPublicKey. Its zero value
// verifies nothing. It cannot be compared with ==; use Equal, and Array for
// the key of a map.
type PublicKey struct {
	_ [0]func() // makes == a compile error
	b [PublicKeySize]byte
}

// NewPublicKey takes the 32 bytes of RFC 8032, section 5.1.5. It refuses with
// ErrKey what is no point, what is a second encoding of a point, and points of
// small order. crypto/ed25519 accepts all three at verification: under a key
// of small order one signature fits any message, so that everybody could sign
// as that identity; and an identity with two encodings could be pinned twice.
func NewPublicKey(b []byte) (PublicKey, error) {
	if len(b) != PublicKeySize {
		return PublicKey{}, fmt.Errorf("%w: %d bytes, want %d", ErrKey, len(b), PublicKeySize)
	}
	p, err := new(edwards25519.Point).SetBytes(b)
	if err != nil {
		return PublicKey{}, fmt.Errorf("%w: not a point of the curve", ErrKey)
	}
	if subtle.ConstantTimeCompare(p.Bytes(), b) != 1 {
		return PublicKey{}, fmt.Errorf("%w: not the canonical encoding", ErrKey)
	}
	if new(edwards25519.Point).MultByCofactor(p).Equal(edwards25519.NewIdentityPoint()) == 1 {
		return PublicKey{}, fmt.Errorf("%w: point of small order", ErrKey)
	}
	return PublicKey{b: [PublicKeySize]byte(b)}, nil
}

// Bytes returns a copy of the 32 bytes.
func (k PublicKey) Bytes() []byte { return k.b[:] }

// Array returns the 32 bytes as an array, for map keys and columns.
func (k PublicKey) Array() [PublicKeySize]byte { return k.b }

// IsZero reports whether k was never set.
func (k PublicKey) IsZero() bool { return k.b == [PublicKeySize]byte{} }

// Equal reports, in constant time, whether both are the same key.
func (k PublicKey) Equal(other PublicKey) bool {
	return subtle.ConstantTimeCompare(k.b[:], other.b[:]) == 1
}

// Verify reports whether sig is this key's signature of exactly this label and
// these parts (see PrivateKey.Sign). The zero key verifies nothing.
func (k PublicKey) Verify(label string, sig []byte, parts ...[]byte) bool {
	if k.IsZero() || len(sig) != SignatureSize {
		return false
	}
	return ed25519.Verify(k.b[:], signed(label, parts), sig)
}

// String returns the key with a prefix that says what it is.
func (k PublicKey) String() string {
	return publicPrefix + base64.RawURLEncoding.EncodeToString(k.b[:])
}

// MarshalText returns the key with a prefix that says what it is.
func (k PublicKey) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText accepts what MarshalText returns and nothing else, by the
// rules of NewPublicKey.
func (k *PublicKey) UnmarshalText(text []byte) error {
	body, ok := strings.CutPrefix(string(text), publicPrefix)
	if !ok {
		return fmt.Errorf("%w: text does not begin with %q", ErrKey, publicPrefix)
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(body)
	// Go's decoder skips line breaks; only one text may stand for a key.
	if err != nil || strings.ContainsAny(body, "\r\n") {
		return fmt.Errorf("%w: text is not base64url", ErrKey)
	}
	return k.UnmarshalBinary(b)
}

// MarshalBinary returns the 32 bytes. CBOR encoders use it.
func (k PublicKey) MarshalBinary() ([]byte, error) { return k.Bytes(), nil }

// UnmarshalBinary takes 32 bytes by the rules of NewPublicKey.
func (k *PublicKey) UnmarshalBinary(b []byte) error {
	p, err := NewPublicKey(b)
	if err != nil {
		return err
	}
	*k = p
	return nil
}

// PrivateKey is an Ed25519 private key. It prints as "[secret]" everywhere and
// has no text form. Its zero value is no key: using it to sign panics.
type PrivateKey struct {
	_    [0]func() // makes == a compile error
	key  ed25519.PrivateKey
	seed [PrivateKeySize]byte
}

// GenerateKey makes a key from crypto/rand.
func GenerateKey() (PrivateKey, error) {
	var seed [PrivateKeySize]byte
	if _, err := rand.Read(seed[:]); err != nil {
		return PrivateKey{}, fmt.Errorf("make signing key: %w", err)
	}
	return NewPrivateKey(seed[:])
}

// NewPrivateKey takes the 32-byte seed that Bytes returned; it copies it.
func NewPrivateKey(seed []byte) (PrivateKey, error) {
	if len(seed) != PrivateKeySize {
		return PrivateKey{}, fmt.Errorf("%w: %d bytes, want %d", ErrKey, len(seed), PrivateKeySize)
	}
	return PrivateKey{key: ed25519.NewKeyFromSeed(seed), seed: [PrivateKeySize]byte(seed)}, nil
}

// Bytes returns a copy of the secret 32-byte seed, for an encrypted store.
func (k PrivateKey) Bytes() []byte { return k.seed[:] }

// IsZero reports whether k was never set.
func (k PrivateKey) IsZero() bool { return k.key == nil }

// Equal reports, in constant time, whether both are the same key.
func (k PrivateKey) Equal(other PrivateKey) bool {
	return k.IsZero() == other.IsZero() && subtle.ConstantTimeCompare(k.seed[:], other.seed[:]) == 1
}

// Public returns the public half.
func (k PrivateKey) Public() PublicKey {
	if k.IsZero() {
		return PublicKey{}
	}
	return PublicKey{b: [PublicKeySize]byte(k.key[PrivateKeySize:])}
}

// Sign returns the Ed25519 signature (64 bytes) of label and parts, in order:
//
//	uint8 length of label ‖ label ‖ for each part: uint32 big-endian length ‖ part
//
// Each length is written before its bytes, so that no two different lists of
// label and parts are signed as the same bytes. The label says what kind of
// thing is signed; it begins with "snug/1 " (which no MLS signature content
// does, RFC 9420, section 5.1.2) and is a constant of the caller. A label that
// is not so, a part of 4 GiB and a zero key are bugs of ours and panic.
func (k PrivateKey) Sign(label string, parts ...[]byte) []byte {
	if k.IsZero() {
		panic("identity: signing with a zero key")
	}
	return ed25519.Sign(k.key, signed(label, parts))
}

// signed returns the bytes that Sign documents.
func signed(label string, parts [][]byte) []byte {
	if !strings.HasPrefix(label, "snug/1 ") || len(label) > 255 {
		panic("identity: bad signature label " + label)
	}
	n := 1 + len(label)
	for _, p := range parts {
		if uint64(len(p)) > 1<<32-1 {
			panic("identity: signed part is too long")
		}
		n += 4 + len(p)
	}
	b := make([]byte, 0, n)
	b = append(b, byte(len(label)))
	b = append(b, label...)
	for _, p := range parts {
		b = binary.BigEndian.AppendUint32(b, uint32(len(p)))
		b = append(b, p...)
	}
	return b
}

// String returns "[secret]".
func (k PrivateKey) String() string { return "[secret]" }

// Format prints "[secret]" for every verb, %#v and %x included.
func (k PrivateKey) Format(s fmt.State, _ rune) { fmt.Fprint(s, "[secret]") }

// LogValue keeps the key out of logs.
func (k PrivateKey) LogValue() slog.Value { return slog.StringValue("[secret]") }

// MarshalText refuses: a private key has no text form.
func (k PrivateKey) MarshalText() ([]byte, error) {
	return nil, fmt.Errorf("%w: a private key has no text form", ErrKey)
}
