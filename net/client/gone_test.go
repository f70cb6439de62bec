package client_test

import (
	"testing"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// Messages wait for the commit that takes a signed-out device out of the room, for each
// device anew: one that cannot be taken out does not let another one read on.
func TestEachSignedOutDeviceIsWaitedFor(t *testing.T) {
	e := newEvilHost(t)
	var clock clock
	ana, ben := e.person("Ana", clock.set), e.person("Ben")
	den := e.den(ana, ben)
	ctx := t.Context()
	var gone []chat.DeviceID
	for range 2 {
		m := ben.addDevice()
		m.is(den, client.RoomJoined)
		gone = append(gone, m.Me().Device)
		m.stop()
	}
	refused := 0
	e.mu.Lock()
	e.up = func(from *member, m wire.Message) []wire.Message { // nobody is taken out
		if post, is := m.(*wire.Post); is {
			if env, err := wire.ParseEnvelope(post.Envelope); err == nil && env.Body == wire.KindCommit {
				refused++
				e.links[from].Send(wire.Append(nil, &wire.Posted{Room: env.Room, ID: env.ID, Code: wire.CodeNotAllowed}))
				return nil
			}
		}
		return []wire.Message{m}
	}
	e.mu.Unlock()
	sealed := func(text string) bool {
		t.Helper()
		id := ana.sayIn(den, text)
		for range 3 { // the session looks at what waits after each of these
			ana.Tend()
			ana.Wanted(ctx, den)
		}
		out, err := ana.db.Outgoing(ctx, id)
		return err != nil || out.Post != nil // it is on its way, or there
	}
	out := func(device chat.DeviceID) {
		t.Helper()
		ok(t, ben.SignOut(ctx, device))
		ana.until("Ana knows that it is signed out", func() bool {
			_, devices, _, err := ana.db.People(ctx)
			for _, d := range devices {
				if d.ID == device {
					return err == nil && d.Revoked != 0
				}
			}
			return false
		})
	}
	heard := "Ana: one | Ben: two"
	for i, text := range []string{"first", "second"} {
		out(gone[i])
		if sealed(text) {
			t.Errorf("%s: sealed at once for who was signed out", text)
		}
		clock.add(client.GoneWait + time.Second)
		ana.Tend()
		heard += " | Ana: " + text
		ben.hearsIn(den, heard)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if refused == 0 {
		t.Error("nobody tried to take them out")
	}
}
