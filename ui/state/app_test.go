package state

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/setup"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/logs"
	"github.com/snugchat/snug/storage/prefs"
	"github.com/snugchat/snug/ui/text"
)

// patience is how long a story waits for something that takes milliseconds on a
// computer that does nothing else.
const patience = 90 * time.Second

const goodPassword = "kangaroo tennis ladder nine"

// screenOf is the window of a test: the goroutine of the test is the window's,
// and runs what is sent to it while it waits for something.
type screenOf struct {
	t     *testing.T
	app   *App
	todo  chan func()
	mu    sync.Mutex // guards what follows; the window's goroutine is one of several readers
	clip  string
	notes []string
	pick  string // file or folder that is chosen, "" for none; the test's goroutine only
}

// start opens a profile in dir as the program does.
func start(t *testing.T, dir, link string) *screenOf {
	t.Helper()
	return startFor(t, dir, setup.Call{Link: link})
}

// startFor is start by a person who wants something.
func startFor(t *testing.T, dir string, c setup.Call) *screenOf {
	t.Helper()
	s := &screenOf{t: t, todo: make(chan func(), 4096)}
	rec := logs.New(logs.Options{Level: slog.LevelDebug})
	options := setup.Options{Dir: dir, Program: "Snug 0.1.0", Logs: rec}
	profile, err := setup.Open(options)
	s.app = Begin(s.desktop(), options, c, profile, err)
	t.Cleanup(func() {
		s.close()
		if t.Failed() {
			for _, l := range rec.Since(0) {
				t.Log(filepath.Base(dir), l.String())
			}
		}
		if err := rec.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *screenOf) close() {
	if s.app == nil {
		return
	}
	stop := make(chan struct{})
	done := make(chan error, 1)
	app := s.app
	s.app = nil
	go func() { done <- app.Close(); close(stop) }()
	for {
		select {
		case <-s.todo: // the window is gone: nothing is shown any more
		case <-stop:
			if err := <-done; err != nil {
				s.t.Error(err)
			}
			return
		}
	}
}

func (s *screenOf) desktop() Desktop {
	return Desktop{
		Do: func(f func()) { s.todo <- f },
		Clipboard: func() string {
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.clip
		},
		SetClipboard: func(c string) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.clip = c
		},
		ChooseFile: func(chosen func([]string)) {
			if s.pick != "" {
				chosen([]string{s.pick})
			}
		},
		ChooseFolder: func(chosen func(string)) {
			if s.pick != "" {
				chosen(s.pick)
			}
		},
		OpenURL: func(string) {},
		Open:    func(string) {},
		Notify:  func(string, string) {},
		Toast: func(sentence string) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.notes = append(s.notes, sentence)
		},
		Now: time.Now,
	}
}

// until runs the window until something holds.
func (s *screenOf) until(what string, holds func() bool) {
	s.t.Helper()
	end := time.After(patience)
	for !holds() {
		select {
		case f := <-s.todo:
			f()
		case <-end:
			s.t.Fatalf("%s: not after %v; screen %d, fault %q", what, patience, s.app.Screen(), s.app.Fault())
		}
	}
}

func (s *screenOf) screen(want Screen) {
	s.t.Helper()
	s.until("screen", func() bool { return s.app.Screen() == want && !s.app.Busy() })
}

// begin goes from an empty profile to the screen after name and protection.
func (s *screenOf) begin(name string) {
	s.t.Helper()
	s.screen(ScreenName)
	if fault := s.app.SetName(name); fault != "" {
		s.t.Fatal(fault)
	}
	s.screen(ScreenProtect)
	if f, g := s.app.Protect(false, goodPassword, goodPassword); f != "" || g != "" {
		s.t.Fatal(f, g)
	}
}

// hostPlace hosts a place with a new profile.
func hostPlace(t *testing.T, dir string, mode chat.JoinMode) *screenOf {
	t.Helper()
	s := start(t, dir, "")
	s.screen(ScreenStart)
	s.app.ChooseHost()
	s.begin("Maria")
	s.screen(ScreenHost)
	if fault := s.app.StartHosting("Our class", mode); fault != "" {
		t.Fatal(fault)
	}
	s.screen(ScreenPlace)
	s.until("online", func() bool { return s.app.Shown().Online() })
	return s
}

