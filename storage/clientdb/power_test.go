package clientdb

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/sqlite/powerloss"
)

const canary = "a text that must not stand on any disk"

// What a power loss has to leave of a client.
type (
	written chat.MessageID // is in the outbox, or its row is here
	applied uint64         // the row of this seq is here
)

// powerRun writes messages into the outbox and lets their rows come back.
func powerRun(t *testing.T, messages int, lie bool) (*powerloss.Log, int) {
	t.Helper()
	log := powerloss.Record("adiantum")
	path := filepath.Join(t.TempDir(), "place.db")
	d := openAt(t, path)
	fill(t, d)
	begin := log.Len()
	if lie {
		log.Lie()
	}
	ctx := t.Context()
	var wg sync.WaitGroup
	sent := make(chan Message, messages)
	wg.Go(func() {
		defer close(sent)
		for n := range uint64(messages) {
			m := text(10+2*n, n+1)
			m.Body = []byte(strings.Repeat(canary, 1+int(n*7%50)))
			if _, err := d.Enqueue(ctx, Outgoing{Room: chat.Lobby, ID: m.ID, Kind: 1, Body: m.Body, Created: 1}); err != nil {
				t.Error(err)
			}
			log.Note(written(m.ID))
			if err := d.SetDraft(ctx, chat.Lobby, fmt.Sprint("draft ", n)); err != nil {
				t.Error(err)
			}
			sent <- m
		}
	})
	wg.Go(func() {
		after := uint64(0)
		for m := range sent {
			if err := d.Apply(ctx, Batch{Room: chat.Lobby, After: after, Own: ana, Messages: []Message{m}}); err != nil {
				t.Error(err)
			}
			log.Note(applied(m.Seq))
			after = m.Seq
		}
	})
	wg.Wait()
	log.Stop()
	must(t, d.Close())
	return log, begin
}

// survives opens a state: everything that was said to be written is there once,
// in the outbox or as a row; rows, cursor and chain agree; the next message of
// this device has the next counter.
func survives(s *powerloss.State) error {
	dir, err := os.MkdirTemp("", "snug-power-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := s.Write(dir); err != nil {
		return err
	}
	path := filepath.Join(dir, "place.db")
	if err := os.WriteFile(path+"-open", nil, 0o600); err != nil { // the last end was unclean
		return err
	}
	ctx := context.Background()
	d, err := Open(ctx, path, [32]byte{7}, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer d.Close()
	rows, err := d.After(ctx, chat.Lobby, 1, MaxPage)
	if err != nil {
		return err
	}
	out, err := d.Outbox(ctx, chat.Lobby)
	if err != nil {
		return err
	}
	here := make(map[chat.MessageID]int)
	seqs := make(map[uint64]bool)
	var last Message
	for _, m := range rows {
		here[m.ID]++
		seqs[m.Seq] = true
		last = m
		if want := strings.Repeat(canary, 1+int((m.Counter-1)*7%50)); string(m.Body) != want {
			return fmt.Errorf("row %d has other bytes", m.Seq)
		}
	}
	counter := last.Counter
	for _, o := range out {
		here[o.ID]++
		if o.Counter != counter+1 {
			return fmt.Errorf("counter %d follows %d", o.Counter, counter)
		}
		counter = o.Counter
	}
	for _, a := range s.Acked {
		switch a := a.(type) {
		case written:
			if n := here[chat.MessageID(a)]; n != 1 {
				return fmt.Errorf("message %x is here %d times", a[:8], n)
			}
		case applied:
			if !seqs[uint64(a)] {
				return fmt.Errorf("row %d is lost", a)
			}
		}
	}
	rooms, err := d.Rooms(ctx)
	if err != nil {
		return err
	}
	for _, r := range rooms {
		if r.ID == chat.Lobby && (r.Cursor != last.Seq || r.Chain != last.Chain || r.Counter != counter) {
			return fmt.Errorf("the room is at row %d counter %d, its messages at %d and %d", r.Cursor, r.Counter, last.Seq, counter)
		}
	}
	if err := d.Check(ctx); err != nil {
		return err
	}
	next, err := d.Enqueue(ctx, Outgoing{Room: chat.Lobby, ID: chat.MessageID{0xff}, Kind: 1, Body: []byte("x"), Created: 1})
	if err == nil && next != counter+1 {
		err = fmt.Errorf("the next message gets counter %d after %d", next, counter)
	}
	return err
}

// FEATURES D10, P1, P5, number 2 of the faults: whenever the power goes, a
// message that was said to be written is in the outbox or in the history, once.
func TestPowerLossKeepsOutboxAndHistory(t *testing.T) {
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
// the check above has to find messages that are gone.
func TestPowerLossIsNoticed(t *testing.T) {
	log, begin := powerRun(t, 6, true)
	for s := range log.Whole(begin) {
		if survives(s) != nil {
			return
		}
	}
	t.Error("nothing was ever synced, and no state lost anything")
}
