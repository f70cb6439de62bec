package kittest

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// update makes the pictures that Golden compares with anew:
//
//	go test -run Golden -tags migrated_fynedo,accessibility ./ui/... -update
var update = flag.Bool("update", false, "make the golden pictures anew")

// A golden picture is kept as the mean colours of squares of 4 units: enough to
// see that anything moved, came, went or changed its colour, small to keep, and
// nearly the same whatever computer drew it.
const (
	cellUnits = 4
	// cellTolerance is how far a mean may be off, of 255.
	cellTolerance = 12
	// shareTolerance is the share of squares that may be off.
	shareTolerance = 0.001
)

// Golden compares what a window shows at 1x and 2x with the pictures of that
// name in testdata/golden. What differs from run to run, hidden says: it is
// painted over. It fails with the place of the greatest difference. The pictures
// themselves, and what was wanted, go into the folder that SNUG_GALLERY names.
// Under the race detector it does nothing: make check runs these tests without.
//
// rest is for a window of a program that runs: while the picture is another one,
// it is called, to let happen what is under way, until it says false.
func Golden(t testing.TB, w fyne.Window, name string, hidden func(fyne.CanvasObject) bool, rest func() bool) {
	t.Helper()
	if raced {
		return
	}
	canvas := w.Canvas().(interface {
		fyne.Canvas
		SetScale(scale float32)
	})
	for _, scale := range []float32{1, 2} {
		canvas.SetScale(scale)
		golden(t, int(cellUnits*scale), fmt.Sprintf("%s@%dx", name, int(scale)), func() image.Image {
			captured := canvas.Capture()
			shown := image.NewNRGBA(captured.Bounds())
			draw.Draw(shown, shown.Bounds(), captured, captured.Bounds().Min, draw.Src)
			if hidden != nil {
				for _, o := range append([]fyne.CanvasObject{w.Content()}, canvas.Overlays().List()...) {
					hide(shown, o, fyne.Position{}, scale, hidden)
				}
			}
			return shown
		}, rest)
	}
	canvas.SetScale(1)
}

// hide paints over every visible object that hidden names.
func hide(m *image.NRGBA, o fyne.CanvasObject, at fyne.Position, scale float32, hidden func(fyne.CanvasObject) bool) {
	if !o.Visible() {
		return
	}
	at = at.Add(o.Position())
	if hidden(o) {
		s := o.Size()
		px := func(f float32) int { return int(math.Round(float64(f * scale))) }
		r := image.Rect(px(at.X), px(at.Y), px(at.X+s.Width), px(at.Y+s.Height))
		draw.Draw(m, r.Intersect(m.Bounds()), image.NewUniform(theme.Color(theme.ColorNameDisabled)), image.Point{}, draw.Src)
		return
	}
	for _, c := range children(o) {
		hide(m, c, at, scale, hidden)
	}
}

func golden(t testing.TB, side int, name string, capture func() image.Image, rest func() bool) {
	t.Helper()
	shown := capture()
	folder := os.Getenv("SNUG_GALLERY")
	keep := func(m image.Image, suffix string) {
		if folder != "" {
			save(t, filepath.Join(folder, name+suffix+".png"), m)
		}
	}
	keep(shown, "")
	path := filepath.Join("testdata", "golden", name+".png")
	if *update {
		save(t, path, means(shown, side))
		return
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Errorf("%v (make it with -update, and look at it)", err)
		return
	}
	want, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	fault := unlike(means(shown, side), want)
	for fault != "" && rest != nil && rest() {
		shown = capture()
		fault = unlike(means(shown, side), want)
	}
	if fault == "" {
		return
	}
	keep(shown, "-got")
	keep(want, "-want")
	t.Errorf("%s: %s", name, fault)
}

// unlike says what a picture shows otherwise than it should; nothing if it is
// the same.
func unlike(got *image.NRGBA, want image.Image) string {
	if got.Bounds() != want.Bounds() {
		return fmt.Sprintf("%v squares, want %v", got.Bounds().Size(), want.Bounds().Size())
	}
	size := got.Bounds().Size()
	off, worst, where := 0, 0, image.Point{}
	for y := range size.Y {
		for x := range size.X {
			d := distance(got.NRGBAAt(x, y), color.NRGBAModel.Convert(want.At(x, y)).(color.NRGBA))
			if d > cellTolerance {
				off++
			}
			if d > worst {
				worst, where = d, image.Pt(x*cellUnits, y*cellUnits)
			}
		}
	}
	if share := float64(off) / float64(size.X*size.Y); share > shareTolerance {
		return fmt.Sprintf("%.2f %% of it looks different, most at %v (by %d of 255)", 100*share, where, worst)
	}
	return ""
}

// means is a picture of the mean colours of squares with that side.
func means(m image.Image, side int) *image.NRGBA {
	size := m.Bounds().Size()
	out := image.NewNRGBA(image.Rect(0, 0, (size.X+side-1)/side, (size.Y+side-1)/side))
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			var sum [3]int
			n := 0
			for py := y * side; py < min((y+1)*side, size.Y); py++ {
				for px := x * side; px < min((x+1)*side, size.X); px++ {
					r, g, b, _ := m.At(px, py).RGBA()
					sum[0], sum[1], sum[2], n = sum[0]+int(r>>8), sum[1]+int(g>>8), sum[2]+int(b>>8), n+1
				}
			}
			out.SetNRGBA(x, y, color.NRGBA{uint8(sum[0] / n), uint8(sum[1] / n), uint8(sum[2] / n), 255})
		}
	}
	return out
}

func distance(a, b color.NRGBA) int {
	abs := func(x, y uint8) int { return max(int(x)-int(y), int(y)-int(x)) }
	return max(abs(a.R, b.R), abs(a.G, b.G), abs(a.B, b.B))
}

func save(t testing.TB, path string, m image.Image) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // of the repository
		t.Fatal(err)
	}
	var b bytes.Buffer
	enc := png.Encoder{CompressionLevel: png.BestCompression}
	if err := enc.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil { //nolint:gosec // it goes into the repository
		t.Fatal(err)
	}
}
