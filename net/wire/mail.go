package wire

import (
	"fmt"

	"github.com/snugchat/snug/storage/chat"
)

// The bounds of key packages and mail.
const (
	// MaxKeyPackages is how many key packages the host keeps of a device, its one
	// of last resort not counted.
	MaxKeyPackages = 50
	// LowKeyPackages is how few are left when the host asks for more.
	LowKeyPackages = 10
	// MaxKeyPackage is the largest key package in bytes. One has about 2.9 KiB, two
	// keys of X-Wing most of it (1,216 bytes each).
	MaxKeyPackage = 8 << 10
	// MaxMail is the largest Data of a Mail in bytes.
	MaxMail = 40 << 10
	// MaxVerify is the largest Data of a Mail that anybody in the place may send to
	// anybody, to verify a person: a signature and a step of a comparison.
	MaxVerify = 512
	// MaxMails is how many mails a SendMail may bring, or a Post beside its commit:
	// a welcome into a large room is a blob, and each mail that names it 130 bytes.
	MaxMails = 256
)

// PutKeyPackages gives the host key packages of the sending device (RFC 9420,
// section 10), for others to add it to sealed rooms while it is away. Done or
// Failure answers.
type PutKeyPackages struct {
	Ref        uint32   `cbor:"1,keyasint"`
	Packages   [][]byte `cbor:"2,keyasint,omitempty"` // as many as fit a message, each of at most MaxKeyPackage bytes
	LastResort []byte   `cbor:"3,keyasint,omitempty"` // given out when there is no other, and not used up by it
	Replace    bool     `cbor:"4,keyasint,omitempty"` // forget all that the host has of this device first
}

// KeyPackageCount tells a device how many of its key packages the host has: after
// log-in, and when fewer than LowKeyPackages are left.
type KeyPackageCount struct {
	Count      uint32 `cbor:"1,keyasint"`
	LastResort bool   `cbor:"2,keyasint,omitempty"`
}

// GetKeyPackages asks for one key package of each device of an account. The host
// gives each out once, but for those of last resort. KeyPackages or Failure answers.
type GetKeyPackages struct {
	Ref     uint32         `cbor:"1,keyasint"`
	Account chat.AccountID `cbor:"2,keyasint"`
}

// KeyPackages answers GetKeyPackages, in several messages if need be: the last
// has Last. Devices that have given the host none are not among them.
type KeyPackages struct {
	Ref      uint32          `cbor:"1,keyasint"`
	Packages []DevicePackage `cbor:"2,keyasint,omitempty"`
	Last     bool            `cbor:"3,keyasint,omitempty"`
}

// DevicePackage is a key package of a device, as the host says: its certificate
// inside proves it.
type DevicePackage struct {
	Device  chat.DeviceID `cbor:"1,keyasint"`
	Package []byte        `cbor:"2,keyasint"`
}

// MailKind says what a Mail is. The numbers are for ever: append only. The host
// does not care.
type MailKind uint8

// The kinds of mail.
const (
	MailWelcome    MailKind = 1 // an MLS Welcome into Room
	MailRejoinAsk  MailKind = 2 // a member lost its state of Room and asks for what it needs
	MailRejoinInfo MailKind = 3 // the answer: GroupInfo and tree, sealed to the device
	MailVerify     MailKind = 4 // two people verify each other: a step of the comparison by emoji, or a proof of an invite
	MailDevice     MailKind = 5 // from one device of an account to another
	MailHistory    MailKind = 6 // what a new device of an account may read
	MailNewsKey    MailKind = 7 // from a device to another one of its account: the key to which that one seals what the person has said
	MailNews       MailKind = 8 // whom the person has verified and what they have marked, sealed to that key
)

// Mail is a message to one device, which the host keeps until that one has it.
type Mail struct {
	ID       chat.MessageID `cbor:"1,keyasint"` // stays the same when it is sent again
	To       chat.DeviceID  `cbor:"2,keyasint"`
	From     chat.DeviceID  `cbor:"3,keyasint"` // the host fills it in
	Room     chat.RoomID    `cbor:"4,keyasint"` // what it is about, or zero
	MailKind MailKind       `cbor:"5,keyasint"`
	Data     []byte         `cbor:"6,keyasint,omitempty"` // at most MaxMail bytes
	Blob     *BlobRef       `cbor:"7,keyasint,omitempty"` // instead of Data, if that would be too long
	Seq      uint64         `cbor:"8,keyasint,omitempty"` // the row of the commit that it came with; the host fills it in
	Time     int64          `cbor:"9,keyasint,omitempty"` // when it came; the host fills it in
}

// MailDone says that the device has a mail on its disk, and the host may forget it.
type MailDone struct {
	ID chat.MessageID `cbor:"1,keyasint"`
}

// SendMail sends mails that come with no commit: to devices of accounts that
// share a sealed room with the sender, and to the account's own; of MailVerify, at
// most MaxVerify bytes and about no room, to everybody in the place. All of them are
// taken or none. Done or Failure answers.
type SendMail struct {
	Ref   uint32 `cbor:"1,keyasint"`
	Mails []Mail `cbor:"2,keyasint"`
}

// The numbers of the messages.
func (*PutKeyPackages) Kind() Kind  { return 64 }
func (*KeyPackageCount) Kind() Kind { return 65 }
func (*GetKeyPackages) Kind() Kind  { return 66 }
func (*KeyPackages) Kind() Kind     { return 67 }
func (*Mail) Kind() Kind            { return 68 }
func (*MailDone) Kind() Kind        { return 69 }
func (*SendMail) Kind() Kind        { return 70 }

func (m *PutKeyPackages) bounds() error {
	if err := atMost("key packages", len(m.Packages), MaxKeyPackages); err != nil {
		return err
	}
	for _, p := range m.Packages {
		if n := len(p); n == 0 || n > MaxKeyPackage {
			return fmt.Errorf("key package of %d bytes", n)
		}
	}
	return atMost("key package", len(m.LastResort), MaxKeyPackage)
}

func (m *KeyPackages) bounds() error {
	for i := range m.Packages {
		if err := atMost("key package", len(m.Packages[i].Package), MaxKeyPackage); err != nil {
			return err
		}
	}
	return nil
}

func (m *Mail) bounds() error {
	switch {
	case len(m.Data) > MaxMail:
		return fmt.Errorf("mail of %d bytes", len(m.Data))
	case m.Blob == nil:
		return nil
	case len(m.Data) > 0:
		return fmt.Errorf("mail with data and a blob")
	}
	return m.Blob.check()
}

func (m *SendMail) bounds() error { return mailBounds(m.Mails) }

func mailBounds(mails []Mail) error {
	if err := atMost("mails", len(mails), MaxMails); err != nil {
		return err
	}
	for i := range mails {
		if err := mails[i].bounds(); err != nil {
			return err
		}
	}
	return nil
}
