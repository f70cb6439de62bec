package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/input"
	"github.com/snugchat/snug/ui/kit/press"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// Field is a line to type in: a title above, an icon or a button at its ends,
// and below it a hint, or, in red, why what was typed will not do.
type Field struct {
	widget.BaseWidget
	OnChanged func(string)
	OnSubmit  func(string)                        // Enter
	OnKey     func(k *fyne.KeyEvent) (taken bool) // keys that go somewhere else, such as into a list below

	title, hint *Label
	fault       string
	entry       *input.Entry
	lead        *Icon
	reveal      *IconButton
	hidden      bool // password is not shown
}

// NewField makes a field with a title above it; an empty title takes no room.
func NewField(title, placeholder string) *Field {
	f := &Field{entry: &input.Entry{}, title: NewLabel(title), hint: NewHint("")}
	f.title.TextSize, f.title.Bold = theme.TextName, true
	f.entry.PlaceHolder = placeholder
	f.entry.OnFocus = func(bool) { f.Refresh() }
	f.entry.OnKey = func(k *fyne.KeyEvent) bool { return f.OnKey != nil && f.OnKey(k) }
	f.entry.OnChanged = func(s string) {
		if f.fault != "" {
			f.SetFault("") // what is typed next is judged anew
		}
		if f.OnChanged != nil {
			f.OnChanged(s)
		}
	}
	f.entry.OnSubmitted = func(s string) {
		if f.OnSubmit != nil {
			f.OnSubmit(s)
		}
	}
	f.entry.Wrapping, f.entry.Scroll = fyne.TextWrapOff, container.ScrollNone // see glide
	f.entry.Init()
	f.ExtendBaseWidget(f)
	return f
}

// NewPassword makes a field that hides what is typed, with an eye to show it.
func NewPassword(title, placeholder string) *Field {
	f := NewField(title, placeholder)
	f.hidden = true
	f.entry.Password = true
	f.entry.ActionItem = container.NewWithoutLayout() // Fyne's own eye would be hidden by a long passphrase
	f.reveal = NewIconButton(icon.Eye, text.AriaReveal(), func() {
		f.hidden = !f.hidden
		f.entry.Password = f.hidden
		if f.hidden {
			f.reveal.SetIcon(icon.Eye, text.AriaReveal())
		} else {
			f.reveal.SetIcon(icon.EyeOff, text.AriaConceal())
		}
		f.entry.Refresh()
		f.Focus()
	}).Side(30)
	return f
}

// NewSearch makes a field with a magnifying glass.
func NewSearch(placeholder string) *Field {
	return NewField("", placeholder).WithIcon(icon.Search)
}

// WithIcon puts an icon at the beginning.
func (f *Field) WithIcon(n icon.Name) *Field {
	f.lead = NewIcon(n, theme.IconSmall)
	return f
}

// WithHint puts a quiet line below.
func (f *Field) WithHint(hint string) *Field {
	f.SetHint(hint)
	return f
}

// SetHint changes the quiet line below; "" takes it away.
func (f *Field) SetHint(hint string) {
	f.hint.SetText(hint)
	f.Refresh()
}

// SetFault shows a sentence in red instead of the hint until something else is
// typed; "" takes it away.
func (f *Field) SetFault(sentence string) {
	if f.fault != sentence {
		f.fault = sentence
		f.Refresh()
	}
}

// Fault is the sentence that SetFault shows.
func (f *Field) Fault() string { return f.fault }

// Text is what was typed.
func (f *Field) Text() string { return f.entry.Text }

// SetText replaces what was typed; OnChanged is called.
func (f *Field) SetText(s string) { f.entry.SetText(s) }

// SetEnabled turns the field on and off.
func (f *Field) SetEnabled(on bool) {
	if on {
		f.entry.Enable()
	} else {
		f.entry.Disable()
	}
}

// Focus gives the keyboard to the field.
func (f *Field) Focus() { press.Focus(f.entry) }

// Entry is the part that takes the keyboard, for tests and for the tab order.
func (f *Field) Entry() fyne.Focusable { return f.entry }

// AccessibilityLabel implements fyne.Accessible.
func (f *Field) AccessibilityLabel() string {
	label := f.title.Text()
	if label == "" {
		label = f.entry.PlaceHolder
	}
	if f.fault != "" {
		return label + ". " + f.fault
	}
	return label
}

// AccessibilityRole implements fyne.Accessible.
func (f *Field) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// CreateRenderer implements fyne.Widget.
func (f *Field) CreateRenderer() fyne.WidgetRenderer {
	f.ExtendBaseWidget(f)
	r := &fieldRenderer{f: f, frame: draw.Rect(), below: NewHint(""), entry: container.NewClip(nil)}
	line := container.New(&glide{entry: f.entry}, f.entry)
	r.entry.Content = line
	r.entry.ExtendBaseWidget(r.entry) // it has no size before
	f.entry.OnCursorChanged = func() { line.Layout.Layout(line.Objects, line.Size()) }
	r.dress()
	return draw.Laid(r, f.Size())
}

