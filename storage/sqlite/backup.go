package sqlite

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ncruces/go-sqlite3"

	"github.com/snugchat/snug/storage/paths"
)

// Table is a table as a backup takes it.
type Table struct {
	Name string
	// Set has, for columns whose values must not leave the database, the SQL
	// expression that stands in the backup instead.
	Set map[string]string
}

// Digest says what is in some tables, so that two databases can be compared.
type Digest map[string]Sum

// Sum is the number of rows of a table, and the sum of the SHA-256 of each: it
// does not depend on their order.
type Sum struct {
	Rows int64
	Hash [32]byte
}

// Equal reports whether two digests say the same.
func (d Digest) Equal(other Digest) bool { return maps.Equal(d, other) }

// add counts a row.
func (s *Sum) add(row [32]byte) {
	s.Rows++
	carry := uint64(0)
	for i := 24; i >= 0; i -= 8 {
		a, b := binary.BigEndian.Uint64(s.Hash[i:]), binary.BigEndian.Uint64(row[i:])
		sum := a + b + carry
		carry = 0
		if sum < a || sum == a && b != 0 {
			carry = 1
		}
		binary.BigEndian.PutUint64(s.Hash[i:], sum)
	}
}

// Backup writes the tables, as they are at one moment, into a new database of the
// same schema and the same key at path; a file that is there is replaced. Tables
// that are not named are empty in it. It reads and checks each page of what it
// copies, takes about ten seconds a GiB and stops no writer. On an error, which
// may be ErrDamaged, ErrDiskFull or ctx's, there is nothing at path that was not
// there before.
func (d *DB) Backup(ctx context.Context, path string, tables []Table) (sum Digest, err error) {
	size, err := d.Size()
	if err != nil {
		return nil, err
	}
	if free, _, err := d.tune.space(d.path); err == nil && free < 2*size+d.tune.reserve {
		return nil, fmt.Errorf("back up database: %w: %d bytes are free, %d are needed", ErrDiskFull, free, 2*size+d.tune.reserve)
	}
	part := path + ".part"
	if err := removeAll(part); err != nil {
		return nil, fmt.Errorf("back up database: %w", err)
	}
	defer func() {
		if err != nil {
			_ = removeAll(part) // the first error says more
		}
	}()
	tune := d.tune
	tune.scratch = true
	out, err := openSteps(ctx, part, d.key, d.steps, d.log, tune)
	if err != nil {
		return nil, fmt.Errorf("back up database: %w", err)
	}
	err = out.withFile(ctx, d.path, func(c *sqlite3.Conn) error {
		sum, err = copyTables(c, tables)
		return err
	})
	if errors.Is(err, ErrDamaged) {
		d.Suspect()
	}
	if err = errors.Join(err, out.Close()); err == nil {
		err = syncFile(part)
	}
	if err == nil {
		err = os.Rename(part, path)
	}
	if err != nil {
		return nil, fmt.Errorf("back up database: %w", d.explain(err))
	}
	return sum, paths.SyncDir(filepath.Dir(path))
}

// Tables returns the names of the tables that migrations made, those that belong
// to a search index left out.
func (d *DB) Tables(ctx context.Context) ([]string, error) {
	rows, err := d.reader.QueryContext(ctx, "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
	if err != nil {
		return nil, fmt.Errorf("read tables: %w", Explain(err))
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, fmt.Errorf("read tables: %w", Explain(err))
		}
		out = append(out, name)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read tables: %w", Explain(err))
	}
	return out, nil
}

