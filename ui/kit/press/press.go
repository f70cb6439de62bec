// Package press is the behaviour of everything that can be pressed: pointer
// over it, pointer down, keyboard focus, Space and Enter, switched off.
//
// It draws nothing and knows no widget; kit, pick, layer and the others embed
// Base. The rules are those of WCAG 2.2, criteria 2.1.1 (keyboard) and 2.4.7
// (visible focus).
package press

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// Base is embedded by a widget, which sets Self and OnPress before it is shown
// and looks at the three states when Fyne refreshes it.
type Base struct {
	widget.DisableableWidget
	Self     fyne.CanvasObject      // the widget that embeds it
	OnPress  func()                 // click, Space, Enter; may be nil
	OnSecond func(at fyne.Position) // other mouse button, place on the canvas; may be nil
	Over     bool                   // the pointer is over it
	Down     bool                   // and pressed
	Ring     bool                   // it has the keyboard
}

var (
	_ fyne.Tappable          = (*Base)(nil)
	_ fyne.SecondaryTappable = (*Base)(nil)
	_ fyne.Focusable         = (*Base)(nil)
	_ desktop.Hoverable      = (*Base)(nil)
	_ desktop.Mouseable      = (*Base)(nil)
	_ desktop.Cursorable     = (*Base)(nil)
)

func (p *Base) set(state *bool, to bool) {
	if *state == to {
		return
	}
	*state = to
	p.Refresh()
}

// Tapped implements fyne.Tappable.
func (p *Base) Tapped(*fyne.PointEvent) { p.activate() }

func (p *Base) activate() {
	if p.OnPress != nil && !p.Disabled() {
		p.OnPress()
	}
}

// TappedSecondary implements fyne.SecondaryTappable.
func (p *Base) TappedSecondary(e *fyne.PointEvent) {
	if p.OnSecond != nil && !p.Disabled() {
		p.OnSecond(e.AbsolutePosition)
	}
}

// MouseIn implements desktop.Hoverable.
func (p *Base) MouseIn(*desktop.MouseEvent) { p.set(&p.Over, true) }

// MouseMoved implements desktop.Hoverable.
func (p *Base) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (p *Base) MouseOut() {
	p.Down = false
	p.Over = true
	p.set(&p.Over, false)
}

// MouseDown implements desktop.Mouseable.
func (p *Base) MouseDown(e *desktop.MouseEvent) {
	if e.Button == desktop.MouseButtonPrimary {
		p.set(&p.Down, true)
	}
}

// MouseUp implements desktop.Mouseable.
func (p *Base) MouseUp(*desktop.MouseEvent) { p.set(&p.Down, false) }

// FocusGained implements fyne.Focusable.
func (p *Base) FocusGained() { p.set(&p.Ring, true) }

// FocusLost implements fyne.Focusable.
func (p *Base) FocusLost() { p.set(&p.Ring, false) }

// TypedRune implements fyne.Focusable.
func (p *Base) TypedRune(rune) {}

// TypedKey implements fyne.Focusable.
func (p *Base) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		p.activate()
	case fyne.KeyEscape:
		Escape(Canvas(p.Self))
	}
}

// Cursor implements desktop.Cursorable.
func (p *Base) Cursor() desktop.Cursor {
	if p.Disabled() {
		return desktop.DefaultCursor
	}
	return desktop.PointerCursor
}

// AccessibilityRole implements fyne.Accessible for all that embed it.
func (p *Base) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

// Canvas is the canvas that shows o, or nil. Fyne knows it from the first frame
// on in which o was drawn; before that it is the canvas of the only window, if
// there is no other.
func Canvas(o fyne.CanvasObject) fyne.Canvas {
	app := fyne.CurrentApp()
	if app == nil {
		return nil
	}
	if c := app.Driver().CanvasForObject(o); c != nil {
		return c
	}
	if all := app.Driver().AllWindows(); len(all) == 1 {
		return all[0].Canvas()
	}
	return nil
}

// Focus gives the keyboard to a widget that is in a window; otherwise nothing
// happens.
func Focus(w fyne.Focusable) {
	if o, ok := w.(fyne.CanvasObject); ok {
		if c := Canvas(o); c != nil {
			c.Focus(w)
		}
	}
}

// Shortcut hands a shortcut that the focused widget has no use for to the window
// around it. Fyne gives shortcuts to the focused widget only.
func Shortcut(c fyne.Canvas, s fyne.Shortcut) {
	if w, ok := c.(fyne.Shortcutable); ok {
		w.TypedShortcut(s)
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
