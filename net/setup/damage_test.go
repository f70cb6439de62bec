package setup_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/setup"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/prefs"
)

// tree is the files of a profile.
type tree map[string][]byte

func readTree(t *testing.T, dir string) tree {
	t.Helper()
	files := make(tree)
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		files[name], err = os.ReadFile(filepath.Join(dir, name))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func (files tree) write(t *testing.T, dir string) {
	t.Helper()
	for name, b := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// names returns the names of the files, in order.
func (files tree) names() (out []string) {
	for name := range files {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// patience is how long a message may take to come back.
const patience = 90 * time.Second

// lived is a profile that hosts a place, was backed up in the middle of a talk,
// and ended cleanly, or was cut off.
type lived struct {
	clean, cut tree
	said       []string
}

// What the profile has besides talk: a file that was sent, and a setting.
const (
	livedSong  = "la la la"
	livedScale = 130
)

func live(t *testing.T) *lived {
	t.Helper()
	dir := t.TempDir()
	l := &lived{}
	p, err := setup.Open(setup.Options{Dir: dir, Logs: recorder(t)})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Create(t.Context(), setup.Protection{Kind: setup.ByKeyFile}); err != nil {
		t.Fatal(err)
	}
	h, err := p.StartHost(t.Context(), setup.HostOptions{Place: "Choir", Owner: "Ana"})
	if err != nil {
		t.Fatal(err)
	}
	own := h.Member().Client
	say := func(n int) {
		for range n {
			text := fmt.Sprintf("line %d of the talk", len(l.said))
			l.said = append(l.said, text)
			if _, err := own.Send(t.Context(), chat.Lobby, text); err != nil {
				t.Fatal(err)
			}
		}
		within(t, "all is on the host", func() bool { return slices.Equal(setup.OnHost(t, own), l.said) })
	}
	say(20)
	song := filepath.Join(t.TempDir(), "song.txt")
	if err := os.WriteFile(song, []byte(livedSong), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := p.Prefs().Update(func(s *prefs.Settings) { s.TextScale = livedScale }); err != nil {
		t.Fatal(err)
	}
	id, err := own.SendFile(t.Context(), chat.Lobby, song)
	if err != nil {
		t.Fatal(err)
	}
	within(t, "the file is on the host", func() bool {
		tr, _, err := own.Transfer(t.Context(), id)
		return err == nil && tr.State == client.Finished
	})
	if err := p.BackUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	say(10)
	l.cut = readTree(t, dir)
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	l.clean = readTree(t, dir)
	return l
}

// damage changes one file.
type damage struct {
	file string
	cut  int // new length; -1: flip instead
	bit  int
}

func (d damage) String() string {
	if d.cut >= 0 {
		return fmt.Sprintf("%s cut to %d bytes", d.file, d.cut)
	}
	return fmt.Sprintf("bit %d of %s flipped", d.bit, d.file)
}

func (d damage) apply(files tree) tree {
	out := make(tree, len(files))
	for name, b := range files {
		out[name] = b
	}
	b := slices.Clone(files[d.file])
	if d.cut >= 0 {
		b = b[:d.cut]
	} else {
		b[d.bit/8] ^= 1 << (d.bit % 8)
	}
	out[d.file] = b
	return out
}

// touched reports whether a file whose name has this part is not as it was.
func (l *lived) touched(files tree, part string) bool {
	for name, b := range files {
		if strings.Contains(name, part) && !bytes.Equal(b, l.clean[name]) && !bytes.Equal(b, l.cut[name]) {
			return true
		}
	}
	return false
}

// song fetches the file that was sent from the host, and returns what came, and why
// nothing did.
func song(t *testing.T, own *client.Client) (got string, err error) {
	t.Helper()
	page, err := own.Before(t.Context(), chat.Lobby, 0, 200)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(page.Messages, func(m client.Message) bool { return m.Kind == client.LineFile && m.Seq > 0 })
	if i < 0 {
		return "", errors.New("nobody knows of it any more")
	}
	m := &page.Messages[i]
	if _, err := own.Download(t.Context(), m.Seq); err != nil {
		return "", err
	}
	var tr client.Transfer
	within(t, "the file is here, or it is known why not", func() bool {
		tr, _, err = own.Transfer(t.Context(), m.ID)
		return err == nil && !tr.Upload && (tr.State == client.Finished || tr.State == client.Failed)
	})
	if tr.State == client.Failed {
		return "", tr.Err
	}
	b, err := os.ReadFile(tr.Path)
	return string(b), err
}

// survive starts a damaged profile twice: it comes up, says only what was said,
// all of it, goes on, has the file that was sent and the setting that was made, unless
// it is these that are damaged, and does not need a repair the second time.
func (l *lived) survive(t *testing.T, files tree) (repairs []setup.Repair) {
	dir := t.TempDir()
	files.write(t, dir)
	said := slices.Clone(l.said)
	for round := range 2 {
		p, err := setup.Open(setup.Options{Dir: dir, Logs: recorder(t)})
		if err != nil {
			t.Fatalf("round %d: open: %v", round, err)
		}
		if err := p.Unlock(t.Context(), ""); err != nil {
			t.Fatalf("round %d: unlock: %v", round, err)
		}
		h, err := p.StartHost(t.Context(), setup.HostOptions{Place: "Choir", Owner: "Ana"})
		if err != nil {
			t.Fatalf("round %d: host: %v", round, err)
		}
		if name := h.Host().Place().Name; name != "Choir" || len(p.Places()) != 1 {
			t.Errorf("round %d: the place is %q, places %+v", round, name, p.Places())
		}
		own := h.Member().Client
		next := fmt.Sprintf("after start %d", round)
		if _, err := own.Send(t.Context(), chat.Lobby, next); err != nil {
			t.Fatal(err)
		}
		said = append(said, next)
		var got []string
		deadline := time.Now().Add(patience)
		for !slices.Equal(got, said) && time.Now().Before(deadline) {
			got = setup.OnHost(t, own)
			time.Sleep(5 * time.Millisecond)
		}
		if !slices.Equal(got, said) {
			t.Errorf("round %d: got %q, want %q (state %+v)", round, got, said, own.State())
		}
		// A damaged file is never taken for what was sent.
		if got, err := song(t, own); got != livedSong && (err == nil || !l.touched(files, "/blobs/")) {
			t.Errorf("round %d: the file is %q: %v", round, got, err)
		}
		if got := p.Prefs().Get().TextScale; got != livedScale && !l.touched(files, "settings.json") {
			t.Errorf("round %d: the text scale is %d, was %d", round, got, livedScale)
		}
		if err := p.Close(); err != nil {
			t.Errorf("round %d: close: %v", round, err)
		}
		if round == 0 {
			repairs = p.Repairs()
		} else if again := p.Repairs(); len(again) > 0 {
			t.Errorf("it was repaired again: %+v", again)
		}
	}
	return repairs
}

// FEATURES P5, Z8: each file of a profile is damaged, in the middle and by a cut,
// after an unclean end. Nothing that was said is lost, nothing else is shown, and
// the person is told of stores that had to be repaired, once.
func TestDamagedFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a profile for each of its files")
	}
	l := live(t)
	for _, name := range l.cut.names() {
		files := l.cut
		if filepath.Ext(name) == ".db" { // before the end all is in the WAL
			files = maps.Clone(l.clean)
			files[name+"-open"] = nil
		}
		size := len(files[name])
		if size == 0 || strings.HasSuffix(name, "-shm") { // SQLite makes the last anew
			continue
		}
		ds := []damage{{name, -1, size * 4}}
		if size > 4096 || strings.HasSuffix(name, "vault") {
			ds = append(ds, damage{name, size / 2, 0})
		}
		for _, d := range ds {
			t.Run(d.String(), func(t *testing.T) {
				repairs := l.survive(t, d.apply(files))
				if store := filepath.Ext(name) == ".db" && !strings.Contains(name, "/backup/"); store && len(repairs) != 1 {
					t.Errorf("repairs %+v, want one", repairs)
				}
			})
		}
	}
}

// TestOneBadPage: after a clean end too, a page that opening a store does not need
// is found and repaired at the start, and not in the middle of the work. The soak
// test tries all pages.
func TestOneBadPage(t *testing.T) {
	badPages(t, 4, 10)
}

func badPages(t *testing.T, pages ...int) {
	l := live(t)
	for _, name := range l.clean.names() {
		if filepath.Ext(name) != ".db" || strings.Contains(name, "/backup/") {
			continue
		}
		for _, page := range pages {
			if d := (damage{name, -1, (page*4096 + 300) * 8}); d.bit < 8*len(l.clean[name]) {
				t.Run(fmt.Sprintf("page %d of %s", page, name), func(t *testing.T) { l.survive(t, d.apply(l.clean)) })
			}
		}
	}
}

// TestEmptiedStores: a store that was cut to nothing, or is gone, is not taken for
// a new one. What the host's backup does not have, its person's client gives back.
func TestEmptiedStores(t *testing.T) {
	l := live(t)
	for _, name := range l.clean.names() {
		if filepath.Ext(name) != ".db" || strings.Contains(name, "/backup/") {
			continue
		}
		t.Run(name+" cut to nothing", func(t *testing.T) {
			repairs := l.survive(t, damage{name, 0, 0}.apply(l.clean))
			if len(repairs) != 1 || repairs[0].Backup.IsZero() {
				t.Errorf("repairs %+v, want one by a backup", repairs)
			}
		})
	}
}

// TestTornLog: until the end almost all of a store is in its write-ahead log. One
// that was cut anywhere loses nothing: before the keys of the place were made,
// before it was backed up, and after.
func TestTornLog(t *testing.T) {
	l := live(t)
	for _, name := range l.cut.names() {
		if !strings.HasSuffix(name, "client.db-wal") && !strings.HasSuffix(name, "host.db-wal") {
			continue
		}
		for _, part := range []int{1, 4, 20, 40} {
			d := damage{name, len(l.cut[name]) * part / 64, 0}
			t.Run(d.String(), func(t *testing.T) { l.survive(t, d.apply(l.cut)) })
		}
	}
}

// random returns a damage of a random file, larger files more often.
func (l *lived) random(rnd *rand.Rand, files tree) damage {
	names := slices.DeleteFunc(files.names(), func(name string) bool { return len(files[name]) == 0 })
	name := names[rnd.IntN(len(names))]
	if rnd.IntN(2) == 0 {
		return damage{name, rnd.IntN(len(files[name])), 0}
	}
	return damage{name, -1, rnd.IntN(len(files[name]) * 8)}
}
