//go:build unix

package torture

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// number is what a message is known by everywhere: the device that wrote it, and which
// one of its messages in the room it is.
type number struct {
	device  chat.DeviceID
	counter uint64
}

// recorder takes down what the clients of a place are told of the messages of one room:
// which are on the host, by the host's acknowledgement or as the own row that came back,
// and which they received.
type recorder struct {
	t        testing.TB
	room     chat.RoomID
	anyOrder bool         // texts of one person were written at once
	tell     func(string) // if not nil: is told of each acknowledgement

	mu       sync.Mutex
	acked    map[number]uint64        // rows of what the host has acknowledged
	rows     map[uint64]row           // of the room, as the first client that had it says
	at       map[number]uint64        // where a message is
	upto     map[chat.DeviceID]uint64 // the last row that a client has
	received int                      // rows of others that came, all clients together
}

// row is a message that the host has ordered.
type row struct {
	number
	text string
}

func newRecorder(t testing.TB, room chat.RoomID) *recorder {
	return &recorder{
		t: t, room: room,
		acked: make(map[number]uint64), rows: make(map[uint64]row), at: make(map[number]uint64), upto: make(map[chat.DeviceID]uint64),
	}
}

// ack notes that the host has a message, and where.
func (r *recorder) ack(n number, seq uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	was, ok := r.acked[n]
	if ok && was != seq {
		r.t.Errorf("message %d of %x was acknowledged as row %d and as row %d", n.counter, n.device[:], was, seq)
	}
	if r.acked[n] = seq; !ok && r.tell != nil {
		r.tell(fmt.Sprintf("acked %x %d %d", n.device[:], n.counter, seq))
	}
}

// heard takes what the recorder of another process told.
func (r *recorder) heard(s string) bool {
	var n number
	var device string
	var seq uint64
	if _, err := fmt.Sscanf(s, "acked %s %d %d", &device, &n.counter, &seq); err != nil {
		return false
	}
	copy(n.device[:], must(hex.DecodeString(device)))
	r.ack(n, seq)
	return true
}

// receive notes a row that a client has.
func (r *recorder) receive(who chat.DeviceID, seq uint64, x row) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if seq > r.upto[who] { // else it is one that was opened again
		r.upto[who] = seq
		if x.device != who {
			r.received++
		}
	}
	if was, ok := r.rows[seq]; ok && was != x {
		r.t.Errorf("row %d is message %d of %x and message %d of %x, or says %q and %q", seq, was.counter, was.device[:], x.counter, x.device[:], was.text, x.text)
	}
	if was, ok := r.at[x.number]; ok && was != seq {
		r.t.Errorf("message %d of %x is row %d and row %d", x.counter, x.device[:], was, seq)
	}
	r.rows[seq], r.at[x.number] = x, seq
}

// acknowledged returns how many messages the host has acknowledged.
func (r *recorder) acknowledged() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.acked)
}

// head returns the last row that is known, and has the last one that a client has.
func (r *recorder) head() (seq uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, upto := range r.upto {
		seq = max(seq, upto)
	}
	return seq
}

func (r *recorder) has(who chat.DeviceID) uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.upto[who]
}

// forget lets go of all that was taken down.
func (r *recorder) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.acked, r.rows, r.at, r.upto = nil, nil, nil, nil
}

// ear is what listens to one client, from its opening to its end, for a recorder.
type ear struct {
	r     *recorder
	c     *client.Client
	db    *clientdb.DB
	mu    sync.Mutex // guards what follows
	after uint64     // rows up to this one are noted
	next  time.Time  // no look at the outbox before
}

// listen lets r hear what a client is told, until stop is called, which waits.
func (r *recorder) listen(c *client.Client, db *clientdb.DB) (e *ear, stop func()) {
	e = &ear{r: r, c: c, db: db}
	sub := c.Subscribe()
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			ch, err := sub.Next(context.Background())
			if err != nil {
				return // it was closed
			}
			if ch.Rooms[r.room] {
				e.look(false)
			}
		}
	})
	return e, func() {
		sub.Close()
		wg.Wait()
		e.look(true)
	}
}

// look notes what is new. The outbox, where an acknowledgement stands until the row is
// there, may have thousands of messages: unless all is wanted, a tenth of the time goes
// into it.
func (e *ear) look(all bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	ctx, r := context.Background(), e.r
	me := e.c.Me()
	if began := time.Now(); all || began.After(e.next) {
		out, err := e.db.Outbox(ctx, r.room)
		if err != nil {
			r.t.Errorf("%s: %v", me.Name, err)
			return
		}
		for i := range out {
			if o := &out[i]; o.State == clientdb.OnHost && talk(o.Kind) {
				r.ack(number{me.Device, o.Counter}, o.Seq)
			}
		}
		e.next = began.Add(10 * time.Since(began))
	}
	for {
		rows, err := e.db.After(ctx, r.room, e.after, 500)
		if err != nil {
			r.t.Errorf("%s: %v", me.Name, err)
			return
		}
		for i := range rows {
			m := &rows[i]
			e.after = m.Seq
			if !talk(m.Kind) {
				continue
			}
			x := row{number{m.Device, m.Counter}, ""}
			if b, err := wire.ParseBody(wire.BodyKind(m.Kind), m.Body); err != nil {
				r.t.Errorf("%s: row %d: %v", me.Name, m.Seq, err)
			} else if text, ok := b.(*wire.Text); ok {
				x.text = text.Text
			}
			r.receive(me.Device, m.Seq, x)
			if m.Device == me.Device {
				r.ack(x.number, m.Seq)
			}
		}
		if len(rows) < 500 {
			return
		}
	}
}

// talk reports whether a message is one that people see as such.
func talk(kind uint16) bool {
	return wire.BodyKind(kind) == wire.KindText || wire.BodyKind(kind) == wire.KindFile
}

// check waits until everybody has everything, and returns how many messages the host
// has acknowledged, and how many are lost or there twice: of what was said, since all of
// it has to come through in the end (I1, I3), and of what was acknowledged. The order has
// to be the same for all (I2), and texts of one person in the order in which they were
// written.
func (r *recorder) check(people ...*person) (acked, lost, twice int) {
	t := r.t
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
			if have, waiting, err = lines(m.Client, r.room); err != nil {
				t.Fatalf("%s: %v", m.name, err)
			}
			return waiting == 0 && len(have) >= len(want)
		})
		m.look()
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
	r.mu.Lock()
	defer r.mu.Unlock()
	last := make(map[string]string)
	shown := make(map[uint64]string, len(first))
	for _, l := range first {
		if _, known := want[l.text]; !known {
			t.Errorf("nobody said %q", l.text)
		}
		want[l.text]++
		shown[l.seq] = l.text
		who, _, _ := strings.Cut(l.text, " ")
		if l.text <= last[who] && !r.anyOrder {
			t.Errorf("%q came after %q", l.text, last[who])
		}
		last[who] = l.text
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
	// What was acknowledged and what was received is what all show in the end.
	for n, seq := range r.acked {
		if x, ok := r.rows[seq]; !ok || x.number != n {
			lost++
			t.Errorf("message %d of %x was acknowledged as row %d and is lost", n.counter, n.device[:], seq)
		}
	}
	for seq, x := range r.rows {
		if text := shown[seq]; x.text != "" && text != x.text {
			t.Errorf("row %d was received as %q and is shown as %q", seq, x.text, text)
		}
		if _, ok := r.acked[x.number]; !ok {
			t.Errorf("message %d of %x is row %d, and its sender was never told so", x.counter, x.device[:], seq)
		}
	}
	return len(r.acked), lost, twice
}
