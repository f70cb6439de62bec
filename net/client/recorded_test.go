package client_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
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
	"github.com/snugchat/snug/net/link"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

var recordWire = flag.Bool("record", false, "record the wire of this version, if there is no recording of it")

// recording is one connection of a member, as a version of the program said it: what
// went up to the host and what came down. Beside it lie the stores of the host and of
// the member as they were before, so that either side can be played again.
type recording struct {
	Host     []byte        // private key
	At       int64         // unix milliseconds
	Room     chat.RoomID   // a sealed room
	Lobby    string        // texts that the member has in the end, as textsIn says them
	Sealed   string        // likewise, of the sealed room
	Caught   int           // so many messages until all of that was there
	Messages []recordedOne // in the order in which they came by
}

type recordedOne struct {
	Up   bool   `json:",omitempty"`
	Data []byte // wire.Append
}

func (o *recordedOne) parse(t *testing.T) wire.Message {
	t.Helper()
	m, err := wire.Parse(o.Data)
	if err != nil {
		t.Fatalf("a recorded message is not understood any more: %v", err)
	}
	return m
}

// clock goes on from the time of the recording, which lifetimes of keys depend on.
func (r *recording) clock() func() time.Time {
	began := time.Now()
	return func() time.Time { return time.UnixMilli(r.At).Add(time.Since(began)) }
}

// recordings returns the folders of the recordings: one for each version of the
// protocol from the first release on, and that of today. Once a version is released
// its recording stays as it is; one that is not may be removed and made anew with
// -args -record when the protocol changes.
func recordings(t *testing.T) []string {
	t.Helper()
	newest := filepath.Join("testdata", fmt.Sprint("wire", wire.Version))
	if _, err := os.Stat(filepath.Join(newest, "recording.json")); err != nil {
		if !*recordWire {
			t.Fatalf("%v: go test ./net/client -run Recorded -args -record", err)
		}
		makeRecording(t, newest)
	}
	return must(filepath.Glob(filepath.Join("testdata", "wire*")))
}

func readRecording(t *testing.T, dir string) *recording {
	t.Helper()
	r := new(recording)
	if err := json.Unmarshal(must(os.ReadFile(filepath.Join(dir, "recording.json"))), r); err != nil {
		t.Fatal(err)
	}
	return r
}

// makeRecording lets Ben come back to a place where much was said while he was away,
// in an open and in a sealed room, and then say, change, send and fetch something.
func makeRecording(t *testing.T, dir string) {
	e := newEvilHost(t)
	ana := e.place.join("Ana")
	ben := e.person("Ben")
	den := must(ana.CreateRoom(t.Context(), chat.RoomSealed, "Den", ""))
	ok(t, ana.InviteToRoom(t.Context(), den, ben.Me().Account))
	ben.is(den, client.RoomJoined)
	first := ana.say("one")
	ana.sayIn(den, "one")
	ben.hears("Ana: one")
	ben.hearsIn(den, "Ana: one")
	ben.stop()
	ok(t, ana.React(t.Context(), chat.Lobby, first, "👍", true))
	ok(t, ana.EditMessage(t.Context(), chat.Lobby, first, client.Words{Text: "one, corrected"}))
	gone := ana.say("a slip")
	ok(t, ana.RenameRoom(t.Context(), den, "The Den", "tea"))
	for _, text := range []string{"two", "three"} {
		ana.say(text)
		ana.sayIn(den, text)
	}
	ana.until("all is on the host", func() bool {
		out, err := ana.db.Outbox(context.Background(), chat.Lobby)
		also, err2 := ana.db.Outbox(context.Background(), den)
		return err == nil && err2 == nil && len(out)+len(also) == 0
	})
	ok(t, ana.DeleteForAll(t.Context(), chat.Lobby, gone, false))
	ana.until("the slip is gone", func() bool { return !strings.Contains(ana.texts(), "slip") })
	ana.until("and on the host", func() bool {
		out, err := ana.db.Outbox(context.Background(), chat.Lobby)
		return err == nil && len(out) == 0
	})
	lobby, sealed := ana.texts(), ana.textsIn(den)
	ana.stop()
	e.place.stop()
	ok(t, os.MkdirAll(dir, 0o755))
	for from, to := range map[string]string{filepath.Join(e.dir, "host.db"): "host.db", filepath.Join(ben.dir, "place.db"): "member.db"} {
		ok(t, os.WriteFile(filepath.Join(dir, to), must(os.ReadFile(from)), 0o644))
	}
	r := recording{Host: e.cfg.Key.Bytes(), At: time.Now().UnixMilli(), Room: den, Lobby: lobby, Sealed: sealed}

	all := e.records()
	e.place.start()
	ben.open()
	ben.hears(lobby)
	ben.hearsIn(den, sealed)
	r.Caught = len(all())
	answered := func(room chat.RoomID) func() bool {
		return func() bool {
			out, err := ben.db.Outbox(context.Background(), room)
			return err == nil && len(out) == 0
		}
	}
	ben.Typing(chat.Lobby)
	mine := ben.say("four")
	ben.sayIn(den, "four")
	ben.until("it is in the Lobby", answered(chat.Lobby))
	ben.hears(lobby + " | Ben: four")
	ok(t, ben.EditMessage(t.Context(), chat.Lobby, mine, client.Words{Text: "four, corrected"}))
	ben.until("the Lobby has it", answered(chat.Lobby))
	ben.until("the room has it", answered(den))
	path := filepath.Join(t.TempDir(), "a.bin")
	writeFile(t, path, 100_000)
	id := must(ben.SendFile(t.Context(), chat.Lobby, path))
	must(ben.Download(t.Context(), ben.fileSeq(id)))
	ben.until("the file is back", func() bool {
		tr := ben.transferOf(id)
		return !tr.Upload && tr.State == client.Finished
	})
	ben.stop()
	for i, m := range all() {
		_, post := m.m.(*wire.Post)
		if post && i < r.Caught {
			t.Fatal("Ben wrote before he had everything: record again")
		}
		r.Messages = append(r.Messages, recordedOne{Up: m.up, Data: wire.Append(nil, m.m)})
	}
	ok(t, os.WriteFile(filepath.Join(dir, "recording.json"), must(json.MarshalIndent(r, "", "\t")), 0o644))
}

