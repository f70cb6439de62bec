package opaque

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	rfc9807 "github.com/bytemare/opaque"
)

// FuzzServer hands anything to every entry point of the host.
func FuzzServer(f *testing.F) {
	s := testServer(f)
	record := register(f, s, alice, password)
	_, ke1 := start(f, [32]byte{1}, password)
	f.Add(ke1, record, make([]byte, KE3Size))
	f.Add(ke1[:32], record[:32], []byte{1})
	f.Add([]byte{}, []byte{}, []byte{})
	f.Add(bytes.Repeat([]byte{0xff}, KE1Size), s.fake, bytes.Repeat([]byte{1}, KE3Size))
	f.Fuzz(func(t *testing.T, a, b, c []byte) {
		if response, err := s.RegistrationResponse(alice, a); err == nil && len(response) != RegistrationResponseSize || err != nil && !errors.Is(err, ErrMalformed) {
			t.Errorf("registration: %d bytes, %v", len(response), err)
		}
		if err := s.CheckRecord(b); err != nil && !errors.Is(err, ErrRecord) {
			t.Errorf("record: %v", err)
		} else if err == nil {
			m, err := s.parser.RegistrationRecord(b)
			if err != nil || !bytes.Equal(m.Serialize(), b) {
				t.Errorf("%x was accepted, and is written as %x (%v)", b, m.Serialize(), err)
			}
		}
		ke2, pending, err := s.Login([32]byte{1}, alice, b, a)
		if err != nil {
			if !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrRecord) {
				t.Errorf("login: %v", err)
			}
			return
		}
		if len(ke2) != KE2Size {
			t.Errorf("got %d bytes, want %d", len(ke2), KE2Size)
		}
		if m, err := s.parser.KE1(a); err != nil || !bytes.Equal(m.Serialize(), a) {
			t.Errorf("%x was accepted, and is written as %x (%v)", a, m.Serialize(), err)
		}
		if err := pending.Finish(c); !errors.Is(err, ErrRefused) {
			t.Errorf("KE3 %x: got %v, want %v", c, err, ErrRefused)
		}
	})
}

// FuzzClient hands anything to a client as the host's answers.
func FuzzClient(f *testing.F) {
	s := testServer(f)
	record := register(f, s, alice, password)
	_, ke1 := start(f, [32]byte{1}, password)
	ke2, _ := answer(f, s, [32]byte{1}, alice, record, ke1)
	f.Add(ke2)
	f.Add(ke2[:RegistrationResponseSize])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		l, _ := start(t, [32]byte{1}, password)
		if ke3, err := l.Finish(b); ke3 != nil || !errors.Is(err, ErrRefused) && !errors.Is(err, ErrMalformed) {
			t.Errorf("KE2 %x: got %x, %v", b, ke3, err)
		}
		r, _, err := startRegistration(password, cheap(), rfc9807.ClientOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if record, err := r.Finish(b); err == nil && len(record) != RecordSize || err != nil && !errors.Is(err, ErrMalformed) {
			t.Errorf("response %x: got %x, %v", b, record, err)
		}
	})
}

// BenchmarkServerLogin is what one login costs the host, for a known and an
// unknown name.
func BenchmarkServerLogin(b *testing.B) {
	s := testServer(b)
	record := register(b, s, alice, password)
	_, ke1 := start(b, [32]byte{1}, password)
	for name, r := range map[string][]byte{"known": record, "unknown": nil} {
		b.Run("name="+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := s.Login([32]byte{1}, alice, r, ke1); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkKnownToUnknown alternates the two, so that load on the machine hits
// both, and reports the ratio of the median times: 1.00 tells nothing about a
// name.
func BenchmarkKnownToUnknown(b *testing.B) {
	s := testServer(b)
	record := register(b, s, alice, password)
	_, ke1 := start(b, [32]byte{1}, password)
	var took [2][]time.Duration
	for b.Loop() {
		for i, r := range [][]byte{record, nil} {
			begin := time.Now()
			if _, _, err := s.Login([32]byte{1}, alice, r, ke1); err != nil {
				b.Fatal(err)
			}
			took[i] = append(took[i], time.Since(begin))
		}
	}
	for i := range took {
		slices.Sort(took[i])
	}
	known, unknown := took[0][len(took[0])/2], took[1][len(took[1])/2]
	b.ReportMetric(float64(known)/float64(unknown), "known/unknown")
}

// BenchmarkClientLogin is what one login costs the client: Argon2id.
func BenchmarkClientLogin(b *testing.B) {
	s := testServer(b)
	record := register(b, s, alice, password)
	b.ReportAllocs()
	for b.Loop() {
		l, ke1, err := StartLogin([32]byte{1}, password)
		if err != nil {
			b.Fatal(err)
		}
		ke2, _, err := s.Login([32]byte{1}, alice, record, ke1)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := l.Finish(ke2); !errors.Is(err, ErrRefused) { // registered at another cost
			b.Fatal(err)
		}
	}
}
