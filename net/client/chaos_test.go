package client_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

var (
	chaosSteps = flag.Int("chaos", 500, "steps of TestChaos")
	chaosSeed  = flag.Uint64("seed", 0, "seed of TestChaos, 0: a new one")

	chaosBackup = flag.Int("hostbackup", 6, "weight in TestChaos of a host that is restored from an old backup")
)

// chaos is a place in which everything happens at once: two sealed rooms, five
// people, two of them with two devices, and somebody who sends junk.
type chaos struct {
	t      *testing.T
	rand   *rand.Rand
	place  *place
	record *record
	all    []*wild
	zed    *heckler
	rooms  []chat.RoomID
	said   int
	step   int
	calm   int // steps left in which nobody changes a room, before an old backup of the host comes back
	backup string
	mark   uint64
	had    map[uint64]bool // rows that members had given back by then
	since  int             // events before the backup
	did    map[string]int
	wg     sync.WaitGroup
	slots  chan struct{}
}

// wild is a device in the chaos.
type wild struct {
	*member
	device  chat.DeviceID
	account chat.AccountID
	skew    atomic.Int64 // of its clock
	down    bool
	back    int // the step at which it may come back
	old     *snapshot

	wasRestored bool
}

// snapshot is a copy of a device's store.
type snapshot struct {
	dir     string
	step    int
	cursors map[chat.RoomID]uint64
}

// chaosPatience is how long somebody tries to change a room.
const chaosPatience = 5 * time.Second

// do runs something that needs the host beside everything else. It may fail, as
// things do that somebody else has just changed.
func (x *chaos) do(f func(ctx context.Context)) {
	x.slots <- struct{}{}
	x.wg.Go(func() {
		defer func() { <-x.slots }()
		ctx, cancel := context.WithTimeout(context.Background(), chaosPatience)
		defer cancel()
		f(ctx)
	})
}

// The weights of what happens in a step.
const (
	chaosSay      = 600
	chaosInvite   = 75
	chaosRemove   = 45
	chaosLeave    = 15
	chaosRename   = 35
	chaosAdmin    = 60
	chaosDirect   = 10
	chaosToggle   = 60
	chaosRestart  = 20
	chaosCrash    = 15
	chaosJunk     = 25
	chaosCut      = 15
	chaosHost     = 6
	chaosHostDies = 4
	chaosSnapshot = 6
	chaosOldCopy  = 4
)

// next takes one step. What happens follows from the seed alone; how it meets what
// else goes on is chance.
func (x *chaos) next() {
	x.step++
	i, room := x.rand.IntN(len(x.all)), x.rooms[x.rand.IntN(len(x.rooms))]
	m := x.all[i]
	other := x.all[x.rand.IntN(len(x.all))].account
	n, a, b := x.rand.IntN(1000), x.rand.IntN(1000), x.rand.IntN(1000)
	c := m.Client
	is := func(name string, weight int) bool {
		n -= weight
		if n >= 0 || n < -weight {
			return false
		}
		x.did[name]++
		return true
	}
	if x.calm > 0 {
		if x.calm--; x.calm == 0 {
			x.restoreHost()
			return
		}
	}
	change := func(f func(ctx context.Context)) {
		if x.calm == 0 && !m.down {
			x.do(f)
		}
	}
	switch {
	case is("says", chaosSay):
		for range 1 + a%4 {
			if !m.down {
				x.said++
				_, _ = c.Send(context.Background(), room, fmt.Sprint("m", x.said)) // not if it left
			}
		}
	case is("invites", chaosInvite):
		change(func(ctx context.Context) { _ = c.InviteToRoom(ctx, room, other) })
	case is("removes", chaosRemove):
		change(func(ctx context.Context) { _ = c.RemoveFromRoom(ctx, room, other) })
	case is("leaves", chaosLeave):
		change(func(ctx context.Context) {
			wish := x.record.wishes(room, m.account)
			err := c.LeaveRoom(ctx, room)
			if errors.Is(err, client.ErrLastAdmin) || errors.Is(err, client.ErrNotAllowed) || errors.Is(err, client.ErrNoRoom) {
				x.record.takeBack(wish)
			}
		})
	case is("renames", chaosRename):
		change(func(ctx context.Context) { _ = c.RenameRoom(ctx, room, fmt.Sprint("room ", a), "") })
	case is("makes admin", chaosAdmin):
		change(func(ctx context.Context) { _ = c.SetRoomAdmin(ctx, room, other, a%3 > 0) })
	case is("begins direct messages", chaosDirect):
		change(func(ctx context.Context) { _, _ = c.Direct(ctx, other) })
	case is("goes or comes", chaosToggle):
		switch {
		case !m.down:
			m.stop()
			m.down = true
			if a < 150 { // for long
				m.back = x.step + 50 + b
			}
		case x.step >= m.back:
			m.skew.Store(int64(time.Duration(a-500) * time.Second))
			m.open()
			m.down = false
		}
	case is("restarts", chaosRestart):
		if !m.down {
			m.reopen()
		}
	case is("crashes", chaosCrash):
		if !m.down {
			m.crash()
			m.open()
		}
	case is("sends junk", chaosJunk):
		x.zed.junk(x, room, a, b)
	case is("loses the connection", chaosCut):
		x.place.cut(a)
	case is("restarts the host", chaosHost):
		x.place.stop()
		x.place.start()
	case is("crashes the host", chaosHostDies):
		x.place.crash()
		x.place.start()
	case is("copies a device", chaosSnapshot):
		x.snapshot(m)
	case is("restores a device", chaosOldCopy):
		if m.old != nil && x.step-m.old.step >= 20 {
			x.restore(m)
		}
	case is("backs the host up", *chaosBackup):
		if x.calm == 0 && x.backup == "" {
			x.backUpHost(a)
		}
	}
}

