package state

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/setup"
	"github.com/snugchat/snug/storage/prefs"
	"github.com/snugchat/snug/ui/text"
)

// Screen says what the window shows.
type Screen int

// The screens. What is on one stands in the methods named with it.
const (
	ScreenOpening Screen = iota // the profile or a place is being opened
	ScreenStart                 // host or join, and the places that are known
	ScreenName                  // SetName
	ScreenProtect               // Protection, Protect
	ScreenLocked                // Unlock
	ScreenHost                  // StartHosting
	ScreenJoin                  // Join
	ScreenPlace                 // Place, Hosting
	ScreenBroken                // Fault: the profile cannot be opened
)

// intent is what a person came for, kept while name and protection are asked.
type intent int

const (
	intentNone intent = iota
	intentHost
	intentJoin
)

// App is the whole program as a person meets it. All methods are called on the
// window's goroutine.
type App struct {
	desktop Desktop
	options setup.Options
	profile *setup.Profile // nil on ScreenBroken
	log     *slog.Logger

	ctx  context.Context // ends with Close; only handed to what App.Work runs
	stop context.CancelFunc
	work sync.WaitGroup

	settings prefs.Settings // as chosen; on disk a moment later
	saving   bool

	latest  func(context.Context) (string, error) // the newest version that was released
	unwatch context.CancelFunc                    // ends asking it day by day; nil: nobody wants to know

	changed func()
	screen  Screen
	fault   text.Sentence
	busy    int

	want    intent
	clicked string // a link that came while the person waited for something
	name    string // chosen before the profile can keep it
	keyring answer
	join    *Join
	open    map[string]*Entered // by place id
	shown   *Entered
	hosting *Hosting
	said    int      // repairs of the profile that were told
	lates   []string // places of which it was told that their backups fail
	wiped   bool     // nothing may be written any more
}

// answer is what is known of a question that takes time.
type answer int

const (
	unknown answer = iota
	yes
	no
)

// Open opens the profile and begins at the right screen. Link is an invite link
// that was clicked, or "". It reads a few small files. It always returns an App:
// if the profile cannot be opened, that is what its screen says.
func Open(desktop Desktop, options setup.Options, link string) *App {
	profile, err := setup.Open(options)
	return Begin(desktop, options, setup.Call{Link: link}, profile, err)
}

// Begin is Open with a profile that was opened with the same options, or with
// the error of that, and with more that a person may have started Snug for. The
// App closes the profile.
func Begin(desktop Desktop, options setup.Options, c setup.Call, profile *setup.Profile, err error) *App {
	a := &App{desktop: desktop, options: options, open: make(map[string]*Entered), changed: func() {}, settings: prefs.Default(), latest: latestVersion}
	a.ctx, a.stop = context.WithCancel(context.Background())
	a.log = slog.New(options.Logs)
	if err != nil {
		a.log.Error("profile not opened", "err", err)
		a.screen, a.fault = ScreenBroken, a.Say(err)
		return a
	}
	a.profile = profile
	a.settings = profile.Prefs().Get()
	switch {
	case c.Link != "":
		a.want, a.join = intentJoin, newJoin(a, c.Link)
	case c.Host:
		a.want = intentHost
	}
	a.begin()
	a.watchVersion()
	return a
}

// begin chooses the first screen of an open profile.
func (a *App) begin() {
	if a.profile.IsNew() {
		a.screen = ScreenStart
		a.askKeyring()
		switch {
		case a.nameless():
			a.screen = ScreenProtect
		case a.want != intentNone:
			a.screen = ScreenName
		}
		return
	}
	kind, err := a.profile.Kind()
	switch {
	case err != nil:
		a.screen, a.fault = ScreenBroken, a.Say(err)
	case kind == setup.ByPassphrase:
		a.screen = ScreenLocked
	default:
		a.screen = ScreenOpening
		a.unlock("")
	}
}

// OnChange sets what is called, on the window's goroutine, after anything that
// the screens show has changed.
func (a *App) OnChange(f func()) { a.changed = f }

// Screen says what the window shows now.
func (a *App) Screen() Screen { return a.screen }

// Fault says what went wrong on this screen; the zero Sentence: nothing.
func (a *App) Fault() text.Sentence { return a.fault }

// Busy reports whether something is under way that the person waits for.
func (a *App) Busy() bool { return a.busy > 0 }

// IsNew reports whether this is the first run.
func (a *App) IsNew() bool { return a.profile == nil || a.profile.IsNew() }

// Desktop returns the functions of the desktop, for the parts of a screen.
func (a *App) Desktop() Desktop { return a.desktop }

