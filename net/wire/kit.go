package wire

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Kit is what a recovery kit says to a program: where the place is, the code, and
// the sealed backup that it opens, so that nobody can hold that back. Whoever has
// it has the identity.
type Kit struct { //nolint:recvcheck // a copy must not print either
	Addresses []string `cbor:"1,keyasint"` // host:port, at most MaxAddresses
	Host      [32]byte `cbor:"2,keyasint"` // the host's static key
	Code      string   `cbor:"3,keyasint"` // the text of the code (crypto/recovery)
	Backup    []byte   `cbor:"4,keyasint"` // at most MaxBackup bytes
	Place     string   `cbor:"5,keyasint"` // what the place was called, for people
	Person    string   `cbor:"6,keyasint"` // whose it is, for people
	Created   int64    `cbor:"7,keyasint"` // unix milliseconds
}

// The first and the last line of a kit in a file (RFC 7468 has the form).
const (
	kitBegin = "-----BEGIN SNUG RECOVERY KIT-----"
	kitEnd   = "-----END SNUG RECOVERY KIT-----"
)

// MaxKitFile is the largest file in bytes in which a kit is looked for.
const MaxKitFile = 64 << 10

// maxKitText is the largest length of a name in a kit, and of its code.
const maxKitText = 256

// ErrBadKit says that a text has no whole recovery kit in it.
var ErrBadKit = errors.New("this is not a whole recovery kit")

// Format prints "[secret]" for every verb: the code is in it.
func (Kit) Format(f fmt.State, _ rune) { fmt.Fprint(f, "[secret]") }

// Block returns the kit as lines of a text, with a check as in a Link.
func (k *Kit) Block() string {
	b := EncodeBody(k)
	check := RowHash([]byte("snug/1 kit"), b)
	text := base64.StdEncoding.EncodeToString(append(b, check[:4]...))
	var s strings.Builder
	s.WriteString(kitBegin + "\n")
	for len(text) > 64 {
		s.WriteString(text[:64] + "\n")
		text = text[64:]
	}
	s.WriteString(text + "\n" + kitEnd + "\n")
	return s.String()
}

// ParseKit finds the kit in a text, whatever stands before and after it. Spaces
// and line breaks in it do not count. The error is ErrBadKit.
func ParseKit(text []byte) (*Kit, error) {
	if len(text) > MaxKitFile {
		return nil, ErrBadKit
	}
	_, rest, found := strings.Cut(string(text), kitBegin)
	body, _, ended := strings.Cut(rest, kitEnd)
	if !found || !ended {
		return nil, ErrBadKit
	}
	body = strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \t\r\n>", r) { // as mails leave it
			return -1
		}
		return r
	}, body)
	b, err := base64.StdEncoding.Strict().DecodeString(body)
	if err != nil || len(b) < 4 {
		return nil, ErrBadKit
	}
	b, check := b[:len(b)-4], b[len(b)-4:]
	if sum := RowHash([]byte("snug/1 kit"), b); string(sum[:4]) != string(check) {
		return nil, ErrBadKit
	}
	k := new(Kit)
	if err := unmarshal(b, k); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrBadKit, err)
	}
	return k, k.check()
}

func (k *Kit) check() error {
	if len(k.Addresses) == 0 || len(k.Addresses) > MaxAddresses || k.Host == [32]byte{} || len(k.Backup) > MaxBackup {
		return ErrBadKit
	}
	for _, a := range k.Addresses {
		if normal, err := NormalAddress(a); err != nil || normal != a {
			return ErrBadKit
		}
	}
	for _, s := range []string{k.Code, k.Place, k.Person} {
		if len(s) > maxKitText || !utf8.ValidString(s) {
			return ErrBadKit
		}
	}
	return nil
}
