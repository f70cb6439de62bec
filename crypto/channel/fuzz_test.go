package channel

import (
	"bytes"
	"errors"
	"io"
	"testing"
)

// FuzzServer gives a host with a fixed ephemeral key whatever comes, as the two
// frames that it reads. It must accept only messages that are byte for byte the
// genuine ones, for nobody can make others without the keys.
func FuzzServer(f *testing.F) {
	s := newScript(f)
	genuine := append(framed(s.messages[0]), framed(s.messages[2])...)
	f.Add(genuine)
	f.Add(genuine[:len(genuine)-1])
	f.Add(framed(s.messages[0]))
	f.Add(framed(nil))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, in []byte) {
		h, r := s.newHost(t), bytes.NewReader(in)
		offer, err := h.receive(r)
		if err != nil {
			checkRefused(t, err)
			return
		}
		if again := framed(s.messages[0]); !bytes.HasPrefix(in, again) || !bytes.Equal(offer, s.payloads[0]) {
			t.Fatalf("accepted a foreign message 1: % x", in)
		}
		if _, _, err := encapsulate(offer); err != nil {
			t.Fatal(err)
		}
		if _, err := h.write(nil, s.payloads[1]); err != nil {
			t.Fatal(err)
		}
		if _, err := h.receive(r); err != nil {
			checkRefused(t, err)
			return
		}
		if !bytes.HasPrefix(in, genuine) {
			t.Fatalf("accepted a foreign message 3: % x", in)
		}
	})
}

// FuzzClient does the same with the one frame that a client reads.
func FuzzClient(f *testing.F) {
	s := newScript(f)
	genuine := framed(s.messages[1])
	f.Add(genuine)
	f.Add(genuine[:len(genuine)-1])
	f.Add(framed(s.messages[0]))
	f.Add(framed(nil))
	f.Fuzz(func(t *testing.T, in []byte) {
		h := s.newClient(t)
		if _, err := h.write(nil, s.payloads[0]); err != nil {
			t.Fatal(err)
		}
		ciphertext, err := h.receive(bytes.NewReader(in))
		if err != nil {
			checkRefused(t, err)
			return
		}
		if !bytes.HasPrefix(in, genuine) || !bytes.Equal(ciphertext, s.payloads[1]) {
			t.Fatalf("accepted a foreign message 2: % x", in)
		}
	})
}

func checkRefused(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, ErrHandshake) && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatalf("an error without a name: %v", err)
	}
}

// FuzzRecords reads whatever comes as records. What is accepted seals to the
// same bytes again.
func FuzzRecords(f *testing.F) {
	s, _ := pair(1)
	small := stream(f, s, "", "one", "two")
	f.Add(bytes.Join(small, nil))
	s, _ = pair(1)
	f.Add(bytes.Join(stream(f, s, string(make([]byte, 1000)), string(make([]byte, 20000)), "end"), nil))
	f.Add(small[1])
	f.Add([]byte{0, 0, 0xff, 0xff, 1})
	f.Add([]byte{0, 1, 0, 0, 1})
	f.Fuzz(func(t *testing.T, in []byte) {
		s, r := pair(1)
		src := bytes.NewReader(in)
		var again bytes.Buffer
		for {
			plain, err := r.read(src)
			if err != nil {
				if !errors.Is(err, io.EOF) && !errors.Is(err, ErrRecord) {
					t.Fatalf("an error without a name: %v", err)
				}
				break
			}
			if err := s.write(&again, plain); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.HasPrefix(in, again.Bytes()) {
			t.Fatalf("% x was read as % x", in, again.Bytes())
		}
	})
}
