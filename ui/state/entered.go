package state

import (
	"context"
	"errors"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/setup"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/prefs"
	"github.com/snugchat/snug/ui/text"
)

// Gate says what stands between a person and the rooms of a place.
type Gate int

// The gates.
const (
	GateOpen    Gate = iota // nothing: the rooms are shown
	GateWaiting             // a moderator has not let this person in yet
	GateStopped             // Trouble says why
)

// Entered is a place that is open in this window: its client runs.
type Entered struct {
	Member *setup.Member
	Place  *Place
	People *People

	connection client.State
	info       client.Place
	me         client.Me
	reading    bool // the person reads what is here although the gate is closed
}

// entered takes a client that runs and shows its place.
func (a *App) entered(m *setup.Member) *Entered {
	e := a.enter(m)
	a.showPlace(e)
	return e
}

// enter takes a client that runs and follows its changes until the program ends
// or the client is closed.
func (a *App) enter(m *setup.Member) *Entered {
	if e := a.open[m.ID]; e != nil {
		return e
	}
	e := &Entered{Member: m, Place: NewPlace(m, a.desktop), People: newPeople(a, m.Client)}
	e.Place.SetHabits(a.habits())
	e.Place.beside, e.Place.visit = a.places, a.visit
	e.read()
	a.open[m.ID] = e
	sub := m.Client.Subscribe()
	a.Background(func(ctx context.Context) error {
		defer sub.Close()
		for {
			ch, err := sub.Next(ctx)
			if err != nil {
				return err
			}
			if !ch.State && !ch.Me && !ch.Place && !ch.People && !ch.Invites {
				continue // the rooms are Place's business
			}
			a.desktop.Do(func() {
				if a.open[m.ID] == e {
					e.follow(a, ch)
				}
			})
			// Presence of a full place may change all the time.
			select {
			case <-ctx.Done():
			case <-time.After(followPause):
			}
		}
	}, func(error) {})
	return e
}

// followPause is how long the screens of the shell rest between two changes of
// people or connection.
const followPause = 50 * time.Millisecond

// read asks the client how things are.
func (e *Entered) read() {
	e.connection, e.info, e.me = e.Member.Client.State(), e.Member.Client.Place(), e.Member.Client.Me()
	if e.connection.Phase == client.Online {
		e.reading = false
	}
}

func (e *Entered) follow(a *App, ch client.Changes) {
	e.read()
	if ch.People || ch.Me {
		for _, name := range e.People.read() {
			a.desktop.Notify(e.Name(), text.PeopleWaitingLine(name))
			a.desktop.Toast(text.PeopleWaitingLine(name))
		}
	}
	// Who comes in uses up a link, of which the host says nothing.
	if h := a.hosting; h != nil && h.entered == e && (ch.Invites || ch.People && h.shown && h.tab == TabInvites) {
		h.Invites.Read()
	}
	a.changed()
}

// Name is what the place is called.
func (e *Entered) Name() string { return e.info.Name }

// Info is what is known of the place.
func (e *Entered) Info() client.Place { return e.info }

// Me is the person's own account in the place.
func (e *Entered) Me() client.Me { return e.me }

// Online reports whether the place is connected.
func (e *Entered) Online() bool { return e.connection.Phase == client.Online }

// Reached reports whether the host answers, whether or not it lets this person
// in.
func (e *Entered) Reached() bool {
	return e.connection.Phase == client.Online || e.connection.Phase == client.WaitingApproval
}

// Gate says whether the rooms are shown, or what instead.
func (e *Entered) Gate() Gate {
	return gate(e.connection, e.me, e.reading)
}

// gate decides from the connection and the account what a person sees.
func gate(c client.State, me client.Me, reading bool) Gate {
	switch {
	case c.Phase == client.Stopped && !reading:
		return GateStopped
	case c.Phase == client.Stopped:
		return GateOpen
	case me.State == chat.Waiting:
		return GateWaiting
	}
	return GateOpen
}

// Trouble says why the place is stopped.
func (e *Entered) Trouble(a *App) text.Sentence {
	f := text.Facts{Now: a.desktop.Now(), Place: e.info.Name, Name: e.info.Owner, Have: a.options.Program}
	if c, ok := errors.AsType[*client.CodeError](e.connection.Err); ok {
		f.By, f.Reason = c.By, c.Reason
	}
	switch {
	case !e.unknown():
		return say(e.connection.Err, f)
	case e.me.State == chat.Waiting:
		return text.For(text.TurnedAway, f)
	}
	return text.For(text.SignedOut, f)
}

// unknown reports whether the host does not know this device any more, which is
// all that a client learns that was away when it happened.
func (e *Entered) unknown() bool {
	return e.connection.Phase == client.Stopped && client.CodeOf(e.connection.Err) == wire.CodeOK && !e.Impostor() && !errors.Is(e.connection.Err, client.ErrCopied)
}

// Impostor reports whether another computer answers for the place. Nothing
// leads on from there but leaving.
func (e *Entered) Impostor() bool { return errors.Is(e.connection.Err, client.ErrWrongHost) }

// CanLogin reports whether logging in again would help.
func (e *Entered) CanLogin() bool {
	switch client.CodeOf(e.connection.Err) {
	case wire.CodeSignedOut, wire.CodeNotLoggedIn, wire.CodeWrongKey:
		return true
	}
	return errors.Is(e.connection.Err, client.ErrCopied) || e.unknown() && e.me.State != chat.Waiting
}

// CanRetry reports whether trying again may help.
func (e *Entered) CanRetry() bool { return !e.Impostor() && !e.CanLogin() }

// Retry connects at once.
func (e *Entered) Retry() { e.Member.Client.Reconnect() }

// Read shows the rooms although the place is stopped: what was received stays.
func (a *App) Read(e *Entered) {
	e.reading = true
	a.changed()
}

// CanRead reports whether there is anything to read behind the gate.
func (e *Entered) CanRead() bool {
	return e.Gate() == GateStopped && !e.Impostor() && e.me.State != chat.Waiting && client.CodeOf(e.connection.Err) != wire.CodeRejected
}

// Connection is the state of the connection.
func (e *Entered) Connection() client.State { return e.connection }

// showPlace shows a place that is open.
func (a *App) showPlace(e *Entered) {
	a.shown, a.want, a.join, a.screen = e, intentNone, nil, ScreenPlace
	id := e.Member.ID
	a.setPrefs(func(s *prefs.Settings) { *s = s.Visited(id) })
	a.show(ScreenPlace)
}

// places are those that are open, in the order of Opened.
func (a *App) places() []*Place {
	var out []*Place
	for _, e := range a.Opened() {
		out = append(out, e.Place)
	}
	return out
}

// visit shows the place of which p is.
func (a *App) visit(p *Place) {
	for _, e := range a.open {
		if e.Place == p {
			a.showPlace(e)
			return
		}
	}
}

// IsOpen reports whether a place is still open.
func (a *App) IsOpen(e *Entered) bool { return a.open[e.Member.ID] == e }

// Opened lists the places that are open, in the order in which the profile lists
// them.
func (a *App) Opened() []*Entered {
	var out []*Entered
	for _, p := range a.Places() {
		if e := a.open[p.ID]; e != nil {
			out = append(out, e)
		}
	}
	return out
}

// Shown returns the place that is shown, nil before one was opened.
func (a *App) Shown() *Entered { return a.shown }
