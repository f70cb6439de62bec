package hosting

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/banner"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/pick"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// Pane is the host's window as a part of the program's: beside the conversation
// where there is room, over it where there is not.
type Pane struct {
	host   *state.Hosting
	app    *state.App
	object fyne.CanvasObject
	tabs   *pick.Tabs
	title  *kit.Label
	line   *kit.Label
	full   *banner.Banner // over all pages
	over   *fyne.Container
	body   *fyne.Container
	holder *fyne.Container
	pages  map[state.Tab]tab
	shown  state.Tab
}

// tab is one page of the pane.
type tab interface {
	Object() fyne.CanvasObject
	Update()
}

// NewPane makes the pane of a place that is hosted here.
func NewPane(a *state.App, h *state.Hosting) *Pane {
	p := &Pane{host: h, app: a, pages: make(map[state.Tab]tab), shown: -1}
	p.title = kit.NewTitle(h.Name())
	p.line = kit.NewHint("")
	p.line.Wrap = false
	shut := kit.NewIconButton(icon.Close, text.WordClose(), func() { h.Show(false) })
	head := kit.Inset(kit.WideLine(12, 1, kit.NewIcon(icon.Host, theme.IconNormal).In(theme.Accent), kit.Column(1, p.title, p.line), shut), 0, 10, 0, 16)
	p.tabs = pick.NewTabs([]pick.Option{
		{Title: text.HostTabLog()}, {Title: text.HostTabPeople()}, {Title: text.HostTabInvites()}, {Title: text.HostTabFiles()}, {Title: text.HostTabSettings()},
	}, int(h.Tab()), func(i int) { h.Choose(state.Tab(i)) })
	p.holder = container.NewStack()
	p.full = banner.New(banner.Notice, icon.Warn, "", kit.NewButton(kit.Secondary, text.FilesFullDo(), func() { h.Choose(state.TabSettings) }))
	p.over = kit.Column(0, p.full, kit.Rule())
	p.over.Hide()
	top := kit.Column(0, kit.Sized(kit.Middle(head), 0, 60), kit.Rule(), kit.Inset(p.tabs, 0, 8), kit.Rule(), p.over)
	p.body = container.New(&paneLayout{}, top, p.holder)
	p.object = kit.NewSurface(theme.Sidebar, "", p.body)
	p.Update()
	return p
}

// paneLayout sets the head over the page.
type paneLayout struct{}

func (*paneLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(theme.Units(280), theme.Units(200))
}

func (*paneLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Resize(fyne.NewSize(size.Width, objects[0].MinSize().Height))
	high := objects[0].MinSize().Height
	draw.Place(objects[0], 0, 0, size.Width, high)
	draw.Place(objects[1], 0, high, size.Width, max(0, size.Height-high))
}

// Object is what the window shows.
func (p *Pane) Object() fyne.CanvasObject { return p.object }

// Update shows what has changed.
func (p *Pane) Update() {
	people := p.host.Entered().People
	p.title.SetText(text.HostPane(p.host.Name()))
	p.line.SetText(text.ChatMembersOnline(text.ChatMembers(people.Members()), people.Here()))
	p.tabs.SetCount(int(state.TabPeople), people.Waiting())
	p.showFull(p.host.FilesFull())
	now := p.host.Tab()
	if p.tabs.Chosen() != int(now) {
		p.tabs.SetChosen(int(now))
	}
	if s, ok := p.pages[now].(*settingsTab); p.pages[now] == nil || ok && !s.fits() {
		p.pages[now], p.shown = p.make(now), -1
	}
	p.pages[now].Update()
	if p.shown != now {
		p.shown = now
		p.holder.Objects = []fyne.CanvasObject{p.pages[now].Object()}
		p.holder.Refresh()
	}
}

// showFull says over all pages that files are nearly as many as may be.
func (p *Pane) showFull(words string) {
	if words != "" {
		p.full.SetText(words)
	}
	if p.over.Visible() == (words != "") {
		return
	}
	draw.Show(p.over, words != "")
	p.body.Refresh()
}

func (p *Pane) make(t state.Tab) tab {
	switch t {
	case state.TabPeople:
		return NewPeople(p.host.Entered().People, func() { p.host.Choose(state.TabInvites) })
	case state.TabInvites:
		return NewInvites(p.host.Invites, p.host.Local())
	case state.TabFiles:
		return newFiles(p.host)
	case state.TabSettings:
		return newSettings(p.app, p.host)
	case state.TabLog:
	}
	return newLog(p.host.Log, func() { p.host.Choose(state.TabInvites) })
}

// Close ends what the pane follows.
func (p *Pane) Close() { p.host.Log.OnChange(nil) }

// pageWide is how wide a page of the pane is at most, in units: the pane fills a
// small window.
const pageWide = 520

// scrolled is a page whose content scrolls.
func scrolled(content fyne.CanvasObject) fyne.CanvasObject {
	return container.NewVScroll(kit.Inset(kit.Narrow(content, pageWide), 14, 16, 20, 16))
}
