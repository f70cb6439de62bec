package emoji

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"github.com/snugchat/snug/ui/flow"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/theme"
)

// cellSide is the width and height of one emoji's place, in units.
const cellSide = 38

// section is a titled part of the grid; without a title it has no head.
type section struct {
	title string
	emoji []Emoji
}

// row is one line of the grid: a head or emoji.
type row struct {
	section int
	head    bool
	first   int // index of its first emoji in the section
	count   int
	y, high float32
}

// grid shows emoji of which only the rows in sight are drawn.
type grid struct {
	widget.BaseWidget
	onPick    func(Emoji)
	onOver    func(Emoji)
	onSection func(int) // at the upper edge

	sections []section
	tone     int
	rows     []row
	columns  int
	off      float32
	all      float32 // height of all rows
	at       [2]int  // section and emoji that the keyboard is on
	moved    bool    // by the keyboard
	over     [2]int  // that the pointer is on, or -1
	objects  []fyne.CanvasObject
	top      int // section at the upper edge
}

var (
	_ fyne.Tappable      = (*grid)(nil)
	_ fyne.Scrollable    = (*grid)(nil)
	_ desktop.Hoverable  = (*grid)(nil)
	_ desktop.Cursorable = (*grid)(nil)
)

func newGrid() *grid {
	g := &grid{over: [2]int{-1, -1}, top: -1}
	g.ExtendBaseWidget(g)
	return g
}

// found is how many sections what was found has: the hits, and their kin.
const found = 2

// set shows other sections; the place is kept when only the tone changes.
func (g *grid) set(s []section, tone int) {
	if len(s) != len(g.sections) || len(s) <= found {
		g.off = 0
		g.at, g.moved = [2]int{0, 0}, false
	}
	g.sections, g.tone = s, tone
	for len(g.sections) > 1 && g.at[0] < len(s)-1 && len(s[g.at[0]].emoji) == 0 {
		g.at[0]++
	}
	g.over = [2]int{-1, -1}
	g.columns = 0
	g.Refresh()
}

// arrange finds the rows for a width.
func (g *grid) arrange(width float32) {
	columns := max(1, int((width-theme.Units(8))/theme.Units(cellSide)))
	side := theme.Units(cellSide)
	g.columns = columns
	g.rows = g.rows[:0]
	y := float32(0)
	for i, s := range g.sections {
		if len(s.emoji) == 0 {
			continue
		}
		if s.title != "" {
			h := theme.Units(26)
			g.rows = append(g.rows, row{section: i, head: true, y: y, high: h})
			y += h
		}
		for first := 0; first < len(s.emoji); first += columns {
			g.rows = append(g.rows, row{section: i, first: first, count: min(columns, len(s.emoji)-first), y: y, high: side})
			y += side
		}
	}
	g.all = y + theme.Units(4)
}

func (g *grid) layout() {
	size := g.Size()
	if size.Width <= 0 || size.Height <= 0 {
		return
	}
	g.arrange(size.Width)
	g.off = max(0, min(g.off, g.all-size.Height))
	g.objects = g.objects[:0]
	top := -1
	for _, r := range g.rows {
		y := r.y - g.off
		if y+r.high <= 0 || y >= size.Height {
			continue
		}
		if top < 0 {
			top = r.section
		}
		if r.head {
			g.head(r, y)
			continue
		}
		g.cells(r, y)
	}
	if g.all > size.Height {
		bar := draw.Rect()
		bar.FillColor, bar.CornerRadius = theme.Color(theme.ScrollBar), theme.Units(2)
		h := max(theme.Units(28), size.Height*size.Height/g.all)
		draw.Place(bar, size.Width-theme.Units(4), (size.Height-h)*g.off/(g.all-size.Height), theme.Units(4), h)
		g.objects = append(g.objects, bar)
	}
	if top >= 0 && top != g.top {
		g.top = top
		if g.onSection != nil {
			g.onSection(top)
		}
	}
}

func (g *grid) head(r row, y float32) {
	size := theme.Size(theme.TextTime)
	b := flow.Elide(g.sections[r.section].title, flow.Style{Size: size, Line: flow.LineHeight(size), Bold: true}, g.Size().Width-theme.Units(12))
	c := theme.Color(theme.SubText)
	g.objects = append(g.objects, b.Objects(fyne.NewPos(theme.Units(4), y+(r.high-b.Height)/2+2), flow.Ink{Text: c, Link: c})...)
}

func (g *grid) cells(r row, y float32) {
	side := theme.Units(cellSide)
	for i := range r.count {
		n := [2]int{r.section, r.first + i}
		x := float32(i) * side
		if n == g.over || n == g.at && g.moved {
			mark := draw.Rect()
			mark.FillColor, mark.CornerRadius = theme.Color(theme.AccentSoft), theme.Size(theme.RadiusSmall)
			if n == g.at && g.moved {
				mark.StrokeColor, mark.StrokeWidth = theme.Color(theme.FocusRing), 2
			}
			draw.Place(mark, x+1, y+1, side-2, side-2)
			g.objects = append(g.objects, mark)
		}
		char := g.sections[r.section].emoji[r.first+i].In(g.tone)
		t := &canvas.Text{Text: char, TextSize: theme.Units(24), FontSource: flow.EmojiSource(char), Color: theme.Color(theme.Text)}
		m := t.MinSize()
		t.Move(fyne.NewPos(x+(side-m.Width)/2, y+(side-m.Height)/2))
		t.Resize(m)
		g.objects = append(g.objects, t)
	}
}

