package clientdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/sqlite"
)

// RoomState says how this person stands to a room. Stored: append only.
type RoomState uint8

// The states of a room.
const (
	RoomJoined  RoomState = 1 // a member
	RoomRequest RoomState = 2 // somebody unknown wrote: to be accepted or not
	RoomComing  RoomState = 3 // a member by the host's list; the group's welcome has not come
	RoomLeft    RoomState = 4 // not a member any more; what is here stays
	RoomBroken  RoomState = 5 // the group went on without this device, which asked to be let in again
	RoomHidden  RoomState = 6 // declined: not shown

	// RoomReturning is a room of another device of the account whose place this one
	// takes: it waits for a member who tells how to come in.
	RoomReturning RoomState = 7
)

// Room is a room as far as this device has it.
type Room struct {
	ID      chat.RoomID
	Kind    chat.RoomKind
	Name    string
	Topic   string
	Cursor  uint64   // last row that was processed
	Chain   [32]byte // hash chain up to that row
	Chained bool     // Chain is known; not so where the history begins with a later row
	Since   uint64   // rows after this are the account's
	Counter uint64   // last one given to a message of this device
	Read    uint64   // last row that the person saw
	State   RoomState
	Peer    chat.AccountID // direct messages: the other one
	Admin   bool           // may change who is in it
	Maker   chat.AccountID // zero: unknown
	Created int64
	Healed  int64  // when this device last put fresh keys into the group
	Spoken  uint64 // messages that it sealed since then
}

// EnsureRoom adds a room that the store does not have; it changes none, and for one that
// is there it writes nothing, so that a full disk is in nobody's way. A State of zero is
// RoomJoined; a room with Since begins there.
func (d *DB) EnsureRoom(ctx context.Context, r Room) error {
	var there bool
	err := d.db.Read().QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM room WHERE id = ?)", r.ID[:]).Scan(&there)
	if err != nil {
		return fmt.Errorf("look for room: %w", sqlite.Explain(err))
	}
	if there {
		return nil
	}
	return d.db.Write(ctx, func(tx *sql.Tx) error { return ensureRoom(ctx, tx, r) })
}

func ensureRoom(ctx context.Context, tx *sql.Tx, r Room) error {
	if r.State == 0 {
		r.State = RoomJoined
	}
	// A room that is new to the store may not be new to the device: the store may have
	// been repaired, or its log cut, to before the room was made. What this device
	// wrote in an open one its rows say; those of a sealed one need not come again.
	behind := 1
	if r.Kind.Sealed() {
		behind = 2
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO room (id, kind, name, topic, cursor, chain, chained, since, counter, read, state, peer, admin, maker, created, healed, spoken, behind)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
		r.ID[:], r.Kind, r.Name, r.Topic, r.Cursor, r.Chain[:], r.Chained || r.Since == 0, r.Since, r.Counter, r.Read, r.State,
		idOrNone(r.Peer), r.Admin, idOrNone(r.Maker), r.Created, r.Healed, r.Spoken, behind)
	if err != nil {
		return fmt.Errorf("add room: %w", err)
	}
	return nil
}

// idOrNone returns what is stored of an account that may be unknown.
func idOrNone(id chat.AccountID) []byte {
	if id.IsZero() {
		return []byte{}
	}
	return id[:]
}

const roomColumns = `id, kind, name, topic, cursor, chain, chained, since, counter, read, state, peer, admin, maker, created, healed, spoken`

func scanRoom(scan func(...any) error) (Room, error) {
	var r Room
	var id, chain, peer, maker []byte
	if err := scan(&id, &r.Kind, &r.Name, &r.Topic, &r.Cursor, &chain, &r.Chained, &r.Since, &r.Counter, &r.Read, &r.State, &peer, &r.Admin, &maker, &r.Created, &r.Healed, &r.Spoken); err != nil {
		return r, err
	}
	copy(r.ID[:], id)
	copy(r.Chain[:], chain)
	copy(r.Peer[:], peer)
	copy(r.Maker[:], maker)
	return r, nil
}

