package host_test

import (
	"errors"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/net/link"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// TestBan covers L1: who is banned is out within a second, with name and reason,
// and stays out after a restart.
func TestBan(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite)
	olga := p.owner()
	tom, mia := p.newcomer("Tom", host.Command{}), p.newcomer("Mia", host.Command{})
	tom.live(chat.Lobby)
	mia.live(chat.Lobby)
	began := time.Now()
	olga.send(&wire.Admin{Ref: 1, Action: wire.ActionBan, Account: tom.who.account, Reason: "threw things"})
	bye := tom.ended(patience)
	if took := time.Since(began); took > soon {
		t.Errorf("out after %v", took)
	}
	if want := (wire.Goodbye{Code: wire.CodeBanned, By: "Olga", Reason: "threw things"}); *bye != want {
		t.Errorf("goodbye %+v, want %+v", bye, want)
	}
	// The others hear it: moderators as a ban, members as one who is gone.
	saw := func(c *client) chat.AccountState {
		for {
			for _, who := range expect[*wire.People](c).People {
				if who.Account == tom.who.account && who.State != chat.Active {
					return who.State
				}
			}
		}
	}
	if got := saw(olga); got != chat.Banned {
		t.Errorf("the owner sees state %d", got)
	}
	if got := saw(mia); got != chat.Removed {
		t.Errorf("a member sees state %d", got)
	}
	for range 2 {
		if bye := p.connect(tom.who, nil).ended(patience); bye.Code != wire.CodeBanned || bye.Reason != "threw things" || bye.By != "Olga" {
			t.Errorf("at the door: %+v", bye)
		}
		p.restart()
	}
	olga = p.back(olga.who)
	olga.send(&wire.Admin{Ref: 2, Action: wire.ActionUnban, Account: tom.who.account})
	expect[*wire.Done](olga)
	p.back(tom.who)
}

// TestTimedBan covers L1: a ban with an end ends.
func TestTimedBan(t *testing.T) {
	var mu sync.Mutex
	now := time.Now()
	p := newPlace(t, chat.JoinByInvite, func(p *place) {
		p.cfg.Now = func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	})
	olga := p.owner()
	tom := p.newcomer("Tom", host.Command{})
	until := now.Add(time.Hour).UnixMilli()
	olga.send(&wire.Admin{Ref: 1, Action: wire.ActionBan, Account: tom.who.account, Until: until})
	if bye := tom.ended(patience); bye.Until != until {
		t.Errorf("until %d, want %d", bye.Until, until)
	}
	mu.Lock()
	now = now.Add(59 * time.Minute)
	mu.Unlock()
	if bye := p.connect(tom.who, nil).ended(patience); bye.Code != wire.CodeBanned || bye.Until != until {
		t.Errorf("before its end: %+v", bye)
	}
	mu.Lock()
	now = now.Add(time.Minute)
	mu.Unlock()
	p.back(tom.who)
	for {
		who := expect[*wire.People](olga).People
		if len(who) == 1 && who[0].Account == tom.who.account && who[0].State == chat.Active && who[0].Online == false {
			break
		}
	}
}

// TestRemove covers L1, and that the last owner stays.
func TestRemove(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite)
	olga := p.owner()
	tom := p.newcomer("Tom", host.Command{})
	if _, err := p.host.Do(t.Context(), host.Command{Verb: host.VerbRemove, Name: "Olga"}); !isRefused(err, wire.CodeLastOwner) {
		t.Errorf("the last owner: %v", err)
	}
	tom.send(&wire.Admin{Ref: 3, Action: wire.ActionRemove, Account: olga.who.account})
	if f := expectCode(tom, wire.CodeNotAllowed); f.Ref != 3 {
		t.Errorf("failure of request %d", f.Ref)
	}
	p.do(host.Command{Verb: host.VerbRemove, Name: " tom ", Reason: "moved away"})
	if bye := tom.ended(patience); bye.Code != wire.CodeRemoved || bye.By != "" || bye.Reason != "moved away" {
		t.Errorf("goodbye %+v", bye)
	}
	if bye := p.connect(tom.who, nil).ended(patience); bye.Code != wire.CodeRemoved {
		t.Errorf("at the door: %+v", bye)
	}
	// Nobody takes the name of one who was removed.
	token := p.token(host.Command{})
	other := p.connect(newPerson("Tom"), token)
	expect[*wire.Welcome](other)
	other.send(&wire.Register{Name: "Tom", Token: token, Request: anyRequest()})
	expectCode(other, wire.CodeNameTaken)
}

func isRefused(err error, code wire.Code) bool {
	var r *host.RefusedError
	return errors.As(err, &r) && r.Code == code
}

