package client

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/snugchat/snug/crypto/stream"
	"github.com/snugchat/snug/net/transfer"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
	"github.com/snugchat/snug/storage/paths"
)

// spoolPath returns where the sealed bytes of a file lie.
func (f *fileRoom) spoolPath(name string) string { return filepath.Join(f.c.cfg.Folder, name) }

// The ends of the names of sealed files: to be sent, and on their way here.
const (
	upSuffix   = ".out"
	downSuffix = ".in"
)

func spoolName(t *clientdb.Transfer) string {
	if t.Direction == clientdb.Upload {
		return hex.EncodeToString(t.ID[:]) + upSuffix
	}
	return hex.EncodeToString(t.ID[:]) + downSuffix
}

// removeSpool frees what a file takes in the place's folder.
func (f *fileRoom) removeSpool(ctx context.Context, id chat.MessageID) {
	var name string
	_, err := f.c.db.UpdateTransfer(ctx, id, func(t *clientdb.Transfer) error {
		name, t.Spool, t.Have = spoolName(t), "", 0
		return nil
	})
	if err == nil {
		err = os.Remove(f.spoolPath(name))
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, clientdb.ErrNotFound) {
		f.c.log.Warn("sealed file not removed", "err", paths.Nameless(err))
	}
}

// tidy removes sealed files that belong to nothing any more.
func (f *fileRoom) tidy(ctx context.Context) error {
	spooled, err := f.c.db.Spooled(ctx)
	if err != nil {
		return err
	}
	keep := make(map[string]bool)
	for i := range spooled {
		t := &spooled[i]
		if t.Direction == clientdb.Upload && t.State == clientdb.Finished {
			waits, err := f.waits(ctx, t)
			if err != nil {
				return err
			}
			if !waits { // its row came back
				f.removeSpool(ctx, t.ID)
				continue
			}
		}
		keep[t.Spool] = true
	}
	entries, err := os.ReadDir(f.c.cfg.Folder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := e.Name()
		if strings.HasSuffix(name, copySuffix) {
			if stays, err := f.tidyCopy(ctx, name); err != nil {
				return err
			} else if stays {
				continue
			}
			if err := dropFile(f.spoolPath(name)); err != nil {
				return err
			}
			continue
		}
		if ours := strings.HasSuffix(name, upSuffix) || strings.HasSuffix(name, downSuffix); !ours || keep[name] {
			continue
		}
		if err := os.Remove(f.spoolPath(name)); err != nil {
			return err
		}
	}
	return nil
}

// spooledList reads the list of hashes of a sealed file. stream.ErrHashList says that
// what lies there is not the file that the host is to have.
func spooledList(spool *os.File, t *clientdb.Transfer) (stream.HashList, error) {
	b := make([]byte, transfer.Blocks(t.Length)*transfer.HashSize)
	if n, err := spool.ReadAt(b, t.Length); n < len(b) {
		if errors.Is(err, io.EOF) {
			err = fmt.Errorf("%w: cut short", stream.ErrHashList)
		}
		return stream.HashList{}, err
	}
	return stream.OpenHashList(t.Root, t.Length, b)
}

// whole reports whether every block of a sealed file is what its list says.
func (f *fileRoom) whole(ctx context.Context, spool *os.File, list stream.HashList) bool {
	b := make([]byte, transfer.BlockSize)
	for i := range list.Len() {
		n := list.BlockLength(i)
		if ctx.Err() != nil {
			return true // one that is told to end judges nothing
		}
		if _, err := spool.ReadAt(b[:n], int64(i)*transfer.BlockSize); err != nil || list.Check(i, b[:n]) != nil {
			return false
		}
	}
	return true
}

// sealAgain lets a file be sealed once more whose sealed bytes are gone or damaged:
// the file itself may still be there. What the host has of them is of no use.
func (f *fileRoom) sealAgain(ctx context.Context, a *active) error {
	if err := f.noteDamage(ctx, a); err != nil {
		return err
	}
	return a.send(&wire.Cancel{Root: a.t.Root})
}

// maxDamaged is how often a file is sealed again until the program ends: a disk that
// damaged it three times would do so for ever.
const maxDamaged = 3

// noteDamage writes down that a file is to be sealed again, or says that this is of
// no use (ErrFileDamaged).
func (f *fileRoom) noteDamage(ctx context.Context, a *active) error {
	f.mu.Lock()
	f.damaged[a.t.ID]++
	times := f.damaged[a.t.ID]
	f.mu.Unlock()
	if times > maxDamaged {
		return ErrFileDamaged
	}
	f.c.log.Warn("sealed file is gone or damaged, it is sealed again")
	_, err := f.c.db.UpdateTransfer(ctx, a.t.ID, func(t *clientdb.Transfer) error {
		t.State, t.Spool, t.Have = clientdb.Sealing, "", 0
		return nil
	})
	return err
}
