package host

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/snugchat/snug/crypto/stream"
	"github.com/snugchat/snug/net/transfer"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/blobs"
	"github.com/snugchat/snug/storage/chat"
)

const (
	// maxUploads is how many files of one connection are pulled at once. Each has
	// two blocks of 1 MiB in memory.
	maxUploads = 3
	// maxDownloads is how many files one connection can have open.
	maxDownloads = 8
	// maxPieces is how many answers of a client may wait for its upload: twice
	// what the window lets it send.
	maxPieces = 2*wire.Window/wire.MaxPiece + 8
)

// moving is the files that one connection moves.
type moving struct {
	uploads   map[[32]byte]*upload // of the reading goroutine
	downloads []*download          // likewise, the longest unused first
	wg        sync.WaitGroup       // uploads
}

// end ends all transfers. What has arrived is kept.
func (m *moving) end() {
	for _, d := range m.downloads {
		_ = d.blob.Close() // it was only read
	}
	m.wg.Wait()
}

// file handles a message about a file.
func (s *session) file(m wire.Message) error {
	if s.moving == nil {
		s.moving = &moving{uploads: make(map[[32]byte]*upload)}
	}
	switch m := m.(type) {
	case *wire.Offer:
		return s.offer(m)
	case *wire.Get:
		return s.get(m)
	case *wire.Pull:
		return s.pull(m)
	case *wire.Piece:
		return s.arriving(m.Root, m)
	case *wire.BlobState:
		return s.arriving(m.Root, m)
	case *wire.Cancel:
		s.closeDownload(m.Root)
		if u := s.moving.uploads[m.Root]; (u == nil || u.over()) && !m.Keep {
			return s.withdraw(m.Root)
		}
		return s.arriving(m.Root, m)
	}
	return nil
}

// withdraw takes away a file of this person that is not on its way any more, or
// has arrived, if no message names it yet.
func (s *session) withdraw(root [32]byte) error {
	if s.h.blobs == nil {
		return s.stray()
	}
	known, found, err := s.h.store.Blob(s.ctx, root)
	if err == nil && (!found || known.Account != s.account || known.Seq != 0) {
		return s.stray() // also the word that a download is over
	}
	if err == nil {
		_, err = s.h.files.forget(s.ctx, root)
	}
	if err != nil {
		s.h.log.Warn("withdrawn file not removed", "name", s.name(), "err", err)
	}
	return nil
}

// stray counts a message about a file that nobody moves.
func (s *session) stray() error {
	s.spend()
	return nil
}

// blobFailed tells the client why a file goes no further.
func (s *session) blobFailed(root [32]byte, err error) error {
	r := blobRefusal(err)
	if r.code == wire.CodeFailed && s.ctx.Err() == nil {
		s.h.log.Error("file not moved", "name", s.name(), "err", err)
	}
	s.send(&wire.BlobState{Root: root, Code: r.code, Limit: r.limit})
	return nil
}

// blobRefusal returns what a client is told about an error of a file.
func blobRefusal(err error) *refusal {
	for _, c := range []struct {
		is   error
		code wire.Code
	}{
		{blobs.ErrTooBig, wire.CodeTooBig},
		{blobs.ErrQuota, wire.CodeQuota},
		{blobs.ErrDiskFull, wire.CodeDiskFull},
		{blobs.ErrBusy, wire.CodeBusy},
		{blobs.ErrNotFound, wire.CodeNoBlob},
		{blobs.ErrIncomplete, wire.CodeNoBlob},
		{blobs.ErrWrongHash, wire.CodeBadMessage},
		{transfer.ErrTooLong, wire.CodeTooBig},
		{transfer.ErrStray, wire.CodeBadMessage},
		{transfer.ErrDamaged, wire.CodeBadMessage},
	} {
		if errors.Is(err, c.is) {
			return &refusal{code: c.code}
		}
	}
	return codeOfError(err)
}

