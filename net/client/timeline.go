package client

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// Delivery says what became of a message.
type Delivery uint8

// The states of a message.
const (
	OnHost   Delivery = iota // on the host's disk, as are all messages of others
	Waiting                  // one's own, in the outbox
	Refused                  // one's own, the host does not take it: Code says why
	OnDevice                 // one's own, in a sealed room: on a device of everybody else there
	Read                     // one's own, in a sealed room: everybody else there saw it
)

// Warnings say what was wrong with a message.
type Warnings = clientdb.Flags

// The warnings that a message can have. See package clientdb for each.
const (
	Malformed     = clientdb.Malformed
	BadSignature  = clientdb.BadSignature
	UnknownDevice = clientdb.UnknownDevice
	RevokedDevice = clientdb.RevokedDevice
	OtherHistory  = clientdb.OtherHistory
	OtherPeople   = clientdb.OtherPeople
	Repeated      = clientdb.Repeated
	CounterTwice  = clientdb.CounterTwice
	CounterGap    = clientdb.CounterGap
	BadEntry      = clientdb.BadEntry
	IDTaken       = clientdb.IDTaken
	Unreadable    = clientdb.Unreadable
)

// notWarnings are flags that say something else than that something is wrong.
const notWarnings = clientdb.Aside | clientdb.Deleted | clientdb.IdentityNew | clientdb.MentionsMe | clientdb.EraseLater | clientdb.EraseAnyLater

// unbelievable are the flags of a row that is not shown, and counts for nothing.
const unbelievable = Malformed | BadSignature | UnknownDevice | RevokedDevice | BadEntry | IDTaken | Unreadable

// What a line of a timeline is.
type LineKind uint8

// The kinds of lines.
const (
	LineText     LineKind = 1 // Text
	LineFile     LineKind = 2 // File, Transfer
	LineUnknown  LineKind = 3 // of a later version: Text is what its sender wants shown
	LineDeleted  LineKind = 4 // its content was deleted
	LineBroken   LineKind = 5 // cannot be shown or not be believed: Warnings says why; it has no content
	LineCame     LineKind = 6 // Name came into the place
	LineDevice   LineKind = 7 // Name uses one more device
	LineIdentity LineKind = 8 // Name has a new identity: new computer, or somebody who pretends
	LineSignOut  LineKind = 9 // Name signed out a device
	// LineRoom says what Name did to the sealed room: Change.
	LineRoom LineKind = 10
)

// Message is a line of a room's timeline.
type Message struct {
	Seq      uint64 // place in the order, 0 while in the outbox
	Room     chat.RoomID
	ID       chat.MessageID
	Kind     LineKind
	Account  chat.AccountID // zero: nobody that is known
	Name     string         // of the account, now
	Device   chat.DeviceID
	Own      bool
	Sent     time.Time // the sender's clock
	Received time.Time // the host's clock; zero in the outbox
	Text     string
	File     *File
	State    Delivery
	Code     wire.Code // why it was refused
	Warnings Warnings  // 0: all is well

	Reply     *Quote     // the message that it answers, nil for none
	Reactions []Reaction // in the order in which they came
	Edited    bool
	Pinned    bool             // for everyone in the room
	Marked    bool             // by this person alone
	By        string           // LineDeleted: who deleted it, if it was not its author
	Mentions  []chat.AccountID // whom it names
	Everyone  bool             // it names everyone
	ForMe     bool             // it is of somebody else and names this person

	Forwarded *Forwarded // it was passed on from elsewhere, nil if not

	Change *RoomChange // LineRoom

	// Early says that it is shown before its turn: messages before it are still
	// coming. Nothing can be done with it yet, and it does not count as read.
	Early bool

	reply  chat.MessageID // what it answers
	origin *wire.Origin   // what it says of where it comes from
	root   [32]byte       // LineFile: of the sealed bytes
	base   *base          // what it was before anything was said of it
}

// base is a message as it was sent.
type base struct {
	kind     LineKind
	text     string
	mentions []chat.AccountID
	everyone bool
}

// File is what a message says of a file.
type File struct {
	Name string // as the sender has it: make it safe before use
	Type string // a hint
	Size int64

	// Of a picture, as the sender says: its size in pixels, and a few of them.
	Width, Height int
	Preview       []byte
}

// Page is a part of a timeline, oldest first.
type Page struct {
	Messages []Message
	Older    bool // there are older ones
	Newer    bool // there are newer ones; what waits in the outbox comes after the newest

	// Gap says that the ones before (of Before) or after (of After) these are still
	// coming. Older or Newer is true then as well; Changes.Early says when to look again.
	Gap bool
}

// maxPage is how many messages a page has at most: one more is read, to know
// whether there are others.
const maxPage = clientdb.MaxPage - 1

