package client_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/snugchat/snug/crypto/channel"
	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/crypto/mail"
	"github.com/snugchat/snug/crypto/verify"
	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// stage waits until a member's comparison with another one is that far.
func (m *member) stage(with *member, want client.CompareStage) client.Comparison {
	m.t.Helper()
	var k client.Comparison
	m.untilOr(fmt.Sprintf("comparison with %s in stage %d", with.Me().Name, want), func() bool {
		k, _ = m.Comparison(with.Me().Account)
		return k.Stage == want
	}, func() string { return fmt.Sprintf("%+v", k) })
	return k
}

// trusts waits until a member has verified another one so (0: not), and doubts them so.
func (m *member) trusts(other *member, by client.Proof, doubt client.Doubt) {
	m.t.Helper()
	var p client.Person
	m.untilOr(fmt.Sprintf("%s verified by %d, doubt %d", other.Me().Name, by, doubt), func() bool {
		p, _ = m.Person(other.Me().Account)
		return p.Proof == by && p.Verified == (by != 0) && p.Doubt == doubt
	}, func() string { return fmt.Sprintf("%+v", p) })
}

// meets lets two members compare until both see pictures.
func (m *member) meets(other *member) (own, theirs client.Comparison) {
	m.t.Helper()
	if err := m.Compare(m.t.Context(), other.Me().Account); err != nil {
		m.t.Fatal(err)
	}
	if k := m.stage(other, client.CompareWaiting); !k.Asked {
		m.t.Errorf("got %+v", k)
	}
	if k := other.stage(m, client.CompareAsked); k.Asked {
		m.t.Errorf("got %+v", k)
	}
	if err := other.AgreeToCompare(m.t.Context(), m.Me().Account); err != nil {
		m.t.Fatal(err)
	}
	return m.stage(other, client.CompareShown), other.stage(m, client.CompareShown)
}

// FEATURES C6: two people compare seven pictures and are verified to each other,
// for good; whoever asks and whoever agrees need two calls each.
func TestTwoPeopleComparePictures(t *testing.T) {
	p := newPlace(t)
	ana, ben := p.join("Ana"), p.join("Ben")
	ana.until("Ana knows Ben", func() bool { x, _ := ana.Person(ben.Me().Account); return x.Pinned })
	one, two := ana.meets(ben)
	if one.Pictures != two.Pictures || one.Pictures == [7]int{} {
		t.Fatalf("%v and %v", one.Pictures, two.Pictures)
	}
	ctx := t.Context()
	if err := ana.TheyMatch(ctx, ben.Me().Account); err != nil {
		t.Fatal(err)
	}
	ana.stage(ben, client.CompareSaid)
	ana.trusts(ben, 0, 0) // one alone is not enough
	if err := ana.TheyMatch(ctx, ben.Me().Account); !errors.Is(err, client.ErrNoComparison) {
		t.Errorf("a second time: %v", err)
	}
	if err := ben.TheyMatch(ctx, ana.Me().Account); err != nil {
		t.Fatal(err)
	}
	ana.stage(ben, client.CompareDone)
	ben.stage(ana, client.CompareDone)
	ana.trusts(ben, client.ByPictures, 0)
	ben.trusts(ana, client.ByPictures, 0)
	for _, m := range []*member{ana, ben} {
		m.reopen()
	}
	ana.trusts(ben, client.ByPictures, 0)
	ben.trusts(ana, client.ByPictures, 0)
	if all := ana.Comparisons(); len(all) != 0 {
		t.Errorf("comparisons survive: %+v", all)
	}
}

