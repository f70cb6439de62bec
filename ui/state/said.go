package state

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
	"github.com/snugchat/snug/ui/markup"
	"github.com/snugchat/snug/ui/text"
)

// QuoteLine is what a line shows of the message that it answers. The zero value
// is no quote. It can be compared with ==.
type QuoteLine struct {
	ID     string // of the line of that message
	From   string
	FromID string
	Text   string // one line, without marks
	IsFile bool
	Gone   bool // deleted, or not here
}

// Has reports whether there is a quote.
func (q QuoteLine) Has() bool { return q.ID != "" }

// ReactionLine is one emoji at a message.
type ReactionLine struct {
	Emoji string
	Count int
	Own   bool   // this person is among them
	Who   string // names, for a hint
}

// Reactions are the reactions of a line. They can be compared with ==, so that
// lines can.
type Reactions string

// List returns them in their order.
func (r Reactions) List() []ReactionLine {
	if r == "" {
		return nil
	}
	var out []ReactionLine
	for one := range strings.SplitSeq(string(r), "\x00") {
		p := strings.SplitN(one, "\x01", 4)
		n, err := strconv.Atoi(p[1])
		if len(p) != 4 || err != nil {
			panic("reactions: " + one) // reactionsOf alone makes them
		}
		out = append(out, ReactionLine{Emoji: p[0], Count: n, Own: p[2] == "1", Who: p[3]})
	}
	return out
}

// whoNames is how many names the hint of a reaction says.
const whoNames = 12

func reactionsOf(list []client.Reaction, name func(chat.AccountID) string) Reactions {
	var b strings.Builder
	for i, r := range list {
		if i > 0 {
			b.WriteByte(0)
		}
		own := "0"
		if r.Own {
			own = "1"
		}
		var who []string
		for _, id := range r.By[:min(len(r.By), whoNames)] {
			who = append(who, name(id))
		}
		names := strings.Join(who, ", ")
		if more := len(r.By) - whoNames; more > 0 {
			names = text.ReactMore(names, more)
		}
		b.WriteString(r.Emoji + "\x01" + strconv.Itoa(len(r.By)) + "\x01" + own + "\x01" + names)
	}
	return Reactions(b.String())
}

// Names are those whom a line names by "@name". They can be compared with ==.
type Names string

// List returns them.
func (n Names) List() []string {
	if n == "" {
		return nil
	}
	return strings.Split(string(n), "\x00")
}

// namesOf are the names of a message's mentions.
func namesOf(m *client.Message, name func(chat.AccountID) string) Names {
	var out []string
	for _, id := range m.Mentions {
		if s := name(id); s != "" {
			out = append(out, s)
		}
	}
	if m.Everyone {
		out = append(out, text.ComposeEveryone())
	}
	return Names(strings.Join(out, "\x00"))
}

// quoteOf is what is shown of the message that another one answers.
func quoteOf(q *client.Quote, names []string) QuoteLine {
	if q == nil {
		return QuoteLine{}
	}
	l := QuoteLine{ID: q.ID.String(), From: q.Name, FromID: personID(q.Account)}
	if q.Own {
		l.From = text.WordYou()
	}
	switch q.Kind {
	case client.LineText, client.LineUnknown:
		l.Text = oneLine(markup.PlainText(q.Text, names))
	case client.LineFile:
		l.IsFile, l.Text = true, q.File
		if q.Text != "" {
			l.Text = oneLine(markup.PlainText(q.Text, names))
		}
	case client.LineDeleted:
		l.Gone, l.Text = true, text.ChatDeleted()
	default:
		l.Gone, l.Text = true, text.ReplyGone()
	}
	return l
}

// Extra is what the composer is about besides a new text.
type Extra struct {
	Edit  bool   // an earlier message is changed; otherwise one is answered
	Title string // "Reply to Ana", "Change your message"
	Text  string // of that message, one line
}

// Extra returns what the composer is about, and false when it is about nothing
// but a new message.
func (t *Conversation) Extra() (Extra, bool) {
	switch {
	case t.editing != (chat.MessageID{}):
		return Extra{Edit: true, Title: text.EditTitle(), Text: t.about.Text}, true
	case t.replying != (chat.MessageID{}):
		return Extra{Title: text.ReplyTo(t.about.From), Text: t.about.Text}, true
	}
	return Extra{}, false
}

