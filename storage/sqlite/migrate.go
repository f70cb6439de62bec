package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"github.com/snugchat/snug/storage/paths"
)

// step is one migration: number n turns schema n-1 into schema n.
type step struct {
	name string
	sql  string
}

// readSteps reads the numbered files and refuses a gap, a double and a name
// that does not fit, since each is a mistake of the programmer.
func readSteps(migrations fs.FS) ([]step, error) {
	entries, err := fs.ReadDir(migrations, ".") // sorted by name
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	name := regexp.MustCompile(`^([0-9]{3})_[a-z0-9_]+\.sql$`)
	var steps []step
	for _, e := range entries {
		m := name.FindStringSubmatch(e.Name())
		if m == nil {
			return nil, fmt.Errorf("read migrations: %q is not named NNN_name.sql", e.Name())
		}
		if n, _ := strconv.Atoi(m[1]); n != len(steps)+1 {
			return nil, fmt.Errorf("read migrations: %q comes where number %03d must", e.Name(), len(steps)+1)
		}
		b, err := fs.ReadFile(migrations, e.Name())
		if err != nil {
			return nil, fmt.Errorf("read migrations: %w", err)
		}
		steps = append(steps, step{e.Name(), string(b)})
	}
	return steps, nil
}

// migrate runs the steps that the database does not have yet, each in its own
// transaction. An existing database is copied before the first.
func (d *DB) migrate(ctx context.Context, steps []step, have int) error {
	began := time.Now()
	if have > 0 {
		if err := d.copyFile(have); err != nil {
			return err
		}
	}
	// A step may replace a table that others refer to (sqlite.org/lang_altertable.html,
	// section 7). The switch does nothing inside of a transaction.
	if _, err := d.writer.ExecContext(ctx, "PRAGMA foreign_keys=OFF"); err != nil {
		return fmt.Errorf("migrate database: %w", d.explain(err))
	}
	for i, s := range steps[have:] {
		if err := d.runStep(ctx, s, have+i+1); err != nil {
			return fmt.Errorf("migrate database: %s: %w", s.name, d.explain(err))
		}
	}
	if _, err := d.writer.ExecContext(ctx, "PRAGMA foreign_keys=ON"); err != nil {
		return fmt.Errorf("migrate database: %w", d.explain(err))
	}
	if have == 0 {
		return nil
	}
	if err := check(ctx, d.writer); err != nil {
		return err
	}
	d.log.Info("database migrated", "from", have, "to", len(steps), "took_ms", time.Since(began).Milliseconds())
	return nil
}

func (d *DB) runStep(ctx context.Context, s step, number int) error {
	tx, err := d.writer.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing after Commit
	if _, err := tx.ExecContext(ctx, s.sql); err != nil {
		return err
	}
	if d.raw.GetAutocommit() {
		return errEnded
	}
	rows, err := tx.QueryContext(ctx, "PRAGMA foreign_key_check")
	if err != nil {
		return err
	}
	broken := rows.Next()
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	if broken {
		return errReference
	}
	if _, err := tx.ExecContext(ctx, "PRAGMA user_version="+strconv.Itoa(number)); err != nil {
		return err
	}
	return tx.Commit()
}

// copyOf names the copy of a database from before its migration.
func copyOf(path string, version int) string {
	return path + ".v" + strconv.Itoa(version) + ".copy"
}

// copyFile copies the main file, whose pages stay encrypted as they are. Only
// the writer's connection is open, and the WAL is emptied into the main file
// first, so that it is the whole database.
func (d *DB) copyFile(version int) (err error) {
	switch ok, err := d.truncate(); {
	case err != nil:
		return fmt.Errorf("copy database: %w", err)
	case !ok:
		return errors.New("copy database: another program has it open")
	}
	in, err := os.Open(d.path)
	if err != nil {
		return fmt.Errorf("copy database: %w", err)
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return fmt.Errorf("copy database: %w", err)
	}
	// Room for the copy, and as much again for the WAL of the migration.
	free, _, err := d.tune.space(d.path)
	if err == nil && free < 2*info.Size()+d.tune.reserve {
		return fmt.Errorf("copy database: %w: %d bytes are free, %d are needed", ErrDiskFull, free, 2*info.Size()+d.tune.reserve)
	}
	name := copyOf(d.path, version)
	part := name + ".part"
	out, err := os.OpenFile(part, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("copy database: %w", err)
	}
	_, err = io.Copy(out, in)
	if err == nil {
		err = out.Sync()
	}
	if err = errors.Join(err, out.Close()); err == nil {
		err = os.Rename(part, name)
	}
	if err != nil {
		_ = os.Remove(part) // the first error says more
		return fmt.Errorf("copy database: %w", d.explain(err))
	}
	return paths.SyncDir(filepath.Dir(name))
}

// removeCopies removes what migrations left, now that the database has its
// newest schema and passed its check: a copy holds what was deleted since.
func (d *DB) removeCopies() error {
	dir, base := filepath.Split(d.path)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("remove old copies: %w", err)
	}
	removed := false
	copyName := regexp.MustCompile(`^` + regexp.QuoteMeta(base) + `\.v[0-9]+\.copy(\.part)?$`)
	for _, e := range entries {
		if !copyName.MatchString(e.Name()) {
			continue
		}
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
			return fmt.Errorf("remove old copies: %w", err)
		}
		removed = true
	}
	if removed {
		return paths.SyncDir(dir)
	}
	return nil
}
