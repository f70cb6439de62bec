//go:build unix && !linux

package torture

import (
	"os/exec"
	"testing"
)

// ownMounts skips: only Linux gives a process mounts of its own.
func ownMounts(t testing.TB, _ *exec.Cmd) {
	t.Helper()
	t.Skip("only Linux gives a process a disk of its own")
}

// smallDisk skips: only Linux has a disk for it that is easily made.
func smallDisk(t *testing.T, _ *person, _ int64) {
	t.Helper()
	t.Skip("only Linux gives a test a small disk")
}

// readOnlyFile skips, as smallDisk does.
func readOnlyFile(t *testing.T, _ string) func() {
	t.Helper()
	t.Skip("only Linux makes a file read-only that is written")
	return nil
}

func ownDisk(string, int64) string { panic("no disk") }
func fill(string) int64            { panic("no disk") }
func startAgain(string)            { panic("no disk") }

const hostAddress = ""

func ownNetwork(*exec.Cmd) { panic("no network") }
func plugIn(int) error     { panic("no network") }
func awaitCable()          { panic("no network") }