// Reply makes the composer answer a line.
func (t *Conversation) Reply(id string) {
	i := t.index(id)
	if _, ok := t.message(id); !ok {
		return
	}
	t.stopEdit()
	t.replying, t.about = t.lines[i].Msg, t.aboutLine(i)
	t.place.watch.Changed(PartExtra)
}

func (t *Conversation) aboutLine(i int) QuoteLine {
	l := &t.lines[i]
	q := QuoteLine{ID: l.ID, From: l.From, FromID: l.FromID, Text: oneLine(markup.PlainText(l.Text, l.Names.List())), IsFile: l.File.Has()}
	if l.Own {
		q.From = text.WordYou()
	}
	if q.Text == "" {
		q.Text = l.File.Name
	}
	return q
}

// CanEdit reports whether a line is a message that this person may change.
func (t *Conversation) CanEdit(id string) bool {
	i := t.index(id)
	return i >= 0 && t.canEdit(i)
}

func (t *Conversation) canEdit(i int) bool {
	l := &t.lines[i]
	return l.Own && !l.System && !l.Early && l.Origin == (OriginLine{}) && (l.Seq > 0 && l.Mark.Sent() || l.waits())
}

// waits reports whether a line is a text that waits to be sent: it can be changed and
// taken back as well.
func (l *Line) waits() bool { return l.Own && l.Mark == MarkWaiting && !l.File.Has() && !l.System }

// Waits reports whether a line is a text that waits to be sent.
func (t *Conversation) Waits(id string) bool {
	l, ok := t.message(id)
	return ok && l.waits()
}

// Edit puts a line into the composer to change it. What was being written comes
// back afterwards.
func (t *Conversation) Edit(id string) {
	i := t.index(id)
	if i < 0 || !t.canEdit(i) {
		return
	}
	if t.editing == (chat.MessageID{}) {
		t.aside = t.draft
	}
	t.replying, t.editing, t.about = chat.MessageID{}, t.lines[i].Msg, t.aboutLine(i)
	t.editFile = t.lines[i].File.Has()
	t.draft = t.lines[i].Text
	t.place.watch.Changed(PartExtra | PartDraft)
}

// EditLast edits the newest own message that is held. It reports whether there
// was one.
func (t *Conversation) EditLast() bool {
	for i := len(t.lines) - 1; i >= 0; i-- {
		if t.canEdit(i) && !t.lines[i].File.Has() {
			t.Edit(t.lines[i].ID)
			return true
		}
	}
	return false
}

// DropExtra goes back to a new message. It reports whether there was anything
// else.
func (t *Conversation) DropExtra() bool {
	if _, ok := t.Extra(); !ok {
		return false
	}
	t.replying = chat.MessageID{}
	t.stopEdit()
	t.place.watch.Changed(PartExtra)
	return true
}

// stopEdit brings back what was being written before a message was edited.
func (t *Conversation) stopEdit() {
	if t.editing == (chat.MessageID{}) {
		return
	}
	t.editing = chat.MessageID{}
	t.draft, t.aside = t.aside, ""
	t.place.watch.Changed(PartDraft)
}

// words makes of a text what is sent: with whom it names and what it answers.
func (t *Conversation) words(s string) client.Words {
	w := client.Words{Text: s, Reply: t.replying}
	w.Mentions, w.Everyone = t.mentions(s)
	return w
}

// canBeNamed returns who a text in the conversation may name: who reads the room, and
// is not blocked. Until the members of a private room are read that is not known, and
// everybody may.
func (t *Conversation) canBeNamed() func(*client.Person) bool {
	room := t.place.facts[t.room]
	var in map[chat.AccountID]bool
	if room.Kind == chat.RoomSealed && t.place.open == t.room && len(t.place.members) > 0 {
		in = make(map[chat.AccountID]bool, len(t.place.members))
		for i := range t.place.members {
			in[t.place.members[i].Account] = true
		}
	}
	return func(x *client.Person) bool {
		switch {
		case x.State != chat.Active || x.Blocked:
			return false
		case room.Kind == chat.RoomDirect:
			return x.Me || x.Account == room.Peer
		}
		return in == nil || in[x.Account]
	}
}

