package client_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// screen is how many of the messages of these tests one answer holds: they are long, so
// that few of them are many.
const screen = 5

// long is a message of 8 KiB, of which screen fit the 48 KiB of an answer.
func long(i int) string { return fmt.Sprint("message ", i, strings.Repeat(" .", 3500)) }

// brief is what tells a long message from others.
func brief(text string) string { return strings.TrimRight(text, " .") }

// away is a place in which Ben missed more than one answer of the host holds, and whose
// host keeps back what it is to keep back.
type away struct {
	*evilHost
	ana, ben *member
	room     chat.RoomID
	missed   int
	want     string // what Ben reads in the end, the newest 1000

	mu     sync.Mutex // guards what follows
	answer int        // answers to Fetch of the room that Ben got on this connection
	held   []wire.Message
	hold   bool
	peeked func(*wire.Peeked) *wire.Peeked // nil lets it through as it is
}

// newAway lets Ben miss so many messages, and holds all of them back but those of the
// first answer, once he is back.
func newAway(t *testing.T, missed int, edit ...func(*client.Config)) *away {
	a := &away{evilHost: newEvilHost(t, func(p *place) {
		p.dir = fast(t)
		p.cfg.Limits = host.Limits{Posts: 100_000, PostBurst: 100_000, Messages: 100_000, MessageBurst: 100_000}
	}), missed: missed}
	a.ana, a.ben = a.place.join("Ana"), a.person("Ben", edit...)
	a.room = must(a.ana.CreateRoom(t.Context(), chat.RoomOpen, "Kitchen", ""))
	a.ana.say("elsewhere")
	a.ben.hears("Ana: elsewhere")
	a.ana.sayIn(a.room, "before")
	a.ben.hearsIn(a.room, "Ana: before")
	a.does(a.down)
	a.miss()
	return a
}

// miss lets Ben go, who has read everything, and miss as many messages.
func (a *away) miss() {
	t := a.t
	ok(t, a.ben.MarkRead(t.Context(), a.room, must(a.ben.Room(t.Context(), a.room)).Head))
	a.ben.stop()
	for i := range a.missed {
		a.ana.sayIn(a.room, long(i))
	}
	a.ana.until("all are on the host", func() bool {
		out, err := a.ana.db.Outbox(context.Background(), a.room)
		return err == nil && len(out) == 0
	})
	a.ana.until("Ana has all herself", func() bool {
		return strings.HasSuffix(a.ana.textsIn(a.room), long(a.missed-1))
	})
	a.want = a.ana.textsIn(a.room)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.hold, a.peeked = true, nil
}

// down is what the host sends to Ben instead of what it should.
func (a *away) down(to *member, m wire.Message) []wire.Message {
	a.mu.Lock()
	defer a.mu.Unlock()
	if to != a.ben {
		return []wire.Message{m}
	}
	switch m := m.(type) {
	case *wire.Session:
		a.answer = 0
	case *wire.Rows:
		if m.Room != a.room {
			break
		}
		if a.answer++; a.answer > 1 && a.hold {
			a.held = append(a.held, m)
			return nil
		}
	case *wire.Peeked:
		if a.peeked == nil {
			break
		}
		out := a.peeked(m)
		if out == nil {
			return nil
		}
		return []wire.Message{out}
	}
	return []wire.Message{m}
}

// back lets Ben come back and look at the room.
func (a *away) back() {
	a.ben.load()
	a.ben.LookAt(a.room)
	a.ben.run()
}

// release sends what was held back, and holds nothing back any more.
func (a *away) release() {
	a.mu.Lock()
	held := a.held
	a.held, a.hold = nil, false
	a.mu.Unlock()
	for _, m := range held {
		a.sends(a.ben, m)
	}
}

