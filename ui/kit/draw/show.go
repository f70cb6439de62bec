package draw

import "fyne.io/fyne/v2"

// Show shows or hides an object, if it is not so already, and has it painted. Fyne
// knows the window of an object once it has painted it, so what is shown for the
// first time, or after a minute, does not have itself painted: it would be seen only
// when something else changes. Whatever comes and goes is shown by this.
func Show(o fyne.CanvasObject, yes bool) {
	switch {
	case yes && !o.Visible():
		o.Show()
		for _, w := range fyne.CurrentApp().Driver().AllWindows() {
			w.Canvas().Refresh(o)
		}
	case !yes && o.Visible():
		o.Hide()
	}
}
