package client

import (
	"context"
	"time"

	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/clientdb"
)

// spaceWait is how long a file waits that found a full disk, here or at the host, or one
// that takes no writes, before it is tried again. A new connection tries it at once, and a text that the host
// has room for again.
const spaceWait = 20 * time.Second

// needsSpace reports whether a file failed for a full disk, or one that takes no writes.
// It says so, and goes on by itself when it can.
func needsSpace(t *clientdb.Transfer) bool {
	return t.State == clientdb.Failed &&
		(t.Code == uint16(wire.CodeDiskFull) || t.Code == codeOfTrouble(ErrDiskFull) || t.Code == codeOfTrouble(ErrReadOnly))
}

// tryNow lets all that waits be tried.
func (f *fileRoom) tryNow() {
	f.mu.Lock()
	clear(f.later)
	f.mu.Unlock()
	signal(f.wake)
}

// trySpace lets the files of a list go on that need space and have waited long enough.
func (f *fileRoom) trySpace(ctx context.Context, open []clientdb.Transfer) error {
	for i := range open {
		t := &open[i]
		if !needsSpace(t) {
			continue
		}
		f.mu.Lock()
		_, busy := f.active[t.ID]
		wait := busy || f.line == nil || f.c.now().Before(f.later[t.ID])
		f.mu.Unlock()
		if wait {
			continue
		}
		if err := f.c.ResumeTransfer(ctx, t.ID); err != nil {
			return err
		}
	}
	return nil
}
