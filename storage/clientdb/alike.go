package clientdb

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/snugchat/snug/storage/sqlite"
)

const (
	// alikeTime is how long words that are like one are looked for: the index of a
	// million messages is read for longer, and then not to its end.
	alikeTime = time.Second
	// alikeLeast is how many letters a word has at least for which others are offered;
	// one letter of a shorter one is a third of it.
	alikeLeast = 4
	// alikeBegin is the same for a word that may go on.
	alikeBegin = 5
	// MaxAlike is how many words Alike returns.
	MaxAlike = 3
)

// Alike returns words of the index that a person may have meant who looked for one
// that is not in it: those that differ from it by one letter that is another, missing
// or too many, or by two that changed places. Then come those whose beginning does.
// The ones that stand in more messages come first. It is empty if the word, or one
// that begins so, is in the index, and for what is no single word. It takes at most
// alikeTime.
func (d *DB) Alike(ctx context.Context, word string) ([]string, error) {
	word = strings.TrimSpace(Fold(word))
	letters := []rune(word)
	if len(letters) < alikeLeast || slices.ContainsFunc(letters, func(r rune) bool { return !unicode.IsLetter(r) || unspaced(r) }) {
		return nil, nil
	}
	type candidate struct {
		word     string
		whole    bool
		messages int64
	}
	var all []candidate
	here := false
	read := func(ctx context.Context, from string) error {
		return each(ctx, d.db.Read(), `SELECT term, doc FROM words_terms WHERE term >= ?1 AND term <= ?1 || char(1114111)`, func(scan func(...any) error) error {
			var c candidate
			if err := scan(&c.word, &c.messages); err != nil {
				return err
			}
			other := []rune(c.word)
			c.whole = near(letters, other)
			switch {
			case strings.HasPrefix(c.word, word):
				here = true
				return nil
			case slices.ContainsFunc(other, func(r rune) bool { return !unicode.IsLetter(r) }):
				return nil // a tag, or no word
			case c.whole || len(letters) >= alikeBegin && beginsNear(letters, other):
				all = append(all, c)
			}
			return nil
		}, from)
	}
	limited, stop := context.WithTimeout(ctx, alikeTime)
	defer stop()
	// The word itself, then the first two letters in the other order, then without the
	// first, then what begins with the same two; only if that is nothing, with the same
	// one, which is the most to read. Others nobody would think of.
	swapped := string(letters[1]) + string(letters[0]) + string(letters[2:])
	for _, from := range []string{word, swapped, string(letters[1:]), string(letters[:2]), string(letters[:1])} {
		if len(all) > 0 && from == string(letters[:1]) {
			break
		}
		err := read(limited, from)
		if here {
			return nil, nil
		}
		if err != nil && ctx.Err() == nil && limited.Err() != nil {
			break // what was found until now
		}
		if err != nil {
			return nil, fmt.Errorf("look for words that are like one: %w", sqlite.Explain(errors.Join(err, ctx.Err())))
		}
	}
	slices.SortStableFunc(all, func(a, b candidate) int {
		switch {
		case a.whole && !b.whole:
			return -1
		case b.whole && !a.whole:
			return 1
		}
		return cmp.Or(cmp.Compare(b.messages, a.messages), strings.Compare(a.word, b.word))
	})
	var out []string
	for _, c := range all {
		if len(out) < MaxAlike && !slices.Contains(out, c.word) {
			out = append(out, c.word)
		}
	}
	return out, nil
}

// near says whether two words differ by one letter at most: another, missing, too
// many, or in the place of its neighbour (optimal string alignment, distance 1).
func near(a, b []rune) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) < len(b) {
		return slices.Equal(a[i:], b[i+1:])
	}
	if i == len(a) || slices.Equal(a[i+1:], b[i+1:]) {
		return true
	}
	return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && slices.Equal(a[i+2:], b[i+2:])
}

// beginsNear says whether the beginning of a word is near another.
func beginsNear(begin, word []rune) bool {
	for n := len(begin) - 1; n <= min(len(begin)+1, len(word)); n++ {
		if near(begin, word[:n]) {
			return true
		}
	}
	return false
}
