package setup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/snugchat/snug/crypto/vault"
	"github.com/snugchat/snug/storage/paths"
)

// Forget leaves a place for good on this computer: its keys are deleted, then its
// history and settings. Received files stay. The host is not told (see
// client.Client.SignOut). It is an error for a place that is open or hosted
// (ErrPlaceOpen). If it fails in the middle, or the program dies, the next start, or
// the next call, goes on with it.
func (p *Profile) Forget(id string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.places == nil {
		return ErrLocked
	}
	place, ok := p.places.find(id)
	if !ok {
		return ErrNoPlace
	}
	if p.members[id] != nil || place.Hosted {
		return ErrPlaceOpen
	}
	return p.removeStoresLocked([]string{id})
}

// WipeHost deletes the place that this profile hosts, for good: its keys first, by
// which alone everybody's links and backups lead to it, then its messages, files,
// backups and the own person's client of it. Files in the received folder stay. It
// is an error while the place is hosted (ErrPlaceOpen). If it fails in the middle, or
// the program dies, the next start, or the next call, goes on with it.
func (p *Profile) WipeHost(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.places == nil {
		return ErrLocked
	}
	if p.hosting != nil {
		return ErrPlaceOpen
	}
	gone := []string{hostStore}
	for _, pl := range p.places.List {
		if !pl.Hosted {
			continue
		}
		if p.members[pl.ID] != nil {
			return ErrPlaceOpen
		}
		gone = append(gone, pl.ID)
	}
	return p.removeStoresLocked(gone)
}

// Wipe deletes everything that this profile keeps on this computer: first what
// opens the vault, without which all the rest is noise, then the rest. Received
// files stay: the person made them theirs. A log that is open may stay too, where no open
// file can be removed. Hosts are not told. After it the profile
// can only be given back with Close. It is an error while a place is open or
// hosted (ErrPlaceOpen). If it fails in the middle, or the program dies, the next
// start, or Create, goes on with it: ErrHalfWiped says that the keys are gone.
func (p *Profile) Wipe(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hosting != nil || len(p.members) > 0 {
		return ErrPlaceOpen
	}
	return p.wipeLocked()
}

// ErrHalfWiped says that the keys of the profile were deleted, and not all of what
// they opened: the next start goes on.
var ErrHalfWiped = errors.New("the keys are deleted, and not all of the rest")

func (p *Profile) wipeLocked() error {
	if err := paths.WriteFile(p.removingPath(), formatRemoving([]string{allStores})); err != nil {
		return err
	}
	if method, err := vault.MethodOf(p.vaultFile); err == nil && method == vault.ByKeyring {
		if err := p.keyring.Forget(p.vaultFile); err != nil { // nothing was deleted
			return errors.Join(fmt.Errorf("wipe keys: %w", err), p.removed())
		}
	}
	var errs []error
	for _, path := range []string{p.keyPath(), p.vaultPath()} {
		for _, suffix := range []string{"", copySuffix} {
			if err := os.Remove(path + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
				errs = append(errs, err)
			}
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("wipe keys: %w", err) // some are still there; the next start goes on
	}
	if err := paths.SyncDir(p.layout.Data); err != nil {
		return err
	}
	p.vault, p.vaultFile, p.places = nil, nil, nil
	// No key and no message is in these two, and Windows removes no file that is open: the
	// log of the program that runs would keep the profile from ever being a new one.
	for _, dir := range []string{p.layout.Cache, p.layout.Logs()} {
		if err := p.remove(dir); err != nil {
			p.log.Warn("some of what may be lost is not deleted", "err", paths.Nameless(err))
		}
	}
	errs = append(errs, p.remove(p.layout.Config))
	// What lies beside the list of what is being deleted goes before it.
	entries, err := os.ReadDir(p.layout.Data)
	errs = append(errs, err)
	for _, e := range entries {
		if path := p.layout.Data + string(os.PathSeparator) + e.Name(); path != p.removingPath() {
			errs = append(errs, p.remove(path))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("%w: %w", ErrHalfWiped, err)
	}
	if err := p.remove(p.layout.Data); err != nil {
		return fmt.Errorf("%w: %w", ErrHalfWiped, err)
	}
	return nil
}

// finishWipeLocked goes on with a wipe of the profile that was cut off, after which it
// is a new one. It is called before the vault is read or made.
func (p *Profile) finishWipeLocked() error {
	stores, err := p.removing()
	if err != nil || !slices.Contains(stores, allStores) {
		return err
	}
	p.log.Warn("the profile was being deleted: that is finished now")
	if b, err := p.readVault(); err == nil {
		p.vaultFile = b // says whether the keyring has a key
	}
	if err := p.wipeLocked(); err != nil {
		return err
	}
	return errors.Join(paths.MakeDir(p.layout.Data), paths.MakeDir(p.layout.Config))
}
