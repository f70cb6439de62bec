package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/snugchat/snug/crypto/stream"
	"github.com/snugchat/snug/net/transfer"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
	"github.com/snugchat/snug/storage/paths"
)

// Download fetches the file of the message in the row seq into the download
// folder. It returns at once; Transfer tells how it goes. A file that was
// fetched before is fetched again. Its errors are clientdb.ErrNotFound and
// ErrDiskFull.
func (c *Client) Download(ctx context.Context, seq uint64) (chat.MessageID, error) {
	m, err := c.db.Message(ctx, seq)
	if err != nil {
		return chat.MessageID{}, err
	}
	file, ok := fileOf(&m)
	if !ok {
		return m.ID, fmt.Errorf("%w: no file in that message", clientdb.ErrNotFound)
	}
	if err := c.enough(c.cfg.Folder, file.Length); err != nil {
		return m.ID, err
	}
	return m.ID, c.files.want(ctx, &m, file, true)
}

// fileOf returns what a row says of a file, if it hands one over and can be believed.
func fileOf(m *clientdb.Message) (*wire.File, bool) {
	const bad = Malformed | BadSignature | UnknownDevice | RevokedDevice | IDTaken | clientdb.Deleted
	if wire.BodyKind(m.Kind) != wire.KindFile || m.Flags&bad != 0 {
		return nil, false
	}
	v, err := wire.ParseBody(wire.KindFile, m.Body)
	if err != nil {
		return nil, false
	}
	file := v.(*wire.File)
	if file.Size > stream.MaxSize || stream.SealedSize(file.Size) != file.Length || file.Length > transfer.MaxLength {
		return nil, false
	}
	return file, true
}

// want begins a download. Without again, one that was begun, finished or given
// up before is left alone.
func (f *fileRoom) want(ctx context.Context, m *clientdb.Message, file *wire.File, again bool) error {
	old, err := f.c.db.Transfer(ctx, m.ID)
	switch {
	case err == nil && (!again || old.State == clientdb.Running || old.Direction == clientdb.Upload && old.State != clientdb.Finished):
		return nil
	case err != nil && !errors.Is(err, clientdb.ErrNotFound):
		return err
	}
	t := clientdb.Transfer{
		ID: m.ID, Direction: clientdb.Download, Room: m.Room, Root: file.Root, Key: file.Key, Length: file.Length, Size: file.Size,
		Name: file.Name, Type: file.Type, State: clientdb.Running, Created: f.c.nowMS(),
	}
	if err == nil && old.Direction == clientdb.Download && old.Root == file.Root {
		t.Spool, t.Have = old.Spool, old.Have // a part may be here
	}
	if err := f.c.db.SaveTransfer(ctx, t); err != nil {
		return err
	}
	f.publish(t.ID, t.Room)
	signal(f.wake)
	return nil
}

// arrived looks at new rows: files of others that are small enough are fetched,
// and what was kept of one's own is freed once they are on the host. Rows up to past
// were there before this person was: their files wait until somebody asks for them.
func (f *fileRoom) arrived(ctx context.Context, rows []clientdb.Message, past uint64) {
	var most int64 = -1
	for i := range rows {
		m := &rows[i]
		file, ok := fileOf(m)
		if !ok {
			continue
		}
		t, err := f.c.db.Transfer(ctx, m.ID)
		if err == nil && t.Direction == clientdb.Upload {
			if t.State == clientdb.Finished && m.Account == f.c.Me().Account {
				f.removeSpool(ctx, m.ID)
				if isCopy(&t) {
					f.keepCopy(&t)
				}
			}
			continue
		}
		if most < 0 {
			most = f.c.cfg.AutoDownload()
		}
		if m.Seq <= past || most == 0 || file.Size > most || f.c.cfg.HostSaves && !f.c.sealed(m.Room) {
			continue
		}
		if wanted, err := f.welcome(ctx, m); err != nil {
			f.c.log.Warn("file not fetched", "err", err)
			continue
		} else if !wanted {
			f.c.log.Debug("file of somebody unknown or blocked not fetched")
			continue
		}
		if may, err := f.mayFetch(ctx, m.Account, file); err != nil || !may {
			f.c.log.Debug("file not fetched without being asked for", "err", err)
			continue
		}
		if err := f.want(ctx, m, file, false); err != nil {
			f.c.log.Warn("file not fetched", "err", paths.Nameless(err))
		}
	}
}

// welcome reports whether this person hears from who sends a file: what a stranger
// sends before they were accepted, and what somebody sends who is blocked, does not
// come onto this computer unasked (FEATURES L7).
func (f *fileRoom) welcome(ctx context.Context, m *clientdb.Message) (bool, error) {
	if f.c.hides(m.Account) {
		return false, nil
	}
	r, err := f.c.db.Room(ctx, m.Room)
	if errors.Is(err, clientdb.ErrNoRoom) {
		return true, nil // an open one of which nothing is here
	}
	return err == nil && r.State != clientdb.RoomRequest, err
}

// sealed reports whether only members can read a room.
func (c *Client) sealed(room chat.RoomID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.kinds[room].Sealed()
}

// part is a file on its way here: the Sink of a Puller.
type part struct {
	f      *os.File
	length int64
}

