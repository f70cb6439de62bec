package chat

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/theme"
)

// barrier stands where the composer is while nothing can be written in a room,
// and says why, with what can be answered.
type barrier struct {
	object  *fyne.Container
	title   *kit.Label
	line    *kit.Label
	sign    *fyne.Container
	buttons *fyne.Container
	shown   []state.Answer
	answer  func(state.Answer)
}

func newBarrier(answer func(state.Answer)) *barrier {
	b := &barrier{title: kit.NewParagraph(""), line: kit.NewParagraph(""), sign: kit.Centered(kit.NewIcon(icon.Clock, theme.IconSmall).In(theme.SubText)), buttons: kit.Line(8), answer: answer}
	b.title.Bold, b.title.Center = true, true
	b.line.Color, b.line.Center, b.line.TextSize = theme.SubText, true, theme.TextName
	body := kit.Column(8, b.title, b.sign, b.line, kit.Centered(b.buttons))
	b.object = container.NewStack(kit.Column(0, kit.Rule(), kit.NewSurface(theme.Sidebar, "", kit.Inset(kit.Narrow(body, 520), 12, 14, 14, 14))))
	b.object.Hide()
	return b
}

// set shows what the conversation says.
func (b *barrier) set(s state.Barrier) {
	visible(b.object, s.Shown())
	if !s.Shown() {
		return
	}
	b.title.SetText(s.Title)
	visible(b.title, s.Title != "")
	visible(b.sign, s.Waits)
	b.line.SetText(s.Line)
	if !slices.Equal(b.shown, s.Answers) {
		b.shown = s.Answers
		b.buttons.RemoveAll()
		for i, a := range s.Answers {
			kind := kit.Secondary
			switch {
			case a == state.AcceptRoom && i == len(s.Answers)-1:
				kind = kit.Primary
			case a == state.BlockSender:
				kind = kit.Plain
			}
			b.buttons.Add(kit.NewButton(kind, a.Word(), func() { b.answer(a) }))
		}
	}
	b.object.Refresh()
}
