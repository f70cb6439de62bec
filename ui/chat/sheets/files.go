package sheets

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/layer"
	"github.com/snugchat/snug/ui/kit/pick"
	"github.com/snugchat/snug/ui/kit/progress"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
)

// filesPanel lists the files of a room: by kind, by name, all to be saved at once.
type filesPanel struct {
	view   *Sheets
	talk   *state.Conversation
	sheet  *layer.Layer
	find   *kit.Field
	list   *fyne.Container
	scroll *container.Scroll // of list
	save   *kit.Button
	kind   state.FileFilter
	all    []state.FileEntry
	more   bool
	known  bool // the first answer is here
	reads  bool // an answer is awaited
	rows   map[string]*kit.Row
	tabs   *pick.Tabs
}

// Files opens the list of files of the conversation.
func (v *Sheets) Files() {
	c := v.Canvas()
	if c == nil {
		return
	}
	p := &filesPanel{view: v, talk: v.talk(), find: kit.NewSearch(text.FilesFind()), list: kit.Column(2), rows: map[string]*kit.Row{}}
	p.tabs = pick.NewTabs([]pick.Option{{Title: text.FilesAll()}, {Title: text.FilesPictures()}, {Title: text.FilesOthers()}}, 0, func(i int) {
		p.kind = state.FileFilter(i)
		p.narrow()
	})
	p.find.OnChanged = func(string) { p.narrow() }
	var list fyne.CanvasObject
	p.scroll, list = scrolled(c, p.list, func() {
		if p.more {
			p.read()
		}
	})
	p.save = kit.NewButton(kit.Secondary, text.FilesSave(0), func() { p.talk.SaveAll(p.chosen()) })
	done := kit.NewButton(kit.Primary, text.WordDone(), func() { p.sheet.Dismiss() })
	content := kit.Column(8, kit.Out(p.tabs), p.find, list)
	if kept := v.Place.FilesKept(); kept != "" {
		content.Add(kit.NewHint(kept))
	}
	p.sheet = layer.Sheet(c, text.FilesTitle(), content, p.save, done)
	p.fill()
	p.read()
}

// read reads the next page of the list, if that is not under way.
func (p *filesPanel) read() {
	if p.reads {
		return
	}
	p.reads = true
	p.talk.Files(p.all, p.got)
}

func (p *filesPanel) got(all []state.FileEntry, more bool) {
	if !p.sheet.Open() {
		return
	}
	p.all, p.more, p.known, p.reads = all, more, true, false
	if p.short() {
		p.read()
	}
	p.fill()
}

// shownFiles is how many files a filter should find before the panel stops reading on
// by itself, and readFiles how many it looks at for that; then a button goes on.
const (
	shownFiles = 40
	readFiles  = 3000
)

// short reports whether what is known has too little of what is looked for: a name may
// be on a page that was not read yet.
func (p *filesPanel) short() bool {
	if !p.more || len(p.all) >= readFiles || p.kind == state.AllFiles && strings.TrimSpace(p.find.Text()) == "" {
		return false
	}
	return len(p.chosen()) < shownFiles
}

// narrow shows what was chosen now, and looks for more of it.
func (p *filesPanel) narrow() {
	if p.short() {
		p.read()
	}
	p.fill()
}

func (p *filesPanel) chosen() []state.FileEntry {
	return state.Filter(p.all, p.kind, p.find.Text())
}

func (p *filesPanel) fill() {
	shown := p.chosen()
	p.list.RemoveAll()
	here := 0
	for _, e := range shown {
		if e.Path != "" {
			here++
		}
		p.list.Objects = append(p.list.Objects, p.row(e))
	}
	switch {
	case len(shown) > 0:
	case !p.known || p.reads:
		p.list.Add(progress.NewSkeleton(4))
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
		p.list.Add(kit.NewButton(kit.Plain, text.FilesMore(), p.read))
	}
	p.save.SetText(text.FilesSave(here))
	draw.Show(p.save, here > 0)
	p.scroll.Refresh()
	p.sheet.Relayout() // the button that saves comes with what it saves
}

// row is the row of a file, made once.
func (p *filesPanel) row(e state.FileEntry) *kit.Row {
	if r := p.rows[e.ID]; r != nil {
		return r
	}
	d := kit.RowData{Title: e.Name, Line: e.Line, Meta: e.When, Icon: icon.File, File: true}
	if e.Picture {
		d.Icon = icon.Picture
	}
	var more *kit.IconButton
	more = kit.NewIconButton(icon.More, text.WordMore(), func() { layer.MenuBeside(more, p.deeds(e)...) }).Side(32)
	r := kit.NewRow(d, func() { p.jump(e) }, func(at fyne.Position) {
		if c := p.view.Canvas(); c != nil {
			layer.Menu(c, at, p.deeds(e)...)
		}
	}).With(more)
	p.rows[e.ID] = r
	return r
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
