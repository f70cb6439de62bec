package host_test

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// inRoom is somebody in a sealed room, who knows as much of it as a client that
// cannot read it either: what the host sees of its members.
type inRoom struct {
	*client
	room    chat.RoomID
	counter uint64
	seen    uint64
}

// create makes a sealed room and waits until it is there.
func (c *client) create(kind chat.RoomKind, id chat.RoomID, edit ...func(*wire.CreateRoom)) *inRoom {
	c.t.Helper()
	m := &wire.CreateRoom{Ref: 7, Room: id, RoomKind: kind}
	for _, f := range edit {
		f(m)
	}
	c.send(m)
	if done := expect[*wire.Done](c); done.Ref != 7 {
		c.t.Fatalf("%s: done with ref %d", c.who.name, done.Ref)
	}
	c.told(id)
	return &inRoom{client: c, room: id}
}

// told waits until the host says something about a room, and returns it.
func (c *client) told(id chat.RoomID) wire.RoomInfo {
	c.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		for _, info := range expect[*wire.Rooms](c).Rooms {
			if info.ID == id {
				return info
			}
		}
	}
	c.t.Fatalf("%s: nothing about room %s", c.who.name, id)
	return wire.RoomInfo{}
}

// in returns somebody in a room that somebody else made.
func (c *client) in(room chat.RoomID) *inRoom { return &inRoom{client: c, room: room} }

// put makes a post of a kind for the room, with the next counter.
func (r *inRoom) put(kind wire.BodyKind, edit ...func(*wire.Envelope, *wire.Post)) *wire.Post {
	r.t.Helper()
	r.counter++
	env := wire.Envelope{
		Room: r.room, Seen: wire.Head{Seq: r.seen}, ID: chat.NewMessageID(), Device: r.who.device(), Counter: r.counter, Body: kind,
		Data: wire.EncodeBody(&wire.Sealed{Message: fmt.Appendf(nil, "sealed by %s, %d", r.who.name, r.counter)}),
	}
	post := new(wire.Post)
	for _, f := range edit {
		f(&env, post)
	}
	post.Envelope = must(env.Seal())
	return post
}

// say posts a message and returns its row.
func (r *inRoom) say() uint64 {
	r.t.Helper()
	return r.must(r.put(wire.KindSealed))
}

// must posts what must be stored.
func (r *inRoom) must(m *wire.Post) uint64 {
	r.t.Helper()
	got := r.post(m)
	if got.Code != 0 {
		r.t.Fatalf("%s: refused with code %d", r.who.name, got.Code)
	}
	r.seen = got.Seq
	return got.Seq
}

// refused posts what must not be stored; its counter is used again.
func (r *inRoom) refused(what string, m *wire.Post, want wire.Code) {
	r.t.Helper()
	if got := r.post(m); got.Code != want {
		r.t.Errorf("%s: code %d, want %d", what, got.Code, want)
	}
	r.counter--
}

// commit returns a commit that changes the members so.
func (r *inRoom) commit(set []wire.MemberEntry, remove []chat.AccountID, mails ...wire.Mail) *wire.Post {
	r.t.Helper()
	return r.put(wire.KindCommit, func(_ *wire.Envelope, p *wire.Post) {
		if len(set)+len(remove) > 0 {
			p.Members = &wire.MemberChange{Set: set, Remove: remove}
		}
		p.Mails = mails
	})
}

// add adds members by a commit.
func (r *inRoom) add(members ...*client) uint64 {
	r.t.Helper()
	var set []wire.MemberEntry
	for _, m := range members {
		set = append(set, wire.MemberEntry{Account: m.who.account})
	}
	return r.must(r.commit(set, nil))
}

func (r *inRoom) remove(members ...*client) uint64 {
	r.t.Helper()
	var list []chat.AccountID
	for _, m := range members {
		list = append(list, m.who.account)
	}
	return r.must(r.commit(nil, list))
}

func (r *inRoom) catchUp() []uint64 {
	r.t.Helper()
	return seqs(r.live(r.room))
}

func seqs(rows []wire.Row) (list []uint64) {
	for _, row := range rows {
		list = append(list, row.Seq)
	}
	return list
}

// delivered waits for the next row of the room that is delivered.
func (r *inRoom) delivered() uint64 {
	r.t.Helper()
	for {
		if d := expect[*wire.Deliver](r.client); d.Room == r.room {
			r.seen = d.Row.Seq
			return d.Row.Seq
		}
	}
}

// quiet reports an error if a row of the room is delivered to somebody who has
// nothing to get there. It asks for something else and waits for the answer.
func (r *inRoom) quiet(what string) {
	r.t.Helper()
	r.send(&wire.Fetch{Room: chat.Directory, After: 1 << 40})
	expect[*wire.Rows](r.client)
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range r.inbox {
		if d, ok := m.(*wire.Deliver); ok && d.Room == r.room {
			r.t.Errorf("%s: %s got row %d", what, r.who.name, d.Row.Seq)
		}
	}
}

