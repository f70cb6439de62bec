package client_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/storage/chat"
)

var (
	chaosSteps = flag.Int("chaos", 500, "steps of TestChaos")
	chaosSeed  = flag.Uint64("seed", 0, "seed of TestChaos, 0: a new one")
)

// chaos is a place in which everything happens at once.
type chaos struct {
	t     *testing.T
	rand  *rand.Rand
	place *place
	all   []*member
	names []string
	down  []bool
	rooms []chat.RoomID
	said  int
	away  map[chaosKey]bool // who was invited while away
	wg    sync.WaitGroup
	slots chan struct{}
}

// chaosKey is a person in a room.
type chaosKey struct {
	member int
	room   chat.RoomID
}

// do runs something that needs the host beside everything else. It may fail, as
// things do that somebody else has just changed.
func (x *chaos) do(f func(ctx context.Context)) {
	x.slots <- struct{}{}
	x.wg.Go(func() {
		defer func() { <-x.slots }()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		f(ctx)
	})
}

func (x *chaos) step() {
	i := x.rand.IntN(len(x.all))
	m, room := x.all[i], x.rooms[x.rand.IntN(len(x.rooms))]
	with := x.rand.IntN(len(x.all))
	other := x.all[with].Me().Account
	c := m.Client
	switch n := x.rand.IntN(100); {
	case n < 60 && !x.down[i]:
		for range 1 + x.rand.IntN(4) {
			x.said++
			_, _ = c.Send(context.Background(), room, fmt.Sprint("m", x.said)) // not if it left
		}
	case n < 66 && !x.down[i]:
		if x.down[with] {
			x.away[chaosKey{with, room}] = true
		}
		x.do(func(ctx context.Context) { _ = c.InviteToRoom(ctx, room, other) })
	case n < 70 && !x.down[i]:
		x.do(func(ctx context.Context) { _ = c.RemoveFromRoom(ctx, room, other) })
	case n < 72 && !x.down[i]:
		x.do(func(ctx context.Context) { _ = c.LeaveRoom(ctx, room) })
	case n < 76 && !x.down[i]:
		name := fmt.Sprint("room ", x.rand.IntN(1000))
		x.do(func(ctx context.Context) { _ = c.RenameRoom(ctx, room, name, "") })
	case n < 82 && !x.down[i]:
		on := x.rand.IntN(3) > 0
		x.do(func(ctx context.Context) { _ = c.SetRoomAdmin(ctx, room, other, on) })
	case n < 84 && !x.down[i]:
		x.do(func(ctx context.Context) { _, _ = c.Direct(ctx, other) })
	case n < 93:
		if x.down[i] {
			m.open()
		} else {
			m.stop()
		}
		x.down[i] = !x.down[i]
	case n < 97 && !x.down[i]:
		m.reopen()
	case n < 98:
		x.place.stop()
		x.place.start()
	default:
		time.Sleep(time.Duration(x.rand.IntN(30)) * time.Millisecond)
	}
}

// believed returns the texts of a member in a room by their rows, and what is
// wrong with any row.
func believed(m *member, room chat.RoomID) (texts map[uint64]string, wrong []string, waiting int) {
	texts = make(map[uint64]string)
	var before uint64
	for {
		p, err := m.After(context.Background(), room, before, 1000)
		if err != nil {
			return texts, []string{err.Error()}, 0
		}
		for _, msg := range p.Messages {
			if msg.Seq == 0 {
				if msg.State == client.Waiting {
					waiting++
				}
				continue
			}
			before = msg.Seq
			if msg.Kind == client.LineBroken || msg.Warnings != 0 {
				wrong = append(wrong, fmt.Sprintf("row %d: kind %d, warnings %b, of %s", msg.Seq, msg.Kind, msg.Warnings, msg.Name))
			}
			if msg.Kind == client.LineText {
				texts[msg.Seq] = msg.Name + ": " + msg.Text
			}
		}
		if !p.Newer {
			return texts, wrong, waiting
		}
	}
}

// spans returns from which rows to which ones a member was in a room, as the
// lines of the room say.
func spans(m *member, room chat.RoomID, maker bool) (out [][2]uint64) {
	me := m.Me().Account
	if maker {
		out = append(out, [2]uint64{0, 1 << 62})
	}
	var before uint64
	for {
		p, err := m.After(context.Background(), room, before, 1000)
		if err != nil {
			return nil
		}
		for _, msg := range p.Messages {
			if msg.Seq == 0 {
				continue
			}
			last := before
			before = msg.Seq
			if msg.Kind != client.LineRoom {
				continue
			}
			c := msg.Change
			switch {
			case slices.Contains(c.Added, me):
				if len(out) > 0 && out[len(out)-1][1] == 1<<62 {
					// Taken out and brought in again while away: what came between the
					// last row that is here and the way out the host does not keep.
					out[len(out)-1][1] = last
				}
				out = append(out, [2]uint64{msg.Seq, 1 << 62})
			case len(out) > 0 && (slices.Contains(c.Removed, me) || slices.Contains(c.Left, me)):
				out[len(out)-1][1] = msg.Seq
			}
		}
		if !p.Newer {
			return out
		}
	}
}

