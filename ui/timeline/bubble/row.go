// Package bubble draws one row of a list of messages: a message in its bubble with
// what belongs to it (quote, picture, file, reactions, time and state), or a line of
// the system, and what stands above it: the day, what is new, what is on its way.
//
// It gets a row as plain data and draws it as objects of the canvas, with the areas
// that can be pressed; it knows neither the list nor the pointer, neither rooms nor
// accounts. Sentences come from ui/text. All calls are made on Fyne's goroutine.
//
// Look and measurements follow the design notes on the desktop.
package bubble

import (
	"image"
	"time"

	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/text"
)

// Kind is what a row is.
type Kind uint8

// A Message has a bubble and a sender, a System line stands in the middle.
const (
	Message Kind = iota
	System
)

// State is how far an own message has come.
type State uint8

// Only what is known is said: Waiting until the host has acknowledged it. Other
// people's messages have NoState.
const (
	NoState State = iota
	Waiting
	OnHost
	Failed
	OnDevice // of everybody else in a private room
	Seen     // by everybody else there
)

// Row is one message or one system line.
type Row struct {
	ID     string // the same as long as the row exists
	Kind   Kind
	From   string // name of the sender
	FromID string // stays when the name changes; decides colour and grouping
	Own    bool
	At     time.Time
	Text   string // with its marks, see package markup
	State  State
	File   *File

	Origin    string   // "Forwarded from Ana"; "" for a message of its own
	Original  bool     // the message that it is a copy of can be shown
	Picked    bool     // one of those with which something is to be done
	Names     []string // whom Text names by "@name"
	Quote     *Quote   // what it answers
	Reactions []Reaction
	Edited    bool
	Pinned    bool
	Marked    bool // by this person alone
	ForMe     bool // it names this person: it is set off
}

// File is the part of a row that shows a file. Line and the actions are decided
// outside.
type File struct {
	Name    string
	Line    string  // size, speed and time left, or why it stopped
	Size    string  // said by the Download button; "" for none
	Part    float64 // 0 to 1; negative for no bar
	Fault   bool    // Line says that something went wrong
	Actions []Action
	Picture *Picture // it is shown as a picture; nil for a card
}

// Picture is a file as it is seen. Without an Image its place is kept free.
type Picture struct {
	Width, Height int // in pixels; 0 when they are not known
	Image         image.Image
	Here          bool // it is the picture itself, all of it: no card is needed
}

// Action is what a person can do with a file.
type Action uint8

// The actions of a file, as its buttons say them.
const (
	Download Action = iota + 1
	Pause
	Resume
	Cancel
	Open
	SaveAs
	ShowFolder
	Retry
	Show // the picture on the whole window; no button says it
)

// Label is what the button of an action says.
func (f *File) Label(a Action) string {
	switch a {
	case Download:
		if f.Size != "" {
			return text.FileDownload(f.Size)
		}
		return text.FileGet()
	case Pause:
		return text.FilePause()
	case Resume:
		return text.FileResume()
	case Cancel:
		return text.FileCancel()
	case Open:
		return text.FileOpen()
	case SaveAs:
		return text.FileSaveAs()
	case ShowFolder:
		return text.FileFolder()
	case Retry:
		return text.WordRetry()
	}
	return ""
}

// glyph is the icon of the round button at the left of a file, which does the
// first action.
func (a Action) glyph() icon.Name {
	switch a {
	case Download:
		return icon.Download
	case Pause:
		return icon.Pause
	case Resume:
		return icon.Play
	case Cancel:
		return icon.Close
	case Retry:
		return icon.Refresh
	}
	return icon.File
}
