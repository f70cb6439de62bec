// Package client is a member's side of one place: it signs up and logs in, keeps
// a connection alive, checks and stores what comes, sends what waits, moves
// files, and tells screens what changed.
//
// It must not know windows or words for people: it speaks in values, sentinel
// errors and wire.Codes. It believes the host only what it must: keys,
// signatures, the chain of each room and the directory are checked here.
//
// net/PROTOCOL.md specifies it.
package client

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"os"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"github.com/snugchat/snug/crypto/channel"
	"github.com/snugchat/snug/net/link"
	"github.com/snugchat/snug/net/presence"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
	"github.com/snugchat/snug/storage/paths"
)

// Config is what a Client needs from its surroundings.
type Config struct {
	// Dial opens a connection to host:port; nil means TCP. The host's own
	// person comes in by a pipe.
	Dial func(ctx context.Context, address string) (net.Conn, error)
	// Program is the name and version that the host is told, at most
	// wire.MaxProgram bytes.
	Program string
	// DeviceName is what this computer calls itself to the person's other ones, sealed,
	// as long as the person has given it no name; "" or what CheckDeviceName refuses:
	// nothing.
	DeviceName string
	// Folder is this place's folder, in which the client keeps sealed files
	// that are on their way. It exists, and nobody else writes there.
	Folder string
	// Downloads returns the folder for received files, which the client
	// closes. It is asked anew for each file.
	Downloads func() (*os.Root, error)
	// AutoDownload returns up to which size in bytes files are fetched without
	// being asked for; nil means never.
	AutoDownload func() int64
	// HostSaves says that the host of the place runs on this computer and saves
	// every file that it can read: files of open rooms are not fetched unasked.
	HostSaves bool
	// Receipts returns what this person lets others know of messages in sealed
	// rooms; nil means everything. It does not block. ReceiptsChanged says that it
	// has another answer.
	Receipts func() Receipts
	// Archive says that the store was filled by Import: nothing is fetched or sent,
	// and Run is not called.
	Archive bool
	// Free returns the bytes that are free on a folder's disk; nil asks the system.
	Free func(folder string) (int64, error)
	// Addresses returns the addresses of this computer, sorted; nil asks the system.
	Addresses func() []string
	// Now is the clock; nil means time.Now.
	Now func() time.Time

	// inline is how long a commit, a welcome or an answer to a device that lost a
	// room may be to travel in a message; longer ones become blobs. 0 means as much
	// as fits, which a room of hundreds of devices exceeds.
	inline int
	// directTime is how long to look for direct messages that may be begun; 0 means
	// directTime.
	directTime time.Duration
}

// DefaultAutoDownload is the size up to which files are fetched by themselves,
// unless the person chose another (FEATURES F6).
const DefaultAutoDownload = 10 << 20

var (
	// ErrNotJoined comes from what only a member can do.
	ErrNotJoined = errors.New("not a member of this place yet")
	// ErrJoined comes from Register when this device is a member's already.
	ErrJoined = errors.New("this device has joined already")
	// ErrOffline comes from what needs the host now, while there is no connection.
	ErrOffline = errors.New("not connected to the place")
	// ErrUnreachable says that no address of the place answered.
	ErrUnreachable = errors.New("the place does not answer")
	// ErrWrongHost says that the computer at the address is not the place that
	// was pinned. Nothing was sent to it.
	ErrWrongHost = channel.ErrWrongHost
	// ErrCopied says that another device uses this device's keys: the profile
	// was copied or restored from a backup. Log in again to go on.
	ErrCopied = errors.New("another copy of this profile has sent messages")
	// ErrHostRestored says that the host no longer has what this device got
	// from it: it was restored from a backup. To go on would lose what comes in
	// the place of the lost messages.
	ErrHostRestored = errors.New("the place went back to an older copy of its messages")
	// ErrNoAnswer says that the host did not answer a request in time.
	ErrNoAnswer = errors.New("the host did not answer in time")
	// ErrNoDirect says that direct messages with a person could not be begun: whichever
	// would be next, the host says that they are there already.
	ErrNoDirect = errors.New("no direct messages that may be begun")
	// ErrProtocol says that the host does not speak as it must.
	ErrProtocol = errors.New("the host does not follow the protocol")
	// ErrDiskFull says that this computer's disk is full.
	ErrDiskFull = clientdb.ErrDiskFull

	// ErrReadOnly says that this computer's disk takes no writes.
	ErrReadOnly = clientdb.ErrReadOnly

	// ErrOutboxFull says that as many messages of one room wait to be sent as can
	// (clientdb.MaxOutbox). This one was not taken.
	ErrOutboxFull = clientdb.ErrOutboxFull
)

// CodeError is the host's reason for a refusal, or for the end of a connection.
type CodeError struct {
	Code   wire.Code
	After  time.Duration // how long to wait before the next try
	Limit  int64         // the limit that was passed, in the unit of the code
	By     string        // who did it, with a ban or removal
	Reason string        // as that person wrote it
	Until  time.Time     // end of a ban, zero: for good
}