// FEATURES C6: the safety number is the same on both sides, and comparing it
// verifies too.
func TestSafetyNumberVerifies(t *testing.T) {
	p := newPlace(t)
	ana, ben := p.join("Ana"), p.join("Ben")
	ctx := t.Context()
	ana.until("Ana knows Ben", func() bool { _, err := ana.SafetyNumber(ben.Me().Account); return err == nil })
	ben.until("Ben knows Ana", func() bool { _, err := ben.SafetyNumber(ana.Me().Account); return err == nil })
	one, two := must(ana.SafetyNumber(ben.Me().Account)), must(ben.SafetyNumber(ana.Me().Account))
	if one != two || len(one) != 71 {
		t.Fatalf("%q and %q", one, two)
	}
	if err := ana.ConfirmNumber(ctx, ben.Me().Account, "00000"+one[5:]); err == nil {
		t.Error("another number was confirmed")
	}
	ana.trusts(ben, 0, 0)
	if err := ana.ConfirmNumber(ctx, ben.Me().Account, one); err != nil {
		t.Fatal(err)
	}
	ana.trusts(ben, client.ByNumber, 0)
	ana.reopen()
	ana.trusts(ben, client.ByNumber, 0)
	if _, err := ana.SafetyNumber(chat.AccountID{9}); err == nil {
		t.Error("a number with nobody")
	}
}

// clock is one that can be set forward.
type clock struct{ ahead atomic.Int64 }

func (c *clock) set(cfg *client.Config) {
	cfg.Now = func() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }
}

func (c *clock) add(d time.Duration) { c.ahead.Add(int64(d)) }

// A comparison ends well or not, and nobody is verified by one that did not.
func TestComparisonsEnd(t *testing.T) {
	p := newPlace(t)
	var clock clock
	ana, ben := p.join("Ana", clock.set), p.join("Ben", clock.set)
	ctx := t.Context()
	a, b := ana.Me().Account, ben.Me().Account
	ana.until("Ana knows Ben", func() bool { x, _ := ana.Person(b); return x.Pinned })
	forget := func() {
		ana.StopComparing(b)
		ben.StopComparing(a)
		clock.add(2 * time.Minute) // whoever was turned away may ask again
	}

	// Ben is busy.
	if err := ana.Compare(ctx, b); err != nil {
		t.Fatal(err)
	}
	ben.stage(ana, client.CompareAsked)
	ben.StopComparing(a)
	if k := ana.stage(ben, client.CompareEnded); k.Late {
		t.Error("that was no lack of time")
	}
	// He is not asked again at once.
	if err := ana.Compare(ctx, b); err != nil {
		t.Fatal(err)
	}
	ana.stage(ben, client.CompareEnded)
	if k, ok := ben.Comparison(a); ok {
		t.Errorf("Ben is asked again: %+v", k)
	}
	forget()

	// Ana takes her question back.
	if err := ana.Compare(ctx, b); err != nil {
		t.Fatal(err)
	}
	ben.stage(ana, client.CompareAsked)
	ana.StopComparing(b)
	ben.until("the question is gone", func() bool { _, ok := ben.Comparison(a); return !ok })
	forget()

	// One goes away while both look.
	ana.meets(ben)
	ana.StopComparing(b)
	ben.stage(ana, client.CompareEnded)
	ana.trusts(ben, 0, 0)
	ben.trusts(ana, 0, 0)
	forget()

	// Nobody says anything for long.
	ana.meets(ben)
	clock.add(client.CompareTime + time.Second)
	for _, m := range []*member{ana, ben} {
		other := map[*member]*member{ana: ben, ben: ana}[m]
		m.stage(other, client.CompareEnded)
	}
	ana.trusts(ben, 0, 0)
	forget()

	// Both ask at once: it is one comparison, and nobody has to agree.
	if err := ana.Compare(ctx, b); err != nil {
		t.Fatal(err)
	}
	if k, ok := ben.Comparison(a); !ok || k.Stage != client.CompareAsked {
		if err := ben.Compare(ctx, a); err != nil {
			t.Fatal(err)
		}
	} else if err := ben.Compare(ctx, a); err != nil { // which agrees
		t.Fatal(err)
	}
	if one, two := ana.stage(ben, client.CompareShown), ben.stage(ana, client.CompareShown); one.Pictures != two.Pictures {
		t.Errorf("%v and %v", one.Pictures, two.Pictures)
	}

	// One has started again in between, and asks anew.
	ben.reopen()
	if err := ben.Compare(ctx, a); !errors.Is(err, client.ErrOffline) && err != nil {
		t.Fatal(err)
	}
	ben.until("Ben is online", func() bool { return ben.State().Phase == client.Online })
	if _, ok := ben.Comparison(a); !ok {
		if err := ben.Compare(ctx, a); err != nil {
			t.Fatal(err)
		}
	}
	ana.stage(ben, client.CompareAsked)
	if err := ana.AgreeToCompare(ctx, b); err != nil {
		t.Fatal(err)
	}
	if one, two := ana.stage(ben, client.CompareShown), ben.stage(ana, client.CompareShown); one.Pictures != two.Pictures {
		t.Errorf("%v and %v", one.Pictures, two.Pictures)
	}

	// They say that the pictures differ: both stop.
	if err := ben.TheyDiffer(ctx, a); err != nil {
		t.Fatal(err)
	}
	ana.stage(ben, client.CompareDiffer)
	ben.stage(ana, client.CompareDiffer)
	ana.trusts(ben, 0, client.NoMatch)
	ben.trusts(ana, 0, client.NoMatch)
	for _, err := range []error{ana.TheyMatch(ctx, b), ana.TheyDiffer(ctx, b), ana.AgreeToCompare(ctx, b)} {
		if !errors.Is(err, client.ErrNoComparison) {
			t.Errorf("afterwards: %v", err)
		}
	}
	if _, err := ana.Direct(ctx, b); !errors.Is(err, client.ErrDoubted) {
		t.Errorf("direct messages begin: %v", err)
	}
	// And try again, with more luck.
	ana.meets(ben)
	if err := errors.Join(ana.TheyMatch(ctx, b), ben.TheyMatch(ctx, a)); err != nil {
		t.Fatal(err)
	}
	ana.trusts(ben, client.ByPictures, 0)
	ben.trusts(ana, client.ByPictures, 0)
}

