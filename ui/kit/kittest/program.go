package kittest

import (
	"slices"
	"sync/atomic"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	fynetheme "fyne.io/fyne/v2/theme"

	"github.com/snugchat/snug/ui/theme"
)

// Program is the program of a test. Unlike Fyne's own it does not run what is
// sent by fyne.Do on the goroutine that sends it: a test runs it on its own, by
// [Program.Run], as the real one does on Fyne's.
type Program struct {
	fyne.App
	driver *queue
}

// App starts a program with our theme at a text size in percent, and with our
// emoji, which it takes away again when the test ends. Clocks that go on after
// the test then call nothing any more.
func App(t testing.TB, mode theme.Mode, zoom int) *Program {
	t.Helper()
	stock := fynetheme.DefaultEmojiFont().(*fyne.StaticResource)
	name, content := stock.StaticName, stock.StaticContent
	t.Cleanup(func() {
		stock.StaticName, stock.StaticContent = name, content
		install(test.NewApp())
	})
	theme.InstallEmoji()
	p := install(test.NewTempApp(t))
	p.Settings().SetTheme(theme.New(mode, zoom))
	return p
}

// install makes an app the one that fyne.Do and all widgets know.
func install(app fyne.App) *Program {
	p := &Program{App: app, driver: &queue{Driver: app.Driver(), todo: make(chan func(), maxQueue)}}
	fyne.SetCurrentApp(p)
	return p
}

// maxQueue is how many functions wait before those that send more have to: more
// than any test or clock sends that nobody runs.
const maxQueue = 4096

// Driver implements fyne.App.
func (p *Program) Driver() fyne.Driver { return p.driver }

// Todo gives the functions that wait, to a test that waits for the next.
func (p *Program) Todo() <-chan func() { return p.driver.todo }

// Run runs the functions that wait, and those that they send.
func (p *Program) Run() {
	for {
		select {
		case f := <-p.driver.todo:
			f()
		default:
			return
		}
	}
}

// Painted reports whether do has anything painted anew: a window is not painted
// because something in it has changed, but because Fyne was told so.
func (p *Program) Painted(do func()) bool {
	before := p.driver.asked.Load()
	do()
	return p.driver.asked.Load() != before
}

type queue struct {
	fyne.Driver
	todo chan func()
	// asked is how often somebody wanted to know on which canvas an object is, as
	// everybody does who has it painted, or had a canvas of all windows paint it.
	asked atomic.Int64
}

// AllWindows implements fyne.Driver.
func (q *queue) AllWindows() []fyne.Window {
	all := slices.Clone(q.Driver.AllWindows())
	for i, w := range all {
		all[i] = watched{w, q}
	}
	return all
}

// watched is a window that counts what is painted.
type watched struct {
	fyne.Window
	q *queue
}

// Canvas implements fyne.Window.
func (w watched) Canvas() fyne.Canvas { return watchedCanvas{w.Window.Canvas(), w.q} }

type watchedCanvas struct {
	fyne.Canvas
	q *queue
}

// Refresh implements fyne.Canvas.
func (c watchedCanvas) Refresh(o fyne.CanvasObject) {
	c.q.asked.Add(1)
	c.Canvas.Refresh(o)
}

// CanvasForObject implements fyne.Driver.
func (q *queue) CanvasForObject(o fyne.CanvasObject) fyne.Canvas {
	q.asked.Add(1)
	return q.Driver.CanvasForObject(o)
}

// DoFromGoroutine implements fyne.Driver.
func (q *queue) DoFromGoroutine(f func(), wait bool) {
	if !wait {
		q.todo <- f
		return
	}
	done := make(chan struct{})
	q.todo <- func() {
		f()
		close(done)
	}
	<-done
}
