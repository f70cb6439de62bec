package state

import (
	"context"
	"errors"
	"time"

	"github.com/snugchat/snug/net/update"
	"github.com/snugchat/snug/storage/prefs"
	"github.com/snugchat/snug/ui/text"
)

// How often the program asks for a newer version, whatever the answer is, and how
// long it waits after it reached nobody.
const (
	askVersionEvery = 24 * time.Hour
	askVersionAgain = time.Hour
)

// latestVersion asks the makers of Snug for the newest version.
func latestVersion(ctx context.Context) (string, error) {
	v, err := update.Latest(ctx)
	if err != nil {
		return "", err
	}
	return v.String(), nil
}

// SetCheckVersion says whether the program asks once a day if a newer version was
// released, which it does not unless somebody wants it (FEATURES M3).
func (a *App) SetCheckVersion(on bool) {
	a.setPrefs(func(s *prefs.Settings) {
		s.CheckVersion = on
		if !on {
			s.VersionChecked, s.NewestVersion = 0, ""
		}
	})
	a.watchVersion()
}

// NewerVersion is the version that was released since this one, "" for none or if
// nobody wants to know. Managed reports whether it comes as a package, as this one
// did.
func (a *App) NewerVersion() (version string, managed bool) {
	v := a.settings.NewestVersion
	if !a.settings.CheckVersion || !update.Newer(v, a.Version()) {
		return "", false
	}
	return v, update.Managed()
}

// OpenReleases shows the newest release in the browser.
func (a *App) OpenReleases() { a.desktop.OpenURL(update.Page) }

// watchVersion waits until the next question is due, and asks it, until nobody
// wants to know any more.
func (a *App) watchVersion() {
	switch {
	case a.profile == nil || a.settings.CheckVersion == (a.unwatch != nil):
		return
	case a.unwatch != nil:
		a.unwatch()
		a.unwatch = nil
		return
	}
	var ctx context.Context
	ctx, a.unwatch = context.WithCancel(a.ctx)
	a.waitVersion(ctx, untilVersion(time.UnixMilli(a.settings.VersionChecked), a.desktop.Now()))
}

// untilVersion is how long to wait before the next question, if the last one was
// answered then.
func untilVersion(last, now time.Time) time.Duration {
	if last.After(now) { // the clock was wrong, then or now
		return 0
	}
	return max(last.Add(askVersionEvery).Sub(now), 0)
}

// waitVersion waits, asks, and begins anew, until ctx ends.
func (a *App) waitVersion(ctx context.Context, wait time.Duration) {
	var found string
	a.Background(func(context.Context) error {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
		var err error
		found, err = a.latest(ctx)
		return err
	}, func(err error) {
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			a.log.Info("newest version not known", "err", err)
		}
		if errors.Is(err, update.ErrNoAnswer) {
			a.waitVersion(ctx, askVersionAgain)
			return
		}
		if err != nil { // a refused answer is one too: nobody is asked more often for it
			found = a.settings.NewestVersion
		}
		news := found != a.settings.NewestVersion && update.Newer(found, a.Version())
		a.setPrefs(func(s *prefs.Settings) { s.VersionChecked, s.NewestVersion = a.desktop.Now().UnixMilli(), found })
		if news {
			a.desktop.Toast(text.SettingsVersionNews(found))
		}
		a.waitVersion(ctx, askVersionEvery)
	})
}
