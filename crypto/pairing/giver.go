package pairing

import (
	"fmt"
	"slices"

	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/crypto/verify"
)

// The messages begin with their kind.
const (
	kindTerms       = 1 // account (16) ‖ certificate of the device that is there ‖ name: from that one
	kindRequest     = 2 // request for a certificate ‖ first step of the comparison: from the new one
	kindStep        = 3 // a step of the comparison
	kindCertificate = 4 // certificate: from the device that is there
)

const (
	accountSize     = 16
	certificateSize = identity.CertificateSize
)

// MaxName is the largest name of a person in bytes.
const MaxName = 120

// Terms say of what account a new device becomes one.
type Terms struct {
	Account     [16]byte
	Name        string // of the person in the place, at most MaxName bytes
	Certificate []byte // of the device that is there already
}

// bytes is what is sent, and compared as the claim of the device that is there.
func (t *Terms) bytes() []byte {
	b := append([]byte{kindTerms}, t.Account[:]...)
	b = append(b, t.Certificate...)
	return append(b, t.Name...)
}

// parseTerms reads a message of kind kindTerms, and the certificate in it.
func parseTerms(b []byte) (Terms, identity.Certificate, error) {
	const start = 1 + accountSize + certificateSize
	if len(b) <= start || len(b) > start+MaxName || b[0] != kindTerms {
		return Terms{}, identity.Certificate{}, ErrFailed
	}
	t := Terms{Account: [16]byte(b[1:]), Certificate: slices.Clone(b[1+accountSize : start]), Name: string(b[start:])}
	c, err := identity.ParseCertificate(t.Certificate)
	if err != nil {
		return Terms{}, identity.Certificate{}, ErrFailed
	}
	return t, c, nil
}

// Giver is the side of the device that is there already and holds the identity key.
// It lives in memory only, and is used by one goroutine at a time.
type Giver struct {
	seals    *seals
	place    [32]byte
	identity identity.PrivateKey
	self     identity.DeviceID
	terms    []byte

	compare *verify.Comparison
	request identity.Certificate // of the new device, not signed
	proof   []byte
	issued  bool
	over    bool
}

// NewGiver begins one side. It returns what to send first, once the other device has
// come. The certificate in terms is this device's, and by the identity.
func NewGiver(secret Secret, place [32]byte, key identity.PrivateKey, terms Terms) (*Giver, []byte, error) {
	b := terms.bytes()
	_, c, err := parseTerms(b)
	if err != nil || c.Place != place || !c.Identity.Equal(key.Public()) {
		return nil, nil, fmt.Errorf("add a device: own certificate or name of %d bytes does not fit", len(terms.Name))
	}
	g := &Giver{seals: newSeals(secret, place, true), place: place, identity: key, self: c.Device(), terms: b}
	return g, g.seals.seal(b), nil
}

// Handle takes the next message of the new device, and returns what to send back, if
// anything. After ErrFailed it is over.
func (g *Giver) Handle(b []byte) (reply []byte, err error) {
	defer func() {
		if err != nil {
			g.end()
		}
	}()
	if g.over {
		return nil, ErrFailed
	}
	message, err := g.seals.open(b)
	if err != nil {
		return nil, err
	}
	switch {
	case message[0] == kindRequest && g.compare == nil:
		return g.asked(message[1:])
	case message[0] == kindStep && g.compare != nil && !g.issued:
		step, err := g.compare.Handle(message[1:])
		if err != nil {
			return nil, ErrFailed
		}
		if step != nil {
			return g.seals.seal(append([]byte{kindStep}, step...)), nil
		}
		return g.issue()
	}
	return nil, ErrFailed
}

// asked takes the request of the new device and the first step of the comparison.
func (g *Giver) asked(b []byte) ([]byte, error) {
	if len(b) < identity.RequestSize {
		return nil, ErrFailed
	}
	request, start := b[:identity.RequestSize], b[identity.RequestSize:]
	c, proof, err := identity.ParseRequest(request)
	if err != nil || c.Place != g.place || !c.Identity.Equal(g.identity.Public()) || c.Device() == g.self {
		return nil, ErrFailed
	}
	compare, answer, err := verify.Answer(verify.Device, g.place,
		verify.Party{Device: g.self, Claim: g.terms}, verify.Party{Device: c.Device(), Claim: slices.Clone(request)}, start)
	if err != nil {
		return nil, ErrFailed
	}
	g.compare, g.request, g.proof = compare, c, proof
	return g.seals.seal(append([]byte{kindStep}, answer...)), nil
}

// Device returns the id of the new device, once it has asked; ok is false before.
func (g *Giver) Device() (id identity.DeviceID, ok bool) {
	if g.compare == nil {
		return id, false
	}
	return g.request.Device(), true
}

// Emoji returns the pictures to compare, see crypto/verify. ok is false as long as
// they are not known.
func (g *Giver) Emoji() ([7]int, bool) {
	if g.compare == nil {
		return [7]int{}, false
	}
	return g.compare.Emoji()
}

// Confirm says that the person sees the same pictures on both devices. It returns
// the messages that tell the other side.
func (g *Giver) Confirm() ([][]byte, error) {
	if g.compare == nil {
		return nil, verify.ErrNotReady
	}
	step, err := g.compare.Confirm()
	if err != nil {
		return nil, err
	}
	out := [][]byte{g.seals.seal(append([]byte{kindStep}, step...))}
	certificate, err := g.issue()
	if certificate != nil {
		out = append(out, certificate)
	}
	return out, err
}

// issue certifies the new device once the person has confirmed on both.
func (g *Giver) issue() ([]byte, error) {
	if !g.compare.Done() {
		return nil, nil
	}
	certificate, err := g.request.Issue(g.identity, g.proof)
	if err != nil {
		return nil, err
	}
	g.issued = true
	return g.seals.seal(append([]byte{kindCertificate}, certificate...)), nil
}

// Issued reports whether the new device was certified.
func (g *Giver) Issued() bool { return g.issued }

// Cancel ends it: the person has said no. Nothing is certified any more.
func (g *Giver) Cancel() { g.end() }

func (g *Giver) end() {
	g.over = true
	if g.compare != nil {
		g.compare.Cancel()
	}
}
