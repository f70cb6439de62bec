package client

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/net/transfer"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// Phase says how far the connection is.
type Phase uint8

// The phases.
const (
	Idle            Phase = iota // not joined, or Run does not run
	Connecting                   // trying to reach the place
	WaitingApproval              // connected; a moderator has not let this person in yet
	Online                       // connected; messages go through
	Offline                      // no connection; NextTry says when the next try is
	Stopped                      // no more tries by itself; Err says why
)

// State is the connection as a person sees it.
type State struct {
	Phase   Phase
	Since   time.Time // of this phase; Connecting and Offline count as one
	NextTry time.Time // in Offline; in Stopped with a timed ban its end
	// Err says why it is Offline or Stopped, or Online and yet nothing goes through
	// (a *CodeError with wire.CodeDiskFull or CodeFailed): ErrWrongHost, ErrCopied,
	// ErrHostRestored, ErrUnknownDevice, ErrUnreachable, ErrDiskFull, ErrReadOnly, a *CodeError,
	// or another one for the log.
	Err error
}

// State returns the state of the connection.
func (c *Client) State() State {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state
}

// Me is this person's account in the place.
type Me struct {
	Account chat.AccountID
	Device  chat.DeviceID
	Name    string
	Role    chat.Role
	State   chat.AccountState
	HasPass bool // a password is set; without one no other computer can be added
}

// Me returns this person's account.
func (c *Client) Me() Me {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := Me{Account: c.place.Account, Name: c.place.Person, Role: c.place.Role, State: c.place.State, HasPass: c.place.HasPass}
	if id, err := transportID(c.place.Keys); err == nil {
		m.Device = id
	}
	return m
}

// Place is the place as a member sees it.
type Place struct {
	Name        string
	Mode        chat.JoinMode
	MaxFile     int64 // largest file in bytes, 0: files are off
	Owner       string
	Addresses   []string
	Host        [32]byte // the pinned key
	Fingerprint string   // of that key, for the Details fold

	// Files is how long the host keeps files, as it says since this client came in;
	// zero before that, and if it keeps them for ever.
	Files chat.FileRules
}

// Place returns what is known of the place.
func (c *Client) Place() Place {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.place
	return Place{
		Name: p.Name, Mode: p.Mode, MaxFile: p.MaxFile, Owner: p.Owner, Addresses: slices.Clone(p.Addresses),
		Host: p.Host, Fingerprint: identity.Fingerprint(p.Host), Files: c.rules,
	}
}

// keepRules notes how long the host keeps files.
func (c *Client) keepRules(r chat.FileRules) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rules = r
}

// Person is an account of the place.
type Person struct {
	Account  chat.AccountID
	Name     string
	Role     chat.Role
	State    chat.AccountState // 0: gone from the place
	Online   bool
	Seen     time.Time // last time online, zero: unknown
	Until    time.Time // end of a ban, for moderators
	By       string    // who invited a waiting person, for moderators
	Me       bool
	Pinned   bool      // the directory proved an identity
	Changed  time.Time // when that identity became another one, zero: never
	Verified bool      // by this person, exactly the identity of now
	Proof    Proof     // how
	Doubt    Doubt     // 0: none; else nothing private is sent until this person has answered
	Blocked  bool      // by this person

	identity [32]byte // that the directory proved
}

func personOf(a clientdb.Account) *Person {
	return &Person{
		Account: a.ID, Name: a.Name, Role: a.Role, State: a.State, Seen: timeOf(a.Seen),
		Pinned: a.Identity != [32]byte{}, Changed: timeOf(a.Changed), Verified: a.Verified != 0, Proof: a.Proof, Doubt: a.Doubt,
		Blocked: a.Blocked != 0, identity: a.Identity,
	}
}

// timeOf returns the time of unix milliseconds, zero for 0.
func timeOf(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}

// People returns the accounts of the place, by name: members, for moderators
// also who waits or is banned, and those whose messages are here but who left.
func (c *Client) People() []Person {
	c.mu.Lock()
	people := clonePeople(c.people)
	me := c.place.Account
	c.mu.Unlock()
	for i := range people {
		people[i].Me = people[i].Account == me
	}
	slices.SortFunc(people, func(a, b Person) int {
		return compareNames(a.Name, b.Name, a.Account, b.Account)
	})
	return people
}

// compareNames orders people by name.
func compareNames(a, b string, x, y chat.AccountID) int {
	return cmp.Or(cmp.Compare(a, b), slices.Compare(x[:], y[:]))
}

// Person returns one account.
func (c *Client) Person(id chat.AccountID) (Person, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, ok := c.people[id]
	if !ok {
		return Person{Account: id}, false
	}
	out := *p
	out.Me = id == c.place.Account
	return out, true
}

// RoomState says how this person stands to a room.
type RoomState = clientdb.RoomState

