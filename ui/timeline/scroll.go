package timeline

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/snugchat/snug/ui/flow"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/theme"
	"github.com/snugchat/snug/ui/timeline/bubble"
)

// barZone is how far from the right edge the scroll bar can be caught.
const barZone = 14

// leastBar is the shortest bar that a hand can catch.
const leastBar = 36

// Spot returns the row at the upper edge and how much of it is above that, and
// whether the end is in sight instead.
func (v *View) Spot() (row int, into float64, end bool) {
	return v.top, v.into, v.stick || len(v.known) == 0
}

// GoTo puts a row where Spot found it.
func (v *View) GoTo(row int, into float64) {
	if row < 0 || row >= len(v.known) {
		return
	}
	v.setStick(false)
	v.top, v.into = row, into
	v.normalize()
	v.relayout()
	v.dirty()
}

// scrollbar draws the bar when there is more than fits.
func (v *View) scrollbar(size fyne.Size) {
	all := v.h.Above(len(v.known)) + foot()
	if all <= float64(size.Height) {
		v.bar.Hide()
		return
	}
	v.bar.Hidden = false
	long, y := v.barAt(size, all)
	w := theme.Units(5)
	if v.mouse.bar || v.mouse.overBar {
		w = theme.Units(8)
	}
	v.bar.FillColor, v.bar.CornerRadius = theme.Color(theme.ScrollBar), w/2
	draw.Place(v.bar, size.Width-w-theme.Units(3), y, w, long)
	v.objects = append(v.objects, v.bar)
}

func (v *View) barAt(size fyne.Size, all float64) (long, y float32) {
	long = max(theme.Units(leastBar), float32(float64(size.Height)*float64(size.Height)/all))
	part := (v.h.Above(v.top) + v.into) / (all - float64(size.Height))
	return long, (size.Height - long) * float32(max(0, min(part, 1)))
}

// dragBar moves the list so that the bar's upper end stands at y.
func (v *View) dragBar(y float32) {
	size := v.Size()
	all := v.h.Above(len(v.known)) + foot()
	long, _ := v.barAt(size, all)
	part := float64(y) / float64(max(1, size.Height-long))
	if part >= 1 {
		v.ScrollToEnd()
		return
	}
	v.setStick(false)
	v.goTo(max(0, part) * (all - float64(size.Height)))
	v.relayout()
	v.dirty()
}

// jump is the round button that leads to the end.
type jump struct {
	ground, badge *canvas.Rectangle
	area          flow.Rect
	shown         bool
}

func (j *jump) init() { j.ground, j.badge = draw.Rect(), draw.Rect() }

func (j *jump) place(v *View, size fyne.Size) {
	j.shown = !v.stick
	if !j.shown {
		return
	}
	d := theme.Units(40)
	x, y := size.Width-d-theme.Units(18), size.Height-d-theme.Units(12+stripHigh)
	j.area = flow.Rect{X: x, Y: y, W: d, H: d}
	g := j.ground
	g.FillColor, g.StrokeColor, g.StrokeWidth, g.CornerRadius = theme.Color(theme.Card), theme.Color(theme.Line), 1, d/2
	if v.mouse.overJump {
		g.FillColor = theme.Color(theme.Hover)
	}
	g.Shadow = canvas.Shadow{Color: theme.Color(theme.Shadow), BlurRadius: 8, Offset: fyne.NewPos(0, 2)}
	draw.Place(g, x, y, d, d)
	s := theme.Size(theme.IconNormal)
	i := icon.Image(icon.Down, theme.Color(theme.SubText), s)
	i.Move(fyne.NewPos(x+(d-s)/2, y+(d-s)/2+1))
	v.objects = append(v.objects, g, i)
	if v.newer <= 0 {
		return
	}
	label := strconv.Itoa(v.newer)
	if v.newer > 999 {
		label = "999+"
	}
	b := flow.Layout(label, bubble.Style(theme.TextTime, true), flow.Unbounded)
	h := theme.Units(20)
	w := max(h, b.Width+theme.Units(12))
	j.badge.FillColor, j.badge.CornerRadius = theme.Color(theme.Primary), h/2
	j.badge.StrokeColor, j.badge.StrokeWidth = theme.Color(theme.Card), 2
	bx, by := x+(d-w)/2, y-h/2
	draw.Place(j.badge, bx, by, w, h)
	c := theme.Color(theme.PrimaryText)
	v.objects = append(v.objects, j.badge)
	v.objects = append(v.objects, b.Objects(fyne.NewPos(bx+(w-b.Width)/2, by+(h-b.Height)/2), flow.Ink{Text: c, Link: c})...)
}

func inside(r flow.Rect, x, y float32) bool {
	return x >= r.X && x < r.X+r.W && y >= r.Y && y < r.Y+r.H
}
