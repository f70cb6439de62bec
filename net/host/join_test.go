package host_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/snugchat/snug/crypto/channel"
	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// TestOwnerAndFriend is the main job of a host: an owner, a friend by a link,
// words both ways, and both again after a restart.
func TestOwnerAndFriend(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite)
	olga := p.owner()
	olga.live(chat.Directory)
	olga.live(chat.Lobby)
	token := p.token(host.Command{})
	ben := p.connect(newPerson("Ben"), token)
	if w := expect[*wire.Welcome](ben); w.Card == nil || w.Card.Place != "Our class" || w.Card.Host != "Olga" || w.Card.People != 1 || w.Link != 0 {
		t.Errorf("the card is %+v, link %d", w.Card, w.Link)
	}
	if s := ben.register(token); s.Role != chat.Member || s.State != chat.Active || s.Device != ben.who.device() {
		t.Errorf("session %+v", s)
	}
	ben.settle()
	if d := expect[*wire.Deliver](olga); d.Room != chat.Directory {
		t.Errorf("the owner got a row of %v, want one of the directory", d.Room)
	}
	if got := len(ben.live(chat.Directory)); got != 2 {
		t.Errorf("the directory has %d rows, want 2", got)
	}
	ben.live(chat.Lobby)
	if p := ben.post(ben.text("hello")); p.Code != 0 || p.Seq == 0 {
		t.Fatalf("posted: %+v", p)
	}
	if got := textOf(expect[*wire.Deliver](olga).Row); got != "hello" {
		t.Errorf("the owner got %q", got)
	}
	if got := textOf(expect[*wire.Deliver](ben).Row); got != "hello" {
		t.Errorf("the sender got %q", got)
	}
	p.restart()
	if bye := olga.ended(patience); bye.Code != wire.CodeStopping {
		t.Errorf("goodbye with code %d, want stopping", bye.Code)
	}
	again := p.back(ben.who)
	if rows := again.live(chat.Lobby); len(rows) != 1 || textOf(rows[0]) != "hello" {
		t.Errorf("after a restart the lobby has %d rows", len(rows))
	}
}

// TestModes covers B3 over the wire: what each mode says to somebody with a link
// and to somebody without.
func TestModes(t *testing.T) {
	for _, c := range []struct {
		name          string
		mode          chat.JoinMode
		without, with wire.Code // 0: in
		waits         bool
		card          bool // shown to somebody without a link
	}{
		{"B3 by invite", chat.JoinByInvite, wire.CodeNeedLink, 0, false, false},
		{"B3 open", chat.JoinOpen, 0, 0, false, true},
		{"B3 by approval", chat.JoinByApproval, 0, 0, true, true},
		{"B3 closed", chat.JoinClosed, wire.CodeClosed, wire.CodeClosed, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPlace(t, c.mode)
			p.owner()
			for i, token := range [][]byte{nil, p.token(host.Command{})} {
				want := []wire.Code{c.without, c.with}[i]
				who := p.connect(newPerson([]string{"Wanda", "Wim"}[i]), token)
				w := expect[*wire.Welcome](who)
				if card := w.Card != nil; card != (c.card || (i == 1 && want == 0)) {
					t.Errorf("with link %v: card %v", i == 1, card)
				}
				if i == 1 && w.Link != want {
					t.Errorf("with a good link: link code %d, want %d", w.Link, want)
				}
				if want != 0 {
					who.send(&wire.Register{Name: who.who.name, Token: token, Request: anyRequest()})
					expectCode(who, want)
					continue
				}
				if w.Card.Ask != c.waits {
					t.Errorf("with link %v: the card says ask %v", i == 1, w.Card.Ask)
				}
				if s := who.register(token); (s.State == chat.Waiting) != c.waits {
					t.Errorf("with link %v: state %d", i == 1, s.State)
				}
			}
		})
	}
}

