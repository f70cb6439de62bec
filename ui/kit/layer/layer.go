// Package layer shows what lies over a window: popovers, menus, sheets and
// short notes.
//
// It knows the kit and nothing of what is in a layer. Escape and a click beside
// a layer close it and give the keyboard back to where it was. Fyne's own
// popups are not used: they are square and keep Escape to themselves.
//
// The look follows the visual language of the design notes.
package layer

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/kit/press"
	"github.com/snugchat/snug/ui/theme"
)

// Layer is one open popover, menu or sheet.
type Layer struct {
	widget.BaseWidget
	// OnClose is called once when the layer has gone, whatever closed it. It may
	// be nil.
	OnClose func()

	canvas  fyne.Canvas
	before  fyne.Focusable // had the keyboard
	content fyne.CanvasObject
	radius  fyne.ThemeSizeName
	dim     bool // darken what is behind
	stays   bool // a click beside it does not close it
	arrange func(room fyne.Size) (fyne.Position, fyne.Size)
	keys    func(*fyne.KeyEvent) // keys while nothing in it has the keyboard
	open    bool
}

var (
	_ press.Dismisser        = (*Layer)(nil)
	_ fyne.Focusable         = (*Layer)(nil)
	_ fyne.Tappable          = (*Layer)(nil)
	_ fyne.SecondaryTappable = (*Layer)(nil)
	_ fyne.Scrollable        = (*Layer)(nil)
)

// show puts the layer on a canvas and gives it the keyboard. What had it shows so
// no more: Fyne leaves that to it, as each layer has a keyboard of its own.
func (l *Layer) show(c fyne.Canvas) {
	l.canvas, l.before, l.open = c, c.Focused(), true
	c.Unfocus()
	l.ExtendBaseWidget(l)
	c.Overlays().Add(l)
	l.Resize(c.Size())
	l.Refresh()
	c.Focus(l)
}

// Dismiss closes the layer, and what was opened over it.
func (l *Layer) Dismiss() {
	if !l.open {
		return
	}
	l.open = false
	l.canvas.Overlays().Remove(l)
	if l.before != nil {
		l.canvas.Focus(l.before)
	}
	if l.OnClose != nil {
		l.OnClose()
	}
}

// Focus gives the keyboard to a widget in the layer, such as its first field. It
// works at once, before the layer was drawn for the first time.
func (l *Layer) Focus(w fyne.Focusable) {
	if l.open {
		l.canvas.Focus(w)
	}
}

// Open reports whether the layer is still shown.
func (l *Layer) Open() bool { return l.open }

// Relayout finds the place again after the content has changed its size.
func (l *Layer) Relayout() { l.Refresh() }

func (l *Layer) outside(p fyne.Position) bool {
	at, size := l.arrange(l.Size())
	return p.X < at.X || p.Y < at.Y || p.X > at.X+size.Width || p.Y > at.Y+size.Height
}

// Tapped implements fyne.Tappable: a click beside the layer closes it.
func (l *Layer) Tapped(e *fyne.PointEvent) {
	if l.outside(e.Position) && !l.stays {
		l.Dismiss()
	}
}

// TappedSecondary implements fyne.SecondaryTappable.
func (l *Layer) TappedSecondary(e *fyne.PointEvent) { l.Tapped(e) }

// Scrolled implements fyne.Scrollable: what is behind stands still.
func (l *Layer) Scrolled(*fyne.ScrollEvent) {}

// FocusGained implements fyne.Focusable.
func (l *Layer) FocusGained() {}

// FocusLost implements fyne.Focusable.
func (l *Layer) FocusLost() {}

// TypedRune implements fyne.Focusable.
func (l *Layer) TypedRune(rune) {}

// TypedKey implements fyne.Focusable.
func (l *Layer) TypedKey(e *fyne.KeyEvent) {
	if e.Name == fyne.KeyEscape {
		l.Dismiss()
		return
	}
	if l.keys != nil {
		l.keys(e)
	}
}

// CreateRenderer implements fyne.Widget.
func (l *Layer) CreateRenderer() fyne.WidgetRenderer {
	l.ExtendBaseWidget(l)
	return draw.Laid(&renderer{l: l, scrim: draw.Rect(), ground: draw.Rect()}, l.Size())
}

