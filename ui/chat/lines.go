package chat

import (
	"strings"

	"fyne.io/fyne/v2"

	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/layer"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
	"github.com/snugchat/snug/ui/timeline"
)

// source hands the lines of a conversation to the list.
type source struct {
	talk     *state.Conversation
	pictures *pictures // nil shows none
}

// Len implements timeline.Source.
func (s *source) Len() int { return s.talk.Len() }

// Row implements timeline.Source.
func (s *source) Row(i int) timeline.Row {
	l := s.talk.Line(i)
	r := timeline.Row{ID: l.ID, From: l.From, FromID: l.FromID, Own: l.Own, At: l.At, Text: l.Text}
	if l.System {
		r.Kind = timeline.System
	}
	switch l.Mark {
	case state.MarkWaiting:
		r.State = timeline.Waiting
	case state.MarkOnHost:
		r.State = timeline.OnHost
	case state.MarkOnDevice:
		r.State = timeline.OnDevice
	case state.MarkRead:
		r.State = timeline.Seen
	case state.MarkRefused:
		r.State = timeline.Failed
	case state.MarkNone:
	}
	r.Names, r.Edited, r.Pinned, r.Marked, r.ForMe = l.Names.List(), l.Edited, l.Pinned, l.Marked, l.ForMe
	r.Origin, r.Original, r.Picked = l.Origin.Label, l.Origin.ID != "", s.talk.IsPicked(l.ID)
	if q := l.Reply; q.Has() {
		r.Quote = &timeline.Quote{ID: q.ID, From: q.From, FromID: q.FromID, Text: q.Text, IsFile: q.IsFile, Gone: q.Gone}
	}
	for _, x := range l.Reactions.List() {
		r.Reactions = append(r.Reactions, timeline.Reaction{Emoji: x.Emoji, Count: x.Count, Own: x.Own, Who: x.Who})
	}
	if l.File.Has() {
		f := &timeline.File{Name: l.File.Name, Line: l.File.Line, Part: -1, Fault: l.File.Fault, Size: l.File.Size}
		if l.File.Bar {
			f.Part = l.File.Part
		}
		for _, a := range l.File.Actions {
			if a != 0 {
				f.Actions = append(f.Actions, actionOf(a))
			}
		}
		f.Picture = s.picture(&l)
		r.File = f
	}
	return r
}

// picture is how the file of a line is seen: as the picture that it is, as far
// as it is here; nil for a card alone.
func (s *source) picture(l *state.Line) *timeline.Picture {
	f := &l.File
	if s.pictures == nil || !f.Picture {
		return nil
	}
	p := &timeline.Picture{Width: f.Width, Height: f.Height}
	if f.Path != "" {
		m, known := s.pictures.file(f.Path, l.ID)
		switch {
		case m != nil:
			p.Image, p.Here = m, !f.Bar && !f.Fault
			return p
		case known:
			return nil // it is something else, or too large
		}
	}
	if f.Preview != "" {
		p.Image, _ = s.pictures.preview(f.Preview, l.ID)
	}
	if f.Width == 0 {
		return nil
	}
	return p
}

func actionOf(a state.FileAction) timeline.Action {
	switch a {
	case state.FileGet:
		return timeline.Download
	case state.FilePause:
		return timeline.Pause
	case state.FileResume:
		return timeline.Resume
	case state.FileCancel:
		return timeline.Cancel
	case state.FileOpen:
		return timeline.Open
	case state.FileSaveAs:
		return timeline.SaveAs
	case state.FileFolder:
		return timeline.ShowFolder
	case state.FileRetry:
		return timeline.Retry
	}
	return 0
}

func deedOf(a timeline.Action) state.FileAction {
	for d := state.FileGet; d <= state.FileRetry; d++ {
		if actionOf(d) == a {
			return d
		}
	}
	return 0
}

// wireLines connects the list with the conversation.
func (v *View) wireLines() {
	l := v.lines
	l.OnLink = v.askLink
	l.OnFile = v.doFile
	l.OnRetry = func(id string) { v.refusedMenu(id) }
	l.OnMenu = v.lineMenu
	l.OnQuote = func(id string) { v.place.Conversation().JumpTo(id) }
	l.OnOrigin = func(id string) { v.place.Conversation().GoOrigin(id) }
	l.OnPick = func(row int) {
		if t := v.place.Conversation(); row < t.Len() {
			t.Pick(t.Line(row).ID)
		}
	}
	l.OnEscape = func() bool { return v.place.Conversation().StopPicking() }
	l.OnReact = func(id, emoji string) { v.place.Conversation().React(id, emoji) }
	l.OnCopy = v.copy
	l.OnReply = func(row int) {
		if t := v.place.Conversation(); row < t.Len() {
			v.reply(t.Line(row).ID)
		}
	}
	l.OnTyped = func(r rune) { v.composer.Type(r) }
	l.OnPaste = func() {
		v.composer.Focus()
		if !v.paste() {
			v.composer.Insert(v.desktop.Clipboard())
		}
	}
	l.OnEnd = func(at bool) {
		t := v.place.Conversation()
		if at && !t.GoToEnd() {
			return
		}
		t.AtEnd(at)
	}
	l.Marks = func(id, words string) [][2]int { return v.source.talk.Marks(id, words) }
	l.OnNear = func(older bool, _ int) { v.place.Conversation().Near(older) }
}

