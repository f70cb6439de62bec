package state

import (
	"context"
	"encoding/hex"
	"errors"
	"path/filepath"
	"strings"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/setup"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/paths"
	"github.com/snugchat/snug/storage/prefs"
	"github.com/snugchat/snug/ui/text"
)

// JoinStep says how far somebody is who wants to come into a place.
type JoinStep int

// The steps.
const (
	JoinPaste    JoinStep = iota // a link or an address is asked for
	JoinLooking                  // connecting; Fault says if it does not work yet
	JoinCompare                  // bare address: the person compares the fingerprint
	JoinCard                     // what is known of the place: come in or not
	JoinSign                     // name and password
	JoinImpostor                 // another computer answered: no way on
	JoinDevice                   // another computer of the person adds this one: Pair
	JoinKit                      // a recovery kit is asked for
	JoinLost                     // whom it found, and which computer is lost
)

// Sign is how one comes in.
type Sign int

// The ways of coming in.
const (
	SignRegister Sign = iota // a new account
	SignLogin                // an account that exists, by password
	SignCode                 // the same, by a one-time code of the host
)

// The waits between two tries to reach a place, as for a place that was joined.
const (
	firstWait = 500 * time.Millisecond
	lastWait  = 30 * time.Second
)

// Join is the way into one place.
type Join struct {
	app    *App
	step   JoinStep
	typed  string    // link or address as it was given
	link   wire.Link // what it says; with a bare address Host is zero until compared
	bare   bool
	visit  client.Visit
	member *setup.Member
	again  *Entered // the place was joined before and only asks to log in again
	sign   Sign
	code   *client.Code // of a recovery kit
	lost   *client.Lost // what it found
	where  string       // of the place, as it was typed with the words of a kit
	fault  text.Sentence
	stop   context.CancelFunc // ends what runs in the background
	busy   bool

	mine    bool             // this computer is to become another one of the person
	pairing *client.Pairing  // at JoinDevice, nil before the place was called
	pair    client.PairState // how far that is
	differs bool             // the person has seen other pictures on the other computer
	spent   string           // a link that was tried and counts no more
}

// newJoin begins with what was pasted or clicked, "" if nothing was yet.
func newJoin(a *App, typed string) *Join {
	return &Join{app: a, typed: typed, stop: func() {}}
}

// Join returns the way in that the screen shows, nil if there is none.
func (a *App) Join() *Join { return a.join }

// Step says what the screen asks.
func (j *Join) Step() JoinStep { return j.step }

// Fault says what went wrong at this step; the zero Sentence: nothing.
func (j *Join) Fault() text.Sentence { return j.fault }

// Busy reports whether the person waits for something.
func (j *Join) Busy() bool { return j.busy }

// Typed is the link or address as it was given.
func (j *Join) Typed() string { return j.typed }

// Suggestion returns the link that lies on the clipboard and can be used here, "" if
// none does.
func (j *Join) Suggestion() string {
	s := strings.TrimSpace(j.app.desktop.Clipboard())
	if len(s) > 2048 || !strings.HasPrefix(s, "snug:") || s == j.spent {
		return ""
	}
	if _, err := wire.ParseDeviceLink(s); err == nil {
		return s
	}
	if _, err := wire.ParseLink(s); err != nil || j.mine {
		return ""
	}
	return s
}

// begin starts with a link that was clicked, and says so if it is none.
func (j *Join) begin() {
	if j.typed == "" || j.step != JoinPaste {
		return
	}
	if fault := j.Paste(j.typed); fault != "" {
		j.fault = text.Sentence{What: fault}
		j.app.changed()
	}
}

// Paste takes a link, an address, or the whole path of an invite file. It returns
// what is wrong with it, or "". Of a file Fault says it, once it was read.
func (j *Join) Paste(typed string) (fault string) {
	j.typed = strings.TrimSpace(typed)
	// Windows copies a path in quotes. A name alone may be an address.
	if path, ok := setup.InviteFile(strings.Trim(j.typed, `"`)); ok && filepath.IsAbs(path) {
		j.openFile(path)
		return ""
	}
	link, err := wire.ParseLink(j.typed)
	switch {
	case errors.Is(err, wire.ErrDeviceLink):
		device, err := wire.ParseDeviceLink(j.typed)
		if err != nil {
			return j.app.Say(err).String()
		}
		j.enlist(*device)
		return ""
	case j.mine:
		return text.JoinDeviceOther()
	case err == nil:
		j.link, j.bare = *link, false
	case strings.HasPrefix(j.typed, "snug:"), errors.Is(err, wire.ErrNewerLink):
		return j.app.Say(err).String()
	default:
		address, err := wire.NormalAddress(j.typed)
		if err != nil {
			return text.JoinBadEither()
		}
		j.link, j.bare = wire.Link{Addresses: []string{address}}, true
	}
	j.look()
	return ""
}

