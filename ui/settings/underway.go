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

// underway is a sheet that says what a long task will do, begins it, and shows how it
// gets on. It stays open until its person closes it, who breaks the task off by that.
type underway struct {
	line   *kit.Label // what it is about
	column *fyne.Container
	fault  *page.Fault
	cancel *kit.Button
	act    *kit.Button
	sheet  *layer.Layer

	bar    *progress.Progress
	far    *kit.Label
	moving *fyne.Container // both
	task   *state.Task     // nil before the first one
}

func newUnderway(c fyne.Canvas, title, line, action string, press func()) *underway {
	u := &underway{line: kit.NewParagraph(line), fault: page.NewFault(), bar: progress.NewBar(), far: kit.NewHint("")}
	u.moving = kit.Column(6, u.bar, u.far)
	u.column = kit.Column(12, u.line, u.fault)
	u.cancel = kit.NewButton(kit.Secondary, text.WordCancel(), func() {
		if u.task != nil {
			u.task.Stop()
		}
		u.sheet.Dismiss()
	})
	u.act = kit.NewButton(kit.Primary, action, press)
	u.sheet = layer.Sheet(c, title, u.column, u.cancel, u.act).Stay()
	return u
}

// begin shows that a task is on its way; said is what it does first.
func (u *underway) begin(said string) {
	u.fault.Set(text.Sentence{})
	u.act.SetEnabled(false)
	u.bar.Set(0)
	u.far.SetText(said)
	u.column.Add(u.moving)
	u.sheet.Relayout()
}

// tell shows how far the task is.
func (u *underway) tell() {
	if !u.sheet.Open() {
		return
	}
	u.bar.Set(u.task.Part())
	u.far.SetText(u.task.Line())
	u.sheet.Relayout()
}

// end takes away what begin has shown, and says what went wrong. It reports false if
// nobody looks at the sheet any more.
func (u *underway) end(wrong text.Sentence) bool {
	if !u.sheet.Open() {
		return false
	}
	u.column.Remove(u.moving)
	u.act.SetEnabled(true)
	u.fault.Set(wrong)
	u.sheet.Relayout()
	return true
}
