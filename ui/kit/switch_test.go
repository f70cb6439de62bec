package kit_test

import (
	"bytes"
	"image"
	"image/draw"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"github.com/snugchat/snug/ui/gallery"
	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/banner"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/kittest"
	"github.com/snugchat/snug/ui/kit/layer"
	"github.com/snugchat/snug/ui/theme"
)

// FEATURES J1: after a switch of theme or text size every widget looks as if it
// had been made in it, and who built the page did nothing.
func TestThemeSwitchRecolours(t *testing.T) {
	pixels := func(w fyne.Window) []byte {
		img := w.Canvas().Capture()
		out := image.NewNRGBA(img.Bounds())
		draw.Draw(out, out.Bounds(), img, image.Point{}, draw.Src)
		return out.Pix
	}
	for name, content := range map[string]func() fyne.CanvasObject{"page": gallery.Widgets, "picks": gallery.Choices} {
		kittest.App(t, theme.Dark, 120)
		fresh := pixels(kittest.Show(t, content(), fyne.NewSize(900, 640)))
		app := kittest.App(t, theme.Light, 100)
		w := kittest.Show(t, content(), fyne.NewSize(900, 640))
		before := pixels(w)
		app.Settings().SetTheme(theme.New(theme.Dark, 120))
		w.Content().Refresh()
		switched := pixels(w)
		if bytes.Equal(before, switched) {
			t.Fatalf("%s: nothing changed", name)
		}
		if !bytes.Equal(switched, fresh) {
			n := 0
			for i := 0; i < len(fresh); i += 4 {
				if !bytes.Equal(fresh[i:i+4], switched[i:i+4]) {
					n++
				}
			}
			t.Errorf("%s: %d pixels differ from a page made in the new theme", name, n)
		}
	}
}

func TestWidgetsSettle(t *testing.T) {
	kittest.App(t, theme.Light, 100)
	for _, size := range []fyne.Size{{Width: 1000, Height: 760}, {Width: 420, Height: 500}} {
		kittest.Settled(t, kittest.Show(t, gallery.Widgets(), size).Content())
		kittest.Settled(t, kittest.Show(t, gallery.Choices(), size).Content())
		notes := layer.NewNotes(24)
		notes.Say("Link copied. Send it to the person you invite.", "Show", func() {})
		notes.Keep()
		w := kittest.Show(t, notes, size)
		kittest.Settled(t, notes)
		layer.Menu(w.Canvas(), fyne.NewPos(20, 20), layer.Item{Label: "One", Icon: icon.Chat}, layer.Item{}, layer.Item{Label: "Two"})
		layer.Sheet(w.Canvas(), "A title that is so long that it must be wrapped where the window is narrow", kit.Column(8, kit.NewField("Name", ""), kit.NewParagraph("Some words about it, which are wrapped too, because they do not fit in one line.")),
			kit.NewButton(kit.Secondary, "Cancel", nil), kit.NewButton(kit.Primary, "A rather long button", nil))
		for _, l := range w.Canvas().Overlays().List() {
			kittest.Settled(t, l)
		}
	}
}

// The markup of a row and a field in their states: a change of layout is seen in
// the difference of testdata/*.xml.
func TestMarkup(t *testing.T) {
	kittest.App(t, theme.Light, 100)
	f := kit.NewField("Name of the place", "Our class")
	f.SetFault("Please give the place a name.")
	w := kittest.Show(t, kit.Column(4,
		kit.NewRow(kit.RowData{Title: "Maya Chen", Line: "Call me when you are done?", Meta: "09:18", Unread: 2, ID: "b", Online: true}, func() {}, nil),
		kit.NewRow(kit.RowData{Title: "Lobby", Line: "A second line that does not fit into what is left of it", Selected: true, Icon: icon.Megaphone}, func() {}, nil),
		f), fyne.NewSize(300, 260))
	test.AssertRendersToMarkup(t, "rows.xml", w.Canvas())
}

// In a narrow window the buttons of a banner go below its sentence, which is not
// squeezed into a column of words.
func TestNarrowBanner(t *testing.T) {
	kittest.App(t, theme.Light, 100)
	const sentence = "If this computer breaks, nobody can bring you back into your private rooms."
	high := func(wide float32, buttons ...*kit.Button) float32 {
		b := banner.New(banner.Calm, icon.Key, sentence, buttons...)
		kittest.Show(t, kit.Column(0, b), fyne.NewSize(wide, 400))
		kittest.Settled(t, b)
		return b.Size().Height
	}
	two := func() []*kit.Button {
		return []*kit.Button{kit.NewButton(kit.Plain, "Not now", nil), kit.NewButton(kit.Plain, "Make a recovery kit", nil)}
	}
	one := high(1180, two()...)
	if got := high(360, two()...); got > 3*one || got <= one {
		t.Errorf("%v high in a narrow window and %v in a wide one, want three lines at most", got, one)
	}
	if alone, got := high(360), high(360, two()...); got-alone < one/2 || got-alone > one {
		t.Errorf("%v high with buttons and %v without, want one line of buttons more", got, alone)
	}
}

// What was hidden for a minute comes back as it was.
func TestHiddenForAMinute(t *testing.T) {
	kittest.App(t, theme.Light, 100)
	size := fyne.NewSize(900, 760)
	kittest.Remade(t, kittest.Show(t, gallery.Widgets(), size).Content())
	kittest.Remade(t, kittest.Show(t, gallery.Choices(), size).Content())
	w := kittest.Show(t, kit.NewLabel("below"), size)
	layer.Menu(w.Canvas(), fyne.NewPos(20, 20), layer.Item{Label: "One", Icon: icon.Chat}, layer.Item{}, layer.Item{Label: "Two"})
	layer.Sheet(w.Canvas(), "A title", kit.NewField("Name", ""), kit.NewButton(kit.Primary, "Go", nil))
	for _, l := range w.Canvas().Overlays().List() {
		kittest.Remade(t, l)
	}
}
