// Package recovery is the code of 160 bits that brings an identity back when all
// devices of a person are gone: as words and as text to write down, and the
// backup of the identity key that it opens.
//
// It must not know where a backup is kept or what else a kit says. It asks no
// password: the code cannot be guessed, and whoever has code and backup has the
// identity.
//
// Keys come from HKDF-SHA-256 (RFC 5869), the backup is AES-256-GCM.
package recovery

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	_ "embed" // the list of words
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"

	"github.com/snugchat/snug/crypto/identity"
)

var (
	// ErrCode says that a text is no recovery code; ErrMistyped that it looks like
	// one but a letter or word is wrong.
	ErrCode     = errors.New("not a recovery code")
	ErrMistyped = fmt.Errorf("%w: mistyped", ErrCode)

	// ErrBackup comes for a backup that the code does not open: of another code or
	// place, or damaged.
	ErrBackup = errors.New("backup does not open with this code")
)

// WordError says which word of a code, the first is 1, is none of the list. It is
// an ErrMistyped.
type WordError struct{ N int }

// Error says which word it is, and not the word.
func (e *WordError) Error() string { return fmt.Sprintf("%v: word %d", ErrMistyped, e.N) }

// Unwrap makes it an ErrMistyped.
func (e *WordError) Unwrap() error { return ErrMistyped }

// codeSize is the size of a code in bytes: 160 bits.
const codeSize = 20

// Code is a recovery code. It prints as "[secret]"; Text and Words are for the
// person.
type Code struct {
	_ [0]func() // no ==
	b [codeSize]byte
}

// NewCode makes one from crypto/rand.
func NewCode() Code {
	var c Code
	rand.Read(c.b[:])
	return c
}

// Equal compares in constant time.
func (c Code) Equal(o Code) bool { return subtle.ConstantTimeCompare(c.b[:], o.b[:]) == 1 }

// String and LogValue keep the code out of texts and logs.
func (Code) String() string               { return "[secret]" }
func (Code) Format(s fmt.State, _ rune)   { fmt.Fprint(s, "[secret]") }
func (Code) LogValue() slog.Value         { return slog.StringValue("[secret]") }
func (Code) MarshalText() ([]byte, error) { return nil, errors.New("a recovery code has no such form") }

// checksum is what shows a mistyped code: the first bits of a hash.
func (c Code) checksum() [32]byte {
	return sha256.Sum256(append([]byte("snug/1 recovery code"), c.b[:]...))
}

// The letters of a code's text: those of Crockford, without I, L, O and U.
const letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

func encoding() *base32.Encoding {
	return base32.NewEncoding(letters).WithPadding(base32.NoPadding)
}

// checkText is how many letters of a text are its checksum: 20 bits.
const checkText = 4

// Text is the code as nine groups of four letters, the last group a checksum.
func (c Code) Text() string {
	sum := c.checksum()
	s := encoding().EncodeToString(c.b[:]) + encoding().EncodeToString(sum[:])[:checkText]
	var groups []string
	for ; s != ""; s = s[4:] {
		groups = append(groups, s[:4])
	}
	return strings.Join(groups, "-")
}

// words are 2,048 of those of crypto/password, in alphabetical order, no two of
// which begin with the same four letters. The list is for ever: codes name words
// by their place in it.
//
//go:embed words.txt
var wordsFile string

var words = sync.OnceValue(func() []string { return strings.Fields(wordsFile) })

// codeWords is how many words a code has: 160 bits and 5 of a checksum, 11 a word.
const codeWords = 15

// Words is the code as 15 words. The first four letters of each are enough.
func (c Code) Words() []string {
	sum := c.checksum()
	bits := append(bytes.Clone(c.b[:]), sum[0])
	all := make([]string, codeWords)
	for i := range all {
		all[i] = words()[elevenBits(bits, i)]
	}
	return all
}

// elevenBits returns the i-th group of eleven bits, from the highest on.
func elevenBits(b []byte, i int) int {
	n := 0
	for at := 11 * i; at < 11*i+11; at++ {
		n = n<<1 | int(b[at/8]>>(7-at%8)&1)
	}
	return n
}

// ParseCode reads a code in either form, however it is spaced and in capital or
// small letters; 0 and O, 1, I and L count as the same. ErrMistyped says that the
// checksum is wrong, a WordError that a word is none of the list, ErrCode that it
// is no code at all.
func ParseCode(s string) (Code, error) {
	if len(s) > 1024 {
		return Code{}, ErrCode
	}
	fields := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return r < 'a' && (r < '0' || r > '9') })
	if len(fields) == codeWords {
		return parseWords(fields)
	}
	text := strings.NewReplacer("o", "0", "i", "1", "l", "1").Replace(strings.Join(fields, ""))
	if len(text) != codeSize*8/5+checkText {
		return Code{}, ErrCode
	}
	b, err := encoding().DecodeString(strings.ToUpper(text[:codeSize*8/5]))
	if err != nil {
		return Code{}, ErrMistyped
	}
	c := Code{b: [codeSize]byte(b)}
	sum := c.checksum()
	if !strings.EqualFold(encoding().EncodeToString(sum[:])[:checkText], text[codeSize*8/5:]) {
		return Code{}, ErrMistyped
	}
	return c, nil
}

