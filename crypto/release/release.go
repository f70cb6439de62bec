// Package release knows which releases of Snug exist: a list of files with
// their hashes, signed by the makers of Snug.
//
// It must not know the network, the disk or what is done with a release: it
// reads, checks, writes and signs bytes.
//
// The list is a SHA256SUMS file as sha256sum -c reads it, under a first line
// that names the version; the signature is Ed25519 (RFC 8032, section 5.1.6)
// over its bytes, as `openssl pkeyutl -verify -rawin` checks it. See
// crypto/SECURITY.md.
package release

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Bounds of a list.
const (
	MaxList     = 64 << 10 // bytes
	maxFiles    = 256
	maxFileName = 128
	maxNumber   = 1 << 20 // of a part of a version
)

// head begins the first line of a list. sha256sum skips lines that begin with #.
const head = "# Snug "

// ErrBadList says that bytes are not the list of a release.
var ErrBadList = errors.New("not the list of a release")

// ErrBadVersion says that a text is not a version.
var ErrBadVersion = errors.New("not a version")

// Version is a version of Snug.
type Version struct {
	Major, Minor, Patch int
}

// ParseVersion reads three numbers with dots between them, the only form that
// releases have (Semantic Versioning 2.0.0, section 2). The error is
// ErrBadVersion.
func ParseVersion(s string) (Version, error) {
	parts := strings.Split(s, ".")
	if len(parts) != 3 {
		return Version{}, ErrBadVersion
	}
	var n [3]int
	for i, p := range parts {
		v, err := strconv.Atoi(p)
		if err != nil || v < 0 || v > maxNumber || strconv.Itoa(v) != p {
			return Version{}, ErrBadVersion
		}
		n[i] = v
	}
	return Version{n[0], n[1], n[2]}, nil
}

// String returns the version as ParseVersion reads it.
func (v Version) String() string { return fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch) }

// Compare returns -1 if v is older than w, 0 if they are the same, and 1 if v is
// newer.
func (v Version) Compare(w Version) int {
	return slices.Compare([]int{v.Major, v.Minor, v.Patch}, []int{w.Major, w.Minor, w.Patch})
}

// File is one file of a release.
type File struct {
	Name string // without a folder
	Sum  [sha256.Size]byte
}

// List is what a release consists of.
type List struct {
	Version Version
	Date    time.Time // a day, UTC
	Files   []File    // by name, each once
}

// Parse reads a list that is exactly as Bytes writes it. The error is ErrBadList.
// It says nothing about who made the list: see Open.
func Parse(b []byte) (*List, error) {
	if len(b) > MaxList {
		return nil, fmt.Errorf("%w: too long", ErrBadList)
	}
	first, rest, ok := bytes.Cut(b, []byte("\n"))
	title, titled := strings.CutPrefix(string(first), head)
	version, day, spaced := strings.Cut(title, " ")
	if !ok || !titled || !spaced {
		return nil, fmt.Errorf("%w: first line", ErrBadList)
	}
	l := new(List)
	var err error
	if l.Version, err = ParseVersion(version); err != nil {
		return nil, fmt.Errorf("%w: version", ErrBadList)
	}
	if l.Date, err = time.Parse(time.DateOnly, day); err != nil || l.Date.Format(time.DateOnly) != day {
		return nil, fmt.Errorf("%w: date", ErrBadList)
	}
	for line := range strings.Lines(string(rest)) {
		sum, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		raw, err := hex.DecodeString(sum)
		if !ok || err != nil || len(raw) != sha256.Size || len(l.Files) == maxFiles {
			return nil, fmt.Errorf("%w: line %d", ErrBadList, len(l.Files)+2)
		}
		l.Files = append(l.Files, File{Name: name, Sum: [sha256.Size]byte(raw)})
	}
	again, err := l.Bytes()
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again, b) {
		return nil, fmt.Errorf("%w: not in its one form", ErrBadList)
	}
	return l, nil
}

// Bytes writes the list, with its files sorted by name. The error is ErrBadList
// if it has no files, too many, two of one name, or a name that is not made of
// letters, digits, dots, hyphens, underscores, plus signs and tildes.
func (l *List) Bytes() ([]byte, error) {
	files := slices.SortedFunc(slices.Values(l.Files), func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	if len(files) == 0 || len(files) > maxFiles {
		return nil, fmt.Errorf("%w: %d files", ErrBadList, len(files))
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s%s %s\n", head, l.Version, l.Date.UTC().Format(time.DateOnly))
	for i, f := range files {
		if !okName(f.Name) || i > 0 && files[i-1].Name == f.Name {
			return nil, fmt.Errorf("%w: file name %q", ErrBadList, f.Name)
		}
		fmt.Fprintf(&b, "%x  %s\n", f.Sum, f.Name)
	}
	return b.Bytes(), nil
}

func okName(s string) bool {
	return s != "" && len(s) <= maxFileName && s[0] != '.' && s[0] != '-' && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune("._-+~", r)
	})
}