// cellAt is the emoji at a point.
func (g *grid) cellAt(p fyne.Position) ([2]int, bool) {
	col := int(p.X / theme.Units(cellSide))
	if p.X < 0 || p.Y < 0 || p.Y >= g.Size().Height {
		return [2]int{}, false
	}
	for _, r := range g.rows {
		y := r.y - g.off
		if !r.head && p.Y >= y && p.Y < y+r.high && col < r.count {
			return [2]int{r.section, r.first + col}, true
		}
	}
	return [2]int{}, false
}

func (g *grid) emoji(n [2]int) (Emoji, bool) {
	if n[0] < 0 || n[0] >= len(g.sections) || n[1] < 0 || n[1] >= len(g.sections[n[0]].emoji) {
		return Emoji{}, false
	}
	return g.sections[n[0]].emoji[n[1]], true
}

// Tapped implements fyne.Tappable.
func (g *grid) Tapped(e *fyne.PointEvent) {
	if n, ok := g.cellAt(e.Position); ok {
		if em, ok := g.emoji(n); ok {
			g.at = n
			g.onPick(em)
		}
	}
}

// Scrolled implements fyne.Scrollable.
func (g *grid) Scrolled(e *fyne.ScrollEvent) {
	g.off -= e.Scrolled.DY
	g.over = [2]int{-1, -1}
	g.Refresh()
}

// MouseIn implements desktop.Hoverable.
func (g *grid) MouseIn(e *desktop.MouseEvent) { g.MouseMoved(e) }

// MouseMoved implements desktop.Hoverable.
func (g *grid) MouseMoved(e *desktop.MouseEvent) {
	n, ok := g.cellAt(e.Position)
	if !ok {
		n = [2]int{-1, -1}
	}
	g.point(n)
}

// MouseOut implements desktop.Hoverable.
func (g *grid) MouseOut() { g.point([2]int{-1, -1}) }

func (g *grid) point(n [2]int) {
	if n == g.over {
		return
	}
	g.over = n
	if em, ok := g.emoji(n); ok {
		g.onOver(em)
	}
	g.Refresh()
}

// Cursor implements desktop.Cursorable.
func (g *grid) Cursor() desktop.Cursor {
	if g.over[0] >= 0 {
		return desktop.PointerCursor
	}
	return desktop.DefaultCursor
}

// move goes columns to the right and rows down, and scrolls along.
func (g *grid) move(right, down int) {
	if len(g.rows) == 0 {
		return
	}
	if !g.moved && down <= 1 && right >= 0 { // the first key only shows where it is
		g.moved = true
		g.reveal()
		return
	}
	g.moved = true
	switch {
	case right != 0:
		g.step(right)
	default:
		g.line(down)
	}
	g.reveal()
}

// step goes to the next emoji, over the ends of rows and sections.
func (g *grid) step(by int) {
	n := g.at
	n[1] += by
	for {
		switch {
		case n[0] < 0 || n[0] >= len(g.sections):
			return
		case n[1] < 0:
			n[0]--
			if n[0] >= 0 {
				n[1] = len(g.sections[n[0]].emoji) - 1
			}
		case n[1] >= len(g.sections[n[0]].emoji):
			n[0]++
			n[1] = 0
		default:
			g.at = n
			return
		}
	}
}

// line goes rows down, or up, staying in the column where it can.
func (g *grid) line(by int) {
	cells := make([]row, 0, len(g.rows))
	now, col := 0, 0
	for _, r := range g.rows {
		if r.head {
			continue
		}
		if r.section == g.at[0] && g.at[1] >= r.first && g.at[1] < r.first+r.count {
			now, col = len(cells), g.at[1]-r.first
		}
		cells = append(cells, r)
	}
	if len(cells) == 0 {
		return
	}
	r := cells[max(0, min(now+by, len(cells)-1))]
	g.at = [2]int{r.section, r.first + min(col, r.count-1)}
}

// reveal scrolls the current emoji into sight and names it.
func (g *grid) reveal() {
	for _, r := range g.rows {
		if !r.head && r.section == g.at[0] && g.at[1] >= r.first && g.at[1] < r.first+r.count {
			g.off = min(g.off, max(0, r.y-theme.Units(26)))
			g.off = max(g.off, r.y+r.high-g.Size().Height)
		}
	}
	if em, ok := g.emoji(g.at); ok {
		g.onOver(em)
	}
	g.Refresh()
}

func (g *grid) pickCurrent() {
	if em, ok := g.emoji(g.at); ok {
		g.onPick(em)
	}
}

// toSection scrolls a section to the upper edge; an empty one leads to the next
// that is not.
func (g *grid) toSection(i int) {
	g.arrange(g.Size().Width)
	for _, r := range g.rows {
		if r.section >= i {
			g.off = r.y
			g.at = [2]int{r.section, 0}
			break
		}
	}
	g.Refresh()
}

// CreateRenderer implements fyne.Widget.
func (g *grid) CreateRenderer() fyne.WidgetRenderer {
	g.ExtendBaseWidget(g)
	return &gridRenderer{g: g}
}

type gridRenderer struct {
	g    *grid
	once draw.Once
}

func (r *gridRenderer) Destroy()                     {}
func (r *gridRenderer) MinSize() fyne.Size           { return fyne.NewSquareSize(theme.Units(cellSide)) }
func (r *gridRenderer) Objects() []fyne.CanvasObject { return r.g.objects }

// IsClip keeps half rows inside, as in ui/timeline.
func (r *gridRenderer) IsClip() {}

// Layout implements fyne.WidgetRenderer.
func (r *gridRenderer) Layout(size fyne.Size) {
	if r.once.Need(size) {
		r.g.layout()
	}
}

func (r *gridRenderer) Refresh() {
	r.once.Forget()
	r.Layout(r.g.Size())
	canvas.Refresh(r.g)
}
