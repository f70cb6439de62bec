package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"github.com/snugchat/snug/ui/flow"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/press"
	"github.com/snugchat/snug/ui/theme"
)

// Kind says how much a button stands out.
type Kind int

// A screen has one Primary button. Danger is for what cannot be undone; Plain
// is text only, for the least important one.
const (
	Secondary Kind = iota
	Primary
	Danger
	Plain
)

// Button is a button with a word and perhaps an icon.
type Button struct {
	press.Base
	kind  Kind
	text  string
	icon  icon.Name
	small bool
	ink   fyne.ThemeColorName // of a Plain button; "" for the accent
}

// NewButton makes a button that calls press on a click, Space or Enter.
func NewButton(kind Kind, text string, onPress func()) *Button {
	b := &Button{kind: kind, text: text}
	b.OnPress, b.Self = onPress, b
	b.ExtendBaseWidget(b)
	return b
}

// WithIcon puts an icon before the word.
func (b *Button) WithIcon(n icon.Name) *Button {
	b.icon = n
	return b
}

// Small makes the button lower, for rows, banners and cards.
func (b *Button) Small() *Button {
	b.small = true
	return b
}

// In gives a Plain button another colour, for grounds on which the accent
// cannot be read.
func (b *Button) In(ink fyne.ThemeColorName) *Button {
	b.ink = ink
	return b
}

// SetText changes the word.
func (b *Button) SetText(text string) {
	if b.text != text {
		b.text = text
		b.Refresh()
	}
}

// Text is the word on the button.
func (b *Button) Text() string { return b.text }

// SetPress changes what the button does.
func (b *Button) SetPress(onPress func()) { b.OnPress = onPress }

// SetEnabled turns the button on and off.
func (b *Button) SetEnabled(on bool) {
	if on {
		b.Enable()
	} else {
		b.Disable()
	}
}

// Confirms reports whether Enter may press the button while nothing else has the
// keyboard: it is the one that is meant, does not destroy, and is switched on.
func (b *Button) Confirms() bool { return b.kind == Primary && !b.Disabled() }

// AccessibilityLabel implements fyne.Accessible.
func (b *Button) AccessibilityLabel() string { return b.text }

// colors are ground, edge and text of the state that the button is in.
func (b *Button) colors() (ground, edge, text fyne.ThemeColorName) {
	active := b.Over || b.Down
	if b.Disabled() {
		if b.kind == Plain {
			return "", "", theme.Disabled
		}
		return theme.Input, "", theme.Disabled
	}
	switch b.kind {
	case Primary:
		if active {
			return theme.PrimaryOver, "", theme.PrimaryText
		}
		return theme.Primary, "", theme.PrimaryText
	case Danger:
		if active {
			return theme.DangerOver, "", theme.DangerText
		}
		return theme.DangerFill, "", theme.DangerText
	case Plain:
		if b.ink != "" {
			return "", "", b.ink
		}
		if active {
			return theme.AccentSoft, "", theme.Accent
		}
		return "", "", theme.Accent
	}
	if b.Down {
		return theme.Pressed, theme.InputLine, theme.Text
	}
	if b.Over {
		return theme.Hover, theme.InputLine, theme.Text
	}
	return theme.Card, theme.InputLine, theme.Text
}

// CreateRenderer implements fyne.Widget.
func (b *Button) CreateRenderer() fyne.WidgetRenderer {
	b.ExtendBaseWidget(b)
	return draw.Laid(&buttonRenderer{b: b, ground: draw.Rect(), ring: draw.Rect(), image: &canvas.Image{}}, b.Size())
}

type buttonRenderer struct {
	b            *Button
	ground, ring *canvas.Rectangle
	image        *canvas.Image
	objects      []fyne.CanvasObject
	once         draw.Once
}

func (r *buttonRenderer) Destroy()                     {}
func (r *buttonRenderer) Objects() []fyne.CanvasObject { return r.objects }

func (r *buttonRenderer) style() flow.Style {
	size := theme.Size(theme.TextBody)
	if r.b.small {
		size = theme.Size(theme.TextName)
	}
	return flow.Style{Size: size, Line: flow.LineHeight(size), Bold: true}
}

// smallPad is the room beside the words of a small button, in units.
const smallPad = 12

