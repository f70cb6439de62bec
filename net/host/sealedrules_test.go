package host_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// TestSealedPostRules is what the host refuses in a sealed room although it cannot
// read it (FEATURES C2): what would be readable, what belongs to no commit, and
// changes of members and mails by those who may not make them.
func TestSealedPostRules(t *testing.T) {
	_, olga, ana, ben := three(t)
	olga.add(ana)
	a := ana.in(olga.room)
	a.seen = olga.seen
	type edit = func(*wire.Envelope, *wire.Post)
	members := func(c wire.MemberChange) edit { return func(_ *wire.Envelope, p *wire.Post) { p.Members = &c } }
	mail := func(m wire.Mail) edit { return func(_ *wire.Envelope, p *wire.Post) { p.Mails = []wire.Mail{m} } }
	anas, bens, olgas := ana.who.account, ben.who.account, olga.who.account
	set := func(ids ...chat.AccountID) (list []wire.MemberEntry) {
		for _, id := range ids {
			list = append(list, wire.MemberEntry{Account: id})
		}
		return list
	}
	blob := func(e *wire.Envelope, _ *wire.Post) {
		e.Data = wire.EncodeBody(&wire.Sealed{Blob: &wire.BlobRef{Root: [32]byte{9}, Length: 5}})
	}
	for _, c := range []struct {
		what string
		by   *inRoom
		kind wire.BodyKind
		edit edit
		want wire.Code
	}{
		{"a text that everybody could read", olga, wire.KindText, func(e *wire.Envelope, _ *wire.Post) { e.Data = wire.EncodeBody(&wire.Text{Text: "hi"}) }, wire.CodeNotAllowed},
		{"a kind of a later version", olga, 99, nil, wire.CodeNotAllowed},
		{"a body that is none", olga, wire.KindSealed, func(e *wire.Envelope, _ *wire.Post) { e.Data = []byte("x") }, wire.CodeBadMessage},
		{"a time in clear", olga, wire.KindSealed, func(e *wire.Envelope, _ *wire.Post) { e.Time = 1 }, wire.CodeBadMessage},
		{"a fallback text in clear", olga, wire.KindSealed, func(e *wire.Envelope, _ *wire.Post) { e.Text = "hi" }, wire.CodeBadMessage},
		{"a signature", olga, wire.KindSealed, func(_ *wire.Envelope, p *wire.Post) { p.Signature = []byte{1} }, wire.CodeBadMessage},
		{"another device", olga, wire.KindSealed, func(e *wire.Envelope, _ *wire.Post) { e.Device = ana.who.device() }, wire.CodeBadSignature},
		{"members without a commit", olga, wire.KindSealed, members(wire.MemberChange{Set: set(bens)}), wire.CodeBadMessage},
		{"members with a proposal", olga, wire.KindProposal, members(wire.MemberChange{Remove: []chat.AccountID{anas}}), wire.CodeBadMessage},
		{"mail without a commit", olga, wire.KindSealed, mail(wire.Mail{To: ana.who.device(), Room: olga.room}), wire.CodeBadMessage},
		{"a blob that it does not keep alive", olga, wire.KindCommit, blob, wire.CodeBadMessage},
		{"a blob that is not here", olga, wire.KindCommit, func(e *wire.Envelope, p *wire.Post) { blob(e, p); p.Blobs = [][32]byte{{9}} }, wire.CodeNoBlob},
		{"a file that is not here", olga, wire.KindSealed, func(_ *wire.Envelope, p *wire.Post) { p.Blobs = [][32]byte{{9}} }, wire.CodeNoBlob},
		{"one who is no admin adds", a, wire.KindCommit, members(wire.MemberChange{Set: set(bens)}), wire.CodeNotAllowed},
		{"one who is no admin becomes one", a, wire.KindCommit, members(wire.MemberChange{Set: []wire.MemberEntry{{Account: anas, Admin: true}}}), wire.CodeNotAllowed},
		{"one who is no admin removes", a, wire.KindCommit, members(wire.MemberChange{Remove: []chat.AccountID{olgas}}), wire.CodeNotAllowed},
		{"one who is no admin removes another with himself", a, wire.KindCommit, members(wire.MemberChange{Remove: []chat.AccountID{anas, olgas}}), wire.CodeNotAllowed},
		{"an account that is not there", olga, wire.KindCommit, members(wire.MemberChange{Set: set(chat.AccountID{9})}), wire.CodeNoAccount},
		{"one added twice", olga, wire.KindCommit, members(wire.MemberChange{Set: set(bens, bens)}), wire.CodeBadMessage},
		{"one added and removed", olga, wire.KindCommit, members(wire.MemberChange{Set: set(bens), Remove: []chat.AccountID{bens}}), wire.CodeBadMessage},
		{"one removed twice", olga, wire.KindCommit, members(wire.MemberChange{Remove: []chat.AccountID{anas, anas}}), wire.CodeBadMessage},
		{"mail about another room", olga, wire.KindCommit, mail(wire.Mail{To: ana.who.device(), Room: chat.Lobby}), wire.CodeBadMessage},
		{"mail to a device that is not there", olga, wire.KindCommit, mail(wire.Mail{To: chat.DeviceID{9}, Room: olga.room}), wire.CodeNoAccount},
		{"mail to somebody who is not in the room", olga, wire.KindCommit, mail(wire.Mail{To: ben.who.device(), Room: olga.room}), wire.CodeNotAllowed},
		{"mail to somebody who is removed by it", olga, wire.KindCommit, func(e *wire.Envelope, p *wire.Post) {
			members(wire.MemberChange{Remove: []chat.AccountID{anas}})(e, p)
			mail(wire.Mail{To: ana.who.device(), Room: olga.room})(e, p)
		}, wire.CodeNotAllowed},
		{"mail that names a blob that nothing keeps alive", olga, wire.KindCommit, mail(wire.Mail{To: ana.who.device(), Room: olga.room, Blob: &wire.BlobRef{Length: 1}}), wire.CodeBadMessage},
	} {
		if c.edit == nil {
			c.edit = func(*wire.Envelope, *wire.Post) {}
		}
		c.by.refused(c.what, c.by.put(c.kind, c.edit), c.want)
	}
	if got := olga.post(olga.text("sealed in the Lobby", func(e *wire.Envelope) {
		e.Body, e.Data = wire.KindSealed, wire.EncodeBody(&wire.Sealed{Message: []byte("x")})
	})); got.Code != wire.CodeNotAllowed {
		t.Errorf("a sealed message in the Lobby: %+v", got)
	}
	open := olga.text("with mail")
	open.Mails = []wire.Mail{{To: ana.who.device()}}
	if got := olga.post(open); got.Code != wire.CodeBadMessage {
		t.Errorf("mail with a text in the Lobby: %+v", got)
	}
	// What is allowed, at the end: nothing of the above was stored.
	if seq := olga.say(); seq != olga.seen {
		t.Errorf("row %d", seq)
	}
	a.must(a.commit(nil, nil)) // heals: everybody may
	a.must(a.commit(nil, []chat.AccountID{anas}))
	for !ana.told(olga.room).Gone { // the first word is that she came in
	}
}

