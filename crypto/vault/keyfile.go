package vault

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"
)

// keyFilePrefix says what a key file is to somebody who finds one.
const keyFilePrefix = "snug-vault-key-1:"

// SealKeyFile returns a vault file and the key file that opens it: one line of
// text. The caller writes both for its user only, the key file first. A vault
// that is kept so already is not sealed so again: its key file would be replaced
// before the vault file is. Whoever can read both can read everything: this is for a host without a person who
// could type, and says so to its owner.
func (v *Vault) SealKeyFile() (vaultFile, keyFile []byte) {
	f := newFile(ByKeyFile, cost{})
	var kek Key
	rand.Read(kek[:]) // never fails
	return f.wrap(kek, v.master), append([]byte(encodeKey(kek)), '\n')
}

// OpenKeyFile opens a vault file with its key file. Its errors are ErrWrongKey,
// ErrKeyFile, ErrMethod and ErrDamaged.
func OpenKeyFile(vaultFile, keyFile []byte) (*Vault, error) {
	f, err := parseAs(vaultFile, ByKeyFile)
	if err != nil {
		return nil, fmt.Errorf("open vault: %w", err)
	}
	line, ok := strings.CutSuffix(string(keyFile), "\n")
	if !ok {
		return nil, fmt.Errorf("open vault: %w", ErrKeyFile)
	}
	kek, err := decodeKey(line)
	if err != nil {
		return nil, fmt.Errorf("open vault: %w", err)
	}
	v, ok := f.unwrap(kek)
	if !ok {
		return nil, fmt.Errorf("open vault: %w", ErrWrongKey)
	}
	return v, nil
}

func encodeKey(k Key) string { return keyFilePrefix + hex.EncodeToString(k[:]) }

// decodeKey accepts only what encodeKey writes.
func decodeKey(s string) (Key, error) {
	digits, ok := strings.CutPrefix(s, keyFilePrefix)
	if !ok || len(digits) != 2*len(Key{}) {
		return Key{}, ErrKeyFile
	}
	b, err := hex.DecodeString(digits)
	if err != nil || hex.EncodeToString(b) != digits {
		return Key{}, ErrKeyFile
	}
	return Key(b), nil
}
