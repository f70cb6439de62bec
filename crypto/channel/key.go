package channel

import (
	"crypto/ecdh"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"strings"
)

// KeySize is the length in bytes of both halves of a static key (X25519, RFC 7748).
const KeySize = 32

// publicPrefix opens the text form of a public key, so that nobody takes it for
// another kind of key.
const publicPrefix = "snug-transport-key:"

// ErrKey comes from the constructors of keys when the bytes or the text cannot
// be one.
var ErrKey = errors.New("channel: not a transport key")

// PrivateKey is the secret half of a static X25519 key. It prints as [secret]
// and has no text form on purpose; keys cannot be compared with ==. The zero
// value is no key.
type PrivateKey struct {
	_   [0]func()
	key *ecdh.PrivateKey // never changes; holds the public half, too
}

// PublicKey is the public half of a static X25519 key. Its text form is
// "snug-transport-key:" and 43 characters of unpadded base64url.
// Keys cannot be compared with ==, use [PublicKey.Equal]; the zero value is no key.
type PublicKey struct {
	_ [0]func()
	b [KeySize]byte
}

// GenerateKey makes a new static key from crypto/rand.
func GenerateKey() (PrivateKey, error) {
	k, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		return PrivateKey{}, fmt.Errorf("channel: generate key: %w", err)
	}
	return PrivateKey{key: k}, nil
}

// NewPrivateKey takes the 32 bytes that [PrivateKey.Bytes] returned. It answers
// [ErrKey] to any other length.
func NewPrivateKey(b []byte) (PrivateKey, error) {
	k, err := ecdh.X25519().NewPrivateKey(b)
	if err != nil {
		return PrivateKey{}, fmt.Errorf("%w: %d bytes instead of %d", ErrKey, len(b), KeySize)
	}
	return PrivateKey{key: k}, nil
}

// Public returns the public half; of the zero value, the zero value.
func (k PrivateKey) Public() PublicKey {
	if k.key == nil {
		return PublicKey{}
	}
	return PublicKey{b: [KeySize]byte(k.key.PublicKey().Bytes())}
}

// Bytes returns a copy of the 32 secret bytes, for encrypted storage only; of
// the zero value, nil.
func (k PrivateKey) Bytes() []byte {
	if k.key == nil {
		return nil
	}
	return k.key.Bytes()
}

// Equal reports in constant time whether both keys are the same.
func (k PrivateKey) Equal(other PrivateKey) bool {
	return subtle.ConstantTimeCompare(k.Bytes(), other.Bytes()) == 1
}

// LogValue keeps the key out of logs.
func (k PrivateKey) LogValue() slog.Value { return slog.StringValue("[secret]") }

// Format keeps the key out of everything that package fmt prints.
func (k PrivateKey) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("[secret]")) }

// NewPublicKey takes the 32 bytes of a public key. It answers [ErrKey] to any
// other length. That the point is of low order shows in the handshake only.
func NewPublicKey(b []byte) (PublicKey, error) {
	if len(b) != KeySize {
		return PublicKey{}, fmt.Errorf("%w: %d bytes instead of %d", ErrKey, len(b), KeySize)
	}
	return PublicKey{b: [KeySize]byte(b)}, nil
}

// Bytes returns a copy of the 32 bytes.
func (k PublicKey) Bytes() []byte { return append([]byte(nil), k.b[:]...) }

// Array returns the 32 bytes as a comparable value, for maps and certificates.
func (k PublicKey) Array() [KeySize]byte { return k.b }

// Equal reports in constant time whether both keys are the same.
func (k PublicKey) Equal(other PublicKey) bool {
	return subtle.ConstantTimeCompare(k.b[:], other.b[:]) == 1
}

// String returns the text form.
func (k PublicKey) String() string {
	return publicPrefix + base64.RawURLEncoding.EncodeToString(k.b[:])
}

// MarshalText returns the text form.
func (k PublicKey) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads the text form strictly: what it accepts, MarshalText
// writes again. It answers [ErrKey] to everything else.
func (k *PublicKey) UnmarshalText(text []byte) error {
	s, ok := strings.CutPrefix(string(text), publicPrefix)
	if !ok || strings.ContainsAny(s, "\r\n") {
		return fmt.Errorf("%w: no %q in front", ErrKey, publicPrefix)
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil {
		return fmt.Errorf("%w: %v", ErrKey, err)
	}
	key, err := NewPublicKey(b)
	if err != nil {
		return err
	}
	*k = key
	return nil
}
