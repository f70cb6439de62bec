package state

import (
	"context"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
	"github.com/snugchat/snug/ui/text"
)

// Mark says what became of an own message.
type Mark uint8

// The marks. Messages of others have none.
const (
	MarkNone     Mark = iota
	MarkWaiting       // in the outbox
	MarkOnHost        // on the host's disk
	MarkRefused       // Reason says why
	MarkOnDevice      // in a private room, on a device of everybody else
	MarkRead          // everybody else there saw it
)

// Sent reports whether the host has the message.
func (m Mark) Sent() bool { return m == MarkOnHost || m == MarkOnDevice || m == MarkRead }

// Line is one row of a conversation: a message, or a quiet line in the middle.
// Lines can be compared with ==.
type Line struct {
	ID     string // the same as long as the line exists
	System bool   // a quiet line
	Seq    uint64 // of its row, 0 while there is none
	Msg    chat.MessageID
	From   string // name of the sender
	FromID string // stays when the name changes
	Own    bool
	At     time.Time
	Text   string
	Mark   Mark
	Reason string // why it was refused
	File   FileLine

	Origin    OriginLine // it was forwarded
	Names     Names      // whom Text names by "@name"
	Reply     QuoteLine
	Reactions Reactions
	Edited    bool
	Pinned    bool
	Marked    bool // by this person alone
	ForMe     bool // it names this person

	Early     bool // shown before its turn: nothing can be done with it yet, and it does not count as read
	Directory bool // of the place's people, whose rows have an order of their own
}

// pageRows is how many rows are read at a time: several screens.
const pageRows = 120

// maxStretch is how many rows of a conversation are held at most. Beyond that
// the far end is let go and read again when it is needed.
const maxStretch = 2400

// stretch is the part of a conversation that is held: rows without a gap.
type stretch struct {
	rows  []client.Message // oldest first
	wait  []client.Message // what the outbox holds; only when newer is false
	older bool             // there are older ones
	newer bool             // there are newer ones
	gap   bool             // the ones before are still on their way
	files map[chat.MessageID]client.Transfer
	name  func(chat.AccountID) string // of people, as they are called now
	me    chat.AccountID
	facts *fileFacts // nil: files say nothing of themselves
	host  string     // who brought this person in by a personal link, "" for nobody

	archive bool // nothing can be fetched
}

// split takes the messages of the outbox out of a page.
func split(p client.Page) (rows, wait []client.Message) {
	i := len(p.Messages)
	for i > 0 && p.Messages[i-1].Seq == 0 {
		i--
	}
	return p.Messages[:i], p.Messages[i:]
}

// openRoom reads the newest rows of a room: a page, and at least what is unread
// as far as it may be held. Of the room that is open already it keeps as many as are
// held, so that nothing goes that is in sight.
func (r *reader) openRoom(ctx context.Context, room chat.RoomID) error {
	n, read := pageRows, uint64(0)
	if room == r.room && r.part.early() {
		n = max(n, len(r.part.rows))
	}
	var missed client.Missed
	rooms, err := r.client.Rooms(ctx)
	if err != nil {
		return err
	}
	exact := true
	for _, x := range rooms {
		if x.ID == room {
			n, read = min(max(n, x.Unread+pageRows/4), maxStretch/2), x.Read
			exact = x.Unread+pageRows/4 <= n && x.Unread < clientdb.MaxUnread // it fits, and is counted to the end
		}
	}
	page, err := r.client.Before(ctx, room, 0, n)
	if err != nil {
		return err
	}
	if !exact || r.client.Gap(room) {
		if missed, err = r.client.Missed(ctx, room); err != nil {
			return err
		}
	}
	draft, err := r.client.Draft(ctx, room)
	if err != nil {
		return err
	}
	r.room, r.part = room, stretch{older: page.Older, gap: page.Gap, name: r.name, facts: &r.facts, me: r.client.Me().Account, archive: r.client.Archive()}
	r.part.rows, r.part.wait = split(page)
	if err := r.readFiles(ctx); err != nil {
		return err
	}
	r.readTyping()
	r.show(func() { r.place.talk(room).opened(read, draft, missed) })
	err = r.readHost(ctx)
	r.lines()
	return errors.Join(err, r.readPins(ctx), r.readMembers(ctx))
}

// older reads the page before what is held.
func (r *reader) older(ctx context.Context, room chat.RoomID) error {
	if room != r.room || !r.part.older || len(r.part.rows) == 0 {
		return nil
	}
	page, err := r.client.Before(ctx, room, r.part.rows[0].Seq, pageRows)
	if err != nil {
		return err
	}
	r.part.rows = append(page.Messages, r.part.rows...)
	r.part.older, r.part.gap = page.Older, page.Gap
	if len(r.part.rows) > maxStretch {
		r.part.rows = slices.Clip(r.part.rows[:maxStretch-maxStretch/4])
		r.part.newer, r.part.wait = true, nil
	}
	err = r.readFiles(ctx)
	r.lines()
	return err
}

