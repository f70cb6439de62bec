package channel

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
)

func TestKeys(t *testing.T) {
	k := newKey(t)
	again, err := NewPrivateKey(k.Bytes())
	if err != nil || !again.Equal(k) || !again.Public().Equal(k.Public()) {
		t.Errorf("read back as another key, %v", err)
	}
	public, err := NewPublicKey(k.Public().Bytes())
	if err != nil || !public.Equal(k.Public()) || public.Array() != k.Public().Array() {
		t.Errorf("read back as another public key, %v", err)
	}
	if other := newKey(t); other.Equal(k) || other.Public().Equal(k.Public()) {
		t.Error("two new keys are equal")
	}
	k.Bytes()[0] ^= 1
	k.Public().Bytes()[0] ^= 1
	if !again.Equal(k) || !again.Public().Equal(k.Public()) {
		t.Error("Bytes gives away the key's own memory")
	}
	for _, n := range []int{0, 31, 33} {
		if _, err := NewPrivateKey(make([]byte, n)); !errors.Is(err, ErrKey) {
			t.Errorf("private key of %d bytes: %v", n, err)
		}
		if _, err := NewPublicKey(make([]byte, n)); !errors.Is(err, ErrKey) {
			t.Errorf("public key of %d bytes: %v", n, err)
		}
	}
}

// TestPrivateKeyIsNeverPrinted tries the ways in which values reach logs.
func TestPrivateKeyIsNeverPrinted(t *testing.T) {
	k := newKey(t)
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("key", "key", k, "in_struct", struct{ K PrivateKey }{k})
	slog.New(slog.NewJSONHandler(&log, nil)).Info("key", "key", k, "in_struct", struct{ K PrivateKey }{k})
	asJSON, err := json.Marshal([]any{k})
	if err != nil {
		t.Fatal(err)
	}
	out := log.String() + string(asJSON)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T"} {
		out += " " + fmt.Sprintf(verb, k) + fmt.Sprintf(verb, &k) + fmt.Sprintf(verb, struct{ K PrivateKey }{k})
	}
	secret := k.Bytes()
	for _, leak := range []string{
		hex.EncodeToString(secret[:4]), fmt.Sprintf("%d %d %d", secret[0], secret[1], secret[2]),
		fmt.Sprintf("0x%x, 0x%x", secret[0], secret[1]),
	} {
		if strings.Contains(out, leak) {
			t.Errorf("the key leaks as %q in %s", leak, out)
		}
	}
	if !strings.Contains(out, "[secret]") {
		t.Error("the log does not say that there was a secret")
	}
}

func TestZeroKeyIsNoKey(t *testing.T) {
	var k PrivateKey
	if k.Bytes() != nil || !k.Public().Equal(PublicKey{}) {
		t.Error("the zero key has bytes")
	}
	near, far := net.Pipe()
	defer far.Close()
	if _, err := Server(t.Context(), near, k); !errors.Is(err, ErrKey) {
		t.Errorf("got %v, want %v", err, ErrKey)
	}
}

func TestPublicKeyText(t *testing.T) {
	k := newKey(t).Public()
	text, err := k.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	var back PublicKey
	if err := back.UnmarshalText(text); err != nil || !back.Equal(k) {
		t.Errorf("%s was read as %v, %v", text, back, err)
	}
	good := string(text)
	for name, bad := range map[string]string{
		"empty":                  "",
		"no prefix":              strings.TrimPrefix(good, publicPrefix),
		"another prefix":         "snug-identity-key:" + strings.TrimPrefix(good, publicPrefix),
		"too short":              good[:len(good)-1],
		"too long":               good + "A",
		"padded":                 good + "=",
		"a line break":           good + "\n",
		"a character of base64":  good[:30] + "+" + good[31:],
		"unused bits that count": publicPrefix + strings.Repeat("A", 42) + "B",
	} {
		if err := back.UnmarshalText([]byte(bad)); !errors.Is(err, ErrKey) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func FuzzPublicKeyText(f *testing.F) {
	f.Add([]byte(publicPrefix + strings.Repeat("A", 43)))
	f.Fuzz(func(t *testing.T, text []byte) {
		var k PublicKey
		if k.UnmarshalText(text) != nil {
			return
		}
		if again, _ := k.MarshalText(); !bytes.Equal(again, text) {
			t.Errorf("%q was read as %q", text, again)
		}
	})
}
