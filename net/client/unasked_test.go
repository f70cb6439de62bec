package client

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/snugchat/snug/crypto/stream"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// One member cannot fill the disks of all others with files that nobody asked for.
func TestUnaskedFilesAreBounded(t *testing.T) {
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
	now := time.UnixMilli(1e12)
	free := int64(1 << 40)
	c, err := New(t.Context(), Config{
		Folder: dir, Downloads: func() (*os.Root, error) { return os.OpenRoot(dir) },
		AutoDownload: func() int64 { return 10 << 20 }, Now: func() time.Time { return now },
		Free: func(string) (int64, error) { return free, nil },
	}, db, log)
	if err == nil {
		err = c.load(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	const size = 10 << 20
	ana, ben := chat.AccountID{1}, chat.AccountID{2}
	n := 0
	// arrives brings a file and reports whether it is fetched.
	arrives := func(from chat.AccountID, root byte, size int64) bool {
		t.Helper()
		n++
		id := chat.NewMessageID()
		file := &wire.File{Root: [32]byte{root, 1}, Size: size, Length: stream.SealedSize(size), Name: "a"}
		c.files.arrived(t.Context(), []clientdb.Message{{
			Seq: uint64(n), Room: chat.Lobby, ID: id, Account: from, Kind: uint16(wire.KindFile), Body: wire.EncodeBody(file),
		}}, 0)
		_, is, err := c.Transfer(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return is
	}
	fetched := 0
	for i := range byte(120) {
		if arrives(ana, i, size) {
			fetched++
		}
	}
	if want := int(maxUnasked / stream.SealedSize(size)); fetched != want {
		t.Errorf("%d of Ana's files are fetched in a day, want %d", fetched, want)
	}
	if !arrives(ben, 200, size) {
		t.Error("Ben's file is not fetched because of Ana's")
	}
	if arrives(ben, 200, size) {
		t.Error("a file is fetched again for a second message that names it")
	}
	free = 1 << 30
	if arrives(ben, 202, size) {
		t.Error("a file is fetched though the disk is nearly full")
	}
	free = 1 << 40
	now = now.Add(25 * time.Hour)
	if !arrives(ana, 201, size) {
		t.Error("Ana's file is not fetched the day after")
	}
}

// What is left free grows with the disk, within reason.
func TestSpaceIsKept(t *testing.T) {
	const gib = 1 << 30
	for _, tt := range []struct{ total, want int64 }{
		{4 * gib, 1 * gib}, {16 * gib, 2 * gib}, {30 * gib, 3 * gib}, {100 * gib, 5 * gib}, {1000 * gib, 5 * gib},
	} {
		if got := kept(tt.total); got != tt.want {
			t.Errorf("of %d GiB %d bytes are kept free, want %d", tt.total/gib, got, tt.want)
		}
	}
}
