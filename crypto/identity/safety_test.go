package identity_test

import (
	"crypto/sha512"
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"testing"

	"github.com/snugchat/snug/crypto/identity"
)

// digitsOf computes 30 digits as the comment of SafetyNumber says, by other means.
func digitsOf(place, key []byte) string {
	h := sha512.Sum512([]byte("snug/1 safety number" + string(place) + string(key)))
	for range 5200 {
		h = sha512.Sum512([]byte(string(h[:]) + string(key)))
	}
	text := ""
	for i := range 6 {
		n := new(big.Int).SetBytes(h[5*i : 5*i+5])
		text += fmt.Sprintf("%05d", n.Mod(n, big.NewInt(100_000)))
	}
	return text
}

func TestSafetyNumber(t *testing.T) {
	place := transport(t, 9)
	a, b, c := seed(t, 1).Public(), seed(t, 2).Public(), seed(t, 3).Public()
	got := identity.SafetyNumber(place, a, b)
	if !regexp.MustCompile(`^\d{5}( \d{5}){11}$`).MatchString(got) {
		t.Errorf("got %q, want twelve groups of five digits", got)
	}
	x, y := digitsOf(place[:], a.Bytes()), digitsOf(place[:], b.Bytes())
	if want := min(x, y) + max(x, y); strings.ReplaceAll(got, " ", "") != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if other := identity.SafetyNumber(place, b, a); other != got {
		t.Errorf("the other one sees %q, want %q", other, got)
	}
	for name, other := range map[string]string{
		"another key":   identity.SafetyNumber(place, a, c),
		"another place": identity.SafetyNumber(transport(t, 8), a, b),
	} {
		if other == got {
			t.Errorf("%s has the same number", name)
		}
	}
}

func BenchmarkSafetyNumber(b *testing.B) {
	place := transport(b, 9)
	x, y := seed(b, 1).Public(), seed(b, 2).Public()
	for b.Loop() {
		identity.SafetyNumber(place, x, y)
	}
}