// offer begins to pull a file that the client has, or says why not.
func (s *session) offer(m *wire.Offer) error {
	a, err := s.member()
	if err == nil {
		err = s.h.files.admit(s.ctx, a, m)
	}
	if err != nil {
		return s.blobFailed(m.Root, err)
	}
	if s.h.blobs.Has(m.Root) {
		s.send(&wire.BlobState{Root: m.Root, Length: m.Length, Have: m.Length, Complete: true})
		return nil
	}
	if old := s.moving.uploads[m.Root]; old != nil && !old.over() {
		return nil // it is under way
	}
	running := 0
	for root, u := range s.moving.uploads {
		if u.over() {
			delete(s.moving.uploads, root)
		} else {
			running++
		}
	}
	if running >= maxUploads {
		return s.blobFailed(m.Root, refuse(wire.CodeBusy))
	}
	u := &upload{s: s, room: m.Room, in: make(chan wire.Message, maxPieces), done: make(chan struct{})}
	if u.puller, err = transfer.NewPuller(m.Root, m.Length, u, func(m wire.Message) error { return s.l.Send(wire.Append(nil, m)) }); err != nil {
		return s.blobFailed(m.Root, err)
	}
	s.moving.uploads[m.Root] = u
	s.moving.wg.Go(u.run)
	return nil
}

// arriving hands a message to the upload that it is for.
func (s *session) arriving(root [32]byte, m wire.Message) error {
	u := s.moving.uploads[root]
	if u == nil {
		return s.stray()
	}
	if _, cancel := m.(*wire.Cancel); cancel {
		u.ending = true
	}
	select {
	case u.in <- m:
	case <-u.done:
		return s.stray()
	default:
		// More than was asked for. A client that keeps to its window never comes here.
		s.goodbye(&wire.Goodbye{Code: wire.CodeBadMessage}, byeTime)
	}
	return nil
}

// upload is a file on its way from a client. Its own goroutine checks and writes,
// while the connection's goroutine reads on.
type upload struct {
	s      *session
	room   chat.RoomID
	puller *transfer.Puller
	writer *blobs.Writer // from Begin on
	in     chan wire.Message
	done   chan struct{} // closed when run has ended
	ending bool          // a Cancel is in; of the connection's goroutine
}

// over reports whether the upload has ended. One that was just told to is waited
// for: the client may offer the file again in the next message.
func (u *upload) over() bool {
	if u.ending {
		<-u.done
		return true
	}
	select {
	case <-u.done:
		return true
	default:
		return false
	}
}

// Begin takes the checked list of hashes, and says what of the file is here.
func (u *upload) Begin(length int64, hashes []byte) (have func(block int) bool, err error) {
	w, err := u.s.h.blobs.Begin(u.s.ctx, u.puller.Root(), length, hashes)
	if err != nil {
		return nil, err
	}
	u.writer = w
	return w.Have, nil
}

// WriteBlock keeps a block whose hash the Puller has just compared.
func (u *upload) WriteBlock(block int, b []byte) error { return u.writer.WriteChecked(block, b) }

// run pulls until the file is here, somebody ends it, or the connection ends.
func (u *upload) run() {
	defer close(u.done)
	root := u.puller.Root()
	err := u.pull()
	switch {
	case err == nil:
		u.s.h.files.warn(u.s.h.Place().Files)
		u.s.send(&wire.BlobState{Root: root, Length: u.puller.Length(), Have: u.puller.Length(), Complete: true})
	case errors.Is(err, transfer.ErrCancelled):
		u.drop(root)
	default:
		if u.writer != nil {
			if err := u.writer.Close(); err != nil {
				u.s.h.log.Warn("part of a file not kept", "err", err)
			}
		}
		if u.s.ctx.Err() == nil && !errors.Is(err, transfer.ErrPaused) {
			_ = u.s.blobFailed(root, err) // it returns nil
		}
	}
}

