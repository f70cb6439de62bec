package setup

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/snugchat/snug/storage/paths"
)

// The console is how `snug admin` speaks to the program that hosts: a Unix
// socket that only the same user can open (Windows has had them since 2018). A
// question is one line of JSON, the words of the command; the answer is one line
// of JSON with what to print and the exit code.

// maxConsoleLine bounds a question and an answer, in bytes.
const maxConsoleLine = 1 << 20

// consolePatience is how long a caller of the console may be silent, and how
// long a command may take.
const consolePatience = 30 * time.Second

// maxSocketPath is the longest path that a Unix socket can have on every system
// (104 bytes on macOS, its end included).
const maxSocketPath = 103

// ErrNoHost says that no program is hosting with this profile.
var ErrNoHost = errors.New("nothing is hosted with this profile right now")

type consoleQuestion struct {
	Args []string `json:"args"`
}

type consoleAnswer struct {
	Output string `json:"output"`
	Code   int    `json:"code"`
}

// console answers the questions of `snug admin` until it is closed.
type console struct {
	listener net.Listener
	note     string // file that says where the socket is
	folder   string // made for the socket because the profile's own path is too long, or ""
	wg       sync.WaitGroup
	stop     context.CancelFunc
}

// listenConsole opens the socket of the profile whose state folder is given.
// answer runs for each question, several at a time.
func listenConsole(ctx context.Context, state string, answer func(ctx context.Context, args []string, out io.Writer) int) (*console, error) {
	c := &console{note: filepath.Join(state, "console")}
	path := filepath.Join(state, "console.sock")
	if len(path) > maxSocketPath {
		dir, err := os.MkdirTemp("", "snug-") // mode 0700
		if err != nil {
			return nil, fmt.Errorf("open console: %w", err)
		}
		c.folder, path = dir, filepath.Join(dir, "console.sock")
	}
	// A socket that a killed program left behind would be in the way. Nobody
	// else can be using it: the caller holds the profile's lock.
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("open console: %w", err)
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("open console: %w", err)
	}
	c.listener = l
	if err := errors.Join(os.Chmod(path, 0o600), os.WriteFile(c.note, []byte(path), 0o600)); err != nil {
		c.close()
		return nil, fmt.Errorf("open console: %w", err)
	}
	ctx, c.stop = context.WithCancel(ctx)
	c.wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return // closed
			}
			c.wg.Go(func() { serveConsole(ctx, conn, answer) })
		}
	})
	return c, nil
}

func serveConsole(ctx context.Context, conn net.Conn, answer func(context.Context, []string, io.Writer) int) {
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	ctx, cancel := context.WithTimeout(ctx, consolePatience)
	defer cancel()
	_ = conn.SetDeadline(time.Now().Add(2 * consolePatience)) // a Unix socket always takes deadlines
	var q consoleQuestion
	if err := readLine(conn, &q); err != nil {
		return // the caller is gone or not ours; there is nobody to tell
	}
	var out limitedBuffer
	code := answer(ctx, q.Args, &out)
	line, err := json.Marshal(consoleAnswer{Output: string(out), Code: code})
	if err != nil {
		return // strings and numbers always encode
	}
	_, _ = conn.Write(append(line, '\n')) // a caller that left needs no answer
}

// limitedBuffer keeps what is written to it up to the size of an answer; JSON
// may double it.
type limitedBuffer []byte

func (b *limitedBuffer) Write(p []byte) (int, error) {
	if len(*b)+len(p) > maxConsoleLine/2-64 {
		return 0, io.ErrShortWrite
	}
	*b = append(*b, p...)
	return len(p), nil
}

func readLine(r io.Reader, v any) error {
	line, err := bufio.NewReader(io.LimitReader(r, maxConsoleLine)).ReadBytes('\n')
	if err != nil {
		return err
	}
	return json.Unmarshal(line, v)
}

// close ends the console and waits for the commands under way.
func (c *console) close() {
	if c.stop != nil {
		c.stop()
	}
	c.listener.Close() // removes the socket
	c.wg.Wait()
	_ = os.Remove(c.note) // a stale note only leads to a socket that is not there
	if c.folder != "" {
		_ = os.RemoveAll(c.folder)
	}
}

// Ask sends a command to the program that hosts with the profile in dir (see
// Options.Dir), writes what it says to out and returns its exit code. The error
// is ErrNoHost if there is none.
func Ask(ctx context.Context, dir string, args []string, out io.Writer) (int, error) {
	layout, err := paths.For(dir)
	if err != nil {
		return 1, err
	}
	path, err := os.ReadFile(filepath.Join(layout.State, "console"))
	if errors.Is(err, os.ErrNotExist) {
		return 1, ErrNoHost
	}
	if err != nil {
		return 1, fmt.Errorf("find console: %w", err)
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", string(path))
	if err != nil {
		return 1, ErrNoHost
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	line, err := json.Marshal(consoleQuestion{Args: args})
	if err != nil {
		return 1, fmt.Errorf("ask console: %w", err)
	}
	if _, err := conn.Write(append(line, '\n')); err != nil {
		return 1, fmt.Errorf("ask console: %w", err)
	}
	var a consoleAnswer
	if err := readLine(conn, &a); err != nil {
		return 1, fmt.Errorf("read from console: %w", err)
	}
	_, err = io.WriteString(out, a.Output)
	return a.Code, err
}
