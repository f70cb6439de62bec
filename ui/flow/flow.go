// Package flow sets running text: it finds links and emoji, breaks lines, puts
// right-to-left text in order, and answers where a character is and which one
// is under the pointer.
//
// It knows fonts and sizes and nothing of messages, bubbles or who shows them.
// It keeps nothing between calls; widths of words are kept, with a limit in
// time, by Fyne.
//
// Line breaking is the part of Unicode TR14 that chat needs, clusters that of
// TR29, order TR9 (explicit embeddings and isolates as x/text resolves them).
package flow

import (
	"image/color"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"golang.org/x/text/unicode/bidi"

	"github.com/snugchat/snug/ui/markup"
	"github.com/snugchat/snug/ui/theme"
)

// Unbounded is a width at which nothing is ever broken.
const Unbounded = float32(1 << 20)

// MaxJumbo is how many emoji alone are drawn large.
const MaxJumbo = 6

// Style is how a text is set. Sizes are in Fyne units.
type Style struct {
	Size, Line           float32 // letters and line height
	JumboSize, JumboLine float32 // for one to MaxJumbo emoji alone; 0 turns it off
	Bold                 bool
	Links                bool // find links
}

// LineHeight is the line height that goes with a letter size, in whole units.
func LineHeight(size float32) float32 { return float32(math.Ceil(float64(size) * 1.4)) }

// Rect is an area relative to the block.
type Rect struct{ X, Y, W, H float32 }

// piece is a part of a line that is drawn at once: one direction, one style.
type piece struct {
	from, to int // rune offsets
	text     string
	x, w     float32 // x relative to the line
	level    uint8
	emoji    bool
	span     int
}

type textLine struct {
	from, to int // rune offsets, spaces at the end included
	pieces   []piece
	x, w     float32
	y        float32 // top
	indent   float32 // at the side where it begins
	kind     markup.ParaKind
	rtl      bool
}

// Block is a text set at a width. It does not change but for Align.
type Block struct {
	Width, Height float32
	LastWidth     float32 // width of the last line
	RTL           bool    // the first paragraph reads from right to left
	LastRTL       bool    // so does the last line
	Jumbo         bool    // emoji alone, drawn large

	runes []rune
	spans []Span
	paras []markup.Para // nil for plain text
	lines []textLine
	style Style
	box   float32 // width that it was aligned to
}

func (st Style) font(s Span) fyne.TextStyle {
	return fyne.TextStyle{Bold: st.Bold || s.Bold || s.Mention, Italic: s.Italic, Monospace: s.Code || s.Block}
}

// measure is the width of a text of one direction.
func measure(s string, size float32, style fyne.TextStyle, emoji bool) float32 {
	if s == "" {
		return 0
	}
	var source fyne.Resource
	if emoji {
		source = EmojiSource(s)
	}
	m, _ := fyne.CurrentApp().Driver().RenderedTextSize(s, size, style, source)
	return m.Width
}

// EmojiSource is the font that emoji must be drawn with explicitly, or nil when
// the text font has none of their characters, so that Fyne takes the emoji font
// by itself. Each font that is named costs a copy of 9 MB in memory.
func EmojiSource(emoji string) fyne.Resource {
	for _, r := range emoji {
		switch {
		case r == zeroWidthJoiner, r == emojiSelector, r == keycap:
		case r >= 0x2600 && r <= 0x27BF, r >= 0x1F000: // taken out of our Inter, or never in it
		default:
			return theme.EmojiFont()
		}
	}
	return nil
}

// shown is what is drawn for runes: without control characters that a font
// would draw as boxes, tabs as spaces.
func shown(rs []rune) string {
	plain := true
	for _, r := range rs {
		if hiddenRune(r) || r == '\t' || r == utf8.RuneError {
			plain = false
			break
		}
	}
	if plain {
		return string(rs)
	}
	var b strings.Builder
	for _, r := range rs {
		switch {
		case r == '\t':
			b.WriteString("    ")
		case !hiddenRune(r):
			b.WriteRune(r)
		}
	}
	return b.String()
}

func hiddenRune(r rune) bool {
	return r < 0x20 && r != '\t' || r >= 0x7F && r < 0xA0 || r == 0xAD || r == 0x200B || r == 0x200E || r == 0x200F || r >= 0x2028 && r <= 0x202E ||
		r >= 0x2060 && r <= 0x206F || r == 0xFEFF || r >= 0xFFF9 && r <= 0xFFFB
}

