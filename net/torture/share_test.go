//go:build unix

package torture

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/storage/chat"
)

// sharedFile is how large the files are that go beside texts.
const sharedFile = 16 << 20

// haul is files that go all the time: up from one person, and down to another, at once.
type haul struct {
	up, down atomic.Int64 // files that arrived
	stop     func() error // lets those that are on their way arrive, and waits
}

// beginHaul begins with the file at path.
func beginHaul(from, to *person, path string) *haul {
	h := new(haul)
	stop := make(chan struct{})
	rows := make(chan uint64, 2) // so that one goes up while another goes down
	var wg sync.WaitGroup
	var failed [2]error
	wg.Go(func() {
		defer close(rows)
		for failed[0] == nil {
			select {
			case <-stop:
				return
			default:
			}
			var id chat.MessageID
			if id, failed[0] = from.SendFile(context.Background(), chat.Lobby, path); failed[0] != nil {
				return
			}
			if failed[0] = from.moved(id); failed[0] != nil {
				return
			}
			h.up.Add(1)
			row, err := to.knows(id)
			if failed[0] = err; err != nil {
				return
			}
			select {
			case rows <- row:
			case <-stop:
				return
			}
		}
	})
	wg.Go(func() {
		for row := range rows {
			if failed[1] != nil {
				continue
			}
			m, err := to.Message(context.Background(), row)
			if err == nil {
				_, err = to.Download(context.Background(), row)
			}
			if err == nil {
				err = to.moved(m.ID)
			}
			if failed[1] = err; err == nil {
				h.down.Add(1)
			}
		}
	})
	h.stop = sync.OnceValue(func() error {
		close(stop)
		wg.Wait()
		return errors.Join(failed[:]...)
	})
	return h
}

// moved waits until a file has arrived.
func (m *person) moved(id chat.MessageID) error {
	for began := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		tr, _, err := m.Transfer(context.Background(), id)
		switch {
		case err != nil:
			return err
		case tr.State == client.Finished:
			return nil
		case tr.State == client.Failed:
			return tr.Err
		case time.Since(began) > patience:
			return fmt.Errorf("%s: the file has not arrived: %+v", m.name, tr)
		}
	}
}

// knows waits for the row of a file.
func (m *person) knows(id chat.MessageID) (uint64, error) {
	for began := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		page, err := m.Before(context.Background(), chat.Lobby, 0, 100)
		if err != nil {
			return 0, err
		}
		if i := slices.IndexFunc(page.Messages, func(x client.Message) bool { return x.ID == id && x.Seq > 0 && x.Kind == client.LineFile }); i >= 0 {
			return page.Messages[i].Seq, nil
		}
		if time.Since(began) > patience {
			return 0, fmt.Errorf("%s does not know of the file", m.name)
		}
	}
}

// FEATURES F4, O4: texts are not delayed by files. One who writes sends files all the
// time, one who reads fetches them, so that text and file share the line of both, and
// the host; all of them share the computer as well. The benchmark has the figures.
func TestTextBesideFiles(t *testing.T) {
	deadline(t, 15*time.Minute)
	p := newPlace(t)
	ana, ben := p.join("ana", nil), p.join("ben", nil)
	path := filepath.Join(t.TempDir(), "shared.bin")
	writeRandom(t, path, sharedFile)
	sample := func(enough func(n int) bool) (d delays) {
		for !enough(len(d)) {
			d = append(d, ana.deliver(ben))
			time.Sleep(10 * time.Millisecond)
		}
		return d
	}
	calm := sample(func(n int) bool { return n >= texts })
	h := beginHaul(ana, ben, path)
	busy := sample(func(n int) bool { return n >= texts && h.up.Load() > 1 && h.down.Load() > 1 })
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	acked, lost, twice := p.rec.check(ana, ben)
	report(t, result{"17 texts while files go both ways", int(h.up.Load() + h.down.Load()), acked, lost, twice, fmt.Sprintf(
		"%v, without %v, %.1f times", busy, calm, float64(busy.p99())/float64(calm.p99()))})
	if most := 2*calm.p99() + 100*time.Millisecond*slower; busy.p99() > most {
		t.Errorf("a text took %v while files went, of at most %v", busy.p99(), most)
	}
}

// BenchmarkTextBesideFiles measures how long a text takes from one person to another, by
// itself and while the one sends files all the time and the other fetches them, host and
// both clients on one computer. What counts is that the second p99 is at most twice the
// first.
func BenchmarkTextBesideFiles(b *testing.B) {
	p := newPlace(b)
	ana, ben := p.join("ana", nil), p.join("ben", nil)
	path := filepath.Join(b.TempDir(), "shared.bin")
	writeRandom(b, path, sharedFile)
	for _, files := range []string{"none", "both-ways"} {
		b.Run("files="+files, func(b *testing.B) {
			var h *haul
			if files != "none" {
				h = beginHaul(ana, ben, path)
			}
			var d delays
			for b.Loop() {
				d = append(d, ana.deliver(ben))
			}
			b.StopTimer()
			b.ReportMetric(float64(d.middle().Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(d.p99().Microseconds())/1000, "p99-ms")
			if h == nil {
				return
			}
			if err := h.stop(); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64((h.up.Load()+h.down.Load())*sharedFile>>20)/b.Elapsed().Seconds(), "MiB/s")
		})
	}
}
