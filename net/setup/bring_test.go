package setup_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/snugchat/snug/crypto/vault"
	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/setup"
	"github.com/snugchat/snug/net/wire"
)

// FEATURES B5, Z8: Ben's computer is gone; he has his recovery kit, and a copy of what
// Snug kept there, or of its backups only. On a clean computer the kit brings him
// back into the private room, and the copy what was said there, after its passphrase was
// given; what he chose is as it was, and nothing of it stays beside the place's own store. Seen to fail
// with a copy that is left.
func TestB5HistoryFromACopy(t *testing.T) {
	const passphrase = "zebra candle orbit"
	l := livePair(t)
	anaDir, benDir := t.TempDir(), t.TempDir()
	l.ana.write(t, anaDir)
	l.ben.write(t, benDir)
	ana, ben, h := openPair(t, anaDir, benDir)
	m, err := ben.OpenPlace(t.Context(), l.place)
	if err != nil {
		t.Fatal(err)
	}
	within(t, "Ben is in", func() bool { return m.Client.State().Phase == client.Online })
	kit, err := m.Client.MakeKit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	lost := m.Client.Me().Device
	if err := ben.Protect(t.Context(), setup.Protection{Kind: setup.ByPassphrase, Passphrase: passphrase}); err != nil {
		t.Fatal(err)
	}
	if err := ben.Close(); err != nil {
		t.Fatal(err)
	}
	whole := readTree(t, benDir)
	backups := make(tree)
	for name, b := range whole {
		if strings.HasPrefix(name, "data/vault") || strings.HasPrefix(name, "data/backup") {
			backups[name] = b
		}
	}

	p := start(t)
	code, err := client.ParseCode(strings.Join(kit.Words(), " "))
	if err != nil {
		t.Fatal(err)
	}
	again, err := p.Join(t.Context(), &wire.Link{Addresses: []string{fmt.Sprintf("127.0.0.1:%d", h.Port())}, Host: h.Key().Array()})
	if err != nil {
		t.Fatal(err)
	}
	found, err := again.Client.FindLost(t.Context(), code, wire.Link{Addresses: []string{fmt.Sprintf("127.0.0.1:%d", h.Port())}, Host: h.Key().Array()})
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Client.Recover(t.Context(), found, lost); err != nil {
		t.Fatal(err)
	}
	again.Start()
	within(t, "Ben is back in the room", func() bool { _, err := again.Client.Send(t.Context(), l.room, "I am back"); return err == nil })
	within(t, "Ana hears him", func() bool { return slices.Contains(roomTexts(t, h.Member().Client, l.room), "I am back") })
	within(t, "it is on the host", func() bool { return slices.Equal(roomTexts(t, again.Client, l.room), []string{"I am back"}) })

	for _, c := range []struct {
		name string
		copy tree
		want []string
	}{
		{"only the backups", backups, l.said[:l.backed]},
		{"all of it", whole, l.said},
	} {
		dir := t.TempDir()
		c.copy.write(t, dir)
		if _, err := again.Bring(t.Context(), dir, "", nil); !errors.Is(err, setup.ErrNeedPassphrase) {
			t.Errorf("%s, without a passphrase: %v", c.name, err)
		}
		if _, err := again.Bring(t.Context(), dir, "not this one", nil); !errors.Is(err, vault.ErrWrongPassphrase) {
			t.Errorf("%s, with another passphrase: %v", c.name, err)
		}
		got, err := again.Bring(t.Context(), filepath.Join(dir, map[bool]string{true: "data"}[len(c.want) == l.backed]), passphrase, nil)
		if err != nil || got.Rooms != 1 || got.Lines == 0 {
			t.Errorf("%s: got %+v, %v", c.name, got, err)
		}
		if got, want := roomTexts(t, again.Client, l.room), append(slices.Clone(c.want), "I am back"); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", c.name, got, want)
		}
		if now := readTree(t, dir); !slices.Equal(now.names(), c.copy.names()) || now.differs(c.copy) {
			t.Errorf("%s was changed", c.name)
		}
		left, err := filepath.Glob(filepath.Join(p.Layout().Client(l.place), "brought*"))
		if err != nil || len(left) > 0 {
			t.Errorf("%s: left behind: %q, %v", c.name, left, err)
		}
	}
	if _, err := again.Bring(t.Context(), t.TempDir(), "", nil); !errors.Is(err, setup.ErrNoHistory) {
		t.Errorf("an empty folder: %v", err)
	}
	if err := os.RemoveAll(filepath.Join(benDir, "data", "backup")); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(benDir, "data", "client")); err != nil {
		t.Fatal(err)
	}
	if _, err := again.Bring(t.Context(), benDir, passphrase, nil); !errors.Is(err, setup.ErrNoHistory) {
		t.Errorf("a copy without the place: %v", err)
	}
	if err := ana.Close(); err != nil {
		t.Error(err)
	}
}

// differs reports whether files have other bytes than before.
func (files tree) differs(before tree) bool {
	for name, b := range before {
		if string(files[name]) != string(b) {
			return true
		}
	}
	return false
}
