package setup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/snugchat/snug/crypto/channel"
	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/blobs"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/hostdb"
	"github.com/snugchat/snug/storage/paths"
)

// HostOptions say how a place is hosted.
type HostOptions struct {
	// Place, Mode and Owner make a new place; a place that exists keeps its own.
	Place string
	Mode  chat.JoinMode
	Owner string // name of the person at this computer; "": nobody, as in snugd

	Port      int      // 0: any free one
	Addresses []string // what links say instead of this computer's addresses
}

// PortsTried is how many ports after the wanted one are tried when it is taken.
const PortsTried = 20

// ErrHosting comes from StartHost while the place is hosted already.
var ErrHosting = errors.New("the place is hosted already")

// ErrNoPort comes from StartHost when no port is free.
var ErrNoPort = errors.New("no free port was found")

// Hosting is the place of this profile while this program hosts it.
type Hosting struct {
	profile *Profile
	host    *host.Host
	key     channel.PublicKey
	db      *hostdb.DB
	blobs   *blobs.Store
	member  *Member // of the person at this computer, nil in snugd
	console *socket
	nightly *nightly // nil until the store is open
	log     *slog.Logger

	options  HostOptions
	port     int
	cancel   context.CancelFunc
	done     chan struct{} // closed when serving has ended
	stopOnce sync.Once
	stopErr  error
}

// HasHost reports whether this profile has a place of its own.
func (p *Profile) HasHost() bool {
	_, err := os.Stat(p.hostPath())
	return err == nil
}

func (p *Profile) hostPath() string { return filepath.Join(p.layout.Host(), "host.db") }

// StartHost hosts this profile's place, and makes it the first time. It returns
// once people can join. The person at this computer takes part by a client of
// their own, which comes in through a pipe by the same protocol as everybody.
// Errors: ErrLocked, ErrHosting, ErrNoPort, vault.ErrDamaged, those of sqlite.Open, or the system's.
func (p *Profile) StartHost(ctx context.Context, o HostOptions) (*Hosting, error) {
	p.mu.Lock()
	busy := p.hosting != nil
	p.mu.Unlock()
	if busy {
		return nil, ErrHosting
	}
	dbKey, err := p.hostKey()
	if err != nil {
		return nil, err
	}
	h := &Hosting{profile: p, log: p.log.With("part", "host"), options: o, done: make(chan struct{})}
	if err := h.start(ctx, dbKey); err != nil {
		return nil, errors.Join(err, h.release())
	}
	p.mu.Lock()
	p.hosting = h
	p.mu.Unlock()
	return h, nil
}

// start opens everything in order. What it opened release closes.
func (h *Hosting) start(ctx context.Context, dbKey [32]byte) error {
	p := h.profile
	if err := paths.MakeDir(p.layout.Host()); err != nil {
		return err
	}
	var err error
	if h.db, err = p.openHostDB(ctx, dbKey, h.log); err != nil {
		return err
	}
	h.nightly = p.keepHost(h.db, dbKey)
	secret, err := h.db.Secret(ctx, transportKey, newTransportKey)
	if err != nil {
		return err
	}
	key, err := channel.NewPrivateKey(secret)
	if err != nil {
		return err
	}
	h.key = key.Public()
	if err := p.refill(ctx, h, placeID(h.key.Array())); err != nil {
		return err
	}
	if h.blobs, err = blobs.Open(filepath.Join(p.layout.Host(), "blobs"), blobs.Limits{}, h.log); err != nil {
		return err
	}
	h.host, err = host.New(ctx, host.Config{
		Key: key, Program: p.options.Program,
		First:   chat.Place{Name: h.options.Place, Mode: h.options.Mode, MaxFile: host.DefaultMaxFile},
		Receive: h.receive,
	}, h.db, h.blobs, h.log)
	if err != nil {
		if spoiled(err) {
			h.db.Suspect() // the next start repairs it
		}
		return err
	}
	listener, err := listen(ctx, p.lastPort(h.options.Port), h.options.Port)
	if err != nil {
		return err
	}
	if tcp, ok := listener.Addr().(*net.TCPAddr); ok {
		h.port = tcp.Port
	}
	p.notePort(ports{h.options.Port, h.port})
	if h.port != h.options.Port && h.options.Port != 0 {
		h.log.Warn("the wanted port is in use", "wanted", h.options.Port, "port", h.port)
	}
	serving, cancel := context.WithCancel(context.WithoutCancel(ctx))
	h.cancel = cancel
	go func() {
		defer close(h.done)
		if err := h.host.Serve(serving, listener); err != nil {
			h.log.Error("hosting ended", "err", err)
		}
	}()
	if p.options.Console != nil {
		h.console, err = listenSocket(serving, p.layout.State, consoleName, func(ctx context.Context, args []string, out io.Writer) int {
			return p.options.Console(ctx, h, args, out)
		})
		if err != nil {
			return err
		}
	}
	return h.takePart(ctx)
}

