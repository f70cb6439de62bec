package channel

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"sync"
)

// maxSealed is the largest Noise message (Noise section 3).
const maxSealed = 65535

// MaxRecord is the largest plaintext of one record in bytes: a Noise message
// without its tag.
const MaxRecord = maxSealed - tagSize

// rekeyEvery is after how many records of a direction its key is replaced
// (Noise section 11.3), as DESIGN section 4 says. It is far below what one
// AES-GCM key may do (2^24.5 records of 16 KiB, RFC 8446 section 5.5): it is
// about forgetting old keys, not about wear.
const rekeyEvery = 1 << 16

// cipherState is one direction's key and record counter (Noise section 5.1).
// The Noise library's own type allocates a nonce for every record; this one has
// it in place. TestRekeyAsTheLibrary compares both.
type cipherState struct {
	aead  cipher.AEAD
	n     uint64
	nonce [12]byte // 4 zero bytes, then n big-endian (Noise section 12.4)
}

func newCipherState(key [32]byte) cipherState {
	return cipherState{aead: newGCM(key[:])}
}

// newGCM returns AES-256-GCM. The key always has 32 bytes, so that no error of
// the two constructors can come.
func newGCM(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return aead
}

// seal appends the next record's ciphertext to dst.
func (c *cipherState) seal(dst, plain []byte) ([]byte, error) {
	if c.n == math.MaxUint64 { // reserved for rekey
		return nil, ErrExhausted
	}
	binary.BigEndian.PutUint64(c.nonce[4:], c.n)
	out := c.aead.Seal(dst, c.nonce[:], plain, nil)
	c.next()
	return out, nil
}

// open decrypts the next record in place. After an error the counter stands
// still and the caller gives up.
func (c *cipherState) open(sealed []byte) ([]byte, error) {
	if c.n == math.MaxUint64 {
		return nil, ErrExhausted
	}
	binary.BigEndian.PutUint64(c.nonce[4:], c.n)
	plain, err := c.aead.Open(sealed[:0], c.nonce[:], sealed, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: number %d is not authentic", ErrRecord, c.n)
	}
	c.next()
	return plain, nil
}

func (c *cipherState) next() {
	c.n++
	if c.n%rekeyEvery == 0 {
		c.rekey()
	}
}

// rekey replaces the key: the first 32 bytes of ENCRYPT(k, 2^64-1, "", 32 zero
// bytes), Noise section 4.2. The counter goes on (section 11.3).
func (c *cipherState) rekey() {
	var zeros, key [32]byte
	binary.BigEndian.PutUint64(c.nonce[4:], math.MaxUint64)
	copy(key[:], c.aead.Seal(nil, c.nonce[:], zeros[:], nil))
	c.aead = newGCM(key[:])
	clear(key[:])
}

// sender writes records. It holds no buffer between them.
type sender struct {
	cipher cipherState
	err    error // final
}

func (s *sender) write(w io.Writer, plain []byte) error {
	if s.err != nil {
		return s.err
	}
	if len(plain) > MaxRecord {
		return fmt.Errorf("%w: %d bytes", ErrTooLarge, len(plain))
	}
	buf := getBuffer(headerSize + len(plain) + tagSize)
	defer buf.release()
	frame, err := s.cipher.seal(buf.b[:headerSize], plain)
	if err != nil {
		s.err = err
		return err
	}
	binary.BigEndian.PutUint32(frame, uint32(len(frame)-headerSize))
	if _, err := w.Write(frame); err != nil {
		s.err = fmt.Errorf("channel: write record: %w", err)
	}
	return s.err
}

// waitSize is how many bytes a connection holds to read into while it waits:
// enough that a record with one or two messages comes with a single read.
const waitSize = 1 << 10

// trustSize is the most that a header alone gets: the buffer for a larger
// record is taken when this much of it has come, so that a peer cannot make
// this side hold 64 KiB by announcing it.
const trustSize = 16 << 10

