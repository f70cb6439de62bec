package wire

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Link is what an invite link says: where the place is, which key it must show,
// and the secret that lets one in.
type Link struct {
	Addresses []string `cbor:"1,keyasint"`           // host:port, tried in this order, at most MaxAddresses
	Host      [32]byte `cbor:"2,keyasint"`           // the host's static key: the pin
	Secret    []byte   `cbor:"3,keyasint,omitempty"` // SecretSize bytes; absent: a link that only says where
	Inviter   []byte   `cbor:"4,keyasint,omitempty"` // personal links: first InviterSize bytes of SHA-256 of the inviter's identity key
}

// The sizes of a link.
const (
	SecretSize   = 16
	InviterSize  = 16
	MaxAddresses = 6
	maxAddress   = 64   // bytes of one address
	maxLink      = 1024 // characters of a whole link
)

// LinkPrefix begins every invite link of this version.
const LinkPrefix = "snug://join#v1."

// ErrBadLink says that a text is not an invite link, or one that was damaged.
var ErrBadLink = errors.New("this is not a whole invite link")

// ErrNewerLink says that an invite link is of a later version of Snug.
var ErrNewerLink = errors.New("this invite link needs a newer Snug")

var linkEncoding = base64.RawURLEncoding.Strict()

// String returns the link as text: LinkPrefix and base64url of the fields as
// deterministic CBOR and a check of 4 bytes (the head of SHA-256), so that a link
// that lost or changed a letter is told from one that was revoked.
func (l *Link) String() string {
	b := EncodeBody(l)
	return LinkPrefix + linkEncoding.EncodeToString(append(b, linkCheck(b)...))
}

func linkCheck(b []byte) []byte {
	h := RowHash([]byte("snug/1 link"), b)
	return h[:4]
}

// ParseLink reads an invite link, with space, quotes and angle brackets around it
// forgiven, as they come from mails and chats. The error is ErrBadLink,
// ErrNewerLink, or ErrDeviceLink for a link that ParseDeviceLink reads.
func ParseLink(s string) (*Link, error) {
	s = trimLink(s)
	if strings.HasPrefix(s, deviceLinkStart) || strings.HasPrefix(s, "snug://device/#") {
		return nil, ErrDeviceLink
	}
	l := new(Link)
	if err := readLink(s, LinkPrefix, l); err != nil {
		return nil, err
	}
	if err := l.check(); err != nil {
		return nil, err
	}
	return l, nil
}

// trimLink takes away what programs and people put around a link.
func trimLink(s string) string {
	s = strings.Trim(strings.TrimSpace(s), "<>\"'`\u201c\u201d\u00ab\u00bb.,;")
	return strings.TrimSpace(s)
}

// readLink decodes a link that begins with prefix, which ends in "#v1.".
func readLink(s, prefix string, into any) error {
	if len(s) > maxLink {
		return fmt.Errorf("%w: too long", ErrBadLink)
	}
	start := strings.TrimSuffix(prefix, "v1.") // snug://join#
	// Some programs write snug://join/#v1. when they pass a link on.
	if rest, ok := strings.CutPrefix(s, strings.TrimSuffix(start, "#")+"/#"); ok {
		s = start + rest
	}
	rest, ok := strings.CutPrefix(s, prefix)
	if !ok {
		if v, found := strings.CutPrefix(s, start+"v"); found {
			if n, _, dot := strings.Cut(v, "."); dot {
				if i, err := strconv.Atoi(n); err == nil && i > 1 {
					return ErrNewerLink
				}
			}
		}
		return ErrBadLink
	}
	b, err := linkEncoding.DecodeString(rest)
	if err != nil || len(b) < 5 {
		return ErrBadLink
	}
	b, sum := b[:len(b)-4], b[len(b)-4:]
	if string(linkCheck(b)) != string(sum) {
		return fmt.Errorf("%w: a letter is missing or wrong", ErrBadLink)
	}
	if err := unmarshal(b, into); err != nil {
		return fmt.Errorf("%w: %v", ErrBadLink, err)
	}
	return nil
}

func (l *Link) check() error {
	switch {
	case len(l.Secret) != 0 && len(l.Secret) != SecretSize:
		return fmt.Errorf("%w: secret", ErrBadLink)
	case len(l.Inviter) != 0 && len(l.Inviter) != InviterSize:
		return fmt.Errorf("%w: inviter", ErrBadLink)
	}
	return checkAddresses(l.Addresses)
}

func checkAddresses(addresses []string) error {
	if len(addresses) == 0 || len(addresses) > MaxAddresses {
		return fmt.Errorf("%w: %d addresses", ErrBadLink, len(addresses))
	}
	for _, a := range addresses {
		if norm, err := NormalAddress(a); err != nil || norm != a {
			return fmt.Errorf("%w: address", ErrBadLink)
		}
	}
	return nil
}

// ErrBadAddress says that a text is not the address of a computer.
var ErrBadAddress = errors.New("this is not an address")

// NormalAddress returns an address as host:port: an IP address or a name, with
// DefaultPort if none is given.
func NormalAddress(s string) (string, error) {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > maxAddress {
		return "", ErrBadAddress
	}
	if ip, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		return netip.AddrPortFrom(ip, DefaultPort).String(), nil
	}
	if ap, err := netip.ParseAddrPort(s); err == nil {
		if ap.Port() == 0 {
			return "", ErrBadAddress
		}
		return ap.String(), nil
	}
	name, port, found := strings.Cut(s, ":")
	if !found {
		port = strconv.Itoa(DefaultPort)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 || !isHostName(name) {
		return "", ErrBadAddress
	}
	return strings.ToLower(name) + ":" + strconv.FormatUint(n, 10), nil
}

// isHostName checks the letters of a name (RFC 1123, section 2.1).
func isHostName(s string) bool {
	if s == "" || strings.HasSuffix(s, ".") {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, c := range []byte(label) {
			if c != '-' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
				return false
			}
		}
	}
	return true
}
