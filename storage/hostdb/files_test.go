package hostdb_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/hostdb"
)

// markAll marks what there is, and returns how often read was called.
func markAll(t *testing.T, db *hostdb.DB, read func(*chat.Row) (chat.Mark, bool)) (calls int) {
	t.Helper()
	for more := true; more; {
		var err error
		more, err = db.MarkRows(t.Context(), func(r *chat.Row) (chat.Mark, bool) { calls++; return read(r) })
		if err != nil {
			t.Fatal(err)
		}
	}
	return calls
}

// F8: rows are marked once, however many they are and with gaps in their numbers;
// a store that was restored reads them anew.
func TestF8MarkRows(t *testing.T) {
	db, ctx := fresh(t), t.Context()
	const rows = 1203
	root := [32]byte{7}
	if err := db.PutBlob(ctx, chat.Blob{Root: root, Length: 100, Account: ana, Room: chat.Lobby, Created: 50}); err != nil {
		t.Fatal(err)
	}
	var file *chat.Row
	for i := range rows {
		p := &chat.Post{Row: row(phone, uint64(i+1), byte(i))}
		if i == 3 {
			file, p.Blobs = p.Row, [][32]byte{root}
		}
		done := make(chan struct{})
		if err := db.Append(p, func(chat.Outcome, uint64, error) { close(done) }); err != nil {
			t.Fatal(err)
		}
		<-done
	}
	if err := db.SavedBlob(ctx, root, 1); err != nil {
		t.Fatal(err)
	}
	if left, behind, err := db.LeaveBlobs(ctx, [][32]byte{root}, 1); len(left) != 0 || !behind || err != nil {
		t.Fatalf("before anything was marked: %v, %v, %v", left, behind, err)
	}
	read := func(r *chat.Row) (m chat.Mark, ok bool) {
		switch r.Seq {
		case file.Seq - 2: // a pin before what it pins is here, as for clients
			return chat.Mark{Room: r.Room, What: chat.MarkPinned, Target: file.ID}, true
		case file.Seq:
			return chat.Mark{Room: r.Room, What: chat.MarkFile, Target: r.ID, Root: root, Device: r.Device}, true
		}
		return m, false
	}
	old := func() int {
		list, err := db.OldBlobs(ctx, chat.AccountID{}, chat.OldBlob{}, 10)
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	if got := markAll(t, db, read); got != rows || old() != 0 {
		t.Errorf("%d rows read, want %d; %d blobs may go", got, rows, old())
	}
	if got := markAll(t, db, read); got != 0 {
		t.Errorf("%d rows were read again", got)
	}
	if err := db.NewLineage(ctx); err != nil {
		t.Fatal(err)
	}
	if old() != 1 {
		t.Errorf("a store that was restored still has marks")
	}
	next := &chat.Post{Row: row(phone, rows+1, 9)}
	done := make(chan struct{})
	if err := db.Append(next, func(chat.Outcome, uint64, error) { close(done) }); err != nil {
		t.Fatal(err)
	}
	<-done
	if next.Row.Seq < 1<<32 {
		t.Fatalf("no gap: %d", next.Row.Seq)
	}
	if got := markAll(t, db, read); got != rows+1 || old() != 0 {
		t.Errorf("behind the gap: %d rows read, want %d; %d blobs may go", got, rows+1, old())
	}
}

// F8: what is looked up before a file goes does not read what stays.
func TestF8Plans(t *testing.T) {
	plans, err := fresh(t).Plans(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"old": "SEARCH b USING INDEX blob_age (last>?)", "open": "SEARCH e USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"} {
		if !strings.HasPrefix(plans[name], want) || strings.Contains(plans[name], "SCAN envelope") || strings.Contains(plans[name], "SCAN b") {
			t.Error(fmt.Sprint(name, ": ", plans[name], "want ", want))
		}
	}
}
