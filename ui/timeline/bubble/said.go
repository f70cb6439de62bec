package bubble

import (
	"strconv"
	"unicode/utf8"

	"fyne.io/fyne/v2"

	"github.com/snugchat/snug/ui/flow"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/markup"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// Quote is the message that another one answers.
type Quote struct {
	ID     string // of its row
	From   string
	FromID string
	Text   string // one line
	IsFile bool
	Gone   bool
}

// Reaction is one emoji at a message.
type Reaction struct {
	Emoji string
	Count int
	Own   bool
	Who   string // names
}

// Words is the text of a row as it is shown, its marks taken out.
func Words(r *Row) *flow.Rich { return markup.Format(r.Text, r.Names) }

// quotePart is a quote inside of a bubble, measured.
type quotePart struct {
	from, line *flow.Block
	width      float32
}

// Inner distances of a quote.
const (
	quoteLeft = 11
	quotePadY = 4
	quoteGap  = 5 // below it
)

func (x *builder) measureQuote(r *Row, room float32) *quotePart {
	room -= theme.Units(quoteLeft) + theme.Units(10)
	q := &quotePart{from: flow.Elide(r.Quote.From, Style(theme.TextName, true), room)}
	line := r.Quote.Text
	st := Style(theme.TextSmall, false)
	q.line = flow.Elide(line, st, min(room, theme.Units(320)))
	q.width = max(q.from.Width, q.line.Width) + theme.Units(quoteLeft) + theme.Units(10)
	return q
}

func (q *quotePart) high() float32 {
	if q.from.Len() == 0 {
		return q.line.Height + 2*theme.Units(quotePadY)
	}
	return q.from.Height + q.line.Height + 2*theme.Units(quotePadY)
}

// quote draws the message that is answered, as a card with a bar; a press on it
// leads there.
func (x *builder) quote(r *Row, q *quotePart, left, inner float32) {
	x.y += theme.Units(3)
	ground, over := theme.AccentSoft, theme.Pressed
	name, line := theme.Accent, theme.SubText
	if r.Own {
		ground, over, name, line = theme.OwnOver, theme.OwnDown, theme.OwnText, theme.OwnText
	}
	h := q.high()
	g := draw.Rect()
	g.FillColor, g.CornerRadius = theme.Color(ground), theme.Size(theme.RadiusSmall)
	draw.Place(g, left, x.y, inner, h)
	bar := draw.Rect()
	bar.CornerRadius = 1.5
	bar.FillColor = theme.NameColor(theme.Identity(r.Quote.FromID))
	if r.Own {
		bar.FillColor = theme.Color(theme.OwnText)
	}
	draw.Place(bar, left, x.y+3, 3, h-6)
	x.b.under = append(x.b.under, g, bar)
	y := x.y + theme.Units(quotePadY)
	if q.from.Len() > 0 {
		x.b.over = append(x.b.over, q.from.Objects(fyne.NewPos(left+theme.Units(quoteLeft), y), x.ink(name))...)
		y += q.from.Height
	}
	x.b.over = append(x.b.over, q.line.Objects(fyne.NewPos(left+theme.Units(quoteLeft), y), x.ink(line))...)
	if !r.Quote.Gone {
		id := r.Quote.ID
		x.b.Hot = append(x.b.Hot, Hot{Area: flow.Rect{X: left, Y: x.y, W: inner, H: h}, Ground: g, Rest: ground, Over: over, Press: func() {
			if x.Deeds.OnQuote != nil {
				x.Deeds.OnQuote(id)
			}
		}})
	}
	x.y += h + theme.Units(quoteGap)
}

// Sizes of the chips that show reactions.
const (
	chipHigh = 25
	chipPad  = 8
	chipGap  = 4
	chipOver = 6 // by which they cover the bubble's edge
)

// chips draws the reactions under a bubble, cut into its edge, in as many rows
// as they need.
func (x *builder) chips(r *Row, side, room float32) {
	if len(r.Reactions) == 0 {
		return
	}
	h, gap := theme.Units(chipHigh), theme.Units(chipGap)
	type chip struct {
		sign, count *flow.Block
		w           float32
		of          Reaction
	}
	var rows [][]chip
	var wide []float32
	for _, one := range r.Reactions {
		c := chip{sign: flow.Layout(one.Emoji, Style(theme.TextBody, false), flow.Unbounded), of: one}
		c.count = flow.Layout(strconv.Itoa(one.Count), Style(theme.TextTime, true), flow.Unbounded)
		c.w = c.sign.Width + c.count.Width + theme.Units(2*chipPad+4)
		n := len(rows)
		if n == 0 || wide[n-1]+gap+c.w > room {
			rows, wide = append(rows, []chip{c}), append(wide, c.w)
			continue
		}
		rows[n-1], wide[n-1] = append(rows[n-1], c), wide[n-1]+gap+c.w
	}
	y := x.y - theme.Units(chipOver)
	for n, row := range rows {
		left := side
		if r.Own {
			left = side + max(0, room-wide[n])
		}
		for _, c := range row {
			g := draw.Rect()
			fill, over, ink := theme.Card, theme.Hover, theme.SubText
			if c.of.Own {
				fill, over, ink = theme.AccentSoft, theme.Pressed, theme.Accent
			}
			g.FillColor, g.CornerRadius = theme.Color(fill), h/2
			g.StrokeColor, g.StrokeWidth = theme.Color(theme.Chat), 2
			draw.Place(g, left, y, c.w, h)
			x.b.over = append(x.b.over, g)
			x.b.over = append(x.b.over, c.sign.Objects(fyne.NewPos(left+theme.Units(chipPad), y+(h-c.sign.Height)/2), x.ink(theme.Text))...)
			x.b.over = append(x.b.over, c.count.Objects(fyne.NewPos(left+theme.Units(chipPad+4)+c.sign.Width, y+(h-c.count.Height)/2), x.ink(ink))...)
			id, emoji, who := r.ID, c.of.Emoji, text.ReactWho(c.of.Emoji, c.of.Who)
			x.b.Hot = append(x.b.Hot, Hot{
				Area: flow.Rect{X: left, Y: y, W: c.w, H: h}, Ground: g, Rest: fill, Over: over, Who: who,
				Press: func() {
					if x.Deeds.OnReact != nil {
						x.Deeds.OnReact(id, emoji)
					}
				},
			})
			left += c.w + gap
		}
		y += h + theme.Units(2)
	}
	x.y = y
}

// codeButtons puts a button into each block of code that copies it.
func (x *builder) codeButtons(r *Row) {
	for _, a := range x.b.Block.Codes() {
		side := theme.Units(24)
		left, top := x.b.At.X+a.X+a.W-side-1, x.b.At.Y+a.Y+2
		g := draw.Rect()
		rest, over, glyph := theme.AccentSoft, theme.Pressed, theme.Accent
		if r.Own {
			rest, over, glyph = theme.OwnOver, theme.OwnDown, theme.OwnText
		}
		g.FillColor, g.CornerRadius = theme.Color(rest), theme.Size(theme.RadiusSmall)-2
		draw.Place(g, left, top, side, side)
		s := theme.Size(theme.IconSmall)
		i := icon.Image(icon.Copy, theme.Color(glyph), s)
		i.Move(fyne.NewPos(left+(side-s)/2, top+(side-s)/2))
		x.b.over = append(x.b.over, g, i)
		code := a.Text
		x.b.Hot = append(x.b.Hot, Hot{Area: flow.Rect{X: left, Y: top, W: side, H: side}, Ground: g, Rest: rest, Over: over, Press: func() {
			if x.Deeds.OnCopy != nil {
				x.Deeds.OnCopy(code)
			}
		}})
	}
}

// found marks the words in a bubble that were looked for. What a spoiler covers is
// not marked: that would tell what it says.
func (x *builder) found(r *Row, shown *flow.Rich) {
	if x.Marks == nil {
		return
	}
	words := shown.Text
	if !x.Open {
		words = uncovered(shown)
	}
	ground := theme.Found
	if r.Own && !x.b.plain {
		ground = theme.OwnFound
	}
	for _, m := range x.Marks(r.ID, words) {
		x.b.Found = true
		for _, a := range x.b.Block.Rects(m[0], m[1]) {
			g := draw.Rect()
			g.FillColor, g.CornerRadius = theme.Color(ground), theme.Units(3)
			draw.Place(g, x.b.At.X+a.X-1, x.b.At.Y+a.Y+1, a.W+2, a.H-2)
			x.b.under = append(x.b.under, g)
		}
	}
}

// uncovered is a text in which no letter of a spoiler stands, with all others where they
// are. One without spoilers is not copied: each row that comes into sight asks.
func uncovered(shown *flow.Rich) string {
	var rs []rune
	for _, s := range shown.Spans {
		if s.Spoiler <= 0 {
			continue
		}
		if rs == nil {
			rs = []rune(shown.Text)
		}
		for i := s.From; i < s.To; i++ {
			rs[i] = utf8.RuneError
		}
	}
	if rs == nil {
		return shown.Text
	}
	return string(rs)
}
