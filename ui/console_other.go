//go:build !windows

package ui

// AttachConsole is for Windows, where a program with a window has no console.
func AttachConsole() {}
