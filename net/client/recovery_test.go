package client_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/snugchat/snug/crypto/channel"
	"github.com/snugchat/snug/crypto/group"
	"github.com/snugchat/snug/crypto/mls"
	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/net/link"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// stocked lets somebody come in, whom others can add to private rooms.
func (p *place) stocked(name string) *member {
	p.t.Helper()
	m := p.join(name)
	m.until("others can add "+name, m.Stocked)
	return m
}

// words returns the words of a kit as a person types them.
func words(k *client.Kit) string { return strings.Join(k.Words(), " ") }

// recovered brings somebody back on a clean computer by what they typed, in the
// place of a lost one.
func (p *place) recovered(typed string, lost chat.DeviceID, edit ...func(*client.Config)) *member {
	p.t.Helper()
	code := must(client.ParseCode(typed))
	l, known := code.Link()
	if !known {
		l = wire.Link{Addresses: []string{p.addr}} // a bare address: the kit proves the place
	}
	m := newMember(p.t, p.t.TempDir(), edit...)
	found, err := m.FindLost(p.t.Context(), code, l)
	if err != nil {
		p.t.Fatal(err)
	}
	if lost == (chat.DeviceID{}) {
		lost = found.Devices[0].ID
	}
	ok(p.t, m.Recover(p.t.Context(), found, lost))
	m.until("back by a recovery kit", func() bool { return m.State().Phase == client.Online })
	return m
}

// another makes one more device of a person, which holds the identity key too, or
// not.
func (p *place) another(m *member, key bool) *member {
	p.t.Helper()
	kit := must(m.MakeKit(p.t.Context()))
	second := p.recovered(words(kit), chat.DeviceID{1}) // one that is not there: nothing is revoked
	if key {
		return second
	}
	second.stop()
	second.load()
	place := must(second.db.Place(p.t.Context()))
	place.Keys.Identity, place.Replaces = nil, chat.DeviceID{}
	ok(p.t, second.db.SavePlace(p.t.Context(), place))
	ok(p.t, second.db.Close())
	second.open()
	second.until("it is back", func() bool { return second.State().Phase == client.Online })
	return second
}

// FEATURES B5, B2: all devices of a person are gone. By the words of the recovery
// kit a clean computer has the same identity, takes the place of the lost one in
// rooms of which nobody else is an admin, and nobody sees other keys.
func TestB5RecoveryOnACleanComputer(t *testing.T) {
	for _, by := range []string{"words", "letters", "file"} {
		t.Run(by, func(t *testing.T) {
			p := newPlace(t)
			ana, ben, cat := p.stocked("Ana"), p.stocked("Ben"), p.stocked("Cat")
			ok(t, ana.RenameDevice(t.Context(), ana.Me().Device, "the blue laptop"))
			den := must(ana.CreateRoom(t.Context(), chat.RoomSealed, "Den", "of us"))
			ok(t, ana.InviteToRoom(t.Context(), den, ben.Me().Account, cat.Me().Account))
			direct := must(ana.Direct(t.Context(), ben.Me().Account))
			ben.is(den, client.RoomJoined)
			cat.is(den, client.RoomJoined)
			ben.is(direct, client.RoomRequest)
			ok(t, ben.AcceptRoom(t.Context(), direct))
			ana.sayIn(den, "before")
			ben.hearsIn(den, "Ana: before")
			kit := must(ana.MakeKit(t.Context()))
			lost := ana.Me()
			ana.stop()
			typed := map[string]string{"words": words(kit), "letters": kit.Letters(), "file": "Kit of Ana\n" + kit.Block()}[by]
			code := must(client.ParseCode(typed))
			look := newMember(t, t.TempDir())
			found, err := look.FindLost(t.Context(), code, wire.Link{Addresses: []string{p.addr}})
			if err != nil || found.Name != "Ana" || len(found.Devices) != 1 || found.Devices[0].Name != "the blue laptop" || found.Devices[0].ID != lost.Device || found.Made != lost.Device {
				t.Fatalf("found %q %+v, %v", found.Name, found.Devices, err)
			}
			again := p.recovered(typed, lost.Device)
			if me := again.Me(); me.Account != lost.Account || me.Device == lost.Device || me.Name != "Ana" {
				t.Errorf("is %+v", me)
			}
			if r := again.is(den, client.RoomJoined); r.Name != "Den" || !r.Admin || r.Topic != "of us" {
				t.Errorf("the room is %+v", r)
			}
			if r := again.is(direct, client.RoomJoined); r.Peer != ben.Me().Account {
				t.Errorf("the direct messages are with %v", r.Peer)
			}
			again.sayIn(den, "I am back")
			again.sayIn(direct, "with you too")
			ben.hearsIn(den, "Ana: before | Ana: I am back")
			cat.hearsIn(den, "Ana: before | Ana: I am back")
			ben.hearsIn(direct, "Ana: with you too")
			ben.sayIn(den, "welcome")
			again.hearsIn(den, "Ana: I am back | Ben: welcome")
			for _, m := range []*member{again, ben, cat} {
				if got := m.peopleIn(den); got != "Ana* Ben Cat" {
					t.Errorf("people %q", got)
				}
				if who, _ := m.Person(lost.Account); !who.Changed.IsZero() || !who.Pinned {
					t.Errorf("keys of Ana: %+v", who)
				}
			}
			again.untilOr("the lost one is signed out", func() bool { return again.devices() == "*#+" }, again.devices)
			ana.open()
			ana.until("the lost one is out", func() bool { return ana.State().Phase == client.Stopped })
			if got := ana.textsIn(den); got != "Ana: before" {
				t.Errorf("the lost one reads %q", got)
			}
		})
	}
}

