package chat

import (
	"fyne.io/fyne/v2"

	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/layer"
	"github.com/snugchat/snug/ui/kit/pick"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
)

// filesPanel lists the files of a room: by kind, by name, all to be saved at once.
type filesPanel struct {
	view  *View
	talk  *state.Conversation
	sheet *layer.Layer
	find  *kit.Field
	list  *fyne.Container
	save  *kit.Button
	kind  state.FileFilter
	all   []state.FileEntry
	more  bool
	known bool // the first answer is here
	tabs  *pick.Tabs
}

// showFiles opens the list of files of the conversation.
func (v *View) showFiles() {
	c := v.canvas()
	if c == nil {
		return
	}
	p := &filesPanel{view: v, talk: v.place.Conversation(), find: kit.NewSearch(text.FilesFind()), list: kit.Column(2)}
	p.tabs = pick.NewTabs([]pick.Option{{Title: text.FilesAll()}, {Title: text.FilesPictures()}, {Title: text.FilesOthers()}}, 0, func(i int) {
		p.kind = state.FileFilter(i)
		p.fill()
	})
	p.find.OnChanged = func(string) { p.fill() }
	scroll := scrolled(c, p.list)
	p.save = kit.NewButton(kit.Secondary, text.FilesSave(0), func() { p.talk.SaveAll(p.chosen()) })
	done := kit.NewButton(kit.Primary, text.WordDone(), func() { p.sheet.Dismiss() })
	content := kit.Column(8, p.tabs, p.find, scroll)
	if kept := v.place.FilesKept(); kept != "" {
		content.Add(kit.NewHint(kept))
	}
	p.sheet = layer.Sheet(c, text.FilesTitle(), content, p.save, done)
	p.fill()
	p.talk.Files(nil, p.got)
}

func (p *filesPanel) got(all []state.FileEntry, more bool) {
	if p.sheet.Open() {
		p.all, p.more, p.known = all, more, true
		p.fill()
	}
}

func (p *filesPanel) chosen() []state.FileEntry {
	return state.Filter(p.all, p.kind, p.find.Text())
}

func (p *filesPanel) fill() {
	shown := p.chosen()
	p.list.RemoveAll()
	here := 0
	for _, e := range shown {
		d := kit.RowData{Title: e.Name, Line: e.Line, Meta: e.When, Icon: icon.File}
		if e.Picture {
			d.Icon = icon.Picture
		}
		if e.Path != "" {
			here++
		}
		var more *kit.IconButton
		more = kit.NewIconButton(icon.More, text.WordMore(), func() { layer.MenuBeside(more, p.deeds(e)...) }).Side(32)
		p.list.Add(kit.NewRow(d, func() { p.jump(e) }, func(at fyne.Position) {
			if c := p.view.canvas(); c != nil {
				layer.Menu(c, at, p.deeds(e)...)
			}
		}).With(more))
	}
	switch {
	case len(shown) > 0:
	case !p.known:
		p.list.Add(kit.NewSkeleton(4))
	case len(p.all) > 0:
		p.list.Add(kit.NewEmpty(icon.Search, text.FilesNothing(), kit.NewButton(kit.Secondary, text.FilesAll(), func() {
			p.find.SetText("")
			p.tabs.SetChosen(0)
			p.kind = state.AllFiles
			p.fill()
		})))
	default:
		p.list.Add(kit.NewEmpty(icon.Folder, text.FilesNone(), kit.NewButton(kit.Secondary, text.ComposeAttach(), func() {
			p.sheet.Dismiss()
			p.talk.Choose()
		}).WithIcon(icon.Attach)))
	}
	if p.more {
		p.list.Add(kit.NewButton(kit.Plain, text.FilesMore(), func() { p.talk.Files(p.all, p.got) }))
	}
	p.save.SetText(text.FilesSave(here))
	p.save.SetEnabled(here > 0)
	p.list.Refresh()
}

// jump shows the message of a file.
func (p *filesPanel) jump(e state.FileEntry) {
	p.sheet.Dismiss()
	p.talk.JumpTo(e.ID)
}

// deeds is what can be done with a file of the list.
func (p *filesPanel) deeds(e state.FileEntry) []layer.Item {
	items := []layer.Item{{Icon: icon.Chat, Label: text.FilesGo(), Do: func() { p.jump(e) }}}
	if e.Path == "" {
		return append(items, layer.Item{Icon: icon.Download, Label: text.FileGet(), Do: func() {
			p.talk.Fetch(e)
			p.jump(e) // where it is seen coming
		}})
	}
	return append(items,
		layer.Item{Icon: icon.Refresh, Label: text.FileAgain(), Do: func() {
			p.sheet.Dismiss()
			p.talk.SendFileAgain(e)
		}},
		layer.Item{Icon: icon.Download, Label: text.FileSaveAs(), Do: func() { p.talk.SaveAll([]state.FileEntry{e}) }},
		layer.Item{Icon: icon.Folder, Label: text.FileFolder(), Do: func() { p.talk.ShowFolder(e) }})
}
