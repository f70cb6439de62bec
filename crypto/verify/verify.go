// Package verify lets two people compare seven pictures to know that nobody sits
// between their devices: the state machine of one comparison, by commit and
// reveal, and the 64 pictures with their names.
//
// It must not know accounts, windows or how the messages travel; it turns bytes
// into bytes. What is compared is what its callers put into the two [Party]s,
// such as identity keys.
//
// It follows m.sas.v1 of Matrix (Client-Server API, "Short Authentication String
// verification"): X25519 with a commitment before anything is revealed, HKDF-SHA-256
// over both parties and keys, 42 bits as 7 of the same 64 pictures, and MACs when
// both have said that they match. Differences: the one who asks commits, which
// saves a message; lengths stand before all that is hashed; a comparison is over
// after the first thing that does not fit.
package verify

import (
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/snugchat/snug/crypto/identity"
)

// ErrFailed says that a message does not fit: the other side or somebody between
// broke the rules, or cancelled. The comparison is over and a new one has to
// begin; only then can a deceiver try again, and each try is one in 2^42.
var ErrFailed = errors.New("comparison failed")

// ErrNotReady says that the person cannot confirm yet: the pictures are not known,
// or were confirmed already.
var ErrNotReady = errors.New("nothing to confirm")

// Purpose says what a comparison is for; one for one purpose is none for another.
type Purpose string

// The purposes.
const (
	Person Purpose = "snug/1 verify person" // that two identities are the true ones
	Device Purpose = "snug/1 verify device" // that a new device is the one in front of the person
)

// Party is one side as this device knows it. Both devices put in the same bytes
// if nobody deceived them.
type Party struct {
	Device identity.DeviceID
	// Claim is what is verified: an identity key (32 bytes), or all keys for which
	// a new device wants a certificate. At most MaxClaim bytes.
	Claim []byte
}

// MaxClaim is the largest claim in bytes.
const MaxClaim = 1024

// The messages begin with their kind and the transaction, 16 random bytes.
const (
	kindStart   = 1 // commitment (32)
	kindAnswer  = 2 // public key of the one who answers (32)
	kindReveal  = 3 // public key of the one who asked (32)
	kindConfirm = 4 // MAC (32)
	kindCancel  = 5 // nothing

	prefixSize  = 1 + 16
	messageSize = prefixSize + 32
)

// MaxMessage is the size of the largest message in bytes.
const MaxMessage = messageSize

type state int

const (
	waitAnswer state = iota + 1 // asked; the other's key is to come
	waitReveal                  // answered; the other's key is to come
	compare                     // both keys are known, the person looks
	done
	failed
)

// Comparison is one side of one comparison. It lives in memory only, for the
// minutes that it takes; it is used by one goroutine at a time.
type Comparison struct {
	purpose     Purpose
	place       [32]byte
	transaction [16]byte
	asked       bool // this side asked
	self, peer  Party
	key         *ecdh.PrivateKey
	commitment  [32]byte // of the one who asked
	theirs      []byte   // public key
	state       state
	emoji       [7]int
	mac         []byte // key of the MACs
	said        bool   // the person here has confirmed
	heard       bool   // the one there has
}

// Start begins a comparison. It returns the first message, for the other side's
// [Answer].
func Start(purpose Purpose, place [32]byte, self, peer Party) (*Comparison, []byte, error) {
	c, err := newComparison(purpose, place, self, peer)
	if err != nil {
		return nil, nil, err
	}
	c.asked, c.state = true, waitAnswer
	rand.Read(c.transaction[:])
	c.commitment = c.commit(c.key.PublicKey().Bytes())
	return c, c.message(kindStart, c.commitment[:]), nil
}

// Answer takes the first message of somebody who asks for a comparison, once the
// person here has agreed. It returns the second message. ErrFailed says that the
// message is not one.
func Answer(purpose Purpose, place [32]byte, self, peer Party, start []byte) (*Comparison, []byte, error) {
	c, err := newComparison(purpose, place, self, peer)
	if err != nil {
		return nil, nil, err
	}
	if len(start) != messageSize || start[0] != kindStart {
		return nil, nil, ErrFailed
	}
	c.state = waitReveal
	c.transaction = [16]byte(start[1:])
	c.commitment = [32]byte(start[prefixSize:])
	return c, c.message(kindAnswer, c.key.PublicKey().Bytes()), nil
}

// Transaction tells which comparison a message belongs to, before one exists or
// to find the one that does. ok is false for what is no message.
func Transaction(message []byte) (id [16]byte, start, ok bool) {
	if len(message) < prefixSize || len(message) > messageSize || message[0] < kindStart || message[0] > kindCancel {
		return id, false, false
	}
	return [16]byte(message[1:]), message[0] == kindStart, true
}

// IsCancel reports whether a message ends a comparison.
func IsCancel(message []byte) bool { return len(message) == prefixSize && message[0] == kindCancel }

// CancelOf returns the message that ends the comparison with an id, for who was
// asked and does not compare, or does not know of it any more.
func CancelOf(id [16]byte) []byte { return append([]byte{kindCancel}, id[:]...) }

func newComparison(purpose Purpose, place [32]byte, self, peer Party) (*Comparison, error) {
	switch {
	case len(self.Claim) == 0 || len(peer.Claim) == 0 || len(self.Claim) > MaxClaim || len(peer.Claim) > MaxClaim:
		return nil, fmt.Errorf("comparison with claims of %d and %d bytes", len(self.Claim), len(peer.Claim))
	case self.Device.IsZero() || peer.Device.IsZero() || self.Device == peer.Device:
		return nil, errors.New("comparison of a device with itself")
	}
	key, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	return &Comparison{purpose: purpose, place: place, self: self, peer: peer, key: key}, nil
}

