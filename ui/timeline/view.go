package timeline

import (
	"image/color"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/kit/progress"
	"github.com/snugchat/snug/ui/theme"
	"github.com/snugchat/snug/ui/timeline/bubble"
	"github.com/snugchat/snug/ui/timeline/heights"
)

// keepRows is how many drawn rows beyond what is seen are kept for scrolling
// back and forth; a row costs about 5 KiB.
const keepRows = 24

// nearEdge is how many rows before an end of the list OnNearStart and OnNearEnd
// are called: about two screens.
const nearEdge = 30

// View is the list of messages. Callbacks may be nil; they are called on Fyne's
// goroutine and may change the source and tell the view so.
type View struct {
	widget.BaseWidget
	bubble.Deeds // what presses on rows do

	OnLink   func(url string)           // a link was clicked
	OnPick   func(row int)              // a row, while they are picked
	OnEscape func() bool                // Escape while the list has the keyboard; true: that was for it
	OnReply  func(row int)              // a double click beside the words of a message
	OnMenu   func(row int, at Place)    // other mouse button or the menu key on a row
	OnTyped  func(r rune)               // a letter was typed while the list has the keyboard
	OnPaste  func()                     // so was Ctrl+V
	OnEnd    func(atEnd bool)           // the newest message came into sight or went out
	OnNear   func(older bool, rows int) // rows are missing near the start (older) or the end of the list
	OnSeen   func(first, last int)      // these rows are in sight; called when they change

	// Marks says where in the words of a row stands what was looked for, as offsets
	// of runes; nil for nothing. It is asked while a row is drawn, and again after Flash.
	Marks func(id, words string) [][2]int

	source      Source
	now         func() time.Time
	unread      string
	unreadLabel string
	gap         bool // rows before the first are on their way
	newer       int  // count on the button that jumps to the end

	h     heights.Tree
	known []float32 // width at which a row's height was measured; 0 is a guess
	rows  map[int]*bubble.Drawn
	top   int     // row at the upper edge
	into  float64 // how much of it is above the edge
	stick bool    // stay at the end when rows come
	high  float32 // of the view at the last layout
	seen  [2]int
	asked [2]bool // OnNear was called for the start, the end, and nothing came yet

	picking bool            // a press picks a row
	open    map[string]bool // rows whose spoilers are shown
	flash   string          // row that is held up after a jump
	flashed *progress.Beat
	day     dayPill

	objects []fyne.CanvasObject
	bar     *canvas.Rectangle
	still   *canvas.Rectangle // cannot be seen and is always there: it has the window painted
	jump    jump

	sel    selection
	mouse  pointer
	cursor int // row that the keyboard is on, or -1
	focus  bool
	slide  slide
	auto   *progress.Beat // scrolls while the selection is dragged beyond an edge
	pull   float32
}

// Place is where a menu belongs, and what was under the pointer.
type Place struct {
	Canvas   fyne.Position
	Link     string // "" for none
	Selected string // the selected text, "" for none
	Who      string // who reacted, if it was a reaction
}

// New makes a view that shows the end of a source.
func New(source Source) *View {
	v := &View{source: source, now: time.Now, rows: map[int]*bubble.Drawn{}, bar: draw.Rect(), still: canvas.NewRectangle(color.Transparent), stick: true, cursor: -1}
	v.sel.clear()
	v.auto = progress.NewBeat(func(int) { v.autoScroll() })
	v.flashed = progress.NewBeat(func(n int) {
		if n >= flashBeats {
			v.unflash()
		}
	})
	v.jump.init()
	v.mouse.row = -1
	v.ExtendBaseWidget(v)
	v.count()
	return v
}

// SetClock replaces time.Now, which decides what "Today" is.
func (v *View) SetClock(now func() time.Time) { v.now = now }

// count takes the rows of the source as all new.
func (v *View) count() {
	n := v.source.Len()
	v.h.Reset(n, v.guess)
	v.known = make([]float32, n)
	v.rows = map[int]*bubble.Drawn{}
	v.asked = [2]bool{}
	v.top, v.into = 0, 0
	v.cursor = -1
	v.sel.clear()
}

