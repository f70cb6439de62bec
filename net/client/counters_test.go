package client_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// older lets the store of a member be one that went back to an older copy of itself: it
// is not sure which counter is next in any room.
func (m *member) older() {
	m.t.Helper()
	m.stop()
	db := must(clientdb.Open(context.Background(), filepath.Join(m.dir, "place.db"), [32]byte{2}, m.log))
	ok(m.t, errors.Join(db.RolledBack(context.Background()), db.Close()))
	m.open()
}

// answers lets the host answer what a member posts in a room with something else. What is
// nil passes.
func (e *evilHost) answers(who *member, instead func(env *wire.Envelope) *wire.Posted) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.up = func(from *member, m wire.Message) []wire.Message {
		post, is := m.(*wire.Post)
		if !is || from != who {
			return []wire.Message{m}
		}
		env := must(wire.ParseEnvelope(post.Envelope))
		answer := instead(env)
		if answer == nil {
			return []wire.Message{m}
		}
		answer.Room, answer.ID = env.Room, env.ID
		_ = e.links[from].Send(wire.Append(nil, answer)) // a member that has gone hears no answer
		return nil
	}
}

// isCommit says whether an envelope is a change of a sealed room.
func isCommit(env *wire.Envelope) bool { return env.Body == wire.KindCommit }

// A copy of the profile is noticed in a private room from the first message on that the
// host has taken, also on the connection on which the room came.
func TestCopyIsNoticedInANewRoom(t *testing.T) {
	for name, c := range map[string]struct {
		commit bool
		writes func(m *member, den chat.RoomID)
	}{
		"when it writes": {false, func(m *member, den chat.RoomID) { m.sayIn(den, "three") }},
		"when it changes the room": {true, func(m *member, den chat.RoomID) {
			_ = m.RenameRoom(context.Background(), den, "Cave", "") // it goes offline in the middle
		}},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEvilHost(t)
			ana, ben := e.person("Ana"), e.person("Ben")
			den := e.den(ana, ben)
			told := false
			e.answers(ana, func(env *wire.Envelope) *wire.Posted {
				if told || env.Room != den || isCommit(env) != c.commit {
					return nil
				}
				told = true
				return &wire.Posted{Code: wire.CodeConflict, Counter: env.Counter + 3}
			})
			c.writes(ana, den)
			ana.until("Ana stopped", func() bool { return ana.State().Phase == client.Stopped })
			if err := ana.State().Err; !errors.Is(err, client.ErrCopied) {
				t.Errorf("got %v, want %v", err, client.ErrCopied)
			}
		})
	}
}

// A host that has a message already has not said which counter is next, if it says that
// others of the device are behind it, or names a row that this device had come to before:
// a store that went back to an older copy of itself goes on where the host says.
func TestRetryIsNoProofOfTheNextCounter(t *testing.T) {
	for name, had := range map[string]func(*wire.Posted){
		"with two more behind it":                 func(p *wire.Posted) { p.Counter = 3 },
		"of a host that says nothing of counters": func(p *wire.Posted) { p.Seq = 1 },
	} {
		t.Run(name, func(t *testing.T) {
			e := newEvilHost(t)
			ana, ben := e.person("Ana"), e.person("Ben")
			ben.say("zero") // row 1
			ana.hears("Ben: zero")
			ana.older()
			ana.until("Ana is online", func() bool { return ana.State().Phase == client.Online })
			lies := 0
			e.mu.Lock()
			e.down = func(to *member, m wire.Message) []wire.Message {
				if p, is := m.(*wire.Posted); is && to == ana && p.Code == wire.CodeOK && lies == 0 {
					had(p)
					lies = 1
				}
				return []wire.Message{m}
			}
			e.mu.Unlock()
			e.answers(ana, func(*wire.Envelope) *wire.Posted {
				if lies != 1 {
					return nil
				}
				lies = 2
				return &wire.Posted{Code: wire.CodeConflict, Counter: 3}
			})
			ana.say("one")
			ben.hears("Ben: zero | Ana: one")
			ana.say("two")
			ben.hears("Ben: zero | Ana: one | Ana: two")
			e.mu.Lock()
			defer e.mu.Unlock()
			if lies != 2 {
				t.Errorf("%d of 2 answers came by", lies)
			}
		})
	}
}

// A host that names a counter which no device can have is not believed, whatever that is:
// what waits does not get numbers that are never sent, and goes out once the host is
// honest.
func TestCountersThatNoDeviceHas(t *testing.T) {
	e := newEvilHost(t, func(p *place) {
		p.cfg.Limits = host.Limits{Requests: 1e6, RequestBurst: 1e6, Commits: 1e6, CommitBurst: 1e6, Entries: 1e6, EntryBurst: 1e6, Lookups: 1e6, LookupBurst: 1e6}
	})
	ana, ben := e.person("Ana"), e.person("Ben")
	said := ""
	for i, counter := range []uint64{1 << 62, 1<<62 + 1, 1<<63 - 1, 1 << 63, ^uint64(0)} {
		for _, commit := range []bool{false, true} {
			name := fmt.Sprintf("%#x commit=%t", counter, commit)
			lied := false
			lie := func(room chat.RoomID) {
				e.answers(ana, func(env *wire.Envelope) *wire.Posted {
					if lied || env.Room != room || isCommit(env) != commit {
						return nil
					}
					lied = true
					return &wire.Posted{Code: wire.CodeConflict, Counter: counter}
				})
			}
			if commit {
				den := must(ana.CreateRoom(t.Context(), chat.RoomSealed, fmt.Sprint("Den ", i), ""))
				lie(den)
				if err := ana.InviteToRoom(t.Context(), den, ben.Me().Account); err != nil && !errors.Is(err, client.ErrOffline) {
					t.Fatal(name, err)
				}
				ben.is(den, client.RoomJoined)
				ana.sayIn(den, name)
				ben.hearsIn(den, "Ana: "+name)
			} else {
				ana.older()
				lie(chat.Lobby)
				ana.say(name)
				if said != "" {
					said += " | "
				}
				said += "Ana: " + name
				ben.hears(said)
			}
			e.mu.Lock()
			if !lied {
				t.Errorf("%s: the host had nothing to lie about", name)
			}
			e.mu.Unlock()
		}
	}
}

// A host that says of all direct messages that they are there already keeps a person
// waiting for a bounded time, and they are told.
func TestDirectMessagesAreLookedForInBoundedTime(t *testing.T) {
	e := newEvilHost(t)
	ana, ben := e.person("Ana", func(cfg *client.Config) { client.HurryDirect(cfg, time.Second) }), e.person("Ben")
	asked := 0
	e.mu.Lock()
	e.up = func(from *member, m wire.Message) []wire.Message {
		c, is := m.(*wire.CreateRoom)
		if !is || from != ana {
			return []wire.Message{m}
		}
		asked++
		_ = e.links[from].Send(wire.Append(nil, &wire.Failure{Ref: c.Ref, Code: wire.CodeConflict})) // as above
		return nil
	}
	e.mu.Unlock()
	if room, err := ana.Direct(t.Context(), ben.Me().Account); !errors.Is(err, client.ErrNoDirect) {
		t.Errorf("got %v, %v, want %v", room, err, client.ErrNoDirect)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if asked == 0 || asked > wire.MaxGeneration/2 {
		t.Errorf("the host was asked %d times", asked)
	}
}