// snapshot copies the store of a device.
func (x *chaos) snapshot(m *wild) {
	if !m.down {
		m.stop()
	}
	s := &snapshot{dir: filepath.Join(fast(x.t), "copy"), step: x.step, cursors: make(map[chat.RoomID]uint64)}
	db := must(clientdb.Open(context.Background(), filepath.Join(m.dir, "place.db"), [32]byte{2}, m.log))
	for _, r := range must(db.Rooms(context.Background())) {
		s.cursors[r.ID] = r.Cursor
	}
	ok(x.t, db.Close())
	ok(x.t, os.CopyFS(s.dir, os.DirFS(m.dir)))
	if m.old != nil {
		ok(x.t, os.RemoveAll(m.old.dir))
	}
	m.old = s
	if !m.down {
		m.open()
	}
}

// restore puts the copy of a device in the place of its store, as net/setup does
// when it finds one that has gone back.
func (x *chaos) restore(m *wild) {
	if !m.down {
		m.stop()
	}
	ok(x.t, os.RemoveAll(m.dir))
	ok(x.t, os.CopyFS(m.dir, os.DirFS(m.old.dir)))
	db := must(clientdb.Open(context.Background(), filepath.Join(m.dir, "place.db"), [32]byte{2}, m.log))
	ok(x.t, errors.Join(db.RolledBack(context.Background()), db.Close()))
	x.record.restored(m.device, m.old.cursors)
	x.did["device restored"]++
	m.open()
	m.down, m.wasRestored = false, true
}

// backUpHost makes a backup of the host, which comes back some steps later. Nobody
// changes a room in between: commits that the host has lost and some members have
// not, split a room (crypto/SECURITY.md).
func (x *chaos) backUpHost(a int) {
	x.wg.Wait()
	x.since = x.record.len()
	x.had = x.record.givenBack()
	x.mark = must(x.place.db.Mark(context.Background()))
	x.backup = x.place.backUp()
	x.calm = 10 + a%30
}

// restoreHost puts the backup of the host in the place of its store.
func (x *chaos) restoreHost() {
	backup := x.backup
	x.backup = ""
	x.wg.Wait()
	x.place.stop()
	if x.record.changed(x.since) { // by itself: somebody healed, or committed for who left
		x.place.start()
		return
	}
	x.place.restore(backup)
	x.record.lose(x.mark, x.had)
	x.did["host restored"]++
	x.place.start()
}

// FEATURES Z2, C11: people talk, come, go, commit at once, stop, crash and start
// again, and the host with them; two have two devices; clocks are wrong, lines
// break, old copies of stores come back, rows come twice and in another order, and
// somebody sends junk. In the end nobody has a message that cannot be read, nobody
// has one twice, nobody lacks one, and all have one order. A seed tells what
// happens, though not in which order it meets.
func TestChaos(t *testing.T) {
	steps := *chaosSteps
	if raced || testing.Short() {
		steps = min(steps, 60)
	}
	seed := *chaosSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("seed %d, %d steps", seed, steps)
	x := newChaos(t, seed)
	began := time.Now()
	for i := range steps {
		if x.next(); i%1000 == 999 {
			t.Logf("%d steps after %v", i+1, time.Since(began).Round(time.Second))
		}
	}
	x.wg.Wait()
	if x.calm > 0 {
		x.restoreHost()
	}
	x.zed.close()
	x.record.quiet.Store(true)
	for _, m := range x.all {
		if m.down {
			m.open()
		}
	}
	t.Logf("%d steps, %d messages took %v: %v", steps, x.said, time.Since(began).Round(time.Second), x.did)
	x.check()
	t.Logf("quiet after %v", time.Since(began).Round(time.Second))
}

