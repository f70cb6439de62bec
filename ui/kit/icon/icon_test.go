package icon

import (
	"image"
	"image/color"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
)

// Every icon draws something, in the colour asked for, and stays inside its
// square with the half stroke that its round ends need.
func TestIconsDraw(t *testing.T) {
	test.NewTempApp(t)
	red := color.NRGBA{200, 30, 40, 255}
	for _, n := range Names() {
		if paths(n) == "" {
			t.Errorf("%s has no shape", n)
			continue
		}
		w := test.NewTempWindow(t, nil)
		w.SetPadded(false)
		w.SetContent(canvas.NewImageFromResource(Resource(n, red, 96)))
		w.Resize(fyne.NewSize(96, 96))
		img := w.Canvas().Capture()
		inked, edge := ink(img)
		if inked < 60 {
			t.Errorf("%s: %d dark pixels of 96 x 96, want a shape", n, inked)
		}
		if edge > 0 {
			t.Errorf("%s: %d pixels touch the edge", n, edge)
		}
	}
}

func ink(img image.Image) (inked, edge int) {
	back := img.At(0, 0)
	b := img.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			r, _, _, _ := img.At(x, y).RGBA()
			br, _, _, _ := back.RGBA()
			if d := int(r>>8) - int(br>>8); d > 40 || d < -40 {
				inked++
				if x == b.Min.X || y == b.Min.Y || x == b.Max.X-1 || y == b.Max.Y-1 {
					edge++
				}
			}
		}
	}
	return inked, edge
}

func TestResourceNamesHoldTheColor(t *testing.T) {
	a, b := Resource(Send, color.NRGBA{1, 2, 3, 255}, 20), Resource(Send, color.NRGBA{1, 2, 4, 255}, 20)
	if big := Resource(Send, color.NRGBA{1, 2, 3, 255}, 64); big.Name() == a.Name() {
		t.Errorf("both sizes are called %s: one would have the lines of the other", a.Name())
	}
	if a.Name() == b.Name() {
		t.Errorf("both are called %s: a theme switch would show the old colour", a.Name())
	}
}
