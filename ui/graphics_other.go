//go:build !windows

package ui

import "errors"

// drawable is for Windows: here Fyne says on standard error why it opens no
// window.
func drawable() string { return "" }

// tellPlainly tells a sentence without a window.
func tellPlainly(sentence string) error { return errors.New(sentence) }
