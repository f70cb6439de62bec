// Package presence remembers who writes and who is online: the states that are
// shown for a moment and never stored.
//
// It must not know clocks, connections or names: times come in as arguments,
// and whoever holds a value decides what to send or to draw. A host uses it to
// pass on what is due, a client to show what is true.
//
// net/PROTOCOL.md, section "Typing and presence", specifies the times.
package presence

import (
	"slices"
	"time"

	"github.com/snugchat/snug/storage/chat"
)

// Interval is how often a client says at most that its person writes, and how
// often a host passes it on at most. DESIGN section 6 has the number.
const Interval = 3 * time.Second

// Shown is how long somebody counts as writing after the last signal: two
// intervals, so that one lost signal shows no flicker.
const Shown = 6 * time.Second

// MaxTyping bounds how many people a Typing remembers at once. Who writes as
// one more is not shown; more than three names are never drawn anyway.
const MaxTyping = 4096

type writer struct {
	room    chat.RoomID
	account chat.AccountID
}

// Typing remembers who writes in which room. Its zero value is ready. It is not
// safe for use by several goroutines at once.
type Typing struct {
	last map[writer]time.Time
}

// Note takes a signal that account writes in room. It reports whether the
// signal counts: the first one, or one at least Interval after the last that
// counted. A host passes on what counts, a client sends it.
func (t *Typing) Note(room chat.RoomID, account chat.AccountID, now time.Time) bool {
	w := writer{room, account}
	last, known := t.last[w]
	if known && now.Sub(last) < Interval && !now.Before(last) {
		return false
	}
	if !known {
		if len(t.last) >= MaxTyping {
			t.Expire(now)
		}
		if len(t.last) >= MaxTyping {
			return false
		}
		if t.last == nil {
			t.last = make(map[writer]time.Time)
		}
	}
	t.last[w] = now
	return true
}

// Show takes a signal that is to be shown whenever it comes, and reports whether
// the list of those who write in room has changed by it.
func (t *Typing) Show(room chat.RoomID, account chat.AccountID, now time.Time) bool {
	w := writer{room, account}
	last, known := t.last[w]
	if !known && !t.Note(room, account, now) {
		return false
	}
	t.last[w] = now
	return !known || !shown(last, now)
}

// Stop forgets that account writes in room: its message came, or it left. It
// reports whether it was known to write.
func (t *Typing) Stop(room chat.RoomID, account chat.AccountID) bool {
	w := writer{room, account}
	_, known := t.last[w]
	delete(t.last, w)
	return known
}

// Leave forgets account in every room and returns the rooms where it was known
// to write.
func (t *Typing) Leave(account chat.AccountID) []chat.RoomID {
	var rooms []chat.RoomID
	for w := range t.last {
		if w.account == account {
			delete(t.last, w)
			rooms = append(rooms, w.room)
		}
	}
	return rooms
}

// In returns who writes in room at the time now, ordered by id.
func (t *Typing) In(room chat.RoomID, now time.Time) []chat.AccountID {
	var ids []chat.AccountID
	for w, last := range t.last {
		if w.room == room && shown(last, now) {
			ids = append(ids, w.account)
		}
	}
	// By id, so that names in the window keep their places while they write.
	slices.SortFunc(ids, func(a, b chat.AccountID) int { return slices.Compare(a[:], b[:]) })
	return ids
}

// Expire forgets who has not written for Shown. It returns the rooms whose list
// has changed by that, each once, and the time at which the next one expires;
// the zero time if nobody writes.
func (t *Typing) Expire(now time.Time) (changed []chat.RoomID, next time.Time) {
	for w, last := range t.last {
		if !shown(last, now) {
			delete(t.last, w)
			if !slices.Contains(changed, w.room) {
				changed = append(changed, w.room)
			}
			continue
		}
		if end := last.Add(Shown); next.IsZero() || end.Before(next) {
			next = end
		}
	}
	return changed, next
}

// shown reports whether a signal from last still counts at now. A clock that
// was set back ends it, so that nobody writes for ever.
func shown(last, now time.Time) bool {
	return now.Sub(last) < Shown && now.Sub(last) > -Shown
}

// Online remembers which accounts are connected, by how many devices, and when
// the others were last. Its zero value is ready. It is not safe for use by
// several goroutines at once. It is bounded by the accounts of the place.
type Online struct {
	accounts map[chat.AccountID]state
}

type state struct {
	devices int
	seen    int64
}

// Enter counts one more device of account. It reports whether the account was
// not online before: the others are to be told.
func (o *Online) Enter(account chat.AccountID) bool {
	if o.accounts == nil {
		o.accounts = make(map[chat.AccountID]state)
	}
	s := o.accounts[account]
	s.devices++
	o.accounts[account] = s
	return s.devices == 1
}

// Leave counts one device of account less, at now (unix milliseconds). It
// reports whether that was the last: the others are to be told.
func (o *Online) Leave(account chat.AccountID, now int64) bool {
	s, known := o.accounts[account]
	if !known || s.devices == 0 {
		return false
	}
	s.devices--
	s.seen = max(s.seen, now)
	o.accounts[account] = s
	return s.devices == 0
}

// Set takes what a host says of account. It reports whether that is news.
func (o *Online) Set(account chat.AccountID, online bool, seen int64) bool {
	if o.accounts == nil {
		o.accounts = make(map[chat.AccountID]state)
	}
	old, known := o.accounts[account]
	s := state{seen: max(seen, old.seen)}
	if online {
		s.devices = 1
	}
	o.accounts[account] = s
	return !known || s != old
}

// Forget drops an account, for one that left the place.
func (o *Online) Forget(account chat.AccountID) { delete(o.accounts, account) }

// Reset forgets everything, for a client that lost its host.
func (o *Online) Reset() { o.accounts = nil }

// Is reports whether account is online, and when it was last seen (unix
// milliseconds, 0 for unknown; for one who is online: the time before).
func (o *Online) Is(account chat.AccountID) (online bool, seen int64) {
	s := o.accounts[account]
	return s.devices > 0, s.seen
}

// Len returns how many accounts are online.
func (o *Online) Len() int {
	n := 0
	for _, s := range o.accounts {
		if s.devices > 0 {
			n++
		}
	}
	return n
}
