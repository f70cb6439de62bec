package hostdb_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/hostdb"
	"github.com/snugchat/snug/storage/sqlite/powerloss"
)

const canary = "a text that must not stand on any disk"

// powerRun lets three devices post into a logged store.
func powerRun(t *testing.T, posts int, lie bool) (*powerloss.Log, int) {
	t.Helper()
	log := powerloss.Record("adiantum")
	db := fresh(t)
	apply(t, db, &chat.Change{
		Devices: []chat.Device{{ID: chat.DeviceID{1, 3}, Account: ana, Certificate: []byte("c3")}},
		Rooms:   []chat.Room{{ID: nook, Kind: chat.RoomSealed, By: ana}},
		Members: []chat.RoomMember{{Room: nook, Account: ana, Admin: true}},
	})
	time.Sleep(20 * time.Millisecond)
	begin := log.Len() // what a power loss does to the first seconds is tested in package sqlite
	if lie {
		log.Lie()
	}
	var wg sync.WaitGroup
	for i, device := range []chat.DeviceID{phone, desk, {1, 3}} {
		wg.Go(func() {
			for n := range uint64(posts) {
				r := row(device, n+1, byte(i+1))
				r.Envelope = []byte(strings.Repeat(canary, 1+int(n*37%200)))
				done := make(chan error, 1)
				err := db.Append(&chat.Post{Row: r}, func(o chat.Outcome, _ uint64, err error) {
					if err == nil && o != chat.Appended {
						err = fmt.Errorf("outcome %v", o)
					}
					if err == nil {
						log.Note(r)
					}
					done <- err
				})
				if err = errors.Join(err, <-done); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Go(func() {
		for n := range uint64(posts) {
			p := bound(n + 1)
			done := make(chan error, 1)
			err := db.Append(p, func(o chat.Outcome, _ uint64, err error) {
				if err == nil && o != chat.Appended {
					err = fmt.Errorf("outcome %v", o)
				}
				if err == nil {
					log.Note(p.Row)
				}
				done <- err
			})
			if err = errors.Join(err, <-done); err != nil {
				t.Error(err)
			}
		}
	})
	wg.Wait()
	log.Stop()
	return log, begin
}

// bound is a commit of a sealed room, bound to a change of its members and a mail:
// by the odd ones ana's admin's rights go, by the even ones they come back.
func bound(counter uint64) *chat.Post {
	p := commit(in(nook, phone, counter, 'c'), 1<<40, chat.Membership{Account: ana, Admin: counter%2 == 0})
	p.Row.Envelope = []byte(canary)
	p.Mails = []chat.Mail{{ID: chat.MessageID{byte(counter)}, To: desk, From: phone, Room: nook, Data: []byte(canary)}}
	return p
}

// belongs checks that each commit of the sealed room is there with its change of
// members and its mail, or none of them is.
func belongs(ctx context.Context, db *hostdb.DB) ([]chat.Row, error) {
	rows, _, err := db.After(ctx, nook, 0, 10_000, 1<<30)
	if err != nil {
		return nil, err
	}
	mails, err := db.Mails(ctx, desk, 0, 1<<30)
	if err != nil {
		return nil, err
	}
	if len(mails) != len(rows) {
		return nil, fmt.Errorf("%d mails with %d commits", len(mails), len(rows))
	}
	for i := range rows {
		if mails[i].Seq != rows[i].Seq || string(mails[i].Data) != canary {
			return nil, fmt.Errorf("commit %d has a mail of row %d", rows[i].Seq, mails[i].Seq)
		}
	}
	_, members, err := db.Rooms(ctx)
	if err != nil || len(members) != 1 {
		return nil, fmt.Errorf("%d members, %w", len(members), err)
	}
	if want := len(rows)%2 == 0; members[0].Admin != want {
		return nil, fmt.Errorf("after %d commits admin is %v", len(rows), members[0].Admin)
	}
	return rows, nil
}

// survives opens a state and checks I1 to I4 of the storage rules: what was
// acknowledged is there, as it was, at its place; the rest is absent or whole;
// counters have no gaps; and the next message is taken.
func survives(s *powerloss.State) error {
	dir, err := os.MkdirTemp("", "snug-power-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := s.Write(dir); err != nil {
		return err
	}
	path := filepath.Join(dir, "host.db")
	if err := os.WriteFile(path+"-open", nil, 0o600); err != nil { // the last end was unclean
		return err
	}
	ctx := context.Background()
	db, err := hostdb.Open(ctx, path, [32]byte{7}, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer db.Close()
	rows, more, err := db.After(ctx, chat.Lobby, 0, 10_000, 1<<30)
	if err != nil || more {
		return fmt.Errorf("read all: more %v, %w", more, err)
	}
	have := make(map[uint64]*chat.Row)
	last := make(map[chat.DeviceID]uint64)
	for i := range rows {
		r := &rows[i]
		have[r.Seq] = r
		if r.Counter != last[r.Device]+1 {
			return fmt.Errorf("row %d has counter %d after %d", r.Seq, r.Counter, last[r.Device])
		}
		last[r.Device] = r.Counter
		if want := strings.Repeat(canary, 1+int((r.Counter-1)*37%200)); string(r.Envelope) != want {
			return fmt.Errorf("row %d has other bytes", r.Seq)
		}
	}
	commits, err := belongs(ctx, db)
	if err != nil {
		return err
	}
	for i := range commits {
		have[commits[i].Seq] = &commits[i]
	}
	for _, a := range s.Acked {
		want := a.(*chat.Row)
		got := have[want.Seq]
		if got == nil {
			return fmt.Errorf("row %d of %d acknowledged is lost", want.Seq, len(s.Acked))
		}
		if got.ID != want.ID || !bytes.Equal(got.Envelope, want.Envelope) {
			return fmt.Errorf("row %d is another one", want.Seq)
		}
	}
	if err := db.Check(ctx); err != nil {
		return err
	}
	done := make(chan error, 1)
	next := row(phone, last[phone]+1, 'n')
	err = db.Append(&chat.Post{Row: next}, func(o chat.Outcome, _ uint64, err error) {
		if err == nil && (o != chat.Appended || have[next.Seq] != nil) {
			err = fmt.Errorf("outcome %v, row %d", o, next.Seq)
		}
		done <- err
	})
	return errors.Join(err, <-done)
}

// FEATURES P5, number 2 of the faults: whenever the power goes, the host has
// every row that it acknowledged, and nothing that stood on the disk can be read.
// Every state with what was synced and nothing else is tried, and some with
// torn pages; the soak test tries those at every moment.
func TestPowerLossKeepsAcknowledgedRows(t *testing.T) {
	log, begin := powerRun(t, 12, false)
	step, torn := 1, 30
	if raced {
		step, torn = 20, 3
	}
	n, err := log.Try(begin, step, torn, survives)
	if err != nil {
		t.Fatal(err)
	}
	if log.Contains(canary) {
		t.Error("a text was written in the clear")
	}
	t.Logf("%d operations, %d states survived", log.Len(), n)
}

// TestPowerLossIsNoticed makes syncs promise nothing, as synchronous=OFF would:
// the check above has to find rows that are gone.
func TestPowerLossIsNoticed(t *testing.T) {
	log, begin := powerRun(t, 6, true)
	for s := range log.Whole(begin) {
		if survives(s) != nil {
			return
		}
	}
	t.Error("nothing was ever synced, and no state lost anything")
}
