package client

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/snugchat/snug/crypto/stream"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// waiting returns a client that is not connected, with a file that waits to be sealed.
func waiting(t *testing.T) (*Client, clientdb.Transfer) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	dir := t.TempDir()
	db, err := clientdb.Open(t.Context(), filepath.Join(dir, "place.db"), [32]byte{1}, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	c, err := New(t.Context(), Config{Folder: dir, Free: func(string) (int64, error) { return 1 << 40, nil }}, db, log)
	if err == nil {
		err = c.load(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := c.savePlace(t.Context(), func(p *clientdb.Place) { p.MaxFile = 1 << 20 }); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "a.bin")
	if err := os.WriteFile(path, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	tr := clientdb.Transfer{
		ID: chat.NewMessageID(), Direction: clientdb.Upload, Room: chat.Lobby, Size: 5, Length: stream.SealedSize(5),
		Name: "a.bin", Path: path, State: clientdb.Sealing, Created: 1,
		Note: wire.EncodeBody(&wire.File{Name: "a.bin"}),
	}
	if err := c.db.SaveTransfer(t.Context(), tr); err != nil {
		t.Fatal(err)
	}
	return c, tr
}

// A list of files that was read before one of them was sealed says that this is to be
// sealed. Done once more, it writes over the bytes that wait to be sent under the
// root in the store: a client that is killed then has a file that nobody can fetch.
func TestOldListStartsNothing(t *testing.T) {
	c, tr := waiting(t)
	f := c.files
	old := []clientdb.Transfer{tr}
	turn := f.turns
	var wg sync.WaitGroup
	if _, ok := f.begin(t.Context(), &wg, old, turn); !ok {
		t.Fatal("a list of now starts nothing")
	}
	wg.Wait()
	sealed, err := c.db.Transfer(t.Context(), tr.ID)
	if err != nil || sealed.State != clientdb.Running {
		t.Fatalf("state %d, %v, want sealed", sealed.State, err)
	}
	_, ok := f.begin(t.Context(), &wg, old, turn)
	wg.Wait()
	if ok {
		t.Error("a list of before was taken for one of now")
	}
	if now, err := c.db.Transfer(t.Context(), tr.ID); err != nil || now.Root != sealed.Root {
		t.Errorf("it was sealed a second time (%v)", err)
	}
}

// The same with one that is cancelled in that moment: it must not be begun.
func TestCancelledFileIsNotBegun(t *testing.T) {
	c, tr := waiting(t)
	f := c.files
	turn := f.turns
	if err := c.CancelTransfer(t.Context(), tr.ID); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	_, ok := f.begin(t.Context(), &wg, []clientdb.Transfer{tr}, turn)
	wg.Wait()
	if ok {
		t.Error("a file was begun that is cancelled")
	}
}

// A disk that damages a sealed file each time ends in words, not in sealing for ever.
func TestDamagedEachTime(t *testing.T) {
	c, tr := waiting(t)
	a := &active{t: tr}
	for i := range maxDamaged {
		_, err := c.db.UpdateTransfer(t.Context(), tr.ID, func(t *clientdb.Transfer) error { t.State = clientdb.Running; return nil })
		if err != nil {
			t.Fatal(err)
		}
		if err := c.files.noteDamage(t.Context(), a); err != nil {
			t.Fatalf("time %d: %v", i+1, err)
		}
		if now, err := c.db.Transfer(t.Context(), tr.ID); err != nil || now.State != clientdb.Sealing {
			t.Fatalf("time %d: state %d, %v, want sealing", i+1, now.State, err)
		}
	}
	if err := c.files.noteDamage(t.Context(), a); !errors.Is(err, ErrFileDamaged) {
		t.Errorf("got %v, want ErrFileDamaged", err)
	}
}
