package host

import (
	"sync"
	"time"

	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// putKeyPackages keeps key packages of this device.
func (s *session) putKeyPackages(m *wire.PutKeyPackages) error {
	if _, err := s.asking(); err != nil {
		return s.fail(m.Ref, err)
	}
	var list []chat.KeyPackage
	for _, p := range m.Packages {
		list = append(list, chat.KeyPackage{Package: p})
	}
	if len(m.LastResort) > 0 {
		list = append(list, chat.KeyPackage{Package: m.LastResort, LastResort: true})
	}
	ok, err := s.h.store.PutKeyPackages(s.ctx, s.device, list, m.Replace, wire.MaxKeyPackages)
	if err == nil && !ok {
		err = refuse(wire.CodeTooMany)
	}
	return s.answer(m.Ref, wire.Done{}, err)
}

// getKeyPackages gives out one key package of each device of an account. Who asks
// for those of one account again and again gets the ones of last resort only, so
// that nobody can use up what others need.
func (s *session) getKeyPackages(m *wire.GetKeyPackages) error {
	if _, err := s.member(); err != nil {
		return s.fail(m.Ref, err)
	}
	now := s.h.now()
	if wait := s.rates.lookup(now); wait > 0 {
		return s.fail(m.Ref, &refusal{code: wire.CodeSlowDown, after: seconds(wait)})
	}
	var devices []chat.DeviceID
	found := false
	s.h.roster.read(func(st *state) {
		if a := st.accounts[m.Account]; a != nil && a.State == chat.Active {
			found = true
			for _, id := range st.owned[m.Account] {
				if st.devices[id].Revoked == 0 {
					devices = append(devices, id)
				}
			}
		}
	})
	if !found {
		return s.fail(m.Ref, refuse(wire.CodeNoAccount))
	}
	wait := s.h.asks.take(s.account, m.Account, now, &s.h.limits)
	taken, err := s.h.store.TakeKeyPackages(s.ctx, devices, wait == 0)
	if err != nil {
		return s.fail(m.Ref, err)
	}
	if wait > 0 && len(taken) == 0 {
		return s.fail(m.Ref, &refusal{code: wire.CodeSlowDown, after: seconds(wait)})
	}
	answer, size := &wire.KeyPackages{Ref: m.Ref}, 0
	for _, p := range taken {
		if size += len(p.Package) + 32; size > rowsBytes {
			s.send(answer)
			answer, size = &wire.KeyPackages{Ref: m.Ref}, len(p.Package)
		}
		answer.Packages = append(answer.Packages, wire.DevicePackage{Device: p.Device, Package: p.Package})
		if !p.LastResort {
			s.h.postman.bring(p.Device, wantMore)
		}
	}
	answer.Last = true
	s.send(answer)
	return nil
}

// maxAsks is how many pairs of accounts asks remembers. Beyond it everybody gets
// packages of last resort: they do no harm.
const maxAsks = 100_000

// asks is how many key packages accounts took of others lately. Its zero value is
// empty.
type asks struct {
	mu   sync.Mutex // guards what follows
	took map[[2]chat.AccountID]*bucket
}

// take takes a token for one account to take packages of another, or returns how
// long to wait for one. Of its own devices an account takes as it likes.
func (a *asks) take(by, of chat.AccountID, now time.Time, l *Limits) time.Duration {
	if by == of {
		return 0
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	pair := [2]chat.AccountID{by, of}
	b := a.took[pair]
	if b == nil {
		if len(a.took) >= maxAsks {
			return time.Minute
		}
		if a.took == nil {
			a.took = make(map[[2]chat.AccountID]*bucket)
		}
		b = new(bucket)
		a.took[pair] = b
	}
	return b.take(now, l.Packages, l.PackageBurst)
}

// forget drops the pairs that have all of their tokens again.
func (a *asks) forget(now time.Time, l *Limits) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for pair, b := range a.took {
		if b.full(now, l.Packages, l.PackageBurst) {
			delete(a.took, pair)
		}
	}
}
