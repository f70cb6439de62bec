package client_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// FEATURES Z2: a host that goes back to an old backup has key packages again that it
// gave out since. Who is brought into a room meanwhile still reads all of it.
func TestZ2RestoredHostGivesOutNoKeyPackageTwice(t *testing.T) {
	p := newPlace(t)
	ana, ben := p.join("Ana"), p.join("Ben")
	ben.until("key packages are there", ben.Stocked)
	backup := p.backUp()
	invite := func(name string) chat.RoomID {
		t.Helper()
		room := must(ana.CreateRoom(t.Context(), chat.RoomSealed, name, ""))
		ok(t, ana.InviteToRoom(t.Context(), room, ben.Me().Account))
		return room
	}
	den := invite("Den")
	ben.is(den, client.RoomJoined)
	ben.stop()
	ana.stop()
	p.stop()
	p.restore(backup)
	p.start()
	ana.open()
	ana.until("Ana is back", func() bool { return ana.State().Phase == client.Online })
	lair := invite("Lair")
	ana.sayIn(lair, "for Ben")
	ana.hearsIn(lair, "Ana: for Ben")
	ben.open()
	ben.hearsIn(lair, "Ana: for Ben")
}

// FEATURES Z2: a device is restored from a backup, and then the host is too, which has
// the key package of last resort again whose keys the device lost. Once it was here it
// can be brought into rooms, and reads all of them.
func TestZ2RestoredDeviceGivesNewKeyPackagesToARestoredHost(t *testing.T) {
	p := newPlace(t, func(p *place) { p.cfg.Limits.Packages, p.cfg.Limits.PackageBurst = 1e-6, 1 })
	ana, ben := p.join("Ana"), p.join("Ben")
	ben.until("key packages are there", ben.Stocked)
	backup := p.backUp()
	ben.stop()
	db := must(clientdb.Open(t.Context(), filepath.Join(ben.dir, "place.db"), [32]byte{2}, ben.log))
	ok(t, errors.Join(db.RolledBack(context.Background()), db.Close()))
	ben.open()
	ben.until("new key packages are there", ben.Stocked)
	ben.stop()
	p.stop()
	p.restore(backup)
	p.start()
	ben.open()
	ben.until("new key packages are there", ben.Stocked)
	ana.Reconnect()
	ana.until("Ana is back", func() bool { return ana.State().Phase == client.Online })
	for i, name := range []string{"Den", "Lair"} { // the host gives out one, and then that of last resort
		room := must(ana.CreateRoom(t.Context(), chat.RoomSealed, name, ""))
		ok(t, ana.InviteToRoom(t.Context(), room, ben.Me().Account))
		ana.sayIn(room, fmt.Sprint("for Ben ", i))
		ben.hearsIn(room, fmt.Sprint("Ana: for Ben ", i))
	}
}
