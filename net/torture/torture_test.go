//go:build unix

// Package torture holds tests only: a host in a process of its own, clients, a
// proxy between them that spoils what it carries, a recorder of what was sent,
// acknowledged and received, and a checker of what must hold whatever happens:
//
//	I1 acknowledged means on disk, and delivered to every member exactly once
//	I2 one order for all
//	I3 not acknowledged means absent or delivered once, later
//	I4 nothing forged is shown
//	I5 memory and goroutines come back to where they were
//
// The short form is part of every test run, the long one has the tag soak. The
// figures are printed as one table. A test counts only when it was seen to fail with
// a protection removed; the comment of each says which.
package torture

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
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
)

// What makes the test binary a host or a client of its own.
const (
	hostEnv   = "SNUG_TORTURE_HOST"   // folder
	clientEnv = "SNUG_TORTURE_CLIENT" // folder
)

// patience is how long anything may take on a busy machine.
const patience = 90 * time.Second

func TestMain(m *testing.M) {
	switch {
	case os.Getenv(hostEnv) != "":
		runHost(os.Getenv(hostEnv))
	case os.Getenv(clientEnv) != "":
		runClient(os.Getenv(clientEnv))
	default:
		code := m.Run()
		printTable()
		os.Exit(code)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// result is a line of the table.
type result struct {
	fault        string
	times        int
	acknowledged int
	lost         int
	twice        int
	note         string
}

var table struct {
	sync.Mutex
	rows []result
}

func report(t *testing.T, r result) {
	t.Helper()
	if r.lost > 0 || r.twice > 0 {
		t.Errorf("%s: %d lost, %d twice", r.fault, r.lost, r.twice)
	}
	table.Lock()
	defer table.Unlock()
	table.rows = append(table.rows, r)
}

func printTable() {
	table.Lock()
	defer table.Unlock()
	if len(table.rows) == 0 {
		return
	}
	fmt.Printf("| %-44s | times | acknowledged | lost | twice | |\n|---|---|---|---|---|---|\n", "fault")
	for _, r := range table.rows {
		fmt.Printf("| %-44s | %5d | %12d | %4d | %5d | %s |\n", r.fault, r.times, r.acknowledged, r.lost, r.twice, r.note)
	}
}

// place is a host in a process of its own, which can be killed.
type place struct {
	t     testing.TB
	dir   string
	addr  string
	links []wire.Link
	cmd   *exec.Cmd
	down  chan struct{} // closed when the process has ended
	worst time.Duration // from the start of a process to a host that lets people in
}

// newPlace starts a host for so many people.
func newPlace(t testing.TB, people int) *place {
	t.Helper()
	p := &place{t: t, dir: t.TempDir(), addr: "127.0.0.1:0"}
	if err := os.WriteFile(filepath.Join(p.dir, "people"), fmt.Append(nil, people), 0o600); err != nil {
		t.Fatal(err)
	}
	p.start()
	t.Cleanup(p.kill)
	return p
}

func (p *place) start() {
	p.t.Helper()
	began := time.Now()
	p.cmd = exec.Command(os.Args[0])
	p.cmd.Env = append(os.Environ(), hostEnv+"="+p.dir, "SNUG_TORTURE_ADDR="+p.addr)
	p.cmd.Stderr = os.Stderr
	out := must(p.cmd.StdoutPipe())
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.down = make(chan struct{})
	ready := make(chan bool, 1)
	cmd, down := p.cmd, p.down
	go func() {
		defer close(down)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			word, rest, _ := strings.Cut(lines.Text(), " ")
			switch word {
			case "address":
				p.addr = rest
			case "link":
				p.links = append(p.links, *must(wire.ParseLink(rest)))
			case "ready":
				ready <- true
			}
		}
		select {
		case ready <- false:
		default:
		}
		_ = cmd.Wait() // it was killed, or says why on stderr
	}()
	select {
	case ok := <-ready:
		if !ok {
			p.t.Fatal("the host did not start")
		}
	case <-time.After(patience):
		p.t.Fatal("the host takes too long to start")
	}
	p.worst = max(p.worst, time.Since(began))
}

func (p *place) kill() {
	_ = p.cmd.Process.Kill()
	<-p.down
}

// runHost is the host's process.
func runHost(dir string) {
	ctx := context.Background()
	keyFile := filepath.Join(dir, "key")
	raw, err := os.ReadFile(keyFile)
	if err != nil {
		raw = must(channel.GenerateKey()).Bytes()
		if err := os.WriteFile(keyFile, raw, 0o600); err != nil {
			panic(err)
		}
	}
	began := time.Now()
	db := must(hostdb.Open(ctx, filepath.Join(dir, "host.db"), [32]byte{1}, quiet()))
	opened := time.Since(began)
	kept := must(blobs.Open(filepath.Join(dir, "blobs"), blobs.Limits{Free: -1}, quiet()))
	key := must(channel.NewPrivateKey(raw))
	h := must(host.New(ctx, host.Config{
		Key: key, Program: "Snug torture", First: chat.Place{Name: "Torture", Mode: chat.JoinByInvite, MaxFile: 1 << 30},
		Limits: host.Limits{Posts: 10_000, PostBurst: 10_000, Entries: 1000, EntryBurst: 1000, Logins: 1000, LoginBurst: 1000},
	}, db, kept, quiet()))
	l := must(net.Listen("tcp", os.Getenv("SNUG_TORTURE_ADDR")))
	fmt.Println("address", l.Addr())
	if b, err := os.ReadFile(filepath.Join(dir, "people")); err == nil {
		var people int
		_ = must(fmt.Sscan(string(b), &people))
		for range people {
			made := must(h.Do(ctx, host.Command{Verb: host.VerbInvite, Role: chat.Owner, Uses: 1}))
			link := wire.Link{Addresses: []string{l.Addr().String()}, Host: key.Public().Array(), Secret: made.Secret}
			fmt.Println("link", link.String())
		}
		if err := os.Remove(filepath.Join(dir, "people")); err != nil {
			panic(err)
		}
	}
	fmt.Println("ready", opened)
	if err := h.Serve(ctx, l); err != nil {
		panic(err)
	}
}

// person is a client with its store, in this process.
type person struct {
	*client.Client
	t    testing.TB
	dir  string
	name string
	db   *clientdb.DB
	dial func(ctx context.Context, address string) (net.Conn, error)
	now  func() time.Time
	stop func()

	said atomic.Int64 // numbers texts
	long string       // stands behind the number
}

// text is the n-th text of a person.
func (m *person) text(n int64) string { return fmt.Sprintf("%s %06d%s", m.name, n, m.long) }

// join lets somebody in. dial, if not nil, is how they reach the host.
func (p *place) join(name string, dial func(ctx context.Context, address string) (net.Conn, error)) *person {
	p.t.Helper()
	link := p.links[0]
	p.links = p.links[1:]
	m := &person{t: p.t, dir: p.t.TempDir(), name: name, dial: dial}
	m.open()
	if err := m.Register(p.t.Context(), link, name, ""); err != nil {
		p.t.Fatalf("%s: %v", name, err)
	}
	m.until("online", func() bool { return m.State().Phase == client.Online })
	p.t.Cleanup(func() { m.stop() })
	return m
}

func (m *person) open() {
	m.t.Helper()
	m.db = must(clientdb.Open(context.Background(), filepath.Join(m.dir, "place.db"), [32]byte{2}, quiet()))
	m.Client = must(client.New(context.Background(), client.Config{
		Program: "Snug torture", Folder: m.dir, Dial: m.dial, Now: m.now,
		Downloads: func() (*os.Root, error) { return os.OpenRoot(m.dir) },
	}, m.db, quiet()))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	c, db := m.Client, m.db
	go func() { done <- c.Run(ctx) }()
	m.stop = sync.OnceFunc(func() {
		cancel()
		if err := errors.Join(ignore(<-done), db.Close()); err != nil {
			m.t.Errorf("%s: %v", m.name, err)
		}
	})
}

func ignore(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

func (m *person) until(what string, ok func() bool) {
	m.t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			m.t.Fatalf("%s: never %s: %+v", m.name, what, m.State())
		}
	}
}

