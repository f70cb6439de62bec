package state

import (
	"context"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/text"
)

// Conversation is one room as it is shown: the lines that are held, what is
// being written, and up to where it was read. It belongs to the window's
// goroutine.
type Conversation struct {
	place *Place
	room  chat.RoomID

	lines []Line
	ends
	loaded   bool
	atEnd    bool   // its newest line is in sight
	read     uint64 // row up to which the person has read
	unread   int    // messages after it
	mark     string // line above which the unread line stands; "" for none
	marked   int    // how many there were when it was drawn
	unsure   bool   // where it is to stand is not known yet
	markSeen bool   // the person has seen all of them
	since    time.Time
	missed   client.Missed // what was unread when it was opened, if that is more than is held
	spot     Spot          // where it was left
	away     bool          // another room was shown since its lines were read

	draft   string
	kept    string // the draft as it was last given to the store
	keeping int    // how many times that has not answered yet
	unkept  bool   // it could not be written
	tray    []Item

	original bool           // pictures of the tray are sent with all that they tell
	replying chat.MessageID // what the composer answers
	editing  chat.MessageID // what it changes
	editFile bool           // that is the caption of a file
	about    QuoteLine      // that message
	aside    string         // draft that waits while a message is edited
	jump     string         // line to be brought into sight
	sought   string         // line that was jumped to last, and what was looked for in it
	query    string
	pins     []Pin
	picked   map[string]bool // lines that are picked; nil: nothing is being picked
	choices  int             // files being looked at before they are in the tray
}

// Edit is one step in which lines change: Removed of them, from At on, are gone,
// and Added new ones stand there. With Changed as many have other contents.
// Reset means that all lines are others.
type Edit struct {
	Room                    chat.RoomID
	At                      int
	Removed, Added, Changed int
	Reset                   bool
}

// Room returns the room's id.
func (t *Conversation) Room() chat.RoomID { return t.room }

// Len returns how many lines are held.
func (t *Conversation) Len() int { return len(t.lines) }

// Line returns a line.
func (t *Conversation) Line(i int) Line { return t.lines[i] }

// index finds a line by its id, -1 if it is not held.
func (t *Conversation) index(id string) int {
	for i := len(t.lines) - 1; i >= 0; i-- {
		if t.lines[i].ID == id {
			return i
		}
	}
	return -1
}

// Loaded reports whether the conversation was read for the first time.
func (t *Conversation) Loaded() bool { return t.loaded }

// Settled reports whether the lines were read since the room was opened.
func (t *Conversation) Settled() bool { return t.loaded && !t.away }

// Empty reports whether there is nothing at all in the room.
func (t *Conversation) Empty() bool { return t.loaded && len(t.lines) == 0 && !t.older && !t.newer }

// HasNewer reports whether the newest lines are not among those held.
func (t *Conversation) HasNewer() bool { return t.newer }

// opened takes what is known of a room that was read for the first time, or
// again.
func (t *Conversation) opened(read uint64, draft string, missed client.Missed) {
	t.read, t.missed = max(t.read, read), missed
	if t.loaded {
		return
	}
	if t.draft == "" && draft != "" {
		t.draft = draft
		if t.place.open == t.room {
			t.place.watch.Changed(PartDraft)
		}
	}
	t.kept = draft
}

// Near says that the person has come near an end of what is held.
func (t *Conversation) Near(older bool) {
	room := t.room
	switch {
	case older && t.older:
		t.place.reader.ask(func(ctx context.Context, r *reader) error { return r.older(ctx, room) })
	case !older && t.newer:
		t.place.reader.ask(func(ctx context.Context, r *reader) error { return r.newer(ctx, room) })
	}
}

// GoToEnd reads the newest lines if they are not among those held. It reports
// whether they are.
func (t *Conversation) GoToEnd() bool {
	if !t.newer {
		return true
	}
	room := t.room
	t.place.reader.ask(func(ctx context.Context, r *reader) error { return r.newest(ctx, room) })
	return false
}

// AtEnd says whether the newest line is in sight.
func (t *Conversation) AtEnd(at bool) {
	t.atEnd = at
	if at {
		t.place.markRead(t)
	}
	t.place.watch.Changed(PartUnread)
}

// UnreadLine returns the line above which the unread line stands and what it
// says; "" for none.
func (t *Conversation) UnreadLine() (id, label string) {
	if t.mark == "" {
		return "", ""
	}
	since := text.Since(t.since, t.place.desktop.Now())
	if t.coming { // some are not here yet to be counted
		return t.mark, text.ChatNewSinceAll(since)
	}
	return t.mark, text.ChatNewSince(t.marked, since)
}

// UnreadBelow returns how many messages were not seen because the end is out of
// sight.
func (t *Conversation) UnreadBelow() int {
	if t.atEnd {
		return 0
	}
	return t.unread
}

