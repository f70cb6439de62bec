// Package vault keeps the master key of a profile: 32 random bytes from which
// the keys of its databases come. The vault file holds the master key wrapped
// by a key that a passphrase gives, the computer's keyring holds, or a key file
// beside it holds. A new passphrase wraps again and changes nothing else.
//
// It must not know where files lie, what is encrypted with its keys, or how a
// person is asked: bytes come in, bytes go out. Only Keyring talks to the
// system.
//
// storage/SCHEMA.md has the bytes. Argon2id is RFC 9106, AES-256-GCM is NIST SP
// 800-38D, HKDF is RFC 5869.
package vault

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
)

var (
	// ErrWrongPassphrase comes from OpenPassphrase when the file is whole and
	// the passphrase is another one.
	ErrWrongPassphrase = errors.New("wrong passphrase")

	// ErrWrongKey comes from OpenKeyFile and Keyring.Open when the key belongs
	// to another vault.
	ErrWrongKey = errors.New("key of another vault")

	// ErrDamaged comes when bytes are not a vault file as this package writes
	// it, whichever of them is wrong.
	ErrDamaged = errors.New("vault file is damaged")

	// ErrKeyFile comes when bytes are not a key file.
	ErrKeyFile = errors.New("not a vault key file")

	// ErrMethod comes when a vault is opened in another way than it was sealed.
	ErrMethod = errors.New("vault is kept in another way")

	// ErrPassphrase comes when a passphrase is empty, longer than MaxPassphrase
	// or holds control characters.
	ErrPassphrase = errors.New("not usable as a passphrase")
)

// Method is how the key that wraps the master key is kept.
type Method byte

// The methods; the numbers stand in files.
const (
	ByPassphrase Method = 1 // nowhere: it is computed from the passphrase
	ByKeyring    Method = 2 // in the computer's keyring
	ByKeyFile    Method = 3 // in a file beside: who can read the folder opens it
)

// String names the method for logs.
func (m Method) String() string {
	switch m {
	case ByPassphrase:
		return "passphrase"
	case ByKeyring:
		return "keyring"
	case ByKeyFile:
		return "key file"
	}
	return fmt.Sprintf("method %d", byte(m))
}

// Key is a secret key that came from a vault. It prints as "[secret]" in every
// way and must not be compared with ==: see Equal.
type Key [32]byte

// Equal compares in constant time.
func (k Key) Equal(other Key) bool { return subtle.ConstantTimeCompare(k[:], other[:]) == 1 }

// String returns "[secret]".
func (k Key) String() string { return secret }

// Format prints "[secret]" for every verb, %#v and %x included.
func (k Key) Format(s fmt.State, _ rune) { fmt.Fprint(s, secret) }

// LogValue logs "[secret]".
func (k Key) LogValue() slog.Value { return slog.StringValue(secret) }

// MarshalText encodes "[secret]", so that no encoder writes the key.
func (k Key) MarshalText() ([]byte, error) { return []byte(secret), nil }

const secret = "[secret]"

// Vault is an open vault. Its methods may be called from any goroutine. It
// prints as "[secret]".
type Vault struct{ master Key }

// New makes a vault with a new master key. Nothing of it lasts until it is
// sealed and the file is on disk.
func New() *Vault {
	v := new(Vault)
	rand.Read(v.master[:]) // never fails: crypto/rand ends the program instead
	return v
}

// Key returns the key for one use, named by a label: HKDF-SHA-256(master key,
// no salt, "snug/1 vault " ‖ label). Other labels give unrelated keys, the same
// label always the same key.
func (v *Vault) Key(label string) Key {
	b, err := hkdf.Key(sha256.New, v.master[:], nil, "snug/1 vault "+label, len(Key{}))
	if err != nil {
		panic("vault: " + err.Error()) // only a length above 255 hashes is refused
	}
	return Key(b)
}

// Equal says whether both have the same master key, in constant time.
func (v *Vault) Equal(other *Vault) bool { return v.master.Equal(other.master) }

// String returns "[secret]".
func (v *Vault) String() string { return secret }

// Format prints "[secret]" for every verb.
func (v *Vault) Format(s fmt.State, _ rune) { fmt.Fprint(s, secret) }

// LogValue logs "[secret]".
func (v *Vault) LogValue() slog.Value { return slog.StringValue(secret) }
