package client_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/storage/chat"
)

// search returns the texts and file names that a query finds, once all is there.
func (m *member) search(query string, room chat.RoomID) string {
	m.t.Helper()
	f, err := m.Search(m.t.Context(), query, room, 0, 20)
	if err != nil {
		m.t.Fatal(err)
	}
	var out []string
	for _, hit := range f.Messages {
		if hit.File != nil {
			out = append(out, hit.File.Name)
			continue
		}
		out = append(out, hit.Text)
	}
	for _, u := range f.Unknown {
		out = append(out, "?"+u)
	}
	slices.Sort(out)
	return strings.Join(out, " | ")
}

// FEATURES H2: what members write is found on each device, by words, people,
// files and dates; after an edit by the new words, and also after a start.
func TestSearch(t *testing.T) {
	p := newPlace(t)
	ana, ben := p.join("Ana"), p.join("Bén")
	ana.say("The rehearsal moves to Tuesday")
	id := ben.say("I cannot come on tuesday")
	ben.hears("Ana: The rehearsal moves to Tuesday | Bén: I cannot come on tuesday")
	path := filepath.Join(t.TempDir(), "tuesday plan.txt")
	if err := os.WriteFile(path, []byte("la la"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ana.SendFile(t.Context(), chat.Lobby, path); err != nil {
		t.Fatal(err)
	}
	if err := ben.EditMessage(t.Context(), chat.Lobby, id, client.Words{Text: "I will come on Friday"}); err != nil {
		t.Fatal(err)
	}
	ana.until("all is here", func() bool {
		return ana.search("tuesday", chat.RoomID{}) == "The rehearsal moves to Tuesday | tuesday plan.txt" && ana.search("friday", chat.RoomID{}) != ""
	})
	today := time.Now().Format("2006-01-02")
	check := func(when string) {
		t.Helper()
		for query, want := range map[string]string{
			"tues":                        "The rehearsal moves to Tuesday | tuesday plan.txt",
			`"moves to"`:                  "The rehearsal moves to Tuesday",
			`"to moves"`:                  "",
			"friday":                      "I will come on Friday",
			"cannot":                      "",
			"from:ben":                    "I will come on Friday",
			"from:me tuesday":             "The rehearsal moves to Tuesday | tuesday plan.txt",
			"tuesday has:file":            "tuesday plan.txt",
			"from:nobody tuesday":         "?nobody",
			"in:nowhere tuesday":          "?nowhere",
			"tuesday before:" + today:     "",
			"tuesday after:2020":          "The rehearsal moves to Tuesday | tuesday plan.txt",
			"tuesday after:" + today:      "",
			`from:"Ana" has:file plan`:    "tuesday plan.txt",
			"has:nothing":                 "",
			"  ":                          "",
			`tuesday from:`:               "", // looked for as it stands
			"tuesday after:31.02.2026":    "",
			"TUESDAY rehearsal moves the": "The rehearsal moves to Tuesday",
			"after:2020":                  "I will come on Friday | The rehearsal moves to Tuesday | tuesday plan.txt",
			"before:2020":                 "",
			"has:file after:2020":         "tuesday plan.txt",
			"from:me":                     "The rehearsal moves to Tuesday | tuesday plan.txt",
			"🎉":                           "",
			"rehersal":                    "The rehearsal moves to Tuesday", // mistyped
			"tuesday reheasral":           "The rehearsal moves to Tuesday",
			"friday rehearsal":            "", // both are there, in no message
			"from:me fridya":              "", // hers have no Friday
			`"rehersal"`:                  "",
		} {
			if got := ana.search(query, chat.RoomID{}); got != want {
				t.Errorf("%s: %s: got %q, want %q", when, query, got, want)
			}
		}
		if got := ana.search("tues", chat.Directory); got != "" {
			t.Errorf("%s: in another room: %q", when, got)
		}
	}
	check("at first")
	for query, want := range map[string]client.Found{
		"🎉 !":                  {Nothing: true},
		"from:ben":             {},
		"from:ben firday":      {Instead: "from:ben friday"},
		`Tusday  "moves to" ✓`: {Instead: `tuesday  "moves to" ✓`},
	} {
		f, err := ana.Search(t.Context(), query, chat.RoomID{}, 0, 20)
		if err != nil || f.Instead != want.Instead || f.Nothing != want.Nothing {
			t.Errorf("%s: instead %q, nothing %v, %v; want %q, %v", query, f.Instead, f.Nothing, err, want.Instead, want.Nothing)
		}
	}
	f, err := ana.Search(t.Context(), "tuesday", chat.RoomID{}, 0, 1)
	if err != nil || len(f.Messages) != 1 || f.Next == 0 {
		t.Fatalf("first of two: %+v, %v", f, err)
	}
	if f, err = ana.Search(t.Context(), "tuesday", chat.RoomID{}, f.Next, 1); err != nil || len(f.Messages) != 1 || f.Next != 0 {
		t.Errorf("second of two: %+v, %v", f, err)
	}
	ana.reopen()
	ana.until("the index is complete", func() bool {
		f, err := ana.Search(t.Context(), "x", chat.RoomID{}, 0, 1)
		return err == nil && !f.Building
	})
	check("after a start")
}

// FEATURES H2, C1: what was said in a private room is found by its members on their own
// devices, by the same conditions, and by nobody else.
func TestSearchInPrivateRoom(t *testing.T) {
	p := newPlace(t)
	ana, ben, eve := p.join("Ana"), p.join("Ben"), p.join("Eve")
	den := must(ana.CreateRoom(t.Context(), chat.RoomSealed, "The den", ""))
	ok(t, ana.InviteToRoom(t.Context(), den, ben.Me().Account))
	ben.is(den, client.RoomJoined)
	ana.say("A key for everybody")
	ana.sayIn(den, "The key lies under the pot")
	path := filepath.Join(t.TempDir(), "key list.txt")
	ok(t, os.WriteFile(path, []byte("la la"), 0o600))
	must(ana.SendFile(t.Context(), den, path))
	ben.until("Ana's are here", func() bool {
		return ben.search("key", chat.RoomID{}) == "A key for everybody | The key lies under the pot | key list.txt"
	})
	id := ben.sayIn(den, "I moved the kye")
	ana.until("Ben's is here", func() bool { return ana.search("moved", den) != "" })
	ok(t, ben.EditMessage(t.Context(), den, id, client.Words{Text: "I took the key home"}))
	ana.until("the edit is here", func() bool { return ana.search("took", den) != "" })
	check := func(when string) {
		t.Helper()
		for query, want := range map[string]string{
			"key":                      "A key for everybody | I took the key home | The key lies under the pot | key list.txt",
			"key in:den":               "?den", // it begins so: the
			`key in:"the den"`:         "I took the key home | The key lies under the pot | key list.txt",
			"in:the":                   "I took the key home | The key lies under the pot | key list.txt",
			"key in:lobby":             "A key for everybody",
			"in:the from:ben":          "I took the key home",
			"in:the from:me has:file":  "key list.txt",
			`"key lies under"`:         "The key lies under the pot",
			"in:the after:2020":        "I took the key home | The key lies under the pot | key list.txt",
			"in:the before:2020":       "",
			"kye":                      "", // it was edited away
			"in:the undre":             "The key lies under the pot",
			"from:ben key before:2020": "",
		} {
			if got := ana.search(query, chat.RoomID{}); got != want {
				t.Errorf("%s: %s: got %q, want %q", when, query, got, want)
			}
		}
		if got, want := ana.search("key", den), "I took the key home | The key lies under the pot | key list.txt"; got != want {
			t.Errorf("%s: in the room: got %q, want %q", when, got, want)
		}
	}
	check("at first")
	eve.until("the Lobby's is here", func() bool { return eve.search("key", chat.RoomID{}) != "" })
	if got, want := eve.search("key", chat.RoomID{}), "A key for everybody"; got != want {
		t.Errorf("somebody else finds %q, want %q", got, want)
	}
	ana.reopen()
	ana.until("the index is complete", func() bool {
		f, err := ana.Search(t.Context(), "x", chat.RoomID{}, 0, 1)
		return err == nil && !f.Building
	})
	check("after a start")
	ok(t, ben.DeleteForAll(t.Context(), den, id, false))
	ana.until("what was deleted is found no more", func() bool { return ana.search("took", chat.RoomID{}) == "" })
}
