// Package transfer moves large sealed files between a host and a client: the
// side that lacks one pulls it block by block with a Puller, the side that has
// it answers with a Feeder. Uploads and downloads are the same two, turned round.
//
// It must not know sockets, goroutines, files or keys: messages go out through
// a function and come in by a call, times are arguments, and what it moves is
// sealed already. It trusts nothing that the other side says: every block is
// checked against the list of hashes, and that list against the root.
//
// net/PROTOCOL.md specifies it, section Files.
package transfer

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/snugchat/snug/net/wire"
)

// BlockSize is the size in bytes of every block of a sealed file but the last:
// what is hashed, stored and sent again as one. A transfer that was cut loses
// at most one.
const BlockSize = 1 << 20

// HashSize is the size in bytes of one block's hash (SHA-256) in the hash list.
const HashSize = sha256.Size

// MaxLength is the largest sealed file in bytes that a Puller takes. Its hash
// list has 2 MiB, which is the only part of a transfer that grows with the file.
const MaxLength = 64 << 30

// MaxTries is how often the same bytes are asked for before a transfer fails.
const MaxTries = 4

// maxStray is how many pieces that nobody asked for are let pass. A few are
// honest: the answer to a pull that was given up a moment before.
const maxStray = 256

// The errors that end a transfer.
var (
	// ErrDamaged says that a block or the hash list was wrong MaxTries times.
	ErrDamaged = errors.New("file arrives damaged")
	// ErrSilent says that the other side did not answer a pull MaxTries times.
	ErrSilent = errors.New("no answer to a pull")
	// ErrStray says that the other side sends what nobody asked for.
	ErrStray = errors.New("pieces that nobody asked for")
	// ErrTooLong says that a length is negative or over MaxLength.
	ErrTooLong = errors.New("file too long to transfer")
	// ErrBadPull says that a pull asks for bytes that do not exist.
	ErrBadPull = errors.New("pull out of bounds")
	// ErrCancelled says that the other side ended the transfer for good.
	ErrCancelled = errors.New("cancelled by the other side")
	// ErrPaused says that the other side paused: it keeps what it has.
	ErrPaused = errors.New("paused by the other side")
)

// PeerError says that the other side ended the transfer and why. It wraps
// ErrCancelled.
type PeerError struct {
	Code  wire.Code
	Limit int64 // with CodeTooBig and CodeQuota: the limit in bytes
}

func (e *PeerError) Error() string {
	return fmt.Sprintf("%v: code %d", ErrCancelled, e.Code)
}

func (e *PeerError) Unwrap() error { return ErrCancelled }

// Blocks returns how many blocks a sealed file of length bytes has.
func Blocks(length int64) int {
	if length <= 0 {
		return 0
	}
	return int((length-1)/BlockSize + 1)
}

// BlockLen returns the size in bytes of block i of a sealed file of length bytes.
func BlockLen(length int64, i int) int {
	return int(min(int64(BlockSize), length-int64(i)*BlockSize))
}

// Root returns the name of a sealed file: SHA-256("snug/1 file" || length ||
// block hashes), the length as 8 bytes, big endian.
func Root(length int64, hashes []byte) [32]byte {
	h := sha256.New()
	h.Write([]byte("snug/1 file"))
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(length)))
	h.Write(hashes)
	return [32]byte(h.Sum(nil))
}
