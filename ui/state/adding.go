package state

import (
	"context"
	"errors"
	"sync"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/ui/text"
)

// pairing runs the adding of a computer on one of the two sides, and tells on the
// window's goroutine how far it is. It waits until that is over.
func (a *App) pairing(ctx context.Context, p *client.Pairing, at func(client.PairState)) error {
	ctx, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			s, err := p.Next(ctx)
			if err != nil {
				return
			}
			a.desktop.Do(func() {
				if ctx.Err() == nil {
					at(s)
				}
			})
		}
	})
	err := p.Run(ctx)
	stop()
	wg.Wait()
	return err
}

// sayPairing says why a computer was not added.
func (a *App) sayPairing(err error) text.Sentence {
	switch client.CodeOf(err) {
	case wire.CodeLinkUnknown, wire.CodeLinkUsed, wire.CodeLinkEnded, wire.CodeLinkRevoked:
		return text.For(text.PairTime, text.Facts{})
	}
	return a.Say(err)
}

// Adding is the adding of another computer of the person, seen from this one.
type Adding struct {
	app     *App
	entered *Entered
	pairing *client.Pairing // nil until the host has taken the link
	now     client.PairState
	fault   text.Sentence
	changed func()
	turn    int // tells a link from those before it
}

// Add begins to add another computer in the place of d: it makes a link for it.
// changed is called on the window's goroutine when there is something else to show.
// Close ends it.
func (d *Devices) Add(changed func()) *Adding {
	x := &Adding{app: d.app, entered: d.entered, changed: changed}
	x.Again()
	return x
}

// Again makes another link; the one before ends.
func (x *Adding) Again() {
	x.end()
	x.turn++
	turn, a, c := x.turn, x.app, x.entered.Member.Client
	x.now, x.fault = client.PairState{}, text.Sentence{}
	var addresses func() []string
	if h := a.hosting; h != nil && h.entered == x.entered {
		addresses = h.Addresses
	}
	here := func() bool { return turn == x.turn }
	a.Background(func(ctx context.Context) error {
		var known []string
		if addresses != nil {
			known = addresses()
		}
		p, err := c.OfferDevice(ctx, known)
		if err != nil {
			return err
		}
		a.desktop.Do(func() {
			if !here() { // nobody looks any more
				p.Cancel()
				return
			}
			x.pairing, x.now = p, p.State()
			x.changed()
		})
		return a.pairing(ctx, p, func(s client.PairState) {
			if here() {
				x.now = s
				x.changed()
			}
		})
	}, func(err error) {
		switch {
		case !here():
			return
		case err == nil:
			x.now.Step = client.PairDone
		default:
			a.log.Warn("device not added", "err", err)
			x.now.Step = client.PairFailed
			if x.fault.What == "" {
				x.fault = a.sayPairing(err)
			}
		}
		x.pairing = nil
		x.changed()
	})
	x.changed()
}

// end takes back what is under way.
func (x *Adding) end() {
	if x.pairing != nil {
		x.pairing.Cancel()
		x.pairing = nil
	}
}

// Close ends it: the link counts no more, and nothing is called. A computer that
// was confirmed on both sides is added nevertheless.
func (x *Adding) Close() {
	x.turn++
	x.changed = func() {}
	if x.now.Step != client.PairAgreed {
		x.end()
	}
}

// Step says how far it is.
func (x *Adding) Step() client.PairStep { return x.now.Step }

// Fault says why the computer was not added, once Step is PairFailed.
func (x *Adding) Fault() text.Sentence { return x.fault }

// Pictures are the seven to compare, from PairCompare on.
func (x *Adding) Pictures() [7]int { return x.now.Emoji }

// Link is what is pasted on the other computer, "" until the host has taken it.
func (x *Adding) Link() string {
	if x.pairing == nil {
		return ""
	}
	return x.pairing.Link()
}

// Until says how long the link counts.
func (x *Adding) Until() string { return text.Clock(x.now.Ends.In(x.app.desktop.Now().Location())) }

// Copy puts the link on the clipboard.
func (x *Adding) Copy() {
	if link := x.Link(); link != "" {
		x.app.desktop.SetClipboard(link)
	}
}

// Match says that both computers show the same pictures.
func (x *Adding) Match() {
	if x.pairing != nil {
		x.pairing.Confirm()
	}
}

// Differ says that they do not: somebody may be in between, and nothing is added.
func (x *Adding) Differ() {
	x.fault = differ()
	if x.pairing != nil {
		x.pairing.Cancel()
	}
}

func differ() text.Sentence {
	return text.Sentence{What: text.VerifyDifferTitle(), Do: text.DevicesAddDiffer()}
}

// isDeviceLink reports whether a text is meant as a link for another computer.
func isDeviceLink(s string) bool {
	_, err := wire.ParseLink(s)
	return errors.Is(err, wire.ErrDeviceLink)
}
