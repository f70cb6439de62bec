package setup_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/snugchat/snug/crypto/vault"
	"github.com/snugchat/snug/net/setup"
	"github.com/snugchat/snug/storage/logs"
	"github.com/snugchat/snug/storage/paths"
)

// open opens the profile in dir and closes it with the test.
func open(t *testing.T, dir string) *setup.Profile {
	t.Helper()
	p, err := setup.Open(setup.Options{Dir: dir, Program: "Snug test", Logs: recorder(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func recorder(t *testing.T) *logs.Recorder {
	t.Helper()
	rec := logs.New(logs.Options{Level: slog.LevelDebug, Err: testWriter{t}})
	t.Cleanup(func() { _ = rec.Close() })
	return rec
}

// testWriter shows the log of a test that fails.
type testWriter struct{ t *testing.T }

func (w testWriter) Write(b []byte) (int, error) {
	w.t.Log(string(b))
	return len(b), nil
}

func TestProtection(t *testing.T) {
	dir := t.TempDir()
	p, err := setup.Open(setup.Options{Dir: dir, Logs: recorder(t)})
	if err != nil {
		t.Fatal(err)
	}
	if !p.IsNew() || p.Unlocked() {
		t.Error("a new profile is not new")
	}
	if _, err := p.StartHost(t.Context(), setup.HostOptions{}); !errors.Is(err, setup.ErrLocked) {
		t.Errorf("hosting while locked: got %v", err)
	}
	if err := p.Create(t.Context(), setup.Protection{Kind: setup.ByPassphrase, Passphrase: "zebra candle orbit"}); err != nil {
		t.Fatal(err)
	}
	if err := p.Create(t.Context(), setup.Protection{Kind: setup.ByKeyFile}); !errors.Is(err, setup.ErrNotNew) {
		t.Errorf("protecting twice: got %v", err)
	}
	if err := p.SetPerson("Ana"); err != nil {
		t.Fatal(err)
	}
	if _, err := setup.Open(setup.Options{Dir: dir, Logs: recorder(t)}); !errors.Is(err, paths.ErrInUse) {
		t.Errorf("a second program: got %v", err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}

	p = open(t, dir)
	if kind, err := p.Kind(); kind != setup.ByPassphrase || err != nil {
		t.Errorf("kind %v, %v", kind, err)
	}
	if err := p.Unlock(t.Context(), ""); !errors.Is(err, setup.ErrNeedPassphrase) {
		t.Errorf("no passphrase: got %v", err)
	}
	if err := p.Unlock(t.Context(), "wrong"); !errors.Is(err, vault.ErrWrongPassphrase) {
		t.Errorf("a wrong passphrase: got %v", err)
	}
	if err := p.Unlock(t.Context(), "zebra candle orbit"); err != nil {
		t.Fatal(err)
	}
	if got := p.Person(); got != "Ana" {
		t.Errorf("person %q", got)
	}
	for _, how := range []setup.Protection{{Kind: setup.ByKeyFile}, {Kind: setup.ByKeyFile}, {Kind: setup.ByPassphrase, Passphrase: "another one"}} {
		if err := p.Protect(t.Context(), how); err != nil {
			t.Fatalf("%v: %v", how.Kind, err)
		}
	}
	if _, err := os.Stat(filepath.Join(p.Layout().Data, "vault.key")); err == nil {
		t.Error("the key file stayed after a passphrase was set")
	}
}

func TestVaultThatIsGoneBuriesNothing(t *testing.T) {
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
	if err := h.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"vault", "vault.copy"} {
		if err := os.Remove(filepath.Join(p.Layout().Data, name)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := setup.Open(setup.Options{Dir: dir, Logs: recorder(t)}); !errors.Is(err, setup.ErrVaultGone) {
		t.Errorf("got %v, want ErrVaultGone", err)
	}
}
