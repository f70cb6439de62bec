package paths

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// A virus scanner looks into a new file at once, and Windows renames nothing over a
// file that is open: such a moment must not cost the file.
func TestRenameWaitsForReaders(t *testing.T) {
	root := openRoot(t)
	for _, name := range []string{"from", "to"} {
		if err := os.WriteFile(filepath.Join(root.Name(), name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	reader, err := os.Open(filepath.Join(root.Name(), "to"))
	if err != nil {
		t.Fatal(err)
	}
	if err := root.Rename("from", "to"); err == nil {
		t.Skip("this system renames over open files")
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		time.Sleep(5 * renameWait)
		reader.Close()
	})
	if err := Rename(root, "from", "to"); err != nil {
		t.Error(err)
	}
	wg.Wait()
	if b, err := root.ReadFile("to"); string(b) != "from" {
		t.Errorf("got %q, %v, want the renamed file", b, err)
	}
}
