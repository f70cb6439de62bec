package paths

import (
	"errors"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/windows"
)

func tryLock(f *os.File) error {
	// The range lies where no byte of the file is, so that others may read it.
	at := &windows.Overlapped{OffsetHigh: 1 << 30}
	err := windows.LockFileEx(windows.Handle(f.Fd()),
		windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, at)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return ErrInUse
	}
	return err
}

func syncDir(string) error { return nil }

// renameTries times renameWait is how long a virus scanner, an indexer or a reader
// that has one of the files open may hold up a write: half a second.
const (
	renameTries = 25
	renameWait  = 20 * time.Millisecond
)

func patiently(rename func() error) error {
	for i := 1; ; i++ {
		err := rename()
		held := errors.Is(err, windows.ERROR_ACCESS_DENIED) || errors.Is(err, windows.ERROR_SHARING_VIOLATION)
		if !held || i == renameTries {
			return err
		}
		time.Sleep(renameWait)
	}
}

func statfs(dir string) (free, total int64, err error) {
	name, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, 0, err
	}
	var f, t uint64
	err = windows.GetDiskFreeSpaceEx(name, &f, &t, nil)
	if up := filepath.Dir(dir); errors.Is(err, windows.ERROR_DIRECTORY) && up != dir {
		return statfs(up) // dir is a file, and this call takes folders only
	}
	if err != nil {
		return 0, 0, err
	}
	return int64(f), int64(t), nil
}

func isReadOnly(err error) bool { return errors.Is(err, windows.ERROR_WRITE_PROTECT) }

func isNoSpace(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL)
}