// newChaos makes the place, its people and their rooms.
func newChaos(t *testing.T, seed uint64) *chaos {
	t.Helper()
	x := &chaos{t: t, rand: rand.New(rand.NewPCG(seed, 0)), slots: make(chan struct{}, 6), did: make(map[string]int)}
	x.record = &record{rand: rand.New(rand.NewPCG(seed, 1))}
	x.place = newPlace(t, func(p *place) {
		p.dir = fast(t)
		p.cfg.Limits = host.Limits{Commits: 1e4, CommitBurst: 1e4, Packages: 1e4, PackageBurst: 1e4, Entries: 1e4, EntryBurst: 1e4, Requests: 1e4, RequestBurst: 1e4, Posts: 1e4, PostBurst: 1e4}
		p.store = chronicled(x.record)
		p.listen = p.tracked
	})
	for i, name := range []string{"Ana", "Ben", "Cat", "Dan", "Eve"} {
		m := new(wild)
		m.skew.Store(int64(time.Duration(i-2) * 7 * time.Minute))
		dir := fast(t)
		m.member = newMember(t, dir, m.clock)
		ok(t, m.Register(t.Context(), x.place.ownerLink(), name, ""))
		m.online(name + " is online")
		x.all = append(x.all, m)
	}
	for i := range 2 {
		x.all = append(x.all, x.second(x.all[i]))
	}
	for _, m := range x.all {
		m.until("key packages are there", m.Stocked)
		m.device, m.account = m.Me().Device, m.Me().Account
	}
	zed := x.place.join("Zed")
	zed.until("key packages are there", zed.Stocked)
	for i := range 2 {
		maker := x.all[i]
		room := must(maker.CreateRoom(t.Context(), chat.RoomSealed, fmt.Sprint("room ", i), ""))
		x.record.make(room, maker.account, maker.device)
		x.rooms = append(x.rooms, room)
		for _, m := range append(slices.Clone(x.all), &wild{member: zed}) {
			if a := m.Me().Account; a != maker.account && !slices.Contains(accountsIn(maker.member, room), a) {
				ok(t, maker.InviteToRoom(t.Context(), room, a))
			}
			m.is(room, client.RoomJoined)
		}
	}
	zed.stop()
	x.zed = newHeckler(x.place, zed)
	x.record.mu.Lock()
	x.record.junkOf = x.zed.self
	x.record.mu.Unlock()
	return x
}

// accountsIn returns the accounts of a room.
func accountsIn(m *member, room chat.RoomID) (all []chat.AccountID) {
	m.t.Helper()
	for _, p := range must(m.RoomMembers(context.Background(), room)) {
		all = append(all, p.Account)
	}
	return all
}

// second adds a device to somebody's account, with the identity key of the first.
func (x *chaos) second(first *wild) *wild {
	x.t.Helper()
	const pass = "a long enough password"
	ok(x.t, first.ChangePassword(x.t.Context(), "", pass, true))
	name := first.Me().Name
	first.stop()
	dir := filepath.Join(fast(x.t), "second")
	ok(x.t, os.CopyFS(dir, os.DirFS(first.dir)))
	m := new(wild)
	m.skew.Store(int64(20 * time.Minute))
	m.member = newMember(x.t, dir, m.clock)
	m.online("the copy is online")
	first.open()
	stopped := func(m *wild) bool { return m.State().Phase == client.Stopped }
	m.until("one of the two was stopped", func() bool { return stopped(m) || stopped(first) })
	for !stopped(m) { // whichever connected first: the copy shall be the new device
		first.stop()
		first.open()
		m.until("one of the two was stopped", func() bool { return stopped(m) || stopped(first) })
	}
	ok(x.t, m.Login(x.t.Context(), x.place.link(host.Command{Role: chat.Member, Uses: 1}), name, pass))
	m.online("the second device is online")
	first.online("the first device is online")
	return m
}

func (m *wild) clock(cfg *client.Config) {
	cfg.Now = func() time.Time { return time.Now().Add(time.Duration(m.skew.Load())) }
}

func (m *wild) online(what string) {
	m.t.Helper()
	m.until(what, func() bool { return m.State().Phase == client.Online })
}

// tracked is a listener whose connections can be cut.
func (p *place) tracked(l net.Listener) net.Listener { return &tracked{Listener: l, p: p} }

type tracked struct {
	net.Listener
	p *place
}

func (l *tracked) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		l.p.mu.Lock()
		l.p.conns = append(l.p.conns, c)
		if len(l.p.conns) > 16 {
			l.p.conns = slices.Clone(l.p.conns[1:])
		}
		l.p.mu.Unlock()
	}
	return c, err
}

// cut breaks one of the last connections.
func (p *place) cut(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.conns) > 0 {
		_ = p.conns[n%len(p.conns)].Close()
	}
}
