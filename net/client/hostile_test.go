package client_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// evilStore is the store of a host that shows other rows than it was given.
type evilStore struct {
	host.Store
	mu   sync.Mutex // guards evil
	evil func(rows []chat.Row) []chat.Row
}

func (e *evilStore) After(ctx context.Context, room chat.RoomID, seq uint64, maxRows, maxBytes int) ([]chat.Row, bool, error) {
	rows, more, err := e.Store.After(ctx, room, seq, maxRows, maxBytes)
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.evil != nil && room == chat.Lobby {
		for i := range rows {
			rows[i].Envelope = bytes.Clone(rows[i].Envelope)
			rows[i].Signature = bytes.Clone(rows[i].Signature)
		}
		rows = e.evil(rows)
	}
	return rows, more, err
}

// A host that changes a byte, leaves a message out, shows it twice, swaps two or
// makes one up is shown: somebody who joins then, and those who talk with them,
// see a warning, and nothing false is shown under anybody's name.
func TestHostThatChangesHistoryIsShown(t *testing.T) {
	swap := func(rows []chat.Row, i, j int) {
		a, b := rows[i], rows[j]
		rows[i], rows[j] = b, a
		rows[i].Seq, rows[j].Seq = a.Seq, b.Seq
	}
	for name, tt := range map[string]struct {
		evil func(rows []chat.Row) []chat.Row
		want client.Warnings // one of these must be seen by the newcomer
		says string          // what the newcomer may see at most
	}{
		"changes one byte of a text": {func(rows []chat.Row) []chat.Row {
			i := bytes.Index(rows[1].Envelope, []byte("two"))
			rows[1].Envelope[i] ^= 1
			return rows
		}, client.BadSignature, "Ana: one | Ana: three | Ana: four"},
		"changes one byte of a signature": {func(rows []chat.Row) []chat.Row {
			rows[2].Signature[9] ^= 1
			return rows
		}, client.BadSignature, "Ana: one | Ana: two | Ana: four"},
		"leaves one out": {func(rows []chat.Row) []chat.Row {
			return append(rows[:1:1], rows[2:]...)
		}, client.CounterGap | client.OtherHistory, "Ana: one | Ana: three | Ana: four"},
		"shows one twice": {func(rows []chat.Row) []chat.Row {
			again := rows[1]
			again.Seq = rows[len(rows)-1].Seq + 100
			return append(rows, again)
		}, client.Repeated | client.OtherHistory, "Ana: one | Ana: two | Ana: three | Ana: four"},
		"swaps two": {func(rows []chat.Row) []chat.Row {
			swap(rows, 1, 2)
			return rows
		}, client.CounterGap | client.OtherHistory, "Ana: one | Ana: three | Ana: two | Ana: four"},
		"makes one up": {func(rows []chat.Row) []chat.Row {
			fake := wire.Envelope{Room: chat.Lobby, ID: chat.NewMessageID(), Device: rows[0].Device, Counter: 9, Time: 1, Body: wire.KindText, Data: wire.EncodeBody(&wire.Text{Text: "I never said that"})}
			row := rows[0]
			row.Seq = rows[len(rows)-1].Seq + 100
			row.Envelope = must(fake.Seal())
			return append(rows, row)
		}, client.BadSignature, "Ana: one | Ana: two | Ana: three | Ana: four"},
		"hides the beginning": {func(rows []chat.Row) []chat.Row {
			return rows[2:]
		}, client.CounterGap | client.OtherHistory, "Ana: three | Ana: four"},
	} {
		t.Run(name, func(t *testing.T) {
			var evil *evilStore
			p := newPlace(t, func(p *place) {
				p.store = func(s host.Store) host.Store { evil = &evilStore{Store: s}; return evil }
			})
			ana := p.join("Ana")
			for i, text := range []string{"one", "two", "three", "four"} {
				ana.say(text)
				ana.until("it is on the host", func() bool { return strings.Count(ana.texts(), "|") == i && !strings.Contains(ana.texts(), "(") })
			}
			evil.mu.Lock()
			evil.evil = func(rows []chat.Row) []chat.Row {
				if len(rows) < 4 {
					return rows
				}
				return tt.evil(rows)
			}
			evil.mu.Unlock()
			ben := p.join("Ben")
			ben.until("a warning", func() bool {
				var seen client.Warnings
				for _, m := range all(ben) {
					seen |= m
				}
				return seen&tt.want != 0
			})
			ben.hears(tt.says)
			for _, m := range ben.page() {
				if m.Kind == client.LineBroken && (m.Text != "" || m.File != nil) {
					t.Errorf("a row that cannot be believed shows %q", m.Text)
				}
			}
		})
	}
}

