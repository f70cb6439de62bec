package state

import (
	"context"
	"errors"
	"slices"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/storage/chat"
)

// maxTalks is how many conversations keep their lines, so that going back and
// forth between them shows something at once. The others are read again.
const maxTalks = 8

// Spot is where a conversation was left: the line at the upper edge, and how much
// of it was above that. The zero Spot is the end.
type Spot struct {
	ID   string
	Into float64

	seq uint64
}

// Leave notes where the person was when another room was opened.
func (t *Conversation) Leave(id string, into float64) {
	t.spot, t.sought, t.query = Spot{}, "", ""
	if i := t.index(id); i >= 0 && t.lines[i].Seq > 0 {
		t.spot = Spot{ID: id, Into: into, seq: t.lines[i].Seq}
	}
}

// Spot returns where the conversation was left and the row of it among the lines
// that are held; -1 for the end or if it is not among them.
func (t *Conversation) Spot() (row int, into float64) {
	if t.spot.ID == "" {
		return -1, 0
	}
	return t.index(t.spot.ID), t.spot.Into
}

// Show opens the conversation of a room, where it was left.
func (p *Place) Show(room chat.RoomID) {
	if room == p.open {
		return
	}
	was := p.talk(p.open)
	p.keepDraft(was)
	was.away = true
	p.open = room
	p.typing, p.members = nil, nil
	p.watch.Changed(allParts &^ PartConnection)
	at := p.talk(room).spot.seq
	p.reader.ask(func(ctx context.Context, r *reader) error { return r.openAt(ctx, room, at) })
	p.letGo(was.room)
}

// letGo forgets the lines of conversations that were not shown for long; left was
// shown last.
func (p *Place) letGo(left chat.RoomID) {
	p.recent = slices.DeleteFunc(p.recent, func(r chat.RoomID) bool { return r == left || r == p.open })
	p.recent = append(p.recent, left)
	for len(p.recent) >= maxTalks {
		t := p.talks[p.recent[0]]
		t.lines, t.loaded, t.ends, t.away = nil, false, ends{}, false
		p.recent = p.recent[1:]
	}
}

// openAt reads the rows of a room around one of them, or the newest for 0.
func (r *reader) openAt(ctx context.Context, room chat.RoomID, seq uint64) error {
	r.client.LookAt(room)
	if seq == 0 {
		return r.openRoom(ctx, room)
	}
	before, err := r.client.Before(ctx, room, seq+1, pageRows)
	if err != nil {
		return err
	}
	after, err := r.client.After(ctx, room, seq, pageRows)
	if err != nil {
		return err
	}
	draft, err := r.client.Draft(ctx, room)
	if err != nil {
		return err
	}
	rows, wait := split(after)
	r.room, r.part = room, stretch{rows: slices.Concat(before.Messages, rows), wait: wait, older: before.Older, newer: after.Newer, gap: before.Gap, name: r.name, facts: &r.facts, me: r.client.Me().Account, archive: r.client.Archive()}
	if err := r.readFiles(ctx); err != nil {
		return err
	}
	r.readTyping()
	r.show(func() { r.place.talk(room).opened(0, draft, client.Missed{}) })
	r.lines()
	return errors.Join(r.readPins(ctx), r.readMembers(ctx))
}

// readRooms reads the list of rooms.
func (r *reader) readRooms(ctx context.Context) error {
	rooms, err := r.client.Rooms(ctx)
	if err != nil {
		return err
	}
	if err := r.comeBack(ctx, rooms); err != nil {
		return err
	}
	lines := make([]RoomLine, 0, len(rooms))
	facts := make(map[chat.RoomID]client.Room, len(rooms))
	for _, room := range rooms {
		peer, _ := r.client.Person(room.Peer)
		newest := []client.Message{room.Last}
		if room.Last.Kind == 0 { // nobody has said anything
			page, err := r.client.Before(ctx, room.ID, 0, previewRows)
			if err != nil {
				return err
			}
			newest = page.Messages
		}
		facts[room.ID] = room
		if r.client.Archive() {
			room.State = client.RoomJoined // all are left, and that says nothing
		}
		lines = append(lines, roomLine(room, peer, newest))
	}
	r.show(func() { r.place.setRooms(lines, facts) })
	r.notifyElsewhere(rooms)
	return nil
}

// readMembers reads who is in the open room, if it is private.
func (r *reader) readMembers(ctx context.Context) error {
	room := r.room
	var members []client.RoomMember
	if !room.Direct() && room != chat.Lobby {
		info, err := r.client.Room(ctx, room)
		if errors.Is(err, client.ErrNoRoom) {
			return nil // it is just being made, or gone
		}
		if err != nil {
			return err
		}
		if info.Kind == chat.RoomSealed {
			if members, err = r.client.RoomMembers(ctx, room); err != nil {
				return err
			}
		}
	}
	r.show(func() {
		p := r.place
		if room == p.open && !slices.Equal(p.members, members) {
			p.members = members
			p.watch.Changed(PartMembers)
		}
	})
	return nil
}
