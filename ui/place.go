package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	nouns "github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/chat"
	"github.com/snugchat/snug/ui/hosting"
	"github.com/snugchat/snug/ui/join"
	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/banner"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/layer"
	"github.com/snugchat/snug/ui/page"
	"github.com/snugchat/snug/ui/rail"
	"github.com/snugchat/snug/ui/settings"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// The widths from which the parts of the window stand beside each other, in
// units: below the first the rail lies at the foot, below the second the host's
// pane covers the conversation.
const (
	railStands = 720
	paneBeside = 1080
	paneWide   = 380
)

// placeView is the screen of an open place: the rail, the conversation or what
// stands in its way, and the host's pane.
type placeView struct {
	w      *window
	e      *state.Entered
	object *fyne.Container
	rail   *rail.Rail
	host   *kit.IconButton
	main   fyne.CanvasObject
	edge   *fyne.Container   // between the conversation and the pane
	chat   *chat.View        // nil while the gate is closed
	full   *banner.Banner    // files are nearly as many as the host keeps
	asks   fyne.CanvasObject // who wants to compare pictures; nil while the gate is closed
	gate   *join.Screen      // nil while it is open
	pane   *hosting.Pane
}

// showPlace makes the screen of a place. What a person has typed and where they
// have scrolled stays in the chat view, of which each open place keeps one.
func (w *window) showPlace(e *state.Entered) screen {
	v := &placeView{w: w, e: e, edge: kit.Rule()}
	add := kit.NewIconButton(icon.Plus, text.RailAdd(), w.app.Start).Side(40)
	v.host = kit.NewIconButton(icon.Host, text.RailHost(), func() {
		if h := w.app.Hosting(); h != nil {
			h.Show(!h.Shown())
		}
	}).Side(40)
	dark := w.themeButton().Side(40)
	set := kit.NewIconButton(icon.Settings, text.WordSettings(), func() { settings.Show(w.win.Canvas(), w.app, w.quit) }).Side(40)
	v.full = banner.New(banner.Calm, icon.Warn, "",
		kit.NewButton(kit.Plain, text.FilesFullHide(), func() {
			if h := w.app.Hosting(); h != nil {
				h.HideFullNote()
			}
		}),
		kit.NewButton(kit.Plain, text.FilesFullDo(), func() {
			if h := w.app.Hosting(); h != nil {
				h.ChangeFiles()
			}
		}))
	v.full.Hide()
	v.rail = rail.New(w.app.Enter, add, v.host, dark, set)
	frame := page.Frame{}
	switch e.Gate() {
	case state.GateWaiting:
		v.gate = join.Waiting(e, frame)
		v.main = v.gate.Object()
	case state.GateStopped:
		v.gate = join.Stopped(w.app, e, frame)
		v.main = v.gate.Object()
	case state.GateOpen:
		if w.chats[e] == nil {
			w.chats[e] = chat.New(e.Place, w.app.Desktop())
			w.chats[e].Deeds = func(id nouns.AccountID, c fyne.Canvas) []layer.Item {
				if x, ok := e.Member.Client.Person(id); ok {
					return hosting.Deeds(e.People, x, c)
				}
				return nil
			}
			w.chats[e].Older = chat.Offer{
				Stands: func() bool { return w.app.OffersOlder(e) },
				Take:   func() { settings.AskOlder(w.win.Canvas(), w.app, e) },
				Hide:   func() { w.app.HideOlder(e) },
			}
			if h := w.app.Hosting(); h == nil || h.Entered() != e { // with the own computer the place goes too
				w.chats[e].Kit = func() { settings.ShowKit(w.win.Canvas(), w.app, e) }
			}
		}
		v.chat = w.chats[e]
		v.asks = v.chat.LiftAsks(func() { v.object.Refresh() })
		v.main = v.chat.Object()
	}
	v.object = container.New(&placeLayout{v})
	w.place = v
	v.arrange()
	return v
}

// Object is what the window shows.
func (v *placeView) Object() fyne.CanvasObject { return v.object }

// First is the composer of the conversation.
func (v *placeView) First() fyne.Focusable {
	if v.chat == nil {
		return nil
	}
	return v.chat.First()
}

