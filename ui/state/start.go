package state

import (
	"context"
	"errors"
	"slices"

	"github.com/snugchat/snug/crypto/password"
	"github.com/snugchat/snug/net/setup"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/prefs"
	"github.com/snugchat/snug/ui/text"
)

// ChooseHost begins to host a place, or opens the one that is hosted here.
func (a *App) ChooseHost() {
	if a.busy > 0 {
		return
	}
	a.want = intentHost
	if a.screen != ScreenLocked { // else when it is open
		a.next()
	}
}

// ChooseJoin begins to join a place.
func (a *App) ChooseJoin() {
	if a.busy > 0 {
		return
	}
	a.want, a.join = intentJoin, newJoin(a, "")
	a.next()
}

// next goes to what is still missing for what the person wants.
func (a *App) next() {
	switch {
	case a.profile.IsNew() && a.nameless():
		a.show(ScreenProtect)
	case a.profile.IsNew(), a.profile.Person() == "" && a.want != intentNone && !a.nameless():
		a.show(ScreenName)
	case a.want == intentHost && a.profile.HasHost():
		a.reopenHost()
	case a.want == intentHost:
		a.show(ScreenHost)
	case a.want == intentJoin:
		a.show(ScreenJoin)
		a.join.begin()
	default:
		a.reopen()
	}
}

// nameless reports whether the person wants something for which no name is asked:
// their other computer knows it.
func (a *App) nameless() bool {
	return a.want == intentJoin && a.join != nil && (a.join.mine || a.join.step == JoinPaste && isDeviceLink(a.join.typed))
}

// Person returns the name that the person goes by.
func (a *App) Person() string {
	if a.name != "" {
		return a.name
	}
	if a.profile == nil {
		return ""
	}
	return a.profile.Person()
}

// NameFault says what is wrong with a name of a person, "" if nothing is.
func NameFault(name string) string {
	_, _, err := chat.NormalName(name)
	switch {
	case err == nil:
		return ""
	case errors.Is(err, chat.ErrNameEmpty):
		return text.NameEmpty()
	case errors.Is(err, chat.ErrNameLong):
		return text.NameLong(chat.MaxName)
	}
	return text.NameBad()
}

// SetName takes the name that people call this person and goes on. It returns
// what is wrong with it, or "".
func (a *App) SetName(name string) (fault string) {
	if fault := NameFault(name); fault != "" {
		return fault
	}
	shown, _, err := chat.NormalName(name)
	if err != nil || a.busy > 0 {
		return ""
	}
	a.name = shown
	if a.profile.IsNew() {
		a.show(ScreenProtect)
		return ""
	}
	a.Work(func(context.Context) error { return a.profile.SetPerson(shown) }, func(err error) {
		if err != nil {
			a.fail("name not saved", err)
			return
		}
		a.next()
	})
	return ""
}

// askKeyring finds out whether this computer has a safe store, before anybody
// has to wait for the answer.
func (a *App) askKeyring() {
	var has bool
	a.Background(func(context.Context) error {
		has = a.profile.HasKeyring()
		return nil
	}, func(error) {
		a.keyring = no
		if has {
			a.keyring = yes
		}
		a.changed()
	})
}

// Keyring reports whether the profile can open with the computer's login, and
// whether that is known yet.
func (a *App) Keyring() (has, known bool) { return a.keyring == yes, a.keyring != unknown }

// PassphraseFault says what is wrong with a passphrase or with its repetition;
// both are "" if nothing is.
func (a *App) PassphraseFault(passphrase, again string) (fault, againFault string) {
	return passwordFaults(passphrase, again, a.name)
}

// passwordFaults judges a new secret that was typed twice. Names are what it
// must not be made of.
func passwordFaults(secret, again string, names ...string) (fault, againFault string) {
	if err := password.Check(secret, names...); err != nil {
		return sayPassword(err), ""
	}
	if secret != again {
		return "", text.ProtectAgainDiffers()
	}
	return "", ""
}

// SuggestPassword returns four random words.
func SuggestPassword() string { return password.Suggest() }

