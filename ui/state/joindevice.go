package state

import (
	"context"
	"errors"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/setup"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/ui/text"
)

// ChooseDevice begins to make this computer another one of somebody who uses Snug
// already: no name is asked for, the other computer knows it.
func (a *App) ChooseDevice() {
	if a.busy > 0 {
		return
	}
	a.want, a.join = intentJoin, newJoin(a, "")
	a.join.mine = true
	a.next()
}

// Mine reports whether this computer is to become another one of the person's own.
func (j *Join) Mine() bool { return j.mine }

// Pair says how far the adding of this computer is, at JoinDevice.
func (j *Join) Pair() client.PairState { return j.pair }

// Match says that both computers show the same pictures.
func (j *Join) Match() {
	if j.pairing != nil {
		j.pairing.Confirm()
	}
}

// Differ says that they do not: somebody may be in between, and nothing is added.
func (j *Join) Differ() {
	j.differs = true
	if j.pairing != nil {
		j.pairing.Cancel()
	}
}

// enlist makes this computer one of the account's whose link this is.
func (j *Join) enlist(link wire.DeviceLink) {
	a := j.app
	if a.knows(link.Host) {
		a.desktop.Toast(text.For(text.JoinedAlready, text.Facts{}).What)
		a.Enter(placeID(link.Host))
		return
	}
	ctx, stop := context.WithCancel(a.ctx)
	j.stop, j.mine, j.differs = stop, true, false
	j.pair = client.PairState{}
	j.link = wire.Link{Addresses: link.Addresses, Host: link.Host}
	j.set(JoinDevice)
	var member *setup.Member
	a.Background(func(context.Context) error {
		var err error
		place := wire.Link{Addresses: link.Addresses, Host: link.Host}
		if member, err = a.profile.Join(ctx, &place); err != nil {
			return err
		}
		if err = j.meet(ctx, member.Client, link); err != nil {
			return errors.Join(err, member.Close())
		}
		if a.profile.Person() == "" {
			if err := a.profile.SetPerson(member.Client.Me().Name); err != nil {
				a.log.Warn("name not saved", "err", err)
			}
		}
		return nil
	}, func(err error) {
		switch {
		case err == nil: // also when the person has left meanwhile: it is added
			stop()
			member.Start()
			a.entered(member)
			a.desktop.Toast(text.JoinDeviceDone())
		case ctx.Err() != nil: // the person has left
		case errors.Is(err, client.ErrWrongHost):
			a.log.Warn("another computer answered for a place", "place", placeID(link.Host))
			j.set(JoinImpostor)
		default:
			a.log.Warn("this device not added", "err", err)
			j.set(JoinPaste)
			j.spent, j.typed = j.typed, ""
			if j.fault = a.sayPairing(err); j.differs {
				j.fault = differ()
			}
			a.changed()
		}
	})
}

// meet adds this computer. While the place cannot be reached it goes on trying.
func (j *Join) meet(ctx context.Context, c *client.Client, link wire.DeviceLink) error {
	a := j.app
	tell := func(change func()) {
		a.desktop.Do(func() {
			if ctx.Err() == nil {
				change()
				a.changed()
			}
		})
	}
	for wait := firstWait; ; wait = min(2*wait, lastWait) {
		p := c.AddThisDevice(link)
		tell(func() { j.pairing = p })
		err := a.pairing(ctx, p, func(s client.PairState) {
			j.pair = s
			if s.Step > client.PairWaiting {
				j.fault = text.Sentence{}
			}
			a.changed()
		})
		if err == nil || !isTemporary(err) {
			return err
		}
		tell(func() { j.pair, j.fault = client.PairState{}, j.say(err) })
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}
