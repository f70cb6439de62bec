package client

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/snugchat/snug/crypto/group"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

const (
	// healEvery is how long a device uses a sealed room before it gives the group
	// fresh keys; in rooms of more than healDevices devices proportionally longer.
	healEvery   = 24 * time.Hour
	healDevices = 50
	// healMessages is after how many own messages it does so in any case.
	healMessages = 500
	// healFirst is how long after it came in a device gives fresh keys at the
	// earliest: others come in at the same moment.
	healFirst = 3 * time.Second
	// stewardEvery is how often rooms are looked at without a reason.
	stewardEvery = time.Minute
	// strangerWait is how long an admin leaves it to a member to bring an own new
	// device in.
	strangerWait = 20 * time.Second
)

// chore is something that this device does in a sealed room by itself.
type chore struct {
	room  chat.RoomID
	fetch chat.AccountID     // whose key packages are needed; zero: nobody's
	leave clientdb.RoomState // go on with leaving, after which the room is this
	renew bool               // begin direct messages anew
}

// steward does what has to be done in sealed rooms without anybody asking: it
// commits for those who leave, gives fresh keys, brings new devices in and takes
// signed-out ones out.
func (s *session) steward(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-s.tend:
		case <-timer.C:
		case <-ctx.Done():
			return
		}
		var chores []chore
		next := stewardEvery
		err := s.c.inSession(ctx, func(ctx context.Context, s *session) error {
			var err error
			chores, next, err = s.chores(ctx)
			if err == nil && s.active && s.keeper.ledgers[chat.Directory].live {
				due, err := s.askPast(ctx)
				if err != nil {
					return err
				}
				next = min(next, due)
				if due, err = s.tellMates(ctx); err != nil {
					return err
				}
				next = min(next, due)
			}
			return err
		})
		if len(chores) > 0 {
			next = min(next, time.Second) // to see whether more is to be done
		}
		for _, ch := range chores {
			if err == nil {
				err = s.do(ctx, ch)
			}
			if err != nil && ctx.Err() == nil {
				s.c.log.Debug("chore in a sealed room not done", "err", err)
				next, err = min(next, 2*time.Second), nil
			}
		}
		timer.Reset(next)
	}
}

// chores returns what is to be done now, and when to look again.
func (s *session) chores(ctx context.Context) (out []chore, next time.Duration, err error) {
	next = stewardEvery
	if !s.active || !s.keeper.ledgers[chat.Directory].live {
		return nil, time.Second, nil
	}
	if now := s.c.now(); s.listedAll && now.Sub(s.tidied) >= tidyEvery && s.holdsIdentity() && (s.recovering() || len(s.ownDevices()) > 1) {
		s.tidied = now
		s.background(s.tidyDevices)
	}
	if wait, err := s.overdue(ctx); err != nil {
		return nil, time.Second, err
	} else if wait > 0 {
		next = min(next, wait)
	}
	for _, id := range slices.Clone(s.keeper.order) {
		l := s.keeper.ledgers[id]
		if l.sealed == nil || !l.live {
			continue
		}
		if len(l.sealed.changes) > 0 || l.sealed.commit != (chat.MessageID{}) {
			if lostState(l.sealed.state) {
				next = min(next, askEvery) // if nothing comes of it
			}
			continue
		}
		if err := s.keeper.open(ctx, l); err != nil {
			return nil, time.Second, nil
		}
		if lostState(l.sealed.state) {
			ask := s.askRejoin
			if l.sealed.state == clientdb.RoomReturning {
				ask = s.askReturn
			}
			wait, err := ask(ctx, l)
			if err != nil {
				return nil, time.Second, err
			}
			next = min(next, wait)
			continue
		}
		if l.sealed.state != clientdb.RoomJoined && l.sealed.state != clientdb.RoomRequest {
			continue
		}
		if l.sealed.group == nil || !l.sealed.group.Joined() {
			continue
		}
		if l.sealed.goes != 0 {
			out = append(out, chore{room: id, leave: l.sealed.goes}) // it was interrupted
			continue
		}
		if s.outdated(l) {
			if ch, wait := s.renewal(l); ch != nil {
				out = append(out, *ch)
			} else if wait > 0 {
				next = min(next, wait)
			}
			continue
		}
		if slices.ContainsFunc(l.sealed.group.Leaving(), func(m group.Member) bool { return chat.DeviceID(m.Device) == s.device }) {
			out = append(out, chore{room: id, leave: clientdb.RoomLeft}) // it was interrupted
			continue
		}
		ch, wait := s.choreIn(l)
		if ch != nil {
			out = append(out, *ch)
		} else if wait > 0 {
			next = min(next, wait)
		}
	}
	return out, next, nil
}

