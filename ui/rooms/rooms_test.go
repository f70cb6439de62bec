package rooms

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

func open(t *testing.T) *Sidebar {
	t.Helper()
	app := test.NewTempApp(t)
	app.Settings().SetTheme(theme.New(theme.Light, 100))
	s := New()
	test.NewTempWindow(t, s.Object()).Resize(fyne.NewSize(316, 700))
	return s
}

func when(state.RoomLine) string { return "09:21" }

// TestRooms: a room says who said what last, or what was begun there, and opens
// when it is pressed, also after rooms came and went.
func TestRooms(t *testing.T) {
	s := open(t)
	var opened []chat.RoomID
	s.OnOpen = func(r chat.RoomID) { opened = append(opened, r) }
	a, b := chat.RoomID{1}, chat.RoomID{2}
	lines := []state.RoomLine{
		{ID: a, Name: "Lobby", Line: "Maya: hi", Unread: 3, Selected: true},
		{ID: b, Name: "Kitchen", Line: "You: salt.pdf", IsFile: true, Draft: "half a tho"},
	}
	s.SetRooms(lines, when)
	if got := s.rooms[0].Data(); got.Line != "Maya: hi" || got.Unread != 3 || !got.Selected || got.Meta != "09:21" {
		t.Errorf("first room: %+v", got)
	}
	if got := s.rooms[1].Data(); got.Line != "half a tho" {
		t.Errorf("a room with a draft says %q", got.Line)
	}
	test.Tap(s.rooms[1])
	s.SetRooms(lines[1:], when)
	test.Tap(s.rooms[0])
	if len(s.rooms) != 1 || len(opened) != 2 || opened[0] != b || opened[1] != b {
		t.Errorf("%d rooms, opened %v", len(s.rooms), opened)
	}
}

// TestPeople: who is here stands under the rooms, without oneself and those who
// wait, and not more than fit the list's purpose.
func TestPeople(t *testing.T) {
	s := open(t)
	asked := 0
	s.OnPeople = func() { asked++ }
	members := []state.Member{
		{Name: "Waiting", ID: "w", Waiting: true},
		{Name: "Me", ID: "m", Here: true, Me: true},
		{Name: "Maya", ID: "a", Here: true, Role: "Owner", Line: "online"},
		{Name: "Gone", ID: "g"},
	}
	s.SetMembers(members)
	if len(s.people) != 1 || s.people[0].Data().Title != "Maya" || s.people[0].Data().Line != "Owner" {
		t.Fatalf("%d people", len(s.people))
	}
	test.Tap(s.people[0])
	for i := range maxPeople + 4 {
		members = append(members, state.Member{Name: fmt.Sprint("P", i), ID: fmt.Sprint(i), Here: true})
	}
	s.SetMembers(members)
	if got, want := s.more.Data().Title, text.PeopleMore(5); len(s.people) != maxPeople || got != want {
		t.Errorf("%d people are shown, and %q; want %q", len(s.people), got, want)
	}
	test.Tap(s.more)
	if asked != 2 {
		t.Errorf("the list of people was asked for %d times", asked)
	}
	s.SetMembers(members[:2])
	if len(s.people) != 0 || len(s.list.Objects) != 0 {
		t.Errorf("%d people stay", len(s.people))
	}
}
