//go:build !linux || !cgo

package ui

// trimMalloc does nothing where the C library gives memory back by itself.
func trimMalloc() {}
