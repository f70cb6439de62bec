package channel

import (
	"crypto/ecdh"
	"crypto/mlkem"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/flynn/noise"
)

// tagSize is the length of an AES-GCM tag, which ends every encrypted field
// (Noise section 3).
const tagSize = 16

// Lengths in bytes of the three handshake messages. With a psk in the pattern
// the first ephemeral key already keys the cipher (Noise section 9.2), so that
// every payload, the first and the empty last one included, ends with a tag.
const (
	message1Size = KeySize + mlkem.EncapsulationKeySize768 + tagSize               // e, payload
	message2Size = KeySize + KeySize + tagSize + mlkem.CiphertextSize768 + tagSize // e, s, payload
	message3Size = KeySize + tagSize + tagSize                                     // s, payload
)

// headerSize is the length of the length in front of every frame.
const headerSize = 4

// messageSizes are the lengths in the order of the messages.
func messageSizes() [3]int { return [3]int{message1Size, message2Size, message3Size} }

// config is what a handshake needs to know beforehand. Tests change its parts.
type config struct {
	initiator bool
	static    noise.DHKey
	dh        noise.DHFunc
	prologue  []byte
	random    io.Reader // of the ephemeral key; nil means crypto/rand
}

func newConfig(initiator bool, key PrivateKey) (config, error) {
	if key.key == nil {
		return config{}, fmt.Errorf("%w: empty", ErrKey)
	}
	return config{
		initiator: initiator,
		static:    noise.DHKey{Private: key.Bytes(), Public: key.Public().Bytes()},
		dh:        &x25519{keys: [2]*ecdh.PrivateKey{key.key}},
		prologue:  []byte(Prologue),
	}, nil
}

// x25519 is the key agreement of one handshake (Noise section 12.1). The Noise
// library's own one gets secrets as bytes and computes the public half again at
// each use, which doubles the work; this one remembers both keys of its side.
type x25519 struct {
	keys [2]*ecdh.PrivateKey // static, ephemeral
}

// GenerateKeypair makes the ephemeral key.
func (x *x25519) GenerateKeypair(random io.Reader) (noise.DHKey, error) {
	secret := make([]byte, KeySize)
	if _, err := io.ReadFull(random, secret); err != nil {
		return noise.DHKey{}, fmt.Errorf("generate ephemeral key: %w", err)
	}
	k, err := ecdh.X25519().NewPrivateKey(secret)
	if err != nil {
		return noise.DHKey{}, fmt.Errorf("generate ephemeral key: %w", err)
	}
	x.keys[1] = k
	return noise.DHKey{Private: secret, Public: k.PublicKey().Bytes()}, nil
}

// DH refuses the public keys that make the result zero (RFC 7748 section 6.1),
// as Noise section 12.1 permits and TestProperty07LowOrderPoints checks.
func (x *x25519) DH(secret, public []byte) ([]byte, error) {
	peer, err := ecdh.X25519().NewPublicKey(public)
	if err != nil {
		return nil, err
	}
	for _, k := range x.keys {
		if k != nil && subtle.ConstantTimeCompare(k.Bytes(), secret) == 1 {
			return k.ECDH(peer)
		}
	}
	return nil, ErrKey // a bug: the library asks with the keys that it was given
}

func (x *x25519) DHLen() int     { return KeySize }
func (x *x25519) DHName() string { return "25519" }

// handshake is the state of one side: Noise messages in and out, in order.
// It does not know what payloads mean.
type handshake struct {
	state     *noise.HandshakeState
	initiator bool
	message   int                // of the next message, from 0
	first     *noise.CipherState // from initiator to responder, after message 3
	second    *noise.CipherState // from responder to initiator, after message 3
}

func newHandshake(c config) (*handshake, error) {
	state, err := noise.NewHandshakeState(noise.Config{
		CipherSuite:           noise.NewCipherSuite(c.dh, noise.CipherAESGCM, noise.HashSHA256),
		Random:                c.random,
		Pattern:               noise.HandshakeXX,
		Initiator:             c.initiator,
		Prologue:              c.prologue,
		PresharedKeyPlacement: 3, // at the end of message 3 (Noise section 9.3); the key comes late
		StaticKeypair:         c.static,
	})
	if err != nil {
		return nil, fmt.Errorf("channel: start handshake: %w", err)
	}
	return &handshake{state: state, initiator: c.initiator}, nil
}