// all returns the warnings of all rows, those that are in no timeline included.
func all(m *member) []client.Warnings {
	m.t.Helper()
	var out []client.Warnings
	for seq := range uint64(400) {
		if msg, err := m.Message(context.Background(), seq); err == nil {
			out = append(out, msg.Warnings)
		}
	}
	return out
}

// When two members were shown different histories, the first message that one
// of them hears from the other says so.
func TestForkedHistoryIsShown(t *testing.T) {
	var evil *evilStore
	p := newPlace(t, func(p *place) {
		p.store = func(s host.Store) host.Store { evil = &evilStore{Store: s}; return evil }
	})
	ana := p.join("Ana")
	ana.say("one")
	ana.say("two")
	ana.hears("Ana: one | Ana: two")
	evil.mu.Lock()
	evil.evil = func(rows []chat.Row) []chat.Row { // Ben gets the first message in the place of the second
		if len(rows) == 2 {
			rows[0].Seq = rows[1].Seq
			return rows[:1]
		}
		return rows
	}
	evil.mu.Unlock()
	ben := p.join("Ben")
	ben.until("Ben sees the first", func() bool { return ben.texts() == "Ana: one" })
	ana.say("three")
	ben.until("Ben is warned", func() bool {
		for _, m := range ben.page() {
			if m.Text == "three" {
				return m.Warnings&client.OtherHistory != 0 && m.Warnings&client.CounterGap != 0
			}
		}
		return false
	})
	ben.say("four")
	ana.until("Ana is warned", func() bool {
		for _, m := range ana.page() {
			if m.Text == "four" {
				return m.Warnings == client.OtherHistory
			}
		}
		return false
	})
}

// A host that went back to a backup has lost rows, and may have given their
// places to others. A member who has them stops and says so, instead of losing
// what comes in their place.
func TestRestoredHostIsNoticed(t *testing.T) {
	p := newPlace(t)
	ana, ben, carl := p.join("Ana"), p.join("Ben"), p.join("Carl")
	ana.say("one")
	for _, m := range []*member{ana, ben, carl} {
		m.hears("Ana: one")
	}
	p.stop()
	backup := t.TempDir()
	if err := os.CopyFS(backup, os.DirFS(p.dir)); err != nil {
		t.Fatal(err)
	}
	carl.stop() // does not hear the next
	p.start()
	ana.Reconnect()
	ben.Reconnect()
	ana.say("two")
	ana.say("three")
	ana.hears("Ana: one | Ana: two | Ana: three")
	ben.hears("Ana: one | Ana: two | Ana: three")
	ben.stop()
	p.stop()

	p.dir = backup
	p.start()
	ana.Reconnect()
	ana.until("Ana stops", func() bool { return ana.State().Phase == client.Stopped })
	if err := ana.State().Err; !errors.Is(err, client.ErrHostRestored) {
		t.Errorf("rows are missing: got %v, want %v", err, client.ErrHostRestored)
	}
	carl.open() // knows of nothing that is lost, and writes over it
	want := "Ana: one"
	for i := range 5 {
		text := fmt.Sprintf("new %d", i)
		carl.say(text)
		want += " | Carl: " + text
	}
	carl.hears(want)
	ben.open()
	ben.until("Ben stops", func() bool { return ben.State().Phase == client.Stopped })
	if err := ben.State().Err; !errors.Is(err, client.ErrHostRestored) {
		t.Errorf("rows are others: got %v, want %v", err, client.ErrHostRestored)
	}
	ben.hears("Ana: one | Ana: two | Ana: three")
	for _, w := range all(carl) {
		if w != 0 {
			t.Errorf("Carl, who lost nothing, has warnings %b", w)
		}
	}
}

