package host

import (
	"context"
	"crypto/sha256"
	"hash/maphash"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"time"

	"github.com/snugchat/snug/storage/chat"
)

// credentialID returns under which id OPAQUE knows a name, so that one that
// nobody has works the same way.
func credentialID(skeleton string) []byte {
	h := sha256.New()
	h.Write([]byte("snug/1 credential"))
	h.Write([]byte(skeleton))
	return h.Sum(nil)
}

// typedSkeleton returns the skeleton of a name as somebody typed it. What cannot
// be a name gets one that no name has.
func typedSkeleton(name string) string {
	_, skeleton, err := chat.NormalName(name)
	if err != nil {
		return "\x00" + name
	}
	return skeleton
}

// The back-off of log-ins by name (research on accounts, rule 5).
const (
	freeFails = 5                // wrong passwords before one has to wait
	firstWait = time.Second      // then; it doubles with each further one
	mostWait  = 15 * time.Minute // the longest
	hardStop  = 100              // wrong passwords in a row, after which only a reset helps
)

// backOff returns how long to wait after so many wrong passwords.
func backOff(fails uint32) time.Duration {
	if fails < freeFails {
		return 0
	}
	n := fails - freeFails
	if n > 20 {
		return mostWait
	}
	return min(firstWait<<n, mostWait)
}

// attemptSlots is how many counters of wrong passwords there are. Names share
// them by a secret hash, those that exist and those that do not alike, so that
// memory is bounded (1 MiB) and a counter tells nobody whether a name exists.
const attemptSlots = 1 << 16

// attempts counts tries that nobody has proved right yet. It is safe for use by
// several goroutines.
type attempts struct {
	seed maphash.Seed

	mu    sync.Mutex // guards slots
	slots []attempt  // nil until the first try
}

type attempt struct {
	fails uint32
	at    int64 // unix milliseconds
}

func newAttempts() *attempts { return &attempts{seed: maphash.MakeSeed()} }

// try counts one more try for a key, before it is known whether it is right: a
// client learns that from the host's answer and need not tell. It returns how
// many are counted now, or how long to wait instead.
func (a *attempts) try(now time.Time, key string) (fails uint32, wait time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.slotLocked(key)
	if s.fails >= hardStop {
		return s.fails, mostWait
	}
	since := now.Sub(time.UnixMilli(s.at))
	if wait := backOff(s.fails) - max(since, 0); wait > 0 {
		return s.fails, wait
	}
	s.fails++
	s.at = now.UnixMilli()
	return s.fails, 0
}

// set makes a key's count what it was when the host ended.
func (a *attempts) set(key string, fails uint32, at int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	*a.slotLocked(key) = attempt{fails: fails, at: at}
}

// clear forgets the tries of a key: one was right.
func (a *attempts) clear(key string) { a.set(key, 0, 0) }

func (a *attempts) slotLocked(key string) *attempt {
	if a.slots == nil {
		a.slots = make([]attempt, attemptSlots)
	}
	return &a.slots[maphash.String(a.seed, key)%attemptSlots]
}

const (
	// maxVisitors bounds the address prefixes that are remembered.
	maxVisitors = 4096
	// mostDelay is how long a log-in is held back at most because others came
	// from the same prefix. It is never refused for that: a school shares one.
	mostDelay = 5 * time.Second
)

// visitors slows log-ins from one address prefix. It is safe for use by several
// goroutines.
type visitors struct {
	mu       sync.Mutex // guards what follows
	prefixes map[netip.Prefix]*bucket
	swept    time.Time
}

// delay counts one log-in from addr and returns how long to hold it back.
// Loopback and local networks are not slowed.
func (v *visitors) delay(now time.Time, addr net.Addr, rate, burst float64) time.Duration {
	prefix, local := prefixOf(addr)
	if local {
		return 0
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	b := v.prefixes[prefix]
	if b == nil {
		if v.prefixes == nil {
			v.prefixes = make(map[netip.Prefix]*bucket)
		}
		if len(v.prefixes) >= maxVisitors {
			v.forgetLocked(now, rate, burst)
		}
		b = new(bucket)
		v.prefixes[prefix] = b
	}
	return b.reserve(now, rate, burst, mostDelay)
}

// forgetLocked makes room: once a second by those who have not come for long, or
// else by anyone.
func (v *visitors) forgetLocked(now time.Time, rate, burst float64) {
	if now.Sub(v.swept) >= time.Second || now.Before(v.swept) {
		v.swept = now
		for p, b := range v.prefixes {
			if b.full(now, rate, burst) {
				delete(v.prefixes, p)
			}
		}
	}
	if len(v.prefixes) < maxVisitors {
		return
	}
	for p := range v.prefixes {
		delete(v.prefixes, p)
		return
	}
}

// prefixOf returns what counts as one visitor, an IPv4 address or an IPv6 /64,
// and whether it is of this computer or its local network. What has no IP
// address is a pipe within this computer.
func prefixOf(addr net.Addr) (prefix netip.Prefix, local bool) {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return prefix, true
	}
	ip := tcp.AddrPort().Addr().Unmap()
	bits := 64
	if ip.Is4() {
		bits = 32
	}
	prefix, err := ip.Prefix(bits)
	if err != nil {
		return prefix, true
	}
	return prefix, ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast()
}

const (
	// maxEvaluating is how many may wait for an evaluation.
	maxEvaluating = 64
	// evaluationWait is how long they wait at most.
	evaluationWait = 5 * time.Second
)

// evaluator bounds how many OPAQUE evaluations run at once: half of the cores, so
// that log-ins never starve those who talk.
type evaluator struct {
	run  chan struct{} // one token per evaluation that may run
	wait chan struct{} // one token per place in the queue
}

func newEvaluator() *evaluator {
	e := &evaluator{run: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2)), wait: make(chan struct{}, maxEvaluating)}
	return e
}

// do runs f as soon as there is room, and reports whether it did: not if too many
// wait, if it takes too long, or if ctx ends.
func (e *evaluator) do(ctx context.Context, f func()) bool {
	select {
	case e.wait <- struct{}{}:
	default:
		return false
	}
	defer func() { <-e.wait }()
	timer := time.NewTimer(evaluationWait)
	defer timer.Stop()
	select {
	case e.run <- struct{}{}:
	case <-timer.C:
		return false
	case <-ctx.Done():
		return false
	}
	defer func() { <-e.run }()
	f()
	return true
}
