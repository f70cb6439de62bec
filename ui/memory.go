package ui

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

const (
	// restTime is how often it is looked whether memory can be given back.
	restTime = 10 * time.Second
	// restBytes is what a program at rest allocates in restTime at most: more would
	// be taken from the system again at once.
	restBytes = 8 << 20
	// spareBytes is after how many allocated bytes memory is given back. How much of
	// them is still in use is known only afterwards.
	spareBytes = 24 << 20
)

// allocated returns how many bytes the program has ever taken for objects.
func allocated() uint64 {
	s := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

// isSpare reports whether a program is at rest that allocated much since memory was
// given back last: for a passphrase (64 MiB), or months of messages that came at
// once. Go would keep it for minutes, and what it keeps other programs have not.
func isSpare(given, before, now uint64) bool {
	return now-before <= restBytes && now-given >= spareBytes
}

// giveMemoryBack returns unused memory to the system whenever the program comes to
// rest, until ctx ends or stop is called, which waits for it.
func giveMemoryBack(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() {
		tick := time.NewTicker(restTime)
		defer tick.Stop()
		var given, before uint64
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			now := allocated()
			if isSpare(given, before, now) {
				debug.FreeOSMemory()
				trimMalloc()
				given = now
			}
			before = now
		}
	})
	return func() { cancel(); running.Wait() }
}
