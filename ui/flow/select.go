package flow

import "unicode"

// Len is the length of the text in runes; offsets go from 0 to Len.
func (b *Block) Len() int { return len(b.runes) }

// Text is the part of the text between two offsets.
func (b *Block) Text(from, to int) string {
	from, to = b.clamp(from), b.clamp(to)
	if from > to {
		from, to = to, from
	}
	return string(b.runes[from:to])
}

// Lines is how many lines the block has; at least one.
func (b *Block) Lines() int { return len(b.lines) }

func (b *Block) clamp(i int) int { return max(0, min(i, len(b.runes))) }

func (b *Block) lineAt(y float32) int {
	n := 0
	for n+1 < len(b.lines) && y >= b.lines[n+1].y {
		n++
	}
	return n
}

// Hit is the offset nearest to a point: between two characters, never inside
// one. Above the block it is 0, below it Len.
func (b *Block) Hit(x, y float32) int {
	if y < 0 {
		return 0
	}
	if y >= b.Height {
		return len(b.runes)
	}
	l := b.lines[b.lineAt(y)]
	x -= l.x
	if len(l.pieces) == 0 {
		return l.from
	}
	if x < 0 {
		return l.edge(true)
	}
	if x >= l.w {
		return l.edge(false)
	}
	for _, p := range l.pieces {
		if x < p.x+p.w {
			return b.hitPiece(p, x-p.x)
		}
	}
	return l.to
}

// edge is the offset at the left or right end of a line.
func (l textLine) edge(left bool) int {
	if left == l.rtl {
		return l.pieces[lastByOffset(l.pieces)].to
	}
	return l.from
}

func lastByOffset(ps []piece) int {
	at := 0
	for i, p := range ps {
		if p.to > ps[at].to {
			at = i
		}
	}
	return at
}

func (b *Block) hitPiece(p piece, x float32) int {
	if p.level%2 == 1 {
		x = p.w - x
	}
	starts := Clusters(b.runes[p.from:p.to])
	before := float32(0)
	for _, s := range starts[1:] {
		after := b.prefix(p, p.from+s)
		if x < (before+after)/2 {
			return p.from + starts[indexOf(starts, s)-1]
		}
		before = after
	}
	return p.to
}

func indexOf(s []int, v int) int {
	for i, x := range s {
		if x == v {
			return i
		}
	}
	return -1
}

// prefix is the width of a piece up to an offset, in reading direction.
func (b *Block) prefix(p piece, to int) float32 {
	if to >= p.to {
		return p.w
	}
	if to <= p.from {
		return 0
	}
	return min(p.w, measure(shown(b.runes[p.from:to]), b.style.Size, b.style.font(b.spans[p.span]), p.emoji))
}

// Rects are the areas to mark for the characters from one offset to another.
// Neighbours on a line are one area.
func (b *Block) Rects(from, to int) []Rect {
	from, to = b.clamp(from), b.clamp(to)
	if from > to {
		from, to = to, from
	}
	var out []Rect
	for _, l := range b.lines {
		if l.from >= to && !(l.from == to && l.from == from) || l.to < from {
			continue
		}
		first := len(out)
		for _, p := range l.pieces {
			s, e := max(from, p.from), min(to, p.to)
			if s >= e {
				continue
			}
			x0, x1 := b.prefix(p, s), b.prefix(p, e)
			if p.level%2 == 1 {
				x0, x1 = p.w-x1, p.w-x0
			}
			r := Rect{X: l.x + p.x + x0, Y: l.y, W: x1 - x0, H: b.style.Line}
			if n := len(out); n > first && r.X-(out[n-1].X+out[n-1].W) < 0.5 && r.X >= out[n-1].X {
				out[n-1].W = r.X + r.W - out[n-1].X
				continue
			}
			out = append(out, r)
		}
	}
	return out
}

// LinkAt is the link under a point, or "".
func (b *Block) LinkAt(x, y float32) string {
	if y < 0 || y >= b.Height {
		return ""
	}
	l := b.lines[b.lineAt(y)]
	x -= l.x
	for _, p := range l.pieces {
		if x >= p.x && x < p.x+p.w {
			return b.spans[p.span].Link
		}
	}
	return ""
}

// SpoilerAt is the spoiler under a point, 0 for none.
func (b *Block) SpoilerAt(x, y float32) int {
	if y < 0 || y >= b.Height {
		return 0
	}
	l := b.lines[b.lineAt(y)]
	x -= l.x
	for _, p := range l.pieces {
		if x >= p.x && x < p.x+p.w {
			return b.spans[p.span].Spoiler
		}
	}
	return 0
}

// HasSpoiler reports whether anything is covered.
func (b *Block) HasSpoiler() bool {
	for _, s := range b.spans {
		if s.Spoiler > 0 {
			return true
		}
	}
	return false
}

// InText reports whether a point is on a character, for the pointer's shape.
func (b *Block) InText(x, y float32) bool {
	if y < 0 || y >= b.Height {
		return false
	}
	l := b.lines[b.lineAt(y)]
	return x >= l.x && x <= l.x+l.w
}

// WordAt is the word around an offset, for a double click: letters and digits
// together, otherwise one character; a link is one word.
func (b *Block) WordAt(at int) (from, to int) {
	if len(b.runes) == 0 {
		return 0, 0
	}
	at = min(b.clamp(at), len(b.runes)-1)
	for _, s := range b.spans {
		if s.Link != "" && at >= s.From && at < s.To {
			return s.From, s.To
		}
	}
	if !inWord(b.runes[at]) && at > 0 && inWord(b.runes[at-1]) { // just behind a word
		at--
	}
	if !inWord(b.runes[at]) {
		starts := Clusters(b.runes)
		for i := 1; i < len(starts); i++ {
			if starts[i] > at {
				return starts[i-1], starts[i]
			}
		}
	}
	from, to = at, at+1
	for from > 0 && inWord(b.runes[from-1]) {
		from--
	}
	for to < len(b.runes) && inWord(b.runes[to]) {
		to++
	}
	return from, to
}

func inWord(r rune) bool {
	return unicode.In(r, unicode.L, unicode.N, unicode.Mn, unicode.Mc) || r == '_' || r == '\'' || r == '\u2019'
}

// ParagraphAt is the text between the new lines around an offset, for a triple
// click.
func (b *Block) ParagraphAt(at int) (from, to int) {
	at = b.clamp(at)
	from, to = at, at
	for from > 0 && b.runes[from-1] != '\n' {
		from--
	}
	for to < len(b.runes) && b.runes[to] != '\n' {
		to++
	}
	return from, to
}
