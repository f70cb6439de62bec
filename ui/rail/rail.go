// Package rail is the edge of the window from which one goes between places and
// to what is not a conversation: the start page, the host's pane, the theme, the
// settings.
//
// It knows kit and theme, and nothing of what a place is: it shows items and
// reports which was pressed. The look follows the visual language of the design
// notes.
package rail

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/kit/press"
	"github.com/snugchat/snug/ui/theme"
)

// Thick is how wide a standing rail is, and how high a lying one, in units.
const Thick = 60

// Item is a place on the rail.
type Item struct {
	ID     string
	Name   string
	Here   bool // it is the one that is shown
	Away   bool // it is not connected
	Unread int
}

// Rail is the bar. It stands at the left of a wide window and lies at the foot
// of a narrow one.
type Rail struct {
	widget.BaseWidget
	items   []Item
	faces   []*face
	buttons []fyne.CanvasObject
	lying   bool
	chosen  func(id string)
}

// New makes a rail; chosen is called with the id of a place that was pressed.
// The buttons stand at its far end.
func New(chosen func(id string), buttons ...fyne.CanvasObject) *Rail {
	r := &Rail{chosen: chosen, buttons: buttons}
	r.ExtendBaseWidget(r)
	return r
}

// Set shows other places.
func (r *Rail) Set(items []Item) {
	if len(items) == len(r.items) {
		same := true
		for i := range items {
			same = same && items[i] == r.items[i]
		}
		if same {
			return
		}
	}
	r.items = items
	for len(r.faces) < len(items) {
		f := &face{rail: r}
		f.Self = f
		f.ExtendBaseWidget(f)
		r.faces = append(r.faces, f)
	}
	r.faces = r.faces[:len(items)]
	for i, f := range r.faces {
		f.item = items[i]
		f.OnPress = func() { r.chosen(f.item.ID) }
		f.Refresh()
	}
	r.Refresh()
}

// Lie lays the rail down or stands it up.
func (r *Rail) Lie(on bool) {
	if r.lying != on {
		r.lying = on
		r.Refresh()
	}
}

// CreateRenderer implements fyne.Widget.
func (r *Rail) CreateRenderer() fyne.WidgetRenderer {
	r.ExtendBaseWidget(r)
	return draw.Laid(&railRenderer{r: r, ground: draw.Rect(), edge: draw.Rect()}, r.Size())
}

type railRenderer struct {
	r            *Rail
	ground, edge *canvas.Rectangle
}

func (x *railRenderer) Destroy() {}

func (x *railRenderer) Objects() []fyne.CanvasObject {
	out := []fyne.CanvasObject{x.ground, x.edge}
	for _, f := range x.r.faces {
		out = append(out, f)
	}
	return append(out, x.r.buttons...)
}

func (x *railRenderer) MinSize() fyne.Size { return fyne.NewSquareSize(theme.Units(Thick)) }

func (x *railRenderer) Layout(size fyne.Size) {
	x.ground.FillColor, x.edge.FillColor = theme.Color(theme.Rail), theme.Color(theme.Line)
	x.ground.Resize(size)
	along, thick := size.Height, size.Width
	if x.r.lying {
		along, thick = size.Width, size.Height
		draw.Place(x.edge, 0, 0, size.Width, 1)
	} else {
		draw.Place(x.edge, size.Width-1, 0, 1, size.Height)
	}
	set := func(o fyne.CanvasObject, at, side float32) {
		across := (thick - side) / 2
		if x.r.lying {
			draw.Place(o, at, across, side, side)
		} else {
			draw.Place(o, across, at, side, side)
		}
	}
	gap := theme.Units(6)
	end := along - gap
	for i := len(x.r.buttons) - 1; i >= 0; i-- {
		b := x.r.buttons[i]
		if !b.Visible() {
			continue
		}
		side := b.MinSize().Width
		end -= side
		set(b, end, side)
		end -= gap / 2
	}
	at := theme.Units(10)
	side := theme.Units(44)
	for _, f := range x.r.faces {
		f.Hidden = at+side > end // the start page lists all of them
		set(f, at, side)
		at += side + gap
	}
}

func (x *railRenderer) Refresh() {
	x.Layout(x.r.Size())
	canvas.Refresh(x.r)
}

// face is one place: its initials on its colour.
type face struct {
	press.Base
	rail *Rail
	item Item
}

// AccessibilityLabel implements fyne.Accessible.
func (f *face) AccessibilityLabel() string { return f.item.Name }

// CreateRenderer implements fyne.Widget.
func (f *face) CreateRenderer() fyne.WidgetRenderer {
	f.ExtendBaseWidget(f)
	return draw.Laid(&faceRenderer{f: f, ring: draw.Rect(), badge: kit.NewBadge(0)}, f.Size())
}

type faceRenderer struct {
	f       *face
	ring    *canvas.Rectangle
	badge   *kit.Pill
	objects []fyne.CanvasObject
	once    draw.Once
}

func (r *faceRenderer) Destroy()                     {}
func (r *faceRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *faceRenderer) MinSize() fyne.Size           { return fyne.NewSquareSize(theme.Units(44)) }

func (r *faceRenderer) Layout(size fyne.Size) {
	if !r.once.Need(size) {
		return
	}
	d := theme.Units(36)
	inset := (size.Width - d) / 2
	r.objects = r.objects[:0]
	r.ring.CornerRadius, r.ring.FillColor = size.Width/2, theme.Color(theme.Rail)
	r.ring.StrokeWidth = 0
	switch {
	case r.f.Ring:
		r.ring.StrokeColor, r.ring.StrokeWidth = theme.Color(theme.FocusRing), 2
	case r.f.item.Here:
		r.ring.StrokeColor, r.ring.StrokeWidth = theme.Color(theme.Primary), 2
	case r.f.Over:
		r.ring.FillColor = theme.Color(theme.Pressed)
	}
	draw.Place(r.ring, 0, 0, size.Width, size.Width)
	r.objects = append(r.objects, r.ring)
	for _, o := range kit.AvatarObjects(r.f.item.Name, r.f.item.ID, d) {
		o.Move(o.Position().AddXY(inset, inset))
		r.objects = append(r.objects, o)
	}
	if r.f.item.Away {
		dot := theme.Units(12)
		rim, away := canvas.NewCircle(theme.Color(theme.Rail)), canvas.NewCircle(theme.Color(theme.Disabled))
		draw.Place(rim, size.Width-dot-1, size.Width-dot-1, dot+2, dot+2)
		draw.Place(away, size.Width-dot+1, size.Width-dot+1, dot-2, dot-2)
		r.objects = append(r.objects, rim, away)
	}
	if n := r.f.item.Unread; n > 0 && !r.f.item.Here {
		r.badge.SetCount(n)
		m := r.badge.MinSize()
		draw.Place(r.badge, size.Width-m.Width+theme.Units(4), -theme.Units(2), m.Width, m.Height)
		r.badge.Refresh()
		r.objects = append(r.objects, r.badge)
	}
}

func (r *faceRenderer) Refresh() {
	r.once.Forget()
	r.Layout(r.f.Size())
	canvas.Refresh(r.f)
}
