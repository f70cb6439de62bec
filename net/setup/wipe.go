package setup

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/snugchat/snug/crypto/vault"
	"github.com/snugchat/snug/storage/paths"
)

// WipeHost deletes the place that this profile hosts, for good: its keys first, by
// which alone everybody's links and backups lead to it, then its messages, files,
// backups and the own person's client of it. Files in the received folder stay. It
// is an error while the place is hosted (ErrPlaceOpen).
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
	// The database has the keys of the place, and so have its backups and copies.
	gone := []string{p.hostPath(), p.hostPath() + "-wal", string(p.hostBackups()), p.layout.Host()}
	for _, pl := range p.places.List {
		if !pl.Hosted {
			continue
		}
		if p.members[pl.ID] != nil {
			return ErrPlaceOpen
		}
		gone = append(gone, p.devicePath(pl.ID), p.layout.Client(pl.ID), string(p.clientBackups(pl.ID)))
	}
	for _, path := range gone {
		if err := os.RemoveAll(path); err != nil {
			return fmt.Errorf("wipe place: %w", err)
		}
	}
	if err := paths.SyncDir(p.layout.Data); err != nil {
		return err
	}
	for _, pl := range p.places.sorted() {
		if pl.Hosted {
			if err := p.places.remove(pl.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// Wipe deletes everything that this profile keeps on this computer: first what
// opens the vault, without which all the rest is noise, then the rest. Received
// files stay: the person made them theirs. Hosts are not told. After it the profile
// can only be given back with Close. It is an error while a place is open or
// hosted (ErrPlaceOpen).
func (p *Profile) Wipe(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hosting != nil || len(p.members) > 0 {
		return ErrPlaceOpen
	}
	var errs []error
	if method, err := vault.MethodOf(p.vaultFile); err == nil && method == vault.ByKeyring {
		errs = append(errs, p.keyring.Forget(p.vaultFile))
	}
	for _, path := range []string{p.keyPath(), p.vaultPath()} {
		for _, suffix := range []string{"", copySuffix} {
			if err := os.Remove(path + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
				errs = append(errs, err)
			}
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("wipe keys: %w", err) // what the keys open is still there
	}
	if err := paths.SyncDir(p.layout.Data); err != nil {
		return err
	}
	p.vault, p.vaultFile, p.places = nil, nil, nil
	for _, dir := range []string{p.layout.Data, p.layout.Cache, p.layout.Config, p.layout.Logs()} {
		errs = append(errs, os.RemoveAll(dir))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("wipe profile: %w", err)
	}
	return nil
}
