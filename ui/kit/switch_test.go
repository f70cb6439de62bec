package kit_test

import (
	"bytes"
	"image"
	"image/draw"
	"testing"

	"fyne.io/fyne/v2"

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
	for name, content := range map[string]func() fyne.CanvasObject{"page": page, "picks": picks} {
		inApp(t, theme.Dark, 120)
		fresh := pixels(show(t, content(), 1000, 900))
		app := inApp(t, theme.Light, 100)
		w := show(t, content(), 1000, 900)
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
