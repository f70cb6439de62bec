package setup_test

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/snugchat/snug/net/setup"
	"github.com/snugchat/snug/storage/paths"
)

// FEATURES P5: a profile on a disk that takes no writes is not opened, and the error
// says why; nothing in it is changed, and once the disk takes writes it opens as it was.
func TestReadOnlyProfile(t *testing.T) {
	disk := t.TempDir()
	if err := syscall.Mount("snug", disk, "tmpfs", 0, "size=64m"); err != nil {
		t.Skip("may not mount a disk here:", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, 0); err != nil {
			t.Error(err)
		}
	})
	dir := filepath.Join(disk, "profile")
	p, err := setup.Open(setup.Options{Dir: dir, Logs: recorder(t)})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Create(t.Context(), setup.Protection{Kind: setup.ByKeyFile}); err != nil {
		t.Fatal(err)
	}
	if err := p.SetPerson("Ana"); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("", disk, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	if p, err = setup.Open(setup.Options{Dir: dir, Logs: recorder(t)}); !paths.IsReadOnly(err) {
		t.Errorf("on a disk that takes no writes: got %v", err)
	}
	if err == nil {
		_ = p.Close() // it should not be open
	}
	if err := syscall.Mount("", disk, "", syscall.MS_REMOUNT, ""); err != nil {
		t.Fatal(err)
	}
	p, err = setup.Open(setup.Options{Dir: dir, Logs: recorder(t)})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Unlock(t.Context(), ""); err != nil || p.Person() != "Ana" {
		t.Errorf("got %q, %v", p.Person(), err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}
