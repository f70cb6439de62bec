package clientdb

import (
	"bytes"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/snugchat/snug/crypto/mls"
	"github.com/snugchat/snug/storage/chat"
)

// dump returns the rows of a group that a transaction sees, as text.
func dump(t *testing.T, tx mls.Tx, group, prefix string) string {
	t.Helper()
	var s []string
	for r, err := range tx.Scan([]byte(group), prefix) {
		must(t, err)
		s = append(s, r.Key+"="+string(r.Value))
		got, err := tx.Get([]byte(group), r.Key)
		must(t, err)
		if !bytes.Equal(got, r.Value) {
			t.Errorf("%s: Get has %q, Scan %q", r.Key, got, r.Value)
		}
	}
	return strings.Join(s, " ")
}

// What a transaction changed it sees itself, others only once it is written, and
// what was written is what it saw.
func TestGroupTx(t *testing.T) {
	d := newDB(t)
	ctx := t.Context()
	fillGroups := func(d *DB) *GroupTx {
		first := d.GroupTx(ctx)
		for _, key := range []string{"a1", "a2", "b1", "\xff1", ""} {
			must(t, first.Put([]byte("one"), key, []byte("x"+key)))
			must(t, first.Put([]byte("two"), key, []byte("y"+key)))
			must(t, first.Put(nil, key, []byte("z"+key)))
		}
		return first
	}
	first := fillGroups(d)
	if got := dump(t, d.GroupTx(ctx), "one", ""); got != "" {
		t.Errorf("seen by others before it was written: %s", got)
	}
	must(t, d.WriteGroups(ctx, first))
	const all = "=x a1=xa1 a2=xa2 b1=xb1 \xff1=x\xff1"
	for name, tt := range map[string]struct {
		change func(tx *GroupTx)
		want   string
	}{
		"nothing":                   {func(*GroupTx) {}, all},
		"a row replaced":            {func(tx *GroupTx) { must(t, tx.Put([]byte("one"), "a1", []byte("n"))) }, strings.Replace(all, "a1=xa1", "a1=n", 1)},
		"an empty row":              {func(tx *GroupTx) { must(t, tx.Put([]byte("one"), "a1", nil)) }, strings.Replace(all, "a1=xa1", "a1=", 1)},
		"a row deleted":             {func(tx *GroupTx) { must(t, tx.Delete([]byte("one"), "a1")) }, strings.Replace(all, "a1=xa1 ", "", 1)},
		"a prefix deleted":          {func(tx *GroupTx) { must(t, tx.DeletePrefix([]byte("one"), "a")) }, "=x b1=xb1 \xff1=x\xff1"},
		"a prefix of the last byte": {func(tx *GroupTx) { must(t, tx.DeletePrefix([]byte("one"), "\xff")) }, "=x a1=xa1 a2=xa2 b1=xb1"},
		"all deleted":               {func(tx *GroupTx) { must(t, tx.DeletePrefix([]byte("one"), "")) }, ""},
		"deleted and written again": {func(tx *GroupTx) {
			must(t, tx.DeletePrefix([]byte("one"), "a"))
			must(t, tx.Put([]byte("one"), "a2", []byte("n")))
		}, "=x a2=n b1=xb1 \xff1=x\xff1"},
		"written and then deleted": {func(tx *GroupTx) {
			must(t, tx.Put([]byte("one"), "a3", []byte("n")))
			must(t, tx.DeletePrefix([]byte("one"), "a"))
		}, "=x b1=xb1 \xff1=x\xff1"},
		"a row that was not there":     {func(tx *GroupTx) { must(t, tx.Delete([]byte("one"), "zz")) }, all},
		"of another group, that is":    {func(tx *GroupTx) { must(t, tx.DeletePrefix([]byte("two"), "")) }, all},
		"of the key packages, no more": {func(tx *GroupTx) { must(t, tx.DeletePrefix(nil, "")) }, all},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDB(t)
			must(t, d.WriteGroups(ctx, fillGroups(d)))
			tx := d.GroupTx(ctx)
			tt.change(tx)
			if got := dump(t, tx, "one", ""); got != tt.want {
				t.Errorf("sees %q, want %q", got, tt.want)
			}
			if got := dump(t, d.GroupTx(ctx), "one", ""); got != all {
				t.Errorf("others see %q, want %q", got, all)
			}
			must(t, d.WriteGroups(ctx, tx))
			must(t, d.WriteGroups(ctx, tx)) // the writer may run it again
			if got := dump(t, d.GroupTx(ctx), "one", ""); got != tt.want {
				t.Errorf("written %q, want %q", got, tt.want)
			}
			if got, want := dump(t, d.GroupTx(ctx), "one", "a"), partOf(tt.want, "a"); got != want {
				t.Errorf("a prefix of it is %q, want %q", got, want)
			}
		})
	}
}

