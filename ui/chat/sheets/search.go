package sheets

import (
	"fyne.io/fyne/v2"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/layer"
	"github.com/snugchat/snug/ui/kit/pick"
	"github.com/snugchat/snug/ui/kit/progress"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// searchPanel looks for messages while one types: in the open room or in all.
type searchPanel struct {
	view    *Sheets
	sheet   *layer.Layer
	find    *kit.Field
	list    *fyne.Container
	note    *kit.Label
	here    bool
	answer  state.Hits
	where   *pick.Tabs
	waiting bool // outlines stand there
}

// Search opens the search, in the open room or in all of the place.
func (v *Sheets) Search(here bool) {
	c := v.Canvas()
	if c == nil {
		return
	}
	p := &searchPanel{view: v, here: here, find: kit.NewSearch(text.SearchHint()), list: kit.Column(2), note: kit.NewParagraph("")}
	p.note.Color = theme.SubText
	first := 1
	if here {
		first = 0
	}
	p.where = pick.NewSegmented([]pick.Option{{Title: text.SearchHere()}, {Title: text.SearchAll()}}, first, func(i int) {
		p.here = i == 0
		p.ask(nil)
		p.sheet.Focus(p.find.Entry())
	})
	p.find.OnChanged = func(string) { p.ask(nil) }
	p.find.OnSubmit = func(string) { p.open(0) }
	_, scroll := scrolled(c, p.list, nil)
	done := kit.NewButton(kit.Secondary, text.WordClose(), func() { p.sheet.Dismiss() })
	p.sheet = layer.Sheet(c, text.SearchTitle(), kit.Column(8, p.find, p.where, scroll), done)
	p.sheet.Focus(p.find.Entry())
	p.got(state.Hits{})
}

func (p *searchPanel) ask(more *state.Hits) {
	var room chat.RoomID
	if p.here {
		room = p.view.talk().Room()
	}
	if more == nil && len(p.answer.List) == 0 && !p.waiting {
		p.waiting = true
		p.list.RemoveAll()
		p.list.Add(progress.NewSkeleton(4))
		p.list.Refresh()
	}
	p.view.Place.Search(p.find.Text(), room, more, p.got)
}

func (p *searchPanel) open(i int) {
	if i < len(p.answer.List) {
		p.sheet.Dismiss()
		p.view.Place.Go(p.answer.List[i])
		p.view.Went()
	}
}

// got shows an answer.
func (p *searchPanel) got(a state.Hits) {
	if p.sheet != nil && !p.sheet.Open() {
		return
	}
	p.answer = a
	p.list.RemoveAll()
	note := a.Note
	if a.Query == "" {
		note = text.SearchHelp()
	}
	p.waiting = false
	p.note.SetText(note)
	if a.Query != "" && len(a.List) == 0 {
		p.list.Add(kit.NewEmpty(icon.Search, note, p.elsewhere()))
		p.list.Refresh()
		return
	}
	if note != "" {
		p.list.Add(kit.Inset(p.note, 10))
	}
	for i, h := range a.List {
		d := kit.RowData{Title: h.Title, Line: h.Text, Meta: h.When, ID: h.FromID, LineColor: theme.Text}
		if h.IsFile {
			d.LineIcon = icon.Attach
		}
		p.list.Add(kit.NewRow(d, func() { p.open(i) }, func(at fyne.Position) {
			if c := p.view.Canvas(); c != nil {
				layer.Menu(c, at, p.view.wordDeeds(h.Words, func() { p.open(i) })...)
			}
		}).Mark(h.Marks))
	}
	if a.More {
		p.list.Add(kit.NewButton(kit.Plain, text.SearchMore(), func() { p.ask(&p.answer) }))
	}
	p.list.Refresh()
}

// elsewhere is the button for when nothing was found: it looks in all rooms, or
// begins anew.
func (p *searchPanel) elsewhere() *kit.Button {
	if p.here {
		return kit.NewButton(kit.Secondary, text.SearchAll(), func() {
			p.where.SetChosen(1)
			p.here = false
			p.ask(nil)
			p.sheet.Focus(p.find.Entry())
		})
	}
	return kit.NewButton(kit.Secondary, text.SearchClear(), func() {
		p.find.SetText("")
		p.ask(nil)
		p.sheet.Focus(p.find.Entry())
	})
}
