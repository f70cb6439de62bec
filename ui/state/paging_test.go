package state

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// stored makes a place without a host whose Lobby has n messages of another.
func stored(t testing.TB, n int) *client.Client { return storedRead(t, n, n) }

// storedRead is stored of which the first read messages were read.
func storedRead(t testing.TB, n, read int) *client.Client {
	t.Helper()
	ctx := context.Background()
	db, err := clientdb.Open(ctx, filepath.Join(t.TempDir(), "client.db"), [32]byte{1}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	me, other := chat.NewAccountID(), chat.NewAccountID()
	place := clientdb.Place{Name: "Choir", Mode: chat.JoinByInvite, Joined: true, Account: me, Person: "Ben", Role: chat.Member, State: chat.Active}
	if err := db.SavePlace(ctx, place); err != nil {
		t.Fatal(err)
	}
	for _, r := range []clientdb.Room{{ID: chat.Directory, Kind: chat.RoomDirectory}, {ID: chat.Lobby, Kind: chat.RoomOpen, Name: "Lobby"}} {
		if err := db.EnsureRoom(ctx, r); err != nil {
			t.Fatal(err)
		}
	}
	device := clientdb.Device{ID: chat.DeviceID{7}, Account: other, Certificate: []byte{1}}
	b := clientdb.Batch{
		Room: chat.Lobby, Own: me, Devices: []clientdb.Device{device},
		Accounts: []clientdb.Account{{ID: other, Name: "Ana", Identity: [32]byte{1}, FirstSeen: 1}},
	}
	for i := range n {
		b.Messages = append(b.Messages, clientdb.Message{
			Seq: uint64(i + 1), Room: chat.Lobby, Line: chat.Lobby, ID: chat.NewMessageID(), Account: other, Device: device.ID, Counter: uint64(i + 1),
			Sent: int64(i), Received: int64(i + 1), Kind: uint16(wire.KindText), Body: wire.EncodeBody(&wire.Text{Text: fmt.Sprint("message ", i)}),
		})
	}
	if err := db.Apply(ctx, b); err != nil {
		t.Fatal(err)
	}
	if err := db.SetRead(ctx, chat.Lobby, uint64(read)); err != nil {
		t.Fatal(err)
	}
	c, err := client.New(ctx, client.Config{}, db, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// numbers returns the first and the last number of the messages that are held,
// and fails when one is missing between them.
func numbers(t *testing.T, c *Conversation) (first, last int) {
	t.Helper()
	first, last = -1, -1
	for i := range c.Len() {
		if c.Line(i).System {
			continue
		}
		var n int
		if _, err := fmt.Sscanf(c.Line(i).Text, "message %d", &n); err != nil {
			t.Fatal(err)
		}
		if first < 0 {
			first = n
		} else if n != last+1 {
			t.Fatalf("message %d follows %d", n, last)
		}
		last = n
	}
	return first, last
}

// TestPaging: a long history is held in parts without a gap, the far end is let
// go and found again (FEATURES H1).
func TestPaging(t *testing.T) {
	const all = 2 * maxStretch
	g := newGlass(t)
	p := newPlace(stored(t, all), g.desktop())
	t.Cleanup(p.Close)
	g.watch(p)
	c := p.Conversation()
	g.until("the newest page", func() bool { return c.Loaded() })
	if first, last := numbers(t, c); first != all-pageRows || last != all-1 {
		t.Fatalf("opens with %d to %d", first, last)
	}
	c.AtEnd(false)
	for c.older {
		before, _ := numbers(t, c)
		c.Near(true)
		g.until("an older page", func() bool { first, _ := numbers(t, c); return first < before })
		if c.Len() > maxStretch {
			t.Fatalf("%d lines are held", c.Len())
		}
	}
	first, last := numbers(t, c)
	if first != 0 || last == all-1 || !c.HasNewer() {
		t.Fatalf("at the beginning %d to %d are held, newer %v", first, last, c.HasNewer())
	}
	for range 3 {
		_, before := numbers(t, c)
		c.Near(false)
		g.until("a newer page", func() bool { _, last := numbers(t, c); return last > before })
	}
	if c.GoToEnd() {
		t.Error("the end is said to be there")
	}
	g.until("the end", func() bool { return !c.HasNewer() })
	if first, last := numbers(t, c); first != all-pageRows || last != all-1 {
		t.Errorf("back at the end with %d to %d", first, last)
	}
}

// TestReplace: whatever the old and the new lines are, the steps that are told
// lead from one to the other.
func TestReplace(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	pick := func() []Line {
		var out []Line
		for _, i := range r.Perm(12)[:r.IntN(12)] {
			out = append(out, Line{ID: fmt.Sprint(i), Mark: Mark(r.IntN(2))})
		}
		if r.IntN(3) > 0 { // mostly in order
			slices.SortFunc(out, func(a, b Line) int { return len(a.ID)*100 + int(a.ID[0]) - len(b.ID)*100 - int(b.ID[0]) })
		}
		return out
	}
	for range 20_000 {
		lines, want := pick(), pick()
		was := slices.Clone(lines)
		shadow := slices.Clone(lines)
		replace(&lines, want, func(e Edit) {
			copy(shadow[e.At:e.At+e.Changed], lines[e.At:])
			shadow = slices.Delete(shadow, e.At, e.At+e.Removed)
			shadow = slices.Insert(shadow, e.At, lines[e.At:e.At+e.Added]...)
			if !slices.Equal(shadow, lines) {
				t.Fatalf("from %v: the step %+v does not lead to %v", was, e, lines)
			}
		})
		if !slices.Equal(lines, want) {
			t.Fatalf("from %v to %v: got %v", was, want, lines)
		}
	}
}

// A page that comes above what is held is one step, and so is a new message.
func TestReplaceIsSparing(t *testing.T) {
	at := func(from, to int) []Line {
		var out []Line
		for i := from; i < to; i++ {
			out = append(out, Line{ID: fmt.Sprint(i)})
		}
		return out
	}
	sent := at(10, 21)
	sent[10].Mark = MarkWaiting
	for _, x := range []struct {
		name      string
		old, want []Line
		steps     []Edit
	}{
		{"an older page", at(10, 20), at(0, 20), []Edit{{At: 0, Added: 10}}},
		{"a new message", at(10, 20), at(10, 21), []Edit{{At: 10, Added: 1}}},
		{"a message is on the host", sent, at(10, 21), []Edit{{At: 10, Changed: 1}}},
		{"the old end is let go", at(10, 20), at(15, 22), []Edit{{At: 0, Removed: 5}, {At: 5, Added: 2}}},
		{"nothing", at(10, 20), at(10, 20), nil},
	} {
		var got []Edit
		lines := slices.Clone(x.old)
		replace(&lines, x.want, func(e Edit) { got = append(got, e) })
		if !slices.Equal(got, x.steps) {
			t.Errorf("%s: got %+v, want %+v", x.name, got, x.steps)
		}
	}
}

// BenchmarkLines is what each change of a conversation costs that is held to its
// limit.
func BenchmarkLines(b *testing.B) {
	c := stored(b, maxStretch)
	page, err := c.Before(b.Context(), chat.Lobby, 0, maxStretch)
	if err != nil {
		b.Fatal(err)
	}
	s := stretch{}
	s.rows, s.wait = split(page)
	old := linesOf(&s, 1<<30)
	b.ReportAllocs()
	for b.Loop() {
		lines := slices.Clone(old)
		replace(&lines, linesOf(&s, 1<<30), func(Edit) { b.Fatal("nothing has changed") })
	}
}