// TestAdmins shows that the rights of an admin move with the list, and that a room
// whose admins have left the place is not stuck.
func TestAdmins(t *testing.T) {
	p, olga, ana, ben := three(t)
	eve := p.newcomer("Eve", host.Command{})
	olga.add(ana)
	a, b := ana.in(olga.room), ben.in(olga.room)
	olga.must(olga.commit([]wire.MemberEntry{{Account: ana.who.account, Admin: true}}, nil))
	for !ana.told(olga.room).Admin {
	}
	a.seen = olga.seen
	a.add(ben)
	a.must(a.commit([]wire.MemberEntry{{Account: olga.who.account}}, nil))
	olga.seen = a.seen
	olga.refused("who is an admin no longer", olga.commit(nil, []chat.AccountID{ben.who.account}), wire.CodeNotAllowed)
	olga.send(&wire.ChangeRoom{Ref: 3, Room: olga.room, Delete: true})
	expectCode(olga.client, wire.CodeNotAllowed)

	b.seen = a.seen
	b.refused("a member", b.commit([]wire.MemberEntry{{Account: eve.who.account}}, nil), wire.CodeNotAllowed)
	p.do(host.Command{Verb: host.VerbBan, Account: ana.who.account})
	ana.ended(patience)
	b.refused("a member while one was there longer", b.commit([]wire.MemberEntry{{Account: eve.who.account}}, nil), wire.CodeNotAllowed)
	olga.add(eve)
	if info := eve.told(olga.room); info.Gone {
		t.Errorf("eve is told %+v", info)
	}
	p.do(host.Command{Verb: host.VerbUnban, Account: ana.who.account})
	olga.refused("when the admin is back", olga.commit(nil, []chat.AccountID{eve.who.account}), wire.CodeNotAllowed)
}

