package ui

import (
	"runtime"
	"sync/atomic"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"

	"github.com/snugchat/snug/net/setup"
	"github.com/snugchat/snug/storage/prefs"
	"github.com/snugchat/snug/ui/chat"
	"github.com/snugchat/snug/ui/hosting"
	"github.com/snugchat/snug/ui/join"
	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/layer"
	"github.com/snugchat/snug/ui/kit/press"
	"github.com/snugchat/snug/ui/page"
	"github.com/snugchat/snug/ui/start"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// screen is what one screen of the program offers to the window.
type screen interface {
	Object() fyne.CanvasObject
	First() fyne.Focusable // gets the keyboard when it is shown; nil for nothing
	Update()               // shows what has changed in ui/state
	Close()                // stops what moves; it is not shown any more
}

// window is the program's window and what is in it.
type window struct {
	fyne  fyne.App
	win   fyne.Window
	app   *state.App
	theme *theme.Theme
	look  look // of the theme in force

	view     screen
	shows    state.Screen // that view was made for
	within   any          // which part of that screen, such as a step
	place    *placeView
	chats    map[*state.Entered]*chat.View
	notes    *layer.Notes
	switches []*kit.IconButton // that change the theme, one on each screen

	front  bool        // the window has the keyboard
	closed atomic.Bool // the window is gone: nothing is shown any more
	redraw bool        // a change waits to be shown
	calm   bool        // the desktop wants as little motion as there can be
}

// look is what the theme is made from.
type look struct {
	mode theme.Mode
	zoom int
	calm bool
}

// leastSize is the smallest window that every screen is tested in.
const (
	leastWidth  = 360
	leastHeight = 480
)

// How far above the lower edge notes stand, in units: over the composer, and where
// there is none out of the way of what is pressed.
const (
	overComposer = 96
	atFoot       = 12
)

// liftNotes puts notes where they cover nothing that is pressed.
func (w *window) liftNotes() {
	if w.place != nil && w.place.talking() {
		w.notes.Lift(overComposer)
		return
	}
	w.notes.Lift(atFoot)
}

func newWindow(app fyne.App) *window {
	w := &window{fyne: app, win: app.NewWindow(text.AppName()), notes: layer.NewNotes(overComposer), front: true, chats: make(map[*state.Entered]*chat.View)}
	w.win.SetMaster()
	w.win.SetPadded(false)
	if meta := app.Metadata(); meta.Icon != nil {
		app.SetIcon(meta.Icon)
		w.win.SetIcon(meta.Icon)
	}
	app.Lifecycle().SetOnEnteredForeground(func() { w.inFront(true) })
	app.Lifecycle().SetOnExitedForeground(func() { w.inFront(false) })
	app.Lifecycle().SetOnStopped(func() { w.closed.Store(true) })
	return w
}

// desktop gives ui/state what it may ask of the desktop. Functions that it sends
// to this goroutine after the window has gone are dropped.
func (w *window) desktop() state.Desktop {
	d := desktopOf(w.fyne, w.win, func() bool { return w.front })
	d.Do = func(f func()) {
		fyne.Do(func() {
			if !w.closed.Load() {
				f()
			}
		})
	}
	notify := d.Notify
	d.Notify = func(title, body string) {
		if w.app.Prefs().Notify {
			notify(title, body)
		}
	}
	d.Toast = func(sentence string) { w.notes.Say(sentence, "", nil) }
	d.Problem = w.sayProblem
	return d
}

// sayProblem says what went wrong as a note, with a button to its details.
func (w *window) sayProblem(s text.Sentence) {
	if s.Code == "" {
		w.notes.Say(s.String(), "", nil)
		return
	}
	w.notes.Say(s.String(), text.WordDetails(), func() { w.showProblem(s) })
}

// showProblem shows the code of a problem with what somebody who helps has to know,
// which can be copied: no names and nothing that was written (UX 4.11).
func (w *window) showProblem(s text.Sentence) {
	facts := text.WordList(text.WordList(s.Code, text.AppName()+" "+w.fyne.Metadata().Version), runtime.GOOS+"/"+runtime.GOARCH)
	var sheet *layer.Layer
	copied := kit.NewButton(kit.Secondary, text.WordCopy(), func() {
		w.fyne.Clipboard().SetContent(facts)
		w.notes.Say(text.WordCopied(), "", nil)
	})
	done := kit.NewButton(kit.Primary, text.WordDone(), func() { sheet.Dismiss() })
	sheet = layer.Sheet(w.win.Canvas(), text.WordDetails(), kit.Column(8, kit.NewParagraph(s.String()), kit.NewHint(facts)), copied, done)
}

// inFront notes whether the window has the keyboard: only then is what is on
// screen read.
func (w *window) inFront(front bool) {
	w.front = front
	w.activate()
}

// activate tells each conversation whether the person sees it.
func (w *window) activate() {
	for e, c := range w.chats {
		c.SetActive(w.front && w.place != nil && w.place.e == e && w.place.talking())
	}
}

// forget closes the conversations of places that are not open any more.
func (w *window) forget() {
	for e, c := range w.chats {
		if !w.app.IsOpen(e) {
			c.Close()
			delete(w.chats, e)
		}
	}
}

// open shows the window for the first time.
func (w *window) open() {
	p := w.app.Prefs()
	w.applyTheme(p)
	w.app.OnChange(w.changed)
	w.show()
	w.win.Resize(fyne.NewSize(float32(max(p.WindowWidth, leastWidth)), float32(max(p.WindowHeight, leastHeight))))
	w.win.SetCloseIntercept(w.askClose)
	w.win.SetOnDropped(func(_ fyne.Position, uris []fyne.URI) { w.dropped(uris) })
	w.shortcuts()
	w.askMotion()
	w.win.Show()
}

// dropped takes files that were dropped onto the window: into the message in a
// place, and where a link is asked for the first as an invite file. What is none,
// the screen says.
func (w *window) dropped(uris []fyne.URI) {
	var paths []string
	for _, u := range uris {
		if u.Scheme() == "file" {
			paths = append(paths, u.Path())
		}
	}
	switch {
	case len(paths) == 0:
	case w.app.Screen() == state.ScreenJoin && w.app.Join().Step() == state.JoinPaste:
		w.app.Link(paths[0])
	case w.app.Screen() == state.ScreenPlace && w.place != nil:
		w.place.dropped(paths)
	}
}

// shortcuts are the keys that work on every screen.
func (w *window) shortcuts() {
	c := w.win.Canvas()
	zoom := func(direction int) func(fyne.Shortcut) {
		return func(fyne.Shortcut) { w.app.Zoom(direction) }
	}
	for _, k := range []struct {
		key       fyne.KeyName
		direction int
	}{{fyne.KeyPlus, 1}, {fyne.KeyEqual, 1}, {fyne.KeyMinus, -1}, {fyne.Key0, 0}} {
		c.AddShortcut(&desktop.CustomShortcut{KeyName: k.key, Modifier: fyne.KeyModifierShortcutDefault}, zoom(k.direction))
		c.AddShortcut(&desktop.CustomShortcut{KeyName: k.key, Modifier: fyne.KeyModifierShortcutDefault | fyne.KeyModifierShift}, zoom(k.direction))
	}
	for key, here := range map[fyne.KeyName]bool{fyne.KeyF: true, fyne.KeyK: false} {
		c.AddShortcut(&desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierShortcutDefault}, func(fyne.Shortcut) {
			if w.place != nil {
				w.place.search(here)
			}
		})
	}
	c.SetOnTypedKey(func(e *fyne.KeyEvent) {
		if e.Name == fyne.KeyEscape && !press.Escape(c) && w.app.CanGoBack() {
			w.app.Back()
		}
	})
}

