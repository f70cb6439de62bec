package client_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/transfer"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// writeFile makes a file of n bytes that look random.
func writeFile(t testing.TB, path string, n int64) {
	t.Helper()
	f := must(os.Create(path))
	r := rand.NewChaCha8([32]byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)})
	buf := make([]byte, 1<<20)
	for left := n; left > 0; {
		b := buf[:min(left, int64(len(buf)))]
		_, _ = r.Read(b)
		if _, err := f.Write(b); err != nil {
			t.Fatal(err)
		}
		left -= int64(len(b))
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func sum(t testing.TB, path string) [32]byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return sha256.Sum256(b)
}

// transferOf returns a transfer, the zero one if there is none.
func (m *member) transferOf(id chat.MessageID) client.Transfer {
	m.t.Helper()
	tr, _, err := m.Transfer(context.Background(), id)
	if err != nil {
		m.t.Fatal(err)
	}
	return tr
}

func (m *member) untilState(id chat.MessageID, want ...any) client.Transfer {
	m.t.Helper()
	var tr client.Transfer
	m.until(fmt.Sprint("transfer in state ", want), func() bool {
		tr = m.transferOf(id)
		for _, w := range want {
			if tr.State == w {
				return true
			}
		}
		if tr.State == client.Failed {
			m.t.Fatalf("transfer failed: %v", tr.Err)
		}
		return false
	})
	return tr
}

// fileSeq waits until the message of a file is here and returns its row.
func (m *member) fileSeq(id chat.MessageID) (seq uint64) {
	m.t.Helper()
	m.until("message of the file", func() bool {
		for _, msg := range m.page() {
			if msg.ID == id && msg.Kind == client.LineFile && msg.Seq > 0 {
				seq = msg.Seq
				return true
			}
		}
		return false
	})
	return seq
}

// leftOver returns what lies in a member's folder of moving files.
func (m *member) leftOver() []string {
	m.t.Helper()
	var names []string
	for _, e := range must(os.ReadDir(m.cfg.Folder)) {
		names = append(names, e.Name())
	}
	return names
}

func (m *member) nothingLeft(what string) {
	m.t.Helper()
	m.until(what+": nothing left behind", func() bool { return len(m.leftOver()) == 0 })
}

// FEATURES F1, F6: a file of any size reaches the host's received folder and the
// other members, small ones by themselves; nothing sealed stays behind.
func TestFilesOfEverySize(t *testing.T) {
	p := newPlace(t)
	ana := p.join("Ana")
	ben := p.join("Ben", func(c *client.Config) { c.AutoDownload = func() int64 { return 1<<20 + 5 } })
	dir := t.TempDir()
	sizes := []int64{0, 1, 255, 256, 64 << 10, 1<<20 - 1, 1 << 20, 1<<20 + 1, 5<<20 + 77}
	for _, n := range sizes {
		path := filepath.Join(dir, fmt.Sprintf("file-%d.bin", n))
		writeFile(t, path, n)
		id := must(ana.SendFile(t.Context(), chat.Lobby, path))
		ana.untilState(id, client.Finished)
		seq := ben.fileSeq(id)
		if n > 1<<20+5 {
			if tr := ben.transferOf(id); tr.ID == id {
				t.Errorf("%d bytes: fetched without being asked for", n)
			}
			if _, err := ben.Download(t.Context(), seq); err != nil {
				t.Fatal(err)
			}
		}
		tr := ben.untilState(id, client.Finished)
		if sum(t, tr.Path) != sum(t, path) {
			t.Errorf("%d bytes: Ben has other bytes", n)
		}
		info := must(os.Stat(tr.Path))
		if runtime.GOOS != "windows" && info.Mode().Perm()&0o111 != 0 {
			t.Errorf("%d bytes: mode %v, want no exec bit", n, info.Mode())
		}
		if filepath.Dir(tr.Path) != must(filepath.Abs(ben.downloads())) || filepath.Base(tr.Path) != filepath.Base(path) {
			t.Errorf("%d bytes: lies at %s", n, tr.Path)
		}
		kept := filepath.Join(p.received(), filepath.Base(path))
		ana.until("the host has saved it", func() bool {
			b, err := os.ReadFile(kept)
			return err == nil && sha256.Sum256(b) == sum(t, path)
		})
	}
	ana.nothingLeft("Ana")
	ben.nothingLeft("Ben")
	id := must(ana.SendFile(t.Context(), chat.Lobby, filepath.Join(dir, "file-1.bin")))
	if tr := ben.untilStateOf(id); filepath.Base(tr.Path) != "file-1 (2).bin" {
		t.Errorf("a name that exists already: lies at %s", tr.Path)
	}
}

