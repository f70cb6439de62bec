package host_test

import (
	"bufio"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/snugchat/snug/crypto/channel"
	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/net/link"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// fast lifts the limits of posts and connections, for tests of speed.
func fast(p *place) {
	p.cfg.Limits.Posts, p.cfg.Limits.PostBurst = 1e9, 1e9
	p.cfg.Limits.Messages, p.cfg.Limits.MessageBurst = 1e9, 1e9
	p.cfg.Limits.Entries, p.cfg.Limits.EntryBurst = 1e9, 1e9
}

// TestPostRules covers what the host checks before it stores an envelope.
func TestPostRules(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite)
	p.owner()
	mia := p.newcomer("Mia", host.Command{})
	guest := p.newcomer("Gus", host.Command{Role: chat.Guest})
	mia.live(chat.Lobby)
	first := mia.text("one")
	if got := mia.post(first); got.Code != 0 || got.Time == 0 {
		t.Fatalf("posted %+v", got)
	}
	edit := func(f func(*wire.Envelope)) *wire.Post { mia.who.counter = 1; return mia.text("two", f) }
	for _, c := range []struct {
		what string
		post *wire.Post
		want wire.Code
	}{
		{"another message with the same counter", edit(func(e *wire.Envelope) { e.Counter = 1 }), wire.CodeConflict},
		{"a counter too large", edit(func(e *wire.Envelope) { e.Counter = 3 }), wire.CodeConflict},
		{"counter zero", edit(func(e *wire.Envelope) { e.Counter = 0 }), wire.CodeConflict},
		{"another device", edit(func(e *wire.Envelope) { e.Device[0] ^= 1 }), wire.CodeBadSignature},
		{"the directory", edit(func(e *wire.Envelope) { e.Room = chat.Directory }), wire.CodeNotAllowed},
		{"no room", edit(func(e *wire.Envelope) { e.Room = chat.RoomID{1} }), wire.CodeNoRoom},
		{"an account entry", edit(func(e *wire.Envelope) {
			e.Body, e.Data = wire.KindAccount, wire.EncodeBody(&wire.AccountEntry{Name: "Mia"})
		}), wire.CodeNotAllowed},
		{"a body of a later version", edit(func(e *wire.Envelope) { e.Body = 999 }), wire.CodeNotAllowed},
		{"an empty text", edit(func(e *wire.Envelope) { e.Data = wire.EncodeBody(&wire.Text{Text: " "}) }), wire.CodeBadMessage},
		{"a body that is none", edit(func(e *wire.Envelope) { e.Data = []byte{1, 2, 3} }), wire.CodeBadMessage},
		{"a text too long", edit(func(e *wire.Envelope) {
			e.Data = wire.EncodeBody(&wire.Text{Text: strings.Repeat("x", wire.MaxText+1)})
		}), wire.CodeTooLong},
		{"a file that the host does not have", edit(func(e *wire.Envelope) {
			e.Body, e.Data = wire.KindFile, wire.EncodeBody(&wire.File{Name: "x", Length: 300, Size: 1})
		}), wire.CodeNoBlob},
		{"one bit of the envelope", func() *wire.Post {
			m := edit(func(*wire.Envelope) {})
			m.Envelope[20] ^= 1
			if _, err := wire.ParseEnvelope(m.Envelope); err != nil {
				t.Fatal("the bit made it malformed, choose another")
			}
			return m
		}(), wire.CodeNoRoom},
		{"one bit of the signature", func() *wire.Post {
			m := edit(func(*wire.Envelope) {})
			m.Signature[9] ^= 1
			return m
		}(), wire.CodeBadSignature},
		{"signed for another host", func() *wire.Post {
			m := edit(func(*wire.Envelope) {})
			m.Signature = mia.who.envelope.Sign(wire.LabelOpenEnvelope, make([]byte, 32), m.Envelope)
			return m
		}(), wire.CodeBadSignature},
	} {
		got := mia.post(c.post)
		if got.Code != c.want || got.Seq != 0 {
			t.Errorf("%s: %+v, want code %d", c.what, got, c.want)
		}
		if c.want == wire.CodeConflict && got.Counter != 1 {
			t.Errorf("%s: the host says its last counter is %d, want 1", c.what, got.Counter)
		}
	}
	if got := mia.post(first); got.Code != 0 {
		t.Errorf("the first once more: %+v", got)
	}
	mia.who.counter = 1
	if got := mia.post(mia.text("two")); got.Code != 0 {
		t.Errorf("after all that, what is right: %+v", got)
	}
	if got := guest.post(guest.text("hello")); got.Code != 0 {
		t.Errorf("a guest writes in the lobby: %+v", got)
	}
	if got := len(mia.live(chat.Lobby)); got != 3 {
		t.Errorf("%d rows, want 3", got)
	}
}

