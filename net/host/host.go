package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/snugchat/snug/crypto/channel"
	"github.com/snugchat/snug/crypto/opaque"
	"github.com/snugchat/snug/net/link"
	"github.com/snugchat/snug/net/presence"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/blobs"
	"github.com/snugchat/snug/storage/chat"
)

// Config is how a host is set up.
type Config struct {
	Key     channel.PrivateKey // what invite links pin
	Program string             // name and version, as people see it

	// First is the place as it is when the store is new; afterwards the store
	// knows. A Mode that is zero means by invite.
	First chat.Place

	// Receive begins a file in the folder where the owner finds the files of open
	// rooms, under a safe form of name. nil: they are not saved.
	Receive func(name string) (ReceivedFile, error)

	Limits Limits
	Now    func() time.Time // nil: time.Now
}

// stopTime is how long a connection has for the last words of a host that stops.
const stopTime = time.Second

// byeTime is how long a connection has for the words that end it.
const byeTime = 500 * time.Millisecond

// Host is a running place. Its methods may be called from any goroutine.
type Host struct {
	cfg       Config
	limits    Limits
	key       [32]byte // public
	store     Store
	blobs     *blobs.Store
	log       *slog.Logger
	now       func() time.Time
	opaque    *opaque.Server
	roster    *roster
	rooms     *rooms
	order     *order
	postman   *postman
	pairings  *pairings
	lost      *lost
	chains    chan struct{} // one token: chains are computed one at a time
	asks      asks
	attempts  *attempts
	visitors  visitors
	evaluator *evaluator
	gate      link.Gate
	files     *files
	started   time.Time

	ctx  context.Context // ends with Close
	stop context.CancelCauseFunc
	wg   sync.WaitGroup // sessions and the goroutines of New

	// mu guards what follows. Under it links are sent to and the roster is read:
	// mu comes before the roster's lock, both before a link's.
	mu       sync.Mutex
	sessions map[chat.DeviceID]*session
	rates    map[chat.DeviceID]*rates
	online   presence.Online
	seen     map[chat.DeviceID]int64 // not stored yet
	fails    map[chat.AccountID]chat.Account
	links    int
	closed   bool

	typingMu sync.Mutex // guards typing
	typing   presence.Typing

	posted, received, delivered atomic.Int64
}

// ErrStopping is why connections end when the host is closed.
var ErrStopping = errors.New("the host is being switched off")

// New loads the place from its store and starts what runs without connections.
// The caller calls Serve or ServeConn, and Close in the end; the store and the
// sealed files stay open until after that. kept may be nil: then there are no files.
func New(ctx context.Context, cfg Config, store Store, kept *blobs.Store, log *slog.Logger) (*Host, error) {
	h := &Host{
		cfg: cfg, limits: cfg.Limits.orDefaults(), store: store, blobs: kept, log: log, now: cfg.Now,
		attempts: newAttempts(), evaluator: newEvaluator(),
		sessions: make(map[chat.DeviceID]*session),
		rates:    make(map[chat.DeviceID]*rates),
		seen:     make(map[chat.DeviceID]int64),
		fails:    make(map[chat.AccountID]chat.Account),
	}
	if h.now == nil {
		h.now = time.Now
	}
	h.started = h.now()
	h.key = cfg.Key.Public().Array()
	secret, err := store.Secret(ctx, "log-in", opaque.GenerateServerSecret)
	if err != nil {
		return nil, fmt.Errorf("start host: %w", err)
	}
	if h.opaque, err = opaque.NewServer(secret); err != nil {
		return nil, fmt.Errorf("start host: %w", err)
	}
	people, err := store.Load(ctx)
	if err != nil {
		return nil, fmt.Errorf("start host: %w", err)
	}
	list, members, err := store.Rooms(ctx)
	if err != nil {
		return nil, fmt.Errorf("start host: %w", err)
	}
	h.rooms = newRooms(list, members)
	h.order = newOrder(h.rooms, log)
	h.postman = newPostman(h)
	h.pairings = newPairings()
	h.lost = newLost(people.LostAfter, people.LostUntil)
	h.chains = make(chan struct{}, 1)
	h.chains <- struct{}{}
	h.roster = newRoster(store, newState(people, chat.Place{}), func(c *chat.Change) {
		h.rooms.apply(c)
		for i := range c.Rows {
			h.order.push(stored{row: &c.Rows[i], outcome: chat.Appended})
		}
	})
	if people.Place == nil {
		if err := h.firstPlace(ctx); err != nil {
			return nil, fmt.Errorf("start host: %w", err)
		}
	}
	for i := range people.Accounts {
		if a := &people.Accounts[i]; a.Fails >= freeFails {
			h.attempts.set(string(credentialID(a.Skeleton)), a.Fails, a.FailedAt)
		}
	}
	h.ctx, h.stop = context.WithCancelCause(context.WithoutCancel(ctx))
	h.files = newFiles(h)
	h.wg.Go(func() { h.order.run(h.passed) })
	h.wg.Go(h.keepHouse)
	h.wg.Go(h.files.run)
	h.wg.Go(h.postman.run)
	return h, nil
}

