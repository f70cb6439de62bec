// Package markup reads the marks of a message: bold, italic, code, quotes, lists,
// spoilers, links and names.
//
// It knows text and nothing of fonts, screens or people, and it fetches nothing.
//
// What is read is a small part of Markdown, as FEATURES.md, row D7, wants it.
package markup

import (
	"regexp"
	"strings"
	"unicode"
)

// ParaKind is how a paragraph is set.
type ParaKind uint8

// The kinds of paragraphs.
const (
	Plain ParaKind = iota
	Quote          // after "> "
	Item           // after "- ", "* " or "1. "
	Code           // between lines of three backticks
)

// Para is a paragraph of a formatted text: the runes from From up to To, the
// new line after it not counted.
type Para struct {
	From, To int
	Kind     ParaKind
	Lead     int // of an Item: runes of its sign, under which its lines do not go
}

// Rich is a text as it is shown, its marks taken out and made into spans.
type Rich struct {
	Text  string
	Spans []Span // put together, they are the text
	Paras []Para // in order
}

// Formatted reports whether there is anything but plain text, links included.
func (r *Rich) Formatted() bool {
	for _, s := range r.Spans {
		if s != (Span{From: s.From, To: s.To}) {
			return true
		}
	}
	for _, p := range r.Paras {
		if p.Kind != Plain {
			return true
		}
	}
	return false
}

// maxDepth is how deep marks may stand in marks.
const maxDepth = 4

// Format reads the marks of a message, a small part of Markdown: **bold**,
// *italic* or _italic_, ~~struck~~, `code`, ||spoiler||, code between lines of
// three backticks, "> " quotes, "- " and "1. " lists, and links. A backslash
// takes a mark for itself. Marks that do not close are text. names are those who
// are named by "@name"; the longest that fits wins. Nothing is ever fetched.
func Format(source string, names []string) *Rich {
	f := &formatter{names: names}
	source = strings.ReplaceAll(source, "\r\n", "\n")
	lines := strings.Split(source, "\n")
	for i := 0; i < len(lines); i++ {
		if strings.HasPrefix(lines[i], "```") {
			if end := closing(lines, i); end > i {
				if end == i+1 {
					f.para(Code, "", 0)
				}
				for _, l := range lines[i+1 : end] {
					f.para(Code, l, 0)
				}
				i = end
				continue
			}
		}
		kind, lead, rest := head(lines[i])
		f.para(kind, rest, lead)
	}
	return f.done()
}

// closing finds the line that ends the code that begins at line i, 0 if none
// does. "```one line```" is such a block too.
func closing(lines []string, i int) int {
	for j := i + 1; j < len(lines); j++ {
		if strings.TrimRight(lines[j], " \t") == "```" {
			return j
		}
	}
	return 0
}

// head finds what kind of paragraph a line is.
func head(line string) (kind ParaKind, lead int, rest string) {
	switch {
	case strings.HasPrefix(line, "> "):
		return Quote, 0, line[2:]
	case line == ">":
		return Quote, 0, ""
	case len(line) > 2 && (line[0] == '-' || line[0] == '*') && line[1] == ' ':
		return Item, 2, "\u2022 " + line[2:]
	}
	n := 0
	for n < len(line) && n < 3 && line[n] >= '0' && line[n] <= '9' {
		n++
	}
	if n > 0 && len(line) > n+2 && line[n] == '.' && line[n+1] == ' ' {
		return Item, n + 2, line
	}
	return Plain, 0, line
}

type formatter struct {
	names []string
	text  []rune
	spans []Span
	paras []Para
	spoil int // how many spoilers there are

	line  []rune  // of the paragraph that is being read
	links []Span  // in it
	none  [8]bool // marks that do not close any more in it
}

// para reads one paragraph.
func (f *formatter) para(kind ParaKind, line string, lead int) {
	if len(f.paras) > 0 {
		f.emit([]rune{'\n'}, Span{})
	}
	p := Para{From: len(f.text), Kind: kind, Lead: lead}
	f.line = []rune(line)
	if kind == Code {
		f.emit(f.line, Span{Block: true})
	} else {
		f.links = f.links[:0]
		for _, s := range Spans(line) {
			if s.Link != "" {
				f.links = append(f.links, s)
			}
		}
		f.none = [8]bool{}
		f.inline(0, len(f.line), Span{}, 0)
	}
	p.To = len(f.text)
	f.paras = append(f.paras, p)
}

