package host

import (
	"context"
	"sync"

	"github.com/snugchat/snug/storage/chat"
)

// roster owns the state of the place's people. Everybody may read it; who wants
// to change it waits for the turn, decides by a pure function, has the change
// stored, and only then it counts.
type roster struct {
	store   Accounts
	publish func(*chat.Change) // on the store's goroutine, in the order of the commits

	// turn holds one token. Whoever has it is the only one to decide; it is held
	// while the change goes to disk, which a mutex must not be.
	turn chan struct{}

	mu sync.RWMutex // guards what s holds; written only by who has the turn
	s  *state
}

func newRoster(store Accounts, s *state, publish func(*chat.Change)) *roster {
	r := &roster{store: store, publish: publish, turn: make(chan struct{}, 1), s: s}
	r.turn <- struct{}{}
	return r
}

// read calls f with the state, which f must neither change nor keep. What its
// maps point to may be kept.
func (r *roster) read(f func(s *state)) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	f(r.s)
}

// account returns an account as it is now, or nil.
func (r *roster) account(id chat.AccountID) (a *chat.Account) {
	r.read(func(s *state) { a = s.accounts[id] })
	return a
}

// decision is a change that is stored, with what its accounts were before.
type decision struct {
	chat.Change
	before map[chat.AccountID]*chat.Account // nil for new ones
}

// decide lets f decide, stores what it decided, makes it count, and calls then
// with it before the next decision. It waits for all of it. A change that is
// empty is not stored, and then is not called. The error is f's, ctx's or the
// store's.
func (r *roster) decide(ctx context.Context, f func(s *state) (chat.Change, error), then func(*decision)) error {
	select {
	case <-r.turn:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { r.turn <- struct{}{} }()
	c, err := f(r.s)
	if err != nil || c.Empty() {
		return err
	}
	d := &decision{Change: c, before: make(map[chat.AccountID]*chat.Account)}
	for i := range c.Accounts {
		d.before[c.Accounts[i].ID] = r.s.accounts[c.Accounts[i].ID]
	}
	for _, id := range c.Forget {
		d.before[id] = r.s.accounts[id]
	}
	err = r.store.Apply(ctx, &d.Change, func() {
		r.mu.Lock()
		r.s.apply(&d.Change)
		r.mu.Unlock()
		r.publish(&d.Change)
	})
	if err != nil {
		return err
	}
	if then != nil {
		then(d)
	}
	return nil
}
