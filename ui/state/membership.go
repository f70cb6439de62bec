package state

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/text"
)

// RoomMember is a person in the list of a private room's members.
type RoomMember struct {
	Account chat.AccountID
	ID      string // colour of the picture
	Name    string
	Line    string
	Admin   bool
	Me      bool
	Here    bool
	Deeds   []MemberDeed // what this person may do to them
}

// MemberDeed is something that may be done to a member of a private room.
type MemberDeed int

// The deeds, in the order of a menu.
const (
	MakeRoomAdmin MemberDeed = iota
	UnmakeRoomAdmin
	RemoveMember
)

// RoomDeed is something that may be done with a room.
type RoomDeed int

// The deeds, in the order of a menu.
const (
	InviteMembers RoomDeed = iota
	ShowMembers
	RenameRoom
	LeaveRoom
	DeleteRoom
	ForgetRoom // after it was left
)

// RoomDeeds lists what this person may do with a room.
func (p *Place) RoomDeeds(room chat.RoomID) []RoomDeed {
	if p.client.Archive() {
		return nil
	}
	return roomDeeds(p.facts[room], p.me.Role)
}

func roomDeeds(room client.Room, me chat.Role) []RoomDeed {
	switch {
	case room.ID == chat.Lobby, room.Kind == chat.RoomDirectory, room.State == client.RoomRequest:
		return nil
	case room.State == client.RoomLeft:
		return []RoomDeed{ForgetRoom}
	case room.Kind == chat.RoomOpen && me >= chat.Moderator:
		return []RoomDeed{RenameRoom, DeleteRoom}
	case room.Kind != chat.RoomSealed:
		return nil
	case room.State != client.RoomJoined:
		return []RoomDeed{LeaveRoom}
	case room.Admin:
		return []RoomDeed{InviteMembers, ShowMembers, RenameRoom, LeaveRoom, DeleteRoom}
	}
	return []RoomDeed{ShowMembers, LeaveRoom}
}

// memberDeeds lists what somebody may do to a member: an admin anything that
// leaves an admin behind, which is themselves.
func memberDeeds(admin bool, x client.RoomMember) []MemberDeed {
	switch {
	case !admin || x.Me:
		return nil
	case x.Admin:
		return []MemberDeed{UnmakeRoomAdmin, RemoveMember}
	}
	return []MemberDeed{MakeRoomAdmin, RemoveMember}
}

// RoomName returns what a room is called, and what it is about.
func (p *Place) RoomName(room chat.RoomID) (name, topic string) {
	r, ok := p.facts[room]
	if !ok {
		return "", ""
	}
	for _, l := range p.rooms {
		if l.ID == room {
			return l.Name, r.Topic
		}
	}
	return roomName(r), r.Topic
}

// RoomMembers returns the members of the open room, admins first, then by name.
// It is empty until they were read, and for rooms that are not private.
func (p *Place) RoomMembers() []RoomMember {
	room := p.facts[p.open]
	out := make([]RoomMember, 0, len(p.members))
	for _, x := range p.members {
		m := RoomMember{Account: x.Account, ID: personID(x.Account), Name: x.Name, Admin: x.Admin, Me: x.Me, Deeds: memberDeeds(room.Admin, x)}
		if person, ok := p.person(x.Account); ok {
			m.Here = p.isHere(person)
			m.Line = p.presence(person)
		}
		if m.Name == "" {
			m.Name = text.WordSomebody()
		}
		out = append(out, m)
	}
	slices.SortStableFunc(out, func(a, b RoomMember) int {
		if a.Admin != b.Admin {
			if a.Admin {
				return -1
			}
			return 1
		}
		return cmp.Or(strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), strings.Compare(a.ID, b.ID))
	})
	return out
}

// person finds a person of the place.
func (p *Place) person(account chat.AccountID) (*client.Person, bool) {
	for i := range p.people {
		if p.people[i].Account == account {
			return &p.people[i], true
		}
	}
	return nil, false
}

// nameOf is the name of an account.
func (p *Place) nameOf(account chat.AccountID) string {
	if x, ok := p.person(account); ok && x.Name != "" {
		return x.Name
	}
	return text.WordSomebody()
}

// presence says when a person was here last.
func (p *Place) presence(x *client.Person) string {
	switch {
	case x.Me:
		return text.PeopleYou()
	case p.isHere(x):
		return text.ChatOnline()
	case !x.Seen.IsZero():
		return text.PeopleSeen(text.When(x.Seen, p.desktop.Now()))
	}
	return text.ChatOffline()
}