// Layout sets a text in lines of at most width. The block is as wide as its
// widest line. Text that is not UTF-8 is shown with replacement characters.
func Layout(text string, st Style, width float32) *Block {
	if st.Links {
		return LayoutRich(&Rich{Text: text, Spans: markup.Spans(text)}, st, width)
	}
	r := &Rich{Text: text}
	if text != "" {
		r.Spans = []Span{{To: len([]rune(text))}}
	}
	return LayoutRich(r, st, width)
}

// Sizes of formatted paragraphs.
const (
	quoteIndent = 12
	codePad     = 9 // at the sides of a block of code
	codeGap     = 7 // above and below it
	quoteGap    = 2
)

// LayoutRich sets a formatted text as Layout sets a plain one.
func LayoutRich(r *Rich, st Style, width float32) *Block {
	b := &Block{style: st, runes: []rune(r.Text), spans: r.Spans, paras: r.Paras}
	if st.JumboSize > 0 && onlyEmoji(b.runes, MaxJumbo) > 0 {
		b.Jumbo = true
		b.style.Size, b.style.Line = st.JumboSize, st.JumboLine
	}
	as := atoms(b.runes, b.spans)
	for i := range as {
		as[i].w = b.measureAtom(as[i])
	}
	n := 0
	for first := 0; ; n++ {
		last := first
		for last < len(as) && as[last].kind != newline {
			last++
		}
		b.set(n, as[first:last], width)
		if last == len(as) {
			break
		}
		end := as[last].to
		b.lines[len(b.lines)-1].to = end - 1
		first = last + 1
		if first == len(as) { // the text ends with a new line: an empty one follows
			b.lines = append(b.lines, textLine{from: end, to: end, kind: b.kind(n + 1)})
			break
		}
	}
	b.finish()
	return b
}

func (b *Block) kind(n int) markup.ParaKind {
	if n < len(b.paras) {
		return b.paras[n].Kind
	}
	return markup.Plain
}

// set sets the n-th paragraph, indented as its kind is.
func (b *Block) set(n int, as []atom, width float32) {
	from := len(b.lines)
	kind := b.kind(n)
	var first, rest, end float32
	switch kind {
	case markup.Quote:
		first, rest = quoteIndent, quoteIndent
	case markup.Code:
		first, rest, end = codePad, codePad, codePad
	case markup.Item:
		p := b.paras[n]
		rest = measure(shown(b.runes[p.From:min(p.From+p.Lead, p.To)]), b.style.Size, b.style.font(Span{}), false)
	case markup.Plain:
	}
	room := width
	if rest+end > 0 {
		room = max(width-rest-end, b.style.Size*2)
	}
	b.paragraph(as, room)
	for i := from; i < len(b.lines); i++ {
		b.lines[i].kind, b.lines[i].indent = kind, rest
		if i == from {
			b.lines[i].indent = first
		}
	}
}

func (b *Block) measureAtom(a atom) float32 {
	if a.kind == newline {
		return 0
	}
	return measure(shown(b.runes[a.from:a.to]), b.style.Size, b.style.font(b.spans[a.span]), a.kind == emoji)
}

// paragraph breaks the atoms between two new lines.
func (b *Block) paragraph(as []atom, width float32) {
	from := 0
	if n := len(b.lines); n > 0 {
		from = b.lines[n-1].to + 1
	}
	if len(as) == 0 {
		b.lines = append(b.lines, textLine{from: from, to: from})
		return
	}
	var lv []uint8
	rtl := false
	base := as[0].from
	if text := b.runes[base:as[len(as)-1].to]; hasRTL(text) {
		lv, rtl = levels(text)
	}
	emit := func(line []atom) { b.line(line, lv, base, rtl) }
	var line []atom
	var x float32
	for i := 0; i < len(as); i++ {
		a := as[i]
		if a.kind == space {
			line, x = append(line, a), x+a.w
			continue
		}
		group := a.w // a word and what must stay on its line
		for j := i + 1; j < len(as) && as[j].glue; j++ {
			group += as[j].w
		}
		if x > 0 && !a.glue && !a.part && x+group > width {
			emit(line)
			line, x = nil, 0
		}
		for x+a.w > width && a.kind == word {
			head, rest := b.split(a, width-x)
			if head.to == head.from {
				if len(line) == 0 {
					break
				}
				emit(line)
				line, x = nil, 0
				continue
			}
			emit(append(line, head))
			line, x, a = nil, 0, rest
			if a.from == a.to {
				break
			}
		}
		if a.from < a.to {
			line, x = append(line, a), x+a.w
		}
	}
	if len(line) > 0 {
		emit(line)
	}
}

