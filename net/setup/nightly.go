package setup

import (
	"context"
	"crypto/sha256"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/snugchat/snug/storage/backup"
	"github.com/snugchat/snug/storage/clientdb"
	"github.com/snugchat/snug/storage/hostdb"
	"github.com/snugchat/snug/storage/paths"
)

const (
	// backupHour is when a night's backup is due, by this computer's clock. One
	// that was off then makes it after its next start.
	backupHour = 3
	// firstBackup is how long after its start a store without a backup gets one,
	// and settled how long any other has to wait: a start is busy enough.
	firstBackup = time.Minute
	settled     = 5 * time.Minute
	// firstPause and longestPause are how long after a backup that failed the next one
	// is tried: each reads the whole store. The pause doubles with each try.
	firstPause, longestPause = 5 * time.Minute, time.Hour
	// lateAfter is how old the newest backup is when the person hears that none could
	// be made: two nights.
	lateAfter = 48 * time.Hour
	// markEvery is how often it is noted how far a store has come.
	markEvery = 30 * time.Second
)

// nightly keeps one open store backed up, until its store is to be closed.
type nightly struct {
	p      *Profile
	place  string // id, "" for the hosted one
	folder backup.Folder
	store  backup.Source
	open   func(ctx context.Context, path string) (backup.Restored, error)

	stop  func()
	wg    sync.WaitGroup
	mu    sync.Mutex // held during a backup
	now   func() time.Time
	ticks <-chan time.Time // wakes run; nil: every markEvery

	markMu sync.Mutex // held during note
	note   func(ctx context.Context) error
}

// mark notes beside the store how far it has come, so that an older copy of it in
// its place is noticed.
func (n *nightly) mark(ctx context.Context) error {
	n.markMu.Lock()
	defer n.markMu.Unlock()
	return n.note(ctx)
}

func (p *Profile) keepHost(db *hostdb.DB, key [32]byte) *nightly {
	var last uint64
	return p.keep(&nightly{
		p: p, folder: p.hostBackups(), store: db,
		open: func(ctx context.Context, path string) (backup.Restored, error) {
			return hostdb.Open(ctx, path, key, p.log)
		},
		note: func(ctx context.Context) error {
			now, err := db.Mark(ctx)
			if err != nil || now == last {
				return err
			}
			if err := paths.WriteFile(p.hostMarkPath(), formatMark(now)); err != nil {
				return err
			}
			last = now
			return nil
		},
	})
}

func (p *Profile) keepClient(db *clientdb.DB, id string, key [32]byte, seal sealer) *nightly {
	var last [32]byte // of what was written
	return p.keep(&nightly{
		p: p, place: id, folder: p.clientBackups(id), store: db,
		open: func(ctx context.Context, path string) (backup.Restored, error) {
			return clientdb.Open(ctx, path, key, p.log)
		},
		note: func(ctx context.Context) error {
			place, err := db.Place(ctx)
			if errors.Is(err, clientdb.ErrNoPlace) || err == nil && !place.Joined {
				return nil // nobody yet
			}
			now, merr := db.Mark(ctx)
			if err = errors.Join(err, merr); err != nil {
				return err
			}
			plain, err := encodeDevice(place, now)
			if err != nil || sha256.Sum256(plain) == last {
				return err
			}
			if err := seal.saveDevice(p.devicePath(id), plain); err != nil {
				return err
			}
			last = sha256.Sum256(plain)
			return nil
		},
	})
}

func (p *Profile) keep(n *nightly) *nightly {
	ctx, cancel := context.WithCancel(context.Background())
	n.stop, n.now = cancel, time.Now
	n.wg.Go(func() { n.run(ctx) })
	return n
}

// due says whether a backup is to be made: last is when the newest was made (zero:
// never), began when the store was opened.
func due(now, last, began time.Time) bool {
	if last.IsZero() {
		return now.Sub(began) >= firstBackup
	}
	night := time.Date(now.Year(), now.Month(), now.Day(), backupHour, 0, 0, 0, now.Location())
	if now.Before(night) {
		night = night.AddDate(0, 0, -1)
	}
	return last.Before(night) && now.Sub(began) >= settled
}

