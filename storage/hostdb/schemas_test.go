package hostdb_test

import (
	"bytes"
	"flag"
	"io"
	"log/slog"
	"testing"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/hostdb"
	"github.com/snugchat/snug/storage/sqlite/sqlitetest"
)

var update = flag.Bool("update", false, "make the stored databases that are missing")

// Fault 16: a store of every past version opens, keeps every row, and can be read.
// schema1.db was written by the first host; each other one holds what the version
// before had, and what its own version wrote.
func TestEveryPastSchemaOpens(t *testing.T) {
	den := chat.RoomID(bytes.Repeat([]byte{0x33}, 16))
	past := sqlitetest.Past{
		Key: [32]byte{7}, Migrations: hostdb.Migrations(), Update: *update,
		Open: func(t *testing.T, path string) io.Closer {
			db, err := hostdb.Open(t.Context(), path, [32]byte{7}, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			return db
		},
		Fill: map[int]string{
			1: "-- by the first host",
			2: `
				INSERT INTO room (n, id, kind, name, topic, by, created) VALUES (33, x'33333333333333333333333333333333', 3, '', '', (SELECT id FROM account LIMIT 1), 5000);
				INSERT INTO member (room, account, admin, since) VALUES (33, (SELECT id FROM account LIMIT 1), 1, 3);
				INSERT INTO envelope (seq, room, device, counter, id, received, envelope, signature)
					VALUES (4, 33, (SELECT n FROM device LIMIT 1), 1, randomblob(16), 5001, randomblob(256), randomblob(64));
				INSERT INTO checkpoint (room, seq, chain) VALUES (33, 4, randomblob(32));
				INSERT INTO key_package (device, last_resort, package) VALUES ((SELECT n FROM device LIMIT 1), 1, randomblob(300));
				INSERT INTO mail (recipient, sender, id, room, kind, data, at)
					VALUES ((SELECT n FROM device LIMIT 1), (SELECT n FROM device LIMIT 1), randomblob(16), x'33333333333333333333333333333333', 1, x'0102', 5002);`,
			3: `
				UPDATE device SET note = x'0304', note_sign = randomblob(64);
				UPDATE account SET revocations = 2, kit_id = randomblob(32), kit = randomblob(200), kit_at = 5003;`,
			4: `
				INSERT INTO span (room, account, since, until) VALUES (33, (SELECT id FROM account LIMIT 1), 1, 2);`,
			5: `
				UPDATE place SET files_total = 5004, files_keep = 5005, marked = 4;
				INSERT INTO named (room, id, root, device) VALUES ((SELECT n FROM room LIMIT 1), randomblob(16), randomblob(32), (SELECT n FROM device LIMIT 1));
				INSERT INTO pin (room, target) VALUES ((SELECT n FROM room LIMIT 1), randomblob(16));`,
		},
	}
	past.Run(t, func(t *testing.T, schema int, store io.Closer) {
		db, ctx := store.(*hostdb.DB), t.Context()
		r, err := db.Load(ctx)
		if err != nil || len(r.Accounts) != 1 || len(r.Devices) != 1 || r.Place == nil || r.Place.Name != "Old place" {
			t.Fatalf("got %+v, %v", r, err)
		}
		if got := r.Accounts[0]; (got.KitAt == 5003) != (schema >= 3) || (got.Revocations == 2) != (schema >= 3) {
			t.Errorf("account %+v", got)
		}
		if rows, _, err := db.After(ctx, chat.Lobby, 0, 10, 1<<20); err != nil || len(rows) != 3 || !bytes.Equal(rows[2].Envelope, bytes.Repeat([]byte{3}, 256)) {
			t.Errorf("rows: %d, %v", len(rows), err)
		}
		if _, _, err := db.CheckAudit(ctx); err != nil {
			t.Errorf("audit: %v", err)
		}
		if schema < 2 {
			return
		}
		if rows, _, err := db.After(ctx, den, 0, 10, 1<<20); err != nil || len(rows) != 1 || rows[0].Seq != 4 {
			t.Errorf("rows of the sealed room: %+v, %v", rows, err)
		}
		if mails, err := db.Mails(ctx, r.Devices[0].ID, 0, 1<<20); err != nil || len(mails) != 1 || !bytes.Equal(mails[0].Data, []byte{1, 2}) {
			t.Errorf("mails %+v, %v", mails, err)
		}
		if k, err := db.KeyPackages(ctx, r.Devices[0].ID); err != nil || !k.LastResort {
			t.Errorf("key packages %+v, %v", k, err)
		}
	})
}
