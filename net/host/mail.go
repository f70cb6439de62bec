package host

import (
	"sync"

	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// mailWindow is how many bytes of mail a device is sent before it says that it has
// them, so that a full box does not fill its link's queue of 1 MiB.
const mailWindow = 128 << 10

// mailBytes is what a mail takes in a message besides its data.
const mailBytes = 200

// mailbox is what one connection was sent of its device's mail.
type mailbox struct {
	after int64                   // the last mail that was sent
	out   map[chat.MessageID]sent // those that it has not yet
	bytes int                     // of all of them
}

// sent is a mail that a connection was sent.
type sent struct {
	size int
	blob [32]byte // that it names, zero: none
}

// want is what a device is to be brought.
type want uint8

const (
	wantMail  want = 1 << iota // mails that came
	wantCount                  // how many key packages the host has of it
	wantMore                   // the same, if there are few
)

// postman brings mail to devices that are connected: one goroutine, which reads the
// store, so that neither the order of the rooms nor a session has to.
type postman struct {
	h    *Host
	wake chan struct{} // has room for one

	mu    sync.Mutex // guards what follows, and the mailboxes of all sessions
	wants map[chat.DeviceID]want
}

func newPostman(h *Host) *postman {
	return &postman{h: h, wake: make(chan struct{}, 1), wants: make(map[chat.DeviceID]want)}
}

// bring says that there may be something for a device. It never blocks.
func (p *postman) bring(device chat.DeviceID, w want) {
	p.mu.Lock()
	p.wants[device] |= w
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// run brings what there is until the host ends.
func (p *postman) run() {
	for {
		select {
		case <-p.h.ctx.Done():
			return
		case <-p.wake:
		}
		p.mu.Lock()
		wants := p.wants
		p.wants = make(map[chat.DeviceID]want)
		p.mu.Unlock()
		for device, w := range wants {
			if p.h.ctx.Err() != nil {
				return
			}
			p.serve(device, w)
		}
	}
}

func (p *postman) serve(device chat.DeviceID, w want) {
	p.h.mu.Lock()
	s := p.h.sessions[device]
	here := s != nil && s.present
	p.h.mu.Unlock()
	if !here {
		return // it comes when the device does
	}
	if w&(wantCount|wantMore) != 0 {
		k, err := p.h.store.KeyPackages(p.h.ctx, device)
		if err != nil {
			p.h.log.Warn("key packages not counted", "err", err)
		} else if w&wantCount != 0 || k.Count < wire.LowKeyPackages {
			s.send(&wire.KeyPackageCount{Count: uint32(k.Count), LastResort: k.LastResort})
		}
	}
	if w&wantMail != 0 {
		p.deliver(s)
	}
}

// deliver sends a session what fits its window.
func (p *postman) deliver(s *session) {
	for {
		after, room := int64(0), mailWindow
		p.mu.Lock()
		if s.mail != nil {
			after, room = s.mail.after, mailWindow-s.mail.bytes
		}
		p.mu.Unlock()
		if room <= 0 {
			return
		}
		mails, err := p.h.store.Mails(p.h.ctx, s.device, after, room)
		if err != nil {
			if p.h.ctx.Err() == nil {
				p.h.log.Error("mail not read", "err", err)
			}
			return
		}
		if len(mails) == 0 {
			return
		}
		p.mu.Lock()
		if s.mail == nil { // most connections never have any
			s.mail = &mailbox{out: make(map[chat.MessageID]sent)}
		}
		for i := range mails {
			size := mailBytes + len(mails[i].Data)
			s.mail.after = mails[i].N
			s.mail.bytes += size - s.mail.out[mails[i].ID].size
			s.mail.out[mails[i].ID] = sent{size, mails[i].Blob}
		}
		p.mu.Unlock()
		for i := range mails {
			s.send(wireMail(&mails[i]))
		}
	}
}

// taken notes that a session has a mail, and returns the blob that it named.
func (p *postman) taken(s *session, id chat.MessageID) (blob [32]byte) {
	p.mu.Lock()
	if s.mail != nil {
		blob = s.mail.out[id].blob
		s.mail.bytes -= s.mail.out[id].size
		delete(s.mail.out, id)
	}
	p.mu.Unlock()
	p.bring(s.device, wantMail)
	return blob
}

func wireMail(m *chat.Mail) *wire.Mail {
	w := &wire.Mail{ID: m.ID, To: m.To, From: m.From, Room: m.Room, MailKind: wire.MailKind(m.Kind), Data: m.Data, Seq: m.Seq, Time: m.Time}
	if m.Length > 0 {
		w.Blob = &wire.BlobRef{Root: m.Blob, Length: m.Length}
	}
	return w
}

// mailOf returns a mail of this device as it is stored.
func (s *session) mailOf(w *wire.Mail) chat.Mail {
	m := chat.Mail{ID: w.ID, To: w.To, From: s.device, Room: w.Room, Kind: uint8(w.MailKind), Data: w.Data}
	if w.Blob != nil {
		m.Blob, m.Length = w.Blob.Root, w.Blob.Length
	}
	return m
}

// mailDone forgets a mail that this device has.
func (s *session) mailDone(m *wire.MailDone) error {
	if _, err := s.member(); err != nil {
		return s.fail(0, err)
	}
	if err := s.h.store.RemoveMail(s.ctx, s.device, m.ID); err != nil {
		return s.fail(0, err)
	}
	blob := s.h.postman.taken(s, m.ID)
	if blob != [32]byte{} && s.h.blobs != nil {
		// Unless a row or another mail names it, nobody needs it any more; a history
		// of many parts would fill what its sender may have on the way.
		if _, err := s.h.files.forget(s.ctx, blob); err != nil && s.ctx.Err() == nil {
			s.h.log.Warn("blob of a mail not removed", "err", err)
		}
	}
	return nil
}

// sendMail takes mails that come with no commit.
func (s *session) sendMail(m *wire.SendMail) error {
	_, err := s.asking()
	if err != nil {
		return s.fail(m.Ref, err)
	}
	mails := make([]chat.Mail, 0, len(m.Mails))
	for i := range m.Mails {
		stranger, err := s.checkMail(&m.Mails[i])
		if err != nil {
			return s.fail(m.Ref, err)
		}
		mail := s.mailOf(&m.Mails[i])
		mail.Stranger = stranger
		mails = append(mails, mail)
	}
	if len(mails) == 0 {
		return s.fail(m.Ref, refuse(wire.CodeBadMessage))
	}
	ok, err := s.h.store.PutMails(s.ctx, mails, s.h.now().UnixMilli())
	if err == nil && !ok {
		err = refuse(wire.CodeTooMany)
	}
	if err != nil {
		return s.fail(m.Ref, err)
	}
	for i := range mails {
		s.h.postman.bring(mails[i].To, wantMail)
	}
	return s.answer(m.Ref, wire.Done{}, nil)
}

// checkMail says whether this device may send a mail: to the account's own ones,
// and to those of others in the room that it is about, or in any sealed room if it
// is about none. A short one that verifies people may go to everybody in the place,
// as from a stranger.
func (s *session) checkMail(w *wire.Mail) (stranger bool, err error) {
	owner, ok := s.h.ownerOf(w.To)
	if !ok {
		return false, refuse(wire.CodeNoAccount)
	}
	if owner != s.account && (w.Room == chat.RoomID{}) && w.MailKind == wire.MailVerify && w.Blob == nil && len(w.Data) <= wire.MaxVerify {
		return true, nil
	}
	return false, s.checkOwner(w, owner)
}

func (s *session) checkOwner(w *wire.Mail, owner chat.AccountID) error {
	r := s.h.rooms.get(w.Room)
	switch {
	case owner == s.account && (w.Room == chat.RoomID{} || s.h.rooms.in(r, owner)):
	case w.Room == chat.RoomID{}:
		if !s.h.rooms.share(s.account, owner) {
			return refuse(wire.CodeNotAllowed)
		}
	case r == nil || !r.kind.Sealed() || !s.h.rooms.in(r, s.account):
		return refuse(wire.CodeNoRoom)
	case !s.h.rooms.in(r, owner):
		return refuse(wire.CodeNotAllowed)
	}
	if w.Blob == nil {
		return nil
	}
	return s.h.files.here(s.ctx, w.Room, w.Blob.Root)
}