// FEATURES B5: a room comes back once, whichever is first: the own commit by what a
// member told, or a Welcome of an admin. Here the host keeps that commit back until
// the Welcome has come, and gives it on afterwards.
func TestB5WelcomeBeforeTheOwnCommit(t *testing.T) {
	e := newEvilHost(t)
	ana := e.place.stocked("Ana")
	ben := e.person("Ben")
	den := must(ben.CreateRoom(t.Context(), chat.RoomSealed, "Den", ""))
	ok(t, ben.InviteToRoom(t.Context(), den, ana.Me().Account))
	ana.is(den, client.RoomJoined)
	ben.sayIn(den, "before")
	ana.hearsIn(den, "Ben: before")
	kit, lost := must(ana.MakeKit(t.Context())), ana.Me().Device
	ana.stop()
	ben.stop() // nobody can tell how to come in, until the host is evil
	again := e.comes(func(edit func(*client.Config)) *member { return e.recovered(words(kit), lost, edit) })
	again.is(den, client.RoomReturning)
	var own, packages []wire.Message // of the one who comes back, and what Ben needs to bring it in
	welcomed, given := false, false
	e.mu.Lock() // held while the functions run
	e.up = func(from *member, m wire.Message) []wire.Message {
		p, is := m.(*wire.Post)
		switch {
		case from != again:
		case is && !welcomed && must(wire.ParseEnvelope(p.Envelope)).Room == den:
			own = append(own, m)
			for _, m := range packages {
				ok(t, e.links[ben].Send(wire.Append(nil, m)))
			}
			packages = nil
			return nil
		case is && welcomed && slices.ContainsFunc(own, func(o wire.Message) bool { return bytes.Equal(o.(*wire.Post).Envelope, p.Envelope) }):
			t.Error("what was given up is sent again")
		case welcomed && !given:
			given = true
			return append(slices.Clone(own), m)
		}
		return []wire.Message{m}
	}
	e.down = func(to *member, m wire.Message) []wire.Message {
		switch v := m.(type) {
		case *wire.KeyPackages:
			if to == ben && len(own) == 0 {
				packages = append(packages, m)
				return nil
			}
		case *wire.Mail:
			welcomed = welcomed || to == again && v.MailKind == wire.MailWelcome
		}
		return []wire.Message{m}
	}
	e.mu.Unlock()
	ben.open()
	again.is(den, client.RoomJoined)
	e.mu.Lock()
	if len(own) == 0 || !welcomed {
		t.Errorf("%d own commits were kept back, the welcome came: %v", len(own), welcomed)
	}
	e.mu.Unlock()
	again.sayIn(den, "I am back")
	ben.untilOr("Ben hears it", func() bool { return ben.textsIn(den) == "Ben: before | Ana: I am back" }, func() string { return ben.textsIn(den) })
	ben.sayIn(den, "welcome")
	again.hearsIn(den, "Ana: I am back | Ben: welcome")
	e.again(again) // connected anew, with what is left in its outbox
	again.sayIn(den, "still here")
	ben.untilOr("Ben hears that too", func() bool { return strings.HasSuffix(ben.textsIn(den), "Ana: still here") }, func() string { return ben.textsIn(den) })
}

