package identity_test

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/snugchat/snug/crypto/identity"
)

// seed returns a key that is the same in every run.
func seed(t testing.TB, n byte) identity.PrivateKey {
	t.Helper()
	k, err := identity.NewPrivateKey(bytes.Repeat([]byte{n}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// transport returns an X25519 public key that is the same in every run.
func transport(t testing.TB, n byte) [32]byte {
	t.Helper()
	k, err := ecdh.X25519().NewPrivateKey(bytes.Repeat([]byte{n}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return [32]byte(k.PublicKey().Bytes())
}

type keys struct{ identity, envelope, mls identity.PrivateKey }

// sample returns a certificate with the keys in it.
func sample(t testing.TB) (identity.Certificate, keys) {
	t.Helper()
	k := keys{seed(t, 1), seed(t, 2), seed(t, 3)}
	return identity.Certificate{
		Place:     transport(t, 9),
		Identity:  k.identity.Public(),
		Transport: transport(t, 4),
		Envelope:  k.envelope.Public(),
		MLS:       k.mls.Public(),
		Created:   1795400000123,
	}, k
}

func signedSample(t testing.TB) []byte {
	t.Helper()
	c, k := sample(t)
	b, err := c.Sign(k.identity, k.envelope)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func revocation(t testing.TB) (identity.Revocation, identity.PrivateKey) {
	t.Helper()
	k := seed(t, 1)
	return identity.Revocation{
		Place: transport(t, 9), Identity: k.Public(), Number: 7,
		Device: identity.NewDeviceID(transport(t, 4)), At: 1795400000456,
	}, k
}

func signedRevocation(t testing.TB) []byte {
	t.Helper()
	r, k := revocation(t)
	b, err := r.Sign(k)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// message writes what PROTOCOL.md says is signed, independently of the code.
func message(label string, parts ...[]byte) []byte {
	b := append([]byte{byte(len(label))}, label...)
	for _, p := range parts {
		b = binary.BigEndian.AppendUint32(b, uint32(len(p)))
		b = append(b, p...)
	}
	return b
}

func TestSignatureIsEd25519OverTheDocumentedBytes(t *testing.T) {
	k := seed(t, 1)
	sig := k.Sign("snug/1 open envelope", []byte("place"), nil, []byte("envelope"))
	msg := message("snug/1 open envelope", []byte("place"), nil, []byte("envelope"))
	if !ed25519.Verify(k.Public().Bytes(), msg, sig) {
		t.Errorf("crypto/ed25519 does not verify the signature over %q", msg)
	}
	if want := ed25519.Sign(ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32)), msg); !bytes.Equal(sig, want) {
		t.Errorf("got %x, want %x", sig, want)
	}
}

func TestVerifyRefuses(t *testing.T) {
	k := seed(t, 1)
	const label = "snug/1 open envelope"
	sig := k.Sign(label, []byte("ab"), []byte("c"))
	if !k.Public().Verify(label, sig, []byte("ab"), []byte("c")) {
		t.Fatal("own signature was refused")
	}
	for name, ok := range map[string]bool{
		"another label":                k.Public().Verify("snug/1 open envelopf", sig, []byte("ab"), []byte("c")),
		"a byte moved between parts":   k.Public().Verify(label, sig, []byte("a"), []byte("bc")),
		"parts joined":                 k.Public().Verify(label, sig, []byte("abc")),
		"parts swapped":                k.Public().Verify(label, sig, []byte("c"), []byte("ab")),
		"an empty part more":           k.Public().Verify(label, sig, []byte("ab"), []byte("c"), nil),
		"a part less":                  k.Public().Verify(label, sig, []byte("ab")),
		"label runs into the part":     k.Public().Verify(label+"\x00\x00\x00\x02ab", sig, []byte("c")),
		"another key":                  seed(t, 2).Public().Verify(label, sig, []byte("ab"), []byte("c")),
		"no signature":                 k.Public().Verify(label, nil, []byte("ab"), []byte("c")),
		"a short signature":            k.Public().Verify(label, sig[:63], []byte("ab"), []byte("c")),
		"a long signature":             k.Public().Verify(label, append(slices.Clone(sig), 0), []byte("ab"), []byte("c")),
		"the zero key, zero signature": identity.PublicKey{}.Verify(label, make([]byte, 64), []byte("ab"), []byte("c")),
	} {
		if ok {
			t.Errorf("%s: accepted", name)
		}
	}
	for i := range sig {
		bad := slices.Clone(sig)
		bad[i] ^= 0x40
		if k.Public().Verify(label, bad, []byte("ab"), []byte("c")) {
			t.Errorf("byte %d of the signature changed: accepted", i)
		}
	}
}

// TestSignatureIsNotMalleable adds the group order to S: RFC 8032, section
// 5.1.7, has such a signature refused.
func TestSignatureIsNotMalleable(t *testing.T) {
	k := seed(t, 1)
	sig := k.Sign("snug/1 x", nil)
	order := []byte{
		0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
	}
	carry := 0
	for i, o := range order {
		sum := int(sig[32+i]) + int(o) + carry
		sig[32+i], carry = byte(sum), sum>>8
	}
	if k.Public().Verify("snug/1 x", sig, nil) {
		t.Error("S + order was accepted")
	}
}

func TestBadLabelsAndZeroKeyPanic(t *testing.T) {
	k := seed(t, 1)
	for name, f := range map[string]func(){
		"a label of another protocol": func() { k.Sign("MLS 1.0 LeafNodeTBS") },
		"an empty label":              func() { k.Sign("") },
		"a label of 256 bytes":        func() { k.Sign("snug/1 " + strings.Repeat("x", 249)) },
		"a zero key":                  func() { identity.PrivateKey{}.Sign("snug/1 x") },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}

func TestCertificateLayout(t *testing.T) {
	c, k := sample(t)
	got := signedSample(t)
	body := []byte{'C', 1}
	for _, f := range [][32]byte{c.Place, c.Identity.Array(), c.Transport, c.Envelope.Array(), c.MLS.Array()} {
		body = append(body, f[:]...)
	}
	body = binary.BigEndian.AppendUint64(body, 1795400000123)
	want := append(slices.Clone(body), ed25519.Sign(ed25519.NewKeyFromSeed(k.envelope.Bytes()), message("snug/1 device proof", body))...)
	want = append(want, ed25519.Sign(ed25519.NewKeyFromSeed(k.identity.Bytes()), message("snug/1 device certificate", want))...)
	if !bytes.Equal(got, want) {
		t.Errorf("got  %x\nwant %x", got, want)
	}
	if len(got) != 298 || identity.CertificateSize != 298 {
		t.Errorf("certificate has %d bytes, want 298", len(got))
	}
}

func TestCertificateRoundTrip(t *testing.T) {
	c, _ := sample(t)
	b := signedSample(t)
	got, err := identity.ParseCertificate(b)
	if err != nil {
		t.Fatal(err)
	}
	if got.Place != c.Place || !got.Identity.Equal(c.Identity) || got.Transport != c.Transport ||
		!got.Envelope.Equal(c.Envelope) || !got.MLS.Equal(c.MLS) || got.Created != c.Created {
		t.Errorf("got %+v, want %+v", got, c)
	}
	h := sha256.Sum256(append([]byte("snug/1 device"), c.Transport[:]...))
	if want := identity.DeviceID(h[:16]); got.Device() != want {
		t.Errorf("device: got %v, want %v", got.Device(), want)
	}
}

func TestEveryChangedBitOfACertificateIsRefused(t *testing.T) {
	everyBit(t, signedSample(t), identity.ErrCertificate, func(b []byte) error {
		_, err := identity.ParseCertificate(b)
		return err
	})
}

func TestEveryChangedBitOfARevocationIsRefused(t *testing.T) {
	everyBit(t, signedRevocation(t), identity.ErrRevocation, func(b []byte) error {
		_, err := identity.ParseRevocation(b)
		return err
	})
}

// everyBit flips each bit of b, cuts b at each length and lengthens it, and
// wants parse to answer with the error each time.
func everyBit(t *testing.T, b []byte, want error, parse func([]byte) error) {
	t.Helper()
	if err := parse(b); err != nil {
		t.Fatalf("untouched: %v", err)
	}
	for i := range len(b) * 8 {
		bad := slices.Clone(b)
		bad[i/8] ^= 1 << (i % 8)
		if err := parse(bad); !errors.Is(err, want) {
			t.Errorf("bit %d of byte %d: got %v, want %v", i%8, i/8, err, want)
		}
	}
	for n := range len(b) {
		if err := parse(b[:n]); !errors.Is(err, want) {
			t.Errorf("cut to %d bytes: got %v, want %v", n, err, want)
		}
	}
	if err := parse(append(slices.Clone(b), 0)); !errors.Is(err, want) {
		t.Errorf("a byte longer: got %v, want %v", err, want)
	}
}

func TestCertificateThatMayNotBeSigned(t *testing.T) {
	_, k := sample(t)
	other := seed(t, 8)
	for name, change := range map[string]func(*identity.Certificate){
		"no place":                         func(c *identity.Certificate) { c.Place = [32]byte{} },
		"no identity":                      func(c *identity.Certificate) { c.Identity = identity.PublicKey{} },
		"no mls key":                       func(c *identity.Certificate) { c.MLS = identity.PublicKey{} },
		"identity key also signs in mls":   func(c *identity.Certificate) { c.MLS = c.Identity },
		"identity key also the envelope's": func(c *identity.Certificate) { c.Envelope = c.Identity },
		"envelope key also signs in mls":   func(c *identity.Certificate) { c.MLS = c.Envelope },
		"no transport key":                 func(c *identity.Certificate) { c.Transport = [32]byte{} },
		"transport key of small order":     func(c *identity.Certificate) { c.Transport = [32]byte{1} },
		"transport key with the top bit":   func(c *identity.Certificate) { c.Transport[31] |= 0x80 },
		"no time":                          func(c *identity.Certificate) { c.Created = 0 },
		"a time before 1970":               func(c *identity.Certificate) { c.Created = -1 },
		"a time after the year 9999":       func(c *identity.Certificate) { c.Created = 253402300800000 },
		"somebody else's identity":         func(c *identity.Certificate) { c.Identity = other.Public() },
		"somebody else's envelope key":     func(c *identity.Certificate) { c.Envelope = other.Public() },
	} {
		c, _ := sample(t)
		change(&c)
		if _, err := c.Sign(k.identity, k.envelope); !errors.Is(err, identity.ErrCertificate) {
			t.Errorf("%s: got %v, want %v", name, err, identity.ErrCertificate)
		}
	}
}

// TestParseChecksMoreThanTheSignature signs, with the right keys, bodies that
// Sign would not make.
func TestParseChecksMoreThanTheSignature(t *testing.T) {
	_, k := sample(t)
	good := signedSample(t)[:2+5*32+8]
	resign := func(body []byte) []byte {
		b := append(slices.Clone(body), k.envelope.Sign(identity.LabelProof, body)...)
		return append(b, k.identity.Sign(identity.LabelCertificate, b)...)
	}
	if _, err := identity.ParseCertificate(resign(good)); err != nil {
		t.Fatalf("unchanged: %v", err)
	}
	small := make([]byte, 32)
	small[0] = 1 // the neutral element
	for name, change := range map[string]func([]byte){
		"version 2":                    func(b []byte) { b[1] = 2 },
		"no place":                     func(b []byte) { clear(b[2:34]) },
		"mls key of small order":       func(b []byte) { copy(b[130:], small) },
		"mls key is the envelope key":  func(b []byte) { copy(b[130:162], b[98:130]) },
		"transport key of small order": func(b []byte) { clear(b[66:98]) },
		"a negative time":              func(b []byte) { b[162] = 0x80 },
	} {
		b := slices.Clone(good)
		change(b)
		if _, err := identity.ParseCertificate(resign(b)); !errors.Is(err, identity.ErrCertificate) {
			t.Errorf("%s: got %v, want %v", name, err, identity.ErrCertificate)
		}
	}
}

// TestStolenDeviceIsNotCertified is why the proof exists: Mallory puts Alice's
// device under Mallory's identity, to have Alice's messages shown as hers.
func TestRequest(t *testing.T) {
	c, k := sample(t)
	b, err := c.Request(k.envelope)
	if err != nil {
		t.Fatal(err)
	}
	if len(b) != identity.RequestSize {
		t.Errorf("%d bytes, want %d", len(b), identity.RequestSize)
	}
	got, proof, err := identity.ParseRequest(b)
	if err != nil {
		t.Fatal(err)
	}
	issued, err := got.Issue(k.identity, proof)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(issued, signedSample(t)) {
		t.Error("what was asked for is not what was issued")
	}
	for i := range b {
		bad := slices.Clone(b)
		bad[i] ^= 1
		if _, _, err := identity.ParseRequest(bad); !errors.Is(err, identity.ErrCertificate) {
			t.Errorf("byte %d changed: got %v", i, err)
		}
		if _, _, err := identity.ParseRequest(b[:i]); !errors.Is(err, identity.ErrCertificate) {
			t.Errorf("the first %d bytes: got %v", i, err)
		}
	}
	if _, _, err := identity.ParseRequest(issued); !errors.Is(err, identity.ErrCertificate) {
		t.Errorf("a certificate as a request: got %v", err)
	}
	if _, err := identity.ParseCertificate(b); !errors.Is(err, identity.ErrCertificate) {
		t.Errorf("a request as a certificate: got %v", err)
	}
	if _, err := c.Request(k.mls); !errors.Is(err, identity.ErrCertificate) {
		t.Errorf("a request without the envelope key: got %v", err)
	}
	who, device, ok := identity.CertificateNames(issued)
	if !ok || who != c.Identity.Array() || device != c.Device() {
		t.Errorf("the certificate names %x, %v, %v", who, device, ok)
	}
	if _, _, ok := identity.CertificateNames(issued[1:]); ok {
		t.Error("half a certificate names somebody")
	}
}

func TestStolenDeviceIsNotCertified(t *testing.T) {
	c, alice := sample(t)
	mallory := seed(t, 66)
	c.Identity = mallory.Public()
	alicesProof := signedSample(t)[170:234]
	for name, proof := range map[string][]byte{
		"Alice's proof from her own certificate": alicesProof,
		"a proof by Mallory's key":               mallory.Sign(identity.LabelProof, signedSample(t)[:170]),
		"no proof":                               nil,
	} {
		if _, err := c.Issue(mallory, proof); !errors.Is(err, identity.ErrCertificate) {
			t.Errorf("issue with %s: got %v, want %v", name, err, identity.ErrCertificate)
		}
		body := slices.Clone(signedSample(t)[:170])
		copy(body[34:66], c.Identity.Bytes())
		b := append(body, proof...)
		b = append(b, mallory.Sign(identity.LabelCertificate, b)...)
		if _, err := identity.ParseCertificate(b); !errors.Is(err, identity.ErrCertificate) {
			t.Errorf("parse with %s: got %v, want %v", name, err, identity.ErrCertificate)
		}
	}
	if _, err := c.Prove(alice.envelope); err != nil {
		t.Errorf("who holds the envelope key can prove it for any identity: %v", err)
	}
}

func TestRevocationRoundTripAndOrder(t *testing.T) {
	r, k := revocation(t)
	b := signedRevocation(t)
	got, err := identity.ParseRevocation(b)
	if err != nil {
		t.Fatal(err)
	}
	if got.Place != r.Place || !got.Identity.Equal(r.Identity) || got.Number != r.Number || got.Device != r.Device || got.At != r.At {
		t.Errorf("got %+v, want %+v", got, r)
	}
	body := append([]byte{'R', 1}, r.Place[:]...)
	body = append(body, r.Identity.Bytes()...)
	body = binary.BigEndian.AppendUint64(body, 7)
	body = append(body, r.Device[:]...)
	body = binary.BigEndian.AppendUint64(body, 1795400000456)
	want := append(body, ed25519.Sign(ed25519.NewKeyFromSeed(k.Bytes()), message("snug/1 revocation", body))...)
	if !bytes.Equal(b, want) {
		t.Errorf("got  %x\nwant %x", b, want)
	}
	for _, c := range []struct {
		name string
		last uint64
		want error
	}{
		{"the next one", 6, nil},
		{"the same again", 7, identity.ErrRevocationOld},
		{"an old one", 8, identity.ErrRevocationOld},
		{"one is missing", 5, identity.ErrRevocationGap},
		{"the highest number was used", 1<<64 - 1, identity.ErrRevocationOld},
	} {
		if err := got.Follows(c.last); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
}

func TestRevocationThatMayNotBeSigned(t *testing.T) {
	for name, change := range map[string]func(*identity.Revocation){
		"no place":                 func(r *identity.Revocation) { r.Place = [32]byte{} },
		"no identity":              func(r *identity.Revocation) { r.Identity = identity.PublicKey{} },
		"number 0":                 func(r *identity.Revocation) { r.Number = 0 },
		"a number beyond int64":    func(r *identity.Revocation) { r.Number = 1 << 63 },
		"no device":                func(r *identity.Revocation) { r.Device = identity.DeviceID{} },
		"no time":                  func(r *identity.Revocation) { r.At = 0 },
		"somebody else's identity": func(r *identity.Revocation) { r.Identity = seed(t, 2).Public() },
	} {
		r, k := revocation(t)
		change(&r)
		if _, err := r.Sign(k); !errors.Is(err, identity.ErrRevocation) {
			t.Errorf("%s: got %v, want %v", name, err, identity.ErrRevocation)
		}
	}
}

// TestOneSignedThingIsNotAnother hands each signature to every other use.
func TestOneSignedThingIsNotAnother(t *testing.T) {
	if _, err := identity.ParseCertificate(signedRevocation(t)); err == nil {
		t.Error("a revocation was taken for a certificate")
	}
	if _, err := identity.ParseRevocation(signedSample(t)); err == nil {
		t.Error("a certificate was taken for a revocation")
	}
	labels := []string{identity.LabelCertificate, identity.LabelProof, identity.LabelRevocation}
	k := seed(t, 1)
	for i, a := range labels {
		for j, b := range labels {
			if got, want := k.Public().Verify(b, k.Sign(a, []byte("x")), []byte("x")), i == j; got != want {
				t.Errorf("signed as %q, checked as %q: got %v, want %v", a, b, got, want)
			}
		}
	}
}

func TestFingerprint(t *testing.T) {
	h := sha256.Sum256(append([]byte("snug/1 fingerprint"), make([]byte, 32)...))
	got := identity.Fingerprint([32]byte{})
	groups := strings.Fields(got)
	if len(groups) != 8 || len(got) != 39 {
		t.Errorf("got %q, want eight groups of four digits", got)
	}
	var want []byte
	for _, b := range h[:16] {
		want = append(want, "0123456789abcdef"[b>>4], "0123456789abcdef"[b&15])
	}
	if strings.Join(groups, "") != string(want) {
		t.Errorf("got %q, want %s", got, want)
	}
}

func FuzzParseCertificate(f *testing.F) {
	f.Add(signedSample(f))
	f.Add(signedRevocation(f))
	_, k := sample(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := identity.ParseCertificate(b)
		if err != nil {
			if !errors.Is(err, identity.ErrCertificate) {
				t.Errorf("error %v is not ErrCertificate", err)
			}
			return
		}
		// Ed25519 signatures are deterministic: with the keys, the same bytes.
		again, err := c.Sign(k.identity, k.envelope)
		if err != nil || !bytes.Equal(again, b) {
			t.Errorf("%x was read, and is written as %x (%v)", b, again, err)
		}
	})
}

func FuzzParseRevocation(f *testing.F) {
	f.Add(signedRevocation(f))
	f.Add(signedSample(f))
	_, k := revocation(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := identity.ParseRevocation(b)
		if err != nil {
			if !errors.Is(err, identity.ErrRevocation) {
				t.Errorf("error %v is not ErrRevocation", err)
			}
			return
		}
		again, err := r.Sign(k)
		if err != nil || !bytes.Equal(again, b) {
			t.Errorf("%x was read, and is written as %x (%v)", b, again, err)
		}
	})
}

func BenchmarkParseCertificate(b *testing.B) {
	cert := signedSample(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := identity.ParseCertificate(cert); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSignature(b *testing.B) {
	k, err := identity.GenerateKey()
	if err != nil {
		b.Fatal(err)
	}
	place, envelope := make([]byte, 32), make([]byte, 512)
	_, _ = rand.Read(envelope)
	sig := k.Sign("snug/1 open envelope", place, envelope)
	b.Run("sign/size=512B", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			k.Sign("snug/1 open envelope", place, envelope)
		}
	})
	b.Run("verify/size=512B", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if !k.Public().Verify("snug/1 open envelope", sig, place, envelope) {
				b.Fatal("refused")
			}
		}
	})
}
