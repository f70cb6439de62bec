package chat

import (
	"strings"

	"github.com/snugchat/snug/ui/chat/viewer"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/layer"
	"github.com/snugchat/snug/ui/markup"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/timeline"
	"github.com/snugchat/snug/ui/timeline/bubble"
)

// source hands the lines of a conversation to the list.
type source struct {
	talk     *state.Conversation
	pictures *viewer.Pictures // nil shows none
}

// Len implements timeline.Source.
func (s *source) Len() int { return s.talk.Len() }

// Row implements timeline.Source.
func (s *source) Row(i int) bubble.Row {
	l := s.talk.Line(i)
	r := bubble.Row{ID: l.ID, From: l.From, FromID: l.FromID, Own: l.Own, At: l.At, Text: l.Text}
	if l.System {
		r.Kind = bubble.System
	}
	switch l.Mark {
	case state.MarkWaiting:
		r.State = bubble.Waiting
	case state.MarkOnHost:
		r.State = bubble.OnHost
	case state.MarkOnDevice:
		r.State = bubble.OnDevice
	case state.MarkRead:
		r.State = bubble.Seen
	case state.MarkRefused:
		r.State = bubble.Failed
	case state.MarkNone:
	}
	r.Names, r.Edited, r.Pinned, r.Marked, r.ForMe = l.Names.List(), l.Edited, l.Pinned, l.Marked, l.ForMe
	r.Origin, r.Original, r.Picked = l.Origin.Label, l.Origin.ID != "", s.talk.IsPicked(l.ID)
	if q := l.Reply; q.Has() {
		r.Quote = &bubble.Quote{ID: q.ID, From: q.From, FromID: q.FromID, Text: q.Text, IsFile: q.IsFile, Gone: q.Gone}
	}
	for _, x := range l.Reactions.List() {
		r.Reactions = append(r.Reactions, bubble.Reaction{Emoji: x.Emoji, Count: x.Count, Own: x.Own, Who: x.Who})
	}
	if l.File.Has() {
		f := &bubble.File{Name: l.File.Name, Line: l.File.Line, Part: -1, Fault: l.File.Fault, Size: l.File.Size}
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
func (s *source) picture(l *state.Line) *bubble.Picture {
	f := &l.File
	if s.pictures == nil || !f.Picture {
		return nil
	}
	p := &bubble.Picture{Width: f.Width, Height: f.Height}
	if f.Path != "" {
		m, known := s.pictures.Bubble(f.Path, l.ID)
		switch {
		case m != nil:
			p.Image, p.Here = m, !f.Bar && !f.Fault
			return p
		case known:
			return nil // it is something else, or too large
		}
	}
	if f.Preview != "" {
		p.Image, _ = s.pictures.Preview(f.Preview, l.ID)
	}
	if f.Width == 0 {
		return nil
	}
	return p
}

func actionOf(a state.FileAction) bubble.Action {
	switch a {
	case state.FileGet:
		return bubble.Download
	case state.FilePause:
		return bubble.Pause
	case state.FileResume:
		return bubble.Resume
	case state.FileCancel:
		return bubble.Cancel
	case state.FileOpen:
		return bubble.Open
	case state.FileSaveAs:
		return bubble.SaveAs
	case state.FileFolder:
		return bubble.ShowFolder
	case state.FileRetry:
		return bubble.Retry
	}
	return 0
}

func deedOf(a bubble.Action) state.FileAction {
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
	l.OnLink = v.sheets.Link
	l.OnFile = v.doFile
	l.OnRetry = v.sheets.Refused
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
	l.OnCopy = v.sheets.Copy
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

// doFile does something with the file of a line, after a warning if it is a
// program.
func (v *View) doFile(id string, a bubble.Action) {
	if a == bubble.Show {
		v.viewPicture(id)
		return
	}
	if v.place.Conversation().Do(id, deedOf(a)) {
		v.sheets.Program(id)
	}
}

// viewPicture opens the picture of a line on the whole window.
func (v *View) viewPicture(id string) {
	c := v.canvas()
	if c == nil {
		return
	}
	v.viewer = viewer.Open(c, v.place.Conversation(), v.pictures, id, func() {
		v.viewer = nil
		v.composer.Focus()
	})
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
				layer.Item{Icon: icon.Forward, Label: text.ForwardDo(), Do: func() { v.sheets.Forward([]string{l.ID}) }},
				layer.Item{Icon: icon.Checks, Label: text.PickDo(), Do: func() { t.Pick(l.ID) }})
		}
		items = append(items, layer.Item{})
	}
	if l.Mark == state.MarkRefused {
		items = append(items, v.refusedItems(l.ID)...)
		items = append(items, layer.Item{})
	}
	if at.Link != "" {
		items = append(items, layer.Item{Icon: icon.Link, Label: text.ChatCopyLink(), Do: func() { v.sheets.Copy(at.Link) }})
	}
	words := at.Selected
	if words == "" {
		words = markup.PlainText(l.Text, l.Names.List())
	}
	if words != "" {
		items = append(items, layer.Item{Icon: icon.Copy, Label: text.ChatCopyText(), Do: func() { v.sheets.Copy(words) }})
	}
	labels, actions := timeline.Actions(v.source.Row(row))
	for i, a := range actions {
		items = append(items, layer.Item{Icon: fileIcon(a), Label: labels[i], Do: func() { v.doFile(l.ID, a) }})
	}
	if t.CanSendAgain(l.ID) {
		items = append(items, layer.Item{Icon: icon.Refresh, Label: text.FileAgain(), Do: func() { t.SendAgain(l.ID) }})
	}
	items = append(items, layer.Item{Icon: icon.Info, Label: text.WordDetails(), Do: func() { v.sheets.Details(l.ID) }})
	if said && (l.Seq > 0 || t.Waits(l.ID)) {
		items = append(items, layer.Item{Icon: icon.Trash, Label: text.ChatDelete(), Danger: true, Do: func() { v.sheets.Delete(l.ID) }})
	}
	layer.Menu(c, at.Canvas, items...)
}

func fileIcon(a bubble.Action) icon.Name {
	switch a {
	case bubble.Download, bubble.SaveAs:
		return icon.Download
	case bubble.Pause:
		return icon.Pause
	case bubble.Resume:
		return icon.Play
	case bubble.Cancel:
		return icon.Close
	case bubble.Retry:
		return icon.Refresh
	case bubble.ShowFolder:
		return icon.Folder
	case bubble.Open:
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

// pictureCame draws the row of a picture that was decoded.
func (v *View) pictureCame(id string) {
	t := v.place.Conversation()
	for i := t.Len() - 1; i >= 0; i-- {
		if t.Line(i).ID == id {
			v.lines.Changed(i)
		}
	}
	if v.viewer != nil {
		v.viewer.Came(id)
	}
	if strings.HasPrefix(id, trayPrefix) {
		v.showTray(t)
	}
}
