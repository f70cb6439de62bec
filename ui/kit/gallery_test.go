package kit_test

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/kittest"
	"github.com/snugchat/snug/ui/kit/layer"
	"github.com/snugchat/snug/ui/kit/pick"
	"github.com/snugchat/snug/ui/kit/press"
	"github.com/snugchat/snug/ui/kit/progress"
	"github.com/snugchat/snug/ui/theme"
)

// page shows every widget in its states.
func page() fyne.CanvasObject {
	off := kit.NewButton(kit.Primary, "Not yet", nil)
	off.Disable()
	over := kit.NewButton(kit.Secondary, "Under the pointer", nil)
	over.Over = true
	ring := kit.NewButton(kit.Primary, "With the keyboard", nil)
	ring.Ring = true
	name := kit.NewField("Name of the place", "Our class").WithHint("Everybody in the place sees it.")
	name.SetText("Release crew")
	bad := kit.NewField("User name", "Ana")
	bad.SetText("ana/")
	bad.SetFault("Letters, digits, spaces and . - _ ' only.")
	pass := kit.NewPassword("Passphrase", "Passphrase")
	pass.SetText("correct horse")
	icons := kit.Line(2)
	for _, n := range icon.Names()[:14] {
		icons.Add(kit.NewIconButton(n, string(n), nil))
	}
	left := kit.Column(12,
		kit.NewTitle("Buttons"),
		kit.Line(8, kit.NewButton(kit.Primary, "Start hosting", nil), kit.NewButton(kit.Secondary, "Cancel", nil), kit.NewButton(kit.Danger, "Ban Tom", nil).WithIcon(icon.Ban), kit.NewButton(kit.Plain, "Details", nil)),
		kit.Line(8, off, over, ring, kit.NewButton(kit.Secondary, "Copy link", nil).WithIcon(icon.Copy).Small()),
		icons,
		kit.Line(8, kit.NewIconButton(icon.Send, "Send", nil).Filled(), kit.NewBadge(2), kit.NewBadge(14), kit.NewBadge(1200), kit.NewPill("Owner"), kit.NewPill("Monday, 2 January")),
		kit.NewSearch("Search"), name, bad, pass,
		kit.NewBanner(kit.Notice, icon.Offline, "Offline. Messages will be sent when you are back.", kit.NewButton(kit.Plain, "Why?", nil)),
		kit.NewBanner(kit.Calm, icon.Refresh, "Connecting..."),
		kit.NewBanner(kit.Alarm, icon.Warn, "Stop. This is not the place from your link. Someone may be pretending to be it. I did not connect."),
	)
	rows := kit.Column(2,
		kit.NewRow(kit.RowData{Title: "Release crew", Line: "You: First draft, comments welcome until Friday.", Meta: "09:21", ID: "a", Selected: true}, func() {}, nil),
		kit.NewRow(kit.RowData{Title: "Maya Chen", Line: "Call me when you are done? 🙂", Meta: "09:18", Unread: 2, ID: "b", Online: true}, func() {}, nil),
		kit.NewRow(kit.RowData{Title: "A very long name of a room that nobody should have given to it", Line: "Aisha: new palette is in, dark mode looks great", Meta: "Yesterday", Unread: 140, ID: "c"}, func() {}, nil),
		kit.NewRow(kit.RowData{Title: "שלום עולם", Line: "مرحبا بالعالم 123", Meta: "Sat", ID: "d"}, func() {}, nil),
		kit.NewRow(kit.RowData{Title: "Lobby", Line: "The host can read this room", LineIcon: icon.Eye, LineColor: theme.Warn, Icon: icon.Megaphone}, func() {}, nil),
		kit.NewRow(kit.RowData{Title: "snug://join#v1.abc", Line: "3 uses left, ends on Friday", Icon: icon.Link}, nil, nil).With(kit.NewButton(kit.Secondary, "Stop", nil).Small()),
	)
	right := kit.Column(12, rows,
		kit.NewCard(kit.Column(8, kit.NewTitle("What you can read"), kit.NewHint("You can read the Lobby. You cannot read private rooms you are not in."))),
		kit.Sized(kit.NewEmpty(icon.Chat, "Nobody has said anything yet.", kit.NewButton(kit.Primary, "Say hello", nil)), 0, 190))
	return kit.NewSurface(theme.Sidebar, "", kit.Inset(kit.WideLine(24, 1, kit.Sized(top(left), 520, 0), top(right)), 20))
}

// top keeps an object at the top of the height that there is.
func top(o fyne.CanvasObject) fyne.CanvasObject { return kit.Column(0, o) }

