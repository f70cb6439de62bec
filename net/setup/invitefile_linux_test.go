package setup

import (
	"errors"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/snugchat/snug/net/wire"
)

// A pipe that has the name of an invite file is not waited for.
func TestInviteFileIsNoPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe.snug")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadInviteFile(path); !errors.Is(err, wire.ErrInviteFile) {
		t.Errorf("got %v, want %v", err, wire.ErrInviteFile)
	}
}
