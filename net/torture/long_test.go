//go:build unix && soak

package torture

import (
	"testing"
	"time"
)

// The long form.
const (
	slower       = 2
	long         = true
	hostKills    = 100
	clientKills  = 100
	badNetwork   = 2 * time.Minute
	movedHouse   = 20
	fastReaders  = 50
	deadLine     = true // TestHalfOpen, which waits for a minute
	asleep       = 10 * time.Minute
	missed       = 5000 // as many as an outbox holds
	noise        = 10 * time.Minute
	floodTime    = time.Minute
	crowd        = 10_000
	guessing     = 500
	bots         = 200
	botTime      = 10 * time.Minute
	botTalk      = 4 * time.Second
	torturedFile = 1 << 30
	texts        = 1000 // beside files
	fileKills    = 10
)

// TestSoakChamber is the long form of all of them but the file, which is one of its
// own. On two quiet cores it takes about 50 minutes; each has its own deadline.
func TestSoakChamber(t *testing.T) {
	for _, c := range []struct {
		name string
		test func(*testing.T)
	}{
		{"host killed", TestHostKilled},
		{"client killed", TestClientKilled},
		{"bad network", TestBadNetwork},
		{"changed addresses", TestChangedAddresses},
		{"slow reader", TestSlowReader},
		{"half open", TestHalfOpen},
		{"sleep", TestSleep},
		{"many missed", TestManyMissed},
		{"disk full", TestDiskFull},
		{"disk of a member full", TestMemberDiskFull},
		{"disk of the host read-only", TestHostReadOnly},
		{"disk of a member read-only", TestMemberReadOnly},
		{"slow disks", TestSlowDisk},
		{"storm", TestConnectStorm},
		{"passwords", TestLoginFlood},
		{"flood", TestFlood},
		{"noise", TestNoise},
		{"clocks", TestClocks},
		{"file torture", TestFileTorture},
		{"texts beside files", TestTextBesideFiles},
		{"nothing stays behind", TestNothingStaysBehind},
	} {
		t.Run(c.name, c.test)
	}
}
