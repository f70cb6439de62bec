package setup_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/snugchat/snug/net/setup"
	"github.com/snugchat/snug/storage/chat"
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

// FEATURES P7: a hosted place that is deleted leaves nothing on this computer but
// what was received; the other places stay, and a new place can be hosted.
func TestWipeHost(t *testing.T) {
	dir := t.TempDir()
	p, err := setup.Open(setup.Options{Dir: dir, Logs: recorder(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := p.Create(t.Context(), setup.Protection{Kind: setup.ByKeyFile}); err != nil {
		t.Fatal(err)
	}
	h, err := p.StartHost(t.Context(), setup.HostOptions{Place: "Choir", Owner: "Ana"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Member().Client.Send(t.Context(), chat.Lobby, "la la la"); err != nil {
		t.Fatal(err)
	}
	if err := p.BackUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	old := h.Key()
	if err := p.WipeHost(t.Context()); !errors.Is(err, setup.ErrPlaceOpen) {
		t.Fatalf("while hosting: got %v", err)
	}
	if err := h.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.WipeHost(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p.HasHost() || len(p.Places()) != 0 {
		t.Errorf("places are left: %v", p.Places())
	}
	for name := range readTree(t, filepath.Join(dir, "data")) {
		if !slices.Contains([]string{"vault", "vault.copy", "vault.key", "vault.key.copy", "places"}, name) {
			t.Errorf("%s is still there", name)
		}
	}
	h, err = p.StartHost(t.Context(), setup.HostOptions{Place: "Choir", Owner: "Ana"})
	if err != nil {
		t.Fatal(err)
	}
	if h.Key().Equal(old) {
		t.Error("a new place has the key of the deleted one")
	}
	if said := texts(t, h.Member().Client); len(said) > 0 {
		t.Errorf("a new place has %q", said)
	}
}
