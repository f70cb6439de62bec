package mail_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/crypto/mail"
)

func key(t testing.TB) identity.PrivateKey {
	t.Helper()
	k, err := identity.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func address() mail.Address {
	return mail.Address{Place: [32]byte{1}, From: identity.DeviceID{2}, To: identity.DeviceID{3}, Purpose: "snug/1 rejoin info"}
}

// elsewhere are addresses that differ in one thing.
func elsewhere() map[string]mail.Address {
	all := make(map[string]mail.Address)
	for name, change := range map[string]func(*mail.Address){
		"another place":    func(a *mail.Address) { a.Place[0]++ },
		"another sender":   func(a *mail.Address) { a.From[0]++ },
		"another receiver": func(a *mail.Address) { a.To[0]++ },
		"sent back":        func(a *mail.Address) { a.From, a.To = a.To, a.From },
		"another purpose":  func(a *mail.Address) { a.Purpose = "snug/1 rejoin ask" },
	} {
		a := address()
		change(&a)
		all[name] = a
	}
	return all
}

func TestSigned(t *testing.T) {
	k := key(t)
	for _, body := range [][]byte{nil, []byte("hello"), make([]byte, 100_000)} {
		b, err := mail.Sign(k, address(), body)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := mail.Verify(k.Public(), address(), b); err != nil || !bytes.Equal(got, body) {
			t.Errorf("got %d bytes, %v", len(got), err)
		}
		if _, err := mail.Verify(key(t).Public(), address(), b); !errors.Is(err, mail.ErrLetter) {
			t.Errorf("another key: got %v", err)
		}
		for name, a := range elsewhere() {
			if _, err := mail.Verify(k.Public(), a, b); !errors.Is(err, mail.ErrLetter) {
				t.Errorf("%s: got %v", name, err)
			}
		}
	}
	if _, err := mail.Sign(k, address(), make([]byte, mail.MaxBody+1)); err == nil {
		t.Error("a letter that is too long was signed")
	}
}

func TestSealed(t *testing.T) {
	k := key(t)
	to, err := mail.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	if got := len(to.Public()); got != mail.PublicKeySize {
		t.Errorf("public key of %d bytes", got)
	}
	stored, err := to.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	again, err := mail.ParseKey(stored)
	if err != nil {
		t.Fatal(err)
	}
	other, err := mail.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	sizes := make(map[int]int)
	for _, n := range []int{0, 1, 252, 253, 1000, 64<<10 - 4, 64<<10 - 3, 300_000} {
		body := bytes.Repeat([]byte{7}, n)
		b, err := mail.Seal(k, address(), to.Public(), body)
		if err != nil {
			t.Fatal(err)
		}
		sizes[n] = len(b) - (1 + 64 + 1120 + 16)
		if got, err := mail.Open(again, k.Public(), address(), b); err != nil || !bytes.Equal(got, body) {
			t.Errorf("%d bytes: got %d, %v", n, len(got), err)
		}
		if n > 20 && bytes.Contains(b, body[:20]) {
			t.Error("the body is readable")
		}
		if _, err := mail.Open(other, k.Public(), address(), b); !errors.Is(err, mail.ErrLetter) {
			t.Errorf("another receiver: got %v", err)
		}
		if _, err := mail.Open(to, key(t).Public(), address(), b); !errors.Is(err, mail.ErrLetter) {
			t.Errorf("another sender: got %v", err)
		}
		for name, a := range elsewhere() {
			if _, err := mail.Open(to, k.Public(), a, b); !errors.Is(err, mail.ErrLetter) {
				t.Errorf("%s: got %v", name, err)
			}
		}
		// Somebody else signs what was sealed as its own.
		thief := key(t)
		a := address()
		a.From = identity.DeviceID{9}
		stolen := slices.Clone(b)
		copy(stolen[1:65], thief.Sign("snug/1 device letter", []byte{2}, encoded(a), to.Public(), b[65:]))
		if _, err := mail.Open(to, thief.Public(), a, stolen); !errors.Is(err, mail.ErrLetter) {
			t.Errorf("signed by somebody else: got %v", err)
		}
	}
	for n, want := range map[int]int{0: 256, 252: 256, 253: 512, 1000: 1024, 64<<10 - 4: 64 << 10, 64<<10 - 3: 128 << 10, 300_000: 320 << 10} {
		if sizes[n] != want {
			t.Errorf("%d bytes become %d, want %d", n, sizes[n], want)
		}
	}
	largest, err := mail.Seal(k, address(), to.Public(), make([]byte, mail.MaxBody))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := mail.Open(to, k.Public(), address(), largest); err != nil || len(got) != mail.MaxBody {
		t.Errorf("the largest: got %d bytes, %v", len(got), err)
	}
	if _, err := mail.Seal(k, address(), to.Public(), make([]byte, mail.MaxBody+1)); err == nil {
		t.Error("a letter that is too long was sealed")
	}
	if _, err := mail.Seal(k, address(), to.Public()[1:], nil); !errors.Is(err, mail.ErrLetter) {
		t.Errorf("to half a key: got %v", err)
	}
	if _, err := mail.ParseKey(stored[1:]); err == nil {
		t.Error("half a stored key was read")
	}
	if s := fmt.Sprintf("%v %+v %#v %s", to, to, to, to); s != "[secret] [secret] [secret] [secret]" {
		t.Errorf("a key prints as %s", s)
	}
}

// encoded is an address as the package encodes it.
func encoded(a mail.Address) []byte {
	return slices.Concat(a.Place[:], a.From[:], a.To[:], []byte{byte(len(a.Purpose))}, []byte(a.Purpose))
}

// Property 6: no byte of a letter can be changed unseen; all errors are one.
// Property 4: a signed letter is no sealed one.
func TestProperty06NoByteOfALetterChanges(t *testing.T) {
	k := key(t)
	to, err := mail.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	signed, err := mail.Sign(k, address(), []byte("question"))
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := mail.Seal(k, address(), to.Public(), []byte("answer"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := mail.Verify(k.Public(), address(), sealed); !errors.Is(err, mail.ErrLetter) {
		t.Errorf("a sealed one as a signed one: got %v", err)
	}
	if _, err := mail.Open(to, k.Public(), address(), signed); !errors.Is(err, mail.ErrLetter) {
		t.Errorf("a signed one as a sealed one: got %v", err)
	}
	for i := range signed {
		bad := slices.Clone(signed)
		bad[i] ^= 1
		if _, err := mail.Verify(k.Public(), address(), bad); !errors.Is(err, mail.ErrLetter) {
			t.Errorf("signed, byte %d: got %v", i, err)
		}
	}
	for i := 0; i < len(sealed); i += 7 {
		bad := slices.Clone(sealed)
		bad[i] ^= 1
		if _, err := mail.Open(to, k.Public(), address(), bad); !errors.Is(err, mail.ErrLetter) {
			t.Errorf("sealed, byte %d: got %v", i, err)
		}
		// The same by the sender itself: what HPKE guards alone.
		if i >= 65 {
			copy(bad[1:65], k.Sign("snug/1 device letter", []byte{2}, encoded(address()), to.Public(), bad[65:]))
			if _, err := mail.Open(to, k.Public(), address(), bad); !errors.Is(err, mail.ErrLetter) {
				t.Errorf("sealed and signed again, byte %d: got %v", i, err)
			}
		}
	}
}

func FuzzLetter(f *testing.F) {
	k := key(f)
	to, err := mail.NewKey()
	if err != nil {
		f.Fatal(err)
	}
	signed, err := mail.Sign(k, address(), []byte("question"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(signed)
	f.Add([]byte{2})
	f.Fuzz(func(t *testing.T, b []byte) {
		if body, err := mail.Verify(k.Public(), address(), b); err == nil {
			if again, err := mail.Sign(k, address(), body); err != nil || !bytes.Equal(again, b) {
				t.Errorf("% x was read as % x", b, again)
			}
		}
		if _, err := mail.Open(to, k.Public(), address(), b); err == nil {
			t.Errorf("% x was opened", b)
		}
	})
}