// run makes backups when they are due, and one at once if the program is another one
// than that which made the newest: what an update may spoil is then as it was before.
func (n *nightly) run(ctx context.Context) {
	began := n.now()
	ticks := n.ticks
	if ticks == nil {
		tick := time.NewTicker(markEvery)
		defer tick.Stop()
		ticks = tick.C
	}
	var next time.Time // no try before
	pause := firstPause
	try := func(last time.Time) {
		err := n.backUp(ctx)
		now := n.now()
		switch {
		case err == nil:
			next, pause = time.Time{}, firstPause
		case ctx.Err() == nil:
			n.p.log.Error("backup not made", "place", n.place, "err", err)
			next, pause = now.Add(pause), min(2*pause, longestPause)
			since := last
			if since.IsZero() {
				since = began
			}
			if now.Sub(since) >= lateAfter {
				n.p.late(Late{Place: n.place, Newest: last, Err: err})
			}
		}
	}
	newest := func() (time.Time, bool) {
		all, err := n.folder.List()
		if err != nil {
			n.p.log.Warn("backups cannot be listed", "place", n.place, "err", err)
			return time.Time{}, false
		}
		if len(all) == 0 {
			return time.Time{}, true
		}
		return all[0].Time, true
	}
	if last, ok := newest(); ok && !last.IsZero() && n.p.madeBy(n.place) != n.p.options.Program {
		n.p.log.Info("another version of the program: backing up first", "place", n.place)
		try(last)
	}
	for {
		select {
		case <-ticks:
		case <-ctx.Done():
			return
		}
		if err := n.mark(ctx); err != nil && ctx.Err() == nil {
			n.p.log.Warn("progress of a store not noted", "place", n.place, "err", err)
		}
		if last, ok := newest(); ok && !n.now().Before(next) && due(n.now(), last, began) {
			try(last)
		}
	}
}

// versionPath is the file that names the program which made the newest backup of a store.
func (p *Profile) versionPath(store string) string {
	return filepath.Join(p.layout.Data, "backup", paths.SafeName(store)+".version")
}

// storeOf is the name of a place's store; "" is the hosted one.
func storeOf(place string) string {
	if place == "" {
		return hostStore
	}
	return place
}

// placeOf is the place whose store has a name.
func placeOf(store string) string {
	if store == hostStore {
		return ""
	}
	return store
}

// madeBy returns which program made the newest backup of a place, "" if nobody knows.
func (p *Profile) madeBy(place string) string {
	b, err := os.ReadFile(p.versionPath(storeOf(place)))
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(string(b), "\n")
}

// Late says that no backup of a store could be made for long.
type Late struct {
	Place  string    // id, "" for the hosted one
	Newest time.Time // of its backups, zero: there is none
	Err    error     // why the last try failed
}

// Late returns the stores whose backups fail and are older than two nights, by the
// id of the place.
func (p *Profile) Late() []Late {
	p.repairMu.Lock()
	defer p.repairMu.Unlock()
	out := slices.Collect(maps.Values(p.lates))
	slices.SortFunc(out, func(a, b Late) int { return strings.Compare(a.Place, b.Place) })
	return out
}

func (p *Profile) late(l Late) {
	p.repairMu.Lock()
	defer p.repairMu.Unlock()
	if p.lates == nil {
		p.lates = make(map[string]Late)
	}
	p.lates[l.Place] = l
}

// onTime takes it that a place was backed up.
func (p *Profile) onTime(place string) {
	p.repairMu.Lock()
	defer p.repairMu.Unlock()
	delete(p.lates, place)
}

// backUp makes a backup now. One is made at a time in a profile.
func (n *nightly) backUp(ctx context.Context) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.p.backupMu.Lock()
	defer n.p.backupMu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	began := n.now()
	b, err := n.folder.Make(ctx, n.store, began, n.open)
	if err != nil {
		return err
	}
	if by := n.p.options.Program; n.p.madeBy(n.place) != by {
		if err := paths.WriteFile(n.p.versionPath(storeOf(n.place)), []byte(by+"\n")); err != nil {
			return err
		}
	}
	n.p.onTime(n.place)
	n.p.log.Info("backup made and proved", "place", n.place, "took_ms", n.now().Sub(began).Milliseconds(), "file", b.Path)
	return n.mark(ctx) // a store that is behind it is not the one that was backed up
}

// close ends it and waits for a backup under way, which it breaks off. The store
// is still open.
func (n *nightly) close() {
	n.stop()
	n.wg.Wait()
	n.mu.Lock() // one that was asked for
	defer n.mu.Unlock()
	if err := n.mark(context.Background()); err != nil && !errors.Is(err, os.ErrNotExist) {
		n.p.log.Warn("progress of a store not noted", "place", n.place, "err", err)
	}
}

// LastProved says when the newest backup of a place (id "": the hosted one) was
// made and proved restorable, zero if there is none.
func (p *Profile) LastProved(id string) (time.Time, error) {
	folder := p.hostBackups()
	if id != "" {
		folder = p.clientBackups(id)
	}
	all, err := folder.List()
	if err != nil || len(all) == 0 {
		return time.Time{}, err
	}
	return all[0].Time, nil
}

// BackUp makes and proves a backup of everything that is open, now. It blocks for
// seconds. Its errors are those of backup.Folder.Make.
func (p *Profile) BackUp(ctx context.Context) error {
	p.mu.Lock()
	var all []*nightly
	if p.hosting != nil && p.hosting.nightly != nil {
		all = append(all, p.hosting.nightly)
	}
	for _, m := range p.members {
		if m.nightly != nil {
			all = append(all, m.nightly)
		}
	}
	p.mu.Unlock()
	var errs []error
	for _, n := range all {
		errs = append(errs, n.backUp(ctx))
	}
	return errors.Join(errs...)
}