// mentions finds the people whom a text names by "@name".
func (t *Conversation) mentions(s string) (ids []chat.AccountID, everyone bool) {
	if !strings.Contains(s, "@") {
		return nil, false
	}
	people, can := t.place.people, t.canBeNamed()
	byName := make(map[string]chat.AccountID, len(people))
	names := make([]string, 0, len(people)+1)
	for i := range people {
		if x := &people[i]; can(x) {
			names = append(names, x.Name)
			byName[strings.ToLower(x.Name)] = x.Account
		}
	}
	all := text.ComposeEveryone()
	r := markup.Format(s, append(names, all))
	rs := []rune(r.Text)
	for _, sp := range r.Spans {
		if !sp.Mention {
			continue
		}
		name := strings.ToLower(string(rs[sp.From+1 : sp.To]))
		if id, ok := byName[name]; ok {
			if len(ids) < wire.MaxMentions && !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		} else if name == strings.ToLower(all) {
			everyone = true
		}
	}
	return ids, everyone
}

// Candidate is a person who can be named.
type Candidate struct {
	Name string // after the "@"
	ID   string // colour of the picture; "" for everyone
	Hint string
}

// maxCandidates is how many people are offered at once.
const maxCandidates = 6

// Candidates returns the people whose names begin with what follows an "@",
// those who spoke last first.
func (t *Conversation) Candidates(prefix string) []Candidate {
	p := t.place
	prefix = strings.ToLower(prefix)
	spoke := make(map[string]int)
	for i := range t.lines {
		if !t.lines[i].System {
			spoke[t.lines[i].FromID] = i + 1
		}
	}
	var out []Candidate
	can := t.canBeNamed()
	for i := range p.people {
		x := &p.people[i]
		if x.Me || !can(x) || !strings.HasPrefix(strings.ToLower(x.Name), prefix) {
			continue
		}
		out = append(out, Candidate{Name: x.Name, ID: personID(x.Account)})
	}
	slices.SortStableFunc(out, func(a, b Candidate) int { return spoke[b.ID] - spoke[a.ID] })
	if all := text.ComposeEveryone(); strings.HasPrefix(strings.ToLower(all), prefix) && len(out) > 0 {
		out = append(out[:min(len(out), maxCandidates-1)], Candidate{Name: all, Hint: text.ComposeEveryoneHint()})
	}
	return out[:min(len(out), maxCandidates)]
}

// message returns the message of a line, false for lines that are none.
func (t *Conversation) message(id string) (*Line, bool) {
	i := t.index(id)
	if i < 0 || t.lines[i].System || t.lines[i].Early || t.lines[i].Msg == (chat.MessageID{}) {
		return nil, false
	}
	return &t.lines[i], true
}

// React puts an emoji to a line, or takes the own one away if it is there.
func (t *Conversation) React(id, emoji string) {
	l, ok := t.message(id)
	if !ok {
		return
	}
	on := true
	for _, r := range l.Reactions.List() {
		if r.Emoji == emoji && r.Own {
			on = false
		}
	}
	p, room, msg := t.place, t.room, l.Msg
	p.do(func(ctx context.Context) error { return p.client.React(ctx, room, msg, emoji, on) }, nil)
}

// SetPinned holds a line at the head of the room for everyone, or lets it go.
func (t *Conversation) SetPinned(id string, on bool) {
	if l, ok := t.message(id); ok {
		p, room, msg := t.place, t.room, l.Msg
		tell := on && l.File.Has() && p.facts[room].Kind.Sealed() && p.info.Files != (chat.FileRules{})
		p.do(func(ctx context.Context) error { return p.client.PinMessage(ctx, room, msg, on) }, func(err error) {
			switch {
			case err == nil && tell:
				p.desktop.Toast(text.FilesPinPrivate())
			default:
				p.fail(err, text.Facts{})
			}
		})
	}
}

// CanSendAgain reports whether a line has a file that lies on this computer and
// was sent.
func (t *Conversation) CanSendAgain(id string) bool {
	l, ok := t.message(id)
	return ok && l.Seq > 0 && l.File.Path != "" && !l.File.Lent && !l.File.Bar
}

// SendAgain sends the file of a line once more: the host may not have it any more.
func (t *Conversation) SendAgain(id string) {
	if l, ok := t.message(id); ok {
		t.sendAgain(l.Msg)
	}
}