// A comparison goes on when a device was away for a moment.
func TestComparisonOutlivesConnections(t *testing.T) {
	p := newPlace(t)
	ana, ben := p.join("Ana"), p.join("Ben")
	ctx := t.Context()
	a, b := ana.Me().Account, ben.Me().Account
	ana.until("Ana knows Ben", func() bool { x, _ := ana.Person(b); return x.Pinned })
	p.stop()
	ana.until("Ana is cut off", func() bool { return ana.State().Phase != client.Online })
	if err := ana.Compare(ctx, b); !errors.Is(err, client.ErrOffline) {
		t.Errorf("without a connection: %v", err)
	}
	back := func() {
		p.start()
		for _, m := range []*member{ana, ben} {
			m.Reconnect()
			m.until("online again", func() bool { return m.State().Phase == client.Online })
		}
	}
	back()
	one, two := ana.meets(ben)
	if one.Pictures != two.Pictures {
		t.Fatalf("%v and %v", one.Pictures, two.Pictures)
	}
	p.stop()
	ana.until("Ana is cut off", func() bool { return ana.State().Phase != client.Online })
	ben.until("Ben is cut off", func() bool { return ben.State().Phase != client.Online })
	if err := errors.Join(ana.TheyMatch(ctx, b), ben.TheyMatch(ctx, a)); err != nil {
		t.Fatal(err)
	}
	back()
	ana.trusts(ben, client.ByPictures, 0)
	ben.trusts(ana, client.ByPictures, 0)
}

// intruder is what a host makes up to be somebody: a device with keys of its own.
type intruder struct {
	account   chat.AccountID
	name      string
	identity  identity.PrivateKey
	envelope  identity.PrivateKey
	transport channel.PrivateKey
}

func (e *evilHost) intruder(as *member) *intruder {
	return &intruder{as.Me().Account, as.Me().Name, must(identity.GenerateKey()), must(identity.GenerateKey()), must(channel.GenerateKey())}
}