// transportKey is the name of the place's key among the host's secrets.
const transportKey = "transport key"

func newTransportKey() ([]byte, error) {
	key, err := channel.GenerateKey()
	if err != nil {
		return nil, err
	}
	return key.Bytes(), nil
}

// listen opens the port of the last time (0: none), else the wanted one, or one
// of the next if it is taken.
func listen(ctx context.Context, last, wanted int) (net.Listener, error) {
	var try []int
	if last != 0 {
		try = append(try, last)
	}
	try = append(try, wanted)
	for next := wanted + 1; wanted != 0 && next <= min(wanted+PortsTried, 65535); next++ {
		try = append(try, next)
	}
	var lc net.ListenConfig
	for _, port := range try {
		l, err := lc.Listen(ctx, "tcp", fmt.Sprintf(":%d", port))
		if err == nil {
			return l, nil
		}
		if !portTaken(err) {
			return nil, fmt.Errorf("listen: %w", err)
		}
	}
	return nil, ErrNoPort
}

// lastPort returns the port that hosting got the last time the same was wanted,
// 0 if there is none.
func (p *Profile) lastPort(wanted int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.places == nil || p.places.Port.Wanted != wanted {
		return 0
	}
	return p.places.Port.Got
}

// notePort remembers which port hosting got.
func (p *Profile) notePort(now ports) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.places == nil || p.places.Port == now {
		return
	}
	p.places.Port = now
	if err := p.places.save(); err != nil {
		p.log.Warn("list of places not saved", "err", err)
	}
}

// receive begins a file in the folder where the owner finds Lobby files.
func (h *Hosting) receive(name string) (host.ReceivedFile, error) {
	root, err := h.profile.layout.OpenReceived(h.host.Place().Name)
	if err != nil {
		return nil, paths.Nameless(err) // the host logs it
	}
	in, err := paths.Receive(root, name)
	if err != nil {
		return nil, errors.Join(paths.Nameless(err), root.Close())
	}
	return &receivedFile{in: in, root: root}, nil
}

// receivedFile closes its folder with the file.
type receivedFile struct {
	in   *paths.Incoming
	root *os.Root
	done bool
}

func (f *receivedFile) Write(b []byte) (int, error) {
	n, err := f.in.Write(b)
	return n, paths.Nameless(err)
}

func (f *receivedFile) Commit() (string, error) { return f.commit(f.in.Commit) }

func (f *receivedFile) CommitOnce() (string, error) { return f.commit(f.in.CommitOnce) }

func (f *receivedFile) commit(how func() (string, error)) (string, error) {
	f.done = true
	name, err := how()
	return name, errors.Join(paths.Nameless(err), f.root.Close())
}

func (f *receivedFile) Discard() {
	if f.done {
		return
	}
	f.done = true
	f.in.Discard()
	_ = f.root.Close() // nothing was written through it that has to last
}

