package link

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// Limits of the gate (DESIGN sections 4 and 5). A prefix is an IPv4 address or
// an IPv6 /64, which is what one customer of a provider has at least.
const (
	// MaxHalfOpen is how many handshakes may be under way at once.
	MaxHalfOpen = 256
	// MaxHalfOpenPerPrefix is how many of them one prefix may have, loopback and
	// local networks included, so that it takes 16 of them to take all.
	MaxHalfOpenPerPrefix = 16
	// MaxWaiting is how many connections may wait for a place to shake hands:
	// those who come at once when a host is there again, for about as long as it
	// takes to serve so many. Each costs an open file and a few KiB.
	MaxWaiting = 1024
	// MaxWaitingPerPrefix is how many of them one prefix may have.
	MaxWaitingPerPrefix = 64
	// MaxWait is how long one waits at most. The handshake has to be over
	// channel.HandshakeTimeout after the client began with it.
	MaxWait = 2 * time.Second
	// MaxStrangers is how many connections may be past their handshake and not
	// logged in. At 12 KiB each that is 12 MiB. When one more comes, the one that
	// has waited longest is ended: who is refused could be a member, who needs no
	// time here.
	MaxStrangers = 1024
	// MaxStrangersPerPrefix is how many of them one prefix may have, loopback and
	// local networks included: a school that joins at once. When one more comes,
	// the oldest of that prefix is ended.
	MaxStrangersPerPrefix = 256
	// MaxAttempts is how many connections of one prefix may fail to log in within
	// AttemptWindow: one a second, so that a school behind one address can look at
	// a place before it joins, and a flood costs no more than 0.4 ms of work a
	// second. Loopback and local networks are exempt.
	MaxAttempts = 600
	// AttemptWindow is the time for MaxAttempts. It begins with the first attempt.
	AttemptWindow = 10 * time.Minute
	// MaxPrefixes is how many prefixes the gate remembers. When more come, it
	// forgets one that has no open connection.
	MaxPrefixes = 8192
)

// Errors of [Gate.Wait].
var (
	// ErrBusy comes when too many handshakes are under way, in all or of one
	// prefix, and too many wait. A moment later there is room.
	ErrBusy = errors.New("link: too many connections at once")
	// ErrTooMany comes when a prefix has failed to log in too often.
	ErrTooMany = errors.New("link: too many attempts from this address")
)

// Gate bounds what connections may cost before they have logged in. The zero
// value is ready; all methods may be called by any goroutine.
type Gate struct {
	mu        sync.Mutex // guards all below and the states of passes
	prefixes  map[netip.Prefix]*visits
	halfOpen  int
	waiting   []*Pass   // for a place to shake hands, those who have waited longest first
	strangers []*Pass   // likewise
	swept     time.Time // when old prefixes were last forgotten
}

// visits is what the gate remembers of one prefix.
type visits struct {
	waiting   int
	halfOpen  int
	strangers int
	attempts  int // since start that have not logged in
	start     time.Time
}

func (v *visits) forgettable() bool { return v.waiting == 0 && v.halfOpen == 0 && v.strangers == 0 }

func (v *visits) over(now time.Time) bool { return now.Sub(v.start) >= AttemptWindow }

// stage is how far a connection has come.
type stage int

const (
	stageNew stage = iota
	stageWaiting
	stageHalfOpen
	stageStranger
	stageMember
	stageGone
)

// Pass is the place of one connection. Whoever got it from [Gate.Wait]
// calls Leave when the connection has ended, however it did.
type Pass struct {
	gate   *Gate
	visits *visits
	local  bool
	start  time.Time // of the window that it was counted in
	stage  stage
	turn   chan struct{} // of one that waits: closed when it may shake hands
	end    func()        // of a stranger: ends the connection
}