func (i *intruder) device() chat.DeviceID {
	return chat.DeviceID(identity.NewDeviceID(i.transport.Public().Array()))
}

func (i *intruder) party(place [32]byte) verify.Party {
	return verify.Party{Device: identity.DeviceID(i.device()), Claim: i.identity.Public().Bytes()}
}

// claims shows the intruder's keys to a victim as new ones of somebody, and
// returns the row that does.
func (e *evilHost) claims(i *intruder, victim *member) wire.Row {
	e.t.Helper()
	host := e.cfg.Key.Public().Array()
	cert := must(identity.Certificate{
		Place: host, Identity: i.identity.Public(), Transport: i.transport.Public().Array(), Envelope: i.envelope.Public(), MLS: must(identity.GenerateKey()).Public(), Created: 1,
	}.Sign(i.identity, i.envelope))
	env := wire.Envelope{
		Room: chat.Directory, ID: chat.NewMessageID(), Device: i.device(), Counter: 1, Time: 1, Body: wire.KindIdentity,
		Data: wire.EncodeBody(&wire.AccountEntry{Account: i.account, Name: i.name, Certificate: cert}),
	}
	raw := must(env.Seal())
	before := victim.lastRow(chat.Directory)
	row := wire.Row{Seq: victim.free(), Received: 1, Envelope: raw, Signature: i.envelope.Sign(wire.LabelOpenEnvelope, host[:], raw)}
	e.sends(victim, &wire.Deliver{Room: chat.Directory, Row: row})
	victim.takes(chat.Directory, before)
	return row
}

// letter brings a step of the intruder's to a victim's device.
func (i *intruder) letter(host [32]byte, to chat.DeviceID, step []byte) *wire.Mail {
	return i.note(host, to, append([]byte{1}, step...))
}

func (i *intruder) note(host [32]byte, to chat.DeviceID, body []byte) *wire.Mail {
	address := mail.Address{Place: host, From: identity.DeviceID(i.device()), To: identity.DeviceID(to), Purpose: "verify"}
	return &wire.Mail{ID: chat.NewMessageID(), To: to, From: i.device(), MailKind: wire.MailVerify, Data: must(mail.Sign(i.envelope, address, body))}
}

// steps waits for the step of a comparison that a victim sends to an intruder.
func (e *evilHost) steps(from *member, to *intruder) func() []byte {
	seen := make(chan []byte, 16)
	e.mu.Lock()
	defer e.mu.Unlock()
	older := e.up
	e.up = func(who *member, m wire.Message) []wire.Message {
		if v, ok := m.(*wire.SendMail); ok && who == from && len(v.Mails) == 1 && v.Mails[0].To == to.device() {
			seen <- v.Mails[0].Data[66:] // mark, signature, kind
			e.links[who].Send(wire.Append(nil, &wire.Done{Ref: v.Ref}))
			return nil
		}
		if older != nil {
			return older(who, m)
		}
		return []wire.Message{m}
	}
	return func() []byte {
		e.t.Helper()
		select {
		case b := <-seen:
			return b
		case <-time.After(patience):
			e.t.Fatal("no letter came")
		}
		return nil
	}
}

