package host_test

import (
	"bytes"
	"crypto/sha256"
	"testing"

	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// proveIdentity comes to the door and proves an identity, as who uses a recovery
// kit does.
func (c *client) proveIdentity() {
	binding := c.l.Binding()
	c.send(&wire.Recover{Identity: c.who.identity.Public().Bytes(), Proof: c.who.identity.Sign(wire.LabelRecover, c.key[:], binding[:])})
}

// second lets another device of somebody in, by their identity.
func (p *place) second(who *person) *client {
	p.t.Helper()
	c := p.connect(who.newDevice(true), nil)
	expect[*wire.Welcome](c)
	c.proveIdentity()
	expect[*wire.Recovery](c)
	c.finish(wire.KindDevice, nil)
	expect[*wire.Session](c)
	c.settle()
	return c
}

// revocation makes a SignOut that revokes a device.
func (c *client) revocation(device chat.DeviceID, number, counter uint64, by identity.PrivateKey) *wire.SignOut {
	c.t.Helper()
	r := must(identity.Revocation{Place: c.key, Identity: by.Public(), Number: number, Device: identity.DeviceID(device), At: 5}.Sign(by))
	env := wire.Envelope{
		Room: chat.Directory, ID: chat.NewMessageID(), Device: c.who.device(), Counter: counter, Time: 1, Body: wire.KindRevoke,
		Data: wire.EncodeBody(&wire.RevokeEntry{Account: c.who.account, Revocation: r}),
	}
	entry := must(env.Seal())
	return &wire.SignOut{Ref: 1, Entry: entry, Signature: c.who.envelope.Sign(wire.LabelOpenEnvelope, c.key[:], entry)}
}

func TestDeviceList(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite)
	ana := p.owner()
	ben := p.newcomer("Ben", host.Command{Role: chat.Member})
	laptop := p.second(ana.who)
	list := func(c *client) *wire.Devices {
		c.send(&wire.ListDevices{Ref: 7})
		return expect[*wire.Devices](c)
	}
	got := list(ana)
	if len(got.Devices) != 2 || got.Devices[0].ID != ana.who.device() || got.Devices[1].ID != laptop.who.device() || !got.Devices[1].Online {
		t.Fatalf("got %+v", got)
	}
	note := (&wire.DeviceNote{Device: laptop.who.device(), Name: "the old laptop", Time: 9, By: ana.who.device()}).Encode()
	sign := ana.who.envelope.Sign(wire.LabelDeviceNote, ana.key[:], note)
	ana.send(&wire.NoteDevice{Ref: 8, Note: note, Signature: sign})
	expect[*wire.Done](ana)
	if got := list(laptop).Devices[1]; !bytes.Equal(got.Note, note) || !bytes.Equal(got.Signature, sign) {
		t.Errorf("the note came back as %x", got.Note)
	}
	other := (&wire.DeviceNote{Device: ana.who.device(), Name: "not yours", Time: 9, By: ben.who.device()}).Encode()
	for what, c := range map[string]struct {
		m    *wire.NoteDevice
		want wire.Code
	}{
		"a stranger's device":      {&wire.NoteDevice{Note: other, Signature: ben.who.envelope.Sign(wire.LabelDeviceNote, ben.key[:], other)}, wire.CodeNoAccount},
		"another's signature":      {&wire.NoteDevice{Note: other, Signature: ana.who.envelope.Sign(wire.LabelDeviceNote, ben.key[:], other)}, wire.CodeBadSignature},
		"signed by another device": {&wire.NoteDevice{Note: note, Signature: sign}, wire.CodeBadMessage},
		"no note":                  {&wire.NoteDevice{Note: []byte{1}, Signature: sign}, wire.CodeBadMessage},
	} {
		c.m.Ref = 9
		ben.send(c.m)
		if f := expect[*wire.Failure](ben); f.Code != c.want {
			t.Errorf("%s: got code %d, want %d", what, f.Code, c.want)
		}
	}
	p.restart()
	if got := list(p.back(ana.who)).Devices; len(got) != 2 || !bytes.Equal(got[1].Note, note) {
		t.Errorf("after a restart: %+v", got)
	}
}

