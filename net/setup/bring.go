package setup

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/snugchat/snug/crypto/vault"
	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/storage/backup"
	"github.com/snugchat/snug/storage/clientdb"
	"github.com/snugchat/snug/storage/export"
	"github.com/snugchat/snug/storage/paths"
)

// ErrNoHistory comes from Bring for a folder that is neither an export nor a copy of
// what Snug kept on another computer, or has nothing of the place.
var ErrNoHistory = errors.New("no history of this place in the folder")

// broughtName is the file in a place's folder into which older history is read, before
// it is taken into the place. It goes when that is done, else at the next time.
const broughtName = "brought.db"

// Bring takes the history of private rooms that another computer of this person had:
// from an export, or from a copy of a profile's folder (or of the folder "data" in it),
// which its own passphrase opens, or the key file in it, or this computer's keyring. In such
// a copy the store of the place counts, else its newest backup that opens. The
// folder is only read. client.Client.Bring says what is taken, and needs a connection.
// Errors: ErrNoHistory, ErrNeedPassphrase, vault.ErrWrongPassphrase and its relatives,
// client.ErrOtherPlace and the other errors of that Bring, export.ErrNewer,
// sqlite.ErrNewer, client.ErrDiskFull, or the system's.
func (m *Member) Bring(ctx context.Context, folder, passphrase string, step func(done, all int64)) (b client.Brought, err error) {
	m.bringMu.Lock()
	defer m.bringMu.Unlock()
	scratch := filepath.Join(m.profile.layout.Client(m.ID), broughtName)
	if err := clear(scratch); err != nil {
		return b, err
	}
	db, err := m.older(ctx, folder, passphrase, scratch)
	if err != nil {
		return b, errors.Join(err, clear(scratch))
	}
	defer func() { err = errors.Join(err, db.Close(), clear(scratch)) }()
	old, err := client.New(ctx, client.Config{Folder: filepath.Dir(scratch), Archive: true}, db, m.profile.log.With("part", "older history"))
	if err != nil {
		return b, err
	}
	return m.Client.Bring(ctx, old, step)
}

// older makes a store of what a folder has, at path.
func (m *Member) older(ctx context.Context, folder, passphrase, path string) (*clientdb.DB, error) {
	a, err := export.Open(folder)
	if err == nil {
		db, err := m.olderExport(ctx, a, folder, path)
		return db, errors.Join(err, a.Close())
	}
	if !errors.Is(err, export.ErrFormat) {
		return nil, err
	}
	for _, data := range []string{folder, filepath.Join(folder, "data")} {
		v, err := m.profile.olderVault(data, passphrase)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return m.olderStore(ctx, data, v, path)
	}
	return nil, ErrNoHistory
}

// olderExport reads an export of this place and person.
func (m *Member) olderExport(ctx context.Context, a *export.Archive, folder, path string) (_ *clientdb.DB, err error) {
	host, me := m.Client.Place().Host, m.Client.Me().Account
	switch {
	case a.Place.Host != hex.EncodeToString(host[:]):
		return nil, client.ErrOtherPlace
	case a.Place.Me != hex.EncodeToString(me[:]):
		return nil, client.ErrOtherPerson
	}
	if err := m.profile.roomFor(folder); err != nil {
		return nil, err
	}
	var key [32]byte
	if _, err := rand.Read(key[:]); err != nil {
		return nil, fmt.Errorf("read older history: %w", err)
	}
	db, err := clientdb.Open(ctx, path, key, m.profile.log)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, db.Close())
		}
	}()
	root, err := m.downloads()
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return db, client.Import(ctx, a, db, client.ImportOptions{
		Now:      time.Now().UnixMilli(),
		SaveFile: func(name string, content io.Reader) (string, error) { return saveCopy(root, name, content) },
	})
}