// Rooms returns all rooms in the order in which they were added.
func (d *DB) Rooms(ctx context.Context) ([]Room, error) {
	var out []Room
	err := each(ctx, d.db.Read(), `SELECT `+roomColumns+` FROM room ORDER BY number`, func(scan func(...any) error) error {
		r, err := scanRoom(scan)
		out = append(out, r)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read rooms: %w", sqlite.Explain(err))
	}
	return out, nil
}

// Room returns one room, ErrNoRoom if the store does not have it.
func (d *DB) Room(ctx context.Context, id chat.RoomID) (Room, error) {
	r, err := scanRoom(d.db.Read().QueryRowContext(ctx, `SELECT `+roomColumns+` FROM room WHERE id = ?`, id[:]).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return r, ErrNoRoom
	}
	if err != nil {
		return r, fmt.Errorf("read room: %w", sqlite.Explain(err))
	}
	return r, nil
}

// Member is an account of a sealed room.
type Member struct {
	Account   chat.AccountID
	Present   bool // false: was in it
	Admin     bool
	Devices   int
	Delivered uint64 // rows up to this one are on a device of theirs
	Read      uint64 // and were seen
}

// Mark says how far somebody is in a room. It never goes back.
type Mark struct {
	Account         chat.AccountID
	Delivered, Read uint64
}

// Parcel is a blob that goes out before the row that names it.
type Parcel struct {
	Root [32]byte
	Data []byte
}

// Prepared is a message of the outbox as it goes to the host.
type Prepared struct {
	ID   chat.MessageID
	Post []byte
}

// Step is a change of a sealed room that comes with no row. All of it is written
// in one transaction.
type Step struct {
	Room    chat.RoomID
	Add     *Room       // added if the store does not have it
	Change  func(*Room) // it may run more than once
	Members []Member    // who is in the room, if that changed
	Marks   []Mark
	Groups  *GroupTx
	Mail    chat.MessageID   // taken with it; zero: none
	Taken   int64            // when
	Posts   []Prepared       // sealed
	Drop    []chat.MessageID // withdrawn from the outbox; those behind them move up
	Parcels []Parcel         // kept until Unpack
	Unpack  bool             // forget the parcels of the room
	Past    uint64           // rows before this one may be with another device of the account (see Pasts); 0: nothing new
	Again   bool             // with Change: what came after Since could not be read and is forgotten; it comes again
}

// Step writes a Step. ErrNoRoom says that the store has no such room.
func (d *DB) Step(ctx context.Context, s Step) error {
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		if s.Add != nil {
			if err := ensureRoom(ctx, tx, *s.Add); err != nil {
				return err
			}
		}
		room, err := d.roomNumber(ctx, tx, s.Room)
		if err != nil {
			return err
		}
		return d.sealed(ctx, tx, room, s.Room, s)
	})
}

