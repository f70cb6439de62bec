package layer

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"github.com/snugchat/snug/ui/flow"
	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/press"
	"github.com/snugchat/snug/ui/theme"
)

// Item is one line of a menu.
type Item struct {
	Icon   icon.Name // "" for none
	Label  string    // "" for a line between groups
	Danger bool
	Off    bool
	Do     func()

	Signs  []string     // a row of emoji instead of a line; Label is not shown
	DoSign func(string) // one of them was pressed
}

// Menu opens a menu at a place on a canvas, such as where the other mouse
// button was pressed.
func Menu(c fyne.Canvas, at fyne.Position, items ...Item) *Layer {
	return menu(c, func() (fyne.Position, fyne.Size) { return at, fyne.Size{} }, false, items)
}

// MenuBeside opens a menu at an object that is on screen, with the right edges
// together; nil if it is not on screen.
func MenuBeside(anchor fyne.CanvasObject, items ...Item) *Layer {
	c := press.Canvas(anchor)
	if c == nil {
		return nil
	}
	area := func() (fyne.Position, fyne.Size) {
		return fyne.CurrentApp().Driver().AbsolutePositionForObject(anchor), anchor.Size()
	}
	return menu(c, area, true, items)
}

func menu(c fyne.Canvas, area func() (fyne.Position, fyne.Size), right bool, items []Item) *Layer {
	l := &Layer{radius: theme.RadiusCard}
	list := kit.Column(0)
	var lines []*menuItem
	for _, i := range items {
		if len(i.Signs) > 0 {
			row, signs := signRow(l, i)
			list.Add(row)
			lines = append(lines, signs...)
			continue
		}
		if i.Label == "" {
			list.Add(kit.Inset(kit.Rule(), 5, 0))
			continue
		}
		x := &menuItem{item: i, layer: l}
		x.Self = x
		x.OnPress = func() {
			l.Dismiss()
			if i.Do != nil {
				i.Do()
			}
		}
		x.ExtendBaseWidget(x)
		if i.Off {
			x.Disable()
		} else {
			lines = append(lines, x)
		}
		list.Add(x)
	}
	scroll := container.NewVScroll(kit.Inset(list, 6))
	for n, x := range lines {
		x.move = func(step int) {
			next := lines[(n+step+len(lines))%len(lines)]
			c.Focus(next)
			reveal(scroll, next)
		}
	}
	l.keys = func(e *fyne.KeyEvent) {
		switch {
		case len(lines) == 0:
		case e.Name == fyne.KeyDown || e.Name == fyne.KeyTab:
			c.Focus(lines[0])
		case e.Name == fyne.KeyUp:
			c.Focus(lines[len(lines)-1])
		}
	}
	l.content = scroll // in a low window, or with large letters, not all of it fits
	l.arrange = func(room fyne.Size) (fyne.Position, fyne.Size) {
		size := fits(scroll.Content, max(theme.Units(180), scroll.Content.MinSize().Width), room)
		at, extent := area()
		return beside(at, extent, size, room, right), size
	}
	l.show(c)
	return l
}

// reveal scrolls so far that a line of a menu is in sight.
func reveal(s *container.Scroll, o fyne.CanvasObject) {
	driver := fyne.CurrentApp().Driver()
	top := driver.AbsolutePositionForObject(o).Y - driver.AbsolutePositionForObject(s.Content).Y
	y := min(s.Offset.Y, top-theme.Units(6))
	y = max(y, top+o.Size().Height+theme.Units(6)-s.Size().Height)
	if y != s.Offset.Y {
		s.ScrollToOffset(fyne.NewPos(0, y))
	}
}

// signRow is a row of emoji in a menu.
func signRow(l *Layer, of Item) (fyne.CanvasObject, []*menuItem) {
	row := kit.Line(2)
	var all []*menuItem
	for _, s := range of.Signs {
		x := &menuItem{item: Item{Label: s}, layer: l, sign: true}
		x.Self = x
		x.OnPress = func() {
			l.Dismiss()
			of.DoSign(s)
		}
		x.ExtendBaseWidget(x)
		all = append(all, x)
		row.Add(x)
	}
	return kit.Inset(row, 2, 4, 4, 4), all
}

