package rooms

import (
	"fyne.io/fyne/v2"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/layer"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
)

// ask puts a question about something that cannot be undone by a click.
func ask(c fyne.Canvas, title, line, action string, do func()) {
	var sheet *layer.Layer
	cancel := kit.NewButton(kit.Secondary, text.WordCancel(), func() { sheet.Dismiss() })
	act := kit.NewButton(kit.Danger, action, func() {
		sheet.Dismiss()
		do()
	})
	sheet = layer.Sheet(c, title, kit.NewParagraph(line), cancel, act)
}

// Deeds is a menu of what may be done with a room.
func Deeds(c fyne.Canvas, p *state.Place, room chat.RoomID, members func()) []layer.Item {
	var items []layer.Item
	name, _ := p.RoomName(room)
	show := func(do func()) func() {
		return func() {
			p.Show(room) // its members are known once it is open
			do()
		}
	}
	for _, d := range p.RoomDeeds(room) {
		switch d {
		case state.InviteMembers:
			items = append(items, layer.Item{Icon: icon.Invite, Label: text.RoomInvite(), Do: show(func() { Invite(c, p, room) })})
		case state.ShowMembers:
			items = append(items, layer.Item{Icon: icon.People, Label: text.RoomMembers(), Do: show(members)})
		case state.RenameRoom:
			items = append(items, layer.Item{Icon: icon.Edit, Label: text.RoomRename(), Do: func() { Rename(c, p, room) }})
		case state.LeaveRoom:
			items = append(items, layer.Item{}, layer.Item{Icon: icon.Leave, Label: text.RoomLeave(), Danger: true, Do: show(func() { Leave(c, p, room, members) })})
		case state.DeleteRoom:
			items = append(items, layer.Item{Icon: icon.Trash, Label: text.RoomDelete(), Danger: true, Do: func() {
				ask(c, text.RoomDeleteAsk(name), text.RoomDeleteLine(), text.RoomDelete(), func() { p.Delete(room) })
			}})
		case state.ForgetRoom:
			items = append(items, layer.Item{Icon: icon.Trash, Label: text.RoomForget(), Danger: true, Do: func() { p.Forget(room) }})
		}
	}
	return items
}

// Leave asks before this person leaves the open room. The only admin of others
// is told to appoint one first, and shown the members.
func Leave(c fyne.Canvas, p *state.Place, room chat.RoomID, members func()) {
	name, _ := p.RoomName(room)
	if !p.MustAppoint() {
		ask(c, text.RoomLeaveAsk(name), text.RoomLeaveLine(), text.RoomLeave(), func() { p.Leave(room) })
		return
	}
	var sheet *layer.Layer
	cancel := kit.NewButton(kit.Secondary, text.WordCancel(), func() { sheet.Dismiss() })
	show := kit.NewButton(kit.Primary, text.RoomMembersShow(), func() {
		sheet.Dismiss()
		members()
	})
	sheet = layer.Sheet(c, text.RoomLeaveAsk(name), kit.NewParagraph(text.RoomLeaveAppoint()), cancel, show)
}

// Block asks before everything of a person is hidden.
func Block(c fyne.Canvas, p *state.Place, account chat.AccountID, name string) {
	ask(c, text.PersonBlockAsk(name), text.PersonBlockLine(name), text.PersonBlock(), func() { p.Block(account, true) })
}
