//go:build !windows

package main

// useConsole is for Windows, where a program with a window has no console.
func useConsole() {}
