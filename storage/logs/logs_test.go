package logs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/slogtest"
	"testing/synctest"
	"time"
)

func TestSlogRules(t *testing.T) {
	// The standard library's own list of what a handler must do.
	slogtest.Run(t, func(*testing.T) slog.Handler {
		return newForSlogtest(t)
	}, func(t *testing.T) map[string]any {
		lines := lastForSlogtest.Since(0)
		l := lines[len(lines)-1]
		m := map[string]any{slog.MessageKey: l.Text, slog.LevelKey: l.Level}
		if !zeroTimeTest(t) {
			m[slog.TimeKey] = l.Time
		}
		for _, field := range strings.Fields(l.Attrs) {
			key, value, _ := strings.Cut(field, "=")
			at := m
			parts := strings.Split(key, ".")
			for _, p := range parts[:len(parts)-1] {
				if at[p] == nil {
					at[p] = map[string]any{}
				}
				at = at[p].(map[string]any)
			}
			at[parts[len(parts)-1]] = value
		}
		return m
	})
}

// lastForSlogtest is how slogtest's two functions meet.
var lastForSlogtest *Recorder

func newForSlogtest(t *testing.T) *Recorder {
	lastForSlogtest = New(Options{})
	t.Cleanup(func() { lastForSlogtest.Close() })
	return lastForSlogtest
}

// zeroTimeTest is the case whose record has no time; a line in a window has one.
func zeroTimeTest(t *testing.T) bool { return strings.HasSuffix(t.Name(), "/zero-time") }

func TestLines(t *testing.T) {
	r := New(Options{})
	defer r.Close()
	log := slog.New(r)
	for what, c := range map[string]struct {
		log   func()
		text  string
		attrs string
	}{
		"plain":                 {func() { log.Info("place opened", "port", 7443) }, "place opened", "port=7443"},
		"no attributes":         {func() { log.Info("hello") }, "hello", ""},
		"our own keys":          {func() { log.Info("x", "time", 1, "level", "high", "msg", "m") }, "x", "time=1 level=high msg=m"},
		"a group":               {func() { log.WithGroup("peer").With("addr", "a").Info("x", "n", 1) }, "x", "peer.addr=a peer.n=1"},
		"before and in a group": {func() { log.With("a", 1).WithGroup("g").Info("x", "b", 2) }, "x", "a=1 g.b=2"},
		"a value with spaces":   {func() { log.Info("x", "err", errors.New("two words")) }, "x", `err="two words"`},
		"a line break":          {func() { log.Info("x\ny", "v", "1\n2026 ERROR fake") }, `"x\ny"`, `v="1\n2026 ERROR fake"`},
		"an escape sequence":    {func() { log.Info("x\x1b[2J", "v", "\x1b[2J\u202e") }, `"x\x1b[2J"`, `v="\x1b[2J\u202e"`},
		"not UTF-8":             {func() { log.Info("x\xff") }, `"x\xff"`, ""},
	} {
		c.log()
		all := r.Since(0)
		l := all[len(all)-1]
		if l.Text != c.text || l.Attrs != c.attrs {
			t.Errorf("%s: got %q %q, want %q %q", what, l.Text, l.Attrs, c.text, c.attrs)
		}
		if strings.ContainsAny(l.String(), "\n\x1b") {
			t.Errorf("%s: more than a line: %q", what, l.String())
		}
	}
}

