package client

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"github.com/snugchat/snug/crypto/stream"
	"github.com/snugchat/snug/net/link"
	"github.com/snugchat/snug/net/transfer"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
	"github.com/snugchat/snug/storage/paths"
)

const (
	// maxMoving is how many files of one direction are under way at once: a
	// small one need not wait for a large one, and the pieces of both leave
	// half of a link's queue to words.
	maxMoving = 2

	// maxSealing is how many files are sealed at once: it is work for the
	// processor and the disk.
	maxSealing = 1

	// maxPieces is how many messages of one file may wait: twice what the
	// window lets the host send.
	maxPieces = 2*wire.Window/wire.MaxPiece + 8

	// spareSpace is how many bytes stay free on a disk that a file goes to.
	spareSpace = 64 << 20

	// showEvery is how often a moving file is shown.
	showEvery = 100 * time.Millisecond

	// busyWait is how long a file waits that the host has no room for just now.
	busyWait = 10 * time.Second
)

// What can go wrong with a file on this computer. A *CodeError says what the
// host has against it.
var (
	ErrFileNotRegular = errors.New("only files can be sent, no folders or devices")
	ErrFileGone       = errors.New("the file is not there any more")
	ErrFileChanged    = errors.New("the file changed while it was being sent")
	ErrFilePermission = errors.New("no permission for the file or folder")
	ErrFileDamaged    = errors.New("the file arrived damaged")
	ErrFileTrouble    = errors.New("the file could not be read or written")
)

// troubles gives the errors above the numbers under which they are stored, above
// those of wire.Code: append only.
var troubles = []struct {
	code uint16
	err  error
}{
	{0x8001, ErrFileNotRegular},
	{0x8002, ErrFileGone},
	{0x8003, ErrFileChanged},
	{0x8004, ErrFilePermission},
	{0x8005, ErrFileDamaged},
	{0x8006, ErrFileTrouble},
	{0x8007, ErrDiskFull},
	{0x8008, ErrReadOnly},
}

// troubleOf returns the error of this package that stands for err.
func troubleOf(err error) error {
	var code *CodeError
	switch {
	case err == nil, errors.As(err, &code):
		return err
	case paths.IsNoSpace(err), errors.Is(err, ErrDiskFull):
		return fmt.Errorf("%w: %v", ErrDiskFull, err)
	case paths.IsReadOnly(err), errors.Is(err, ErrReadOnly):
		return fmt.Errorf("%w: %v", ErrReadOnly, err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: %v", ErrFilePermission, err)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: %v", ErrFileGone, err)
	case errors.Is(err, stream.ErrChanged):
		return fmt.Errorf("%w: %v", ErrFileChanged, err)
	case errors.Is(err, stream.ErrDamaged), errors.Is(err, transfer.ErrDamaged):
		return fmt.Errorf("%w: %v", ErrFileDamaged, err)
	}
	for _, t := range troubles {
		if errors.Is(err, t.err) {
			return err
		}
	}
	return fmt.Errorf("%w: %v", ErrFileTrouble, err)
}

// codeOfTrouble returns the number under which err is stored.
func codeOfTrouble(err error) uint16 {
	if c := CodeOf(err); c != wire.CodeOK {
		return uint16(c)
	}
	for _, t := range troubles {
		if errors.Is(err, t.err) {
			return t.code
		}
	}
	return 0x8006
}

// storedTrouble returns the error of a stored number.
func storedTrouble(code uint16, limit int64) error {
	if code == 0 {
		return nil
	}
	for _, t := range troubles {
		if t.code == code {
			return t.err
		}
	}
	return &CodeError{Code: wire.Code(code), Limit: limit}
}

// fileRoom moves the files of a client.
type fileRoom struct {
	c    *Client
	wake chan struct{}

	moving sync.Mutex // held while a copy goes into the received folder: before mu

	mu      sync.Mutex                       // guards what follows
	turns   uint64                           // how often a file ended or was stopped
	line    *line                            // the connection that files move on
	active  map[chat.MessageID]*active       // being sealed or moved
	parcels map[*parcel]bool                 // at most maxParcels
	shown   map[chat.MessageID]progressShown // how far they are
	later   map[chat.MessageID]time.Time     // not to be started before
	day     time.Time                        // when fetched began to count
	fetched map[chat.AccountID]int64         // bytes fetched since without being asked for, by sender
	damaged map[chat.MessageID]int           // how often a sealed file was, see sealAgain
	made    map[chat.MessageID]bool          // copies that are being written, see SendCopy
	keep    map[chat.MessageID]time.Time     // when copies go into the received folder, see keepCopy
}

