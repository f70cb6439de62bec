package vault

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
)

// FileSize is the size of every vault file in bytes.
const FileSize = headerSize + wrappedSize + sumSize

// The vault file. Numbers are big-endian.
//
//	 0   8  "snugvlt" 0x01
//	 8   1  method
//	 9   3  0
//	12   4  Argon2id passes       (0 without a passphrase)
//	16   4  Argon2id memory, KiB  (0 without a passphrase)
//	20   4  Argon2id lanes        (0 without a passphrase)
//	24  16  id: the salt of Argon2id, the name of the keyring item, or that of the key file
//	40  12  nonce
//	52  48  AES-256-GCM(key, nonce, master key, additional data: bytes 0 to 51)
//	100 32  SHA-256 of bytes 0 to 99
//
// The checksum adds no secrecy. It tells damage from a wrong passphrase before
// a second of work, so that nobody doubts a passphrase that is right.
const (
	magic       = "snugvlt\x01"
	idSize      = 16
	nonceSize   = 12
	headerSize  = len(magic) + 4 + 3*4 + idSize + nonceSize
	wrappedSize = 32 + 16
	sumSize     = sha256.Size
)

// file is a vault file in parts.
type file struct {
	method  Method
	cost    cost // zero without a passphrase
	id      [idSize]byte
	nonce   [nonceSize]byte
	wrapped [wrappedSize]byte
}

// MethodOf says how the vault of this file is opened. Its error is ErrDamaged.
func MethodOf(b []byte) (Method, error) {
	f, err := parse(b)
	return f.method, err
}

// header is what AES-GCM authenticates beside the master key.
func (f *file) header() []byte {
	b := make([]byte, 0, FileSize)
	b = append(b, magic...)
	b = append(b, byte(f.method), 0, 0, 0)
	b = binary.BigEndian.AppendUint32(b, f.cost.passes)
	b = binary.BigEndian.AppendUint32(b, f.cost.memory)
	b = binary.BigEndian.AppendUint32(b, f.cost.lanes)
	b = append(b, f.id[:]...)
	return append(b, f.nonce[:]...)
}

func (f *file) encode() []byte {
	b := append(f.header(), f.wrapped[:]...)
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}

// parse reads a vault file. It accepts only bytes that encode writes.
func parse(b []byte) (file, error) {
	if len(b) != FileSize || !bytes.HasPrefix(b, []byte(magic)) {
		return file{}, ErrDamaged
	}
	if sum := sha256.Sum256(b[:FileSize-sumSize]); !bytes.Equal(sum[:], b[FileSize-sumSize:]) {
		return file{}, ErrDamaged
	}
	r := b[len(magic):]
	f := file{method: Method(r[0])}
	if r[1]|r[2]|r[3] != 0 {
		return file{}, ErrDamaged
	}
	r = r[4:]
	f.cost = cost{
		passes: binary.BigEndian.Uint32(r),
		memory: binary.BigEndian.Uint32(r[4:]),
		lanes:  binary.BigEndian.Uint32(r[8:]),
	}
	r = r[12:]
	r = r[copy(f.id[:], r):]
	r = r[copy(f.nonce[:], r):]
	copy(f.wrapped[:], r)
	switch f.method {
	case ByPassphrase:
		if !f.cost.acceptable() {
			return file{}, ErrDamaged
		}
	case ByKeyring, ByKeyFile:
		if f.cost != (cost{}) {
			return file{}, ErrDamaged
		}
	default:
		return file{}, ErrDamaged
	}
	return f, nil
}

// parseAs is parse for a file that must be of one method.
func parseAs(b []byte, m Method) (file, error) {
	f, err := parse(b)
	if err != nil {
		return file{}, err
	}
	if f.method != m {
		return file{}, fmt.Errorf("%w: by %v", ErrMethod, f.method)
	}
	return f, nil
}

// newFile begins a file with a new id.
func newFile(m Method, c cost) *file {
	f := &file{method: m, cost: c}
	rand.Read(f.id[:]) // never fails
	return f
}

// name is the id in text: the keyring item's name.
func (f *file) name() string { return hex.EncodeToString(f.id[:]) }

// wrap encrypts the master key and returns the file's bytes. Each file has its
// own random nonce, and but for a passphrase its own random key.
func (f *file) wrap(kek Key, master Key) []byte {
	rand.Read(f.nonce[:]) // never fails
	f.wrapped = [wrappedSize]byte(aead(kek).Seal(nil, f.nonce[:], master[:], f.header()))
	return f.encode()
}

// unwrap returns the vault, or false if the key is another one.
func (f *file) unwrap(kek Key) (*Vault, bool) {
	master, err := aead(kek).Open(nil, f.nonce[:], f.wrapped[:], f.header())
	if err != nil {
		return nil, false
	}
	return &Vault{master: Key(master)}, true
}

func aead(kek Key) cipher.AEAD {
	block, err := aes.NewCipher(kek[:])
	if err != nil {
		panic("vault: " + err.Error()) // only another length is refused
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		panic("vault: " + err.Error()) // only another block size is refused
	}
	return gcm
}
