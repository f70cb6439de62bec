package kit

import (
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	fynetheme "fyne.io/fyne/v2/theme"

	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/theme"
)

// SNUG_GALLERY names a folder for pictures of all widgets, to look at.
const galleryVar = "SNUG_GALLERY"

// inApp starts a test program with our theme and emoji.
func inApp(t *testing.T, mode theme.Mode, zoom int) fyne.App {
	t.Helper()
	stock := fynetheme.DefaultEmojiFont().(*fyne.StaticResource)
	name, content := stock.StaticName, stock.StaticContent
	t.Cleanup(func() { stock.StaticName, stock.StaticContent = name, content })
	theme.InstallEmoji()
	app := test.NewTempApp(t)
	app.Settings().SetTheme(theme.New(mode, zoom))
	return app
}

// show opens content in a window of a size.
func show(t *testing.T, content fyne.CanvasObject, w, h float32) fyne.Window {
	t.Helper()
	win := test.NewTempWindow(t, nil)
	win.SetPadded(false)
	win.SetContent(content)
	win.Resize(fyne.NewSize(w, h))
	return win
}

func picture(t *testing.T, win fyne.Window, name string) {
	t.Helper()
	img := win.Canvas().Capture()
	folder := os.Getenv(galleryVar)
	if folder == "" {
		return
	}
	f, err := os.Create(filepath.Join(folder, name+".png"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, img); err != nil {
		t.Fatal(err)
	}
}

// page shows every widget in its states.
func page() fyne.CanvasObject {
	off := NewButton(Primary, "Not yet", nil)
	off.Disable()
	over := NewButton(Secondary, "Under the pointer", nil)
	over.over = true
	ring := NewButton(Primary, "With the keyboard", nil)
	ring.ring = true
	name := NewField("Name of the place", "Our class").WithHint("Everybody in the place sees it.")
	name.SetText("Release crew")
	bad := NewField("User name", "Ana")
	bad.SetText("ana/")
	bad.SetFault("Letters, digits, spaces and . - _ ' only.")
	pass := NewPassword("Passphrase", "Passphrase")
	pass.SetText("correct horse")
	icons := Line(2)
	for _, n := range icon.Names()[:14] {
		icons.Add(NewIconButton(n, string(n), nil))
	}
	left := Column(12,
		NewTitle("Buttons"),
		Line(8, NewButton(Primary, "Start hosting", nil), NewButton(Secondary, "Cancel", nil), NewButton(Danger, "Ban Tom", nil).WithIcon(icon.Ban), NewButton(Plain, "Details", nil)),
		Line(8, off, over, ring, NewButton(Secondary, "Copy link", nil).WithIcon(icon.Copy).Small()),
		icons,
		Line(8, NewIconButton(icon.Send, "Send", nil).Filled(), NewBadge(2), NewBadge(14), NewBadge(1200), NewPill("Owner"), NewPill("Monday, 2 January")),
		NewSearch("Search"), name, bad, pass,
		NewBanner(Notice, icon.Offline, "Offline. Messages will be sent when you are back.", NewButton(Plain, "Why?", nil)),
		NewBanner(Calm, icon.Refresh, "Connecting..."),
		NewBanner(Alarm, icon.Warn, "Stop. This is not the place from your link. Someone may be pretending to be it. I did not connect."),
	)
	rows := Column(2,
		NewRow(RowData{Title: "Release crew", Line: "You: First draft, comments welcome until Friday.", Meta: "09:21", ID: "a", Selected: true}, func() {}, nil),
		NewRow(RowData{Title: "Maya Chen", Line: "Call me when you are done? 🙂", Meta: "09:18", Unread: 2, ID: "b", Online: true}, func() {}, nil),
		NewRow(RowData{Title: "A very long name of a room that nobody should have given to it", Line: "Aisha: new palette is in, dark mode looks great", Meta: "Yesterday", Unread: 140, ID: "c"}, func() {}, nil),
		NewRow(RowData{Title: "שלום עולם", Line: "مرحبا بالعالم 123", Meta: "Sat", ID: "d"}, func() {}, nil),
		NewRow(RowData{Title: "Lobby", Line: "The host can read this room", LineIcon: icon.Eye, LineColor: theme.Warn, Icon: icon.Megaphone}, func() {}, nil),
		NewRow(RowData{Title: "snug://join#v1.abc", Line: "3 uses left, ends on Friday", Icon: icon.Link}, nil, nil).With(NewButton(Secondary, "Stop", nil).Small()),
	)
	right := Column(12, rows,
		NewCard(Column(8, NewTitle("What you can read"), NewHint("You can read the Lobby. You cannot read private rooms you are not in."))),
		Sized(NewEmpty(icon.Chat, "Nobody has said anything yet.", NewButton(Primary, "Say hello", nil)), 0, 190))
	return NewSurface(theme.Sidebar, "", Inset(WideLine(24, 1, Sized(top(left), 520, 0), top(right)), 20))
}

// top keeps an object at the top of the height that there is.
func top(o fyne.CanvasObject) fyne.CanvasObject { return Column(0, o) }

func TestGallery(t *testing.T) {
	for name, mode := range map[string]theme.Mode{"light": theme.Light, "dark": theme.Dark} {
		t.Run(name, func(t *testing.T) {
			inApp(t, mode, 100)
			picture(t, show(t, page(), 1000, 760), "kit-"+name)
		})
	}
}
