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

// Quote is the message that another one answers, as it is now.
type Quote struct {
	ID      chat.MessageID
	Seq     uint64   // 0: it is not here
	Kind    LineKind // LineText, LineFile, LineDeleted ...; 0: it is not here
	Account chat.AccountID
	Name    string
	Own     bool
	Text    string
	File    string // name of a file
}

// Reaction is one emoji at a message, and who put it there, the first first.
type Reaction struct {
	Emoji string
	By    []chat.AccountID
	Own   bool // this person is among them
}

// MaxReactions is how many different emoji a message shows; further ones are
// left out, on every device the same ones.
const MaxReactions = 24

// Words are what a person writes: a text, what it answers, whom it names.
type Words struct {
	Text     string
	Reply    chat.MessageID // zero: it answers nothing
	Mentions []chat.AccountID
	Everyone bool
}

// ErrNotAuthor says that only the author of a message may do this.
var ErrNotAuthor = errors.New("only its author may change a message")

// about says of a row, whose body was parsed and is believed, which message it
// is about, and what it asks the store to erase. Such a row is no line of its own.
func about(m *clientdb.Message, body any, sealed bool, me chat.AccountID) {
	m.Words = searchable(body)
	switch b := body.(type) {
	case *wire.Text:
		if m.Account != me && (b.Everyone || slices.Contains(b.Mentions, me)) {
			m.Flags |= clientdb.MentionsMe
		}
		return
	case *wire.Delete:
		m.Erase = clientdb.EraseOwn
		if b.Moderate && !sealed { // in an open room the host answers for its moderators
			m.Erase = clientdb.EraseAny
		}
	}
	if id, ok := wire.Target(body); ok {
		m.Target, m.Line = id, chat.RoomID{}
	}
}

// related is one row about a message: one that the host has ordered, or one of
// this person's own that waits.
type related struct {
	account chat.AccountID
	body    any
}

// sealedRoom reports whether only members read a room.
func (c *Client) sealedRoom(room chat.RoomID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	kind, known := c.kinds[room]
	return known && sealedKind(kind) || !known && room != chat.Lobby
}

// Relate brings up to date what other rows say of messages of a room: reactions,
// edits, deletions, pins, quotes. The rows that Before and After return are so
// already; a screen that keeps them calls it when Changes.Related says so.
func (c *Client) Relate(ctx context.Context, room chat.RoomID, messages []Message) error {
	var from, to uint64
	for i := range messages {
		if seq := messages[i].Seq; seq > 0 {
			if from == 0 || seq < from {
				from = seq
			}
			to = max(to, seq)
		}
	}
	byTarget := make(map[chat.MessageID][]related)
	if from > 0 {
		rows, err := c.db.Relations(ctx, room, from, to)
		if err != nil {
			return err
		}
		collect(byTarget, rows)
	}
	out, err := c.db.OutboxOf(ctx, room, uint16(wire.KindReaction), uint16(wire.KindPin))
	if err != nil {
		return err
	}
	c.mu.Lock()
	me := c.place.Account
	c.mu.Unlock()
	for i := range out {
		body, err := wire.ParseBody(wire.BodyKind(out[i].Kind), out[i].Body)
		if id, ok := wire.Target(body); err == nil && ok {
			byTarget[id] = append(byTarget[id], related{me, body})
		}
	}
	sealed := c.sealedRoom(room)
	soon := make(map[chat.MessageID][]related)
	c.earlyIn(room).relate(soon)
	quotes := make(map[chat.MessageID]*Quote)
	for i := range messages {
		m := &messages[i]
		rows := byTarget[m.ID]
		if m.Early {
			rows = slices.Concat(soon[m.ID], rows)
		}
		c.fold(m, rows, me, sealed)
		if m.Forwarded, err = c.resolve(ctx, m); err != nil {
			return err
		}
		if m.reply == (chat.MessageID{}) || m.Kind == LineDeleted {
			m.Reply = nil
			continue
		}
		q := quotes[m.reply]
		if q == nil {
			if q, err = c.quote(ctx, room, m.reply, sealed); err != nil {
				return err
			}
			quotes[m.reply] = q
		}
		m.Reply = q
	}
	return nil
}

// collect sorts rows by what they are about. What cannot be believed is left out.
func collect(into map[chat.MessageID][]related, rows []clientdb.Message) {
	for i := range rows {
		r := &rows[i]
		if r.Flags&(unbelievable|clientdb.Deleted|clientdb.Repeated) != 0 || r.Account.IsZero() {
			continue
		}
		body, err := wire.ParseBody(wire.BodyKind(r.Kind), r.Body)
		if id, ok := wire.Target(body); err == nil && ok && id == r.Target {
			into[id] = append(into[id], related{r.Account, body})
		}
	}
}

