package flow

import (
	"slices"
	"unicode"
)

const (
	zeroWidthJoiner = 0x200D
	textSelector    = 0xFE0E // VS15: the character before it is drawn as text
	emojiSelector   = 0xFE0F // VS16: the character before it is drawn as emoji
	keycap          = 0x20E3
)

// Clusters cuts text into what a person sees as one character (grapheme
// clusters of Unicode TR29, with the rules that chat texts need: combining
// marks, joined and toned emoji, flags, keycaps, Hangul). It returns the rune
// offsets at which clusters begin, the length of the text last.
func Clusters(text []rune) []int {
	starts := make([]int, 0, len(text)+1)
	for i := 0; i < len(text); {
		starts = append(starts, i)
		i = nextCluster(text, i)
	}
	return append(starts, len(text))
}

// maxCluster is the most runes that are taken for one character. No real one
// has more than 16; without a limit one "character" could be a whole message.
const maxCluster = 32

func nextCluster(t []rune, i int) int {
	r := t[i]
	t = t[:min(len(t), i+maxCluster)]
	i++
	if r == '\r' && i < len(t) && t[i] == '\n' {
		return i + 1
	}
	if r == '\n' || r == '\r' {
		return i
	}
	if isFlagLetter(r) && i < len(t) && isFlagLetter(t[i]) {
		i++
	}
	for i < len(t) {
		switch n := t[i]; {
		case extends(n):
			i++
		case t[i-1] == zeroWidthJoiner && isPictograph(n) && isPictograph(r):
			i++
		case isHangulTail(n) && isHangul(t[i-1]):
			i++
		default:
			return i
		}
	}
	return i
}

func extends(r rune) bool {
	switch {
	case r < 0x300:
		return false
	case r == zeroWidthJoiner, r == 0x200C, r == textSelector, r == emojiSelector, r == keycap:
		return true
	case r >= 0x1F3FB && r <= 0x1F3FF: // skin tones
		return true
	case r >= 0xE0020 && r <= 0xE007F: // tags of the flags of England, Scotland, Wales
		return true
	}
	return unicode.In(r, unicode.Mn, unicode.Me, unicode.Mc)
}

func isFlagLetter(r rune) bool { return r >= 0x1F1E6 && r <= 0x1F1FF }

func isHangul(r rune) bool     { return r >= 0x1100 && r <= 0x11FF || r >= 0xAC00 && r <= 0xD7A3 }
func isHangulTail(r rune) bool { return r >= 0x1160 && r <= 0x11FF }

// isPictograph reports the Emoji property of Unicode TR51 for what is no digit.
func isPictograph(r rune) bool {
	if r >= 0x1F000 {
		return r <= 0x1FAFF && !isFlagLetter(r) && (r >= 0x1F300 || r == 0x1F004 || r == 0x1F0CF || r == 0x1F170 || r == 0x1F171 || r == 0x1F17E || r == 0x1F17F || r >= 0x1F18E && r <= 0x1F251)
	}
	return r >= 0xA9 && isLowPictograph(r)
}

// isLowPictograph is the part of the property below U+10000.
func isLowPictograph(r rune) bool {
	_, found := slices.BinarySearchFunc(lowRanges[:], r, func(span [2]rune, r rune) int {
		switch {
		case span[1] < r:
			return -1
		case span[0] > r:
			return 1
		}
		return 0
	})
	return found
}

