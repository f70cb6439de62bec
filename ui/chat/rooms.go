package chat

import (
	"fyne.io/fyne/v2"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/kit/layer"
	"github.com/snugchat/snug/ui/rooms"
)

// newRoom asks for a new room.
func (v *View) newRoom() {
	if c := v.canvas(); c != nil {
		rooms.NewRoom(c, v.place)
	}
}

// newMessage asks whom to write to.
func (v *View) newMessage() {
	if c := v.canvas(); c != nil {
		rooms.NewMessage(c, v.place)
	}
}

// invite asks who shall come into the open room.
func (v *View) invite() {
	if c := v.canvas(); c != nil {
		rooms.Invite(c, v.place, v.place.Conversation().Room())
	}
}

// showPerson opens the card of a person.
func (v *View) showPerson(account chat.AccountID) {
	c := v.canvas()
	if c == nil {
		return
	}
	var deeds []layer.Item
	if v.Deeds != nil && account != v.place.Me().Account {
		deeds = v.Deeds(account, c)
	}
	rooms.ShowPerson(c, v.place, account, deeds)
}

// showRoomPeople opens the list of those who are in the open room.
func (v *View) showRoomPeople() {
	h := v.place.Header()
	switch h.Kind {
	case chat.RoomSealed:
		v.showMembers()
	case chat.RoomDirect:
		v.showPerson(h.Peer)
	case chat.RoomOpen, chat.RoomDirectory:
		v.showPeople()
	}
}

func (v *View) showMembers() {
	if c := v.canvas(); c != nil && v.members == nil {
		v.members = rooms.ShowMembers(c, v.place, v.showPerson, func() { v.members = nil })
	}
}

// listMenu opens the menu of a room in the list.
func (v *View) listMenu(room chat.RoomID, at fyne.Position) {
	c := v.canvas()
	if c == nil {
		return
	}
	if items := rooms.Deeds(c, v.place, room, v.showMembers); len(items) > 0 {
		layer.Menu(c, at, items...)
	}
}

// showBarrier puts the composer there, or what stands in its place.
func (v *View) showBarrier() {
	b := v.place.Barrier()
	was := v.composer.Visible()
	v.barrier.set(b)
	picking := v.place.Conversation().Picking()
	write := !b.Shown() && !picking
	visible(v.composer, write)
	visible(v.tray.object, write && len(v.place.Conversation().Tray()) > 0)
	visible(v.barrier.object, b.Shown() && !picking)
	if was != write {
		v.talk.Refresh()
	}
}

// showEmpty says that nothing was said, or that nobody else is here.
func (v *View) showEmpty() {
	t := v.place.Conversation()
	alone := v.place.Alone()
	visible(v.empty, t.Empty() && !alone)
	visible(v.alone, alone)
}