// A member who names a message like somebody's file cannot make that person's
// line open another file, nor show one of the own under that id.
func TestMessageWithSomebodysIDIsBroken(t *testing.T) {
	p := newPlace(t)
	ana, mal, ben := p.join("Ana"), p.join("Mal"), p.join("Ben")
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "letter.txt"), 100)
	id := must(ana.SendFile(t.Context(), chat.Lobby, filepath.Join(dir, "letter.txt")))
	good := ben.fileSeq(id)
	row := must(mal.db.Message(t.Context(), mal.fileSeq(id)))
	file := must(wire.ParseBody(wire.KindFile, row.Body)).(*wire.File)
	file.Name = "letter.exe"
	must(mal.db.Enqueue(t.Context(), clientdb.Outgoing{Room: chat.Lobby, ID: id, Kind: uint16(wire.KindFile), Body: wire.EncodeBody(file), Created: 1}))
	mal.say("done")
	ben.hears("Mal: done")
	seen := 0
	for _, m := range ben.page() {
		switch {
		case m.ID != id:
			continue
		case m.Seq == good:
			if m.Kind != client.LineFile || m.File.Name != "letter.txt" || m.Warnings != 0 {
				t.Errorf("Ana's file is shown as %+v", m)
			}
		case m.Kind != client.LineBroken || m.File != nil || m.Warnings != client.IDTaken:
			t.Errorf("Mal's row is shown as %+v, want a broken line", m)
		default:
			if _, err := ben.Download(t.Context(), m.Seq); !errors.Is(err, clientdb.ErrNotFound) {
				t.Errorf("fetching its file: %v, want %v", err, clientdb.ErrNotFound)
			}
		}
		seen++
	}
	if seen != 2 {
		t.Errorf("%d rows have the id, want 2", seen)
	}
}

// A profile that was copied: the copy is told so and sends nothing twice.
func TestCopiedProfileStops(t *testing.T) {
	p := newPlace(t)
	ana, ben := p.join("Ana"), p.join("Ben")
	ana.say("one")
	ben.hears("Ana: one")
	ana.stop()
	copied := t.TempDir()
	if err := os.CopyFS(copied, os.DirFS(ana.dir)); err != nil {
		t.Fatal(err)
	}
	ana.open()
	ana.say("two")
	ben.hears("Ana: one | Ana: two")
	ana.stop()

	// The copy does not know of the second message and uses its number.
	p.stop()
	double := newMember(t, copied)
	double.say("from the copy")
	p.start()
	double.Reconnect()
	double.until("the copy stopped or caught up", func() bool { return double.State().Phase == client.Stopped })
	if err := double.State().Err; !errors.Is(err, client.ErrCopied) {
		t.Errorf("got %v, want %v", err, client.ErrCopied)
	}
	ben.hears("Ana: one | Ana: two")
}

// Two programs with the same keys do not throw each other out for ever: one of
// them stops, usually the first.
func TestSameDeviceTwiceStopsOne(t *testing.T) {
	p := newPlace(t)
	ana := p.join("Ana")
	ana.stop()
	copied := t.TempDir()
	if err := os.CopyFS(copied, os.DirFS(ana.dir)); err != nil {
		t.Fatal(err)
	}
	ana.open()
	ana.until("Ana is online", func() bool { return ana.State().Phase == client.Online })
	double := newMember(t, copied)
	elsewhere := func(m *member) bool {
		return m.State().Phase == client.Stopped && client.CodeOf(m.State().Err) == wire.CodeElsewhere
	}
	double.until("one of them stopped", func() bool { return elsewhere(ana) || elsewhere(double) })
	other := double
	if elsewhere(double) {
		other = ana
	}
	other.until("the other one stays", func() bool { return other.State().Phase == client.Online })
}

// recorder keeps every byte that a member's connections carry.
type recorder struct {
	mu       sync.Mutex // guards what follows
	up, down []byte
	writes   []int // sizes of what was sent at once
}

func (r *recorder) wrap(cfg *client.Config) {
	cfg.Dial = func(ctx context.Context, address string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		return &recorded{c, r}, err
	}
}

type recorded struct {
	net.Conn
	r *recorder
}

func (c *recorded) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.r.mu.Lock()
	defer c.r.mu.Unlock()
	c.r.down = append(c.r.down, b[:n]...)
	return n, err
}

func (c *recorded) Write(b []byte) (int, error) {
	c.r.mu.Lock()
	c.r.up = append(c.r.up, b...)
	c.r.writes = append(c.r.writes, len(b))
	c.r.mu.Unlock()
	return c.Conn.Write(b)
}

