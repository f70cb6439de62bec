package bubble

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/snugchat/snug/ui/flow"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/theme"
)

// Sizes of a picture in a bubble.
const (
	photoWide  = 340
	photoHigh  = 340
	photoLeast = 96
	photoOut   = 8 // by which it is wider than the words at each side
)

// photoSize is how large a picture is drawn: its shape, inside of what a bubble
// has, and never so narrow that it cannot be hit. What is longer is cut.
func photoSize(p *Picture, room float32) fyne.Size {
	w, h := float32(p.Width), float32(p.Height)
	if p.Image != nil && (p.Here || w == 0) {
		b := p.Image.Bounds()
		w, h = float32(b.Dx()), float32(b.Dy())
	}
	if w <= 0 || h <= 0 {
		w, h = 4, 3
	}
	most := min(theme.Units(photoWide), room+2*theme.Units(photoOut))
	k := min(most/w, theme.Units(photoHigh)/h)
	return fyne.NewSize(
		float32(int(max(min(w*k, most), min(theme.Units(photoLeast), most)))),
		float32(int(max(min(h*k, theme.Units(photoHigh)), theme.Units(photoLeast)))),
	)
}

// shade draws the ground of time and state where they stand on a picture, and
// returns the colour that they have there.
func (x *builder) shade(p parts, left float32) fyne.ThemeColorName {
	g, pad := draw.Rect(), theme.Units(7)
	h := p.clock.Height + theme.Units(4)
	g.FillColor, g.CornerRadius = theme.Color(theme.Toast), h/2
	draw.Place(g, left-pad, x.y-theme.Units(5)-p.clock.Height-theme.Units(2), p.foot+2*pad, h)
	x.b.over = append(x.b.over, g)
	return theme.ToastText
}

// photo draws a picture; a press on it shows it on the whole window.
func (x *builder) photo(r *Row, size fyne.Size, left, inner float32) {
	p := r.File.Picture
	left -= theme.Units(photoOut)
	wide := max(size.Width, min(inner+2*theme.Units(photoOut), theme.Units(photoWide)))
	x.y += theme.Units(-3)
	if r.From != "" && !r.Own || r.Quote != nil {
		x.y += theme.Units(4)
	}
	radius := theme.Size(theme.RadiusCard)
	g := draw.Rect()
	g.FillColor, g.CornerRadius = theme.Color(theme.AccentSoft), radius
	if r.Own {
		g.FillColor = theme.Color(theme.OwnOver)
	}
	draw.Place(g, left, x.y, wide, size.Height)
	x.b.under = append(x.b.under, g)
	if p.Image != nil {
		m := canvas.NewImageFromImage(p.Image)
		m.FillMode, m.ScaleMode, m.CornerRadius = canvas.ImageFillCover, canvas.ImageScaleSmooth, radius
		draw.Place(m, left, x.y, wide, size.Height)
		x.b.under = append(x.b.under, m)
	}
	if p.Here {
		id := r.ID
		x.b.Hot = append(x.b.Hot, Hot{Area: flow.Rect{X: left, Y: x.y, W: wide, H: size.Height}, Press: func() {
			if x.Deeds.OnFile != nil {
				x.Deeds.OnFile(id, Show)
			}
		}})
	}
	x.y += size.Height + theme.Units(5)
}