// Before returns up to n messages of a room before the row seq, at most 999; with 0 the
// newest, followed by everything that is in the outbox and files on their way out. Where
// messages are still coming it asks the host for the ones before seq.
func (c *Client) Before(ctx context.Context, room chat.RoomID, seq uint64, n int) (Page, error) {
	n = min(n, maxPage)
	e := c.earlyIn(room) // before the store is read: what leaves it goes there
	rows, err := c.db.Before(ctx, room, seq, n+1)
	if err != nil {
		return Page{}, err
	}
	rows, gap := e.before(rows, seq, n+1, c.belongs(room))
	p := Page{Older: gap, Newer: seq != 0, Gap: gap}
	if len(rows) > n {
		p.Older, rows = true, rows[len(rows)-n:]
	}
	if gap && seq != 0 {
		c.wantEarly(room)
	}
	if err := c.addRows(ctx, room, rows, e, &p); err != nil {
		return p, err
	}
	if seq == 0 {
		if err := c.addOutbox(ctx, room, e, &p); err != nil {
			return p, err
		}
	}
	return p, c.Relate(ctx, room, p.Messages)
}

// After returns up to n messages of a room after the row seq, at most 999; when these
// reach the newest, what is in the outbox follows.
func (c *Client) After(ctx context.Context, room chat.RoomID, seq uint64, n int) (Page, error) {
	n = min(n, maxPage)
	e := c.earlyIn(room)
	rows, err := c.db.After(ctx, room, seq, n+1)
	if err != nil {
		return Page{}, err
	}
	rows, gap := e.after(rows, seq, n+1, c.belongs(room))
	p := Page{Older: seq > 0, Newer: gap, Gap: gap}
	if len(rows) > n {
		p.Newer, rows = true, rows[:n]
	}
	if err := c.addRows(ctx, room, rows, e, &p); err != nil {
		return p, err
	}
	if !p.Newer {
		if err := c.addOutbox(ctx, room, e, &p); err != nil {
			return p, err
		}
	}
	return p, c.Relate(ctx, room, p.Messages)
}

// Message returns the message of a row, clientdb.ErrNotFound if it is not here.
func (c *Client) Message(ctx context.Context, seq uint64) (Message, error) {
	row, err := c.db.Message(ctx, seq)
	if err != nil {
		return Message{}, err
	}
	return c.message(&row), nil
}

// addRows turns rows into lines of a page.
func (c *Client) addRows(ctx context.Context, room chat.RoomID, rows []clientdb.Message, e *early, p *Page) error {
	reach, err := c.reachOf(ctx, room)
	if err != nil {
		return err
	}
	for i := range rows {
		m := c.message(&rows[i])
		if m.Own {
			m.State = reach.deliveryOf(m.Seq)
		}
		_, m.Early = e.at(m.Seq)
		p.Messages = append(p.Messages, m)
	}
	return nil
}

func (c *Client) addOutbox(ctx context.Context, room chat.RoomID, e *early, p *Page) error {
	out, err := c.db.Outbox(ctx, room)
	if err != nil {
		return err
	}
	c.mu.Lock()
	me, name := c.place.Account, c.place.Person
	c.mu.Unlock()
	for _, o := range out {
		k := wire.BodyKind(o.Kind)
		if !shownKind(k) || e.has(o.ID) {
			continue // nobody wrote it, or it is shown as the row that it became
		}
		if k >= wire.KindReaction && k < wire.KindAccount && o.State != clientdb.Refused {
			continue // it is about another message, and shown there
		}
		m := Message{Room: room, ID: o.ID, Account: me, Name: name, Own: true, Sent: timeOf(o.Created), Code: wire.Code(o.Code)}
		m.content(wire.BodyKind(o.Kind), o.Body, "")
		switch o.State {
		case clientdb.OnHost:
			m.State = OnHost
		case clientdb.Refused:
			m.State = Refused
		case clientdb.Waiting:
			m.State = Waiting
		}
		p.Messages = append(p.Messages, m)
	}
	open, err := c.db.OpenTransfers(ctx)
	if err != nil {
		return err
	}
	for i := range open {
		t := &open[i]
		if t.Room != room || t.Direction != clientdb.Upload || e.has(t.ID) || slices.ContainsFunc(out, func(o clientdb.Outgoing) bool { return o.ID == t.ID }) {
			continue
		}
		m := Message{Room: room, ID: t.ID, Kind: LineFile, Account: me, Name: name, Own: true, Sent: timeOf(t.Created), State: Waiting}
		m.content(wire.KindFile, wire.EncodeBody(fileBody(t)), "")
		p.Messages = append(p.Messages, m)
	}
	return nil
}

// message turns a stored row into what a screen shows.
func (c *Client) message(r *clientdb.Message) Message {
	m := Message{
		Seq: r.Seq, Room: r.Line, ID: r.ID, Account: r.Account, Device: r.Device,
		Sent: timeOf(r.Sent), Received: timeOf(r.Received), Warnings: r.Flags &^ notWarnings,
	}
	c.mu.Lock()
	if p, ok := c.people[r.Account]; ok {
		m.Name = p.Name
	}
	m.Own = r.Account == c.place.Account && !r.Account.IsZero()
	c.mu.Unlock()
	switch {
	case r.Flags&clientdb.Deleted != 0:
		m.Kind = LineDeleted
	case r.Flags&unbelievable != 0:
		m.Kind = LineBroken
	case wire.BodyKind(r.Kind) == wire.KindCommit, wire.BodyKind(r.Kind) == wire.KindProposal:
		if change, err := parseRoomChange(r.Body); err == nil {
			m.Kind, m.Change = LineRoom, change
		} else {
			m.Kind = LineBroken
		}
	default:
		m.content(wire.BodyKind(r.Kind), r.Body, r.Text)
	}
	return m
}

