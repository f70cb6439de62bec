package wire

import (
	"errors"
	"fmt"
	"unicode"
	"unicode/utf8"

	"github.com/snugchat/snug/storage/chat"
)

// The bounds of what the host keeps of a device for its person.
const (
	// MaxDeviceName is the largest length of a device's name in bytes.
	MaxDeviceName = 120
	// MaxDeviceNote is the largest encoded DeviceNote in bytes: its name and 60 of
	// the rest.
	MaxDeviceNote = 256
)

// LabelDeviceNote is the label under which a device signs a DeviceNote; what is
// signed with it is the host's 32-byte key and the exact bytes of the note.
const LabelDeviceNote = "snug/1 device note"

// DeviceNote is what the devices of an account tell each other of one of them.
// It is signed by the envelope key of one of them, By, so that the host, which
// keeps and can read it, cannot give a device another's name. The latest counts.
type DeviceNote struct {
	Device   chat.DeviceID `cbor:"1,keyasint"`
	Name     string        `cbor:"2,keyasint,omitempty"` // as its person calls it, at most MaxDeviceName bytes
	Identity bool          `cbor:"3,keyasint,omitempty"` // it holds the account's identity key
	Time     int64         `cbor:"4,keyasint"`           // By's clock, unix milliseconds
	By       chat.DeviceID `cbor:"5,keyasint"`
	Out      bool          `cbor:"6,keyasint,omitempty"` // it signed itself out: whoever holds the identity key revokes it
}

// ErrBadNote says that bytes are not a DeviceNote.
var ErrBadNote = errors.New("malformed device note")

// Encode returns the note's bytes, which are signed.
func (n *DeviceNote) Encode() []byte { return EncodeBody(n) }

// ParseDeviceNote reads what Encode wrote and nothing else. The caller checks the
// signature.
func ParseDeviceNote(b []byte) (*DeviceNote, error) {
	if len(b) > MaxDeviceNote {
		return nil, fmt.Errorf("%w: %d bytes", ErrBadNote, len(b))
	}
	n := new(DeviceNote)
	if err := unmarshal(b, n); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrBadNote, err)
	}
	if err := CheckDeviceName(n.Name); err != nil {
		return nil, err
	}
	return n, nil
}

// CheckDeviceName refuses names of devices that are too long, or that contain
// what does not show on one line. An empty one is none.
func CheckDeviceName(name string) error {
	if len(name) > MaxDeviceName || !utf8.ValidString(name) {
		return fmt.Errorf("%w: name of %d bytes", ErrBadNote, len(name))
	}
	for _, r := range name {
		if !unicode.IsPrint(r) {
			return fmt.Errorf("%w: %U in a name", ErrBadNote, r)
		}
	}
	return nil
}

// ListDevices asks which devices the account has. Devices or Failure answers.
type ListDevices struct {
	Ref uint32 `cbor:"1,keyasint"`
}

// Devices are the devices of the account, as the host says: what is one, and what
// was signed out for everybody, the directory proves.
type Devices struct {
	Ref     uint32       `cbor:"1,keyasint"`
	Devices []DeviceInfo `cbor:"2,keyasint,omitempty"` // those that are not signed out, and the last ones that are
	Kit     int64        `cbor:"3,keyasint,omitempty"` // when a recovery kit was put, unix milliseconds; 0: there is none
	// Number is the number of the last revocation of the account's identity that the
	// host has taken.
	Number uint64 `cbor:"4,keyasint,omitempty"`
}

// DeviceInfo is one device as the host knows it.
type DeviceInfo struct {
	ID        chat.DeviceID `cbor:"1,keyasint"`
	Created   int64         `cbor:"2,keyasint"`           // when it came in first, by the host's clock
	Seen      int64         `cbor:"3,keyasint,omitempty"` // when it was last connected
	Online    bool          `cbor:"4,keyasint,omitempty"`
	Note      []byte        `cbor:"5,keyasint,omitempty"` // a DeviceNote
	Signature []byte        `cbor:"6,keyasint,omitempty"` // of it
	Out       int64         `cbor:"7,keyasint,omitempty"` // when the host signed it out, which alone binds nobody else

	// Certificate is there in a Recovery only: who asks has no directory yet.
	Certificate []byte `cbor:"8,keyasint,omitempty"`
}

// NoteDevice gives the host the note of an own device, in the place of the one
// that it had. Done or Failure answers.
type NoteDevice struct {
	Ref       uint32 `cbor:"1,keyasint"`
	Note      []byte `cbor:"2,keyasint"`
	Signature []byte `cbor:"3,keyasint"`
}

// SignOut signs a device of the account out. With Entry, a signed envelope of
// KindRevoke for the directory, it is whichever device that revokes, and everybody
// enforces it; without, it is the sending device, and only the host does. Done or
// Failure answers; CodeConflict says that the number or the counter in it is not
// the next one.
type SignOut struct {
	Ref       uint32 `cbor:"1,keyasint"`
	Entry     []byte `cbor:"2,keyasint,omitempty"`
	Signature []byte `cbor:"3,keyasint,omitempty"`
}

// The numbers of the messages.
func (*ListDevices) Kind() Kind { return 80 }
func (*Devices) Kind() Kind     { return 81 }
func (*NoteDevice) Kind() Kind  { return 82 }
func (*SignOut) Kind() Kind     { return 83 }

func (m *NoteDevice) bounds() error { return atMost("note", len(m.Note), MaxDeviceNote) }

func (m *Devices) bounds() error { return deviceBounds(m.Devices) }

func deviceBounds(devices []DeviceInfo) error {
	for i := range devices {
		if err := atMost("note", len(devices[i].Note), MaxDeviceNote); err != nil {
			return err
		}
	}
	return nil
}
