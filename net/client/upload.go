package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"mime"
	"os"
	"path/filepath"
	"time"
	"unicode/utf8"

	"github.com/snugchat/snug/crypto/stream"
	"github.com/snugchat/snug/net/transfer"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// CheckFile says whether a file may be sent, without sending it: ErrFileGone,
// ErrFilePermission, ErrFileNotRegular, or a *CodeError with wire.CodeTooBig and
// the place's limit.
func (c *Client) CheckFile(path string) (size int64, err error) {
	f, size, _, err := c.openSource(path)
	if err != nil {
		return 0, err
	}
	return size, f.Close()
}

// openSource opens a file that is to be sent, and checks its size.
func (c *Client) openSource(path string) (*os.File, int64, time.Time, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, 0, time.Time{}, troubleOf(err)
	}
	if !info.Mode().IsRegular() { // a pipe would block the open
		return nil, 0, time.Time{}, ErrFileNotRegular
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, time.Time{}, troubleOf(err)
	}
	if info, err = f.Stat(); err == nil && !info.Mode().IsRegular() {
		err = ErrFileNotRegular
	}
	limit := c.Place().MaxFile
	if err == nil && (info.Size() > limit || limit == 0 || stream.SealedSize(min(info.Size(), stream.MaxSize)) > transfer.MaxLength) {
		err = &CodeError{Code: wire.CodeTooBig, Limit: limit}
	}
	if err != nil {
		_ = f.Close() // it was only read
		return nil, 0, time.Time{}, troubleOf(err)
	}
	return f, info.Size(), info.ModTime(), nil
}

// SendFile sends a file to a room: it is sealed into the place's folder, the
// host fetches it, and then its message goes out. It returns at once; Transfer
// tells how it goes, and the file must stay until it is no longer Sealing. Its
// errors are those of CheckFile, ErrDiskFull and ErrNotJoined. What goes wrong
// later is in Transfer.Err.
func (c *Client) SendFile(ctx context.Context, room chat.RoomID, path string) (chat.MessageID, error) {
	return c.SendFileWith(ctx, room, path, FileNote{})
}

// FileNote is what a message says besides the file that it hands over.
type FileNote struct {
	Name          string         // in place of the file's own; "" for that
	Caption       string         // at most wire.MaxCaption bytes
	Width, Height int            // of a picture in pixels, 0: none
	Preview       []byte         // a few pixels of it, at most wire.MaxPreview bytes
	Reply         chat.MessageID // the message that it answers, zero for none
	Origin        *wire.Origin   // it was forwarded, nil for not
	Shown         string         // the person's own file from which the one that is sent was made; "" for none
}

// fileBody is the body of the message of an upload: what its note says, and
// what is known of the sealed file.
func fileBody(t *clientdb.Transfer) *wire.File {
	b := &wire.File{}
	if v, err := wire.ParseBody(wire.KindFile, t.Note); err == nil {
		b = v.(*wire.File)
	}
	b.Root, b.Length, b.Key, b.Size, b.Name, b.Type = t.Root, t.Length, t.Key, t.Size, t.Name, t.Type
	return b
}

// SendFileWith is SendFile with words, a preview and an answer in the same
// message. wire.ErrTooLong and wire.ErrBadBody say that the note does not fit.
func (c *Client) SendFileWith(ctx context.Context, room chat.RoomID, path string, note FileNote) (chat.MessageID, error) {
	var none chat.MessageID
	if !c.Joined() {
		return none, ErrNotJoined
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return none, troubleOf(err)
	}
	if note.Name == "" {
		note.Name = filepath.Base(path)
	}
	id := chat.NewMessageID()
	if err := c.queueFile(ctx, id, room, path, note); err != nil {
		return none, err
	}
	return id, nil
}

// body encodes a note.
func (n *FileNote) body(name string) ([]byte, error) {
	if len(n.Caption) > wire.MaxCaption {
		return nil, fmt.Errorf("%w: caption of %d bytes", wire.ErrTooLong, len(n.Caption))
	}
	b := &wire.File{Name: name, Caption: n.Caption, Preview: n.Preview, Origin: n.Origin}
	if n.Width > 0 && n.Height > 0 && n.Width <= math.MaxUint16 && n.Height <= math.MaxUint16 {
		b.Width, b.Height = uint16(n.Width), uint16(n.Height)
	}
	if n.Reply != (chat.MessageID{}) {
		b.Reply = &n.Reply
	}
	out := wire.EncodeBody(b)
	_, err := wire.ParseBody(wire.KindFile, out)
	return out, err
}

// cutName makes a name fit a message.
func cutName(name string) string {
	if !utf8.ValidString(name) {
		name = string([]rune(name)) // each wrong byte becomes U+FFFD
	}
	if len(name) <= wire.MaxFileName {
		return name
	}
	ext := filepath.Ext(name)
	if len(ext) > 32 {
		ext = ""
	}
	stem := name[:wire.MaxFileName-len(ext)]
	for !utf8.ValidString(stem) {
		stem = stem[:len(stem)-1]
	}
	return stem + ext
}

// typeOf returns the media type that goes with a name, empty if unknown.
func typeOf(name string) string {
	t := mime.TypeByExtension(filepath.Ext(name))
	if len(t) > 255 {
		return ""
	}
	return t
}

