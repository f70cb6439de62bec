package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/ncruces/go-sqlite3"
)

const (
	// MaxPending is how many writes may wait or run. Who comes next waits for
	// a place: at 30,000 writes a second that is a seventh of one.
	MaxPending = 4096

	// MaxBatch is how many writes share a transaction. More save nothing: the
	// sync costs about as much as 50 of them.
	MaxBatch = 1024

	// Reserve is how many bytes stay free on the disk. Below it writes are
	// refused, so that a checkpoint and a clean end still have room.
	Reserve = 16 << 20
)

// call is one write on its way.
type call struct {
	ctx  context.Context
	fn   func(*sql.Tx) error
	done func(error)
	err  error // of fn
}

// Write runs fn in a transaction and returns nil once it is on disk: neither a
// crash nor a power loss takes it back. An error of fn undoes what fn did and
// is returned; other calls that share the transaction are not touched by it.
//
// fn runs on the writer goroutine, in the order in which calls came. It must be
// quick, touch nothing but tx and its own variables, close its rows, and never
// call Write, Commit or Rollback. When a neighbour's failure takes the whole
// transaction with it, fn runs again in the next, so it sets its results
// afresh each time.
//
// A call whose ctx ends before its turn is not run and returns ctx's error. A
// call that runs is waited for, so that its caller always knows the outcome.
// Other errors are ErrClosed, ErrDiskFull, ErrReadOnly, ErrDamaged or the system's.
func (d *DB) Write(ctx context.Context, fn func(tx *sql.Tx) error) error {
	return d.WriteThen(ctx, fn, nil)
}

// WriteThen is Write, and after it has committed, before it returns, it calls
// after on the writer goroutine. The after functions of all calls run in the
// order of the commits: who publishes there publishes in the order that is on
// disk. after must be quick and never wait for a write.
func (d *DB) WriteThen(ctx context.Context, fn func(tx *sql.Tx) error, after func()) error {
	result := make(chan error, 1)
	err := d.Submit(ctx, fn, func(err error) {
		if err == nil && after != nil {
			after()
		}
		result <- err
	})
	if err != nil {
		return err
	}
	return <-result
}

// Submit hands fn to the writer goroutine and returns without waiting for it;
// what Write says of fn and ctx holds. If Submit returns nil, done is called
// exactly once on the writer goroutine with what Write would have returned, and
// for the calls that were committed in the order of the commits. done must be
// quick and never wait for a write.
//
// Submit blocks only while MaxPending calls are on their way, at most until ctx
// ends. Its own error is ctx's or ErrClosed, and then done is not called.
func (d *DB) Submit(ctx context.Context, fn func(tx *sql.Tx) error, done func(error)) error {
	select {
	case d.slots <- struct{}{}:
	default:
		select {
		case d.slots <- struct{}{}:
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-d.closing:
			return ErrClosed
		}
	}
	c := &call{ctx: ctx, fn: fn, done: done}
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		<-d.slots
		return ErrClosed
	}
	d.pending = append(d.pending, c)
	d.mu.Unlock()
	select {
	case d.wake <- struct{}{}:
	default:
	}
	return nil
}

// take removes up to n calls from the queue, the first ones first.
func (d *DB) take(n int) []*call {
	d.mu.Lock()
	defer d.mu.Unlock()
	if n >= len(d.pending) {
		calls := d.pending
		d.pending = nil
		return calls
	}
	calls := d.pending[:n:n]
	d.pending = d.pending[n:]
	return calls
}

// run is the writer goroutine. It ends when Close has begun and no call waits.
func (d *DB) run() {
	defer close(d.done)
	timer := time.NewTimer(d.tune.idle)
	defer timer.Stop()
	var (
		dirty     bool      // the WAL has frames
		truncated time.Time // when it had none last
		space     spaceWatch
	)
	truncate := func() {
		ok, err := d.truncate()
		if err != nil {
			d.log.Warn("wal not emptied", "err", err)
		}
		dirty = !ok
		truncated = time.Now() // also after a failure: not again at once
	}
	truncated = time.Now()
	for {
		calls := d.take(MaxBatch)
		if len(calls) == 0 {
			select {
			case <-d.closing:
				// Nothing is accepted any more; what came before is in pending.
				if calls = d.take(MaxBatch); len(calls) == 0 {
					return
				}
			case <-d.wake:
				continue
			case <-timer.C:
				if dirty {
					truncate()
				}
				if dirty { // a reader was in the way
					timer.Reset(d.tune.idle)
				}
				continue
			}
		}
		if err := space.low(d); err != nil {
			for _, c := range calls {
				d.finish(c, err)
			}
			continue
		}
		for len(calls) > 0 {
			calls = d.attempt(calls)
		}
		dirty = true
		timer.Reset(d.tune.idle)
		if time.Since(truncated) >= d.tune.longest {
			truncate()
		}
	}
}

