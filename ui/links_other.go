//go:build !darwin || !cgo

package ui

// beginLinks and watchLinks are for macOS: elsewhere a clicked link is an argument
// of a second start, which hands it over (net/setup).
func beginLinks() {}

func watchLinks(func(link string)) (stop func()) { return func() {} }