// choreIn returns what is to be done in one room now, else in what time to look
// again if that is known.
func (s *session) choreIn(l *ledger) (*chore, time.Duration) {
	sr, g, now := l.sealed, l.sealed.group, s.c.now()
	if g.NeedsCommit() {
		if sr.leaving.IsZero() {
			sr.leaving = now
		}
		if sr.leaveDue.Before(sr.leaving) { // for this wish
			sr.leaveDue = sr.leaving.Add(time.Millisecond + jitter(rand.Float64(), sr.people)) //nolint:gosec // spreads devices in time, hides nothing
		}
		if wait := sr.leaveDue.Sub(now); wait > 0 {
			return nil, wait
		}
		return &chore{room: l.id}, 0
	}
	self, me := s.keeper.self, s.account()
	identity := s.keeper.identity()
	admin := g.IsAdmin(identity)
	in := make(map[chat.DeviceID]bool)
	people := make(map[chat.AccountID]bool)
	n := 0
	for _, m := range g.Members() {
		n++
		in[chat.DeviceID(m.Device)] = true
		if a, known := s.keeper.accountOf(m); known {
			people[a] = true
		}
	}
	// Who was signed out goes, but is waited for if another device is to take the
	// place: an admin brings that one in at the same time.
	wait := s.mustGo(l)
	if wait <= 0 && len(sr.goneAt) > 0 {
		s.unblock(l)
	}
	for id := range in {
		d := s.keeper.directory.devices[id]
		if d == nil || d.Revoked == 0 || id == self || !admin && d.Account != me && len(s.proofOf(d)) == 0 || s.stays(d) {
			continue
		}
		next, until := s.successor(d, in)
		if until.IsZero() {
			return &chore{room: l.id}, 0
		}
		due := until
		if admin {
			if s.tried[id].next.Before(now) {
				s.tried[id] = attempt{s.tried[id].n + 1, now.Add(min(time.Second<<min(s.tried[id].n, 20), longestTry))}
				return &chore{room: l.id, fetch: next}, 0
			}
			due = s.tried[id].next
		}
		if left := due.Sub(now); wait == 0 || left < wait {
			wait = left
		}
	}
	// New devices come in: the own ones, and for an admin those of others whom
	// nobody else brings.
	for id, d := range s.keeper.directory.devices {
		if in[id] || d.Revoked != 0 || !people[d.Account] || d.Account != me && !admin {
			continue
		}
		if d.parse() != nil || s.keeper.directory.accounts[d.Account].Identity != d.identity {
			continue
		}
		if left := s.tried[id].next.Sub(now); left > 0 { // it had no key packages
			if wait == 0 || left < wait {
				wait = left
			}
			continue
		}
		if d.Account != me {
			first, seen := s.strangers[id]
			if !seen {
				first = now
				s.strangers[id] = now
			}
			if left := first.Add(strangerWait).Sub(now); left > 0 {
				if wait == 0 || left < wait {
					wait = left
				}
				continue
			}
		}
		return &chore{room: l.id, fetch: d.Account}, 0
	}
	if due := sr.healDue(now, n); due <= 0 {
		return &chore{room: l.id}, 0
	} else if wait == 0 || due < wait {
		wait = due
	}
	return nil, wait
}