// Begin finds out which blocks are here already.
func (p *part) Begin(length int64, hashes []byte) (func(int) bool, error) {
	list, err := stream.ParseHashList(length, hashes)
	if err != nil {
		return nil, err
	}
	info, err := p.f.Stat()
	if err != nil {
		return nil, err
	}
	have := make([]bool, list.Len())
	buf := make([]byte, transfer.BlockSize)
	for i := range have {
		n := list.BlockLength(i)
		if int64(i)*transfer.BlockSize+int64(n) > info.Size() {
			break
		}
		if _, err := p.f.ReadAt(buf[:n], int64(i)*transfer.BlockSize); err != nil {
			return nil, err
		}
		have[i] = list.Check(i, buf[:n]) == nil
	}
	return func(i int) bool { return have[i] }, nil
}

// WriteBlock keeps a block.
func (p *part) WriteBlock(i int, b []byte) error {
	_, err := p.f.WriteAt(b, int64(i)*transfer.BlockSize)
	return err
}

// download fetches a sealed file, opens it and puts it into the download folder.
func (f *fileRoom) download(ctx context.Context, a *active) (err error) {
	c, t := f.c, &a.t
	name := spoolName(t)
	if t.Spool != name {
		if _, err := c.db.UpdateTransfer(ctx, t.ID, func(t *clientdb.Transfer) error { t.Spool = name; return nil }); err != nil {
			return err
		}
		t.Spool = name
	}
	file, err := os.OpenFile(f.spoolPath(name), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if err := c.enough(c.cfg.Folder, t.Length-min(info.Size(), t.Length)); err != nil {
		return err
	}
	// All was here before, so that the file may have been saved, too, by a program
	// that was killed before it had noted so.
	before := t.Have == t.Length && info.Size() == t.Length
	defer f.still(t.ID)
	puller, err := transfer.NewPuller(t.Root, t.Length, &part{f: file, length: t.Length}, a.send)
	if err != nil {
		return err
	}
	err = f.pull(ctx, a, puller)
	_, uerr := c.db.UpdateTransfer(context.WithoutCancel(ctx), t.ID, func(t *clientdb.Transfer) error { t.Have = puller.Have(); return nil })
	if err == nil {
		err = uerr
	}
	if err != nil {
		return err
	}
	_ = a.send(&wire.Cancel{Root: t.Root, Keep: true}) // the host may close its file
	return f.open(ctx, t, file, before)
}

// pull runs a Puller on the connection.
func (f *fileRoom) pull(ctx context.Context, a *active, p *transfer.Puller) error {
	c, t := f.c, &a.t
	if err := a.send(&wire.Get{Room: t.Room, Root: t.Root}); err != nil {
		return err
	}
	begun := false
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	silent := c.now().Add(transfer.PullTimeout)
	for !p.Done() || !begun {
		select {
		case m := <-a.in:
			if s, ok := m.(*wire.BlobState); ok && !begun {
				if s.Code != wire.CodeOK {
					return &CodeError{Code: s.Code, Limit: s.Limit}
				}
				if s.Length != t.Length {
					return fmt.Errorf("%w: another length", transfer.ErrDamaged)
				}
				begun = true
				if err := p.Start(c.now()); err != nil {
					return pullError(err)
				}
				continue
			}
			if err := p.Handle(c.now(), m); err != nil {
				return pullError(err)
			}
			f.progress(t.ID, p.Have(), t.Length)
		case <-tick.C:
			if !begun && c.now().After(silent) {
				return transfer.ErrSilent
			}
			if begun {
				if err := p.Expire(c.now()); err != nil {
					return pullError(err)
				}
			}
		case <-a.line.done:
			return errConnection
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// pullError turns the codes of the host into this package's errors.
func pullError(err error) error {
	if e, ok := errors.AsType[*transfer.PeerError](err); ok {
		return &CodeError{Code: e.Code, Limit: e.Limit}
	}
	if errors.Is(err, transfer.ErrCancelled) {
		return &CodeError{Code: wire.CodeFileGone}
	}
	return err
}

// receive puts a file into the folder for received files, under a safe name that is free
// there, once write has written all of it. before says that it may lie there already: then
// that one is it.
func (f *fileRoom) receive(t *clientdb.Transfer, before bool, write func(io.Writer) error) (path string, err error) {
	root, err := f.c.cfg.Downloads()
	if err != nil {
		return "", err
	}
	defer root.Close()
	if err := f.c.enough(root.Name(), t.Size); err != nil {
		return "", err
	}
	in, err := paths.Receive(root, t.Name)
	if err != nil {
		return "", err
	}
	if err := write(in); err != nil {
		in.Discard()
		return "", err
	}
	commit := in.Commit
	if before {
		commit = in.CommitOnce
	}
	name, err := commit()
	if err != nil {
		return "", err
	}
	return filepath.Join(root.Name(), name), nil
}

// open decrypts a fetched file into the download folder, where it appears under
// a safe name once it is whole and checked. before says that it may lie there
// already.
func (f *fileRoom) open(ctx context.Context, t *clientdb.Transfer, sealed *os.File, before bool) error {
	path, err := f.receive(t, before, func(w io.Writer) error {
		return stream.Open(ctx, w, io.NewSectionReader(sealed, 0, t.Length), t.Key, t.Size)
	})
	if err != nil {
		return err
	}
	spool := t.Spool
	_, err = f.c.db.UpdateTransfer(context.WithoutCancel(ctx), t.ID, func(t *clientdb.Transfer) error {
		t.State, t.Path, t.Spool, t.Code, t.Have = clientdb.Finished, path, "", 0, t.Length
		return nil
	})
	if err != nil {
		return err
	}
	if err := os.Remove(f.spoolPath(spool)); err != nil { // Windows: it is still open, and removed by tidy
		f.c.log.Debug("sealed file not removed yet", "err", paths.Nameless(err))
	}
	return nil
}
