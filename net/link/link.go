// Package link is one live connection between a client and a host: messages in
// both directions over a channel, with a bounded queue, keep-alive and a
// graceful end; and the gate that bounds connections before they are anybody's.
//
// It knows messages as bytes. It must not know what they say, accounts, rooms
// or databases.
//
// It is specified by DESIGN section 4: a record of the channel holds one or more
// messages, each as uint32 big-endian length and bytes; what waits is sealed as
// one record and written once; a message of length 0 is a ping.
package link

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/snugchat/snug/crypto/channel"
	"github.com/snugchat/snug/net/wire"
)

// Limits and times of a link.
const (
	// MaxMessage is the largest message in bytes, its length not counted.
	MaxMessage = wire.MaxMessage

	// MaxQueue is how many bytes may wait for a slow peer, lengths included:
	// about one second of a full room (100 members x 10 messages/s x 1 KiB).
	// See BenchmarkFanout.
	MaxQueue = 1 << 20

	// PingEvery is after how much silence of its own a side sends a ping.
	PingEvery = 15 * time.Second

	// DeadAfter is after how much silence of the peer a link ends: three pings.
	DeadAfter = 45 * time.Second
)

// Errors that end a link or refuse a message.
var (
	// ErrTooSlow comes from [Link.Send] when the message does not fit into
	// [MaxQueue] any more, and then from [Link.Run]: the peer takes less than it
	// is sent. It may connect again and resume.
	ErrTooSlow = errors.New("link: the peer is too slow")
	// ErrTimeout comes from [Link.Run] when no record came for [DeadAfter].
	ErrTimeout = errors.New("link: the peer is silent")
	// ErrBadRecord comes from [Link.Run] when an authentic record is no list of
	// whole messages.
	ErrBadRecord = errors.New("link: bad record")
	// ErrSize comes from [Link.Send] when the message is empty or longer than
	// [MaxMessage]. The link stays usable.
	ErrSize = errors.New("link: message is empty or too long")
	// ErrClosed comes from [Link.Run] after Close or CloseAfterFlush, and from
	// Send on a link that is ending or has ended.
	ErrClosed = errors.New("link: closed")
)

// Link is one live connection. Every method may be called by any goroutine; Run
// has to run for messages to move, and only once.
//
// A link that is idle holds no buffers and no goroutine but the one in Run: the
// writer lives while something waits.
type Link struct {
	conn    *channel.Conn
	log     *slog.Logger
	born    time.Time    // times below count from here
	heard   atomic.Int64 // when the last record was dealt with, or handling
	closing atomic.Bool  // set under mu, never unset

	wg sync.WaitGroup // writer, timer and the watch on ctx; nothing is added once err is set

	mu      sync.Mutex // guards all below; nothing blocks under it
	queue   *buffer    // messages that wait; nil when none do
	flying  int        // bytes that the writer took and has not written yet
	running bool       // Run has begun
	writing bool       // the writer lives
	timer   *time.Timer
	sent    time.Duration // when the last record was written
	closeBy time.Duration // when closing ends, if it did not before
	records int           // that were written
	err     error         // why the link ended; the first reason stays
}

// handling stands in heard while a message is being handled: as long as this
// side does not read, it cannot say that the peer is silent.
const handling = math.MaxInt64

// New makes a link over conn, which it owns from then on. Messages may be sent
// at once; they go out when [Link.Run] runs. A link that is never run has to be
// closed.
func New(conn *channel.Conn, log *slog.Logger) *Link {
	return &Link{conn: conn, log: log, born: time.Now()}
}

// Run moves messages until ctx ends, the peer leaves (io.EOF), a record is bad,
// the peer is too slow or silent, or handle returns an error, and says which.
// handle is called on this goroutine, one message at a time; msg is valid only
// during the call, and a handle that blocks makes the peer wait. When Run
// returns, the connection is closed and every goroutine that it started has ended.
func (l *Link) Run(ctx context.Context, handle func(msg []byte) error) error {
	flushed, err := l.begin()
	if err != nil {
		return err
	}
	if flushed {
		l.hangUp()
	}
	l.wg.Add(1) // for the watch on ctx
	stop := context.AfterFunc(ctx, func() {
		defer l.wg.Done()
		l.end(context.Cause(ctx))
	})

	l.end(l.read(handle))

	if stop() {
		l.wg.Done()
	}
	l.mu.Lock()
	if l.timer.Stop() {
		l.wg.Done()
	}
	records, err := l.records, l.err
	l.mu.Unlock()
	l.wg.Wait()
	l.log.Debug("link ended", "peer", l.RemoteAddr().String(), "records_sent", records)
	return err
}

