package client

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
	"github.com/snugchat/snug/storage/export"
	"github.com/snugchat/snug/storage/paths"
)

// The parts of an export that a screen fills in. See package export.
type (
	ExportWords = export.Words
	ExportLine  = export.Line
	ExportQuote = export.Quote
	ExportMedia = export.Media
	ExportRoom  = export.Room
)

// ErrExportFormat and ErrExportNewer come from reading an export; see export.ErrFormat and
// export.ErrNewer.
var (
	ErrExportFormat = export.ErrFormat
	ErrExportNewer  = export.ErrNewer
)

// exportPage is how many messages of an export are in memory at a time.
const exportPage = 250

// ExportProgress says how far an export is.
type ExportProgress struct {
	Rows  int64 // messages that are written
	All   int64 // messages altogether, as many as there were at the beginning
	Bytes int64 // of files that are copied
	Total int64 // bytes of all files
}

// ExportOptions say how an export is made.
type ExportOptions struct {
	Parent string // folder in which the folder of the export is made
	Name   string // of that folder; another one is taken if it exists
	Words  ExportWords
	// Lines makes of a message what a page shows of it. media is the path of its
	// file in the export, "" for none.
	Lines    func(m *Message, media string) []ExportLine
	RoomName func(*Room) string
	Program  string
	Progress func(ExportProgress) // at most once a page and MiB; nil: nobody wants to know
}

// Export writes everything that this device has of the place into a new folder,
// unencrypted, and returns the path of the page to be opened first. What people
// wrote whom this person blocked is left out, as on the screen. When it
// fails, or ctx ends, nothing is left of the folder. Errors: ErrDiskFull, seen before it begins
// as far as that is possible, or the system's.
func (c *Client) Export(ctx context.Context, o ExportOptions) (index string, err error) {
	if !c.Joined() {
		return "", ErrNotJoined
	}
	x := &exporter{c: c, o: o}
	if x.o.Progress == nil {
		x.o.Progress = func(ExportProgress) {}
	}
	if err := x.measure(ctx); err != nil {
		return "", err
	}
	if x.w, err = export.Create(o.Parent, o.Name, o.Words); err != nil {
		return "", x.explain(err)
	}
	place, err := x.write(ctx)
	if err == nil {
		err = x.w.Finish(place)
	}
	if err != nil {
		return "", errors.Join(x.explain(err), x.w.Discard())
	}
	return x.w.Index(), nil
}

// exporter makes one export.
type exporter struct {
	c    *Client
	o    ExportOptions
	w    *export.Writer
	p    ExportProgress
	told int64 // bytes of which Progress knows
}

func (x *exporter) explain(err error) error {
	if paths.IsNoSpace(err) {
		return fmt.Errorf("%w: %w", ErrDiskFull, err)
	}
	return err
}

// textShare is how much room an export takes for each byte of the store, besides
// files: a page and a line of JSON for each message, without its chain and index.
const textShare = 2

// measure counts what goes in, and looks whether there is room.
func (x *exporter) measure(ctx context.Context) error {
	var err error
	if x.p.All, x.p.Total, err = x.c.db.Extent(ctx); err != nil {
		return err
	}
	size, err := x.c.db.Size()
	if err != nil {
		return err
	}
	free, err := x.c.cfg.Free(x.o.Parent)
	if err != nil {
		return fmt.Errorf("look at the disk: %w", err)
	}
	if need := x.p.Total + textShare*size; free < need {
		return fmt.Errorf("%w: an export takes up to %d bytes, %d are free", ErrDiskFull, need, free)
	}
	return nil
}

