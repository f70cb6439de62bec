package clientdb

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/snugchat/snug/storage/chat"
)

func openAt(t testing.TB, path string) *DB {
	t.Helper()
	d, err := Open(context.Background(), path, [32]byte{7}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// newDB returns a store with the two rooms, Ana and her device.
func newDB(t testing.TB) *DB {
	t.Helper()
	d := openAt(t, filepath.Join(t.TempDir(), "place.db"))
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	fill(t, d)
	return d
}

var (
	ana      = chat.AccountID{1}
	anaPhone = chat.DeviceID{11}
)

func fill(t testing.TB, d *DB) {
	t.Helper()
	ctx := context.Background()
	must(t, d.EnsureRoom(ctx, Room{ID: chat.Directory, Kind: chat.RoomDirectory}))
	must(t, d.EnsureRoom(ctx, Room{ID: chat.Lobby, Kind: chat.RoomOpen, Name: "Lobby"}))
	must(t, d.Apply(ctx, Batch{
		Room: chat.Directory, Own: ana,
		Messages: []Message{{Seq: 1, Room: chat.Directory, Line: chat.Lobby, ID: chat.MessageID{99}, Account: ana, Device: anaPhone, Counter: 1, Kind: 16, Chain: [32]byte{1}}},
		Accounts: []Account{{ID: ana, Name: "Ana", Identity: [32]byte{5}, FirstSeen: 1000}},
		Devices:  []Device{{ID: anaPhone, Account: ana, Certificate: []byte("cert"), Seq: 1}},
	}))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func text(seq, counter uint64) Message {
	m := Message{Seq: seq, Room: chat.Lobby, Line: chat.Lobby, Account: ana, Device: anaPhone, Counter: counter, Sent: int64(seq), Received: int64(seq), Kind: 1, Body: []byte("body of " + fmt.Sprint(seq))}
	binary.BigEndian.PutUint64(m.ID[:], counter)
	binary.BigEndian.PutUint64(m.Chain[:], seq)
	return m
}

func TestPlaceSurvivesReopening(t *testing.T) {
	path := filepath.Join(t.TempDir(), "place.db")
	d := openAt(t, path)
	ctx := t.Context()
	if _, err := d.Place(ctx); !errors.Is(err, ErrNoPlace) {
		t.Fatalf("empty store: got %v, want %v", err, ErrNoPlace)
	}
	want := Place{
		Host: [32]byte{1}, Addresses: []string{"10.0.0.5:7443", "[::1]:7444"}, Name: "Class", Mode: chat.JoinByInvite, MaxFile: 9, Owner: "Maria", Lineage: [16]byte{2},
		Joined: true, Account: ana, Person: "Ana", Role: chat.Owner, State: chat.Active, HasPass: true,
		Keys: Keys{Transport: [32]byte{3}, Envelope: [32]byte{4}, MLS: [32]byte{5}, Identity: bytes.Repeat([]byte{6}, 32)},
	}
	must(t, d.SavePlace(ctx, want))
	must(t, d.Close())
	d = openAt(t, path)
	got, err := d.Place(ctx)
	must(t, err)
	if !bytes.Equal(got.Keys.Identity, want.Keys.Identity) || got.Keys.Transport != want.Keys.Transport || got.Keys.Envelope != want.Keys.Envelope || got.Keys.MLS != want.Keys.MLS {
		t.Error("other keys came back")
	}
	if s := fmt.Sprintf("%v %+v %x", got.Keys, got.Keys, got.Keys); strings.Trim(s, "[]secrt ") != "" {
		t.Errorf("keys print as %q", s)
	}
	got.Keys, want.Keys = Keys{}, Keys{}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	must(t, d.Close())
}

// FEATURES H1: pages before and after a row, in order, each row once.
func TestPages(t *testing.T) {
	d := newDB(t)
	ctx := t.Context()
	var batch []Message
	for i := range uint64(25) {
		batch = append(batch, text(10+2*i, i+1)) // gaps are allowed
	}
	must(t, d.Apply(ctx, Batch{Room: chat.Lobby, Own: ana, Messages: batch}))
	seqs := func(ms []Message, err error) string {
		must(t, err)
		var s []string
		for _, m := range ms {
			s = append(s, fmt.Sprint(m.Seq))
		}
		return strings.Join(s, " ")
	}
	for name, tt := range map[string]struct{ got, want string }{
		"the newest":           {seqs(d.Before(ctx, chat.Lobby, 0, 3)), "54 56 58"},
		"before a row":         {seqs(d.Before(ctx, chat.Lobby, 16, 2)), "12 14"},
		"up to the very first": {seqs(d.Before(ctx, chat.Lobby, 12, 9)), "1 10"}, // the directory's entry is a line of the Lobby
		"after a row":          {seqs(d.After(ctx, chat.Lobby, 50, 9)), "52 54 56 58"},
		"after nothing":        {seqs(d.After(ctx, chat.Lobby, 0, 2)), "1 10"},
		"after the last":       {seqs(d.After(ctx, chat.Lobby, 58, 2)), ""},
		"an unknown room":      {seqs(d.After(ctx, chat.RoomID{9}, 0, 2)), ""},
		"the directory":        {seqs(d.Before(ctx, chat.Directory, 0, 9)), ""},
		"beyond any row":       {seqs(d.Before(ctx, chat.Lobby, 1<<63, 1)), "58"},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: got %q, want %q", name, tt.got, tt.want)
		}
	}
	m, err := d.Message(ctx, 10)
	must(t, err)
	if m.Account != ana || m.Device != anaPhone || string(m.Body) != "body of 10" || m.Room != chat.Lobby {
		t.Errorf("got %+v", m)
	}
	rooms, err := d.Rooms(ctx)
	must(t, err)
	if rooms[1].Cursor != 58 || rooms[1].Chain != batch[24].Chain {
		t.Errorf("cursor %d, want 58 and its chain", rooms[1].Cursor)
	}
	if c, ok, err := d.Chain(ctx, chat.Lobby, 14); err != nil || !ok || c != batch[2].Chain {
		t.Errorf("chain of a row: %v %v", ok, err)
	}
	if _, ok, err := d.Chain(ctx, chat.Directory, 14); err != nil || ok {
		t.Errorf("chain of another room's row: %v %v, want none", ok, err)
	}
}

func TestRowsMustFollow(t *testing.T) {
	d := newDB(t)
	ctx := t.Context()
	must(t, d.Apply(ctx, Batch{Room: chat.Lobby, Messages: []Message{text(10, 1), text(12, 2)}}))
	for name, b := range map[string]Batch{
		"a row that is there":  {After: 12, Messages: []Message{text(12, 3)}},
		"another cursor":       {After: 10, Messages: []Message{text(14, 3)}},
		"rows out of order":    {After: 12, Messages: []Message{text(16, 3), text(14, 4)}},
		"a row of other rooms": {After: 12, Messages: []Message{{Seq: 14, Room: chat.Directory}}},
	} {
		b.Room = chat.Lobby
		if err := d.Apply(ctx, b); !errors.Is(err, ErrOrder) {
			t.Errorf("%s: got %v, want %v", name, err, ErrOrder)
		}
	}
	if ms, err := d.After(ctx, chat.Lobby, 1, 10); err != nil || len(ms) != 2 {
		t.Errorf("%d rows after refused batches, want 2: %v", len(ms), err)
	}
}

// A host that delivers a message twice, or leaves one out, is noticed.
func TestCountersAreChecked(t *testing.T) {
	d := newDB(t)
	ctx := t.Context()
	twice, other, gap := text(14, 2), text(16, 2), text(18, 5)
	other.ID = chat.MessageID{200}
	must(t, d.Apply(ctx, Batch{Room: chat.Lobby, Messages: []Message{text(10, 1), text(12, 2), twice, other, gap}}))
	ms, err := d.After(ctx, chat.Lobby, 1, 10)
	must(t, err)
	want := map[uint64]Flags{10: 0, 12: 0, 16: CounterTwice, 18: CounterGap}
	if len(ms) != len(want) {
		t.Errorf("%d rows are shown, want %d", len(ms), len(want))
	}
	for _, m := range ms {
		if m.Flags != want[m.Seq] {
			t.Errorf("row %d: flags %b, want %b", m.Seq, m.Flags, want[m.Seq])
		}
	}
	if m, err := d.Message(ctx, 14); err != nil || m.Flags != Repeated {
		t.Errorf("the repeated row: flags %b, %v, want %b", m.Flags, err, Repeated)
	}
}

// Files are kept by the id of their message, and its sender chooses that: a
// second message with the same id must not be taken for the first.
func TestIDsAreTakenOnce(t *testing.T) {
	d := newDB(t)
	ctx := t.Context()
	ben, benPhone := chat.AccountID{2}, chat.DeviceID{22}
	must(t, d.Apply(ctx, Batch{
		Room: chat.Directory, After: 1,
		Messages: []Message{{Seq: 2, Room: chat.Directory, Line: chat.Lobby, ID: chat.MessageID{98}, Account: ben, Device: benPhone, Counter: 1, Kind: 16}},
		Accounts: []Account{{ID: ben, Name: "Ben", Identity: [32]byte{6}, FirstSeen: 1000}},
		Devices:  []Device{{ID: benPhone, Account: ben, Certificate: []byte("cert"), Seq: 2}},
	}))
	again, stolen, same, nobody, late := text(12, 1), text(14, 1), text(16, 2), text(18, 4), text(20, 3)
	stolen.Account, stolen.Device = ben, benPhone
	same.ID = again.ID
	nobody.Account, nobody.Device, nobody.ID = chat.AccountID{}, chat.DeviceID{}, chat.MessageID{77}
	late.ID = nobody.ID
	rows := []Message{text(10, 1), again, stolen, same, nobody, late}
	must(t, d.Apply(ctx, Batch{Room: chat.Lobby, Messages: rows}))
	for i, tt := range []struct {
		name string
		want Flags
	}{
		{"the first", 0},
		{"the first once more", Repeated},
		{"another device's", IDTaken},
		{"another one of the sender", IDTaken},
		{"one of nobody", 0},
		{"one whose id only nobody used", 0},
	} {
		if rows[i].Flags != tt.want {
			t.Errorf("%s: the batch has flags %b, want %b", tt.name, rows[i].Flags, tt.want)
		}
		if m, err := d.Message(ctx, rows[i].Seq); err != nil || m.Flags != tt.want {
			t.Errorf("%s: stored flags %b, %v, want %b", tt.name, m.Flags, err, tt.want)
		}
	}
}

func outgoing(n byte) Outgoing {
	return Outgoing{Room: chat.Lobby, ID: chat.MessageID{0xaa, n}, Kind: 1, Body: []byte{n}, Created: int64(n)}
}

func counters(t *testing.T, d *DB) string {
	t.Helper()
	out, err := d.Outbox(t.Context(), chat.Lobby)
	must(t, err)
	var s []string
	for _, o := range out {
		s = append(s, fmt.Sprintf("%d:%d/%d", o.ID[1], o.Counter, o.State))
	}
	return strings.Join(s, " ")
}

func TestOutboxNumbersInOrder(t *testing.T) {
	d := newDB(t)
	ctx := t.Context()
	for i := range byte(5) {
		c, err := d.Enqueue(ctx, outgoing(i+1))
		must(t, err)
		if c != uint64(i)+1 {
			t.Errorf("message %d got counter %d", i+1, c)
		}
	}
	if c, err := d.Enqueue(ctx, outgoing(3)); err != nil || c != 3 {
		t.Errorf("the same message again: counter %d, %v, want 3", c, err)
	}
	step := func(name string, err error, want string) {
		t.Helper()
		must(t, err)
		if got := counters(t, d); got != want {
			t.Errorf("%s: outbox %q, want %q", name, got, want)
		}
	}
	step("written", nil, "1:1/1 2:2/1 3:3/1 4:4/1 5:5/1")
	step("the first is on the host", d.Acknowledge(ctx, []Ack{{Room: chat.Lobby, ID: outgoing(1).ID, Seq: 100}}), "1:1/2 2:2/1 3:3/1 4:4/1 5:5/1")
	step("the third is refused before the second is answered", d.Refuse(ctx, outgoing(3).ID, 16), "3:0/3 1:1/2 2:2/1 4:3/1 5:4/1")
	step("refused again", d.Refuse(ctx, outgoing(3).ID, 16), "3:0/3 1:1/2 2:2/1 4:3/1 5:4/1")
	step("tried again", d.Requeue(ctx, outgoing(3).ID), "1:1/2 2:2/1 4:3/1 5:4/1 3:5/1")
	step("the host lost what it had", d.Renumber(ctx, chat.Lobby, 7), "1:1/2 2:8/1 4:9/1 5:10/1 3:11/1")
	if c, err := d.Enqueue(ctx, outgoing(6)); err != nil || c != 12 {
		t.Errorf("the next message: counter %d, %v, want 12", c, err)
	}
	row := text(50, 8)
	row.ID = outgoing(2).ID
	step("a row of another account with the id", d.Apply(ctx, Batch{Room: chat.Lobby, Own: chat.AccountID{9}, Messages: []Message{text(49, 7)}}), "1:1/2 2:8/1 4:9/1 5:10/1 3:11/1 6:12/1")
	step("the row comes back", d.Apply(ctx, Batch{Room: chat.Lobby, After: 49, Own: ana, Messages: []Message{row}}), "1:1/2 4:9/1 5:10/1 3:11/1 6:12/1")
	step("a new device", d.Enrol(ctx, Place{Joined: true}), "4:1/1 5:2/1 3:3/1 6:4/1")
	if err := d.Discard(ctx, outgoing(4).ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("discard of a waiting message: got %v, want %v", err, ErrNotFound)
	}
	step("refused", d.Refuse(ctx, outgoing(4).ID, 16), "4:0/3 5:1/1 3:2/1 6:3/1")
	step("given up", d.Discard(ctx, outgoing(4).ID), "5:1/1 3:2/1 6:3/1")
	if _, err := d.Enqueue(ctx, Outgoing{Room: chat.RoomID{77}}); !errors.Is(err, ErrNoRoom) {
		t.Errorf("an unknown room: got %v, want %v", err, ErrNoRoom)
	}
}

func TestOutboxIsBounded(t *testing.T) {
	d := newDB(t)
	ctx := t.Context()
	must(t, d.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
			INSERT INTO outbox (room, counter, id, kind, body, created, state, code, seq)
			SELECT 2, i, randomblob(16), 1, x'00', 1, 1, 0, 0 FROM n`, MaxOutbox-1)
		if err == nil {
			_, err = tx.ExecContext(ctx, `UPDATE room SET counter = ? WHERE number = 2`, MaxOutbox-1)
		}
		return err
	}))
	if _, err := d.Enqueue(ctx, outgoing(0)); err != nil {
		t.Errorf("the last that fits: %v", err)
	}
	if _, err := d.Enqueue(ctx, outgoing(1)); !errors.Is(err, ErrOutboxFull) {
		t.Errorf("one more: got %v, want %v", err, ErrOutboxFull)
	}
}

func TestPeople(t *testing.T) {
	d := newDB(t)
	ctx := t.Context()
	ben := chat.AccountID{2}
	must(t, d.SetListed(ctx, []Account{{ID: ana, Name: "Mallory", Role: chat.Owner, State: chat.Active, Seen: 5}, {ID: ben, Name: "Ben", Role: chat.Member, State: chat.Waiting}}, true))
	must(t, d.Apply(ctx, Batch{
		Room: chat.Directory, After: 1, Messages: []Message{{Seq: 2, Room: chat.Directory}},
		Accounts:    []Account{{ID: ana, Name: "Ana", Identity: [32]byte{6}, FirstSeen: 1000, Changed: 2000}},
		Devices:     []Device{{ID: anaPhone, Account: ana, Certificate: []byte("cert"), Seq: 1, Revoked: 2}},
		Revocations: []Revocation{{Identity: [32]byte{5}, Number: 1, Device: anaPhone, At: 7, Seq: 2}},
	}))
	accounts, devices, revocations, err := d.People(ctx)
	must(t, err)
	if len(accounts) != 2 || len(devices) != 1 || len(revocations) != 1 {
		t.Fatalf("%d accounts, %d devices, %d revocations, want 2, 1, 1", len(accounts), len(devices), len(revocations))
	}
	if a := accounts[0]; a.Name != "Ana" || a.Identity != [32]byte{6} || a.Changed != 2000 || a.Role != chat.Owner || a.Seen != 5 {
		t.Errorf("got %+v: the host must not rename whom the directory names", a)
	}
	if devices[0].Revoked != 2 || devices[0].Account != ana {
		t.Errorf("got %+v, want a device revoked by row 2", devices[0])
	}
	must(t, d.SetListed(ctx, []Account{{ID: ana, Role: chat.Owner, State: chat.Active}}, true))
	if accounts, _, _, err = d.People(ctx); err != nil || accounts[1].State != 0 {
		t.Errorf("who left the list has state %d, want 0: %v", accounts[1].State, err)
	}
}

// Every statement of the hot path finds its rows by an index: without one, each
// row that comes would read the whole history.
func TestHotStatementsUseIndexes(t *testing.T) {
	d := newDB(t)
	for name, query := range map[string]string{
		"a message by its counter": findRepeated,
		"a message by its id":      findTaken,
		"a message to quote":       `SELECT ` + messageColumns + messageTables + `WHERE m.id = ? AND m.device > 0 AND m.line = (SELECT number FROM room WHERE id = ?) AND m.line > 0`,
		"files":                    `SELECT ` + messageColumns + messageTables + `WHERE m.line = (SELECT number FROM room WHERE id = ?) AND m.line > 0 AND m.kind = 2 AND m.seq < ? ORDER BY m.seq DESC LIMIT ?`,
		"a page":                   `SELECT ` + messageColumns + messageTables + `WHERE m.line = (SELECT number FROM room WHERE id = ?) AND m.line > 0 AND m.seq < ? ORDER BY m.seq DESC LIMIT ?`,
	} {
		err := each(t.Context(), d.db.Read(), `EXPLAIN QUERY PLAN `+query, func(scan func(...any) error) error {
			var id, parent, unused int
			var detail string
			err := scan(&id, &parent, &unused, &detail)
			if strings.HasPrefix(detail, "SCAN") || strings.Contains(detail, "TEMP B-TREE") {
				t.Errorf("%s: %s", name, detail)
			}
			return err
		}, []any{1, 2, 3, 4}[:strings.Count(query, "?")]...)
		must(t, err)
	}
}

func TestUnreadDraftsInvites(t *testing.T) {
	d := newDB(t)
	ctx := t.Context()
	must(t, d.Apply(ctx, Batch{Room: chat.Lobby, Messages: []Message{text(10, 1), text(12, 2), text(14, 3)}}))
	unread := func(own chat.AccountID) int {
		n, err := d.Unread(ctx, chat.Lobby, own, [2]uint16{1, 2}, math.MaxUint64)
		must(t, err)
		return n
	}
	if n := unread(chat.AccountID{2}); n != 3 {
		t.Errorf("%d unread, want 3", n)
	}
	if n := unread(ana); n != 0 {
		t.Errorf("%d of one's own unread, want 0", n)
	}
	must(t, d.SetRead(ctx, chat.Lobby, 12))
	must(t, d.SetRead(ctx, chat.Lobby, 10))
	if n := unread(chat.AccountID{2}); n != 1 {
		t.Errorf("%d unread after row 12 was seen, want 1", n)
	}
	must(t, d.SetDraft(ctx, chat.Lobby, "half a sent"))
	if s, err := d.Draft(ctx, chat.Lobby); err != nil || s != "half a sent" {
		t.Errorf("draft %q, %v", s, err)
	}
	must(t, d.SetDraft(ctx, chat.Lobby, ""))
	if s, err := d.Draft(ctx, chat.Lobby); err != nil || s != "" {
		t.Errorf("draft %q, %v, want none", s, err)
	}
	must(t, d.AddInvite(ctx, Invite{ID: [32]byte{1}, Secret: [16]byte{2}, Inviter: []byte("inv"), Created: 3}))
	invites, err := d.Invites(ctx)
	must(t, err)
	if i := invites[[32]byte{1}]; i.Secret != [16]byte{2} || string(i.Inviter) != "inv" || i.Created != 3 {
		t.Error("another invite came back")
	}
	must(t, d.RemoveInvite(ctx, [32]byte{1}))
	if invites, err = d.Invites(ctx); err != nil || len(invites) != 0 {
		t.Errorf("%d invites, %v, want none", len(invites), err)
	}
}

func TestTransfers(t *testing.T) {
	d := newDB(t)
	ctx := t.Context()
	up := Transfer{ID: chat.MessageID{1}, Direction: Upload, Room: chat.Lobby, Root: [32]byte{2}, Key: [32]byte{3}, Length: 300, Size: 200, Name: "a.txt", Type: "text/plain", Path: "/x/a.txt", Spool: "s", State: Running, Have: 10, Created: 1}
	down := Transfer{ID: chat.MessageID{2}, Direction: Download, Room: chat.Lobby, Name: "b", State: Paused, Created: 2}
	must(t, d.SaveTransfer(ctx, up))
	must(t, d.SaveTransfer(ctx, down))
	got, err := d.Transfer(ctx, up.ID)
	must(t, err)
	if got.Key != up.Key || fmt.Sprint(got) != fmt.Sprint(up) {
		t.Errorf("got %+v, want %+v", got, up)
	}
	if open, err := d.OpenTransfers(ctx); err != nil || len(open) != 2 || open[0].ID != up.ID {
		t.Errorf("%d open transfers, %v, want 2 in order", len(open), err)
	}
	message := Outgoing{Room: chat.Lobby, ID: up.ID, Kind: 2, Body: []byte("file")}
	must(t, d.FinishUpload(ctx, up.ID, message))
	if err := d.FinishUpload(ctx, up.ID, message); !errors.Is(err, ErrNotFound) {
		t.Errorf("finished twice: got %v, want %v", err, ErrNotFound)
	}
	if got := counters(t, d); got != "0:1/1" {
		t.Errorf("outbox %q after an upload that finished twice, want one message", got)
	}
	must(t, d.Refuse(ctx, up.ID, 27))
	_, err = d.UpdateTransfer(ctx, up.ID, func(t *Transfer) error { t.State = Running; return nil })
	must(t, err)
	must(t, d.FinishUpload(ctx, up.ID, message))
	if got := counters(t, d); got != "0:1/1" {
		t.Errorf("outbox %q after a refused file was sent again, want one message", got)
	}
	stop := errors.New("stop")
	if _, err := d.UpdateTransfer(ctx, down.ID, func(t *Transfer) error { t.Name = "z"; return stop }); !errors.Is(err, stop) {
		t.Errorf("got %v, want %v", err, stop)
	}
	if got, err := d.UpdateTransfer(ctx, down.ID, func(t *Transfer) error { t.Have = 5; return nil }); err != nil || got.Have != 5 || got.Name != "b" {
		t.Errorf("got %+v, %v", got, err)
	}
	if err := d.FinishUpload(ctx, chat.MessageID{77}, outgoing(9)); !errors.Is(err, ErrNotFound) {
		t.Errorf("a cancelled upload: got %v, want %v", err, ErrNotFound)
	}
	if got, err := d.Transfer(ctx, up.ID); err != nil || got.State != Finished || got.Have != 300 {
		t.Errorf("got state %d with %d bytes, %v", got.State, got.Have, err)
	}
	if s, err := d.Spooled(ctx); err != nil || len(s) != 1 {
		t.Errorf("%d spooled, %v, want 1", len(s), err)
	}
	must(t, d.RemoveTransfer(ctx, up.ID))
	if _, err := d.Transfer(ctx, up.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v, want %v", err, ErrNotFound)
	}
}

// FEATURES C8: no text, name, key or link of a store can be found in its files.
func TestNothingReadableOnDisk(t *testing.T) {
	const canary = "canary-7f3a91c2"
	dir := t.TempDir()
	d := openAt(t, filepath.Join(dir, "place.db"))
	fill(t, d)
	ctx := t.Context()
	key := [32]byte([]byte(canary + canary + "xx"))
	must(t, d.SavePlace(ctx, Place{Name: canary, Person: canary, Owner: canary, Addresses: []string{canary}, Keys: Keys{Transport: key, Envelope: key, MLS: key, Identity: key[:]}}))
	m := text(10, 1)
	m.Body, m.Text = []byte(canary), canary
	must(t, d.Apply(ctx, Batch{Room: chat.Lobby, Messages: []Message{m}, Accounts: []Account{{ID: chat.AccountID{8}, Name: canary}}}))
	o := outgoing(1)
	o.Body = []byte(canary)
	_, err := d.Enqueue(ctx, o)
	must(t, err)
	must(t, d.SetDraft(ctx, chat.Lobby, canary))
	must(t, d.AddInvite(ctx, Invite{Secret: [16]byte(key[:16])}))
	must(t, d.SaveTransfer(ctx, Transfer{Room: chat.Lobby, Name: canary, Path: canary, Key: key}))
	scan := func(when string) {
		t.Helper()
		files, err := os.ReadDir(dir)
		must(t, err)
		total := 0
		for _, f := range files {
			b, err := os.ReadFile(filepath.Join(dir, f.Name()))
			must(t, err)
			total += len(b)
			if bytes.Contains(b, []byte(canary[:8])) {
				t.Errorf("%s: %s holds the canary", when, f.Name())
			}
		}
		if total < 8192 {
			t.Errorf("%s: only %d bytes in the folder: the scan proves nothing", when, total)
		}
	}
	scan("open")
	must(t, d.Close())
	scan("closed")
}

// million fills a store with n messages of 40 characters, as fast as it can.
func million(b testing.TB, path string, n uint64) {
	d := openAt(b, path)
	fill(b, d)
	const step = 5000
	for from := uint64(0); from < n; from += step {
		batch := make([]Message, step)
		for i := range batch {
			batch[i] = text(from+uint64(i)+10, from+uint64(i)+1)
			batch[i].Body = []byte("a message of some forty characters, here")
		}
		after := from + 9
		if from == 0 {
			after = 0
		}
		must(b, d.Apply(context.Background(), Batch{Room: chat.Lobby, After: after, Own: ana, Messages: batch}))
	}
	must(b, d.Close())
}

// BenchmarkOpen is FEATURES H1: a store of a million messages is open, with its
// newest page read, within 1.5 s.
func BenchmarkOpen(b *testing.B) {
	for _, n := range []uint64{10_000, 1_000_000} {
		b.Run(fmt.Sprintf("messages=%d", n), func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "place.db")
			million(b, path, n)
			var page time.Duration
			for b.Loop() {
				d := openAt(b, path)
				began := time.Now()
				ms, err := d.Before(context.Background(), chat.Lobby, 0, 60)
				if err != nil || len(ms) != 60 {
					b.Fatal(len(ms), err)
				}
				page += time.Since(began)
				must(b, d.Close())
			}
			b.ReportMetric(float64(page.Microseconds())/float64(b.N), "us/page")
		})
	}
}

// BenchmarkApply measures what receiving costs the store, in a room that is new to it and
// in one that it has had all rows of.
func BenchmarkApply(b *testing.B) {
	for _, size := range []int{1, 100} {
		for _, fresh := range []bool{false, true} {
			b.Run(fmt.Sprintf("batch=%d/new=%t", size, fresh), func(b *testing.B) { benchmarkApply(b, size, fresh) })
		}
	}
}

func benchmarkApply(b *testing.B, size int, fresh bool) {
	d := newDB(b)
	if !fresh {
		_, err := d.CatchUp(context.Background(), chat.Lobby, anaPhone)
		must(b, err)
	}
	seq, after := uint64(9), uint64(0)
	for b.Loop() {
		batch := make([]Message, size)
		for i := range batch {
			seq++
			batch[i] = text(seq, seq-9)
		}
		must(b, d.Apply(context.Background(), Batch{Room: chat.Lobby, After: after, Own: ana, Messages: batch}))
		after = seq
	}
	b.ReportMetric(float64(b.N*size)/b.Elapsed().Seconds(), "rows/s")
}

// A room that may have counters of this device that it will never see is sure of them once
// the host has taken a message that it did not have, as the last one.
func TestSureOfCounters(t *testing.T) {
	d := newDB(t)
	ctx := t.Context()
	den := chat.RoomID{5}
	must(t, d.EnsureRoom(ctx, Room{ID: den, Kind: chat.RoomSealed}))
	for _, step := range []struct {
		name   string
		ack    *Ack
		unsure bool
	}{
		{"new to the store", nil, true},
		{"the host had it, and others behind it", &Ack{Room: den, ID: outgoing(1).ID, Seq: 50, Behind: true}, true},
		{"the host took one of another room", &Ack{Room: chat.Lobby, ID: outgoing(2).ID, Seq: 51}, true},
		{"the host took one", &Ack{Room: den, ID: outgoing(3).ID, Seq: 52}, false},
	} {
		if step.ack != nil {
			must(t, d.Acknowledge(ctx, []Ack{*step.ack}))
		}
		unsure, err := d.CatchUp(ctx, den, anaPhone)
		must(t, err)
		if unsure != step.unsure {
			t.Errorf("%s: unsure is %t, want %t", step.name, unsure, step.unsure)
		}
	}
}
