package client

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/snugchat/snug/crypto/group"
	"github.com/snugchat/snug/crypto/mls"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// maxMails is how many mails wait in memory; the host keeps as many for a device.
const maxMails = 256

// mailKept is how long a mail that was taken is remembered: twice as long as a
// host keeps one.
const mailKept = 60 * 24 * time.Hour

// letter is a mail on this device.
type letter struct {
	mail     *wire.Mail
	fetching bool
}

// mailCame takes a mail of the host.
func (s *session) mailCame(ctx context.Context, m *wire.Mail) error {
	if len(s.mails) >= maxMails {
		return nil // the host has it still
	}
	for _, l := range s.mails {
		if l.mail.ID == m.ID {
			return nil
		}
	}
	s.mails = append(s.mails, &letter{mail: m})
	return s.tryMails(ctx)
}

// tryMails opens the mails that can be opened now.
func (s *session) tryMails(ctx context.Context) error {
	if !s.active || !s.keeper.ledgers[chat.Directory].live {
		return nil
	}
	for _, l := range append([]*letter(nil), s.mails...) {
		if l.fetching {
			continue
		}
		done, err := s.openMail(ctx, l)
		if err != nil {
			return err
		}
		if done {
			s.dropMail(l)
			if err := s.line.send(&wire.MailDone{ID: l.mail.ID}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *session) dropMail(l *letter) {
	for i := range s.mails {
		if s.mails[i] == l {
			s.mails = append(s.mails[:i], s.mails[i+1:]...)
			return
		}
	}
}

// openMail takes a mail and reports whether it is through.
func (s *session) openMail(ctx context.Context, l *letter) (bool, error) {
	c, m := s.c, l.mail
	taken, err := c.db.MailTaken(ctx, m.ID)
	if err != nil || taken {
		return taken, err
	}
	if m.To != s.device {
		return true, nil
	}
	if m.Blob != nil && m.Data == nil {
		s.fetchMail(l)
		return false, nil
	}
	switch m.MailKind {
	case wire.MailWelcome:
		return s.welcome(ctx, m)
	case wire.MailRejoinAsk:
		if done, err := s.rejoinAsked(ctx, m); err != nil || !done {
			return false, err
		}
	case wire.MailRejoinInfo:
		if err := s.rejoinInfo(ctx, m); err != nil {
			return false, err
		}
	case wire.MailVerify:
		if done, err := s.verifyMail(ctx, m); err != nil || !done {
			return false, err
		}
	case wire.MailNewsKey:
		if done, err := s.newsKeyCame(ctx, m); err != nil || !done {
			return false, err
		}
	case wire.MailNews:
		if done, err := s.newsCame(ctx, m); err != nil || !done {
			return false, err
		}
	case wire.MailDevice:
		if !s.historyAsked(l) {
			return false, nil
		}
	case wire.MailHistory:
		if !s.historyCame(l) {
			return false, nil
		}
	default:
		return false, nil // of a later version: the host keeps it
	}
	return true, c.db.NoteMail(ctx, m.ID, c.nowMS(), c.nowMS()-mailKept.Milliseconds())
}

// fetchMail fetches the blob of a mail.
func (s *session) fetchMail(l *letter) {
	l.fetching = true
	m, line := l.mail, s.line
	s.background(func(ctx context.Context) {
		data, err := s.c.files.getParcel(ctx, line, m.Room, *m.Blob)
		gone := CodeOf(err) == wire.CodeNoBlob || CodeOf(err) == wire.CodeFileGone
		if err != nil && !gone {
			s.c.log.Warn("mail not fetched", "err", err)
			select { // not at once again
			case <-time.After(2 * time.Second):
			case <-ctx.Done():
			}
		}
		s.tell(ctx, func(ctx context.Context) error {
			l.fetching = false
			switch {
			case gone: // nothing to wait for
				s.dropMail(l)
				return s.line.send(&wire.MailDone{ID: m.ID})
			case err == nil:
				m.Data = data
			}
			return s.tryMails(ctx)
		})
	})
}

// welcome enters a room by a welcome. It reports whether the mail is through.
func (s *session) welcome(ctx context.Context, m *wire.Mail) (bool, error) {
	c, k := s.c, s.keeper
	info, listed := s.infos[m.Room]
	if !listed {
		return false, nil // the list of rooms has to come first
	}
	junk := func(why string) (bool, error) {
		c.log.Info("welcome into a room not taken", "why", why)
		return true, c.db.NoteMail(ctx, m.ID, c.nowMS(), c.nowMS()-mailKept.Milliseconds())
	}
	if info.Gone && m.Seq > info.Head {
		return false, nil // newer than what the list says: that comes
	}
	if !sealedKind(info.Kind) {
		return junk("no sealed room")
	}
	r, err := c.db.Room(ctx, m.Room)
	if errors.Is(err, clientdb.ErrNoRoom) {
		r, err = s.newRoom(info), nil // of a time that is over: its rows are there still
	}
	if err != nil {
		return false, err
	}
	read, returning := r.Cursor, r.State == clientdb.RoomReturning
	if returning {
		read = r.Since // what came after that could not be read
	}
	switch {
	case m.Seq > 0 && m.Seq <= read:
		return junk("of a time that was read")
	case following(&r) && m.Seq == 0 && !returning:
		return junk("in the room already")
	case following(&r) && !lostState(r.State):
		return false, nil // nobody replaces the group that this device is in: when that is over
	}
	d, err := k.groupDevice()
	if err != nil {
		return false, nil // when the directory has brought this device
	}
	tx := c.db.GroupTx(ctx)
	replaces, err := d.Load(tx, wire.GroupID(k.host, m.Room))
	if err != nil && !errors.Is(err, mls.ErrNoGroup) {
		return false, err
	}
	if err := tx.DeletePrefix(groupKey(k.host, m.Room), ""); err != nil {
		return false, err
	}
	g, err := d.Join(tx, wire.GroupID(k.host, m.Room), m.Data)
	switch {
	case err == nil:
	case errors.Is(err, mls.ErrNoKeyPackage) && !info.Gone && m.Seq > info.Since && r.State == clientdb.RoomComing:
		// Made with a key package whose keys this device lost, when it was restored
		// from a backup: it is in the room, and needs somebody who lets it in.
		if err := s.missed(ctx, m.Room, m.Seq-1); err != nil {
			return false, err
		}
		return junk("its key package is gone")
	case group.Skip(err), errors.Is(err, mls.ErrNoKeyPackage), errors.Is(err, group.ErrNotAllowed), errors.Is(err, group.ErrCredential), errors.Is(err, group.ErrPolicy):
		c.log.Warn("welcome refused", "err", err)
		return junk("it proves nothing")
	default:
		return false, err
	}
	if err := errors.Join(unmarkStale(tx, m.Room), tx.DeletePrefix(leavingKey(m.Room), "")); err != nil {
		return false, err
	}
	policy := g.Policy()
	if policy.Direct != (info.Kind == chat.RoomDirect) {
		return junk("a group of another kind")
	}
	inviter, _ := g.Inviter()
	if !mayReplace(replaces, d, inviter) {
		return junk("nobody took this device out of the room") // but the host says so
	}
	from, known := k.accountOf(inviter)
	c.mu.Lock()
	me := c.place.Account
	blocked := known && c.people[from] != nil && c.people[from].Blocked
	verified := known && c.people[from] != nil && c.people[from].Verified
	c.mu.Unlock()
	members := k.membersOf(g, m.Seq)
	peer := from
	state := clientdb.RoomJoined
	if info.Kind == chat.RoomDirect {
		peer = me // notes to oneself
		for _, v := range members {
			if v.Account != me {
				peer = v.Account
			}
		}
		if !s.isDirect(m.Room, me, peer) {
			return junk("direct messages of other people")
		}
		if peer != me && from != me && !verified && !returning {
			state = clientdb.RoomRequest
		}
	}
	if blocked && from != me {
		return junk("of somebody who is blocked")
	}
	since := info.Since
	if m.Seq > 0 {
		since = m.Seq - 1
	}
	var own []chat.MessageID
	if returning {
		since = max(since, r.Since) // what came before that is here
		if own, err = s.stopReturning(ctx, m.Room); err != nil {
			return false, err
		}
	}
	now := c.nowMS()
	r.Since, r.Cursor, r.Chained, r.State, r.Peer = since, since, since == 0, state, peer
	r.Name, r.Topic, r.Admin, r.Healed, r.Spoken = policy.Name, policy.Topic, policy.IsAdmin(d.Identity()), 0, 0
	if known {
		r.Maker = from
	}
	err = c.db.Step(ctx, clientdb.Step{
		Room: m.Room, Add: &r, Groups: tx, Members: members, Mail: m.ID, Taken: now, Past: pastOf(info.Since, since), Again: returning, Drop: own, Unpack: len(own) > 0,
		Change: func(to *clientdb.Room) {
			counter, read := to.Counter, to.Read
			*to = r
			to.Counter, to.Read = counter, max(read, since)
		},
	})
	if err != nil {
		return false, err
	}
	k.drop(m.Room)
	delete(s.outbox, m.Room)
	delete(s.rows, m.Room) // they come again, after their chain
	if err := s.listen(ctx, r); err != nil {
		return false, err
	}
	if l := k.ledgers[m.Room]; l != nil {
		l.sealed.group, l.sealed.opened = g, true
		l.sealed.inviter = chat.DeviceID(inviter.Device)
		l.chained = r.Chained
	}
	c.feed.publish(func(ch *Changes) { ch.RoomList, ch.Rooms = true, map[chat.RoomID]bool{m.Room: true} })
	signal(s.tend)
	return true, s.fetchMore()
}

// mayReplace reports whether a welcome of somebody may take the place of the group
// that this device has of a room, if it has one and was not seen to be taken out
// of it. Else the host and any member could together put a group of theirs in the
// place of the real one: only who could take this device out and bring it in again
// may, by what this device knows: an admin, or one of the own devices.
func mayReplace(old *group.Group, d *group.Device, inviter group.Member) bool {
	if old == nil || !old.Joined() || inviter.Identity.Equal(d.Identity()) || old.IsAdmin(inviter.Identity) {
		return true
	}
	return slices.ContainsFunc(old.Leaving(), func(m group.Member) bool { return m.Device == d.ID() })
}

// isDirect reports whether a room is the one of the direct messages of two
// accounts.
func (s *session) isDirect(room chat.RoomID, a, b chat.AccountID) bool {
	for generation := range uint32(maxGenerations) {
		if wire.DirectRoom(s.keeper.host, a, b, generation) == room {
			return true
		}
	}
	return false
}

// maxGenerations is how often two people may begin their direct messages, the first
// time included. A host takes no more, and another client may use all of them.
const maxGenerations = wire.MaxGeneration + 1
