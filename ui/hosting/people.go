package hosting

import (
	"time"

	"fyne.io/fyne/v2"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/layer"
	"github.com/snugchat/snug/ui/kit/pick"
	"github.com/snugchat/snug/ui/kit/press"
	"github.com/snugchat/snug/ui/page"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// People lists who is in a place, who wants to come in, and who may not, with
// what one may do to each.
type People struct {
	people *state.People
	invite func()
	object fyne.CanvasObject
	column *fyne.Container
	shown  []client.Person
}

// NewPeople makes the list; invite shows where people are invited.
func NewPeople(p *state.People, invite func()) *People {
	v := &People{people: p, invite: invite, column: kit.Column(18)}
	v.object = scrolled(v.column)
	return v
}

// Object is what the window shows.
func (v *People) Object() fyne.CanvasObject { return v.object }

// Update shows what has changed.
func (v *People) Update() {
	var all []client.Person
	for g := state.GroupWaiting; g <= state.GroupBanned; g++ {
		all = append(all, v.people.In(g)...)
	}
	if same(all, v.shown) {
		return
	}
	v.shown = all
	v.column.RemoveAll()
	for _, g := range []struct {
		group state.Group
		title string
	}{
		{state.GroupWaiting, text.PeopleWaiting()},
		{state.GroupHere, text.PeopleOnline()},
		{state.GroupAway, text.PeopleAway()},
		{state.GroupBanned, text.PeopleBanned()},
	} {
		in := v.people.In(g.group)
		if len(in) == 0 {
			continue
		}
		rows := kit.Column(2)
		for _, x := range in {
			rows.Add(v.row(x, g.group))
		}
		v.column.Add(kit.Column(6, page.Section(g.title), kit.Out(rows)))
	}
	if len(all) <= 1 {
		v.column.Add(kit.NewEmpty(icon.People, text.PeopleNone(), kit.NewButton(kit.Primary, text.InviteMake(), v.invite).WithIcon(icon.Invite)))
	}
	v.column.Refresh()
}

func same(a, b []client.Person) bool {
	if len(a) != len(b) || b == nil {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func (v *People) row(x client.Person, g state.Group) fyne.CanvasObject {
	meta := ""
	if x.Me {
		meta = text.WordYou()
	}
	row := kit.NewRow(kit.RowData{Title: x.Name, Line: v.people.Line(x), Meta: meta, ID: x.Account.String(), Online: x.Online}, nil, nil)
	if g == state.GroupWaiting && len(v.people.Deeds(x)) > 0 {
		let := kit.NewButton(kit.Primary, text.PeopleLetIn(), func() { v.people.LetIn(x) }).Small()
		no := kit.NewButton(kit.Secondary, text.PeopleTurnAway(), func() { v.people.TurnAway(x) }).Small()
		return row.With(kit.Line(6, no, let))
	}
	if len(v.people.Deeds(x)) == 0 {
		return row
	}
	var more *kit.IconButton
	more = kit.NewIconButton(icon.More, text.WordMore(), func() { layer.MenuBeside(more, Deeds(v.people, x, press.Canvas(more))...) }).Side(32)
	return row.With(more)
}

// Deeds is a menu of what may be done to a person.
func Deeds(p *state.People, x client.Person, c fyne.Canvas) []layer.Item {
	var items []layer.Item
	for _, d := range p.Deeds(x) {
		switch d {
		case state.LetIn:
			items = append(items, layer.Item{Icon: icon.Check, Label: text.PeopleLetIn(), Do: func() { p.LetIn(x) }})
		case state.TurnAway:
			items = append(items, layer.Item{Icon: icon.Close, Label: text.PeopleTurnAway(), Do: func() { p.TurnAway(x) }})
		case state.MakeModerator:
			items = append(items, layer.Item{Icon: icon.Shield, Label: text.AdminModerator(), Do: func() { p.SetModerator(x, true) }})
		case state.UnmakeModerator:
			items = append(items, layer.Item{Icon: icon.Shield, Label: text.AdminModeratorNot(), Do: func() { p.SetModerator(x, false) }})
		case state.ResetPassword:
			items = append(items, layer.Item{Icon: icon.Key, Label: text.AdminReset(), Do: func() { askReset(p, x, c) }})
		case state.RemovePerson:
			items = append(items, layer.Item{}, layer.Item{Icon: icon.Leave, Label: text.AdminRemove(), Danger: true, Do: func() { askRemove(p, x, c) }})
		case state.BanPerson:
			items = append(items, layer.Item{Icon: icon.Ban, Label: text.AdminBan(), Danger: true, Do: func() { askBan(p, x, c) }})
		case state.LiftBan:
			items = append(items, layer.Item{Icon: icon.Check, Label: text.AdminBanLift(), Do: func() { p.LiftBan(x) }})
		}
	}
	return items
}

func askRemove(p *state.People, x client.Person, c fyne.Canvas) {
	reason := kit.NewField(text.AdminRemoveReason(), "")
	var sheet *layer.Layer
	cancel := kit.NewButton(kit.Secondary, text.WordCancel(), func() { sheet.Dismiss() })
	act := kit.NewButton(kit.Danger, text.AdminRemove(), func() {
		sheet.Dismiss()
		p.Remove(x, reason.Text())
	})
	sheet = layer.Sheet(c, text.AdminRemoveAsk(x.Name), kit.Column(14, kit.NewParagraph(text.AdminRemoveLine(x.Name)), reason), cancel, act).Stay()
	reason.Focus()
}

func askBan(p *state.People, x client.Person, c fyne.Canvas) {
	reason := kit.NewField(text.AdminRemoveReason(), "")
	times := []state.BanTime{state.BanHour, state.BanDay, state.BanForGood}
	how := pick.NewSegmented([]pick.Option{{Title: text.AdminBanHour()}, {Title: text.AdminBanDay()}, {Title: text.AdminBanGood()}}, 0, nil)
	var sheet *layer.Layer
	cancel := kit.NewButton(kit.Secondary, text.WordCancel(), func() { sheet.Dismiss() })
	act := kit.NewButton(kit.Danger, text.AdminBanAction(x.Name), func() {
		sheet.Dismiss()
		p.Ban(x, times[how.Chosen()], reason.Text())
	})
	body := kit.Column(14, kit.Column(6, page.Section(text.AdminBanFor()), how), reason)
	sheet = layer.Sheet(c, text.AdminBanAsk(x.Name), body, cancel, act).Stay()
	reason.Focus()
}

func askReset(p *state.People, x client.Person, c fyne.Canvas) {
	var sheet *layer.Layer
	cancel := kit.NewButton(kit.Secondary, text.WordCancel(), func() { sheet.Dismiss() })
	act := kit.NewButton(kit.Primary, text.AdminResetAction(), func() {
		sheet.Dismiss()
		p.Reset(x, func(code string, until time.Time) { showCode(p, x, c, code, until) })
	})
	sheet = layer.Sheet(c, text.AdminResetAsk(x.Name), kit.NewParagraph(text.AdminResetLine(x.Name)), cancel, act)
}

func showCode(p *state.People, x client.Person, c fyne.Canvas, code string, until time.Time) {
	big := kit.NewLabel(code)
	big.TextSize, big.Bold, big.Center = theme.TextHero, true, true
	var sheet *layer.Layer
	copied := kit.NewButton(kit.Secondary, text.WordCopy(), func() { p.Copy(code) }).WithIcon(icon.Copy)
	done := kit.NewButton(kit.Primary, text.WordDone(), func() { sheet.Dismiss() })
	body := kit.Column(12, kit.NewCard(big), kit.NewParagraph(text.AdminResetGive(x.Name)), kit.NewHint(text.AdminResetUntil(p.When(until))))
	sheet = layer.Sheet(c, text.AdminResetCode(x.Name), body, copied, done).Stay()
}