// write writes rooms and what place.json says of them.
func (x *exporter) write(ctx context.Context) (export.Place, error) {
	c := x.c
	c.mu.Lock()
	p := c.place
	c.mu.Unlock()
	out := export.Place{
		Program: x.o.Program, Made: export.Time(c.nowMS()), Name: p.Name, Host: hex.EncodeToString(p.Host[:]), Owner: p.Owner,
		Me: p.Account.String(), Person: p.Person, Role: roleName(p.Role),
	}
	accounts, devices, _, err := c.db.People(ctx)
	if err != nil {
		return out, err
	}
	for _, a := range accounts {
		person := export.Person{
			ID: a.ID.String(), Name: a.Name, FirstSeen: export.Time(a.FirstSeen), Changed: export.Time(a.Changed), Verified: export.Time(a.Verified),
			Role: roleName(a.Role), Present: a.State == chat.Active, Seen: export.Time(a.Seen), Blocked: export.Time(a.Blocked),
		}
		if a.Identity != [32]byte{} {
			person.Identity = hex.EncodeToString(a.Identity[:])
		}
		out.People = append(out.People, person)
	}
	for _, d := range devices {
		out.Devices = append(out.Devices, export.Device{ID: d.ID.String(), Account: d.Account.String()})
	}
	marks, err := c.db.Bookmarks(ctx)
	if err != nil {
		return out, err
	}
	for _, m := range marks {
		out.Marked = append(out.Marked, export.Marked{Room: m.Room.String(), Message: m.Target.String(), At: export.Time(m.At)})
	}
	rooms, err := c.db.Rooms(ctx)
	if err != nil {
		return out, err
	}
	for i := range rooms {
		if rooms[i].ID == chat.Directory || rooms[i].State == clientdb.RoomHidden {
			continue // its lines are in the Lobby; declined
		}
		if err := x.room(ctx, &rooms[i]); err != nil {
			return out, err
		}
	}
	return out, nil
}

// roleName is how an export writes a role, "" if it is none.
func roleName(r chat.Role) string {
	if !r.Valid() {
		return ""
	}
	return r.String()
}

// room writes one room.
func (x *exporter) room(ctx context.Context, r *clientdb.Room) error {
	shown, err := x.c.room(ctx, r)
	if err != nil {
		return err
	}
	out := export.Room{
		ID: r.ID.String(), Kind: exportKinds.name(r.Kind), Name: x.o.RoomName(&shown), Topic: r.Topic, State: exportStates.name(r.State),
		Maker: accountOrNone(r.Maker), Peer: accountOrNone(r.Peer), Admin: r.Admin, Created: export.Time(r.Created), Since: r.Since, Head: r.Cursor, Read: r.Read,
	}
	members, err := x.c.db.Members(ctx, r.ID)
	if err != nil {
		return err
	}
	for _, m := range members {
		out.Members = append(out.Members, export.Member{
			Account: m.Account.String(), Present: m.Present, Admin: m.Admin, Devices: m.Devices, Delivered: m.Delivered, Read: m.Read,
		})
	}
	if out.Draft, err = x.c.db.Draft(ctx, r.ID); err != nil {
		return err
	}
	if err := x.w.BeginRoom(out); err != nil {
		return err
	}
	for after := uint64(0); ; {
		rows, err := x.c.db.After(ctx, r.ID, after, exportPage)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			break
		}
		after = rows[len(rows)-1].Seq
		if err := x.page(ctx, r.ID, rows); err != nil {
			return err
		}
	}
	if err := x.waiting(ctx, r.ID); err != nil {
		return err
	}
	return x.w.EndRoom()
}

func accountOrNone(id chat.AccountID) string {
	if id.IsZero() {
		return ""
	}
	return id.String()
}

