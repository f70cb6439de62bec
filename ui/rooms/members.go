package rooms

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/layer"
	"github.com/snugchat/snug/ui/kit/press"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// Members is the open list of the members of a private room.
type Members struct {
	place  *state.Place
	canvas fyne.Canvas
	room   chat.RoomID
	person func(chat.AccountID)
	list   *fyne.Container
	sheet  *layer.Layer
}

// ShowMembers opens the list of the members of the open room; person is called
// with the one that was pressed, closed when the list is gone.
func ShowMembers(c fyne.Canvas, p *state.Place, person func(chat.AccountID), closed func()) *Members {
	m := &Members{place: p, canvas: c, room: p.Conversation().Room(), person: person, list: kit.Column(2)}
	var buttons []*kit.Button
	for _, d := range p.RoomDeeds(m.room) {
		switch d {
		case state.LeaveRoom:
			buttons = append(buttons, kit.NewButton(kit.Secondary, text.RoomLeave(), func() {
				m.sheet.Dismiss()
				Leave(c, p, m.room, func() { ShowMembers(c, p, person, nil) })
			}))
		case state.InviteMembers:
			buttons = append(buttons, kit.NewButton(kit.Primary, text.RoomInvite(), func() {
				m.sheet.Dismiss()
				Invite(c, p, m.room)
			}).WithIcon(icon.Invite))
		case state.ShowMembers, state.RenameRoom, state.DeleteRoom, state.ForgetRoom:
		}
	}
	if len(buttons) == 2 { // the one that is meant stands last
		buttons[0], buttons[1] = buttons[1], buttons[0]
	}
	m.Update()
	m.sheet = layer.Sheet(c, text.RoomMembers(), kit.Out(m.list), buttons...)
	m.sheet.OnClose = closed
	return m
}

// Update shows the members as they are now.
func (m *Members) Update() {
	m.list.Objects = m.list.Objects[:0]
	for _, x := range m.place.RoomMembers() {
		m.list.Objects = append(m.list.Objects, m.row(x))
	}
	m.list.Refresh()
	if m.sheet != nil {
		m.sheet.Relayout()
	}
}

func (m *Members) row(x state.RoomMember) fyne.CanvasObject {
	d := kit.RowData{Title: x.Name, Line: x.Line, ID: x.ID, Online: x.Here}
	if x.Admin {
		d.Meta = text.RoomAdmin()
	}
	items := m.deeds(x)
	row := kit.NewRow(d, func() { m.person(x.Account) }, func(at fyne.Position) {
		if len(items) > 0 {
			layer.Menu(m.canvas, at, items...)
		}
	})
	if x.Me {
		row.SetPress(nil)
	}
	if len(items) == 0 {
		return row
	}
	var more *kit.IconButton
	more = kit.NewIconButton(icon.More, text.WordMore(), func() { layer.MenuBeside(more, items...) }).Side(32)
	return row.With(more)
}

// deeds is what may be done to a member.
func (m *Members) deeds(x state.RoomMember) []layer.Item {
	var items []layer.Item
	for _, d := range x.Deeds {
		switch d {
		case state.MakeRoomAdmin:
			items = append(items, layer.Item{Icon: icon.Shield, Label: text.RoomAdminMake(), Do: func() { m.place.SetRoomAdmin(m.room, x.Account, true) }})
		case state.UnmakeRoomAdmin:
			items = append(items, layer.Item{Icon: icon.Shield, Label: text.RoomAdminTake(), Do: func() { m.place.SetRoomAdmin(m.room, x.Account, false) }})
		case state.RemoveMember:
			items = append(items, layer.Item{}, layer.Item{Icon: icon.Leave, Label: text.RoomRemove(), Danger: true, Do: func() {
				name, _ := m.place.RoomName(m.room)
				ask(m.canvas, text.RoomRemoveAsk(x.Name, name), text.RoomRemoveLine(x.Name), text.RoomRemove(), func() { m.place.RemoveMember(m.room, x.Account) })
			}})
		}
	}
	return items
}

// chooser is a list of people with a field that narrows it.
type chooser struct {
	all   []state.Member
	find  *kit.Field
	list  *fyne.Container
	body  *fyne.Container
	sheet *layer.Layer
	row   func(state.Member) fyne.CanvasObject
}