// The states of a room.
const (
	RoomJoined  = clientdb.RoomJoined  // a member
	RoomRequest = clientdb.RoomRequest // somebody unknown writes: AcceptRoom, DeclineRoom or Block
	RoomComing  = clientdb.RoomComing  // was added; the keys have not come yet
	RoomLeft    = clientdb.RoomLeft    // not a member any more; what is here can be read
	RoomBroken  = clientdb.RoomBroken  // waits to be let in again by another member

	// RoomReturning comes back after a recovery, once another member is online.
	RoomReturning = clientdb.RoomReturning
)

// Room is a room that this person is or was in.
type Room struct {
	ID     chat.RoomID
	Kind   chat.RoomKind
	Name   string // of direct messages: the other one's
	Topic  string
	State  RoomState
	Admin  bool           // of a sealed room: may change who is in it; of an open one: may rename it
	Peer   chat.AccountID // direct messages: the other one; a sealed room: who brought this person in
	People int            // who are in a sealed room, 0 for an open one
	Head   uint64         // seq of its last row here
	Read   uint64         // seq of the last row that the person saw
	Unread int            // messages of others after it, at most clientdb.MaxUnread
	Last   Message        // the newest message with words or a file; zero: none
	// Created is when it was made, by the clock of the host.
	Created time.Time

	Mentions int // unread messages that name this person

	// Held is who of the room is doubtful: nothing is sent until this person has
	// answered about all of them (WriteAnyway, or verifying them).
	Held []chat.AccountID

	Muted    bool      // new messages are not announced, unless they name this person
	Pinned   time.Time // when this person put it to the top of the list; zero: not
	Archived bool      // out of the list until somebody writes there
}

// lastRows is how many rows are looked at for the newest message of a room.
const lastRows = 16

