package verify_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/crypto/verify"
)

var (
	place = [32]byte{1}
	ana   = verify.Party{Device: identity.DeviceID{1}, Claim: bytes.Repeat([]byte{1}, 32)}
	ben   = verify.Party{Device: identity.DeviceID{2}, Claim: bytes.Repeat([]byte{2}, 32)}
	eve   = verify.Party{Device: identity.DeviceID{3}, Claim: bytes.Repeat([]byte{3}, 32)}
)

// met is a comparison of ana, who asks, and ben, before either has confirmed.
func met(t *testing.T) (a, b *verify.Comparison) {
	t.Helper()
	a, start, err := verify.Start(verify.Person, place, ana, ben)
	if err != nil {
		t.Fatal(err)
	}
	b, answer, err := verify.Answer(verify.Person, place, ben, ana, start)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := b.Emoji(); ok {
		t.Error("ben knows the pictures before ana has revealed her key")
	}
	reveal, err := a.Handle(answer)
	if err != nil {
		t.Fatal(err)
	}
	if reply, err := b.Handle(reveal); err != nil || reply != nil {
		t.Fatalf("got %x, %v", reply, err)
	}
	return a, b
}

func TestComparison(t *testing.T) {
	seen := make(map[[7]int]bool)
	for range 20 {
		a, b := met(t)
		x, ok1 := a.Emoji()
		y, ok2 := b.Emoji()
		if !ok1 || !ok2 || x != y {
			t.Fatalf("got %v and %v, want the same", x, y)
		}
		for _, i := range x {
			if i < 0 || i >= verify.Pictures {
				t.Errorf("picture %d", i)
			}
		}
		seen[x] = true
		one, err := a.Confirm()
		if err != nil {
			t.Fatal(err)
		}
		if again, err := a.Confirm(); !errors.Is(err, verify.ErrNotReady) || again != nil {
			t.Errorf("a second time before the other: got %v", err)
		}
		for range 2 { // what carries it may bring it twice
			if _, err := b.Handle(one); err != nil || b.Done() || a.Done() {
				t.Fatalf("done after one has confirmed, or %v", err)
			}
		}
		two, err := b.Confirm()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.Handle(two); err != nil || !a.Done() || !b.Done() {
			t.Fatalf("not done: %v", err)
		}
		if _, err := a.Confirm(); !errors.Is(err, verify.ErrNotReady) {
			t.Errorf("a second time: got %v", err)
		}
		// What comes later, or once more, does not undo it.
		for _, late := range [][]byte{two, one, {1}, b.Cancel()} {
			if reply, err := a.Handle(late); err != nil || reply != nil || !a.Done() || !b.Done() {
				t.Fatalf("undone by % x: %v", late, err)
			}
		}
	}
	if len(seen) != 20 {
		t.Errorf("20 comparisons had %d different pictures", len(seen))
	}
}

// TestDeceived: whoever is told something else than the other sees other pictures,
// and a MAC that was passed on counts for nothing.
func TestDeceived(t *testing.T) {
	for name, c := range map[string]struct {
		purpose    verify.Purpose
		place      [32]byte
		self, peer verify.Party // as ben has them
	}{
		"another key of ana":    {verify.Person, place, ben, verify.Party{Device: ana.Device, Claim: eve.Claim}},
		"another key of ben":    {verify.Person, place, verify.Party{Device: ben.Device, Claim: eve.Claim}, ana},
		"another device of ana": {verify.Person, place, ben, verify.Party{Device: eve.Device, Claim: ana.Claim}},
		"another place":         {verify.Person, [32]byte{2}, ben, ana},
		"another purpose":       {verify.Device, place, ben, ana},
	} {
		t.Run(name, func(t *testing.T) {
			a, start, err := verify.Start(verify.Person, place, ana, ben)
			if err != nil {
				t.Fatal(err)
			}
			b, answer, err := verify.Answer(c.purpose, c.place, c.self, c.peer, start)
			if err != nil {
				t.Fatal(err)
			}
			reveal, err := a.Handle(answer)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := b.Handle(reveal); err != nil {
				t.Fatal(err)
			}
			x, _ := a.Emoji()
			if y, _ := b.Emoji(); x == y {
				t.Errorf("both see %v", x)
			}
			confirm, err := a.Confirm()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := b.Handle(confirm); !errors.Is(err, verify.ErrFailed) || !b.Failed() || b.Done() {
				t.Errorf("the confirmation: got %v", err)
			}
		})
	}
}

