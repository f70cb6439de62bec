package client

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/crypto/mail"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// A device that came later asks the others of its account for the history of the
// sealed rooms, part by part, the newest first. Each question has a key of one use,
// each answer is sealed to it. What is here is on disk with how far it goes, so that
// it goes on where it was after any interruption.

const (
	askHistory  = "history ask"
	tellHistory = "history"

	// historyChunk is about how many bytes of rows one answer has: few enough to be
	// through a slow line within a minute, so many that what is between them does not
	// count.
	historyChunk = 2 << 20
	// historyLines is how many lines one part has, which is written in one transaction.
	historyLines = 1000
	// historyWait is how long an answer may take before the question is repeated, to
	// the next device; it doubles up to historyMost.
	historyWait = time.Minute
	historyMost = 6 * time.Hour
	// historyShown is how long after the last part it is shown as being copied.
	historyShown = 20 * time.Second
)

// History says how the copying of older messages from another device goes.
type History struct {
	Copying bool  // parts are coming
	Have    int64 // messages that came since the program was started
	All     int64 // with those that are to come, as far as is known
}

// History returns how the copying of older messages goes.
func (c *Client) History() History {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := c.past.shown
	if h.Copying && c.now().Sub(c.past.last) > historyShown {
		h.Copying = false
	}
	return h
}

// pasts is what a client remembers of asking for history. All of it is guarded by the
// mutex of the Client.
type pasts struct {
	key    *mail.Key                              // of the question that waits for an answer
	until  time.Time                              // no question before
	wait   time.Duration                          // for the answer
	turn   int                                    // which device is asked
	poor   map[chat.RoomID]map[chat.DeviceID]bool // devices that lack the rest of a room themselves
	left   bool                                   // it is known which rooms the person has left
	taking bool                                   // an answer is being written
	shown  History
	last   time.Time // when a part came
}

// askPast asks for the history that is missing, if it is time to, and returns when to
// look again.
func (s *session) askPast(ctx context.Context) (time.Duration, error) {
	c := s.c
	missing, err := c.db.Pasts(ctx)
	if err != nil {
		return stewardEvery, err
	}
	if len(missing) == 0 && !s.fresh() {
		return stewardEvery, nil
	}
	devices := s.otherDevices()
	if len(devices) == 0 {
		return stewardEvery, nil
	}
	c.mu.Lock()
	p := &c.past
	now := c.now()
	if p.wait == 0 {
		p.wait = historyWait
	}
	if p.taking || len(missing) == 0 && p.left {
		c.mu.Unlock()
		return stewardEvery, nil
	}
	if now.Before(p.until) {
		defer c.mu.Unlock()
		return p.until.Sub(now), nil
	}
	if p.key != nil { // nobody has answered
		p.turn++
		p.wait = min(2*p.wait, historyMost)
	}
	device := devices[p.turn%len(devices)]
	ask := wire.HistoryAsk{Left: !p.left}
	for _, m := range missing {
		if len(ask.Rooms) < wire.MaxPastRooms && !p.poor[m.Room][device] {
			ask.Rooms = append(ask.Rooms, wire.PastAsk{Room: m.Room, Before: m.Before, Until: m.Until})
		}
	}
	if len(ask.Rooms) == 0 && len(missing) > 0 { // it lacks all of that itself; later it may not
		p.turn++
		wait := time.Duration(0)
		if p.turn%len(devices) == 0 { // all of them
			p.poor, p.key, wait = nil, nil, p.wait
			p.until, p.wait = now.Add(wait), min(2*p.wait, historyMost)
		}
		c.mu.Unlock()
		return max(wait, time.Millisecond), nil
	}
	if p.key == nil {
		key, err := mail.NewKey()
		if err != nil {
			c.mu.Unlock()
			return 0, err
		}
		p.key = &key
	}
	ask.Key = p.key.Public()
	wait := p.wait
	p.until = now.Add(wait)
	c.mu.Unlock()
	letter, err := mail.Sign(s.envelope, s.address(s.device, device, askHistory), wire.EncodeBody(&ask))
	if err != nil {
		return 0, err
	}
	m := wire.Mail{ID: chat.NewMessageID(), To: device, MailKind: wire.MailDevice, Data: letter}
	s.background(func(ctx context.Context) { s.mailOut(ctx, []wire.Mail{m}) })
	return wait, nil
}