func TestSignOut(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite)
	ana := p.owner()
	ben := p.newcomer("Ben", host.Command{Role: chat.Member})
	laptop := p.second(ana.who)
	id := laptop.who.device()
	stranger := must(identity.GenerateKey())
	for what, c := range map[string]struct {
		by   *client
		m    *wire.SignOut
		want wire.Code
	}{
		"by another identity":        {ana, ana.revocation(id, 1, 2, stranger), wire.CodeWrongKey},
		"with a number that is late": {ana, ana.revocation(id, 2, 2, ana.who.identity), wire.CodeConflict},
		"with a counter that is":     {ana, ana.revocation(id, 1, 3, ana.who.identity), wire.CodeConflict},
		"of somebody else":           {ana, ana.revocation(ben.who.device(), 1, 2, ana.who.identity), wire.CodeNoAccount},
		"by another's device":        {ben, ana.revocation(id, 1, 2, ana.who.identity), wire.CodeBadMessage},
		"no entry":                   {ana, &wire.SignOut{Ref: 1, Entry: []byte{1}}, wire.CodeBadMessage},
	} {
		c.by.send(c.m)
		if f := expect[*wire.Failure](c.by); f.Code != c.want {
			t.Errorf("%s: got code %d, want %d", what, f.Code, c.want)
		}
	}
	before := len(ben.live(chat.Directory))
	ana.send(ana.revocation(id, 1, 2, ana.who.identity))
	expect[*wire.Done](ana)
	if bye := laptop.ended(patience); bye.Code != wire.CodeSignedOut || bye.By != "Olga" {
		t.Errorf("the device that was signed out heard %+v", bye)
	}
	if row := expect[*wire.Deliver](ben).Row; row.Seq == 0 || before == 0 {
		t.Errorf("others got %+v", row)
	}
	again := p.connect(laptop.who, nil)
	if bye := again.ended(patience); bye.Code != wire.CodeSignedOut {
		t.Errorf("it came again and heard %+v", bye)
	}
	// The next one has the next number, also after a restart.
	p.restart()
	ana = p.back(ana.who)
	tablet := p.second(ana.who)
	ana.send(ana.revocation(tablet.who.device(), 1, 3, ana.who.identity))
	expectCode(ana, wire.CodeConflict)
	ana.send(ana.revocation(tablet.who.device(), 2, 3, ana.who.identity))
	expect[*wire.Done](ana)
	// A device signs itself out without the identity: the host alone does it.
	phone := p.second(ana.who)
	phone.send(&wire.SignOut{Ref: 3})
	expect[*wire.Done](phone)
	if bye := phone.ended(patience); bye.Code != wire.CodeSignedOut {
		t.Errorf("it heard %+v", bye)
	}
	if rows := ana.live(chat.Directory); len(rows) != 7 { // two people, three devices, two revocations
		t.Errorf("%d rows in the directory", len(rows))
	}
}

func TestRecoveryKitOnHost(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite)
	ana := p.owner()
	ben := p.newcomer("Ben", host.Command{Role: chat.Member})
	token, backup := bytes.Repeat([]byte{4}, 32), bytes.Repeat([]byte{5}, 118)
	id := sha256.Sum256(token)
	ana.send(&wire.PutKit{Ref: 1, ID: id, Backup: backup})
	expect[*wire.Done](ana)
	ben.send(&wire.PutKit{Ref: 1, ID: id, Backup: backup})
	expectCode(ben, wire.CodeConflict)
	p.restart()
	door := p.connect(newPerson("nobody"), nil)
	door.send(&wire.Recover{Token: token})
	if got := expect[*wire.Recovery](door); !bytes.Equal(got.Backup, backup) || !got.Account.IsZero() || got.Name != "" {
		t.Errorf("got %+v", got)
	}
	door.send(&wire.Recover{Token: bytes.Repeat([]byte{6}, 32)})
	expectCode(door, wire.CodeNoKit)
	ana = p.back(ana.who)
	ana.send(&wire.Recover{Ref: 3, Token: token})
	if got := expect[*wire.Recovery](ana); got.Ref != 3 || !bytes.Equal(got.Backup, backup) {
		t.Errorf("inside: got %+v", got)
	}
	// Another kit takes the place of this one.
	next := sha256.Sum256([]byte("next"))
	ana.send(&wire.PutKit{Ref: 4, ID: next, Backup: backup})
	expect[*wire.Done](ana)
	door.send(&wire.Recover{Token: token})
	expectCode(door, wire.CodeNoKit)
	ana.send(&wire.PutKit{Ref: 5, ID: next})
	expect[*wire.Done](ana)
	ana.send(&wire.ListDevices{Ref: 6})
	if got := expect[*wire.Devices](ana); got.Kit != 0 {
		t.Errorf("the kit that was taken away is of %d", got.Kit)
	}
}

