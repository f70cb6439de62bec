package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/ui/text"
)

// tellInstalled is the story of programs that were just installed
// (packaging/test): one hosts, the other joins by a link that it is started
// with, they talk, and a link that is clicked later reaches the open window.
func (s *story) tellInstalled(ctx context.Context) error {
	steps := []step{
		{"Maria opens Snug for the first time (M1)", s.open},
		{"Maria hosts a place (A1, A2)", s.host},
		{"Maria copies an invite link (A5)", s.invite},
		{"Ben's Snug is started with the link (M4)", s.joinByArgument},
		{"They talk (D1)", s.talk},
		{"Links that are clicked reach the open windows (M4)", s.clickedLinks},
	}
	if s.opener != "" {
		steps = append(steps, step{"The system opens Snug for a link, and shows the next one in its window (M4)", s.openedLinks})
	}
	return s.tellSteps(ctx, steps)
}

func (s *story) joinByArgument(ctx context.Context) (err error) {
	if s.ben, err = s.startAs(ctx, s.visitor, "ben", right, s.link); err != nil {
		return err
	}
	b := s.ben
	return do(ctx,
		s.signUp(b, "Ben"), b.sees(text.JoinAsk(place)), s.shows(b, "card"), b.clicks(text.JoinAction()),
		b.sees(text.LoginPassword()), b.writes(passphrase), b.presses("Return"),
		b.sees(text.ChatReadHost()), s.maria.sees(text.ChatJoined("Ben")),
	)
}

func (s *story) talk(ctx context.Context) error {
	m, b := s.maria, s.ben
	return do(ctx,
		b.composer(), b.writes("Hello Maria, I came by the link"), b.presses("Return"), m.sees("I came by the link"),
		m.composer(), m.writes("Welcome Ben, nice that you are here"), m.presses("Return"), b.sees("nice that you are here"),
		s.shows(m, "talk-maria"), s.shows(b, "talk-ben"),
	)
}

// protects chooses a passphrase where the computer has no safe store, as on the
// private display of a story, and else leaves the choice at the computer's login,
// as on Windows.
func (s *story) protects(p *program) act {
	return func(ctx context.Context) error {
		login := false
		err := until(ctx, patience, p.name+" is asked how to protect this computer", func() (bool, error) {
			read, err := p.read(ctx, image.Rectangle{})
			if err != nil {
				return false, err
			}
			_, asks := read.find(text.ProtectAgainHint())
			_, offers := read.find(text.ProtectKeyringLine())
			login = offers && !asks // until the computer has answered both are there
			return asks || login, nil
		})
		if err != nil || login {
			return err
		}
		return do(ctx, p.writes(passphrase), p.presses("Return"), p.writes(passphrase))
	}
}

// clickedLinks starts both programs a second time with a link that is damaged:
// the windows that are open say so, and the second starts end.
func (s *story) clickedLinks(ctx context.Context) error {
	for _, p := range []*program{s.maria, s.ben} {
		command := s.program
		if p == s.ben {
			command = s.visitor
		}
		patient, stop := context.WithTimeout(ctx, patience)
		cmd := exec.CommandContext(patient, command, "--profile", p.profile, s.link[:len(s.link)-4])
		cmd.Env = s.env
		began := time.Now()
		out, err := cmd.CombinedOutput()
		stop()
		if err != nil {
			return errors.Join(fmt.Errorf("the second start for %s: %w: %s", p.name, err, strings.TrimSpace(string(out))), ctx.Err())
		}
		fmt.Fprintf(s.out, "              %s: the second start ended after %v\n", p.name, time.Since(began).Round(time.Millisecond))
		if err := do(ctx, p.sees(text.ProblemBadLink()), s.shows(p, "clicked-"+p.name)); err != nil {
			return err
		}
	}
	return nil
}