// TestRetry sends messages again, at once and after a restart: each is stored
// once and gets the same answer, with the last counter if there are later ones.
func TestRetry(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite)
	olga := p.owner()
	olga.live(chat.Lobby)
	var posts []*wire.Post
	var answers []*wire.Posted
	for i := range 5 {
		posts = append(posts, olga.text(fmt.Sprint("message ", i)))
		olga.send(posts[i])
		olga.send(posts[i]) // twice on their way together
		a, b := expect[*wire.Posted](olga), expect[*wire.Posted](olga)
		if *a != *b || a.Code != 0 {
			t.Errorf("message %d: %+v and %+v", i, a, b)
		}
		answers = append(answers, a)
	}
	p.restart()
	olga = p.back(olga.who)
	for i := range posts {
		want := *answers[i]
		if i < len(posts)-1 {
			want.Counter = uint64(len(posts))
		}
		if got := olga.post(posts[i]); *got != want {
			t.Errorf("message %d after a restart: %+v, want %+v", i, got, want)
		}
	}
	if rows := olga.live(chat.Lobby); len(rows) != 5 {
		t.Errorf("%d rows, want 5", len(rows))
	}
}

// TestOneOrder lets many talk at once while some come late: everybody sees the
// same rows in the same order, without a gap or a double.
func TestOneOrder(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite, fast)
	const talkers, messages, late = 8, 60, 8
	var clients []*client
	for i := range talkers {
		cmd := host.Command{}
		if i == 0 {
			cmd.Role = chat.Owner
		}
		c := p.newcomer(fmt.Sprint("Talker ", string(rune('A'+i))), cmd)
		c.live(chat.Lobby)
		clients = append(clients, c)
	}
	var listeners []*client
	for i := range late {
		listeners = append(listeners, p.newcomer(fmt.Sprint("Late ", string(rune('A'+i))), host.Command{}))
	}
	seen := make([][]uint64, talkers+late)
	var wg sync.WaitGroup
	for _, c := range clients {
		var all []*wire.Post
		for n := range messages {
			all = append(all, c.text(fmt.Sprint(c.who.name, " ", n)))
		}
		wg.Go(func() {
			for _, m := range all {
				c.send(m)
			}
			for n := range messages {
				if got := expect[*wire.Posted](c); got.Code != 0 {
					t.Errorf("%s: message %d: %+v", c.who.name, n, got)
				}
			}
		})
	}
	collect := func(i int, c *client, have []wire.Row) {
		for _, r := range have {
			seen[i] = append(seen[i], r.Seq)
		}
		for len(seen[i]) < talkers*messages {
			if d := expect[*wire.Deliver](c); d.Room == chat.Lobby {
				seen[i] = append(seen[i], d.Row.Seq)
			}
		}
	}
	for i, c := range clients {
		wg.Go(func() { collect(i, c, nil) })
	}
	for i, c := range listeners {
		wg.Go(func() {
			time.Sleep(time.Duration(i) * 7 * time.Millisecond)
			collect(talkers+i, c, c.live(chat.Lobby))
		})
	}
	wg.Wait()
	for i := range seen {
		if !slices.IsSorted(seen[i]) {
			t.Errorf("listener %d got rows out of order", i)
		}
		if len(slices.Compact(slices.Clone(seen[i]))) != talkers*messages {
			t.Errorf("listener %d got a row twice", i)
		}
		if !slices.Equal(seen[i], seen[0]) {
			t.Errorf("listener %d saw another order than the first", i)
		}
	}
	for i, c := range append(clients, listeners...) {
		if d, err := next[*wire.Deliver](c, 0); err == nil && d.Room == chat.Lobby {
			t.Errorf("listener %d got row %d once too often", i, d.Row.Seq)
		}
	}
}

