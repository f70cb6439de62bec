package setup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/snugchat/snug/storage/paths"
)

// One window has a profile open. A second start of Snug, by a click on an
// invite link for example, hands the link to that window and ends.

// windowName is the window's note in the state folder.
const windowName = "window"

// takeOver is how long a second start waits for a program that has the profile
// and does not listen: it is still starting, or it is saying goodbye, for which
// it has closePatience.
const takeOver = 5 * time.Second

// takeOverPause is the wait between two tries.
const takeOverPause = 100 * time.Millisecond

// Call is what a person started Snug for. The zero Call only wants to see the
// window.
type Call struct {
	Link string // an invite link, or ""
	Host bool   // to host a place; not together with a link
}

// words are the call as it crosses the socket.
func (c Call) words() []string {
	switch {
	case c.Link != "":
		return []string{"link", c.Link}
	case c.Host:
		return []string{"host"}
	}
	return []string{"show"}
}

func callOf(words []string) (c Call, ok bool) {
	switch {
	case len(words) == 2 && words[0] == "link" && words[1] != "":
		return Call{Link: words[1]}, true
	case len(words) == 1 && words[0] == "host":
		return Call{Host: true}, true
	}
	return Call{}, len(words) == 1 && words[0] == "show"
}

// ErrNoWindow says that no window of Snug has the profile open.
var ErrNoWindow = errors.New("no window has this profile open")

// ErrHandedOver comes from OpenOrHandOver when a window that has the profile
// open took the call: this program has nothing left to do.
var ErrHandedOver = errors.New("the window that is open took over")

// HandOver gives a call to the window that has the profile in dir open, which
// comes to the front. The error is ErrNoWindow if there is none. It
// opens nothing and changes nothing in the profile.
func HandOver(ctx context.Context, dir string, c Call) error {
	layout, err := paths.For(dir)
	if err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(ctx, takeOver)
	defer stop()
	a, err := askSocket(ctx, layout.State, windowName, c.words())
	switch {
	case errors.Is(err, errNoSocket):
		return ErrNoWindow
	case err != nil:
		return fmt.Errorf("hand over: %w", err)
	case a.Code != 0:
		return ErrNoWindow
	}
	return nil
}

// OpenOrHandOver opens the profile as Open does. If another program has it open,
// it hands the call to its window and returns ErrHandedOver; while that program
// has no window, it waits up to 5 s for the window to come or for the program to
// end, and then returns paths.ErrInUse.
func OpenOrHandOver(ctx context.Context, o Options, c Call) (*Profile, error) {
	for deadline := time.Now().Add(takeOver); ; {
		p, err := Open(o)
		if !errors.Is(err, paths.ErrInUse) {
			return p, err
		}
		if HandOver(ctx, o.Dir, c) == nil {
			return nil, ErrHandedOver
		}
		if time.Now().After(deadline) {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(takeOverPause):
		}
	}
}

// TakeCalls has take called with what later starts of Snug hand over. take is
// called on a goroutine of its own, must not block, and returns false if the
// window is on its way out: the other start then waits for the profile. TakeCalls
// is called once; Close ends it.
func (p *Profile) TakeCalls(take func(Call) bool) error {
	s, err := listenSocket(context.Background(), p.layout.State, windowName, func(_ context.Context, words []string, _ io.Writer) int {
		if c, ok := callOf(words); !ok || !take(c) {
			return 1
		}
		return 0
	})
	if err != nil {
		return err
	}
	p.mu.Lock()
	p.window = s
	p.mu.Unlock()
	return nil
}
