package state

import (
	"slices"
	"strings"
	"testing"

	"github.com/snugchat/snug/storage/chat"
)

// H4: what was missed is listed by room, exactly, and all is marked read at once; a
// muted room is quiet unless somebody names this person; an archived one comes back
// when somebody writes there, unless it is muted.
func TestH4CatchUpAndList(t *testing.T) {
	x := newTown(t)
	x.ana.CreateRoom(true, "Kitchen", "", func(bool) {})
	var kitchen chat.RoomID
	entry := func(p *Place, id chat.RoomID) (l RoomLine) {
		for _, r := range p.Rooms() {
			if r.ID == id {
				l = r
			}
		}
		return l
	}
	x.until("Ben has the room", func() bool {
		for _, r := range x.ben.Rooms() {
			if r.Name == "Kitchen" {
				kitchen = r.ID
			}
		}
		return kitchen != (chat.RoomID{}) && entry(x.ana, kitchen).Name != ""
	})
	x.ana.Show(chat.Lobby)
	x.ana.SetActive(false)
	say := func(room chat.RoomID, words ...string) {
		x.ben.Show(room)
		for _, w := range words {
			x.ben.Conversation().Send(w)
		}
	}
	say(chat.Lobby, "one", "@Ana two", "three", "four", "five")
	say(kitchen, "soup")
	x.until("all of it is unread", func() bool { return x.ana.Unread() == 6 && x.ana.Behind() })
	var missed []Missed
	x.ana.CatchUp(func(m []Missed) { missed = m })
	x.until("the list is there", func() bool { return missed != nil })
	if len(missed) != 2 {
		t.Fatalf("missed in %d rooms: %+v", len(missed), missed)
	}
	m := missed[0]
	if m.Room != chat.Lobby || len(m.Lines) != missedLines || m.Lines[0].Text != "Ben: one" || m.More != 2 || m.Mentions != 1 || !strings.HasPrefix(m.Since, "5 new since ") {
		t.Errorf("of the Lobby it says %+v", m)
	}
	if m := missed[1]; m.Name != "Kitchen" || len(m.Lines) != 1 || m.More != 0 || m.Mentions != 0 {
		t.Errorf("of the kitchen it says %+v", m)
	}
	x.ana.ReadAll()
	x.until("all is read", func() bool { return x.ana.Unread() == 0 && !x.ana.Behind() })

	if d := x.ana.ListDeeds(chat.Lobby); slices.Contains(d, ArchiveRoom) || slices.Contains(d, ReadRoom) {
		t.Errorf("with the Lobby one can do %v", d)
	}
	x.ana.List(kitchen, PinRoom)
	x.until("it is on top", func() bool { return x.ana.Rooms()[0].ID == kitchen && x.ana.Rooms()[0].Section == SectionPinned })
	x.ana.List(kitchen, ArchiveRoom)
	x.until("it is in the archive", func() bool { return entry(x.ana, kitchen).Section == SectionArchived })
	say(kitchen, "bread")
	x.until("it is back", func() bool { e := entry(x.ana, kitchen); return e.Section == SectionOpen && e.Unread == 1 })

	x.ana.List(kitchen, MuteRoom)
	x.ana.List(kitchen, ArchiveRoom)
	x.until("it is muted and in the archive", func() bool { e := entry(x.ana, kitchen); return e.Muted && e.Section == SectionArchived })
	x.a.news = nil
	x.ana.quieted = x.ana.quieted.AddDate(-1, 0, 0)
	say(kitchen, "butter")
	x.until("two are unread there", func() bool { return entry(x.ana, kitchen).Unread == 2 })
	if e := entry(x.ana, kitchen); e.Section != SectionArchived || x.ana.Unread() != 0 || len(x.a.news) != 0 {
		t.Errorf("a muted room counts %d, is in section %d, and the desktop says %q", x.ana.Unread(), e.Section, x.a.news)
	}
	say(kitchen, "@Ana salt?")
	x.until("who is named is told", func() bool { return len(x.a.news) == 1 && entry(x.ana, kitchen).Section == SectionOpen })
}

func TestBriefNames(t *testing.T) {
	for name, want := range map[string]string{
		"Ben":                                 "Ben",
		"Maria del Carmen":                    "Maria del Carmen",
		"Aisha Featherstonehaugh":             "Aisha",
		"Wolfeschlegelsteinhausenbergerdorff": "Wolfeschlegelsteinhausenbergerdorff",
		"מריה־לורדס בת־אברהם וכל המשפחה": "מריה־לורדס",
	} {
		if got := brief(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}