// Reset shows the end of the source after it was exchanged for another.
func (v *View) Reset() {
	v.auto.Stop()
	v.flashed.Stop()
	v.flash = ""
	v.slide.stop()
	v.count()
	v.stick = true
	v.relayout()
	v.dirty()
}

// Inserted tells that n rows are new, the first of them now being row at. What
// is in sight stays where it is, unless the end is in sight and they came there.
func (v *View) Inserted(at, n int) {
	if n <= 0 {
		return
	}
	old := len(v.known)
	high := float32(0) // of the first row, above which the day and the gap will not be any more
	if at == 0 && v.top == 0 && old > 0 && v.known[0] > 0 {
		high = v.h.Of(0)
	}
	v.h.Insert(at, n, v.guess)
	v.known = slices.Insert(v.known, at, make([]float32, n)...)
	v.moveRows(at, n)
	if at <= v.top && old > 0 {
		v.top += n // what was at the upper edge stays there
	}
	if at == 0 {
		v.asked[0] = false
	}
	if at == old {
		v.asked[1] = false
	}
	v.touch(at - 1)
	v.touch(at + n)
	if high > 0 {
		v.into += float64(v.row(n).High - high)
	}
	v.relayout()
	if at == old && old > 0 {
		v.slideIn(n)
	}
	v.dirty()
}

// Removed tells that n rows from row at on are gone.
func (v *View) Removed(at, n int) {
	if n <= 0 {
		return
	}
	v.h.Remove(at, n)
	v.known = slices.Delete(v.known, at, at+n)
	v.moveRows(at, -n)
	switch {
	case v.top >= at+n:
		v.top -= n
	case v.top >= at:
		v.top, v.into = at, 0
	}
	v.touch(at - 1)
	v.touch(at)
	v.relayout()
	v.dirty()
}

// Changed tells that a row has other contents.
func (v *View) Changed(i int) {
	v.touch(i - 1)
	v.touch(i)
	v.touch(i + 1)
	v.relayout()
	v.dirty()
}

// touch forgets how a row was drawn; its height stays as a guess.
func (v *View) touch(i int) {
	if i >= 0 && i < len(v.known) {
		delete(v.rows, i)
		v.known[i] = 0
	}
}

// moveRows moves what is kept by row number when n rows came at a place, or
// went if n is negative.
func (v *View) moveRows(at, n int) {
	moved := make(map[int]*bubble.Drawn, len(v.rows))
	for i, b := range v.rows {
		switch {
		case i < at:
			moved[i] = b
		case n > 0:
			moved[i+n] = b
		case i >= at-n:
			moved[i+n] = b
		}
	}
	v.rows = moved
	shift := func(i int) int {
		switch {
		case i < at:
			return i
		case n > 0 || i >= at-n:
			return i + n
		}
		return -1
	}
	if v.sel.from.row >= 0 {
		v.sel.from.row, v.sel.to.row = shift(v.sel.from.row), shift(v.sel.to.row)
		if v.sel.from.row < 0 || v.sel.to.row < 0 {
			v.sel.clear()
		}
	}
	if v.cursor >= 0 {
		v.cursor = shift(v.cursor)
	}
	v.mouse.row = -1
}

// SetUnread draws a line with a label above the row with an id; "" takes it
// away.
func (v *View) SetUnread(id, label string) {
	if v.unread == id && v.unreadLabel == label {
		return
	}
	for i := range v.known {
		if r := v.source.Row(i).ID; r == id || r == v.unread {
			v.touch(i)
			v.touch(i - 1)
		}
	}
	v.unread, v.unreadLabel = id, label
	v.relayout()
	v.dirty()
}

// SetNewer is the count on the button that leads to the end: messages that came
// while it was out of sight.
func (v *View) SetNewer(n int) {
	if v.newer != n {
		v.newer = n
		v.relayout()
		v.dirty()
	}
}

