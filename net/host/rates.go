package host

import (
	"sync"
	"time"

	"github.com/snugchat/snug/storage/chat"
)

// rates is what is left to one device of its limits. It belongs to the device and
// not to a connection: who connects again gains nothing by it. It is safe for use
// by several goroutines, since an old connection may still end while the next one
// begins.
type rates struct {
	limits *Limits

	mu                                 sync.Mutex // guards what follows
	messages, posts, requests, entries bucket
	commits, signals, lookups          bucket
}

// take takes a token of one kind, or returns how long to wait for one.
func (r *rates) take(b *bucket, now time.Time, each, burst float64) (wait time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return b.take(now, each, burst)
}

// message takes a token for a message of any kind, and reports whether there was one.
func (r *rates) message(now time.Time) bool {
	return r.take(&r.messages, now, r.limits.Messages, r.limits.MessageBurst) == 0
}

// post takes a token for a post, or returns how long to wait for one.
func (r *rates) post(now time.Time) (wait time.Duration) {
	return r.take(&r.posts, now, r.limits.Posts, r.limits.PostBurst)
}

// request takes a token for a change, or returns how long to wait for one.
func (r *rates) request(now time.Time) (wait time.Duration) {
	return r.take(&r.requests, now, r.limits.Requests, r.limits.RequestBurst)
}

// enter takes a token for coming in, and reports whether there was one: everybody
// is told who comes, and who comes is told of everybody.
func (r *rates) enter(now time.Time) bool {
	return r.take(&r.entries, now, r.limits.Entries, r.limits.EntryBurst) == 0
}

// commit takes a token for an MLS commit, or returns how long to wait for one.
func (r *rates) commit(now time.Time) (wait time.Duration) {
	return r.take(&r.commits, now, r.limits.Commits, r.limits.CommitBurst)
}

// signal takes a token for a Signal, and reports whether there was one.
func (r *rates) signal(now time.Time) bool {
	return r.take(&r.signals, now, r.limits.Signals, r.limits.SignalBurst) == 0
}

// lookup takes a token for key packages or a chain, or returns how long to wait
// for one.
func (r *rates) lookup(now time.Time) (wait time.Duration) {
	return r.take(&r.lookups, now, r.limits.Lookups, r.limits.LookupBurst)
}

// full reports whether r tells nothing that new rates would not.
func (r *rates) full(now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.limits
	return r.messages.full(now, l.Messages, l.MessageBurst) && r.posts.full(now, l.Posts, l.PostBurst) &&
		r.requests.full(now, l.Requests, l.RequestBurst) && r.entries.full(now, l.Entries, l.EntryBurst) &&
		r.commits.full(now, l.Commits, l.CommitBurst) && r.signals.full(now, l.Signals, l.SignalBurst) && r.lookups.full(now, l.Lookups, l.LookupBurst)
}

// ratesLocked returns the rates of a device that is known.
func (h *Host) ratesLocked(device chat.DeviceID) *rates {
	r := h.rates[device]
	if r == nil {
		r = &rates{limits: &h.limits}
		h.rates[device] = r
	}
	return r
}

// forgetRates drops the rates of devices that are not connected and have all of
// their limits again, so that what is kept is bounded by the devices that came in
// during the last minute.
func (h *Host) forgetRates(now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for device, r := range h.rates {
		if h.sessions[device] == nil && r.full(now) {
			delete(h.rates, device)
		}
	}
}