// FEATURES Z2, C11: people talk, come, go, commit at once, stop and start again,
// and the host with them. In the end nobody has a message that cannot be read,
// nobody has one twice, nobody lacks one, and all have one order. A seed tells
// what happens, though not in which order it meets.
func TestChaos(t *testing.T) {
	steps := *chaosSteps
	if raced || testing.Short() {
		steps = min(steps, 60)
	}
	seed := *chaosSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("seed %d, %d steps", seed, steps)
	x := &chaos{t: t, rand: rand.New(rand.NewPCG(seed, 0)), slots: make(chan struct{}, 6), away: make(map[chaosKey]bool)}
	x.place = newPlace(t)
	x.place.stop()
	l := &x.place.cfg.Limits
	l.Commits, l.CommitBurst, l.Packages, l.PackageBurst = 10_000, 10_000, 10_000, 10_000
	x.place.start()
	for i, name := range []string{"Ana", "Ben", "Cat", "Dan", "Eve"} {
		skew := time.Duration(i-2) * 7 * time.Minute
		x.all = append(x.all, x.place.join(name, func(c *client.Config) { c.Now = func() time.Time { return time.Now().Add(skew) } }))
		x.names = append(x.names, name)
	}
	x.down = make([]bool, len(x.all))
	for _, m := range x.all {
		m.until("key packages are there", m.Stocked)
	}
	for i := range 2 {
		maker := x.all[i]
		room := must(maker.CreateRoom(t.Context(), chat.RoomSealed, fmt.Sprint("room ", i), ""))
		x.rooms = append(x.rooms, room)
		for j, m := range x.all {
			if j != i {
				ok(t, maker.InviteToRoom(t.Context(), room, m.Me().Account))
				m.is(room, client.RoomJoined)
			}
		}
	}
	began := time.Now()
	for range steps {
		x.step()
	}
	x.wg.Wait()
	for i, m := range x.all {
		if x.down[i] {
			m.open()
		}
	}
	t.Logf("%d steps, %d messages took %v", steps, x.said, time.Since(began))
	x.check()
}

// check waits until all is quiet and says what is wrong.
func (x *chaos) check() {
	t := x.t
	t.Helper()
	seen := 0
	for i, room := range x.rooms {
		union := make(map[uint64]string)
		have := make([]map[uint64]string, len(x.all))
		var missing, wrong []string
		deadline := time.Now().Add(patience)
		for {
			clear(union)
			missing, wrong = nil, nil
			for j, m := range x.all {
				var bad []string
				var waiting int
				have[j], bad, waiting = believed(m, room)
				for _, b := range bad {
					wrong = append(wrong, m.Me().Name+": "+b)
				}
				r, err := m.Room(context.Background(), room)
				if err == nil && r.State == client.RoomJoined && waiting > 0 || m.State().Phase != client.Online || err == nil && (r.State == client.RoomComing || r.State == client.RoomBroken) {
					missing = append(missing, fmt.Sprintf("%s: %d wait, state %d, phase %d, err %v", x.names[j], waiting, r.State, m.State().Phase, m.State().Err))
				}
				for seq, text := range have[j] {
					if old, known := union[seq]; known && old != text {
						wrong = append(wrong, fmt.Sprintf("row %d is %q and %q", seq, old, text))
					}
					union[seq] = text
				}
			}
			for j, m := range x.all {
				all := spans(m, room, j == i)
				if r, err := m.Room(context.Background(), room); err == nil && r.State == client.RoomLeft && x.away[chaosKey{j, room}] && len(all) > 0 && all[len(all)-1][1] == 1<<62 {
					// Taken out, in and out again while away: a host keeps only the last
					// time of a member in a room, and has nothing for it any more.
					all[len(all)-1][1] = r.Head
				}
				for _, span := range all {
					for seq, text := range union {
						if seq > span[0] && seq < span[1] && have[j][seq] == "" {
							missing = append(missing, fmt.Sprintf("%s (in state %d, spans %v) lacks row %d, %s", x.names[j], must(m.Room(context.Background(), room)).State, spans(m, room, j == i), seq, text))
						}
					}
				}
			}
			if len(missing) == 0 || time.Now().After(deadline) {
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
		seen += len(union)
		slices.Sort(missing)
		if len(missing) > 0 {
			t.Errorf("room %d: %d lacking: %s", i, len(missing), strings.Join(missing[:min(len(missing), 12)], "\n"))
		}
		if len(wrong) > 0 {
			t.Errorf("room %d: %d wrong: %s", i, len(wrong), strings.Join(wrong[:min(len(wrong), 12)], "\n"))
		}
		texts := make(map[string]int)
		for _, text := range union {
			if texts[text]++; texts[text] == 2 {
				t.Errorf("room %d has %q twice", i, text)
			}
		}
	}
	if seen == 0 {
		t.Error("nobody said anything")
	}
	t.Logf("%d messages in the rooms", seen)
}
