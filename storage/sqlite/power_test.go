package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/snugchat/snug/storage/sqlite/powerloss"
)

// powerBody is what row id says, so that a row with another's text is noticed.
func powerBody(id int64) string { return strings.Repeat(fmt.Sprint(id, " "), int(id*37%1500)) }

// powerRun writes rows with many checkpoints in between, through a logged file
// layer, and returns the log and where in it the database was complete.
func powerRun(t *testing.T, writes int, lie bool) (*powerloss.Log, int) {
	t.Helper()
	log := powerloss.Record("power")
	tune := fast()
	tune.vfs = "power"
	tune.longest = 5 * time.Millisecond // many checkpoints
	d, err := open(t.Context(), filepath.Join(t.TempDir(), "a.db"), testKey, migrations(firstStep), quiet(), tune)
	if err != nil {
		t.Fatal(err)
	}
	begin := log.Len()
	if lie {
		log.Lie()
	}
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for range writes / 3 {
				var id int64
				err := d.WriteThen(t.Context(), func(tx *sql.Tx) error {
					if err := tx.QueryRow("INSERT INTO row(body) VALUES('') RETURNING id").Scan(&id); err != nil {
						return err
					}
					_, err := tx.Exec("UPDATE row SET body = ? WHERE id = ?", powerBody(id), id)
					return err
				}, func() { log.Note(id) })
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	log.Stop() // the end of the run, not of Close
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	return log, begin
}

// TestPowerLossLosesNothing: whenever the power goes, and whatever the disk made
// of what was not synced, the database opens, is sound, and has every
// acknowledged row as it was written.
func TestPowerLossLosesNothing(t *testing.T) {
	log, begin := powerRun(t, 180, false)
	const trials = 120
	seed := rand.Uint64()
	for s := range log.Torn(begin, trials, rand.New(rand.NewPCG(seed, 0))) {
		if err := reopen(s); err != nil {
			t.Fatalf("seed %d, power lost after %d of %d operations: %v", seed, s.After, log.Len(), err)
		}
	}
	t.Logf("%d operations, %d states", log.Len(), trials)
}

// TestPowerLossIsNoticed makes syncs promise nothing, as synchronous=OFF would:
// the check above has to find rows that are gone.
func TestPowerLossIsNoticed(t *testing.T) {
	log, begin := powerRun(t, 60, true)
	for s := range log.Torn(begin, 60, rand.New(rand.NewPCG(1, 1))) {
		if reopen(s) != nil {
			return
		}
	}
	t.Error("nothing was ever synced, and no state lost anything")
}

func reopen(s *powerloss.State) error {
	dir, err := os.MkdirTemp("", "snug-power-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := s.Write(dir); err != nil {
		return err
	}
	path := filepath.Join(dir, "a.db")
	if err := os.WriteFile(markOf(path), nil, 0o600); err != nil {
		return err
	}
	d, err := open(context.Background(), path, testKey, migrations(firstStep), quiet(), fast())
	if err != nil {
		return err
	}
	defer d.Close()
	have := map[int64]bool{}
	rows, err := d.Read().Query("SELECT id, body FROM row")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var b string
		if err := rows.Scan(&id, &b); err != nil {
			return err
		}
		have[id] = true
		if b != powerBody(id) {
			return fmt.Errorf("row %d has another body", id)
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, id := range s.Acked {
		if !have[id.(int64)] {
			return fmt.Errorf("row %d of %d acknowledged is lost", id, len(s.Acked))
		}
	}
	var result string
	if err := d.Read().QueryRow("PRAGMA integrity_check").Scan(&result); err != nil || result != "ok" {
		return fmt.Errorf("integrity: %s, %w", result, err)
	}
	return nil
}
