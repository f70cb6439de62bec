package client

import (
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/snugchat/snug/crypto/group"
	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/crypto/mail"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

const (
	// askEvery is how often a device that lost a room asks members to let it in again.
	askEvery = 10 * time.Second
	// askedAtOnce is how many devices it asks.
	askedAtOnce = 3
	// answerEvery is how often a device answers the same question.
	answerEvery = 3 * time.Second
)

// askPurpose and infoPurpose name what a letter about a room is.
func askPurpose(room chat.RoomID) string  { return "rejoin ask " + room.String() }
func infoPurpose(room chat.RoomID) string { return "rejoin info " + room.String() }

// rejoining is what a device remembers that asked to be let in again.
type rejoining struct {
	key    mail.Key
	asked  map[chat.DeviceID]bool
	at     time.Time
	cursor uint64 // where it was when it asked
	out    uint64 // the row by which a member said that nobody of this person is in; 0: none did
}

// askRejoin asks members of a room, whose group went on without this device, for
// what it needs to come back, and returns when to look again.
func (s *session) askRejoin(ctx context.Context, l *ledger) (time.Duration, error) {
	sr, now := l.sealed, s.c.now()
	if r := sr.rejoin; r != nil && now.Sub(r.at) < askEvery {
		return r.at.Add(askEvery).Sub(now), nil
	}
	if s.isOut(l) {
		return askEvery, s.wentOut(ctx, l)
	}
	here := sr.mates
	if sr.state == clientdb.RoomBroken {
		members, err := s.c.db.Members(ctx, l.id)
		if err != nil {
			return 0, err
		}
		here = make(map[chat.AccountID]bool)
		for _, m := range members {
			if m.Present {
				here[m.Account] = true
			}
		}
	}
	all := len(here) == 0 // it never came in: whoever is in the room knows it
	s.c.mu.Lock()
	online := make(map[chat.AccountID]bool)
	if all {
		for id := range s.c.people {
			here[id] = true
		}
	}
	for id := range here {
		online[id] = s.c.people[id] != nil && s.c.people[id].Online || id == s.c.place.Account
	}
	s.c.mu.Unlock()
	returns := sr.state == clientdb.RoomReturning
	var devices []*device
	for _, d := range s.keeper.directory.devices {
		if returns && (d.Account == s.account() || !online[d.Account]) {
			continue // other own devices bring this one in; letters for who is away would pile up
		}
		if here[d.Account] && d.Revoked == 0 && d.ID != s.device {
			devices = append(devices, d)
		}
	}
	rand.Shuffle(len(devices), func(i, j int) { devices[i], devices[j] = devices[j], devices[i] }) //nolint:gosec // spreads work among devices, hides nothing
	slices.SortStableFunc(devices, func(a, b *device) int { return btoi(online[b.Account]) - btoi(online[a.Account]) })
	key, err := mail.NewKey()
	if err != nil {
		return 0, err
	}
	sr.rejoin = &rejoining{key: key, asked: make(map[chat.DeviceID]bool), at: now, cursor: l.cursor}
	var mails []wire.Mail
	for _, d := range devices[:min(len(devices), askedAtOnce)] {
		letter, err := mail.Sign(s.envelope, s.address(s.device, d.ID, askPurpose(l.id)), key.Public())
		if err != nil {
			return 0, err
		}
		sr.rejoin.asked[d.ID] = true
		mails = append(mails, wire.Mail{ID: chat.NewMessageID(), To: d.ID, Room: l.id, MailKind: wire.MailRejoinAsk, Data: letter})
	}
	if len(mails) > 0 {
		s.background(func(ctx context.Context) {
			for i := range mails { // one at a time: the host takes none for who is not in the room
				s.mailOut(ctx, mails[i:i+1])
			}
		})
	}
	return askEvery, nil
}

// welcomeWait is how long a device waits for the welcome into a room that the host
// lists for it. Beyond that it is not on its way: this device, restored from a
// backup, had it before, or has lost the keys to open it.
const welcomeWait = 20 * time.Second

// overdue finds the rooms whose welcome did not come, and asks to be let in as for
// those that broke. It returns when to look again, zero if nothing is to come.
func (s *session) overdue(ctx context.Context) (next time.Duration, err error) {
	rooms, err := s.c.db.Rooms(ctx)
	if err != nil || !s.listedAll {
		return 0, err
	}
	now := s.c.now()
	for i := range rooms {
		r := &rooms[i]
		info, listed := s.infos[r.ID]
		if r.State != clientdb.RoomComing || !listed || info.Gone || s.letterAbout(r.ID) {
			delete(s.coming, r.ID)
			continue
		}
		since, seen := s.coming[r.ID]
		if !seen {
			since = now
			s.coming[r.ID] = now
		}
		wait := welcomeWait - now.Sub(since)
		if wait > 0 {
			if next == 0 || wait < next {
				next = wait
			}
			continue
		}
		delete(s.coming, r.ID)
		if err := s.missed(ctx, r.ID, info.Since); err != nil {
			return next, err
		}
	}
	return next, nil
}

// letterAbout reports whether a mail about a room waits to be taken.
func (s *session) letterAbout(room chat.RoomID) bool {
	return slices.ContainsFunc(s.mails, func(l *letter) bool { return l.mail.Room == room })
}

// missed goes on with a room that this device is in, by the host's list since a
// row, and has no keys of.
func (s *session) missed(ctx context.Context, room chat.RoomID, since uint64) error {
	s.c.log.Warn("no welcome into a room", "since", since)
	err := s.c.db.Step(ctx, clientdb.Step{Room: room, Change: func(r *clientdb.Room) {
		if since > r.Cursor {
			r.Since, r.Cursor, r.Chained = since, since, false
		}
		r.State = clientdb.RoomBroken
	}})
	if err != nil {
		return err
	}
	r, err := s.c.db.Room(ctx, room)
	if err != nil {
		return err
	}
	if err := s.listen(ctx, r); err != nil {
		return err
	}
	s.c.feed.publish(func(ch *Changes) { ch.RoomList = true })
	return s.fetchMore()
}

// address says where a letter belongs.
func (s *session) address(from, to chat.DeviceID, purpose string) mail.Address {
	return mail.Address{Place: s.keeper.host, From: identity.DeviceID(from), To: identity.DeviceID(to), Purpose: purpose}
}

// mailOut gives mails to the host.
func (s *session) mailOut(ctx context.Context, mails []wire.Mail) {
	_, err := s.c.do(ctx, func(ref uint32) wire.Message { return &wire.SendMail{Ref: ref, Mails: mails} })
	if err != nil && ctx.Err() == nil {
		s.c.log.Warn("mail not sent", "err", err)
	}
}

// rejoinAsked answers a member's device that lost a room of this one, and reports
// whether the mail is through.
func (s *session) rejoinAsked(ctx context.Context, m *wire.Mail) (bool, error) {
	l, d := s.keeper.ledgers[m.Room], s.keeper.directory.devices[m.From]
	if d == nil || d.parse() != nil || d.Revoked != 0 {
		return true, nil
	}
	if l == nil || l.sealed == nil || lostState(l.sealed.state) {
		return true, nil // others can answer
	}
	if !l.live || len(l.held) > 0 {
		return false, nil // when this device has all there is
	}
	to, err := mail.Verify(d.envelope, s.address(m.From, s.device, askPurpose(m.Room)), m.Data)
	if err != nil {
		return true, nil
	}
	if err := s.keeper.open(ctx, l); err != nil {
		return false, err
	}
	g, now := l.sealed.group, s.c.now()
	if g == nil || !g.Joined() || now.Sub(s.answered[asker{m.From, m.Room}]) < answerEvery {
		return true, nil
	}
	var info []byte // none: nobody of that person is in the room
	if _, in := g.Member(identity.DeviceID(m.From)); in || s.replaces(g, d) {
		if info, err = g.GroupInfo(); err != nil {
			return true, err
		}
	} else if person, err := identity.NewPublicKey(d.identity[:]); err != nil || g.Has(person) {
		return true, nil // it comes in with a welcome, as any new device
	}
	s.answered[asker{m.From, m.Room}] = now
	// The row up to which this is what the group is.
	body := append(binary.BigEndian.AppendUint64(nil, l.cursor), info...)
	letter, err := mail.Seal(s.envelope, s.address(s.device, m.From, infoPurpose(m.Room)), to, body)
	if err != nil {
		return true, nil // the key is none
	}
	answer := wire.Mail{ID: chat.NewMessageID(), To: m.From, Room: m.Room, MailKind: wire.MailRejoinInfo, Data: letter}
	line := s.line
	s.background(func(ctx context.Context) {
		if len(letter) > s.c.inline() {
			root := rootOfParcel(letter)
			if err := s.c.files.putParcel(ctx, line, m.Room, root, letter); err != nil {
				s.c.log.Warn("answer to a device that lost a room not sent", "err", err)
				return
			}
			answer.Data, answer.Blob = nil, &wire.BlobRef{Root: root, Length: int64(len(letter))}
		}
		s.mailOut(ctx, []wire.Mail{answer})
	})
	return true, nil
}

// asker is a device that asks to be let into a room.
type asker struct {
	device chat.DeviceID
	room   chat.RoomID
}

// errOldInfo says that a commit came after what a member told.
var errOldInfo = errors.New("the room has gone on since")

// rejoinInfo takes what a member tells a device that lost a room.
func (s *session) rejoinInfo(ctx context.Context, m *wire.Mail) error {
	l, d := s.keeper.ledgers[m.Room], s.keeper.directory.devices[m.From]
	if l == nil || l.sealed == nil || !lostState(l.sealed.state) || l.sealed.rejoin == nil || d == nil || d.parse() != nil || d.Revoked != 0 {
		return nil
	}
	sr := l.sealed
	if !sr.rejoin.asked[m.From] || len(sr.changes) > 0 || sr.commit != (chat.MessageID{}) {
		return nil // one answer is enough
	}
	body, err := mail.Open(sr.rejoin.key, d.envelope, s.address(m.From, s.device, infoPurpose(m.Room)), m.Data)
	if err != nil || len(body) < 8 {
		s.c.log.Warn("answer about a lost room refused")
		return nil
	}
	seq, info := binary.BigEndian.Uint64(body), body[8:]
	if seq < sr.rejoin.cursor {
		return nil // whoever told it lags behind
	}
	if len(info) == 0 {
		sr.rejoin.out = max(sr.rejoin.out, seq)
		return nil // unless another one knows better
	}
	id := wire.GroupID(s.keeper.host, l.id)
	epoch, err := group.InfoEpoch(id, info)
	if err != nil {
		return nil
	}
	device, err := s.keeper.groupDevice()
	if err != nil {
		return err
	}
	// Nobody signs the number of an epoch before it is reached: who has this one
	// or a later one has lost nothing, unless the host has lost how it came to that.
	tx := s.c.db.GroupTx(ctx)
	lost, err := isLost(tx, l.id)
	if err != nil {
		return err
	}
	if old, err := device.Load(tx, id); err == nil && !lost && old.Joined() && old.Epoch() >= epoch {
		return nil
	}
	return s.want(l, &change{done: make(chan error, 1), build: func(_ context.Context, _ *session, l *ledger) (*deed, error) {
		if !lostState(sr.state) {
			return nil, nil
		}
		if sr.lastCommit > seq || l.cursor < seq {
			sr.rejoin = nil // ask again
			signal(s.tend)
			return nil, errOldInfo
		}
		return &deed{rejoin: info}, nil
	}})
}

// isOut reports whether a member has said that nobody of this person is in a room,
// though the host lists them, and no other one who was asked has let this device in.
// Then the person had left it, and their devices were restored or signed out before
// they told the host.
func (s *session) isOut(l *ledger) bool {
	sr := l.sealed
	if sr.rejoin == nil || sr.rejoin.out == 0 || len(sr.changes) > 0 || sr.commit != (chat.MessageID{}) {
		return false
	}
	info, listed := s.infos[l.id]
	// It counts for the time in the room that the host has, and if nothing has changed since.
	return listed && !info.Gone && sr.rejoin.out > info.Since && sr.lastCommit <= sr.rejoin.out && !s.letterAbout(l.id)
}

// wentOut ends a room that this person is not in any more, and tells the host, so that
// they can be invited again.
func (s *session) wentOut(ctx context.Context, l *ledger) error {
	c := s.c
	c.log.Warn("members say that this person is not in a room any more")
	r, err := c.db.Room(ctx, l.id)
	if err != nil {
		return err
	}
	s.tellLeft(l.id)
	if err := s.gone(ctx, &r); err != nil {
		return err
	}
	c.feed.publish(func(ch *Changes) { ch.RoomList = true })
	return nil
}