// player plays one side of a recording against a real other side.
type player struct {
	t *testing.T
	r *recording
	l *link.Link

	mu   sync.Mutex
	got  []wire.Message // from the real side
	news chan struct{}  // has room for one
}

func (p *player) run(ch *channel.Conn, wg *sync.WaitGroup) {
	p.l = link.New(ch, slog.New(slog.DiscardHandler))
	p.news = make(chan struct{}, 1)
	wg.Go(func() {
		_ = p.l.Run(context.Background(), func(b []byte) error {
			m, err := wire.Parse(bytes.Clone(b))
			if err != nil {
				return err
			}
			p.mu.Lock()
			p.got = append(p.got, m)
			p.mu.Unlock()
			select {
			case p.news <- struct{}{}:
			default:
			}
			return nil
		})
	})
}

// key says which message of the real side a recorded one waits for, "" if for none:
// the answers that a client cannot do without, or what a host answers.
func (p *player) key(m wire.Message) string {
	switch m := m.(type) {
	case *wire.Hello, *wire.Welcome, *wire.Session:
		return fmt.Sprintf("%T", m)
	case *wire.Fetch:
		return fmt.Sprintf("Fetch %x", m.Room)
	case *wire.Rows:
		return fmt.Sprintf("Rows %x", m.Room)
	case *wire.Posted:
		return fmt.Sprintf("Posted %x %x", m.Room, m.ID)
	case *wire.Pull:
		return fmt.Sprintf("Pull %x %d %d", m.Root, m.Part, m.Offset)
	case *wire.BlobState:
		if m.Complete {
			return fmt.Sprintf("BlobState %x", m.Root)
		}
	}
	return ""
}

// count says how often each of them came from the real side.
func (p *player) count() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := make(map[string]int)
	for _, m := range p.got {
		n[p.key(m)]++
	}
	return n
}

// await waits until the real side has said a kind of message so often.
func (p *player) await(key string, n int) {
	p.t.Helper()
	late := time.After(patience)
	for p.count()[key] < n {
		select {
		case <-p.news:
		case <-late:
			p.t.Fatalf("never: %d of %s; there is %v", n, key, p.count())
		}
	}
}

func (p *player) send(m wire.Message) {
	p.t.Helper()
	if err := p.l.Send(wire.Append(nil, m)); err != nil {
		p.t.Fatal(err)
	}
}