// newer reads the page after what is held.
func (r *reader) newer(ctx context.Context, room chat.RoomID) error {
	if room != r.room || !r.part.newer || len(r.part.rows) == 0 {
		return nil
	}
	page, err := r.client.After(ctx, room, r.part.rows[len(r.part.rows)-1].Seq, pageRows)
	if err != nil {
		return err
	}
	rows, wait := split(page)
	r.part.rows, r.part.wait, r.part.newer = append(r.part.rows, rows...), wait, page.Newer
	r.letGoOld()
	err = r.readFiles(ctx)
	r.lines()
	return err
}

// newest goes back to the end after the newest rows were let go.
func (r *reader) newest(ctx context.Context, room chat.RoomID) error {
	if room != r.room || !r.part.newer {
		return nil
	}
	return r.openRoom(ctx, room)
}

// readNews reads what came after what is held, unless the held part ends before
// the newest. What is of the directory at its end is read again: it may have come
// before rows of the room that have their place above it.
func (r *reader) readNews(ctx context.Context) error {
	if !r.part.newer {
		n := len(r.part.rows)
		for n > 1 && ofDirectory(&r.part.rows[n-1]) {
			n--
		}
		r.part.rows = r.part.rows[:n]
	}
	for !r.part.newer {
		last := uint64(0)
		if n := len(r.part.rows); n > 0 {
			last = r.part.rows[n-1].Seq
		}
		page, err := r.client.After(ctx, r.room, last, pageRows)
		if err != nil {
			return err
		}
		rows, wait := split(page)
		r.notify(rows)
		r.part.rows, r.part.wait = append(r.part.rows, rows...), wait
		r.letGoOld()
		if page.Gap { // what follows is still on its way, and the newest is shown elsewhere
			r.part.newer = true
		}
		if !page.Newer || page.Gap {
			return r.readFiles(ctx)
		}
	}
	return nil
}

// letGoOld forgets the oldest rows when too many are held.
func (r *reader) letGoOld() {
	if n := len(r.part.rows); n > maxStretch {
		r.part.rows = slices.Clone(r.part.rows[n-(maxStretch-maxStretch/4):])
		r.part.older = true
	}
}

// lines makes lines of what is held and hands them to the window.
func (r *reader) lines() {
	r.part.host = r.broughtBy()
	lines := linesOf(&r.part, r.client.Place().MaxFile)
	room, beyond := r.room, ends{r.part.older, r.part.newer, r.part.gap, r.client.Gap(r.room)}
	r.show(func() { r.place.talk(room).set(lines, beyond) })
}

// linesOf makes the lines of a stretch.
func linesOf(s *stretch, limit int64) []Line {
	out := make([]Line, 0, len(s.rows)+len(s.wait)+len(s.files))
	shown := make(map[chat.MessageID]bool, len(s.files))
	for i := range s.rows {
		out = s.appendLines(out, &s.rows[i], limit)
		shown[s.rows[i].ID] = true
	}
	if s.newer {
		return out
	}
	tail := len(out)
	for i := range s.wait {
		out = s.appendLines(out, &s.wait[i], limit)
		shown[s.wait[i].ID] = true
	}
	for _, t := range s.files {
		if t.Upload && !shown[t.ID] && t.State != client.Canceled && t.State != client.Finished {
			out = append(out, uploadLine(t, limit))
		}
	}
	slices.SortStableFunc(out[tail:], func(a, b Line) int { return a.At.Compare(b.At) })
	return out
}

// shownTime is the time that stands at a message: the host's, which follows the
// order of the room; the own clock's as long as the host has not seen it.
func shownTime(m *client.Message) time.Time {
	if !m.Received.IsZero() {
		return m.Received
	}
	return m.Sent
}

// personID is a person's id as the lines have it.
func personID(a chat.AccountID) string {
	if a.IsZero() {
		return ""
	}
	return a.String()
}

