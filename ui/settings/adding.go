package settings

import (
	"fyne.io/fyne/v2"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/ui/compare"
	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/code"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/layer"
	"github.com/snugchat/snug/ui/page"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// adding is the open sheet that adds another computer: one sheet after another,
// as far as the two computers are.
type adding struct {
	canvas fyne.Canvas
	x      *state.Adding
	sheet  *layer.Layer
	busy   *page.Busy
	shown  addingShown
	moving bool   // one sheet comes in the place of another
	done   func() // when a computer was added
}

// addingShown is what a sheet was made for.
type addingShown struct {
	step client.PairStep
	link string
}

// showAdding opens it; done is called when a computer was added.
func showAdding(c fyne.Canvas, d *state.Devices, done func()) {
	v := &adding{canvas: c, done: done}
	v.x = d.Add(v.update)
	v.update()
}

// update shows how far it is.
func (v *adding) update() {
	if v.x == nil { // it is just beginning
		return
	}
	now := addingShown{v.x.Step(), v.x.Link()}
	if now.step > client.PairWaiting {
		now.link = "" // shown no more
	}
	if v.sheet != nil && now == v.shown {
		return
	}
	v.moving = true
	if v.sheet != nil {
		v.sheet.Dismiss()
	}
	v.moving = false
	if v.busy != nil {
		v.busy.Set("")
		v.busy = nil
	}
	v.shown = now
	v.sheet = v.make()
	v.sheet.OnClose = v.closed
	if now.step == client.PairDone {
		v.done()
	}
}

// closed is called when a sheet is gone.
func (v *adding) closed() {
	if v.moving {
		return
	}
	if v.busy != nil {
		v.busy.Set("")
	}
	v.x.Close()
}

// make makes the sheet of the step.
func (v *adding) make() *layer.Layer {
	cancel := kit.NewButton(kit.Secondary, text.WordCancel(), func() { v.sheet.Dismiss() })
	switch v.shown.step {
	case client.PairWaiting:
		if v.shown.link != "" {
			return v.link(cancel)
		}
		return layer.Sheet(v.canvas, text.DevicesAddTitle(), v.wait(text.DevicesAddMaking()), cancel).Stay()
	case client.PairMeeting:
		return layer.Sheet(v.canvas, text.DevicesAddTitle(), v.wait(text.DevicesAddMeeting()), cancel).Stay()
	case client.PairCompare:
		differ := kit.NewButton(kit.Secondary, text.VerifyDiffer(), v.x.Differ)
		match := kit.NewButton(kit.Primary, text.VerifyMatch(), v.x.Match)
		return layer.Sheet(v.canvas, text.DevicesAddLook(), kit.Column(14, compare.New(v.x.Pictures()), kit.NewHint(text.DevicesAddDifferLine())), differ, match).Stay()
	case client.PairAgreed:
		differ := kit.NewButton(kit.Secondary, text.VerifyDiffer(), v.x.Differ)
		return layer.Sheet(v.canvas, text.DevicesAddAgreed(), kit.Column(14, compare.New(v.x.Pictures()), v.wait(text.DevicesAddWaiting())), differ).Stay()
	case client.PairDone:
		line := kit.WideLine(10, 1, kit.NewIcon(icon.Check, theme.IconNormal).In(theme.Good), kit.NewParagraph(text.DevicesAddDone()))
		return layer.Sheet(v.canvas, text.DevicesAddDoneTitle(), line, kit.NewButton(kit.Primary, text.WordDone(), func() { v.sheet.Dismiss() }))
	case client.PairFailed:
	}
	fault := page.NewFault()
	fault.Set(v.x.Fault())
	again := kit.NewButton(kit.Primary, text.DevicesAddAgain(), v.x.Again)
	return layer.Sheet(v.canvas, text.DevicesAddFailed(), fault, cancel, again).Stay()
}

// wait is a line that turns.
func (v *adding) wait(line string) fyne.CanvasObject {
	v.busy = page.NewBusy()
	v.busy.Set(line)
	return v.busy
}

// link shows the link, as text and as a code to scan, with how careful one has to
// be with it.
func (v *adding) link(cancel *kit.Button) *layer.Layer {
	link := kit.NewParagraph(v.shown.link)
	link.TextSize = theme.TextSmall
	careful := kit.WideLine(10, 1, kit.NewIcon(icon.Warn, theme.IconNormal).In(theme.Warn), kit.NewParagraph(text.DevicesAddCareful()))
	body := kit.Column(12, kit.NewParagraph(text.DevicesAddSteps()),
		kit.NewSurface(theme.Input, theme.RadiusField, kit.Inset(link, 8, 12)),
		careful, kit.NewHint(text.DevicesAddUntil(v.x.Until())), v.wait(text.DevicesAddWaiting()))
	if picture := code.Draw(v.shown.link); picture != nil {
		body.Add(kit.Centered(code.New(picture)))
	}
	take := kit.NewButton(kit.Primary, text.InviteCopy(), nil).WithIcon(icon.Copy)
	take.SetPress(func() {
		v.x.Copy()
		take.WithIcon(icon.Check).SetText(text.WordCopied())
	})
	return layer.Sheet(v.canvas, text.DevicesAddTitle(), body, cancel, take).Stay()
}