// page writes messages of a room and what was said of them.
func (x *exporter) page(ctx context.Context, room chat.RoomID, rows []clientdb.Message) error {
	var p Page
	if err := x.c.addRows(ctx, room, rows, nil, &p); err != nil {
		return err
	}
	if err := x.c.Relate(ctx, room, p.Messages); err != nil {
		return err
	}
	related, err := x.c.db.Relations(ctx, room, rows[0].Seq, rows[len(rows)-1].Seq)
	if err != nil {
		return err
	}
	said := make(map[chat.MessageID][]clientdb.Message)
	for _, m := range related {
		said[m.Target] = append(said[m.Target], m)
	}
	for i := range rows {
		row := exportRow(&rows[i], room)
		media, err := x.media(ctx, &row, rows[i].ID, p.Messages[i].Kind)
		if err != nil {
			return err
		}
		if err := x.w.Row(&row); err != nil {
			return err
		}
		for j := range said[rows[i].ID] {
			about := exportRow(&said[rows[i].ID][j], room)
			about.About = row.ID
			if err := x.w.Row(&about); err != nil {
				return err
			}
		}
		delete(said, rows[i].ID) // a second message of one id has no other
		if err := x.lines(&p.Messages[i], media); err != nil {
			return err
		}
		x.p.Rows++
	}
	x.o.Progress(x.p)
	return ctx.Err()
}

func (x *exporter) lines(m *Message, media string) error {
	for _, l := range x.o.Lines(m, media) {
		if err := x.w.Line(&l); err != nil {
			return err
		}
	}
	return nil
}

