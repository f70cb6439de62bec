// Package state holds every decision that the windows show: which screen a
// person is on, what they may do there, what a message, a file or a person looks
// like, and which sentence says what went wrong.
//
// It must not know Fyne, a widget or a colour: it asks the computer's desktop
// through Desktop, and is tested as plain Go. Nor does it know bytes on the
// wire: net/client and net/setup do the work.
//
// What a screen says and offers is specified by the flows of UX.md; the words
// are those of ui/text.
//
// Everything in it belongs to the window's goroutine: a method is called there
// and never blocks, and what changes is announced there. What takes time runs
// through App.Work and Desktop.Do.
package state

import (
	"time"

	"github.com/snugchat/snug/ui/text"
)

// Desktop is what this package may ask of the desktop around the window. ui
// fills it in with Fyne, tests with functions of their own; every field is set.
// The functions are called on the window's goroutine, Do and Picture from any.
type Desktop struct {
	Do func(func()) // runs a function on the window's goroutine, later; never waits for it

	Clipboard    func() string
	SetClipboard func(string)
	// Picture returns the PNG on the clipboard, nil for none or where the desktop
	// cannot tell. It may wait for the program that has it, so it is called on a
	// goroutine of its own.
	Picture func() []byte

	// ChooseFile and ChooseFolder let the person choose and call back with full
	// paths, or not at all if they change their mind.
	ChooseFile   func(chosen func(paths []string))
	ChooseFolder func(chosen func(path string))

	OpenURL func(url string)         // in the browser
	Open    func(path string)        // a file or a folder, with the program that the computer has for it
	Notify  func(title, body string) // a message of the desktop; nothing while the window is in front
	Toast   func(sentence string)    // a word over the window that goes away by itself
	Problem func(s text.Sentence)    // Toast of what went wrong, with its code in details; nil: only Toast
	Now     func() time.Time
}
