package sheets

import (
	"strings"

	"fyne.io/fyne/v2"

	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/layer"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// Link shows the real address before it is opened.
func (v *Sheets) Link(url string) {
	c := v.Canvas()
	if c == nil {
		return
	}
	shown := kit.NewParagraph(url)
	line := kit.NewHint(text.ChatLinkLine())
	var sheet *layer.Layer
	copyIt := kit.NewButton(kit.Plain, text.ChatCopyLink(), func() {
		v.Desktop.SetClipboard(url)
		v.Desktop.Toast(text.WordCopied())
		sheet.Dismiss()
	})
	cancel := kit.NewButton(kit.Secondary, text.WordCancel(), func() { sheet.Dismiss() })
	open := kit.NewButton(kit.Primary, text.WordOpen(), func() {
		sheet.Dismiss()
		v.Desktop.OpenURL(url)
	})
	sheet = layer.Sheet(c, text.ChatLinkAsk(), kit.Column(8, shown, line), copyIt, cancel, open)
}

// Program asks before a file that is a program is opened.
func (v *Sheets) Program(id string) {
	c := v.Canvas()
	if c == nil {
		return
	}
	t := v.talk()
	var name string
	for i := range t.Len() {
		if l := t.Line(i); l.ID == id {
			name = l.File.Name
		}
	}
	var sheet *layer.Layer
	cancel := kit.NewButton(kit.Secondary, text.WordCancel(), func() { sheet.Dismiss() })
	open := kit.NewButton(kit.Danger, text.FileProgramOpen(), func() {
		sheet.Dismiss()
		t.OpenAnyway(id)
	})
	sheet = layer.Sheet(c, text.FileProgramTitle(), kit.NewParagraph(text.FileProgramLine(name)), cancel, open)
}

// Refused offers what can be done about a message that the host does not
// take, with the reason.
func (v *Sheets) Refused(id string) {
	t := v.talk()
	c := v.Canvas()
	if c == nil {
		return
	}
	var reason string
	for i := range t.Len() {
		if l := t.Line(i); l.ID == id {
			reason = l.Reason
		}
	}
	var sheet *layer.Layer
	discard := kit.NewButton(kit.Danger, text.ChatDiscard(), func() {
		sheet.Dismiss()
		t.Discard(id)
	})
	again := kit.NewButton(kit.Primary, text.WordRetry(), func() {
		sheet.Dismiss()
		t.Again(id)
	})
	sheet = layer.Sheet(c, text.ChatStateFailed(), kit.NewParagraph(reason), discard, again)
}

// Details shows the facts about a message, which can be copied.
func (v *Sheets) Details(id string) {
	c := v.Canvas()
	if c == nil {
		return
	}
	t := v.talk()
	list := kit.Column(8)
	var all strings.Builder
	show := func(facts []state.Details) {
		for _, f := range facts {
			label := kit.NewHint(f.Label)
			value := kit.NewParagraph(f.Value)
			list.Add(kit.Column(0, label, value))
			all.WriteString(f.Label + ": " + f.Value + "\n")
		}
	}
	show(t.Details(id))
	var sheet *layer.Layer
	t.Reach(id, func(who []state.Details) {
		if sheet == nil || !sheet.Open() {
			return
		}
		for _, x := range who {
			list.Add(kit.WideLine(8, 0, kit.NewLabel(x.Label), kit.NewHint(x.Value)))
			all.WriteString(x.Label + ": " + x.Value + "\n")
		}
		list.Refresh()
		sheet.Relayout()
	})
	copyIt := kit.NewButton(kit.Secondary, text.WordCopy(), func() { v.Copy(all.String()) })
	done := kit.NewButton(kit.Primary, text.WordDone(), func() { sheet.Dismiss() })
	sheet = layer.Sheet(c, text.WordDetails(), list, copyIt, done)
}

// Promises says who can read what.
func (v *Sheets) Promises() {
	c := v.Canvas()
	if c == nil {
		return
	}
	h := v.Place.Header()
	signs := []icon.Name{icon.Megaphone, icon.Lock, icon.Eye}
	rows := make([]fyne.CanvasObject, 0, len(signs))
	for i, s := range v.Place.Promises() {
		rows = append(rows, kit.WideLine(12, 1, kit.NewIcon(signs[i%len(signs)], theme.IconNormal).In(theme.Accent), kit.NewParagraph(s)))
	}
	lead := kit.NewParagraph(h.Readable + ".")
	lead.Bold = true
	var sheet *layer.Layer
	done := kit.NewButton(kit.Primary, text.WordDone(), func() { sheet.Dismiss() })
	sheet = layer.Sheet(c, text.ChatReadTitle(), kit.Column(14, append([]fyne.CanvasObject{lead}, rows...)...), done)
}

// Delete asks for whom a message is to be deleted, and says how far that goes.
func (v *Sheets) Delete(id string) {
	c := v.Canvas()
	if c == nil {
		return
	}
	t := v.talk()
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

// DeletePicked asks before what is picked goes from this computer.
func (v *Sheets) DeletePicked() {
	c := v.Canvas()
	if c == nil {
		return
	}
	t := v.talk()
	var sheet *layer.Layer
	cancel := kit.NewButton(kit.Secondary, text.WordCancel(), func() { sheet.Dismiss() })
	do := kit.NewButton(kit.Danger, text.DeleteMe(), func() {
		sheet.Dismiss()
		t.DeletePicked()
	})
	sheet = layer.Sheet(c, text.PickDelete(len(t.Picked())), kit.NewParagraph(text.DeleteLineMe()), cancel, do)
}
