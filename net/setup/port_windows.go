package setup

import (
	"errors"

	"golang.org/x/sys/windows"
)

// portTaken reports whether listening failed because another program has the
// port, or the system keeps it (WSAEACCES: Hyper-V reserves ranges).
func portTaken(err error) bool {
	return errors.Is(err, windows.WSAEADDRINUSE) || errors.Is(err, windows.WSAEACCES)
}
