package ui

import (
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"

	"github.com/snugchat/snug/net/setup"
	"github.com/snugchat/snug/storage/logs"
	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/code"
	"github.com/snugchat/snug/ui/kit/kittest"
	"github.com/snugchat/snug/ui/page"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// patience is how long a story waits for what takes milliseconds on a computer
// that does nothing else.
const patience = 90 * time.Second

const goodPassword = "kangaroo tennis ladder nine"

// driven is a window that a test drives by what a person sees and does.
type driven struct {
	*window
	program *kittest.Program
	t       *testing.T
	taps    int
}

// sizes are the windows that every screen has to fit into, the smallest first.
var sizes = [...]fyne.Size{{Width: leastWidth, Height: 560}, {Width: 720, Height: 560}, {Width: 1180, Height: 900}}

// drive opens a profile in a window. The clipboard is shared with clip.
func drive(t *testing.T, app *kittest.Program, dir, link string, clip *string) *driven {
	t.Helper()
	return driveWith(t, app, dir, link, clip, func(*state.Desktop) {})
}

// driveWith is drive with another desktop.
func driveWith(t *testing.T, app *kittest.Program, dir, link string, clip *string, edit func(*state.Desktop)) *driven {
	t.Helper()
	d := &driven{window: newWindow(app), program: app, t: t}
	rec := logs.New(logs.Options{Level: slog.LevelDebug})
	desk := d.window.desktop()
	desk.Clipboard = func() string { return *clip }
	desk.SetClipboard = func(s string) { *clip = s }
	desk.Notify = func(string, string) {}
	edit(&desk)
	d.app = state.Open(desk, setup.Options{Dir: dir, Program: "Snug 0.1.0", Logs: rec}, link)
	d.open()
	d.program.Run()
	t.Cleanup(func() {
		d.close()
		if t.Failed() {
			for _, l := range rec.Since(0) {
				t.Log(l.String())
			}
		}
		if err := rec.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// close ends the program as closing the window does.
func (d *driven) close() {
	if d.closed.Load() {
		return
	}
	d.gone()
	d.view.Close()
	for _, c := range d.chats {
		c.Close()
	}
	done := make(chan error, 1)
	go func() { done <- d.app.Close() }()
	for {
		select {
		case f := <-d.program.Todo():
			f()
		case err := <-done:
			if err != nil {
				d.t.Error(err)
			}
			d.win.Close()
			return
		}
	}
}

func (d *driven) until(what string, holds func() bool) {
	d.t.Helper()
	end := time.After(patience)
	for d.program.Run(); !holds(); d.program.Run() {
		select {
		case f := <-d.program.Todo():
			f()
		case <-end:
			d.t.Fatalf("%s: not after %v; screen %d, fault %q", what, patience, d.app.Screen(), d.app.Fault())
		}
	}
}

func (d *driven) screen(want state.Screen) {
	d.t.Helper()
	d.until("screen", func() bool { return d.app.Screen() == want && !d.app.Busy() })
}

// walk visits everything that can be seen in the window, what lies on top first.
func (d *driven) walk(visit func(fyne.CanvasObject) bool) {
	var each func(o fyne.CanvasObject) bool
	each = func(o fyne.CanvasObject) bool {
		if o == nil || !o.Visible() {
			return false
		}
		if visit(o) {
			return true
		}
		var inside []fyne.CanvasObject
		switch o := o.(type) {
		case *fyne.Container:
			inside = o.Objects
		case fyne.Widget:
			inside = test.WidgetRenderer(o).Objects()
		}
		for _, i := range inside {
			if each(i) {
				return true
			}
		}
		return false
	}
	if top := d.win.Canvas().Overlays().Top(); top != nil && each(top) {
		return
	}
	each(d.win.Content())
}

// press clicks what has this label: a button, a tab, a card.
func (d *driven) press(label string) {
	d.t.Helper()
	found := false
	d.walk(func(o fyne.CanvasObject) bool {
		if a, ok := o.(interface{ AccessibilityLabel() string }); ok {
			if w, can := o.(fyne.Tappable); can && strings.HasPrefix(a.AccessibilityLabel(), label) {
				found = true
				d.taps++
				w.Tapped(&fyne.PointEvent{})
				return true
			}
		}
		return false
	})
	d.program.Run()
	if !found {
		d.t.Fatalf("nothing is called %q; there is %q", label, d.words())
	}
}

// words is everything that is written in the window.
func (d *driven) words() string {
	var all []string
	d.walk(func(o fyne.CanvasObject) bool {
		if a, ok := o.(interface{ AccessibilityLabel() string }); ok {
			all = append(all, a.AccessibilityLabel())
		}
		return false
	})
	return strings.Join(all, " | ")
}

// types writes into what has the keyboard and presses Enter.
func (d *driven) types(s string) {
	d.t.Helper()
	f := d.win.Canvas().Focused()
	if f == nil {
		d.t.Fatal("nothing has the keyboard")
	}
	test.Type(f, s)
	f.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	d.program.Run()
}

// differs says what no two runs show alike: links, fingerprints, times and sizes,
// QR codes, and the colours of avatars, which come from random ids. A link of
// more or fewer lines and the lengths of lines in the log move what is beside
// them, as the date of an export does: these three screens are only looked at, and so
// are those of a person's own computers, with random pictures, and the one whose
// settings have room for a port that was moved or not.
func differs(o fyne.CanvasObject) bool {
	switch o := o.(type) {
	case *canvas.Text:
		return strings.ContainsAny(o.Text, "0123456789")
	case *canvas.Image:
		return o.Image != nil // a QR code; icons are resources
	case *kit.Avatar:
		return true
	}
	return false
}

// calm is how long a screen may take to look as it should.
const calm = 20 * time.Second

// rest lets happen what is under way, a little at a time, and for calm at most.
func (d *driven) rest() func() bool {
	end := time.Now().Add(calm)
	return func() bool {
		select {
		case f := <-d.program.Todo():
			f()
		case <-time.After(100 * time.Millisecond):
		}
		d.program.Run()
		return time.Now().Before(end)
	}
}

// check looks at the screen in every size, in light and dark: it fits, it comes
// to rest, what had the keyboard still has it, and it looks as it did. Pictures
// go into the folder that SNUG_GALLERY names.
func (d *driven) check(name string) {
	d.t.Helper()
	focused := d.win.Canvas().Focused()
	d.notes.Clear() // whether one still stands is a matter of speed
	for _, size := range sizes {
		d.win.Resize(size)
		if least := d.win.Content().MinSize(); least.Width > size.Width || least.Height > size.Height {
			d.t.Errorf("%s needs %v, the window has %v", name, least, size)
		}
		kittest.Settled(d.t, d.win.Content())
		if size != sizes[1] && os.Getenv("SNUG_GALLERY") == "" {
			continue
		}
		for _, mode := range []theme.Mode{theme.Light, theme.Dark} {
			d.fyne.Settings().SetTheme(theme.New(mode, 100))
			suffix := map[theme.Mode]string{theme.Light: "light", theme.Dark: "dark"}[mode]
			alone := d.app.Hosting() != nil && d.app.Hosting().Local() // its pane says so, at greater length
			if size == sizes[1] && !alone && !slices.Contains([]string{"invites", "log", "archive", "host-full", "full-note"}, name) && !strings.HasPrefix(name, "own-") {
				kittest.Golden(d.t, d.win, name+"-"+suffix, differs, d.rest())
			} else {
				kittest.Picture(d.t, d.win, name+"-"+map[float32]string{360: "s", 720: "m", 1180: "l"}[size.Width]+"-"+suffix)
			}
		}
		d.fyne.Settings().SetTheme(d.window.theme)
	}
	if d.win.Canvas().Focused() != focused {
		d.t.Errorf("%s: the keyboard has gone elsewhere", name)
	}
}

// FEATURES A1, A2, A5, B3: two people who have nothing but this program, by what
// they see and press. From name and password to the Lobby it takes the host two
// presses at most.
func TestFromNothingToTheLobby(t *testing.T) {
	app := kittest.App(t, theme.Light, 100)
	var clip string
	maria := drive(t, app, t.TempDir(), "", &clip)
	maria.screen(state.ScreenStart)
	maria.check("start")
	maria.press(text.StartHost())
	maria.screen(state.ScreenName)
	maria.check("name")
	maria.types("...")
	if got := maria.words(); !strings.Contains(got, text.NameEmpty()) {
		t.Errorf("a name without letters: got %q", got)
	}
	maria.check("name-fault")
	for range 3 {
		maria.win.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyBackspace})
	}
	maria.types("Maria")
	maria.screen(state.ScreenProtect)
	maria.until("keyring", func() bool { _, known := maria.app.Keyring(); return known })
	if has, _ := maria.app.Keyring(); has {
		maria.press(text.ProtectPassphrase())
	}
	maria.check("protect")
	maria.types("short")
	maria.types("short")
	if got := maria.words(); !strings.Contains(got, text.ProtectShort(10)) {
		t.Errorf("a short passphrase: got %q", got)
	}
	maria.check("protect-fault")
	maria.fill(goodPassword)
	maria.press(text.WordContinue())
	maria.screen(state.ScreenHost)
	maria.check("host")
	maria.taps = 0
	maria.press(text.HostStart())
	maria.screen(state.ScreenPlace)
	if maria.taps > 2 {
		t.Errorf("%d presses from name and password to the Lobby, want at most 2", maria.taps)
	}
	maria.until("online", func() bool { return maria.app.Shown().Online() })
	maria.check("invites-empty")
	maria.press(text.InviteMake())
	maria.until("link", func() bool { return maria.app.Hosting().Invites.Made() != nil })
	maria.check("invites")
	maria.press(text.InviteCopy())
	if !strings.HasPrefix(clip, "snug://join#v1.") {
		t.Fatalf("copied %q", clip)
	}

	ben := drive(t, app, t.TempDir(), "", &clip)
	ben.press(text.StartJoin())
	ben.types("Benjamin Bartholomew Featherstonehaugh J")
	ben.screen(state.ScreenProtect)
	ben.until("keyring", func() bool { _, known := ben.app.Keyring(); return known })
	if has, _ := ben.app.Keyring(); has {
		ben.press(text.ProtectPassphrase())
	}
	ben.types(goodPassword)
	ben.types(goodPassword)
	ben.screen(state.ScreenJoin)
	ben.check("join") // the link on the clipboard is there already
	ben.press(text.WordContinue())
	ben.until("card", func() bool { return ben.app.Join().Step() == state.JoinCard })
	if got := ben.words(); !strings.Contains(got, text.JoinRead()) || !strings.Contains(got, "Hosted by Maria.") || !strings.Contains(got, "1 person is in it.") {
		t.Errorf("card: got %q", got)
	}
	ben.check("card")
	ben.win.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	ben.program.Run()
	ben.check("register")
	ben.types(goodPassword)
	ben.screen(state.ScreenPlace)
	ben.until("online", func() bool { return ben.app.Shown().Online() })
	// He came by her personal link: Maria's window answers his proof of it.
	ben.until("the first line", func() bool {
		c := ben.app.Shown().Place.Conversation()
		for i := range c.Len() {
			if c.Line(i).Text == text.ChatInvited("Maria") {
				return true
			}
		}
		return false
	})
	ben.check("lobby")

	h := maria.app.Hosting()
	maria.until("two", func() bool { return h.Entered().People.Here() == 2 })
	for _, tab := range []struct {
		tab     state.Tab
		picture string
	}{{state.TabLog, "log"}, {state.TabPeople, "people"}, {state.TabFiles, "files"}, {state.TabSettings, "hostsettings"}} {
		h.Choose(tab.tab)
		maria.program.Run()
		maria.check(tab.picture)
	}
	if got := maria.words(); strings.Contains(got, goodPassword) {
		t.Error("the window shows a password")
	}
	maria.app.Hosting().Show(false)
	maria.program.Run()
	maria.check("hostlobby")
}

// fill replaces what stands in every field of the screen.
func (d *driven) fill(s string) {
	d.walk(func(o fyne.CanvasObject) bool {
		if f, ok := o.(*kit.Field); ok {
			f.SetText(s)
		}
		return false
	})
}

// A click beside, Escape and the arrow lead back, and what was typed stays.
func TestBack(t *testing.T) {
	app := kittest.App(t, theme.Light, 100)
	var clip string
	d := drive(t, app, t.TempDir(), "", &clip)
	d.press(text.StartJoin())
	d.types("Ana")
	d.screen(state.ScreenProtect)
	d.press(text.WordBack())
	d.screen(state.ScreenName)
	if got := d.words(); !strings.Contains(got, text.NameTitle()) {
		t.Errorf("got %q", got)
	}
	d.press(text.WordBack())
	d.screen(state.ScreenStart)
}

// FEATURES J1: the look is switched by one press while the program runs, and the
// keyboard and what was typed stay.
func TestThemeSwitch(t *testing.T) {
	app := kittest.App(t, theme.Light, 100)
	var clip string
	d := drive(t, app, t.TempDir(), "", &clip)
	d.press(text.StartHost())
	f := d.win.Canvas().Focused()
	test.Type(f, "Mar")
	dark := theme.IsDark()
	d.press(text.SettingsThemeSwitch())
	if theme.IsDark() == dark {
		t.Error("the look is the same")
	}
	if d.win.Canvas().Focused() != f {
		t.Error("the keyboard has gone elsewhere")
	}
	d.types("ia")
	d.screen(state.ScreenProtect)
	if got := d.app.Person(); got != "Maria" {
		t.Errorf("typed %q, want Maria", got)
	}
	before := d.window.theme.Zoom()
	d.app.Zoom(1)
	d.program.Run()
	if got := d.window.theme.Zoom(); got != before+10 {
		t.Errorf("text size %d %%, want %d", got, before+10)
	}
}

// A profile that is open elsewhere is said in words, on a page of its own.
func TestBrokenProfile(t *testing.T) {
	app := kittest.App(t, theme.Light, 100)
	var clip string
	dir := t.TempDir()
	drive(t, app, dir, "", &clip)
	d := drive(t, app, dir, "", &clip)
	if got := d.words(); !strings.Contains(got, text.ProblemInUse()) {
		t.Errorf("got %q", got)
	}
	d.check("broken")
}

func TestMetadata(t *testing.T) {
	b, err := os.ReadFile("../FyneApp.toml")
	if err != nil {
		t.Fatal(err)
	}
	m := Metadata(string(b), []byte("picture"))
	if m.ID != "io.github.snugchat.Snug" || m.Name != "Snug" || m.Version == "" || m.Build == 0 || !m.Migrations["fyneDo"] {
		t.Errorf("got %+v", m)
	}
	if got := Metadata("Name = \"x\"\n[Details\nBuild = many", nil); got.Name != "" || got.Build != 0 {
		t.Errorf("nonsense: got %+v", got)
	}
}

// A code of every link that can be made can be scanned: it has room for it.
func TestCodeOfTheLongestLink(t *testing.T) {
	for _, n := range []int{20, 300, 1024} {
		if code.Draw("snug://join#v1."+strings.Repeat("a", n-15)) == nil {
			t.Errorf("no code for a link of %d characters", n)
		}
	}
	if code.Draw(strings.Repeat("a", 5000)) != nil {
		t.Error("a code for a link that cannot be")
	}
}

// Busy lines turn only while they are shown.
func TestBusyStops(t *testing.T) {
	app := kittest.App(t, theme.Light, 100)
	b := page.NewBusy()
	b.Set("Working...")
	if !b.Visible() {
		t.Error("not shown")
	}
	b.Set("")
	if b.Visible() {
		t.Error("still shown")
	}
	app.Run()
	time.Sleep(400 * time.Millisecond) // two beats
	if n := len(app.Todo()); n != 0 {
		t.Errorf("%d more steps after it was hidden", n)
	}
}
