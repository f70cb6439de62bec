package timeline

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"github.com/snugchat/snug/ui/kit/press"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
	"github.com/snugchat/snug/ui/timeline/bubble"
)

// clickTime and clickRoom decide what still is a double or triple click.
const (
	clickTime = 400 * time.Millisecond
	clickRoom = 5
)

// pointer is what the mouse is doing.
type pointer struct {
	at       fyne.Position
	row, hot int // hot area under it; row is -1 for none
	down     bool
	moved    bool // since it was pressed
	clicks   int
	last     time.Time
	lastAt   fyne.Position
	link     string // where it was pressed
	spoiler  int    // row whose cover was pressed, -1 for none
	bar      bool   // the scroll bar is dragged
	grip     float32
	overBar  bool
	overJump bool
	cursor   desktop.Cursor
}

var (
	_ fyne.Scrollable    = (*View)(nil)
	_ fyne.Draggable     = (*View)(nil)
	_ fyne.Focusable     = (*View)(nil)
	_ fyne.Shortcutable  = (*View)(nil)
	_ desktop.Mouseable  = (*View)(nil)
	_ desktop.Hoverable  = (*View)(nil)
	_ desktop.Cursorable = (*View)(nil)
	_ fyne.Accessible    = (*View)(nil)
)

// Scrolled implements fyne.Scrollable.
func (v *View) Scrolled(e *fyne.ScrollEvent) {
	v.ScrollBy(-float64(e.Scrolled.DY))
	v.hover(e.Position)
}

// MouseDown implements desktop.Mouseable.
func (v *View) MouseDown(e *desktop.MouseEvent) {
	press.Focus(v)
	p := e.Position
	if e.Button == desktop.MouseButtonSecondary {
		v.menuAt(p, e.AbsolutePosition)
		return
	}
	if e.Button != desktop.MouseButtonPrimary {
		return
	}
	m := &v.mouse
	m.down, m.moved, m.link, m.spoiler = true, false, "", -1
	if v.bar.Visible() && p.X >= v.Size().Width-theme.Units(barZone) {
		v.pressBar(p)
		return
	}
	if v.jump.shown && inside(v.jump.area, p.X, p.Y) {
		return
	}
	s, b, top := v.spotAt(p)
	if b == nil {
		return
	}
	if v.picking {
		m.down = false // nothing is selected by dragging, either
		if v.OnPick != nil {
			v.OnPick(s.row)
		}
		return
	}
	v.hover(p)
	if m.row >= 0 {
		return // a button: it acts when the mouse is let go
	}
	if e.Modifier&fyne.KeyModifierShift != 0 && v.sel.from.row >= 0 {
		v.sel.grain = 1
		v.extend(p)
		v.changedSelection()
		return
	}
	now := v.now()
	near := p.X-m.lastAt.X < clickRoom && m.lastAt.X-p.X < clickRoom && p.Y-m.lastAt.Y < clickRoom && m.lastAt.Y-p.Y < clickRoom
	if now.Sub(m.last) < clickTime && near {
		m.clicks = m.clicks%3 + 1
	} else {
		m.clicks = 1
	}
	m.last, m.lastAt = now, p
	m.spoiler = -1
	if b.Block != nil {
		x, y := p.X-b.At.X, p.Y-top-b.At.Y
		m.link = b.Block.LinkAt(x, y)
		if b.Block.SpoilerAt(x, y) > 0 && !v.open[v.source.Row(s.row).ID] {
			m.spoiler, m.link = s.row, ""
		}
		if m.clicks == 2 && !b.Block.InText(x, y) && v.OnReply != nil {
			m.clicks = 0
			v.OnReply(s.row)
			return
		}
	}
	v.sel.clear()
	v.cursor = -1
	v.sel.grain = m.clicks
	v.sel.from, v.sel.to = s, s
	if m.clicks > 1 {
		v.sel.unit = unitAt(b.Block, s, m.clicks)
		v.sel.from, v.sel.to = v.sel.unit[0], v.sel.unit[1]
		m.link = ""
	}
	v.changedSelection()
}

func (v *View) pressBar(p fyne.Position) {
	all := v.h.Above(len(v.known)) + foot()
	long, y := v.barAt(v.Size(), all)
	v.mouse.bar, v.mouse.grip = true, p.Y-y
	if v.mouse.grip < 0 || v.mouse.grip > long { // beside it: the bar comes to the pointer
		v.mouse.grip = long / 2
		v.dragBar(p.Y - v.mouse.grip)
	}
}

