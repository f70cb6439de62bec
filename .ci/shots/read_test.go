package main

import (
	"image"
	"image/color"
	"image/draw"
	"strings"
	"testing"
)

// table is what tesseract prints for two lines, shortened: two sentences and a button.
const table = `level	page_num	block_num	par_num	line_num	word_num	left	top	width	height	conf	text
1	1	0	0	0	0	0	0	800	400	-1	
4	1	1	1	1	0	20	40	300	30	-1	
5	1	1	1	1	1	20	40	100	30	91.5	Host
5	1	1	1	1	2	130	40	20	30	88	a
5	1	1	1	1	3	160	40	120	30	93	pIace
5	1	3	1	1	1	20	540	60	30	90	Snug
5	1	2	1	1	1	20	140	100	30	60	«©
5	1	2	1	1	2	130	140	100	30	95	(Welcome
5	1	2	1	1	3	240	140	40	30	95	"
5	1	2	1	1	4	290	140	40	30	95	to
5	1	2	1	1	5	340	140	90	30	95	Snug
`

func TestParseWords(t *testing.T) {
	p, err := parseWords([]byte(table), image.Pt(7, 9))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := p.String(), `Host a pIace / Snug / «© (Welcome " to Snug`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := p[0].box, image.Rect(17, 29, 67, 44); got != want {
		t.Errorf("the first word is at %v, want %v: half of what was read, moved", got, want)
	}
	for name, bad := range map[string]string{
		"a missing column": strings.Replace(table, "\tHost", "", 1),
		"a word for width": strings.Replace(table, "\t100\t30\t91.5", "\twide\t30\t91.5", 1),
	} {
		if p, err := parseWords([]byte(bad), image.Point{}); err == nil {
			t.Errorf("%s: got %q, want an error", name, p)
		}
	}
}

func TestFind(t *testing.T) {
	p, err := parseWords([]byte(table), image.Point{})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		text string
		want image.Rectangle
	}{
		"one word":                       {"Host", image.Rect(10, 20, 60, 35)},
		"letters that look alike":        {"Host a place", image.Rect(10, 20, 140, 35)},
		"words that ran together":        {"Ho sta pla ce", image.Rect(10, 20, 140, 35)},
		"another case":                   {"host A PLACE", image.Rect(10, 20, 140, 35)},
		"marks around a word":            {"Welcome to Snug.", image.Rect(65, 70, 215, 85)},
		"the end of a line":              {"to Snug", image.Rect(145, 70, 215, 85)},
		"one wrong letter in a long one": {"Welcame to", image.Rect(65, 70, 165, 85)},
		"one letter too many":            {"Wellcome to", image.Rect(65, 70, 165, 85)},
		"two wrong letters":              {"Walcima ta", image.Rectangle{}},
		"one wrong letter in a short":    {"Hast", image.Rectangle{}},
		"words in another order":         {"place a Host", image.Rectangle{}},
		"words of two lines":             {"place Welcome", image.Rectangle{}},
		"a long text in several lines":   {"Host a place. Snug. Welcome to Snug", image.Rect(10, 20, 215, 285)},
		"a button, not a sentence":       {"Snug", image.Rect(10, 270, 40, 285)},
		"part of a word":                 {"Wel", image.Rectangle{}},
		"more than there is":             {"Snug is", image.Rectangle{}},
		"nothing":                        {"", image.Rectangle{}},
	} {
		if got, ok := p.find(c.text); got != c.want || ok == c.want.Empty() {
			t.Errorf("%s: %q is at %v (%v), want %v", name, c.text, got, ok, c.want)
		}
	}
}

// TestInk shows that a stroke reads dark whatever its colours are, and that
// plain ground reads white.
func TestInk(t *testing.T) {
	for name, c := range map[string]struct{ stroke, ground color.Gray }{
		"black on white":         {color.Gray{Y: 20}, color.Gray{Y: 250}},
		"white on black":         {color.Gray{Y: 240}, color.Gray{Y: 18}},
		"white on a dark button": {color.Gray{Y: 255}, color.Gray{Y: 100}},
		"grey on white":          {color.Gray{Y: 130}, color.Gray{Y: 255}},
	} {
		img := image.NewGray(image.Rect(0, 0, 100, 40))
		draw.Draw(img, img.Bounds(), image.NewUniform(c.ground), image.Point{}, draw.Src)
		draw.Draw(img, image.Rect(50, 10, 52, 30), image.NewUniform(c.stroke), image.Point{}, draw.Src)
		out := ink(img, img.Bounds())
		if got := out.GrayAt(51*zoom, 20*zoom).Y; got > 80 {
			t.Errorf("%s: the stroke has lightness %d, want at most 80", name, got)
		}
		if got := out.GrayAt(10*zoom, 20*zoom).Y; got != 255 {
			t.Errorf("%s: the ground has lightness %d, want 255", name, got)
		}
	}
}
