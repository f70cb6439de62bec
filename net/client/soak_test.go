//go:build soak

package client_test

import (
	"crypto/sha256"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/paths"
)

// TestSoakTwoHundredMembers is the crowd at its full size, whatever the race
// detector makes of its time.
func TestSoakTwoHundredMembers(t *testing.T) { crowd(t, 200, 5) }

// TestSoakTenThousandMissed is P2 at its full size.
func TestSoakTenThousandMissed(t *testing.T) { catchUp(t, 10_000) }

// FEATURES F1, F5: a file of 5 GiB, in a place whose owner allows it, reaches the
// host and another member whole, and takes no more memory than a small one. It
// needs 30 GiB of disk.
func TestSoakFiveGiB(t *testing.T) {
	const size = 5 << 30
	if free, _, err := paths.FreeSpace(t.TempDir()); err != nil || free < 30<<30 {
		t.Skipf("%d bytes are free, 30 GiB are needed (%v)", free, err)
	}
	p := newPlace(t, func(p *place) { p.cfg.First.MaxFile = 6 << 30 })
	ana, ben := p.join("Ana"), p.join("Ben")
	path := filepath.Join(t.TempDir(), "film.bin")
	writeFile(t, path, size)
	want := streamSum(t, path)

	var most uint64
	wait := func(what string, ok func() bool) {
		t.Helper()
		for end := time.Now().Add(time.Hour); !ok(); time.Sleep(200 * time.Millisecond) {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapInuse)
			if time.Now().After(end) {
				t.Fatalf("after an hour still not: %s", what)
			}
		}
	}
	finished := func(m *member, id chat.MessageID) func() bool {
		return func() bool {
			tr := m.transferOf(id)
			if tr.State == client.Failed {
				t.Fatalf("transfer failed: %v", tr.Err)
			}
			return tr.State == client.Finished
		}
	}
	began := time.Now()
	id := must(ana.SendFile(t.Context(), chat.Lobby, path))
	wait("the file is on the host", finished(ana, id))
	t.Logf("up in %v", time.Since(began))
	began = time.Now()
	if _, err := ben.Download(t.Context(), ben.fileSeq(id)); err != nil {
		t.Fatal(err)
	}
	wait("Ben has the file", finished(ben, id))
	t.Logf("down in %v, at most %d MiB of heap in host and clients together", time.Since(began), most>>20)
	kept := filepath.Join(p.received(), filepath.Base(path))
	wait("the host has opened the file", func() bool {
		info, err := os.Stat(kept)
		return err == nil && info.Size() == size
	})
	for who, copied := range map[string]string{"Ben": ben.transferOf(id).Path, "the host": kept} {
		if streamSum(t, copied) != want {
			t.Errorf("%s has other bytes", who)
		}
	}
	if most > 256<<20 {
		t.Errorf("up to %d MiB of heap", most>>20)
	}
}

// streamSum hashes a file that is too large to be read at once.
func streamSum(t testing.TB, path string) [32]byte {
	t.Helper()
	f := must(os.Open(path))
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		t.Fatal(err)
	}
	return [32]byte(h.Sum(nil))
}
