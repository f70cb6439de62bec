//go:build unix

package torture

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// person is a client with its store, in this process.
type person struct {
	*client.Client
	t    testing.TB
	home string // the host's folder
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
	link := *must(wire.ParseLink(p.ask("invite")))
	m := &person{t: p.t, home: p.dir, dir: p.t.TempDir(), name: name, dial: dial}
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

// hears reports whether somebody's newest text is among the last rows of m.
func (m *person) hears(who *person) bool {
	page, err := m.Before(context.Background(), chat.Lobby, 0, 100)
	want := who.text(who.said.Load())
	return err == nil && slices.ContainsFunc(page.Messages, func(x client.Message) bool { return x.Text == want && x.Seq > 0 })
}

// deliver says something and returns how long it takes until another hears it.
func (m *person) deliver(to *person) time.Duration {
	m.t.Helper()
	began := time.Now()
	m.say()
	for !to.hears(m) {
		if time.Since(began) > patience {
			m.t.Fatalf("%s does not hear %s", to.name, m.name)
		}
		time.Sleep(2 * time.Millisecond)
	}
	return time.Since(began)
}

// delays are how long messages took.
type delays []time.Duration

// p99 returns what all but one of a hundred took at most.
func (d delays) p99() time.Duration {
	if len(d) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(d))
	return s[len(s)*99/100]
}

func (d delays) String() string {
	if len(d) == 0 {
		return "nothing was measured"
	}
	return fmt.Sprintf("delivery p99 %v, worst %v", d.p99().Round(time.Millisecond), slices.Max(d).Round(time.Millisecond))
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
	anyOrder bool // texts of one person were written at once

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

// plain returns the first file under dir that has one of the texts in the clear (I4).
func plain(dir string, texts []string) (string, error) {
	found := ""
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() || found != "" {
			return ignoreGone(err)
		}
		b, err := os.ReadFile(path)
		for _, text := range texts {
			if bytes.Contains(b, []byte(text)) {
				found = path
			}
		}
		return ignoreGone(err)
	})
	return found, err
}

// ignoreGone drops the error of a file that went while it was looked for.
func ignoreGone(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
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
	var texts []string // what each of them begins with
	for _, m := range people {
		texts = append(texts, m.name+" 00")
	}
	for _, m := range people {
		for _, dir := range []string{m.home, m.dir} {
			switch path, err := plain(dir, texts); {
			case err != nil:
				t.Error(err)
			case path != "":
				t.Errorf("%s holds a text in the clear", path)
			}
		}
	}
	last := make(map[string]string)
	for _, l := range first {
		if _, known := want[l.text]; !known {
			t.Errorf("nobody said %q", l.text)
		}
		want[l.text]++
		who, _, _ := strings.Cut(l.text, " ")
		if l.text <= last[who] && !r.anyOrder {
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