// FEATURES M5: a client of each version of the protocol, as it was recorded, comes back
// to a host of today, hears the same rows byte for byte, and everything that it says is
// taken. Its store is opened by today's host, too.
func TestRecordedClientWithHostOfToday(t *testing.T) {
	for _, dir := range recordings(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			r := readRecording(t, dir)
			p := newPlace(t, func(p *place) {
				p.cfg.Key, p.cfg.Now = must(channel.NewPrivateKey(r.Host)), r.clock()
				ok(t, os.WriteFile(filepath.Join(p.dir, "host.db"), must(os.ReadFile(filepath.Join(dir, "host.db"))), 0o600))
			})
			keys := recordedKeys(t, dir)
			nc := must(new(net.Dialer).DialContext(t.Context(), "tcp", p.addr))
			ch := must(channel.Client(t.Context(), nc, must(channel.NewPrivateKey(keys.Transport[:])), channel.Pin(p.cfg.Key.Public())))
			c := &player{t: t, r: r}
			var wg sync.WaitGroup
			defer wg.Wait()
			c.run(ch, &wg)
			defer c.l.Close()
			want := make(map[string]int)
			answers := make(map[string][][]byte)
			for i := range r.Messages {
				m := r.Messages[i].parse(t)
				if key := c.key(m); !r.Messages[i].Up && key != "" {
					want[key]++
					answers[key] = append(answers[key], r.Messages[i].Data)
				}
				if r.Messages[i].Up {
					for key, n := range want {
						c.await(key, n)
					}
					c.send(m)
				}
			}
			for key, n := range want {
				c.await(key, n)
			}
			c.mu.Lock()
			defer c.mu.Unlock()
			for _, m := range c.got {
				key := c.key(m)
				switch m := m.(type) {
				case *wire.Rows:
					if len(answers[key]) == 0 || !bytes.Equal(wire.Append(nil, m), answers[key][0]) {
						t.Errorf("%s: the host says something else than was recorded, in an answer of %d rows", key, len(m.Rows))
						continue
					}
					answers[key] = answers[key][1:]
				case *wire.Posted:
					was := must(wire.Parse(answers[key][0])).(*wire.Posted)
					if m.Code != was.Code || m.Seq != was.Seq {
						t.Errorf("%s: code %d, row %d; recorded was code %d, row %d", key, m.Code, m.Seq, was.Code, was.Seq)
					}
				case *wire.Failure:
					t.Errorf("the host refused something with code %d", m.Code)
				case *wire.Goodbye:
					t.Errorf("the host sent it away with code %d", m.Code)
				}
			}
		})
	}
}

// FEATURES M5: the other way round, a client of today comes back to a host of each
// version, as it was recorded, and has everything that was said, in an open and in a
// sealed room.
func TestClientOfTodayWithRecordedHost(t *testing.T) {
	for _, dir := range recordings(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			r := readRecording(t, dir)
			key := must(channel.NewPrivateKey(r.Host))
			var wg sync.WaitGroup
			defer wg.Wait()
			connected := make(chan *channel.Conn, 1)
			var once sync.Once
			m := newMember(t, t.TempDir(), func(cfg *client.Config) {
				ok(t, os.WriteFile(filepath.Join(filepath.Dir(cfg.Folder), "place.db"), must(os.ReadFile(filepath.Join(dir, "member.db"))), 0o600))
				cfg.Now = r.clock()
				cfg.Dial = func(context.Context, string) (net.Conn, error) {
					err := net.ErrClosed // it comes once
					var near net.Conn
					once.Do(func() {
						var far net.Conn
						near, far = net.Pipe()
						err = nil
						wg.Go(func() {
							if ch, err := channel.Server(context.Background(), far, key); err == nil {
								connected <- ch
							}
						})
					})
					return near, err
				}
			})
			h := &player{t: t, r: r}
			select {
			case ch := <-connected:
				h.run(ch, &wg)
			case <-time.After(patience):
				t.Fatal("the client does not connect")
			}
			defer h.l.Close()
			asked := make(map[string]int)
			for _, o := range r.Messages[:r.Caught] {
				v := o.parse(t)
				if o.Up {
					asked[h.key(v)]++
					continue
				}
				switch v := v.(type) {
				case *wire.Welcome:
					h.await("*wire.Hello", 1)
				case *wire.Rows:
					h.await(fmt.Sprintf("Fetch %x", v.Room), asked[fmt.Sprintf("Fetch %x", v.Room)])
				case *wire.Posted, *wire.Pull, *wire.Piece, *wire.BlobState:
					continue // of what this client does not do
				}
				h.send(v)
			}
			m.hears(r.Lobby)
			m.hearsIn(r.Room, r.Sealed)
			if room := must(m.Room(t.Context(), r.Room)); room.Name != "The Den" || room.Topic != "tea" {
				t.Errorf("the sealed room is %q, %q", room.Name, room.Topic)
			}
		})
	}
}

// recordedKeys reads the member's keys from its store.
func recordedKeys(t *testing.T, dir string) clientdb.Keys {
	t.Helper()
	path := filepath.Join(t.TempDir(), "member.db")
	ok(t, os.WriteFile(path, must(os.ReadFile(filepath.Join(dir, "member.db"))), 0o600))
	db := must(clientdb.Open(t.Context(), path, [32]byte{2}, slog.New(slog.DiscardHandler)))
	defer db.Close()
	return must(db.Place(t.Context())).Keys
}
