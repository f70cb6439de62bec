package hostdb_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/snugchat/snug/storage/backup"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/hostdb"
	"github.com/snugchat/snug/storage/sqlite"
)

func reopened(ctx context.Context, path string) (backup.Restored, error) {
	return hostdb.Open(ctx, path, [32]byte{7}, slog.New(slog.DiscardHandler))
}

// say posts so many messages of a device after counter, and returns their rows.
func say(t *testing.T, db *hostdb.DB, device chat.DeviceID, after, n uint64) (rows []*chat.Row) {
	t.Helper()
	for c := after + 1; c <= after+n; c++ {
		r := row(device, c, 'm')
		if got := post(t, db, r); got.outcome != chat.Appended {
			t.Fatalf("message %d: %v", c, got)
		}
		rows = append(rows, r)
	}
	return rows
}

// FEATURES P3, Z8: a backup is made while people write, proved before it has a
// name, and bounded in number; nothing else stays in its folder.
func TestBackupIsProvedAndBounded(t *testing.T) {
	db := fresh(t)
	say(t, db, phone, 0, 50)
	folder := backup.Folder(filepath.Join(t.TempDir(), "backup"))
	night := time.Date(2026, 11, 20, 3, 0, 0, 0, time.UTC)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for c := uint64(1); ; c++ {
			select {
			case <-stop:
				return
			default:
				post(t, db, row(desk, c, 'd'))
			}
		}
	}()
	for i := range 5 {
		b, err := folder.Make(t.Context(), db, night.AddDate(0, 0, i), reopened)
		if err != nil {
			t.Fatal(err)
		}
		if !b.Time.Equal(night.AddDate(0, 0, i)) {
			t.Errorf("proved at %v", b.Time)
		}
	}
	close(stop)
	<-stopped
	all, err := folder.List()
	if err != nil || len(all) != backup.Keep || !all[0].Time.Equal(night.AddDate(0, 0, 4)) {
		t.Errorf("got %v, %v; want the last %d", all, err, backup.Keep)
	}
	if files, err := os.ReadDir(string(folder)); err != nil || len(files) != backup.Keep {
		t.Errorf("in the folder: %v, %v", files, err)
	}
	for _, b := range all {
		content, err := os.ReadFile(b.Path)
		if err != nil || bytes.Contains(content, []byte("SQLite format")) || bytes.Contains(content, bytes.Repeat([]byte{'m'}, 64)) {
			t.Errorf("%s can be read by anybody (%v)", b.Path, err)
		}
	}
}

// spoiled is a store whose backup is not what it says.
type spoiled struct {
	*hostdb.DB
	after func(path string)
}

func (s spoiled) Backup(ctx context.Context, path string) (sqlite.Digest, error) {
	sum, err := s.DB.Backup(ctx, path)
	s.after(path)
	return sum, err
}

func TestBackupThatHoldsSomethingElseGetsNoName(t *testing.T) {
	for name, after := range map[string]func(path string){
		"a row is missing": func(path string) {
			db, err := hostdb.Open(context.Background(), path, [32]byte{7}, slog.New(slog.DiscardHandler))
			if err == nil {
				err = errors.Join(db.Exec(context.Background(), "DELETE FROM envelope WHERE seq = 7"), db.Close())
			}
			if err != nil {
				t.Error(err)
			}
		},
		"a byte of a row is another": func(path string) {
			db, err := hostdb.Open(context.Background(), path, [32]byte{7}, slog.New(slog.DiscardHandler))
			if err == nil {
				err = errors.Join(db.Exec(context.Background(), "UPDATE envelope SET received = received + 1 WHERE seq = 7"), db.Close())
			}
			if err != nil {
				t.Error(err)
			}
		},
		"a bit of the file flipped": func(path string) {
			b, err := os.ReadFile(path)
			if err == nil {
				b[len(b)*3/4] ^= 4 // in a page of rows: nobody reads those of empty tables
				err = os.WriteFile(path, b, 0o600)
			}
			if err != nil {
				t.Error(err)
			}
		},
		"half of the file": func(path string) {
			info, err := os.Stat(path)
			if err == nil {
				err = os.Truncate(path, info.Size()/2)
			}
			if err != nil {
				t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			db := fresh(t)
			say(t, db, phone, 0, 500)
			folder := backup.Folder(t.TempDir())
			first, err := folder.Make(t.Context(), db, time.Unix(1000, 0), reopened)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := folder.Make(t.Context(), spoiled{db, after}, time.Unix(2000, 0), reopened); !errors.Is(err, backup.ErrUnproved) {
				t.Errorf("got %v, want %v", err, backup.ErrUnproved)
			}
			if all, err := folder.List(); err != nil || len(all) != 1 || all[0] != first {
				t.Errorf("got %v, %v; want the one from before", all, err)
			}
		})
	}
}