// openedLinks has the system open links, as a click in another program does: the
// first starts Snug, which asks who comes in and then looks at the link, which let
// Ben in and nobody else; the second, which is damaged, reaches that window, and so
// does a file with the whole link.
func (s *story) openedLinks(ctx context.Context) (err error) {
	before, err := s.windows(ctx)
	if err != nil {
		return err
	}
	// Some openers wait until what they started has ended.
	first := exec.CommandContext(ctx, s.opener, s.link)
	first.Env = s.env
	if err := first.Start(); err != nil {
		return err
	}
	p := &program{screen: s.screen, name: "opened", at: below}
	defer func() {
		err = errors.Join(err, p.gone(ctx))
		// It may say how Snug was ended.
		_ = first.Wait()
	}()
	err = until(ctx, patience, "a window for the link", func() (bool, error) {
		now, err := s.windows(ctx)
		now = slices.DeleteFunc(now, func(id string) bool { return slices.Contains(before, id) })
		if len(now) > 0 {
			p.window = now[len(now)-1]
		}
		return len(now) > 0, err
	})
	if err != nil {
		return err
	}
	if err := do(ctx, func(ctx context.Context) error { return p.place(ctx, p.at, large) }, s.signUp(p, "Clara"), p.sees(text.ProblemLinkUsed()), s.shows(p, "opened")); err != nil {
		return err
	}
	patient, stop := context.WithTimeout(ctx, patience)
	defer stop()
	second := exec.CommandContext(patient, s.opener, s.link[:len(s.link)-4])
	second.Env = s.env
	if out, err := second.CombinedOutput(); err != nil {
		return fmt.Errorf("the second link: %w: %s", err, strings.TrimSpace(string(out)))
	}
	if err := do(ctx, p.sees(text.ProblemBadLink()), s.shows(p, "opened-again")); err != nil {
		return err
	}
	if s.opensFiles {
		file := filepath.Join(s.dir, "Our class.snug")
		// The installed program runs as another user.
		if err := os.WriteFile(file, wire.FormatInviteFile(s.link), 0o644); err != nil { //nolint:gosec // see above
			return err
		}
		third := exec.CommandContext(patient, s.opener, file)
		third.Env = s.env
		if out, err := third.CombinedOutput(); err != nil {
			return fmt.Errorf("the file: %w: %s", err, strings.TrimSpace(string(out)))
		}
		if err := do(ctx, p.sees(text.ProblemLinkUsed()), s.shows(p, "opened-file")); err != nil {
			return err
		}
	}
	after, err := s.windows(ctx)
	if err == nil && len(after) != len(before)+1 {
		err = fmt.Errorf("a link or file opened another window: there are %d, and were %d", len(after), len(before))
	}
	return err
}

// windows returns the ids of the windows of Snug that are shown.
func (s *story) windows(ctx context.Context) (ids []string, err error) {
	err = until(ctx, patience, "the windows", func() (bool, error) {
		out, err := s.tool(ctx, nil, "xdotool", "search", "--onlyvisible", "--name", text.AppName())
		ids = strings.Fields(string(out))
		// It fails without a word where there is none, and with one when a window goes while it looks.
		return err == nil || strings.HasSuffix(err.Error(), ": "), nil
	})
	return ids, err
}

// gone ends a program that was not started by the story, and waits until its
// window is no more.
func (p *program) gone(ctx context.Context) error {
	if p.window == "" {
		return nil
	}
	out, err := p.tool(ctx, nil, "xdotool", "getwindowpid", p.window)
	if err != nil {
		return err
	}
	id, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil {
		return fmt.Errorf("the process of a window: %w", err)
	}
	if err := syscall.Kill(id, syscall.SIGTERM); err != nil {
		return err
	}
	return until(ctx, 30*time.Second, "the end of a window", func() (bool, error) {
		// It fails when the window is gone.
		_, err := p.tool(ctx, nil, "xdotool", "getwindowname", p.window)
		return err != nil, nil
	})
}