// say writes one text, which no other has.
func (m *person) say() {
	if _, err := m.Send(context.Background(), chat.Lobby, m.text(m.said.Add(1))); err != nil {
		m.t.Errorf("%s: %v", m.name, err)
	}
}

// talk writes texts until stop is closed.
func (m *person) talk(stop <-chan struct{}, every time.Duration) {
	for {
		select {
		case <-stop:
			return
		case <-time.After(every):
			m.say()
		}
	}
}

// line is a text that the host has ordered.
type line struct {
	seq  uint64
	text string
}

// lines returns what a client has of the Lobby, in order, and how much of its own
// waits.
func lines(c *client.Client) (out []line, waiting int, err error) {
	for after := uint64(0); ; {
		p, err := c.After(context.Background(), chat.Lobby, after, 1000)
		if err != nil {
			return nil, 0, err
		}
		before := after
		for _, m := range p.Messages {
			switch {
			case m.Warnings != 0:
				return nil, 0, fmt.Errorf("row %d has warnings %b", m.Seq, m.Warnings)
			case m.Kind != client.LineText:
			case m.Seq == 0:
				waiting++
			default:
				out = append(out, line{m.Seq, m.Text})
			}
			after = max(after, m.Seq)
		}
		if after == before {
			break
		}
	}
	p, err := c.Before(context.Background(), chat.Lobby, 0, 1000)
	if err != nil {
		return nil, 0, err
	}
	waiting = 0
	for _, m := range p.Messages {
		if m.Seq == 0 {
			waiting++
		}
	}
	return out, waiting, nil
}

