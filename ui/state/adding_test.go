package state

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/text"
)

// together runs two windows until something holds.
func together(a, b *screenOf, what string, holds func() bool) {
	a.t.Helper()
	end := time.After(patience)
	for !holds() {
		select {
		case f := <-a.todo:
			f()
		case f := <-b.todo:
			f()
		case <-end:
			a.t.Fatalf("%s: not after %v; screens %d and %d, fault %q", what, patience, a.app.Screen(), b.app.Screen(), b.app.Fault())
		}
	}
}

// offers begins to add a computer, as far as the link.
func (s *screenOf) offers() *Adding {
	s.t.Helper()
	d := s.app.Devices(s.app.Shown(), func() {})
	s.until("own computers", func() bool { return d.Known() && !d.Busy() })
	if !d.HasKey() {
		s.t.Fatal("this computer cannot add another one")
	}
	x := d.Add(func() {})
	s.until("link", func() bool { return x.Link() != "" })
	return x
}

// another is a new computer of somebody who uses Snug already, as far as the
// question for the link.
func another(t *testing.T, dir string) *screenOf {
	t.Helper()
	s := start(t, dir, "")
	s.screen(ScreenStart)
	s.app.ChooseDevice()
	s.screen(ScreenProtect)
	s.app.Back()
	s.screen(ScreenStart)
	s.app.ChooseDevice()
	if f, g := s.app.Protect(false, goodPassword, goodPassword); f != "" || g != "" {
		t.Fatal(f, g)
	}
	s.screen(ScreenJoin)
	if !s.app.Join().Mine() {
		t.Error("the page does not ask for the link of the other computer")
	}
	return s
}

