package ui

import (
	"os"

	"golang.org/x/sys/windows"
)

// AttachConsole lets the words of `snug version` and other commands appear in the
// console that they were typed in: Windows gives a program with a window none.
// Output that goes to a file or another program stays as it is. main calls it
// first, before anything is written.
func AttachConsole() {
	if len(os.Args) < 2 {
		return
	}
	if h, err := windows.GetStdHandle(windows.STD_OUTPUT_HANDLE); err == nil && h != 0 && h != windows.InvalidHandle {
		return
	}
	const parent = ^uintptr(0) // ATTACH_PARENT_PROCESS
	if ok, _, _ := windows.NewLazySystemDLL("kernel32.dll").NewProc("AttachConsole").Call(parent); ok == 0 {
		return // started by a click: nobody reads along
	}
	if console, err := os.OpenFile("CONOUT$", os.O_RDWR, 0); err == nil {
		os.Stdout, os.Stderr = console, console
	}
}
