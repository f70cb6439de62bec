package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/theme"
)

// Distances in this file are Fyne units at 100 % text size; they are zoomed
// when a layout runs, so a change of the text size needs no rebuild.

type column struct{ gap float32 }

// Column stacks objects under each other, each as wide as the column.
func Column(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(column{gap}, objects...)
}

func (l column) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var s fyne.Size
	n := 0
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		m := o.MinSize()
		s.Width = max(s.Width, m.Width)
		s.Height += m.Height
		n++
	}
	s.Height += theme.Units(l.gap) * float32(max(0, n-1))
	return s
}

func (l column) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	y := float32(0)
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		o.Resize(fyne.NewSize(size.Width, o.MinSize().Height)) // a wrapped text learns its width
		h := o.MinSize().Height
		draw.Place(o, 0, y, size.Width, h)
		y += h + theme.Units(l.gap)
	}
}

type line struct {
	gap  float32
	wide int // index of the object that takes what is left, or -1
}

// Line sets objects beside each other, centred on the line.
func Line(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(line{gap, -1}, objects...)
}

// WideLine is a Line in which object number wide takes the room that is left.
func WideLine(gap float32, wide int, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(line{gap, wide}, objects...)
}

func (l line) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var s fyne.Size
	n := 0
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		m := o.MinSize()
		s.Width += m.Width
		s.Height = max(s.Height, m.Height)
		n++
	}
	s.Width += theme.Units(l.gap) * float32(max(0, n-1))
	return s
}

func (l line) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	spare := size.Width - l.MinSize(objects).Width
	x := float32(0)
	for i, o := range objects {
		if !o.Visible() {
			continue
		}
		m := o.MinSize()
		if i == l.wide {
			m.Width += max(0, spare)
			o.Resize(fyne.NewSize(m.Width, m.Height)) // a wrapped text learns its width
			m.Height = o.MinSize().Height
		}
		draw.Place(o, x, (size.Height-m.Height)/2, m.Width, m.Height)
		x += m.Width + theme.Units(l.gap)
	}
}

type tall struct{ gap float32 }

// Tall sets three objects under each other, of which the middle one takes the
// height that is left.
func Tall(gap float32, head, middle, foot fyne.CanvasObject) *fyne.Container {
	return container.New(tall{gap}, head, middle, foot)
}

func (l tall) MinSize(objects []fyne.CanvasObject) fyne.Size { return column(l).MinSize(objects) }

func (l tall) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	gap := theme.Units(l.gap)
	for _, o := range []fyne.CanvasObject{objects[0], objects[2]} {
		o.Resize(fyne.NewSize(size.Width, o.MinSize().Height)) // a wrapped text learns its width
	}
	top, low := objects[0].MinSize().Height, objects[2].MinSize().Height
	draw.Place(objects[0], 0, 0, size.Width, top)
	draw.Place(objects[1], 0, top+gap, size.Width, max(0, size.Height-top-low-2*gap))
	draw.Place(objects[2], 0, size.Height-low, size.Width, low)
}

type inset struct{ top, right, bottom, left float32 }

// Inset keeps a distance around an object: one number for all sides, two for
// top and bottom and for the sides, four clockwise from the top.
func Inset(o fyne.CanvasObject, n ...float32) *fyne.Container {
	var l inset
	switch len(n) {
	case 1:
		l = inset{n[0], n[0], n[0], n[0]}
	case 2:
		l = inset{n[0], n[1], n[0], n[1]}
	case 4:
		l = inset{n[0], n[1], n[2], n[3]}
	}
	return container.New(l, o)
}

func (l inset) MinSize(objects []fyne.CanvasObject) fyne.Size {
	m := objects[0].MinSize()
	return fyne.NewSize(m.Width+theme.Units(l.left)+theme.Units(l.right), m.Height+theme.Units(l.top)+theme.Units(l.bottom))
}

func (l inset) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	draw.Place(objects[0], theme.Units(l.left), theme.Units(l.top), size.Width-theme.Units(l.left)-theme.Units(l.right), size.Height-theme.Units(l.top)-theme.Units(l.bottom))
}

// Out lets a list of rows stand out at both sides by the room that a row keeps there,
// so that what is in the rows begins and ends where the rest of a sheet does.
func Out(rows fyne.CanvasObject) *fyne.Container { return Inset(rows, 0, -rowPad) }

// Flush lets a line that begins with a small Plain button begin where its words do,
// not the ground that it has under the pointer.
func Flush(o fyne.CanvasObject) *fyne.Container { return Inset(o, 0, 0, 0, -smallPad) }

type sized struct{ wide, high float32 }

// Sized gives an object a least size; 0 leaves a direction alone.
func Sized(o fyne.CanvasObject, wide, high float32) *fyne.Container {
	return container.New(sized{wide, high}, o)
}

