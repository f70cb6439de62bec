package wire

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/snugchat/snug/storage/chat"
)

// BodyKind says what an envelope carries. The numbers are for ever: append only.
type BodyKind uint16

// The kinds of bodies.
const (
	KindText     BodyKind = 1  // Text
	KindFile     BodyKind = 2  // File
	KindAccount  BodyKind = 16 // AccountEntry, in the directory: a new account
	KindIdentity BodyKind = 17 // AccountEntry, in the directory: an account's new identity key
	KindDevice   BodyKind = 18 // AccountEntry, in the directory: one more device
	KindRevoke   BodyKind = 19 // RevokeEntry, in the directory
)

// Text is a message of words.
type Text struct {
	Text string `cbor:"1,keyasint"` // UTF-8, 1 to MaxText bytes
}

// File is a message that hands over a file. Its sealed bytes are a blob on the host.
type File struct {
	Root   [32]byte `cbor:"1,keyasint"` // of the sealed bytes (crypto/stream)
	Length int64    `cbor:"2,keyasint"` // of the sealed bytes
	Key    [32]byte `cbor:"3,keyasint"`
	Size   int64    `cbor:"4,keyasint"`           // of the file
	Name   string   `cbor:"5,keyasint"`           // as the sender has it: make it safe before use
	Type   string   `cbor:"6,keyasint,omitempty"` // media type, as the sender saw it: a hint
}

// MaxFileName is the largest length of a file's name in a message, in bytes.
const MaxFileName = 1024

// maxFileType is the largest length of a media type in bytes (RFC 6838, section 4.2).
const maxFileType = 255

// AccountEntry is how an account, an account's new identity or one more device
// enters the directory. The envelope around it is signed by the device that the
// certificate names, so the entry proves that whoever made it holds the device's
// key, and the certificate that the identity vouches for it.
type AccountEntry struct {
	Account     chat.AccountID `cbor:"1,keyasint"`
	Name        string         `cbor:"2,keyasint"`
	Certificate []byte         `cbor:"3,keyasint"`
}

// RevokeEntry carries an identity's signed revocation of one of its devices.
type RevokeEntry struct {
	Account    chat.AccountID `cbor:"1,keyasint"`
	Revocation []byte         `cbor:"2,keyasint"`
}

// ErrBadBody says that an envelope's Data is not what its Body says.
var ErrBadBody = errors.New("malformed message body")

// EncodeBody returns the Data of an envelope. body is a pointer to one of the
// body structs of this package.
func EncodeBody(body any) []byte {
	b, err := encode.Marshal(body)
	if err != nil {
		panic(fmt.Sprintf("wire: encode body: %v", err)) // plain structs always encode
	}
	return b
}

// ParseBody reads the Data of an envelope: *Text, *File, *AccountEntry,
// *RevokeEntry, *Upto or *Sealed; (nil, nil) for a kind of a later version, for which the
// envelope's fallback text is shown. An error wraps ErrBadBody.
func ParseBody(kind BodyKind, data []byte) (any, error) {
	var v any
	switch kind {
	case KindText:
		v = new(Text)
	case KindFile:
		v = new(File)
	case KindAccount, KindIdentity, KindDevice:
		v = new(AccountEntry)
	case KindRevoke:
		v = new(RevokeEntry)
	case KindDelivered, KindRead:
		v = new(Upto)
	case KindSealed, KindCommit, KindProposal:
		v = new(Sealed)
	default:
		return nil, nil
	}
	if err := unmarshal(data, v); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrBadBody, err)
	}
	if err := check(v); err != nil {
		return nil, err
	}
	return v, nil
}

// check refuses what the encoding allows but no client may send.
func check(v any) error {
	switch b := v.(type) {
	case *Text:
		return CheckText(b.Text)
	case *File:
		switch {
		case b.Size < 0 || b.Length < 0 || b.Size > b.Length:
			return fmt.Errorf("%w: sizes %d and %d", ErrBadBody, b.Size, b.Length)
		case b.Name == "" || len(b.Name) > MaxFileName || len(b.Type) > maxFileType:
			return fmt.Errorf("%w: name or type", ErrBadBody)
		}
	case *AccountEntry:
		if shown, _, err := chat.NormalName(b.Name); err != nil || shown != b.Name {
			return fmt.Errorf("%w: name", ErrBadBody)
		}
	case *Sealed:
		return b.check()
	}
	return nil
}

// ErrEmptyText says that a text has nothing that can be seen.
var ErrEmptyText = errors.New("nothing to send")

// CheckText refuses a text that is empty, too long (ErrTooLong) or not UTF-8.
// Clients ask it before sending, the host before storing.
func CheckText(s string) error {
	switch {
	case len(s) > MaxText:
		return fmt.Errorf("%w: %d bytes of at most %d", ErrTooLong, len(s), MaxText)
	case !utf8.ValidString(s):
		return fmt.Errorf("%w: not UTF-8", ErrBadBody)
	case strings.TrimSpace(s) == "":
		return ErrEmptyText
	}
	return nil
}
