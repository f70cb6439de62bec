// Package sheets opens what lies over a conversation: what is asked before something
// happens to a message, what is known about one, and the lists of files, of messages
// that were pinned, marked or found, and of where one can be forwarded to.
//
// It must not know how messages are drawn, nor clients or the network: ui/state has
// what is listed and does what the person wants. Words and flows are those of UX.md
// (4.5 and 4.7). All calls are made on Fyne's goroutine.
package sheets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// Sheets opens sheets over the conversation of a place.
type Sheets struct {
	Place   *state.Place
	Desktop state.Desktop

	// Canvas is where they are shown; nil while the conversation is not.
	Canvas func() fyne.Canvas

	// Went is called when a sheet has led to a message, which is to be seen now.
	Went func()
}

// talk is the conversation that is open.
func (v *Sheets) talk() *state.Conversation { return v.Place.Conversation() }

// Copy puts words on the clipboard and says so.
func (v *Sheets) Copy(s string) {
	v.Desktop.SetClipboard(s)
	v.Desktop.Toast(text.WordCopied())
}

// scrolled makes a list of rows scroll in a sheet: as high as the window lets it be, so that
// the sheet does not scroll around what scrolls itself. nearEnd is called when its end
// is nearly in sight; nil for nothing. The second result is what goes into the sheet.
func scrolled(c fyne.Canvas, list fyne.CanvasObject, nearEnd func()) (*container.Scroll, fyne.CanvasObject) {
	s := container.NewVScroll(list)
	if nearEnd != nil {
		s.OnScrolled = func(at fyne.Position) {
			if at.Y+2*s.Size().Height > list.Size().Height {
				nearEnd()
			}
		}
	}
	return s, kit.Out(container.New(&listLayout{c}, s))
}

// listLayout gives a list the height that the window has left for it now.
type listLayout struct{ canvas fyne.Canvas }

func (l *listLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	rest := theme.Units(270) // title, field, tabs and buttons of the sheet
	return fyne.NewSize(theme.Units(200), max(theme.Units(110), min(theme.Units(340), l.canvas.Size().Height-rest)))
}

func (l *listLayout) Layout(o []fyne.CanvasObject, size fyne.Size) { o[0].Resize(size) }
