package ui

import (
	"runtime/metrics"
	"testing"
	"testing/synctest"
	"time"
)

func TestIsSpare(t *testing.T) {
	const mib = 1 << 20
	for what, c := range map[string]struct {
		given, before, now uint64
		want               bool
	}{
		"at rest after a passphrase":      {30 * mib, 100 * mib, 101 * mib, true},
		"at rest, with little to give":    {90 * mib, 100 * mib, 101 * mib, false},
		"at work":                         {30 * mib, 100 * mib, 200 * mib, false},
		"at rest since it was given back": {100 * mib, 100 * mib, 101 * mib, false},
	} {
		if got := isSpare(c.given, c.before, c.now); got != c.want {
			t.Errorf("%s: %v, want %v", what, got, c.want)
		}
	}
}

// What was taken for a passphrase is gone from the program soon after.
func TestMemoryIsGivenBack(t *testing.T) {
	held := func() uint64 {
		s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/free:bytes"}, {Name: "/memory/classes/heap/unused:bytes"}}
		metrics.Read(s)
		return s[0].Value.Uint64() + s[1].Value.Uint64() + s[2].Value.Uint64()
	}
	synctest.Test(t, func(t *testing.T) {
		const taken = 64 << 20 // as Argon2id takes them
		stop := giveMemoryBack(t.Context())
		defer stop()
		passphrase := make([]byte, taken)
		with := held()
		passphrase[taken-1] = 1
		passphrase = nil
		time.Sleep(3 * restTime)
		if after := held(); with < after+taken-spareBytes {
			t.Errorf("%d bytes are held, of %d with the %d that nobody uses any more", after, with, taken)
		}
	})
}