func (e *CodeError) Error() string { return fmt.Sprintf("refused by the host: code %d", e.Code) }

// CodeOf returns the code of a CodeError in err, wire.CodeOK if there is none.
func CodeOf(err error) wire.Code {
	if e, ok := errors.AsType[*CodeError](err); ok {
		return e.Code
	}
	return wire.CodeOK
}

// Client is one device's membership of one place. Its methods may be called
// from any goroutine; those with a context block until they are done.
type Client struct {
	cfg     Config
	db      *clientdb.DB
	log     *slog.Logger
	feed    feed
	wake    chan struct{} // the outbox has something new
	retry   chan struct{} // connect at once
	indexed atomic.Bool   // the search index has everything
	join    sync.Mutex    // held while signing up: one at a time
	// revoking is held while a device is signed out: one at a time.
	revoking sync.Mutex
	files    *fileRoom // transfers

	comparing *comparing // comparisons of pictures

	newsMade atomic.Uint64 // how often it changed whom the person verified: see tellMates
	trusting sync.Mutex    // held while people are shown as the store verifies them: before mu

	sending sync.Mutex              // held while messages leave the outbox, or are changed in it: before mu
	unsent  map[chat.MessageID]bool // messages of open rooms that were written since the program began and never left

	saving sync.Mutex // held while the place is changed in the store: before mu

	mu       sync.Mutex // guards what follows; nothing blocks under it
	place    clientdb.Place
	known    bool           // place holds a place
	rules    chat.FileRules // of the host's files, as this connection said
	state    State
	kinds    map[chat.RoomID]chat.RoomKind // of all rooms
	leaving  map[chat.RoomID]bool          // rooms that a call is leaving
	looked   chat.RoomID                   // the room that the person looks at
	early    *early                        // rows of it that came out of their turn, nil for none
	inOrder  bool                          // the host is not asked for such rows
	session  *session                      // the connection's goroutine, once it is logged in
	people   map[chat.AccountID]*Person
	names    map[string]chat.AccountID // by skeleton: who of people has it
	doubted  map[chat.AccountID]bool   // about whom this person has to answer
	marks    map[chat.MessageID]bool   // messages that the person has marked
	typing   presence.Typing           // of others
	own      presence.Typing           // what was said of oneself
	line     *line                     // the connection, once it is logged in
	pending  map[uint32]chan wire.Message
	lastRef  uint32
	sessions int      // how often a connection was logged in
	pairing  *Pairing // another device is being added by this one
	past     pasts    // history that is asked for
}

