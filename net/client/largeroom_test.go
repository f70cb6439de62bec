package client_test

import (
	"context"
	"flag"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/snugchat/snug/crypto/channel"
	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/net/link"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

var (
	largeDevices = flag.Int("devices", 500, "devices in the room of BenchmarkLargeRoom")
	largeCommits = flag.Int("commits", 4500, "commits that somebody missed in BenchmarkLargeRoom: 90 days of 500 devices")
	largeTexts   = flag.Int("texts", 9000, "texts that somebody missed in BenchmarkLargeRoom: 100 a day")
)

// crew is how many of a large room's members are whole clients in
// BenchmarkLargeRoom: those of all would measure a computer that does the work of
// 500. The others are connected and are delivered to.
const crew = 20

// BenchmarkLargeRoom is a sealed room of many devices with a host and clients,
// whose people came one after the other and gave the room fresh keys: what a
// message costs until all have it, what it takes until somebody who is invited
// and all others can talk, and what one has to catch up who was away for 90 days
// (issue: 250 ms, 2 s, and to be stated).
//
//	go test -run '^$' -bench LargeRoom -benchtime 100x -timeout 1h ./net/client
func BenchmarkLargeRoom(b *testing.B) {
	r := newLargeRoom(b, *largeDevices)
	b.Run("message", func(b *testing.B) {
		var all []time.Duration
		for i := 0; b.Loop(); i++ {
			heard := r.listens()
			began := time.Now()
			text := fmt.Sprint("message ", b.N, " ", i)
			r.ana.sayIn(r.den, text)
			all = append(all, slices.Max(r.heard(b, text, began)), r.delivered(b, heard+1, began))
		}
		r.report(b, all)
	})
	b.Run("add", func(b *testing.B) {
		var all []time.Duration
		for i := 0; b.Loop(); i++ {
			b.StopTimer()
			zoe := r.member(b, fmt.Sprint("Zoe ", b.N, " ", i))
			b.StartTimer()
			began := time.Now()
			ok(b, r.ana.InviteToRoom(b.Context(), r.den, zoe.Me().Account))
			zoe.is(r.den, client.RoomJoined)
			hello := fmt.Sprint("hello ", b.N, " ", i)
			zoe.sayIn(r.den, hello)
			r.heard(b, hello, began)
			r.ana.sayIn(r.den, "welcome to "+hello)
			zoe.untilOr("a welcome", func() bool { return strings.HasSuffix(zoe.textsIn(r.den), "welcome to "+hello) }, func() string { return zoe.textsIn(r.den) })
			all = append(all, time.Since(began))
			b.StopTimer()
			zoe.stop()
			b.StartTimer()
		}
		r.report(b, all)
	})
	b.Run("away", func(b *testing.B) {
		once := sync.OnceFunc(func() { r.away(b, *largeCommits, *largeTexts) })
		for b.Loop() {
			once()
		}
		b.ReportMetric(0, "ns/op")
	})
}

// largeRoom is a sealed room with many members.
type largeRoom struct {
	p     *place
	den   chat.RoomID
	ana   *member   // who made it
	crew  []*member // others that are whole clients
	lines []*listener
	rows  atomic.Int64 // that the listeners were delivered
}

func newLargeRoom(b *testing.B, devices int) *largeRoom {
	many := 1e6
	r := &largeRoom{p: newPlace(b, func(p *place) {
		p.dir = fast(b)
		p.cfg.Limits = host.Limits{
			Posts: many, PostBurst: many, Requests: many, RequestBurst: many, Entries: many, EntryBurst: many,
			Commits: many, CommitBurst: many, Lookups: many, LookupBurst: many, Packages: many, PackageBurst: many,
		}
	})}
	began := time.Now()
	r.ana = r.member(b, "Ana")
	r.den = must(r.ana.CreateRoom(b.Context(), chat.RoomSealed, "Den", ""))
	var rest []*member
	for i := 1; i < devices; i++ {
		var ahead atomic.Int64
		m := r.member(b, fmt.Sprint("Member ", i), func(c *client.Config) {
			c.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
		})
		ok(b, r.ana.InviteToRoom(b.Context(), r.den, m.Me().Account))
		m.is(r.den, client.RoomJoined)
		// They would wait for seconds or minutes, so that not all do it at once.
		m.until("fresh keys", func() bool {
			ahead.Add(int64(time.Hour))
			m.Tend()
			return must(m.db.Room(context.Background(), r.den)).Healed > 0
		})
		m.stop()
		ahead.Store(0)
		if i*crew/devices > len(r.crew) {
			r.crew = append(r.crew, m)
		} else {
			rest = append(rest, m)
		}
		if i%50 == 0 {
			b.Logf("%d devices after %v", i+1, time.Since(began).Round(time.Second))
		}
	}
	for _, m := range r.crew { // one after the other, or all of them do it at the pace of one
		m.open()
		now := must(r.ana.db.Room(context.Background(), r.den)).Cursor
		m.until("what it missed", func() bool { return must(m.db.Room(context.Background(), r.den)).Cursor >= now })
	}
	b.Logf("%d whole clients after %v", len(r.crew), time.Since(began).Round(time.Second))
	r.ana.sayIn(r.den, "all here?")
	r.heard(b, "all here?", time.Now())
	head := must(r.ana.db.Room(context.Background(), r.den)).Cursor
	for _, m := range rest {
		r.listen(b, m, head)
	}
	for began := time.Now(); ; time.Sleep(time.Millisecond) {
		live := 0
		for _, l := range r.lines {
			if l.live.Load() {
				live++
			}
		}
		if live == len(r.lines) {
			break
		}
		if time.Since(began) > patience {
			b.Fatalf("%d of %d listen", live, len(r.lines))
		}
	}
	return r
}

func (r *largeRoom) member(b *testing.B, name string, edit ...func(*client.Config)) *member {
	m := newMember(b, fast(b), edit...)
	ok(b, m.Register(b.Context(), r.p.ownerLink(), name, ""))
	m.until(name+" has key packages at the host", func() bool { return m.State().Phase == client.Online && m.Stocked() })
	return m
}

// heard waits until all whole clients have a text, and returns when each had it.
func (r *largeRoom) heard(b *testing.B, text string, began time.Time) []time.Duration {
	took := make([]time.Duration, len(r.crew))
	var wg sync.WaitGroup
	for i, m := range r.crew {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
			defer cancel()
			for {
				p, err := m.Before(ctx, r.den, 0, 3)
				if err != nil {
					b.Errorf("%s never has %q: %v", m.Me().Name, text, err)
					return
				}
				for _, msg := range p.Messages {
					if msg.Text == text {
						took[i] = time.Since(began)
						return
					}
				}
				wait, stop := context.WithTimeout(ctx, 200*time.Millisecond)
				_, _ = m.sub.Next(wait) // what came shows above
				stop()
			}
		})
	}
	wg.Wait()
	if b.Failed() {
		b.FailNow()
	}
	return took
}