// openFile goes on with the link in an invite file, unless the person has gone on
// with something else while it was read.
func (j *Join) openFile(path string) {
	a, typed := j.app, j.typed
	j.set(JoinPaste) // what was wrong before is not shown any more
	var link string
	a.Background(func(context.Context) (err error) {
		link, err = setup.ReadInviteFile(path)
		return err
	}, func(err error) {
		if a.join != j || j.step != JoinPaste || j.typed != typed || a.screen != ScreenJoin {
			return
		}
		if err != nil {
			a.log.Warn("invite file not read", "err", paths.Nameless(err))
			j.fault = a.Say(err)
		} else if fault := j.Paste(link); fault != "" {
			j.fault = text.Sentence{What: fault}
		}
		a.changed()
	})
}

// placeID is how the profile calls the place with this host key (see package
// setup).
func placeID(host [32]byte) string { return hex.EncodeToString(host[:8]) }

// set goes to a step.
func (j *Join) set(step JoinStep) {
	j.step, j.fault = step, text.Sentence{}
	j.app.changed()
}

// look connects and asks what a newcomer may know. While the place cannot be
// reached it goes on trying, until the person leaves.
func (j *Join) look() {
	a := j.app
	if !j.bare && a.knows(j.link.Host) {
		a.desktop.Toast(text.For(text.JoinedAlready, text.Facts{}).What)
		a.Enter(placeID(j.link.Host))
		return
	}
	ctx, stop := context.WithCancel(a.ctx)
	j.stop = stop
	j.set(JoinLooking)
	link := j.link
	var member *setup.Member
	var visit client.Visit
	a.Background(func(context.Context) error {
		var err error
		if member, err = a.openToJoin(ctx, &link); err != nil {
			return err
		}
		visit, err = knock(ctx, member.Client, link, func(err error) {
			a.desktop.Do(func() {
				if ctx.Err() == nil {
					j.fault = j.say(err)
					a.changed()
				}
			})
		})
		if err != nil {
			return errors.Join(err, member.Close())
		}
		return nil
	}, func(err error) {
		switch {
		case ctx.Err() != nil: // the person has left
			j.drop(member)
		case errors.Is(err, client.ErrWrongHost):
			a.log.Warn("another computer answered for a place", "place", placeID(link.Host))
			j.set(JoinImpostor)
		case err != nil:
			a.log.Warn("place not reached", "err", err)
			j.set(JoinPaste)
			j.fault = j.say(err)
			a.changed()
		default:
			j.member, j.visit, j.link = member, visit, visit.Link
			if j.bare {
				j.set(JoinCompare)
			} else {
				j.looked()
			}
		}
	})
}

// closing is how long a place that was given up may take to close.
const closing = 20 * time.Second

