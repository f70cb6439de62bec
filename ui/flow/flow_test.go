package flow

import (
	"image/color"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/snugchat/snug/ui/kit/kittest"
	"github.com/snugchat/snug/ui/theme"
)

func inApp(t testing.TB) {
	t.Helper()
	kittest.App(t, theme.Light, 100)
}

func body() Style { return Style{Size: 14, Line: 20, JumboSize: 40, JumboLine: 52, Links: true} }

// seen is what each line shows from left to right, pieces parted by |.
func seen(b *Block) []string {
	var out []string
	for _, l := range b.lines {
		var parts []string
		for _, p := range l.pieces {
			parts = append(parts, p.text)
		}
		out = append(out, strings.Join(parts, "|"))
	}
	return out
}

func TestWrap(t *testing.T) {
	inApp(t)
	wide := func(s string) float32 { return measure(s, 14, fyne.TextStyle{}, false) }
	for what, c := range map[string]struct {
		in    string
		width float32
		want  []string
	}{
		"nothing":                          {"", 100, []string{""}},
		"one word":                         {"hello", 100, []string{"hello"}},
		"exactly as wide":                  {"hello world", wide("hello") + wide(" ") + wide("world") + 0.01, []string{"hello world"}},
		"a little less":                    {"hello world", wide("hello world") - 2, []string{"hello", "world"}},
		"new lines stay":                   {"a\nb\n\nc", 100, []string{"a", "b", "", "c"}},
		"a new line at the end":            {"a\n", 100, []string{"a", ""}},
		"only new lines":                   {"\n\n", 100, []string{"", "", ""}},
		"spaces at the edge take no room":  {"hello     world", wide("world") + 1, []string{"hello", "world"}},
		"spaces at the start stay":         {"  a", 100, []string{"  a"}},
		"a word too long is cut":           {"aaaaaaaaaaaa", wide("aaaaa") + 1, []string{"aaaaa", "aaaaa", "aa"}},
		"after a hyphen":                   {"well-known", wide("known") + 1, []string{"well-", "known"}},
		"not in a range of numbers":        {"xx 10-20", wide("10-20") + 1, []string{"xx", "10-20"}},
		"Japanese breaks anywhere":         {"日本語", wide("日") + wide("本") + 1, []string{"日本", "語"}},
		"but not before a full stop":       {"日本。", wide("日") + wide("本") + 1, []string{"日", "本。"}},
		"a space that does not break":      {"10\u00A0km", wide("10") + 1, []string{"10", "\u00A0k", "m"}},
		"control characters are not drawn": {"a\x07b\u200Bc", 100, []string{"abc"}},
		"a tab is four spaces":             {"a\tb", 100, []string{"a    b"}},
	} {
		if got := seen(Layout(c.in, body(), c.width)); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", what, got, c.want)
		}
	}
}

func TestShrinkToFit(t *testing.T) {
	inApp(t)
	b := Layout("short\na longer line", body(), 500)
	if want := measure("a longer line", 14, fyne.TextStyle{}, false); b.Width < want || b.Width > want+2 {
		t.Errorf("the block is %v wide, its longest line %v", b.Width, want)
	}
	if b.Height != 40 || b.Lines() != 2 {
		t.Errorf("got %v high with %d lines, want 40 with 2", b.Height, b.Lines())
	}
	if want := measure("a longer line", 14, fyne.TextStyle{}, false); b.LastWidth < want-1 {
		t.Errorf("the last line is %v wide, want %v", b.LastWidth, want)
	}
}

