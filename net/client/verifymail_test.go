package client

import (
	"bytes"
	"testing"

	"github.com/snugchat/snug/crypto/verify"
)

// What is read of a letter is written again as the same bytes, and what is no
// letter is refused.
func FuzzParseNote(f *testing.F) {
	_, start, err := verify.Start(verify.Person, [32]byte{1}, verify.Party{Device: [16]byte{1}, Claim: []byte{1}}, verify.Party{Device: [16]byte{2}, Claim: []byte{2}})
	if err != nil {
		f.Fatal(err)
	}
	for _, n := range []*note{
		{kind: noteStep, step: start},
		{kind: noteStep, step: verify.CancelOf([16]byte{7})},
		{kind: noteDiffer, transaction: [16]byte{7}},
		{kind: noteInvite, role: 1},
		{kind: noteInvite, role: 2, invite: [32]byte{1}, proof: [32]byte{2}},
	} {
		b := n.encode()
		if again, err := parseNote(b); err != nil || !bytes.Equal(again.encode(), b) {
			f.Fatalf("% x is read as %+v, %v", b, again, err)
		}
		f.Add(b)
		f.Add(b[:len(b)-1])
		f.Add(append(b, 0))
	}
	f.Add([]byte{})
	f.Add([]byte{9, 1, 2, 3})
	f.Fuzz(func(t *testing.T, b []byte) {
		n, err := parseNote(b)
		if err != nil {
			return
		}
		if again := n.encode(); !bytes.Equal(again, b) {
			t.Errorf("% x was read as % x", b, again)
		}
	})
}