// early are the texts of Ben's newest page that came out of their turn.
func (a *away) early() (texts []string, p client.Page) {
	p = must(a.ben.Before(context.Background(), a.room, 0, 999))
	for i := range p.Messages {
		switch m := &p.Messages[i]; {
		case m.Early && m.Kind == client.LineBroken:
			texts = append(texts, fmt.Sprintf("broken %b", m.Warnings))
		case m.Early:
			texts = append(texts, brief(m.Text))
		}
	}
	return texts, p
}

// through waits until Ben has all of the room as Ana has it, and nothing else.
func (a *away) through() {
	a.t.Helper()
	a.ben.hearsIn(a.room, a.want)
	if texts, p := a.early(); len(texts) > 0 || p.Gap {
		a.t.Errorf("all is here, and still %d rows stand there before their turn, gap %v", len(texts), p.Gap)
	}
	m := must(a.ben.Missed(a.t.Context(), a.room))
	if first := must(a.ben.Message(a.t.Context(), m.Seq)); m.Count != a.missed || first.Text != long(0) || !first.Received.Equal(m.Since) {
		a.t.Errorf("missed %d since %q of %v, want %d since message 0", m.Count, brief(first.Text), m.Since, a.missed)
	}
}

func messages(from, to int) (texts []string) {
	for i := from; i < to; i++ {
		texts = append(texts, fmt.Sprint("message ", i))
	}
	return texts
}

// FEATURES P2, H4: who missed many messages of an open room sees the newest of them
// while the others are still on their way, and those before when they scroll up to
// them. Nothing of that counts: what was missed is counted as it comes in its order,
// only up, and exactly in the end.
func TestP2NewestScreenFirst(t *testing.T) {
	const missed = 80
	a := newAway(t, missed)
	a.back()
	a.ben.until("the newest screen", func() bool { texts, _ := a.early(); return len(texts) > 0 })
	texts, page := a.early()
	if want := messages(missed-screen, missed); !slices.Equal(texts, want) || !page.Gap || !page.Older || page.Newer || len(page.Messages) != len(want) {
		t.Fatalf("got %q, gap %v, want the last %d", texts, page.Gap, len(want))
	}
	// It cannot be read by this, and nothing is taken for it that did not come.
	newest := page.Messages[len(page.Messages)-1].Seq
	ok(t, a.ben.MarkRead(t.Context(), a.room, newest))
	was := must(a.ben.Room(t.Context(), a.room))
	if was.Read >= page.Messages[0].Seq || was.Head >= page.Messages[0].Seq || was.Last.Text != long(missed-1) {
		t.Errorf("read up to %d, head %d, the first early row is %d", was.Read, was.Head, page.Messages[0].Seq)
	}
	if _, err := a.ben.Message(t.Context(), newest); err == nil {
		t.Error("a row that did not come in its order is in the store")
	}
	// What is before is asked for, up to the bound.
	n := len(texts)
	for n < 10*screen {
		low := page.Messages[0].Seq
		p := must(a.ben.Before(t.Context(), a.room, low, 50))
		if len(p.Messages) > 0 || !p.Gap || !p.Older {
			t.Fatalf("before row %d: %d messages, gap %v", low, len(p.Messages), p.Gap)
		}
		a.ben.until("the page before", func() bool { texts, page = a.early(); return len(texts) > n })
		n = len(texts)
		if want := messages(missed-n, missed); !slices.Equal(texts, want) {
			t.Fatalf("got %d from %q to %q", n, texts[0], texts[n-1])
		}
	}
	if p := must(a.ben.Before(t.Context(), a.room, page.Messages[0].Seq, 50)); len(p.Messages) > 0 || !p.Gap {
		t.Errorf("beyond the bound: %d messages, gap %v", len(p.Messages), p.Gap)
	}
	// From below one comes to the gap as well.
	p := must(a.ben.After(t.Context(), a.room, was.Head, 50))
	if len(p.Messages) != 0 || !p.Newer || !p.Gap {
		t.Errorf("after the last row in order: %d messages, newer %v, gap %v", len(p.Messages), p.Newer, p.Gap)
	}
	// What was read before stays read: the rows that came are.
	a.missed -= unreadGone(t, a)
	a.release()
	a.ben.until("all came in order", func() bool { return must(a.ben.Room(context.Background(), a.room)).Head == newest })
	if texts, p := a.early(); len(texts) > 0 || p.Gap {
		t.Errorf("%d rows before their turn, gap %v", len(texts), p.Gap)
	}
	if m := must(a.ben.Missed(t.Context(), a.room)); m.Count != a.missed {
		t.Errorf("missed %d, want %d", m.Count, a.missed)
	}
	a.ben.hearsIn(a.room, a.want)
	if w := a.ben.State(); w.Err != nil {
		t.Errorf("an error: %v", w.Err)
	}
}