// seal encrypts a file into the place's folder: its sealed bytes, then the list
// of their hashes.
func (f *fileRoom) seal(ctx context.Context, a *active) (err error) {
	c := f.c
	src, size, before, err := c.openSource(a.t.Path)
	if err != nil {
		return err
	}
	defer src.Close()
	if size != a.t.Size {
		return ErrFileChanged
	}
	if err := c.enough(c.cfg.Folder, a.t.Length); err != nil {
		return err
	}
	name := spoolName(&a.t)
	// Named before it is there: whatever happens, it is found and removed.
	if _, err := c.db.UpdateTransfer(ctx, a.t.ID, func(t *clientdb.Transfer) error { t.Spool = name; return nil }); err != nil {
		return err
	}
	dst, err := os.OpenFile(f.spoolPath(name), os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dst.Close()) }()
	counted := &countingWriter{w: dst, note: func(n int64) { f.progress(a.t.ID, n, a.t.Length) }}
	sealed, err := stream.Seal(ctx, counted, src, size)
	if err != nil {
		return err
	}
	if _, err := dst.Write(sealed.Hashes.Bytes()); err != nil {
		return err
	}
	if err := dst.Sync(); err != nil {
		return err
	}
	// A file that was written to while it was read may hold half of two versions.
	if info, err := os.Stat(a.t.Path); err != nil || !info.ModTime().Equal(before) || info.Size() != size {
		return ErrFileChanged
	}
	f.still(a.t.ID)
	_, err = c.db.UpdateTransfer(ctx, a.t.ID, func(t *clientdb.Transfer) error {
		t.Root, t.Key, t.Length, t.Have = sealed.Root, sealed.Key, sealed.Length, 0
		if t.State == clientdb.Sealing {
			t.State = clientdb.Running
		}
		return nil
	})
	return err
}

type countingWriter struct {
	w    io.Writer
	n    int64
	note func(int64)
}

func (c *countingWriter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	c.note(c.n)
	return n, err
}

// offerEvery is how often a file is offered that the host does not answer for.
const offerEvery = 20 * time.Second

// upload offers a sealed file and answers the host's pulls until it has all.
func (f *fileRoom) upload(ctx context.Context, a *active) error {
	c, t := f.c, &a.t
	spool, err := os.Open(f.spoolPath(t.Spool))
	if errors.Is(err, os.ErrNotExist) {
		return f.sealAgain(ctx, a) // somebody tidied up
	}
	if err != nil {
		return err
	}
	defer spool.Close()
	list, err := spooledList(spool, t)
	if errors.Is(err, stream.ErrHashList) {
		return f.sealAgain(ctx, a)
	}
	if err != nil {
		return err
	}
	hashes := bytes.NewReader(list.Bytes())
	feeder := transfer.NewFeeder(t.Root, t.Length, hashes, io.NewSectionReader(spool, 0, t.Length), a.send)
	offer := &wire.Offer{Room: t.Room, Root: t.Root, Length: t.Length}
	if err := a.send(offer); err != nil {
		return err
	}
	defer f.still(t.ID)
	have := t.Have
	defer func() {
		_, err := c.db.UpdateTransfer(context.WithoutCancel(ctx), t.ID, func(t *clientdb.Transfer) error { t.Have = max(t.Have, have); return nil })
		if err != nil && !errors.Is(err, clientdb.ErrNotFound) {
			c.log.Warn("progress of a file not written", "err", err)
		}
	}()
	quiet := time.NewTicker(offerEvery)
	defer quiet.Stop()
	for {
		select {
		case m := <-a.in:
			quiet.Reset(offerEvery)
			switch m := m.(type) {
			case *wire.Pull:
				err := feeder.Handle(m)
				if errors.Is(err, io.ErrUnexpectedEOF) {
					return f.sealAgain(ctx, a)
				}
				if err != nil {
					return err
				}
			case *wire.BlobState:
				switch {
				case m.Code == wire.CodeBadMessage && !f.whole(ctx, spool, list):
					return f.sealAgain(ctx, a)
				case m.Code != wire.CodeOK:
					return &CodeError{Code: m.Code, Limit: m.Limit}
				case m.Complete:
					return f.uploaded(ctx, t)
				}
				have = max(have, min(m.Have, t.Length))
			case *wire.Cancel:
				if m.Keep {
					return transfer.ErrPaused
				}
				return &CodeError{Code: orCode(m.Code, wire.CodeFileGone)}
			}
			f.progress(t.ID, min(max(have, t.Have+feeder.Sent()), t.Length), t.Length)
		case <-quiet.C:
			if err := a.send(offer); err != nil {
				return err
			}
		case <-a.line.done:
			return errConnection
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func orCode(c, otherwise wire.Code) wire.Code {
	if c == wire.CodeOK {
		return otherwise
	}
	return c
}

// uploaded puts the message of a file that the host has into the outbox.
func (f *fileRoom) uploaded(ctx context.Context, t *clientdb.Transfer) error {
	c := f.c
	body := wire.EncodeBody(fileBody(t))
	err := c.db.FinishUpload(ctx, t.ID, clientdb.Outgoing{Room: t.Room, ID: t.ID, Kind: uint16(wire.KindFile), Body: body, Created: c.nowMS()})
	if errors.Is(err, clientdb.ErrNotFound) {
		return nil // cancelled or paused in this very moment
	}
	if err != nil {
		return fmt.Errorf("announce file: %w", err)
	}
	c.publishRoom(t.Room)
	signal(c.wake)
	return nil
}

// lost sends a file again that the host does not have any more.
func (f *fileRoom) lost(ctx context.Context, id chat.MessageID) {
	_, err := f.c.db.UpdateTransfer(ctx, id, func(t *clientdb.Transfer) error {
		if t.Direction != clientdb.Upload {
			return nil // passed on without its bytes, under the key of somebody else's message
		}
		t.State, t.Have = clientdb.Running, 0
		if t.Spool == "" {
			t.State = clientdb.Sealing
		}
		return nil
	})
	if errors.Is(err, clientdb.ErrNotFound) {
		return // as above
	}
	if err != nil {
		f.c.log.Warn("file not sent again", "err", err)
		return
	}
	signal(f.wake)
}
