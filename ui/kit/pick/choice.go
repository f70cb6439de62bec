// Package pick holds the widgets that choose between answers: switches, boxes,
// cards, segments and tabs.
//
// It knows the theme and nothing of what is chosen. States are said to screen
// readers in words. The look follows the visual language of the design notes.
package pick

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"github.com/snugchat/snug/ui/flow"
	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/press"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// Toggle is a switch with a title at its left and perhaps a second line.
type Toggle struct {
	press.Base
	title, line string
	on, check   bool
	changed     func(bool)
}

// NewToggle makes a switch; changed is called after a person has moved it.
func NewToggle(title, line string, on bool, changed func(bool)) *Toggle {
	t := &Toggle{title: title, line: line, on: on, changed: changed}
	t.OnPress, t.Self = t.flip, t
	t.ExtendBaseWidget(t)
	return t
}

// NewCheck is a Toggle that looks like a box with a tick, for a choice that
// takes effect only with a button below it.
func NewCheck(title string, on bool, changed func(bool)) *Toggle {
	t := NewToggle(title, "", on, changed)
	t.check = true
	return t
}

func (t *Toggle) flip() {
	t.on = !t.on
	t.Refresh()
	if t.changed != nil {
		t.changed(t.on)
	}
}

// On is the state.
func (t *Toggle) On() bool { return t.on }

// SetOn changes the state without calling back.
func (t *Toggle) SetOn(on bool) {
	if t.on != on {
		t.on = on
		t.Refresh()
	}
}

// AccessibilityLabel implements fyne.Accessible.
func (t *Toggle) AccessibilityLabel() string {
	if t.on {
		return text.AriaOn(t.title)
	}
	return text.AriaOff(t.title)
}

// CreateRenderer implements fyne.Widget.
func (t *Toggle) CreateRenderer() fyne.WidgetRenderer {
	t.ExtendBaseWidget(t)
	return draw.Laid(&toggleRenderer{t: t}, t.Size())
}

type toggleRenderer struct {
	t       *Toggle
	objects []fyne.CanvasObject
	once    draw.Once
}

func (r *toggleRenderer) Destroy()                     {}
func (r *toggleRenderer) Objects() []fyne.CanvasObject { return r.objects }

// words sets title and second line in a width.
func words(title, line string, width float32) (t, l *flow.Block) {
	body, small := theme.Size(theme.TextBody), theme.Size(theme.TextSmall)
	t = flow.Layout(title, flow.Style{Size: body, Line: flow.LineHeight(body)}, width)
	if line != "" {
		l = flow.Layout(line, flow.Style{Size: small, Line: flow.LineHeight(small)}, width)
	}
	return t, l
}

func (r *toggleRenderer) room(width float32) float32 {
	return max(theme.Units(60), width-theme.Units(54))
}

func (r *toggleRenderer) MinSize() fyne.Size {
	w := r.t.Size().Width
	if w <= 0 {
		w = theme.Units(240)
	}
	a, b := words(r.t.title, r.t.line, r.room(w))
	h, least := a.Height, theme.Units(140)
	if b != nil {
		h += b.Height
	} else {
		least = min(least, a.Width+theme.Units(54))
	}
	return fyne.NewSize(least, max(theme.Units(34), h+theme.Units(8)))
}

func (r *toggleRenderer) Layout(size fyne.Size) {
	if !r.once.Need(size) {
		return
	}
	a, b := words(r.t.title, r.t.line, r.room(size.Width))
	high := a.Height
	if b != nil {
		high += b.Height
	}
	x := float32(0)
	if r.t.check {
		x = theme.Units(28)
	}
	y := (size.Height - high) / 2
	main, sub := theme.Color(theme.Text), theme.Color(theme.SubText)
	if r.t.Disabled() {
		main, sub = theme.Color(theme.Disabled), theme.Color(theme.Disabled)
	}
	r.objects = r.objects[:0]
	if r.t.check {
		r.box(y + (a.Height-theme.Units(20))/2)
	} else {
		r.knob(size)
	}
	r.objects = append(r.objects, a.Objects(fyne.NewPos(x, y), flow.Ink{Text: main, Link: main})...)
	if b != nil {
		r.objects = append(r.objects, b.Objects(fyne.NewPos(x, y+a.Height), flow.Ink{Text: sub, Link: sub})...)
	}
}

