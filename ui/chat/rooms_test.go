package chat

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/net/setup"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/logs"
	"github.com/snugchat/snug/ui/kit/kittest"
	"github.com/snugchat/snug/ui/kit/press"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// side is one person of a place that is hosted; Ana has a window.
type side struct {
	place *state.Place
	mu    sync.Mutex // guards queue
	queue []func()
	notes []string
	urls  []string // that were opened in the browser
}

func newSide(t *testing.T, m *setup.Member) *side {
	s := &side{}
	s.place = state.NewPlace(m, s.desktop())
	t.Cleanup(s.place.Close)
	return s
}

func (s *side) desktop() state.Desktop {
	return state.Desktop{
		Do: func(f func()) {
			s.mu.Lock()
			s.queue = append(s.queue, f)
			s.mu.Unlock()
		},
		Clipboard: func() string { return "" }, SetClipboard: func(string) {}, ChooseFile: func(func([]string)) {}, ChooseFolder: func(func(string)) {},
		OpenURL: func(u string) { s.urls = append(s.urls, u) }, Open: func(string) {}, Notify: func(string, string) {},
		Toast: func(n string) { s.notes = append(s.notes, n) }, Now: time.Now,
	}
}

func (s *side) run() {
	for {
		s.mu.Lock()
		q := s.queue
		s.queue = nil
		s.mu.Unlock()
		if len(q) == 0 {
			return
		}
		for _, f := range q {
			f()
		}
	}
}

// village is a place with Ana, whose window is looked at, and some more people.
type village struct {
	t      *testing.T
	app    *kittest.Program
	window fyne.Window
	view   *View
	ana    *side
	others map[string]*side
}

// newVillage hosts a place as Ana and lets the others join. She sees it in a
// window.
func newVillage(t *testing.T, others ...string) *village {
	t.Helper()
	v := &village{t: t, others: make(map[string]*side)}
	profile := func() *setup.Profile {
		p, err := setup.Open(setup.Options{Dir: t.TempDir(), Program: "test", Logs: logs.New(logs.Options{})})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := p.Close(); err != nil {
				t.Error(err)
			}
		})
		if err := p.Create(t.Context(), setup.Protection{Kind: setup.ByKeyFile}); err != nil {
			t.Fatal(err)
		}
		return p
	}
	h, err := profile().StartHost(t.Context(), setup.HostOptions{Place: "Our class", Owner: "Ana", Addresses: []string{"127.0.0.1"}})
	if err != nil {
		t.Fatal(err)
	}
	link, err := h.Invite(t.Context(), host.Command{Uses: 20})
	if err != nil {
		t.Fatal(err)
	}
	link.Addresses = []string{fmt.Sprintf("127.0.0.1:%d", h.Port())}
	for _, name := range others {
		m, err := profile().Join(t.Context(), link)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Client.Register(t.Context(), *link, name, "zebra-candle-orbit-mint"); err != nil {
			t.Fatal(err)
		}
		m.Start()
		v.others[name] = newSide(t, m)
	}
	v.ana = newSide(t, h.Member())
	v.app = kittest.App(t, theme.Light, 100)
	v.view = New(v.ana.place, v.ana.desktop())
	t.Cleanup(v.view.Close)
	v.window = test.NewTempWindow(t, v.view.Object())
	v.window.SetPadded(false)
	v.window.Resize(fyne.NewSize(1116, 820))
	v.until("everybody is here", func() bool {
		return strings.Contains(v.ana.place.Header().People, text.ChatMembersOnline(text.ChatMembers(len(others)+1), len(others)+1))
	})
	return v
}

func (v *village) until(what string, ok func() bool) {
	v.t.Helper()
	for end := time.Now().Add(90 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		v.app.Run()
		v.ana.run()
		for _, s := range v.others {
			s.run()
		}
		if ok() {
			return
		}
		if time.Now().After(end) {
			v.t.Fatalf("after 90 s still not: %s; the window shows %q; notes %q", what, v.words(), v.ana.notes)
		}
	}
}

// top is what the person can reach: the layer that lies over the window, or the
// window.
func (v *village) top() fyne.CanvasObject {
	if o := v.window.Canvas().Overlays().Top(); o != nil {
		return o
	}
	return v.window.Content()
}

func (v *village) words() []string {
	var out []string
	visit(v.top(), func(o fyne.CanvasObject) {
		if l, ok := o.(fyne.Accessible); ok {
			out = append(out, l.AccessibilityLabel())
		}
	})
	return out
}

func (v *village) sees(words string) bool {
	return slices.ContainsFunc(v.words(), func(w string) bool { return strings.Contains(w, words) })
}

// visit goes through everything that is visible.
func visit(o fyne.CanvasObject, f func(fyne.CanvasObject)) {
	if !o.Visible() {
		return
	}
	f(o)
	switch x := o.(type) {
	case *fyne.Container:
		for _, c := range x.Objects {
			visit(c, f)
		}
	case fyne.Widget:
		for _, c := range test.WidgetRenderer(x).Objects() {
			visit(c, f)
		}
	}
}