// TestDirectRooms covers B4: any member writes to any other, both find the same
// room, nobody else gets into it or takes its place.
func TestDirectRooms(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite)
	olga := p.owner()
	ana, ben := p.newcomer("Ana", host.Command{}), p.newcomer("Ben", host.Command{})
	gast := p.newcomer("Gast", host.Command{Role: chat.Guest})
	direct := func(a, b *client, generation uint32) chat.RoomID {
		return wire.DirectRoom(ana.key, a.who.account, b.who.account, generation)
	}
	id := direct(ana, ben, 0)
	for _, c := range []struct {
		what string
		by   *client
		m    wire.CreateRoom
		want wire.Code
	}{
		{"by a guest", gast, wire.CreateRoom{Room: direct(gast, ana, 0), RoomKind: chat.RoomDirect, Peer: ana.who.account}, wire.CodeNotAllowed},
		{"a sealed room by a guest", gast, wire.CreateRoom{Room: chat.NewRoomID(), RoomKind: chat.RoomSealed}, wire.CodeNotAllowed},
		{"with nobody", ana, wire.CreateRoom{Room: direct(ana, ben, 0), RoomKind: chat.RoomDirect, Peer: chat.AccountID{9}}, wire.CodeNoAccount},
		{"under the id of another pair", ana, wire.CreateRoom{Room: direct(olga, ben, 0), RoomKind: chat.RoomDirect, Peer: ben.who.account}, wire.CodeBadMessage},
		{"of a generation too far", ana, wire.CreateRoom{Room: direct(ana, ben, wire.MaxGeneration+1), RoomKind: chat.RoomDirect, Peer: ben.who.account}, wire.CodeBadMessage},
		{"under a random id", ana, wire.CreateRoom{Room: chat.NewRoomID(), RoomKind: chat.RoomDirect, Peer: ben.who.account}, wire.CodeBadMessage},
		{"another room under its id", ana, wire.CreateRoom{Room: id, RoomKind: chat.RoomSealed}, wire.CodeBadMessage},
		{"an open room under its id", olga, wire.CreateRoom{Room: id, RoomKind: chat.RoomOpen, Name: "Here"}, wire.CodeBadMessage},
		{"a sealed room with a name", ana, wire.CreateRoom{Room: chat.NewRoomID(), RoomKind: chat.RoomSealed, Name: "Secret"}, wire.CodeBadMessage},
		{"a sealed room with a topic", ana, wire.CreateRoom{Room: chat.NewRoomID(), RoomKind: chat.RoomSealed, Topic: "Secret"}, wire.CodeBadMessage},
		{"a sealed room with a peer", ana, wire.CreateRoom{Room: chat.NewRoomID(), RoomKind: chat.RoomSealed, Peer: ben.who.account}, wire.CodeBadMessage},
		{"a second directory", olga, wire.CreateRoom{Room: chat.NewRoomID(), RoomKind: chat.RoomDirectory}, wire.CodeBadMessage},
		{"a room without an id", ana, wire.CreateRoom{RoomKind: chat.RoomSealed}, wire.CodeConflict},
		{"the Lobby", ana, wire.CreateRoom{Room: chat.Lobby, RoomKind: chat.RoomSealed}, wire.CodeConflict},
		{"a room of no kind", ana, wire.CreateRoom{Room: chat.NewRoomID()}, wire.CodeBadMessage},
	} {
		m := c.m
		m.Ref = 5
		c.by.send(&m)
		if f, err := next[*wire.Failure](c.by, patience); err != nil || f.Code != c.want || f.Ref != 5 {
			t.Errorf("%s: %+v, %v, want code %d", c.what, f, err, c.want)
		}
	}
	a := ana.create(chat.RoomDirect, id, func(m *wire.CreateRoom) { m.Peer = ben.who.account })
	ben.send(&wire.CreateRoom{Room: id, RoomKind: chat.RoomDirect, Peer: ana.who.account})
	expectCode(ben, wire.CodeConflict)
	a.refused("a third one", a.commit([]wire.MemberEntry{{Account: olga.who.account}}, nil), wire.CodeNotAllowed)
	a.must(a.commit([]wire.MemberEntry{{Account: ben.who.account, Admin: true}}, nil))
	if info := ben.told(id); info.Kind != chat.RoomDirect || !info.Admin || info.By != ana.who.account {
		t.Errorf("ben is told %+v", info)
	}
	facts := p.do(host.Command{Verb: host.VerbRooms}).Rooms
	if len(facts) != 2 || facts[0].ID != chat.Lobby || facts[1].ID != id || facts[1].Members != 2 || facts[1].By != "Ana" || facts[1].Name != "" || facts[1].Head == 0 {
		t.Errorf("the host's computer is told %+v", facts)
	}
	notes := direct(ana, ana, 0)
	n := ana.create(chat.RoomDirect, notes, func(m *wire.CreateRoom) { m.Peer = ana.who.account })
	n.refused("somebody in the notes to oneself", n.commit([]wire.MemberEntry{{Account: ben.who.account}}, nil), wire.CodeNotAllowed)
	n.say()

	// Either of the two deletes it, and the next generation is another room.
	ben.send(&wire.ChangeRoom{Ref: 6, Room: id, Delete: true})
	expect[*wire.Done](ben)
	for !ana.told(id).Gone {
	}
	ana.create(chat.RoomDirect, direct(ana, ben, 1), func(m *wire.CreateRoom) { m.Peer = ben.who.account })
}

