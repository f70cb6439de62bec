package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
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
	share := (after - before).Seconds() / time.Since(started).Seconds()
	rollup, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", p.cmd.Process.Pid))
	if err != nil {
		return "", err
	}
	pss, err := kilobytes(string(rollup), "Pss")
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d MiB of memory, %.1f %% of one core when idle", pss>>10, share*100), nil
}

// cpu returns the processor time that a process has used: fields 14 and 15 of
// /proc/PID/stat (proc(5)) in clock ticks, which Linux fixes at 100 a second for programs.
func cpu(pid int) (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	return parseCPU(string(b))
}

func parseCPU(stat string) (time.Duration, error) {
	// The name in field 2 may hold spaces and brackets; what follows the last one counts from field 3.
	f := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(f) < 13 {
		return 0, fmt.Errorf("read /proc/PID/stat: %d fields after the name", len(f))
	}
	var ticks time.Duration
	for _, field := range f[11:13] {
		n, err := strconv.Atoi(field)
		if err != nil {
			return 0, fmt.Errorf("read /proc/PID/stat: %w", err)
		}
		ticks += time.Duration(n)
	}
	return ticks * time.Second / 100, nil
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
