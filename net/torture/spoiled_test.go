//go:build unix

package torture

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// Fault 4, FEATURES P5, H1: the disk of the host takes no writes any more. Who comes
// then reads what was said before; what is written waits, is not said to be on the
// host, and the person is told that it waits; when the disk takes writes again, all
// comes through by itself. Seen to fail with a store that acknowledges what it could
// not write, and with a client that keeps the host's reason to itself.
func TestHostReadOnly(t *testing.T) {
	beside(t)
	deadline(t, 10*time.Minute)
	p := newPlace(t)
	ana, ben, cleo := p.join("ana", nil), p.join("ben", nil), p.join("cleo", nil)
	cleo.stop()
	for range 50 {
		ana.say()
	}
	ben.until("hears ana", func() bool { return ben.hears(ana) })
	p.ask("read-only")
	ahead := ana.said.Load()
	for range 50 {
		ana.say()
		ben.say()
	}
	cleo.open()
	cleo.until("reads on", func() bool {
		have, _, err := lines(cleo.Client, chat.Lobby)
		return err == nil && len(have) >= int(ahead)
	})
	for _, m := range []*person{ana, ben} {
		m.until("is told that the host cannot write", func() bool {
			s := m.State()
			return s.Phase == client.Online && client.CodeOf(s.Err) == wire.CodeFailed
		})
		m.look()
	}
	if before := p.rec.acknowledged(); before > int(ahead) {
		t.Errorf("%d messages are said to be on a disk that took %d", before, ahead)
	}
	refused := p.ask("writable")
	if refused == "0" {
		t.Error("the disk refused no write")
	}
	acked, lost, twice := p.rec.check(ana, ben, cleo)
	for _, m := range []*person{ana, ben, cleo} {
		m.until("says that all is well", func() bool { s := m.State(); return s.Phase == client.Online && s.Err == nil })
	}
	report(t, result{"4 disk of the host read-only", 1, acked, lost, twice, refused + " writes refused"})
}

// Fault 4, other side, FEATURES P5, D10: the disk of a member takes no writes any
// more. Reading goes on; a text that cannot be kept is refused with the reason, and the
// state says it as well; with a disk that takes writes all goes on, and what was
// refused is nowhere. Seen to fail with a store that says yes to what it could not
// write.
func TestMemberReadOnly(t *testing.T) {
	beside(t)
	deadline(t, 10*time.Minute)
	p := newPlace(t)
	ana, ben := p.join("ana", nil), p.join("ben", nil)
	ana.stop()
	disk := spoil(ana.dir)
	ana.open()
	for range 20 {
		ana.say()
		ben.say()
	}
	ana.until("hears ben", func() bool { return ana.hears(ben) && ana.hears(ana) })
	ana.look()
	writable := readOnlyFile(t, filepath.Join(ana.dir, "place.db-open"))
	disk.readOnly.Store(true)
	for range 20 {
		ben.say()
	}
	for range 5 {
		if _, err := ana.Send(t.Context(), chat.Lobby, "ana will not have said this"); !errors.Is(err, client.ErrReadOnly) {
			t.Fatalf("got %v, want %v", err, client.ErrReadOnly)
		}
	}
	ana.until("says why", func() bool {
		s := ana.State()
		return s.Phase == client.Offline && errors.Is(s.Err, client.ErrReadOnly)
	})
	have, _, err := lines(ana.Client, chat.Lobby)
	if err != nil || len(have) < 40 {
		t.Errorf("of 40 lines %d can be read: %v", len(have), err)
	}
	if disk.refused.Load() == 0 {
		t.Error("the disk refused no write")
	}
	disk.readOnly.Store(false)
	writable()
	ana.Reconnect()
	for range 20 {
		ana.say()
	}
	acked, lost, twice := p.rec.check(ana, ben)
	report(t, result{"4 disk of a member read-only", 1, acked, lost, twice, fmt.Sprintf("%d writes refused", disk.refused.Load())})
}

// slowSync is how much longer a slow disk takes for each sync: a worn-out memory
// card, or a hard disk that others use as well.
const slowSync = 200 * time.Millisecond