// emit puts text behind what there is.
func (f *formatter) emit(rs []rune, look Span) {
	if len(rs) == 0 {
		return
	}
	from := len(f.text)
	f.text = append(f.text, rs...)
	look.From, look.To = from, len(f.text)
	if n := len(f.spans); n > 0 {
		last := f.spans[n-1]
		same := last
		same.From, same.To = look.From, look.To
		if same == look && last.Link == "" && !last.Mention {
			f.spans[n-1].To = look.To
			return
		}
	}
	f.spans = append(f.spans, look)
}

// marks are what stands around formatted words. The longer ones come first.
var marks = [...]struct {
	sign  string
	apply func(*Span)
}{
	{"**", func(s *Span) { s.Bold = true }},
	{"~~", func(s *Span) { s.Strike = true }},
	{"||", nil},
	{"`", func(s *Span) { s.Code = true }},
	{"__", func(s *Span) { s.Bold = true }},
	{"*", func(s *Span) { s.Italic = true }},
	{"_", func(s *Span) { s.Italic = true }},
}

// inline reads the runes from i up to end, which look like look.
func (f *formatter) inline(i, end int, look Span, depth int) {
	start, begin := i, i
	flush := func(to int) {
		if to > start {
			f.emit(f.line[start:to], look)
		}
	}
	for i < end {
		if l := f.linkAt(i); l != nil && l.To <= end {
			flush(i)
			s := look
			s.Link = l.Link
			f.emit(f.line[l.From:l.To], s)
			i = l.To
			start = i
			continue
		}
		r := f.line[i]
		switch {
		case r == '\\' && i+1 < end && strings.ContainsRune("*_~`|\\>@-", f.line[i+1]):
			flush(i)
			start = i + 1
			i += 2
			continue
		case r == '@':
			if n := f.nameAt(i, end); n > 0 {
				flush(i)
				s := look
				s.Mention = true
				f.emit(f.line[i:i+n], s)
				i += n
				start = i
				continue
			}
		case depth < maxDepth && strings.ContainsRune("*_~`|", r):
			if m, close := f.markAt(begin, i, end); m >= 0 {
				flush(i)
				n := len(marks[m].sign)
				s := look
				if marks[m].apply != nil {
					marks[m].apply(&s)
				} else if s.Spoiler == 0 {
					f.spoil++
					s.Spoiler = f.spoil
				}
				if s.Code {
					f.emit(f.line[i+n:close], s) // nothing is read in code
				} else {
					f.inline(i+n, close, s, depth+1)
				}
				i = close + n
				start = i
				continue
			}
		}
		i++
	}
	flush(end)
}

// linkAt is the link that begins at a rune.
func (f *formatter) linkAt(i int) *Span {
	for k := range f.links {
		if f.links[k].From == i {
			return &f.links[k]
		}
	}
	return nil
}

func (f *formatter) inLink(i int) bool {
	for k := range f.links {
		if i >= f.links[k].From && i < f.links[k].To {
			return true
		}
	}
	return false
}

// markAt finds the mark that opens at a rune and where it closes; -1 for none.
// What is read begins at begin.
func (f *formatter) markAt(begin, i, end int) (mark, close int) {
	for m := range marks {
		sign := marks[m].sign
		n := len(sign)
		if f.none[m] || !f.has(i, end, sign) || i+n >= end || unicode.IsSpace(f.line[i+n]) {
			continue
		}
		if sign == "`" && f.line[i+n] == '`' {
			continue
		}
		lone := sign == "*" || sign == "_" || sign == "__"
		if lone && i > begin && (wordRune(f.line[i-1]) || f.line[i-1] == rune(sign[0])) {
			continue
		}
		for j := i + n; j+n <= end; j++ {
			if f.line[j] == '\\' && sign != "`" {
				j++
				continue
			}
			if sign == "**" && f.has(j, end, "***") && !unicode.IsSpace(f.line[j-1]) {
				continue // the inner of two marks closes first
			}
			if !f.has(j, end, sign) || j == i+n || f.inLink(j) || unicode.IsSpace(f.line[j-1]) && sign != "`" {
				continue
			}
			if lone && (j+n < end && (wordRune(f.line[j+n]) || f.line[j+n] == rune(sign[0])) || n == 1 && f.line[j-1] == rune(sign[0])) {
				continue
			}
			return m, j
		}
		f.none[m] = true
	}
	return -1, 0
}

