package chat

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/theme"
)

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
