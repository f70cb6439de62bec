package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// screen is a private X display with a window manager and a session bus, so
// that a story neither disturbs nor depends on the desktop it runs on.
type screen struct {
	env     []string // of every program on it
	dir     string   // logs of the servers
	servers []*exec.Cmd
}

// windowManager keeps windows where the story puts them: no theme of the
// machine, no decorations that would shift what is clicked.
const windowManager = `<openbox_config xmlns="http://openbox.org/3.4/rc">
<theme><keepBorder>no</keepBorder></theme>
<applications><application class="*"><decor>no</decor></application></applications>
</openbox_config>`

// startScreen starts Xvfb, openbox and dbus-daemon and waits until they
// answer. The caller ends them by close.
func startScreen(ctx context.Context, dir string, width, height int) (*screen, error) {
	s := &screen{dir: dir}
	if err := s.start(ctx, width, height); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *screen) start(ctx context.Context, width, height int) error {
	s.env = append(clean(os.Environ()), "LIBGL_ALWAYS_SOFTWARE=1", "FYNE_SCALE=1", "LANG=en_US.UTF-8", "NO_AT_BRIDGE=1", "OMP_THREAD_LIMIT=1", "HOME="+s.dir, "XDG_RUNTIME_DIR="+s.dir)
	// -displayfd lets the server find a free number, and says when it is ready.
	number, err := s.server(ctx, "Xvfb", "-displayfd", "3", "-screen", "0", fmt.Sprintf("%dx%dx24", width, height),
		"-nolisten", "tcp", "+extension", "GLX", "+extension", "RANDR", "+render", "-noreset")
	if err != nil {
		return err
	}
	s.env = append(s.env, "DISPLAY=:"+number)
	bus, err := s.server(ctx, "dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address=3")
	if err != nil {
		return err
	}
	s.env = append(s.env, "DBUS_SESSION_BUS_ADDRESS="+bus)
	config := filepath.Join(s.dir, "openbox.xml")
	if err := os.WriteFile(config, []byte(windowManager), 0o600); err != nil {
		return err
	}
	ready := filepath.Join(s.dir, "openbox.ready")
	if err := s.background(exec.CommandContext(ctx, "openbox", "--sm-disable", "--config-file", config, "--startup", "touch "+ready)); err != nil {
		return err
	}
	return until(ctx, 20*time.Second, "the window manager", func() (bool, error) {
		_, err := os.Stat(ready)
		return err == nil, nil
	})
}

// server starts a program that writes one line to file descriptor 3 once it
// serves, and returns that line.
func (s *screen) server(ctx context.Context, name string, args ...string) (string, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return "", err
	}
	defer r.Close()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.ExtraFiles = []*os.File{w}
	err = s.background(cmd)
	w.Close()
	if err != nil {
		return "", err
	}
	if err := r.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		return "", err
	}
	line := make([]byte, 0, 256)
	for !bytes.ContainsRune(line, '\n') {
		n, err := r.Read(line[len(line):cap(line)])
		if err != nil || len(line)+n == cap(line) {
			return "", fmt.Errorf("%s did not start: %w (see its log in %s)", name, err, s.dir)
		}
		line = line[:len(line)+n]
	}
	return strings.TrimSpace(string(line)), nil
}

// background starts cmd with its output in a log beside the others.
func (s *screen) background(cmd *exec.Cmd) error {
	log, err := os.Create(filepath.Join(s.dir, filepath.Base(cmd.Path)+".log"))
	if err != nil {
		return err
	}
	defer log.Close()
	cmd.Env, cmd.Stdout, cmd.Stderr = s.env, log, log
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 2 * time.Second
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("%w (make deps installs it)", err)
	}
	s.servers = append(s.servers, cmd)
	return nil
}

// close ends the servers, the display last.
func (s *screen) close() error {
	for i := len(s.servers) - 1; i >= 0; i-- {
		cmd := s.servers[i]
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return err
		}
		// Their exit codes say only that they were ended.
		_ = cmd.Wait()
	}
	s.servers = nil
	return nil
}

// tool runs one of the small X programs to its end and returns what it printed.
func (s *screen) tool(ctx context.Context, stdin io.Reader, name string, args ...string) ([]byte, error) {
	ctx, stop := context.WithTimeout(ctx, 60*time.Second)
	defer stop()
	cmd := exec.CommandContext(ctx, name, args...)
	var out, complaint bytes.Buffer
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = s.env, stdin, &out, &complaint
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, strings.TrimSpace(complaint.String()))
	}
	return out.Bytes(), nil
}

// setClipboard puts text on the clipboard. xclip goes on serving it in the
// background and must not keep our pipes open.
func (s *screen) setClipboard(ctx context.Context, text string) error {
	cmd := exec.CommandContext(ctx, "xclip", "-selection", "clipboard", "-in")
	cmd.Env, cmd.Stdin = s.env, strings.NewReader(text)
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("xclip: %w", err)
	}
	return nil
}

// clipboard returns the text on the clipboard, "" if there is none.
func (s *screen) clipboard(ctx context.Context) string {
	// xclip fails when nobody offers a text.
	out, _ := s.tool(ctx, nil, "xclip", "-selection", "clipboard", "-out")
	return string(out)
}

// clean leaves out what would let the outer desktop into a story.
func clean(env []string) []string {
	kept := make([]string, 0, len(env))
	for _, e := range env {
		name, _, _ := strings.Cut(e, "=")
		switch {
		case name == "DISPLAY", name == "WAYLAND_DISPLAY", name == "DBUS_SESSION_BUS_ADDRESS", name == "HOME", name == "LANG",
			strings.HasPrefix(name, "XDG_"), strings.HasPrefix(name, "FYNE_"), strings.HasPrefix(name, "LC_"):
		default:
			kept = append(kept, e)
		}
	}
	return kept
}

// errLate is what until returns when time is over.
var errLate = errors.New("not seen in time")

// until asks again and again whether something is there.
func until(ctx context.Context, limit time.Duration, what string, there func() (bool, error)) error {
	ctx, stop := context.WithTimeout(ctx, limit)
	defer stop()
	pause := time.NewTicker(100 * time.Millisecond)
	defer pause.Stop()
	for {
		ok, err := there()
		if ok {
			return nil
		}
		if err != nil && ctx.Err() == nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: %w (%v)", what, errLate, limit)
		case <-pause.C:
		}
	}
}
