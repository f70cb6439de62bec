package clientdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/sqlite"
)

// MaxTerms is how many words and phrases of a query are looked for; further ones
// are left out.
const MaxTerms = 16

// Term is what a message has to contain.
type Term struct {
	Text  string
	Exact bool // the words as they stand; else the last one may go on
}

// Query says which messages are looked for. What is left empty is not asked for.
type Query struct {
	Terms  []Term           // all of them
	From   []chat.AccountID // one of them wrote it
	Rooms  []chat.RoomID    // in one of these
	File   bool             // it carries a file
	After  int64            // received at or after this time
	Before int64            // received before this time
	Below  uint64           // rows before this one: to go on where an answer ended
	N      int              // at most so many, at most MaxPage
}

const (
	accountOf   = `SELECT account FROM device WHERE number = ?`
	addWords    = `INSERT OR REPLACE INTO words (rowid, text, name, tags) VALUES (?, ?, ?, ?)`
	changeWords = `UPDATE words SET text = ?3 WHERE rowid IN (SELECT t.seq FROM message t
		WHERE t.room = ?1 AND t.id = ?2 AND t.device > 0 AND t.line > 0 AND t.flags & 5120 = 0
		AND t.device IN (SELECT number FROM device WHERE account = (SELECT account FROM device WHERE number = ?4)))`
)

// list puts the words of a row into the index. Those of an edit replace the ones
// of the message that it is about, if both are by the same person.
func (d *DB) list(ctx context.Context, tx *sql.Tx, room, line, device int64, m *Message) error {
	const no = Malformed | BadSignature | UnknownDevice | RevokedDevice | Repeated | BadEntry | Deleted | IDTaken
	if device == 0 || m.Flags&no != 0 || m.Words == nil {
		return nil
	}
	var err error
	switch {
	case m.Target != (chat.MessageID{}):
		_, err = d.in(ctx, tx, changeWords).ExecContext(ctx, room, m.Target[:], Fold(m.Words.Text), device)
	case line > 0:
		var account int64
		err = d.in(ctx, tx, accountOf).QueryRowContext(ctx, device).Scan(&account)
		if err != nil {
			break
		}
		tags := fmt.Sprintf("r%d a%d", line, account)
		if m.Words.File {
			tags += " f"
		}
		_, err = d.in(ctx, tx, addWords).ExecContext(ctx, m.Seq, Fold(m.Words.Text), Fold(m.Words.Name), tags)
	}
	if err != nil {
		return fmt.Errorf("index message: %w", err)
	}
	return nil
}

// Words are what of a message can be looked for.
type Words struct {
	Text string
	Name string // of a file
	File bool
}

// searchable says whether the index can have anything of a folded text.
func searchable(folded string) bool {
	return strings.ContainsFunc(folded, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) })
}

// Asks says whether a query asks for anything that can be looked for: emoji and
// punctuation alone are in no index.
func (q *Query) Asks() bool {
	return len(q.From) > 0 || len(q.Rooms) > 0 || q.File || q.After > 0 || q.Before > 0 ||
		slices.ContainsFunc(q.Terms[:min(MaxTerms, len(q.Terms))], func(t Term) bool { return searchable(Fold(t.Text)) })
}

// match makes the expression of FTS5 for a query, "" if nothing is looked for
// that the index has. Everything stands in quotes, so that no word of a person is
// taken for an operator.
func (d *DB) match(ctx context.Context, q *Query) (string, error) {
	var all []string
	for i, t := range q.Terms {
		if i == MaxTerms {
			break
		}
		folded := strings.TrimSpace(Fold(t.Text))
		if !searchable(folded) {
			continue // nothing of it is in the index
		}
		term := `"` + strings.ReplaceAll(folded, `"`, ` `) + `"`
		if !t.Exact {
			term += " *"
		}
		all = append(all, "{text name} : ("+term+")")
	}
	tags := func(prefix, query string, ids [][]byte) error {
		var one []string
		for _, id := range ids {
			var n int64
			switch err := d.db.Read().QueryRowContext(ctx, query, id).Scan(&n); {
			case errors.Is(err, sql.ErrNoRows):
				continue
			case err != nil:
				return fmt.Errorf("search: %w", sqlite.Explain(err))
			}
			one = append(one, fmt.Sprintf(`"%s%d"`, prefix, n))
		}
		if len(one) == 0 {
			one = []string{`"` + prefix + `"`} // nobody
		}
		all = append(all, "tags : ("+strings.Join(one, " OR ")+")")
		return nil
	}
	if len(q.From) > 0 {
		ids := make([][]byte, len(q.From))
		for i := range q.From {
			ids[i] = q.From[i][:]
		}
		if err := tags("a", `SELECT number FROM account WHERE id = ?`, ids); err != nil {
			return "", err
		}
	}
	if len(q.Rooms) > 0 {
		ids := make([][]byte, len(q.Rooms))
		for i := range q.Rooms {
			ids[i] = q.Rooms[i][:]
		}
		if err := tags("r", findRoom, ids); err != nil {
			return "", err
		}
	}
	if q.File {
		all = append(all, `tags : "f"`)
	}
	return strings.Join(all, " AND "), nil
}