// Wait asks for a place for a new connection from addr. It answers [ErrBusy] or
// [ErrTooMany] when there is none; the connection should then be closed without a word.
// The connection may wait for its turn: when many come at once, all but the first would
// else come again, later each time, while there is nothing to do. It blocks for at most
// [MaxWait], or until ctx ends, whose cause it then answers.
func (g *Gate) Wait(ctx context.Context, addr net.Addr) (*Pass, error) {
	p, err := g.enter(addr)
	if err != nil || p.turn == nil {
		return p, err
	}
	timer := time.NewTimer(MaxWait)
	defer timer.Stop()
	select {
	case <-p.turn:
		return p, nil
	case <-timer.C:
		err = ErrBusy
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	if !p.giveUp() {
		return p, nil // its turn came at this moment
	}
	return nil, err
}

// enter finds a place for a new connection, or lets it wait for one.
func (g *Gate) enter(addr net.Addr) (*Pass, error) {
	prefix, local := prefixOf(addr)
	now := time.Now()
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.halfOpen >= MaxHalfOpen && len(g.waiting) >= MaxWaiting {
		return nil, ErrBusy
	}
	v := g.visitsLocked(prefix, now)
	room := g.roomLocked(v)
	if !room && (v.waiting >= MaxWaitingPerPrefix || len(g.waiting) >= MaxWaiting) {
		return nil, ErrBusy
	}
	if v.over(now) {
		v.attempts, v.start = 0, now
	}
	if !local {
		if v.attempts >= MaxAttempts {
			return nil, ErrTooMany
		}
		v.attempts++
	}
	p := &Pass{gate: g, visits: v, local: local, start: v.start}
	if room {
		p.moveLocked(stageHalfOpen)
		return p, nil
	}
	p.turn = make(chan struct{})
	p.moveLocked(stageWaiting)
	return p, nil
}

// roomLocked reports whether one more of these visitors may shake hands.
func (g *Gate) roomLocked(v *visits) bool {
	return g.halfOpen < MaxHalfOpen && v.halfOpen < MaxHalfOpenPerPrefix
}

// callLocked gives a place that is free now to the first who waits for it.
func (g *Gate) callLocked() {
	for _, p := range g.waiting {
		if g.roomLocked(p.visits) {
			p.moveLocked(stageHalfOpen)
			close(p.turn)
			return
		}
	}
}

// giveUp ends the wait of one whose turn has not come. It was then no attempt.
func (p *Pass) giveUp() bool {
	p.gate.mu.Lock()
	defer p.gate.mu.Unlock()
	if p.stage != stageWaiting {
		return false
	}
	p.moveLocked(stageGone)
	p.uncountLocked()
	return true
}

// uncountLocked takes back that the connection was an attempt.
func (p *Pass) uncountLocked() {
	if !p.local && p.visits.attempts > 0 && p.start.Equal(p.visits.start) {
		p.visits.attempts--
	}
}

// visitsLocked returns what is known of prefix, and makes room first if it is new.
func (g *Gate) visitsLocked(prefix netip.Prefix, now time.Time) *visits {
	if now.Sub(g.swept) >= AttemptWindow {
		for p, v := range g.prefixes {
			if v.forgettable() && v.over(now) {
				delete(g.prefixes, p)
			}
		}
		g.swept = now
	}
	if v := g.prefixes[prefix]; v != nil {
		return v
	}
	if len(g.prefixes) >= MaxPrefixes {
		// Any will do: the order of a map is random, and at most
		// MaxWaiting + MaxHalfOpen + MaxStrangers of them cannot be forgotten.
		for p, v := range g.prefixes {
			if v.forgettable() {
				delete(g.prefixes, p)
				break
			}
		}
	}
	if g.prefixes == nil {
		g.prefixes = map[netip.Prefix]*visits{}
	}
	v := &visits{start: now}
	g.prefixes[prefix] = v
	return v
}

// Open says that the handshake is done: the connection is no longer half open.
// The gate calls end, from any goroutine, if the connection has to make room for
// others before it has logged in; it then counts no more.
func (p *Pass) Open(end func()) {
	if oldest := p.open(end); oldest != nil {
		oldest.end()
	}
}

// open returns the stranger that is to end.
func (p *Pass) open(end func()) (oldest *Pass) {
	g := p.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	if p.stage != stageHalfOpen {
		return nil
	}
	i := -1
	switch {
	case p.visits.strangers >= MaxStrangersPerPrefix:
		i = slices.IndexFunc(g.strangers, func(other *Pass) bool { return other.visits == p.visits })
	case len(g.strangers) >= MaxStrangers:
		i = 0
	}
	if i >= 0 {
		oldest = g.strangers[i]
		oldest.moveLocked(stageGone)
	}
	p.end = end
	p.moveLocked(stageStranger)
	return oldest
}

// LoggedIn says whose the connection is: it no longer counts at the gate.
func (p *Pass) LoggedIn() {
	p.gate.mu.Lock()
	defer p.gate.mu.Unlock()
	if p.stage >= stageMember {
		return
	}
	p.moveLocked(stageMember)
	p.uncountLocked()
}

// Leave gives the place back. It may be called more than once.
func (p *Pass) Leave() {
	p.gate.mu.Lock()
	defer p.gate.mu.Unlock()
	p.moveLocked(stageGone)
}

func (p *Pass) moveLocked(to stage) {
	g, v, from := p.gate, p.visits, p.stage
	switch from {
	case stageWaiting:
		i := slices.Index(g.waiting, p)
		g.waiting = slices.Delete(g.waiting, i, i+1)
		v.waiting--
	case stageHalfOpen:
		g.halfOpen--
		v.halfOpen--
	case stageStranger:
		i := slices.Index(g.strangers, p)
		g.strangers = slices.Delete(g.strangers, i, i+1)
		v.strangers--
	case stageNew, stageMember, stageGone:
	}
	switch to {
	case stageWaiting:
		g.waiting = append(g.waiting, p)
		v.waiting++
	case stageHalfOpen:
		g.halfOpen++
		v.halfOpen++
	case stageStranger:
		g.strangers = append(g.strangers, p)
		v.strangers++
	case stageNew, stageMember, stageGone:
	}
	p.stage = to
	if from == stageHalfOpen {
		g.callLocked()
	}
}

// prefixOf returns the prefix that addr counts for and whether it is this
// computer or a local network (RFC 1918, RFC 4193, link-local). Addresses that
// are no IP addresses share the zero prefix.
func prefixOf(addr net.Addr) (prefix netip.Prefix, local bool) {
	var ip netip.Addr
	if tcp, ok := addr.(*net.TCPAddr); ok {
		ip = tcp.AddrPort().Addr()
	} else if ap, err := netip.ParseAddrPort(addr.String()); err == nil {
		ip = ap.Addr()
	}
	ip = ip.Unmap()
	if !ip.IsValid() {
		return netip.Prefix{}, false
	}
	bits := 64
	if ip.Is4() {
		bits = 32
	}
	prefix, err := ip.Prefix(bits)
	if err != nil {
		return netip.Prefix{}, false
	}
	return prefix, ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast()
}