// invite makes a link as wished for.
func (s *screenOf) invite(w Wish) string {
	s.t.Helper()
	i := s.app.Hosting().Invites
	i.made = nil
	i.SetWish(w)
	i.Make()
	s.until("link", func() bool { return i.Made() != nil && i.Made().Link != "" })
	return i.Made().Link
}

// card goes with a link as far as what is known of the place.
func (s *screenOf) card(name, link string) *Join {
	s.t.Helper()
	s.screen(ScreenStart)
	s.app.ChooseJoin()
	s.begin(name)
	s.screen(ScreenJoin)
	j := s.app.Join()
	if fault := j.Paste(link); fault != "" {
		s.t.Fatal(fault)
	}
	s.until("card", func() bool { return j.Step() == JoinCard })
	return j
}

// register goes on from there into the place.
func (s *screenOf) register(j *Join, name string) {
	s.t.Helper()
	j.Come(SignRegister)
	if f := j.Submit(name, "", goodPassword); !f.None() {
		s.t.Fatal(f)
	}
	s.screen(ScreenPlace)
}

// FEATURES A1, A2, A5, L1: from two empty profiles to two people in one place,
// and out of it again, with what both read on the way.
func TestHostAndJoin(t *testing.T) {
	maria := hostPlace(t, t.TempDir(), chat.JoinByInvite)
	link := maria.invite(Wish{For: ForOne, Lasting: LastingDay})

	dir := t.TempDir()
	ben := start(t, dir, "")
	j := ben.card("Ben", "<"+link+">")
	if c := j.Card(); c == nil || c.Place != "Our class" || c.Host != "Maria" || c.People != 1 {
		t.Fatalf("card: got %+v", j.Card())
	}
	if !j.CanRegister() || j.Fault().What != "" {
		t.Fatalf("fault %q", j.Fault())
	}
	j.Come(SignRegister)
	if f := j.Submit("Ben", "", "short"); f.Password != text.ProtectShort(10) {
		t.Errorf("a short password: got %+v", f)
	}
	if f := j.Submit("Maria", "", goodPassword); !f.None() {
		t.Fatal(f)
	}
	ben.until("name taken", func() bool { return j.Fault().What != "" })
	if !j.NameTaken() {
		t.Errorf("the name of another: got %q", j.Fault())
	}
	ben.register(j, "Ben")
	ben.until("in", func() bool { return ben.app.Shown().Online() && ben.app.Shown().People.Members() == 2 })
	if got := ben.app.Shown().Name(); got != "Our class" {
		t.Errorf("name of the place: got %q", got)
	}

	// C7: the line of the person's own coming says who is verified by the link.
	for what, both := range map[string]*screenOf{"Ben": ben, "Maria": maria} {
		together(maria, ben, what+" reads who came", func() bool {
			want := text.ChatJoined("Ben")
			if both == ben {
				want = text.ChatInvited("Maria")
			}
			_, ok := line(both.app.Shown().Place, want)
			return ok
		})
	}

	people := maria.app.Hosting().Entered().People
	maria.until("both here", func() bool { return people.Here() == 2 })
	maria.until("link used up", func() bool {
		i := maria.app.Hosting().Invites
		return len(i.InUse()) == 0 && i.Made() == nil
	})

	late := start(t, t.TempDir(), "")
	j = late.card("Tom", link)
	if got, want := j.Fault().String(), "This link has been used up. Ask whoever sent it for a new one."; got != want && !strings.HasPrefix(got, "This link has been used up.") {
		t.Errorf("a used link: got %q, want %q", got, want)
	}
	if j.CanRegister() {
		t.Error("a used link lets one register")
	}
	late.close()

	for _, p := range people.In(GroupHere) {
		if p.Name == "Ben" {
			if got := people.Deeds(p); len(got) != 4 {
				t.Errorf("deeds on a member: got %v", got)
			}
			people.Ban(p, BanHour, "too loud")
		}
	}
	ben.until("out", func() bool { return ben.app.Shown().Gate() == GateStopped })
	said := ben.app.Shown().Trouble(ben.app).String()
	if !strings.Contains(said, "Maria banned you from this place until") || !strings.Contains(said, "too loud") {
		t.Errorf("banned: got %q", said)
	}
	ben.app.Read(ben.app.Shown())
	if ben.app.Shown().Gate() != GateOpen {
		t.Error("what was received cannot be read")
	}
	ben.close()

	again := start(t, dir, "")
	again.screen(ScreenLocked)
	again.app.Unlock("not the passphrase")
	again.until("refused", func() bool { return !again.app.Busy() })
	if got := again.app.Fault().What; got != text.UnlockWrong() {
		t.Errorf("a wrong passphrase: got %q", got)
	}
	again.app.Unlock(goodPassword)
	again.screen(ScreenPlace) // the place that was open last
	again.until("still out", func() bool { return again.app.Shown().Gate() == GateStopped })

	maria.until("in the list", func() bool { return len(people.In(GroupBanned)) == 1 })
	people.LiftBan(people.In(GroupBanned)[0])
	maria.until("lifted", func() bool { return len(people.In(GroupBanned)) == 0 })
	again.app.Shown().Retry()
	again.until("back in", func() bool { return again.app.Shown().Online() })
}