// begin starts the timer, and the writer if something waits already. flushed
// says that the link shall close and nothing waits.
func (l *Link) begin() (flushed bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return false, l.err
	}
	if l.running {
		return false, errors.New("link: run twice")
	}
	l.running = true
	l.sent = l.now()
	l.heard.Store(int64(l.sent))
	l.wg.Add(1) // for the timer, whose callback or stopper gives it back
	first := PingEvery
	if l.closing.Load() {
		first = 0
	}
	l.timer = time.AfterFunc(first, l.tick)
	if l.queue != nil {
		l.wakeLocked()
	}
	return l.closing.Load() && !l.writing, nil
}

func (l *Link) now() time.Duration { return time.Since(l.born) }

// end ends the link for the reason err, unless it has ended already, and frees
// the goroutines that wait in the connection.
func (l *Link) end(err error) {
	l.mu.Lock()
	if l.err == nil {
		if l.closing.Load() && !errors.Is(err, ErrTooSlow) {
			err = ErrClosed
		}
		l.err = err
		l.dropLocked()
	}
	l.mu.Unlock()
	l.conn.Close()
}

// dropLocked gives up what waits.
func (l *Link) dropLocked() {
	if l.queue != nil {
		l.queue.release()
		l.queue = nil
	}
}

// read splits records into messages and hands them on.
func (l *Link) read(handle func(msg []byte) error) error {
	for {
		record, err := l.conn.ReadRecord()
		if err != nil {
			if errors.Is(err, io.EOF) {
				return io.EOF
			}
			return fmt.Errorf("link: %w", err)
		}
		if err := checkRecord(record); err != nil {
			return err
		}
		l.heard.Store(handling)
		for len(record) > 0 {
			var msg []byte
			msg, record = nextMessage(record)
			if len(msg) == 0 || l.closing.Load() {
				continue
			}
			if err := handle(msg); err != nil {
				return err
			}
		}
		l.heard.Store(int64(l.now()))
	}
}

// Send queues a copy of msg. It never blocks. It answers [ErrTooSlow], and ends
// the link, when more than [MaxQueue] would wait; [ErrSize] or [ErrClosed]
// otherwise. That it returns nil does not say that the peer has the message.
func (l *Link) Send(msg []byte) error {
	if len(msg) == 0 || len(msg) > MaxMessage {
		return fmt.Errorf("%w: %d bytes", ErrSize, len(msg))
	}
	l.mu.Lock()
	err := l.sendLocked(msg, MaxQueue)
	l.mu.Unlock()
	if err != nil && errors.Is(err, ErrTooSlow) {
		l.end(err)
	}
	return err
}

// SendVolatile queues a copy of msg like Send, but drops it when more than a
// quarter of [MaxQueue] waits, and reports whether it was queued. It is for what
// is worthless when it comes late: typing, presence.
func (l *Link) SendVolatile(msg []byte) bool {
	if len(msg) == 0 || len(msg) > MaxMessage {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.sendLocked(msg, MaxQueue/4) == nil
}

func (l *Link) sendLocked(msg []byte, most int) error {
	switch {
	case errors.Is(l.err, ErrTooSlow):
		return ErrTooSlow
	case l.err != nil || l.closing.Load():
		return ErrClosed
	case l.waitingLocked()+lengthSize+len(msg) > most:
		return ErrTooSlow
	}
	l.queue = appendMessage(l.queue, msg)
	l.wakeLocked()
	return nil
}

// Queued returns how many bytes wait to be written, lengths included.
func (l *Link) Queued() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.waitingLocked()
}

func (l *Link) waitingLocked() int {
	if l.queue == nil {
		return l.flying
	}
	return l.flying + len(l.queue.b)
}