// TestBetween: somebody who sits between both, with keys of its own, gets two
// comparisons with different pictures. It cannot choose its key after it knows
// the pictures: the one who asks reveals its key last, and is bound to it first.
func TestBetween(t *testing.T) {
	a, start, err := verify.Start(verify.Person, place, ana, ben)
	if err != nil {
		t.Fatal(err)
	}
	toA, answer, err := verify.Answer(verify.Person, place, ben, ana, start)
	if err != nil {
		t.Fatal(err)
	}
	toB, start2, err := verify.Start(verify.Person, place, ana, ben)
	if err != nil {
		t.Fatal(err)
	}
	copy(start2[1:17], start[1:17])
	b, answer2, err := verify.Answer(verify.Person, place, ben, ana, start2)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = toA, toB
	reveal, err := a.Handle(answer)
	if err != nil {
		t.Fatal(err)
	}
	// Ana's key is known now: it is not the one that eve promised to ben.
	if _, err := b.Handle(reveal); !errors.Is(err, verify.ErrFailed) {
		t.Errorf("a key that was not promised: got %v", err)
	}
	if !b.Failed() {
		t.Error("ben goes on")
	}
	// And ben's own key cannot be passed on to ana any more.
	if _, err := a.Handle(answer2); !errors.Is(err, verify.ErrFailed) || !a.Failed() {
		t.Errorf("a second answer: got %v", err)
	}
}

// TestAskerCannotGrind: the one who asks is bound before it knows the other's key.
func TestAskerCannotGrind(t *testing.T) {
	_, start, err := verify.Start(verify.Person, place, ana, ben)
	if err != nil {
		t.Fatal(err)
	}
	b, _, err := verify.Answer(verify.Person, place, ben, ana, start)
	if err != nil {
		t.Fatal(err)
	}
	// Another key, found after ben's was known, with the right transaction.
	other := slices.Concat([]byte{3}, start[1:17], bytes.Repeat([]byte{9}, 32))
	if _, err := b.Handle(other); !errors.Is(err, verify.ErrFailed) {
		t.Errorf("a key that was not promised: got %v", err)
	}
}

// TestEachMessageOnceAndInItsPlace: everything that does not fit ends the
// comparison, so that nobody can try twice.
func TestEachMessageOnceAndInItsPlace(t *testing.T) {
	fresh := func() (a, b *verify.Comparison, all map[string][]byte) {
		t.Helper()
		all = make(map[string][]byte)
		var err error
		if a, all["start"], err = verify.Start(verify.Person, place, ana, ben); err != nil {
			t.Fatal(err)
		}
		if b, all["answer"], err = verify.Answer(verify.Person, place, ben, ana, all["start"]); err != nil {
			t.Fatal(err)
		}
		if all["reveal"], err = a.Handle(all["answer"]); err != nil {
			t.Fatal(err)
		}
		if all["confirm"], err = a.Confirm(); err != nil {
			t.Fatal(err)
		}
		return a, b, all
	}
	for _, name := range []string{"start", "answer", "confirm"} {
		_, b, all := fresh()
		if _, err := b.Handle(all[name]); !errors.Is(err, verify.ErrFailed) || !b.Failed() {
			t.Errorf("%s in the place of the reveal: got %v", name, err)
		}
		if _, err := b.Handle(all["reveal"]); !errors.Is(err, verify.ErrFailed) {
			t.Errorf("a second try: got %v", err)
		}
		if _, ok := b.Emoji(); ok {
			t.Error("pictures after it failed")
		}
	}
	// Its own confirmation sent back to who made it.
	a, _, all := fresh()
	if _, err := a.Handle(all["confirm"]); !errors.Is(err, verify.ErrFailed) {
		t.Errorf("the own confirmation: got %v", err)
	}
	// Every changed byte, and every length.
	_, _, sample := fresh()
	for i := range sample["reveal"] {
		_, b, all := fresh()
		bad := slices.Clone(all["reveal"])
		bad[i] ^= 1
		if _, err := b.Handle(bad); !errors.Is(err, verify.ErrFailed) {
			t.Errorf("byte %d changed: got %v", i, err)
		}
	}
	for n := range 60 {
		_, b, all := fresh()
		bad := append(slices.Clone(all["reveal"]), make([]byte, 20)...)[:n]
		if _, err := b.Handle(bad); n != len(all["reveal"]) && !errors.Is(err, verify.ErrFailed) {
			t.Errorf("%d bytes: got %v", n, err)
		}
	}
	// Cancelled.
	a, b := met(t)
	if _, err := b.Handle(a.Cancel()); !errors.Is(err, verify.ErrFailed) || !a.Failed() || !b.Failed() {
		t.Errorf("cancelled: got %v", err)
	}
	if _, err := b.Confirm(); !errors.Is(err, verify.ErrNotReady) {
		t.Errorf("confirm after that: got %v", err)
	}
}

