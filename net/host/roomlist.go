package host

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// room is one room: who listens to it, and, of a sealed one, to whom the host
// delivers it.
type room struct {
	id      chat.RoomID
	kind    chat.RoomKind
	by      chat.AccountID
	peer    chat.AccountID // of a direct room
	created int64
	head    atomic.Uint64 // seq of the last row that was delivered
	known   atomic.Uint64 // seq of the last row whose changes of members count

	// Guarded by the lock of rooms.
	name, topic string
	members     map[chat.AccountID]*chat.RoomMember // nil for open rooms: everybody is in them
	gone        bool                                // it was deleted

	mu   sync.Mutex // guards live and changes of head; links are sent to under it, and rooms asked
	live []listener
}

// rooms is all rooms of a place. It changes only after the store did: on the
// store's goroutine, in the order of the commits. Its lock comes after the
// roster's and after that of a room.
type rooms struct {
	mu      sync.RWMutex // guards what follows, and what rooms say it guards
	all     map[chat.RoomID]*room
	taken   map[chat.RoomID]struct{} // ids of those that were deleted
	of      map[chat.AccountID]map[*room]struct{}
	made    map[chat.AccountID][]int64 // when it made sealed rooms, those of the last day at least
	names   map[string]chat.RoomID     // of open rooms, by skeleton
	open    int                        // besides the directory
	sealed  int
	members int // of all sealed rooms, those who are gone and earlier times included
}

func newRooms(list []chat.Room, members []chat.RoomMember) *rooms {
	rs := &rooms{
		all: make(map[chat.RoomID]*room), taken: make(map[chat.RoomID]struct{}), of: make(map[chat.AccountID]map[*room]struct{}),
		made: make(map[chat.AccountID][]int64), names: make(map[string]chat.RoomID),
	}
	// Their names are texts of the window; nobody shall take them for his room.
	for name, id := range map[string]chat.RoomID{"Lobby": chat.Lobby, "Directory": chat.Directory} {
		_, skeleton, _ := chat.NormalName(name) // constants
		rs.names[skeleton] = id
	}
	rs.apply(&chat.Change{Rooms: list, Members: members})
	return rs
}

// get returns a room, or nil.
func (rs *rooms) get(id chat.RoomID) *room {
	rs.mu.RLock()
	defer rs.mu.RUnlock()
	return rs.all[id]
}

// apply takes over a change that is on disk.
func (rs *rooms) apply(c *chat.Change) {
	if len(c.Rooms) == 0 && len(c.Members) == 0 {
		return
	}
	rs.mu.Lock()
	defer rs.mu.Unlock()
	for i := range c.Rooms {
		rs.putLocked(&c.Rooms[i])
	}
	for i := range c.Members {
		rs.memberLocked(c.Members[i])
	}
}

func (rs *rooms) putLocked(next *chat.Room) {
	r := rs.all[next.ID]
	if r == nil {
		if next.Kind.Sealed() {
			rs.made[next.By] = append(rs.made[next.By], next.Created)
		}
		if next.Deleted != 0 {
			rs.taken[next.ID] = struct{}{}
			return
		}
		r = &room{id: next.ID, kind: next.Kind, by: next.By, peer: next.Peer, created: next.Created}
		r.head.Store(next.Head)
		r.known.Store(next.Head)
		rs.all[r.id] = r
		switch r.kind {
		case chat.RoomOpen:
			rs.open++
		case chat.RoomSealed, chat.RoomDirect:
			rs.sealed++
			r.members = make(map[chat.AccountID]*chat.RoomMember)
		}
	}
	if _, skeleton, err := chat.NormalName(r.name); err == nil {
		delete(rs.names, skeleton)
	}
	r.name, r.topic = next.Name, next.Topic
	if next.Deleted == 0 {
		if _, skeleton, err := chat.NormalName(r.name); err == nil {
			rs.names[skeleton] = r.id
		}
		return
	}
	r.gone = true
	delete(rs.all, r.id)
	rs.taken[r.id] = struct{}{}
	if r.kind.Sealed() {
		rs.sealed--
	} else {
		rs.open--
	}
	for account := range r.members { // they stay: they are told
		rs.unlistLocked(r, account)
	}
}

