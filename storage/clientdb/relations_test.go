package clientdb

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/snugchat/snug/storage/chat"
)

var (
	berta      = chat.AccountID{2}
	bertaPhone = chat.DeviceID{22}
)

// withBen adds a second person.
func withBen(t testing.TB, d *DB) {
	t.Helper()
	must(t, d.Apply(context.Background(), Batch{
		Room: chat.Directory, After: 1, Own: ana,
		Messages: []Message{{Seq: 2, Room: chat.Directory, Line: chat.Lobby, ID: chat.MessageID{98}, Account: berta, Device: bertaPhone, Counter: 1, Kind: 16, Chain: [32]byte{2}}},
		Accounts: []Account{{ID: berta, Name: "Ben", Identity: [32]byte{6}, FirstSeen: 1000}},
		Devices:  []Device{{ID: bertaPhone, Account: berta, Certificate: []byte("cert"), Seq: 2}},
	}))
}

func of(m Message, account chat.AccountID, device chat.DeviceID, kind uint16, target chat.MessageID, e Erase) Message {
	m.Account, m.Device, m.Kind, m.Target, m.Erase = account, device, kind, target, e
	m.ID[15] = device[0]
	if target != (chat.MessageID{}) {
		m.Line = chat.RoomID{}
	}
	return m
}

func TestRelationsAreFoundByTheirTarget(t *testing.T) {
	d := newDB(t)
	withBen(t, d)
	ctx := t.Context()
	target := text(10, 1)
	early := chat.MessageID{77} // comes after what is about it
	must(t, d.Apply(ctx, Batch{Room: chat.Lobby, Messages: []Message{
		target, of(text(11, 1), berta, bertaPhone, 3, target.ID, 0), of(text(12, 2), berta, bertaPhone, 6, target.ID, 0), of(text(13, 3), berta, bertaPhone, 3, early, 0),
	}}))
	late := text(14, 2)
	late.ID = early
	must(t, d.Apply(ctx, Batch{Room: chat.Lobby, After: 13, Messages: []Message{late}}))
	got, err := d.Relations(ctx, chat.Lobby, 10, 14)
	must(t, err)
	want := []struct {
		seq    uint64
		target chat.MessageID
	}{{11, target.ID}, {12, target.ID}, {13, early}}
	if len(got) != len(want) {
		t.Fatalf("got %d relations, want %d", len(got), len(want))
	}
	for i, w := range want {
		if got[i].Seq != w.seq || got[i].Target != w.target || got[i].Account != berta {
			t.Errorf("relation %d: got row %d about %v by %v, want row %d about %v", i, got[i].Seq, got[i].Target, got[i].Account, w.seq, w.target)
		}
	}
	if only, err := d.Relations(ctx, chat.Lobby, 14, 14); err != nil || len(only) != 1 {
		t.Errorf("got %d relations of row 14, %v, want 1", len(only), err)
	}
	if one, err := d.RelationsOf(ctx, chat.Lobby, target.ID); err != nil || len(one) != 2 {
		t.Errorf("got %d relations of one message, %v, want 2", len(one), err)
	}
	if pins, err := d.Pins(ctx, chat.Lobby); err != nil || len(pins) != 1 || pins[0].Seq != 12 {
		t.Errorf("got pins %v, %v, want row 12", pins, err)
	}
	page, err := d.Before(ctx, chat.Lobby, 0, 100)
	must(t, err)
	if len(page) != 4 { // two accounts, two messages
		t.Errorf("the timeline has %d lines, want 4: relations are no lines", len(page))
	}
}