// unreadGone is how many of the messages that Ben missed he has read: those that had
// come in their order when he read to the end.
func unreadGone(t *testing.T, a *away) int {
	t.Helper()
	if m := must(a.ben.Missed(t.Context(), a.room)); m.Count != 0 {
		t.Errorf("%d unread of those that came", m.Count)
	}
	n := 0
	for before := uint64(1); ; {
		p := must(a.ben.After(t.Context(), a.room, before, 900))
		for i := range p.Messages {
			if before = p.Messages[i].Seq; strings.HasPrefix(p.Messages[i].Text, "message ") && !p.Messages[i].Early {
				n++
			}
		}
		if !p.Newer || p.Gap {
			return n
		}
	}
}

// A file that is shown before its turn is not fetched by itself, however small it is:
// its row counts for nothing yet. It is once the row has come in its order.
func TestNoFileIsFetchedEarly(t *testing.T) {
	const missed = 20
	a := newAway(t, missed, func(c *client.Config) { c.AutoDownload = func() int64 { return 10 << 20 } })
	path := filepath.Join(t.TempDir(), "otter.txt")
	writeFile(t, path, 70_000)
	id := must(a.ana.SendFile(t.Context(), a.room, path))
	a.ana.until("the file is on the host", func() bool {
		m := must(a.ana.Before(context.Background(), a.room, 0, 1)).Messages
		return len(m) > 0 && m[len(m)-1].ID == id && m[len(m)-1].Seq > 0
	})
	a.missed++
	a.back()
	a.ben.until("the newest screen has the file", func() bool {
		texts, p := a.early()
		return len(texts) > 0 && p.Messages[len(p.Messages)-1].ID == id
	})
	// The page before that is taken by the same goroutine, so it is done with the file.
	texts, p := a.early()
	must(a.ben.Before(t.Context(), a.room, p.Messages[0].Seq, 50))
	a.ben.until("the page before", func() bool { more, _ := a.early(); return len(more) > len(texts) })
	if f, is, err := a.ben.Transfer(t.Context(), id); err != nil || is {
		t.Errorf("the file is fetched before its turn: %+v, %v", f, err)
	}
	a.release()
	a.ben.until("all came in order", func() bool { _, p := a.early(); m := p.Messages[len(p.Messages)-1]; return m.ID == id && !m.Early })
	a.through()
	a.ben.until("the file is here", func() bool {
		f, is, err := a.ben.Transfer(context.Background(), id)
		return err == nil && is && f.State == client.Finished
	})
}

// A host that does not know the question, or never answers: all comes in its order.
func TestHostThatCannotBePeekedAt(t *testing.T) {
	a := newAway(t, 20)
	a.mu.Lock()
	a.hold, a.peeked = false, func(*wire.Peeked) *wire.Peeked { return nil }
	a.mu.Unlock()
	a.back()
	a.through()
}