// firstPlace stores the settings of a new place.
func (h *Host) firstPlace(ctx context.Context) error {
	p := h.cfg.First
	if p.Mode == 0 {
		p.Mode = chat.JoinByInvite
	}
	return h.roster.decide(ctx, func(s *state) (chat.Change, error) {
		return s.changePlace(h.now().UnixMilli(), actor{role: console}, p)
	}, nil)
}

// Serve takes connections from l until ctx ends or Close is called, then closes
// l, says goodbye and waits for them. It may run for several listeners at once.
func (h *Host) Serve(ctx context.Context, l net.Listener) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	defer context.AfterFunc(h.ctx, func() { stop(ErrStopping) })()
	closing := context.AfterFunc(ctx, func() { _ = l.Close() }) // Accept returns by it
	defer closing()
	h.log.Info("waiting for people", "address", l.Addr().String())
	var wg sync.WaitGroup
	defer wg.Wait()
	wait := time.Duration(0)
	for {
		conn, err := l.Accept()
		if ctx.Err() != nil {
			if err == nil {
				_ = conn.Close()
			}
			return nil
		}
		if err != nil {
			var temporary interface{ Temporary() bool }
			if !errors.As(err, &temporary) || !temporary.Temporary() {
				stop(err)
				return fmt.Errorf("accept connection: %w", err)
			}
			// Too many open files: let some go.
			wait = min(max(2*wait, 5*time.Millisecond), time.Second)
			h.log.Warn("no connection accepted", "err", err, "wait_ms", wait.Milliseconds())
			select {
			case <-time.After(wait):
			case <-ctx.Done():
			}
			continue
		}
		wait = 0
		wg.Go(func() {
			pass, err := h.gate.Wait(ctx, conn.RemoteAddr())
			if err != nil {
				h.log.Debug("connection refused", "peer", conn.RemoteAddr().String(), "err", err)
				_ = conn.Close()
				return
			}
			defer pass.Leave()
			_ = h.serve(ctx, conn, pass) // it has logged why
		})
	}
}

// ServeConn serves one connection that did not come through a listener: the pipe
// of the host person's own client. It returns when the connection has ended.
func (h *Host) ServeConn(ctx context.Context, conn net.Conn) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	defer context.AfterFunc(h.ctx, func() { stop(ErrStopping) })()
	return h.serve(ctx, conn, nil)
}

// serve runs a connection from its handshake to its end.
func (h *Host) serve(ctx context.Context, conn net.Conn, pass *link.Pass) error {
	if !h.enter() {
		_ = conn.Close()
		return ErrStopping
	}
	defer h.exit()
	ch, err := channel.Server(ctx, conn, h.cfg.Key)
	if err != nil {
		h.log.Debug("handshake failed", "peer", conn.RemoteAddr().String(), "err", err)
		return err
	}
	if pass != nil {
		pass.Open(func() { _ = conn.Close() }) // the session ends by it
	}
	return newSession(h, link.New(ch, h.log), pass).run(ctx)
}

// enter counts a connection; it reports false if there is no room for one more.
func (h *Host) enter() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || h.links >= MaxLinks {
		return false
	}
	h.links++
	h.wg.Add(1)
	return true
}

func (h *Host) exit() {
	h.mu.Lock()
	h.links--
	h.mu.Unlock()
	h.wg.Done()
}

// Close says goodbye to everyone, waits until all connections and goroutines have
// ended, and stores what was to be stored. It takes at most two seconds.
func (h *Host) Close() error {
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		h.wg.Wait()
		return nil
	}
	h.closed = true
	h.mu.Unlock()
	h.stop(ErrStopping)
	h.order.close()
	h.wg.Wait()
	return h.keep(context.WithoutCancel(h.ctx))
}

// Stats is what the host's window shows.
type Stats struct {
	People    int   // accounts that may come in
	Online    int   // of them, connected now
	Waiting   int   // who wait for a moderator
	Links     int   // connections
	Rooms     int   // open rooms
	Sealed    int   // sealed rooms
	Posted    int64 // messages stored since the start
	Delivered int64 // and handed on
	Files     int64 // files saved since the start
	Bytes     int64 // of the store on disk
	BlobBytes int64 // of sealed files, those on their way in full
	Since     int64 // start of the host, unix milliseconds
}

// Stats returns the numbers of now.
func (h *Host) Stats() Stats {
	st := Stats{
		Posted: h.posted.Load(), Delivered: h.delivered.Load(), Files: h.received.Load(),
		Since: h.started.UnixMilli(),
	}
	st.Rooms, st.Sealed = h.rooms.count()
	h.roster.read(func(s *state) { st.People, st.Waiting = s.active, s.waiting })
	h.mu.Lock()
	st.Online, st.Links = h.online.Len(), h.links
	h.mu.Unlock()
	if sized, ok := h.store.(interface{ Size() (int64, error) }); ok {
		st.Bytes, _ = sized.Size() // 0 says unknown
	}
	st.BlobBytes = h.FileBytes()
	return st
}