// D5: what is deleted is not on the disk any more, and only who may has it
// deleted.
func TestD5DeletedContentIsErased(t *testing.T) {
	secret := []byte("the words that nobody shall read")
	for name, tt := range map[string]struct {
		by     chat.AccountID
		device chat.DeviceID
		erase  Erase
		gone   bool
	}{
		"its author":                      {ana, anaPhone, EraseOwn, true},
		"somebody else":                   {berta, bertaPhone, EraseOwn, false},
		"a moderator":                     {berta, bertaPhone, EraseAny, true},
		"somebody of no known device":     {berta, chat.DeviceID{}, EraseAny, false},
		"a row that says nothing of that": {ana, anaPhone, EraseNothing, false},
	} {
		d := newDB(t)
		withBen(t, d)
		ctx := t.Context()
		target := text(10, 1)
		target.Body = secret
		edit := of(text(11, 2), ana, anaPhone, 4, target.ID, 0)
		edit.Body = secret
		must(t, d.Apply(ctx, Batch{Room: chat.Lobby, Messages: []Message{target, edit}}))
		counter := uint64(1)
		if tt.device == anaPhone {
			counter = 3
		}
		must(t, d.Apply(ctx, Batch{Room: chat.Lobby, After: 11, Messages: []Message{of(text(12, counter), tt.by, tt.device, 5, target.ID, tt.erase)}}))
		for _, seq := range []uint64{10, 11} {
			m, err := d.Message(ctx, seq)
			must(t, err)
			if gone := !bytes.Contains(m.Body, secret) && m.Flags&Deleted != 0; gone != tt.gone {
				t.Errorf("deleted by %s: row %d is gone: %v, want %v", name, seq, gone, tt.gone)
			}
		}
	}
}

func TestHideKeepsTheRow(t *testing.T) {
	d := newDB(t)
	ctx := t.Context()
	must(t, d.Apply(ctx, Batch{Room: chat.Lobby, Messages: []Message{text(10, 1), text(11, 2)}}))
	id := text(10, 1).ID
	must(t, d.Hide(ctx, chat.Lobby, id))
	if _, err := d.ByID(ctx, chat.Lobby, id); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v, want %v", err, ErrNotFound)
	}
	m, err := d.Message(ctx, 10)
	if err != nil || len(m.Body) != 0 {
		t.Errorf("row 10 has %d bytes, %v, want an empty row", len(m.Body), err)
	}
	if _, ok, err := d.Chain(ctx, chat.Lobby, 10); err != nil || !ok {
		t.Errorf("the chain lost its row: %v, %v", ok, err)
	}
	if page, err := d.Before(ctx, chat.Lobby, 0, 10); err != nil || len(page) != 2 {
		t.Errorf("%d lines, %v, want 2", len(page), err)
	}
}

// H4: a date is found by few reads, whatever gaps there are.
func TestH4SinceFindsTheFirstRowOfATime(t *testing.T) {
	d := newDB(t)
	ctx := t.Context()
	var rows []Message
	for i := range uint64(200) {
		m := text(10+i*i, i+1)
		m.Received = int64(1000 + 10*i)
		rows = append(rows, m)
	}
	must(t, d.Apply(ctx, Batch{Room: chat.Lobby, Messages: rows}))
	for i, at := range map[int]int64{0: 1000, 1: 1001, 5: 1050, 100: 1991, 199: 2990} {
		if got, err := d.Since(ctx, chat.Lobby, at); err != nil || got != rows[i].Seq {
			t.Errorf("at %d: got row %d, %v, want %d", at, got, err, rows[i].Seq)
		}
	}
	if _, err := d.Since(ctx, chat.Lobby, 2991); !errors.Is(err, ErrNotFound) {
		t.Errorf("after the last: got %v, want %v", err, ErrNotFound)
	}
}