// A file that somebody sends while a new member's first rows are still on their way
// comes with them, and is news all the same; one that was there before waits.
func TestFileAmongFirstRows(t *testing.T) {
	e := newEvilHost(t)
	ana := e.join("Ana")
	ben := e.person("Ben", func(c *client.Config) { c.AutoDownload = func() int64 { return 1 << 20 } })
	dir := t.TempDir()
	file := func(name string) chat.MessageID {
		path := filepath.Join(dir, name)
		writeFile(t, path, 100)
		id := must(ana.SendFile(t.Context(), chat.Lobby, path))
		ana.untilState(id, client.Finished)
		ana.fileSeq(id) // the host has delivered it
		return id
	}
	ben.stop()
	old := file("old.bin")
	sent := make(chan struct{})
	e.mu.Lock()
	e.up = func(from *member, m wire.Message) []wire.Message {
		if f, is := m.(*wire.Fetch); is && from == ben && f.Room == chat.Lobby {
			<-sent
		}
		return []wire.Message{m}
	}
	e.mu.Unlock()
	ben.open()
	ben.until("online again", func() bool { return ben.State().Phase == client.Online })
	id := file("new.bin")
	close(sent)
	ben.untilState(id, client.Finished)
	ben.fileSeq(old)
	if tr := ben.transferOf(old); tr.ID == old {
		t.Error("a file that was there before Ben was is fetched without being asked for")
	}
}

func (m *member) untilStateOf(id chat.MessageID) client.Transfer {
	m.fileSeq(id)
	return m.untilState(id, client.Finished)
}

