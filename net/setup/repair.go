package setup

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/backup"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
	"github.com/snugchat/snug/storage/hostdb"
	"github.com/snugchat/snug/storage/sqlite"
)

// Repair is one sentence for the person: a store was damaged, and what became of it.
type Repair struct {
	Place  string    // id of the place, "" for the hosted one
	Time   time.Time // when it was repaired
	Backup time.Time // of the backup that it was restored from; zero: there was none
	Rolled bool      // it was not damaged, but an older copy of itself
	Aside  string    // where the damaged file lies; "": there is none
	Taken  int64     // rows that were read from the damaged file
	Whole  bool      // all that the damaged file had besides the backup could be read
}

// maxRepairs is how many are remembered.
const maxRepairs = 100

// Repairs returns what had to be repaired since the profile was opened, the
// oldest first.
func (p *Profile) Repairs() []Repair {
	p.repairMu.Lock()
	defer p.repairMu.Unlock()
	return append([]Repair(nil), p.repairs...)
}

func (p *Profile) repaired(r Repair) {
	r.Time = time.Now()
	p.log.Warn("a store was repaired", "place", r.Place, "backup", r.Backup, "rolled_back", r.Rolled, "rows_taken", r.Taken, "set_aside", r.Aside)
	p.repairMu.Lock()
	defer p.repairMu.Unlock()
	if len(p.repairs) < maxRepairs {
		p.repairs = append(p.repairs, r)
	}
}

func (p *Profile) hostBackups() backup.Folder {
	return backup.Folder(filepath.Join(p.layout.Data, "backup", "host"))
}

func (p *Profile) clientBackups(id string) backup.Folder {
	return backup.Folder(filepath.Join(p.layout.Data, "backup", filepath.Base(p.layout.Client(id))))
}

// spoiled says whether an error of opening a store means that its bytes are not
// what was written. The key comes from a vault that has a checksum of its own, so
// a wrong key means the same.
func spoiled(err error) bool {
	return errors.Is(err, sqlite.ErrDamaged) || errors.Is(err, sqlite.ErrWrongKey)
}

// gone says whether a store is empty that was not.
func gone(path string, backups backup.Folder) bool {
	if info, err := os.Stat(path); err == nil && info.Size() > 0 || err != nil && !errors.Is(err, os.ErrNotExist) {
		return false
	}
	all, err := backups.List()
	return err == nil && len(all) > 0
}

// openHostDB opens the store of the hosted place. A damaged one is set aside and
// restored from the newest backup that opens; without any it is an error, and the
// file stays where it is. One that is older than it was is made to go on.
func (p *Profile) openHostDB(ctx context.Context, key [32]byte, log *slog.Logger) (*hostdb.DB, error) {
	path := p.hostPath()
	mark := readMark(p.hostMarkPath())
	if !gone(path, p.hostBackups()) {
		db, err := hostdb.Open(ctx, path, key, log)
		switch {
		case err == nil:
			now, err := db.Mark(ctx)
			if err == nil {
				err = p.emptied(ctx, db)
			}
			if err == nil && now >= mark {
				return db, nil
			}
			if err != nil {
				if closing := db.Close(); !spoiled(err) {
					return nil, errors.Join(err, closing)
				}
				log.Error("the host's store is damaged", "err", err)
				break // a page that opening it did not need
			}
			if err := db.Close(); err != nil {
				return nil, err
			}
			ahead, err := p.backedUpPast(ctx, now, key)
			if err != nil {
				return nil, err // going on from it would leave out what the backup has
			}
			if ahead {
				log.Error("the host's store is behind its backup")
				break
			}
			// Somebody put an older file in its place: its numbers were given out since.
			if _, _, err := hostdb.Repaired(ctx, path, key, "", log); err != nil {
				return nil, err
			}
			p.repaired(Repair{Rolled: true})
			return hostdb.Open(ctx, path, key, log)
		case !spoiled(err):
			return nil, err
		default:
			log.Error("the host's store is damaged", "err", err)
		}
	}
	restored, err := p.restore(ctx, "", path, p.hostBackups(), func(aside string) (int64, int64, error) {
		taken, lost, err := hostdb.Repaired(ctx, path, key, aside, log)
		log.Info("host store repaired", "taken", taken, "lost", lost, "err", err)
		return taken, lost, err
	})
	if err != nil {
		return nil, err
	}
	db, err := hostdb.Open(ctx, path, key, log)
	if err == nil {
		p.repaired(restored)
	}
	return db, err
}

