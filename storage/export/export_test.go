package export

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func words() Words {
	return Words{
		Lang: "ar", RightLeft: true, Title: "Choir", Line: "made today", Rooms: "Rooms", People: "People", Back: "All rooms", Earlier: "Earlier", Later: "Later",
		NotHere: "not in this export",
		Kind:    func(r *Room) string { return r.Kind },
		Day:     func(t time.Time) string { return t.UTC().Format(time.DateOnly) },
		Time:    func(t time.Time) string { return t.UTC().Format("15:04") },
		Count:   func(n int64) string { return fmt.Sprint(n) },
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// write makes an export of one room with n messages.
func write(t *testing.T, n int) string {
	t.Helper()
	w, err := Create(t.TempDir(), "Choir", words())
	ok(t, err)
	ok(t, w.BeginRoom(Room{ID: "01", Kind: KindOpen, Name: "Lobby"}))
	for i := range n {
		ok(t, w.Row(&Row{Seq: uint64(i + 1), ID: "aa", Kind: "text", Text: fmt.Sprint("row ", i)}))
		ok(t, w.Line(&Line{ID: "aa", From: "Ana", At: time.UnixMilli(int64(i) * 1000), Text: fmt.Sprint("line ", i, ".")}))
	}
	ok(t, w.EndRoom())
	ok(t, w.Finish(Place{Name: "Choir", People: []Person{{ID: "02", Name: "Ana"}}}))
	return w.Folder()
}

func read(t *testing.T, path ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(path...))
	ok(t, err)
	return string(b)
}

// P4: long rooms go over several pages, each linked with the ones beside it, and
// every message is on one of them and in the data.
func TestP4LongRoomsHaveSeveralPages(t *testing.T) {
	n := 2*pageLines + 1
	folder := write(t, n)
	pages := []string{"room-001.html", "room-001-002.html", "room-001-003.html"}
	all := ""
	for i, name := range pages {
		page := read(t, folder, name)
		all += page
		for j, other := range pages {
			if want := j == i-1 || j == i+1; strings.Contains(page, `href="`+other+`"`) != want {
				t.Errorf("%s links to %s: %v, want %v", name, other, !want, want)
			}
		}
	}
	for i := range n {
		if c := strings.Count(all, fmt.Sprint("line ", i, ".")); c != 1 {
			t.Fatalf("line %d stands %d times", i, c)
		}
	}
	if index := read(t, folder, "index.html"); !strings.Contains(index, `href="room-001.html"`) || !strings.Contains(index, `dir="rtl"`) || !strings.Contains(index, "4001") {
		t.Errorf("the index is\n%s", index)
	}
	a, err := Open(folder)
	ok(t, err)
	defer a.Close()
	rows := 0
	for row, err := range a.Rows(t.Context(), &a.Place.Rooms[0]) {
		ok(t, err)
		if want := fmt.Sprint("row ", rows); row.Text != want {
			t.Fatalf("got %q, want %q", row.Text, want)
		}
		rows++
	}
	if rows != n || a.Place.Rooms[0].Rows != int64(n) {
		t.Errorf("%d rows came back of %d", rows, n)
	}
	if read(t, folder, "data", "README.md") != string(readme) {
		t.Error("the export does not explain itself")
	}
}

// P4: what is no export, or not whole, or of a later version, is said to be that.
func TestOpenRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		place string
		want  error
	}{
		"an empty folder":       {"", ErrFormat},
		"no JSON":               {"hello", ErrFormat},
		"something else":        {`{"format":"other","version":1}`, ErrFormat},
		"a later version":       {`{"format":"snug export","version":2}`, ErrNewer},
		"a list for the people": {`{"format":"snug export","version":1,"people":3}`, ErrFormat},
		"a room outside":        {`{"format":"snug export","version":1,"rooms":[{"file":"../../etc/passwd"}]}`, ErrFormat},
		"a wrong time":          {`{"format":"snug export","version":1,"made":"yesterday"}`, ErrFormat},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			if c.place != "" {
				ok(t, os.Mkdir(filepath.Join(folder, dataName), 0o700))
				ok(t, os.WriteFile(filepath.Join(folder, placeName), []byte(c.place), 0o600))
			}
			if _, err := Open(folder); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

// A folder that somebody changed leads nowhere out of itself.
func TestMediaStaysInside(t *testing.T) {
	folder := write(t, 1)
	secret := filepath.Join(filepath.Dir(folder), "secret")
	ok(t, os.WriteFile(secret, []byte("secret"), 0o600))
	ok(t, os.WriteFile(filepath.Join(folder, mediaName, "good"), []byte("good"), 0o600))
	ok(t, os.Symlink(secret, filepath.Join(folder, mediaName, "link")))
	ok(t, os.Mkdir(filepath.Join(folder, mediaName, "dir"), 0o700))
	a, err := Open(folder)
	ok(t, err)
	defer a.Close()
	for name, want := range map[string]bool{
		"media/good": true, "media/link": false, "media/../../secret": false, "../secret": false, "/etc/passwd": false, "media/": false, "media/dir": false,
		"media/none": false, "data/place.json": false, "": false,
	} {
		f, err := a.Media(name)
		if (err == nil) != want {
			t.Errorf("%q: got %v, want it there: %v", name, err, want)
		}
		if err == nil {
			ok(t, f.Close())
		}
	}
}

// A file that changed size since, or went, is left out; one that cannot be
// written ends the export; two that begin alike have both their place.
func TestAddMedia(t *testing.T) {
	dir := t.TempDir()
	from := filepath.Join(dir, "from.txt")
	ok(t, os.WriteFile(from, []byte("hello"), 0o600))
	w, err := Create(dir, "out", words())
	ok(t, err)
	ctx, none := context.Background(), func(int64) {}
	one, err := w.AddMedia(ctx, "0123456789abcdef", `../a/b?.txt`, from, 5, none)
	if err != nil || !isMedia(one) || read(t, w.Folder(), filepath.FromSlash(one)) != "hello" {
		t.Errorf("a file: %q, %v", one, err)
	}
	two, err := w.AddMedia(ctx, "01234567ffffffff", `../a/b?.txt`, from, 5, none)
	if err != nil || two == one {
		t.Errorf("another one of the name: %q, %v", two, err)
	}
	if _, err := w.AddMedia(ctx, "02", "b", from, 6, none); !errors.Is(err, ErrMissing) {
		t.Errorf("another size: %v", err)
	}
	if _, err := w.AddMedia(ctx, "02", "b", from+"x", 5, none); !errors.Is(err, ErrMissing) || strings.Contains(err.Error(), "from.txt") {
		t.Errorf("gone: %v, want %v without a name", err, ErrMissing)
	}
	if _, err := w.AddMedia(ctx, "02", "b", dir, 0, none); !errors.Is(err, ErrMissing) {
		t.Errorf("a folder: %v", err)
	}
	over, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := w.AddMedia(over, "03", "c", from, 5, none); !errors.Is(err, context.Canceled) {
		t.Errorf("broken off: %v", err)
	}
	ok(t, w.Discard())
	if _, err := os.Stat(w.Folder()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what was discarded is there: %v", err)
	}
}

// Names of files become links that lead to them, whatever is in them.
func TestLink(t *testing.T) {
	for name, want := range map[string]string{
		"media/a b.png":          "media/a%20b.png",
		"media/100% #1?.png":     "media/100%25%20%231%3F.png",
		"media/\u00fc.png":       "media/%C3%BC.png",
		"media/javascript:x.gif": "media/javascript%3Ax.gif",
	} {
		if got := (&Media{Path: name}).Link(); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

// FuzzPlace: what is read is written again and read as the same.
func FuzzPlace(f *testing.F) {
	f.Add([]byte(`{"format":"snug export","version":1,"made":"2026-11-23T03:00:00.000Z","people":[{"id":"00","name":"Ana","seen":""}],"rooms":[{"id":"01","file":"data/room-001.jsonl"}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var p, again Place
		if p.parse(b) != nil {
			return
		}
		first, err := json.Marshal(p)
		if err != nil {
			return // a year that JSON has no text for
		}
		if err := again.parse(first); err != nil {
			t.Fatalf("%s: %v", first, err)
		}
		if second, err := json.Marshal(again); err != nil || !bytes.Equal(first, second) {
			t.Errorf("%s was read as %s", first, second)
		}
	})
}

// FuzzRow: as FuzzPlace, for a line of a room.
func FuzzRow(f *testing.F) {
	f.Add([]byte(`{"seq":1,"id":"00","kind":"text","text":"hi","sent":"2026-11-23T03:00:00.000Z","raw":"AAEC","flags":["deleted"]}`))
	f.Add([]byte(`{"id":"00","kind":"members","change":{"added":[[1,2]]},"file":{"name":"x","size":3,"sealed":{"root":"00","length":5,"key":"11"}}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var r, again Row
		if json.Unmarshal(b, &r) != nil {
			return
		}
		first, err := json.Marshal(&r)
		if err != nil {
			return // as above
		}
		if err := json.Unmarshal(first, &again); err != nil {
			t.Fatalf("%s: %v", first, err)
		}
		if second, err := json.Marshal(&again); err != nil || !bytes.Equal(first, second) {
			t.Errorf("%s was read as %s", first, second)
		}
	})
}
