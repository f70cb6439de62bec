package client

import (
	"bytes"
	"context"
	"slices"

	"github.com/snugchat/snug/crypto/mail"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

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