func TestGallery(t *testing.T) {
	for name, mode := range map[string]theme.Mode{"light": theme.Light, "dark": theme.Dark} {
		t.Run(name, func(t *testing.T) {
			kittest.App(t, mode, 100)
			kittest.Picture(t, kittest.Show(t, page(), fyne.NewSize(1000, 760)), "kit-"+name)
		})
	}
}

// picks shows what chooses, and what goes on.
func picks() fyne.CanvasObject {
	bar, ring, ring2 := progress.NewBar(), progress.NewRing(), progress.NewRing()
	bar.Set(0.4)
	ring.Set(0.7)
	ring2.Set(1)
	spin := progress.NewSpinner()
	spin.Show()
	tabs := pick.NewTabs([]pick.Option{{Title: "Chat"}, {Title: "Log"}, {Title: "People"}, {Title: "Invites"}, {Title: "Files"}, {Title: "Settings"}}, 1, nil)
	tabs.SetCount(2, 3)
	off := pick.NewToggle("Cannot be changed", "", true, nil)
	off.Disable()
	return kit.NewSurface(theme.Sidebar, "", kit.Inset(kit.Column(16,
		tabs,
		pick.NewSegmented([]pick.Option{{Title: "System", Icon: icon.Auto}, {Title: "Light", Icon: icon.Sun}, {Title: "Dark", Icon: icon.Moon}}, 0, nil),
		pick.NewChoices([]pick.Option{
			{Title: "Unlock with my computer login", Line: "This computer has no safe store, so please use a passphrase.", Off: true},
			{Title: "Ask for a passphrase each time", Line: "Nobody can reset it, not even the host."},
			{Title: "Keep the secret in a file on this computer", Line: "Whoever can read your files can read your messages."},
		}, 1, nil),
		pick.NewToggle("Show others when I am typing", "They see three dots while you write.", true, nil),
		pick.NewToggle("Off", "", false, nil), off,
		pick.NewCheck("Ask me before they come in", true, nil), pick.NewCheck("Also this network address (may hit others)", false, nil),
		kit.Line(16, ring, ring2, spin), bar,
	), 20))
}

func TestGalleryLayers(t *testing.T) {
	for name, mode := range map[string]theme.Mode{"light": theme.Light, "dark": theme.Dark} {
		t.Run(name, func(t *testing.T) {
			kittest.App(t, mode, 100)
			kittest.Picture(t, kittest.Show(t, picks(), fyne.NewSize(480, 720)), "picks-"+name)

			anchor := kit.NewIconButton(icon.More, "More", nil)
			notes := layer.NewNotes(24)
			notes.Say("Link copied. Send it to the person you invite.", "Show", func() {})
			notes.Keep()
			w := kittest.Show(t, container.NewStack(page(), kit.Inset(kit.Column(0, kit.Line(0, anchor)), 20), notes), fyne.NewSize(1000, 760))
			layer.MenuBeside(anchor, layer.Item{Icon: icon.Chat, Label: "Message"}, layer.Item{Icon: icon.Shield, Label: "Make moderator"}, layer.Item{},
				layer.Item{Icon: icon.Ban, Label: "Ban...", Danger: true}, layer.Item{Icon: icon.Leave, Label: "Remove from the place", Off: true})
			kittest.Picture(t, w, "menu-"+name)
			press.Escape(w.Canvas())
			why := kit.NewField("Reason (optional)", "")
			layer.Sheet(w.Canvas(), "Ban Tom?", kit.Column(14, why,
				pick.NewSegmented([]pick.Option{{Title: "1 hour"}, {Title: "1 day"}, {Title: "For good"}}, 1, nil),
				pick.NewCheck("Also this network address (may hit others)", false, nil)),
				kit.NewButton(kit.Secondary, "Cancel", nil), kit.NewButton(kit.Danger, "Ban Tom", nil))
			kittest.Picture(t, w, "sheet-"+name)
			w.Resize(fyne.NewSize(360, 560))
			kittest.Picture(t, w, "sheet-narrow-"+name)
		})
	}
}

// 200 % text size and a narrow window, where words must be cut and wrapped well.
func TestGalleryLargeAndNarrow(t *testing.T) {
	kittest.App(t, theme.Light, 200)
	kittest.Picture(t, kittest.Show(t, picks(), fyne.NewSize(560, 1100)), "picks-200")
	kittest.Picture(t, kittest.Show(t, page(), fyne.NewSize(1400, 1400)), "kit-200")
	kittest.App(t, theme.Light, 100)
	kittest.Picture(t, kittest.Show(t, picks(), fyne.NewSize(320, 760)), "picks-narrow")
}
