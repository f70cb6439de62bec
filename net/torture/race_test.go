//go:build unix && !soak && race

package torture

import "time"

// The short form under the race detector, which makes everything several times
// slower.
const (
	slower       = 20
	long         = false
	hostKills    = 2
	clientKills  = 2
	badNetwork   = time.Second
	movedHouse   = 1
	fastReaders  = 3
	deadLine     = false // TestHalfOpen, which waits for a minute
	asleep       = time.Second
	missed       = 300
	noise        = time.Second
	floodTime    = time.Second
	crowd        = 100
	guessing     = 120
	bots         = 3
	botTime      = time.Second
	botTalk      = 200 * time.Millisecond
	torturedFile = 6 << 20
	texts        = 10 // beside files
	fileKills    = 1
)
