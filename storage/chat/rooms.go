package chat

import "slices"

// Room is what a host keeps of a room. What a sealed room is called and what it
// is about, the host does not know.
type Room struct {
	ID      RoomID
	Kind    RoomKind
	Name    string    // of an open room
	Topic   string    // of an open room
	By      AccountID // who made it; zero: the host itself
	Peer    AccountID // of a direct room: the other one of the two, or By
	Created int64
	Deleted int64  // 0 while it is there; its id is never used again
	Head    uint64 // seq of its last row; set by the store
}

// Sealed reports whether only the members of such a room can read it.
func (k RoomKind) Sealed() bool { return k == RoomSealed || k == RoomDirect }

// RoomMember is an account that a sealed room is delivered to.
type RoomMember struct {
	Room    RoomID
	Account AccountID
	Admin   bool   // may change who the members are
	Since   uint64 // rows after this are the account's
	Until   uint64 // with Gone: and no later ones than this
	Gone    int64  // when it stopped being a member, 0 while it is one
	Earlier []Span // the times that it was in the room before, the oldest first; at most MaxSpans
}

// Span is a time that an account was in a sealed room: the rows after Since, up
// to Until.
type Span struct{ Since, Until uint64 }

// MaxSpans is how many earlier times of an account in a room a host keeps: a
// device that was away through more of them has only the last ones to read.
const MaxSpans = 64

// Again begins another time in the room: what it has from now on are the rows
// after since.
func (m *RoomMember) Again(since uint64, admin bool) {
	earlier := append(slices.Clip(m.Earlier), Span{m.Since, m.Until})
	m.Earlier = earlier[max(0, len(earlier)-MaxSpans):]
	m.Since, m.Admin, m.Until, m.Gone = since, admin, 0, 0
}

// Membership is one change of a room's members that comes with a row. Who becomes
// a member by it has the rows from that one on; who was one already keeps what it
// had; who goes has the rows up to that one.
type Membership struct {
	Account AccountID
	Admin   bool
	Out     bool // it is a member no longer
}

// Post is a row that is to be appended, with all that belongs to it: a store takes
// the whole or nothing.
type Post struct {
	Row   *Row
	Blobs [][32]byte // roots of the blobs that the row names
	Files bool       // what the blobs hold is to be saved into the received folder

	// Of sealed rooms: a row is Stale if a commit lies after Seen.
	Sealed  bool
	Seen    uint64
	Commit  bool // this row is one
	Members []Membership
	Mails   []Mail // the store sets Seq and Time
}

// Mail is a message to one device that a host keeps until that one has it.
type Mail struct {
	N        int64 // its place in the order of all mail; set by the store
	ID       MessageID
	To, From DeviceID
	Room     RoomID
	Kind     uint8
	Stranger bool // it needs no room that both are in: fewer of its kind may wait; not stored
	Data     []byte
	Blob     [32]byte // root of the blob that it names
	Length   int64    // of that blob, 0: it names none
	Seq      uint64   // of the row that it came with, 0: it came alone
	Time     int64
}

// KeyPackage is what others need to add a device to a sealed room.
type KeyPackage struct {
	Device     DeviceID
	Package    []byte
	LastResort bool
}

// KeyPackages is how many key packages a host has of a device.
type KeyPackages struct {
	Count      int // those of last resort not counted
	LastResort bool
}
