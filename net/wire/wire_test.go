package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

// fill sets every field of a struct to a random value, none of them zero.
func fill(r *rand.Rand, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(r, v.Field(i))
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(r, v.Elem())
	case reflect.Slice:
		n := 1 + r.IntN(3)
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			fill(r, v.Index(i))
		}
	case reflect.String:
		v.SetString(fmt.Sprint("é", r.Uint64()))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Uint8:
		v.SetUint(1 + r.Uint64N(255))
	case reflect.Uint16:
		v.SetUint(1 + r.Uint64N(65535))
	case reflect.Uint32:
		v.SetUint(1 + r.Uint64N(1<<32-1))
	case reflect.Uint, reflect.Uint64:
		v.SetUint(1 + r.Uint64N(1<<60))
	case reflect.Int64:
		v.SetInt(1 + r.Int64N(1<<60))
	default:
		panic("fill: a field of kind " + v.Kind().String())
	}
}

func examples(tb testing.TB) []Message {
	tb.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	var all []Message
	for _, kind := range slices.Sorted(mapsKeys(kinds)) {
		p := reflect.New(kinds[kind])
		full, ok := p.Interface().(Message)
		if !ok {
			tb.Fatalf("kind %d: %v is no message", kind, kinds[kind])
		}
		if full.Kind() != kind {
			tb.Fatalf("%v says kind %d and stands under %d", kinds[kind], full.Kind(), kind)
		}
		empty, ok := reflect.New(kinds[kind]).Interface().(Message)
		if !ok {
			tb.Fatal("no message")
		}
		fill(r, p.Elem())
		fit(full)
		all = append(all, full, empty)
	}
	return all
}

// fit makes what fill wrote keep to the bounds that a message has.
func fit(m Message) {
	switch m := m.(type) {
	case *Rows:
		m.Chain = bytes.Repeat([]byte{7}, 32)
	case *Mail:
		m.Data, m.Blob.Length = nil, MaxBlobRef
	case *SendMail:
		fitMails(m.Mails)
	case *Post:
		fitMails(m.Mails)
	case *Recover:
		m.Token, m.Identity, m.Proof = bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32), bytes.Repeat([]byte{3}, 64)
	}
}

func fitMails(mails []Mail) {
	for i := range mails {
		mails[i].Blob = nil
	}
}

func mapsKeys(m map[Kind]reflect.Type) func(func(Kind) bool) {
	return func(yield func(Kind) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func TestEveryMessageComesBackAsItWent(t *testing.T) {
	for _, m := range examples(t) {
		b := Append(nil, m)
		got, err := Parse(b)
		if err != nil {
			t.Fatalf("%T: %v", m, err)
		}
		if !bytes.Equal(Append(nil, got), b) {
			t.Errorf("%T changed: %+v became %+v", m, m, got)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	good := Append(nil, &Typing{Account: [16]byte{1}})
	unknown := slices.Clone(good)
	binary.BigEndian.PutUint16(unknown, 9999)
	for name, c := range map[string]struct {
		in   []byte
		want error
	}{
		"nothing":                   {nil, ErrBadMessage},
		"a kind alone":              {good[:2], ErrBadMessage},
		"half a message":            {good[:len(good)-1], ErrBadMessage},
		"a byte too much":           {append(slices.Clone(good), 0), ErrBadMessage},
		"a kind of a later version": {unknown, ErrUnknownKind},
		"more than MaxMessage":      {make([]byte, MaxMessage+1), ErrBadMessage},
		"a length in a longer form": {[]byte{0, 4, 0xa1, 0x01, 0x18, 0x01}, ErrBadMessage},
		"a zero that is left out":   {[]byte{0, 41, 0xa2, 0x01, 0x01, 0x03, 0x00}, ErrBadMessage},
		"a field of no version":     {[]byte{0, 4, 0xa2, 0x01, 0x01, 0x18, 0x63, 0x01}, ErrBadMessage},
		"keys in another order":     {[]byte{0, 3, 0xa2, 0x02, 0x01, 0x01, 0x01}, ErrBadMessage},
		"a key twice":               {[]byte{0, 4, 0xa2, 0x01, 0x01, 0x01, 0x01}, ErrBadMessage},
		"an indefinite length":      {[]byte{0, 4, 0xbf, 0x01, 0x01, 0xff}, ErrBadMessage},
		"a short array":             {[]byte{0, 25, 0xa2, 0x01, 0x41, 0x01, 0x02, 0x50, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, ErrBadMessage},
		"a tag":                     {[]byte{0, 4, 0xa1, 0x01, 0xc1, 0x01}, ErrBadMessage},
		"text that is not UTF-8":    {[]byte{0, 41, 0xa2, 0x01, 0x01, 0x02, 0x61, 0xff}, ErrBadMessage},
	} {
		if got, err := Parse(c.in); !errors.Is(err, c.want) {
			t.Errorf("%s: got %+v, %v, want %v", name, got, err, c.want)
		}
	}
}

// Hot messages may not become slower or larger unseen: a text of 200 bytes with
// all its proofs fits one padding class and costs few allocations.
func TestEnvelopeOfAChatLineTakes512Bytes(t *testing.T) {
	b, err := (&Envelope{Seen: Head{Seq: 1 << 40}, Known: Head{Seq: 1 << 30}, Counter: 1 << 30, Time: 1 << 41, Body: KindText, Data: EncodeBody(&Text{Text: string(bytes.Repeat([]byte("x"), 200))})}).Seal()
	if err != nil || len(b) != 512 {
		t.Errorf("got %d bytes, %v, want 512", len(b), err)
	}
}

func FuzzParse(f *testing.F) {
	for _, m := range examples(f) {
		f.Add(Append(nil, m))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Parse(b)
		if err != nil {
			if !errors.Is(err, ErrBadMessage) && !errors.Is(err, ErrUnknownKind) {
				t.Errorf("an error without a kind: %v", err)
			}
			return
		}
		if again := Append(nil, m); !bytes.Equal(b, again) {
			t.Errorf("% x was read as % x", b, again)
		}
	})
}

func BenchmarkDeliver(b *testing.B) {
	m := &Deliver{Row: Row{Seq: 1 << 33, Received: 1 << 41, Envelope: make([]byte, 512), Signature: make([]byte, SignatureSize)}}
	raw := Append(nil, m)
	b.Run("append", func(b *testing.B) {
		b.ReportAllocs()
		buf := make([]byte, 0, 1024)
		for b.Loop() {
			buf = Append(buf[:0], m)
		}
	})
	b.Run("parse", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := Parse(raw); err != nil {
				b.Fatal(err)
			}
		}
	})
}
