package mls

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
)

func TestVarintRefuses(t *testing.T) {
	for name, in := range map[string][]byte{
		"nothing":                         {},
		"prefix 3":                        {0xc0, 0, 0, 0},
		"half of two bytes":               {0x40},
		"63 in two bytes":                 {0x40, 63},
		"16383 in four bytes":             {0x80, 0, 0x3f, 0xff},
		"an opaque longer than the input": {2, 1},
	} {
		r := reader{b: in}
		if r.opaque(); !errors.Is(r.err, ErrMalformed) {
			t.Errorf("%s: got %v, want ErrMalformed", name, r.err)
		}
	}
}

func TestAppendVectorMakesRoom(t *testing.T) {
	for _, n := range []int{0, 1, 63, 64, 16383, 16384, 70000} {
		body := bytes.Repeat([]byte{7}, n)
		got := appendVector([]byte("before"), func(b []byte) []byte { return append(b, body...) })
		want := appendOpaque([]byte("before"), body)
		if !bytes.Equal(got, want) {
			t.Errorf("%d bytes: got %x..., want %x...", n, got[:12], want[:12])
		}
	}
}

func TestParseMessageRefuses(t *testing.T) {
	good := messageSeeds(t)["mls_key_package"]
	for name, c := range map[string]struct {
		in   []byte
		want error
	}{
		"nothing":               {nil, ErrMalformed},
		"another version":       {append([]byte{0, 2}, good[2:]...), ErrUnsupported},
		"an unknown format":     {[]byte{0, 1, 0, 6}, ErrUnsupported},
		"a byte too many":       {append(bytes.Clone(good), 0), ErrMalformed},
		"a byte too few":        {good[:len(good)-1], ErrMalformed},
		"more than MaxMessage":  {make([]byte, MaxMessage+1), ErrMalformed},
		"a proposal of type 99": {append([]byte{0, 1, 0, 1, 0}, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 2, 0, 99), ErrUnsupported},
	} {
		if _, err := ParseMessage(c.in); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
}

func TestCodecLists(t *testing.T) {
	twice := Extensions{{Type: 77}, {Type: 77}}
	if _, err := decode(twice.append(nil), readExtensions); !errors.Is(err, ErrMalformed) {
		t.Errorf("an extension type twice: got %v, want ErrMalformed", err)
	}
	many := make([]ExtensionType, maxCodePoints+1)
	if _, err := decode(appendUint16s(nil, many), readUint16s[ExtensionType]); !errors.Is(err, ErrMalformed) {
		t.Errorf("too many code points: got %v, want ErrMalformed", err)
	}
	down := parentNode{unmergedLeaves: []LeafIndex{2, 1}}
	if _, err := decode(down.append(nil), readParentNode); !errors.Is(err, ErrMalformed) {
		t.Errorf("unmerged leaves not ascending: got %v, want ErrMalformed", err)
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	key, err := GenerateSigningKey(XWingAES256SHA384Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []interface {
		String() string
		GoString() string
	}{secret("0123456789abcdef"), key} {
		if v.String() != "[secret]" || v.GoString() != "[secret]" {
			t.Errorf("got %s %#v, want [secret]", v, v)
		}
	}
}

func TestSuitesKnowTheirKeys(t *testing.T) {
	for _, id := range []CipherSuite{1, 2, 3, 5, 7, XWingAES256SHA384Ed25519} {
		s, err := newSuite(id)
		if err != nil {
			t.Fatal(err)
		}
		private, public, err := s.generateKeyPair()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.publicOf(private); err != nil || !bytes.Equal(got, public) {
			t.Errorf("suite %#x: got public key %x %v, want %x", id, got, err, public)
		}
		if err := s.checkEncryptionKey(public); err != nil {
			t.Errorf("suite %#x: own key: %v", id, err)
		}
		if err := s.checkEncryptionKey(public[1:]); !errors.Is(err, ErrInvalid) {
			t.Errorf("suite %#x: short key: got %v, want ErrInvalid", id, err)
		}
		enc, init, err := s.externalInitSend(mustPublic(t, s, secret("external secret of the group....")))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.externalInitReceive(secret("external secret of the group...."), enc); err != nil || !bytes.Equal(got, init) {
			t.Errorf("suite %#x: external init: got %v, want the secret that was sent", id, err)
		}
	}
	for _, id := range []CipherSuite{0, 4, 6, 8} {
		if _, err := newSuite(id); !errors.Is(err, ErrUnsupported) {
			t.Errorf("suite %d: got %v, want ErrUnsupported", id, err)
		}
	}
}

func mustPublic(t *testing.T, s *suite, ikm secret) []byte {
	t.Helper()
	_, public, err := s.deriveKeyPair(ikm)
	if err != nil {
		t.Fatal(err)
	}
	return public
}

// A point of low order would make the shared secret zero whoever computes it.
func TestLowOrderPointsAreRefused(t *testing.T) {
	for _, id := range []CipherSuite{X25519AES128SHA256Ed25519, XWingAES256SHA384Ed25519} {
		s, err := newSuite(id)
		if err != nil {
			t.Fatal(err)
		}
		_, public, err := s.generateKeyPair()
		if err != nil {
			t.Fatal(err)
		}
		for name, point := range map[string]string{
			"0":         "0000000000000000000000000000000000000000000000000000000000000000",
			"1":         "0100000000000000000000000000000000000000000000000000000000000000",
			"order 8":   "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
			"order 8 b": "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
			"p-1":       "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
			"p":         "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
			"p+1":       "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		} {
			b, err := hex.DecodeString(point)
			if err != nil {
				t.Fatal(err)
			}
			bad := append(bytes.Clone(public[:s.x25519]), b...)
			if err := s.checkEncryptionKey(bad); !errors.Is(err, ErrInvalid) {
				t.Errorf("suite %#x, %s as encryption key: got %v, want ErrInvalid", id, name, err)
			}
			if _, err := s.seal(bad, "test", nil, nil); !errors.Is(err, ErrInvalid) {
				t.Errorf("suite %#x, seal to %s: got %v, want ErrInvalid", id, name, err)
			}
			if _, _, err := s.externalInitSend(bad); !errors.Is(err, ErrInvalid) {
				t.Errorf("suite %#x, external init to %s: got %v, want ErrInvalid", id, name, err)
			}
			// The same point where the sender's share should be.
			private, _, err := s.generateKeyPair()
			if err != nil {
				t.Fatal(err)
			}
			c, err := s.seal(public, "test", nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			copy(c.kemOutput[len(c.kemOutput)-32:], b)
			if _, err := s.open(private, "test", nil, c); !errors.Is(err, ErrDecrypt) {
				t.Errorf("suite %#x, open from %s: got %v, want ErrDecrypt", id, name, err)
			}
			if _, err := s.externalInitReceive(secret("external secret of the group...."), c.kemOutput); id == X25519AES128SHA256Ed25519 && !errors.Is(err, ErrDecrypt) {
				t.Errorf("suite %#x, external init from %s: got %v, want ErrDecrypt", id, name, err)
			}
		}
	}
}

// messageSeeds is the first entry of the official messages vectors.
func messageSeeds(t testing.TB) map[string]hexBytes {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(readVectorFile(t, "testdata/messages.json.gz")))
	var first map[string]hexBytes
	if _, err := d.Token(); err != nil { // the start of the list
		t.Fatal(err)
	}
	if err := d.Decode(&first); err != nil {
		t.Fatal(err)
	}
	return first
}

func FuzzParseMessage(f *testing.F) {
	for name, b := range messageSeeds(f) {
		if len(b) > 4 && b[0] == 0 && b[1] == 1 && name != "commit" {
			f.Add([]byte(b))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := ParseMessage(b)
		if err != nil {
			return
		}
		if got := m.Bytes(); !bytes.Equal(got, b) {
			t.Errorf("% x was read as % x", b, got)
		}
		if k := m.keyPackage; k != nil {
			_, _ = ParseKeyPackage(b)
		}
	})
}

func FuzzDecoders(f *testing.F) {
	for _, b := range messageSeeds(f) {
		f.Add([]byte(b))
	}
	s, err := newSuite(X25519AES128SHA256Ed25519)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		check := func(what string, got []byte, err error) {
			if err == nil && !bytes.Equal(got, b) {
				t.Errorf("%s: % x was read as % x", what, b, got)
			}
		}
		if v, err := decode(b, readTree(s)); err == nil {
			check("ratchet tree", v.append(nil), nil)
		}
		if v, err := decode(b, readGroupSecrets); err == nil {
			check("group secrets", v.append(nil), nil)
		}
		if v, err := decode(b, readCommit); err == nil {
			check("commit", v.append(nil), nil)
		}
		if v, err := decode(b, readProposal); err == nil {
			check("proposal", appendProposal(nil, v), nil)
		}
		if v, err := decode(b, readAuthenticatedContent); err == nil {
			check("content", v.append(nil), nil)
		}
		if v, err := decode(b, readGroupContext); err == nil {
			check("group context", v.append(nil), nil)
		}
	})
}

func TestParallelReportsTheLowestError(t *testing.T) {
	for _, n := range []int{1, 3, 100} {
		for range 20 {
			done := make([]bool, n)
			err := parallel(n, func(i int) error {
				done[i] = true
				if i%3 == 2 {
					return fmt.Errorf("number %d", i)
				}
				return nil
			})
			if got, want := fmt.Sprint(err), "number 2"; n > 2 && got != want {
				t.Fatalf("%d calls: got %q, want %q", n, got, want)
			}
			if n == 1 && (err != nil || !done[0]) {
				t.Fatalf("one call: got %v %v, want it done", err, done)
			}
		}
	}
}