// edited shows one step in which the lines have changed.
func (v *View) edited(e state.Edit) {
	t := v.place.Conversation()
	v.stopWaiting()
	switch {
	case e.Reset:
		v.lines.SetUnread(t.UnreadLine())
		v.lines.SetGap(t.Gap())
		v.lines.Reset()
		v.showUnread(t)
		v.arrive(t)
	default:
		for i := range e.Changed {
			v.lines.Changed(e.At + i)
		}
		v.lines.Removed(e.At, e.Removed)
		v.lines.Inserted(e.At, e.Added)
	}
	v.showEmpty()
}

// leave notes where the conversation that is shown was, before t is.
func (v *View) leave(t *state.Conversation) {
	was := v.source.talk
	if was == t {
		return
	}
	row, into, end := v.lines.Spot()
	if end || row >= was.Len() {
		was.Leave("", 0)
		return
	}
	was.Leave(was.Line(row).ID, into)
}

// arrive goes to where a conversation was left, if its lines are here.
func (v *View) arrive(t *state.Conversation) {
	if row, into := t.Spot(); row >= 0 {
		v.lines.GoTo(row, into)
	}
	if at := v.lines.AtEnd(); !at || !t.HasNewer() {
		t.AtEnd(at)
	}
	v.showEmpty()
}

// unreadScreen is how many unread messages may stand below the line before the
// list opens at it instead of at the end: about one screen.
const unreadScreen = 8

// showUnread opens a conversation at its unread line if there is much below it.
func (v *View) showUnread(t *state.Conversation) {
	id, _ := t.UnreadLine()
	if id == "" {
		return
	}
	for i := t.Len() - 1; i >= 0; i-- {
		if t.Line(i).ID == id {
			if t.Len()-i > unreadScreen {
				v.lines.ScrollToRow(i)
			}
			return
		}
	}
}

// askLink shows the real address before it is opened.
func (v *View) askLink(url string) {
	c := v.canvas()
	if c == nil {
		return
	}
	shown := kit.NewParagraph(url)
	line := kit.NewHint(text.ChatLinkLine())
	var sheet *layer.Layer
	copyIt := kit.NewButton(kit.Plain, text.ChatCopyLink(), func() {
		v.desktop.SetClipboard(url)
		v.desktop.Toast(text.WordCopied())
		sheet.Dismiss()
	})
	cancel := kit.NewButton(kit.Secondary, text.WordCancel(), func() { sheet.Dismiss() })
	open := kit.NewButton(kit.Primary, text.WordOpen(), func() {
		sheet.Dismiss()
		v.desktop.OpenURL(url)
	})
	sheet = layer.Sheet(c, text.ChatLinkAsk(), kit.Column(8, shown, line), copyIt, cancel, open)
}

