package clientdb

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/sqlite"
)

// Flags say what was wrong with a row. They are stored: append only.
type Flags uint32

// The flags.
const (
	Malformed     Flags = 1 << iota // the row could not be read
	BadSignature                    // not signed by the device that it names
	UnknownDevice                   // of a device that the directory does not have
	RevokedDevice                   // of a device that was signed out before
	OtherHistory                    // its sender saw another history of the room than this device
	OtherPeople                     // its sender saw another directory than this device
	Repeated                        // the host delivered a message a second time; not shown
	CounterTwice                    // another message of its sender has the same number
	CounterGap                      // its sender numbered a message before it that did not come
	BadEntry                        // an entry of the directory that proves nothing
	Deleted                         // a tombstone: its content was deleted
	IdentityNew                     // an entry that changed a person's identity
	IDTaken                         // another message has its id, so what is kept by that id is not of this one
	MentionsMe                      // it names this person, or everyone
	Unreadable                      // sealed while this device was not in the group
	EraseLater                      // deletes a message of its own author that is not here yet
	EraseAnyLater                   // deletes a message that is not here yet, whoever wrote it
	Aside                           // the host lost it when it was restored, and it did not come again yet (SetAside)
)

// Erase says whose message a row deletes.
type Erase uint8

// What a row may erase.
const (
	EraseNothing Erase = iota
	EraseOwn           // the target, if it is of the row's own account
	EraseAny           // the target, whoever wrote it
)

// Message is a row of a room as it was processed.
type Message struct {
	Seq      uint64 // place in the host's total order
	Room     chat.RoomID
	Line     chat.RoomID // room in whose timeline it is shown, zero: none
	ID       chat.MessageID
	Account  chat.AccountID // zero: of no known device; stored as that of the device
	Device   chat.DeviceID  // zero: of no known device
	Counter  uint64
	Sent     int64 // the sender's clock
	Received int64 // the host's clock
	Kind     uint16
	Body     []byte
	Text     string // for kinds that this version does not know
	Flags    Flags
	Chain    [32]byte // of the room up to this row

	// Target is the message that this one is about, zero for none; such a row is
	// found by Relations. Erase says that it deletes the target's content. Reading
	// returns neither.
	Target chat.MessageID
	Erase  Erase

	// Words are what of it can be looked for, nil if nothing. Reading does not return
	// them.
	Words *Words

	// Raw and Signature are the row as it is on the host, to be kept for it; nil:
	// they are not. Reading returns neither (see Recent).
	Raw, Signature []byte
}

// Batch is what processing rows of one room changes. It is written in one
// transaction, so that messages, cursor and keys never disagree.
type Batch struct {
	Room        chat.RoomID
	After       uint64         // cursor that the rows follow
	Own         chat.AccountID // whose messages leave the outbox when they are among the rows
	Messages    []Message
	Accounts    []Account // pins that are new or changed
	Devices     []Device
	Revocations []Revocation

	// Of sealed rooms:
	Groups  *GroupTx    // what the rows changed in the room's MLS group
	Members []Member    // who is in the room now, if that changed
	Marks   []Mark      // how far members are
	Change  func(*Room) // of the room itself; it may run more than once
}

// Apply writes a batch and moves the room's cursor and chain to its last
// message. Messages of Own that are in the outbox leave it. It sets Repeated (and takes
// the row out of its timeline), CounterTwice, CounterGap and IDTaken in what it
// stores, and in b.Messages.
// ErrOrder says that the batch does not follow the room's cursor.
func (d *DB) Apply(ctx context.Context, b Batch) error {
	if len(b.Messages) == 0 {
		return nil
	}
	last := b.Messages[len(b.Messages)-1]
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		room, err := d.roomNumber(ctx, tx, b.Room)
		if err != nil {
			return err
		}
		for _, a := range b.Accounts {
			if err := d.pin(ctx, tx, a); err != nil {
				return err
			}
		}
		for _, v := range b.Devices {
			if err := d.saveDevice(ctx, tx, v); err != nil {
				return err
			}
		}
		for _, r := range b.Revocations {
			if err := saveRevocation(ctx, tx, r); err != nil {
				return err
			}
		}
		if err := d.insert(ctx, tx, room, b); err != nil {
			return err
		}
		res, err := d.in(ctx, tx, moveCursor).ExecContext(ctx, last.Seq, last.Chain[:], room, b.After)
		if err != nil {
			return fmt.Errorf("move cursor: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil || n != 1 {
			return fmt.Errorf("%w: after %d", ErrOrder, b.After)
		}
		return d.sealed(ctx, tx, room, b.Room, Step{Groups: b.Groups, Members: b.Members, Marks: b.Marks, Change: b.Change})
	})
}

