package paths

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Nameless returns what may be logged of an error: what was tried and why it
// failed. Names of files and folders are nobody's business but the person's.
// The result wraps the cause, not the error itself.
func Nameless(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("%s: %w", e.Op, Nameless(e.Err))
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return fmt.Errorf("%s: %w", e.Op, Nameless(e.Err))
	}
	return err
}
