package chat

import (
	"fyne.io/fyne/v2"

	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/layer"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// peoplePanel is the list of everybody in the place.
type peoplePanel struct {
	sheet *layer.Layer
	list  *fyne.Container
}

// showPeople opens the list of people.
func (v *View) showPeople() {
	c := v.canvas()
	if c == nil || v.people != nil {
		return
	}
	p := &peoplePanel{list: kit.Column(2)}
	p.set(v.place.Members())
	v.people = p
	p.sheet = layer.Sheet(c, text.ChatPeopleTitle(), p.list)
	p.sheet.OnClose = func() { v.people = nil }
}

// set shows the people.
func (p *peoplePanel) set(members []state.Member) {
	p.list.Objects = p.list.Objects[:0]
	heading := func(s string) {
		l := kit.NewLabel(s)
		l.TextSize, l.Color, l.Bold = theme.TextSmall, theme.SubText, true
		p.list.Objects = append(p.list.Objects, kit.Inset(l, 8, 10, 2, 10))
	}
	for i, m := range members {
		if i == 0 && m.Here {
			heading(text.PeopleOnline())
		}
		if !m.Here && (i == 0 || members[i-1].Here) {
			heading(text.PeopleAway())
		}
		p.list.Objects = append(p.list.Objects, kit.NewRow(kit.RowData{
			Title: m.Name, Line: m.Line, Meta: m.Role, ID: m.ID, Online: m.Here,
		}, nil, nil))
	}
	p.list.Refresh()
	if p.sheet != nil {
		p.sheet.Relayout()
	}
}