// Protect makes the profile: opened by the computer's login, or by a passphrase
// that was typed twice. It returns what is wrong with what was typed; if that is
// nothing, the work has begun.
func (a *App) Protect(byKeyring bool, passphrase, again string) (fault, againFault string) {
	if a.busy > 0 {
		return "", ""
	}
	how := setup.Protection{Kind: setup.ByKeyring}
	if !byKeyring {
		if fault, againFault := a.PassphraseFault(passphrase, again); fault != "" || againFault != "" {
			return fault, againFault
		}
		how = setup.Protection{Kind: setup.ByPassphrase, Passphrase: passphrase}
	}
	a.fault = text.Sentence{}
	name := a.name
	a.Work(func(ctx context.Context) error {
		if a.profile.IsNew() { // else the name alone was not saved the last time
			if err := a.profile.Create(ctx, how); err != nil {
				return err
			}
		}
		if name == "" { // another computer of the person knows it
			return nil
		}
		return a.profile.SetPerson(name)
	}, func(err error) {
		if err != nil {
			a.fail("profile not protected", err)
			return
		}
		a.name = ""
		a.next()
	})
	return "", ""
}

// Unlock opens the profile with its passphrase.
func (a *App) Unlock(passphrase string) {
	if a.busy == 0 {
		a.fault = text.Sentence{}
		a.unlock(passphrase)
	}
}

func (a *App) unlock(passphrase string) {
	a.Work(func(ctx context.Context) error { return a.profile.Unlock(ctx, passphrase) }, func(err error) {
		if err != nil {
			a.screen = ScreenLocked
			a.fail("profile not unlocked", err)
			return
		}
		a.resume()
	})
}

// ByPassphrase reports whether the lock screen asks for a passphrase. Otherwise
// the computer's login or a file opens the profile, and one can only try again.
func (a *App) ByPassphrase() bool {
	kind, err := a.profile.Kind()
	return err == nil && kind == setup.ByPassphrase
}

// Places lists the places of this profile, the hosted one first, then the ones
// used last.
func (a *App) Places() []setup.Place {
	if a.profile == nil {
		return nil
	}
	return a.profile.Places()
}

// Enter opens a place of this profile, or shows it if it is open.
func (a *App) Enter(id string) {
	if a.busy > 0 {
		return
	}
	places := a.profile.Places()
	i := slices.IndexFunc(places, func(p setup.Place) bool { return p.ID == id })
	switch {
	case i < 0:
		return
	case a.open[id] != nil:
		a.showPlace(a.open[id])
	case places[i].Hosted:
		a.reopenHost()
	default:
		a.openPlace(id)
	}
}

// reopen shows the place that was open when the program ended, or the start. One
// that the person has stopped hosting waits until they want it hosted again.
func (a *App) reopen() {
	last := a.Prefs().LastPlace
	for _, p := range a.profile.Places() {
		if p.ID == last && (!p.Hosted || a.hosting != nil) {
			a.Enter(last)
			return
		}
	}
	a.show(ScreenStart)
}

func (a *App) openPlace(id string) {
	a.show(ScreenOpening)
	var m *setup.Member
	a.Work(func(ctx context.Context) error {
		var err error
		m, err = a.profile.OpenPlace(ctx, id)
		return err
	}, func(err error) {
		if err != nil {
			a.screen = ScreenStart
			a.fail("place not opened", err)
			return
		}
		a.entered(m)
	})
}

// Forget removes a place that is not hosted here from this computer, with its
// messages.
func (a *App) Forget(id string) {
	e := a.open[id]
	if a.shown == e {
		a.shown = nil
	}
	delete(a.open, id)
	a.Work(func(ctx context.Context) error {
		if e != nil {
			a.signOut(ctx, e)
			e.Place.Close()
			if err := e.Member.Close(); err != nil {
				return err
			}
		}
		return a.profile.Forget(id)
	}, func(err error) {
		a.setPrefs(func(s *prefs.Settings) { *s = s.Forgotten(id) })
		a.show(ScreenStart)
		if err != nil {
			a.fail("place not forgotten", err)
		}
	})
}
