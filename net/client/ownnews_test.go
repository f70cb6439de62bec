package client_test

import (
	"context"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/crypto/mail"
	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// knows waits until a member's directory has proved another one.
func (m *member) knows(other *member) {
	m.t.Helper()
	m.until(m.Me().Name+" knows "+other.Me().Name, func() bool { x, _ := m.Person(other.Me().Account); return x.Pinned })
}

// numbered lets a member compare the safety number with another one.
func (m *member) numbered(other *member) {
	m.t.Helper()
	m.knows(other)
	ok(m.t, m.ConfirmNumber(m.t.Context(), other.Me().Account, must(m.SafetyNumber(other.Me().Account))))
}

// told waits until what a member knows of others has been sent to n own devices.
func (m *member) told(n int) {
	m.t.Helper()
	m.until("all own devices are told", func() bool { return m.ToldAll(m.t.Context(), n) })
}

// FEATURES C6: whom a person verifies or doubts on one computer, they do on all, also
// if these are never on at the same time; the last word counts, whichever said it.
func TestVerifiedOnAllDevices(t *testing.T) {
	p := newPlace(t)
	var clock clock
	ana, ben, cat := p.join("Ana", clock.set), p.join("Ben"), p.join("Cat")
	second := ana.addDevice(clock.set)
	ctx := t.Context()
	ana.numbered(ben)
	second.trusts(ben, client.ByNumber, 0)
	second.numbered(cat)
	ana.trusts(cat, client.ByNumber, 0)

	ben.knows(ana)
	ana.meets(ben)
	ok(t, ana.TheyDiffer(ctx, ben.Me().Account))
	second.trusts(ben, 0, client.NoMatch)
	ok(t, second.WriteAnyway(ctx, ben.Me().Account))
	ana.trusts(ben, 0, 0)

	// Never on at the same time, and with a new key since.
	second.told(1)
	ana.told(1)
	second.stop()
	ana.numbered(ben)
	ana.told(1)
	ana.stop()
	clock.add(8 * 24 * time.Hour)
	second.open()
	second.trusts(ben, client.ByNumber, 0)
	ana.open()
	second.told(1)
	ana.told(1)
}

// marks returns what a member has marked.
func (m *member) marks() string {
	m.t.Helper()
	var s []string
	for _, msg := range must(m.Marked(context.Background())) {
		s = append(s, msg.Text)
	}
	return strings.Join(s, " | ")
}

// FEATURES D13: what a person marks on one computer is marked on all, also in rooms
// that these come into later, and if they are never on at the same time; a mark that
// was taken away stays away.
func TestMarkedOnAllDevices(t *testing.T) {
	p := newPlace(t)
	var clock clock
	ctx := t.Context()
	ana, ben := p.join("Ana", clock.set), p.join("Ben")
	cake, tea := ana.say("cake"), ana.say("tea")
	ben.hears("Ana: cake | Ana: tea")
	ana.hears("Ana: cake | Ana: tea")
	ok(t, ana.MarkMessage(ctx, chat.Lobby, cake, true))
	clock.add(time.Second)
	ok(t, ana.MarkMessage(ctx, chat.Lobby, tea, true))
	clock.add(time.Second)
	second := ana.addDevice(clock.set)
	marked := func(m *member, want string) {
		t.Helper()
		m.untilOr("marked "+want, func() bool { return m.marks() == want }, m.marks)
	}
	marked(second, "tea | cake")
	ok(t, second.MarkMessage(ctx, chat.Lobby, cake, false))
	marked(ana, "tea")
	for _, m := range []*member{ana, second} {
		page := must(m.Before(ctx, chat.Lobby, 0, 10)).Messages
		for _, msg := range page {
			if want := msg.ID == tea; msg.Marked != want {
				t.Errorf("%q is marked: %v", msg.Text, msg.Marked)
			}
		}
	}

	// Never on at the same time; what was marked last counts.
	second.told(1)
	ana.told(1)
	second.stop()
	clock.add(time.Second)
	den := must(ana.CreateRoom(ctx, chat.RoomSealed, "Den", ""))
	plan := ana.sayIn(den, "plan")
	ana.hearsIn(den, "Ana: plan")
	ok(t, ana.MarkMessage(ctx, den, plan, true))
	clock.add(time.Second)
	ok(t, ana.MarkMessage(ctx, chat.Lobby, cake, true))
	ok(t, ana.MarkMessage(ctx, chat.Lobby, tea, false))
	ana.told(1)
	ana.stop()
	second.open()
	second.until("the mark of tea is away", func() bool { return !strings.Contains(second.marks(), "tea") })
	ana.open()
	marked(second, "cake | plan")
	marked(ana, "cake | plan")
}

// C6: nobody but the person's own devices can say whom the person has verified or
// doubts, and another identity is not verified by what they said of the one before.
func TestHostMakesUpNoVerification(t *testing.T) {
	e := newEvilHost(t)
	var clock clock
	ana, ben, cat, dan := e.person("Ana"), e.person("Ben"), e.person("Cat"), e.person("Dan")
	all := e.records()
	ana.knows(ben)
	second := e.comes(func(dial func(*client.Config)) *member { return ana.addDevice(dial, clock.set) })
	second.told(1)
	clock.add(8 * 24 * time.Hour) // a new key goes by this host
	second.Tend()
	for _, m := range []*member{second, ana} {
		m.knows(ben)
		m.knows(cat)
	}
	ana.numbered(dan) // so that a letter passes
	second.trusts(dan, client.ByNumber, 0)
	second.told(1)

	// The host has the keys that it carried, and a member's device on its side.
	host := e.cfg.Key.Public().Array()
	var key []byte
	var real *wire.Mail
	for _, x := range all() {
		if v, is := x.m.(*wire.SendMail); is && x.up && len(v.Mails) == 1 {
			switch m := &v.Mails[0]; {
			case m.MailKind == wire.MailNewsKey && x.who == second && m.To == ana.Me().Device:
				key = m.Data[65:]
			case m.MailKind == wire.MailNews && x.who == ana:
				real = m
			}
		}
	}
	if key == nil || real == nil {
		t.Fatal("no letters passed between Ana's devices")
	}
	benKey := must(second.db.Account(t.Context(), ben.Me().Account)).Identity
	catKey := must(second.db.Account(t.Context(), cat.Me().Account)).Identity
	lie := wire.EncodeBody(&wire.OwnNews{Marks: []wire.PastMark{
		{Account: ben.Me().Account, Identity: benKey, Verified: 5, Proof: uint8(client.ByPictures), Judged: 1 << 50},
		{Account: cat.Me().Account, Identity: catKey, Doubt: uint8(client.NoMatch), Judged: 1 << 50},
		{Account: dan.Me().Account, Identity: must(second.db.Account(t.Context(), dan.Me().Account)).Identity, Doubt: uint8(client.NoMatch), Judged: 1 << 50},
	}})
	envelopeOf := func(m *member) identity.PrivateKey {
		keys := must(m.db.Place(t.Context())).Keys
		return must(identity.NewPrivateKey(keys.Envelope[:]))
	}
	letter := func(by identity.PrivateKey, from chat.DeviceID, to, body []byte) *wire.Mail {
		address := mail.Address{Place: host, From: identity.DeviceID(from), To: identity.DeviceID(second.Me().Device), Purpose: "news"}
		data := must(mail.Seal(by, address, to, body))
		return &wire.Mail{ID: chat.NewMessageID(), To: second.Me().Device, From: from, MailKind: wire.MailNews, Data: data, Time: time.Now().UnixMilli()}
	}
	stranger := must(identity.GenerateKey())
	e.sends(second, letter(envelopeOf(ben), ben.Me().Device, key[8:], lie))
	e.sends(second, letter(envelopeOf(ben), ana.Me().Device, key[8:], lie))
	e.sends(second, letter(stranger, ana.Me().Device, key[8:], lie))
	changed := &wire.Mail{ID: chat.NewMessageID(), To: second.Me().Device, From: ana.Me().Device, MailKind: wire.MailNews, Data: append([]byte(nil), real.Data...)}
	changed.Data[len(changed.Data)-1] ^= 1
	e.sends(second, changed)
	// A key that the host put in the place of Ana's is not sealed to.
	mine := must(mail.NewKey())
	address := mail.Address{Place: host, From: identity.DeviceID(ana.Me().Device), To: identity.DeviceID(second.Me().Device), Purpose: "news key"}
	forged := must(mail.Sign(stranger, address, append(binary.BigEndian.AppendUint64(nil, 1<<60), mine.Public()...)))
	e.sends(second, &wire.Mail{ID: chat.NewMessageID(), To: second.Me().Device, From: ana.Me().Device, MailKind: wire.MailNewsKey, Data: forged})
	again := *real
	again.ID, again.From = chat.NewMessageID(), ana.Me().Device
	e.sends(second, &again)
	ana.numbered(cat) // what comes after all that
	second.trusts(cat, client.ByNumber, 0)
	second.trusts(ben, 0, 0)
	second.trusts(dan, client.ByNumber, 0)

	second.numbered(ben)
	second.told(1)
	for _, x := range all() {
		v, is := x.m.(*wire.SendMail)
		if !is || !x.up || x.who != second || v.Mails[0].MailKind != wire.MailNews {
			continue
		}
		if _, err := mail.Open(mine, must(identity.NewPublicKey(envelopeOf(second).Public().Bytes())), mail.Address{
			Place: host, From: identity.DeviceID(second.Me().Device), To: identity.DeviceID(ana.Me().Device), Purpose: "news",
		}, v.Mails[0].Data); err == nil {
			t.Error("the host can read whom Ana has verified")
		}
	}

	// Whom Ana verified on the other computer is as much verified here: other keys are
	// noticed, and what was said of the ones before verifies nobody.
	e.claims(e.intruder(cat), second)
	second.trusts(cat, 0, client.KeysChanged)
	again.ID = chat.NewMessageID()
	e.sends(second, &again)
	second.until("the letter is through", func() bool {
		return slices.ContainsFunc(all(), func(x passed) bool { v, is := x.m.(*wire.MailDone); return is && v.ID == again.ID })
	})
	second.trusts(cat, 0, client.KeysChanged)
}
