package state

import (
	"context"
	"time"

	"github.com/snugchat/snug/net/client"
)

// signOutTime is how long removing a place from this computer waits for its host.
const signOutTime = 10 * time.Second

// signOut has the host of a place let this computer in no more, if it can be reached:
// its keys are about to be deleted. It is called off the window's goroutine.
func (a *App) signOut(ctx context.Context, e *Entered) {
	c := e.Member.Client
	if e.Member.Archive || c.State().Phase != client.Online {
		return
	}
	ctx, stop := context.WithTimeout(ctx, signOutTime)
	defer stop()
	if err := c.SignOut(ctx, c.Me().Device); err != nil {
		a.log.Warn("computer not signed out before its place is removed", "err", err)
	}
}

// CanEndAccount reports whether the person can end their account in a place: the host
// has to hear of it, and a place that is hosted here is deleted instead.
func (a *App) CanEndAccount(e *Entered) bool {
	return a.IsOpen(e) && !e.Member.Archive && e.Online() && (a.hosting == nil || a.hosting.entered != e)
}

// EndAccount ends the person's account in a place, on all their computers, and removes
// the place from this one. If the host does not take it, nothing is removed, and a note
// says why.
func (a *App) EndAccount(e *Entered) {
	if a.busy > 0 || !a.CanEndAccount(e) {
		return
	}
	a.Work(e.Member.Client.EndAccount, func(err error) {
		if err != nil {
			a.log.Warn("account not ended", "err", err)
			a.desktop.Toast(a.Say(err).String())
			return
		}
		a.Forget(e.Member.ID)
	})
}
