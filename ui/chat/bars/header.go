// Package bars holds what stands above and below the messages of a conversation: the
// header with who can read the room, what is pinned, the files that are about to be
// sent, what can be done with picked messages, and why nothing can be written.
//
// A bar shows what ui/state says and reports what the person did; it knows neither the
// messages nor the composer, neither clients nor the network. Words are those of UX.md
// (4.5 and 4.7), the look follows the visual language of the design notes. All calls
// are made on Fyne's goroutine.
package bars

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"github.com/snugchat/snug/ui/flow"
	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/press"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// Header stands above a conversation: the room's picture and name, who can read
// it, who is here.
type Header struct {
	widget.BaseWidget
	back   *kit.IconButton
	avatar *kit.Avatar
	name   *kit.Label
	topic  *kit.Label
	reads  *fact
	people *fact
	said   state.Header
	panel  *kit.IconButton
	more   *kit.IconButton
	find   *kit.IconButton
	narrow bool
}

// HeaderDeeds is what the buttons of a header do.
type HeaderDeeds struct {
	Back     func() // to the list of rooms
	Promises func() // who can read what
	People   func()
	Find     func()
	Menu     func(at fyne.CanvasObject)
}

// NewHeader makes an empty header.
func NewHeader(d HeaderDeeds) *Header {
	h := &Header{
		back:   kit.NewIconButton(icon.Back, text.WordBack(), d.Back),
		avatar: kit.NewAvatar("", "", theme.AvatarHead),
		name:   kit.NewTitle(""),
		topic:  kit.NewLabel(""),
		reads:  newFact(d.Promises),
		people: newFact(d.People),
		panel:  kit.NewIconButton(icon.People, text.ChatPeopleShow(), d.People),
	}
	h.find = kit.NewIconButton(icon.Search, text.SearchTitle(), d.Find)
	h.more = kit.NewIconButton(icon.More, text.RoomMenu(), func() { d.Menu(h.more) })
	h.topic.TextSize, h.topic.Color = theme.TextSmall, theme.SubText
	h.ExtendBaseWidget(h)
	return h
}

// Set shows what is said about a room.
func (h *Header) Set(s state.Header) {
	h.avatar.SetPerson(s.Name, s.ID)
	h.avatar.SetOnline(s.Here)
	h.name.SetText(s.Name)
	h.topic.SetText(s.Topic)
	h.said = s
	h.Refresh()
}

// who shows who can read the room, in a few words where the whole sentence has no
// room: the composer has it.
func (h *Header) who(wide float32) {
	sign, color := icon.Lock, theme.Good
	if h.said.Open {
		sign, color = icon.Eye, theme.Warn
	}
	h.reads.set(sign, h.said.Readable, color)
	if h.reads.MinSize().Width > wide {
		h.reads.set(sign, h.said.Reads, color)
	}
}

// Back is the button that leads to the list of rooms in a narrow window.
func (h *Header) Back() *kit.IconButton { return h.back }

// SetNarrow says whether the window has room for one pane only.
func (h *Header) SetNarrow(narrow bool) {
	if h.narrow != narrow {
		h.narrow = narrow
		h.Refresh()
	}
}

// CreateRenderer implements fyne.Widget.
func (h *Header) CreateRenderer() fyne.WidgetRenderer {
	h.ExtendBaseWidget(h)
	return draw.Laid(&headerRenderer{h: h, ground: draw.Rect(), rule: draw.Rect()}, h.Size())
}

type headerRenderer struct {
	h            *Header
	ground, rule *canvas.Rectangle
}

func (r *headerRenderer) Destroy() {}

func (r *headerRenderer) Objects() []fyne.CanvasObject {
	h := r.h
	out := []fyne.CanvasObject{r.ground, r.rule, h.avatar, h.name, h.topic, h.reads, h.people, h.panel, h.more, h.find}
	if h.narrow {
		out = append(out, h.back)
	}
	return out
}

func (r *headerRenderer) MinSize() fyne.Size {
	return fyne.NewSize(theme.Units(240), theme.Size(theme.HeaderHigh))
}

