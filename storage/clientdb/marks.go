package clientdb

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxMarks is how many marks of a text are found: more than fit into a bubble of a
// whole window, where the longest message could have 30,000.
const maxMarks = 256

// Marks returns where the terms of a query stand in a text, as offsets of runes,
// the second behind the last rune of the mark; in order, and none overlapping
// another. The text is read as the index reads it. Of the last word of a term that
// may go on, only what the term has of it is marked.
func Marks(text string, terms []Term) [][2]int {
	words := wordsOf(text)
	var out [][2]int
	for i, t := range terms {
		if i == MaxTerms || len(out) >= maxMarks {
			break
		}
		want := wordsOf(t.Text)
		if len(want) == 0 {
			continue // nothing of it is in the index
		}
		for at := 0; at+len(want) <= len(words) && len(out) < maxMarks; at++ {
			if to := standAt(words[at:], want, t.Exact); to > 0 {
				out = append(out, [2]int{words[at].runes[0][0], to})
			}
		}
	}
	slices.SortFunc(out, func(a, b [2]int) int { return a[0] - b[0] })
	n := 0
	for _, m := range out {
		if n > 0 && m[0] < out[n-1][1] {
			out[n-1][1] = max(out[n-1][1], m[1])
			continue
		}
		out[n] = m
		n++
	}
	return out[:n]
}

// word is a word of a text as the index has it: folded, and for each of its runes
// those of the text that it comes from.
type word struct {
	folded []rune
	runes  [][2]int
}

// standAt returns the offset at which the words that are wanted end, 0 if others
// stand there.
func standAt(words, want []word, exact bool) (to int) {
	last := len(want) - 1
	for i := range want {
		have, n := words[i].folded, len(want[i].folded)
		if len(have) < n || !slices.Equal(have[:n], want[i].folded) || (i < last || exact) && len(have) > n {
			return 0
		}
	}
	return words[last].runes[len(want[last].folded)-1][1]
}

// wordsOf takes a text apart as the index does: by Fold, then by the categories that
// its tokenizer has (005_search.sql).
func wordsOf(text string) (out []word) {
	var it norm.Iter
	it.InitString(norm.NFKC, text)
	at := 0 // runes of the text so far
	inside := false
	var base rune
	for !it.Done() {
		from := it.Pos()
		segment := string(it.Next())
		n := utf8.RuneCountInString(text[from:it.Pos()])
		var b strings.Builder
		base = fold(&b, segment, base)
		for _, r := range norm.NFC.String(b.String()) {
			if !unicode.In(r, unicode.L, unicode.N, unicode.Co, unicode.Mn, unicode.Mc) {
				inside = false
				continue
			}
			if !inside {
				out = append(out, word{})
				inside = true
			}
			w := &out[len(out)-1]
			// Of a rune that is several in NFKC, such as a ligature, all but the last come
			// with nothing of the text.
			w.folded, w.runes = append(w.folded, r), append(w.runes, [2]int{at, at + max(n, 1)})
		}
		at += n
	}
	return out
}
