package clientdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/snugchat/snug/crypto/stream"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/sqlite"
)

// Direction says which way a file goes. Stored: append only.
type Direction uint8

// The directions.
const (
	Upload   Direction = 1
	Download Direction = 2
)

// TransferState says how far a file is. Stored: append only.
type TransferState uint8

// The states of a transfer.
const (
	Sealing  TransferState = 1 // being sealed into the spool
	Running  TransferState = 2 // goes on whenever there is a connection
	Paused   TransferState = 3 // by the person
	Finished TransferState = 4 // an upload: the message is in the outbox; a download: the file is in its folder
	Failed   TransferState = 5 // Code says why
	Stopped  TransferState = 6 // cancelled for good
)

// Transfer is a file on its way, or one that came or went.
type Transfer struct {
	ID        chat.MessageID // of the message that carries the file
	Direction Direction
	Room      chat.RoomID
	Root      [32]byte
	Key       stream.Key
	Length    int64  // of the sealed bytes
	Size      int64  // of the file
	Name      string // as the sender has it
	Type      string
	Path      string // where an upload came from, or a download lies now
	Spool     string // name of the sealed bytes in the place's folder, "" when there are none
	State     TransferState
	Code      uint16 // why it failed
	Have      int64  // sealed bytes that are through, as far as is known
	Created   int64
	Note      []byte // of an upload: what its message says besides the file
	Shown     string // of an upload: what Path was made from, to be shown and never to be sent; "": Path itself
}

// SaveTransfer adds a transfer or replaces what is known of it.
func (d *DB) SaveTransfer(ctx context.Context, t Transfer) error {
	return d.db.Write(ctx, func(tx *sql.Tx) error { return d.saveTransfer(ctx, tx, t) })
}

func (d *DB) saveTransfer(ctx context.Context, tx *sql.Tx, t Transfer) error {
	room, err := d.roomNumber(ctx, tx, t.Room)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT OR REPLACE INTO transfer (id, direction, room, root, key, length, size, name, type, path, spool, state, code, have, created, note, shown)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		t.ID[:], t.Direction, room, t.Root[:], t.Key[:], t.Length, t.Size, t.Name, t.Type, t.Path, t.Spool, t.State, t.Code, t.Have, t.Created, append([]byte{}, t.Note...), t.Shown)
	if err != nil {
		return fmt.Errorf("save transfer: %w", err)
	}
	return nil
}

// UpdateTransfer changes a transfer in one transaction and returns it as it is
// then. An error of change changes nothing and is returned; ErrNotFound says that
// there is no such transfer. change may run more than once.
func (d *DB) UpdateTransfer(ctx context.Context, id chat.MessageID, change func(*Transfer) error) (t Transfer, err error) {
	err = d.db.Write(ctx, func(tx *sql.Tx) error {
		t, err = scanTransfer(tx.QueryRowContext(ctx, `SELECT `+transferColumns+` WHERE transfer.id = ?`, id[:]).Scan)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNotFound
		}
		if err != nil {
			return fmt.Errorf("read transfer: %w", err)
		}
		if err := change(&t); err != nil {
			return err
		}
		return d.saveTransfer(ctx, tx, t)
	})
	return t, err
}

// FinishUpload marks a running upload as finished and puts its message into the
// outbox, both or neither, so that a file is announced exactly once. A message
// that was refused since the host had lost the file waits again. ErrNotFound
// says that the upload does not run any more: it was cancelled or paused.
func (d *DB) FinishUpload(ctx context.Context, id chat.MessageID, o Outgoing) error {
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `UPDATE transfer SET state = ?, code = 0, have = length WHERE id = ? AND state = ?`, Finished, id[:], Running)
		if err != nil {
			return fmt.Errorf("finish upload: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return ErrNotFound
		}
		if err := d.requeue(ctx, tx, o.ID); !errors.Is(err, ErrNotFound) {
			return err
		}
		_, err = d.enqueue(ctx, tx, o)
		return err
	})
}

// RemoveTransfer forgets a transfer.
func (d *DB) RemoveTransfer(ctx context.Context, id chat.MessageID) error {
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM transfer WHERE id = ?`, id[:]); err != nil {
			return fmt.Errorf("remove transfer: %w", err)
		}
		return nil
	})
}

const transferColumns = `transfer.id, direction, room.id, root, key, length, size, transfer.name, type, path, spool, transfer.state, code, have, transfer.created, note, shown FROM transfer JOIN room ON room.number = transfer.room`

func scanTransfer(scan func(...any) error) (Transfer, error) {
	var t Transfer
	var id, room, root, key []byte
	if err := scan(&id, &t.Direction, &room, &root, &key, &t.Length, &t.Size, &t.Name, &t.Type, &t.Path, &t.Spool, &t.State, &t.Code, &t.Have, &t.Created, &t.Note, &t.Shown); err != nil {
		return t, err
	}
	copy(t.ID[:], id)
	copy(t.Room[:], room)
	copy(t.Root[:], root)
	copy(t.Key[:], key)
	return t, nil
}

// Transfer returns the transfer of a message, ErrNotFound if there is none.
func (d *DB) Transfer(ctx context.Context, id chat.MessageID) (Transfer, error) {
	t, err := scanTransfer(d.db.Read().QueryRowContext(ctx, `SELECT `+transferColumns+` WHERE transfer.id = ?`, id[:]).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return t, ErrNotFound
	}
	if err != nil {
		return t, fmt.Errorf("read transfer: %w", sqlite.Explain(err))
	}
	return t, nil
}

// HasRoot reports whether any transfer is of the file with this root.
func (d *DB) HasRoot(ctx context.Context, root [32]byte) (bool, error) {
	var has bool
	if err := d.db.Read().QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM transfer WHERE root = ?)`, root[:]).Scan(&has); err != nil {
		return false, fmt.Errorf("find file: %w", sqlite.Explain(err))
	}
	return has, nil
}

// OpenTransfers returns the transfers that are neither finished nor cancelled,
// oldest first.
func (d *DB) OpenTransfers(ctx context.Context) ([]Transfer, error) {
	return d.transfers(ctx, `transfer.state NOT IN (?, ?)`, Finished, Stopped)
}

// Spooled returns the transfers that have sealed bytes in the place's folder.
func (d *DB) Spooled(ctx context.Context) ([]Transfer, error) {
	return d.transfers(ctx, `spool <> ''`)
}

func (d *DB) transfers(ctx context.Context, where string, args ...any) ([]Transfer, error) {
	var out []Transfer
	err := each(ctx, d.db.Read(), `SELECT `+transferColumns+` WHERE `+where+` ORDER BY transfer.created, transfer.id`, func(scan func(...any) error) error {
		t, err := scanTransfer(scan)
		out = append(out, t)
		return err
	}, args...)
	if err != nil {
		return nil, fmt.Errorf("read transfers: %w", sqlite.Explain(err))
	}
	return out, nil
}