func (f *formatter) has(i, end int, sign string) bool {
	if i+len(sign) > end {
		return false
	}
	for k := range len(sign) {
		if f.line[i+k] != rune(sign[k]) {
			return false
		}
	}
	return true
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }

// nameAt is the length of the name that begins with the "@" at a rune, 0 for none.
func (f *formatter) nameAt(i, end int) int {
	if i > 0 && wordRune(f.line[i-1]) {
		return 0
	}
	best := 0
	for _, name := range f.names {
		rs := []rune(name)
		if len(rs) == 0 || len(rs) < best || i+1+len(rs) > end {
			continue
		}
		if !strings.EqualFold(string(f.line[i+1:i+1+len(rs)]), name) {
			continue
		}
		if next := i + 1 + len(rs); next < end && wordRune(f.line[next]) {
			continue
		}
		best = len(rs) + 1
	}
	return best
}

func (f *formatter) done() *Rich {
	return &Rich{Text: string(f.text), Spans: f.spans, Paras: f.paras}
}

// PlainText is a text without its marks on one line, for previews and quotes:
// spoilers stay covered.
func PlainText(source string, names []string) string {
	r := Format(source, names)
	var b strings.Builder
	rs := []rune(r.Text)
	for _, s := range r.Spans {
		if s.Spoiler > 0 {
			b.WriteString(strings.Repeat("\u2588", min(s.To-s.From, 12)))
			continue
		}
		b.WriteString(string(rs[s.From:s.To]))
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// Span is a stretch of a message with one look. The spans of a text, put
// together, are the text.
type Span struct {
	From, To           int // rune offsets
	Link               string
	Bold, Italic, Code bool
	Strike, Mention    bool
	Block              bool // in a block of code
	Spoiler            int  // which spoiler it is in, from 1 on; 0 for none
}

// linkStart finds where a link may begin: http, https, and places of our own.
var linkStart = regexp.MustCompile(`(?i)\b(?:https?://|snug://join#)[^\s<>"'\x60]+`)

// Spans finds the links of a text. A full stop, comma, closing bracket and the
// like at the end belong to the sentence, not to the link, unless the link
// itself opens that bracket.
func Spans(text string) []Span {
	var out []Span
	at, runes := 0, 0 // byte and rune offset up to which spans are made
	advance := func(to int) int {
		n := runes
		for range text[at:to] {
			n++
		}
		return n
	}
	for _, m := range linkStart.FindAllStringIndex(text, -1) {
		end := m[0] + len(trimLink(text[m[0]:m[1]]))
		if strings.HasSuffix(text[m[0]:end], "//") || strings.HasSuffix(text[m[0]:end], "#") {
			continue
		}
		if m[0] > at {
			to := advance(m[0])
			out = append(out, Span{From: runes, To: to})
			at, runes = m[0], to
		}
		to := advance(end)
		out = append(out, Span{From: runes, To: to, Link: text[m[0]:end]})
		at, runes = end, to
	}
	if at < len(text) {
		out = append(out, Span{From: runes, To: advance(len(text))})
	}
	return out
}

func trimLink(s string) string {
	for s != "" {
		last := rune(s[len(s)-1])
		switch {
		case strings.ContainsRune(".,;:!?*_~", last):
		case last == ')' && strings.Count(s, ")") > strings.Count(s, "("):
		case last == ']' && strings.Count(s, "]") > strings.Count(s, "["):
		default:
			return s
		}
		s = s[:len(s)-1]
	}
	return s
}
