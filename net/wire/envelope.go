package wire

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/snugchat/snug/storage/chat"
)

// Envelope is what a device puts into a room: signed by the device in open rooms
// and sealed in private ones.
type Envelope struct {
	Room    chat.RoomID    `cbor:"1,keyasint"`
	Seen    Head           `cbor:"2,keyasint"`            // last row of the room that the sender processed
	Known   Head           `cbor:"3,keyasint"`            // the same of the directory
	ID      chat.MessageID `cbor:"4,keyasint"`            // stays the same when it is sent again
	Device  chat.DeviceID  `cbor:"5,keyasint"`            // the sender
	Counter uint64         `cbor:"6,keyasint"`            // of this device in this room: 1, 2, 3 ...
	Time    int64          `cbor:"7,keyasint"`            // the sender's clock, unix milliseconds
	Body    BodyKind       `cbor:"8,keyasint"`            // what Data is
	Data    []byte         `cbor:"9,keyasint,omitempty"`  // the body, see Body
	Text    string         `cbor:"10,keyasint,omitempty"` // what a client shows that does not know the body's kind
}

// Head is a place in a room's history: a row and the chain of hashes up to it.
// The zero Head means "nothing yet".
type Head struct {
	Seq   uint64   `cbor:"1,keyasint,omitempty"`
	Chain [32]byte `cbor:"2,keyasint"`
}

// The sizes of envelopes: 256 B x 2^k, so that sizes tell little.
const (
	MinEnvelope = 256
	MaxEnvelope = 32 << 10
)

// MaxText is the largest text of a message in bytes.
const MaxText = 16 << 10

// SignatureSize is the size of a signature over an envelope in bytes (Ed25519).
const SignatureSize = 64

// LabelOpenEnvelope is the label under which a device signs an envelope of an
// open room; what is signed with it is the host's 32-byte key and the exact
// bytes of the envelope.
const LabelOpenEnvelope = "snug/1 open envelope"

// ErrBadEnvelope says that bytes are not an envelope.
var ErrBadEnvelope = errors.New("malformed envelope")

// ErrTooLong says that an envelope's body does not fit MaxEnvelope.
var ErrTooLong = errors.New("too long for one message")

// Seal returns the envelope's bytes: a 4-byte length, big endian, the fields as
// deterministic CBOR, and zeros up to the next size of 256 B x 2^k. It returns
// ErrTooLong if that would be more than MaxEnvelope.
func (e *Envelope) Seal() ([]byte, error) {
	b, err := encode.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("encode envelope: %w", err)
	}
	size := MinEnvelope
	for size < 4+len(b) {
		size *= 2
	}
	if size > MaxEnvelope {
		return nil, fmt.Errorf("%w: %d bytes", ErrTooLong, len(b))
	}
	out := make([]byte, size)
	binary.BigEndian.PutUint32(out, uint32(len(b)))
	copy(out[4:], b)
	return out, nil
}

// ParseEnvelope reads what Seal wrote and nothing else: another size, padding
// that is not zero or another encoding of the fields are refused.
func ParseEnvelope(b []byte) (*Envelope, error) {
	n := len(b)
	if n < MinEnvelope || n > MaxEnvelope || n&(n-1) != 0 {
		return nil, fmt.Errorf("%w: %d bytes", ErrBadEnvelope, n)
	}
	l := int64(binary.BigEndian.Uint32(b))
	if l+4 > int64(n) || (n > MinEnvelope && l+4 <= int64(n/2)) {
		return nil, fmt.Errorf("%w: length %d in %d bytes", ErrBadEnvelope, l, n)
	}
	for _, c := range b[4+l:] {
		if c != 0 {
			return nil, fmt.Errorf("%w: padding", ErrBadEnvelope)
		}
	}
	e := new(Envelope)
	if err := unmarshal(b[4:4+l], e); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrBadEnvelope, err)
	}
	return e, nil
}

// RowHash returns the hash of a row: SHA-256(envelope || signature).
func RowHash(envelope, signature []byte) [32]byte {
	h := sha256.New()
	h.Write(envelope)
	h.Write(signature)
	return [32]byte(h.Sum(nil))
}

// FirstChain returns the chain of a room before its first row: SHA-256("snug/1
// chain" || host key || room).
func FirstChain(host [32]byte, room chat.RoomID) [32]byte {
	h := sha256.New()
	h.Write([]byte("snug/1 chain"))
	h.Write(host[:])
	h.Write(room[:])
	return [32]byte(h.Sum(nil))
}

// NextChain returns the chain after a row: SHA-256(previous || seq || row hash),
// the seq as 8 bytes, big endian.
func NextChain(previous [32]byte, seq uint64, row [32]byte) [32]byte {
	var b [72]byte
	copy(b[:], previous[:])
	binary.BigEndian.PutUint64(b[32:], seq)
	copy(b[40:], row[:])
	return sha256.Sum256(b[:])
}
