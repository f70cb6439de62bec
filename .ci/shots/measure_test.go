package main

import (
	"testing"
	"time"
)

func TestParseCPU(t *testing.T) {
	for name, c := range map[string]struct {
		stat   string
		thread string
		want   time.Duration
		ok     bool
	}{
		"user and system time":  {"42 (snug) S 1 42 42 0 -1 4194560 5 0 0 0 130 20 7 8 20 0 9 0 55", "snug", 1500 * time.Millisecond, true},
		"a name with a bracket": {"42 (a) b) S 1 42 42 0 -1 4194560 5 0 0 0 1 2 7 8 20 0 9 0 55", "a) b", 30 * time.Millisecond, true},
		"cut short":             {"42 (snug) S 1 42", "", 0, false},
		"no number":             {"42 (snug) S 1 42 42 0 -1 4194560 5 0 0 0 x 20 7", "", 0, false},
		"nothing":               {"", "", 0, false},
	} {
		if thread, got, err := parseCPU(c.stat); thread != c.thread || got != c.want || (err == nil) != c.ok {
			t.Errorf("%s: got %q, %v, %v, want %q, %v", name, thread, got, err, c.thread, c.want)
		}
	}
}

func TestKilobytes(t *testing.T) {
	const rollup = "00400000-7ffc---p 00000000 00:00 0  [rollup]\nRss:              200 kB\nPss_Dirty:         70 kB\nPss:              123 kB\n"
	if got, err := kilobytes(rollup, "Pss"); got != 123 || err != nil {
		t.Errorf("got %d, %v, want 123", got, err)
	}
	if got, err := kilobytes(rollup, "Uss"); err == nil {
		t.Errorf("a line that is not there: got %d, want an error", got)
	}
}