// receiver reads records. While it waits for the first byte of a record it
// holds nothing but wait.
type receiver struct {
	cipher     cipherState
	wait       [waitSize]byte
	start, end int     // of what was read into wait and not used yet
	large      *buffer // holds the last record if that did not fit wait
	err        error   // final
}

func (r *receiver) read(src io.Reader) ([]byte, error) {
	if r.large != nil {
		r.large.release()
		r.large = nil
	}
	if r.err != nil {
		return nil, r.err
	}
	sealed, err := r.frame(src)
	if err == nil {
		sealed, err = r.cipher.open(sealed)
	}
	if err != nil {
		r.err = err
		return nil, err
	}
	return sealed, nil
}

// frame reads one frame and returns its bytes without the length. They lie in
// wait or in large.
func (r *receiver) frame(src io.Reader) ([]byte, error) {
	if err := r.fill(src, headerSize); err != nil {
		return nil, err
	}
	size := int64(binary.BigEndian.Uint32(r.wait[r.start:]))
	if size < tagSize || size > maxSealed {
		return nil, fmt.Errorf("%w: %d bytes", ErrRecord, size)
	}
	n := int(size)
	if headerSize+n <= waitSize {
		if err := r.fill(src, headerSize+n); err != nil {
			return nil, err
		}
		sealed := r.wait[r.start+headerSize : r.start+headerSize+n]
		r.start += headerSize + n
		return sealed, nil
	}

	r.large = getBuffer(min(n, trustSize))
	have := copy(r.large.b[:min(n, len(r.large.b))], r.wait[r.start+headerSize:r.end])
	r.start += headerSize + have
	for {
		part := r.large.b[:min(n, len(r.large.b))]
		if _, err := io.ReadFull(src, part[have:]); err != nil {
			return nil, cut(err)
		}
		if len(part) == n {
			return part, nil
		}
		have = len(part)
		larger := getBuffer(n)
		copy(larger.b, part)
		r.large.release()
		r.large = larger
	}
}

// fill reads until at least n bytes stand in wait. Only a stream that ends
// between two frames gives io.EOF.
func (r *receiver) fill(src io.Reader, n int) error {
	if r.start == r.end {
		r.start, r.end = 0, 0
	}
	if r.end-r.start >= n {
		return nil
	}
	if r.start+n > waitSize {
		r.end = copy(r.wait[:], r.wait[r.start:r.end])
		r.start = 0
	}
	got, err := io.ReadAtLeast(src, r.wait[r.end:], n-(r.end-r.start))
	empty := r.end == r.start && got == 0
	r.end += got
	if err == nil {
		return nil
	}
	if empty && errors.Is(err, io.EOF) {
		return io.EOF
	}
	return cut(err)
}

// cut names an error in the middle of a frame.
func cut(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: cut short: %w", ErrRecord, io.ErrUnexpectedEOF)
	}
	return fmt.Errorf("channel: read record: %w", err)
}

// buffer is a byte slice on loan from one of the pools below.
type buffer struct {
	b    []byte
	pool *sync.Pool
}

// The pools are caches without meaning: what lies in them changes nothing but
// speed. Connections share them, because a record needs its buffer for some
// microseconds only. The classes are one small batch, one read's worth
// (trustSize) and the largest frame.
var (
	smallBuffers  = newPool(2 << 10)
	middleBuffers = newPool(trustSize)
	largeBuffers  = newPool(headerSize + maxSealed)
)

func newPool(size int) *sync.Pool {
	p := new(sync.Pool)
	p.New = func() any { return &buffer{b: make([]byte, size), pool: p} }
	return p
}

// getBuffer lends a buffer of at least n bytes (at most one frame).
func getBuffer(n int) *buffer {
	p := largeBuffers
	switch {
	case n <= 2<<10:
		p = smallBuffers
	case n <= trustSize:
		p = middleBuffers
	}
	return p.Get().(*buffer)
}

func (b *buffer) release() { b.pool.Put(b) }