// fold works out what a message is from what was said of it, in the order of
// the host, so that all devices that have the same rows show the same.
func (c *Client) fold(m *Message, rows []related, me chat.AccountID, sealed bool) {
	if m.base != nil {
		b := m.base
		m.Kind, m.Text, m.Mentions, m.Everyone = b.kind, b.text, b.mentions, b.everyone
	}
	m.Edited, m.Reactions, m.Pinned, m.By = false, nil, false, ""
	c.mu.Lock()
	m.Marked = c.marks[m.ID]
	var hidden []chat.AccountID // whom this person blocked, of those who said something of it
	for _, r := range rows {
		if p := c.people[r.account]; p != nil && p.Blocked && !slices.Contains(hidden, r.account) {
			hidden = append(hidden, r.account)
		}
	}
	c.mu.Unlock()
	for _, r := range rows {
		switch b := r.body.(type) {
		case *wire.Reaction:
			if !slices.Contains(hidden, r.account) {
				m.react(b, r.account)
			}
		case *wire.Edit:
			if r.account != m.Account || m.Account.IsZero() || m.Kind == LineText && wire.CheckText(b.Text) != nil {
				continue
			}
			m.Edited, m.Text, m.Mentions, m.Everyone = true, b.Text, b.Mentions, b.Everyone
		case *wire.Pin:
			m.Pinned = !b.Off
		case *wire.Delete:
			if r.account == m.Account && !m.Account.IsZero() {
				m.Kind = LineDeleted
			} else if b.Moderate && !sealed && !m.system() {
				m.Kind = LineDeleted
				m.By = c.nameOf(r.account)
			}
		}
	}
	if m.Kind == LineDeleted {
		m.Text, m.File, m.Mentions, m.Everyone, m.Edited, m.Reactions, m.Pinned = "", nil, nil, false, false, nil, false
	}
	m.ForMe = !m.Own && (m.Everyone || slices.Contains(m.Mentions, me))
	for i := range m.Reactions {
		m.Reactions[i].Own = slices.Contains(m.Reactions[i].By, me)
	}
}

// system reports whether a line is of the directory: nobody deletes those.
func (m *Message) system() bool {
	switch m.Kind {
	case LineCame, LineDevice, LineIdentity, LineSignOut:
		return true
	}
	return false
}

// react puts one reaction to a message, or takes it away.
func (m *Message) react(b *wire.Reaction, by chat.AccountID) {
	i := slices.IndexFunc(m.Reactions, func(r Reaction) bool { return r.Emoji == b.Emoji })
	switch {
	case i < 0 && (b.Off || len(m.Reactions) >= MaxReactions):
	case i < 0:
		m.Reactions = append(m.Reactions, Reaction{Emoji: b.Emoji, By: []chat.AccountID{by}})
	default:
		r := &m.Reactions[i]
		at := slices.Index(r.By, by)
		switch {
		case b.Off && at >= 0:
			if r.By = slices.Delete(r.By, at, at+1); len(r.By) == 0 {
				m.Reactions = slices.Delete(m.Reactions, i, i+1)
			}
		case !b.Off && at < 0:
			r.By = append(r.By, by)
		}
	}
}

// hides reports whether nothing of somebody is shown: this person blocked them.
func (c *Client) hides(id chat.AccountID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.people[id]
	return p != nil && p.Blocked
}

func (c *Client) nameOf(id chat.AccountID) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p := c.people[id]; p != nil {
		return p.Name
	}
	return ""
}

// quote returns what is shown of a message that another one answers.
func (c *Client) quote(ctx context.Context, room chat.RoomID, id chat.MessageID, sealed bool) (*Quote, error) {
	m, err := c.find(ctx, room, id, sealed)
	if errors.Is(err, clientdb.ErrNotFound) {
		row := c.earlyIn(room).byID(id)
		if row == nil {
			return &Quote{ID: id}, nil
		}
		m, err = c.message(row), nil
	}
	if err != nil {
		return nil, err
	}
	if c.hides(m.Account) {
		return &Quote{ID: id}, nil // as one that is not here
	}
	q := &Quote{ID: id, Seq: m.Seq, Kind: m.Kind, Account: m.Account, Name: m.Name, Own: m.Own, Text: m.Text}
	if m.File != nil {
		q.File = m.File.Name
	}
	return q, nil
}

