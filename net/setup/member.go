package setup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/clientdb"
	"github.com/snugchat/snug/storage/paths"
)

// Member is this profile's side of one place: its client, its store, and the
// goroutine that keeps it connected.
type Member struct {
	Client  *client.Client
	ID      string // of the place in this profile
	Archive bool   // read from an export: it has no host to connect to

	profile *Profile
	db      *clientdb.DB
	hosting *Hosting // of a place that is hosted here, nil otherwise
	nightly *nightly // nil until the store is open

	bringMu sync.Mutex // held while older history is taken in

	mu        sync.Mutex // guards what follows
	stop      context.CancelFunc
	ended     chan struct{} // closed when Run has returned; nil before Start
	closed    bool
	closeErr  error
	closeDone chan struct{}
}

// Join prepares to join a place that this profile does not have: the caller asks
// Client to Look, Register or Log in, and calls Start once that has succeeded.
// Close before that leaves nothing behind. Errors: ErrLocked, ErrJoined,
// ErrPlaceOpen, those of sqlite.Open, or the system's.
func (p *Profile) Join(ctx context.Context, link *wire.Link) (*Member, error) {
	id := placeID(link.Host)
	if _, known := p.place(id); known {
		return nil, ErrJoined
	}
	m, err := p.open(ctx, id, nil)
	if err != nil {
		return nil, err
	}
	if m.Client.Joined() {
		// The program died before the list of places was written.
		m.remember()
		return nil, errors.Join(ErrJoined, m.Close())
	}
	return m, nil
}

// OpenPlace opens a place that was joined and starts to connect to it. The
// hosted place is opened by StartHost instead.
func (p *Profile) OpenPlace(ctx context.Context, id string) (*Member, error) {
	place, known := p.place(id)
	if !known {
		return nil, ErrNoPlace
	}
	p.mu.Lock()
	hosting := p.hosting
	p.mu.Unlock()
	if place.Hosted && hosting != nil && hosting.member != nil && hosting.member.ID == id {
		return hosting.member, nil
	}
	m, err := p.open(ctx, id, nil)
	if err != nil {
		return nil, err
	}
	m.Start()
	return m, nil
}

// place returns a place of the list.
func (p *Profile) place(id string) (Place, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.places == nil {
		return Place{}, false
	}
	return p.places.find(id)
}

// open opens the store and the client of a place, without connecting.
func (p *Profile) open(ctx context.Context, id string, hosting *Hosting) (*Member, error) {
	known, _ := p.place(id)
	m := &Member{ID: id, Archive: known.Archive, profile: p, hosting: hosting, closeDone: make(chan struct{})}
	p.mu.Lock()
	key, deviceKey, err := p.clientKeysLocked(p.vault, id)
	if err == nil && p.members[id] != nil {
		err = ErrPlaceOpen
	}
	if err == nil {
		p.members[id] = m
	}
	p.mu.Unlock()
	if err != nil {
		return nil, err
	}
	if err := m.open(ctx, key, deviceKey); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return m, nil
}

func (p *Profile) clientPath(id string) string {
	return filepath.Join(p.layout.Client(id), "client.db")
}

func (m *Member) open(ctx context.Context, key, deviceKey [32]byte) error {
	p := m.profile
	folder := p.layout.Client(m.ID)
	if err := paths.MakeDir(folder); err != nil {
		return err
	}
	if err := clear(filepath.Join(folder, broughtName)); err != nil { // of a program that was killed
		return err
	}
	log := p.log.With("part", "client", "place", m.ID)
	seal, err := newSealer(deviceKey)
	if err != nil {
		return err
	}
	if m.db, err = p.openClientDB(ctx, m.ID, key, seal, log); err != nil {
		return err
	}
	m.nightly = p.keepClient(m.db, m.ID, key, seal)
	files := filepath.Join(folder, "files")
	if err := paths.MakeDir(files); err != nil {
		return err
	}
	cfg := client.Config{
		Program: p.options.Program, DeviceName: p.options.DeviceName, Folder: files, Downloads: m.downloads,
		AutoDownload: func() int64 { return p.prefs.Get().AutoDownload }, Receipts: p.receipts, Archive: m.Archive,
	}
	if m.hosting != nil {
		cfg.Dial = m.hosting.dial
		// The host saves every file of the Lobby on this computer already; a
		// second copy beside it would only confuse. What it cannot read it has not.
		cfg.HostSaves = true
	}
	if m.Client, err = client.New(ctx, cfg, m.db, log); spoiled(err) {
		m.db.Suspect() // the next start repairs it
	}
	return err
}

// downloads opens the folder for the files that this member fetches.
func (m *Member) downloads() (*os.Root, error) {
	name := m.Client.Place().Name
	if name == "" {
		name = m.ID
	}
	return m.profile.layout.OpenReceived(name)
}

// Start connects, and stays connected until Close. It remembers the place in the
// profile. A second call does nothing. An archive is only remembered.
func (m *Member) Start() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ended != nil || m.closed {
		return
	}
	if m.Archive {
		m.remember()
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	m.stop, m.ended = stop, make(chan struct{})
	changes := m.Client.Subscribe()
	go func() {
		defer close(m.ended)
		var wg sync.WaitGroup
		wg.Go(func() { m.follow(ctx, changes) })
		if err := m.Client.Run(ctx); err != nil && ctx.Err() == nil {
			m.profile.log.Error("client ended", "place", m.ID, "err", err)
			if spoiled(err) {
				m.db.Suspect() // the next start repairs it
			}
		}
		changes.Close()
		wg.Wait()
	}()
}

// follow keeps the list of places up to date until the client ends.
func (m *Member) follow(ctx context.Context, changes *client.Subscription) {
	m.remember()
	for {
		ch, err := changes.Next(ctx)
		if err != nil {
			return
		}
		if ch.Place || ch.Me {
			m.remember()
		}
	}
}

// remember notes what the list of places shows of this one, and who this device is.
func (m *Member) remember() {
	if err := m.nightly.mark(context.Background()); err != nil {
		m.profile.log.Warn("progress of a store not noted", "place", m.ID, "err", err)
	}
	place, me := m.Client.Place(), m.Client.Me()
	m.profile.note(m.ID, func(p *Place) { p.Name, p.Person, p.Used = place.Name, me.Name, time.Now() })
}

// Close ends the connection, waits for it, and closes the store. If nobody was
// signed up, the folder is removed; it stays when the host may have signed this
// device up without the answer having come, since its keys are in it. It may be
// called several times.
func (m *Member) Close() error {
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		<-m.closeDone
		return m.closeErr
	}
	m.closed = true
	stop, ended := m.stop, m.ended
	m.mu.Unlock()
	if ended != nil {
		stop()
		<-ended
	}
	if m.Client != nil && m.Client.Joined() {
		m.remember()
	}
	var errs []error
	empty := false
	if m.nightly != nil {
		m.nightly.close()
	}
	if m.db != nil {
		_, err := m.db.Place(context.Background())
		empty = errors.Is(err, clientdb.ErrNoPlace)
		errs = append(errs, m.db.Close())
	}
	p := m.profile
	if empty {
		if err := errors.Join(os.RemoveAll(p.layout.Client(m.ID)), p.dropSalt(m.ID)); err != nil {
			errs = append(errs, fmt.Errorf("clear folder of a place not joined: %w", err))
		}
	}
	p.mu.Lock()
	if p.members[m.ID] == m {
		delete(p.members, m.ID)
	}
	p.mu.Unlock()
	m.closeErr = errors.Join(errs...)
	close(m.closeDone)
	return m.closeErr
}