// TestOpenRooms covers B2: moderators make rooms that all see, and nobody finds one
// that looks like another.
func TestOpenRooms(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite)
	olga, ana := p.owner(), p.newcomer("Ana", host.Command{})
	news := chat.NewRoomID()
	ana.send(&wire.CreateRoom{Room: news, RoomKind: chat.RoomOpen, Name: "News"})
	expectCode(ana, wire.CodeNotAllowed)
	olga.create(chat.RoomOpen, news, func(m *wire.CreateRoom) { m.Name, m.Topic = "  News ", "What is new" })
	if info := ana.told(news); info.Name != "News" || info.Topic != "What is new" || info.Kind != chat.RoomOpen || info.Since != 0 || info.Gone || info.Admin {
		t.Errorf("ana is told %+v", info)
	}
	for name, want := range map[string]wire.Code{"": wire.CodeNameBad, "News": wire.CodeNameTaken, "N\u0435ws": wire.CodeNameTaken, "L0bby": wire.CodeNameTaken, "lobby": wire.CodeNameTaken} {
		olga.send(&wire.CreateRoom{Room: chat.NewRoomID(), RoomKind: chat.RoomOpen, Name: name})
		if f := expect[*wire.Failure](olga); f.Code != want {
			t.Errorf("a room called %q: code %d, want %d", name, f.Code, want)
		}
	}
	ana.live(news)
	in := func(e *wire.Envelope) { e.Room, e.Counter = news, 1 }
	if got := olga.post(olga.text("hello", in)); got.Code != 0 {
		t.Errorf("a post: %+v", got)
	}
	if got := textOf(expect[*wire.Deliver](ana).Row); got != "hello" {
		t.Errorf("ana got %q", got)
	}
	ana.send(&wire.ChangeRoom{Room: news, Name: "Mine"})
	expectCode(ana, wire.CodeNotAllowed)
	ana.send(&wire.LeaveRoom{Room: news})
	expectCode(ana, wire.CodeNoRoom)
	olga.send(&wire.ChangeRoom{Ref: 2, Room: news, Name: "Old news", Topic: ""})
	expect[*wire.Done](olga)
	if info := ana.told(news); info.Name != "Old news" || info.Topic != "" || info.Head != 0 && info.Gone {
		t.Errorf("after a new name ana is told %+v", info)
	}
	for _, id := range []chat.RoomID{chat.Lobby, chat.Directory} {
		olga.send(&wire.ChangeRoom{Room: id, Name: "X", Delete: id == chat.Lobby})
		expectCode(olga, wire.CodeNotAllowed)
	}
	if st := p.do(host.Command{Verb: host.VerbStats}).Stats; st.Rooms != 2 || st.Sealed != 0 {
		t.Errorf("stats: %+v", st)
	}
	p.restart()
	olga, ana = p.back(olga.who), p.back(ana.who)
	if info := ana.told(news); info.Name != "Old news" || info.Head == 0 {
		t.Errorf("after a restart ana is told %+v", info)
	}
	// The old name is free again, the new one is not.
	olga.create(chat.RoomOpen, chat.NewRoomID(), func(m *wire.CreateRoom) { m.Name = "News" })
	olga.send(&wire.CreateRoom{Room: chat.NewRoomID(), RoomKind: chat.RoomOpen, Name: "Old News"})
	expectCode(olga, wire.CodeNameTaken)
	olga.send(&wire.ChangeRoom{Room: news, Delete: true})
	expect[*wire.Done](olga)
	for !ana.told(news).Gone {
	}
	ana.send(&wire.Fetch{Room: news})
	expectCode(ana, wire.CodeNoRoom)
	p.restart()
	ana = p.back(ana.who)
	if info := expect[*wire.Rooms](ana); len(info.Rooms) != 2 || info.Rooms[0].ID != chat.Lobby || info.Rooms[1].Name != "News" || !info.First || !info.Last {
		t.Errorf("after it was deleted ana is told %+v", info)
	}
}