func TestRecoverProvesIdentity(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite)
	ana := p.owner()
	lost := ana.who
	fresh := p.connect(lost.newDevice(true), nil)
	expect[*wire.Welcome](fresh)
	binding := fresh.l.Binding()
	thief := must(identity.GenerateKey())
	proof := lost.identity.Sign(wire.LabelRecover, fresh.key[:], binding[:])
	elsewhere := p.connect(newPerson("x"), nil)
	expect[*wire.Welcome](elsewhere)
	for what, c := range map[string]struct {
		at   *client
		m    *wire.Recover
		want wire.Code
	}{
		"another key":        {fresh, &wire.Recover{Identity: lost.identity.Public().Bytes(), Proof: thief.Sign(wire.LabelRecover, fresh.key[:], binding[:])}, wire.CodeBadSignature},
		"another purpose":    {fresh, &wire.Recover{Identity: lost.identity.Public().Bytes(), Proof: lost.identity.Sign(wire.LabelDeviceNote, fresh.key[:], binding[:])}, wire.CodeBadSignature},
		"another channel":    {elsewhere, &wire.Recover{Identity: lost.identity.Public().Bytes(), Proof: proof}, wire.CodeBadSignature},
		"nobody's identity":  {fresh, &wire.Recover{Identity: thief.Public().Bytes(), Proof: thief.Sign(wire.LabelRecover, fresh.key[:], binding[:])}, wire.CodeNoKit},
		"nothing":            {fresh, &wire.Recover{}, wire.CodeBadSignature},
		"no proof":           {fresh, &wire.Recover{Identity: lost.identity.Public().Bytes()}, wire.CodeBadSignature},
		"a key that is none": {fresh, &wire.Recover{Identity: make([]byte, 32), Proof: proof}, wire.CodeBadSignature},
	} {
		c.at.send(c.m)
		if f := expect[*wire.Failure](c.at); f.Code != c.want {
			t.Errorf("%s: got code %d, want %d", what, f.Code, c.want)
		}
	}
	fresh.finish(wire.KindDevice, nil)
	expectCode(fresh, wire.CodeNotLoggedIn)
	fresh.proveIdentity()
	got := expect[*wire.Recovery](fresh)
	if got.Account != lost.account || got.Name != "Olga" || len(got.Devices) != 1 || got.Devices[0].ID != lost.device() {
		t.Errorf("got %+v", got)
	}
	// The proof is of the identity: it gives no other one.
	key := fresh.who.identity
	fresh.who.identity = thief
	fresh.finish(wire.KindIdentity, nil)
	expectCode(fresh, wire.CodeWrongKey)
	fresh.who.identity = key
	fresh.proveIdentity()
	expect[*wire.Recovery](fresh)
	fresh.finish(wire.KindDevice, nil)
	if s := expect[*wire.Session](fresh); s.Account != lost.account {
		t.Errorf("session of %v", s.Account)
	}
	// Who is banned is so by kit as well.
	ben := p.newcomer("Ben", host.Command{Role: chat.Member})
	fresh.settle()
	fresh.send(&wire.Admin{Ref: 1, Action: wire.ActionBan, Account: ben.who.account})
	expect[*wire.Done](fresh)
	again := p.connect(ben.who.newDevice(true), nil)
	expect[*wire.Welcome](again)
	again.proveIdentity()
	if bye := again.ended(patience); bye.Code != wire.CodeBanned {
		t.Errorf("banned: %+v", bye)
	}
}

func TestListMembers(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite)
	ana := p.owner()
	ben := p.newcomer("Ben", host.Command{Role: chat.Member})
	room := chat.NewRoomID()
	ana.send(&wire.CreateRoom{Ref: 1, Room: room, RoomKind: chat.RoomSealed})
	expect[*wire.Done](ana)
	ana.send(&wire.ListMembers{Ref: 2, Room: room})
	if got := expect[*wire.Members](ana).Accounts; len(got) != 1 || got[0] != ana.who.account {
		t.Errorf("got %v", got)
	}
	for _, id := range []chat.RoomID{room, chat.Lobby, {9}} {
		ben.send(&wire.ListMembers{Ref: 3, Room: id})
		expectCode(ben, wire.CodeNoRoom)
	}
}
