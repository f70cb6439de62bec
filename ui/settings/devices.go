package settings

import (
	"fyne.io/fyne/v2"

	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/layer"
	"github.com/snugchat/snug/ui/page"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
)

// devices is the open list of the person's computers in a place.
type devices struct {
	canvas fyne.Canvas
	app    *state.App
	all    *state.Devices
	rows   *fyne.Container
	why    *kit.Label
	add    *kit.Button
	fault  *page.Fault
	busy   *page.Busy
	sheet  *layer.Layer
}

// ShowDevices opens the list of the person's computers in the place that is
// shown.
func ShowDevices(c fyne.Canvas, a *state.App, e *state.Entered) {
	x := &devices{canvas: c, app: a, rows: kit.Column(2), why: kit.NewHint(""), fault: page.NewFault(), busy: page.NewBusy()}
	x.all = a.Devices(e, x.update)
	done := kit.NewButton(kit.Secondary, text.WordClose(), func() { x.sheet.Dismiss() })
	x.add = kit.NewButton(kit.Primary, text.DevicesAdd(), func() { showAdding(c, x.all, x.all.Read) }).WithIcon(icon.Plus)
	content := kit.Column(12, kit.NewHint(text.DevicesLine()), kit.Out(x.rows), x.why, x.busy, x.fault)
	x.sheet = layer.Sheet(c, text.Devices(), content, done, x.add)
	x.sheet.OnClose = func() {
		x.all.Close()
		x.busy.Set("")
	}
	x.update()
}

// update shows the computers as they are now.
func (x *devices) update() {
	if x.sheet == nil {
		return
	}
	x.rows.Objects = x.rows.Objects[:0]
	for _, l := range x.all.Lines() {
		x.rows.Objects = append(x.rows.Objects, x.row(l))
	}
	x.rows.Refresh()
	why := ""
	if x.all.Known() && !x.all.HasKey() {
		why = text.DevicesNoKey()
		if name := x.all.KeyHolder(); name != "" {
			why = text.DevicesNoKeyBut(name)
		}
	}
	x.why.SetText(why)
	draw.Show(x.why, why != "")
	x.add.SetEnabled(x.all.HasKey())
	said := ""
	if x.all.Busy() {
		said = text.LoginWorking()
	}
	x.busy.Set(said)
	x.fault.Set(x.all.Fault())
	x.sheet.Relayout()
}

func (x *devices) row(l state.DeviceLine) fyne.CanvasObject {
	items := []layer.Item{{Icon: icon.Edit, Label: text.DevicesRename(), Do: func() { x.rename(l) }}}
	if l.SignOut {
		items = append(items, layer.Item{}, layer.Item{Icon: icon.Leave, Label: text.DevicesSignOut(), Danger: true, Do: func() { x.signOut(l) }})
	}
	row := kit.NewRow(kit.RowData{Title: l.Name, Line: l.Line, Meta: l.Since, Icon: icon.Computer, Online: l.Online}, nil, func(at fyne.Position) { layer.Menu(x.canvas, at, items...) })
	var more *kit.IconButton
	more = kit.NewIconButton(icon.More, text.WordMore(), func() { layer.MenuBeside(more, items...) }).Side(32)
	return row.With(more)
}

// rename asks for another name.
func (x *devices) rename(l state.DeviceLine) {
	name := kit.NewField(text.DevicesName(), "").WithHint(text.DevicesNameLine())
	page.Prefill(name, l.Named)
	var sheet *layer.Layer
	save := func() {
		wrong := x.all.Rename(l.ID, name.Text())
		name.SetFault(wrong)
		if wrong == "" {
			sheet.Dismiss()
			return
		}
		sheet.Relayout()
	}
	name.OnSubmit = func(string) { save() }
	cancel := kit.NewButton(kit.Secondary, text.WordCancel(), func() { sheet.Dismiss() })
	sheet = layer.Sheet(x.canvas, text.DevicesRename(), name, cancel, kit.NewButton(kit.Primary, text.WordSave(), save))
	name.Focus()
}

// signOut asks before a computer is signed out: that cannot be taken back.
func (x *devices) signOut(l state.DeviceLine) {
	title, line := text.DevicesSignOutAsk(l.Name), text.DevicesSignOutLine()
	if l.This {
		title, line = text.DevicesLeaveAsk(), text.DevicesLeaveLine()
		switch {
		case x.all.HasKey() && x.all.HasKit():
			line = text.DevicesLeaveKit()
		case x.all.HasKey():
			line = text.DevicesLeaveKey()
		}
	}
	var sheet *layer.Layer
	cancel := kit.NewButton(kit.Secondary, text.WordCancel(), func() { sheet.Dismiss() })
	act := kit.NewButton(kit.Danger, text.DevicesSignOut(), func() {
		sheet.Dismiss()
		if l.This {
			x.sheet.Dismiss() // what comes next is another screen
		}
		x.all.SignOut(l.ID)
	})
	sheet = layer.Sheet(x.canvas, title, kit.NewParagraph(line), cancel, act)
}
