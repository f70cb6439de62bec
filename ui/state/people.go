package state

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/text"
)

// Deed is something that may be done to a person.
type Deed int

// The deeds, in the order of a menu.
const (
	LetIn Deed = iota
	TurnAway
	MakeModerator
	UnmakeModerator
	ResetPassword
	RemovePerson
	BanPerson
	LiftBan
)

// Group is where a person stands in the list.
type Group int

// The groups, in the order of the list.
const (
	GroupWaiting Group = iota
	GroupHere
	GroupAway
	GroupBanned
)

// People is the list of a place's people, and what this person may do to them.
// The requests go through the person's own client, so the host decides again.
type People struct {
	app    *App
	client *client.Client
	list   []client.Person
}

func newPeople(a *App, c *client.Client) *People {
	p := &People{app: a, client: c}
	p.read()
	return p
}

// read asks the client who is in the place. It returns the names of those who
// have begun to wait since the last time, if this person can let them in.
func (p *People) read() (asking []string) {
	waited := make(map[chat.AccountID]bool)
	for _, x := range p.In(GroupWaiting) {
		waited[x.Account] = true
	}
	p.list = slices.DeleteFunc(p.client.People(), func(x client.Person) bool { return groupOf(x) < 0 })
	slices.SortStableFunc(p.list, func(a, b client.Person) int {
		return cmp.Or(cmp.Compare(groupOf(a), groupOf(b)), cmp.Compare(b.Role, a.Role))
	})
	for _, x := range p.In(GroupWaiting) {
		if !waited[x.Account] && len(p.Deeds(x)) > 0 {
			asking = append(asking, x.Name)
		}
	}
	return asking
}

// groupOf is the group of a person, -1 for those who have left.
func groupOf(p client.Person) Group {
	switch {
	case p.State == chat.Waiting:
		return GroupWaiting
	case p.State == chat.Banned:
		return GroupBanned
	case p.State != chat.Active:
		return -1
	case p.Online:
		return GroupHere
	}
	return GroupAway
}

// In lists the people of a group, larger roles first, then by name.
func (p *People) In(g Group) []client.Person {
	var out []client.Person
	for _, x := range p.list {
		if groupOf(x) == g {
			out = append(out, x)
		}
	}
	return out
}

// Waiting is how many people want to come in.
func (p *People) Waiting() int { return len(p.In(GroupWaiting)) }

// Members is how many people are in the place.
func (p *People) Members() int { return len(p.In(GroupHere)) + len(p.In(GroupAway)) }

// Here is how many of them are connected.
func (p *People) Here() int { return len(p.In(GroupHere)) }

// Deeds lists what this person may do to another, as the host's policy has it
// (net/host, func policy). The host checks again.
func (p *People) Deeds(x client.Person) []Deed { return deeds(p.client.Me().Role, x) }

func deeds(me chat.Role, x client.Person) []Deed {
	if x.Me || x.Role >= me && me != chat.Owner || me < chat.Moderator {
		return nil
	}
	admin := me >= chat.Admin
	var out []Deed
	switch groupOf(x) {
	case GroupWaiting:
		return []Deed{LetIn, TurnAway, BanPerson}
	case GroupBanned:
		return []Deed{LiftBan}
	case GroupHere, GroupAway:
		if admin && x.Role == chat.Member {
			out = append(out, MakeModerator)
		}
		if admin && x.Role == chat.Moderator {
			out = append(out, UnmakeModerator)
		}
		if admin {
			out = append(out, ResetPassword)
		}
		return append(out, RemovePerson, BanPerson)
	}
	return nil
}

// do runs a request and says what went wrong, or what was done.
func (p *People) do(what string, ask func(context.Context) error, said string) {
	p.app.Background(ask, func(err error) {
		switch {
		case err != nil:
			p.app.log.Warn(what, "err", err)
			p.app.desktop.Toast(p.app.Say(err).String())
		case said != "":
			p.app.desktop.Toast(said)
		}
		p.read()
		p.app.changed()
	})
}