// insert writes the messages of a batch.
func (d *DB) insert(ctx context.Context, tx *sql.Tx, room int64, b Batch) error {
	var waiting bool // is anything in the outbox at all?
	if err := d.in(ctx, tx, anyOutgoing).QueryRowContext(ctx).Scan(&waiting); err != nil {
		return fmt.Errorf("look into outbox: %w", err)
	}
	devices := make(map[chat.DeviceID]int64)
	lines := map[chat.RoomID]int64{{}: 0, b.Room: room}
	insert, repeated := d.in(ctx, tx, insertMessage), d.in(ctx, tx, findRepeated)
	early := d.in(ctx, tx, findEarly)
	var aside bool // rows that the host lost wait to come again
	if err := d.in(ctx, tx, hasAside).QueryRowContext(ctx, room).Scan(&aside); err != nil {
		return fmt.Errorf("look for rows set aside: %w", err)
	}
	before := b.After
	var since uint64 // rows before it are not the account's
	var behind bool  // after a repair rows may be here that come once more
	if err := tx.QueryRowContext(ctx, `SELECT since, behind > 0 FROM room WHERE number = ?`, room).Scan(&since, &behind); err != nil {
		return fmt.Errorf("read room: %w", err)
	}
	var here map[uint64]struct{}
	if behind {
		var err error
		if here, err = d.rowsHere(ctx, tx, room, b.Messages); err != nil {
			return err
		}
	}
	for i := range b.Messages {
		m := &b.Messages[i]
		if m.Seq <= before || m.Room != b.Room {
			return fmt.Errorf("%w: row %d after %d", ErrOrder, m.Seq, before)
		}
		before = m.Seq
		if _, is := here[m.Seq]; is {
			continue // as it was when it could be read
		}
		if err := keepRecent(ctx, tx, m); err != nil {
			return err
		}
		line, ok := lines[m.Line]
		if !ok {
			var err error
			if line, err = d.roomNumber(ctx, tx, m.Line); err != nil {
				return err
			}
			lines[m.Line] = line
		}
		device, ok := devices[m.Device]
		if !ok && !m.Device.IsZero() {
			err := d.in(ctx, tx, findDevice).QueryRowContext(ctx, m.Device[:]).Scan(&device)
			if err != nil && !errors.Is(err, sql.ErrNoRows) {
				return fmt.Errorf("find device: %w", err)
			}
			devices[m.Device] = device
		}
		flags := m.Flags
		if aside && device > 0 {
			if err := backFromAside(ctx, tx, room, device, m.ID); err != nil {
				return err
			}
		}
		if device > 0 {
			var id []byte
			switch err := repeated.QueryRowContext(ctx, device, room, m.Counter).Scan(&id); {
			case errors.Is(err, sql.ErrNoRows):
				if m.Counter > 1 {
					switch err := repeated.QueryRowContext(ctx, device, room, m.Counter-1).Scan(&id); {
					case errors.Is(err, sql.ErrNoRows):
						// Who came later does not have all from the first on.
						earlier := since == 0
						if !earlier {
							if err := d.in(ctx, tx, hasEarlier).QueryRowContext(ctx, device, room, m.Seq, since).Scan(&earlier); err != nil {
								return fmt.Errorf("find message before: %w", err)
							}
						}
						if earlier {
							flags |= CounterGap
						}
					case err != nil:
						return fmt.Errorf("find message before: %w", err)
					}
				}
			case err != nil:
				return fmt.Errorf("find message: %w", err)
			case bytes.Equal(id, m.ID[:]):
				flags |= Repeated
				line = 0
			default:
				flags |= CounterTwice
			}
			switch err := d.in(ctx, tx, findTaken).QueryRowContext(ctx, m.ID[:], device, room, m.Counter).Scan(&id); {
			case err == nil:
				flags |= IDTaken
			case !errors.Is(err, sql.ErrNoRows):
				return fmt.Errorf("find message of the same id: %w", err)
			}
		}
		if device > 0 && flags&(Repeated|IDTaken) == 0 {
			var gone bool
			if err := early.QueryRowContext(ctx, room, m.ID[:], device).Scan(&gone); err != nil {
				return fmt.Errorf("look for deletion: %w", err)
			}
			if gone { // it was deleted before it came
				flags |= Deleted
				m.Body, m.Text, m.Words = nil, "", nil
				if _, err := tx.ExecContext(ctx, eraseRelated, room, m.ID[:], uint32(Deleted), 0); err != nil {
					return fmt.Errorf("erase texts of message: %w", err)
				}
				if _, err := tx.ExecContext(ctx, `DELETE FROM recent WHERE seq = ? AND length(signature) > 0`, m.Seq); err != nil {
					return fmt.Errorf("forget deleted row: %w", err)
				}
				if err := forgetErased(ctx, tx, room, m.ID); err != nil {
					return err
				}
			}
		}
		m.Flags = flags
		related := m.Target != (chat.MessageID{}) && flags&(Repeated|IDTaken) == 0
		if m.Target != (chat.MessageID{}) && flags&(CounterTwice|CounterGap|IDTaken) != 0 {
			line = room // something is wrong, and that is shown
		}
		body := m.Body
		if body == nil {
			body = []byte{}
		}
		if _, err := insert.ExecContext(ctx, m.Seq, room, line, m.ID[:], device, m.Counter, m.Sent, m.Received, m.Kind, body, m.Text, uint32(flags), m.Chain[:]); err != nil {
			return fmt.Errorf("store row: %w", err)
		}
		if related {
			if err := d.relate(ctx, tx, room, device, m); err != nil {
				return err
			}
		}
		if err := d.list(ctx, tx, room, line, device, m); err != nil {
			return err
		}
		if waiting && device > 0 && m.Account == b.Own {
			if _, err := d.in(ctx, tx, clearOutbox).ExecContext(ctx, m.ID[:]); err != nil {
				return fmt.Errorf("clear outbox: %w", err)
			}
		}
	}
	return d.trimRecent(ctx, tx, len(b.Messages))
}