// TestLeave shows that whoever wants leaves, and gets nothing from then on.
func TestLeave(t *testing.T) {
	_, olga, ana, ben := three(t)
	olga.add(ana)
	a := ana.in(olga.room)
	a.seen = olga.seen
	a.catchUp()
	said := olga.say()
	a.delivered()
	ben.send(&wire.LeaveRoom{Ref: 1, Room: olga.room})
	expectCode(ben, wire.CodeNoRoom)
	ana.told(olga.room)
	for range 2 { // again is no error
		ana.send(&wire.LeaveRoom{Ref: 2, Room: olga.room})
		expect[*wire.Done](ana)
	}
	if info := ana.told(olga.room); !info.Gone || info.Head != said {
		t.Errorf("ana is told %+v", info)
	}
	olga.say()
	a.quiet("after she left")
	olga.send(&wire.LeaveRoom{Ref: 3, Room: olga.room}) // the last one
	expect[*wire.Done](olga.client)
	if got := olga.post(olga.put(wire.KindSealed)); got.Code != wire.CodeNoRoom {
		t.Errorf("olga posts after she left: %+v", got)
	}
}

// TestRoomLimits shows that everything that people can make more of has an end.
func TestRoomLimits(t *testing.T) {
	limited := func(edit func(*host.Limits)) (p *place, olga, ana *client) {
		p = newPlace(t, chat.JoinByInvite, func(p *place) { edit(&p.cfg.Limits) })
		return p, p.owner(), p.newcomer("Ana", host.Command{})
	}
	tooMany := func(c *client, kind chat.RoomKind, name string) {
		t.Helper()
		c.send(&wire.CreateRoom{Room: chat.NewRoomID(), RoomKind: kind, Name: name})
		expectCode(c, wire.CodeTooMany)
	}
	t.Run("rooms of a place", func(t *testing.T) {
		_, olga, ana := limited(func(l *host.Limits) { l.Rooms = 3 })
		olga.create(chat.RoomOpen, chat.NewRoomID(), func(m *wire.CreateRoom) { m.Name = "One" })
		ana.create(chat.RoomSealed, chat.NewRoomID())
		tooMany(ana, chat.RoomSealed, "")
		tooMany(olga, chat.RoomOpen, "Two")
	})
	t.Run("open rooms", func(t *testing.T) {
		_, olga, ana := limited(func(l *host.Limits) { l.OpenRooms = 2 })
		olga.create(chat.RoomOpen, chat.NewRoomID(), func(m *wire.CreateRoom) { m.Name = "One" })
		tooMany(olga, chat.RoomOpen, "Two")
		ana.create(chat.RoomSealed, chat.NewRoomID())
	})
	t.Run("rooms that ever were", func(t *testing.T) {
		p, olga, ana := limited(func(l *host.Limits) { l.RoomsEver = 3 })
		r := ana.create(chat.RoomSealed, chat.NewRoomID())
		ana.send(&wire.ChangeRoom{Room: r.room, Delete: true})
		expect[*wire.Done](ana)
		tooMany(ana, chat.RoomSealed, "")
		p.restart()
		tooMany(p.back(olga.who), chat.RoomOpen, "One")
	})
	t.Run("rooms that somebody makes in a day", func(t *testing.T) {
		p, olga, ana := limited(func(l *host.Limits) { l.RoomsADay = 2 })
		for range 2 {
			r := ana.create(chat.RoomSealed, chat.NewRoomID())
			ana.send(&wire.ChangeRoom{Room: r.room, Delete: true})
			expect[*wire.Done](ana)
		}
		tooMany(ana, chat.RoomSealed, "")
		olga.create(chat.RoomSealed, chat.NewRoomID())
		p.restart()
		tooMany(p.back(ana.who), chat.RoomSealed, "")
	})
	t.Run("rooms that somebody is in", func(t *testing.T) {
		_, olga, ana := limited(func(l *host.Limits) { l.RoomsOf = 1 })
		ana.create(chat.RoomSealed, chat.NewRoomID())
		tooMany(ana, chat.RoomSealed, "")
		o := olga.create(chat.RoomSealed, chat.NewRoomID())
		o.refused("ana into a second room", o.commit([]wire.MemberEntry{{Account: ana.who.account}}, nil), wire.CodeTooMany)
	})
	t.Run("members of a room", func(t *testing.T) {
		p, olga, ana := limited(func(l *host.Limits) { l.RoomMembers = 2 })
		o := olga.create(chat.RoomSealed, chat.NewRoomID())
		o.add(ana)
		ben := p.newcomer("Ben", host.Command{})
		o.refused("a third member", o.commit([]wire.MemberEntry{{Account: ben.who.account}}, nil), wire.CodeTooMany)
		o.remove(ana)
		o.add(ben)
	})
	t.Run("members of all rooms", func(t *testing.T) {
		_, olga, ana := limited(func(l *host.Limits) { l.Memberships = 2 })
		o := olga.create(chat.RoomSealed, chat.NewRoomID())
		o.add(ana)
		tooMany(ana, chat.RoomSealed, "")
	})
	t.Run("commits of a device", func(t *testing.T) {
		_, olga, _ := limited(func(l *host.Limits) { l.Commits, l.CommitBurst = 1e-6, 3 })
		o := olga.create(chat.RoomSealed, chat.NewRoomID())
		for range 3 {
			o.must(o.commit(nil, nil))
		}
		got := o.post(o.commit(nil, nil))
		if got.Code != wire.CodeSlowDown || got.After == 0 {
			t.Errorf("a fourth: %+v", got)
		}
		o.counter--
		o.say() // messages go on
	})
}

