package host

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/net/link"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// session is one connection. Its messages are handled one at a time on the
// connection's reading goroutine, which owns what has no other owner.
type session struct {
	h         *Host
	l         *link.Link
	pass      *link.Pass // nil for the host person's own
	ctx       context.Context
	cancel    context.CancelFunc
	transport [32]byte
	device    chat.DeviceID

	door *door // until it is logged in
	life *time.Timer

	// account is set before anybody else can see the session, and stays.
	account chat.AccountID
	known   bool // account is set

	present, moderator bool // guarded by the host's mu: is one of those who are here; sees who waits

	envelope *identity.PublicKey // of this device, from its certificate
	password *passwordChange     // under way
	moving   *moving             // files under way

	rates *rates // its own until it is logged in, then its device's
	holds holds  // what was told to slow down; nil until something was

	flying atomic.Int32 // posts on their way to the disk

	mail *mailbox // what was sent of its device's mail; guarded by the postman

	mu        sync.Mutex // guards what follows
	gone      bool       // goodbye was said: it hears nothing any more
	listening []*room
}

func newSession(h *Host, l *link.Link, pass *link.Pass) *session {
	s := &session{h: h, l: l, pass: pass, transport: l.Peer().Array(), door: new(door), rates: &rates{limits: &h.limits}}
	s.device = chat.DeviceID(identity.NewDeviceID(s.transport))
	return s
}

// run moves messages until the connection ends.
func (s *session) run(ctx context.Context) error {
	// Whoever stops the host still hears so: the link gets a context of its own.
	s.ctx, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
	defer s.cancel()
	stopping := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopping)
		s.goodbye(&wire.Goodbye{Code: wire.CodeStopping}, stopTime)
	})
	// Who does not log in makes room for others.
	s.life = time.AfterFunc(s.h.limits.DoorTime, s.l.Close)
	err := s.l.Run(context.WithoutCancel(ctx), s.handle)
	s.life.Stop()
	if !stop() {
		<-stopping
	}
	s.cancel() // frees what waits for the connection
	s.end(err)
	return err
}

// end undoes what the session did to others.
func (s *session) end(err error) {
	s.hush()
	s.leftDoor(wire.CodeLinkEnded)
	if s.moving != nil {
		s.moving.end()
	}
	if !s.known {
		return
	}
	s.h.left(s)
	switch {
	case errors.Is(err, link.ErrTooSlow):
		s.h.log.Warn("cut off, does not read", "name", s.name())
	case err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, link.ErrClosed):
		s.h.log.Debug("connection ended", "name", s.name(), "err", err)
	}
	s.h.log.Info("left", "name", s.name())
}

// hush takes the session out of all rooms.
func (s *session) hush() {
	s.mu.Lock()
	s.gone = true
	rooms := s.listening
	s.listening = nil
	s.mu.Unlock()
	for _, r := range rooms {
		r.leave(s)
	}
}

// listens notes that the session is about to listen to a room, and reports false
// if it hears nothing any more. What it noted, hush takes back.
func (s *session) listens(r *room) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone {
		return false
	}
	if !slices.Contains(s.listening, r) {
		s.listening = append(s.listening, r)
	}
	return true
}

// deaf notes that the session does not listen to a room any more.
func (s *session) deaf(r *room) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listening = slices.DeleteFunc(s.listening, func(other *room) bool { return other == r })
}

// send queues a message. A link that cannot take it ends by itself.
func (s *session) send(m wire.Message) {
	_ = s.l.Send(wire.Append(nil, m)) // Run returns the error
}

// goodbye sends the last message and ends the link. It may be called from any
// goroutine; the first one counts.
func (s *session) goodbye(m *wire.Goodbye, within time.Duration) {
	s.send(m)
	s.l.CloseAfterFlush(within)
	s.hush()
	s.cancel()
}

// name returns the account's name for the log.
func (s *session) name() string {
	if a := s.h.roster.account(s.account); a != nil {
		return a.Name
	}
	return ""
}

// fail tells the peer why its request was not carried out. What is no refusal is
// the host's own trouble, and goes to the log.
func (s *session) fail(ref uint32, err error) error {
	r := codeOfError(err)
	if r.code == wire.CodeFailed && s.ctx.Err() == nil {
		s.h.log.Error("request failed", "err", err)
	}
	s.send(&wire.Failure{Ref: ref, Code: r.code, After: r.after, Limit: r.limit})
	return nil
}

// member returns the account if it may talk now.
func (s *session) member() (*chat.Account, error) {
	if !s.known {
		return nil, refuse(wire.CodeNotLoggedIn)
	}
	a := s.h.roster.account(s.account)
	if a == nil || a.State != chat.Active {
		return nil, refuse(wire.CodeNotAllowed)
	}
	return a, nil
}

