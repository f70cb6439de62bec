package setup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/snugchat/snug/crypto/vault"
	"github.com/snugchat/snug/storage/paths"
)

// Kind says how a profile is protected.
type Kind int

// The ways of protecting a profile.
const (
	ByPassphrase Kind = 1 // asked for at each start
	ByKeyring    Kind = 2 // opens with the person's computer login
	ByKeyFile    Kind = 3 // opens by itself: for hosts without a window
)

// Protection is a person's choice of how the profile is protected.
type Protection struct {
	Kind       Kind
	Passphrase string // with ByPassphrase
}

var (
	// ErrNeedPassphrase comes from Unlock without one for a profile that has one.
	ErrNeedPassphrase = errors.New("a passphrase is needed")
	// ErrLocked comes from what needs the vault before Unlock or Create.
	ErrLocked = errors.New("the profile is locked")
	// ErrNotNew comes from Create when the profile is protected already.
	ErrNotNew = errors.New("the profile has a vault already")
	// ErrVaultGone says that there are databases but no vault file: what is in
	// them cannot be read without it, and a new vault would bury them.
	ErrVaultGone = errors.New("the file that unlocks this profile is missing")
)

func (p *Profile) vaultPath() string { return filepath.Join(p.layout.Data, "vault") }
func (p *Profile) keyPath() string   { return filepath.Join(p.layout.Data, "vault.key") }

// readVault returns the vault file, or nil if the profile is new.
func (p *Profile) readVault() ([]byte, error) {
	b, err := readTwice(p.vaultPath(), p.log, func(b []byte) bool {
		_, err := vault.MethodOf(b)
		return err == nil
	})
	if errors.Is(err, os.ErrNotExist) {
		for _, there := range []string{p.layout.Host(), filepath.Join(p.layout.Data, "client")} {
			if _, err := os.Stat(there); err == nil {
				return nil, ErrVaultGone
			}
		}
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read vault: %w", err)
	}
	return b, nil
}

// copySuffix marks the second copy of a small file without which nothing of the
// profile could ever be read again.
const copySuffix = ".copy"

// writeTwice writes a file and then its copy.
func writeTwice(path string, b []byte) error {
	if err := paths.WriteFile(path, b); err != nil {
		return err
	}
	return paths.WriteFile(path+copySuffix, b)
}

// readTwice reads a file that has a copy. If one of the two is not good the other
// takes its place. If both are, the first counts.
func readTwice(path string, log *slog.Logger, good func([]byte) bool) ([]byte, error) {
	return readPair(path, path+copySuffix, log, good)
}

// readPair is readTwice for a copy that lies elsewhere.
func readPair(path, other string, log *slog.Logger, good func([]byte) bool) ([]byte, error) {
	b, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	second, err2 := os.ReadFile(other)
	ok, ok2 := err == nil && good(b), err2 == nil && good(second)
	switch {
	case ok && (!ok2 || !bytes.Equal(b, second)):
		// The copy is damaged, from before it was written twice, or of a change
		// that was cut off.
		err2 = paths.WriteFile(other, b)
	case !ok && ok2:
		log.Warn("a file was damaged and replaced by its copy", "file", filepath.Base(path))
		b, err, err2 = second, nil, paths.WriteFile(path, second)
	default:
		return b, err // both are right, or neither
	}
	if err2 != nil {
		log.Warn("the copy of a file could not be written", "file", filepath.Base(path), "err", err2)
	}
	return b, err
}

// HasKeyring reports whether this computer has a safe store that opens with the
// login. It blocks for 2 s at most.
func (p *Profile) HasKeyring() bool { return p.keyring.Available() }

// Create protects a new profile. It blocks for a quarter of a second and more.
// Errors: ErrNotNew, vault.ErrPassphrase, vault.ErrNoKeyring, or the system's.
func (p *Profile) Create(ctx context.Context, how Protection) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.vaultFile != nil {
		return ErrNotNew
	}
	if err := p.finishWipeLocked(); err != nil {
		return err
	}
	v := vault.New()
	file, err := p.seal(v, how)
	if err != nil {
		return err
	}
	if err := writeTwice(p.vaultPath(), file); err != nil {
		return fmt.Errorf("write vault: %w", err)
	}
	p.vaultFile = file
	return p.openedLocked(v)
}

// seal wraps the vault in one of the ways. With a key file that file is on disk
// before the vault file that needs it.
func (p *Profile) seal(v *vault.Vault, how Protection) ([]byte, error) {
	switch how.Kind {
	case ByPassphrase:
		return v.SealPassphrase(how.Passphrase)
	case ByKeyring:
		return p.keyring.Seal(v)
	case ByKeyFile:
		file, key := v.SealKeyFile()
		if err := writeTwice(p.keyPath(), key); err != nil {
			return nil, fmt.Errorf("write key file: %w", err)
		}
		return file, nil
	}
	return nil, fmt.Errorf("protect profile: unknown kind %d", how.Kind)
}

// Unlock opens a profile that is not new. A passphrase is needed only if Kind is
// ByPassphrase, and ignored otherwise. It blocks for a quarter of a second and
// more. Errors: ErrNeedPassphrase, vault.ErrWrongPassphrase, vault.ErrNoKeyring,
// vault.ErrDamaged, or the system's.
func (p *Profile) Unlock(ctx context.Context, passphrase string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.vault != nil {
		return nil
	}
	if p.vaultFile == nil {
		return ErrLocked
	}
	v, err := p.unseal(p.vaultFile, passphrase)
	if err != nil {
		return err
	}
	return p.openedLocked(v)
}