func (r *toggleRenderer) knob(size fyne.Size) {
	w, h := theme.Units(40), theme.Units(24)
	x, y := size.Width-w, (size.Height-h)/2
	track := draw.Rect()
	track.CornerRadius = h / 2
	track.FillColor = theme.Color(theme.Disabled)
	if r.t.on {
		track.FillColor = theme.Color(theme.Primary)
	}
	if r.t.Disabled() {
		track.FillColor = theme.Color(theme.Track)
	}
	draw.Place(track, x, y, w, h)
	if r.t.Ring {
		r.objects = append(r.objects, draw.Ring(x, y, w, h, h/2))
	}
	ball := canvas.NewCircle(color.White)
	d := h - theme.Units(6)
	bx := x + theme.Units(3)
	if r.t.on {
		bx = x + w - d - theme.Units(3)
	}
	draw.Place(ball, bx, y+theme.Units(3), d, d)
	r.objects = append(r.objects, track, ball)
}

func (r *toggleRenderer) box(y float32) {
	d := theme.Units(20)
	b := draw.Rect()
	b.CornerRadius = theme.Units(6)
	b.FillColor = theme.Color(theme.Input)
	b.StrokeColor, b.StrokeWidth = theme.Color(theme.SubText), 1.5
	if r.t.Over {
		b.StrokeColor = theme.Color(theme.Accent)
	}
	if r.t.on {
		b.FillColor, b.StrokeWidth = theme.Color(theme.Primary), 0
	}
	draw.Place(b, 0, y, d, d)
	if r.t.Ring {
		r.objects = append(r.objects, draw.Ring(0, y, d, d, b.CornerRadius))
	}
	r.objects = append(r.objects, b)
	if r.t.on {
		i := icon.Image(icon.Check, theme.Color(theme.PrimaryText), theme.Units(16))
		i.Move(fyne.NewPos(theme.Units(2), y+theme.Units(2)))
		r.objects = append(r.objects, i)
	}
}

func (r *toggleRenderer) Refresh() {
	r.once.Forget()
	r.Layout(r.t.Size())
	canvas.Refresh(r.t)
}

// Option is one choice of a Choices or Tabs.
type Option struct {
	Title, Line string
	Icon        icon.Name // "" for none
	Off         bool      // cannot be chosen; Line says why
}

// Choices are cards of which one is chosen: a question with a few answers.
type Choices struct {
	widget.BaseWidget
	cards   []*choice
	chosen  int
	changed func(int)
	content *fyne.Container
}

// NewChoices makes the cards; changed is called with the number of the card
// that a person has chosen.
func NewChoices(options []Option, chosen int, changed func(int)) *Choices {
	c := &Choices{chosen: chosen, changed: changed, content: kit.Column(8)}
	for i, o := range options {
		card := &choice{of: c, number: i, option: o}
		card.Self = card
		card.OnPress = func() { c.choose(i) }
		card.ExtendBaseWidget(card)
		if o.Off {
			card.Disable()
		}
		c.cards = append(c.cards, card)
		c.content.Add(card)
	}
	c.ExtendBaseWidget(c)
	return c
}

func (c *Choices) choose(i int) {
	if i < 0 || i >= len(c.cards) || c.cards[i].option.Off {
		return
	}
	c.SetChosen(i)
	if c.changed != nil {
		c.changed(i)
	}
}

// Chosen is the number of the chosen card.
func (c *Choices) Chosen() int { return c.chosen }

// SetChosen changes it without calling back.
func (c *Choices) SetChosen(i int) {
	c.chosen = i
	for _, card := range c.cards {
		card.Refresh()
	}
}

// CreateRenderer implements fyne.Widget.
func (c *Choices) CreateRenderer() fyne.WidgetRenderer {
	c.ExtendBaseWidget(c)
	return widget.NewSimpleRenderer(c.content)
}

type choice struct {
	press.Base
	of     *Choices
	number int
	option Option
}

func (c *choice) AccessibilityLabel() string {
	if c.of.chosen == c.number {
		return text.AriaChosen(c.option.Title)
	}
	return c.option.Title
}

