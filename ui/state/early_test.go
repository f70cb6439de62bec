package state

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/snugchat/snug/crypto/channel"
	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/net/setup"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/blobs"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
	"github.com/snugchat/snug/storage/hostdb"
	"github.com/snugchat/snug/ui/text"
)

// slow is a store of a host that reads the rows of the Lobby behind one only when it is
// let; none is held back while behind is 0.
type slow struct {
	host.Store
	behind atomic.Uint64
	let    chan struct{}
}

func (s *slow) After(ctx context.Context, room chat.RoomID, seq uint64, maxRows, maxBytes int) ([]chat.Row, bool, error) {
	if b := s.behind.Load(); b > 0 && seq > b && room == chat.Lobby {
		select {
		case <-s.let:
		case <-ctx.Done():
		}
	}
	return s.Store.After(ctx, room, seq, maxRows, maxBytes)
}

// slowPlace is a host whose store is slow, on loopback.
func slowPlace(t *testing.T) (*slow, func(name string) wire.Link) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	db, err := hostdb.Open(context.Background(), filepath.Join(t.TempDir(), "host.db"), [32]byte{1}, log)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := blobs.Open(t.TempDir(), blobs.Limits{Free: -1}, log)
	if err != nil {
		t.Fatal(err)
	}
	key, err := channel.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	store := &slow{Store: db, let: make(chan struct{})}
	h, err := host.New(context.Background(), host.Config{
		Key: key, Program: "test", First: chat.Place{Name: "Choir", Mode: chat.JoinByInvite},
		Receive: func(string) (host.ReceivedFile, error) { return nil, errors.New("no files here") },
		Limits:  host.Limits{Posts: 1e6, PostBurst: 1e6, Messages: 1e6, MessageBurst: 1e6},
	}, store, kept, log)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- h.Serve(context.Background(), l) }()
	t.Cleanup(func() {
		if err := errors.Join(h.Close(), <-served, db.Close(), kept.Close()); err != nil {
			t.Error(err)
		}
	})
	return store, func(name string) wire.Link {
		r, err := h.Do(context.Background(), host.Command{Verb: host.VerbInvite, Role: chat.Owner, Uses: 1})
		if err != nil {
			t.Fatalf("invite %s: %v", name, err)
		}
		return wire.Link{Addresses: []string{l.Addr().String()}, Host: key.Public().Array(), Secret: r.Secret}
	}
}

// guest is somebody's client with its store.
type guest struct {
	*client.Client
	db *clientdb.DB
}

func newGuest(t *testing.T) *guest {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	db, err := clientdb.Open(context.Background(), filepath.Join(t.TempDir(), "client.db"), [32]byte{1}, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	c, err := client.New(context.Background(), client.Config{Program: "test", Folder: t.TempDir()}, db, log)
	if err != nil {
		t.Fatal(err)
	}
	return &guest{c, db}
}

// run connects until stop is called.
func (g *guest) run(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- g.Run(ctx) }()
	var stopped atomic.Bool
	stop = func() {
		if stopped.Swap(true) {
			return
		}
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("run: %v", err)
		}
	}
	t.Cleanup(stop)
	return stop
}

// await waits until ok holds.
func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// FEATURES P2, H4: who comes back after a long time sees the newest messages below a
// gap, which says that the others are on their way; the line above says since when, and
// how many once they are all here. None is read before that.
func TestP2NewestBelowAGap(t *testing.T) {
	const missed = 250
	store, invite := slowPlace(t)
	ana, ben := newGuest(t), newGuest(t)
	ana.run(t)
	away := ben.run(t)
	for name, g := range map[string]*guest{"Ana": ana, "Ben": ben} {
		if err := g.Register(t.Context(), invite(name), name, ""); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	head := func(g *guest) uint64 {
		r, err := g.Room(context.Background(), chat.Lobby)
		if err != nil {
			t.Fatal(err)
		}
		return r.Head
	}
	say := func(s string) {
		t.Helper()
		if _, err := ana.Send(t.Context(), chat.Lobby, s); err != nil {
			t.Fatal(err)
		}
	}
	say("before")
	await(t, "Ben has the first message", func() bool { return head(ben) > 0 })
	read := head(ben)
	if err := ben.MarkRead(t.Context(), chat.Lobby, read); err != nil {
		t.Fatal(err)
	}
	away()
	for i := range missed {
		say(fmt.Sprint("message ", i))
	}
	await(t, "all are on the host", func() bool {
		out, err := ana.db.Outbox(context.Background(), chat.Lobby)
		return err == nil && len(out) == 0
	})
	await(t, "Ana has all of them", func() bool { return head(ana) >= read+missed })
	store.behind.Store(read + 20)

	g := newGlass(t)
	p := NewPlace(&setup.Member{Client: ben.Client, ID: "place"}, g.desktop())
	defer p.Close()
	g.watch(p)
	talk := p.Conversation()
	g.until("what was here before", func() bool { return talk.Len() > 0 })
	talk.AtEnd(true)
	p.SetActive(false) // the computer wakes up, and nobody has touched it yet
	ben.LookAt(chat.Lobby)
	ben.run(t)
	g.until("the newest messages", func() bool { return talk.Gap() })
	if first, last := numbers(t, talk); first != missed-wire.PeekRows || last != missed-1 || talk.HasNewer() {
		t.Errorf("messages %d to %d are shown, newer %v", first, last, talk.HasNewer())
	}
	zero, err := ben.Missed(t.Context(), chat.Lobby)
	if err != nil {
		t.Fatal(err)
	}
	since := text.Since(zero.Since, p.desktop.Now())
	if id, label := talk.UnreadLine(); talk.index(id) != 0 || label != text.ChatNewSinceAll(since) {
		t.Errorf("the line stands at %d and says %q, want %q", talk.index(id), label, text.ChatNewSinceAll(since))
	}
	p.SetActive(true)
	talk.AtEnd(true)
	last := talk.Line(talk.Len() - 1).ID
	if talk.CanEdit(last) || talk.CanForward(last) || talk.CanDeleteAll(last) {
		t.Error("something can be done with a message before its turn")
	}
	if talk.read >= talk.Line(0).Seq {
		t.Error("a message was read before its turn")
	}
	if m, err := ben.Missed(t.Context(), chat.Lobby); err != nil || m.Count == 0 {
		t.Errorf("%d unread, %v", m.Count, err)
	}
	p.SetActive(false)

	close(store.let)
	g.until("all are here", func() bool { return !talk.Gap() && talk.Len() > wire.PeekRows })
	id, label := talk.UnreadLine()
	if want := text.ChatNewSince(missed, since); label != want || talk.Line(talk.index(id)).Text != "message 0" {
		t.Errorf("the line says %q above %q, want %q", label, talk.Line(talk.index(id)).Text, want)
	}
	if last := talk.Line(talk.Len() - 1).Text; last != fmt.Sprint("message ", missed-1) {
		t.Errorf("the last message is %q", last)
	}
	p.SetActive(true)
	talk.AtEnd(true)
	g.until("all is read", func() bool {
		m, err := ben.Missed(context.Background(), chat.Lobby)
		return err == nil && m.Count == 0
	})
	for i := range talk.Len() {
		if talk.Line(i).Early {
			t.Fatalf("line %d of %d is still before its turn", i, talk.Len())
		}
	}
}