// find returns a message by its id as it is now, without what it answers.
func (c *Client) find(ctx context.Context, room chat.RoomID, id chat.MessageID, sealed bool) (Message, error) {
	row, err := c.db.ByID(ctx, room, id)
	if err != nil {
		return Message{}, err
	}
	rows, err := c.db.RelationsOf(ctx, room, id)
	if err != nil {
		return Message{}, err
	}
	byTarget := make(map[chat.MessageID][]related)
	collect(byTarget, rows)
	m := c.message(&row)
	c.mu.Lock()
	me := c.place.Account
	c.mu.Unlock()
	c.fold(&m, byTarget[id], me, sealed)
	return m, nil
}

// Find returns a message of a room by its id, clientdb.ErrNotFound if it is not
// here.
func (c *Client) Find(ctx context.Context, room chat.RoomID, id chat.MessageID) (Message, error) {
	return c.find(ctx, room, id, c.sealedRoom(room))
}

// Post puts what a person wrote into the outbox of a room, as Send does, whose
// errors it has.
func (c *Client) Post(ctx context.Context, room chat.RoomID, w Words) (chat.MessageID, error) {
	if err := wire.CheckText(w.Text); err != nil {
		return chat.MessageID{}, err
	}
	body := &wire.Text{Text: w.Text, Mentions: capMentions(w.Mentions), Everyone: w.Everyone}
	if w.Reply != (chat.MessageID{}) {
		body.Reply = &w.Reply
	}
	return c.put(ctx, room, wire.KindText, body)
}

