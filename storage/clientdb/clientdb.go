// Package clientdb is the encrypted store of one place on one member's device:
// the place and the own keys, the people and their pinned identities, rooms and
// messages, what waits to be sent, files under way, invites and drafts.
//
// It must not know connections, and it checks no signature: whoever writes has
// checked. It knows kinds and bodies of messages as numbers and bytes only.
//
// storage/SCHEMA.md specifies it, section clientdb.
package clientdb

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"sync/atomic"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/sqlite"
)

//go:embed migrations/*.sql
var migrations embed.FS

var (
	// ErrNoPlace comes from Place until Create was called.
	ErrNoPlace = errors.New("no place in this store")
	// ErrNoRoom says that the store has no such room.
	ErrNoRoom = errors.New("no such room in this store")
	// ErrNotFound says that the store has no such message, transfer or invite.
	ErrNotFound = errors.New("not in this store")
	// ErrOrder says that rows do not follow what the store has: a bug, or two
	// programs that write to one store.
	ErrOrder = errors.New("rows do not follow the stored ones")
	// ErrOutboxFull comes when MaxOutbox messages wait already.
	ErrOutboxFull = errors.New("too many messages wait to be sent")
)

// DB is an open store. Its methods may be called from any goroutine. They block
// for the disk; those that write return once the change is durable. Errors are
// those of package sqlite besides the ones above.
type DB struct {
	db       *sqlite.DB
	hot      map[string]*sql.Stmt // prepared once, by their text
	groupRow *sql.Stmt            // reads a row of a group

	untrimmed atomic.Int64 // rows kept since the old ones were forgotten
}

