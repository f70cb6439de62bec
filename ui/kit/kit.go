// Package kit holds the widgets of the window that are not a screen: buttons,
// fields, rows, avatars, banners, progress, popovers and sheets.
//
// It knows theme, text and flow and nothing of the program: a widget shows what
// it was given and reports what the person did. No colour and no distance is
// written here as a number that the theme does not see.
//
// The look follows the visual language of the design notes. About theme
// switches: Fyne lays out and refreshes every widget of every window and
// overlay when the settings change, and each widget here reads its colours and
// sizes in Layout and Refresh. Who builds on them does nothing; a widget that
// is not in a window at that moment is up to date the next time it is shown.
// All calls are made on Fyne's goroutine (fyne.Do).
package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/theme"
)

// canvasOf is the canvas that shows o, or nil.
func canvasOf(o fyne.CanvasObject) fyne.Canvas {
	app := fyne.CurrentApp()
	if app == nil {
		return nil
	}
	return app.Driver().CanvasForObject(o)
}

// FocusOn gives the keyboard to a widget that is in a window; otherwise nothing
// happens.
func FocusOn(w fyne.Focusable) {
	if o, ok := w.(fyne.CanvasObject); ok {
		if c := canvasOf(o); c != nil {
			c.Focus(w)
		}
	}
}

// Dismisser is an overlay that Escape closes. Popovers, menus and sheets are.
type Dismisser interface{ Dismiss() }

// Escape closes the topmost overlay of a canvas and reports whether there was
// one. Focused widgets of this package call it for the Escape key; a window
// calls it for keys that no widget has taken (fyne.Canvas.SetOnTypedKey).
func Escape(c fyne.Canvas) bool {
	if c == nil {
		return false
	}
	if top, ok := c.Overlays().Top().(Dismisser); ok {
		top.Dismiss()
		return true
	}
	return false
}

// newRect makes a rounded rectangle; colours follow in Refresh.
func newRect() *canvas.Rectangle { return canvas.NewRectangle(theme.Color(theme.Sidebar)) }

// place moves and resizes at once.
func place(o fyne.CanvasObject, x, y, w, h float32) {
	o.Move(fyne.NewPos(x, y))
	o.Resize(fyne.NewSize(w, h))
}

// setIcon shows an icon in an image, in a colour of the theme in force.
func setIcon(i *canvas.Image, n icon.Name, c fyne.ThemeColorName) {
	r := icon.Resource(n, theme.Color(c))
	if i.Resource != nil && i.Resource.Name() == r.Name() {
		return
	}
	i.Resource = r
	i.FillMode = canvas.ImageFillContain
	i.Refresh()
}