// TestBannedOutOfAllRooms covers E5 for sealed rooms: who is banned gets nothing
// more of any room at once, and with the ban's end has the rows again.
func TestBannedOutOfAllRooms(t *testing.T) {
	p, olga, ana, ben := three(t)
	second := olga.create(chat.RoomSealed, chat.NewRoomID())
	for _, o := range []*inRoom{olga, second} {
		o.add(ana, ben)
		ana.in(o.room).catchUp()
	}
	rows := make(map[chat.RoomID]uint64)
	p.do(host.Command{Verb: host.VerbBan, Account: ana.who.account, Reason: "enough"})
	for _, o := range []*inRoom{olga, second} {
		rows[o.room] = o.say()
		o.refused("a mail to somebody who is banned", o.commit(nil, nil, wire.Mail{To: ana.who.device(), Room: o.room}), wire.CodeNoAccount)
	}
	if bye := ana.ended(patience); bye.Code != wire.CodeBanned {
		t.Errorf("goodbye: %+v", bye)
	}
	for _, m := range ana.inbox {
		if d, ok := m.(*wire.Deliver); ok && slices.Contains([]uint64{rows[olga.room], rows[second.room]}, d.Row.Seq) {
			t.Errorf("ana got row %d after she was banned", d.Row.Seq)
		}
	}
	ben.send(&wire.GetKeyPackages{Ref: 1, Account: ana.who.account})
	expectCode(ben, wire.CodeNoAccount)
	p.do(host.Command{Verb: host.VerbUnban, Account: ana.who.account})
	ana = p.back(ana.who)
	for _, o := range []*inRoom{olga, second} {
		if got := seqs(ana.live(o.room)); len(got) == 0 || got[len(got)-1] != rows[o.room] {
			t.Errorf("after the ban ana has rows %v, want them up to %d", got, rows[o.room])
		}
	}
}