// Work runs do off the window's goroutine and then done with its error on it.
// Meanwhile Busy reports true. After Close done is not called any more.
func (a *App) Work(do func(ctx context.Context) error, done func(error)) {
	a.busy++
	a.changed()
	a.Background(do, func(err error) {
		a.busy--
		done(err)
		if link := a.clicked; link != "" && a.busy == 0 {
			a.clicked = ""
			a.Link(link)
		}
		a.changed()
	})
}

// Background is Work that nobody waits for.
func (a *App) Background(do func(ctx context.Context) error, done func(error)) {
	a.work.Go(func() {
		err := do(a.ctx)
		a.desktop.Do(func() {
			if a.ctx.Err() == nil {
				done(err)
			}
		})
	})
}

// Say puts an error into words for a screen that knows nothing more about it.
func (a *App) Say(err error) text.Sentence { return say(err, text.Facts{Now: a.desktop.Now()}) }

// show goes to a screen.
func (a *App) show(s Screen) {
	a.screen, a.fault = s, text.Sentence{}
	a.changed()
}

// fail says on the screen that is shown what went wrong.
func (a *App) fail(what string, err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	a.log.Warn(what, "err", err)
	a.fault = a.Say(err)
	a.changed()
}

// Back goes to the screen before this one, if there is one.
func (a *App) Back() {
	if a.busy > 0 || a.screen == ScreenJoin && a.join.back() {
		return
	}
	switch a.screen {
	case ScreenName:
		a.want = intentNone
		a.show(ScreenStart)
	case ScreenProtect:
		if a.nameless() {
			a.want = intentNone
			a.show(ScreenStart)
			return
		}
		a.show(ScreenName)
	case ScreenJoin:
		a.join.leave()
		a.join = nil
		a.want = intentNone
		a.home()
	case ScreenHost:
		a.want = intentNone
		a.home()
	case ScreenStart:
		if a.shown != nil {
			a.show(ScreenPlace)
		}
	}
}

// CanGoBack reports whether Back leads anywhere.
func (a *App) CanGoBack() bool {
	switch a.screen {
	case ScreenName, ScreenProtect, ScreenHost, ScreenJoin:
		return true
	case ScreenStart:
		return a.shown != nil
	}
	return false
}

// home is where one goes after giving something up: the place that was open, or
// the start.
func (a *App) home() {
	if a.shown != nil {
		a.show(ScreenPlace)
		return
	}
	a.show(ScreenStart)
}

// Within tells the parts of a screen apart: the window builds another view when
// it changes.
func (a *App) Within() any {
	switch a.screen {
	case ScreenStart:
		return len(a.Places())
	case ScreenJoin:
		return joining{a.join, a.join.step, a.join.sign, a.join.pair.Step}
	case ScreenPlace:
		return within{a.shown, a.shown.Gate()}
	}
	return nil
}

type joining struct {
	join *Join
	step JoinStep
	sign Sign
	pair client.PairStep
}

type within struct {
	shown *Entered
	gate  Gate
}

// Start goes to the start screen, from which another place can be opened. The
// open one stays open.
func (a *App) Start() {
	if a.busy == 0 {
		a.show(ScreenStart)
	}
}

// Close ends everything: the host, all clients, the profile. It waits for them,
// and so is called when the window is gone.
func (a *App) Close() error {
	a.stop()
	a.work.Wait()
	for _, e := range a.open {
		e.Place.Close()
	}
	if a.profile == nil {
		return nil
	}
	if !a.wiped && (a.saving || !same(a.settings, a.profile.Prefs().Get())) {
		if err := a.profile.Prefs().Update(func(s *prefs.Settings) { *s = a.settings }); err != nil {
			a.log.Warn("settings not saved", "err", err)
		}
	}
	return a.profile.Close()
}

// Link takes an invite link that was clicked, dropped or pasted while the
// program runs. What is under way ends first. A link that is none, or not whole,
// opens the join screen as well, which says what is wrong with it.
func (a *App) Link(link string) {
	if a.profile == nil || link == "" {
		return
	}
	if a.busy > 0 {
		a.clicked = link // the last one counts
		return
	}
	if a.join != nil {
		a.join.leave()
	}
	a.want, a.join = intentJoin, newJoin(a, link)
	switch {
	case a.screen == ScreenLocked || a.screen == ScreenOpening: // when it is open
	case a.profile.IsNew() && a.screen == ScreenProtect && (a.name != "" || a.nameless()): // the name is chosen
	case a.profile.IsNew() && a.nameless():
		a.show(ScreenProtect)
	case a.profile.IsNew():
		a.show(ScreenName)
	default:
		a.next()
	}
}