// lowRanges are the ranges of emoji-data.txt, Unicode 15.1, below U+10000,
// digits and # * left out. It is never changed.
var lowRanges = [...][2]rune{
	{0xA9, 0xA9},
	{0xAE, 0xAE},
	{0x203C, 0x203C},
	{0x2049, 0x2049},
	{0x2122, 0x2122},
	{0x2139, 0x2139},
	{0x2194, 0x2199},
	{0x21A9, 0x21AA},
	{0x231A, 0x231B},
	{0x2328, 0x2328},
	{0x23CF, 0x23CF},
	{0x23E9, 0x23F3},
	{0x23F8, 0x23FA},
	{0x24C2, 0x24C2},
	{0x25AA, 0x25AB},
	{0x25B6, 0x25B6},
	{0x25C0, 0x25C0},
	{0x25FB, 0x25FE},
	{0x2600, 0x2604},
	{0x260E, 0x260E},
	{0x2611, 0x2611},
	{0x2614, 0x2615},
	{0x2618, 0x2618},
	{0x261D, 0x261D},
	{0x2620, 0x2620},
	{0x2622, 0x2623},
	{0x2626, 0x2626},
	{0x262A, 0x262A},
	{0x262E, 0x262F},
	{0x2638, 0x263A},
	{0x2640, 0x2640},
	{0x2642, 0x2642},
	{0x2648, 0x2653},
	{0x265F, 0x2660},
	{0x2663, 0x2663},
	{0x2665, 0x2666},
	{0x2668, 0x2668},
	{0x267B, 0x267B},
	{0x267E, 0x267F},
	{0x2692, 0x2697},
	{0x2699, 0x2699},
	{0x269B, 0x269C},
	{0x26A0, 0x26A1},
	{0x26A7, 0x26A7},
	{0x26AA, 0x26AB},
	{0x26B0, 0x26B1},
	{0x26BD, 0x26BE},
	{0x26C4, 0x26C5},
	{0x26C8, 0x26C8},
	{0x26CE, 0x26CF},
	{0x26D1, 0x26D1},
	{0x26D3, 0x26D4},
	{0x26E9, 0x26EA},
	{0x26F0, 0x26F5},
	{0x26F7, 0x26FA},
	{0x26FD, 0x26FD},
	{0x2702, 0x2702},
	{0x2705, 0x2705},
	{0x2708, 0x270D},
	{0x270F, 0x270F},
	{0x2712, 0x2712},
	{0x2714, 0x2714},
	{0x2716, 0x2716},
	{0x271D, 0x271D},
	{0x2721, 0x2721},
	{0x2728, 0x2728},
	{0x2733, 0x2734},
	{0x2744, 0x2744},
	{0x2747, 0x2747},
	{0x274C, 0x274C},
	{0x274E, 0x274E},
	{0x2753, 0x2755},
	{0x2757, 0x2757},
	{0x2763, 0x2764},
	{0x2795, 0x2797},
	{0x27A1, 0x27A1},
	{0x27B0, 0x27B0},
	{0x27BF, 0x27BF},
	{0x2934, 0x2935},
	{0x2B05, 0x2B07},
	{0x2B1B, 0x2B1C},
	{0x2B50, 0x2B50},
	{0x2B55, 0x2B55},
	{0x3030, 0x3030},
	{0x303D, 0x303D},
	{0x3297, 0x3297},
	{0x3299, 0x3299},
}

// IsEmoji reports whether a cluster is drawn with the emoji font. Characters of
// old fonts, such as the heart, count without a selector too, because our text
// font has none of them; the ones that every font has, such as the copyright
// sign, only with it.
func IsEmoji(cluster []rune) bool {
	if len(cluster) == 0 {
		return false
	}
	r := cluster[0]
	for _, n := range cluster[1:] {
		switch n {
		case emojiSelector:
			return isPictograph(r) || r == '#' || r == '*' || r >= '0' && r <= '9'
		case keycap:
			return r == '#' || r == '*' || r >= '0' && r <= '9'
		case textSelector:
			return false
		}
	}
	switch {
	case isFlagLetter(r):
		return len(cluster) > 1
	case r >= 0x1F3FB && r <= 0x1F3FF:
		return true
	case r >= 0x1F000:
		return isPictograph(r)
	case r >= 0x2600 && r <= 0x27BF, r >= 0x23E9 && r <= 0x23F3, r == 0x231A, r == 0x231B, r == 0x2B50, r == 0x2B55, r == 0x2B1B, r == 0x2B1C, r == 0x25FD, r == 0x25FE:
		return isLowPictograph(r)
	}
	return false
}

// onlyEmoji counts the emoji of a text that holds nothing else but spaces. More
// than most is answered as 0, so that a long text costs nothing.
func onlyEmoji(text []rune, most int) int {
	n := 0
	for i := 0; i < len(text); {
		end := nextCluster(text, i)
		switch {
		case IsEmoji(text[i:end]):
			n++
			if n > most {
				return 0
			}
		case text[i] != ' ':
			return 0
		}
		i = end
	}
	return n
}
