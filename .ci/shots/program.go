package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// program is one running Snug with its own profile, seen through its window.
// Points are in pixels from the window's upper left corner.
type program struct {
	*screen
	name    string
	profile string
	log     string // path of its stderr
	cmd     *exec.Cmd
	ended   chan struct{} // closed once the process was waited for
	window  string        // X window id
	at      image.Point   // where it stands on the screen
	clicked time.Time     // when the mouse was pressed last

	seen     [sha256.Size]byte // of the last picture
	lastRead struct {          // what was read last, for a window that has not changed
		seen [sha256.Size]byte
		area image.Rectangle
		page page
	}

	mapped, drawn time.Duration // from start to a window, and to something in it
}

// settle is how long a click or a key may take to show; what takes longer is
// waited for by see.
const settle = 250 * time.Millisecond

// startProgram runs command with --profile and waits until its window shows
// something. at is where its window goes; size is its size.
func (s *screen) startProgram(ctx context.Context, name, command, profile string, at, size image.Point, args ...string) (*program, error) {
	p := &program{screen: s, name: name, profile: profile, log: filepath.Join(s.dir, name+".log"), at: at, ended: make(chan struct{})}
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	p.cmd = exec.CommandContext(ctx, command, append([]string{"--profile", profile}, args...)...)
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = s.env, log, log
	started := time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		// How it ended is asked by whoever ends it; the log has the rest.
		_ = p.cmd.Wait()
		close(p.ended)
	}()
	err = until(ctx, 60*time.Second, "the window of "+name, func() (bool, error) {
		select {
		case <-p.ended:
			return false, fmt.Errorf("it ended: %s", tail(p.log))
		default:
		}
		// xdotool fails while there is no window.
		out, _ := s.tool(ctx, nil, "xdotool", "search", "--onlyvisible", "--pid", strconv.Itoa(p.cmd.Process.Pid))
		ids := strings.Fields(string(out))
		if len(ids) > 0 {
			p.window = ids[len(ids)-1]
		}
		return len(ids) > 0, nil
	})
	if err != nil {
		return nil, errors.Join(err, p.kill())
	}
	p.mapped = time.Since(started)
	err = until(ctx, 60*time.Second, "something in the window of "+name, func() (bool, error) {
		img, err := p.picture(ctx)
		return err == nil && !flat(img), err
	})
	if err != nil {
		return nil, errors.Join(err, p.kill())
	}
	p.drawn = time.Since(started)
	return p, p.place(ctx, at, size)
}

// place moves and resizes the window.
func (p *program) place(ctx context.Context, at, size image.Point) error {
	if _, err := p.tool(ctx, nil, "xdotool", "windowmove", p.window, strconv.Itoa(at.X), strconv.Itoa(at.Y),
		"windowsize", p.window, strconv.Itoa(size.X), strconv.Itoa(size.Y)); err != nil {
		return err
	}
	return until(ctx, 10*time.Second, fmt.Sprintf("%s at %v with size %v", p.name, at, size), func() (bool, error) {
		out, err := p.tool(ctx, nil, "xdotool", "getwindowgeometry", "--shell", p.window)
		return strings.Contains(string(out), fmt.Sprintf("X=%d\nY=%d\nWIDTH=%d\nHEIGHT=%d\n", at.X, at.Y, size.X, size.Y)), err
	})
}

// raise puts the window before the others and gives it the keyboard.
func (p *program) raise(ctx context.Context) error {
	_, err := p.tool(ctx, nil, "xdotool", "windowactivate", "--sync", p.window)
	return err
}

// picture returns what the window shows now. Another window in front of it
// would be in the picture: the story places them side by side.
func (p *program) picture(ctx context.Context) (image.Image, error) {
	out, err := p.tool(ctx, nil, "import", "-silent", "-window", p.window, "-define", "png:exclude-chunks=date,time", "png:-")
	if err != nil {
		return nil, err
	}
	p.seen = sha256.Sum256(out)
	return png.Decode(bytes.NewReader(out))
}

// shot saves a picture of the window once it stands still, or after a few
// seconds, for a cursor may blink in it. A picture of one colour is an error:
// nothing was drawn.
func (p *program) shot(ctx context.Context, path string) error {
	var img image.Image
	for range 8 {
		before := p.seen
		wait(ctx, settle)
		var err error
		if img, err = p.picture(ctx); err != nil {
			return err
		}
		if p.seen == before {
			break
		}
	}
	if flat(img) {
		return fmt.Errorf("the window of %s is one flat colour", p.name)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o600)
}

// see waits until the window shows text and returns where.
func (p *program) see(ctx context.Context, text string, limit time.Duration) (image.Rectangle, error) {
	return p.seeIn(ctx, image.Rectangle{}, text, limit)
}