// AtEnd reports whether the newest row is in sight and kept there.
func (v *View) AtEnd() bool { return v.stick }

// ScrollToEnd shows the newest row and stays there.
func (v *View) ScrollToEnd() {
	v.setStick(true)
	v.relayout()
	v.dirty()
}

// ScrollToRow brings a row to a third of the height from the top.
func (v *View) ScrollToRow(i int) {
	if i < 0 || i >= len(v.known) {
		return
	}
	v.setStick(false)
	v.top, v.into = i, -float64(v.Size().Height)/3
	v.normalize()
	v.relayout()
	v.dirty()
}

// ScrollBy moves by a distance: down if positive.
func (v *View) ScrollBy(d float64) {
	if len(v.known) == 0 || v.stick && (d > 0 || v.h.Above(len(v.known))+foot() <= float64(v.Size().Height)) {
		return
	}
	if d < 0 {
		v.setStick(false)
	}
	v.into += d
	v.normalize()
	v.relayout()
	v.dirty()
}

// build draws row i at a width.
func (v *View) build(i int, width float32) *bubble.Drawn {
	r := v.source.Row(i)
	first, last := v.group(i, r)
	return bubble.Build(r, bubble.Scene{
		Deeds: &v.Deeds, Now: v.now, Width: width, First: first, Last: last, NewDay: v.newDay(i, r),
		Gap: v.gap && i == 0, Unread: v.unread != "" && r.ID == v.unread, Label: v.unreadLabel,
		Picking: v.picking, Open: v.open[r.ID], Marks: v.Marks,
	})
}

// guess is the height of a row that was never drawn.
func (v *View) guess(i int) float32 { return bubble.Guess(v.source.Row(i)) }

func (v *View) setStick(to bool) {
	if v.stick == to {
		return
	}
	v.stick = to
	if v.OnEnd != nil {
		v.OnEnd(to)
	}
}

// stripHigh is the height of the strip that says who is writing, in units.
const stripHigh = 24

// foot is the room below the last row, in which that strip stands.
func foot() float64 { return float64(theme.Units(12 + stripHigh)) }

// head is the room above the first row.
func head() float64 { return float64(theme.Units(6)) }

// normalize makes top the row at the upper edge. Rows that were never drawn are
// measured on the way, so that they do not jump afterwards; a long way is taken
// by guesses.
func (v *View) normalize() {
	n := len(v.known)
	if n == 0 {
		v.top, v.into = 0, 0
		return
	}
	if d := v.into; d > 20_000 || d < -20_000 {
		v.goTo(v.h.Above(v.top) + d)
		return
	}
	for v.into < 0 && v.top > 0 {
		v.top--
		v.into += float64(v.row(v.top).High)
	}
	for v.top < n-1 && v.into >= float64(v.row(v.top).High) {
		v.into -= float64(v.row(v.top).High)
		v.top++
	}
	if v.top == 0 {
		v.into = max(v.into, -head())
	}
}

// goTo makes a distance from the top of the list the upper edge.
func (v *View) goTo(y float64) {
	y = max(0, min(y, v.h.Above(len(v.known))))
	v.top = min(v.h.At(y), len(v.known)-1)
	v.into = y - v.h.Above(v.top)
}

// row is a row, drawn at the present width.
func (v *View) row(i int) *bubble.Drawn {
	w := v.Size().Width
	if b := v.rows[i]; b != nil && b.Width == w {
		return b
	}
	b := v.build(i, w)
	v.rows[i] = b
	if v.h.Of(i) != b.High {
		v.h.Set(i, b.High)
	}
	v.known[i] = w
	return b
}

// relayout finds the rows in sight and puts them in place. Only rows that come
// into sight are drawn; the rest is moved.
func (v *View) relayout() {
	size := v.Size()
	n := len(v.known)
	v.objects = append(v.objects[:0], v.still)
	if size.Width < 40 || size.Height < 10 {
		return
	}
	if n == 0 {
		v.notice(0, -1)
		return
	}
	v.top = max(0, min(v.top, n-1))
	if v.stick {
		v.fromEnd(size.Height)
	} else {
		v.normalize()
		if v.below(size.Height) { // the last row ends above the lower edge
			v.fromEnd(size.Height)
			v.setStick(true)
		}
	}
	first, last := v.top, v.top
	y := -v.into + v.slide.off
	for first > 0 && y > 0 && v.slide.off > 0 {
		first--
		y -= float64(v.row(first).High)
	}
	for i := first; i < n && y < float64(size.Height); i++ {
		b := v.row(i)
		b.Box.Move(fyne.NewPos(0, float32(int(y+0.5))))
		v.mark(i, b)
		v.light(i, b)
		v.objects = append(v.objects, b.Box)
		y += float64(b.High)
		last = i
	}
	for i := range v.rows {
		if i < first-keepRows || i > last+keepRows {
			delete(v.rows, i)
		}
	}
	v.day.place(v, size)
	v.scrollbar(size)
	v.jump.place(v, size)
	v.high = size.Height
	v.notice(first, last)
}

// fromEnd finds the upper edge that has the last row at the lower one.
func (v *View) fromEnd(high float32) {
	y := float64(high) - foot()
	i := len(v.known)
	for i > 0 && y > 0 {
		i--
		y -= float64(v.row(i).High)
	}
	v.top, v.into = i, -y
	if i == 0 && y > 0 { // all of it fits: messages stand at the bottom
		v.into = -y
	}
}

// below reports whether there is nothing left below what is in sight.
func (v *View) below(high float32) bool {
	y := -v.into
	for i := v.top; i < len(v.known); i++ {
		y += float64(v.row(i).High)
		if y > float64(high)-foot() {
			return false
		}
	}
	return true
}

// notice reports what came into sight and asks for rows that are missing.
func (v *View) notice(first, last int) {
	if s := [2]int{first, last}; s != v.seen {
		v.seen = s
		if v.OnSeen != nil && last >= first {
			v.OnSeen(first, last)
		}
	}
	if v.OnNear == nil {
		return
	}
	if first < nearEdge && !v.asked[0] {
		v.asked[0] = true
		v.OnNear(true, nearEdge)
	}
	if last >= len(v.known)-nearEdge && !v.asked[1] {
		v.asked[1] = true
		v.OnNear(false, nearEdge)
	}
}

// dirty makes Fyne draw the next frame. Moving rows does as much; refreshing
// the view would throw away the textures of all of them. What is refreshed has to be
// one that was painted before, as the bar is not where all rows fit.
func (v *View) dirty() { v.still.Refresh() }

// CreateRenderer implements fyne.Widget.
func (v *View) CreateRenderer() fyne.WidgetRenderer {
	v.ExtendBaseWidget(v)
	return &viewRenderer{v: v}
}

type viewRenderer struct {
	v    *View
	once draw.Once
}

func (r *viewRenderer) Destroy() {
	r.v.auto.Stop()
	r.v.flashed.Stop()
	r.v.slide.stop()
}

func (r *viewRenderer) MinSize() fyne.Size           { return fyne.NewSize(theme.Units(200), theme.Units(80)) }
func (r *viewRenderer) Objects() []fyne.CanvasObject { return r.v.objects }

// IsClip keeps rows inside of the view. Fyne asks the renderers of its own
// containers so; TestRowsAreClipped fails when it stops.
func (r *viewRenderer) IsClip() {}

// Layout keeps the lower edge where it is when the height changes, as when the
// composer grows.
func (r *viewRenderer) Layout(size fyne.Size) {
	if !r.once.Need(size) {
		return
	}
	if !r.v.stick && r.v.high > 0 && size.Height != r.v.high {
		r.v.into += float64(r.v.high - size.Height)
	}
	r.v.relayout()
}

// Refresh draws everything anew, as after a theme switch: place and selection
// stay.
func (r *viewRenderer) Refresh() {
	v := r.v
	clear(v.rows)
	clear(v.known)
	v.relayout()
	canvas.Refresh(v)
}
