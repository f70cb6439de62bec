package hosting

import (
	"image/color"
	"log/slog"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"github.com/snugchat/snug/storage/logs"
	"github.com/snugchat/snug/ui/flow"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/theme"
)

// logView draws the lines of the log that are in sight and no others: each line
// has one height, so where it lies is a multiplication.
type logView struct {
	widget.BaseWidget
	log      *state.LogLines
	offset   float32 // of the top edge, in units of the canvas
	onScroll func(atEnd bool)
	dragging bool
}

var (
	_ fyne.Scrollable    = (*logView)(nil)
	_ fyne.Draggable     = (*logView)(nil)
	_ fyne.Focusable     = (*logView)(nil)
	_ fyne.Tappable      = (*logView)(nil)
	_ desktop.Cursorable = (*logView)(nil)
)

func newLogView(l *state.LogLines) *logView {
	v := &logView{log: l, onScroll: func(bool) {}}
	v.ExtendBaseWidget(v)
	return v
}

// rowHigh is the height of a line with its time and words, and its details
// below.
func rowHigh() float32 { return theme.Units(40) }

func (v *logView) most() float32 {
	return max(0, float32(v.log.Len())*rowHigh()+theme.Units(8)-v.Size().Height)
}

// show draws what is there now; while it follows, the newest line.
func (v *logView) show() {
	if v.log.Follow() {
		v.offset = v.most()
	}
	v.offset = min(max(0, v.offset), v.most())
	v.Refresh()
}

func (v *logView) scrollTo(offset float32) {
	v.offset = min(max(0, offset), v.most())
	v.onScroll(v.offset >= v.most()-1)
	v.Refresh()
}

// Scrolled implements fyne.Scrollable.
func (v *logView) Scrolled(e *fyne.ScrollEvent) { v.scrollTo(v.offset - e.Scrolled.DY) }

// Dragged implements fyne.Draggable.
func (v *logView) Dragged(e *fyne.DragEvent) {
	size := v.Size()
	if !v.dragging && e.Position.X < size.Width-theme.Units(16) {
		return
	}
	v.dragging = true
	total := float32(v.log.Len()) * rowHigh()
	v.scrollTo(v.offset + e.Dragged.DY*total/max(1, size.Height))
}

// DragEnd implements fyne.Draggable.
func (v *logView) DragEnd() { v.dragging = false }

// Tapped implements fyne.Tappable: the keyboard scrolls from then on.
func (v *logView) Tapped(*fyne.PointEvent) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(v); c != nil {
		c.Focus(v)
	}
}

// Cursor implements desktop.Cursorable.
func (v *logView) Cursor() desktop.Cursor { return desktop.DefaultCursor }

// FocusGained implements fyne.Focusable.
func (v *logView) FocusGained() {}

// FocusLost implements fyne.Focusable.
func (v *logView) FocusLost() {}

// TypedRune implements fyne.Focusable.
func (v *logView) TypedRune(rune) {}

// TypedKey implements fyne.Focusable.
func (v *logView) TypedKey(e *fyne.KeyEvent) {
	high := v.Size().Height
	switch e.Name {
	case fyne.KeyDown:
		v.scrollTo(v.offset + rowHigh())
	case fyne.KeyUp:
		v.scrollTo(v.offset - rowHigh())
	case fyne.KeyPageDown:
		v.scrollTo(v.offset + high - rowHigh())
	case fyne.KeyPageUp:
		v.scrollTo(v.offset - high + rowHigh())
	case fyne.KeyHome:
		v.scrollTo(0)
	case fyne.KeyEnd:
		v.scrollTo(v.most())
	}
}

// CreateRenderer implements fyne.Widget.
func (v *logView) CreateRenderer() fyne.WidgetRenderer {
	v.ExtendBaseWidget(v)
	return &logRenderer{v: v, bar: draw.Rect()}
}

type logRenderer struct {
	v       *logView
	bar     *canvas.Rectangle
	objects []fyne.CanvasObject
	once    draw.Once
}

func (r *logRenderer) Destroy()                     {}
func (r *logRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *logRenderer) MinSize() fyne.Size           { return fyne.NewSize(theme.Units(160), theme.Units(80)) }

func (r *logRenderer) Layout(size fyne.Size) {
	if !r.once.Need(size) {
		return
	}
	v := r.v
	if v.log.Follow() {
		v.offset = v.most()
	}
	v.offset = min(max(0, v.offset), v.most())
	high := rowHigh()
	first := int(v.offset / high)
	last := min(v.log.Len()-1, int(math.Ceil(float64((v.offset+size.Height)/high))))
	r.objects = r.objects[:0]
	for i := first; i <= last; i++ {
		y := float32(int(float32(i)*high - v.offset + theme.Units(4)))
		if y < -high/2 || y > size.Height-high/2 { // nothing is drawn over what is around
			continue
		}
		r.line(v.log.Line(i), y, size.Width)
	}
	if v.most() > 0 {
		total := float32(v.log.Len()) * high
		length := max(theme.Units(24), size.Height*size.Height/total)
		r.bar.FillColor, r.bar.CornerRadius = theme.Color(theme.ScrollBar), 2
		draw.Place(r.bar, size.Width-theme.Units(6), (size.Height-length)*v.offset/v.most(), theme.Units(4), length)
		r.objects = append(r.objects, r.bar)
	}
}

// line sets one line: a dot in the colour of its level, time and words, and the
// particulars below.
func (r *logRenderer) line(l logs.Line, y, width float32) {
	left, right := theme.Units(31), width-theme.Units(16)
	dot := canvas.NewCircle(levelColor(l.Level))
	d := theme.Units(7)
	draw.Place(dot, theme.Units(16), y+theme.Units(7), d, d)
	r.objects = append(r.objects, dot)
	words := flow.Style{Size: theme.Size(theme.TextName), Line: flow.LineHeight(theme.Size(theme.TextName))}
	small := flow.Style{Size: theme.Size(theme.TextTime), Line: flow.LineHeight(theme.Size(theme.TextTime))}
	main, quiet := theme.Color(theme.Text), theme.Color(theme.SubText)
	clock := flow.Layout(l.Time.Local().Format("15:04:05"), small, flow.Unbounded)
	r.objects = append(r.objects, clock.Objects(fyne.NewPos(right-clock.Width, y+theme.Units(2)), flow.Ink{Text: quiet, Link: quiet})...)
	b := flow.Elide(l.Text, words, max(0, right-clock.Width-theme.Units(8)-left))
	r.objects = append(r.objects, b.Objects(fyne.NewPos(left, y), flow.Ink{Text: main, Link: main})...)
	if l.Attrs != "" {
		b := flow.Elide(l.Attrs, small, right-left)
		r.objects = append(r.objects, b.Objects(fyne.NewPos(left, y+words.Line), flow.Ink{Text: quiet, Link: quiet})...)
	}
}

func levelColor(l slog.Level) color.Color {
	switch {
	case l >= slog.LevelError:
		return theme.Color(theme.Danger)
	case l >= slog.LevelWarn:
		return theme.Color(theme.Warn)
	case l >= slog.LevelInfo:
		return theme.Color(theme.Online)
	}
	return theme.Color(theme.Disabled)
}

func (r *logRenderer) Refresh() {
	r.once.Forget()
	r.Layout(r.v.Size())
	canvas.Refresh(r.v)
}
