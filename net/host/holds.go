package host

import (
	"time"

	"github.com/snugchat/snug/storage/chat"
)

// holdTime is how much longer than it was told to wait a message may take to come
// again before those after it are taken for a gap: a slow line and a busy client.
const holdTime = 5 * time.Second

// holds are the counters of one connection that were told to slow down, one a
// room. Later ones of the same room have to wait for it: else they would be
// refused for the gap. It holds no more than there are rooms to post in. Times
// are arguments.
type holds map[chat.RoomID]hold

type hold struct {
	counter uint64
	until   time.Time // then it does not count any more: the client may have given it up
}

// stops reports whether a message has to wait for an earlier one of its room.
func (h holds) stops(room chat.RoomID, counter uint64, now time.Time) bool {
	first, held := h[room]
	if held && now.After(first.until) {
		delete(h, room)
		return false
	}
	return held && counter > first.counter
}

// hold notes that a message was told to come again after wait.
func (h holds) hold(room chat.RoomID, counter uint64, now time.Time, wait time.Duration) {
	h[room] = hold{counter, now.Add(wait + holdTime)}
}

// passed notes that a message was let through that nothing stopped.
func (h holds) passed(room chat.RoomID) { delete(h, room) }
