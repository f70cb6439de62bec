package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// pressable is the behaviour of everything that can be pressed: pointer over
// it, pointer down, keyboard focus, Space and Enter, disabled. The widget that
// embeds it sets self and press, and looks at over, down and ring in its Refresh.
type pressable struct {
	widget.DisableableWidget
	self   fyne.CanvasObject      // the widget that embeds it
	press  func()                 // may be nil
	second func(at fyne.Position) // other mouse button, canvas position; may be nil
	over   bool
	down   bool
	ring   bool // has the keyboard
}

var (
	_ fyne.Tappable          = (*pressable)(nil)
	_ fyne.SecondaryTappable = (*pressable)(nil)
	_ fyne.Focusable         = (*pressable)(nil)
	_ desktop.Hoverable      = (*pressable)(nil)
	_ desktop.Mouseable      = (*pressable)(nil)
	_ desktop.Cursorable     = (*pressable)(nil)
)

func (p *pressable) set(state *bool, to bool) {
	if *state == to {
		return
	}
	*state = to
	p.Refresh()
}

// Tapped implements fyne.Tappable.
func (p *pressable) Tapped(*fyne.PointEvent) { p.activate() }

func (p *pressable) activate() {
	if p.press != nil && !p.Disabled() {
		p.press()
	}
}

// TappedSecondary implements fyne.SecondaryTappable.
func (p *pressable) TappedSecondary(e *fyne.PointEvent) {
	if p.second != nil && !p.Disabled() {
		p.second(e.AbsolutePosition)
	}
}

// MouseIn implements desktop.Hoverable.
func (p *pressable) MouseIn(*desktop.MouseEvent) { p.set(&p.over, true) }

// MouseMoved implements desktop.Hoverable.
func (p *pressable) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (p *pressable) MouseOut() {
	p.down = false
	p.over = true
	p.set(&p.over, false)
}

// MouseDown implements desktop.Mouseable.
func (p *pressable) MouseDown(e *desktop.MouseEvent) {
	if e.Button == desktop.MouseButtonPrimary {
		p.set(&p.down, true)
	}
}

// MouseUp implements desktop.Mouseable.
func (p *pressable) MouseUp(*desktop.MouseEvent) { p.set(&p.down, false) }

// FocusGained implements fyne.Focusable.
func (p *pressable) FocusGained() { p.set(&p.ring, true) }

// FocusLost implements fyne.Focusable.
func (p *pressable) FocusLost() { p.set(&p.ring, false) }

// TypedRune implements fyne.Focusable.
func (p *pressable) TypedRune(rune) {}

// TypedKey implements fyne.Focusable.
func (p *pressable) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		p.activate()
	case fyne.KeyEscape:
		Escape(canvasOf(p.self))
	}
}

// Cursor implements desktop.Cursorable.
func (p *pressable) Cursor() desktop.Cursor {
	if p.Disabled() {
		return desktop.DefaultCursor
	}
	return desktop.PointerCursor
}

// AccessibilityRole implements fyne.Accessible for all that embed it.
func (p *pressable) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }
