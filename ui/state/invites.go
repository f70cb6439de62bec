package state

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/paths"
	"github.com/snugchat/snug/ui/text"
)

// For is how many people a link is for.
type For int

// The numbers of people.
const (
	ForOne For = iota
	ForTen
	ForAnyone
)

// Lasting is how long a link works.
type Lasting int

// The times.
const (
	LastingDay Lasting = iota
	LastingWeek
	LastingUntilStopped
)

// Wish is what a person wants a new link to be.
type Wish struct {
	For      For
	Lasting  Lasting
	AskFirst bool
}

func (w Wish) options(addresses []string) client.InviteOptions {
	o := client.InviteOptions{AskFirst: w.AskFirst, Addresses: addresses}
	switch w.For {
	case ForOne:
		o.Uses = 1
	case ForTen:
		o.Uses = 10
	case ForAnyone:
		o.Uses = chat.MaxUses
	}
	switch w.Lasting {
	case LastingDay:
		o.Valid = 24 * time.Hour
	case LastingWeek:
		o.Valid = 7 * 24 * time.Hour
	case LastingUntilStopped:
	}
	return o
}

// Invites are the links of a place that this person may see.
type Invites struct {
	app       *App
	client    *client.Client
	addresses func() []string // what links say; nil: what the client knows
	list      []client.Invite
	made      *client.Invite // the newest of this session, shown large
	wish      Wish
	busy      bool
	fault     text.Sentence
	reading   bool
	stale     bool
}

func newInvites(a *App, c *client.Client, addresses func() []string) *Invites {
	return &Invites{app: a, client: c, addresses: addresses}
}

func (i *Invites) known() []string {
	if i.addresses == nil {
		return nil
	}
	return i.addresses()
}

// Read asks the host for the links.
func (i *Invites) Read() {
	if i.reading {
		i.stale = true
		return
	}
	i.reading = true
	var list []client.Invite
	i.app.Background(func(ctx context.Context) error {
		var err error
		list, err = i.client.Invites(ctx, i.known())
		return err
	}, func(err error) {
		i.reading = false
		if err == nil {
			i.list = list
			// What was asked before the link was made does not know of it.
			if !i.stale && i.made != nil && !slices.ContainsFunc(i.InUse(), func(x client.Invite) bool { return x.ID == i.made.ID }) {
				i.made = nil // used up, or stopped from elsewhere
			}
			i.app.changed()
		}
		if i.stale {
			i.stale = false
			i.Read()
		}
	})
}

// InUse lists the links that can still be used, the newest first.
func (i *Invites) InUse() []client.Invite {
	now := i.app.desktop.Now()
	return slices.DeleteFunc(slices.Clone(i.list), func(x client.Invite) bool {
		return !x.Revoked.IsZero() || x.Used >= x.Uses || !x.Expires.IsZero() && now.After(x.Expires)
	})
}

// Wish is what the next link will be.
func (i *Invites) Wish() Wish { return i.wish }

// SetWish changes what the next link will be.
func (i *Invites) SetWish(w Wish) { i.wish = w }

// Busy reports whether a link is being made.
func (i *Invites) Busy() bool { return i.busy }

// Fault says why no link was made; the zero Sentence: nothing is wrong.
func (i *Invites) Fault() text.Sentence { return i.fault }

// Made is the link that is shown large, nil before one was made or chosen.
func (i *Invites) Made() *client.Invite { return i.made }

// Make makes a link as wished for and shows it.
func (i *Invites) Make() {
	if i.busy {
		return
	}
	i.busy, i.fault = true, text.Sentence{}
	i.app.changed()
	o := i.wish.options(nil)
	var made client.Invite
	i.app.Background(func(ctx context.Context) error {
		o.Addresses = i.known()
		var err error
		made, err = i.client.CreateInvite(ctx, o)
		return err
	}, func(err error) {
		i.busy = false
		if err != nil {
			i.app.log.Warn("link not made", "err", err)
			i.fault = i.app.Say(err)
			i.app.changed()
			return
		}
		i.made = &made
		i.Read()
		i.app.changed()
	})
}

// Choose shows one of the links in use large.
func (i *Invites) Choose(x client.Invite) {
	i.made = &x
	i.app.changed()
}

// Copy puts a link on the clipboard.
func (i *Invites) Copy(x client.Invite) {
	i.app.desktop.SetClipboard(x.Link)
	i.app.desktop.Toast(text.InviteCopied())
}

// Save asks for a folder and writes a link into a new invite file in it, which is
// called as the place is, and says how the file is called.
func (i *Invites) Save(x client.Invite) {
	a := i.app
	// A stroke would be taken for the end of a folder's name.
	place := paths.SafeName(strings.NewReplacer("/", "_", `\`, "_").Replace(i.client.Place().Name))
	a.desktop.ChooseFolder(func(folder string) {
		if folder == "" {
			return
		}
		name := ""
		a.Background(func(context.Context) (err error) {
			name, err = saveNew(folder, place, wire.InviteFileEnding, wire.FormatInviteFile(x.Link))
			return err
		}, func(err error) {
			if err != nil {
				a.log.Warn("invite file not saved", "err", paths.Nameless(err))
				a.desktop.Toast(a.Say(err).String())
				return
			}
			a.desktop.Toast(text.InviteSaved(name))
		})
	})
}

// Stop ends a link.
func (i *Invites) Stop(x client.Invite) {
	i.app.Background(func(ctx context.Context) error { return i.client.RevokeInvite(ctx, x.ID) }, func(err error) {
		if err != nil {
			i.app.log.Warn("link not stopped", "err", err)
			i.app.desktop.Toast(i.app.Say(err).String())
			return
		}
		if i.made != nil && i.made.ID == x.ID {
			i.made = nil
		}
		i.app.desktop.Toast(text.InviteStopped())
		i.Read()
	})
}

// Line says what a link is for: uses left, and until when.
func (i *Invites) Line(x client.Invite) string {
	now := i.app.desktop.Now()
	left := text.InviteLeftAny()
	if x.Uses < chat.MaxUses {
		left = text.InviteLeft(int(x.Uses - min(x.Used, x.Uses)))
	}
	ends := text.InviteEndsNever()
	if !x.Expires.IsZero() {
		ends = text.InviteEnds(text.When(x.Expires, now))
	}
	line := left + ", " + ends
	if x.AskFirst {
		line += ", " + text.InviteAsks()
	}
	return line
}

// Title names a link in the list: who made it and when.
func (i *Invites) Title(x client.Invite) string {
	now := i.app.desktop.Now()
	by := text.WordYou()
	if p, ok := i.client.Person(x.By); ok && !p.Me {
		by = p.Name
	}
	if x.By.IsZero() {
		by = text.InviteByHost()
	}
	return text.InviteMade(by, text.When(x.Created, now))
}

// Warning says how careful one has to be with a link.
func (i *Invites) Warning(x client.Invite) string {
	if x.Uses == 1 && x.Personal {
		return text.InvitePersonal()
	}
	return text.InviteMany()
}
