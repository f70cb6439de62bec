package bubble

import (
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"github.com/snugchat/snug/ui/flow"
	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// Deeds is what presses on a row do; each may be nil. They are called on Fyne's
// goroutine.
type Deeds struct {
	OnFile   func(id string, a Action) // a button of a file
	OnRetry  func(id string)           // the sign of a message that failed
	OnQuote  func(id string)           // the message that another one answers
	OnOrigin func(id string)           // where a forwarded message comes from
	OnReact  func(id, emoji string)    // a reaction
	OnCopy   func(code string)         // the button of a block of code
}

// Scene is what the list says about how a row is drawn in it.
type Scene struct {
	Deeds *Deeds // not nil; asked when something is pressed
	Now   func() time.Time
	Width float32

	First, Last bool   // of messages of one person that stand close together
	NewDay      bool   // the row is the first of its day
	Gap         bool   // rows before it are on their way
	Unread      bool   // a line above it says Label
	Label       string // what is new
	Picking     bool   // a press picks it, and it shows whether it is picked
	Open        bool   // its spoilers are shown

	// Marks says where in the words of a row stands what was looked for, as offsets
	// of runes; nil for nothing.
	Marks func(id, words string) [][2]int
}

// Drawn is one row as canvas objects. Moving it is cheap; it is made anew when
// it changes, or when width or theme do.
type Drawn struct {
	Box    *fyne.Container
	Block  *flow.Block   // the words, nil without any
	At     fyne.Position // of Block in Box
	Bubble flow.Rect     // of a message; zero for a line of the system
	Hot    []Hot
	Found  bool // words of it are marked
	High   float32
	Width  float32

	under []fyne.CanvasObject // bubble and what else lies below the selection
	over  []fyne.CanvasObject
	marks []fyne.CanvasObject // selection
	ring  *canvas.Rectangle   // keyboard
	lit   *canvas.Rectangle   // after a jump
	own   bool
	plain bool // no bubble: selection is drawn for the chat's ground
}

// Hot is an area of a row that can be pressed.
type Hot struct {
	Area   flow.Rect           // in Box
	Ground *canvas.Rectangle   // nil: it does not change under the pointer
	Rest   fyne.ThemeColorName // of Ground while the pointer is elsewhere
	Over   fyne.ThemeColorName
	Press  func()
	Who    string // who reacted, if it is a reaction
}

// builder collects the objects of one row from top to bottom.
type builder struct {
	Scene
	b *Drawn
	y float32
}

func (x *builder) ink(n fyne.ThemeColorName) flow.Ink {
	c := theme.Color(n)
	return flow.Ink{Text: c, Link: c}
}

// Style is how words of a size of the theme are set.
func Style(size fyne.ThemeSizeName, bold bool) flow.Style {
	s := theme.Size(size)
	return flow.Style{Size: s, Line: flow.LineHeight(s), Bold: bold}
}

// Build draws a row.
func Build(r Row, scene Scene) *Drawn {
	x := &builder{Scene: scene, b: &Drawn{own: r.Own, Width: scene.Width}}
	unread := x.Unread
	if x.Gap {
		if unread { // what is new begins in the gap
			x.unreadLine()
		}
		x.gap()
		unread = false
	}
	if x.NewDay {
		x.pill(text.Day(r.At, x.Now()))
	}
	if unread {
		x.unreadLine()
	}
	switch {
	case r.Kind == System:
		x.system(r)
	default:
		if x.First {
			x.y += theme.Units(8)
		} else {
			x.y += theme.Units(3)
		}
		x.message(r, x.First, x.Last)
	}
	x.b.High = x.y
	x.b.Box = container.NewWithoutLayout()
	x.b.Box.Resize(fyne.NewSize(x.Width, x.y))
	x.b.assemble()
	return x.b
}

func (b *Drawn) assemble() {
	all := make([]fyne.CanvasObject, 0, len(b.under)+len(b.marks)+len(b.over)+2)
	if b.lit != nil {
		all = append(all, b.lit)
	}
	all = append(all, b.under...)
	all = append(all, b.marks...)
	all = append(all, b.over...)
	if b.ring != nil {
		all = append(all, b.ring)
	}
	b.Box.Objects = all
}

// Select draws the selection of some letters under the words, or takes it away.
func (b *Drawn) Select(from, to int) {
	if b.Block == nil || from >= to && len(b.marks) == 0 {
		return
	}
	b.marks = b.marks[:0]
	name := theme.Selection
	if b.own && !b.plain {
		name = theme.OwnSelection
	}
	for _, r := range b.Block.Rects(from, to) {
		m := draw.Rect()
		m.FillColor, m.CornerRadius = theme.Color(name), 2
		draw.Place(m, b.At.X+r.X, b.At.Y+r.Y, r.W, r.H)
		b.marks = append(b.marks, m)
	}
	b.assemble()
}

// SetRing says whether the keyboard is on the row. A line of the system has no ring.
func (b *Drawn) SetRing(on bool) {
	on = on && b.Bubble.W > 0
	if on == (b.ring != nil) {
		return
	}
	b.ring = nil
	if on {
		b.ring = draw.Ring(b.Bubble.X, b.Bubble.Y, b.Bubble.W, b.Bubble.H, theme.Size(theme.RadiusOuter)-2)
	}
	b.assemble()
}

// SetLit holds the row up, as one that was jumped to, or ends that.
func (b *Drawn) SetLit(on bool) {
	if on == (b.lit != nil) {
		return
	}
	b.lit = nil
	if on {
		b.lit = draw.Rect()
		b.lit.FillColor = theme.Color(theme.Flash)
		draw.Place(b.lit, 0, b.Bubble.Y-4, b.Width, b.High-b.Bubble.Y+8)
	}
	b.assemble()
}

// Lit reports whether the row is held up.
func (b *Drawn) Lit() bool { return b.lit != nil }

func (x *builder) pill(s string) {
	b := flow.Layout(s, Style(theme.TextTime, true), flow.Unbounded)
	w, h := b.Width+theme.Units(22), theme.Units(24)
	x.y += theme.Units(10)
	ground := draw.Rect()
	ground.FillColor, ground.CornerRadius = theme.Color(theme.Pill), h/2
	left := float32(int((x.Width - w) / 2))
	draw.Place(ground, left, x.y, w, h)
	x.b.under = append(x.b.under, ground)
	x.b.over = append(x.b.over, b.Objects(fyne.NewPos(left+theme.Units(11), x.y+(h-b.Height)/2), x.ink(theme.PillText))...)
	x.y += h + theme.Units(4)
}

func (x *builder) unreadLine() {
	b := flow.Layout(x.Label, Style(theme.TextTime, true), flow.Unbounded)
	x.y += theme.Units(8)
	h := theme.Units(20)
	left := float32(int((x.Width - b.Width) / 2))
	for _, side := range [][2]float32{{theme.Units(18), left - theme.Units(10)}, {left + b.Width + theme.Units(10), x.Width - theme.Units(18)}} {
		line := draw.Rect()
		line.FillColor = theme.Color(theme.Accent)
		draw.Place(line, side[0], x.y+h/2, max(0, side[1]-side[0]), 1)
		x.b.under = append(x.b.under, line)
	}
	x.b.over = append(x.b.over, b.Objects(fyne.NewPos(left, x.y+(h-b.Height)/2), x.ink(theme.Accent))...)
	x.y += h + theme.Units(2)
}

func (x *builder) system(r Row) {
	x.y += theme.Units(6)
	b := flow.Layout(r.Text, Style(theme.TextSmall, false), min(x.Width*0.8, theme.Size(theme.BubbleWide)))
	left := float32(int((x.Width - b.Width) / 2))
	b.Align(b.Width, true)
	x.b.Block, x.b.At, x.b.plain = b, fyne.NewPos(left, x.y), true
	x.b.over = append(x.b.over, b.Objects(x.b.At, x.ink(theme.SubText))...)
	x.y += b.Height + theme.Units(6)
}

// gutters are the distances at the sides of bubbles; in a narrow pane they
// shrink, so that text keeps its room.
func gutters(width float32) (side, avatar, most float32) {
	side, avatar = theme.Units(18), theme.Size(theme.AvatarChat)
	most = min(width*0.68, theme.Size(theme.BubbleWide))
	if width < theme.Units(520) {
		side = theme.Units(10)
		most = width - 2*side - avatar - theme.Units(38)
	}
	return side, avatar, max(most, theme.Units(120))
}

// parts are the measured contents of a bubble.
type parts struct {
	name   *flow.Block
	origin *flow.Block // where it was forwarded from
	quote  *quotePart
	photo  fyne.Size   // of a picture; zero for none
	signs  []icon.Name // before the time: pinned, marked
	file   *filePart
	words  *flow.Block
	shown  *flow.Rich // of words
	clock  *flow.Block
	state  icon.Name
	foot   float32 // width of time and state
	same   bool    // they stand on the last line of the words
	onto   bool    // they stand on the picture
	inner  float32
}

func (x *builder) measure(r Row, first bool, room float32) parts {
	var p parts
	body := Style(theme.TextBody, false)
	body.Line, body.Links = theme.Size(theme.LineBody), true
	if r.File == nil {
		body.JumboSize, body.JumboLine = theme.Size(theme.TextJumbo), theme.Size(theme.LineJumbo)
	}
	clock := text.Clock(r.At.Local())
	if r.Edited {
		clock = text.ChatEdited() + " " + clock
	}
	p.clock = flow.Layout(clock, Style(theme.TextTime, false), flow.Unbounded)
	p.foot = p.clock.Width
	if r.Pinned {
		p.signs = append(p.signs, icon.Pin)
	}
	if r.Marked {
		p.signs = append(p.signs, icon.Bookmark)
	}
	p.foot += theme.Units(17) * float32(len(p.signs))
	switch r.State {
	case Waiting:
		p.state = icon.Clock
	case OnHost:
		p.state = icon.Check
	case OnDevice:
		p.state = icon.Checks
	case Seen:
		p.state = icon.Seen
	case Failed:
		p.state = icon.Warn
	case NoState:
	}
	if p.state != "" {
		p.foot += theme.Units(19)
	}
	p.inner = p.foot
	if !r.Own && first {
		p.name = flow.Elide(r.From, Style(theme.TextName, true), room)
		p.inner = max(p.inner, p.name.Width)
	}
	if r.Origin != "" {
		p.origin = flow.Elide(r.Origin, Style(theme.TextSmall, false), room-theme.Units(originIndent))
		p.inner = max(p.inner, p.origin.Width+theme.Units(originIndent))
	}
	if r.Quote != nil {
		p.quote = x.measureQuote(&r, room)
		p.inner = max(p.inner, p.quote.width)
	}
	if r.File != nil && r.File.Picture != nil {
		p.photo = photoSize(r.File.Picture, room)
		p.inner = max(p.inner, p.photo.Width-2*theme.Units(photoOut))
	}
	if r.File != nil && (r.File.Picture == nil || !r.File.Picture.Here) {
		p.file = x.measureFile(r, room)
		p.inner = max(p.inner, p.file.width)
		if r.Text == "" && len(p.file.rows) > 0 { // beside the buttons
			with := p.file.last + theme.Units(14) + p.foot
			p.same = with <= room
			if p.same {
				p.inner = max(p.inner, with)
			}
		}
	}
	p.onto = p.photo.Width > 0 && p.file == nil && r.Text == ""
	if r.Text != "" || r.File == nil {
		if r.Quote != nil || r.Origin != "" {
			body.JumboSize = 0
		}
		p.shown = Words(&r)
		p.words = flow.LayoutRich(p.shown, body, room)
		p.inner = max(p.inner, p.words.Width)
		with := p.words.LastWidth + theme.Units(10) + p.foot
		p.same = !p.words.LastRTL && with <= max(p.inner, room)
		if p.same {
			p.inner = max(p.inner, with)
		}
	}
	return p
}

func (x *builder) message(r Row, first, last bool) {
	side, avatar, most := gutters(x.Width)
	padX, padY := theme.Units(12), theme.Units(7)
	p := x.measure(r, first, most-2*padX)
	wide := p.inner + 2*padX
	left := side + avatar + theme.Units(10)
	if r.Own {
		left = x.Width - side - wide
	}
	top := x.y
	x.b.plain = p.words != nil && p.words.Jumbo && r.File == nil && p.quote == nil && p.origin == nil
	main, sub := theme.Text, theme.SubText
	if r.Own && !x.b.plain {
		main, sub = theme.OwnText, theme.OwnSubText
	}
	ground := draw.Rect()
	if !x.b.plain {
		x.b.under = append(x.b.under, ground)
	}
	x.y += padY
	if p.name != nil && !x.b.plain {
		c := theme.NameColor(theme.Identity(r.FromID))
		x.b.over = append(x.b.over, p.name.Objects(fyne.NewPos(left+padX, x.y-1), flow.Ink{Text: c, Link: c})...)
		x.y += p.name.Height
	}
	if p.origin != nil {
		x.origin(&r, p.origin, left+padX, p.inner)
	}
	if p.quote != nil {
		x.quote(&r, p.quote, left+padX, p.inner)
	}
	if p.photo.Width > 0 {
		x.photo(&r, p.photo, left+padX, p.inner)
	}
	if p.file != nil {
		x.file(r, p.file, left+padX, p.inner)
	}
	if p.words != nil {
		p.words.Align(p.inner, false)
		x.b.Block, x.b.At = p.words, fyne.NewPos(left+padX, x.y)
		ink := x.ink(main)
		if !r.Own {
			ink.Link = theme.Color(theme.Accent)
		}
		ink.Code = theme.Color(theme.Code)
		ink.Bar, ink.Mention = ink.Link, ink.Link
		if p.words.HasSpoiler() && !x.Open {
			ink.Cover = theme.Color(sub)
		}
		x.found(&r, p.shown)
		x.b.over = append(x.b.over, p.words.Objects(x.b.At, ink)...)
		x.codeButtons(&r)
		x.y += p.words.Height
	}
	end := left + wide - padX // of time and state
	switch {
	case p.onto:
		x.y -= theme.Units(8) // as far from the lower edge as from the others
		end -= theme.Units(4)
		sub = x.shade(p, end-p.foot)
	case !p.same:
		x.y += p.clock.Height
	}
	x.foot(r, p, end-p.foot, sub)
	x.y += padY
	x.b.Bubble = flow.Rect{X: left, Y: top, W: wide, H: x.y - top}
	draw.Place(ground, left, top, wide, x.y-top)
	x.corners(ground, r.Own, first)
	if r.ForMe && !x.b.plain {
		// An edge, not a Ground: names have their contrast on the usual one.
		ground.StrokeColor, ground.StrokeWidth = theme.Color(theme.Accent), 1.5
	}
	bottom := x.y
	if x.Picking {
		x.pick(&r, top, bottom)
	}
	x.chips(&r, left+theme.Units(8), max(wide-theme.Units(16), min(most, theme.Units(220))*x.onlyOthers(r)))
	if !r.Own && last {
		disc := container.NewWithoutLayout(kit.AvatarObjects(r.From, r.FromID, avatar)...)
		disc.Resize(fyne.NewSquareSize(avatar))
		disc.Move(fyne.NewPos(side, bottom-avatar))
		x.b.under = append(x.b.under, disc)
	}
}

// foot sets time and state at the end of the last line.
func (x *builder) foot(r Row, p parts, left float32, sub fyne.ThemeColorName) {
	line := p.clock.Height
	y := x.y - line
	switch {
	case p.onto:
		y -= theme.Units(5)
	case p.same && p.words == nil && p.file != nil:
		y -= theme.Units(5)
	case p.same && !x.b.plain:
		y = x.y - (theme.Size(theme.LineBody)+line)/2 + theme.Units(2)
	}
	for _, n := range p.signs {
		s := theme.Units(13)
		i := icon.Image(n, theme.Color(sub), s)
		i.Move(fyne.NewPos(left, y+(line-s)/2))
		x.b.over = append(x.b.over, i)
		left += theme.Units(17)
	}
	x.b.over = append(x.b.over, p.clock.Objects(fyne.NewPos(left, y), x.ink(sub))...)
	if p.state == "" {
		return
	}
	c := sub
	if r.State == Failed && x.b.plain {
		c = theme.Danger
	}
	s := theme.Units(15)
	i := icon.Image(p.state, theme.Color(c), s)
	i.Move(fyne.NewPos(left+p.clock.Width+theme.Units(4), y+(line-s)/2))
	x.b.over = append(x.b.over, i)
	if r.State == Failed {
		x.b.Hot = append(x.b.Hot, Hot{Area: flow.Rect{X: left, Y: y - theme.Units(4), W: p.foot, H: line + theme.Units(8)}, Press: func() {
			if x.Deeds.OnRetry != nil {
				x.Deeds.OnRetry(r.ID)
			}
		}})
	}
}

// onlyOthers is 1 for messages of others, whose reactions may be wider than the
// bubble, and 0 for own ones, which end at its right edge.
func (x *builder) onlyOthers(r Row) float32 {
	if r.Own {
		return 0
	}
	return 1
}

// corners: the ones on the sender's side are small where bubbles of one group
// meet.
func (x *builder) corners(g *canvas.Rectangle, own, first bool) {
	wide, small := theme.Size(theme.RadiusOuter), theme.Size(theme.RadiusInner)
	g.TopLeftCornerRadius, g.TopRightCornerRadius, g.BottomLeftCornerRadius, g.BottomRightCornerRadius = wide, wide, wide, wide
	if own {
		g.FillColor = theme.Color(theme.Own)
		g.BottomRightCornerRadius = small
		if !first {
			g.TopRightCornerRadius = small
		}
		return
	}
	g.FillColor = theme.Color(theme.Other)
	g.BottomLeftCornerRadius = small
	if !first {
		g.TopLeftCornerRadius = small
	}
}

// Guess is the height of a row that was never drawn, from the length of its
// text alone.
func Guess(r Row) float32 {
	if r.Kind == System {
		return theme.Units(30)
	}
	h := theme.Units(42)
	if r.File != nil {
		h += theme.Units(80)
		if r.File.Picture != nil {
			h += photoSize(r.File.Picture, theme.Units(400)).Height
		}
	}
	if r.Quote != nil {
		h += theme.Units(50)
	}
	if r.Origin != "" {
		h += theme.Units(20)
	}
	if len(r.Reactions) > 0 {
		h += theme.Units(chipHigh - chipOver)
	}
	if n := len(r.Text); n > 60 || strings.Contains(r.Text, "\n") {
		h += theme.Size(theme.LineBody) * float32(min(n/60+strings.Count(r.Text, "\n"), 400))
	}
	return h
}
