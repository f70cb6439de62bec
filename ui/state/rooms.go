package state

import (
	"strings"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/text"
)

// RoomLine is a room in the list.
type RoomLine struct {
	ID       chat.RoomID
	Name     string
	Line     string // who said what last
	IsFile   bool   // it was a file
	At       time.Time
	Unread   int
	Selected bool
	Draft    string // begun and not sent; "" for none or when the room is open
}

// previewRows is how many rows are looked at for one that can be shown in the
// list: lines of the directory and broken ones are passed over.
const previewRows = 12

// previewRunes is the longest preview: more than the widest list shows.
const previewRunes = 120

// roomLine says what the list shows of a room.
func roomLine(room client.Room, newest []client.Message) RoomLine {
	l := RoomLine{ID: room.ID, Name: roomName(room), Unread: room.Unread}
	for i := len(newest) - 1; i >= 0; i-- {
		m := &newest[i]
		name := m.Name
		if m.Own {
			name = text.WordYou()
		}
		switch m.Kind {
		case client.LineText:
			l.Line = text.ChatPreview(name, oneLine(m.Text))
		case client.LineFile:
			l.Line, l.IsFile = text.ChatPreview(name, m.File.Name), true
		case client.LineCame:
			l.Line = text.ChatJoined(m.Name)
		default:
			continue
		}
		l.At = shownTime(m)
		break
	}
	if l.Line == "" {
		l.Line = text.ChatEmpty()
	}
	return l
}

// roomName is the name of a room in the person's language.
func roomName(r client.Room) string {
	if r.ID == chat.Lobby {
		return text.ChatLobby()
	}
	return r.Name
}

// oneLine cuts a text for a single line.
func oneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	n := 0
	for i := range s {
		if n == previewRunes {
			return s[:i]
		}
		n++
	}
	return s
}

// setRooms takes a new list.
func (p *Place) setRooms(rooms []RoomLine) {
	p.rooms = rooms
	t := p.Conversation()
	for _, r := range rooms {
		if r.ID == t.room {
			t.unread = r.Unread
		}
	}
	p.watch.Changed(PartRooms | PartUnread)
}

// Rooms returns the list of rooms.
func (p *Place) Rooms() []RoomLine {
	out := make([]RoomLine, len(p.rooms))
	for i, r := range p.rooms {
		r.Selected = r.ID == p.open
		if t := p.talks[r.ID]; t != nil && !r.Selected {
			r.Draft = oneLine(t.draft)
		}
		if r.Selected && p.active && t0(p.talks[r.ID]) {
			r.Unread = 0
		}
		out[i] = r
	}
	return out
}

// t0 reports whether a conversation is being read up to its end.
func t0(t *Conversation) bool { return t != nil && t.atEnd }

// Unread returns how many messages of others in all rooms were not seen, for the
// place's badge.
func (p *Place) Unread() int {
	n := 0
	for _, r := range p.Rooms() {
		n += r.Unread
	}
	return n
}

// Header is what stands above a conversation.
type Header struct {
	Room     chat.RoomID
	Name     string
	ID       string // colour of its picture
	People   string // "5 people, 3 here now"
	Few      string // the same in fewer words
	Readable string // who can read it
	Open     bool   // the host can
}

// Header returns what stands above the open conversation.
func (p *Place) Header() Header {
	h := Header{Room: p.open, ID: p.open.String(), Name: text.ChatLobby(), Readable: text.ChatReadHost(), Open: true}
	for _, r := range p.rooms {
		if r.ID == p.open {
			h.Name = r.Name
		}
	}
	all, here := 0, 0
	for i := range p.people {
		if p.people[i].State != chat.Active {
			continue
		}
		all++
		if p.isHere(&p.people[i]) {
			here++
		}
	}
	h.Few = text.ChatMembers(all)
	h.People = h.Few
	if p.state.Phase == client.Online {
		h.People = text.ChatMembersOnline(h.People, here)
	}
	return h
}

// isHere reports whether somebody is connected; oneself is while there is a
// connection.
func (p *Place) isHere(person *client.Person) bool {
	if person.Me {
		return p.state.Phase == client.Online
	}
	return person.Online
}

// Promises are the three sentences about who can read what.
func (p *Place) Promises() []string {
	return []string{text.TrustHost(), text.TrustSealed(), text.TrustMeta()}
}
