package wire

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/snugchat/snug/storage/chat"
)

func sample(text string) *Envelope {
	return &Envelope{Room: chat.Lobby, ID: chat.MessageID{7}, Device: chat.DeviceID{8}, Counter: 9, Time: 10, Body: KindText, Data: EncodeBody(&Text{Text: text})}
}

// TestEnvelopeSizes is row C9 of the features: sizes fall into few classes.
func TestEnvelopeSizes(t *testing.T) {
	classes := map[int]bool{}
	for n := 1; n <= MaxText; n = n*5/4 + 1 {
		b, err := sample(strings.Repeat("a", n)).Seal()
		if err != nil {
			t.Fatalf("%d bytes of text: %v", n, err)
		}
		classes[len(b)] = true
		e, err := ParseEnvelope(b)
		if err != nil {
			t.Fatalf("%d bytes of text: %v", n, err)
		}
		body, err := ParseBody(e.Body, e.Data)
		if text, ok := body.(*Text); err != nil || !ok || len(text.Text) != n {
			t.Fatalf("%d bytes of text came back as %v, %v", n, body, err)
		}
	}
	if len(classes) > 8 {
		t.Errorf("got %d sizes, want at most 8: %v", len(classes), classes)
	}
	if _, err := sample(strings.Repeat("a", MaxText)).Seal(); err != nil {
		t.Errorf("the longest text: %v", err)
	}
	if _, err := sample(strings.Repeat("a", MaxEnvelope)).Seal(); !errors.Is(err, ErrTooLong) {
		t.Errorf("a text of MaxEnvelope: got %v, want ErrTooLong", err)
	}
}

func TestParseEnvelopeRefuses(t *testing.T) {
	good, err := sample("hello").Seal()
	if err != nil {
		t.Fatal(err)
	}
	edit := func(f func(b []byte) []byte) []byte { return f(slices.Clone(good)) }
	for name, in := range map[string][]byte{
		"nothing":               nil,
		"a size between two":    good[:len(good)-1],
		"a larger size":         append(slices.Clone(good), make([]byte, len(good))...),
		"padding not zero":      edit(func(b []byte) []byte { b[len(b)-1] = 1; return b }),
		"a length past the end": edit(func(b []byte) []byte { binary.BigEndian.PutUint32(b, uint32(len(b))); return b }),
		"a length of 4 GiB":     edit(func(b []byte) []byte { binary.BigEndian.PutUint32(b, 1<<32-1); return b }),
		"a shorter length":      edit(func(b []byte) []byte { b[3]--; return b }),
		"no map":                edit(func(b []byte) []byte { b[4] = 0x01; return b }),
	} {
		if e, err := ParseEnvelope(in); !errors.Is(err, ErrBadEnvelope) {
			t.Errorf("%s: got %+v, %v", name, e, err)
		}
	}
}

func TestParseBodyRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		kind BodyKind
		data []byte
	}{
		"an empty text":       {KindText, EncodeBody(&Text{})},
		"a text of spaces":    {KindText, EncodeBody(&Text{Text: " \n\t"})},
		"a text too long":     {KindText, EncodeBody(&Text{Text: strings.Repeat("x", MaxText+1)})},
		"a file without name": {KindFile, EncodeBody(&File{})},
		"a negative size":     {KindFile, EncodeBody(&File{Name: "a", Size: -1})},
		"more than is sealed": {KindFile, EncodeBody(&File{Name: "a", Size: 2, Length: 1})},
		"a name with control": {KindAccount, EncodeBody(&AccountEntry{Name: "a\u202Eb"})},
		"a name with spaces":  {KindAccount, EncodeBody(&AccountEntry{Name: " a"})},
		"another body":        {KindFile, EncodeBody(&Text{Text: "a"})},
		"named twice":         {KindText, EncodeBody(&Text{Text: "a", Mentions: []chat.AccountID{{1}, {1}}})},
		"half an origin":      {KindText, EncodeBody(&Text{Text: "a", Origin: &Origin{Room: &chat.RoomID{1}}})},
		"too many named":      {KindText, EncodeBody(&Text{Text: "a", Mentions: many(MaxMentions + 1)})},
		"a caption too long":  {KindFile, EncodeBody(&File{Name: "a", Caption: strings.Repeat("x", MaxCaption+1)})},
		"a preview too large": {KindFile, EncodeBody(&File{Name: "a", Preview: make([]byte, MaxPreview+1)})},
		"width alone":         {KindFile, EncodeBody(&File{Name: "a", Width: 3})},
		"no reaction":         {KindReaction, EncodeBody(&Reaction{})},
		"a word as reaction":  {KindReaction, EncodeBody(&Reaction{Emoji: "no"})},
		"a space as reaction": {KindReaction, EncodeBody(&Reaction{Emoji: " "})},
		"an unseen reaction":  {KindReaction, EncodeBody(&Reaction{Emoji: "\u200d\ufe0f"})},
		"a long reaction":     {KindReaction, EncodeBody(&Reaction{Emoji: strings.Repeat("\U0001f44d", MaxEmoji/4+1)})},
		"an edit too long":    {KindEdit, EncodeBody(&Edit{Text: strings.Repeat("x", MaxText+1)})},
		"an edit's mentions":  {KindEdit, EncodeBody(&Edit{Text: "x", Mentions: many(MaxMentions + 1)})},
		"nothing":             {KindText, nil},
		"nothing sealed":      {KindSealed, EncodeBody(&Sealed{})},
		"sealed in two ways":  {KindCommit, EncodeBody(&Sealed{Message: []byte("m"), Blob: &BlobRef{Length: 1}})},
		"a blob of nothing":   {KindCommit, EncodeBody(&Sealed{Blob: &BlobRef{}})},
		"a blob too long":     {KindCommit, EncodeBody(&Sealed{Blob: &BlobRef{Length: MaxBlobRef + 1}})},
	} {
		if body, err := ParseBody(c.kind, c.data); err == nil {
			t.Errorf("%s: got %+v", name, body)
		}
	}
	if body, err := ParseBody(999, []byte("later")); body != nil || err != nil {
		t.Errorf("a kind of a later version: got %v, %v, want nothing", body, err)
	}
}

func many(n int) []chat.AccountID {
	out := make([]chat.AccountID, n)
	for i := range out {
		out[i] = chat.AccountID{byte(i), byte(i >> 8), 1}
	}
	return out
}