func TestMarksAndMentions(t *testing.T) {
	d := newDB(t)
	ctx := t.Context()
	named := text(11, 2)
	named.Flags = MentionsMe
	must(t, d.Apply(ctx, Batch{Room: chat.Lobby, Messages: []Message{text(10, 1), named}}))
	if n, err := d.UnreadMentions(ctx, chat.Lobby); err != nil || n != 1 {
		t.Errorf("%d mentions, %v, want 1", n, err)
	}
	must(t, d.SetRead(ctx, chat.Lobby, 11))
	if n, err := d.UnreadMentions(ctx, chat.Lobby); err != nil || n != 0 {
		t.Errorf("%d mentions after they were read, %v, want 0", n, err)
	}
	must(t, d.SetBookmark(ctx, Bookmark{Room: chat.Lobby, Target: named.ID, At: 5}))
	must(t, d.SetBookmark(ctx, Bookmark{Room: chat.Lobby, Target: text(10, 1).ID, At: 6}))
	marks, err := d.Bookmarks(ctx)
	if err != nil || len(marks) != 2 || marks[0].At != 6 || marks[1].Target != named.ID {
		t.Errorf("got %v, %v", marks, err)
	}
	must(t, d.SetBookmark(ctx, Bookmark{Room: chat.Lobby, Target: named.ID}))
	if marks, err = d.Bookmarks(ctx); err != nil || len(marks) != 1 {
		t.Errorf("got %v, %v, want one", marks, err)
	}
}

// Two devices that tell each other what was marked end with the same, whichever
// began, and what they are told does no harm.
func TestAdoptBookmarksAgrees(t *testing.T) {
	ctx, den := t.Context(), chat.RoomID{7}
	id := func(n byte) chat.MessageID { return chat.MessageID{15: n} }
	done := [2][]Bookmark{
		{{chat.Lobby, id(1), 5, 5}, {chat.Lobby, id(2), 5, 5}, {chat.Lobby, id(3), 0, 9}, {chat.Lobby, id(4), 7, 7}},
		{{chat.Lobby, id(1), 0, 6}, {chat.Lobby, id(2), 0, 5}, {chat.Lobby, id(3), 8, 8}, {chat.Lobby, id(5), 9, 9}},
	}
	for first := range 2 {
		var d [2]*DB
		for i := range d {
			d[i] = newDB(t)
			for _, m := range done[i] {
				must(t, d[i].SetBookmark(ctx, m))
			}
		}
		for _, to := range []int{first, 1 - first} {
			told, err := d[1-to].BookmarkChanges(ctx, 100)
			must(t, err)
			if _, all, err := d[to].AdoptBookmarks(ctx, told); err != nil || !all {
				t.Fatalf("all %v, %v", all, err)
			}
			if taken, _, err := d[to].AdoptBookmarks(ctx, told); err != nil || len(taken) != 0 {
				t.Errorf("told once more it takes %v, %v", taken, err)
			}
		}
		want := []Bookmark{{chat.Lobby, id(1), 0, 6}, {chat.Lobby, id(2), 5, 5}, {chat.Lobby, id(3), 0, 9}, {chat.Lobby, id(4), 7, 7}, {chat.Lobby, id(5), 9, 9}}
		for i := range d {
			if got, err := d[i].BookmarkChanges(ctx, 100); err != nil || !slices.Equal(got, want) {
				t.Errorf("device %d has %v, %v, want %v", i, got, err, want)
			}
		}
		for _, bad := range []Bookmark{{chat.Lobby, id(4), -1, 20}, {chat.Lobby, id(4), 0, -1}, {chat.Lobby, id(4), 0, 1<<62 + 1}} {
			if taken, all, err := d[0].AdoptBookmarks(ctx, []Bookmark{bad}); err != nil || !all || len(taken) != 0 {
				t.Errorf("%v: took %v, %v, %v", bad, taken, all, err)
			}
		}
		if taken, all, err := d[0].AdoptBookmarks(ctx, []Bookmark{{den, id(1), 1, 1}}); err != nil || all || len(taken) != 0 {
			t.Errorf("of an unknown room: took %v, %v, %v", taken, all, err)
		}
	}
}

