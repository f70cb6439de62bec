package client_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// deafToLeaving is the store of a host that cannot write down who left a room.
type deafToLeaving struct {
	host.Store
	deaf atomic.Bool
}

func (s *deafToLeaving) Apply(ctx context.Context, c *chat.Change, committed func()) error {
	for i := range c.Members {
		if c.Members[i].Gone != 0 && s.deaf.Load() {
			return errors.New("not now")
		}
	}
	return s.Store.Apply(ctx, c, committed)
}

// FEATURES C11, Z2: somebody left a room, the host does not know, and their computer
// was restored from a backup of the time before. It does not ask to be let in for ever:
// the members tell it that it is out, it says so, and it can be invited again.
func TestRestoredDeviceLearnsThatItsPersonLeft(t *testing.T) {
	store := new(deafToLeaving)
	_, den, ana, ben, cat := roomOf(t, func(p *place) {
		p.store = func(s host.Store) host.Store { store.Store = s; return store }
	})
	said := talk(den, "", "before", ana, ben, cat)
	ben.stop()
	copied := filepath.Join(t.TempDir(), "copy")
	ok(t, os.CopyFS(copied, os.DirFS(ben.dir)))
	ben.open()
	ben.until("Ben is back", func() bool { return ben.State().Phase == client.Online })
	store.deaf.Store(true)
	if err := ben.LeaveRoom(t.Context(), den); err == nil {
		t.Fatal("the host has written down that Ben left")
	}
	for _, m := range []*member{ana, cat} {
		m.until("Ben is out", func() bool { return m.peopleIn(den) == "Ana* Cat" })
	}
	ben.stop()
	store.deaf.Store(false)
	ok(t, os.RemoveAll(ben.dir))
	ok(t, os.CopyFS(ben.dir, os.DirFS(copied)))
	db := must(clientdb.Open(t.Context(), filepath.Join(ben.dir, "place.db"), [32]byte{2}, ben.log))
	ok(t, errors.Join(db.RolledBack(t.Context()), db.Close()))
	ben.open()
	ben.is(den, client.RoomBroken)
	ben.is(den, client.RoomLeft)
	if _, err := ben.Send(t.Context(), den, "am I there?"); !errors.Is(err, client.ErrNoRoom) {
		t.Errorf("a text for a room that Ben left: %v", err)
	}
	ok(t, ana.InviteToRoom(t.Context(), den, ben.Me().Account))
	ben.is(den, client.RoomJoined)
	ana.sayIn(den, "again")
	ben.untilOr("what Ana says", func() bool { return strings.HasSuffix(ben.textsIn(den), "Ana: again") }, func() string { return ben.textsIn(den) })
	if !strings.HasPrefix(ben.textsIn(den), said) {
		t.Errorf("of before there is %s, want %s", ben.textsIn(den), said)
	}
}
