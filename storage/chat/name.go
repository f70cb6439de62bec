package chat

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// MaxName is the largest length of a person's or a place's name, in characters.
const MaxName = 40

// MaxNameBytes is the largest length of a name in UTF-8 bytes.
const MaxNameBytes = 120

// The reasons why a name is refused.
var (
	ErrNameEmpty = errors.New("a name needs at least one letter or digit")
	ErrNameLong  = errors.New("the name is too long")
	ErrNameChars = errors.New("the name has characters that cannot be seen or told apart")
)

// NormalName returns a name as it is shown (NFC, single spaces, no space at the
// ends) and its skeleton: two names with the same skeleton look alike, and only
// one of them may exist in a place (Unicode TS 39 gives the idea; the table here
// holds the letters that people are fooled with in practice: Cyrillic and Greek
// look-alikes of Latin letters, digits that look like letters).
func NormalName(name string) (shown, skeleton string, err error) {
	if !utf8.ValidString(name) {
		return "", "", ErrNameChars
	}
	if len(name) > 8*MaxNameBytes {
		return "", "", ErrNameLong
	}
	shown = strings.Join(strings.Fields(norm.NFC.String(name)), " ")
	if utf8.RuneCountInString(shown) > MaxName || len(shown) > MaxNameBytes {
		return "", "", ErrNameLong
	}
	word := false
	marks := 0
	for _, r := range shown {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r):
			word, marks = true, 0
		case unicode.Is(unicode.Mn, r), unicode.Is(unicode.Mc, r):
			if marks++; marks > 3 { // stacked marks reach into other people's lines
				return "", "", ErrNameChars
			}
		case r == ' ', unicode.IsPunct(r), unicode.IsSymbol(r):
			marks = 0
		default: // controls, format and bidi characters, unassigned, private use
			return "", "", ErrNameChars
		}
	}
	if !word {
		return "", "", ErrNameEmpty
	}
	return shown, skeletonOf(shown), nil
}

// skeletonOf folds case, width, marks and look-alikes, and drops what is easily
// overlooked: spaces and punctuation.
func skeletonOf(shown string) string {
	var b strings.Builder
	// Twice folded: the look-alike table works on folded letters, and some
	// look-alikes only appear after compatibility decomposition.
	folded := cases.Fold().String(norm.NFKD.String(shown))
	for _, r := range folded {
		if to, ok := lookalikes[r]; ok {
			b.WriteString(to)
			continue
		}
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsSymbol(r) {
			b.WriteRune(r)
		}
	}
	return strings.ReplaceAll(b.String(), "rn", "m")
}

// lookalikes maps folded letters to the Latin letter that they are taken for.
var lookalikes = map[rune]string{
	'0': "o", '1': "l", 'i': "l", '|': "l", 'ı': "l", 'ǀ': "l", '5': "s", 'ß': "ss",
	// Cyrillic
	'а': "a", 'в': "b", 'е': "e", 'ё': "e", 'һ': "h", 'і': "l", 'ї': "l", 'ј': "j", 'к': "k", 'ӏ': "l", 'м': "m", 'н': "h",
	'о': "o", 'р': "p", 'ԛ': "q", 'с': "c", 'ѕ': "s", 'т': "t", 'у': "y", 'ү': "y", 'ԝ': "w", 'х': "x", 'ԁ': "d", 'ь': "b", 'з': "3", 'г': "r",
	// Greek
	'α': "a", 'β': "b", 'ε': "e", 'η': "n", 'ι': "l", 'κ': "k", 'ν': "v", 'ο': "o", 'ρ': "p", 'τ': "t", 'υ': "u", 'χ': "x", 'ω': "w", 'γ': "y", 'μ': "u", 'ζ': "z",
	// Armenian and Latin letters of their own
	'օ': "o", 'ո': "n", 'ս': "u", 'ց': "g", 'հ': "h", 'ɑ': "a", 'ɡ': "g", 'ɩ': "l", 'ʏ': "y", 'ⅼ': "l", 'ø': "o", 'đ': "d", 'ł': "l",
}
