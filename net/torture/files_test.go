//go:build unix

package torture

import (
	"bufio"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	mathrand "math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/transfer"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// Fault 17, FEATURES F4: while a file goes to the host and from there to somebody
// else, sender, receiver and host are killed at random moments. It arrives whole,
// once, no more than one block and what was on its way is sent again for each cut, and
// nothing is left behind, in no folder. Seen to fail with a host that forgets the blocks it has
// when it starts.
func TestFileTorture(t *testing.T) {
	beside(t)
	deadline(t, 30*time.Minute)
	p := newPlace(t)
	up, down := &proxy{}, &proxy{}
	ana, ben := p.join("ana", up.dial), p.join("ben", down.dial)
	path := filepath.Join(t.TempDir(), "tortured.bin")
	want := writeRandom(t, path, torturedFile)
	began := time.Now()
	id := must(ana.SendFile(t.Context(), chat.Lobby, path))
	cuts := killWhile(t, p, ana, up)
	ana.until("on the host", func() bool { tr := ana.transfer(id); return tr.State == client.Finished })
	var row uint64
	ben.until("knows of the file", func() bool {
		page, err := ben.Before(context.Background(), chat.Lobby, 0, 100)
		for _, m := range page.Messages {
			if m.ID == id && m.Kind == client.LineFile {
				row = m.Seq
			}
		}
		return err == nil && row > 0
	})
	sent := up.up.Load()
	if _, err := ben.Download(t.Context(), row); err != nil {
		t.Fatal(err)
	}
	back := killWhile(t, p, ben, down)
	ben.until("has the file", func() bool { return ben.transfer(id).State == client.Finished })
	took := time.Since(began)
	got := down.down.Load()
	kept := filepath.Join(p.dir, "received", filepath.Base(path))
	ben.until("the host has saved the file", func() bool { info, err := os.Stat(kept); return err == nil && info.Size() == torturedFile })
	for who, copied := range map[string]string{"ben": ben.transfer(id).Path, "the host": kept} {
		if sumOf(t, copied) != want {
			t.Errorf("%s has other bytes", who)
		}
	}
	files := 0
	page := must(ben.Before(t.Context(), chat.Lobby, 0, 1000))
	for _, m := range page.Messages {
		if m.Kind == client.LineFile {
			files++
		}
	}
	if files != 1 {
		t.Errorf("the file was announced %d times", files)
	}
	for _, m := range []*person{ana, ben} {
		var left []string
		for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
			if left = m.spools(); len(left) == 0 {
				break
			}
			if time.Since(began) > patience {
				t.Fatalf("%s: left behind: %q", m.name, left)
			}
		}
	}
	sealed := p.blobs()
	if len(sealed) != 1 || sealed[0].part {
		t.Fatalf("the host keeps %+v of one file", sealed)
	}
	again := max(sent+got-2*sealed[0].size, 0)
	if most := int64(cuts+back)*resentPerCut + sealed[0].size/wrapping + int64(cuts+back+2)*talkPerLine; again > most {
		t.Errorf("%d bytes were sent again for %d cuts, of at most %d", again, cuts+back, most)
	}
	_, lost, twice := p.rec.check(ana, ben)
	report(t, result{fmt.Sprintf("17 file of %d MiB", torturedFile>>20), cuts + back, p.rec.acknowledged(), lost, twice + max(files-1, 0), fmt.Sprintf(
		"both ways in %v, %.1f blocks of 1 MiB sent again for %d cuts", took.Round(time.Second), float64(again)/(1<<20), cuts+back)})
}

const (
	// resentPerCut is how many bytes a cut may make go over the line twice: one block
	// that was not whole yet, and the window of pieces that was on its way.
	resentPerCut = transfer.BlockSize + wire.Window
	// wrapping says that one byte of so many, of both ways together, is for what goes
	// around pieces of a file: a piece of 56 KiB has 0.1 KiB of it.
	wrapping = 200
	// talkPerLine is what goes over a line besides the file: handshake and welcome.
	talkPerLine = 32 << 10
)

