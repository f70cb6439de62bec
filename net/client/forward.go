package client

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
	"github.com/snugchat/snug/storage/paths"
)

// Forwarded says that a message was passed on from elsewhere. Whose it was is
// known only where this device has the original and it says the same: nobody's
// name stands over words on the word of whoever passed them on.
type Forwarded struct {
	Room    chat.RoomID
	ID      chat.MessageID // of the original; zero: it cannot be read here
	Account chat.AccountID
	Name    string
	Own     bool
}

// What stops a message from being passed on.
var (
	// ErrNotForwardable comes for lines that are no message of a person.
	ErrNotForwardable = errors.New("only messages and files can be forwarded")

	// ErrNotHere comes for a file that is to be sent anew and is not on this
	// computer.
	ErrNotHere = errors.New("the file is not on this computer")
)

// Forward puts a copy of a message into another room, or the same one: its words
// as they are now, or its file. A file goes without its bytes where the host has
// them for the other room too; to and from private rooms it is sealed anew, since
// the host must not see that two rooms have the same file. Its errors are
// clientdb.ErrNotFound, ErrNotForwardable, ErrNotHere, and those of Send and SendFile.
func (c *Client) Forward(ctx context.Context, from chat.RoomID, id chat.MessageID, to chat.RoomID) error {
	row, err := c.db.ByID(ctx, from, id)
	if err != nil {
		return err
	}
	m, err := c.Find(ctx, from, id)
	if err != nil {
		return err
	}
	origin, err := c.originFor(ctx, &m, from, to)
	if err != nil {
		return err
	}
	switch m.Kind {
	case LineText:
		_, err = c.put(ctx, to, wire.KindText, &wire.Text{Text: m.Text, Origin: origin})
		return err
	case LineFile:
		return c.forwardFile(ctx, &row, &m, to, origin)
	case LineDeleted:
		return clientdb.ErrNotFound
	}
	return ErrNotForwardable
}

// originFor decides what a copy says of where it comes from.
func (c *Client) originFor(ctx context.Context, m *Message, from, to chat.RoomID) (*wire.Origin, error) {
	room, id := from, m.ID
	if o := m.origin; o != nil { // passed on once more
		if o.Room == nil {
			return &wire.Origin{}, nil
		}
		room, id = *o.Room, *o.Message
	}
	may, err := c.mayName(ctx, room, to)
	if err != nil || !may {
		return &wire.Origin{}, err
	}
	return &wire.Origin{Room: &room, Message: &id}, nil
}

// mayName reports whether everybody who reads one room may know of a message in
// another: they read that room too.
func (c *Client) mayName(ctx context.Context, from, to chat.RoomID) (bool, error) {
	if from == to || !c.sealedRoom(from) {
		return true, nil
	}
	if !c.sealedRoom(to) {
		return false, nil
	}
	in := make(map[chat.AccountID]bool)
	for i, room := range []chat.RoomID{from, to} {
		members, err := c.db.Members(ctx, room)
		if err != nil {
			return false, err
		}
		for _, x := range members {
			switch {
			case !x.Present:
			case i == 0:
				in[x.Account] = true
			case !in[x.Account]:
				return false, nil
			}
		}
	}
	return true, nil
}

// forwardFile passes a file on.
func (c *Client) forwardFile(ctx context.Context, row *clientdb.Message, m *Message, to chat.RoomID, origin *wire.Origin) error {
	file, ok := fileOf(row)
	if !ok {
		return ErrNotForwardable
	}
	path, err := c.ownCopy(ctx, m.ID, file)
	if err != nil {
		return err
	}
	if row.Room == to || row.Room == chat.Lobby && !c.sealedRoom(to) {
		copied := *file
		copied.Caption, copied.Reply, copied.Origin = m.Text, nil, origin
		return c.putFile(ctx, to, &copied, path)
	}
	if path == "" {
		return ErrNotHere
	}
	_, err = c.SendFileWith(ctx, to, path, FileNote{
		Name: file.Name, Caption: m.Text, Width: int(file.Width), Height: int(file.Height), Preview: file.Preview, Origin: origin,
	})
	return err
}

// ownCopy returns where the file of a message lies on this computer, "" if it does
// not.
func (c *Client) ownCopy(ctx context.Context, id chat.MessageID, file *wire.File) (string, error) {
	t, err := c.db.Transfer(ctx, id)
	if err == nil && t.State == clientdb.Finished && isCopy(&t) { // it must not go away while it is used
		if err := c.files.moveCopy(ctx, id); err != nil {
			c.log.Debug("own copy stays where it is", "err", paths.Nameless(err))
		}
		t, err = c.db.Transfer(ctx, id)
	}
	switch {
	case errors.Is(err, clientdb.ErrNotFound):
		return "", nil
	case err != nil:
		return "", err
	case t.Path == "", t.State != clientdb.Finished && t.Direction != clientdb.Upload:
		return "", nil
	}
	if info, err := os.Stat(t.Path); err != nil || !info.Mode().IsRegular() || info.Size() != file.Size {
		return "", nil
	}
	return t.Path, nil
}

