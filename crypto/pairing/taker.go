package pairing

import (
	"bytes"

	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/crypto/verify"
)

// Keys are those of the new device, one for each use.
type Keys struct {
	Transport [32]byte // public
	Envelope  identity.PrivateKey
	MLS       identity.PublicKey
}

// Taker is the side of the new device. It lives in memory only, and is used by one
// goroutine at a time.
type Taker struct {
	seals *seals
	place [32]byte
	keys  Keys
	now   int64

	terms       Terms
	request     []byte
	compare     *verify.Comparison
	certificate []byte
	over        bool
}

// NewTaker begins one side. The other one speaks first. now is this device's clock
// in unix milliseconds.
func NewTaker(secret Secret, place [32]byte, keys Keys, now int64) *Taker {
	return &Taker{seals: newSeals(secret, place, false), place: place, keys: keys, now: now}
}

// Handle takes the next message of the device that is there, and returns what to
// send back, if anything. After ErrFailed it is over.
func (t *Taker) Handle(b []byte) (reply []byte, err error) {
	defer func() {
		if err != nil {
			t.end()
		}
	}()
	if t.over {
		return nil, ErrFailed
	}
	message, err := t.seals.open(b)
	if err != nil {
		return nil, err
	}
	switch {
	case message[0] == kindTerms && t.compare == nil:
		return t.ask(message)
	case message[0] == kindStep && t.compare != nil:
		step, err := t.compare.Handle(message[1:])
		if err != nil {
			return nil, ErrFailed
		}
		if step != nil {
			return t.seals.seal(append([]byte{kindStep}, step...)), nil
		}
		return nil, nil
	case message[0] == kindCertificate && t.compare != nil && t.compare.Done() && t.certificate == nil:
		return nil, t.take(message[1:])
	}
	return nil, ErrFailed
}

// ask answers the terms: with the keys, and the first step of the comparison.
func (t *Taker) ask(message []byte) ([]byte, error) {
	terms, giver, err := parseTerms(message)
	if err != nil || giver.Place != t.place {
		return nil, ErrFailed
	}
	c := identity.Certificate{
		Place: t.place, Identity: giver.Identity, Transport: t.keys.Transport,
		Envelope: t.keys.Envelope.Public(), MLS: t.keys.MLS, Created: t.now,
	}
	if t.request, err = c.Request(t.keys.Envelope); err != nil {
		return nil, ErrFailed
	}
	compare, start, err := verify.Start(verify.Device, t.place,
		verify.Party{Device: c.Device(), Claim: t.request}, verify.Party{Device: giver.Device(), Claim: message})
	if err != nil {
		return nil, ErrFailed
	}
	t.terms, t.compare = terms, compare
	return t.seals.seal(append(append([]byte{kindRequest}, t.request...), start...)), nil
}

// take checks the certificate: it is what was asked for, signed by the identity that
// was compared.
func (t *Taker) take(b []byte) error {
	if _, err := identity.ParseCertificate(b); err != nil || !bytes.HasPrefix(b, t.request) {
		return ErrFailed
	}
	t.certificate = bytes.Clone(b)
	return nil
}

// Terms returns of what account this device becomes one, once the other one has said
// so; ok is false before. Before the pictures are compared nobody has proved it.
func (t *Taker) Terms() (terms Terms, ok bool) { return t.terms, t.compare != nil }

// Emoji returns the pictures to compare, see crypto/verify. ok is false as long as
// they are not known.
func (t *Taker) Emoji() ([7]int, bool) {
	if t.compare == nil {
		return [7]int{}, false
	}
	return t.compare.Emoji()
}

// Confirm says that the person sees the same pictures on both devices. It returns
// the message that tells the other side.
func (t *Taker) Confirm() ([]byte, error) {
	if t.compare == nil {
		return nil, verify.ErrNotReady
	}
	step, err := t.compare.Confirm()
	if err != nil {
		return nil, err
	}
	return t.seals.seal(append([]byte{kindStep}, step...)), nil
}

// Certificate returns the certificate of this device, nil until it has come. It
// comes only after the person has confirmed on both devices.
func (t *Taker) Certificate() []byte { return t.certificate }

// Cancel ends it: the person has said no.
func (t *Taker) Cancel() { t.end() }

func (t *Taker) end() {
	t.over = true
	if t.compare != nil {
		t.compare.Cancel()
	}
}
