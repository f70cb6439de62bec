//go:build unix

package torture

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// Fault 3, FEATURES P5, H1: the disk of the host is full. Reading goes on, what is
// written waits and is not said to be on the host, files say why they stand; a
// host that starts on the full disk does the same; and when space returns all of it
// comes through by itself. Seen to fail with a store that acknowledges what it could not write,
// and with files that only go on when somebody asks.
func TestDiskFull(t *testing.T) {
	beside(t)
	deadline(t, 10*time.Minute)
	p := newPlaceWith(t, options{Disk: 160 << 20})
	ana, ben, cleo := p.join("ana", nil), p.join("ben", nil), p.join("cleo", nil)
	for range 50 {
		ana.say()
	}
	ben.until("hears ana", func() bool { return ben.hears(ana) })
	cleo.stop()
	full := p.ask("fill")
	ahead := ana.said.Load()
	for range 50 {
		ana.say()
		ben.say()
	}
	// Who was away reads all that was said before, from the full disk.
	cleo.open()
	cleo.until("reads on", func() bool {
		have, _, err := lines(cleo.Client, chat.Lobby)
		return err == nil && len(have) >= int(ahead)
	})
	path := filepath.Join(t.TempDir(), "big.bin")
	writeRandom(t, path, 4<<20)
	id := must(ana.SendFile(t.Context(), chat.Lobby, path))
	ana.until("is told that the host's disk is full", func() bool { return client.CodeOf(ana.State().Err) == wire.CodeDiskFull })
	ana.look()
	ben.look()
	if before := p.rec.acknowledged(); before > int(ahead) {
		t.Errorf("%d messages are said to be on a disk that had room for %d", before, ahead)
	}
	// As it is, it is killed and started.
	if _, err := fmt.Fprintln(p.in, "again"); err != nil {
		t.Fatal(err)
	}
	p.untilReady()
	ana.until("is online with a host whose disk is full", func() bool {
		ana.Reconnect()
		return ana.State().Phase == client.Online
	})
	if s := p.ask("free"); s != "<nil>" {
		t.Fatal(s)
	}
	for _, m := range []*person{ana, ben, cleo} {
		m.Reconnect()
	}
	ana.until("the file is on the host", func() bool {
		tr, _, err := ana.Transfer(t.Context(), id)
		return err == nil && tr.State == client.Finished // by itself
	})
	acked, lost, twice := p.rec.check(ana, ben, cleo)
	if err := ana.State().Err; err != nil {
		t.Errorf("with space it still says %v", err)
	}
	report(t, result{"3 disk of the host full", 1, acked, lost, twice, "filled with " + full + " bytes, killed and started on it"})
}
