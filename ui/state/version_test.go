package state

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/snugchat/snug/storage/prefs"
	"github.com/snugchat/snug/ui/text"
)

// FEATURES M3: the program asks for a newer version only if somebody wants that,
// says what it found, and stops when nobody wants it any more.
func TestNewerVersion(t *testing.T) {
	dir := t.TempDir()
	var asked atomic.Int32
	answer := func(version string, err error) func(context.Context) (string, error) {
		return func(context.Context) (string, error) {
			asked.Add(1)
			return version, err
		}
	}
	s := start(t, dir, "")
	s.app.latest = answer("0.2.0", nil)
	if v, _ := s.app.NewerVersion(); v != "" || asked.Load() != 0 || s.app.unwatch != nil {
		t.Fatalf("nobody wants to know: got %q after %d questions", v, asked.Load())
	}
	s.app.SetCheckVersion(true)
	s.until("answer", func() bool { v, _ := s.app.NewerVersion(); return v == "0.2.0" })
	s.mu.Lock()
	notes := s.notes
	s.mu.Unlock()
	if len(notes) != 1 || notes[0] != text.SettingsVersionNews("0.2.0") {
		t.Errorf("it said %q", notes)
	}
	s.app.SetCheckVersion(true) // twice is once
	s.close()
	if n := asked.Load(); n != 1 {
		t.Errorf("%d questions, want 1", n)
	}

	again := start(t, dir, "")
	if v, _ := again.app.NewerVersion(); v != "0.2.0" || again.app.unwatch == nil {
		t.Errorf("after a new start: %q", v)
	}
	again.app.SetCheckVersion(false)
	if v, _ := again.app.NewerVersion(); v != "" || again.app.Prefs().NewestVersion != "" {
		t.Errorf("nobody wants to know any more: got %q", v)
	}
	again.app.latest = answer("0.3.0", nil)
	again.app.SetCheckVersion(true) // and now again: at once, not tomorrow
	again.until("answer", func() bool { v, _ := again.app.NewerVersion(); return v == "0.3.0" })
}

// What cannot be asked, is not newer or is no version changes nothing.
func TestNoNewerVersion(t *testing.T) {
	for name, c := range map[string]struct {
		version string
		err     error
	}{
		"no answer":    {"", errors.New("no route to host")},
		"this version": {"0.1.0", nil},
		"an older one": {"0.0.9", nil},
	} {
		s := start(t, t.TempDir(), "")
		done := make(chan struct{})
		s.app.latest = func(context.Context) (string, error) { defer close(done); return c.version, c.err }
		s.app.SetCheckVersion(true)
		<-done
		s.until("seen", func() bool { return c.err != nil || s.app.Prefs().NewestVersion == c.version })
		if v, _ := s.app.NewerVersion(); v != "" {
			t.Errorf("%s: got %q", name, v)
		}
		s.mu.Lock()
		if len(s.notes) != 0 {
			t.Errorf("%s: it said %q", name, s.notes)
		}
		s.mu.Unlock()
		s.close()
	}
}

// Every setting counts when the settings are compared: one that is changed while
// the last change is written is written too.
func TestSameSettings(t *testing.T) {
	for name, change := range map[string]func(*prefs.Settings){
		"typing":  func(s *prefs.Settings) { s.ShowTyping = !s.ShowTyping },
		"seen":    func(s *prefs.Settings) { s.ShowSeen = !s.ShowSeen },
		"emoji":   func(s *prefs.Settings) { s.RecentEmoji = "x" },
		"version": func(s *prefs.Settings) { s.CheckVersion = !s.CheckVersion },
		"places":  func(s *prefs.Settings) { s.RecentPlaces = []string{"a"} },
	} {
		a, b := prefs.Default(), prefs.Default()
		change(&b)
		if same(a, b) || !same(b, b) {
			t.Errorf("%s: a change is not seen", name)
		}
	}
}
