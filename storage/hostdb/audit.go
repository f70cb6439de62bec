package hostdb

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/sqlite"
)

// ErrAudit says that the record of who changed what was changed itself.
var ErrAudit = errors.New("the audit was changed")

// auditHash returns the hash of a line: SHA-256("snug/1 audit" || hash of the
// line before || n || time || actor || uint32 length of action || action ||
// object), numbers as 8 bytes, big endian. The line before the first one has
// the hash of zeros.
func auditHash(before [32]byte, n int64, a *chat.Audit) [32]byte {
	h := sha256.New()
	h.Write([]byte("snug/1 audit"))
	h.Write(before[:])
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(n)))
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(a.Time)))
	h.Write(a.Actor[:])
	h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(a.Action))))
	h.Write([]byte(a.Action))
	h.Write([]byte(a.Object))
	return [32]byte(h.Sum(nil))
}

func putAudit(tx *sql.Tx, lines []chat.Audit) error {
	if len(lines) == 0 {
		return nil
	}
	var n int64
	var hash [32]byte
	var last []byte
	err := tx.QueryRow("SELECT n, hash FROM audit ORDER BY n DESC LIMIT 1").Scan(&n, &last)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	copy(hash[:], last)
	for i := range lines {
		a := &lines[i]
		n++
		hash = auditHash(hash, n, a)
		if _, err := tx.Exec("INSERT INTO audit (n, at, actor, action, object, hash) VALUES (?, ?, ?, ?, ?, ?)", n, a.Time, a.Actor[:], a.Action, a.Object, hash[:]); err != nil {
			return err
		}
	}
	return nil
}

// Audit returns the last lines of the record, at most limit, the latest first.
func (db *DB) Audit(ctx context.Context, limit int) ([]chat.Audit, error) {
	rows, err := db.db.Read().QueryContext(ctx, "SELECT at, actor, action, object FROM audit ORDER BY n DESC LIMIT ?", limit)
	if err != nil {
		return nil, fmt.Errorf("read audit: %w", sqlite.Explain(err))
	}
	defer rows.Close()
	var lines []chat.Audit
	for rows.Next() {
		a, _, _, err := scanAudit(rows, false)
		if err != nil {
			return nil, fmt.Errorf("read audit: %w", err)
		}
		lines = append(lines, a)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read audit: %w", sqlite.Explain(err))
	}
	return lines, nil
}

func scanAudit(rows *sql.Rows, whole bool) (a chat.Audit, n int64, hash [32]byte, err error) {
	var actor, h []byte
	to := []any{&a.Time, &actor, &a.Action, &a.Object}
	if whole {
		to = append(to, &n, &h)
	}
	if err := rows.Scan(to...); err != nil {
		return a, 0, hash, sqlite.Explain(err)
	}
	copy(a.Actor[:], actor)
	copy(hash[:], h)
	return a, n, hash, nil
}

// CheckAudit reads the whole record and returns ErrAudit if a line was changed,
// taken out or put in between. It cannot see that the last lines are missing:
// compare the count and hash that it returns with ones noted elsewhere.
func (db *DB) CheckAudit(ctx context.Context) (lines int64, last [32]byte, err error) {
	rows, err := db.db.Read().QueryContext(ctx, "SELECT at, actor, action, object, n, hash FROM audit ORDER BY n LIMIT ?", int64(math.MaxInt64))
	if err != nil {
		return 0, last, fmt.Errorf("check audit: %w", sqlite.Explain(err))
	}
	defer rows.Close()
	for rows.Next() {
		a, n, hash, err := scanAudit(rows, true)
		if err != nil {
			return 0, last, fmt.Errorf("check audit: %w", err)
		}
		if want := auditHash(last, n, &a); n != lines+1 || hash != want {
			return 0, last, fmt.Errorf("%w: line %d", ErrAudit, lines+1)
		}
		lines, last = n, hash
	}
	if err := rows.Err(); err != nil {
		return 0, last, fmt.Errorf("check audit: %w", sqlite.Explain(err))
	}
	return lines, last, nil
}