// searchFrom is how many people there are before a field to find one is worth
// its room.
const searchFrom = 8

func newChooser(all []state.Member, none string, row func(state.Member) fyne.CanvasObject) *chooser {
	x := &chooser{all: all, find: kit.NewSearch(text.RoomInviteFind()), list: kit.Column(2), row: row}
	x.find.OnChanged = func(string) { x.fill() }
	x.body = kit.Column(10)
	switch {
	case len(all) == 0:
		x.body.Add(kit.NewEmpty(icon.People, none, kit.NewButton(kit.Secondary, text.WordClose(), func() { x.sheet.Dismiss() })))
	case len(all) >= searchFrom:
		x.body.Add(x.find)
	}
	x.body.Add(kit.Out(x.list))
	x.fill()
	return x
}

// maxChoices is how many people are shown at once; more are found by name.
const maxChoices = 100

func (x *chooser) fill() {
	want := strings.ToLower(strings.TrimSpace(x.find.Text()))
	x.list.Objects = x.list.Objects[:0]
	n := 0
	for _, m := range x.all {
		if !strings.Contains(strings.ToLower(m.Name), want) {
			continue
		}
		if n++; n <= maxChoices {
			x.list.Objects = append(x.list.Objects, x.row(m))
		}
	}
	switch {
	case n > maxChoices:
		x.list.Objects = append(x.list.Objects, kit.Inset(kit.NewHint(text.PeopleMore(n-maxChoices)), 8, 10))
	case n == 0 && len(x.all) > 0:
		x.list.Objects = append(x.list.Objects, kit.NewEmpty(icon.Search, text.RoomInviteNobody(), kit.NewButton(kit.Secondary, text.SearchClear(), func() {
			x.find.SetText("")
			x.fill()
			x.focus()
		})))
	}
	x.list.Refresh()
	if x.sheet != nil {
		x.sheet.Relayout()
	}
}

// Invite lets this person choose who is brought into a room.
func Invite(c fyne.Canvas, p *state.Place, room chat.RoomID) {
	name, _ := p.RoomName(room)
	var chosen []chat.AccountID
	var x *chooser
	act := kit.NewButton(kit.Primary, text.RoomInvite(), func() {
		x.sheet.Dismiss()
		p.Invite(room, chosen)
	})
	act.SetEnabled(false)
	x = newChooser(p.Invitable(), text.RoomInviteNone(), func(m state.Member) fyne.CanvasObject {
		return newChoice(m, has(chosen, m.Account), func(on bool) {
			if on {
				chosen = append(chosen, m.Account)
			} else {
				chosen = without(chosen, m.Account)
			}
			label := text.RoomInvite()
			if len(chosen) > 0 {
				label = text.RoomInviteAction(len(chosen))
			}
			act.SetText(label)
			act.SetEnabled(len(chosen) > 0)
			x.sheet.Relayout()
		})
	})
	if len(x.all) == 0 {
		x.sheet = layer.Sheet(c, text.RoomInviteTitle(name), x.body)
		return
	}
	cancel := kit.NewButton(kit.Secondary, text.WordCancel(), func() { x.sheet.Dismiss() })
	x.body.Add(kit.NewHint(text.RoomInviteLine()))
	x.sheet = layer.Sheet(c, text.RoomInviteTitle(name), x.body, cancel, act).Stay()
	x.focus()
}

// focus gives the keyboard to the field that finds people, if it is shown.
func (x *chooser) focus() {
	if len(x.all) >= searchFrom {
		x.sheet.Focus(x.find.Entry())
	}
}

// newChoice is a person who can be chosen: a row with a plus that becomes a tick.
func newChoice(m state.Member, on bool, changed func(on bool)) fyne.CanvasObject {
	sign := kit.NewIcon(icon.Plus, theme.IconNormal)
	d := kit.RowData{Title: m.Name, Line: m.Line, ID: m.ID, Online: m.Here}
	row := kit.NewRow(d, nil, nil).With(sign)
	show := func() {
		sign.Name, sign.Color = icon.Plus, theme.SubText
		if on {
			sign.Name, sign.Color = icon.Check, theme.Accent
		}
		sign.Refresh()
		d.Selected = on
		row.Set(d)
	}
	row.SetPress(func() {
		on = !on
		show()
		changed(on)
	})
	show()
	return row
}

