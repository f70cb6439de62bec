package pick

import (
	"image/color"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"github.com/snugchat/snug/ui/flow"
	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/press"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// Tabs is a row of titles of which one is chosen. As Segmented they stand in
// one rounded ground, for a setting with two to four values; otherwise they are
// underlined, for the pages of a window.
type Tabs struct {
	widget.BaseWidget
	tabs      []*tab
	chosen    int
	changed   func(int)
	segmented bool
	content   *fyne.Container
	strip     *strip // of underlined tabs, which may be wider than their place
}

// NewTabs makes underlined tabs; changed is called with the number that a
// person has chosen.
func NewTabs(options []Option, chosen int, changed func(int)) *Tabs {
	return newTabs(options, chosen, changed, false)
}

// NewSegmented makes a setting with a few values.
func NewSegmented(options []Option, chosen int, changed func(int)) *Tabs {
	return newTabs(options, chosen, changed, true)
}

func newTabs(options []Option, chosen int, changed func(int), segmented bool) *Tabs {
	t := &Tabs{chosen: chosen, changed: changed, segmented: segmented, content: container.New(tabLayout{segmented})}
	for i, o := range options {
		x := &tab{of: t, number: i, option: o}
		x.Self = x
		x.OnPress = func() { t.choose(i) }
		x.ExtendBaseWidget(x)
		t.tabs = append(t.tabs, x)
		t.content.Add(x)
	}
	if !segmented {
		t.strip = newStrip(t.content)
	}
	t.ExtendBaseWidget(t)
	return t
}

// reveal scrolls the chosen tab into sight.
func (t *Tabs) reveal() {
	if t.strip != nil && t.chosen >= 0 && t.chosen < len(t.tabs) {
		x := t.tabs[t.chosen]
		t.strip.show(x.Position().X, x.Position().X+x.Size().Width)
	}
}

func (t *Tabs) choose(i int) {
	if i < 0 || i >= len(t.tabs) || i == t.chosen {
		return
	}
	t.SetChosen(i)
	if t.changed != nil {
		t.changed(i)
	}
}

// Even gives all tabs the same width, for tabs that are icons only.
func (t *Tabs) Even() *Tabs {
	t.content.Layout = tabLayout{even: true}
	t.strip = nil
	return t
}

// Say sets what a screen reader says for a tab without words.
func (t *Tabs) Say(i int, words string) { t.tabs[i].spoken = words }

// Chosen is the number of the chosen tab.
func (t *Tabs) Chosen() int { return t.chosen }

// SetChosen changes it without calling back.
func (t *Tabs) SetChosen(i int) {
	t.chosen = i
	for _, x := range t.tabs {
		x.Refresh()
	}
	t.reveal()
}

// SetCount shows a number beside a title, 0 for none.
func (t *Tabs) SetCount(i, n int) {
	if t.tabs[i].count != n {
		t.tabs[i].count = n
		t.tabs[i].Refresh()
		t.content.Refresh()
	}
}

// CreateRenderer implements fyne.Widget.
func (t *Tabs) CreateRenderer() fyne.WidgetRenderer {
	t.ExtendBaseWidget(t)
	if t.strip != nil {
		return widget.NewSimpleRenderer(t.strip)
	}
	if !t.segmented {
		return widget.NewSimpleRenderer(t.content)
	}
	ground := kit.NewSurface(theme.Input, theme.RadiusField, kit.Inset(t.content, 3))
	ground.Edge = theme.InputLine
	return draw.Laid(widget.NewSimpleRenderer(ground), t.Size())
}

// tabLayout gives segments equal widths and tabs what they need.
type tabLayout struct{ even bool }

func (l tabLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var s fyne.Size
	for _, o := range objects {
		m := o.MinSize()
		if l.even {
			m.Width = min(m.Width, theme.Units(44)) // words are cut before a window is forced to be wide; five fit into a sheet in the narrowest
		}
		s.Width += m.Width
		s.Height = max(s.Height, m.Height)
	}
	return s
}

func (l tabLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	x := float32(0)
	for _, o := range objects {
		w := o.MinSize().Width
		if l.even {
			w = size.Width / float32(len(objects))
		}
		draw.Place(o, x, 0, w, size.Height)
		x += w
	}
}

type tab struct {
	press.Base
	of     *Tabs
	number int
	option Option
	count  int
	spoken string
}

func (x *tab) AccessibilityLabel() string {
	words := x.option.Title
	if x.spoken != "" {
		words = x.spoken
	}
	if x.of.chosen == x.number {
		return text.AriaChosen(words)
	}
	return words
}

// TypedKey moves along the tabs with the arrow keys.
func (x *tab) TypedKey(e *fyne.KeyEvent) {
	to := x.number
	switch e.Name {
	case fyne.KeyRight:
		to++
	case fyne.KeyLeft:
		to--
	default:
		x.Base.TypedKey(e)
		return
	}
	if to >= 0 && to < len(x.of.tabs) {
		press.Focus(x.of.tabs[to])
		x.of.choose(to)
	}
}

func (x *tab) CreateRenderer() fyne.WidgetRenderer {
	x.ExtendBaseWidget(x)
	return draw.Laid(&tabRenderer{x: x, ground: draw.Rect(), badge: kit.NewBadge(0)}, x.Size())
}

type tabRenderer struct {
	x       *tab
	ground  *canvas.Rectangle
	badge   *kit.Pill
	objects []fyne.CanvasObject
	once    draw.Once
}

func (r *tabRenderer) Destroy()                     {}
func (r *tabRenderer) Objects() []fyne.CanvasObject { return r.objects }

func (r *tabRenderer) style() flow.Style {
	size := theme.Size(theme.TextName)
	if !r.x.of.segmented {
		size = theme.Size(theme.TextBody)
	}
	return flow.Style{Size: size, Line: flow.LineHeight(size), Bold: true}
}

func (r *tabRenderer) extras() (side, badge float32) {
	if r.x.option.Icon != "" {
		side = theme.Units(18) + theme.Units(6)
		if r.x.option.Title == "" {
			side = theme.Units(18)
		}
	}
	if r.x.count > 0 {
		r.badge.SetCount(r.x.count)
		badge = r.badge.MinSize().Width + theme.Units(6)
	}
	return side, badge
}

// bare reports whether segments have no room for words and signs: then all of them
// leave the signs out.
func (t *Tabs) bare(width float32, st flow.Style) bool {
	if !t.segmented {
		return false
	}
	room := width - theme.Units(18+6+8)
	return slices.ContainsFunc(t.tabs, func(x *tab) bool {
		return x.option.Icon != "" && x.option.Title != "" && flow.Layout(x.option.Title, st, flow.Unbounded).Width > room
	})
}

func (r *tabRenderer) MinSize() fyne.Size {
	side, badge := r.extras()
	w := flow.Layout(r.x.option.Title, r.style(), flow.Unbounded).Width + side + badge + 2*theme.Units(14)
	if r.x.of.segmented {
		return fyne.NewSize(w, theme.Units(30))
	}
	if x := r.x.option; x.Icon != "" && x.Title == "" {
		return fyne.NewSize(theme.Units(30), theme.Units(38))
	}
	return fyne.NewSize(w, theme.Units(44))
}

func (r *tabRenderer) Layout(size fyne.Size) {
	if !r.once.Need(size) {
		return
	}
	chosen := r.x.of.chosen == r.x.number
	ink := theme.SubText
	if r.x.Over {
		ink = theme.Text
	}
	r.objects = r.objects[:0]
	g := r.ground
	g.FillColor, g.StrokeWidth, g.CornerRadius = color.Transparent, 0, theme.Size(theme.RadiusSmall)
	switch {
	case r.x.of.segmented && chosen:
		ink = theme.Text
		g.FillColor, g.StrokeColor, g.StrokeWidth = theme.Color(theme.Card), theme.Color(theme.InputLine), 1
		draw.Place(g, 0, 0, size.Width, size.Height)
		r.objects = append(r.objects, g)
	case chosen:
		ink = theme.Accent
		g.FillColor, g.CornerRadius = theme.Color(theme.Accent), 1.5
		inset := min(theme.Units(12), size.Width/5)
		draw.Place(g, inset, size.Height-3, size.Width-2*inset, 3)
		r.objects = append(r.objects, g)
	}
	if r.x.Ring {
		inset := float32(3)
		r.objects = append(r.objects, draw.Ring(inset, inset, size.Width-2*inset, size.Height-2*inset, theme.Size(theme.RadiusSmall)-3))
	}
	side, badge := r.extras()
	bare := r.x.of.bare(size.Width, r.style())
	if bare {
		side = 0
	}
	block := flow.Elide(r.x.option.Title, r.style(), max(0, size.Width-side-badge-theme.Units(8)))
	x := float32(int((size.Width - side - block.Width - badge) / 2))
	if r.x.option.Icon != "" && !bare {
		i := icon.Image(r.x.option.Icon, theme.Color(ink), theme.Units(18))
		i.Move(fyne.NewPos(x, (size.Height-theme.Units(18))/2))
		r.objects = append(r.objects, i)
		x += side
	}
	c := theme.Color(ink)
	r.objects = append(r.objects, block.Objects(fyne.NewPos(x, float32(int((size.Height-block.Height)/2))), flow.Ink{Text: c, Link: c})...)
	if r.x.count > 0 {
		m := r.badge.MinSize()
		draw.Place(r.badge, x+block.Width+theme.Units(6), (size.Height-m.Height)/2, m.Width, m.Height)
		r.badge.Refresh()
		r.objects = append(r.objects, r.badge)
	}
}

func (r *tabRenderer) Refresh() {
	r.once.Forget()
	r.Layout(r.x.Size())
	canvas.Refresh(r.x)
}