// progressShown is how far a file is, and how fast.
type progressShown struct {
	meter transfer.Meter
	last  transfer.Progress
	at    time.Time // last time screens were told
}

// active is one file that is being sealed or moved, by one goroutine.
type active struct {
	t      clientdb.Transfer
	line   *line // nil: being sealed
	in     chan wire.Message
	cancel context.CancelCauseFunc
	done   chan struct{}
}

// send queues a message on the connection that the file moves on. Its error is
// errConnection as soon as that has ended: the link knows so a moment before
// line.done is closed, and a file that then counted as failed would not go on by
// itself.
func (a *active) send(m wire.Message) error {
	err := a.line.send(m)
	if errors.Is(err, link.ErrClosed) || errors.Is(err, link.ErrTooSlow) {
		return errConnection
	}
	return err
}

func newFileRoom(c *Client) *fileRoom {
	return &fileRoom{
		c: c, wake: make(chan struct{}, 1), active: make(map[chat.MessageID]*active),
		parcels: make(map[*parcel]bool),
		shown:   make(map[chat.MessageID]progressShown), later: make(map[chat.MessageID]time.Time),
		fetched: make(map[chat.AccountID]int64), damaged: make(map[chat.MessageID]int),
		made: make(map[chat.MessageID]bool), keep: make(map[chat.MessageID]time.Time),
	}
}

// run starts what is to move until ctx ends.
func (f *fileRoom) run(ctx context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	if err := f.tidy(ctx); err != nil && ctx.Err() == nil {
		f.c.log.Warn("folder of moving files not tidied", "err", paths.Nameless(err))
	}
	for {
		next, err := f.schedule(ctx, &wg)
		if err != nil && ctx.Err() == nil {
			f.c.log.Error("files cannot be moved", "err", err)
		}
		next = min(next, f.keepCopies(ctx))
		select {
		case <-f.wake:
		case <-time.After(next):
		case <-ctx.Done():
			return
		}
	}
}

// errPausing, errGivenUp are why an active file ends by a person's wish,
// errConnection because the connection did.
var (
	errPausing    = errors.New("paused")
	errGivenUp    = errors.New("cancelled")
	errConnection = errors.New("connection ended")
)

// lookAgain is how long nothing is started if nothing happens.
const lookAgain = time.Minute

// schedule starts as many files as may move, and returns when the next one that
// waits for a time may.
func (f *fileRoom) schedule(ctx context.Context, wg *sync.WaitGroup) (next time.Duration, err error) {
	for {
		f.mu.Lock()
		turn := f.turns
		f.mu.Unlock()
		open, err := f.c.db.OpenTransfers(ctx)
		if err == nil {
			err = f.trySpace(ctx, open)
		}
		if err != nil {
			return lookAgain, err
		}
		if next, ok := f.begin(ctx, wg, open, turn); ok {
			return next, nil
		}
	}
}

// begin starts what may move of a list that was read at a turn. If a file ended or
// was stopped since then it starts nothing and ok is false: the list may have that
// file as it was before, and to seal it once more would write over the bytes that
// the store says are ready to be sent.
func (f *fileRoom) begin(ctx context.Context, wg *sync.WaitGroup, open []clientdb.Transfer, turn uint64) (next time.Duration, ok bool) {
	next = lookAgain
	now := f.c.now()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.turns != turn {
		return 0, false
	}
	var sealing, up, down int
	for _, a := range f.active {
		switch {
		case a.line == nil:
			sealing++
		case a.t.Direction == clientdb.Upload:
			up++
		default:
			down++
		}
	}
	for id, at := range f.later {
		if now.Before(at) {
			next = min(next, at.Sub(now))
		} else {
			delete(f.later, id)
		}
	}
	for _, t := range open {
		if _, busy := f.active[t.ID]; busy {
			continue
		}
		if _, later := f.later[t.ID]; later {
			continue
		}
		switch {
		case t.State == clientdb.Sealing && sealing < maxSealing:
			sealing++
			f.startLocked(ctx, wg, t, nil, f.seal)
		case t.State == clientdb.Running && t.Direction == clientdb.Upload && f.line != nil && up < maxMoving:
			up++
			f.startLocked(ctx, wg, t, f.line, f.upload)
		case t.State == clientdb.Running && t.Direction == clientdb.Download && f.line != nil && down < maxMoving:
			down++
			f.startLocked(ctx, wg, t, f.line, f.download)
		}
	}
	return next, true
}