// FEATURES A7, B3: the queue of those who want to come in.
func TestAskFirst(t *testing.T) {
	maria := hostPlace(t, t.TempDir(), chat.JoinByInvite)
	link := maria.invite(Wish{For: ForTen, Lasting: LastingWeek, AskFirst: true})
	people := maria.app.Hosting().Entered().People
	for came, c := range []struct {
		name  string
		let   bool
		stage Gate
	}{{"Ana", true, GateOpen}, {"Tom", false, GateStopped}} {
		s := start(t, t.TempDir(), "")
		j := s.card(c.name, link)
		if !j.Card().Ask {
			t.Error("the card does not say that one has to wait")
		}
		s.register(j, c.name)
		s.until("connected", func() bool { return s.app.Shown().Reached() })
		if got := s.app.Shown().Gate(); got != GateWaiting {
			t.Fatalf("%s: gate %v, want waiting", c.name, got)
		}
		maria.until(c.name+" asks", func() bool { return people.Waiting() == 1 && people.In(GroupWaiting)[0].Name == c.name })
		// The page with the links is open and follows by itself.
		maria.until("a use less of the link", func() bool {
			links := maria.app.Hosting().Invites.InUse()
			return len(links) == 1 && int(links[0].Used) == came+1
		})
		x := people.In(GroupWaiting)[0]
		if got := people.Deeds(x); len(got) != 3 || got[0] != LetIn {
			t.Errorf("deeds: got %v", got)
		}
		if c.let {
			people.LetIn(x)
		} else {
			people.TurnAway(x)
		}
		s.until(c.name+" knows", func() bool { return s.app.Shown().Gate() == c.stage })
		if !c.let {
			if got := s.app.Shown().Trouble(s.app).What; got != text.ProblemTurnedAway() {
				t.Errorf("turned away: got %q", got)
			}
		}
		s.close()
	}
}

