package bubble

import (
	"fyne.io/fyne/v2"

	"github.com/snugchat/snug/ui/flow"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/theme"
)

// originIndent is the room before the words of an origin, for its icon.
const originIndent = 20

// origin draws where a forwarded message comes from; a press on it leads there, if
// it can be shown.
func (x *builder) origin(r *Row, words *flow.Block, left, inner float32) {
	ink := theme.Accent
	if r.Own {
		ink = theme.OwnSubText
	}
	s := theme.Units(14)
	i := icon.Image(icon.Forward, theme.Color(ink), s)
	i.Move(fyne.NewPos(left, x.y+(words.Height-s)/2))
	x.b.over = append(x.b.over, i)
	x.b.over = append(x.b.over, words.Objects(fyne.NewPos(left+theme.Units(originIndent), x.y), x.ink(ink))...)
	if r.Original {
		id := r.ID
		x.b.Hot = append(x.b.Hot, Hot{Area: flow.Rect{X: left, Y: x.y, W: inner, H: words.Height}, Press: func() {
			if x.Deeds.OnOrigin != nil {
				x.Deeds.OnOrigin(id)
			}
		}})
	}
	x.y += words.Height + theme.Units(2)
}

// pickSide is the side of the mark of a row that can be picked.
const pickSide = 22

// pick draws the mark of a row that can be picked, at the side at which its bubble
// is not.
func (x *builder) pick(r *Row, top, bottom float32) {
	d, edge := theme.Units(pickSide), theme.Units(10)
	left := x.Width - d - edge - theme.Units(6) // beside the scroll bar
	if r.Own {
		left = edge
	}
	y := (top + bottom - d) / 2
	g := draw.Rect()
	g.CornerRadius = d / 2
	g.FillColor, g.StrokeColor, g.StrokeWidth = theme.Color(theme.Card), theme.Color(theme.SubText), 1.5
	if r.Picked {
		g.FillColor, g.StrokeWidth = theme.Color(theme.Primary), 0
		ground := draw.Rect()
		ground.FillColor = theme.Color(theme.AccentSoft)
		draw.Place(ground, 0, top-theme.Units(1), x.Width, bottom-top+theme.Units(2))
		x.b.under = append([]fyne.CanvasObject{ground}, x.b.under...)
	}
	draw.Place(g, left, y, d, d)
	x.b.over = append(x.b.over, g)
	if r.Picked {
		s := theme.Units(15)
		i := icon.Image(icon.Check, theme.Color(theme.PrimaryText), s)
		i.Move(fyne.NewPos(left+(d-s)/2, y+(d-s)/2))
		x.b.over = append(x.b.over, i)
	}
}