type fieldRenderer struct {
	f     *Field
	frame *canvas.Rectangle
	below *Label
	entry *container.Clip // what is seen of the field's
}

// glide is the layout of an entry that is as wide as its line, and of which a part is
// shown: the one with the caret. Fyne's own way draws a bar over the letters of a line
// that is longer than its field; a theme that hides the bar would have Fyne read all
// fonts anew for each field, 10 MiB each time, and keep them.
type glide struct {
	entry *input.Entry
	from  float32 // how much of the entry is beyond the left edge
}

func (g *glide) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(0, g.entry.MinSize().Height)
}

func (g *glide) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	wide := max(size.Width, g.entry.MinSize().Width)
	draw.Place(g.entry, -g.from, 0, wide, size.Height)
	caret, room := g.entry.CursorPosition().X, min(theme.Units(12), size.Width/2)
	if caret < g.from+room {
		g.from = caret - room
	} else if caret > g.from+size.Width-room {
		g.from = caret + room - size.Width
	}
	g.from = max(0, min(g.from, wide-size.Width))
	g.entry.Move(fyne.NewPos(-g.from, 0))
}

func (r *fieldRenderer) Destroy() {}

func (r *fieldRenderer) Objects() []fyne.CanvasObject {
	out := []fyne.CanvasObject{r.frame, r.entry}
	if r.f.title.Text() != "" {
		out = append(out, r.f.title)
	}
	if r.f.lead != nil {
		out = append(out, r.f.lead)
	}
	if r.f.reveal != nil {
		out = append(out, r.f.reveal)
	}
	if r.below.Text() != "" {
		out = append(out, r.below)
	}
	return out
}

func (r *fieldRenderer) top() float32 {
	if r.f.title.Text() == "" {
		return 0
	}
	return r.f.title.MinSize().Height + theme.Units(4)
}

func (r *fieldRenderer) MinSize() fyne.Size {
	h := r.top() + theme.Size(theme.FieldHigh)
	if r.below.Text() != "" {
		h += theme.Units(4) + r.below.MinSize().Height
	}
	return fyne.NewSize(theme.Units(120), h)
}

func (r *fieldRenderer) Layout(size fyne.Size) {
	y := r.top()
	if y > 0 {
		draw.Place(r.f.title, 0, 0, size.Width, r.f.title.MinSize().Height)
	}
	high := theme.Size(theme.FieldHigh)
	draw.Place(r.frame, 0, y, size.Width, high)
	left, right := theme.Units(6), theme.Units(6)
	if r.f.lead != nil {
		side := r.f.lead.MinSize()
		draw.Place(r.f.lead, theme.Units(12), y+(high-side.Height)/2, side.Width, side.Height)
		left = theme.Units(12) + side.Width
	}
	if r.f.reveal != nil {
		side := r.f.reveal.MinSize()
		right += side.Width
		draw.Place(r.f.reveal, size.Width-right, y+(high-side.Height)/2, side.Width, side.Height)
	}
	eh := r.f.entry.MinSize().Height
	draw.Place(r.entry, left, y+(high-eh)/2, size.Width-left-right, eh)
	if r.below.Text() != "" {
		r.below.Resize(fyne.NewSize(size.Width, r.below.MinSize().Height))
		draw.Place(r.below, 0, y+high+theme.Units(4), size.Width, r.below.MinSize().Height)
	}
}

func (r *fieldRenderer) dress() {
	r.frame.FillColor = theme.Color(theme.Input)
	r.frame.CornerRadius = theme.Size(theme.RadiusField)
	r.frame.StrokeColor, r.frame.StrokeWidth = theme.Color(theme.InputLine), 1
	r.below.Color = theme.SubText
	below := r.f.hint.Text()
	if r.f.fault != "" {
		below = r.f.fault
		r.below.Color = theme.Danger
		r.frame.StrokeColor, r.frame.StrokeWidth = theme.Color(theme.Danger), 1.5
	}
	if r.f.entry.Focused() {
		r.frame.StrokeWidth = 2
		if r.f.fault == "" {
			r.frame.StrokeColor = theme.Color(theme.FocusRing)
		}
	}
	r.below.SetText(below)
	r.below.Refresh()
}

func (r *fieldRenderer) Refresh() {
	r.dress()
	r.Layout(r.f.Size())
	r.f.entry.Refresh()
	canvas.Refresh(r.f)
}