func TestClusters(t *testing.T) {
	for in, want := range map[string][]string{
		"":                                 nil,
		"ab":                               {"a", "b"},
		"a\r\nb":                           {"a", "\r\n", "b"},
		"e\u0301":                          {"e\u0301"},
		"👩‍💻🎉":                             {"👩‍💻", "🎉"},
		"👍🏽x":                              {"👍🏽", "x"},
		"🇩🇪🇫🇷":                             {"🇩🇪", "🇫🇷"},
		"1️⃣2":                             {"1️⃣", "2"},
		"❤️❤":                              {"❤️", "❤"},
		"🏴󠁧󠁢󠁥󠁮󠁧󠁿!":                         {"🏴󠁧󠁢󠁥󠁮󠁧󠁿", "!"},
		"가각":                               {"가", "각"},
		"a" + strings.Repeat("\u0301", 40): {"a" + strings.Repeat("\u0301", 31), strings.Repeat("\u0301", 9)},
		"नि":                               {"नि"},
	} {
		rs := []rune(in)
		starts := Clusters(rs)
		var got []string
		for i := 1; i < len(starts); i++ {
			got = append(got, string(rs[starts[i-1]:starts[i]]))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestIsEmoji(t *testing.T) {
	for in, want := range map[string]bool{
		"😀": true, "👍🏽": true, "❤": true, "❤️": true, "❤︎": false, "1️⃣": true, "1": false, "#": false, "#️⃣": true, "🇩🇪": true, "🇩": false,
		"©": false, "©️": true, "™": false, "a": false, "✓": false, "✔": true, "⭐": true, "→": false, "日": false, "": false, "🀄": true, "🀀": false, "🅰️": true, "◾": true, "◼": false,
	} {
		if got := IsEmoji([]rune(in)); got != want {
			t.Errorf("%q: got %v, want %v", in, got, want)
		}
	}
}

// Right-to-left text stands in the order that is read on paper, at the right.
func TestBidi(t *testing.T) {
	inApp(t)
	for what, c := range map[string]struct {
		in   string
		want string
		rtl  bool
	}{
		"Hebrew":                        {"שלום עולם", "עולם| |שלום", true},
		"with a mark at the end":        {"שלום!", "!|שלום", true},
		"brackets are turned around":    {"(שלום)", "(|שלום|)", true},
		"a number inside":               {"יש 12 ימים", "ימים| |12| |יש", true},
		"a Latin name inside":           {"אני משתמש ב Snug היום", "היום| |Snug| |ב| |משתמש| |אני", true},
		"Hebrew inside Latin":           {"the word שלום is nice", "the word |שלום| is nice", false},
		"two Hebrew words inside Latin": {"say שלום עולם now", "say |עולם| |שלום| now", false},
		"a number behind Hebrew":        {"x שלום 123 y", "x |123| |שלום| y", false},
		"Arabic keeps its joins":        {"مرحبا بالعالم", "بالعالم| |مرحبا", true},
		"emoji":                         {"שלום 😀", "😀| |שלום", true},
		"emoji of several characters":   {"שלום 👍🏽 👩‍💻", "👩‍💻| |👍🏽| |שלום", true},
	} {
		b := Layout(c.in, body(), 500)
		if got := seen(b)[0]; got != c.want {
			t.Errorf("%s: got %q, want %q", what, got, c.want)
		}
		if b.RTL != c.rtl {
			t.Errorf("%s: right to left is %v, want %v", what, b.RTL, c.rtl)
		}
	}
	b := Layout("שלום\nhello", body(), 500)
	b.Align(200, false)
	if got := b.lines[0].x + b.lines[0].w; got < 199 || got > 201 {
		t.Errorf("the Hebrew line ends at %v, want 200", got)
	}
	if b.lines[1].x != 0 || b.LastRTL || !b.RTL {
		t.Errorf("the Latin line begins at %v, want 0", b.lines[1].x)
	}
}

func TestBidiWraps(t *testing.T) {
	inApp(t)
	b := Layout("שלום עולם", body(), measure("שלום", 14, fyne.TextStyle{}, false)+4)
	if got, want := seen(b), []string{"שלום", "עולם"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestJumbo(t *testing.T) {
	inApp(t)
	for in, want := range map[string]bool{"😀": true, "😀 👩‍💻🎉": true, "😀😀😀😀😀😀": true, "😀😀😀😀😀😀😀": false, "😀!": false, "": false, " ": false, "1": false} {
		if got := Layout(in, body(), 500).Jumbo; got != want {
			t.Errorf("%q: got %v, want %v", in, got, want)
		}
	}
	if b := Layout("😀", body(), 500); b.Height != 52 {
		t.Errorf("one emoji is %v high, want 52", b.Height)
	}
	small := body()
	small.JumboSize = 0
	if Layout("😀", small, 500).Jumbo {
		t.Error("emoji are large although that is off")
	}
}

// The emoji font draws emoji, and a family is one picture.
func TestEmojiPieces(t *testing.T) {
	inApp(t)
	b := Layout("go 🚀👩‍👩‍👧‍👦 now", body(), 500)
	if got, want := seen(b)[0], "go |🚀👩‍👩‍👧‍👦| now"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for in, want := range map[string]bool{"🚀": false, "👩‍💻": false, "❤️": false, "1️⃣": true, "©️": true, "⏰": true, "⭐": true} {
		named := false
		for _, o := range Layout(in, body(), 500).Objects(fyne.NewPos(0, 0), Ink{Text: color.Black, Link: color.Black}) {
			if tx, ok := o.(*canvas.Text); ok && tx.FontSource != nil {
				named = true
			}
		}
		if named != want {
			t.Errorf("%s: the emoji font is named: %v, want %v", in, named, want)
		}
	}
}

// What is left to Fyne's choice must not be in our text font.
func TestTextFontHasNoEmoji(t *testing.T) {
	inApp(t)
	for _, in := range []string{"🚀", "👩‍💻", "❤️", "☺️", "✌️", "☀️", "✅", "🅰️", "🇩🇪", "👍🏽"} {
		by, _ := fyne.CurrentApp().Driver().RenderedTextSize(in, 20, fyne.TextStyle{}, nil)
		own, _ := fyne.CurrentApp().Driver().RenderedTextSize(in, 20, fyne.TextStyle{}, theme.EmojiFont())
		if by.Width != own.Width {
			t.Errorf("%s is %v wide by Fyne's choice and %v in the emoji font", in, by.Width, own.Width)
		}
	}
}

func TestElide(t *testing.T) {
	inApp(t)
	long := "A very long name of a room"
	for what, c := range map[string]struct {
		in   string
		room float32
		want string
	}{
		"fits":               {"Lobby", 100, "Lobby"},
		"new lines":          {"a\nb", 100, "a b"},
		"nothing fits":       {long, 1, "…"},
		"no space before it": {"ab cd", measure("ab …", 14, fyne.TextStyle{}, false), "ab…"},
	} {
		if got := seen(Elide(c.in, Style{Size: 14, Line: 20}, c.room))[0]; got != c.want {
			t.Errorf("%s: got %q, want %q", what, got, c.want)
		}
	}
	for room := float32(20); room < 200; room += 13 {
		if got := Elide(long, Style{Size: 14, Line: 20}, room); got.Width > room {
			t.Errorf("room %v: got %v", room, got.Width)
		}
	}
	family := Elide("👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦", Style{Size: 14, Line: 20}, 50)
	for _, r := range seen(family)[0] {
		if r == '👧' { // cut inside a family?
			for _, p := range family.lines[0].pieces {
				if p.emoji && strings.Count(p.text, "👩")%2 != 0 {
					t.Errorf("a family was cut: %q", p.text)
				}
			}
		}
	}
}

func TestSelection(t *testing.T) {
	inApp(t)
	b := Layout("one two three\nfour", body(), 500)
	if got := b.Hit(-5, 5); got != 0 {
		t.Errorf("left of the text: got %d, want 0", got)
	}
	if got := b.Hit(400, 5); got != 13 {
		t.Errorf("right of the first line: got %d, want 13", got)
	}
	if got := b.Hit(400, 500); got != b.Len() {
		t.Errorf("below: got %d, want %d", got, b.Len())
	}
	x := measure("one t", 14, fyne.TextStyle{}, false)
	if got := b.Hit(x+0.5, 5); got != 5 {
		t.Errorf("in the second word: got %d, want 5", got)
	}
	if rs := b.Rects(0, b.Len()); len(rs) != 2 || rs[1].Y != 20 {
		t.Errorf("all of it: got %v, want one area a line", rs)
	}
	if rs := b.Rects(4, 7); len(rs) != 1 || rs[0].X < 20 || rs[0].W < 10 {
		t.Errorf("one word: got %v", rs)
	}
	if rs := b.Rects(3, 3); len(rs) != 0 {
		t.Errorf("nothing: got %v", rs)
	}
	if got := b.Text(7, 4); got != "two" {
		t.Errorf("got %q, want two", got)
	}
}

func TestSelectionRightToLeft(t *testing.T) {
	inApp(t)
	b := Layout("שלום עולם", body(), 500)
	if got := b.Hit(b.Width-1, 5); got != 0 {
		t.Errorf("at the right edge: got %d, want 0", got)
	}
	if got := b.Hit(1, 5); got != 9 {
		t.Errorf("at the left edge: got %d, want 9", got)
	}
	rs := b.Rects(0, 4)
	if len(rs) != 1 || rs[0].X+rs[0].W < b.Width-1.5 {
		t.Errorf("the first word: got %v, want an area at the right edge %v", rs, b.Width)
	}
}

func TestWordAndParagraph(t *testing.T) {
	inApp(t)
	b := Layout("Don't panic, see https://a.example/x-y now\nсвіт 日本", body(), 5000)
	for what, c := range map[string]struct {
		at         int
		word, para string
	}{
		"inside a word":       {2, "Don't", "Don't panic, see https://a.example/x-y now"},
		"just behind a word":  {11, "panic", ""},
		"a space":             {12, " ", ""},
		"a link is one word":  {20, "https://a.example/x-y", ""},
		"the second line":     {44, "світ", "світ 日本"},
		"behind the last one": {b.Len(), "日本", "світ 日本"},
	} {
		if got := b.Text(b.WordAt(c.at)); got != c.word {
			t.Errorf("%s: got %q, want %q", what, got, c.word)
		}
		if c.para != "" {
			if got := b.Text(b.ParagraphAt(c.at)); got != c.para {
				t.Errorf("%s: got %q, want %q", what, got, c.para)
			}
		}
	}
	if f, to := Layout("", body(), 100).WordAt(0); f != 0 || to != 0 {
		t.Errorf("nothing: got %d to %d", f, to)
	}
}

func TestLinkAt(t *testing.T) {
	inApp(t)
	b := Layout("go https://a.example now", body(), 5000)
	x := measure("go h", 14, fyne.TextStyle{}, false)
	if got := b.LinkAt(x, 5); got != "https://a.example" {
		t.Errorf("got %q", got)
	}
	for _, p := range [][2]float32{{2, 5}, {x, 25}, {x, -1}, {1000, 5}} {
		if got := b.LinkAt(p[0], p[1]); got != "" {
			t.Errorf("at %v: got %q, want none", p, got)
		}
	}
}

// The longest message that may be sent (16 KiB) in the worst shapes.
func TestLongTextIsBounded(t *testing.T) {
	inApp(t)
	for what, s := range map[string]string{
		"one word":   strings.Repeat("a", 16<<10),
		"marks":      "a" + strings.Repeat("\u0301", 8<<10),
		"new lines":  strings.Repeat("\n", 16<<10),
		"Hebrew":     strings.Repeat("ש", 8<<10),
		"joiners":    strings.Repeat("👩\u200d", 2<<10),
		"overrides":  strings.Repeat("\u202E\u202Da", 2<<10),
		"links":      strings.Repeat("http://a.b ", 1400),
		"brackets":   strings.Repeat("(ש", 4<<10),
		"not UTF-8":  strings.Repeat("\xff", 16<<10),
		"flag parts": strings.Repeat("🇩", 4<<10),
	} {
		start := time.Now()
		b := Layout(s, body(), 300)
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%s: took %v", what, took)
		}
		check(t, s, b)
	}
}

// check holds for every text: each rune belongs to one line, pieces lie side by
// side, offsets answer within bounds.
func check(t *testing.T, s string, b *Block) {
	t.Helper()
	n := len([]rune(s))
	if b.Len() != n {
		t.Fatalf("%q: %d runes, want %d", s, b.Len(), n)
	}
	at := 0
	for i, l := range b.lines {
		if l.from != at && l.from != at+1 {
			t.Fatalf("%q: line %d begins at %d, want %d", s, i, l.from, at)
		}
		at = l.to
		x := float32(0)
		for _, p := range l.pieces {
			if p.from < l.from || p.to > l.to || p.from >= p.to {
				t.Fatalf("%q: piece %d-%d in line %d-%d", s, p.from, p.to, l.from, l.to)
			}
			if p.x < x-0.01 {
				t.Fatalf("%q: piece at %v overlaps the one before, which ends at %v", s, p.x, x)
			}
			x = p.x + p.w
		}
	}
	if at != n {
		t.Fatalf("%q: lines end at %d, want %d", s, at, n)
	}
}

func FuzzLayout(f *testing.F) {
	inApp(f)
	for _, s := range []string{"hello world", "שלום (abc) 12", "👩‍💻🎉 ok", "https://a.example/x).", "a\n\nb", "日本。語", "\u202Eabc\u2069", "1️⃣ 2"} {
		f.Add(s, float32(60))
	}
	f.Fuzz(func(t *testing.T, s string, width float32) {
		if len(s) > 400 || width != width || width < 0 || width > 1e6 {
			return
		}
		b := Layout(s, body(), width)
		check(t, s, b)
		for _, p := range [][2]float32{{0, 0}, {b.Width / 2, b.Height / 2}, {b.Width, b.Height - 1}} {
			at := b.Hit(p[0], p[1])
			if at < 0 || at > b.Len() {
				t.Fatalf("hit %v: got %d of %d", p, at, b.Len())
			}
			if from, to := b.WordAt(at); from > to || to > b.Len() {
				t.Fatalf("word at %d: got %d to %d", at, from, to)
			}
			b.LinkAt(p[0], p[1])
		}
		for _, r := range b.Rects(0, b.Len()) {
			if r.X < -0.5 || r.X+r.W > b.Width+1.5 {
				t.Fatalf("%q: area %v outside of %v", s, r, b.Width)
			}
		}
		Elide(s, body(), width)
	})
}

func BenchmarkLayout(b *testing.B) {
	inApp(b)
	for what, s := range map[string]string{
		"text=200B": strings.Repeat("The quick brown fox jumps over the lazy dog ", 5)[:200],
		"text=2KiB": strings.Repeat("The quick brown fox jumps over the lazy dog ", 50)[:2048],
		"hebrew":    strings.Repeat("שלום עולם זה ארוך ", 10),
	} {
		b.Run(what, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Layout(s, body(), 400)
			}
		})
	}
}
