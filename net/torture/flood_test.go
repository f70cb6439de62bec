//go:build unix

package torture

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	oldrand "math/rand"
	mathrand "math/rand/v2"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"testing/quick"
	"time"

	"github.com/snugchat/snug/crypto/channel"
	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/net/link"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// FEATURES L5: a member sends a thousand messages a second, well formed and
// signed, and connects again whenever it is cut off. No more of it comes through
// than the limits of its device let, and others' messages are not slowed. Seen to fail
// with a host whose limits nobody reaches.
func TestFlood(t *testing.T) {
	deadline(t, floodTime+10*time.Minute)
	p := newPlaceWith(t, options{Usual: true})
	mob, ana, ben := p.join("mob", nil), p.join("ana", nil), p.join("ben", nil)
	place := must(mob.db.Place(t.Context()))
	mob.stop()
	sample := func(until func() bool) (d delays) {
		for !until() {
			d = append(d, ana.deliver(ben))
			time.Sleep(60 * time.Millisecond) // below the limits of ana
		}
		return d
	}
	n := 0
	calm := sample(func() bool { n++; return n > 30 })
	ctx, cancel := context.WithTimeout(t.Context(), floodTime)
	defer cancel()
	f := &flood{
		p: p, envelope: must(identity.NewPrivateKey(place.Keys.Envelope[:])), key: must(channel.NewPrivateKey(place.Keys.Transport[:])),
		host: place.Host, acked: make(map[uint64]bool),
	}
	var wg sync.WaitGroup
	wg.Go(func() { f.run(ctx) })
	began := time.Now()
	flooded := sample(func() bool { return ctx.Err() != nil })
	wg.Wait()
	took := time.Since(began)
	acked, lost, twice := 0, 0, 0
	ben.until("has all of ana", func() bool { return ben.hears(ana) })
	have, _, err := lines(ben.Client, chat.Lobby)
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]int)
	for _, l := range have {
		got[l.text]++
	}
	for i := range ana.said.Load() {
		acked++
		lost += max(1-got[ana.text(i+1)], 0)
		twice += max(got[ana.text(i+1)]-1, 0)
	}
	for counter := range f.acked {
		acked++
		lost += max(1-got[f.text(counter)], 0)
		twice += max(got[f.text(counter)]-1, 0)
	}
	report(t, result{"L5 one member floods", int(f.sent.Load()), acked, lost, twice, fmt.Sprintf(
		"%.0f a second tried, %d came through, others: %v, calm: %v", float64(f.sent.Load())/took.Seconds(), len(f.acked), flooded, calm)})
	if most := 60 + int(20*took.Seconds()) + 20; len(f.acked) > most { // host.DefaultLimits: Posts, PostBurst
		t.Errorf("%d messages came through in %v, of at most %d", len(f.acked), took, most)
	}
	if f.sent.Load() < int64(floodTime.Seconds()*20) {
		t.Errorf("only %d messages were sent", f.sent.Load())
	}
	if most := max(300*time.Millisecond*slower, 3*calm.p99()); flooded.p99() > most {
		t.Errorf("a message of others took %v, of at most %v", flooded.p99(), most)
	}
}

// flood is a member's device that keeps to no limit.
type flood struct {
	p        *place
	key      channel.PrivateKey
	envelope identity.PrivateKey
	host     [32]byte
	sent     atomic.Int64
	acked    map[uint64]bool // counters that the host says it has
	last     uint64          // of them
}

func (f *flood) text(counter uint64) string { return fmt.Sprintf("mob says %06d", counter) }

func (f *flood) run(ctx context.Context) {
	for ctx.Err() == nil {
		c, err := call(ctx, f.p.addr, "", f.key, f.host)
		if err != nil {
			time.Sleep(10 * time.Millisecond)
			continue
		}
		if c.enter(ctx) == nil {
			f.pour(ctx, c)
		}
		c.end()
		time.Sleep(10 * time.Millisecond) // one who comes in too often is turned away
	}
}

// pour sends for as long as the connection lasts: fifty messages, twenty times a
// second, beginning with the first that the host has not taken.
func (f *flood) pour(ctx context.Context, c *caller) {
	flying := make(map[chat.MessageID]uint64)
	for tick := time.NewTicker(50 * time.Millisecond); ; {
		for counter := f.last + 1; counter <= f.last+50; counter++ {
			id, post := f.post(counter)
			flying[id] = counter
			if c.say(post) != nil {
				tick.Stop()
				return
			}
			f.sent.Add(1)
		}
		for wait := true; wait; {
			select {
			case m := <-c.in:
				if posted, ok := m.(*wire.Posted); ok && posted.Code == wire.CodeOK {
					f.acked[flying[posted.ID]] = true
					f.last = max(f.last, flying[posted.ID])
				}
			case <-tick.C:
				wait = false
			case <-c.done:
				tick.Stop()
				return
			case <-ctx.Done():
				tick.Stop()
				return
			}
		}
	}
}

// post makes a message. One counter always has the same id.
func (f *flood) post(counter uint64) (chat.MessageID, *wire.Post) {
	text := f.text(counter)
	env := wire.Envelope{
		Room: chat.Lobby, ID: chat.MessageID{15: byte(counter), 14: byte(counter >> 8), 13: byte(counter >> 16), 0: 'm'},
		Device: chat.DeviceID(identity.NewDeviceID(f.key.Public().Array())), Counter: counter,
		Time: time.Now().UnixMilli(), Body: wire.KindText, Data: wire.EncodeBody(&wire.Text{Text: text}), Text: text,
	}
	sealed := must(env.Seal())
	return env.ID, &wire.Post{Envelope: sealed, Signature: f.envelope.Sign(wire.LabelOpenEnvelope, f.host[:], sealed)}
}

// babble logs in, or does not, and says what no client would: messages with random
// fields, some with flipped bits, some cut, some made up, until it is cut off. It
// returns how many it said.
func babble(ctx context.Context, addr string, key channel.PrivateKey, host [32]byte, enter bool) (n int) {
	c, err := call(ctx, addr, "", key, host)
	if err != nil {
		return 0
	}
	defer c.end()
	if enter {
		if err := c.enter(ctx); err != nil {
			return 0
		}
	} else if mathrand.IntN(2) == 0 {
		_ = c.say(&wire.Hello{Min: wire.MinVersion, Max: wire.Version}) // the rest is not heard if this is not
	}
	all := wire.Messages()
	for ctx.Err() == nil {
		b := invent(all[mathrand.IntN(len(all))])
		switch mathrand.IntN(4) {
		case 0:
			for range 1 + mathrand.IntN(3) {
				b[mathrand.IntN(len(b))] ^= 1 << mathrand.IntN(8)
			}
		case 1:
			b = b[:1+mathrand.IntN(len(b))]
		case 2:
			if _, err := rand.Read(b[min(2, len(b)):]); err != nil {
				panic(err)
			}
		}
		if err := c.l.Send(b); errors.Is(err, link.ErrSize) {
			continue
		} else if err != nil {
			return n
		}
		n++
		select {
		case <-c.done:
			return n
		case <-time.After(5 * time.Millisecond): // what was said is heard
		}
	}
	return n
}

// invent returns a message of the kind of m with random fields.
func invent(m wire.Message) []byte {
	rnd := oldrand.New(oldrand.NewSource(mathrand.Int64())) // what package quick takes
	if v, ok := quick.Value(reflect.TypeOf(m).Elem(), rnd); ok {
		fresh := reflect.New(v.Type())
		fresh.Elem().Set(v)
		if random, ok := fresh.Interface().(wire.Message); ok {
			m = random
		}
	}
	return wire.Append(nil, m)
}
