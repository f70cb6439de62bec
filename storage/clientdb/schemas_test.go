package clientdb

import (
	"flag"
	"io"
	"io/fs"
	"testing"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/sqlite/sqlitetest"
)

var update = flag.Bool("update", false, "make the stored databases that are missing")

// pastRoom is a sealed room of the stored databases.
var pastRoom = chat.RoomID{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}

// Fault 16: a store of every past version opens, keeps every row, and can be read.
// schema1.db was written by the first client; each other one holds what the version
// before had, and what its own version wrote.
func TestEveryPastSchemaOpens(t *testing.T) {
	steps, err := fs.Sub(migrations, "migrations")
	must(t, err)
	past := sqlitetest.Past{
		Key: [32]byte{7}, Migrations: steps, Update: *update,
		Open: func(t *testing.T, path string) io.Closer { return openAt(t, path) },
		Fill: map[int]string{
			1: "-- by the first client",
			2: `
				INSERT INTO room (id, kind, name, cursor, chain, counter, read, topic, state, peer, since, chained, admin, maker, created, healed, spoken)
					VALUES (x'0102030405060708090a0b0c0d0e0f10', 3, 'Den', 20, randomblob(32), 2, 19, 'cakes', 1, x'', 15, 1, 1, (SELECT id FROM account LIMIT 1), 5000, 6000, 7);
				UPDATE account SET blocked = 0;
				INSERT INTO message (seq, room, line, id, device, counter, sent, received, kind, body, text, flags, chain)
					VALUES (20, (SELECT number FROM room WHERE name = 'Den'), (SELECT number FROM room WHERE name = 'Den'), randomblob(16), (SELECT number FROM device LIMIT 1), 1, 5001, 5002, 1, x'0102', '', 0, randomblob(32));
				INSERT INTO outbox (room, counter, id, kind, body, created, state, code, seq, post)
					VALUES ((SELECT number FROM room WHERE name = 'Den'), 2, x'22222222222222222222222222222222', 1, x'0304', 5003, 0, 0, 0, x'0506');
				INSERT INTO member (room, account, present, admin, devices, delivered, read)
					VALUES ((SELECT number FROM room WHERE name = 'Den'), (SELECT id FROM account LIMIT 1), 1, 1, 1, 20, 19);
				INSERT INTO grouprow (team, key, value) VALUES (x'0102', x'03', randomblob(300));
				INSERT INTO mail (id, taken) VALUES (randomblob(16), 5004);
				INSERT INTO parcel (root, room, data) VALUES (randomblob(32), (SELECT number FROM room WHERE name = 'Den'), randomblob(700));`,
			3: `
				INSERT INTO message (seq, room, line, id, device, counter, sent, received, kind, body, text, flags, chain)
					VALUES (21, 2, 0, randomblob(16), (SELECT number FROM device LIMIT 1), 4, 5005, 5006, 3, x'0708', '', 0, randomblob(32));
				INSERT INTO relation (room, target, seq) VALUES (2, (SELECT id FROM message WHERE seq = 10), 21);
				INSERT INTO bookmark (room, target, at) VALUES (2, (SELECT id FROM message WHERE seq = 10), 5007);
				UPDATE transfer SET note = x'090a';`,
			4: `
				UPDATE room SET behind = 1 WHERE name = 'Den';
				INSERT INTO recent (seq, room, received, envelope, length, signature) VALUES (21, x'00000000000000000000000000000001', 5006, randomblob(100), 256, randomblob(64));`,
			5: `
				INSERT INTO words (rowid, text, name, tags) VALUES (20, 'cake', '', 'r3 a1');
				INSERT INTO search (one, version, next, until) VALUES (1, 1, 22, 22);`,
			6: `
				UPDATE account SET verified = 5008, proof = 2, doubt = 0;
				INSERT INTO invite (id, secret, inviter, created, proved) VALUES (randomblob(32), randomblob(16), x'0b', 5009, randomblob(32));
				INSERT INTO introduction (one, secret, inviter, asked) VALUES (1, randomblob(16), randomblob(16), 5010);`,
			7: `
				UPDATE room SET muted = 1, pinned = 5011, archived = 0 WHERE name = 'Den';
				UPDATE transfer SET shown = '/home/ana/cake.png';`,
			8: `INSERT INTO past (room, before, until) VALUES ((SELECT number FROM room WHERE name = 'Den'), 15, 3);`,
			9: `UPDATE place SET kit_made = 5012, kit_proved = 5013;`,
			10: `UPDATE account SET judged = 5008;
				UPDATE bookmark SET changed = 5015;`,
			11: `
				INSERT INTO message (seq, room, line, id, device, counter, sent, received, kind, body, text, flags, chain)
					VALUES (2147483670, (SELECT number FROM room WHERE name = 'Den'), (SELECT number FROM room WHERE name = 'Den'), randomblob(16), (SELECT number FROM device LIMIT 1), 9, 5016, 5017, 1, x'0102', '', 131072, randomblob(32));`,
		},
	}
	past.Run(t, func(t *testing.T, schema int, store io.Closer) {
		d, ctx := store.(*DB), t.Context()
		if s, err := d.Draft(ctx, chat.Lobby); err != nil || s != "begun" {
			t.Errorf("draft %q, %v", s, err)
		}
		if m, err := d.Message(ctx, 10); err != nil || string(m.Body) != "body of 10" {
			t.Errorf("row 10: %+v, %v", m, err)
		}
		if x, err := d.Transfer(ctx, chat.MessageID{1}); err != nil || x.Name != "a.txt" || (x.Shown != "") != (schema >= 7) {
			t.Errorf("transfer %+v, %v", x, err)
		}
		if schema < 2 {
			return
		}
		r, err := d.Room(ctx, pastRoom)
		if err != nil || r.Name != "Den" || r.Topic != "cakes" || r.Kind != chat.RoomSealed || r.Since != 15 {
			t.Errorf("room %+v, %v", r, err)
		}
		if out, err := d.Outbox(ctx, pastRoom); err != nil || len(out) != 1 || out[0].ID != (chat.MessageID{0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22}) {
			t.Errorf("outbox %+v, %v", out, err)
		}
		if schema >= 3 {
			if marks, err := d.Bookmarks(ctx); err != nil || len(marks) != 1 || marks[0].At != 5007 {
				t.Errorf("bookmarks %+v, %v", marks, err)
			}
		}
		if schema >= 6 { // whom the person verified, they verified then
			if trust, err := d.Trusts(ctx, 5); err != nil || len(trust) != 1 || trust[0].Verified != 5008 || trust[0].Judged != 5008 {
				t.Errorf("verified %+v, %v", trust, err)
			}
		}
		if schema >= 5 {
			if found, err := d.Search(ctx, Query{Terms: terms("cake"), N: 5}); err != nil || len(found) != 1 {
				t.Errorf("%d messages found, %v", len(found), err)
			}
		}
	})
}
