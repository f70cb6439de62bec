package bars

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/theme"
)

// Barrier stands where the composer is while nothing can be written in a room,
// and says why, with what can be answered.
type Barrier struct {
	Object  *fyne.Container
	title   *kit.Label
	line    *kit.Label
	sign    *fyne.Container
	alarm   *fyne.Container
	ground  *kit.Surface
	buttons *fyne.Container
	shown   []state.Answer
	answer  func(state.Answer)
}

// NewBarrier makes one that is hidden.
func NewBarrier(answer func(state.Answer)) *Barrier {
	b := &Barrier{title: kit.NewParagraph(""), line: kit.NewParagraph(""), sign: kit.Centered(kit.NewIcon(icon.Clock, theme.IconSmall).In(theme.SubText)), buttons: kit.Line(8), answer: answer}
	b.title.Bold, b.title.Center = true, true
	b.line.Color, b.line.Center, b.line.TextSize = theme.SubText, true, theme.TextName
	b.alarm = kit.Centered(kit.NewIcon(icon.Warn, theme.IconNormal).In(theme.Danger))
	body := kit.Column(8, b.alarm, b.title, b.sign, b.line, kit.Centered(b.buttons))
	b.ground = kit.NewSurface(theme.Sidebar, "", kit.Inset(kit.Narrow(body, 520), 12, 14, 14, 14))
	b.Object = container.NewStack(kit.Column(0, kit.Rule(), b.ground))
	b.Object.Hide()
	return b
}

// Set shows what the conversation says.
func (b *Barrier) Set(s state.Barrier) {
	draw.Show(b.Object, s.Shown())
	if !s.Shown() {
		return
	}
	b.title.SetText(s.Title)
	draw.Show(b.title, s.Title != "")
	draw.Show(b.sign, s.Waits)
	draw.Show(b.alarm, s.Alarm)
	ground, ink, words := theme.Sidebar, theme.Text, theme.SubText
	if s.Alarm {
		ground, ink, words = theme.DangerSoft, theme.Danger, theme.Text
	}
	if b.ground.Fill != ground {
		b.ground.Fill, b.title.Color, b.line.Color = ground, ink, words
		b.ground.Refresh()
		b.title.Refresh()
		b.line.Refresh()
	}
	b.line.SetText(s.Line)
	if !slices.Equal(b.shown, s.Answers) {
		b.shown = s.Answers
		b.buttons.RemoveAll()
		for i, a := range s.Answers {
			kind := kit.Secondary
			switch {
			case (a == state.AcceptRoom || a == state.VerifyAgain || a == state.WriteAnew) && i == len(s.Answers)-1:
				kind = kit.Primary
			case a == state.BlockSender:
				kind = kit.Plain
			}
			b.buttons.Add(kit.NewButton(kind, a.Word(), func() { b.answer(a) }))
		}
	}
	b.Object.Refresh()
}
