package client

import (
	"context"
	"fmt"

	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// people takes what the host says of accounts.
func (s *session) people(ctx context.Context, m *wire.People) error {
	c := s.c
	now := c.nowMS()
	var changed []clientdb.Account
	for _, p := range m.People {
		name, _, err := chat.NormalName(p.Name)
		if err != nil || name != p.Name {
			continue // no client could have registered it
		}
		changed = append(changed, clientdb.Account{ID: p.Account, Name: p.Name, Role: p.Role, State: p.State, Seen: p.Seen, FirstSeen: now})
	}
	if m.First {
		s.listing = []clientdb.Account{}
	}
	if s.listing != nil {
		s.listing = append(s.listing, changed...)
		if len(s.listing) > maxPeople {
			return fmt.Errorf("%w: more than %d people", ErrProtocol, maxPeople)
		}
		if !m.Last {
			c.notePeople(m.People, nil)
			return nil
		}
		all := s.listing
		s.listing, s.listed = nil, nil // the whole list has everything
		if err := c.db.SetListed(ctx, all, true); err != nil {
			return err
		}
		c.notePeople(m.People, all)
		return nil
	}
	s.listed = append(s.listed, changed...)
	c.notePeople(m.People, nil)
	return nil
}

// maxPeople bounds the list of people that a host may send.
const maxPeople = 100_000

// notePeople shows what the host says of people, but for those whose names the
// directory gives to others (see claimLocked). whole, if not nil, is the whole
// list: who is not in it has left.
func (c *Client) notePeople(people []wire.Person, whole []clientdb.Account) {
	hidden := 0
	c.mu.Lock()
	for _, w := range people {
		p := c.people[w.Account]
		if p == nil || !p.Pinned {
			if p != nil && p.Name != w.Name {
				c.hideLocked(p)
				p = nil
			}
			if !c.claimLocked(w.Name, w.Account, false) {
				hidden++
				continue
			}
			if p == nil {
				p = &Person{Account: w.Account}
				c.people[w.Account] = p
			}
			p.Name = w.Name
		}
		p.Role, p.State, p.Online, p.Until, p.By = w.Role, w.State, w.Online, timeOf(w.Until), w.By
		if w.Seen != 0 {
			p.Seen = timeOf(w.Seen)
		}
	}
	if whole != nil {
		listed := make(map[chat.AccountID]bool, len(whole))
		for _, a := range whole {
			listed[a.ID] = true
		}
		for id, p := range c.people {
			if !listed[id] {
				p.State, p.Online = 0, false
				if !p.Pinned {
					c.hideLocked(p)
				}
			}
		}
	}
	c.mu.Unlock()
	if hidden > 0 {
		c.log.Warn("people not shown, whose names are those of others or no names", "people", hidden)
	}
	c.feed.publish(func(ch *Changes) { ch.People = true })
}