// doFile does something with the file of a line, after a warning if it is a
// program.
func (v *View) doFile(id string, a timeline.Action) {
	t := v.place.Conversation()
	if a == timeline.Show {
		v.viewPicture(id)
		return
	}
	if !t.Do(id, deedOf(a)) {
		return
	}
	c := v.canvas()
	if c == nil {
		return
	}
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

// lineMenu is the menu of a message.
func (v *View) lineMenu(row int, at timeline.Place) {
	t := v.place.Conversation()
	c := v.canvas()
	if c == nil || row < 0 || row >= t.Len() {
		return
	}
	l := t.Line(row)
	var items []layer.Item
	if at.Who != "" {
		items = append(items, layer.Item{Label: at.Who, Off: true}, layer.Item{})
	}
	said := !l.System && !l.Early && l.Mark != state.MarkRefused
	if said {
		items = append(items,
			layer.Item{Signs: quick(), DoSign: func(s string) { t.React(l.ID, s) }},
			layer.Item{Icon: icon.Reply, Label: text.ReplyDo(), Do: func() { v.reply(l.ID) }},
			layer.Item{Icon: icon.Smile, Label: text.ReactDo(), Do: func() { v.pickReaction(l.ID, at.Canvas) }})
		if t.CanEdit(l.ID) {
			items = append(items, layer.Item{Icon: icon.Edit, Label: text.EditDo(), Do: func() {
				t.Edit(l.ID)
				v.composer.Focus()
			}})
		}
		pin, mark := text.ChatPin(), text.ChatMark()
		if l.Pinned {
			pin = text.ChatUnpin()
		}
		if l.Marked {
			mark = text.ChatUnmark()
		}
		if l.Seq > 0 {
			items = append(items,
				layer.Item{Icon: icon.Pin, Label: pin, Do: func() { t.SetPinned(l.ID, !l.Pinned) }},
				layer.Item{Icon: icon.Bookmark, Label: mark, Do: func() { t.SetMarked(l.ID, !l.Marked) }})
		}
		if t.CanForward(l.ID) {
			items = append(items,
				layer.Item{Icon: icon.Forward, Label: text.ForwardDo(), Do: func() { v.askForward([]string{l.ID}) }},
				layer.Item{Icon: icon.Checks, Label: text.PickDo(), Do: func() { t.Pick(l.ID) }})
		}
		items = append(items, layer.Item{})
	}
	if l.Mark == state.MarkRefused {
		items = append(items, v.refusedItems(l.ID)...)
		items = append(items, layer.Item{})
	}
	if at.Link != "" {
		items = append(items, layer.Item{Icon: icon.Link, Label: text.ChatCopyLink(), Do: func() { v.copy(at.Link) }})
	}
	words := at.Selected
	if words == "" {
		words = l.Text
	}
	if words != "" {
		items = append(items, layer.Item{Icon: icon.Copy, Label: text.ChatCopyText(), Do: func() { v.copy(words) }})
	}
	labels, actions := timeline.Actions(v.source.Row(row))
	for i, a := range actions {
		items = append(items, layer.Item{Icon: fileIcon(a), Label: labels[i], Do: func() { v.doFile(l.ID, a) }})
	}
	if t.CanSendAgain(l.ID) {
		items = append(items, layer.Item{Icon: icon.Refresh, Label: text.FileAgain(), Do: func() { t.SendAgain(l.ID) }})
	}
	items = append(items, layer.Item{Icon: icon.Info, Label: text.WordDetails(), Do: func() { v.details(l.ID) }})
	if said && (l.Seq > 0 || t.Waits(l.ID)) {
		items = append(items, layer.Item{Icon: icon.Trash, Label: text.ChatDelete(), Danger: true, Do: func() { v.askDelete(l.ID) }})
	}
	layer.Menu(c, at.Canvas, items...)
}

func fileIcon(a timeline.Action) icon.Name {
	switch a {
	case timeline.Download, timeline.SaveAs:
		return icon.Download
	case timeline.Pause:
		return icon.Pause
	case timeline.Resume:
		return icon.Play
	case timeline.Cancel:
		return icon.Close
	case timeline.Retry:
		return icon.Refresh
	case timeline.ShowFolder:
		return icon.Folder
	case timeline.Open:
	}
	return icon.File
}

func (v *View) refusedItems(id string) []layer.Item {
	t := v.place.Conversation()
	return []layer.Item{
		{Icon: icon.Refresh, Label: text.WordRetry(), Do: func() { t.Again(id) }},
		{Icon: icon.Trash, Label: text.ChatDiscard(), Danger: true, Do: func() { t.Discard(id) }},
	}
}

// refusedMenu offers what can be done about a message that the host does not
// take, with the reason.
func (v *View) refusedMenu(id string) {
	t := v.place.Conversation()
	c := v.canvas()
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

func (v *View) copy(s string) {
	v.desktop.SetClipboard(s)
	v.desktop.Toast(text.WordCopied())
}

// details shows the facts about a message, which can be copied.
func (v *View) details(id string) {
	c := v.canvas()
	if c == nil {
		return
	}
	t := v.place.Conversation()
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
		}
		list.Refresh()
		sheet.Relayout()
	})
	copyIt := kit.NewButton(kit.Secondary, text.WordCopy(), func() { v.copy(all.String()) })
	done := kit.NewButton(kit.Primary, text.WordDone(), func() { sheet.Dismiss() })
	sheet = layer.Sheet(c, text.WordDetails(), list, copyIt, done)
}

// showPromises says who can read what.
func (v *View) showPromises() {
	c := v.canvas()
	if c == nil {
		return
	}
	h := v.place.Header()
	signs := []icon.Name{icon.Megaphone, icon.Lock, icon.Eye}
	rows := make([]fyne.CanvasObject, 0, len(signs))
	for i, s := range v.place.Promises() {
		rows = append(rows, kit.WideLine(12, 1, kit.NewIcon(signs[i%len(signs)], theme.IconNormal).In(theme.Accent), kit.NewParagraph(s)))
	}
	lead := kit.NewParagraph(h.Readable + ".")
	lead.Bold = true
	var sheet *layer.Layer
	done := kit.NewButton(kit.Primary, text.WordDone(), func() { sheet.Dismiss() })
	sheet = layer.Sheet(c, text.ChatReadTitle(), kit.Column(14, append([]fyne.CanvasObject{lead}, rows...)...), done)
}