// MouseUp implements desktop.Mouseable.
func (v *View) MouseUp(e *desktop.MouseEvent) {
	m := &v.mouse
	if e.Button != desktop.MouseButtonPrimary || !m.down {
		return
	}
	m.down, m.bar = false, false
	v.auto.Stop()
	if m.moved {
		return
	}
	if v.jump.shown && inside(v.jump.area, e.Position.X, e.Position.Y) {
		v.ScrollToEnd()
		return
	}
	v.hover(e.Position)
	if m.row >= 0 {
		if b := v.rows[m.row]; b != nil && m.hot < len(b.Hot) {
			b.Hot[m.hot].Press()
		}
		return
	}
	if m.spoiler >= 0 && m.spoiler < len(v.known) {
		v.reveal(m.spoiler)
		return
	}
	if m.link != "" && v.OnLink != nil {
		v.OnLink(m.link)
	}
}

// Dragged implements fyne.Draggable: it selects, or moves the bar.
func (v *View) Dragged(e *fyne.DragEvent) {
	m := &v.mouse
	if m.bar {
		m.moved = true
		v.dragBar(e.Position.Y - m.grip)
		return
	}
	if !m.down || v.sel.from.row < 0 {
		return
	}
	m.at = e.Position
	m.moved = true
	switch h := v.Size().Height; {
	case e.Position.Y < 0:
		v.pull = e.Position.Y
		v.auto.Start()
	case e.Position.Y > h:
		v.pull = e.Position.Y - h
		v.auto.Start()
	default:
		v.pull = 0
	}
	v.extend(e.Position)
	v.changedSelection()
}

// DragEnd implements fyne.Draggable.
func (v *View) DragEnd() {
	v.mouse.down, v.mouse.bar = false, false
	v.auto.Stop()
}

// autoScroll goes on while the mouse is held beyond an edge, the faster the
// farther it is.
func (v *View) autoScroll() {
	if v.pull == 0 || !v.mouse.down {
		return
	}
	v.ScrollBy(float64(v.pull) * 1.5)
	edge := fyne.NewPos(v.mouse.at.X, 1)
	if v.pull > 0 {
		edge.Y = v.Size().Height - 1
	}
	v.extend(edge)
	v.changedSelection()
}

func (v *View) changedSelection() {
	v.relayout()
	v.dirty()
}

func (v *View) menuAt(p, onCanvas fyne.Position) {
	s, b, top := v.spotAt(p)
	if b == nil || v.OnMenu == nil {
		return
	}
	place := Place{Canvas: onCanvas, Selected: v.Selected()}
	if b.Block != nil {
		place.Link = b.Block.LinkAt(p.X-b.At.X, p.Y-top-b.At.Y)
	}
	for _, h := range b.Hot {
		if h.Who != "" && inside(h.Area, p.X, p.Y-top) {
			place.Who = h.Who
		}
	}
	v.OnMenu(s.row, place)
}

// MouseIn implements desktop.Hoverable.
func (v *View) MouseIn(e *desktop.MouseEvent) { v.hover(e.Position) }

// MouseMoved implements desktop.Hoverable.
func (v *View) MouseMoved(e *desktop.MouseEvent) { v.hover(e.Position) }

// MouseOut implements desktop.Hoverable.
func (v *View) MouseOut() { v.hover(fyne.NewPos(-1, -1)) }

// hover finds what is under the pointer, colours it, and chooses its shape.
func (v *View) hover(p fyne.Position) {
	m := &v.mouse
	m.at = p
	oldRow, oldHot := m.row, m.hot
	m.row, m.hot, m.cursor = -1, 0, desktop.DefaultCursor
	over := v.bar.Visible() && p.X >= v.Size().Width-theme.Units(barZone) && p.Y >= 0
	onJump := v.jump.shown && inside(v.jump.area, p.X, p.Y)
	if over != m.overBar || onJump != m.overJump {
		m.overBar, m.overJump = over, onJump
		v.relayout()
		v.dirty()
	}
	switch {
	case onJump:
		m.cursor = desktop.PointerCursor
	case over || p.Y < 0 || p.X < 0:
	default:
		v.hoverRow(p)
	}
	if m.row != oldRow || m.hot != oldHot {
		v.paintHot(oldRow, oldHot, false)
		v.paintHot(m.row, m.hot, true)
	}
}

func (v *View) hoverRow(p fyne.Position) {
	s, b, top := v.spotAt(p)
	if b == nil {
		return
	}
	for n, h := range b.Hot {
		if inside(h.Area, p.X, p.Y-top) {
			v.mouse.row, v.mouse.hot, v.mouse.cursor = s.row, n, desktop.PointerCursor
			return
		}
	}
	if b.Block == nil {
		return
	}
	x, y := p.X-b.At.X, p.Y-top-b.At.Y
	switch {
	case b.Block.LinkAt(x, y) != "", b.Block.SpoilerAt(x, y) > 0 && !v.open[v.source.Row(s.row).ID]:
		v.mouse.cursor = desktop.PointerCursor
	case b.Block.InText(x, y):
		v.mouse.cursor = desktop.TextCursor
	}
}

