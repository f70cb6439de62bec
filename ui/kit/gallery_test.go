package kit_test

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/snugchat/snug/ui/gallery"
	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/kittest"
	"github.com/snugchat/snug/ui/kit/layer"
	"github.com/snugchat/snug/ui/kit/pick"
	"github.com/snugchat/snug/ui/kit/press"
	"github.com/snugchat/snug/ui/theme"
)

func TestGallery(t *testing.T) {
	for name, mode := range map[string]theme.Mode{"light": theme.Light, "dark": theme.Dark} {
		t.Run(name, func(t *testing.T) {
			kittest.App(t, mode, 100)
			kittest.Golden(t, kittest.Show(t, gallery.Widgets(), fyne.NewSize(1000, 760)), "kit-"+name, nil, nil)
		})
	}
}

// Every kind of message, to be looked at.
func TestGalleryTalk(t *testing.T) {
	for name, mode := range map[string]theme.Mode{"light": theme.Light, "dark": theme.Dark} {
		kittest.App(t, mode, 100)
		talk := gallery.Talk(time.Date(2026, 11, 23, 9, 40, 0, 0, time.Local))
		kittest.Golden(t, kittest.Show(t, talk, fyne.NewSize(760, 1150)), "talk-"+name, nil, nil)
		kittest.Settled(t, talk)
	}
}

func TestGalleryLayers(t *testing.T) {
	for name, mode := range map[string]theme.Mode{"light": theme.Light, "dark": theme.Dark} {
		t.Run(name, func(t *testing.T) {
			kittest.App(t, mode, 100)
			kittest.Golden(t, kittest.Show(t, gallery.Choices(), fyne.NewSize(480, 720)), "picks-"+name, nil, nil)

			anchor := kit.NewIconButton(icon.More, "More", nil)
			notes := layer.NewNotes(24)
			notes.Say("Link copied. Send it to the person you invite.", "Show", func() {})
			notes.Keep()
			w := kittest.Show(t, container.NewStack(gallery.Widgets(), kit.Inset(kit.Column(0, kit.Line(0, anchor)), 20), notes), fyne.NewSize(1000, 760))
			layer.MenuBeside(anchor, layer.Item{Icon: icon.Chat, Label: "Message"}, layer.Item{Icon: icon.Shield, Label: "Make moderator"}, layer.Item{},
				layer.Item{Icon: icon.Ban, Label: "Ban...", Danger: true}, layer.Item{Icon: icon.Leave, Label: "Remove from the place", Off: true})
			kittest.Golden(t, w, "menu-"+name, nil, nil)
			press.Escape(w.Canvas())
			why := kit.NewField("Reason (optional)", "")
			layer.Sheet(w.Canvas(), "Ban Tom?", kit.Column(14, why,
				pick.NewSegmented([]pick.Option{{Title: "1 hour"}, {Title: "1 day"}, {Title: "For good"}}, 1, nil),
				pick.NewCheck("Also this network address (may hit others)", false, nil)),
				kit.NewButton(kit.Secondary, "Cancel", nil), kit.NewButton(kit.Danger, "Ban Tom", nil))
			kittest.Golden(t, w, "sheet-"+name, nil, nil)
			w.Resize(fyne.NewSize(360, 560))
			kittest.Golden(t, w, "sheet-narrow-"+name, nil, nil)
		})
	}
}

// 200 % text size and a narrow window, where words must be cut and wrapped well.
func TestGalleryLargeAndNarrow(t *testing.T) {
	kittest.App(t, theme.Light, 200)
	kittest.Picture(t, kittest.Show(t, gallery.Choices(), fyne.NewSize(560, 1100)), "picks-200")
	kittest.Picture(t, kittest.Show(t, gallery.Widgets(), fyne.NewSize(1400, 1400)), "kit-200")
	kittest.App(t, theme.Light, 100)
	kittest.Picture(t, kittest.Show(t, gallery.Choices(), fyne.NewSize(320, 760)), "picks-narrow")
}