// Fault 3, FEATURES P5, O4: host and members have disks that take 200 ms for every sync. All
// is acknowledged and nothing is lost; those who write at once share a sync; and
// reading, which the window does all the time, waits for none of them. Seen to fail
// with a store that commits each write by itself, and with lines that are read by the
// connection that writes.
func TestSlowDisk(t *testing.T) {
	deadline(t, 10*time.Minute)
	p := newPlace(t)
	var people []*person
	var slow []*disk
	for _, name := range []string{"ana", "ben", "cleo"} {
		m := p.join(name, nil)
		m.stop()
		slow = append(slow, spoil(m.dir))
		m.open()
		people = append(people, m)
	}
	ana, ben := people[0], people[1]
	calm := ana.deliver(ben)
	p.ask("slow")
	for _, d := range slow {
		d.slow.Store(int64(slowSync))
	}
	const each = 40
	done := make(chan time.Duration, len(people))
	for _, m := range people {
		go func() {
			began := time.Now()
			written := make(chan error, each)
			for range each {
				text := m.text(m.said.Add(1))
				// As a window does that has much to say: none waits for the one before.
				go func() { _, err := m.Send(context.Background(), chat.Lobby, text); written <- err }()
			}
			for range each {
				if err := <-written; err != nil {
					t.Errorf("%s: %v", m.name, err)
				}
			}
			done <- time.Since(began)
		}()
	}
	var reads delays
	var wrote time.Duration
	for left := len(people); left > 0; {
		began := time.Now()
		if _, err := ana.Before(t.Context(), chat.Lobby, 0, 50); err != nil {
			t.Fatal(err)
		}
		reads = append(reads, time.Since(began))
		select {
		case d := <-done:
			wrote = max(wrote, d)
			left--
		case <-time.After(5 * time.Millisecond):
		}
	}
	took := ana.deliver(ben)
	for _, m := range people {
		m.look()
	}
	p.rec.anyOrder = true
	acked, lost, twice := p.rec.check(people...)
	for i, d := range slow {
		if d.synced.Load() == 0 {
			t.Errorf("%s had no slow disk", people[i].name)
		}
	}
	if n := p.ask("fast"); n == "0" {
		t.Error("the host had no slow disk")
	}
	report(t, result{"3 disks that take 200 ms for a sync", 1, acked, lost, twice, fmt.Sprintf(
		"%d at once written in %v, one delivered in %v (%v before), reading p99 %v", each, wrote.Round(10*time.Millisecond),
		took.Round(10*time.Millisecond), calm.Round(time.Millisecond), reads.p99().Round(time.Millisecond))})
	// One by one they would take 8 s.
	if most := each * slowSync / 2; wrote > most {
		t.Errorf("%d texts at once took %v to be written, of at most %v", each, wrote, most)
	}
	if most := slowSync / 2 * slower; reads.p99() > most {
		t.Errorf("reading took %v, of at most %v", reads.p99(), most)
	}
}

// Fault 3, other side, FEATURES P5, F4: the disk of a member is full, while a file comes
// and texts are written. Reading goes on, a text that cannot be kept is refused with
// the reason, the file says why it stands, and all of it also in a client that starts on
// the full disk. When there is room, the file arrives whole and all that was said
// is there, by itself. Seen to fail with a client that had to write to open a place, and
// with a store that says yes to what it could not write.
func TestMemberDiskFull(t *testing.T) {
	beside(t)
	deadline(t, 10*time.Minute)
	p := newPlace(t)
	x := &proxy{}
	ana, ben := p.join("ana", x.dial), p.join("ben", nil)
	ana.stop()
	smallDisk(t, ana, 160<<20)
	ana.open()
	for range 20 {
		ana.say()
		ben.say()
	}
	ana.until("hears ben", func() bool { return ana.hears(ben) && ana.hears(ana) })
	const size = 24 << 20
	path := filepath.Join(t.TempDir(), "big.bin")
	want := writeRandom(t, path, size)
	id := must(ben.SendFile(t.Context(), chat.Lobby, path))
	ben.until("has sent the file", func() bool { return ben.transfer(id).State == client.Finished })
	row := ana.rowOf(id)
	x.rate.Store(4 << 20) // else it would be here before the disk is full
	if _, err := ana.Download(t.Context(), row); err != nil {
		t.Fatal(err)
	}
	ana.until("has some of the file", func() bool { return ana.transfer(id).Progress.Done > 1<<20 })
	full := fill(ana.dir)
	for range 20 {
		ben.say()
	}
	ana.until("is told that a text has no room", func() bool {
		next := ana.said.Load() + 1
		_, err := ana.Send(t.Context(), chat.Lobby, ana.text(next))
		if err == nil {
			ana.said.Store(next) // its log had pages that it could use again
		}
		return errors.Is(err, client.ErrDiskFull)
	})
	says := func() bool { return errors.Is(ana.State().Err, client.ErrDiskFull) }
	ana.until("says why", says)
	have, _, err := lines(ana.Client, chat.Lobby)
	if err != nil || len(have) < 40 {
		t.Errorf("of 40 lines %d can be read: %v", len(have), err)
	}
	x.rate.Store(0)
	ana.stop() // a clean end, on the full disk
	ana.open()
	ana.until("says why after a start", says)
	if have, _, err = lines(ana.Client, chat.Lobby); err != nil || len(have) < 40 {
		t.Errorf("after a start: of 40 lines %d can be read: %v", len(have), err)
	}
	if err := os.Remove(filepath.Join(ana.dir, "ballast")); err != nil {
		t.Fatal(err)
	}
	ana.Reconnect()
	ana.until("has the file", func() bool {
		tr, _, err := ana.Transfer(context.Background(), id)
		return err == nil && tr.State == client.Finished // by itself
	})
	if sumOf(t, ana.transfer(id).Path) != want {
		t.Error("the file has other bytes")
	}
	for range 20 {
		ana.say()
	}
	acked, lost, twice := p.rec.check(ana, ben)
	report(t, result{"3 disk of a member full", 1, acked, lost, twice, fmt.Sprintf("filled with %d bytes while a file came, started on it", full)})
}

// rowOf waits for the row of a file and returns it.
func (m *person) rowOf(id chat.MessageID) (row uint64) {
	m.t.Helper()
	m.until("knows of the file", func() bool {
		page, err := m.Before(context.Background(), chat.Lobby, 0, 100)
		for _, x := range page.Messages {
			if x.ID == id && x.Kind == client.LineFile {
				row = x.Seq
			}
		}
		return err == nil && row > 0
	})
	return row
}