// FEATURES B1: log in with a password and with a one-time code, from a computer
// that the place does not know.
func TestLoginAndReset(t *testing.T) {
	maria := hostPlace(t, t.TempDir(), chat.JoinByInvite)
	link := maria.invite(Wish{For: ForTen})
	first := start(t, t.TempDir(), "")
	first.register(first.card("Ben", link), "Ben")
	first.until("in", func() bool { return first.app.Shown().Online() })

	second := start(t, t.TempDir(), "")
	j := second.card("Ben", link)
	j.Come(SignLogin)
	if f := j.Submit("Ben", "", ""); f.Password != text.LoginPasswordEmpty() {
		t.Errorf("no password: got %+v", f)
	}
	j.Submit("Ben", "", "wrong password here")
	second.until("refused", func() bool { return j.Fault().What != "" && !j.Busy() })
	if got, want := j.Fault().String(), "Wrong name or password. Ask the host to reset it."; got != want {
		t.Errorf("a wrong password: got %q, want %q", got, want)
	}
	time.Sleep(1100 * time.Millisecond) // the host slows down who guesses
	second.until("logged in", func() bool {
		if !j.Busy() && second.app.Join() == j {
			j.Submit("Ben", "", goodPassword)
		}
		return second.app.Screen() == ScreenPlace
	})
	second.until("online", func() bool { return second.app.Shown().Online() })
	first.until("signed out", func() bool { return first.app.Shown().Gate() == GateStopped })
	if !first.app.Shown().CanLogin() {
		t.Errorf("signed out: %q, and no way to log in", first.app.Shown().Trouble(first.app))
	}

	people := maria.app.Hosting().Entered().People
	var code string
	maria.until("Ben is there", func() bool { return people.Members() == 2 })
	for g := GroupHere; g <= GroupAway; g++ {
		for _, p := range people.In(g) {
			if p.Name == "Ben" {
				people.Reset(p, func(c string, until time.Time) { code = c })
			}
		}
	}
	maria.until("code", func() bool { return code != "" })
	third := start(t, t.TempDir(), "")
	j = third.card("Ben", link)
	j.Come(SignLogin)
	j.Come(SignCode)
	if f := j.Submit("Ben", "", "another good one 7"); f.Code != text.LoginCodeEmpty() {
		t.Errorf("no code: got %+v", f)
	}
	if f := j.Submit("Ben", code, "another good one 7"); !f.None() {
		t.Fatal(f)
	}
	third.until("back", func() bool { return third.app.Screen() == ScreenPlace && third.app.Shown().Online() })

	// The first computer comes back with the new password.
	first.app.LoginAgain(first.app.Shown())
	j = first.app.Join()
	if f := j.Submit("Ben", "", "another good one 7"); !f.None() {
		t.Fatal(f)
	}
	first.until("back again", func() bool { return first.app.Screen() == ScreenPlace && first.app.Shown().Online() })
}

// FEATURES A5, D9: another computer at the place's address is a hard stop.
func TestImpostor(t *testing.T) {
	maria := hostPlace(t, t.TempDir(), chat.JoinByInvite)
	link, err := wire.ParseLink(maria.invite(Wish{}))
	if err != nil {
		t.Fatal(err)
	}
	link.Host[0] ^= 1
	s := start(t, t.TempDir(), "")
	s.screen(ScreenStart)
	s.app.ChooseJoin()
	s.begin("Tom")
	s.screen(ScreenJoin)
	j := s.app.Join()
	j.Paste(link.String())
	s.until("stopped", func() bool { return j.Step() == JoinImpostor })
	s.app.Back()
	if j.Step() != JoinPaste || len(s.app.Places()) != 0 {
		t.Errorf("after going back: step %v, places %v", j.Step(), s.app.Places())
	}
}

// A bare address is trusted only after the person has compared the fingerprint.
func TestBareAddress(t *testing.T) {
	maria := hostPlace(t, t.TempDir(), chat.JoinOpen)
	s := start(t, t.TempDir(), "")
	s.screen(ScreenStart)
	s.app.ChooseJoin()
	s.begin("Ana")
	s.screen(ScreenJoin)
	j := s.app.Join()
	for _, bad := range []string{"", "snug://join#v1.AAAA", "not an address", "a b:1"} {
		if j.Paste(bad) == "" {
			t.Errorf("%q was taken", bad)
		}
	}
	addresses := maria.app.Hosting().Addresses()
	if fault := j.Paste(addresses[0]); fault != "" {
		t.Fatal(fault)
	}
	s.until("compare", func() bool { return j.Step() == JoinCompare })
	if got, want := j.Fingerprint(), maria.app.Hosting().Fingerprint(); got != want || got == "" {
		t.Errorf("fingerprint: got %q, the host shows %q", got, want)
	}
	j.Same()
	s.until("card", func() bool { return j.Step() == JoinCard && !j.Busy() })
	s.register(j, "Ana")
	s.until("in", func() bool { return s.app.Shown().Online() })
	s.until("it is among the places", func() bool {
		got := s.app.Places() // which are listed a moment later
		return len(got) == 1 && got[0].ID == maria.app.Shown().Member.ID
	})
}

