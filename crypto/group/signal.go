package group

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"fmt"

	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/crypto/mls"
)

// labelSignal is the label of what a device signs in a signal. No signature of
// MLS begins like it (RFC 9420, section 5.1.2), though the key is the same.
const labelSignal = "snug/1 signal"

// The layout of a signal: what is in clear, and what is sealed.
//
//	epoch (8) ‖ nonce (12) ‖ AES-256-GCM of: leaf (4) ‖ counter (8) ‖ length (2)
//	‖ content ‖ zeros ‖ signature (64)
//
// The zeros fill it up to 256 bytes x 2^k in all. The key comes from the MLS
// exporter, so that no message key moves; epoch and group id are the additional
// data. The signature covers group id, epoch and all that is sealed before it.
const (
	signalClear  = 8 + signalNonce
	signalNonce  = 12
	signalTag    = 16
	signalFields = 4 + 8 + 2
	signalFixed  = signalClear + signalFields + identity.SignatureSize + signalTag
	signalLeast  = 256
)

// MaxSignal is the size of the largest signal in bytes, MaxSignalContent that of
// its content.
const (
	MaxSignal        = 1024
	MaxSignalContent = MaxSignal - signalFixed
)

// signals is what a Group remembers of the signals of one epoch, in memory only.
type signals struct {
	epoch uint64
	aead  cipher.AEAD
	sent  uint64
	seen  map[mls.LeafIndex]uint64 // the last counter of each sender
}

// Signal is a short message that is never stored: somebody types, somebody reads.
type Signal struct {
	From    Member
	Counter uint64 // of the sender: microseconds of its clock, and always growing
	Content []byte
}

// signalKey makes the key of the present epoch.
func (g *Group) signalKey() error {
	if !g.Joined() {
		return mls.ErrNotJoined
	}
	if g.signals.aead != nil && g.signals.epoch == g.Epoch() {
		return nil
	}
	key, err := g.mls.Export("snug/1 signal", nil, 32)
	if err != nil {
		return err
	}
	defer clear(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		return err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return err
	}
	g.signals = signals{epoch: g.Epoch(), aead: aead, sent: g.signals.sent, seen: make(map[mls.LeafIndex]uint64)}
	return nil
}

// additional is the additional data of a signal.
func (g *Group) additional() []byte {
	return binary.BigEndian.AppendUint64(g.mls.ID()[:32:32], g.Epoch())
}

// SealSignal seals content (at most MaxSignalContent bytes) for the members of
// this epoch. It changes nothing that is stored, and the signal may get lost.
func (g *Group) SealSignal(content []byte) ([]byte, error) {
	if err := g.signalKey(); err != nil {
		return nil, err
	}
	if len(content) > MaxSignalContent {
		return nil, fmt.Errorf("signal of %d bytes: at most %d", len(content), MaxSignalContent)
	}
	size := signalLeast
	for size < signalFixed+len(content) {
		size *= 2
	}
	s := &g.signals
	s.sent = max(s.sent+1, uint64(g.device.now().UnixMicro()))
	plain := make([]byte, 0, size)
	plain = binary.BigEndian.AppendUint32(plain, uint32(g.mls.Self()))
	plain = binary.BigEndian.AppendUint64(plain, s.sent)
	plain = binary.BigEndian.AppendUint16(plain, uint16(len(content)))
	plain = append(plain, content...)
	plain = append(plain, make([]byte, size-signalFixed-len(content))...)
	plain = append(plain, g.device.sign.Sign(labelSignal, g.additional(), plain)...)
	b := make([]byte, signalClear, size)
	binary.BigEndian.PutUint64(b, s.epoch)
	rand.Read(b[8:signalClear])
	return s.aead.Seal(b, b[8:signalClear], plain, g.additional()), nil
}

// OpenSignal opens a signal of this epoch. It accepts each once, and of one
// sender none that is older than one it has accepted; all else is ErrSignal. It
// changes nothing that is stored.
func (g *Group) OpenSignal(b []byte) (*Signal, error) {
	if err := g.signalKey(); err != nil {
		return nil, err
	}
	if len(b) < signalLeast || len(b) > MaxSignal || len(b)&(len(b)-1) != 0 || binary.BigEndian.Uint64(b) != g.signals.epoch {
		return nil, ErrSignal
	}
	plain, err := g.signals.aead.Open(nil, b[8:signalClear], b[signalClear:], g.additional())
	if err != nil {
		return nil, ErrSignal
	}
	signed, sig := plain[:len(plain)-identity.SignatureSize], plain[len(plain)-identity.SignatureSize:]
	leaf := mls.LeafIndex(binary.BigEndian.Uint32(signed))
	l := g.mls.Member(leaf)
	if l == nil {
		return nil, ErrSignal
	}
	from := g.device.member(leaf, l)
	if !from.Certificate.MLS.Verify(labelSignal, sig, g.additional(), signed) {
		return nil, ErrSignal
	}
	counter := binary.BigEndian.Uint64(signed[4:])
	n := int(binary.BigEndian.Uint16(signed[12:]))
	content := signed[signalFields:]
	if n > len(content) || counter <= g.signals.seen[leaf] {
		return nil, ErrSignal
	}
	for _, x := range content[n:] {
		if x != 0 {
			return nil, ErrSignal
		}
	}
	g.signals.seen[leaf] = counter
	return &Signal{From: from, Counter: counter, Content: content[:n]}, nil
}
