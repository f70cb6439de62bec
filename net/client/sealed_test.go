package client_test

import (
	"testing"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/storage/chat"
)

// FEATURES C2, E2: three people in the Lobby, a sealed room and direct messages,
// through restarts of everybody.
func TestSealedStory(t *testing.T) {
	p := newPlace(t)
	ana, ben, cat := p.join("Ana"), p.join("Ben"), p.join("Cat")
	den := must(ana.CreateRoom(t.Context(), chat.RoomSealed, "Den", "Plans"))
	ana.sayIn(den, "alone")
	ana.hearsIn(den, "Ana: alone")
	if err := ana.InviteToRoom(t.Context(), den, ben.Me().Account); err != nil {
		t.Fatal(err)
	}
	r := ben.is(den, client.RoomJoined)
	if r.Name != "Den" || r.Topic != "Plans" || r.People != 2 || r.Admin {
		t.Errorf("Ben sees %+v", r)
	}
	ana.sayIn(den, "hello")
	ben.hearsIn(den, "Ana: hello")
	ben.sayIn(den, "hi")
	ana.hearsIn(den, "Ana: alone | Ana: hello | Ben: hi")
	if _, err := cat.Room(t.Context(), den); err == nil {
		t.Error("Cat knows of a room that she is not in")
	}
	for _, m := range []*member{ana, ben, cat} {
		m.reopen()
	}
	ben.sayIn(den, "again")
	ana.hearsIn(den, "Ana: alone | Ana: hello | Ben: hi | Ben: again")
	if got := ana.peopleIn(den); got != "Ana* Ben" {
		t.Errorf("people %s", got)
	}
}
