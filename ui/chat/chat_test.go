package chat

import (
	"context"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/setup"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
	"github.com/snugchat/snug/ui/kit/kittest"
	"github.com/snugchat/snug/ui/kit/press"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
	"github.com/snugchat/snug/ui/timeline"
)

// noon is when the scene is looked at.
func noon() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.Local) }

// stage is a place in a window without a host: what is in its store is all that
// there is.
type stage struct {
	t       testing.TB
	app     *kittest.Program
	window  fyne.Window
	view    *View
	place   *state.Place
	client  *client.Client
	db      *clientdb.DB
	me      chat.AccountID
	seq     uint64
	people  map[string]chat.DeviceID
	counter map[string]uint64

	mu    sync.Mutex // guards queue
	queue []func()
	clip  string
	notes []string
	later time.Duration // since noon
}

// fast returns a folder in memory where there is such a file system: what is on a
// screen does not depend on the disk, and each message of a stage is synced.
func fast(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "snug-test-") //nolint:usetesting // t.TempDir is on a disk
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func newStage(t testing.TB) *stage {
	t.Helper()
	ctx := context.Background()
	s := &stage{t: t, me: chat.AccountID{9}, people: map[string]chat.DeviceID{}, counter: map[string]uint64{}}
	var err error
	s.db, err = clientdb.Open(ctx, filepath.Join(fast(t), "client.db"), [32]byte{1}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.db.Close(); err != nil {
			t.Error(err)
		}
	})
	place := clientdb.Place{
		Name: "Release crew", Mode: chat.JoinByInvite, MaxFile: 2 << 30, Joined: true, Account: s.me, Person: "Sofia", Role: chat.Member, State: chat.Active,
	}
	if err := s.db.SavePlace(ctx, place); err != nil {
		t.Fatal(err)
	}
	for _, r := range []clientdb.Room{{ID: chat.Directory, Kind: chat.RoomDirectory}, {ID: chat.Lobby, Kind: chat.RoomOpen, Name: "Lobby"}} {
		if err := s.db.EnsureRoom(ctx, r); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// say stores a message as if it had come from the host.
func (s *stage) say(name string, at time.Time, kind wire.BodyKind, body any, flags clientdb.Flags) {
	s.t.Helper()
	ctx := context.Background()
	b := clientdb.Batch{Room: chat.Lobby, After: s.seq, Own: s.me}
	device, known := s.people[name]
	if !known {
		account := chat.AccountID{byte(len(s.people) + 1), byte(len(name))}
		if name == "Sofia" {
			account = s.me
		}
		device = chat.DeviceID{byte(len(s.people) + 1)}
		s.people[name] = device
		b.Accounts = []clientdb.Account{{ID: account, Name: name, Identity: [32]byte{1}, FirstSeen: 1}}
		b.Devices = []clientdb.Device{{ID: device, Account: account, Certificate: []byte{1}}}
	}
	s.seq++
	s.counter[name]++
	var id chat.MessageID
	id[0], id[1] = byte(s.seq), byte(s.seq>>8)
	b.Messages = []clientdb.Message{{
		Seq: s.seq, Room: chat.Lobby, Line: chat.Lobby, ID: id, Device: device, Counter: s.counter[name],
		Sent: at.UnixMilli(), Received: at.UnixMilli(), Kind: uint16(kind), Body: wire.EncodeBody(body), Flags: flags,
	}}
	if err := s.db.Apply(ctx, b); err != nil {
		s.t.Fatal(err)
	}
}

// room adds a room to the store.
func (s *stage) room(id chat.RoomID, kind chat.RoomKind, name string) {
	s.t.Helper()
	if err := s.db.EnsureRoom(context.Background(), clientdb.Room{ID: id, Kind: kind, Name: name}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) text(name string, at time.Time, words string) {
	s.t.Helper()
	s.say(name, at, wire.KindText, &wire.Text{Text: words}, 0)
}

// open shows the place in a window.
func (s *stage) open(mode theme.Mode, width, height float32) {
	s.t.Helper()
	ctx := context.Background()
	var all []clientdb.Account
	for name, device := range s.people {
		account := chat.AccountID{device[0], byte(len(name))}
		if name == "Sofia" {
			account = s.me
		}
		role := chat.Member
		if name == "Maya Chen" {
			role = chat.Owner
		}
		all = append(all, clientdb.Account{ID: account, Name: name, Role: role, State: chat.Active, Seen: noon().Add(-26 * time.Hour).UnixMilli()})
	}
	if err := s.db.SetListed(ctx, all, true); err != nil {
		s.t.Fatal(err)
	}
	if err := s.db.SetRead(ctx, chat.Lobby, s.seq); err != nil {
		s.t.Fatal(err)
	}
	c, err := client.New(ctx, client.Config{Now: noon}, s.db, slog.New(slog.DiscardHandler))
	if err != nil {
		s.t.Fatal(err)
	}
	s.client = c
	s.app = kittest.App(s.t, mode, 100)
	d := state.Desktop{
		Do: func(f func()) {
			s.mu.Lock()
			s.queue = append(s.queue, f)
			s.mu.Unlock()
		},
		Clipboard:    func() string { return s.clip },
		SetClipboard: func(x string) { s.clip = x },
		ChooseFile:   func(func([]string)) {},
		ChooseFolder: func(func(string)) {},
		OpenURL:      func(string) {},
		Open:         func(string) {},
		Notify:       func(string, string) {},
		Toast:        func(x string) { s.notes = append(s.notes, x) },
		Now:          func() time.Time { return noon().Add(s.later) },
	}
	s.place = state.NewPlace(&setup.Member{Client: c, ID: "stage"}, d)
	s.t.Cleanup(s.place.Close)
	s.view = New(s.place, d)
	s.t.Cleanup(s.view.Close)
	s.window = test.NewTempWindow(s.t, s.view.Object())
	s.window.SetPadded(false)
	s.window.Resize(fyne.NewSize(width, height))
	s.until("the conversation is read", func() bool { return s.place.Conversation().Loaded() })
	s.view.Focus()
}

// run does what was sent to the window.
func (s *stage) run() {
	for {
		s.app.Run()
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

func (s *stage) until(what string, ok func() bool) {
	s.t.Helper()
	for end := time.Now().Add(90 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		s.run()
		if ok() {
			return
		}
		if time.Now().After(end) {
			s.t.Fatalf("after 90 s still not: %s", what)
		}
	}
}

// looks compares the window with golden pictures.
func (s *stage) looks(name string) {
	s.t.Helper()
	s.run()
	kittest.Golden(s.t, s.window, name, nil, nil)
}

// looksInBoth does so in light and dark.
func (s *stage) looksInBoth(name string) {
	s.t.Helper()
	for suffix, mode := range map[string]theme.Mode{"light": theme.Light, "dark": theme.Dark} {
		s.app.Settings().SetTheme(theme.New(mode, 100))
		s.looks(name + "-" + suffix)
	}
	s.app.Settings().SetTheme(theme.New(theme.Light, 100))
}

// crew is a talk with everything that a conversation can show.
func crew(t *testing.T) *stage {
	s := newStage(t)
	day := noon().Add(-27 * time.Hour)
	s.text("Maya Chen", day, "Who has time to look at the new build tomorrow?")
	at := func(h, m int) time.Time { return time.Date(2026, 11, 23, h, m, 0, 0, time.Local) }
	s.text("Maya Chen", at(9, 4), "Morning! The new build is up: https://snug.example/builds/214 and everyone can try the file upload with something big.")
	s.text("Maya Chen", at(9, 5), "I sent a 2 GB video over hotel Wi-Fi and it resumed twice 😅")
	s.text("Sofia", at(9, 8), "On it. Cold start feels much quicker here, about half a second on the old ThinkPad 🚀")
	s.text("Sofia", at(9, 9), "👩‍💻🎉")
	s.say("Jonas Weber", at(9, 13), wire.KindFile, &wire.File{Name: "view-from-the-office.jpg", Type: "image/jpeg", Size: 3_400_000, Length: 3_500_000}, 0)
	s.say("Aisha Khan", at(9, 14), wire.KindText, &wire.Text{Text: "That is the part I want in the release notes. Did you see chunk retry in the log?"}, clientdb.OtherHistory)
	s.say("Aisha Khan", at(9, 15), wire.KindText, &wire.Text{Text: "forged"}, clientdb.BadSignature)
	s.text("Jonas Weber", at(9, 16), "שלום, see https://example.org/a(b) 👍🏽")
	s.text("Sofia", at(9, 21), "First draft, comments welcome until Friday.")
	return s
}

func TestLooks(t *testing.T) {
	for _, x := range []struct {
		name string
		mode theme.Mode
		w, h float32
	}{{"light", theme.Light, 1116, 900}, {"dark", theme.Dark, 1116, 900}, {"narrow-light", theme.Light, 656, 560}, {"small-dark", theme.Dark, 360, 480}} {
		t.Run(x.name, func(t *testing.T) {
			s := crew(t)
			s.open(x.mode, x.w, x.h)
			s.until("the messages", func() bool { return s.place.Conversation().Len() >= 11 })
			if _, err := s.client.Send(t.Context(), chat.Lobby, "written offline"); err != nil {
				t.Fatal(err)
			}
			s.until("it waits", func() bool { return strings.Contains(s.place.Rooms()[0].Line, "offline") })
			dir := t.TempDir()
			long := filepath.Join(dir, "a very long file name that does not fit into any row of the tray at all, not even in a wide window.pdf")
			if err := os.WriteFile(long, make([]byte, 418_000), 0o600); err != nil {
				t.Fatal(err)
			}
			s.place.Conversation().Attach([]string{long, t.TempDir()})
			s.until("the tray", func() bool { return len(s.place.Conversation().Tray()) == 2 })
			s.view.typing.SetCalm(true) // Fyne's test driver would move the dots on another goroutine
			s.view.typing.Set([]string{"Maya Chen"})
			s.looks(x.name)
		})
	}
}

// words finds where texts stand, by what they say.
func words(o fyne.CanvasObject, at fyne.Position, found map[string]fyne.Position) {
	if !o.Visible() {
		return
	}
	at = at.Add(o.Position())
	switch x := o.(type) {
	case *canvas.Text:
		found[strings.TrimSpace(x.Text)] = at
	case *fyne.Container:
		for _, c := range x.Objects {
			words(c, at, found)
		}
	case fyne.Widget:
		for _, c := range test.WidgetRenderer(x).Objects() {
			words(c, at, found)
		}
	}
}

func (s *stage) words() map[string]fyne.Position {
	found := map[string]fyne.Position{}
	words(s.window.Content(), fyne.Position{}, found)
	return found
}

func (s *stage) sees(part string) bool {
	for w := range s.words() {
		if strings.Contains(w, part) {
			return true
		}
	}
	return false
}

// TestSides is row D1 of the features: own messages stand right, others' left, in
// light and dark, grouped, with a day line and times.
func TestSides(t *testing.T) {
	for _, mode := range []theme.Mode{theme.Light, theme.Dark} {
		s := crew(t)
		s.open(mode, 1116, 1300)
		found := s.words()
		talk := float32(317)
		middle := talk + (1116-talk)/2
		for _, own := range []string{"First draft, comments welcome until Friday.", "ThinkPad"} {
			if at, ok := found[own]; !ok || at.X < middle-130 {
				t.Errorf("own words %q stand at %v", own, at)
			}
		}
		for _, other := range []string{"Morning! The new build is up:", "view-from-the-office.jpg", "Maya Chen", "Jonas Weber"} {
			if at, ok := found[other]; !ok || at.X > middle || at.X < talk {
				t.Errorf("%q of somebody else stands at %v", other, at)
			}
		}
		for _, w := range []string{"Today", "Yesterday", "09:04", "09:21", "Maya Chen", "Lobby", "Release crew", "The host can read this room"} {
			if _, ok := found[w]; !ok {
				t.Errorf("%q is not in the window", w)
			}
		}
		if _, ok := found["forged"]; ok {
			t.Error("a message that nobody signed is shown")
		}
	}
}

// enter types into the composer and presses Enter, with Shift or without.
func (s *stage) enter(shift bool) {
	s.t.Helper()
	f := s.view.First()
	k, ok := f.(desktop.Keyable)
	if !ok {
		s.t.Fatal("the composer does not hear of Shift")
	}
	if shift {
		k.KeyDown(&fyne.KeyEvent{Name: desktop.KeyShiftLeft})
		defer k.KeyUp(&fyne.KeyEvent{Name: desktop.KeyShiftLeft})
	}
	f.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
}

// TestEnterSends: Enter sends, Shift+Enter breaks the line.
func TestEnterSends(t *testing.T) {
	s := crew(t)
	s.open(theme.Light, 1116, 900)
	test.Type(s.view.First(), "one")
	s.enter(true)
	test.Type(s.view.First(), "two")
	if got, want := s.view.composer.Draft(), "one\ntwo"; got != want {
		t.Fatalf("Shift+Enter left %q, want %q", got, want)
	}
	if got := s.place.Conversation().Draft(); got != "one\ntwo" {
		t.Errorf("the draft of the room is %q", got)
	}
	s.enter(false)
	c := s.place.Conversation()
	s.until("it stands in the conversation", func() bool { return c.Len() > 0 && c.Line(c.Len()-1).Text == "one\ntwo" })
	if s.view.composer.Draft() != "" || c.Draft() != "" {
		t.Errorf("left after sending: %q, %q", s.view.composer.Draft(), c.Draft())
	}
	if c.Line(c.Len()-1).Mark != state.MarkWaiting {
		t.Error("without a host it does not wait")
	}
}

// TestThemeKeepsAll: a switch at run time keeps scroll, draft and keyboard
// (FEATURES J1).
func TestThemeKeepsAll(t *testing.T) {
	s := newStage(t)
	for i := range 100 {
		s.text("Maya Chen", noon().Add(time.Duration(i-200)*time.Minute), "line "+strings.Repeat("word ", i%30))
	}
	s.open(theme.Light, 1116, 700)
	test.Type(s.view.First(), "half a tho")
	s.view.lines.ScrollBy(-900)
	before := s.words()
	s.app.Settings().SetTheme(theme.New(theme.Dark, 100))
	s.run()
	after := s.words()
	if s.view.composer.Draft() != "half a tho" {
		t.Errorf("the draft is %q", s.view.composer.Draft())
	}
	if s.window.Canvas().Focused() != s.view.First() {
		t.Error("the keyboard went elsewhere")
	}
	if s.view.lines.AtEnd() {
		t.Error("the list jumped to its end")
	}
	for w, at := range before {
		if after[w] != at {
			t.Errorf("%q moved from %v to %v", w, at, after[w])
		}
	}
}

// TestPagingKeepsPlace: what is in sight stays where it is while older messages
// come in above it.
func TestPagingKeepsPlace(t *testing.T) {
	s := newStage(t)
	for i := range 400 {
		s.text("Maya Chen", noon().Add(time.Duration(i-800)*time.Minute), "number"+strconv.Itoa(i))
	}
	s.open(theme.Light, 1116, 700)
	c := s.place.Conversation()
	n := c.Len()
	s.view.lines.ScrollBy(-float64(n) * 30)
	before := s.words()
	s.until("older messages", func() bool { return c.Len() > n })
	after := s.words()
	kept := 0
	for w, at := range before {
		if !strings.HasPrefix(w, "number") {
			continue
		}
		if now, ok := after[w]; !ok || math.Abs(float64(now.Y-at.Y)) > 1 {
			t.Errorf("%s moved from %v to %v", w, at, now)
		}
		kept++
	}
	if kept < 5 {
		t.Fatalf("only %d messages were in sight", kept)
	}
}

// TestNarrow: a narrow window has one pane and a way back; the label of who can
// read stays.
func TestNarrow(t *testing.T) {
	s := crew(t)
	s.open(theme.Light, 500, 760)
	const talk, rooms = "In the conversation only", "Release crew"
	if _, err := s.client.Send(t.Context(), chat.Lobby, strings.Repeat("x ", 150)+talk); err != nil {
		t.Fatal(err)
	}
	s.until("the message", func() bool { return s.sees("conversation only") })
	if s.sees(rooms) || !s.sees("The host can read this room") {
		t.Error("the sidebar is shown, or the label is not")
	}
	test.Tap(s.view.header.Back())
	if !s.sees(rooms) || s.sees("conversation only") {
		t.Error("Back does not lead to the rooms")
	}
	s.view.openRoom(chat.Lobby)
	if !s.sees("conversation only") || s.sees(rooms) {
		t.Error("a room does not lead to its conversation")
	}
	s.window.Resize(fyne.NewSize(1116, 700))
	if !s.sees("conversation only") || !s.sees(rooms) {
		t.Error("a wide window does not show both")
	}
}

// TestEmptyRoom: a room in which nothing was said says so.
func TestEmptyRoom(t *testing.T) {
	s := newStage(t)
	s.open(theme.Light, 1116, 700)
	if !s.sees(text.ChatEmpty()) {
		t.Errorf("an empty room shows %v", s.words())
	}
	test.Type(s.view.First(), "hello")
	s.enter(false)
	s.until("the message", func() bool { return s.place.Conversation().Len() == 1 })
	if s.view.empty.Visible() {
		t.Error("it is said to be empty still")
	}
}

// TestLongNames: nothing stands outside of the window, however long a name is.
func TestLongNames(t *testing.T) {
	s := newStage(t)
	long := strings.Repeat("Wolfeschlegelstein", 2)
	s.text(long, noon(), strings.Repeat("unbroken", 60))
	s.say(long, noon(), wire.KindFile, &wire.File{Name: strings.Repeat("name", 80) + ".pdf", Type: "application/pdf", Size: 1, Length: 100}, 0)
	for _, wide := range []float32{320, 500, 1116} {
		if s.window == nil {
			s.open(theme.Dark, wide, 560)
		} else {
			s.window.Resize(fyne.NewSize(wide, 560))
		}
		for w, at := range s.words() {
			size := fyne.MeasureText(w, theme.Size(theme.TextSmall), fyne.TextStyle{})
			if at.X < 0 || at.X+size.Width > wide+2 {
				t.Errorf("at width %.0f %.30q stands at %v", wide, w, at)
			}
		}
	}
}

// TestMenuAndLinks: the menu of a message copies it, and a link is opened only
// after its address was shown.
func TestMenuAndLinks(t *testing.T) {
	s := crew(t)
	s.open(theme.Light, 1116, 900)
	c := s.place.Conversation()
	row := -1
	for i := range c.Len() {
		if strings.HasPrefix(c.Line(i).Text, "First draft") {
			row = i
		}
	}
	s.view.lineMenu(row, timeline.Place{Canvas: fyne.NewPos(600, 300)})
	if s.window.Canvas().Overlays().Top() == nil {
		t.Fatal("no menu")
	}
	press.Escape(s.window.Canvas())
	s.view.sheets.Copy(c.Line(row).Text)
	if s.clip != "First draft, comments welcome until Friday." {
		t.Errorf("copied: %q", s.clip)
	}
	s.view.sheets.Link("https://snug.example/builds/214")
	found := map[string]fyne.Position{}
	words(s.window.Canvas().Overlays().Top(), fyne.Position{}, found)
	if _, ok := found["https://snug.example/builds/214"]; !ok {
		t.Errorf("the address is not shown: %v", found)
	}
	press.Escape(s.window.Canvas())
	s.view.sheets.Details(c.Line(row).ID)
	s.looksInBoth("details")
	press.Escape(s.window.Canvas())
	s.view.sheets.Promises()
	s.looksInBoth("promises")
	press.Escape(s.window.Canvas())
	s.view.showPeople()
	s.looksInBoth("people")
	press.Escape(s.window.Canvas())
	if s.view.people != nil {
		t.Error("the list of people was closed and is still followed")
	}
	s.view.pickEmoji(s.view.composer)
	s.looksInBoth("emoji")
}

// TestPasteOfPath: a path on the clipboard is a file, other text stays text.
func TestPasteOfPath(t *testing.T) {
	s := crew(t)
	s.open(theme.Light, 1116, 900)
	path := filepath.Join(t.TempDir(), "notes and more.txt")
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := s.place.Conversation()
	s.clip = "just words"
	if s.view.paste() {
		t.Error("words are taken for a file")
	}
	s.clip = "file://" + strings.ReplaceAll(path, " ", "%20") + "\n"
	if !s.view.paste() {
		t.Fatal("the path of a file is taken for words")
	}
	s.until("the tray", func() bool { return len(c.Tray()) == 1 })
	if !s.sees("Send 1 file") || !s.sees("The host keeps a copy") {
		t.Error("the tray does not say what will happen")
	}
	c.Detach(path)
	if s.view.tray.Object.Visible() {
		t.Error("an empty tray is shown")
	}
}

// TestBarButton: trying now gives the keyboard back, since the button goes when
// it has worked.
func TestBarButton(t *testing.T) {
	s := crew(t)
	s.open(theme.Light, 1116, 700)
	s.later = time.Minute
	s.until("the bar", func() bool { s.view.showBar(); return s.view.bar.Visible() && s.view.retrying })
	s.window.Canvas().Focus(s.view.retry)
	test.Tap(s.view.retry)
	if s.window.Canvas().Focused() != s.view.First() {
		t.Errorf("the keyboard is at %T", s.window.Canvas().Focused())
	}
}
