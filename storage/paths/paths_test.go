package paths

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

func itoa(i int) string { return strconv.Itoa(i) }

func all(l Layout) []string { return []string{l.Config, l.Data, l.State, l.Cache, l.Downloads} }

func TestForSeparatesFolders(t *testing.T) {
	// What Windows and macOS do: several base folders are one.
	one := t.TempDir()
	for _, v := range []string{"XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"} {
		t.Setenv(v, one)
	}
	l, err := For("")
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range all(l) {
		for j, b := range all(l) {
			if i != j && (a == b || strings.HasPrefix(a, b+string(filepath.Separator))) {
				t.Errorf("%s lies in %s", a, b)
			}
		}
	}
	if got := filepath.Base(l.Downloads); got != "Snug" {
		t.Errorf("received files: got folder %q, want Snug", got)
	}
}

func TestForProfile(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	l, err := For("p")
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"config", "data", "state", "cache", "received"} {
		if got := all(l)[i]; got != filepath.Join(dir, "p", want) && runtime.GOOS != "darwin" {
			t.Errorf("got %q, want %q below the profile", got, want)
		}
	}
	if got, want := l.Received("../Ana's place"), filepath.Join(l.Downloads, "Ana's place"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCreateClosesFolders(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("folder modes mean nothing here")
	}
	dir := filepath.Join(t.TempDir(), "p")
	if err := os.MkdirAll(filepath.Join(dir, "data"), 0o755); err != nil {
		t.Fatal(err)
	}
	l, err := For(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Create(); err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{l.Config, l.Data, l.State, l.Cache} {
		info, err := os.Stat(d)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != folderMode {
			t.Errorf("%s: got mode %v, want %v", d, got, folderMode)
		}
	}
	if _, err := os.Stat(l.Downloads); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the received folder is there before a file is: %v", err)
	}
}

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "settings.json")
	for _, want := range []string{"old", "new and longer", ""} {
		if err := WriteFile(path, []byte(want)); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != want {
			t.Errorf("got %q, %v; want %q", got, err, want)
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != fileMode {
		t.Errorf("got mode %v, want %v", info.Mode().Perm(), fileMode)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("got %d files, want nothing left beside the one", len(entries))
	}
}

func TestWriteFileFailsWhole(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	if err := os.MkdirAll(filepath.Join(path, "not empty"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(path, []byte("new")); err == nil {
		t.Error("a folder was written over")
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("got %d files, want nothing left behind", len(entries))
	}
}

func TestLockRemovesOldTemps(t *testing.T) {
	l, err := For(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Create(); err != nil {
		t.Fatal(err)
	}
	old, young := filepath.Join(l.Config, ".snug-1.tmp"), filepath.Join(l.Config, ".snug-2.tmp")
	for _, p := range []string{old, young} {
		if err := os.WriteFile(p, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	long := time.Now().Add(-time.Hour)
	if err := os.Chtimes(old, long, long); err != nil {
		t.Fatal(err)
	}
	lock, err := l.Lock()
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	if _, err := os.Stat(old); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the old remains are still there: %v", err)
	}
	if _, err := os.Stat(young); err != nil {
		t.Errorf("a file that may be in use was removed: %v", err)
	}
}

func TestLockIsExclusive(t *testing.T) {
	l, err := For(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	first, err := l.Lock()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Lock(); !errors.Is(err, ErrInUse) {
		t.Errorf("second lock: got %v, want %v", err, ErrInUse)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := l.Lock()
	if err != nil {
		t.Fatalf("after Close: %v", err)
	}
	again.Close()
}

// lockChild is set in a child process: the profile that it locks.
const lockChild = "SNUG_TEST_LOCK"

func TestMain(m *testing.M) {
	if dir := os.Getenv(lockChild); dir != "" {
		l, err := For(dir)
		if err == nil {
			_, err = l.Lock()
		}
		if err != nil {
			os.Stdout.WriteString("error: " + err.Error() + "\n")
			os.Exit(1)
		}
		os.Stdout.WriteString("locked\n")
		time.Sleep(time.Minute)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestLockEndsWithItsProcess(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), lockChild+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 100)
	n, _ := out.Read(b)
	if got := string(b[:n]); got != "locked\n" {
		t.Fatalf("child: %q", got)
	}
	l, err := For(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Lock(); !errors.Is(err, ErrInUse) {
		t.Errorf("while another process has it: got %v, want %v", err, ErrInUse)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	lock, err := l.Lock()
	if err != nil {
		t.Fatalf("after the other process was killed: %v", err)
	}
	lock.Close()
}

func TestFreeSpace(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{
		"a folder":          dir,
		"a file":            file,
		"what is not there": filepath.Join(dir, "not", "there", "yet"),
	} {
		free, total, err := FreeSpace(path)
		if err != nil || free <= 0 || total < free {
			t.Errorf("%s: got %d of %d bytes free, %v", name, free, total, err)
		}
	}
}
