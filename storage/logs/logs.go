// Package logs receives what the program logs: it keeps the last lines for the
// log window and writes all of them to standard error, to a file, or to both.
// Logging never waits for a disk, a terminal or a window.
//
// It must not know who logs or what a line means, and it shows lines only to
// whoever it was handed to. That no secret, text or file name is in a line is
// the rule of those who log (STYLE, Logging).
//
// The lines are those of log/slog's TextHandler: key=value, quoted where
// needed. storage/SCHEMA.md says where the files lie.
package logs

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	// Keep is how many lines the log window can show.
	Keep = 5000

	// MaxText and MaxAttrs bound one line in bytes; a longer one is cut. Keep
	// lines take at most 12 MiB, and commonly half of one.
	MaxText  = 512
	MaxAttrs = 2048

	// MaxSubscribers bounds those who wait for changes: each window has one.
	MaxSubscribers = 64
)

// Line is one line of the log.
type Line struct {
	Seq   uint64 // grows by one with each line, from 1
	Time  time.Time
	Level slog.Level
	Text  string // the message, on one line
	Attrs string // key=value, separated by spaces
}

// String formats the line as it stands in files.
func (l Line) String() string {
	var b strings.Builder
	b.WriteString(l.Time.UTC().Format("2006-01-02T15:04:05.000Z "))
	b.WriteString(l.Level.String())
	b.WriteString(strings.Repeat(" ", max(0, len("ERROR")-len(l.Level.String()))))
	b.WriteByte(' ')
	b.WriteString(l.Text)
	if l.Attrs != "" {
		b.WriteByte(' ')
		b.WriteString(l.Attrs)
	}
	return b.String()
}

// Options say where lines go besides the window.
type Options struct {
	// Level is the lowest that is recorded; Info if nil.
	Level slog.Leveler
	// Err, if not nil, gets every line: os.Stderr.
	Err io.Writer
	// File, if not nil, gets every line. Close closes it.
	File *File
}

// Recorder is a slog.Handler. All its methods may be called from any goroutine.
type Recorder struct {
	handler
	core *core
}

// core is what a Recorder shares with the handlers derived from it.
type core struct {
	level slog.Leveler
	sinks []*sink
	file  *File

	mu     sync.Mutex // guards what follows
	lines  []Line     // a ring once it has Keep lines
	next   uint64     // the Seq of the next line
	subs   map[chan struct{}]struct{}
	closed bool
}

// New makes a Recorder. The caller ends it with Close.
func New(o Options) *Recorder {
	c := &core{level: o.Level, file: o.File, next: 1, subs: map[chan struct{}]struct{}{}}
	if c.level == nil {
		c.level = slog.LevelInfo
	}
	if o.Err != nil {
		c.sinks = append(c.sinks, newSink(o.Err))
	}
	if o.File != nil {
		c.sinks = append(c.sinks, newSink(o.File))
	}
	return &Recorder{handler: handler{core: c}, core: c}
}

// Since returns the kept lines whose Seq is above seq, oldest first. Since(0)
// returns all of them.
func (r *Recorder) Since(seq uint64) []Line {
	c := r.core
	c.mu.Lock()
	defer c.mu.Unlock()
	n := len(c.lines)
	if seq >= c.next-1 {
		return nil
	}
	if first := c.next - uint64(n); seq >= first {
		n = int(c.next - 1 - seq)
	}
	out := make([]Line, 0, n)
	for s := c.next - uint64(n); s < c.next; s++ {
		out = append(out, c.lines[(s-1)%Keep])
	}
	return out
}

// Changed returns a channel that gets a value after lines were added: one for
// as many as came since the last was taken. Whoever does not take it misses no
// line, see Since, and holds nobody up. After cancel, and after Close, the
// channel is closed; cancel may be called more than once. The subscriber after
// MaxSubscribers gets a closed channel.
func (r *Recorder) Changed() (changed <-chan struct{}, cancel func()) {
	c := r.core
	ch := make(chan struct{}, 1)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || len(c.subs) == MaxSubscribers {
		close(ch)
		return ch, func() {}
	}
	c.subs[ch] = struct{}{}
	return ch, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if _, ok := c.subs[ch]; ok {
			delete(c.subs, ch)
			close(ch)
		}
	}
}

