package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
	"github.com/snugchat/snug/storage/export"
)

// importBatch is how many rows of an export are written in one transaction.
const importBatch = 500

// ImportOptions say what becomes of an export.
type ImportOptions struct {
	// SaveFile keeps a file of the export under its name, and returns where.
	SaveFile func(name string, content io.Reader) (path string, err error)
	Progress func(rows, all int64) // nil: nobody wants to know
	Now      int64                 // unix milliseconds
}

// Import fills the empty store of an archive: a place that is on no host any more, or
// that this device is no member of. Everything in it can be read and looked for; all
// rooms are left, so that nothing can be written, and its device has no keys. What the
// export says is not checked: whoever had the folder may have changed it. Errors:
// export.ErrFormat and ErrNewer, ErrDiskFull, those of SaveFile, or the system's;
// the store is of no use then.
func Import(ctx context.Context, a *export.Archive, db *clientdb.DB, o ImportOptions) error {
	if o.Progress == nil {
		o.Progress = func(int64, int64) {}
	}
	begin, err := archived(&a.Place)
	if err != nil {
		return err
	}
	if err := db.Begin(ctx, begin); err != nil {
		return err
	}
	im := &importer{a: a, db: db, o: o}
	for i := range a.Place.Rooms {
		im.all += a.Place.Rooms[i].Rows
	}
	for i := range a.Place.Rooms {
		if err := im.room(ctx, &a.Place.Rooms[i]); err != nil {
			return err
		}
	}
	for _, m := range a.Place.Marked {
		var mark clientdb.Bookmark
		if err := errors.Join(fromHex(mark.Room[:], m.Room), fromHex(mark.Target[:], m.Message)); err != nil {
			return err
		}
		mark.At, mark.Changed = int64(m.At), int64(m.At)
		if err := db.SetBookmark(ctx, mark); err != nil && !errors.Is(err, clientdb.ErrNoRoom) {
			return err
		}
	}
	return nil
}

// archived reads place.json.
func archived(p *export.Place) (*clientdb.Archive, error) {
	a := &clientdb.Archive{Place: clientdb.Place{
		Name: p.Name, Owner: p.Owner, Joined: true, Person: p.Person, State: chat.Active, Mode: chat.JoinClosed,
	}}
	a.Place.Role, _ = chat.ParseRole(p.Role)
	err := errors.Join(fromHex(a.Place.Host[:], p.Host), fromHex(a.Place.Account[:], p.Me))
	for i := range p.People {
		x := &p.People[i]
		account := clientdb.Account{
			Name: x.Name, FirstSeen: int64(x.FirstSeen), Changed: int64(x.Changed), Verified: int64(x.Verified), Seen: int64(x.Seen), Blocked: int64(x.Blocked),
		}
		account.Role, _ = chat.ParseRole(x.Role)
		if x.Present {
			account.State = chat.Active
		}
		err = errors.Join(err, fromHex(account.ID[:], x.ID), fromHex(account.Identity[:], x.Identity))
		a.Accounts = append(a.Accounts, account)
	}
	for _, x := range p.Devices {
		var v clientdb.Device
		err = errors.Join(err, fromHex(v.ID[:], x.ID), fromHex(v.Account[:], x.Account))
		a.Devices = append(a.Devices, v)
	}
	// Lines of the directory are shown in the Lobby.
	a.Rooms = append(a.Rooms, clientdb.ArchivedRoom{Room: clientdb.Room{ID: chat.Directory, Kind: chat.RoomDirectory, State: RoomLeft}})
	for i := range p.Rooms {
		x := &p.Rooms[i]
		kind, known := exportKinds.find(x.Kind)
		if !known {
			return nil, fmt.Errorf("%w: a room of the kind %.20q", export.ErrFormat, x.Kind)
		}
		r := clientdb.ArchivedRoom{Room: clientdb.Room{
			Kind: kind, Name: x.Name, Topic: x.Topic, State: RoomLeft, Admin: x.Admin, Created: int64(x.Created), Since: x.Since, Cursor: x.Head, Read: x.Read, Chained: true,
		}}
		err = errors.Join(err, fromHex(r.ID[:], x.ID), fromHex(r.Peer[:], x.Peer), fromHex(r.Maker[:], x.Maker))
		for _, m := range x.Members {
			member := clientdb.Member{Present: m.Present, Admin: m.Admin, Devices: m.Devices, Delivered: m.Delivered, Read: m.Read}
			err = errors.Join(err, fromHex(member.Account[:], m.Account))
			r.Members = append(r.Members, member)
		}
		a.Rooms = append(a.Rooms, r)
	}
	if !slices.ContainsFunc(a.Rooms, func(r clientdb.ArchivedRoom) bool { return r.ID == chat.Lobby }) {
		// Every place has one, and nothing may be written in it.
		a.Rooms = append(a.Rooms, clientdb.ArchivedRoom{Room: clientdb.Room{ID: chat.Lobby, Kind: chat.RoomOpen, State: RoomLeft}})
	}
	return a, err
}

