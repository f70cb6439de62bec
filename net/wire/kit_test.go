package wire

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func kit() *Kit {
	return &Kit{
		Addresses: []string{"192.0.2.7:7443", "place.example:7444"}, Host: [32]byte{1}, Code: "0000-0000-0000-0000-0000-0000-0000-0000-0000",
		Backup: bytes.Repeat([]byte{7}, 118), Place: "Our class", Person: "Ana", Created: 1_795_400_000_000,
	}
}

func FuzzParseKit(f *testing.F) {
	f.Add([]byte(kit().Block()))
	f.Add([]byte("Keep this.\r\n\r\n" + strings.ReplaceAll(kit().Block(), "\n", "\r\n> ") + "more"))
	f.Fuzz(func(t *testing.T, text []byte) {
		k, err := ParseKit(text)
		if err != nil {
			if !errors.Is(err, ErrBadKit) {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		again, err := ParseKit([]byte(k.Block()))
		if err != nil || again.Block() != k.Block() {
			t.Errorf("%q was read as %q, and that: %v", text, k.Block(), err)
		}
	})
}

func TestKit(t *testing.T) {
	block := kit().Block()
	for what, text := range map[string]string{
		"as it is":         block,
		"with words":       "Recovery kit of Ana\n\n" + block + "\nKeep it safe.\n",
		"as a mail has it": "> " + strings.ReplaceAll(block, "\n", "\r\n> "),
		"in one line":      strings.ReplaceAll(block, "\n", " "),
	} {
		got, err := ParseKit([]byte(text))
		if err != nil || got.Block() != block {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, text := range map[string]string{
		"nothing":        "",
		"half":           block[:len(block)/2],
		"without an end": strings.Replace(block, kitEnd, "", 1),
		"a letter else":  strings.Replace(block, block[60:61], string(block[60]^1), 1),
		"too long":       strings.Repeat(" ", MaxKitFile) + block,
		"no address":     func() string { k := kit(); k.Addresses = nil; return k.Block() }(),
		"a bad address":  func() string { k := kit(); k.Addresses = []string{"a b"}; return k.Block() }(),
		"no host":        func() string { k := kit(); k.Host = [32]byte{}; return k.Block() }(),
		"a long name":    func() string { k := kit(); k.Person = strings.Repeat("x", 300); return k.Block() }(),
		"a large backup": func() string { k := kit(); k.Backup = make([]byte, MaxBackup+1); return k.Block() }(),
	} {
		if _, err := ParseKit([]byte(text)); !errors.Is(err, ErrBadKit) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, s := range []string{fmt.Sprint(*kit()), fmt.Sprintf("%+v", *kit()), fmt.Sprintf("%v", kit())} {
		if s != "[secret]" {
			t.Errorf("a kit prints as %q", s)
		}
	}
}