// TestFetchLive fetches again and again under a flood, from every cursor: what
// comes by Rows and then by Deliver never has a gap or a double.
func TestFetchLive(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite, fast)
	olga := p.owner()
	mia := p.newcomer("Mia", host.Command{}) // before the flood: her entry is a row too
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			if got := olga.post(olga.text(fmt.Sprint("message ", n))); got.Code != 0 {
				t.Errorf("%+v", got)
			}
		}
	})
	for round := range 30 {
		c := p.back(mia.who)
		rows := c.live(chat.Lobby)
		last := uint64(0)
		if len(rows) > 0 {
			last = rows[len(rows)-1].Seq
		}
		for i := 1; i < len(rows); i++ {
			if rows[i].Seq <= rows[i-1].Seq {
				t.Fatalf("round %d: row %d after %d", round, rows[i].Seq, rows[i-1].Seq)
			}
		}
		for range 5 {
			d := expect[*wire.Deliver](c)
			// Only the lobby grows now, and no post fails, so there are no gaps.
			if d.Row.Seq != last+1 && last != 0 {
				t.Fatalf("round %d: row %d after %d", round, d.Row.Seq, last)
			}
			last = d.Row.Seq
		}
		c.close()
	}
	close(stop)
	wg.Wait()
}

// late is a store that says only when it is let that rows are on disk.
type late struct {
	host.Store
	hold *atomic.Pointer[chan struct{}]
}

func (l late) Append(p *chat.Post, done func(chat.Outcome, uint64, error)) error {
	return l.Store.Append(p, func(o chat.Outcome, last uint64, err error) {
		if hold := l.hold.Load(); hold != nil {
			<-*hold
		}
		done(o, last, err)
	})
}

// TestFetchBetween fetches a row that is on disk and not delivered yet: it does
// not come a second time.
func TestFetchBetween(t *testing.T) {
	var hold atomic.Pointer[chan struct{}]
	p := newPlace(t, chat.JoinByInvite, func(p *place) { p.wrap = func(s host.Store) host.Store { return late{s, &hold} } })
	olga := p.owner()
	mia := p.newcomer("Mia", host.Command{})
	wait := make(chan struct{})
	release := sync.OnceFunc(func() { close(wait) })
	defer release()
	hold.Store(&wait)
	olga.send(olga.text("one"))
	var rows []wire.Row
	for end := time.Now().Add(patience); len(rows) == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the row does not come to the disk")
		}
		rows = mia.live(chat.Lobby)
	}
	if p, err := next[*wire.Posted](olga, 0); err == nil {
		t.Fatalf("acknowledged already: %+v, this test shows nothing", p)
	}
	hold.Store(nil)
	release()
	expect[*wire.Posted](olga)
	if got := olga.post(olga.text("two")); got.Code != 0 {
		t.Fatalf("%+v", got)
	}
	if got := textOf(expect[*wire.Deliver](mia).Row); got != "two" {
		t.Errorf("after the row %q by Rows, %q was delivered, want two", textOf(rows[0]), got)
	}
}

