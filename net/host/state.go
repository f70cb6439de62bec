package host

import (
	"fmt"

	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// state is the people of a place as they are on disk. Its methods that decide
// change nothing: they return the change, which is stored first and then
// applied. What its maps point to is never changed, only replaced.
type state struct {
	lineage  [16]byte
	place    chat.Place
	accounts map[chat.AccountID]*chat.Account
	names    map[string]chat.AccountID // by skeleton
	devices  map[chat.DeviceID]*chat.Device
	owned    map[chat.AccountID][]chat.DeviceID
	invites  map[[32]byte]*chat.Invite
	held     map[chat.AccountID][]chat.Row // entries for the directory of those who wait
	kits     map[[32]byte]chat.AccountID   // whose recovery kit is asked for by what
	owners   int                           // active ones
	active   int
	waiting  int
}

// refusal is an answer that says no.
type refusal struct {
	code  wire.Code
	after uint32 // seconds
	limit int64
}

// Error returns the refusal for logs.
func (r *refusal) Error() string { return fmt.Sprintf("refused with code %d", r.code) }

func refuse(code wire.Code) error { return &refusal{code: code} }

func newState(r chat.Roster, initial chat.Place) *state {
	s := &state{
		lineage:  r.Lineage,
		place:    initial,
		accounts: make(map[chat.AccountID]*chat.Account),
		names:    make(map[string]chat.AccountID),
		devices:  make(map[chat.DeviceID]*chat.Device),
		owned:    make(map[chat.AccountID][]chat.DeviceID),
		invites:  make(map[[32]byte]*chat.Invite),
		held:     make(map[chat.AccountID][]chat.Row),
		kits:     make(map[[32]byte]chat.AccountID),
	}
	s.apply(&chat.Change{Place: r.Place, Accounts: r.Accounts, Devices: r.Devices, Invites: r.Invites, Hold: r.Waiting})
	return s
}

// apply takes over a change that is on disk.
func (s *state) apply(c *chat.Change) {
	if c.Place != nil {
		s.place = *c.Place
	}
	for _, id := range c.Forget {
		if a := s.accounts[id]; a != nil {
			s.count(a, -1)
			delete(s.names, a.Skeleton)
			s.forgetKit(a)
		}
		for _, d := range s.owned[id] {
			delete(s.devices, d)
		}
		delete(s.accounts, id)
		delete(s.owned, id)
		delete(s.held, id)
	}
	for i := range c.Accounts {
		a := c.Accounts[i]
		if old := s.accounts[a.ID]; old != nil {
			s.count(old, -1)
			delete(s.names, old.Skeleton)
			s.forgetKit(old)
		}
		if len(a.KitID) == 32 {
			s.kits[[32]byte(a.KitID)] = a.ID
		}
		s.count(&a, +1)
		s.accounts[a.ID] = &a
		s.names[a.Skeleton] = a.ID
	}
	for i := range c.Devices {
		d := c.Devices[i]
		if s.devices[d.ID] == nil {
			s.owned[d.Account] = append(s.owned[d.Account], d.ID)
		}
		s.devices[d.ID] = &d
	}
	for i := range c.Invites {
		v := c.Invites[i]
		s.invites[v.ID] = &v
	}
	for _, id := range c.Expire {
		delete(s.invites, id)
	}
	for _, row := range c.Hold {
		if d := s.devices[row.Device]; d != nil {
			s.held[d.Account] = append(s.held[d.Account], row)
		}
	}
	for _, id := range c.Release {
		if d := s.devices[id]; d != nil {
			s.release(d)
		}
	}
}

// forgetKit takes an account's recovery kit out of what can be asked for.
func (s *state) forgetKit(a *chat.Account) {
	if len(a.KitID) == 32 {
		delete(s.kits, [32]byte(a.KitID))
	}
}

func (s *state) release(d *chat.Device) {
	var left []chat.Row
	for _, row := range s.held[d.Account] {
		if row.Device != d.ID {
			left = append(left, row)
		}
	}
	if len(left) == 0 {
		delete(s.held, d.Account)
		return
	}
	s.held[d.Account] = left
}

func (s *state) count(a *chat.Account, by int) {
	switch a.State {
	case chat.Active:
		s.active += by
		if a.Role == chat.Owner {
			s.owners += by
		}
	case chat.Waiting:
		s.waiting += by
	}
}

// owner returns the name of the owner who has been there longest, "" if there
// is none.
func (s *state) owner() string {
	var first *chat.Account
	for _, a := range s.accounts {
		if a.Role == chat.Owner && a.State == chat.Active && (first == nil || a.Created < first.Created) {
			first = a
		}
	}
	if first == nil {
		return ""
	}
	return first.Name
}

// nameOf returns the name of an account, "" if there is none: of the host itself.
func (s *state) nameOf(id chat.AccountID) string {
	if a := s.accounts[id]; a != nil {
		return a.Name
	}
	return ""
}

// lookup finds an account by the name that somebody typed.
func (s *state) lookup(name string) *chat.Account {
	_, skeleton, err := chat.NormalName(name)
	if err != nil {
		return nil
	}
	return s.accounts[s.names[skeleton]]
}

// banned reports whether the account is kept out at the time now.
func banned(a *chat.Account, now int64) bool {
	return a.State == chat.Banned && (a.BannedUntil == 0 || now < a.BannedUntil)
}

// mayEnter says whether the account may come in now: 0, CodeBanned or CodeRemoved.
func mayEnter(a *chat.Account, now int64) wire.Code {
	switch {
	case a.State == chat.Removed:
		return wire.CodeRemoved
	case banned(a, now):
		return wire.CodeBanned
	}
	return wire.CodeOK
}

// lift returns the change that ends a ban whose time is over; empty if there is
// none to end.
func (s *state) lift(now int64, id chat.AccountID) chat.Change {
	a := s.accounts[id]
	if a == nil || a.State != chat.Banned || banned(a, now) {
		return chat.Change{}
	}
	next := *a
	s.let(&next)
	return chat.Change{Accounts: []chat.Account{next}, Audit: []chat.Audit{{Time: now, Action: "ban ended", Object: id.String()}}}
}

// let makes an account one that may come in: waiting again if nobody has let it
// in before it was banned.
func (s *state) let(a *chat.Account) {
	a.State, a.BannedUntil, a.Reason, a.By = chat.Active, 0, "", chat.AccountID{}
	if len(s.held[a.ID]) > 0 {
		a.State = chat.Waiting
	}
}

// revokeDevices appends every live device of the account but one to the change,
// as revoked.
func (s *state) revokeDevices(c *chat.Change, now int64, account chat.AccountID, but chat.DeviceID) {
	for _, id := range s.owned[account] {
		if d := s.devices[id]; d.Revoked == 0 && id != but {
			next := *d
			next.Revoked = now
			c.Devices = append(c.Devices, next)
		}
	}
}

// liveDevices counts the devices of an account that are not signed out.
func (s *state) liveDevices(account chat.AccountID) (n int) {
	for _, id := range s.owned[account] {
		if s.devices[id].Revoked == 0 {
			n++
		}
	}
	return n
}
