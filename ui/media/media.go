// Package media says of recordings how long they last and of PDF documents how
// many pages they have, for the cards of files that strangers made.
//
// It knows bytes and nothing of messages or screens. It decodes no sound and draws
// no page: it reads the few fields that tell, and of each file only so much as its
// bounds allow, whatever the file claims.
//
// The formats: RIFF/WAVE, MPEG audio (ISO/IEC 11172-3, with the Xing and VBRI
// headers), FLAC (RFC 9639), Ogg (RFC 3533) with Opus (RFC 7845) or Vorbis, ISO
// base media files (ISO/IEC 14496-12) and PDF (ISO 32000).
package media

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// ErrUnknown says that a file is none of those that this package knows, or does
// not tell.
var ErrUnknown = errors.New("not a recording or document that tells its length")

// longest is the longest recording that is believed: a hundred hours. A damaged
// field would say years.
const longest = 100 * time.Hour

// maxPages is the largest number of pages that is believed.
const maxPages = 1_000_000

// Facts are what a file tells of itself: one of the two.
type Facts struct {
	Length time.Duration // of a recording
	Pages  int           // of a document
}

// Kind is what a file is by its name.
type Kind int

// The kinds.
const (
	Other Kind = iota
	Audio
	Document
)

// KindOf tells by the name of a file if it may have facts.
func KindOf(name string) Kind {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".wav", ".mp3", ".flac", ".ogg", ".oga", ".opus", ".m4a":
		return Audio
	case ".pdf":
		return Document
	}
	return Other
}

// Open reads the facts of a file, whose kind is told by name. It reads at most a few
// megabytes. Its errors are ErrUnknown and those of reading.
func Open(path, name string) (Facts, error) {
	kind := KindOf(name)
	if kind == Other {
		return Facts{}, ErrUnknown
	}
	f, err := os.Open(path)
	if err != nil {
		return Facts{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Facts{}, err
	}
	if !info.Mode().IsRegular() {
		return Facts{}, ErrUnknown
	}
	return Read(f, info.Size(), kind)
}

// Read is Open for what is open already: size is its length in bytes.
func Read(r io.ReaderAt, size int64, kind Kind) (Facts, error) {
	switch kind {
	case Document:
		n, err := pages(r, size)
		return Facts{Pages: n}, err
	case Audio:
		d, err := length(r, size)
		return Facts{Length: d}, err
	case Other:
	}
	return Facts{}, ErrUnknown
}

// head is how many bytes of a file are read to find out what it is.
const head = 64 << 10

// length reads how long a recording lasts, by what it begins with, whatever its
// name says of its format.
func length(r io.ReaderAt, size int64) (time.Duration, error) {
	b, err := part(r, 0, min(size, head))
	if err != nil {
		return 0, err
	}
	var seconds float64
	switch {
	case has(b, 0, "RIFF") && has(b, 8, "WAVE"):
		seconds = wave(r, size)
	case has(b, 0, "fLaC"):
		seconds = flac(b)
	case has(b, 0, "OggS"):
		seconds, err = ogg(r, size, b)
	case has(b, 4, "ftyp"):
		seconds = isoMedia(r, size)
	default:
		seconds, err = mpeg(r, size)
	}
	if err != nil {
		return 0, err
	}
	if math.IsNaN(seconds) || seconds <= 0 || seconds > longest.Seconds() {
		return 0, ErrUnknown
	}
	return time.Duration(seconds * float64(time.Second)), nil
}

// part reads n bytes at off; fewer at the end of the file.
func part(r io.ReaderAt, off, n int64) ([]byte, error) {
	b := make([]byte, max(0, n))
	got, err := r.ReadAt(b, off)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read file: %w", err)
	}
	return b[:got], nil
}

func has(b []byte, at int, s string) bool { return len(b) >= at+len(s) && string(b[at:at+len(s)]) == s }