// Digest reads tables, of which it sees one moment each.
func (d *DB) Digest(ctx context.Context, tables []Table) (Digest, error) {
	conn, err := d.reader.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("read database: %w", Explain(err))
	}
	defer conn.Close()
	sum := make(Digest)
	err = conn.Raw(func(dc any) error {
		c := dc.(driverConn).Raw()
		defer c.SetInterrupt(c.SetInterrupt(ctx))
		for _, t := range tables {
			columns, err := columnsOf(c, "main", t.Name)
			if err == nil {
				sum[t.Name], err = digest(c, "SELECT "+strings.Join(columns, ",")+" FROM main."+quote(t.Name))
			}
			if err != nil {
				return fmt.Errorf("table %s: %w", t.Name, err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read database: %w", Explain(err))
	}
	return sum, nil
}

// withFile lets fn work on the writer's connection with another database, of
// the same key, attached as "other". Nobody else may use d meanwhile.
func (d *DB) withFile(ctx context.Context, path string, fn func(*sqlite3.Conn) error) error {
	conn, err := d.writer.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Raw(func(dc any) error {
		c := dc.(driverConn).Raw()
		defer c.SetInterrupt(c.SetInterrupt(ctx))
		// With a WAL beside the file the key is needed before any PRAGMA.
		name := uri(path, url.Values{"vfs": {d.tune.vfs}, "mode": {"ro"}, "hexkey": {hex.EncodeToString(d.key[:])}})
		err := c.Exec("PRAGMA foreign_keys=OFF; ATTACH DATABASE " + text(name) + " AS other")
		if err != nil {
			return keyless(err)
		}
		err = verifyPages(c, "other")
		if err == nil {
			err = fn(c)
		}
		// A failure leaves a transaction open, and the file attached.
		if !c.GetAutocommit() {
			_ = c.Exec("ROLLBACK")
		}
		return errors.Join(err, c.Exec("DETACH DATABASE other; PRAGMA foreign_keys=ON"))
	})
}

// keyless returns an error of SQLite without its words, in which the key may be.
func keyless(err error) error {
	if e, ok := errors.AsType[*sqlite3.Error](err); ok {
		return e.ExtendedCode()
	}
	return errors.New("attach database")
}

// copyTables copies tables of the attached database, all at one moment.
func copyTables(c *sqlite3.Conn, tables []Table) (Digest, error) {
	if err := c.Exec("BEGIN IMMEDIATE"); err != nil {
		return nil, err
	}
	sum := make(Digest)
	for _, t := range tables {
		columns, err := columnsOf(c, "other", t.Name)
		if err != nil {
			return nil, err
		}
		values := slices.Clone(columns)
		for column, expression := range t.Set {
			i := slices.Index(values, quote(column))
			if i < 0 {
				return nil, fmt.Errorf("table %s has no column %s", t.Name, column)
			}
			values[i] = expression
		}
		query := "SELECT " + strings.Join(values, ",") + " FROM other." + quote(t.Name)
		// A migration may have filled it, with the first rows of a new store.
		err = c.Exec("DELETE FROM main." + quote(t.Name))
		if err == nil {
			err = c.Exec("INSERT INTO main." + quote(t.Name) + " (" + strings.Join(columns, ",") + ") " + query)
		}
		if err == nil {
			sum[t.Name], err = digest(c, query)
		}
		if err != nil {
			return nil, fmt.Errorf("table %s: %w", t.Name, err)
		}
	}
	// What AUTOINCREMENT gave out, also to rows that are gone.
	err := c.Exec("DELETE FROM main.sqlite_sequence")
	if err == nil {
		err = c.Exec("INSERT INTO main.sqlite_sequence SELECT * FROM other.sqlite_sequence WHERE name IN (SELECT name FROM main.sqlite_schema)")
	}
	if err != nil && !strings.Contains(err.Error(), "no such table") { // no such column in this schema
		return nil, err
	}
	return sum, c.Exec("COMMIT")
}

func columnsOf(c *sqlite3.Conn, schema, table string) ([]string, error) {
	s, _, err := c.Prepare("SELECT name FROM " + schema + ".pragma_table_info(" + text(table) + ")")
	if err != nil {
		return nil, err
	}
	defer s.Close()
	var out []string
	for s.Step() {
		out = append(out, quote(s.ColumnText(0)))
	}
	if err := s.Err(); err != nil {
		return nil, err
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("there is no table %s", table)
	}
	return out, nil
}

// digest hashes all rows of a query.
func digest(c *sqlite3.Conn, query string) (Sum, error) {
	s, _, err := c.Prepare(query)
	if err != nil {
		return Sum{}, err
	}
	defer s.Close()
	var sum Sum
	var row []byte
	for s.Step() {
		row = row[:0]
		for i := range s.ColumnCount() {
			kind := s.ColumnType(i)
			value := s.ColumnRawBlob(i) // numbers as text
			row = append(row, byte(kind))
			row = binary.BigEndian.AppendUint32(row, uint32(len(value)))
			row = append(row, value...)
		}
		sum.add(sha256.Sum256(row))
	}
	return sum, s.Err()
}

// quote makes a name of SQL.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// text makes a string of SQL.
func text(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// removeAll removes a database and the files beside it.
func removeAll(path string) error {
	for _, suffix := range suffixes {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// suffixes are the files of one database.
var suffixes = [...]string{"", "-wal", "-shm", "-open"}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// SetAside renames a database that cannot be used, and the files beside it, to
// the first free name with ".damaged" and a number in it, and returns that. It
// must not be open.
func SetAside(path string) (string, error) {
	for n := 1; n <= maxAside; n++ {
		to := fmt.Sprintf("%s.damaged%d", path, n)
		if _, err := os.Lstat(to); err == nil {
			continue
		} else if !errors.Is(err, os.ErrNotExist) {
			return "", fmt.Errorf("set database aside: %w", err)
		}
		// The main file goes last: until then the next start finds the damage again.
		for _, suffix := range slices.Backward(suffixes[:]) {
			if err := os.Rename(path+suffix, to+suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
				return "", fmt.Errorf("set database aside: %w", err)
			}
		}
		return to, paths.SyncDir(filepath.Dir(path))
	}
	return "", fmt.Errorf("set database aside: there are %d already: %w", maxAside, os.ErrExist)
}

// maxAside is how many damaged databases are kept beside one.
const maxAside = 20

// Salvage is a table of which rows are taken from a damaged database.
type Salvage struct {
	Table string
	// Where chooses rows, as SQL; "" means all. Rows of the damaged database
	// have the alias "old".
	Where string
	// Replace makes a row of the damaged database win over one with its key.
	Replace bool
}

// maxTries bounds how often parts of one damaged table are asked for: a page that
// cannot be read costs about 20, and one in the middle of a large table's tree some
// thousands.
const maxTries = 20_000

// hopeless is after how many tries a table is given up of which nothing could be
// read: the root of its tree is gone.
const hopeless = 100

// Salvage takes what can still be read of tables of a damaged database, which has
// the same key, into d, by small parts so that a bad page costs only the rows on
// it. It returns how many rows were new, and how many parts could not be read. d
// must not be used meanwhile by others. What it takes is as it was written: each
// page has a checksum inside of its encryption. Rows that break a rule of d's
// schema are left out.
func (d *DB) Salvage(ctx context.Context, damaged string, tables []Salvage) (taken, lost int64, err error) {
	if err := cutWAL(damaged); err != nil {
		return 0, 0, err
	}
	err = d.withFile(ctx, damaged, func(c *sqlite3.Conn) error {
		for _, t := range tables {
			columns, err := columnsOf(c, "other", t.Table)
			if err != nil {
				continue // its schema cannot be read, or is an older one
			}
			have, err := columnsOf(c, "main", t.Table)
			if err != nil {
				return err
			}
			columns = slices.DeleteFunc(columns, func(name string) bool { return !slices.Contains(have, name) })
			s := salvage{c: c, columns: columns, Salvage: t, ctx: ctx, tries: maxTries}
			if err := s.run(); err != nil {
				return fmt.Errorf("table %s: %w", t.Table, err)
			}
			taken, lost = taken+s.taken, lost+s.lost
		}
		return ctx.Err()
	})
	if err != nil {
		return taken, lost, fmt.Errorf("salvage database: %w", err)
	}
	rows, err := d.writer.QueryContext(ctx, "PRAGMA foreign_key_check")
	if err != nil {
		return taken, lost, fmt.Errorf("salvage database: %w", Explain(err))
	}
	broken := rows.Next()
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return taken, lost, fmt.Errorf("salvage database: %w", Explain(err))
	}
	if broken {
		return taken, lost, fmt.Errorf("salvage database: %w", errReference)
	}
	return taken, lost, nil
}

type salvage struct {
	Salvage
	c           *sqlite3.Conn
	ctx         context.Context
	columns     []string
	taken, lost int64
	tries       int
	read        bool // some part could be read
}

func (s *salvage) run() error {
	if !s.hasRowid() {
		if _, err := s.take(""); err != nil {
			s.lost++
		}
		return nil
	}
	first, ok1 := s.edge("min")
	last, ok2 := s.edge("max")
	if !ok1 {
		first = 1
	}
	if !ok2 {
		last = 1 << 40 // more than a place ever has
	}
	if first > last {
		return nil
	}
	return s.between(first, last)
}

func (s *salvage) hasRowid() bool {
	st, _, err := s.c.Prepare("SELECT rowid FROM main." + quote(s.Table) + " LIMIT 0")
	if err != nil {
		return false
	}
	_ = st.Close() // it was only compiled
	return true
}

// edge asks for the first or last row, by the two ends of the tree.
func (s *salvage) edge(which string) (int64, bool) {
	st, _, err := s.c.Prepare("SELECT " + which + "(rowid) FROM other." + quote(s.Table))
	if err != nil {
		return 0, false
	}
	defer st.Close()
	if !st.Step() || st.Err() != nil {
		return 0, false
	}
	if st.ColumnType(0) == sqlite3.NULL {
		return 1, which == "min" // first > last: no rows
	}
	return st.ColumnInt64(0), true
}

// between takes the rows from first to last, in halves where that fails.
func (s *salvage) between(first, last int64) error {
	if err := s.ctx.Err(); err != nil {
		return err
	}
	if s.tries--; s.tries < 0 || !s.read && s.tries < maxTries-hopeless {
		s.lost++
		return nil
	}
	ok, err := s.take(fmt.Sprintf("old.rowid BETWEEN %d AND %d", first, last))
	if ok || err == nil {
		return nil
	}
	if first == last {
		s.lost++
		return nil
	}
	middle := first + (last-first)/2
	if err := s.between(first, middle); err != nil {
		return err
	}
	return s.between(middle+1, last)
}

// take takes the rows of a range in a transaction of their own.
func (s *salvage) take(where string) (bool, error) {
	verb := "INSERT OR IGNORE"
	if s.Replace {
		verb = "INSERT OR REPLACE"
	}
	if where == "" {
		where = "1"
	}
	if s.Where != "" {
		where += " AND (" + s.Where + ")"
	}
	var columns, values []string
	for _, name := range s.columns {
		columns, values = append(columns, name), append(values, "old."+name)
	}
	before := s.c.TotalChanges()
	err := s.c.Exec(verb + " INTO main." + quote(s.Table) + " (" + strings.Join(columns, ",") + ") SELECT " +
		strings.Join(values, ",") + " FROM other." + quote(s.Table) + " AS old WHERE " + where)
	if err != nil {
		return false, err
	}
	s.taken += s.c.TotalChanges() - before
	s.read = true
	return true, nil
}
