package setup_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/snugchat/snug/net/setup"
	"github.com/snugchat/snug/storage/paths"
)

// TestLinkIsHandedOver is the story of FEATURES M4: a link that is clicked while
// Snug runs reaches the window that is open, and no second one opens.
func TestLinkIsHandedOver(t *testing.T) {
	dir := t.TempDir()
	if err := setup.HandOver(t.Context(), dir, setup.Call{Link: "snug://join#v1.x"}); !errors.Is(err, setup.ErrNoWindow) {
		t.Fatalf("nobody there: got %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("asking left %v, %v in the profile", left, err)
	}
	p := open(t, dir)
	got := make(chan setup.Call, 1)
	if err := p.TakeCalls(func(c setup.Call) bool { got <- c; return true }); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]setup.Call{"a link": {Link: "snug://join#v1.abc"}, "to host": {Host: true}, "only to see the window": {}} {
		if err := setup.HandOver(t.Context(), dir, c); err != nil {
			t.Errorf("%s: %v", name, err)
		} else if g := <-got; g != c {
			t.Errorf("%s: got %+v, want %+v", name, g, c)
		}
	}
	if _, err := setup.OpenOrHandOver(t.Context(), setup.Options{Dir: dir, Logs: recorder(t)}, setup.Call{Link: "snug://b"}); !errors.Is(err, setup.ErrHandedOver) {
		t.Fatalf("a second start: got %v", err)
	}
	if g := <-got; g.Link != "snug://b" {
		t.Errorf("the second start's link: got %+v", g)
	}
}

// TestSecondStartWaits covers the moments in which a program has the profile and
// no window that listens.
func TestSecondStartWaits(t *testing.T) {
	t.Run("for a window that is still starting", func(t *testing.T) {
		dir := t.TempDir()
		p := open(t, dir)
		got := make(chan setup.Call, 1)
		opened := make(chan error, 1)
		go func() {
			_, err := setup.OpenOrHandOver(t.Context(), setup.Options{Dir: dir, Logs: recorder(t)}, setup.Call{Link: "snug://a"})
			opened <- err
		}()
		time.Sleep(300 * time.Millisecond) // let it knock in vain; sooner or later, the result is the same
		if err := p.TakeCalls(func(c setup.Call) bool { got <- c; return true }); err != nil {
			t.Fatal(err)
		}
		if err := <-opened; !errors.Is(err, setup.ErrHandedOver) {
			t.Fatalf("got %v", err)
		}
		if g := <-got; g.Link != "snug://a" {
			t.Errorf("got %+v", g)
		}
	})
	t.Run("for one that says goodbye, and opens its own", func(t *testing.T) {
		dir := t.TempDir()
		old, err := setup.Open(setup.Options{Dir: dir, Logs: recorder(t)})
		if err != nil {
			t.Fatal(err)
		}
		var asked atomic.Int32
		if err := old.TakeCalls(func(setup.Call) bool { asked.Add(1); return false }); err != nil {
			t.Fatal(err)
		}
		opened := make(chan error, 1)
		go func() {
			p, err := setup.OpenOrHandOver(t.Context(), setup.Options{Dir: dir, Logs: recorder(t)}, setup.Call{Link: "snug://a"})
			if err == nil {
				err = p.Close()
			}
			opened <- err
		}()
		within(t, "the old window was asked", func() bool { return asked.Load() > 0 })
		if err := old.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-opened; err != nil {
			t.Errorf("the second start: got %v", err)
		}
	})
	t.Run("not for ever, when a host without a window has the profile", func(t *testing.T) {
		dir := t.TempDir()
		open(t, dir)
		started := time.Now()
		if _, err := setup.OpenOrHandOver(t.Context(), setup.Options{Dir: dir, Logs: recorder(t)}, setup.Call{}); !errors.Is(err, paths.ErrInUse) {
			t.Errorf("got %v", err)
		}
		if took := time.Since(started); took < 2*time.Second {
			t.Errorf("gave up after %v", took)
		}
	})
	t.Run("not when it is stopped itself", func(t *testing.T) {
		dir := t.TempDir()
		open(t, dir)
		ctx, stop := context.WithCancel(t.Context())
		stop()
		if _, err := setup.OpenOrHandOver(ctx, setup.Options{Dir: dir, Logs: recorder(t)}, setup.Call{}); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

// TestKilledWindowIsNoObstacle leaves behind what a killed program leaves: its
// note and its socket.
func TestKilledWindowIsNoObstacle(t *testing.T) {
	dir := t.TempDir()
	layout, err := paths.For(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := layout.Create(); err != nil {
		t.Fatal(err)
	}
	for name, note := range map[string]string{
		"a socket that is gone": "unix " + filepath.Join(layout.State, "window.sock"),
		"a port of nobody":      "tcp 127.0.0.1:1 secret",
		"nothing":               "",
		"nonsense":              "carrier-pigeon home",
	} {
		if err := os.WriteFile(filepath.Join(layout.State, "window"), []byte(note), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := setup.HandOver(t.Context(), dir, setup.Call{Link: "snug://a"}); !errors.Is(err, setup.ErrNoWindow) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if err := os.WriteFile(filepath.Join(layout.State, "window.sock"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	p := open(t, dir)
	if err := p.TakeCalls(func(setup.Call) bool { return true }); err != nil {
		t.Fatal(err)
	}
	if err := setup.HandOver(t.Context(), dir, setup.Call{}); err != nil {
		t.Error(err)
	}
}
