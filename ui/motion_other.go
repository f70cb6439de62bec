//go:build !linux && !windows

package ui

import "context"

// wantsCalm is not known here: macOS tells only programs that are linked with its
// frameworks. The setting of the program remains.
func wantsCalm(context.Context) bool { return false }