// emptied returns sqlite.ErrDamaged if a store that was backed up before has no key
// of the place: what is left of its log ends before that was made.
func (p *Profile) emptied(ctx context.Context, db *hostdb.DB) error {
	if all, err := p.hostBackups().List(); err != nil || len(all) == 0 {
		return err
	}
	_, err := db.Secret(ctx, transportKey, func() ([]byte, error) {
		return nil, fmt.Errorf("%w: it is empty", sqlite.ErrDamaged)
	})
	return err
}

// backedUpPast says whether the newest backup of the host's store has come further
// than a mark. It opens a copy of it beside the store, always under the same name:
// after a kill one is left at most. A backup that is damaged itself is not ahead;
// other errors are the disk's.
func (p *Profile) backedUpPast(ctx context.Context, mark uint64, key [32]byte) (ahead bool, err error) {
	all, err := p.hostBackups().List()
	if err != nil || len(all) == 0 {
		return false, err
	}
	scratch := p.hostPath() + ".behind"
	if err := clear(scratch); err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, clear(scratch)) }()
	if err := backup.Restore(ctx, all[0].Path, scratch); err != nil {
		return false, err
	}
	db, err := hostdb.Open(ctx, scratch, key, p.log)
	if spoiled(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	reached, err := db.Mark(ctx)
	if spoiled(err) {
		reached, err = 0, nil
	}
	return reached > mark, errors.Join(err, db.Close())
}