type renderer struct {
	l             *Layer
	scrim, ground *canvas.Rectangle
}

func (r *renderer) Destroy()           {}
func (r *renderer) MinSize() fyne.Size { return fyne.NewSize(1, 1) }
func (r *renderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.scrim, r.ground, r.l.content}
}

func (r *renderer) Layout(size fyne.Size) {
	r.scrim.FillColor = color.Transparent
	if r.l.dim {
		r.scrim.FillColor = theme.Color(theme.Scrim)
	}
	r.scrim.Resize(size)
	at, s := r.l.arrange(size)
	g := r.ground
	g.FillColor, g.CornerRadius = theme.Color(theme.Overlay), theme.Size(r.l.radius)
	g.StrokeColor, g.StrokeWidth = theme.Color(theme.OverlayLine), 1
	g.Shadow = canvas.Shadow{Color: theme.Color(theme.Shadow), BlurRadius: 18, Offset: fyne.NewPos(0, 6)}
	draw.Place(g, at.X, at.Y, s.Width, s.Height)
	draw.Place(r.l.content, at.X, at.Y, s.Width, s.Height)
}

func (r *renderer) Refresh() {
	r.Layout(r.l.Size())
	canvas.Refresh(r.l)
}

// margin is how near a layer comes to the edge of the window.
const margin = 8

// beside finds a place for a size at an area: below it when there is room,
// otherwise above, moved so that all of it is in the window.
func beside(area fyne.Position, extent, size, room fyne.Size, right bool) fyne.Position {
	gap := theme.Units(6)
	x := area.X
	if right {
		x = area.X + extent.Width - size.Width
	}
	y := area.Y + extent.Height + gap
	if y+size.Height > room.Height-margin && area.Y-gap-size.Height >= margin {
		y = area.Y - gap - size.Height
	}
	x = max(margin, min(x, room.Width-size.Width-margin))
	y = max(margin, min(y, room.Height-size.Height-margin))
	return fyne.NewPos(x, y)
}

// Popover opens content beside an object that is on screen: with its left edge
// at the object's, or with its right edges together. It is never larger than
// the window. An anchor that is not on screen opens nothing and answers nil.
func Popover(anchor fyne.CanvasObject, content fyne.CanvasObject, right bool) *Layer {
	c := press.Canvas(anchor)
	if c == nil {
		return nil
	}
	l := &Layer{content: content, radius: theme.RadiusCard}
	l.arrange = func(room fyne.Size) (fyne.Position, fyne.Size) {
		at := fyne.CurrentApp().Driver().AbsolutePositionForObject(anchor)
		size := fits(content, content.MinSize().Width, room)
		return beside(at, anchor.Size(), size, room, right), size
	}
	l.show(c)
	return l
}

// PopoverAt opens content at a place on a canvas, such as where a menu was.
func PopoverAt(c fyne.Canvas, at fyne.Position, content fyne.CanvasObject) *Layer {
	l := &Layer{content: content, radius: theme.RadiusCard}
	l.arrange = func(room fyne.Size) (fyne.Position, fyne.Size) {
		size := fits(content, content.MinSize().Width, room)
		return beside(at, fyne.Size{}, size, room, false), size
	}
	l.show(c)
	return l
}

// Full covers the whole window with content; keys are those that nothing in it
// takes, and may be nil.
func Full(c fyne.Canvas, content fyne.CanvasObject, keys func(*fyne.KeyEvent)) *Layer {
	l := &Layer{content: content, radius: theme.RadiusInner, keys: keys, stays: true}
	l.arrange = func(room fyne.Size) (fyne.Position, fyne.Size) { return fyne.Position{}, room }
	l.show(c)
	return l
}

// fits is the size of content at a width, inside of a window.
func fits(content fyne.CanvasObject, width float32, room fyne.Size) fyne.Size {
	width = min(width, room.Width-2*margin)
	if content.Size().Width != width {
		content.Resize(fyne.NewSize(width, content.MinSize().Height)) // a wrapped text learns its width
	}
	return fyne.NewSize(width, min(content.MinSize().Height, room.Height-2*margin))
}