func (v *View) paintHot(row, n int, over bool) {
	b := v.rows[row]
	if b == nil || n >= len(b.Hot) || b.Hot[n].Ground == nil {
		return
	}
	h := b.Hot[n]
	name := h.Rest
	if over {
		name = h.Over
	}
	h.Ground.FillColor = theme.Color(name)
	h.Ground.Refresh()
}

// Cursor implements desktop.Cursorable.
func (v *View) Cursor() desktop.Cursor {
	if v.mouse.cursor == nil {
		return desktop.DefaultCursor
	}
	return v.mouse.cursor
}

// FocusGained implements fyne.Focusable.
func (v *View) FocusGained() { v.focusOn(true) }

// FocusLost implements fyne.Focusable. The row that the keyboard was on is kept
// for when it comes back, such as from the menu of that row.
func (v *View) FocusLost() { v.focusOn(false) }

func (v *View) focusOn(has bool) {
	v.focus = has
	if v.cursor >= 0 {
		v.changedSelection()
	}
}

// TypedRune implements fyne.Focusable: what is typed belongs to the composer.
func (v *View) TypedRune(r rune) {
	if v.OnTyped != nil {
		v.OnTyped(r)
	}
}

// TypedKey implements fyne.Focusable: arrows go from message to message, Enter
// opens the menu of one, the rest scrolls.
func (v *View) TypedKey(e *fyne.KeyEvent) {
	page := float64(v.Size().Height) * 0.85
	switch e.Name {
	case fyne.KeySpace:
		if v.picking && v.cursor >= 0 && v.OnPick != nil {
			v.OnPick(v.cursor)
			return
		}
		v.menuAtCursor()
	case fyne.KeyUp:
		v.moveCursor(-1)
	case fyne.KeyDown:
		v.moveCursor(1)
	case fyne.KeyPageUp:
		v.ScrollBy(-page)
	case fyne.KeyPageDown:
		v.ScrollBy(page)
	case fyne.KeyHome:
		v.ScrollToRow(0)
	case fyne.KeyEnd:
		v.ScrollToEnd()
	case fyne.KeyReturn, fyne.KeyEnter, desktop.KeyMenu:
		v.menuAtCursor()
	case fyne.KeyEscape:
		if press.Escape(press.Canvas(v)) || v.OnEscape != nil && v.OnEscape() {
			return
		}
		v.cursor = -1
		v.ClearSelection()
	}
}

// moveCursor goes to the next row and brings it into sight; from none it begins
// with the last one in sight.
func (v *View) moveCursor(step int) {
	n := len(v.known)
	if n == 0 {
		return
	}
	if v.cursor < 0 {
		v.cursor = max(0, min(v.seen[1], n-1))
	} else {
		v.cursor = max(0, min(v.cursor+step, n-1))
	}
	top := v.h.Above(v.cursor) - v.h.Above(v.top) - v.into
	high := float64(v.row(v.cursor).High)
	switch h := float64(v.Size().Height); {
	case top < 0:
		v.ScrollBy(top - 4)
	case top+high > h:
		v.ScrollBy(min(top, top+high-h+4))
	}
	v.changedSelection()
}

func (v *View) menuAtCursor() {
	if v.cursor < 0 || v.OnMenu == nil {
		return
	}
	b := v.row(v.cursor)
	y := float32(v.h.Above(v.cursor) - v.h.Above(v.top) - v.into)
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(v)
	v.OnMenu(v.cursor, Place{Canvas: at.AddXY(b.Bubble.X+theme.Units(20), y+b.Bubble.Y+b.Bubble.H/2), Selected: v.Selected()})
}

// Actions lists what can be done with the file of a row, so that a menu can
// offer it to the keyboard.
func Actions(r bubble.Row) (labels []string, actions []bubble.Action) {
	if r.File == nil {
		return nil, nil
	}
	for _, a := range r.File.Actions {
		labels = append(labels, r.File.Label(a))
	}
	return labels, r.File.Actions
}

// TypedShortcut implements fyne.Shortcutable.
func (v *View) TypedShortcut(s fyne.Shortcut) {
	switch s.(type) {
	case *fyne.ShortcutCopy:
		v.Copy()
	case *fyne.ShortcutSelectAll:
		v.SelectAll()
	case *fyne.ShortcutPaste:
		if v.OnPaste != nil {
			v.OnPaste()
		}
	default:
		press.Shortcut(press.Canvas(v), s)
	}
}

// AccessibilityLabel implements fyne.Accessible.
func (v *View) AccessibilityLabel() string { return text.AriaMessages() }

// AccessibilityRole implements fyne.Accessible.
func (v *View) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleContainer }
