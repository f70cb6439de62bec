package pairing_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/snugchat/snug/crypto/channel"
	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/crypto/pairing"
)

var place = [32]byte{9}

func key(tb testing.TB) identity.PrivateKey {
	tb.Helper()
	k, err := identity.GenerateKey()
	if err != nil {
		tb.Fatal(err)
	}
	return k
}

func transport(tb testing.TB) [32]byte {
	tb.Helper()
	k, err := channel.GenerateKey()
	if err != nil {
		tb.Fatal(err)
	}
	return k.Public().Array()
}

func newGiver(tb testing.TB, secret pairing.Secret) (g *pairing.Giver, first []byte, id identity.PrivateKey) {
	tb.Helper()
	id = key(tb)
	envelope := key(tb)
	cert, err := identity.Certificate{
		Place: place, Identity: id.Public(), Transport: transport(tb), Envelope: envelope.Public(), MLS: key(tb).Public(), Created: 1,
	}.Sign(id, envelope)
	if err != nil {
		tb.Fatal(err)
	}
	g, first, err = pairing.NewGiver(secret, place, id, pairing.Terms{Account: [16]byte{7}, Name: "Ana", Certificate: cert})
	if err != nil {
		tb.Fatal(err)
	}
	return g, first, id
}

func newTaker(tb testing.TB, secret pairing.Secret) *pairing.Taker {
	tb.Helper()
	return pairing.NewTaker(secret, place, pairing.Keys{Transport: transport(tb), Envelope: key(tb), MLS: key(tb).Public()}, 2)
}

// meet brings two sides to where the person looks at the pictures.
func meet(tb testing.TB, g *pairing.Giver, t *pairing.Taker, first []byte) {
	tb.Helper()
	toTaker, next := true, first
	for next != nil {
		var err error
		if toTaker {
			next, err = t.Handle(next)
		} else {
			next, err = g.Handle(next)
		}
		if err != nil {
			tb.Fatal(err)
		}
		toTaker = !toTaker
	}
}

func TestPairing(t *testing.T) {
	for _, giverFirst := range []bool{true, false} {
		t.Run(fmt.Sprintf("giver confirms first %v", giverFirst), func(t *testing.T) {
			secret := pairing.NewSecret()
			g, first, id := newGiver(t, secret)
			n := newTaker(t, secret)
			meet(t, g, n, first)
			a, ok1 := g.Emoji()
			b, ok2 := n.Emoji()
			if !ok1 || !ok2 || a != b {
				t.Fatalf("got %v, %v and %v, %v, want the same", a, ok1, b, ok2)
			}
			giver := func() {
				out, err := g.Confirm()
				if err != nil {
					t.Fatal(err)
				}
				for _, m := range out {
					if _, err := n.Handle(m); err != nil {
						t.Fatal(err)
					}
				}
			}
			taker := func() {
				out, err := n.Confirm()
				if err != nil {
					t.Fatal(err)
				}
				back, err := g.Handle(out)
				if err != nil {
					t.Fatal(err)
				}
				if back != nil {
					if _, err := n.Handle(back); err != nil {
						t.Fatal(err)
					}
				}
			}
			steps := []func(){giver, taker}
			if !giverFirst {
				steps = []func(){taker, giver}
			}
			steps[0]()
			if g.Issued() || n.Certificate() != nil {
				t.Fatal("certified before the person confirmed on both")
			}
			steps[1]()
			cert, err := identity.ParseCertificate(n.Certificate())
			if err != nil || !g.Issued() {
				t.Fatalf("no certificate: %v", err)
			}
			if device, ok := g.Device(); !ok || device != cert.Device() || !cert.Identity.Equal(id.Public()) || cert.Place != place {
				t.Errorf("certified %v of %v", cert.Device(), cert.Identity)
			}
			if terms, ok := n.Terms(); !ok || terms.Name != "Ana" || terms.Account != [16]byte{7} {
				t.Errorf("got terms %+v, %v", terms, ok)
			}
		})
	}
}

