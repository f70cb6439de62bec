package wire

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/snugchat/snug/storage/chat"
)

// The kinds of bodies of sealed rooms. KindSealed, KindCommit and KindProposal
// stand in envelopes, whose Data the host cannot read; the others in an Inner.
const (
	KindDelivered BodyKind = 24 // Upto: what the sender's device has
	KindRead      BodyKind = 25 // Upto: what the sender's person has seen
	KindSealed    BodyKind = 32 // Sealed: an MLS application message with an Inner
	KindCommit    BodyKind = 33 // Sealed: an MLS commit
	KindProposal  BodyKind = 34 // Sealed: an MLS proposal
)

// Sealed reports whether an envelope with a body of this kind is one of a sealed
// room: its Data is a Sealed, its Time and Text are empty, MLS signs it and it
// has no signature of its own.
func (k BodyKind) Sealed() bool { return k >= KindSealed && k <= KindProposal }

// Sealed is what an envelope of a sealed room carries: exactly one of both.
type Sealed struct {
	Message []byte   `cbor:"1,keyasint,omitempty"` // an MLSMessage (RFC 9420, section 6)
	Blob    *BlobRef `cbor:"2,keyasint,omitempty"` // where it is, if it is too long for an envelope
}

// BlobRef names bytes that are a blob on the host, since they are too long for a
// message. They are what they are: not padded and not encrypted again.
type BlobRef struct {
	Root   [32]byte `cbor:"1,keyasint"`
	Length int64    `cbor:"2,keyasint"`
}

// MaxBlobRef is the largest Length of a BlobRef: what crypto/mls reads at most.
// The welcome into a room of 2,000, its tree inside, has about 6 MiB.
const MaxBlobRef = 16 << 20

func (r *BlobRef) check() error {
	if r.Length <= 0 || r.Length > MaxBlobRef {
		return fmt.Errorf("%w: a blob of %d bytes", ErrBadBody, r.Length)
	}
	return nil
}

func (s *Sealed) check() error {
	if (len(s.Message) == 0) == (s.Blob == nil) {
		return fmt.Errorf("%w: a message and a blob, or neither", ErrBadBody)
	}
	if s.Blob != nil {
		return s.Blob.check()
	}
	return nil
}

// Upto says how far somebody is in a room: all rows up to Seq.
type Upto struct {
	Seq uint64 `cbor:"1,keyasint"`
}

// Inner is what a message of a sealed room says: what MLS encrypts.
type Inner struct {
	Time int64    `cbor:"1,keyasint"`           // the sender's clock, unix milliseconds
	Body BodyKind `cbor:"2,keyasint"`           // what Data is: as in an Envelope, but for the kinds of the directory and of sealed envelopes
	Data []byte   `cbor:"3,keyasint,omitempty"` // the body
	Text string   `cbor:"4,keyasint,omitempty"` // what a client shows that does not know the body's kind
}

// SealedOverhead is how many bytes an envelope of 256 B x 2^k has at most besides
// a padded Inner: 4 of length, at most 168 of the envelope's other fields, 5 of
// Sealed, and 198 of an MLS PrivateMessage without padding (RFC 9420, section
// 6.3) with a group id and authenticated data of 32 bytes, an Ed25519 signature
// and two tags of AES-GCM.
const SealedOverhead = 384

// ErrBadInner says that the content of a sealed message is not an Inner.
var ErrBadInner = errors.New("malformed content of a sealed message")

// Seal returns what is encrypted: a 4-byte length, big endian, the fields as
// deterministic CBOR, and zeros, so many that the envelope around it gets one of
// few sizes. It returns ErrTooLong if that would be more than MaxEnvelope.
func (i *Inner) Seal() ([]byte, error) {
	b, err := encode.Marshal(i)
	if err != nil {
		return nil, fmt.Errorf("encode content: %w", err)
	}
	for size := 2 * MinEnvelope; size <= MaxEnvelope; size *= 2 {
		if capacity := size - SealedOverhead; 4+len(b) <= capacity {
			out := make([]byte, capacity)
			binary.BigEndian.PutUint32(out, uint32(len(b)))
			copy(out[4:], b)
			return out, nil
		}
	}
	return nil, fmt.Errorf("%w: %d bytes", ErrTooLong, len(b))
}

// ParseInner reads what Seal wrote and nothing else. The error wraps ErrBadInner.
func ParseInner(b []byte) (*Inner, error) {
	size := len(b) + SealedOverhead
	if size < 2*MinEnvelope || size > MaxEnvelope || size&(size-1) != 0 {
		return nil, fmt.Errorf("%w: %d bytes", ErrBadInner, len(b))
	}
	l := int64(binary.BigEndian.Uint32(b))
	if l+4 > int64(len(b)) || (size > 2*MinEnvelope && l+4 <= int64(size/2-SealedOverhead)) {
		return nil, fmt.Errorf("%w: length %d in %d bytes", ErrBadInner, l, len(b))
	}
	if rest := b[4+l:]; len(rest) != bytes.Count(rest, []byte{0}) {
		return nil, fmt.Errorf("%w: padding", ErrBadInner)
	}
	i := new(Inner)
	if err := unmarshal(b[4:4+l], i); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrBadInner, err)
	}
	if i.Body.Sealed() || (i.Body >= KindAccount && i.Body <= KindRevoke) {
		return nil, fmt.Errorf("%w: body %d", ErrBadInner, i.Body)
	}
	return i, nil
}

// Header returns what an envelope of a sealed room says in clear, as MLS binds it
// (authenticated_data): SHA-256("snug/1 sealed header" || the envelope's fields as
// CBOR, without Data).
func (e *Envelope) Header() [32]byte {
	bare := *e
	bare.Data = nil
	b, err := encode.Marshal(&bare)
	if err != nil {
		panic(fmt.Sprintf("wire: encode header: %v", err)) // a plain struct always encodes
	}
	h := sha256.New()
	h.Write([]byte("snug/1 sealed header"))
	h.Write(b)
	return [32]byte(h.Sum(nil))
}

// GroupID returns the MLS group id of a sealed room: SHA-256("snug/1 group" ||
// host key || room), so that no room of one place can be shown as one of another.
func GroupID(host [32]byte, room chat.RoomID) [32]byte {
	h := sha256.New()
	h.Write([]byte("snug/1 group"))
	h.Write(host[:])
	h.Write(room[:])
	return [32]byte(h.Sum(nil))
}

// MaxGeneration is the last generation of a direct room.
const MaxGeneration = 255

// DirectRoom returns the room of the direct messages of two accounts, or of one
// account's notes to itself: SHA-256("snug/1 direct" || host key || the lower id ||
// the higher id || generation)[:16], the generation as 4 bytes, big endian, and the
// highest bit set, which it is in no other room's id. Both find the same room
// without asking. The generation is 0, and one more for each time that the room
// before was deleted, up to MaxGeneration.
func DirectRoom(host [32]byte, a, b chat.AccountID, generation uint32) chat.RoomID {
	if bytes.Compare(a[:], b[:]) > 0 {
		a, b = b, a
	}
	h := sha256.New()
	h.Write([]byte("snug/1 direct"))
	h.Write(host[:])
	h.Write(a[:])
	h.Write(b[:])
	h.Write(binary.BigEndian.AppendUint32(nil, generation))
	return chat.NewDirectID([16]byte(h.Sum(nil)[:16]))
}
