package rooms

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/kittest"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

func open(t *testing.T) *Sidebar {
	t.Helper()
	app := test.NewTempApp(t)
	app.Settings().SetTheme(theme.New(theme.Light, 100))
	s := New(nil, nil)
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
		{ID: b, Name: "Kitchen", Section: state.SectionPrivate, Line: "You: salt.pdf", IsFile: true, Draft: "half a tho"},
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
	var pressed chat.AccountID
	s.OnPerson = func(a chat.AccountID) { pressed = a }
	members := []state.Member{
		{Name: "Waiting", ID: "w", Waiting: true},
		{Name: "Me", ID: "m", Here: true, Me: true},
		{Name: "Maya", Account: chat.AccountID{7}, ID: "a", Here: true, Role: "Owner", Line: "online"},
		{Name: "Gone", ID: "g"},
	}
	s.SetMembers(members)
	if len(s.people) != 1 || s.people[0].Data().Title != "Maya" || s.people[0].Data().Line != "Owner" {
		t.Fatalf("%d people", len(s.people))
	}
	test.Tap(s.people[0])
	if pressed != (chat.AccountID{7}) {
		t.Errorf("pressing Maya opens %v", pressed)
	}
	for i := range maxPeople + 4 {
		members = append(members, state.Member{Name: fmt.Sprint("P", i), ID: fmt.Sprint(i), Here: true})
	}
	s.SetMembers(members)
	if got, want := s.more.Data().Title, text.PeopleMore(5); len(s.people) != maxPeople || got != want {
		t.Errorf("%d people are shown, and %q; want %q", len(s.people), got, want)
	}
	test.Tap(s.more)
	if asked != 1 {
		t.Errorf("the list of people was asked for %d times", asked)
	}
	s.SetMembers(members[:2])
	if len(s.people) != 0 || len(s.list.Objects) != 0 {
		t.Errorf("%d people stay", len(s.people))
	}
}

// TestSections: rooms stand in their sections, and what is empty says in one
// sentence what it is for, with one button (FEATURES E2).
func TestSections(t *testing.T) {
	app := test.NewTempApp(t)
	app.Settings().SetTheme(theme.New(theme.Dark, 100))
	made, wrote := 0, 0
	s := New(func() { made++ }, func() { wrote++ })
	test.NewTempWindow(t, s.Object()).Resize(fyne.NewSize(316, 900))
	lobby := state.RoomLine{ID: chat.Lobby, Name: "Lobby", Section: state.SectionOpen}
	s.SetRooms([]state.RoomLine{lobby}, when)
	found := words(s.Object())
	for _, w := range []string{text.RoomsPrivate(), text.RoomsPrivateNew(), text.RoomsDirect(), text.RoomsDirectNew()} {
		if !slices.Contains(found, w) {
			t.Errorf("an empty list does not say %q: %q", w, found)
		}
	}
	if slices.Contains(found, text.RoomsRequests()) {
		t.Error("there are no requests, and their heading is shown")
	}
	for _, b := range buttons(s.Object()) {
		test.Tap(b)
	}
	if made != 1 || wrote != 1 {
		t.Errorf("%d rooms and %d messages were begun by pressing each button once", made, wrote)
	}
	long := strings.Repeat("A very long name ", 12)
	s.SetRooms([]state.RoomLine{
		{ID: chat.RoomID{3}, Name: "Eve", Section: state.SectionRequests, Line: text.RoomsRequest()},
		lobby,
		{ID: chat.RoomID{4}, Name: long, Section: state.SectionPrivate, Unread: 1200},
		{ID: chat.RoomID{5}, Name: "Ben", Section: state.SectionDirect, Here: true},
	}, when)
	var order []string
	for _, w := range words(s.Object()) {
		if slices.Contains([]string{text.RoomsRequests(), "Eve", "Lobby", text.RoomsPrivate(), text.RoomsDirect(), "Ben"}, w) {
			order = append(order, w)
		}
	}
	want := []string{text.RoomsRequests(), "Eve", "Lobby", text.RoomsPrivate(), text.RoomsDirect(), "Ben"}
	if !slices.Equal(order, want) {
		t.Errorf("the list reads %q, want %q", order, want)
	}
	if got := s.rooms[2].Data(); got.Title != long || got.Unread != 1200 {
		t.Errorf("the room with a long name: %+v", got)
	}
	if len(buttons(s.Object())) != 0 {
		t.Error("a section with rooms still offers what an empty one does")
	}
	if !s.rooms[3].Data().Online {
		t.Error("a direct room does not show that the other one is here")
	}
	kittest.Settled(t, s.Object())
}

// walk visits everything that is visible.
func walk(o fyne.CanvasObject, visit func(fyne.CanvasObject)) {
	if !o.Visible() {
		return
	}
	visit(o)
	switch x := o.(type) {
	case *fyne.Container:
		for _, c := range x.Objects {
			walk(c, visit)
		}
	case fyne.Widget:
		for _, c := range test.WidgetRenderer(x).Objects() {
			walk(c, visit)
		}
	}
}

// words are the texts that stand in a view, from top to bottom.
func words(o fyne.CanvasObject) (out []string) {
	walk(o, func(o fyne.CanvasObject) {
		if x, ok := o.(*canvas.Text); ok {
			out = append(out, strings.TrimSpace(x.Text))
		}
	})
	return out
}

// buttons are those with words.
func buttons(o fyne.CanvasObject) (out []*kit.Button) {
	walk(o, func(o fyne.CanvasObject) {
		if x, ok := o.(*kit.Button); ok {
			out = append(out, x)
		}
	})
	return out
}

// Archived rooms are folded away under a line that says how many there are, pinned
// ones stand on top, and what was missed can be asked for while there is anything.
func TestArchiveIsFolded(t *testing.T) {
	kittest.App(t, theme.Light, 100)
	s := New(nil, nil)
	asked := false
	s.OnMissed = func() { asked = true }
	w := kittest.Show(t, s.Object(), fyne.NewSize(316, 700))
	s.SetRooms([]state.RoomLine{
		{ID: chat.RoomID{1}, Name: "Top", Section: state.SectionPinned, Muted: true, Unread: 3},
		{ID: chat.Lobby, Name: "Lobby", Section: state.SectionOpen},
		{ID: chat.RoomID{2}, Name: "Old", Section: state.SectionArchived},
	}, func(state.RoomLine) string { return "" })
	shown := func() (out []string) {
		for _, o := range s.list.Objects {
			if r, ok := o.(*kit.Row); ok {
				out = append(out, r.Data().Title)
			}
		}
		return out
	}
	folded := []string{"Top", "Lobby", text.RoomsArchived(1)}
	if got := shown(); !slices.Equal(got, folded) {
		t.Errorf("the list shows %q, want %q", got, folded)
	}
	s.archive.OnPress()
	if got, want := shown(), append(folded, "Old"); !slices.Equal(got, want) {
		t.Errorf("unfolded it shows %q, want %q", got, want)
	}
	if !s.missed.Visible() {
		t.Error("nobody can ask what was missed")
	}
	s.missed.OnPress()
	if !asked {
		t.Error("the button says nothing")
	}
	kittest.Settled(t, s.Object())
	kittest.Picture(t, w, "archive")
	s.SetRooms([]state.RoomLine{{ID: chat.Lobby, Name: "Lobby", Section: state.SectionOpen}}, func(state.RoomLine) string { return "" })
	if s.missed.Visible() {
		t.Error("everything is read and it still asks")
	}
}