func (u *upload) pull() error {
	if err := u.puller.Start(u.s.h.now()); err != nil {
		return err
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	told := int64(-1)
	for !u.puller.Done() {
		select {
		case m := <-u.in:
			if err := u.puller.Handle(u.s.h.now(), m); err != nil {
				return err
			}
		case <-tick.C:
			if have := u.puller.Have(); have != told {
				told = have
				u.s.send(&wire.BlobState{Root: u.puller.Root(), Length: u.puller.Length(), Have: have})
			}
			if err := u.puller.Expire(u.s.h.now()); err != nil {
				return err
			}
		case <-u.s.ctx.Done():
			return context.Cause(u.s.ctx)
		}
	}
	return u.writer.Commit()
}

// drop frees what has arrived of a file that the client does not send any more.
func (u *upload) drop(root [32]byte) {
	if u.writer == nil {
		_ = u.s.h.blobs.Remove(root) // a part of an earlier connection, if there is one
	} else if err := u.writer.Cancel(); err != nil {
		u.s.h.log.Warn("part of a file not removed", "err", err)
	}
	if err := u.s.h.store.RemoveBlob(context.WithoutCancel(u.s.ctx), root); err != nil {
		u.s.h.log.Warn("part of a file not forgotten", "err", err)
	}
}

// download is a file that a client pulls.
type download struct {
	blob   *blobs.Blob
	feeder *transfer.Feeder
}

// get opens a file for the client to pull.
func (s *session) get(m *wire.Get) error {
	_, err := s.member()
	if err == nil {
		err = s.openDownload(m)
	}
	if err != nil {
		return s.blobFailed(m.Root, err)
	}
	d := s.moving.downloads[len(s.moving.downloads)-1]
	s.send(&wire.BlobState{Root: m.Root, Length: d.blob.Length(), Have: d.blob.Length(), Complete: true})
	return nil
}

func (s *session) openDownload(m *wire.Get) error {
	if s.h.blobs == nil {
		return refuse(wire.CodeNoBlob)
	}
	known, found, err := s.h.store.Blob(s.ctx, m.Root)
	if err != nil {
		return err
	}
	if !found || known.Gone != 0 || !s.h.files.serves(&known, m.Room) {
		return refuse(wire.CodeNoBlob)
	}
	if may, err := s.mayGet(&known); err != nil || !may {
		return cmp.Or(err, refuse(wire.CodeNoBlob))
	}
	s.closeDownload(m.Root)
	if len(s.moving.downloads) >= maxDownloads {
		s.closeDownload(s.moving.downloads[0].feeder.Root())
	}
	blob, err := s.h.blobs.Open(m.Root)
	if err != nil {
		return err
	}
	s.moving.downloads = append(s.moving.downloads, &download{blob: blob, feeder: transfer.NewFeeder(m.Root, blob.Length(), blob.Hashes(), blob, func(m wire.Message) error {
		return s.l.Send(wire.Append(nil, m))
	})})
	return nil
}

// mayGet reports whether a blob is for this device: those who are in the room of
// the row that names it, or were when it came, may have it, and devices with a
// mail that names it.
func (s *session) mayGet(b *chat.Blob) (bool, error) {
	if b.Seq != 0 {
		scope, ok := s.h.rooms.scope(s.h.rooms.get(b.Room), s.account)
		if ok && (!scope.out || b.Seq <= scope.until) {
			return true, nil
		}
	}
	return s.h.store.MailNames(s.ctx, s.device, b.Root)
}

func (s *session) closeDownload(root [32]byte) {
	for i, d := range s.moving.downloads {
		if d.feeder.Root() == root {
			_ = d.blob.Close() // it was only read
			s.moving.downloads = append(s.moving.downloads[:i], s.moving.downloads[i+1:]...)
			return
		}
	}
}

// tinyPull is the length in bytes below which a Pull counts as a message. Who
// pulls as wire.MaxPiece allows sends two such per file, for the end of the list
// of hashes and of the last block: the pieces of a block are 16 KiB and more.
const tinyPull = 4 << 10

// pull answers with a piece.
func (s *session) pull(m *wire.Pull) error {
	if m.Length < tinyPull && !s.spend() {
		return nil
	}
	for _, d := range s.moving.downloads {
		if d.feeder.Root() != m.Root {
			continue
		}
		if err := d.feeder.Handle(m); err != nil {
			s.closeDownload(m.Root)
			return s.blobFailed(m.Root, err)
		}
		return nil
	}
	if !s.spend() {
		return nil
	}
	return s.blobFailed(m.Root, refuse(wire.CodeNoBlob))
}

// files is what the host does with files by itself.
type files struct {
	h      *Host
	offers chan struct{} // one token: quotas are checked one at a time
	wake   chan struct{} // has room for one
	trims  chan struct{} // one token: old files are removed one batch at a time
	rules  chan struct{} // has room for one: how long files stay has changed
	warned atomic.Bool   // the log has it that they are nearly as many as may be

	// Of the goroutine that saves files. Files that came before this host was
	// opened, in unix milliseconds, may be saved already; so may those that it
	// began to save, of which there are as many as it looks up at once.
	since int64
	begun map[[32]byte]bool
}

func newFiles(h *Host) *files {
	f := &files{h: h, offers: make(chan struct{}, 1), wake: make(chan struct{}, 1), trims: make(chan struct{}, 1), rules: make(chan struct{}, 1), since: h.now().UnixMilli(), begun: make(map[[32]byte]bool)}
	f.offers <- struct{}{}
	f.trims <- struct{}{}
	f.arrived() // what was not saved when the host ended
	return f
}

// admit says whether an account may send a file of that length, and if so notes
// it as that account's. With no room it is one that a mail is to name.
func (f *files) admit(ctx context.Context, a *chat.Account, m *wire.Offer) error {
	if f.h.blobs == nil {
		return refuse(wire.CodeNotAllowed)
	}
	r := f.h.rooms.get(m.Room)
	mail := m.Room == chat.RoomID{}
	if !mail && (r == nil || m.Room == chat.Directory || !f.h.rooms.in(r, a.ID)) {
		return refuse(wire.CodeNoRoom)
	}
	// In sealed rooms long commits and welcomes are blobs too, whoever may send
	// files; the host cannot tell them from small files.
	small := (mail || r.kind.Sealed()) && m.Length <= wire.MaxBlobRef
	if !small && !policy(a.Role, actUpload, 0) {
		return refuse(wire.CodeNotAllowed)
	}
	if small && m.Length <= 0 {
		return refuse(wire.CodeBadMessage)
	}
	if err := stream.CheckLength(m.Length); err != nil && !small {
		return refuse(wire.CodeBadMessage)
	}
	if most := f.h.Place().MaxFile; !small && (most == 0 || m.Length > stream.SealedSize(most)) {
		return &refusal{code: wire.CodeTooBig, limit: most}
	}
	select {
	case <-f.offers:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { f.offers <- struct{}{} }()
	known, found, err := f.h.store.Blob(ctx, m.Root)
	if err != nil {
		return err
	}
	if known.Gone != 0 {
		return refuse(wire.CodeBusy) // it is being removed, and can be sent again in a moment
	}
	if found {
		if known.Length != m.Length || known.Room != m.Room {
			return refuse(wire.CodeBadMessage)
		}
		return nil
	}
	use, err := f.h.store.BlobUse(ctx, a.ID)
	switch {
	case err != nil:
		return err
	case use.Bytes+m.Length > f.h.limits.Quota:
		return &refusal{code: wire.CodeQuota, limit: f.h.limits.Quota}
	case use.Count >= MaxFiles:
		return refuse(wire.CodeTooMany)
	case use.Unnamed >= MaxOffers:
		return refuse(wire.CodeBusy) // until their messages are here
	}
	if err := f.makeRoom(ctx, a.ID, use.Bytes, m.Length); err != nil {
		if _, refused := errors.AsType[*refusal](err); !refused || !small {
			return err
		}
		// It may be a commit: without it the room would not get on.
	}
	if err := f.h.blobs.Admit(m.Length); err != nil {
		return err
	}
	return f.h.store.PutBlob(ctx, chat.Blob{Root: m.Root, Length: m.Length, Account: a.ID, Room: m.Room, Created: f.h.now().UnixMilli()})
}

// here says whether a blob that a row or mail of a room names is complete.
func (f *files) here(ctx context.Context, room chat.RoomID, root [32]byte) error {
	if f.h.blobs == nil || !f.h.blobs.Has(root) {
		return refuse(wire.CodeNoBlob)
	}
	known, found, err := f.h.store.Blob(ctx, root)
	if err != nil {
		return err
	}
	if !found || known.Gone != 0 || known.Room != room {
		return refuse(wire.CodeNoBlob)
	}
	return nil
}

// serves reports whether messages of a room may hand over a blob: one of that
// room, and in open rooms one of the Lobby, so that a file is forwarded from there
// without being sent again. The Lobby is never deleted; those who read another open
// room read it too, and the host sees the contents of both, so it learns nothing.
func (f *files) serves(b *chat.Blob, room chat.RoomID) bool {
	if b.Room == room {
		return true
	}
	r := f.h.rooms.get(room)
	return b.Room == chat.Lobby && r != nil && r.kind == chat.RoomOpen
}

// check says whether the file that a message hands over is here.
func (f *files) check(ctx context.Context, room chat.RoomID, b *wire.File) error {
	if f.h.blobs == nil || !f.h.blobs.Has(b.Root) {
		return refuse(wire.CodeNoBlob)
	}
	known, found, err := f.h.store.Blob(ctx, b.Root)
	if err != nil {
		return err
	}
	if !found || known.Gone != 0 || !f.serves(&known, room) {
		return refuse(wire.CodeNoBlob)
	}
	if b.Size > stream.MaxSize || known.Length != b.Length || stream.SealedSize(b.Size) != b.Length {
		return refuse(wire.CodeBadMessage)
	}
	return nil
}

// forget takes away a file that no message names. One that a message has named
// meanwhile stays, and gone is false.
func (f *files) forget(ctx context.Context, root [32]byte) (gone bool, err error) {
	if err := f.h.store.RemoveBlob(ctx, root); err != nil {
		return false, err
	}
	if _, found, err := f.h.store.Blob(ctx, root); err != nil || found {
		return false, err
	}
	if err := f.h.blobs.Remove(root); err != nil && !errors.Is(err, blobs.ErrNotFound) {
		return true, err
	}
	return true, nil
}

// sweepBatch is how many abandoned files are looked up at once.
const sweepBatch = 1000

// sweep takes away what nobody named for too long.
func (f *files) sweep(ctx context.Context) {
	if f.h.blobs == nil {
		return
	}
	now := f.h.now()
	before := now.Add(-f.h.limits.BlobTime).UnixMilli()
	for more := true; more && ctx.Err() == nil; {
		old, err := f.h.store.AbandonedBlobs(ctx, before, sweepBatch)
		if err != nil {
			f.h.log.Warn("abandoned files not found", "err", err)
			return
		}
		removed := 0
		for _, b := range old {
			gone, err := f.forget(ctx, b.Root)
			if err != nil {
				f.h.log.Warn("abandoned file not removed", "err", err)
			}
			if gone {
				removed++
			}
		}
		// Those that cannot be removed come again in the next hour.
		more = len(old) == sweepBatch && removed > 0
	}
	f.h.blobs.Collect(now)
}
