package client_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/snugchat/snug/crypto/channel"
	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/blobs"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
	"github.com/snugchat/snug/storage/hostdb"
	"github.com/snugchat/snug/storage/paths"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// place is a real host with a real store, on loopback.
type place struct {
	t      testing.TB
	dir    string
	cfg    host.Config
	log    *slog.Logger
	addr   string                      // stays the same when the host is started again
	store  func(host.Store) host.Store // between host and store; nil: nothing
	host   *host.Host
	listen func(net.Listener) net.Listener
	stop   func()

	db    *hostdb.DB
	crash func()     // ends it in the middle of what it does: its store is closed first
	mu    sync.Mutex // guards conns
	conns []net.Conn // the last ones, of a tracked listener
}

func newPlace(t testing.TB, edit ...func(*place)) *place {
	t.Helper()
	p := &place{t: t, dir: t.TempDir(), log: slog.New(slog.DiscardHandler), addr: "127.0.0.1:0", cfg: host.Config{
		Key: must(channel.GenerateKey()), Program: "Snug test",
		First: chat.Place{Name: "Our class", Mode: chat.JoinByInvite, MaxFile: 1 << 30},
	}}
	for _, f := range edit {
		f(p)
	}
	p.start()
	t.Cleanup(func() { p.stop() })
	return p
}

func (p *place) received() string { return filepath.Join(p.dir, "received") }

func (p *place) start() {
	p.t.Helper()
	db := must(hostdb.Open(context.Background(), filepath.Join(p.dir, "host.db"), [32]byte{1}, p.log))
	kept := must(blobs.Open(filepath.Join(p.dir, "blobs"), blobs.Limits{Free: -1}, p.log))
	if err := os.MkdirAll(p.received(), 0o700); err != nil {
		p.t.Fatal(err)
	}
	root := must(os.OpenRoot(p.received()))
	cfg := p.cfg
	if cfg.Limits.ReturnTime == 0 {
		cfg.Limits.ReturnTime = 300 * time.Millisecond
	}
	cfg.Receive = func(name string) (host.ReceivedFile, error) { return paths.Receive(root, name) }
	var store host.Store = db
	if p.store != nil {
		store = p.store(store)
	}
	var err error
	if p.host, err = host.New(context.Background(), cfg, store, kept, p.log); err != nil {
		p.t.Fatal(err)
	}
	l, err := net.Listen("tcp", p.addr)
	if err != nil {
		p.t.Fatal(err)
	}
	p.addr = l.Addr().String()
	if p.listen != nil {
		l = p.listen(l)
	}
	h, served := p.host, make(chan error, 1)
	go func() { served <- h.Serve(context.Background(), l) }()
	p.db = db
	var once sync.Once
	p.stop = func() {
		once.Do(func() {
			if err := errors.Join(h.Close(), <-served, db.Close(), kept.Close(), root.Close()); err != nil {
				p.t.Errorf("stop host: %v", err)
			}
		})
	}
	p.crash = func() {
		once.Do(func() { _ = errors.Join(db.Close(), h.Close(), <-served, kept.Close(), root.Close()) })
	}
}

// backUp makes a backup of the host's store.
func (p *place) backUp() string {
	p.t.Helper()
	path := filepath.Join(p.dir, fmt.Sprint("backup", time.Now().UnixNano(), ".db"))
	must(p.db.Backup(context.Background(), path))
	return path
}

// restore puts a backup in the place of the store of the host, which is stopped, as
// net/setup does when that is damaged.
func (p *place) restore(backup string) {
	p.t.Helper()
	path := filepath.Join(p.dir, "host.db")
	for _, end := range []string{"", "-wal", "-shm"} {
		_ = os.Remove(path + end)
	}
	if err := os.Rename(backup, path); err != nil {
		p.t.Fatal(err)
	}
	db := must(hostdb.Open(context.Background(), path, [32]byte{1}, p.log))
	if err := errors.Join(db.NewLineage(context.Background()), db.Close()); err != nil {
		p.t.Fatal(err)
	}
}

// link makes an invite. One of an owner needs no password, which saves a story
// half a second of Argon2id for each of its people.
func (p *place) link(cmd host.Command) wire.Link {
	p.t.Helper()
	cmd.Verb = host.VerbInvite
	r, err := p.host.Do(context.Background(), cmd)
	if err != nil {
		p.t.Fatal(err)
	}
	return wire.Link{Addresses: []string{p.addr}, Host: p.cfg.Key.Public().Array(), Secret: r.Secret}
}

func (p *place) ownerLink() wire.Link { return p.link(host.Command{Role: chat.Owner, Uses: 1}) }

// member is a real client with a real store.
type member struct {
	*client.Client
	t    testing.TB
	dir  string
	log  *slog.Logger
	cfg  client.Config
	db   *clientdb.DB
	sub  *client.Subscription
	stop func() // ends Run and closes the store

	crash func() // ends it in the middle of what it does: its store is closed first
}

func newMember(t testing.TB, dir string, edit ...func(*client.Config)) *member {
	t.Helper()
	m := &member{t: t, dir: dir, log: slog.New(slog.DiscardHandler)}
	m.cfg = client.Config{
		Program: "Snug test", Folder: filepath.Join(dir, "moving"),
		Downloads: func() (*os.Root, error) { return os.OpenRoot(m.downloads()) },
		Free:      func(string) (int64, error) { return 1 << 40, nil }, // however full the disk is that tests run on
	}
	for _, f := range edit {
		f(&m.cfg)
	}
	for _, d := range []string{m.cfg.Folder, m.downloads()} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	m.open()
	t.Cleanup(func() { m.stop() })
	return m
}

