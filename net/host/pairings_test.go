package host_test

import (
	"crypto/sha256"
	"testing"
	"time"

	"github.com/snugchat/snug/crypto/opaque"
	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// offer makes an offer of a token on a device that is in.
func (c *client) offer(token [32]byte) {
	c.t.Helper()
	c.send(&wire.OfferDevice{Ref: 9, ID: sha256.Sum256(token[:])})
	if done := expect[*wire.Done](c); done.Ref != 9 || done.Time <= time.Now().UnixMilli() {
		c.t.Errorf("the offer ends at %d", done.Time)
	}
}

// adding connects a new device of somebody and shows a token.
func (p *place) adding(who *person, token [32]byte) *client {
	p.t.Helper()
	c := p.connect(who, nil)
	expect[*wire.Welcome](c)
	c.send(&wire.AddDevice{Token: token[:]})
	return c
}

// Who has the token may talk to the device that made the offer, and is added only by
// what its identity signed.
func TestAddDevice(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite)
	olga, mia := p.owner(), p.newcomer("Mia", host.Command{})
	token := [32]byte{1}
	t.Run("messages go between the two, and to nobody else", func(t *testing.T) {
		olga.offer(token)
		d := p.adding(olga.who.newDevice(true), token)
		if came := expect[*wire.DeviceCame](olga); came.ID != sha256.Sum256(token[:]) || came.Device != d.who.device() {
			t.Errorf("got %+v", came)
		}
		olga.send(&wire.DeviceRelay{Data: []byte("forth")})
		if m := expect[*wire.DeviceRelay](d); string(m.Data) != "forth" {
			t.Errorf("got %q", m.Data)
		}
		d.send(&wire.DeviceRelay{Data: []byte("back")})
		if m := expect[*wire.DeviceRelay](olga); string(m.Data) != "back" {
			t.Errorf("got %q", m.Data)
		}
		mia.send(&wire.DeviceRelay{Data: []byte("me too")})
		expect[*wire.DeviceEnd](mia)
		for _, c := range []*client{olga, d} {
			if m, err := next[*wire.DeviceRelay](c, 50*time.Millisecond); err == nil {
				t.Errorf("%s heard %q", c.who.name, m.Data)
			}
		}
		d.finish(wire.KindDevice, nil)
		if s := expect[*wire.Session](d); s.Account != olga.who.account || s.Device != d.who.device() {
			t.Errorf("got %+v", s)
		}
		if end := expect[*wire.DeviceEnd](olga); end.Code != wire.CodeOK {
			t.Errorf("the device that is there hears code %d", end.Code)
		}
	})
	t.Run("a token is good once", func(t *testing.T) {
		expectCode(p.adding(olga.who.newDevice(true), token), wire.CodeLinkUsed)
		expectCode(p.adding(olga.who.newDevice(true), [32]byte{7}), wire.CodeLinkUnknown)
	})
	for what, edit := range map[string]func(d *client){
		"by a new identity":       func(d *client) { d.who.identity = newPerson("x").identity; d.finish(wire.KindIdentity, nil) },
		"by another identity":     func(d *client) { d.who.identity = newPerson("x").identity; d.finish(wire.KindDevice, nil) },
		"with a password":         func(d *client) { d.finish(wire.KindDevice, anyRecord()) },
		"as an account":           func(d *client) { d.finish(wire.KindAccount, nil) },
		"under another's account": func(d *client) { d.who.account, d.who.name = mia.who.account, "Mia"; d.finish(wire.KindDevice, nil) },
	} {
		t.Run("nobody is added "+what, func(t *testing.T) {
			token[0]++
			olga.offer(token)
			d := p.adding(olga.who.newDevice(true), token)
			expect[*wire.DeviceCame](olga)
			edit(d)
			if f := expect[*wire.Failure](d); f.Code != wire.CodeWrongKey && f.Code != wire.CodeBadMessage {
				t.Errorf("got code %d", f.Code)
			}
			d.close()
			if end := expect[*wire.DeviceEnd](olga); end.Code != wire.CodeLinkEnded {
				t.Errorf("when it is gone: code %d", end.Code)
			}
		})
	}
	t.Run("nobody is added without the token, or after the offer was taken back", func(t *testing.T) {
		d := p.connect(olga.who.newDevice(true), nil)
		expect[*wire.Welcome](d)
		d.finish(wire.KindDevice, nil)
		expectCode(d, wire.CodeNotLoggedIn)
		token[0]++
		olga.offer(token)
		d = p.adding(olga.who.newDevice(true), token)
		expect[*wire.DeviceCame](olga)
		olga.send(&wire.DeviceEnd{})
		if end := expect[*wire.DeviceEnd](d); end.Code != wire.CodeRejected {
			t.Errorf("got code %d", end.Code)
		}
		d.finish(wire.KindDevice, nil)
		expectCode(d, wire.CodeLinkEnded)
	})
	t.Run("nobody takes another's offer over", func(t *testing.T) {
		token[0]++
		olga.offer(token)
		mia.send(&wire.OfferDevice{Ref: 3, ID: sha256.Sum256(token[:])})
		expectCode(mia, wire.CodeConflict)
		p.adding(olga.who.newDevice(true), token)
		expect[*wire.DeviceCame](olga)
	})
	t.Run("each side may say only so much", func(t *testing.T) {
		token[0]++
		olga.offer(token)
		d := p.adding(olga.who.newDevice(true), token)
		expect[*wire.DeviceCame](olga)
		for range wire.MaxDeviceRelays {
			olga.send(&wire.DeviceRelay{Data: []byte("x")})
			expect[*wire.DeviceRelay](d)
		}
		olga.send(&wire.DeviceRelay{Data: []byte("x")})
		expect[*wire.DeviceEnd](olga)
		if m, err := next[*wire.DeviceRelay](d, 50*time.Millisecond); err == nil {
			t.Errorf("one more came: %q", m.Data)
		}
		d.send(&wire.DeviceRelay{Data: make([]byte, wire.MaxDeviceRelay+1)})
		if bye := d.ended(patience); bye.Code != wire.CodeBadMessage {
			t.Errorf("too long: got code %d", bye.Code)
		}
	})
	t.Run("a device that is away can be waited for", func(t *testing.T) {
		token[0]++
		olga.offer(token)
		olga.close()
		d := p.adding(olga.who.newDevice(true), token)
		if f := expectCode(d, wire.CodeBusy); f.After == 0 {
			t.Error("at once again")
		}
		olga = p.back(olga.who)
		d.send(&wire.AddDevice{Token: token[:]})
		expect[*wire.DeviceCame](olga)
	})
}

