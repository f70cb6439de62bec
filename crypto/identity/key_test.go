package identity

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
)

// smallOrderEd25519 lists the fourteen encodings of the eight points of small
// order that decoders of the field accept (Chalkias, Garillot, Nikolaenko,
// "Taming the many EdDSAs", 2020, table 1).
func smallOrderEd25519() []string {
	return []string{
		"0100000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000080",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0000000000000000000000000000000000000000000000000000000000000080",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
	}
}

func TestSmallOrderKeysAreRefused(t *testing.T) {
	for _, s := range smallOrderEd25519() {
		b, err := hex.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := NewPublicKey(b); !errors.Is(err, ErrKey) {
			t.Errorf("%s: got %v, want %v", s, err, ErrKey)
		}
	}
}

// TestWhySmallOrderMatters shows what NewPublicKey prevents: without it one
// signature, made without any key, fits every message.
func TestWhySmallOrderMatters(t *testing.T) {
	neutral := make([]byte, 32)
	neutral[0] = 1
	sig := append(slices.Clone(neutral), make([]byte, 32)...) // R = neutral, S = 0
	if !ed25519.Verify(neutral, []byte("anything"), sig) {
		t.Skip("crypto/ed25519 refuses small order by itself now")
	}
	k := PublicKey{b: [32]byte(neutral)} // only a bug in this package could make it
	if !k.Verify("snug/1 x", sig, []byte("anything")) {
		t.Error("the check lies in NewPublicKey alone, yet Verify refused")
	}
}

// TestZeroKeyVerifiesNothing forges under the 32 zero bytes of a key that was
// never set: they are a point of order 4, for which one message in four takes
// a signature that nobody had to make.
func TestZeroKeyVerifiesNothing(t *testing.T) {
	sig := make([]byte, 64)
	sig[0] = 1 // R = neutral, S = 0
	forged := 0
	for i := range 64 {
		msg := []byte{byte(i)}
		if ed25519.Verify(make([]byte, 32), signed("snug/1 x", [][]byte{msg}), sig) {
			forged++
		}
		if (PublicKey{}).Verify("snug/1 x", sig, msg) {
			t.Errorf("message %d: the zero key verified", i)
		}
	}
	if forged == 0 {
		t.Error("the forgery does not work, so this test shows nothing")
	}
}

func TestNewPublicKeyRefuses(t *testing.T) {
	twoTimes, _ := hex.DecodeString("0300000000000000000000000000000000000000000000000000000000000000")
	shifted := slices.Repeat([]byte{0xff}, 32) // y = p + 3, same point as y = 3
	shifted[0], shifted[31] = 0xf0, 0x7f
	if _, err := NewPublicKey(twoTimes); err != nil {
		t.Fatalf("y = 3 is a point of large order: %v", err)
	}
	offCurve := make([]byte, 32)
	offCurve[0] = 2
	for name, b := range map[string][]byte{
		"nothing":                nil,
		"31 bytes":               make([]byte, 31),
		"33 bytes":               make([]byte, 33),
		"no point":               offCurve,
		"a second encoding of 3": shifted,
	} {
		if _, err := NewPublicKey(b); !errors.Is(err, ErrKey) {
			t.Errorf("%s: got %v, want %v", name, err, ErrKey)
		}
	}
}

