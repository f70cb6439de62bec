package chat

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/snugchat/snug/ui/emoji"
	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/layer"
	"github.com/snugchat/snug/ui/kit/press"
	"github.com/snugchat/snug/ui/rooms"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
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

// askDelete asks for whom a message is to be deleted, and says how far that goes.
func (v *View) askDelete(id string) {
	c := v.canvas()
	if c == nil {
		return
	}
	t := v.place.Conversation()
	all := t.CanDeleteAll(id)
	line := text.DeleteLineMe()
	if all {
		line = text.DeleteLine()
	}
	var sheet *layer.Layer
	cancel := kit.NewButton(kit.Secondary, text.WordCancel(), func() { sheet.Dismiss() })
	me := kit.NewButton(kit.Secondary, text.DeleteMe(), func() {
		sheet.Dismiss()
		t.DeleteForMe(id)
	})
	if t.Waits(id) {
		back := kit.NewButton(kit.Danger, text.ChatDelete(), func() {
			sheet.Dismiss()
			t.DeleteForAll(id)
		})
		sheet = layer.Sheet(c, text.DeleteTitle(), kit.NewParagraph(text.DeleteLineWaits()), cancel, back)
		return
	}
	if !all {
		me = kit.NewButton(kit.Danger, text.DeleteMe(), me.OnPress)
		sheet = layer.Sheet(c, text.DeleteTitle(), kit.NewParagraph(line), cancel, me)
		return
	}
	everyone := kit.NewButton(kit.Danger, text.DeleteAll(), func() {
		sheet.Dismiss()
		t.DeleteForAll(id)
	})
	sheet = layer.Sheet(c, text.DeleteTitle(), kit.NewParagraph(line), cancel, me, everyone)
}

// pinBar stands above the messages and shows what is pinned, the latest first;
// each press leads to the next one.
type pinBar struct {
	view   *View
	object *fyne.Container
	row    *kit.Row
	pins   []state.Pin
	next   int
}

func newPinBar(v *View) *pinBar {
	b := &pinBar{view: v}
	b.row = kit.NewRow(kit.RowData{}, b.go1, b.menu)
	list := kit.NewIconButton(icon.List, text.WordMore(), b.all).Side(30)
	b.row.With(list)
	b.object = container.NewStack(kit.NewSurface(theme.Sidebar, "", kit.Column(0, kit.Inset(b.row, 2, 6), kit.Rule())))
	b.object.Hide()
	return b
}

// set shows other pins.
func (b *pinBar) set(pins []state.Pin) {
	b.pins, b.next = pins, 0
	b.show()
	draw.Show(b.object, len(pins) > 0)
	b.view.talk.Refresh()
}

func (b *pinBar) show() {
	if len(b.pins) == 0 {
		return
	}
	p := b.pins[b.next]
	title := text.ChatPinned()
	if n := len(b.pins); n > 1 {
		title = text.ChatPins(n)
	}
	b.row.Set(kit.RowData{Title: title, Line: text.ChatPreview(p.From, p.Text), Icon: icon.Pin})
}

// go1 leads to the pin that is shown, and shows the one before it.
func (b *pinBar) go1() {
	if len(b.pins) == 0 {
		return
	}
	b.view.place.Conversation().JumpTo(b.pins[b.next].ID)
	b.next = (b.next + 1) % len(b.pins)
	b.show()
}

// menu is what can be done with the pin that is shown.
func (b *pinBar) menu(at fyne.Position) {
	c := b.view.canvas()
	if c == nil || len(b.pins) == 0 {
		return
	}
	p := b.pins[b.next]
	items := b.view.pinDeeds(p, func() { b.view.place.Conversation().JumpTo(p.ID) })
	if len(b.pins) > 1 {
		items = append(items, layer.Item{}, layer.Item{Icon: icon.List, Label: text.ChatPins(len(b.pins)), Do: b.all})
	}
	layer.Menu(c, at, items...)
}

// all lists what is pinned.
func (b *pinBar) all() { b.view.listed(text.ChatPins(len(b.pins)), "", b.pins, b.view.pinDeeds) }

// showPins shows what is pinned in the conversation.
func (v *View) showPins(t *state.Conversation) { v.pins.set(t.Pins()) }

// pinDeeds is what can be done with a message that is pinned; jump shows it.
func (v *View) pinDeeds(p state.Pin, jump func()) []layer.Item {
	t := v.place.Conversation()
	return append(v.wordDeeds(p.Words, jump), layer.Item{Icon: icon.Pin, Label: text.ChatUnpin(), Do: func() { t.Unpin(p) }})
}

