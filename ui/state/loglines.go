package state

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/snugchat/snug/storage/logs"
)

// logPause is how often the log window takes new lines at most.
const logPause = 100 * time.Millisecond

// LogLines is what the log window shows: the last lines that pass a level and a
// filter. It never holds more than logs.Keep.
type LogLines struct {
	app     *App
	rec     *logs.Recorder
	level   slog.Level
	filter  string
	seen    uint64      // Seq of the last line that was looked at
	lines   []logs.Line // that pass
	follow  bool
	changed func()
}

// newLogLines watches a recorder until the program ends.
func newLogLines(a *App, rec *logs.Recorder) *LogLines {
	l := &LogLines{app: a, rec: rec, level: slog.LevelDebug, follow: true, changed: func() {}}
	l.read()
	news, cancel := rec.Changed()
	a.Background(func(ctx context.Context) error {
		defer cancel()
		for {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case _, open := <-news:
				if !open {
					return nil
				}
			}
			a.desktop.Do(func() {
				if l.read() {
					l.changed()
				}
			})
			select {
			case <-ctx.Done():
			case <-time.After(logPause):
			}
		}
	}, func(error) {})
	return l
}

// OnChange sets what is called after lines have come; nil for nothing.
func (l *LogLines) OnChange(f func()) {
	if f == nil {
		f = func() {}
	}
	l.changed = f
}

// read takes the lines that are new and reports whether any of them is shown.
func (l *LogLines) read() bool {
	news := l.rec.Since(l.seen)
	if len(news) == 0 {
		return false
	}
	l.seen = news[len(news)-1].Seq
	before := len(l.lines)
	for _, line := range news {
		if l.passes(line) {
			l.lines = append(l.lines, line)
		}
	}
	grew := len(l.lines) > before
	if extra := len(l.lines) - logs.Keep; extra > 0 {
		l.lines = append(l.lines[:0], l.lines[extra:]...)
	}
	return grew
}

// passes reports whether a line has the level and the words that are wanted.
func (l *LogLines) passes(line logs.Line) bool {
	if line.Level < l.level {
		return false
	}
	if l.filter == "" {
		return true
	}
	return strings.Contains(strings.ToLower(line.Text+" "+line.Attrs), l.filter)
}

// again takes all lines anew, after level or filter have changed.
func (l *LogLines) again() {
	l.seen, l.lines = 0, l.lines[:0]
	l.read()
	l.changed()
}

// SetLevel shows lines of a level and above.
func (l *LogLines) SetLevel(level slog.Level) {
	if l.level != level {
		l.level = level
		l.again()
	}
}

// Level is the lowest level that is shown.
func (l *LogLines) Level() slog.Level { return l.level }

// SetFilter shows lines that hold a text, upper and lower case alike.
func (l *LogLines) SetFilter(filter string) {
	filter = strings.ToLower(strings.TrimSpace(filter))
	if l.filter != filter {
		l.filter = filter
		l.again()
	}
}

// SetFollow says whether the newest line stays in sight.
func (l *LogLines) SetFollow(on bool) {
	l.follow = on
	l.changed()
}

// Follow reports whether the newest line stays in sight.
func (l *LogLines) Follow() bool { return l.follow }

// Len is how many lines are shown.
func (l *LogLines) Len() int { return len(l.lines) }

// Line is one of the shown lines, the oldest first.
func (l *LogLines) Line(i int) logs.Line { return l.lines[i] }

// Filtered reports whether lines are left out.
func (l *LogLines) Filtered() bool { return l.filter != "" || l.level > slog.LevelInfo }

// Copy puts the shown lines on the clipboard, as they stand in files.
func (l *LogLines) Copy() {
	var b strings.Builder
	for _, line := range l.lines {
		b.WriteString(line.String())
		b.WriteByte('\n')
	}
	l.app.desktop.SetClipboard(b.String())
}