// handle takes one message. An error ends the connection.
//
// But for pieces of files it does so on a goroutine of its own, which it waits
// for: to decode and to ask the store takes 8 KiB of stack and more, which the
// reading goroutine would keep for as long as the connection lives.
func (s *session) handle(msg []byte) error {
	if isPiece(msg) {
		return s.take(msg)
	}
	var err error
	var wg sync.WaitGroup
	wg.Go(func() { err = s.take(msg) })
	wg.Wait()
	return err
}

// isPiece reports whether a message is one of the many of a file that moves.
func isPiece(msg []byte) bool {
	if len(msg) < 2 || msg[0] != 0 {
		return false
	}
	kind := wire.Kind(msg[1])
	return kind == (*wire.Pull)(nil).Kind() || kind == (*wire.Piece)(nil).Kind()
}

func (s *session) take(msg []byte) error {
	// Pieces of files and what asks for them are bounded by the window of the
	// other side instead, but for those that file counts.
	if !isPiece(msg) && !s.spend() {
		return nil
	}
	m, err := wire.Parse(msg)
	if errors.Is(err, wire.ErrUnknownKind) {
		return nil // of a later version
	}
	if err != nil {
		s.h.log.Debug("malformed message", "peer", s.l.RemoteAddr().String(), "err", err)
		s.goodbye(&wire.Goodbye{Code: wire.CodeBadMessage}, byeTime)
		return nil
	}
	if s.door != nil && !s.known {
		return s.atDoor(m)
	}
	switch m := m.(type) {
	case *wire.Post:
		return s.post(m)
	case *wire.Fetch:
		return s.h.fetch(s, m)
	case *wire.Peek:
		return s.h.peek(s, m)
	case *wire.Reoffer:
		return s.reoffer(m)
	case *wire.Typing:
		return s.typing(m)
	case *wire.Signal:
		return s.signal(m)
	case *wire.CreateRoom:
		return s.createRoom(m)
	case *wire.ChangeRoom:
		return s.changeRoom(m)
	case *wire.LeaveRoom:
		return s.leaveRoom(m)
	case *wire.PutKeyPackages:
		return s.putKeyPackages(m)
	case *wire.GetKeyPackages:
		return s.getKeyPackages(m)
	case *wire.SendMail:
		return s.sendMail(m)
	case *wire.MailDone:
		return s.mailDone(m)
	case *wire.Admin:
		return s.admin(m)
	case *wire.CreateInvite:
		return s.createInvite(m)
	case *wire.RevokeInvite:
		return s.revokeInvite(m)
	case *wire.ListInvites:
		return s.listInvites(m)
	case *wire.ChangePlace:
		return s.changePlace(m)
	case *wire.ListDevices:
		return s.listDevices(m)
	case *wire.NoteDevice:
		return s.noteDevice(m)
	case *wire.SignOut:
		return s.signOut(m)
	case *wire.PutKit:
		return s.putKit(m)
	case *wire.Recover:
		return s.recoverInside(m)
	case *wire.ListMembers:
		return s.listMembers(m)
	case *wire.Password:
		return s.startPassword(m)
	case *wire.PasswordFinish:
		return s.finishPassword(m)
	case *wire.OfferDevice:
		return s.offerDevice(m)
	case *wire.DeviceRelay:
		return s.relayDevice(m)
	case *wire.DeviceEnd:
		return s.endDevice()
	case *wire.Offer, *wire.Get, *wire.Pull, *wire.Piece, *wire.BlobState, *wire.Cancel:
		return s.file(m)
	}
	// What belongs to the door, or to the host.
	s.goodbye(&wire.Goodbye{Code: wire.CodeBadMessage}, byeTime)
	return nil
}

// spend takes a token for a message. Who has none left sends more than anybody
// needs and is cut off.
func (s *session) spend() bool {
	if s.rates.message(s.h.now()) {
		return true
	}
	s.h.log.Warn("cut off, sends too much", "name", s.name(), "peer", s.l.RemoteAddr().String())
	s.goodbye(&wire.Goodbye{Code: wire.CodeSlowDown}, byeTime)
	return false
}

// request takes a token for a change.
func (s *session) request() error {
	if wait := s.rates.request(s.h.now()); wait > 0 {
		return &refusal{code: wire.CodeSlowDown, after: seconds(wait)}
	}
	return nil
}

// seconds rounds up, so that who waits so long has waited long enough.
func seconds(d time.Duration) uint32 { return uint32((d + time.Second - 1) / time.Second) }
