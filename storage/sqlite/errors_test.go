package sqlite

import (
	"errors"
	"fmt"
	"testing"

	"github.com/ncruces/go-sqlite3"
)

func TestExplain(t *testing.T) {
	other := errors.New("other")
	for name, c := range map[string]struct{ in, want error }{
		"a page with a wrong checksum":    {sqlite3.IOERR_DATA, ErrDamaged},
		"no database at all":              {sqlite3.NOTADB, ErrDamaged},
		"a full disk":                     {sqlite3.FULL, ErrDiskFull},
		"a Windows that maps no files":    {sqlite3.IOERR_SHMMAP, ErrOldSystem},
		"what was explained already":      {ErrOldSystem, ErrOldSystem},
		"an I/O error like any other":     {sqlite3.IOERR_READ, sqlite3.IOERR_READ},
		"an error that SQLite knows not":  {other, other},
		"no error, which has no sentence": {nil, nil},
	} {
		in := c.in
		if in != nil {
			in = fmt.Errorf("read version: %w", in)
		}
		got := Explain(in)
		if !errors.Is(got, c.want) || !errors.Is(got, c.in) {
			t.Errorf("%s: got %v, want %v of %v", name, got, c.want, c.in)
		}
		for _, not := range []error{ErrDamaged, ErrDiskFull, ErrOldSystem} {
			if not != c.want && errors.Is(got, not) {
				t.Errorf("%s: got %v", name, got)
			}
		}
	}
}
