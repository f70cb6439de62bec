//go:build unix && !soak

package torture

import "time"

// The short form.
const (
	long         = false
	hostKills    = 6
	clientKills  = 6
	badNetwork   = 1500 * time.Millisecond
	fastReaders  = 4
	slowMessages = 100
	asleep       = time.Second
	missed       = 1000
	noise        = 2 * time.Second
	bots         = 4
	botTime      = 2 * time.Second
)