// listens returns how many rows each listener was delivered.
func (r *largeRoom) listens() int64 { return r.rows.Load() / int64(max(1, len(r.lines))) }

// delivered waits until each listener was delivered so many rows.
func (r *largeRoom) delivered(b *testing.B, rows int64, began time.Time) time.Duration {
	for want := rows * int64(len(r.lines)); r.rows.Load() < want; time.Sleep(50 * time.Microsecond) {
		if time.Since(began) > patience {
			b.Fatalf("%d of %d rows were delivered", r.rows.Load(), want)
		}
	}
	return time.Since(began)
}

func (r *largeRoom) report(b *testing.B, all []time.Duration) {
	slices.Sort(all)
	b.ReportMetric(all[len(all)/2].Seconds()*1e3, "p50-ms")
	b.ReportMetric(all[len(all)*99/100].Seconds()*1e3, "p99-ms")
	b.ReportMetric(0, "ns/op")
}

// away stops one of the crew, lets the others change the room and talk, and
// measures how long it then takes to have all of it.
func (r *largeRoom) away(b *testing.B, commits, texts int) {
	for _, l := range r.lines {
		l.stop()
	}
	ben, others := r.crew[0], r.crew[1:4]
	for _, m := range r.crew[4:] {
		m.stop()
	}
	r.crew = others
	for _, m := range others {
		ok(b, r.ana.SetRoomAdmin(b.Context(), r.den, m.Me().Account, true))
	}
	r.ana.sayIn(r.den, "bye, Ben")
	r.heard(b, "bye, Ben", time.Now())
	began := time.Now()
	ben.stop()
	for i := range commits {
		m := others[i%len(others)]
		ok(b, m.RenameRoom(b.Context(), r.den, fmt.Sprint("Den ", i), ""))
		for j := i * texts / commits; j < (i+1)*texts/commits; j++ {
			m.sayIn(r.den, fmt.Sprint("text ", j))
		}
	}
	last := fmt.Sprint("welcome back after ", time.Now())
	r.ana.sayIn(r.den, last)
	r.heard(b, last, time.Now())
	b.Logf("90 days made in %v", time.Since(began).Round(time.Second))
	began, r.crew = time.Now(), []*member{ben}
	ben.open()
	took := r.heard(b, last, began)[0]
	b.Logf("%d commits and %d texts after %v", commits, texts, took)
	b.ReportMetric(took.Seconds(), "catchup-s")
	n := 0
	for _, l := range must(ben.Before(context.Background(), r.den, 0, 1000)).Messages {
		if l.Kind == client.LineBroken || l.Warnings != 0 {
			b.Errorf("row %d cannot be read: %b", l.Seq, l.Warnings)
		}
		n++
	}
	if n == 0 {
		b.Error("nothing was read")
	}
}

// listener is a member's device without a client: the host delivers to it.
type listener struct {
	live atomic.Bool
	stop func()
}

func (r *largeRoom) listen(b *testing.B, m *member, after uint64) {
	m.load()
	keys := must(m.db.Place(context.Background())).Keys
	ok(b, m.db.Close())
	key := must(channel.NewPrivateKey(keys.Transport[:]))
	nc := must(net.Dial("tcp", r.p.addr))
	conn := must(channel.Client(b.Context(), nc, key, channel.Pin(r.p.cfg.Key.Public())))
	ctx, cancel := context.WithCancel(context.Background())
	out, done := link.New(conn, r.p.log), make(chan struct{})
	l := &listener{stop: sync.OnceFunc(func() { cancel(); <-done })}
	go func() {
		defer close(done)
		_ = out.Run(ctx, func(data []byte) error { // it ends when it is stopped
			v, err := wire.Parse(data)
			if err != nil {
				return nil // nothing that a listener asked for
			}
			switch v := v.(type) {
			case *wire.Session:
				return out.Send(wire.Append(nil, &wire.Fetch{Room: r.den, After: after}))
			case *wire.Rows:
				if !v.Live {
					return out.Send(wire.Append(nil, &wire.Fetch{Room: r.den, After: v.Rows[len(v.Rows)-1].Seq}))
				}
				l.live.Store(true)
			case *wire.Deliver:
				if v.Room == r.den {
					r.rows.Add(1)
				}
			}
			return nil
		})
	}()
	ok(b, out.Send(wire.Append(nil, &wire.Hello{Min: wire.MinVersion, Max: wire.Version, Program: "Snug test"})))
	b.Cleanup(l.stop)
	r.lines = append(r.lines, l)
}
