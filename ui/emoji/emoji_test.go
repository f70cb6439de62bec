package emoji

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"github.com/go-text/typesetting/di"
	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/language"
	"github.com/go-text/typesetting/shaping"

	"github.com/snugchat/snug/ui/flow"
	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/kittest"
	"github.com/snugchat/snug/ui/theme"
)

// FEATURES D2: every offered emoji, in every tone, is one picture of the font
// that the program shows it in, and the text flow takes it for an emoji.
func TestEveryGlyphIsThere(t *testing.T) {
	face, err := font.ParseTTF(bytes.NewReader(theme.EmojiData()))
	if err != nil {
		t.Fatal(err)
	}
	var shaper shaping.HarfbuzzShaper
	pictures := func(s string) int {
		rs := []rune(s)
		out := shaper.Shape(shaping.Input{Text: rs, RunEnd: len(rs), Direction: di.DirectionLTR, Face: face, Size: 20 << 6, Script: language.Common, Language: "en"})
		n := 0
		for _, g := range out.Glyphs {
			if g.GlyphID == 0 {
				return -1
			}
			if g.Advance != 0 {
				n++
			}
		}
		return n
	}
	if got := pictures("\u0180"); got != -1 {
		t.Fatalf("a letter that the font has not: got %d pictures, want none: the test sees nothing", got)
	}
	if got := pictures("👩\u200d🍇"); got == 1 {
		t.Fatal("a woman joined to grapes is one picture: the test sees nothing")
	}
	if len(all()) < 1800 {
		t.Fatalf("%d emoji, want more", len(all()))
	}
	toned := 0
	for _, e := range all() {
		for tone := range Tones + 1 {
			s := e.In(tone)
			if tone > 0 && e.toned == "" {
				continue
			}
			if tone > 0 {
				toned++
			}
			if got := pictures(s); got != 1 {
				t.Errorf("%s (%s) in tone %d: %d pictures, want 1", s, e.Name, tone, got)
			}
			rs := []rune(s)
			if c := flow.Clusters(rs); len(c) != 2 || !flow.IsEmoji(rs) {
				t.Errorf("%s (%s): %d characters, an emoji: %v", s, e.Name, len(c)-1, flow.IsEmoji(rs))
			}
		}
	}
	if toned < 5*300 {
		t.Errorf("%d toned emoji, want 1500 and more", toned)
	}
}

func TestTones(t *testing.T) {
	for in, want := range map[string][]string{
		"👍":     {"👍", "👍🏻", "👍🏼", "👍🏽", "👍🏾", "👍🏿"},
		"👩‍💻":   {"👩‍💻", "👩🏻‍💻", "👩🏼‍💻", "👩🏽‍💻", "👩🏾‍💻", "👩🏿‍💻"},
		"🕵️‍♀️": {"🕵️‍♀️", "🕵🏻‍♀️", "🕵🏼‍♀️", "🕵🏽‍♀️", "🕵🏾‍♀️", "🕵🏿‍♀️"},
		"😀":     {"😀", "😀", "😀", "😀", "😀", "😀"},
	} {
		i := slices.IndexFunc(all(), func(e Emoji) bool { return e.Char == in })
		if i < 0 {
			t.Fatalf("%s is not offered", in)
		}
		for tone, w := range want {
			if got := all()[i].In(tone); got != w {
				t.Errorf("%s in tone %d: got %s, want %s", in, tone, got, w)
			}
		}
		if got := all()[i].In(6); got != in {
			t.Errorf("%s in a tone that is none: got %s", in, got)
		}
	}
}

func TestSearch(t *testing.T) {
	for q, want := range map[string]string{"rocket": "🚀", "thumbs up": "👍", "tada": "🎉", "HEART": "❤️", "flag england": "🏴󠁧󠁢󠁥󠁮󠁧󠁿", ":smile:": "😄", "party face": "🥳"} {
		got := Search(q)
		if !slices.ContainsFunc(got[:min(len(got), 12)], func(e Emoji) bool { return e.Char == want }) {
			t.Errorf("%q: %s is not among the first of %d", q, want, len(got))
		}
	}
	for _, q := range []string{"", "  ", "qqqq", "grinning qqqq"} {
		if got := Search(q); len(got) != 0 {
			t.Errorf("%q: got %d, want none", q, len(got))
		}
	}
}

// TestFewHitsLeadOn: a search that finds few does not leave the picker empty: what
// is of the kind of the best hit stands below, and nothing twice.
func TestFewHitsLeadOn(t *testing.T) {
	p, _ := show(t, theme.Light, nil)
	p.search.SetText("pizza")
	if len(p.grid.sections) != 2 || len(p.grid.sections[0].emoji) != 1 || len(p.grid.sections[1].emoji) < 50 {
		t.Fatalf("sections %+v", p.grid.sections)
	}
	hit := p.grid.sections[0].emoji[0]
	for _, e := range p.grid.sections[1].emoji {
		if e.Char == hit.Char || e.kind != hit.kind {
			t.Errorf("%s stands among the kin of %s", e.Char, hit.Char)
		}
	}
	if len(p.grid.rows) < 4 || p.grid.sections[1].title == "" {
		t.Errorf("%d rows are drawn, the second section is called %q", len(p.grid.rows), p.grid.sections[1].title)
	}
}

func TestRecent(t *testing.T) {
	var list []string
	for i := range MaxRecent + 10 {
		list = recent(list, all()[i].Char)
	}
	if len(list) != MaxRecent || list[0] != all()[MaxRecent+9].Char {
		t.Errorf("%d are kept, the first is %s", len(list), list[0])
	}
	last := list[5]
	list = recent(list, last)
	if list[0] != last || slices.Index(list[1:], last) >= 0 || len(list) != MaxRecent {
		t.Errorf("one used again stands at %d", slices.Index(list, last))
	}
}