// FEATURES B6: a device that was signed out reads nothing after the next commit,
// which comes at once: with its keys and everything that the host stores.
func TestB6SignedOutDeviceReadsNothingMore(t *testing.T) {
	e := newEvilHost(t)
	p := e.place
	ana, ben := e.person("Ana"), e.person("Ben")
	den := must(ana.CreateRoom(t.Context(), chat.RoomSealed, "Den", ""))
	ok(t, ana.InviteToRoom(t.Context(), den, ben.Me().Account))
	ben.is(den, client.RoomJoined)
	laptop := p.another(ana, false)
	laptop.is(den, client.RoomJoined)
	ben.sayIn(den, "for all")
	laptop.hearsIn(den, "Ben: for all")
	if got := laptop.devices(); got != "# *+" && got != "#+ *+" {
		t.Errorf("the laptop lists %q", got)
	}
	if err := laptop.SignOut(t.Context(), ana.Me().Device); !errors.Is(err, client.ErrNoIdentity) {
		t.Errorf("a device without the identity signs another one out: %v", err)
	}
	out := laptop.Me().Device
	ok(t, ana.RenameDevice(t.Context(), out, "laptop"))
	ana.untilOr("both are listed", func() bool { return ana.devices() == "*#+ laptop+" }, ana.devices)
	ok(t, ana.SignOut(t.Context(), out))
	laptop.until("the laptop hears that it is out", func() bool {
		return laptop.State().Phase == client.Stopped && client.CodeOf(laptop.State().Err) == wire.CodeSignedOut
	})
	for _, m := range []*member{ana, ben} {
		m.untilOr("it is out of the room", func() bool {
			return strings.HasSuffix(m.changesIn(den), ": gone Ana")
		}, func() string { return m.changesIn(den) })
	}
	all := e.records()
	ben.sayIn(den, "not for the laptop")
	ana.hearsIn(den, "Ben: for all | Ben: not for the laptop")
	// With the host's help it gets the rows all the same: they do not open.
	rows := rowsIn(all(), den, wire.KindSealed)
	if len(rows) == 0 {
		t.Fatal("no row came by")
	}
	if opened := p.opensRows(laptop, den, rows); opened != 0 {
		t.Errorf("%d of %d rows opened with the keys of the device that was signed out", opened, len(rows))
	}
	if got := ana.devices(); got != "*#+" {
		t.Errorf("devices %q", got)
	}
}

// opensRows tries all rows of a room with the keys that a device has on its disk, and
// returns how many say something to it.
func (p *place) opensRows(m *member, room chat.RoomID, rows []wire.Row) (opened int) {
	p.t.Helper()
	place := must(m.db.Place(p.t.Context()))
	_, devices, _, err := m.db.People(p.t.Context())
	ok(p.t, err)
	me := m.Me().Device
	i := slices.IndexFunc(devices, func(d clientdb.Device) bool { return d.ID == me })
	signer := must(mls.NewSigningKey(group.Suite, place.Keys.MLS[:]))
	device := must(group.NewDevice(place.Host, devices[i].Certificate, signer, time.Now))
	tx := m.db.GroupTx(p.t.Context())
	g := must(device.Load(tx, wire.GroupID(place.Host, room)))
	for _, row := range rows {
		env := must(wire.ParseEnvelope(row.Envelope))
		body, _ := must(wire.ParseBody(env.Body, env.Data)).(*wire.Sealed)
		if event, err := g.Process(tx, group.Message, env.Header(), body.Message); err == nil && event.Kind == group.Message {
			opened++
		}
	}
	return opened
}

// A device without the identity key signs itself out: the host lets it in no
// more, and the one that has the key revokes it by itself.
func TestSignOutOfOneself(t *testing.T) {
	p := newPlace(t)
	ana, ben := p.stocked("Ana"), p.stocked("Ben")
	den := must(ana.CreateRoom(t.Context(), chat.RoomSealed, "Den", ""))
	ok(t, ana.InviteToRoom(t.Context(), den, ben.Me().Account))
	ben.is(den, client.RoomJoined)
	laptop := p.another(ana, false)
	laptop.is(den, client.RoomJoined)
	ana.stop()
	ok(t, laptop.SignOut(t.Context(), laptop.Me().Device))
	laptop.until("it is out", func() bool { return client.CodeOf(laptop.State().Err) == wire.CodeSignedOut })
	ana.open()
	ana.untilOr("the one with the key has revoked it", func() bool { return ana.devices() == "*#+" }, ana.devices)
	ben.untilOr("it is out of the room", func() bool { return strings.HasSuffix(ben.changesIn(den), ": gone Ana") }, func() string { return ben.changesIn(den) })
}

