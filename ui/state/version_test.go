package state

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/snugchat/snug/crypto/release"
	"github.com/snugchat/snug/net/update"
	"github.com/snugchat/snug/storage/paths"
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

// It asks once a day, whatever the answer is: a release that cannot be believed, or
// none at all, is no reason to ask more often. Only who reached nobody tries again.
func TestPaceOfQuestions(t *testing.T) {
	for name, c := range map[string]struct {
		err   error
		noted bool
	}{
		"nobody is reached":       {fmt.Errorf("ask: %w: no route to host", update.ErrNoAnswer), false},
		"there is no release":     {errors.New("answer 404"), true},
		"the release is not ours": {release.ErrSignature, true},
		"this version":            {nil, true},
	} {
		dir := t.TempDir()
		var asked atomic.Int32
		answer := func(context.Context) (string, error) {
			asked.Add(1)
			if c.err != nil {
				return "", c.err
			}
			return "0.1.0", nil
		}
		now := time.Now()
		s := start(t, dir, "")
		s.app.latest = answer
		s.app.desktop.Now = func() time.Time { return now }
		s.app.SetCheckVersion(true)
		s.until("asked", func() bool { return asked.Load() == 1 && (s.app.Prefs().VersionChecked != 0) == c.noted })
		s.close()

		// The program is started again two hours later.
		layout, err := paths.For(dir)
		if err != nil {
			t.Fatal(err)
		}
		kept, _, err := prefs.Open(layout.Settings())
		if err != nil {
			t.Fatal(err)
		}
		last := time.UnixMilli(kept.Get().VersionChecked)
		want := askVersionEvery - 2*time.Hour
		if !c.noted {
			want = 0
		}
		if got := untilVersion(last, now.Add(2*time.Hour)).Round(time.Second); got != want {
			t.Errorf("%s: after a new start it asks in %v, want %v", name, got, want)
		}
		if got := untilVersion(last, now.Add(askVersionEvery)).Round(time.Second); got != 0 {
			t.Errorf("%s: a day later it asks in %v", name, got)
		}
		if n := asked.Load(); n != 1 {
			t.Errorf("%s: %d questions, want 1", name, n)
		}
	}
	if got := untilVersion(time.Now().Add(time.Hour), time.Now()); got != 0 {
		t.Errorf("an answer that came in an hour from now: got %v", got)
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
