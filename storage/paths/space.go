package paths

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
)

// FreeSpace returns how many bytes this user may still write where path lies,
// and how many the whole volume has. Path need not exist: the nearest folder
// above it that does is asked.
func FreeSpace(path string) (free, total int64, err error) {
	path, err = filepath.Abs(path)
	if err != nil {
		return 0, 0, fmt.Errorf("ask for free space: %w", err)
	}
	for {
		free, total, err = statfs(path)
		up := filepath.Dir(path)
		if err == nil {
			return free, total, nil
		}
		if !errors.Is(err, fs.ErrNotExist) || up == path {
			return 0, 0, fmt.Errorf("ask for free space: %w", err)
		}
		path = up
	}
}

// IsNoSpace says whether err is the system's way to say that the disk, or this
// user's share of it, is full.
func IsNoSpace(err error) bool { return isNoSpace(err) }

// IsReadOnly says whether err is the system's way to say that nothing can be written
// to the disk: it was mounted so, has a switch, or the system stopped trusting it.
func IsReadOnly(err error) bool { return isReadOnly(err) }