type menuItem struct {
	sign bool // an emoji in a row
	press.Base
	item  Item
	layer *Layer
	move  func(step int)
}

func (x *menuItem) AccessibilityLabel() string { return x.item.Label }

func (x *menuItem) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyDown:
		x.move(1)
	case fyne.KeyUp:
		x.move(-1)
	case fyne.KeyRight:
		if x.sign {
			x.move(1)
		}
	case fyne.KeyLeft:
		if x.sign {
			x.move(-1)
		}
	default:
		x.Base.TypedKey(e)
	}
}

func (x *menuItem) CreateRenderer() fyne.WidgetRenderer {
	x.ExtendBaseWidget(x)
	return draw.Laid(&menuRenderer{x: x, ground: draw.Rect()}, x.Size())
}

type menuRenderer struct {
	x       *menuItem
	ground  *canvas.Rectangle
	objects []fyne.CanvasObject
	once    draw.Once
}

func (r *menuRenderer) Destroy()                     {}
func (r *menuRenderer) Objects() []fyne.CanvasObject { return r.objects }

func (r *menuRenderer) style() flow.Style {
	size := theme.Size(theme.TextBody)
	if r.x.sign {
		size = theme.Units(19)
	}
	return flow.Style{Size: size, Line: flow.LineHeight(size)}
}

func (r *menuRenderer) indent() float32 {
	if r.x.sign {
		return theme.Units(7)
	}
	if r.x.item.Icon == "" {
		return theme.Units(12)
	}
	return theme.Units(40)
}

func (r *menuRenderer) MinSize() fyne.Size {
	if r.x.sign {
		return fyne.NewSquareSize(theme.Units(36))
	}
	w := flow.Layout(r.x.item.Label, r.style(), flow.Unbounded).Width
	return fyne.NewSize(min(w, theme.Units(320))+r.indent()+theme.Units(16), theme.Units(36))
}

func (r *menuRenderer) Layout(size fyne.Size) {
	if !r.once.Need(size) {
		return
	}
	ink, glyph := theme.Text, theme.SubText
	switch {
	case r.x.Disabled():
		ink, glyph = theme.Disabled, theme.Disabled
	case r.x.item.Danger:
		ink, glyph = theme.Danger, theme.Danger
	}
	r.ground.FillColor = color.Transparent
	if (r.x.Over || r.x.Ring) && !r.x.Disabled() {
		r.ground.FillColor = theme.Color(theme.AccentSoft)
		if r.x.item.Danger {
			r.ground.FillColor = theme.Color(theme.DangerSoft)
		}
	}
	r.ground.CornerRadius = theme.Size(theme.RadiusSmall)
	r.ground.Resize(size)
	r.objects = append(r.objects[:0], r.ground)
	if r.x.item.Icon != "" {
		side := theme.Units(18)
		i := icon.Image(r.x.item.Icon, theme.Color(glyph), side)
		i.Move(fyne.NewPos(theme.Units(11), (size.Height-side)/2))
		r.objects = append(r.objects, i)
	}
	c := theme.Color(ink)
	if r.x.sign {
		b := flow.Layout(r.x.item.Label, r.style(), flow.Unbounded)
		r.objects = append(r.objects, b.Objects(fyne.NewPos((size.Width-b.Width)/2, (size.Height-b.Height)/2), flow.Ink{Text: c, Link: c})...)
		return
	}
	b := flow.Elide(r.x.item.Label, r.style(), size.Width-r.indent()-theme.Units(8))
	r.objects = append(r.objects, b.Objects(fyne.NewPos(r.indent(), (size.Height-b.Height)/2), flow.Ink{Text: c, Link: c})...)
}

func (r *menuRenderer) Refresh() {
	r.once.Forget()
	r.Layout(r.x.Size())
	canvas.Refresh(r.x)
}
