package host

import (
	"bytes"
	"time"

	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/crypto/opaque"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// door is where a connection stands until it is somebody's.
type door struct {
	greeted  bool
	messages int

	// At most one of these is under way.
	registering *registering
	login       *loggingIn
	adding      *offer         // by which this device is added to an account
	proved      chat.AccountID // whose password or identity was proved; zero: nobody's
	recovers    bool           // it was the identity, by a recovery kit
}

// registering is a registration, or with a code the return of an account, whose
// Register was answered.
type registering struct {
	name    string
	token   []byte
	code    string
	account chat.AccountID
}

// loggingIn is a log-in whose Login was answered.
type loggingIn struct {
	account chat.AccountID // zero: there is no such name
	key     string         // of the attempts
	fails   uint32
	pending *opaque.Pending
}

// atDoor handles the message of somebody who is not logged in.
func (s *session) atDoor(m wire.Message) error {
	d := s.door
	if d.messages++; d.messages > doorMessages {
		s.goodbye(&wire.Goodbye{Code: wire.CodeSlowDown}, byeTime)
		return nil
	}
	hello, first := m.(*wire.Hello)
	if first == d.greeted { // Hello comes first, and once
		s.goodbye(&wire.Goodbye{Code: wire.CodeBadMessage}, byeTime)
		return nil
	}
	if first {
		return s.hello(hello)
	}
	switch m := m.(type) {
	case *wire.Register:
		return s.register(m)
	case *wire.RegisterFinish:
		return s.registerFinish(m)
	case *wire.Login:
		return s.startLogin(m)
	case *wire.LoginFinish:
		return s.finishLogin(m)
	case *wire.AddDevice:
		return s.addDevice(m)
	case *wire.DeviceRelay:
		return s.relayDevice(m)
	case *wire.DeviceEnd:
		return s.endDevice()
	case *wire.Recover:
		return s.recover(m)
	}
	return s.fail(refOf(m), refuse(wire.CodeNotLoggedIn))
}

// refOf returns the number by which a request's answer is known.
func refOf(m wire.Message) uint32 {
	switch m := m.(type) {
	case *wire.Admin:
		return m.Ref
	case *wire.CreateInvite:
		return m.Ref
	case *wire.RevokeInvite:
		return m.Ref
	case *wire.ListInvites:
		return m.Ref
	case *wire.ChangePlace:
		return m.Ref
	case *wire.Password:
		return m.Ref
	case *wire.PasswordFinish:
		return m.Ref
	case *wire.OfferDevice:
		return m.Ref
	case *wire.ListDevices:
		return m.Ref
	case *wire.NoteDevice:
		return m.Ref
	case *wire.SignOut:
		return m.Ref
	case *wire.PutKit:
		return m.Ref
	case *wire.ListMembers:
		return m.Ref
	}
	return 0
}

// hello answers the first message. A known device is in by it.
func (s *session) hello(m *wire.Hello) error {
	s.door.greeted = true
	version := min(m.Max, wire.Version)
	switch {
	case m.Max < wire.MinVersion || m.Min > m.Max:
		s.goodbye(&wire.Goodbye{Code: wire.CodeTooOld}, byeTime)
		return nil
	case m.Min > wire.Version:
		s.goodbye(&wire.Goodbye{Code: wire.CodeTooNew}, byeTime)
		return nil
	case len(m.Program) > wire.MaxProgram || (len(m.Token) != 0 && len(m.Token) != 32):
		s.goodbye(&wire.Goodbye{Code: wire.CodeBadMessage}, byeTime)
		return nil
	}
	now := s.h.now().UnixMilli()
	w := &wire.Welcome{Version: version, Program: s.h.cfg.Program, Now: now}
	var device *chat.Device
	s.h.roster.read(func(st *state) {
		w.Lineage = st.lineage
		device = st.devices[s.device]
		adm, err := st.door(now, m.Token)
		if len(m.Token) > 0 {
			if _, w.Link = st.inviteByToken(now, m.Token); w.Link == 0 && err != nil {
				w.Link = codeOfError(err).code // a good link, but nobody may come in
			}
		}
		// Who stands there with nothing learns nothing, unless all may come.
		if device == nil && err != nil && st.place.Mode != chat.JoinOpen && st.place.Mode != chat.JoinByApproval {
			return
		}
		w.Card = &wire.Card{
			Place: st.place.Name, Mode: st.place.Mode, Host: st.owner(), People: uint32(st.active),
			Ask: err == nil && adm.wait, NoPass: err == nil && adm.noPass,
		}
	})
	s.send(w)
	if device == nil {
		return nil
	}
	return s.comeIn(device.Account)
}

// comeIn logs the connection in as an account by its device, or says why not.
func (s *session) comeIn(account chat.AccountID) error {
	now := s.h.now().UnixMilli()
	if a := s.h.roster.account(account); a != nil && a.State == chat.Banned && !banned(a, now) {
		// The ban is over. That is noted, so that everybody sees it.
		if err := s.h.roster.decide(s.ctx, func(st *state) (chat.Change, error) { return st.lift(now, account), nil }, s.h.announce(actor{})); err != nil {
			return s.fail(0, err)
		}
	}
	if bye := s.h.admitSession(s, account); bye != nil {
		s.h.log.Info("turned away", "name", s.h.nameOf(account), "code", bye.Code)
		s.goodbye(bye, byeTime)
		return nil
	}
	s.life.Stop()
	if s.pass != nil {
		s.pass.LoggedIn()
	}
	s.h.log.Info("came in", "name", s.name(), "peer", s.l.RemoteAddr().String())
	return nil
}

// slowDown holds back who comes from where many log-ins come from. It never
// refuses.
func (s *session) slowDown() {
	wait := s.h.visitors.delay(s.h.now(), s.l.RemoteAddr(), s.h.limits.Logins, s.h.limits.LoginBurst)
	if wait <= 0 {
		return
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.ctx.Done():
	}
}

// register answers Register: may one come in, and under this name?
func (s *session) register(m *wire.Register) error {
	d := s.door
	d.registering, d.login, d.proved, d.recovers = nil, nil, chat.AccountID{}, false
	if (len(m.Token) != 0 && len(m.Token) != 32) || (len(m.Request) != 0 && len(m.Request) != opaque.RegistrationRequestSize) {
		return s.fail(0, refuse(wire.CodeBadMessage))
	}
	s.slowDown()
	r := &registering{name: m.Name, token: m.Token, code: m.Code, account: chat.NewAccountID()}
	var err error
	if m.Code != "" {
		r.account, err = s.checkCode(m)
	} else {
		s.h.roster.read(func(st *state) {
			var adm admission
			adm, err = st.admit(s.h.now().UnixMilli(), m.Name, m.Token)
			if err == nil && len(m.Request) == 0 && !adm.noPass {
				err = refuse(wire.CodeBadMessage)
			}
		})
	}
	if err != nil {
		return s.fail(0, err)
	}
	reply := &wire.RegisterReply{Account: r.account}
	if len(m.Request) > 0 {
		if reply.Response, err = s.evaluate(func() ([]byte, error) {
			return s.h.opaque.RegistrationResponse(credentialID(typedSkeleton(m.Name)), m.Request)
		}); err != nil {
			return s.fail(0, err)
		}
	}
	d.registering = r
	s.send(reply)
	return nil
}

// evaluate runs an evaluation of OPAQUE when there is room for it.
func (s *session) evaluate(f func() ([]byte, error)) (out []byte, err error) {
	if !s.h.evaluator.do(s.ctx, func() { out, err = f() }) {
		return nil, &refusal{code: wire.CodeBusy, after: seconds(evaluationWait)}
	}
	if err != nil {
		s.h.log.Debug("malformed log-in", "peer", s.l.RemoteAddr().String(), "err", err)
		return nil, refuse(wire.CodeBadMessage)
	}
	return out, nil
}

// checkCode says whose one-time code this is. A name that nobody has and a wrong
// code are the same, and a code that was guessed at too often ends.
func (s *session) checkCode(m *wire.Register) (chat.AccountID, error) {
	if len(m.Request) == 0 {
		return chat.AccountID{}, refuse(wire.CodeBadMessage)
	}
	now := s.h.now()
	key := "reset " + typedSkeleton(m.Name)
	tries, wait := s.h.attempts.try(now, key)
	if wait > 0 {
		return chat.AccountID{}, &refusal{code: wire.CodeSlowDown, after: seconds(wait)}
	}
	var a *chat.Account
	s.h.roster.read(func(st *state) { a = st.lookup(m.Name) })
	if checkCode(a, now.UnixMilli(), m.Code) {
		return a.ID, nil
	}
	if a != nil && tries >= resetTries {
		s.h.log.Warn("one-time code ended, guessed at too often", "name", a.Name)
		err := s.h.roster.decide(s.ctx, func(st *state) (chat.Change, error) { return st.voidCode(now.UnixMilli(), a.ID), nil }, nil)
		if err != nil {
			return chat.AccountID{}, err
		}
	}
	return chat.AccountID{}, refuse(wire.CodeCodeWrong)
}

// registerFinish makes an account, or adds this device to one.
func (s *session) registerFinish(m *wire.RegisterFinish) error {
	d := s.door
	r, proved, recovers := d.registering, d.proved, d.recovers
	d.registering, d.proved, d.recovers = nil, chat.AccountID{}, false
	account := proved
	adding := d.adding
	switch {
	case r != nil:
		account = r.account
	case adding != nil && proved.IsZero():
		if !s.h.pairings.good(adding, s.h.now()) {
			return s.fail(0, refuse(wire.CodeLinkEnded))
		}
		account = adding.account
	}
	if account.IsZero() {
		return s.fail(0, refuse(wire.CodeNotLoggedIn))
	}
	e, err := s.h.checkEnrolment(m, s.transport, account)
	if err != nil {
		return s.fail(0, err)
	}
	now := s.h.now().UnixMilli()
	what := "new device"
	err = s.h.roster.decide(s.ctx, func(st *state) (c chat.Change, err error) {
		before := st.accounts[account]
		defer func() {
			if err == nil && before != nil && before.Identity != e.identity {
				c.Members = s.h.rooms.leaveAll(account, now)
			}
		}()
		switch {
		case r == nil && proved.IsZero():
			what = "new device, added by another one"
			return st.addTo(now, account, adding.device, e)
		case r == nil:
			if recovers {
				what = "came back by a recovery kit"
			}
			return st.enrol(now, proved, e, recovers)
		case r.code != "":
			what = "came back by a one-time code"
			return st.comeBack(now, r.account, r.code, e)
		}
		what = "registered"
		return st.register(now, r.name, r.token, e)
	}, s.h.announce(actor{id: account}))
	if err != nil {
		return s.fail(0, err)
	}
	if adding != nil && r == nil && proved.IsZero() {
		s.leftDoor(wire.CodeOK)
	}
	if r != nil && r.code != "" {
		s.h.attempts.clear("reset " + typedSkeleton(r.name))
		s.h.attempts.clear(string(credentialID(typedSkeleton(r.name))))
		s.h.noteFails(account, 0)
	}
	if a := s.h.roster.account(account); a != nil {
		s.h.log.Info(what, "name", a.Name, "role", a.Role.String(), "waits", a.State == chat.Waiting, "peer", s.l.RemoteAddr().String())
	}
	return s.comeIn(account)
}

// checkEnrolment checks what a RegisterFinish says against this connection.
func (h *Host) checkEnrolment(m *wire.RegisterFinish, transport [32]byte, account chat.AccountID) (enrolment, error) {
	var e enrolment
	cert, err := identity.ParseCertificate(m.Certificate)
	if err != nil || cert.Place != h.key || cert.Transport != transport {
		return e, refuse(wire.CodeWrongKey)
	}
	device := chat.DeviceID(cert.Device())
	env, err := wire.ParseEnvelope(m.Entry)
	if err != nil || env.Room != chat.Directory || env.Device != device || env.Counter != 1 {
		return e, refuse(wire.CodeBadMessage)
	}
	body, err := wire.ParseBody(env.Body, env.Data)
	if err != nil {
		return e, refuse(wire.CodeBadMessage)
	}
	entry, ok := body.(*wire.AccountEntry)
	if !ok || entry.Account != account || !bytes.Equal(entry.Certificate, m.Certificate) {
		return e, refuse(wire.CodeBadMessage)
	}
	if !cert.Envelope.Verify(wire.LabelOpenEnvelope, m.Signature, h.key[:], m.Entry) {
		return e, refuse(wire.CodeBadSignature)
	}
	if len(m.Record) > 0 {
		if err := h.opaque.CheckRecord(m.Record); err != nil {
			return e, refuse(wire.CodeBadMessage)
		}
	}
	now := h.now().UnixMilli()
	return enrolment{
		device:   chat.Device{ID: device, Account: account, Transport: transport, Certificate: m.Certificate, Created: now, Seen: now},
		identity: cert.Identity.Array(),
		entry: chat.Row{
			Room: chat.Directory, Received: now, Device: device, Counter: 1, ID: env.ID, Envelope: m.Entry, Signature: m.Signature,
		},
		kind: env.Body, name: entry.Name, record: m.Record,
	}, nil
}

// startLogin answers Login. Whether there is such a name makes no difference to
// what is done or sent, but for the record that goes into OPAQUE.
func (s *session) startLogin(m *wire.Login) error {
	d := s.door
	d.registering, d.login, d.proved, d.recovers = nil, nil, chat.AccountID{}, false
	if len(m.KE1) != opaque.KE1Size {
		return s.fail(0, refuse(wire.CodeBadMessage))
	}
	s.slowDown()
	credential := credentialID(typedSkeleton(m.Name))
	l := &loggingIn{key: string(credential)}
	fails, wait := s.h.attempts.try(s.h.now(), l.key)
	if wait > 0 {
		return s.fail(0, &refusal{code: wire.CodeSlowDown, after: seconds(wait)})
	}
	l.fails = fails
	var record []byte
	s.h.roster.read(func(st *state) {
		if a := st.lookup(m.Name); a != nil && len(a.Record) > 0 {
			l.account, record = a.ID, a.Record
		}
	})
	ke2, err := s.evaluate(func() (out []byte, err error) {
		out, l.pending, err = s.h.opaque.Login(s.l.Binding(), credential, record, m.KE1)
		return out, err
	})
	if err != nil {
		return s.fail(0, err)
	}
	if !l.account.IsZero() && fails >= freeFails {
		s.h.noteFails(l.account, fails)
	}
	d.login = l
	s.send(&wire.LoginReply{KE2: ke2})
	return nil
}

// finishLogin says whether the password was proved.
func (s *session) finishLogin(m *wire.LoginFinish) error {
	l := s.door.login
	s.door.login = nil
	if l == nil {
		return s.fail(0, refuse(wire.CodeNotLoggedIn))
	}
	err := l.pending.Finish(m.KE3)
	var a *chat.Account
	if !l.account.IsZero() {
		a = s.h.roster.account(l.account)
	}
	if err != nil || a == nil {
		s.h.log.Info("wrong name or password", "peer", s.l.RemoteAddr().String(), "tries", l.fails)
		return s.fail(0, refuse(wire.CodeRefused))
	}
	s.h.attempts.clear(l.key)
	if l.fails >= freeFails || a.Fails > 0 {
		s.h.noteFails(a.ID, 0)
	}
	if code := mayEnter(a, s.h.now().UnixMilli()); code != 0 {
		s.goodbye(s.h.farewell(a, code), byeTime)
		return nil
	}
	s.door.proved = a.ID
	s.send(&wire.LoginProved{Account: a.ID, Name: a.Name, Identity: a.Identity})
	return nil
}

// passwordChange is a change of password whose Password was answered.
type passwordChange struct {
	ref     uint32
	pending *opaque.Pending // nil: the account had no password
}

// startPassword answers Password. The account's back-off does not hold here: who
// is logged in by a device may correct a slip.
func (s *session) startPassword(m *wire.Password) error {
	s.password = nil
	a, err := s.member()
	if err == nil {
		err = s.request()
	}
	if err != nil {
		return s.fail(m.Ref, err)
	}
	if len(m.Request) != opaque.RegistrationRequestSize || (len(m.KE1) != opaque.KE1Size) != (len(a.Record) == 0) {
		return s.fail(m.Ref, refuse(wire.CodeBadMessage))
	}
	reply := &wire.PasswordReply{Ref: m.Ref}
	change := &passwordChange{ref: m.Ref}
	credential := credentialID(a.Skeleton)
	if reply.Response, err = s.evaluate(func() ([]byte, error) { return s.h.opaque.RegistrationResponse(credential, m.Request) }); err != nil {
		return s.fail(m.Ref, err)
	}
	if len(a.Record) > 0 {
		if reply.KE2, err = s.evaluate(func() (out []byte, err error) {
			out, change.pending, err = s.h.opaque.Login(s.l.Binding(), credential, a.Record, m.KE1)
			return out, err
		}); err != nil {
			return s.fail(m.Ref, err)
		}
	}
	s.password = change
	s.send(reply)
	return nil
}

// finishPassword sets the new password.
func (s *session) finishPassword(m *wire.PasswordFinish) error {
	change := s.password
	s.password = nil
	a, err := s.member()
	if err != nil {
		return s.fail(m.Ref, err)
	}
	if change == nil || change.ref != m.Ref || s.h.opaque.CheckRecord(m.Record) != nil || (change.pending == nil) != (len(a.Record) == 0) {
		return s.fail(m.Ref, refuse(wire.CodeBadMessage))
	}
	if change.pending != nil {
		if err := change.pending.Finish(m.KE3); err != nil {
			s.h.log.Info("wrong password at a change of password", "name", a.Name)
			return s.fail(m.Ref, refuse(wire.CodeRefused))
		}
	}
	now := s.h.now().UnixMilli()
	err = s.h.roster.decide(s.ctx, func(st *state) (chat.Change, error) {
		return st.newPassword(now, a.ID, m.Record, m.Keep, s.device)
	}, s.h.announce(actor{id: a.ID, name: a.Name}))
	if err != nil {
		return s.fail(m.Ref, err)
	}
	s.h.log.Info("new password", "name", a.Name, "others_signed_out", !m.Keep)
	s.send(&wire.Done{Ref: m.Ref})
	return nil
}
