package settings

import (
	"fyne.io/fyne/v2"

	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
)

// AskOlder says what older messages are, lets a folder be chosen, asks for its
// passphrase if it has one, and shows how it gets on.
func AskOlder(c fyne.Canvas, a *state.App, e *state.Entered) {
	field := kit.NewPassword(text.DataBringPassphrase(), "")
	var u *underway
	var older *state.Older
	asks := false // the passphrase
	done := func() {
		if !u.end(older.Wrong) {
			if older.Said != "" {
				a.Desktop().Toast(older.Said)
			}
			return
		}
		switch {
		case older.Said != "":
			u.line.SetText(older.Said)
			u.cancel.SetText(text.WordClose())
			u.act.SetText(text.DataBringAnother())
			if asks {
				u.column.Remove(field)
			}
			older, asks = nil, false
		case older.Locked && !asks:
			asks = true
			u.line.SetText(text.DataBringLocked())
			u.act.SetText(text.WordContinue())
			u.column.Add(field)
		case !older.Locked:
			older = nil // another folder may do
		}
		u.sheet.Relayout()
	}
	bring := func() {
		u.begin(text.DataBringReading())
		u.task = older.Bring(field.Text(), u.tell, done)
	}
	press := func() {
		if older != nil {
			bring()
			return
		}
		a.ChooseOlder(e, func(o *state.Older) {
			if u.sheet.Open() {
				older = o
				field.SetText("")
				bring()
			}
		})
	}
	field.OnSubmit = func(string) { press() }
	u = newUnderway(c, text.DataBringAsk(e.Name()), text.DataBringHow(), text.DataBringChoose(), press)
}
