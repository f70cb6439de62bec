package state

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/markup"
	"github.com/snugchat/snug/ui/text"
)

// Section is where a room stands in the list.
type Section uint8

// The sections, in the order of the list.
const (
	SectionRequests Section = iota // somebody unknown wrote, and was not answered
	SectionPinned                  // put there by this person
	SectionOpen                    // the Lobby, then the other rooms that the host can read
	SectionPrivate
	SectionDirect
	SectionArchived // out of the way until somebody writes there
)

// RoomLine is a room in the list.
type RoomLine struct {
	ID       chat.RoomID
	Section  Section
	Name     string
	Face     string // colour of its picture
	Here     bool   // direct messages: the other one is connected
	Line     string // who said what last, or what is the matter with the room
	Waits    bool   // Line says what is the matter
	IsFile   bool   // the last message was a file
	At       time.Time
	Unread   int
	Selected bool
	Mentions int    // unread ones that name this person
	Open     bool   // the host can read it
	Draft    string // begun and not sent; "" for none or when the room is open
	Muted    bool   // new messages are not announced

	pinned time.Time
}

// previewRows is how many rows are looked at for one that can be shown in the
// list: lines of the directory and broken ones are passed over.
const previewRows = 12

// previewRunes is the longest preview: more than the widest list shows.
const previewRunes = 120

// roomLine says what the list shows of a room.
func roomLine(room client.Room, peer client.Person, newest []client.Message) RoomLine {
	l := RoomLine{ID: room.ID, Section: sectionOf(room), Name: roomName(room), Face: room.ID.String(), Unread: room.Unread, Mentions: room.Mentions, Open: room.Kind == chat.RoomOpen, Muted: room.Muted, pinned: room.Pinned}
	if room.Kind == chat.RoomDirect {
		l.Name, l.Face, l.Here = peer.Name, personID(room.Peer), peer.Online && !peer.Me
		switch {
		case peer.Me:
			l.Name = text.RoomsNotes()
		case l.Name == "":
			l.Name = text.WordSomebody()
		}
	}
	for i := len(newest) - 1; i >= 0; i-- {
		m := &newest[i]
		name := m.Name
		if m.Own {
			name = text.WordYou()
		}
		switch m.Kind {
		case client.LineText:
			l.Line = preview(room, m, name, oneLine(markup.PlainText(m.Text, nil)))
		case client.LineFile:
			l.Line, l.IsFile = preview(room, m, name, m.File.Name), true
			if m.Text != "" {
				l.Line = preview(room, m, name, oneLine(markup.PlainText(m.Text, nil)))
			}
		case client.LineDeleted:
			l.Line = preview(room, m, name, text.ChatDeleted())
		case client.LineCame:
			l.Line = cameLine(m, brief(m.Name))
		default:
			continue
		}
		l.At = shownTime(m)
		break
	}
	if m := matter(room); m != "" {
		l.Line, l.Waits, l.IsFile = m, room.State != client.RoomLeft, false
	}
	if l.Line == "" {
		l.Line = text.ChatEmpty()
	}
	if l.At.IsZero() {
		l.At = room.Created
	}
	return l
}

// preview says who wrote what. Between two people the other one needs no name.
func preview(room client.Room, m *client.Message, name, what string) string {
	if room.Kind == chat.RoomDirect && !m.Own {
		return what
	}
	return text.ChatPreview(brief(name), what)
}

// briefName is how many letters of a name stand before what was said in a list.
const briefName = 16

// brief is the first word of a long name, so that a row of the list still has room
// for what was said.
func brief(name string) string {
	if first, _, more := strings.Cut(name, " "); more && utf8.RuneCountInString(name) > briefName && first != "" {
		return first
	}
	return name
}