// sealed writes what a batch or step changes of a sealed room.
func (d *DB) sealed(ctx context.Context, tx *sql.Tx, room int64, id chat.RoomID, s Step) error {
	if s.Groups != nil {
		if err := s.Groups.write(ctx, tx); err != nil {
			return err
		}
	}
	if s.Change != nil {
		r, err := scanRoom(tx.QueryRowContext(ctx, `SELECT `+roomColumns+` FROM room WHERE number = ?`, room).Scan)
		if err != nil {
			return fmt.Errorf("read room: %w", err)
		}
		since := r.Since
		s.Change(&r)
		_, err = tx.ExecContext(ctx, `UPDATE room SET kind = ?, name = ?, topic = ?, cursor = ?, chain = ?, chained = ?, since = ?, state = ?, peer = ?, admin = ?, maker = ?, created = ?, healed = ?, spoken = ? WHERE number = ?`,
			r.Kind, r.Name, r.Topic, r.Cursor, r.Chain[:], r.Chained, r.Since, r.State, idOrNone(r.Peer), r.Admin, idOrNone(r.Maker), r.Created, r.Healed, r.Spoken, room)
		if err != nil {
			return fmt.Errorf("change room: %w", err)
		}
		if s.Again {
			if _, err := tx.ExecContext(ctx, `DELETE FROM message WHERE room = ? AND seq > ?`, room, since); err != nil {
				return fmt.Errorf("forget rows: %w", err)
			}
		}
	}
	if s.Members != nil {
		if _, err := tx.ExecContext(ctx, `UPDATE member SET present = 0, admin = 0, devices = 0 WHERE room = ?`, room); err != nil {
			return fmt.Errorf("write members: %w", err)
		}
		for _, m := range s.Members {
			_, err := tx.ExecContext(ctx, `INSERT INTO member (room, account, present, admin, devices, delivered, read) VALUES (?, ?, 1, ?, ?, ?, ?)
				ON CONFLICT (room, account) DO UPDATE SET present = 1, admin = excluded.admin, devices = excluded.devices`,
				room, m.Account[:], m.Admin, m.Devices, m.Delivered, m.Read)
			if err != nil {
				return fmt.Errorf("write members: %w", err)
			}
		}
	}
	if s.Past > 0 {
		if err := setPast(ctx, tx, room, s.Past); err != nil {
			return err
		}
	}
	for _, m := range s.Marks {
		_, err := tx.ExecContext(ctx, `UPDATE member SET delivered = max(delivered, ?1, ?2), read = max(read, ?2) WHERE room = ?3 AND account = ?4`, m.Delivered, m.Read, room, m.Account[:])
		if err != nil {
			return fmt.Errorf("write mark: %w", err)
		}
	}
	if s.Mail != (chat.MessageID{}) {
		if _, err := tx.ExecContext(ctx, `INSERT OR IGNORE INTO mail (id, taken) VALUES (?, ?)`, s.Mail[:], s.Taken); err != nil {
			return fmt.Errorf("note mail: %w", err)
		}
	}
	for _, p := range s.Posts {
		if _, err := d.in(ctx, tx, setPost).ExecContext(ctx, p.Post, p.ID[:], Waiting); err != nil {
			return fmt.Errorf("seal message: %w", err)
		}
	}
	for _, m := range s.Drop {
		if err := d.withdraw(ctx, tx, room, m); err != nil {
			return err
		}
	}
	if s.Unpack {
		if _, err := tx.ExecContext(ctx, `DELETE FROM parcel WHERE room = ?`, room); err != nil {
			return fmt.Errorf("drop parcels: %w", err)
		}
	}
	for _, p := range s.Parcels {
		if _, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO parcel (root, room, data) VALUES (?, ?, ?)`, p.Root[:], room, p.Data); err != nil {
			return fmt.Errorf("keep parcel: %w", err)
		}
	}
	return nil
}

// leaveGroups forgets all MLS groups, since they are of another device, and gives
// their rooms a state.
func leaveGroups(ctx context.Context, tx *sql.Tx, state RoomState) error {
	for _, q := range []string{`DELETE FROM grouprow`, `DELETE FROM parcel`, `UPDATE outbox SET post = NULL`} {
		if _, err := tx.ExecContext(ctx, q); err != nil {
			return fmt.Errorf("leave groups: %w", err)
		}
	}
	_, err := tx.ExecContext(ctx, `UPDATE room SET state = ?, healed = 0, spoken = 0 WHERE kind IN (?, ?) AND state IN (?, ?, ?, ?, ?)`,
		state, chat.RoomSealed, chat.RoomDirect, RoomJoined, RoomRequest, RoomBroken, RoomComing, RoomReturning)
	if err != nil {
		return fmt.Errorf("leave groups: %w", err)
	}
	if state != RoomReturning {
		return nil
	}
	if _, err := tx.ExecContext(ctx, `UPDATE room SET since = cursor WHERE state = ?`, RoomReturning); err != nil {
		return fmt.Errorf("leave groups: %w", err)
	}
	return nil
}

// ParcelsOf returns the parcels of a room.
func (d *DB) ParcelsOf(ctx context.Context, room chat.RoomID) ([]Parcel, error) {
	var out []Parcel
	err := each(ctx, d.db.Read(), `SELECT root, data FROM parcel WHERE room = (SELECT number FROM room WHERE id = ?) ORDER BY root`, func(scan func(...any) error) error {
		var root, data []byte
		if err := scan(&root, &data); err != nil {
			return err
		}
		out = append(out, Parcel{Root: [32]byte(root), Data: data})
		return nil
	}, room[:])
	if err != nil {
		return nil, fmt.Errorf("read parcels: %w", sqlite.Explain(err))
	}
	return out, nil
}

// MailTaken reports whether a mail was taken before.
func (d *DB) MailTaken(ctx context.Context, id chat.MessageID) (bool, error) {
	var taken bool
	if err := d.db.Read().QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM mail WHERE id = ?)`, id[:]).Scan(&taken); err != nil {
		return false, fmt.Errorf("look for mail: %w", sqlite.Explain(err))
	}
	return taken, nil
}

// NoteMail notes a mail as taken and forgets those that were taken before a
// time: the host does not keep them as long.
func (d *DB) NoteMail(ctx context.Context, id chat.MessageID, now, forget int64) error {
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT OR IGNORE INTO mail (id, taken) VALUES (?, ?)`, id[:], now); err != nil {
			return fmt.Errorf("note mail: %w", err)
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM mail WHERE taken < ?`, forget); err != nil {
			return fmt.Errorf("note mail: %w", err)
		}
		return nil
	})
}

// Members returns who is or was in a sealed room, in the order of their ids.
func (d *DB) Members(ctx context.Context, room chat.RoomID) ([]Member, error) {
	var out []Member
	err := each(ctx, d.db.Read(), `SELECT account, present, admin, devices, delivered, read FROM member WHERE room = (SELECT number FROM room WHERE id = ?) ORDER BY account`, func(scan func(...any) error) error {
		var m Member
		var account []byte
		if err := scan(&account, &m.Present, &m.Admin, &m.Devices, &m.Delivered, &m.Read); err != nil {
			return err
		}
		copy(m.Account[:], account)
		out = append(out, m)
		return nil
	}, room[:])
	if err != nil {
		return nil, fmt.Errorf("read members: %w", sqlite.Explain(err))
	}
	return out, nil
}

