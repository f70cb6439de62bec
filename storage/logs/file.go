package logs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

const (
	// FileSize is when a log file is full: about 20,000 lines.
	FileSize = 2 << 20

	// FileCount is how many log files there are, the one being written
	// included. The oldest is removed.
	FileCount = 5

	// FileName is the one being written; snug.1.log is the one before.
	FileName = "snug.log"
)

// File is a log file that starts anew when it is full. One goroutine writes to
// it: that of its Recorder.
type File struct {
	dir   string
	limit int64
	f     *os.File // nil after a rotation that failed
	size  int64
}

// OpenFile opens the log file in dir, which must exist, and goes on at its end.
// The file is for this user only. It is handed to New, whose Close closes it.
func OpenFile(dir string) (*File, error) {
	return openFile(dir, FileSize)
}

func openFile(dir string, limit int64) (*File, error) {
	l := &File{dir: dir, limit: limit}
	if err := l.open(); err != nil {
		return nil, err
	}
	return l, nil
}

func (l *File) open() error {
	f, err := os.OpenFile(l.path(0), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("open log file: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		_ = f.Close() // nothing was written
		return fmt.Errorf("open log file: %w", err)
	}
	l.f, l.size = f, info.Size()
	return nil
}

// path names the file that was full n times ago.
func (l *File) path(n int) string {
	if n == 0 {
		return filepath.Join(l.dir, FileName)
	}
	return filepath.Join(l.dir, fmt.Sprintf("snug.%d.log", n))
}

// Write adds one line or several whole ones. It never splits p.
func (l *File) Write(p []byte) (int, error) {
	if l.f == nil || l.size > 0 && l.size+int64(len(p)) > l.limit {
		if err := l.rotate(); err != nil {
			return 0, err
		}
	}
	n, err := l.f.Write(p)
	l.size += int64(n)
	return n, err
}

// rotate makes room for a new file. If it fails, the next Write tries again.
func (l *File) rotate() error {
	if l.f != nil {
		err := l.f.Close()
		l.f = nil
		if err != nil {
			return fmt.Errorf("close log file: %w", err)
		}
	}
	for n := FileCount - 1; n > 0; n-- {
		if err := os.Rename(l.path(n-1), l.path(n)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("rotate log file: %w", err)
		}
	}
	return l.open()
}

// Close closes the file.
func (l *File) Close() error {
	if l.f == nil {
		return nil
	}
	if err := l.f.Close(); err != nil {
		return fmt.Errorf("close log file: %w", err)
	}
	return nil
}