// goneWait is how long messages wait for the commit that takes a signed-out device
// out of their room. If it takes longer something is wrong with it, and they go on.
const goneWait = 10 * time.Second

// mustGo returns how long nothing is to be sealed for a room, because a signed-out
// device is in it that this one may take out: until it has, but no longer than goneWait
// for each device. 0: messages go on.
func (s *session) mustGo(l *ledger) (wait time.Duration) {
	sr, me, now := l.sealed, s.account(), s.c.now()
	admin := sr.group.IsAdmin(s.keeper.identity())
	in := make(map[chat.DeviceID]bool)
	for _, m := range sr.group.Members() {
		in[chat.DeviceID(m.Device)] = true
	}
	for id := range in {
		d := s.keeper.directory.devices[id]
		if d == nil || d.Revoked == 0 || id == s.keeper.self || !admin && d.Account != me && len(s.proofOf(d)) == 0 || s.stays(d) {
			delete(sr.goneAt, id)
			continue
		}
		if _, until := s.successor(d, in); !until.IsZero() {
			delete(sr.goneAt, id)
			continue
		}
		since, known := sr.goneAt[id]
		if !known {
			if sr.goneAt == nil {
				sr.goneAt = make(map[chat.DeviceID]time.Time)
			}
			since = now
			sr.goneAt[id] = now
			signal(s.tend)
		}
		wait = max(wait, since.Add(goneWait).Sub(now))
	}
	maps.DeleteFunc(sr.goneAt, func(id chat.DeviceID, _ time.Time) bool { return !in[id] })
	return wait
}

// attempt is how often a device was to be brought in, and when it is tried again.
type attempt struct {
	n    int
	next time.Time
}

// longestTry is the longest wait between two attempts: doubled each time.
const longestTry = 10 * time.Minute

// healDue returns in what time this device gives fresh keys to a room of n devices.
func (sr *sealedRoom) healDue(now time.Time, n int) time.Duration {
	if n < 2 {
		return healEvery
	}
	if sr.spoken >= healMessages {
		return 0
	}
	if sr.healed.IsZero() || sr.healed.Unix() == 0 {
		if sr.healAt.IsZero() {
			sr.healAt = now.Add(healFirst + jitter(rand.Float64(), n*10)) //nolint:gosec // as above
		}
		return sr.healAt.Sub(now)
	}
	every := healEvery
	if n > healDevices {
		every = every * time.Duration(n) / healDevices
	}
	if sr.healAt.IsZero() || sr.healAt.Before(sr.healed) {
		sr.healAt = sr.healed.Add(every + time.Duration(rand.Float64()*float64(every)/10)) //nolint:gosec // as above
	}
	return sr.healAt.Sub(now)
}

// do does a chore: one commit for everything that the room needs.
func (s *session) do(ctx context.Context, ch chore) error {
	c := s.c
	if ch.leave != 0 {
		if s.leavingNow(ch.room) {
			return nil
		}
		return c.leave(ctx, ch.room, ch.leave)
	}
	if ch.renew {
		return c.renewDirect(ctx, ch.room)
	}
	var packages []*group.KeyPackage
	if !ch.fetch.IsZero() {
		var err error
		if packages, err = c.keyPackagesOf(ctx, ch.fetch); err != nil && !errors.Is(err, ErrNoDevice) {
			return err
		}
		err = c.inSession(ctx, func(_ context.Context, s *session) error {
			for id, d := range s.keeper.directory.devices {
				if d.Account == ch.fetch && d.Revoked == 0 {
					n := s.tried[id].n
					s.tried[id] = attempt{n + 1, s.c.now().Add(min(time.Second<<min(n, 20), longestTry))}
				}
			}
			return nil
		})
		if err != nil || len(packages) == 0 {
			return err
		}
	}
	return c.changeRoom(ctx, ch.room, func(_ context.Context, s *session, l *ledger) (*deed, error) {
		return s.upkeep(l, packages)
	})
}

