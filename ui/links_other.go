//go:build !darwin || !cgo

package ui

// watchLinks is for macOS: elsewhere a clicked link is an argument of a second
// start, which hands it over (net/setup).
func watchLinks(func(link string)) (stop func()) { return func() {} }