// Property 7: a point of low order, for which the secret is zero whoever has
// which key, is refused on both sides.
func TestProperty07LowOrderPointsRefused(t *testing.T) {
	minusOne := slices.Repeat([]byte{0xff}, 32)
	minusOne[0], minusOne[31] = 0xec, 0x7f
	for name, point := range map[string][]byte{"zero": make([]byte, 32), "one": append([]byte{1}, make([]byte, 31)...), "p-1": minusOne} {
		a, start, err := verify.Start(verify.Person, place, ana, ben)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.Handle(slices.Concat([]byte{2}, start[1:17], point)); !errors.Is(err, verify.ErrFailed) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestStartRefuses(t *testing.T) {
	for name, p := range map[string][2]verify.Party{
		"the same device":  {ana, {Device: ana.Device, Claim: ben.Claim}},
		"no claim":         {ana, {Device: ben.Device}},
		"a large claim":    {ana, {Device: ben.Device, Claim: make([]byte, verify.MaxClaim+1)}},
		"no device":        {ana, {Claim: ben.Claim}},
		"no own claim":     {{Device: ana.Device}, ben},
		"a large own one":  {{Device: ana.Device, Claim: make([]byte, verify.MaxClaim+1)}, ben},
		"no device either": {{Claim: ana.Claim}, ben},
	} {
		if _, _, err := verify.Start(verify.Person, place, p[0], p[1]); err == nil {
			t.Errorf("%s: it began", name)
		}
	}
	if _, _, err := verify.Answer(verify.Person, place, ben, ana, []byte("hello")); !errors.Is(err, verify.ErrFailed) {
		t.Errorf("an answer to nothing: got %v", err)
	}
}

func TestTransaction(t *testing.T) {
	_, start, err := verify.Start(verify.Person, place, ana, ben)
	if err != nil {
		t.Fatal(err)
	}
	id, first, ok := verify.Transaction(start)
	if !ok || !first || !bytes.Equal(id[:], start[1:17]) {
		t.Errorf("got %x, %v, %v", id, first, ok)
	}
	for _, bad := range [][]byte{nil, {1}, append([]byte{9}, start[1:]...), append(start, 0)} {
		if _, _, ok := verify.Transaction(bad); ok {
			t.Errorf("% x is a message", bad)
		}
	}
}

func TestPicturesDiffer(t *testing.T) {
	emoji, names := make(map[string]bool), make(map[string]bool)
	for i := range verify.Pictures {
		e, n := verify.Picture(i)
		if e == "" || n == "" || emoji[e] || names[n] {
			t.Errorf("picture %d is %q %q", i, e, n)
		}
		emoji[e], names[n] = true, true
	}
}

func FuzzHandle(f *testing.F) {
	for kind := byte(0); kind < 7; kind++ {
		f.Add(append([]byte{kind}, make([]byte, 48)...))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, start, err := verify.Start(verify.Person, place, ana, ben)
		if err != nil {
			t.Fatal(err)
		}
		c, _, err := verify.Answer(verify.Person, place, ben, ana, start)
		if err != nil {
			t.Fatal(err)
		}
		if len(b) >= 17 {
			copy(b[1:17], start[1:17])
		}
		if _, err := c.Handle(b); err == nil {
			t.Errorf("% x was taken as the reveal", b)
		}
		if _, err := a.Handle(b); err == nil && (b[0] != 2 || len(b) != 49) {
			t.Errorf("% x was taken as the answer", b)
		}
		if a.Done() || c.Done() {
			t.Error("done")
		}
	})
}
