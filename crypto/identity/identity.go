// Package identity signs and checks who speaks: the Ed25519 identity key of an
// account, the certificates by which it vouches for the keys of a device, the
// numbered revocations that end them, and the proof that two people exchange
// when one invited the other.
//
// It knows keys and bytes only: no names, accounts, rooms, files or clocks. It
// keeps nothing; which certificate is pinned and which revocation was the last
// is for its callers to store.
//
// Signatures are Ed25519 (RFC 8032) over a labelled encoding that PROTOCOL.md
// and the comment of [PrivateKey.Sign] specify; invite proofs are HMAC-SHA-256
// (RFC 2104) under keys from HKDF-SHA-256 (RFC 5869).
package identity

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
)

// Labels of what this package signs itself. Other packages have labels of
// their own; each names one kind of signed thing, and no two are equal.
const (
	LabelCertificate = "snug/1 device certificate"
	LabelProof       = "snug/1 device proof"
	LabelRevocation  = "snug/1 revocation"
)

var (
	// ErrKey comes from every constructor and decoder of a key: wrong length,
	// not a point of the curve, not its canonical encoding, or of small order.
	ErrKey = errors.New("not an acceptable key")

	// ErrCertificate comes when bytes are no certificate: wrong length or
	// version, an unacceptable key, one key used twice, or a wrong signature.
	ErrCertificate = errors.New("not a valid device certificate")

	// ErrRevocation comes when bytes are no revocation: wrong length or
	// version, an unacceptable field, or a wrong signature.
	ErrRevocation = errors.New("not a valid revocation")

	// ErrRevocationOld comes from Revocation.Follows for a number that was
	// seen already; ErrRevocationGap when one before it is missing.
	ErrRevocationOld = errors.New("revocation number was used before")
	ErrRevocationGap = errors.New("an earlier revocation is missing")
)

// maxTime is the last unix millisecond of the year 9999, the last that text
// forms of dates can hold (RFC 3339, section 5.6).
const maxTime = 253402300799999

// DeviceID names a device. It is derived from the device's transport key, so
// whoever completes a handshake with that key has proved to be that device. It
// is public and may be compared with == and used as a map key.
type DeviceID [16]byte

// NewDeviceID returns SHA-256("snug/1 device" ‖ transport)[:16]: 128 bits, so
// that nobody finds a second transport key for a given id.
func NewDeviceID(transport [32]byte) DeviceID {
	h := sha256.New()
	h.Write([]byte("snug/1 device"))
	h.Write(transport[:])
	return DeviceID(h.Sum(nil)[:16])
}

// String returns the id as 32 hexadecimal digits.
func (d DeviceID) String() string { return hex.EncodeToString(d[:]) }

// IsZero reports whether d was never set.
func (d DeviceID) IsZero() bool { return d == DeviceID{} }

// Fingerprint returns a public key as people compare it in a Details fold:
// eight groups of four hexadecimal digits, "7f3a 91c2 ...", the first 128 bits
// of SHA-256("snug/1 fingerprint" ‖ key). Another key with the same 128 bits
// cannot be found, and 32 digits are as much as anyone reads aloud.
func Fingerprint(key [32]byte) string {
	h := sha256.New()
	h.Write([]byte("snug/1 fingerprint"))
	h.Write(key[:])
	digits := hex.EncodeToString(h.Sum(nil)[:16])
	groups := make([]string, 0, len(digits)/4)
	for i := 0; i < len(digits); i += 4 {
		groups = append(groups, digits[i:i+4])
	}
	return strings.Join(groups, " ")
}
