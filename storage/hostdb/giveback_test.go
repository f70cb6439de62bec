package hostdb_test

import (
	"path/filepath"
	"testing"

	"github.com/snugchat/snug/storage/chat"
)

// What a store lost it takes back at the places that it had, in order and once, until
// the room has gone on.
func TestGiveBack(t *testing.T) {
	old := fresh(t)
	kept := say(t, old, phone, 0, 2)
	path := filepath.Join(t.TempDir(), "backup.db")
	if _, err := old.Backup(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	lost := append(say(t, old, phone, 2, 2), say(t, old, desk, 0, 2)...)
	until := lost[len(lost)-1].Seq
	db := open(t, path)
	if err := db.NewLineage(t.Context()); err != nil {
		t.Fatal(err)
	}
	give := func(rows ...*chat.Row) (taken []uint64) {
		t.Helper()
		var posts []*chat.Post
		for _, r := range rows {
			posts = append(posts, &chat.Post{Row: r})
		}
		err := db.GiveBack(t.Context(), chat.Lobby, posts, until, func(posts []*chat.Post) {
			for _, p := range posts {
				taken = append(taken, p.Row.Seq)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		return taken
	}
	for _, c := range []struct {
		what string
		rows []*chat.Row
		want int // so many are taken
	}{
		{"what it has", kept, 0},
		{"behind a gap of its device", lost[1:2], 0},
		{"the first, behind what it has", append(kept[1:2:2], lost[0]), 1},
		{"the same again", lost[:1], 0},
		{"up to one that does not follow", []*chat.Row{lost[1], lost[3]}, 1},
	} {
		got := give(c.rows...)
		if len(got) != c.want {
			t.Errorf("%s: rows %v were taken, want %d", c.what, got, c.want)
		}
	}
	after, _, err := db.After(t.Context(), chat.Lobby, 0, 10, 1<<20)
	if err != nil || len(after) != 4 || after[2].Seq != lost[0].Seq || after[3].Seq != lost[1].Seq {
		t.Fatalf("%d rows, %v, want the four of the phone in their places", len(after), err)
	}
	if got := post(t, db, row(phone, 5, 'n')); got.outcome != chat.Appended {
		t.Fatalf("a new message: %+v", got)
	}
	if got := give(lost[2:]...); len(got) != 0 {
		t.Errorf("behind a new row %v were taken", got)
	}
}