func partOf(all, prefix string) string {
	var s []string
	for f := range strings.SplitSeq(all, " ") {
		if strings.HasPrefix(f, prefix) {
			s = append(s, f)
		}
	}
	return strings.Join(s, " ")
}

// Rows, cursor and group are one transaction: when the batch does not follow the
// cursor, nothing of the group is written either.
func TestGroupRowsGoWithTheirMessages(t *testing.T) {
	d := newDB(t)
	ctx := t.Context()
	tx := d.GroupTx(ctx)
	must(t, tx.Put([]byte("g"), "k", []byte("v")))
	batch := Batch{Room: chat.Lobby, After: 3, Own: ana, Messages: []Message{text(10, 1)}, Groups: tx}
	if err := d.Apply(ctx, batch); err == nil {
		t.Fatal("a batch behind a wrong cursor was taken")
	}
	if got := dump(t, d.GroupTx(ctx), "g", ""); got != "" {
		t.Errorf("the group moved on without its row: %s", got)
	}
	batch.After = 0
	must(t, d.Apply(ctx, batch))
	if got := dump(t, d.GroupTx(ctx), "g", ""); got != "k=v" {
		t.Errorf("got %q, want the row of the group", got)
	}
}

var (
	den  = chat.RoomID{50}
	ben  = chat.AccountID{2}
	note = func(i int) chat.MessageID { return chat.MessageID{byte(i)} }
)

func newRoom(t *testing.T) *DB {
	d := newDB(t)
	must(t, d.EnsureRoom(t.Context(), Room{ID: den, Kind: chat.RoomSealed, Since: 5, Cursor: 5, State: RoomComing, Maker: ana}))
	return d
}

func outboxOf(t *testing.T, d *DB) string {
	t.Helper()
	out, err := d.Outbox(t.Context(), den)
	must(t, err)
	var s []string
	for _, o := range out {
		s = append(s, fmt.Sprintf("%d:%d%s", o.Counter, o.ID[0], o.Post))
	}
	return strings.Join(s, " ")
}

// A commit goes before all messages that are not sealed yet, and after those
// that may be on the host already; when it is withdrawn, the others move up and
// what was sealed with another number is not sent again as it was.
func TestCommitGoesFirst(t *testing.T) {
	d := newRoom(t)
	ctx := t.Context()
	for i := 1; i <= 3; i++ {
		_, err := d.Enqueue(ctx, Outgoing{Room: den, ID: note(i), Kind: 1, Body: []byte("b")})
		must(t, err)
	}
	must(t, d.Step(ctx, Step{Room: den, Posts: []Prepared{{ID: note(1), Post: []byte("p")}}}))
	counter, err := d.EnqueueFirst(ctx, Outgoing{Room: den, ID: note(9), Kind: 33})
	must(t, err)
	if got := outboxOf(t, d); counter != 2 || got != "1:1p 2:9 3:2 4:3" {
		t.Errorf("commit %d in %s", counter, got)
	}
	must(t, d.Step(ctx, Step{Room: den, Posts: []Prepared{{ID: note(9), Post: []byte("c")}}}))
	must(t, d.Step(ctx, Step{Room: den, Drop: []chat.MessageID{note(9)}}))
	if got := outboxOf(t, d); got != "1:1p 2:2 3:3" {
		t.Errorf("after it was withdrawn: %s", got)
	}
	if next, err := d.Enqueue(ctx, Outgoing{Room: den, ID: note(4), Kind: 1, Body: []byte("b")}); err != nil || next != 4 {
		t.Errorf("the next one is %d, %v, want 4", next, err)
	}
	must(t, d.Step(ctx, Step{Room: den, Posts: []Prepared{{ID: note(2), Post: []byte("q")}, {ID: note(3), Post: []byte("r")}}}))
	must(t, d.Refuse(ctx, note(1), 7))
	if got := outboxOf(t, d); got != "0:1 1:2 2:3 3:4" {
		t.Errorf("after the first was refused: %s, want nothing sealed under an old number", got)
	}
	empty := newRoom(t)
	if counter, err := empty.EnqueueFirst(ctx, Outgoing{Room: den, ID: note(1), Kind: 33}); err != nil || counter != 1 {
		t.Errorf("in an empty outbox: %d, %v", counter, err)
	}
}