// FEATURES F3, F4: both ways go on after either side was switched off in the
// middle, and bring every byte.
func TestFilesGoOnAfterInterruptions(t *testing.T) {
	if testing.Short() {
		t.Skip("moves 64 MiB twice")
	}
	p := newPlace(t)
	ana, ben := p.join("Ana"), p.join("Ben")
	const n = 64 << 20
	path := filepath.Join(t.TempDir(), "big.bin")
	writeFile(t, path, n)
	id := must(ana.SendFile(t.Context(), chat.Lobby, path))
	moved := func(m *member, part float64) func() bool {
		return func() bool {
			tr := m.transferOf(id)
			return tr.State == client.Finished || tr.State == client.Running && float64(tr.Progress.Done) > part*float64(n)
		}
	}
	ana.until("a fifth is sent", moved(ana, 0.2))
	ana.reopen()
	ana.until("two fifths are sent", moved(ana, 0.4))
	p.stop()
	p.start()
	ana.until("three fifths are sent", moved(ana, 0.6))
	if err := ana.PauseTransfer(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if tr := ana.transferOf(id); tr.State != client.Paused && tr.State != client.Finished {
		t.Errorf("paused: state %v", tr.State)
	}
	if err := ana.ResumeTransfer(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	ana.untilState(id, client.Finished)

	seq := ben.fileSeq(id)
	if _, err := ben.Download(t.Context(), seq); err != nil {
		t.Fatal(err)
	}
	ben.until("a fifth has come", moved(ben, 0.2))
	ben.reopen()
	ben.until("two fifths have come", moved(ben, 0.4))
	p.stop()
	p.start()
	ben.until("three fifths have come", moved(ben, 0.6))
	if err := ben.PauseTransfer(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if err := ben.ResumeTransfer(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	tr := ben.untilState(id, client.Finished)
	if sum(t, tr.Path) != sum(t, path) || sum(t, filepath.Join(p.received(), "big.bin")) != sum(t, path) {
		t.Error("other bytes arrived than were sent")
	}
	ana.nothingLeft("Ana")
	ben.nothingLeft("Ben")
}

// FEATURES F3: cancelling frees the space on both sides within a second.
func TestCancelFreesSpace(t *testing.T) {
	p := newPlace(t)
	ana, ben := p.join("Ana"), p.join("Ben")
	path := filepath.Join(t.TempDir(), "big.bin")
	writeFile(t, path, 48<<20)
	blobBytes := func() (sum int64) {
		_ = filepath.WalkDir(filepath.Join(p.dir, "blobs"), func(_ string, d os.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				if info, err := d.Info(); err == nil {
					sum += info.Size()
				}
			}
			return nil
		})
		return sum
	}
	id := must(ana.SendFile(t.Context(), chat.Lobby, path))
	ana.until("it is on its way", func() bool {
		tr := ana.transferOf(id)
		return tr.State == client.Running && tr.Progress.Done > 4<<20
	})
	if tr := ana.transferOf(id); tr.Progress.Rate <= 0 || tr.Progress.Left <= 0 {
		t.Errorf("progress %+v, want a speed and a time left", tr.Progress)
	}
	if err := ana.CancelTransfer(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	for len(ana.leftOver()) > 0 || blobBytes() > 1<<20 {
		if time.Since(began) > soon {
			t.Fatalf("some seconds later: %v here, %d bytes on the host", ana.leftOver(), blobBytes())
		}
		time.Sleep(5 * time.Millisecond)
	}
	if _, found, err := ana.Transfer(t.Context(), id); err != nil || found {
		t.Errorf("a cancelled upload is still known: %v", err)
	}

	id = must(ana.SendFile(t.Context(), chat.Lobby, path))
	ana.untilState(id, client.Finished)
	seq := ben.fileSeq(id)
	if _, err := ben.Download(t.Context(), seq); err != nil {
		t.Fatal(err)
	}
	ben.until("it is coming", func() bool {
		tr := ben.transferOf(id)
		return tr.Progress.Done > 4<<20
	})
	if err := ben.CancelTransfer(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if left := ben.leftOver(); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	if tr := ben.transferOf(id); tr.State != client.Canceled && tr.State != client.Finished {
		t.Errorf("state %v, want cancelled", tr.State)
	}
	if _, err := ben.Download(t.Context(), seq); err != nil {
		t.Fatal(err)
	}
	if tr := ben.untilState(id, client.Finished); sum(t, tr.Path) != sum(t, path) {
		t.Error("other bytes arrived after a cancel and a new download")
	}
}

// FEATURES F5, J6: what cannot be sent is refused in a way that has a sentence,
// and leaves nothing behind.
func TestFilesThatCannotBeSent(t *testing.T) {
	p := newPlace(t, func(p *place) { p.cfg.First.MaxFile = 1 << 20 })
	ana := p.join("Ana")
	dir := t.TempDir()
	ana.until("the limit is known", func() bool { return ana.Place().MaxFile == 1<<20 })
	big, locked, gone := filepath.Join(dir, "big"), filepath.Join(dir, "locked"), filepath.Join(dir, "gone")
	writeFile(t, big, 1<<20+1)
	writeFile(t, locked, 5)
	if err := os.Chmod(locked, 0); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		path string
		want error
	}{
		"not there":     {gone, client.ErrFileGone},
		"a folder":      {dir, client.ErrFileNotRegular},
		"a device":      {os.DevNull, client.ErrFileNotRegular},
		"no permission": {locked, client.ErrFilePermission},
	}
	for name, tt := range tests {
		if name == "no permission" && os.Geteuid() == 0 {
			continue // root may read everything
		}
		if _, err := ana.SendFile(t.Context(), chat.Lobby, tt.path); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", name, err, tt.want)
		}
	}
	_, err := ana.SendFile(t.Context(), chat.Lobby, big)
	if e, ok := errors.AsType[*client.CodeError](err); !ok || e.Code != wire.CodeTooBig || e.Limit != 1<<20 {
		t.Errorf("too big: got %v, want CodeTooBig with the limit", err)
	}
	if open, err := ana.Transfers(t.Context()); err != nil || len(open) != 0 {
		t.Errorf("%d transfers, %v, want none", len(open), err)
	}
	ana.nothingLeft("refused files")
}

// A file that is removed or grows while it waits to be sealed fails with a
// reason, and its spool is gone.
func TestFileThatChangesWhileItIsSent(t *testing.T) {
	p := newPlace(t)
	ana := p.join("Ana")
	dir := t.TempDir()
	for name, tt := range map[string]struct {
		change func(path string) error
		want   error
	}{
		"removed": {os.Remove, client.ErrFileGone},
		"longer": {func(path string) error {
			f := must(os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0))
			_, err := f.WriteString("more")
			return errors.Join(err, f.Close())
		}, client.ErrFileChanged},
	} {
		t.Run(name, func(t *testing.T) {
			// A large file before it keeps the sealer busy meanwhile.
			first, path := filepath.Join(dir, name+"-first"), filepath.Join(dir, name)
			writeFile(t, first, 96<<20)
			writeFile(t, path, 1000)
			busy := must(ana.SendFile(t.Context(), chat.Lobby, first))
			id := must(ana.SendFile(t.Context(), chat.Lobby, path))
			if err := tt.change(path); err != nil {
				t.Fatal(err)
			}
			ana.until("it failed", func() bool { return ana.transferOf(id).State == client.Failed })
			if err := ana.transferOf(id).Err; !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if err := errors.Join(ana.CancelTransfer(t.Context(), id), ana.CancelTransfer(t.Context(), busy)); err != nil {
				t.Fatal(err)
			}
			ana.nothingLeft(name)
		})
	}
}

// A folder that cannot be written to fails a download with a reason; once that
// is mended, the same download goes through.
func TestDownloadFolderTrouble(t *testing.T) {
	p := newPlace(t)
	trouble := errors.New("out of order")
	var broken atomic.Bool
	broken.Store(true)
	ana := p.join("Ana")
	var ben *member
	ben = p.join("Ben", func(c *client.Config) {
		c.Downloads = func() (*os.Root, error) {
			if broken.Load() {
				return nil, fmt.Errorf("open downloads: %w", errors.Join(trouble, os.ErrPermission))
			}
			return os.OpenRoot(ben.downloads())
		}
	})
	path := filepath.Join(t.TempDir(), "a.txt")
	writeFile(t, path, 3<<20)
	id := must(ana.SendFile(t.Context(), chat.Lobby, path))
	seq := ben.fileSeq(id)
	if _, err := ben.Download(t.Context(), seq); err != nil {
		t.Fatal(err)
	}
	ben.until("it failed", func() bool { return ben.transferOf(id).State == client.Failed })
	if err := ben.transferOf(id).Err; !errors.Is(err, client.ErrFilePermission) {
		t.Errorf("got %v, want %v", err, client.ErrFilePermission)
	}
	broken.Store(false)
	if err := ben.ResumeTransfer(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if tr := ben.untilState(id, client.Finished); !bytes.Equal(must(os.ReadFile(tr.Path)), must(os.ReadFile(path))) {
		t.Error("other bytes arrived")
	}
	ben.nothingLeft("Ben")
}

// The same file in two messages is two files here, and one on the host.
func TestSameFileTwice(t *testing.T) {
	p := newPlace(t)
	ana, ben := p.join("Ana"), p.join("Ben", func(c *client.Config) { c.AutoDownload = func() int64 { return 1 << 20 } })
	path := filepath.Join(t.TempDir(), "x.txt")
	writeFile(t, path, 2*transfer.BlockSize/3)
	a, b := must(ana.SendFile(t.Context(), chat.Lobby, path)), must(ana.SendFile(t.Context(), chat.Lobby, path))
	one, two := ben.untilStateOf(a), ben.untilStateOf(b)
	if one.Path == two.Path || sum(t, one.Path) != sum(t, two.Path) {
		t.Errorf("%s and %s", one.Path, two.Path)
	}
}

// A client that is killed after it saved a file, and before it had noted so, does
// not save it a second time.
func TestDownloadedOnce(t *testing.T) {
	p := newPlace(t)
	ana := p.join("Ana")
	path := filepath.Join(t.TempDir(), "a.bin")
	writeFile(t, path, 3<<20)
	killed := make(chan struct{})
	reached := make(chan struct{}, 1)
	ben := p.join("Ben", func(c *client.Config) {
		c.Downloads = func() (*os.Root, error) {
			reached <- struct{}{}
			<-killed
			return nil, context.Canceled
		}
	})
	id := must(ana.SendFile(t.Context(), chat.Lobby, path))
	if _, err := ben.Download(t.Context(), ben.fileSeq(id)); err != nil {
		t.Fatal(err)
	}
	<-reached // it has all the sealed bytes and has noted so
	time.AfterFunc(100*time.Millisecond, func() { close(killed) })
	ben.stop()
	// What the killed client did last.
	saved := filepath.Join(ben.downloads(), "a.bin")
	if err := os.WriteFile(saved, must(os.ReadFile(path)), 0o600); err != nil {
		t.Fatal(err)
	}
	ben.cfg.Downloads = func() (*os.Root, error) { return os.OpenRoot(ben.downloads()) }
	ben.open()
	if tr := ben.untilState(id, client.Finished); filepath.Base(tr.Path) != "a.bin" {
		t.Errorf("it lies at %s", tr.Path)
	}
	if files := must(os.ReadDir(ben.downloads())); len(files) != 1 {
		t.Errorf("the folder holds %v, want one file", files)
	}
	ben.nothingLeft("Ben")
	// Asked for again, it comes again.
	if _, err := ben.Download(t.Context(), ben.fileSeq(id)); err != nil {
		t.Fatal(err)
	}
	ben.until("a second copy", func() bool { return filepath.Base(ben.transferOf(id).Path) == "a (2).bin" })
}

// FEATURES F5, J6: a full disk is said in words, leaves nothing behind, and the
// same file goes through once there is room.
func TestDiskFull(t *testing.T) {
	p := newPlace(t)
	var full atomic.Bool
	var downloadsFull atomic.Bool
	limited := func(c *client.Config) {
		c.Free = func(folder string) (int64, error) {
			if full.Load() || downloadsFull.Load() && filepath.Base(folder) == "downloads" {
				return 1 << 20, nil
			}
			return 1 << 40, nil
		}
	}
	ana, ben := p.join("Ana", limited), p.join("Ben", limited)
	path := filepath.Join(t.TempDir(), "a.bin")
	writeFile(t, path, 2<<20)
	full.Store(true)
	if _, err := ana.SendFile(t.Context(), chat.Lobby, path); !errors.Is(err, client.ErrDiskFull) {
		t.Errorf("sending: got %v, want %v", err, client.ErrDiskFull)
	}
	full.Store(false)
	id := must(ana.SendFile(t.Context(), chat.Lobby, path))
	seq := ben.fileSeq(id)
	full.Store(true)
	if _, err := ben.Download(t.Context(), seq); !errors.Is(err, client.ErrDiskFull) {
		t.Errorf("fetching: got %v, want %v", err, client.ErrDiskFull)
	}
	full.Store(false)
	downloadsFull.Store(true)
	if _, err := ben.Download(t.Context(), seq); err != nil {
		t.Fatal(err)
	}
	ben.until("it failed", func() bool { return ben.transferOf(id).State == client.Failed })
	if err := ben.transferOf(id).Err; !errors.Is(err, client.ErrDiskFull) {
		t.Errorf("opening: got %v, want %v", err, client.ErrDiskFull)
	}
	ben.nothingLeft("Ben")
	if left := must(os.ReadDir(ben.downloads())); len(left) != 0 {
		t.Errorf("%d files in the download folder, want none", len(left))
	}
	downloadsFull.Store(false)
	if err := ben.ResumeTransfer(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if tr := ben.untilState(id, client.Finished); sum(t, tr.Path) != sum(t, path) {
		t.Error("other bytes arrived")
	}
	ana.nothingLeft("Ana")
	ben.nothingLeft("Ben")
}

// BenchmarkFile measures a file from one member's disk over the host's to its
// received folder, and from the host to another member: sealed, moved over
// loopback, checked, stored and opened, all on one machine.
func BenchmarkFile(b *testing.B) {
	const n = 128 << 20
	p := newPlace(b)
	ana, ben := p.join("Ana"), p.join("Ben")
	path := filepath.Join(b.TempDir(), "big.bin")
	writeFile(b, path, n)
	var last chat.MessageID
	b.Run("size=128MiB/way=up", func(b *testing.B) {
		b.SetBytes(n)
		for b.Loop() {
			last = must(ana.SendFile(context.Background(), chat.Lobby, path))
			ana.untilState(last, client.Finished)
		}
	})
	b.Run("size=128MiB/way=down", func(b *testing.B) {
		b.SetBytes(n)
		seq := ben.fileSeq(last)
		for b.Loop() {
			if _, err := ben.Download(context.Background(), seq); err != nil {
				b.Fatal(err)
			}
			ben.until("fetched", func() bool { return ben.transferOf(last).State == client.Finished })
		}
	})
}

// A file that is written to while it is being read would be half of two
// versions: it is not sent.
func TestFileThatIsWrittenToWhileItIsRead(t *testing.T) {
	p := newPlace(t)
	ana := p.join("Ana")
	path := filepath.Join(t.TempDir(), "log.txt")
	writeFile(t, path, 96<<20)
	for range 10 {
		id := must(ana.SendFile(t.Context(), chat.Lobby, path))
		ana.until("it is being sealed", func() bool {
			tr := ana.transferOf(id)
			return tr.State != client.Sealing || tr.Progress.Done > 0
		})
		f := must(os.OpenFile(path, os.O_WRONLY, 0))
		_, err := f.WriteAt([]byte("other"), 0)
		inTime := ana.transferOf(id).State == client.Sealing
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
		if inTime {
			ana.until("it failed", func() bool { return ana.transferOf(id).State == client.Failed })
			if err := ana.transferOf(id).Err; !errors.Is(err, client.ErrFileChanged) {
				t.Errorf("got %v, want %v", err, client.ErrFileChanged)
			}
		}
		if err := ana.CancelTransfer(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		ana.nothingLeft("the changed file")
		if inTime {
			return
		}
	}
	t.Skip("the file was sealed faster than it could be changed")
}

// A file that does not open, since its sender named another key, leaves nothing
// in the download folder.
func TestFileThatDoesNotOpen(t *testing.T) {
	p := newPlace(t)
	ana, ben := p.join("Ana"), p.join("Ben")
	path := filepath.Join(t.TempDir(), "a.bin")
	writeFile(t, path, 3<<20)
	id := must(ana.SendFile(t.Context(), chat.Lobby, path))
	seq := ben.fileSeq(id)
	p.stop() // so that the transfer can be changed before it runs
	ben.until("Ben is offline", func() bool { return ben.State().Phase == client.Offline })
	if _, err := ben.Download(t.Context(), seq); err != nil {
		t.Fatal(err)
	}
	if _, err := ben.db.UpdateTransfer(t.Context(), id, func(t *clientdb.Transfer) error { t.Key[5] ^= 1; return nil }); err != nil {
		t.Fatal(err)
	}
	p.start()
	ben.Reconnect()
	ben.until("it failed", func() bool { return ben.transferOf(id).State == client.Failed })
	if err := ben.transferOf(id).Err; !errors.Is(err, client.ErrFileDamaged) {
		t.Errorf("got %v, want %v", err, client.ErrFileDamaged)
	}
	ben.nothingLeft("Ben")
	if left := must(os.ReadDir(ben.downloads())); len(left) != 0 {
		t.Errorf("%d files in the download folder, want none", len(left))
	}
}