// Rooms returns the rooms: the Lobby first, then in the order of their newest
// message or making, the newest first. Rooms that were declined, and direct
// messages with somebody who is blocked, are not among them.
func (c *Client) Rooms(ctx context.Context) ([]Room, error) {
	rooms, err := c.db.Rooms(ctx)
	if err != nil {
		return nil, err
	}
	listed, err := c.db.Listings(ctx)
	if err != nil {
		return nil, err
	}
	var out []Room
	for i := range rooms {
		if rooms[i].ID == chat.Directory || rooms[i].State == clientdb.RoomHidden {
			continue
		}
		if p, known := c.Person(rooms[i].Peer); known && p.Blocked && rooms[i].Kind == chat.RoomDirect {
			continue
		}
		r, err := c.room(ctx, &rooms[i])
		if err != nil {
			return nil, err
		}
		l := listed[r.ID]
		r.Muted, r.Pinned, r.Archived = l.Muted, timeOf(l.Pinned), l.Archived
		out = append(out, r)
	}
	newest := func(r *Room) time.Time {
		if t := r.Last.Received; !t.IsZero() {
			return t
		}
		if t := r.Last.Sent; !t.IsZero() {
			return t
		}
		return r.Created
	}
	slices.SortStableFunc(out, func(a, b Room) int {
		if first := a.ID == chat.Lobby; first || b.ID == chat.Lobby {
			return cmp.Compare(btoi(b.ID == chat.Lobby), btoi(first))
		}
		return newest(&b).Compare(newest(&a))
	})
	return out, nil
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Room returns one room, ErrNoRoom if this person was never in it.
func (c *Client) Room(ctx context.Context, id chat.RoomID) (Room, error) {
	r, err := c.db.Room(ctx, id)
	if err != nil {
		return Room{}, err
	}
	return c.room(ctx, &r)
}

// room turns a stored room into what a screen shows.
func (c *Client) room(ctx context.Context, r *clientdb.Room) (Room, error) {
	c.mu.Lock()
	me, role := c.place.Account, c.place.Role
	c.mu.Unlock()
	out := Room{
		ID: r.ID, Kind: r.Kind, Name: r.Name, Topic: r.Topic, State: r.State, Admin: r.Admin, Peer: r.Peer,
		Head: r.Cursor, Read: r.Read, Created: timeOf(r.Created),
	}
	if r.Kind == chat.RoomOpen {
		out.Admin = role >= chat.Moderator && r.ID != chat.Lobby
	}
	if r.Kind == chat.RoomDirect {
		p, _ := c.Person(r.Peer)
		out.Name = p.Name
	}
	if sealedKind(r.Kind) {
		members, err := c.db.Members(ctx, r.ID)
		if err != nil {
			return out, err
		}
		for _, m := range members {
			if m.Present {
				out.People++
			}
		}
	}
	var err error
	if out.Unread, err = c.db.Unread(ctx, r.ID, me, [2]uint16{uint16(wire.KindText), uint16(wire.KindFile)}, r.Cursor); err != nil {
		return out, err
	}
	if out.Unread > 0 {
		if out.Mentions, err = c.db.UnreadMentions(ctx, r.ID); err != nil {
			return out, err
		}
	}
	if out.Held, err = c.heldBy(ctx, r); err != nil {
		return out, err
	}
	page, err := c.Before(ctx, r.ID, 0, lastRows)
	if err != nil {
		return out, err
	}
	for _, m := range slices.Backward(page.Messages) {
		if m.Kind == LineText || m.Kind == LineFile {
			out.Last = m
			break
		}
	}
	return out, nil
}

// Missed is what a person has not read of a room.
type Missed struct {
	Seq   uint64    // of the first such message of others, 0: there is none
	Since time.Time // when the host received it
	Count int       // how many there are, at most clientdb.MaxMissed
}

// Missed counts what Room.Unread counts, to the end, and says where it begins.
func (c *Client) Missed(ctx context.Context, room chat.RoomID) (Missed, error) {
	c.mu.Lock()
	me := c.place.Account
	c.mu.Unlock()
	first, n, err := c.db.FirstUnread(ctx, room, me, [2]uint16{uint16(wire.KindText), uint16(wire.KindFile)})
	if errors.Is(err, clientdb.ErrNotFound) {
		return Missed{}, nil
	}
	return Missed{Seq: first.Seq, Since: timeOf(first.Received), Count: n}, err
}

// MarkRead says that the person saw a room up to the row seq, as far as its rows have
// come in their order: what comes between them later is not read. In sealed rooms the
// others learn it, if this person lets them.
func (c *Client) MarkRead(ctx context.Context, room chat.RoomID, seq uint64) error {
	r, err := c.db.Room(ctx, room)
	if errors.Is(err, clientdb.ErrNoRoom) {
		return nil
	}
	if err != nil {
		return err
	}
	if seq = min(seq, r.Cursor); r.Read >= seq {
		return nil
	}
	if err := c.db.SetRead(ctx, room, seq); err != nil {
		return err
	}
	c.publishRoom(room)
	return c.sayRead(ctx, &r, seq)
}

// MuteRoom says whether new messages of a room are announced to this person.
func (c *Client) MuteRoom(ctx context.Context, room chat.RoomID, on bool) error {
	return c.listRoom(ctx, room, func(l *clientdb.Listing) { l.Muted = on })
}

// PinRoom puts a room to the top of this person's list, or back.
func (c *Client) PinRoom(ctx context.Context, room chat.RoomID, on bool) error {
	now := max(c.nowMS(), 1)
	return c.listRoom(ctx, room, func(l *clientdb.Listing) {
		l.Pinned = 0
		if on {
			l.Pinned, l.Archived = now, false
		}
	})
}

// ArchiveRoom takes a room out of this person's list, or back. Whoever shows the
// list takes it back when somebody writes there.
func (c *Client) ArchiveRoom(ctx context.Context, room chat.RoomID, on bool) error {
	return c.listRoom(ctx, room, func(l *clientdb.Listing) {
		l.Archived = on
		if on {
			l.Pinned = 0
		}
	})
}

func (c *Client) listRoom(ctx context.Context, room chat.RoomID, change func(*clientdb.Listing)) error {
	if err := c.db.ListRoom(ctx, room, change); err != nil {
		return err
	}
	c.feed.publish(func(ch *Changes) { ch.RoomList = true })
	return nil
}

// Draft returns what the person has begun to write in a room.
func (c *Client) Draft(ctx context.Context, room chat.RoomID) (string, error) {
	return c.db.Draft(ctx, room)
}

// SetDraft keeps such a text in the encrypted store; an empty one is forgotten.
func (c *Client) SetDraft(ctx context.Context, room chat.RoomID, text string) error {
	return c.db.SetDraft(ctx, room, text)
}

// Transfer is a file on its way, or one that came or went.
type Transfer struct {
	ID       chat.MessageID // of the message that carries the file
	Upload   bool
	Room     chat.RoomID
	Name     string // as the sender has it
	Size     int64  // bytes
	Path     string // a finished download: where it lies; an upload: where it came from
	Shown    string // an upload: what Path was made from, to be shown; "": Path itself
	Copy     bool   // an upload: Path was made to be sent (SendCopy) and is still in the place's folder
	State    clientdb.TransferState
	Err      error             // why it failed
	Progress transfer.Progress // in sealed bytes, a few percent more than Size
	Created  time.Time
}

// The states of a transfer.
const (
	Sealing  = clientdb.Sealing  // an upload is being encrypted
	Running  = clientdb.Running  // goes on whenever there is a connection
	Paused   = clientdb.Paused   // by this person, or by the host's
	Finished = clientdb.Finished // an upload: on the host; a download: in its folder
	Failed   = clientdb.Failed   // Err says why; RetryTransfer tries again
	Canceled = clientdb.Stopped  // given up for good
)