// press taps the first thing that can be pressed and says so.
func (v *village) press(label string) {
	v.t.Helper()
	var found fyne.Tappable
	visit(v.top(), func(o fyne.CanvasObject) {
		tap, ok := o.(fyne.Tappable)
		l, says := o.(fyne.Accessible)
		if ok && says && found == nil && (l.AccessibilityLabel() == label || strings.HasPrefix(l.AccessibilityLabel(), label+". ")) {
			found = tap
		}
	})
	if found == nil {
		v.t.Fatalf("there is no %q to press among %q", label, v.words())
	}
	found.Tapped(&fyne.PointEvent{})
}

// shoot writes what the window shows into the folder of SNUG_GALLERY, in light and
// dark and in the smallest window.
func (v *village) shoot(name string) {
	v.t.Helper()
	for _, x := range []struct {
		name string
		mode theme.Mode
		size fyne.Size
	}{{"light", theme.Light, fyne.NewSize(1116, 820)}, {"dark", theme.Dark, fyne.NewSize(1116, 820)}, {"small", theme.Light, fyne.NewSize(660, 560)}, {"tiny-dark", theme.Dark, fyne.NewSize(360, 480)}} {
		v.app.Settings().SetTheme(theme.New(x.mode, 100))
		v.window.Resize(x.size)
		kittest.Picture(v.t, v.window, name+"-"+x.name)
	}
	v.app.Settings().SetTheme(theme.New(theme.Light, 100))
	v.window.Resize(fyne.NewSize(1116, 820))
}

// labels counts who can read the room, in the header and at the composer.
func (v *village) labels(words string) int {
	n := 0
	for _, w := range v.words() {
		if w == words {
			n++
		}
	}
	return n
}

// TestRoomsInTheWindow goes through the life of a private room in a real window
// with a real host: two clicks make it (FEATURES E2), people are invited from the
// member list, the label of who can read stands in the header and at the composer
// of every kind of room (C3), and a stranger's first message asks before it is a
// conversation (L7).
func TestRoomsInTheWindow(t *testing.T) {
	v := newVillage(t, "Ben", "Eve")
	if got := v.labels(text.ChatReadHost()); got != 2 {
		t.Errorf("the Lobby says %d times that the host can read it, want header and composer", got)
	}
	v.shoot("lobby")
	v.press(text.RoomsPrivateNew())
	test.Type(v.window.Canvas().Focused(), "Weekend trip to the mountains")
	v.shoot("new-room")
	v.press(text.RoomCreate())
	v.until("the room is there", func() bool { return v.window.Canvas().Overlays().Top() == nil && v.sees(text.RoomAlone()) })
	if got := v.labels(text.ChatReadMembers()); got != 2 || v.labels(text.ChatReadHost()) != 0 {
		t.Errorf("a private room says %d times that only members can read it, want header and composer", got)
	}
	v.shoot("alone")
	v.press(text.RoomInvite())
	v.press("Ben")
	v.press("Eve")
	if !v.sees(text.RoomInviteAction(2)) {
		t.Errorf("two were chosen, and the button does not say so: %q", v.words())
	}
	v.press("Eve")
	v.shoot("invite")
	v.press(text.RoomInviteAction(1))
	v.until("he is in", func() bool { return v.sees(text.RoomMembersCount(2)) })
	room := v.ana.place.Header().Room
	ben := v.others["Ben"].place
	v.until("Ben has it", func() bool {
		return slices.ContainsFunc(ben.Rooms(), func(l state.RoomLine) bool { return l.ID == room && !l.Waits })
	})
	ben.Show(room)
	ben.Conversation().Send("The train leaves at nine, platform four")
	v.until("Ana reads it", func() bool { return v.sees("Ben: The train leaves at nine") })
	v.ana.place.Conversation().Send("I bring the map")
	v.until("what was said is in the list", func() bool { return v.sees("Weekend trip to the mountains. You: I bring the map") })
	v.shoot("private")
	v.press(text.ChatPeopleShow())
	v.until("the members", func() bool { return v.sees("Ben. ") && v.sees(text.RoomInvite()) })
	v.shoot("members")
	kittest.Settled(t, v.top())
	press.Escape(v.window.Canvas())

	eve := v.others["Eve"].place
	eve.Message(v.ana.place.Me().Account)
	v.until("Eve can write", func() bool { return eve.Header().Kind == chat.RoomDirect })
	eve.Conversation().Send("Hello Ana, may I come along?")
	v.until("a request stands in the list", func() bool { return v.sees("Eve. " + text.RoomsRequest()) })
	v.press("Eve")
	v.until("Ana is asked", func() bool {
		return v.sees(text.RoomsRequestTitle("Eve")) && v.ana.place.Conversation().Len() > 0
	})
	for _, want := range []string{text.PersonBlock(), text.ChatDiscard(), text.RoomsAccept()} {
		if !v.sees(want) {
			t.Errorf("the request does not offer %q", want)
		}
	}
	if v.view.composer.Visible() {
		t.Error("one can write to somebody whose request was not answered")
	}
	v.shoot("request")
	v.press(text.RoomsAccept())
	v.until("she can answer", func() bool { return v.view.composer.Visible() && !v.view.barrier.Object.Visible() })
	if got := v.labels(text.ChatReadMembers()); got != 2 {
		t.Errorf("direct messages say %d times that only members can read them", got)
	}
	v.ana.place.Conversation().Send("Of course, bring boots")
	v.until("it is said", func() bool { return v.sees("Eve. You: Of course, bring boots") })
	v.shoot("direct")
	v.press(text.ChatPeopleShow())
	v.until("the card", func() bool { return v.sees(text.PersonMessage()) })
	v.shoot("person")
	kittest.Settled(t, v.top())
	press.Escape(v.window.Canvas())

	// Back and forth: place, draft and label follow the room.
	v.view.composer.Insert("half a tho")
	v.press("Lobby")
	if got := v.view.composer.Draft(); got != "" || v.labels(text.ChatReadHost()) != 2 {
		t.Errorf("the Lobby has the draft %q of Eve's room, or not its label", got)
	}
	v.press("Eve")
	if got := v.view.composer.Draft(); got != "half a tho" {
		t.Errorf("coming back to Eve, the draft is %q", got)
	}
	kittest.Settled(t, v.view.sidebar.Object())
	kittest.Settled(t, v.view.talk)
	kittest.Remade(t, v.view.sidebar.Object())
	kittest.Remade(t, v.view.talk)

	// Ana is put out of the room by nobody but herself, after a question.
	v.ana.place.SetRoomAdmin(room, ben.Me().Account, true)
	v.until("Ben is an admin", func() bool {
		return slices.ContainsFunc(ben.RoomMembers(), func(m state.RoomMember) bool { return m.Me && m.Admin })
	})
	v.press("Weekend trip to the mountains")
	v.until("the members are known", func() bool { return len(v.ana.place.RoomMembers()) == 2 && !v.ana.place.MustAppoint() })
	v.press(text.RoomMenu())
	v.shoot("menu")
	v.press(text.RoomLeave())
	v.until("the question", func() bool { return v.sees(text.RoomLeaveLine()) })
	v.shoot("leave")
	v.press(text.RoomLeave())
	v.until("Ana is out, and what was said stays", func() bool {
		return v.sees(text.RoomsLeftLine()) && !v.view.composer.Visible() && v.ana.place.Conversation().Len() > 3
	})
	v.shoot("left")
	v.until("Ben is told", func() bool {
		c := ben.Conversation()
		for i := range c.Len() {
			if c.Line(i).Text == text.RoomLineLeft("Ana") {
				return true
			}
		}
		return false
	})
}

