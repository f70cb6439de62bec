package setup

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/snugchat/snug/storage/paths"
)

// The console is how `snug admin` speaks to the program that hosts: the words
// of a command go through a socket of this computer (see socket.go), and what
// to print comes back.

// consoleName is the console's note in the state folder.
const consoleName = "console"

// ErrNoHost says that no program is hosting with this profile.
var ErrNoHost = errors.New("nothing is hosted with this profile right now")

// Ask sends a command to the program that hosts with the profile in dir (see
// Options.Dir), writes what it says to out and returns its exit code. The error
// is ErrNoHost if there is none.
func Ask(ctx context.Context, dir string, args []string, out io.Writer) (int, error) {
	layout, err := paths.For(dir)
	if err != nil {
		return 1, err
	}
	a, err := askSocket(ctx, layout.State, consoleName, args)
	if errors.Is(err, errNoSocket) {
		return 1, ErrNoHost
	}
	if err != nil {
		return 1, fmt.Errorf("ask console: %w", err)
	}
	_, err = io.WriteString(out, a.Output)
	return a.Code, err
}