// split cuts a word that does not fit after the last cluster that does. On an
// empty line at least one cluster is taken, so that it always ends.
func (b *Block) split(a atom, room float32) (head, rest atom) {
	starts := Clusters(b.runes[a.from:a.to])
	font := b.style.font(b.spans[a.span])
	width := func(n int) float32 {
		return measure(shown(b.runes[a.from:a.from+starts[n]]), b.style.Size, font, false)
	}
	lo, hi := 0, len(starts)-1
	for lo < hi {
		mid := (lo + hi + 1) / 2
		if width(mid) <= room {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	head, rest = a, a
	if lo == 0 {
		head.to = a.from
		if len(starts) > 1 && room >= b.style.Size { // not even one: force it on a line of its own
			head.to = a.from + starts[1]
		}
	} else {
		head.to = a.from + starts[lo]
	}
	rest.from = head.to
	head.w = measure(shown(b.runes[head.from:head.to]), b.style.Size, font, false)
	rest.w = measure(shown(b.runes[rest.from:rest.to]), b.style.Size, font, false)
	return head, rest
}

// line makes the pieces of one line and sets them side by side.
func (b *Block) line(as []atom, lv []uint8, base int, rtl bool) {
	ln := textLine{from: as[0].from, to: as[len(as)-1].to, rtl: rtl}
	end := len(as)
	for end > 0 && as[end-1].kind == space {
		end--
	}
	for _, a := range as[:end] {
		if lv == nil {
			ln.pieces = appendPiece(ln.pieces, b, a, a.from, a.to, 0, a.w)
			continue
		}
		for from := a.from; from < a.to; {
			to := from + 1
			for to < a.to && (a.kind == emoji || lv[to-base] == lv[from-base] && strong(b.runes[to]) == strong(b.runes[from])) {
				to++
			}
			level := lv[from-base]
			words := b.drawn(from, to, level)
			if a.kind == emoji { // one picture, whatever it is made of
				words = shown(b.runes[from:to])
			}
			w := measure(words, b.style.Size, b.style.font(b.spans[a.span]), a.kind == emoji)
			if level%2 == 1 { // each word and each neutral between is placed by us
				ln.pieces = append(ln.pieces, piece{from: from, to: to, text: words, w: w, level: level, emoji: a.kind == emoji, span: a.span})
			} else {
				ln.pieces = appendPiece(ln.pieces, b, a, from, to, level, w)
			}
			from = to
		}
	}
	if lv != nil {
		visual(ln.pieces)
	}
	x := float32(0)
	for i := range ln.pieces {
		ln.pieces[i].x = x
		x += ln.pieces[i].w
	}
	ln.w = x
	b.lines = append(b.lines, ln)
}

// strong tells letters from what takes its direction from around it, so that a
// piece handed to the font shaper never holds both.
func strong(r rune) bool {
	switch class(r) {
	case bidi.L, bidi.R, bidi.AL, bidi.EN, bidi.AN, bidi.NSM:
		return true
	}
	return r == zeroWidthJoiner || r == 0x200C
}

// drawn is the text of a piece; neutral characters of a right-to-left piece are
// reversed and mirrored here, since the shaper would take them for Latin.
func (b *Block) drawn(from, to int, level uint8) string {
	rs := b.runes[from:to]
	if level%2 == 0 || strong(rs[0]) {
		return shown(rs)
	}
	back := make([]rune, len(rs))
	for i, r := range rs {
		back[len(rs)-1-i] = mirrored(r)
	}
	return shown(back)
}

// appendPiece adds to the piece before it when both are drawn alike.
func appendPiece(ps []piece, b *Block, a atom, from, to int, level uint8, w float32) []piece {
	text := shown(b.runes[from:to])
	if n := len(ps); n > 0 {
		p := &ps[n-1]
		if p.span == a.span && p.emoji == (a.kind == emoji) && p.level == level && p.to == from {
			p.to, p.text, p.w = to, p.text+text, p.w+w
			return ps
		}
	}
	return append(ps, piece{from: from, to: to, text: text, w: w, level: level, emoji: a.kind == emoji, span: a.span})
}

func (b *Block) finish() {
	if len(b.lines) == 0 {
		b.lines = []textLine{{}}
	}
	y := float32(0)
	for i := range b.lines {
		l := &b.lines[i]
		wide := l.w + l.indent
		if l.kind == markup.Code {
			wide += codePad + codeButton
		}
		b.Width = max(b.Width, wide)
		if i > 0 && l.kind != b.lines[i-1].kind {
			y += max(gap(l.kind), gap(b.lines[i-1].kind))
		} else if i == 0 && l.kind == markup.Code {
			y += codeGap
		}
		l.y = y
		y += b.style.Line
	}
	last := b.lines[len(b.lines)-1]
	if last.kind == markup.Code {
		y += codeGap
	}
	b.Width = float32(math.Ceil(float64(b.Width)))
	b.Height = y
	b.RTL, b.LastRTL, b.LastWidth = b.lines[0].rtl, last.rtl, last.w+last.indent
	if last.kind == markup.Code {
		b.LastWidth = Unbounded // nothing stands beside code
	}
	b.Align(b.Width, false)
}

// Align says how wide the box is that the block stands in: right-to-left lines
// end at its right edge; with center all lines stand in the middle.
func (b *Block) Align(box float32, center bool) {
	b.box = max(box, b.Width)
	for i := range b.lines {
		l := &b.lines[i]
		switch {
		case center:
			l.x = float32(math.Round(float64(max(0, (box-l.w)/2))))
		case l.rtl:
			l.x = float32(math.Round(float64(max(0, box-l.w-l.indent))))
		default:
			l.x = l.indent
		}
	}
}

// codeButton is the room at the right of code for the button that copies it.
const codeButton = 26

// gap is the room between a paragraph of a kind and one of another.
func gap(k markup.ParaKind) float32 {
	switch k {
	case markup.Code:
		return codeGap
	case markup.Quote:
		return quoteGap
	}
	return 0
}

// Area is a part of a block that is set apart.
type Area struct {
	Rect
	Text string
}

// Codes are the blocks of code, for the button that copies each.
func (b *Block) Codes() []Area {
	var out []Area
	b.runs(markup.Code, func(from, to int) {
		out = append(out, Area{b.area(from, to), b.Text(b.lines[from].from, b.lines[to].to)})
	})
	return out
}

// runs calls f with the first and the last line of each run of a kind.
func (b *Block) runs(k markup.ParaKind, f func(from, to int)) {
	for i := 0; i < len(b.lines); i++ {
		if b.lines[i].kind != k {
			continue
		}
		j := i
		for j+1 < len(b.lines) && b.lines[j+1].kind == k {
			j++
		}
		f(i, j)
		i = j
	}
}

// area is what lines take up, from edge to edge.
func (b *Block) area(from, to int) Rect {
	y := b.lines[from].y
	h := b.lines[to].y + b.style.Line - y
	if b.lines[from].kind == markup.Code {
		y, h = y-codeGap+2, h+2*codeGap-4
	}
	return Rect{X: 0, Y: y, W: b.box, H: h}
}

// Elide sets a text in one line and cuts it with an ellipsis where it does not
// fit. New lines are shown as spaces.
func Elide(text string, st Style, width float32) *Block {
	if strings.ContainsAny(text, "\n\r") {
		text = strings.Join(strings.Fields(text), " ")
	}
	const most = 512 // clusters: more never fit a line and are not measured
	rs := []rune(text)
	if len(rs) > most {
		rs = rs[:most]
		text = string(rs)
	}
	whole := Layout(text, st, Unbounded)
	if whole.Width <= width {
		return whole
	}
	starts := Clusters(rs)
	lo, hi := 0, len(starts)-1
	cut := func(n int) *Block {
		return Layout(strings.TrimRightFunc(string(rs[:starts[n]]), unicode.IsSpace)+"…", st, Unbounded)
	}
	for lo < hi {
		mid := (lo + hi + 1) / 2
		if cut(mid).Width <= width {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	return cut(lo)
}

// ElideName is Elide for the name of a file: a long one is cut in the middle, because
// its end says what it is.
func ElideName(name string, st Style, width float32) *Block {
	whole := Elide(name, st, width)
	rs := []rune(name)
	starts := Clusters(rs)
	const end = 10 // clusters: an extension and a bit of the name
	if len(starts) <= 2*end || whole.Len() == len(rs) {
		return whole
	}
	tail := string(rs[starts[len(starts)-1-end]:])
	head := Elide(string(rs[:starts[len(starts)-1-end]]), st, width-Layout(tail, st, Unbounded).Width-1)
	return Elide(head.Text(0, head.Len())+tail, st, width)
}

// Ink are the colours that a block is drawn in.
type Ink struct {
	Text, Link, Code color.Color
	Block            color.Color // behind blocks of code; Code if nil
	Bar              color.Color // beside quotes; Link if nil
	Mention          color.Color // names; Link if nil
	Cover            color.Color // over spoilers; nil shows them
}

func or(c, otherwise color.Color) color.Color {
	if c == nil {
		return otherwise
	}
	return c
}

// Objects draws the block at a place. The objects are new at each call.
func (b *Block) Objects(at fyne.Position, ink Ink) []fyne.CanvasObject {
	out := make([]fyne.CanvasObject, 0, len(b.lines))
	b.runs(markup.Code, func(from, to int) {
		a := b.area(from, to)
		ground := canvas.NewRectangle(or(ink.Block, or(ink.Code, color.Transparent)))
		ground.CornerRadius = 7
		ground.Move(at.AddXY(a.X, a.Y))
		ground.Resize(fyne.NewSize(a.W, a.H))
		out = append(out, ground)
	})
	b.runs(markup.Quote, func(from, to int) {
		a := b.area(from, to)
		bar := canvas.NewRectangle(or(ink.Bar, ink.Link))
		bar.CornerRadius = 1.5
		x := float32(0)
		if b.lines[from].rtl {
			x = b.box - 3
		}
		bar.Move(at.AddXY(x, a.Y+1))
		bar.Resize(fyne.NewSize(3, a.H-2))
		out = append(out, bar)
	})
	for _, l := range b.lines {
		top := at.Y + l.y
		for _, p := range l.pieces {
			span := b.spans[p.span]
			c := ink.Text
			switch {
			case span.Link != "":
				c = ink.Link
			case span.Mention:
				c = or(ink.Mention, ink.Link)
			}
			x := at.X + l.x + p.x
			if span.Spoiler > 0 && ink.Cover != nil {
				cover := canvas.NewRectangle(ink.Cover)
				cover.CornerRadius = 4
				cover.Move(fyne.NewPos(x-1, top+2))
				cover.Resize(fyne.NewSize(p.w+2, b.style.Line-4))
				out = append(out, cover)
				continue
			}
			if span.Code && ink.Code != nil {
				chip := canvas.NewRectangle(ink.Code)
				chip.CornerRadius = 4
				chip.Move(fyne.NewPos(x-2, top+1))
				chip.Resize(fyne.NewSize(p.w+4, b.style.Line-2))
				out = append(out, chip)
			}
			t := &canvas.Text{Text: p.text, Color: c, TextSize: b.style.Size, TextStyle: b.style.font(span)}
			if p.emoji {
				t.FontSource = EmojiSource(p.text)
			}
			m := t.MinSize()
			t.Move(fyne.NewPos(x, top+(b.style.Line-m.Height)/2))
			t.Resize(m)
			out = append(out, t)
			if span.Link != "" {
				under := canvas.NewRectangle(c)
				under.Move(fyne.NewPos(x, top+float32(math.Round(float64(b.style.Line)*0.84))))
				under.Resize(fyne.NewSize(p.w, 1))
				out = append(out, under)
			}
			if span.Strike {
				through := canvas.NewRectangle(c)
				through.Move(fyne.NewPos(x, top+float32(math.Round(float64(b.style.Line)*0.53))))
				through.Resize(fyne.NewSize(p.w, 1))
				out = append(out, through)
			}
		}
	}
	return out
}