// media copies the file of a message, if it is on this computer and the message
// is shown with it.
func (x *exporter) media(ctx context.Context, row *export.Row, id chat.MessageID, kind LineKind) (string, error) {
	if row.File == nil || kind != LineFile {
		return "", nil
	}
	t, err := x.c.db.Transfer(ctx, id)
	if errors.Is(err, clientdb.ErrNotFound) || err == nil && (t.State != clientdb.Finished || t.Path == "") {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	row.File.Media, err = x.w.AddMedia(ctx, row.ID, t.Name, t.Path, t.Size, func(n int64) {
		x.p.Bytes += n
		if x.p.Bytes-x.told >= 1<<20 {
			x.told = x.p.Bytes
			x.o.Progress(x.p)
		}
	})
	if errors.Is(err, export.ErrMissing) {
		x.c.log.Info("a file is not on this computer any more, the export goes without it", "err", err)
		return "", nil
	}
	return row.File.Media, err
}

// waiting writes what is in the outbox of a room.
func (x *exporter) waiting(ctx context.Context, room chat.RoomID) error {
	var p Page
	if err := x.c.addOutbox(ctx, room, nil, &p); err != nil {
		return err
	}
	if err := x.c.Relate(ctx, room, p.Messages); err != nil {
		return err
	}
	out, err := x.c.db.Outbox(ctx, room)
	if err != nil {
		return err
	}
	c := x.c
	c.mu.Lock()
	me := c.place.Account
	c.mu.Unlock()
	for i := range out {
		o := &out[i]
		if !shownKind(wire.BodyKind(o.Kind)) {
			continue
		}
		row := exportRow(&clientdb.Message{Room: room, ID: o.ID, Account: me, Sent: o.Created, Kind: o.Kind, Body: o.Body}, room)
		if body, err := wire.ParseBody(wire.BodyKind(o.Kind), o.Body); err == nil {
			if target, ok := wire.Target(body); ok {
				row.About = target.String()
			}
		}
		if err := x.w.Row(&row); err != nil {
			return err
		}
	}
	for i := range p.Messages {
		if err := x.lines(&p.Messages[i], ""); err != nil {
			return err
		}
	}
	return nil
}

// names is a table of numbers and the words for them in an export.
type names[N comparable] []struct {
	n    N
	name string
}

func (t names[N]) name(n N) string {
	for _, e := range t {
		if e.n == n {
			return e.name
		}
	}
	return ""
}

func (t names[N]) find(name string) (N, bool) {
	for _, e := range t {
		if e.name == name {
			return e.n, true
		}
	}
	var none N
	return none, false
}

var exportKinds = names[chat.RoomKind]{
	{chat.RoomOpen, export.KindOpen}, {chat.RoomSealed, export.KindPrivate}, {chat.RoomDirect, export.KindDirect}, {chat.RoomDirectory, export.KindDirectory},
}

var exportStates = names[clientdb.RoomState]{
	{RoomJoined, "joined"},
	{RoomRequest, "asked"},
	{RoomComing, "coming"},
	{RoomLeft, "left"},
	{RoomBroken, "broken"},
	{RoomReturning, "returning"},
}

var exportBodies = names[wire.BodyKind]{
	{wire.KindText, "text"},
	{wire.KindFile, "file"},
	{wire.KindReaction, "reaction"},
	{wire.KindEdit, "edit"},
	{wire.KindDelete, "delete"},
	{wire.KindPin, "pin"},
	{wire.KindAccount, "account"},
	{wire.KindIdentity, "identity"},
	{wire.KindDevice, "device"},
	{wire.KindRevoke, "sign-out"},
	{wire.KindCommit, "members"},
	{wire.KindProposal, "leaving"},
}

var exportFlags = names[clientdb.Flags]{
	{clientdb.Malformed, "malformed"},
	{clientdb.BadSignature, "bad-signature"},
	{clientdb.UnknownDevice, "unknown-device"},
	{clientdb.RevokedDevice, "revoked-device"},
	{clientdb.OtherHistory, "other-history"},
	{clientdb.OtherPeople, "other-people"},
	{clientdb.Repeated, "repeated"},
	{clientdb.CounterTwice, "counter-twice"},
	{clientdb.CounterGap, "counter-gap"},
	{clientdb.BadEntry, "bad-entry"},
	{clientdb.Deleted, "deleted"},
	{clientdb.IdentityNew, "new-identity"},
	{clientdb.IDTaken, "id-taken"},
	{clientdb.MentionsMe, "mentions-me"},
	{clientdb.Unreadable, "unreadable"},
	{clientdb.Aside, "set-aside"},
}

// exportRow makes the JSON row of a stored one. What its fields cannot say
// exactly is in Raw.
func exportRow(m *clientdb.Message, line chat.RoomID) export.Row {
	kind := wire.BodyKind(m.Kind)
	row := export.Row{
		Seq: m.Seq, ID: m.ID.String(), By: accountOrNone(m.Account), Counter: m.Counter, Sent: export.Time(m.Sent), Received: export.Time(m.Received),
		Kind: exportBodies.name(kind), Fallback: m.Text,
	}
	if row.Kind == "" {
		row.Kind = strconv.Itoa(int(m.Kind))
	}
	if !m.Device.IsZero() {
		row.Device = m.Device.String()
	}
	if m.Room != line {
		row.Room = m.Room.String()
	}
	for _, f := range exportFlags {
		if m.Flags&f.n != 0 {
			row.Flags = append(row.Flags, f.name)
		}
	}
	if kind == wire.KindCommit || kind == wire.KindProposal {
		if json.Valid(m.Body) {
			row.Change = bytes.Clone(m.Body)
		}
	} else if body, err := wire.ParseBody(kind, m.Body); err == nil {
		describe(&row, body)
	}
	if again, err := bodyOf(&row); err != nil || !bytes.Equal(again, m.Body) {
		row.Raw = m.Body
	}
	return row
}

// describe fills in what a body says.
func describe(row *export.Row, body any) {
	switch b := body.(type) {
	case *wire.Text:
		row.Text, row.Reply, row.Mentions, row.Everyone = b.Text, messageOrNone(b.Reply), accountNames(b.Mentions), b.Everyone
	case *wire.File:
		row.Text, row.Reply = b.Caption, messageOrNone(b.Reply)
		row.File = &export.File{
			Name: b.Name, Type: b.Type, Size: b.Size, Width: b.Width, Height: b.Height, Preview: b.Preview,
			Sealed: &export.Sealed{Root: hex.EncodeToString(b.Root[:]), Length: b.Length, Key: hex.EncodeToString(b.Key[:])},
		}
	case *wire.Reaction:
		row.Emoji, row.Off, row.About = b.Emoji, b.Off, b.Target.String()
	case *wire.Edit:
		row.Text, row.Mentions, row.Everyone, row.About = b.Text, accountNames(b.Mentions), b.Everyone, b.Target.String()
	case *wire.Delete:
		row.Moderate, row.About = b.Moderate, b.Target.String()
	case *wire.Pin:
		row.Off, row.About = b.Off, b.Target.String()
	case *wire.AccountEntry:
		row.Name = b.Name
	}
}

func messageOrNone(id *chat.MessageID) string {
	if id == nil {
		return ""
	}
	return id.String()
}

func accountNames(ids []chat.AccountID) []string {
	var out []string
	for _, id := range ids {
		out = append(out, id.String())
	}
	return out
}

// bodyOf is the other way: the body that a row of an export describes, without
// Raw. It is nil where the fields say nothing.
func bodyOf(row *export.Row) ([]byte, error) {
	kind, _ := exportBodies.find(row.Kind)
	var body any
	switch kind {
	case wire.KindCommit, wire.KindProposal:
		return row.Change, nil
	case wire.KindText:
		reply, mentions, err := namedIn(row)
		if err != nil {
			return nil, err
		}
		body = &wire.Text{Text: row.Text, Reply: reply, Mentions: mentions, Everyone: row.Everyone}
	case wire.KindFile:
		reply, _, err := namedIn(row)
		if err != nil {
			return nil, err
		}
		f := row.File
		if f == nil || f.Sealed == nil {
			return nil, fmt.Errorf("%w: file", export.ErrFormat)
		}
		b := &wire.File{
			Length: f.Sealed.Length, Size: f.Size, Name: f.Name, Type: f.Type, Caption: row.Text, Width: f.Width, Height: f.Height, Preview: f.Preview, Reply: reply,
		}
		if err := errors.Join(fromHex(b.Root[:], f.Sealed.Root), fromHex(b.Key[:], f.Sealed.Key)); err != nil {
			return nil, err
		}
		body = b
	case wire.KindReaction, wire.KindEdit, wire.KindDelete, wire.KindPin:
		var target chat.MessageID
		if err := fromHex(target[:], row.About); err != nil {
			return nil, err
		}
		_, mentions, err := namedIn(row)
		if err != nil {
			return nil, err
		}
		switch kind {
		case wire.KindReaction:
			body = &wire.Reaction{Target: target, Emoji: row.Emoji, Off: row.Off}
		case wire.KindEdit:
			body = &wire.Edit{Target: target, Text: row.Text, Mentions: mentions, Everyone: row.Everyone}
		case wire.KindDelete:
			body = &wire.Delete{Target: target, Moderate: row.Moderate}
		default:
			body = &wire.Pin{Target: target, Off: row.Off}
		}
	default:
		return nil, nil
	}
	return wire.EncodeBody(body), nil
}

// namedIn reads the ids of messages and people in a row.
func namedIn(row *export.Row) (reply *chat.MessageID, mentions []chat.AccountID, err error) {
	if row.Reply != "" {
		reply = new(chat.MessageID)
		if err := fromHex(reply[:], row.Reply); err != nil {
			return nil, nil, err
		}
	}
	for _, s := range row.Mentions {
		var id chat.AccountID
		if err := fromHex(id[:], s); err != nil {
			return nil, nil, err
		}
		mentions = append(mentions, id)
	}
	return reply, mentions, nil
}

// fromHex reads an id or a key of an export into all of b; "" leaves it zero.
func fromHex(b []byte, s string) error {
	if s == "" {
		return nil
	}
	if len(s) != 2*len(b) {
		return fmt.Errorf("%w: an id of %d digits", export.ErrFormat, len(s))
	}
	if _, err := hex.Decode(b, []byte(s)); err != nil {
		return fmt.Errorf("%w: an id: %v", export.ErrFormat, err)
	}
	return nil
}