// fast returns a folder for many stores at once: in memory where there is such a
// file system, since a crowd on one disk measures only that disk.
func fast(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "snug-test-") //nolint:usetesting // t.TempDir is on a disk
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func (m *member) downloads() string { return filepath.Join(m.dir, "downloads") }

// open opens the store and starts to run.
func (m *member) open() {
	m.t.Helper()
	m.load()
	m.run()
}

// load opens the store.
func (m *member) load() {
	m.t.Helper()
	m.db = must(clientdb.Open(context.Background(), filepath.Join(m.dir, "place.db"), [32]byte{2}, m.log))
	m.Client = must(client.New(context.Background(), m.cfg, m.db, m.log))
	m.sub = m.Subscribe()
}

func (m *member) run() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	c, db := m.Client, m.db
	go func() { done <- c.Run(ctx) }()
	var once sync.Once
	m.stop = func() {
		once.Do(func() {
			cancel()
			if err := <-done; !errors.Is(err, context.Canceled) {
				m.t.Errorf("run: %v", err)
			}
			if err := db.Close(); err != nil {
				m.t.Errorf("close store: %v", err)
			}
		})
	}
	m.crash = func() {
		once.Do(func() {
			_ = db.Close()
			cancel()
			<-done
		})
	}
}

func (m *member) reopen() { m.stop(); m.open() }

// join registers as an owner without a password and waits until that is through.
func (p *place) join(name string, edit ...func(*client.Config)) *member {
	p.t.Helper()
	m := newMember(p.t, p.t.TempDir(), edit...)
	if err := m.Register(p.t.Context(), p.ownerLink(), name, ""); err != nil {
		p.t.Fatalf("%s registers: %v", name, err)
	}
	m.until(name+" is online", func() bool { return m.State().Phase == client.Online })
	return m
}

// until waits for something to become true, as screens do: by changes.
func (m *member) until(what string, ok func() bool) {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for !ok() {
		wait, stop := context.WithTimeout(ctx, 200*time.Millisecond) // some things have no change of their own
		_, err := m.sub.Next(wait)
		stop()
		if err != nil && ctx.Err() != nil {
			m.t.Fatalf("never: %s (state %+v)", what, m.State())
		}
	}
}

// page returns the newest messages of the Lobby.
func (m *member) page() []client.Message {
	m.t.Helper()
	p, err := m.Before(context.Background(), chat.Lobby, 0, 1000)
	if err != nil {
		m.t.Fatal(err)
	}
	return p.Messages
}

// texts returns the texts of the Lobby, in order, with what waits in brackets.
func (m *member) texts() string {
	m.t.Helper()
	var s []string
	for _, msg := range m.page() {
		if msg.Kind != client.LineText {
			continue
		}
		text := msg.Name + ": " + msg.Text
		if msg.State != client.OnHost {
			text = "(" + text + ")"
		}
		s = append(s, text)
	}
	return strings.Join(s, " | ")
}

func (m *member) say(text string) chat.MessageID {
	m.t.Helper()
	return must(m.Send(context.Background(), chat.Lobby, text))
}

// hears waits for a text.
func (m *member) hears(want string) {
	m.t.Helper()
	m.until("texts "+want+", has "+m.texts(), func() bool { return m.texts() == want })
}

// in waits until the member's newest texts of a room are these.
func (m *member) textsIn(room chat.RoomID) string {
	m.t.Helper()
	p, err := m.Before(context.Background(), room, 0, 1000)
	if err != nil {
		return err.Error()
	}
	var s []string
	for _, msg := range p.Messages {
		switch msg.Kind {
		case client.LineText:
			text := msg.Name + ": " + msg.Text
			if msg.State == client.Waiting || msg.State == client.Refused {
				text = "(" + text + ")"
			}
			if msg.Warnings != 0 {
				text += fmt.Sprintf("!%b", msg.Warnings)
			}
			s = append(s, text)
		case client.LineBroken:
			s = append(s, fmt.Sprintf("broken!%b", msg.Warnings))
		}
	}
	return strings.Join(s, " | ")
}

// hearsIn waits for the texts of a room.
func (m *member) hearsIn(room chat.RoomID, want string) {
	m.t.Helper()
	last := ""
	m.untilOr("texts "+want, func() bool { last = m.textsIn(room); return last == want }, func() string { return last })
}

// untilOr is until, and says what there was instead.
func (m *member) untilOr(what string, ok func() bool, instead func() string) {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for !ok() {
		wait, stop := context.WithTimeout(ctx, 200*time.Millisecond)
		_, err := m.sub.Next(wait)
		stop()
		if err != nil && ctx.Err() != nil {
			m.t.Fatalf("never: %s; there is %s (state %+v)", what, instead(), m.State())
		}
	}
}

func (m *member) sayIn(room chat.RoomID, text string) chat.MessageID {
	m.t.Helper()
	return must(m.Send(context.Background(), room, text))
}

// is waits until a room is in a state.
func (m *member) is(room chat.RoomID, state client.RoomState) client.Room {
	m.t.Helper()
	var r client.Room
	m.untilOr(fmt.Sprintf("room in state %d", state), func() bool {
		var err error
		r, err = m.Room(context.Background(), room)
		return err == nil && r.State == state
	}, func() string { return fmt.Sprintf("%+v", r) })
	return r
}

// people returns the names of who is in a room.
func (m *member) peopleIn(room chat.RoomID) string {
	m.t.Helper()
	members, err := m.RoomMembers(context.Background(), room)
	if err != nil {
		m.t.Fatal(err)
	}
	var s []string
	for _, p := range members {
		name := p.Name
		if p.Admin {
			name += "*"
		}
		s = append(s, name)
	}
	return strings.Join(s, " ")
}
