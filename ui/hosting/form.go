// Package hosting shows what belongs to the host of a place: the form that makes
// one, and the host's pane with its log, people, invites, files and settings.
//
// It knows ui/state and decides nothing. What it says is specified by sections
// 4.2, 4.3 and 4.8 of UX.md.
package hosting

import (
	"fyne.io/fyne/v2"

	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/pick"
	"github.com/snugchat/snug/ui/page"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
)

// Screen is the form that makes a place.
type Screen struct {
	object fyne.CanvasObject
	first  fyne.Focusable
	update func()
	busy   *page.Busy
}

// Object is what the window shows.
func (s *Screen) Object() fyne.CanvasObject { return s.object }

// First is what gets the keyboard when the form is shown.
func (s *Screen) First() fyne.Focusable { return s.first }

// Close stops what moves.
func (s *Screen) Close() { s.busy.Set("") }

// Update shows what has changed.
func (s *Screen) Update() { s.update() }

// Form asks for the name of a new place and who may join.
func Form(a *state.App, frame page.Frame) *Screen {
	name := kit.NewField(text.HostName(), text.HostNameHint())
	page.Prefill(name, a.DefaultPlaceName())
	modes := state.Modes()[:3] // a new place that nobody may join is of no use
	var options []pick.Option
	for _, m := range modes {
		options = append(options, pick.Option{Title: state.ModeWords(m)})
	}
	who := pick.NewChoices(options, 0, nil)
	begin := func() { name.SetFault(a.StartHosting(name.Text(), modes[who.Chosen()])) }
	name.OnSubmit = func(string) { begin() }
	button := kit.NewButton(kit.Primary, text.HostStart(), begin)
	fault, busy := page.NewFault(), page.NewBusy()
	s := &Screen{first: name.Entry(), busy: busy}
	s.update = func() {
		button.SetEnabled(!a.Busy())
		name.SetEnabled(!a.Busy())
		fault.Set(a.Fault())
		said := ""
		if a.Busy() {
			said = text.HostStarting()
		}
		busy.Set(said)
	}
	s.object = page.New(frame, page.Heading(icon.Host, text.HostTitle(), ""), name,
		kit.Column(8, page.Section(text.HostWho()), who), button, fault, busy)
	return s
}