// olderVault opens the vault of a copy of a profile's folder "data". The error is
// os.ErrNotExist if there is none.
func (p *Profile) olderVault(data, passphrase string) (*vault.Vault, error) {
	file, err := readEither(filepath.Join(data, "vault"), func(b []byte) bool { _, err := vault.MethodOf(b); return err == nil })
	if err != nil {
		return nil, err
	}
	return p.openVault(file, passphrase, func() ([]byte, error) {
		key, err := readEither(filepath.Join(data, "vault.key"), opensWith(file))
		if err != nil {
			return nil, fmt.Errorf("%w: %v", vault.ErrKeyFile, paths.Nameless(err))
		}
		return key, nil
	})
}

// readEither reads a file that was written twice: the copy, if that is good and the
// file is not. It mends neither.
func readEither(path string, good func([]byte) bool) ([]byte, error) {
	return readEitherOf(path, path+copySuffix, good)
}

func readEitherOf(path, other string, good func([]byte) bool) ([]byte, error) {
	b, err := os.ReadFile(path)
	if err == nil && good(b) {
		return b, nil
	}
	if second, err2 := os.ReadFile(other); err2 == nil && (err != nil || good(second)) {
		return second, nil
	}
	return b, err
}

// olderStore opens a copy of the place's store that a profile had, at path.
func (m *Member) olderStore(ctx context.Context, data string, v *vault.Vault, path string) (*clientdb.DB, error) {
	name := filepath.Base(m.profile.layout.Client(m.ID))
	suffix := ""
	if b, err := readEitherOf(filepath.Join(data, "keys", name), filepath.Join(data, "backup", name+".key"), goodSalt); err == nil {
		salt, ok := parseSalt(b)
		if !ok {
			return nil, fmt.Errorf("read salt of older store: %w", vault.ErrDamaged)
		}
		suffix = " " + salt
	} else if !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("read salt of older store: %w", err)
	}
	key := clientKey(v, m.ID, suffix)
	var candidates []string
	store := filepath.Join(data, "client", name, filepath.Base(m.profile.clientPath(m.ID)))
	if info, err := os.Stat(store); err == nil && info.Size() > 0 {
		candidates = append(candidates, store)
	}
	backups, err := backup.Folder(filepath.Join(data, "backup", name)).List()
	if err != nil {
		return nil, err
	}
	for _, b := range backups {
		candidates = append(candidates, b.Path)
	}
	var errs []error
	for _, from := range candidates {
		db, err := m.openCopy(ctx, from, path, key)
		if err == nil {
			return db, nil
		}
		if errs = append(errs, err); !spoiled(err) {
			break
		}
	}
	if len(errs) == 0 {
		return nil, ErrNoHistory
	}
	return nil, errors.Join(errs...)
}

// openCopy copies a store and what belongs to it to path, and opens it there.
func (m *Member) openCopy(ctx context.Context, from, path string, key [32]byte) (*clientdb.DB, error) {
	var size int64
	for _, suffix := range []string{"", "-wal"} {
		if info, err := os.Stat(from + suffix); err == nil {
			size += info.Size()
		}
	}
	free, _, err := paths.FreeSpace(path)
	if err != nil {
		return nil, err
	}
	if need := 2 * size; free < need {
		return nil, fmt.Errorf("copy older store: %w: it takes up to %d bytes, %d are free", client.ErrDiskFull, need, free)
	}
	if err := clear(path); err != nil {
		return nil, err
	}
	if err := backup.Restore(ctx, from, path); err != nil {
		return nil, err
	}
	if _, err := os.Stat(from + "-wal"); err == nil {
		if err := backup.Restore(ctx, from+"-wal", path+"-wal"); err != nil {
			return nil, err
		}
	}
	db, err := clientdb.Open(ctx, path, key, m.profile.log)
	if err != nil {
		return nil, err
	}
	if _, err := db.Place(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("%w: %w", ErrNoHistory, err), db.Close())
	}
	return db, nil
}