// freshFor is how long a device that was added by another one asks whom the person
// verified although no history is missing: nobody is online at the same time as
// themselves all day, and each question is a mail.
const freshFor = 24 * time.Hour

// fresh reports whether this device was added by another one not long ago.
func (s *session) fresh() bool {
	c := s.c
	c.mu.Lock()
	first := c.place.Keys.Identity != nil
	c.mu.Unlock()
	d := s.keeper.directory.devices[s.device]
	if first || d == nil {
		return false
	}
	cert, err := identity.ParseCertificate(d.Certificate)
	return err == nil && c.nowMS()-cert.Created < freshFor.Milliseconds()
}

// otherDevices returns the other devices of this account, the one with the identity
// key first: it has been here longest.
func (s *session) otherDevices() []chat.DeviceID {
	me := s.account()
	key := s.keeper.directory.accounts[me].Identity
	var own []*device
	for _, d := range s.keeper.directory.devices {
		if d.Account == me && d.ID != s.device && d.Revoked == 0 && d.parse() == nil && d.identity == key {
			own = append(own, d)
		}
	}
	slices.SortFunc(own, func(a, b *device) int {
		if a.Seq < b.Seq {
			return -1
		}
		return 1
	})
	out := make([]chat.DeviceID, 0, len(own))
	for _, d := range own {
		out = append(out, d.ID)
	}
	return out
}

// ownEnvelope returns the key by which another device of this account signs letters;
// ok is false if it is none.
func (s *session) ownEnvelope(id chat.DeviceID) (key identity.PublicKey, ok bool) {
	if !slices.Contains(s.otherDevices(), id) {
		return key, false
	}
	return s.keeper.directory.devices[id].envelope, true
}

// historyAsked answers another device of this account, and reports whether the mail is
// through. If not, the answer is made and sent on a goroutine of its own; a question
// that was not answered because the connection was lost comes again.
func (s *session) historyAsked(l *letter) (through bool) {
	c, m := s.c, l.mail
	if s.keeper.directory.devices[m.From] == nil {
		return false // when the directory has brought it
	}
	key, own := s.ownEnvelope(m.From)
	if !own {
		return true
	}
	body, err := mail.Verify(key, s.address(m.From, s.device, askHistory), m.Data)
	if err != nil {
		c.log.Warn("question for history refused")
		return true
	}
	ask, err := wire.ParseHistoryAsk(body)
	if err != nil {
		c.log.Warn("question for history refused", "err", err)
		return true
	}
	if i := slices.Index(s.mails, l); slices.ContainsFunc(s.mails[i+1:], func(o *letter) bool { return o.mail.From == m.From && o.mail.MailKind == m.MailKind }) {
		return true // it has asked again since, with the key that it has now
	}
	if key, busy := s.telling[m.From]; busy {
		return bytes.Equal(key, ask.Key) // the same question once more; another one waits
	}
	s.telling[m.From], l.fetching = ask.Key, true
	to, line := s.address(s.device, m.From, tellHistory), s.line
	s.background(func(ctx context.Context) {
		answer, err := c.tellPast(ctx, ask)
		if err == nil {
			var letter []byte
			if letter, err = mail.Seal(s.envelope, to, ask.Key, wire.EncodeBody(answer)); err == nil {
				err = s.parcelOut(ctx, line, wire.Mail{ID: chat.NewMessageID(), To: m.From, MailKind: wire.MailHistory, Data: letter})
			}
		}
		if err != nil && ctx.Err() == nil {
			c.log.Warn("history not sent to another device", "err", err)
		}
		s.tell(ctx, func(ctx context.Context) error {
			delete(s.telling, m.From)
			l.fetching = false
			if err := s.mailThrough(ctx, l); err != nil {
				return err
			}
			return s.tryMails(ctx)
		})
	})
	return false
}

// mailThrough notes that a mail was taken, which waited for a goroutine.
func (s *session) mailThrough(ctx context.Context, l *letter) error {
	now := s.c.nowMS()
	if err := s.c.db.NoteMail(ctx, l.mail.ID, now, now-mailKept.Milliseconds()); err != nil {
		return err
	}
	s.dropMail(l)
	return s.line.send(&wire.MailDone{ID: l.mail.ID})
}

