package wire

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// InviteFileEnding ends the name of an invite file. Case does not count.
const InviteFileEnding = ".snug"

// InviteFileType is the media type of an invite file (RFC 6838, section 3.2).
const InviteFileType = "application/vnd.snug.invite"

// MaxInviteFile bounds an invite file, in bytes. A link has at most 1,024
// characters; the rest is for what mail programs and editors put around it.
const MaxInviteFile = 16 << 10

// ErrInviteFile says that a file is no invite file: it cannot be read, is too
// large, or what is in it is not an invite link and nothing else.
var ErrInviteFile = errors.New("this is no invite file")

// FormatInviteFile returns what is in an invite file: the link as one line.
func FormatInviteFile(link string) []byte { return []byte(link + "\n") }

// ParseInviteFile reads what is in an invite file: UTF-8 text whose only line that
// is not empty is an invite link, as ParseLink forgives it. It returns the link
// without what stood around it. A link of a later version is returned as well: who
// opens it hears that they need a newer Snug. The error is ErrInviteFile, with
// ErrBadLink or ErrDeviceLink if there is a line that is not an invite link.
func ParseInviteFile(b []byte) (link string, err error) {
	if len(b) > MaxInviteFile {
		return "", fmt.Errorf("%w: larger than %d bytes", ErrInviteFile, MaxInviteFile)
	}
	b = bytes.TrimPrefix(b, []byte("\ufeff")) // as Windows' Notepad writes it
	if !utf8.Valid(b) {
		return "", fmt.Errorf("%w: not UTF-8 text", ErrInviteFile)
	}
	for line := range strings.Lines(string(b)) {
		if line = trimLink(line); line == "" {
			continue
		}
		if link != "" {
			return "", fmt.Errorf("%w: more than one line", ErrInviteFile)
		}
		link = line
	}
	if link == "" {
		return "", fmt.Errorf("%w: it is empty", ErrInviteFile)
	}
	if _, err := ParseLink(link); err != nil && !errors.Is(err, ErrNewerLink) {
		return "", fmt.Errorf("%w: %w", ErrInviteFile, err)
	}
	return link, nil
}
