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

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/storage/clientdb"
	"github.com/snugchat/snug/storage/export"
	"github.com/snugchat/snug/storage/paths"
)

// importShare is how many bytes the store of an archive takes for each byte of an
// export's data: the text, its index, and a log while it is written.
const importShare = 3

// OpenExport reads an export into this profile, as an archive: a place of its own that
// can be read and searched, and is on no host. Files of the export are copied into
// the folder for received files. It returns the id of the new place; when it fails,
// or ctx ends, nothing is left of it but files that were copied. progress may be nil.
// Errors: ErrLocked, ErrTooManyPlaces, client.ErrExportFormat and ErrExportNewer,
// client.ErrDiskFull (seen before it begins), or the system's.
func (p *Profile) OpenExport(ctx context.Context, folder string, progress func(rows, all int64)) (id string, err error) {
	a, err := export.Open(folder)
	if err != nil {
		return "", err
	}
	defer a.Close()
	id, err = archiveID()
	if err != nil {
		return "", err
	}
	p.mu.Lock()
	key, _, err := p.clientKeysLocked(p.vault, id)
	full := p.places != nil && len(p.places.List) >= MaxPlaces
	p.mu.Unlock()
	switch {
	case err != nil:
		return "", err
	case full:
		return "", errors.Join(ErrTooManyPlaces, p.dropSalt(id))
	}
	if err := p.roomFor(folder); err != nil {
		return "", errors.Join(err, p.dropSalt(id))
	}
	if err := p.importInto(ctx, id, key, a, progress); err != nil {
		return "", errors.Join(err, p.dropSalt(id), os.RemoveAll(p.layout.Client(id)))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.places == nil {
		return "", ErrLocked
	}
	err = p.places.put(Place{ID: id, Name: a.Place.Name, Person: a.Place.Person, Archive: true, Used: time.Now()})
	if err != nil {
		return "", errors.Join(err, p.dropSalt(id), os.RemoveAll(p.layout.Client(id)))
	}
	return id, nil
}

// archiveID returns a name for an archive's folder that no place has.
func archiveID() (string, error) {
	var b [8]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", fmt.Errorf("open export: %w", err)
	}
	return "archive-" + hex.EncodeToString(b[:]), nil
}

// roomFor looks whether there is room for what an export holds.
func (p *Profile) roomFor(folder string) error {
	var data, media int64
	for dir, sum := range map[string]*int64{"data": &data, "media": &media} {
		entries, err := os.ReadDir(filepath.Join(folder, dir))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("open export: %w", err)
		}
		for _, e := range entries {
			if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
				*sum += info.Size()
			}
		}
	}
	free, _, err := paths.FreeSpace(p.layout.Data)
	if err != nil {
		return fmt.Errorf("open export: %w", err)
	}
	if need := importShare*data + media; free < need {
		return fmt.Errorf("open export: %w: it takes up to %d bytes, %d are free", client.ErrDiskFull, need, free)
	}
	return nil
}

// importInto fills the store of an archive.
func (p *Profile) importInto(ctx context.Context, id string, key [32]byte, a *export.Archive, progress func(rows, all int64)) (err error) {
	if err := paths.MakeDir(p.layout.Client(id)); err != nil {
		return err
	}
	db, err := clientdb.Open(ctx, p.clientPath(id), key, p.log.With("part", "client", "place", id))
	if err != nil {
		return err
	}
	defer func() {
		if cerr := db.Close(); err == nil {
			err = cerr
		}
	}()
	root, err := p.layout.OpenReceived(a.Place.Name)
	if err != nil {
		return err
	}
	defer root.Close()
	return client.Import(ctx, a, db, client.ImportOptions{
		Progress: progress, Now: time.Now().UnixMilli(),
		SaveFile: func(name string, content io.Reader) (string, error) { return saveCopy(root, name, content) },
	})
}

// saveCopy copies a file of an export into a folder for received files, and returns
// where it lies.
func saveCopy(root *os.Root, name string, content io.Reader) (string, error) {
	in, err := paths.Receive(root, name)
	if err != nil {
		return "", err
	}
	if _, err := io.Copy(in, content); err != nil {
		in.Discard()
		return "", fmt.Errorf("copy file of export: %w", err)
	}
	saved, err := in.CommitOnce()
	return filepath.Join(root.Name(), saved), err
}