// openToJoin opens a place that is to be joined. If the person has just gone back
// from it, it waits until that is closed.
func (a *App) openToJoin(ctx context.Context, link *wire.Link) (*setup.Member, error) {
	end := time.Now().Add(closing)
	for {
		m, err := a.profile.Join(ctx, link)
		if !errors.Is(err, setup.ErrPlaceOpen) || time.Now().After(end) {
			return m, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// knock looks until the place answers, or ctx ends. It reports each time that it
// did not.
func knock(ctx context.Context, c *client.Client, link wire.Link, report func(error)) (visit client.Visit, err error) {
	err = patiently(ctx, func() (err error) {
		visit, err = c.Look(ctx, link)
		return err
	}, report)
	return visit, err
}

// patiently tries until it works, or trying again is of no use, or ctx ends. It
// reports each time that it did not work.
func patiently(ctx context.Context, try func() error, report func(error)) error {
	for wait := firstWait; ; wait = min(2*wait, lastWait) {
		err := try()
		if err == nil || !isTemporary(err) {
			return err
		}
		report(err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

// isTemporary reports whether trying again may help without anybody doing
// anything.
func isTemporary(err error) bool {
	switch client.CodeOf(err) {
	case wire.CodeBusy, wire.CodeStopping, wire.CodeSlowDown:
		return true
	}
	return errors.Is(err, client.ErrUnreachable) || errors.Is(err, client.ErrNoAnswer)
}

// knows reports whether the profile has the place with this host key.
func (a *App) knows(host [32]byte) bool {
	for _, p := range a.profile.Places() {
		if p.ID == placeID(host) {
			return true
		}
	}
	return false
}

// say puts an error into words with what is known of the place.
func (j *Join) say(err error) text.Sentence {
	f := text.Facts{Now: j.app.desktop.Now(), Have: j.app.options.Program, Need: j.visit.Program}
	if c := j.visit.Card; c != nil {
		f.Name, f.Place = c.Host, c.Place
	}
	return say(err, f)
}

// Fingerprint is what the person compares with the host's window, for a place
// without a link.
func (j *Join) Fingerprint() string { return j.visit.Fingerprint }

// Same says that the person has compared the fingerprint: from now on the key is
// pinned. The place is opened under its own name.
func (j *Join) Same() {
	if j.step != JoinCompare || j.busy {
		return
	}
	a := j.app
	if a.knows(j.link.Host) {
		j.leave()
		a.Enter(placeID(j.link.Host))
		return
	}
	old, link := j.member, j.link
	j.member = nil
	var member *setup.Member
	j.working(func(ctx context.Context) error {
		err := old.Close()
		if err != nil {
			return err
		}
		member, err = a.openToJoin(ctx, &link)
		return err
	}, func(err error) {
		if err != nil {
			j.set(JoinPaste)
			j.fault = j.say(err)
			return
		}
		j.member, j.bare = member, false
		j.looked()
	})
}

// working runs something that the person waits for.
func (j *Join) working(do func(context.Context) error, done func(error)) {
	j.busy = true
	j.app.changed()
	j.app.Background(do, func(err error) {
		j.busy = false
		if j.app.join != j { // left meanwhile
			j.drop(j.member)
			return
		}
		done(err)
		j.app.changed()
	})
}

// looked goes on with what the place has answered.
func (j *Join) looked() {
	j.set(JoinCard)
	switch {
	case j.visit.Problem != wire.CodeOK:
		j.fault = j.say(&client.CodeError{Code: j.visit.Problem})
	case j.visit.Card == nil:
		j.fault = j.say(&client.CodeError{Code: wire.CodeNeedLink})
	case j.visit.Card.Mode == chat.JoinClosed && len(j.link.Secret) == 0:
		j.fault = j.say(&client.CodeError{Code: wire.CodeClosed})
	}
}

// Card is what is known of the place, nil if it tells strangers nothing.
func (j *Join) Card() *wire.Card { return j.visit.Card }

// PlaceID is what the profile will call the place; its colour follows from it.
func (j *Join) PlaceID() string { return placeID(j.link.Host) }

// PlaceName is the name of the place, as far as it is known.
func (j *Join) PlaceName() string {
	if c := j.visit.Card; c != nil {
		return c.Place
	}
	if len(j.link.Addresses) > 0 {
		return j.link.Addresses[0]
	}
	return ""
}

// CanRegister reports whether a new account can be made with this link.
func (j *Join) CanRegister() bool {
	return j.again == nil && j.visit.Problem == wire.CodeOK && j.visit.Card != nil &&
		(j.visit.Card.Mode != chat.JoinClosed || len(j.link.Secret) > 0)
}

// Name is what the field for the user name begins with.
func (j *Join) Name() string {
	if j.again != nil {
		return j.again.me.Name
	}
	return j.app.profile.Person()
}

// NeedsPassword reports whether a new account needs a password. Only that of an
// owner, on the owner's own computer, does not.
func (j *Join) NeedsPassword() bool { return j.visit.Card == nil || !j.visit.Card.NoPass }

// Come goes from the card to name and password.
func (j *Join) Come(how Sign) {
	if j.busy || how == SignRegister && !j.CanRegister() {
		return
	}
	j.sign = how
	j.set(JoinSign)
}

// Sign says how the person wants to come in.
func (j *Join) Sign() Sign { return j.sign }

// Again reports whether this place was joined before and asks to log in again.
func (j *Join) Again() bool { return j.again != nil }

// Faults are what is wrong with what was typed, by field; "" where nothing is.
type Faults struct {
	Name, Code, Password string
}

// None reports whether nothing is wrong.
func (f Faults) None() bool { return f == Faults{} }

// Submit comes in with a name and a password, and with the host's one-time code
// where one is asked for. It returns what is wrong with them; if nothing is, the
// work has begun.
func (j *Join) Submit(name, code, pass string) Faults {
	if j.busy || j.step != JoinSign {
		return Faults{}
	}
	f := j.check(name, code, pass)
	if !f.None() {
		return f
	}
	shown, _, err := chat.NormalName(name)
	if err != nil {
		return Faults{Name: NameFault(name)}
	}
	j.fault = text.Sentence{}
	m, link, how := j.member, j.link, j.sign
	j.working(func(ctx context.Context) error {
		switch how {
		case SignLogin:
			return m.Client.Login(ctx, link, shown, pass)
		case SignCode:
			return m.Client.Reset(ctx, link, shown, strings.TrimSpace(code), pass)
		}
		return m.Client.Register(ctx, link, shown, pass)
	}, j.signed)
	return Faults{}
}

// check judges what was typed. A password that exists is not judged: the host
// decides.
func (j *Join) check(name, code, pass string) Faults {
	f := Faults{Name: NameFault(name)}
	switch {
	case j.sign == SignLogin && pass == "":
		f.Password = text.LoginPasswordEmpty()
	case j.sign == SignLogin:
	case j.sign == SignRegister && !j.NeedsPassword() && pass == "":
	default:
		f.Password = sayPassword(client.CheckPassword(pass, name, j.PlaceName()))
	}
	if j.sign == SignCode && strings.TrimSpace(code) == "" {
		f.Code = text.LoginCodeEmpty()
	}
	return f
}

// signed goes on after an account was made or logged in to.
func (j *Join) signed(err error) {
	a := j.app
	if errors.Is(err, client.ErrWrongHost) {
		j.set(JoinImpostor)
		return
	}
	if err != nil {
		a.log.Warn("not let in", "err", err)
		j.fault = j.say(err)
		return
	}
	if j.again != nil {
		a.showPlace(j.again)
		return
	}
	j.member.Start()
	if j.step == JoinLost {
		a.setPrefs(func(s *prefs.Settings) { *s = s.Returned(j.member.ID) })
	}
	a.entered(j.member)
}

// NameTaken reports whether the fault is about the name, so that the field can
// show it.
func (j *Join) NameTaken() bool {
	return j.fault.What == text.For(text.NameTaken, text.Facts{}).What
}

// Back goes one step back and reports whether there was one inside of Join.
func (j *Join) back() bool {
	if j.busy {
		return true
	}
	switch {
	case j.step == JoinSign && j.again == nil:
		j.set(JoinCard)
		j.looked()
		return true
	case j.step == JoinPaste || j.again != nil:
		return false
	case j.step == JoinKit:
		j.code = nil
		j.set(JoinPaste)
		return true
	}
	j.leave()
	if j.code != nil {
		j.set(JoinKit)
		return true
	}
	j.set(JoinPaste)
	return true
}

// leave ends what runs, and forgets the place unless it was joined.
func (j *Join) leave() {
	j.stop()
	if j.again == nil {
		j.drop(j.member)
	}
	j.member = nil
}

// drop closes the client of a place that was not joined; nothing of it stays.
func (j *Join) drop(m *setup.Member) {
	if m == nil {
		return
	}
	j.app.Background(func(context.Context) error { return m.Close() }, func(err error) {
		if err != nil {
			j.app.log.Warn("place not closed", "err", err)
		}
	})
}

// LoginAgain asks for the password of a place that has signed this device out.
func (a *App) LoginAgain(e *Entered) {
	if a.busy > 0 {
		return
	}
	p := e.Member.Client.Place()
	a.want = intentJoin
	a.join = &Join{
		app: a, step: JoinSign, sign: SignLogin, again: e, member: e.Member, stop: func() {},
		link: wire.Link{Addresses: p.Addresses, Host: p.Host}, visit: client.Visit{Card: &wire.Card{Place: p.Name, Mode: p.Mode, Host: p.Owner}},
	}
	a.show(ScreenJoin)
}
