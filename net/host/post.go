package host

import (
	"errors"
	"time"

	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// post takes an envelope: it checks all that can be checked here, hands it to the
// store, and answers when it is on disk.
func (s *session) post(m *wire.Post) error {
	env, err := wire.ParseEnvelope(m.Envelope)
	if err != nil {
		s.h.log.Debug("malformed envelope", "name", s.name(), "err", err)
		s.goodbye(&wire.Goodbye{Code: wire.CodeBadMessage}, byeTime)
		return nil
	}
	p, err := s.checkPost(env, m)
	if err == nil {
		err = s.store(p)
	}
	if err != nil {
		r := codeOfError(err)
		if r.code == wire.CodeFailed && s.ctx.Err() == nil {
			s.h.log.Error("message not taken", "err", err)
		}
		s.send(&wire.Posted{Room: env.Room, ID: env.ID, Code: r.code, After: r.after})
	}
	return nil
}

// store hands a row over, with what belongs to it. The answer comes from the order
// of the rooms.
func (s *session) store(p *chat.Post) error {
	s.flying.Add(1)
	if !p.Sealed {
		s.h.typingMu.Lock()
		s.h.typing.Stop(p.Row.Room, s.account) // the next signal is about another message
		s.h.typingMu.Unlock()
	}
	err := s.h.store.Append(p, func(outcome chat.Outcome, last uint64, err error) {
		if p.Sealed && err == nil && outcome == chat.Appended {
			s.h.rooms.appended(p)
		}
		s.h.order.push(stored{row: p.Row, post: p, from: s, outcome: outcome, last: last, err: err})
	})
	if err == nil {
		return nil
	}
	s.flying.Add(-1)
	s.h.log.Warn("message not taken", "err", err)
	return &refusal{code: wire.CodeBusy, after: 1}
}

// checkPost checks an envelope, and returns its row with what belongs to it.
func (s *session) checkPost(env *wire.Envelope, m *wire.Post) (*chat.Post, error) {
	a, err := s.member()
	if err != nil {
		return nil, err
	}
	r := s.h.rooms.get(env.Room)
	switch {
	case env.Room == chat.Directory:
		return nil, refuse(wire.CodeNotAllowed) // entries come by RegisterFinish
	case r == nil || !s.h.rooms.in(r, s.account):
		return nil, refuse(wire.CodeNoRoom)
	case !policy(a.Role, actPost, 0):
		return nil, refuse(wire.CodeNotAllowed)
	case env.Device != s.device:
		return nil, refuse(wire.CodeBadSignature)
	}
	if wait := s.h.holdPosts(r); wait > 0 {
		return nil, &refusal{code: wire.CodeBusy, after: seconds(wait)}
	}
	if err := s.slow(env.Room, env.Counter); err != nil {
		return nil, err
	}
	if s.flying.Load() >= maxFlying {
		return nil, &refusal{code: wire.CodeBusy, after: 1}
	}
	p := &struct { // one piece of memory for each message
		chat.Post
		row chat.Row
	}{row: chat.Row{
		Room: env.Room, Received: s.h.now().UnixMilli(), Device: env.Device, Counter: env.Counter, ID: env.ID,
		Envelope: m.Envelope, Signature: m.Signature,
	}}
	p.Row = &p.row
	if r.kind.Sealed() {
		err = s.checkSealed(r, env, m, &p.Post)
	} else {
		err = s.checkOpen(a, env, m, &p.Post)
	}
	if err != nil {
		return nil, err
	}
	return &p.Post, nil
}

// checkOpen checks an envelope of an open room, and fills in p what belongs to its
// row.
func (s *session) checkOpen(a *chat.Account, env *wire.Envelope, m *wire.Post, p *chat.Post) error {
	body, err := wire.ParseBody(env.Body, env.Data)
	switch {
	case errors.Is(err, wire.ErrTooLong):
		return refuse(wire.CodeTooLong)
	case err != nil || m.Members != nil || len(m.Mails) > 0 || len(m.Blobs) > 0:
		return refuse(wire.CodeBadMessage)
	}
	if err := s.verify(m); err != nil {
		return err
	}
	switch b := body.(type) {
	case *wire.Text, *wire.Reaction, *wire.Edit, *wire.Pin:
		return nil
	case *wire.Delete:
		// Whose message it is the clients judge; that one who deletes those of
		// others looks after the place, they take from the host.
		if b.Moderate && !policy(a.Role, actModerate, 0) {
			return refuse(wire.CodeNotAllowed)
		}
		return nil
	case *wire.File:
		if !policy(a.Role, actUpload, 0) {
			return refuse(wire.CodeNotAllowed)
		}
		p.Blobs, p.Files = [][32]byte{b.Root}, true
		return s.h.files.check(s.ctx, env.Room, b)
	}
	return refuse(wire.CodeNotAllowed)
}

// slow takes a token for a message with this counter. Once one was told to slow
// down, later ones of its room wait for it.
func (s *session) slow(room chat.RoomID, counter uint64) error {
	now := s.h.now()
	if s.holds.stops(room, counter, now) {
		return &refusal{code: wire.CodeSlowDown, after: 1}
	}
	if wait := s.rates.post(now); wait > 0 {
		if s.holds == nil {
			s.holds = make(holds)
		}
		after := seconds(wait)
		s.holds.hold(room, counter, now, time.Duration(after)*time.Second)
		return &refusal{code: wire.CodeSlowDown, after: after}
	}
	s.holds.passed(room)
	return nil
}

// verify checks the signature of an envelope by this device's certified key.
func (s *session) verify(m *wire.Post) error {
	key, err := s.envelopeKey()
	if err != nil {
		return err
	}
	if !key.Verify(wire.LabelOpenEnvelope, m.Signature, s.h.key[:], m.Envelope) {
		return refuse(wire.CodeBadSignature)
	}
	return nil
}

// envelopeKey returns the key by which this device signs, from its certificate.
func (s *session) envelopeKey() (*identity.PublicKey, error) {
	if s.envelope == nil {
		var certificate []byte
		s.h.roster.read(func(st *state) {
			if d := st.devices[s.device]; d != nil {
				certificate = d.Certificate
			}
		})
		cert, err := identity.ParseCertificate(certificate)
		if err != nil {
			return nil, refuse(wire.CodeWrongKey)
		}
		s.envelope = &cert.Envelope
	}
	return s.envelope, nil
}

// typing passes on that somebody writes in an open room. In a sealed one the host
// shall not know.
func (s *session) typing(m *wire.Typing) error {
	r := s.h.rooms.get(m.Room)
	if _, err := s.member(); err != nil || r == nil || r.kind != chat.RoomOpen {
		return nil // it is worth no answer
	}
	s.h.typingMu.Lock()
	due := s.h.typing.Note(m.Room, s.account, s.h.now())
	s.h.typingMu.Unlock()
	if due {
		r.signal(wire.Append(nil, &wire.Typing{Room: m.Room, Account: s.account}), func(to *session) bool { return to.account != s.account })
	}
	return nil
}
