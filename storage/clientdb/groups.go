package clientdb

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/snugchat/snug/crypto/mls"
	"github.com/snugchat/snug/storage/sqlite"
)

// GroupTx is a transaction over the rows of MLS groups (mls.Tx) that holds what
// changes in memory, so that the work with keys needs no turn of the writer. It
// counts once it is written, together with the messages that it opened or made:
// see Batch, Step and WriteGroups. One that is dropped has changed nothing.
//
// Only one GroupTx of a store may be used at a time, by one goroutine: it reads
// what was committed, and does not see others.
type GroupTx struct {
	ctx     context.Context // of the call that made it: mls.Tx has no other way to end a read
	d       *DB
	rows    map[string]map[string]groupRow // by group and key
	deleted map[string][]string            // prefixes, by group: of what was there before rows
}

type groupRow struct {
	value []byte
	gone  bool
}

// GroupTx begins such a transaction. Its reads end with ctx.
func (d *DB) GroupTx(ctx context.Context) *GroupTx {
	return &GroupTx{ctx: ctx, d: d, rows: make(map[string]map[string]groupRow), deleted: make(map[string][]string)}
}

// covered reports whether what the store has under a key was deleted.
func (t *GroupTx) covered(group, key string) bool {
	return slices.ContainsFunc(t.deleted[group], func(prefix string) bool { return strings.HasPrefix(key, prefix) })
}

// Get returns a row, nil if there is none.
func (t *GroupTx) Get(group []byte, key string) ([]byte, error) {
	if r, ok := t.rows[string(group)][key]; ok {
		return r.value, nil
	}
	if t.covered(string(group), key) {
		return nil, nil
	}
	var value []byte
	err := t.d.groupRow.QueryRowContext(t.ctx, notNil(group), []byte(key)).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read group: %w", sqlite.Explain(err))
	}
	return value, nil
}

// Put writes or replaces a row.
func (t *GroupTx) Put(group []byte, key string, value []byte) error {
	t.set(group, key, groupRow{value: append([]byte{}, value...)})
	return nil
}

// Delete removes a row.
func (t *GroupTx) Delete(group []byte, key string) error {
	t.set(group, key, groupRow{gone: true})
	return nil
}

func (t *GroupTx) set(group []byte, key string, r groupRow) {
	rows := t.rows[string(group)]
	if rows == nil {
		rows = make(map[string]groupRow)
		t.rows[string(group)] = rows
	}
	rows[key] = r
}

// DeletePrefix removes all rows of a group whose key starts with prefix.
func (t *GroupTx) DeletePrefix(group []byte, prefix string) error {
	for key := range t.rows[string(group)] {
		if strings.HasPrefix(key, prefix) {
			delete(t.rows[string(group)], key)
		}
	}
	t.deleted[string(group)] = append(t.deleted[string(group)], prefix)
	return nil
}

// Scan yields all rows of a group whose key starts with prefix, by key.
func (t *GroupTx) Scan(group []byte, prefix string) iter.Seq2[mls.Row, error] {
	return func(yield func(mls.Row, error) bool) {
		var out []mls.Row
		mine := t.rows[string(group)]
		err := each(t.ctx, t.d.db.Read(), `SELECT key, value FROM grouprow WHERE team = ? AND key >= ? ORDER BY key`, func(scan func(...any) error) error {
			var key, value []byte
			if err := scan(&key, &value); err != nil {
				return err
			}
			if !bytes.HasPrefix(key, []byte(prefix)) {
				return errEnough
			}
			if _, changed := mine[string(key)]; !changed && !t.covered(string(group), string(key)) {
				out = append(out, mls.Row{Key: string(key), Value: value})
			}
			return nil
		}, notNil(group), []byte(prefix))
		if err != nil && !errors.Is(err, errEnough) {
			yield(mls.Row{}, fmt.Errorf("read group: %w", sqlite.Explain(err)))
			return
		}
		for key, r := range mine {
			if !r.gone && strings.HasPrefix(key, prefix) {
				out = append(out, mls.Row{Key: key, Value: r.value})
			}
		}
		slices.SortFunc(out, func(a, b mls.Row) int { return strings.Compare(a.Key, b.Key) })
		for _, r := range out {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// errEnough ends a query early.
var errEnough = errors.New("enough rows")

// notNil returns b as a value that is not NULL.
func notNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// write puts the changes into a transaction. It may run more than once.
func (t *GroupTx) write(ctx context.Context, tx *sql.Tx) error {
	for group, prefixes := range t.deleted {
		for _, prefix := range prefixes {
			var err error
			if prefix == "" {
				_, err = tx.ExecContext(ctx, `DELETE FROM grouprow WHERE team = ?`, []byte(group))
			} else {
				_, err = tx.ExecContext(ctx, `DELETE FROM grouprow WHERE team = ?1 AND key >= ?2 AND substr(key, 1, ?3) = ?2`, []byte(group), []byte(prefix), len(prefix))
			}
			if err != nil {
				return fmt.Errorf("write group: %w", err)
			}
		}
	}
	for group, rows := range t.rows {
		for key, r := range rows {
			var err error
			if r.gone {
				_, err = t.d.in(ctx, tx, dropGroupRow).ExecContext(ctx, []byte(group), []byte(key))
			} else {
				_, err = t.d.in(ctx, tx, putGroupRow).ExecContext(ctx, []byte(group), []byte(key), r.value)
			}
			if err != nil {
				return fmt.Errorf("write group: %w", err)
			}
		}
	}
	return nil
}

// WriteGroups writes what changed in a GroupTx, such as new key packages.
func (d *DB) WriteGroups(ctx context.Context, t *GroupTx) error {
	return d.db.Write(ctx, func(tx *sql.Tx) error { return t.write(ctx, tx) })
}
