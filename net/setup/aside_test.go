package setup_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/snugchat/snug/net/setup"
)

// Whoever forgot the passphrase begins anew, and nothing is deleted: what was put
// aside opens again with the passphrase.
func TestPutAside(t *testing.T) {
	dir := t.TempDir()
	open := func() *setup.Profile {
		p, err := setup.Open(setup.Options{Dir: dir, Program: "Snug test", Logs: recorder(t)})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	first := open()
	if err := first.Create(t.Context(), setup.Protection{Kind: setup.ByPassphrase, Passphrase: "kangaroo tennis ladder"}); err != nil {
		t.Fatal(err)
	}
	if err := first.SetPerson("Ana"); err != nil {
		t.Fatal(err)
	}
	day := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	if _, err := first.PutAside(day); !errors.Is(err, setup.ErrUnlocked) {
		t.Errorf("while it is open: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	var aside string
	for i, want := range []string{"data-locked-2026-11-23", "data-locked-2026-11-23-2"} {
		p := open()
		if p.IsNew() {
			t.Fatal("the profile is new")
		}
		folder, err := p.PutAside(day)
		if err != nil || filepath.Base(folder) != want || !p.IsNew() {
			t.Fatalf("put aside as %q: %v, new: %v", folder, err, p.IsNew())
		}
		if err := p.Create(t.Context(), setup.Protection{Kind: setup.ByKeyFile}); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(p.SetPerson("Ana again"), p.Close()); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			aside = folder
		}
	}
	data := filepath.Join(dir, "data")
	if err := errors.Join(os.Rename(data, data+"-new"), os.Rename(aside, data)); err != nil {
		t.Fatal(err)
	}
	p := open()
	if err := p.Unlock(t.Context(), "kangaroo tennis ladder"); err != nil {
		t.Fatal(err)
	}
	if got := p.Person(); got != "Ana" {
		t.Errorf("the person is %q", got)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
}