// TypedKey also moves with the arrow keys, as radio buttons do.
func (c *choice) TypedKey(e *fyne.KeyEvent) {
	var step int
	switch e.Name {
	case fyne.KeyDown, fyne.KeyRight:
		step = 1
	case fyne.KeyUp, fyne.KeyLeft:
		step = -1
	default:
		c.Base.TypedKey(e)
		return
	}
	for i := c.number + step; i >= 0 && i < len(c.of.cards); i += step {
		if !c.of.cards[i].option.Off {
			press.Focus(c.of.cards[i])
			c.of.choose(i)
			return
		}
	}
}

func (c *choice) CreateRenderer() fyne.WidgetRenderer {
	c.ExtendBaseWidget(c)
	return draw.Laid(&choiceRenderer{c: c, ground: draw.Rect()}, c.Size())
}

type choiceRenderer struct {
	c       *choice
	ground  *canvas.Rectangle
	objects []fyne.CanvasObject
	once    draw.Once
}

func (r *choiceRenderer) Destroy()                     {}
func (r *choiceRenderer) Objects() []fyne.CanvasObject { return r.objects }

func (r *choiceRenderer) room(width float32) float32 {
	return max(theme.Units(60), width-theme.Units(60))
}

func (r *choiceRenderer) MinSize() fyne.Size {
	w := r.c.Size().Width
	if w <= 0 {
		w = theme.Units(240)
	}
	a, b := words(r.c.option.Title, r.c.option.Line, r.room(w))
	h := a.Height
	if b != nil {
		h += b.Height
	}
	return fyne.NewSize(theme.Units(160), h+theme.Units(22))
}

func (r *choiceRenderer) Layout(size fyne.Size) {
	if !r.once.Need(size) {
		return
	}
	chosen := r.c.of.chosen == r.c.number
	off := r.c.Disabled()
	g := r.ground
	g.CornerRadius = theme.Size(theme.RadiusCard)
	g.FillColor, g.StrokeColor, g.StrokeWidth = theme.Color(theme.Card), theme.Color(theme.InputLine), 1
	if r.c.Over && !off {
		g.FillColor = theme.Color(theme.Hover)
	}
	if chosen {
		g.FillColor, g.StrokeColor, g.StrokeWidth = theme.Color(theme.AccentSoft), theme.Color(theme.Primary), 1.5
	}
	draw.Place(g, 0, 0, size.Width, size.Height)
	r.objects = r.objects[:0]
	if r.c.Ring {
		r.objects = append(r.objects, draw.Ring(0, 0, size.Width, size.Height, g.CornerRadius))
	}
	r.objects = append(r.objects, g)
	main, sub := theme.Color(theme.Text), theme.Color(theme.SubText)
	if off {
		main = theme.Color(theme.SubText)
	}
	a, b := words(r.c.option.Title, r.c.option.Line, r.room(size.Width))
	high := a.Height
	if b != nil {
		high += b.Height
	}
	y := (size.Height - high) / 2
	d := theme.Units(20)
	dot := draw.Rect()
	dot.CornerRadius, dot.FillColor = d/2, theme.Color(theme.Card)
	dot.StrokeColor, dot.StrokeWidth = theme.Color(theme.SubText), 1.5
	if off {
		dot.StrokeColor = theme.Color(theme.Disabled)
	}
	if chosen {
		dot.FillColor, dot.StrokeColor, dot.StrokeWidth = theme.Color(theme.PrimaryText), theme.Color(theme.Primary), d*0.3
	}
	draw.Place(dot, theme.Units(14), y+(a.Height-d)/2, d, d)
	r.objects = append(r.objects, dot)
	x := theme.Units(46)
	r.objects = append(r.objects, a.Objects(fyne.NewPos(x, y), flow.Ink{Text: main, Link: main})...)
	if b != nil {
		r.objects = append(r.objects, b.Objects(fyne.NewPos(x, y+a.Height), flow.Ink{Text: sub, Link: sub})...)
	}
}

func (r *choiceRenderer) Refresh() {
	r.once.Forget()
	r.Layout(r.c.Size())
	canvas.Refresh(r.c)
}
