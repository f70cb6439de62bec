package chat

import (
	"fyne.io/fyne/v2"

	"github.com/snugchat/snug/ui/chat/bars"
	"github.com/snugchat/snug/ui/emoji"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/layer"
	"github.com/snugchat/snug/ui/kit/press"
	"github.com/snugchat/snug/ui/rooms"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
)

// reply makes the composer answer a line.
func (v *View) reply(id string) {
	v.place.Conversation().Reply(id)
	v.composer.Focus()
}

// showExtra shows what the composer answers or changes.
func (v *View) showExtra(t *state.Conversation) {
	e, ok := t.Extra()
	if !ok {
		v.composer.SetExtra("", "", false)
	} else {
		v.composer.SetExtra(e.Title, e.Text, e.Edit)
	}
	v.talk.Refresh()
}

// jump brings the line into sight that the conversation wants to be seen.
func (v *View) jump(t *state.Conversation) {
	id := t.TakeJump()
	for i := t.Len() - 1; i >= 0 && id != ""; i-- {
		if t.Line(i).ID == id {
			v.lines.ScrollToRow(i)
			v.lines.Flash(id)
			return
		}
	}
}

// pickReaction opens the picker of emoji for a message, where its menu was.
func (v *View) pickReaction(id string, at fyne.Position) {
	c := v.canvas()
	if c == nil {
		return
	}
	t := v.place.Conversation()
	m := v.place.Emoji()
	p := emoji.NewPicker(m.Recent, m.Tone)
	var l *layer.Layer
	p.OnRecent = func(recent []string) {
		m.Recent = recent
		v.place.KeepEmoji(m)
	}
	p.OnTone = func(tone int) {
		m.Tone = tone
		v.place.KeepEmoji(m)
	}
	p.OnPick = func(s string) {
		l.Dismiss()
		t.React(id, s)
	}
	l = p.OpenAt(c, at)
	l.OnClose = v.composer.Focus
}

// quick are the reactions that are offered without the picker.
func quick() []string { return []string{"👍", "❤️", "😂", "🎉", "😮", "😢"} }

// newPinBar makes the bar of what is pinned.
func (v *View) newPinBar() *bars.Pins {
	return bars.NewPins(bars.PinDeeds{
		Go:   func(p state.Pin) { v.place.Conversation().JumpTo(p.ID) },
		Menu: v.pinMenu,
		All:  v.listPins,
	})
}

// pinMenu is what can be done with the pin that is shown.
func (v *View) pinMenu(p state.Pin, at fyne.Position) {
	c := v.canvas()
	if c == nil {
		return
	}
	t := v.place.Conversation()
	items := v.sheets.PinDeeds(p, func() { t.JumpTo(p.ID) })
	if n := len(t.Pins()); n > 1 {
		items = append(items, layer.Item{}, layer.Item{Icon: icon.List, Label: text.ChatPins(n), Do: v.listPins})
	}
	layer.Menu(c, at, items...)
}

// listPins lists what is pinned.
func (v *View) listPins() { v.sheets.Pins() }

// showPins shows what is pinned in the conversation.
func (v *View) showPins(t *state.Conversation) {
	v.pins.Set(t.Pins())
	v.talk.Refresh()
}

// roomMenu is the menu of the conversation, at the button in its header.
func (v *View) roomMenu(at fyne.CanvasObject) {
	c := press.Canvas(at)
	if c == nil {
		return
	}
	items := []layer.Item{
		{Icon: icon.People, Label: text.ChatPeopleShow(), Do: v.showRoomPeople},
		{Icon: icon.Search, Label: text.SearchTitle(), Do: func() { v.Search(true) }},
		{Icon: icon.Folder, Label: text.FilesTitle(), Do: v.sheets.Files},
		{Icon: icon.Bookmark, Label: text.ChatMarked(), Do: v.sheets.Marked},
		{Icon: icon.Calendar, Label: text.JumpDate(), Do: v.sheets.Date},
	}
	if deeds := rooms.ListDeeds(v.place, v.place.Conversation().Room()); len(deeds) > 0 {
		items = append(append(items, layer.Item{}), deeds...)
	}
	if deeds := rooms.Deeds(c, v.place, v.place.Conversation().Room(), v.showMembers); len(deeds) > 0 {
		items = append(append(items[1:], layer.Item{}), deeds...)
	}
	layer.MenuBeside(at, items...)
}