// FileBytes returns how many bytes of files are kept, or promised to files that are
// on their way. It never waits.
func (h *Host) FileBytes() int64 {
	if h.blobs == nil {
		return 0
	}
	return h.blobs.Total()
}

// Place returns the settings of the place.
func (h *Host) Place() (p chat.Place) {
	h.roster.read(func(s *state) { p = s.place })
	return p
}

// keepHouse does what is due now and then: it stores when people were last seen
// and how often a password was wrong, and takes away files that nobody named and
// invites that ended long ago.
func (h *Host) keepHouse() {
	tick := time.NewTicker(10 * time.Second)
	defer tick.Stop()
	h.files.trim(h.ctx) // what was begun when the host ended
	for n := 0; ; n++ {
		select {
		case <-h.ctx.Done():
			return
		case <-h.files.rules:
			h.files.trim(h.ctx)
			continue
		case <-tick.C:
		}
		if err := h.keep(h.ctx); err != nil && h.ctx.Err() == nil {
			h.log.Warn("last seen times not stored", "err", err)
		}
		h.forgetRates(h.now())
		h.asks.forget(h.now(), &h.limits)
		h.pairings.forget(h.now())
		if n%360 == 0 {
			h.sweepRooms(h.ctx)
			h.files.sweep(h.ctx)
			h.files.trim(h.ctx)
			if err := h.expireInvites(h.ctx); err != nil && h.ctx.Err() == nil {
				h.log.Warn("old invites not forgotten", "err", err)
			}
		}
	}
}

// goneTime is how long one who was taken out of a room may fetch what came before.
const goneTime = 30 * 24 * time.Hour

// sweepRooms takes away what is left of deleted rooms, of members who went and of
// mail that nobody fetched.
func (h *Host) sweepRooms(ctx context.Context) {
	now := h.now()
	before := now.Add(-goneTime).UnixMilli()
	h.rooms.forgetGone(before, now.UnixMilli())
	for more := true; more && ctx.Err() == nil; {
		var err error
		if more, err = h.store.SweepRooms(ctx, before); err != nil {
			h.log.Warn("deleted rooms not swept", "err", err)
			break
		}
	}
	if err := h.store.ExpireMail(ctx, now.Add(-h.limits.MailTime).UnixMilli()); err != nil {
		h.log.Warn("old mail not removed", "err", err)
	}
}

// keep stores what is worth a write now and then only.
func (h *Host) keep(ctx context.Context) error {
	h.mu.Lock()
	seen, fails := h.seen, h.fails
	h.seen, h.fails = make(map[chat.DeviceID]int64), make(map[chat.AccountID]chat.Account)
	h.mu.Unlock()
	if len(seen) == 0 && len(fails) == 0 {
		return nil
	}
	return h.roster.decide(ctx, func(s *state) (chat.Change, error) {
		var c chat.Change
		for id, at := range seen {
			if d := s.devices[id]; d != nil && d.Seen < at {
				next := *d
				next.Seen = at
				c.Devices = append(c.Devices, next)
			}
		}
		for id, f := range fails {
			if a := s.accounts[id]; a != nil {
				next := *a
				next.Fails, next.FailedAt = f.Fails, f.FailedAt
				c.Accounts = append(c.Accounts, next)
			}
		}
		return c, nil
	}, nil)
}

// noteFails remembers how often in a row an account's password was wrong.
func (h *Host) noteFails(id chat.AccountID, fails uint32) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.fails[id] = chat.Account{Fails: fails, FailedAt: h.now().UnixMilli()}
}

// passed counts a row that was delivered, and says in the log that it came.
func (h *Host) passed(s stored, listeners int) {
	if s.err != nil || s.outcome != chat.Appended {
		return
	}
	h.posted.Add(1)
	h.delivered.Add(int64(listeners))
	if s.from == nil {
		return
	}
	if s.changes() {
		var accounts []chat.AccountID
		out := make(map[chat.AccountID]bool)
		for _, m := range s.post.Members {
			accounts = append(accounts, m.Account)
			out[m.Account] = m.Out
		}
		if r := h.rooms.get(s.row.Room); r != nil {
			// Also those who are in it again by a row that is still to be delivered.
			r.drop(func(l listener) bool { return out[l.s.account] && l.from < s.row.Seq })
			h.tellRoom(r, accounts)
		}
	}
	for i := range s.post.Mails {
		h.postman.bring(s.post.Mails[i].To, wantMail)
	}
	if h.log.Enabled(h.ctx, slog.LevelInfo) {
		h.log.Info("message", "name", s.from.name(), "size_bytes", len(s.row.Envelope))
	}
	if s.post.Files {
		h.files.arrived()
	}
}

// codeOfError returns what to tell the peer about an error.
func codeOfError(err error) *refusal {
	var r *refusal
	if errors.As(err, &r) {
		return r
	}
	if errors.Is(err, chat.ErrDiskFull) {
		return &refusal{code: wire.CodeDiskFull, after: 10}
	}
	return &refusal{code: wire.CodeFailed, after: 1}
}
