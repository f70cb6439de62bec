package bubble

import (
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/theme"
)

// outline is where a message will be: parts of the room for bubbles, and a height in
// units of the theme.
type outline struct {
	own  bool
	face bool // the last one of somebody has a picture beside it
	wide float32
	high float32
}

// outlines returns what stands above the first row while those before it are still on
// their way: some bubbles, like those of progress.Skeleton.
func outlines() []outline {
	return []outline{
		{wide: 0.6, high: 38}, {face: true, wide: 0.9, high: 60}, {own: true, wide: 0.45, high: 38}, {face: true, wide: 0.7, high: 82},
	}
}

// GapHigh is the height of all outlines.
func GapHigh() float32 {
	high := theme.Units(16)
	for _, o := range outlines() {
		high += theme.Units(o.high) + theme.Units(10)
	}
	return high
}

// gap draws the outlines.
func (x *builder) gap() {
	side, avatar, most := gutters(x.Width)
	y := x.y + theme.Units(8)
	for _, o := range outlines() {
		b := draw.Rect()
		b.FillColor, b.CornerRadius = theme.Color(theme.Track), theme.Size(theme.RadiusOuter)
		w, left := most*o.wide, side+avatar+theme.Units(10) // as bubbles
		if o.own {
			left = x.Width - side - w
		}
		draw.Place(b, left, y, w, theme.Units(o.high))
		x.b.under = append(x.b.under, b)
		if o.face {
			f := draw.Rect()
			f.FillColor, f.CornerRadius = b.FillColor, avatar/2
			draw.Place(f, side, y+theme.Units(o.high)-avatar, avatar, avatar)
			x.b.under = append(x.b.under, f)
		}
		y += theme.Units(o.high) + theme.Units(10)
	}
	x.y += GapHigh()
}
