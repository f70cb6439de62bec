package client_test

import (
	"bytes"
	"context"
	"net"
	"slices"
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

// evilHost is a host that does what it likes with all that passes between its
// members and an honest one behind it: it has the place's key, and so can do
// nothing less than a host that is hostile itself. Members register with the
// honest one, since a login cannot be passed on.
type evilHost struct {
	t *testing.T
	*place

	mu sync.Mutex // guards down, up and links
	// down sees what goes to a member and says what comes instead; up what comes
	// from one. nil passes all on.
	down  func(to *member, m wire.Message) []wire.Message
	up    func(from *member, m wire.Message) []wire.Message
	links map[*member]*link.Link // to the members that are connected
	idle  sync.WaitGroup
}

func newEvilHost(t *testing.T, edit ...func(*place)) *evilHost {
	e := &evilHost{t: t, links: make(map[*member]*link.Link)}
	t.Cleanup(e.idle.Wait) // after the members have stopped
	e.place = newPlace(t, edit...)
	return e
}

// person joins by the honest host and goes through the evil one from then on.
func (e *evilHost) person(name string, edit ...func(*client.Config)) *member {
	e.t.Helper()
	m := e.comes(func(dial func(*client.Config)) *member { return e.place.join(name, append(edit, dial)...) })
	m.until("others can add "+name, m.Stocked)
	return m
}

// comes lets somebody come to the honest host, who goes through the evil one from
// then on.
func (e *evilHost) comes(join func(dial func(*client.Config)) *member) *member {
	e.t.Helper()
	var m *member
	var through bool
	var mu sync.Mutex
	me := join(func(cfg *client.Config) {
		cfg.Dial = func(ctx context.Context, address string) (net.Conn, error) {
			mu.Lock()
			who, evil := m, through
			mu.Unlock()
			nc, err := new(net.Dialer).DialContext(ctx, "tcp", address)
			if err != nil || !evil {
				return nc, err
			}
			return e.between(who, nc)
		}
	})
	mu.Lock()
	m, through = me, true
	mu.Unlock()
	e.again(me)
	return me
}

// again lets a member connect anew, by the evil host, and waits until it is in.
func (e *evilHost) again(m *member) {
	e.t.Helper()
	e.mu.Lock()
	old := e.links[m]
	e.mu.Unlock()
	if old != nil {
		old.Close()
	} else {
		m.stop()
		m.open()
	}
	m.until("connected by the evil host", func() bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		return e.links[m] != nil && e.links[m] != old && m.State().Phase == client.Online
	})
}

// between speaks to the member as the host and to the host as the member.
func (e *evilHost) between(m *member, up net.Conn) (net.Conn, error) {
	keys := must(m.db.Place(context.Background())).Keys
	key := must(channel.NewPrivateKey(keys.Transport[:]))
	near, far := net.Pipe()
	e.idle.Go(func() {
		defer up.Close()
		defer far.Close()
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		toMember, err := channel.Server(ctx, far, e.cfg.Key)
		if err != nil {
			return
		}
		toHost, err := channel.Client(ctx, up, key, channel.Pin(e.cfg.Key.Public()))
		if err != nil {
			return
		}
		a, b := link.New(toMember, m.log), link.New(toHost, m.log)
		e.mu.Lock()
		e.links[m] = a
		e.mu.Unlock()
		pass := func(to *link.Link, filter func() func(*member, wire.Message) []wire.Message) func([]byte) error {
			return func(b []byte) error {
				e.mu.Lock()
				defer e.mu.Unlock()
				f := filter()
				v, err := wire.Parse(bytes.Clone(b))
				if f == nil || err != nil {
					return to.Send(bytes.Clone(b))
				}
				for _, out := range f(m, v) {
					if err := to.Send(wire.Append(nil, out)); err != nil {
						return err
					}
				}
				return nil
			}
		}
		var wg sync.WaitGroup
		wg.Go(func() {
			_ = a.Run(context.Background(), pass(b, func() func(*member, wire.Message) []wire.Message { return e.up }))
			b.Close()
		})
		wg.Go(func() {
			_ = b.Run(context.Background(), pass(a, func() func(*member, wire.Message) []wire.Message { return e.down }))
			a.Close()
		})
		wg.Wait()
		e.mu.Lock()
		if e.links[m] == a {
			delete(e.links, m)
		}
		e.mu.Unlock()
	})
	return near, nil
}

// does sets what the host does to what goes to members.
func (e *evilHost) does(down func(to *member, m wire.Message) []wire.Message) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.down = down
}

// sends makes the host send a member something of its own.
func (e *evilHost) sends(to *member, m wire.Message) {
	e.t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.links[to] == nil {
		e.t.Fatal("the member is not connected")
	}
	if err := e.links[to].Send(wire.Append(nil, m)); err != nil {
		e.t.Fatal(err)
	}
}

// passed is a message that came by, down to a member or up from one.
type passed struct {
	who *member
	up  bool
	m   wire.Message
}

