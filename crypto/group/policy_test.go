package group_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/snugchat/snug/crypto/group"
	"github.com/snugchat/snug/crypto/identity"
)

func somePolicies(t testing.TB) []group.Policy {
	t.Helper()
	a, b, c := key(t).Public(), key(t).Public(), key(t).Public()
	return []group.Policy{
		{Admins: []identity.PublicKey{a}},
		{Admins: []identity.PublicKey{c, a, b}, Name: "Küche", Topic: "für alle"},
		{Direct: true, Admins: []identity.PublicKey{b, a}},
		{Admins: []identity.PublicKey{a}, Name: strings.Repeat("x", group.MaxName), Topic: strings.Repeat("y", group.MaxTopic)},
	}
}

func TestPolicyRoundTrip(t *testing.T) {
	for _, p := range somePolicies(t) {
		b, err := p.Encode()
		if err != nil {
			t.Fatal(err)
		}
		got, err := group.ParsePolicy(b)
		if err != nil || !got.Equal(p) || got.Name != p.Name || got.Topic != p.Topic || got.Direct != p.Direct {
			t.Errorf("got %+v, %v, want %+v", got, err, p)
		}
		slices.Reverse(p.Admins)
		if again, err := p.Encode(); err != nil || !bytes.Equal(b, again) {
			t.Error("the order of the admins changes the encoding")
		}
	}
}

func TestPolicyRefuses(t *testing.T) {
	a, b, c := key(t).Public(), key(t).Public(), key(t).Public()
	many := make([]identity.PublicKey, group.MaxAdmins+1)
	for i := range many {
		many[i] = key(t).Public()
	}
	for name, p := range map[string]group.Policy{
		"nobody":             {},
		"an empty key":       {Admins: []identity.PublicKey{{}}},
		"one admin twice":    {Admins: []identity.PublicKey{a, a}},
		"too many admins":    {Admins: many},
		"a long name":        {Admins: []identity.PublicKey{a}, Name: strings.Repeat("x", group.MaxName+1)},
		"a long topic":       {Admins: []identity.PublicKey{a}, Topic: strings.Repeat("x", group.MaxTopic+1)},
		"a name not UTF-8":   {Admins: []identity.PublicKey{a}, Name: "\xff"},
		"direct with three":  {Direct: true, Admins: []identity.PublicKey{a, b, c}},
		"direct with a name": {Direct: true, Admins: []identity.PublicKey{a}, Name: "x"},
	} {
		if _, err := p.Encode(); !errors.Is(err, group.ErrPolicy) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	good, err := group.Policy{Admins: []identity.PublicKey{a, b}, Name: "n"}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	swapped := slices.Concat(good[:4], good[36:68], good[4:36], good[68:])
	for name, bad := range map[string][]byte{
		"nothing":              nil,
		"half":                 good[:len(good)/2],
		"a byte too many":      append(slices.Clone(good), 0),
		"another version":      append([]byte{2}, good[1:]...),
		"an unknown flag":      append([]byte{1, 2}, good[2:]...),
		"admins out of order":  swapped,
		"an admin of no curve": append(append([]byte{1, 0, 0, 1}, bytes.Repeat([]byte{0xff}, 32)...), 0, 0, 0, 0),
	} {
		if _, err := group.ParsePolicy(bad); !errors.Is(err, group.ErrPolicy) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	for i := range good {
		if _, err := group.ParsePolicy(good[:i]); !errors.Is(err, group.ErrPolicy) {
			t.Errorf("the first %d bytes: got %v", i, err)
		}
	}
}

func FuzzParsePolicy(f *testing.F) {
	for _, p := range somePolicies(f) {
		b, err := p.Encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := group.ParsePolicy(b)
		if err != nil {
			if !errors.Is(err, group.ErrPolicy) {
				t.Errorf("got %v", err)
			}
			return
		}
		if again, err := p.Encode(); err != nil || !bytes.Equal(again, b) {
			t.Errorf("% x was read as % x, %v", b, again, err)
		}
	})
}