// TestFetchPages reads a long history in pages, from any cursor.
func TestFetchPages(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite, fast)
	olga := p.owner()
	const messages = 500
	for n := range messages {
		text := fmt.Sprint("message ", n)
		if n%50 == 0 {
			text = strings.Repeat("long ", 3000)
		}
		olga.send(olga.text(text))
		if n%50 == 49 {
			for range 50 {
				if got := expect[*wire.Posted](olga); got.Code != 0 {
					t.Fatalf("%+v", got)
				}
			}
		}
	}
	olga = p.back(olga.who)
	all := olga.live(chat.Lobby)
	if len(all) != messages {
		t.Fatalf("%d rows, want %d", len(all), messages)
	}
	for _, after := range []uint64{0, all[0].Seq, all[100].Seq, all[messages-1].Seq, all[messages-1].Seq + 1000, 1<<64 - 1} {
		c := p.back(olga.who)
		c.send(&wire.Fetch{Room: chat.Lobby, After: after})
		r := expect[*wire.Rows](c)
		want := after + 1
		if after >= all[messages-1].Seq {
			if !r.Live || len(r.Rows) != 0 || r.Head != all[messages-1].Seq {
				t.Errorf("after %d: %d rows, live %v, head %d", after, len(r.Rows), r.Live, r.Head)
			}
			continue
		}
		if after == 0 {
			want = all[0].Seq
		}
		if len(r.Rows) == 0 || r.Rows[0].Seq != want || r.Head != all[messages-1].Seq {
			t.Errorf("after %d: %d rows, head %d", after, len(r.Rows), r.Head)
		}
	}
	// A cursor beyond the end (the host was restored) hears what comes next.
	c := p.back(olga.who)
	c.send(&wire.Fetch{Room: chat.Lobby, After: 1 << 40})
	expect[*wire.Rows](c)
	if got := c.post(c.text("after a restore")); got.Code != 0 {
		t.Fatalf("%+v", got)
	}
	if got := textOf(expect[*wire.Deliver](c).Row); got != "after a restore" {
		t.Errorf("got %q", got)
	}
}

// TestSlowReader cuts off one who does not read, while the others hear all.
func TestSlowReader(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite, fast)
	olga := p.owner()
	olga.live(chat.Lobby)
	others := []*client{olga}
	for i := range 5 {
		c := p.newcomer("Reader "+string(rune('A'+i)), host.Command{})
		c.live(chat.Lobby)
		others = append(others, c)
	}
	token := p.token(host.Command{})
	// This one speaks records by hand, and stops reading.
	who := newPerson("Slow")
	conn := must(dialer(p.addr))
	defer conn.Close()
	c := p.over(conn, who)
	c.send(&wire.Hello{Min: 1, Max: 1})
	expect[*wire.Welcome](c)
	c.register(token)
	c.settle()
	c.live(chat.Lobby)
	c.mu.Lock() // its reading goroutine now waits for ever
	unlock := sync.OnceFunc(c.mu.Unlock)
	defer unlock()
	gone := func() bool { return p.do(host.Command{Verb: host.VerbStats}).Stats.Links == len(others) }
	text := strings.Repeat("x", 15<<10)
	sent := 0
	for !gone() {
		if sent > 2000 {
			t.Fatal("still connected after 30 MiB")
		}
		for range 20 {
			olga.send(olga.text(text))
		}
		for range 20 {
			if got := expect[*wire.Posted](olga); got.Code != 0 {
				t.Fatalf("%+v", got)
			}
		}
		sent += 20
		for _, c := range others {
			for heard := 0; heard < 20; {
				if d := expect[*wire.Deliver](c); d.Room == chat.Lobby {
					heard++
				}
			}
		}
	}
	t.Logf("cut off after %d KiB", sent*16)
	unlock()
}

