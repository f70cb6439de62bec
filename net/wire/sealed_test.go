package wire

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/snugchat/snug/crypto/mls"
	"github.com/snugchat/snug/crypto/mls/mlstest"
	"github.com/snugchat/snug/storage/chat"
)

// widest is an envelope of a sealed room whose fields are as long as they get.
func widest() *Envelope {
	head := Head{Seq: math.MaxUint64, Chain: [32]byte{1}}
	return &Envelope{Room: chat.RoomID{2}, Seen: head, Known: head, ID: chat.MessageID{3}, Device: chat.DeviceID{4}, Counter: math.MaxUint64, Body: KindSealed}
}

// TestSealedSizes is row C9 of the features for sealed rooms: whatever is said,
// the host sees one of few sizes. The messages are those of crypto/mls.
func TestSealedSizes(t *testing.T) {
	store := mlstest.Table{}
	group, err := client(t).Create(store, groupID([32]byte{1}, chat.RoomID{2}), nil)
	if err != nil {
		t.Fatal(err)
	}
	sizes := map[int]bool{}
	for _, env := range []*Envelope{widest(), {Body: KindSealed}} {
		for n := 0; n <= MaxText; n = n*5/4 + 1 {
			inner := &Inner{Time: 1 << 41, Body: KindText, Data: EncodeBody(&Text{Text: strings.Repeat("a", n)})}
			content, err := inner.Seal()
			if err != nil {
				t.Fatalf("%d bytes of text: %v", n, err)
			}
			header := env.Header()
			message, err := group.Encrypt(store, header[:], content)
			if err != nil {
				t.Fatal(err)
			}
			full := *env
			full.Data = EncodeBody(&Sealed{Message: message})
			row, err := full.Seal()
			if err != nil {
				t.Fatalf("%d bytes of text: %v", n, err)
			}
			if len(row) != len(content)+SealedOverhead {
				t.Fatalf("%d bytes of text: a row of %d bytes around %d, want %d", n, len(row), len(content), len(content)+SealedOverhead)
			}
			sizes[len(row)] = true
			if again, err := ParseInner(content); err != nil || !bytes.Equal(again.Data, inner.Data) {
				t.Fatalf("%d bytes of text came back as %v, %v", n, again, err)
			}
		}
	}
	if want := []int{512, 1024, 2048, 4096, 8192, 16384, 32768}; !slices.Equal(slices.Sorted(maps.Keys(sizes)), want) {
		t.Errorf("got sizes %v, want %v", slices.Sorted(maps.Keys(sizes)), want)
	}
	if _, err := (&Inner{Text: strings.Repeat("a", MaxEnvelope)}).Seal(); !errors.Is(err, ErrTooLong) {
		t.Errorf("a text of MaxEnvelope: got %v, want ErrTooLong", err)
	}
}

// groupID is GroupID as a slice.
func groupID(host [32]byte, room chat.RoomID) []byte {
	id := GroupID(host, room)
	return id[:]
}

func TestParseInnerRefuses(t *testing.T) {
	good := mustSeal(t, &Inner{Body: KindText, Data: EncodeBody(&Text{Text: "hello"})})
	long := mustSeal(t, &Inner{Body: KindText, Data: EncodeBody(&Text{Text: strings.Repeat("a", 300)})})
	edit := func(b []byte, f func(b []byte) []byte) []byte { return f(slices.Clone(b)) }
	short := edit(long, func(b []byte) []byte { copy(b, good); clear(b[len(good):]); return b })
	for name, in := range map[string][]byte{
		"nothing":                 nil,
		"a size between two":      good[:len(good)-1],
		"a size that is too long": make([]byte, 2*MaxEnvelope-SealedOverhead),
		"padding not zero":        edit(good, func(b []byte) []byte { b[len(b)-1] = 1; return b }),
		"more padding than need":  short,
		"a length past the end":   edit(good, func(b []byte) []byte { binary.BigEndian.PutUint32(b, uint32(len(b))); return b }),
		"a length of 4 GiB":       edit(good, func(b []byte) []byte { binary.BigEndian.PutUint32(b, 1<<32-1); return b }),
		"no map":                  edit(good, func(b []byte) []byte { b[4] = 0x01; return b }),
		"a sealed one inside":     mustSeal(t, &Inner{Body: KindSealed}),
		"an account inside":       mustSeal(t, &Inner{Body: KindAccount}),
	} {
		if i, err := ParseInner(in); !errors.Is(err, ErrBadInner) {
			t.Errorf("%s: got %+v, %v", name, i, err)
		}
	}
}

