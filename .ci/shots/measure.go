package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// measure says what a program costs while nothing happens in it: its memory,
// shared pages divided among those who share them, and its share of one core.
func (p *program) measure(ctx context.Context, over time.Duration) (string, error) {
	before, err := cpu(p.cmd.Process.Pid)
	if err != nil {
		return "", err
	}
	started := time.Now()
	wait(ctx, over)
	after, err := cpu(p.cmd.Process.Pid)
	if err != nil {
		return "", err
	}
	took := time.Since(started)
	share := func(d time.Duration) float64 { return d.Seconds() / took.Seconds() * 100 }
	rollup, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", p.cmd.Process.Pid))
	if err != nil {
		return "", err
	}
	pss, err := kilobytes(string(rollup), "Pss")
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d MiB of memory, %.1f %% of one core when idle, and %.1f %% for drawing by software",
		pss>>10, share(after.own-before.own), share(after.drawing-before.drawing)), nil
}

// used is the processor time that a process has used: for itself, and in the threads
// of Mesa that draw where there is no graphics card.
type used struct{ own, drawing time.Duration }

func (u used) all() time.Duration { return u.own + u.drawing }

// cpu adds up what the threads of a process have used. What threads used that have
// ended is not there any more; Go keeps its own.
func cpu(pid int) (used, error) {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	if err != nil || len(threads) == 0 {
		return used{}, errors.Join(err, fmt.Errorf("process %d is not there", pid))
	}
	var sum used
	for _, path := range threads {
		b, err := os.ReadFile(path)
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
			continue // it has ended
		}
		if err != nil {
			return used{}, err
		}
		name, took, err := parseCPU(string(b))
		if err != nil {
			return used{}, err
		}
		if strings.HasPrefix(name, "llvmpipe") {
			sum.drawing += took
		} else {
			sum.own += took
		}
	}
	return sum, nil
}

// parseCPU returns the name of a thread and fields 14 and 15 of /proc/PID/task/TID/stat
// (proc(5)), in clock ticks, which Linux fixes at 100 a second for programs.
func parseCPU(stat string) (name string, took time.Duration, err error) {
	// The name in field 2 may hold spaces and brackets; what follows the last one counts from field 3.
	from, to := strings.IndexByte(stat, '('), strings.LastIndexByte(stat, ')')
	f := strings.Fields(stat[to+1:])
	if from < 0 || to < from || len(f) < 13 {
		return "", 0, fmt.Errorf("read /proc/PID/task/TID/stat: %d fields after the name", len(f))
	}
	var ticks time.Duration
	for _, field := range f[11:13] {
		n, err := strconv.Atoi(field)
		if err != nil {
			return "", 0, fmt.Errorf("read /proc/PID/task/TID/stat: %w", err)
		}
		ticks += time.Duration(n)
	}
	return stat[from+1 : to], ticks * time.Second / 100, nil
}

// kilobytes returns the value of a line such as "Pss:  1234 kB".
func kilobytes(rollup, name string) (int, error) {
	for line := range strings.Lines(rollup) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")))
		}
	}
	return 0, fmt.Errorf("no line %s", name)
}
