package wire

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/snugchat/snug/storage/chat"
)

// The bounds of adding a device.
const (
	// DeviceOfferTime is how long the link for another device is good, in seconds:
	// both computers are in front of the person.
	DeviceOfferTime = 10 * 60
	// MaxDeviceRelay is the largest Data of a DeviceRelay in bytes. The largest that
	// is sent has about 600.
	MaxDeviceRelay = 1 << 10
	// MaxDeviceRelays is how many of them each side may send. Seven are enough.
	MaxDeviceRelays = 16
)

// OfferDevice says that another device of this account may come to be added by
// this one, within DeviceOfferTime seconds. A device has one offer at a time; a
// new one replaces it. Done with Time, its end, or Failure answers.
type OfferDevice struct {
	Ref uint32   `cbor:"1,keyasint"`
	ID  [32]byte `cbor:"2,keyasint"` // SHA-256 of the token; zeros: take the offer back
}

// AddDevice is sent at the door by a device that has the link of an offer. Nothing
// answers but what the other device sends, or a Failure: CodeLinkUnknown,
// CodeLinkUsed, CodeLinkEnded; CodeBusy, as long as the other device is not
// connected.
type AddDevice struct {
	Token []byte `cbor:"1,keyasint"` // 32 bytes
}

// DeviceCame tells a device that somebody has come with the link of its offer.
type DeviceCame struct {
	ID      [32]byte      `cbor:"1,keyasint"`
	Device  chat.DeviceID `cbor:"2,keyasint"` // whose connection it is, as the host says
	Program string        `cbor:"3,keyasint,omitempty"`
}

// DeviceRelay carries what the two devices say to each other; the host cannot read
// it.
type DeviceRelay struct {
	Data []byte `cbor:"1,keyasint"` // 1 to MaxDeviceRelay bytes
}

// DeviceEnd ends it. The host says it when the new device was added (CodeOK), to
// the one that added it, or when the other one has gone; a device says it when its
// person wants no more of it.
type DeviceEnd struct {
	Code Code `cbor:"1,keyasint,omitempty"`
}

// The numbers of the messages.
func (*OfferDevice) Kind() Kind { return 72 }
func (*AddDevice) Kind() Kind   { return 73 }
func (*DeviceCame) Kind() Kind  { return 74 }
func (*DeviceRelay) Kind() Kind { return 75 }
func (*DeviceEnd) Kind() Kind   { return 76 }

func (m *DeviceRelay) bounds() error {
	return atMost("message between devices", len(m.Data), MaxDeviceRelay)
}

// DeviceLink is what a link says that makes a new computer another device of an
// account: where the place is, which key it must show, and the secret that only
// the two devices have.
type DeviceLink struct {
	Addresses []string `cbor:"1,keyasint"` // host:port, tried in this order, at most MaxAddresses
	Host      [32]byte `cbor:"2,keyasint"` // the host's static key: the pin
	Secret    [16]byte `cbor:"3,keyasint"`
}

// DeviceLinkPrefix begins every link for another device of this version.
const (
	DeviceLinkPrefix = deviceLinkStart + "v1."
	deviceLinkStart  = "snug://device#"
)

// ErrDeviceLink says that a text is no invite link but one for another device of
// an account.
var ErrDeviceLink = errors.New("this link is for another device of an account")

// String returns the link as text, encoded as an invite link is.
func (l *DeviceLink) String() string {
	b := EncodeBody(l)
	return DeviceLinkPrefix + linkEncoding.EncodeToString(append(b, linkCheck(b)...))
}

// LogValue keeps the secret out of logs.
func (*DeviceLink) LogValue() slog.Value { return slog.StringValue("[secret]") }

// ParseDeviceLink reads such a link and forgives what ParseLink does. The error is
// ErrBadLink or ErrNewerLink.
func ParseDeviceLink(s string) (*DeviceLink, error) {
	l := new(DeviceLink)
	if err := readLink(trimLink(s), DeviceLinkPrefix, l); err != nil {
		return nil, err
	}
	if l.Host == [32]byte{} || l.Secret == [16]byte{} {
		return nil, fmt.Errorf("%w: no key or secret", ErrBadLink)
	}
	if err := checkAddresses(l.Addresses); err != nil {
		return nil, err
	}
	return l, nil
}
