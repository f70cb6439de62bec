package timeline

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/snugchat/snug/ui/flow"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
	"github.com/snugchat/snug/ui/timeline/bubble"
)

// groupGap is how long after a message the next of the same person still stands
// close under it, without name and picture.
const groupGap = 5 * time.Minute

func (v *View) group(i int, r bubble.Row) (first, last bool) {
	joined := func(a, b bubble.Row) bool {
		return a.Kind == bubble.Message && b.Kind == bubble.Message && a.FromID == b.FromID && a.Own == b.Own &&
			b.At.Sub(a.At) < groupGap && sameDay(a.At, b.At) && (v.unread == "" || b.ID != v.unread)
	}
	first, last = true, true
	if i > 0 {
		first = !joined(v.source.Row(i-1), r)
	}
	if i+1 < v.source.Len() {
		last = !joined(r, v.source.Row(i+1))
	}
	return first, last
}

func sameDay(a, b time.Time) bool {
	a, b = a.Local(), b.Local()
	return a.YearDay() == b.YearDay() && a.Year() == b.Year()
}

func (v *View) newDay(i int, r bubble.Row) bool {
	return i == 0 || !sameDay(v.source.Row(i-1).At, r.At)
}

// dayPill is the day of the topmost row, which stays at the upper edge while one
// reads in earlier messages.
type dayPill struct {
	label   string
	wide    float32
	dark    bool
	size    float32
	objects []fyne.CanvasObject
}

// place shows the day of the row at the upper edge, unless that row begins its
// day in sight or the end is shown.
func (p *dayPill) place(v *View, size fyne.Size) {
	if v.stick || v.top >= len(v.known) || size.Height < theme.Units(120) {
		return
	}
	r := v.source.Row(v.top)
	if v.newDay(v.top, r) && v.into < float64(theme.Units(12)) {
		return
	}
	label := text.Day(r.At, v.now())
	dark, letters := theme.IsDark(), theme.Size(theme.TextTime)
	if p.label != label || p.wide != size.Width || p.dark != dark || p.size != letters {
		b := flow.Layout(label, bubble.Style(theme.TextTime, true), flow.Unbounded)
		w, h := b.Width+theme.Units(22), theme.Units(24)
		g := draw.Rect()
		g.FillColor, g.CornerRadius = theme.Color(theme.Pill), h/2
		g.Shadow = canvas.Shadow{Color: theme.Color(theme.Shadow), BlurRadius: 6, Offset: fyne.NewPos(0, 1)}
		left, top := float32(int((size.Width-w)/2)), theme.Units(8)
		draw.Place(g, left, top, w, h)
		c := theme.Color(theme.PillText)
		p.objects = append([]fyne.CanvasObject{g}, b.Objects(fyne.NewPos(left+theme.Units(11), top+(h-b.Height)/2), flow.Ink{Text: c, Link: c})...)
		p.label, p.wide, p.dark, p.size = label, size.Width, dark, letters
	}
	v.objects = append(v.objects, p.objects...)
}
