package sqlite

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// BenchmarkGroupCommit writes messages of 300 bytes from many goroutines, each
// of which waits for its acknowledgement, into the host's kind of table.
func BenchmarkGroupCommit(b *testing.B) {
	for _, writers := range []int{1, 100, 1000} {
		b.Run(fmt.Sprintf("writers=%d/size=300B", writers), func(b *testing.B) {
			d := mustOpen(b, filepath.Join(b.TempDir(), "a.db"), `
				CREATE TABLE msg(seq INTEGER PRIMARY KEY AUTOINCREMENT, room INTEGER NOT NULL, device INTEGER NOT NULL,
				counter INTEGER NOT NULL, body BLOB NOT NULL, UNIQUE(room, device, counter)) STRICT`)
			ins, err := d.Prepare(b.Context(), "INSERT INTO msg(room, device, counter, body) VALUES(?,?,?,?)")
			if err != nil {
				b.Fatal(err)
			}
			defer ins.Close()
			body := []byte(strings.Repeat("x", 300))
			var next sync.Mutex
			left := b.N
			var took []time.Duration
			b.ReportAllocs()
			b.ResetTimer()
			var wg sync.WaitGroup
			for w := range writers {
				wg.Go(func() {
					var mine []time.Duration
					for i := 0; ; i++ {
						next.Lock()
						if left == 0 {
							took = append(took, mine...)
							next.Unlock()
							return
						}
						left--
						next.Unlock()
						began := time.Now()
						err := d.Write(b.Context(), func(tx *sql.Tx) error {
							_, err := tx.StmtContext(b.Context(), ins).Exec(w%100, w, i, body)
							return err
						})
						if err != nil {
							b.Error(err)
							return
						}
						mine = append(mine, time.Since(began))
					}
				})
			}
			wg.Wait()
			b.StopTimer()
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
			if err := d.Close(); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(b.N)/float64(d.commits), "msg/commit")
		})
	}
}
