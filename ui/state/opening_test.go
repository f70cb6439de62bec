package state

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/setup"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
	"github.com/snugchat/snug/ui/text"
)

// cabinet is the store of a person with several rooms, each with n messages of
// somebody else.
type cabinet struct {
	db     *clientdb.DB
	client *client.Client
	last   uint64
	device chat.DeviceID
	me     chat.AccountID
}

func newCabinet(t testing.TB, n int, rooms ...clientdb.Room) *cabinet {
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
	c := &cabinet{db: db, me: chat.AccountID{1}, device: chat.DeviceID{7}}
	place := clientdb.Place{Name: "Choir", Joined: true, Account: c.me, Person: "Ben", Role: chat.Member, State: chat.Active}
	if err := db.SavePlace(ctx, place); err != nil {
		t.Fatal(err)
	}
	all := append([]clientdb.Room{{ID: chat.Directory, Kind: chat.RoomDirectory}, {ID: chat.Lobby, Kind: chat.RoomOpen, Name: "Lobby"}}, rooms...)
	for _, r := range all {
		if err := db.EnsureRoom(ctx, r); err != nil {
			t.Fatal(err)
		}
	}
	first := clientdb.Batch{
		Room: chat.Directory, Own: c.me, Devices: []clientdb.Device{{ID: c.device, Account: chat.AccountID{2}, Certificate: []byte{1}}},
		Accounts: []clientdb.Account{{ID: chat.AccountID{2}, Name: "Ana", Identity: [32]byte{1}, FirstSeen: 1}},
	}
	if err := db.Apply(ctx, first); err != nil {
		t.Fatal(err)
	}
	for _, r := range all[1:] {
		c.say(t, r.ID, n)
		if err := db.SetRead(ctx, r.ID, c.last); err != nil {
			t.Fatal(err)
		}
	}
	c.client, err = client.New(ctx, client.Config{}, db, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// say stores n messages of Ana.
func (c *cabinet) say(t testing.TB, room chat.RoomID, n int) {
	t.Helper()
	r, err := c.db.Room(t.Context(), room)
	if err != nil {
		t.Fatal(err)
	}
	b := clientdb.Batch{Room: room, After: r.Cursor, Own: c.me}
	for range n {
		c.last++
		b.Messages = append(b.Messages, clientdb.Message{
			Seq: c.last, Room: room, Line: room, ID: chat.NewMessageID(), Account: chat.AccountID{2}, Device: c.device, Counter: c.last,
			Sent: int64(c.last), Received: int64(c.last), Kind: uint16(wire.KindText), Body: wire.EncodeBody(&wire.Text{Text: fmt.Sprint("message ", c.last)}),
		})
	}
	if err := c.db.Apply(t.Context(), b); err != nil {
		t.Fatal(err)
	}
}

var kitchen, cellar = chat.RoomID{3}, chat.RoomID{4}

func twoRooms() []clientdb.Room {
	return []clientdb.Room{{ID: kitchen, Kind: chat.RoomOpen, Name: "Kitchen"}, {ID: cellar, Kind: chat.RoomSealed, Name: "Cellar"}}
}

// TestRoomsKeepTheirPlace: each room has its own draft and its own place where it
// was left, however many messages lie between (FEATURES E2).
func TestRoomsKeepTheirPlace(t *testing.T) {
	c := newCabinet(t, 1000, twoRooms()...)
	g := newGlass(t)
	p := NewPlace(&setup.Member{Client: c.client, ID: "cabinet"}, g.desktop())
	defer p.Close()
	g.watch(p)
	shown := func(room chat.RoomID) {
		t.Helper()
		p.Show(room)
		g.until("the room is read", func() bool {
			return p.Conversation().Room() == room && p.Conversation().Loaded() && p.Conversation().Len() > 0
		})
	}
	g.until("the lobby is read", func() bool { return p.Conversation().Len() > 0 })
	p.Conversation().SetDraft("for the lobby")
	for range 4 { // far up
		n := p.Conversation().Len()
		p.Conversation().AtEnd(false)
		p.Conversation().Near(true)
		g.until("older messages", func() bool { return p.Conversation().Len() > n })
	}
	left := p.Conversation().Line(40)
	p.Conversation().Leave(left.ID, 12)
	shown(kitchen)
	if got := p.Conversation().Draft(); got != "" {
		t.Errorf("the kitchen has the draft %q of the lobby", got)
	}
	p.Conversation().SetDraft("for the kitchen")
	c.say(t, chat.Lobby, 300)
	shown(chat.Lobby)
	g.until("what is around the place is read, and no more", func() bool {
		row, into := p.Conversation().Spot()
		return row >= 0 && into == 12 && p.Conversation().Line(row) == left && p.Conversation().Len() <= 2*pageRows
	})
	if got := p.Conversation().Draft(); got != "for the lobby" {
		t.Errorf("the lobby's draft is %q", got)
	}
	if !p.Conversation().HasNewer() {
		t.Error("the newest messages are said to be here")
	}
	shown(kitchen)
	if got := p.Conversation().Draft(); got != "for the kitchen" {
		t.Errorf("the kitchen's draft is %q", got)
	}
	if row, _ := p.Conversation().Spot(); row >= 0 {
		t.Errorf("the kitchen was left at its end and opens at row %d", row)
	}
	for _, r := range p.Rooms() {
		if r.ID == chat.Lobby && r.Draft != "for the lobby" || r.ID == kitchen && r.Draft != "" {
			t.Errorf("the list says %q is begun in %s", r.Draft, r.Name)
		}
	}
}

// TestComingBack: what came while another room was open stands below the unread
// line, and is not read before the person sees it.
func TestComingBack(t *testing.T) {
	c := newCabinet(t, 20, twoRooms()...)
	g := newGlass(t)
	p := NewPlace(&setup.Member{Client: c.client, ID: "cabinet"}, g.desktop())
	defer p.Close()
	g.watch(p)
	g.until("the lobby is read", func() bool { return p.Conversation().Len() == 20 })
	p.Show(kitchen)
	g.until("the kitchen is read", func() bool { return p.Conversation().Len() == 20 })
	c.say(t, chat.Lobby, 3)
	p.Show(chat.Lobby)
	g.until("the news are there", func() bool { return p.Conversation().Len() == 23 })
	id, label := p.Conversation().UnreadLine()
	if want := p.Conversation().Line(20).ID; id != want || label == "" {
		t.Errorf("the unread line is at %q (%q), want %q", id, label, want)
	}
}

// TestH4NewSinceIsExact: however much came while the person was away, the line says
// from when on and how much; it stands above the first of it that is held, and moves
// up with what is read from further back.
func TestH4NewSinceIsExact(t *testing.T) {
	for _, missed := range []int{1, 3, 100, 999, 1000, 5000} {
		t.Run(fmt.Sprint(missed), func(t *testing.T) {
			c := newCabinet(t, 20)
			first := c.last + 1
			c.say(t, chat.Lobby, missed)
			g := newGlass(t)
			p := NewPlace(&setup.Member{Client: c.client, ID: "cabinet"}, g.desktop())
			defer p.Close()
			p.SetActive(false) // somebody else has the keyboard: nothing is read meanwhile
			g.watch(p)
			g.until("the lobby is read", func() bool { id, _ := p.Conversation().UnreadLine(); return id != "" })
			want := text.ChatNewSince(missed, text.Since(time.UnixMilli(int64(first)), p.desktop.Now()))
			at := func() int {
				id, label := p.Conversation().UnreadLine()
				if label != want {
					t.Fatalf("the line says %q, want %q", label, want)
				}
				return p.Conversation().index(id)
			}
			talk := p.Conversation()
			for tries := 0; ; tries++ {
				i := at()
				if line := talk.Line(i); line.Seq == first {
					break
				}
				if i != 0 || !talk.older || tries > missed/pageRows+1 {
					t.Fatalf("the line is at %d of %d, whose row is %d, want row %d", i, talk.Len(), talk.Line(i).Seq, first)
				}
				if missed > maxStretch/2 {
					break // the far end would be let go on the way up
				}
				n := talk.Len()
				talk.AtEnd(false)
				talk.Near(true)
				g.until("older messages", func() bool { return talk.Len() > n })
			}
		})
	}
}

// TestSealedSaysSo is row C3: the label of who can read follows the kind of the
// room, wherever the name of the room comes from.
func TestSealedSaysSo(t *testing.T) {
	c := newCabinet(t, 1, twoRooms()...)
	g := newGlass(t)
	p := NewPlace(&setup.Member{Client: c.client, ID: "cabinet"}, g.desktop())
	defer p.Close()
	g.until("the rooms are read", func() bool { return len(p.Rooms()) == 3 })
	for room, want := range map[chat.RoomID]string{chat.Lobby: text.ChatReadHost(), kitchen: text.ChatReadHost(), cellar: text.ChatReadMembers()} {
		p.Show(room)
		if h := p.Header(); h.Readable != want || h.Open != (want == text.ChatReadHost()) {
			t.Errorf("%s: %q, open %v", h.Name, h.Readable, h.Open)
		}
	}
	if got := p.Rooms(); got[0].Name != text.ChatLobby() || got[1].Section != SectionOpen || got[2].Section != SectionPrivate {
		t.Errorf("the list is %+v", got)
	}
}

// BenchmarkSwitch is a change from one room to another and back until both are
// there, with long histories.
func BenchmarkSwitch(b *testing.B) {
	c := newCabinet(b, 5000, twoRooms()...)
	g := newGlass(nil)
	p := NewPlace(&setup.Member{Client: c.client, ID: "cabinet"}, g.desktop())
	defer p.Close()
	read := 0
	p.Watch(Watcher{Changed: func(Part) {}, Edited: func(Edit) { read++ }})
	for b.Loop() {
		for _, room := range []chat.RoomID{kitchen, chat.Lobby} {
			p.Show(room)
			for !p.talk(room).loaded || p.talk(room).away {
				<-g.wake
				g.run()
			}
		}
	}
}