// FEATURES B6, H3: a second computer needs the link of the first, one look at seven
// pictures and two presses, and neither a name nor a password; it is in the private
// rooms then, with what was said there before.
func TestB6AddAComputer(t *testing.T) {
	maria := hostPlace(t, t.TempDir(), chat.JoinByInvite)
	place := maria.app.Shown().Place
	c := maria.app.Shown().Member.Client
	den, err := c.CreateRoom(t.Context(), chat.RoomSealed, "Den", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Send(t.Context(), den, "before it came"); err != nil {
		t.Fatal(err)
	}
	place.Show(den)
	maria.until("it is said", func() bool {
		l, ok := line(place, "before it came")
		return ok && l.Seq > 0
	})
	x := maria.offers()
	x.Copy()
	if maria.clip != x.Link() || !strings.HasPrefix(maria.clip, "snug://device#v1.") {
		t.Fatalf("copied %q", maria.clip)
	}
	if x.Until() == "" || x.Step() != client.PairWaiting {
		t.Errorf("step %d until %q", x.Step(), x.Until())
	}

	second := another(t, t.TempDir())
	j := second.app.Join()
	second.clip = "snug://join#v1.abc"
	if got := j.Suggestion(); got != "" {
		t.Errorf("suggests %q", got)
	}
	if got := j.Paste("192.168.1.20:7443"); got != text.JoinDeviceOther() {
		t.Errorf("an address: got %q", got)
	}
	second.clip = x.Link()
	if got := j.Suggestion(); got != second.clip {
		t.Errorf("suggests %q", got)
	}
	if fault := j.Paste(second.clip); fault != "" {
		t.Fatal(fault)
	}
	together(maria, second, "the pictures", func() bool { return x.Step() == client.PairCompare && j.Pair().Step == client.PairCompare })
	if x.Pictures() != j.Pair().Emoji || j.Pair().Person != "Maria" {
		t.Errorf("pictures %v and %v, of %q", x.Pictures(), j.Pair().Emoji, j.Pair().Person)
	}
	x.Match()
	together(maria, second, "said on one", func() bool { return x.Step() == client.PairAgreed })
	j.Match()
	together(maria, second, "added", func() bool { return x.Step() == client.PairDone && second.app.Screen() == ScreenPlace })
	if got := second.app.Person(); got != "Maria" {
		t.Errorf("the new computer is of %q", got)
	}
	fresh := second.app.Shown().Place
	together(maria, second, "the room", func() bool {
		return slices.ContainsFunc(fresh.Rooms(), func(r RoomLine) bool { return r.ID == den })
	})
	fresh.Show(den)
	together(maria, second, "what was said before", func() bool { _, ok := line(fresh, "before it came"); return ok })
	l, _ := line(fresh, "before it came")
	if !l.Own {
		t.Errorf("what Maria said is %+v", l)
	}
	d := maria.app.Devices(maria.app.Shown(), func() {})
	maria.until("two computers", func() bool { return len(d.Lines()) == 2 })

	// The same link does nothing more, and the place is entered once.
	second.app.Link(maria.clip)
	second.screen(ScreenPlace)
	third := another(t, t.TempDir())
	if fault := third.app.Join().Paste(maria.clip); fault != "" {
		t.Fatal(fault)
	}
	third.until("the link counts no more", func() bool {
		return third.app.Join().Step() == JoinPaste && third.app.Join().Fault().What == text.ProblemPairTime()
	})
	third.clip = maria.clip
	if got := third.app.Join().Suggestion(); got != "" {
		t.Errorf("the link that was tried is suggested again")
	}
}

// Whoever sees other pictures stops it on both sides, and nothing is added; so does
// closing the window on either side.
func TestB6SayNo(t *testing.T) {
	maria := hostPlace(t, t.TempDir(), chat.JoinByInvite)
	second := another(t, t.TempDir())
	j := second.app.Join()
	meet := func() *Adding {
		x := maria.offers()
		if fault := j.Paste(x.Link()); fault != "" {
			t.Fatal(fault)
		}
		together(maria, second, "the pictures", func() bool { return x.Step() == client.PairCompare && j.Pair().Step == client.PairCompare })
		return x
	}
	no, differs := text.ProblemPairNo(), text.VerifyDifferTitle()

	x := meet()
	x.Differ()
	together(maria, second, "no on the first", func() bool { return x.Step() == client.PairFailed && j.Step() == JoinPaste })
	if x.Fault().What != differs || j.Fault().What != no {
		t.Errorf("got %q and %q, want %q and %q", x.Fault(), j.Fault(), differs, no)
	}
	old := x.Link()
	x.Again()
	maria.until("another link", func() bool { return x.Link() != "" && x.Link() != old })
	x.Close()

	x = meet()
	j.Differ()
	together(maria, second, "no on the second", func() bool { return x.Step() == client.PairFailed && j.Step() == JoinPaste })
	if x.Fault().What != no || j.Fault().What != differs {
		t.Errorf("got %q and %q, want %q and %q", x.Fault(), j.Fault(), no, differs)
	}

	x = meet()
	x.Close()
	together(maria, second, "closed on the first", func() bool { return j.Step() == JoinPaste && j.Fault().What == no })

	x = meet()
	second.app.Back()
	second.screen(ScreenJoin)
	together(maria, second, "left on the second", func() bool { return x.Step() == client.PairFailed })
	if got := j.Step(); got != JoinPaste {
		t.Errorf("the new computer is at step %d", got)
	}
	d := maria.app.Devices(maria.app.Shown(), func() {})
	maria.until("one computer", func() bool { return d.Known() && len(d.Lines()) == 1 })
	second.app.Back()
	second.screen(ScreenStart)
	second.app.ChooseHost() // whose name is not known yet
	second.screen(ScreenName)
}

// While messages of before come from another computer, the bar says how many.
func TestH3Bar(t *testing.T) {
	p := &Place{desktop: Desktop{Now: time.Now}, client: stored(t, 1), state: client.State{Phase: client.Online}}
	for _, c := range []struct {
		name string
		h    client.History
		want string
	}{
		{"nothing", client.History{}, ""},
		{"copying", client.History{Copying: true, Have: 12_000, All: 48_210}, "Copying your messages: 12,000 of 48,210"},
		{"all is here", client.History{Have: 48_210, All: 48_210}, ""},
	} {
		p.history = c.h
		if got := p.Bar(); got.Text != c.want || got.Shown != (c.want != "") || got.Tone != ToneCalm {
			t.Errorf("%s: got %+v, want %q", c.name, got, c.want)
		}
	}
	p.state.Phase = client.Offline
	p.history = client.History{Copying: true, Have: 1, All: 2}
	if got := p.Bar(); got.Text != text.OfflineLine() {
		t.Errorf("offline: got %+v", got)
	}
}