// changed is called after every change in ui/state. Many changes in a row are
// shown at once.
func (w *window) changed() {
	if w.redraw || w.closed.Load() {
		return
	}
	w.redraw = true
	fyne.Do(func() {
		w.redraw = false
		if !w.closed.Load() {
			w.applyTheme(w.app.Prefs())
			w.show()
		}
	})
}

// show puts the right screen into the window, or updates the one that is there.
func (w *window) show() {
	w.forget()
	now, within := w.app.Screen(), w.app.Within()
	if w.view != nil && now == w.shows && within == w.within {
		w.view.Update()
		w.tellRepairs()
		return
	}
	for press.Escape(w.win.Canvas()) { // what lay over the screen belonged to it
	}
	if w.view != nil {
		w.view.Close()
	}
	w.shows, w.within, w.switches, w.place = now, within, nil, nil
	w.view = w.make(now)
	w.win.SetContent(container.NewStack(w.view.Object(), w.notes))
	w.win.SetTitle(w.title())
	w.view.Update()
	w.activate()
	w.liftNotes()
	if first := w.view.First(); first != nil {
		w.win.Canvas().Focus(first)
	}
	w.tellRepairs()
}

// tellRepairs says what was found damaged when a place was opened, and what became
// of it. It waits for the screen that the person came for.
func (w *window) tellRepairs() {
	if s := w.app.Screen(); s != state.ScreenPlace && s != state.ScreenStart || w.app.Busy() {
		return
	}
	w.app.TellLate()
	news := w.app.News()
	if len(news) == 0 {
		return
	}
	said := kit.Column(10)
	for _, line := range news {
		said.Add(kit.NewParagraph(line))
	}
	var sheet *layer.Layer
	done := kit.NewButton(kit.Primary, text.WordDone(), func() { sheet.Dismiss() })
	sheet = layer.Sheet(w.win.Canvas(), text.DataRepairTitle(), said, done).Stay()
}