// TestFlooder covers L5: one who sends 1,000 messages a second is told to slow
// down, then cut off, and the others notice nothing.
func TestFlooder(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite)
	olga := p.owner()
	olga.live(chat.Lobby)
	tom := p.newcomer("Tom", host.Command{})
	var flood []*wire.Post
	for n := range 3000 {
		flood = append(flood, tom.text(fmt.Sprint("spam ", n)))
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for len(flood) > 0 {
			<-tick.C
			for range 10 {
				if tom.l.Send(wire.Append(nil, flood[0])) != nil {
					return
				}
				flood = flood[1:]
			}
		}
	})
	var slowest time.Duration
	for range 10 {
		t0 := time.Now()
		if got := olga.post(olga.text("calm")); got.Code != 0 {
			t.Errorf("%+v", got)
		}
		slowest = max(slowest, time.Since(t0))
		time.Sleep(100 * time.Millisecond)
	}
	wg.Wait()
	t.Logf("another's slowest message took %v", slowest)
	if slowest > time.Second {
		t.Errorf("another's message took %v", slowest)
	}
	if bye := tom.ended(patience); bye.Code != wire.CodeSlowDown {
		t.Errorf("goodbye with code %d, want slow down", bye.Code)
	}
	slow, stored := 0, 0
	for {
		m, err := next[*wire.Posted](tom, 0)
		if err != nil {
			break
		}
		switch m.Code {
		case 0:
			stored++
		case wire.CodeSlowDown:
			slow++
			if m.After == 0 {
				t.Error("told to slow down, but not for how long")
			}
		default:
			t.Errorf("%+v", m)
		}
	}
	if stored < 60 || stored > 200 || slow == 0 {
		t.Errorf("%d stored and %d slowed, want the burst of 60 and 20 a second", stored, slow)
	}
}

