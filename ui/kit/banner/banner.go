// Package banner is the thin bar across a pane that says how something stands.
//
// It knows the kit and nothing of what it says. The look follows the visual language
// of the design notes. All calls are made on Fyne's goroutine.
package banner

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/theme"
)

// Tone is the meaning of a banner.
type Tone int

// Notice is amber: something is not as it should be, and goes on by itself.
// Calm is neutral, Alarm is red.
const (
	Notice Tone = iota
	Calm
	Alarm
)

// Banner is a thin bar across a pane: an icon, a sentence, up to two buttons.
// Hide and Show it; it never moves the keyboard.
type Banner struct {
	widget.BaseWidget
	surface *kit.Surface
	icon    *kit.Icon
	label   *kit.Label
	buttons *fyne.Container
}

// New makes a banner; buttons may be left out.
func New(tone Tone, n icon.Name, sentence string, buttons ...*kit.Button) *Banner {
	b := &Banner{icon: kit.NewIcon(n, theme.IconSmall), label: kit.NewParagraph(sentence), buttons: kit.Line(6)}
	b.label.TextSize = theme.TextName
	for _, x := range buttons {
		b.buttons.Add(x.Small())
	}
	b.surface = kit.NewSurface("", "", kit.Inset(container.New(&bannerLayout{}, b.icon, b.label, b.buttons), 7, 16))
	b.SetTone(tone)
	b.ExtendBaseWidget(b)
	return b
}

// bannerLayout sets icon, sentence and buttons beside each other. Where that
// leaves the sentence less room than it wants, the buttons stand below it.
type bannerLayout struct{ width float32 } // 0 before it is known

// bannerText is the width in units that a sentence wants beside buttons, if it
// is not shorter.
const bannerText = 240

// parts is the width that the sentence gets, and whether the buttons are below it.
func (l *bannerLayout) parts(o []fyne.CanvasObject) (text float32, below bool) {
	gap := theme.Units(10)
	text = l.width - o[0].MinSize().Width - gap
	buttons := o[2].MinSize().Width
	if buttons == 0 {
		return text, false
	}
	rest := text - buttons - gap
	if l.width == 0 || rest >= min(theme.Units(bannerText), o[1].(*kit.Label).Wide()+1) {
		return rest, false
	}
	return text, true
}

// MinSize implements fyne.Layout; it answers for the width that it was given last.
func (l *bannerLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	sign, words, buttons := o[0].MinSize(), o[1].MinSize(), o[2].MinSize()
	high := max(sign.Height, words.Height)
	if _, below := l.parts(o); below {
		high += buttons.Height
	}
	return fyne.NewSize(max(sign.Width+theme.Units(10)+words.Width, buttons.Width), max(high, buttons.Height))
}

// Layout implements fyne.Layout.
func (l *bannerLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	l.width = size.Width
	text, below := l.parts(o)
	sign, buttons := o[0].MinSize(), o[2].MinSize()
	high := size.Height
	if below {
		high -= buttons.Height
	}
	o[1].Resize(fyne.NewSize(text, high)) // a wrapped text learns its width
	words := o[1].MinSize().Height
	left := sign.Width + theme.Units(10)
	draw.Place(o[0], 0, (high-sign.Height)/2, sign.Width, sign.Height)
	draw.Place(o[1], left, (high-words)/2, text, words)
	y := (high - buttons.Height) / 2
	if below {
		y = high
	}
	draw.Place(o[2], size.Width-buttons.Width, y, buttons.Width, buttons.Height)
}

// SetTone changes the colours.
func (b *Banner) SetTone(tone Tone) {
	switch tone {
	case Notice:
		b.surface.Fill, b.label.Color, b.icon.Color = theme.Banner, theme.BannerText, theme.BannerText
	case Calm:
		b.surface.Fill, b.label.Color, b.icon.Color = theme.Pill, theme.PillText, theme.PillText
	case Alarm:
		b.surface.Fill, b.label.Color, b.icon.Color = theme.DangerSoft, theme.Danger, theme.Danger
	}
	b.surface.Refresh()
	b.label.Refresh()
	b.icon.Refresh()
}

// SetText changes the sentence.
func (b *Banner) SetText(sentence string) { b.label.SetText(sentence) }

// SetButtons replaces the buttons.
func (b *Banner) SetButtons(buttons ...*kit.Button) {
	b.buttons.RemoveAll()
	for _, x := range buttons {
		b.buttons.Add(x.Small())
	}
	b.Refresh()
}

// CreateRenderer implements fyne.Widget.
func (b *Banner) CreateRenderer() fyne.WidgetRenderer {
	b.ExtendBaseWidget(b)
	return widget.NewSimpleRenderer(b.surface)
}

// AccessibilityLabel implements fyne.Accessible.
func (b *Banner) AccessibilityLabel() string { return b.label.Text() }

// AccessibilityRole implements fyne.Accessible.
func (b *Banner) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }
