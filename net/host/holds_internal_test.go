package host

import (
	"testing"
	"time"

	"github.com/snugchat/snug/storage/chat"
)

func TestHolds(t *testing.T) {
	start := time.Unix(1_800_000_000, 0)
	h := make(holds)
	h.hold(chat.Lobby, 7, start, 2*time.Second)
	for _, c := range []struct { // in this order: what is over is forgotten
		name    string
		room    chat.RoomID
		counter uint64
		after   time.Duration
		want    bool
	}{
		{"the one that was told to wait", chat.Lobby, 7, time.Second, false},
		{"one before it", chat.Lobby, 6, time.Second, false},
		{"the next one", chat.Lobby, 8, time.Second, true},
		{"a later one in another room", chat.RoomID{9}, 8, time.Second, false},
		{"the next one while the first may still come", chat.Lobby, 8, 7 * time.Second, true},
		{"the next one when the first did not come", chat.Lobby, 8, 7*time.Second + 1, false},
		{"the next one from then on", chat.Lobby, 8, 3 * time.Second, false},
	} {
		if got := h.stops(c.room, c.counter, start.Add(c.after)); got != c.want {
			t.Errorf("%s: has to wait is %v, want %v", c.name, got, c.want)
		}
	}
	h.hold(chat.Lobby, 7, start, 0)
	h.passed(chat.Lobby)
	if h.stops(chat.Lobby, 8, start) || len(h) != 0 {
		t.Errorf("the next one waits for one that came: %v", h)
	}
}
