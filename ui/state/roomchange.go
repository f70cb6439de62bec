package state

import (
	"strconv"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/text"
)

// maxNamed is how many people a line about members names before it counts.
const maxNamed = 4

// changeLines says what somebody did to a private room: a sentence for each
// thing. by is who did it, "" if that is not known; own, if it was this person.
func changeLines(c *client.RoomChange, by string, own bool, name func(chat.AccountID) string) []string {
	switch {
	case own:
		by = text.WordYou()
	case by == "":
		by = text.WordSomebody()
	}
	names := func(ids []chat.AccountID) string { return listNames(ids, name) }
	var out []string
	say := func(ids []chat.AccountID, sentence func(name, others string) string) {
		if len(ids) > 0 {
			out = append(out, sentence(by, names(ids)))
		}
	}
	if c.Created {
		out = append(out, text.RoomLineCreated(by))
	}
	say(c.Added, text.RoomLineAdded)
	say(c.Removed, text.RoomLineRemoved)
	for _, id := range c.Left {
		out = append(out, text.RoomLineLeft(atStart(name(id))))
	}
	for _, id := range c.Devices {
		out = append(out, text.RoomLineDevice(atStart(name(id))))
	}
	for _, id := range c.Gone {
		out = append(out, text.RoomLineDeviceGone(atStart(name(id))))
	}
	say(c.Admins, text.RoomLineAdmin)
	say(c.Demoted, text.RoomLineAdminTook)
	if c.Renamed && c.Name != "" {
		out = append(out, text.RoomLineNamed(by, c.Name))
	}
	if c.Renamed && c.Topic != "" {
		out = append(out, text.RoomLineTopic(by, c.Topic))
	}
	if c.Rejoined {
		out = append(out, text.RoomLineBack(by))
	}
	if c.Unknown > 0 {
		out = append(out, text.RoomLineStranger(c.Unknown))
	}
	return out
}

// atStart is a name at the beginning of a sentence.
func atStart(name string) string {
	if name == text.WordYouWhom() {
		return text.WordYou()
	}
	return name
}

// listNames lists people in words: "Ana, Ben and Eve", or "Ana, Ben, Eve, Tom
// and 12 more".
func listNames(ids []chat.AccountID, name func(chat.AccountID) string) string {
	rest := len(ids) - maxNamed
	if rest > 0 {
		ids = ids[:maxNamed]
	}
	var out string
	for i, id := range ids {
		switch {
		case i == 0:
			out = name(id)
		case i == len(ids)-1 && rest <= 0:
			out = text.WordAnd(out, name(id))
		default:
			out = text.WordList(out, name(id))
		}
	}
	if rest > 0 {
		return text.WordAndMore(out, rest)
	}
	return out
}

// appendChange adds the lines of what somebody did to a private room.
func (s *stretch) appendChange(out []Line, l Line, m *client.Message) []Line {
	name := func(id chat.AccountID) string {
		if id == s.me {
			return text.WordYouWhom()
		}
		if s.name != nil {
			if n := s.name(id); n != "" {
				return n
			}
		}
		return text.WordSomebody()
	}
	l.System = true
	id := l.ID
	change := *m.Change
	if m.Room.Direct() { // that the two are in it goes without saying
		change.Created, change.Added, change.Admins, change.Renamed = false, nil, nil, false
	}
	for i, sentence := range changeLines(&change, m.Name, m.Own, name) {
		if i > 0 {
			l.ID = id + "+" + strconv.Itoa(i)
		}
		l.Text = sentence
		out = append(out, l)
	}
	return out
}
