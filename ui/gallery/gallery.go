// Package gallery shows every widget and every kind of message on one page, with
// made-up people, to be looked at in both themes: `snug --gallery`, and the
// pictures that tests make.
//
// It must not know places, profiles or the network: what stands here was never
// said. The look follows the visual language of the design notes.
package gallery

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/snugchat/snug/ui/compose"
	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/banner"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/layer"
	"github.com/snugchat/snug/ui/kit/pick"
	"github.com/snugchat/snug/ui/kit/progress"
	"github.com/snugchat/snug/ui/theme"
	"github.com/snugchat/snug/ui/timeline"
	"github.com/snugchat/snug/ui/timeline/bubble"
)

// Widgets shows every widget in its states.
func Widgets() fyne.CanvasObject {
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
		banner.New(banner.Notice, icon.Offline, "Offline. Messages will be sent when you are back.", kit.NewButton(kit.Plain, "Why?", nil)),
		banner.New(banner.Calm, icon.Refresh, "Connecting..."),
		banner.New(banner.Alarm, icon.Warn, "Stop. This is not the place from your link. Someone may be pretending to be it. I did not connect."),
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

// Choices shows what chooses, and what goes on.
func Choices() fyne.CanvasObject {
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

// talk is a conversation with every kind of message.
type talk struct{ rows []bubble.Row }

// Len implements timeline.Source.
func (t *talk) Len() int { return len(t.rows) }

// Row implements timeline.Source.
func (t *talk) Row(i int) bubble.Row { return t.rows[i] }

// Talk shows a conversation with every kind of message, and a composer that
// answers. now decides what "Today" is.
func Talk(now time.Time) fyne.CanvasObject {
	at := func(minute int) time.Time { return now.Add(time.Duration(minute-40) * time.Minute) }
	from := func(name string, minute int, text string) bubble.Row {
		return bubble.Row{ID: text, From: name, FromID: name, At: at(minute), Text: text}
	}
	own := func(minute int, text string, s bubble.State) bubble.Row {
		return bubble.Row{ID: text, From: "Me", FromID: "Me", Own: true, State: s, At: at(minute), Text: text}
	}
	t := &talk{}
	add := func(r bubble.Row, more func(*bubble.Row)) {
		if more != nil {
			more(&r)
		}
		t.rows = append(t.rows, r)
	}
	add(bubble.Row{ID: "came", Kind: bubble.System, At: at(0), Text: "Aisha came in"}, nil)
	add(from("Maya Chen", 1, "Morning! The new build is up: https://snug.example/builds/214"), nil)
	add(from("Maya Chen", 1, "**bold** *italic* ~~struck~~ `code` ||spoiler||\n> a quote\n- an item\n- another one\n1. a number\n```\nsnug serve --profile demo\n```"), func(r *bubble.Row) {
		r.Reactions = []bubble.Reaction{{Emoji: "👍", Count: 3, Own: true, Who: "Aisha, Jonas, Me"}, {Emoji: "🔥", Count: 2, Who: "Aisha, Jonas"}}
	})
	add(own(2, "On it 🚀", bubble.OnHost), func(r *bubble.Row) { r.Edited = true })
	add(own(2, "👩\u200d💻🎉", bubble.OnHost), nil)
	add(from("Aisha", 3, "That is the part I want in the release notes."), func(r *bubble.Row) {
		r.Quote = &bubble.Quote{ID: "x", From: "Maya Chen", FromID: "Maya Chen", Text: "Morning! The new build is up"}
	})
	add(from("Jonas", 4, "@Me can you have a look?"), func(r *bubble.Row) { r.Names, r.ForMe, r.Pinned, r.Marked = []string{"Me"}, true, true, true })
	add(own(5, "Yes", bubble.OnHost), func(r *bubble.Row) {
		r.Quote = &bubble.Quote{ID: "y", Text: "This message was deleted", Gone: true}
		r.Reactions = []bubble.Reaction{{Emoji: "❤️", Count: 1, Who: "Jonas"}}
	})
	add(bubble.Row{ID: "deleted", Kind: bubble.System, At: at(6), Text: "This message was deleted"}, nil)
	add(from("Aisha", 7, "שלום לכולם, the build 214 עובד מצוין!"), nil)
	add(from("Aisha", 8, ""), func(r *bubble.Row) {
		r.ID = "file"
		r.File = &bubble.File{Name: "release-notes-0.9.pdf", Line: "1.2 MB of 4.1 MB, 12 MB/s, 1 s left", Part: 0.3, Actions: []bubble.Action{bubble.Pause, bubble.Cancel}}
	})
	add(own(9, "", bubble.Waiting), func(r *bubble.Row) {
		r.ID = "own file"
		r.File = &bubble.File{Name: "holiday.mp4", Line: "Paused at 71%", Part: 0.71, Actions: []bubble.Action{bubble.Resume, bubble.Cancel}}
	})
	add(from("Jonas", 10, "not here yet"), func(r *bubble.Row) {
		r.File = &bubble.File{Name: "mountains.jpg", Line: "2.1 MB", Size: "2.1 MB", Part: -1, Actions: []bubble.Action{bubble.Download}, Picture: &bubble.Picture{Width: 1200, Height: 500}}
	})
	add(own(11, "this one did not go out", bubble.Failed), nil)
	lines := timeline.New(t)
	lines.SetClock(func() time.Time { return now })
	lines.SetUnread("@Me can you have a look?", "3 new since 09:04")
	writing := compose.New()
	writing.SetReaders(icon.Eye, "The host can read this room", theme.Warn)
	writing.SetExtra("Reply to Maya Chen", "Morning! The new build is up", false)
	return kit.NewSurface(theme.Chat, "", container.NewBorder(nil, writing, nil, nil, lines))
}

// Page is all of it, one part under the other.
func Page(now time.Time) fyne.CanvasObject {
	var more *kit.IconButton
	more = kit.NewIconButton(icon.More, "Menu", func() {
		layer.MenuBeside(more, layer.Item{Signs: []string{"👍", "❤️", "😂", "🎉"}, DoSign: func(string) {}}, layer.Item{Icon: icon.Reply, Label: "Answer"},
			layer.Item{Icon: icon.Pin, Label: "Pin for everyone", Off: true}, layer.Item{}, layer.Item{Icon: icon.Trash, Label: "Delete...", Danger: true})
	})
	sheet := kit.NewButton(kit.Secondary, "Sheet", nil)
	sheet.OnPress = func() {
		c := fyne.CurrentApp().Driver().CanvasForObject(sheet)
		var s *layer.Layer
		s = layer.Sheet(c, "Delete this message?", kit.NewParagraph("Somebody may have kept it."), kit.NewButton(kit.Secondary, "Cancel", func() { s.Dismiss() }), kit.NewButton(kit.Danger, "Delete for everyone", func() { s.Dismiss() }))
	}
	icons := container.NewGridWrap(fyne.NewSquareSize(theme.Units(40)))
	for _, n := range icon.Names() {
		icons.Add(kit.NewIconButton(n, string(n), nil))
	}
	return kit.NewSurface(theme.Sidebar, "", container.NewVScroll(kit.Column(16,
		kit.Inset(kit.Line(8, more, sheet), 20), Widgets(), kit.Sized(Choices(), 0, 0), kit.Inset(icons, 20), kit.Sized(Talk(now), 0, 1150))))
}
