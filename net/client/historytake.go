package client

import (
	"context"
	"time"

	"github.com/snugchat/snug/crypto/mail"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

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
