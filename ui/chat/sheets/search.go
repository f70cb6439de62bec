package sheets

import (
	"fyne.io/fyne/v2"

	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/layer"
	"github.com/snugchat/snug/ui/kit/pick"
	"github.com/snugchat/snug/ui/kit/progress"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// searchPanel looks for messages while one types: in the open room, in all, or in all
// places that are open.
type searchPanel struct {
	view    *Sheets
	sheet   *layer.Layer
	find    *kit.Field
	list    *fyne.Container
	note    *kit.Label
	in      state.Scope
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
	p := &searchPanel{view: v, in: state.InRooms, find: kit.NewSearch(text.SearchHint()), list: kit.Column(2), note: kit.NewParagraph("")}
	p.note.Color = theme.SubText
	if here {
		p.in = state.InRoom
	}
	scopes := []pick.Option{{Title: text.SearchHere()}, {Title: text.SearchAll()}} // as state.Scope counts them
	if v.Place.CanSearchPlaces() {
		scopes = append(scopes, pick.Option{Title: text.SearchPlaces()})
	}
	p.where = pick.NewSegmented(scopes, int(p.in), func(i int) {
		p.in = state.Scope(i)
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
	if more == nil && len(p.answer.List) == 0 && !p.waiting {
		p.waiting = true
		p.list.RemoveAll()
		p.list.Add(progress.NewSkeleton(4))
		p.list.Refresh()
	}
	p.view.Place.Search(p.find.Text(), p.in, more, p.got)
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

// elsewhere is the button for when nothing was found: it looks further, or begins
// anew.
func (p *searchPanel) elsewhere() *kit.Button {
	switch {
	case p.in == state.InRoom:
		return p.widen(text.SearchAll(), state.InRooms)
	case p.in == state.InRooms && p.view.Place.CanSearchPlaces():
		return p.widen(text.SearchPlaces(), state.InPlaces)
	}
	return kit.NewButton(kit.Secondary, text.SearchClear(), func() {
		p.find.SetText("")
		p.ask(nil)
		p.sheet.Focus(p.find.Entry())
	})
}

// widen is a button that looks in more rooms.
func (p *searchPanel) widen(label string, in state.Scope) *kit.Button {
	return kit.NewButton(kit.Secondary, label, func() {
		p.where.SetChosen(int(in))
		p.in = in
		p.ask(nil)
		p.sheet.Focus(p.find.Entry())
	})
}
