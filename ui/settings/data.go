package settings

import (
	"fyne.io/fyne/v2"

	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/layer"
	"github.com/snugchat/snug/ui/page"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
)

// data shows what becomes of what is kept on this computer: when it was backed up,
// how it is taken along, and how it is deleted. shut closes the settings, relayout
// finds their size again, quit ends the program.
func data(c fyne.Canvas, a *state.App, shut, relayout, quit func()) fyne.CanvasObject {
	parts := []fyne.CanvasObject{page.Section(text.DataTitle()), backups(a, relayout)}
	e := a.Shown()
	if e != nil && !e.Member.Archive {
		export := kit.NewButton(kit.Secondary, text.DataExport(), func() {
			shut()
			askExport(c, a, e)
		})
		bring := kit.NewButton(kit.Secondary, text.DataBring(), func() {
			shut()
			AskOlder(c, a, e)
		})
		parts = append(parts, kit.NewHint(text.DataExportLine()), export, kit.NewHint(text.DataBringLine()), bring)
	}
	parts = append(parts, page.Section(text.DataWipe()))
	if h := a.Hosting(); h != nil {
		parts = append(parts, wipe(c, text.DataWipeHost(), text.DataWipeHostAsk(h.Name()), text.DataWipeHostLine(), shut, a.WipeHosted))
	}
	if e != nil && (a.Hosting() == nil || a.Hosting().Entered() != e) {
		id := e.Member.ID
		if a.CanEndAccount(e) {
			parts = append(parts, wipe(c, text.DataEnd(e.Name()), text.DataEndAsk(e.Name()), text.DataEndLine(), shut, func() { a.EndAccount(e) }))
		}
		parts = append(parts, wipe(c, text.DataWipePlace(e.Name()), text.DataWipePlaceAsk(e.Name()), text.DataWipePlaceLine(), shut, func() { a.Forget(id) }))
	}
	parts = append(parts, wipe(c, text.DataWipeAll(), text.DataWipeAllAsk(), text.DataWipeAllLine(), shut, func() { a.WipeAll(quit) }))
	return kit.Column(6, parts...)
}

// backups says when the last one was proved, and makes one.
func backups(a *state.App, relayout func()) fyne.CanvasObject {
	proved := kit.NewHint("")
	fault, busy := page.NewFault(), page.NewBusy()
	look := func() {
		a.Proved(func(sentence string) {
			proved.SetText(sentence)
			relayout()
		})
	}
	now := kit.NewButton(kit.Secondary, text.DataBackupNow(), nil)
	now.SetPress(func() {
		now.SetEnabled(false)
		fault.Set(text.Sentence{})
		busy.Set(text.DataBackupWorking())
		relayout()
		a.BackUp(func(wrong text.Sentence) {
			busy.Set("")
			now.SetEnabled(true)
			fault.Set(wrong)
			if wrong.What == "" {
				a.Desktop().Toast(text.DataBackupDone())
			}
			look()
		})
	})
	look()
	column := kit.Column(6, proved, now, busy, fault)
	for _, line := range append(a.Late(), a.Repaired()...) {
		column.Add(kit.NewHint(line))
	}
	return column
}

// wipe is a button that asks before it deletes.
func wipe(c fyne.Canvas, label, title, line string, shut, act func()) fyne.CanvasObject {
	return kit.NewButton(kit.Secondary, label, func() {
		shut()
		var ask *layer.Layer
		cancel := kit.NewButton(kit.Secondary, text.WordCancel(), func() { ask.Dismiss() })
		yes := kit.NewButton(kit.Danger, text.DataWipeAction(), func() {
			ask.Dismiss()
			act()
		})
		ask = layer.Sheet(c, title, kit.NewParagraph(line), cancel, yes)
	})
}

// askExport says what an export is, lets a folder be chosen, and shows how it gets
// on.
func askExport(c fyne.Canvas, a *state.App, e *state.Entered) {
	var u *underway
	begun := func(t *state.Task) {
		u.task = t
		u.begin("")
	}
	tell := func() { u.tell() }
	done := func(page string, wrong text.Sentence) {
		if !u.end(wrong) {
			if page != "" {
				a.Desktop().Toast(text.DataExportDone())
			}
			return
		}
		if page == "" {
			return
		}
		u.sheet.Dismiss()
		var sheet *layer.Layer
		shut := kit.NewButton(kit.Secondary, text.WordClose(), func() { sheet.Dismiss() })
		look := kit.NewButton(kit.Primary, text.DataExportShow(), func() {
			a.ShowExport(page)
			sheet.Dismiss()
		})
		sheet = layer.Sheet(c, text.DataExportDoneTitle(e.Name()), kit.NewParagraph(text.DataExportDone()), shut, look)
	}
	u = newUnderway(c, text.DataExportAsk(e.Name()), text.DataExportWarn(), text.DataExportChoose(), func() { a.Export(e, begun, tell, done) })
}
