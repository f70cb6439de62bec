package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/theme"
)

// Empty is what a list shows while nothing is in it: an icon, one sentence that
// says why, and one button for what can be done about it (FEATURES J3).
type Empty struct {
	widget.BaseWidget
	say    *Label
	button *Button
	body   *fyne.Container
}

// NewEmpty makes one. The button must not be nil.
func NewEmpty(n icon.Name, sentence string, button *Button) *Empty {
	e := &Empty{say: NewParagraph(sentence), button: button}
	e.say.Color, e.say.Center = theme.SubText, true
	e.body = Middle(Narrow(Column(16, Centered(NewIcon(n, theme.IconHero).In(theme.Disabled)), e.say, Centered(button)), 300))
	e.ExtendBaseWidget(e)
	return e
}

// Sentence is what it says.
func (e *Empty) Sentence() string { return e.say.Text() }

// Button is what can be done about it.
func (e *Empty) Button() *Button { return e.button }

// CreateRenderer implements fyne.Widget.
func (e *Empty) CreateRenderer() fyne.WidgetRenderer {
	e.ExtendBaseWidget(e)
	return widget.NewSimpleRenderer(e.body)
}