// FEATURES C4, P2: what a host shows out of its turn is believed as little as anything
// else of it. It cannot put words into anybody's mouth by it, and when the same rows come
// in their order and are others, the person is told and sees none of what was shown.
func TestEvilHostPeeks(t *testing.T) {
	const missed = 20
	newest := messages(missed-screen, missed)
	a := newAway(t, missed)
	for name, c := range map[string]struct {
		evil func(a *away, m *wire.Peeked)
		// shown is what of it stands there while the rest is held back; nil: nothing.
		shown []string
	}{
		"a forged signature": {
			func(_ *away, m *wire.Peeked) { m.Rows[2].Signature[5] ^= 1 },
			slices.Concat(newest[:2], []string{fmt.Sprintf("broken %b", client.BadSignature)}, newest[3:]),
		},
		"a changed text": {func(_ *away, m *wire.Peeked) {
			env := must(wire.ParseEnvelope(m.Rows[2].Envelope))
			env.Data = wire.EncodeBody(&wire.Text{Text: "never said"})
			m.Rows[2].Envelope = must(env.Seal())
		}, slices.Concat(newest[:2], []string{fmt.Sprintf("broken %b", client.BadSignature)}, newest[3:])},
		"a row of another room": {func(a *away, m *wire.Peeked) {
			rows := must(a.db.Before(context.Background(), chat.Lobby, 1<<62, 1, 1<<20))
			m.Rows[2].Envelope, m.Rows[2].Signature = rows[0].Envelope, rows[0].Signature
		}, slices.Concat(newest[:2], []string{fmt.Sprintf("broken %b", client.Malformed)}, newest[3:])},
		"not the newest":       {func(_ *away, m *wire.Peeked) { m.Rows = m.Rows[:len(m.Rows)-1] }, nil},
		"none at all":          {func(_ *away, m *wire.Peeked) { m.Rows = nil }, nil},
		"in another order":     {func(_ *away, m *wire.Peeked) { m.Rows[3], m.Rows[4] = m.Rows[4], m.Rows[3] }, nil},
		"one twice":            {func(_ *away, m *wire.Peeked) { m.Rows[3] = m.Rows[4] }, nil},
		"one left out":         {func(_ *away, m *wire.Peeked) { m.Rows = slices.Delete(m.Rows, 1, 2) }, slices.Concat(newest[:1], newest[2:])},
		"one at another place": {func(_ *away, m *wire.Peeked) { m.Rows[0].Seq-- }, newest},
		"one more than there is": {func(_ *away, m *wire.Peeked) {
			last := m.Rows[len(m.Rows)-1]
			last.Seq += 100
			last.Envelope, last.Signature, last.Hash = nil, nil, make([]byte, 32)
			m.Rows = append(m.Rows[1:], last)
		}, append(slices.Clone(newest[1:]), "")},
		"one as deleted that was not": {func(_ *away, m *wire.Peeked) {
			m.Rows[3].Envelope, m.Rows[3].Signature, m.Rows[3].Hash = nil, nil, make([]byte, 32)
		}, slices.Concat(newest[:3], []string{""}, newest[4:])},
	} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			a.mu.Lock()
			a.peeked = func(m *wire.Peeked) *wire.Peeked {
				if asked++; asked == 1 {
					c.evil(a, m)
				}
				return m
			}
			a.mu.Unlock()
			a.back()
			if c.shown != nil {
				a.ben.until("the newest screen", func() bool { texts, _ := a.early(); return len(texts) > 0 })
				if texts, _ := a.early(); !slices.Equal(texts, c.shown) {
					t.Errorf("got %q, want %q", texts, c.shown)
				}
				a.release()
			}
			a.ben.until("Ben is told", func() bool { return errors.Is(a.ben.State().Err, client.ErrProtocol) })
			if texts, p := a.early(); len(texts) > 0 || p.Gap {
				t.Errorf("%d rows of it still stand there, gap %v", len(texts), p.Gap)
			}
			a.mu.Lock()
			a.hold, a.held = false, nil
			a.mu.Unlock()
			a.through()
			a.mu.Lock()
			if asked != 1 {
				t.Errorf("the host was asked %d times", asked)
			}
			a.mu.Unlock()
			a.miss()
		})
	}
}