// markDeeds is what can be done with a message that this person has marked.
func (v *View) markDeeds(p state.Pin, jump func()) []layer.Item {
	t := v.place.Conversation()
	return append(v.wordDeeds(p.Words, jump), layer.Item{Icon: icon.Bookmark, Label: text.ChatUnmark(), Do: func() { t.Unmark(p) }})
}

// wordDeeds is what can be done with each message of a list.
func (v *View) wordDeeds(words string, jump func()) []layer.Item {
	items := []layer.Item{{Icon: icon.Chat, Label: text.FilesGo(), Do: jump}}
	if words != "" {
		items = append(items, layer.Item{Icon: icon.Copy, Label: text.ChatCopyText(), Do: func() { v.copy(words) }})
	}
	return items
}

// listed shows messages in a sheet; a press on one leads to it, deeds are what
// else can be done with it. none is what is shown without any.
func (v *View) listed(title, none string, pins []state.Pin, deeds func(p state.Pin, jump func()) []layer.Item) {
	c := v.canvas()
	if c == nil {
		return
	}
	var sheet *layer.Layer
	t := v.place.Conversation()
	if len(pins) == 0 {
		done := kit.NewButton(kit.Secondary, text.WordDone(), func() { sheet.Dismiss() })
		sheet = layer.Sheet(c, title, kit.NewEmpty(icon.Bookmark, none, done))
		return
	}
	rows := make([]fyne.CanvasObject, 0, len(pins))
	for _, p := range pins {
		d := kit.RowData{Title: p.From, Line: p.Text, Icon: icon.Chat}
		if p.IsFile {
			d.Icon = icon.File
		}
		jump := func() {
			sheet.Dismiss()
			t.JumpTo(p.ID)
		}
		items := deeds(p, jump)
		for i, x := range items[1:] { // what it does may take the message out of this list
			items[i+1].Do = func() {
				sheet.Dismiss()
				x.Do()
			}
		}
		rows = append(rows, kit.NewRow(d, jump, func(at fyne.Position) { layer.Menu(c, at, items...) }))
	}
	done := kit.NewButton(kit.Primary, text.WordDone(), func() { sheet.Dismiss() })
	list := container.NewVScroll(kit.Column(2, rows...))
	list.SetMinSize(fyne.NewSize(theme.Units(320), min(theme.Units(56)*float32(len(rows)), theme.Units(360))))
	sheet = layer.Sheet(c, title, kit.Out(list), done)
}

// showMarked lists what this person has marked in the room.
func (v *View) showMarked() {
	v.place.Conversation().Marked(func(pins []state.Pin) { v.listed(text.ChatMarked(), text.ChatMarkedNone(), pins, v.markDeeds) })
}

// askDate asks for the day to go to.
func (v *View) askDate() {
	c := v.canvas()
	if c == nil {
		return
	}
	t := v.place.Conversation()
	field := kit.NewField(text.JumpDay(), state.DayOf(v.desktop.Now().Add(-24*time.Hour)).String()).WithHint(text.JumpHint())
	var sheet *layer.Layer
	do := func() {
		day, ok := state.ParseDay(field.Text(), v.desktop.Now())
		if !ok {
			field.SetFault(text.JumpBad())
			return
		}
		sheet.Dismiss()
		t.JumpToDate(day)
	}
	field.OnSubmit = func(string) { do() }
	cancel := kit.NewButton(kit.Secondary, text.WordCancel(), func() { sheet.Dismiss() })
	sheet = layer.Sheet(c, text.JumpDate(), field, cancel, kit.NewButton(kit.Primary, text.JumpGo(), do))
	sheet.Focus(field.Entry())
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
		{Icon: icon.Folder, Label: text.FilesTitle(), Do: v.showFiles},
		{Icon: icon.Bookmark, Label: text.ChatMarked(), Do: v.showMarked},
		{Icon: icon.Calendar, Label: text.JumpDate(), Do: v.askDate},
	}
	if deeds := v.listDeeds(v.place.Conversation().Room()); len(deeds) > 0 {
		items = append(append(items, layer.Item{}), deeds...)
	}
	if deeds := rooms.Deeds(c, v.place, v.place.Conversation().Room(), v.showMembers); len(deeds) > 0 {
		items = append(append(items[1:], layer.Item{}), deeds...)
	}
	layer.MenuBeside(at, items...)
}
