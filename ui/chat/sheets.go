package chat

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/theme"
)

// scrolled puts a list of rows into a sheet: as high as the window lets it be, so that
// the sheet does not scroll around what scrolls itself.
func scrolled(c fyne.Canvas, list fyne.CanvasObject) fyne.CanvasObject {
	s := container.NewVScroll(list)
	rest := theme.Units(270) // title, field, tabs and buttons of the sheet
	s.SetMinSize(fyne.NewSize(theme.Units(200), max(theme.Units(110), min(theme.Units(340), c.Size().Height-rest))))
	return kit.Out(s)
}
