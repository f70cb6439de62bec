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

// Typing returns the names of who writes in the open conversation; of nobody if this
// person does not show it either.
func (p *Place) Typing() []string {
	if !p.habits.ShowTyping() {
		return nil
	}
	return p.typing
}

// typed tells the others that this person writes. Clearing the text tells only those
// who were told that (FEATURES D9).
func (p *Place) typed(t *Conversation, now string) {
	switch {
	case strings.TrimSpace(now) == "":
		p.client.StopTyping(t.room)
	case p.habits.ShowTyping():
		p.client.Typing(t.room)
	}
}

// typingAllowed takes it that the setting is another one.
func (p *Place) typingAllowed() {
	if !p.habits.ShowTyping() {
		p.client.StopTyping(p.open)
	}
	p.watch.Changed(PartTyping)
}