// Search returns the messages that a query asks for, the newest first. Deleted ones
// and old texts of edited ones are not found, nor what people wrote whom this
// person blocked. A query that asks for nothing gets nothing.
func (d *DB) Search(ctx context.Context, q Query) ([]Message, error) {
	if !q.Asks() {
		return nil, nil
	}
	match, err := d.match(ctx, &q)
	if err != nil {
		return nil, err
	}
	from, to := uint64(0), uint64(1<<62)
	if q.After > 0 {
		if from, err = d.at(ctx, q.After); err != nil {
			return nil, err
		}
	}
	if q.Before > 0 {
		if to, err = d.at(ctx, q.Before); err != nil {
			return nil, err
		}
	}
	if q.Below > 0 {
		to = min(to, q.Below)
	}
	var out []Message
	having, args := "", []any{int64(from), int64(to)}
	if match != "" { // else only times are asked for: whatever the index has between them
		having, args = "words MATCH ? AND ", append([]any{match}, args...)
	}
	// The index is read first, in its order: SQLite must not begin with another table.
	err = each(ctx, d.db.Read(), `SELECT `+messageColumns+`, (SELECT id FROM room WHERE number = m.line) FROM words
		CROSS JOIN message m ON m.seq = words.rowid
		JOIN room ON room.number = m.room LEFT JOIN device ON device.number = m.device LEFT JOIN account ON account.number = device.account
		WHERE `+having+`words.rowid >= ? AND words.rowid < ? AND m.line > 0 AND `+notBlocked+`
		ORDER BY words.rowid DESC LIMIT ?`, func(scan func(...any) error) error {
		var line []byte
		m, err := scanMessage(func(into ...any) error { return scan(append(into, &line)...) })
		copy(m.Line[:], line)
		out = append(out, m)
		return err
	}, append(args, min(max(q.N, 0), MaxPage))...)
	if err != nil {
		return nil, fmt.Errorf("search: %w", sqlite.Explain(err))
	}
	return out, nil
}

// at returns the place in the order from which on rows were received at or after
// a time. It looks by halves, as Since does.
func (d *DB) at(ctx context.Context, ms int64) (uint64, error) {
	lo, hi := uint64(0), uint64(0) // the place is in [lo, hi]
	if err := d.db.Read().QueryRowContext(ctx, `SELECT coalesce(max(seq), 0) + 1 FROM message`).Scan(&hi); err != nil {
		return 0, fmt.Errorf("find time: %w", sqlite.Explain(err))
	}
	for lo < hi {
		middle := lo + (hi-lo)/2
		var seq uint64
		var received int64
		err := d.db.Read().QueryRowContext(ctx, `SELECT seq, received FROM message WHERE seq >= ? ORDER BY seq LIMIT 1`, middle).Scan(&seq, &received)
		switch {
		case errors.Is(err, sql.ErrNoRows), err == nil && received >= ms:
			hi = middle
		case err != nil:
			return 0, fmt.Errorf("find time: %w", sqlite.Explain(err))
		default:
			lo = seq + 1
		}
	}
	return lo, nil
}

// IndexMore puts up to n messages into the index that were there before it, or
// before words were folded in another way, oldest first. read returns what of a
// message can be looked for, nil if nothing, and may set Target. It says whether
// all are in it.
func (d *DB) IndexMore(ctx context.Context, n int, read func(*Message) *Words) (done bool, err error) {
	next, until, fresh, err := d.indexed(ctx)
	if err != nil {
		return false, err
	}
	if !fresh && next > until {
		return true, nil
	}
	type listed struct {
		Message
		room, line, device int64
	}
	var rows []listed
	if !fresh {
		err := each(ctx, d.db.Read(), `SELECT `+messageColumns+`, m.room, m.line, m.device`+messageTables+`WHERE m.seq BETWEEN ? AND ? ORDER BY m.seq LIMIT ?`, func(scan func(...any) error) error {
			var l listed
			var err error
			l.Message, err = scanMessage(func(into ...any) error { return scan(append(into, &l.room, &l.line, &l.device)...) })
			l.Words = read(&l.Message)
			rows = append(rows, l)
			return err
		}, next, until, n)
		if err != nil {
			return false, fmt.Errorf("index messages: %w", sqlite.Explain(err))
		}
		next = until + 1
		if len(rows) == n {
			next = rows[n-1].Seq + 1
		}
	}
	err = d.db.Write(ctx, func(tx *sql.Tx) error {
		if fresh {
			if _, err := tx.ExecContext(ctx, `DELETE FROM words`); err != nil {
				return fmt.Errorf("empty index: %w", err)
			}
			_, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO search (one, version, next, until) VALUES (1, ?, 0, (SELECT coalesce(max(seq), 0) FROM message))`, foldVersion)
			if err != nil {
				return fmt.Errorf("begin index: %w", err)
			}
			return nil
		}
		for i := range rows {
			r := &rows[i]
			if err := d.list(ctx, tx, r.room, r.line, r.device, &r.Message); err != nil {
				return err
			}
		}
		if _, err := tx.ExecContext(ctx, `UPDATE search SET next = ?`, next); err != nil {
			return fmt.Errorf("save index: %w", err)
		}
		return nil
	})
	return err == nil && !fresh && next > until, err
}

// indexed says which messages are not in the index yet, or that it has to be
// begun anew.
func (d *DB) indexed(ctx context.Context) (next, until uint64, fresh bool, err error) {
	var version int
	err = d.db.Read().QueryRowContext(ctx, `SELECT version, next, until FROM search`).Scan(&version, &next, &until)
	if errors.Is(err, sql.ErrNoRows) || err == nil && version != foldVersion {
		return 0, 0, true, nil
	}
	if err != nil {
		return 0, 0, false, fmt.Errorf("read index: %w", sqlite.Explain(err))
	}
	return next, until, false, nil
}
