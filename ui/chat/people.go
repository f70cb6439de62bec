package chat

import (
	"fyne.io/fyne/v2"

	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/layer"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// peoplePanel is the list of everybody in the place.
type peoplePanel struct {
	view  *View
	sheet *layer.Layer
	list  *fyne.Container
}

// showPeople opens the list of people.
func (v *View) showPeople() {
	c := v.canvas()
	if c == nil || v.people != nil {
		return
	}
	p := &peoplePanel{view: v, list: kit.Column(2)}
	p.set(v.place.Members())
	v.people = p
	p.sheet = layer.Sheet(c, text.ChatPeopleTitle(), kit.Out(p.list))
	p.sheet.OnClose = func() { v.people = nil }
}

// set shows the people.
func (p *peoplePanel) set(members []state.Member) {
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
func (p *peoplePanel) row(m state.Member) *kit.Row {
	d := kit.RowData{Title: m.Name, Line: m.Line, Meta: m.Role, ID: m.ID, Online: m.Here}
	var items []layer.Item
	if c := p.view.canvas(); c != nil && !m.Me {
		switch {
		case !m.Waiting:
			items = p.view.personDeeds(m.Account, c)
		case p.view.Deeds != nil:
			items = p.view.Deeds(m.Account, c)
		}
	}
	var open func()
	if !m.Me && !m.Waiting {
		open = func() { p.view.showPerson(m.Account) }
	}
	if len(items) == 0 {
		return kit.NewRow(d, open, nil)
	}
	var more *kit.IconButton
	more = kit.NewIconButton(icon.More, text.WordMore(), func() { layer.MenuBeside(more, items...) }).Side(32)
	return kit.NewRow(d, open, func(at fyne.Position) {
		if c := p.view.canvas(); c != nil {
			layer.Menu(c, at, items...)
		}
	}).With(more)
}