// write appends the next message with payload in it to dst.
func (h *handshake) write(dst, payload []byte) ([]byte, error) {
	out, first, second, err := h.state.WriteMessage(dst, payload)
	if err != nil {
		// The only thing of the peer's that can be wrong here is its point.
		return nil, fmt.Errorf("%w: answer with message %d: %v", ErrHandshake, h.message+1, err)
	}
	h.advance(first, second)
	return out, nil
}

// read checks the next message and returns its payload. After an error the
// handshake must not be used again.
func (h *handshake) read(message []byte) ([]byte, error) {
	payload, first, second, err := h.state.ReadMessage(nil, message)
	if err != nil {
		return nil, fmt.Errorf("%w: message %d: %v", ErrHandshake, h.message+1, err)
	}
	h.advance(first, second)
	return payload, nil
}

func (h *handshake) advance(first, second *noise.CipherState) {
	h.message++
	h.first, h.second = first, second
}

// setPSK sets the key that message 3 mixes in. Both sides call it before that
// message: the Noise library would read it with an empty key otherwise.
func (h *handshake) setPSK(secret []byte) error {
	if err := h.state.SetPresharedKey(secret); err != nil {
		return fmt.Errorf("channel: set the shared secret: %w", err)
	}
	return nil
}

// peer returns the other side's static key, once its message was read.
func (h *handshake) peer() PublicKey {
	return PublicKey{b: [KeySize]byte(h.state.PeerStatic())}
}

// ciphers returns this side's two cipher states after message 3.
func (h *handshake) ciphers() (tx, rx cipherState) {
	first, second := newCipherState(h.first.UnsafeKey()), newCipherState(h.second.UnsafeKey())
	if h.initiator {
		return first, second
	}
	return second, first
}

// conn makes the channel after message 3. Nothing of the handshake stays in it.
func (h *handshake) conn(nc net.Conn) *Conn {
	c := &Conn{nc: nc, peer: h.peer(), binding: [32]byte(h.state.ChannelBinding())}
	c.tx.cipher, c.rx.cipher = h.ciphers()
	return c
}

// send writes the next message as a frame, with one call.
func (h *handshake) send(w io.Writer, payload []byte) error {
	n := h.message
	size := messageSizes()[n]
	frame := make([]byte, headerSize, headerSize+size)
	binary.BigEndian.PutUint32(frame, uint32(size))
	frame, err := h.write(frame, payload)
	if err != nil {
		return err
	}
	if _, err := w.Write(frame); err != nil {
		return fmt.Errorf("channel: send handshake message %d: %w", n+1, err)
	}
	return nil
}

// receive reads the next message's frame and returns its payload. The length is
// known, so any other one is refused before anything is allocated for it.
func (h *handshake) receive(r io.Reader) ([]byte, error) {
	n := h.message
	message, err := readMessage(r, messageSizes()[n])
	if errors.Is(err, ErrHandshake) {
		return nil, fmt.Errorf("%w (message %d)", err, n+1)
	}
	if err != nil {
		return nil, fmt.Errorf("channel: wait for handshake message %d: %w", n+1, err)
	}
	return h.read(message)
}

// readMessage reads one frame of exactly size bytes.
func readMessage(r io.Reader, size int) ([]byte, error) {
	var head [headerSize]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	if got := binary.BigEndian.Uint32(head[:]); got != uint32(size) {
		return nil, fmt.Errorf("%w: frame of %d bytes instead of %d", ErrHandshake, got, size)
	}
	message := make([]byte, size)
	if _, err := io.ReadFull(r, message); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return message, nil
}

// newKEM makes the initiator's one-time ML-KEM-768 key.
func newKEM() (*mlkem.DecapsulationKey768, error) {
	k, err := mlkem.GenerateKey768()
	if err != nil {
		return nil, fmt.Errorf("channel: generate ML-KEM key: %w", err)
	}
	return k, nil
}

// encapsulate answers an encapsulation key, which it checks first (FIPS 203,
// section 7.2), with a shared secret and its ciphertext.
func encapsulate(offer []byte) (secret, ciphertext []byte, err error) {
	k, err := mlkem.NewEncapsulationKey768(offer)
	if err != nil {
		return nil, nil, err
	}
	secret, ciphertext = k.Encapsulate()
	return secret, ciphertext, nil
}