// A damaged store that ends before its backup, since its log was cut there, takes nothing
// back that was decided or said until then: who was kept out stays out, and a file is
// that of its message.
func TestRepairedStoreKeepsWhatIsNewer(t *testing.T) {
	for name, after := range map[string]func(db *hostdb.DB){
		"after a message": func(db *hostdb.DB) { say(t, db, phone, 10, 1) },
		"after a decision": func(db *hostdb.DB) {
			apply(t, db, &chat.Change{Audit: []chat.Audit{{Time: 2, Action: "ban", Object: "ana"}}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path, aside := filepath.Join(dir, "host.db"), filepath.Join(dir, "older.db")
			db := open(t, path)
			account := chat.Account{ID: ana, Name: "Ana", Skeleton: "ana", Role: chat.Member, State: chat.Active, Created: 1}
			apply(t, db, &chat.Change{
				Place:    &chat.Place{Name: "Choir", Mode: chat.JoinByInvite},
				Accounts: []chat.Account{account},
				Devices:  []chat.Device{{ID: phone, Account: ana, Certificate: []byte("c1"), Created: 1}},
			})
			say(t, db, phone, 0, 10)
			if _, err := db.Backup(t.Context(), aside); err != nil {
				t.Fatal(err)
			}
			after(db)
			account.State = chat.Banned
			apply(t, db, &chat.Change{Accounts: []chat.Account{account}})
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			if _, _, err := hostdb.Repaired(t.Context(), path, [32]byte{7}, aside, slog.New(slog.DiscardHandler)); err != nil {
				t.Fatal(err)
			}
			people, err := open(t, path).Load(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if got, want := people.Accounts[0].State, chat.Banned; got != want {
				t.Errorf("the account is in state %v, want %v", got, want)
			}
		})
	}
}

// FEATURES P5, Z8: a damaged store is restored: rows up to the backup are there
// as they were, those after it that can still be read too, and the new lineage
// gives out no number a second time.
func TestRepairedStoreGoesOn(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "host.db")
	db, err := hostdb.Open(t.Context(), path, [32]byte{7}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	apply(t, db, &chat.Change{
		Place:    &chat.Place{Name: "Choir", Mode: chat.JoinByInvite},
		Accounts: []chat.Account{{ID: ana, Name: "Ana", Skeleton: "ana", Role: chat.Owner, State: chat.Active, Created: 1}},
		Devices:  []chat.Device{{ID: phone, Account: ana, Certificate: []byte("c1"), Created: 1}},
	})
	want := say(t, db, phone, 0, 200)
	folder := backup.Folder(filepath.Join(dir, "backup"))
	b, err := folder.Make(t.Context(), db, time.Now(), reopened)
	if err != nil {
		t.Fatal(err)
	}
	before, err := db.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, say(t, db, phone, 200, 200)...)
	apply(t, db, &chat.Change{Devices: []chat.Device{{ID: desk, Account: ana, Certificate: []byte("c2"), Created: 2}}})
	want = append(want, say(t, db, desk, 0, 5)...)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	content[len(content)/2+77] ^= 1 // a page in the middle
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+"-open", nil, 0o600); err != nil { // and the end was unclean
		t.Fatal(err)
	}
	if _, err := hostdb.Open(t.Context(), path, [32]byte{7}, slog.New(slog.DiscardHandler)); !errors.Is(err, sqlite.ErrDamaged) {
		t.Fatalf("got %v, want %v", err, sqlite.ErrDamaged)
	}
	aside, err := sqlite.SetAside(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := backup.Restore(t.Context(), b.Path, path); err != nil {
		t.Fatal(err)
	}
	taken, lost, err := hostdb.Repaired(t.Context(), path, [32]byte{7}, aside, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d rows taken, %d parts lost", taken, lost)
	db = open(t, path)
	rows, _, err := db.After(t.Context(), chat.Lobby, 0, 1000, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	have := make(map[uint64]chat.Row)
	for _, r := range rows {
		have[r.Seq] = r
	}
	missing := 0
	for i, w := range want {
		got, ok := have[w.Seq]
		switch {
		case !ok && i < 200:
			t.Errorf("row %d of the backup is gone", w.Seq)
		case !ok:
			missing++
		case got.ID != w.ID || !bytes.Equal(got.Envelope, w.Envelope):
			t.Errorf("row %d is another one", w.Seq)
		}
	}
	if missing > 20 {
		t.Errorf("%d rows since the backup are gone: more than lie on a page", missing)
	}
	after, err := db.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if after.Lineage == before.Lineage {
		t.Error("the lineage is the old one")
	}
	if len(after.Devices) != 2 {
		t.Errorf("%d devices, want the one that came after the backup too", len(after.Devices))
	}
	last := want[len(want)-1]
	next := row(desk, last.Counter+1, 'n')
	if got := post(t, db, next); got.outcome != chat.Appended || next.Seq <= last.Seq+1<<31 {
		t.Errorf("the next message: %v, row %d", got, next.Seq)
	}
	if _, err := os.Stat(aside); errors.Is(err, fs.ErrNotExist) {
		t.Error("the damaged file is gone")
	}
}