// TestSlowDownLosesNothing covers L5 for an honest client in a hurry: it sends
// again what was refused, in order, and all is stored.
func TestSlowDownLosesNothing(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite, func(p *place) { p.cfg.Limits.Posts, p.cfg.Limits.PostBurst = 50, 10 })
	olga := p.owner()
	var posts []*wire.Post
	for n := range 40 {
		posts = append(posts, olga.text(fmt.Sprint("message ", n)))
	}
	ids := make(map[chat.MessageID]int)
	for i, m := range posts {
		ids[must(wire.ParseEnvelope(m.Envelope)).ID] = i
	}
	done := make([]bool, len(posts))
	for round := 0; slices.Contains(done, false); round++ {
		if round > 40 {
			t.Fatal("does not come to an end")
		}
		flying := 0
		for i, m := range posts {
			if !done[i] {
				olga.send(m)
				flying++
			}
		}
		for range flying {
			switch m := expect[*wire.Posted](olga); m.Code {
			case 0:
				done[ids[m.ID]] = true
			case wire.CodeSlowDown:
			default:
				t.Fatalf("%+v: a refused message made a later one fail", m)
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	rows := olga.live(chat.Lobby)
	for n, r := range rows {
		if got, want := textOf(r), fmt.Sprint("message ", n); got != want {
			t.Errorf("row %d is %q, want %q", n, got, want)
		}
	}
	if len(rows) != len(posts) {
		t.Errorf("%d rows, want %d", len(rows), len(posts))
	}
}

// TestSlowDownEnds shows that a message which was told to slow down and does not
// come again keeps later ones out for a while only. Then they are a gap, which
// the client closes.
func TestSlowDownEnds(t *testing.T) {
	var later atomic.Int64
	p := newPlace(t, chat.JoinByInvite, func(p *place) {
		p.cfg.Limits.Posts, p.cfg.Limits.PostBurst = 0.5, 1
		start := time.Now()
		p.cfg.Now = func() time.Time { return start.Add(time.Duration(later.Load())) }
	})
	olga := p.owner()
	if got := olga.post(olga.text("first")); got.Code != 0 {
		t.Fatalf("first: %+v", got)
	}
	lost := olga.post(olga.text("lost"))
	if lost.Code != wire.CodeSlowDown || lost.After == 0 {
		t.Fatalf("lost: %+v, want slow down", lost)
	}
	next := olga.text("next")
	later.Add(int64(time.Duration(lost.After) * time.Second))
	if got := olga.post(next); got.Code != wire.CodeSlowDown {
		t.Errorf("while the lost one may still come: %+v, want slow down", got)
	}
	later.Add(int64(10 * time.Second))
	if got := olga.post(next); got.Code != wire.CodeConflict || got.Counter != 1 {
		t.Errorf("when it did not come: %+v, want a conflict after 1", got)
	}
}

// failing is a store whose disk refuses for a while.
type failing struct {
	host.Store
	broken *atomic.Bool
}

func (f failing) Append(p *chat.Post, done func(chat.Outcome, uint64, error)) error {
	if f.broken.Load() {
		go done(0, 0, fmt.Errorf("store: %w", chat.ErrDiskFull))
		return nil
	}
	return f.Store.Append(p, done)
}

func (f failing) Apply(ctx context.Context, c *chat.Change, committed func()) error {
	if f.broken.Load() {
		return fmt.Errorf("store: %w", chat.ErrDiskFull)
	}
	return f.Store.Apply(ctx, c, committed)
}

// TestDiskFull shows that what cannot be stored neither counts nor is
// acknowledged, and that all goes on afterwards.
func TestDiskFull(t *testing.T) {
	var broken atomic.Bool
	p := newPlace(t, chat.JoinByInvite, func(p *place) { p.wrap = func(s host.Store) host.Store { return failing{s, &broken} } })
	olga := p.owner()
	olga.live(chat.Lobby)
	token := p.token(host.Command{})
	broken.Store(true)
	m := olga.text("one")
	if got := olga.post(m); got.Code != wire.CodeDiskFull || got.Seq != 0 || got.After == 0 {
		t.Errorf("on a full disk: %+v", got)
	}
	ben := p.connect(newPerson("Ben"), token)
	expect[*wire.Welcome](ben)
	ben.send(&wire.Register{Name: "Ben", Token: token, Request: anyRequest()})
	ben.who.account = expect[*wire.RegisterReply](ben).Account
	ben.finish(wire.KindAccount, anyRecord())
	expectCode(ben, wire.CodeDiskFull)
	if n := p.do(host.Command{Verb: host.VerbStats}).Stats.People; n != 1 {
		t.Errorf("%d people, want 1: the other is not on disk", n)
	}
	if d, err := next[*wire.Deliver](olga, 50*time.Millisecond); err == nil {
		t.Errorf("delivered what is not on disk: %+v", d)
	}
	broken.Store(false)
	if got := olga.post(m); got.Code != 0 {
		t.Errorf("afterwards: %+v", got)
	}
	ben.register(token)
}

// TestKill kills the host in the middle of posting, a few times: every
// acknowledged row is there afterwards, once.
func TestKill(t *testing.T) {
	if dir := os.Getenv("SNUG_TEST_HOST"); dir != "" {
		killedHost(t, dir)
		return
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	key := must(channel.GenerateKey())
	who := newPerson("Olga")
	acked := make(map[chat.MessageID]uint64)
	const rounds = 4
	for round := range rounds {
		cmd := exec.Command(exe, "-test.run=^TestKill$", "-test.v")
		cmd.Env = append(os.Environ(), "SNUG_TEST_HOST="+dir, "SNUG_TEST_KEY="+hex.EncodeToString(key.Bytes()))
		out := must(cmd.StdoutPipe())
		in := must(cmd.StdinPipe()) // it ends with us, whatever happens
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		said := func(prefix string) string {
			for lines.Scan() {
				if rest, ok := strings.CutPrefix(lines.Text(), prefix); ok {
					return rest
				}
			}
			t.Fatal("the host did not start")
			return ""
		}
		p := &place{t: t, cfg: host.Config{Key: key}, log: discard()}
		p.addr = said("address ")
		token := must(hex.DecodeString(said("token ")))
		drained := make(chan struct{})
		go func() { defer close(drained); _, _ = io.Copy(io.Discard, out) }()
		c := p.connect(who, token)
		expect[*wire.Welcome](c)
		if round == 0 {
			c.register(token)
		} else {
			expect[*wire.Session](c)
		}
		c.settle()
		rows := c.live(chat.Lobby)
		check(t, round, rows, acked)
		who.counter = uint64(len(rows))
		// Killed in the middle of posting, once enough was acknowledged.
		killed := make(chan struct{})
		kill := sync.OnceFunc(func() {
			go func() {
				defer close(killed)
				time.Sleep(time.Duration(round) * 3 * time.Millisecond)
				_ = cmd.Process.Kill()
			}()
		})
		before := len(acked)
		for n := 0; ; n++ {
			if c.l.Send(wire.Append(nil, c.text(fmt.Sprint("round ", round, " message ", n)))) != nil {
				break
			}
			if n%32 != 31 {
				continue
			}
			// Only what the host acknowledged counts.
			for {
				m, err := next[*wire.Posted](c, 10*time.Millisecond)
				if err != nil {
					break
				}
				if m.Code == 0 {
					acked[m.ID] = m.Seq
				}
			}
			if len(acked)-before >= 40 {
				kill()
			}
		}
		kill()
		<-killed
		_ = cmd.Wait() // it was killed
		_ = in.Close()
		<-drained
		c.wg.Wait()
		for {
			m, err := next[*wire.Posted](c, 0)
			if err != nil {
				break
			}
			if m.Code == 0 {
				acked[m.ID] = m.Seq
			}
		}
	}
	if len(acked) < 50 {
		t.Errorf("only %d messages were acknowledged: this test shows nothing", len(acked))
	}
	t.Logf("%d acknowledged messages over %d kills", len(acked), rounds)
}

func check(t *testing.T, round int, rows []wire.Row, acked map[chat.MessageID]uint64) {
	t.Helper()
	have := make(map[chat.MessageID]uint64)
	for _, r := range rows {
		id := must(wire.ParseEnvelope(r.Envelope)).ID
		if have[id] != 0 {
			t.Errorf("round %d: message %v is there twice", round, id)
		}
		have[id] = r.Seq
	}
	for id, seq := range acked {
		if have[id] != seq {
			t.Errorf("round %d: acknowledged as row %d, found as %d", round, seq, have[id])
		}
	}
}

// killedHost is the process that TestKill kills.
func killedHost(t *testing.T, dir string) {
	p := &place{t: t, dir: dir, log: discard(), cfg: host.Config{
		Key: must(channel.NewPrivateKey(must(hex.DecodeString(os.Getenv("SNUG_TEST_KEY"))))), First: chat.Place{Name: "Here"},
	}}
	fast(p)
	p.blobs.Free = -1
	p.start()
	fmt.Println("address", p.addr)
	fmt.Println("token", hex.EncodeToString(p.token(host.Command{Role: chat.Owner})))
	_, _ = io.Copy(io.Discard, os.Stdin) // until the parent is gone
	p.stop()
}

// BenchmarkFanout is DESIGN section 12: 100 members, 20 of them talk with 64
// messages in flight together, 200-byte texts, each on disk before its
// acknowledgement.
func BenchmarkFanout(b *testing.B) {
	const members, talkers, window = 100, 20, 64
	p := newPlace(b, chat.JoinByInvite, fast)
	var clients []*listener
	var got atomic.Int64
	for i := range members {
		cmd := host.Command{}
		if i == 0 {
			cmd.Role = chat.Owner
		}
		c := p.newcomer(fmt.Sprintf("Member %c%c", 'A'+i/20, "bcdefghjkmnpqrstuvwx"[i%20]), cmd)
		c.close()
		clients = append(clients, p.listen(b, c.who, &got))
	}
	text := strings.Repeat("x", 100)
	flight := make(chan struct{}, window)
	for _, c := range clients {
		c.flight = flight
	}
	b.ReportAllocs()
	sent := 0
	before := cpu()
	for b.Loop() {
		c := clients[sent%talkers]
		m := wire.Append(nil, c.text(text))
		flight <- struct{}{}
		if err := c.l.Send(m); err != nil {
			b.Fatal(err)
		}
		sent++
	}
	for want := int64(sent) * members; got.Load() < want; {
		time.Sleep(time.Millisecond)
	}
	used := cpu() - before
	b.ReportMetric(float64(sent)*members/b.Elapsed().Seconds(), "deliveries/s")
	b.ReportMetric(used.Seconds()/(float64(sent)*members)*1e6, "cpu-s/M-both-sides")
}

// listener is a client that counts what is delivered and keeps nothing.
type listener struct {
	*client
	flight chan struct{}
}

func (p *place) listen(t testing.TB, who *person, got *atomic.Int64) *listener {
	conn := must(dialer(p.addr))
	ch, err := channel.Client(context.Background(), conn, who.transport, channel.Pin(p.cfg.Key.Public()))
	if err != nil {
		t.Fatal(err)
	}
	c := &listener{client: &client{t: t, who: who, l: link.New(ch, p.log), key: p.cfg.Key.Public().Array(), news: make(chan struct{}, 1)}}
	c.wg.Go(func() {
		_ = c.l.Run(context.Background(), func(msg []byte) error {
			switch wire.Kind(uint16(msg[0])<<8 | uint16(msg[1])) {
			case (*wire.Deliver)(nil).Kind():
				got.Add(1)
			case (*wire.Posted)(nil).Kind():
				<-c.flight
			case (*wire.Presence)(nil).Kind(), (*wire.People)(nil).Kind():
			default: // on another stack, like in the host: see BenchmarkIdle
				var wg sync.WaitGroup
				wg.Go(func() {
					if m, err := wire.Parse(msg); err == nil {
						c.put(m, nil)
					}
				})
				wg.Wait()
			}
			return nil
		})
	})
	t.Cleanup(c.close)
	c.send(&wire.Hello{Min: 1, Max: 1})
	expect[*wire.Session](c.client)
	c.live(chat.Lobby)
	return c
}

// BenchmarkConnect is the host's and the client's work for one connect by a known
// device, until the person is in.
func BenchmarkConnect(b *testing.B) {
	p := newPlace(b, chat.JoinByInvite, func(p *place) { p.cfg.Limits.Entries, p.cfg.Limits.EntryBurst = 1e9, 1e9 })
	olga := p.owner()
	olga.close()
	before := cpu()
	for b.Loop() {
		c := p.connect(olga.who, nil)
		expect[*wire.Session](c)
		c.close()
	}
	b.ReportMetric(float64((cpu()-before).Microseconds())/float64(b.N), "cpu-us/op-both-sides")
}

// BenchmarkIdle is the memory of one connection that is logged in and silent,
// both sides together.
func BenchmarkIdle(b *testing.B) {
	const links = 500
	for b.Loop() {
		p := newPlace(b, chat.JoinByInvite)
		p.owner().close()
		var people []*person
		for i := range links {
			who := newPerson(fmt.Sprint("P", i))
			people = append(people, who)
		}
		token := p.token(host.Command{Uses: links})
		for i, who := range people {
			who.name = fmt.Sprintf("Pat %c%c%c", 'A'+i/400, "bcdefghjkmnpqrstuvwx"[i/20%20], "bcdefghjkmnpqrstuvwx"[i%20])
			c := p.connect(who, token)
			expect[*wire.Welcome](c)
			c.register(token)
			c.close()
		}
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		var got atomic.Int64
		for _, who := range people {
			p.listen(b, who, &got)
		}
		time.Sleep(200 * time.Millisecond)
		for range 4 { // pools are emptied by the second one, stacks halved by each
			runtime.GC()
		}
		runtime.ReadMemStats(&after)
		heap, stack := after.HeapAlloc-before.HeapAlloc, after.StackInuse-before.StackInuse
		b.ReportMetric(float64(heap)/links/1024, "heap-KiB/link-both-sides")
		b.ReportMetric(float64(stack)/links/1024, "stack-KiB/link-both-sides")
		p.stop()
	}
}
