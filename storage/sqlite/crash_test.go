package sqlite

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// crashChild is set in a child process: the database that it writes to until it
// is killed. It prints the number of each row that was acknowledged.
const crashChild = "SNUG_TEST_CRASH"

func TestMain(m *testing.M) {
	if path := os.Getenv(crashChild); path != "" {
		writeUntilKilled(path)
	}
	os.Exit(m.Run())
}

func writeUntilKilled(path string) {
	tune := fast()
	tune.longest = 30 * time.Millisecond // many checkpoints
	d, err := open(context.Background(), path, testKey, migrations(crashSteps...), quiet(), tune)
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
	var out sync.Mutex
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				var id int64
				body := strings.Repeat("word ", 1+rand.IntN(2000))
				err := d.Write(context.Background(), func(tx *sql.Tx) error {
					return tx.QueryRow("INSERT INTO row(body) VALUES(?) RETURNING id", body).Scan(&id)
				})
				out.Lock()
				if err != nil {
					fmt.Println("error:", err)
				} else {
					fmt.Println(id)
				}
				out.Unlock()
			}
		})
	}
	wg.Wait()
}

var crashSteps = []string{firstStep, `
CREATE VIRTUAL TABLE words USING fts5(body, content='row', content_rowid='id');
CREATE TRIGGER row_added AFTER INSERT ON row BEGIN INSERT INTO words(rowid, body) VALUES(new.id, new.body); END;`}

// TestKilledWriterLosesNothing: a process that is killed in the middle of its
// writes has every row that it acknowledged, and the file is sound.
func TestKilledWriterLosesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	acked := map[int64]bool{}
	for round := range 5 {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), crashChild+"="+path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		after := 10 + rand.IntN(60)
		for n := 0; lines.Scan(); n++ {
			if n == after { // it goes on writing until the signal is there
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
			id, err := strconv.ParseInt(lines.Text(), 10, 64)
			if err != nil {
				t.Fatalf("round %d: child says %q", round, lines.Text())
			}
			if acked[id] {
				t.Fatalf("round %d: row %d was given out twice", round, id)
			}
			acked[id] = true
		}
		_ = cmd.Wait() // killed

		d, err := open(t.Context(), path, testKey, migrations(crashSteps...), quiet(), fast())
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		have := map[int64]bool{}
		rows, err := d.Read().Query("SELECT id FROM row")
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var id int64
			if err := rows.Scan(&id); err != nil {
				t.Fatal(err)
			}
			have[id] = true
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
		for id := range acked {
			if !have[id] {
				t.Errorf("round %d: row %d was acknowledged and is lost", round, id)
			}
		}
		var result string
		if err := d.Read().QueryRow("PRAGMA integrity_check").Scan(&result); err != nil || result != "ok" {
			t.Errorf("round %d: %q, %v", round, result, err)
		}
		err = d.Write(t.Context(), func(tx *sql.Tx) error {
			_, err := tx.Exec("INSERT INTO words(words, rank) VALUES('integrity-check', 1)")
			return err
		})
		if err != nil {
			t.Errorf("round %d: search index: %v", round, err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if len(acked) < 50 {
		t.Errorf("only %d rows were written in all rounds", len(acked))
	}
	t.Logf("%d rows acknowledged", len(acked))
}