func (r *headerRenderer) Layout(size fyne.Size) {
	h := r.h
	r.ground.FillColor, r.rule.FillColor = theme.Color(theme.Sidebar), theme.Color(theme.Line)
	draw.Place(r.ground, 0, 0, size.Width, size.Height)
	draw.Place(r.rule, 0, size.Height-1, size.Width, 1)
	left, side := theme.Units(16), theme.Units(36)
	if h.narrow {
		left = theme.Units(8)
		draw.Place(h.back, left, (size.Height-side)/2, side, side)
		left += side + theme.Units(6)
	}
	a := theme.Size(theme.AvatarHead)
	draw.Place(h.avatar, left, (size.Height-a)/2, a, a)
	left += a + theme.Units(12)
	right := size.Width - theme.Units(10) - side
	draw.Place(h.more, right, (size.Height-side)/2, side, side)
	right -= side + theme.Units(2)
	draw.Place(h.panel, right, (size.Height-side)/2, side, side)
	draw.Show(h.find, !h.narrow)
	if !h.narrow {
		right -= side + theme.Units(2)
		draw.Place(h.find, right, (size.Height-side)/2, side, side)
	}
	wide := max(0, right-theme.Units(8)-left)
	name, line := h.name.MinSize().Height, h.people.MinSize().Height
	y := (size.Height - name - line) / 2
	title := min(h.name.Wide()+1, wide)
	draw.Place(h.name, left, y, title, name)
	about := wide - title - theme.Units(12)
	draw.Show(h.topic, about > theme.Units(80) && h.said.Topic != "")
	draw.Place(h.topic, left+title+theme.Units(12), y+(name-h.topic.MinSize().Height)/2+theme.Units(1), max(0, about), h.topic.MinSize().Height)
	y += name
	h.who(wide)
	first := min(h.reads.MinSize().Width, wide)
	draw.Place(h.reads, left, y, first, line)
	rest := wide - first - theme.Units(10)
	h.people.set("", h.said.People, theme.SubText)
	if h.people.MinSize().Width > rest {
		h.people.set("", h.said.Few, theme.SubText)
	}
	draw.Show(h.people, h.people.MinSize().Width <= rest)
	draw.Place(h.people, left+first+theme.Units(10), y, max(0, min(rest, h.people.MinSize().Width)), line)
}

func (r *headerRenderer) Refresh() {
	r.Layout(r.h.Size())
	canvas.Refresh(r.h)
}

// fact is a short line that can be pressed to learn more: an icon and a few
// words.
type fact struct {
	press.Base
	sign  icon.Name
	words string
	color fyne.ThemeColorName
}

func newFact(onPress func()) *fact {
	f := &fact{color: theme.SubText}
	f.Self, f.OnPress = f, onPress
	f.ExtendBaseWidget(f)
	return f
}

func (f *fact) set(sign icon.Name, words string, color fyne.ThemeColorName) {
	if f.sign == sign && f.words == words && f.color == color {
		return
	}
	f.sign, f.words, f.color = sign, words, color
	f.Refresh()
}

// AccessibilityLabel implements fyne.Accessible.
func (f *fact) AccessibilityLabel() string { return f.words }

// CreateRenderer implements fyne.Widget.
func (f *fact) CreateRenderer() fyne.WidgetRenderer {
	f.ExtendBaseWidget(f)
	return draw.Laid(&factRenderer{f: f}, f.Size())
}

type factRenderer struct {
	f       *fact
	objects []fyne.CanvasObject
	once    draw.Once
}

func (r *factRenderer) style() flow.Style {
	s := theme.Size(theme.TextSmall)
	return flow.Style{Size: s, Line: flow.LineHeight(s)}
}

func (r *factRenderer) indent() float32 {
	if r.f.sign == "" {
		return 0
	}
	return theme.Units(19)
}

func (r *factRenderer) Destroy()                     {}
func (r *factRenderer) Objects() []fyne.CanvasObject { return r.objects }

func (r *factRenderer) MinSize() fyne.Size {
	b := flow.Layout(r.f.words, r.style(), flow.Unbounded)
	return fyne.NewSize(r.indent()+b.Width+1, b.Height)
}

func (r *factRenderer) Layout(size fyne.Size) {
	if !r.once.Need(size) {
		return
	}
	r.objects = r.objects[:0]
	c := theme.Color(r.f.color)
	if r.f.sign != "" {
		s := theme.Units(14)
		i := icon.Image(r.f.sign, c, s)
		i.Move(fyne.NewPos(0, (size.Height-s)/2))
		r.objects = append(r.objects, i)
	}
	b := flow.Elide(r.f.words, r.style(), max(0, size.Width-r.indent()))
	r.objects = append(r.objects, b.Objects(fyne.NewPos(r.indent(), (size.Height-b.Height)/2), flow.Ink{Text: c, Link: c})...)
	if r.f.Over || r.f.Ring {
		line := draw.Rect()
		line.FillColor = c
		draw.Place(line, r.indent(), size.Height-1, b.Width, 1)
		r.objects = append(r.objects, line)
	}
}

func (r *factRenderer) Refresh() {
	r.once.Forget()
	r.Layout(r.f.Size())
	canvas.Refresh(r.f)
}