// rowsHere returns which of some messages a room has already.
func (d *DB) rowsHere(ctx context.Context, tx *sql.Tx, room int64, ms []Message) (map[uint64]struct{}, error) {
	seqs := []byte{'['}
	for i := range ms {
		if i > 0 {
			seqs = append(seqs, ',')
		}
		seqs = strconv.AppendUint(seqs, ms[i].Seq, 10)
	}
	rows, err := d.in(ctx, tx, areHere).QueryContext(ctx, string(append(seqs, ']')), room)
	if err != nil {
		return nil, fmt.Errorf("look for rows: %w", err)
	}
	defer rows.Close()
	here := make(map[uint64]struct{})
	for rows.Next() {
		var seq uint64
		if err := rows.Scan(&seq); err != nil {
			return nil, fmt.Errorf("look for rows: %w", err)
		}
		here[seq] = struct{}{}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("look for rows: %w", err)
	}
	return here, nil
}

const messageColumns = `m.seq, room.id, m.id, coalesce(device.id, x''), coalesce(account.id, x''), m.counter, m.sent, m.received, m.kind, m.body, m.text, m.flags, m.chain`

const messageTables = ` FROM message m JOIN room ON room.number = m.room LEFT JOIN device ON device.number = m.device LEFT JOIN account ON account.number = device.account `

// notBlocked leaves out what people wrote whom this person blocked.
const notBlocked = `m.device NOT IN (SELECT number FROM device WHERE account IN (SELECT number FROM account WHERE blocked > 0)) `