// startLocked runs work for a file on a goroutine of its own.
func (f *fileRoom) startLocked(ctx context.Context, wg *sync.WaitGroup, t clientdb.Transfer, l *line, work func(context.Context, *active) error) {
	ctx, cancel := context.WithCancelCause(ctx)
	a := &active{t: t, line: l, in: make(chan wire.Message, maxPieces), cancel: cancel, done: make(chan struct{})}
	f.active[t.ID] = a
	wg.Go(func() {
		err := work(ctx, a)
		if err != nil && ctx.Err() != nil {
			// It was told to end. Whatever else could not be read or written because
			// of that is nothing that a person has to know.
			err = context.Canceled
		}
		cancel(nil)
		f.ended(context.WithoutCancel(ctx), a, err)
		f.mu.Lock()
		delete(f.active, t.ID)
		f.turns++
		f.mu.Unlock()
		close(a.done)
		f.publish(t.ID, t.Room)
		signal(f.wake)
	})
}

// ended writes down how it went.
func (f *fileRoom) ended(ctx context.Context, a *active, err error) {
	var code *CodeError
	switch {
	case err == nil, errors.Is(err, errPausing), errors.Is(err, errGivenUp), errors.Is(err, context.Canceled):
		return
	case errors.Is(err, errConnection):
		f.mu.Lock()
		if f.line == a.line {
			f.line = nil // the session hears of it later: nothing is to begin until then
		}
		f.mu.Unlock()
		return
	case errors.As(err, &code) && (code.Code == wire.CodeBusy || code.Code == wire.CodeSlowDown || code.Code == wire.CodeFailed):
		f.mu.Lock()
		f.later[a.t.ID] = f.c.now().Add(max(busyWait, code.After))
		f.mu.Unlock()
		return
	case errors.Is(err, transfer.ErrPaused):
		f.setState(ctx, a.t.ID, clientdb.Paused, nil)
		return
	case errors.Is(err, transfer.ErrSilent), errors.Is(err, ErrOffline):
		f.mu.Lock()
		f.later[a.t.ID] = f.c.now().Add(busyWait)
		f.mu.Unlock()
		return
	}
	trouble := troubleOf(err)
	f.c.log.Warn("file not moved", "upload", a.t.Direction == clientdb.Upload, "err", paths.Nameless(err))
	if errors.Is(trouble, ErrDiskFull) || errors.Is(trouble, ErrReadOnly) || CodeOf(trouble) == wire.CodeDiskFull {
		f.mu.Lock()
		f.later[a.t.ID] = f.c.now().Add(spaceWait)
		f.mu.Unlock()
	}
	f.setState(ctx, a.t.ID, clientdb.Failed, trouble)
	if a.line == nil || errors.Is(trouble, ErrFileDamaged) || a.t.Direction == clientdb.Download && errors.Is(trouble, ErrDiskFull) {
		f.removeSpool(ctx, a.t.ID) // leave nothing behind that is of no use
	}
}

// setState writes a state and why.
func (f *fileRoom) setState(ctx context.Context, id chat.MessageID, state clientdb.TransferState, why error) {
	_, err := f.c.db.UpdateTransfer(ctx, id, func(t *clientdb.Transfer) error {
		t.State, t.Code = state, 0
		if why != nil {
			t.Code = codeOfTrouble(why)
		}
		return nil
	})
	if err != nil && !errors.Is(err, clientdb.ErrNotFound) {
		f.c.log.Error("state of a file not written", "err", err)
	}
}

// connected lets files move on a connection.
func (f *fileRoom) connected(l *line) {
	f.mu.Lock()
	f.line = l
	clear(f.later)
	f.mu.Unlock()
	signal(f.wake)
}

// disconnected ends what moves. It goes on at the next connection.
func (f *fileRoom) disconnected() {
	f.mu.Lock()
	f.line = nil
	for _, a := range f.active {
		if a.line != nil {
			a.cancel(errConnection)
		}
	}
	f.mu.Unlock()
}

// rootOf returns which file a message is about.
func rootOf(m wire.Message) [32]byte {
	switch m := m.(type) {
	case *wire.BlobState:
		return m.Root
	case *wire.Pull:
		return m.Root
	case *wire.Piece:
		return m.Root
	case *wire.Cancel:
		return m.Root
	}
	return [32]byte{}
}

