package hostdb_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/hostdb"
)

var (
	ben   = chat.AccountID{2}
	tab   = chat.DeviceID{2, 1} // ben's
	nook  = chat.RoomID{7}
	other = chat.RoomID{8}
)

// withRoom returns a store with a sealed room of ana, and ben who is not in it.
func withRoom(t testing.TB) *hostdb.DB {
	t.Helper()
	db := fresh(t)
	apply(t, db, &chat.Change{
		Accounts: []chat.Account{{ID: ben, Name: "Ben", Skeleton: "ben", Role: chat.Member, State: chat.Active, Created: 1}},
		Devices:  []chat.Device{{ID: tab, Account: ben, Certificate: []byte("c3"), Created: 3}},
		Rooms: []chat.Room{
			{ID: nook, Kind: chat.RoomSealed, By: ana, Created: 10},
			{ID: other, Kind: chat.RoomSealed, By: ana, Created: 11},
		},
		Members: []chat.RoomMember{{Room: nook, Account: ana, Admin: true}, {Room: other, Account: ana, Admin: true}},
	})
	return db
}

// in returns a row of a sealed room.
func in(room chat.RoomID, device chat.DeviceID, counter uint64, id byte) *chat.Row {
	r := row(device, counter, id)
	r.Room, r.Signature = room, nil
	return r
}

func postAll(t testing.TB, db *hostdb.DB, p *chat.Post) result {
	t.Helper()
	done := make(chan result, 1)
	if err := db.Append(p, func(o chat.Outcome, last uint64, err error) { done <- result{o, last, err} }); err != nil {
		t.Fatal(err)
	}
	return <-done
}

func sealed(r *chat.Row, seen uint64) *chat.Post {
	return &chat.Post{Row: r, Sealed: true, Seen: seen}
}

func commit(r *chat.Row, seen uint64, members ...chat.Membership) *chat.Post {
	return &chat.Post{Row: r, Sealed: true, Seen: seen, Commit: true, Members: members}
}

// TestStale is the rule of the one order of sealed rooms: what was sealed before
// a commit that lies in between is not stored, and neither is what follows it.
func TestStale(t *testing.T) {
	db := withRoom(t)
	for _, c := range []struct {
		what    string
		post    *chat.Post
		outcome chat.Outcome
		last    uint64
		seq     uint64
	}{
		{"a first message", sealed(in(nook, phone, 1, 'a'), 0), chat.Appended, 1, 1},
		{"a commit", commit(in(nook, phone, 2, 'a'), 0), chat.Appended, 2, 2},
		{"a retry of what came before it", sealed(in(nook, phone, 1, 'a'), 0), chat.Repeated, 2, 1},
		{"a retry of itself", commit(in(nook, phone, 2, 'a'), 0), chat.Repeated, 2, 2},
		{"a message of one who has not seen it", sealed(in(nook, desk, 1, 'b'), 1), chat.Stale, 0, 0},
		{"and the next one of the same, no gap", sealed(in(nook, desk, 2, 'b'), 1), chat.Stale, 0, 0},
		{"a commit of one who has not seen it", commit(in(nook, desk, 1, 'c'), 1), chat.Stale, 0, 0},
		{"sealed again with the same id and counter", sealed(in(nook, desk, 1, 'b'), 2), chat.Appended, 1, 3},
		{"a counter that skips one", sealed(in(nook, desk, 3, 'b'), 2), chat.Conflict, 1, 0},
		{"a message after messages that are no commits", sealed(in(nook, phone, 3, 'a'), 2), chat.Appended, 3, 4},
		{"another room knows nothing of it", sealed(in(other, desk, 1, 'd'), 0), chat.Appended, 1, 5},
		{"open rooms have no such rule", &chat.Post{Row: row(desk, 1, 'e')}, chat.Appended, 1, 6},
	} {
		got := postAll(t, db, c.post)
		if want := (result{c.outcome, c.last, nil}); got != want || c.post.Row.Seq != c.seq {
			t.Errorf("%s: got %v with seq %d, want %v with seq %d", c.what, got, c.post.Row.Seq, want, c.seq)
		}
	}
}

