package wire

import (
	"fmt"

	"github.com/snugchat/snug/storage/chat"
)

// The bounds of messages about rooms.
const (
	// MaxSignal is the largest Data of a Signal in bytes.
	MaxSignal = 1 << 10
	// MaxRoomName and MaxTopic are the largest lengths of an open room's name and
	// topic, in bytes.
	MaxRoomName = 120
	MaxTopic    = 1000
	// MaxMemberEntries is how many accounts one MemberChange may name.
	MaxMemberEntries = 256
	// MaxPostBlobs is how many blobs a row may keep alive.
	MaxPostBlobs = 16
)

// Signal passes a few sealed bytes on to all others who read a sealed room live:
// typing, presence in the room. It is never stored, and dropped first under load.
type Signal struct {
	Room   chat.RoomID   `cbor:"1,keyasint"`
	Device chat.DeviceID `cbor:"2,keyasint"` // the sender; the host fills it in
	Data   []byte        `cbor:"3,keyasint"` // at most MaxSignal bytes
}

// MemberChange changes who a sealed room is delivered to. It comes with the
// commit that changes the members themselves: that one counts for what they can
// read, this one for what the host sends them.
type MemberChange struct {
	Set    []MemberEntry    `cbor:"1,keyasint,omitempty"` // added, or with another Admin
	Remove []chat.AccountID `cbor:"2,keyasint,omitempty"`
}

// MemberEntry is one account of a sealed room.
type MemberEntry struct {
	Account chat.AccountID `cbor:"1,keyasint"`
	Admin   bool           `cbor:"2,keyasint,omitempty"` // may change the list, and delete the room
}

// Rooms lists the rooms that the account is in, besides the directory and the
// Lobby: all after log-in (in several messages, the last has Last), then each
// that changes.
type Rooms struct {
	Rooms []RoomInfo `cbor:"1,keyasint,omitempty"`
	First bool       `cbor:"2,keyasint,omitempty"` // forget what you had
	Last  bool       `cbor:"3,keyasint,omitempty"`
}

// RoomInfo is one room as its members see it. Name and topic of a sealed room are
// not here: the host does not know them.
type RoomInfo struct {
	ID      chat.RoomID    `cbor:"1,keyasint"`
	Kind    chat.RoomKind  `cbor:"2,keyasint"`
	Name    string         `cbor:"3,keyasint,omitempty"` // of an open room
	Topic   string         `cbor:"4,keyasint,omitempty"` // of an open room
	Since   uint64         `cbor:"5,keyasint,omitempty"` // rows after this are the account's
	Head    uint64         `cbor:"6,keyasint,omitempty"` // seq of the last row
	Admin   bool           `cbor:"7,keyasint,omitempty"` // of a sealed room, in the host's list
	Gone    bool           `cbor:"8,keyasint,omitempty"` // the account is not in it any more, or it was deleted
	By      chat.AccountID `cbor:"9,keyasint"`           // who made it
	Created int64          `cbor:"10,keyasint"`
}

// CreateRoom makes a room: an open one by a moderator, a sealed or direct one by
// a member, who becomes its first member and admin. Done or Failure answers:
// CodeConflict if there is a room of this id.
type CreateRoom struct {
	Ref      uint32         `cbor:"1,keyasint"`
	Room     chat.RoomID    `cbor:"2,keyasint"` // chosen by the client; of a direct room see DirectRoom
	RoomKind chat.RoomKind  `cbor:"3,keyasint"`
	Name     string         `cbor:"4,keyasint,omitempty"` // of an open room
	Topic    string         `cbor:"5,keyasint,omitempty"` // of an open room
	Peer     chat.AccountID `cbor:"6,keyasint"`           // of a direct room: the other one, or the account itself
}

// ChangeRoom gives an open room another name and topic, or deletes a room.
// Moderators do so with open rooms, their admins delete sealed ones. Done or
// Failure answers.
type ChangeRoom struct {
	Ref    uint32      `cbor:"1,keyasint"`
	Room   chat.RoomID `cbor:"2,keyasint"`
	Name   string      `cbor:"3,keyasint,omitempty"`
	Topic  string      `cbor:"4,keyasint,omitempty"`
	Delete bool        `cbor:"5,keyasint,omitempty"`
}

// LeaveRoom takes the account off the list of a sealed room. Done or Failure
// answers. To leave the group is another matter: a proposal that is posted before.
type LeaveRoom struct {
	Ref  uint32      `cbor:"1,keyasint"`
	Room chat.RoomID `cbor:"2,keyasint"`
}

// The numbers of the messages.
func (*Signal) Kind() Kind     { return 26 }
func (*Rooms) Kind() Kind      { return 60 }
func (*CreateRoom) Kind() Kind { return 61 }
func (*ChangeRoom) Kind() Kind { return 62 }
func (*LeaveRoom) Kind() Kind  { return 63 }

// bounded is a message whose parts have bounds of their own.
type bounded interface {
	bounds() error
}

func (m *Signal) bounds() error { return atMost("data", len(m.Data), MaxSignal) }

func (m *Rooms) bounds() error {
	for i := range m.Rooms {
		if err := nameBounds(m.Rooms[i].Name, m.Rooms[i].Topic); err != nil {
			return err
		}
	}
	return nil
}

func (m *CreateRoom) bounds() error { return nameBounds(m.Name, m.Topic) }

func (m *ChangeRoom) bounds() error { return nameBounds(m.Name, m.Topic) }

func (m *Rows) bounds() error {
	if n := len(m.Chain); n != 0 && n != 32 {
		return fmt.Errorf("chain of %d bytes", n)
	}
	return nil
}

func (m *Peeked) bounds() error { return atMost("rows", len(m.Rows), PeekRows) }

func (m *Post) bounds() error {
	if err := atMost("blobs", len(m.Blobs), MaxPostBlobs); err != nil {
		return err
	}
	if c := m.Members; c != nil {
		if n := len(c.Set) + len(c.Remove); n == 0 || n > MaxMemberEntries {
			return fmt.Errorf("%d changes of members", n)
		}
	}
	return mailBounds(m.Mails)
}

func nameBounds(name, topic string) error {
	if err := atMost("name", len(name), MaxRoomName); err != nil {
		return err
	}
	return atMost("topic", len(topic), MaxTopic)
}

func atMost(what string, got, most int) error {
	if got > most {
		return fmt.Errorf("%s: %d of at most %d", what, got, most)
	}
	return nil
}