// TestSignals covers sealed typing: it reaches those who listen and nobody else,
// says which device it is of, is bounded, and leaves nothing behind.
func TestSignals(t *testing.T) {
	_, olga, ana, ben := three(t, func(p *place) { p.cfg.Limits.Signals, p.cfg.Limits.SignalBurst = 1e-6, 3 })
	olga.add(ana)
	ana.live(olga.room)
	ben.live(chat.Lobby)
	olga.catchUp()
	head := olga.seen
	for n := range 5 {
		ana.send(&wire.Signal{Room: olga.room, Device: ben.who.device(), Data: fmt.Append(nil, n)})
	}
	ben.send(&wire.Signal{Room: olga.room, Data: []byte("from outside")})
	ana.send(&wire.Typing{Room: olga.room})
	a := ana.in(olga.room)
	a.seen = head
	a.say() // comes after all of it
	olga.delivered()
	for n := range 3 {
		s := expect[*wire.Signal](olga.client)
		if s.Device != ana.who.device() || string(s.Data) != fmt.Sprint(n) || s.Room != olga.room {
			t.Errorf("got %+v", s)
		}
	}
	for _, c := range []*client{olga.client, ana, ben} {
		c.send(&wire.Fetch{Room: chat.Directory, After: 1 << 40})
		expect[*wire.Rows](c)
		c.mu.Lock()
		for _, m := range c.inbox {
			switch m := m.(type) {
			case *wire.Signal:
				t.Errorf("%s got a signal: %q", c.who.name, m.Data)
			case *wire.Typing:
				t.Errorf("%s is told in clear who writes in a sealed room", c.who.name)
			}
		}
		c.mu.Unlock()
	}
}
