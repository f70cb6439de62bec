package hostdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/sqlite"
)

// MaxMail is how many mails a device may have waiting, and MaxMailFrom how many of
// them of one other account, so that nobody fills the box of somebody else. Of the
// kind that anybody in the place may send there are at most MaxStrangers, and
// MaxStranger of one account: comparing pictures takes five.
const (
	MaxMail      = 256
	MaxMailFrom  = 64
	MaxStrangers = 64
	MaxStranger  = 16
)

// errFull comes from putMails when a device has no room for a mail.
var errFull = errors.New("mail does not fit")

const (
	mailFits = `SELECT count(*) < ? AND count(*) FILTER (WHERE s.account = (SELECT account FROM device WHERE id = ?)) < ?
		FROM mail m JOIN device s ON s.n = m.sender WHERE m.recipient = (SELECT n FROM device WHERE id = ?)`
	strangerFits = `SELECT count(*) < ? AND count(*) FILTER (WHERE s.account = (SELECT account FROM device WHERE id = ?)) < ?
		FROM mail m JOIN device s ON s.n = m.sender WHERE m.kind = ? AND m.recipient = (SELECT n FROM device WHERE id = ?)`
	insertMail = `INSERT INTO mail (recipient, sender, id, room, kind, data, root, length, seq, at)
		SELECT t.n, f.n, ?, ?, ?, ?, ?, ?, ?, ? FROM device t, device f WHERE t.id = ? AND f.id = ? ON CONFLICT DO NOTHING`
)

// mailFit reports errFull if one of the mails does not fit. Those of one call
// count as the last ones, so their number has to be bounded by the caller.
func mailFit(tx *sql.Tx, mails []chat.Mail) error {
	for i := range mails {
		m := &mails[i]
		var fits bool
		if err := tx.QueryRow(mailFits, MaxMail, m.From[:], MaxMailFrom, m.To[:]).Scan(&fits); err != nil {
			return err
		}
		if fits && m.Stranger {
			if err := tx.QueryRow(strangerFits, MaxStrangers, m.From[:], MaxStranger, m.Kind, m.To[:]).Scan(&fits); err != nil {
				return err
			}
		}
		if !fits {
			return errFull
		}
	}
	return nil
}

// putMails stores mails that came with a row, or alone (seq 0). One that is there
// already is the same, sent again; one to a device that is not there is left out.
func putMails(tx *sql.Tx, mails []chat.Mail, seq uint64, at int64) error {
	for i := range mails {
		m := &mails[i]
		m.Seq, m.Time = seq, at
		var root any
		if m.Length > 0 {
			root = m.Blob[:]
		}
		data := m.Data
		if data == nil {
			data = []byte{}
		}
		if _, err := tx.Exec(insertMail, m.ID[:], m.Room[:], m.Kind, data, root, m.Length, seq, at, m.To[:], m.From[:]); err != nil {
			return err
		}
	}
	return nil
}

// PutMails stores mails that come with no row: all of them, or none and ok is
// false, if a device has no room for one.
func (db *DB) PutMails(ctx context.Context, mails []chat.Mail, at int64) (ok bool, err error) {
	err = db.db.Write(ctx, func(tx *sql.Tx) error {
		ok = false
		err := mailFit(tx, mails)
		if errors.Is(err, errFull) {
			return nil
		}
		if err != nil {
			return err
		}
		ok = true
		return putMails(tx, mails, 0, at)
	})
	if err != nil {
		return false, fmt.Errorf("store mail: %w", explain(err))
	}
	return ok, nil
}

// Mails returns the mails of a device after n, in their order: at least one if
// there is one, and no more than fit maxBytes of data.
func (db *DB) Mails(ctx context.Context, device chat.DeviceID, after int64, maxBytes int) ([]chat.Mail, error) {
	rows, err := db.db.Read().QueryContext(ctx, `SELECT m.n, m.id, s.id, m.room, m.kind, m.data, m.root, m.length, m.seq, m.at
		FROM mail m JOIN device s ON s.n = m.sender
		WHERE m.recipient = (SELECT n FROM device WHERE id = ?) AND m.n > ? ORDER BY m.n LIMIT ?`, device[:], after, MaxMail)
	if err != nil {
		return nil, fmt.Errorf("read mail: %w", sqlite.Explain(err))
	}
	defer rows.Close()
	var mails []chat.Mail
	bytes := 0
	for rows.Next() {
		m := chat.Mail{To: device}
		var id, from, room, root []byte
		if err := rows.Scan(&m.N, &id, &from, &room, &m.Kind, &m.Data, &root, &m.Length, &m.Seq, &m.Time); err != nil {
			return nil, fmt.Errorf("read mail: %w", sqlite.Explain(err))
		}
		copy(m.ID[:], id)
		copy(m.From[:], from)
		copy(m.Room[:], room)
		copy(m.Blob[:], root)
		bytes += len(m.Data)
		if len(mails) > 0 && bytes > maxBytes {
			return mails, nil
		}
		mails = append(mails, m)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read mail: %w", sqlite.Explain(err))
	}
	return mails, nil
}

