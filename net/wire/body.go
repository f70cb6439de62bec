package wire

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/snugchat/snug/storage/chat"
)

// BodyKind says what an envelope carries. The numbers are for ever: append only.
type BodyKind uint16

// The kinds of bodies.
const (
	KindText     BodyKind = 1  // Text
	KindFile     BodyKind = 2  // File
	KindReaction BodyKind = 3  // Reaction, to another message
	KindEdit     BodyKind = 4  // Edit, of another message
	KindDelete   BodyKind = 5  // Delete, of another message
	KindPin      BodyKind = 6  // Pin, of another message
	KindAccount  BodyKind = 16 // AccountEntry, in the directory: a new account
	KindIdentity BodyKind = 17 // AccountEntry, in the directory: an account's new identity key
	KindDevice   BodyKind = 18 // AccountEntry, in the directory: one more device
	KindRevoke   BodyKind = 19 // RevokeEntry, in the directory
)

// Text is a message of words.
type Text struct {
	Text     string           `cbor:"1,keyasint"`           // UTF-8, 1 to MaxText bytes
	Reply    *chat.MessageID  `cbor:"2,keyasint,omitempty"` // the message of the same room that it answers
	Mentions []chat.AccountID `cbor:"3,keyasint,omitempty"` // whom it names, at most MaxMentions, each once
	Everyone bool             `cbor:"4,keyasint,omitempty"` // it names everyone in the room
	Origin   *Origin          `cbor:"5,keyasint,omitempty"` // it was forwarded
}

// Origin is where a forwarded message comes from. Who can read that message and
// finds there what was forwarded may show whose it was; nobody takes the
// forwarder's word for it. Both are left out where somebody who reads the copy
// could not read the original: not even its id is told then.
type Origin struct {
	Room    *chat.RoomID    `cbor:"1,keyasint,omitempty"`
	Message *chat.MessageID `cbor:"2,keyasint,omitempty"`
}

// File is a message that hands over a file. Its sealed bytes are a blob on the host.
type File struct {
	Root   [32]byte `cbor:"1,keyasint"` // of the sealed bytes (crypto/stream)
	Length int64    `cbor:"2,keyasint"` // of the sealed bytes
	Key    [32]byte `cbor:"3,keyasint"`
	Size   int64    `cbor:"4,keyasint"`           // of the file
	Name   string   `cbor:"5,keyasint"`           // as the sender has it: make it safe before use
	Type   string   `cbor:"6,keyasint,omitempty"` // media type, as the sender saw it: a hint

	Caption string          `cbor:"7,keyasint,omitempty"`  // words under it, at most MaxCaption bytes
	Width   uint16          `cbor:"8,keyasint,omitempty"`  // of a picture, in pixels, as it is meant to be seen: a hint
	Height  uint16          `cbor:"9,keyasint,omitempty"`  // both or neither
	Preview []byte          `cbor:"10,keyasint,omitempty"` // a few pixels of it as png or jpeg, at most MaxPreview bytes: never trust what they say
	Reply   *chat.MessageID `cbor:"11,keyasint,omitempty"` // the message of the same room that it answers
	Origin  *Origin         `cbor:"12,keyasint,omitempty"` // it was forwarded
}

// MaxFileName is the largest length of a file's name in a message, in bytes.
const MaxFileName = 1024

// maxFileType is the largest length of a media type in bytes (RFC 6838, section 4.2).
const maxFileType = 255

// MaxCaption is the largest length of the words under a file in bytes.
const MaxCaption = 4 << 10

// MaxPreview is the largest size of a file's preview in bytes: 32 pixels across
// as jpeg take about 900.
const MaxPreview = 2 << 10

// MaxMentions is how many people one message may name.
const MaxMentions = 64

// Reaction is an emoji that a person puts to a message, or takes away again. Of
// several by one person with one emoji the last row counts.
type Reaction struct {
	Target chat.MessageID `cbor:"1,keyasint"`
	Emoji  string         `cbor:"2,keyasint"`           // one emoji, at most MaxEmoji bytes
	Off    bool           `cbor:"3,keyasint,omitempty"` // take it away
}

// MaxEmoji is the largest length of a reaction in bytes: the longest emoji of
// Unicode 15.1 has 35 (a couple with two skin tones).
const MaxEmoji = 64

// Edit gives a message another text. Only that of the target's own author
// counts, and of several the last row. For a file the text is its caption and
// may be empty.
type Edit struct {
	Target   chat.MessageID   `cbor:"1,keyasint"`
	Text     string           `cbor:"2,keyasint,omitempty"` // UTF-8, at most MaxText bytes
	Mentions []chat.AccountID `cbor:"3,keyasint,omitempty"`
	Everyone bool             `cbor:"4,keyasint,omitempty"`
}

// Delete asks everyone to delete a message. It counts if it is of the target's
// author. With Moderate it is of somebody who looks after an open room: the host
// takes it from moderators only, and in sealed rooms it counts for nothing.
type Delete struct {
	Target   chat.MessageID `cbor:"1,keyasint"`
	Moderate bool           `cbor:"2,keyasint,omitempty"`
}