// RemoveRoom forgets a room of which nothing came: one that could not be made.
// A room with messages stays, and the error is ErrOrder.
func (d *DB) RemoveRoom(ctx context.Context, id chat.RoomID) error {
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		room, err := d.roomNumber(ctx, tx, id)
		if err != nil {
			return err
		}
		var used bool
		if err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM message WHERE room = ?1) OR EXISTS (SELECT 1 FROM transfer WHERE room = ?1)`, room).Scan(&used); err != nil {
			return fmt.Errorf("look into room: %w", err)
		}
		if used {
			return fmt.Errorf("%w: the room has messages", ErrOrder)
		}
		for _, q := range []string{
			`DELETE FROM member WHERE room = ?`, `DELETE FROM parcel WHERE room = ?`, `DELETE FROM outbox WHERE room = ?`,
			`DELETE FROM draft WHERE room = ?`, `DELETE FROM past WHERE room = ?`, `DELETE FROM room WHERE number = ?`,
		} {
			if _, err := tx.ExecContext(ctx, q, room); err != nil {
				return fmt.Errorf("remove room: %w", err)
			}
		}
		return nil
	})
}

// SetBlocked says when this person blocked an account, 0 for not any more.
func (d *DB) SetBlocked(ctx context.Context, account chat.AccountID, at int64) error {
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `UPDATE account SET blocked = ? WHERE id = ?`, at, account[:])
		if err != nil {
			return fmt.Errorf("block account: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return ErrNotFound
		}
		return nil
	})
}

func (d *DB) roomNumber(ctx context.Context, tx *sql.Tx, room chat.RoomID) (n int64, err error) {
	err = d.in(ctx, tx, findRoom).QueryRowContext(ctx, room[:]).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, ErrNoRoom
	}
	if err != nil {
		return 0, fmt.Errorf("find room: %w", err)
	}
	return n, nil
}

// SetRead says that the person saw a room up to this row. It never goes back.
func (d *DB) SetRead(ctx context.Context, room chat.RoomID, seq uint64) error {
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `UPDATE room SET read = max(read, ?) WHERE id = ?`, seq, room[:]); err != nil {
			return fmt.Errorf("save read mark: %w", err)
		}
		return nil
	})
}

// MaxUnread is where Unread stops to count.
const MaxUnread = 1000

// Unread counts the messages of a room after its read mark, those of own left
// out, up to MaxUnread. kinds are the kinds that count. Rows after upto are left
// out, so that who marks the room read up to there has read all that was counted.
func (d *DB) Unread(ctx context.Context, room chat.RoomID, own chat.AccountID, kinds [2]uint16, upto uint64) (int, error) {
	var n int
	err := d.db.Read().QueryRowContext(ctx, `SELECT count(*) FROM (
		SELECT 1 FROM message WHERE line = (SELECT number FROM room WHERE id = ?1) AND line > 0 AND seq > (SELECT read FROM room WHERE id = ?1) AND seq <= ?6
		AND kind IN (?3, ?4) AND flags & 1024 = 0 AND device NOT IN (SELECT number FROM device WHERE account IN (SELECT number FROM account WHERE blocked > 0)) AND device NOT IN (SELECT number FROM device WHERE account = (SELECT number FROM account WHERE id = ?2))
		LIMIT ?5)`, room[:], own[:], kinds[0], kinds[1], MaxUnread, int64(min(upto, math.MaxInt64))).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count unread: %w", sqlite.Explain(err))
	}
	return n, nil
}

// MaxMissed is where FirstUnread stops to count.
const MaxMissed = 100_000

// FirstUnread returns the first message of a room that Unread counts, ErrNotFound
// if there is none, and how many there are, up to MaxMissed. It reads all of them,
// some ten milliseconds for 10,000.
func (d *DB) FirstUnread(ctx context.Context, room chat.RoomID, own chat.AccountID, kinds [2]uint16) (first Message, n int, err error) {
	var seq uint64
	err = d.db.Read().QueryRowContext(ctx, `SELECT count(*), coalesce(min(seq), 0) FROM (
		SELECT seq FROM message WHERE line = (SELECT number FROM room WHERE id = ?1) AND line > 0 AND seq > (SELECT read FROM room WHERE id = ?1)
		AND kind IN (?3, ?4) AND flags & 1024 = 0 AND device NOT IN (SELECT number FROM device WHERE account IN (SELECT number FROM account WHERE blocked > 0)) AND device NOT IN (SELECT number FROM device WHERE account = (SELECT number FROM account WHERE id = ?2))
		ORDER BY seq LIMIT ?5)`, room[:], own[:], kinds[0], kinds[1], MaxMissed).Scan(&n, &seq)
	if err != nil {
		return first, 0, fmt.Errorf("count unread: %w", sqlite.Explain(err))
	}
	if n == 0 {
		return first, 0, ErrNotFound
	}
	first, err = d.Message(ctx, seq)
	return first, n, err
}
