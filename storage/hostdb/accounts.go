package hostdb

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/sqlite"
)

// Load returns everything that is kept of the place's people.
func (db *DB) Load(ctx context.Context) (chat.Roster, error) {
	var r chat.Roster
	tx, err := db.db.Read().BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return r, fmt.Errorf("load people: %w", sqlite.Explain(err))
	}
	defer func() { _ = tx.Rollback() }() // it only read
	for _, load := range []func(*sql.Tx, *chat.Roster) error{loadPlace, loadAccounts, loadDevices, loadInvites, loadWaiting} {
		if err := load(tx, &r); err != nil {
			return r, fmt.Errorf("load people: %w", sqlite.Explain(err))
		}
	}
	return r, nil
}

func loadPlace(tx *sql.Tx, r *chat.Roster) error {
	var lineage []byte
	var p chat.Place
	if err := tx.QueryRow("SELECT lineage, lost_after, lost_until, name, mode, max_file, files_total, files_keep FROM place").Scan(&lineage, &r.LostAfter, &r.LostUntil, &p.Name, &p.Mode, &p.MaxFile, &p.Files.Total, &p.Files.Keep); err != nil {
		return err
	}
	copy(r.Lineage[:], lineage)
	if p.Mode != 0 {
		r.Place = &p
	}
	return nil
}