// parcelOut sends a mail about no room, as a blob if it is too long for a message.
func (s *session) parcelOut(ctx context.Context, line *line, m wire.Mail) error {
	if len(m.Data) > wire.MaxMail {
		root := rootOfParcel(m.Data)
		if err := s.c.files.putParcel(ctx, line, m.Room, root, m.Data); err != nil {
			return err
		}
		m.Blob, m.Data = &wire.BlobRef{Root: root, Length: int64(len(m.Data))}, nil
	}
	_, err := s.c.do(ctx, func(ref uint32) wire.Message { return &wire.SendMail{Ref: ref, Mails: []wire.Mail{m}} })
	return err
}

// tellPast puts together what another device of this account asks for.
func (c *Client) tellPast(ctx context.Context, ask *wire.HistoryAsk) (*wire.HistoryAnswer, error) {
	own, err := c.db.Pasts(ctx)
	if err != nil {
		return nil, err
	}
	lacks := make(map[chat.RoomID]bool)
	for _, p := range own {
		lacks[p.Room] = true
	}
	answer := new(wire.HistoryAnswer)
	size := 0
	for _, want := range ask.Rooms {
		r, err := c.db.Room(ctx, want.Room)
		if err != nil || !sealedKind(r.Kind) {
			// It was never in this room, so there is nothing to tell.
			answer.Parts = append(answer.Parts, wire.PastPart{Room: want.Room, Lacks: true})
			continue
		}
		before := min(want.Before, want.Until)
		for size < historyChunk {
			part, n, err := c.tellPart(ctx, &r, before, want.Until)
			if err != nil {
				return nil, err
			}
			part.Lacks = part.Next == 0 && lacks[r.ID]
			answer.Parts = append(answer.Parts, part)
			size += n
			if before = part.Next; before == 0 {
				break
			}
		}
		if before > 0 {
			n, err := c.db.CountLines(ctx, want.Room, before)
			if err != nil {
				return nil, err
			}
			answer.Missing += n
		}
	}
	if ask.Left {
		if answer.Rooms, err = c.leftRooms(ctx); err != nil {
			return nil, err
		}
		if answer.Marks, err = c.trusts(ctx); err != nil {
			return nil, err
		}
	}
	return answer, nil
}

// leftRooms returns the sealed rooms that the person has left, of which something is
// here.
func (c *Client) leftRooms(ctx context.Context) ([]wire.PastRoom, error) {
	rooms, err := c.db.Rooms(ctx)
	if err != nil {
		return nil, err
	}
	var out []wire.PastRoom
	for i := range rooms {
		r := &rooms[i]
		if r.State != clientdb.RoomLeft || !sealedKind(r.Kind) || len(out) >= wire.MaxPastRooms {
			continue
		}
		if n, err := c.db.CountLines(ctx, r.ID, r.Cursor+1); err != nil {
			return nil, err
		} else if n > 0 {
			out = append(out, wire.PastRoom{ID: r.ID, Kind: r.Kind, Name: r.Name, Topic: r.Topic, Peer: r.Peer, Created: r.Created, Head: r.Cursor})
		}
	}
	return out, nil
}

// trusts returns whom the person has verified, and whom they doubt.
func (c *Client) trusts(ctx context.Context) ([]wire.PastMark, error) {
	known, err := c.db.Trusts(ctx, wire.MaxPastMarks)
	if err != nil {
		return nil, err
	}
	out := make([]wire.PastMark, len(known))
	for i, t := range known {
		out[i] = wire.PastMark{Account: t.Account, Identity: t.Identity, Verified: t.Verified, Proof: uint8(t.Proof), Doubt: uint8(t.Doubt), Judged: t.Judged}
	}
	return out, nil
}

// adopt takes what another device of this account knows of others, where it is the
// person's last word.
func (c *Client) adopt(ctx context.Context, told []wire.PastMark, me chat.AccountID) error {
	var marks []clientdb.Trust
	for _, m := range told {
		if m.Account != me {
			marks = append(marks, clientdb.Trust{Account: m.Account, Identity: m.Identity, Verified: m.Verified, Proof: Proof(m.Proof), Doubt: Doubt(m.Doubt), Judged: m.Judged})
		}
	}
	if len(marks) == 0 {
		return nil
	}
	taken, err := c.db.Adopt(ctx, marks)
	if err != nil || len(taken) == 0 {
		return err
	}
	if err := c.refreshTrust(ctx, taken...); err != nil {
		return err
	}
	c.trustChanged()
	return nil
}