func (w *window) title() string {
	if e := w.app.Shown(); e != nil && w.app.Screen() == state.ScreenPlace {
		return text.AppTitle(e.Name())
	}
	return text.AppName()
}

// make builds a screen.
func (w *window) make(s state.Screen) screen {
	a := w.app
	frame := page.Frame{Theme: w.themeButton()}
	if a.CanGoBack() {
		frame.Back = a.Back
	}
	switch s {
	case state.ScreenStart:
		return start.Welcome(a, frame, w.fyne.Metadata().Icon)
	case state.ScreenName:
		return start.Name(a, frame)
	case state.ScreenProtect:
		return start.Protect(a, frame)
	case state.ScreenLocked:
		return start.Locked(a, frame)
	case state.ScreenHost:
		return hosting.Form(a, frame)
	case state.ScreenJoin:
		return join.New(a, frame)
	case state.ScreenPlace:
		return w.showPlace(a.Shown())
	case state.ScreenBroken:
		return start.Broken(a, frame, w.quit)
	case state.ScreenOpening:
	}
	return start.Opening(frame)
}

// themeButton switches between light and dark.
func (w *window) themeButton() *kit.IconButton {
	b := kit.NewIconButton(icon.Moon, text.SettingsThemeSwitch(), func() { w.app.SwitchTheme(theme.IsDark()) })
	if theme.IsDark() {
		b.SetIcon(icon.Sun, text.SettingsThemeSwitch())
	}
	w.switches = append(w.switches, b)
	return b
}

// applyTheme puts the chosen look in force. Fyne then refreshes every widget;
// nothing is built anew, so scroll positions, drafts and the keyboard stay.
func (w *window) applyTheme(p prefs.Settings) {
	mode := map[prefs.Theme]theme.Mode{prefs.System: theme.System, prefs.Light: theme.Light, prefs.Dark: theme.Dark}[p.Theme]
	l := look{mode: mode, zoom: p.TextScale, calm: p.ReducedMotion || w.calm}
	if w.theme != nil && l == w.look {
		return
	}
	if w.theme == nil {
		w.theme = theme.New(l.mode, l.zoom)
	} else {
		w.theme = w.theme.Switched(l.mode, l.zoom)
	}
	w.theme = w.theme.Calmed(l.calm)
	w.look = l
	w.fyne.Settings().SetTheme(w.theme)
	for _, b := range w.switches {
		if theme.IsDark() {
			b.SetIcon(icon.Sun, text.SettingsThemeSwitch())
		} else {
			b.SetIcon(icon.Moon, text.SettingsThemeSwitch())
		}
	}
}

// take brings the window to the front and shows what a person started Snug for
// once more. It may be called on any goroutine and does not wait. It returns false
// once the window is gone.
func (w *window) take(c setup.Call) bool {
	if w.closed.Load() {
		return false
	}
	fyne.Do(func() {
		if w.closed.Load() {
			return
		}
		comeForward(w.win)
		if c.Host {
			w.app.ChooseHost()
		}
		w.app.Link(c.Link)
	})
	return true
}

// askClose is called when the person closes the window.
func (w *window) askClose() {
	h := w.app.Hosting()
	if h == nil {
		w.quit()
		return
	}
	say := kit.NewParagraph(text.HostStopLine())
	var sheet *layer.Layer
	cancel := kit.NewButton(kit.Secondary, text.WordCancel(), func() { sheet.Dismiss() })
	stop := kit.NewButton(kit.Danger, text.HostStopQuit(), func() {
		sheet.Dismiss()
		w.quit()
	})
	sheet = layer.Sheet(w.win.Canvas(), text.HostStopQuitAsk(), say, cancel, stop)
}

// quit ends the program.
func (w *window) quit() {
	w.closed.Store(true)
	w.fyne.Quit()
}

// gone is called on Fyne's goroutine when nothing is shown any more: no clock may
// run into what has gone.
func (w *window) gone() {
	w.closed.Store(true)
	for e, c := range w.chats { // what was typed last is kept
		c.Close()
		delete(w.chats, e)
	}
	w.notes.Close()
}

// remember keeps the size of the window for the next start, however this one
// ended.
func (w *window) remember() {
	s := w.win.Canvas().Size()
	w.app.Resized(int(s.Width), int(s.Height))
}
