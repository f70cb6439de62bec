// Package input is the text field that all others of the window are made of:
// Fyne's, without its frame, with keys that respect what a person sees as one
// character, and with Escape and Tab going where they go elsewhere.
//
// It knows no field that shows it; kit.Field and the composer draw the frame.
// Fyne's text field is kept underneath because it has input methods, undo and
// selection. Clusters follow Unicode TR29 (ui/flow).
package input

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"github.com/snugchat/snug/ui/flow"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/kit/press"
)

// Entry is a text field without a frame. Call ExtendBaseWidget before use, as
// for a widget.Entry, or Init.
type Entry struct {
	widget.Entry
	OnFocus func(has bool)                      // may be nil
	OnKey   func(k *fyne.KeyEvent) (taken bool) // keys that somebody else wants first; may be nil

	focused, shift bool
}

// Init makes the entry usable; who embeds it calls ExtendBaseWidget instead.
func (e *Entry) Init() { e.ExtendBaseWidget(e) }

// Focused reports whether the entry has the keyboard.
func (e *Entry) Focused() bool { return e.focused }

// Shift reports whether a Shift key is down.
func (e *Entry) Shift() bool { return e.shift }

// FocusGained implements fyne.Focusable.
func (e *Entry) FocusGained() {
	e.focused = true
	e.Entry.FocusGained()
	if e.OnFocus != nil {
		e.OnFocus(true)
	}
}

// FocusLost implements fyne.Focusable.
func (e *Entry) FocusLost() {
	e.focused, e.shift = false, false
	e.Entry.FocusLost()
	if e.OnFocus != nil {
		e.OnFocus(false)
	}
}

// AcceptsTab implements fyne.Tabbable: Tab always goes to the next widget.
func (e *Entry) AcceptsTab() bool { return false }

// KeyDown implements desktop.Keyable.
func (e *Entry) KeyDown(k *fyne.KeyEvent) {
	if k.Name == desktop.KeyShiftLeft || k.Name == desktop.KeyShiftRight {
		e.shift = true
	}
	e.Entry.KeyDown(k)
}

// KeyUp implements desktop.Keyable.
func (e *Entry) KeyUp(k *fyne.KeyEvent) {
	if k.Name == desktop.KeyShiftLeft || k.Name == desktop.KeyShiftRight {
		e.shift = false
	}
	e.Entry.KeyUp(k)
}

// TypedKey implements fyne.Focusable. A family of joined emoji is deleted and
// stepped over as the one picture that it is.
func (e *Entry) TypedKey(k *fyne.KeyEvent) {
	if e.OnKey != nil && e.OnKey(k) {
		return
	}
	times := 1
	switch k.Name {
	case fyne.KeyEscape:
		if press.Escape(press.Canvas(e.self())) {
			return
		}
	case fyne.KeyBackspace:
		if e.SelectedText() == "" {
			times = e.cluster(true)
		}
	case fyne.KeyDelete:
		if e.SelectedText() == "" {
			times = e.cluster(false)
		}
	case fyne.KeyLeft:
		if e.shift || e.SelectedText() == "" {
			times = e.cluster(true)
		}
	case fyne.KeyRight:
		if e.shift || e.SelectedText() == "" {
			times = e.cluster(false)
		}
	}
	for range times {
		e.Entry.TypedKey(k)
	}
}

// self is the object that the canvas knows: the focused one, which may embed e.
// TypedShortcut implements fyne.Shortcutable: what is none of Fyne's own, such as
// Ctrl and plus, is the window's.
func (e *Entry) TypedShortcut(s fyne.Shortcut) {
	if _, ours := s.(*desktop.CustomShortcut); ours {
		press.Shortcut(press.Canvas(e.self()), s)
		return
	}
	e.Entry.TypedShortcut(s)
}

func (e *Entry) self() fyne.CanvasObject {
	app := fyne.CurrentApp()
	if app == nil {
		return e
	}
	for _, w := range app.Driver().AllWindows() {
		if o, ok := w.Canvas().Focused().(interface{ entry() *Entry }); ok && o.entry() == e {
			return w.Canvas().Focused().(fyne.CanvasObject)
		}
	}
	return e
}

func (e *Entry) entry() *Entry { return e }

// cluster is how many runes the character before or behind the cursor has; at
// least one, so that the key does what it does at the ends.
func (e *Entry) cluster(before bool) int {
	if e.Password {
		return 1
	}
	const window = 64 // runes; no real cluster is longer
	rs := []rune(e.Text)
	at := min(e.CursorTextOffset(), len(rs))
	if !before {
		starts := flow.Clusters(rs[at:min(len(rs), at+window)])
		if len(starts) < 2 {
			return 1
		}
		return starts[1]
	}
	from := max(0, at-window)
	starts := flow.Clusters(rs[from:at])
	if len(starts) < 2 {
		return 1
	}
	return at - from - starts[len(starts)-2]
}

// Insert puts a text at the cursor, in place of what is selected. It can be
// undone like typing.
func (e *Entry) Insert(s string) {
	e.Entry.TypedShortcut(&fyne.ShortcutPaste{Clipboard: given(s)})
}

// given is a clipboard that holds one text.
type given string

func (g given) Content() string   { return string(g) }
func (g given) SetContent(string) {}

// CreateRenderer implements fyne.Widget.
func (e *Entry) CreateRenderer() fyne.WidgetRenderer {
	return draw.Laid(&bare{e.Entry.CreateRenderer()}, e.Size())
}

// bare leaves out the ground and the frame, which Fyne's renderer lists first.
// TestNoFrame fails when that changes.
type bare struct{ fyne.WidgetRenderer }

func (b *bare) Objects() []fyne.CanvasObject {
	all := b.WidgetRenderer.Objects()
	return all[min(2, len(all)):]
}