// appendLines adds what is shown of one message: a line, and under it a quiet
// one for each thing that is wrong with it.
func (s *stretch) appendLines(out []Line, m *client.Message, limit int64) []Line {
	id := m.ID.String()
	if m.ID == (chat.MessageID{}) {
		id = "row " + strconv.FormatUint(m.Seq, 10)
	}
	l := Line{
		ID: id, Seq: m.Seq, Msg: m.ID, From: m.Name, FromID: personID(m.Account), Own: m.Own, At: shownTime(m),
		Early: m.Early, Directory: ofDirectory(m),
	}
	name := m.Name
	if name == "" {
		name = text.WordSomebody()
	}
	switch m.Kind {
	case client.LineText:
		l.Text = m.Text
	case client.LineFile:
		l.Text = m.Text
		l.File = fileLine(m, s.files, limit)
		s.facts.tell(&l.File)
		if m.Early || s.archive && l.File.Can(FileGet) {
			l.File.Actions = [maxActions]FileAction{}
		}
	case client.LineUnknown:
		l.Text = m.Text
		if strings.TrimSpace(l.Text) == "" {
			l.System, l.Text = true, text.ChatUnknown()
		}
	case client.LineDeleted:
		l.System, l.Text = true, text.ChatDeleted()
		if m.By != "" {
			l.Text = text.ChatDeletedBy(m.By)
		}
	case client.LineCame:
		l.System, l.Text = true, cameLine(m, name)
		if m.Own && s.host != "" {
			l.Text = text.ChatInvited(s.host)
		}
	case client.LineDevice:
		l.System, l.Text = true, text.ChatDevice(name)
	case client.LineIdentity:
		l.System, l.Text = true, text.ChatIdentity(name)
	case client.LineSignOut:
		l.System, l.Text = true, text.ChatSignOut(name)
	case client.LineRoom:
		return s.appendChange(out, l, m)
	case client.LineBroken:
		l.System, l.Text = true, brokenLine(m.Warnings, name)
	default:
		l.System, l.Text = true, text.ChatUnknown()
	}
	if !l.System {
		l.Edited, l.Pinned, l.Marked, l.ForMe = m.Edited, m.Pinned, m.Marked, m.ForMe
		who := s.name
		if who == nil {
			who = func(chat.AccountID) string { return "" }
		}
		l.Names, l.Reactions = namesOf(m, who), reactionsOf(m.Reactions, who)
		l.Reply, l.Origin = quoteOf(m.Reply, l.Names.List()), originOf(m.Forwarded)
	}
	if m.Own && !l.System {
		switch m.State {
		case client.Waiting:
			l.Mark = MarkWaiting
		case client.OnHost:
			l.Mark = MarkOnHost
		case client.OnDevice:
			l.Mark = MarkOnDevice
		case client.Read:
			l.Mark = MarkRead
		case client.Refused:
			l.Mark = MarkRefused
			l.Reason = refusal(m, limit)
		}
	}
	out = append(out, l)
	if m.Kind == client.LineBroken {
		return out
	}
	for i, s := range warnings(m.Warnings, name) {
		out = append(out, Line{ID: id + "!" + strconv.Itoa(i), System: true, Seq: m.Seq, Msg: m.ID, FromID: l.FromID, At: l.At, Text: s})
	}
	return out
}

// cameLine says that somebody is in the place from now on.
func cameLine(m *client.Message, name string) string {
	if m.Seq == 1 { // the first account of a place is its owner's
		return text.ChatCreated(name)
	}
	return text.ChatJoined(name)
}

// refusal says why the host does not take a message.
func refusal(m *client.Message, limit int64) string {
	f := text.Facts{Limit: limit}
	if m.File != nil {
		f.Size = m.File.Size
	}
	return say(&client.CodeError{Code: m.Code, Limit: limit}, f).String()
}

// brokenLine says why a row is not shown.
func brokenLine(w client.Warnings, name string) string {
	switch {
	case w&(client.BadSignature|client.UnknownDevice) != 0:
		return text.ChatForged(name)
	case w&client.RevokedDevice != 0:
		return text.ChatRevoked(name)
	case w&client.BadEntry != 0:
		return text.ChatEntry()
	}
	return text.ChatMalformed()
}

// warnings says what is wrong with a message that is shown.
func warnings(w client.Warnings, name string) []string {
	var out []string
	for _, x := range []struct {
		flag client.Warnings
		say  func(string) string
	}{
		{client.OtherHistory, text.ChatOtherHistory},
		{client.OtherPeople, text.ChatOtherPeople},
		{client.CounterTwice, text.ChatTwice},
		{client.CounterGap, text.ChatGap},
	} {
		if w&x.flag != 0 {
			out = append(out, x.say(name))
		}
	}
	return out
}

// Details is what the Details of a message say: facts for whoever wants to check
// them, no content.
type Details struct{ Label, Value string }

// Details returns the facts about a line.
func (t *Conversation) Details(id string) []Details {
	i := t.index(id)
	if i < 0 {
		return nil
	}
	l := t.lines[i]
	out := []Details{{text.DetailsFrom(), l.From}, {text.DetailsTime(), l.At.Local().Format("2006-01-02 15:04:05")}}
	if l.Seq > 0 {
		out = append(out, Details{text.DetailsRow(), strconv.FormatUint(l.Seq, 10)})
	}
	if l.Msg != (chat.MessageID{}) {
		out = append(out, Details{text.DetailsMessage(), hex.EncodeToString(l.Msg[:])})
	}
	if l.FromID != "" {
		out = append(out, Details{text.DetailsAccount(), l.FromID})
	}
	state := text.ChatStateHost()
	switch l.Mark {
	case MarkWaiting:
		state = text.ChatStateWaiting()
	case MarkRefused:
		state = text.ChatStateFailed() + " " + l.Reason
	case MarkOnDevice:
		state = text.ChatStateDevice()
	case MarkRead:
		state = text.ChatStateRead()
	case MarkNone, MarkOnHost:
	}
	return append(out, Details{text.DetailsState(), state})
}
