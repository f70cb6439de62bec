package kit

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/theme"
)

// NewCode shows a QR code on white with the quiet edge that readers need, in
// both themes, as large as its place allows but at least 180 units.
func NewCode(code image.Image) fyne.CanvasObject {
	i := canvas.NewImageFromImage(code)
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