// incoming hands a message of the host to the file that it is about. It never
// blocks; an error ends the connection.
func (f *fileRoom) incoming(m wire.Message) error {
	root := rootOf(m)
	_, asks := m.(*wire.Pull)
	_, brings := m.(*wire.Piece)
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.toParcelsLocked(m, root, asks, brings); err != nil {
		return err
	}
	for _, a := range f.active {
		up := a.t.Direction == clientdb.Upload
		if a.line == nil || a.t.Root != root || asks && !up || brings && up {
			continue
		}
		select {
		case a.in <- m:
		default:
			return fmt.Errorf("%w: more pieces than were asked for", ErrProtocol)
		}
	}
	return nil // about one that ended a moment ago, or nothing
}

// publish tells screens that a file moved on.
func (f *fileRoom) publish(id chat.MessageID, room chat.RoomID) {
	f.c.feed.publish(func(ch *Changes) {
		ch.Transfers = map[chat.MessageID]bool{id: true}
		ch.Rooms = map[chat.RoomID]bool{room: true}
	})
}

// progress notes how far a file is, and shows it at most ten times a second.
func (f *fileRoom) progress(id chat.MessageID, done, total int64) {
	now := f.c.now()
	f.mu.Lock()
	s, ok := f.shown[id]
	if ok && now.Sub(s.at) < showEvery && done < total {
		f.mu.Unlock()
		return
	}
	s.meter.Note(now, done)
	s.last, s.at = s.meter.Progress(done, total), now
	f.shown[id] = s
	f.mu.Unlock()
	f.c.feed.publish(func(ch *Changes) { ch.Transfers = map[chat.MessageID]bool{id: true} })
}

// still forgets the speed of a file that does not move.
func (f *fileRoom) still(id chat.MessageID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.shown, id)
}

// view turns a stored transfer into what screens see.
func (f *fileRoom) view(t clientdb.Transfer) Transfer {
	out := Transfer{
		ID: t.ID, Upload: t.Direction == clientdb.Upload, Room: t.Room, Name: t.Name, Size: t.Size, Path: t.Path, Shown: t.Shown, Copy: isCopy(&t), State: t.State,
		Progress: transfer.Progress{Done: t.Have, Total: t.Length}, Created: timeOf(t.Created),
	}
	if t.State == clientdb.Failed {
		out.Err = storedTrouble(t.Code, f.c.Place().MaxFile)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if s, ok := f.shown[t.ID]; ok && (t.State == clientdb.Running || t.State == clientdb.Sealing) {
		out.Progress = s.last
	}
	return out
}

// Transfers returns the files that are on their way, paused or failed, oldest first.
func (c *Client) Transfers(ctx context.Context) ([]Transfer, error) {
	open, err := c.db.OpenTransfers(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]Transfer, len(open))
	for i := range open {
		out[i] = c.files.view(open[i])
	}
	return out, nil
}

// Transfer returns the transfer of the file in a message, and whether there was
// one: a file of somebody else that was never asked for has none.
func (c *Client) Transfer(ctx context.Context, id chat.MessageID) (Transfer, bool, error) {
	t, err := c.db.Transfer(ctx, id)
	if errors.Is(err, clientdb.ErrNotFound) {
		return Transfer{}, false, nil
	}
	if err != nil {
		return Transfer{}, false, err
	}
	return c.files.view(t), true, nil
}

// stop ends the goroutine of a file, if there is one, and waits for it.
func (f *fileRoom) stop(id chat.MessageID, why error) {
	f.mu.Lock()
	a := f.active[id]
	l := f.line
	f.turns++
	f.mu.Unlock()
	if a != nil {
		a.cancel(why)
		<-a.done
	}
	f.still(id)
	if l == nil || a == nil || a.line == nil {
		return
	}
	// The host hears of it; without a connection it does by the lack of one.
	_ = l.send(&wire.Cancel{Root: a.t.Root, Keep: errors.Is(why, errPausing)})
}

// PauseTransfer stops a file; what has moved is kept on both sides.
func (c *Client) PauseTransfer(ctx context.Context, id chat.MessageID) error {
	t, err := c.db.UpdateTransfer(ctx, id, func(t *clientdb.Transfer) error {
		if t.State == clientdb.Running {
			t.State = clientdb.Paused
		}
		return nil
	})
	if err != nil {
		return err
	}
	if t.State == clientdb.Paused {
		c.files.stop(id, errPausing)
	}
	c.files.publish(id, t.Room)
	return nil
}

