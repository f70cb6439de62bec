package clientdb

import (
	"slices"
	"strings"
	"testing"
	"unicode"
)

// marked shows a text with its marks in brackets.
func marked(text string, marks [][2]int) string {
	rs := []rune(text)
	var b strings.Builder
	at := 0
	for _, m := range marks {
		b.WriteString(string(rs[at:m[0]]) + "[" + string(rs[m[0]:m[1]]) + "]")
		at = m[1]
	}
	return b.String() + string(rs[at:])
}

// FEATURES H2: what was found is marked where it stands, as the index has found it.
func TestMarks(t *testing.T) {
	for name, c := range map[string]struct {
		text  string
		terms []Term
		want  string
	}{
		"the beginning of a word":         {"We are testing the test", terms("test"), "We are [test]ing the [test]"},
		"not in the middle of a word":     {"contest of protest", terms("test"), "contest of protest"},
		"the word as it stands":           {"testing a test", terms("=test"), "testing a [test]"},
		"several words":                   {"new search, new words", terms("search", "new"), "[new] [search], [new] words"},
		"a phrase":                        {"a test - of time", terms("=test of"), "a [test - of] time"},
		"the last word of a phrase":       {"nearly timeless", terms("nearly time"), "[nearly time]less"},
		"a phrase in another order":       {"time of test", terms("=test of time"), "time of test"},
		"without accents":                 {"naïve CAFÉ", terms("cafe", "naive"), "[naïve] [CAFÉ]"},
		"accents of their own":            {"cafe\u0301s", terms("cafe"), "[cafe\u0301]s"},
		"with accents that are not there": {"a test", terms("tést"), "a [test]"},
		"sharp s":                         {"große Füße", terms("grosse", "FÜSS"), "[große] [Füß]e"},
		"half of a sharp s":               {"Fuß", terms("fus"), "[Fuß]"},
		"Japanese":                        {"明日は東京タワー", terms("東京"), "明日は[東京]タワー"},
		"Chinese, not next to each other": {"我们去北京大学吧", terms("京北"), "我们去北京大学吧"},
		"Thai":                            {"ฉันรักแมวมาก", terms("แมว"), "ฉันรัก[แมว]มาก"},
		"Hebrew without points":           {"שָׁלוֹם עולם", terms("שלום"), "[שָׁלוֹם] עולם"},
		"an address":                      {"mail ana@example.org now", terms("ana@example"), "mail [ana@example].org now"},
		"full width":                      {"ＦＵＬＬ", terms("full"), "[ＦＵＬＬ]"},
		"a ligature":                      {"oﬃce", terms("off"), "[oﬃ]ce"},
		"emoji between":                   {"😴 sleep 👩‍👩‍👧 in", terms("sleep", "in"), "😴 [sleep] 👩‍👩‍👧 [in]"},
		"terms that overlap":              {"testing", terms("test", "testing", "te"), "[testing]"},
		"nothing that can be found":       {"a + b", terms("+++", "", "?!"), "a + b"},
		"more terms than are looked for":  {"a z", append(terms(strings.Split("bcdefghijklmnopq", "")...), terms("z")...), "a z"},
		"text that is none":               {"\xff test \xfe", terms("test"), "\ufffd [test] \ufffd"},
		"no text":                         {"", terms("test"), ""},
	} {
		if got := marked(c.text, Marks(c.text, c.terms)); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestMarksAreBounded(t *testing.T) {
	if got := len(Marks(strings.Repeat("a ", 10*maxMarks), terms("a", "a"))); got > maxMarks {
		t.Errorf("got %d marks, want at most %d", got, maxMarks)
	}
}

// FuzzMarks: marks are in order, apart and in the text; the text is taken apart into
// the words of its folded form; and what is marked is found in what it was marked for.
func FuzzMarks(f *testing.F) {
	for _, s := range [][2]string{{"naïve CAFÉ", "cafe"}, {"明日は東京タワー", "東京"}, {"große", "grosse"}, {"a\u0301\u0323b", "a"}, {"oﬃce 서울에서", "off"}, {"\xff ㌀ ﷺ", "アパート"}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, text, term string) {
		if len(text) > 500 || len(term) > 50 {
			return
		}
		outside := func(r rune) bool {
			return !unicode.In(r, unicode.L, unicode.N, unicode.Co, unicode.Mn, unicode.Mc)
		}
		var words []string
		for _, w := range wordsOf(text) {
			words = append(words, string(w.folded))
		}
		if want := strings.FieldsFunc(Fold(text), outside); !slices.Equal(words, want) {
			t.Errorf("%q: words %q, want %q", text, words, want)
		}
		rs := []rune(text)
		end := 0
		for _, m := range Marks(text, []Term{{Text: term}}) {
			if m[0] < end || m[1] <= m[0] || m[1] > len(rs) {
				t.Fatalf("%q in %q: mark %v after %d of %d", term, text, m, end, len(rs))
			}
			end = m[1]
			if len(Marks(string(rs[m[0]:m[1]]), []Term{{Text: term}})) == 0 {
				t.Errorf("%q in %q: %q is marked, which is not it", term, text, string(rs[m[0]:m[1]]))
			}
		}
	})
}
