package client_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/snugchat/snug/crypto/group"
	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/crypto/mls"
	"github.com/snugchat/snug/crypto/mls/mlstest"
	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// FEATURES Z2: who is taken out of a room and brought in again while away, several
// times, reads all that was written while they were in it, and nothing else; also
// if they are out in the end, and if they had never seen the room before.
func TestTimesInARoomWhileAway(t *testing.T) {
	p := newPlace(t)
	ana, ben, cat := p.join("Ana"), p.join("Ben"), p.join("Cat")
	for _, m := range []*member{ben, cat} {
		m.until("key packages are there", m.Stocked)
	}
	den := must(ana.CreateRoom(t.Context(), chat.RoomSealed, "Den", ""))
	bring := func(m *member) { t.Helper(); ok(t, ana.InviteToRoom(t.Context(), den, m.Me().Account)) }
	take := func(m *member) { t.Helper(); ok(t, ana.RemoveFromRoom(t.Context(), den, m.Me().Account)) }
	// A change of the room goes before what still waits to be sent: who may read a
	// text is known only once it is on the host.
	said := "Ana: one | Ben: two"
	say := func(text string) {
		t.Helper()
		ana.sayIn(den, text)
		said += " | Ana: " + text
		ana.hearsIn(den, said)
	}
	bring(ben)
	ben.is(den, client.RoomJoined)
	ana.sayIn(den, "one")
	ben.hearsIn(den, "Ana: one")
	ben.sayIn(den, "two")
	ana.hearsIn(den, said)
	ben.stop()
	cat.stop()
	say("three")
	take(ben)
	say("not for Ben")
	bring(ben)
	bring(cat)
	say("four")
	take(ben)
	take(cat)
	say("not for them")
	bring(ben)
	say("five")
	take(ben)
	bring(cat)
	say("six")
	take(cat)
	ben.open()
	cat.open()
	ben.hearsIn(den, "Ana: one | Ben: two | Ana: three | Ana: four | Ana: five")
	cat.hearsIn(den, "Ana: four | Ana: six")
	ben.is(den, client.RoomLeft)
	cat.is(den, client.RoomLeft)
	bring(ben)
	ben.is(den, client.RoomJoined)
	ben.sayIn(den, "seven")
	ana.sayIn(den, "eight")
	ben.untilOr("all goes on", func() bool {
		got := ben.textsIn(den)
		return got == "Ana: one | Ben: two | Ana: three | Ana: four | Ana: five | Ben: seven | Ana: eight" || got == "Ana: one | Ben: two | Ana: three | Ana: four | Ana: five | Ana: eight | Ben: seven"
	}, func() string { return ben.textsIn(den) })
}

// What somebody writes while away waits through being taken out and brought in
// again.
func TestWrittenBeforeAnotherTime(t *testing.T) {
	p := newPlace(t)
	ana, ben := p.join("Ana"), p.join("Ben")
	ben.until("key packages are there", ben.Stocked)
	den := must(ana.CreateRoom(t.Context(), chat.RoomSealed, "Den", ""))
	ok(t, ana.InviteToRoom(t.Context(), den, ben.Me().Account))
	ben.is(den, client.RoomJoined)
	ben.stop()
	ok(t, ana.RemoveFromRoom(t.Context(), den, ben.Me().Account))
	ok(t, ana.InviteToRoom(t.Context(), den, ben.Me().Account))
	ben.load()
	ben.sayIn(den, "mine")
	ben.run()
	ana.hearsIn(den, "Ben: mine")
	ben.hearsIn(den, "Ben: mine")
}

// The only admin of a room stays in it with all devices, and one who was interrupted
// when leaving it goes on with that: nobody is half in a room.
func TestNobodyIsHalfInARoom(t *testing.T) {
	p := newPlace(t)
	ana, ben := &wild{member: p.join("Ana")}, p.join("Ben")
	second := (&chaos{t: t, place: p}).second(ana)
	for _, m := range []*member{ana.member, ben, second.member} {
		m.until("key packages are there", m.Stocked)
	}
	den := must(ana.CreateRoom(t.Context(), chat.RoomSealed, "Den", ""))
	second.is(den, client.RoomJoined)
	ok(t, ana.InviteToRoom(t.Context(), den, ben.Me().Account))
	ben.is(den, client.RoomJoined)
	ben.sayIn(den, "one")
	if err := ana.LeaveRoom(t.Context(), den); !errors.Is(err, client.ErrLastAdmin) {
		t.Errorf("the only admin leaves: %v", err)
	}
	ben.sayIn(den, "two")
	for _, m := range []*member{ana.member, second.member} {
		m.hearsIn(den, "Ben: one | Ben: two")
	}
	rows, _, err := p.db.After(t.Context(), den, 0, 1000, 1<<20)
	ok(t, err)
	for i := range rows {
		if env := must(wire.ParseEnvelope(rows[i].Envelope)); env.Body == wire.KindProposal {
			t.Error("a device of the only admin asked to be taken out")
		}
	}
	ben.stop()
	ben.load()
	ok(t, ben.db.WriteGroups(t.Context(), client.Leaving(ben.db.GroupTx(t.Context()), den)))
	ben.run()
	ben.is(den, client.RoomLeft)
	ana.until("Ben is out", func() bool { return ana.peopleIn(den) == "Ana*" })
}

