// Package code is a QR code: drawn from what it says, and shown so that a telephone can
// read it in both themes.
//
// It knows nothing of what a code is for. A code is as ISO/IEC 18004 says. All calls
// that make objects of the window are made on Fyne's goroutine.
package code

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"

	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/theme"
)

// codeSide is the side of the picture of a code in pixels: several a module even
// for the longest link, so that the screen scales it down and not up.
const codeSide = 640

// Draw draws a link as a QR code (ISO/IEC 18004, error correction L: a screen is
// a clean surface, and fewer modules are easier to scan). It is nil for a link
// that is too long for one.
func Draw(link string) image.Image {
	code, err := qr.Encode(link, qr.L, qr.Auto)
	if err != nil {
		return nil
	}
	side := code.Bounds().Dx()
	scaled, err := barcode.Scale(code, codeSide/side*side, codeSide/side*side)
	if err != nil {
		return nil
	}
	return scaled
}

// New shows a QR code on white with the quiet edge that readers need, in
// both themes, as large as its place allows but at least 180 units.
func New(picture image.Image) fyne.CanvasObject {
	i := canvas.NewImageFromImage(picture)
	i.FillMode = canvas.ImageFillContain
	i.ScaleMode = canvas.ImageScalePixels
	white := canvas.NewRectangle(image.White.C)
	white.CornerRadius = 12
	return &fyne.Container{Layout: codeLayout{}, Objects: []fyne.CanvasObject{white, i}}
}

type codeLayout struct{}

func (codeLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSquareSize(theme.Units(212)) }

func (codeLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	d := min(size.Width, size.Height)
	x, y := (size.Width-d)/2, (size.Height-d)/2
	draw.Place(objects[0], x, y, d, d)
	edge := d * 0.08
	draw.Place(objects[1], x+edge, y+edge, d-2*edge, d-2*edge)
}