func (rs *rooms) memberLocked(m chat.RoomMember) {
	r := rs.all[m.Room]
	if r == nil || r.members == nil {
		return
	}
	if old := r.members[m.Account]; old != nil {
		rs.members -= 1 + len(old.Earlier)
	}
	rs.members += 1 + len(m.Earlier)
	r.members[m.Account] = &m
	if rs.of[m.Account] == nil {
		rs.of[m.Account] = make(map[*room]struct{})
	}
	rs.of[m.Account][r] = struct{}{}
}

// unlistLocked takes a room off the list of an account.
func (rs *rooms) unlistLocked(r *room, account chat.AccountID) {
	rs.members -= 1 + len(r.members[account].Earlier)
	delete(rs.of[account], r)
	if len(rs.of[account]) == 0 {
		delete(rs.of, account)
	}
}

// appended takes over what a row of a sealed room that is on disk changed about
// the room's members, as the store did.
func (rs *rooms) appended(p *chat.Post) {
	if len(p.Members) > 0 {
		rs.change(p.Row, p.Members)
	}
	if r := rs.get(p.Row.Room); r != nil {
		r.known.Store(p.Row.Seq)
	}
}

func (rs *rooms) change(row *chat.Row, changes []chat.Membership) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	r := rs.all[row.Room]
	if r == nil {
		return
	}
	for _, c := range changes {
		old := r.members[c.Account]
		switch {
		case c.Out && (old == nil || old.Gone != 0):
		case c.Out:
			m := *old
			m.Until, m.Gone, m.Admin = row.Seq, row.Received, false
			rs.memberLocked(m)
		default:
			m := chat.RoomMember{Room: row.Room, Account: c.Account, Admin: c.Admin, Since: row.Seq - 1}
			if old != nil {
				m = *old
				m.Admin = c.Admin
				if old.Gone != 0 {
					m.Again(row.Seq-1, c.Admin)
				}
			}
			rs.memberLocked(m)
		}
	}
}

// leaveAll returns the changes that take an account off the lists of all sealed
// rooms: it has another identity, which is in none of their groups.
func (rs *rooms) leaveAll(account chat.AccountID, now int64) (out []chat.RoomMember) {
	rs.mu.RLock()
	defer rs.mu.RUnlock()
	for r := range rs.of[account] {
		if m := r.members[account]; m.Gone == 0 {
			next := *m
			next.Admin, next.Until, next.Gone = false, r.known.Load(), now
			out = append(out, next)
		}
	}
	return out
}

// forgetGone drops members who went before a time, as the store did, and what was
// made more than a day before now.
func (rs *rooms) forgetGone(before, now int64) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	for _, r := range rs.all {
		for account, m := range r.members {
			if m.Gone != 0 && m.Gone < before {
				rs.unlistLocked(r, account)
				delete(r.members, account)
			}
		}
	}
	for account, times := range rs.made {
		if times = slices.DeleteFunc(times, func(at int64) bool { return at <= now-day }); len(times) == 0 {
			delete(rs.made, account)
		} else {
			rs.made[account] = times
		}
	}
}

// scope is which rows of a room an account may have: those of one time that it was
// in the room.
type scope struct {
	since uint64
	until uint64 // with out
	out   bool   // that time is over: nothing new
}

// scope returns what an account may have of a room the last time that it was in it,
// and false if it is nothing.
func (rs *rooms) scope(r *room, account chat.AccountID) (scope, bool) {
	rs.mu.RLock()
	defer rs.mu.RUnlock()
	return rs.scopeLocked(r, account)
}

// scopeAfter is scope of the first time that has rows behind seq, or of the last.
func (rs *rooms) scopeAfter(r *room, account chat.AccountID, seq uint64) (scope, bool) {
	rs.mu.RLock()
	defer rs.mu.RUnlock()
	s, ok := rs.scopeLocked(r, account)
	if ok && r.kind.Sealed() {
		for _, e := range r.members[account].Earlier {
			if e.Until > seq {
				return scope{since: e.Since, until: e.Until, out: true}, true
			}
		}
	}
	return s, ok
}

func (rs *rooms) scopeLocked(r *room, account chat.AccountID) (scope, bool) {
	if r == nil || r.gone {
		return scope{}, false
	}
	if !r.kind.Sealed() {
		return scope{}, true
	}
	m := r.members[account]
	if m == nil {
		return scope{}, false
	}
	return scope{since: m.Since, until: m.Until, out: m.Gone != 0}, true
}

// in reports whether an account is in a room now.
func (rs *rooms) in(r *room, account chat.AccountID) bool {
	s, ok := rs.scope(r, account)
	return ok && !s.out
}