func parseWords(fields []string) (Code, error) {
	var bits [codeSize + 1]byte
	for i, f := range fields {
		n := indexOf(f)
		if n < 0 {
			return Code{}, &WordError{i + 1}
		}
		for k := range 11 {
			at := 11*i + k
			bits[at/8] |= byte(n>>(10-k)&1) << (7 - at%8)
		}
	}
	c := Code{b: [codeSize]byte(bits[:])}
	if sum := c.checksum(); sum[0]>>3 != bits[codeSize]>>3 {
		return Code{}, ErrMistyped
	}
	return c, nil
}

// indexOf finds a word by its first four letters; what follows them must be right
// as far as it was typed.
func indexOf(typed string) int {
	for i, w := range words() {
		if typed == w || len(typed) >= 4 && len(typed) <= len(w) && strings.HasPrefix(w, typed) {
			return i
		}
	}
	return -1
}

// Backup is what a code brings back.
type Backup struct {
	Place    [32]byte            // the host's static key
	Identity identity.PrivateKey // of the account in that place
	// Device is the one that made the backup: recovery revokes it.
	Device  identity.DeviceID
	Created int64 // unix milliseconds
}

// The encoded forms: 'K' 0x01 ‖ place (32) ‖ nonce (12) ‖ AES-256-GCM of seed (32)
// ‖ device (16) ‖ created (8), with all before it as additional data.
const (
	backupMark  = "K\x01"
	backupClear = len(backupMark) + 32 + nonceSize
	backupPlain = identity.PrivateKeySize + 16 + 8
	nonceSize   = 12

	// BackupSize is the size of a sealed backup in bytes.
	BackupSize = backupClear + backupPlain + 16
)

// Token is what asks whoever keeps backups of a place for the one that this code
// opens: 256 bits from which nothing follows about the code.
func (c Code) Token(place [32]byte) [32]byte {
	b, err := hkdf.Key(sha256.New, c.b[:], place[:], "snug/1 recovery token", 32)
	if err != nil {
		panic(err) // the length is a constant that fits
	}
	return [32]byte(b)
}

// aead is the cipher of a code's backups in a place.
func (c Code) aead(place []byte) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, c.b[:], place, "snug/1 recovery backup", 32)
	if err != nil {
		return nil, err
	}
	defer clear(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// Seal makes the backup that only this code opens. It says which place it is for,
// and nothing else, to whoever keeps it.
func (c Code) Seal(b Backup) ([]byte, error) {
	if b.Identity.IsZero() || b.Device.IsZero() || b.Place == [32]byte{} || b.Created <= 0 {
		return nil, errors.New("recovery backup is incomplete")
	}
	aead, err := c.aead(b.Place[:])
	if err != nil {
		return nil, err
	}
	out := append([]byte(backupMark), b.Place[:]...)
	nonce := make([]byte, nonceSize)
	rand.Read(nonce)
	out = append(out, nonce...)
	plain := append(b.Identity.Bytes(), b.Device[:]...)
	plain = binary.BigEndian.AppendUint64(plain, uint64(b.Created))
	defer clear(plain)
	return aead.Seal(out, nonce, plain, out), nil
}

// Open opens a backup. Every error is an ErrBackup.
func (c Code) Open(sealed []byte) (Backup, error) {
	if len(sealed) != BackupSize || !bytes.HasPrefix(sealed, []byte(backupMark)) {
		return Backup{}, ErrBackup
	}
	place := sealed[len(backupMark) : len(backupMark)+32]
	aead, err := c.aead(place)
	if err != nil {
		return Backup{}, fmt.Errorf("%w: %v", ErrBackup, err)
	}
	plain, err := aead.Open(nil, sealed[backupClear-nonceSize:backupClear], sealed[backupClear:], sealed[:backupClear])
	if err != nil {
		return Backup{}, ErrBackup
	}
	defer clear(plain)
	k, err := identity.NewPrivateKey(plain[:identity.PrivateKeySize])
	if err != nil {
		return Backup{}, fmt.Errorf("%w: %v", ErrBackup, err)
	}
	rest := plain[identity.PrivateKeySize:]
	return Backup{
		Place: [32]byte(place), Identity: k, Device: identity.DeviceID(rest[:16]),
		Created: int64(binary.BigEndian.Uint64(rest[16:])),
	}, nil
}