// Close stops what moves. The conversation goes on without being seen.
func (v *placeView) Close() {
	if v.gate != nil {
		v.gate.Close()
	}
	if v.pane != nil {
		v.pane.Close()
		v.pane = nil
	}
}

// Update shows what has changed.
func (v *placeView) Update() {
	var items []rail.Item
	for _, e := range v.w.app.Opened() {
		items = append(items, rail.Item{ID: e.Member.ID, Name: e.Name(), Here: e == v.e, Away: !e.Online(), Unread: e.Place.Unread()})
	}
	v.rail.Set(items)
	if v.gate != nil {
		v.gate.Update()
	}
	v.arrange()
	if v.pane != nil {
		v.pane.Update()
	}
	v.w.win.SetTitle(v.w.title())
}

// arrange puts the host's pane there or takes it away, and what it has to say when it
// is not there.
func (v *placeView) arrange() {
	h := v.w.app.Hosting()
	note := ""
	if h != nil {
		note = h.FullNote()
	}
	if note != "" {
		v.full.SetText(note)
	}
	if v.full.Visible() != (note != "") {
		draw.Show(v.full, note != "")
		v.object.Refresh()
	}
	here := h != nil && h.Entered() == v.e
	draw.Show(v.host, here)
	open := here && h.Shown()
	switch {
	case open && v.pane == nil:
		v.pane = hosting.NewPane(v.w.app, h)
	case !open && v.pane != nil:
		v.pane.Close()
		v.pane = nil
	}
	objects := []fyne.CanvasObject{v.main, v.rail, v.full}
	if v.pane != nil {
		objects = append(objects, v.pane.Object(), v.edge)
	}
	if v.asks != nil {
		objects = append(objects, v.asks)
	}
	if len(objects) != len(v.object.Objects) {
		v.object.Objects = objects
		v.object.Refresh()
	}
}

// talking reports whether the conversation is in sight.
func (v *placeView) talking() bool { return v.chat != nil && v.main.Visible() }

// dropped takes files that were dropped on the window.
func (v *placeView) dropped(paths []string) {
	if v.chat != nil {
		v.chat.Dropped(paths)
	}
}

// search opens the search for messages, in the open room or in all.
func (v *placeView) search(here bool) {
	if v.chat != nil && v.w.win.Canvas().Overlays().Top() == nil {
		v.chat.Search(here)
	}
}

type placeLayout struct{ v *placeView }

func (*placeLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(theme.Units(320), theme.Units(360))
}

func (l *placeLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	v := l.v
	thick := theme.Units(rail.Thick)
	lying := size.Width < theme.Units(railStands)
	v.rail.Lie(lying)
	x, wide, high := thick, size.Width-thick, size.Height
	if lying {
		x, wide, high = 0, size.Width, size.Height-thick
		draw.Place(v.rail, 0, high, size.Width, thick)
	} else {
		draw.Place(v.rail, 0, 0, thick, size.Height)
	}
	y := float32(0)
	for _, over := range []fyne.CanvasObject{v.asks, v.full} {
		if over == nil || !over.Visible() {
			continue
		}
		over.Resize(fyne.NewSize(wide, over.MinSize().Height)) // its words break by its width
		own := over.MinSize().Height
		draw.Place(over, x, y, wide, own)
		y, high = y+own, high-own
	}
	was := v.main.Visible()
	defer func() {
		if v.main.Visible() != was {
			v.w.activate()
		}
		v.w.liftNotes()
	}()
	if v.pane == nil {
		draw.Show(v.main, true)
		draw.Place(v.main, x, y, wide, high)
		return
	}
	side := theme.Units(paneWide)
	if size.Width < theme.Units(paneBeside) {
		draw.Show(v.main, false)
		draw.Show(v.edge, false)
		draw.Place(v.pane.Object(), x, y, wide, high)
		return
	}
	draw.Show(v.main, true)
	draw.Place(v.main, x, y, wide-side-1, high)
	draw.Show(v.edge, true)
	draw.Place(v.edge, size.Width-side-1, y, 1, high)
	draw.Place(v.pane.Object(), size.Width-side, y, side, high)
}