// CanCreateOpen reports whether this person may make rooms that everybody in the
// place, and the host, can read.
func (p *Place) CanCreateOpen() bool { return p.me.Role >= chat.Moderator }

// CanWritePrivately reports whether this person may make private rooms and begin
// direct messages: guests may not.
func (p *Place) CanWritePrivately() bool { return p.me.Role >= chat.Member && !p.client.Archive() }

// maxTopic is how many characters the line about a room may have: what one looks
// at before coming in.
const maxTopic = 200

// checkRoomName says what is wrong with what a room shall be called, "" if
// nothing is.
func checkRoomName(name string) (shown, fault string) {
	shown, _, err := chat.NormalName(name)
	switch {
	case errors.Is(err, chat.ErrNameEmpty):
		return "", text.RoomNameEmpty()
	case errors.Is(err, chat.ErrNameLong):
		return "", text.NameLong(chat.MaxName)
	case err != nil:
		return "", text.RoomNameBad()
	}
	return shown, ""
}

// checkTopic makes one line of what a room is about.
func checkTopic(topic string) (shown, fault string) {
	shown = strings.Join(strings.Fields(strings.ToValidUTF8(topic, "")), " ")
	if utf8.RuneCountInString(shown) > maxTopic {
		return "", text.RoomTopicLong(maxTopic)
	}
	return shown, ""
}

// RoomFaults say what is wrong with a form about a room; both empty: nothing.
type RoomFaults struct{ Name, Topic string }

// CreateRoom makes a room that only its members can read, or one that everybody
// in the place and the host can, and shows it. If the form is right, done is
// called later with whether it worked; why not is shown as a note.
func (p *Place) CreateRoom(open bool, name, topic string, done func(ok bool)) (f RoomFaults) {
	name, f.Name = checkRoomName(name)
	topic, f.Topic = checkTopic(topic)
	if f != (RoomFaults{}) {
		return f
	}
	kind := chat.RoomSealed
	if open {
		kind = chat.RoomOpen
	}
	var id chat.RoomID
	p.ask(func(ctx context.Context) (err error) {
		id, err = p.client.CreateRoom(ctx, kind, name, topic)
		return err
	}, func(err error) {
		done(err == nil)
		if err == nil {
			p.Show(id)
		}
	})
	return f
}

// Rename gives a room another name and topic, like CreateRoom.
func (p *Place) Rename(room chat.RoomID, name, topic string, done func(ok bool)) (f RoomFaults) {
	name, f.Name = checkRoomName(name)
	topic, f.Topic = checkTopic(topic)
	if f == (RoomFaults{}) {
		p.ask(func(ctx context.Context) error { return p.client.RenameRoom(ctx, room, name, topic) }, func(err error) { done(err == nil) })
	}
	return f
}

// Message opens the direct messages with a person.
func (p *Place) Message(account chat.AccountID) {
	var id chat.RoomID
	p.ask(func(ctx context.Context) (err error) {
		id, err = p.client.Direct(ctx, account)
		return err
	}, func(err error) {
		if err == nil {
			p.Show(id)
		}
	})
}

// Invitable lists the people who can be brought into the open room, those first
// who are here.
func (p *Place) Invitable() []Member {
	in := make(map[chat.AccountID]bool, len(p.members))
	for _, m := range p.members {
		in[m.Account] = true
	}
	return slices.DeleteFunc(p.Members(), func(m Member) bool { return m.Me || m.Waiting || in[m.Account] })
}

// Invite brings people into a room.
func (p *Place) Invite(room chat.RoomID, who []chat.AccountID) {
	if len(who) > 0 {
		p.ask(func(ctx context.Context) error { return p.client.InviteToRoom(ctx, room, who...) }, nil)
	}
}

// RemoveMember takes somebody out of a room.
func (p *Place) RemoveMember(room chat.RoomID, who chat.AccountID) {
	p.ask(func(ctx context.Context) error { return p.client.RemoveFromRoom(ctx, room, who) }, nil)
}

// SetRoomAdmin says whether a member may change who is in a room.
func (p *Place) SetRoomAdmin(room chat.RoomID, who chat.AccountID, on bool) {
	p.ask(func(ctx context.Context) error { return p.client.SetRoomAdmin(ctx, room, who, on) }, nil)
}

// MustAppoint reports whether this person has to make somebody else an admin
// before leaving the open room: it would have none.
func (p *Place) MustAppoint() bool { return mustAppoint(p.members) }