// TestRoleChange covers E5 while connected: the person hears it, may do more at
// once, and sees what moderators see.
func TestRoleChange(t *testing.T) {
	p := newPlace(t, chat.JoinByApproval)
	olga := p.owner()
	mia := p.connect(newPerson("Mia"), nil)
	expect[*wire.Welcome](mia)
	mia.register(nil)
	p.do(host.Command{Verb: host.VerbApprove, Name: "Mia"})
	expect[*wire.Session](mia)
	mia.settle()
	waiting := p.connect(newPerson("Nils"), nil)
	expect[*wire.Welcome](waiting)
	waiting.register(nil)
	olga.send(&wire.Admin{Ref: 1, Action: wire.ActionSetRole, Account: mia.who.account, Role: chat.Moderator})
	expect[*wire.Done](olga)
	if s := expect[*wire.Session](mia); s.Role != chat.Moderator {
		t.Errorf("role %v, want moderator", s.Role)
	}
	sees := false
	for {
		list := expect[*wire.People](mia)
		for _, who := range list.People {
			sees = sees || (who.Name == "Nils" && who.State == chat.Waiting)
		}
		if list.Last {
			break
		}
	}
	if !sees {
		t.Error("a new moderator does not see who waits")
	}
	mia.send(&wire.Admin{Ref: 2, Action: wire.ActionApprove, Account: waiting.who.account})
	if d := expect[*wire.Done](mia); d.Ref != 2 {
		t.Errorf("done %+v", d)
	}
	expect[*wire.Session](waiting)
}

// TestPlaceSettings covers F5 and B3: an admin changes the place, everyone hears.
func TestPlaceSettings(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite)
	olga := p.owner()
	mia := p.newcomer("Mia", host.Command{})
	mia.send(&wire.ChangePlace{Ref: 1, Name: "Mine now", Mode: chat.JoinOpen, MaxFile: 1})
	expectCode(mia, wire.CodeNotAllowed)
	olga.send(&wire.ChangePlace{Ref: 2, Name: "  Our   class ", Mode: chat.JoinOpen, MaxFile: 12345})
	expect[*wire.Done](olga)
	if m := expect[*wire.Place](mia); m.Name != "Our class" || m.Mode != chat.JoinOpen || m.MaxFile != 12345 || m.Owner != "Olga" {
		t.Errorf("a member hears %+v", m)
	}
	p.restart()
	if got, want := p.host.Place(), (chat.Place{Name: "Our class", Mode: chat.JoinOpen, MaxFile: 12345}); got != want {
		t.Errorf("after a restart %+v, want %+v", got, want)
	}
}

// TestElsewhere connects the same device twice: the older connection ends.
func TestElsewhere(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite)
	olga := p.owner()
	mia := p.newcomer("Mia", host.Command{})
	again := p.back(mia.who)
	if bye := mia.ended(patience); bye.Code != wire.CodeElsewhere {
		t.Errorf("goodbye with code %d, want elsewhere", bye.Code)
	}
	again.live(chat.Lobby)
	if got := again.post(again.text("still here")); got.Code != 0 {
		t.Errorf("posted %+v", got)
	}
	// For others the person never left.
	for {
		m, err := next[*wire.Presence](olga, 100*time.Millisecond)
		if err != nil {
			break
		}
		if m.Account == mia.who.account && !m.Online {
			t.Error("the others were told that she left")
		}
	}
}

// TestPresence tells others who comes and goes, and D9 who writes.
func TestPresence(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite)
	olga := p.owner()
	mia := p.newcomer("Mia", host.Command{})
	if m := expect[*wire.Presence](olga); m.Account != mia.who.account || !m.Online {
		t.Errorf("got %+v", m)
	}
	olga.live(chat.Lobby)
	mia.live(chat.Lobby)
	for range 10 { // D9: only the first within 3 s is passed on
		mia.send(&wire.Typing{Room: chat.Lobby, Account: chat.AccountID{7}})
	}
	if m := expect[*wire.Typing](olga); m.Room != chat.Lobby || m.Account != mia.who.account {
		t.Errorf("got %+v", m)
	}
	if m, err := next[*wire.Typing](olga, 200*time.Millisecond); err == nil {
		t.Errorf("a second signal within 3 s: %+v", m)
	}
	if m, err := next[*wire.Typing](mia, 0); err == nil {
		t.Errorf("one's own signal came back: %+v", m)
	}
	mia.close()
	if m := expect[*wire.Presence](olga); m.Account != mia.who.account || m.Online || m.Seen == 0 {
		t.Errorf("got %+v", m)
	}
	if st := p.do(host.Command{Verb: host.VerbStats}).Stats; st.Online != 1 || st.People != 2 {
		t.Errorf("stats %+v", st)
	}
	// When she was last here is known after a restart.
	p.restart()
	olga = p.connect(olga.who, nil)
	expect[*wire.Session](olga)
	seen := int64(0)
	for _, who := range expect[*wire.People](olga).People {
		if who.Account == mia.who.account {
			seen = who.Seen
		}
	}
	if ago := time.Since(time.UnixMilli(seen)); ago > time.Minute {
		t.Errorf("last seen %v ago", ago)
	}
}