// share reports whether two accounts are in one sealed room now.
func (rs *rooms) share(a, b chat.AccountID) bool {
	rs.mu.RLock()
	defer rs.mu.RUnlock()
	if len(rs.of[a]) > len(rs.of[b]) {
		a, b = b, a
	}
	for r := range rs.of[a] {
		ma, mb := r.members[a], r.members[b]
		if mb != nil && ma.Gone == 0 && mb.Gone == 0 {
			return true
		}
	}
	return false
}

// adminLocked reports whether an account may change who the members of a sealed
// room are. If none of the admins may come in any more it is the member who has
// been there longest: a room must not be stuck because somebody left the place.
func (rs *rooms) adminLocked(st *state, r *room, account chat.AccountID) bool {
	m := r.members[account]
	if m == nil || m.Gone != 0 {
		return false
	}
	if m.Admin {
		return true
	}
	var first *chat.RoomMember
	for _, other := range r.members {
		a := st.accounts[other.Account]
		if other.Gone != 0 || a == nil || a.State != chat.Active {
			continue
		}
		if other.Admin {
			return false
		}
		if first == nil || other.Since < first.Since || (other.Since == first.Since && bytes.Compare(other.Account[:], first.Account[:]) < 0) {
			first = other
		}
	}
	return first == m
}

// info returns a room as an account sees it. One that the account is not in is
// Gone.
func (rs *rooms) info(st *state, r *room, account chat.AccountID) wire.RoomInfo {
	rs.mu.RLock()
	defer rs.mu.RUnlock()
	return rs.infoLocked(st, r, account)
}

func (rs *rooms) infoLocked(st *state, r *room, account chat.AccountID) wire.RoomInfo {
	info := wire.RoomInfo{ID: r.id, Kind: r.kind, Name: r.name, Topic: r.topic, By: r.by, Created: r.created}
	s, ok := rs.scopeLocked(r, account)
	switch {
	case !ok:
		info.Gone = true
	case s.out:
		info.Gone, info.Since, info.Head = true, s.since, s.until
	default:
		info.Since, info.Head = s.since, r.head.Load()
		info.Admin = r.kind.Sealed() && rs.adminLocked(st, r, account)
	}
	return info
}

// list returns all rooms that an account is or lately was in, the oldest first,
// but for the directory. Everybody knows the Lobby: it is listed for its head.
func (rs *rooms) list(st *state, account chat.AccountID) []wire.RoomInfo {
	rs.mu.RLock()
	defer rs.mu.RUnlock()
	var list []wire.RoomInfo
	for r := range rs.of[account] {
		list = append(list, rs.infoLocked(st, r, account))
	}
	for _, id := range rs.names {
		if r := rs.all[id]; r != nil && id != chat.Directory {
			list = append(list, rs.infoLocked(st, r, account))
		}
	}
	slices.SortFunc(list, func(a, b wire.RoomInfo) int {
		return cmp.Or(cmp.Compare(a.Created, b.Created), bytes.Compare(a.ID[:], b.ID[:]))
	})
	return list
}

// accounts returns who is in a sealed room now.
func (rs *rooms) accounts(r *room) []chat.AccountID {
	rs.mu.RLock()
	defer rs.mu.RUnlock()
	var list []chat.AccountID
	for account, m := range r.members {
		if m.Gone == 0 {
			list = append(list, account)
		}
	}
	return list
}

// count returns how many open and sealed rooms there are.
func (rs *rooms) count() (open, sealed int) {
	rs.mu.RLock()
	defer rs.mu.RUnlock()
	return rs.open, rs.sealed
}

// title returns the name and topic of an open room.
func (rs *rooms) title(r *room) (name, topic string) {
	rs.mu.RLock()
	defer rs.mu.RUnlock()
	return r.name, r.topic
}

// each returns all rooms but the directory, the oldest first.
func (rs *rooms) each() []*room {
	rs.mu.RLock()
	defer rs.mu.RUnlock()
	list := slices.SortedFunc(maps.Values(rs.all), func(a, b *room) int {
		return cmp.Or(cmp.Compare(a.created, b.created), bytes.Compare(a.id[:], b.id[:]))
	})
	return slices.DeleteFunc(list, func(r *room) bool { return r.id == chat.Directory })
}

// day is 24 hours in milliseconds.
const day = 24 * 60 * 60 * 1000
