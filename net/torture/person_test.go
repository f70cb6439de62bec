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
	room chat.RoomID // where they talk
	stop func()

	recs []*recorder // take down what the client is told
	ears []*ear      // of the client that is open
	hush []func()    // end them

	said atomic.Int64 // numbers texts
	long string       // stands behind the number
}

// text is the n-th text of a person.
func (m *person) text(n int64) string { return fmt.Sprintf("%s %06d%s", m.name, n, m.long) }

// join lets somebody in. dial, if not nil, is how they reach the host.
func (p *place) join(name string, dial func(ctx context.Context, address string) (net.Conn, error)) *person {
	p.t.Helper()
	link := *must(wire.ParseLink(p.ask("invite")))
	m := &person{t: p.t, home: p.dir, dir: p.t.TempDir(), name: name, dial: dial, room: chat.Lobby, recs: []*recorder{p.rec}}
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
	m.ears, m.hush = nil, nil
	for _, r := range m.recs {
		m.listen(r)
	}
	go func() { done <- c.Run(ctx) }()
	m.stop = sync.OnceFunc(func() {
		cancel()
		err := ignore(<-done)
		for _, hush := range m.hush {
			hush()
		}
		if err := errors.Join(err, db.Close()); err != nil {
			m.t.Errorf("%s: %v", m.name, err)
		}
	})
}

// listen lets a recorder hear what the client that is open is told.
func (m *person) listen(r *recorder) {
	e, hush := r.listen(m.Client, m.db)
	m.ears, m.hush = append(m.ears, e), append(m.hush, hush)
}

// in returns a person as one who talks in the room of a recorder, with texts of its own
// number, until the client is stopped.
func (m *person) in(r *recorder) *person {
	m.recs = append(m.recs, r)
	m.listen(r)
	return &person{Client: m.Client, t: m.t, home: m.home, dir: m.dir, name: m.name, db: m.db, room: r.room, ears: m.ears[len(m.ears)-1:]}
}

// look notes what the client was told until now.
func (m *person) look() {
	for _, e := range m.ears {
		e.look(true)
	}
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
	if _, err := m.Send(context.Background(), m.room, m.text(m.said.Add(1))); err != nil {
		m.t.Errorf("%s: %v", m.name, err)
	}
}

// hears reports whether somebody's newest text is among the last rows of m.
func (m *person) hears(who *person) bool {
	page, err := m.Before(context.Background(), m.room, 0, 100)
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

// middle returns what half of them took at most.
func (d delays) middle() time.Duration {
	if len(d) == 0 {
		return 0
	}
	return slices.Sorted(slices.Values(d))[len(d)/2]
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

// lines returns what a client has of the texts of a room, in order, and how much of its
// own waits.
func lines(c *client.Client, room chat.RoomID) (out []line, waiting int, err error) {
	for after := uint64(0); ; {
		p, err := c.After(context.Background(), room, after, 1000)
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
	p, err := c.Before(context.Background(), room, 0, 1000)
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
