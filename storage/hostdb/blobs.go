package hostdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/sqlite"
)

const selectBlob = "SELECT root, length, account, room, created, seq, saved, gone FROM blob "

const blobUse = "SELECT coalesce(sum(length), 0), count(*), count(*) FILTER (WHERE seq = 0) FROM blob WHERE account = ?"

const abandonedBlobs = selectBlob + "WHERE seq = 0 AND created < ? AND NOT EXISTS (SELECT 1 FROM mail WHERE root = blob.root) LIMIT ?"

func scanBlob(scan func(...any) error) (chat.Blob, error) {
	var b chat.Blob
	var root, account, room []byte
	if err := scan(&root, &b.Length, &account, &room, &b.Created, &b.Seq, &b.Saved, &b.Gone); err != nil {
		return b, err
	}
	copy(b.Root[:], root)
	copy(b.Account[:], account)
	copy(b.Room[:], room)
	return b, nil
}

// PutBlob notes that an account offered a blob. A root that is known already
// stays with who offered it first.
func (db *DB) PutBlob(ctx context.Context, b chat.Blob) error {
	err := db.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec("INSERT INTO blob (root, length, account, room, created) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
			b.Root[:], b.Length, b.Account[:], b.Room[:], b.Created)
		return err
	})
	if err != nil {
		return fmt.Errorf("store blob: %w", explain(err))
	}
	return nil
}

// Blob returns what is kept of a blob, and whether there is such a one.
func (db *DB) Blob(ctx context.Context, root [32]byte) (chat.Blob, bool, error) {
	b, err := scanBlob(db.db.Read().QueryRowContext(ctx, selectBlob+"WHERE root = ?", root[:]).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return b, false, nil
	}
	if err != nil {
		return b, false, fmt.Errorf("read blob: %w", sqlite.Explain(err))
	}
	return b, true, nil
}

// RemoveBlob forgets a blob that no message and no mail names. One that is named
// stays.
func (db *DB) RemoveBlob(ctx context.Context, root [32]byte) error {
	err := db.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec("DELETE FROM blob WHERE root = ? AND seq = 0 AND NOT EXISTS (SELECT 1 FROM mail WHERE root = blob.root)", root[:])
		return err
	})
	if err != nil {
		return fmt.Errorf("remove blob: %w", explain(err))
	}
	return nil
}

// SavedBlob notes that the opened form of a blob is in the received folder.
func (db *DB) SavedBlob(ctx context.Context, root [32]byte, at int64) error {
	err := db.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec("UPDATE blob SET saved = ? WHERE root = ?", at, root[:])
		return err
	})
	if err != nil {
		return fmt.Errorf("store blob: %w", explain(err))
	}
	return nil
}

// BlobUse returns how much an account has offered. It reads that account's part
// of an index only, which the host bounds.
func (db *DB) BlobUse(ctx context.Context, account chat.AccountID) (u chat.BlobUse, err error) {
	err = db.db.Read().QueryRowContext(ctx, blobUse, account[:]).Scan(&u.Bytes, &u.Count, &u.Unnamed)
	if err != nil {
		return u, fmt.Errorf("measure blobs: %w", sqlite.Explain(err))
	}
	return u, nil
}

// BlobsToSave returns blobs that a message after the row after names and that are not
// saved yet, the oldest first, at most limit, each with the message's row.
func (db *DB) BlobsToSave(ctx context.Context, after uint64, limit int) ([]chat.Blob, []chat.Row, error) {
	rows, err := db.db.Read().QueryContext(ctx, `SELECT b.root, b.length, b.account, b.room, b.created, b.seq, b.saved, b.gone,
		e.received, d.id, e.counter, e.id, e.envelope, e.signature
		FROM blob b JOIN envelope e ON e.seq = b.seq JOIN device d ON d.n = e.device
		WHERE b.seq > 0 AND b.seq > ? AND b.saved = 0 AND e.envelope IS NOT NULL ORDER BY b.seq LIMIT ?`, after, limit)
	if err != nil {
		return nil, nil, fmt.Errorf("read blobs: %w", sqlite.Explain(err))
	}
	defer rows.Close()
	var blobs []chat.Blob
	var messages []chat.Row
	for rows.Next() {
		var row chat.Row
		var device, id []byte
		b, err := scanBlob(func(to ...any) error {
			return rows.Scan(append(to, &row.Received, &device, &row.Counter, &id, &row.Envelope, &row.Signature)...)
		})
		if err != nil {
			return nil, nil, fmt.Errorf("read blobs: %w", sqlite.Explain(err))
		}
		row.Room, row.Seq = b.Room, b.Seq
		copy(row.Device[:], device)
		copy(row.ID[:], id)
		blobs = append(blobs, b)
		messages = append(messages, row)
	}
	if err := rows.Err(); err != nil {
		return nil, nil, fmt.Errorf("read blobs: %w", sqlite.Explain(err))
	}
	return blobs, messages, nil
}

// AbandonedBlobs returns the blobs that were offered before a time (unix
// milliseconds) and that no message and no mail names, at most limit.
func (db *DB) AbandonedBlobs(ctx context.Context, before int64, limit int) ([]chat.Blob, error) {
	rows, err := db.db.Read().QueryContext(ctx, abandonedBlobs, before, limit)
	if err != nil {
		return nil, fmt.Errorf("read blobs: %w", sqlite.Explain(err))
	}
	defer rows.Close()
	var blobs []chat.Blob
	for rows.Next() {
		b, err := scanBlob(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("read blobs: %w", sqlite.Explain(err))
		}
		blobs = append(blobs, b)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read blobs: %w", sqlite.Explain(err))
	}
	return blobs, nil
}
