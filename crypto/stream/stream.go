// Package stream seals files: padded to a size class, encrypted as a stream
// that cannot be cut, reordered or mixed, and hashed in blocks, so that a
// store can check and resume what it cannot read.
//
// It knows streams, sizes and keys: no file names, rooms, disks or transfers.
//
// DARE 2.0 specifies the encryption (AES-256-GCM only, in packages of 64 KiB;
// github.com/minio/sio v0.4.1), Padmé the size classes (Nikitin, Barman, Lueks,
// Underwood, Hubaux, Ford: "Reducing Metadata Leakage from Encrypted Files and
// Communication with PURBs", 2019, section 4), PROTOCOL.md the blocks and root.
package stream

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"math/bits"
	"slices"

	"github.com/minio/sio"
)

const (
	// BlockSize is how many sealed bytes one hash covers; the last block is
	// shorter. It is what a transfer can lose when it is interrupted.
	BlockSize = 1 << 20

	// MaxSize is the largest file in bytes. Its hash list has 8 MiB, which is
	// the only thing here that grows with a file and is held in memory.
	MaxSize = 256 << 30

	// minPadded is the smallest size class in bytes, as for envelopes: it
	// hides whether a tiny file is empty. Padmé itself says nothing about less
	// than 2 bytes.
	minPadded = 256

	// packageSize and packageOverhead are DARE 2.0's: plaintext bytes of a
	// package, and its header and tag.
	packageSize     = 64 << 10
	packageOverhead = 32
)

// HashSize is the size of a block's SHA-256 in bytes.
const HashSize = sha256.Size

var (
	// ErrSize comes for a size that is negative or above MaxSize.
	ErrSize = errors.New("file size is out of range")

	// ErrChanged comes from Seal when the source has fewer or more bytes than
	// its size said: somebody changed the file meanwhile.
	ErrChanged = errors.New("file changed while it was read")

	// ErrDamaged comes when sealed bytes are not what Seal made with this key
	// for a file of this size: changed, cut, reordered, longer, of another file.
	ErrDamaged = errors.New("sealed file is damaged")

	// ErrHashList comes when bytes are no hash list of a sealed file of the
	// given length, or not the one of the given root.
	ErrHashList = errors.New("not the hash list of the file")

	// ErrBlock comes when a block does not have its length or its hash.
	ErrBlock = errors.New("block is damaged")
)

// Key is the secret key of one file. It prints as "[secret]"; compare with
// Equal. It travels only inside encrypted messages.
type Key [32]byte

// GenerateKey makes a key from crypto/rand.
func GenerateKey() (Key, error) {
	var k Key
	if _, err := rand.Read(k[:]); err != nil {
		return Key{}, fmt.Errorf("make file key: %w", err)
	}
	return k, nil
}

// Equal reports, in constant time, whether both are the same key.
func (k Key) Equal(other Key) bool { return subtle.ConstantTimeCompare(k[:], other[:]) == 1 }

// String returns "[secret]".
func (k Key) String() string { return "[secret]" }

// Format prints "[secret]" for every verb, %x included.
func (k Key) Format(s fmt.State, _ rune) { fmt.Fprint(s, "[secret]") }

// LogValue keeps the key out of logs.
func (k Key) LogValue() slog.Value { return slog.StringValue("[secret]") }

// Root names a sealed file by its contents. It is public, may be compared with
// == and used as a map key.
type Root [HashSize]byte

// String returns the root as 64 hexadecimal digits, a safe file name.
func (r Root) String() string { return hex.EncodeToString(r[:]) }

// ParseRoot takes what String returned and nothing else.
func ParseRoot(s string) (Root, error) {
	var r Root
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(r) || hex.EncodeToString(b) != s {
		return Root{}, fmt.Errorf("%q is not a root: want 64 lower-case hexadecimal digits", s)
	}
	copy(r[:], b)
	return r, nil
}

