package setup

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/snugchat/snug/storage/backup"
	"github.com/snugchat/snug/storage/paths"
	"github.com/snugchat/snug/storage/sqlite"
)

func TestDue(t *testing.T) {
	at := func(day, hour, minute int) time.Time {
		return time.Date(2026, time.November, day, hour, minute, 0, 0, time.Local)
	}
	for name, c := range map[string]struct {
		now, last, began time.Time
		want             bool
	}{
		"never, half a minute after the start":             {at(10, 12, 0).Add(30 * time.Second), time.Time{}, at(10, 12, 0), false},
		"never, a minute after it":                         {at(10, 12, 1), time.Time{}, at(10, 12, 0), true},
		"made this night":                                  {at(10, 12, 0), at(10, 3, 0), at(9, 12, 0), false},
		"made this night, before the next":                 {at(11, 2, 59), at(10, 3, 0), at(9, 12, 0), false},
		"the next night":                                   {at(11, 3, 0), at(10, 3, 0), at(9, 12, 0), true},
		"made by hand in the evening, the next night":      {at(11, 3, 0), at(10, 22, 0), at(9, 12, 0), true},
		"made a moment before the night, in it":            {at(11, 3, 0), at(11, 2, 59), at(9, 12, 0), true},
		"it was off in the night, and has just begun":      {at(11, 9, 1), at(10, 3, 0), at(11, 9, 0), false},
		"it was off in the night, five minutes after":      {at(11, 9, 5), at(10, 3, 0), at(11, 9, 0), true},
		"it was off for weeks":                             {at(28, 1, 0), at(10, 3, 0), at(28, 0, 0), true},
		"off for weeks, made yesterday at noon, before 3":  {at(28, 1, 0), at(27, 12, 0), at(20, 0, 0), false},
		"the newest is of tomorrow, the clock was changed": {at(11, 9, 5), at(12, 3, 0), at(11, 8, 0), false},
	} {
		if got := due(c.now, c.last, c.began); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

// paper is a store that is backed up as one line.
type paper struct {
	mu    sync.Mutex // guards what follows
	fails error
	tries int
}

func (s *paper) Backup(_ context.Context, path string) (sqlite.Digest, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tries++; s.fails != nil {
		return nil, s.fails
	}
	return sqlite.Digest{}, paths.WriteFile(path, []byte("all that is in it\n"))
}

// fail has it fail from now on; nil: go on.
func (s *paper) fail(err error) { s.mu.Lock(); s.fails = err; s.mu.Unlock() }

func (s *paper) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tries
}

// again is that line, restored.
type again struct{}

func (again) Digest(context.Context) (sqlite.Digest, error) { return sqlite.Digest{}, nil }
func (again) Close() error                                  { return nil }

// night is a store whose backups a clock of the test calls for.
type night struct {
	t     *testing.T
	p     *Profile
	store *paper
	n     *nightly
	clock atomic.Int64 // unix nanoseconds
	ticks chan time.Time
	end   func()
}

// newNight begins to keep a store, at a time, with a program.
func newNight(t *testing.T, dir string, now time.Time, program string) *night {
	t.Helper()
	layout, err := paths.For(dir)
	if err != nil {
		t.Fatal(err)
	}
	x := &night{t: t, ticks: make(chan time.Time), store: &paper{}}
	x.clock.Store(now.UnixNano())
	x.p = &Profile{layout: layout, log: slog.New(slog.DiscardHandler), options: Options{Program: program}}
	x.n = &nightly{
		p: x.p, folder: x.p.hostBackups(), store: x.store,
		open: func(context.Context, string) (backup.Restored, error) { return again{}, nil },
		note: func(context.Context) error { return nil },
		now:  func() time.Time { return time.Unix(0, x.clock.Load()) }, ticks: x.ticks,
	}
	ctx, stop := context.WithCancel(t.Context())
	x.n.wg.Go(func() { x.n.run(ctx) })
	x.end = func() { stop(); x.n.wg.Wait() }
	return x
}

// pass lets time go by in steps, and returns how many tries of a backup there were.
func (x *night) pass(d, step time.Duration) int {
	x.settle()
	was := x.store.count()
	for ; d > 0; d -= step {
		x.clock.Add(int64(step))
		x.settle()
	}
	return x.store.count() - was
}

// settle waits until run has looked at the clock as it is: it takes the second tick
// when it has dealt with the first.
func (x *night) settle() {
	for range 2 {
		x.ticks <- time.Time{}
	}
}

func (x *night) made() (out []string) {
	all, err := x.n.folder.List()
	if err != nil {
		x.t.Fatal(err)
	}
	for _, b := range all {
		out = append(out, b.Time.Local().Format("2 15:04"))
	}
	slices.Reverse(out)
	return out
}

// FEATURES Z8: every night makes a backup, also one of a computer that was off then, and
// three are kept. Seen to fail without the question whether one is due.
func TestNightMakesABackup(t *testing.T) {
	dir := t.TempDir()
	x := newNight(t, dir, time.Date(2026, time.November, 10, 12, 0, 0, 0, time.Local), "Snug 1")
	x.pass(2*time.Minute, 30*time.Second)
	if got, want := x.made(), []string{"10 12:01"}; !slices.Equal(got, want) {
		t.Errorf("the first: %q, want %q", got, want)
	}
	x.pass(4*24*time.Hour, 10*time.Minute)
	if got, want := x.made(), []string{"12 03:02", "13 03:02", "14 03:02"}; !slices.Equal(got, want) {
		t.Errorf("after four nights: %q, want %q", got, want)
	}
	x.end()
	// Off for two nights.
	x = newNight(t, dir, time.Date(2026, time.November, 16, 9, 0, 0, 0, time.Local), "Snug 1")
	defer func() { x.end() }()
	x.pass(10*time.Minute, time.Minute)
	if got, want := x.made(), []string{"13 03:02", "14 03:02", "16 09:05"}; !slices.Equal(got, want) {
		t.Errorf("after two nights off: %q, want %q", got, want)
	}
}

// Before another version of the program does anything, what is there is backed up.
func TestUpdateMakesABackup(t *testing.T) {
	dir := t.TempDir()
	now := time.Date(2026, time.November, 10, 12, 0, 0, 0, time.Local)
	for i, c := range []struct {
		program string
		want    []string
	}{
		{"Snug 1", nil}, // the first start of all
		{"Snug 1", []string{"10 12:10"}},
		{"Snug 2", []string{"10 12:10", "10 13:00"}},
		{"Snug 2", []string{"10 12:10", "10 13:00"}},
		{"Snug 1", []string{"10 12:10", "10 13:00", "10 14:00"}}, // and back
	} {
		x := newNight(t, dir, now.Add([]time.Duration{0, 9, 60, 70, 120}[i]*time.Minute), c.program)
		x.settle()
		if i == 1 {
			x.pass(2*time.Minute, time.Minute)
		}
		if got := x.made(); !slices.Equal(got, c.want) {
			t.Errorf("start %d, of %s: %q, want %q", i, c.program, got, c.want)
		}
		x.end()
	}
	// One that nobody knows the program of is of an older version.
	x := newNight(t, dir, now.Add(3*time.Hour), "Snug 1")
	x.settle()
	x.end()
	if err := os.Remove(x.p.versionPath(hostStore)); err != nil {
		t.Fatal(err)
	}
	x = newNight(t, dir, now.Add(4*time.Hour), "Snug 1")
	x.settle()
	x.end()
	if got, want := x.made(), []string{"10 13:00", "10 14:00", "10 16:00"}; !slices.Equal(got, want) {
		t.Errorf("after one without a version: %q, want %q", got, want)
	}
}

// A backup that fails is tried again after longer and longer waits, and the person hears
// of it when the newest is two nights old, until there is one again.
func TestBackupFails(t *testing.T) {
	x := newNight(t, t.TempDir(), time.Date(2026, time.November, 10, 12, 0, 0, 0, time.Local), "Snug 1")
	defer func() { x.end() }()
	x.pass(2*time.Minute, time.Minute)
	full := errors.New("no room")
	x.store.fail(full)
	x.pass(15*time.Hour, time.Minute) // to 3 at night
	tries := x.pass(24*time.Hour, time.Minute)
	if tries < 24 || tries > 30 { // 5, 10, 20, 40 minutes, then each hour
		t.Errorf("%d tries in a day", tries)
	}
	if got := x.p.Late(); len(got) > 0 {
		t.Errorf("after a day: %+v", got)
	}
	x.pass(12*time.Hour, time.Minute)
	got := x.p.Late()
	if len(got) != 1 || !errors.Is(got[0].Err, full) || got[0].Place != "" || fmt.Sprint(got[0].Newest.Local().Format("2 15:04")) != "10 12:01" {
		t.Errorf("after two nights: %+v", got)
	}
	x.store.fail(nil)
	x.pass(2*time.Hour, time.Minute)
	if got := x.p.Late(); len(got) > 0 || len(x.made()) != 2 {
		t.Errorf("there is one again: %+v, %q", got, x.made())
	}
	if _, err := os.Stat(filepath.Join(string(x.n.folder), "new.db")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("left behind: %v", err)
	}
}