// three makes a place with a sealed room of Olga, and Ana and Ben beside it.
func three(t testing.TB, edit ...func(*place)) (p *place, olga *inRoom, ana, ben *client) {
	t.Helper()
	p = newPlace(t, chat.JoinByInvite, edit...)
	olga = p.owner().create(chat.RoomSealed, chat.NewRoomID())
	return p, olga, p.newcomer("Ana", host.Command{}), p.newcomer("Ben", host.Command{})
}

// TestSealedRoom is the story of a room from its first row to its end: who gets
// which rows, and what each is told.
func TestSealedRoom(t *testing.T) {
	p, olga, ana, ben := three(t)
	room := olga.room
	olga.catchUp()
	first := olga.say()
	olga.delivered()

	// Nobody else finds it.
	ana.send(&wire.Fetch{Room: room})
	expectCode(ana, wire.CodeNoRoom)
	if got := ana.post(ana.in(room).put(wire.KindSealed)); got.Code != wire.CodeNoRoom {
		t.Errorf("a stranger posts: %+v", got)
	}

	added := olga.add(ana)
	olga.delivered()
	info := ana.told(room)
	if want := (wire.RoomInfo{ID: room, Kind: chat.RoomSealed, Since: added - 1, Head: added, By: olga.who.account, Created: info.Created}); info != want || info.Created == 0 {
		t.Errorf("ana is told %+v, want %+v", info, want)
	}
	a := ana.in(room)
	if got, want := a.catchUp(), []uint64{added}; !slices.Equal(got, want) {
		t.Errorf("ana has rows %v, want %v: none of before", got, want)
	}
	a.seen = added
	second := a.say()
	for _, r := range []*inRoom{olga, a} {
		if got := r.delivered(); got != second {
			t.Errorf("%s: got row %d, want %d", r.who.name, got, second)
		}
	}

	// What was sealed before ben came in is stale, and sealed again it is not.
	b := ben.in(room)
	late := a.put(wire.KindSealed)
	third := olga.add(ben)
	ben.told(room)
	b.catchUp()
	b.seen = third
	a.refused("sealed before a commit", late, wire.CodeStale)
	a.delivered()
	fourth := a.say()
	b.delivered()
	a.delivered()
	olga.delivered()
	olga.delivered()

	// Ana is removed: she gets the row that says so and none after it.
	fifth := olga.remove(ana)
	if got := a.delivered(); got != fifth {
		t.Errorf("ana: row %d, want the one that takes her out, %d", got, fifth)
	}
	if info := ana.told(room); !info.Gone || info.Head != fifth {
		t.Errorf("ana is told %+v", info)
	}
	b.delivered()
	sixth := b.say()
	olga.delivered()
	a.quiet("after she was removed")
	if got := ana.post(a.put(wire.KindSealed)); got.Code != wire.CodeNoRoom {
		t.Errorf("ana posts after she was removed: %+v", got)
	}
	if got, want := seqs(ana.live(room)), []uint64{added, second, third, fourth, fifth}; !slices.Equal(got, want) {
		t.Errorf("ana may fetch rows %v, want %v", got, want)
	}
	a.quiet("after she fetched")
	if got, want := b.catchUp(), []uint64{third, fourth, fifth, sixth}; !slices.Equal(got, want) {
		t.Errorf("ben has rows %v, want %v", got, want)
	}

	// All of it is there after a restart.
	p.restart()
	ana, ben = p.back(ana.who), p.back(ben.who)
	if info := ana.told(room); !info.Gone || info.Head != fifth || info.Since != added-1 {
		t.Errorf("after a restart ana is told %+v", info)
	}
	if got, want := seqs(ana.live(room)), []uint64{added, second, third, fourth, fifth}; !slices.Equal(got, want) {
		t.Errorf("after a restart ana may fetch rows %v, want %v", got, want)
	}
	o := p.back(olga.who).in(room)
	if info := o.told(room); info.Gone || !info.Admin || info.Head != sixth {
		t.Errorf("after a restart olga is told %+v", info)
	}
	o.counter, o.seen = olga.counter, sixth
	if got, want := o.catchUp(), []uint64{first, added, second, third, fourth, fifth, sixth}; !slices.Equal(got, want) {
		t.Errorf("olga has rows %v, want %v", got, want)
	}
	stale := o.put(wire.KindSealed, func(e *wire.Envelope, _ *wire.Post) { e.Seen.Seq = fifth - 1 })
	o.refused("the host knows the last commit after a restart", stale, wire.CodeStale)

	// Added again she has the rows from then on.
	again := o.add(ana)
	if info := ana.told(room); info.Gone || info.Since != again-1 {
		t.Errorf("added again ana is told %+v", info)
	}
	for name, c := range map[string]struct {
		after        uint64
		rows         []uint64
		since, until uint64
	}{
		"of the time before, from its start":          {0, []uint64{added, second, third, fourth, fifth}, added - 1, fifth},
		"of the time before, from the middle":         {third, []uint64{fourth, fifth}, added - 1, fifth},
		"behind the time before":                      {fifth, []uint64{again}, again - 1, 0},
		"from between the two, where others talked":   {fifth + 1, []uint64{again}, again - 1, 0},
		"at the end, where nothing has come as yet":   {again, nil, again - 1, 0},
		"from beyond the end, as after an old backup": {again + 5, nil, again - 1, 0},
	} {
		ana.send(&wire.Fetch{Room: room, After: c.after})
		m := expect[*wire.Rows](ana)
		if got := seqs(m.Rows); !slices.Equal(got, c.rows) || !m.Live || m.Since != c.since || m.Until != c.until {
			t.Errorf("%s: ana has rows %v of %d to %d (live %v), want %v of %d to %d", name, got, m.Since, m.Until, m.Live, c.rows, c.since, c.until)
		}
	}

	// The room is deleted, and nobody has anything of it.
	o.send(&wire.ChangeRoom{Ref: 9, Room: room, Delete: true})
	expect[*wire.Done](o.client)
	for _, c := range []*client{o.client, ana, ben} {
		for info := c.told(room); ; info = c.told(room) {
			if info.Gone {
				break
			}
		}
		c.send(&wire.Fetch{Room: room})
		expectCode(c, wire.CodeNoRoom)
	}
	if got := o.post(o.put(wire.KindSealed)); got.Code != wire.CodeNoRoom {
		t.Errorf("a post into a deleted room: %+v", got)
	}
	o.send(&wire.CreateRoom{Ref: 9, Room: room, RoomKind: chat.RoomSealed})
	expectCode(o.client, wire.CodeConflict)
}

