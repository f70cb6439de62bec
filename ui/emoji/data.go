// Package emoji is the picker: search, categories, recently used ones and skin
// tones, of emoji that our font really has.
//
// It knows the kit and reports which emoji was picked; where it goes and how
// the recent ones are kept is decided outside.
//
// The list comes from emoji-datasource 16.0.0; TestEveryGlyphIsThere shapes
// each entry, in each tone, with the font that the program shows it in.
package emoji

import (
	_ "embed" // the list
	"slices"
	"strings"
	"sync"

	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/text"
)

//go:embed emoji.tsv
var list string

// Emoji is one entry of the list.
type Emoji struct {
	Char  string // without a skin tone
	Name  string
	toned string // with the lightest tone; "" when it takes none
	words string // short names and name, for the search
	kind  byte
}

// lightest is the first of the five tone characters, which follow each other.
const lightest = '\U0001F3FB'

// Tones is how many skin tones there are besides none: 1 is the lightest.
const Tones = 5

// In is the emoji in a skin tone from 0, none, to Tones; one that takes no tone
// stays as it is.
func (e Emoji) In(tone int) string {
	if tone < 1 || tone > Tones || e.toned == "" {
		return e.Char
	}
	return strings.ReplaceAll(e.toned, string(lightest), string(lightest+rune(tone-1)))
}

// all parses the list once; it is never changed.
var all = sync.OnceValue(func() []Emoji {
	var out []Emoji
	for l := range strings.SplitSeq(strings.TrimSpace(list), "\n") {
		p := strings.SplitN(l, "\t", 5)
		if len(p) != 5 {
			panic("emoji.tsv: not five columns: " + l)
		}
		out = append(out, Emoji{kind: p[0][0], Char: p[1], toned: p[2], Name: p[4], words: " " + strings.NewReplacer("-", " ", "_", " ").Replace(p[3]+" "+p[4])})
	}
	return out
})

// category is one section of the picker.
type category struct {
	kind  byte
	icon  icon.Name
	title string
}

const recentKind = 'r'

func categories() []category {
	return []category{
		{recentKind, icon.Clock, text.EmojiRecent()},
		{'p', icon.Smile, text.EmojiPeople()},
		{'n', icon.Leaf, text.EmojiNature()},
		{'f', icon.Food, text.EmojiFood()},
		{'a', icon.Ball, text.EmojiActivity()},
		{'t', icon.Plane, text.EmojiTravel()},
		{'o', icon.Bulb, text.EmojiObjects()},
		{'s', icon.Heart, text.EmojiSymbols()},
		{'l', icon.Flag, text.EmojiFlags()},
	}
}

// MaxRecent is how many recently used emoji are kept: three rows.
const MaxRecent = 27

// known reports whether a text is an emoji of the list, in any tone, so that
// nothing else is ever offered as a recent one.
func known(s string) bool {
	plain := strings.Map(func(r rune) rune {
		if r >= lightest && r < lightest+Tones {
			return lightest
		}
		return r
	}, s)
	return slices.ContainsFunc(all(), func(e Emoji) bool { return e.Char == s || e.toned != "" && e.toned == plain })
}

// recent puts one emoji in front of the recently used ones.
func recent(list []string, s string) []string {
	out := []string{s}
	for _, o := range list {
		if o != s && len(out) < MaxRecent {
			out = append(out, o)
		}
	}
	return out
}

// Search finds emoji of which every word of the query begins a word; those
// whose first name begins with the query stand first.
func Search(query string) []Emoji {
	words := strings.Fields(strings.ToLower(strings.NewReplacer("-", " ", "_", " ", ":", " ").Replace(query)))
	if len(words) == 0 {
		return nil
	}
	var first, rest []Emoji
next:
	for _, e := range all() {
		for _, w := range words {
			if !strings.Contains(e.words, " "+w) {
				continue next
			}
		}
		if strings.HasPrefix(e.words, " "+strings.Join(words, " ")) {
			first = append(first, e)
		} else {
			rest = append(rest, e)
		}
	}
	return append(first, rest...)
}