func (t *Conversation) sendAgain(msg chat.MessageID) {
	p, room := t.place, t.room
	p.do(func(ctx context.Context) error {
		_, err := p.client.SendAgain(ctx, room, msg)
		return err
	}, func(err error) {
		if errors.Is(err, client.ErrNotHere) {
			p.desktop.Toast(text.FileMoved())
			return
		}
		p.fail(err, text.Facts{})
	})
}

// SetMarked marks a line for this person alone, or takes the mark away.
func (t *Conversation) SetMarked(id string, on bool) {
	if l, ok := t.message(id); ok {
		p, room, msg := t.place, t.room, l.Msg
		p.do(func(ctx context.Context) error { return p.client.MarkMessage(ctx, room, msg, on) }, nil)
	}
}

// Unpin lets go of a pinned message, also of one whose lines are not held.
func (t *Conversation) Unpin(pin Pin) {
	p, room := t.place, t.room
	p.do(func(ctx context.Context) error { return p.client.PinMessage(ctx, room, pin.msg, false) }, nil)
}

// Unmark takes away this person's mark, also from a message whose lines are not held.
func (t *Conversation) Unmark(pin Pin) {
	p, room := t.place, t.room
	p.do(func(ctx context.Context) error { return p.client.MarkMessage(ctx, room, pin.msg, false) }, nil)
}

// CanDeleteAll reports whether this person may ask everyone to delete a line.
func (t *Conversation) CanDeleteAll(id string) bool {
	l, ok := t.message(id)
	if !ok || l.Seq == 0 {
		return ok && l.waits()
	}
	return l.Own || t.place.me.Role >= chat.Moderator && !t.sealed()
}

// sealed reports whether only the room's members read it.
func (t *Conversation) sealed() bool { return t.room != chat.Lobby && !t.place.isOpen(t.room) }

func (p *Place) isOpen(room chat.RoomID) bool {
	for i := range p.rooms {
		if p.rooms[i].ID == room {
			return p.rooms[i].Open
		}
	}
	return false
}

// DeleteForMe removes a line from this computer.
func (t *Conversation) DeleteForMe(id string) {
	if l, ok := t.message(id); ok {
		p, room, msg := t.place, t.room, l.Msg
		p.do(func(ctx context.Context) error { return p.client.DeleteForMe(ctx, room, msg) }, nil)
	}
}

// DeleteForAll asks everyone to delete a line, and says how far that goes.
func (t *Conversation) DeleteForAll(id string) {
	l, ok := t.message(id)
	if !ok || !t.CanDeleteAll(id) {
		return
	}
	p, room, msg, own, waits := t.place, t.room, l.Msg, l.Own, l.waits()
	p.do(func(ctx context.Context) error { return p.client.DeleteForAll(ctx, room, msg, !own) }, func(err error) {
		if err != nil {
			p.fail(err, text.Facts{})
			return
		}
		if !waits {
			p.desktop.Toast(text.DeleteAsked())
		}
	})
}

// JumpTo shows the message of a line, such as the one that another answers,
// reading the pages around it if it is not among the lines that are held.
func (t *Conversation) JumpTo(id string) { t.jumpTo(id, "") }

// jumpTo is JumpTo for a line that a query has found.
func (t *Conversation) jumpTo(id, query string) {
	t.sought, t.query = id, query
	if i := t.index(id); i >= 0 {
		t.jump = id
		t.place.watch.Changed(PartJump)
		return
	}
	msg, ok := messageID(id)
	if !ok {
		return
	}
	room := t.room
	t.place.reader.ask(func(ctx context.Context, r *reader) error {
		m, err := r.client.Find(ctx, room, msg)
		if errors.Is(err, clientdb.ErrNotFound) {
			r.show(func() { r.place.desktop.Toast(text.ReplyGone()) })
			return nil
		}
		if err != nil {
			return err
		}
		return r.around(ctx, room, m.Seq, id)
	})
}

// JumpToDate shows the first message of a day, or the end if nothing came since.
func (t *Conversation) JumpToDate(day Day) {
	room, at := t.room, day.Start()
	t.place.reader.ask(func(ctx context.Context, r *reader) error {
		seq, err := r.client.Since(ctx, room, at)
		if errors.Is(err, clientdb.ErrNotFound) {
			r.show(func() { r.place.desktop.Toast(text.JumpNothing()) })
			return nil
		}
		if err != nil {
			return err
		}
		return r.around(ctx, room, seq, "")
	})
}

// TakeJump returns the line that is to be brought into sight, once; "" for none.
func (t *Conversation) TakeJump() string {
	id := t.jump
	t.jump = ""
	return id
}

// Marks returns where in the words of a line stands what was looked for, if it is
// the one that a search led to last: offsets of runes, as they are shown.
func (t *Conversation) Marks(id, words string) [][2]int {
	if t.query == "" || id != t.sought {
		return nil
	}
	return client.Marks(t.query, words)
}

// messageID reads what MessageID.String wrote.
func messageID(s string) (id chat.MessageID, ok bool) {
	if len(s) != 2*len(id) {
		return id, false
	}
	for i := range id {
		b, err := strconv.ParseUint(s[2*i:2*i+2], 16, 8)
		if err != nil {
			return id, false
		}
		id[i] = byte(b)
	}
	return id, true
}

// around reads the rows around one and brings it into sight. id is its line, ""
// for that of the row itself.
func (r *reader) around(ctx context.Context, room chat.RoomID, seq uint64, id string) error {
	if room != r.room {
		return nil
	}
	page, err := r.client.Around(ctx, room, seq, pageRows)
	if err != nil {
		return err
	}
	r.part.rows, r.part.wait = split(page)
	r.part.older, r.part.newer, r.part.gap = page.Older, page.Newer, page.Gap
	if err := r.readFiles(ctx); err != nil {
		return err
	}
	r.lines()
	r.show(func() {
		t := r.place.talk(room)
		if id == "" {
			for i := range t.lines {
				if t.lines[i].Seq >= seq {
					id = t.lines[i].ID
					break
				}
			}
		}
		t.jump = id
		r.place.watch.Changed(PartJump)
	})
	return nil
}

// relate brings up to date what was said of the rows that are held.
func (r *reader) relate(ctx context.Context, hidden map[chat.MessageID]bool) error {
	if len(hidden) > 0 {
		r.part.rows = slices.DeleteFunc(r.part.rows, func(m client.Message) bool { return hidden[m.ID] })
	}
	return errors.Join(r.client.Relate(ctx, r.room, r.part.rows), r.client.Relate(ctx, r.room, r.part.wait), r.readPins(ctx))
}

// Pin is a message that is held at the head of a room.
type Pin struct {
	ID     string // of its line
	From   string
	Text   string // one line
	Words  string // all that was written, to be copied; "" for a file alone
	IsFile bool

	msg chat.MessageID
}

// Pins returns the pinned messages of the conversation, the latest first.
func (t *Conversation) Pins() []Pin { return t.pins }

// readPins reads what is pinned in the open room.
func (r *reader) readPins(ctx context.Context) error {
	pins, err := r.client.Pins(ctx, r.room)
	if err != nil {
		return err
	}
	out := make([]Pin, 0, len(pins))
	for i := range pins {
		out = append(out, r.pin(&pins[i]))
	}
	room := r.room
	r.show(func() {
		t := r.place.talk(room)
		if !slices.Equal(t.pins, out) {
			t.pins = out
			r.place.watch.Changed(PartPins)
		}
	})
	return nil
}

func (r *reader) pin(m *client.Message) Pin {
	p := Pin{ID: m.ID.String(), From: m.Name, Words: markup.PlainText(m.Text, namesOf(m, r.name).List()), msg: m.ID}
	p.Text = oneLine(p.Words)
	if m.File != nil {
		p.IsFile = true
		if p.Text == "" {
			p.Text = m.File.Name
		}
	}
	return p
}

// name is the name of a person, as it is now.
func (r *reader) name(id chat.AccountID) string {
	p, _ := r.client.Person(id)
	return p.Name
}

// Marked reads what this person has marked in the open room and calls use with
// it on the window's goroutine, the latest mark first.
func (t *Conversation) Marked(use func([]Pin)) {
	room := t.room
	t.place.reader.ask(func(ctx context.Context, r *reader) error {
		marked, err := r.client.Marked(ctx)
		if err != nil {
			return err
		}
		var out []Pin
		for i := range marked {
			if marked[i].Room == room {
				out = append(out, r.pin(&marked[i]))
			}
		}
		r.show(func() { use(out) })
		return nil
	})
}