// recorder remembers what clients were told is on the host.
type recorder struct {
	mu    sync.Mutex
	acked map[string]uint64 // rows, by text
}

func newRecorder() *recorder { return &recorder{acked: make(map[string]uint64)} }

// look takes down what a client shows as on the host.
func (r *recorder) look(t testing.TB, m *person) {
	p, err := m.Before(context.Background(), chat.Lobby, 0, 300)
	if err != nil {
		t.Errorf("%s: %v", m.name, err)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, msg := range p.Messages {
		if msg.Kind != client.LineText || msg.Seq == 0 {
			continue
		}
		if was, ok := r.acked[msg.Text]; ok && was != msg.Seq {
			t.Errorf("%q was row %d and is row %d", msg.Text, was, msg.Seq)
		}
		r.acked[msg.Text] = msg.Seq
	}
}

// watch looks all the time, until stop is closed.
func (r *recorder) watch(t testing.TB, stop <-chan struct{}, people ...*person) {
	for {
		for _, m := range people {
			r.look(t, m)
		}
		select {
		case <-stop:
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// check waits until everybody has everything, and says what is lost or there twice:
// of what was said, since all of it has to come through in the end (I1, I3), and of
// what was acknowledged. The order has to be the same for all (I2), and texts of
// one person in the order in which they were written.
func (r *recorder) check(t testing.TB, people ...*person) (acked, lost, twice int) {
	t.Helper()
	want := make(map[string]int)
	for _, m := range people {
		for n := range m.said.Load() {
			want[m.text(n+1)] = 0
		}
	}
	var first []line
	for i, m := range people {
		var have []line
		m.until("all through", func() bool {
			var waiting int
			var err error
			if have, waiting, err = lines(m.Client); err != nil {
				t.Fatalf("%s: %v", m.name, err)
			}
			return waiting == 0 && len(have) >= len(want)
		})
		if i == 0 {
			first = have
			continue
		}
		if !slices.Equal(first, have) {
			t.Errorf("%s has another order than %s, or other rows", m.name, people[0].name)
		}
	}
	last := make(map[string]string)
	for _, l := range first {
		if _, known := want[l.text]; !known {
			t.Errorf("nobody said %q", l.text)
		}
		want[l.text]++
		who, _, _ := strings.Cut(l.text, " ")
		if l.text <= last[who] {
			t.Errorf("%q came after %q", l.text, last[who])
		}
		last[who] = l.text
		if was, ok := r.acked[l.text]; ok && was != l.seq {
			t.Errorf("%q was acknowledged as row %d and is row %d", l.text, was, l.seq)
		}
	}
	for text, n := range want {
		switch {
		case n == 0:
			lost++
			t.Errorf("%q is lost", text)
		case n > 1:
			twice++
		}
	}
	for text := range r.acked {
		if want[text] == 0 {
			t.Errorf("%q was acknowledged and is lost", text)
		}
	}
	return len(want), lost, twice
}