// TestApprovalQueue covers B3, "I approve each one": who waits hears nothing,
// moderators see the queue, and a word of theirs lets one in or not.
func TestApprovalQueue(t *testing.T) {
	p := newPlace(t, chat.JoinByApproval)
	olga := p.owner()
	olga.live(chat.Directory)
	member := p.connect(newPerson("Mia"), nil)
	expect[*wire.Welcome](member)
	if s := member.register(nil); s.State != chat.Waiting {
		t.Fatalf("state %d, want waiting", s.State)
	}
	if seen := expect[*wire.People](olga).People; len(seen) != 1 || seen[0].Name != "Mia" || seen[0].State != chat.Waiting {
		t.Fatalf("the owner sees %+v", seen)
	}
	for _, m := range []wire.Message{&wire.Fetch{Room: chat.Lobby}, &wire.Fetch{Room: chat.Directory}} {
		member.send(m)
		expectCode(member, wire.CodeNotAllowed)
	}
	if got := member.post(member.text("let me in")); got.Code != wire.CodeNotAllowed {
		t.Errorf("who waits could post: %+v", got)
	}
	// It still waits after it came back, and so it does after a restart.
	p.restart()
	olga = p.back(olga.who)
	member = p.connect(member.who, nil)
	expect[*wire.Welcome](member)
	if s := expect[*wire.Session](member); s.State != chat.Waiting {
		t.Fatalf("after a restart: state %d, want waiting", s.State)
	}
	if rows := olga.live(chat.Directory); len(rows) != 1 {
		t.Fatalf("the directory has %d rows before anybody agreed", len(rows))
	}
	olga.send(&wire.Admin{Ref: 7, Action: wire.ActionApprove, Account: member.who.account})
	if d := expect[*wire.Done](olga); d.Ref != 7 {
		t.Errorf("done %+v", d)
	}
	if s := expect[*wire.Session](member); s.State != chat.Active {
		t.Errorf("let in with state %d", s.State)
	}
	member.settle()
	if d := expect[*wire.Deliver](olga); d.Room != chat.Directory {
		t.Errorf("a row of %v", d.Room)
	}
	member.who.counter = 0
	if got := member.post(member.text("thank you")); got.Code != 0 {
		t.Errorf("let in, but %+v", got)
	}

	other := p.connect(newPerson("Nils"), nil)
	expect[*wire.Welcome](other)
	other.register(nil)
	// A member neither sees who waits nor can let them in.
	member.send(&wire.Admin{Ref: 1, Action: wire.ActionApprove, Account: other.who.account})
	expectCode(member, wire.CodeNotAllowed)
	for {
		m, err := next[*wire.People](member, 0)
		if err != nil {
			break
		}
		for _, who := range m.People {
			if who.State != chat.Active {
				t.Errorf("a member saw %+v", who)
			}
		}
	}
	olga.send(&wire.Admin{Ref: 8, Action: wire.ActionReject, Account: other.who.account})
	expect[*wire.Done](olga)
	if bye := other.ended(patience); bye.Code != wire.CodeRejected || bye.By != "Olga" {
		t.Errorf("goodbye %+v, want rejected by Olga", bye)
	}
	if rows := olga.live(chat.Directory); len(rows) != 2 {
		t.Errorf("the directory has %d rows, want 2: not one who was rejected", len(rows))
	}
}

// TestInviteOnce covers A7: an invite is never used twice under 100 concurrent
// tries.
func TestInviteOnce(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite)
	p.owner()
	token := p.token(host.Command{Uses: 1})
	const tries = 100
	clients := make([]*client, tries)
	for i := range clients {
		clients[i] = p.connect(newPerson(fmt.Sprintf("Person %d", i)), token)
		clients[i].send(&wire.Register{Name: clients[i].who.name, Token: token, Request: anyRequest()})
		clients[i].who.account = expect[*wire.RegisterReply](clients[i]).Account
	}
	var in, used atomic.Int32
	var wg sync.WaitGroup
	for _, c := range clients {
		wg.Go(func() {
			c.finish(wire.KindAccount, anyRecord())
			for {
				if _, err := next[*wire.Session](c, 10*time.Millisecond); err == nil {
					in.Add(1)
					return
				}
				f, err := next[*wire.Failure](c, 10*time.Millisecond)
				if errors.Is(err, errNothing) {
					continue
				}
				if err != nil {
					t.Errorf("%s: %v", c.who.name, err)
				} else if f.Code == wire.CodeLinkUsed {
					used.Add(1)
				}
				return
			}
		})
	}
	wg.Wait()
	if in.Load() != 1 || used.Load() != tries-1 {
		t.Errorf("%d came in and %d were told that it is used, want 1 and %d", in.Load(), used.Load(), tries-1)
	}
	if n := p.do(host.Command{Verb: host.VerbStats}).Stats.People; n != 2 {
		t.Errorf("%d people, want 2", n)
	}
	if v := p.do(host.Command{Verb: host.VerbInvites}).Invites; len(v) != 2 || v[0].Used > v[0].Uses {
		t.Errorf("invites %+v", v)
	}
}

