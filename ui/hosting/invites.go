package hosting

import (
	"fyne.io/fyne/v2"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/code"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/pick"
	"github.com/snugchat/snug/ui/page"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// Invites makes links, shows one large, and lists those in use.
type Invites struct {
	invites *state.Invites
	object  fyne.CanvasObject
	button  *kit.Button // the primary one, while no link is shown
	another *kit.Button
	fault   *page.Fault
	form    *fyne.Container
	large   *fyne.Container
	list    *fyne.Container
	shown   [32]byte // the link that large shows
	listed  []client.Invite
}

// NewInvites makes the page. Alone says that no other computer can reach this
// one.
func NewInvites(i *state.Invites, alone bool) *Invites {
	v := &Invites{invites: i, fault: page.NewFault(), large: kit.Column(12), list: kit.Column(2)}
	v.large.Hide()
	wish := i.Wish()
	works := pick.NewSegmented([]pick.Option{{Title: text.InviteWorksOne()}, {Title: text.InviteWorksTen()}, {Title: text.InviteWorksAny()}}, int(wish.For), func(n int) {
		w := i.Wish()
		w.For = state.For(n)
		i.SetWish(w)
	})
	until := pick.NewSegmented([]pick.Option{{Title: text.InviteUntilDay()}, {Title: text.InviteUntilWeek()}, {Title: text.InviteUntilStop()}}, int(wish.Lasting), func(n int) {
		w := i.Wish()
		w.Lasting = state.Lasting(n)
		i.SetWish(w)
	})
	ask := pick.NewCheck(text.InviteAsk(), wish.AskFirst, func(on bool) {
		w := i.Wish()
		w.AskFirst = on
		i.SetWish(w)
	})
	v.button = kit.NewButton(kit.Primary, text.InviteMake(), i.Make).WithIcon(icon.Link)
	v.another = kit.NewButton(kit.Secondary, text.InviteMakeAnother(), i.Make).WithIcon(icon.Link)
	v.form = kit.Column(12, kit.Column(6, page.Section(text.InviteWorks()), works), kit.Column(6, page.Section(text.InviteUntil()), until), ask, v.button, v.another)
	parts := []fyne.CanvasObject{v.large, v.form, v.fault, kit.Column(6, page.Section(text.InviteList()), kit.Out(v.list))}
	reach := fact(icon.People, text.HostCardReachLocal())
	if alone {
		reach = fact(icon.Offline, text.HostAlone())
	}
	parts = append(parts, kit.NewCard(kit.Column(10, reach, fact(icon.Eye, text.HostCardReadLine()))))
	v.object = scrolled(kit.Column(18, parts...))
	return v
}

func fact(n icon.Name, line string) fyne.CanvasObject {
	return kit.WideLine(12, 1, kit.NewIcon(n, theme.IconNormal), kit.NewHint(line))
}

// Object is what the window shows.
func (v *Invites) Object() fyne.CanvasObject { return v.object }

// Update shows what has changed.
func (v *Invites) Update() {
	made := v.invites.Made() != nil
	v.button.SetEnabled(!v.invites.Busy())
	v.another.SetEnabled(!v.invites.Busy())
	if v.button.Hidden != made || v.another.Hidden == made {
		draw.Show(v.button, !made)
		draw.Show(v.another, made)
		v.form.Refresh()
	}
	v.fault.Set(v.invites.Fault())
	v.showLarge(v.invites.Made())
	in := v.invites.InUse()
	if sameInvites(in, v.listed) {
		return
	}
	v.listed = in
	v.list.RemoveAll()
	if len(in) == 0 {
		v.list.Add(kit.Inset(kit.NewHint(text.InviteListNone()), 0, 10))
	}
	for _, x := range in {
		var press func()
		if x.Link != "" {
			press = func() { v.invites.Choose(x) }
		}
		stop := kit.NewButton(kit.Secondary, text.InviteStop(), func() { v.invites.Stop(x) }).Small()
		v.list.Add(kit.NewRow(kit.RowData{Title: v.invites.Title(x), Line: v.invites.Line(x), Icon: icon.Link}, press, nil).With(stop))
	}
	v.list.Refresh() // what is added to a container is not painted by itself
}

func sameInvites(a, b []client.Invite) bool {
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

// showLarge shows a link as a code to scan and as text, with how careful one has
// to be with it.
func (v *Invites) showLarge(x *client.Invite) {
	if x == nil || x.Link == "" {
		v.large.RemoveAll()
		draw.Show(v.large, false)
		v.shown = [32]byte{}
		return
	}
	if x.ID == v.shown {
		return
	}
	v.shown = x.ID
	link := kit.NewParagraph(x.Link)
	link.TextSize = theme.TextSmall
	copied := kit.NewButton(kit.Primary, text.InviteCopy(), func() { v.invites.Copy(*x) }).WithIcon(icon.Copy)
	saved := kit.NewButton(kit.Secondary, text.InviteSave(), func() { v.invites.Save(*x) }).WithIcon(icon.File)
	v.large.RemoveAll()
	body := kit.Column(12)
	if picture := code.Draw(x.Link); picture != nil {
		body.Add(kit.Centered(code.New(picture)))
	}
	body.Add(kit.NewSurface(theme.Input, theme.RadiusField, kit.Inset(link, 8, 12)))
	body.Add(copied)
	body.Add(saved)
	body.Add(kit.NewHint(v.invites.Warning(*x)))
	v.large.Add(kit.NewCard(body))
	draw.Show(v.large, true)
	v.large.Refresh()
}
