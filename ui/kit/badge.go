package kit

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"github.com/snugchat/snug/ui/flow"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// Pill is a short text on a ground with round ends: a count, a role, a day.
type Pill struct {
	widget.BaseWidget
	Ground, Ink fyne.ThemeColorName
	text        string
	spoken      string
	high, pad   float32
}

// NewPill makes a quiet pill.
func NewPill(s string) *Pill {
	p := &Pill{text: s, Ground: theme.Pill, Ink: theme.PillText, high: 22, pad: 9}
	p.ExtendBaseWidget(p)
	return p
}

// NewBadge makes the count of unread messages. Zero hides it; above 999 it says
// so.
func NewBadge(n int) *Pill {
	p := &Pill{Ground: theme.Primary, Ink: theme.PrimaryText, high: 20, pad: 6}
	p.ExtendBaseWidget(p)
	p.SetCount(n)
	return p
}

// SetCount changes a badge.
func (p *Pill) SetCount(n int) {
	p.spoken = text.AriaUnread(n)
	s := strconv.Itoa(n)
	if n > 999 {
		s = "999+"
	}
	p.SetText(s)
	draw.Show(p, n > 0)
}

// SetText changes what the pill says.
func (p *Pill) SetText(s string) {
	if p.text != s {
		p.text = s
		p.Refresh()
	}
}

// AccessibilityLabel implements fyne.Accessible.
func (p *Pill) AccessibilityLabel() string {
	if p.spoken != "" {
		return p.spoken
	}
	return p.text
}

// AccessibilityRole implements fyne.Accessible.
func (p *Pill) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// CreateRenderer implements fyne.Widget.
func (p *Pill) CreateRenderer() fyne.WidgetRenderer {
	p.ExtendBaseWidget(p)
	return draw.Laid(&pillRenderer{p: p, ground: draw.Rect()}, p.Size())
}

type pillRenderer struct {
	p       *Pill
	ground  *canvas.Rectangle
	objects []fyne.CanvasObject
	once    draw.Once
}

func (r *pillRenderer) Destroy()                     {}
func (r *pillRenderer) Objects() []fyne.CanvasObject { return r.objects }

func (r *pillRenderer) style() flow.Style {
	size := theme.Size(theme.TextTime)
	return flow.Style{Size: size, Line: flow.LineHeight(size), Bold: true}
}

func (r *pillRenderer) MinSize() fyne.Size {
	high := theme.Units(r.p.high)
	w := flow.Layout(r.p.text, r.style(), flow.Unbounded).Width + 2*theme.Units(r.p.pad)
	return fyne.NewSize(max(w, high), high)
}

func (r *pillRenderer) Layout(size fyne.Size) {
	if !r.once.Need(size) {
		return
	}
	high := theme.Units(r.p.high)
	r.ground.FillColor, r.ground.CornerRadius = theme.Color(r.p.Ground), high/2
	y := (size.Height - high) / 2
	draw.Place(r.ground, 0, y, size.Width, high)
	block := flow.Elide(r.p.text, r.style(), size.Width-theme.Units(r.p.pad))
	ink := theme.Color(r.p.Ink)
	at := fyne.NewPos((size.Width-block.Width)/2, y+(high-block.Height)/2)
	r.objects = append([]fyne.CanvasObject{r.ground}, block.Objects(at, flow.Ink{Text: ink, Link: ink})...)
}

func (r *pillRenderer) Refresh() {
	r.once.Forget()
	r.Layout(r.p.Size())
	canvas.Refresh(r.p)
}
