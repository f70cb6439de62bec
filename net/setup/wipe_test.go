package setup_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/snugchat/snug/net/setup"
)

// FEATURES P7: a wiped profile has no file left but the lock and what was
// received, and starts as a new one.
func TestWipe(t *testing.T) {
	dir := t.TempDir()
	p, err := setup.Open(setup.Options{Dir: dir, Logs: recorder(t)})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Create(t.Context(), setup.Protection{Kind: setup.ByKeyFile}); err != nil {
		t.Fatal(err)
	}
	h, err := p.StartHost(t.Context(), setup.HostOptions{Place: "Choir", Owner: "Ana"})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.BackUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if proved, err := p.LastProved(""); err != nil || proved.IsZero() {
		t.Errorf("last proved: %v, %v", proved, err)
	}
	if err := p.Wipe(t.Context()); !errors.Is(err, setup.ErrPlaceOpen) {
		t.Fatalf("while hosting: got %v", err)
	}
	if err := h.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	received := filepath.Join(dir, "received", "Choir", "song.txt")
	if err := errors.Join(os.MkdirAll(filepath.Dir(received), 0o700), os.WriteFile(received, []byte("la"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := p.Wipe(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	for name := range readTree(t, dir) {
		if name != "state/lock" && !strings.HasPrefix(name, "received/") {
			t.Errorf("%s is still there", name)
		}
	}
	if _, err := os.Stat(received); err != nil {
		t.Error(err)
	}
	if p = open(t, dir); !p.IsNew() {
		t.Error("the profile is not new")
	}
}
