package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/text"
)

// restful is how long a window is left alone before it is measured, and how long it is
// measured then: memory is given back within that time.
const restful = 25 * time.Second

// tellFigures measures a real window with a room of so many messages: what it costs at rest and while somebody scrolls, after it has fetched all of them and
// again after it was opened anew.
func (s *story) tellFigures(ctx context.Context) (err error) {
	// In memory where there is such a file system: the members wait for no disk.
	dir, err := os.MkdirTemp("/dev/shm", "snug-shots-")
	if err != nil {
		if dir, err = os.MkdirTemp(s.dir, "crowd-"); err != nil {
			return err
		}
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	began := time.Now()
	c, err := startCrowd(ctx, dir, []string{"Maria", "Aisha", "Cem"}, saying, s.figures)
	defer func() { err = errors.Join(err, c.close()) }()
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "              %d messages are on the host after %v\n", s.figures, time.Since(began).Round(time.Second))
	link, err := c.link(ctx, chat.Member)
	if err != nil {
		return err
	}
	s.link = link.String()
	return s.tellSteps(ctx, []step{
		{"Ben joins a place with a long history", s.joinsCrowd},
		{"he has all of it", s.hasAll},
		{"he scrolls through it", s.scrolls},
		{"his Snug is opened anew", s.opensAnew},
	})
}

func (s *story) joinsCrowd(ctx context.Context) (err error) {
	if s.ben, err = s.startAs(ctx, s.program, "ben", left, s.link); err != nil {
		return err
	}
	b := s.ben
	return do(ctx,
		s.signUp(b, "Ben"), b.sees(text.JoinAsk(place)), b.clicks(text.JoinAction()),
		b.sees(text.LoginPassword()), b.writes(passphrase), b.presses("Return"),
		b.sees(text.ChatReadHost()),
	)
}

// hasAll waits until the window is at rest: nothing more comes and is written.
func (s *story) hasAll(ctx context.Context) error {
	began := time.Now()
	pid := s.ben.cmd.Process.Pid
	err := until(ctx, 10*time.Minute, "Ben's Snug is at rest", func() (bool, error) {
		before, err := cpu(pid)
		if err != nil {
			return false, err
		}
		wait(ctx, 2*time.Second)
		after, err := cpu(pid)
		return after.all()-before.all() < 100*time.Millisecond, err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "              at rest after %v\n", time.Since(began).Round(time.Second))
	return do(ctx, s.ben.sees(strconv.Itoa(s.figures-1)), s.shows(s.ben, "large"), s.measures(s.ben, restful))
}

// scrolls turns the wheel by many notches and prints what each of them cost.
func (s *story) scrolls(ctx context.Context) error {
	const notches = 300
	b := s.ben
	if _, err := b.tool(ctx, nil, "xdotool", "mousemove", "--window", b.window, strconv.Itoa(large.X*2/3), strconv.Itoa(large.Y/2)); err != nil {
		return err
	}
	before, err := cpu(b.cmd.Process.Pid)
	if err != nil {
		return err
	}
	began := time.Now()
	if _, err := b.tool(ctx, nil, "xdotool", "click", "--repeat", strconv.Itoa(notches), "--delay", "33", "4"); err != nil {
		return err
	}
	after, err := cpu(b.cmd.Process.Pid)
	if err != nil {
		return err
	}
	each := func(d time.Duration) float64 { return d.Seconds() * 1000 / notches }
	fmt.Fprintf(s.out, "              %d notches of the wheel in %v: %.1f ms of CPU each, and %.1f ms for drawing by software\n",
		notches, time.Since(began).Round(100*time.Millisecond), each(after.own-before.own), each(after.drawing-before.drawing))
	return do(ctx, s.shows(b, "scrolled"), s.measures(b, restful))
}

func (s *story) opensAnew(ctx context.Context) (err error) {
	if err := s.ben.quit(); err != nil {
		return err
	}
	if s.ben, err = s.start(ctx, "ben", left); err != nil {
		return err
	}
	b := s.ben
	if err := do(ctx, b.sees(text.UnlockTitle()), b.writes(passphrase)); err != nil {
		return err
	}
	began := time.Now()
	if err := do(ctx, b.presses("Return"), b.sees(strconv.Itoa(s.figures-1))); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "              the room is read from the screen %v after the passphrase\n", time.Since(began).Round(100*time.Millisecond))
	return s.measures(b, restful)(ctx)
}