// New returns the client of the place in db, which may be empty still. It reads
// the store and starts nothing. The caller closes db when Run has returned.
func New(ctx context.Context, cfg Config, db *clientdb.DB, log *slog.Logger) (*Client, error) {
	if cfg.Addresses == nil {
		cfg.Addresses = addresses
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Dial == nil {
		var d net.Dialer
		cfg.Dial = func(ctx context.Context, address string) (net.Conn, error) { return d.DialContext(ctx, "tcp", address) }
	}
	if cfg.Free == nil {
		cfg.Free = func(folder string) (int64, error) {
			free, _, err := paths.FreeSpace(folder)
			return free, err
		}
	}
	if cfg.AutoDownload == nil {
		cfg.AutoDownload = func() int64 { return 0 }
	}
	if cfg.Receipts == nil {
		cfg.Receipts = func() Receipts { return Receipts{Delivered: true, Read: true} }
	}
	c := &Client{
		cfg:     cfg,
		db:      db,
		log:     log,
		wake:    make(chan struct{}, 1),
		retry:   make(chan struct{}, 1),
		leaving: make(map[chat.RoomID]bool),
		kinds:   make(map[chat.RoomID]chat.RoomKind),
		people:  make(map[chat.AccountID]*Person),
		names:   make(map[string]chat.AccountID),
		doubted: make(map[chat.AccountID]bool),
		pending: make(map[uint32]chan wire.Message),
	}
	c.files = newFileRoom(c)
	c.DropAllPasted() // of a program that was killed
	c.comparing = newComparing(func() { c.feed.publish(func(ch *Changes) { ch.Compare = true }) })
	c.state = State{Phase: Idle, Since: cfg.Now()}
	place, err := db.Place(ctx)
	switch {
	case errors.Is(err, clientdb.ErrNoPlace):
		return c, nil
	case err != nil:
		return nil, err
	}
	c.place, c.known = place, true
	if !place.Joined {
		return c, nil
	}
	return c, c.load(ctx)
}

// load makes the rooms that every place has, and reads rooms and people.
func (c *Client) load(ctx context.Context) error {
	c.mu.Lock()
	host := c.place.Host
	c.mu.Unlock()
	for _, r := range []clientdb.Room{
		{ID: chat.Directory, Kind: chat.RoomDirectory},
		{ID: chat.Lobby, Kind: chat.RoomOpen, Name: "Lobby"},
	} {
		r.Chain = wire.FirstChain(host, r.ID)
		if err := c.db.EnsureRoom(ctx, r); err != nil {
			return err
		}
	}
	rooms, err := c.db.Rooms(ctx)
	if err != nil {
		return err
	}
	accounts, _, _, err := c.db.People(ctx)
	if err != nil {
		return err
	}
	if err := c.loadMarks(ctx); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range rooms {
		c.kinds[r.ID] = r.Kind
	}
	clear(c.people)
	clear(c.names)
	clear(c.doubted)
	for _, a := range accounts {
		c.doubtLocked(a.ID, a.Doubt)
	}
	for _, pinned := range []bool{true, false} {
		for _, a := range accounts {
			if p := personOf(a); p.Pinned == pinned && c.claimLocked(p.Name, p.Account, p.Pinned) {
				c.people[a.ID] = p
			}
		}
	}
	return nil
}

// claimLocked reports whether a person may be shown under a name: no two people
// are shown whose names look alike. One whom the directory proved keeps the
// name, whatever the host says, and takes it from one whom it did not.
func (c *Client) claimLocked(name string, account chat.AccountID, pinned bool) bool {
	shown, skeleton, err := chat.NormalName(name)
	if err != nil || shown != name {
		return false // no client could have registered it
	}
	if other, taken := c.names[skeleton]; taken && other != account {
		if p := c.people[other]; p != nil {
			if p.Pinned && !pinned {
				return false
			}
			if !p.Pinned {
				c.hideLocked(p)
			}
		}
	}
	c.names[skeleton] = account
	return true
}

// hideLocked takes a person out of what is shown and frees the name.
func (c *Client) hideLocked(p *Person) {
	delete(c.people, p.Account)
	if _, skeleton, err := chat.NormalName(p.Name); err == nil && c.names[skeleton] == p.Account {
		delete(c.names, skeleton)
	}
}

func (c *Client) now() time.Time { return c.cfg.Now() }

// nowMS returns the time as it is stored and sent.
func (c *Client) nowMS() int64 { return c.now().UnixMilli() }

// savePlace changes the place in the store and in memory.
func (c *Client) savePlace(ctx context.Context, change func(*clientdb.Place)) error {
	c.saving.Lock() // or the later of two writes would undo the other
	defer c.saving.Unlock()
	c.mu.Lock()
	p := c.place
	change(&p)
	same := c.known && reflect.DeepEqual(p, c.place)
	c.mu.Unlock()
	if same {
		return nil // hosts repeat themselves at every connection
	}
	if err := c.db.SavePlace(ctx, p); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	change(&c.place)
	c.known = true
	return nil
}

// Joined reports whether this device is a member's, or waits to be let in.
func (c *Client) Joined() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.place.Joined
}

// Archive reports whether the place was read from an export and is on no host.
func (c *Client) Archive() bool { return c.cfg.Archive }

// Reconnect tries to connect at once instead of waiting for the next try. It
// also ends a Stopped state, since what stopped it may be over.
func (c *Client) Reconnect() {
	select {
	case c.retry <- struct{}{}:
	default:
	}
}

// signal wakes whoever waits on a channel of capacity 1.
func signal(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// setState changes what screens see of the connection.
func (c *Client) setState(s State) {
	c.mu.Lock()
	if s.Phase == c.state.Phase && s.Phase == Offline {
		s.Since = c.state.Since
	} else {
		s.Since = c.now()
	}
	if s.Phase == Connecting && c.state.Phase == Offline {
		s.Since = c.state.Since // still the same time without a connection
	}
	c.state = s
	c.mu.Unlock()
	c.feed.publish(func(ch *Changes) { ch.State = true })
}

// publishRoom tells screens that a room has new rows or a changed outbox.
func (c *Client) publishRoom(room chat.RoomID) {
	c.feed.publish(func(ch *Changes) {
		if ch.Rooms == nil {
			ch.Rooms = make(map[chat.RoomID]bool)
		}
		ch.Rooms[room] = true
	})
}

// online returns the logged-in connection, ErrOffline if there is none.
func (c *Client) online() (*line, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.line != nil:
		return c.line, nil
	case !c.place.Joined:
		return nil, ErrNotJoined
	}
	return nil, ErrOffline
}

// setLine makes a connection the one that requests use, or takes it away. All
// requests under way on the old one end.
func (c *Client) setLine(l *line, s *session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.line, c.session = l, s
	if l != nil {
		c.sessions++
		return
	}
	for _, ch := range c.pending {
		close(ch)
	}
	clear(c.pending)
	if c.pairing != nil {
		select {
		case c.pairing.in <- nil:
		default:
		}
	}
	for _, p := range c.people {
		p.Online = false
	}
	c.typing = presence.Typing{}
}

// send encodes a message and queues it on a connection.
func send(l *link.Link, m wire.Message) error { return l.Send(wire.Append(nil, m)) }

// clonePeople returns copies, for screens.
func clonePeople(in map[chat.AccountID]*Person) []Person {
	out := make([]Person, 0, len(in))
	for p := range maps.Values(in) {
		out = append(out, *p)
	}
	return out
}
