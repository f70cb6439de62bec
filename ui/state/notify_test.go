package state

import (
	"testing"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/storage/chat"
)

// TestNewsOfOtherRooms reads the rooms again and again. What is unread is counted
// before the newest message is read: one that comes in between is announced at the
// next reading, and none twice.
func TestNewsOfOtherRooms(t *testing.T) {
	room := chat.RoomID{7}
	read := func(seq uint64, unread int, own bool) []client.Room {
		return []client.Room{{ID: room, Unread: unread, Last: client.Message{Seq: seq, Own: own}}}
	}
	r := &reader{room: chat.Lobby}
	for _, step := range []struct {
		what  string
		rooms []client.Room
		want  int
	}{
		{"what was there at the first reading", read(5, 1, false), 0},
		{"nothing new", read(5, 1, false), 0},
		{"a message, counted a moment before it came", read(6, 0, false), 0},
		{"the same, counted", read(6, 1, false), 1},
		{"nothing new again", read(6, 1, false), 1},
		{"an own one", read(7, 0, true), 1},
		{"one that was read elsewhere", read(8, 0, false), 1},
		{"the next", read(9, 1, false), 2},
	} {
		if r.notifyElsewhere(step.rooms); len(r.apply) != step.want {
			t.Errorf("%s: %d announced, want %d", step.what, len(r.apply), step.want)
		}
	}
}
