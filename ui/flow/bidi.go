package flow

import (
	"slices"

	"golang.org/x/text/unicode/bidi"
)

// hasRTL reports whether a text needs the bidirectional algorithm at all.
func hasRTL(text []rune) bool {
	for _, r := range text {
		if r < 0x590 {
			continue
		}
		if r <= 0x8FF || r >= 0xFB1D && r <= 0xFDFF || r >= 0xFE70 && r <= 0xFEFC || r >= 0x10800 && r <= 0x10FFF || r >= 0x1E800 && r <= 0x1EFFF || r == 0x200F || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 {
			return true
		}
	}
	return false
}

// levels resolves embedding levels of one paragraph (Unicode TR9, rules P to I).
// The library tells only odd from even; what else is needed here is the level 2
// of numbers inside right-to-left words, which its resolved classes imply.
func levels(text []rune) (lv []uint8, rtl bool) {
	lv = make([]uint8, len(text))
	rtl = startsRTL(text)
	base := uint8(0)
	if rtl {
		base = 1
	}
	var p bidi.Paragraph
	if _, err := p.SetString(string(text)); err != nil {
		return lv, rtl
	}
	order, err := p.Order()
	if err != nil {
		return lv, rtl
	}
	for i := range order.NumRuns() {
		run := order.Run(i)
		from, last := run.Pos()
		for k := from; k <= last && k < len(lv); k++ {
			switch {
			case run.Direction() == bidi.RightToLeft:
				lv[k] = 1
			case base == 1:
				lv[k] = 2
			}
		}
		if base == 0 && run.Direction() != bidi.RightToLeft && i > 0 {
			for k := from; k <= last && k < len(text) && numeric(text[k]); k++ {
				lv[k] = 2
			}
		}
	}
	return lv, rtl
}

// startsRTL finds the direction of a paragraph from its first strong character
// outside isolates (rules P2 and P3).
func startsRTL(text []rune) bool {
	depth := 0
	for _, r := range text {
		props, _ := bidi.LookupRune(r)
		switch props.Class() {
		case bidi.LRI, bidi.RLI, bidi.FSI:
			depth++
		case bidi.PDI:
			depth = max(0, depth-1)
		case bidi.L:
			if depth == 0 {
				return false
			}
		case bidi.R, bidi.AL:
			if depth == 0 {
				return true
			}
		}
	}
	return false
}

func class(r rune) bidi.Class {
	props, _ := bidi.LookupRune(r)
	return props.Class()
}

func numeric(r rune) bool {
	switch class(r) {
	case bidi.EN, bidi.AN, bidi.ES, bidi.CS, bidi.ET, bidi.NSM:
		return true
	}
	return false
}

// visual puts the pieces of one line, given in reading order with their levels,
// into the order from left to right (rule L2).
func visual(pieces []piece) {
	highest, lowestOdd := uint8(0), uint8(255)
	for _, p := range pieces {
		highest = max(highest, p.level)
		if p.level%2 == 1 {
			lowestOdd = min(lowestOdd, p.level)
		}
	}
	for level := highest; level >= lowestOdd && level > 0; level-- {
		for i := 0; i < len(pieces); {
			if pieces[i].level < level {
				i++
				continue
			}
			j := i
			for j < len(pieces) && pieces[j].level >= level {
				j++
			}
			slices.Reverse(pieces[i:j])
			i = j
		}
	}
}

// mirrored turns a bracket around for right-to-left text (rule L4).
func mirrored(r rune) rune {
	const pairs = "()[]{}<>«»‹›≤≥"
	rs := []rune(pairs)
	if i := slices.Index(rs, r); i >= 0 {
		return rs[i^1]
	}
	return r
}
