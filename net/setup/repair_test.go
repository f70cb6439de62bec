package setup

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
	"github.com/snugchat/snug/storage/hostdb"
)

// A host whose log was torn behind its last row does not know that. Its own person's
// client does, also of a row that the host acknowledged and that never came back: it is
// in its outbox, and would stay there as sent for good. Seen to fail without lostRows.
func TestHostLostWhatItAcknowledged(t *testing.T) {
	for name, c := range map[string]struct {
		acknowledged uint64
		lost         bool
	}{
		"a row that the host has": {5, false},
		"a row behind all of its": {6, true},
		"nothing is acknowledged": {0, false},
	} {
		t.Run(name, func(t *testing.T) {
			dir, log := t.TempDir(), slog.New(slog.DiscardHandler)
			must := func(err error) {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
			}
			host, err := hostdb.Open(t.Context(), filepath.Join(dir, "host.db"), [32]byte{1}, log)
			must(err)
			own, err := clientdb.Open(t.Context(), filepath.Join(dir, "client.db"), [32]byte{2}, log)
			must(err)
			t.Cleanup(func() { must(errors.Join(host.Close(), own.Close())) })
			fill(t, host, 5)
			given, err := host.Mark(t.Context())
			must(err)
			must(own.EnsureRoom(t.Context(), clientdb.Room{ID: chat.Lobby, Kind: chat.RoomOpen}))
			o := clientdb.Outgoing{Room: chat.Lobby, ID: chat.NewMessageID(), Kind: 1, Body: []byte("text")}
			_, err = own.Enqueue(t.Context(), o)
			must(err)
			if c.acknowledged > 0 {
				must(own.Acknowledge(t.Context(), []clientdb.Ack{{Room: chat.Lobby, ID: o.ID, Seq: c.acknowledged}}))
			}
			lost, err := lostRows(context.Background(), host, own)
			must(err)
			now, err := host.Mark(t.Context())
			must(err)
			if lost != c.lost || (now > given) != c.lost {
				t.Errorf("lost %v, want %v; the last number was %d and is %d", lost, c.lost, given, now)
			}
		})
	}
}

// fill writes n rows into a host's store.
func fill(t *testing.T, host *hostdb.DB, n int) {
	t.Helper()
	ana, phone := chat.AccountID{1}, chat.DeviceID{2}
	err := host.Apply(t.Context(), &chat.Change{
		Accounts: []chat.Account{{ID: ana, Name: "Ana", Skeleton: "ana", Role: chat.Owner, State: chat.Active, Created: 1}},
		Devices:  []chat.Device{{ID: phone, Account: ana, Certificate: []byte("c"), Created: 1}},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		row := &chat.Row{Room: chat.Lobby, Received: 1, Device: phone, Counter: uint64(i + 1), ID: chat.NewMessageID(), Envelope: []byte("text"), Signature: []byte("signed")}
		done := make(chan chat.Outcome, 1)
		if err := host.Append(&chat.Post{Row: row}, func(o chat.Outcome, _ uint64, _ error) { done <- o }); err != nil {
			t.Fatal(err)
		}
		if o := <-done; o != chat.Appended {
			t.Fatalf("row %d: outcome %v", i, o)
		}
	}
}