// A place that is switched off is tried again until the person leaves.
func TestUnreachable(t *testing.T) {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	s := start(t, t.TempDir(), "")
	s.screen(ScreenStart)
	s.app.ChooseJoin()
	s.begin("Ana")
	s.screen(ScreenJoin)
	j := s.app.Join()
	j.Paste(address)
	s.until("said", func() bool { return j.Fault().What == text.ProblemReach() })
	if j.Step() != JoinLooking {
		t.Errorf("step %v, want looking", j.Step())
	}
	s.app.Back()
	if j.Step() != JoinPaste {
		t.Errorf("step %v, want paste", j.Step())
	}
}

// A profile that another program has open is said in words.
func TestProfileInUse(t *testing.T) {
	dir := t.TempDir()
	start(t, dir, "")
	s := start(t, dir, "")
	if s.app.Screen() != ScreenBroken || s.app.Fault().What != text.ProblemInUse() {
		t.Errorf("screen %v, %q", s.app.Screen(), s.app.Fault())
	}
}

// The host's settings, the files that came, the log, and the end of hosting.
func TestHostsWindow(t *testing.T) {
	dir := t.TempDir()
	s := hostPlace(t, dir, chat.JoinByInvite)
	h := s.app.Hosting()
	if got := h.Save(Settings{Mode: chat.JoinOpen, MaxFile: 1 << 30}, nil); got != text.HostNameEmpty() {
		t.Errorf("no name: got %q", got)
	}
	if got := h.Save(Settings{Name: "Choir", Mode: chat.JoinOpen, MaxFile: 100 << 20}, nil); got != "" {
		t.Fatal(got)
	}
	s.until("saved", func() bool {
		i := h.Entered().Info()
		return i.Name == "Choir" && i.Mode == chat.JoinOpen && i.MaxFile == 100<<20
	})
	h.Choose(TabFiles)
	s.until("listed", func() bool { return !h.reading })
	if len(h.Files()) != 0 {
		t.Errorf("files: got %v", h.Files())
	}
	s.until("log", func() bool { return h.Log.Len() > 3 })
	h.Log.SetFilter("waiting for people")
	if h.Log.Len() != 1 || !h.Log.Filtered() {
		t.Errorf("filtered: %d lines", h.Log.Len())
	}
	h.Log.Copy()
	if !strings.Contains(s.clip, "waiting for people") {
		t.Errorf("copied: %q", s.clip)
	}
	h.Log.SetFilter("")
	h.Log.SetLevel(slog.LevelError)
	if h.Log.Len() != 0 {
		t.Errorf("errors: %d lines", h.Log.Len())
	}
	s.app.StopHosting()
	s.screen(ScreenStart)
	if s.app.Hosting() != nil || s.app.Shown() != nil {
		t.Error("still hosted")
	}
	if got := s.app.Places(); len(got) != 1 || !got[0].Hosted || got[0].Name != "Choir" {
		t.Errorf("places: got %+v", got)
	}
	s.app.Enter(s.app.Places()[0].ID)
	s.screen(ScreenPlace)
	s.until("hosted again", func() bool { return s.app.Shown().Online() })
}

// Theme, text size and window size last, and no name is in the settings file.
func TestSettingsLast(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir, "")
	s.app.SwitchTheme(false)
	s.app.Zoom(1)
	s.app.Zoom(1)
	s.app.Resized(900, 700)
	s.app.Resized(5, 5) // an icon is no size
	s.close()
	again := start(t, dir, "")
	p := again.app.Prefs()
	if p.Theme != prefs.Dark || p.TextScale != 120 || p.WindowWidth != 900 || p.WindowHeight != 700 {
		t.Errorf("got %+v", p)
	}
	again.app.Zoom(0)
	for range 30 {
		again.app.Zoom(-1)
	}
	if got := again.app.Prefs().TextScale; got != prefs.MinTextScale {
		t.Errorf("smallest text: got %d", got)
	}
}

