package state

import (
	"context"
	"slices"

	"github.com/snugchat/snug/net/client"
)

// After a long time away the newest messages of a room are shown before those that
// came earlier. As long as these are on their way the held part begins with the first
// of the newest ones, and above it is the gap.

// early reports whether any row that is held is shown before its turn.
func (s *stretch) early() bool {
	return s.gap || slices.ContainsFunc(s.rows, func(m client.Message) bool { return m.Early })
}

// ofDirectory reports whether a message is one that the place's people are known by:
// these have their places among the rows of the Lobby, and come before them.
func ofDirectory(m *client.Message) bool {
	switch m.Kind {
	case client.LineCame, client.LineDevice, client.LineIdentity, client.LineSignOut:
		return true
	}
	return false
}

// readEarly is called when other messages than before are shown before their turn.
func (r *reader) readEarly(ctx context.Context) error {
	if len(r.part.rows) == 0 || r.part.early() {
		return r.openRoom(ctx, r.room)
	}
	if !r.client.Gap(r.room) {
		return nil
	}
	// What is held does not reach the newest any more. Who was at its end goes on there.
	r.part.newer, r.part.wait = true, nil
	r.lines()
	room := r.room
	r.show(func() {
		if t := r.place.talk(room); t.atEnd {
			t.GoToEnd()
		}
	})
	return nil
}

// ends says what is beyond the lines that are held.
type ends struct {
	older, newer bool // there is more in that direction
	gap          bool // what is before the first line is still on its way
	coming       bool // something before the newest lines is, and nobody can count it
}

// Gap reports whether the messages before the first line are still on their way.
func (t *Conversation) Gap() bool { return t.gap }
