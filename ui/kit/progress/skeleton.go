package progress

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// Skeleton stands where something is being read: the outlines of what will be
// there. It does not move: a shimmer would repaint the window all the time, for
// something that is rarely seen longer than a moment.
type Skeleton struct {
	widget.BaseWidget
	rows int // of a list; 0: bubbles of a conversation, as many as there is room for
}

// NewSkeleton makes the outlines of a list of so many rows, or with 0 those of a
// conversation.
func NewSkeleton(rows int) *Skeleton {
	s := &Skeleton{rows: rows}
	s.ExtendBaseWidget(s)
	return s
}

// AccessibilityLabel implements fyne.Accessible.
func (s *Skeleton) AccessibilityLabel() string { return text.WordLoading() }

// AccessibilityRole implements fyne.Accessible.
func (s *Skeleton) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// CreateRenderer implements fyne.Widget.
func (s *Skeleton) CreateRenderer() fyne.WidgetRenderer {
	s.ExtendBaseWidget(s)
	return draw.Laid(&skeletonRenderer{s: s}, s.Size())
}

type skeletonRenderer struct {
	s       *Skeleton
	objects []fyne.CanvasObject
	once    draw.Once
}

func (r *skeletonRenderer) Destroy()                     {}
func (r *skeletonRenderer) Objects() []fyne.CanvasObject { return r.objects }

func (r *skeletonRenderer) MinSize() fyne.Size {
	return fyne.NewSize(theme.Units(120), theme.Size(theme.RowHigh)*float32(r.s.rows))
}

func (r *skeletonRenderer) box(x, y, w, h, radius float32) {
	b := draw.Rect()
	b.FillColor, b.CornerRadius = theme.Color(theme.Track), radius
	draw.Place(b, x, y, w, h)
	r.objects = append(r.objects, b)
}

func (r *skeletonRenderer) Layout(size fyne.Size) {
	if !r.once.Need(size) {
		return
	}
	r.objects = r.objects[:0]
	if r.s.rows > 0 {
		r.list(size)
	} else {
		r.talk(size)
	}
}

// list draws a picture and two lines for each row.
func (r *skeletonRenderer) list(size fyne.Size) {
	high, a, line := theme.Size(theme.RowHigh), theme.Size(theme.AvatarRow), theme.Units(10)
	left := theme.Units(10)
	room := size.Width - 2*left - a - theme.Units(10)
	for i := range r.s.rows {
		y := high * float32(i)
		r.box(left, y+(high-a)/2, a, a, a/2)
		x := left + a + theme.Units(10)
		r.box(x, y+high/2-line-theme.Units(4), room*[]float32{0.4, 0.55, 0.3}[i%3], line, line/2)
		r.box(x, y+high/2+theme.Units(4), room*[]float32{0.8, 0.6, 0.7}[i%3], line, line/2)
	}
}

// talk draws bubbles from the lower edge upwards.
func (r *skeletonRenderer) talk(size fyne.Size) {
	radius := theme.Size(theme.RadiusOuter)
	side, most := theme.Units(18), size.Width*0.6
	for i, y := 0, size.Height-theme.Units(16); y > 0; i++ {
		h := theme.Units([]float32{38, 60, 38, 82}[i%4])
		w := most * []float32{0.5, 0.9, 0.35, 0.7, 0.6}[i%5]
		y -= h
		if y < theme.Units(8) {
			return
		}
		x := side
		if i%3 == 0 {
			x = size.Width - side - w
		}
		r.box(x, y, w, h, radius)
		y -= theme.Units(10)
	}
}

func (r *skeletonRenderer) Refresh() {
	r.once.Forget()
	r.Layout(r.s.Size())
	canvas.Refresh(r.s)
}