// TestRemovedInOneBatch shows that who is taken out by a row gets none of those
// after it that are passed on together with it.
func TestRemovedInOneBatch(t *testing.T) {
	p, olga, ana, _ := three(t)
	olga.add(ana)
	a := ana.in(olga.room)
	a.catchUp()
	until := func(what string, is func() bool) {
		t.Helper()
		for end := time.Now().Add(patience); !is(); time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal(what)
			}
		}
	}
	letGo := p.host.HoldRoom(chat.Lobby)
	olga.send(olga.text("holds up the order"))
	until("nothing holds the order", func() bool { return must(p.db.Head(t.Context(), chat.Lobby)) > 0 && p.host.Waiting() == 0 })
	olga.send(olga.commit(nil, []chat.AccountID{ana.who.account}))
	until("the commit does not wait", func() bool { return p.host.Waiting() == 1 })
	head := must(p.db.Head(t.Context(), olga.room))
	olga.send(olga.put(wire.KindSealed, func(e *wire.Envelope, _ *wire.Post) { e.Seen.Seq = head }))
	until("the message does not wait", func() bool { return p.host.Waiting() == 2 })
	letGo()
	for range 3 {
		if got := expect[*wire.Posted](olga.client); got.Code != 0 {
			t.Fatalf("%+v", got)
		}
	}
	if got := a.delivered(); got != head {
		t.Errorf("ana got row %d, want the one that takes her out, %d", got, head)
	}
	for !ana.told(olga.room).Gone {
	}
	a.quiet("in the same batch")
}

// unsaid is a store that does not say what it stored of some room, until it is let
// go: the moment between the disk and all who hear of it.
type unsaid struct {
	host.Store
	room atomic.Pointer[chat.RoomID]
	wait chan struct{}
}

func (u *unsaid) Append(p *chat.Post, done func(chat.Outcome, uint64, error)) error {
	return u.Store.Append(p, func(o chat.Outcome, last uint64, err error) {
		if room := u.room.Load(); room != nil && p.Row.Room == *room {
			go func() { <-u.wait; done(o, last, err) }()
			return
		}
		done(o, last, err)
	})
}

// TestFetchWhileRemoved shows that who asks for rows in the moment in which a row
// is on disk that takes him out gets none that come after it.
func TestFetchWhileRemoved(t *testing.T) {
	u := &unsaid{wait: make(chan struct{})}
	p, olga, ana, _ := three(t, func(p *place) { p.wrap = func(s host.Store) host.Store { u.Store = s; return u } })
	added := olga.add(ana)
	ana.told(olga.room)
	u.room.Store(&olga.room)
	olga.send(olga.commit(nil, []chat.AccountID{ana.who.account}))
	head := added
	for end := time.Now().Add(patience); head == added && time.Now().Before(end); time.Sleep(time.Millisecond) {
		head = must(p.db.Head(t.Context(), olga.room))
	}
	olga.send(olga.put(wire.KindSealed, func(e *wire.Envelope, _ *wire.Post) { e.Seen.Seq = head }))
	for end := time.Now().Add(patience); must(p.db.Head(t.Context(), olga.room)) == head && time.Now().Before(end); time.Sleep(time.Millisecond) {
	}
	if got, want := seqs(ana.live(olga.room)), []uint64{added}; !slices.Equal(got, want) {
		t.Errorf("ana got rows %v, want %v", got, want)
	}
	close(u.wait)
	for range 2 {
		expect[*wire.Posted](olga.client)
	}
}
