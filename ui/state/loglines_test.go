package state

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/snugchat/snug/storage/logs"
)

// TestLogWindow is row J5 of the features: the host's log is live, can be narrowed
// by level and by words and widened again without a line lost, and is copied as
// it is shown.
func TestLogWindow(t *testing.T) {
	rec := logs.New(logs.Options{Level: slog.LevelDebug})
	t.Cleanup(func() {
		if err := rec.Close(); err != nil {
			t.Error(err)
		}
	})
	s := &screenOf{t: t, todo: make(chan func(), 64)}
	ctx, stop := context.WithCancel(t.Context())
	s.app = &App{desktop: s.desktop(), ctx: ctx, stop: stop, changed: func() {}}
	l := newLogLines(s.app, rec)
	calls := 0
	l.OnChange(func() { calls++ })
	log := slog.New(rec)
	log.Info("came in", "name", "Ana")
	log.Warn("disk almost full", "free_bytes", 7)
	log.Info("came in", "name", "Ben")
	s.untilLines(l, 3)
	if calls == 0 {
		t.Error("nobody was told of new lines")
	}
	shown := func() string {
		var out []string
		for i := range l.Len() {
			out = append(out, l.Line(i).Text+" "+l.Line(i).Attrs)
		}
		return strings.Join(out, "; ")
	}
	all := shown()
	l.SetFilter("  BEN ")
	if got := shown(); got != "came in name=Ben" || !l.Filtered() {
		t.Errorf("filtered by a name: %q", got)
	}
	log.Info("left", "name", "Ben")
	log.Info("left", "name", "Ana")
	s.untilLines(l, 2)
	if got := shown(); got != "came in name=Ben; left name=Ben" {
		t.Errorf("new lines while filtered: %q", got)
	}
	l.Copy()
	if got := strings.Count(s.clip, "\n"); got != 2 || !strings.Contains(s.clip, "name=Ben") || strings.Contains(s.clip, "Ana") {
		t.Errorf("copied: %q", s.clip)
	}
	l.SetFilter("")
	l.SetLevel(slog.LevelWarn)
	if got := shown(); got != "disk almost full free_bytes=7" {
		t.Errorf("warnings only: %q", got)
	}
	l.SetLevel(slog.LevelDebug)
	if got := shown(); !strings.HasPrefix(got, all) || l.Len() != 5 {
		t.Errorf("all again: %q", got)
	}
	stop()
	s.app.work.Wait()
}

// untilLines runs the window until the log shows n lines.
func (s *screenOf) untilLines(l *LogLines, n int) {
	s.t.Helper()
	s.until("lines of the log", func() bool { return l.Len() == n })
}