// takePart starts the client of the person at this computer. The first time it
// registers with an owner link of its own, as anybody would. Whether it did so
// is what its own store says: the list of places may lag behind after a crash.
func (h *Hosting) takePart(ctx context.Context) error {
	p := h.profile
	id := placeID(h.key.Array())
	_, listed := p.place(id)
	_, err := os.Stat(p.clientPath(id))
	if !listed && err != nil && h.options.Owner == "" {
		return nil
	}
	m, err := p.open(ctx, id, h)
	if err != nil {
		return err
	}
	h.member = m
	if !m.Client.Joined() {
		if h.options.Owner == "" {
			h.member = nil // begun once in a window, and never finished
			return m.Close()
		}
		link, err := h.Invite(ctx, host.Command{Role: chat.Owner, Uses: 1, Expires: time.Now().Add(time.Hour).UnixMilli()})
		if err != nil {
			return err
		}
		if err := m.Client.Register(ctx, *link, h.options.Owner, ""); err != nil {
			return err
		}
	}
	me := m.Client.Me()
	p.note(id, func(pl *Place) {
		pl.Hosted, pl.Name, pl.Person, pl.Used = true, h.host.Place().Name, me.Name, time.Now()
	})
	m.Start()
	return nil
}

// dial is how the host person's client reaches the host: a pipe.
func (h *Hosting) dial(context.Context, string) (net.Conn, error) {
	here, there := net.Pipe()
	go func() {
		if err := h.host.ServeConn(context.Background(), there); err != nil {
			h.log.Debug("own connection ended", "err", err)
		}
	}()
	return here, nil
}

// Host returns the running host.
func (h *Hosting) Host() *host.Host { return h.host }

// Member returns the client of the person at this computer, nil in snugd.
func (h *Hosting) Member() *Member { return h.member }

// Port returns the TCP port, which differs from WantedPort if that was taken.
func (h *Hosting) Port() int { return h.port }

// WantedPort returns the port that was asked for.
func (h *Hosting) WantedPort() int { return h.options.Port }

// Key returns the key that links pin.
func (h *Hosting) Key() channel.PublicKey { return h.key }

// Received returns the folder where the host keeps files of the Lobby.
func (h *Hosting) Received() string { return h.profile.layout.Received(h.host.Place().Name) }

// Addresses returns what invite links say.
func (h *Hosting) Addresses() ([]string, error) {
	return linkAddresses(h.options.Addresses, h.port)
}

// Invite makes an invite by the authority of this computer, as cmd says (its Verb
// is set here), and returns its link.
func (h *Hosting) Invite(ctx context.Context, cmd host.Command) (*wire.Link, error) {
	addresses, err := h.Addresses()
	if err != nil {
		return nil, err
	}
	cmd.Verb = host.VerbInvite
	made, err := h.host.Do(ctx, cmd)
	if err != nil {
		return nil, err
	}
	return &wire.Link{Addresses: addresses, Host: h.key.Array(), Secret: made.Secret}, nil
}

// Done is closed when hosting has ended, by Stop or by an error that the log has.
func (h *Hosting) Done() <-chan struct{} { return h.done }

// Stop says goodbye to everybody and closes the place. It returns once
// everything is on disk; ctx bounds the goodbyes, not the disk.
func (h *Hosting) Stop(ctx context.Context) error {
	h.stopOnce.Do(func() {
		h.stopErr = h.release()
		p := h.profile
		p.mu.Lock()
		p.hosting = nil
		p.mu.Unlock()
	})
	return h.stopErr
}

// release closes what start opened, last first.
func (h *Hosting) release() error {
	var errs []error
	if h.member != nil {
		errs = append(errs, h.member.Close())
	}
	if h.console != nil {
		h.console.close()
	}
	if h.cancel != nil {
		h.cancel()
	}
	if h.host != nil {
		errs = append(errs, h.host.Close())
	}
	if h.cancel != nil {
		<-h.done
	}
	if h.blobs != nil {
		errs = append(errs, h.blobs.Close())
	}
	if h.nightly != nil {
		h.nightly.close()
	}
	if h.db != nil {
		errs = append(errs, h.db.Close())
	}
	return errors.Join(errs...)
}