// wakeLocked starts the writer unless it lives.
func (l *Link) wakeLocked() {
	if l.running && !l.writing {
		l.writing = true
		l.wg.Go(l.write)
	}
}

// write drains the queue: everything that waits is taken at once, sealed in
// records of as many whole messages as fit, and each record is written with one
// call. There is no timer: what comes while a write runs is the next batch.
func (l *Link) write() {
	for {
		batch := l.take()
		if batch == nil {
			return
		}
		for rest := batch.b; len(rest) > 0; {
			n := span(rest)
			err := l.conn.WriteRecord(rest[:n])
			if err != nil {
				l.end(fmt.Errorf("link: %w", err))
				break
			}
			rest = rest[n:]
			l.wrote(n)
		}
		batch.release()
	}
}

// take returns everything that waits. If that is nothing, the writer ends.
func (l *Link) take() *buffer {
	l.mu.Lock()
	if l.err == nil && l.queue != nil {
		batch := l.queue
		l.queue, l.flying = nil, len(batch.b)
		l.mu.Unlock()
		return batch
	}
	l.writing, l.flying = false, 0
	flushed := l.err == nil && l.closing.Load()
	l.mu.Unlock()
	if flushed {
		l.hangUp()
	}
	return nil
}

func (l *Link) wrote(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.flying -= n
	l.sent = l.now()
	l.records++
}

// Close ends the link at once; what waits is lost. Run returns [ErrClosed].
func (l *Link) Close() { l.end(ErrClosed) }

// CloseAfterFlush ends the link as soon as everything queued so far is written
// and the peer has closed its side in turn, at the latest after within. It does
// not block; Run returns [ErrClosed] when it is over. Messages that come
// meanwhile are dropped, and nothing can be sent any more. It may be called
// before Run, which then does just that.
func (l *Link) CloseAfterFlush(within time.Duration) {
	l.mu.Lock()
	if l.err != nil || l.closing.Load() {
		l.mu.Unlock()
		return
	}
	l.closing.Store(true)
	l.closeBy = l.now() + within
	if l.running && l.timer.Stop() { // otherwise tick is on its way and will see closeBy
		l.timer.Reset(0)
	}
	flushed := l.running && !l.writing
	l.mu.Unlock()
	if flushed {
		l.hangUp()
	}
}

// hangUp tells the peer that nothing more comes and lets it close first: to
// close with bytes unread in the socket would make TCP take back what is still
// on its way. A network that has no half close (a pipe in memory) has delivered
// what was written.
func (l *Link) hangUp() {
	if err := l.conn.CloseWrite(); err != nil {
		l.end(ErrClosed)
	}
}

// tick is the timer's callback: it sends pings and ends the link when its time
// is over. It runs on its own goroutine and holds one count of wg.
func (l *Link) tick() {
	next, err := l.due()
	if err != nil {
		l.end(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		l.wg.Done()
		return
	}
	l.timer.Reset(next)
}

// due does what is due and returns when to look again.
func (l *Link) due() (time.Duration, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if l.closing.Load() && now >= l.closeBy {
		return 0, ErrClosed
	}
	next := PingEvery
	if l.closing.Load() {
		next = min(next, l.closeBy-now)
	}
	if heard := l.heard.Load(); heard != handling {
		silent := now - time.Duration(heard)
		if silent >= DeadAfter {
			return 0, ErrTimeout
		}
		next = min(next, DeadAfter-silent)
	}
	if quiet := now - l.sent; quiet < PingEvery {
		next = min(next, PingEvery-quiet)
	} else if l.err == nil && !l.closing.Load() && l.waitingLocked() == 0 {
		l.queue = appendMessage(l.queue, nil)
		l.wakeLocked()
	}
	return next, nil
}

// Peer returns the other side's static key.
func (l *Link) Peer() channel.PublicKey { return l.conn.Peer() }

// Binding returns the channel's handshake hash, the same on both sides.
func (l *Link) Binding() [32]byte { return l.conn.Binding() }

// RemoteAddr returns the network address of the other side.
func (l *Link) RemoteAddr() net.Addr { return l.conn.RemoteAddr() }