// A device whose store goes back to an earlier time in a room comes in again, also if
// it has nothing to send: it does not know the numbers of what it sent in a time
// between, and takes the next one from the host.
func TestRestoredToAnEarlierTime(t *testing.T) {
	p := newPlace(t)
	var stands atomic.Int64 // Ben's clock, while he must not give the room fresh keys
	var ahead atomic.Int64  // and by how much it is ahead later
	stands.Store(time.Now().UnixMilli())
	ana, ben := p.join("Ana"), p.join("Ben", func(cfg *client.Config) {
		cfg.Now = func() time.Time {
			if at := stands.Load(); at != 0 {
				return time.UnixMilli(at)
			}
			return time.Now().Add(time.Duration(ahead.Load()))
		}
	})
	ben.until("key packages are there", ben.Stocked)
	den := must(ana.CreateRoom(t.Context(), chat.RoomSealed, "Den", ""))
	bring := func() {
		t.Helper()
		ok(t, ana.InviteToRoom(t.Context(), den, ben.Me().Account))
		ben.is(den, client.RoomJoined)
	}
	take := func() {
		t.Helper()
		ok(t, ana.RemoveFromRoom(t.Context(), den, ben.Me().Account))
		ben.is(den, client.RoomLeft)
	}
	bring()
	ben.sayIn(den, "one")
	ben.hearsIn(den, "Ben: one")
	ben.stop()
	old := filepath.Join(fast(t), "copy")
	ok(t, os.CopyFS(old, os.DirFS(ben.dir)))
	ben.open()
	take()
	bring()
	for _, text := range []string{"two", "three", "four"} {
		ben.sayIn(den, text)
	}
	ana.hearsIn(den, "Ben: one | Ben: two | Ben: three | Ben: four")
	take()
	bring()
	ben.stop()
	stands.Store(0)
	ok(t, os.RemoveAll(ben.dir))
	ok(t, os.CopyFS(ben.dir, os.DirFS(old)))
	db := must(clientdb.Open(t.Context(), filepath.Join(ben.dir, "place.db"), [32]byte{2}, ben.log))
	ok(t, errors.Join(db.RolledBack(t.Context()), db.Close()))
	ben.open()
	head := ana.lastRow(den)
	ben.until("Ben is in the room again", func() bool {
		r := must(ben.Room(context.Background(), den))
		if r.State == client.RoomComing { // he had the welcome before: it is not waited for for ever
			ahead.Add(int64(30 * time.Second))
			ben.Tend()
		}
		return r.State == client.RoomJoined && r.Head > head // behind his own commit
	})
	ben.sayIn(den, "five")
	ana.hearsIn(den, "Ben: one | Ben: two | Ben: three | Ben: four | Ben: five")
}

