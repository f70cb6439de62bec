package picture

import (
	"errors"
	"io"
)

// Kind says what can be done about what a file tells of its maker.
type Kind int

// The kinds.
const (
	Other Kind = iota // no picture or film that is known here
	// Clear is a picture out of which Clean takes what it tells.
	Clear
	// Telling is a picture or film that mostly tells where and when it was made, and
	// that Clean knows nothing of.
	Telling
)

// headSize is how many bytes say what a file is: a box of ISO/IEC 14496-12 with its
// brand, and what the others have is shorter.
const headSize = 16

// KindOf reads what a file is from its first bytes, whatever its name says.
func KindOf(r io.Reader) (Kind, error) {
	b := make([]byte, headSize)
	n, err := io.ReadFull(r, b)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return Other, err
	}
	return kindOf(b[:n]), nil
}

func kindOf(b []byte) Kind {
	at := func(i int, words ...string) bool {
		for _, w := range words {
			if len(b) >= i+len(w) && string(b[i:i+len(w)]) == w {
				return true
			}
		}
		return false
	}
	switch {
	case at(0, "\xFF\xD8\xFF", "\x89PNG\r\n\x1a\n", "GIF8"), at(0, "RIFF") && at(8, "WEBP"):
		return Clear
	case at(0, "II*\x00", "MM\x00*", "II\x2B\x00", "MM\x00\x2B"), // TIFF and BigTIFF: DNG and the raw files of most cameras too
		at(0, "IIU\x00", "IIRO", "IIRS", "FUJIFILM", "FOVb"),              // raw files of Panasonic, Olympus, Fujifilm, Sigma
		at(0, "\xFF\x0A", "\x00\x00\x00\x0CJXL ", "\x00\x00\x00\x0CjP  "), // JPEG XL, JPEG 2000
		at(0, "\x1A\x45\xDF\xA3"),                                         // Matroska, WebM
		at(0, "RIFF") && at(8, "AVI "),                                    // AVI
		at(0, "8BPS"):                                                     // Photoshop
		return Telling
	case at(4, "ftyp"): // HEIF, AVIF, MP4, QuickTime, 3GP, the raw files of Canon
		if at(8, "M4A ", "M4B ", "M4P ") { // sound
			return Other
		}
		return Telling
	case at(4, "moov", "mdat", "wide", "pnot", "skip", "free") && b[0] < ' ': // QuickTime before brands; its size is no letter
		return Telling
	}
	return Other
}