// tellPart returns the next stretch of a room's history before a row, and about how
// many bytes it has.
func (c *Client) tellPart(ctx context.Context, r *clientdb.Room, before, until uint64) (part wire.PastPart, size int, err error) {
	part = wire.PastPart{Room: r.ID, Joined: r.State == clientdb.RoomJoined}
	lines, err := c.db.PastLines(ctx, r.ID, before, historyLines)
	if err != nil {
		return part, 0, err
	}
	// Long ones are in the next part.
	for i := range lines {
		if size += pastSize(&lines[i]); size > historyChunk {
			lines = lines[:i+1]
			break
		}
	}
	full := len(lines) == historyLines || size > historyChunk
	var rows []wire.PastRow
	if len(lines) > 0 {
		last := lines[len(lines)-1].Seq
		related, err := c.db.Relations(ctx, r.ID, last, lines[0].Seq)
		if err != nil {
			return part, 0, err
		}
		for len(lines)+len(related) > wire.MaxItems && len(lines) > 1 { // as many lines as fit with what was said of them
			full = true
			lines = lines[:len(lines)/2]
			if related, err = c.db.Relations(ctx, r.ID, lines[len(lines)-1].Seq, lines[0].Seq); err != nil {
				return part, 0, err
			}
		}
		if most := wire.MaxItems - len(lines); len(related) > most {
			related = related[len(related)-most:] // of one message: the last ones count
		}
		listed := make(map[uint64]bool, len(lines))
		for i := range slices.Backward(lines) {
			listed[lines[i].Seq] = true
			rows = append(rows, pastRow(&lines[i], false))
		}
		for i := range related {
			m := &related[i]
			// What was said is erased with what it was said of.
			if m.Seq < until && !listed[m.Seq] && m.Flags&clientdb.Deleted == 0 {
				listed[m.Seq] = true
				rows = append(rows, pastRow(m, true))
				size += pastSize(m)
			}
		}
		slices.SortFunc(rows, func(a, b wire.PastRow) int {
			if a.Seq < b.Seq {
				return -1
			}
			return 1
		})
	}
	part.Rows = rows
	if full {
		part.Next = lines[len(lines)-1].Seq
	}
	return part, size, nil
}

// pastSize is about how many bytes a row takes.
func pastSize(m *clientdb.Message) int { return 90 + len(m.Body) + len(m.Text) }

func pastRow(m *clientdb.Message, about bool) wire.PastRow {
	return wire.PastRow{
		Seq: m.Seq, ID: m.ID, Device: m.Device, Counter: m.Counter, Sent: m.Sent, Received: m.Received,
		Body: wire.BodyKind(m.Kind), Data: m.Body, Text: m.Text, Flags: uint32(m.Flags), About: about,
	}
}

// historyCame takes an answer, and reports whether the mail is through. If not, it is
// opened and written on a goroutine of its own while it waits.
func (s *session) historyCame(l *letter) (through bool) {
	c, m := s.c, l.mail
	envelope, own := s.ownEnvelope(m.From)
	c.mu.Lock()
	defer c.mu.Unlock()
	key := c.past.key
	switch {
	case !own || key == nil:
		return true // nobody asked
	case c.past.taking:
		return false // one at a time; it is through soon
	}
	c.past.taking, l.fetching = true, true
	address, me, authors := s.address(m.From, s.device, tellHistory), c.place.Account, s.authors()
	s.background(func(ctx context.Context) {
		var answer *wire.HistoryAnswer
		body, err := mail.Open(*key, envelope, address, m.Data)
		if err == nil {
			answer, err = wire.ParseHistoryAnswer(body)
		}
		refused := err != nil
		if refused {
			c.log.Warn("history of another device refused", "err", err)
		} else if err = c.takePast(ctx, answer, m.From, me, authors); err != nil && ctx.Err() == nil {
			c.log.Warn("history of another device not kept", "err", err)
			select { // not at once again
			case <-time.After(2 * time.Second):
			case <-ctx.Done():
			}
		}
		c.mu.Lock()
		c.past.taking = false
		if err == nil {
			c.past.key, c.past.until, c.past.wait, c.past.left = nil, time.Time{}, historyWait, true
		}
		c.mu.Unlock()
		s.tell(ctx, func(ctx context.Context) error {
			l.fetching = false
			if err == nil || refused {
				if err := s.mailThrough(ctx, l); err != nil {
					return err
				}
			}
			signal(s.tend)
			return s.tryMails(ctx)
		})
	})
	return false
}

