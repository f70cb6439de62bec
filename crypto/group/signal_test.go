package group_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/snugchat/snug/crypto/group"
	"github.com/snugchat/snug/crypto/identity"
)

func TestSignals(t *testing.T) {
	w, ana, _, ben, cleo := trio(t)
	before := ana.store.copy()
	for n, size := range map[int]int{0: 256, 1: 256, 142: 256, 143: 512, 398: 512, 399: 1024, group.MaxSignalContent: 1024} {
		content := bytes.Repeat([]byte{1}, n)
		b, err := ana.g.SealSignal(content)
		if err != nil {
			t.Fatal(err)
		}
		if len(b) != size {
			t.Errorf("a signal of %d bytes has %d, want %d", n, len(b), size)
		}
		s, err := ben.g.OpenSignal(b)
		if err != nil || s.From.Device != ana.d.ID() || !bytes.Equal(s.Content, content) {
			t.Errorf("got %v, %v", s, err)
		}
	}
	if !before.equal(ana.store) {
		t.Error("signals changed the store")
	}
	if _, err := ana.g.SealSignal(make([]byte, group.MaxSignalContent+1)); err == nil {
		t.Error("a signal that is too long was sealed")
	}
	// One that was overtaken, one damaged, one of an epoch that is over.
	first, err := ana.g.SealSignal([]byte("first"))
	if err != nil {
		t.Fatal(err)
	}
	second, err := ana.g.SealSignal([]byte("second"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ben.g.OpenSignal(second); err != nil {
		t.Fatal(err)
	}
	if _, err := ben.g.OpenSignal(first); !errors.Is(err, group.ErrSignal) {
		t.Errorf("one that was overtaken: got %v", err)
	}
	for i := range first {
		bad := slices.Clone(first)
		bad[i] ^= 1
		if _, err := cleo.g.OpenSignal(bad); !errors.Is(err, group.ErrSignal) {
			t.Errorf("byte %d changed: got %v", i, err)
		}
	}
	if _, err := cleo.g.OpenSignal(first); err != nil {
		t.Errorf("the damaged ones counted: %v", err)
	}
	late, err := ana.g.SealSignal(nil)
	if err != nil {
		t.Fatal(err)
	}
	ben.commit(group.Plan{})
	if _, err := cleo.g.OpenSignal(late); !errors.Is(err, group.ErrSignal) {
		t.Errorf("one of the epoch before: got %v", err)
	}
	// The counter grows when the clock stands still, and over a restart.
	a, err := ana.g.SealSignal(nil)
	if err != nil {
		t.Fatal(err)
	}
	ana.restart()
	w.now = w.now.Add(time.Second)
	b, err := ana.g.SealSignal(nil)
	if err != nil {
		t.Fatal(err)
	}
	sa, err := ben.g.OpenSignal(a)
	if err != nil {
		t.Fatal(err)
	}
	if sb, err := ben.g.OpenSignal(b); err != nil || sb.Counter <= sa.Counter {
		t.Errorf("got counter %v after %v, %v", sb, sa.Counter, err)
	}
}

// TestSignalOfSomebodyElse: a member cannot signal in the name of another, though
// all have the key.
func TestSignalOfSomebodyElse(t *testing.T) {
	w, ana, _, ben, cleo := trio(t)
	g, _ := ben.rogue()
	key, err := g.Export("snug/1 signal", nil, 32)
	if err != nil {
		t.Fatal(err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	additional := binary.BigEndian.AppendUint64(slices.Clone(w.id[:]), ben.g.Epoch())
	open := func(b []byte) []byte {
		t.Helper()
		plain, err := aead.Open(nil, b[8:20], b[20:], additional)
		if err != nil {
			t.Fatal(err)
		}
		return plain
	}
	seal := func(plain []byte) []byte {
		b := binary.BigEndian.AppendUint64(nil, ben.g.Epoch())
		nonce := make([]byte, 12)
		rand.Read(nonce)
		return aead.Seal(append(b, nonce...), nonce, plain, additional)
	}
	own, err := ben.g.SealSignal([]byte("typing"))
	if err != nil {
		t.Fatal(err)
	}
	real, err := ana.g.SealSignal([]byte("typing"))
	if err != nil {
		t.Fatal(err)
	}
	change := func(of []byte, f func(plain []byte)) []byte {
		plain := open(of)
		f(plain)
		return seal(plain)
	}
	sign, err := identity.NewPrivateKey(ben.signer.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	signed := func(f func(plain []byte)) []byte {
		return change(own, func(p []byte) {
			f(p)
			copy(p[len(p)-64:], sign.Sign("snug/1 signal", additional, p[:len(p)-64]))
		})
	}
	for name, b := range map[string][]byte{
		"an own signal in ana's name":   change(own, func(p []byte) { binary.BigEndian.PutUint32(p, uint32(ben.leafOf(ana))) }),
		"ana's signal with more":        change(real, func(p []byte) { p[14] = 'T' }),
		"ana's signal with a new count": change(real, func(p []byte) { p[11]++ }),
		"a signal of nobody":            change(own, func(p []byte) { binary.BigEndian.PutUint32(p, 1<<31) }),
		"a length beyond the end":       signed(func(p []byte) { binary.BigEndian.PutUint16(p[12:], 60000) }),
		"something behind the end":      signed(func(p []byte) { p[14+len("typing")] = 1 }),
		"another label":                 change(own, func(p []byte) { copy(p[len(p)-64:], sign.Sign("snug/1 other", additional, p[:len(p)-64])) }),
	} {
		if s, err := cleo.g.OpenSignal(b); !errors.Is(err, group.ErrSignal) {
			t.Errorf("%s: got %v, %v", name, s, err)
		}
	}
	if _, err := cleo.g.OpenSignal(signed(func([]byte) {})); err != nil {
		t.Errorf("signed again: got %v", err)
	}
	// The test forges rightly: what is sealed again unchanged is accepted.
	if s, err := cleo.g.OpenSignal(change(real, func([]byte) {})); err != nil || s.From.Device != ana.d.ID() {
		t.Errorf("sealed again: got %v, %v", s, err)
	}
}
