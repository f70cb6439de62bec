//go:build !windows

package ui

import "fyne.io/fyne/v2"

// letOthersComeForward is for Windows: elsewhere a program may always do so.
func letOthersComeForward() {}

// comeForward brings the window before the others.
func comeForward(w fyne.Window) { w.RequestFocus() }
