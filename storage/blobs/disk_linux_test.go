package blobs

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
)

// TestDiskFullForReal fills a disk in the middle of a file. What has arrived
// stays, and with room again the file goes on.
func TestDiskFullForReal(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=8m"); err != nil {
		t.Skip("may not mount a small disk here:", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, 0) })
	s, err := Open(filepath.Join(dir, "blobs"), none, quiet())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // before the disk goes
	f := content(6 * BlockSize)
	w := f.begin(t, s)
	f.write(t, w, 0, 1)
	// Somebody else takes the room that was promised.
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 3<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	full := 0
	for i := 1; i < 6; i++ {
		err := w.WriteBlock(i, f.block(i))
		if err != nil && !errors.Is(err, ErrDiskFull) {
			t.Fatalf("block %d: got %v, want %v", i, err, ErrDiskFull)
		}
		if err != nil {
			full++
		}
	}
	if full == 0 {
		t.Fatal("the disk was not full")
	}
	if got, want := missing(w), []string{"4-6"}; !slices.Equal(got, want) {
		t.Errorf("got missing %q, want %q", got, want)
	}
	sp, err := s.Create(BlockSize)
	if err == nil {
		_ = sp.Cancel()
	}
	if !errors.Is(err, ErrDiskFull) {
		t.Errorf("another file: got %v, want %v", err, ErrDiskFull)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	for from, to := range w.Missing() {
		f.write(t, w, from, to)
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	f.check(t, s)
}