// The longest message that names, answers and says the most still fits, with
// the fallback of older clients.
func TestTheLongestBodiesFitAnEnvelope(t *testing.T) {
	id := chat.MessageID{1}
	for name, c := range map[string]struct {
		kind BodyKind
		body any
	}{
		"a text":   {KindText, &Text{Text: strings.Repeat("x", MaxText), Reply: &id, Mentions: many(MaxMentions), Everyone: true, Origin: &Origin{Room: &chat.RoomID{1}, Message: &id}}},
		"an edit":  {KindEdit, &Edit{Target: id, Text: strings.Repeat("x", MaxText), Mentions: many(MaxMentions), Everyone: true}},
		"a file":   {KindFile, &File{Name: strings.Repeat("n", MaxFileName), Type: strings.Repeat("t", 255), Caption: strings.Repeat("c", MaxCaption), Width: 1, Height: 1, Preview: make([]byte, MaxPreview), Reply: &id, Origin: &Origin{Room: &chat.RoomID{1}, Message: &id}}},
		"reaction": {KindReaction, &Reaction{Target: id, Emoji: strings.Repeat("\U0001f44d", MaxEmoji/4), Off: true}},
		"a delete": {KindDelete, &Delete{Target: id, Moderate: true}},
		"a pin":    {KindPin, &Pin{Target: id, Off: true}},
	} {
		data := EncodeBody(c.body)
		if _, err := ParseBody(c.kind, data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		e := Envelope{Body: c.kind, Data: data, Text: Fallback(c.body)}
		if _, err := e.Seal(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		_, about := Target(c.body)
		if want := c.kind >= KindReaction; about != want {
			t.Errorf("%s: about another message is %v, want %v", name, about, want)
		}
		if about != (e.Text != "") {
			t.Errorf("%s: an older client shows %q", name, e.Text)
		}
	}
}

// The chain is written out once by hand, so that another implementation and this
// one cannot drift apart with a change of ours.
func TestChainIsAsSpecified(t *testing.T) {
	host := [32]byte{1, 2, 3}
	first := sha256.Sum256(append(append([]byte("snug/1 chain"), host[:]...), chat.Lobby[:]...))
	if got := FirstChain(host, chat.Lobby); got != first {
		t.Errorf("FirstChain: got %x, want %x", got, first)
	}
	row := RowHash([]byte("envelope"), []byte("signature"))
	if want := sha256.Sum256([]byte("envelopesignature")); row != want {
		t.Errorf("RowHash: got %x, want %x", row, want)
	}
	next := sha256.Sum256(append(binary.BigEndian.AppendUint64(first[:], 5), row[:]...))
	if got := NextChain(FirstChain(host, chat.Lobby), 5, row); got != next {
		t.Errorf("NextChain: got %x, want %x", got, next)
	}
}

func FuzzParseEnvelope(f *testing.F) {
	for _, text := range []string{"hi", strings.Repeat("word ", 300)} {
		b, err := sample(text).Seal()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := ParseEnvelope(b)
		if err != nil {
			return
		}
		if again, err := e.Seal(); err != nil || !bytes.Equal(b, again) {
			t.Errorf("% x was read as % x, %v", b, again, err)
		}
	})
}

func FuzzParseBody(f *testing.F) {
	f.Add(uint16(KindText), EncodeBody(&Text{Text: "hi"}))
	f.Add(uint16(KindFile), EncodeBody(&File{Name: "a.txt", Size: 1, Length: 256}))
	f.Add(uint16(KindText), EncodeBody(&Text{Text: "hi", Origin: &Origin{}}))
	f.Add(uint16(KindText), EncodeBody(&Text{Text: "hi", Origin: &Origin{Room: &chat.RoomID{1}, Message: &chat.MessageID{2}}}))
	f.Add(uint16(KindText), EncodeBody(&Text{Text: "hi", Reply: &chat.MessageID{1}, Mentions: []chat.AccountID{{1}}, Everyone: true}))
	f.Add(uint16(KindFile), EncodeBody(&File{Name: "a.png", Size: 1, Length: 256, Caption: "c", Width: 3, Height: 4, Preview: []byte("p"), Reply: &chat.MessageID{2}}))
	f.Add(uint16(KindReaction), EncodeBody(&Reaction{Emoji: "\U0001f44d", Off: true}))
	f.Add(uint16(KindEdit), EncodeBody(&Edit{Text: "ho", Mentions: []chat.AccountID{{1}}}))
	f.Add(uint16(KindDelete), EncodeBody(&Delete{Moderate: true}))
	f.Add(uint16(KindPin), EncodeBody(&Pin{Off: true}))
	f.Add(uint16(KindAccount), EncodeBody(&AccountEntry{Name: "Ana"}))
	f.Add(uint16(KindRevoke), EncodeBody(&RevokeEntry{Revocation: []byte("r")}))
	f.Add(uint16(KindRead), EncodeBody(&Upto{Seq: 1 << 40}))
	f.Add(uint16(KindSealed), EncodeBody(&Sealed{Message: []byte("m")}))
	f.Add(uint16(KindCommit), EncodeBody(&Sealed{Blob: &BlobRef{Root: [32]byte{1}, Length: 100_000}}))
	f.Fuzz(func(t *testing.T, kind uint16, b []byte) {
		body, err := ParseBody(BodyKind(kind), b)
		if err != nil || body == nil {
			return
		}
		if again := EncodeBody(body); !bytes.Equal(b, again) {
			t.Errorf("% x was read as % x", b, again)
		}
	})
}