func mustAppoint(members []client.RoomMember) bool {
	own, others := false, false
	for _, m := range members {
		if m.Me {
			own = m.Admin
		} else if m.Admin {
			return false
		} else {
			others = true
		}
	}
	return own && others
}

// Leave leaves a room.
func (p *Place) Leave(room chat.RoomID) {
	p.ask(func(ctx context.Context) error { return p.client.LeaveRoom(ctx, room) }, nil)
}

// Delete deletes a room for all of its members.
func (p *Place) Delete(room chat.RoomID) {
	p.ask(func(ctx context.Context) error { return p.client.DeleteRoom(ctx, room) }, func(err error) {
		if err == nil && p.open == room {
			p.Show(chat.Lobby)
		}
	})
}

// Forget takes a room that was left out of the list.
func (p *Place) Forget(room chat.RoomID) { p.drop(room) }

// Block hides everything of a person, or shows it again. They are not told.
func (p *Place) Block(account chat.AccountID, on bool) {
	open := p.facts[p.open]
	p.ask(func(ctx context.Context) error { return p.client.Block(ctx, account, on) }, func(err error) {
		if err != nil {
			return
		}
		room := p.open // what they wrote is left out of the store's answers from now on, or there again
		p.reader.ask(func(ctx context.Context, r *reader) error { return r.openRoom(ctx, room) })
		if on {
			p.desktop.Toast(text.PersonBlocked(p.nameOf(account)))
			if open.Kind == chat.RoomDirect && open.Peer == account && p.open == open.ID {
				p.Show(chat.Lobby)
			}
		}
	})
}

// Card is what is known of a person, and what may be done.
type Card struct {
	Account    chat.AccountID
	ID         string // colour of the picture
	Name       string
	Role       string
	Line       string // when they were here
	Verified   string // "" if not
	Doubt      string // why nothing private is sent; "" if nothing is wrong
	Verify     string // what a button says that verifies; "" for none
	Again      bool   // was verified by more than an invite: that is of no hurry
	Me         bool
	Here       bool
	Blocked    bool
	CanMessage bool
}

// Card returns what is known of a person.
func (p *Place) Card(account chat.AccountID) (Card, bool) {
	x, ok := p.person(account)
	if !ok {
		return Card{}, false
	}
	c := Card{Account: account, ID: personID(account), Name: x.Name, Role: Role(x.Role), Line: p.presence(x), Me: x.Me, Here: p.isHere(x), Blocked: p.blocked(account)}
	c.Verified, c.Doubt = verifiedBy(x), doubtAbout(x)
	if p.canVerify(x) {
		c.Verify, c.Again = text.VerifyAction(), x.Verified && x.Proof != client.ByInvite
		if c.Again || c.Doubt != "" {
			c.Verify = text.VerifyAgain()
		}
	}
	c.CanMessage = p.CanWritePrivately() && x.State == chat.Active && x.Role >= chat.Member && !c.Blocked
	return c, true
}

// blocked reports whether this person wants to see nothing of somebody.
func (p *Place) blocked(account chat.AccountID) bool {
	x, ok := p.person(account)
	return ok && x.Blocked
}

// Blocked lists who was blocked, by name.
func (p *Place) Blocked() []Member {
	var out []Member
	for i := range p.people {
		if x := &p.people[i]; x.Blocked {
			out = append(out, Member{Account: x.Account, ID: personID(x.Account), Name: p.nameOf(x.Account)})
		}
	}
	return out
}

// Correspondents lists whom this person can write to, those first who are here.
func (p *Place) Correspondents() []Member {
	return slices.DeleteFunc(p.Members(), func(m Member) bool {
		x, ok := p.person(m.Account)
		return m.Me || m.Waiting || !ok || x.Role < chat.Member
	})
}

// WriteTo lists whom this person can write to: themselves first, who get what they note
// on all of their computers, then Correspondents.
func (p *Place) WriteTo() []Member {
	if !p.CanWritePrivately() {
		return p.Correspondents()
	}
	me := Member{Account: p.me.Account, ID: personID(p.me.Account), Name: text.RoomsNotes(), Line: text.RoomsNotesLine(), Me: true}
	return append([]Member{me}, p.Correspondents()...)
}

// Alone reports whether this person is the only one in the open private room and
// has written nothing: then the room is waiting for others.
func (p *Place) Alone() bool {
	room := p.facts[p.open]
	t := p.Conversation()
	if room.Kind != chat.RoomSealed || room.State != client.RoomJoined || !room.Admin || len(p.members) != 1 || !t.loaded {
		return false
	}
	for i := range t.lines {
		if !t.lines[i].System {
			return false
		}
	}
	return true
}