// content fills in what the body says.
func (m *Message) content(kind wire.BodyKind, body []byte, fallback string) {
	v, err := wire.ParseBody(kind, body)
	if err != nil {
		m.Kind, m.Warnings = LineBroken, m.Warnings|Malformed
		return
	}
	switch b := v.(type) {
	case *wire.Text:
		m.Kind, m.Text, m.Mentions, m.Everyone = LineText, b.Text, b.Mentions, b.Everyone
		m.origin = b.Origin
		if b.Reply != nil {
			m.reply = *b.Reply
		}
	case *wire.File:
		m.Kind, m.Text, m.origin, m.root = LineFile, b.Caption, b.Origin, b.Root
		m.File = &File{Name: b.Name, Type: b.Type, Size: b.Size, Width: int(b.Width), Height: int(b.Height), Preview: b.Preview}
		if b.Reply != nil {
			m.reply = *b.Reply
		}
	case *wire.AccountEntry:
		m.Name = b.Name // as of then
		switch kind {
		case wire.KindDevice:
			m.Kind = LineDevice
		case wire.KindIdentity:
			m.Kind = LineIdentity
		default:
			m.Kind = LineCame
		}
	case *wire.RevokeEntry:
		m.Kind = LineSignOut
	case *wire.Reaction, *wire.Edit, *wire.Delete, *wire.Pin:
		m.Kind, m.Text = LineUnknown, wire.Fallback(b)
	default:
		m.Kind, m.Text = LineUnknown, fallback
	}
	m.base = &base{m.Kind, m.Text, m.Mentions, m.Everyone}
}

// Send puts a text into the outbox of a room, where it is encrypted on disk
// before Send returns, and from there to the host as soon as there is a
// connection. Its errors are wire.ErrTooLong, wire.ErrEmptyText, wire.ErrBadBody,
// ErrNotJoined, ErrDiskFull and the store's.
func (c *Client) Send(ctx context.Context, room chat.RoomID, text string) (chat.MessageID, error) {
	return c.Post(ctx, room, Words{Text: text})
}

func (c *Client) enqueue(ctx context.Context, o clientdb.Outgoing) error {
	if !c.Joined() {
		return ErrNotJoined
	}
	if r, err := c.db.Room(ctx, o.Room); err != nil {
		return err
	} else if r.State == clientdb.RoomLeft || r.State == clientdb.RoomHidden {
		return ErrNoRoom
	}
	// Noted before it is there, since it may leave at once; those who write at the same
	// time share a transaction.
	c.noteUnsent(&o, wire.BodyKind(o.Kind) == wire.KindText && !c.sealedRoom(o.Room))
	if _, err := c.db.Enqueue(ctx, o); err != nil {
		c.noteUnsent(&o, false)
		return err
	}
	c.publishRoom(o.Room)
	signal(c.wake)
	return nil
}

// noteUnsent notes whether a message can still be changed where it waits.
func (c *Client) noteUnsent(o *clientdb.Outgoing, is bool) {
	c.sending.Lock()
	defer c.sending.Unlock()
	if !is {
		delete(c.unsent, o.ID)
		return
	}
	if c.unsent == nil {
		c.unsent = make(map[chat.MessageID]bool)
	}
	c.unsent[o.ID] = true
}

// RetryMessage sends a refused message again, as the last of its room. Of direct messages
// that are over a text goes into those that go on with the same person, which needs a
// connection; what cannot be sent any more stays refused (wire.CodeNoRoom).
func (c *Client) RetryMessage(ctx context.Context, room chat.RoomID, id chat.MessageID) error {
	r, err := c.db.Room(ctx, room)
	if err != nil {
		return err
	}
	switch {
	case r.State != clientdb.RoomLeft:
	case r.Kind == chat.RoomDirect && r.Peer != (chat.AccountID{}):
		return c.passOn(ctx, &r, id)
	default:
		return &CodeError{Code: wire.CodeNoRoom}
	}
	if err := c.db.Requeue(ctx, id); err != nil {
		return err
	}
	c.publishRoom(room)
	signal(c.wake)
	return nil
}

// DiscardMessage removes a refused message from the outbox, and what was made to be sent
// with it (SendCopy). A message that is not refused stays as it is.
func (c *Client) DiscardMessage(ctx context.Context, room chat.RoomID, id chat.MessageID) error {
	err := c.db.Discard(ctx, id)
	if err != nil && !errors.Is(err, clientdb.ErrNotFound) {
		return err
	}
	c.publishRoom(room)
	if err != nil {
		return nil
	}
	return c.files.dropCopy(ctx, id)
}