// each calls scan for each row of a query.
func each(tx *sql.Tx, query string, scan func(*sql.Rows) error) error {
	rows, err := tx.Query(query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func loadAccounts(tx *sql.Tx, r *chat.Roster) error {
	return each(tx, `SELECT id, name, skeleton, role, state, identity, record, created, fails, failed_at, banned_until, reason, by,
		reset_hash, reset_until, invite, invited_by, revocations, kit_id, kit, kit_at FROM account ORDER BY created, id`, func(rows *sql.Rows) error {
		var a chat.Account
		var id, identity, by, invitedBy []byte
		if err := rows.Scan(&id, &a.Name, &a.Skeleton, &a.Role, &a.State, &identity, &a.Record, &a.Created, &a.Fails, &a.FailedAt,
			&a.BannedUntil, &a.Reason, &by, &a.ResetHash, &a.ResetUntil, &a.Invite, &invitedBy, &a.Revocations, &a.KitID, &a.Kit, &a.KitAt); err != nil {
			return err
		}
		copy(a.ID[:], id)
		copy(a.Identity[:], identity)
		copy(a.By[:], by)
		copy(a.InvitedBy[:], invitedBy)
		r.Accounts = append(r.Accounts, a)
		return nil
	})
}

func loadDevices(tx *sql.Tx, r *chat.Roster) error {
	return each(tx, "SELECT id, account, transport, certificate, created, seen, revoked, note, note_sign FROM device ORDER BY n", func(rows *sql.Rows) error {
		var d chat.Device
		var id, account, transport []byte
		if err := rows.Scan(&id, &account, &transport, &d.Certificate, &d.Created, &d.Seen, &d.Revoked, &d.Note, &d.NoteSign); err != nil {
			return err
		}
		copy(d.ID[:], id)
		copy(d.Account[:], account)
		copy(d.Transport[:], transport)
		r.Devices = append(r.Devices, d)
		return nil
	})
}

func loadInvites(tx *sql.Tx, r *chat.Roster) error {
	return each(tx, "SELECT id, by, role, uses, used, created, expires, revoked, ask_first, personal FROM invite ORDER BY created, id", func(rows *sql.Rows) error {
		var i chat.Invite
		var id, by []byte
		if err := rows.Scan(&id, &by, &i.Role, &i.Uses, &i.Used, &i.Created, &i.Expires, &i.Revoked, &i.AskFirst, &i.Personal); err != nil {
			return err
		}
		copy(i.ID[:], id)
		copy(i.By[:], by)
		r.Invites = append(r.Invites, i)
		return nil
	})
}

func loadWaiting(tx *sql.Tx, r *chat.Roster) error {
	return each(tx, "SELECT device, received, counter, id, envelope, signature FROM waiting ORDER BY n", func(rows *sql.Rows) error {
		row := chat.Row{Room: chat.Directory}
		var device, id []byte
		if err := rows.Scan(&device, &row.Received, &row.Counter, &id, &row.Envelope, &row.Signature); err != nil {
			return err
		}
		copy(row.Device[:], device)
		copy(row.ID[:], id)
		r.Waiting = append(r.Waiting, row)
		return nil
	})
}

// Apply stores a change whole or not at all, and returns once it is on disk.
// Before that, after the commit, it calls committed on the store's goroutine: in
// one order with what Append calls. Seq of the change's rows is set by then. An
// error is chat.ErrCounter if a row's counter does not follow.
func (db *DB) Apply(ctx context.Context, c *chat.Change, committed func()) error {
	err := db.db.WriteThen(ctx, func(tx *sql.Tx) error { return db.apply(tx, c) }, committed)
	if err != nil {
		return fmt.Errorf("store change: %w", explain(err))
	}
	return nil
}

func (db *DB) apply(tx *sql.Tx, c *chat.Change) error {
	if p := c.Place; p != nil {
		if _, err := tx.Exec("UPDATE place SET name = ?, mode = ?, max_file = ?, files_total = ?, files_keep = ?",
			p.Name, p.Mode, p.MaxFile, p.Files.Total, p.Files.Keep); err != nil {
			return err
		}
	}
	for i := range c.Invites {
		if err := putInvite(tx, &c.Invites[i]); err != nil {
			return err
		}
	}
	for _, id := range c.Expire {
		if _, err := tx.Exec("DELETE FROM invite WHERE id = ?", id[:]); err != nil {
			return err
		}
	}
	for _, id := range c.Forget {
		for _, q := range []string{
			"DELETE FROM span WHERE account = ?",
			"DELETE FROM member WHERE account = ?",
			"DELETE FROM key_package WHERE device IN (SELECT n FROM device WHERE account = ?)",
			"DELETE FROM mail WHERE recipient IN (SELECT n FROM device WHERE account = ?)",
			"DELETE FROM mail WHERE sender IN (SELECT n FROM device WHERE account = ?)",
			"DELETE FROM waiting WHERE device IN (SELECT id FROM device WHERE account = ?)",
			"DELETE FROM device WHERE account = ?",
			"DELETE FROM account WHERE id = ?",
		} {
			if _, err := tx.Exec(q, id[:]); err != nil {
				return err
			}
		}
	}
	for i := range c.Accounts {
		if err := putAccount(tx, &c.Accounts[i]); err != nil {
			return err
		}
	}
	for i := range c.Devices {
		if err := putDevice(tx, &c.Devices[i]); err != nil {
			return err
		}
	}
	for i := range c.Hold {
		row := &c.Hold[i]
		if _, err := tx.Exec("INSERT INTO waiting (device, received, counter, id, envelope, signature) VALUES (?, ?, ?, ?, ?, ?)",
			row.Device[:], row.Received, row.Counter, row.ID[:], row.Envelope, row.Signature); err != nil {
			return err
		}
	}
	for _, id := range c.Release {
		if _, err := tx.Exec("DELETE FROM waiting WHERE device = ?", id[:]); err != nil {
			return err
		}
	}
	for i := range c.Rooms {
		if err := putRoom(tx, &c.Rooms[i]); err != nil {
			return err
		}
	}
	for i := range c.Members {
		if err := putMember(tx, &c.Members[i]); err != nil {
			return err
		}
	}
	w := db.writerOf(tx)
	for i := range c.Rows {
		a := appending{Post: &chat.Post{Row: &c.Rows[i]}}
		if err := w.append(&a); err != nil {
			return err
		}
		if a.outcome != chat.Appended {
			return fmt.Errorf("%w: %d after %d", chat.ErrCounter, c.Rows[i].Counter, a.last)
		}
	}
	return putAudit(tx, c.Audit)
}

// nilIfEmpty stores an empty slice as NULL.
func nilIfEmpty(b []byte) any {
	if len(b) == 0 {
		return nil
	}
	return b
}

func putAccount(tx *sql.Tx, a *chat.Account) error {
	_, err := tx.Exec(`INSERT INTO account (id, name, skeleton, role, state, identity, record, created, fails, failed_at, banned_until, reason, by,
		reset_hash, reset_until, invite, invited_by, revocations, kit_id, kit, kit_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, skeleton = excluded.skeleton, role = excluded.role, state = excluded.state,
		identity = excluded.identity, record = excluded.record, fails = excluded.fails, failed_at = excluded.failed_at,
		banned_until = excluded.banned_until, reason = excluded.reason, by = excluded.by, reset_hash = excluded.reset_hash, reset_until = excluded.reset_until,
		revocations = excluded.revocations, kit_id = excluded.kit_id, kit = excluded.kit, kit_at = excluded.kit_at`,
		a.ID[:], a.Name, a.Skeleton, a.Role, a.State, a.Identity[:], nilIfEmpty(a.Record), a.Created, a.Fails, a.FailedAt, a.BannedUntil, a.Reason, a.By[:],
		nilIfEmpty(a.ResetHash), a.ResetUntil, nilIfEmpty(a.Invite), a.InvitedBy[:], a.Revocations, nilIfEmpty(a.KitID), nilIfEmpty(a.Kit), a.KitAt)
	return err
}

func putDevice(tx *sql.Tx, d *chat.Device) error {
	_, err := tx.Exec(`INSERT INTO device (id, account, transport, certificate, created, seen, revoked, note, note_sign) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET certificate = excluded.certificate, seen = excluded.seen, revoked = excluded.revoked, note = excluded.note, note_sign = excluded.note_sign`,
		d.ID[:], d.Account[:], d.Transport[:], d.Certificate, d.Created, d.Seen, d.Revoked, nilIfEmpty(d.Note), nilIfEmpty(d.NoteSign))
	if err != nil || d.Revoked == 0 {
		return err
	}
	// Nobody shall add it to a room any more, and it hears nothing.
	for _, q := range []string{
		"DELETE FROM key_package WHERE device = (SELECT n FROM device WHERE id = ?)",
		"DELETE FROM mail WHERE recipient = (SELECT n FROM device WHERE id = ?)",
	} {
		if _, err := tx.Exec(q, d.ID[:]); err != nil {
			return err
		}
	}
	return nil
}

func putInvite(tx *sql.Tx, i *chat.Invite) error {
	_, err := tx.Exec(`INSERT INTO invite (id, by, role, uses, used, created, expires, revoked, ask_first, personal) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET used = excluded.used, revoked = excluded.revoked`,
		i.ID[:], i.By[:], i.Role, i.Uses, i.Used, i.Created, i.Expires, i.Revoked, i.AskFirst, i.Personal)
	return err
}