func TestGate(t *testing.T) {
	for what, c := range map[string]struct {
		state   client.State
		me      client.Me
		reading bool
		want    Gate
	}{
		"online":                {client.State{Phase: client.Online}, client.Me{State: chat.Active}, false, GateOpen},
		"offline":               {client.State{Phase: client.Offline}, client.Me{State: chat.Active}, false, GateOpen},
		"not let in yet":        {client.State{Phase: client.WaitingApproval}, client.Me{State: chat.Waiting}, false, GateWaiting},
		"not let in, offline":   {client.State{Phase: client.Offline}, client.Me{State: chat.Waiting}, false, GateWaiting},
		"stopped":               {client.State{Phase: client.Stopped}, client.Me{State: chat.Active}, false, GateStopped},
		"stopped, but reading":  {client.State{Phase: client.Stopped}, client.Me{State: chat.Active}, true, GateOpen},
		"turned away while new": {client.State{Phase: client.Stopped}, client.Me{State: chat.Waiting}, false, GateStopped},
	} {
		if got := gate(c.state, c.me, c.reading); got != c.want {
			t.Errorf("%s: got %v, want %v", what, got, c.want)
		}
	}
}

// What one person may do to another follows the roles.
func TestDeeds(t *testing.T) {
	person := func(r chat.Role) client.Person { return client.Person{Role: r, State: chat.Active} }
	for what, c := range map[string]struct {
		me   chat.Role
		x    client.Person
		want int
	}{
		"a member to a member":            {chat.Member, person(chat.Member), 0},
		"a moderator to a member":         {chat.Moderator, person(chat.Member), 2},
		"a moderator to a moderator":      {chat.Moderator, person(chat.Moderator), 0},
		"an admin to a member":            {chat.Admin, person(chat.Member), 4},
		"an admin to the owner":           {chat.Admin, person(chat.Owner), 0},
		"the owner to a moderator":        {chat.Owner, person(chat.Moderator), 4},
		"the owner to another owner":      {chat.Owner, person(chat.Owner), 3},
		"the owner to himself":            {chat.Owner, client.Person{Role: chat.Owner, State: chat.Active, Me: true}, 0},
		"a moderator to who waits":        {chat.Moderator, client.Person{Role: chat.Member, State: chat.Waiting}, 3},
		"a moderator to who is banned":    {chat.Moderator, client.Person{Role: chat.Member, State: chat.Banned}, 1},
		"the owner to who left the place": {chat.Owner, client.Person{Role: chat.Member, State: chat.Removed}, 0},
	} {
		if got := deeds(c.me, c.x); len(got) != c.want {
			t.Errorf("%s: got %v, want %d deeds", what, got, c.want)
		}
	}
}

// The log window never holds more than its bound, however much is logged.
func TestLogLinesAreBounded(t *testing.T) {
	rec := logs.New(logs.Options{})
	t.Cleanup(func() {
		if err := rec.Close(); err != nil {
			t.Error(err)
		}
	})
	s := &screenOf{t: t, todo: make(chan func(), 64)}
	ctx, stop := context.WithCancel(t.Context())
	s.app = &App{desktop: s.desktop(), ctx: ctx, stop: stop, changed: func() {}}
	log := slog.New(rec)
	l := newLogLines(s.app, rec)
	for i := range 2*logs.Keep + 10 {
		log.Info("line", "n", i)
	}
	s.until("last line", func() bool {
		return l.Len() > 0 && strings.Contains(l.Line(l.Len()-1).Attrs, "n=10009")
	})
	if l.Len() > logs.Keep {
		t.Errorf("%d lines are held, want at most %d", l.Len(), logs.Keep)
	}
	stop()
	s.app.work.Wait()
	s.app = nil
}

func TestReasonIsCutAtACharacter(t *testing.T) {
	got := cutReason(strings.Repeat("é", 300))
	if len(got) > maxReason || !bytes.Equal([]byte(got), []byte(strings.Repeat("é", len(got)/2))) {
		t.Errorf("%d bytes", len(got))
	}
}
