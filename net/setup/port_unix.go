//go:build unix

package setup

import (
	"errors"
	"syscall"
)

// portTaken reports whether listening failed because another program has the port.
func portTaken(err error) bool { return errors.Is(err, syscall.EADDRINUSE) }