// Property 5: a host that says that somebody was taken out and brought in again
// does not get a member's group in the place of the room, be it that Ben's own is
// sound or that he lost track of it: only an admin could do that.
func TestProperty05HostsWordReplacesNoRoom(t *testing.T) {
	for name, broken := range map[string]bool{"a sound room": false, "a room whose group went on without Ben": true} {
		t.Run(name, func(t *testing.T) {
			e := newEvilHost(t)
			ana, ben, eve := e.person("Ana"), e.person("Ben"), e.person("Eve")
			den := e.den(ana, ben)
			ok(t, ana.InviteToRoom(t.Context(), den, eve.Me().Account))
			eve.is(den, client.RoomJoined)
			ben.until("Ben knows Eve", func() bool { return ben.peopleIn(den) == "Ana* Ben Eve" })
			welcome := eve.fakeWelcome(t, e, den, ben)
			info := must(ana.db.Room(t.Context(), den))
			if broken {
				ben.stop()
				ben.load()
				ok(t, ben.db.Step(t.Context(), clientdb.Step{Room: den, Groups: client.Stale(ben.db.GroupTx(t.Context()), den), Change: func(r *clientdb.Room) { r.State = clientdb.RoomBroken }}))
				ben.run()
				e.again(ben)
			}
			e.gap(ana)
			at := ben.free() + 2
			lie := wire.RoomInfo{ID: den, Kind: chat.RoomSealed, Since: at - 1, Head: at, By: info.Maker, Created: info.Created}
			e.does(func(to *member, m wire.Message) []wire.Message {
				switch v := m.(type) {
				case *wire.Rooms:
					if to == ben {
						return nil
					}
				case *wire.Mail:
					if to == ben {
						return nil // nobody lets him in again
					}
				case *wire.Rows:
					if to == ben && v.Room == den {
						return []wire.Message{&wire.Rows{Room: den, Since: at - 1, Live: true, Head: at}}
					}
				}
				return []wire.Message{m}
			})
			gone := lie
			gone.Gone, gone.Since, gone.Head = true, 0, ben.lastRow(den)
			for _, m := range []wire.Message{
				&wire.Rooms{Rooms: []wire.RoomInfo{lie}},
				&wire.Mail{ID: chat.NewMessageID(), To: ben.Me().Device, From: eve.Me().Device, Room: den, MailKind: wire.MailWelcome, Data: welcome, Seq: at, Time: 1},
				&wire.Rooms{Rooms: []wire.RoomInfo{gone}},
				&wire.Rooms{Rooms: []wire.RoomInfo{lie}},
				&wire.Mail{ID: chat.NewMessageID(), To: ben.Me().Device, From: eve.Me().Device, Room: den, MailKind: wire.MailWelcome, Data: welcome, Seq: at, Time: 1},
			} {
				e.sends(ben, m)
			}
			ben.until("Ben has heard it", func() bool {
				if broken {
					return ben.State().Phase == client.Online
				}
				return must(ben.Room(t.Context(), den)).State == client.RoomComing
			})
			time.Sleep(200 * time.Millisecond) // for what must not come
			if got := ben.peopleIn(den); got != "Ana* Ben Eve" {
				t.Errorf("people are %s", got)
			}
			// The host tells the truth again, and the room goes on.
			e.does(nil)
			e.again(ben)
			ben.untilOr("back in the room", func() bool { return must(ben.Room(context.Background(), den)).State == client.RoomJoined },
				func() string { return ben.textsIn(den) })
			e.gap(ana) // behind what the host made up
			ana.sayIn(den, "three")
			ben.untilOr("Ana is heard", func() bool { return strings.HasSuffix(ben.textsIn(den), "Ana: three") }, func() string { return ben.textsIn(den) })
			if got := ben.textsIn(den); !broken && got != "Ana: one | Ben: two | Ana: three" {
				t.Errorf("Ben reads %s", got)
			}
			if got := ben.peopleIn(den); got != "Ana* Ben Eve" {
				t.Errorf("people are %s", got)
			}
		})
	}
}

// fakeWelcome makes a group with the id of a room and a welcome of it for somebody,
// as a member can with a host that helps.
func (m *member) fakeWelcome(t *testing.T, e *evilHost, room chat.RoomID, victim *member) []byte {
	t.Helper()
	stolen := make(chan []byte, 1) // a key package that nobody uses up
	e.does(func(to *member, msg wire.Message) []wire.Message {
		if k, ok := msg.(*wire.KeyPackages); ok && to == m && len(k.Packages) > 0 {
			select {
			case stolen <- k.Packages[0].Package:
			default:
			}
			return nil
		}
		return []wire.Message{msg}
	})
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { _, _ = m.Direct(ctx, victim.Me().Account) })
	pack := <-stolen
	cancel()
	wg.Wait()
	e.does(nil)
	place := e.cfg.Key.Public().Array()
	keys := must(m.db.Place(t.Context())).Keys
	device := must(group.NewDevice(place, m.certificate(), must(mls.NewSigningKey(group.Suite, keys.MLS[:])), time.Now))
	store := mlstest.Table{}
	own := must(device.Create(store, wire.GroupID(place, room), group.Policy{Name: "Den", Admins: []identity.PublicKey{device.Identity()}}))
	out := must(own.Commit(store, [32]byte{1}, group.Plan{Add: []*group.KeyPackage{must(group.ParseKeyPackage(place, pack, time.Now()))}}))
	return out.Welcome
}