// FEATURES C6: a host that swaps the keys of two people for its own,
// and passes their comparison on, shows them different pictures; what they say
// then stops their private messages, which nothing but they themselves start again.
func TestHostInBetweenIsSeen(t *testing.T) {
	e := newEvilHost(t)
	ana, ben, cat := e.person("Ana"), e.person("Ben"), e.person("Cat")
	host := e.cfg.Key.Public().Array()
	asAna, asBen := e.intruder(ana), e.intruder(ben)
	e.gap(cat)
	e.claims(asAna, ben)
	e.claims(asBen, ana)
	fromAna, fromBen := e.steps(ana, asBen), e.steps(ben, asAna)
	if err := ana.Compare(t.Context(), ben.Me().Account); err != nil {
		t.Fatal(err)
	}
	toAna, answer, err := verify.Answer(verify.Person, host, asBen.party(host), partyOf(ana), fromAna())
	if err != nil {
		t.Fatal(err)
	}
	toBen, start, err := verify.Start(verify.Person, host, asAna.party(host), partyOf(ben))
	if err != nil {
		t.Fatal(err)
	}
	e.sends(ana, asBen.letter(host, ana.Me().Device, answer))
	e.sends(ben, asAna.letter(host, ben.Me().Device, start))
	ben.stage(ana, client.CompareAsked)
	if err := ben.AgreeToCompare(t.Context(), ana.Me().Account); err != nil {
		t.Fatal(err)
	}
	if _, err := toAna.Handle(fromAna()); err != nil {
		t.Fatal(err)
	}
	reveal, err := toBen.Handle(fromBen())
	if err != nil {
		t.Fatal(err)
	}
	e.sends(ben, asAna.letter(host, ben.Me().Device, reveal))
	one, two := ana.stage(ben, client.CompareShown), ben.stage(ana, client.CompareShown)
	if one.Pictures == two.Pictures {
		t.Fatalf("both see %v", one.Pictures)
	}
	if err := ana.TheyDiffer(t.Context(), ben.Me().Account); err != nil {
		t.Fatal(err)
	}
	ana.trusts(ben, 0, client.NoMatch)
	if _, err := ana.Direct(t.Context(), ben.Me().Account); !errors.Is(err, client.ErrDoubted) {
		t.Errorf("Ana writes to the host: %v", err)
	}
	// A confirmation that the host makes up does not change that, and verifies
	// nobody whose person did not confirm.
	if b, err := toAna.Confirm(); err == nil {
		e.sends(ana, asBen.letter(host, ana.Me().Device, b))
	}
	if b, err := toBen.Confirm(); err == nil {
		e.sends(ben, asAna.letter(host, ben.Me().Device, b))
	}
	ana.reopen()
	ana.trusts(ben, 0, client.NoMatch)
	ben.trusts(ana, 0, 0)
	if a, b := must(ana.SafetyNumber(ben.Me().Account)), must(ben.SafetyNumber(ana.Me().Account)); a == b {
		t.Error("the numbers are the same")
	}
}

// partyOf is a member as others compare with.
func partyOf(m *member) verify.Party {
	keys := must(m.db.Place(context.Background())).Keys
	return verify.Party{Device: identity.DeviceID(m.Me().Device), Claim: must(identity.NewPrivateKey(keys.Identity)).Public().Bytes()}
}