// Open opens or creates the store at path. See sqlite.Open for what it needs
// and how it fails.
func Open(ctx context.Context, path string, key [32]byte, log *slog.Logger) (*DB, error) {
	steps, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	db, err := sqlite.Open(ctx, path, key, steps, log)
	if err != nil {
		return nil, err
	}
	d := &DB{db: db}
	d.untrimmed.Store(trimEvery)
	if err := d.prepare(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if db.Unclean() {
		// If messages of this device are missing, its counters are too.
		if err := d.expectRows(ctx); err != nil {
			return nil, errors.Join(err, d.Close())
		}
	}
	return d, nil
}

// The statements that run for every row or message. Compiling one takes longer
// than running it.
const (
	insertMessage = `INSERT INTO message
		(seq, room, line, id, device, counter, sent, received, kind, body, text, flags, chain)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	// findRepeated says "device > 0" so that SQLite uses the partial index.
	findRepeated = `SELECT id FROM message WHERE device = ? AND device > 0 AND room = ? AND counter = ? AND flags & 131072 = 0 LIMIT 1`
	findTaken    = `SELECT id FROM message WHERE id = ? AND device > 0 AND NOT (device = ? AND room = ? AND counter = ?) AND flags & 131072 = 0 LIMIT 1`
	// hasEarlier looks for any message of a device in a room before a row.
	hasEarlier = `SELECT EXISTS (SELECT 1 FROM message WHERE device = ?1 AND device > 0 AND room = ?2 AND seq < ?3 AND seq > ?4 AND flags & 131072 = 0)`
	// areHere finds those of some rows that a room has, all by one look.
	areHere      = `SELECT m.seq FROM json_each(?) AS j CROSS JOIN message AS m WHERE m.seq = j.value AND m.room = ?`
	findRoom     = `SELECT number FROM room WHERE id = ?`
	findDevice   = `SELECT number FROM device WHERE id = ?`
	moveCursor   = `UPDATE room SET cursor = ?, chain = ? WHERE number = ? AND cursor = ?`
	anyOutgoing  = `SELECT EXISTS (SELECT 1 FROM outbox)`
	clearOutbox  = `DELETE FROM outbox WHERE id = ?`
	acknowledge  = `UPDATE outbox SET state = ?, seq = ?, code = 0 WHERE id = ? AND counter > 0`
	findOutgoing = `SELECT counter FROM outbox WHERE id = ?`
	// Counters of what waits have no gaps, so the first of them tells how many
	// there are without reading them.
	countOutbox = `SELECT counter + 1 - coalesce((SELECT min(counter) FROM outbox WHERE room = ?1 AND counter > 0), counter + 1)
		+ (SELECT count(*) FROM outbox WHERE room = ?1 AND counter = 0) FROM room WHERE number = ?1`
	nextCounter = `UPDATE room SET counter = counter + 1 WHERE number = ? RETURNING counter`
	addOutgoing = `INSERT INTO outbox (room, counter, id, kind, body, created, state, code, seq) VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0)`
	listAccount = `INSERT INTO account (id, name, identity, first_seen, changed, verified, role, state, seen)
		VALUES (?, ?, NULL, ?, 0, 0, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET role = excluded.role, state = excluded.state, seen = excluded.seen,
			name = iif(identity IS NULL, excluded.name, name)`
	// In an UPDATE all expressions see the row as it was.
	pinAccount = `INSERT INTO account (id, name, identity, first_seen, changed, verified, role, state, seen)
		VALUES (?, ?, ?, ?, ?, 0, 0, 0, 0)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, identity = excluded.identity,
			first_seen = excluded.first_seen, changed = excluded.changed,
			verified = iif(identity IS excluded.identity, verified, 0), proof = iif(identity IS excluded.identity, proof, 0),
			judged = iif(identity IS excluded.identity, judged, 0),
			doubt = iif(identity IS NOT excluded.identity AND verified > 0, 1, doubt)`
	findGroupRow = `SELECT value FROM grouprow WHERE team = ? AND key = ?`
	putGroupRow  = `INSERT INTO grouprow (team, key, value) VALUES (?, ?, ?) ON CONFLICT (team, key) DO UPDATE SET value = excluded.value`
	dropGroupRow = `DELETE FROM grouprow WHERE team = ? AND key = ?`
	setPost      = `UPDATE outbox SET post = ? WHERE id = ? AND state = ?`
	putDevice    = `INSERT INTO device (id, account, certificate, seq, revoked)
		VALUES (?, (SELECT number FROM account WHERE id = ?), ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET revoked = excluded.revoked`
	addRelation = `INSERT OR IGNORE INTO relation (room, target, seq) VALUES (?, ?, ?)`
)

func (d *DB) prepare(ctx context.Context) error {
	d.hot = make(map[string]*sql.Stmt)
	for _, q := range []string{
		addWords, changeWords, accountOf, insertMessage, findRepeated, findTaken, areHere, findRoom, findDevice, moveCursor, anyOutgoing, clearOutbox, acknowledge, findOutgoing,
		countOutbox, nextCounter, addOutgoing, listAccount, pinAccount, putDevice, putGroupRow, dropGroupRow, setPost, hasEarlier, addRelation, findEarly, addPast, hasAside,
	} {
		s, err := d.db.Prepare(ctx, q)
		if err != nil {
			return err
		}
		d.hot[q] = s
	}
	s, err := d.db.Read().PrepareContext(ctx, findGroupRow)
	if err != nil {
		return fmt.Errorf("prepare statement: %w", sqlite.Explain(err))
	}
	d.groupRow = s
	return nil
}

// in returns a hot statement for use inside of a transaction.
func (d *DB) in(ctx context.Context, tx *sql.Tx, query string) *sql.Stmt {
	return tx.StmtContext(ctx, d.hot[query])
}

// Close waits for writes under way and closes the store.
func (d *DB) Close() error {
	var errs []error
	if d.groupRow != nil {
		errs = append(errs, d.groupRow.Close())
	}
	for _, s := range d.hot {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, d.db.Close())...)
}

// Check reads the whole store and says if it is sound: sqlite.ErrDamaged if not.
func (d *DB) Check(ctx context.Context) error { return d.db.Check(ctx) }

// Size returns the bytes that the store takes on disk.
func (d *DB) Size() (int64, error) { return d.db.Size() }

// Place is the place and this device in it.
type Place struct {
	Host      [32]byte // the host's static key: the pin
	Addresses []string // host:port, tried in this order
	Name      string
	Mode      chat.JoinMode
	MaxFile   int64 // largest file in bytes, 0: files are off
	Owner     string
	Lineage   [16]byte // of the host's store
	Joined    bool     // this device is a member's
	Account   chat.AccountID
	Person    string // the own name
	Role      chat.Role
	State     chat.AccountState
	HasPass   bool // the account has a password
	Keys      Keys

	Replaces  chat.DeviceID // the lost device whose place this one takes, until it is revoked; zero: none
	KitMade   int64         // when a recovery kit was made here
	KitProved int64         // when its person proved to have it
	KitHidden int64         // when they did not want to be asked again
}

// Keys are the private keys of this device, and of the account if it has them
// here. They print as [secret].
type Keys struct {
	Transport [32]byte
	Envelope  [32]byte
	MLS       [32]byte
	Identity  []byte // 32 bytes; nil: the account's identity key is on another device
}

// LogValue keeps the keys out of logs.
func (Keys) LogValue() slog.Value { return slog.StringValue("[secret]") }

// Format prints "[secret]" for every verb.
func (Keys) Format(f fmt.State, _ rune) { fmt.Fprint(f, "[secret]") }

// Place returns the place, ErrNoPlace if none was saved yet.
func (d *DB) Place(ctx context.Context) (Place, error) {
	var p Place
	var addresses string
	var host, lineage, account, transport, envelope, mls, replaces []byte
	err := d.db.Read().QueryRowContext(ctx, `SELECT host, addresses, name, mode, max_file, owner, lineage, joined,
		account, person, role, state, has_pass, transport, envelope, mls, identity, replaces, kit_made, kit_proved, kit_hidden FROM place`).
		Scan(&host, &addresses, &p.Name, &p.Mode, &p.MaxFile, &p.Owner, &lineage, &p.Joined,
			&account, &p.Person, &p.Role, &p.State, &p.HasPass, &transport, &envelope, &mls, &p.Keys.Identity, &replaces, &p.KitMade, &p.KitProved, &p.KitHidden)
	if errors.Is(err, sql.ErrNoRows) {
		return p, ErrNoPlace
	}
	if err != nil {
		return p, fmt.Errorf("read place: %w", sqlite.Explain(err))
	}
	copy(p.Host[:], host)
	copy(p.Lineage[:], lineage)
	copy(p.Account[:], account)
	copy(p.Keys.Transport[:], transport)
	copy(p.Keys.Envelope[:], envelope)
	copy(p.Keys.MLS[:], mls)
	copy(p.Replaces[:], replaces)
	if addresses != "" {
		p.Addresses = strings.Split(addresses, "\n")
	}
	return p, nil
}

// SavePlace replaces what the store has of the place.
func (d *DB) SavePlace(ctx context.Context, p Place) error {
	return d.db.Write(ctx, func(tx *sql.Tx) error { return savePlace(ctx, tx, p) })
}

func savePlace(ctx context.Context, tx *sql.Tx, p Place) error {
	_, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO place (one, host, addresses, name, mode, max_file, owner, lineage, joined,
		account, person, role, state, has_pass, transport, envelope, mls, identity, replaces, kit_made, kit_proved, kit_hidden)
		VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		p.Host[:], strings.Join(p.Addresses, "\n"), p.Name, p.Mode, p.MaxFile, p.Owner, p.Lineage[:], p.Joined,
		p.Account[:], p.Person, p.Role, p.State, p.HasPass, p.Keys.Transport[:], p.Keys.Envelope[:], p.Keys.MLS[:], p.Keys.Identity,
		p.Replaces[:], p.KitMade, p.KitProved, p.KitHidden)
	if err != nil {
		return fmt.Errorf("save place: %w", err)
	}
	return nil
}

// Enrol makes this device, with new keys, a member's: the place is saved, and
// what waits in the outbox is numbered from 1 again, since counters belong to
// a device. It is in no MLS group: sealed rooms wait for others to add it, or, if
// it Replaces another device, to tell it how to come in that one's place.
func (d *DB) Enrol(ctx context.Context, p Place) error {
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		if err := savePlace(ctx, tx, p); err != nil {
			return err
		}
		// What is on the host already comes back as rows. What was sent
		// without an answer does too, and Apply takes it out of the outbox
		// before anything is sent again.
		if _, err := tx.ExecContext(ctx, `DELETE FROM outbox WHERE state = ?`, OnHost); err != nil {
			return fmt.Errorf("clear outbox: %w", err)
		}
		rooms, err := roomNumbers(ctx, tx)
		if err != nil {
			return err
		}
		state := RoomComing
		if p.Replaces != (chat.DeviceID{}) {
			state = RoomReturning
		}
		if err := leaveGroups(ctx, tx, state); err != nil {
			return err
		}
		for _, n := range rooms {
			if err := renumber(ctx, tx, n, 0, 0); err != nil {
				return err
			}
		}
		return nil
	})
}

func roomNumbers(ctx context.Context, tx *sql.Tx) ([]int64, error) {
	rows, err := tx.QueryContext(ctx, `SELECT number FROM room`)
	if err != nil {
		return nil, fmt.Errorf("read rooms: %w", err)
	}
	defer rows.Close()
	var out []int64
	for rows.Next() {
		var n int64
		if err := rows.Scan(&n); err != nil {
			return nil, fmt.Errorf("read rooms: %w", err)
		}
		out = append(out, n)
	}
	return out, rows.Err()
}

// Draft returns the text that the person has begun to write in a room.
func (d *DB) Draft(ctx context.Context, room chat.RoomID) (string, error) {
	var text string
	err := d.db.Read().QueryRowContext(ctx, `SELECT text FROM draft WHERE room = (SELECT number FROM room WHERE id = ?)`, room[:]).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read draft: %w", sqlite.Explain(err))
	}
	return text, nil
}

// SetDraft keeps such a text; an empty one is forgotten.
func (d *DB) SetDraft(ctx context.Context, room chat.RoomID, text string) error {
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		n, err := d.roomNumber(ctx, tx, room)
		if err != nil {
			return err
		}
		if text == "" {
			_, err = tx.ExecContext(ctx, `DELETE FROM draft WHERE room = ?`, n)
		} else {
			_, err = tx.ExecContext(ctx, `INSERT OR REPLACE INTO draft (room, text) VALUES (?, ?)`, n, text)
		}
		if err != nil {
			return fmt.Errorf("save draft: %w", err)
		}
		return nil
	})
}

// Invite is the secret part of an invite that was made on this device.
type Invite struct {
	ID      [32]byte
	Secret  [16]byte
	Inviter []byte // in personal links
	Created int64
}

// LogValue keeps the secret out of logs.
func (Invite) LogValue() slog.Value { return slog.StringValue("[secret]") }

// Format prints "[secret]" for every verb.
func (Invite) Format(f fmt.State, _ rune) { fmt.Fprint(f, "[secret]") }

// AddInvite keeps the secret of an invite.
func (d *DB) AddInvite(ctx context.Context, i Invite) error {
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		if i.Inviter == nil {
			i.Inviter = []byte{}
		}
		_, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO invite (id, secret, inviter, created) VALUES (?, ?, ?, ?)`, i.ID[:], i.Secret[:], i.Inviter, i.Created)
		if err != nil {
			return fmt.Errorf("save invite: %w", err)
		}
		return nil
	})
}