// TestServeConn lets the host's own person in through a pipe, by the same
// protocol as everyone.
func TestServeConn(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite)
	near, far := net.Pipe()
	served := make(chan error, 1)
	go func() { served <- p.host.ServeConn(t.Context(), far) }()
	c := p.over(near, newPerson("Olga"))
	token := p.token(host.Command{Role: chat.Owner})
	c.send(&wire.Hello{Min: 1, Max: 1, Token: token})
	if w := expect[*wire.Welcome](c); !w.Card.NoPass {
		t.Errorf("the card of an owner link: %+v", w.Card)
	}
	c.send(&wire.Register{Name: "Olga", Token: token}) // no password
	c.who.account = expect[*wire.RegisterReply](c).Account
	c.finish(wire.KindAccount, nil)
	if s := expect[*wire.Session](c); s.Role != chat.Owner || s.HasPass {
		t.Errorf("session %+v", s)
	}
	c.close()
	<-served
}

// TestHello covers what the first message may say.
func TestHello(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite)
	p.owner()
	for _, c := range []struct {
		what string
		send []wire.Message
		want wire.Code
	}{
		{"too old", []wire.Message{&wire.Hello{Min: 0, Max: 0}}, wire.CodeTooOld},
		{"too new", []wire.Message{&wire.Hello{Min: 2, Max: 3}}, wire.CodeTooNew},
		{"upside down", []wire.Message{&wire.Hello{Min: 2, Max: 1}}, wire.CodeTooOld},
		{"a long name of a program", []wire.Message{&wire.Hello{Min: 1, Max: 1, Program: strings.Repeat("x", 65)}}, wire.CodeBadMessage},
		{"half a token", []wire.Message{&wire.Hello{Min: 1, Max: 1, Token: make([]byte, 16)}}, wire.CodeBadMessage},
		{"something else first", []wire.Message{&wire.Login{Name: "x"}}, wire.CodeBadMessage},
		{"twice", []wire.Message{&wire.Hello{Min: 1, Max: 1}, &wire.Hello{Min: 1, Max: 1}}, wire.CodeBadMessage},
	} {
		t.Run(c.what, func(t *testing.T) {
			who := p.dial(newPerson("x"))
			for _, m := range c.send {
				who.send(m)
			}
			if bye := who.ended(patience); bye.Code != c.want {
				t.Errorf("code %d, want %d", bye.Code, c.want)
			}
		})
	}
	t.Run("a later version talks to this one", func(t *testing.T) {
		who := p.dial(newPerson("x"))
		who.send(&wire.Hello{Min: 1, Max: 7})
		if w := expect[*wire.Welcome](who); w.Version != 1 || w.Card != nil || w.Lineage == [16]byte{} {
			t.Errorf("welcome %+v", w)
		}
	})
	t.Run("a kind of a later version is skipped", func(t *testing.T) {
		who := p.connect(newPerson("x"), nil)
		expect[*wire.Welcome](who)
		if err := who.l.Send([]byte{0xff, 0xff, 0xa0}); err != nil {
			t.Fatal(err)
		}
		who.send(&wire.Fetch{Room: chat.Lobby})
		expectCode(who, wire.CodeNotLoggedIn)
	})
	t.Run("rubbish ends it", func(t *testing.T) {
		who := p.connect(newPerson("x"), nil)
		expect[*wire.Welcome](who)
		if err := who.l.Send([]byte{0, 1, 0xff}); err != nil {
			t.Fatal(err)
		}
		if bye := who.ended(patience); bye.Code != wire.CodeBadMessage {
			t.Errorf("code %d", bye.Code)
		}
	})
	t.Run("a stranger who talks on and on", func(t *testing.T) {
		who := p.connect(newPerson("x"), nil)
		expect[*wire.Welcome](who)
		for range 70 {
			_ = who.l.Send(wire.Append(nil, &wire.Fetch{})) // the host may have gone already
		}
		if bye := who.ended(patience); bye.Code != wire.CodeSlowDown {
			t.Errorf("code %d", bye.Code)
		}
	})
}