// LetIn lets a waiting person in.
func (p *People) LetIn(x client.Person) {
	p.do("not let in", func(ctx context.Context) error { return p.client.Approve(ctx, x.Account) }, text.PeopleCameIn(x.Name))
}

// TurnAway does not let a waiting person in.
func (p *People) TurnAway(x client.Person) {
	p.do("not turned away", func(ctx context.Context) error { return p.client.Reject(ctx, x.Account) }, "")
}

// Remove takes a person out of the place; the reason is shown to them.
func (p *People) Remove(x client.Person, reason string) {
	p.do("not removed", func(ctx context.Context) error { return p.client.Remove(ctx, x.Account, cutReason(reason)) }, text.AdminRemoveDone(x.Name))
}

// BanTime is how long a ban lasts.
type BanTime int

// The times.
const (
	BanHour BanTime = iota
	BanDay
	BanForGood
)

// Ban keeps a person out.
func (p *People) Ban(x client.Person, how BanTime, reason string) {
	var until time.Time
	switch how {
	case BanHour:
		until = p.app.desktop.Now().Add(time.Hour)
	case BanDay:
		until = p.app.desktop.Now().Add(24 * time.Hour)
	case BanForGood:
	}
	p.do("not banned", func(ctx context.Context) error { return p.client.Ban(ctx, x.Account, until, cutReason(reason)) }, text.AdminRemoveDone(x.Name))
}

// LiftBan lets a banned person come back.
func (p *People) LiftBan(x client.Person) {
	p.do("ban not lifted", func(ctx context.Context) error { return p.client.Unban(ctx, x.Account) }, "")
}

// SetModerator makes a person a moderator, or a member again.
func (p *People) SetModerator(x client.Person, on bool) {
	role := chat.Member
	if on {
		role = chat.Moderator
	}
	p.do("role not changed", func(ctx context.Context) error { return p.client.SetRole(ctx, x.Account, role) }, "")
}

// Reset makes a one-time code with which a person comes back, and hands it to
// made on the window's goroutine.
func (p *People) Reset(x client.Person, made func(code string, until time.Time)) {
	var code string
	var until time.Time
	p.app.Background(func(ctx context.Context) error {
		var err error
		code, until, err = p.client.ResetPassword(ctx, x.Account)
		return err
	}, func(err error) {
		if err != nil {
			p.app.log.Warn("password not reset", "err", err)
			p.app.desktop.Toast(p.app.Say(err).String())
			return
		}
		made(code, until)
	})
}

// Copy puts a one-time code on the clipboard.
func (p *People) Copy(code string) {
	p.app.desktop.SetClipboard(code)
	p.app.desktop.Toast(text.WordCopied())
}

// When says a moment in words.
func (p *People) When(t time.Time) string { return text.Until(t, p.app.desktop.Now()) }

// Line is what stands under a person's name.
func (p *People) Line(x client.Person) string {
	now := p.app.desktop.Now()
	switch groupOf(x) {
	case GroupWaiting:
		if x.By != "" {
			return text.InviteBy(x.By)
		}
		return text.PeopleWaitingOwn()
	case GroupBanned:
		if x.Until.IsZero() {
			return text.AdminBanForever()
		}
		return text.AdminBanUntil(text.Until(x.Until, now))
	case GroupHere:
		return Role(x.Role)
	case GroupAway:
		if !x.Seen.IsZero() {
			return Role(x.Role) + ", " + text.PeopleSeen(text.When(x.Seen, now))
		}
	}
	return Role(x.Role)
}

// Role is a role in words.
func Role(r chat.Role) string {
	switch r {
	case chat.Owner:
		return text.PeopleRoleOwner()
	case chat.Admin:
		return text.PeopleRoleAdmin()
	case chat.Moderator:
		return text.PeopleRoleModerator()
	case chat.Guest:
		return text.PeopleRoleGuest()
	}
	return text.PeopleRoleMember()
}

// maxReason is how long a reason may be, in bytes (wire.MaxReason).
const maxReason = 500

// cutReason shortens a reason to what the wire takes, at a whole character.
func cutReason(s string) string {
	for len(s) > maxReason {
		r := []rune(s)
		s = string(r[:len(r)-1])
	}
	return s
}