// ResumeTransfer goes on with a file that was paused or failed.
func (c *Client) ResumeTransfer(ctx context.Context, id chat.MessageID) error {
	t, err := c.db.UpdateTransfer(ctx, id, func(t *clientdb.Transfer) error {
		if t.State != clientdb.Paused && t.State != clientdb.Failed && t.State != clientdb.Stopped {
			return nil
		}
		t.State, t.Code = clientdb.Running, 0
		if t.Direction == clientdb.Upload && t.Spool == "" {
			t.State = clientdb.Sealing // nothing was kept: begin anew
		}
		return nil
	})
	if err != nil {
		return err
	}
	c.files.mu.Lock()
	delete(c.files.later, id)
	c.files.mu.Unlock()
	c.files.publish(id, t.Room)
	signal(c.files.wake)
	return nil
}

// CancelTransfer gives a file up and frees what it takes on both sides. An
// upload whose message is in the outbox already is not called back.
func (c *Client) CancelTransfer(ctx context.Context, id chat.MessageID) error {
	t, err := c.db.UpdateTransfer(ctx, id, func(t *clientdb.Transfer) error {
		if t.State != clientdb.Finished {
			t.State, t.Code = clientdb.Stopped, 0
		}
		return nil
	})
	if err != nil || t.State == clientdb.Finished {
		return err
	}
	c.files.mu.Lock()
	a, l := c.files.active[id], c.files.line
	c.files.mu.Unlock()
	c.files.stop(id, errGivenUp)
	if a == nil && l != nil && t.Root != [32]byte{} {
		_ = l.send(&wire.Cancel{Root: t.Root}) // it was paused: the host keeps a part
	}
	// Windows removes no file that is open: one that stays keeps no other from going.
	err = nil
	if serr := dropFile(c.files.spoolPath(spoolName(&t))); serr != nil {
		err = fmt.Errorf("remove sealed file: %w", serr)
	}
	if t.Direction == clientdb.Upload {
		if isCopy(&t) {
			err = errors.Join(err, dropFile(c.files.spoolPath(copyName(id))))
		}
		err = errors.Join(err, c.db.RemoveTransfer(ctx, id)) // without it tidy removes both
	} else if err == nil {
		_, err = c.db.UpdateTransfer(ctx, id, func(t *clientdb.Transfer) error { t.Spool, t.Have = "", 0; return nil })
	}
	c.files.publish(id, t.Room)
	return err
}

// maxUnasked is how many bytes of one sender are fetched in a day without being
// asked for: a hundred files of the default limit (DefaultAutoDownload).
const maxUnasked = 1000 << 20

// mayFetch reports whether a file may be fetched without being asked for: not if
// it is here or on its way already, however many messages name it, nor beyond
// what one sender may fill in a day, nor where the disk gets full.
func (f *fileRoom) mayFetch(ctx context.Context, from chat.AccountID, file *wire.File) (bool, error) {
	if known, err := f.c.db.HasRoot(ctx, file.Root); err != nil || known {
		return false, err
	}
	for _, folder := range f.folders() {
		_, total, err := paths.FreeSpace(folder)
		if err != nil {
			continue // unknown: the write itself will tell
		}
		if free, err := f.c.cfg.Free(folder); err == nil && free-file.Length < kept(total) {
			return false, nil
		}
	}
	now := f.c.now()
	f.mu.Lock()
	defer f.mu.Unlock()
	if since := now.Sub(f.day); since < 0 || since > 24*time.Hour {
		f.day = now
		clear(f.fetched)
	}
	if f.fetched[from]+file.Length > maxUnasked {
		return false, nil
	}
	f.fetched[from] += file.Length
	return true, nil
}

// folders returns where a download takes space.
func (f *fileRoom) folders() []string {
	root, err := f.c.cfg.Downloads()
	if err != nil {
		return []string{f.c.cfg.Folder}
	}
	defer root.Close() // only its name is wanted
	return []string{f.c.cfg.Folder, root.Name()}
}

// kept returns how much of a disk stays free of files that nobody asked for: a
// tenth, but 2 GiB at least and 5 GiB at most, and of a small disk a quarter. With
// more than 5 GiB a common laptop that is four fifths full would fetch nothing.
func kept(total int64) int64 { return min(max(total/10, 2<<30), 5<<30, total/4) }

// enough says (ErrDiskFull) whether a folder's disk has room for n bytes more.
func (c *Client) enough(folder string, n int64) error {
	free, err := c.cfg.Free(folder)
	if err != nil {
		return nil // unknown: the write itself will tell
	}
	if free < n+spareSpace {
		return fmt.Errorf("%w: %d bytes are free, %d are needed", ErrDiskFull, free, n+spareSpace)
	}
	return nil
}
