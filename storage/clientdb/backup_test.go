package clientdb

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/snugchat/snug/storage/backup"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/sqlite"
)

// TestEveryTableIsClassified: whoever adds a table says whether a backup has it.
// Secrets of groups must not be used twice, so the tables of those belong to
// notBackedUp.
func TestEveryTableIsClassified(t *testing.T) {
	names, err := newDB(t).db.Tables(t.Context())
	must(t, err)
	var classified []string
	for _, table := range backedUp() {
		classified = append(classified, table.Name)
	}
	classified = append(classified, notBackedUp()...)
	slices.Sort(classified)
	if !slices.Equal(names, classified) {
		t.Errorf("the store has the tables %q, backup.go names %q", names, classified)
	}
}

func testPlace() Place {
	return Place{
		Host: [32]byte{1}, Name: "Choir", Joined: true, Account: ana, Person: "Ana", Role: chat.Member, State: chat.Active,
		Keys: Keys{Transport: [32]byte{31}, Envelope: [32]byte{32}, MLS: [32]byte{33}, Identity: slices.Repeat([]byte{34}, 32)},
	}
}

// FEATURES P3, P5, Z8: what a backup has of a client is its history and what was
// begun, never its keys; repaired with those it goes on, with what was not sent.
func TestBackupAndRepair(t *testing.T) {
	ctx := t.Context()
	dir := t.TempDir()
	path := filepath.Join(dir, "place.db")
	d := openAt(t, path)
	fill(t, d)
	must(t, d.SavePlace(ctx, testPlace()))
	var batch []Message
	for i := range uint64(300) {
		batch = append(batch, text(10+i, i+1))
	}
	must(t, d.Apply(ctx, Batch{Room: chat.Lobby, Own: ana, Messages: batch}))
	folder := backup.Folder(filepath.Join(dir, "backup"))
	b, err := folder.Make(ctx, d, time.Now(), func(ctx context.Context, path string) (backup.Restored, error) {
		return Open(ctx, path, [32]byte{7}, slog.New(slog.DiscardHandler))
	})
	must(t, err)
	for i := range 3 {
		_, err := d.Enqueue(ctx, Outgoing{Room: chat.Lobby, ID: chat.MessageID{9, byte(i)}, Kind: 1, Body: []byte("not sent"), Created: 1})
		must(t, err)
	}
	must(t, d.SetDraft(ctx, chat.Lobby, "begun"))
	must(t, d.Close())

	copied := filepath.Join(dir, "copy.db")
	must(t, backup.Restore(ctx, b.Path, copied))
	c := openAt(t, copied)
	p, err := c.Place(ctx)
	must(t, err)
	if p.Keys.Transport != [32]byte{} || p.Keys.Envelope != [32]byte{} || p.Keys.MLS != [32]byte{} || p.Keys.Identity != nil {
		t.Error("the backup has private keys")
	}
	if p.Name != "Choir" || p.Account != ana {
		t.Errorf("the backup has the place %+v", p)
	}
	must(t, c.Close())

	// The file loses its first half of a page somewhere in the messages.
	content, err := os.ReadFile(path)
	must(t, err)
	copy(content[len(content)*2/3&^4095:], make([]byte, 2048))
	must(t, os.WriteFile(path, content, 0o600))
	aside, err := sqlite.SetAside(path)
	must(t, err)
	must(t, backup.Restore(ctx, b.Path, path))
	keys := testPlace().Keys
	taken, lost, err := Repaired(ctx, path, [32]byte{7}, aside, &keys, slog.New(slog.DiscardHandler))
	must(t, err)
	t.Logf("%d rows taken, %d parts lost", taken, lost)
	d = openAt(t, path)
	defer d.Close()
	if p, err = d.Place(ctx); err != nil || p.Keys.Transport != keys.Transport || !slices.Equal(p.Keys.Identity, keys.Identity) || !p.Joined {
		t.Errorf("after the repair: joined %v, %v", p.Joined, err)
	}
	rows, err := d.After(ctx, chat.Lobby, 0, MaxPage)
	if must(t, err); len(rows) != 301 {
		t.Errorf("%d rows, want 301", len(rows))
	}
	out, err := d.Outbox(ctx, chat.Lobby)
	must(t, err)
	if len(out) != 3 || out[0].ID != (chat.MessageID{9, 0}) {
		t.Errorf("in the outbox: %+v", out)
	}
	if draft, err := d.Draft(ctx, chat.Lobby); err != nil || draft != "begun" {
		t.Errorf("draft %q, %v", draft, err)
	}
	next, err := d.Enqueue(ctx, Outgoing{Room: chat.Lobby, ID: chat.MessageID{9, 99}, Kind: 1, Body: []byte("x"), Created: 1})
	if want := out[len(out)-1].Counter + 1; err != nil || next != want {
		t.Errorf("the next counter is %d, %v; want %d", next, err, want)
	}
}

// BenchmarkBackup measures a backup and its proof.
func BenchmarkBackup(b *testing.B) {
	const n = 100_000
	d := openAt(b, filepath.Join(b.TempDir(), "place.db"))
	fill(b, d)
	for from := uint64(0); from < n; from += 1000 {
		var batch []Message
		for i := from; i < from+1000; i++ {
			batch = append(batch, text(10+i, i+1))
		}
		after := uint64(0)
		if from > 0 {
			after = 9 + from
		}
		must(b, d.Apply(b.Context(), Batch{Room: chat.Lobby, After: after, Own: ana, Messages: batch}))
	}
	folder := backup.Folder(b.TempDir())
	b.Run(fmt.Sprintf("messages=%d", n), func(b *testing.B) {
		for b.Loop() {
			_, err := folder.Make(b.Context(), d, time.Now(), func(ctx context.Context, path string) (backup.Restored, error) {
				return Open(ctx, path, [32]byte{7}, slog.New(slog.DiscardHandler))
			})
			must(b, err)
		}
	})
	must(b, d.Close())
}
