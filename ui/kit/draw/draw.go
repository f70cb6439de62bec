// Package draw holds the few strokes that the widgets of ui/kit share.
//
// It knows the theme and nothing of widgets.
// What it draws follows the visual language of the design notes.
package draw

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/theme"
)

// Rect makes a rectangle; its colours are set when its widget is laid out.
func Rect() *canvas.Rectangle { return canvas.NewRectangle(theme.Color(theme.Sidebar)) }

// Place moves and resizes at once.
func Place(o fyne.CanvasObject, x, y, w, h float32) {
	o.Move(fyne.NewPos(x, y))
	o.Resize(fyne.NewSize(w, h))
}

// Icon shows an icon in an image, in a colour of the theme in force, for a side
// in units.
func Icon(i *canvas.Image, n icon.Name, c fyne.ThemeColorName, side float32) {
	r := icon.Resource(n, theme.Color(c), side)
	if i.Resource != nil && i.Resource.Name() == r.Name() {
		return
	}
	i.Resource = r
	i.FillMode = canvas.ImageFillContain
	i.Refresh()
}

// Ring is a line around an area that has the keyboard.
func Ring(x, y, w, h, radius float32) *canvas.Rectangle {
	ring := Rect()
	ring.FillColor = color.Transparent
	ring.StrokeColor, ring.StrokeWidth, ring.CornerRadius = theme.Color(theme.FocusRing), 2, radius+3
	Place(ring, x-3, y-3, w+6, h+6)
	return ring
}

// Laid lays a new renderer out for the size that its widget has already. Fyne
// throws renderers away that were not painted for a minute, such as those of what
// is hidden, makes new ones when they are needed again, and does not lay them out
// while the size is the same: without this, what comes back is blank.
func Laid(r fyne.WidgetRenderer, size fyne.Size) fyne.WidgetRenderer {
	if size.Width > 0 && size.Height > 0 {
		r.Layout(size)
	}
	return r
}

// Once keeps a renderer from drawing the same again. Fyne lays a widget out
// anew whenever it finds objects in it that it has not seen; a Layout that makes
// new objects each time is therefore called, and the window repainted, for each
// frame for ever. A renderer asks Need in Layout and calls Forget in Refresh.
type Once struct {
	size fyne.Size
	done bool
}

// Need reports whether there is something to lay out for a size.
func (o *Once) Need(size fyne.Size) bool {
	if o.done && o.size == size {
		return false
	}
	o.size, o.done = size, true
	return true
}

// Forget makes the next Need true.
func (o *Once) Forget() { o.done = false }
