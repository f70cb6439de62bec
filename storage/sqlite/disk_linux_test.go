package sqlite

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// smallDisk mounts a file system of 8 MiB, where the test may.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=8m"); err != nil {
		t.Skip("may not mount a small disk here:", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, 0) })
	return dir
}

// TestDiskFullForReal fills a disk to its last byte. What was acknowledged is
// there, reading goes on, and with room again writing does.
func TestDiskFullForReal(t *testing.T) {
	dir := smallDisk(t)
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 2<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	tune := fast()
	tune.reserve = 0 // the system's own errors are what is tested
	path := filepath.Join(dir, "a.db")
	d, err := open(t.Context(), path, testKey, migrations(firstStep), quiet(), tune)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() }) // before the disk goes, whatever failed
	acked, refused := 0, 0
	body := strings.Repeat("word ", 4000)
	for range 1000 {
		err := d.Write(t.Context(), insert(body))
		if err == nil {
			acked++
			continue
		}
		if !errors.Is(err, ErrDiskFull) {
			t.Fatalf("after %d rows: got %v, want %v", acked, err, ErrDiskFull)
		}
		if refused++; refused == 20 {
			break
		}
	}
	if refused == 0 || acked < 50 {
		t.Fatalf("got %d rows and %d refusals", acked, refused)
	}
	if got := len(bodies(t, d)); got != acked {
		t.Errorf("on a full disk: got %d rows, want %d", got, acked)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	for range 10 {
		if err := d.Write(t.Context(), insert(body)); err != nil {
			t.Fatalf("with room again: %v", err)
		}
		acked++
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d, err = open(context.Background(), path, testKey, migrations(firstStep), quiet(), tune)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if got := len(bodies(t, d)); got != acked {
		t.Errorf("after a start: got %d rows, want %d", got, acked)
	}
	if err := d.Check(t.Context()); err != nil {
		t.Error(err)
	}
}