// TestConsole covers what `snug admin` and the host's window ask.
func TestConsole(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite)
	p.owner()
	mia := p.newcomer("Mia", host.Command{})
	p.do(host.Command{Verb: host.VerbRole, Name: "Mia", Role: chat.Admin})
	if s := expect[*wire.Session](mia); s.Role != chat.Admin {
		t.Errorf("role %v", s.Role)
	}
	people := p.do(host.Command{Verb: host.VerbPeople}).People
	if len(people) != 2 || people[0].Name != "Mia" || !people[0].Online || people[1].Role != chat.Owner {
		t.Errorf("people %+v", people)
	}
	made := p.do(host.Command{Verb: host.VerbInvite, Uses: 3})
	if len(made.Secret) != wire.SecretSize {
		t.Errorf("a secret of %d bytes", len(made.Secret))
	}
	p.do(host.Command{Verb: host.VerbRevokeInvite, Invite: made.Invite})
	revoked := 0
	for _, v := range p.do(host.Command{Verb: host.VerbInvites}).Invites {
		if v.Revoked != 0 {
			revoked++
		}
	}
	if revoked != 1 {
		t.Errorf("%d invites are revoked", revoked)
	}
	if code := p.do(host.Command{Verb: host.VerbReset, Account: mia.who.account}).Code; len(code) != 9 {
		t.Errorf("code %q", code)
	}
	set := p.do(host.Command{Verb: host.VerbPlace, Place: &chat.Place{Name: "New", Mode: chat.JoinClosed}}).Place
	if set.Name != "New" {
		t.Errorf("place %+v", set)
	}
	for _, c := range []struct {
		cmd  host.Command
		want wire.Code
	}{
		{host.Command{Verb: host.VerbBan, Name: "Nobody"}, wire.CodeNoAccount},
		{host.Command{Verb: host.VerbRole, Name: "Olga", Role: chat.Member}, wire.CodeLastOwner},
		{host.Command{Verb: host.VerbPlace, Place: &chat.Place{}}, wire.CodeNameBad},
	} {
		if _, err := p.host.Do(t.Context(), c.cmd); !isRefused(err, c.want) {
			t.Errorf("%s: %v, want code %d", c.cmd.Verb, err, c.want)
		}
	}
	if _, err := p.host.Do(t.Context(), host.Command{Verb: "dance"}); !errors.Is(err, host.ErrVerb) {
		t.Errorf("got %v", err)
	}
	lines := p.do(host.Command{Verb: host.VerbAudit}).Audit
	if len(lines) < 6 || lines[0].Action != "place" {
		t.Errorf("audit %+v", lines)
	}
	if _, _, err := p.db.CheckAudit(t.Context()); err != nil {
		t.Errorf("audit: %v", err)
	}
	if st := p.do(host.Command{Verb: host.VerbStats}).Stats; st.Bytes == 0 || st.Rooms != 1 || st.Links == 0 || st.Since == 0 {
		t.Errorf("stats %+v", st)
	}
}

// TestStop covers M6: a host ends within two seconds, with a word to everyone and
// with no goroutine left.
func TestStop(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite)
	olga := p.owner()
	silent := p.dial(newPerson("x")) // never says hello
	half := must(dialer(p.addr))     // never shakes hands
	defer half.Close()
	began := time.Now()
	p.stop()
	if took := time.Since(began); took > soon {
		t.Errorf("took %v", took)
	}
	if bye := olga.ended(patience); bye.Code != wire.CodeStopping {
		t.Errorf("code %d, want stopping", bye.Code)
	}
	silent.wg.Wait()
	if _, err := p.host.Do(t.Context(), host.Command{Verb: host.VerbReset, Name: "Olga"}); err == nil {
		t.Error("a host that has stopped takes commands")
	}
	if m, _ := filepath.Glob(filepath.Join(p.dir, "*-open")); len(m) != 0 {
		t.Errorf("left behind: %v", m)
	}
}

// TestDoorTime ends connections that nobody logs in on, and no others.
func TestDoorTime(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite, func(p *place) { p.cfg.Limits.DoorTime = 10 * time.Second }) // Olga logs in with a slow key derivation
	olga := p.owner()
	stranger := p.connect(newPerson("x"), nil)
	expect[*wire.Welcome](stranger)
	began := time.Now()
	stranger.wg.Wait()
	if took := time.Since(began); took > patience {
		t.Errorf("a stranger stayed %v", took)
	}
	olga.live(chat.Lobby)
	if got := olga.post(olga.text("still here")); got.Code != 0 {
		t.Errorf("%+v", got)
	}
}

// TestIdlersKeepNobodyOut holds more connections open than one address may, and
// says nothing on them.
func TestIdlersKeepNobodyOut(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite)
	olga := p.owner()
	var idlers []*client
	for range link.MaxStrangersPerPrefix + 1 {
		c := p.connect(newPerson("x"), nil)
		expect[*wire.Welcome](c)
		idlers = append(idlers, c)
	}
	if _, err := next[*wire.Goodbye](idlers[0], patience); err == nil || errors.Is(err, errNothing) {
		t.Errorf("the oldest is still connected: %v", err)
	}
	olga.close()
	olga = p.back(olga.who)
	if got := olga.post(olga.text("still here")); got.Code != 0 {
		t.Errorf("%+v", got)
	}
	p.newcomer("Tom", host.Command{})
}