func (r *buttonRenderer) metrics() (high, pad, side, gap float32) {
	if r.b.small {
		return theme.Units(30), theme.Units(smallPad), theme.Size(theme.IconSmall), theme.Units(6)
	}
	return theme.Size(theme.ButtonHigh), theme.Units(18), theme.Units(18), theme.Units(8)
}

func (r *buttonRenderer) MinSize() fyne.Size {
	high, pad, side, gap := r.metrics()
	w := flow.Layout(r.b.text, r.style(), flow.Unbounded).Width + 2*pad
	if r.b.icon != "" {
		w += side + gap
	}
	return fyne.NewSize(w, high)
}

func (r *buttonRenderer) Layout(size fyne.Size) {
	if r.once.Need(size) {
		r.dress()
	}
}

func (r *buttonRenderer) dress() {
	size := r.b.Size()
	ground, edge, text := r.b.colors()
	radius := theme.Size(theme.RadiusField)
	r.objects = r.objects[:0]
	if r.b.Ring && !r.b.Disabled() {
		r.ring.FillColor, r.ring.StrokeColor = color.Transparent, theme.Color(theme.FocusRing)
		r.ring.StrokeWidth, r.ring.CornerRadius = 2, radius+3
		draw.Place(r.ring, -3, -3, size.Width+6, size.Height+6)
		r.objects = append(r.objects, r.ring)
	}
	if ground != "" {
		r.ground.FillColor, r.ground.CornerRadius, r.ground.StrokeWidth = theme.Color(ground), radius, 0
		if edge != "" {
			r.ground.StrokeColor, r.ground.StrokeWidth = theme.Color(edge), 1
		}
		r.ground.Resize(size)
		r.objects = append(r.objects, r.ground)
	}
	_, pad, side, gap := r.metrics()
	room := size.Width - 2*min(pad, theme.Units(8))
	if r.b.icon != "" {
		room -= side + gap
	}
	block := flow.Elide(r.b.text, r.style(), max(0, room))
	w := block.Width
	if r.b.icon != "" {
		w += side + gap
	}
	x := float32(int((size.Width - w) / 2))
	if r.b.icon != "" {
		draw.Icon(r.image, r.b.icon, text, side)
		draw.Place(r.image, x, float32(int((size.Height-side)/2)), side, side)
		r.objects = append(r.objects, r.image)
		x += side + gap
	}
	ink := theme.Color(text)
	r.objects = append(r.objects, block.Objects(fyne.NewPos(x, float32(int((size.Height-block.Height)/2))), flow.Ink{Text: ink, Link: ink})...)
}

func (r *buttonRenderer) Refresh() {
	r.once.Forget()
	r.Layout(r.b.Size())
	canvas.Refresh(r.b)
}

// IconButton is a round button with an icon only. Its label is what a screen
// reader says.
type IconButton struct {
	press.Base
	icon   icon.Name
	label  string
	filled bool
	ink    fyne.ThemeColorName // at rest; "" for the usual one
	side   float32
}

// NewIconButton makes an icon button of 36 units.
func NewIconButton(n icon.Name, label string, onPress func()) *IconButton {
	b := &IconButton{icon: n, label: label, side: 36}
	b.OnPress, b.Self = onPress, b
	b.ExtendBaseWidget(b)
	return b
}

// Filled gives it the ground of a primary button.
func (b *IconButton) Filled() *IconButton {
	b.filled = true
	return b
}

// In colours the icon at rest, for buttons on a ground of their own.
func (b *IconButton) In(ink fyne.ThemeColorName) *IconButton {
	b.ink = ink
	return b
}

// Side changes its width and height, in units.
func (b *IconButton) Side(units float32) *IconButton {
	b.side = units
	return b
}

// SetIcon changes icon and label, for a button with two states.
func (b *IconButton) SetIcon(n icon.Name, label string) {
	if b.icon != n || b.label != label {
		b.icon, b.label = n, label
		b.Refresh()
	}
}

// SetPress changes what the button does.
func (b *IconButton) SetPress(onPress func()) { b.OnPress = onPress }

// SetEnabled turns the button on and off.
func (b *IconButton) SetEnabled(on bool) {
	if on {
		b.Enable()
	} else {
		b.Disable()
	}
}

// AccessibilityLabel implements fyne.Accessible.
func (b *IconButton) AccessibilityLabel() string { return b.label }

