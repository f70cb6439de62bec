package release

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/subtle"
	"crypto/x509"
	_ "embed"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
)

// keys.pem has the public keys whose signature this program accepts: one as a
// rule, two while one replaces the other. packaging/README.md says who has the
// secret halves and how a key is replaced.
//
//go:embed keys.pem
var keysPEM []byte

// maxKeys bounds the keys of a file.
const maxKeys = 8

// ErrBadKey says that a text holds no key of the kind that is asked for.
var ErrBadKey = errors.New("not an Ed25519 key in PEM")

// ErrSignature says that nobody whose key is accepted signed a list.
var ErrSignature = errors.New("not signed by the makers of Snug")

// SignatureSize is the length of a signature in bytes (RFC 8032, section 5.1.6).
const SignatureSize = ed25519.SignatureSize

// The kinds of PEM blocks (RFC 7468, sections 10 and 13).
const (
	publicBlock = "PUBLIC KEY"
	secretBlock = "PRIVATE KEY"
)

// PublicKey checks signatures.
type PublicKey struct {
	_   [0]func() // not comparable with ==
	key ed25519.PublicKey
}

// Equal reports whether both are the same key.
func (k PublicKey) Equal(o PublicKey) bool { return subtle.ConstantTimeCompare(k.key, o.key) == 1 }

// PEM returns the key as ParseKeys reads it.
func (k PublicKey) PEM() []byte {
	der, err := x509.MarshalPKIXPublicKey(k.key)
	if err != nil {
		panic(err) // of a kind that it knows, always
	}
	return pem.EncodeToMemory(&pem.Block{Type: publicBlock, Bytes: der})
}

// Keys returns the keys that this program accepts.
func Keys() []PublicKey {
	keys, err := ParseKeys(keysPEM)
	if err != nil {
		panic(err) // a test reads the file
	}
	return keys
}

// ParseKeys reads public keys in PEM, at least one, as `openssl pkey -pubout`
// writes them. The error is ErrBadKey.
func ParseKeys(text []byte) ([]PublicKey, error) {
	var keys []PublicKey
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			break
		}
		if block.Type != publicBlock || len(keys) == maxKeys {
			return nil, ErrBadKey
		}
		k, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%w: %v", ErrBadKey, err)
		}
		key, ok := k.(ed25519.PublicKey)
		if !ok {
			return nil, ErrBadKey
		}
		keys = append(keys, PublicKey{key: key})
	}
	if len(keys) == 0 {
		return nil, ErrBadKey
	}
	return keys, nil
}

// SecretKey signs releases. Only the tool that makes releases has one.
type SecretKey struct {
	_   [0]func() // not comparable with ==
	key ed25519.PrivateKey
}

// NewSecretKey makes a key.
func NewSecretKey() (SecretKey, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	return SecretKey{key: key}, err
}

// ParseSecretKey reads a key in PEM (PKCS #8), as `openssl genpkey -algorithm
// ed25519` writes it. The error is ErrBadKey, which tells nothing of the text.
func ParseSecretKey(text []byte) (SecretKey, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != secretBlock {
		return SecretKey{}, ErrBadKey
	}
	k, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return SecretKey{}, ErrBadKey
	}
	key, ok := k.(ed25519.PrivateKey)
	if !ok {
		return SecretKey{}, ErrBadKey
	}
	return SecretKey{key: key}, nil
}

// PEM returns the key as ParseSecretKey reads it.
func (k SecretKey) PEM() []byte {
	der, err := x509.MarshalPKCS8PrivateKey(k.key)
	if err != nil {
		panic(err) // of a kind that it knows, always
	}
	return pem.EncodeToMemory(&pem.Block{Type: secretBlock, Bytes: der})
}

// LogValue keeps the key out of logs.
func (k SecretKey) LogValue() slog.Value { return slog.StringValue("[secret]") }

// String keeps the key out of texts.
func (k SecretKey) String() string { return "[secret]" }

// GoString keeps the key out of texts.
func (k SecretKey) GoString() string { return "[secret]" }

// Public returns the key that checks what k signs.
func (k SecretKey) Public() PublicKey {
	return PublicKey{key: ed25519.PublicKey(k.key[ed25519.PrivateKeySize-ed25519.PublicKeySize:])}
}

// Sign signs a list. The error is ErrBadList: nothing else is ever signed.
func (k SecretKey) Sign(list []byte) ([]byte, error) {
	if _, err := Parse(list); err != nil {
		return nil, err
	}
	return ed25519.Sign(k.key, list), nil
}

// Open checks that one of the keys signed a list, and then reads it. Errors:
// ErrSignature, ErrBadList.
func Open(list, signature []byte, keys []PublicKey) (*List, error) {
	if len(list) > MaxList {
		return nil, fmt.Errorf("%w: too long", ErrBadList)
	}
	for _, k := range keys {
		if len(k.key) == ed25519.PublicKeySize && ed25519.Verify(k.key, list, signature) {
			return Parse(list)
		}
	}
	return nil, ErrSignature
}
