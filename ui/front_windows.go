package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver"
	"golang.org/x/sys/windows"
)

// letOthersComeForward lets the window that is open come before the others. Only
// the program that a person has just started may allow it; without it the
// window's button in the task bar blinks instead.
func letOthersComeForward() {
	const anyProcess = ^uintptr(0) // ASFW_ANY
	_, _, _ = windows.NewLazySystemDLL("user32.dll").NewProc("AllowSetForegroundWindow").Call(anyProcess)
}

// comeForward brings the window before the others, also when it is minimized,
// from which asking for the keyboard does not bring it back.
func comeForward(w fyne.Window) {
	if n, ok := w.(driver.NativeWindow); ok {
		n.RunNative(func(context any) {
			c, ok := context.(driver.WindowsWindowContext)
			if !ok {
				return
			}
			user := windows.NewLazySystemDLL("user32.dll")
			if iconic, _, _ := user.NewProc("IsIconic").Call(c.HWND); iconic != 0 {
				const restore = 9 // SW_RESTORE
				_, _, _ = user.NewProc("ShowWindow").Call(c.HWND, restore)
			}
		})
	}
	w.RequestFocus()
}
