package clientdb

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/sqlite"
)

// Proof says how a person was verified. Stored: append only.
type Proof uint8

// The proofs.
const (
	ByPictures Proof = 1 // both compared seven pictures
	ByNumber   Proof = 2 // this person compared the safety number
	ByInvite   Proof = 3 // a personal link brought them together
)

// Doubt says why nothing private is sent to a person until this one has answered.
// Stored: append only.
type Doubt uint8

// The doubts.
const (
	KeysChanged Doubt = 1 // a verified identity became another one
	NoMatch     Doubt = 2 // the pictures differed
)

// SetVerified says that this person verified the identity of an account: what was
// doubtful is not any more. An invite replaces no stronger proof and ends no doubt.
// ErrNotFound says that the account has another identity, or that there is none.
func (d *DB) SetVerified(ctx context.Context, account chat.AccountID, identity [32]byte, by Proof, at int64) error {
	return d.db.Write(ctx, func(tx *sql.Tx) error { return setVerified(ctx, tx, account, identity, by, at) })
}

func setVerified(ctx context.Context, tx *sql.Tx, account chat.AccountID, identity [32]byte, by Proof, at int64) error {
	res, err := tx.ExecContext(ctx, `UPDATE account SET
			proof = iif(?1 = 3 AND (verified > 0 OR doubt > 0), proof, ?1),
			verified = iif(?1 = 3 AND (verified > 0 OR doubt > 0), verified, ?2),
			judged = iif(?1 = 3, judged, max(?2, judged + 1)),
			doubt = iif(?1 = 3, doubt, 0)
		WHERE id = ?3 AND identity = ?4`, by, at, account[:], identity[:])
	if err != nil {
		return fmt.Errorf("verify account: %w", err)
	}
	return oneRow(res)
}

func oneRow(res sql.Result) error {
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, ErrNotFound)
	}
	return nil
}

// SetDoubt says that an identity of an account is doubtful since then, and not
// verified any more. ErrNotFound is that of SetVerified.
func (d *DB) SetDoubt(ctx context.Context, account chat.AccountID, identity [32]byte, why Doubt, at int64) error {
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `UPDATE account SET doubt = ?, verified = 0, proof = 0, judged = max(?, judged + 1) WHERE id = ? AND identity = ?`, why, at, account[:], identity[:])
		if err != nil {
			return fmt.Errorf("doubt account: %w", err)
		}
		return oneRow(res)
	})
}

// EndDoubt says that this person has decided then to write to an account, whatever
// was doubtful about this identity. ErrNotFound is that of SetVerified.
func (d *DB) EndDoubt(ctx context.Context, account chat.AccountID, identity [32]byte, at int64) error {
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `UPDATE account SET doubt = 0, judged = max(?, judged + 1) WHERE id = ? AND identity = ?`, at, account[:], identity[:])
		if err != nil {
			return fmt.Errorf("end doubt: %w", err)
		}
		return oneRow(res)
	})
}

// Trust is what this person knows of an identity of an account.
type Trust struct {
	Account  chat.AccountID
	Identity [32]byte
	Verified int64 // when, 0: not
	Proof    Proof
	Doubt    Doubt
	Judged   int64 // when this person said so, on any device; 0: they did not, it came by itself
}

// Trusts returns what this person knows of others, at most n, of those of whom they
// said something last; in the order of the accounts.
func (d *DB) Trusts(ctx context.Context, n int) ([]Trust, error) {
	var out []Trust
	err := each(ctx, d.db.Read(), `SELECT id, identity, verified, proof, doubt, judged FROM account
		WHERE identity IS NOT NULL AND (verified > 0 OR doubt > 0 OR judged > 0) ORDER BY max(verified, judged) DESC, id LIMIT ?`, func(scan func(...any) error) error {
		var t Trust
		var id, key []byte
		err := scan(&id, &key, &t.Verified, &t.Proof, &t.Doubt, &t.Judged)
		copy(t.Account[:], id)
		copy(t.Identity[:], key)
		out = append(out, t)
		return err
	}, n)
	if err != nil {
		return nil, fmt.Errorf("read whom the person verified: %w", sqlite.Explain(err))
	}
	slices.SortFunc(out, func(a, b Trust) int { return bytes.Compare(a.Account[:], b.Account[:]) })
	return out, nil
}

// maxJudged is a time that no clock says: what is later was not said by a person.
const maxJudged = 1 << 62

