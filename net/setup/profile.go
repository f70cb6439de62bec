// Package setup assembles Snug from its parts: it opens a profile, unlocks it,
// starts the host of its place and the clients of the places it has joined. The
// window and the command line both stand on it.
//
// It must not know flags, widgets or messages: it decides where things lie and
// in which order they start and stop, nothing else.
//
// storage/SCHEMA.md draws the folders of a profile.
package setup

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/snugchat/snug/crypto/vault"
	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/storage/logs"
	"github.com/snugchat/snug/storage/paths"
	"github.com/snugchat/snug/storage/prefs"
)

// Console answers the words of an admin command about a running host: what it
// says goes to out, and it returns an exit code. net/cli has the one.
type Console func(ctx context.Context, h *Hosting, args []string, out io.Writer) int

// Options say which profile is opened and for whom.
type Options struct {
	Dir     string         // --profile; "" for the person's own folders
	Program string         // name and version, shown to the other side
	Logs    *logs.Recorder // where everything logs
	// DeviceName is what this computer calls itself to the person's other ones (see
	// client.Config); "": nothing. DeviceName returns what programs give.
	DeviceName string
	Console    Console // answers `snug admin`; nil: nobody does
}

// Profile is everything that one person's Snug keeps on this computer. At most
// one program has it open. Its methods may be called from any goroutine, but
// none from one that must not block: they read and write files.
type Profile struct {
	options Options
	layout  paths.Layout
	lock    *paths.Lock
	log     *slog.Logger
	keyring *vault.Keyring
	prefs   *prefs.Store
	unseen  atomic.Bool             // see SetShowSeen
	remove  func(path string) error // deletes a file or folder with all that is in it

	mu        sync.Mutex // guards what follows; held while files are written, never while anybody waits for a peer
	vaultFile []byte     // nil while the profile is new
	vault     *vault.Vault
	places    *placeList
	hosting   *Hosting
	window    *socket            // see TakeCalls
	members   map[string]*Member // by place id

	backupMu sync.Mutex // held during a backup
	repairMu sync.Mutex // guards what follows
	repairs  []Repair
	lates    map[string]Late // by place id
}

// Open opens a profile and takes it for this program. Errors: paths.ErrInUse,
// ErrVaultGone, ErrHalfWiped, or the system's. Settings that cannot be read are set aside and
// logged: a person must always get in.
func Open(o Options) (*Profile, error) {
	layout, err := paths.For(o.Dir)
	if err != nil {
		return nil, err
	}
	lock, err := layout.Lock()
	if err != nil {
		return nil, err
	}
	p := &Profile{
		options: o, layout: layout, lock: lock, log: slog.New(o.Logs),
		keyring: vault.SystemKeyring(), members: make(map[string]*Member), remove: os.RemoveAll,
	}
	if err := p.finishWipeLocked(); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	if p.vaultFile, err = p.readVault(); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	settings, report, err := prefs.Open(layout.Settings())
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	if report.SetAside != "" {
		p.log.Warn("settings could not be read and were set aside", "file", report.SetAside)
	}
	if len(report.Defaulted) > 0 {
		p.log.Warn("settings with impossible values", "fields", report.Defaulted)
	}
	p.prefs = settings
	p.unseen.Store(!settings.Get().ShowSeen)
	return p, nil
}

// Layout returns where the profile's files lie.
func (p *Profile) Layout() paths.Layout { return p.layout }

// Logs returns the recorder that everything of the profile logs to.
func (p *Profile) Logs() *logs.Recorder { return p.options.Logs }

// Prefs returns the person's choices.
func (p *Profile) Prefs() *prefs.Store { return p.prefs }

// SetShowSeen says whether others see what came and was read in private rooms, in all
// places, from now on and without a look at the disk: a full one must not make more
// known than the person wants. It does not block. The setting of the next start is
// Prefs' business.
func (p *Profile) SetShowSeen(on bool) { p.unseen.Store(!on) }

// receipts is what the person lets others know.
func (p *Profile) receipts() client.Receipts {
	on := !p.unseen.Load()
	return client.Receipts{Delivered: on, Read: on}
}

// Person returns the name that the person goes by, "" before SetPerson.
func (p *Profile) Person() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.places == nil {
		return ""
	}
	return p.places.Person
}

// SetPerson remembers the name that the person goes by. Places that were joined
// keep the name of then.
func (p *Profile) SetPerson(name string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.places == nil {
		return ErrLocked
	}
	before := p.places.Person
	if name == before {
		return nil
	}
	p.places.Person = name
	if err := p.places.save(); err != nil {
		p.places.Person = before
		return err
	}
	return nil
}

// Places returns the places of an unlocked profile, the hosted one first, then
// the ones used last.
func (p *Profile) Places() []Place {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.places == nil {
		return nil
	}
	return p.places.sorted()
}

// ErrNoPlace says that the profile has no such place.
var ErrNoPlace = errors.New("no such place in this profile")

// ErrPlaceOpen says that a place cannot be opened twice, or forgotten while it
// is open or hosted.
var ErrPlaceOpen = errors.New("this place is open")

// ErrJoined comes from Join for a place that was joined before: open that one.
var ErrJoined = errors.New("this place was joined before")

// note remembers what is known of a place, now.
func (p *Profile) note(id string, change func(*Place)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.places == nil {
		return
	}
	place, ok := p.places.find(id)
	if !ok {
		place = Place{ID: id}
	}
	before := place
	change(&place)
	if ok && place == before {
		return
	}
	if err := p.places.put(place); err != nil {
		p.log.Warn("list of places not saved", "err", err)
	}
}

// closePatience is how long Close waits for a host to say goodbye.
const closePatience = 1500 * time.Millisecond

// Close stops the host and every client, waits for them, and gives the profile
// back.
func (p *Profile) Close() error {
	p.mu.Lock()
	hosting, window := p.hosting, p.window
	p.window = nil
	var members []*Member
	for _, m := range p.members {
		members = append(members, m)
	}
	p.mu.Unlock()
	if window != nil {
		window.close() // first: who comes now waits for the profile
	}
	var errs []error
	for _, m := range members {
		if hosting == nil || m != hosting.member {
			errs = append(errs, m.Close())
		}
	}
	if hosting != nil {
		ctx, cancel := context.WithTimeout(context.Background(), closePatience)
		defer cancel()
		errs = append(errs, hosting.Stop(ctx))
	}
	return errors.Join(append(errs, p.lock.Close())...)
}