// importer reads the rooms of one export.
type importer struct {
	a         *export.Archive
	db        *clientdb.DB
	o         ImportOptions
	done, all int64
}

func (im *importer) room(ctx context.Context, r *export.Room) error {
	var room chat.RoomID
	if err := fromHex(room[:], r.ID); err != nil {
		return err
	}
	var batch []clientdb.Message
	var files []clientdb.Transfer
	write := func() error {
		if err := im.db.AddArchived(ctx, batch); err != nil {
			return err
		}
		for _, t := range files {
			if err := im.db.SaveTransfer(ctx, t); err != nil {
				return err
			}
		}
		im.done += int64(len(batch))
		im.o.Progress(im.done, im.all)
		batch, files = batch[:0], files[:0]
		return nil
	}
	for row, err := range im.a.Rows(ctx, r) {
		if err != nil {
			return err
		}
		m, err := archivedRow(row, room)
		if err != nil {
			return err
		}
		if m.Seq == 0 {
			if err := im.unsent(ctx, &m); err != nil {
				return err
			}
			continue
		}
		batch = append(batch, m)
		t, err := im.file(row, &m)
		if err != nil {
			return err
		}
		if t != nil {
			files = append(files, *t)
		}
		if len(batch) == importBatch {
			if err := write(); err != nil {
				return err
			}
		}
	}
	if err := write(); err != nil {
		return err
	}
	if r.Draft != "" {
		return im.db.SetDraft(ctx, room, r.Draft)
	}
	return nil
}

// unsent keeps a message that was never sent: it stands at the end of its room and
// waits for ever.
func (im *importer) unsent(ctx context.Context, m *clientdb.Message) error {
	if _, err := im.db.Enqueue(ctx, clientdb.Outgoing{Room: m.Room, ID: m.ID, Kind: m.Kind, Body: m.Body, Created: m.Sent}); err != nil {
		return err
	}
	return nil
}

// archivedRow makes of a row of an export what the store keeps.
func archivedRow(row *export.Row, line chat.RoomID) (clientdb.Message, error) {
	m := clientdb.Message{
		Seq: row.Seq, Room: line, Line: line, Counter: row.Counter, Sent: int64(row.Sent), Received: int64(row.Received), Text: row.Fallback,
	}
	if row.Seq > 1<<62 || row.Counter > 1<<62 {
		return m, fmt.Errorf("%w: row %d", export.ErrFormat, row.Seq)
	}
	err := errors.Join(fromHex(m.ID[:], row.ID), fromHex(m.Account[:], row.By), fromHex(m.Device[:], row.Device))
	if row.Room != "" {
		err = errors.Join(err, fromHex(m.Room[:], row.Room))
	}
	if err != nil {
		return m, err
	}
	if kind, known := exportBodies.find(row.Kind); known {
		m.Kind = uint16(kind)
	} else if n, err := strconv.ParseUint(row.Kind, 10, 16); err == nil {
		m.Kind = uint16(n)
	} else {
		return m, fmt.Errorf("%w: a row of the kind %.20q", export.ErrFormat, row.Kind)
	}
	for _, name := range row.Flags {
		f, _ := exportFlags.find(name) // one of a later version says nothing here
		m.Flags |= f
	}
	if row.Raw != nil {
		m.Body = row.Raw
	} else if m.Flags&clientdb.Deleted == 0 {
		if m.Body, err = bodyOf(row); err != nil {
			return m, err
		}
	}
	if kind := wire.BodyKind(m.Kind); row.About != "" && kind >= wire.KindReaction && kind <= wire.KindPin {
		if err := fromHex(m.Target[:], row.About); err != nil {
			return m, err
		}
		if m.Flags&(clientdb.CounterTwice|clientdb.CounterGap|clientdb.IDTaken) == 0 {
			m.Line = chat.RoomID{} // else something is wrong, and that is shown
		}
	}
	if body, err := wire.ParseBody(wire.BodyKind(m.Kind), m.Body); err == nil && m.Flags&(unbelievable|clientdb.Deleted) == 0 {
		m.Words = searchable(body)
	}
	return m, nil
}

// file keeps the file of a row, if the export has it.
func (im *importer) file(row *export.Row, m *clientdb.Message) (*clientdb.Transfer, error) {
	body, ok := fileOf(m)
	if !ok || row.File == nil || row.File.Media == "" {
		return nil, nil
	}
	f, err := im.a.Media(row.File.Media)
	if errors.Is(err, export.ErrMissing) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	path, err := im.o.SaveFile(row.File.Name, f)
	if err != nil {
		return nil, err
	}
	return &clientdb.Transfer{
		ID: m.ID, Direction: clientdb.Download, Room: m.Room, Root: body.Root, Key: body.Key, Length: body.Length, Size: body.Size,
		Name: body.Name, Type: body.Type, Path: path, State: clientdb.Finished, Have: body.Length, Created: im.o.Now,
	}, nil
}