// The identity key comes to a device that is there already, by the kit: then it can
// sign others out.
func TestTakeIdentity(t *testing.T) {
	p := newPlace(t)
	ana, ben := p.stocked("Ana"), p.stocked("Ben")
	laptop := p.another(ana, false)
	if _, err := laptop.MakeKit(t.Context()); !errors.Is(err, client.ErrNoIdentity) {
		t.Errorf("a kit without the identity: %v", err)
	}
	others := must(ben.MakeKit(t.Context()))
	if err := laptop.TakeIdentity(t.Context(), must(client.ParseCode(words(others)))); !errors.Is(err, client.ErrNewIdentity) {
		t.Errorf("the kit of somebody else: %v", err)
	}
	kit := must(ana.MakeKit(t.Context()))
	ok(t, laptop.TakeIdentity(t.Context(), must(client.ParseCode(words(kit)))))
	ok(t, laptop.SignOut(t.Context(), ana.Me().Device))
	ana.until("the first one is out", func() bool { return client.CodeOf(ana.State().Err) == wire.CodeSignedOut })
}

// A newer kit ends the older one, and a new identity ends all; a kit of a place
// that was found by a bare address proves that place.
func TestWhatAKitDoesNotOpen(t *testing.T) {
	p := newPlace(t)
	ana := p.stocked("Ana")
	first := must(ana.MakeKit(t.Context()))
	second := must(ana.MakeKit(t.Context()))
	clean := newMember(t, t.TempDir())
	bare := wire.Link{Addresses: []string{p.addr}}
	if _, err := clean.FindLost(t.Context(), must(client.ParseCode(words(first))), bare); client.CodeOf(err) != wire.CodeNoKit {
		t.Errorf("the older kit: %v", err)
	}
	other := newPlace(t)
	file := must(client.ParseCode(second.Block()))
	if _, err := clean.FindLost(t.Context(), file, wire.Link{Addresses: []string{other.addr}}); !errors.Is(err, client.ErrOtherKit) {
		t.Errorf("another place: %v", err)
	}
	l, _ := file.Link()
	l.Addresses = []string{other.addr}
	if _, err := clean.FindLost(t.Context(), file, l); !errors.Is(err, client.ErrWrongHost) {
		t.Errorf("an impostor: %v", err)
	}
	if _, err := clean.FindLost(t.Context(), must(client.ParseCode(words(second))), bare); err != nil {
		t.Errorf("the kit: %v", err)
	}
}

// fakeHost has the place's key and answers Recover as it likes.
func fakeHost(t *testing.T, key channel.PrivateKey, answer func(*wire.Recover) wire.Message) string {
	t.Helper()
	l := must(net.Listen("tcp", "127.0.0.1:0"))
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer nc.Close()
				conn, err := channel.Server(context.Background(), nc, key)
				if err != nil {
					return
				}
				a := link.New(conn, slog.New(slog.DiscardHandler))
				_ = a.Run(context.Background(), func(b []byte) error {
					switch m := must(wire.Parse(b)).(type) {
					case *wire.Hello:
						return a.Send(wire.Append(nil, &wire.Welcome{Version: 1, Program: "evil"}))
					case *wire.Recover:
						return a.Send(wire.Append(nil, answer(m)))
					}
					return nil
				})
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		wg.Wait()
	})
	return l.Addr().String()
}

// The host swaps the backup, shows an older one, or refuses: the program notices,
// and with the file needs none of it.
func TestHostSwapsTheBackup(t *testing.T) {
	p := newPlace(t)
	ana, eve := p.stocked("Ana"), p.stocked("Eve")
	kits := map[string]*client.Kit{"older": must(ana.MakeKit(t.Context())), "eve's": must(eve.MakeKit(t.Context())), "ana's": must(ana.MakeKit(t.Context()))}
	backups := make(map[string][]byte)
	for name, k := range kits {
		backups[name] = must(wire.ParseKit([]byte(k.Block()))).Backup
	}
	var mu sync.Mutex
	var give []byte
	addr := fakeHost(t, p.cfg.Key, func(m *wire.Recover) wire.Message {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case len(m.Token) > 0 && give != nil:
			return &wire.Recovery{Backup: give}
		case len(m.Token) > 0:
			return &wire.Failure{Code: wire.CodeNoKit}
		}
		return &wire.Recovery{Account: chat.AccountID{1}, Name: "Ana", Devices: []wire.DeviceInfo{{ID: chat.DeviceID{9}, Certificate: []byte("none")}}}
	})
	clean := newMember(t, t.TempDir())
	at := wire.Link{Addresses: []string{addr}, Host: p.cfg.Key.Public().Array()}
	code := must(client.ParseCode(words(kits["ana's"])))
	for what, c := range map[string]struct {
		backup []byte
		want   error
	}{
		"somebody else's": {backups["eve's"], client.ErrOtherKit},
		"an older one":    {backups["older"], client.ErrOtherKit},
		"junk":            {[]byte("junk"), client.ErrOtherKit},
		"the right one":   {backups["ana's"], nil},
	} {
		mu.Lock()
		give = c.backup
		mu.Unlock()
		got, err := clean.FindLost(t.Context(), code, at)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", what, err, c.want)
		}
		if err == nil && len(got.Devices) > 0 {
			t.Errorf("%s: a device without a certificate is shown: %+v", what, got.Devices)
		}
	}
	mu.Lock()
	give = nil
	mu.Unlock()
	if _, err := clean.FindLost(t.Context(), code, at); client.CodeOf(err) != wire.CodeNoKit {
		t.Errorf("refused: %v", err)
	}
	if _, err := clean.FindLost(t.Context(), must(client.ParseCode(kits["ana's"].Block())), at); err != nil {
		t.Errorf("the file needs no backup of the host: %v", err)
	}
}

