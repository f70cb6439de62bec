package host

import (
	"errors"
	"time"

	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// post takes an envelope for an open room: it checks all that can be checked
// here, hands it to the store, and answers when it is on disk.
func (s *session) post(m *wire.Post) error {
	env, err := wire.ParseEnvelope(m.Envelope)
	if err != nil {
		s.h.log.Debug("malformed envelope", "name", s.name(), "err", err)
		s.goodbye(&wire.Goodbye{Code: wire.CodeBadMessage}, byeTime)
		return nil
	}
	file, err := s.checkPost(env, m)
	if err == nil {
		row := &chat.Row{
			Room: env.Room, Received: s.h.now().UnixMilli(), Device: env.Device, Counter: env.Counter, ID: env.ID,
			Envelope: m.Envelope, Signature: m.Signature,
		}
		err = s.store(row, file)
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

// store hands a row over. The answer comes from the order of the rooms.
func (s *session) store(row *chat.Row, file *[32]byte) error {
	s.flying.Add(1)
	s.h.typingMu.Lock()
	s.h.typing.Stop(row.Room, s.account) // the next signal is about another message
	s.h.typingMu.Unlock()
	err := s.h.store.Append(row, file, func(outcome chat.Outcome, last uint64, err error) {
		s.h.order.push(stored{row: row, from: s, outcome: outcome, last: last, err: err, file: file != nil})
	})
	if err == nil {
		return nil
	}
	s.flying.Add(-1)
	s.h.log.Warn("message not taken", "err", err)
	return &refusal{code: wire.CodeBusy, after: 1}
}

// checkPost checks an envelope, and returns the root of the file that it hands
// over, if it does.
func (s *session) checkPost(env *wire.Envelope, m *wire.Post) (*[32]byte, error) {
	a, err := s.member()
	if err != nil {
		return nil, err
	}
	switch {
	case env.Room == chat.Directory:
		return nil, refuse(wire.CodeNotAllowed) // entries come by RegisterFinish
	case s.h.order.rooms[env.Room] == nil:
		return nil, refuse(wire.CodeNoRoom)
	case !policy(a.Role, actPost, 0):
		return nil, refuse(wire.CodeNotAllowed)
	case env.Device != s.device:
		return nil, refuse(wire.CodeBadSignature)
	}
	if err := s.slow(env.Room, env.Counter); err != nil {
		return nil, err
	}
	if s.flying.Load() >= maxFlying {
		return nil, &refusal{code: wire.CodeBusy, after: 1}
	}
	body, err := wire.ParseBody(env.Body, env.Data)
	switch {
	case errors.Is(err, wire.ErrTooLong):
		return nil, refuse(wire.CodeTooLong)
	case err != nil:
		return nil, refuse(wire.CodeBadMessage)
	}
	if err := s.verify(m); err != nil {
		return nil, err
	}
	switch b := body.(type) {
	case *wire.Text, *wire.Reaction, *wire.Edit, *wire.Pin:
		return nil, nil
	case *wire.Delete:
		// Whose message it is the clients judge; that one who deletes those of
		// others looks after the place, they take from the host.
		if b.Moderate && !policy(a.Role, actModerate, 0) {
			return nil, refuse(wire.CodeNotAllowed)
		}
		return nil, nil
	case *wire.File:
		if !policy(a.Role, actUpload, 0) {
			return nil, refuse(wire.CodeNotAllowed)
		}
		return &b.Root, s.h.files.check(s.ctx, env.Room, b)
	}
	return nil, refuse(wire.CodeNotAllowed)
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
	if s.envelope == nil {
		var certificate []byte
		s.h.roster.read(func(st *state) {
			if d := st.devices[s.device]; d != nil {
				certificate = d.Certificate
			}
		})
		cert, err := identity.ParseCertificate(certificate)
		if err != nil {
			return refuse(wire.CodeWrongKey)
		}
		s.envelope = &cert.Envelope
	}
	if !s.envelope.Verify(wire.LabelOpenEnvelope, m.Signature, s.h.key[:], m.Envelope) {
		return refuse(wire.CodeBadSignature)
	}
	return nil
}

// typing passes on that somebody writes.
func (s *session) typing(m *wire.Typing) error {
	r := s.h.order.rooms[m.Room]
	if _, err := s.member(); err != nil || r == nil || m.Room == chat.Directory {
		return nil // it is worth no answer
	}
	s.h.typingMu.Lock()
	due := s.h.typing.Note(m.Room, s.account, s.h.now())
	s.h.typingMu.Unlock()
	if due {
		r.signal(wire.Append(nil, &wire.Typing{Room: m.Room, Account: s.account}), s.account)
	}
	return nil
}
