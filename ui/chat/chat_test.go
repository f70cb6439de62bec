package chat

import (
	"context"
	"image/png"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	fynetheme "fyne.io/fyne/v2/theme"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/setup"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/theme"
)

// noon is when the scene is looked at.
func noon() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }

// stage is a place in a window without a host: what is in its store is all that
// there is.
type stage struct {
	t       *testing.T
	app     fyne.App
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
}

func newStage(t *testing.T) *stage {
	t.Helper()
	ctx := context.Background()
	s := &stage{t: t, me: chat.AccountID{9}, people: map[string]chat.DeviceID{}, counter: map[string]uint64{}}
	var err error
	s.db, err = clientdb.Open(ctx, filepath.Join(t.TempDir(), "client.db"), [32]byte{1}, slog.New(slog.DiscardHandler))
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
	stock := fynetheme.DefaultEmojiFont().(*fyne.StaticResource)
	was := *stock
	s.t.Cleanup(func() { *stock = was })
	theme.InstallEmoji()
	s.app = test.NewTempApp(s.t)
	s.app.Settings().SetTheme(theme.New(mode, 100))
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
		Now:          noon,
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
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		s.run()
		if ok() {
			return
		}
		if time.Now().After(end) {
			s.t.Fatalf("after 10 s still not: %s", what)
		}
	}
}

// shoot writes a picture of the window, for looking at.
func (s *stage) shoot(name string) {
	s.t.Helper()
	dir := os.Getenv("SNUG_SHOTS")
	if dir == "" {
		return
	}
	f, err := os.Create(filepath.Join(dir, name+".png"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, s.window.Canvas().Capture()); err != nil {
		s.t.Fatal(err)
	}
}

// crew is a talk with everything that a conversation can show.
func crew(t *testing.T) *stage {
	s := newStage(t)
	day := noon().Add(-27 * time.Hour)
	s.text("Maya Chen", day, "Who has time to look at the new build tomorrow?")
	at := func(h, m int) time.Time { return time.Date(2026, 11, 23, h, m, 0, 0, time.UTC) }
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
			s.place.Conversation().Attach([]string{long, dir})
			s.until("the tray", func() bool { return len(s.place.Conversation().Tray()) == 2 })
			s.view.typing.Set([]string{"Maya Chen"})
			s.shoot(x.name)
		})
	}
}