// Of what is not marked any more the latest is remembered, and no more.
func TestUnmarkedIsBounded(t *testing.T) {
	d, ctx := newDB(t), t.Context()
	var told []Bookmark
	for i := range maxUnmarked + 50 {
		told = append(told, Bookmark{chat.Lobby, chat.MessageID{byte(i), byte(i >> 8), 1}, 0, int64(i + 1)})
	}
	if _, _, err := d.AdoptBookmarks(ctx, told); err != nil {
		t.Fatal(err)
	}
	got, err := d.BookmarkChanges(ctx, 2*maxUnmarked)
	if err != nil || len(got) != maxUnmarked {
		t.Fatalf("%d are remembered, %v, want %d", len(got), err, maxUnmarked)
	}
	for _, m := range got {
		if m.Changed <= 50 {
			t.Errorf("remembers an old one: %v", m)
		}
	}
}

// A store of schema 1 opens with its drafts, rows and transfers.
func TestSchema1Opens(t *testing.T) {
	path := filepath.Join(t.TempDir(), "place.db")
	b, err := os.ReadFile("testdata/schema1.db")
	must(t, err)
	must(t, os.WriteFile(path, b, 0o600))
	d := openAt(t, path)
	defer d.Close()
	ctx := t.Context()
	if s, err := d.Draft(ctx, chat.Lobby); err != nil || s != "begun" {
		t.Errorf("draft %q, %v", s, err)
	}
	if x, err := d.Transfer(ctx, chat.MessageID{1}); err != nil || x.Name != "a.txt" || len(x.Note) != 0 {
		t.Errorf("transfer %+v, %v", x, err)
	}
	if m, err := d.ByID(ctx, chat.Lobby, text(10, 1).ID); err != nil || m.Seq != 10 {
		t.Errorf("message %+v, %v", m, err)
	}
	withBen(t, d)
	must(t, d.Apply(ctx, Batch{Room: chat.Lobby, After: 10, Messages: []Message{of(text(11, 2), ana, anaPhone, 3, text(10, 1).ID, 0)}}))
	if rel, err := d.Relations(ctx, chat.Lobby, 1, 20); err != nil || len(rel) != 1 {
		t.Errorf("%d relations, %v, want 1", len(rel), err)
	}
}

// D5: a deletion that comes before its message deletes it when it comes, with all
// that was said of it: the author's own anything, a moderator's anybody's, a
// stranger's nothing.
func TestDeletedBeforeItCame(t *testing.T) {
	for name, c := range map[string]struct {
		by     chat.AccountID
		device chat.DeviceID
		erase  Erase
		gone   bool
	}{
		"by its author":    {ana, anaPhone, EraseOwn, true},
		"by a moderator":   {berta, bertaPhone, EraseAny, true},
		"by somebody else": {berta, bertaPhone, EraseOwn, false},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDB(t)
			withBen(t, d)
			ctx := t.Context()
			late := text(20, 5)
			late.Body, late.Words = []byte("secret canary"), &Words{Text: "secret canary"}
			edit := of(text(11, 2), ana, anaPhone, 4, late.ID, 0)
			edit.Body = []byte("another canary")
			must(t, d.Apply(ctx, Batch{Room: chat.Lobby, Messages: []Message{text(10, 1), edit, of(text(12, 3), c.by, c.device, 5, late.ID, c.erase)}}))
			must(t, d.Apply(ctx, Batch{Room: chat.Lobby, After: 12, Messages: []Message{late}}))
			m, err := d.Message(ctx, 20)
			must(t, err)
			if gone := m.Flags&Deleted != 0; gone != c.gone || gone != (len(m.Body) == 0) {
				t.Errorf("the message has %q, flags %b; want it gone: %v", m.Body, m.Flags, c.gone)
			}
			e, err := d.Message(ctx, 11)
			must(t, err)
			if gone := len(e.Body) == 0; gone != c.gone {
				t.Errorf("its edit has %q, want it gone: %v", e.Body, c.gone)
			}
			found, err := d.Search(ctx, Query{Terms: terms("canary"), N: 5})
			must(t, err)
			if (len(found) == 0) != c.gone {
				t.Errorf("%d messages are found", len(found))
			}
			if del, err := d.Message(ctx, 12); err != nil || del.Flags&Deleted != 0 {
				t.Errorf("the deletion itself has flags %b, %v", del.Flags, err)
			}
		})
	}
}
