package client_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// keep copies the store of a member, who is stopped for it.
func (m *member) keep() (copied string) {
	m.t.Helper()
	m.stop()
	copied = m.t.(*testing.T).TempDir()
	for _, path := range must(filepath.Glob(filepath.Join(m.dir, "place.db*"))) {
		ok(m.t, os.WriteFile(filepath.Join(copied, filepath.Base(path)), must(os.ReadFile(path)), 0o600))
	}
	m.open()
	m.until("is back", func() bool { return m.State().Phase == client.Online })
	return copied
}

// goBack puts such a copy in the place of the store.
func (m *member) goBack(copied string) {
	m.t.Helper()
	m.stop()
	for _, path := range must(filepath.Glob(filepath.Join(m.dir, "place.db*"))) {
		ok(m.t, os.Remove(path))
	}
	for _, path := range must(filepath.Glob(filepath.Join(copied, "place.db*"))) {
		ok(m.t, os.WriteFile(filepath.Join(m.dir, filepath.Base(path)), must(os.ReadFile(path)), 0o600))
	}
}

// FEATURES P5: a store that is older than its device, since its log was torn in an
// unclean end or since it was restored, may miss rooms in which the device wrote. What its
// person writes there next arrives, after what they wrote before; nobody takes them for a
// copy of themselves.
func TestOldStoreWritesOn(t *testing.T) {
	edit := func(m *member, f func(*clientdb.DB) error) {
		db := must(clientdb.Open(context.Background(), filepath.Join(m.dir, "place.db"), [32]byte{2}, m.log))
		ok(m.t, errors.Join(f(db), db.Close()))
	}
	older := func(m *member, copied string) { m.goBack(copied) }
	torn := func(m *member, copied string) {
		m.goBack(copied)
		ok(m.t, os.WriteFile(filepath.Join(m.dir, "place.db-open"), nil, 0o600))
	}
	restored := func(m *member, copied string) {
		m.goBack(copied)
		edit(m, func(db *clientdb.DB) error { return db.RolledBack(context.Background()) })
	}
	anew := func(m *member, _ string) {
		var place clientdb.Place
		m.stop()
		edit(m, func(db *clientdb.DB) (err error) {
			place, err = db.Place(context.Background())
			return err
		})
		m.goBack(m.t.(*testing.T).TempDir())
		edit(m, func(db *clientdb.DB) error { return db.SavePlace(context.Background(), place) })
	}
	lobby := func(*member, *member) chat.RoomID { return chat.Lobby }
	open := func(ana, ben *member) chat.RoomID {
		room := must(ana.CreateRoom(ana.t.Context(), chat.RoomOpen, "News", ""))
		ben.is(room, client.RoomJoined)
		return room
	}
	sealed := func(ana, ben *member) chat.RoomID {
		room := must(ana.CreateRoom(ana.t.Context(), chat.RoomSealed, "Den", ""))
		ok(ana.t, ana.InviteToRoom(ana.t.Context(), room, ben.Me().Account))
		ben.is(room, client.RoomJoined)
		return room
	}
	for name, c := range map[string]struct {
		room func(ana, ben *member) chat.RoomID
		back func(m *member, copied string)
	}{
		"an open room is younger than the store":                     {open, older},
		"an open room is younger than what is left of a torn log":    {open, torn},
		"an open room is younger than the backup":                    {open, restored},
		"a private room is younger than the backup":                  {sealed, restored},
		"only place and keys are left, as of a log torn right there": {lobby, anew},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			ana, ben := p.stocked("Ana"), p.stocked("Ben")
			copied := ana.keep()
			room := c.room(ana, ben)
			ana.sayIn(room, "one")
			ana.sayIn(room, "two")
			ben.hearsIn(room, "Ana: one | Ana: two")
			c.back(ana, copied)
			var later atomic.Int64 // how far Ana's clock is ahead
			ana.cfg.Now = func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
			ana.open()
			if private := name[:2] == "a "; private {
				// The welcome does not come again, which she finds out in time: it passes
				// quickly here, and each new room has her look.
				for i := range 3 {
					news := must(ben.CreateRoom(t.Context(), chat.RoomOpen, fmt.Sprint("News ", i), ""))
					ana.is(news, client.RoomJoined)
					later.Add(int64(time.Minute))
				}
			}
			ana.is(room, client.RoomJoined)
			ana.sayIn(room, "three")
			ben.hearsIn(room, "Ana: one | Ana: two | Ana: three")
			ana.reopen()
			ana.sayIn(room, "four")
			ben.hearsIn(room, "Ana: one | Ana: two | Ana: three | Ana: four")
			if name[:2] != "a " { // what was said in a private room cannot be opened twice
				ana.hearsIn(room, "Ana: one | Ana: two | Ana: three | Ana: four")
			}
		})
	}
}