// CreateRenderer implements fyne.Widget.
func (b *IconButton) CreateRenderer() fyne.WidgetRenderer {
	b.ExtendBaseWidget(b)
	r := &iconButtonRenderer{b: b, ground: draw.Rect(), image: &canvas.Image{}}
	r.dress()
	return draw.Laid(r, b.Size())
}

type iconButtonRenderer struct {
	b      *IconButton
	ground *canvas.Rectangle
	image  *canvas.Image
}

func (r *iconButtonRenderer) Destroy() {}
func (r *iconButtonRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.ground, r.image}
}

func (r *iconButtonRenderer) MinSize() fyne.Size    { return fyne.NewSquareSize(theme.Units(r.b.side)) }
func (r *iconButtonRenderer) Layout(size fyne.Size) { r.dress() }

func (r *iconButtonRenderer) dress() {
	size := r.b.Size()
	d := min(size.Width, size.Height)
	draw.Place(r.ground, (size.Width-d)/2, (size.Height-d)/2, d, d)
	side := theme.Size(theme.IconNormal)
	if r.b.side < 34 {
		side = theme.Units(18)
	}
	draw.Place(r.image, float32(int((size.Width-side)/2)), float32(int((size.Height-side)/2)), side, side)
	r.ground.CornerRadius = d / 2
	r.ground.StrokeWidth = 0
	ink := theme.SubText
	if r.b.ink != "" {
		ink = r.b.ink
	}
	fill := fyne.ThemeColorName("")
	switch {
	case r.b.filled && r.b.Disabled():
		fill, ink = theme.Track, theme.Disabled
	case r.b.filled && (r.b.Over || r.b.Down):
		fill, ink = theme.PrimaryOver, theme.PrimaryText
	case r.b.filled:
		fill, ink = theme.Primary, theme.PrimaryText
	case r.b.Disabled():
		ink = theme.Disabled
	case r.b.Down:
		fill, ink = theme.Pressed, theme.Text
	case r.b.Over:
		fill, ink = theme.Pressed, theme.Text
	}
	r.ground.FillColor = color.Transparent
	if fill != "" {
		r.ground.FillColor = theme.Color(fill)
	}
	if r.b.Ring && !r.b.Disabled() {
		r.ground.StrokeColor, r.ground.StrokeWidth = theme.Color(theme.FocusRing), 2
	}
	draw.Icon(r.image, r.b.icon, ink, side)
}

func (r *iconButtonRenderer) Refresh() {
	r.dress()
	canvas.Refresh(r.b)
}

// Icon shows one icon in a colour of the theme.
type Icon struct {
	widget.BaseWidget
	Name  icon.Name
	Color fyne.ThemeColorName
	Side  fyne.ThemeSizeName
}

// NewIcon makes an icon in the second text colour.
func NewIcon(n icon.Name, side fyne.ThemeSizeName) *Icon {
	i := &Icon{Name: n, Color: theme.SubText, Side: side}
	i.ExtendBaseWidget(i)
	return i
}

// In changes the colour.
func (i *Icon) In(c fyne.ThemeColorName) *Icon {
	i.Color = c
	return i
}

// CreateRenderer implements fyne.Widget.
func (i *Icon) CreateRenderer() fyne.WidgetRenderer {
	i.ExtendBaseWidget(i)
	image := &canvas.Image{}
	draw.Icon(image, i.Name, i.Color, theme.Size(i.Side))
	return draw.Laid(&iconRenderer{i: i, image: image}, i.Size())
}

type iconRenderer struct {
	i     *Icon
	image *canvas.Image
}

func (r *iconRenderer) Destroy()                     {}
func (r *iconRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.image} }
func (r *iconRenderer) MinSize() fyne.Size           { return fyne.NewSquareSize(theme.Size(r.i.Side)) }

func (r *iconRenderer) Layout(size fyne.Size) {
	d := min(theme.Size(r.i.Side), size.Width, size.Height)
	draw.Place(r.image, (size.Width-d)/2, (size.Height-d)/2, d, d)
}

func (r *iconRenderer) Refresh() {
	draw.Icon(r.image, r.i.Name, r.i.Color, theme.Size(r.i.Side))
	r.Layout(r.i.Size())
}