// The members of a room, and how far they are; who left stays known.
func TestMembers(t *testing.T) {
	d := newRoom(t)
	ctx := t.Context()
	must(t, d.Step(ctx, Step{Room: den, Members: []Member{{Account: ana, Admin: true, Devices: 2}, {Account: ben, Devices: 1}}}))
	must(t, d.Step(ctx, Step{Room: den, Marks: []Mark{{Account: ana, Delivered: 9}, {Account: ben, Read: 7}, {Account: chat.AccountID{3}, Read: 8}}}))
	must(t, d.Step(ctx, Step{Room: den, Marks: []Mark{{Account: ana, Delivered: 8, Read: 3}}}))
	must(t, d.Step(ctx, Step{Room: den, Members: []Member{{Account: ana, Devices: 1}}, Change: func(r *Room) { r.State, r.Name = RoomJoined, "Den" }}))
	got, err := d.Members(ctx, den)
	must(t, err)
	want := []Member{{Account: ana, Present: true, Devices: 1, Delivered: 9, Read: 3}, {Account: ben, Delivered: 7, Read: 7}}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	r, err := d.Room(ctx, den)
	must(t, err)
	if r.Name != "Den" || r.State != RoomJoined || r.Since != 5 || r.Chained || r.Maker != ana {
		t.Errorf("got %+v", r)
	}
}

// A mail counts once, also after a restart; those that the host forgot are forgotten.
func TestMailIsTakenOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "place.db")
	d := openAt(t, path)
	ctx := t.Context()
	fill(t, d)
	must(t, d.Step(ctx, Step{Room: chat.Lobby, Mail: note(1), Taken: 100}))
	must(t, d.NoteMail(ctx, note(2), 200, 50))
	must(t, d.Close())
	d = openAt(t, path)
	for id, want := range map[int]bool{1: true, 2: true, 3: false} {
		if got, err := d.MailTaken(ctx, note(id)); err != nil || got != want {
			t.Errorf("mail %d: taken %v, %v, want %v", id, got, err, want)
		}
	}
	must(t, d.NoteMail(ctx, note(3), 300, 150))
	if got, err := d.MailTaken(ctx, note(1)); err != nil || got {
		t.Errorf("an old mail: %v, %v, want it forgotten", got, err)
	}
	must(t, d.Close())
}

// FEATURES L7: what a blocked person writes is neither shown nor counted, and is
// there again when that ends.
func TestBlocked(t *testing.T) {
	d := newDB(t)
	ctx := t.Context()
	must(t, d.Apply(ctx, Batch{Room: chat.Lobby, Messages: []Message{text(10, 1), text(11, 2)}}))
	count := func() string {
		rows, err := d.Before(ctx, chat.Lobby, 0, 10)
		must(t, err)
		n, err := d.Unread(ctx, chat.Lobby, ben, [2]uint16{1, 2}, math.MaxUint64)
		must(t, err)
		return fmt.Sprint(len(rows), n)
	}
	if got := count(); got != "3 2" {
		t.Fatalf("before: %s", got)
	}
	must(t, d.SetBlocked(ctx, ana, 1))
	if got := count(); got != "0 0" {
		t.Errorf("blocked: %s shown and unread", got)
	}
	must(t, d.SetBlocked(ctx, ana, 0))
	if got := count(); got != "3 2" {
		t.Errorf("no longer blocked: %s", got)
	}
	if err := d.SetBlocked(ctx, ben, 1); err == nil {
		t.Error("somebody unknown was blocked")
	}
}

// Whose history begins later misses no messages from before.
func TestGapsOfNewcomers(t *testing.T) {
	d := newRoom(t)
	ctx := t.Context()
	in := func(seq, counter uint64) Message {
		m := text(seq, counter)
		m.Room, m.Line, m.ID = den, den, chat.MessageID{byte(seq), 1}
		return m
	}
	b := Batch{Room: den, After: 5, Messages: []Message{in(6, 40), in(7, 41), in(9, 43)}}
	must(t, d.Apply(ctx, b))
	for i, want := range []Flags{0, 0, CounterGap} {
		if got := b.Messages[i].Flags; got != want {
			t.Errorf("message %d: flags %b, want %b", i, got, want)
		}
	}
}

// A new device of the profile is in no group, and what waited is sealed anew.
func TestEnrolLeavesGroups(t *testing.T) {
	d := newRoom(t)
	ctx := t.Context()
	tx := d.GroupTx(ctx)
	must(t, tx.Put([]byte("g"), "k", []byte("v")))
	must(t, d.Step(ctx, Step{Room: den, Groups: tx, Change: func(r *Room) { r.State = RoomJoined }}))
	_, err := d.Enqueue(ctx, Outgoing{Room: den, ID: note(1), Kind: 1, Body: []byte("b")})
	must(t, err)
	must(t, d.Step(ctx, Step{Room: den, Posts: []Prepared{{ID: note(1), Post: []byte("p")}}}))
	must(t, d.Enrol(ctx, Place{Joined: true, Account: ana}))
	if got := dump(t, d.GroupTx(ctx), "g", ""); got != "" {
		t.Errorf("keys of the old device are still here: %s", got)
	}
	if r, err := d.Room(ctx, den); err != nil || r.State != RoomComing {
		t.Errorf("state %d, %v, want %d", r.State, err, RoomComing)
	}
	if got := outboxOf(t, d); got != "1:1" {
		t.Errorf("outbox %s", got)
	}
}