func TestSmallOrderTransportKeys(t *testing.T) {
	k, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range smallOrderX25519() {
		p, err := ecdh.X25519().NewPublicKey(u[:])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := k.ECDH(p); err == nil {
			t.Errorf("%x is not of small order", u)
		}
		if acceptableX25519(u) {
			t.Errorf("%x was accepted", u)
		}
	}
	edge := [32]byte(slices.Repeat([]byte{0xff}, 32))
	for _, c := range []struct {
		name       string
		first, top byte
		want       bool
	}{
		{"p - 2", 0xeb, 0x7f, true},
		{"p - 1, of small order", 0xec, 0x7f, false},
		{"p, the same as 0", 0xed, 0x7f, false},
		{"p + 1, the same as 1", 0xee, 0x7f, false},
		{"2^255 - 1", 0xff, 0x7f, false},
		{"p - 2 with the ignored bit", 0xeb, 0xff, false},
	} {
		edge[0], edge[31] = c.first, c.top
		if got := acceptableX25519(edge); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
	for range 100 {
		k, err := ecdh.X25519().GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if !acceptableX25519([32]byte(k.PublicKey().Bytes())) {
			t.Fatalf("generated key %x was refused", k.PublicKey().Bytes())
		}
	}
}

func TestPrivateKeyIsNotPrinted(t *testing.T) {
	k, err := GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	secret, err := NewInviteSecret()
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(h).Info("keys", "key", k, "pointer", &k, "secret", secret)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%X", "%d", "%q"} {
		fmt.Fprintf(&log, verb+" "+verb+" "+verb+"\n", k, secret, struct{ K PrivateKey }{k})
	}
	if b, err := json.Marshal(k); err == nil {
		t.Errorf("a private key was encoded as %s", b)
	}
	out := strings.ToLower(log.String())
	for _, b := range [][]byte{k.seed[:], k.key, secret[:]} {
		for _, form := range []string{string(b), hex.EncodeToString(b[:8]), strings.Trim(fmt.Sprint(b[:8]), "[]")} {
			if strings.Contains(out, strings.ToLower(form)) {
				t.Errorf("the log holds secret bytes as %q", form)
			}
		}
	}
	if strings.Count(out, "[secret]") < 8*3+6 {
		t.Errorf("got %q, want [secret] everywhere", out)
	}
}

func TestKeysEncodeAndCompare(t *testing.T) {
	a, err := GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	b, err := GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	same, err := NewPrivateKey(a.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if !same.Equal(a) || !same.Public().Equal(a.Public()) || a.Equal(b) || a.Public().Equal(b.Public()) {
		t.Error("Equal is wrong")
	}
	if (PrivateKey{}).Equal(a) || !(PrivateKey{}).Equal(PrivateKey{}) || !(PrivateKey{}).Public().IsZero() {
		t.Error("the zero key is wrong")
	}
	if _, err := NewPrivateKey(make([]byte, 31)); !errors.Is(err, ErrKey) {
		t.Errorf("31 bytes: got %v, want %v", err, ErrKey)
	}
	text, err := a.Public().MarshalText()
	if err != nil || !strings.HasPrefix(string(text), "ed25519-public:") {
		t.Errorf("got %s, %v", text, err)
	}
	var p PublicKey
	if err := p.UnmarshalText(text); err != nil || !p.Equal(a.Public()) {
		t.Errorf("got %v, %v, want %v", p, err, a.Public())
	}
	raw, _ := a.Public().MarshalBinary()
	p = PublicKey{}
	if err := p.UnmarshalBinary(raw); err != nil || !p.Equal(a.Public()) {
		t.Errorf("got %v, %v, want %v", p, err, a.Public())
	}
	p.Bytes()[0] ^= 1
	if !p.Equal(a.Public()) {
		t.Error("Bytes is no copy")
	}
}

func FuzzPublicKeyText(f *testing.F) {
	k, err := NewPrivateKey(make([]byte, 32))
	if err != nil {
		f.Fatal(err)
	}
	text := k.Public().String()
	f.Add(text)
	f.Add(text + "\n")
	f.Add(text[:len(text)-1] + "B") // unused bits of the last digit
	f.Add("ed25519-public:AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, s string) {
		var p PublicKey
		if err := p.UnmarshalText([]byte(s)); err != nil {
			if !errors.Is(err, ErrKey) || !p.IsZero() {
				t.Errorf("%q: error %v and key %v", s, err, p)
			}
			return
		}
		if p.String() != s {
			t.Errorf("%q was read, and is written as %q", s, p)
		}
	})
}
