package timeline

import (
	"strings"

	"fyne.io/fyne/v2"

	"github.com/snugchat/snug/ui/flow"
	"github.com/snugchat/snug/ui/timeline/bubble"
)

// spot is a place in the text of a row.
type spot struct{ row, at int }

func (s spot) before(o spot) bool { return s.row < o.row || s.row == o.row && s.at < o.at }

// selection goes from where the mouse was pressed to where it is. Both ends of
// unit stay selected while a double or triple click is dragged on.
type selection struct {
	from, to spot
	unit     [2]spot // first word or paragraph
	grain    int     // 1 characters, 2 words, 3 paragraphs
}

func (s *selection) clear() { *s = selection{from: spot{-1, 0}, to: spot{-1, 0}, grain: 1} }

// ends are the selection in reading order; ok is false when nothing is selected.
func (s *selection) ends() (a, b spot, ok bool) {
	if s.from.row < 0 || s.from == s.to {
		return s.from, s.to, false
	}
	if s.to.before(s.from) {
		return s.to, s.from, true
	}
	return s.from, s.to, true
}

// part is what of row i, n runes long, is selected.
func (s *selection) part(i, n int) (from, to int) {
	a, b, ok := s.ends()
	if !ok || i < a.row || i > b.row {
		return 0, 0
	}
	to = n
	if i == a.row {
		from = min(a.at, n)
	}
	if i == b.row {
		to = min(b.at, n)
	}
	return from, to
}

// mark draws the selection of one row under its text, and the keyboard's ring.
func (v *View) mark(i int, b *bubble.Drawn) {
	if b.Block != nil {
		b.Select(v.sel.part(i, b.Block.Len()))
	}
	b.SetRing(v.focus && v.cursor == i)
}

// Selected is the selected text, rows parted by new lines; "" if there is none.
func (v *View) Selected() string {
	a, b, ok := v.sel.ends()
	if !ok {
		return ""
	}
	var out strings.Builder
	for i := a.row; i <= b.row && i < v.source.Len(); i++ {
		r := v.source.Row(i)
		said := []rune(bubble.Words(&r).Text)
		if len(said) == 0 && r.File != nil {
			said = []rune(r.File.Name)
		}
		from, to := v.sel.part(i, len(said))
		if i > a.row {
			out.WriteByte('\n')
		}
		out.WriteString(string(said[from:to]))
	}
	return out.String()
}

// SelectAll selects the text of all rows.
func (v *View) SelectAll() {
	n := v.source.Len()
	if n == 0 {
		return
	}
	v.sel.clear()
	v.sel.from = spot{0, 0}
	last := v.source.Row(n - 1)
	v.sel.to = spot{n - 1, len([]rune(bubble.Words(&last).Text)) + 1}
	v.relayout()
	v.dirty()
}

// ClearSelection selects nothing.
func (v *View) ClearSelection() {
	v.sel.clear()
	v.relayout()
	v.dirty()
}

// Copy puts the selected text on the clipboard and reports whether there was
// any.
func (v *View) Copy() bool {
	s := v.Selected()
	if s == "" {
		return false
	}
	fyne.CurrentApp().Clipboard().SetContent(s)
	return true
}

// spotAt is the place in the text nearest to a point of the view.
func (v *View) spotAt(p fyne.Position) (spot, *bubble.Drawn, float32) {
	y := -v.into
	n := len(v.known)
	for i := v.top; i < n; i++ {
		b := v.row(i)
		end := y + float64(b.High)
		if float64(p.Y) < end || i == n-1 || end > float64(v.Size().Height) {
			top := float32(int(y + 0.5))
			s := spot{row: i}
			if b.Block != nil {
				s.at = b.Block.Hit(p.X-b.At.X, p.Y-top-b.At.Y)
			} else if p.Y-top > b.High/2 {
				s.at = 1 << 30
			}
			return s, b, top
		}
		y = end
	}
	return spot{-1, 0}, nil, 0
}

// unitAt is the word or paragraph around a place.
func unitAt(b *flow.Block, s spot, grain int) [2]spot {
	if b == nil {
		return [2]spot{{s.row, 0}, {s.row, 1 << 30}}
	}
	from, to := s.at, s.at
	switch grain {
	case 2:
		from, to = b.WordAt(s.at)
	case 3:
		from, to = b.ParagraphAt(s.at)
	}
	return [2]spot{{s.row, from}, {s.row, to}}
}

// extend drags the selection to a point.
func (v *View) extend(p fyne.Position) {
	s, b, _ := v.spotAt(p)
	if s.row < 0 || v.sel.from.row < 0 {
		return
	}
	if v.sel.grain == 1 {
		v.sel.to = s
		return
	}
	var block *flow.Block
	if b != nil {
		block = b.Block
	}
	u := unitAt(block, s, v.sel.grain)
	if u[0].before(v.sel.unit[0]) {
		v.sel.from, v.sel.to = v.sel.unit[1], u[0]
	} else {
		v.sel.from, v.sel.to = v.sel.unit[0], u[1]
		if v.sel.to.before(v.sel.unit[1]) {
			v.sel.to = v.sel.unit[1]
		}
	}
}
