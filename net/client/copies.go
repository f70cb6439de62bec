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
	"time"

	"github.com/snugchat/snug/crypto/stream"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
	"github.com/snugchat/snug/storage/paths"
)

const (
	// copySuffix ends the names of files that were made only to be sent.
	copySuffix = ".own"

	// pastedFolder is where what was pasted lies until it is sent.
	pastedFolder = "pasted"

	// hostKeeps is how long a copy waits for the host on this computer, which saves
	// the same file in the same folder a moment after its row: then the copy is that file.
	hostKeeps = 5 * time.Second

	// keepWait is how long a copy waits that could not be put into the folder for
	// received files.
	keepWait = 10 * time.Minute
)

func copyName(id chat.MessageID) string { return hex.EncodeToString(id[:]) + copySuffix }

// SendCopy is SendFileWith for bytes that exist only to be sent, such as a picture
// without what it tells of its maker: write writes them, under the name of the note.
// Until the message is on the host they lie in the place's folder, whatever happens to
// the program; then they are the person's own copy in the folder for received files. It
// returns when they are written and synced. Its errors are those of SendFileWith and of
// write.
func (c *Client) SendCopy(ctx context.Context, room chat.RoomID, write func(io.Writer) error, note FileNote) (id chat.MessageID, err error) {
	var none chat.MessageID
	if !c.Joined() {
		return none, ErrNotJoined
	}
	id = chat.NewMessageID()
	path := c.files.spoolPath(copyName(id))
	defer c.files.making(id)()
	if err := writeCopy(path, write); err != nil {
		return none, errors.Join(err, dropFile(path))
	}
	if err := paths.SyncDir(c.cfg.Folder); err != nil {
		return none, errors.Join(troubleOf(err), dropFile(path))
	}
	if err := c.queueFile(ctx, id, room, path, note); err != nil {
		return none, errors.Join(err, dropFile(path))
	}
	return id, nil
}

// writeCopy makes a file that only this person can read.
func writeCopy(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return troubleOf(err)
	}
	err = write(f)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// dropFile removes a file that may be gone already.