// RemoveMail forgets a mail that its device has.
func (db *DB) RemoveMail(ctx context.Context, device chat.DeviceID, id chat.MessageID) error {
	err := db.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec("DELETE FROM mail WHERE recipient = (SELECT n FROM device WHERE id = ?) AND id = ?", device[:], id[:])
		return err
	})
	if err != nil {
		return fmt.Errorf("remove mail: %w", explain(err))
	}
	return nil
}

// ExpireMail forgets mails that came before a time (unix milliseconds).
func (db *DB) ExpireMail(ctx context.Context, before int64) error {
	err := db.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec("DELETE FROM mail WHERE at < ?", before)
		return err
	})
	if err != nil {
		return fmt.Errorf("expire mail: %w", explain(err))
	}
	return nil
}

// MailNames reports whether a device has a mail that names a blob.
func (db *DB) MailNames(ctx context.Context, device chat.DeviceID, root [32]byte) (named bool, err error) {
	err = db.db.Read().QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM mail WHERE root = ? AND recipient = (SELECT n FROM device WHERE id = ?))",
		root[:], device[:]).Scan(&named)
	if err != nil {
		return false, fmt.Errorf("read mail: %w", sqlite.Explain(err))
	}
	return named, nil
}

// PutKeyPackages keeps key packages of one device; with replace it forgets all that
// were kept of it before. If there would be more than most, besides the one of last
// resort, it keeps none of them and ok is false.
func (db *DB) PutKeyPackages(ctx context.Context, device chat.DeviceID, packages []chat.KeyPackage, replace bool, most int) (ok bool, err error) {
	err = db.db.Write(ctx, func(tx *sql.Tx) error {
		ok = false
		var n int64
		if err := tx.QueryRow("SELECT n FROM device WHERE id = ?", device[:]).Scan(&n); err != nil {
			return err
		}
		have := 0
		if !replace {
			if err := tx.QueryRow("SELECT count(*) FROM key_package WHERE device = ? AND last_resort = 0", n).Scan(&have); err != nil {
				return err
			}
		}
		for i := range packages {
			if !packages[i].LastResort {
				have++
			}
		}
		if have > most {
			return nil
		}
		ok = true
		if replace {
			if _, err := tx.Exec("DELETE FROM key_package WHERE device = ?", n); err != nil {
				return err
			}
		}
		for i := range packages {
			p := &packages[i]
			if p.LastResort {
				if _, err := tx.Exec("DELETE FROM key_package WHERE device = ? AND last_resort = 1", n); err != nil {
					return err
				}
			}
			if _, err := tx.Exec("INSERT INTO key_package (device, last_resort, package) VALUES (?, ?, ?)", n, p.LastResort, p.Package); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("store key packages: %w", explain(err))
	}
	return ok, nil
}

// TakeKeyPackages returns one key package of each of the devices that have any,
// the oldest first. With use they are forgotten, so that each is given out once,
// but for those of last resort, which come when there is no other. Without use
// only those of last resort come.
func (db *DB) TakeKeyPackages(ctx context.Context, devices []chat.DeviceID, use bool) (taken []chat.KeyPackage, err error) {
	err = db.db.Write(ctx, func(tx *sql.Tx) error {
		taken = nil
		for _, device := range devices {
			p := chat.KeyPackage{Device: device}
			var n int64
			query := "SELECT n, last_resort, package FROM key_package WHERE device = (SELECT n FROM device WHERE id = ?)"
			if !use {
				query += " AND last_resort = 1"
			}
			err := tx.QueryRow(query+" ORDER BY last_resort, n LIMIT 1", device[:]).Scan(&n, &p.LastResort, &p.Package)
			if errors.Is(err, sql.ErrNoRows) {
				continue
			}
			if err != nil {
				return err
			}
			if !p.LastResort {
				if _, err := tx.Exec("DELETE FROM key_package WHERE n = ?", n); err != nil {
					return err
				}
			}
			taken = append(taken, p)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("take key packages: %w", explain(err))
	}
	return taken, nil
}

// KeyPackages returns how many key packages are kept of a device.
func (db *DB) KeyPackages(ctx context.Context, device chat.DeviceID) (k chat.KeyPackages, err error) {
	err = db.db.Read().QueryRowContext(ctx, `SELECT count(*) FILTER (WHERE last_resort = 0), count(*) FILTER (WHERE last_resort = 1) > 0
		FROM key_package WHERE device = (SELECT n FROM device WHERE id = ?)`, device[:]).Scan(&k.Count, &k.LastResort)
	if err != nil {
		return k, fmt.Errorf("count key packages: %w", sqlite.Explain(err))
	}
	return k, nil
}