// Adopt takes what another device of this person knows of others: of identities that
// the directory has now, where the person has said it later than what is known here.
// Of what came by itself it takes what is missing here, and a doubt before a proof.
// It returns whose it took.
func (d *DB) Adopt(ctx context.Context, marks []Trust) (taken []chat.AccountID, err error) {
	err = d.db.Write(ctx, func(tx *sql.Tx) error {
		taken = nil
		for _, m := range marks {
			sound := m.Judged >= 0 && m.Judged <= maxJudged && (m.Verified > 0 && m.Proof >= ByPictures && m.Proof <= ByInvite && m.Doubt == 0 ||
				m.Verified == 0 && m.Proof == 0 && m.Doubt >= KeysChanged && m.Doubt <= NoMatch ||
				m.Verified == 0 && m.Proof == 0 && m.Doubt == 0 && m.Judged > 0)
			if !sound {
				continue
			}
			res, err := tx.ExecContext(ctx, `UPDATE account SET verified = ?1, proof = ?2, doubt = ?3, judged = ?4 WHERE id = ?5 AND identity = ?6
				AND (judged < ?4 OR judged = ?4 AND doubt = 0 AND (?3 > 0 OR verified = 0 AND ?1 > 0))`,
				m.Verified, m.Proof, m.Doubt, m.Judged, m.Account[:], m.Identity[:])
			if err != nil {
				return fmt.Errorf("adopt mark: %w", err)
			}
			if n, err := res.RowsAffected(); err != nil {
				return err
			} else if n > 0 {
				taken = append(taken, m.Account)
			}
		}
		return nil
	})
	return taken, err
}

// Account returns one account, ErrNotFound if the store does not have it.
func (d *DB) Account(ctx context.Context, id chat.AccountID) (Account, error) {
	var a Account
	err := each(ctx, d.db.Read(), `SELECT `+accountColumns+` FROM account WHERE id = ?`, func(scan func(...any) error) (err error) {
		a, err = scanAccount(scan)
		return err
	}, id[:])
	if err != nil {
		return a, fmt.Errorf("read account: %w", sqlite.Explain(err))
	}
	if a.ID != id {
		return a, ErrNotFound
	}
	return a, nil
}

// Introduction is the personal link by which this person came into the place.
type Introduction struct {
	Secret  [16]byte
	Inviter [16]byte // begin of SHA-256 of its maker's identity
	Asked   int64    // last time the maker was told, 0: not yet
}

// LogValue keeps the secret out of logs.
func (Introduction) LogValue() slog.Value { return slog.StringValue("[secret]") }

// Format prints "[secret]" for every verb.
func (Introduction) Format(f fmt.State, _ rune) { fmt.Fprint(f, "[secret]") }

// SetIntroduction keeps the link, in the place of an older one.
func (d *DB) SetIntroduction(ctx context.Context, i Introduction) error {
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO introduction (one, secret, inviter, asked) VALUES (1, ?, ?, ?)`, i.Secret[:], i.Inviter[:], i.Asked)
		if err != nil {
			return fmt.Errorf("save introduction: %w", err)
		}
		return nil
	})
}

// Introduction returns the link, ErrNotFound if there is none.
func (d *DB) Introduction(ctx context.Context) (Introduction, error) {
	var i Introduction
	var secret, inviter []byte
	err := d.db.Read().QueryRowContext(ctx, `SELECT secret, inviter, asked FROM introduction`).Scan(&secret, &inviter, &i.Asked)
	if errors.Is(err, sql.ErrNoRows) {
		return i, ErrNotFound
	}
	if err != nil {
		return i, fmt.Errorf("read introduction: %w", sqlite.Explain(err))
	}
	copy(i.Secret[:], secret)
	copy(i.Inviter[:], inviter)
	return i, nil
}

// DropIntroduction forgets the link: it has served, or is of no use.
func (d *DB) DropIntroduction(ctx context.Context) error {
	return d.db.Write(ctx, dropIntroduction(ctx))
}

func dropIntroduction(ctx context.Context) func(*sql.Tx) error {
	return func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM introduction`); err != nil {
			return fmt.Errorf("forget introduction: %w", err)
		}
		return nil
	}
}

// Introduced says that the maker of the link has answered: it is forgotten, and
// the account verified by it.
func (d *DB) Introduced(ctx context.Context, account chat.AccountID, identity [32]byte, at int64) error {
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		if err := setVerified(ctx, tx, account, identity, ByInvite, at); err != nil {
			return err
		}
		return dropIntroduction(ctx)(tx)
	})
}

// UseInvite says that an account proved to have come by a personal link that was
// made here, and verifies it. Only the first identity to do so counts: ErrNotFound
// says that it was another one, or the link is none of these, or what SetVerified
// says with it. The same one may come again.
func (d *DB) UseInvite(ctx context.Context, invite [32]byte, account chat.AccountID, identity [32]byte, at int64) error {
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `UPDATE invite SET proved = ?1 WHERE id = ?2 AND length(inviter) > 0 AND (proved IS NULL OR proved = ?1)`, identity[:], invite[:])
		if err != nil {
			return fmt.Errorf("use invite: %w", err)
		}
		if err := oneRow(res); err != nil {
			return err
		}
		return setVerified(ctx, tx, account, identity, ByInvite, at)
	})
}
