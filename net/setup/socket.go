package setup

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/snugchat/snug/storage/paths"
)

// A socket is how a second program of this user speaks to the one that has the
// profile open: a Unix socket that only this user can open, or, where the system
// or the file system has none (Windows before 2018, network folders), a port of
// the loopback interface that asks for a secret. A note in the state folder says
// which; it lies in a folder that only this user can read, and so does the
// secret in it. A question is one line of JSON, words; the answer is one line of
// JSON with what to print and an exit code.

// maxSocketLine bounds a question and an answer, in bytes.
const maxSocketLine = 1 << 20

// socketPatience is how long a caller may be silent, and how long a command may
// take.
const socketPatience = 30 * time.Second

// maxSocketPath is the longest path that a Unix socket can have on every system
// (104 bytes on macOS, its end included).
const maxSocketPath = 103

// The first word of a note says what the second is: a path, or a port of the
// loopback interface, which a secret follows.
const (
	noteUnix = "unix"
	noteTCP  = "tcp"
)

// maxNote bounds a note, in bytes.
const maxNote = 4096

// errNoSocket says that nobody listens there.
var errNoSocket = errors.New("nobody listens")

type socketQuestion struct {
	Secret string   `json:"secret,omitempty"`
	Args   []string `json:"args"`
}

type socketAnswer struct {
	Output string `json:"output"`
	Code   int    `json:"code"`
}

// answerFunc runs for each question, on a goroutine of its own, several at a
// time. What it writes goes back to the caller, with the exit code.
type answerFunc func(ctx context.Context, args []string, out io.Writer) int

// socket answers questions until it is closed.
type socket struct {
	listener net.Listener
	secret   string // what a caller must know, "" for none
	note     string // file that says where the socket is
	folder   string // made for the socket because the profile's own path is too long, or ""
	answer   answerFunc
	wg       sync.WaitGroup
	stop     context.CancelFunc
}

// listenSocket opens the socket of that name in a state folder. The caller holds
// the profile's lock, so that no other program has it open.
func listenSocket(ctx context.Context, state, name string, answer answerFunc) (*socket, error) {
	s := &socket{note: filepath.Join(state, name), answer: answer}
	note, err := s.listen(ctx, filepath.Join(state, name+".sock"))
	if err != nil {
		return nil, fmt.Errorf("open socket: %w", err)
	}
	if err := paths.WriteFile(s.note, []byte(note)); err != nil {
		s.close()
		return nil, fmt.Errorf("open socket: %w", err)
	}
	ctx, s.stop = context.WithCancel(ctx)
	s.wg.Go(func() { s.accept(ctx) })
	return s, nil
}

// listen opens a Unix socket at path or elsewhere, or else a port, and returns
// the note about it.
func (s *socket) listen(ctx context.Context, path string) (note string, err error) {
	unix := func(path string) error {
		// A socket that a killed program left behind would be in the way.
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		var err error
		if s.listener, err = (&net.ListenConfig{}).Listen(ctx, "unix", path); err != nil {
			return err
		}
		return os.Chmod(path, 0o600)
	}
	if len(path) > maxSocketPath {
		if s.folder, err = os.MkdirTemp("", "snug-"); err != nil { // mode 0700
			return "", err
		}
		path = filepath.Join(s.folder, "snug.sock")
	}
	if err = unix(path); err == nil {
		return noteUnix + " " + path, nil
	}
	if s.listener != nil {
		_ = s.listener.Close() // of a file system that cannot keep others out
	}
	return s.listenPort(ctx, err)
}

// listenPort is listen for where there are no Unix sockets; before says why.
func (s *socket) listenPort(ctx context.Context, before error) (note string, err error) {
	if s.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp4", "127.0.0.1:0"); err != nil {
		return "", errors.Join(before, err)
	}
	s.secret = rand.Text()
	return noteTCP + " " + s.listener.Addr().String() + " " + s.secret, nil
}

func (s *socket) accept(ctx context.Context) {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return // closed
		}
		s.wg.Go(func() { s.serve(ctx, conn) })
	}
}

func (s *socket) serve(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	ctx, cancel := context.WithTimeout(ctx, socketPatience)
	defer cancel()
	_ = conn.SetDeadline(time.Now().Add(2 * socketPatience)) // both kinds always take deadlines
	var q socketQuestion
	if err := readLine(conn, &q); err != nil {
		return // the caller is gone or not ours; there is nobody to tell
	}
	if subtle.ConstantTimeCompare([]byte(q.Secret), []byte(s.secret)) != 1 {
		return // another user of this computer
	}
	var out limitedBuffer
	code := s.answer(ctx, q.Args, &out)
	line, err := json.Marshal(socketAnswer{Output: string(out), Code: code})
	if err != nil {
		return // strings and numbers always encode
	}
	_, _ = conn.Write(append(line, '\n')) // a caller that left needs no answer
}

// limitedBuffer keeps what is written to it up to the size of an answer; JSON
// may double it.
type limitedBuffer []byte

func (b *limitedBuffer) Write(p []byte) (int, error) {
	if len(*b)+len(p) > maxSocketLine/2-64 {
		return 0, io.ErrShortWrite
	}
	*b = append(*b, p...)
	return len(p), nil
}

func readLine(r io.Reader, v any) error {
	line, err := bufio.NewReader(io.LimitReader(r, maxSocketLine)).ReadBytes('\n')
	if err != nil {
		return err
	}
	return json.Unmarshal(line, v)
}

// close ends the socket and waits for the commands under way.
func (s *socket) close() {
	if s.stop != nil {
		s.stop()
	}
	_ = os.Remove(s.note) // a stale note only leads to a socket that is not there
	s.listener.Close()    // removes a Unix socket
	s.wg.Wait()
	if s.folder != "" {
		_ = os.RemoveAll(s.folder)
	}
}

// askSocket sends words to the program that listens with that name in a state
// folder and waits for the answer. The error is errNoSocket if there is none.
func askSocket(ctx context.Context, state, name string, args []string) (socketAnswer, error) {
	f, err := os.Open(filepath.Join(state, name))
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			err = errNoSocket
		}
		return socketAnswer{}, err
	}
	note, err := io.ReadAll(io.LimitReader(f, maxNote))
	if err := errors.Join(err, f.Close()); err != nil {
		return socketAnswer{}, err
	}
	network, address, _ := strings.Cut(string(note), " ")
	q := socketQuestion{Args: args}
	switch network {
	case noteUnix:
	case noteTCP:
		address, q.Secret, _ = strings.Cut(address, " ")
	default:
		return socketAnswer{}, errNoSocket
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		if ctx.Err() != nil {
			return socketAnswer{}, ctx.Err()
		}
		return socketAnswer{}, errNoSocket
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	line, err := json.Marshal(q) //nolint:gosec // it goes to the same person's program, which asks for the secret
	if err != nil {
		return socketAnswer{}, err
	}
	if _, err := conn.Write(append(line, '\n')); err != nil {
		return socketAnswer{}, err
	}
	var a socketAnswer
	return a, readLine(conn, &a)
}