// attempt runs calls, and those that come meanwhile, in one transaction, and
// answers them. It returns the calls that have to be run again since another
// one took their transaction with it; they are fewer than it was given or got.
func (d *DB) attempt(calls []*call) (again []*call) {
	tx, err := d.writer.BeginTx(context.Background(), nil)
	if err != nil {
		err = fmt.Errorf("begin write: %w", d.explain(err))
		for _, c := range calls {
			d.finish(c, err)
		}
		return nil
	}
	began := time.Now()
	worked := false
	for i := 0; i < len(calls); i++ {
		c := calls[i]
		c.err = d.runOne(tx, c)
		if d.raw.GetAutocommit() {
			// SQLite rolls everything back when it runs out of disk or memory
			// or is interrupted in the middle of a statement.
			_ = tx.Rollback() // there is nothing left to roll back
			if c.err == nil {
				c.err = errEnded
			}
			if errors.Is(c.err, ErrDiskFull) || errors.Is(c.err, ErrReadOnly) || errors.Is(c.err, sqlite3.IOERR) {
				// The others would meet the same.
				for _, other := range calls {
					d.finish(other, c.err)
				}
				return nil
			}
			d.finish(c, c.err)
			return append(calls[:i:i], calls[i+1:]...)
		}
		worked = worked || c.err == nil
		if i == len(calls)-1 && len(calls) < MaxBatch && time.Since(began) < d.tune.batchTime {
			calls = append(calls, d.take(MaxBatch-len(calls))...)
		}
	}
	if worked {
		err = tx.Commit()
		d.commits++
	} else {
		err = tx.Rollback()
	}
	if err != nil {
		err = fmt.Errorf("commit write: %w", d.explain(err))
	}
	for _, c := range calls {
		if c.err == nil {
			c.err = err
		}
		d.finish(c, c.err)
	}
	return nil
}

// runOne runs one call under a savepoint of its own.
func (d *DB) runOne(tx *sql.Tx, c *call) error {
	if c.ctx.Err() != nil {
		return context.Cause(c.ctx)
	}
	if err := d.raw.Exec("SAVEPOINT call"); err != nil {
		return fmt.Errorf("begin write: %w", d.explain(err))
	}
	err := d.explain(c.fn(tx))
	if d.raw.GetAutocommit() {
		return err
	}
	if err == nil {
		// SQLite looks at deferred foreign keys at COMMIT, which is everybody's.
		var broken int64
		if broken, _, err = d.raw.Status(sqlite3.DBSTATUS_DEFERRED_FKS, false); err == nil && broken != 0 {
			err = errReference
		}
	}
	undo := "RELEASE call"
	if err != nil {
		undo = "ROLLBACK TO call; RELEASE call"
	}
	return errors.Join(err, d.explain(d.raw.Exec(undo)))
}

// finish gives the call's place back and answers it.
func (d *DB) finish(c *call, err error) {
	<-d.slots
	c.done(err)
}

// spaceWatch looks at the free space now and then.
type spaceWatch struct {
	at  time.Time
	err error
}

// low returns ErrDiskFull when less than the reserve is free.
func (s *spaceWatch) low(d *DB) error {
	now := time.Now()
	if now.Sub(s.at) < d.tune.recheck {
		return s.err
	}
	was := s.err
	s.at, s.err = now, nil
	free, _, err := d.tune.space(d.path)
	switch {
	case err != nil:
		// Then SQLite's own errors have to do.
		d.log.Warn("free space unknown", "err", err)
	case free < d.tune.reserve:
		s.err = fmt.Errorf("%w: %d bytes are free, %d must stay so", ErrDiskFull, free, d.tune.reserve)
	}
	if s.err != nil && was == nil {
		d.log.Error("disk full, writes are refused", "free_bytes", free)
	}
	if s.err == nil && was != nil {
		d.log.Info("disk has room again", "free_bytes", free)
	}
	return s.err
}

// truncate moves all frames of the WAL into the main file and empties it, so
// that nothing deleted stays in it. It says whether that is done: a reader in
// the middle of an old transaction prevents it, and is not waited for.
func (d *DB) truncate() (ok bool, err error) {
	conn, err := d.writer.Conn(context.Background())
	if err != nil {
		return false, fmt.Errorf("empty wal: %w", err)
	}
	defer conn.Close()
	err = conn.Raw(func(dc any) error {
		c := dc.(driverConn).Raw()
		if err := c.BusyTimeout(0); err != nil {
			return err
		}
		_, _, err := c.WALCheckpoint("main", sqlite3.CHECKPOINT_TRUNCATE)
		return errors.Join(err, c.BusyTimeout(busyTimeout))
	})
	if errors.Is(err, sqlite3.BUSY) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("empty wal: %w", d.explain(err))
	}
	return true, nil
}

type driverConn interface{ Raw() *sqlite3.Conn }

// Size returns the bytes that the database takes on disk, its WAL included.
func (d *DB) Size() (int64, error) {
	var sum int64
	for _, suffix := range []string{"", "-wal"} {
		info, err := os.Stat(d.path + suffix)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("measure database: %w", err)
		}
		sum += info.Size()
	}
	return sum, nil
}