// authors returns whose devices the directory has, and when each might speak.
func (s *session) authors() map[chat.DeviceID]device {
	out := make(map[chat.DeviceID]device, len(s.keeper.directory.devices))
	for id, d := range s.keeper.directory.devices {
		out[id] = device{Device: d.Device}
	}
	return out
}

// takePast writes an answer. What it says is checked as far as this device can: rows
// are of rooms that it asked about and in their order, none is of a time when this
// device was there itself, and who wrote one says the directory.
func (c *Client) takePast(ctx context.Context, answer *wire.HistoryAnswer, from chat.DeviceID, me chat.AccountID, authors map[chat.DeviceID]device) error {
	missing, err := c.db.Pasts(ctx)
	if err != nil {
		return err
	}
	asked := make(map[chat.RoomID]clientdb.Past)
	for _, p := range missing {
		asked[p.Room] = p
	}
	for i := range answer.Parts {
		part := &answer.Parts[i]
		p, wanted := asked[part.Room]
		if !wanted || part.Next >= p.Before {
			continue
		}
		rows := pastRows(part, p, me, authors)
		before := part.Next
		if part.Lacks { // another one may have it
			before = p.Before
			if len(rows) > 0 {
				before = min(before, rows[0].Seq)
			}
			c.lacks(part.Room, from)
		}
		lines, err := c.db.AddPast(ctx, clientdb.PastPart{Room: part.Room, Rows: rows, Before: before, About: func(m *clientdb.Message) { aboutPast(m, me) }})
		if err != nil {
			return err
		}
		if p.Before = before; before == 0 {
			delete(asked, part.Room)
		} else {
			asked[part.Room] = p
		}
		if part.Joined {
			if err := c.acceptedElsewhere(ctx, part.Room); err != nil {
				return err
			}
		}
		if lines > 0 {
			c.tookPast(part.Room, int64(lines))
		}
	}
	for i := range answer.Rooms {
		if err := c.addLeft(ctx, &answer.Rooms[i]); err != nil {
			return err
		}
	}
	if err := c.adopt(ctx, answer.Marks, me); err != nil {
		return err
	}
	c.mu.Lock()
	h := &c.past.shown
	h.All = h.Have + answer.Missing
	h.Copying = answer.Missing > 0
	c.past.last = c.now()
	c.mu.Unlock()
	c.feed.publish(func(ch *Changes) { ch.History, ch.RoomList = true, true })
	return nil
}

// lacks remembers that a device has not got the rest of a room either.
func (c *Client) lacks(room chat.RoomID, device chat.DeviceID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.past.poor == nil {
		c.past.poor = make(map[chat.RoomID]map[chat.DeviceID]bool)
	}
	if c.past.poor[room] == nil {
		c.past.poor[room] = make(map[chat.DeviceID]bool)
	}
	c.past.poor[room][device] = true
}

// tookPast shows that a part came.
func (c *Client) tookPast(room chat.RoomID, lines int64) {
	c.mu.Lock()
	h := &c.past.shown
	h.Have += lines
	h.All = max(h.All, h.Have)
	h.Copying = true
	c.past.last = c.now()
	c.mu.Unlock()
	c.feed.publish(func(ch *Changes) {
		ch.History = true
		ch.Rooms = map[chat.RoomID]bool{room: true}
		ch.Past = map[chat.RoomID]bool{room: true}
	})
}

// acceptedElsewhere takes it that the person has accepted a room on another device.
func (c *Client) acceptedElsewhere(ctx context.Context, room chat.RoomID) error {
	r, err := c.db.Room(ctx, room)
	if err != nil || r.State != clientdb.RoomRequest {
		return err
	}
	return c.AcceptRoom(ctx, room)
}

// pastOf returns from which row on this device has a room by itself, if the account was
// in it before; else 0.
func pastOf(account, device uint64) uint64 {
	if device > account {
		return device + 1
	}
	return 0
}

