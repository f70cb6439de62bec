// Package pairing makes a new device one of an account's with the help of one that
// holds the account's identity key: what the two say to each other, sealed with the
// secret of a link, and compared by seven pictures before the new one is certified.
//
// It must not know how the messages travel, windows, or what an account may do: it
// turns bytes into bytes. Who carries the messages can drop them, and nothing else.
//
// net/PROTOCOL.md, section 6, specifies it. Keys are HKDF-SHA-256 (RFC 5869),
// sealing is AES-256-GCM, the pictures are those of crypto/verify.
package pairing

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
)

// ErrFailed says that a message does not fit: it was not made with the secret of
// the link, was repeated or left out, or says what it must not. The pairing is over,
// and a new one needs a new link.
var ErrFailed = errors.New("the other computer does not fit")

// Secret is the 128-bit secret of a link. Whoever has it can be the other device
// until the pictures are compared, so it prints as "[secret]".
type Secret [16]byte

// NewSecret makes one from crypto/rand.
func NewSecret() (s Secret) {
	rand.Read(s[:])
	return s
}

// String returns "[secret]".
func (s Secret) String() string { return "[secret]" }

// Format prints "[secret]" for every verb.
func (s Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, "[secret]") }

// LogValue keeps the secret out of logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue("[secret]") }

// Token returns what the new device shows to the host, which knows a hash of it:
// HKDF-SHA-256(secret, no salt, info "snug/1 device token"). It tells nothing about
// the keys of the messages.
func (s Secret) Token() [32]byte { return [32]byte(s.derive(nil, "snug/1 device token")) }

func (s Secret) derive(salt []byte, info string) []byte {
	key, err := hkdf.Key(sha256.New, s[:], salt, info, 32)
	if err != nil {
		panic(fmt.Sprintf("pairing: %v", err)) // the length is a constant that HKDF allows
	}
	return key
}

// The infos of the two keys: from the device that is there to the new one, and back.
const (
	infoForth = "snug/1 device messages to new"
	infoBack  = "snug/1 device messages from new"
)

// nonceSize is that of AES-GCM (NIST SP 800-38D, section 5.2.1.1). Nonces are
// random: a link that is used on two computers at once gives both the same keys.
const nonceSize = 12

// overhead is what sealing adds to a message.
const overhead = nonceSize + 16

// MaxMessage is the largest message in bytes: that with the terms.
const MaxMessage = 1 + accountSize + certificateSize + MaxName + overhead

// seals is the sealed conversation as one side has it.
type seals struct {
	out, in    cipher.AEAD
	sent, came uint32
}

// newSeals returns the conversation of one side: giver is the device that is there.
func newSeals(secret Secret, place [32]byte, giver bool) *seals {
	forth, back := newAEAD(secret.derive(place[:], infoForth)), newAEAD(secret.derive(place[:], infoBack))
	if giver {
		return &seals{out: forth, in: back}
	}
	return &seals{out: back, in: forth}
}

func newAEAD(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err == nil {
		var a cipher.AEAD
		if a, err = cipher.NewGCM(block); err == nil {
			return a
		}
	}
	panic(fmt.Sprintf("pairing: %v", err)) // the key has 32 bytes
}

// seal returns nonce ‖ AES-256-GCM of the message, with the number of the message
// in its direction as additional data.
func (s *seals) seal(message []byte) []byte {
	b := make([]byte, nonceSize, overhead+len(message))
	rand.Read(b)
	b = s.out.Seal(b, b, message, binary.BigEndian.AppendUint32(nil, s.sent))
	s.sent++
	return b
}

// open is the other way round.
func (s *seals) open(b []byte) ([]byte, error) {
	if len(b) < overhead+1 || len(b) > MaxMessage {
		return nil, ErrFailed
	}
	message, err := s.in.Open(nil, b[:nonceSize], b[nonceSize:], binary.BigEndian.AppendUint32(nil, s.came))
	if err != nil {
		return nil, ErrFailed
	}
	s.came++
	return message, nil
}