// Without the secret nothing can be said, and whoever carries the messages can
// change, repeat, reorder or turn back none.
func TestOnlyTheSecret(t *testing.T) {
	secret := pairing.NewSecret()
	t.Run("another secret", func(t *testing.T) {
		_, first, _ := newGiver(t, pairing.NewSecret())
		if _, err := newTaker(t, secret).Handle(first); !errors.Is(err, pairing.ErrFailed) {
			t.Errorf("got %v, want %v", err, pairing.ErrFailed)
		}
	})
	t.Run("a byte changed", func(t *testing.T) {
		_, first, _ := newGiver(t, secret)
		keys := pairing.Keys{Transport: transport(t), Envelope: key(t), MLS: key(t).Public()}
		for i := range first {
			b := bytes.Clone(first)
			b[i] ^= 1
			if _, err := pairing.NewTaker(secret, place, keys, 2).Handle(b); !errors.Is(err, pairing.ErrFailed) {
				t.Fatalf("byte %d: got %v, want %v", i, err, pairing.ErrFailed)
			}
		}
	})
	t.Run("repeated", func(t *testing.T) {
		g, first, _ := newGiver(t, secret)
		n := newTaker(t, secret)
		request, err := n.Handle(first)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := n.Handle(first); !errors.Is(err, pairing.ErrFailed) {
			t.Errorf("the terms twice: got %v, want %v", err, pairing.ErrFailed)
		}
		if _, err := g.Handle(request); err != nil {
			t.Fatal(err)
		}
		if _, err := g.Handle(request); !errors.Is(err, pairing.ErrFailed) {
			t.Errorf("the request twice: got %v, want %v", err, pairing.ErrFailed)
		}
	})
	t.Run("turned back", func(t *testing.T) {
		g, first, _ := newGiver(t, secret)
		if _, err := g.Handle(first); !errors.Is(err, pairing.ErrFailed) {
			t.Errorf("got %v, want %v", err, pairing.ErrFailed)
		}
	})
	t.Run("of another place", func(t *testing.T) {
		_, first, _ := newGiver(t, secret)
		n := pairing.NewTaker(secret, [32]byte{8}, pairing.Keys{Transport: transport(t), Envelope: key(t), MLS: key(t).Public()}, 2)
		if _, err := n.Handle(first); !errors.Is(err, pairing.ErrFailed) {
			t.Errorf("got %v, want %v", err, pairing.ErrFailed)
		}
	})
}

// Who has the link and sits between the two talks to both, with the right seals:
// then the pictures differ.
func TestBetweenShowsOtherPictures(t *testing.T) {
	secret := pairing.NewSecret()
	g, first, _ := newGiver(t, secret)
	n := newTaker(t, secret)
	evilGiver, evilFirst, _ := newGiver(t, secret)
	evilTaker := newTaker(t, secret)
	meet(t, g, evilTaker, first)
	meet(t, evilGiver, n, evilFirst)
	a, _ := g.Emoji()
	b, _ := n.Emoji()
	if a == b {
		t.Errorf("both see %v", a)
	}
	// What the one in the middle was confirmed with is of no use to the other.
	out, err := n.Confirm()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Handle(out); !errors.Is(err, pairing.ErrFailed) || g.Issued() {
		t.Errorf("got %v, issued %v, want %v", err, g.Issued(), pairing.ErrFailed)
	}
}

func TestNothingIsIssuedAfterNo(t *testing.T) {
	secret := pairing.NewSecret()
	g, first, _ := newGiver(t, secret)
	n := newTaker(t, secret)
	meet(t, g, n, first)
	yes, err := n.Confirm()
	if err != nil {
		t.Fatal(err)
	}
	g.Cancel()
	if _, err := g.Handle(yes); !errors.Is(err, pairing.ErrFailed) || g.Issued() {
		t.Errorf("got %v, issued %v", err, g.Issued())
	}
	if _, err := g.Confirm(); err == nil || g.Issued() {
		t.Error("confirmed after no")
	}
}

func TestLargestMessageFits(t *testing.T) {
	id, envelope := key(t), key(t)
	cert, err := identity.Certificate{
		Place: place, Identity: id.Public(), Transport: transport(t), Envelope: envelope.Public(), MLS: key(t).Public(), Created: 1,
	}.Sign(id, envelope)
	if err != nil {
		t.Fatal(err)
	}
	secret := pairing.NewSecret()
	name := string(bytes.Repeat([]byte{'a'}, pairing.MaxName))
	_, first, err := pairing.NewGiver(secret, place, id, pairing.Terms{Name: name, Certificate: cert})
	if err != nil || len(first) > pairing.MaxMessage {
		t.Fatalf("%d bytes, %v", len(first), err)
	}
	if _, err := newTaker(t, secret).Handle(first); err != nil {
		t.Error(err)
	}
	if _, _, err := pairing.NewGiver(secret, place, id, pairing.Terms{Name: name + "a", Certificate: cert}); err == nil {
		t.Error("a name that is too long was taken")
	}
}

func TestSecretPrintsNothing(t *testing.T) {
	s := pairing.Secret{'s', 'e', 'e', 'n'}
	for _, got := range []string{fmt.Sprint(s), fmt.Sprintf("%x", s), fmt.Sprintf("%#v", s), s.LogValue().String()} {
		if got != "[secret]" {
			t.Errorf("prints %q", got)
		}
	}
}

// FuzzHandle gives both sides anything, sealed with the right key where it is said:
// they refuse it or go on, and nothing is ever issued.
func FuzzHandle(f *testing.F) {
	_, first, _ := newGiver(f, pairing.Secret{1})
	f.Add(first, []byte{2})
	f.Add([]byte{}, []byte{3})
	f.Fuzz(func(t *testing.T, a, b []byte) {
		g, _, _ := newGiver(t, pairing.Secret{1})
		n := newTaker(t, pairing.Secret{1})
		for _, m := range [][]byte{a, b} {
			_, _ = n.Handle(m)
			_, _ = g.Handle(m)
			_, _ = g.Handle(pairing.SealAs(pairing.Secret{1}, place, false, 0, m))
			_, _ = n.Handle(pairing.SealAs(pairing.Secret{1}, place, true, 0, m))
		}
		if g.Issued() || n.Certificate() != nil {
			t.Error("issued")
		}
	})
}