func dropFile(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// making says that the copy for a message is being written, until the function that it
// returns is called: it belongs to no transfer yet.
func (f *fileRoom) making(id chat.MessageID) (done func()) {
	f.mu.Lock()
	f.made[id] = true
	f.mu.Unlock()
	return func() {
		f.mu.Lock()
		delete(f.made, id)
		f.mu.Unlock()
	}
}

// isCopy reports whether an upload is sent from a file that was made for it. The folder
// in which that lies may have another name than when it was made.
func isCopy(t *clientdb.Transfer) bool {
	return t.Direction == clientdb.Upload && filepath.Base(t.Path) == copyName(t.ID)
}

// keepCopy has the copy of a message that is on the host put into the folder for
// received files.
func (f *fileRoom) keepCopy(t *clientdb.Transfer) {
	at := f.c.now()
	if f.c.cfg.HostSaves && !f.c.sealed(t.Room) {
		at = at.Add(hostKeeps)
	}
	f.mu.Lock()
	f.keep[t.ID] = at
	f.mu.Unlock()
	signal(f.wake)
}

// keepCopies puts the copies whose time has come into the folder for received files,
// and returns how long the next one waits. A copy that finds no room there stays in the
// place's folder, from which it is shown and sent again as well.
func (f *fileRoom) keepCopies(ctx context.Context) (next time.Duration) {
	next = lookAgain
	now := f.c.now()
	var due []chat.MessageID
	f.mu.Lock()
	for id, at := range f.keep {
		if now.Before(at) {
			next = min(next, at.Sub(now))
			continue
		}
		due = append(due, id)
		delete(f.keep, id)
	}
	f.mu.Unlock()
	for _, id := range due {
		if ctx.Err() != nil {
			return next // found again at the next start
		}
		if err := f.moveCopy(ctx, id); err != nil && ctx.Err() == nil {
			f.c.log.Warn("own copy of a sent file not kept in the received folder yet", "err", paths.Nameless(err))
			f.mu.Lock()
			f.keep[id] = now.Add(keepWait)
			f.mu.Unlock()
			next = min(next, keepWait)
		}
	}
	return next
}

// moveCopy puts one copy into the folder for received files, if it is not there yet.
func (f *fileRoom) moveCopy(ctx context.Context, id chat.MessageID) error {
	f.moving.Lock()
	defer f.moving.Unlock()
	t, err := f.c.db.Transfer(ctx, id)
	if errors.Is(err, clientdb.ErrNotFound) || err == nil && !isCopy(&t) {
		return nil // cancelled, or fetched meanwhile
	}
	if err != nil {
		return err
	}
	from := f.spoolPath(copyName(id))
	src, err := os.Open(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // somebody tidied up: it can be fetched
	}
	if err != nil {
		return err
	}
	defer src.Close()
	// The host may have saved it there, or this program before it was killed.
	path, err := f.receive(&t, true, func(w io.Writer) error { _, err := io.Copy(w, src); return err })
	if err != nil {
		return err
	}
	_, err = f.c.db.UpdateTransfer(ctx, id, func(t *clientdb.Transfer) error {
		if isCopy(t) {
			t.Path = path
		}
		return nil
	})
	if err != nil && !errors.Is(err, clientdb.ErrNotFound) {
		return err
	}
	f.mu.Lock()
	delete(f.keep, id)
	f.mu.Unlock()
	f.publish(id, t.Room)
	_ = src.Close() // Windows removes no file that is open
	if err := dropFile(from); err != nil {
		f.c.log.Debug("own copy not removed yet", "err", paths.Nameless(err)) // tidy does
	}
	return nil
}

// dropCopy removes the copy of a message that was discarded, and its transfer. Without the
// transfer the next start removes a copy that is held open now.
func (f *fileRoom) dropCopy(ctx context.Context, id chat.MessageID) error {
	f.moving.Lock()
	defer f.moving.Unlock()
	t, err := f.c.db.Transfer(ctx, id)
	if errors.Is(err, clientdb.ErrNotFound) || err == nil && (!isCopy(&t) || t.State != clientdb.Finished) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := f.c.db.RemoveTransfer(ctx, id); err != nil {
		return err
	}
	f.mu.Lock()
	delete(f.keep, id)
	f.mu.Unlock()
	f.publish(id, t.Room)
	if err := dropFile(f.spoolPath(copyName(id))); err != nil {
		f.c.log.Debug("copy of a discarded message not removed yet", "err", paths.Nameless(err)) // tidy does
	}
	return nil
}

// tidyCopy decides what becomes of a copy that lies in the place's folder at the start.
// It reports whether it stays.
func (f *fileRoom) tidyCopy(ctx context.Context, name string) (stays bool, err error) {
	b, err := hex.DecodeString(strings.TrimSuffix(name, copySuffix))
	var id chat.MessageID
	if err != nil || len(b) != len(id) {
		return false, nil
	}
	copy(id[:], b)
	f.mu.Lock()
	busy := f.made[id]
	f.mu.Unlock()
	if busy {
		return true, nil
	}
	t, err := f.c.db.Transfer(ctx, id)
	switch {
	case errors.Is(err, clientdb.ErrNotFound):
		f.mu.Lock()
		busy = f.made[id]
		f.mu.Unlock()
		return busy, nil
	case err != nil:
		return true, err
	case !isCopy(&t):
		return false, nil
	}
	if here := f.spoolPath(name); t.Path != here { // the profile was moved
		if t, err = f.c.db.UpdateTransfer(ctx, id, func(t *clientdb.Transfer) error { t.Path = here; return nil }); err != nil {
			return true, err
		}
	}
	switch t.State {
	case clientdb.Stopped: // given up, and killed or held up before it was gone
		return false, f.c.db.RemoveTransfer(ctx, id)
	case clientdb.Finished:
	default:
		return true, nil
	}
	waits, err := f.waits(ctx, &t)
	if err != nil || waits {
		return true, err
	}
	switch _, err := f.c.db.ByID(ctx, t.Room, id); {
	case errors.Is(err, clientdb.ErrNotFound):
		return false, f.c.db.RemoveTransfer(ctx, id) // refused and discarded, or deleted
	case err != nil:
		return true, err
	}
	f.keepCopy(&t)
	return true, nil
}

// waits reports whether the message of a file that the host has is still in the outbox.
func (f *fileRoom) waits(ctx context.Context, t *clientdb.Transfer) (bool, error) {
	out, err := f.c.db.Outbox(ctx, t.Room)
	if err != nil {
		return false, err
	}
	for i := range out {
		if out[i].ID == t.ID {
			return true, nil
		}
	}
	return false, nil
}

// Pasted makes a file of what was pasted and has no file of its own, under a name.
// It lies in the place's folder, readable by this person only, until DropPasted or the
// next start: to be sent it is copied (SendCopy).
func (c *Client) Pasted(name string, b []byte) (path string, err error) {
	all := filepath.Join(c.cfg.Folder, pastedFolder)
	if err := paths.MakeDir(all); err != nil {
		return "", fmt.Errorf("keep what was pasted: %w", err)
	}
	own, err := os.MkdirTemp(all, "")
	if err != nil {
		return "", fmt.Errorf("keep what was pasted: %w", err)
	}
	path = filepath.Join(own, name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		return "", errors.Join(fmt.Errorf("keep what was pasted: %w", err), os.RemoveAll(own))
	}
	return path, nil
}

// DropAllPasted removes all that Pasted made. A client without a folder has nothing of it.
func (c *Client) DropAllPasted() {
	if c.cfg.Folder == "" {
		return
	}
	if err := os.RemoveAll(filepath.Join(c.cfg.Folder, pastedFolder)); err != nil {
		c.log.Warn("what was pasted is not removed", "err", paths.Nameless(err))
	}
}

// IsPasted reports whether a file was made by Pasted.
func (c *Client) IsPasted(path string) bool {
	return filepath.Dir(filepath.Dir(path)) == filepath.Join(c.cfg.Folder, pastedFolder)
}

// DropPasted removes a file that Pasted made; others are left alone.
func (c *Client) DropPasted(path string) error {
	if !c.IsPasted(path) {
		return nil
	}
	return os.RemoveAll(filepath.Dir(path))
}

// queueFile has a file sent that is to be named by a note.
func (c *Client) queueFile(ctx context.Context, id chat.MessageID, room chat.RoomID, path string, note FileNote) error {
	size, err := c.CheckFile(path)
	if err != nil {
		return err
	}
	if err := c.enough(c.cfg.Folder, stream.SealedSize(size)); err != nil {
		return err
	}
	name := cutName(note.Name)
	said, err := note.body(name)
	if err != nil {
		return err
	}
	t := clientdb.Transfer{
		ID: id, Direction: clientdb.Upload, Room: room, Size: size, Length: stream.SealedSize(size),
		Name: name, Type: typeOf(name), Path: path, State: clientdb.Sealing, Created: c.nowMS(), Note: said, Shown: note.Shown,
	}
	if err := c.db.SaveTransfer(ctx, t); err != nil {
		return err
	}
	c.files.publish(id, room)
	signal(c.files.wake)
	return nil
}
