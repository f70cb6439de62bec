package chat

import (
	"fyne.io/fyne/v2"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/layer"
	"github.com/snugchat/snug/ui/rooms"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
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
	rooms.ShowPerson(c, v.place, account, func() { v.compare(account) }, deeds)
}

// personMenu opens the menu of a person who is here.
func (v *View) personMenu(account chat.AccountID, at fyne.Position) {
	if c := v.canvas(); c != nil {
		if items := v.personDeeds(account, c); len(items) > 0 {
			layer.Menu(c, at, items...)
		}
	}
}

// personDeeds is what this person can do about another one: write to them, look
// at their card, and what their role lets them do.
func (v *View) personDeeds(account chat.AccountID, c fyne.Canvas) []layer.Item {
	card, ok := v.place.Card(account)
	if !ok || card.Me {
		return nil
	}
	var items []layer.Item
	if card.CanMessage && card.Doubt == "" {
		items = append(items, layer.Item{Icon: icon.Chat, Label: text.PersonMessage(), Do: func() { v.place.Message(account) }})
	}
	items = append(items, layer.Item{Icon: icon.Info, Label: text.PersonCard(), Do: func() { v.showPerson(account) }})
	if v.Deeds == nil {
		return items
	}
	if deeds := v.Deeds(account, c); len(deeds) > 0 {
		items = append(append(items, layer.Item{}), deeds...)
	}
	return items
}

// compare compares pictures with a person.
func (v *View) compare(account chat.AccountID) {
	v.place.Verify(account)
	c := v.canvas()
	if c == nil || v.verify != nil && v.verify.Shown() {
		return
	}
	v.verify = rooms.ShowVerify(c, v.place, account, func() { v.verify = nil })
}

// showCompare follows comparisons: the one that is looked at, and who asks for one.
func (v *View) showCompare() {
	if v.verify != nil {
		v.verify.Update()
	}
	who, line, ok := v.place.Asking()
	if ok {
		v.asks.SetText(line)
		if v.asking != who {
			v.asking = who
			v.asks.SetButtons(
				kit.NewButton(kit.Plain, text.VerifyAsksNo(), func() { v.place.StopComparing(who) }),
				kit.NewButton(kit.Secondary, text.VerifyAsksYes(), func() { v.compare(who) }))
		}
	}
	if ok != v.asks.Visible() {
		draw.Show(v.asks, ok)
		v.object.Refresh()
		if v.lifted != nil {
			v.lifted()
		}
	}
}

// answer does what a button in the place of the composer says.
func (v *View) answer(a state.Answer) {
	if a == state.VerifyAgain {
		v.compare(v.place.Barrier().Who)
		return
	}
	v.place.Answer(a)
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
	items := rooms.ListDeeds(v.place, room)
	if more := rooms.Deeds(c, v.place, room, v.showMembers); len(more) > 0 {
		if len(items) > 0 {
			items = append(items, layer.Item{})
		}
		items = append(items, more...)
	}
	if len(items) > 0 {
		layer.Menu(c, at, items...)
	}
}

// showPeople opens the list of people.
func (v *View) showPeople() {
	if c := v.canvas(); c != nil && v.people == nil {
		v.people = rooms.ShowPeople(c, v.place.Members(), v.peopleDeeds, v.showPerson, func() { v.people = nil })
	}
}

// peopleDeeds is what may be done to somebody in the list of people.
func (v *View) peopleDeeds(m state.Member, c fyne.Canvas) []layer.Item {
	switch {
	case !m.Waiting:
		return v.personDeeds(m.Account, c)
	case v.Deeds != nil:
		return v.Deeds(m.Account, c)
	}
	return nil
}

// showMissed lists what was missed, room by room.
func (v *View) showMissed() {
	if c := v.canvas(); c != nil {
		rooms.ShowMissed(c, v.place, func() { v.panes.showTalk(true) })
	}
}

// showBarrier puts the composer there, or what stands in its place.
func (v *View) showBarrier() {
	b := v.place.Barrier()
	was := v.composer.Visible()
	v.barrier.Set(b)
	picking := v.place.Conversation().Picking()
	write := !b.Shown() && !picking
	draw.Show(v.composer, write)
	draw.Show(v.tray.Object, v.place.Conversation().TrayShown())
	draw.Show(v.barrier.Object, b.Shown() && !picking)
	if was != write {
		v.talk.Refresh()
	}
}

// showEmpty says that nothing was said, or that nobody else is here.
func (v *View) showEmpty() {
	t := v.place.Conversation()
	alone := v.place.Alone()
	draw.Show(v.empty, t.Empty() && !alone)
	draw.Show(v.alone, alone)
}
