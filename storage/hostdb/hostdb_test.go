package hostdb_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/hostdb"
)

var (
	ana   = chat.AccountID{1}
	phone = chat.DeviceID{1, 1}
	desk  = chat.DeviceID{1, 2}
)

func open(t testing.TB, path string) *hostdb.DB {
	t.Helper()
	db, err := hostdb.Open(t.Context(), path, [32]byte{7}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func fresh(t testing.TB) *hostdb.DB {
	t.Helper()
	db := open(t, filepath.Join(t.TempDir(), "host.db"))
	apply(t, db, &chat.Change{
		Accounts: []chat.Account{{ID: ana, Name: "Ana", Skeleton: "ana", Role: chat.Owner, State: chat.Active, Created: 1}},
		Devices: []chat.Device{
			{ID: phone, Account: ana, Certificate: []byte("c1"), Created: 1},
			{ID: desk, Account: ana, Certificate: []byte("c2"), Created: 2},
		},
	})
	return db
}

func apply(t testing.TB, db *hostdb.DB, c *chat.Change) {
	t.Helper()
	if err := db.Apply(t.Context(), c, nil); err != nil {
		t.Fatal(err)
	}
}

func row(device chat.DeviceID, counter uint64, id byte) *chat.Row {
	return &chat.Row{
		Room: chat.Lobby, Received: int64(counter) * 10, Device: device, Counter: counter, ID: chat.MessageID{id, byte(counter)},
		Envelope: bytes.Repeat([]byte{id}, 256), Signature: bytes.Repeat([]byte{2}, 64),
	}
}

type result struct {
	outcome chat.Outcome
	last    uint64
	err     error
}

func post(t testing.TB, db *hostdb.DB, r *chat.Row) result {
	t.Helper()
	done := make(chan result, 1)
	if err := db.Append(&chat.Post{Row: r}, func(o chat.Outcome, last uint64, err error) { done <- result{o, last, err} }); err != nil {
		t.Fatal(err)
	}
	return <-done
}

func TestAppend(t *testing.T) {
	db := fresh(t)
	for _, c := range []struct {
		what    string
		row     *chat.Row
		outcome chat.Outcome
		last    uint64
		seq     uint64
	}{
		{"a first message", row(phone, 1, 'a'), chat.Appended, 1, 1},
		{"the same again is a retry", row(phone, 1, 'a'), chat.Repeated, 1, 1},
		{"another message with the same counter", row(phone, 1, 'b'), chat.Conflict, 1, 0},
		{"a counter that skips one", row(phone, 3, 'a'), chat.Conflict, 1, 0},
		{"counter zero", row(phone, 0, 'a'), chat.Conflict, 1, 0},
		{"a counter beyond what the disk can hold", row(phone, 1<<63, 'a'), chat.Conflict, 1, 0},
		{"the next one", row(phone, 2, 'a'), chat.Appended, 2, 2},
		{"an old retry", row(phone, 1, 'a'), chat.Repeated, 2, 1},
		{"another device has its own counter", row(desk, 1, 'c'), chat.Appended, 1, 3},
	} {
		got := post(t, db, c.row)
		if want := (result{c.outcome, c.last, nil}); got != want || c.row.Seq != c.seq {
			t.Errorf("%s: got %v with seq %d, want %v with seq %d", c.what, got, c.row.Seq, want, c.seq)
		}
	}
	if r := row(phone, 1, 'a'); true {
		r.Received = 999
		if post(t, db, r); r.Received != 10 {
			t.Errorf("a retry got the time %d, want that of the first time, 10", r.Received)
		}
	}
	other := row(phone, 1, 'a')
	other.Room = chat.Directory
	if got := post(t, db, other); got.outcome != chat.Appended {
		t.Errorf("a counter of another room: %v, want appended", got)
	}
}

func TestAppendByStranger(t *testing.T) {
	db := fresh(t)
	if got := post(t, db, row(chat.DeviceID{99}, 1, 'a')); got.err == nil {
		t.Errorf("got %v, want an error: nobody has this device", got)
	}
	if got := post(t, db, row(phone, 1, 'a')); got.outcome != chat.Appended {
		t.Errorf("after it got %v, want appended", got)
	}
}

// TestOneOrder posts from many goroutines with changes in between: what was
// called done came in the order of the seqs.
func TestOneOrder(t *testing.T) {
	db := fresh(t)
	const devices, messages = 8, 50
	var c chat.Change
	for i := range devices {
		c.Devices = append(c.Devices, chat.Device{ID: chat.DeviceID{9, byte(i)}, Account: ana, Certificate: []byte("c")})
	}
	apply(t, db, &c)
	var mu sync.Mutex
	var order []uint64
	note := func(seq uint64) {
		mu.Lock()
		defer mu.Unlock()
		order = append(order, seq)
	}
	var wg sync.WaitGroup
	for i := range devices {
		wg.Go(func() {
			for n := range messages {
				wg.Add(1)
				r := row(chat.DeviceID{9, byte(i)}, uint64(n+1), 'x')
				if err := db.Append(&chat.Post{Row: r}, func(o chat.Outcome, _ uint64, err error) {
					if o != chat.Appended || err != nil {
						t.Errorf("device %d message %d: %v, %v", i, n, o, err)
					}
					note(r.Seq)
					wg.Done()
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for n := range 20 {
		r := row(desk, uint64(n+1), 'y')
		r.Room = chat.Directory
		c := &chat.Change{Rows: []chat.Row{*r}}
		if err := db.Apply(t.Context(), c, func() { note(c.Rows[0].Seq) }); err != nil {
			t.Fatal(err)
		}
	}
	wg.Wait()
	if want := devices*messages + 20; len(order) != want {
		t.Fatalf("%d rows were reported, want %d", len(order), want)
	}
	for i := 1; i < len(order); i++ {
		if order[i] <= order[i-1] {
			t.Fatalf("seq %d was reported after %d", order[i], order[i-1])
		}
	}
}

func TestAfter(t *testing.T) {
	db := fresh(t)
	for n := range 10 {
		post(t, db, row(phone, uint64(n+1), 'a'))
	}
	for _, c := range []struct {
		what         string
		after        uint64
		rows, bytes  int
		first, count int
		more         bool
	}{
		{"all", 0, 100, 1 << 20, 1, 10, false},
		{"exactly all", 0, 10, 10 * 320, 1, 10, false},
		{"as many rows as wanted", 3, 4, 1 << 20, 4, 4, true},
		{"as many bytes as wanted", 0, 100, 3 * 320, 1, 3, true},
		{"at least one", 0, 100, 1, 1, 1, true},
		{"the last", 9, 100, 1, 10, 1, false},
		{"none", 10, 100, 1, 0, 0, false},
		{"none after the end of all numbers", 1<<64 - 1, 100, 1, 0, 0, false},
	} {
		rows, more, err := db.After(t.Context(), chat.Lobby, c.after, c.rows, c.bytes)
		if err != nil || len(rows) != c.count || more != c.more || (c.count > 0 && rows[0].Seq != uint64(c.first)) {
			t.Errorf("%s: got %d rows, more %v, %v; want %d from %d, more %v", c.what, len(rows), more, err, c.count, c.first, c.more)
		}
	}
	if head, err := db.Head(t.Context(), chat.Lobby); err != nil || head != 10 {
		t.Errorf("head %d, %v, want 10", head, err)
	}
	if head, err := db.Head(t.Context(), chat.RoomID{5}); err != nil || head != 0 {
		t.Errorf("head of no room %d, %v, want 0", head, err)
	}
	rows, _, err := db.After(t.Context(), chat.Lobby, 9, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	want := *row(phone, 10, 'a')
	want.Seq = 10
	if !reflect.DeepEqual(rows[0], want) {
		t.Errorf("got %+v, want %+v", rows[0], want)
	}
}

func TestBefore(t *testing.T) {
	db := fresh(t)
	for n := range 10 {
		post(t, db, row(phone, uint64(n+1), 'a'))
	}
	for _, c := range []struct {
		what         string
		before       uint64
		rows, bytes  int
		first, count int
	}{
		{"all", 1<<64 - 1, 100, 1 << 20, 1, 10},
		{"exactly all", 11, 10, 10 * 320, 1, 10},
		{"as many rows as wanted, the last ones", 9, 4, 1 << 20, 5, 4},
		{"as many bytes as wanted", 11, 100, 3 * 320, 8, 3},
		{"at least one", 11, 100, 1, 10, 1},
		{"the first", 2, 100, 1, 1, 1},
		{"none", 1, 100, 1, 0, 0},
	} {
		rows, err := db.Before(t.Context(), chat.Lobby, c.before, c.rows, c.bytes)
		if err != nil || len(rows) != c.count {
			t.Errorf("%s: got %d rows, %v; want %d", c.what, len(rows), err, c.count)
			continue
		}
		for i := range rows {
			if want := uint64(c.first + i); rows[i].Seq != want {
				t.Errorf("%s: row %d is %d, want %d", c.what, i, rows[i].Seq, want)
			}
		}
	}
}

func TestLoadWhatWasApplied(t *testing.T) {
	path := filepath.Join(t.TempDir(), "host.db")
	db := open(t, path)
	first, err := db.Load(t.Context())
	if err != nil || first.Place != nil || first.Lineage == [16]byte{} {
		t.Fatalf("a new store gives %+v, %v", first, err)
	}
	account := chat.Account{
		ID: ana, Name: "Ana", Skeleton: "ana", Role: chat.Owner, State: chat.Banned, Identity: [32]byte{3}, Record: []byte{4}, Created: 5,
		Fails: 6, FailedAt: 7, BannedUntil: 8, Reason: "why", By: chat.AccountID{9}, ResetHash: []byte{10}, ResetUntil: 11, Invite: []byte{12}, InvitedBy: chat.AccountID{13},
	}
	device := chat.Device{ID: phone, Account: ana, Transport: [32]byte{1}, Certificate: []byte{2}, Created: 3, Seen: 4, Revoked: 5}
	invite := chat.Invite{ID: [32]byte{1}, By: ana, Role: chat.Member, Uses: 3, Used: 2, Created: 4, Expires: 5, Revoked: 6, AskFirst: true, Personal: true}
	held := *row(phone, 1, 'h')
	held.Room = chat.Directory
	place := chat.Place{Name: "Our class", Mode: chat.JoinOpen, MaxFile: 1}
	apply(t, db, &chat.Change{Place: &place, Accounts: []chat.Account{account}, Devices: []chat.Device{device}, Invites: []chat.Invite{invite}, Hold: []chat.Row{held}})
	want := chat.Roster{
		Lineage: first.Lineage, Place: &place,
		Accounts: []chat.Account{account}, Devices: []chat.Device{device}, Invites: []chat.Invite{invite}, Waiting: []chat.Row{held},
	}
	if got, err := db.Load(t.Context()); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
	apply(t, db, &chat.Change{Forget: []chat.AccountID{ana}, Place: &chat.Place{Name: "x", Mode: chat.JoinClosed}})
	got, err := db.Load(t.Context())
	if err != nil || len(got.Accounts)+len(got.Devices)+len(got.Waiting) != 0 || len(got.Invites) != 1 {
		t.Errorf("after forgetting got %+v, %v", got, err)
	}
}

func TestApplyAllOrNothing(t *testing.T) {
	db := fresh(t)
	bad := *row(phone, 5, 'a') // skips four
	bad.Room = chat.Directory
	err := db.Apply(t.Context(), &chat.Change{
		Accounts: []chat.Account{{ID: chat.AccountID{2}, Name: "Ben", Skeleton: "ben", Role: chat.Member, State: chat.Active}},
		Invites:  []chat.Invite{{ID: [32]byte{1}, Role: chat.Member, Uses: 1, Used: 1}},
		Rows:     []chat.Row{bad},
		Audit:    []chat.Audit{{Action: "register"}},
	}, func() { t.Error("called committed") })
	if !errors.Is(err, chat.ErrCounter) {
		t.Fatalf("got %v, want ErrCounter", err)
	}
	r, err := db.Load(t.Context())
	if err != nil || len(r.Accounts) != 1 || len(r.Invites) != 0 {
		t.Errorf("left behind: %+v, %v", r, err)
	}
	if lines, _ := db.Audit(t.Context(), 10); len(lines) != 0 {
		t.Errorf("left behind in the audit: %v", lines)
	}
	err = db.Apply(t.Context(), &chat.Change{Invites: []chat.Invite{{ID: [32]byte{1}, Role: chat.Member, Uses: 1, Used: 2}}}, nil)
	if err == nil {
		t.Error("an invite was used more often than it has uses")
	}
}

func TestSecret(t *testing.T) {
	db := fresh(t)
	makes := 0
	create := func() ([]byte, error) { makes++; return fmt.Appendf(nil, "secret %d", makes), nil }
	a, err := db.Secret(t.Context(), "host key", create)
	if err != nil {
		t.Fatal(err)
	}
	b, err := db.Secret(t.Context(), "host key", create)
	if err != nil || string(a) != "secret 1" || string(b) != string(a) {
		t.Errorf("got %q then %q, %v", a, b, err)
	}
	broken := errors.New("no randomness")
	if _, err := db.Secret(t.Context(), "other", func() ([]byte, error) { return nil, broken }); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
}

// TestAudit changes the stored record in every way that one row allows.
func TestAudit(t *testing.T) {
	for _, c := range []struct {
		what, sql string
		ok        bool
	}{
		{"nothing", "SELECT 1", true},
		{"an actor", "UPDATE audit SET actor = zeroblob(16) WHERE n = 2", false},
		{"a time", "UPDATE audit SET at = at + 1 WHERE n = 2", false},
		{"a word", "UPDATE audit SET object = 'x' WHERE n = 2", false},
		{"letters moved from the action to the object", "UPDATE audit SET action = 'ba', object = 'n2' WHERE n = 2", false},
		{"a line taken out", "DELETE FROM audit WHERE n = 2", false},
		{"the first line taken out", "DELETE FROM audit WHERE n = 1", false},
		{"two lines exchanged", "UPDATE audit SET n = -n WHERE n < 3; UPDATE audit SET n = 3 + n WHERE n < 0", false},
		{"a hash", "UPDATE audit SET hash = zeroblob(32) WHERE n = 3", false},
	} {
		t.Run(c.what, func(t *testing.T) {
			db := fresh(t)
			for i := range 3 {
				apply(t, db, &chat.Change{Audit: []chat.Audit{{Time: int64(i), Actor: ana, Action: "ban", Object: fmt.Sprint(i + 1)}}})
			}
			if err := db.Exec(t.Context(), c.sql); err != nil {
				t.Fatal(err)
			}
			lines, last, err := db.CheckAudit(t.Context())
			if c.ok && (err != nil || lines != 3 || last == [32]byte{}) {
				t.Errorf("got %d lines, %x, %v", lines, last, err)
			}
			if !c.ok && !errors.Is(err, hostdb.ErrAudit) {
				t.Errorf("got %v, want ErrAudit", err)
			}
		})
	}
	db := fresh(t)
	apply(t, db, &chat.Change{Audit: []chat.Audit{{Time: 1, Action: "a"}, {Time: 2, Actor: ana, Action: "b", Object: "c"}}})
	got, err := db.Audit(t.Context(), 1)
	if want := []chat.Audit{{Time: 2, Actor: ana, Action: "b", Object: "c"}}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

func TestBlobs(t *testing.T) {
	db := fresh(t)
	ctx := t.Context()
	b := chat.Blob{Root: [32]byte{1}, Length: 100, Account: ana, Room: chat.Lobby, Created: 50}
	for _, add := range []chat.Blob{b, {Root: [32]byte{2}, Length: 11, Account: ana, Room: chat.Lobby, Created: 60}, {Root: b.Root, Length: 7, Account: ana, Room: chat.Lobby}} {
		if err := db.PutBlob(ctx, add); err != nil {
			t.Fatal(err)
		}
	}
	if got, found, err := db.Blob(ctx, b.Root); err != nil || !found || got != b {
		t.Errorf("got %+v, %v, %v, want %+v", got, found, err, b)
	}
	if _, found, err := db.Blob(ctx, [32]byte{3}); err != nil || found {
		t.Errorf("found one that is not there, %v", err)
	}
	if u, err := db.BlobUse(ctx, ana); err != nil || u != (chat.BlobUse{Bytes: 111, Count: 2, Unnamed: 2}) {
		t.Errorf("got %+v, %v", u, err)
	}
	if u, err := db.BlobUse(ctx, chat.AccountID{5}); err != nil || u != (chat.BlobUse{}) {
		t.Errorf("of somebody else %+v, %v", u, err)
	}
	if blobs, _, err := db.BlobsToSave(ctx, 0, 10); err != nil || len(blobs) != 0 {
		t.Errorf("to save before a message: %v, %v", blobs, err)
	}
	done := make(chan struct{})
	r := row(phone, 1, 'f')
	if err := db.Append(&chat.Post{Row: r, Blobs: [][32]byte{b.Root}, Files: true}, func(chat.Outcome, uint64, error) { close(done) }); err != nil {
		t.Fatal(err)
	}
	<-done
	if u, err := db.BlobUse(ctx, ana); err != nil || u.Unnamed != 1 || u.Count != 2 {
		t.Errorf("after a message got %+v, %v, want one unnamed", u, err)
	}
	blobs, rows, err := db.BlobsToSave(ctx, 0, 10)
	if err != nil || len(blobs) != 1 || blobs[0].Root != b.Root || !reflect.DeepEqual(rows[0], *r) {
		t.Errorf("to save: %v, %v, %v", blobs, rows, err)
	}
	if err := db.RemoveBlob(ctx, b.Root); err != nil {
		t.Fatal(err)
	}
	if _, found, _ := db.Blob(ctx, b.Root); !found {
		t.Error("a blob that a message names was removed")
	}
	gone, err := db.AbandonedBlobs(ctx, 100, 10)
	if err != nil || len(gone) != 1 || gone[0].Root != [32]byte{2} {
		t.Errorf("abandoned: %v, %v", gone, err)
	}
	if err := db.RemoveBlob(ctx, gone[0].Root); err != nil {
		t.Fatal(err)
	}
	if err := db.SavedBlob(ctx, b.Root, 77); err != nil {
		t.Fatal(err)
	}
	if blobs, _, err := db.BlobsToSave(ctx, 0, 10); err != nil || len(blobs) != 0 {
		t.Errorf("to save afterwards: %v, %v", blobs, err)
	}
}

// TestCloseStoresWhatWaits hands over messages and closes at once.
func TestCloseStoresWhatWaits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "host.db")
	db := open(t, path)
	apply(t, db, &chat.Change{
		Accounts: []chat.Account{{ID: ana, Skeleton: "ana"}},
		Devices:  []chat.Device{{ID: phone, Account: ana, Certificate: []byte("c")}},
	})
	stored := 0
	for n := range 100 {
		if err := db.Append(&chat.Post{Row: row(phone, uint64(n+1), 'a')}, func(o chat.Outcome, _ uint64, err error) {
			if o == chat.Appended && err == nil {
				stored++
			}
		}); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if stored != 100 {
		t.Errorf("%d of 100 were stored", stored)
	}
	if err := db.Append(&chat.Post{Row: row(phone, 101, 'a')}, func(chat.Outcome, uint64, error) { t.Error("done was called") }); err == nil {
		t.Error("took a message after Close")
	}
	if head, err := open(t, path).Head(context.Background(), chat.Lobby); err != nil || head != 100 {
		t.Errorf("head is %d, %v, want 100", head, err)
	}
}

func TestAppendIsBounded(t *testing.T) {
	db := fresh(t)
	hold := make(chan struct{})
	release := sync.OnceFunc(func() { close(hold) })
	defer release()
	go func() { _ = db.Hold(hold) }()
	var wg sync.WaitGroup
	var err error
	n := 0
	for ; n < 10_000 && err == nil; n++ {
		r := row(phone, uint64(n+1), 'a')
		r.Envelope = make([]byte, 32<<10)
		wg.Add(1)
		if err = db.Append(&chat.Post{Row: r}, func(chat.Outcome, uint64, error) { wg.Done() }); err != nil {
			wg.Done()
		}
	}
	if !errors.Is(err, hostdb.ErrBusy) {
		t.Errorf("after %d messages of 32 KiB: %v, want ErrBusy", n, err)
	}
	release()
	wg.Wait()
	if got := post(t, db, row(phone, uint64(n), 'z')); got.err != nil {
		t.Errorf("afterwards: %v", got.err)
	}
}

// BenchmarkAppend is the host's group commit: 200-byte messages from 20 devices,
// 64 of each on their way.
func BenchmarkAppend(b *testing.B) {
	db := fresh(b)
	var c chat.Change
	for i := range 20 {
		c.Devices = append(c.Devices, chat.Device{ID: chat.DeviceID{9, byte(i)}, Account: ana, Certificate: []byte("c")})
	}
	apply(b, db, &c)
	window := make(chan struct{}, 64*20)
	var wg sync.WaitGroup
	var counters [20]uint64
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		window <- struct{}{}
		wg.Add(1)
		d := i % 20
		counters[d]++
		if err := db.Append(&chat.Post{Row: row(chat.DeviceID{9, byte(d)}, counters[d], 'x')}, func(o chat.Outcome, _ uint64, err error) {
			if o != chat.Appended {
				b.Errorf("%v, %v", o, err)
			}
			<-window
			wg.Done()
		}); err != nil {
			b.Fatal(err)
		}
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// TestDoneMeansCommitted looks, when a row is reported, at what another
// connection to the store sees: only what is committed.
func TestDoneMeansCommitted(t *testing.T) {
	db := fresh(t)
	var wg sync.WaitGroup
	for n := range 50 {
		r := row(phone, uint64(n+1), 'a')
		wg.Add(1)
		if err := db.Append(&chat.Post{Row: r}, func(chat.Outcome, uint64, error) {
			defer wg.Done()
			if head, err := db.Head(context.Background(), chat.Lobby); err != nil || head < r.Seq {
				t.Errorf("row %d was reported, but the store ends at %d, %v", r.Seq, head, err)
			}
		}); err != nil {
			t.Fatal(err)
		}
	}
	wg.Wait()
	c := &chat.Change{Audit: []chat.Audit{{Action: "x"}}}
	if err := db.Apply(t.Context(), c, func() {
		if lines, err := db.Audit(context.Background(), 1); err != nil || len(lines) != 1 {
			t.Errorf("a change was reported, but the store has %d lines, %v", len(lines), err)
		}
	}); err != nil {
		t.Fatal(err)
	}
}

// TestBlobPlans shows that neither an offer nor the hourly sweep reads the blobs
// of everybody.
func TestBlobPlans(t *testing.T) {
	plans, err := fresh(t).Plans(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"use":       "SEARCH blob USING COVERING INDEX blob_account (account=?)",
		"abandoned": "SEARCH blob USING INDEX blob_unnamed (created<?)\nCORRELATED SCALAR SUBQUERY 1\nSEARCH mail USING COVERING INDEX mail_root (root=?)",
		"fits": "SEARCH m USING COVERING INDEX sqlite_autoindex_mail_1 (recipient=?)\nSCALAR SUBQUERY 2\nSEARCH device USING COVERING INDEX sqlite_autoindex_device_1 (id=?)\n" +
			"SEARCH s USING INTEGER PRIMARY KEY (rowid=?)\nSCALAR SUBQUERY 1\nSEARCH device USING INDEX sqlite_autoindex_device_1 (id=?)",
	} {
		if got := strings.TrimSpace(plans[name]); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestInviteExpires(t *testing.T) {
	db := fresh(t)
	apply(t, db, &chat.Change{Invites: []chat.Invite{{ID: [32]byte{1}, Role: chat.Member, Uses: 1}, {ID: [32]byte{2}, Role: chat.Member, Uses: 1}}})
	apply(t, db, &chat.Change{Expire: [][32]byte{{1}}})
	r, err := db.Load(t.Context())
	if err != nil || len(r.Invites) != 1 || r.Invites[0].ID != [32]byte{2} {
		t.Errorf("got %v, %v", r.Invites, err)
	}
}