// blob is a file in the host's folder of sealed files.
type blob struct {
	name string
	size int64
	part bool // not whole
}

func (p *place) blobs() (all []blob) {
	p.t.Helper()
	err := filepath.WalkDir(filepath.Join(p.dir, "blobs"), func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		info, err := e.Info()
		if err == nil {
			all = append(all, blob{e.Name(), info.Size(), strings.HasSuffix(e.Name(), ".part") || strings.HasPrefix(e.Name(), "new-")})
		}
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return all
}

// killWhile moves a file of a client in a process of its own, kills that process
// and the host in turn, and returns how often.
func killWhile(t *testing.T, p *place, m *person, x *proxy) (n int) {
	t.Helper()
	m.stop()
	defer m.open()
	var cmd *exec.Cmd
	var out *bufio.Scanner
	kill := func() {
		if cmd != nil {
			_, _ = cmd.Process.Kill(), cmd.Wait()
			cmd = nil
		}
	}
	defer kill()
	for i := range 2 * fileKills {
		part := (float64(i) + mathrand.Float64()) / float64(2*fileKills)
		if cmd == nil {
			cmd, out = p.client(m, "move", "SNUG_TORTURE_VIA="+x.listen(t, p))
		}
		var at string
		for moved := time.Now(); ; {
			if !out.Scan() {
				t.Fatalf("%s: the client that moves a file ended", m.name)
			}
			var state, done, total int64
			_ = must(fmt.Sscanf(out.Text(), "moved %d %d %d", &state, &done, &total))
			if state == int64(client.Finished) {
				return n
			}
			switch {
			case state == int64(client.Failed):
				t.Fatalf("%s: the file has failed after %d cuts: %q", m.name, n, out.Text())
			case out.Text() != at:
				at, moved = out.Text(), time.Now()
			case time.Since(moved) > patience:
				t.Fatalf("%s: after %d cuts the file stands still: %q", m.name, n, at)
			}
			if total > 0 && float64(done) >= part*float64(total) {
				break
			}
		}
		n++
		if i%2 == 0 {
			kill()
			continue
		}
		p.kill()
		p.start()
	}
	return n
}

// move is a client's process that moves files until it is killed.
func (m *person) move() {
	for {
		all, err := m.Transfers(context.Background())
		if err != nil {
			panic(err)
		}
		for _, tr := range all {
			fmt.Println("moved", int(tr.State), tr.Progress.Done, tr.Progress.Total, tr.Err)
		}
		if len(all) == 0 {
			fmt.Println("moved", int(client.Finished), 0, 0)
		}
		if m.State().Phase == client.Offline {
			m.Reconnect()
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// spools returns what of moving files lies in a person's folder. A half-written file
// under a hidden name, which a kill leaves while a file is put into the download
// folder, is not one of them: storage/paths removes it when the profile is opened, and
// here is no profile.
func (m *person) spools() (names []string) {
	for _, e := range must(os.ReadDir(m.dir)) {
		if !strings.HasPrefix(e.Name(), "place.db") && !strings.HasPrefix(e.Name(), ".snug-") && e.Name() != "tortured.bin" {
			names = append(names, e.Name())
		}
	}
	return names
}

func (m *person) transfer(id chat.MessageID) client.Transfer {
	m.t.Helper()
	tr, _, err := m.Transfer(context.Background(), id)
	if err != nil {
		m.t.Fatal(err)
	}
	if tr.State == client.Failed {
		m.t.Fatalf("%s: %v", m.name, tr.Err)
	}
	return tr
}

// writeRandom writes a file and returns its hash.
func writeRandom(t testing.TB, path string, n int64) [32]byte {
	t.Helper()
	f := must(os.Create(path))
	h := sha256.New()
	src := mathrand.NewChaCha8([32]byte{1})
	if _, err := io.Copy(io.MultiWriter(f, h), io.LimitReader(src, n)); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return [32]byte(h.Sum(nil))
}

func sumOf(t testing.TB, path string) [32]byte {
	t.Helper()
	f := must(os.Open(path))
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		t.Fatal(err)
	}
	return [32]byte(h.Sum(nil))
}