func TestMistypedKit(t *testing.T) {
	p := newPlace(t)
	kit := must(p.stocked("Ana").MakeKit(t.Context()))
	typed := kit.Words()
	wrong := slices.Clone(typed)
	wrong[6] = "xylophonium"
	_, err := client.ParseCode(strings.Join(wrong, " "))
	word, is := errors.AsType[*client.WordError](err)
	if !is || word.N != 7 || !errors.Is(err, client.ErrCodeWrong) || strings.Contains(err.Error(), "xylo") {
		t.Errorf("a word that is none: %v", err)
	}
	swapped := slices.Clone(typed)
	swapped[1], swapped[2] = swapped[2], swapped[1]
	if _, err := client.ParseCode(strings.Join(swapped, " ")); err == nil && swapped[1] != swapped[2] {
		t.Log("two words swapped: the check of 5 bits missed it, the backup will not open")
	}
	for _, text := range []string{"", "hello", strings.Join(typed[:14], " "), "-----BEGIN SNUG RECOVERY KIT-----"} {
		if _, err := client.ParseCode(text); !errors.Is(err, client.ErrNoCode) {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, s := range []string{fmt.Sprint(kit), fmt.Sprintf("%+v", kit), fmt.Sprintf("%+v", must(client.ParseCode(words(kit))))} {
		if s != "[secret]" {
			t.Errorf("a kit prints as %q", s)
		}
	}
}

// FEATURES B4: an admin's code after a reset, on a computer that still has the
// identity: what was written in private stays readable, the rooms come back,
// although nobody else is an admin there, and nobody sees other keys.
func TestB4ResetWithADevice(t *testing.T) {
	p := newPlace(t)
	ana := p.stocked("Ana")
	link := p.link(host.Command{Role: chat.Member, Uses: 5})
	ben := newMember(t, t.TempDir())
	ok(t, ben.Register(t.Context(), link, "Ben", "a long enough password"))
	ben.until("Ben is online", func() bool { return ben.State().Phase == client.Online })
	den := must(ben.CreateRoom(t.Context(), chat.RoomSealed, "Den", ""))
	ok(t, ben.InviteToRoom(t.Context(), den, ana.Me().Account))
	ana.is(den, client.RoomJoined)
	ben.sayIn(den, "secret")
	ana.hearsIn(den, "Ben: secret")
	old := ben.Me().Device
	code, _, err := ana.ResetPassword(t.Context(), ben.Me().Account)
	ok(t, err)
	ok(t, ben.LeaveHost(t.Context()))
	ben.until("Ben is signed out", func() bool { return ben.State().Phase == client.Stopped })
	ok(t, ben.Reset(t.Context(), link, "Ben", code, "another long password"))
	ben.until("Ben is back", func() bool { return ben.State().Phase == client.Online })
	if ben.Me().Device == old {
		t.Error("it is the old device")
	}
	ben.is(den, client.RoomJoined)
	ana.sayIn(den, "there you are")
	ben.sayIn(den, "yes")
	for _, m := range []*member{ana, ben} {
		m.untilOr("all is there", func() bool {
			return strings.HasSuffix(m.textsIn(den), "Ana: there you are | Ben: yes") || strings.HasSuffix(m.textsIn(den), "Ben: yes | Ana: there you are")
		}, func() string { return m.textsIn(den) })
		if got := m.textsIn(den); !strings.HasPrefix(got, "Ben: secret | ") || strings.Contains(got, "!") {
			t.Errorf("what was written before: %q", got)
		}
	}
	if who, _ := ana.Person(ben.Me().Account); !who.Changed.IsZero() {
		t.Errorf("keys of Ben changed at %v", who.Changed)
	}
}
