package clientdb

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// foldVersion is stored with the index; a change of Fold counts it up, and the
// index is made anew.
const foldVersion = 1

// Fold returns a text as it stands in the index and as it is looked for: without
// case, accents and widths (NFKC), and with spaces between the characters of
// scripts that write words without them (Chinese, Japanese, Thai ...), so that
// any part of such a text is found as a phrase of its characters. Marks that make
// another letter (in Hindi, in Japanese) stay.
func Fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	fold(&b, norm.NFKC.String(s), 0)
	return norm.NFC.String(b.String())
}

// fold writes a text that is in NFKC without case, accents and widths. base is the
// last character before it that is no mark, and what it returns the last one of all.
func fold(b *strings.Builder, s string, base rune) rune {
	for _, r := range norm.NFD.String(strings.ToLower(s)) {
		switch {
		case optional(r) && !unicode.In(base, unicode.Hiragana, unicode.Katakana):
			continue
		case r == 'ß':
			b.WriteString("ss")
			base = r
			continue
		case unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Mc, r):
			b.WriteRune(r)
			continue
		}
		if unspaced(r) || unspaced(base) {
			b.WriteByte(' ')
		}
		base = r
		b.WriteRune(r)
	}
	return base
}

// optional says whether a mark may be left out in writing: accents of Latin, Greek
// and Cyrillic, vowels of Hebrew and Arabic.
func optional(r rune) bool {
	return r >= 0x300 && r <= 0x36f || r >= 0x591 && r <= 0x5c7 || r >= 0x64b && r <= 0x65f || r == 0x670
}

// unspaced says whether a character is of a script that puts no spaces between
// words.
func unspaced(r rune) bool {
	return r >= 0xe00 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}
