package client

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"

	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// What can be wrong with history that a person brings from an older computer.
var (
	// ErrOtherPlace says that it is of another place.
	ErrOtherPlace = errors.New("this history is of another place")
	// ErrOtherPerson says that it is of another person of this place.
	ErrOtherPerson = errors.New("this history is another person's")
)

// Brought says what came of history that a person brought.
type Brought struct {
	Lines   int64 // of timelines that were not here before
	Rooms   int   // that they are in
	Files   int   // that can be opened from now on
	Waiting int   // rooms into which this device has not come yet: to be brought again later
}

// Bring takes the history of private rooms that an older computer of this person had,
// from a client of its store (an export or a backup, Config.Archive), which is not
// changed. Rows that are here stay as they are, so that it can be done again; open
// rooms come from the host anyhow. Rooms that the person is in no more are shown as
// left. It waits until the place has said who is who and which rooms there are:
// whose device wrote what, the directory says, not the older store. step, which may
// be nil, hears how many of all lines were looked at. What was brought stays when it
// fails in the middle. Errors: ErrOtherPlace, ErrOtherPerson, ErrOffline, ErrDiskFull, ctx's or
// a store's.
func (c *Client) Bring(ctx context.Context, old *Client, step func(done, all int64)) (Brought, error) {
	var b Brought
	switch {
	case old.Place().Host != c.Place().Host:
		return b, ErrOtherPlace
	case old.Me().Account != c.Me().Account:
		return b, ErrOtherPerson
	}
	authors, err := c.knownAuthors(ctx)
	if err != nil {
		return b, err
	}
	rooms, err := old.db.Rooms(ctx)
	if err != nil {
		return b, err
	}
	br := &bringer{c: c, old: old.db, from: old, authors: authors, me: c.Me().Account, step: step, lines: make(map[chat.RoomID]int64)}
	for i := range rooms {
		n, err := old.db.CountLines(ctx, rooms[i].ID, math.MaxInt64)
		if err != nil {
			return b, err
		}
		if sealedKind(rooms[i].Kind) && n > 0 {
			br.rooms = append(br.rooms, rooms[i])
			br.lines[rooms[i].ID] = n
			br.all += n
		}
	}
	for i := range br.rooms {
		if err = br.room(ctx, &br.rooms[i]); err != nil {
			break
		}
	}
	if err == nil {
		err = br.marks(ctx)
	}
	c.feed.publish(func(ch *Changes) { ch.History, ch.RoomList = true, true })
	c.log.Info("history brought", "lines", br.got.Lines, "rooms", br.got.Rooms, "waiting", br.got.Waiting, "files", br.got.Files, "err", err)
	return br.got, err
}

// knownAuthors waits for the directory and the list of rooms, and returns whose
// devices there are.
func (c *Client) knownAuthors(ctx context.Context) (authors map[chat.DeviceID]device, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, RequestTimeout, ErrNoAnswer)
	defer cancel()
	err = c.directoryHas(ctx, func(s *session) bool {
		if s.listedAll {
			authors = s.authors()
		}
		return s.listedAll
	})
	return authors, err
}

// bringer takes the history of one older store.
type bringer struct {
	c       *Client
	from    *Client
	old     *clientdb.DB
	authors map[chat.DeviceID]device
	me      chat.AccountID
	step    func(done, all int64)
	rooms   []clientdb.Room
	lines   map[chat.RoomID]int64 // that the older store has
	done    int64
	all     int64
	got     Brought
}

// room takes the history of one room, the newest first.
func (b *bringer) room(ctx context.Context, old *clientdb.Room) error {
	head := old.Cursor
	if lines, err := b.old.PastLines(ctx, old.ID, math.MaxInt64, 1); err != nil {
		return err
	} else if len(lines) > 0 {
		head = max(head, lines[0].Seq)
	}
	err := b.c.addLeft(ctx, &wire.PastRoom{
		ID: old.ID, Kind: old.Kind, Name: old.Name, Topic: old.Topic, Peer: old.Peer, Created: old.Created, Head: head,
	})
	if err != nil {
		return err
	}
	past, err := b.c.db.OpenPast(ctx, old.ID)
	switch {
	case errors.Is(err, clientdb.ErrNoRoom):
		return nil
	case err != nil:
		return err
	case past.Until == 0:
		here, err := b.c.db.Room(ctx, old.ID)
		if err == nil && here.State == clientdb.RoomComing {
			b.got.Waiting++
		}
		b.done += b.lines[old.ID]
		return err
	}
	lines := int64(0)
	for before := past.Until; before > 0; {
		part, _, err := b.from.tellPart(ctx, old, before, past.Until)
		if err != nil {
			return err
		}
		rows := pastRows(&part, clientdb.Past{Room: old.ID, Before: before, Until: past.Until}, b.me, b.authors)
		n, err := b.c.db.AddPast(ctx, clientdb.PastPart{Room: old.ID, Rows: rows, Keep: true, About: func(m *clientdb.Message) { aboutPast(m, b.me) }})
		if err != nil {
			return err
		}
		if err := b.files(ctx, rows); err != nil {
			return err
		}
		if lines += int64(n); n > 0 {
			b.c.tookPast(old.ID, int64(n))
		}
		b.done += int64(len(rows))
		if b.step != nil {
			b.step(min(b.done, b.all), b.all)
		}
		if part.Next >= before && part.Next > 0 {
			return fmt.Errorf("%w: row %d of the history", clientdb.ErrOrder, part.Next)
		}
		before = part.Next
	}
	if lines > 0 {
		b.got.Lines += lines
		b.got.Rooms++
	}
	return nil
}

// files lets those of rows be opened that the older store has on this computer.
func (b *bringer) files(ctx context.Context, rows []clientdb.Message) error {
	for i := range rows {
		m := &rows[i]
		if _, is := fileOf(m); !is {
			continue
		}
		t, err := b.old.Transfer(ctx, m.ID)
		if errors.Is(err, clientdb.ErrNotFound) || err == nil && (t.State != clientdb.Finished || t.Path == "") {
			continue
		}
		if err != nil {
			return err
		}
		_, err = b.c.db.Transfer(ctx, m.ID)
		if err == nil {
			continue
		}
		if !errors.Is(err, clientdb.ErrNotFound) {
			return err
		}
		if _, err := os.Stat(t.Path); err != nil {
			continue // it was on the other computer
		}
		t.Spool, t.Room = "", m.Room
		if err := b.c.db.SaveTransfer(ctx, t); err != nil {
			return err
		}
		b.got.Files++
	}
	return nil
}

// marks takes which messages the person had marked.
func (b *bringer) marks(ctx context.Context) error {
	all, err := b.old.Bookmarks(ctx)
	if err != nil {
		return err
	}
	for _, m := range all {
		if err := b.c.db.SetBookmark(ctx, m); err != nil && !errors.Is(err, clientdb.ErrNoRoom) {
			if errors.Is(err, clientdb.ErrTooManyMarks) {
				break
			}
			return err
		}
	}
	return b.c.loadMarks(ctx)
}
