package state

import (
	"github.com/snugchat/snug/ui/media"
	"github.com/snugchat/snug/ui/text"
)

// maxFacts is how many files are remembered with what they say of themselves: more
// than a conversation holds lines of. When they are more, all are read again.
const maxFacts = 1000

// fileFacts is what recordings and documents say of themselves, by where they lie.
// The zero value is ready; it belongs to the reader's goroutine.
type fileFacts struct{ known map[string]string }

// tell adds to the line of a file that is here how long it lasts or how many pages
// it has (FEATURES F7). A file that does not say, or cannot be read, gets nothing.
func (x *fileFacts) tell(f *FileLine) {
	if x == nil || f.Path == "" || f.Bar || f.Fault || media.KindOf(f.Name) == media.Other {
		return
	}
	words, ok := x.known[f.Path]
	if !ok {
		if x.known == nil || len(x.known) >= maxFacts {
			x.known = make(map[string]string)
		}
		switch got, err := media.Open(f.Path, f.Name); {
		case err != nil:
		case got.Length > 0:
			words = text.Length(got.Length)
		case got.Pages > 0:
			words = text.FilePages(got.Pages)
		}
		x.known[f.Path] = words
	}
	if words != "" {
		f.Line = text.WordList(f.Line, words)
	}
}