func mustSeal(tb testing.TB, i *Inner) []byte {
	tb.Helper()
	b, err := i.Seal()
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// Every field of the header counts, and Data does not.
func TestHeaderBindsAllButData(t *testing.T) {
	base := widest().Header()
	for name, edit := range map[string]func(e *Envelope){
		"room":    func(e *Envelope) { e.Room[15]++ },
		"seen":    func(e *Envelope) { e.Seen.Seq-- },
		"chain":   func(e *Envelope) { e.Seen.Chain[31]++ },
		"known":   func(e *Envelope) { e.Known.Chain[31]++ },
		"id":      func(e *Envelope) { e.ID[0]++ },
		"device":  func(e *Envelope) { e.Device[0]++ },
		"counter": func(e *Envelope) { e.Counter-- },
		"time":    func(e *Envelope) { e.Time++ },
		"body":    func(e *Envelope) { e.Body = KindCommit },
		"text":    func(e *Envelope) { e.Text = "a" },
	} {
		e := widest()
		if edit(e); e.Header() == base {
			t.Errorf("%s can be changed unseen", name)
		}
	}
	e := widest()
	if e.Data = []byte("x"); e.Header() != base {
		t.Error("the header depends on Data")
	}
}

// Both sides find the same direct room, each place and generation has its own,
// and the numbers are those of the document.
func TestRoomNamesAreAsSpecified(t *testing.T) {
	host, ana, ben := [32]byte{1}, chat.AccountID{2}, chat.AccountID{3}
	room := DirectRoom(host, ana, ben, 0)
	if DirectRoom(host, ben, ana, 0) != room {
		t.Error("the order of the two matters")
	}
	if got, want := hex.EncodeToString(room[:]), "d773575e64ec185443c647050777a389"; got != want {
		t.Errorf("direct room: got %s, want %s", got, want)
	}
	group := GroupID(host, room)
	if got, want := hex.EncodeToString(group[:8]), "8a185be8b08e564a"; got != want {
		t.Errorf("group id: got %s, want %s", got, want)
	}
	for name, other := range map[string]chat.RoomID{
		"the next generation": DirectRoom(host, ana, ben, 1),
		"another place":       DirectRoom([32]byte{9}, ana, ben, 0),
		"notes to oneself":    DirectRoom(host, ana, ana, 0),
	} {
		if other == room {
			t.Errorf("%s is the same room", name)
		}
		if !other.Direct() {
			t.Errorf("%s could be any other room: %s", name, other)
		}
	}
	for range 100 {
		if id := chat.NewRoomID(); id.Direct() {
			t.Fatalf("a random room has the id of a direct one: %s", id)
		}
	}
}

// A message that is larger than it may be never reaches its receiver's code.
func TestBoundsOfRoomMessages(t *testing.T) {
	long := strings.Repeat("a", MaxTopic+1)
	ok, bad := &Mail{Data: make([]byte, MaxMail)}, Mail{Data: make([]byte, 1), Blob: &BlobRef{Length: 1}}
	if _, err := Parse(Append(nil, ok)); err != nil {
		t.Errorf("the longest mail: %v", err)
	}
	for name, m := range map[string]Message{
		"a signal too long":            &Signal{Data: make([]byte, MaxSignal+1)},
		"a name too long":              &CreateRoom{Name: long[:MaxRoomName+1]},
		"a topic too long":             &ChangeRoom{Topic: long},
		"a topic too long in a list":   &Rooms{Rooms: []RoomInfo{{Topic: long}}},
		"a mail too long":              &Mail{Data: make([]byte, MaxMail+1)},
		"a mail in two ways":           &bad,
		"such a mail with a commit":    &Post{Mails: []Mail{bad}},
		"such a mail alone":            &SendMail{Mails: []Mail{bad}},
		"a mail's blob of nothing":     &Mail{Blob: &BlobRef{}},
		"too many mails":               &SendMail{Mails: make([]Mail, MaxMails+1)},
		"too many mails with a commit": &Post{Mails: make([]Mail, MaxMails+1)},
		"too many blobs":               &Post{Blobs: make([][32]byte, MaxPostBlobs+1)},
		"a change of nobody":           &Post{Members: &MemberChange{}},
		"a change of too many":         &Post{Members: &MemberChange{Remove: make([]chat.AccountID, MaxMemberEntries+1)}},
		"a chain too short":            &Rows{Chain: make([]byte, 31)},
		"an empty key package":         &PutKeyPackages{Packages: [][]byte{{}}},
		"a key package too long":       &PutKeyPackages{LastResort: make([]byte, MaxKeyPackage+1)},
		"too many key packages":        &PutKeyPackages{Packages: slices.Repeat([][]byte{{1}}, MaxKeyPackages+1)},
		"such a key package":           &KeyPackages{Packages: []DevicePackage{{Package: make([]byte, MaxKeyPackage+1)}}},
	} {
		if got, err := Parse(Append(nil, m)); !errors.Is(err, ErrBadMessage) {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
}

func FuzzParseInner(f *testing.F) {
	f.Add(mustSeal(f, &Inner{Time: 1, Body: KindText, Data: EncodeBody(&Text{Text: "hi"})}))
	f.Add(mustSeal(f, &Inner{Time: 1, Body: KindText, Data: EncodeBody(&Text{Text: strings.Repeat("word ", 300)}), Text: "?"}))
	f.Fuzz(func(t *testing.T, b []byte) {
		i, err := ParseInner(b)
		if err != nil {
			return
		}
		if again, err := i.Seal(); err != nil || !bytes.Equal(b, again) {
			t.Errorf("% x was read as % x, %v", b, again, err)
		}
	})
}

// client is an MLS client that trusts everybody and does not pad.
func client(t *testing.T) *mls.Client {
	t.Helper()
	key, err := mls.GenerateSigningKey(mls.XWingAES256SHA384Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	c, err := mls.NewClient(mls.Config{
		Signer: key, Policy: anybody{}, Padding: func(int) int { return 0 },
		Credential: mls.Credential{Type: mls.BasicCredential, Identity: make([]byte, 298)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

type anybody struct{}

func (anybody) CheckCredential(*mls.LeafNode) error { return nil }
func (anybody) CheckChange(*mls.Change) error       { return nil }