func TestDerivedLoggersAreIndependent(t *testing.T) {
	r := New(Options{})
	defer r.Close()
	base := slog.New(r).With("a", 1)
	one, two := base.With("b", 1), base.With("c", 2)
	one.Info("x")
	two.Info("x")
	base.Info("x")
	var got []string
	for _, l := range r.Since(0) {
		got = append(got, l.Attrs)
	}
	if want := []string{"a=1 b=1", "a=1 c=2", "a=1"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSince(t *testing.T) {
	r := New(Options{})
	defer r.Close()
	log := slog.New(r)
	if got := r.Since(0); got != nil {
		t.Errorf("nothing logged: got %v", got)
	}
	const total = 2*Keep + 7
	for i := 1; i <= total; i++ {
		log.Info("line", "i", i)
		if i == 3 {
			if got := r.Since(1); len(got) != 2 || got[0].Seq != 2 {
				t.Errorf("Since(1) of 3: got %v", got)
			}
		}
	}
	for since, first := range map[uint64]uint64{
		0: total - Keep + 1, 5: total - Keep + 1, total - Keep: total - Keep + 1, total - Keep + 1: total - Keep + 2, total - 1: total,
	} {
		got := r.Since(since)
		if len(got) != int(total-first+1) || got[0].Seq != first || got[len(got)-1].Seq != total {
			t.Errorf("Since(%d): got %d lines from %d", since, len(got), got[0].Seq)
			continue
		}
		for i, l := range got {
			if want := fmt.Sprint("i=", l.Seq); l.Seq != first+uint64(i) || l.Attrs != want {
				t.Fatalf("Since(%d): line %d is %v", since, i, l)
			}
		}
	}
	for _, since := range []uint64{total, total + 1, 1 << 63} {
		if got := r.Since(since); got != nil {
			t.Errorf("Since(%d): got %d lines", since, len(got))
		}
	}
}

func TestLevel(t *testing.T) {
	var level slog.LevelVar
	r := New(Options{Level: &level})
	defer r.Close()
	log := slog.New(r)
	log.Debug("no")
	log.Info("yes")
	level.Set(slog.LevelDebug)
	log.Debug("now")
	level.Set(slog.LevelError)
	log.Warn("no")
	var got []string
	for _, l := range r.Since(0) {
		got = append(got, l.Text)
	}
	if want := []string{"yes", "now"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLongLineIsCut(t *testing.T) {
	r := New(Options{})
	defer r.Close()
	for shift := range 4 {
		slog.New(r).Info(strings.Repeat("x", shift)+strings.Repeat("é", MaxText), "v", strings.Repeat("x", shift)+strings.Repeat("字", MaxAttrs))
	}
	for _, l := range r.Since(0) {
		for _, s := range []string{l.Text, l.Attrs} {
			if !strings.HasSuffix(s, "…") || strings.ToValidUTF8(s, "") != s || strings.ContainsRune(s, '\ufffd') {
				t.Errorf("got ...%q", s[len(s)-10:])
			}
		}
		if len(l.Text) > MaxText || len(l.Attrs) > MaxAttrs || len(l.Text) < MaxText-4 || len(l.Attrs) < MaxAttrs-8 {
			t.Errorf("got %d and %d bytes", len(l.Text), len(l.Attrs))
		}
	}
}

func TestSubscribers(t *testing.T) {
	r := New(Options{})
	log := slog.New(r)
	slow, cancelSlow := r.Changed()
	quick, cancelQuick := r.Changed()
	for i := range 100 { // nobody takes from slow, and nobody waits for it
		log.Info("x")
		select {
		case <-quick:
		default:
			t.Fatalf("line %d was not announced", i)
		}
	}
	if _, ok := <-slow; !ok {
		t.Error("the slow one was not told at all")
	}
	select {
	case <-slow:
		t.Error("the slow one was told more than once")
	default:
	}
	cancelQuick()
	cancelQuick()
	if _, ok := <-quick; ok {
		t.Error("still open after cancel")
	}
	log.Info("x")
	if _, ok := <-slow; !ok {
		t.Error("one's cancel ended another")
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if _, ok := <-slow; ok {
		t.Error("still open after Close")
	}
	cancelSlow()
	late, cancel := r.Changed()
	if _, ok := <-late; ok {
		t.Error("open after Close")
	}
	cancel()
	log.Info("after the end")
	if got := r.Since(101); len(got) != 1 {
		t.Errorf("a late line: got %v", got)
	}
}

func TestSubscribersAreBounded(t *testing.T) {
	r := New(Options{})
	defer r.Close()
	for range MaxSubscribers {
		r.Changed()
	}
	one, _ := r.Changed()
	if _, ok := <-one; ok {
		t.Error("one too many was taken")
	}
}

// TestStuckWriter: a pipe that nobody reads holds up no logger, and not the end.
func TestStuckWriter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, out := io.Pipe()
		r := New(Options{Err: out})
		log := slog.New(r)
		for i := range maxQueue + 100 {
			log.Info("line", "i", i)
		}
		if got := len(r.Since(0)); got != maxQueue+100 {
			t.Errorf("got %d lines, want all in the window", got)
		}
		began := time.Now()
		if err := r.Close(); !errors.Is(err, ErrStuck) {
			t.Errorf("got %v, want %v", err, ErrStuck)
		}
		if took := time.Since(began); took > closeTimeout {
			t.Errorf("took %v", took)
		}
		in.Close() // frees the goroutine
	})
}

func TestLeftOutLinesAreCounted(t *testing.T) {
	in, out := io.Pipe()
	r := New(Options{Err: out})
	log := slog.New(r)
	const total = maxQueue + 500
	for range total {
		log.Info("line")
	}
	var text bytes.Buffer
	var wg sync.WaitGroup
	wg.Go(func() { _, _ = io.Copy(&text, in) })
	for len(r.core.sinks[0].queue) > 0 {
		runtime.Gosched()
	}
	log.Info("last")
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	out.Close()
	wg.Wait()
	written := strings.Count(text.String(), "INFO  line\n")
	if !strings.Contains(text.String(), fmt.Sprintf("WARN  lines left out count=%d\n", total-written)) {
		t.Errorf("%d of %d lines were written, and not said so:\n...%s", written, total, text.String()[max(0, text.Len()-200):])
	}
	if !strings.HasSuffix(text.String(), "INFO  last\n") {
		t.Error("the last line is missing")
	}
}

func TestFileRotates(t *testing.T) {
	dir := t.TempDir()
	const limit = 2000
	var all []string
	log := func(from, to int) {
		f, err := openFile(dir, limit)
		if err != nil {
			t.Fatal(err)
		}
		var errs bytes.Buffer
		r := New(Options{Err: &errs, File: f})
		for i := from; i < to; i++ {
			slog.New(r).Info("line", "i", i)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		all = append(all, strings.SplitAfter(errs.String(), "\n")...)
		all = slices.DeleteFunc(all, func(s string) bool { return s == "" })
	}
	log(0, 100)
	log(100, 500) // a second start goes on in the same file
	if len(all) != 500 {
		t.Fatalf("got %d lines on standard error", len(all))
	}
	var got string
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != FileCount {
		t.Errorf("got %d files, want %d", len(entries), FileCount)
	}
	for n := FileCount - 1; n >= 0; n-- {
		name := (&File{dir: dir}).path(n)
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if len(b) > limit || len(b) == 0 || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%s: got %d bytes, mode %v", filepath.Base(name), len(b), info.Mode())
		}
		got += string(b)
	}
	if want := strings.Join(all, ""); !strings.HasSuffix(want, got) {
		t.Error("the files do not hold the last lines in order")
	}
}

func TestFileGoesOnAfterAFailure(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "logs")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	f, err := openFile(dir, 10)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write([]byte("12345678\n")); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Skip("a folder in use stays here:", err)
	}
	if _, err := f.Write([]byte("full\n")); err == nil {
		t.Error("written to a folder that is gone")
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("again\n")); err != nil {
		t.Errorf("with the folder back: %v", err)
	}
}