// openClientDB is openHostDB for the store of a joined place. Without a backup it
// begins an empty store for the same device, which gets its history from the host.
func (p *Profile) openClientDB(ctx context.Context, id string, key [32]byte, seal sealer, log *slog.Logger) (*clientdb.DB, error) {
	path := p.clientPath(id)
	place, mark, derr := seal.loadDevice(p.devicePath(id))
	if derr != nil && !errors.Is(derr, os.ErrNotExist) {
		log.Warn("the file of this device cannot be read", "place", id, "err", derr)
	}
	lost := derr == nil && gone(path, p.clientBackups(id))
	if derr == nil && !lost {
		info, err := os.Stat(path)
		lost = errors.Is(err, os.ErrNotExist) || err == nil && info.Size() == 0
	}
	if !lost {
		db, err := clientdb.Open(ctx, path, key, log)
		switch {
		case err == nil:
			now, err := db.Mark(ctx)
			if _, none := db.Place(ctx); err == nil && derr == nil && errors.Is(none, clientdb.ErrNoPlace) {
				// What is left of its log ends before the place was saved.
				if err := db.Close(); err != nil {
					return nil, err
				}
				log.Error("the store of a place is empty", "place", id)
				break
			}
			if err == nil && now >= mark {
				return db, nil
			}
			if err != nil {
				if closing := db.Close(); !spoiled(err) {
					return nil, errors.Join(err, closing)
				}
				log.Error("the store of a place is damaged", "place", id, "err", err)
				break // a page that opening it did not need
			}
			if err := errors.Join(db.RolledBack(ctx), p.saveDevice(ctx, id, db, seal)); err != nil {
				return nil, errors.Join(err, db.Close())
			}
			p.repaired(Repair{Place: id, Rolled: true})
			return db, nil
		case !spoiled(err):
			return nil, err
		default:
			log.Error("the store of a place is damaged", "place", id, "err", err)
		}
	}
	var own *clientdb.Keys
	if derr == nil {
		own = &place.Keys
	}
	repair := func(aside string) (int64, int64, error) {
		taken, lost, err := clientdb.Repaired(ctx, path, key, aside, own, log)
		log.Info("store of a place repaired", "place", id, "taken", taken, "lost", lost, "err", err)
		return taken, lost, err
	}
	restored, err := p.restore(ctx, id, path, p.clientBackups(id), repair)
	if errors.Is(err, errNoBackup) && own != nil {
		restored, err = p.startOver(ctx, id, path, key, place, repair, log)
	}
	if err != nil {
		return nil, err
	}
	db, err := clientdb.Open(ctx, path, key, log)
	if err != nil {
		return nil, err
	}
	p.repaired(restored)
	if err := p.saveDevice(ctx, id, db, seal); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// saveDevice notes who this device is and how far its store has come, which after
// a repair is less far than before.
func (p *Profile) saveDevice(ctx context.Context, id string, db *clientdb.DB, seal sealer) error {
	place, err := db.Place(ctx)
	if err != nil {
		return err
	}
	mark, err := db.Mark(ctx)
	if err != nil {
		return err
	}
	plain, err := encodeDevice(place, mark)
	if err != nil {
		return err
	}
	return seal.saveDevice(p.devicePath(id), plain)
}

// errNoBackup says that a damaged store has no backup. It counts as
// sqlite.ErrDamaged.
var errNoBackup = fmt.Errorf("%w, and there is no backup of it", sqlite.ErrDamaged)

// restore sets a store aside and puts the newest backup that works in its place.
// repair makes it go on; it gets the path of what was set aside, or "" if that
// was of no use at the first try, and says how many rows it read from there, and
// how many parts it could not read.
func (p *Profile) restore(ctx context.Context, id, path string, folder backup.Folder, repair func(aside string) (taken, lost int64, err error)) (Repair, error) {
	all, err := folder.List()
	if err != nil {
		return Repair{}, err
	}
	if len(all) == 0 {
		return Repair{}, errNoBackup
	}
	r := Repair{Place: id}
	if _, err := os.Stat(path); err == nil {
		if r.Aside, err = sqlite.SetAside(path); err != nil {
			return r, err
		}
	}
	var failed []error
	for _, b := range all {
		r.Backup = b.Time
		for _, aside := range []string{r.Aside, ""} {
			if err := clear(path); err != nil {
				return r, err
			}
			if err := backup.Restore(ctx, b.Path, path); err != nil {
				return r, err // of the disk, not of the backup
			}
			var lost int64
			if r.Taken, lost, err = repair(aside); err == nil {
				r.Whole = aside != "" && lost == 0
				return r, nil
			}
			failed = append(failed, err)
			if ctx.Err() != nil || errors.Is(err, sqlite.ErrDiskFull) {
				return r, errors.Join(err, clear(path))
			}
			if r.Aside == "" {
				break
			}
		}
	}
	return r, errors.Join(append(failed, clear(path))...)
}

// startOver begins an empty store for a device whose store is damaged and has no
// backup yet.
func (p *Profile) startOver(ctx context.Context, id, path string, key [32]byte, place clientdb.Place, repair func(string) (taken, lost int64, err error), log *slog.Logger) (Repair, error) {
	r := Repair{Place: id}
	if _, err := os.Stat(path); err == nil {
		if r.Aside, err = sqlite.SetAside(path); err != nil {
			return r, err
		}
	}
	begin := func() error {
		if err := clear(path); err != nil {
			return err
		}
		db, err := clientdb.Open(ctx, path, key, log)
		if err != nil {
			return err
		}
		return errors.Join(db.SavePlace(ctx, place), db.Close())
	}
	if err := begin(); err != nil {
		return r, err
	}
	taken, lost, err := repair(r.Aside)
	if err == nil {
		r.Taken, r.Whole = taken, r.Aside != "" && lost == 0
		return r, nil
	}
	if err := begin(); err != nil {
		return r, err
	}
	_, _, err = repair("")
	return r, err
}

// clear removes what a failed try of a repair left. What was set aside has
// another name.
func clear(path string) error {
	for _, suffix := range []string{"", "-wal", "-shm", "-open", ".part"} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("restore backup: %w", err)
		}
	}
	return nil
}

