package client

import (
	"context"

	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/storage/chat"
)

// BroughtBy returns who made the personal link by which this person came into the
// place, once both have proved it to each other; zeros: nobody did, or somebody who
// was verified in a better way since. It reads all people.
func (c *Client) BroughtBy(ctx context.Context) (chat.AccountID, error) {
	accounts, devices, _, err := c.db.People(ctx)
	if err != nil {
		return chat.AccountID{}, err
	}
	c.mu.Lock()
	me := c.place.Account
	c.mu.Unlock()
	// Those who came by a link of this person are verified in the same way, but came
	// later; an identity of now must have been there at the time.
	came := make(map[chat.AccountID]uint64)
	keys := make(map[chat.AccountID][32]byte, len(accounts))
	for _, a := range accounts {
		keys[a.ID] = a.Identity
	}
	for _, d := range devices {
		by, _, ok := identity.CertificateNames(d.Certificate)
		if at, known := came[d.Account]; ok && by == keys[d.Account] && (!known || d.Seq < at) {
			came[d.Account] = d.Seq
		}
	}
	own, here := came[me]
	if !here {
		return chat.AccountID{}, nil
	}
	for _, a := range accounts {
		if at, known := came[a.ID]; known && at < own && a.Verified != 0 && a.Proof == ByInvite {
			return a.ID, nil
		}
	}
	return chat.AccountID{}, nil
}
