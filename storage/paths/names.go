package paths

import (
	"errors"
	"fmt"
	"iter"
	"os"
	"path"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// MaxNameRunes and MaxNameBytes bound the name of a received file. 255 bytes is
// the limit of ext4, APFS and most others; 120 runes keep a name readable and
// below the 255 UTF-16 units of NTFS.
const (
	MaxNameRunes = 120
	MaxNameBytes = 255
)

// maxExtBytes is the longest ending that survives when a name is cut. A longer
// one is no file type.
const maxExtBytes = 32

// MaxSameName is how many files of one name a received folder takes.
const MaxSameName = 1000

// noName is what a file is called of whose name nothing is left.
const noName = "file"

// reserved are the names that Windows takes for a device, whatever ending
// follows (Microsoft, Naming Files, Paths, and Namespaces), and the two files
// by which a folder changes what Windows does with it. All systems refuse
// them, since folders travel.
func reserved(name string) bool {
	switch strings.ToLower(name) {
	case "desktop.ini", "autorun.inf":
		return true
	}
	stem, _, _ := strings.Cut(name, ".")
	switch stem = strings.ToLower(trimEnd(stem)); stem {
	case "con", "prn", "aux", "nul", "conin$", "conout$":
		return true
	}
	if rest, ok := strings.CutPrefix(stem, "com"); ok {
		return isPort(rest)
	}
	if rest, ok := strings.CutPrefix(stem, "lpt"); ok {
		return isPort(rest)
	}
	return false
}

// isPort says whether s is what makes COM or LPT a device: one digit, the
// superscripts of Latin-1 included.
func isPort(s string) bool {
	switch s {
	case "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "¹", "²", "³":
		return true
	}
	return false
}

// SafeName makes of the name that a stranger gave a file one that is safe to
// create on every system: the last part of a path only, in NFC, without
// control, bidirectional and invisible characters, without <>:"/\|?*, not
// hidden, no device, no dot or space at its end, at most MaxNameRunes and
// MaxNameBytes long with its ending kept, never empty. What is safe already
// stays as it is: SafeName(SafeName(s)) == SafeName(s).
func SafeName(name string) string {
	name = strings.ToValidUTF8(name, "_")
	name = strings.TrimRight(name, `/\`)
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	var b strings.Builder
	space := false // spaces are joined: many would push the ending out of sight
	for _, r := range norm.NFC.String(name) {
		switch {
		case r == '\u200c' || r == '\u200d':
			// Joiners belong to Persian words and to emoji of several people.
		case unicode.IsSpace(r), unicode.Is(unicode.Z, r):
			space = true
			continue
		case unicode.Is(unicode.C, r), unicode.Is(unicode.Noncharacter_Code_Point, r):
			continue // control, bidirectional, invisible, private, unassigned surrogates
		case strings.ContainsRune(`<>:"/\|?*`, r):
			r = '_'
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
	}
	// Taking characters out may have brought two together that compose.
	name = norm.NFC.String(b.String())
	name = trimEnd(strings.TrimLeft(name, ignorable))
	if name == "" {
		return noName
	}
	name = cut(name, "")
	if reserved(name) {
		name = cut("_"+name, "")
	}
	return name
}

// ignorable are the characters that a name neither begins nor ends with, nor
// has before its ending: dot and space, since Windows drops them, and the two
// joiners, since nobody sees them.
const ignorable = ". \u200c\u200d"

func trimEnd(s string) string { return strings.TrimRight(s, ignorable) }

// cut puts suffix between name and its ending, and takes as much from the end
// of the first part as the limits ask for.
func cut(name, suffix string) string {
	ext := path.Ext(name)
	if stem := strings.TrimSuffix(name, ext); strings.HasSuffix(strings.ToLower(stem), ".tar") && len(stem) > len(".tar") {
		ext = name[len(stem)-len(".tar"):]
	}
	if len(ext) > maxExtBytes || ext == "." {
		ext = ""
	}
	stem := name[:len(name)-len(ext)]
	left := MaxNameBytes - len(suffix) - len(ext)
	runes := MaxNameRunes - utf8.RuneCountInString(suffix) - utf8.RuneCountInString(ext)
	end := 0 // of the longest part of stem that fits
	for i, r := range stem {
		if runes--; runes < 0 || i+utf8.RuneLen(r) > left {
			break
		}
		end = i + utf8.RuneLen(r)
	}
	stem = stem[:end]
	return trimEnd(stem) + suffix + ext
}

// ErrNameTaken comes from CreateUnique when MaxSameName files of that name are
// in the folder.
var ErrNameTaken = errors.New("too many files of this name")

// CreateUnique creates a new empty file in root under the safe form of name, or
// where that is taken under "name (2).ext" and so on, and returns it with the
// name it got. It never opens, replaces or follows what is there. The file is
// readable and writable by this user only and never executable.
func CreateUnique(root *os.Root, name string) (*os.File, string, error) {
	for try := range uniqueNames(name) {
		f, err := root.OpenFile(try, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
		if err == nil {
			return f, try, nil
		}
		if !errors.Is(err, os.ErrExist) {
			return nil, "", fmt.Errorf("create received file: %w", err)
		}
	}
	return nil, "", ErrNameTaken
}

// uniqueNames yields the names that CreateUnique tries, the first that is free.
func uniqueNames(name string) iter.Seq[string] {
	name = SafeName(name)
	return func(yield func(string) bool) {
		for i := 1; i <= MaxSameName; i++ {
			try := name
			if i > 1 {
				try = cut(name, " ("+strconv.Itoa(i)+")")
			}
			if !yield(try) {
				return
			}
		}
	}
}
