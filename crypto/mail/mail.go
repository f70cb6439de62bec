// Package mail is what one device sends another past all rooms: signed by the
// device's envelope key, and sealed if it asks for it. Questions are signed and
// may carry a key of one use; the answer is sealed to that key, so that whoever
// steals a device later cannot read it. Who wants to be told something whenever it
// comes up hands out a key for some days.
//
// It must not know what letters are about, how they travel or who owns a device:
// it knows keys, bytes, and the [Address] that both sides fill in from what they
// know themselves.
//
// Signatures are those of crypto/identity; sealing is HPKE (RFC 9180, base mode)
// with MLKEM768-X25519 (X-Wing, KEM 0x647a), HKDF-SHA-384 and AES-256-GCM.
package mail

import (
	"bytes"
	"crypto/hpke"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"

	"github.com/snugchat/snug/crypto/identity"
)

// MaxBody is the largest body in bytes: a GroupInfo with the tree of a room of
// 2,000 devices is 6 MiB.
const MaxBody = 16 << 20

// labelLetter is the label of what a device signs here.
const labelLetter = "snug/1 device letter"

// ErrLetter comes for everything that is not a letter of that sender to that
// receiver about that purpose: wrong signature, wrong key, damaged, too long. It
// does not tell which.
var ErrLetter = errors.New("not a valid letter")

// Address says where a letter belongs. Both sides fill it in from what they know,
// not from the letter; one for another place, device or purpose does not open.
type Address struct {
	Place    [32]byte // the host's static key
	From, To identity.DeviceID
	Purpose  string // what it is, as a constant of the caller, at most 255 bytes
}

// bytes encodes an address with the length of its purpose.
func (a Address) bytes() []byte {
	if len(a.Purpose) == 0 || len(a.Purpose) > 255 {
		panic("mail: bad purpose " + a.Purpose)
	}
	b := append(a.Place[:], a.From[:]...)
	b = append(b, a.To[:]...)
	return append(append(b, byte(len(a.Purpose))), a.Purpose...)
}

// The first byte of a letter.
const (
	markSigned = 1
	markSealed = 2
)

// Sign makes a letter that everybody who carries it can read: mark (1) ‖
// signature (64) ‖ body. envelope is the sender's key, the one that its
// certificate names.
func Sign(envelope identity.PrivateKey, a Address, body []byte) ([]byte, error) {
	if len(body) > MaxBody {
		return nil, fmt.Errorf("letter of %d bytes", len(body))
	}
	b := append([]byte{markSigned}, envelope.Sign(labelLetter, []byte{markSigned}, a.bytes(), nil, body)...)
	return append(b, body...), nil
}

// Verify returns the body of a letter that Sign made. envelope is the key in the
// certificate of the device that the caller takes for the sender; whether that
// device is revoked is for the caller to ask. The body is part of b.
func Verify(envelope identity.PublicKey, a Address, b []byte) ([]byte, error) {
	sig, body, err := split(markSigned, b)
	if err != nil || !envelope.Verify(labelLetter, sig, []byte{markSigned}, a.bytes(), nil, body) {
		return nil, ErrLetter
	}
	return body, nil
}

// overhead is more than padding, encapsulation (1,120 bytes) and tag add to a body.
const overhead = 128 << 10

func split(mark byte, b []byte) (sig, body []byte, err error) {
	const start = 1 + identity.SignatureSize
	if len(b) < start || len(b) > start+MaxBody+overhead || b[0] != mark {
		return nil, nil, ErrLetter
	}
	return b[1:start], b[start:], nil
}

// Key opens one answer, or for some days what somebody has to tell. It goes into
// the encrypted store until then, and is deleted. It prints as "[secret]".
type Key struct {
	_       [0]func() // no ==
	private hpke.PrivateKey
}

// PublicKeySize is the size of the public half in bytes, which stands in the
// letter that asks.
const PublicKeySize = 1216

// NewKey makes a key for one answer.
func NewKey() (Key, error) {
	k, err := hpke.MLKEM768X25519().GenerateKey()
	if err != nil {
		return Key{}, fmt.Errorf("make mail key: %w", err)
	}
	return Key{private: k}, nil
}

// ParseKey reads what [Key.Bytes] returned.
func ParseKey(b []byte) (Key, error) {
	k, err := hpke.MLKEM768X25519().NewPrivateKey(b)
	if err != nil {
		return Key{}, fmt.Errorf("stored mail key: %w", err)
	}
	return Key{private: k}, nil
}

// Bytes is the secret key, for an encrypted store.
func (k Key) Bytes() ([]byte, error) { return k.private.Bytes() }

// Public is the public half, of PublicKeySize bytes.
func (k Key) Public() []byte { return k.private.PublicKey().Bytes() }

// CheckKey reports whether b is a public half that letters can be sealed to.
func CheckKey(b []byte) bool {
	_, err := hpke.MLKEM768X25519().NewPublicKey(b)
	return err == nil
}

// String, GoString and LogValue keep the key out of texts and logs.
func (Key) String() string       { return "[secret]" }
func (Key) GoString() string     { return "[secret]" }
func (Key) LogValue() slog.Value { return slog.StringValue("[secret]") }

// Seal makes a letter that only the holder of a key can read: mark (1) ‖
// signature (64) ‖ HPKE encapsulation and ciphertext. to is the public key from
// a letter of the receiver that Verify accepted: an unsigned key could be the
// carrier's. The body is padded with zeros behind its length, to 256 bytes x 2^k
// below 64 KiB and to multiples of that above.
func Seal(envelope identity.PrivateKey, a Address, to, body []byte) ([]byte, error) {
	if len(body) > MaxBody {
		return nil, fmt.Errorf("letter of %d bytes", len(body))
	}
	k, err := hpke.MLKEM768X25519().NewPublicKey(to)
	if err != nil {
		return nil, ErrLetter
	}
	size := 256
	for size < 4+len(body) && size < 64<<10 {
		size *= 2
	}
	size = (4 + len(body) + size - 1) / size * size
	plain := make([]byte, size)
	binary.BigEndian.PutUint32(plain, uint32(len(body)))
	copy(plain[4:], body)
	defer clear(plain)
	sealed, err := hpke.Seal(k, hpke.HKDFSHA384(), hpke.AES256GCM(), info(a), plain)
	if err != nil {
		return nil, fmt.Errorf("seal letter: %w", err)
	}
	b := append([]byte{markSealed}, envelope.Sign(labelLetter, []byte{markSealed}, a.bytes(), to, sealed)...)
	return append(b, sealed...), nil
}

// Open returns the body of a letter that Seal made for this key. envelope is the
// sender's, as for Verify.
func Open(k Key, envelope identity.PublicKey, a Address, b []byte) ([]byte, error) {
	sig, sealed, err := split(markSealed, b)
	if err != nil || !envelope.Verify(labelLetter, sig, []byte{markSealed}, a.bytes(), k.Public(), sealed) {
		return nil, ErrLetter
	}
	plain, err := hpke.Open(k.private, hpke.HKDFSHA384(), hpke.AES256GCM(), info(a), sealed)
	if err != nil || len(plain) < 4 {
		return nil, ErrLetter
	}
	n := binary.BigEndian.Uint32(plain)
	if n > uint32(len(plain)-4) || len(bytes.Trim(plain[4+n:], "\x00")) > 0 {
		return nil, ErrLetter
	}
	return plain[4 : 4+n], nil
}

func info(a Address) []byte { return append([]byte("snug/1 device letter\x00"), a.bytes()...) }
