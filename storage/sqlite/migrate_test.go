package sqlite

import (
	"bytes"
	"database/sql"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

var update = flag.Bool("update", false, "write the stored databases of testdata anew")

const thirdStep = `
CREATE TABLE person(id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
INSERT INTO person VALUES(1, 'ana');
CREATE TABLE new_row(id INTEGER PRIMARY KEY, body TEXT NOT NULL, mark INTEGER NOT NULL, person INTEGER NOT NULL REFERENCES person) STRICT;
INSERT INTO new_row SELECT id, body, mark, 1 FROM row;
DROP TABLE row;
ALTER TABLE new_row RENAME TO row;`

// stored copies a database of testdata that an earlier version wrote: schema 1
// or 2 with three rows.
func stored(t *testing.T, name string, steps ...string) string {
	t.Helper()
	from := filepath.Join("testdata", name)
	if *update {
		_ = os.Remove(from) // it may not be there
		d := mustOpen(t, from, steps...)
		for _, body := range []string{"one", "two", "three"} {
			if err := d.Write(t.Context(), insert(body)); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "a.db")
	if err := os.WriteFile(to, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return to
}

func names(t *testing.T, path string) (got []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		got = append(got, e.Name())
	}
	return got
}

func TestMigrateStoredDatabases(t *testing.T) {
	for name, steps := range map[string][]string{"schema1.db": {firstStep}, "schema2.db": {firstStep, secondStep}} {
		t.Run(name, func(t *testing.T) {
			path := stored(t, name, steps...)
			d := mustOpen(t, path, firstStep, secondStep, thirdStep)
			if got, want := bodies(t, d), []string{"one", "two", "three"}; !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
			var version, person, keys int
			if err := d.Read().QueryRow("PRAGMA user_version").Scan(&version); err != nil || version != 3 {
				t.Errorf("got version %d, %v; want 3", version, err)
			}
			if err := d.Read().QueryRow("SELECT sum(person) FROM row").Scan(&person); err != nil || person != 3 {
				t.Errorf("got %d, %v; want the new column", person, err)
			}
			if err := d.writer.QueryRow("PRAGMA foreign_keys").Scan(&keys); err != nil || keys != 1 {
				t.Errorf("foreign keys are off after a migration: %d, %v", keys, err)
			}
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
			if got := names(t, path); len(got) != 1 {
				t.Errorf("got files %q, want no copy left", got)
			}
		})
	}
}

func TestFailedMigrationChangesNothing(t *testing.T) {
	for what, bad := range map[string]string{
		"a mistake in its SQL":            "UPDATE row SET body = 'lost'; UPDATE nothing SET x = 1",
		"it ends its transaction":         "UPDATE row SET body = 'lost'; ROLLBACK",
		"it breaks a reference":           "CREATE TABLE c(r INTEGER REFERENCES row); INSERT INTO c VALUES(99); UPDATE row SET body = 'lost'",
		"it commits, and begins no other": "COMMIT",
	} {
		t.Run(what, func(t *testing.T) {
			path := stored(t, "schema1.db", firstStep)
			_, err := Open(t.Context(), path, testKey, migrations(firstStep, bad), quiet())
			if err == nil || !strings.Contains(err.Error(), "002_step.sql") {
				t.Fatalf("got %v, want an error that names the step", err)
			}
			if got := names(t, path); !slices.Contains(got, "a.db.v1.copy") {
				t.Errorf("got files %q, want the copy kept", got)
			}
			// The version before and the repaired one both open it.
			for _, steps := range [][]string{{firstStep}, {firstStep, secondStep}} {
				d := mustOpen(t, path, steps...)
				if got, want := bodies(t, d), []string{"one", "two", "three"}; !slices.Equal(got, want) {
					t.Errorf("got %q, want %q", got, want)
				}
				if err := d.Close(); err != nil {
					t.Fatal(err)
				}
			}
			if got := names(t, path); len(got) != 1 {
				t.Errorf("got files %q, want no copy left", got)
			}
		})
	}
}

func TestCopyOpensWithTheSameKey(t *testing.T) {
	path := stored(t, "schema1.db", firstStep)
	if _, err := Open(t.Context(), path, testKey, migrations(firstStep, "bad"), quiet()); err == nil {
		t.Fatal("a bad step passed")
	}
	b, err := os.ReadFile(copyOf(path, 1))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(b, []byte("three")) {
		t.Error("the copy is readable")
	}
	other := filepath.Join(t.TempDir(), "restored.db")
	if err := os.WriteFile(other, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := bodies(t, mustOpen(t, other)); len(got) != 3 {
		t.Errorf("got %q, want three rows", got)
	}
}

func TestCopyNeedsRoom(t *testing.T) {
	path := stored(t, "schema1.db", firstStep)
	tune := fast()
	tune.space = func(string) (int64, int64, error) { return Reserve + 100, 1 << 40, nil }
	_, err := open(t.Context(), path, testKey, migrations(firstStep, secondStep), quiet(), tune)
	if !errors.Is(err, ErrDiskFull) {
		t.Errorf("got %v, want %v", err, ErrDiskFull)
	}
	if got := names(t, path); slices.Contains(got, "a.db.v1.copy") || slices.Contains(got, "a.db.v1.copy.part") {
		t.Errorf("got files %q, want no copy", got)
	}
	if got := bodies(t, mustOpen(t, path)); len(got) != 3 {
		t.Errorf("got %q, want three rows", got)
	}
}

func TestReadSteps(t *testing.T) {
	for what, c := range map[string]struct {
		files []string
		ok    bool
	}{
		"none":                 {nil, true},
		"in order":             {[]string{"001_a.sql", "002_b.sql"}, true},
		"a gap":                {[]string{"001_a.sql", "003_b.sql"}, false},
		"a number twice":       {[]string{"001_a.sql", "001_b.sql"}, false},
		"a start at 0":         {[]string{"000_a.sql"}, false},
		"no number":            {[]string{"a.sql"}, false},
		"another kind":         {[]string{"001_a.sql", "README.md"}, false},
		"a number of 2 digits": {[]string{"01_a.sql"}, false},
	} {
		m := fstest.MapFS{}
		for _, f := range c.files {
			m[f] = &fstest.MapFile{Data: []byte("SELECT 1")}
		}
		steps, err := readSteps(m)
		if ok := err == nil; ok != c.ok || ok && len(steps) != len(c.files) {
			t.Errorf("%s: got %d steps, %v", what, len(steps), err)
		}
	}
	if _, err := readSteps(os.DirFS(filepath.Join(t.TempDir(), "no"))); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: got %v", err)
	}
}

// TestKeyIsInNoError: what SQLite says of a file that it cannot open does not
// hold the key.
func TestKeyIsInNoError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	d := mustOpen(t, path)
	var errs []error
	_, err := d.writer.Exec("ATTACH 'file:/not/there/x.db?mode=ro' AS x")
	errs = append(errs, err)
	errs = append(errs, d.Write(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec("PRAGMA hexkey=")
		return err
	}))
	_, err = Open(t.Context(), filepath.Join(path, "below", "a.db"), testKey, migrations(), quiet())
	errs = append(errs, err)
	for _, err := range errs {
		if err != nil && strings.Contains(err.Error(), "010203") {
			t.Errorf("%v", err)
		}
	}
	if errs[0] == nil || errs[2] == nil {
		t.Errorf("got no error: %v", errs)
	}
}