// Pin holds a message at the head of its room, for everyone, or lets it go. The
// last row counts, whoever sent it.
type Pin struct {
	Target chat.MessageID `cbor:"1,keyasint"`
	Off    bool           `cbor:"2,keyasint,omitempty"`
}

// Target returns the message that a body is about, and false for bodies that
// stand for themselves.
func Target(body any) (chat.MessageID, bool) {
	switch b := body.(type) {
	case *Reaction:
		return b.Target, true
	case *Edit:
		return b.Target, true
	case *Delete:
		return b.Target, true
	case *Pin:
		return b.Target, true
	}
	return chat.MessageID{}, false
}

// maxFallback is how many bytes of an edit's text older clients show.
const maxFallback = 400

// Fallback returns what a client shows that does not know a kind of body: signs
// that need no language, since the sender does not know that of the reader. It
// is empty for the kinds that every version knows.
func Fallback(body any) string {
	switch b := body.(type) {
	case *Reaction:
		if b.Off {
			return "\u21a9\ufe0f " + b.Emoji
		}
		return b.Emoji
	case *Edit:
		words := b.Text
		if len(words) > maxFallback {
			words = strings.ToValidUTF8(words[:maxFallback], "") + "\u2026"
		}
		return "\u270f\ufe0f " + words
	case *Delete:
		return "\U0001f5d1\ufe0f"
	case *Pin:
		return "\U0001f4cc"
	}
	return ""
}

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

// ParseBody reads the Data of an envelope: *Text, *File, *Reaction, *Edit,
// *Delete, *Pin, *AccountEntry, *RevokeEntry, *Upto or *Sealed; (nil, nil) for
// a kind of a later version, for which the
// envelope's fallback text is shown. An error wraps ErrBadBody.
func ParseBody(kind BodyKind, data []byte) (any, error) {
	var v any
	switch kind {
	case KindText:
		v = new(Text)
	case KindFile:
		v = new(File)
	case KindReaction:
		v = new(Reaction)
	case KindEdit:
		v = new(Edit)
	case KindDelete:
		v = new(Delete)
	case KindPin:
		v = new(Pin)
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
		if err := checkMentions(b.Mentions); err != nil {
			return err
		}
		if err := b.Origin.check(); err != nil {
			return err
		}
		return CheckText(b.Text)
	case *Reaction:
		return CheckEmoji(b.Emoji)
	case *Edit:
		if err := checkMentions(b.Mentions); err != nil {
			return err
		}
		if err := CheckText(b.Text); err != nil && !errors.Is(err, ErrEmptyText) {
			return err
		}
	case *File:
		switch {
		case b.Size < 0 || b.Length < 0 || b.Size > b.Length:
			return fmt.Errorf("%w: sizes %d and %d", ErrBadBody, b.Size, b.Length)
		case b.Name == "" || len(b.Name) > MaxFileName || len(b.Type) > maxFileType:
			return fmt.Errorf("%w: name or type", ErrBadBody)
		case len(b.Caption) > MaxCaption, len(b.Preview) > MaxPreview, (b.Width == 0) != (b.Height == 0):
			return fmt.Errorf("%w: caption or preview", ErrBadBody)
		}
		return b.Origin.check()
	case *AccountEntry:
		if shown, _, err := chat.NormalName(b.Name); err != nil || shown != b.Name {
			return fmt.Errorf("%w: name", ErrBadBody)
		}
	case *Sealed:
		return b.check()
	}
	return nil
}

// check refuses half an origin.
func (o *Origin) check() error {
	if o != nil && (o.Room == nil) != (o.Message == nil) {
		return fmt.Errorf("%w: half an origin", ErrBadBody)
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

// checkMentions refuses too many names, and one twice.
func checkMentions(ids []chat.AccountID) error {
	if len(ids) > MaxMentions {
		return fmt.Errorf("%w: %d people named", ErrBadBody, len(ids))
	}
	for i, id := range ids {
		if slices.Contains(ids[:i], id) {
			return fmt.Errorf("%w: somebody named twice", ErrBadBody)
		}
	}
	return nil
}

// CheckEmoji refuses what is no reaction: nothing, more than MaxEmoji bytes,
// letters, spaces and what cannot be seen. Whether it is an emoji that can be
// drawn is for the screen to say.
func CheckEmoji(s string) error {
	if s == "" || len(s) > MaxEmoji || !utf8.ValidString(s) {
		return fmt.Errorf("%w: reaction of %d bytes", ErrBadBody, len(s))
	}
	sign := false
	for _, r := range s {
		switch {
		case unicode.IsLetter(r), unicode.IsSpace(r), unicode.IsControl(r), r == utf8.RuneError:
			return fmt.Errorf("%w: a reaction is one emoji", ErrBadBody)
		case unicode.In(r, unicode.So, unicode.Sk, unicode.Sm, unicode.Po, unicode.Nd):
			sign = true
		}
	}
	if !sign {
		return fmt.Errorf("%w: nothing to see in a reaction", ErrBadBody)
	}
	return nil
}