func has(ids []chat.AccountID, id chat.AccountID) bool {
	for _, x := range ids {
		if x == id {
			return true
		}
	}
	return false
}

func without(ids []chat.AccountID, id chat.AccountID) []chat.AccountID {
	var out []chat.AccountID
	for _, x := range ids {
		if x != id {
			out = append(out, x)
		}
	}
	return out
}

// NewMessage lets this person choose whom to write to.
func NewMessage(c fyne.Canvas, p *state.Place) {
	var x *chooser
	x = newChooser(p.WriteTo(), text.PeopleNone(), func(m state.Member) fyne.CanvasObject {
		return kit.NewRow(kit.RowData{Title: m.Name, Line: m.Line, ID: m.ID, Online: m.Here}, func() {
			x.sheet.Dismiss()
			p.Message(m.Account)
		}, nil)
	})
	if len(x.all) > 0 && len(p.Correspondents()) == 0 { // the own notes alone
		x.body.Add(kit.NewEmpty(icon.People, text.PeopleNone(), kit.NewButton(kit.Secondary, text.WordClose(), func() { x.sheet.Dismiss() })))
	}
	x.sheet = layer.Sheet(c, text.PersonTitle(), x.body)
	x.focus()
}

// ShowPerson opens the card of a person; verify compares pictures with them, deeds
// are what else may be done to them.
func ShowPerson(c fyne.Canvas, p *state.Place, account chat.AccountID, verify func(), deeds []layer.Item) {
	card, ok := p.Card(account)
	if !ok {
		return
	}
	facts := kit.Column(2, kit.NewLabel(card.Role), kit.NewHint(card.Line))
	if card.Verified != "" {
		facts.Add(kit.WideLine(6, 1, kit.NewIcon(icon.Shield, theme.IconSmall).In(theme.Good), kit.NewHint(card.Verified)))
	}
	if card.Doubt != "" {
		facts.Add(kit.WideLine(6, 1, kit.NewIcon(icon.Warn, theme.IconSmall).In(theme.Danger), kit.NewHint(card.Doubt)))
	}
	face := kit.NewAvatar(card.Name, card.ID, theme.AvatarRow)
	face.SetOnline(card.Here)
	body := kit.WideLine(14, 1, face, facts)
	var sheet *layer.Layer
	var buttons []*kit.Button
	if !card.Me {
		if card.Blocked {
			buttons = append(buttons, kit.NewButton(kit.Secondary, text.PersonUnblock(), func() {
				sheet.Dismiss()
				p.Block(account, false)
			}))
		} else {
			deeds = append(deeds, layer.Item{Icon: icon.Ban, Label: text.PersonBlock(), Danger: true, Do: func() {
				sheet.Dismiss()
				Block(c, p, account, card.Name)
			}})
		}
	}
	check := func() {
		sheet.Dismiss()
		verify()
	}
	switch {
	case card.Again:
		deeds = append(slices.Clip(deeds), layer.Item{Icon: icon.Shield, Label: card.Verify, Do: check})
	case card.Verify != "":
		buttons = append(buttons, kit.NewButton(kit.Secondary, card.Verify, check).WithIcon(icon.Shield))
	}
	if card.Doubt != "" {
		buttons = append(buttons, kit.NewButton(kit.Secondary, text.DoubtWrite(), func() {
			sheet.Dismiss()
			p.WriteAnyway(account)
		}))
		card.CanMessage = false
	}
	if len(deeds) > 0 {
		var more *kit.IconButton
		more = kit.NewIconButton(icon.More, text.WordMore(), func() {
			if press.Canvas(more) != nil {
				layer.MenuBeside(more, deeds...)
			}
		}).Side(36)
		body.Add(more)
	}
	if card.CanMessage && !card.Me {
		buttons = append(buttons, kit.NewButton(kit.Primary, text.PersonMessage(), func() {
			sheet.Dismiss()
			p.Message(account)
		}).WithIcon(icon.Chat))
	}
	sheet = layer.Sheet(c, card.Name, body, buttons...)
}
