package setup

import (
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/snugchat/snug/net/wire"
)

// InviteFile takes what a desktop or a person names a file by, a path or a file:
// URI (RFC 8089) of this computer, and returns it as a path if it is the name of
// an invite file. It does not look whether there is one.
func InviteFile(name string) (path string, ok bool) {
	path = name
	if len(name) >= len("file:") && strings.EqualFold(name[:len("file:")], "file:") {
		u, err := url.Parse(name)
		if err != nil || u.Path == "" || u.RawQuery != "" || u.Fragment != "" || (u.Host != "" && u.Host != "localhost") {
			return "", false
		}
		path = u.Path
		if runtime.GOOS == "windows" {
			path = strings.TrimPrefix(path, "/") // file:///C:/Users
		}
		path = filepath.FromSlash(path)
	}
	return path, len(path) > len(wire.InviteFileEnding) && strings.EqualFold(filepath.Ext(path), wire.InviteFileEnding)
}

// ReadInviteFile returns the link in an invite file. It waits for the disk. The
// error is wire.ErrInviteFile, together with what the system or wire.ParseInviteFile
// says.
func ReadInviteFile(path string) (link string, err error) {
	// Looked at before it is opened: opening a pipe would wait for its other end.
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("%w: %w", wire.ErrInviteFile, err)
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("%w: not a file", wire.ErrInviteFile)
	}
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("%w: %w", wire.ErrInviteFile, err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, wire.MaxInviteFile+1)) // one more is too large
	if err != nil {
		return "", fmt.Errorf("%w: %w", wire.ErrInviteFile, err)
	}
	return wire.ParseInviteFile(b)
}