func TestManyLoggers(t *testing.T) {
	f, err := openFile(t.TempDir(), 50_000)
	if err != nil {
		t.Fatal(err)
	}
	r := New(Options{File: f})
	changed, cancel := r.Changed()
	defer cancel()
	var wg, readers sync.WaitGroup
	readers.Go(func() {
		var seen uint64
		for range changed {
			for _, l := range r.Since(seen) {
				if l.Seq != seen+1 {
					t.Errorf("line %d came after %d", l.Seq, seen)
				}
				seen = l.Seq
			}
		}
		for _, l := range r.Since(seen) {
			seen = l.Seq
		}
		if seen != 2000 {
			t.Errorf("saw %d lines, want 2000", seen)
		}
	})
	for i := range 4 {
		wg.Go(func() {
			log := slog.New(r).With("goroutine", i)
			for range 500 {
				log.Info("x")
			}
		})
	}
	wg.Wait()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	readers.Wait()
}

func BenchmarkHandle(b *testing.B) {
	r := New(Options{Err: io.Discard})
	defer r.Close()
	log := slog.New(r).With("place", "lobby")
	b.ReportAllocs()
	for b.Loop() {
		log.Info("member joined", "name", "ana", "addr", "192.0.2.7:4711", "took_ms", 12)
	}
}
