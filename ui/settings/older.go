package settings

import (
	"fyne.io/fyne/v2"

	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/layer"
	"github.com/snugchat/snug/ui/kit/progress"
	"github.com/snugchat/snug/ui/page"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
)

// askOlder says what older messages are, lets a folder be chosen, asks for its
// passphrase if it has one, and shows how it gets on.
func askOlder(c fyne.Canvas, a *state.App, e *state.Entered) {
	line := kit.NewParagraph(text.DataBringHow())
	bar, far := progress.NewBar(), kit.NewHint("")
	moving, column := kit.Column(6, bar, far), kit.Column(12)
	field := kit.NewPassword(text.DataBringPassphrase(), "")
	fault := page.NewFault()
	var older *state.Older
	var task *state.Task
	var sheet *layer.Layer
	var act *kit.Button
	asks := false // the passphrase
	cancel := kit.NewButton(kit.Secondary, text.WordCancel(), func() {
		if task != nil {
			task.Stop()
		}
		sheet.Dismiss()
	})
	tell := func() {
		if !sheet.Open() {
			return
		}
		bar.Set(task.Part())
		far.SetText(task.Line())
		sheet.Relayout()
	}
	done := func() {
		if !sheet.Open() {
			if older.Said != "" {
				a.Desktop().Toast(older.Said)
			}
			return
		}
		column.Remove(moving)
		act.SetEnabled(true)
		fault.Set(older.Wrong)
		switch {
		case older.Said != "":
			line.SetText(older.Said)
			cancel.SetText(text.WordClose())
			act.SetText(text.DataBringAnother())
			if asks {
				column.Remove(field)
			}
			older, asks = nil, false
		case older.Locked && !asks:
			asks = true
			line.SetText(text.DataBringLocked())
			act.SetText(text.WordContinue())
			column.Add(field)
		case !older.Locked:
			older = nil // another folder may do
		}
		sheet.Relayout()
	}
	bring := func() {
		act.SetEnabled(false)
		fault.Set(text.Sentence{})
		bar.Set(0)
		far.SetText(text.DataBringReading())
		column.Add(moving)
		task = older.Bring(field.Text(), tell, done)
		sheet.Relayout()
	}
	press := func() {
		if older != nil {
			bring()
			return
		}
		a.ChooseOlder(e, func(o *state.Older) {
			if sheet.Open() {
				older = o
				field.SetText("")
				bring()
			}
		})
	}
	act = kit.NewButton(kit.Primary, text.DataBringChoose(), press)
	field.OnSubmit = func(string) { press() }
	column.Add(line)
	column.Add(fault)
	sheet = layer.Sheet(c, text.DataBringAsk(e.Name()), column, cancel, act).Stay()
}