// FEATURES C1: a capture of a whole story on the network holds none of its
// texts, names, passwords, file names, file bytes or invite secrets. It is also
// the test that the password is in no capture.
func TestCaptureHoldsNothing(t *testing.T) {
	const canary, pass = "zanzibar", "Quagga-77-marimba"
	p := newPlace(t, func(p *place) { p.cfg.First.Name = "Place " + canary })
	var r1, r2 recorder
	ana := p.join("Ana "+canary, r1.wrap)
	link := p.link(host.Command{Uses: 1})
	ben := newMember(t, t.TempDir(), r2.wrap, func(c *client.Config) { c.AutoDownload = func() int64 { return 1 << 30 } })
	if v, err := ben.Look(t.Context(), link); err != nil || v.Card.Place != "Place "+canary {
		t.Fatal(v, err)
	}
	if err := ben.Register(t.Context(), link, "Ben "+canary, pass); err != nil {
		t.Fatal(err)
	}
	ben.until("Ben is online", func() bool { return ben.State().Phase == client.Online })
	ben.say("text " + canary)
	ana.hears("Ben " + canary + ": text " + canary)
	path := filepath.Join(t.TempDir(), canary+".txt")
	if err := os.WriteFile(path, bytes.Repeat([]byte(canary), 40_000), 0o600); err != nil {
		t.Fatal(err)
	}
	id := must(ana.SendFile(t.Context(), chat.Lobby, path))
	ana.untilState(id, client.Finished)
	ben.untilStateOf(id)
	if err := ben.ChangePassword(t.Context(), pass, "Okapi-88-marimba", true); err != nil {
		t.Fatal(err)
	}
	ana.stop()
	ben.stop()
	for who, r := range map[string]*recorder{"Ana": &r1, "Ben": &r2} {
		for way, b := range map[string][]byte{"up": r.up, "down": r.down} {
			if len(b) < 5000 {
				t.Errorf("%s %s: %d bytes: the recorder sees nothing", who, way, len(b))
			}
			for _, secret := range [][]byte{[]byte(canary), []byte(pass), []byte("Okapi-88"), link.Secret, []byte("snug test")} {
				if bytes.Contains(bytes.ToLower(b), bytes.ToLower(secret)) {
					t.Errorf("%s %s holds %q", who, way, secret)
				}
			}
			if e := entropy(b); e < 7.8 {
				t.Errorf("%s %s: %.2f bits a byte, want what looks random", who, way, e)
			}
		}
	}
}

// entropy returns the bits per byte of the bytes' distribution.
func entropy(b []byte) float64 {
	var n [256]float64
	for _, c := range b {
		n[c]++
	}
	var e float64
	for _, c := range n {
		if c > 0 {
			p := c / float64(len(b))
			e -= p * math.Log2(p)
		}
	}
	return e
}

// FEATURES C9: on the wire, texts of all lengths fall into few sizes, and those
// of one padding class cannot be told apart.
func TestFrameSizesDoNotTellLengths(t *testing.T) {
	p := newPlace(t)
	var r recorder
	ana := p.join("Ana", r.wrap)
	ana.say("first")
	ana.hears("Ana: first")
	ana.until("the key packages are there", ana.Stocked)
	sent := func(n int) (sizes string) {
		r.mu.Lock()
		from := len(r.writes)
		r.mu.Unlock()
		id := ana.say(strings.Repeat("x", n))
		ana.until("it came back", func() bool {
			for _, m := range ana.page() {
				if m.ID == id {
					return m.Seq > 0
				}
			}
			return false
		})
		r.mu.Lock()
		defer r.mu.Unlock()
		return fmt.Sprint(r.writes[from:])
	}
	classes := map[string][]int{}
	for _, n := range []int{1, 2, 10, 30, 60, 300, 400, 500, 1000, 3000, 4000, 7000, 12000, wire.MaxText} {
		s := sent(n)
		classes[s] = append(classes[s], n)
	}
	if len(classes) > 8 { // 256 B to 32 KiB
		t.Errorf("14 lengths show as %d sizes: %v", len(classes), classes)
	}
	for _, same := range [][2]int{{1, 10}, {500, 400}, {3000, 2500}} {
		if a, b := sent(same[0]), sent(same[1]); a != b {
			t.Errorf("texts of %d and %d bytes are sent as %s and %s", same[0], same[1], a, b)
		}
	}
}

// A host that speaks nonsense ends a connection, never the client.
func TestNonsenseFromTheHost(t *testing.T) {
	l := must(net.Listen("tcp", "127.0.0.1:0"))
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n")
				_, _ = io.Copy(io.Discard, c)
			}()
		}
	}()
	m := newMember(t, t.TempDir())
	link := wire.Link{Addresses: []string{l.Addr().String()}, Host: [32]byte{9}}
	if _, err := m.Look(t.Context(), link); err == nil {
		t.Error("something that is no host was accepted")
	}
}