// TestInviteLife covers A7 over the wire: made by a member, listed, used, ended.
func TestInviteLife(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite)
	olga := p.owner()
	mia := p.newcomer("Mia", host.Command{})
	token, id := inviteOf()
	mia.send(&wire.CreateInvite{Ref: 1, ID: id, Uses: 3, Role: chat.Member, Expires: time.Now().Add(time.Hour).UnixMilli(), AskFirst: true})
	expect[*wire.Done](mia)
	mia.send(&wire.CreateInvite{Ref: 2, ID: [32]byte{1}, Uses: 1, Role: chat.Admin})
	if f := expectCode(mia, wire.CodeNotAllowed); f.Ref != 2 {
		t.Errorf("the failure is of request %d", f.Ref)
	}
	nils := p.connect(newPerson("Nils"), token)
	if w := expect[*wire.Welcome](nils); w.Card == nil || !w.Card.Ask {
		t.Errorf("the card of a link that asks first: %+v", w.Card)
	}
	if s := nils.register(token); s.State != chat.Waiting {
		t.Errorf("by a link that asks first: state %d", s.State)
	}
	if seen := expect[*wire.People](olga).People; len(seen) != 1 || (seen[0].Name == "Nils" && seen[0].By != "Mia") {
		t.Errorf("the owner sees %+v", seen)
	}
	mia.send(&wire.ListInvites{Ref: 3})
	if l := expect[*wire.Invites](mia); l.Ref != 3 || len(l.Invites) != 1 || l.Invites[0].ID != id || l.Invites[0].Used != 1 || l.Invites[0].Uses != 3 || l.More {
		t.Errorf("a member sees %+v", l)
	}
	olga.send(&wire.ListInvites{Ref: 4})
	if l := expect[*wire.Invites](olga); len(l.Invites) != 3 {
		t.Errorf("the owner sees %d invites, want all 3", len(l.Invites))
	}
	mia.send(&wire.RevokeInvite{Ref: 5, ID: id})
	expect[*wire.Done](mia)
	late := p.connect(newPerson("Lea"), token)
	if w := expect[*wire.Welcome](late); w.Link != wire.CodeLinkRevoked || w.Card != nil {
		t.Errorf("at the door with a revoked link: code %d, card %v", w.Link, w.Card)
	}
	late.send(&wire.Register{Name: "Lea", Token: token, Request: anyRequest()})
	expectCode(late, wire.CodeLinkRevoked)
}

// TestRegisterFinish shows what the host checks of a certificate and an entry.
func TestRegisterFinish(t *testing.T) {
	p := newPlace(t, chat.JoinOpen)
	p.owner()
	begin := func(t *testing.T) *client {
		c := p.connect(newPerson("Ben"), nil)
		expect[*wire.Welcome](c)
		c.send(&wire.Register{Name: "Ben", Request: anyRequest()})
		c.who.account = expect[*wire.RegisterReply](c).Account
		return c
	}
	for _, tc := range []struct {
		what string
		edit func(*client, *wire.RegisterFinish)
		want wire.Code
	}{
		{"a certificate of another device", func(c *client, m *wire.RegisterFinish) {
			other := *c.who
			other.transport = must(channel.GenerateKey())
			d := &client{t: t, who: &other, key: c.key}
			m.Certificate, m.Entry, m.Signature = d.certificate(wire.KindAccount)
		}, wire.CodeWrongKey},
		{"a certificate of another place", func(c *client, m *wire.RegisterFinish) {
			d := &client{t: t, who: c.who, key: [32]byte{1}}
			m.Certificate, m.Entry, m.Signature = d.certificate(wire.KindAccount)
		}, wire.CodeWrongKey},
		{"one bit of the certificate", func(_ *client, m *wire.RegisterFinish) { m.Certificate[100] ^= 1 }, wire.CodeWrongKey},
		{"one bit of the signature", func(_ *client, m *wire.RegisterFinish) { m.Signature[3] ^= 1 }, wire.CodeBadSignature},
		{"no signature", func(_ *client, m *wire.RegisterFinish) { m.Signature = nil }, wire.CodeBadSignature},
		{"another account in the entry", func(c *client, m *wire.RegisterFinish) {
			c.who.account[0] ^= 1
			m.Certificate, m.Entry, m.Signature = c.certificate(wire.KindAccount)
		}, wire.CodeBadMessage},
		{"another name in the entry", func(c *client, m *wire.RegisterFinish) {
			c.who.name = "Bert"
			m.Certificate, m.Entry, m.Signature = c.certificate(wire.KindAccount)
		}, wire.CodeBadMessage},
		{"an entry for the lobby", func(c *client, m *wire.RegisterFinish) {
			post := c.text("x")
			m.Entry, m.Signature = post.Envelope, post.Signature
		}, wire.CodeBadMessage},
		{"another kind of entry", func(c *client, m *wire.RegisterFinish) {
			m.Certificate, m.Entry, m.Signature = c.certificate(wire.KindDevice)
		}, wire.CodeBadMessage},
		{"no record", func(_ *client, m *wire.RegisterFinish) { m.Record = nil }, wire.CodeBadMessage},
		{"half a record", func(_ *client, m *wire.RegisterFinish) { m.Record = m.Record[:96] }, wire.CodeBadMessage},
	} {
		t.Run(tc.what, func(t *testing.T) {
			c := begin(t)
			m := &wire.RegisterFinish{Record: slices.Clone(anyRecord())}
			m.Certificate, m.Entry, m.Signature = c.certificate(wire.KindAccount)
			tc.edit(c, m)
			c.send(m)
			expectCode(c, tc.want)
		})
	}
	c := begin(t)
	c.finish(wire.KindAccount, anyRecord())
	expect[*wire.Session](c)
	stranger := p.connect(newPerson("Eve"), nil)
	expect[*wire.Welcome](stranger)
	stranger.finish(wire.KindAccount, anyRecord())
	expectCode(stranger, wire.CodeNotLoggedIn)
}
