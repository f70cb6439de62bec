package state

import (
	"context"
	"slices"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/markup"
	"github.com/snugchat/snug/ui/text"
)

// ListDeed is something that this person may do with a room in their own list,
// which nobody else learns.
type ListDeed int

// The deeds, in the order of a menu.
const (
	ReadRoom ListDeed = iota
	MuteRoom
	UnmuteRoom
	PinRoom
	UnpinRoom
	ArchiveRoom
	UnarchiveRoom
)

// ListDeeds lists what may be done with a room in the list.
func (p *Place) ListDeeds(room chat.RoomID) []ListDeed {
	r, ok := p.facts[room]
	if !ok || r.State == client.RoomRequest {
		return nil
	}
	var out []ListDeed
	if r.Unread > 0 {
		out = append(out, ReadRoom)
	}
	if r.Muted {
		out = append(out, UnmuteRoom)
	} else {
		out = append(out, MuteRoom)
	}
	switch {
	case r.Archived:
		return append(out, UnarchiveRoom)
	case !r.Pinned.IsZero():
		out = append(out, UnpinRoom)
	default:
		out = append(out, PinRoom)
	}
	if room == chat.Lobby { // the one that everybody is in is never out of the way
		return out
	}
	return append(out, ArchiveRoom)
}

// List does one of them.
func (p *Place) List(room chat.RoomID, d ListDeed) {
	c := p.client
	var do func(ctx context.Context) error
	switch d {
	case ReadRoom:
		p.read(room)
		return
	case MuteRoom, UnmuteRoom:
		do = func(ctx context.Context) error { return c.MuteRoom(ctx, room, d == MuteRoom) }
	case PinRoom, UnpinRoom:
		do = func(ctx context.Context) error { return c.PinRoom(ctx, room, d == PinRoom) }
	case ArchiveRoom, UnarchiveRoom:
		do = func(ctx context.Context) error { return c.ArchiveRoom(ctx, room, d == ArchiveRoom) }
	}
	p.do(do, nil)
}

// read takes all of a room as read.
func (p *Place) read(room chat.RoomID) {
	r, ok := p.facts[room]
	if !ok || r.Unread == 0 {
		return
	}
	if t := p.talks[room]; t != nil {
		t.read, t.unread, t.mark = max(t.read, r.Head), 0, ""
	}
	p.do(func(ctx context.Context) error { return p.client.MarkRead(ctx, room, r.Head) }, nil)
	p.watch.Changed(PartUnread)
}

// ReadAll takes all rooms as read, requests left out: those want an answer.
func (p *Place) ReadAll() {
	for _, l := range p.rooms {
		if l.Section != SectionRequests {
			p.read(l.ID)
		}
	}
}

// comeBack takes rooms out of the archive in which somebody has written since.
// Those that are muted stay there.
func (r *reader) comeBack(ctx context.Context, rooms []client.Room) error {
	for i := range rooms {
		x := &rooms[i]
		if !x.Archived || x.Unread == 0 || x.Muted && x.Mentions == 0 {
			continue
		}
		if err := r.client.ArchiveRoom(ctx, x.ID, false); err != nil {
			return err
		}
		x.Archived = false
	}
	return nil
}

// missedLines is how many of the messages of a room the catch-up list shows.
const missedLines = 3

// Missed is a room in the catch-up list.
type Missed struct {
	Room     chat.RoomID
	Name     string
	Face     string
	Since    string // "12 new since Tuesday 14:02"
	Lines    []MissedLine
	More     int // messages that are not among Lines, -1 while nobody knows how many
	Mentions int
}

// MissedLine is one message in it.
type MissedLine struct {
	ID   string // of its line
	Text string // who said what
	When string
}

// CatchUp reads what this person has missed, room by room in the order of the list,
// and calls use with it on the window's goroutine.
func (p *Place) CatchUp(use func([]Missed)) {
	type ask struct {
		line RoomLine
		read uint64
	}
	var asks []ask
	for _, l := range p.Rooms() {
		if l.Unread > 0 && l.Section != SectionRequests {
			asks = append(asks, ask{l, p.facts[l.ID].Read})
		}
	}
	now := p.desktop.Now()
	p.reader.ask(func(ctx context.Context, r *reader) error {
		out := make([]Missed, 0, len(asks))
		for _, a := range asks {
			m, err := r.missed(ctx, a.line, a.read, now)
			if err != nil {
				return err
			}
			if len(m.Lines) > 0 {
				out = append(out, m)
			}
		}
		r.show(func() { use(out) })
		return nil
	})
}

// missed reads the first messages of a room that were not read.
func (r *reader) missed(ctx context.Context, l RoomLine, read uint64, now time.Time) (Missed, error) {
	out := Missed{Room: l.ID, Name: l.Name, Face: l.Face, Mentions: l.Mentions}
	var since time.Time
	for len(out.Lines) < missedLines {
		page, err := r.client.After(ctx, l.ID, read, pageRows)
		if err != nil {
			return out, err
		}
		rows, _ := split(page)
		for i := range rows {
			m := &rows[i]
			read = m.Seq
			if m.Own || m.Kind != client.LineText && m.Kind != client.LineFile || len(out.Lines) == missedLines {
				continue
			}
			if since.IsZero() {
				since = shownTime(m)
			}
			what := oneLine(markup.PlainText(m.Text, namesOf(m, r.name).List()))
			if m.File != nil && what == "" {
				what = m.File.Name
			}
			out.Lines = append(out.Lines, MissedLine{ID: m.ID.String(), Text: text.ChatPreview(m.Name, what), When: text.Short(shownTime(m), now)})
		}
		if !page.Newer || page.Gap {
			break
		}
	}
	all, err := r.client.Missed(ctx, l.ID)
	if err != nil {
		return out, err
	}
	if r.client.Gap(l.ID) { // some are not here yet to be counted
		out.Since, out.More = text.ChatNewSinceAll(text.Short(since, now)), -1
		return out, nil
	}
	out.Since = text.ChatNewSince(all.Count, text.Short(since, now))
	out.More = max(0, all.Count-len(out.Lines))
	return out, nil
}

// GoMissed opens a room at a message of the catch-up list; "" opens it where it was
// left.
func (p *Place) GoMissed(room chat.RoomID, id string) {
	p.Show(room)
	if id != "" {
		p.talk(room).JumpTo(id)
	}
}

// byPin orders the rooms that are pinned: the first one pinned is on top.
func byPin(a, b RoomLine) int { return a.pinned.Compare(b.pinned) }

// Archived counts the rooms that are out of the list.
func Archived(lines []RoomLine) int {
	n := 0
	for i := range lines {
		if lines[i].Section == SectionArchived {
			n++
		}
	}
	return n
}

// loud reports whether a room's unread messages count at the place's badge.
func (l *RoomLine) loud() bool { return !l.Muted || l.Mentions > 0 }

// Behind reports whether there is anything to catch up with.
func (p *Place) Behind() bool {
	return slices.ContainsFunc(p.Rooms(), func(l RoomLine) bool { return l.Unread > 0 && l.Section != SectionRequests })
}
