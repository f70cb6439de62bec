package sheets

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/layer"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// PinDeeds is what can be done with a message that is pinned; jump shows it.
func (v *Sheets) PinDeeds(p state.Pin, jump func()) []layer.Item {
	t := v.talk()
	return append(v.wordDeeds(p.Words, jump), layer.Item{Icon: icon.Pin, Label: text.ChatUnpin(), Do: func() { t.Unpin(p) }})
}

// Pins lists what is pinned.
func (v *Sheets) Pins() {
	pins := v.talk().Pins()
	v.listed(text.ChatPins(len(pins)), "", pins, v.PinDeeds)
}

// markDeeds is what can be done with a message that this person has marked.
func (v *Sheets) markDeeds(p state.Pin, jump func()) []layer.Item {
	t := v.talk()
	return append(v.wordDeeds(p.Words, jump), layer.Item{Icon: icon.Bookmark, Label: text.ChatUnmark(), Do: func() { t.Unmark(p) }})
}

// wordDeeds is what can be done with each message of a list.
func (v *Sheets) wordDeeds(words string, jump func()) []layer.Item {
	items := []layer.Item{{Icon: icon.Chat, Label: text.FilesGo(), Do: jump}}
	if words != "" {
		items = append(items, layer.Item{Icon: icon.Copy, Label: text.ChatCopyText(), Do: func() { v.Copy(words) }})
	}
	return items
}

// listed shows messages in a sheet; a press on one leads to it, deeds are what
// else can be done with it. none is what is shown without any.
func (v *Sheets) listed(title, none string, pins []state.Pin, deeds func(p state.Pin, jump func()) []layer.Item) {
	c := v.Canvas()
	if c == nil {
		return
	}
	var sheet *layer.Layer
	t := v.talk()
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

// Marked lists what this person has marked in the room.
func (v *Sheets) Marked() {
	v.talk().Marked(func(pins []state.Pin) { v.listed(text.ChatMarked(), text.ChatMarkedNone(), pins, v.markDeeds) })
}

// Date asks for the day to go to.
func (v *Sheets) Date() {
	c := v.Canvas()
	if c == nil {
		return
	}
	t := v.talk()
	field := kit.NewField(text.JumpDay(), state.DayOf(v.Desktop.Now().Add(-24*time.Hour)).String()).WithHint(text.JumpHint())
	var sheet *layer.Layer
	do := func() {
		day, ok := state.ParseDay(field.Text(), v.Desktop.Now())
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