// leavingNow reports whether somebody waits for this device to leave a room: then
// that call goes on with it.
func (s *session) leavingNow(room chat.RoomID) bool {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	return s.c.leaving[room]
}

// upkeep says what a room needs now. nil: nothing.
func (s *session) upkeep(l *ledger, packages []*group.KeyPackage) (*deed, error) {
	sr, g := l.sealed, l.sealed.group
	if g == nil || !g.Joined() {
		return nil, nil
	}
	d := new(deed)
	me := s.account()
	admin := g.IsAdmin(s.keeper.identity())
	n := 0
	in := make(map[chat.DeviceID]bool)
	for _, m := range g.Members() {
		in[chat.DeviceID(m.Device)] = true
	}
	left := make(map[chat.AccountID]int) // devices that stay
	for _, m := range g.Members() {
		n++
		id := chat.DeviceID(m.Device)
		if a, known := s.keeper.accountOf(m); known {
			left[a]++
		}
		v := s.keeper.directory.devices[id]
		if v == nil || v.Revoked == 0 || id == s.keeper.self || s.stays(v) {
			continue
		}
		if next, until := s.successor(v, in); !until.IsZero() && !slices.ContainsFunc(packages, func(k *group.KeyPackage) bool {
			d := s.keeper.directory.devices[chat.DeviceID(k.Device)]
			return d != nil && d.Account == next
		}) {
			continue
		}
		if !admin && v.Account != me {
			proof := s.proofOf(v)
			if len(proof) == 0 || len(d.plan.Revocations) >= group.MaxRevocations {
				continue
			}
			d.plan.Revocations = append(d.plan.Revocations, proof)
		}
		d.plan.Remove = append(d.plan.Remove, m.Device)
		// With a person's last device the person is out, until invited again.
		if left[v.Account]--; left[v.Account] == 0 && admin && len(packages) == 0 {
			if d.members == nil {
				d.members = new(wire.MemberChange)
			}
			d.members.Remove = append(d.members.Remove, v.Account)
		}
	}
	if d.members != nil {
		d.members.Remove = slices.DeleteFunc(d.members.Remove, func(a chat.AccountID) bool { return left[a] > 0 })
		if len(d.members.Remove) == 0 {
			d.members = nil
		}
	}
	for _, k := range packages {
		if _, in := g.Member(k.Device); !in && g.Has(k.Identity) {
			d.plan.Add = append(d.plan.Add, k)
		}
	}
	if !g.NeedsCommit() && len(d.plan.Remove)+len(d.plan.Add) == 0 && sr.healDue(s.c.now(), n) > 0 {
		return nil, nil
	}
	return d, nil
}

// stays reports whether a device is left in its rooms though it was signed out: the
// host alone says that its person has other keys now, and this one, who verified
// those before, has not answered yet.
func (s *session) stays(d *device) bool { return s.c.isDoubted(d.Account) && len(s.proofOf(d)) == 0 }

// proofOf returns the revocation of a device, signed by its identity, if the
// directory has brought one.
func (s *session) proofOf(d *device) []byte { return s.keeper.directory.proofs[d.ID] }

// loadProofs reads the revocations from the rows of the directory.
func loadProofs(ctx context.Context, db *clientdb.DB, dir *directory) error {
	rows, err := db.RevocationRows(ctx)
	if err != nil {
		return err
	}
	for i := range rows {
		if rows[i].Flags != 0 {
			continue
		}
		if v, err := wire.ParseBody(wire.KindRevoke, rows[i].Body); err == nil {
			dir.prove(v.(*wire.RevokeEntry))
		}
	}
	return nil
}
