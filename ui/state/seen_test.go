package state

import (
	"slices"
	"testing"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/storage/chat"
)

// beside is together for what may hold without a change in either window.
func beside(a, b *screenOf, what string, holds func() bool) {
	a.t.Helper()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	end := time.After(patience)
	for !holds() {
		select {
		case f := <-a.todo:
			f()
		case f := <-b.todo:
			f()
		case <-look.C:
		case <-end:
			a.t.Fatalf("%s: not after %v", what, patience)
		}
	}
}

// FEATURES D9, D10: who does not let others see what they read or that they write does
// not see it of them either, at once and both ways; the settings say so.
func TestSeenAndTypingOff(t *testing.T) {
	maria := hostPlace(t, t.TempDir(), chat.JoinByInvite)
	ben := start(t, t.TempDir(), "")
	ben.register(ben.card("Ben", maria.invite(Wish{For: ForOne, Lasting: LastingDay})), "Ben")
	both := func(what string, holds func() bool) { t.Helper(); beside(maria, ben, what, holds) }
	hers, his := maria.app.Shown().Place, ben.app.Shown().Place
	both("Maria can write to Ben", func() bool { return len(hers.Correspondents()) == 1 })
	hers.Message(hers.Correspondents()[0].Account)
	both("direct messages", func() bool { return hers.Header().Kind == chat.RoomDirect })
	room := hers.Header().Room
	both("Ben has them", func() bool { _, ok := his.facts[room]; return ok })
	his.Show(room)
	both("Ben may answer", func() bool { return !his.Barrier().Shown() || len(his.Barrier().Answers) > 0 })
	if his.Barrier().Shown() { // the invite may have made them known to each other
		his.Answer(AcceptRoom)
	}
	both("they are Ben's", func() bool { return his.facts[room].State == client.RoomJoined })
	mark := func(p *Place, text string) Mark { l, _ := line(p, text); return l.Mark }
	reads := func(s *screenOf, text string) {
		t.Helper()
		both(text+" came", func() bool { l, ok := line(s.app.Shown().Place, text); return ok && l.Seq > 0 })
		l, _ := line(s.app.Shown().Place, text)
		if err := s.app.Shown().Member.Client.MarkRead(t.Context(), room, l.Seq); err != nil {
			t.Fatal(err)
		}
	}
	types := func(p *Place) { p.Conversation().SetDraft(p.Conversation().Draft() + "h") }

	hers.Conversation().Send("one")
	reads(ben, "one")
	both("Maria sees that Ben has read it", func() bool { return mark(hers, "one") == MarkRead })
	both("and that he writes", func() bool { types(his); return slices.Equal(hers.Typing(), []string{"Ben"}) })

	ben.app.SetShowSeen(false)
	ben.app.SetShowTyping(false)
	if p := ben.app.Prefs(); p.ShowSeen || p.ShowTyping {
		t.Errorf("the settings are %+v", p)
	}
	both("he does not write any more", func() bool { return len(hers.Typing()) == 0 })
	hers.Conversation().Send("two")
	reads(ben, "two")
	his.Conversation().Send("three")
	reads(maria, "three")
	both("Ben is told that Maria writes, and does not see it", func() bool {
		types(hers)
		return slices.Equal(his.typing, []string{"Maria"})
	})
	if got := his.Typing(); len(got) > 0 {
		t.Errorf("Ben, who does not show it, sees %q writing", got)
	}
	end := time.Now().Add(1500 * time.Millisecond) // longer than receipts are gathered
	both("a moment later", func() bool {
		types(his)
		if got := hers.Typing(); len(got) > 0 {
			t.Errorf("Maria sees %q writing, who shows it to nobody", got)
		}
		return t.Failed() || time.Now().After(end)
	})
	if got := mark(hers, "two"); got != MarkOnHost {
		t.Errorf("Maria sees mark %d at what Ben has read and does not say so", got)
	}
	if got := mark(his, "three"); got != MarkOnHost {
		t.Errorf("Ben, who says nothing, sees mark %d at what Maria has read", got)
	}
	ben.app.SetShowSeen(true)
	both("Ben sees what Maria has read", func() bool { return mark(his, "three") == MarkRead })
	ben.app.SetShowTyping(true)
	both("and that she writes", func() bool { types(hers); return slices.Equal(his.Typing(), []string{"Maria"}) })
	ben.app.SetShowSeen(false)
	both("and nothing any more", func() bool { return mark(his, "three") == MarkOnHost })
}