// TestStaleInOneBatch hands over a message, a commit and messages that did not see
// it while the disk is busy: all of them are decided in one transaction.
func TestStaleInOneBatch(t *testing.T) {
	db := withRoom(t)
	wait, held := make(chan struct{}), make(chan error, 1)
	go func() { held <- db.Hold(wait) }()
	posts := []*chat.Post{
		commit(in(nook, phone, 1, 'a'), 0),
		sealed(in(nook, desk, 1, 'b'), 0),
		commit(in(nook, desk, 1, 'c'), 0),
	}
	done := make(chan chat.Outcome, len(posts))
	for _, p := range posts {
		if err := db.Append(p, func(o chat.Outcome, _ uint64, err error) {
			if err != nil {
				t.Error(err)
			}
			done <- o
		}); err != nil {
			t.Fatal(err)
		}
	}
	close(wait)
	if err := <-held; err != nil {
		t.Fatal(err)
	}
	for i, want := range []chat.Outcome{chat.Appended, chat.Stale, chat.Stale} {
		if got := <-done; got != want {
			t.Errorf("post %d: got %d, want %d", i, got, want)
		}
	}
}

// members returns who is in a room, by account.
func members(t testing.TB, db *hostdb.DB, room chat.RoomID) map[chat.AccountID]chat.RoomMember {
	t.Helper()
	_, list, err := db.Rooms(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	m := make(map[chat.AccountID]chat.RoomMember)
	for _, e := range list {
		if e.Room == room {
			m[e.Account] = e
		}
	}
	return m
}

// TestMembersComeWithTheirCommit shows that a row, the change of members and the
// mails are there together, and what each member has of the rows.
func TestMembersComeWithTheirCommit(t *testing.T) {
	db := withRoom(t)
	postAll(t, db, sealed(in(nook, phone, 1, 'a'), 0))
	add := commit(in(nook, phone, 2, 'a'), 1, chat.Membership{Account: ben})
	add.Mails = []chat.Mail{{ID: chat.MessageID{1}, To: tab, From: phone, Room: nook, Kind: 1, Data: []byte("welcome")}}
	if got := postAll(t, db, add); got.outcome != chat.Appended {
		t.Fatalf("%+v", got)
	}
	if got, want := members(t, db, nook)[ben], (chat.RoomMember{Room: nook, Account: ben, Since: 1}); !reflect.DeepEqual(got, want) {
		t.Errorf("ben: got %+v, want %+v", got, want)
	}
	mails, err := db.Mails(t.Context(), tab, 0, 1000)
	want := chat.Mail{N: 1, ID: chat.MessageID{1}, To: tab, From: phone, Room: nook, Kind: 1, Data: []byte("welcome"), Seq: 2, Time: 20}
	if err != nil || len(mails) != 1 || !reflect.DeepEqual(mails[0], want) {
		t.Errorf("mail: got %+v, %v, want %+v", mails, err, want)
	}
	postAll(t, db, add) // a retry changes nothing
	if mails, _ := db.Mails(t.Context(), tab, 0, 1000); len(mails) != 1 {
		t.Errorf("after a retry: %d mails", len(mails))
	}
	postAll(t, db, commit(in(nook, phone, 3, 'a'), 2, chat.Membership{Account: ben, Admin: true}))
	if got, want := members(t, db, nook)[ben], (chat.RoomMember{Room: nook, Account: ben, Since: 1, Admin: true}); !reflect.DeepEqual(got, want) {
		t.Errorf("as admin: got %+v, want %+v", got, want)
	}
	postAll(t, db, commit(in(nook, phone, 4, 'a'), 3, chat.Membership{Account: ben, Out: true}))
	if got, want := members(t, db, nook)[ben], (chat.RoomMember{Room: nook, Account: ben, Since: 1, Until: 4, Gone: 40}); !reflect.DeepEqual(got, want) {
		t.Errorf("removed: got %+v, want %+v", got, want)
	}
	// What is stale changes neither members nor mail.
	stale := commit(in(nook, desk, 1, 'b'), 3, chat.Membership{Account: ben})
	stale.Mails = []chat.Mail{{ID: chat.MessageID{2}, To: tab, From: phone, Room: nook, Data: []byte("welcome")}}
	if got := postAll(t, db, stale); got.outcome != chat.Stale {
		t.Fatalf("%+v", got)
	}
	if mails, _ := db.Mails(t.Context(), tab, 0, 1000); len(mails) != 1 || members(t, db, nook)[ben].Gone == 0 {
		t.Errorf("a stale commit brought %d mails and members %+v", len(mails), members(t, db, nook))
	}
	postAll(t, db, commit(in(nook, phone, 5, 'a'), 4, chat.Membership{Account: ben}))
	if got, want := members(t, db, nook)[ben], (chat.RoomMember{Room: nook, Account: ben, Since: 4, Earlier: []chat.Span{{Since: 1, Until: 4}}}); !reflect.DeepEqual(got, want) {
		t.Errorf("added again: got %+v, want %+v", got, want)
	}
	// Somebody who is not there any more spoils it for nobody.
	gone := commit(in(nook, phone, 6, 'a'), 5, chat.Membership{Account: chat.AccountID{99}})
	gone.Mails = []chat.Mail{{ID: chat.MessageID{3}, To: chat.DeviceID{99}, From: phone}}
	if got := postAll(t, db, gone); got.outcome != chat.Appended {
		t.Errorf("with somebody who went: %+v", got)
	}
	// Who was gone long enough is forgotten.
	postAll(t, db, commit(in(nook, phone, 7, 'a'), 6, chat.Membership{Account: ben, Out: true}))
	for before, want := range map[int64]bool{70: true, 71: false} {
		if _, err := db.SweepRooms(t.Context(), before); err != nil {
			t.Fatal(err)
		}
		if _, there := members(t, db, nook)[ben]; there != want && before == 71 {
			t.Errorf("swept up to %d: there %v, want %v", before, there, want)
		}
	}
}

// TestMailIsBounded shows that a device's mail has an end, that one sender cannot
// fill it, and that a commit whose mail does not fit is not stored at all.
func TestMailIsBounded(t *testing.T) {
	db := withRoom(t)
	ctx := t.Context()
	mail := func(from, to chat.DeviceID, n int) chat.Mail {
		return chat.Mail{ID: chat.MessageID{byte(n >> 8), byte(n), from[1]}, From: from, To: to, Data: []byte("x")}
	}
	for n := range hostdb.MaxMailFrom {
		if ok, err := db.PutMails(ctx, []chat.Mail{mail(phone, tab, n)}, 5); err != nil || !ok {
			t.Fatalf("mail %d: %v, %v", n, ok, err)
		}
	}
	if ok, err := db.PutMails(ctx, []chat.Mail{mail(phone, desk, 1), mail(desk, tab, 1000)}, 5); err != nil || ok {
		t.Errorf("another device of the same sender: %v, %v, want no", ok, err)
	}
	if mails, _ := db.Mails(ctx, desk, 0, 1000); len(mails) != 0 {
		t.Error("half of what was refused is there")
	}
	if ok, err := db.PutMails(ctx, []chat.Mail{mail(tab, tab, 1000)}, 5); err != nil || !ok {
		t.Errorf("another sender: %v, %v", ok, err)
	}
	full := commit(in(nook, phone, 1, 'a'), 0, chat.Membership{Account: ben})
	full.Mails = []chat.Mail{mail(phone, tab, 2000)}
	if got := postAll(t, db, full); got.outcome != chat.Full {
		t.Errorf("a commit with mail that does not fit: %+v", got)
	}
	if head, err := db.Head(ctx, nook); err != nil || head != 0 || len(members(t, db, nook)) != 1 {
		t.Errorf("it left something behind: %d, %v", head, err)
	}
	if err := db.RemoveMail(ctx, tab, mail(phone, tab, 0).ID); err != nil {
		t.Fatal(err)
	}
	if got := postAll(t, db, full); got.outcome != chat.Appended {
		t.Errorf("once one was taken: %+v", got)
	}
	// Many senders fill a box together, and no further.
	c := &chat.Change{}
	for n := range 10 {
		id := chat.AccountID{50, byte(n)}
		c.Accounts = append(c.Accounts, chat.Account{ID: id, Name: fmt.Sprint(n), Skeleton: fmt.Sprint(n), Role: chat.Member, State: chat.Active})
		c.Devices = append(c.Devices, chat.Device{ID: chat.DeviceID(id), Account: id, Certificate: []byte("c")})
	}
	apply(t, db, c)
	stored := hostdb.MaxMailFrom + 1
	for n := range 10 * hostdb.MaxMailFrom {
		ok, err := db.PutMails(ctx, []chat.Mail{mail(chat.DeviceID{50, byte(n % 10)}, tab, n)}, 6)
		if err != nil {
			t.Fatal(err)
		}
		if ok {
			stored++
		}
	}
	if stored != hostdb.MaxMail {
		t.Errorf("%d mails were taken, want %d", stored, hostdb.MaxMail)
	}
	if err := db.ExpireMail(ctx, 6); err != nil {
		t.Fatal(err)
	}
	if mails, err := db.Mails(ctx, tab, 0, 1<<20); err != nil || len(mails) >= stored || len(mails) == 0 {
		t.Errorf("after the old ones went: %d, %v", len(mails), err)
	}
	// What strangers may send fills less.
	if err := db.ExpireMail(ctx, 7); err != nil {
		t.Fatal(err)
	}
	strangers := make(map[int]int)
	for n := range 10 * hostdb.MaxStranger * 2 {
		m := mail(chat.DeviceID{50, byte(n % 10)}, tab, n)
		m.Kind, m.Stranger = 4, true
		ok, err := db.PutMails(ctx, []chat.Mail{m}, 7)
		if err != nil {
			t.Fatal(err)
		}
		if ok {
			strangers[n%10]++
			strangers[10]++
		}
		if n == hostdb.MaxStranger*10/2 && strangers[10] != hostdb.MaxStrangers {
			t.Errorf("%d mails of strangers, want %d", strangers[10], hostdb.MaxStrangers)
		}
	}
	if strangers[10] != hostdb.MaxStrangers {
		t.Errorf("%d mails of strangers, want %d", strangers[10], hostdb.MaxStrangers)
	}
	if err := db.ExpireMail(ctx, 8); err != nil {
		t.Fatal(err)
	}
	alone := 0
	for n := range 2 * hostdb.MaxStranger {
		m := mail(phone, tab, n)
		m.Kind, m.Stranger = 4, true
		if ok, err := db.PutMails(ctx, []chat.Mail{m}, 8); err != nil {
			t.Fatal(err)
		} else if ok {
			alone++
		}
	}
	if alone != hostdb.MaxStranger {
		t.Errorf("%d mails of one stranger, want %d", alone, hostdb.MaxStranger)
	}
	if ok, err := db.PutMails(ctx, []chat.Mail{mail(phone, tab, 3000)}, 8); err != nil || !ok {
		t.Errorf("another kind of the same sender: %v, %v", ok, err)
	}
	// A device that is signed out has none.
	apply(t, db, &chat.Change{Devices: []chat.Device{{ID: tab, Account: ben, Certificate: []byte("c3"), Revoked: 9}}})
	if mails, err := db.Mails(ctx, tab, 0, 1<<20); err != nil || len(mails) != 0 {
		t.Errorf("signed out: %d, %v", len(mails), err)
	}
}

func TestMailPages(t *testing.T) {
	db := withRoom(t)
	ctx := t.Context()
	for n := range 5 {
		m := chat.Mail{ID: chat.MessageID{byte(n)}, From: phone, To: tab, Data: make([]byte, 100), Blob: [32]byte{byte(n)}, Length: int64(n)}
		if ok, err := db.PutMails(ctx, []chat.Mail{m}, int64(n)); err != nil || !ok {
			t.Fatal(ok, err)
		}
	}
	after := int64(0)
	for _, want := range []int{2, 2, 1, 0} {
		mails, err := db.Mails(ctx, tab, after, 250)
		if err != nil || len(mails) != want {
			t.Fatalf("after %d: got %d, %v, want %d", after, len(mails), err, want)
		}
		for _, m := range mails {
			after = m.N
		}
	}
	if mails, err := db.Mails(ctx, tab, 0, 1); err != nil || len(mails) != 1 {
		t.Errorf("one that is too long alone: %d, %v", len(mails), err)
	}
	if named, err := db.MailNames(ctx, tab, [32]byte{4}); err != nil || !named {
		t.Errorf("a blob that a mail names: %v, %v", named, err)
	}
	if named, err := db.MailNames(ctx, phone, [32]byte{4}); err != nil || named {
		t.Errorf("for another device: %v, %v", named, err)
	}
}

// TestBlobsOfMailStay shows that a blob lives as long as a mail names it.
func TestBlobsOfMailStay(t *testing.T) {
	db := withRoom(t)
	ctx := t.Context()
	root := [32]byte{4}
	if err := db.PutBlob(ctx, chat.Blob{Root: root, Length: 7, Account: ana, Room: nook, Created: 1}); err != nil {
		t.Fatal(err)
	}
	m := chat.Mail{ID: chat.MessageID{1}, From: phone, To: tab, Blob: root, Length: 7}
	if ok, err := db.PutMails(ctx, []chat.Mail{m}, 1); err != nil || !ok {
		t.Fatal(ok, err)
	}
	if gone, err := db.AbandonedBlobs(ctx, 100, 10); err != nil || len(gone) != 0 {
		t.Errorf("abandoned while a mail names it: %v, %v", gone, err)
	}
	if err := db.RemoveBlob(ctx, root); err != nil {
		t.Fatal(err)
	}
	if _, found, err := db.Blob(ctx, root); err != nil || !found {
		t.Errorf("removed while a mail names it, %v", err)
	}
	if err := db.RemoveMail(ctx, tab, m.ID); err != nil {
		t.Fatal(err)
	}
	if gone, err := db.AbandonedBlobs(ctx, 100, 10); err != nil || len(gone) != 1 {
		t.Errorf("afterwards: %v, %v", gone, err)
	}
}

func TestKeyPackages(t *testing.T) {
	db := withRoom(t)
	ctx := t.Context()
	put := func(device chat.DeviceID, replace bool, names ...string) bool {
		t.Helper()
		var list []chat.KeyPackage
		for _, n := range names {
			list = append(list, chat.KeyPackage{Package: []byte(n), LastResort: n[0] == 'L'})
		}
		ok, err := db.PutKeyPackages(ctx, device, list, replace, 3)
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	take := func(use bool, devices ...chat.DeviceID) (names []string) {
		t.Helper()
		list, err := db.TakeKeyPackages(ctx, devices, use)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range list {
			names = append(names, string(p.Package))
		}
		return names
	}
	if got := take(true, phone, tab); got != nil {
		t.Errorf("of devices without any: %v", got)
	}
	if !put(phone, false, "a", "b", "L1") || !put(phone, false, "c") || put(phone, false, "d") {
		t.Error("three fit, and no fourth")
	}
	put(tab, false, "L2")
	if k, err := db.KeyPackages(ctx, phone); err != nil || k != (chat.KeyPackages{Count: 3, LastResort: true}) {
		t.Errorf("got %+v, %v", k, err)
	}
	for _, c := range []struct {
		use  bool
		want string
	}{
		{false, "[L1 L2]"}, {true, "[a L2]"}, {true, "[b L2]"}, {false, "[L1 L2]"}, {true, "[c L2]"}, {true, "[L1 L2]"}, {true, "[L1 L2]"},
	} {
		if got := fmt.Sprint(take(c.use, phone, desk, tab)); got != c.want {
			t.Errorf("use %v: got %s, want %s", c.use, got, c.want)
		}
	}
	if put(phone, false, "L3"); fmt.Sprint(take(true, phone)) != "[L3]" {
		t.Error("the last resort was not replaced")
	}
	if !put(phone, true, "e", "f", "g") || fmt.Sprint(take(false, phone)) != "[]" {
		t.Error("replace left something of before")
	}
	apply(t, db, &chat.Change{Devices: []chat.Device{{ID: phone, Account: ana, Certificate: []byte("c1"), Revoked: 9}}})
	if got := take(true, phone); got != nil {
		t.Errorf("of a device that was signed out: %v", got)
	}
	if _, err := db.PutKeyPackages(ctx, chat.DeviceID{99}, nil, false, 3); err == nil {
		t.Error("of a device that is not there")
	}
}

// TestDeletedRoomGoes shows that nothing is left of a deleted room but its id, and
// all is left of its neighbour.
func TestDeletedRoomGoes(t *testing.T) {
	db := withRoom(t)
	ctx := t.Context()
	for n := range uint64(1100) {
		if err := db.Append(sealed(in(nook, phone, n+1, 'a'), 0), func(chat.Outcome, uint64, error) {}); err != nil {
			t.Fatal(err)
		}
	}
	named := sealed(in(other, phone, 1, 'a'), 0)
	for room, root := range map[chat.RoomID][32]byte{nook: {1}, other: {2}} {
		if err := db.PutBlob(ctx, chat.Blob{Root: root, Length: 7, Account: ana, Room: room, Created: 1000}); err != nil {
			t.Fatal(err)
		}
		if err := db.PutCheckpoint(ctx, room, 5, [32]byte{5}); err != nil {
			t.Fatal(err)
		}
	}
	last := sealed(in(nook, phone, 1101, 'a'), 0)
	named.Blobs, last.Blobs = [][32]byte{{2}}, [][32]byte{{1}}
	postAll(t, db, named)
	postAll(t, db, last)
	if blobs, _, err := db.BlobsToSave(ctx, 0, 10); err != nil || len(blobs) != 0 {
		t.Errorf("the host would open sealed files: %v, %v", blobs, err)
	}
	if more, err := db.SweepRooms(ctx, 0); err != nil || more {
		t.Fatalf("with no room deleted: %v, %v", more, err)
	}
	apply(t, db, &chat.Change{Rooms: []chat.Room{{ID: nook, Kind: chat.RoomSealed, By: ana, Created: 10, Deleted: 99}}})
	steps := 0
	for more := true; more; steps++ {
		var err error
		if more, err = db.SweepRooms(ctx, 0); err != nil {
			t.Fatal(err)
		}
	}
	if steps < 3 {
		t.Errorf("1,101 rows went in %d steps: others had to wait", steps)
	}
	rooms, list, err := db.Rooms(ctx)
	if err != nil || len(rooms) != 4 || len(list) != 1 || list[0].Room != other {
		t.Errorf("got %+v, %+v, %v", rooms, list, err)
	}
	if rows, _, err := db.After(ctx, nook, 0, 10, 1<<20); err != nil || len(rows) != 0 {
		t.Errorf("%d rows are left, %v", len(rows), err)
	}
	if rows, _, err := db.After(ctx, other, 0, 10, 1<<20); err != nil || len(rows) != 1 {
		t.Errorf("the neighbour has %d rows, %v", len(rows), err)
	}
	if gone, err := db.AbandonedBlobs(ctx, 1, 10); err != nil || len(gone) != 1 || gone[0].Root != [32]byte{1} {
		t.Errorf("abandoned: %v, %v", gone, err)
	}
	for room, want := range map[chat.RoomID]uint64{nook: 0, other: 5} {
		if at, _, err := db.Checkpoint(ctx, room, 10); err != nil || at != want {
			t.Errorf("checkpoint at %d, %v, want %d", at, err, want)
		}
	}
}

func TestCheckpoints(t *testing.T) {
	db := withRoom(t)
	ctx := t.Context()
	for _, seq := range []uint64{10, 20} {
		if err := errors.Join(db.PutCheckpoint(ctx, nook, seq, [32]byte{byte(seq)}), db.PutCheckpoint(ctx, nook, seq, [32]byte{99})); err != nil {
			t.Fatal(err)
		}
	}
	for seq, want := range map[uint64]uint64{0: 0, 9: 0, 10: 10, 19: 10, 20: 20, 1 << 63: 20} {
		at, chain, err := db.Checkpoint(ctx, nook, seq)
		if err != nil || at != want || chain != [32]byte{byte(want)} {
			t.Errorf("before %d: got %d with %x, %v, want %d", seq, at, chain[:1], err, want)
		}
	}
}

// TestOldStore opens a store of schema 1, as the first host wrote it.
func TestOldStore(t *testing.T) {
	old, err := os.ReadFile("testdata/schema1.db")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "host.db")
	if err := os.WriteFile(path, old, 0o600); err != nil {
		t.Fatal(err)
	}
	db := open(t, path)
	ctx := t.Context()
	r, err := db.Load(ctx)
	if err != nil || len(r.Accounts) != 1 || len(r.Devices) != 1 || r.Place == nil || r.Place.Name != "Old place" {
		t.Fatalf("got %+v, %v", r, err)
	}
	rooms, _, err := db.Rooms(ctx)
	if err != nil || len(rooms) != 2 || rooms[0].Kind != chat.RoomDirectory || rooms[0].ID != chat.Directory || rooms[1].Kind != chat.RoomOpen || rooms[1].Head != 3 {
		t.Errorf("rooms: %+v, %v", rooms, err)
	}
	rows, _, err := db.After(ctx, chat.Lobby, 0, 10, 1<<20)
	if err != nil || len(rows) != 3 || !bytes.Equal(rows[2].Envelope, bytes.Repeat([]byte{3}, 256)) {
		t.Errorf("rows: %d, %v", len(rows), err)
	}
	if lines, _, err := db.CheckAudit(ctx); err != nil || lines != 1 {
		t.Errorf("audit: %d, %v", lines, err)
	}
	next := row(chat.DeviceID{9, 1}, 4, 'n')
	if got := post(t, db, next); got.outcome != chat.Appended || next.Seq != 4 {
		t.Errorf("the next message: %+v with seq %d", got, next.Seq)
	}
}

// TestTimesInARoomAreKept shows that the times of an account in a room are kept, a
// bounded number of them, and go with it.
func TestTimesInARoomAreKept(t *testing.T) {
	db := withRoom(t)
	const rounds = chat.MaxSpans + 5
	last := uint64(0)
	var want []chat.Span
	for n := range uint64(rounds) {
		in1 := commit(in(nook, phone, 2*n+1, 'a'), last, chat.Membership{Account: ben})
		out := commit(in(nook, phone, 2*n+2, 'a'), last+1, chat.Membership{Account: ben, Out: true})
		postAll(t, db, in1)
		postAll(t, db, out)
		if n < rounds-1 { // the last time is in member
			want = append(want, chat.Span{Since: in1.Row.Seq - 1, Until: out.Row.Seq})
		}
		last = out.Row.Seq
	}
	want = want[len(want)-chat.MaxSpans:]
	if got := members(t, db, nook)[ben]; !reflect.DeepEqual(got.Earlier, want) || got.Until != last {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if _, err := db.SweepRooms(t.Context(), 1<<62); err != nil {
		t.Fatal(err)
	}
	again := commit(in(nook, phone, 2*rounds+1, 'a'), last, chat.Membership{Account: ben})
	postAll(t, db, again)
	if got := members(t, db, nook)[ben]; len(got.Earlier) != 0 || got.Since != again.Row.Seq-1 {
		t.Errorf("after ben was forgotten: %+v", got)
	}
}