// records keeps everything that passes from now on, unchanged.
func (e *evilHost) records() func() []passed {
	var all []passed
	keep := func(up bool) func(*member, wire.Message) []wire.Message {
		return func(who *member, m wire.Message) []wire.Message {
			all = append(all, passed{who, up, must(wire.Parse(wire.Append(nil, m)))})
			return []wire.Message{m}
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.down, e.up = keep(false), keep(true)
	return func() []passed {
		e.mu.Lock()
		defer e.mu.Unlock()
		return slices.Clone(all)
	}
}

// rowsIn are the rows of a room among what was recorded, each once, in order, and
// those with one kind of body only unless kind is zero.
func rowsIn(all []passed, room chat.RoomID, kind wire.BodyKind) (rows []wire.Row) {
	add := func(r wire.Row) {
		same := func(o wire.Row) bool { return o.Seq == r.Seq }
		env, err := wire.ParseEnvelope(r.Envelope)
		if err == nil && (kind == 0 || env.Body == kind) && !slices.ContainsFunc(rows, same) {
			rows = append(rows, r)
		}
	}
	for _, p := range all {
		switch m := p.m.(type) {
		case *wire.Deliver:
			if m.Room == room {
				add(m.Row)
			}
		case *wire.Rows:
			if m.Room == room {
				for _, r := range m.Rows {
					add(r)
				}
			}
		}
	}
	return rows
}

// onRows lets a function change, drop (nil) or add rows of a room on their way
// to one member.
func onRows(victim *member, room chat.RoomID, change func(row wire.Row) []wire.Row) func(to *member, m wire.Message) []wire.Message {
	return func(to *member, m wire.Message) []wire.Message {
		if to != victim {
			return []wire.Message{m}
		}
		switch v := m.(type) {
		case *wire.Deliver:
			if v.Room != room {
				break
			}
			var out []wire.Message
			for _, r := range change(v.Row) {
				out = append(out, &wire.Deliver{Room: room, Row: r})
			}
			return out
		case *wire.Rows:
			if v.Room != room {
				break
			}
			var rows []wire.Row
			for _, r := range v.Rows {
				rows = append(rows, change(r)...)
			}
			v.Rows = rows
		}
		return []wire.Message{m}
	}
}

// den makes a sealed room of Ana and Ben, in which everybody has been heard and
// has healed, so that what follows is the test's own doing.
func (e *evilHost) den(ana, ben *member) chat.RoomID {
	e.t.Helper()
	den := must(ana.CreateRoom(e.t.Context(), chat.RoomSealed, "Den", "Plans"))
	if err := ana.InviteToRoom(e.t.Context(), den, ben.Me().Account); err != nil {
		e.t.Fatal(err)
	}
	ben.is(den, client.RoomJoined)
	ana.sayIn(den, "one")
	ben.hearsIn(den, "Ana: one")
	ben.sayIn(den, "two")
	ana.hearsIn(den, "Ana: one | Ben: two")
	for _, m := range []*member{ana, ben} {
		m.until("healed", func() bool {
			r, err := m.db.Room(context.Background(), den)
			return err == nil && r.Healed > 0
		})
	}
	return den
}

// warnings are all warnings that a member has about a room.
func (m *member) warnings(room chat.RoomID) (all client.Warnings) {
	m.t.Helper()
	for seq := range uint64(200) {
		row, err := m.db.Message(context.Background(), seq)
		if err == nil && row.Room == room {
			all |= row.Flags &^ (clientdb.Deleted | clientdb.IdentityNew | clientdb.MentionsMe)
		}
	}
	return all
}

// lastRow is the last row of a room that a member has.
func (m *member) lastRow(room chat.RoomID) uint64 {
	m.t.Helper()
	return must(m.db.Room(context.Background(), room)).Cursor
}

// gap lets the order of the whole place go on by rows of by's own, so that a row
// can be put behind the last one that others have of a room without taking the
// place of a true one.
func (e *evilHost) gap(by *member) {
	e.t.Helper()
	own := must(by.CreateRoom(e.t.Context(), chat.RoomSealed, "Own", ""))
	for range 3 {
		by.sayIn(own, "x")
	}
	by.hearsIn(own, by.Me().Name+": x | "+by.Me().Name+": x | "+by.Me().Name+": x")
}

// TestEvilHostPassesOn: the evil host that does nothing is a host like any other.
func TestEvilHostPassesOn(t *testing.T) {
	e := newEvilHost(t)
	ana, ben := e.person("Ana"), e.person("Ben")
	den := e.den(ana, ben)
	all := e.records()
	ben.sayIn(den, "three")
	ana.hearsIn(den, "Ana: one | Ben: two | Ben: three")
	ben.hearsIn(den, "Ana: one | Ben: two | Ben: three")
	if n := len(rowsIn(all(), den, wire.KindSealed)); n < 1 {
		t.Errorf("%d rows came by", n)
	}
	if ana.warnings(den)|ben.warnings(den) != 0 {
		t.Error("warnings without a reason")
	}
}
