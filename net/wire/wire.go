// Package wire is the language that a host and its clients speak: the messages,
// the envelopes inside them, invite links, error codes and limits.
//
// It must not know sockets, time, keys or databases: it turns values into bytes
// and bytes into values, and refuses whatever is not exactly what it would have
// written itself.
//
// net/PROTOCOL.md specifies it.
package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/fxamacker/cbor/v2"
)

// Version is the protocol version that this code speaks, and MinVersion the
// oldest that it still talks to (always the one before, from 2 on).
const (
	Version    = 1
	MinVersion = 1
)

// Prologue is mixed into the handshake of every connection (Noise rev. 34,
// section 6): two programs that differ here cannot connect.
const Prologue = "snug/1"

// DefaultPort is the TCP port that a host takes if it is free.
const DefaultPort = 7443

// MaxMessage is the largest message in bytes, its length prefix not counted.
// With that prefix it fits one record (65,535 bytes less a 16-byte tag); what is
// larger travels as a blob.
const MaxMessage = 60 << 10

// MaxItems bounds the elements of any list in a message.
const MaxItems = 4096

// Kind numbers the messages. The numbers are for ever: append only.
type Kind uint16

// ErrUnknownKind says that a message is of a kind that this version does not
// know. The receiver skips it.
var ErrUnknownKind = errors.New("message of an unknown kind")

// ErrBadMessage says that bytes are not a message: the sender is broken or
// hostile, and the connection ends.
var ErrBadMessage = errors.New("malformed message")

// Message is one of the structs of this package that have a Kind.
type Message interface {
	// Kind returns the message's number.
	Kind() Kind
}

var (
	encode = must(cbor.CoreDetEncOptions().EncMode())
	decode = must(cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		IndefLength:       cbor.IndefLengthForbidden,
		TagsMd:            cbor.TagsForbidden,
		ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
		MaxNestedLevels:   8,
		MaxArrayElements:  MaxItems,
		MaxMapPairs:       64,
		UTF8:              cbor.UTF8RejectInvalid,
	}.DecMode())
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err) // the options are constants
	}
	return v
}

// Messages returns an empty message of each kind that there is, the host's and the
// clients', in the order of their numbers: for tests that say every one of them.
func Messages() []Message {
	var all []Message
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		m, ok := reflect.New(kinds[kind]).Interface().(Message)
		if !ok {
			panic(fmt.Sprintf("wire: %v is no message", kinds[kind]))
		}
		all = append(all, m)
	}
	return all
}

// Append appends the message to dst: its kind as two bytes, big endian, then its
// fields as CBOR (RFC 8949, core deterministic encoding). It panics if a message
// cannot be encoded, which is a bug of ours.
func Append(dst []byte, m Message) []byte {
	dst = binary.BigEndian.AppendUint16(dst, uint16(m.Kind()))
	b, err := encode.Marshal(m)
	if err != nil {
		panic(fmt.Sprintf("wire: encode kind %d: %v", m.Kind(), err))
	}
	return append(dst, b...)
}

// Parse reads one message. What it accepts encodes again to the same bytes. The
// message owns its memory: b may be reused. It returns ErrUnknownKind for kinds
// of a later version, else an error that wraps ErrBadMessage.
func Parse(b []byte) (Message, error) {
	if len(b) < 3 || len(b) > MaxMessage {
		return nil, fmt.Errorf("%w: %d bytes", ErrBadMessage, len(b))
	}
	kind := Kind(binary.BigEndian.Uint16(b))
	t, ok := kinds[kind]
	if !ok {
		return nil, fmt.Errorf("%w: %d", ErrUnknownKind, kind)
	}
	p := reflect.New(t)
	if err := unmarshal(b[2:], p.Interface()); err != nil {
		return nil, fmt.Errorf("%w: kind %d: %v", ErrBadMessage, kind, err)
	}
	m, ok := p.Interface().(Message)
	if !ok {
		panic(fmt.Sprintf("wire: %v is no message", t))
	}
	if b, ok := m.(bounded); ok {
		if err := b.bounds(); err != nil {
			return nil, fmt.Errorf("%w: kind %d: %v", ErrBadMessage, kind, err)
		}
	}
	return m, nil
}

var errNotCanonical = errors.New("not in the one allowed encoding")

// unmarshal decodes b into v, a pointer to a struct, and refuses every encoding
// but the one that encode would write.
func unmarshal(b []byte, v any) error {
	if err := decode.Unmarshal(b, v); err != nil {
		return err
	}
	again, err := encode.Marshal(v)
	if err != nil {
		return err
	}
	if !bytes.Equal(b, again) {
		return errNotCanonical
	}
	return nil
}