// RemoveInvite forgets the secret of an invite.
func (d *DB) RemoveInvite(ctx context.Context, id [32]byte) error {
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM invite WHERE id = ?`, id[:]); err != nil {
			return fmt.Errorf("remove invite: %w", err)
		}
		return nil
	})
}

// Invites returns the invites whose secrets are here, by id.
func (d *DB) Invites(ctx context.Context) (map[[32]byte]Invite, error) {
	rows, err := d.db.Read().QueryContext(ctx, `SELECT id, secret, inviter, created FROM invite`)
	if err != nil {
		return nil, fmt.Errorf("read invites: %w", sqlite.Explain(err))
	}
	defer rows.Close()
	out := make(map[[32]byte]Invite)
	for rows.Next() {
		var i Invite
		var id, secret []byte
		if err := rows.Scan(&id, &secret, &i.Inviter, &i.Created); err != nil {
			return nil, fmt.Errorf("read invites: %w", sqlite.Explain(err))
		}
		copy(i.ID[:], id)
		copy(i.Secret[:], secret)
		out[i.ID] = i
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read invites: %w", sqlite.Explain(err))
	}
	return out, nil
}

// ErrDiskFull comes from a write when the disk is full, ErrReadOnly when it takes
// no writes.
var (
	ErrDiskFull = sqlite.ErrDiskFull
	ErrReadOnly = sqlite.ErrReadOnly
)
