package transfer

import (
	"errors"
	"fmt"
	"io"

	"github.com/snugchat/snug/net/wire"
)

// Feeder answers the pulls for one sealed file. It is not safe for concurrent
// use. It keeps one piece in memory.
type Feeder struct {
	root   [32]byte
	length int64
	hashes io.ReaderAt
	data   io.ReaderAt
	send   func(wire.Message) error
	piece  wire.Piece
	buf    []byte
	sent   int64
}

// NewFeeder returns a Feeder for the sealed file of this root: hashes is its
// hash list, data its bytes. Pieces leave through send, which must not keep them.
func NewFeeder(root [32]byte, length int64, hashes, data io.ReaderAt, send func(wire.Message) error) *Feeder {
	return &Feeder{root: root, length: length, hashes: hashes, data: data, send: send}
}

// Root returns which file this is.
func (f *Feeder) Root() [32]byte { return f.root }

// Length returns the size of the sealed file in bytes.
func (f *Feeder) Length() int64 { return f.length }

// Sent returns how many bytes of the file were handed out, those that were
// asked for twice counted twice.
func (f *Feeder) Sent() int64 { return f.sent }

// Handle answers a pull of this root; others are ignored. An error ends the
// transfer: ErrBadPull if the other side asks for what does not exist, else
// what reading or send returned.
func (f *Feeder) Handle(m *wire.Pull) error {
	if m.Root != f.root {
		return nil
	}
	src, size := f.data, f.length
	switch m.Part {
	case wire.PartHashes:
		src, size = f.hashes, int64(Blocks(f.length)*HashSize)
	case wire.PartData:
	default:
		return fmt.Errorf("%w: part %d", ErrBadPull, m.Part)
	}
	n := int64(m.Length)
	if n == 0 || n > wire.MaxPiece || m.Offset < 0 || m.Offset > size-n {
		return fmt.Errorf("%w: part %d, %d bytes at %d of %d", ErrBadPull, m.Part, n, m.Offset, size)
	}
	if f.buf == nil {
		f.buf = make([]byte, wire.MaxPiece)
	}
	// ReadAt may return io.EOF together with the last bytes.
	if got, err := src.ReadAt(f.buf[:n], m.Offset); int64(got) < n {
		if err == nil || errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return fmt.Errorf("read sealed file: %w", err)
	}
	if m.Part == wire.PartData {
		f.sent += n
	}
	f.piece = wire.Piece{Root: f.root, Part: m.Part, Offset: m.Offset, Data: f.buf[:n]}
	return f.send(&f.piece)
}
