package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"lukechampine.com/adiantum"
)

func decryptAll(b []byte) []byte {
	cipher := adiantum.New(testKey[:])
	for at := 0; at+blockSize <= len(b); at += blockSize {
		copy(b[at:], decrypt(cipher, b[at:at+blockSize], int64(at)))
	}
	return b
}

// hold occupies the writer goroutine, so that what comes next waits together.
func hold(t *testing.T, d *DB) (release func()) {
	t.Helper()
	entered, gate := make(chan struct{}), make(chan struct{})
	answered := make(chan error, 1)
	var once sync.Once // it runs again when a neighbour takes the transaction with it
	err := d.Submit(t.Context(), func(*sql.Tx) error {
		once.Do(func() { close(entered) })
		<-gate
		return nil
	}, func(err error) { answered <- err })
	if err != nil {
		t.Fatal(err)
	}
	<-entered
	return func() {
		t.Helper()
		close(gate)
		if err := <-answered; err != nil {
			t.Fatal(err)
		}
	}
}

func TestWritersShareCommits(t *testing.T) {
	d := mustOpen(t, filepath.Join(t.TempDir(), "a.db"))
	release := hold(t, d)
	const n = 500
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			if err := d.Write(t.Context(), insert(fmt.Sprint(i))); err != nil {
				t.Errorf("write %d: %v", i, err)
			}
		})
	}
	for waiting := 0; waiting < n; {
		d.mu.Lock()
		waiting = len(d.pending)
		d.mu.Unlock()
	}
	release()
	wg.Wait()
	if got := len(bodies(t, d)); got != n {
		t.Errorf("got %d rows, want %d", got, n)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if d.commits > 5 {
		t.Errorf("got %d commits for %d writes that waited together", d.commits, n)
	}
}

func TestFailingWriteIsIsolated(t *testing.T) {
	d := mustOpen(t, filepath.Join(t.TempDir(), "a.db"), firstStep,
		`CREATE TABLE child(row INTEGER REFERENCES row DEFERRABLE INITIALLY DEFERRED) STRICT`)
	broken := errors.New("broken")
	interrupted, cancel := context.WithCancel(t.Context())
	gone, leave := context.WithCancelCause(t.Context())
	left := errors.New("left")
	leave(left)
	writes := []struct {
		what string
		ctx  context.Context
		fn   func(*sql.Tx) error
		want error // nil, or what errors.Is finds
	}{
		{"first", t.Context(), insert("first"), nil},
		{"its function fails after it wrote", t.Context(), func(tx *sql.Tx) error {
			if err := insert("undone")(tx); err != nil {
				return err
			}
			return broken
		}, broken},
		{"second", t.Context(), insert("second"), nil},
		{"a row that is there", t.Context(), func(tx *sql.Tx) error {
			_, err := tx.Exec("INSERT INTO row(id, body) VALUES(1, 'double')")
			if !IsConflict(err) {
				t.Errorf("got %v, want a conflict", err)
			}
			return err
		}, nil},
		{"a statement that is interrupted", t.Context(), func(tx *sql.Tx) error {
			cancel()
			if err := insert("undone")(tx); err != nil {
				return err
			}
			_, err := tx.ExecContext(interrupted, "INSERT INTO row(body) VALUES('interrupted')")
			return err
		}, context.Canceled},
		{"third", t.Context(), insert("third"), nil},
		{"a reference that leads nowhere at the end", t.Context(), func(tx *sql.Tx) error {
			if err := insert("undone")(tx); err != nil {
				return err
			}
			_, err := tx.Exec("INSERT INTO child VALUES(4711)")
			return err
		}, errReference},
		{"it rolls back itself", t.Context(), func(tx *sql.Tx) error { return tx.Rollback() }, errEnded},
		{"its context ended while it waited", gone, insert("never"), left},
		{"fourth", t.Context(), insert("fourth"), nil},
	}
	release := hold(t, d)
	got := make([]error, len(writes))
	var wg sync.WaitGroup
	for i, w := range writes {
		if w.ctx == gone {
			// Submit itself may refuse it; either way it is not run.
			wg.Go(func() { got[i] = d.Write(w.ctx, w.fn) })
			continue
		}
		wg.Add(1)
		if err := d.Submit(w.ctx, w.fn, func(err error) { got[i] = err; wg.Done() }); err != nil {
			t.Fatal(err)
		}
	}
	release()
	wg.Wait()
	for i, w := range writes {
		switch {
		case w.what == "a row that is there":
			if !IsConflict(got[i]) {
				t.Errorf("%s: got %v, want a conflict", w.what, got[i])
			}
		case !errors.Is(got[i], w.want):
			t.Errorf("%s: got %v, want %v", w.what, got[i], w.want)
		}
	}
	if rows, want := bodies(t, d), []string{"first", "second", "third", "fourth"}; !slices.Equal(rows, want) {
		t.Errorf("got rows %q, want %q", rows, want)
	}
}