// sectionOf decides where a room stands.
func sectionOf(r client.Room) Section {
	if r.State == client.RoomRequest {
		return SectionRequests
	}
	switch {
	case r.Archived:
		return SectionArchived
	case !r.Pinned.IsZero():
		return SectionPinned
	}
	switch r.Kind {
	case chat.RoomSealed:
		return SectionPrivate
	case chat.RoomDirect:
		return SectionDirect
	case chat.RoomOpen, chat.RoomDirectory:
	}
	return SectionOpen
}

// roomName is the name of a room in the person's language.
func roomName(r client.Room) string {
	if r.ID == chat.Lobby {
		return text.ChatLobby()
	}
	return r.Name
}

// sortRooms puts rooms into the order of the list: by section, the Lobby first,
// open rooms by name, the others by what happened last.
func sortRooms(rooms []RoomLine) {
	slices.SortStableFunc(rooms, func(a, b RoomLine) int {
		if c := cmp.Compare(a.Section, b.Section); c != 0 {
			return c
		}
		if a.Section == SectionPinned {
			return byPin(a, b)
		}
		if (a.ID == chat.Lobby) != (b.ID == chat.Lobby) {
			if a.ID == chat.Lobby {
				return -1
			}
			return 1
		}
		if a.Section != SectionOpen {
			if c := b.At.Compare(a.At); c != 0 {
				return c
			}
		}
		return cmp.Or(strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), slices.Compare(a.ID[:], b.ID[:]))
	})
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
func (p *Place) setRooms(rooms []RoomLine, facts map[chat.RoomID]client.Room) {
	sortRooms(rooms)
	_, was := p.facts[p.open]
	_, is := facts[p.open]
	p.rooms, p.facts = rooms, facts
	if was && !is { // it was deleted, or hidden
		p.Show(chat.Lobby)
	}
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
// place's badge. Muted rooms count only where somebody named this person.
func (p *Place) Unread() int {
	n := 0
	for _, r := range p.Rooms() {
		if r.loud() {
			n += r.Unread
		}
	}
	return n
}

// Header is what stands above a conversation.
type Header struct {
	Room     chat.RoomID
	Kind     chat.RoomKind
	Name     string
	Topic    string
	ID       string         // colour of its picture
	People   string         // "5 people, 3 here now"
	Few      string         // the same in fewer words
	Readable string         // who can read it
	Reads    string         // the same in fewer words
	Open     bool           // the host can
	Here     bool           // direct messages: the other one is connected
	Peer     chat.AccountID // direct messages: the other one
}

// Header returns what stands above the open conversation.
func (p *Place) Header() Header {
	room, known := p.facts[p.open]
	if !known {
		room = client.Room{ID: p.open, Kind: chat.RoomOpen}
	}
	h := Header{Room: p.open, Kind: room.Kind, ID: p.open.String(), Name: roomName(room), Topic: room.Topic, Peer: room.Peer, Readable: text.ChatReadHost(), Reads: text.ChatReadHostFew(), Open: true}
	for _, r := range p.rooms {
		if r.ID == p.open {
			h.Name, h.ID, h.Here = r.Name, r.Face, r.Here
		}
	}
	if room.Kind.Sealed() {
		h.Readable, h.Reads, h.Open = text.ChatReadMembers(), text.ChatReadMembersFew(), false
	}
	switch room.Kind {
	case chat.RoomSealed:
		h.Few = text.RoomMembersCount(room.People)
		h.People = h.Few
	case chat.RoomDirect:
		if x, ok := p.person(room.Peer); ok && !x.Me {
			h.Few = p.presence(x)
			h.People = h.Few
		}
	case chat.RoomOpen, chat.RoomDirectory:
		h.Few, h.People = p.Crowd()
	}
	return h
}

// Crowd says how many people the place has, and how many of them are here.
func (p *Place) Crowd() (few, whole string) {
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
	few = text.ChatMembers(all)
	if p.state.Phase != client.Online {
		return few, few
	}
	return few, text.ChatMembersOnline(few, here)
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
