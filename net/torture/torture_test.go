//go:build unix

// Package torture holds tests only: a host in a process of its own, clients, a
// proxy between them that spoils what it carries, a recorder of what was sent,
// acknowledged and received, and a checker of what must hold whatever happens:
//
//	I1 acknowledged means on disk, and delivered to every member exactly once
//	I2 one order for all
//	I3 not acknowledged means absent or delivered once, later
//	I4 nothing forged is shown, and nothing plain lies on disk or goes over the wire
//	I5 memory and goroutines come back to where they were
//
// The short form is part of every test run, besides an even shorter one under the race
// detector; the long one has the tag soak. The figures are printed as one table. A test counts only when it was seen to fail with
// a protection removed; the comment of each says which.
package torture

import (
	"fmt"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"
)

// What makes the test binary a host or a client of its own.
const (
	hostEnv   = "SNUG_TORTURE_HOST"   // folder
	clientEnv = "SNUG_TORTURE_CLIENT" // folder
	stormEnv  = "SNUG_TORTURE_STORM"  // address
)

// patience is how long anything may take on a busy machine.
const patience = 90 * time.Second

func TestMain(m *testing.M) {
	switch {
	case os.Getenv(hostEnv) != "":
		runHost(os.Getenv(hostEnv))
	case os.Getenv(clientEnv) != "":
		runClient(os.Getenv(clientEnv))
	case os.Getenv(stormEnv) != "":
		runStorm(os.Getenv(stormEnv))
	default:
		code := m.Run()
		printTable()
		os.Exit(code)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// deadline ends the whole run, with what every goroutine does, when a test takes
// longer.
func deadline(t *testing.T, d time.Duration) {
	t.Helper()
	timer := time.AfterFunc(d, func() { panic(fmt.Sprintf("%s takes longer than %v", t.Name(), d)) })
	t.Cleanup(func() { timer.Stop() })
}

// beside lets a test that measures nothing run beside others; in the long form each
// runs alone.
func beside(t *testing.T) {
	t.Helper()
	if !long {
		t.Parallel()
	}
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// result is a line of the table.
type result struct {
	Fault        string
	Times        int
	Acknowledged int
	Lost         int
	Twice        int
	Note         string
}

var table struct {
	sync.Mutex
	rows []result
}

func report(t *testing.T, r result) {
	t.Helper()
	if r.Lost > 0 || r.Twice > 0 {
		t.Errorf("%s: %d lost, %d twice", r.Fault, r.Lost, r.Twice)
	}
	table.Lock()
	defer table.Unlock()
	table.rows = append(table.rows, r)
}

func printTable() {
	table.Lock()
	defer table.Unlock()
	if len(table.rows) == 0 {
		return
	}
	fmt.Printf("| %-44s | times | acknowledged | lost | twice | |\n|---|---|---|---|---|---|\n", "fault")
	for _, r := range table.rows {
		fmt.Printf("| %-44s | %5d | %12d | %4d | %5d | %s |\n", r.Fault, r.Times, r.Acknowledged, r.Lost, r.Twice, r.Note)
	}
}