// seeIn is see within a part of the window; an empty area is all of it.
func (p *program) seeIn(ctx context.Context, area image.Rectangle, text string, limit time.Duration) (image.Rectangle, error) {
	var where image.Rectangle
	var read page
	err := until(ctx, limit, fmt.Sprintf("%s shows %q", p.name, text), func() (bool, error) {
		var err error
		if read, err = p.read(ctx, area); err != nil {
			return false, err
		}
		var ok bool
		where, ok = read.find(text)
		return ok, nil
	})
	if err != nil {
		return where, fmt.Errorf("%w; it shows: %s", err, read)
	}
	return where, nil
}

// read returns every word in a part of the window.
func (p *program) read(ctx context.Context, area image.Rectangle) (page, error) {
	img, err := p.picture(ctx)
	if err != nil {
		return nil, err
	}
	if area.Empty() {
		area = img.Bounds()
	}
	last := &p.lastRead
	if last.page != nil && last.seen == p.seen && last.area == area {
		return last.page, nil
	}
	read, err := p.words(ctx, img, area.Intersect(img.Bounds()))
	if err == nil {
		last.seen, last.area, last.page = p.seen, area, read
	}
	return read, err
}

// click waits until text stands still and clicks on its middle.
func (p *program) click(ctx context.Context, text string) error {
	return p.clickIn(ctx, image.Rectangle{}, text)
}

// clickIn is click within a part of the window; an empty area is all of it.
func (p *program) clickIn(ctx context.Context, area image.Rectangle, text string) error {
	before, err := p.seeIn(ctx, area, text, patience)
	for err == nil {
		wait(ctx, settle/2)
		var where image.Rectangle
		if where, err = p.seeIn(ctx, area, text, patience); where == before {
			break
		}
		before = where
	}
	if err != nil {
		return err
	}
	return p.clickAt(ctx, before.Min.Add(before.Size().Div(2)))
}

// clickAt presses and releases the left button at a point.
func (p *program) clickAt(ctx context.Context, at image.Point) error {
	if err := p.raise(ctx); err != nil {
		return err
	}
	p.clicked = time.Now()
	// A pointer that jumps and clicks at once is not seen as hovering first.
	if _, err := p.tool(ctx, nil, "xdotool", "mousemove", "--window", p.window, strconv.Itoa(at.X), strconv.Itoa(at.Y),
		"sleep", "0.1", "click", "1"); err != nil {
		return err
	}
	wait(ctx, settle)
	return ctx.Err()
}

// key presses keys by their xdotool names: Return, shift+Return, ctrl+a.
func (p *program) key(ctx context.Context, keys ...string) error {
	if err := p.raise(ctx); err != nil {
		return err
	}
	for _, k := range keys {
		if _, err := p.tool(ctx, nil, "xdotool", "key", "--clearmodifiers", k, "sleep", "0.06"); err != nil {
			return err
		}
	}
	wait(ctx, settle)
	return ctx.Err()
}

// write types plain text key by key; what a keyboard has no key for is pasted.
func (p *program) write(ctx context.Context, text string) error {
	if err := p.raise(ctx); err != nil {
		return err
	}
	_, err := p.tool(ctx, nil, "xdotool", "type", "--delay", "25", "--", text)
	wait(ctx, settle)
	return err
}

// paste puts text on the clipboard and presses Ctrl+V.
func (p *program) paste(ctx context.Context, text string) error {
	if err := p.setClipboard(ctx, text); err != nil {
		return err
	}
	return p.key(ctx, "ctrl+v")
}

// kill ends the program as a power cut would.
func (p *program) kill() error { return p.end(syscall.SIGKILL) }

// quit asks the program to end, as logging out of the desktop does, and waits
// up to 10 s.
func (p *program) quit() error { return p.end(syscall.SIGTERM) }

func (p *program) end(signal syscall.Signal) error {
	if p == nil {
		return nil
	}
	if err := p.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-p.ended:
		return nil
	case <-time.After(10 * time.Second):
		// SIGQUIT has Go write what each goroutine waits for into the log.
		err := fmt.Errorf("%s is still there 10 s after %v, see %s", p.name, signal, p.log)
		return errors.Join(err, p.cmd.Process.Signal(syscall.SIGQUIT))
	}
}

// flat reports whether all pixels have one colour.
func flat(img image.Image) bool {
	b := img.Bounds()
	first := img.At(b.Min.X, b.Min.Y)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if img.At(x, y) != first {
				return false
			}
		}
	}
	return true
}

// wait lets d pass.
func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// tail returns the last lines of a log.
func tail(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	return strings.Join(lines[max(0, len(lines)-15):], "\n")
}
