package client_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/storage/chat"
)

// FEATURES F4: a file whose sealed bytes are gone or damaged while it waits to be
// sent does not stand still for ever: it is sealed again.
func TestDamagedSealedFileIsSealedAgain(t *testing.T) {
	const size = 1<<20 + 77
	damage := map[string]func(path string, b []byte) error{
		"gone":             func(path string, _ []byte) error { return os.Remove(path) },
		"cut in the list":  func(path string, b []byte) error { return os.Truncate(path, int64(len(b)-1)) },
		"cut in the bytes": func(path string, _ []byte) error { return os.Truncate(path, 1<<19) },
		"list flipped":     func(path string, b []byte) error { b[len(b)-1] ^= 1; return os.WriteFile(path, b, 0o600) },
		"bytes flipped":    func(path string, b []byte) error { b[1<<19] ^= 1; return os.WriteFile(path, b, 0o600) },
	}
	p := newPlace(t)
	ana := p.join("Ana")
	p.stop()
	dir := t.TempDir()
	sent := make(map[string]chat.MessageID)
	for _, name := range slices.Sorted(maps.Keys(damage)) {
		writeFile(t, filepath.Join(dir, name), size)
		before := ana.leftOver()
		sent[name] = must(ana.SendFile(t.Context(), chat.Lobby, filepath.Join(dir, name)))
		ana.untilState(sent[name], client.Running) // sealed
		fresh := slices.DeleteFunc(ana.leftOver(), func(s string) bool { return slices.Contains(before, s) })
		if len(fresh) != 1 {
			t.Fatalf("%s: %q is new, want one sealed file", name, fresh)
		}
		spool := filepath.Join(ana.cfg.Folder, fresh[0])
		if err := damage[name](spool, must(os.ReadFile(spool))); err != nil {
			t.Fatal(err)
		}
	}
	p.start()
	for name, id := range sent {
		ana.untilState(id, client.Finished)
		kept := filepath.Join(p.received(), name)
		ana.until("the host has "+name, func() bool { info, err := os.Stat(kept); return err == nil && info.Size() == size })
		if sum(t, kept) != sum(t, filepath.Join(dir, name)) {
			t.Errorf("%s: the host has other bytes", name)
		}
	}
	ana.nothingLeft("Ana")
}
