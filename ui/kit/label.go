package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"github.com/snugchat/snug/ui/flow"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/theme"
)

// Label is a text that is not edited: one line that is cut with an ellipsis
// when it does not fit, or, with Wrap, as many lines as it needs.
type Label struct {
	widget.BaseWidget
	TextSize fyne.ThemeSizeName
	Color    fyne.ThemeColorName
	Bold     bool
	Wrap     bool
	Center   bool

	text  string
	width float32 // that the lines were made for, when Wrap
}

// NewLabel makes a one-line label in body size and text colour.
func NewLabel(text string) *Label {
	l := &Label{text: text, TextSize: theme.TextBody, Color: theme.Text}
	l.ExtendBaseWidget(l)
	return l
}

// NewTitle makes a bold one-line label in title size.
func NewTitle(text string) *Label {
	l := NewLabel(text)
	l.TextSize, l.Bold = theme.TextTitle, true
	return l
}

// NewHint makes a wrapped label in small size and second colour.
func NewHint(text string) *Label {
	l := NewLabel(text)
	l.TextSize, l.Color, l.Wrap = theme.TextSmall, theme.SubText, true
	return l
}

// NewParagraph makes a wrapped label in body size.
func NewParagraph(text string) *Label {
	l := NewLabel(text)
	l.Wrap = true
	return l
}

// SetText changes the text.
func (l *Label) SetText(text string) {
	if l.text == text {
		return
	}
	l.text = text
	l.Refresh()
}

// Text is what the label says, uncut.
func (l *Label) Text() string { return l.text }

// AccessibilityLabel implements fyne.Accessible.
func (l *Label) AccessibilityLabel() string { return l.text }

// AccessibilityRole implements fyne.Accessible.
func (l *Label) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// CreateRenderer implements fyne.Widget.
func (l *Label) CreateRenderer() fyne.WidgetRenderer {
	l.ExtendBaseWidget(l)
	return draw.Laid(&labelRenderer{l: l}, l.Size())
}

type labelRenderer struct {
	l       *Label
	block   *flow.Block
	objects []fyne.CanvasObject
	key     labelKey // what block was made from
	once    draw.Once
}

type labelKey struct {
	text        string
	size, width float32
	bold, wrap  bool
	color       fyne.ThemeColorName
	dark        bool
}

func (r *labelRenderer) Destroy()                     {}
func (r *labelRenderer) Objects() []fyne.CanvasObject { return r.objects }

func (r *labelRenderer) style() flow.Style {
	size := theme.Size(r.l.TextSize)
	return flow.Style{Size: size, Line: flow.LineHeight(size), Bold: r.l.Bold}
}

// MinSize of a cut line is narrow, because it may be cut; a wrapped one answers
// for the width that it was given last.
func (r *labelRenderer) MinSize() fyne.Size {
	st := r.style()
	if !r.l.Wrap {
		if r.l.width == fit {
			return fyne.NewSize(flow.Layout(r.l.text, st, flow.Unbounded).Width, st.Line)
		}
		return fyne.NewSize(min(theme.Units(24), flow.Layout(r.l.text, st, flow.Unbounded).Width), st.Line)
	}
	w := r.l.width
	if w <= 0 {
		w = theme.Units(200)
	}
	return fyne.NewSize(theme.Units(40), flow.Layout(r.l.text, st, w).Height)
}

// fit is the width of a label that asks for all of its text.
const fit = -1

// Wide is how wide the whole text would be in one line.
func (l *Label) Wide() float32 {
	size := theme.Size(l.TextSize)
	return flow.Layout(l.text, flow.Style{Size: size, Line: flow.LineHeight(size), Bold: l.Bold}, flow.Unbounded).Width
}

// Fit makes a one-line label ask for the room of its whole text, for places
// where it must not be cut, such as a button.
func (l *Label) Fit() *Label {
	l.width = fit
	return l
}

func (r *labelRenderer) Layout(size fyne.Size) {
	if r.l.Wrap {
		r.l.width = size.Width
	}
	if r.once.Need(size) {
		r.paint(size)
	}
}

func (r *labelRenderer) paint(size fyne.Size) {
	if size.Width <= 0 {
		return
	}
	st := r.style()
	key := labelKey{r.l.text, st.Size, size.Width, r.l.Bold, r.l.Wrap, r.l.Color, theme.IsDark()}
	if r.block == nil || r.key != key {
		if r.l.Wrap {
			r.block = flow.Layout(r.l.text, st, size.Width)
		} else {
			r.block = flow.Elide(r.l.text, st, size.Width)
		}
		r.key = key
	}
	r.block.Align(size.Width, r.l.Center)
	ink := theme.Color(r.l.Color)
	r.objects = r.block.Objects(fyne.NewPos(0, 0), flow.Ink{Text: ink, Link: ink})
}

func (r *labelRenderer) Refresh() {
	r.once.Forget()
	r.Layout(r.l.Size())
	canvas.Refresh(r.l)
}
