package mls

import (
	"encoding/binary"
	"fmt"
)

// maxVarint is the largest length of a vector (RFC 9420, section 2.1.2).
const maxVarint = 1<<30 - 1

// reader decodes the TLS presentation language with the variable-size vectors
// of RFC 9420, section 2.1.2. The first error sticks and every later read
// returns zero values, so that a decoder is a plain list of fields. Byte
// strings that it returns share memory with the input.
type reader struct {
	b   []byte
	err error
}

// fail notes the first error and drops what is left to read.
func (r *reader) fail(what string) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %s", ErrMalformed, what)
	}
	r.b = nil
}

// unsupported is fail for a value that is well formed but unknown here.
func (r *reader) unsupported(what string, value uint16) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %s %#04x", ErrUnsupported, what, value)
	}
	r.b = nil
}

// take returns the next n bytes, nil if there are not that many.
func (r *reader) take(n int) []byte {
	if n > len(r.b) {
		r.fail("cut short")
		return nil
	}
	v := r.b[:n:n]
	r.b = r.b[n:]
	return v
}

func (r *reader) uint8() uint8 {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) uint16() uint16 {
	if b := r.take(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

func (r *reader) uint32() uint32 {
	if b := r.take(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

func (r *reader) uint64() uint64 {
	if b := r.take(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

// varint reads the length of a vector and refuses one that is not minimally
// encoded (RFC 9420, section 2.1.2).
func (r *reader) varint() int {
	first := r.uint8()
	prefix := first >> 6
	if prefix == 3 {
		r.fail("vector length with prefix 3")
		return 0
	}
	length := 1 << prefix
	v := int(first & 0x3f)
	for _, c := range r.take(length - 1) {
		v = v<<8 | int(c)
	}
	if r.err == nil && prefix > 0 && v < 1<<(8*(length/2)-2) {
		r.fail("vector length not minimal")
		return 0
	}
	return v
}

// opaque reads opaque<V>. It is never nil when there was no error, so that an
// empty string and a missing one stay apart.
func (r *reader) opaque() []byte {
	return r.take(r.varint())
}

// optional reads the presence octet of RFC 9420, section 2.1.1.
func (r *reader) optional() bool {
	switch r.uint8() {
	case 0:
		return false
	case 1:
		return true
	}
	r.fail("presence octet is neither 0 nor 1")
	return false
}

// done refuses bytes after the end of a structure.
func (r *reader) done() error {
	if r.err == nil && len(r.b) > 0 {
		r.fail(fmt.Sprintf("%d bytes after the end", len(r.b)))
	}
	return r.err
}

// readVector reads T<V> with at most limit elements.
func readVector[T any](r *reader, limit int, read func(*reader) T) []T {
	in := reader{b: r.opaque()}
	var all []T
	for r.err == nil && len(in.b) > 0 {
		if len(all) == limit {
			in.fail(fmt.Sprintf("more than %d elements", limit))
			break
		}
		all = append(all, read(&in))
	}
	if in.err != nil && r.err == nil {
		r.err, r.b = in.err, nil
	}
	return all
}

// decode reads one whole structure and refuses trailing bytes.
func decode[T any](b []byte, read func(*reader) T) (T, error) {
	r := reader{b: b}
	v := read(&r)
	if err := r.done(); err != nil {
		var zero T
		return zero, err
	}
	return v, nil
}

// appendVarint writes a vector length (RFC 9420, section 2.1.2). Lengths beyond
// the format are a bug of ours: every exported function checks sizes first.
func appendVarint(b []byte, n int) []byte {
	switch {
	case n < 1<<6:
		return append(b, byte(n))
	case n < 1<<14:
		return binary.BigEndian.AppendUint16(b, 1<<14|uint16(n))
	case n <= maxVarint:
		return binary.BigEndian.AppendUint32(b, 2<<30|uint32(n))
	}
	panic("mls: vector longer than 2^30")
}

// appendOpaque writes opaque<V>.
func appendOpaque[T ~[]byte | ~string](b []byte, v T) []byte {
	return append(appendVarint(b, len(v)), v...)
}

// appendVector writes what write appends as a vector. The length in front is
// made room for afterwards, so that no size has to be known before.
func appendVector(b []byte, write func([]byte) []byte) []byte {
	start := len(b)
	b = write(append(b, 0))
	n := len(b) - start - 1
	var head [4]byte
	h := appendVarint(head[:0], n)
	if grow := len(h) - 1; grow > 0 {
		b = append(b, head[:grow]...)
		copy(b[start+len(h):], b[start+1:start+1+n])
	}
	copy(b[start:], h)
	return b
}

// appendOptional writes the presence octet (RFC 9420, section 2.1.1).
func appendOptional(b []byte, present bool) []byte {
	if present {
		return append(b, 1)
	}
	return append(b, 0)
}

// appendUint16s writes a vector of 16-bit code points.
func appendUint16s[T ~uint16](b []byte, all []T) []byte {
	b = appendVarint(b, 2*len(all))
	for _, v := range all {
		b = binary.BigEndian.AppendUint16(b, uint16(v))
	}
	return b
}

// readUint16s reads a vector of 16-bit code points.
func readUint16s[T ~uint16](r *reader) []T {
	return readVector(r, maxCodePoints, func(r *reader) T { return T(r.uint16()) })
}
