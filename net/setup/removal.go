package setup

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/snugchat/snug/storage/paths"
)

// What a person deletes must not come back, wherever the program dies meanwhile. So
// what is being deleted is written down first, and a start that finds it there goes on
// with it before anything is opened.

// allStores in the list of what is being deleted means the whole profile.
const allStores = "all"

// removingHeader begins that list. A line for each follows, and the SHA-256 of what
// stands before it in hexadecimal: a damaged list deletes nothing.
const removingHeader = "snug removing 1\n"

var storeName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)

func (p *Profile) removingPath() string { return filepath.Join(p.layout.Data, "removing") }

func formatRemoving(stores []string) []byte {
	text := removingHeader + strings.Join(stores, "\n") + "\n"
	sum := sha256.Sum256([]byte(text))
	return []byte(text + hex.EncodeToString(sum[:]) + "\n")
}

// parseRemoving returns the stores that a list names, and whether it is one.
func parseRemoving(b []byte) (stores []string, ok bool) {
	text, found := strings.CutPrefix(string(b), removingHeader)
	lines := strings.Split(text, "\n")
	if !found || len(lines) < 3 || len(lines) > MaxPlaces+4 {
		return nil, false
	}
	stores = lines[:len(lines)-2]
	return stores, string(formatRemoving(stores)) == string(b) && !slices.ContainsFunc(stores, func(s string) bool { return !storeName.MatchString(s) })
}

// removing returns what is being deleted. A list that is damaged is of no use, and goes.
func (p *Profile) removing() ([]string, error) {
	b, err := os.ReadFile(p.removingPath())
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read what is being deleted: %w", err)
	}
	stores, ok := parseRemoving(b)
	if !ok {
		p.log.Error("the list of what is being deleted is damaged")
		return nil, p.removed()
	}
	return stores, nil
}

// removed ends a removal.
func (p *Profile) removed() error {
	if err := os.Remove(p.removingPath()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("end removal: %w", err)
	}
	return paths.SyncDir(p.layout.Data)
}

// removeStoresLocked deletes stores for good, the keys of all first. It can be called
// again and goes on where it failed. A store that cannot be deleted wholly does not keep
// the others.
func (p *Profile) removeStoresLocked(stores []string) error {
	waiting, err := p.removing() // of one that failed
	if err != nil {
		return err
	}
	asked := len(stores)
	for _, s := range waiting {
		if !slices.Contains(stores, s) {
			stores = append(stores, s)
		}
	}
	if err := paths.WriteFile(p.removingPath(), formatRemoving(stores)); err != nil {
		return err
	}
	var errs []error
	trouble := make(map[string]error) // why some of a store is still there
	for _, s := range stores {
		trouble[s] = p.dropSalt(s)
		p.onTime(placeOf(s)) // its backups are nobody's worry any more
	}
	for _, s := range stores {
		if p.places == nil {
			break
		}
		if _, listed := p.places.find(s); listed && trouble[s] == nil {
			trouble[s] = p.places.remove(s)
		}
	}
	var left []string
	for i, s := range stores {
		if trouble[s] == nil {
			trouble[s] = p.removeStore(s)
		}
		if trouble[s] == nil {
			continue
		}
		left = append(left, s)
		if i < asked {
			errs = append(errs, trouble[s])
		} else {
			p.log.Warn("another place that was deleted is not gone yet", "err", paths.Nameless(trouble[s]))
		}
	}
	if err := paths.SyncDir(p.layout.Data); err != nil {
		return errors.Join(append(errs, err)...)
	}
	if len(left) == 0 {
		return p.removed()
	}
	errs = append(errs, paths.WriteFile(p.removingPath(), formatRemoving(left)))
	return errors.Join(errs...)
}

// removeStore deletes the files of a store whose salt is gone. The databases have keys
// too, and so have their backups and copies. Backups go before the store: one that is
// gone would be made anew from them.
func (p *Profile) removeStore(store string) error {
	var gone []string
	if store == hostStore {
		gone = []string{string(p.hostBackups()), p.hostPath(), p.hostPath() + "-wal", p.layout.Host()}
	} else {
		gone = []string{p.devicePath(store), string(p.clientBackups(store)), p.layout.Client(store)}
	}
	for _, path := range append(gone, p.versionPath(store)) {
		if err := p.remove(path); err != nil {
			return fmt.Errorf("delete place: %w", err)
		}
	}
	return nil
}

// finishRemovalsLocked goes on with what was being deleted when a program died, or when
// the disk would not have it.
func (p *Profile) finishRemovalsLocked() error {
	stores, err := p.removing()
	if err != nil || len(stores) == 0 {
		return err
	}
	p.log.Warn("what was being deleted is deleted now", "stores", len(stores))
	if slices.Contains(stores, allStores) {
		return ErrHalfWiped // it is finished before the vault is opened
	}
	return p.removeStoresLocked(stores)
}

// isKeptLocked goes on with what is being deleted, and returns an error if this store is
// still part of it. Another one that cannot be deleted yet keeps this one from nothing.
func (p *Profile) isKeptLocked(store string) error {
	err := p.finishRemovalsLocked()
	if err == nil {
		return nil
	}
	stores, rerr := p.removing()
	if rerr != nil || len(stores) == 0 || slices.Contains(stores, store) || slices.Contains(stores, allStores) {
		return errors.Join(err, rerr)
	}
	p.log.Warn("another place that was deleted is not gone yet", "err", paths.Nameless(err))
	return nil
}