func (c *Comparison) message(kind byte, body []byte) []byte {
	return append(append([]byte{kind}, c.transaction[:]...), body...)
}

// context is what both sides must agree on, the asking one first, with the length
// of each part before it.
func (c *Comparison) context(label string) []byte {
	asks, answers := c.self, c.peer
	if !c.asked {
		asks, answers = answers, asks
	}
	var b []byte
	for _, part := range [][]byte{
		[]byte(label), []byte(c.purpose), c.place[:], c.transaction[:],
		asks.Device[:], asks.Claim, answers.Device[:], answers.Claim,
	} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(part)))
		b = append(b, part...)
	}
	return b
}

// commit is the commitment to the key of the one who asks. It covers only what
// that one chose: who deceives one side about the other shows it in the pictures.
func (c *Comparison) commit(public []byte) [32]byte {
	h := sha256.New()
	h.Write([]byte("snug/1 verify commit"))
	h.Write(c.transaction[:])
	h.Write(public)
	return [32]byte(h.Sum(nil))
}

// Handle takes the next message of the other side. It returns what to send back,
// if anything. After ErrFailed the comparison is over. One that is done takes
// nothing more, and stays done.
func (c *Comparison) Handle(message []byte) (reply []byte, err error) {
	if c.state == done {
		return nil, nil
	}
	defer func() {
		if err != nil {
			c.end()
		}
	}()
	id, _, ok := Transaction(message)
	if !ok || id != c.transaction {
		return nil, ErrFailed
	}
	body := message[prefixSize:]
	switch kind := message[0]; {
	case kind == kindAnswer && c.state == waitAnswer && len(body) == 32:
		c.theirs = body
		if err := c.agree(); err != nil {
			return nil, err
		}
		return c.message(kindReveal, c.key.PublicKey().Bytes()), nil
	case kind == kindReveal && c.state == waitReveal && len(body) == 32:
		if c.commit(body) != c.commitment {
			return nil, ErrFailed
		}
		c.theirs = body
		return nil, c.agree()
	case kind == kindConfirm && c.state == compare:
		if !hmac.Equal(body, c.confirmation(!c.asked)) {
			return nil, ErrFailed
		}
		c.heard = true
		c.finish()
		return nil, nil
	}
	return nil, ErrFailed
}

// agree derives the pictures and the key of the MACs. Points of low order are
// refused: their secret is zero for everybody.
func (c *Comparison) agree() error {
	theirs, err := ecdh.X25519().NewPublicKey(c.theirs)
	if err != nil {
		return ErrFailed
	}
	shared, err := c.key.ECDH(theirs)
	if err != nil {
		return ErrFailed
	}
	defer clear(shared)
	asks, answers := c.key.PublicKey().Bytes(), c.theirs
	if !c.asked {
		asks, answers = answers, asks
	}
	salt := append(append([]byte{}, asks...), answers...)
	bits, err := hkdf.Key(sha256.New, shared, salt, string(c.context("snug/1 verify pictures")), 6)
	if err != nil {
		return err
	}
	if c.mac, err = hkdf.Key(sha256.New, shared, salt, string(c.context("snug/1 verify mac")), 32); err != nil {
		return err
	}
	// The first 42 bits, six for each picture, from the highest on.
	n := binary.BigEndian.Uint64(append([]byte{0, 0}, bits...))
	for i := range c.emoji {
		c.emoji[i] = int(n>>(42-6*i)) & 63
	}
	c.state = compare
	return nil
}

// confirmation is the MAC of the side that asked, or of the one that answered.
func (c *Comparison) confirmation(asked bool) []byte {
	h := hmac.New(sha256.New, c.mac)
	side := byte(0)
	if asked {
		side = 1
	}
	h.Write([]byte{side})
	h.Write(c.context("snug/1 verify confirm"))
	return h.Sum(nil)
}

// Emoji returns the pictures to compare, as indexes for [Picture]. ok is false as
// long as they are not known, and once the comparison is over without success.
func (c *Comparison) Emoji() (pictures [7]int, ok bool) {
	if c.state != compare && c.state != done {
		return pictures, false
	}
	return c.emoji, true
}

// Confirm notes that the person here says that the pictures are the same, and
// returns the message that tells the other side.
func (c *Comparison) Confirm() ([]byte, error) {
	if c.state != compare || c.said {
		return nil, ErrNotReady
	}
	c.said = true
	b := c.message(kindConfirm, c.confirmation(c.asked))
	c.finish()
	return b, nil
}

func (c *Comparison) finish() {
	if c.said && c.heard {
		clear(c.mac)
		c.key, c.state = nil, done
	}
}

// Done says whether both people have confirmed. Only then the claim of the peer
// counts as verified.
func (c *Comparison) Done() bool { return c.state == done }

// Failed says whether the comparison is over without success.
func (c *Comparison) Failed() bool { return c.state == failed }

// Cancel ends the comparison, because the pictures differ or the person went
// away, and returns the message that tells the other side.
func (c *Comparison) Cancel() []byte {
	if c.state != done {
		c.end()
	}
	return c.message(kindCancel, nil)
}

func (c *Comparison) end() {
	clear(c.mac)
	c.key, c.state = nil, failed
}