// addLeft shows a room that the person has left on another device.
func (c *Client) addLeft(ctx context.Context, p *wire.PastRoom) error {
	if !sealedKind(p.Kind) || p.Head == 0 || p.Head > 1<<62 {
		return nil
	}
	if _, err := c.db.Room(ctx, p.ID); err == nil {
		return nil
	}
	c.mu.Lock()
	_, known := c.kinds[p.ID]
	c.mu.Unlock()
	if known {
		return nil
	}
	r := clientdb.Room{
		ID: p.ID, Kind: p.Kind, Name: p.Name, Topic: p.Topic, Peer: p.Peer, Created: p.Created,
		State: clientdb.RoomLeft, Since: p.Head, Cursor: p.Head, Read: p.Head,
	}
	if err := c.db.Step(ctx, clientdb.Step{Room: r.ID, Add: &r, Past: p.Head + 1}); err != nil {
		return err
	}
	c.mu.Lock()
	c.kinds[r.ID] = r.Kind
	c.mu.Unlock()
	return nil
}

// keptFlags are the flags of a row that another device found and that stay; the others
// are this device's to find.
const keptFlags = clientdb.Malformed | clientdb.BadSignature | clientdb.RevokedDevice | clientdb.OtherHistory |
	clientdb.OtherPeople | clientdb.CounterTwice | clientdb.CounterGap | clientdb.Deleted | clientdb.IDTaken | clientdb.Unreadable

// pastRows returns the rows of a part that this device takes.
func pastRows(part *wire.PastPart, p clientdb.Past, me chat.AccountID, authors map[chat.DeviceID]device) []clientdb.Message {
	out := make([]clientdb.Message, 0, len(part.Rows))
	last := uint64(0)
	for i := range part.Rows {
		row := &part.Rows[i]
		if row.Seq <= last || row.Seq >= p.Until || row.Seq < part.Next || !row.About && row.Seq >= p.Before || row.Counter > 1<<62 {
			continue
		}
		last = row.Seq
		m := clientdb.Message{
			Seq: row.Seq, Room: part.Room, Line: part.Room, ID: row.ID, Device: row.Device, Counter: row.Counter,
			Sent: row.Sent, Received: row.Received, Kind: uint16(row.Body), Body: row.Data, Text: row.Text,
			Flags: clientdb.Flags(row.Flags) & keptFlags,
		}
		if d, known := authors[row.Device]; known {
			m.Account = d.Account
			if !d.validAt(row.Seq) {
				m.Flags |= clientdb.RevokedDevice
			}
		} else {
			m.Device = chat.DeviceID{}
			if m.Flags&unbelievable == 0 {
				m.Flags |= clientdb.UnknownDevice
			}
		}
		if m.Flags&(clientdb.Deleted|unbelievable) == 0 && !readPast(&m, me) {
			m.Kind, m.Body, m.Text, m.Flags = 0, nil, "", m.Flags|clientdb.Malformed
		}
		if m.Target != (chat.MessageID{}) && m.Flags&(clientdb.CounterTwice|clientdb.CounterGap) != 0 {
			m.Line = part.Room // something is wrong, and that is shown
		}
		if row.About && m.Target == (chat.MessageID{}) {
			continue // said of nothing
		}
		out = append(out, m)
	}
	return out
}

// readPast reads what a row says, and reports whether it can be read.
func readPast(m *clientdb.Message, me chat.AccountID) bool {
	switch kind := wire.BodyKind(m.Kind); kind {
	case wire.KindCommit, wire.KindProposal: // as this program keeps them
		_, err := parseRoomChange(m.Body)
		return err == nil
	default:
		body, err := wire.ParseBody(kind, m.Body)
		if err != nil || !belongsInRooms(body) {
			return false
		}
		about(m, body, true, me)
		return true
	}
}

// aboutPast is about for a row that is here.
func aboutPast(m *clientdb.Message, me chat.AccountID) {
	if m.Flags&(unbelievable|clientdb.Deleted|clientdb.Repeated) != 0 {
		m.Target = chat.MessageID{}
		return
	}
	if body, err := wire.ParseBody(wire.BodyKind(m.Kind), m.Body); err == nil {
		about(m, body, true, me)
	}
}