func (p *Profile) unseal(file []byte, passphrase string) (*vault.Vault, error) {
	return p.openVault(file, passphrase, func() ([]byte, error) {
		key, err := readTwice(p.keyPath(), p.log, opensWith(file))
		if err != nil {
			return nil, fmt.Errorf("read key file: %w", err)
		}
		return key, nil
	})
}

// openVault opens the vault of this profile or of an older one by the method that its
// file names; key reads the key file, if that is it.
func (p *Profile) openVault(file []byte, passphrase string, key func() ([]byte, error)) (*vault.Vault, error) {
	method, err := vault.MethodOf(file)
	if err != nil {
		return nil, err
	}
	switch method {
	case vault.ByPassphrase:
		if passphrase == "" {
			return nil, ErrNeedPassphrase
		}
		return vault.OpenPassphrase(file, passphrase)
	case vault.ByKeyring:
		return p.keyring.Open(file)
	case vault.ByKeyFile:
		k, err := key()
		if err != nil {
			return nil, err
		}
		return vault.OpenKeyFile(file, k)
	}
	return nil, fmt.Errorf("open vault: %v", method)
}

// opensWith says whether a key file opens a vault's file.
func opensWith(file []byte) func(key []byte) bool {
	return func(key []byte) bool { _, err := vault.OpenKeyFile(file, key); return err == nil }
}

// openedLocked takes the open vault and reads what needs it.
func (p *Profile) openedLocked(v *vault.Vault) error {
	key := [32]byte(v.Key("places"))
	places, err := loadPlaces(p.layout, key)
	if errors.Is(err, ErrPlaces) {
		places, err = p.rebuildPlaces(v, key)
	}
	if err != nil {
		return err
	}
	p.vault, p.places = v, places
	if err := p.finishRemovalsLocked(); err != nil { // it is tried again before anything is opened
		p.log.Error("what was being deleted is not gone yet", "err", err)
	}
	return nil
}

// rebuildPlaces makes the list of places anew from the places themselves, when
// it is damaged. The damaged one is set aside.
func (p *Profile) rebuildPlaces(v *vault.Vault, key [32]byte) (*placeList, error) {
	path := filepath.Join(p.layout.Data, "places")
	if err := os.Rename(path, path+".damaged"); err != nil {
		return nil, fmt.Errorf("set damaged list of places aside: %w", err)
	}
	list, err := loadPlaces(p.layout, key)
	if err != nil {
		return nil, err
	}
	folders, err := os.ReadDir(filepath.Dir(p.layout.Client("x")))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("look for places: %w", err)
	}
	for _, f := range folders {
		place, err := p.lookInto(f.Name(), v)
		if err != nil {
			p.log.Warn("a place could not be listed again", "place", f.Name(), "err", err)
			continue
		}
		list.Person = place.Person
		if err := list.put(place); err != nil {
			return nil, err
		}
	}
	p.log.Warn("the list of places was damaged and made anew", "places", len(list.List))
	return list, nil
}

// lookInto reads what the list of places says of the place in a folder.
func (p *Profile) lookInto(id string, v *vault.Vault) (Place, error) {
	ctx := context.Background()
	if _, err := os.Stat(p.clientPath(id)); err != nil {
		return Place{}, err
	}
	key, deviceKey, err := p.clientKeysLocked(v, id)
	if err != nil {
		return Place{}, err
	}
	seal, err := newSealer(deviceKey)
	if err != nil {
		return Place{}, err
	}
	db, err := p.openClientDB(ctx, id, key, seal, p.log)
	if err != nil {
		return Place{}, err
	}
	place, err := db.Place(ctx)
	// Which of them is hosted here StartHost finds out again.
	return Place{ID: id, Name: place.Name, Person: place.Person, Used: time.Now()}, errors.Join(err, db.Close())
}

// IsNew reports whether nothing is protected yet: the first run.
func (p *Profile) IsNew() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.vaultFile == nil
}

// Unlocked reports whether Create or Unlock has succeeded.
func (p *Profile) Unlocked() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.vault != nil
}

// Kind says how the profile is protected, 0 while it is new. The error is
// vault.ErrDamaged.
func (p *Profile) Kind() (Kind, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.vaultFile == nil {
		return 0, nil
	}
	method, err := vault.MethodOf(p.vaultFile)
	if err != nil {
		return 0, err
	}
	return map[vault.Method]Kind{vault.ByPassphrase: ByPassphrase, vault.ByKeyring: ByKeyring, vault.ByKeyFile: ByKeyFile}[method], nil
}

// Protect changes how an unlocked profile is protected, for example to another
// passphrase. Nothing else is written anew.
func (p *Profile) Protect(ctx context.Context, how Protection) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.vault == nil {
		return ErrLocked
	}
	old := p.vaultFile
	was, err := vault.MethodOf(old)
	if err != nil {
		return err
	}
	if was == vault.ByKeyFile && how.Kind == ByKeyFile {
		// There is nothing to change, and a new key file over the old one would
		// lock everybody out if the program died before the vault file.
		return nil
	}
	file, err := p.seal(p.vault, how)
	if err != nil {
		return err
	}
	if err := writeTwice(p.vaultPath(), file); err != nil {
		return fmt.Errorf("write vault: %w", err)
	}
	p.vaultFile = file
	// What opened the old file opens nothing any more; leaving it would only
	// be untidy, so a failure to remove it changes nothing.
	switch was {
	case vault.ByKeyring:
		_ = p.keyring.Forget(old)
	case vault.ByKeyFile:
		_ = os.Remove(p.keyPath())
		_ = os.Remove(p.keyPath() + copySuffix)
	case vault.ByPassphrase: // was nowhere
	}
	return nil
}
