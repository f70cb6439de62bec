package wire

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func personal() *Link {
	return &Link{
		Addresses: []string{"192.168.1.20:7443", "[fd00::1]:7443", "maria.example:7444"},
		Host:      [32]byte{1, 2, 3}, Secret: []byte("0123456789abcdef"), Inviter: []byte("fedcba9876543210"),
	}
}

// TestLink is row A5 of the features: one link with addresses, key and secret.
func TestLink(t *testing.T) {
	want := personal()
	s := want.String()
	if len(s) > 300 {
		t.Errorf("the link has %d characters, more than a QR code reads well (300)", len(s))
	}
	for name, in := range map[string]string{
		"as written":                            s,
		"in angle brackets":                     " <" + s + ">\n",
		"at a sentence's end":                   s + ".",
		"with the slash that some programs add": strings.Replace(s, "join#", "join/#", 1),
	} {
		got, err := ParseLink(in)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !slices.Equal(got.Addresses, want.Addresses) || got.Host != want.Host || string(got.Secret) != string(want.Secret) || string(got.Inviter) != string(want.Inviter) {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
}

func TestParseLinkRefuses(t *testing.T) {
	good := personal().String()
	none := *personal()
	none.Addresses = nil
	odd := *personal()
	odd.Secret = []byte("short")
	for name, c := range map[string]struct {
		in   string
		want error
	}{
		"nothing":            {"", ErrBadLink},
		"a web address":      {"https://example.com/", ErrBadLink},
		"half a link":        {good[:len(good)/2], ErrBadLink},
		"a later version":    {strings.Replace(good, "#v1.", "#v2.", 1), ErrNewerLink},
		"no address":         {none.String(), ErrBadLink},
		"a secret too short": {odd.String(), ErrBadLink},
		"very long":          {LinkPrefix + strings.Repeat("A", 5000), ErrBadLink},
	} {
		if l, err := ParseLink(c.in); !errors.Is(err, c.want) {
			t.Errorf("%s: got %+v, %v, want %v", name, l, err, c.want)
		}
	}
	for i := len(LinkPrefix); i < len(good); i++ {
		for _, r := range []string{"A", "b", ""} {
			if good[i:i+1] == r {
				continue
			}
			if l, err := ParseLink(good[:i] + r + good[i+1:]); err == nil {
				t.Fatalf("letter %d changed to %q and the link was taken: %+v", i, r, l)
			}
		}
	}
}

func TestNormalAddress(t *testing.T) {
	for in, want := range map[string]string{
		"192.168.1.20":        "192.168.1.20:7443",
		"192.168.1.20:80":     "192.168.1.20:80",
		"fd00::1":             "[fd00::1]:7443",
		"[fd00::1]":           "[fd00::1]:7443",
		"[fd00::1]:99":        "[fd00::1]:99",
		" Maria.Example ":     "maria.example:7443",
		"maria.example:07443": "maria.example:7443",
		"localhost":           "localhost:7443",
		"":                    "", "a b": "", "host:0": "", "host:70000": "", "host:x": "", ":7443": "", "-a.example": "", "a..b": "", "http://a": "",
		strings.Repeat("a", 65): "",
	} {
		got, err := NormalAddress(in)
		if got != want || (want == "") != (err != nil) {
			t.Errorf("%q: got %q, %v, want %q", in, got, err, want)
		}
	}
}

func FuzzParseLink(f *testing.F) {
	f.Add(personal().String())
	f.Add(LinkPrefix)
	f.Add("snug://join/#v1.AAAA")
	f.Fuzz(func(t *testing.T, s string) {
		l, err := ParseLink(s)
		if err != nil {
			return
		}
		again, err := ParseLink(l.String())
		if err != nil || again.String() != l.String() {
			t.Errorf("%q was read as %+v and then %+v, %v", s, l, again, err)
		}
	})
}
