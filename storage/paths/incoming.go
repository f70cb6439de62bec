package paths

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
)

// Incoming is a file on its way into a received folder. What is written lies
// under a hidden name until Commit, so that a name that people see always
// stands for a whole file. One goroutine uses it, and ends it by Commit or
// Discard.
type Incoming struct {
	root *os.Root
	f    *os.File
	temp string
	name string
}

// Receive begins a file in root. The name that it will get is chosen by Commit.
func Receive(root *os.Root, name string) (*Incoming, error) {
	temp := tempPrefix + rand.Text() + tempSuffix
	f, err := root.OpenFile(temp, os.O_RDWR|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return nil, fmt.Errorf("begin received file: %w", err)
	}
	return &Incoming{root: root, f: f, temp: temp, name: name}, nil
}

// Write adds to the file.
func (in *Incoming) Write(p []byte) (int, error) { return in.f.Write(p) }

// Commit syncs the file, gives it its name as CreateUnique would, and returns
// that name. On an error nothing of the file is left.
func (in *Incoming) Commit() (name string, err error) {
	if err := in.f.Sync(); err != nil {
		in.Discard()
		return "", fmt.Errorf("sync received file: %w", err)
	}
	if err := in.f.Close(); err != nil {
		_ = in.root.Remove(in.temp) // the close error says more
		return "", fmt.Errorf("close received file: %w", err)
	}
	// The empty file reserves the name; renaming over it replaces only it.
	place, name, err := CreateUnique(in.root, in.name)
	if err == nil {
		if err = place.Close(); err == nil {
			err = Rename(in.root, in.temp, name)
		}
		if err != nil {
			_ = in.root.Remove(name) // the empty file; the first error says more
		}
	}
	if err != nil {
		_ = in.root.Remove(in.temp) // as above
		return "", fmt.Errorf("name received file: %w", err)
	}
	if err := SyncDir(in.root.Name()); err != nil {
		return "", err
	}
	return name, nil
}

// CommitOnce is Commit for a file that may lie there already, since the program
// was ended before it had noted so: if a file with the same bytes has one of the
// names that CreateUnique would try, that is the file, and what was written is
// removed. Reading both takes as long as reading one of them twice.
func (in *Incoming) CommitOnce() (name string, err error) {
	info, err := in.f.Stat()
	if err != nil {
		in.Discard()
		return "", fmt.Errorf("look at received file: %w", err)
	}
	for try := range uniqueNames(in.name) {
		there, err := in.root.Lstat(try)
		if err != nil || !there.Mode().IsRegular() || there.Size() != info.Size() || !in.equal(try) {
			continue // what cannot be read is another file
		}
		in.Discard()
		return try, nil
	}
	return in.Commit()
}

// Rename renames a file within root. Windows refuses that while somebody has either
// open, as virus scanners and indexers have each new file: there it waits up to half
// a second for them.
func Rename(root *os.Root, from, to string) error {
	return patiently(func() error { return root.Rename(from, to) })
}

// equal reports whether the file of that name holds what was written.
func (in *Incoming) equal(name string) bool {
	there, err := in.root.Open(name)
	if err != nil {
		return false
	}
	defer there.Close()
	a, b := make([]byte, 128<<10), make([]byte, 128<<10)
	for at := int64(0); ; at += int64(len(a)) {
		n, err := in.f.ReadAt(a, at)
		m, also := io.ReadFull(there, b)
		if err != nil && !errors.Is(err, io.EOF) || also != nil && !errors.Is(also, io.EOF) && !errors.Is(also, io.ErrUnexpectedEOF) {
			return false
		}
		if !bytes.Equal(a[:n], b[:m]) {
			return false
		}
		if n < len(a) {
			return true
		}
	}
}

// Discard removes what was written. It is called instead of Commit.
func (in *Incoming) Discard() {
	// Neither has anything to add for a caller who is giving up already: a file
	// that stays is removed when the profile is locked next.
	_ = in.f.Close()
	_ = in.root.Remove(in.temp)
}
