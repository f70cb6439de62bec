package torture

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
)

// ownMounts lets a process mount what no other sees, and skips where the system
// does not.
func ownMounts(t testing.TB, cmd *exec.Cmd) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root may mount a small disk")
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
}

// mountedEnv says that the disk of a process is there already.
const mountedEnv = "SNUG_TORTURE_MOUNTED"

// ownDisk mounts a disk of so many bytes in a folder of dir, and returns the folder.
func ownDisk(dir string, size int64) string {
	data := filepath.Join(dir, "disk")
	if os.Getenv(mountedEnv) != "" {
		return data
	}
	if err := os.MkdirAll(data, 0o700); err != nil {
		panic(err)
	}
	if err := syscall.Mount("snug", data, "tmpfs", 0, fmt.Sprintf("size=%d", size)); err != nil {
		panic(err)
	}
	return data
}

// fill leaves no byte free on the disk of a folder, and returns how many it took.
func fill(dir string) (n int64) {
	f := must(os.OpenFile(filepath.Join(dir, "ballast"), os.O_CREATE|os.O_WRONLY, 0o600))
	defer f.Close()
	for _, part := range []int{64 << 10, 1} {
		for b := make([]byte, part); ; {
			w, err := f.Write(b)
			if n += int64(w); err != nil {
				break
			}
		}
	}
	return n
}

// startAgain puts a new process in the place of this one, which does nothing more.
func startAgain(addr string) {
	for k, v := range map[string]string{mountedEnv: "1", "SNUG_TORTURE_ADDR": addr} {
		if err := os.Setenv(k, v); err != nil {
			panic(err)
		}
	}
	panic(syscall.Exec(must(os.Executable()), os.Args, os.Environ()))
}

// readOnlyFile lets the system refuse to open a file for writing, as it refuses all
// files of a disk that it made read-only, until the function is called.
func readOnlyFile(t *testing.T, path string) (writable func()) {
	t.Helper()
	if err := syscall.Mount(path, path, "", syscall.MS_BIND, ""); err != nil {
		t.Skip("only root may make a file read-only:", err)
	}
	writable = sync.OnceFunc(func() {
		if err := syscall.Unmount(path, 0); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(writable)
	if err := syscall.Mount("", path, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	return writable
}

// smallDisk puts a disk of so many bytes in the place of a person's folder, whose
// client does not run.
func smallDisk(t *testing.T, m *person, size int64) {
	t.Helper()
	aside := m.dir + ".aside"
	if err := os.Rename(m.dir, aside); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(m.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("snug", m.dir, "tmpfs", 0, fmt.Sprintf("size=%d", size)); err != nil {
		t.Skip("only root may mount a small disk:", err)
	}
	t.Cleanup(func() {
		m.stop()
		if err := errors.Join(syscall.Unmount(m.dir, 0), os.RemoveAll(aside)); err != nil {
			t.Error(err)
		}
	})
	if err := os.CopyFS(m.dir, os.DirFS(aside)); err != nil {
		t.Fatal(err)
	}
}