// FEATURES C6: when a host swaps the keys of somebody who was verified, nothing
// that waits or is written is sealed until this person has answered, restarts or
// not; of somebody who was not, a line in the Lobby says so and nothing stops.
func TestChangedKeysStopSending(t *testing.T) {
	e := newEvilHost(t)
	ana, ben, cat, dan := e.person("Ana"), e.person("Ben"), e.person("Cat"), e.person("Dan")
	ctx := t.Context()
	b := ben.Me().Account
	den := must(ana.CreateRoom(ctx, chat.RoomSealed, "Den", ""))
	if err := ana.InviteToRoom(ctx, den, b, cat.Me().Account); err != nil {
		t.Fatal(err)
	}
	cat.is(den, client.RoomJoined)
	own := must(ana.CreateRoom(ctx, chat.RoomSealed, "Own", ""))
	if err := ana.ConfirmNumber(ctx, b, must(ana.SafetyNumber(b))); err != nil {
		t.Fatal(err)
	}
	e.gap(dan)
	e.claims(e.intruder(ben), ana)
	e.gap(dan)
	last := e.claims(e.intruder(cat), ana)
	e.does(func(to *member, m wire.Message) []wire.Message { // it has those rows when she asks again
		if rows, ok := m.(*wire.Rows); ok && to == ana && rows.Room == chat.Directory {
			rows.Rows = slices.DeleteFunc(rows.Rows, func(r wire.Row) bool { return r.Seq <= last.Seq })
			rows.Rows = append([]wire.Row{last}, rows.Rows...)
		}
		return []wire.Message{m}
	})
	ana.trusts(ben, 0, client.KeysChanged)
	ana.trusts(cat, 0, 0)
	lines := map[string]int{}
	for _, m := range ana.page() {
		if m.Kind == client.LineIdentity {
			lines[m.Name]++
		}
	}
	if lines["Ben"] != 1 || lines["Cat"] != 1 {
		t.Errorf("lines about new keys: %v", lines)
	}
	sealed := make(chan chat.RoomID, 64)
	e.mu.Lock()
	e.up = func(from *member, m wire.Message) []wire.Message {
		if post, ok := m.(*wire.Post); ok && from == ana {
			if env := must(wire.ParseEnvelope(post.Envelope)); env.Body == wire.KindSealed {
				sealed <- env.Room
			}
		}
		return []wire.Message{m}
	}
	e.mu.Unlock()
	ana.sayIn(den, "the plan")
	ana.sayIn(own, "a note") // nobody doubtful is in there
	ana.hearsIn(own, "Ana: a note")
	for range 2 {
		if got := ana.textsIn(den); got != "(Ana: the plan)" {
			t.Errorf("in the room: %s", got)
		}
		if r := must(ana.Room(ctx, den)); len(r.Held) != 1 || r.Held[0] != b {
			t.Errorf("held by %v", r.Held)
		}
		if err := ana.InviteToRoom(ctx, own, b); !errors.Is(err, client.ErrDoubted) {
			t.Errorf("brought into another room: %v", err)
		}
		e.again(ana)
		ana.trusts(ben, 0, client.KeysChanged)
		ana.sayIn(own, "more")
		ana.until("more is on the host", func() bool { return !strings.Contains(ana.textsIn(own), "(") })
	}
	for len(sealed) > 0 {
		if room := <-sealed; room != own {
			t.Error("something was sealed for the room")
		}
	}
	if err := ana.WriteAnyway(ctx, b); err != nil {
		t.Fatal(err)
	}
	ana.trusts(ben, 0, 0)
	ana.hearsIn(den, "Ana: the plan")
	if r := must(ana.Room(ctx, den)); len(r.Held) != 0 {
		t.Errorf("held by %v", r.Held)
	}
}

// guest registers by a link that a member made.
func (p *place) guest(link, name string, edit ...func(*client.Config)) *member {
	p.t.Helper()
	m := newMember(p.t, p.t.TempDir(), edit...)
	if err := m.Register(p.t.Context(), *must(wire.ParseLink(link)), name, "four words are enough"); err != nil {
		p.t.Fatalf("%s registers: %v", name, err)
	}
	m.until(name+" is online", func() bool { return m.State().Phase == client.Online })
	return m
}