func show(t *testing.T, mode theme.Mode, recent []string) (*Picker, fyne.Window) {
	t.Helper()
	kittest.App(t, mode, 100)
	anchor := kit.NewIconButton(icon.Smile, "Emoji", nil)
	w := test.NewTempWindow(t, nil)
	w.SetPadded(false)
	w.SetContent(container.NewBorder(nil, container.NewHBox(anchor), nil, nil, kit.NewSurface(theme.Chat, "", nil)))
	w.Resize(fyne.NewSize(560, 520))
	p := NewPicker(recent, 0)
	if p.Open(anchor) == nil {
		t.Fatal("the picker did not open")
	}
	return p, w
}

func TestPicking(t *testing.T) {
	p, w := show(t, theme.Light, []string{"🚀", "<b>", "🚀", "not an emoji", "👍🏽"})
	if got := strings.Join(p.Recent(), ""); got != "🚀👍🏽" {
		t.Fatalf("takes %q as recently used, want what is an emoji, once", got)
	}
	var got, kept []string
	p.OnPick = func(s string) { got = append(got, s) }
	p.OnRecent = func(r []string) { kept = r }
	key := func(k fyne.KeyName) { w.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: k}) }
	test.Type(w.Canvas().Focused(), "wave")
	key(fyne.KeyReturn)
	p.tones.tabs.SetChosen(0)
	p.tone = 3
	p.fill()
	key(fyne.KeyReturn)
	if want := []string{"👋", "👋🏽"}; !slices.Equal(got, want) {
		t.Errorf("picked %q, want %q", got, want)
	}
	if want := []string{"👋🏽", "👋", "🚀", "👍🏽"}; !slices.Equal(kept, want) {
		t.Errorf("kept %q, want %q", kept, want)
	}
	key(fyne.KeyEscape)
	if len(w.Canvas().Overlays().List()) != 0 {
		t.Error("Escape left the picker open")
	}
}

func TestGridByKeyboard(t *testing.T) {
	p, w := show(t, theme.Light, []string{"🚀", "🎉"})
	var got []string
	p.OnPick = func(s string) { got = append(got, s) }
	key := func(k fyne.KeyName, times int) {
		for range times {
			w.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: k})
		}
	}
	key(fyne.KeyReturn, 1)
	key(fyne.KeyRight, 2) // shows the place, then goes to the second
	key(fyne.KeyReturn, 1)
	if want := []string{"🚀", "🎉"}; !slices.Equal(got, want) {
		t.Fatalf("picked %q, want %q", got, want)
	}
	key(fyne.KeyDown, 3)
	if p.grid.at[0] != 1 || p.name.Text() == "" {
		t.Errorf("three rows down: at %v, called %q", p.grid.at, p.name.Text())
	}
	key(fyne.KeyDown, 500)
	e, _ := p.grid.emoji(p.grid.at)
	if e.kind != 'l' || p.grid.off < p.grid.all-p.grid.Size().Height-10 {
		t.Errorf("at the end: %s, scrolled to %v of %v", e.Name, p.grid.off, p.grid.all)
	}
	if p.tabs.Chosen() < 7 {
		t.Errorf("the category is %d, want one of the last", p.tabs.Chosen())
	}
	key(fyne.KeyUp, 500)
	if p.grid.at != [2]int{0, 0} && p.grid.at[0] != 0 {
		t.Errorf("at the start: %v", p.grid.at)
	}
}

func TestGridByPointer(t *testing.T) {
	p, _ := show(t, theme.Light, nil)
	var got string
	p.OnPick = func(s string) { got = s }
	p.tabs.SetChosen(0)
	p.grid.toSection(3)
	at := fyne.NewPos(theme.Units(cellSide)*1.5, theme.Units(26)+theme.Units(cellSide)/2)
	p.grid.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: at}})
	test.TapAt(p.grid, at)
	if got != "🍈" || p.name.Text() != "melon" {
		t.Errorf("got %s, called %q, want a melon", got, p.name.Text())
	}
	p.grid.MouseOut()
	p.search.SetText("qqqq")
	test.TapAt(p.grid, at) // nothing is there
	if got != "🍈" {
		t.Errorf("got %s from an empty grid", got)
	}
}

func TestPickerSettles(t *testing.T) {
	p, w := show(t, theme.Light, []string{"🚀"})
	p.grid.move(0, 1)
	kittest.Settled(t, w.Canvas().Overlays().Top())
	p.search.SetText("qqqq")
	kittest.Settled(t, w.Canvas().Overlays().Top())
}

// Only what is in sight is drawn.
func TestFewAreDrawn(t *testing.T) {
	p, _ := show(t, theme.Light, nil)
	if n := len(p.grid.objects); n > 140 {
		t.Errorf("%d objects for about 60 emoji", n)
	}
}

func TestGallery(t *testing.T) {
	for name, mode := range map[string]theme.Mode{"light": theme.Light, "dark": theme.Dark} {
		p, w := show(t, mode, []string{"🚀", "🎉", "👍🏽", "😅"})
		p.grid.move(0, 1)
		p.grid.move(0, 1)
		for i, q := range []string{"", "heart"} {
			p.search.SetText(q)
			kittest.Picture(t, w, fmt.Sprintf("emoji-%s-%d", name, i))
		}
	}
}

func BenchmarkSearch(b *testing.B) {
	all()
	for b.Loop() {
		Search("heart")
	}
}
