package host_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/snugchat/snug/crypto/channel"
	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/crypto/opaque"
	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/net/link"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/blobs"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/hostdb"
	"github.com/snugchat/snug/storage/paths"
)

// patience is how long a test waits for what must come.
const patience = time.Minute

// soon is what has to happen within a second where somebody waits for it; a busy
// computer under the race detector gets five.
const soon = 5 * time.Second

// place is a host that runs on loopback with a real store.
type place struct {
	t     testing.TB
	dir   string
	cfg   host.Config
	log   *slog.Logger
	blobs blobs.Limits
	wrap  func(host.Store) host.Store // between the host and its store; nil: nothing

	host *host.Host
	db   *hostdb.DB
	kept *blobs.Store
	addr string
	stop func()
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

func newPlace(t testing.TB, mode chat.JoinMode, edit ...func(*place)) *place {
	t.Helper()
	key, err := channel.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	p := &place{
		t: t, dir: t.TempDir(), log: discard(), blobs: blobs.Limits{Free: -1},
		cfg: host.Config{Key: key, Program: "snug test", First: chat.Place{Name: "Our class", Mode: mode, MaxFile: 1 << 30}},
	}
	for _, f := range edit {
		f(p)
	}
	p.start()
	t.Cleanup(func() { p.stop() })
	return p
}

// start starts the host on what its folder holds.
func (p *place) start() {
	p.t.Helper()
	var err error
	if p.db, err = hostdb.Open(p.t.Context(), filepath.Join(p.dir, "host.db"), [32]byte{1}, p.log); err != nil {
		p.t.Fatal(err)
	}
	if p.kept, err = blobs.Open(filepath.Join(p.dir, "blobs"), p.blobs, p.log); err != nil {
		p.t.Fatal(err)
	}
	received := filepath.Join(p.dir, "received")
	if err := os.MkdirAll(received, 0o700); err != nil {
		p.t.Fatal(err)
	}
	root, err := os.OpenRoot(received)
	if err != nil {
		p.t.Fatal(err)
	}
	cfg := p.cfg
	if cfg.Receive == nil {
		cfg.Receive = func(name string) (host.ReceivedFile, error) { return paths.Receive(root, name) }
	}
	var store host.Store = p.db
	if p.wrap != nil {
		store = p.wrap(store)
	}
	if p.host, err = host.New(p.t.Context(), cfg, store, p.kept, p.log); err != nil {
		p.t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		p.t.Fatal(err)
	}
	p.addr = l.Addr().String()
	served := make(chan error, 1)
	go func() { served <- p.host.Serve(context.Background(), l) }()
	p.stop = sync.OnceFunc(func() {
		err := errors.Join(p.host.Close(), <-served, p.db.Close(), p.kept.Close(), root.Close())
		if err != nil {
			p.t.Errorf("stop: %v", err)
		}
	})
}

func (p *place) restart() {
	p.t.Helper()
	p.stop()
	p.start()
}

func (p *place) do(cmd host.Command) host.Result {
	p.t.Helper()
	r, err := p.host.Do(context.Background(), cmd)
	if err != nil {
		p.t.Fatalf("%s: %v", cmd.Verb, err)
	}
	return r
}

// token makes an invite and returns what a client shows of it.
func (p *place) token(cmd host.Command) []byte {
	p.t.Helper()
	cmd.Verb = host.VerbInvite
	token := identity.InviteToken(identity.InviteSecret(p.do(cmd).Secret))
	return token[:]
}

// person is the keys of an account on one device.
type person struct {
	name      string
	account   chat.AccountID
	identity  identity.PrivateKey
	transport channel.PrivateKey
	envelope  identity.PrivateKey
	mls       identity.PrivateKey
	counter   uint64
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func newPerson(name string) *person {
	return &person{
		name: name, identity: must(identity.GenerateKey()), transport: must(channel.GenerateKey()),
		envelope: must(identity.GenerateKey()), mls: must(identity.GenerateKey()),
	}
}

// newDevice returns the same person at another computer, with the identity or a
// new one.
func (p *person) newDevice(sameIdentity bool) *person {
	d := newPerson(p.name)
	d.account = p.account
	if sameIdentity {
		d.identity = p.identity
	}
	return d
}

func (p *person) device() chat.DeviceID {
	return chat.DeviceID(identity.NewDeviceID(p.transport.Public().Array()))
}

// client is a person's connection, spoken by hand.
type client struct {
	t   testing.TB
	who *person
	l   *link.Link
	key [32]byte // the host's

	mu    sync.Mutex // guards what follows
	inbox []wire.Message
	err   error // the connection has ended
	news  chan struct{}
	wg    sync.WaitGroup
}

// connect dials and sends Hello.
func (p *place) connect(who *person, token []byte) *client {
	p.t.Helper()
	c := p.dial(who)
	c.send(&wire.Hello{Min: 1, Max: 1, Program: "test", Token: token})
	return c
}

// dial makes the channel, and says nothing.
func (p *place) dial(who *person) *client {
	p.t.Helper()
	conn, err := dialer(p.addr)
	if err != nil {
		p.t.Fatal(err)
	}
	return p.over(conn, who)
}

func dialer(addr string) (net.Conn, error) { return net.Dial("tcp", addr) }

func (p *place) over(conn net.Conn, who *person) *client {
	p.t.Helper()
	ch, err := channel.Client(context.Background(), conn, who.transport, channel.Pin(p.cfg.Key.Public()))
	if err != nil {
		p.t.Fatalf("%s: %v", who.name, err)
	}
	c := &client{t: p.t, who: who, l: link.New(ch, p.log), key: p.cfg.Key.Public().Array(), news: make(chan struct{}, 1)}
	c.wg.Go(func() {
		err := c.l.Run(context.Background(), func(msg []byte) error {
			m, err := wire.Parse(msg)
			if err != nil {
				return err
			}
			c.put(m, nil)
			return nil
		})
		c.put(nil, err)
	})
	p.t.Cleanup(c.close)
	return c
}

func (c *client) put(m wire.Message, err error) {
	c.mu.Lock()
	if m != nil {
		c.inbox = append(c.inbox, m)
	}
	if err != nil && c.err == nil {
		c.err = err
	}
	c.mu.Unlock()
	select {
	case c.news <- struct{}{}:
	default:
	}
}

func (c *client) close() {
	c.l.Close()
	c.wg.Wait()
}

func (c *client) send(m wire.Message) {
	c.t.Helper()
	if err := c.l.Send(wire.Append(nil, m)); err != nil {
		c.t.Errorf("%s: send %T: %v", c.who.name, m, err)
	}
}

// expect returns the next message of a type, and leaves others for later. It
// fails the test if the connection ends first, or nothing comes.
func expect[T wire.Message](c *client) T {
	c.t.Helper()
	m, err := next[T](c, patience)
	if err != nil {
		c.t.Fatalf("%s: waits for %T: %v", c.who.name, m, err)
	}
	return m
}

var errNothing = errors.New("nothing came")

// next is expect without an opinion.
func next[T wire.Message](c *client, within time.Duration) (T, error) {
	timer := time.NewTimer(within)
	defer timer.Stop()
	for {
		c.mu.Lock()
		for i, m := range c.inbox {
			if want, ok := m.(T); ok {
				c.inbox = append(c.inbox[:i], c.inbox[i+1:]...)
				c.mu.Unlock()
				return want, nil
			}
		}
		err := c.err
		c.mu.Unlock()
		var none T
		if err != nil {
			return none, err
		}
		select {
		case <-c.news:
		case <-timer.C:
			return none, errNothing
		}
	}
}

// expectCode waits for a Failure and returns its code.
func expectCode(c *client, want wire.Code) *wire.Failure {
	c.t.Helper()
	f := expect[*wire.Failure](c)
	if f.Code != want {
		c.t.Errorf("%s: got code %d, want %d", c.who.name, f.Code, want)
	}
	return f
}

// ended waits for the connection's end and returns the goodbye that came before.
func (c *client) ended(within time.Duration) *wire.Goodbye {
	c.t.Helper()
	bye, err := next[*wire.Goodbye](c, within)
	if err != nil {
		c.t.Fatalf("%s: no goodbye within %v: %v", c.who.name, within, err)
	}
	done := make(chan struct{})
	go func() { c.wg.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(within):
		c.t.Fatalf("%s: still connected %v after the goodbye", c.who.name, within)
	}
	return bye
}

// anyRecord is an OPAQUE record that the host accepts: to make one costs half a
// second, and most tests log in by device.
var anyRecord = sync.OnceValue(func() []byte {
	server := must(opaque.NewServer(must(opaque.GenerateServerSecret())))
	r, request, err := opaque.StartRegistration("four words are enough")
	if err != nil {
		panic(err)
	}
	return must(r.Finish(must(server.RegistrationResponse([]byte("x"), request))))
})

// anyRequest is an OPAQUE registration request.
var anyRequest = sync.OnceValue(func() []byte {
	r, request, err := opaque.StartRegistration("x")
	if err != nil {
		panic(err)
	}
	r.Discard()
	return request
})

// certificate returns the device's certificate and entry for the directory.
func (c *client) certificate(kind wire.BodyKind) (certificate, entry, signature []byte) {
	c.t.Helper()
	w := c.who
	certificate = must(identity.Certificate{
		Place: c.key, Identity: w.identity.Public(), Transport: w.transport.Public().Array(), Envelope: w.envelope.Public(), MLS: w.mls.Public(), Created: 1,
	}.Sign(w.identity, w.envelope))
	env := wire.Envelope{
		Room: chat.Directory, ID: chat.NewMessageID(), Device: w.device(), Counter: 1, Time: 1, Body: kind,
		Data: wire.EncodeBody(&wire.AccountEntry{Account: w.account, Name: w.name, Certificate: certificate}),
	}
	entry = must(env.Seal())
	return certificate, entry, w.envelope.Sign(wire.LabelOpenEnvelope, c.key[:], entry)
}

// finish sends RegisterFinish with what is right.
func (c *client) finish(kind wire.BodyKind, record []byte) {
	c.t.Helper()
	certificate, entry, signature := c.certificate(kind)
	c.send(&wire.RegisterFinish{Record: record, Certificate: certificate, Entry: entry, Signature: signature})
}

// register registers by a token and returns the session.
func (c *client) register(token []byte) *wire.Session {
	c.t.Helper()
	c.send(&wire.Register{Name: c.who.name, Token: token, Request: anyRequest()})
	c.who.account = expect[*wire.RegisterReply](c).Account
	c.finish(wire.KindAccount, anyRecord())
	return expect[*wire.Session](c)
}

// registerWithPassword registers with a password that works.
func (c *client) registerWithPassword(token []byte, password string) *wire.Session {
	c.t.Helper()
	r, request, err := opaque.StartRegistration(password)
	if err != nil {
		c.t.Fatal(err)
	}
	c.send(&wire.Register{Name: c.who.name, Token: token, Request: request})
	reply := expect[*wire.RegisterReply](c)
	c.who.account = reply.Account
	c.finish(wire.KindAccount, must(r.Finish(reply.Response)))
	return expect[*wire.Session](c)
}

// login proves a password, and returns what the host says to it.
func (c *client) login(password string) (*wire.LoginProved, *wire.Failure) {
	c.t.Helper()
	l, ke1, err := opaque.StartLogin(c.l.Binding(), password)
	if err != nil {
		c.t.Fatal(err)
	}
	c.send(&wire.Login{Name: c.who.name, KE1: ke1})
	ke2 := expect[*wire.LoginReply](c).KE2
	ke3, err := l.Finish(ke2)
	if err != nil {
		ke3 = make([]byte, opaque.KE3Size) // one who guesses goes on all the same
	}
	c.send(&wire.LoginFinish{KE3: ke3})
	proved, err := next[*wire.LoginProved](c, 500*time.Millisecond)
	if err != nil {
		return nil, expect[*wire.Failure](c)
	}
	return proved, nil
}

// owner makes the place's owner, and returns their connection.
func (p *place) owner() *client {
	p.t.Helper()
	return p.newcomer("Olga", host.Command{Role: chat.Owner})
}

// newcomer registers somebody by a link of the host itself, and waits until they
// are in.
func (p *place) newcomer(name string, invite host.Command) *client {
	p.t.Helper()
	token := p.token(invite)
	c := p.connect(newPerson(name), token)
	expect[*wire.Welcome](c)
	if s := c.register(token); s.State != chat.Active {
		p.t.Fatalf("%s: state %d", name, s.State)
	}
	c.settle()
	return c
}

// settle waits until all that comes after a log-in is here.
func (c *client) settle() {
	c.t.Helper()
	expect[*wire.Place](c)
	for !expect[*wire.People](c).Last {
	}
}

// back connects again by device and waits until it is in.
func (p *place) back(who *person) *client {
	p.t.Helper()
	c := p.connect(who, nil)
	expect[*wire.Welcome](c)
	expect[*wire.Session](c)
	c.settle()
	return c
}

// live fetches a room until it is live and returns its rows.
func (c *client) live(room chat.RoomID) []wire.Row {
	c.t.Helper()
	var rows []wire.Row
	after := uint64(0)
	for {
		c.send(&wire.Fetch{Room: room, After: after})
		r := expect[*wire.Rows](c)
		rows = append(rows, r.Rows...)
		if len(r.Rows) > 0 {
			after = r.Rows[len(r.Rows)-1].Seq
		}
		if r.Live {
			return rows
		}
	}
}

// sealed returns a signed envelope for a room, with the next counter.
func (c *client) sealed(kind wire.BodyKind, body any, edit ...func(*wire.Envelope)) *wire.Post {
	c.t.Helper()
	c.who.counter++
	env := wire.Envelope{
		Room: chat.Lobby, ID: chat.NewMessageID(), Device: c.who.device(), Counter: c.who.counter, Time: 1, Body: kind, Data: wire.EncodeBody(body),
	}
	for _, f := range edit {
		f(&env)
	}
	b := must(env.Seal())
	return &wire.Post{Envelope: b, Signature: c.who.envelope.Sign(wire.LabelOpenEnvelope, c.key[:], b)}
}

func (c *client) text(s string, edit ...func(*wire.Envelope)) *wire.Post {
	c.t.Helper()
	return c.sealed(wire.KindText, &wire.Text{Text: s}, edit...)
}

// post posts and waits for the answer.
func (c *client) post(m *wire.Post) *wire.Posted {
	c.t.Helper()
	c.send(m)
	return expect[*wire.Posted](c)
}

// textOf returns the text in a row.
func textOf(r wire.Row) string {
	env, err := wire.ParseEnvelope(r.Envelope)
	if err != nil {
		return err.Error()
	}
	body, err := wire.ParseBody(env.Body, env.Data)
	if err != nil {
		return err.Error()
	}
	if t, ok := body.(*wire.Text); ok {
		return t.Text
	}
	return fmt.Sprintf("%T", body)
}

// inviteOf returns a new invite's token and id, as a client makes them.
func inviteOf() (token []byte, id [32]byte) {
	t := identity.InviteToken(must(identity.NewInviteSecret()))
	return t[:], sha256.Sum256(t[:])
}