// TestPlaceIsKept: a room opens where it was left, and the window shows the same
// words at the same height.
func TestPlaceIsKept(t *testing.T) {
	s := newStage(t)
	for i := range 300 {
		s.text("Maya Chen", noon().Add(time.Duration(i-800)*time.Minute), fmt.Sprint("number", i))
	}
	kitchen := chat.RoomID{3}
	s.room(kitchen, chat.RoomOpen, "Kitchen")
	s.open(theme.Light, 1116, 700)
	s.view.lines.ScrollBy(-1500)
	s.run()
	before := s.words()
	s.view.openRoom(kitchen)
	s.until("the kitchen", func() bool { return s.place.Conversation().Loaded() && s.sees(text.ChatEmpty()) })
	for w := range s.words() {
		if strings.HasPrefix(w, "number") {
			t.Errorf("the kitchen shows %q of the Lobby", w)
		}
	}
	s.view.openRoom(chat.Lobby)
	for what, look := range map[string]map[string]fyne.Position{"at once": s.words(), "when it was read": func() map[string]fyne.Position {
		for range 20 {
			s.run()
			time.Sleep(10 * time.Millisecond)
		}
		return s.words()
	}()} {
		kept := 0
		for w, at := range before {
			if strings.HasPrefix(w, "number") {
				if look[w] != at {
					t.Errorf("%s: %s moved from %v to %v", what, w, at, look[w])
				}
				kept++
			}
		}
		if kept < 5 {
			t.Fatalf("only %d messages were in sight", kept)
		}
	}
	if s.view.lines.AtEnd() {
		t.Error("the list is at its end")
	}
}

// BenchmarkSwitch opens one of two rooms after the other and waits until it was
// read and laid out; at most 100 ms are wanted.
func BenchmarkSwitch(b *testing.B) {
	s := newStage(b)
	for i := range 1000 {
		s.text("Maya Chen", noon().Add(time.Duration(i-2000)*time.Minute), "line "+strings.Repeat("word ", i%30))
	}
	kitchen := chat.RoomID{3}
	s.room(kitchen, chat.RoomOpen, "Kitchen")
	s.open(theme.Light, 1116, 900)
	for b.Loop() {
		for _, room := range []chat.RoomID{kitchen, chat.Lobby} {
			s.view.openRoom(room)
			s.until("the room", func() bool { return s.place.Conversation().Settled() })
		}
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(2*b.N), "ms/room")
}