// Close writes the lines that wait, closes the file and ends all
// subscriptions. It waits a second at most for a writer that takes nothing, and
// then returns ErrStuck. Lines that are logged later are kept, but not written.
func (r *Recorder) Close() error {
	c := r.core
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil
	}
	c.closed = true
	for ch := range c.subs {
		close(ch)
	}
	clear(c.subs)
	c.mu.Unlock()
	timer := time.NewTimer(closeTimeout)
	defer timer.Stop()
	var err error
	for _, s := range c.sinks {
		if !s.close(timer.C) {
			err = ErrStuck
		}
	}
	if c.file == nil || err != nil {
		return err // a file that is being written to is not closed under its writer
	}
	return c.file.Close()
}

// add keeps a line, wakes the subscribers and hands it to the sinks, in the
// order of Seq.
func (c *core) add(l Line) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l.Seq = c.next
	c.next++
	if len(c.lines) < Keep {
		c.lines = append(c.lines, l)
	} else {
		c.lines[(l.Seq-1)%Keep] = l
	}
	for ch := range c.subs { // each send is to a buffer, and never waits
		select {
		case ch <- struct{}{}:
		default:
		}
	}
	if c.closed {
		return
	}
	for _, s := range c.sinks {
		s.put(l)
	}
}

// handler is a slog.Handler with the groups and attributes of one logger.
type handler struct {
	core *core
	with []func(slog.Handler) slog.Handler // what WithGroup and WithAttrs did, in order
}

// Enabled says whether a level is recorded.
func (h handler) Enabled(_ context.Context, l slog.Level) bool { return l >= h.core.level.Level() }

// WithAttrs returns a handler whose lines have these attributes too.
func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return h.derive(func(s slog.Handler) slog.Handler { return s.WithAttrs(attrs) })
}

// WithGroup returns a handler whose lines have their further attributes in a
// group.
func (h handler) WithGroup(name string) slog.Handler {
	return h.derive(func(s slog.Handler) slog.Handler { return s.WithGroup(name) })
}

func (h handler) derive(f func(slog.Handler) slog.Handler) slog.Handler {
	return handler{core: h.core, with: append(h.with[:len(h.with):len(h.with)], f)}
}

// emptyLine is what TextHandler writes of a record that has nothing but
// attributes, before them.
const emptyLine = `level=INFO msg=""`

// Handle records one line.
func (h handler) Handle(ctx context.Context, rec slog.Record) error {
	// The attributes are formatted before the lock is taken: they may belong to
	// types with methods of their own.
	var buf bytes.Buffer
	var text slog.Handler = slog.NewTextHandler(&buf, nil)
	for _, f := range h.with {
		text = f(text)
	}
	only := slog.NewRecord(time.Time{}, slog.LevelInfo, "", 0)
	rec.Attrs(func(a slog.Attr) bool {
		only.AddAttrs(a)
		return true
	})
	if err := text.Handle(ctx, only); err != nil {
		return err
	}
	attrs := strings.TrimPrefix(strings.TrimSuffix(buf.String(), "\n"), emptyLine)
	at := rec.Time
	if at.IsZero() {
		at = time.Now()
	}
	h.core.add(Line{
		Time:  at.Round(0), // the clock on the wall is what is shown
		Level: rec.Level,
		Text:  cut(oneLine(rec.Message), MaxText),
		Attrs: cut(strings.TrimPrefix(attrs, " "), MaxAttrs),
	})
	return nil
}

// oneLine returns s as it is if all of it can be printed, and quoted otherwise,
// so that no message writes a line of its own or moves the cursor.
func oneLine(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) || !utf8.ValidString(s) {
		return strconv.Quote(s)
	}
	return s
}

// cut shortens s to n bytes and shows that.
func cut(s string, n int) string {
	const mark = "…"
	if len(s) <= n {
		return s
	}
	s = s[:n-len(mark)]
	for {
		r, size := utf8.DecodeLastRuneInString(s)
		if r != utf8.RuneError || size != 1 {
			break
		}
		s = s[:len(s)-1] // a part of a character
	}
	return strings.Clone(s) + mark // not the whole of a long string kept alive
}
