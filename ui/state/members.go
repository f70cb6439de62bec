package state

import (
	"cmp"
	"slices"
	"strings"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/text"
)

// Member is a person in the list of who is in the place.
type Member struct {
	Account chat.AccountID
	ID      string // colour of the picture
	Name    string
	Line    string // role, or when the person was last here
	Role    string // shown beside the name; "" for plain members
	Here    bool
	Waiting bool // wants to come in; only those who may decide see them
	Me      bool
}

// Members returns who is in the place: who wants to come in, who is here, then
// the others, by name. Who was blocked is not among them (FEATURES L7).
func (p *Place) Members() []Member {
	now := p.desktop.Now()
	out := make([]Member, 0, len(p.people))
	for i := range p.people {
		x := &p.people[i]
		if x.State != chat.Active && x.State != chat.Waiting || x.Blocked {
			continue
		}
		m := Member{Account: x.Account, ID: personID(x.Account), Name: x.Name, Role: roleName(x.Role), Here: p.isHere(x), Me: x.Me}
		m.Waiting = x.State == chat.Waiting
		switch {
		case m.Waiting && x.By != "":
			m.Line = text.InviteBy(x.By)
		case m.Waiting:
			m.Line = text.PeopleWaitingOwn()
		case m.Me:
			m.Line = text.PeopleYou()
		case m.Here:
			m.Line = text.ChatOnline()
		case !x.Seen.IsZero():
			m.Line = text.PeopleSeen(text.When(x.Seen, now))
		default:
			m.Line = text.ChatOffline()
		}
		if v := verifiedBy(x); v != "" {
			m.Line += ", " + v
		}
		out = append(out, m)
	}
	slices.SortStableFunc(out, func(a, b Member) int {
		if a.Waiting != b.Waiting {
			if a.Waiting {
				return -1
			}
			return 1
		}
		if a.Here != b.Here {
			if a.Here {
				return -1
			}
			return 1
		}
		return cmp.Or(strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), strings.Compare(a.ID, b.ID))
	})
	return out
}

// roleName says a role that is worth saying.
func roleName(r chat.Role) string {
	if r == chat.Member {
		return ""
	}
	return Role(r)
}

// Me returns the person's own account.
func (p *Place) Me() client.Me { return p.me }