func TestAfterRunsInCommitOrder(t *testing.T) {
	d := mustOpen(t, filepath.Join(t.TempDir(), "a.db"))
	const writers, each = 20, 50
	var order []int64 // by the writer goroutine
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for range each {
				var id int64
				err := d.WriteThen(t.Context(), func(tx *sql.Tx) error {
					return tx.QueryRow("INSERT INTO row(body) VALUES('x') RETURNING id").Scan(&id)
				}, func() {
					var max int64
					// On disk and visible to everybody before anybody is told.
					if err := d.Read().QueryRow("SELECT max(id) FROM row").Scan(&max); err != nil || max < id {
						t.Errorf("told of row %d when %d were visible (%v)", id, max, err)
					}
					order = append(order, id)
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if len(order) != writers*each || !slices.IsSorted(order) {
		t.Errorf("got %d rows, sorted %v; want %d in order", len(order), slices.IsSorted(order), writers*each)
	}
}

func TestAfterIsNotCalledForAFailure(t *testing.T) {
	d := mustOpen(t, filepath.Join(t.TempDir(), "a.db"))
	broken := errors.New("broken")
	err := d.WriteThen(t.Context(), func(*sql.Tx) error { return broken }, func() { t.Error("called") })
	if !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
}

func TestQueueIsBounded(t *testing.T) {
	d := mustOpen(t, filepath.Join(t.TempDir(), "a.db"))
	release := hold(t, d) // takes one place
	var answered atomic.Int64
	for range MaxPending - 1 {
		if err := d.Submit(t.Context(), insert("x"), func(err error) {
			if err != nil {
				t.Error(err)
			}
			answered.Add(1)
		}); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.Submit(ctx, insert("x"), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("one too many: got %v, want to wait until the context ends", err)
	}
	release()
	if err := d.Write(t.Context(), insert("last")); err != nil {
		t.Fatal(err)
	}
	if got := answered.Load(); got != MaxPending-1 {
		t.Errorf("got %d answers, want %d", got, MaxPending-1)
	}
}

func TestCloseCommitsWhatWasAccepted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	d := mustOpen(t, path)
	var wg sync.WaitGroup
	var acked atomic.Int64
	start := make(chan struct{})
	for range 8 {
		wg.Go(func() {
			<-start
			for {
				err := d.Write(t.Context(), insert("x"))
				if errors.Is(err, ErrClosed) {
					return
				}
				if err != nil {
					t.Error(err)
					return
				}
				acked.Add(1)
			}
		})
	}
	close(start)
	for acked.Load() < 20 {
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	if err := d.Submit(t.Context(), insert("late"), nil); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: got %v, want %v", err, ErrClosed)
	}
	if got := int64(len(bodies(t, mustOpen(t, path)))); got != acked.Load() {
		t.Errorf("got %d rows, want the %d acknowledged", got, acked.Load())
	}
}

func TestDiskFullIsRefusedAhead(t *testing.T) {
	tune := fast()
	var free atomic.Int64
	free.Store(Reserve)
	tune.space = func(string) (int64, int64, error) { return free.Load(), 1 << 40, nil }
	d, err := open(t.Context(), filepath.Join(t.TempDir(), "a.db"), testKey, migrations(firstStep), quiet(), tune)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Write(t.Context(), insert("a")); err != nil {
		t.Fatal(err)
	}
	free.Store(Reserve - 1)
	if err := d.Write(t.Context(), insert("b")); !errors.Is(err, ErrDiskFull) {
		t.Errorf("got %v, want %v", err, ErrDiskFull)
	}
	if got := bodies(t, d); len(got) != 1 {
		t.Errorf("reading while the disk is full: got %q", got)
	}
	free.Store(Reserve)
	if err := d.Write(t.Context(), insert("c")); err != nil {
		t.Errorf("with room again: %v", err)
	}
}