func (l sized) MinSize(objects []fyne.CanvasObject) fyne.Size {
	m := objects[0].MinSize()
	return fyne.NewSize(max(m.Width, theme.Units(l.wide)), max(m.Height, theme.Units(l.high)))
}

func (l sized) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	draw.Place(objects[0], 0, 0, size.Width, size.Height)
}

type narrow struct{ widest float32 }

// Narrow centres an object and never makes it wider than widest, so that a form
// stays readable in a wide window.
func Narrow(o fyne.CanvasObject, widest float32) *fyne.Container {
	return container.New(narrow{widest}, o)
}

func (l narrow) MinSize(objects []fyne.CanvasObject) fyne.Size { return objects[0].MinSize() }

func (l narrow) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	w := min(size.Width, max(theme.Units(l.widest), objects[0].MinSize().Width))
	objects[0].Resize(fyne.NewSize(w, size.Height))
	draw.Place(objects[0], (size.Width-w)/2, 0, w, size.Height)
}

type middle struct{ across bool }

// Middle puts an object in the middle of the height that there is.
func Middle(o fyne.CanvasObject) *fyne.Container { return container.New(middle{}, o) }

// Centered puts an object, at its own size, in the middle of the width.
func Centered(o fyne.CanvasObject) *fyne.Container { return container.New(middle{across: true}, o) }

func (m middle) MinSize(objects []fyne.CanvasObject) fyne.Size { return objects[0].MinSize() }

func (m middle) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	o := objects[0]
	if m.across {
		s := o.MinSize()
		draw.Place(o, max(0, (size.Width-s.Width)/2), 0, min(s.Width, size.Width), size.Height)
		return
	}
	o.Resize(size)
	h := min(size.Height, o.MinSize().Height)
	draw.Place(o, 0, max(0, (size.Height-h)/2), size.Width, h)
}

// Gap is an empty object of a height and width in units.
func Gap(wide, high float32) *fyne.Container { return Sized(container.NewWithoutLayout(), wide, high) }

// Surface is a filled, optionally edged, rounded ground behind an object.
type Surface struct {
	widget.BaseWidget
	Fill    fyne.ThemeColorName
	Edge    fyne.ThemeColorName // "" for none
	Radius  fyne.ThemeSizeName  // "" for square
	Content fyne.CanvasObject
}

// NewSurface makes a ground without an edge.
func NewSurface(fill fyne.ThemeColorName, radius fyne.ThemeSizeName, content fyne.CanvasObject) *Surface {
	s := &Surface{Fill: fill, Radius: radius, Content: content}
	s.ExtendBaseWidget(s)
	return s
}

// NewCard is a Surface with a hairline edge and room around its content.
func NewCard(content fyne.CanvasObject) *Surface {
	s := NewSurface(theme.Card, theme.RadiusCard, Inset(content, 16))
	s.Edge = theme.Line
	return s
}

// CreateRenderer implements fyne.Widget.
func (s *Surface) CreateRenderer() fyne.WidgetRenderer {
	s.ExtendBaseWidget(s)
	r := &surfaceRenderer{s: s, ground: draw.Rect()}
	r.color()
	return draw.Laid(r, s.Size())
}

type surfaceRenderer struct {
	s      *Surface
	ground *canvas.Rectangle
}

func (r *surfaceRenderer) Destroy() {}
func (r *surfaceRenderer) MinSize() fyne.Size {
	if r.s.Content == nil {
		return fyne.Size{}
	}
	return r.s.Content.MinSize()
}

func (r *surfaceRenderer) Objects() []fyne.CanvasObject {
	if r.s.Content == nil {
		return []fyne.CanvasObject{r.ground}
	}
	return []fyne.CanvasObject{r.ground, r.s.Content}
}

func (r *surfaceRenderer) Layout(size fyne.Size) {
	r.ground.Resize(size)
	if r.s.Content != nil {
		r.s.Content.Resize(size)
	}
}

func (r *surfaceRenderer) color() {
	r.ground.FillColor = theme.Color(r.s.Fill)
	r.ground.StrokeWidth = 0
	if r.s.Edge != "" {
		r.ground.StrokeColor, r.ground.StrokeWidth = theme.Color(r.s.Edge), 1
	}
	r.ground.CornerRadius = 0
	if r.s.Radius != "" {
		r.ground.CornerRadius = theme.Size(r.s.Radius)
	}
}

func (r *surfaceRenderer) Refresh() {
	r.color()
	r.Layout(r.s.Size())
	r.ground.Refresh()
}

// Rule is a hairline: horizontal in a column, vertical in a line.
func Rule() *fyne.Container { return Sized(NewSurface(theme.Line, "", nil), 1, 1) }