// SendAgain sends the file of a message once more, as an answer to it, from where
// it lies on this computer: its host may not have it any more. Anybody who has a
// copy may do so. Its errors are clientdb.ErrNotFound, ErrNotForwardable,
// ErrNotHere and those of SendFileWith.
func (c *Client) SendAgain(ctx context.Context, room chat.RoomID, id chat.MessageID) (chat.MessageID, error) {
	row, err := c.db.ByID(ctx, room, id)
	if err != nil {
		return chat.MessageID{}, err
	}
	file, ok := fileOf(&row)
	if !ok {
		return chat.MessageID{}, ErrNotForwardable
	}
	path, err := c.ownCopy(ctx, id, file)
	if err != nil {
		return chat.MessageID{}, err
	}
	if path == "" {
		return chat.MessageID{}, ErrNotHere
	}
	return c.SendFileWith(ctx, room, path, FileNote{
		Name: file.Name, Width: int(file.Width), Height: int(file.Height), Preview: file.Preview, Reply: id,
	})
}

// putFile puts a message into the outbox whose file the host has already. With a
// path, that is where this person has it.
func (c *Client) putFile(ctx context.Context, room chat.RoomID, b *wire.File, path string) error {
	id := chat.NewMessageID()
	out := clientdb.Outgoing{Room: room, ID: id, Kind: uint16(wire.KindFile), Body: wire.EncodeBody(b), Created: c.nowMS()}
	if _, err := wire.ParseBody(wire.KindFile, out.Body); err != nil {
		return err
	}
	if path != "" {
		// As one that was fetched: if the host lost it, it cannot be sent from here
		// under the key that the message has.
		t := clientdb.Transfer{
			ID: id, Direction: clientdb.Download, Room: room, Root: b.Root, Key: b.Key, Length: b.Length, Size: b.Size,
			Name: b.Name, Type: b.Type, Path: path, State: clientdb.Finished, Have: b.Length, Created: c.nowMS(),
		}
		if err := c.db.SaveTransfer(ctx, t); err != nil {
			return err
		}
	}
	if err := c.enqueue(ctx, out); err != nil {
		if path != "" {
			err = errors.Join(err, c.db.RemoveTransfer(ctx, id))
		}
		return err
	}
	return nil
}

// resolve finds the original of a forwarded message, and says whose it is if it
// can be read here and says the same.
func (c *Client) resolve(ctx context.Context, m *Message) (*Forwarded, error) {
	o := m.origin
	if o == nil || m.Kind == LineDeleted {
		return nil, nil
	}
	if o.Room == nil {
		return &Forwarded{}, nil
	}
	was, err := c.find(ctx, *o.Room, *o.Message, c.sealedRoom(*o.Room))
	if errors.Is(err, clientdb.ErrNotFound) || errors.Is(err, clientdb.ErrNoRoom) {
		return &Forwarded{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find what was forwarded: %w", err)
	}
	same := was.Kind == m.Kind && !was.Account.IsZero() && (was.Text == m.Text || was.base != nil && was.base.text == m.Text)
	if m.Kind == LineFile {
		same = same && was.root == m.root // sealed anew, nobody can tell that it is the same
	}
	if !same || c.hides(was.Account) {
		return &Forwarded{}, nil
	}
	if was.origin != nil { // it names itself what it was copied from
		return &Forwarded{}, nil
	}
	return &Forwarded{Room: *o.Room, ID: *o.Message, Account: was.Account, Name: was.Name, Own: was.Own}, nil
}

// Reached is how far a message has come with one person.
type Reached struct {
	Account chat.AccountID
	Name    string
	State   Delivery // OnHost, OnDevice or Read
}

// Reach says how far the message of a row has come with each of the others in a
// private room, in the order in which the store has them. It is empty for open
// rooms, of whose readers nothing is known, and for rooms of more than
// MaxReceipts people. OnDevice and Read come only from people who say so, and only if
// this person does, too.
func (c *Client) Reach(ctx context.Context, room chat.RoomID, seq uint64) ([]Reached, error) {
	if seq == 0 || !c.sealedRoom(room) {
		return nil, nil
	}
	members, err := c.db.Members(ctx, room)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	me := c.place.Account
	c.mu.Unlock()
	var out []Reached
	for _, x := range members {
		if !x.Present || x.Account == me {
			continue
		}
		r := c.cfg.Receipts().shown(reach{sealed: true, delivered: x.Delivered, read: x.Read})
		out = append(out, Reached{Account: x.Account, Name: c.nameOf(x.Account), State: r.deliveryOf(seq)})
	}
	if len(out) >= MaxReceipts {
		return nil, nil
	}
	return out, nil
}
