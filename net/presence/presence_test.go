package presence_test

import (
	"slices"
	"testing"
	"time"

	"github.com/snugchat/snug/net/presence"
	"github.com/snugchat/snug/storage/chat"
)

var (
	start = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	ana   = chat.AccountID{1}
	ben   = chat.AccountID{2}
)

func at(seconds float64) time.Time { return start.Add(time.Duration(seconds * float64(time.Second))) }

// TestTyping covers D9: at most one signal in 3 s, gone 6 s after the last.
func TestTyping(t *testing.T) {
	t.Run("D9 at most one signal in 3 s counts", func(t *testing.T) {
		var typing presence.Typing
		var counted []float64
		for i := range 100 { // ten a second for ten seconds
			s := float64(i) / 10
			if typing.Note(chat.Lobby, ana, at(s)) {
				counted = append(counted, s)
			}
		}
		if want := []float64{0, 3, 6, 9}; !slices.Equal(counted, want) {
			t.Errorf("counted at %v, want %v", counted, want)
		}
	})
	t.Run("D9 gone 6 s after the last", func(t *testing.T) {
		var typing presence.Typing
		typing.Show(chat.Lobby, ana, at(0))
		typing.Show(chat.Lobby, ana, at(2))
		typing.Show(chat.Lobby, ben, at(1))
		if got, want := typing.In(chat.Lobby, at(6.5)), []chat.AccountID{ana, ben}; !slices.Equal(got, want) {
			t.Errorf("at 6.5 s %v write, want %v", got, want)
		}
		changed, next := typing.Expire(at(7))
		if !slices.Equal(changed, []chat.RoomID{chat.Lobby}) || !next.Equal(at(8)) {
			t.Errorf("at 7 s got %v and %v, want the lobby and 8 s", changed, next)
		}
		if got := typing.In(chat.Lobby, at(8)); len(got) != 0 {
			t.Errorf("at 8 s %v write, want nobody", got)
		}
		if _, next = typing.Expire(at(8)); !next.IsZero() {
			t.Errorf("next is %v, want none", next)
		}
	})
	t.Run("a message ends it, and the next signal counts at once", func(t *testing.T) {
		var typing presence.Typing
		typing.Note(chat.Lobby, ana, at(0))
		if !typing.Stop(chat.Lobby, ana) || typing.Stop(chat.Lobby, ana) {
			t.Error("want known once")
		}
		if !typing.Note(chat.Lobby, ana, at(1)) {
			t.Error("the first signal after a message must count")
		}
	})
	t.Run("rooms are apart", func(t *testing.T) {
		var typing presence.Typing
		other := chat.RoomID{9}
		typing.Note(chat.Lobby, ana, at(0))
		if !typing.Note(other, ana, at(0)) {
			t.Error("a signal in another room must count")
		}
		if got := len(typing.Leave(ana)); got != 2 {
			t.Errorf("left %d rooms, want 2", got)
		}
	})
	t.Run("a clock set back lets nobody write for ever", func(t *testing.T) {
		var typing presence.Typing
		typing.Note(chat.Lobby, ana, at(3600))
		if got := typing.In(chat.Lobby, at(0)); len(got) != 0 {
			t.Errorf("%v write an hour before they began", got)
		}
		if !typing.Note(chat.Lobby, ana, at(0)) {
			t.Error("a signal must count after the clock was set back")
		}
	})
	t.Run("bounded, and room again once they expire", func(t *testing.T) {
		var typing presence.Typing
		for i := range presence.MaxTyping {
			if !typing.Note(chat.Lobby, chat.AccountID{byte(i), byte(i >> 8), 7}, at(0)) {
				t.Fatalf("refused at %d", i)
			}
		}
		if typing.Note(chat.Lobby, ana, at(1)) {
			t.Error("one more than the bound was taken")
		}
		if typing.Show(chat.Lobby, ana, at(1)) {
			t.Error("one more than the bound was shown")
		}
		if !typing.Note(chat.Lobby, ana, at(7)) {
			t.Error("refused although all others have expired")
		}
	})
	t.Run("shown news only when the list changes", func(t *testing.T) {
		var typing presence.Typing
		for _, c := range []struct {
			at   float64
			want bool
		}{{0, true}, {1, false}, {3, false}, {10, true}} {
			if got := typing.Show(chat.Lobby, ana, at(c.at)); got != c.want {
				t.Errorf("at %v s got %v, want %v", c.at, got, c.want)
			}
		}
	})
}

func TestOnline(t *testing.T) {
	var o presence.Online
	if !o.Enter(ana) || o.Enter(ana) {
		t.Error("only the first device is news")
	}
	if o.Leave(ana, 5) || !o.Leave(ana, 9) || o.Leave(ana, 10) {
		t.Error("only the last device that leaves is news")
	}
	if online, seen := o.Is(ana); online || seen != 9 {
		t.Errorf("got %v, %d, want offline since 9", online, seen)
	}
	if !o.Set(ben, true, 3) || o.Set(ben, true, 2) || !o.Set(ben, false, 4) {
		t.Error("Set must report what changes, and nothing else")
	}
	o.Enter(ben)
	if got := o.Len(); got != 1 {
		t.Errorf("%d online, want 1", got)
	}
	o.Forget(ben)
	if got := o.Len(); got != 0 {
		t.Errorf("%d online, want 0", got)
	}
	o.Reset()
	if online, seen := o.Is(ana); online || seen != 0 {
		t.Error("Reset left something")
	}
}

// FuzzTyping feeds signals in any order: what is shown is always within Shown of
// its last signal, and Expire leaves nothing older behind.
func FuzzTyping(f *testing.F) {
	f.Add([]byte{0, 1, 10, 1, 1, 10, 2, 1, 200})
	f.Fuzz(func(t *testing.T, b []byte) {
		var typing presence.Typing
		last := map[chat.AccountID]time.Time{}
		now := start
		for ; len(b) >= 3; b = b[3:] {
			now = now.Add(time.Duration(b[2]) * 100 * time.Millisecond)
			who := chat.AccountID{b[1] % 4}
			switch b[0] % 4 {
			case 0:
				typing.Show(chat.Lobby, who, now)
				last[who] = now
			case 1:
				typing.Stop(chat.Lobby, who)
				delete(last, who)
			case 2:
				typing.Expire(now)
			case 3:
				if typing.Note(chat.Lobby, who, now) {
					last[who] = now
				}
			}
			for _, id := range typing.In(chat.Lobby, now) {
				if d := now.Sub(last[id]); d >= presence.Shown {
					t.Fatalf("%v is shown %v after its last signal", id, d)
				}
			}
		}
	})
}
