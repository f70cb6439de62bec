package flow

import (
	"strings"
	"unicode"

	"github.com/snugchat/snug/ui/markup"
)

// What package markup reads is set here.
type (
	// Span is a stretch of a text with one look.
	Span = markup.Span
	// Rich is a text with its spans and paragraphs.
	Rich = markup.Rich
)

// kind says how a rune takes part in breaking lines.
type kind uint8

const (
	word  kind = iota
	space      // may be left out at the end of a line
	newline
	emoji
	single // a line may break before and after it: Chinese, Japanese
)

func kindOf(r rune) kind {
	switch {
	case r == '\n':
		return newline
	case r == '\u00A0', r == '\u202F', r == '\u2007':
		return word // spaces that do not break
	case unicode.IsSpace(r):
		return space
	case r >= 0x2E80 && r <= 0x9FFF, r >= 0xF900 && r <= 0xFAFF, r >= 0xFF01 && r <= 0xFF60, r >= 0x20000 && r <= 0x3FFFF:
		return single
	}
	return word
}

// clings are characters that never begin a line after a single one.
func clings(r rune) bool {
	return strings.ContainsRune("、。，．・：；？！）」』】〉》〕］｝ーぁぃぅぇぉっゃゅょァィゥェォッャュョ々", r)
}

// atom is what a line is filled with: a word, a run of spaces, an emoji.
type atom struct {
	from, to int // rune offsets
	kind     kind
	span     int
	glue     bool // no line break before it
	part     bool // goes on the word before it, which is too long to measure at once
	w        float32
}

// maxWord is how many runes of a word are measured at once. Shaping costs more
// than its share with length, and 64 letters are wider than most bubbles.
const maxWord = 64

// atoms cuts spans into what lines break between.
func atoms(text []rune, spans []Span) []atom {
	var out []atom
	for s, sp := range spans {
		for i := sp.From; i < sp.To; {
			end := min(nextCluster(text, i), sp.To)
			k := kindOf(text[i])
			if k == word || k == single {
				if IsEmoji(text[i:end]) {
					k = emoji
				}
			}
			if n := len(out); n > 0 {
				p := &out[n-1]
				joined := p.span == s && p.kind == k && (k == word || k == space) && !(k == word && breaksAfter(text, i))
				if joined && p.to-p.from < maxWord {
					p.to = end
					i = end
					continue
				}
				if joined {
					out = append(out, atom{from: i, to: end, kind: k, span: s, part: true})
					i = end
					continue
				}
			}
			a := atom{from: i, to: end, kind: k, span: s}
			if n := len(out); n > 0 {
				p := out[n-1]
				a.glue = (k == word || k == single) && (p.kind == single || p.kind == emoji) && (clings(text[i]) || isClosing(text[i])) ||
					k == word && p.kind == word && p.span != s // a link and the comma after it
			}
			out = append(out, a)
			i = end
		}
	}
	return out
}

// breaksAfter reports whether a line may break before rune i of a word, because
// of the hyphen or slash before it.
func breaksAfter(text []rune, i int) bool {
	if i < 2 {
		return false
	}
	p := text[i-1]
	return (p == '-' || p == '\u2010' || p == '/') && unicode.IsLetter(text[i-2]) && unicode.IsLetter(text[i])
}

func isClosing(r rune) bool { return strings.ContainsRune(".,;:!?)]}»”’…", r) }
