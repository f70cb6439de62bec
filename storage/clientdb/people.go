package clientdb

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/sqlite"
)

// Account is what this device knows of a person. Identity, FirstSeen, Changed,
// Verified, Proof and Doubt are its pin table; Role, State and Seen are what the
// host says.
type Account struct {
	ID        chat.AccountID
	Name      string
	Identity  [32]byte // zero: the directory has not told yet
	FirstSeen int64
	Changed   int64 // last time the identity became another one, 0: never
	Verified  int64 // when this identity was verified, 0: not; written by SetVerified and its like only
	Proof     Proof // how
	Doubt     Doubt // 0: none
	Role      chat.Role
	State     chat.AccountState // 0: not in the host's list
	Seen      int64
	Blocked   int64 // when this person blocked them, 0: not; written by SetBlocked only
}

// Device is a device of an account, as its certificate and the directory prove.
type Device struct {
	ID          chat.DeviceID
	Account     chat.AccountID
	Certificate []byte
	Seq         uint64 // directory row that brought it
	Revoked     uint64 // directory row that ended it, 0: none did
}

// Revocation is one numbered revocation of an identity.
type Revocation struct {
	Identity [32]byte
	Number   uint64
	Device   chat.DeviceID
	At       int64
	Seq      uint64 // directory row that brought it
}

// People returns all accounts, devices and revocations.
func (d *DB) People(ctx context.Context) (accounts []Account, devices []Device, revocations []Revocation, err error) {
	tx, err := d.db.Read().BeginTx(ctx, &sql.TxOptions{ReadOnly: true}) // one moment of all three
	if err != nil {
		return nil, nil, nil, fmt.Errorf("read people: %w", sqlite.Explain(err))
	}
	defer tx.Rollback() // it only read
	err = each(ctx, tx, `SELECT `+accountColumns+` FROM account ORDER BY number`, func(scan func(...any) error) error {
		a, err := scanAccount(scan)
		accounts = append(accounts, a)
		return err
	})
	if err == nil {
		err = each(ctx, tx, `SELECT device.id, account.id, certificate, seq, revoked FROM device JOIN account ON account.number = device.account ORDER BY device.number`, func(scan func(...any) error) error {
			var v Device
			var id, account []byte
			if err := scan(&id, &account, &v.Certificate, &v.Seq, &v.Revoked); err != nil {
				return err
			}
			copy(v.ID[:], id)
			copy(v.Account[:], account)
			devices = append(devices, v)
			return nil
		})
	}
	if err == nil {
		err = each(ctx, tx, `SELECT identity, number, device, at, seq FROM revocation ORDER BY identity, number`, func(scan func(...any) error) error {
			var r Revocation
			var identity, device []byte
			if err := scan(&identity, &r.Number, &device, &r.At, &r.Seq); err != nil {
				return err
			}
			copy(r.Identity[:], identity)
			copy(r.Device[:], device)
			revocations = append(revocations, r)
			return nil
		})
	}
	if err != nil {
		return nil, nil, nil, fmt.Errorf("read people: %w", sqlite.Explain(err))
	}
	return accounts, devices, revocations, nil
}

const accountColumns = `id, name, coalesce(identity, x''), first_seen, changed, verified, proof, doubt, role, state, seen, blocked`

func scanAccount(scan func(...any) error) (Account, error) {
	var a Account
	var id, identity []byte
	if err := scan(&id, &a.Name, &identity, &a.FirstSeen, &a.Changed, &a.Verified, &a.Proof, &a.Doubt, &a.Role, &a.State, &a.Seen, &a.Blocked); err != nil {
		return a, err
	}
	copy(a.ID[:], id)
	copy(a.Identity[:], identity)
	return a, nil
}

type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// each runs a query and calls row for each of its rows.
func each(ctx context.Context, q queryer, query string, row func(scan func(...any) error) error, args ...any) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// SetListed takes what the host says of accounts: Name (only of those that the
// directory has not named), Role, State and Seen. With whole, those that are
// not among them leave the list.
func (d *DB) SetListed(ctx context.Context, accounts []Account, whole bool) error {
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		if whole {
			if _, err := tx.ExecContext(ctx, `UPDATE account SET state = 0`); err != nil {
				return fmt.Errorf("save people: %w", err)
			}
		}
		for _, a := range accounts {
			_, err := d.in(ctx, tx, listAccount).ExecContext(ctx, a.ID[:], a.Name, a.FirstSeen, a.Role, a.State, a.Seen)
			if err != nil {
				return fmt.Errorf("save people: %w", err)
			}
		}
		return nil
	})
}

// pin writes what the directory proves of an account. An identity that is another
// one is not verified; if the one before was, that is a doubt.
func (d *DB) pin(ctx context.Context, tx *sql.Tx, a Account) error {
	if _, err := d.in(ctx, tx, pinAccount).ExecContext(ctx, a.ID[:], a.Name, a.Identity[:], a.FirstSeen, a.Changed); err != nil {
		return fmt.Errorf("pin account: %w", err)
	}
	return nil
}

func (d *DB) saveDevice(ctx context.Context, tx *sql.Tx, v Device) error {
	if _, err := d.in(ctx, tx, putDevice).ExecContext(ctx, v.ID[:], v.Account[:], v.Certificate, v.Seq, v.Revoked); err != nil {
		return fmt.Errorf("save device: %w", err)
	}
	return nil
}

func saveRevocation(ctx context.Context, tx *sql.Tx, r Revocation) error {
	_, err := tx.ExecContext(ctx, `INSERT OR IGNORE INTO revocation (identity, number, device, at, seq) VALUES (?, ?, ?, ?, ?)`,
		r.Identity[:], r.Number, r.Device[:], r.At, r.Seq)
	if err != nil {
		return fmt.Errorf("save revocation: %w", err)
	}
	return nil
}
