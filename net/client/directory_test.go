package client

import (
	"bytes"
	"errors"
	"testing"

	"github.com/snugchat/snug/crypto/channel"
	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

var testHost = [32]byte{7}

// keys are what one device of an account holds.
type keys struct {
	identity, envelope, mls identity.PrivateKey
	transport               channel.PrivateKey
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func newKeys(identityKey ...identity.PrivateKey) keys {
	k := keys{identity: must(identity.GenerateKey()), envelope: must(identity.GenerateKey()), mls: must(identity.GenerateKey()), transport: must(channel.GenerateKey())}
	if len(identityKey) > 0 {
		k.identity = identityKey[0]
	}
	return k
}

func (k keys) device() chat.DeviceID { return deviceOf(k.transport) }

func (k keys) certificate(host [32]byte) []byte {
	return must(identity.Certificate{
		Place: host, Identity: k.identity.Public(), Transport: k.transport.Public().Array(), Envelope: k.envelope.Public(), MLS: k.mls.Public(), Created: 1,
	}.Sign(k.identity, k.envelope))
}

// sealed is a signed row of the directory.
type sealed struct {
	env       *wire.Envelope
	raw, sign []byte
}

func (k keys) seal(kind wire.BodyKind, body any) sealed {
	env := &wire.Envelope{Room: chat.Directory, ID: chat.NewMessageID(), Device: k.device(), Counter: 1, Time: 1, Body: kind, Data: wire.EncodeBody(body)}
	raw := must(env.Seal())
	return sealed{env, raw, k.envelope.Sign(wire.LabelOpenEnvelope, testHost[:], raw)}
}

func (k keys) entry(kind wire.BodyKind, account chat.AccountID, name string) sealed {
	return k.seal(kind, &wire.AccountEntry{Account: account, Name: name, Certificate: k.certificate(testHost)})
}

func (k keys) revoke(number uint64, account chat.AccountID, target chat.DeviceID) sealed {
	r := must(identity.Revocation{Place: testHost, Identity: k.identity.Public(), Number: number, Device: identity.DeviceID(target), At: 1}.Sign(k.identity))
	return k.seal(wire.KindRevoke, &wire.RevokeEntry{Account: account, Revocation: r})
}

func emptyDirectory() *directory {
	return &directory{host: testHost, accounts: map[chat.AccountID]clientdb.Account{}, devices: map[chat.DeviceID]*device{}, numbers: map[[32]byte]uint64{}}
}

func (d *directory) put(seq uint64, s sealed) (news, error) {
	return d.enter(1000, seq, s.env, s.raw, s.sign)
}

// FEATURES B2, C6: only entries that prove what they say change the pin table.
func TestDirectoryBelievesOnlyProofs(t *testing.T) {
	ana, ben := chat.AccountID{1}, chat.AccountID{2}
	anaKeys := newKeys()
	stranger := newKeys()
	flip := func(s sealed) sealed {
		s.sign = bytes.Clone(s.sign)
		s.sign[3] ^= 1
		return s
	}
	elsewhere := newKeys()
	tests := map[string]struct {
		entry sealed
		good  bool
	}{
		"a new account":                          {newKeys().entry(wire.KindAccount, ben, "Ben"), true},
		"a second device of the same identity":   {newKeys(anaKeys.identity).entry(wire.KindDevice, ana, "Ana"), true},
		"a new identity":                         {stranger.entry(wire.KindIdentity, ana, "Ana"), true},
		"a revocation of one's own":              {anaKeys.revoke(1, ana, anaKeys.device()), true},
		"a revocation after a gap":               {anaKeys.revoke(5, ana, anaKeys.device()), true},
		"an account that is there":               {newKeys().entry(wire.KindAccount, ana, "Ana"), false},
		"an account whose name looks the same":   {newKeys().entry(wire.KindAccount, ben, "Аna"), false}, // Cyrillic
		"a device by another identity":           {newKeys().entry(wire.KindDevice, ana, "Ana"), false},
		"a device of nobody":                     {newKeys().entry(wire.KindDevice, ben, "Ben"), false},
		"a device that is there":                 {anaKeys.entry(wire.KindDevice, ana, "Ana"), false},
		"a new identity that is the old one":     {newKeys(anaKeys.identity).entry(wire.KindIdentity, ana, "Ana"), false},
		"a new identity under another name":      {newKeys().entry(wire.KindIdentity, ana, "Anna"), false},
		"a new identity of nobody":               {newKeys().entry(wire.KindIdentity, ben, "Ben"), false},
		"a changed signature":                    {flip(newKeys().entry(wire.KindAccount, ben, "Ben")), false},
		"a certificate of another place":         {elsewhere.seal(wire.KindAccount, &wire.AccountEntry{Account: ben, Name: "Ben", Certificate: elsewhere.certificate([32]byte{8})}), false},
		"a certificate of another device":        {stranger.seal(wire.KindAccount, &wire.AccountEntry{Account: ben, Name: "Ben", Certificate: newKeys().certificate(testHost)}), false},
		"no certificate":                         {stranger.seal(wire.KindAccount, &wire.AccountEntry{Account: ben, Name: "Ben"}), false},
		"a revocation by a stranger":             {stranger.revoke(1, ana, anaKeys.device()), false},
		"a revocation with a stranger's key":     {anaKeys.seal(wire.KindRevoke, &wire.RevokeEntry{Account: ana, Revocation: must(identity.Revocation{Place: testHost, Identity: stranger.identity.Public(), Number: 1, Device: identity.DeviceID(anaKeys.device()), At: 1}.Sign(stranger.identity))}), false},
		"a revocation of nobody's device":        {anaKeys.revoke(1, ana, chat.DeviceID{9}), false},
		"a revocation with a changed signature":  {flip(anaKeys.revoke(1, ana, anaKeys.device())), false},
		"a text":                                 {anaKeys.seal(wire.KindText, &wire.Text{Text: "hi"}), false},
		"a kind of a later version":              {anaKeys.seal(999, &wire.Text{Text: "hi"}), true},
		"a body that is not what its kind says":  {anaKeys.seal(wire.KindAccount, &wire.Text{Text: "hi"}), false},
		"an account that somebody else vouches ": {newKeys().entry(wire.KindAccount, chat.AccountID{3}, "Carl"), true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := emptyDirectory()
			if _, err := d.put(1, anaKeys.entry(wire.KindAccount, ana, "Ana")); err != nil {
				t.Fatal(err)
			}
			before := d.accounts[ana]
			_, err := d.put(2, tt.entry)
			if tt.good != (err == nil) || err != nil && !errors.Is(err, errEntry) {
				t.Errorf("got %v, want good %v", err, tt.good)
			}
			if !tt.good && (d.accounts[ana] != before || len(d.accounts) != 1 || len(d.devices) != 1 || d.devices[anaKeys.device()].Revoked != 0) {
				t.Error("a refused entry changed something")
			}
		})
	}
}

// A device may speak between the row that brought it and the one that ended it;
// a new identity ends all devices that the old one vouched for.
func TestDirectoryEndsDevices(t *testing.T) {
	ana := chat.AccountID{1}
	first := newKeys()
	second := newKeys(first.identity)
	third := newKeys()
	d := emptyDirectory()
	for i, s := range []sealed{
		first.entry(wire.KindAccount, ana, "Ana"),
		second.entry(wire.KindDevice, ana, "Ana"),
		first.revoke(1, ana, second.device()),
		third.entry(wire.KindIdentity, ana, "Ana"),
	} {
		if _, err := d.put(uint64(10*(i+1)), s); err != nil {
			t.Fatal(i, err)
		}
	}
	for name, tt := range map[string]struct {
		device chat.DeviceID
		seq    uint64
		want   bool
	}{
		"the first before it came":        {first.device(), 10, false},
		"the first right after":           {first.device(), 11, true},
		"the first before its end":        {first.device(), 39, true},
		"the first after a new identity":  {first.device(), 41, false},
		"the second while it was good":    {second.device(), 29, true},
		"the second after its revocation": {second.device(), 31, false},
		"the new one":                     {third.device(), 41, true},
	} {
		if got := d.devices[tt.device].validAt(tt.seq); got != tt.want {
			t.Errorf("%s: got %v, want %v", name, got, tt.want)
		}
	}
	if a := d.accounts[ana]; a.Identity != third.identity.Public().Array() || a.Changed != 1000 || a.FirstSeen != 1000 {
		t.Errorf("got %+v, want the new identity, changed", a)
	}
	if _, err := d.put(50, first.revoke(2, ana, third.device())); err == nil {
		t.Error("a device of the old identity revoked one of the new")
	}
	if _, err := d.put(50, first.entry(wire.KindIdentity, ana, "Ana")); err == nil {
		t.Error("an old device came back")
	}
}

// FuzzDirectory feeds entries of anybody: no panic, and nobody but Ana's own
// keys changes who Ana is.
func FuzzDirectory(f *testing.F) {
	ana := chat.AccountID{1}
	k := newKeys()
	first := k.entry(wire.KindAccount, ana, "Ana")
	f.Add(uint16(16), wire.EncodeBody(&wire.AccountEntry{Account: ana, Name: "Ana", Certificate: k.certificate(testHost)}), make([]byte, 64))
	f.Add(uint16(19), wire.EncodeBody(&wire.RevokeEntry{Account: ana}), []byte{})
	f.Fuzz(func(t *testing.T, kind uint16, data, signature []byte) {
		d := emptyDirectory()
		if _, err := d.put(1, first); err != nil {
			t.Fatal(err)
		}
		env := &wire.Envelope{Room: chat.Directory, Device: k.device(), Counter: 2, Time: 1, Body: wire.BodyKind(kind), Data: data}
		raw, err := env.Seal()
		if err != nil {
			return
		}
		if n, err := d.enter(1, 2, env, raw, signature); err == nil && len(n.accounts)+len(n.devices) > 0 {
			t.Errorf("kind %d with data %x changed %+v", kind, data, n)
		}
	})
}
