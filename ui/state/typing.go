package state

import (
	"slices"
	"strings"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/storage/chat"
)

// typingNames are the names of who writes, in a fixed order so that the line
// does not jump.
func typingNames(ids []chat.AccountID, person func(chat.AccountID) (client.Person, bool)) []string {
	names := make([]string, 0, len(ids))
	for _, id := range ids {
		if p, ok := person(id); ok && !p.Me && p.Name != "" {
			names = append(names, p.Name)
		}
	}
	slices.SortFunc(names, strings.Compare)
	return names
}

// Typing returns the names of who writes in the open conversation.
func (p *Place) Typing() []string { return p.typing }

// typed tells the others that this person writes. Clearing the text tells
// nothing (FEATURES D9).
func (p *Place) typed(t *Conversation, now string) {
	if strings.TrimSpace(now) == "" {
		p.client.StopTyping(t.room)
		return
	}
	if p.habits.ShowTyping() {
		p.client.Typing(t.room)
	}
}