// capMentions keeps as many names as a message may have.
func capMentions(ids []chat.AccountID) []chat.AccountID {
	var out []chat.AccountID
	for _, id := range ids {
		if len(out) < wire.MaxMentions && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}

// put writes a body into the outbox of a room.
func (c *Client) put(ctx context.Context, room chat.RoomID, kind wire.BodyKind, body any) (chat.MessageID, error) {
	id := chat.NewMessageID()
	err := c.enqueue(ctx, clientdb.Outgoing{Room: room, ID: id, Kind: uint16(kind), Body: wire.EncodeBody(body), Created: c.nowMS()})
	if _, ok := wire.Target(body); ok && err == nil {
		c.publishRelated(room)
	}
	return id, err
}

// publishRelated tells screens that what was said of messages of a room changed.
func (c *Client) publishRelated(room chat.RoomID) {
	c.feed.publish(func(ch *Changes) {
		ch.Rooms = map[chat.RoomID]bool{room: true}
		ch.Related = map[chat.RoomID]bool{room: true}
	})
}

// React puts an emoji to a message, or takes the own one away. Its errors are
// wire.ErrBadBody for what is no emoji, and those of Send.
func (c *Client) React(ctx context.Context, room chat.RoomID, target chat.MessageID, emoji string, on bool) error {
	if err := wire.CheckEmoji(emoji); err != nil {
		return err
	}
	_, err := c.put(ctx, room, wire.KindReaction, &wire.Reaction{Target: target, Emoji: emoji, Off: !on})
	return err
}

// findOwn is Find that also takes own messages which wait to be sent.
func (c *Client) findOwn(ctx context.Context, room chat.RoomID, id chat.MessageID) (Message, error) {
	m, err := c.Find(ctx, room, id)
	if !errors.Is(err, clientdb.ErrNotFound) {
		return m, err
	}
	o, err := c.db.Outgoing(ctx, id)
	if errors.Is(err, clientdb.ErrNotFound) {
		return c.Find(ctx, room, id) // it has come back meanwhile
	}
	if err != nil {
		return m, err
	}
	if o.Room != room || o.State == clientdb.Refused {
		return m, clientdb.ErrNotFound
	}
	m = Message{Room: room, ID: id, Own: true}
	m.content(wire.BodyKind(o.Kind), o.Body, "")
	return m, nil
}

// rewrite gives a text that never left this device other words, or with nil takes it
// back, and reports whether it did. Else the host may have it, and what is to become of
// it goes behind it.
func (c *Client) rewrite(ctx context.Context, room chat.RoomID, id chat.MessageID, w *Words) (done bool, err error) {
	c.sending.Lock()
	defer c.sending.Unlock()
	o, err := c.db.Outgoing(ctx, id)
	if errors.Is(err, clientdb.ErrNotFound) {
		return false, nil
	}
	// In a sealed room what may have left is sealed, and kept so.
	if err != nil || o.State != clientdb.Waiting || o.Post != nil || !c.sealedRoom(room) && !c.unsent[id] {
		return false, err
	}
	if w == nil {
		if done, err = c.db.Withdraw(ctx, id); done {
			delete(c.unsent, id)
		}
	} else {
		body, perr := wire.ParseBody(wire.BodyKind(o.Kind), o.Body)
		words, is := body.(*wire.Text)
		if perr != nil || !is {
			return false, perr
		}
		words.Text, words.Mentions, words.Everyone = w.Text, capMentions(w.Mentions), w.Everyone
		done, err = c.db.Rewrite(ctx, id, wire.EncodeBody(words))
	}
	if done {
		c.publishRelated(room)
	}
	return done, err
}

// EditMessage gives an own message another text, or an own file another
// caption. A text that never left this device is written anew; one that may be on its
// way is followed by its edit. Its errors are ErrNotAuthor, clientdb.ErrNotFound and those of Send.
func (c *Client) EditMessage(ctx context.Context, room chat.RoomID, target chat.MessageID, w Words) error {
	m, err := c.findOwn(ctx, room, target)
	if err != nil {
		return err
	}
	if !m.Own || m.Kind != LineText && m.Kind != LineFile {
		return ErrNotAuthor
	}
	if err := wire.CheckText(w.Text); err != nil && !(m.Kind == LineFile && errors.Is(err, wire.ErrEmptyText)) {
		return err
	}
	if m.Seq == 0 && m.Kind == LineText {
		done, err := c.rewrite(ctx, room, target, &w)
		if err != nil || done {
			return err
		}
	}
	_, err = c.put(ctx, room, wire.KindEdit, &wire.Edit{Target: target, Text: w.Text, Mentions: capMentions(w.Mentions), Everyone: w.Everyone})
	return err
}

// DeleteForAll takes back a text that never left this device, or asks every device of the room to delete a message: an own one,
// or with moderate one of somebody else in an open room, which the host takes
// from moderators. What somebody has kept it cannot take back.
func (c *Client) DeleteForAll(ctx context.Context, room chat.RoomID, target chat.MessageID, moderate bool) error {
	m, err := c.findOwn(ctx, room, target)
	if err != nil {
		return err
	}
	if m.Seq == 0 && m.Kind == LineText {
		done, err := c.rewrite(ctx, room, target, nil)
		if err != nil || done {
			return err
		}
	}
	if m.Own {
		moderate = false
	} else if !moderate || c.sealedRoom(room) {
		return ErrNotAuthor
	}
	_, err = c.put(ctx, room, wire.KindDelete, &wire.Delete{Target: target, Moderate: moderate})
	return err
}

// DeleteForMe removes a message and its content from this device only.
func (c *Client) DeleteForMe(ctx context.Context, room chat.RoomID, target chat.MessageID) error {
	if err := c.db.Hide(ctx, room, target); err != nil {
		return err
	}
	c.feed.publish(func(ch *Changes) {
		ch.Rooms = map[chat.RoomID]bool{room: true}
		ch.Related = map[chat.RoomID]bool{room: true}
		ch.Hidden = map[chat.MessageID]bool{target: true}
	})
	return nil
}

// PinMessage holds a message at the head of its room for everyone, or lets it go.
func (c *Client) PinMessage(ctx context.Context, room chat.RoomID, target chat.MessageID, on bool) error {
	_, err := c.put(ctx, room, wire.KindPin, &wire.Pin{Target: target, Off: !on})
	return err
}

// Pins returns the messages that are pinned in a room, the one pinned last
// first, without those of who is blocked.
func (c *Client) Pins(ctx context.Context, room chat.RoomID) ([]Message, error) {
	rows, err := c.db.Pins(ctx, room)
	if err != nil {
		return nil, err
	}
	var order []chat.MessageID
	note := func(id chat.MessageID, on bool) {
		if i := slices.Index(order, id); i >= 0 {
			order = slices.Delete(order, i, i+1)
		}
		if on {
			order = append(order, id)
		}
	}
	for i := range rows {
		r := &rows[i]
		if r.Flags&(unbelievable|clientdb.Deleted|clientdb.Repeated) != 0 {
			continue
		}
		body, err := wire.ParseBody(wire.BodyKind(r.Kind), r.Body)
		if p, ok := body.(*wire.Pin); err == nil && ok {
			note(p.Target, !p.Off)
		}
	}
	out, err := c.db.OutboxOf(ctx, room, uint16(wire.KindPin), uint16(wire.KindPin))
	if err != nil {
		return nil, err
	}
	for i := range out {
		body, err := wire.ParseBody(wire.BodyKind(out[i].Kind), out[i].Body)
		if p, ok := body.(*wire.Pin); err == nil && ok {
			note(p.Target, !p.Off)
		}
	}
	slices.Reverse(order)
	var pins []Message
	for _, id := range order {
		m, err := c.Find(ctx, room, id)
		if errors.Is(err, clientdb.ErrNotFound) || err == nil && m.Kind == LineDeleted {
			continue
		}
		if err != nil {
			return nil, err
		}
		if !c.hides(m.Account) {
			pins = append(pins, m)
		}
	}
	return pins, nil
}

// MarkMessage marks a message for this person alone, on all their devices, or takes
// the mark away.
func (c *Client) MarkMessage(ctx context.Context, room chat.RoomID, target chat.MessageID, on bool) error {
	mark := clientdb.Bookmark{Room: room, Target: target, Changed: max(c.nowMS(), 1)}
	if on {
		mark.At = mark.Changed
	}
	if err := c.db.SetBookmark(ctx, mark); err != nil {
		return err
	}
	c.mu.Lock()
	if c.marks == nil {
		c.marks = make(map[chat.MessageID]bool)
	}
	if on {
		c.marks[target] = true
	} else {
		delete(c.marks, target)
	}
	c.mu.Unlock()
	c.publishRelated(room)
	c.newsChanged()
	return nil
}

// loadMarks reads what this person has marked.
func (c *Client) loadMarks(ctx context.Context) error {
	marks, err := c.db.Bookmarks(ctx)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.marks = make(map[chat.MessageID]bool, len(marks))
	for _, m := range marks {
		c.marks[m.Target] = true
	}
	return nil
}

// Marked returns the messages that this person has marked, the latest mark
// first; those that were deleted since, and those of who is blocked, are left out.
func (c *Client) Marked(ctx context.Context) ([]Message, error) {
	marks, err := c.db.Bookmarks(ctx)
	if err != nil {
		return nil, err
	}
	var out []Message
	for _, k := range marks {
		m, err := c.Find(ctx, k.Room, k.Target)
		if errors.Is(err, clientdb.ErrNotFound) || err == nil && m.Kind == LineDeleted {
			continue
		}
		if err != nil {
			return nil, err
		}
		if !c.hides(m.Account) {
			out = append(out, m)
		}
	}
	return out, nil
}

// Files returns up to n messages of a room that hand over files, before a row
// (0: the newest), the newest first. If they are fewer, there are no others.
func (c *Client) Files(ctx context.Context, room chat.RoomID, before uint64, n int) ([]Message, error) {
	var out []Message
	for len(out) < n {
		rows, err := c.db.Files(ctx, room, before, n)
		if err != nil {
			return nil, err
		}
		if len(rows) == 0 {
			break
		}
		found, err := c.filesOf(ctx, room, rows)
		if err != nil {
			return nil, err
		}
		out, before = append(out, found...), rows[len(rows)-1].Seq
	}
	return out[:min(len(out), n)], nil
}

// filesOf are the files in rows that were not deleted meanwhile.
func (c *Client) filesOf(ctx context.Context, room chat.RoomID, rows []clientdb.Message) ([]Message, error) {
	var out []Message
	for i := range rows {
		if m := c.message(&rows[i]); m.Kind == LineFile {
			out = append(out, m)
		}
	}
	slices.Reverse(out) // Relate wants no order, but one that is looked at has one
	if err := c.Relate(ctx, room, out); err != nil {
		return nil, err
	}
	slices.Reverse(out)
	return slices.DeleteFunc(out, func(m Message) bool { return m.Kind != LineFile }), nil
}

// Around returns the rows of a room around one, n before it and n from it on, to
// jump to it.
func (c *Client) Around(ctx context.Context, room chat.RoomID, seq uint64, n int) (Page, error) {
	before, err := c.Before(ctx, room, max(seq, 1), n)
	if err != nil {
		return Page{}, err
	}
	after, err := c.After(ctx, room, max(seq, 1)-1, n)
	if err != nil {
		return Page{}, err
	}
	return Page{Messages: append(before.Messages, after.Messages...), Older: before.Older, Newer: after.Newer}, nil
}

// Since returns the first row of a room that came at or after a time,
// clientdb.ErrNotFound if there is none.
func (c *Client) Since(ctx context.Context, room chat.RoomID, at time.Time) (uint64, error) {
	return c.db.Since(ctx, room, at.UnixMilli())
}