// MaxPage is the largest number of messages that one call returns.
const MaxPage = 1000

// Before returns up to n messages of a room's timeline before seq (0: the
// newest), oldest first.
func (d *DB) Before(ctx context.Context, room chat.RoomID, seq uint64, n int) ([]Message, error) {
	if seq == 0 || seq > 1<<62 {
		seq = 1 << 62
	}
	out, err := d.page(ctx, room, `AND m.seq < ? ORDER BY m.seq DESC LIMIT ?`, seq, n)
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return out, err
}

// After returns up to n messages of a room's timeline after seq, oldest first.
func (d *DB) After(ctx context.Context, room chat.RoomID, seq uint64, n int) ([]Message, error) {
	return d.page(ctx, room, `AND m.seq > ? ORDER BY m.seq LIMIT ?`, min(seq, 1<<62), n)
}

func (d *DB) page(ctx context.Context, room chat.RoomID, rest string, seq uint64, n int) ([]Message, error) {
	n = min(max(n, 0), MaxPage)
	out := make([]Message, 0, min(n, 64))
	err := each(ctx, d.db.Read(), `SELECT `+messageColumns+messageTables+`WHERE m.line = (SELECT number FROM room WHERE id = ?) AND m.line > 0 AND `+notBlocked+rest, func(scan func(...any) error) error {
		m, err := scanMessage(scan)
		m.Line = room
		out = append(out, m)
		return err
	}, room[:], seq, n)
	if err != nil {
		return nil, fmt.Errorf("read messages: %w", sqlite.Explain(err))
	}
	return out, nil
}

func scanMessage(scan func(...any) error) (Message, error) {
	var m Message
	var room, id, device, account, chain []byte
	var flags uint32
	if err := scan(&m.Seq, &room, &id, &device, &account, &m.Counter, &m.Sent, &m.Received, &m.Kind, &m.Body, &m.Text, &flags, &chain); err != nil {
		return m, err
	}
	copy(m.Room[:], room)
	copy(m.ID[:], id)
	copy(m.Device[:], device)
	copy(m.Account[:], account)
	copy(m.Chain[:], chain)
	m.Flags = Flags(flags)
	return m, nil
}

// Message returns one row by its place, ErrNotFound if it is not here.
func (d *DB) Message(ctx context.Context, seq uint64) (Message, error) {
	if seq > 1<<62 {
		return Message{}, ErrNotFound
	}
	m, err := scanMessage(d.db.Read().QueryRowContext(ctx, `SELECT `+messageColumns+messageTables+`WHERE m.seq = ?`, seq).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return m, ErrNotFound
	}
	if err != nil {
		return m, fmt.Errorf("read message: %w", sqlite.Explain(err))
	}
	return m, nil
}

// RevocationRows returns the rows of the directory that brought revocations, in
// their order.
func (d *DB) RevocationRows(ctx context.Context) ([]Message, error) {
	var out []Message
	err := each(ctx, d.db.Read(), `SELECT `+messageColumns+messageTables+`WHERE m.seq IN (SELECT seq FROM revocation) ORDER BY m.seq`, func(scan func(...any) error) error {
		m, err := scanMessage(scan)
		out = append(out, m)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read messages: %w", sqlite.Explain(err))
	}
	return out, nil
}

// Chain returns the hash chain of a room up to the row seq, and whether the
// room has that row.
func (d *DB) Chain(ctx context.Context, room chat.RoomID, seq uint64) (chain [32]byte, ok bool, err error) {
	if seq > 1<<62 {
		return chain, false, nil
	}
	var b []byte
	err = d.db.Read().QueryRowContext(ctx, `SELECT chain FROM message WHERE seq = ? AND room = (SELECT number FROM room WHERE id = ?)`, seq, room[:]).Scan(&b)
	if errors.Is(err, sql.ErrNoRows) {
		return chain, false, nil
	}
	if err != nil {
		return chain, false, fmt.Errorf("read chain: %w", sqlite.Explain(err))
	}
	return [32]byte(b), true, nil
}
