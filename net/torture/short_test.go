//go:build unix && !soak && !race

package torture

import "time"

// The short form.
const (
	slower       = 5 // than a quiet machine this one may be
	long         = false
	hostKills    = 6
	clientKills  = 6
	badNetwork   = 1500 * time.Millisecond
	movedHouse   = 2
	fastReaders  = 6
	deadLine     = true // TestHalfOpen, which waits for a minute
	asleep       = time.Second
	missed       = 1000
	noise        = 2 * time.Second
	floodTime    = 3 * time.Second
	crowd        = 1000
	guessing     = 200 // more than the 65 that the host computes or lets wait
	bots         = 4
	botTime      = 2 * time.Second
	botTalk      = 50 * time.Millisecond
	torturedFile = 24 << 20
	texts        = 50 // beside files
	fileKills    = 2  // of each side
)
