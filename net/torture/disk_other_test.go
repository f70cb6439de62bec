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

func ownDisk(string, int64) string { panic("no disk") }
func fill(string) int64            { panic("no disk") }
func startAgain(string)            { panic("no disk") }

const hostAddress = ""

func ownNetwork(*exec.Cmd) { panic("no network") }
func plugIn(int) error     { panic("no network") }
func awaitCable()          { panic("no network") }