// refill gives the host's store back what its own person's client has of it: rows
// that a backup is too old for, or that a damaged log of SQLite swallowed.
func (p *Profile) refill(ctx context.Context, h *Hosting, id string) error {
	if _, err := os.Stat(p.clientPath(id)); err != nil {
		return nil // nobody takes part from this computer
	}
	key, deviceKey, err := p.clientKeys(id)
	if err != nil {
		return err
	}
	seal, err := newSealer(deviceKey)
	if err != nil {
		return err
	}
	own, err := p.openClientDB(ctx, id, key, seal, h.log)
	if err != nil {
		return err
	}
	given, err := refillFrom(ctx, h.db, own)
	lost := false
	if err == nil && given == 0 {
		lost, err = lostRows(ctx, h.db, own)
	}
	if err = errors.Join(err, own.Close()); err != nil {
		return fmt.Errorf("give lost rows back to the host: %w", err)
	}
	if given > 0 || lost {
		h.log.Warn("the host had lost rows", "given_back", given)
		if len(p.Repairs()) == 0 {
			p.repaired(Repair{Rolled: true, Taken: given})
		}
	}
	return nil
}

// refillPage is how many rows are given back at a time.
const refillPage = 500

// refillFrom gives back the rows that own has and the host has not. What the host
// never had, or has no device for any more, is left out.
func refillFrom(ctx context.Context, host *hostdb.DB, own *clientdb.DB) (given int64, err error) {
	for after := uint64(0); ; {
		rows, err := own.Recent(ctx, after, refillPage)
		if err != nil || len(rows) == 0 {
			return given, err
		}
		after = rows[len(rows)-1].Seq
		var known []chat.Row
		for _, r := range rows {
			env, err := wire.ParseEnvelope(r.Envelope)
			if err != nil || env.Room != r.Room {
				continue
			}
			r.Device, r.Counter, r.ID = env.Device, env.Counter, env.ID
			known = append(known, r)
		}
		n, err := host.Refill(ctx, known)
		if err == nil && n > 0 && given == 0 {
			err = host.NewLineage(ctx)
		}
		if given += n; err != nil {
			return given, err
		}
	}
}

// lostRows begins a new lineage if own knows of a row behind all that the host has: one
// that the host acknowledged and that never came back, or that is not kept any more. Its
// person's client then writes it once more, and who has it gives it back.
func lostRows(ctx context.Context, host *hostdb.DB, own *clientdb.DB) (bool, error) {
	known, err := own.LastOnHost(ctx)
	if err != nil {
		return false, err
	}
	given, err := host.Mark(ctx)
	if err != nil || known <= given {
		return false, err
	}
	return true, host.NewLineage(ctx)
}

func (p *Profile) hostMarkPath() string { return filepath.Join(p.layout.Host(), "mark") }

// readMark reads how far a store had come; 0 if nobody knows. It keeps no secret
// and proves nothing: it tells a person that an old file was put in place.
func readMark(path string) uint64 {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	var mark uint64
	var check uint64
	if n, err := fmt.Sscanf(strings.TrimSpace(string(b)), "%d %d", &mark, &check); n != 2 || err != nil || check != mark^markCheck {
		return 0
	}
	return mark
}

// markCheck makes a damaged number differ from its copy.
const markCheck = 0x5a5a5a5a5a5a5a5a

func formatMark(mark uint64) []byte { return fmt.Appendf(nil, "%d %d\n", mark, mark^markCheck) }