// set takes new lines and tells the view, step by step, what is different.
func (t *Conversation) set(lines []Line, beyond ends) {
	first, back, mark := !t.loaded, t.away, t.mark
	all := t.coming && !beyond.coming && (t.mark != "" || t.unsure) // now they can be counted
	t.loaded, t.away, t.ends = true, false, beyond
	edited := func(e Edit) {
		if t.place.open == t.room {
			e.Room = t.room
			t.place.watch.Edited(e)
		}
	}
	t.findUnread(lines, back, all)
	if first || back && t.mark != mark && t.spot.ID == "" { // the list opens at what is new
		t.lines = lines
		edited(Edit{Reset: true})
	} else {
		replace(&t.lines, lines, edited)
	}
	t.unpickGone()
	if t.place.open == t.room {
		t.place.watch.Changed(PartUnread)
		t.place.markRead(t)
	}
}

// findUnread decides where the unread line stands: above the first message of
// others that came while nobody looked; back: another room was looked at. It stays there until the person has seen
// the end and something new comes unseen, or until they answer. all: what was on its
// way has come, and is counted.
func (t *Conversation) findUnread(lines []Line, back, all bool) {
	watched := !back && t.place.active && t.atEnd && t.place.open == t.room && len(t.lines) > 0
	n, at := 0, -1
	for i := len(lines) - 1; i >= 0; i-- {
		l := &lines[i]
		if l.Seq == 0 {
			continue
		}
		if l.Seq <= t.read {
			break
		}
		if !l.System && !l.Own {
			n, at = n+1, i
		}
	}
	switch {
	case at < 0 || watched && !all:
	case t.coming && t.missed.Seq == 0: // where it begins is not here yet
		t.unsure = true
	case t.mark == "" || t.markSeen || all:
		t.unsure = false
		t.mark, t.marked, t.since, t.markSeen = lines[at].ID, n, lines[at].At, false
		if t.missed.Seq > 0 && lines[at].Seq > t.missed.Seq { // it begins before what is held
			t.marked, t.since = max(n, t.missed.Count), t.missed.Since
		}
	case t.missed.Seq > 0 && n <= t.missed.Count: // more of it is held now, or more came
		t.mark = lines[at].ID
	default:
		t.marked = n
	}
}

// markRead notes that the open conversation was read to its end, if it is.
func (p *Place) markRead(t *Conversation) {
	if !p.active || !t.atEnd || t.newer || p.open != t.room || !t.loaded {
		return
	}
	last := uint64(0)
	for i := len(t.lines) - 1; i >= 0 && last == 0; i-- {
		if l := &t.lines[i]; l.Early {
			return
		} else if !l.Directory {
			last = l.Seq
		}
	}
	t.markSeen = true
	if last <= t.read {
		return
	}
	t.read, t.unread = last, 0
	room := t.room
	p.do(func(ctx context.Context) error { return p.client.MarkRead(ctx, room, last) }, nil)
	p.watch.Changed(PartRooms | PartUnread)
}

// replace turns old lines into new ones in as few steps as are worth it, and
// tells each.
func replace(old *[]Line, lines []Line, edited func(Edit)) {
	was := *old
	head := 0
	for head < len(was) && head < len(lines) && was[head] == lines[head] {
		head++
	}
	tail := 0
	for tail < len(was)-head && tail < len(lines)-head && was[len(was)-1-tail] == lines[len(lines)-1-tail] {
		tail++
	}
	from, to := was[head:len(was)-tail], lines[head:len(lines)-tail]
	if len(from) == 0 && len(to) == 0 {
		return
	}
	if !sameOrder(from, to) {
		step(old, head, len(from), nil, edited)
		step(old, head, 0, to, edited)
		return
	}
	stays := make(map[string]bool, len(to))
	for i := range to {
		stays[to[i].ID] = true
	}
	// What is gone goes first, from the end, so that places stay right.
	kept := make([]Line, 0, len(from))
	for i := len(from); i > 0; {
		j := i
		for j > 0 && !stays[from[j-1].ID] {
			j--
		}
		if j < i {
			step(old, head+j, i-j, nil, edited)
			i = j
			continue
		}
		kept = append(kept, from[i-1])
		i--
	}
	// Then what stays is changed and what is new comes, from the start.
	k := len(kept) - 1 // kept is backwards
	for i := 0; i < len(to); {
		if k >= 0 && kept[k].ID == to[i].ID {
			if kept[k] != to[i] {
				(*old)[head+i] = to[i]
				edited(Edit{At: head + i, Changed: 1})
			}
			k--
			i++
			continue
		}
		j := i
		for j < len(to) && (k < 0 || kept[k].ID != to[j].ID) {
			j++
		}
		step(old, head+i, 0, to[i:j], edited)
		i = j
	}
}

// sameOrder reports whether the lines that are in both stand in the same order.
func sameOrder(a, b []Line) bool {
	place := make(map[string]int, len(b))
	for i := range b {
		place[b[i].ID] = i
	}
	last := -1
	for i := range a {
		at, ok := place[a[i].ID]
		if !ok {
			continue
		}
		if at <= last {
			return false
		}
		last = at
	}
	return true
}

// step replaces n lines from at on by others.
func step(lines *[]Line, at, n int, by []Line, edited func(Edit)) {
	if n == 0 && len(by) == 0 {
		return
	}
	out := make([]Line, 0, len(*lines)-n+len(by))
	out = append(out, (*lines)[:at]...)
	out = append(out, by...)
	*lines = append(out, (*lines)[at+n:]...)
	edited(Edit{At: at, Removed: n, Added: len(by)})
}
