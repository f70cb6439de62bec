package client_test

import (
	"testing"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/storage/chat"
)

// FEATURES C1, E1: two people who have a link talk, and both see the same order.
func TestTwoPeopleTalk(t *testing.T) {
	p := newPlace(t)
	ana, ben := p.join("Ana"), p.join("Ben")
	ana.say("Hi Ben 👋🏽")
	ben.hears("Ana: Hi Ben 👋🏽")
	ben.say("hi!\nhow are you?")
	want := "Ana: Hi Ben 👋🏽 | Ben: hi!\nhow are you?"
	ana.hears(want)
	ben.hears(want)
	for _, m := range ana.page() {
		if m.Warnings != 0 {
			t.Errorf("%+v has warnings", m)
		}
		if m.Kind == client.LineText && m.Own != (m.Name == "Ana") {
			t.Errorf("%q: own is %v", m.Text, m.Own)
		}
	}
	if people := ben.People(); len(people) != 2 || people[0].Name != "Ana" || !people[0].Online || !people[0].Pinned || !people[1].Me {
		t.Errorf("Ben sees %+v", people)
	}
	if pl := ben.Place(); pl.Name != "Our class" || pl.Fingerprint == "" {
		t.Errorf("Ben is in %+v", pl)
	}
	rooms, err := ben.Rooms(t.Context())
	if err != nil || len(rooms) != 1 || rooms[0].Unread != 1 {
		t.Errorf("Ben's rooms: %+v, %v, want the Lobby with 1 unread", rooms, err)
	}
	if err := ben.MarkRead(t.Context(), chat.Lobby, rooms[0].Head); err != nil {
		t.Fatal(err)
	}
	if rooms, err = ben.Rooms(t.Context()); err != nil || rooms[0].Unread != 0 {
		t.Errorf("after reading: %+v, %v", rooms, err)
	}
}
