package setup

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/snugchat/snug/crypto/vault"
	"github.com/snugchat/snug/storage/backup"
	"github.com/snugchat/snug/storage/paths"
)

// Each store has a salt in a small file of its own, which goes into the labels of its
// keys: without that file nobody can read the store, its backups and what is left of
// them on the disk any more, whoever has the master key. It is what is deleted first.
// Stores that were begun before there were salts have none, and keep their keys.

// The copy of that file lies beside the backups, which are of no use without it.

// hostStore is the name of the hosted place's salt. Those of the others are their ids.
const hostStore = "host"

// saltPrefix says what a file of a salt is.
const saltPrefix = "snug-salt-1:"

// saltPaths are where the salt of a store lies, and where its copy does.
func (p *Profile) saltPaths(store string) [2]string {
	name := paths.SafeName(store)
	return [2]string{filepath.Join(p.layout.Data, "keys", name), filepath.Join(p.layout.Data, "backup", name+".key")}
}

// newSalt returns the file of a new salt: 32 random bytes in hexadecimal, and the
// first 8 of the SHA-256 of what stands before them.
func newSalt() []byte {
	var b [32]byte
	_, _ = rand.Read(b[:]) // it never fails
	text := saltPrefix + hex.EncodeToString(b[:]) + ":"
	sum := sha256.Sum256([]byte(text))
	return []byte(text + hex.EncodeToString(sum[:8]) + "\n")
}

// parseSalt returns the salt of a file in hexadecimal.
func parseSalt(file []byte) (string, bool) {
	const digits = len(saltPrefix) + 64
	s := string(file)
	if len(s) != digits+1+16+1 || !strings.HasPrefix(s, saltPrefix) || s[len(s)-1] != '\n' {
		return "", false
	}
	sum := sha256.Sum256([]byte(s[:digits+1]))
	return s[len(saltPrefix):digits], s[digits:] == ":"+hex.EncodeToString(sum[:8])+"\n"
}

func goodSalt(file []byte) bool { _, ok := parseSalt(file); return ok }

// suffix returns what the labels of a store end with. A store that is just being begun
// gets a salt.
func (p *Profile) suffix(store string, begun bool) (string, error) {
	lie := p.saltPaths(store)
	b, err := readPair(lie[0], lie[1], p.log, goodSalt)
	if errors.Is(err, os.ErrNotExist) {
		if begun {
			return "", nil
		}
		b, err = newSalt(), nil
		for _, path := range lie {
			err = errors.Join(err, paths.MakeDir(filepath.Dir(path)))
			if err == nil {
				err = paths.WriteFile(path, b)
			}
		}
	}
	if err != nil {
		return "", fmt.Errorf("read salt: %w", err)
	}
	salt, ok := parseSalt(b)
	if !ok {
		return "", fmt.Errorf("read salt: %w", vault.ErrDamaged)
	}
	return " " + salt, nil
}

// begun says whether there is anything of a store whose folder and backups these are.
func begun(folder string, backups backup.Folder) (bool, error) {
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return false, fmt.Errorf("look for a store: %w", err)
	}
	all, err := backups.List()
	return len(entries) > 0 || len(all) > 0, err
}

// hostKey returns the key of the hosted place's store.
func (p *Profile) hostKey() ([32]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.vault == nil {
		return [32]byte{}, ErrLocked
	}
	if err := p.isKeptLocked(hostStore); err != nil {
		return [32]byte{}, err
	}
	is, err := begun(p.layout.Host(), p.hostBackups())
	if err != nil {
		return [32]byte{}, err
	}
	suffix, err := p.suffix(hostStore, is)
	if err != nil {
		return [32]byte{}, err
	}
	return [32]byte(p.vault.Key("host database" + suffix)), nil
}

// clientKeysLocked returns the keys of a place's store and of the file of its device.
func (p *Profile) clientKeysLocked(v *vault.Vault, id string) (store, device [32]byte, err error) {
	if v == nil {
		return store, device, ErrLocked
	}
	if err := p.isKeptLocked(storeOf(id)); err != nil {
		return store, device, err
	}
	is, err := begun(p.layout.Client(id), p.clientBackups(id))
	if err != nil {
		return store, device, err
	}
	suffix, err := p.suffix(storeOf(id), is)
	if err != nil {
		return store, device, err
	}
	return clientKey(v, id, suffix), [32]byte(v.Key("device " + id + suffix)), nil
}

// clientKeys is clientKeysLocked of the open vault.
func (p *Profile) clientKeys(id string) (store, device [32]byte, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.clientKeysLocked(p.vault, id)
}

func clientKey(v *vault.Vault, id, suffix string) [32]byte {
	return [32]byte(v.Key("client database " + id + suffix))
}

// dropSalt removes the salt of a store for good: its copy too, and before anything else.
func (p *Profile) dropSalt(store string) error {
	for _, path := range p.saltPaths(store) {
		if err := os.Remove(path); errors.Is(err, os.ErrNotExist) {
			continue
		} else if err != nil {
			return fmt.Errorf("remove key: %w", err)
		}
		if err := paths.SyncDir(filepath.Dir(path)); err != nil {
			return err
		}
	}
	return nil
}
