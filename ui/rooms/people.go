package rooms

import (
	"fyne.io/fyne/v2"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/layer"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// People is the list of everybody in the place.
type People struct {
	canvas fyne.Canvas
	sheet  *layer.Layer
	list   *fyne.Container
	deeds  func(state.Member, fyne.Canvas) []layer.Item
	open   func(chat.AccountID)
}

// ShowPeople opens the list of people. deeds is what may be done to one of them, open
// shows their card, closed is called once when the list has gone.
func ShowPeople(c fyne.Canvas, members []state.Member, deeds func(state.Member, fyne.Canvas) []layer.Item, open func(chat.AccountID), closed func()) *People {
	p := &People{canvas: c, list: kit.Column(2), deeds: deeds, open: open}
	p.Set(members)
	p.sheet = layer.Sheet(c, text.ChatPeopleTitle(), kit.Out(p.list))
	p.sheet.OnClose = closed
	return p
}

// Set shows the people.
func (p *People) Set(members []state.Member) {
	p.list.Objects = p.list.Objects[:0]
	last := ""
	for _, m := range members {
		heading := text.PeopleAway()
		switch {
		case m.Waiting:
			heading = text.PeopleWaiting()
		case m.Here:
			heading = text.PeopleOnline()
		}
		if heading != last {
			l := kit.NewLabel(heading)
			l.TextSize, l.Color, l.Bold = theme.TextSmall, theme.SubText, true
			p.list.Objects = append(p.list.Objects, kit.Inset(l, 8, 10, 2, 10))
			last = heading
		}
		p.list.Objects = append(p.list.Objects, p.row(m))
	}
	p.list.Refresh()
	if p.sheet != nil {
		p.sheet.Relayout()
	}
}

// row is one person; those to whom something may be done have a menu.
func (p *People) row(m state.Member) *kit.Row {
	d := kit.RowData{Title: m.Name, Line: m.Line, Meta: m.Role, ID: m.ID, Online: m.Here}
	var items []layer.Item
	if !m.Me {
		items = p.deeds(m, p.canvas)
	}
	var open func()
	if !m.Me && !m.Waiting {
		open = func() { p.open(m.Account) }
	}
	if len(items) == 0 {
		return kit.NewRow(d, open, nil)
	}
	var more *kit.IconButton
	more = kit.NewIconButton(icon.More, text.WordMore(), func() { layer.MenuBeside(more, items...) }).Side(32)
	return kit.NewRow(d, open, func(at fyne.Position) {
		layer.Menu(p.canvas, at, items...)
	}).With(more)
}
