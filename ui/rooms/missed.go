package rooms

import (
	"fyne.io/fyne/v2"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/layer"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// ListDeeds is what this person may do with a room in their own list.
func ListDeeds(p *state.Place, room chat.RoomID) []layer.Item {
	looks := map[state.ListDeed]struct {
		sign  icon.Name
		label string
	}{
		state.ReadRoom:      {icon.Checks, text.RoomsListRead()},
		state.MuteRoom:      {icon.Mute, text.RoomsListMute()},
		state.UnmuteRoom:    {icon.Bell, text.RoomsListUnmute()},
		state.PinRoom:       {icon.Pin, text.RoomsListPin()},
		state.UnpinRoom:     {icon.Pin, text.RoomsListUnpin()},
		state.ArchiveRoom:   {icon.Archive, text.RoomsListArchive()},
		state.UnarchiveRoom: {icon.Archive, text.RoomsListUnarchive()},
	}
	var items []layer.Item
	for _, d := range p.ListDeeds(room) {
		items = append(items, layer.Item{Icon: looks[d].sign, Label: looks[d].label, Do: func() { p.List(room, d) }})
	}
	return items
}

// ShowMissed lists what was missed, room by room. went is called when that has led to a
// message.
func ShowMissed(c fyne.Canvas, p *state.Place, went func()) {
	list := kit.Column(10)
	var sheet *layer.Layer
	done := kit.NewButton(kit.Secondary, text.WordClose(), func() { sheet.Dismiss() })
	all := kit.NewButton(kit.Primary, text.MissedAll(), func() {
		sheet.Dismiss()
		p.ReadAll()
	}).WithIcon(icon.Checks)
	sheet = layer.Sheet(c, text.MissedTitle(), kit.Out(list), done, all)
	p.CatchUp(func(missed []state.Missed) {
		if !sheet.Open() {
			return
		}
		list.RemoveAll()
		for _, m := range missed {
			list.Add(missedRoom(p, m, func(id string) {
				sheet.Dismiss()
				p.GoMissed(m.Room, id)
				went()
			}))
		}
		if len(missed) == 0 {
			list.Add(kit.NewEmpty(icon.Checks, text.MissedNone(), kit.NewButton(kit.Secondary, text.WordDone(), func() { sheet.Dismiss() })))
		}
		draw.Show(done, len(missed) > 0)
		draw.Show(all, len(missed) > 0)
		list.Refresh()
		sheet.Relayout()
	})
}

// missedRoom is one room of that list.
func missedRoom(p *state.Place, m state.Missed, open func(id string)) fyne.CanvasObject {
	said := m.Since
	if m.Mentions > 0 {
		said = text.WordList(said, text.MissedNamed(m.Mentions))
	}
	read := kit.NewIconButton(icon.Check, text.RoomsListRead(), nil).Side(32)
	rows := kit.Column(0, kit.NewRow(kit.RowData{Title: m.Name, Line: said, LineColor: theme.Accent, ID: m.Face}, func() { open(m.Lines[0].ID) }, nil).With(read))
	for _, l := range m.Lines {
		rows.Add(kit.NewRow(kit.RowData{Title: l.Text, Meta: l.When, Plain: true}, func() { open(l.ID) }, nil))
	}
	if m.More > 0 {
		rows.Add(kit.Inset(kit.NewHint(text.MissedMore(m.More)), 2, 10, 4, 10))
	}
	read.SetPress(func() {
		p.List(m.Room, state.ReadRoom)
		rows.Hide()
	})
	return rows
}
