package setup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func echo(_ context.Context, args []string, out io.Writer) int {
	fmt.Fprint(out, strings.Join(args, "+"))
	return 7
}

func TestSocket(t *testing.T) {
	for name, dir := range map[string]string{
		"a short path": t.TempDir(),
		"a long path":  filepath.Join(t.TempDir(), strings.Repeat("long/", 30)),
	} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		s, err := listenSocket(t.Context(), dir, "test", echo)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		a, err := askSocket(t.Context(), dir, "test", []string{"a", "b"})
		if err != nil || a.Output != "a+b" || a.Code != 7 {
			t.Errorf("%s: got %+v, %v", name, a, err)
		}
		s.close()
		if _, err := askSocket(t.Context(), dir, "test", nil); !errors.Is(err, errNoSocket) {
			t.Errorf("%s, closed: got %v", name, err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
			t.Errorf("%s: it left %v, %v", name, left, err)
		}
	}
}

// TestPortAsksForSecret covers systems without Unix sockets: other users of the
// computer reach the port, and nothing behind it.
func TestPortAsksForSecret(t *testing.T) {
	dir := t.TempDir()
	var asked []string // by the last caller; read once everything has ended
	s := &socket{note: filepath.Join(dir, "test"), answer: func(ctx context.Context, args []string, out io.Writer) int {
		asked = append(asked, args...)
		return echo(ctx, args, out)
	}}
	note, err := s.listenPort(t.Context(), errors.ErrUnsupported)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.note, []byte(note), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	s.stop = stop
	s.wg.Go(func() { s.accept(ctx) })
	closed := false
	defer func() {
		if !closed {
			s.close()
		}
	}()
	for name, line := range map[string]string{
		"no secret":    `{"args":["a"]}`,
		"a wrong one":  `{"secret":"AAAAAAAAAAAAAAAAAAAAAAAAAA","args":["a"]}`,
		"not our JSON": `GET / HTTP/1.1`,
	} {
		conn, err := net.Dial("tcp", s.listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(time.Minute))
		if _, err := conn.Write([]byte(line + "\n")); err != nil {
			t.Fatal(err)
		}
		// It may end with a reset instead of EOF: what was not read is thrown away.
		if b, _ := io.ReadAll(conn); len(b) != 0 {
			t.Errorf("%s: got answer %q", name, b)
		}
		conn.Close()
	}
	if a, err := askSocket(t.Context(), dir, "test", []string{"a", "b"}); err != nil || a.Output != "a+b" || a.Code != 7 {
		t.Errorf("with the note: got %+v, %v", a, err)
	}
	s.close()
	closed = true
	if got, want := strings.Join(asked, " "), "a b"; got != want {
		t.Errorf("the words that came through: got %q, want %q", got, want)
	}
}