// FEATURES C7: who comes by a personal link is verified by it on both sides, with
// no further step, also if its maker comes back later; a link for several people
// verifies nobody.
func TestPersonalLinkVerifiesBothSides(t *testing.T) {
	p := newPlace(t)
	ana := p.join("Ana")
	ctx := t.Context()
	several := must(ana.CreateInvite(ctx, client.InviteOptions{Uses: 5}))
	first := must(ana.CreateInvite(ctx, client.InviteOptions{Uses: 1}))
	second := must(ana.CreateInvite(ctx, client.InviteOptions{Uses: 1}))
	ben := p.guest(first.Link, "Ben")
	ben.trusts(ana, client.ByInvite, 0)
	ana.trusts(ben, client.ByInvite, 0)
	cat := p.guest(several.Link, "Cat")
	ana.stop() // she is away while the next one comes
	dan := p.guest(second.Link, "Dan")
	dan.until("Dan knows Ben", func() bool { x, _ := dan.Person(ben.Me().Account); return x.Pinned })
	dan.trusts(ben, 0, 0)
	ana.open()
	ana.trusts(dan, client.ByInvite, 0)
	dan.trusts(ana, client.ByInvite, 0)
	dan.reopen()
	for _, m := range []*member{ben, dan} {
		m.trusts(ana, client.ByInvite, 0)
		if by := must(m.BroughtBy(ctx)); by != ana.Me().Account {
			t.Errorf("%s was invited by %v, want Ana", m.Me().Name, by)
		}
	}
	for _, m := range []*member{ana, cat} {
		if by := must(m.BroughtBy(ctx)); !by.IsZero() {
			t.Errorf("%s was invited by %v, want nobody", m.Me().Name, by)
		}
	}
	ana.until("Ana knows Cat", func() bool { x, _ := ana.Person(cat.Me().Account); return x.Pinned })
	ana.trusts(cat, 0, 0)
	cat.trusts(ana, 0, 0)
	// Comparing is more, and an invite takes nothing of it away.
	if err := ana.ConfirmNumber(ctx, ben.Me().Account, must(ana.SafetyNumber(ben.Me().Account))); err != nil {
		t.Fatal(err)
	}
	ana.trusts(ben, client.ByNumber, 0)
}

// FEATURES C7: a host that puts somebody else in the place of who was invited, or
// of the inviter, makes nobody verified: it has no proof of the link's secret.
func TestHostCannotUseAPersonalLink(t *testing.T) {
	e := newEvilHost(t)
	ana, cat := e.person("Ana"), e.person("Cat")
	host := e.cfg.Key.Public().Array()
	link := must(ana.CreateInvite(t.Context(), client.InviteOptions{Uses: 1}))
	ben := e.place.guest(link.Link, "Ben") // by the honest host, so that Ana has him by name
	ana.trusts(ben, client.ByInvite, 0)
	other := must(ana.CreateInvite(t.Context(), client.InviteOptions{Uses: 1}))
	e.gap(cat)
	as := e.intruder(cat)
	e.claims(as, ana)
	anaKey := must(identity.NewPrivateKey(must(ana.db.Place(t.Context())).Keys.Identity)).Public()
	answered := e.steps(ana, as)
	var dones atomic.Int64 // letters that Ana has taken
	e.mu.Lock()
	answers := e.up
	e.up = func(who *member, m wire.Message) []wire.Message {
		if _, ok := m.(*wire.MailDone); ok && who == ana {
			dones.Add(1)
		}
		return answers(who, m)
	}
	e.mu.Unlock()
	var secret identity.InviteSecret // what a host can do without it is to guess
	proves := func(invite [32]byte, proof [32]byte) {
		e.sends(ana, as.note(host, ana.Me().Device, slices.Concat([]byte{3}, invite[:], []byte{identity.RoleInvitee}, proof[:])))
	}
	proves(other.ID, identity.InviteProof(secret, identity.RoleInvitee, anaKey, as.identity.Public(), host))
	proves(other.ID, [32]byte{})
	// The true secret, but of a link that somebody else has used.
	used := must(wire.ParseLink(link.Link))
	proves(link.ID, identity.InviteProof(identity.InviteSecret(used.Secret), identity.RoleInvitee, anaKey, as.identity.Public(), host))
	// The right one: all else was refused for what it says, not for how it came.
	fresh := must(wire.ParseLink(other.Link))
	proof := identity.InviteProof(identity.InviteSecret(fresh.Secret), identity.RoleInvitee, anaKey, as.identity.Public(), host)
	proves(other.ID, identity.InviteProof(identity.InviteSecret(fresh.Secret), identity.RoleInviter, anaKey, as.identity.Public(), host))
	ana.until("Ana has taken all letters", func() bool { return dones.Load() == 4 })
	ana.trusts(cat, 0, 0)
	proves(other.ID, proof)
	answered()
	ana.trusts(cat, client.ByInvite, 0)
}
