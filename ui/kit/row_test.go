package kit_test

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"

	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/kittest"
	"github.com/snugchat/snug/ui/theme"
)

// What was looked for is marked in the second line, as far as it is seen.
func TestRowMarks(t *testing.T) {
	kittest.App(t, theme.Light, 100)
	for name, c := range map[string]struct {
		line  string
		wide  float32
		marks [][2]int
		want  int
	}{
		"nothing":                   {"one two three", 400, nil, 0},
		"two words":                 {"one two three", 400, [][2]int{{0, 3}, {8, 13}}, 2},
		"a word that is cut off":    {"one two three four five six seven eight nine ten eleven", 160, [][2]int{{0, 3}, {49, 55}}, 1},
		"beyond the end":            {"one", 400, [][2]int{{2, 9}, {9, 12}}, 1},
		"from right to left":        {"שלום עולם", 400, [][2]int{{0, 4}}, 1},
		"not the ellipsis":          {"one twothreefourfivesixseven", 130, [][2]int{{27, 28}}, 0},
		"nothing of an empty range": {"one", 400, [][2]int{{1, 1}}, 0},
	} {
		r := kit.NewRow(kit.RowData{Title: "Ana", Line: c.line}, nil, nil).Mark(c.marks)
		kittest.Show(t, r, fyne.NewSize(c.wide, 60))
		got := 0
		for _, o := range test.WidgetRenderer(r).Objects() {
			if x, ok := o.(*canvas.Rectangle); ok && x.FillColor == theme.Color(theme.Found) {
				got++
				if end := x.Position().X + x.Size().Width; end > c.wide || x.Size().Width <= 2 {
					t.Errorf("%s: a mark of %v ends at %v of %v", name, x.Size(), end, c.wide)
				}
			}
		}
		if got != c.want {
			t.Errorf("%s: got %d marks, want %d", name, got, c.want)
		}
		kittest.Settled(t, r)
	}
}
