package client

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
	"github.com/snugchat/snug/storage/paths"
)

// The log is plain text: no name of a file or folder gets into it.
func TestLogHasNoNamesOfFiles(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	db, err := clientdb.Open(t.Context(), filepath.Join(t.TempDir(), "place.db"), [32]byte{1}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	c, err := New(t.Context(), Config{Folder: filepath.Join(t.TempDir(), "secret")}, db, log)
	if err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"a path":          &fs.PathError{Op: "open", Path: "/home/ana/secret.txt", Err: syscall.EIO},
		"a path, wrapped": fmt.Errorf("read: %w", &fs.PathError{Op: "open", Path: "secret.txt", Err: syscall.EIO}),
		"paths, joined":   errors.Join(errors.New("first"), &fs.PathError{Op: "open", Path: "secret", Err: syscall.EIO}),
		"a path in one":   &os.LinkError{Op: "rename", Old: "a", New: "b", Err: &fs.PathError{Op: "open", Path: "secret", Err: syscall.EIO}},
		"two paths":       &os.LinkError{Op: "rename", Old: "secret", New: "secret", Err: syscall.EIO},
	} {
		out.Reset()
		c.files.ended(t.Context(), &active{t: clientdb.Transfer{ID: chat.NewMessageID(), Direction: clientdb.Download}}, err)
		if got := out.String(); strings.Contains(got, "secret") || !strings.Contains(got, syscall.EIO.Error()) {
			t.Errorf("%s: logged %q, want the reason without a name", name, got)
		}
		if !errors.Is(paths.Nameless(err), syscall.EIO) {
			t.Errorf("%s: %v is not the reason any more", name, paths.Nameless(err))
		}
	}
	out.Reset()
	if err := c.files.tidy(t.Context()); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("tidy: got %v, want %v", err, fs.ErrNotExist)
	} else if got := paths.Nameless(err).Error(); strings.Contains(got, "secret") {
		t.Errorf("tidy would log %q", got)
	}
}
