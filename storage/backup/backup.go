// Package backup keeps proved copies of a database: it makes one, restores it
// into a scratch file with the program's own code, compares what is in both, and
// only then gives it the name of a backup. So whatever has that name can be
// restored, and its time is when that was last proved.
//
// It must not know a table or a key: stores say what of them is copied, and open
// what is restored.
//
// storage/SCHEMA.md, section "Backups", specifies the folder.
package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"github.com/snugchat/snug/storage/paths"
	"github.com/snugchat/snug/storage/sqlite"
)

// Keep is how many backups of one database there are: those of the last three
// nights. Each takes as much room as the database.
const Keep = 3

// ErrUnproved says that what was restored is not what was backed up. The backups
// from before are still there.
var ErrUnproved = errors.New("the backup could not be proved: it holds something else than the store")

// Source is a store that can be copied while it is used.
type Source interface {
	// Backup writes the store into a new file and says what is in it.
	Backup(ctx context.Context, path string) (sqlite.Digest, error)
}

// Restored is a store that was opened from a restored file.
type Restored interface {
	Digest(ctx context.Context) (sqlite.Digest, error)
	Close() error
}

// Folder holds the backups of one database.
type Folder string

// Backup is one of them.
type Backup struct {
	Path string
	Time time.Time // when it was made and proved, UTC, to the second
}

// layout is how the time stands in a name. Names sort by time.
const layout = "20060102T150405Z"

var name = regexp.MustCompile(`^[0-9]{8}T[0-9]{6}Z\.db$`)

// List returns the backups, the newest first. A folder that is not there has none.
func (f Folder) List() ([]Backup, error) {
	entries, err := os.ReadDir(string(f))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list backups: %w", err)
	}
	var out []Backup
	for _, e := range entries {
		if !name.MatchString(e.Name()) || !e.Type().IsRegular() {
			continue
		}
		if at, err := time.Parse(layout+".db", e.Name()); err == nil {
			out = append(out, Backup{filepath.Join(string(f), e.Name()), at})
		}
	}
	slices.SortFunc(out, func(a, b Backup) int { return b.Time.Compare(a.Time) })
	return out, nil
}

// Make backs a store up, proves the backup and removes the ones beyond Keep. open
// opens the restored file as the program would. It blocks for some seconds per
// 100 MiB and reads everything twice. Errors: ErrUnproved, sqlite.ErrDamaged (of
// the store: nothing can be copied from it as it is), sqlite.ErrDiskFull, ctx's,
// or the system's; then the older backups are as they were.
func (f Folder) Make(ctx context.Context, store Source, now time.Time, open func(ctx context.Context, path string) (Restored, error)) (Backup, error) {
	if err := paths.MakeDir(string(f)); err != nil {
		return Backup{}, err
	}
	fresh, scratch := filepath.Join(string(f), "new.db"), filepath.Join(string(f), "scratch.db")
	defer f.tidy()
	f.tidy() // of a try that was killed
	want, err := store.Backup(ctx, fresh)
	if err != nil {
		return Backup{}, err
	}
	if err := prove(ctx, fresh, scratch, want, open); err != nil {
		return Backup{}, err
	}
	b := Backup{Time: now.UTC().Truncate(time.Second)}
	b.Path = filepath.Join(string(f), b.Time.Format(layout)+".db")
	if err := os.Rename(fresh, b.Path); err != nil {
		return Backup{}, fmt.Errorf("name backup: %w", err)
	}
	if err := paths.SyncDir(string(f)); err != nil {
		return Backup{}, err
	}
	all, err := f.List()
	if err != nil {
		return Backup{}, err
	}
	for _, old := range all[min(Keep, len(all)):] {
		if err := os.Remove(old.Path); err != nil {
			return b, fmt.Errorf("remove old backup: %w", err)
		}
	}
	return b, nil
}

// prove restores a backup into a scratch file and compares.
func prove(ctx context.Context, path, scratch string, want sqlite.Digest, open func(context.Context, string) (Restored, error)) error {
	if err := Restore(ctx, path, scratch); err != nil {
		return err
	}
	store, err := open(ctx, scratch)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnproved, err)
	}
	got, err := store.Digest(ctx)
	if err = errors.Join(err, store.Close()); err != nil {
		return fmt.Errorf("%w: %w", ErrUnproved, err)
	}
	if !got.Equal(want) {
		return ErrUnproved
	}
	return nil
}

// Restore copies a backup to path, where there is no file yet. It is there whole
// and synced, or not at all.
func Restore(ctx context.Context, from, path string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("restore backup: %w", err)
	}
	defer in.Close()
	part := path + ".part"
	out, err := os.OpenFile(part, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("restore backup: %w", err)
	}
	_, err = io.Copy(out, reader{ctx, in})
	if err == nil {
		err = out.Sync()
	}
	if err = errors.Join(err, out.Close()); err == nil {
		err = os.Rename(part, path)
	}
	if err != nil {
		_ = os.Remove(part) // the first error says more
		return fmt.Errorf("restore backup: %w", err)
	}
	return paths.SyncDir(filepath.Dir(path))
}

// reader ends with its context.
type reader struct {
	ctx context.Context
	r   io.Reader
}

func (r reader) Read(b []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(b)
}

// tidy removes what is no backup yet, or none any more.
func (f Folder) tidy() {
	entries, err := os.ReadDir(string(f))
	if err != nil {
		return // Make says so
	}
	for _, e := range entries {
		if e.Type().IsRegular() && !name.MatchString(e.Name()) {
			_ = os.Remove(filepath.Join(string(f), e.Name())) // the next time tries again
		}
	}
}