// PaddedSize returns the size class of a file: its size rounded up to a number
// with few significant bits (Padmé), at least 256. The class has at most 6.25 %
// more than the file and leaks O(log log size) bits of the size. The argument
// is between 0 and MaxSize.
func PaddedSize(size int64) int64 {
	if size <= minPadded {
		return minPadded
	}
	e := bits.Len64(uint64(size)) - 1 // floor(log2 L)
	s := bits.Len64(uint64(e))        // floor(log2 E) + 1
	mask := int64(1)<<(e-s) - 1       // these low bits become zero
	return (size + mask) &^ mask
}

// SealedSize returns how many bytes Seal makes of a file of that size, which is
// between 0 and MaxSize.
func SealedSize(size int64) int64 {
	padded := PaddedSize(size)
	packages := (padded + packageSize - 1) / packageSize
	return padded + packages*packageOverhead
}

// CheckLength says (ErrHashList) whether length is a SealedSize of anything.
// A receiver asks this before it reserves space.
func CheckLength(length int64) error {
	if length < SealedSize(0) || length > SealedSize(MaxSize) {
		return fmt.Errorf("%w: %d bytes", ErrHashList, length)
	}
	padded, err := sio.DecryptedSize(uint64(length))
	if err != nil || SealedSize(int64(padded)) != length {
		return fmt.Errorf("%w: no sealed file has %d bytes", ErrHashList, length)
	}
	return nil
}

// Blocks returns how many blocks a sealed file of that length has.
func Blocks(length int64) int { return int((length + BlockSize - 1) / BlockSize) }

// HashList is the list of the SHA-256 of each block of a sealed file. It is
// made by Seal or ParseHashList and never changes.
type HashList struct {
	length int64 // of the sealed file
	hashes []byte
}

// ParseHashList takes the concatenated hashes of a sealed file of that length
// and copies them. It checks their number and that such a length exists; that
// they are the right ones, Root tells.
func ParseHashList(length int64, b []byte) (HashList, error) {
	if err := CheckLength(length); err != nil {
		return HashList{}, err
	}
	if want := Blocks(length) * HashSize; len(b) != want {
		return HashList{}, fmt.Errorf("%w: %d bytes, want %d", ErrHashList, len(b), want)
	}
	return HashList{length: length, hashes: slices.Clone(b)}, nil
}

// OpenHashList is ParseHashList and the check that the list is that of root.
// After it every block can be checked as it comes.
func OpenHashList(root Root, length int64, b []byte) (HashList, error) {
	l, err := ParseHashList(length, b)
	if err != nil {
		return HashList{}, err
	}
	if l.Root() != root {
		return HashList{}, fmt.Errorf("%w: another root", ErrHashList)
	}
	return l, nil
}

// Length returns the length of the sealed file in bytes.
func (l HashList) Length() int64 { return l.length }

// Len returns the number of blocks.
func (l HashList) Len() int { return len(l.hashes) / HashSize }

// At returns the hash of block i, which is below Len.
func (l HashList) At(i int) [HashSize]byte { return [HashSize]byte(l.hashes[i*HashSize:]) }

// Bytes returns a copy of the concatenated hashes.
func (l HashList) Bytes() []byte { return slices.Clone(l.hashes) }

// Root returns SHA-256("snug/1 file" ‖ length (uint64 big-endian) ‖ hashes).
func (l HashList) Root() Root {
	h := sha256.New()
	h.Write([]byte("snug/1 file"))
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(l.length)))
	h.Write(l.hashes)
	return Root(h.Sum(nil))
}

// BlockLength returns the length of block i in bytes: BlockSize, or less for
// the last one; 0 for a block that there is not.
func (l HashList) BlockLength(i int) int {
	if i < 0 || i >= l.Len() {
		return 0
	}
	return int(min(BlockSize, l.length-int64(i)*BlockSize))
}

// Check says (ErrBlock) whether b is block i.
func (l HashList) Check(i int, b []byte) error {
	if i < 0 || i >= l.Len() {
		return fmt.Errorf("%w: there is no block %d of %d", ErrBlock, i, l.Len())
	}
	if len(b) != l.BlockLength(i) {
		return fmt.Errorf("%w: block %d has %d bytes, want %d", ErrBlock, i, len(b), l.BlockLength(i))
	}
	if sha256.Sum256(b) != l.At(i) {
		return fmt.Errorf("%w: block %d has another hash", ErrBlock, i)
	}
	return nil
}