// A device that was signed out adds nobody any more, though it has the identity key.
func TestSignedOutDeviceAddsNobody(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite)
	p.owner()
	first := withPassword(t, p)
	add := func(by *client, token [32]byte) *client {
		t.Helper()
		by.offer(token)
		d := p.adding(by.who.newDevice(true), token)
		expect[*wire.DeviceCame](by)
		return d
	}
	second := add(first, [32]byte{1})
	second.finish(wire.KindDevice, nil)
	expect[*wire.Session](second)
	second.settle()
	third := add(first, [32]byte{2})
	// The second device changes the password, which signs out the first.
	l, ke1, err := opaque.StartLogin(second.l.Binding(), secret)
	if err != nil {
		t.Fatal(err)
	}
	r, request, err := opaque.StartRegistration("another four words here")
	if err != nil {
		t.Fatal(err)
	}
	second.send(&wire.Password{Ref: 5, KE1: ke1, Request: request})
	reply := expect[*wire.PasswordReply](second)
	second.send(&wire.PasswordFinish{Ref: 5, KE3: must(l.Finish(reply.KE2)), Record: must(r.Finish(reply.Response))})
	first.ended(patience)
	third.finish(wire.KindDevice, nil)
	expectCode(third, wire.CodeLinkEnded)
}
