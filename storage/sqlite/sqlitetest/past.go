// Package sqlitetest helps to test the stores that are built on package sqlite: it
// keeps a stored database for every number of a schema, as versions of the program
// before this one left them, and opens each.
//
// It must not know what is in a store, and no program imports it.
//
// storage/SCHEMA.md says what a change of schema has to keep.
package sqlitetest

import (
	"database/sql"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/snugchat/snug/storage/sqlite"
)

// Past is the stores of the past of one package: testdata/schemaN.db, one for each
// migration but, until it is released, the last.
type Past struct {
	Key        [32]byte
	Migrations fs.FS // files NNN_name.sql
	// Fill is what a version with schema N wrote into the tables and columns that came
	// with it, besides what the versions before had written. Each that is stored has some.
	Fill map[int]string
	// Open opens a store with the program of today, which migrates it.
	Open func(t *testing.T, path string) io.Closer
	// Update says that those which are missing are to be made.
	Update bool
}

// Run opens every stored database with the program of today. Nothing that was in one
// may be missing or changed afterwards, and its schema must be that of a new store.
// check, called while it is open, reads what the store's own methods say.
func (p *Past) Run(t *testing.T, check func(t *testing.T, schema int, store io.Closer)) {
	t.Helper()
	steps, err := fs.Glob(p.Migrations, "*.sql")
	if err != nil || len(steps) == 0 {
		t.Fatalf("no migrations: %v", err)
	}
	slices.Sort(steps)
	fresh := filepath.Join(t.TempDir(), "fresh.db")
	closed(t, p.Open(t, fresh))
	want := p.read(t, fresh, steps).schema
	for n := 1; n <= len(steps); n++ {
		t.Run(fmt.Sprint("schema ", n), func(t *testing.T) {
			stored := filepath.Join("testdata", fmt.Sprintf("schema%d.db", n))
			switch _, err := os.Stat(stored); {
			case err != nil && p.Update:
				p.make(t, stored, steps[:n])
			case err != nil && n == len(steps):
				t.Skip("the schema of today is not stored yet: it may still change until it is released")
			}
			b, err := os.ReadFile(stored)
			if err != nil {
				t.Fatalf("%v: go test -run %s -args -update makes it", err, strings.SplitN(t.Name(), "/", 2)[0])
			}
			path := filepath.Join(t.TempDir(), "old.db")
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			before := p.read(t, path, steps[:n])
			store := p.Open(t, path)
			check(t, n, store)
			closed(t, store)
			after := p.read(t, path, steps)
			if after.schema != want {
				t.Errorf("it has another schema than a new store:\n%s\nwant\n%s", after.schema, want)
			}
			for table, old := range before.columns {
				if len(before.rows(t, table, old)) == 0 && p.Fill[n] != "" && strings.Contains(p.Fill[n], "INTO "+table+" ") {
					t.Errorf("%s: the stored database has no rows of it", table)
				}
				if got, want := after.rows(t, table, old), before.rows(t, table, old); !slices.Equal(got, want) {
					t.Errorf("%s:\n%s\nbefore:\n%s", table, strings.Join(got, "\n"), strings.Join(want, "\n"))
				}
			}
		})
	}
}

// make writes the database of a schema: that of the one before, brought forward by the
// migration, with what its version wrote besides.
func (p *Past) make(t *testing.T, stored string, steps []string) {
	t.Helper()
	n := len(steps)
	if p.Fill[n] == "" {
		t.Fatalf("nothing says what a version with schema %d wrote", n)
	}
	path := filepath.Join(t.TempDir(), "made.db")
	if n > 1 {
		b, err := os.ReadFile(filepath.Join("testdata", fmt.Sprintf("schema%d.db", n-1)))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d := p.with(t, path, steps)
	if err := d.Write(t.Context(), func(tx *sql.Tx) error { _, err := tx.Exec(p.Fill[n]); return err }); err != nil {
		closed(t, d)
		t.Fatal(err)
	}
	closed(t, d)
	b, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(stored, b, 0o644) //nolint:gosec // it is made up, and goes into the repository
	}
	if err != nil {
		t.Fatal(err)
	}
}

// with opens a database with the first migrations only, as a version of the past did.
func (p *Past) with(t *testing.T, path string, steps []string) *sqlite.DB {
	t.Helper()
	some := fstest.MapFS{}
	for _, s := range steps {
		b, err := fs.ReadFile(p.Migrations, s)
		if err != nil {
			t.Fatal(err)
		}
		some[s] = &fstest.MapFile{Data: b}
	}
	d, err := sqlite.Open(t.Context(), path, p.Key, some, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// contents is everything in a database.
type contents struct {
	schema  string
	columns map[string][]string // by table
	values  map[string][]map[string]string
}

func (p *Past) read(t *testing.T, path string, steps []string) *contents {
	t.Helper()
	d := p.with(t, path, steps)
	defer closed(t, d)
	c := &contents{columns: make(map[string][]string), values: make(map[string][]map[string]string)}
	var schema []string
	// What begins with words_ is how SQLite keeps the index of the table words.
	c.each(t, d, `SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite@_%' ESCAPE '@' AND name NOT LIKE 'words@_%' ESCAPE '@'`, func(v map[string]string) {
		schema = append(schema, v["sql"])
		if v["type"] == "table" {
			c.columns[v["name"]] = nil
		}
	})
	slices.Sort(schema)
	c.schema = strings.Join(schema, "\n")
	for table := range c.columns {
		c.columns[table] = c.each(t, d, `SELECT * FROM `+table, func(v map[string]string) { c.values[table] = append(c.values[table], v) })
	}
	return c
}

// each calls with every row of an answer, and returns its columns.
func (c *contents) each(t *testing.T, d *sqlite.DB, query string, with func(map[string]string)) []string {
	t.Helper()
	rows, err := d.Read().QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		values := make([]any, len(columns))
		into := make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		row := make(map[string]string)
		for i, name := range columns {
			if b, ok := values[i].([]byte); ok {
				row[name] = fmt.Sprintf("%x", b)
				continue
			}
			row[name] = fmt.Sprint(values[i])
		}
		with(row)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return columns
}

// rows returns those columns of a table, a line for each row, sorted.
func (c *contents) rows(t *testing.T, table string, columns []string) (out []string) {
	t.Helper()
	if _, there := c.columns[table]; !there {
		t.Errorf("%s is gone", table)
	}
	for _, v := range c.values[table] {
		var line []string
		for _, name := range columns {
			line = append(line, name+"="+v[name])
		}
		out = append(out, strings.Join(line, " "))
	}
	slices.Sort(out)
	return out
}

func closed(t *testing.T, c io.Closer) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}
